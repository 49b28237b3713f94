/*  Life of a partition manager, and its nodes. How it is built is told in partition/manager.h. */
#include "partition/manager.h"
#include "base/alloc.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

enum { MANAGER_SPLIT_ABOVE = 256, MANAGER_START_DEPTH_MAX = 4 };
static const double MANAGER_THRESHOLD = 0.1;

static mst_err_t manager_check_options (const mst_partition_options_t *options)
{
    if ((unsigned) options->strategy > MST_PARTITION_CUSTOM ||
        (unsigned) options->balancer > MST_BALANCE_ADAPTIVE ||
        (unsigned) options->outside > MST_OUTSIDE_PARK)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a partition manager with strategy %d, balancer %d, outside %d: one of "
                           "them does not exist",
                           (int) options->strategy, (int) options->balancer,
                           (int) options->outside);
    if (options->start_depth > MANAGER_START_DEPTH_MAX)
        return base_error (MST_E_INVALID_ARGUMENT, "start_depth is 0 to %d, not %u",
                           MANAGER_START_DEPTH_MAX, options->start_depth);
    if (!(options->split_cost >= 0.0) || !(options->threshold >= 0.0) ||
        !(options->region_side >= 0.0) || !isfinite (options->region_side))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "split_cost (%g), threshold (%g) and region_side (%g) are at least 0",
                           options->split_cost, options->threshold, options->region_side);
    if (options->strategy == MST_PARTITION_CUSTOM && !options->place)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "the custom strategy needs a callback: options.place is NULL");
    return MST_OK;
}

mst_err_t mst_partition_new (const mst_partition_options_t *options, mst_partition_t **manager)
{
    mst_octree_options_t cube = { .half_width = options->half_width };

    base_assert (options != NULL);
    base_assert (manager != NULL);
    *manager = NULL;
    mst_err_t err = manager_check_options (options);
    if (err)
        return err;
    mst_partition_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->options = *options;
    self->free_entity = MANAGER_NONE;
    if (!options->split_above)
        self->options.split_above = MANAGER_SPLIT_ABOVE;
    if (options->split_cost == 0.0)
        self->options.split_cost = MANAGER_SPLIT_ABOVE;
    if (options->threshold == 0.0)
        self->options.threshold = MANAGER_THRESHOLD;
    base_map_init (&self->ids);
    memcpy (cube.centre, options->centre, sizeof cube.centre);
    err = mst_octree_new (&cube, &self->index);
    if (err)
        mst_partition_destroy (&self);
    *manager = self;
    return err;
}

void mst_partition_destroy (mst_partition_t **manager)
{
    base_assert (manager != NULL);
    mst_partition_t *self = *manager;
    if (!self)
        return;
    BASE_LIST_EACH (&self->roots, i) {
        partition_manager_free_part (self->roots.items[i]);
        base_free (self->roots.items[i]);
    }
    BASE_LIST_EACH (&self->nodes, i)
        base_free (self->nodes.items[i]);
    BASE_LIST_FINI (&self->roots);
    BASE_LIST_FINI (&self->nodes);
    BASE_LIST_FINI (&self->entities);
    BASE_LIST_FINI (&self->ring);
    base_map_fini (&self->ids);
    mst_octree_destroy (&self->index);
    base_free (self);
    *manager = NULL;
}

mst_err_t partition_manager_node (const mst_partition_t *self, uint32_t id, uint32_t *index)
{
    base_assert (self != NULL);
    base_assert (index != NULL);
    BASE_LIST_EACH (&self->nodes, i)
        if (self->nodes.items[i]->in && self->nodes.items[i]->about.id == id) {
            *index = (uint32_t) i;
            return MST_OK;
        }
    return base_error (MST_E_OBJECT_UNKNOWN, "node %u is not registered", id);
}

static mst_err_t manager_check_report (uint32_t id, double load, double latency_ms)
{
    if (load >= 0.0 && isfinite (load) && latency_ms >= 0.0 && isfinite (latency_ms))
        return MST_OK;
    return base_error (MST_E_INVALID_ARGUMENT,
                       "node %u: a load of %g and a latency of %g ms: both are at least 0", id,
                       load, latency_ms);
}

static mst_err_t manager_check_health (uint32_t id, mst_node_health_t health)
{
    if ((unsigned) health <= MST_NODE_DOWN)
        return MST_OK;
    return base_error (MST_E_INVALID_ARGUMENT, "node %u: there is no health %d", id, (int) health);
}

static mst_err_t manager_check_node (const mst_partition_t *self, const mst_partition_node_t *node)
{
    uint32_t index = 0;

    mst_err_t err = manager_check_report (node->id, node->load, node->latency_ms);
    if (!err)
        err = manager_check_health (node->id, node->health);
    if (err)
        return err;
    if (!(node->capacity > 0.0) || !isfinite (node->capacity))
        return base_error (MST_E_INVALID_ARGUMENT, "node %u: a capacity of %g is not above 0",
                           node->id, node->capacity);
    if (!memchr (node->address, '\0', sizeof node->address))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "node %u: the address has no end within %d bytes (MST_ADDRESS_BYTES)",
                           node->id, MST_ADDRESS_BYTES);
    if (partition_manager_node (self, node->id, &index) == MST_OK)
        return base_error (MST_E_INVALID_ARGUMENT, "node %u is registered already", node->id);
    return MST_OK;
}

