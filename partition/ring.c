/*  The circle of consistent hashing: points sorted by their hash. */
#include "partition/ring.h"
#include "base/check.h"

#include <stdlib.h>

void partition_ring_points (uint32_t id, uint32_t node, partition_ring_point_t *points)
{
    base_assert (points != NULL);
    for (uint64_t i = 0; i < PARTITION_RING_POINTS; i++)
        points[i] = (partition_ring_point_t){ partition_mix ((uint64_t) id << 32 | i), node };
}

static int ring_compare (const void *a, const void *b)
{
    const partition_ring_point_t *left = a, *right = b;
    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    return (left->node > right->node) - (left->node < right->node);
}

void partition_ring_sort (partition_ring_point_t *points, size_t count)
{
    base_assert (points != NULL || count == 0);
    if (count > 1)
        qsort (points, count, sizeof *points, ring_compare);
}

size_t partition_ring_find (const partition_ring_point_t *points, size_t count, uint64_t hash)
{
    size_t low = 0, high = count;

    base_assert (points != NULL);
    base_assert (count > 0);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (points[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low == count ? 0 : low;
}
