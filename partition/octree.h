/*  An octree of moving points over a cube. A box is split while it holds more than
    PARTITION_OCTREE_LEAF_LIMIT points and lies above PARTITION_OCTREE_DEPTH_LIMIT, and joined
    again when it does not: the tree is a function of the points that stand in it, whatever
    happened before. Whatever lists or visits does so in Morton order of the leaves, and by id
    within a leaf.

    Points are copied. Handing in NULL where a thing is expected is our own mistake and asserted.

    Thread rule: one thread at a time per tree. */
#ifndef PARTITION_OCTREE_H
#define PARTITION_OCTREE_H

#include <stdbool.h>
#include <stdint.h>
#include <muster/error.h>
#include "partition/box.h"

enum {
    PARTITION_OCTREE_LEAF_LIMIT = 64,  /* points in a leaf; more only at the depth limit */
    PARTITION_OCTREE_DEPTH_LIMIT = 24, /* the root has depth 0 */
    PARTITION_OCTREE_ENTITY_LIMIT = 1 << 26
};

typedef struct partition_octree partition_octree_t;

typedef struct partition_leaf {
    partition_box_t box;
    uint32_t count; /* entities in it */
    uint32_t depth;
} partition_leaf_t;

typedef void partition_entity_visit_t (void *context, uint64_t id,
                                       const double point[PARTITION_AXES]);
typedef void partition_leaf_visit_t (void *context, const partition_leaf_t *leaf);

/*  Makes an empty tree over [centre - half_width, centre + half_width) on each axis.
    half_width: finite and above 0; a power of two times the centre's grid keeps the planes exact.
    The tree is the caller's, who destroys it; *self_p is NULL after an error.
    Errors: MST_E_INVALID_ARGUMENT, MST_E_NO_MEMORY. */
mst_err_t partition_octree_new (partition_octree_t **self_p, const double centre[PARTITION_AXES],
                                double half_width);
void partition_octree_destroy (partition_octree_t **self_p);

/*  Puts in, takes out or moves one entity. After an error the tree is as it was.
    Errors: MST_E_INVALID_ARGUMENT (a point outside the cube, an id that is in already),
    MST_E_OBJECT_UNKNOWN (no such id), MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t partition_octree_insert (partition_octree_t *self, uint64_t id,
                                   const double point[PARTITION_AXES]);
mst_err_t partition_octree_remove (partition_octree_t *self, uint64_t id);
mst_err_t partition_octree_move (partition_octree_t *self, uint64_t id,
                                 const double point[PARTITION_AXES]);

/*  Where an entity stands: false, and point untouched, when it is not in the tree. */
bool partition_octree_find (const partition_octree_t *self, uint64_t id,
                            double point[PARTITION_AXES]);

uint32_t partition_octree_count (const partition_octree_t *self);
uint32_t partition_octree_leaf_count (const partition_octree_t *self);
const partition_box_t *partition_octree_box (const partition_octree_t *self);

/*  The leaf of a point: false when the point is outside the cube. */
bool partition_octree_leaf_of (const partition_octree_t *self, const double point[PARTITION_AXES],
                               partition_leaf_t *leaf);

/*  Visits every leaf, or those whose box lies within `distance` of a point (the border counts). */
void partition_octree_leaves (const partition_octree_t *self, partition_leaf_visit_t *visit,
                              void *context);
void partition_octree_leaves_near (const partition_octree_t *self,
                                   const double point[PARTITION_AXES], double distance,
                                   partition_leaf_visit_t *visit, void *context);

/*  Visits every entity, or those closer than `radius` to a point (the border does not count; the
    point itself counts if it is in the tree). The tree must not be changed by the visitor. */
void partition_octree_entities (const partition_octree_t *self, partition_entity_visit_t *visit,
                                void *context);
void partition_octree_entities_near (const partition_octree_t *self,
                                     const double point[PARTITION_AXES], double radius,
                                     partition_entity_visit_t *visit, void *context);

#endif
