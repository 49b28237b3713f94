/*  Who owns what: even runs of leaves; and who is near. */
#include "partition/territory.h"
#include "base/random.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"

#include <math.h>
#include <string.h>

enum { ENTITIES = 3000, PROBES = 20000 };

static const double HALF_WIDTH = 60.0;

static double points[ENTITIES][3];
static base_random_t dice;
static mst_octree_t *tree;

/*  Denser towards the middle, as comets are. */
static void random_point (double point[3])
{
    double width = 100.0 * pow (base_random_unit (&dice), 4.0);
    for (int axis = 0; axis < 3; axis++)
        point[axis] = width * (base_random_unit (&dice) - 0.5);
}

static int suite_init (void)
{
    base_random_init (&dice, 4);
    if (mst_octree_new (&(mst_octree_options_t){ .half_width = HALF_WIDTH }, &tree))
        return 1;
    for (uint64_t id = 0; id < ENTITIES; id++) {
        random_point (points[id]);
        if (mst_octree_insert (tree, id, points[id], 0.0))
            return 1;
    }
    return 0;
}

static int suite_clean (void)
{
    mst_octree_destroy (&tree);
    return 0;
}

static uint32_t owner_by_leaves (const partition_territory_t *territory, const double point[3])
{
    for (uint32_t i = 0; i < partition_territory_leaf_count (territory); i++)
        if (mst_box_contains (&partition_territory_leaf (territory, i)->box, point))
            return partition_territory_leaf_owner (territory, i);
    return PARTITION_OWNER_NONE;
}

static partition_owners_t near_by_leaves (const partition_territory_t *territory,
                                          const double point[3], double distance)
{
    partition_owners_t owners = 0;
    for (uint32_t i = 0; i < partition_territory_leaf_count (territory); i++)
        if (mst_box_distance_squared (&partition_territory_leaf (territory, i)->box, point) <=
            distance * distance)
            owners |= (partition_owners_t) 1 << partition_territory_leaf_owner (territory, i);
    return owners;
}

static void check_runs (const partition_territory_t *territory, uint32_t owners)
{
    uint64_t total = 0;
    uint32_t last = 0;
    uint64_t fullest = 0;
    CHECK_INT (partition_territory_leaf_count (territory), mst_octree_leaf_count (tree));
    for (uint32_t i = 0; i < partition_territory_leaf_count (territory); i++) {
        uint32_t owner = partition_territory_leaf_owner (territory, i);
        CHECK (owner == last || owner == last + 1);
        last = owner;
    }
    CHECK_INT (last, owners - 1);
    for (uint32_t owner = 0; owner < owners; owner++) {
        uint64_t load = partition_territory_load (territory, owner);
        total += load;
        fullest = load > fullest ? load : fullest;
    }
    CHECK_INT (total, ENTITIES);
    CHECK (fullest <= ENTITIES / owners + MST_OCTREE_LEAF_CAPACITY);
}

static void test_runs_are_even (void)
{
    for (uint32_t owners = 1; owners <= PARTITION_OWNER_LIMIT; owners++) {
        partition_territory_t *territory;
        CHECK_OK (partition_territory_new (&territory, tree, owners));
        CHECK_INT (partition_territory_owner_count (territory), owners);
        check_runs (territory, owners);
        partition_territory_destroy (&territory);
        CHECK (territory == NULL);
    }
}

static void test_owner_and_near_against_the_leaves (void)
{
    static const uint32_t sizes[] = { 1, 2, 4, 7, 64 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        partition_territory_t *territory;
        CHECK_OK (partition_territory_new (&territory, tree, sizes[i]));
        for (int probe = 0; probe < PROBES / 5; probe++) {
            double point[3];
            random_point (point);
            double distance = probe % 2 ? 0.05 : 5.0 * base_random_unit (&dice);
            uint32_t owner = partition_territory_owner (territory, point);
            partition_owners_t near = partition_territory_near (territory, point, distance);
            CHECK_INT (owner, owner_by_leaves (territory, point));
            CHECK (near == near_by_leaves (territory, point, distance));
            CHECK (near >> owner & 1);
        }
        partition_territory_destroy (&territory);
    }
}

