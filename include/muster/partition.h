/*  <muster/partition.h>: who owns which part of space.

    A territory is a cube whose octree leaves were dealt out among owners 0 … owners - 1, so that
    each has its share of the points from which it was built. Boxes are half open: low belongs to a
    box, high does not, and every point of the cube has one owner. A territory never changes;
    whoever builds one from the same points, in whatever order, gets the same to the last bit. So
    federates that agree on the points need not tell each other who owns what.

    Lengths are in the caller's unit. A point is three doubles: x, y, z.

    Thread rule: any number of threads may ask one territory. */
#ifndef MUSTER_PARTITION_H
#define MUSTER_PARTITION_H

#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MST_OWNERS_MAX = 64, /* a set of owners is one 64-bit word: bit i is owner i */
    MST_OWNER_NONE = 255 /* who owns a point outside the cube */
};

typedef struct mst_territory mst_territory_t;

/*  A leaf of the octree, as it was when the territory was built. */
typedef struct mst_leaf {
    double low[3];
    double high[3];
    uint32_t owner;
    uint32_t points;
} mst_leaf_t;

/*  Deals out the cube [centre - half_width, centre + half_width) on each axis. half_width: finite
    and above 0. points: 3 x count doubles, only looked at; points outside the cube count for
    nobody. owners: 1 … MST_OWNERS_MAX; where there are fewer leaves than owners the last owners
    get none. The territory is the caller's; *territory is NULL after an error. Errors:
    MST_E_INVALID_ARGUMENT (no owner, a point or the cube is not finite), MST_E_LIMIT
    (MST_OWNERS_MAX), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_territory_new (const double centre[3], double half_width,
                                        const double *points, size_t count, uint32_t owners,
                                        mst_territory_t **territory);
/*  Gives it back and sets it to NULL; NULL already is fine. */
MST_EXPORT void mst_territory_destroy (mst_territory_t **territory);

/*  The owner of a point; MST_OWNER_NONE outside the cube. */
MST_EXPORT uint32_t mst_territory_owner (const mst_territory_t *territory, const double point[3]);

/*  Everyone who owns a leaf within `distance` of a point, the border included; the point may be
    outside. distance: at least 0. Whoever owns a point b closer than `distance` to a is always
    in the set of a, whatever rounding does. */
MST_EXPORT uint64_t mst_territory_near (const mst_territory_t *territory, const double point[3],
                                        double distance);

/*  How many owners there are, and how many points an owner had when the territory was built.
    owner: below the number of owners; beyond it the load is 0. */
MST_EXPORT uint32_t mst_territory_owners (const mst_territory_t *territory);
MST_EXPORT uint64_t mst_territory_load (const mst_territory_t *territory, uint32_t owner);

/*  The leaves, in Morton order. Errors of the second: MST_E_INVALID_ARGUMENT (index is not below
    the number of leaves). */
MST_EXPORT uint32_t mst_territory_leaf_count (const mst_territory_t *territory);
MST_EXPORT mst_err_t mst_territory_leaf (const mst_territory_t *territory, uint32_t index,
                                         mst_leaf_t *leaf);

#ifdef __cplusplus
}
#endif
#endif
