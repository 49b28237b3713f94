/*  Statistics, plans, and what is asked of the partition tree.

    A plan looks at units: whole leaves, and single entities where a strategy places them one by
   one. Every node gets a share of the load by its capacity; a donor gives units, the dearest first,
   as long as each fits into what it has above its share and into what a receiver lacks (a greedy
   form of Graham's longest processing time first, 1969). So no step overshoots, each lowers the
   imbalance, and not more is moved than stands above the shares. */
#include "partition/manager.h"
#include "base/alloc.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>

typedef struct plan_unit {
    const manager_part_t *part;
    uint32_t entity; /* index: the first of the part, or the one */
    uint32_t entities;
    uint32_t from;
    bool whole;
    double cost;
    uint64_t id; /* of that entity: makes the order one */
} plan_unit_t;

typedef struct plan {
    const mst_partition_t *manager;
    BASE_LIST (plan_unit_t) units;
    double loads[MST_PARTITION_NODES_MAX];
    double share; /* of a unit of capacity */
    mst_partition_step_t *steps;
    size_t capacity;
    size_t count;
    size_t stranded;
} plan_t;

static void plan_relative_loads (const mst_partition_t *self, double *mean, double *deviation,
                                 uint32_t *up)
{
    double sum = 0.0, squares = 0.0;

    *up = 0;
    BASE_LIST_EACH (&self->nodes, i)
        if (manager_usable (self->nodes.items[i])) {
            sum += manager_load (self->nodes.items[i]) / self->nodes.items[i]->about.capacity;
            ++*up;
        }
    *mean = *up ? sum / *up : 0.0;
    BASE_LIST_EACH (&self->nodes, i)
        if (manager_usable (self->nodes.items[i])) {
            const manager_node_t *node = self->nodes.items[i];
            double off = manager_load (node) / node->about.capacity - *mean;
            squares += off * off;
        }
    base_assert (squares >= 0.0);
    *deviation = *up ? sqrt (squares / *up) : 0.0;
    base_assert (*deviation >= 0.0);
}

/*  Leaves that have entities, in order. false: the visitor ended it. */
static bool plan_leaves (const manager_part_t *part,
                         bool (*visit) (void *context, const manager_part_t *leaf), void *context)
{
    base_assert (part != NULL);
    base_assert (visit != NULL);
    for (int octant = 0; part->children && octant < PARTITION_OCTANTS; octant++)
        if (!plan_leaves (&part->children[octant], visit, context))
            return false;
    return part->children || part->count == 0 || visit (context, part);
}

static bool plan_all_leaves (const mst_partition_t *self,
                             bool (*visit) (void *context, const manager_part_t *leaf),
                             void *context)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->roots, i)
        if (!plan_leaves (self->roots.items[i], visit, context))
            return false;
    return true;
}

static bool plan_count_leaf (void *context, const manager_part_t *leaf)
{
    base_assert (leaf->count > 0);
    ++*(uint32_t *) context;
    return true;
}

void mst_partition_statistics (const mst_partition_t *manager,
                               mst_partition_statistics_t *statistics)
{
    double mean, deviation, load = 0.0;

    base_assert (manager != NULL);
    base_assert (statistics != NULL);
    *statistics = (mst_partition_statistics_t){ .entities = manager->ids.count,
                                                .migrations_done = manager->done,
                                                .migrations_pending = manager->pending };
    statistics->parked = manager->ids.count - mst_octree_count (manager->index);
    plan_all_leaves (manager, plan_count_leaf, &statistics->partitions);
    plan_relative_loads (manager, &mean, &deviation, &statistics->nodes_up);
    BASE_LIST_EACH (&manager->nodes, i) {
        const manager_node_t *node = manager->nodes.items[i];
        if (!node->in)
            continue;
        statistics->nodes++;
        statistics->partitions += node->pool.count > 0;
        statistics->nodes_over += manager_load (node) > node->about.capacity;
        if (manager_usable (node))
            load += manager_load (node);
        else
            statistics->stranded += node->about.entities;
    }
    statistics->mean_load = statistics->nodes_up ? load / statistics->nodes_up : 0.0;
    statistics->imbalance = mean > 0.0 ? deviation / mean : 0.0;
}

