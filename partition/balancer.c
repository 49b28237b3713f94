/*  The five balancers, and the hybrid's score. Each looks only at nodes that are up and have room,
   and breaks ties by id, so that the order in which nodes came does not matter but to the round
   robin. */
#include "partition/manager.h"
#include "base/error.h"

#include <math.h>

static const double BOUND = 1.25; /* 1 + epsilon of the bounded loads */
static const double LATENCY_WEIGHT = 0.25, AFFINITY_WEIGHT = 0.5;

/*  What a balancer compares: the lowest wins. */
typedef double balancer_rank_t (const mst_partition_t *self, uint32_t node, double cost,
                                const manager_part_t *near);

static bool balancer_takes (const manager_node_t *node, double cost)
{
    base_assert (node != NULL);
    base_assert (cost >= 0.0);
    return manager_usable (node) && manager_has_room (node, cost);
}

static double balancer_relative (const mst_partition_t *self, uint32_t node, double cost,
                                 const manager_part_t *near)
{
    const manager_node_t *it = self->nodes.items[node];
    (void) near;
    base_assert (it->in);
    base_assert (it->about.capacity > 0.0);
    return (manager_load (it) + cost) / it->about.capacity;
}

/*  The slope of a line of least squares through the reports, one report on, and what was placed
   since the last one. */
static double balancer_predicted (const mst_partition_t *self, uint32_t node, double cost,
                                  const manager_part_t *near)
{
    const manager_node_t *it = self->nodes.items[node];
    double n = it->reports, mean_x = (n - 1.0) / 2.0, mean_y = 0.0, xy = 0.0, xx = 0.0;

    (void) near;
    base_assert (it->reports <= MANAGER_HISTORY);
    for (uint32_t i = 0; i < it->reports; i++)
        mean_y += it->history[i] / n;
    for (uint32_t i = 0; i < it->reports; i++) {
        xy += (i - mean_x) * (it->history[i] - mean_y);
        xx += (i - mean_x) * (i - mean_x);
    }
    double slope = xx > 0.0 ? xy / xx : 0.0;
    base_assert (xx >= 0.0);
    return (manager_load (it) + slope + cost) / it->about.capacity;
}

/*  How many of the entities beside a part, those below its parent, belong to a node: 0 … 1. */
double partition_manager_affinity (const mst_partition_t *self, const manager_part_t *near,
                                   uint32_t node)
{
    uint32_t same = 0, all = 0;

    base_assert (node < self->nodes.count);
    if (!near || !near->parent)
        return 0.0;
    for (int octant = 0; octant < PARTITION_OCTANTS; octant++) {
        const manager_part_t *sibling = &near->parent->children[octant];
        if (sibling == near)
            continue;
        all += sibling->count;
        same += sibling->owner == node ? sibling->count : 0;
    }
    base_assert (same <= all);
    return all ? (double) same / all : 0.0;
}

static double balancer_hybrid (const mst_partition_t *self, uint32_t node, double cost,
                               const manager_part_t *near)
{
    double slowest = 0.0;

    base_assert (node < self->nodes.count);
    BASE_LIST_EACH (&self->nodes, i)
        if (manager_usable (self->nodes.items[i]))
            slowest = fmax (slowest, self->nodes.items[i]->about.latency_ms);
    double latency = slowest > 0.0 ? self->nodes.items[node]->about.latency_ms / slowest : 0.0;
    base_assert (latency <= 1.0);
    return balancer_relative (self, node, cost, near) + LATENCY_WEIGHT * latency -
           AFFINITY_WEIGHT * partition_manager_affinity (self, near, node);
}

static uint32_t balancer_lowest (const mst_partition_t *self, double cost,
                                 const manager_part_t *near, balancer_rank_t *rank)
{
    uint32_t best = MANAGER_NONE;
    double best_rank = INFINITY;

    base_assert (rank != NULL);
    BASE_LIST_EACH (&self->nodes, i) {
        const manager_node_t *node = self->nodes.items[i];
        if (!balancer_takes (node, cost))
            continue;
        double at = rank (self, (uint32_t) i, cost, near);
        if (best == MANAGER_NONE || at < best_rank ||
            (at == best_rank && node->about.id < self->nodes.items[best]->about.id)) {
            best = (uint32_t) i;
            best_rank = at;
        }
    }
    base_assert (best == MANAGER_NONE || best < self->nodes.count);
    return best;
}

