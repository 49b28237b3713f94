/*  Keys. The bits of a double that is not negative, read as an integer, are in the order of the
    numbers (IEEE 754); a negative one is mirrored below zero. */
#include "timemgmt/time.h"
#include "base/error.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

_Static_assert(sizeof (double) == sizeof (int64_t), "a key holds the bits of a double");

int64_t timemgmt_key_from_double (double time)
{
    if (!isfinite (time))
        return TIMEMGMT_KEY_NONE;
    int64_t bits;
    memcpy (&bits, &time, sizeof bits);
    int64_t key = bits >= 0 ? bits : -(bits & INT64_MAX);
    base_assert (key != TIMEMGMT_KEY_NONE && key != TIMEMGMT_KEY_MAX);
    return key;
}

double timemgmt_key_to_double (int64_t key)
{
    base_assert (key != TIMEMGMT_KEY_NONE);
    if (key == TIMEMGMT_KEY_MAX)
        return INFINITY;
    int64_t bits = key >= 0 ? key : -key;
    double time;
    memcpy (&time, &bits, sizeof time);
    return key >= 0 ? time : -time;
}

int64_t timemgmt_time_final (timemgmt_type_t type)
{
    base_assert (type == TIMEMGMT_INTEGER64 || type == TIMEMGMT_FLOAT64);
    return type == TIMEMGMT_FLOAT64 ? timemgmt_key_from_double (DBL_MAX) : TIMEMGMT_KEY_MAX - 1;
}

bool timemgmt_time_valid (timemgmt_type_t type, int64_t key)
{
    return key >= TIMEMGMT_KEY_INITIAL && key <= timemgmt_time_final (type);
}

mst_err_t timemgmt_time_check (timemgmt_type_t type, int64_t key)
{
    base_assert (type == TIMEMGMT_INTEGER64 || type == TIMEMGMT_FLOAT64);
    if (timemgmt_time_valid (type, key))
        return MST_OK;
    return base_error (MST_E_INVALID_TIME,
                       "a logical time must lie between the initial time, 0, and the final time "
                       "(its key is %" PRId64 ")",
                       key);
}

mst_err_t timemgmt_interval_check (timemgmt_type_t type, int64_t interval)
{
    base_assert (type == TIMEMGMT_INTEGER64 || type == TIMEMGMT_FLOAT64);
    if (timemgmt_time_valid (type, interval))
        return MST_OK;
    return base_error (MST_E_INVALID_LOOKAHEAD,
                       "a lookahead must be finite and at least 0 (its key is %" PRId64 ")",
                       interval);
}

int64_t timemgmt_time_add (timemgmt_type_t type, int64_t key, int64_t interval)
{
    base_assert (key != TIMEMGMT_KEY_NONE);
    base_assert (interval >= 0);
    base_assert (type == TIMEMGMT_INTEGER64 || type == TIMEMGMT_FLOAT64);
    if (key == TIMEMGMT_KEY_MAX || interval == TIMEMGMT_KEY_MAX)
        return TIMEMGMT_KEY_MAX;
    if (type == TIMEMGMT_INTEGER64)
        return key > TIMEMGMT_KEY_MAX - interval ? TIMEMGMT_KEY_MAX : key + interval;
    base_assert (key >= timemgmt_key_from_double (-DBL_MAX));
    double sum = timemgmt_key_to_double (key) + timemgmt_key_to_double (interval);
    return isfinite (sum) ? timemgmt_key_from_double (sum) : TIMEMGMT_KEY_MAX;
}

int64_t timemgmt_time_between (timemgmt_type_t type, int64_t earlier, int64_t later)
{
    base_assert (earlier != TIMEMGMT_KEY_NONE && later != TIMEMGMT_KEY_NONE);
    if (later <= earlier)
        return 0;
    if (later == TIMEMGMT_KEY_MAX)
        return TIMEMGMT_KEY_MAX;
    if (type == TIMEMGMT_FLOAT64) {
        double span = timemgmt_key_to_double (later) - timemgmt_key_to_double (earlier);
        return isfinite (span) ? timemgmt_key_from_double (span) : TIMEMGMT_KEY_MAX;
    }
    if (earlier < 0 && later > TIMEMGMT_KEY_MAX + earlier)
        return TIMEMGMT_KEY_MAX;
    base_assert (later - earlier > 0);
    return later - earlier;
}
