/*  A day is a good step: with eight parts of a day ten years end nearly the same. */
#include "samples/comets/plain.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>

enum { SUBSTEPS = 8, DIFFERENT_LIMIT = 10 };

static const double TOLERANCE_AU = 1e-4;
static const double SUNGRAZER_AU = 0.02;

static comets_table_t table;
static comets_world_t *coarse;
static comets_world_t *fine;

static void fly (comets_world_t *world, uint32_t substeps)
{
    while (world->step < COMETS_STEPS)
        comets_world_move (world, substeps);
}

static int suite_init (void)
{
    if (comets_table_read (&table, COMETS_DATA_DIR "/comets.table") ||
        comets_world_new (&coarse, &table) || comets_world_new (&fine, &table))
        return 1;
    fly (coarse, 1);
    fly (fine, SUBSTEPS);
    return 0;
}

static int suite_clean (void)
{
    comets_world_destroy (&coarse);
    comets_world_destroy (&fine);
    return 0;
}

static double apart (const comets_body_t *a, const comets_body_t *b)
{
    double sum = 0.0;
    for (int axis = 0; axis < 3; axis++) {
        double gap = a->state.position[axis] - b->state.position[axis];
        sum += gap * gap;
    }
    return sqrt (sum);
}

/*  Those parked are left out: they stop up to a day of their way apart, where the day is in
    parts. */
static void test_few_differ (void)
{
    unsigned differ = 0;
    unsigned sungrazers = 0;
    for (uint32_t i = 0; i < coarse->count; i++) {
        const comets_row_t *row = &table.rows[coarse->bodies[i].row - 1];
        bool grazes = row->elements.perihelion_au < SUNGRAZER_AU;
        if (coarse->bodies[i].parked && fine->bodies[i].parked)
            continue;
        double gap = apart (&coarse->bodies[i], &fine->bodies[i]);
        if (gap <= TOLERANCE_AU)
            continue;
        printf ("\n    %s: %.2e AU", row->name, gap);
        differ++;
        sungrazers += grazes ? 1 : 0;
    }
    printf ("\n    %u of %u differ, %u of them sungrazers … ", differ, coarse->count, sungrazers);
    CHECK (differ <= DIFFERENT_LIMIT);
    CHECK_INT (sungrazers, 0);
}

static void test_the_same_are_parked (void)
{
    CHECK_INT (fine->parked_at_start, coarse->parked_at_start);
    CHECK_INT (fine->parked_later, coarse->parked_later);
    for (uint32_t i = 0; i < coarse->count; i++)
        CHECK (coarse->bodies[i].parked == fine->bodies[i].parked);
}

static CU_TestInfo substeps_tests[] = {
    { "at most ten comets differ, no sungrazer", test_few_differ },
    { "the same comets are parked", test_the_same_are_parked },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets substeps", suite_init, suite_clean, NULL, NULL, substeps_tests })
