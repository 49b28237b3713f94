/*  CLOCK_MONOTONIC and CLOCK_REALTIME through the vDSO: no system call. */
#include "link/clock.h"
#include "base/check.h"

#include <time.h>

enum { CLOCK_NS_PER_S = 1000000000 };

static int64_t link_clock_read (clockid_t clock)
{
    struct timespec now;
    base_assert (clock_gettime (clock, &now) == 0);
    return (int64_t) now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

int64_t link_clock_ns (void)
{
    return link_clock_read (CLOCK_MONOTONIC);
}

int64_t link_clock_wall_ns (void)
{
    return link_clock_read (CLOCK_REALTIME);
}
