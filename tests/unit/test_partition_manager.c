/*  The partition manager against a plain list of what was told to it, under random changes; its
    decisions against what each strategy and balancer promises. MUSTER_PARTITION_CHANGES makes the
    random runs longer. */
#include <muster/partition.h>
#include "base/random.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDS = 600, NODES = 6, DOMAINS = 3, CHANGES = 6000, STEPS = 4096 };

static const double HALF = 8000.0;

typedef struct plain {
    mst_partition_entity_t entities[IDS];
    bool in[IDS];
    mst_partition_t *manager;
    base_random_t dice;
    mst_partition_strategy_t strategy;
    uint64_t done;
} plain_t;

static plain_t plain;

/*  The custom strategy of the tests: by the sign of x; where `nonsense` is set, that node. */
static uint32_t nonsense;

static mst_err_t place_by_x (void *context, const mst_partition_entity_t *entity, uint32_t *node)
{
    (void) context;
    *node = nonsense ? nonsense : entity->point[0] < 0.0 ? 1 : 2;
    return nonsense == 77 ? MST_E_TIMEOUT : MST_OK;
}

static mst_partition_options_t options (mst_partition_strategy_t strategy,
                                        mst_partition_balancer_t balancer)
{
    return (mst_partition_options_t){ .half_width = HALF,
                                      .strategy = strategy,
                                      .balancer = balancer,
                                      .outside = MST_OUTSIDE_PARK,
                                      .split_above = 16,
                                      .split_cost = 20.0,
                                      .start_depth = 1,
                                      .seed = 7,
                                      .place = place_by_x };
}

static void add_node (mst_partition_t *manager, uint32_t id, double capacity)
{
    mst_partition_node_t node = { .id = id, .capacity = capacity, .latency_ms = id };
    snprintf (node.address, sizeof node.address, "tcp://node%u", id);
    CHECK_OK (mst_partition_add_node (manager, &node));
}

static mst_partition_node_t node_of (const mst_partition_t *manager, uint32_t id)
{
    mst_partition_node_t node = { 0 };
    CHECK_OK (mst_partition_node (manager, id, &node));
    return node;
}

static void random_point (double point[3])
{
    double width = base_random_chance (&plain.dice, 0.5) ? 2.1 * HALF : 300.0;
    for (int axis = 0; axis < 3; axis++)
        point[axis] = width * (base_random_unit (&plain.dice) - 0.5);
}

/*  What the statistics should be, from the entities alone. */
typedef struct tally {
    double loads[NODES + 1];
    uint32_t entities, pending, parked;
} tally_t;

static void count_all (tally_t *tally)
{
    memset (tally, 0, sizeof *tally);
    for (int i = 0; i < IDS; i++) {
        mst_partition_entity_t now;
        if (!plain.in[i])
            continue;
        CHECK_OK (mst_partition_find (plain.manager, (uint64_t) i, &now));
        CHECK (memcmp (now.point, plain.entities[i].point, sizeof now.point) == 0);
        CHECK (now.cost == plain.entities[i].cost && now.domain == plain.entities[i].domain);
        bool inside = true;
        for (int axis = 0; axis < 3; axis++)
            inside = inside && now.point[axis] >= -HALF && now.point[axis] < HALF;
        CHECK (now.parked == !inside);
        tally->entities++;
        tally->pending += now.home != now.node;
        tally->parked += now.parked;
        tally->loads[now.node] += now.cost;
        if (plain.strategy == MST_PARTITION_CUSTOM)
            CHECK_INT (now.node, now.point[0] < 0.0 ? 1 : 2);
    }
}

static bool count_found (void *context, const mst_partition_entity_t *entity)
{
    (void) entity;
    ++*(uint32_t *) context;
    return true;
}

/*  Every entity stands in the leaf that says whose it is; leaves say how many they have. */
static bool check_leaf (void *context, const mst_partition_leaf_t *leaf)
{
    uint32_t inside = 0;
    double cost = 0.0;
    *(uint32_t *) context += leaf->entities;
    if (!leaf->boxed)
        return true;
    for (int i = 0; i < IDS; i++) {
        mst_partition_entity_t now;
        bool apart =
            plain.strategy != MST_PARTITION_SPATIAL && plain.entities[i].domain != leaf->domain;
        if (!plain.in[i] || apart || !mst_box_contains (&leaf->box, plain.entities[i].point))
            continue;
        CHECK_OK (mst_partition_find (plain.manager, (uint64_t) i, &now));
        CHECK_INT (now.node, leaf->node);
        inside++;
        cost += now.cost;
    }
    CHECK_INT (inside, leaf->entities);
    CHECK (fabs (cost - leaf->cost) < 1e-6);
    return true;
}