/*  The ring has each node's points; whoever walks it passes those that take nothing. There is room
   for all of them when this is called. */
static void manager_fill_ring (mst_partition_t *self)
{
    self->ring.count = 0;
    BASE_LIST_EACH (&self->nodes, i)
        if (self->nodes.items[i]->in) {
            base_assert (self->ring.count + PARTITION_RING_POINTS <= self->ring.capacity);
            partition_ring_points (self->nodes.items[i]->about.id, (uint32_t) i,
                                   self->ring.items + self->ring.count);
            self->ring.count += PARTITION_RING_POINTS;
        }
    base_assert (self->ring.count % PARTITION_RING_POINTS == 0);
    partition_ring_sort (self->ring.items, self->ring.count);
}

/*  A free place among the nodes, which keep theirs, so that nothing that leads to them changes. */
static mst_err_t manager_node_place (mst_partition_t *self, uint32_t *place)
{
    size_t count = 0, at = 0;

    base_assert (place != NULL);
    BASE_LIST_EACH (&self->nodes, i)
        count += self->nodes.items[i]->in;
    if (count >= MST_PARTITION_NODES_MAX)
        return base_error (MST_E_LIMIT, "there are at most %d nodes (MST_PARTITION_NODES_MAX)",
                           MST_PARTITION_NODES_MAX);
    mst_err_t err = MST_OK;
    self->ring.count = count * PARTITION_RING_POINTS;
    for (int i = 0; i < PARTITION_RING_POINTS && !err; i++) {
        err = BASE_LIST_ROOM (&self->ring);
        self->ring.count += !err;
    }
    self->ring.count = count * PARTITION_RING_POINTS;
    while (at < self->nodes.count && self->nodes.items[at]->in)
        at++;
    if (!err && at == self->nodes.count) {
        err = BASE_LIST_ROOM (&self->nodes);
        manager_node_t *fresh = err ? NULL : base_calloc (1, sizeof *fresh);
        if (!fresh)
            return base_alloc_error ();
        BASE_LIST_PUT (&self->nodes, fresh);
    }
    *place = (uint32_t) at;
    return err ? base_alloc_error () : MST_OK;
}

mst_err_t mst_partition_add_node (mst_partition_t *manager, const mst_partition_node_t *node)
{
    uint32_t place = 0;

    base_assert (manager != NULL);
    base_assert (node != NULL);
    mst_err_t err = manager_check_node (manager, node);
    if (!err)
        err = manager_node_place (manager, &place);
    if (err)
        return err;
    manager_node_t *self = manager->nodes.items[place];
    *self = (manager_node_t){ .about = *node, .in = true };
    self->about.placed = 0.0;
    self->about.entities = self->about.homes = 0;
    self->pool = (manager_part_t){ .owner = place, .first = MANAGER_NONE, .pool = true };
    manager_fill_ring (manager);
    return MST_OK;
}

mst_err_t mst_partition_remove_node (mst_partition_t *manager, uint32_t id)
{
    uint32_t index = 0;

    base_assert (manager != NULL);
    mst_err_t err = partition_manager_node (manager, id, &index);
    if (err)
        return err;
    manager_node_t *node = manager->nodes.items[index];
    base_assert (node->in);
    if (node->about.entities || node->about.homes)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "node %u cannot be removed: %u entities belong to it and %u live there; "
                           "set its health, apply a plan, and let them arrive elsewhere first",
                           id, node->about.entities, node->about.homes);
    node->in = false;
    manager_fill_ring (manager);
    return MST_OK;
}

mst_err_t mst_partition_set_health (mst_partition_t *manager, uint32_t id, mst_node_health_t health)
{
    uint32_t index = 0;

    base_assert (manager != NULL);
    mst_err_t err = manager_check_health (id, health);
    if (!err)
        err = partition_manager_node (manager, id, &index);
    if (!err)
        manager->nodes.items[index]->about.health = health;
    return err;
}

mst_err_t mst_partition_report (mst_partition_t *manager, uint32_t id, double load,
                                double latency_ms)
{
    uint32_t index = 0;

    base_assert (manager != NULL);
    mst_err_t err = manager_check_report (id, load, latency_ms);
    if (!err)
        err = partition_manager_node (manager, id, &index);
    if (err)
        return err;
    manager_node_t *node = manager->nodes.items[index];
    node->about.load = load;
    node->about.latency_ms = latency_ms;
    if (node->reports == MANAGER_HISTORY)
        memmove (node->history, node->history + 1, (MANAGER_HISTORY - 1) * sizeof *node->history);
    else
        node->reports++;
    node->history[node->reports - 1] = manager_load (node);
    return MST_OK;
}

mst_err_t mst_partition_node (const mst_partition_t *manager, uint32_t id,
                              mst_partition_node_t *node)
{
    uint32_t index = 0;

    base_assert (manager != NULL);
    base_assert (node != NULL);
    mst_err_t err = partition_manager_node (manager, id, &index);
    if (!err)
        *node = manager->nodes.items[index]->about;
    return err;
}
