/*  <muster/time.h> and <muster/synchronization.h>: requests, and the calls that wait for their
 * answers. */
#include "federate/shell.h"
#include "base/alloc.h"
#include "base/error.h"
#include "link/clock.h"
#include "timemgmt/time.h"
#include "wire/control.h"
#include "wire/services.h"

#include <stdio.h>
#include <string.h>

enum { EXPLAIN_TEXT_SIZE = 1024 };

#define SIMPLE(call)                                                                               \
    federate_shell_t *shell;                                                                       \
    mst_err_t err = federate_enter (fed, &shell);                                                  \
    return err ? err : federate_leave (shell, call)

mst_time_t mst_time_from_double (double time)
{
    return timemgmt_key_from_double (time);
}

double mst_time_to_double (mst_time_t time)
{
    return timemgmt_key_to_double (time);
}

mst_err_t mst_enable_regulation (mst_federate_t fed, mst_time_t lookahead)
{
    SIMPLE (federate_core_enable_regulation (shell->core, lookahead));
}

mst_err_t mst_disable_regulation (mst_federate_t fed)
{
    SIMPLE (federate_core_disable_regulation (shell->core));
}

mst_err_t mst_enable_constrained (mst_federate_t fed)
{
    SIMPLE (federate_core_enable_constrained (shell->core));
}

mst_err_t mst_disable_constrained (mst_federate_t fed)
{
    SIMPLE (federate_core_disable_constrained (shell->core));
}

mst_err_t mst_time_advance_request (mst_federate_t fed, mst_time_t to)
{
    SIMPLE (federate_core_advance (shell->core, WIRE_ADVANCE_TAR, to));
}

mst_err_t mst_time_advance_request_available (mst_federate_t fed, mst_time_t to)
{
    SIMPLE (federate_core_advance (shell->core, WIRE_ADVANCE_TARA, to));
}

mst_err_t mst_next_message_request (mst_federate_t fed, mst_time_t to)
{
    SIMPLE (federate_core_advance (shell->core, WIRE_ADVANCE_NMR, to));
}

mst_err_t mst_next_message_request_available (mst_federate_t fed, mst_time_t to)
{
    SIMPLE (federate_core_advance (shell->core, WIRE_ADVANCE_NMRA, to));
}

mst_err_t mst_flush_queue_request (mst_federate_t fed, mst_time_t to)
{
    SIMPLE (federate_core_advance (shell->core, WIRE_ADVANCE_FQR, to));
}

mst_err_t mst_retract (mst_federate_t fed, mst_retraction_t message)
{
    SIMPLE (federate_core_retract (shell->core, message));
}

mst_err_t mst_modify_lookahead (mst_federate_t fed, mst_time_t lookahead)
{
    SIMPLE (federate_core_modify_lookahead (shell->core, lookahead));
}

mst_err_t mst_asynchronous_delivery (mst_federate_t fed, bool on)
{
    SIMPLE (federate_core_asynchronous (shell->core, on));
}

/*  Questions
 * ---------------------------------------------------------------------------------------------- */

static mst_err_t get_state (mst_federate_t fed, federate_state_t *state)
{
    federate_shell_t *shell;
    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    federate_core_state (shell->core, state);
    return federate_leave (shell, MST_OK);
}

static mst_err_t no_place (const char *call)
{
    return base_error (MST_E_INVALID_ARGUMENT, "%s needs a place for the time", call);
}

mst_err_t mst_query_time (mst_federate_t fed, mst_time_t *time)
{
    federate_state_t state;

    mst_err_t err = time ? get_state (fed, &state) : no_place ("mst_query_time");
    if (!err)
        *time = state.now;
    return err;
}

