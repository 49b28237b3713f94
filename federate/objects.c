/*  <muster/object.h> and <muster/ownership.h>: calls on the core, and the waiting when a receiver
 * is slow. */
#include "federate/shell.h"
#include "wire/limits.h"
#include "base/error.h"
#include "base/trace.h"
#include "link/clock.h"

/*  A receiver of a receive-order message is slow: take in what comes (a receiver may be waiting for
   us) until there is room. Where only the pace says so, it is waited for no longer than until
   *patience_ns, which is set by the first wait of a call; then the route may run ahead. */
static mst_err_t wait_for_room (federate_shell_t *shell, int64_t *patience_ns)
{
    federate_state_t state;
    mst_err_t err = MST_OK;

    bool own = federate_in_callback (shell) && shell->immediate;
    bool paced = federate_core_paced (shell->core);
    if (own && !paced)
        return MST_E_WOULD_BLOCK; /* this very thread would have to take in the credit */
    int64_t began = link_clock_ns (), deadline_ns = INT64_MAX;
    if (paced) {
        if (*patience_ns == 0)
            *patience_ns = began + FEDERATE_PACE_NS;
        deadline_ns = *patience_ns;
    }
    if (own || deadline_ns <= began) {
        *patience_ns = 0;
        federate_core_run_ahead (shell->core);
        return MST_OK;
    }
    uint8_t before = shell->meter.doing;
    shell->meter.doing = WIRE_DOING_IS_BLOCKED;
    federate_core_blocked (shell->core, true);
    if (shell->immediate) {
        link_poll_wake (shell->poll);
        (void) link_condition_wait (&shell->changed, shell->mutex, deadline_ns);
        if (shell->leaving)
            err = base_error (MST_E_NOT_JOINED, "the federate has left while this call waited");
    } else
        err = federate_pump (shell, paced ? deadline_ns - began : INT64_MAX);
    federate_core_blocked (shell->core, false);
    shell->meter.doing = before;
    federate_core_counters_edit (shell->core)->blocked_ns += (uint64_t) (link_clock_ns () - began);
    federate_core_state (shell->core, &state);
    if (!err && state.lost)
        err = base_error (MST_E_CONNECTION_LOST, "the connection to the RTI is lost: %s",
                          federate_core_lost_text (shell->core));
    return err;
}

/*  What a user can hand in wrongly before the core looks at handles. */
static mst_err_t check_values (const char *call, const mst_value_t *values, size_t count)
{
    if (!values && count > 0)
        return base_error (MST_E_INVALID_ARGUMENT, "%s needs values", call);
    /*  More than any class has are refused by the core, unread. */
    for (size_t i = 0; i < count && count <= WIRE_VALUES_MAX; i++)
        if (!values[i].data && values[i].size_bytes > 0)
            return base_error (MST_E_INVALID_ARGUMENT, "%s: value %zu has %u bytes and no data",
                               call, i + 1, values[i].size_bytes);
    return MST_OK;
}

mst_err_t mst_update (mst_federate_t fed, mst_object_t object, const mst_value_t *values,
                      size_t count, mst_time_t time, const mst_send_options_t *options)
{
    federate_shell_t *shell;
    int64_t patience_ns = 0;

    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    err = check_values ("mst_update", values, count);
    if (err)
        return federate_leave (shell, err);
    base_trace ("federate/objects.c: mst_update");
    while ((err = federate_core_update (shell->core, object, values, count, time, options)) ==
           MST_E_WOULD_BLOCK) {
        err = wait_for_room (shell, &patience_ns);
        if (err)
            break;
    }
    return federate_leave (shell, err);
}

mst_err_t mst_send (mst_federate_t fed, mst_interaction_class_t of, const mst_value_t *values,
                    size_t count, mst_time_t time, const mst_send_options_t *options)
{
    federate_shell_t *shell;
    int64_t patience_ns = 0;

    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    err = check_values ("mst_send", values, count);
    if (err)
        return federate_leave (shell, err);
    while ((err = federate_core_send (shell->core, of, values, count, time, options)) ==
           MST_E_WOULD_BLOCK) {
        err = wait_for_room (shell, &patience_ns);
        if (err)
            break;
    }
    return federate_leave (shell, err);
}

/*  A call on the core between enter and leave. */
#define SIMPLE(call)                                                                               \
    federate_shell_t *shell;                                                                       \
    mst_err_t err = federate_enter (fed, &shell);                                                  \
    return err ? err : federate_leave (shell, call)

mst_err_t mst_delete (mst_federate_t fed, mst_object_t object, mst_time_t time,
                      const mst_send_options_t *options)
{
    SIMPLE (federate_core_delete (shell->core, object, time, options));
}

mst_err_t mst_register (mst_federate_t fed, mst_class_t of, const char *name, mst_object_t *object)
{
    if (!object)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "mst_register needs a place for the object's handle");
    SIMPLE (federate_core_register (shell->core, of.id, name, object));
}

