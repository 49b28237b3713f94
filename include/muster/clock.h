/*  <muster/clock.h>: how far this host's clock is from that of the RTI's host.

    With `clock.method` (or mst_join_options_t.clock_method) set, the library compares the clocks by
    itself, in the turns that it takes anyway: while a call waits, and in mst_evoke; with immediate
    callbacks in the federate's own thread. It starts no thread for it.

        int64_t wall_ns, bound_ns;
        err = mst_clock_wall (fed, &wall_ns, &bound_ns);    the same moment on every host

    The methods, their bounds, and what was measured: docs/clocks.md.

    Thread rule: as <muster/federate.h>. */
#ifndef MUSTER_CLOCK_H
#define MUSTER_CLOCK_H

#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mst_clock_method {
    MST_CLOCK_OFF = 0,
    MST_CLOCK_CRISTIAN = 1, /* ask and be told; the reference is the RTI's wall clock */
    MST_CLOCK_BERKELEY = 2, /* the reference is the average of all members' wall clocks */
    MST_CLOCK_NTP = 3,      /* four stamps, and a filter of eight samples */
    MST_CLOCK_PTP = 4       /* SYNC, FOLLOW_UP, DELAY_REQUEST, DELAY_RESPONSE */
} mst_clock_method_t;

/*  What is known now. Durations in nanoseconds, rates in parts per 1,000,000,000. */
typedef struct mst_clock {
    mst_clock_method_t method;
    bool known;              /* false: nothing yet (or off), and all up to `members` is 0 */
    int64_t offset_ns;       /* the reference less this host's wall clock */
    int64_t bound_ns;        /* the true offset is no further from that; grows until the next one */
    int64_t round_trip_ns;   /* of the exchange that it rests on */
    int64_t age_ns;          /* how long ago that was */
    int64_t drift_ppb;       /* the RTI's clock gains so much on this host's, … */
    int64_t drift_bound_ppb; /* … and that is known so well */
    uint64_t members;        /* Berkeley: clocks in the average, the RTI's included */
    uint64_t exchanges;      /* that gave a sample */
    uint64_t lost;           /* questions that were not answered in time */
    uint64_t refused;        /* replies to nothing, impossible stamps, negative round trips */
    uint64_t jumped;         /* samples that contradicted what was known, and were not believed */
    uint64_t restarts;       /* the reference did jump: all began anew */
} mst_clock_t;

/*  What is known of the clocks. With `clock.method` off that is nothing, and no error.
    Errors: MST_E_INVALID_ARGUMENT, MST_E_STALE_HANDLE. */
MST_EXPORT mst_err_t mst_clock (mst_federate_t fed, mst_clock_t *clock);

/*  The reference's wall clock now: nanoseconds since 1970-01-01 UTC, as the reference believes.
    *bound_ns (may be NULL): the truth is no further away. A jump of this host's own wall clock does
    not touch it. Errors: MST_E_INVALID_ARGUMENT, MST_E_STALE_HANDLE, MST_E_NOT_SUPPORTED
    (`clock.method` is off), MST_E_TIMEOUT (no exchange has come to an end yet). */
MST_EXPORT mst_err_t mst_clock_wall (mst_federate_t fed, int64_t *wall_ns, int64_t *bound_ns);

#ifdef __cplusplus
}
#endif
#endif
