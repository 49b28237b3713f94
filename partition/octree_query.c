/*  Visits: of everything, of a box, of a sphere, of leaves. Each walk goes down in Morton order and
    leaves out what its question excludes; it ends when a visitor says so. A distance is compared as
   its square, and computed alike for a box and for what is in it (see <muster/box.h>), so that
   pruning never loses what a plain loop would find. Recursion ends at the greatest depth, 46. */
#include "partition/octree.h"

typedef struct octree_walk {
    const mst_octree_t *tree;
    const mst_box_t *box;
    const double *point;
    double distance;
    mst_octree_visit_t *visit;
    mst_octree_leaf_visit_t *visit_leaf;
    void *context;
} octree_walk_t;

/*  Visits the places of a leaf that were found, in the order of their ids. */
static bool walk_visit (const octree_walk_t *walk, uint32_t leaf, uint64_t mask)
{
    const octree_bucket_t *bucket = &walk->tree->cells[leaf].bucket;
    uint8_t places[MST_OCTREE_LEAF_CAPACITY];
    uint32_t count = partition_octree_in_order (bucket, mask, places);

    for (uint32_t i = 0; i < count; i++) {
        const octree_entry_t *entry = &bucket->entries[places[i]];
        if (!walk->visit (walk->context, entry->id, entry->point,
                          octree_radius (walk->tree, bucket, places[i])))
            return false;
    }
    return true;
}

static bool walk_all (const octree_walk_t *walk, uint32_t at)
{
    const octree_node_t *node = &walk->tree->nodes[at];

    if (octree_is_leaf (node))
        return walk_visit (walk, at, walk->tree->cells[at].bucket.used);
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++)
        if (!walk_all (walk, node->first_child + octant))
            return false;
    return true;
}

void mst_octree_each (const mst_octree_t *tree, mst_octree_visit_t *visit, void *context)
{
    octree_walk_t walk = { .tree = tree, .visit = visit, .context = context };

    base_assert (tree != NULL);
    base_assert (visit != NULL);
    (void) walk_all (&walk, OCTREE_ROOT);
}

static double box_gap_squared (const mst_box_t *a, const mst_box_t *b)
{
    double sum = 0.0;
    for (int axis = 0; axis < PARTITION_AXES; axis++) {
        double gap = 0.0;
        if (a->high[axis] < b->low[axis])
            gap = b->low[axis] - a->high[axis];
        else if (b->high[axis] < a->low[axis])
            gap = a->low[axis] - b->high[axis];
        sum += gap * gap;
    }
    return sum;
}

static bool walk_box_leaf (const octree_walk_t *walk, uint32_t at)
{
    const octree_bucket_t *bucket = &walk->tree->cells[at].bucket;
    uint64_t found = 0;

    for (uint64_t left = bucket->used; left; left &= left - 1) {
        uint32_t place = (uint32_t) __builtin_ctzll (left);
        const double *point = bucket->entries[place].point;
        double radius = octree_radius (walk->tree, bucket, place);
        bool in = mst_box_contains (walk->box, point) ||
                  (radius > 0.0 && mst_box_distance_squared (walk->box, point) < radius * radius);
        found |= (uint64_t) in << place;
    }
    return walk_visit (walk, at, found);
}

static bool walk_box (const octree_walk_t *walk, uint32_t at)
{
    const octree_node_t *node = &walk->tree->nodes[at];
    const mst_box_t *box = &walk->tree->cells[at].box;
    double reach = octree_reach (walk->tree, at);

    if (node->count == 0 ||
        (!mst_box_intersects (walk->box, box) && box_gap_squared (walk->box, box) >= reach * reach))
        return true;
    if (mst_box_contains_box (walk->box, box))
        return walk_all (walk, at);
    if (octree_is_leaf (node))
        return walk_box_leaf (walk, at);
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++)
        if (!walk_box (walk, node->first_child + octant))
            return false;
    return true;
}

void mst_octree_in_box (const mst_octree_t *tree, const mst_box_t *box, mst_octree_visit_t *visit,
                        void *context)
{
    octree_walk_t walk = { .tree = tree, .box = box, .visit = visit, .context = context };

    base_assert (tree != NULL);
    base_assert (box != NULL);
    base_assert (visit != NULL);
    if (!mst_box_empty (box))
        (void) walk_box (&walk, OCTREE_ROOT);
}

