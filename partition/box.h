/*  Boxes of space, half open: low belongs to a box, high does not. So the eight children of a box
    cover it without a gap and without an overlap, and every point has one leaf.

    Thread rule: any thread; nothing here keeps state. */
#ifndef PARTITION_BOX_H
#define PARTITION_BOX_H

#include <stdbool.h>
#include <stdint.h>

enum { PARTITION_AXES = 3, PARTITION_OCTANTS = 8 };

typedef struct partition_box {
    double low[PARTITION_AXES];
    double high[PARTITION_AXES];
} partition_box_t;

static inline bool partition_box_contains (const partition_box_t *self,
                                           const double point[PARTITION_AXES])
{
    for (int axis = 0; axis < PARTITION_AXES; axis++)
        if (!(point[axis] >= self->low[axis] && point[axis] < self->high[axis]))
            return false;
    return true;
}

/*  The plane that halves the box along an axis. Parent and children must agree on its every bit:
    this is the only place that computes it. */
static inline double partition_box_middle (const partition_box_t *self, int axis)
{
    return 0.5 * (self->low[axis] + self->high[axis]);
}

/*  The child in which a point stands: bit 0 is x, bit 1 is y, bit 2 is z, set in the upper half.
    Octants in counting order, level by level, are Morton order (Morton 1966). */
static inline uint32_t partition_box_octant (const partition_box_t *self,
                                             const double point[PARTITION_AXES])
{
    uint32_t octant = 0;
    for (int axis = 0; axis < PARTITION_AXES; axis++)
        octant |= (uint32_t) (point[axis] >= partition_box_middle (self, axis)) << axis;
    return octant;
}

static inline partition_box_t partition_box_child (const partition_box_t *self, uint32_t octant)
{
    partition_box_t child = *self;
    for (int axis = 0; axis < PARTITION_AXES; axis++)
        if (octant >> axis & 1)
            child.low[axis] = partition_box_middle (self, axis);
        else
            child.high[axis] = partition_box_middle (self, axis);
    return child;
}

/*  0 inside the box. The differences are summed x, y, z, as partition_distance_squared () sums
    them: rounding is monotone, so the distance to a box is never computed above that to a point
    in it, and no neighbour is lost to the last bit. */
static inline double partition_box_distance_squared (const partition_box_t *self,
                                                     const double point[PARTITION_AXES])
{
    double sum = 0.0;
    for (int axis = 0; axis < PARTITION_AXES; axis++) {
        double gap = 0.0;
        if (point[axis] < self->low[axis])
            gap = self->low[axis] - point[axis];
        else if (point[axis] > self->high[axis])
            gap = point[axis] - self->high[axis];
        sum += gap * gap;
    }
    return sum;
}

static inline double partition_distance_squared (const double a[PARTITION_AXES],
                                                 const double b[PARTITION_AXES])
{
    double sum = 0.0;
    for (int axis = 0; axis < PARTITION_AXES; axis++)
        sum += (a[axis] - b[axis]) * (a[axis] - b[axis]);
    return sum;
}

#endif
