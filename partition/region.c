/*  Fixed regions: 21 bits for each of i, j and k, shifted so that none is below 0. */
#include <muster/partition.h>
#include "base/error.h"
#include "partition/box.h"

#include <math.h>

enum { REGION_BITS = 21 };

static mst_err_t region_check_side (double side)
{
    if (side > 0.0 && isfinite (side) && isfinite (side * MST_REGION_LIMIT))
        return MST_OK;
    return base_error (MST_E_INVALID_ARGUMENT, "regions with sides of %g: it must be a length",
                       side);
}

mst_err_t mst_region_of (const double point[3], double side, uint64_t *region)
{
    uint64_t id = 0;

    base_assert (point != NULL);
    base_assert (region != NULL);
    mst_err_t err = region_check_side (side);
    if (err)
        return err;
    for (int axis = 0; axis < PARTITION_AXES; axis++) {
        double at = floor (point[axis] / side);
        if (!isfinite (point[axis]))
            return base_error (MST_E_INVALID_ARGUMENT, "no region has a point at (%g, %g, %g)",
                               point[0], point[1], point[2]);
        /*  The division may round across the border that the box has. */
        if (at * side > point[axis])
            at -= 1.0;
        else if ((at + 1.0) * side <= point[axis])
            at += 1.0;
        if (!(at >= -MST_REGION_LIMIT && at < MST_REGION_LIMIT))
            return base_error (MST_E_LIMIT,
                               "(%g, %g, %g) is beyond the regions, %d of %g each way "
                               "(MST_REGION_LIMIT)",
                               point[0], point[1], point[2], MST_REGION_LIMIT, side);
        id = id << REGION_BITS | (uint64_t) (at + MST_REGION_LIMIT);
    }
    *region = id;
    return MST_OK;
}

mst_err_t mst_region_box (uint64_t region, double side, mst_box_t *box)
{
    base_assert (box != NULL);
    mst_err_t err = region_check_side (side);
    if (!err && region >> PARTITION_AXES * REGION_BITS)
        err = base_error (MST_E_INVALID_ARGUMENT, "%llu is no region's number",
                          (unsigned long long) region);
    for (int axis = PARTITION_AXES - 1; axis >= 0 && !err; axis--, region >>= REGION_BITS) {
        double at = (double) (region & ((1u << REGION_BITS) - 1)) - MST_REGION_LIMIT;
        box->low[axis] = at * side;
        box->high[axis] = (at + 1.0) * side;
    }
    return err;
}