static void compare (void)
{
    mst_partition_statistics_t statistics;
    tally_t tally;
    double mean = 0.0, squares = 0.0, relative = 0.0;
    uint32_t found = 0, wanted = 0;
    mst_box_t box;
    count_all (&tally);
    mst_partition_statistics (plain.manager, &statistics);
    for (uint32_t id = 1; id <= NODES; id++) {
        CHECK (fabs (node_of (plain.manager, id).placed - tally.loads[id]) < 1e-6);
        mean += tally.loads[id] / NODES;
        relative += tally.loads[id] / node_of (plain.manager, id).capacity / NODES;
    }
    for (uint32_t id = 1; id <= NODES; id++)
        squares += pow (tally.loads[id] / node_of (plain.manager, id).capacity - relative, 2.0);
    CHECK_INT (statistics.entities, tally.entities);
    CHECK_INT (statistics.parked, tally.parked);
    CHECK_INT (statistics.migrations_pending, tally.pending);
    CHECK_INT (statistics.migrations_done, plain.done);
    CHECK (fabs (statistics.mean_load - mean) < 1e-6);
    CHECK (relative == 0.0 ||
           fabs (statistics.imbalance - sqrt (squares / NODES) / relative) < 1e-6);
    mst_partition_leaves (plain.manager, check_leaf, &found);
    CHECK_INT (found, tally.entities);
    found = 0;
    mst_partition_pending (plain.manager, count_found, &found);
    CHECK_INT (found, tally.pending);
    for (int axis = 0; axis < 3; axis++) {
        box.low[axis] = HALF * (base_random_unit (&plain.dice) - 1.0);
        box.high[axis] = box.low[axis] + HALF;
    }
    found = 0;
    mst_partition_in_box (plain.manager, &box, count_found, &found);
    for (int i = 0; i < IDS; i++)
        wanted += plain.in[i] && mst_box_contains (&box, plain.entities[i].point);
    CHECK_INT (found, wanted);
}

static void balance (void)
{
    static mst_partition_step_t steps[STEPS];
    mst_partition_statistics_t before, after;
    size_t count, stranded;
    mst_partition_statistics (plain.manager, &before);
    CHECK_OK (mst_partition_plan (plain.manager, steps, STEPS, &count, &stranded));
    CHECK_INT (stranded, 0);
    for (size_t i = 0; i < count; i++)
        CHECK_OK (mst_partition_apply (plain.manager, &steps[i]));
    mst_partition_statistics (plain.manager, &after);
    CHECK (after.imbalance <= before.imbalance + 1e-9 || before.stranded > 0);
    CHECK_INT (after.stranded, 0);
}

static void change (void)
{
    uint64_t id = base_random_below (&plain.dice, IDS);
    mst_partition_entity_t *entity = &plain.entities[id], now;
    if (!plain.in[id]) {
        *entity = (mst_partition_entity_t){ .id = id };
        random_point (entity->point);
        entity->domain = (uint32_t) base_random_below (&plain.dice, DOMAINS);
        entity->cost = (double) base_random_below (&plain.dice, 5);
        CHECK_OK (mst_partition_add (plain.manager, entity));
        plain.in[id] = true;
        return;
    }
    uint64_t what = base_random_below (&plain.dice, 10);
    if (what < 2) {
        CHECK_OK (mst_partition_remove (plain.manager, id));
        plain.in[id] = false;
    } else if (what < 3) {
        entity->cost = (double) base_random_below (&plain.dice, 5);
        CHECK_OK (mst_partition_set_cost (plain.manager, id, entity->cost));
    } else if (what < 5) {
        CHECK_OK (mst_partition_find (plain.manager, id, &now));
        CHECK_ERR (mst_partition_arrived (plain.manager, id),
                   now.home == now.node ? MST_E_INVALID_ARGUMENT : MST_OK);
        plain.done += now.home != now.node;
    } else {
        random_point (entity->point);
        CHECK_OK (mst_partition_move (plain.manager, id, entity->point));
    }
}

