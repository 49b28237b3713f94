/*  One comet's steps: what is carried, what is parked. */
#include "samples/comets/motion.h"
#include "tests/support/check.h"

#include <math.h>

static const comets_elements_t ENCKE = { 0.33594951, 0.84833946, 11.78142,
                                         186.54728,  334.56778,  49391.5 };

/*  Nothing stays behind: a comet that changes its home at every step has the same bits. */
static void test_resumed_anywhere_the_same_bits (void)
{
    comets_sky_t sky;
    comets_body_t stays, moves;
    comets_sky_at (&sky, COMETS_START_MJD);
    comets_body_start (&stays, 2, &ENCKE, &sky);
    moves = stays;
    for (int step = 1; step <= 400; step++) {
        comets_state_t sent = moves.state;
        comets_body_resume (&moves, 2, &sent, &sky);
        comets_sky_at (&sky, COMETS_START_MJD + step);
        comets_body_step (&stays, 1.0, &sky);
        comets_body_step (&moves, 1.0, &sky);
    }
    CHECK_BYTES (&moves.state, &stays.state, sizeof stays.state);
    CHECK (!stays.parked && !moves.parked);
}

/*  Second order: with steps half as long the error is a quarter. */
static void test_second_order (void)
{
    static const int parts[] = { 1, 2, 4, 64 };
    double ends[4][3];
    for (int i = 0; i < 4; i++) {
        comets_sky_t sky;
        comets_body_t body;
        comets_sky_at (&sky, COMETS_START_MJD);
        comets_body_start (&body, 1, &ENCKE, &sky);
        for (int step = 1; step <= 300 * parts[i]; step++) {
            comets_sky_at (&sky, COMETS_START_MJD + (double) step / parts[i]);
            comets_body_step (&body, 1.0 / parts[i], &sky);
        }
        for (int axis = 0; axis < 3; axis++)
            ends[i][axis] = body.state.position[axis];
    }
    double errors[3] = { 0.0, 0.0, 0.0 };
    for (int i = 0; i < 3; i++)
        for (int axis = 0; axis < 3; axis++)
            errors[i] = fmax (errors[i], fabs (ends[i][axis] - ends[3][axis]));
    CHECK (errors[0] < 1e-4);
    CHECK (errors[0] / errors[1] > 3.0 && errors[0] / errors[1] < 5.0);
    CHECK (errors[1] / errors[2] > 3.0 && errors[1] / errors[2] < 5.0);
}

static void test_box_is_half_open (void)
{
    double point[3] = { -60.0, 0.0, 0.0 };
    CHECK (comets_in_box (point));
    point[0] = 60.0;
    CHECK (!comets_in_box (point));
    point[0] = nextafter (60.0, 0.0);
    CHECK (comets_in_box (point));
    point[2] = nextafter (-60.0, -61.0);
    CHECK (!comets_in_box (point));
    point[2] = NAN;
    CHECK (!comets_in_box (point));
}

static void test_parked_for_good (void)
{
    comets_sky_t sky;
    comets_body_t body;
    comets_state_t leaving = { { 59.995, 1.0, 2.0 }, { 0.01, 0.0, 0.0 } };
    comets_sky_at (&sky, COMETS_START_MJD);
    comets_body_resume (&body, 7, &leaving, &sky);
    CHECK (!body.parked);
    comets_sky_at (&sky, COMETS_START_MJD + 1.0);
    comets_body_step (&body, 1.0, &sky);
    CHECK (body.parked);
    CHECK (body.state.position[0] > 60.0 && body.state.position[0] < 60.01);
    comets_body_t then = body;
    body.state.velocity[0] = -1.0; /* even if it would come back */
    then.state.velocity[0] = -1.0;
    comets_body_step (&body, 1.0, &sky);
    CHECK_BYTES (&body, &then, sizeof body);
}

static void test_parked_at_the_start (void)
{
    comets_sky_t sky;
    comets_body_t body;
    comets_elements_t far = { 70.0, 1.0, 10.0, 0.0, 0.0, 49400.0 };
    comets_sky_at (&sky, COMETS_START_MJD);
    comets_body_start (&body, 9, &far, &sky);
    CHECK (body.parked);
    CHECK_INT (body.row, 9);
}

static CU_TestInfo motion_tests[] = {
    { "resumed anywhere, the same bits", test_resumed_anywhere_the_same_bits },
    { "of second order", test_second_order },
    { "the box is half open", test_box_is_half_open },
    { "parked for good", test_parked_for_good },
    { "parked at the start", test_parked_at_the_start },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets motion", NULL, NULL, NULL, NULL, motion_tests })
