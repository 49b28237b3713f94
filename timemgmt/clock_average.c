/*  Berkeley's fault-tolerant average. */
#include "timemgmt/clocksync.h"
#include "base/check.h"

#include <stdlib.h>

static int by_offset (const void *a, const void *b)
{
    const timemgmt_clock_reading_t *left = a, *right = b;
    base_assert (left != NULL && right != NULL);
    return (left->offset_ns > right->offset_ns) - (left->offset_ns < right->offset_ns);
}

/*  Sorted clocks from `first` on that lie within the spread of it. */
static size_t set_from (const timemgmt_clock_reading_t *readings, size_t count, size_t first)
{
    size_t size = 0;
    base_assert (first < count);
    while (first + size < count &&
           (uint64_t) readings[first + size].offset_ns - (uint64_t) readings[first].offset_ns <=
               TIMEMGMT_CLOCK_SPREAD_NS)
        size++;
    base_assert (size > 0);
    return size;
}

static bool has_rti (const timemgmt_clock_reading_t *readings, size_t first, size_t size)
{
    base_assert (size > 0);
    return readings[first].offset_ns <= 0 && readings[first + size - 1].offset_ns >= 0;
}

timemgmt_clock_average_t timemgmt_clock_average (timemgmt_clock_reading_t *readings, size_t count)
{
    size_t best = 0, most = 0;
    double offset = 0.0, bound = 0.0;

    base_assert (readings != NULL && count > 0);
    qsort (readings, count, sizeof readings[0], by_offset);
    for (size_t i = 0; i < count; i++) {
        size_t size = set_from (readings, count, i);
        if (size < most)
            continue;
        int64_t spread = readings[i + size - 1].offset_ns - readings[i].offset_ns;
        int64_t least = most ? readings[best + most - 1].offset_ns - readings[best].offset_ns : 0;
        bool here = has_rti (readings, i, size), there = most && has_rti (readings, best, most);
        if (size > most || here > there || (here == there && spread < least)) {
            best = i;
            most = size;
        }
    }
    /*  From the first one on, so that what is added is small and a double is exact enough. */
    for (size_t i = best; i < best + most; i++) {
        offset += (double) (readings[i].offset_ns - readings[best].offset_ns) / (double) most;
        bound += (double) readings[i].bound_ns / (double) most;
    }
    base_assert (most > 0 && best + most <= count);
    return (timemgmt_clock_average_t){ readings[best].offset_ns + (int64_t) offset,
                                       (int64_t) bound + 2, most };
}