static void start (const mst_partition_options_t *with)
{
    memset (&plain, 0, sizeof plain);
    nonsense = 0;
    base_random_init (&plain.dice, 1);
    plain.strategy = with->strategy;
    CHECK_OK (mst_partition_new (with, &plain.manager));
    for (uint32_t id = 1; id <= NODES; id++)
        add_node (plain.manager, id, 1000.0 * id);
}

static void run (const mst_partition_options_t *with)
{
    const char *longer = getenv ("MUSTER_PARTITION_CHANGES");
    long changes = longer ? atol (longer) : CHANGES;
    start (with);
    for (long i = 0; i < changes; i++) {
        change ();
        CHECK_OK (mst_partition_check (plain.manager));
        if (i % 97 == 0)
            compare ();
        if (i % 211 == 0)
            balance ();
        if (i % 400 == 399 && with->strategy != MST_PARTITION_CUSTOM) {
            uint32_t id = 1 + (uint32_t) base_random_below (&plain.dice, NODES);
            CHECK_OK (mst_partition_set_health (plain.manager, id, MST_NODE_DOWN));
            balance ();
            CHECK_INT (node_of (plain.manager, id).entities, 0);
            CHECK_OK (mst_partition_set_health (plain.manager, id, MST_NODE_UP));
        }
        if (CU_get_number_of_failures () > 20)
            break;
    }
    mst_partition_destroy (&plain.manager);
}

static void test_random (void)
{
    for (int strategy = 0; strategy <= MST_PARTITION_CUSTOM; strategy++) {
        mst_partition_options_t with = options ((mst_partition_strategy_t) strategy,
                                                (mst_partition_balancer_t) (strategy % 5));
        run (&with);
        with.balancer = MST_BALANCE_CONSISTENT;
        with.region_side = MST_REGION_SIDE;
        run (&with);
    }
}

static void add (uint64_t id, double x, uint32_t domain, double cost)
{
    const mst_partition_entity_t entity = {
        .id = id, .point = { x, 1.0, 1.0 }, .domain = domain, .cost = cost
    };
    CHECK_OK (mst_partition_add (plain.manager, &entity));
}

static uint32_t node_at (uint64_t id)
{
    mst_partition_entity_t now = { 0 };
    CHECK_OK (mst_partition_find (plain.manager, id, &now));
    return now.node;
}

static void test_round_robin (void)
{
    mst_partition_options_t with = options (MST_PARTITION_LOAD, MST_BALANCE_ROUND_ROBIN);
    start (&with);
    for (uint64_t id = 0; id < 60; id++) {
        add (id, 1.0, 0, 1.0);
        CHECK_INT (node_at (id), 1 + id % NODES);
    }
    mst_partition_destroy (&plain.manager);
}

static void test_least_loaded (void)
{
    mst_partition_options_t with = options (MST_PARTITION_LOAD, MST_BALANCE_LEAST_LOADED);
    start (&with);
    double loads[NODES + 1] = { 0.0 };
    for (uint64_t id = 0; id < 500; id++) {
        uint32_t best = 1;
        double cost = 1.0 + (double) (id % 7);
        for (uint32_t node = 2; node <= NODES; node++)
            if ((loads[node] + cost) / node < (loads[best] + cost) / best)
                best = node;
        add (id, 1.0, 0, cost);
        CHECK_INT (node_at (id), best);
        loads[best] += cost;
    }
    mst_partition_destroy (&plain.manager);
}

/*  20,000 draws: a share of 1/21 … 6/21, each within five standard deviations. */
static void test_weighted_random (void)
{
    mst_partition_options_t with = options (MST_PARTITION_LOAD, MST_BALANCE_WEIGHTED_RANDOM);
    start (&with);
    for (uint64_t id = 0; id < 20000; id++)
        add (id, 1.0, 0, 0.0);
    for (uint32_t node = 1; node <= NODES; node++) {
        double share = node / 21.0, count = node_of (plain.manager, node).entities;
        CHECK (fabs (count - 20000.0 * share) < 5.0 * sqrt (20000.0 * share * (1.0 - share)));
    }
    mst_partition_destroy (&plain.manager);
}

