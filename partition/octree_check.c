/*  Everything that must hold within a tree, read from end to end. */
#include "base/error.h"
#include "partition/octree.h"

static mst_err_t check_broken (uint32_t node, const char *what)
{
    return base_error (MST_E_INTERNAL, "octree node %u: %s", node, what);
}

/*  Follows an entity from the root as a look-up by place would. */
static bool check_is_at_home (const mst_octree_t *self, uint32_t leaf, const octree_entry_t *entry)
{
    return mst_box_contains (&self->cells[leaf].box, entry->point) &&
           octree_descend (self, OCTREE_ROOT, entry->point, entry->id) == leaf;
}

static mst_err_t check_leaf (const mst_octree_t *self, uint32_t leaf)
{
    const octree_bucket_t *bucket = &self->cells[leaf].bucket;
    uint32_t count = self->nodes[leaf].count;

    if (count > self->leaf_capacity || count > octree_capacity (bucket) ||
        (uint32_t) __builtin_popcountll (bucket->used) != count)
        return check_broken (leaf, "its count is not that of its places");
    for (uint64_t left = bucket->used; left; left &= left - 1) {
        uint32_t place = (uint32_t) __builtin_ctzll (left);
        const octree_entry_t *entry = &bucket->entries[place];
        const uint32_t *slot = octree_find_slot (self, entry->id);
        if (place >= octree_capacity (bucket))
            return check_broken (leaf, "a place is beyond its capacity");
        if (!check_is_at_home (self, leaf, entry))
            return check_broken (leaf, "it holds an entity that belongs elsewhere");
        if (!slot || *slot != octree_location (self, entry->id, leaf, place))
            return check_broken (leaf, "an id does not lead to its entity");
        if (octree_radius (self, bucket, place) > octree_reach (self, leaf))
            return check_broken (leaf, "an entity reaches further than the leaf says");
    }
    return MST_OK;
}

static mst_err_t check_children (const mst_octree_t *self, uint32_t parent)
{
    const octree_node_t *node = &self->nodes[parent];
    uint32_t count = 0;

    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++) {
        uint32_t at = node->first_child + octant;
        const octree_node_t *child = &self->nodes[at];
        mst_box_t box = octree_child_box (&self->cells[parent].box, node->depth, octant);
        count += child->count;
        if (child->parent != parent || child->depth != node->depth + 1 ||
            memcmp (&box, &self->cells[at].box, sizeof box) != 0)
            return check_broken (at, "it is not the child that its parent takes it for");
        if (octree_reach (self, at) > octree_reach (self, parent))
            return check_broken (at, "it reaches further than its parent says");
    }
    if (count != node->count || count <= self->leaf_capacity || self->cells[parent].bucket.entries)
        return check_broken (parent, "it is an inner node and should be a leaf");
    return MST_OK;
}

static mst_err_t check_node (const mst_octree_t *self, uint32_t at, uint32_t *leaves)
{
    const octree_node_t *node = &self->nodes[at];

    if (at >= self->node_count)
        return check_broken (at, "it is beyond the last one");
    *leaves += octree_is_leaf (node) ? node->depth <= MST_OCTREE_DEPTH_MAX
                                     : node->depth == MST_OCTREE_DEPTH_MAX;
    if (octree_is_leaf (node))
        return check_leaf (self, at);
    mst_err_t err = check_children (self, at);
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS && !err; octant++)
        err = check_node (self, node->first_child + octant, leaves);
    return err;
}

mst_err_t mst_octree_check (const mst_octree_t *tree)
{
    uint32_t leaves = 0, slots = 0;

    base_assert (tree != NULL);
    mst_err_t err = check_node (tree, OCTREE_ROOT, &leaves);
    if (err)
        return err;
    for (uint32_t i = 0; i < 1u << tree->slot_bits; i++)
        slots += tree->slots[i] != OCTREE_NONE;
    if (slots != tree->nodes[OCTREE_ROOT].count)
        return check_broken (OCTREE_ROOT, "there are not as many slots in use as entities");
    if (leaves != tree->leaf_count)
        return check_broken (OCTREE_ROOT, "the count of leaves is wrong");
    return MST_OK;
}
