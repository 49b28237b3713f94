/*  The partition tree: one root for each domain, or region of a domain, that has entities. */
#include "partition/manager.h"
#include "base/alloc.h"
#include "base/error.h"

static bool tree_uses_domain (const mst_partition_t *self)
{
    base_assert (!manager_pools (self));
    return self->options.strategy != MST_PARTITION_SPATIAL;
}

/*  Leaves of an octree; otherwise a root is the whole partition. */
static bool tree_is_octree (const mst_partition_t *self)
{
    base_assert (!manager_pools (self));
    return self->options.strategy != MST_PARTITION_DOMAIN && self->options.region_side == 0.0;
}

static int tree_compare (const manager_part_t *root, uint32_t domain, uint64_t region)
{
    base_assert (!root->parent);
    if (root->domain != domain)
        return root->domain < domain ? -1 : 1;
    return (root->region > region) - (root->region < region);
}

static size_t tree_root_at (const mst_partition_t *self, uint32_t domain, uint64_t region)
{
    size_t low = 0, high = self->roots.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tree_compare (self->roots.items[middle], domain, region) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    base_assert (low <= self->roots.count);
    return low;
}

static mst_err_t tree_add_root (mst_partition_t *self, size_t at, const manager_part_t *fresh)
{
    base_assert (at <= self->roots.count);
    if (self->roots.count >= MST_PARTITION_ROOTS_MAX)
        return base_error (MST_E_LIMIT,
                           "there are at most %d domains, or domains times regions, with entities "
                           "(MST_PARTITION_ROOTS_MAX)",
                           MST_PARTITION_ROOTS_MAX);
    manager_part_t *root = base_alloc (sizeof *root);
    if (!root || BASE_LIST_ROOM (&self->roots)) {
        base_free (root);
        return base_alloc_error ();
    }
    *root = *fresh;
    for (size_t i = self->roots.count++; i > at; i--)
        self->roots.items[i] = self->roots.items[i - 1];
    self->roots.items[at] = root;
    return MST_OK;
}

static mst_err_t tree_root (mst_partition_t *self, uint32_t domain, const double point[3],
                            manager_part_t **root)
{
    manager_part_t fresh = { .owner = MANAGER_NONE, .first = MANAGER_NONE };
    mst_err_t err = MST_OK;

    base_assert (point != NULL);
    fresh.domain = tree_uses_domain (self) ? domain : 0;
    fresh.boxed = self->options.strategy != MST_PARTITION_DOMAIN;
    if (fresh.boxed && self->options.region_side > 0.0) {
        err = mst_region_of (point, self->options.region_side, &fresh.region);
        if (!err)
            err = mst_region_box (fresh.region, self->options.region_side, &fresh.box);
    } else if (fresh.boxed)
        fresh.box = *mst_octree_cube (self->index);
    if (err)
        return err;
    size_t at = tree_root_at (self, fresh.domain, fresh.region);
    if (at == self->roots.count || tree_compare (self->roots.items[at], fresh.domain, fresh.region))
        err = tree_add_root (self, at, &fresh);
    if (!err)
        *root = self->roots.items[at];
    return err;
}

/*  Eight empty leaves below a leaf; false: no memory. */
static bool tree_add_children (manager_part_t *part)
{
    base_assert (!part->children);
    base_assert (part->boxed);
    part->children = base_calloc (PARTITION_OCTANTS, sizeof *part->children);
    for (uint32_t octant = 0; part->children && octant < PARTITION_OCTANTS; octant++)
        part->children[octant] = (manager_part_t){ .box = partition_box_child (&part->box, octant),
                                                   .parent = part,
                                                   .owner = MANAGER_NONE,
                                                   .first = MANAGER_NONE,
                                                   .depth = part->depth + 1,
                                                   .domain = part->domain,
                                                   .region = part->region,
                                                   .boxed = true };
    return part->children != NULL;
}

mst_err_t partition_manager_leaf (mst_partition_t *self, uint32_t domain, const double point[3],
                                  manager_part_t **leaf)
{
    manager_part_t *part;

    base_assert (leaf != NULL);
    mst_err_t err = tree_root (self, domain, point, &part);
    if (err)
        return err;
    while (part->children || (tree_is_octree (self) && part->depth < self->options.start_depth)) {
        if (!part->children && !tree_add_children (part)) {
            partition_manager_prune (self, part);
            return base_alloc_error ();
        }
        part = &part->children[partition_box_octant (&part->box, point)];
    }
    *leaf = part;
    return MST_OK;
}

void partition_manager_free_part (manager_part_t *part)
{
    base_assert (part != NULL);
    for (int octant = 0; part->children && octant < PARTITION_OCTANTS; octant++)
        partition_manager_free_part (&part->children[octant]);
    base_free (part->children);
    part->children = NULL;
}

void partition_manager_prune (mst_partition_t *self, manager_part_t *part)
{
    base_assert (part != NULL);
    while (part->parent)
        part = part->parent;
    if (part->count)
        return;
    size_t at = tree_root_at (self, part->domain, part->region);
    base_assert (self->roots.items[at] == part);
    partition_manager_free_part (part);
    base_free (part);
    self->roots.count--;
    for (; at < self->roots.count; at++)
        self->roots.items[at] = self->roots.items[at + 1];
}

/*  Entities of an owner: how many more or fewer, and their cost. Sums of nothing are 0, whatever
    rounding left. */
static void tree_charge (mst_partition_t *self, uint32_t owner, int64_t count, double cost)
{
    base_assert (owner < self->nodes.count);
    mst_partition_node_t *node = &self->nodes.items[owner]->about;
    node->entities = (uint32_t) (node->entities + count);
    node->placed = node->entities ? node->placed + cost : 0.0;
}

