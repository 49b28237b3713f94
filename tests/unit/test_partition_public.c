/*  <muster/partition.h>: a territory as a user has it. */
#include <muster/partition.h>
#include "base/random.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"

#include <math.h>

enum { POINTS = 2000, PROBES = 5000, OWNERS = 5 };

static const double CENTRE[3] = { 1.0, -2.0, 3.0 };
static const double HALF_WIDTH = 16.0;

static double points[POINTS][3];
static base_random_t dice;

static void random_point (double point[3])
{
    for (int axis = 0; axis < 3; axis++)
        point[axis] = CENTRE[axis] + 2.0 * HALF_WIDTH * (base_random_unit (&dice) - 0.5);
}

static int suite_init (void)
{
    base_random_init (&dice, 11);
    for (int i = 0; i < POINTS; i++)
        random_point (points[i]);
    return 0;
}

static mst_err_t build (uint32_t owners, mst_territory_t **territory)
{
    return mst_territory_new (CENTRE, HALF_WIDTH, points[0], POINTS, owners, territory);
}

static bool leaf_contains (const mst_leaf_t *leaf, const double point[3])
{
    for (int axis = 0; axis < 3; axis++)
        if (!(point[axis] >= leaf->low[axis] && point[axis] < leaf->high[axis]))
            return false;
    return true;
}

static double leaf_distance (const mst_leaf_t *leaf, const double point[3])
{
    double square = 0.0;
    for (int axis = 0; axis < 3; axis++) {
        double below = fmax (leaf->low[axis] - point[axis], 0.0);
        double above = fmax (point[axis] - leaf->high[axis], 0.0);
        square += below * below + above * above;
    }
    return sqrt (square);
}

static void test_shares_are_even (void)
{
    mst_territory_t *territory;
    uint64_t sum = 0;
    CHECK_OK (build (OWNERS, &territory));
    CHECK_INT (mst_territory_owners (territory), OWNERS);
    for (uint32_t owner = 0; owner < OWNERS; owner++) {
        uint64_t load = mst_territory_load (territory, owner);
        CHECK (load >= POINTS / OWNERS - 64 && load <= POINTS / OWNERS + 64);
        sum += load;
    }
    CHECK_INT (sum, POINTS);
    CHECK_INT (mst_territory_load (territory, OWNERS), 0);
    mst_territory_destroy (&territory);
    CHECK (territory == NULL);
    mst_territory_destroy (&territory);
}

static void test_the_leaves_answer_alike (void)
{
    mst_territory_t *territory;
    CHECK_OK (build (OWNERS, &territory));
    uint32_t count = mst_territory_leaf_count (territory);
    CHECK (count > OWNERS);
    for (int i = 0; i < PROBES; i++) {
        double point[3], distance = 3.0 * base_random_unit (&dice);
        uint64_t within = 0, wide = 0;
        uint32_t owner = MST_OWNER_NONE;
        random_point (point);
        for (uint32_t index = 0; index < count; index++) {
            mst_leaf_t leaf;
            CHECK_OK (mst_territory_leaf (territory, index, &leaf));
            owner = leaf_contains (&leaf, point) ? leaf.owner : owner;
            within |= leaf_distance (&leaf, point) < distance - 1e-9 ? 1ull << leaf.owner : 0;
            wide |= leaf_distance (&leaf, point) < distance + 1e-9 ? 1ull << leaf.owner : 0;
        }
        uint64_t near = mst_territory_near (territory, point, distance);
        CHECK_INT (mst_territory_owner (territory, point), owner);
        CHECK (near >> owner & 1);
        CHECK ((near & within) == within);
        CHECK ((near & ~wide) == 0);
    }
    mst_territory_destroy (&territory);
}

