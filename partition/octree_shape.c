/*  Splitting and joining. Both first get the memory that they need; then they cannot fail. */
#include "base/error.h"
#include "partition/octree.h"

enum { OCTREE_FIRST_NODES = 1 + 4 * PARTITION_OCTANTS };

/*  Longer arrays: all new ones are had before an old one goes. */
static mst_err_t octree_set_node_capacity (mst_octree_t *self, uint32_t capacity)
{
    size_t sizes[] = { sizeof *self->nodes, sizeof *self->cells,
                       self->extents ? sizeof *self->reach : 0 };
    void *old[] = { self->nodes, self->cells, self->reach }, *longer[3] = { NULL, NULL, NULL };
    mst_err_t err = MST_OK;

    base_assert (capacity > self->node_capacity);
    for (int i = 0; i < 3 && !err; i++)
        if (sizes[i])
            err = partition_octree_alloc (self, sizes[i] * capacity, &longer[i]);
    for (int i = 0; i < 3; i++)
        if (err) {
            partition_octree_free (self, longer[i], sizes[i] * capacity);
        } else if (longer[i] && old[i]) {
            memcpy (longer[i], old[i], sizes[i] * self->node_count);
            partition_octree_free (self, old[i], sizes[i] * self->node_capacity);
        }
    if (err)
        return err;
    self->nodes = longer[0];
    self->cells = longer[1];
    self->reach = longer[2];
    self->node_capacity = capacity;
    return MST_OK;
}

/*  Room for so many more blocks of eight nodes. Growth is by an eighth: the arrays are short beside
    the entities, but a tree that was loaded should not carry twice what it needs. */
mst_err_t partition_octree_reserve_blocks (mst_octree_t *self, uint32_t blocks)
{
    uint32_t spare =
        self->free_blocks + (self->node_capacity - self->node_count) / (uint32_t) PARTITION_OCTANTS;

    base_assert (self->node_count <= self->node_capacity);
    if (spare >= blocks)
        return MST_OK;
    uint64_t capacity = (uint64_t) self->node_capacity + self->node_capacity / 8;
    uint64_t least = (uint64_t) self->node_count + (uint64_t) blocks * PARTITION_OCTANTS;
    capacity = capacity > least ? capacity : least;
    capacity = capacity > OCTREE_FIRST_NODES ? capacity : (uint64_t) OCTREE_FIRST_NODES;
    if (least > OCTREE_NODES_MAX)
        return base_error (MST_E_LIMIT, "an octree has at most %d nodes (OCTREE_NODES_MAX)",
                           OCTREE_NODES_MAX);
    capacity = capacity < OCTREE_NODES_MAX ? capacity : (uint64_t) OCTREE_NODES_MAX;
    return octree_set_node_capacity (self, (uint32_t) capacity);
}

mst_err_t partition_octree_reserve_spare (mst_octree_t *self)
{
    return self->spare.entries
               ? MST_OK
               : partition_octree_bucket_new (self, self->leaf_capacity, &self->spare);
}

/*  Free blocks are used again before the array's end, so a tree that breathes does not grow. */
static uint32_t octree_take_block (mst_octree_t *self)
{
    uint32_t block = self->free_block;
    if (block != OCTREE_NONE) {
        base_assert (self->free_blocks > 0);
        self->free_block = self->nodes[block].first_child;
        self->free_blocks--;
        return block;
    }
    block = self->node_count;
    self->node_count += PARTITION_OCTANTS;
    base_assert (self->node_count <= self->node_capacity);
    return block;
}

/*  Eight empty leaves below a leaf, for which there is room. Its bucket is the caller's matter. */
uint32_t partition_octree_add_children (mst_octree_t *self, uint32_t parent)
{
    uint32_t block = octree_take_block (self);
    octree_node_t *node = &self->nodes[parent];

    base_assert (octree_is_leaf (node));
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++) {
        self->nodes[block + octant] = (octree_node_t){ .first_child = OCTREE_NONE,
                                                       .parent = parent,
                                                       .depth = node->depth + 1 };
        self->cells[block + octant] =
            (octree_cell_t){ .box =
                                 octree_child_box (&self->cells[parent].box, node->depth, octant) };
        if (self->extents)
            self->reach[block + octant] = 0.0;
    }
    node->first_child = block;
    if (node->depth < MST_OCTREE_DEPTH_MAX)
        self->leaf_count += PARTITION_OCTANTS - 1;
    return block;
}

