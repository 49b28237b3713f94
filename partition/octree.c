/*  Life of a tree, and one entity at a time. How it is built is told in partition/octree.h. */
#include "partition/octree.h"
#include "base/alloc.h"
#include "base/error.h"

/*  The smallest boxes must still have a middle that is neither of their borders. */
static bool octree_can_be_halved (double low, double high, double half_width)
{
    double least = ldexp (half_width, -MST_OCTREE_DEPTH_MAX - 1);
    return half_width > 0.0 && isfinite (low) && isfinite (high) && low + least != low &&
           high - least != high;
}

static mst_err_t octree_cube (const mst_octree_options_t *options, mst_box_t *cube)
{
    for (int axis = 0; axis < PARTITION_AXES; axis++) {
        cube->low[axis] = options->centre[axis] - options->half_width;
        cube->high[axis] = options->centre[axis] + options->half_width;
        if (!octree_can_be_halved (cube->low[axis], cube->high[axis], options->half_width))
            return base_error (MST_E_INVALID_ARGUMENT,
                               "an octree over %g ± %g: both must be finite, and the half width "
                               "large enough to be halved %d times",
                               options->centre[axis], options->half_width, MST_OCTREE_DEPTH_MAX);
    }
    return MST_OK;
}

static mst_err_t octree_start (mst_octree_t *self, const mst_box_t *cube)
{
    mst_err_t err = partition_octree_reserve_blocks (self, 1);
    if (!err)
        err = partition_octree_reserve_ids (self, 1);
    if (!err)
        err = partition_octree_reserve_spare (self);
    if (err)
        return err;
    self->nodes[OCTREE_ROOT] = (octree_node_t){ .first_child = OCTREE_NONE, .parent = OCTREE_NONE };
    self->cells[OCTREE_ROOT] = (octree_cell_t){ .box = *cube };
    if (self->extents)
        self->reach[OCTREE_ROOT] = 0.0;
    self->node_count = self->leaf_count = 1;
    return MST_OK;
}

mst_err_t mst_octree_new (const mst_octree_options_t *options, mst_octree_t **tree)
{
    mst_box_t cube;

    base_assert (options != NULL);
    base_assert (tree != NULL);
    *tree = NULL;
    if (options->leaf_capacity > MST_OCTREE_LEAF_CAPACITY)
        return base_error (MST_E_INVALID_ARGUMENT, "an octree's leaf_capacity is 1 to %d, not %u",
                           MST_OCTREE_LEAF_CAPACITY, options->leaf_capacity);
    mst_err_t err = octree_cube (options, &cube);
    if (err)
        return err;
    mst_octree_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->free_block = OCTREE_NONE;
    self->extents = options->extents;
    self->limit_bytes = options->limit_bytes;
    self->leaf_capacity =
        options->leaf_capacity ? options->leaf_capacity : (uint32_t) MST_OCTREE_LEAF_CAPACITY;
    err = octree_start (self, &cube);
    if (err)
        mst_octree_destroy (&self);
    *tree = self;
    return err;
}

void mst_octree_destroy (mst_octree_t **tree)
{
    base_assert (tree != NULL);
    mst_octree_t *self = *tree;
    if (!self)
        return;
    for (uint32_t node = 0; node < self->node_count; node++)
        partition_octree_bucket_free (self, &self->cells[node].bucket);
    partition_octree_bucket_free (self, &self->spare);
    base_free (self->slots);
    base_free (self->reach);
    base_free (self->cells);
    base_free (self->nodes);
    base_free (self);
    *tree = NULL;
}

/*  Points come from the scenario or from other federates: an error, no assertion. A point with a
    NaN is in no box. */