/*  Never above 1.25 times the share, and the same node for the same id while there is room. */
static void test_consistent (void)
{
    mst_partition_options_t with = options (MST_PARTITION_LOAD, MST_BALANCE_CONSISTENT);
    start (&with);
    for (uint64_t id = 0; id < 5000; id++) {
        add (id, 1.0, 0, 1.0);
        mst_partition_node_t node = node_of (plain.manager, node_at (id));
        double bound = 1.25 * (double) (id + 1) * node.id / 21.0;
        CHECK (node.placed <= bound || id < 100);
    }
    uint32_t before = node_at (4999);
    CHECK_OK (mst_partition_remove (plain.manager, 4999));
    add (4999, 5.0, 1, 1.0);
    CHECK_INT (node_at (4999), before);
    mst_partition_destroy (&plain.manager);
}

/*  Two nodes with the same load now: the one that rises loses. */
static void test_adaptive (void)
{
    mst_partition_options_t with = options (MST_PARTITION_LOAD, MST_BALANCE_ADAPTIVE);
    start (&with);
    for (uint32_t id = 1; id <= NODES; id++)
        for (int report = 0; report < 12; report++) {
            double load = id == 4 ? 900.0 - 50.0 * report : 100.0 + 20.0 * id * report;
            CHECK_OK (mst_partition_report (plain.manager, id, load, 1.0));
        }
    CHECK_OK (mst_partition_report (plain.manager, 4, 320.0 / 1000.0 * 4000.0, 1.0));
    CHECK_OK (mst_partition_report (plain.manager, 1, 320.0, 1.0));
    /*  By the line through its last eight reports: recomputed here, node by node. */
    double best = INFINITY;
    uint32_t expected = 0;
    for (uint32_t id = 1; id <= NODES; id++) {
        double y[14], mean = 0.0, xy = 0.0, xx = 0.0;
        int count = 12;
        for (int report = 0; report < 12; report++)
            y[report] = id == 4 ? 900.0 - 50.0 * report : 100.0 + 20.0 * id * report;
        if (id == 4 || id == 1)
            y[count++] = id == 4 ? 1280.0 : 320.0;
        for (int i = 0; i < 8; i++)
            mean += y[count - 8 + i] / 8.0;
        for (int i = 0; i < 8; i++) {
            xy += (i - 3.5) * (y[count - 8 + i] - mean);
            xx += (i - 3.5) * (i - 3.5);
        }
        double next = (y[count - 1] + xy / xx + 1.0) / (1000.0 * id);
        if (next < best) {
            best = next;
            expected = id;
        }
    }
    add (1, 1.0, 0, 1.0);
    CHECK_INT (node_at (1), expected);
    mst_partition_destroy (&plain.manager);
}

static void test_strategies (void)
{
    mst_partition_options_t with = options (MST_PARTITION_DOMAIN, MST_BALANCE_ROUND_ROBIN);
    start (&with);
    for (uint64_t id = 0; id < 90; id++) {
        add (id, -7000.0 + 100.0 * (double) id, (uint32_t) (id % 3), 1.0);
        CHECK_INT (node_at (id), 1 + id % 3);
    }
    mst_partition_destroy (&plain.manager);
    with = options (MST_PARTITION_DOMAIN_SPATIAL, MST_BALANCE_ROUND_ROBIN);
    start (&with);
    add (1, 5.0, 0, 1.0);
    add (2, 5.0, 1, 1.0);
    add (3, 6.0, 0, 1.0);
    add (4, -5.0, 0, 1.0);
    CHECK (node_at (1) == node_at (3) && node_at (1) != node_at (2) && node_at (4) != node_at (1));
    mst_partition_destroy (&plain.manager);
    /*  Hybrid: beside its neighbours, unless that node is much fuller. */
    with = options (MST_PARTITION_HYBRID, MST_BALANCE_ROUND_ROBIN);
    start (&with);
    add (1, 5.0, 0, 1.0);
    add (2, -5.0, 0, 1.0);
    CHECK_INT (node_at (1), node_at (2));
    CHECK_OK (mst_partition_report (plain.manager, node_at (1), 900.0, 1.0));
    add (3, 5.0, 1, 1.0);
    CHECK (node_at (3) != node_at (1));
    mst_partition_destroy (&plain.manager);
}

