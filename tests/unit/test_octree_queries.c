/*  Every query of the octree against a plain list, under random changes: points and balls, crowds
   and heaps, trees of every leaf capacity. MUSTER_OCTREE_CHANGES sets the number of random
   operations. */
#include <muster/octree.h>
#include "base/random.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDS = 600, CHANGES = 60000, QUERY_EVERY = 40 };

static const double HALF_WIDTH = 8.0;

typedef struct ball {
    double point[3];
    double radius;
    bool in;
} ball_t;

typedef struct world {
    ball_t balls[IDS];
    bool seen[IDS];
    uint64_t last[IDS]; /* the order of the last visit */
    size_t visited;
    mst_octree_t *tree;
    base_random_t dice;
    bool extents;
} world_t;

static world_t world;

/*  Ids are spread over all 64 bits, so that the levels below the greatest depth see all of them. */
static uint64_t id_of (size_t index)
{
    return index * UINT64_C (0x0123456789abcdef) + 7;
}

static size_t index_of (uint64_t id)
{
    for (size_t i = 0; i < IDS; i++)
        if (id_of (i) == id)
            return i;
    CU_FAIL ("an id that nobody put in");
    return 0;
}

/*  Anywhere, in a small crowd, or on one of three spots that many share. */
static void random_point (double point[3])
{
    uint64_t kind = base_random_below (&world.dice, 3);
    double spot = (double) base_random_below (&world.dice, 3) - 1.0;
    for (int axis = 0; axis < 3; axis++) {
        double at = 2.0 * base_random_unit (&world.dice) - 1.0;
        point[axis] = kind == 0 ? HALF_WIDTH * at : kind == 1 ? 3.0 + 0.01 * at : spot;
    }
}

static double random_radius (void)
{
    double radius = base_random_unit (&world.dice);
    return world.extents && base_random_chance (&world.dice, 0.5) ? radius * radius * radius : 0.0;
}

static void begin (uint32_t leaf_capacity, bool extents, uint64_t seed)
{
    memset (&world, 0, sizeof world);
    world.extents = extents;
    base_random_init (&world.dice, seed);
    CHECK_OK (mst_octree_new (&(mst_octree_options_t){ .half_width = HALF_WIDTH,
                                                       .leaf_capacity = leaf_capacity,
                                                       .extents = extents },
                              &world.tree));
}

static void change (void)
{
    size_t index = base_random_below (&world.dice, IDS);
    ball_t *ball = &world.balls[index];
    uint64_t what = base_random_below (&world.dice, 10);

    if (!ball->in) {
        random_point (ball->point);
        ball->radius = random_radius ();
        CHECK_OK (mst_octree_insert (world.tree, id_of (index), ball->point, ball->radius));
        ball->in = true;
    } else if (what < 4) {
        CHECK_OK (mst_octree_remove (world.tree, id_of (index)));
        ball->in = false;
    } else if (what < 5 && world.extents) {
        ball->radius = random_radius ();
        CHECK_OK (mst_octree_resize (world.tree, id_of (index), ball->radius));
    } else {
        random_point (ball->point);
        CHECK_OK (mst_octree_move (world.tree, id_of (index), ball->point));
    }
}

static bool visit (void *context, uint64_t id, const double point[3], double radius)
{
    size_t index = index_of (id);
    (void) context;
    CHECK (!world.seen[index]);
    CHECK (memcmp (point, world.balls[index].point, sizeof world.balls[index].point) == 0);
    CHECK (radius == world.balls[index].radius);
    world.seen[index] = true;
    world.last[world.visited++] = id;
    return true;
}

static void expect (bool (*wanted) (const ball_t *ball, const void *question), const void *question)
{
    for (size_t i = 0; i < IDS; i++)
        CHECK (world.seen[i] == (world.balls[i].in && wanted (&world.balls[i], question)));
    memset (world.seen, 0, sizeof world.seen);
    world.visited = 0;
}

