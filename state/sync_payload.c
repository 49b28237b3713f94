/*  Payloads: what changed, or all of it.

        u32 bytes of the notes, notes, values

    A delta's notes: how many changes; then for each the slot (less the one before), an op, and
    what the op needs. Its values: for each change that has one, old XOR new as far as both reach,
    and the rest as it is. Notes of a whole state: how many slots; then for each an op (a vacant
   slot is REMOVED, any other NAMED). So numbers and zeros stand by themselves, which zstd likes. */
#include "state/sync_own.h"
#include "state/sync_bytes.h"
#include "state/sync_payload.h"
#include "base/error.h"

enum { PAYLOAD_NOTE_MAX = 5 * STATE_VARINT_MAX + MST_SYNC_NAME_MAX, PAYLOAD_START = 4 };

/*  Room for so many notes and values; then writing cannot fail. */
static mst_err_t payload_begin (mst_sync_t *self, size_t notes, size_t names_bytes,
                                size_t values_bytes, uint8_t **values)
{
    size_t notes_bytes = STATE_VARINT_MAX + notes * 5u * STATE_VARINT_MAX + names_bytes;
    base_assert (values != NULL);
    base_buffer_clear (&self->plain);
    mst_err_t err = base_buffer_reserve (&self->plain, PAYLOAD_START + notes_bytes + values_bytes);
    if (!err) /* the values are written behind the longest notes, and moved down at the end */
        *values = self->plain.data + PAYLOAD_START + notes_bytes;
    base_assert (err || self->plain.size_bytes == 0);
    return err;
}

static void payload_end (mst_sync_t *self, const uint8_t *notes_end, const uint8_t *values,
                         const uint8_t *values_end)
{
    base_buffer_t *plain = &self->plain;
    size_t notes_bytes = (size_t) (notes_end - plain->data) - PAYLOAD_START;
    size_t values_bytes = (size_t) (values_end - values);
    base_assert (notes_end <= values && notes_bytes <= UINT32_MAX);
    for (unsigned i = 0; i < PAYLOAD_START; i++)
        plain->data[i] = (uint8_t) (notes_bytes >> (24 - 8 * i));
    memmove (plain->data + PAYLOAD_START + notes_bytes, values, values_bytes);
    plain->size_bytes = PAYLOAD_START + notes_bytes + values_bytes;
    base_assert (plain->size_bytes <= plain->capacity_bytes);
}

static uint8_t *payload_name (uint8_t *at, const char *name)
{
    size_t length = strlen (name);
    base_assert (length > 0 && length <= MST_SYNC_NAME_MAX);
    at = state_put_varint (at, length);
    memcpy (at, name, length);
    return at + length;
}

/*  The old value counts only where the receiver has it under the same life. */
static payload_op_t payload_op (const sync_slot_t *now, const sync_change_t *change)
{
    base_assert (now != NULL && change != NULL);
    if (!now->value.data)
        return PAYLOAD_REMOVED;
    if (change->named || !change->old->data)
        return PAYLOAD_NAMED;
    return change->old->size_bytes == now->value.size_bytes ? PAYLOAD_SAME_SIZE : PAYLOAD_RESIZED;
}

static uint8_t *payload_note (const mst_sync_t *self, const sync_slot_t *now, payload_op_t op,
                              uint8_t *at)
{
    base_assert (op >= PAYLOAD_REMOVED && op <= PAYLOAD_RESIZED);
    *at++ = (uint8_t) op;
    if (op == PAYLOAD_REMOVED)
        return at;
    if (op == PAYLOAD_NAMED)
        at = payload_name (at, now->name);
    if (op != PAYLOAD_SAME_SIZE)
        at = state_put_varint (at, now->value.size_bytes);
    int64_t age = (int64_t) ((uint64_t) self->committed_ns - (uint64_t) now->value.stamp_ns);
    return state_put_varint (at, state_zigzag (age));
}

static uint8_t *payload_value (const sync_slot_t *now, const sync_value_t *old, payload_op_t op,
                               uint8_t *at)
{
    const sync_value_t *value = &now->value;
    if (op == PAYLOAD_REMOVED)
        return at;
    base_assert (value->data != NULL);
    size_t common = op == PAYLOAD_NAMED ? 0 : old->size_bytes;
    common = common < value->size_bytes ? common : value->size_bytes;
    state_xor (at, value->data, common > 0 ? old->data : value->data, common);
    memcpy (at + common, value->data + common, value->size_bytes - common);
    base_assert (common <= value->size_bytes);
    return at + value->size_bytes;
}

