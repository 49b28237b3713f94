/*  The leaves and their depths in Morton order are the whole tree: it is rebuilt from them into
    an array of nodes of which each knows the one owner of all below it, if there is one. Most
    questions are answered a few levels down, since a run of leaves in Morton order fills whole
    boxes. */
#include "partition/territory.h"
#include "base/alloc.h"
#include "base/error.h"

typedef struct territory_node {
    mst_box_t box;
    double middle[PARTITION_AXES];
    uint32_t first_child; /* meant only where the owner is mixed */
    uint32_t owner;       /* of all below, or OWNER_MIXED */
} territory_node_t;

enum { OWNER_MIXED = PARTITION_OWNER_NONE, TERRITORY_ROOT = 0 };

struct partition_territory {
    territory_node_t *nodes;
    mst_octree_leaf_t *leaves;
    uint8_t *leaf_owners;
    uint64_t loads[PARTITION_OWNER_LIMIT];
    uint32_t node_count;
    uint32_t node_capacity;
    uint32_t leaf_count;
    uint32_t owner_count;
};

static bool territory_take_leaf (void *context, const mst_octree_leaf_t *leaf)
{
    partition_territory_t *self = context;
    base_assert (self != NULL);
    base_assert (leaf != NULL);
    self->leaves[self->leaf_count++] = *leaf;
    return true;
}

/*  Where the run of `owner` ends: at the first border at which it and those before it have their
    share, but with a leaf for itself and for each owner after it, if there are enough. */
static uint32_t territory_run_end (const partition_territory_t *self, uint32_t owner,
                                   uint32_t begin, uint64_t before, uint64_t total)
{
    uint32_t after = self->owner_count - 1 - owner;
    base_assert (owner < self->owner_count);
    base_assert (begin <= self->leaf_count);
    if (after == 0 || begin == self->leaf_count)
        return self->leaf_count;
    uint32_t last = self->leaf_count > after ? self->leaf_count - after : begin + 1;
    uint32_t end = begin;
    do
        before += self->leaves[end++].count;
    while (end < last && before * self->owner_count < total * (owner + 1));
    return end;
}

/*  Hands the leaves out, one run after the other. */
static void territory_cut (partition_territory_t *self, uint64_t total)
{
    uint32_t leaf = 0;
    uint64_t before = 0;
    for (uint32_t owner = 0; owner < self->owner_count; owner++) {
        uint32_t end = territory_run_end (self, owner, leaf, before, total);
        for (; leaf < end; leaf++) {
            self->leaf_owners[leaf] = (uint8_t) owner;
            self->loads[owner] += self->leaves[leaf].count;
        }
        before += self->loads[owner];
    }
    base_assert (leaf == self->leaf_count);
    base_assert (before == total);
}

/*  The middle is kept beside the box, since each question asks for it on the way down. */
static void territory_set_box (territory_node_t *node, const mst_box_t *box)
{
    base_assert (node != NULL);
    base_assert (box != NULL);
    node->box = *box;
    for (int axis = 0; axis < PARTITION_AXES; axis++)
        node->middle[axis] = mst_box_middle (box, axis);
}

/*  Builds what is below a node from the leaves that come next; gives the index of the leaf after
    them. A node whose children are all of one owner becomes an end itself and its children, which
    stand last in the array, are dropped. */
static uint32_t territory_build (partition_territory_t *self, uint32_t at, uint32_t depth,
                                 uint32_t leaf)
{
    base_assert (leaf < self->leaf_count);
    base_assert (depth <= self->leaves[leaf].depth);
    territory_node_t *nodes = self->nodes;
    if (self->leaves[leaf].depth == depth) {
        nodes[at].owner = self->leaf_owners[leaf];
        return leaf + 1;
    }
    uint32_t first = self->node_count;
    self->node_count += PARTITION_OCTANTS;
    base_assert (self->node_count <= self->node_capacity);
    bool mixed = false;
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++) {
        mst_box_t box = partition_box_child (&nodes[at].box, octant);
        territory_set_box (&nodes[first + octant], &box);
        leaf = territory_build (self, first + octant, depth + 1, leaf);
        mixed |= nodes[first + octant].owner == OWNER_MIXED ||
                 nodes[first + octant].owner != nodes[first].owner;
    }
    nodes[at].first_child = first;
    nodes[at].owner = mixed ? (uint32_t) OWNER_MIXED : nodes[first].owner;
    if (!mixed)
        self->node_count = first;
    return leaf;
}

/*  A tree whose every inner node has eight children has one leaf, and seven more per inner node. */
static mst_err_t territory_alloc (partition_territory_t *self, uint32_t leaf_count)
{
    base_assert (leaf_count % (PARTITION_OCTANTS - 1) == 1);
    uint32_t blocks = (leaf_count - 1) / (PARTITION_OCTANTS - 1);
    self->node_capacity = 1 + blocks * PARTITION_OCTANTS;
    self->nodes = base_calloc (self->node_capacity, sizeof *self->nodes);
    self->leaves = base_calloc (leaf_count, sizeof *self->leaves);
    self->leaf_owners = base_calloc (leaf_count, sizeof *self->leaf_owners);
    if (!self->nodes || !self->leaves || !self->leaf_owners)
        return base_alloc_error ();
    return MST_OK;
}

