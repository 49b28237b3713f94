/*  <muster/pace.h>: when a logical time is due by the wall's clock. */
#include <muster/pace.h>
#include "federate/shell.h"
#include "base/error.h"
#include "link/clock.h"

#include <math.h>

static const double smallest_scale = 1e-6, largest_scale = 1e9;
static const double longest_ns = 9e18;
static const int64_t tolerance_ns = 1000000;

mst_err_t mst_pace_begin (mst_pace_t *pace, double now, int64_t unit_ns, double scale)
{
    if (!pace || !isfinite (now) || unit_ns <= 0)
        return base_error (
            MST_E_INVALID_ARGUMENT,
            "mst_pace_begin needs a place, a time that is a number, and a unit of at "
            "least 1 ns");
    if (!(scale >= smallest_scale && scale <= largest_scale))
        return base_error (MST_E_INVALID_ARGUMENT, "a pace is a number from %g to %g, not %g",
                           smallest_scale, largest_scale, scale);
    *pace = (mst_pace_t){ .scale = scale,
                          .origin = now,
                          .unit_ns = unit_ns,
                          .began_ns = link_clock_ns (),
                          .tolerance_ns = tolerance_ns };
    return MST_OK;
}

int64_t mst_pace_left_ns (const mst_pace_t *pace, double time)
{
    double ahead_ns = (time - pace->origin) * (double) pace->unit_ns / pace->scale;
    int64_t passed_ns = link_clock_ns () - pace->began_ns;
    if (!(ahead_ns < longest_ns)) /* also what is not a number */
        return INT64_MAX;
    if (ahead_ns < -longest_ns)
        return INT64_MIN;
    return (int64_t) ahead_ns - passed_ns;
}

static bool never (const federate_shell_t *shell, const void *context)
{
    (void) shell;
    (void) context;
    return false;
}

mst_err_t mst_pace_wait (mst_federate_t fed, const mst_pace_t *pace, double time, int64_t wait_ms)
{
    federate_shell_t *shell = NULL;

    if (!pace)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_pace_wait needs a pace");
    mst_err_t err = federate_enter_waiting (fed, &shell);
    if (err)
        return err;
    int64_t left_ns = mst_pace_left_ns (pace, time);
    int64_t limit_ns = federate_deadline (wait_ms), now_ns = link_clock_ns ();
    int64_t due_ns = left_ns < INT64_MAX - now_ns ? now_ns + left_ns : INT64_MAX;
    err = federate_wait_until (shell, never, NULL, due_ns < limit_ns ? due_ns : limit_ns);
    if (err == MST_E_TIMEOUT && mst_pace_left_ns (pace, time) <= 0)
        err = MST_OK;
    return federate_leave (shell, err);
}

bool mst_pace_reached (mst_pace_t *pace, double time)
{
    if (!pace)
        return false;
    int64_t left_ns = mst_pace_left_ns (pace, time);
    pace->late_ns = left_ns == INT64_MIN ? INT64_MAX : -left_ns;
    pace->steps++;
    if (pace->late_ns <= pace->tolerance_ns)
        return false;
    pace->overruns++;
    pace->total_ns += pace->late_ns;
    if (pace->late_ns > pace->worst_ns) {
        pace->worst_ns = pace->late_ns;
        pace->worst_at = time;
    }
    return true;
}
