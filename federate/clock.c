/*  <muster/clock.h>: the shell around timemgmt/clocksync. It reads the clocks and carries the
   messages. Own stamps are of the clock that only goes forward; the wall clock is read only when
   somebody wants to know how far it is off. */
#include <muster/clock.h>
#include "federate/shell.h"
#include "base/error.h"
#include "link/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t default_interval_ns = 1000000000;
static const int64_t smallest_interval_ns = 10000000;
static const int64_t longest_ns = INT64_C (86400000000000);

/*  Options ------------------------------------------------------------------------------------- */

static bool unit_ns (const char *unit, double *factor)
{
    static const struct {
        const char *name;
        double factor;
    } units[] = { { "ns", 1.0 }, { "us", 1e3 },   { "ms", 1e6 },   { "s", 1e9 },
                  { "", 1e9 },   { "min", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 } };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp (unit, units[i].name) != 0)
            continue;
        *factor = units[i].factor;
        return true;
    }
    return false;
}

/*  A duration as given, else of the environment ("250 ms"), else the default. */
static mst_err_t duration (int64_t given_ns, const char *variable, int64_t standard_ns,
                           int64_t smallest_ns, int64_t *value_ns)
{
    const char *text = getenv (variable);
    double factor = 1.0, number = (double) given_ns;
    char *end = "";

    *value_ns = standard_ns;
    bool set = text && text[0] != '\0';
    if (given_ns == 0 && !set)
        return MST_OK;
    bool good = true;
    if (given_ns == 0) {
        number = strtod (text, &end);
        good = end != text;
        while (*end == ' ')
            end++;
        good = good && unit_ns (end, &factor);
    }
    number *= factor;
    if (!good || !(number >= (double) smallest_ns && number <= (double) longest_ns))
        return base_error (
            MST_E_CONFIG,
            "%s is \"%s\": a duration from %g ms to 1 d was expected, such as \"1 s\"", variable,
            given_ns == 0 ? text : "out of range (join options)", (double) smallest_ns / 1e6);
    *value_ns = (int64_t) llround (number);
    return MST_OK;
}

mst_err_t federate_clock_options (const mst_join_options_t *given, timemgmt_clock_options_t *wanted)
{
    const char *method = given->clock_method;

    base_assert (wanted != NULL);
    *wanted = (timemgmt_clock_options_t){ .method = TIMEMGMT_CLOCK_OFF };
    if (!method || method[0] == '\0')
        method = getenv ("MUSTER_CLOCK_METHOD");
    if (method && method[0] != '\0' && !timemgmt_clock_method_parse (method, &wanted->method))
        return base_error (
            MST_E_CONFIG,
            "clock.method \"%s\" is not known: choose off, cristian, berkeley, ntp or "
            "ptp",
            method);
    mst_err_t err = duration (given->clock_interval_ns, "MUSTER_CLOCK_INTERVAL",
                              default_interval_ns, smallest_interval_ns, &wanted->interval_ns);
    return err ? err
               : duration (given->clock_min_delay_ns, "MUSTER_CLOCK_MIN_DELAY", 0, 0,
                           &wanted->min_delay_ns);
}

void federate_clock_join (federate_shell_t *shell, const timemgmt_clock_options_t *options)
{
    base_assert (shell != NULL && options != NULL);
    timemgmt_clocksync_init (&shell->clock, options, link_clock_ns ());
}

/*  Exchanges ----------------------------------------------------------------------------------- */

/*  This host's wall clock less the one that only goes forward, as of one moment. What lies between
    the readings is not known, and is added to the bound. */
static int64_t wall_less_own (int64_t *bound_ns)
{
    int64_t before_ns = link_clock_ns ();
    int64_t wall_ns = link_clock_wall_ns ();
    int64_t half_ns = (link_clock_ns () - before_ns) / 2 + 1;
    if (*bound_ns < INT64_MAX - half_ns)
        *bound_ns += half_ns;
    return wall_ns - before_ns - half_ns;
}

/*  The RTI is told what is known: for muster top, and for the average. Who has resigned asks no
   more. */
