/*  What the files of the octree share: octree.c (life, one entity), octree_bucket.c (a leaf's
   store), octree_shape.c (splitting and joining), octree_load.c (many at once), octree_query.c,
    octree_ranked.c, octree_pairs.c and octree_check.c. The interface is <muster/octree.h>.

    Nodes live in one array, the root first, then blocks of eight; a leaf's entities lie together in
   a bucket, each in a place that it keeps until the leaf is split or joined. A table of 32-bit
   slots leads from an id to node and place: it holds no ids, since the entry that it leads to does,
   but five bits of the hash, which spare nearly every look at a wrong entry. So a move within a
   leaf touches three lines of memory: slot, cell, entry.

    Below the greatest depth of a box, nodes are split by the bits of the id, highest first: a heap
   of entities at one point is a tree, too, and stays in the order of ids.

    Whoever changes the tree first makes all the room that the change can need; from there on
   nothing fails. Joining needs a bucket, so one is always kept spare. */
#ifndef PARTITION_OCTREE_H
#define PARTITION_OCTREE_H

#include <math.h>
#include <string.h>
#include <muster/octree.h>
#include "base/check.h"
#include "partition/box.h"

enum {
    OCTREE_ROOT = 0,
    OCTREE_PLACE_BITS = 6,
    OCTREE_NODE_BITS = 21,
    OCTREE_TAG_BITS = 5,
    OCTREE_NODES_MAX = (1 << OCTREE_NODE_BITS) - 8, /* so that no slot looks free */
    OCTREE_ID_LEVELS = 22,                          /* three bits of an id each */
    OCTREE_BUCKET_STEP = 8                          /* capacities are multiples of it */
};
_Static_assert(OCTREE_PLACE_BITS + OCTREE_NODE_BITS + OCTREE_TAG_BITS == 32, "a slot is one word");
_Static_assert(MST_OCTREE_LEAF_CAPACITY == 1 << OCTREE_PLACE_BITS, "each place has a number");
_Static_assert(OCTREE_ID_LEVELS * 3 >= 64, "no two ids share all levels");

#define OCTREE_NONE UINT32_MAX

typedef struct octree_entry {
    uint64_t id;
    double point[PARTITION_AXES];
} octree_entry_t;

/*  A leaf's entities: `capacity` entries, then the radii where the tree has extents. They lie in no
    order: who visits puts what it found in the order of ids, which is less than is stored. What is
    rarely asked, the capacity and where the block begins, stands in the bytes before the entries.
 */
typedef struct octree_bucket {
    octree_entry_t *entries; /* NULL: capacity 0 */
    uint64_t used;           /* bit i: place i is taken */
} octree_bucket_t;

/*  What a move looks at of node i; and, apart from it, the rest. */
typedef struct octree_cell {
    mst_box_t box;
    octree_bucket_t bucket; /* empty unless the node is a leaf */
} octree_cell_t;
_Static_assert(sizeof (octree_cell_t) == 64, "a cell is a line of memory");

typedef struct octree_node {
    uint32_t first_child; /* of eight in a row; NONE in a leaf; a free block's next block */
    uint32_t parent;
    uint32_t count; /* entities below */
    uint32_t depth; /* beyond MST_OCTREE_DEPTH_MAX: split by id */
} octree_node_t;

struct mst_octree {
    octree_node_t *nodes;
    octree_cell_t *cells;
    double *reach;   /* the largest radius that was below node i; NULL without extents */
    uint32_t *slots; /* id to tag, node and place */
    uint32_t slot_bits;
    uint32_t node_count;
    uint32_t node_capacity;
    uint32_t free_block;
    uint32_t free_blocks;
    uint32_t leaf_count; /* leaves in space: what is split by id counts as one */
    uint32_t leaf_capacity;
    bool extents;
    octree_bucket_t spare; /* for the next join, if nothing else is to be had */
    size_t bytes;
    size_t limit_bytes;
};

/*  octree_bucket.c. Memory of a tree, counted against its limit. */
mst_err_t partition_octree_alloc (mst_octree_t *self, size_t size_bytes, void **block);
void partition_octree_free (mst_octree_t *self, void *block, size_t size_bytes);
mst_err_t partition_octree_bucket_new (mst_octree_t *self, uint32_t room, octree_bucket_t *bucket);
void partition_octree_bucket_free (mst_octree_t *self, octree_bucket_t *bucket);
mst_err_t partition_octree_bucket_grow (mst_octree_t *self, uint32_t leaf);
void partition_octree_bucket_trim (mst_octree_t *self, uint32_t leaf);
/*  The places of a mask in the order of their ids; returns how many. */
uint32_t partition_octree_in_order (const octree_bucket_t *bucket, uint64_t mask,
                                    uint8_t places[MST_OCTREE_LEAF_CAPACITY]);

/*  octree_shape.c. */
mst_err_t partition_octree_reserve_blocks (mst_octree_t *self, uint32_t blocks);
mst_err_t partition_octree_reserve_spare (mst_octree_t *self);
uint32_t partition_octree_add_children (mst_octree_t *self, uint32_t parent);
/*  Makes room for one more in a leaf, splitting it if it must; *target is the leaf to put it in. */
mst_err_t partition_octree_room (mst_octree_t *self, uint32_t leaf, const double *point,
                                 uint64_t id, uint32_t *target);
