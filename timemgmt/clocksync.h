/*  Clock synchronisation: how far one's own clock is from the RTI's, and how well that is known.

    A state machine without clock or socket: it says what to send and when, takes what came with the
    moment at which it came, and keeps an estimate. Four methods make samples of stamps:

        Cristian   ask, and be told the time; the truth lies within half the round trip, less the
                   smallest delay of one way (Cristian 1989, "Probabilistic clock synchronization")
        Berkeley   the same for the reading; the reference is the average of all members' clocks,
                   outliers left out (Gusella, Zatti 1989, "The accuracy of the clock
                   synchronization achieved by TEMPO in Berkeley UNIX 4.3BSD")
        NTP        four stamps; a filter of eight samples takes the one of least delay; the bound is
                   the root distance (Mills et al. 2010, RFC 5905, sections 8, 10 and 11.2.1)
        PTP        SYNC and FOLLOW_UP that says when it left, then DELAY_REQUEST and its response
                   (IEEE 1588-2008, section 11.3), with software stamps

    One's own stamps are of a clock that only goes forward; the RTI's are of its wall clock. `base`
    is what must be added to the one to get the other. A sample's bound holds as long as the clocks
    run apart by no more than TIMEMGMT_CLOCK_DRIFT_PPM, and grows with its age by that.

    What does not fit is refused and counted, and changes nothing. A sample that contradicts the
    estimate (a clock jumped, or somebody lies) is refused likewise, until TIMEMGMT_CLOCK_DOUBTS in
    a row agree with each other: then the other clock did jump, and all begins anew with them.

    Thread rule: plain values; their owner's thread. */
#ifndef TIMEMGMT_CLOCKSYNC_H
#define TIMEMGMT_CLOCKSYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "timemgmt/limits.h"

typedef enum timemgmt_clock_method {
    TIMEMGMT_CLOCK_OFF = 0,
    TIMEMGMT_CLOCK_CRISTIAN = 1,
    TIMEMGMT_CLOCK_BERKELEY = 2,
    TIMEMGMT_CLOCK_NTP = 3,
    TIMEMGMT_CLOCK_PTP = 4
} timemgmt_clock_method_t;
enum { TIMEMGMT_CLOCK_METHODS = 5 };

/*  "off", "cristian", …; NULL: no such method. */
const char *timemgmt_clock_method_name (uint64_t method);
/*  False: no such name. */
bool timemgmt_clock_method_parse (const char *name, timemgmt_clock_method_t *method);

/*  What travels: the first three to the RTI, the others back. */
typedef enum timemgmt_clock_kind {
    TIMEMGMT_CLOCK_ASK = 1,
    TIMEMGMT_CLOCK_SYNC_WANTED = 2,
    TIMEMGMT_CLOCK_DELAY_REQUEST = 3,
    TIMEMGMT_CLOCK_TELL = 4,          /* received, sent; the average */
    TIMEMGMT_CLOCK_SYNC = 5,          /* nothing: it is the moment that counts */
    TIMEMGMT_CLOCK_FOLLOW_UP = 6,     /* sent: when the SYNC left */
    TIMEMGMT_CLOCK_DELAY_RESPONSE = 7 /* received: when the DELAY_REQUEST came */
} timemgmt_clock_kind_t;

typedef struct timemgmt_clock_message {
    uint64_t kind;
    uint64_t number;
    int64_t received_ns; /* by the RTI's wall clock, as all below */
    int64_t sent_ns;
    int64_t average_ns; /* Berkeley: the average clock less the RTI's … */
    int64_t average_bound_ns;
    uint64_t members; /* … and how many clocks it was made of, the RTI's included; 0: none */
} timemgmt_clock_message_t;

typedef struct timemgmt_clock_options {
    timemgmt_clock_method_t method;
    int64_t interval_ns;  /* between exchanges; > 0 */
    int64_t min_delay_ns; /* no message travels faster one way; 0: nothing is known */
} timemgmt_clock_options_t;

typedef struct timemgmt_clock_sample {
    int64_t at_ns; /* when it was complete, by one's own clock */
    int64_t base_ns;
    int64_t round_trip_ns;
    int64_t bound_ns; /* at that moment: |base - the truth| is no more */
} timemgmt_clock_sample_t;

typedef struct timemgmt_clock_counts {
    uint64_t exchanges; /* samples taken */
    uint64_t lost;      /* asked, and not answered in time */
    uint64_t unasked;   /* replies to nothing */
    uint64_t future;    /* stamps that are no moment, or out of order */
    uint64_t negative;  /* round trips below nothing, or below the smallest delays */
    uint64_t jumped;    /* samples that contradict the estimate */
    uint64_t restarts;  /* the other clock did jump */
} timemgmt_clock_counts_t;

