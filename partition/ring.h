/*  What hashing needs: a mixer, and the circle of consistent hashing (Karger and others 1997), on
    which each node has several points.

    Thread rule: any thread; nothing here keeps state. */
#ifndef PARTITION_RING_H
#define PARTITION_RING_H

#include <stddef.h>
#include <stdint.h>

enum { PARTITION_RING_POINTS = 64 }; /* of each node */

typedef struct partition_ring_point {
    uint64_t hash;
    uint32_t node; /* an index, or an id */
} partition_ring_point_t;

/*  The finaliser of splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t partition_mix (uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/*  The points of a node, PARTITION_RING_POINTS of them, which depend on its id alone. */
void partition_ring_points (uint32_t id, uint32_t node, partition_ring_point_t *points);
void partition_ring_sort (partition_ring_point_t *points, size_t count);
/*  The first point at or after a hash, around the circle. count: above 0. */
size_t partition_ring_find (const partition_ring_point_t *points, size_t count, uint64_t hash);

#endif