static bool always (const ball_t *ball, const void *question)
{
    (void) ball, (void) question;
    return true;
}

static double squared (double x)
{
    return x * x;
}

/*  By the words of the header: the centre in the half-open box, or the box closer than the radius.
 */
static bool touches_box (const ball_t *ball, const void *question)
{
    const mst_box_t *box = question;
    double sum = 0.0;
    bool inside = true;
    for (int axis = 0; axis < 3; axis++) {
        double x = ball->point[axis];
        inside = inside && x >= box->low[axis] && x < box->high[axis];
        sum += squared (x < box->low[axis] ? box->low[axis] - x
                                           : (x > box->high[axis] ? x - box->high[axis] : 0.0));
    }
    return inside || sum < squared (ball->radius);
}

typedef struct sphere {
    double point[3];
    double distance;
} sphere_t;

static double between (const double a[3], const double b[3])
{
    return squared (a[0] - b[0]) + squared (a[1] - b[1]) + squared (a[2] - b[2]);
}

static bool touches_sphere (const ball_t *ball, const void *question)
{
    const sphere_t *sphere = question;
    return between (ball->point, sphere->point) < squared (sphere->distance + ball->radius);
}

static mst_box_t random_box (void)
{
    mst_box_t box;
    double a[3], width = 4.0 * squared (base_random_unit (&world.dice));
    random_point (a);
    for (int axis = 0; axis < 3; axis++) {
        box.low[axis] = a[axis] - width * base_random_unit (&world.dice);
        box.high[axis] = a[axis] + width;
    }
    return box;
}

static void query_regions (void)
{
    mst_box_t box = random_box ();
    sphere_t sphere;

    mst_octree_each (world.tree, visit, NULL);
    expect (always, NULL);
    mst_octree_in_box (world.tree, &box, visit, NULL);
    expect (touches_box, &box);
    random_point (sphere.point);
    sphere.point[0] *= base_random_chance (&world.dice, 0.1) ? 5.0 : 1.0;
    sphere.distance = 3.0 * squared (base_random_unit (&world.dice));
    mst_octree_in_sphere (world.tree, sphere.point, sphere.distance, visit, NULL);
    expect (touches_sphere, &sphere);
}

/*  The ranked queries' oracle: all, sorted. */
static mst_octree_hit_t sorted[IDS];

static int compare_hits (const void *a, const void *b)
{
    const mst_octree_hit_t *one = a, *other = b;
    if (one->distance != other->distance)
        return one->distance < other->distance ? -1 : 1;
    return one->id < other->id ? -1 : one->id > other->id;
}

static void query_nearest (void)
{
    static mst_octree_hit_t hits[IDS];
    double point[3];
    size_t count = 0, asked = 1 + base_random_below (&world.dice, 30);

    random_point (point);
    for (size_t i = 0; i < IDS; i++)
        if (world.balls[i].in)
            sorted[count++] =
                (mst_octree_hit_t){ id_of (i), between (world.balls[i].point, point) };
    qsort (sorted, count, sizeof *sorted, compare_hits);
    size_t found = mst_octree_nearest (world.tree, point, hits, asked);
    CHECK_INT (found, asked < count ? asked : count);
    for (size_t i = 0; i < found; i++) {
        CHECK_INT (hits[i].id, sorted[i].id);
        CHECK (hits[i].distance == sqrt (sorted[i].distance));
    }
}

/*  Where a ray enters a ball, in long double and from the quadratic equation; *close is set when it
    passes so near the rim that rounding may decide. */