/*  All on one node at first: the plan evens it out at once, and never overshoots. */
static void test_plan (void)
{
    static mst_partition_step_t steps[STEPS];
    mst_partition_options_t with = options (MST_PARTITION_SPATIAL, MST_BALANCE_LEAST_LOADED);
    mst_partition_statistics_t statistics;
    size_t count, stranded;
    memset (&plain, 0, sizeof plain);
    base_random_init (&plain.dice, 5);
    CHECK_OK (mst_partition_new (&with, &plain.manager));
    add_node (plain.manager, 1, 4000.0);
    for (uint64_t id = 0; id < 3000; id++) {
        mst_partition_entity_t entity = { .id = id, .cost = 1.0 };
        for (int axis = 0; axis < 3; axis++)
            entity.point[axis] = HALF * (2.0 * base_random_unit (&plain.dice) - 1.0);
        CHECK_OK (mst_partition_add (plain.manager, &entity));
    }
    for (uint32_t id = 2; id <= 4; id++)
        add_node (plain.manager, id, 4000.0);
    mst_partition_statistics (plain.manager, &statistics);
    CHECK (fabs (statistics.imbalance - sqrt (3.0)) < 1e-12);
    CHECK_OK (mst_partition_plan (plain.manager, steps, STEPS, &count, &stranded));
    uint32_t moved = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK_OK (mst_partition_apply (plain.manager, &steps[i]));
        moved += steps[i].entities;
    }
    mst_partition_statistics (plain.manager, &statistics);
    CHECK (statistics.imbalance < 0.02);
    CHECK (moved <= 2250); /* the three quarters that must go */
    CHECK_INT (statistics.migrations_pending, moved);
    CHECK_ERR (mst_partition_apply (plain.manager, &steps[0]), MST_E_INVALID_ARGUMENT);
    CHECK_OK (mst_partition_check (plain.manager));
    CHECK_ERR (mst_partition_remove_node (plain.manager, 1), MST_E_INVALID_ARGUMENT);
    CHECK_OK (mst_partition_plan (plain.manager, steps, STEPS, &count, &stranded));
    CHECK_INT (count, 0);
    mst_partition_destroy (&plain.manager);
}

static void test_bad (void)
{
    mst_partition_options_t with = options (MST_PARTITION_CUSTOM, MST_BALANCE_ROUND_ROBIN);
    mst_partition_entity_t entity = { .id = 42, .point = { 1.0, 2.0, 3.0 }, .cost = 1.0 };
    start (&with);
    nonsense = 9;
    CHECK_ERR (mst_partition_add (plain.manager, &entity), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "entity 42");
    CHECK_CONTAINS (mst_error_text (), "node 9");
    nonsense = 77;
    CHECK_ERR (mst_partition_add (plain.manager, &entity), MST_E_TIMEOUT);
    nonsense = 0;
    entity.cost = 2001.0;
    CHECK_ERR (mst_partition_add (plain.manager, &entity), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "entity 42");
    CHECK_CONTAINS (mst_error_text (), "node 2 is full");
    entity.cost = NAN;
    CHECK_ERR (mst_partition_add (plain.manager, &entity), MST_E_INVALID_ARGUMENT);
    entity.cost = 1.0;
    CHECK_OK (mst_partition_add (plain.manager, &entity));
    CHECK_ERR (mst_partition_add (plain.manager, &entity), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_partition_move (plain.manager, 43, entity.point), MST_E_OBJECT_UNKNOWN);
    CHECK_ERR (mst_partition_set_health (plain.manager, 9, MST_NODE_UP), MST_E_OBJECT_UNKNOWN);
    CHECK_OK (mst_partition_set_health (plain.manager, 1, MST_NODE_DOWN));
    CHECK_ERR (mst_partition_move (plain.manager, 42, (double[3]){ -1.0, 0.0, 0.0 }),
               MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "node 1, which is down");
    CHECK_OK (mst_partition_check (plain.manager));
    mst_partition_destroy (&plain.manager);
    with = options (MST_PARTITION_SPATIAL, MST_BALANCE_ROUND_ROBIN);
    with.outside = MST_OUTSIDE_CLAMP;
    start (&with);
    entity.point[0] = INFINITY;
    CHECK_OK (mst_partition_add (plain.manager, &entity));
    CHECK_OK (mst_partition_find (plain.manager, 42, &entity));
    CHECK (entity.point[0] < HALF && entity.point[0] > HALF - 1e-9);
    CHECK_ERR (mst_partition_move (plain.manager, 42, (double[3]){ NAN, 0.0, 0.0 }),
               MST_E_INVALID_ARGUMENT);
    CHECK_OK (mst_partition_check (plain.manager));
    mst_partition_destroy (&plain.manager);
    with.outside = MST_OUTSIDE_ERROR;
    start (&with);
    entity.point[0] = HALF;
    CHECK_ERR (mst_partition_add (plain.manager, &entity), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "entity 42");
    mst_partition_destroy (&plain.manager);
    with.place = NULL;
    with.strategy = MST_PARTITION_CUSTOM;
    CHECK_ERR (mst_partition_new (&with, &plain.manager), MST_E_INVALID_ARGUMENT);
}