static bool walk_sphere_leaf (const octree_walk_t *walk, uint32_t at)
{
    const octree_bucket_t *bucket = &walk->tree->cells[at].bucket;
    uint64_t found = 0;

    for (uint64_t left = bucket->used; left; left &= left - 1) {
        uint32_t place = (uint32_t) __builtin_ctzll (left);
        double limit = walk->distance + octree_radius (walk->tree, bucket, place);
        bool in = mst_distance_squared (walk->point, bucket->entries[place].point) < limit * limit;
        found |= (uint64_t) in << place;
    }
    return walk_visit (walk, at, found);
}

static bool walk_sphere (const octree_walk_t *walk, uint32_t at)
{
    const octree_node_t *node = &walk->tree->nodes[at];
    double limit = walk->distance + octree_reach (walk->tree, at);

    if (node->count == 0 ||
        mst_box_distance_squared (&walk->tree->cells[at].box, walk->point) >= limit * limit)
        return true;
    if (octree_is_leaf (node))
        return walk_sphere_leaf (walk, at);
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++)
        if (!walk_sphere (walk, node->first_child + octant))
            return false;
    return true;
}

void mst_octree_in_sphere (const mst_octree_t *tree, const double point[3], double distance,
                           mst_octree_visit_t *visit, void *context)
{
    octree_walk_t walk = {
        .tree = tree, .point = point, .distance = distance, .visit = visit, .context = context
    };

    base_assert (tree != NULL);
    base_assert (point != NULL);
    base_assert (visit != NULL);
    if (distance >= 0.0)
        (void) walk_sphere (&walk, OCTREE_ROOT);
}

static mst_octree_leaf_t walk_leaf (const mst_octree_t *self, uint32_t at)
{
    return (mst_octree_leaf_t){ .box = self->cells[at].box,
                                .count = self->nodes[at].count,
                                .depth = self->nodes[at].depth };
}

/*  What is split by id only is one leaf in space. */
static bool walk_is_leaf (const octree_node_t *node)
{
    return octree_is_leaf (node) || node->depth == MST_OCTREE_DEPTH_MAX;
}

bool mst_octree_leaf_of (const mst_octree_t *tree, const double point[3], mst_octree_leaf_t *leaf)
{
    uint32_t node = OCTREE_ROOT;

    base_assert (tree != NULL);
    base_assert (point != NULL);
    base_assert (leaf != NULL);
    if (!mst_box_contains (&tree->cells[node].box, point))
        return false;
    while (!walk_is_leaf (&tree->nodes[node]))
        node = tree->nodes[node].first_child + partition_box_octant (&tree->cells[node].box, point);
    *leaf = walk_leaf (tree, node);
    return true;
}

static bool walk_leaves (const octree_walk_t *walk, uint32_t at)
{
    const octree_node_t *node = &walk->tree->nodes[at];
    double limit = walk->distance * walk->distance;

    if (walk->point && mst_box_distance_squared (&walk->tree->cells[at].box, walk->point) > limit)
        return true;
    if (walk_is_leaf (node)) {
        mst_octree_leaf_t leaf = walk_leaf (walk->tree, at);
        return walk->visit_leaf (walk->context, &leaf);
    }
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++)
        if (!walk_leaves (walk, node->first_child + octant))
            return false;
    return true;
}

void mst_octree_leaves (const mst_octree_t *tree, mst_octree_leaf_visit_t *visit, void *context)
{
    octree_walk_t walk = { .tree = tree, .visit_leaf = visit, .context = context };

    base_assert (tree != NULL);
    base_assert (visit != NULL);
    (void) walk_leaves (&walk, OCTREE_ROOT);
}

void mst_octree_leaves_near (const mst_octree_t *tree, const double point[3], double distance,
                             mst_octree_leaf_visit_t *visit, void *context)
{
    octree_walk_t walk = {
        .tree = tree, .point = point, .distance = distance, .visit_leaf = visit, .context = context
    };

    base_assert (tree != NULL);
    base_assert (point != NULL);
    base_assert (visit != NULL);
    if (distance >= 0.0)
        (void) walk_leaves (&walk, OCTREE_ROOT);
}