static double enters (const ball_t *ball, const double origin[3], const double unit[3],
                      double length, double thickness, bool *close)
{
    long double along = 0, straight = 0, radius = (long double) thickness + ball->radius;
    for (int axis = 0; axis < 3; axis++) {
        long double to = (long double) ball->point[axis] - origin[axis];
        along += to * unit[axis];
        straight += to * to;
    }
    long double rim = along * along - (straight - radius * radius);
    *close = fabsl (rim) < 1e-9L || fabsl (straight - radius * radius) < 1e-9L;
    if (straight <= radius * radius)
        return 0.0;
    if (along < 0 || rim < 0)
        return INFINITY;
    long double enter = along - sqrtl (rim);
    *close = *close || fabsl (enter - length) < 1e-9L;
    return enter <= length ? (double) enter : (double) INFINITY;
}

static void query_ray (void)
{
    static mst_octree_hit_t hits[IDS];
    double origin[3], direction[3], unit[3], norm = 0.0;
    double length = 12.0 * base_random_unit (&world.dice), thickness = 0.2;

    random_point (origin);
    for (int axis = 0; axis < 3; axis++) {
        direction[axis] = base_random_unit (&world.dice) - 0.5;
        if (base_random_chance (&world.dice, 0.2))
            direction[axis] = 0.0;
        norm += squared (direction[axis]);
    }
    size_t found = mst_octree_ray (world.tree, origin, direction, length, thickness, hits, IDS);
    if (norm == 0.0) {
        CHECK_INT (found, 0);
        return;
    }
    for (int axis = 0; axis < 3; axis++)
        unit[axis] = direction[axis] / sqrt (norm);
    for (size_t i = 0; i < found; i++) {
        CHECK (i == 0 || compare_hits (&hits[i - 1], &hits[i]) < 0);
        world.seen[index_of (hits[i].id)] = true;
    }
    for (size_t i = 0; i < IDS; i++) {
        bool close;
        double enter = enters (&world.balls[i], origin, unit, length, thickness, &close);
        CHECK (close || world.seen[i] == (world.balls[i].in && enter < INFINITY));
        for (size_t hit = 0; hit < found; hit++)
            CHECK (close || hits[hit].id != id_of (i) || fabs (hits[hit].distance - enter) < 1e-6);
    }
    memset (world.seen, 0, sizeof world.seen);
    /*  The first few are the first of all. */
    mst_octree_hit_t few[3];
    size_t first = mst_octree_ray (world.tree, origin, direction, length, thickness, few, 3);
    CHECK_INT (first, found < 3 ? found : 3);
    CHECK (memcmp (few, hits, first * sizeof *few) == 0);
}

static bool paired[IDS][IDS];

static bool visit_pair (void *context, uint64_t a, uint64_t b, double distance_squared)
{
    size_t one = index_of (a), other = index_of (b);
    (void) context;
    CHECK (a < b);
    CHECK (!paired[one][other]);
    CHECK (distance_squared == between (world.balls[one].point, world.balls[other].point));
    paired[one][other] = true;
    return true;
}

static void query_pairs (void)
{
    double distance = 0.5 * squared (base_random_unit (&world.dice));

    memset (paired, 0, sizeof paired);
    CHECK_OK (mst_octree_pairs (world.tree, distance, visit_pair, NULL));
    for (size_t i = 0; i < IDS; i++)
        for (size_t j = 0; j < IDS; j++) {
            const ball_t *a = &world.balls[i], *b = &world.balls[j];
            bool wanted =
                a->in && b->in && id_of (i) < id_of (j) &&
                between (a->point, b->point) < squared (distance + (a->radius + b->radius));
            if (paired[i][j] != wanted)
                CHECK (paired[i][j] == wanted);
        }
}

static long changes_asked (void)
{
    const char *asked = getenv ("MUSTER_OCTREE_CHANGES");
    return asked ? atol (asked) : CHANGES;
}

static void play (uint32_t leaf_capacity, bool extents)
{
    begin (leaf_capacity, extents, leaf_capacity * 2 + extents);
    for (long i = 0; i < changes_asked () / 8; i++) {
        change ();
        if (i % 8 == 0)
            CHECK_OK (mst_octree_check (world.tree));
        if (i % QUERY_EVERY == 0) {
            query_regions ();
            query_nearest ();
            query_ray ();
        }
        if (i % (QUERY_EVERY * 10) == 0)
            query_pairs ();
    }
    mst_octree_destroy (&world.tree);
}

