/*  Many entities at once: they are dealt out octant by octant from the root down (a radix sort of
   the Morton order, highest digits first), so that each leaf gets its bucket in its final size. */
#include "base/alloc.h"
#include "base/error.h"
#include "partition/octree.h"

enum { LOAD_OCTANT_SHIFT = 29 }; /* an index carries the octant of its entity on top */
_Static_assert(MST_OCTREE_ENTITIES_MAX <= 1 << LOAD_OCTANT_SHIFT, "indices leave three bits");

typedef struct octree_loading {
    mst_octree_t *tree;
    const uint64_t *ids;
    const double *points;
    const double *radii; /* or NULL */
    uint32_t *order;     /* indices into the arrays above */
    uint32_t *scratch;
} octree_loading_t;

static const double *load_point (const octree_loading_t *self, uint32_t index)
{
    return self->points + (size_t) index * PARTITION_AXES;
}

static mst_err_t load_check (const octree_loading_t *self, size_t count)
{
    const mst_box_t *cube = &self->tree->cells[OCTREE_ROOT].box;
    for (size_t i = 0; i < count; i++) {
        double radius = self->radii ? self->radii[i] : 0.0;
        const double *point = self->points + i * PARTITION_AXES;
        if (!mst_box_contains (cube, point))
            return base_error (MST_E_INVALID_ARGUMENT,
                               "entity %llu at (%g, %g, %g) is outside the octree's cube",
                               (unsigned long long) self->ids[i], point[0], point[1], point[2]);
        if (radius != 0.0 && !(self->tree->extents && radius > 0.0 && isfinite (radius)))
            return base_error (MST_E_INVALID_ARGUMENT, "entity %llu: a radius of %g %s",
                               (unsigned long long) self->ids[i], radius,
                               self->tree->extents ? "is not a length"
                                                   : "in an octree made without extents");
    }
    return MST_OK;
}

static mst_err_t load_twice (uint64_t id)
{
    return base_error (MST_E_INVALID_ARGUMENT, "entity %llu is among those to load twice",
                       (unsigned long long) id);
}

static mst_err_t load_leaf (octree_loading_t *self, uint32_t leaf, uint32_t begin, uint32_t count)
{
    mst_octree_t *tree = self->tree;
    octree_bucket_t *bucket = &tree->cells[leaf].bucket;
    const uint32_t *order = self->order + begin;

    if (count == 0)
        return MST_OK;
    mst_err_t err = partition_octree_bucket_new (tree, count, bucket);
    for (uint32_t place = 0; place < count && !err; place++) {
        uint64_t id = self->ids[order[place]];
        if (octree_find_slot (tree, id))
            return load_twice (id);
        bucket->entries[place].id = id;
        memcpy (bucket->entries[place].point, load_point (self, order[place]),
                sizeof bucket->entries[place].point);
        bucket->used |= UINT64_C (1) << place;
        if (tree->extents) {
            double radius = self->radii ? self->radii[order[place]] : 0.0;
            octree_radii (bucket)[place] = radius;
            tree->reach[leaf] = fmax (tree->reach[leaf], radius);
        }
        *partition_octree_free_slot (tree, id) = octree_location (tree, id, leaf, place);
    }
    return err;
}

/*  Sorts a range by octant; ends[i] is where octant i ends. */
static void load_deal (octree_loading_t *self, uint32_t node, uint32_t begin, uint32_t count,
                       uint32_t ends[PARTITION_OCTANTS])
{
    uint32_t *order = self->order + begin, *scratch = self->scratch + begin;
    uint32_t next[PARTITION_OCTANTS + 1] = { 0 }, depth = self->tree->nodes[node].depth;
    const mst_box_t *box = &self->tree->cells[node].box;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t octant =
            octree_octant (box, depth, load_point (self, order[i]), self->ids[order[i]]);
        scratch[i] = order[i] | octant << LOAD_OCTANT_SHIFT;
        next[octant + 1]++;
    }
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++)
        next[octant + 1] += next[octant];
    memcpy (ends, next + 1, PARTITION_OCTANTS * sizeof *ends);
    for (uint32_t i = 0; i < count; i++)
        order[next[scratch[i] >> LOAD_OCTANT_SHIFT]++] =
            scratch[i] & ((1u << LOAD_OCTANT_SHIFT) - 1);
}

/*  Recursion ends where ids end: only the same id many times over reaches that depth. */
static mst_err_t load_node (octree_loading_t *self, uint32_t at, uint32_t begin, uint32_t count)
{
    mst_octree_t *tree = self->tree;
    uint32_t ends[PARTITION_OCTANTS], done = 0;

    tree->nodes[at].count = count;
    if (count <= tree->leaf_capacity)
        return load_leaf (self, at, begin, count);
    if (tree->nodes[at].depth == MST_OCTREE_DEPTH_MAX + OCTREE_ID_LEVELS)
        return load_twice (self->ids[self->order[begin]]);
    mst_err_t err = partition_octree_reserve_blocks (tree, 1);
    if (err)
        return err;
    uint32_t block = partition_octree_add_children (tree, at);
    load_deal (self, at, begin, count, ends);
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS && !err; octant++) {
        err = load_node (self, block + octant, begin + done, ends[octant] - done);
        done = ends[octant];
        if (tree->extents)
            tree->reach[at] = fmax (tree->reach[at], tree->reach[block + octant]);
    }
    return err;
}

/*  Empty again, with the memory that it has. */
static void load_clear (mst_octree_t *tree)
{
    octree_node_t *root = &tree->nodes[OCTREE_ROOT];
    for (uint32_t node = 0; node < tree->node_count; node++)
        partition_octree_bucket_free (tree, &tree->cells[node].bucket);
    memset (tree->slots, 0xff, sizeof *tree->slots << tree->slot_bits);
    tree->node_count = tree->leaf_count = 1;
    tree->free_block = OCTREE_NONE;
    tree->free_blocks = 0;
    root->first_child = OCTREE_NONE;
    root->count = 0;
    if (tree->extents)
        tree->reach[OCTREE_ROOT] = 0.0;
}

mst_err_t mst_octree_load (mst_octree_t *tree, const uint64_t *ids, const double *points,
                           const double *radii, size_t count)
{
    octree_loading_t self = { .tree = tree, .ids = ids, .points = points, .radii = radii };

    base_assert (tree != NULL);
    base_assert (count == 0 || (ids != NULL && points != NULL));
    if (tree->nodes[OCTREE_ROOT].count)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "an octree is loaded while it is empty: it holds %u",
                           tree->nodes[OCTREE_ROOT].count);
    mst_err_t err = load_check (&self, count);
    if (!err)
        err = partition_octree_reserve_ids (tree, count);
    if (err || count == 0)
        return err;
    self.order = base_alloc (count * sizeof *self.order);
    self.scratch = base_alloc (count * sizeof *self.scratch);
    if (self.order && self.scratch) {
        for (uint32_t i = 0; i < count; i++)
            self.order[i] = i;
        err = load_node (&self, OCTREE_ROOT, 0, (uint32_t) count);
        if (err)
            load_clear (tree);
    } else {
        err = base_alloc_error ();
    }
    base_free (self.scratch);
    base_free (self.order);
    return err;
}