static mst_err_t send (federate_shell_t *shell, const timemgmt_clock_message_t *message,
                       int64_t now_ns)
{
    timemgmt_clock_estimate_t known;
    federate_state_t state;

    federate_core_state (shell->core, &state);
    if (!state.joined || state.lost)
        return MST_OK;
    wire_clock_ask_t ask = { .kind = message->kind,
                             .exchange = message->number,
                             .method = shell->clock.options.method,
                             .offset = WIRE_TIME_NONE };
    (void) timemgmt_clocksync_estimate (&shell->clock, now_ns, &known);
    if (known.at_ns != 0) { /* also before the average is: it is made of this */
        ask.offset = known.rti_base_ns - wall_less_own (&known.rti_bound_ns);
        ask.bound_ns = (uint64_t) known.rti_bound_ns;
        ask.round_trip_ns = (uint64_t) known.round_trip_ns;
        ask.drift_ppb = known.drift_ppb;
        ask.drift_bound_ppb = (uint64_t) known.drift_bound_ppb;
    }
    return federate_core_clock_ask (shell->core, &ask);
}

mst_err_t federate_clock_turn (federate_shell_t *shell)
{
    timemgmt_clock_message_t message;
    int64_t now_ns = link_clock_ns ();

    base_assert (shell != NULL);
    if (!timemgmt_clocksync_due (&shell->clock, now_ns, &message))
        return MST_OK;
    return send (shell, &message, now_ns);
}

mst_err_t federate_clock_take (federate_shell_t *shell)
{
    wire_clock_tell_t tell;
    mst_err_t err = MST_OK;

    base_assert (shell != NULL);
    while (!err && federate_core_clock_told (shell->core, &tell)) {
        int64_t now_ns = link_clock_ns ();
        timemgmt_clock_message_t out, in = { .kind = tell.kind,
                                             .number = tell.exchange,
                                             .received_ns = tell.received,
                                             .sent_ns = tell.sent };
        if (tell.average != WIRE_TIME_NONE && tell.average_bound_ns <= INT64_MAX) {
            in.average_ns = tell.average;
            in.average_bound_ns = (int64_t) tell.average_bound_ns;
            in.members = tell.members;
        }
        if (timemgmt_clocksync_take (&shell->clock, &in, now_ns, &out))
            err = send (shell, &out, now_ns);
    }
    return err;
}

/*  What users ask ------------------------------------------------------------------------------ */

static void fill (const timemgmt_clocksync_t *sync, mst_clock_t *clock)
{
    timemgmt_clock_estimate_t known;
    const timemgmt_clock_counts_t *counts = &sync->counts;
    int64_t now_ns = link_clock_ns ();

    *clock = (mst_clock_t){ .method = (mst_clock_method_t) sync->options.method,
                            .exchanges = counts->exchanges,
                            .lost = counts->lost,
                            .refused = counts->unasked + counts->future + counts->negative,
                            .jumped = counts->jumped,
                            .restarts = counts->restarts };
    clock->known = timemgmt_clocksync_estimate (sync, now_ns, &known);
    if (!clock->known)
        return;
    clock->offset_ns = known.base_ns - wall_less_own (&known.bound_ns);
    clock->bound_ns = known.bound_ns;
    clock->round_trip_ns = known.round_trip_ns;
    clock->age_ns = now_ns - known.at_ns;
    clock->drift_ppb = known.drift_ppb;
    clock->drift_bound_ppb = known.drift_bound_ppb;
    clock->members = known.members;
}

mst_err_t mst_clock (mst_federate_t fed, mst_clock_t *clock)
{
    federate_shell_t *shell;

    if (!clock)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_clock needs a place for what is known");
    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    fill (&shell->clock, clock);
    return federate_leave (shell, MST_OK);
}

static mst_err_t wall (const federate_shell_t *shell, int64_t *wall_ns, int64_t *bound_ns)
{
    timemgmt_clock_estimate_t known;

    if (shell->clock.options.method == TIMEMGMT_CLOCK_OFF)
        return base_error (MST_E_NOT_SUPPORTED,
                           "clock.method is off: set it to cristian, berkeley, ntp or ptp");
    int64_t now_ns = link_clock_ns ();
    if (!timemgmt_clocksync_estimate (&shell->clock, now_ns, &known))
        return base_error (MST_E_TIMEOUT,
                           "the RTI's clock is not known yet: %llu exchanges so far; let callbacks "
                           "run (mst_evoke) and ask again",
                           (unsigned long long) shell->clock.counts.exchanges);
    *wall_ns = now_ns + known.base_ns;
    if (bound_ns)
        *bound_ns = known.bound_ns;
    return MST_OK;
}

mst_err_t mst_clock_wall (mst_federate_t fed, int64_t *wall_ns, int64_t *bound_ns)
{
    federate_shell_t *shell;

    if (!wall_ns)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_clock_wall needs a place for the time");
    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    err = wall (shell, wall_ns, bound_ns);
    return federate_leave (shell, err);
}