typedef struct timemgmt_clock_estimate {
    int64_t base_ns;      /* reference less own clock, at `at_ns` */
    int64_t bound_ns;     /* now */
    int64_t rti_base_ns;  /* the same for the RTI's clock; differs for Berkeley only */
    int64_t rti_bound_ns; /* now */
    int64_t at_ns;        /* of the sample that it rests on */
    int64_t round_trip_ns;
    int64_t drift_ppb; /* the RTI's clock gains so much on one's own … */
    int64_t drift_bound_ppb;
    uint64_t members; /* Berkeley: clocks in the average */
} timemgmt_clock_estimate_t;

typedef enum timemgmt_clock_state {
    TIMEMGMT_CLOCK_IDLE,
    TIMEMGMT_CLOCK_ASKED,
    TIMEMGMT_CLOCK_SYNC_ASKED,
    TIMEMGMT_CLOCK_SYNCED,
    TIMEMGMT_CLOCK_DELAY_ASKED
} timemgmt_clock_state_t;
enum { TIMEMGMT_CLOCK_STATES = 5 };

/*  To be looked at through the functions. */
typedef struct timemgmt_clocksync {
    timemgmt_clock_options_t options;
    timemgmt_clock_counts_t counts;
    timemgmt_clock_state_t state;
    uint64_t number;    /* of the exchange under way */
    int64_t asked_ns;   /* own clock: when it began */
    int64_t next_ns;    /* when to begin the next one */
    uint32_t burst;     /* exchanges that still follow quickly */
    int64_t reached_ns; /* PTP: when the SYNC came, … */
    int64_t left_ns;    /* … when it left, … */
    int64_t request_ns; /* … when the DELAY_REQUEST left */
    timemgmt_clock_sample_t samples[TIMEMGMT_CLOCK_SAMPLES]; /* the newest first */
    size_t sample_count;
    timemgmt_clock_sample_t held; /* the one that the estimate rests on */
    bool has_held;
    timemgmt_clock_sample_t doubt;
    uint32_t doubts;
    timemgmt_clock_sample_t points[TIMEMGMT_CLOCK_POINTS]; /* for the drift, the oldest first */
    size_t point_count;
    int64_t average_ns, average_bound_ns, average_at_ns;
    uint64_t members;
} timemgmt_clocksync_t;

void timemgmt_clocksync_init (timemgmt_clocksync_t *self, const timemgmt_clock_options_t *options,
                              int64_t now_ns);

/*  When timemgmt_clocksync_due is to be called; INT64_MAX: never (off). */
int64_t timemgmt_clocksync_next_ns (const timemgmt_clocksync_t *self);

/*  Must an exchange begin? Then *out is to be sent at once; `now_ns` is its stamp, taken before it
    leaves. One that was not answered for TIMEMGMT_CLOCK_PATIENCE intervals is given up. */
bool timemgmt_clocksync_due (timemgmt_clocksync_t *self, int64_t now_ns,
                             timemgmt_clock_message_t *out);

/*  A message came; now_ns was read after it had come. True: *out is to be sent at once. */
bool timemgmt_clocksync_take (timemgmt_clocksync_t *self, const timemgmt_clock_message_t *in,
                              int64_t now_ns, timemgmt_clock_message_t *out);

/*  False: nothing is known yet (NTP: the root distance is above TIMEMGMT_CLOCK_DISTANCE_NS). */
bool timemgmt_clocksync_estimate (const timemgmt_clocksync_t *self, int64_t now_ns,
                                  timemgmt_clock_estimate_t *estimate);

/*  A bound after so much more time. */
int64_t timemgmt_clock_aged (int64_t bound_ns, int64_t age_ns);

/*  Berkeley's average -------------------------------------------------------------------------- */

/*  A member's clock less the RTI's, and how well that is known. */
typedef struct timemgmt_clock_reading {
    int64_t offset_ns;
    int64_t bound_ns;
} timemgmt_clock_reading_t;

typedef struct timemgmt_clock_average {
    int64_t offset_ns; /* the average less the RTI's clock */
    int64_t bound_ns;  /* of the true average of the same clocks: the mean of their bounds */
    size_t members;    /* clocks in it */
} timemgmt_clock_average_t;

/*  The average of the largest set of clocks that all lie within TIMEMGMT_CLOCK_SPREAD_NS of each
    other; of equally large ones that with the RTI's clock, then that of the least spread.
   `readings` are sorted in place, and the RTI's own (0, 0) is among them; count > 0. */
timemgmt_clock_average_t timemgmt_clock_average (timemgmt_clock_reading_t *readings, size_t count);

#endif