static void test_regions (void)
{
    base_random_t dice = { 3 };
    uint64_t region, other;
    mst_box_t box;
    for (int i = 0; i < 20000; i++) {
        double side = i % 2 ? MST_REGION_SIDE : 0.1 + base_random_unit (&dice), point[3];
        for (int axis = 0; axis < 3; axis++)
            point[axis] = i % 3 ? side * (double) ((int) base_random_below (&dice, 2000) - 1000)
                                : 1e5 * side * (base_random_unit (&dice) - 0.5);
        CHECK_OK (mst_region_of (point, side, &region));
        CHECK_OK (mst_region_box (region, side, &box));
        CHECK (mst_box_contains (&box, point));
        for (int axis = 0; axis < 3; axis++)
            point[axis] = 0.5 * (box.low[axis] + box.high[axis]);
        CHECK_OK (mst_region_of (point, side, &other));
        CHECK (region == other);
    }
    CHECK_ERR (mst_region_of ((double[3]){ NAN, 0.0, 0.0 }, 1.0, &region), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_region_of ((double[3]){ 0.0, 3e9, 0.0 }, 2000.0, &region), MST_E_LIMIT);
    CHECK_ERR (mst_region_of ((double[3]){ 0.0 }, 0.0, &region), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_region_box (UINT64_MAX, 1.0, &box), MST_E_INVALID_ARGUMENT);
}

static void sweep (void *context)
{
    mst_partition_options_t with = *(const mst_partition_options_t *) context;
    mst_partition_t *manager;
    mst_partition_step_t steps[8];
    size_t count, stranded;
    if (mst_partition_new (&with, &manager))
        return;
    for (uint32_t id = 1; id <= 2; id++) {
        const mst_partition_node_t node = { .id = id, .capacity = 100.0 };
        (void) mst_partition_add_node (manager, &node);
    }
    for (uint64_t id = 0; id < 24; id++) {
        const mst_partition_entity_t entity = { .id = id,
                                                .point = { (double) (id % 5) * 900.0 - 2000.0 },
                                                .domain = (uint32_t) id % 2,
                                                .cost = 1.0 };
        const double to[3] = { 1000.0, (double) id, -50.0 };
        (void) mst_partition_add (manager, &entity);
        (void) mst_partition_move (manager, id, to);
    }
    if (mst_partition_check (manager) == MST_E_INTERNAL)
        CU_FAIL ("broken after a failed allocation");
    if (mst_partition_plan (manager, steps, 8, &count, &stranded) == MST_OK)
        for (size_t i = 0; i < count; i++)
            (void) mst_partition_apply (manager, &steps[i]);
    for (uint64_t id = 0; id < 24; id += 2)
        (void) mst_partition_remove (manager, id);
    if (mst_partition_check (manager) == MST_E_INTERNAL)
        CU_FAIL ("broken after a failed allocation");
    mst_partition_destroy (&manager);
}

static void test_sweep (void)
{
    mst_partition_options_t with = options (MST_PARTITION_DOMAIN_SPATIAL, MST_BALANCE_CONSISTENT);
    with.split_above = 3;
    CHECK (sweep_allocations (sweep, &with) > 20);
    with = options (MST_PARTITION_LOAD, MST_BALANCE_ROUND_ROBIN);
    CHECK (sweep_allocations (sweep, &with) > 10);
}

static CU_TestInfo manager_tests[] = {
    { "every strategy against a plain list", test_random },
    { "round robin", test_round_robin },
    { "least loaded", test_least_loaded },
    { "weighted random", test_weighted_random },
    { "consistent hashing with bounded loads", test_consistent },
    { "adaptive", test_adaptive },
    { "what a strategy keeps together", test_strategies },
    { "a plan evens out", test_plan },
    { "bad input", test_bad },
    { "regions", test_regions },
    { "no memory", test_sweep },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "partition manager", NULL, NULL, NULL, NULL, manager_tests })
