/*  What is asked of a partition manager, and whether all of it is sound. */
#include "partition/manager.h"
#include "base/error.h"

#include <math.h>

typedef struct manager_query {
    const mst_partition_t *manager;
    mst_partition_visit_t *visit;
    void *context;
} manager_query_t;

static bool query_found (void *context, uint64_t id, const double point[3], double radius)
{
    const manager_query_t *self = context;
    mst_partition_entity_t about;
    uint64_t index;

    (void) point, (void) radius;
    bool in = base_map_get (&self->manager->ids, id, &index);
    base_assert (in);
    base_assert (index < self->manager->entities.count);
    partition_manager_about (self->manager, (uint32_t) index, &about);
    return self->visit (self->context, &about);
}

void mst_partition_in_box (const mst_partition_t *manager, const mst_box_t *box,
                           mst_partition_visit_t *visit, void *context)
{
    manager_query_t query = { manager, visit, context };

    base_assert (manager != NULL);
    base_assert (box != NULL && visit != NULL);
    mst_octree_in_box (manager->index, box, query_found, &query);
}

mst_err_t mst_partition_in_region (const mst_partition_t *manager, uint64_t region,
                                   mst_partition_visit_t *visit, void *context)
{
    mst_box_t box;

    base_assert (manager != NULL);
    base_assert (visit != NULL);
    double side = manager->options.region_side;
    mst_err_t err = mst_region_box (region, side > 0.0 ? side : MST_REGION_SIDE, &box);
    if (!err)
        mst_partition_in_box (manager, &box, visit, context);
    return err;
}

static mst_partition_leaf_t manager_leaf (const mst_partition_t *self, const manager_part_t *part)
{
    base_assert (part->count > 0);
    base_assert (part->owner < self->nodes.count);
    return (mst_partition_leaf_t){ .box = part->box,
                                   .boxed = part->boxed,
                                   .domain = part->domain,
                                   .depth = part->depth,
                                   .node = self->nodes.items[part->owner]->about.id,
                                   .entities = part->count,
                                   .cost = part->cost };
}

static bool manager_visit_part (const mst_partition_t *self, const manager_part_t *part,
                                mst_partition_leaf_visit_t *visit, void *context)
{
    base_assert (part != NULL);
    if (part->count == 0)
        return true;
    for (int octant = 0; part->children && octant < PARTITION_OCTANTS; octant++)
        if (!manager_visit_part (self, &part->children[octant], visit, context))
            return false;
    if (part->children)
        return true;
    mst_partition_leaf_t leaf = manager_leaf (self, part);
    base_assert (leaf.entities == part->count);
    return visit (context, &leaf);
}

void mst_partition_leaves (const mst_partition_t *manager, mst_partition_leaf_visit_t *visit,
                           void *context)
{
    bool on = true;

    base_assert (manager != NULL);
    base_assert (visit != NULL);
    for (size_t i = 0; on && i < manager->roots.count; i++)
        on = manager_visit_part (manager, manager->roots.items[i], visit, context);
    for (size_t i = 0; on && i < manager->nodes.count; i++)
        if (manager->nodes.items[i]->in)
            on = manager_visit_part (manager, &manager->nodes.items[i]->pool, visit, context);
}

/*  What the check counts anew, to compare. */
typedef struct manager_sums {
    const mst_partition_t *manager;
    uint32_t entities[MST_PARTITION_NODES_MAX];
    uint32_t homes[MST_PARTITION_NODES_MAX];
    double placed[MST_PARTITION_NODES_MAX];
    uint32_t pending;
    uint32_t all;
} manager_sums_t;

static mst_err_t check_broken (const char *what, uint64_t where)
{
    return base_error (MST_E_INTERNAL, "the partition is broken: %s (%llu)", what,
                       (unsigned long long) where);
}

static bool check_near (double a, double b)
{
    return fabs (a - b) <= 1e-9 * (1.0 + fabs (a) + fabs (b));
}

static mst_err_t check_list (manager_sums_t *sums, const manager_part_t *part)
{
    const mst_partition_t *self = sums->manager;
    uint32_t count = 0, previous = MANAGER_NONE;
    double cost = 0.0, point[3];

    for (uint32_t i = part->first; i != MANAGER_NONE; i = self->entities.items[i].next) {
        const manager_entity_t *entity = &self->entities.items[i];
        uint64_t index;
        if (entity->part != part || entity->previous != previous || count++ > part->count)
            return check_broken ("a list does not hold together", i);
        if (!base_map_get (&self->ids, entity->about.id, &index) || index != i)
            return check_broken ("an entity is not found by its id", entity->about.id);
        if (entity->about.parked == mst_octree_find (self->index, entity->about.id, point, NULL))
            return check_broken ("index and entity disagree", entity->about.id);
        if (part->boxed && !mst_box_contains (&part->box, entity->about.point))
            return check_broken ("an entity stands outside its box", entity->about.id);
        cost += entity->about.cost;
        sums->homes[entity->home]++;
        sums->pending += entity->home != part->owner;
        previous = i;
    }
    if (count != part->count || !check_near (cost, part->cost))
        return check_broken ("a part counts wrong", count);
    sums->all += count;
    if (count) {
        sums->entities[part->owner] += count;
        sums->placed[part->owner] += cost;
    }
    return MST_OK;
}

static mst_err_t check_part (manager_sums_t *sums, const manager_part_t *part)
{
    uint32_t count = 0;
    double cost = 0.0;
    mst_err_t err = MST_OK;

    if (!part->children) {
        if ((part->owner == MANAGER_NONE) != (part->count == 0) && !part->pool)
            return check_broken ("an empty leaf has an owner, or another none", part->count);
        return check_list (sums, part);
    }
    if (part->owner != MANAGER_NONE || part->first != MANAGER_NONE)
        return check_broken ("a part with children holds entities", part->depth);
    for (int octant = 0; octant < PARTITION_OCTANTS && !err; octant++) {
        const manager_part_t *child = &part->children[octant];
        if (child->parent != part || child->depth != part->depth + 1)
            return check_broken ("a child has another parent", part->depth);
        err = check_part (sums, child);
        count += child->count;
        cost += child->cost;
    }
    if (!err && (count != part->count || !check_near (cost, part->cost)))
        err = check_broken ("a part counts its children wrong", count);
    return err;
}

mst_err_t mst_partition_check (const mst_partition_t *manager)
{
    static const manager_sums_t none;
    manager_sums_t sums = none;
    mst_err_t err = mst_octree_check (manager->index);

    sums.manager = manager;
    for (size_t i = 0; !err && i < manager->roots.count; i++)
        err = manager->roots.items[i]->count ? check_part (&sums, manager->roots.items[i])
                                             : check_broken ("an empty root stands", i);
    for (size_t i = 0; !err && i < manager->nodes.count; i++)
        if (manager->nodes.items[i]->in)
            err = check_part (&sums, &manager->nodes.items[i]->pool);
    for (size_t i = 0; !err && i < manager->nodes.count; i++) {
        const mst_partition_node_t *node = &manager->nodes.items[i]->about;
        if (node->entities != sums.entities[i] || node->homes != sums.homes[i] ||
            !check_near (node->placed, sums.placed[i]))
            err = check_broken ("a node counts wrong", node->id);
    }
    if (!err && (sums.all != manager->ids.count || sums.pending != manager->pending))
        err = check_broken ("entities or migrations are counted wrong", sums.all);
    return err;
}