mst_err_t mst_query_lookahead (mst_federate_t fed, mst_time_t *lookahead)
{
    federate_state_t state;

    mst_err_t err = lookahead ? get_state (fed, &state) : no_place ("mst_query_lookahead");
    if (err)
        return err;
    if (!state.regulating)
        return base_error (MST_E_REGULATION_OFF,
                           "the federate is not time regulating: it has no lookahead");
    *lookahead = state.lookahead;
    return MST_OK;
}

static mst_err_t query_bound (mst_federate_t fed, uint16_t service, mst_time_t *time)
{
    federate_shell_t *shell = NULL;
    federate_reply_t reply;
    wire_query_galt_result_t result;
    base_arena_t arena = { 0 };
    uint32_t request;

    mst_err_t err = federate_enter_waiting (fed, &shell);
    if (!err)
        err = federate_core_query (shell->core, service, &request);
    if (!err)
        err = federate_wait_reply (shell, request, &reply);
    if (err)
        return shell ? federate_leave (shell, err) : err;
    err = reply.err ? base_error (reply.err, "%s", reply.text)
                    : wire_service_decode_result (service, reply.result, reply.result_size_bytes,
                                                  &arena, &result, sizeof result);
    if (!err)
        *time = result.time == WIRE_TIME_NONE ? MST_TIME_NEVER : result.time;
    base_arena_fini (&arena);
    base_free (reply.text);
    base_free (reply.result);
    return federate_leave (shell, err);
}

mst_err_t mst_query_galt (mst_federate_t fed, mst_time_t *galt)
{
    return galt ? query_bound (fed, WIRE_SERVICE_QUERY_GALT, galt) : no_place ("mst_query_galt");
}

mst_err_t mst_query_lits (mst_federate_t fed, mst_time_t *lits)
{
    return lits ? query_bound (fed, WIRE_SERVICE_QUERY_LITS, lits) : no_place ("mst_query_lits");
}

/*  Waiting for time
 * ----------------------------------------------------------------------------------------- */

static bool is_granted (const federate_shell_t *shell, const void *context)
{
    federate_state_t state;
    (void) context;
    federate_core_state (shell->core, &state);
    return !state.advancing;
}

static bool is_regulating (const federate_shell_t *shell, const void *context)
{
    (void) context;
    return shell->regulation_told;
}

static bool is_constrained (const federate_shell_t *shell, const void *context)
{
    (void) context;
    return shell->constraint_told;
}

/*  The text of a grant that did not come says who holds it. */
static mst_err_t no_grant (federate_shell_t *shell, int64_t wait_ms)
{
    char why[EXPLAIN_TEXT_SIZE] = "";
    federate_state_t state;

    mst_err_t err = federate_explain (shell, &(wire_explain_t){ 0 }, NULL, why, sizeof why);
    if (err == MST_E_CONNECTION_LOST || err == MST_E_NOT_JOINED)
        return err;
    if (err)
        (void) snprintf (why, sizeof why, "the RTI does not say by whom.");
    err = federate_wait_until (shell, is_granted, NULL,
                               0); /* the grant may have come before the answer */
    if (err != MST_E_TIMEOUT)
        return err;
    federate_core_state (shell->core, &state);
    return base_error (MST_E_TIMEOUT, "%s: no grant to %s after %.1f s: %s See muster top.",
                       federate_core_peer_name (shell->core, state.self),
                       FEDERATE_TIME (shell->core, state.requested), (double) wait_ms / 1000.0,
                       why);
}

static mst_err_t await_grant (federate_shell_t *shell, int64_t wait_ms)
{
    shell->meter.doing = WIRE_DOING_WAITS_FOR_TIME;
    mst_err_t err = federate_wait_until (shell, is_granted, NULL, federate_deadline (wait_ms));
    shell->meter.doing = WIRE_DOING_COMPUTES;
    return err == MST_E_TIMEOUT ? no_grant (shell, wait_ms) : err;
}