/*  How a full leaf will be split for one more: how many levels put all of them into one child, and
    who goes where on the last. */
typedef struct octree_plan {
    uint32_t levels; /* at least 1: the last is the one that parts them */
    uint32_t octant; /* of the one more, on the last level */
    uint32_t counts[PARTITION_OCTANTS];
    octree_bucket_t buckets[PARTITION_OCTANTS];
} octree_plan_t;

static void octree_plan (const mst_octree_t *self, uint32_t leaf, const double *point, uint64_t id,
                         octree_plan_t *plan)
{
    mst_box_t box = self->cells[leaf].box;
    uint32_t depth = self->nodes[leaf].depth;
    const octree_bucket_t *bucket = &self->cells[leaf].bucket;

    *plan = (octree_plan_t){ .levels = 0 };
    do {
        if (plan->levels++ > 0)
            box = octree_child_box (&box, depth++, plan->octant);
        plan->octant = octree_octant (&box, depth, point, id);
        memset (plan->counts, 0, sizeof plan->counts);
        for (uint64_t left = bucket->used; left; left &= left - 1) {
            const octree_entry_t *entry = &bucket->entries[__builtin_ctzll (left)];
            plan->counts[octree_octant (&box, depth, entry->point, entry->id)]++;
        }
    } while (plan->counts[plan->octant] == self->nodes[leaf].count);
}

/*  The memory of a plan. */
static mst_err_t octree_plan_buckets (mst_octree_t *self, octree_plan_t *plan)
{
    mst_err_t err = partition_octree_reserve_blocks (self, plan->levels);
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS && !err; octant++) {
        uint32_t room = plan->counts[octant] + (octant == plan->octant);
        if (room)
            err = partition_octree_bucket_new (self, room, &plan->buckets[octant]);
    }
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS && err; octant++)
        partition_octree_bucket_free (self, &plan->buckets[octant]);
    return err;
}

/*  Puts an entry into a leaf that has room, and counts it there. */
static uint32_t octree_append (mst_octree_t *self, uint32_t leaf, const octree_entry_t *entry,
                               double radius)
{
    octree_bucket_t *bucket = &self->cells[leaf].bucket;
    uint32_t place = octree_take_place (bucket);

    self->nodes[leaf].count++;
    bucket->entries[place] = *entry;
    if (self->extents) {
        octree_radii (bucket)[place] = radius;
        self->reach[leaf] = fmax (self->reach[leaf], radius);
    }
    return place;
}

/*  Deals the entries of a bucket, which was the leaf's, out to the children of `parent`. */
static void octree_deal (mst_octree_t *self, const octree_bucket_t *from, uint32_t leaf,
                         uint32_t parent)
{
    const octree_node_t *node = &self->nodes[parent];
    for (uint64_t left = from->used; left; left &= left - 1) {
        uint32_t place = (uint32_t) __builtin_ctzll (left);
        const octree_entry_t *entry = &from->entries[place];
        uint32_t child = node->first_child + octree_octant (&self->cells[parent].box, node->depth,
                                                            entry->point, entry->id);
        uint32_t to = octree_append (self, child, entry, octree_radius (self, from, place));
        partition_octree_move_slot (self, entry->id, octree_location (self, entry->id, leaf, place),
                                    octree_location (self, entry->id, child, to));
    }
}

