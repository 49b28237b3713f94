/*  The common changes, inline: an element or key that only its owner has written is written again,
    and nothing has to grow. What does not hold is answered with false, having changed nothing, and
    change.c does it in full. crdt.c asks with sizes that are constants, for what is a number: then
    nothing of it is a call, and no registers have to be saved; tests/golden/hot_paths.sh counts the
    instructions. */
#ifndef STATE_AGAIN_H
#define STATE_AGAIN_H

#include "state/change.h"

enum { STATE_AGAIN_BYTES = 8 }; /* a number */

static inline bool state_again_plain (const state_causal_t *self)
{
    return self->log.count < self->log.capacity && self->rows[0].count < STATE_COUNT_MAX - 1;
}

/*  One's own item, the only one under its key, gets the next dot. An entry of the log that speaks
   of the item can be the last one only when it was the last change: else it need not be looked at.
 */
static inline void state_again_renew (state_causal_t *self, state_item_t *item)
{
    state_log_t *log = &self->log;
    state_dot_t old = item->dot, dot = state_dot (0, ++self->rows[0].count);
    self->sum++;
    item->dot = dot;
    if (old + 1 == dot && state_log_renew (log, old, dot))
        return;
    log->entries[log->head] =
        (state_log_entry_t){ .change = dot, .dot = dot, .hash = item->hash, .form = STATE_LOG_ADD };
    log->head = (log->head + 1) & (log->capacity - 1);
    log->count++;
}

/*  An element of an OR-set of which all items are one's own, so that each element has one at most.
    First found, then checked: what was checked need not be kept while looking. */
static inline bool state_again_add (state_causal_t *self, const void *element, uint32_t size_bytes)
{
    if (size_bytes > STATE_INSIDE_BYTES || self->slot_count == 0)
        return false;
    uint32_t hash = state_item_hash (&self->boxes[0], element, size_bytes, 0), index;
    const state_item_t want = { .size = (uint8_t) (size_bytes & 0x1f) };
    uint32_t mask = self->slot_count - 1;
    for (uint32_t slot = hash; (index = self->slots[slot & mask]) != 0; slot++) {
        state_item_t *item = &self->items[index - 1];
        if (item->hash != hash || item->form != want.form ||
            !state_same (item->as.inside, element, size_bytes))
            continue;
        if (self->rows[0].items != self->item_count || !state_again_plain (self))
            return false;
        state_again_renew (self, item);
        return true;
    }
    return false;
}

/*  A register's item that is one's own, with as many bytes as before and an earlier stamp. */
static inline bool state_again_write (state_causal_t *self, state_item_t *item, uint64_t stamp,
                                      const void *value, uint32_t size_bytes)
{
    if (state_dot_row (item->dot) != 0 || item->size != STATE_STAMP_BYTES + size_bytes ||
        stamp <= base_little_get64 (item->as.inside))
        return false;
    state_copy (base_little_put64 (item->as.inside, stamp), value, size_bytes);
    state_again_renew (self, item);
    return true;
}

/*  An LWW register of few bytes in a key of the outer map. */
static inline bool state_again_set (state_causal_t *self, const void *key, uint32_t key_bytes,
                                    uint64_t stamp, const void *value, uint32_t size_bytes)
{
    if (size_bytes > STATE_INSIDE_BYTES - STATE_STAMP_BYTES || self->box_slot_count == 0 ||
        !state_again_plain (self))
        return false;
    uint32_t hash = state_box_hash (self->boxes[0].hash, MST_CRDT_LWW, key, key_bytes), at;
    uint32_t mask = self->box_slot_count - 1;
    for (uint32_t slot = hash; (at = self->box_slots[slot & mask]) != 0; slot++) {
        const state_box_t *box = &self->boxes[at];
        if (!state_box_is (box, hash, 0, MST_CRDT_LWW, key, key_bytes))
            continue;
        return box->items == 1 &&
               state_again_write (self, &self->items[box->first], stamp, value, size_bytes);
    }
    return false;
}

#endif