static void test_points (void)
{
    play (1, false);
    play (5, false);
    play (0, false);
    play (33, false);
}

static void test_balls (void)
{
    play (1, true);
    play (5, true);
    play (0, true);
    play (33, true);
}

/*  Loaded at once or one by one: the same tree in the same order, and no more memory. */
static void test_load (void)
{
    static uint64_t ids[IDS];
    static double points[IDS * 3], radii[IDS];
    static uint64_t order[IDS];
    mst_octree_t *loaded;

    for (uint32_t capacity = 0; capacity <= 64; capacity += 16) {
        begin (capacity, true, 99 + capacity);
        CHECK_OK (mst_octree_new (&(mst_octree_options_t){ .half_width = HALF_WIDTH,
                                                           .leaf_capacity = capacity,
                                                           .extents = true },
                                  &loaded));
        for (size_t i = 0; i < IDS; i++) {
            ids[i] = id_of (i);
            random_point (world.balls[i].point);
            radii[i] = world.balls[i].radius = random_radius ();
            memcpy (points + 3 * i, world.balls[i].point, sizeof world.balls[i].point);
            CHECK_OK (mst_octree_insert (world.tree, ids[i], points + 3 * i, radii[i]));
            world.balls[i].in = true;
        }
        CHECK_OK (mst_octree_load (loaded, ids, points, radii, IDS));
        CHECK_OK (mst_octree_check (loaded));
        CHECK_INT (mst_octree_leaf_count (loaded), mst_octree_leaf_count (world.tree));
        mst_octree_each (world.tree, visit, NULL);
        memcpy (order, world.last, sizeof order);
        expect (always, NULL);
        mst_octree_each (loaded, visit, NULL);
        CHECK_BYTES (world.last, order, sizeof order);
        expect (always, NULL);
        CHECK_ERR (mst_octree_load (loaded, ids, points, radii, IDS), MST_E_INVALID_ARGUMENT);
        mst_octree_destroy (&loaded);
        mst_octree_destroy (&world.tree);
    }
}

static void test_load_refuses (void)
{
    uint64_t ids[200];
    double points[200 * 3] = { 0.0 };
    mst_octree_t *tree;

    begin (0, false, 1);
    tree = world.tree;
    for (uint64_t i = 0; i < 200; i++)
        ids[i] = 42; /* one id, at one point: more often than a leaf holds */
    CHECK_ERR (mst_octree_load (tree, ids, points, NULL, 200), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "42");
    CHECK_ERR (mst_octree_load (tree, ids, points, NULL, 2), MST_E_INVALID_ARGUMENT);
    ids[1] = 43;
    points[5] = NAN;
    CHECK_ERR (mst_octree_load (tree, ids, points, NULL, 2), MST_E_INVALID_ARGUMENT);
    points[5] = 0.0;
    CHECK_ERR (mst_octree_load (tree, ids, points, (double[]){ 0.0, 1.0 }, 2),
               MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "extents");
    CHECK_INT (mst_octree_count (tree), 0);
    CHECK_OK (mst_octree_check (tree));
    CHECK_OK (mst_octree_load (tree, ids, points, NULL, 2));
    CHECK_INT (mst_octree_count (tree), 2);
    mst_octree_destroy (&world.tree);
}

