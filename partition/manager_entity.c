/*  Entities of a partition manager, one at a time. What can fail comes first; where a root or an
   owner was made for an entity that then could not come, it is taken back. */
#include "partition/manager.h"
#include "base/alloc.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

/*  Where an entity is to stand, before anything is changed. */
typedef struct entity_place {
    mst_partition_entity_t about;
    manager_part_t *part;
    uint32_t owner;
} entity_place_t;

static mst_err_t entity_outside (const mst_partition_entity_t *about, const char *why)
{
    return base_error (MST_E_INVALID_ARGUMENT, "entity %llu at (%g, %g, %g): %s",
                       (unsigned long long) about->id, about->point[0], about->point[1],
                       about->point[2], why);
}

/*  Positions come from outside: what is outside the cube is treated as the options say. */
static mst_err_t entity_position (const mst_partition_t *self, mst_partition_entity_t *about)
{
    const mst_box_t *cube = mst_octree_cube (self->index);

    about->parked = false;
    if (mst_box_contains (cube, about->point))
        return MST_OK;
    if (self->options.outside == MST_OUTSIDE_PARK) {
        about->parked = true;
        return MST_OK;
    }
    if (self->options.outside == MST_OUTSIDE_ERROR)
        return entity_outside (about, "the position is outside the cube, or not a number");
    for (int axis = 0; axis < PARTITION_AXES; axis++) {
        if (isnan (about->point[axis]))
            return entity_outside (about, "what is not a number cannot be clamped");
        about->point[axis] = fmax (about->point[axis], cube->low[axis]);
        about->point[axis] =
            fmin (about->point[axis], nextafter (cube->high[axis], cube->low[axis]));
    }
    base_assert (mst_box_contains (cube, about->point));
    return MST_OK;
}

static mst_err_t entity_check_cost (uint64_t id, double cost)
{
    if (cost >= 0.0 && isfinite (cost))
        return MST_OK;
    return base_error (MST_E_INVALID_ARGUMENT, "entity %llu: a cost of %g is not at least 0",
                       (unsigned long long) id, cost);
}

static mst_err_t entity_index (const mst_partition_t *self, uint64_t id, uint32_t *index)
{
    uint64_t value;
    base_assert (self != NULL);
    if (!base_map_get (&self->ids, id, &value))
        return base_error (MST_E_OBJECT_UNKNOWN, "entity %llu is not in the partition",
                           (unsigned long long) id);
    *index = (uint32_t) value;
    base_assert (self->entities.items[*index].part != NULL);
    return MST_OK;
}

/*  Whether a node may get an entity; `room`: and has room for it. */
static mst_err_t entity_check_node (const mst_partition_t *self, uint64_t id, double cost,
                                    uint32_t index, bool room)
{
    const manager_node_t *node = self->nodes.items[index];

    base_assert (node->in);
    if (!manager_usable (node))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "entity %llu would belong to node %u, which is %s: plan and apply first",
                           (unsigned long long) id, node->about.id,
                           node->about.health == MST_NODE_DOWN ? "down" : "draining");
    if (room && !manager_has_room (node, cost))
        return base_error (MST_E_LIMIT,
                           "entity %llu of cost %g: node %u is full, with a load of %g and a "
                           "capacity of %g: plan and apply, or raise the capacity",
                           (unsigned long long) id, cost, node->about.id, manager_load (node),
                           node->about.capacity);
    return MST_OK;
}

/*  The callback's answer is checked like anything from outside. */
static mst_err_t entity_ask (const mst_partition_t *self, entity_place_t *place, bool moved)
{
    uint32_t id = 0;

    base_assert (self->options.place != NULL);
    mst_err_t err = self->options.place (self->options.context, &place->about, &id);
    if (err)
        return base_error (err, "entity %llu: the custom strategy failed with %s",
                           (unsigned long long) place->about.id, mst_error_name (err));
    if (partition_manager_node (self, id, &place->owner))
        return base_error (
            MST_E_INVALID_ARGUMENT,
            "entity %llu: the custom strategy names node %u, which is not registered",
            (unsigned long long) place->about.id, id);
    base_assert (place->owner < self->nodes.count);
    return entity_check_node (self, place->about.id, place->about.cost, place->owner, !moved);
}

/*  In a box: the leaf's owner, or a new one for an empty leaf; where no node has room for one that
   moves, it stays with its own. */