static mst_err_t octree_check_point (const mst_octree_t *self, uint64_t id, const double point[3])
{
    const mst_box_t *cube = &self->cells[OCTREE_ROOT].box;

    base_assert (point != NULL);
    if (mst_box_contains (cube, point))
        return MST_OK;
    return base_error (
        MST_E_INVALID_ARGUMENT,
        "entity %llu at (%g, %g, %g) is outside the octree's cube, which goes from (%g, "
        "%g, %g) to (%g, %g, %g)",
        (unsigned long long) id, point[0], point[1], point[2], cube->low[0], cube->low[1],
        cube->low[2], cube->high[0], cube->high[1], cube->high[2]);
}

static mst_err_t octree_check_radius (const mst_octree_t *self, uint64_t id, double radius)
{
    if (radius == 0.0 || (self->extents && radius > 0.0 && isfinite (radius)))
        return MST_OK;
    return base_error (
        MST_E_INVALID_ARGUMENT, "entity %llu: a radius of %g %s", (unsigned long long) id, radius,
        self->extents ? "is not a length" : "in an octree that was made without extents");
}

static mst_err_t octree_unknown (uint64_t id)
{
    return base_error (MST_E_OBJECT_UNKNOWN, "entity %llu is not in the octree",
                       (unsigned long long) id);
}

/*  Every node up to, and without, `end` counts one more or one less. */
static void octree_count (mst_octree_t *self, uint32_t node, uint32_t end, int change)
{
    for (; node != end; node = self->nodes[node].parent)
        self->nodes[node].count += (uint32_t) change;
}

static void octree_raise_reach (mst_octree_t *self, uint32_t node, double radius)
{
    for (; self->extents && node != OCTREE_NONE && self->reach[node] < radius;
         node = self->nodes[node].parent)
        self->reach[node] = radius;
}

/*  Puts an entity into a leaf with room and says where in its slot. Counts are the caller's. */
static void octree_put (mst_octree_t *self, uint32_t leaf, uint64_t id, const double *point,
                        double radius, uint32_t *slot)
{
    octree_bucket_t *bucket = &self->cells[leaf].bucket;
    uint32_t place = octree_take_place (bucket);

    bucket->entries[place].id = id;
    memcpy (bucket->entries[place].point, point, sizeof bucket->entries[place].point);
    if (self->extents) {
        octree_radii (bucket)[place] = radius;
        octree_raise_reach (self, leaf, radius);
    }
    *slot = octree_location (self, id, leaf, place);
}

mst_err_t mst_octree_insert (mst_octree_t *tree, uint64_t id, const double point[3], double radius)
{
    uint32_t leaf;

    base_assert (tree != NULL);
    mst_err_t err = octree_check_point (tree, id, point);
    if (!err)
        err = octree_check_radius (tree, id, radius);
    if (err)
        return err;
    if (octree_find_slot (tree, id))
        return base_error (MST_E_INVALID_ARGUMENT, "entity %llu is in the octree already",
                           (unsigned long long) id);
    err = partition_octree_reserve_ids (tree, (size_t) tree->nodes[OCTREE_ROOT].count + 1);
    if (!err)
        err = partition_octree_room (tree, octree_descend (tree, OCTREE_ROOT, point, id), point, id,
                                     &leaf);
    if (err)
        return err;
    octree_put (tree, leaf, id, point, radius, partition_octree_free_slot (tree, id));
    octree_count (tree, leaf, OCTREE_NONE, 1);
    return MST_OK;
}

/*  The lowest node above a leaf whose box contains a point of the cube. */
static uint32_t octree_ascend (const mst_octree_t *self, uint32_t leaf, const double *point)
{
    uint32_t node = leaf;
    while (!mst_box_contains (&self->cells[node].box, point))
        node = self->nodes[node].parent;
    return node;
}