/*  The memory that was allowed: an error that names it, and the tree as it was. */
static void test_limit (void)
{
    mst_octree_t *tree;
    uint64_t id = 0;
    mst_err_t err = MST_OK;

    begin (0, false, 5);
    mst_octree_destroy (&world.tree);
    CHECK_OK (mst_octree_new (
        &(mst_octree_options_t){ .half_width = HALF_WIDTH, .limit_bytes = 100000 }, &tree));
    while (!err) {
        double point[3];
        random_point (point);
        err = mst_octree_insert (tree, id, point, 0.0);
        id += !err;
    }
    CHECK_ERR (err, MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "limit_bytes");
    CHECK (id > 500);
    CHECK_INT (mst_octree_count (tree), id);
    CHECK_OK (mst_octree_check (tree));
    while (id-- > 0)
        CHECK_OK (mst_octree_remove (tree, id));
    CHECK_OK (mst_octree_check (tree));
    mst_octree_destroy (&tree);
}

static void test_bad_input (void)
{
    double point[3] = { 0.0, 0.0, 0.0 }, outside[3] = { 0.0, HALF_WIDTH, 0.0 };
    mst_octree_hit_t hit;

    begin (0, true, 5);
    CHECK_ERR (mst_octree_insert (world.tree, 1, outside, 0.0), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "entity 1");
    CHECK_ERR (mst_octree_insert (world.tree, 1, point, -1.0), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_octree_insert (world.tree, 1, point, NAN), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_octree_insert (world.tree, 1, point, INFINITY), MST_E_INVALID_ARGUMENT);
    CHECK_OK (mst_octree_insert (world.tree, 1, point, 1.0));
    CHECK_ERR (mst_octree_insert (world.tree, 1, point, 1.0), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_octree_move (world.tree, 1, outside), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_octree_resize (world.tree, 2, 1.0), MST_E_OBJECT_UNKNOWN);
    CHECK_ERR (mst_octree_pairs (world.tree, NAN, visit_pair, NULL), MST_E_INVALID_ARGUMENT);
    CHECK_INT (mst_octree_nearest (world.tree, point, NULL, 0), 0);
    CHECK_INT (mst_octree_ray (world.tree, point, point, 1.0, 0.0, &hit, 1), 0);
    CHECK_INT (mst_octree_count (world.tree), 1);
    mst_octree_destroy (&world.tree);
    CHECK_ERR (mst_octree_new (&(mst_octree_options_t){ .half_width = 1.0, .leaf_capacity = 65 },
                               &world.tree),
               MST_E_INVALID_ARGUMENT);
}

static bool stop (void *context, uint64_t id, const double point[3], double radius)
{
    (void) id, (void) point, (void) radius;
    return --*(int *) context > 0;
}

static bool stop_pairs (void *context, uint64_t a, uint64_t b, double distance_squared)
{
    (void) a, (void) b, (void) distance_squared;
    return --*(int *) context > 0;
}

static void test_a_visitor_ends_it (void)
{
    const mst_box_t all = { { -9.0, -9.0, -9.0 }, { 9.0, 9.0, 9.0 } };
    const double middle[3] = { 0.0, 0.0, 0.0 };
    int left;

    begin (2, false, 5);
    for (int i = 0; i < 400; i++)
        change ();
    left = 5, mst_octree_each (world.tree, stop, &left);
    CHECK_INT (left, 0);
    left = 5, mst_octree_in_box (world.tree, &all, stop, &left);
    CHECK_INT (left, 0);
    left = 5, mst_octree_in_sphere (world.tree, middle, 100.0, stop, &left);
    CHECK_INT (left, 0);
    left = 5, (void) mst_octree_pairs (world.tree, 100.0, stop_pairs, &left);
    CHECK_INT (left, 0);
    mst_octree_destroy (&world.tree);
}

