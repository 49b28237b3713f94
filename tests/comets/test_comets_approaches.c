/*  The search for pairs against every pair, and each pair once among several searchers. */
#include "base/random.h"
#include "samples/comets/approaches.h"
#include "tests/support/check.h"

#include <math.h>
#include <string.h>

enum { ROWS = 600, STEPS = 20, SEARCHERS = 3 };

static comets_table_t table;
static double places[ROWS + 1][3];
static bool away[ROWS + 1];
static base_random_t dice = { 20240229 };

/*  Families of up to three neighbours in number. */
static int suite_init (void)
{
    table.count = ROWS;
    for (uint32_t i = 0; i < ROWS; i++) {
        table.rows[i].number = i + 1;
        table.rows[i].family = i - i % 3 + 1;
    }
    return 0;
}

static void scatter (double width_au)
{
    for (int row = 1; row <= ROWS; row++) {
        away[row] = base_random_unit (&dice) < 0.1;
        for (int axis = 0; axis < 3; axis++)
            places[row][axis] = width_au * (base_random_unit (&dice) - 0.5);
    }
}

static void every_pair (uint32_t step, comets_approaches_t *list)
{
    for (uint32_t low = 1; low <= ROWS; low++)
        for (uint32_t high = low + 1; high <= ROWS; high++) {
            double sum = 0.0;
            for (int axis = 0; axis < 3; axis++)
                sum += pow (places[low][axis] - places[high][axis], 2.0);
            if (away[low] || away[high] || !(sum < 0.05 * 0.05) ||
                table.rows[low - 1].family == table.rows[high - 1].family)
                continue;
            comets_approach_t approach = { step, low, high, sqrt (sum) };
            CHECK_OK (comets_approaches_put (list, &approach));
        }
}

static void check_same (const comets_approaches_t *found, const comets_approaches_t *wanted)
{
    CHECK_INT (found->count, wanted->count);
    for (size_t i = 0; i < found->count && i < wanted->count; i++) {
        const comets_approach_t *a = &found->items[i];
        const comets_approach_t *b = &wanted->items[i];
        CHECK (a->step == b->step && a->low == b->low && a->high == b->high);
        CHECK (fabs (a->distance_au - b->distance_au) < 1e-15);
    }
}

static void test_against_every_pair (void)
{
    comets_search_t *search;
    comets_approaches_t found = { 0 };
    comets_approaches_t wanted = { 0 };
    CHECK_OK (comets_search_new (&search, &table));
    for (uint32_t step = 1; step <= STEPS; step++) {
        scatter (0.05 * step);
        comets_search_clear (search);
        for (uint32_t row = 1; row <= ROWS; row++)
            if (!away[row])
                comets_search_place (search, row, places[row], true);
        CHECK_OK (comets_search_find (search, step, &found));
        every_pair (step, &wanted);
    }
    CHECK (wanted.count > 10000);
    check_same (&found, &wanted);
    comets_approaches_fini (&found);
    comets_approaches_fini (&wanted);
    comets_search_destroy (&search);
}

/*  Each comet is somebody's; all see all. */
static void test_each_pair_is_reported_once (void)
{
    comets_search_t *searches[SEARCHERS];
    comets_approaches_t found = { 0 };
    comets_approaches_t wanted = { 0 };
    for (int i = 0; i < SEARCHERS; i++)
        CHECK_OK (comets_search_new (&searches[i], &table));
    for (uint32_t step = 1; step <= STEPS; step++) {
        scatter (0.5);
        for (int i = 0; i < SEARCHERS; i++) {
            comets_search_clear (searches[i]);
            for (uint32_t row = ROWS; row >= 1; row--)
                if (!away[row])
                    comets_search_place (searches[i], row, places[row],
                                         (int) ((row * 7 + step) % SEARCHERS) == i);
            CHECK_OK (comets_search_find (searches[i], step, &found));
        }
        every_pair (step, &wanted);
    }
    comets_approaches_sort (&found, 0);
    check_same (&found, &wanted);
    for (int i = 0; i < SEARCHERS; i++)
        comets_search_destroy (&searches[i]);
    comets_approaches_fini (&found);
    comets_approaches_fini (&wanted);
}

/*  At 0.05 AU exactly a pair is not near; a last bit closer it is. */
static void test_the_border_does_not_count (void)
{
    comets_search_t *search;
    comets_approaches_t found = { 0 };
    double origin[3] = { 0.0, 0.0, 0.0 };
    double other[3] = { 0.05, 0.0, 0.0 };
    CHECK_OK (comets_search_new (&search, &table));
    for (uint32_t step = 1; step <= 2; step++) {
        comets_search_clear (search);
        comets_search_place (search, 500, origin, true);
        comets_search_place (search, 4, other, true);
        CHECK_OK (comets_search_find (search, step, &found));
        CHECK_INT (found.count, step - 1);
        other[0] = nextafter (0.05, 0.0);
    }
    CHECK (found.count == 1 && found.items[0].low == 4 && found.items[0].high == 500);
    comets_approaches_fini (&found);
    comets_search_destroy (&search);
}

static CU_TestInfo approaches_tests[] = {
    { "against every pair", test_against_every_pair },
    { "each pair is reported once", test_each_pair_is_reported_once },
    { "the border does not count", test_the_border_does_not_count },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets approaches", suite_init, NULL, NULL, NULL, approaches_tests })
