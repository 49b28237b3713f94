/*  What each version replaced. */
#include "state/sync_own.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

void state_undos_fini (sync_undos_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_FINI (&self->list);
    base_buffer_fini (&self->bytes);
    base_assert (self->list.count == 0);
}

mst_err_t state_undos_room (sync_undos_t *self, size_t size_bytes)
{
    base_assert (self != NULL);
    mst_err_t err = BASE_LIST_ROOM (&self->list);
    if (!err)
        err = base_buffer_reserve (&self->bytes, size_bytes);
    return err;
}

void state_undos_put (sync_undos_t *self, uint32_t slot, const sync_value_t *old)
{
    base_buffer_t *bytes = &self->bytes;
    base_assert (self->list.count < self->list.capacity);
    base_assert (old->size_bytes <= bytes->capacity_bytes - bytes->size_bytes);
    const sync_undo_t undo = {
        slot, old->data != NULL, false, bytes->size_bytes, old->size_bytes, old->stamp_ns
    };
    if (old->size_bytes > 0)
        memcpy (bytes->data + bytes->size_bytes, old->data, old->size_bytes);
    bytes->size_bytes += old->size_bytes;
    BASE_LIST_PUT (&self->list, undo);
}

/*  A value that a slot held, as a view; data is never NULL for one that it held. */
static sync_value_t undo_value (const sync_undos_t *self, const sync_undo_t *undo)
{
    static uint8_t nothing;
    base_assert (undo->offset + undo->size_bytes <= self->bytes.size_bytes);
    if (!undo->had)
        return (sync_value_t){ .data = NULL };
    return (sync_value_t){ undo->size_bytes > 0 ? self->bytes.data + undo->offset : &nothing,
                           undo->size_bytes, undo->stamp_ns };
}

/*  The largest memory stays for the next version. */
static void undos_recycle (mst_sync_t *self, sync_undos_t *undos)
{
    base_assert (self != NULL && undos != NULL);
    if (undos->bytes.capacity_bytes > self->spare.bytes.capacity_bytes) {
        const sync_undos_t swap = self->spare;
        self->spare = *undos;
        *undos = swap;
    }
    state_undos_fini (undos);
    self->spare.list.count = 0;
    base_buffer_clear (&self->spare.bytes);
}

static void history_drop (mst_sync_t *self, size_t count)
{
    base_assert (count <= self->history.count);
    for (size_t i = 0; i < count; i++) {
        base_assert (self->history.items[i].bytes <= self->history_bytes);
        self->history_bytes -= self->history.items[i].bytes;
        undos_recycle (self, &self->history.items[i].undos);
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
    step.bytes = undos->bytes.size_bytes + undos->list.count * sizeof (sync_undo_t);
    *undos = self->spare;
    self->spare = (sync_undos_t){ 0 };
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
    const sync_value_t *old = &change->old;
    base_assert (now != NULL);
    if (!old->data || !now->value.data)
        return true;
    if (change->named || change->differs || old->size_bytes != now->value.size_bytes)
        return true;
    return old->size_bytes > 0 && memcmp (old->data, now->value.data, old->size_bytes) != 0;
}

static int history_by_slot (const void *a, const void *b)
{
    uint32_t left = ((const sync_change_t *) a)->slot, right = ((const sync_change_t *) b)->slot;
    return left < right ? -1 : left > right;
}

/*  Many changes are put in order by a walk through all slots, few by comparing them. */
static mst_err_t history_walk (const mst_sync_t *self, sync_changes_t *changes)
{
    size_t slots = self->table.slots.count, count = 0;
    uint32_t *places = base_calloc (slots, sizeof *places); /* index + 1 of a slot's change */
    sync_changes_t sorted = { base_calloc (changes->count, sizeof *sorted.items), 0,
                              changes->count };
    bool good = places && sorted.items;
    for (size_t i = 0; good && i < changes->count; i++)
        places[changes->items[i].slot] = (uint32_t) i + 1;
    for (size_t slot = 0; good && slot < slots; slot++)
        if (places[slot] > 0)
            sorted.items[count++] = changes->items[places[slot] - 1];
    base_free (places);
    base_assert (!good || count == changes->count);
    if (!good) {
        base_free (sorted.items);
        return base_alloc_error ();
    }
    sorted.count = count;
    BASE_LIST_FINI (changes);
    *changes = sorted;
    return MST_OK;
}

/*  Slots often come in order already: then there is nothing to sort. */
static mst_err_t history_sort (const mst_sync_t *self, sync_changes_t *changes)
{
    enum { WALK_SLOTS_PER_CHANGE = 16 };
    bool sorted = true;
    base_assert (changes != NULL);
    for (size_t i = 1; sorted && i < changes->count; i++)
        sorted = changes->items[i - 1].slot < changes->items[i].slot;
    if (sorted)
        return MST_OK;
    if (self->table.slots.count / WALK_SLOTS_PER_CHANGE < changes->count)
        return history_walk (self, changes);
    qsort (changes->items, changes->count, sizeof *changes->items, history_by_slot);
    return MST_OK;
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
        for (size_t i = 0; !err && i < undos->list.count; i++) {
            const sync_undo_t *undo = &undos->list.items[i];
            const sync_slot_t *now = &self->table.slots.items[undo->slot];
            const sync_change_t change = { undo->slot, now->born > base, !several && !undo->again,
                                           undo_value (undos, undo) };
            if (seen && seen[change.slot])
                continue;
            if (seen)
                seen[change.slot] = 1;
            if (history_differs (now, &change))
                err = BASE_LIST_PUSH (changes, change);
        }
    }
    base_free (seen);
    return err ? err : history_sort (self, changes);
}
