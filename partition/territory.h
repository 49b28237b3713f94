/*  Who owns which part of space: the leaves of an octree, in Morton order, cut into one run per
    owner. A run ends with the first leaf at which its owner and those before have their share of
    the entities, so an owner has at most a leaf more than its share.

    A territory never changes: a leaf that overfills later is split in its owner's own index
    only. Everyone who builds one from the same points gets the same.

    Thread rule: any number of threads may read one. */
#ifndef PARTITION_TERRITORY_H
#define PARTITION_TERRITORY_H

#include <stdint.h>
#include <muster/error.h>
#include <muster/octree.h>
#include "partition/box.h"

enum {
    PARTITION_OWNER_LIMIT = 64, /* a set of owners is one word */
    PARTITION_OWNER_NONE = 255  /* who owns a point outside the cube */
};
_Static_assert(PARTITION_OWNER_LIMIT < PARTITION_OWNER_NONE, "no owner is nobody");

typedef struct partition_territory partition_territory_t;

/*  Bit i: owner i. */
typedef uint64_t partition_owners_t;

/*  Cuts the tree's leaves among owners 0 … owner_count - 1. Where there are at least as many
    leaves as owners, each gets one or more; else the last owners get none. The tree is only
    looked at and may be destroyed; the territory is the caller's. *self_p is NULL after an
    error. Errors: MST_E_INVALID_ARGUMENT (no owner), MST_E_LIMIT (above PARTITION_OWNER_LIMIT),
    MST_E_NO_MEMORY. */
mst_err_t partition_territory_new (partition_territory_t **self_p, const mst_octree_t *tree,
                                   uint32_t owner_count);
void partition_territory_destroy (partition_territory_t **self_p);

/*  The owner of a point; PARTITION_OWNER_NONE outside the cube. */
uint32_t partition_territory_owner (const partition_territory_t *self,
                                    const double point[PARTITION_AXES]);

/*  Everyone who owns a leaf within `distance` of a point, the border included; the point may be
    outside. Agrees to the last bit with mst_distance_squared () (a, b) < distance *
    distance: the owner of b is always in the set of a. Meant for each entity at each step. */
partition_owners_t partition_territory_near (const partition_territory_t *self,
                                             const double point[PARTITION_AXES], double distance);

/*  The leaves as they were when the cut was made, in Morton order, and who has them.
    index below partition_territory_leaf_count (). */
uint32_t partition_territory_leaf_count (const partition_territory_t *self);
const mst_octree_leaf_t *partition_territory_leaf (const partition_territory_t *self,
                                                   uint32_t index);
uint32_t partition_territory_leaf_owner (const partition_territory_t *self, uint32_t index);

/*  The entities that an owner had in its leaves when the cut was made. */
uint64_t partition_territory_load (const partition_territory_t *self, uint32_t owner);
uint32_t partition_territory_owner_count (const partition_territory_t *self);

#endif