/*  Whatever allocation fails: an error, the tree whole, and what was to be done undone. */
static void without_memory (void *context)
{
    (void) context;
    memset (&world, 0, sizeof world);
    world.extents = true;
    base_random_init (&world.dice, 7);
    if (mst_octree_new (&(mst_octree_options_t){ .half_width = HALF_WIDTH,
                                                 .leaf_capacity = 3,
                                                 .extents = true },
                        &world.tree))
        return;
    for (int i = 0; i < 300; i++) {
        size_t index = base_random_below (&world.dice, 60);
        ball_t *ball = &world.balls[index], wanted = *ball;
        mst_err_t err;
        random_point (wanted.point);
        if (ball->in && base_random_chance (&world.dice, 0.4)) {
            err = mst_octree_remove (world.tree, id_of (index));
            wanted.in = false;
        } else if (ball->in) {
            err = mst_octree_move (world.tree, id_of (index), wanted.point);
        } else {
            err = mst_octree_insert (world.tree, id_of (index), wanted.point, 0.0);
            wanted.in = true;
        }
        if (!err)
            *ball = wanted;
        CHECK (!err || err == MST_E_NO_MEMORY);
    }
    CHECK_OK (mst_octree_check (world.tree));
    mst_octree_each (world.tree, visit, NULL);
    expect (always, NULL);
    mst_octree_destroy (&world.tree);
}

static void load_without_memory (void *context)
{
    static uint64_t ids[100];
    static double points[300];
    mst_octree_t *tree;
    (void) context;
    base_random_init (&world.dice, 7);
    for (size_t i = 0; i < 100; i++) {
        ids[i] = i;
        random_point (points + 3 * i);
    }
    if (mst_octree_new (&(mst_octree_options_t){ .half_width = HALF_WIDTH, .leaf_capacity = 3 },
                        &tree))
        return;
    mst_err_t err = mst_octree_load (tree, ids, points, NULL, 100);
    CHECK_INT (mst_octree_count (tree), err ? 0 : 100);
    CHECK_OK (mst_octree_check (tree));
    mst_octree_destroy (&tree);
}

static void test_every_allocation_fails (void)
{
    CHECK (sweep_allocations (without_memory, NULL) > 50);
    CHECK (sweep_allocations (load_without_memory, NULL) > 20);
}

static void test_boxes (void)
{
    const mst_box_t a = { { 0, 0, 0 }, { 2, 2, 2 } }, b = { { 1, 1, 1 }, { 3, 3, 3 } };
    const mst_box_t beside = { { 2, 0, 0 }, { 4, 2, 2 } }, empty = { { 1, 1, 1 }, { 1, 2, 2 } };
    double size[3], centre[3];

    CHECK (mst_box_intersects (&a, &b));
    CHECK (!mst_box_intersects (&a, &beside));
    CHECK (!mst_box_intersects (&a, &empty));
    CHECK (mst_box_contains_box (&a, &empty));
    CHECK (mst_box_contains_box (&a, &a) && !mst_box_contains_box (&a, &b));
    CHECK (mst_box_contains (&a, a.low) && !mst_box_contains (&a, a.high));
    mst_box_t merged = mst_box_merge (&a, &b), same = mst_box_merge (&empty, &a);
    CHECK (merged.low[0] == 0.0 && merged.high[2] == 3.0);
    CHECK_BYTES (&same, &a, sizeof a);
    mst_box_size (&b, size);
    mst_box_centre (&b, centre);
    CHECK (size[1] == 2.0 && centre[1] == 2.0);
    CHECK (mst_box_volume (&a) == 8.0 && mst_box_volume (&empty) == 0.0);
    CHECK (mst_box_distance_squared (&a, (double[]){ 5.0, 6.0, 1.0 }) == 25.0);
}

static CU_TestInfo query_tests[] = {
    { "points, against a list", test_points },
    { "balls, against a list", test_balls },
    { "load, against one by one", test_load },
    { "what load refuses", test_load_refuses },
    { "the memory allowed", test_limit },
    { "bad input", test_bad_input },
    { "a visitor ends it", test_a_visitor_ends_it },
    { "every allocation fails", test_every_allocation_fails },
    { "boxes", test_boxes },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "octree: queries", NULL, NULL, NULL, NULL, query_tests })