mst_err_t mst_reserve_names (mst_federate_t fed, const char *const *names, size_t count)
{
    if (!names || count == 0)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_reserve_names needs at least one name");
    SIMPLE (federate_core_reserve (shell->core, names, count));
}

mst_err_t mst_release_name (mst_federate_t fed, const char *name)
{
    if (!name)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_release_name needs a name");
    SIMPLE (federate_core_release_name (shell->core, name));
}

mst_err_t mst_forget (mst_federate_t fed, mst_object_t object)
{
    SIMPLE (federate_core_forget (shell->core, object));
}

static mst_err_t request_update (mst_federate_t fed, mst_object_t object, mst_class_t of,
                                 const mst_attribute_t *attributes, size_t count)
{
    federate_shell_t *shell;
    uint64_t mask;

    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    err = federate_mask_of (shell, of, attributes, count, &mask);
    if (!err)
        err = federate_core_request_update (shell->core, object, of.id, mask);
    return federate_leave (shell, err);
}

mst_err_t mst_request_update (mst_federate_t fed, mst_object_t object,
                              const mst_attribute_t *attributes, size_t count)
{
    mst_class_t of;
    mst_err_t err = mst_object_class (fed, object, &of);
    return err ? err : request_update (fed, object, of, attributes, count);
}

mst_err_t mst_request_class_update (mst_federate_t fed, mst_class_t of,
                                    const mst_attribute_t *attributes, size_t count)
{
    return request_update (fed, (mst_object_t){ 0 }, of, attributes, count);
}

/*  Questions
 * ---------------------------------------------------------------------------------------------- */

const char *mst_object_name (mst_federate_t fed, mst_object_t object)
{
    federate_shell_t *shell;
    if (federate_enter (fed, &shell))
        return NULL;
    const char *name = federate_core_object_name (shell->core, object);
    (void) federate_leave (shell, MST_OK);
    return name;
}

mst_err_t mst_object_find (mst_federate_t fed, const char *name, mst_object_t *object)
{
    federate_shell_t *shell;

    if (!name || !object)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "mst_object_find needs a name and a place for the handle");
    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    if (!federate_core_object_find (shell->core, name, object))
        err = base_error (MST_E_OBJECT_UNKNOWN, "no object named \"%s\" is known here", name);
    return federate_leave (shell, err);
}

mst_err_t mst_object_class (mst_federate_t fed, mst_object_t object, mst_class_t *of)
{
    federate_shell_t *shell;

    if (!of)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "mst_object_class needs a place for the class's handle");
    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    of->id = federate_core_object_class (shell->core, object);
    if (of->id == 0)
        err = base_error (MST_E_OBJECT_UNKNOWN, "no object with handle 0x%llx is known here",
                          (unsigned long long) object.id);
    return federate_leave (shell, err);
}

/*  Ownership
 * ---------------------------------------------------------------------------------------------- */

mst_err_t mst_divest (mst_federate_t fed, mst_object_t object, uint64_t attributes, const void *tag,
                      size_t tag_size_bytes)
{
    SIMPLE (federate_core_divest (shell->core, object, attributes, tag, tag_size_bytes));
}

mst_err_t mst_acquire (mst_federate_t fed, mst_object_t object, uint64_t attributes,
                       const void *tag, size_t tag_size_bytes)
{
    SIMPLE (federate_core_acquire (shell->core, object, attributes, tag, tag_size_bytes, false));
}

mst_err_t mst_acquire_if_available (mst_federate_t fed, mst_object_t object, uint64_t attributes)
{
    SIMPLE (federate_core_acquire (shell->core, object, attributes, NULL, 0, true));
}

mst_err_t mst_query_owner (mst_federate_t fed, mst_object_t object, mst_attribute_t attribute)
{
    SIMPLE (federate_core_query_owner (shell->core, object, attribute.id));
}

uint64_t mst_owned (mst_federate_t fed, mst_object_t object)
{
    federate_shell_t *shell;
    if (federate_enter (fed, &shell))
        return 0;
    uint64_t owned = federate_core_owned (shell->core, object);
    (void) federate_leave (shell, MST_OK);
    return owned;
}

size_t mst_owned_count (mst_federate_t fed)
{
    federate_shell_t *shell;
    if (federate_enter (fed, &shell))
        return 0;
    size_t count = federate_core_owned_count (shell->core);
    (void) federate_leave (shell, MST_OK);
    return count;
}

mst_err_t mst_migrate (mst_federate_t fed, mst_object_t object, mst_federate_id_t new_home,
                       mst_time_t cut, const void *state, size_t state_size_bytes)
{
    if (!state && state_size_bytes > 0)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_migrate needs the state's bytes");
    SIMPLE (federate_core_migrate (shell->core, object, new_home, cut, state, state_size_bytes));
}

mst_err_t mst_report (mst_federate_t fed, const char *name, const char *value)
{
    if (!name || !value)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_report needs a name and a value");
    SIMPLE (federate_core_report (shell->core, name, value));
}