/*  Into another leaf. What can fail, room there and a spare bucket for a join here, comes first. */
static mst_err_t octree_cross (mst_octree_t *self, uint32_t *slot, uint32_t from, uint64_t id,
                               const double *point)
{
    uint32_t place = octree_slot_place (*slot), to;
    uint32_t above = octree_ascend (self, from, point);

    mst_err_t err = partition_octree_reserve_spare (self);
    if (!err)
        err = partition_octree_room (self, octree_descend (self, above, point, id), point, id, &to);
    if (err)
        return err;
    double radius = octree_radius (self, &self->cells[from].bucket, place);
    octree_put (self, to, id, point, radius, slot);
    octree_drop_place (&self->cells[from].bucket, place);
    octree_count (self, from, above, -1);
    octree_count (self, to, above, 1);
    partition_octree_join_above (self, from);
    return MST_OK;
}

mst_err_t mst_octree_move (mst_octree_t *tree, uint64_t id, const double point[3])
{
    base_assert (tree != NULL);
    uint32_t *slot = octree_find_slot (tree, id);
    if (!slot)
        return octree_unknown (id);
    uint32_t node = octree_slot_node (*slot);
    if (mst_box_contains (&tree->cells[node].box, point)) {
        memcpy (tree->cells[node].bucket.entries[octree_slot_place (*slot)].point, point,
                PARTITION_AXES * sizeof *point);
        return MST_OK;
    }
    mst_err_t err = octree_check_point (tree, id, point);
    return err ? err : octree_cross (tree, slot, node, id, point);
}

mst_err_t mst_octree_resize (mst_octree_t *tree, uint64_t id, double radius)
{
    base_assert (tree != NULL);
    mst_err_t err = octree_check_radius (tree, id, radius);
    if (err)
        return err;
    const uint32_t *slot = octree_find_slot (tree, id);
    if (!slot)
        return octree_unknown (id);
    if (tree->extents) {
        uint32_t leaf = octree_slot_node (*slot);
        octree_radii (&tree->cells[leaf].bucket)[octree_slot_place (*slot)] = radius;
        octree_raise_reach (tree, leaf, radius);
    }
    return MST_OK;
}

mst_err_t mst_octree_remove (mst_octree_t *tree, uint64_t id)
{
    base_assert (tree != NULL);
    uint32_t *slot = octree_find_slot (tree, id);
    if (!slot)
        return octree_unknown (id);
    mst_err_t err = partition_octree_reserve_spare (tree);
    if (err)
        return err;
    uint32_t leaf = octree_slot_node (*slot), place = octree_slot_place (*slot);
    partition_octree_remove_slot (tree, slot);
    octree_drop_place (&tree->cells[leaf].bucket, place);
    octree_count (tree, leaf, OCTREE_NONE, -1);
    partition_octree_join_above (tree, leaf);
    return MST_OK;
}

bool mst_octree_find (const mst_octree_t *tree, uint64_t id, double point[3], double *radius)
{
    base_assert (tree != NULL);
    base_assert (point != NULL);
    const uint32_t *slot = octree_find_slot (tree, id);
    if (!slot)
        return false;
    const octree_bucket_t *bucket = &tree->cells[octree_slot_node (*slot)].bucket;
    uint32_t place = octree_slot_place (*slot);
    memcpy (point, bucket->entries[place].point, sizeof bucket->entries[place].point);
    if (radius)
        *radius = octree_radius (tree, bucket, place);
    return true;
}

uint32_t mst_octree_count (const mst_octree_t *tree)
{
    base_assert (tree != NULL);
    return tree->nodes[OCTREE_ROOT].count;
}

uint32_t mst_octree_leaf_count (const mst_octree_t *tree)
{
    base_assert (tree != NULL);
    base_assert (tree->leaf_count % (PARTITION_OCTANTS - 1) == 1);
    return tree->leaf_count;
}

size_t mst_octree_bytes (const mst_octree_t *tree)
{
    base_assert (tree != NULL);
    return sizeof *tree + tree->bytes;
}

const mst_box_t *mst_octree_cube (const mst_octree_t *tree)
{
    base_assert (tree != NULL);
    return &tree->cells[OCTREE_ROOT].box;
}