/*  On planes, edges and corners, and a last bit beside them. */
static void test_on_the_borders (void)
{
    partition_territory_t *territory;
    CHECK_OK (partition_territory_new (&territory, tree, 7));
    for (uint32_t i = 0; i < partition_territory_leaf_count (territory); i++) {
        const mst_box_t *box = &partition_territory_leaf (territory, i)->box;
        for (int corner = 0; corner < 27; corner++) {
            double point[3];
            int side[3] = { corner % 3, corner / 3 % 3, corner / 9 };
            for (int axis = 0; axis < 3; axis++)
                point[axis] = side[axis] == 0   ? box->low[axis]
                              : side[axis] == 1 ? nextafter (box->low[axis], -100.0)
                                                : nextafter (box->high[axis], -100.0);
            CHECK_INT (partition_territory_owner (territory, point),
                       owner_by_leaves (territory, point));
            CHECK (partition_territory_near (territory, point, 1e-9) ==
                   near_by_leaves (territory, point, 1e-9));
        }
    }
    partition_territory_destroy (&territory);
}

/*  The promise on which the ghosts stand: of two that are near, each is near the other's owner. */
static void test_neighbours_see_each_other (void)
{
    partition_territory_t *territory;
    unsigned across = 0;
    CHECK_OK (partition_territory_new (&territory, tree, 7));
    for (int a = 0; a < ENTITIES; a++)
        for (int b = 0; b < ENTITIES; b++) {
            if (!(mst_distance_squared (points[a], points[b]) < 0.05 * 0.05))
                continue;
            uint32_t owner = partition_territory_owner (territory, points[b]);
            CHECK (partition_territory_near (territory, points[a], 0.05) >> owner & 1);
            across += owner != partition_territory_owner (territory, points[a]);
        }
    CHECK (across > 10);
    partition_territory_destroy (&territory);
}

static void test_outside (void)
{
    partition_territory_t *territory;
    double point[3] = { 60.0, 0.0, 0.0 };
    CHECK_OK (partition_territory_new (&territory, tree, 4));
    CHECK_INT (partition_territory_owner (territory, point), PARTITION_OWNER_NONE);
    CHECK (partition_territory_near (territory, point, 0.05) != 0);
    point[0] = 61.0;
    CHECK (partition_territory_near (territory, point, 0.05) == 0);
    point[0] = NAN;
    CHECK_INT (partition_territory_owner (territory, point), PARTITION_OWNER_NONE);
    partition_territory_destroy (&territory);
}

static void test_limits (void)
{
    partition_territory_t *territory;
    CHECK_ERR (partition_territory_new (&territory, tree, 0), MST_E_INVALID_ARGUMENT);
    CHECK (territory == NULL);
    CHECK_ERR (partition_territory_new (&territory, tree, 65), MST_E_LIMIT);
}

/*  One leaf, many owners: the first has it, the others have nothing and disturb nobody. */
static void test_fewer_leaves_than_owners (void)
{
    mst_octree_t *empty;
    partition_territory_t *territory;
    double point[3] = { 1.0, 2.0, 3.0 };
    CHECK_OK (mst_octree_new (&(mst_octree_options_t){ .half_width = HALF_WIDTH }, &empty));
    CHECK_OK (partition_territory_new (&territory, empty, 4));
    CHECK_INT (partition_territory_owner (territory, point), 0);
    CHECK (partition_territory_near (territory, point, 500.0) == 1);
    CHECK_INT (partition_territory_load (territory, 3), 0);
    partition_territory_destroy (&territory);
    mst_octree_destroy (&empty);
}

static void without_memory (void *context)
{
    partition_territory_t *territory;
    (void) context;
    if (partition_territory_new (&territory, tree, 4))
        CHECK (territory == NULL);
    partition_territory_destroy (&territory);
}

static void test_every_allocation_fails (void)
{
    CHECK_INT (sweep_allocations (without_memory, NULL), 4);
}

static CU_TestInfo territory_tests[] = {
    { "runs are even", test_runs_are_even },
    { "owner and near, against the leaves", test_owner_and_near_against_the_leaves },
    { "on the borders", test_on_the_borders },
    { "neighbours see each other", test_neighbours_see_each_other },
    { "outside", test_outside },
    { "limits", test_limits },
    { "fewer leaves than owners", test_fewer_leaves_than_owners },
    { "every allocation fails", test_every_allocation_fails },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "territory", suite_init, suite_clean, NULL, NULL, territory_tests })