mst_err_t partition_octree_room (mst_octree_t *self, uint32_t leaf, const double *point,
                                 uint64_t id, uint32_t *target)
{
    uint32_t count = self->nodes[leaf].count, parent = leaf;
    octree_plan_t plan;

    base_assert (octree_is_leaf (&self->nodes[leaf]));
    *target = leaf;
    if (count < self->leaf_capacity)
        return partition_octree_bucket_grow (self, leaf);
    octree_plan (self, leaf, point, id, &plan);
    mst_err_t err = octree_plan_buckets (self, &plan);
    if (err)
        return err;
    octree_bucket_t full = self->cells[leaf].bucket;
    self->cells[leaf].bucket = (octree_bucket_t){ 0 };
    for (uint32_t level = 1; level < plan.levels; level++) {
        uint32_t block = partition_octree_add_children (self, parent);
        uint32_t depth = self->nodes[parent].depth;
        uint32_t child = block + octree_octant (&self->cells[parent].box, depth, point, id);
        self->nodes[child].count = count;
        if (self->extents)
            self->reach[child] = self->reach[parent];
        parent = child;
    }
    uint32_t block = partition_octree_add_children (self, parent);
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++)
        self->cells[block + octant].bucket = plan.buckets[octant];
    octree_deal (self, &full, leaf, parent);
    partition_octree_bucket_free (self, &full);
    *target = block + plan.octant;
    return MST_OK;
}

/*  Gives back the nodes below one, after it took their entities. */
static void octree_drop_children (mst_octree_t *self, uint32_t parent)
{
    octree_node_t *node = &self->nodes[parent];
    uint32_t block = node->first_child;

    if (block == OCTREE_NONE)
        return;
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++)
        octree_drop_children (self, block + octant);
    if (node->depth < MST_OCTREE_DEPTH_MAX)
        self->leaf_count -= PARTITION_OCTANTS - 1;
    node->first_child = OCTREE_NONE;
    self->nodes[block].first_child = self->free_block;
    self->free_block = block;
    self->free_blocks++;
}

/*  Takes the entities below a node into a bucket that will be that of `into`. */
static void octree_gather (mst_octree_t *self, uint32_t at, uint32_t into, octree_bucket_t *bucket,
                           uint32_t *count)
{
    octree_node_t *node = &self->nodes[at];

    for (uint32_t octant = 0; !octree_is_leaf (node) && octant < PARTITION_OCTANTS; octant++)
        octree_gather (self, node->first_child + octant, into, bucket, count);
    octree_bucket_t *from = &self->cells[at].bucket;
    for (uint64_t left = from->used; left; left &= left - 1) {
        uint32_t place = (uint32_t) __builtin_ctzll (left);
        uint64_t id = from->entries[place].id;
        uint32_t to = octree_take_place (bucket);
        ++*count;
        bucket->entries[to] = from->entries[place];
        if (self->extents)
            octree_radii (bucket)[to] = octree_radii (from)[place];
        partition_octree_move_slot (self, id, octree_location (self, id, at, place),
                                    octree_location (self, id, into, to));
    }
    partition_octree_bucket_free (self, from);
}

/*  A leaf has lost an entity: the highest node above it that need not be split becomes a leaf. */
void partition_octree_join_above (mst_octree_t *self, uint32_t leaf)
{
    uint32_t top = OCTREE_NONE, count = 0;
    octree_bucket_t bucket;

    base_assert (octree_is_leaf (&self->nodes[leaf]));
    for (uint32_t node = self->nodes[leaf].parent;
         node != OCTREE_NONE && self->nodes[node].count <= self->leaf_capacity;
         node = self->nodes[node].parent)
        top = node;
    if (top == OCTREE_NONE) {
        partition_octree_bucket_trim (self, leaf);
        return;
    }
    uint32_t room = self->nodes[top].count ? self->nodes[top].count : 1;
    if (partition_octree_bucket_new (self, room, &bucket)) {
        bucket = self->spare;
        self->spare = (octree_bucket_t){ 0 };
        base_assert (octree_capacity (&bucket) >= room);
    }
    octree_gather (self, top, top, &bucket, &count);
    base_assert (count == self->nodes[top].count);
    octree_drop_children (self, top);
    self->cells[top].bucket = bucket;
}