void partition_octree_join_above (mst_octree_t *self, uint32_t leaf);

/*  octree_ids.c. */
mst_err_t partition_octree_reserve_ids (mst_octree_t *self, size_t count);
uint32_t *partition_octree_free_slot (mst_octree_t *self, uint64_t id);
void partition_octree_move_slot (mst_octree_t *self, uint64_t id, uint32_t from, uint32_t to);
void partition_octree_remove_slot (mst_octree_t *self, uint32_t *slot);

static inline uint32_t octree_capacity (const octree_bucket_t *bucket)
{
    return bucket->entries ? ((const uint8_t *) bucket->entries)[-1] : 0;
}

static inline double *octree_radii (const octree_bucket_t *bucket)
{
    return (double *) (void *) (bucket->entries + octree_capacity (bucket));
}

/*  Takes a free place in a bucket that has one; the entry is the caller's to fill. */
static inline uint32_t octree_take_place (octree_bucket_t *bucket)
{
    uint32_t place = (uint32_t) __builtin_ctzll (~bucket->used);
    base_assert (place < octree_capacity (bucket));
    bucket->used |= UINT64_C (1) << place;
    return place;
}

static inline void octree_drop_place (octree_bucket_t *bucket, uint32_t place)
{
    base_assert (bucket->used >> place & 1);
    bucket->used &= ~(UINT64_C (1) << place);
}

static inline double octree_radius (const mst_octree_t *self, const octree_bucket_t *bucket,
                                    uint32_t place)
{
    return self->extents ? octree_radii (bucket)[place] : 0.0;
}

static inline double octree_reach (const mst_octree_t *self, uint32_t node)
{
    return self->extents ? self->reach[node] : 0.0;
}

static inline bool octree_is_leaf (const octree_node_t *node)
{
    return node->first_child == OCTREE_NONE;
}

/*  Of the children of a node, the one in which an entity belongs. */
static inline uint32_t octree_octant (const mst_box_t *box, uint32_t depth, const double *point,
                                      uint64_t id)
{
    if (depth < MST_OCTREE_DEPTH_MAX)
        return partition_box_octant (box, point);
    base_assert (depth < MST_OCTREE_DEPTH_MAX + OCTREE_ID_LEVELS);
    return (uint32_t) (id >> 3 * (MST_OCTREE_DEPTH_MAX + OCTREE_ID_LEVELS - 1 - depth)) & 7;
}

static inline mst_box_t octree_child_box (const mst_box_t *box, uint32_t depth, uint32_t octant)
{
    return depth < MST_OCTREE_DEPTH_MAX ? partition_box_child (box, octant) : *box;
}

/*  The leaf of a point below a node whose box contains it. */
static inline uint32_t octree_descend (const mst_octree_t *self, uint32_t node, const double *point,
                                       uint64_t id)
{
    while (!octree_is_leaf (&self->nodes[node])) {
        const octree_node_t *parent = &self->nodes[node];
        node =
            parent->first_child + octree_octant (&self->cells[node].box, parent->depth, point, id);
    }
    return node;
}

/*  Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, 6.4): the high bits choose
   the slot, the next ones are the tag. */
static inline uint64_t octree_hash (uint64_t id)
{
    return id * 0x9e3779b97f4a7c15u;
}

static inline uint32_t octree_slot_index (const mst_octree_t *self, uint64_t id)
{
    return (uint32_t) (octree_hash (id) >> (64 - self->slot_bits));
}

static inline uint32_t octree_location (const mst_octree_t *self, uint64_t id, uint32_t node,
                                        uint32_t place)
{
    uint32_t tag = (uint32_t) (octree_hash (id) >> (64 - self->slot_bits - OCTREE_TAG_BITS)) & 31;
    return tag << (32 - OCTREE_TAG_BITS) | node << OCTREE_PLACE_BITS | place;
}

static inline uint32_t octree_slot_node (uint32_t slot)
{
    return slot >> OCTREE_PLACE_BITS & ((1u << OCTREE_NODE_BITS) - 1);
}

static inline uint32_t octree_slot_place (uint32_t slot)
{
    return slot & ((1u << OCTREE_PLACE_BITS) - 1);
}

/*  The slot of an id, or NULL. */
static inline uint32_t *octree_find_slot (const mst_octree_t *self, uint64_t id)
{
    uint32_t mask = (1u << self->slot_bits) - 1;
    uint32_t tag = octree_location (self, id, 0, 0) >> (32 - OCTREE_TAG_BITS);
    for (uint32_t at = octree_slot_index (self, id);; at = (at + 1) & mask) {
        uint32_t slot = self->slots[at];
        if (slot == OCTREE_NONE)
            return NULL;
        if (slot >> (32 - OCTREE_TAG_BITS) == tag &&
            self->cells[octree_slot_node (slot)].bucket.entries[octree_slot_place (slot)].id == id)
            return &self->slots[at];
    }
}

#endif
