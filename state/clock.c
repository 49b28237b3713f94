/*  A stamp is one number: seconds (32 bits), fractions of 2^-16 s (16 bits), count (16 bits). The
    larger of "the time" and "the last stamp + 1" is the rule of Kulkarni et al. with both of their
    parts at once: the count carries into the time when more than 65,536 events fall into 15 us. */
#include <muster/crdt.h>
#include "base/error.h"

#include <inttypes.h>

#define CLOCK_SECOND_NS  1000000000u
#define CLOCK_COUNT_MASK 0xffffu

uint64_t mst_hlc_from_ns (uint64_t time_ns)
{
    uint64_t seconds = time_ns / CLOCK_SECOND_NS, rest_ns = time_ns % CLOCK_SECOND_NS;
    if (seconds > UINT32_MAX)
        return UINT64_MAX - CLOCK_COUNT_MASK;
    return seconds << 32 | ((rest_ns << 16) / CLOCK_SECOND_NS) << 16;
}

uint64_t mst_hlc_to_ns (uint64_t stamp)
{
    uint64_t fraction = stamp >> 16 & CLOCK_COUNT_MASK;
    return (stamp >> 32) * CLOCK_SECOND_NS + ((fraction * CLOCK_SECOND_NS) >> 16);
}

uint64_t mst_hlc_tick (mst_hlc_t *clock, uint64_t time_ns)
{
    base_assert (clock != NULL && clock->last < UINT64_MAX);
    uint64_t now = mst_hlc_from_ns (time_ns);
    clock->last = now > clock->last ? now : clock->last + 1;
    return clock->last;
}

mst_err_t mst_hlc_see (mst_hlc_t *clock, uint64_t stamp, uint64_t time_ns)
{
    base_assert (clock != NULL);
    uint64_t then_ns = mst_hlc_to_ns (stamp);
    if (then_ns > time_ns && then_ns - time_ns > clock->max_drift_ns)
        return base_error (MST_E_CLOCK_AHEAD,
                           "a stamp lies %.3f s ahead of the time here, more than the bound of "
                           "%.3f s: set the clock of whoever gave it",
                           (double) (then_ns - time_ns) * 1e-9,
                           (double) clock->max_drift_ns * 1e-9);
    if (stamp > clock->last)
        clock->last = stamp;
    return MST_OK;
}
