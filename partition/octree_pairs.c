/*  All pairs within a distance, by a walk of the tree against itself (Gray, Moore: N-body problems
   in statistical learning, 2000): two boxes that are too far apart are left out with all that is in
    them. Needs no memory of its own. */
#include "base/error.h"
#include "partition/octree.h"

typedef struct octree_pairing {
    const mst_octree_t *tree;
    double distance;
    mst_octree_pair_visit_t *visit;
    void *context;
} octree_pairing_t;

static double pair_gap_squared (const mst_box_t *a, const mst_box_t *b)
{
    double sum = 0.0;
    for (int axis = 0; axis < PARTITION_AXES; axis++) {
        double gap = fmax (0.0, fmax (b->low[axis] - a->high[axis], a->low[axis] - b->high[axis]));
        sum += gap * gap;
    }
    return sum;
}

/*  The sum of the radii first: it is the same whoever comes first. */
static double pair_limit_squared (const octree_pairing_t *self, double a, double b)
{
    double limit = self->distance + (a + b);
    return limit * limit;
}

static bool pair_visit (const octree_pairing_t *self, const octree_entry_t *a,
                        const octree_entry_t *b, double squared)
{
    return a->id < b->id ? self->visit (self->context, a->id, b->id, squared)
                         : self->visit (self->context, b->id, a->id, squared);
}

/*  Which places of `mask` in a leaf are close enough to one entity. */
static uint64_t pair_find (const octree_pairing_t *self, const octree_entry_t *one, double radius,
                           uint32_t leaf, uint64_t mask)
{
    const octree_bucket_t *bucket = &self->tree->cells[leaf].bucket;
    double limit = pair_limit_squared (self, radius, 0.0);
    uint64_t found = 0;

    for (; mask; mask &= mask - 1) {
        uint32_t place = (uint32_t) __builtin_ctzll (mask);
        if (self->tree->extents)
            limit = pair_limit_squared (self, radius, octree_radii (bucket)[place]);
        bool near = mst_distance_squared (one->point, bucket->entries[place].point) < limit;
        found |= (uint64_t) near << place;
    }
    return found;
}

/*  Visits the pairs that were found between two leaves, found[i] being the places in b that are
   close to place i of a; in the order of a's ids, then of b's. */
static bool pair_visit_found (const octree_pairing_t *self, uint32_t a, uint32_t b, uint64_t any,
                              const uint64_t found[MST_OCTREE_LEAF_CAPACITY])
{
    const octree_bucket_t *first = &self->tree->cells[a].bucket,
                          *second = &self->tree->cells[b].bucket;
    uint8_t ones[MST_OCTREE_LEAF_CAPACITY], others[MST_OCTREE_LEAF_CAPACITY];
    uint32_t count = partition_octree_in_order (first, any, ones);

    for (uint32_t i = 0; i < count; i++) {
        const octree_entry_t *one = &first->entries[ones[i]];
        uint32_t near = partition_octree_in_order (second, found[ones[i]], others);
        for (uint32_t j = 0; j < near; j++) {
            const octree_entry_t *other = &second->entries[others[j]];
            if (!pair_visit (self, one, other, mst_distance_squared (one->point, other->point)))
                return false;
        }
    }
    return true;
}

/*  Within a leaf: of each pair, the place with the lower id stands for it, whatever the places are.
 */
static bool pair_leaf (const octree_pairing_t *self, uint32_t leaf)
{
    const octree_bucket_t *bucket = &self->tree->cells[leaf].bucket;
    uint8_t places[MST_OCTREE_LEAF_CAPACITY];
    uint64_t found[MST_OCTREE_LEAF_CAPACITY], any = 0, left = bucket->used;
    uint32_t count = partition_octree_in_order (bucket, left, places);

    for (uint32_t i = 0; i < count; i++) {
        uint8_t place = places[i];
        left &= ~(UINT64_C (1) << place);
        found[place] = pair_find (self, &bucket->entries[place],
                                  octree_radius (self->tree, bucket, place), leaf, left);
        any |= (uint64_t) (found[place] != 0) << place;
    }
    return pair_visit_found (self, leaf, leaf, any, found);
}

static bool pair_leaves (const octree_pairing_t *self, uint32_t a, uint32_t b)
{
    const octree_bucket_t *bucket = &self->tree->cells[a].bucket;
    const mst_box_t *box = &self->tree->cells[b].box;
    uint64_t found[MST_OCTREE_LEAF_CAPACITY], any = 0, all = self->tree->cells[b].bucket.used;
    double reach = octree_reach (self->tree, b);

    for (uint64_t left = bucket->used; left; left &= left - 1) {
        uint32_t place = (uint32_t) __builtin_ctzll (left);
        const octree_entry_t *one = &bucket->entries[place];
        double radius = octree_radius (self->tree, bucket, place);
        if (mst_box_distance_squared (box, one->point) >= pair_limit_squared (self, radius, reach))
            continue;
        found[place] = pair_find (self, one, radius, b, all);
        any |= (uint64_t) (found[place] != 0) << place;
    }
    return pair_visit_found (self, a, b, any, found);
}

/*  Two nodes of which neither contains the other, the first one before the second in Morton order.
 */
static bool pair_nodes (const octree_pairing_t *self, uint32_t a, uint32_t b)
{
    const octree_node_t *one = &self->tree->nodes[a], *other = &self->tree->nodes[b];

    if (one->count == 0 || other->count == 0 ||
        pair_gap_squared (&self->tree->cells[a].box, &self->tree->cells[b].box) >=
            pair_limit_squared (self, octree_reach (self->tree, a), octree_reach (self->tree, b)))
        return true;
    if (octree_is_leaf (one) && octree_is_leaf (other))
        return pair_leaves (self, a, b);
    bool first = octree_is_leaf (other) || (!octree_is_leaf (one) && one->depth <= other->depth);
    uint32_t block = first ? one->first_child : other->first_child;
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++)
        if (!(first ? pair_nodes (self, block + octant, b) : pair_nodes (self, a, block + octant)))
            return false;
    return true;
}

static bool pair_node (const octree_pairing_t *self, uint32_t at)
{
    const octree_node_t *node = &self->tree->nodes[at];

    if (octree_is_leaf (node))
        return pair_leaf (self, at);
    for (uint32_t i = 0; i < PARTITION_OCTANTS; i++) {
        if (!pair_node (self, node->first_child + i))
            return false;
        for (uint32_t j = i + 1; j < PARTITION_OCTANTS; j++)
            if (!pair_nodes (self, node->first_child + i, node->first_child + j))
                return false;
    }
    return true;
}

mst_err_t mst_octree_pairs (const mst_octree_t *tree, double distance,
                            mst_octree_pair_visit_t *visit, void *context)
{
    octree_pairing_t self = {
        .tree = tree, .distance = distance, .visit = visit, .context = context
    };

    base_assert (tree != NULL);
    base_assert (visit != NULL);
    if (!(distance >= 0.0))
        return base_error (MST_E_INVALID_ARGUMENT, "pairs within a distance of %g: not a length",
                           distance);
    (void) pair_node (&self, OCTREE_ROOT);
    return MST_OK;
}
