/*  The octree against a plain list, under many random changes. */
#include <muster/octree.h>
#include "base/alloc.h"
#include "base/random.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { IDS = 2000, CHANGES = 40000, SEED = 1993 };

static const double HALF_WIDTH = 60.0;

/*  The oracle. */
typedef struct plain_entity {
    double point[3];
    bool in;
} plain_entity_t;

typedef struct world {
    plain_entity_t entities[IDS];
    mst_octree_t *tree;
    base_random_t dice;
    uint32_t count;
} world_t;

static world_t world;

/*  Half of the points stand in a small cloud, so that the tree grows deep. */
static void random_point (base_random_t *dice, double point[3])
{
    double width = base_random_chance (dice, 0.5) ? 120.0 : 0.25;
    for (int axis = 0; axis < 3; axis++)
        point[axis] = width * (base_random_unit (dice) - 0.5);
}

static void setup (uint64_t seed)
{
    memset (&world, 0, sizeof world);
    base_random_init (&world.dice, seed);
    CHECK_OK (mst_octree_new (&(mst_octree_options_t){ .half_width = HALF_WIDTH }, &world.tree));
}

static void change (uint64_t id)
{
    plain_entity_t *entity = &world.entities[id];
    if (entity->in && base_random_chance (&world.dice, 0.4)) {
        CHECK_OK (mst_octree_remove (world.tree, id));
        entity->in = false;
        world.count--;
        return;
    }
    random_point (&world.dice, entity->point);
    if (entity->in) {
        CHECK_OK (mst_octree_move (world.tree, id, entity->point));
        return;
    }
    CHECK_OK (mst_octree_insert (world.tree, id, entity->point, 0.0));
    entity->in = true;
    world.count++;
}

static void change_often (int changes)
{
    for (int i = 0; i < changes; i++)
        change (base_random_below (&world.dice, IDS));
}

/*  What a visit of leaves finds out. */
typedef struct leaf_check {
    double volume;
    uint32_t leaves;
    uint32_t count;
    mst_octree_leaf_t last;
} leaf_check_t;

static uint32_t plain_count_in (const mst_box_t *box)
{
    uint32_t count = 0;
    for (int id = 0; id < IDS; id++)
        count += world.entities[id].in && mst_box_contains (box, world.entities[id].point);
    return count;
}

static bool check_leaf (void *context, const mst_octree_leaf_t *leaf)
{
    leaf_check_t *check = context;
    double volume = 1.0;
    for (int axis = 0; axis < 3; axis++)
        volume *= leaf->box.high[axis] - leaf->box.low[axis];
    check->volume += volume;
    check->leaves++;
    check->count += leaf->count;
    check->last = *leaf;
    CHECK (leaf->count <= MST_OCTREE_LEAF_CAPACITY);
    CHECK_INT (leaf->count, plain_count_in (&leaf->box));
    mst_octree_leaf_t same;
    CHECK (mst_octree_leaf_of (world.tree, leaf->box.low, &same));
    CHECK_BYTES (&same, leaf, sizeof same);
    return true;
}

/*  Leaves fill the cube once, and hold what the list says. */
static void check_leaves (void)
{
    leaf_check_t check = { 0 };
    mst_octree_leaves (world.tree, check_leaf, &check);
    CHECK (fabs (check.volume - 120.0 * 120.0 * 120.0) < 1e-3);
    CHECK_INT (check.leaves, mst_octree_leaf_count (world.tree));
    CHECK_INT (check.count, world.count);
    CHECK_INT (mst_octree_count (world.tree), world.count);
    CHECK_OK (mst_octree_check (world.tree));
}

static void test_leaves_fill_the_cube (void)
{
    setup (SEED);
    for (int round = 0; round < 8; round++) {
        change_often (CHANGES / 16);
        check_leaves ();
    }
    mst_octree_destroy (&world.tree);
    CHECK (world.tree == NULL);
}

typedef struct id_list {
    uint64_t ids[IDS];
    uint32_t count;
} id_list_t;

static bool take_id (void *context, uint64_t id, const double point[3], double radius)
{
    id_list_t *list = context;
    CHECK (memcmp (point, world.entities[id].point, 3 * sizeof *point) == 0);
    CHECK (radius == 0.0);
    list->ids[list->count++] = id;
    return true;
}

static void check_near (const double point[3], double radius)
{
    static id_list_t found;
    static bool seen[IDS];
    uint32_t wanted = 0;
    found.count = 0;
    memset (seen, 0, sizeof seen);
    mst_octree_in_sphere (world.tree, point, radius, take_id, &found);
    for (uint32_t i = 0; i < found.count; i++)
        seen[found.ids[i]] = true;
    for (int id = 0; id < IDS; id++) {
        const plain_entity_t *entity = &world.entities[id];
        bool near = entity->in && mst_distance_squared (point, entity->point) < radius * radius;
        wanted += near;
        CHECK (seen[id] == near);
    }
    CHECK_INT (found.count, wanted);
}

