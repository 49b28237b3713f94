/*  How a box is halved into eight. Parent and children must agree on every bit of the planes
   between them: this is the only place that halves.

    Thread rule: any thread; nothing here keeps state. */
#ifndef PARTITION_BOX_H
#define PARTITION_BOX_H

#include <stdint.h>
#include <muster/box.h>

enum { PARTITION_AXES = 3, PARTITION_OCTANTS = 8 };

/*  The child in which a point stands: bit 0 is x, bit 1 is y, bit 2 is z, set in the upper half.
    Octants in counting order, level by level, are Morton order (Morton 1966). */
static inline uint32_t partition_box_octant (const mst_box_t *self,
                                             const double point[PARTITION_AXES])
{
    uint32_t octant = 0;
    for (int axis = 0; axis < PARTITION_AXES; axis++)
        octant |= (uint32_t) (point[axis] >= mst_box_middle (self, axis)) << axis;
    return octant;
}

static inline mst_box_t partition_box_child (const mst_box_t *self, uint32_t octant)
{
    mst_box_t child = *self;
    for (int axis = 0; axis < PARTITION_AXES; axis++)
        if (octant >> axis & 1)
            child.low[axis] = mst_box_middle (self, axis);
        else
            child.high[axis] = mst_box_middle (self, axis);
    return child;
}

#endif