static bool plan_take (plan_t *self, const manager_part_t *part, uint32_t entity, bool whole)
{
    const manager_entity_t *record = &self->manager->entities.items[entity];
    plan_unit_t unit = { .part = part,
                         .entity = entity,
                         .entities = whole ? part->count : 1,
                         .from = part->owner,
                         .whole = whole,
                         .cost = whole ? part->cost : record->about.cost,
                         .id = record->about.id };
    base_assert (part->owner != MANAGER_NONE);
    return BASE_LIST_PUSH (&self->units, unit) == MST_OK;
}

/*  A leaf's unit bears the lowest id in it: that does not depend on what happened before. */
static bool plan_take_leaf (void *context, const manager_part_t *leaf)
{
    plan_t *self = context;
    const manager_entity_t *entities = self->manager->entities.items;
    uint32_t lowest = leaf->first;

    base_assert (leaf->first != MANAGER_NONE);
    for (uint32_t i = leaf->first; i != MANAGER_NONE; i = entities[i].next)
        if (entities[i].about.id < entities[lowest].about.id)
            lowest = i;
    return plan_take (self, leaf, lowest, true);
}

static bool plan_take_pool (plan_t *self, const manager_node_t *node)
{
    bool singly = self->manager->options.strategy == MST_PARTITION_LOAD || !manager_usable (node);

    base_assert (node->in);
    for (uint32_t i = node->pool.first; singly && i != MANAGER_NONE;
         i = self->manager->entities.items[i].next)
        if (!plan_take (self, &node->pool, i, false))
            return false;
    return true;
}

static int plan_compare (const void *a, const void *b)
{
    const plan_unit_t *left = a, *right = b;
    if (left->cost != right->cost)
        return left->cost > right->cost ? -1 : 1;
    return (left->id > right->id) - (left->id < right->id);
}

static mst_err_t plan_start (plan_t *self)
{
    const mst_partition_t *manager = self->manager;
    double load = 0.0, capacity = 0.0;

    base_assert (self->units.count == 0);
    bool taken = plan_all_leaves (manager, plan_take_leaf, self);
    BASE_LIST_EACH (&manager->nodes, i) {
        const manager_node_t *node = manager->nodes.items[i];
        if (!node->in)
            continue;
        taken = taken && plan_take_pool (self, node);
        self->loads[i] = manager_load (node);
        load += manager_usable (node) ? manager_load (node) : node->about.placed;
        capacity += manager_usable (node) ? node->about.capacity : 0.0;
    }
    if (!taken)
        return base_alloc_error ();
    self->share = capacity > 0.0 ? load / capacity : 0.0;
    if (self->units.count > 1)
        qsort (self->units.items, self->units.count, sizeof *self->units.items, plan_compare);
    return MST_OK;
}

/*  Who takes a unit: the node that lacks most, for its capacity; by the hybrid strategy one to
   which the neighbours belong is preferred. limit: how high a node may be filled, times its share.
 */
static uint32_t plan_receiver (const plan_t *self, const plan_unit_t *unit, bool to_share)
{
    const mst_partition_t *manager = self->manager;
    bool hybrid = manager->options.strategy == MST_PARTITION_HYBRID;
    uint32_t best = MANAGER_NONE;
    double most = -INFINITY;

    base_assert (unit->cost >= 0.0);
    BASE_LIST_EACH (&manager->nodes, i) {
        const manager_node_t *node = manager->nodes.items[i];
        double after = self->loads[i] + unit->cost;
        if (i == unit->from || !manager_usable (node) || after > node->about.capacity ||
            (to_share && after > self->share * node->about.capacity * (1.0 + 1e-12)))
            continue;
        double lacks = self->share - after / node->about.capacity;
        if (hybrid)
            lacks += 0.5 * partition_manager_affinity (manager, unit->part, (uint32_t) i);
        if (lacks > most ||
            (lacks == most && node->about.id < manager->nodes.items[best]->about.id)) {
            best = (uint32_t) i;
            most = lacks;
        }
    }
    base_assert (best == MANAGER_NONE || best < manager->nodes.count);
    return best;
}

static void plan_step (plan_t *self, const plan_unit_t *unit, uint32_t to)
{
    const mst_partition_t *manager = self->manager;

    base_assert (self->count < self->capacity);
    base_assert (to != unit->from);
    self->steps[self->count++] =
        (mst_partition_step_t){ .entity = unit->id,
                                .whole = unit->whole,
                                .from = manager->nodes.items[unit->from]->about.id,
                                .to = manager->nodes.items[to]->about.id,
                                .entities = unit->entities,
                                .cost = unit->cost };
    self->loads[unit->from] -= unit->cost;
    self->loads[to] += unit->cost;
}

