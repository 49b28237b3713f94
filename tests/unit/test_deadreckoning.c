/*  Dead reckoning against closed forms, against an integration that knows nothing of them, and over
    the orbit of a circling aircraft. */
#include <muster/deadreckoning.h>
#include "base/random.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STATES = 300, INTEGRATION_STEPS = 400, AXES = 3 };

static const double PI = 3.14159265358979323846;

static double length (const double v[3])
{
    return sqrt (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

static double gap (const double a[3], const double b[3])
{
    const double between[3] = { a[0] - b[0], a[1] - b[1], a[2] - b[2] };
    return length (between);
}

static void random_vector (base_random_t *dice, double scale, double v[3])
{
    for (int axis = 0; axis < AXES; axis++)
        v[axis] = scale * (2.0 * base_random_unit (dice) - 1.0);
}

/*  Rates from tiny to fast: the closed forms change over to series on the way. */
static mst_dr_state_t random_state (base_random_t *dice)
{
    mst_dr_state_t state;
    random_vector (dice, 1000.0, state.position);
    random_vector (dice, 50.0, state.velocity);
    random_vector (dice, 5.0, state.acceleration);
    random_vector (dice, 3.0, state.orientation);
    random_vector (dice, pow (10.0, 1.0 - 6.0 * base_random_unit (dice)), state.rate);
    return state;
}

/*  The oracle: the body's three axes, seen from the world, are turned by e' = w x e, and the
   position moved by the velocity along them, with Runge and Kutta's method of fourth order. */
typedef struct plain {
    double at[3];
    double axes[3][3];
} plain_t;

static void plain_slope (const mst_dr_state_t *state, const double change[3], const plain_t *now,
                         double t, plain_t *slope)
{
    double rate[3] = { 0 };
    for (int i = 0; i < AXES; i++)
        for (int j = 0; j < AXES; j++)
            rate[j] += state->rate[i] * now->axes[i][j];
    for (int j = 0; j < AXES; j++) {
        slope->at[j] = 0.0;
        for (int i = 0; i < AXES; i++)
            slope->at[j] += (state->velocity[i] + t * change[i]) * now->axes[i][j];
    }
    for (int i = 0; i < AXES; i++)
        for (int j = 0; j < AXES; j++) {
            int k = (j + 1) % AXES, l = (j + 2) % AXES;
            slope->axes[i][j] = rate[k] * now->axes[i][l] - rate[l] * now->axes[i][k];
        }
}

static plain_t plain_add (const plain_t *a, double scale, const plain_t *b)
{
    plain_t sum = *a;
    for (int i = 0; i < AXES; i++) {
        sum.at[i] += scale * b->at[i];
        for (int j = 0; j < AXES; j++)
            sum.axes[i][j] += scale * b->axes[i][j];
    }
    return sum;
}

/*  The body's axes in the world: three rotations one after the other, as the header tells them. */
static void plain_start (const mst_dr_state_t *state, plain_t *plain)
{
    static const int order[AXES] = { 2, 1, 0 };
    memset (plain, 0, sizeof *plain);
    memcpy (plain->at, state->position, sizeof plain->at);
    for (int i = 0; i < AXES; i++)
        plain->axes[i][i] = 1.0;
    for (int turn = 0; turn < AXES; turn++) {
        int about = order[turn], i = (about + 1) % AXES, j = (about + 2) % AXES;
        double c = cos (state->orientation[turn]), s = sin (state->orientation[turn]);
        for (int k = 0; k < AXES; k++) {
            double a = plain->axes[i][k], b = plain->axes[j][k];
            plain->axes[i][k] = c * a + s * b;
            plain->axes[j][k] = c * b - s * a;
        }
    }
}

static plain_t plain_run (const mst_dr_state_t *state, bool accelerates, double seconds)
{
    double change[3] = { 0.0 }, h = seconds / INTEGRATION_STEPS;
    plain_t now, k1, k2, k3, k4, to;
    for (int j = 0; accelerates && j < AXES; j++) {
        int k = (j + 1) % AXES, l = (j + 2) % AXES;
        change[j] = state->acceleration[j] -
                    (state->rate[k] * state->velocity[l] - state->rate[l] * state->velocity[k]);
    }
    plain_start (state, &now);
    for (int step = 0; step < INTEGRATION_STEPS; step++) {
        double t = step * h;
        plain_slope (state, change, &now, t, &k1);
        to = plain_add (&now, 0.5 * h, &k1);
        plain_slope (state, change, &to, t + 0.5 * h, &k2);
        to = plain_add (&now, 0.5 * h, &k2);
        plain_slope (state, change, &to, t + 0.5 * h, &k3);
        to = plain_add (&now, h, &k3);
        plain_slope (state, change, &to, t + h, &k4);
        now = plain_add (&now, h / 6.0, &k1);
        now = plain_add (&now, h / 3.0, &k2);
        now = plain_add (&now, h / 3.0, &k3);
        now = plain_add (&now, h / 6.0, &k4);
    }
    return now;
}

/*  Whether an orientation has these axes. */
static double axes_gap (const double orientation[3], const plain_t *plain)
{
    double worst = 0.0;
    for (int i = 0; i < AXES; i++) {
        double axis[3] = { 0.0 };
        axis[i] = 1.0;
        mst_dr_to_world (orientation, axis, axis);
        worst = fmax (worst, gap (axis, plain->axes[i]));
    }
    return worst;
}

static void test_world (void)
{
    base_random_t dice = { 1 };
    for (int i = 0; i < STATES; i++) {
        mst_dr_state_t state = random_state (&dice), later;
        double t = 10.0 * base_random_unit (&dice) - 2.0, line[3], curve[3];
        plain_t plain = plain_run (&state, false, t);
        for (int axis = 0; axis < AXES; axis++) {
            line[axis] = state.position[axis] + state.velocity[axis] * t;
            curve[axis] = line[axis] + state.acceleration[axis] * t * t / 2.0;
        }
        for (mst_dr_model_t model = MST_DR_STATIC; model <= MST_DR_FVW; model++) {
            bool curved = model == MST_DR_RVW || model == MST_DR_FVW;
            bool turns = model == MST_DR_RPW || model == MST_DR_RVW;
            const double *there = model == MST_DR_STATIC ? state.position : curved ? curve : line;
            CHECK_OK (mst_dr_extrapolate (model, &state, t, &later));
            CHECK (gap (later.position, there) < 1e-9);
            if (!turns)
                CHECK (memcmp (later.orientation, state.orientation, sizeof later.orientation) ==
                       0);
            else if (length (state.rate) < 2.0)
                CHECK (axes_gap (later.orientation, &plain) < 1e-6);
        }
    }
}

static void test_body (void)
{
    base_random_t dice = { 2 };
    for (int i = 0; i < STATES; i++) {
        mst_dr_state_t state = random_state (&dice), later;
        double t = 4.0 * base_random_unit (&dice) - 1.0;
        if (length (state.rate) > 2.0)
            continue; /* too fast for the integration's steps */
        for (mst_dr_model_t model = MST_DR_FPB; model <= MST_DR_FVB; model++) {
            bool accelerates = model == MST_DR_RVB || model == MST_DR_FVB;
            plain_t plain = plain_run (&state, accelerates, t);
            CHECK_OK (mst_dr_extrapolate (model, &state, t, &later));
            CHECK (gap (later.position, plain.at) < 1e-6);
            if (model == MST_DR_RPB || model == MST_DR_RVB)
                CHECK (axes_gap (later.orientation, &plain) < 1e-8);
            else
                CHECK (memcmp (later.orientation, state.orientation, sizeof later.orientation) ==
                       0);
        }
    }
}

/*  What a reader would get from an update in between leads to the same end. */
static void test_in_parts (void)
{
    base_random_t dice = { 3 };
    for (int i = 0; i < STATES; i++) {
        mst_dr_state_t state = random_state (&dice), whole, part;
        double t = 5.0 * base_random_unit (&dice), first = t * base_random_unit (&dice);
        for (mst_dr_model_t model = MST_DR_STATIC; model <= MST_DR_FVB; model++) {
            CHECK_OK (mst_dr_extrapolate (model, &state, t, &whole));
            CHECK_OK (mst_dr_extrapolate (model, &state, first, &part));
            CHECK_OK (mst_dr_extrapolate (model, &part, t - first, &part));
            CHECK (gap (whole.position, part.position) < 1e-7);
            CHECK (mst_dr_angle (whole.orientation, part.orientation) < 1e-7);
            CHECK (gap (whole.velocity, part.velocity) < 1e-7 * (1.0 + length (whole.velocity)));
        }
    }
}

static void test_angles (void)
{
    const double level[3] = { 0.0, 0.0, 0.0 }, yawed[3] = { 1.0, 0.0, 0.0 };
    const double up[3] = { 0.3, PI / 2.0, 0.0 }, over[3] = { 0.3 + PI, PI / 2.0, PI };
    const double reversed[3] = { PI, 0.0, 0.0 }, hardly[3] = { 1e-9, 0.0, 0.0 };
    const double forward[3] = { 1.0, 0.0, 0.0 };
    double seen[3];
    CHECK (fabs (mst_dr_angle (level, yawed) - 1.0) < 1e-15);
    CHECK (fabs (mst_dr_angle (level, reversed) - PI) < 1e-15);
    CHECK (fabs (mst_dr_angle (level, hardly) - 1e-9) < 1e-20);
    CHECK (mst_dr_angle (up, over) < 1e-15);
    mst_dr_to_world (yawed, forward, seen);
    CHECK (fabs (seen[0] - cos (1.0)) < 1e-15 && fabs (seen[1] - sin (1.0)) < 1e-15);
    mst_dr_to_body (yawed, seen, seen);
    CHECK (gap (seen, forward) < 1e-15);
}

/*  An aircraft in a level turn: radius 5 km, 200 m/s, looked at a thousand times a second. */
static const double RADIUS_M = 5000.0, SPEED_MS = 200.0, TICK_S = 0.001, THRESHOLD_M = 1.0;

static mst_dr_state_t aircraft (double t, bool body)
{
    double turn = SPEED_MS / RADIUS_M, angle = turn * t, inward = SPEED_MS * turn;
    mst_dr_state_t state = { .position = { RADIUS_M * cos (angle), RADIUS_M * sin (angle), 3000.0 },
                             .velocity = { -SPEED_MS * sin (angle), SPEED_MS * cos (angle), 0.0 },
                             .acceleration = { -inward * cos (angle), -inward * sin (angle), 0.0 },
                             .orientation = { angle + PI / 2.0, 0.0, 0.0 },
                             .rate = { 0.0, 0.0, turn } };
    if (body) {
        mst_dr_to_body (state.orientation, state.velocity, state.velocity);
        mst_dr_to_body (state.orientation, state.acceleration, state.acceleration);
    }
    return state;
}

/*  Updates in one orbit after the first; readers are never further off than the threshold. */
static unsigned orbit (mst_dr_model_t model, double turned)
{
    const mst_dr_options_t options = { model, THRESHOLD_M, turned, 0.0 };
    double orbit_s = 2.0 * PI * RADIUS_M / SPEED_MS, worst = 0.0;
    mst_dr_writer_t writer;
    mst_dr_reader_t reader;
    CHECK_OK (mst_dr_writer_init (&writer, &options));
    CHECK_OK (mst_dr_reader_init (&reader, model, 0.0));
    for (int tick = 0; tick * TICK_S <= orbit_s; tick++) {
        mst_dr_state_t truth = aircraft (tick * TICK_S, model >= MST_DR_FPB), shown;
        bool due = false;
        mst_err_t err = mst_dr_writer_due (&writer, &truth, tick * TICK_S, &due);
        if (!err && due)
            err = mst_dr_reader_update (&reader, &truth, tick * TICK_S);
        if (!err)
            err = mst_dr_reader_at (&reader, tick * TICK_S, &shown);
        if (err)
            CHECK_OK (err);
        worst = fmax (worst, gap (shown.position, truth.position));
    }
    CHECK (worst <= THRESHOLD_M);
    return (unsigned) writer.sends - 1;
}

/*  By the Taylor series of the circle: a step ends where v w t^2 / 2, or v w^2 t^3 / 6, is 1 m. */
static void test_circle (void)
{
    double orbit_s = 2.0 * PI * RADIUS_M / SPEED_MS;
    unsigned first = orbit (MST_DR_FPW, INFINITY), second = orbit (MST_DR_FVW, INFINITY);
    printf ("    a circling aircraft: %u updates an orbit by first order, %u by second\n", first,
            second);
    CHECK (fabs (first - orbit_s / 0.5) <= 4.0);
    CHECK (fabs (second - orbit_s / cbrt (6.0 / (200.0 * 0.04 * 0.04))) <= 2.0);
    CHECK_INT (orbit (MST_DR_RPB, INFINITY), 0);
    CHECK_INT (orbit (MST_DR_RVB, 0.01), 0);
    /*  A threshold of 3 degrees alone is 120 updates. */
    unsigned turns = orbit (MST_DR_FVW, 3.0 * PI / 180.0);
    CHECK (turns >= 117 && turns <= 121);
}

static void test_writer (void)
{
    const mst_dr_options_t options = { MST_DR_FPW, 1.0, INFINITY, 5.0 };
    mst_dr_state_t state = { .velocity = { 1.0, 0.0, 0.0 } };
    mst_dr_writer_t writer;
    bool due;
    CHECK_OK (mst_dr_writer_init (&writer, &options));
    CHECK_OK (mst_dr_writer_due (&writer, &state, 100.0, &due));
    CHECK (due);
    for (int second = 1; second <= 12; second++) {
        state.position[0] = second;
        CHECK_OK (mst_dr_writer_due (&writer, &state, 100.0 + second, &due));
        CHECK_INT (due, second % 5 == 0);
    }
    state.position[0] = 14.5;
    CHECK_OK (mst_dr_writer_due (&writer, &state, 113.0, &due));
    CHECK (due);
    CHECK_INT (writer.sends, 4);
    CHECK_INT (writer.asked, 14);
    CHECK_ERR (mst_dr_writer_due (&writer, &state, 112.0, &due), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "112");
    CHECK (!due);
}

/*  Nothing that is shown jumps, and after the smoothing the update alone is shown. */
static void test_smooth (void)
{
    mst_dr_state_t state = { .velocity = { 10.0, 0.0, 0.0 } }, before, after;
    mst_dr_reader_t reader;
    CHECK_OK (mst_dr_reader_init (&reader, MST_DR_RPW, 0.5));
    CHECK_ERR (mst_dr_reader_at (&reader, 0.0, &before), MST_E_OBJECT_UNKNOWN);
    CHECK_OK (mst_dr_reader_update (&reader, &state, 0.0));
    CHECK_OK (mst_dr_reader_at (&reader, 1.0, &before));
    state.position[0] = 12.0;
    state.orientation[0] = 3.1;
    state.orientation[1] = 0.2;
    CHECK_OK (mst_dr_reader_update (&reader, &state, 1.0));
    CHECK_OK (mst_dr_reader_at (&reader, 1.0, &after));
    CHECK (gap (before.position, after.position) < 1e-12);
    CHECK (mst_dr_angle (before.orientation, after.orientation) < 1e-12);
    double whole = mst_dr_angle (before.orientation, state.orientation);
    CHECK_OK (mst_dr_reader_at (&reader, 1.25, &after));
    CHECK (fabs (after.position[0] - (14.5 - 1.0)) < 1e-12);
    CHECK (fabs (mst_dr_angle (after.orientation, state.orientation) - whole / 2.0) < 1e-12);
    CHECK_OK (mst_dr_reader_at (&reader, 1.5, &after));
    CHECK (fabs (after.position[0] - 17.0) < 1e-12);
    CHECK (mst_dr_angle (after.orientation, state.orientation) < 1e-12);
    CHECK_ERR (mst_dr_reader_update (&reader, &state, 0.9), MST_E_INVALID_ARGUMENT);
}

static void test_bad (void)
{
    mst_dr_state_t good = { .position = { 1.0, 2.0, 3.0 } }, bad = good, kept = good;
    mst_dr_options_t options = { MST_DR_FPW, 1.0, 1.0, 0.0 };
    mst_dr_writer_t writer;
    mst_dr_reader_t reader;
    bool due;
    bad.rate[2] = NAN;
    CHECK_ERR (mst_dr_extrapolate ((mst_dr_model_t) 10, &good, 1.0, &kept), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "model 10");
    CHECK_ERR (mst_dr_extrapolate (MST_DR_RVB, &bad, 1.0, &kept), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "rate");
    CHECK_ERR (mst_dr_extrapolate (MST_DR_RVB, &good, INFINITY, &kept), MST_E_INVALID_ARGUMENT);
    CHECK (memcmp (&kept, &good, sizeof kept) == 0);
    CHECK_OK (mst_dr_writer_init (&writer, &options));
    CHECK_ERR (mst_dr_writer_due (&writer, &bad, 0.0, &due), MST_E_INVALID_ARGUMENT);
    CHECK (!due && !writer.any);
    options.position_threshold = 0.0;
    CHECK_ERR (mst_dr_writer_init (&writer, &options), MST_E_INVALID_ARGUMENT);
    options = (mst_dr_options_t){ MST_DR_FPW, 1.0, 1.0, NAN };
    CHECK_ERR (mst_dr_writer_init (&writer, &options), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_dr_reader_init (&reader, (mst_dr_model_t) 0, 0.0), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_dr_reader_init (&reader, MST_DR_FPW, -1.0), MST_E_INVALID_ARGUMENT);
}

/*  Any finite numbers, the largest among them: an answer or an error, never a crash or a NaN. */
static void test_extremes (void)
{
    static const double numbers[] = { 0.0, 1.0, -1e-300, 1e150, -1e200, 1.7e308, -1.7e308, 1e-8 };
    base_random_t dice = { 4 };
    for (int i = 0; i < 20000; i++) {
        mst_dr_state_t state, shown;
        mst_dr_reader_t reader;
        mst_dr_model_t model = (mst_dr_model_t) (1 + base_random_below (&dice, 9));
        double *parts[] = { state.position, state.velocity, state.acceleration, state.orientation,
                            state.rate };
        CHECK_OK (mst_dr_reader_init (&reader, model, 1.0));
        for (int update = 0; update < 2; update++) {
            for (int part = 0; part < 5; part++)
                for (int axis = 0; axis < AXES; axis++)
                    parts[part][axis] = numbers[base_random_below (&dice, 8)];
            CHECK_OK (mst_dr_reader_update (&reader, &state, update));
            if (mst_dr_reader_at (&reader, update + 0.3, &shown) == MST_OK)
                CHECK (isfinite (length (shown.orientation)) && isfinite (shown.position[0]));
        }
    }
}

static CU_TestInfo deadreckoning_tests[] = {
    { "models in world axes", test_world },
    { "models in body axes, against an integration", test_body },
    { "in two parts as in one", test_in_parts },
    { "angles and axes", test_angles },
    { "a circling aircraft", test_circle },
    { "thresholds and heartbeat", test_writer },
    { "smoothing", test_smooth },
    { "bad input", test_bad },
    { "extreme numbers", test_extremes },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "dead reckoning", NULL, NULL, NULL, NULL, deadreckoning_tests })