static void tree_count (manager_part_t *part, int64_t count, double cost)
{
    base_assert (part != NULL);
    for (; part; part = part->parent) {
        part->count = (uint32_t) (part->count + count);
        part->cost = part->count ? part->cost + cost : 0.0;
    }
}

static void tree_chain (mst_partition_t *self, uint32_t index, manager_part_t *part)
{
    manager_entity_t *entity = &self->entities.items[index];

    base_assert (!part->children);
    base_assert (index < self->entities.count);
    entity->part = part;
    entity->previous = MANAGER_NONE;
    entity->next = part->first;
    if (part->first != MANAGER_NONE)
        self->entities.items[part->first].previous = index;
    part->first = index;
}

void partition_manager_link (mst_partition_t *self, uint32_t index, manager_part_t *part)
{
    const manager_entity_t *entity = &self->entities.items[index];

    base_assert (!entity->part);
    base_assert (part->owner != MANAGER_NONE);
    tree_chain (self, index, part);
    tree_count (part, 1, entity->about.cost);
    tree_charge (self, part->owner, 1, entity->about.cost);
    self->pending += entity->home != part->owner;
}

void partition_manager_unlink (mst_partition_t *self, uint32_t index)
{
    manager_entity_t *entity = &self->entities.items[index];
    manager_part_t *part = entity->part;

    base_assert (part != NULL);
    base_assert (part->count > 0);
    if (entity->previous == MANAGER_NONE)
        part->first = entity->next;
    else
        self->entities.items[entity->previous].next = entity->next;
    if (entity->next != MANAGER_NONE)
        self->entities.items[entity->next].previous = entity->previous;
    entity->part = NULL;
    self->pending -= entity->home != part->owner;
    tree_charge (self, part->owner, -1, -entity->about.cost);
    tree_count (part, -1, -entity->about.cost);
    if (part->count == 0 && !part->pool)
        part->owner = MANAGER_NONE;
}

void partition_manager_give (mst_partition_t *self, manager_part_t *part, uint32_t owner)
{
    base_assert (!part->children && part->count > 0);
    base_assert (owner < self->nodes.count);
    tree_charge (self, part->owner, -(int64_t) part->count, -part->cost);
    tree_charge (self, owner, part->count, part->cost);
    for (uint32_t i = part->first; i != MANAGER_NONE; i = self->entities.items[i].next) {
        self->pending -= self->entities.items[i].home != part->owner;
        self->pending += self->entities.items[i].home != owner;
    }
    part->owner = owner;
}

static bool tree_over (const mst_partition_t *self, const manager_part_t *part, double share)
{
    base_assert (share > 0.0);
    if (self->options.strategy == MST_PARTITION_HYBRID)
        return part->cost > self->options.split_cost * share && part->count > 1;
    return part->count > self->options.split_above * share;
}

/*  The entities of a part go to another list; counts up the tree stay. */
static void tree_deal (mst_partition_t *self, manager_part_t *from, manager_part_t *into)
{
    uint32_t next;

    base_assert (from != into);
    for (uint32_t i = from->first; i != MANAGER_NONE; i = next) {
        const manager_entity_t *entity = &self->entities.items[i];
        manager_part_t *to = into;
        next = entity->next;
        if (into->children) {
            to = &into->children[partition_box_octant (&into->box, entity->about.point)];
            to->count++;
            to->cost += entity->about.cost;
            to->owner = from->owner;
        }
        tree_chain (self, i, to);
    }
}

void partition_manager_split (mst_partition_t *self, manager_part_t *leaf)
{
    base_assert (!leaf->children);
    if (!leaf->boxed || !tree_is_octree (self) || leaf->depth >= MST_PARTITION_DEPTH_MAX ||
        !tree_over (self, leaf, 1.0) || !tree_add_children (leaf))
        return;
    manager_part_t old = *leaf;
    leaf->first = leaf->owner = MANAGER_NONE;
    tree_deal (self, &old, leaf);
    base_assert (leaf->first == MANAGER_NONE);
    for (int octant = 0; octant < PARTITION_OCTANTS; octant++)
        partition_manager_split (self, &leaf->children[octant]);
}

/*  Whether a part's children can be one leaf: all of them leaves, few entities, one owner. Half of
   what would split it again, so that the border is not crossed back and forth. */
static bool tree_joins (const mst_partition_t *self, const manager_part_t *part, uint32_t *owner)
{
    *owner = MANAGER_NONE;
    base_assert (part->children != NULL);
    if (part->depth < self->options.start_depth || tree_over (self, part, 0.5))
        return false;
    for (int octant = 0; octant < PARTITION_OCTANTS; octant++) {
        const manager_part_t *child = &part->children[octant];
        if (child->children)
            return false;
        if (child->count && *owner != MANAGER_NONE && *owner != child->owner)
            return false;
        if (child->count)
            *owner = child->owner;
    }
    return true;
}

void partition_manager_join (mst_partition_t *self, manager_part_t *leaf)
{
    manager_part_t *part = leaf;
    uint32_t owner;

    base_assert (!leaf->children);
    while (part->parent && tree_joins (self, part->parent, &owner)) {
        part = part->parent;
        manager_part_t *children = part->children;
        part->children = NULL;
        for (int octant = 0; octant < PARTITION_OCTANTS; octant++)
            tree_deal (self, &children[octant], part);
        part->owner = owner;
        base_free (children);
    }
    partition_manager_prune (self, part);
}
