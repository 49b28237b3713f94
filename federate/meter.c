#include "federate/shell.h"
#include "base/error.h"
#include "link/clock.h"

/*  Marsaglia 2003, "Xorshift RNGs". From 1 to 2 * mean - 1, evenly. */
static int32_t next_gap (federate_meter_t *meter, int32_t mean)
{
    meter->noise ^= meter->noise << 13;
    meter->noise ^= meter->noise >> 17;
    meter->noise ^= meter->noise << 5;
    return 1 + (int32_t) (meter->noise % (uint32_t) (2 * mean - 1));
}

void federate_meter_join (federate_shell_t *shell)
{
    federate_meter_t *meter = &shell->meter;

    base_assert (shell->poll != NULL);
    *meter = (federate_meter_t){ .joined_ns = link_clock_ns (),
                                 .waited_before_ns = link_poll_waited_ns (shell->poll) };
    meter->noise = (uint32_t) meter->joined_ns | 1u;
    meter->calls = (uint32_t) next_gap (meter, FEDERATE_METER_CALLS);
    meter->turns = next_gap (meter, FEDERATE_METER_TURNS);
    meter->watches = next_gap (meter, FEDERATE_METER_WATCHES);
}

int64_t federate_meter_waited_ns (const federate_shell_t *shell)
{
    const federate_meter_t *meter = &shell->meter;
    if (shell->immediate) /* that the thread waits for messages is nobody's wait */
        return meter->waited_ns;
    return link_poll_waited_ns (shell->poll) - meter->waited_before_ns;
}

void federate_meter_start (federate_shell_t *shell)
{
    federate_meter_t *meter = &shell->meter;

    if (meter->began_ns != 0) /* within the one that is measured */
        return;
    meter->waited_then_ns = federate_meter_waited_ns (shell);
    meter->began_ns = link_clock_ns ();
}

void federate_meter_stop (federate_shell_t *shell, int32_t weight)
{
    federate_meter_t *meter = &shell->meter;

    if (meter->began_ns == 0)
        return;
    int64_t passed_ns = link_clock_ns () - meter->began_ns;
    int64_t waited_ns = federate_meter_waited_ns (shell) - meter->waited_then_ns;
    if (passed_ns > waited_ns)
        meter->messaging_ns += (passed_ns - waited_ns) * weight;
    meter->began_ns = 0;
}

void federate_meter_call (federate_shell_t *shell)
{
    federate_meter_t *meter = &shell->meter;

    if (meter->armed)
        federate_meter_stop (shell, FEDERATE_METER_CALLS);
    meter->armed = !meter->armed;
    meter->calls = meter->armed ? 1 : (uint32_t) next_gap (meter, FEDERATE_METER_CALLS);
    federate_table_measure (shell, meter->armed);
}

void federate_meter_cancel (federate_shell_t *shell)
{
    base_assert (shell != NULL);
    shell->meter.began_ns = 0;
    shell->meter.armed = false;
    shell->meter.calls = 1;
    federate_table_measure (shell, false);
}

void federate_meter_turn (federate_shell_t *shell)
{
    federate_meter_t *meter = &shell->meter;

    if (meter->turns <= 0) {
        federate_meter_stop (shell, FEDERATE_METER_TURNS);
        meter->turns = next_gap (meter, FEDERATE_METER_TURNS);
    }
    meter->watching = --meter->watches <= 0;
    if (meter->watching)
        meter->watches = next_gap (meter, FEDERATE_METER_WATCHES);
}

static federate_times_t meter_times (const federate_shell_t *shell)
{
    const federate_meter_t *meter = &shell->meter;
    int64_t elapsed_ns = link_clock_ns () - meter->joined_ns;
    int64_t waited_ns = federate_meter_waited_ns (shell);
    federate_times_t times = { .doing = meter->doing, .place = meter->place };

    times.elapsed_ns = (uint64_t) elapsed_ns;
    times.waiting_ns = (uint64_t) (waited_ns < elapsed_ns ? waited_ns : elapsed_ns);
    uint64_t rest_ns = times.elapsed_ns - times.waiting_ns; /* a sample may lie above it */
    times.messaging_ns =
        (uint64_t) meter->messaging_ns < rest_ns ? (uint64_t) meter->messaging_ns : rest_ns;
    return times;
}

void federate_meter_tell (federate_shell_t *shell)
{
    base_assert (shell != NULL);
    if (!federate_core_counters_wanted (shell->core))
        return;
    federate_times_t times = meter_times (shell);
    (void) federate_core_tell_counters (shell->core, &times);
}

void federate_meter_at (federate_shell_t *shell, uint8_t doing, const char *place)
{
    shell->meter.doing = doing;
    shell->meter.place = place;
    federate_times_t times = meter_times (shell);
    (void) federate_core_tell_counters (shell->core, &times);
}

void federate_meter_left (federate_shell_t *shell, bool gave_up)
{
    shell->meter.doing = WIRE_DOING_COMPUTES;
    shell->meter.place = NULL;
    if (gave_up)
        federate_meter_at (shell, WIRE_DOING_COMPUTES, NULL);
}

mst_err_t mst_counters (mst_federate_t fed, mst_counters_t *counters)
{
    federate_shell_t *shell;

    if (!counters)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_counters needs a place for the counters");
    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    federate_times_t times = meter_times (shell);
    *counters = *federate_core_counters (shell->core);
    counters->waited_ns = times.waiting_ns;
    counters->messaging_ns = times.messaging_ns;
    counters->computing_ns = times.elapsed_ns - times.waiting_ns - times.messaging_ns;
    return federate_leave (shell, MST_OK);
}