mst_err_t partition_territory_new (partition_territory_t **self_p, const mst_octree_t *tree,
                                   uint32_t owner_count)
{
    base_assert (self_p != NULL);
    base_assert (tree != NULL);
    *self_p = NULL;
    if (owner_count == 0)
        return base_error (MST_E_INVALID_ARGUMENT, "a territory needs at least one owner");
    if (owner_count > PARTITION_OWNER_LIMIT)
        return base_error (MST_E_LIMIT, "a territory has at most %d owners, not %u",
                           PARTITION_OWNER_LIMIT, owner_count);
    partition_territory_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    mst_err_t err = territory_alloc (self, mst_octree_leaf_count (tree));
    if (err) {
        partition_territory_destroy (&self);
        return err;
    }
    self->owner_count = owner_count;
    mst_octree_leaves (tree, territory_take_leaf, self);
    territory_cut (self, mst_octree_count (tree));
    self->node_count = 1;
    territory_set_box (&self->nodes[TERRITORY_ROOT], mst_octree_cube (tree));
    uint32_t end = territory_build (self, TERRITORY_ROOT, 0, 0);
    base_assert (end == self->leaf_count);
    *self_p = self;
    return MST_OK;
}

void partition_territory_destroy (partition_territory_t **self_p)
{
    base_assert (self_p != NULL);
    partition_territory_t *self = *self_p;
    if (!self)
        return;
    base_free (self->leaf_owners);
    base_free (self->leaves);
    base_free (self->nodes);
    base_free (self);
    *self_p = NULL;
}

uint32_t partition_territory_owner (const partition_territory_t *self,
                                    const double point[PARTITION_AXES])
{
    base_assert (self != NULL);
    base_assert (point != NULL);
    const territory_node_t *node = &self->nodes[TERRITORY_ROOT];
    if (!mst_box_contains (&node->box, point))
        return PARTITION_OWNER_NONE;
    while (node->owner == OWNER_MIXED) {
        uint32_t octant = 0;
        for (int axis = 0; axis < PARTITION_AXES; axis++)
            octant |= (uint32_t) (point[axis] >= node->middle[axis]) << axis;
        node = &self->nodes[node->first_child + octant];
    }
    return node->owner;
}

/*  The sides of the middle planes that can be within reach: for each axis bit 0 says "the
    lower", bit 1 "the upper". A side is left out only if the computed gap to it exceeds the
    distance; what is kept too generously falls out at the box test of the end. */
static uint32_t territory_sides (const territory_node_t *node, const double point[PARTITION_AXES],
                                 double distance, int axis)
{
    double middle = node->middle[axis];
    if (point[axis] >= middle)
        return point[axis] - middle > distance ? 2u : 3u;
    return middle - point[axis] > distance ? 1u : 3u;
}

/*  Recursion ends at PARTITION_OCTREE_DEPTH_LIMIT; mostly one child is in reach. */
static partition_owners_t territory_near (const partition_territory_t *self, uint32_t at,
                                          const double point[PARTITION_AXES], double distance)
{
    const territory_node_t *node = &self->nodes[at];
    if (node->owner != OWNER_MIXED) {
        base_assert (node->owner < self->owner_count);
        bool near = mst_box_distance_squared (&node->box, point) <= distance * distance;
        return near ? (partition_owners_t) 1 << node->owner : 0;
    }
    uint32_t sides[PARTITION_AXES];
    for (int axis = 0; axis < PARTITION_AXES; axis++)
        sides[axis] = territory_sides (node, point, distance, axis);
    partition_owners_t owners = 0;
    for (uint32_t octant = 0; octant < PARTITION_OCTANTS; octant++) {
        uint32_t within = sides[0] >> (octant & 1) & sides[1] >> (octant >> 1 & 1) &
                          sides[2] >> (octant >> 2 & 1);
        if (within & 1)
            owners |= territory_near (self, node->first_child + octant, point, distance);
    }
    return owners;
}

partition_owners_t partition_territory_near (const partition_territory_t *self,
                                             const double point[PARTITION_AXES], double distance)
{
    base_assert (self != NULL);
    base_assert (point != NULL);
    base_assert (distance >= 0.0);
    return territory_near (self, TERRITORY_ROOT, point, distance);
}

uint32_t partition_territory_leaf_count (const partition_territory_t *self)
{
    base_assert (self != NULL);
    return self->leaf_count;
}

const mst_octree_leaf_t *partition_territory_leaf (const partition_territory_t *self,
                                                   uint32_t index)
{
    base_assert (self != NULL);
    base_assert (index < self->leaf_count);
    return &self->leaves[index];
}

uint32_t partition_territory_leaf_owner (const partition_territory_t *self, uint32_t index)
{
    base_assert (self != NULL);
    base_assert (index < self->leaf_count);
    return self->leaf_owners[index];
}

uint64_t partition_territory_load (const partition_territory_t *self, uint32_t owner)
{
    base_assert (self != NULL);
    base_assert (owner < self->owner_count);
    return self->loads[owner];
}

uint32_t partition_territory_owner_count (const partition_territory_t *self)
{
    base_assert (self != NULL);
    return self->owner_count;
}