mst_err_t mst_await_grant (mst_federate_t fed, int64_t wait_ms, mst_time_t *granted)
{
    federate_shell_t *shell = NULL;
    federate_state_t state;

    mst_err_t err = federate_enter_waiting (fed, &shell);
    if (!err)
        err = await_grant (shell, wait_ms);
    if (!err && granted) {
        federate_core_state (shell->core, &state);
        *granted = state.now;
    }
    return shell ? federate_leave (shell, err) : err;
}

mst_err_t mst_advance (mst_federate_t fed, mst_time_t to, int64_t wait_ms)
{
    federate_shell_t *shell = NULL;

    mst_err_t err = federate_enter_waiting (fed, &shell);
    if (!err)
        err = federate_core_advance (shell->core, WIRE_ADVANCE_TAR, to);
    if (!err)
        err = await_grant (shell, wait_ms);
    return shell ? federate_leave (shell, err) : err;
}

mst_err_t mst_enable_time (mst_federate_t fed, mst_time_t lookahead)
{
    federate_shell_t *shell = NULL;
    federate_state_t state;

    mst_err_t err = federate_enter_waiting (fed, &shell);
    if (err)
        return shell ? federate_leave (shell, err) : err;
    federate_core_state (shell->core, &state);
    if (state.constrained && !state.regulating) /* then not the other either */
        err = base_error (MST_E_CONSTRAINED_ON,
                          "%s is time constrained already: mst_enable_regulation enables the rest",
                          federate_core_peer_name (shell->core, state.self));
    if (!err) { /* one after the other: only one request may be pending */
        shell->regulation_told = false;
        err = federate_core_enable_regulation (shell->core, lookahead);
    }
    if (!err)
        err = federate_wait_until (shell, is_regulating, NULL, INT64_MAX);
    if (!err) {
        shell->constraint_told = false;
        err = federate_core_enable_constrained (shell->core);
        if (!err)
            err = federate_wait_until (shell, is_constrained, NULL, INT64_MAX);
    }
    return federate_leave (shell, err);
}

/*  Synchronization
 * ------------------------------------------------------------------------------------------ */

mst_err_t mst_register_point (mst_federate_t fed, const char *label, const void *tag,
                              size_t tag_size_bytes, const mst_federate_id_t *members,
                              size_t member_count)
{
    if (!label || label[0] == '\0')
        return base_error (MST_E_INVALID_ARGUMENT, "a synchronization point needs a label");
    SIMPLE (federate_core_register_point (shell->core, label, tag, tag_size_bytes, members,
                                          member_count));
}

mst_err_t mst_achieve_point (mst_federate_t fed, const char *label, bool succeeded)
{
    if (!label)
        return base_error (MST_E_INVALID_ARGUMENT, "a synchronization point needs a label");
    SIMPLE (federate_core_achieve_point (shell->core, label, succeeded));
}

static uint64_t point_state (const federate_shell_t *shell, const char *label)
{
    uint64_t state;
    return base_names_get (&shell->points, label, strlen (label), &state) ? state : 0;
}

typedef struct gathering {
    const char *label;
    size_t federates;
} gathering_t;

static bool enough_members (const federate_shell_t *shell, const void *context)
{
    const gathering_t *gathering = context;
    return point_state (shell, gathering->label) != 0 ||
           federate_core_members (shell->core, NULL) >= gathering->federates;
}

static bool is_announced (const federate_shell_t *shell, const void *context)
{
    return point_state (shell, context) != 0;
}

static bool is_synchronized (const federate_shell_t *shell, const void *context)
{
    return point_state (shell, context) == FEDERATE_POINT_SYNCHRONIZED;
}

/*  The member with the smallest name registers the point, so that exactly one does. */
static mst_err_t register_once (federate_shell_t *shell, const char *label)
{
    const char *first;
    federate_state_t state;
    uint32_t request;

    federate_core_state (shell->core, &state);
    (void) federate_core_members (shell->core, &first);
    const char *self = federate_core_peer_name (shell->core, state.self);
    if (point_state (shell, label) != 0 || !first || strcmp (first, self) != 0)
        return MST_OK;
    mst_err_t err = federate_core_register_point_asked (shell->core, label, &request);
    return err ? err : federate_call (shell, request);
}