static mst_err_t entity_find_leaf (mst_partition_t *self, entity_place_t *place,
                                   const manager_part_t *now)
{
    mst_err_t err =
        partition_manager_leaf (self, place->about.domain, place->about.point, &place->part);
    if (err)
        return err;
    place->owner = place->part->owner;
    if (place->owner != MANAGER_NONE)
        err =
            now ? MST_OK
                : entity_check_node (self, place->about.id, place->about.cost, place->owner, true);
    else {
        uint64_t key = partition_mix (place->part->region ^ partition_mix (place->part->domain));
        for (int axis = 0; axis < PARTITION_AXES; axis++) {
            uint64_t bits;
            memcpy (&bits, &place->part->box.low[axis], sizeof bits);
            key = partition_mix (key ^ bits);
        }
        err = partition_manager_choose (self, place->about.id, place->about.cost, key, place->part,
                                        &place->owner);
        if (err == MST_E_LIMIT && now) {
            place->owner = now->owner;
            err = MST_OK;
        }
    }
    base_assert (err || place->owner < self->nodes.count);
    if (err)
        partition_manager_prune (self, place->part);
    return err;
}

/*  now: the part in which it stands, NULL for a new one. */
static mst_err_t entity_place (mst_partition_t *self, entity_place_t *place,
                               const manager_part_t *now)
{
    mst_err_t err = MST_OK;

    if (!place->about.parked && !manager_pools (self))
        return entity_find_leaf (self, place, now);
    if (self->options.strategy == MST_PARTITION_CUSTOM)
        err = entity_ask (self, place, now != NULL);
    else if (now)
        place->owner = now->owner;
    else
        err = partition_manager_choose (self, place->about.id, place->about.cost, place->about.id,
                                        NULL, &place->owner);
    base_assert (err || place->owner < self->nodes.count);
    if (!err)
        place->part = &self->nodes.items[place->owner]->pool;
    return err;
}

/*  Puts an entity's record into its place; nothing fails from here on. */
static void entity_settle (mst_partition_t *self, uint32_t index, const entity_place_t *place)
{
    base_assert (place->part != NULL);
    base_assert (!self->entities.items[index].part);
    self->entities.items[index].about = place->about;
    if (place->part->owner == MANAGER_NONE)
        place->part->owner = place->owner;
    partition_manager_link (self, index, place->part);
    if (place->part->boxed)
        partition_manager_split (self, place->part);
}

static mst_err_t entity_record (mst_partition_t *self, uint64_t id, uint32_t *index)
{
    mst_err_t err = MST_OK;

    *index = self->free_entity;
    if (*index == MANAGER_NONE) {
        *index = (uint32_t) self->entities.count;
        if (BASE_LIST_ROOM (&self->entities))
            return base_alloc_error ();
    }
    err = base_map_set (&self->ids, id, *index);
    if (err)
        return err;
    if (self->free_entity != MANAGER_NONE)
        self->free_entity = self->entities.items[*index].next;
    else
        self->entities.count++;
    base_assert (*index < self->entities.count);
    self->entities.items[*index] = (manager_entity_t){ .next = MANAGER_NONE };
    return MST_OK;
}

static void entity_forget (mst_partition_t *self, uint64_t id, uint32_t index)
{
    bool was = base_map_remove (&self->ids, id);
    base_assert (was);
    base_assert (!self->entities.items[index].part);
    self->entities.items[index].next = self->free_entity;
    self->free_entity = index;
}

mst_err_t mst_partition_add (mst_partition_t *manager, const mst_partition_entity_t *entity)
{
    uint64_t known;
    uint32_t index = 0;

    base_assert (manager != NULL);
    base_assert (entity != NULL);
    entity_place_t place = { .about = *entity };
    if (base_map_get (&manager->ids, entity->id, &known))
        return base_error (MST_E_INVALID_ARGUMENT, "entity %llu is in the partition already",
                           (unsigned long long) entity->id);
    mst_err_t err = entity_check_cost (entity->id, entity->cost);
    if (!err)
        err = entity_position (manager, &place.about);
    if (!err)
        err = entity_record (manager, entity->id, &index);
    if (err)
        return err;
    err = entity_place (manager, &place, NULL);
    if (!err && !place.about.parked) {
        err = mst_octree_insert (manager->index, entity->id, place.about.point, 0.0);
        if (err && !place.part->pool)
            partition_manager_prune (manager, place.part);
    }
    if (err) {
        entity_forget (manager, entity->id, index);
        return err;
    }
    manager->entities.items[index].home = place.owner;
    manager->nodes.items[place.owner]->about.homes++;
    entity_settle (manager, index, &place);
    return MST_OK;
}

/*  The index follows: an entity that is parked does not stand in it. */
static mst_err_t entity_reindex (mst_partition_t *self, const mst_partition_entity_t *from,
                                 const mst_partition_entity_t *to)
{
    base_assert (from->id == to->id);
    if (to->parked)
        return from->parked ? MST_OK : mst_octree_remove (self->index, to->id);
    if (from->parked)
        return mst_octree_insert (self->index, to->id, to->point, 0.0);
    return mst_octree_move (self->index, to->id, to->point);
}

