/*  <muster/octree.h>: an index of moving entities in space. Usable without any federation.

    An entity is an id of the caller's choice and a ball: a centre inside the tree's cube, and a
   radius, which is 0 unless the tree was made for `extents`. The tree is a bucket octree: a box is
   split into its eight halves while it holds more than `leaf_capacity` centres, and joined again
   when it does not; balls reach beyond their box (Ulrich, "Loose Octrees", 2000), and queries allow
   for the furthest reach below each box. So the tree is a function of what stands in it, whatever
   happened before, and so is every order: whoever visits does so in Morton order of the leaves
   (Morton 1966), and by id within a leaf.

    Lengths are in the caller's unit. A point is three doubles: x, y, z. Costs on two cores at 2.5
   GHz are in docs/performance.md; memory is about 50 bytes an entity, and bounded by `limit_bytes`.

    Ownership: the tree copies what it is given. Errors: every function that can fail returns an
    mst_err_t and leaves the tree as it was; a NULL where a thing is expected is asserted.

    Thread rule: one thread at a time changes a tree, and none reads it meanwhile; any number of
   threads may read one that nobody changes. A visitor must not change the tree that it visits. */
#ifndef MUSTER_OCTREE_H
#define MUSTER_OCTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/box.h>
#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MST_OCTREE_LEAF_CAPACITY = 64,    /* the default, and the most */
    MST_OCTREE_DEPTH_MAX = 24,        /* of a leaf's box; the root has depth 0 */
    MST_OCTREE_ENTITIES_MAX = 1 << 25 /* in one tree; fewer where leaves stay nearly empty */
};

typedef struct mst_octree mst_octree_t;

typedef struct mst_octree_options {
    double centre[3];
    double half_width; /* the cube is [centre - half_width, centre + half_width) on each axis */
    uint32_t leaf_capacity; /* 1 … MST_OCTREE_LEAF_CAPACITY; 0: that default */
    bool extents;           /* entities may have a radius: 8 bytes more for each */
    size_t limit_bytes;     /* memory of the tree; 0: no limit */
} mst_octree_options_t;

/*  A leaf: its box, how many centres stand in it, and how often the cube was halved to get it. */
typedef struct mst_octree_leaf {
    mst_box_t box;
    uint32_t count;
    uint32_t depth;
} mst_octree_leaf_t;

/*  What a ranked query found. */
typedef struct mst_octree_hit {
    uint64_t id;
    double
        distance; /* nearest: from the point to the centre; ray: along the ray to where it enters */
} mst_octree_hit_t;

/*  Called for each find. Returning false ends the query. `point` lives during the call only. */
typedef bool mst_octree_visit_t (void *context, uint64_t id, const double point[3], double radius);
typedef bool mst_octree_leaf_visit_t (void *context, const mst_octree_leaf_t *leaf);

/*  a < b, and the square of the distance between their centres. */
typedef bool mst_octree_pair_visit_t (void *context, uint64_t a, uint64_t b,
                                      double distance_squared);

/*  Makes an empty tree. The options are only looked at. The half width must be finite, above 0, and
    large enough against the centre to be halved MST_OCTREE_DEPTH_MAX times. The tree is the
   caller's, who destroys it; *tree is NULL after an error. Errors: MST_E_INVALID_ARGUMENT,
   MST_E_LIMIT (limit_bytes), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_octree_new (const mst_octree_options_t *options, mst_octree_t **tree);

/*  Gives it back and sets it to NULL; NULL already is fine. */
MST_EXPORT void mst_octree_destroy (mst_octree_t **tree);

/*  Puts an entity in. radius: finite, at least 0; 0 without `extents`.
    Errors: MST_E_INVALID_ARGUMENT (a point outside the cube or not a number, a wrong radius, an id
   that is in already), MST_E_LIMIT (entities, nodes or limit_bytes), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_octree_insert (mst_octree_t *tree, uint64_t id, const double point[3],
                                        double radius);

/*  Takes `count` entities into an empty tree at once, in Morton order: several times faster than
   one by one, and packed more closely. points: 3 x count doubles; radii: count doubles, or NULL for
   all 0. Needs 8 bytes an entity besides, for as long as it runs. After an error the tree is empty.
    Errors: as mst_octree_insert (), and MST_E_INVALID_ARGUMENT where the tree is not empty. */
MST_EXPORT mst_err_t mst_octree_load (mst_octree_t *tree, const uint64_t *ids, const double *points,
                                      const double *radii, size_t count);