static void test_near_against_the_list (void)
{
    setup (SEED + 1);
    for (int round = 0; round < 100; round++) {
        double point[3];
        change_often (CHANGES / 100);
        random_point (&world.dice, point);
        check_near (point, 0.05);
        check_near (point, 10.0 * base_random_unit (&world.dice));
    }
    double outside[3] = { 200.0, 0.0, 0.0 };
    check_near (outside, 1000.0);
    check_near (outside, 1.0);
    mst_octree_destroy (&world.tree);
}

typedef struct leaves_near {
    const double *point;
    double distance;
    uint32_t visited;
    uint32_t inside;
} leaves_near_t;

static bool count_if_near (void *context, const mst_octree_leaf_t *leaf)
{
    leaves_near_t *near = context;
    near->inside +=
        mst_box_distance_squared (&leaf->box, near->point) <= near->distance * near->distance;
    return true;
}

static bool count_visit (void *context, const mst_octree_leaf_t *leaf)
{
    leaves_near_t *near = context;
    near->visited++;
    CHECK (mst_box_distance_squared (&leaf->box, near->point) <= near->distance * near->distance);
    return true;
}

static void test_leaves_near (void)
{
    setup (SEED + 2);
    change_often (CHANGES / 4);
    for (int round = 0; round < 200; round++) {
        double point[3];
        random_point (&world.dice, point);
        leaves_near_t near = { .point = point, .distance = base_random_unit (&world.dice) };
        mst_octree_leaves_near (world.tree, point, near.distance, count_visit, &near);
        mst_octree_leaves (world.tree, count_if_near, &near);
        CHECK (near.visited > 0);
        CHECK_INT (near.visited, near.inside);
    }
    mst_octree_destroy (&world.tree);
}

typedef struct listing {
    mst_octree_leaf_t leaves[IDS];
    uint32_t count;
} listing_t;

static bool take_leaf (void *context, const mst_octree_leaf_t *leaf)
{
    listing_t *list = context;
    if (list->count < IDS)
        list->leaves[list->count++] = *leaf;
    return true;
}

/*  Whatever happened before: the tree and every order in it are those of a tree newly made from
    the points that are left, put in backwards. */
static void test_a_function_of_its_points (void)
{
    static listing_t old_leaves, new_leaves;
    static id_list_t old_ids, new_ids;
    mst_octree_t *fresh;
    setup (SEED + 3);
    change_often (CHANGES);
    CHECK_OK (mst_octree_new (&(mst_octree_options_t){ .half_width = HALF_WIDTH }, &fresh));
    for (int id = IDS - 1; id >= 0; id--)
        if (world.entities[id].in)
            CHECK_OK (mst_octree_insert (fresh, (uint64_t) id, world.entities[id].point, 0.0));
    mst_octree_leaves (world.tree, take_leaf, &old_leaves);
    mst_octree_leaves (fresh, take_leaf, &new_leaves);
    CHECK (old_leaves.count > 20);
    CHECK_INT (old_leaves.count, new_leaves.count);
    CHECK_BYTES (&old_leaves, &new_leaves, sizeof old_leaves);
    mst_octree_each (world.tree, take_id, &old_ids);
    mst_octree_each (fresh, take_id, &new_ids);
    CHECK_INT (old_ids.count, world.count);
    CHECK_BYTES (&old_ids, &new_ids, sizeof old_ids);
    for (int id = 0; id < IDS; id++)
        if (world.entities[id].in)
            CHECK_OK (mst_octree_remove (world.tree, (uint64_t) id));
    CHECK_INT (mst_octree_count (world.tree), 0);
    CHECK_INT (mst_octree_leaf_count (world.tree), 1);
    mst_octree_destroy (&fresh);
    mst_octree_destroy (&world.tree);
}

/*  x counts least: the eight corners of a tree of depth 1 come in this order. */
static void test_morton_order (void)
{
    static listing_t list;
    mst_octree_t *tree;
    list.count = 0;
    CHECK_OK (mst_octree_new (&(mst_octree_options_t){ .half_width = 1.0 }, &tree));
    for (uint64_t id = 0; id <= MST_OCTREE_LEAF_CAPACITY; id++) {
        double point[3];
        for (int axis = 0; axis < 3; axis++)
            point[axis] = id >> axis & 1 ? 0.5 : -0.5;
        CHECK_OK (mst_octree_insert (tree, id, point, 0.0));
    }
    mst_octree_leaves (tree, take_leaf, &list);
    CHECK_INT (list.count, 8);
    for (uint32_t i = 0; i < list.count; i++)
        for (int axis = 0; axis < 3; axis++)
            CHECK (list.leaves[i].box.low[axis] == (i >> axis & 1 ? 0.0 : -1.0));
    mst_octree_destroy (&tree);
}

