/*  From a due delivery of the core to the user's function. The only function pointers on an
   update's way are the user's own. */
#include "federate/shell.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/trace.h"

#include <stdio.h>
#include <string.h>

/*  The callbacks that this thread is in: one may evoke those of another federate. */
typedef struct calling {
    const federate_shell_t *shell;
    const struct calling *outer;
} calling_t;

static _Thread_local const calling_t *innermost;

bool federate_in_callback (const federate_shell_t *shell)
{
    for (const calling_t *calling = innermost; calling; calling = calling->outer)
        if (calling->shell == shell)
            return true;
    return false;
}

/*  What waiting calls of the library look for, beside the user's callback. */
static void note_answer (federate_shell_t *shell, const federate_delivery_t *what)
{
    const char *text = what->text; /* of those below it is there */

    switch ((int) what->kind) { /* a point that cannot be noted is waited for until the deadline */
    case FEDERATE_POINT_ANNOUNCED:
        (void) base_names_set (&shell->points, text, strlen (text), FEDERATE_POINT_ANNOUNCED_HERE);
        break;
    case FEDERATE_SYNCHRONIZED:
        (void) base_names_set (&shell->points, text, strlen (text), FEDERATE_POINT_SYNCHRONIZED);
        break;
    case FEDERATE_REGULATION_ENABLED: shell->regulation_told = true; break;
    case FEDERATE_CONSTRAINED_ENABLED: shell->constraint_told = true; break;
    case FEDERATE_BARRIER_PASSED:
        shell->barrier_passed = shell->barrier_passed || strcmp (text, shell->waited_barrier) == 0;
        break;
    case FEDERATE_BARRIER_BROKEN:
        shell->barrier_broken = shell->barrier_broken || strcmp (text, shell->waited_barrier) == 0;
        (void) snprintf (shell->barrier_missing, sizeof shell->barrier_missing, "%s", what->reason);
        break;
    case FEDERATE_LISTED:
        base_free (shell->listed);
        shell->listed = base_strndup (what->tag, what->tag_size_bytes);
        shell->listed_size_bytes = shell->listed ? what->tag_size_bytes : 0;
        break;
    default: break;
    }
}

#define CALL(name, ...)                                                                            \
    do {                                                                                           \
        if (shell->callbacks.name)                                                                 \
            shell->callbacks.name (shell->user, shell->handle, __VA_ARGS__);                       \
    } while (0)

static void call_data (federate_shell_t *shell, const federate_delivery_t *what)
{
    switch ((int) what->kind) {
    case FEDERATE_DISCOVERED: CALL (discovered, &what->discovery); break;
    case FEDERATE_REFLECTED:
        base_trace ("federate/dispatch.c: call_data");
        CALL (reflected, &what->reception);
        break;
    case FEDERATE_RECEIVED: CALL (received, &what->reception); break;
    case FEDERATE_REMOVED: CALL (removed, &what->reception); break;
    case FEDERATE_PROVIDE_UPDATE: CALL (provide_update, what->object, what->attributes); break;
    case FEDERATE_NAME_RESERVED: CALL (name_reserved, what->text, what->succeeded); break;
    case FEDERATE_ASSUMPTION_REQUESTED: CALL (assumption_requested, &what->ownership); break;
    case FEDERATE_ACQUIRED: CALL (acquired, &what->ownership); break;
    case FEDERATE_RELEASE_REQUESTED: CALL (release_requested, &what->ownership); break;
    case FEDERATE_UNAVAILABLE: CALL (unavailable, &what->ownership); break;
    case FEDERATE_OWNER_INFORMED: CALL (owner_informed, &what->ownership); break;
    case FEDERATE_MIGRATED_IN: CALL (migrated_in, &what->migration); break;
    case FEDERATE_MIGRATED_OUT: CALL (migrated_out, &what->migration); break;
    case FEDERATE_MIGRATION_ABORTED: CALL (migration_aborted, &what->migration); break;
    default: break;
    }
}

static void call_rest (federate_shell_t *shell, const federate_delivery_t *what)
{
    switch ((int) what->kind) {
    case FEDERATE_REGULATION_ENABLED: CALL (regulation_enabled, what->time); break;
    case FEDERATE_CONSTRAINED_ENABLED: CALL (constrained_enabled, what->time); break;
    case FEDERATE_GRANTED: CALL (granted, what->time); break;
    case FEDERATE_FLUSHED: CALL (flush_queue_granted, what->time, what->optimistic); break;
    case FEDERATE_RETRACTED: CALL (retraction_requested, &what->retracted); break;
    case FEDERATE_POINT_REGISTERED:
        CALL (point_registered, what->text, what->succeeded, what->reason);
        break;
    case FEDERATE_POINT_ANNOUNCED:
        CALL (point_announced, what->text, what->tag, what->tag_size_bytes);
        break;
    case FEDERATE_SYNCHRONIZED:
        CALL (synchronized, what->text, what->federates, what->federate_count);
        break;
    case FEDERATE_BARRIER_PASSED: CALL (barrier_passed, what->text, what->number); break;
    case FEDERATE_BARRIER_BROKEN: CALL (barrier_broken, what->text, what->reason); break;
    case FEDERATE_JOINED: CALL (federate_joined, what->federate, what->text); break;
    case FEDERATE_RESIGNED: CALL (federate_resigned, what->federate, what->text); break;
    case FEDERATE_LOST:
        CALL (federate_lost, what->federate, what->text, what->time, what->reason);
        break;
    case FEDERATE_REFUSED: CALL (refused, what->err, what->text); break;
    case FEDERATE_CONNECTION_LOST: CALL (connection_lost, what->text); break;
    case FEDERATE_NOTED: CALL (noted, what->tag, what->tag_size_bytes); break;
    default: break;
    }
}

/*  The callback itself is the user's time. */
static mst_err_t next_measured (federate_shell_t *shell, federate_delivery_t *what)
{
    federate_meter_start (shell);
    mst_err_t err = federate_core_next (shell->core, what);
    federate_meter_stop (shell, FEDERATE_METER_WATCHES);
    return err;
}

mst_err_t federate_dispatch (federate_shell_t *shell, bool *any)
{
    federate_delivery_t what;

    base_assert (shell != NULL && any != NULL);
    mst_err_t err = shell->meter.watching ? next_measured (shell, &what)
                                          : federate_core_next (shell->core, &what);
    *any = !err && what.kind != FEDERATE_NOTHING;
    if (err || !*any)
        return err;
    bool data = what.kind <= FEDERATE_REMOVED;
    if (!data)
        note_answer (shell, &what);
    calling_t calling = { shell, innermost };
    innermost = &calling;
    shell->calling_back = true;
    if (shell->immediate) /* the user's own locks must not meet ours */
        link_mutex_unlock (shell->mutex);
    call_data (shell, &what);
    if (!data)
        call_rest (shell, &what);
    if (shell->immediate)
        link_mutex_lock (shell->mutex);
    shell->calling_back = false;
    innermost = calling.outer;
    return MST_OK;
}