static mst_err_t synchronize (federate_shell_t *shell, const char *label, size_t federates,
                              int64_t wait_ms)
{
    int64_t deadline_ns = federate_deadline (wait_ms);
    gathering_t gathering = { label, federates };

    mst_err_t err = federate_wait_until (shell, enough_members, &gathering, deadline_ns);
    if (err == MST_E_TIMEOUT)
        return base_error (
            err, "synchronization point \"%s\": %zu of %zu federates have joined after %.1f s",
            label, federate_core_members (shell->core, NULL), federates, (double) wait_ms / 1000.0);
    if (!err)
        err = register_once (shell, label);
    if (!err)
        err = federate_wait_until (shell, is_announced, label, deadline_ns);
    if (!err) {
        federate_meter_at (shell, WIRE_DOING_WAITS_AT_POINT, label);
        err = federate_core_achieve_point (shell->core, label, true);
        if (!err)
            err = federate_wait_until (shell, is_synchronized, label, deadline_ns);
        federate_meter_left (shell, err != MST_OK);
    }
    if (!err)
        base_names_remove (&shell->points, label, strlen (label));
    if (err == MST_E_TIMEOUT)
        return base_error (
            err, "synchronization point \"%s\": not all federates achieved it within %.1f s", label,
            (double) wait_ms / 1000.0);
    return err;
}

mst_err_t mst_synchronize (mst_federate_t fed, const char *label, size_t federates, int64_t wait_ms)
{
    federate_shell_t *shell = NULL;

    if (!label || label[0] == '\0')
        return base_error (MST_E_INVALID_ARGUMENT, "a synchronization point needs a label");
    mst_err_t err = federate_enter_waiting (fed, &shell);
    if (!err)
        err = synchronize (shell, label, federates, wait_ms);
    return shell ? federate_leave (shell, err) : err;
}

mst_err_t mst_barrier_arrive (mst_federate_t fed, const char *name, const char *const *expected,
                              size_t expected_count, int64_t deadline_ms)
{
    if (!name || !expected || expected_count == 0 || deadline_ms < 0)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a barrier needs a name and the names of its members");
    SIMPLE (
        federate_core_barrier (shell->core, name, expected, expected_count, deadline_ms * 1000000));
}

static bool barrier_answered (const federate_shell_t *shell, const void *context)
{
    (void) context;
    return shell->barrier_passed || shell->barrier_broken;
}

mst_err_t mst_barrier (mst_federate_t fed, const char *name, const char *const *expected,
                       size_t expected_count, int64_t deadline_ms)
{
    federate_shell_t *shell = NULL;
    uint32_t request;

    if (!name || !expected || expected_count == 0 || deadline_ms < 0)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a barrier needs a name and the names of its members");
    mst_err_t err = federate_enter_waiting (fed, &shell);
    if (!err) {
        (void) snprintf (shell->waited_barrier, sizeof shell->waited_barrier, "%s", name);
        shell->barrier_passed = shell->barrier_broken = false;
        federate_meter_at (shell, WIRE_DOING_WAITS_AT_BARRIER, name);
        err = federate_core_barrier_asked (shell->core, name, expected, expected_count,
                                           deadline_ms * 1000000, &request);
    }
    if (!err)
        err = federate_call (shell, request);
    if (!err)
        err = federate_wait_until (shell, barrier_answered, NULL, INT64_MAX);
    if (shell)
        federate_meter_left (shell, err != MST_OK);
    if (!err && shell->barrier_broken)
        err = base_error (MST_E_BARRIER_BROKEN, "the barrier \"%s\" is broken: missing %s", name,
                          shell->barrier_missing);
    return shell ? federate_leave (shell, err) : err;
}