/*  Moves an entity's centre. Errors: MST_E_INVALID_ARGUMENT (the point), MST_E_OBJECT_UNKNOWN (no
   such id), MST_E_LIMIT, MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_octree_move (mst_octree_t *tree, uint64_t id, const double point[3]);

/*  Changes its radius, in a tree made for `extents`. Errors: MST_E_INVALID_ARGUMENT,
    MST_E_OBJECT_UNKNOWN. */
MST_EXPORT mst_err_t mst_octree_resize (mst_octree_t *tree, uint64_t id, double radius);

/*  Takes it out. Errors: MST_E_OBJECT_UNKNOWN; MST_E_NO_MEMORY, MST_E_LIMIT (leaves that must be
    joined find no room). */
MST_EXPORT mst_err_t mst_octree_remove (mst_octree_t *tree, uint64_t id);

/*  Where an entity stands: false, and nothing written, when it is not in the tree. radius may be
 * NULL. */
MST_EXPORT bool mst_octree_find (const mst_octree_t *tree, uint64_t id, double point[3],
                                 double *radius);

/*  How many entities and leaves there are, what memory the tree has, and its cube. */
MST_EXPORT uint32_t mst_octree_count (const mst_octree_t *tree);
MST_EXPORT uint32_t mst_octree_leaf_count (const mst_octree_t *tree);
MST_EXPORT size_t mst_octree_bytes (const mst_octree_t *tree);
MST_EXPORT const mst_box_t *mst_octree_cube (const mst_octree_t *tree);

/*  Visits every entity. */
MST_EXPORT void mst_octree_each (const mst_octree_t *tree, mst_octree_visit_t *visit,
                                 void *context);

/*  Visits the entities whose centre is in the box, or whose ball reaches into it (its distance to
   the box is below the radius). */
MST_EXPORT void mst_octree_in_box (const mst_octree_t *tree, const mst_box_t *box,
                                   mst_octree_visit_t *visit, void *context);

/*  Visits the entities whose centre is closer than `distance` plus their radius to a point, which
   may be outside the cube. distance: at least 0. */
MST_EXPORT void mst_octree_in_sphere (const mst_octree_t *tree, const double point[3],
                                      double distance, mst_octree_visit_t *visit, void *context);

/*  The `capacity` entities whose centres are nearest to a point, nearest first, equal ones by id.
   hits: room for `capacity`, the caller's. Returns how many there are. */
MST_EXPORT size_t mst_octree_nearest (const mst_octree_t *tree, const double point[3],
                                      mst_octree_hit_t *hits, size_t capacity);

/*  The first `capacity` entities that a ray meets: those whose centre it passes at `thickness` plus
   their radius or closer; ordered by where it enters them, equal ones by id. direction: any length
   but 0; length: how far the ray goes, INFINITY allowed. Returns how many there are; 0 for a
   direction that is no direction. */
MST_EXPORT size_t mst_octree_ray (const mst_octree_t *tree, const double origin[3],
                                  const double direction[3], double length, double thickness,
                                  mst_octree_hit_t *hits, size_t capacity);

/*  Visits each pair of entities whose centres are closer than `distance` plus both radii, once.
    Errors: MST_E_INVALID_ARGUMENT (distance is not a number, or below 0). */
MST_EXPORT mst_err_t mst_octree_pairs (const mst_octree_t *tree, double distance,
                                       mst_octree_pair_visit_t *visit, void *context);

/*  The leaf of a point: false when the point is outside the cube. */
MST_EXPORT bool mst_octree_leaf_of (const mst_octree_t *tree, const double point[3],
                                    mst_octree_leaf_t *leaf);

/*  Visits every leaf, or those whose box lies within `distance` of a point, the border included. A
   leaf of the greatest depth may hold more than `leaf_capacity`. */
MST_EXPORT void mst_octree_leaves (const mst_octree_t *tree, mst_octree_leaf_visit_t *visit,
                                   void *context);
MST_EXPORT void mst_octree_leaves_near (const mst_octree_t *tree, const double point[3],
                                        double distance, mst_octree_leaf_visit_t *visit,
                                        void *context);

/*  Checks everything that must hold within the tree: for tests, since it reads all of it.
    Errors: MST_E_INTERNAL, with what is wrong. */
MST_EXPORT mst_err_t mst_octree_check (const mst_octree_t *tree);

#ifdef __cplusplus
}
#endif
#endif
