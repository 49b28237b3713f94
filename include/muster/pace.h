/*  <muster/pace.h>: logical time at the speed of the wall's, or a multiple of it.

        mst_pace_begin (&pace, 0, 1000000000, 1.0);        a count is a second
        for (mst_time_t t = 1; …; t++) {
            err = mst_pace_wait (fed, &pace, (double) t, -1);
            err = mst_advance (fed, t, -1);
            mst_pace_reached (&pace, (double) t);
        }

    One regulating federate that is paced paces all who are constrained: its bound rises with the
    wall. `muster run --pace` starts one. Moments are counted from the beginning, so that lateness
   does not add up: after an overrun the next steps follow at once until time has caught up.

    Thread rule: as <muster/federate.h>; a pace belongs to one thread at a time. */
#ifndef MUSTER_PACE_H
#define MUSTER_PACE_H

#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mst_pace {
    double scale;         /* logical seconds per second of the wall */
    double origin;        /* logical time at the beginning, in units */
    int64_t unit_ns;      /* one unit of logical time */
    int64_t began_ns;     /* the beginning, by the clock of this machine that only goes forward */
    int64_t tolerance_ns; /* what is late by no more than this is in time; 1 ms, may be changed */
    uint64_t steps;       /* times reached */
    uint64_t overruns;    /* of them too late */
    int64_t late_ns;      /* the last one; negative: before its moment */
    int64_t total_ns;     /* all overruns together */
    int64_t worst_ns;
    double worst_at; /* the logical time of the worst */
} mst_pace_t;

/*  Logical time `now` is at this moment. Times are counts of the unit as doubles: of an integer
   time (double) t, of a float time mst_time_to_double (t). unit_ns > 0; scale: 1 is real time, 2
   twice as fast, 1e-6 … 1e9. Errors: MST_E_INVALID_ARGUMENT. */
MST_EXPORT mst_err_t mst_pace_begin (mst_pace_t *pace, double now, int64_t unit_ns, double scale);

/*  Nanoseconds until the moment of a time; negative: it has passed. */
MST_EXPORT int64_t mst_pace_left_ns (const mst_pace_t *pace, double time);

/*  Runs callbacks until the moment of a time has come, but not longer than wait_ms (-1: until
   then). Errors: MST_E_TIMEOUT (not yet), MST_E_CONNECTION_LOST, MST_E_CALL_NOT_ALLOWED. */
MST_EXPORT mst_err_t mst_pace_wait (mst_federate_t fed, const mst_pace_t *pace, double time,
                                    int64_t wait_ms);

/*  The time was granted: counts it. True: it was an overrun. */
MST_EXPORT bool mst_pace_reached (mst_pace_t *pace, double time);

#ifdef __cplusplus
}
#endif
#endif
