/*  Handles of federates: a slot and its generation, so that a stale one is an error and never a
   crash. The lock of a federate with immediate callbacks lies in its slot: whoever waited for it
   while the federate left finds another generation, and touches nothing that is gone. */
#include "federate/shell.h"
#include "base/error.h"

#include <stdatomic.h>

typedef struct slot {
    _Atomic uint32_t generation; /* odd: in use */
    _Atomic (federate_shell_t *) shell;
    _Atomic uint8_t how; /* calls take the mutex; the next one is measured */
    bool made;           /* the mutex is; whoever holds the slot looks */
    link_mutex_t mutex;
} slot_t;

enum { SLOT_LOCKED = 1, SLOT_MEASURED = 2 };

static slot_t slots[FEDERATE_SLOTS_MAX];

mst_err_t federate_table_add (federate_shell_t *shell)
{
    base_assert (shell != NULL);
    for (uint32_t i = 0; i < FEDERATE_SLOTS_MAX; i++) {
        uint32_t generation = atomic_load (&slots[i].generation);
        if (generation % 2 != 0 ||
            !atomic_compare_exchange_strong (&slots[i].generation, &generation, generation + 1))
            continue;
        if (!slots[i].made)
            link_mutex_init (&slots[i].mutex);
        slots[i].made = true;
        shell->mutex = &slots[i].mutex;
        shell->handle = (mst_federate_t){ i, generation + 1 };
        atomic_store (&slots[i].shell, shell);
        return MST_OK;
    }
    return base_error (MST_E_LIMIT,
                       "a process has at most %d federates: FEDERATE_SLOTS_MAX is reached",
                       FEDERATE_SLOTS_MAX);
}

void federate_table_lock (const federate_shell_t *shell)
{
    base_assert (shell != NULL && shell->handle.generation != 0);
    atomic_fetch_or (&slots[shell->handle.slot].how, SLOT_LOCKED);
}

void federate_table_measure (const federate_shell_t *shell, bool on)
{
    slot_t *slot = &slots[shell->handle.slot];
    base_assert (shell->handle.generation != 0);
    if (on)
        atomic_fetch_or (&slot->how, SLOT_MEASURED);
    else
        atomic_fetch_and (&slot->how, (uint8_t) ~SLOT_MEASURED);
}

void federate_table_remove (federate_shell_t *shell)
{
    base_assert (shell != NULL);
    if (shell->handle.generation == 0)
        return;
    slot_t *slot = &slots[shell->handle.slot];
    link_mutex_lock (&slot->mutex);
    atomic_store (&slot->shell, NULL);
    atomic_store (&slot->how, 0);
    atomic_fetch_add (&slot->generation, 1);
    link_mutex_unlock (&slot->mutex);
    shell->handle = (mst_federate_t){ 0, 0 };
}

static mst_err_t stale (void)
{
    return base_error (MST_E_STALE_HANDLE, "the federate handle is not of a joined federate: "
                                           "it was never joined, or has resigned");
}

static federate_shell_t *find (mst_federate_t fed)
{
    if (fed.slot >= FEDERATE_SLOTS_MAX || fed.generation % 2 == 0)
        return NULL;
    slot_t *slot = &slots[fed.slot];
    return atomic_load (&slot->generation) == fed.generation ? atomic_load (&slot->shell) : NULL;
}

mst_err_t federate_enter (mst_federate_t fed, federate_shell_t **shell)
{
    base_assert (shell != NULL);
    *shell = find (fed);
    if (!*shell)
        return stale ();
    uint8_t how = atomic_load (&slots[fed.slot].how);
    if (how == 0)
        return MST_OK;
    if ((how & SLOT_LOCKED) == 0) {
        federate_meter_start (*shell);
        return MST_OK;
    }
    link_mutex_lock (&slots[fed.slot].mutex);
    if (find (fed) == *shell && !(*shell)->leaving) {
        (*shell)->calls++;
        if ((*shell)->meter.armed)
            federate_meter_start (*shell);
        return MST_OK;
    }
    link_mutex_unlock (&slots[fed.slot].mutex);
    *shell = NULL;
    return stale ();
}

mst_err_t federate_enter_waiting (mst_federate_t fed, federate_shell_t **shell)
{
    mst_err_t err = federate_enter (fed, shell);
    if (!err && (*shell)->meter.began_ns != 0) /* its parts are measured, not the whole */
        federate_meter_cancel (*shell);
    if (err || !federate_in_callback (*shell))
        return err;
    (void) federate_leave (*shell, MST_E_CALL_NOT_ALLOWED);
    *shell = NULL;
    return base_error (
        MST_E_CALL_NOT_ALLOWED,
        "within a callback no call may wait: note what to do and do it after mst_evoke");
}

static inline mst_err_t leave (federate_shell_t *shell, mst_err_t err)
{
    if (err || !federate_core_wants (shell->core))
        return err;
    return federate_carry_out (shell, false);
}

/*  Apart, so that the way of the many keeps no frame for it. */
static __attribute__ ((noinline)) mst_err_t leave_measured (federate_shell_t *shell, mst_err_t err)
{
    err = leave (shell, err);
    federate_meter_call (shell);
    return err;
}

mst_err_t federate_leave (federate_shell_t *shell, mst_err_t err)
{
    if (shell->immediate) {
        base_assert (shell->calls > 0);
        shell->calls--;
        if (shell->leaving)
            link_condition_broadcast (&shell->changed);
        if (!federate_in_callback (shell))
            link_poll_wake (shell->poll);
        if (--shell->meter.calls == 0)
            federate_meter_call (shell);
        link_mutex_unlock (shell->mutex);
        return err;
    }
    if (--shell->meter.calls == 0)
        return leave_measured (shell, err);
    return leave (shell, err);
}

void federate_close_door (federate_shell_t *shell)
{
    base_assert (shell != NULL);
    if (!shell->immediate)
        return;
    shell->leaving = true;
    while (shell->calls > 1) {
        link_condition_broadcast (&shell->changed);
        (void) link_condition_wait (&shell->changed, shell->mutex, INT64_MAX);
    }
}