mst_err_t mst_partition_move (mst_partition_t *manager, uint64_t id, const double point[3])
{
    uint32_t index = 0;

    base_assert (manager != NULL);
    base_assert (point != NULL);
    mst_err_t err = entity_index (manager, id, &index);
    if (err)
        return err;
    manager_part_t *from = manager->entities.items[index].part;
    entity_place_t place = { 0 };
    partition_manager_about (manager, index, &place.about);
    memcpy (place.about.point, point, sizeof place.about.point);
    err = entity_position (manager, &place.about);
    if (!err)
        err = entity_place (manager, &place, from);
    if (err)
        return err;
    err = entity_reindex (manager, &manager->entities.items[index].about, &place.about);
    if (err) {
        if (!place.part->pool)
            partition_manager_prune (manager, place.part);
        return err;
    }
    if (place.part == from) {
        manager->entities.items[index].about = place.about;
        return MST_OK;
    }
    partition_manager_unlink (manager, index);
    entity_settle (manager, index, &place);
    if (!from->pool)
        partition_manager_join (manager, from);
    return MST_OK;
}

mst_err_t mst_partition_set_cost (mst_partition_t *manager, uint64_t id, double cost)
{
    uint32_t index = 0;

    base_assert (manager != NULL);
    mst_err_t err = entity_check_cost (id, cost);
    if (!err)
        err = entity_index (manager, id, &index);
    if (err)
        return err;
    manager_entity_t *entity = &manager->entities.items[index];
    manager_part_t *part = entity->part;
    uint32_t owner = part->owner;
    base_assert (owner != MANAGER_NONE);
    partition_manager_unlink (manager, index);
    entity->about.cost = cost;
    part->owner = owner;
    partition_manager_link (manager, index, part);
    if (part->boxed)
        partition_manager_split (manager, part);
    return MST_OK;
}

mst_err_t mst_partition_remove (mst_partition_t *manager, uint64_t id)
{
    uint32_t index = 0;

    base_assert (manager != NULL);
    mst_err_t err = entity_index (manager, id, &index);
    if (err)
        return err;
    manager_entity_t *entity = &manager->entities.items[index];
    manager_part_t *part = entity->part;
    if (!entity->about.parked)
        err = mst_octree_remove (manager->index, id);
    if (err)
        return err;
    base_assert (manager->nodes.items[entity->home]->about.homes > 0);
    manager->nodes.items[entity->home]->about.homes--;
    partition_manager_unlink (manager, index);
    entity_forget (manager, id, index);
    if (!part->pool)
        partition_manager_join (manager, part);
    return MST_OK;
}

void partition_manager_about (const mst_partition_t *self, uint32_t index,
                              mst_partition_entity_t *about)
{
    const manager_entity_t *entity = &self->entities.items[index];
    base_assert (index < self->entities.count);
    base_assert (entity->part != NULL);
    *about = entity->about;
    about->node = self->nodes.items[entity->part->owner]->about.id;
    about->home = self->nodes.items[entity->home]->about.id;
}

mst_err_t mst_partition_find (const mst_partition_t *manager, uint64_t id,
                              mst_partition_entity_t *entity)
{
    uint32_t index = 0;

    base_assert (entity != NULL);
    mst_err_t err = entity_index (manager, id, &index);
    if (!err)
        partition_manager_about (manager, index, entity);
    return err;
}

mst_err_t mst_partition_arrived (mst_partition_t *manager, uint64_t id)
{
    uint32_t index = 0;

    base_assert (manager != NULL);
    mst_err_t err = entity_index (manager, id, &index);
    if (err)
        return err;
    manager_entity_t *entity = &manager->entities.items[index];
    uint32_t owner = entity->part->owner;
    if (entity->home == owner)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "entity %llu lives on node %u already: no migration of it is pending",
                           (unsigned long long) id, manager->nodes.items[owner]->about.id);
    base_assert (manager->pending > 0);
    manager->nodes.items[entity->home]->about.homes--;
    manager->nodes.items[owner]->about.homes++;
    entity->home = owner;
    manager->pending--;
    manager->done++;
    return MST_OK;
}

void mst_partition_pending (const mst_partition_t *manager, mst_partition_visit_t *visit,
                            void *context)
{
    mst_partition_entity_t about;

    base_assert (manager != NULL);
    base_assert (visit != NULL);
    BASE_LIST_EACH (&manager->entities, i) {
        const manager_entity_t *entity = &manager->entities.items[i];
        if (!entity->part || entity->home == entity->part->owner)
            continue;
        partition_manager_about (manager, (uint32_t) i, &about);
        if (!visit (context, &about))
            return;
    }
}