mst_err_t state_payload_delta (mst_sync_t *self, const sync_changes_t *changes)
{
    size_t names_bytes = 0, values_bytes = 0;
    uint8_t *values = NULL;
    base_assert (self != NULL && changes != NULL);
    BASE_LIST_EACH (changes, i) {
        const sync_slot_t *now = &self->table.slots.items[changes->items[i].slot];
        names_bytes +=
            payload_op (now, &changes->items[i]) == PAYLOAD_NAMED ? strlen (now->name) : 0;
        values_bytes += now->value.size_bytes;
    }
    mst_err_t err = payload_begin (self, changes->count, names_bytes, values_bytes, &values);
    if (err)
        return err;
    uint8_t *note = state_put_varint (self->plain.data + PAYLOAD_START, changes->count);
    uint8_t *value = values;
    uint32_t next = 0;
    BASE_LIST_EACH (changes, i) {
        const sync_change_t *change = &changes->items[i];
        const sync_slot_t *now = &self->table.slots.items[change->slot];
        payload_op_t op = payload_op (now, change);
        base_assert (change->slot >= next);
        note = state_put_varint (note, change->slot - next);
        note = payload_note (self, now, op, note);
        value = payload_value (now, change->old, op, value);
        next = change->slot + 1;
    }
    payload_end (self, note, values, value);
    return MST_OK;
}

mst_err_t state_payload_full (mst_sync_t *self)
{
    const sync_value_t none = { 0 };
    size_t names_bytes = 0;
    uint8_t *values = NULL;
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->table.slots, i) {
        const sync_slot_t *now = &self->table.slots.items[i];
        names_bytes += now->value.data ? strlen (now->name) : 0;
    }
    mst_err_t err =
        payload_begin (self, self->table.slots.count, names_bytes, self->table.bytes, &values);
    if (err)
        return err;
    uint8_t *note = state_put_varint (self->plain.data + PAYLOAD_START, self->table.slots.count);
    uint8_t *value = values;
    BASE_LIST_EACH (&self->table.slots, i) {
        const sync_slot_t *now = &self->table.slots.items[i];
        payload_op_t op = now->value.data ? PAYLOAD_NAMED : PAYLOAD_REMOVED;
        note = payload_note (self, now, op, note);
        value = payload_value (now, &none, op, value);
    }
    payload_end (self, note, values, value);
    return MST_OK;
}

/*  Reading ------------------------------------------------------------------------------------- */

mst_err_t state_payload_open (payload_reader_t *self, const base_buffer_t *plain,
                              int64_t committed_ns)
{
    base_assert (self != NULL && plain != NULL);
    const uint8_t *end = plain->data + plain->size_bytes;
    if (plain->size_bytes < PAYLOAD_START)
        return base_error (MST_E_MALFORMED, "a payload of %zu bytes is cut", plain->size_bytes);
    uint32_t notes_bytes = 0;
    for (unsigned i = 0; i < PAYLOAD_START; i++)
        notes_bytes = notes_bytes << 8 | plain->data[i];
    if (notes_bytes > plain->size_bytes - PAYLOAD_START)
        return base_error (MST_E_MALFORMED, "a payload's notes are cut: %u of %zu bytes",
                           notes_bytes, plain->size_bytes);
    const uint8_t *notes = plain->data + PAYLOAD_START;
    self->notes = (state_cursor_t){ notes, notes + notes_bytes, false };
    self->values = (state_cursor_t){ notes + notes_bytes, end, false };
    self->committed_ns = committed_ns;
    self->count = state_take_varint (&self->notes);
    if (self->notes.bad || self->count > notes_bytes)
        return base_error (MST_E_MALFORMED, "a payload claims %llu changes in %u bytes",
                           (unsigned long long) self->count, notes_bytes);
    return MST_OK;
}

bool state_payload_next (payload_reader_t *self, payload_change_t *change)
{
    base_assert (self != NULL && change != NULL);
    *change = (payload_change_t){ 0 };
    const uint8_t *op = state_take_bytes (&self->notes, 1);
    if (!op || *op > PAYLOAD_RESIZED)
        return false;
    change->op = (payload_op_t) *op;
    if (change->op == PAYLOAD_REMOVED)
        return true;
    if (change->op == PAYLOAD_NAMED) {
        change->name_bytes = (size_t) state_take_varint (&self->notes);
        change->name = (const char *) state_take_bytes (&self->notes, change->name_bytes);
        if (!change->name || change->name_bytes == 0 || change->name_bytes > MST_SYNC_NAME_MAX ||
            memchr (change->name, 0, change->name_bytes))
            return false;
    }
    if (change->op != PAYLOAD_SAME_SIZE)
        change->size_bytes = (size_t) state_take_varint (&self->notes);
    int64_t age = state_unzigzag (state_take_varint (&self->notes));
    change->stamp_ns = (int64_t) ((uint64_t) self->committed_ns - (uint64_t) age);
    return !self->notes.bad;
}

bool state_payload_done (const payload_reader_t *self)
{
    base_assert (self != NULL);
    return !self->notes.bad && !self->values.bad && self->notes.at == self->notes.end &&
           self->values.at == self->values.end;
}