static uint32_t balancer_next (mst_partition_t *self, double cost)
{
    uint32_t count = (uint32_t) self->nodes.count;

    base_assert (cost >= 0.0);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (self->cursor + i) % count;
        if (balancer_takes (self->nodes.items[at], cost)) {
            self->cursor = at + 1;
            return at;
        }
    }
    return MANAGER_NONE;
}

static uint32_t balancer_random (mst_partition_t *self, double cost)
{
    double total = 0.0;
    uint32_t last = MANAGER_NONE;

    base_assert (cost >= 0.0);
    BASE_LIST_EACH (&self->nodes, i)
        if (balancer_takes (self->nodes.items[i], cost))
            total += self->nodes.items[i]->about.capacity;
    uint64_t bits = partition_mix (self->options.seed ^ partition_mix (self->drawn++));
    double left = (double) (bits >> 11) * 0x1p-53 * total;
    BASE_LIST_EACH (&self->nodes, i)
        if (balancer_takes (self->nodes.items[i], cost)) {
            last = (uint32_t) i;
            left -= self->nodes.items[i]->about.capacity;
            if (left < 0.0)
                break;
        }
    return last;
}

/*  Costs are not all alike, so that it can be that no node stays below its bound: then the least
    loaded takes it. */
static uint32_t balancer_ring (const mst_partition_t *self, double cost, uint64_t key)
{
    double load = cost, capacity = 0.0;

    base_assert (cost >= 0.0);
    BASE_LIST_EACH (&self->nodes, i)
        if (manager_usable (self->nodes.items[i])) {
            load += manager_load (self->nodes.items[i]);
            capacity += self->nodes.items[i]->about.capacity;
        }
    if (self->ring.count == 0 || capacity == 0.0)
        return MANAGER_NONE;
    size_t start = partition_ring_find (self->ring.items, self->ring.count, partition_mix (key));
    for (size_t i = 0; i < self->ring.count; i++) {
        uint32_t at = self->ring.items[(start + i) % self->ring.count].node;
        const manager_node_t *node = self->nodes.items[at];
        if (balancer_takes (node, cost) &&
            manager_load (node) + cost <= BOUND * load * node->about.capacity / capacity)
            return at;
    }
    return balancer_lowest (self, cost, NULL, balancer_relative);
}

static mst_err_t balancer_full (const mst_partition_t *self, uint64_t entity, double cost)
{
    const manager_node_t *best = NULL;

    BASE_LIST_EACH (&self->nodes, i) {
        const manager_node_t *node = self->nodes.items[i];
        if (manager_usable (node) && (!best || node->about.capacity - manager_load (node) >
                                                   best->about.capacity - manager_load (best)))
            best = node;
    }
    base_assert (!best || !manager_has_room (best, cost));
    if (!best)
        return base_error (MST_E_LIMIT, "entity %llu: no node is up to take it; add one",
                           (unsigned long long) entity);
    return base_error (MST_E_LIMIT,
                       "entity %llu: no node has room for a cost of %g; node %u has the most, with "
                       "a load of %g and a capacity of %g: add a node, or raise a capacity",
                       (unsigned long long) entity, cost, best->about.id, manager_load (best),
                       best->about.capacity);
}

mst_err_t partition_manager_choose (mst_partition_t *self, uint64_t entity, double cost,
                                    uint64_t key, const manager_part_t *near, uint32_t *node)
{
    uint32_t chosen = MANAGER_NONE;

    base_assert (self != NULL);
    base_assert (node != NULL);
    if (self->options.strategy == MST_PARTITION_HYBRID)
        chosen = balancer_lowest (self, cost, near, balancer_hybrid);
    else
        switch (self->options.balancer) {
        case MST_BALANCE_ROUND_ROBIN: chosen = balancer_next (self, cost); break;
        case MST_BALANCE_LEAST_LOADED:
            chosen = balancer_lowest (self, cost, near, balancer_relative);
            break;
        case MST_BALANCE_WEIGHTED_RANDOM: chosen = balancer_random (self, cost); break;
        case MST_BALANCE_CONSISTENT: chosen = balancer_ring (self, cost, key); break;
        case MST_BALANCE_ADAPTIVE:
            chosen = balancer_lowest (self, cost, near, balancer_predicted);
            break;
        }
    if (chosen == MANAGER_NONE)
        return balancer_full (self, entity, cost);
    *node = chosen;
    return MST_OK;
}
