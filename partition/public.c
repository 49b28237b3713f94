/*  <muster/partition.h>: the territory for users. Its names are public, its work is done by octree
    and territory; what a user can get wrong is answered with an error here. */
#include <muster/partition.h>
#include "base/alloc.h"
#include "base/error.h"
#include "partition/box.h"
#include "partition/territory.h"

#include <math.h>
#include <string.h>

_Static_assert((int) MST_OWNERS_MAX == (int) PARTITION_OWNER_LIMIT, "one limit, two names");
_Static_assert((int) MST_OWNER_NONE == (int) PARTITION_OWNER_NONE, "nobody has one number");

struct mst_territory {
    partition_territory_t *inner;
};

static bool public_finite (const double point[PARTITION_AXES])
{
    return isfinite (point[0]) && isfinite (point[1]) && isfinite (point[2]);
}

static mst_err_t public_insert (mst_octree_t *tree, const double *points, size_t count)
{
    mst_err_t err = MST_OK;

    base_assert (tree != NULL);
    base_assert (points != NULL || count == 0);
    for (size_t i = 0; !err && i < count; i++) {
        const double *point = points + i * PARTITION_AXES;
        if (!public_finite (point))
            return base_error (MST_E_INVALID_ARGUMENT, "point %zu of a territory is not finite", i);
        if (mst_box_contains (mst_octree_cube (tree), point))
            err = mst_octree_insert (tree, i, point, 0.0);
    }
    return err;
}

mst_err_t mst_territory_new (const double centre[3], double half_width, const double *points,
                             size_t count, uint32_t owners, mst_territory_t **territory)
{
    mst_octree_t *tree = NULL;
    mst_octree_options_t options = { .half_width = half_width };

    base_assert (territory != NULL);
    base_assert (centre != NULL);
    memcpy (options.centre, centre, sizeof options.centre);
    *territory = NULL;
    if (!public_finite (centre) || !isfinite (half_width) || half_width <= 0.0)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a territory needs a finite centre and a half width above 0, not %g",
                           half_width);
    mst_territory_t *self = base_calloc (1, sizeof *self);
    mst_err_t err = self ? MST_OK : base_alloc_error ();
    if (!err)
        err = mst_octree_new (&options, &tree);
    if (!err)
        err = public_insert (tree, points, count);
    if (!err)
        err = partition_territory_new (&self->inner, tree, owners);
    mst_octree_destroy (&tree);
    if (err)
        base_free (self);
    else
        *territory = self;
    return err;
}

void mst_territory_destroy (mst_territory_t **territory)
{
    base_assert (territory != NULL);
    if (!*territory)
        return;
    partition_territory_destroy (&(*territory)->inner);
    base_free (*territory);
    *territory = NULL;
}

uint32_t mst_territory_owner (const mst_territory_t *territory, const double point[3])
{
    base_assert (territory != NULL);
    return partition_territory_owner (territory->inner, point);
}

uint64_t mst_territory_near (const mst_territory_t *territory, const double point[3],
                             double distance)
{
    base_assert (territory != NULL);
    return partition_territory_near (territory->inner, point, distance);
}

uint32_t mst_territory_owners (const mst_territory_t *territory)
{
    base_assert (territory != NULL);
    return partition_territory_owner_count (territory->inner);
}

uint64_t mst_territory_load (const mst_territory_t *territory, uint32_t owner)
{
    base_assert (territory != NULL);
    if (owner >= partition_territory_owner_count (territory->inner))
        return 0;
    return partition_territory_load (territory->inner, owner);
}

uint32_t mst_territory_leaf_count (const mst_territory_t *territory)
{
    base_assert (territory != NULL);
    return partition_territory_leaf_count (territory->inner);
}

mst_err_t mst_territory_leaf (const mst_territory_t *territory, uint32_t index, mst_leaf_t *leaf)
{
    base_assert (territory != NULL);
    base_assert (leaf != NULL);
    uint32_t count = partition_territory_leaf_count (territory->inner);
    if (index >= count)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "the territory has %u leaves: there is no number %u", count, index);
    const mst_octree_leaf_t *inner = partition_territory_leaf (territory->inner, index);
    memcpy (leaf->low, inner->box.low, sizeof leaf->low);
    memcpy (leaf->high, inner->box.high, sizeof leaf->high);
    leaf->owner = partition_territory_leaf_owner (territory->inner, index);
    leaf->points = inner->count;
    return MST_OK;
}
