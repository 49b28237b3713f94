/*  Waiting: for a reply, for a grant, for anything. With evoked callbacks the caller's thread does
   the work meanwhile; with immediate callbacks the federate's own thread does, and the caller
   sleeps. */
#include "federate/shell.h"
#include "base/alloc.h"
#include "base/error.h"
#include "link/clock.h"

int64_t federate_deadline (int64_t wait_ms)
{
    if (wait_ms < 0)
        return INT64_MAX;
    return link_clock_ns () + wait_ms * 1000000;
}

static int64_t remaining (int64_t deadline_ns)
{
    if (deadline_ns == INT64_MAX)
        return INT64_MAX;
    int64_t now = link_clock_ns ();
    return deadline_ns > now ? deadline_ns - now : 0;
}

static bool is_lost (const federate_shell_t *shell)
{
    federate_state_t state;
    federate_core_state (shell->core, &state);
    return state.lost;
}

static mst_err_t lost_error (const federate_shell_t *shell)
{
    return base_error (MST_E_CONNECTION_LOST, "the connection to the RTI is lost: %s",
                       federate_core_lost_text (shell->core));
}

/*  One turn of waiting without callbacks. False: the deadline has passed. */
mst_err_t federate_turn (federate_shell_t *shell, int64_t deadline_ns, bool *in_time)
{
    *in_time = true;
    if (shell->immediate) {
        int64_t began_ns = link_clock_ns ();
        link_poll_wake (shell->poll);
        *in_time = link_condition_wait (&shell->changed, shell->mutex, deadline_ns);
        shell->meter.waited_ns += link_clock_ns () - began_ns;
        return shell->leaving
                   ? base_error (MST_E_NOT_JOINED, "the federate has left while this call waited")
                   : MST_OK;
    }
    int64_t left = remaining (deadline_ns);
    uint8_t before = shell->meter.doing;
    if (before == WIRE_DOING_COMPUTES)
        shell->meter.doing = WIRE_DOING_WAITS;
    mst_err_t err = federate_pump (shell, left);
    shell->meter.doing = before;
    *in_time = left > 0;
    return err;
}

mst_err_t federate_wait_reply (federate_shell_t *shell, uint32_t request, federate_reply_t *reply)
{
    int64_t deadline_ns = federate_deadline (FEDERATE_REPLY_TIMEOUT_MS);

    base_assert (shell != NULL && reply != NULL);
    for (;;) {
        bool in_time;
        if (federate_core_reply (shell->core, request, reply))
            return MST_OK;
        if (is_lost (shell))
            return lost_error (shell);
        mst_err_t err = federate_turn (shell, deadline_ns, &in_time);
        if (err)
            return err;
        if (!in_time)
            return base_error (MST_E_TIMEOUT,
                               "the RTI is connected and has not answered for %d s: see muster top",
                               FEDERATE_REPLY_TIMEOUT_MS / 1000);
    }
}

/*  Waits for a reply that is only good or bad. */
mst_err_t federate_call (federate_shell_t *shell, uint32_t request)
{
    federate_reply_t reply;

    mst_err_t err = federate_wait_reply (shell, request, &reply);
    if (err)
        return err;
    if (reply.err)
        (void) base_error (reply.err, "%s", reply.text);
    base_free (reply.text);
    base_free (reply.result);
    return reply.err;
}

/*  Runs callbacks until the condition holds. MST_E_TIMEOUT has no text yet: the caller knows what
 * was awaited. */
mst_err_t federate_wait_until (federate_shell_t *shell, federate_until_t *until,
                               const void *context, int64_t deadline_ns)
{
    base_assert (shell != NULL && until != NULL);
    for (;;) {
        bool any = false, in_time;
        mst_err_t err = MST_OK;
        bool whole = !shell->immediate || !shell->calling_back; /* no callback is half done */
        if (whole && until (shell, context))
            return MST_OK;
        if (!shell->immediate)
            err = federate_dispatch (shell, &any);
        if (err)
            return err;
        if (any)
            continue;
        if (is_lost (shell))
            return lost_error (shell);
        err = federate_turn (shell, deadline_ns, &in_time);
        if (err)
            return err;
        if (!in_time && !(whole && until (shell, context)))
            return base_error (MST_E_TIMEOUT, "nothing came in time");
    }
}

/*  The thread of a federate with immediate callbacks. It alone touches the sockets. */
void federate_thread (void *argument)
{
    federate_shell_t *shell = argument;

    link_mutex_lock (shell->mutex);
    while (!shell->stopping) {
        bool any = true;
        mst_err_t err = federate_carry_out (shell, true);
        int64_t patience_ns = federate_patience (shell, INT64_MAX);
        link_mutex_unlock (shell->mutex);
        (void) link_poll_wait (shell->poll, patience_ns);
        link_mutex_lock (shell->mutex);
        if (!err)
            err = federate_pump (shell, 0);
        while (!err && any && !shell->stopping)
            err = federate_dispatch (shell, &any);
        if (err)
            federate_core_rti_lost (shell->core, mst_error_text ());
        link_condition_broadcast (&shell->changed);
    }
    link_mutex_unlock (shell->mutex);
}

/*  What is there is taken in by turns; between them its callbacks run. */
static mst_err_t evoke (federate_shell_t *shell, int64_t deadline_ns, bool *first)
{
    size_t taken_bytes = 0;
    bool pumped = false, more = false;

    for (;;) {
        bool ran = true;
        mst_err_t err = MST_OK;
        while (!err && ran) {
            err = federate_dispatch (shell, &ran);
            *first = *first || ran;
        }
        int64_t left_ns = more || *first ? 0 : remaining (deadline_ns);
        if (err || is_lost (shell) || (pumped && !more && left_ns == 0))
            return err;
        err = federate_pump (shell, left_ns);
        if (err)
            return err;
        pumped = true;
        taken_bytes += shell->turn_bytes;
        more = shell->turn_bytes >= FEDERATE_TURN_BYTES && taken_bytes < FEDERATE_EVOKE_BYTES;
    }
}

mst_err_t mst_evoke (mst_federate_t fed, int64_t wait_ms, bool *any)
{
    federate_shell_t *shell;
    bool first = false;

    mst_err_t err = federate_enter_waiting (fed, &shell);
    if (err)
        return err;
    if (shell->immediate) {
        err = base_error (MST_E_CALL_NOT_ALLOWED,
                          "callbacks are immediate: there is nothing to evoke");
        return federate_leave (shell, err);
    }
    shell->meter.doing = WIRE_DOING_WAITS;
    err = evoke (shell, federate_deadline (wait_ms), &first);
    shell->meter.doing = WIRE_DOING_COMPUTES;
    if (any)
        *any = first;
    if (!err && !first && is_lost (shell))
        err = lost_error (shell);
    return federate_leave (shell, err);
}

mst_err_t mst_flush (mst_federate_t fed)
{
    federate_shell_t *shell;

    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    err = federate_core_flush (shell->core);
    return federate_leave (shell, err);
}
