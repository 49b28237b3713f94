/*  Logical times as keys. A key is a signed 64-bit number that compares as the time does: an
    INTEGER64 time is its own key, a FLOAT64 time is mapped in order (its bits, when not negative).
    So "the next time above k" is k + 1 for both types.

    Intervals (lookahead) are keys, too: the key of the interval seen as a time.

    Thread rule: no state, any thread. */
#ifndef TIMEMGMT_TIME_H
#define TIMEMGMT_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include <muster/error.h>

typedef enum timemgmt_type {
    TIMEMGMT_INTEGER64, /* HLAinteger64Time */
    TIMEMGMT_FLOAT64,   /* HLAfloat64Time */
} timemgmt_type_t;

#define TIMEMGMT_KEY_NONE    INT64_MIN /* no time: undefined, unset */
#define TIMEMGMT_KEY_MAX     INT64_MAX /* never: later than every legal time; sums saturate here */
#define TIMEMGMT_KEY_INITIAL INT64_C (0)

/*  The last legal time: INT64_MAX - 1, or the largest finite double. */
int64_t timemgmt_time_final (timemgmt_type_t type);

/*  A time that a federate may state: initial … final. The same range holds for intervals. */
bool timemgmt_time_valid (timemgmt_type_t type, int64_t key);

/*  MST_OK, or MST_E_INVALID_TIME / MST_E_INVALID_LOOKAHEAD with the text set. */
mst_err_t timemgmt_time_check (timemgmt_type_t type, int64_t key);
mst_err_t timemgmt_interval_check (timemgmt_type_t type, int64_t interval);

/*  Double to key and back, in order; -0.0 becomes 0. A number that is not finite gives
    TIMEMGMT_KEY_NONE. TIMEMGMT_KEY_MAX gives infinity. */
int64_t timemgmt_key_from_double (double time);
double timemgmt_key_to_double (int64_t key);

/*  key + interval in the arithmetic of the type (doubles are rounded to nearest), never beyond
    TIMEMGMT_KEY_MAX; TIMEMGMT_KEY_MAX stays. The interval is not negative. Monotone in both. */
int64_t timemgmt_time_add (timemgmt_type_t type, int64_t key, int64_t interval);

/*  later - earlier as an interval, at least 0. */
int64_t timemgmt_time_between (timemgmt_type_t type, int64_t earlier, int64_t later);

/*  Just above: key + 1, saturating. */
static inline int64_t timemgmt_time_above (int64_t key)
{
    return key == TIMEMGMT_KEY_MAX ? key : key + 1;
}

static inline int64_t timemgmt_time_min (int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t timemgmt_time_max (int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