/*  Everybody builds the same from the same points, in whatever order they come. */
static void test_order_does_not_matter (void)
{
    static double turned[POINTS][3];
    mst_territory_t *one, *other;
    for (int i = 0; i < POINTS; i++)
        for (int axis = 0; axis < 3; axis++)
            turned[i][axis] = points[POINTS - 1 - i][axis];
    CHECK_OK (build (OWNERS, &one));
    CHECK_OK (mst_territory_new (CENTRE, HALF_WIDTH, turned[0], POINTS, OWNERS, &other));
    CHECK_INT (mst_territory_leaf_count (one), mst_territory_leaf_count (other));
    for (uint32_t index = 0; index < mst_territory_leaf_count (one); index++) {
        mst_leaf_t a, b;
        CHECK_OK (mst_territory_leaf (one, index, &a));
        CHECK_OK (mst_territory_leaf (other, index, &b));
        CHECK_BYTES (&a, &b, sizeof a);
    }
    mst_territory_destroy (&one);
    mst_territory_destroy (&other);
}

static void test_half_open (void)
{
    mst_territory_t *territory;
    double low[3], high[3];
    CHECK_OK (build (2, &territory));
    for (int axis = 0; axis < 3; axis++) {
        low[axis] = CENTRE[axis] - HALF_WIDTH;
        high[axis] = CENTRE[axis] + HALF_WIDTH;
    }
    CHECK_INT (mst_territory_owner (territory, low), 0);
    CHECK_INT (mst_territory_owner (territory, high), MST_OWNER_NONE);
    CHECK_INT (mst_territory_near (territory, high, 0.0), 2);
    mst_territory_destroy (&territory);
}

static void test_points_outside_count_for_nobody (void)
{
    static const double three[9] = { 1.0, -2.0, 3.0, 500.0, 0.0, 0.0, 1.0, 14.0, 3.0 };
    mst_territory_t *territory;
    CHECK_OK (mst_territory_new (CENTRE, HALF_WIDTH, three, 3, 1, &territory));
    CHECK_INT (mst_territory_load (territory, 0), 1); /* the third stands on the upper border */
    mst_territory_destroy (&territory);
    CHECK_OK (mst_territory_new (CENTRE, HALF_WIDTH, NULL, 0, 3, &territory));
    CHECK_INT (mst_territory_owner (territory, CENTRE), 0);
    mst_territory_destroy (&territory);
}

static void test_errors_tell (void)
{
    static const double nowhere[3] = { 0.0, NAN, 0.0 };
    mst_territory_t *territory;
    mst_leaf_t leaf;
    CHECK_ERR (mst_territory_new (CENTRE, 0.0, NULL, 0, 1, &territory), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_territory_new (CENTRE, INFINITY, NULL, 0, 1, &territory),
               MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_territory_new (nowhere, 1.0, NULL, 0, 1, &territory), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_territory_new (CENTRE, 1.0, nowhere, 1, 1, &territory), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "point 0");
    CHECK_ERR (build (0, &territory), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (build (MST_OWNERS_MAX + 1, &territory), MST_E_LIMIT);
    CHECK (territory == NULL);
    CHECK_OK (build (1, &territory));
    CHECK_ERR (mst_territory_leaf (territory, mst_territory_leaf_count (territory), &leaf),
               MST_E_INVALID_ARGUMENT);
    mst_territory_destroy (&territory);
}

static void build_small (void *context)
{
    mst_territory_t *territory;
    (void) context;
    if (mst_territory_new (CENTRE, HALF_WIDTH, points[0], 200, 3, &territory) == MST_OK)
        mst_territory_destroy (&territory);
}

static void test_out_of_memory (void)
{
    CHECK (sweep_allocations (build_small, NULL) > 3);
}

static CU_TestInfo public_tests[] = {
    { "shares are even", test_shares_are_even },
    { "the leaves answer alike", test_the_leaves_answer_alike },
    { "order does not matter", test_order_does_not_matter },
    { "half open", test_half_open },
    { "points outside count for nobody", test_points_outside_count_for_nobody },
    { "errors tell", test_errors_tell },
    { "out of memory", test_out_of_memory },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "public partition", suite_init, NULL, NULL, NULL, public_tests })
