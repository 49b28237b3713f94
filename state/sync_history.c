/*  What each version replaced. */
#include "state/sync_own.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

void state_undos_fini (sync_undos_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (self, i)
        state_value_fini (&self->items[i].old);
    BASE_LIST_FINI (self);
    base_assert (self->count == 0);
}

static void history_drop (mst_sync_t *self, size_t count)
{
    base_assert (count <= self->history.count);
    for (size_t i = 0; i < count; i++) {
        base_assert (self->history.items[i].bytes <= self->history_bytes);
        self->history_bytes -= self->history.items[i].bytes;
        state_undos_fini (&self->history.items[i].undos);
    }
    if (count == 0)
        return;
    self->history.count -= count;
    memmove (self->history.items, self->history.items + count,
             self->history.count * sizeof *self->history.items);
}

void state_history_clear (mst_sync_t *self)
{
    base_assert (self != NULL);
    history_drop (self, self->history.count);
    base_assert (self->history_bytes == 0);
}

mst_err_t state_history_room (mst_sync_t *self)
{
    base_assert (self != NULL);
    return BASE_LIST_ROOM (&self->history);
}

/*  Drops from the oldest end; the newest step stays whatever its size, so that who kept up gets a
    delta. */
static void history_trim (mst_sync_t *self)
{
    size_t drop = 0, bytes = self->history_bytes;
    base_assert (self->history.count > 0);
    while (drop + 1 < self->history.count &&
           (self->history.count - drop > self->options.history_versions ||
            bytes > self->options.history_bytes))
        bytes -= self->history.items[drop++].bytes;
    history_drop (self, drop);
}

void state_history_add (mst_sync_t *self, uint64_t from, uint64_t to, sync_undos_t *undos)
{
    sync_step_t step = { .from = from, .to = to, .undos = *undos };
    base_assert (from < to);
    base_assert (self->history.count < self->history.capacity);
    BASE_LIST_EACH (undos, i)
        step.bytes += undos->items[i].old.size_bytes + sizeof (sync_undo_t);
    *undos = (sync_undos_t){ 0 };
    BASE_LIST_PUT (&self->history, step);
    self->history_bytes += step.bytes;
    history_trim (self);
}

/*  Index of the step that begins at `base`; the count when there is none. */
static size_t history_at (const mst_sync_t *self, uint64_t base)
{
    size_t low = 0, high = self->history.count;
    base_assert (self != NULL);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->history.items[middle].from < base)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < self->history.count && self->history.items[low].from == base;
    return found ? low : self->history.count;
}

bool state_history_has (const mst_sync_t *self, uint64_t base)
{
    base_assert (self != NULL);
    return base == self->version || history_at (self, base) < self->history.count;
}

/*  Is the value that stands another one than it was? A slot that came and went is told, too, so
    that slots arrive without holes. */
static bool history_differs (const sync_slot_t *now, const sync_change_t *change)
{
    const sync_value_t *old = change->old;
    base_assert (old != NULL);
    if (!old->data || !now->value.data)
        return true;
    if (change->named || old->size_bytes != now->value.size_bytes)
        return true;
    return old->size_bytes > 0 && memcmp (old->data, now->value.data, old->size_bytes) != 0;
}

static int history_by_slot (const void *a, const void *b)
{
    uint32_t left = ((const sync_change_t *) a)->slot, right = ((const sync_change_t *) b)->slot;
    return left < right ? -1 : left > right;
}

/*  Slots often come in order already: then there is nothing to sort. */
static void history_sort (sync_changes_t *changes)
{
    bool sorted = true;
    base_assert (changes != NULL);
    for (size_t i = 1; sorted && i < changes->count; i++)
        sorted = changes->items[i - 1].slot < changes->items[i].slot;
    if (!sorted)
        qsort (changes->items, changes->count, sizeof *changes->items, history_by_slot);
}

mst_err_t state_history_changes (const mst_sync_t *self, uint64_t base, sync_changes_t *changes)
{
    size_t first = history_at (self, base);
    base_assert (state_history_has (self, base));
    base_assert (changes != NULL && changes->count == 0);
    bool several = self->history.count - first > 1;
    uint8_t *seen = several ? base_calloc (self->table.slots.count, 1) : NULL;
    if (several && !seen)
        return base_alloc_error ();
    mst_err_t err = MST_OK;
    for (size_t s = first; !err && s < self->history.count; s++) {
        const sync_undos_t *undos = &self->history.items[s].undos;
        for (size_t i = 0; !err && i < undos->count; i++) {
            const sync_slot_t *now = &self->table.slots.items[undos->items[i].slot];
            sync_change_t change = { undos->items[i].slot, now->born > base, &undos->items[i].old };
            if (seen && seen[change.slot])
                continue;
            if (seen)
                seen[change.slot] = 1;
            if (history_differs (now, &change))
                err = BASE_LIST_PUSH (changes, change);
        }
    }
    base_free (seen);
    history_sort (changes);
    return err;
}