/*  What must go from nodes that are not up: to a node below its share, else wherever there is room.
 */
static void plan_rescue (plan_t *self)
{
    base_assert (self->manager != NULL);
    BASE_LIST_EACH (&self->units, i) {
        const plan_unit_t *unit = &self->units.items[i];
        if (manager_usable (self->manager->nodes.items[unit->from]) ||
            self->count == self->capacity)
            continue;
        uint32_t to = plan_receiver (self, unit, true);
        if (to == MANAGER_NONE)
            to = plan_receiver (self, unit, false);
        if (to == MANAGER_NONE)
            self->stranded += unit->entities;
        else
            plan_step (self, unit, to);
    }
}

static void plan_balance (plan_t *self)
{
    base_assert (self->share >= 0.0);
    for (size_t i = 0; i < self->units.count && self->count < self->capacity; i++) {
        const plan_unit_t *unit = &self->units.items[i];
        const manager_node_t *from = self->manager->nodes.items[unit->from];
        double above = self->loads[unit->from] - self->share * from->about.capacity;
        if (!manager_usable (from) || unit->cost == 0.0 || unit->cost > above * (1.0 + 1e-12))
            continue;
        uint32_t to = plan_receiver (self, unit, true);
        if (to != MANAGER_NONE)
            plan_step (self, unit, to);
    }
}

mst_err_t mst_partition_plan (const mst_partition_t *manager, mst_partition_step_t *steps,
                              size_t capacity, size_t *count, size_t *stranded)
{
    mst_partition_statistics_t statistics;

    base_assert (manager != NULL);
    base_assert (steps != NULL || capacity == 0);
    base_assert (count != NULL && stranded != NULL);
    *count = *stranded = 0;
    mst_partition_statistics (manager, &statistics);
    plan_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->manager = manager;
    self->steps = steps;
    self->capacity = capacity;
    mst_err_t err = plan_start (self);
    if (!err) {
        plan_rescue (self);
        if (statistics.imbalance > manager->options.threshold)
            plan_balance (self);
        *count = self->count;
        *stranded = self->stranded;
    }
    BASE_LIST_FINI (&self->units);
    base_free (self);
    return err;
}

static mst_err_t plan_stale (const mst_partition_step_t *step)
{
    return base_error (MST_E_INVALID_ARGUMENT,
                       "the step that moves entity %llu from node %u to node %u is out of date: "
                       "plan again",
                       (unsigned long long) step->entity, step->from, step->to);
}

mst_err_t mst_partition_apply (mst_partition_t *manager, const mst_partition_step_t *step)
{
    uint32_t from, to;
    uint64_t index;

    base_assert (manager != NULL);
    base_assert (step != NULL);
    mst_err_t err = partition_manager_node (manager, step->from, &from);
    if (!err)
        err = partition_manager_node (manager, step->to, &to);
    if (err)
        return err;
    if (!base_map_get (&manager->ids, step->entity, &index))
        return base_error (MST_E_OBJECT_UNKNOWN, "entity %llu is not in the partition",
                           (unsigned long long) step->entity);
    manager_part_t *part = manager->entities.items[index].part;
    base_assert (part != NULL && part->owner != MANAGER_NONE);
    double cost = step->whole ? part->cost : manager->entities.items[index].about.cost;
    manager_node_t *into = manager->nodes.items[to];
    if (part->owner != from || from == to || part->pool == step->whole ||
        (step->whole && part->count != step->entities) || !manager_usable (into))
        return plan_stale (step);
    if (!manager_has_room (into, cost))
        return base_error (MST_E_LIMIT,
                           "entity %llu: node %u has no room for a cost of %g, with a load of %g "
                           "and a capacity of %g: plan again",
                           (unsigned long long) step->entity, step->to, cost, manager_load (into),
                           into->about.capacity);
    if (step->whole) {
        partition_manager_give (manager, part, to);
        return MST_OK;
    }
    partition_manager_unlink (manager, (uint32_t) index);
    partition_manager_link (manager, (uint32_t) index, &into->pool);
    return MST_OK;
}