static void test_half_open (void)
{
    mst_octree_t *tree;
    double low[3] = { -60.0, -60.0, -60.0 };
    double high[3] = { 0.0, 0.0, 60.0 };
    CHECK_OK (mst_octree_new (&(mst_octree_options_t){ .half_width = HALF_WIDTH }, &tree));
    CHECK_OK (mst_octree_insert (tree, 1, low, 0.0));
    CHECK_ERR (mst_octree_insert (tree, 2, high, 0.0), MST_E_INVALID_ARGUMENT);
    high[2] = nextafter (60.0, 0.0);
    CHECK_OK (mst_octree_insert (tree, 2, high, 0.0));
    CHECK_ERR (mst_octree_insert (tree, 2, low, 0.0), MST_E_INVALID_ARGUMENT);
    high[0] = NAN;
    CHECK_ERR (mst_octree_move (tree, 2, high), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_octree_move (tree, 3, low), MST_E_OBJECT_UNKNOWN);
    CHECK_ERR (mst_octree_remove (tree, 3), MST_E_OBJECT_UNKNOWN);
    double point[3];
    CHECK (mst_octree_find (tree, 2, point, NULL) && point[0] == 0.0);
    CHECK (!mst_octree_find (tree, 3, point, NULL));
    CHECK_INT (mst_octree_count (tree), 2);
    mst_octree_destroy (&tree);
    CHECK_ERR (mst_octree_new (&(mst_octree_options_t){ .half_width = 0.0 }, &tree),
               MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_octree_new (&(mst_octree_options_t){ .half_width = INFINITY }, &tree),
               MST_E_INVALID_ARGUMENT);
    CHECK_ERR (
        mst_octree_new (&(mst_octree_options_t){ .centre = { 1e15 }, .half_width = 1.0 }, &tree),
        MST_E_INVALID_ARGUMENT);
    CHECK (tree == NULL);
}

/*  Many at one place end in one leaf of the depth limit, which may be fuller than others. */
static void test_many_at_one_place (void)
{
    static listing_t list;
    mst_octree_t *tree;
    mst_octree_leaf_t leaf;
    double point[3] = { 0.3, 0.3, 0.3 };
    CHECK_OK (mst_octree_new (&(mst_octree_options_t){ .half_width = HALF_WIDTH }, &tree));
    for (uint64_t id = 0; id < 1000; id++)
        CHECK_OK (mst_octree_insert (tree, id, point, 0.0));
    CHECK (mst_octree_leaf_of (tree, point, &leaf));
    CHECK_INT (leaf.count, 1000);
    CHECK_INT (leaf.depth, MST_OCTREE_DEPTH_MAX);
    list.count = 0;
    mst_octree_leaves (tree, take_leaf, &list);
    CHECK_INT (list.count, 1 + 7 * MST_OCTREE_DEPTH_MAX);
    for (uint64_t id = 0; id < 1000 - MST_OCTREE_LEAF_CAPACITY; id++)
        CHECK_OK (mst_octree_remove (tree, id));
    CHECK_INT (mst_octree_leaf_count (tree), 1);
    mst_octree_destroy (&tree);
}

/*  Whatever allocation fails, the tree is as it was before. */
static void without_memory (void *context)
{
    mst_octree_t *tree;
    base_random_t dice;
    (void) context;
    base_random_init (&dice, SEED);
    if (mst_octree_new (&(mst_octree_options_t){ .half_width = HALF_WIDTH }, &tree))
        return;
    uint32_t in = 0;
    for (uint64_t id = 0; id < 400; id++) {
        double point[3];
        uint32_t leaves = mst_octree_leaf_count (tree);
        random_point (&dice, point);
        if (mst_octree_insert (tree, id, point, 0.0) == MST_OK)
            in++;
        else
            CHECK_INT (mst_octree_leaf_count (tree), leaves);
        CHECK_INT (mst_octree_count (tree), in);
    }
    mst_octree_destroy (&tree);
}

static void test_every_allocation_fails (void)
{
    CHECK (sweep_allocations (without_memory, NULL) > 5);
}

static CU_TestInfo octree_tests[] = {
    { "leaves fill the cube", test_leaves_fill_the_cube },
    { "near, against the list", test_near_against_the_list },
    { "leaves near a point", test_leaves_near },
    { "a function of its points", test_a_function_of_its_points },
    { "Morton order", test_morton_order },
    { "half open", test_half_open },
    { "many at one place", test_many_at_one_place },
    { "every allocation fails", test_every_allocation_fails },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "octree", NULL, NULL, NULL, NULL, octree_tests })
