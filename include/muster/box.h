/*  <muster/box.h>: boxes of space, aligned with the axes.

    A box is half open: low belongs to it, high does not. So the eight parts of a halved box cover
   it without a gap and without an overlap, and two boxes that only touch do not intersect. A box
   whose low is not below its high on every axis is empty: it contains nothing, intersects nothing,
   and has the volume 0. Lengths are in the caller's unit; a point is three doubles x, y, z. Nothing
   here fails; a NaN is in no box.

    Thread rule: any thread; nothing here keeps state. */
#ifndef MUSTER_BOX_H
#define MUSTER_BOX_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mst_box {
    double low[3];
    double high[3];
} mst_box_t;

static inline bool mst_box_empty (const mst_box_t *box)
{
    return !(box->low[0] < box->high[0] && box->low[1] < box->high[1] &&
             box->low[2] < box->high[2]);
}

static inline bool mst_box_contains (const mst_box_t *box, const double point[3])
{
    return point[0] >= box->low[0] && point[0] < box->high[0] && point[1] >= box->low[1] &&
           point[1] < box->high[1] && point[2] >= box->low[2] && point[2] < box->high[2];
}

/*  Every point of `inner` is in `box`; true of an empty `inner`. */
static inline bool mst_box_contains_box (const mst_box_t *box, const mst_box_t *inner)
{
    if (mst_box_empty (inner))
        return true;
    for (int axis = 0; axis < 3; axis++)
        if (!(inner->low[axis] >= box->low[axis] && inner->high[axis] <= box->high[axis]))
            return false;
    return true;
}

/*  They have a point in common. */
static inline bool mst_box_intersects (const mst_box_t *a, const mst_box_t *b)
{
    if (mst_box_empty (a) || mst_box_empty (b))
        return false;
    for (int axis = 0; axis < 3; axis++)
        if (!(a->low[axis] < b->high[axis] && b->low[axis] < a->high[axis]))
            return false;
    return true;
}

/*  The smallest box that contains both; an empty one adds nothing. */
static inline mst_box_t mst_box_merge (const mst_box_t *a, const mst_box_t *b)
{
    if (mst_box_empty (a))
        return *b;
    if (mst_box_empty (b))
        return *a;
    mst_box_t merged = *a;
    for (int axis = 0; axis < 3; axis++) {
        if (b->low[axis] < merged.low[axis])
            merged.low[axis] = b->low[axis];
        if (b->high[axis] > merged.high[axis])
            merged.high[axis] = b->high[axis];
    }
    return merged;
}

/*  The middle along an axis, 0 … 2: computed in one way everywhere, so that all agree on its every
    bit. */
static inline double mst_box_middle (const mst_box_t *box, int axis)
{
    return 0.5 * (box->low[axis] + box->high[axis]);
}

static inline void mst_box_centre (const mst_box_t *box, double centre[3])
{
    for (int axis = 0; axis < 3; axis++)
        centre[axis] = mst_box_middle (box, axis);
}

/*  The lengths of its sides; 0 on an axis on which it is empty. */
static inline void mst_box_size (const mst_box_t *box, double size[3])
{
    for (int axis = 0; axis < 3; axis++)
        size[axis] = box->low[axis] < box->high[axis] ? box->high[axis] - box->low[axis] : 0.0;
}

static inline double mst_box_volume (const mst_box_t *box)
{
    double size[3];
    mst_box_size (box, size);
    return size[0] * size[1] * size[2];
}

/*  The square of the distance from a point to the box, borders included; 0 inside. The differences
    are summed x, y, z, as mst_distance_squared () sums them: rounding is monotone, so the distance
   to a box is never computed above that to a point in it, and no neighbour is lost to the last bit.
 */
static inline double mst_box_distance_squared (const mst_box_t *box, const double point[3])
{
    double sum = 0.0;
    for (int axis = 0; axis < 3; axis++) {
        double gap = 0.0;
        if (point[axis] < box->low[axis])
            gap = box->low[axis] - point[axis];
        else if (point[axis] > box->high[axis])
            gap = point[axis] - box->high[axis];
        sum += gap * gap;
    }
    return sum;
}

static inline double mst_distance_squared (const double a[3], const double b[3])
{
    double sum = 0.0;
    for (int axis = 0; axis < 3; axis++)
        sum += (a[axis] - b[axis]) * (a[axis] - b[axis]);
    return sum;
}

#ifdef __cplusplus
}
#endif
#endif
