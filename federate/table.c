/*  Handles of federates: a slot and its generation, so that a stale one is an error and never a crash. */
#include "federate/shell.h"
#include "base/error.h"

#include <stdatomic.h>

typedef struct slot {
    _Atomic uint32_t generation; /* odd: in use */
    _Atomic (federate_shell_t *) shell;
} slot_t;

static slot_t slots[FEDERATE_SLOTS_MAX];

mst_err_t federate_table_add (federate_shell_t *shell)
{
    base_assert (shell != NULL);
    for (uint32_t i = 0; i < FEDERATE_SLOTS_MAX; i++) {
        uint32_t generation = atomic_load (&slots[i].generation);
        if (generation % 2 != 0 || !atomic_compare_exchange_strong (&slots[i].generation, &generation, generation + 1))
            continue;
        atomic_store (&slots[i].shell, shell);
        shell->handle = (mst_federate_t) { i, generation + 1 };
        return MST_OK;
    }
    return base_error (MST_E_LIMIT, "a process has at most %d federates: FEDERATE_SLOTS_MAX is reached",
                       FEDERATE_SLOTS_MAX);
}

void federate_table_remove (federate_shell_t *shell)
{
    base_assert (shell != NULL);
    if (shell->handle.generation == 0)
        return;
    slot_t *slot = &slots[shell->handle.slot];
    atomic_store (&slot->shell, NULL);
    atomic_fetch_add (&slot->generation, 1);
    shell->handle = (mst_federate_t) { 0, 0 };
}

mst_err_t federate_table_find (mst_federate_t fed, federate_shell_t **shell)
{
    base_assert (shell != NULL);
    *shell = NULL;
    if (fed.slot < FEDERATE_SLOTS_MAX && fed.generation % 2 != 0 &&
        atomic_load (&slots[fed.slot].generation) == fed.generation)
        *shell = atomic_load (&slots[fed.slot].shell);
    if (*shell)
        return MST_OK;
    return base_error (MST_E_STALE_HANDLE, "the federate handle is not of a joined federate: "
                       "it was never joined, or has resigned");
}

mst_err_t federate_enter (mst_federate_t fed, federate_shell_t **shell)
{
    mst_err_t err = federate_table_find (fed, shell);
    if (err)
        return err;
    if ((*shell)->immediate && !federate_in_callback (*shell))
        link_mutex_lock (&(*shell)->mutex);
    return MST_OK;
}

mst_err_t federate_enter_waiting (mst_federate_t fed, federate_shell_t **shell)
{
    mst_err_t err = federate_enter (fed, shell);
    if (err || !federate_in_callback (*shell))
        return err;
    return base_error (MST_E_CALL_NOT_ALLOWED,
                       "within a callback no call may wait: note what to do and do it after mst_evoke");
}

mst_err_t federate_leave (federate_shell_t *shell, mst_err_t err)
{
    if (shell->immediate) {
        if (!federate_in_callback (shell)) {
            link_poll_wake (shell->poll);
            link_mutex_unlock (&shell->mutex);
        }
        return err;
    }
    if (err)
        return err;
    federate_effects_t *effects = federate_core_effects (shell->core);
    if (effects->count == 0 && !federate_core_urgent (shell->core))
        return MST_OK;
    return federate_carry_out (shell, false);
}
