/*  Payloads: what changed, or all of it.

        u32 bytes of the notes, u32 bytes of the masks, notes, masks, values

    A delta's notes: how many changes; then for each the slot (less the one before), an op, and what
    the op needs. Its masks and values: of each change that builds on a value the difference
    (sync_bytes.h); of a path that is new its value as it is. Notes of a whole state: how many
    slots; then for each an op (a vacant slot is REMOVED, any other NAMED). So numbers, masks and
    bytes stand by themselves, which zstd likes. */
#include "state/sync_own.h"
#include "state/sync_bytes.h"
#include "state/sync_payload.h"
#include "base/error.h"
#include "wire/pack.h"

enum { PAYLOAD_START = 8 };

/*  Where the three streams stand while a payload is written: behind the longest that the ones
   before can become. At the end they are moved together. */
typedef struct payload_writer {
    uint8_t *note;
    uint8_t *masks, *mask;
    uint8_t *values, *value;
} payload_writer_t;

/*  Room for so many notes, masks and values; then writing cannot fail. */
static mst_err_t payload_begin (mst_sync_t *self, size_t notes, size_t names_bytes,
                                size_t masks_bytes, size_t values_bytes, payload_writer_t *writer)
{
    size_t notes_bytes = STATE_VARINT_MAX + notes * 5u * STATE_VARINT_MAX + names_bytes;
    base_assert (writer != NULL);
    base_buffer_clear (&self->plain);
    mst_err_t err = base_buffer_reserve (&self->plain, PAYLOAD_START + notes_bytes + masks_bytes +
                                                           values_bytes + STATE_WORD_BYTES);
    if (err)
        return err;
    writer->note = self->plain.data + PAYLOAD_START;
    writer->masks = writer->mask = writer->note + notes_bytes;
    writer->values = writer->value = writer->masks + masks_bytes;
    base_assert (self->plain.size_bytes == 0);
    return MST_OK;
}

static void payload_end (mst_sync_t *self, const payload_writer_t *writer)
{
    base_buffer_t *plain = &self->plain;
    uint8_t *notes = plain->data + PAYLOAD_START, *at = writer->note;
    size_t notes_bytes = (size_t) (writer->note - notes);
    size_t masks_bytes = (size_t) (writer->mask - writer->masks);
    size_t values_bytes = (size_t) (writer->value - writer->values);
    base_assert (writer->note <= writer->masks && writer->mask <= writer->values);
    base_assert (notes_bytes <= UINT32_MAX && masks_bytes <= UINT32_MAX);
    (void) wire_put_be32 (wire_put_be32 (plain->data, (uint32_t) notes_bytes),
                          (uint32_t) masks_bytes);
    memmove (at, writer->masks, masks_bytes);
    memmove (at + masks_bytes, writer->values, values_bytes);
    plain->size_bytes = PAYLOAD_START + notes_bytes + masks_bytes + values_bytes;
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
    if (change->named || !change->old.data)
        return PAYLOAD_NAMED;
    return change->old.size_bytes == now->value.size_bytes ? PAYLOAD_SAME_SIZE : PAYLOAD_RESIZED;
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

static void payload_value (payload_writer_t *writer, const sync_slot_t *now,
                           const sync_value_t *old, payload_op_t op)
{
    const sync_value_t *value = &now->value;
    if (op == PAYLOAD_REMOVED)
        return;
    base_assert (value->data != NULL);
    if (op == PAYLOAD_NAMED) {
        memcpy (writer->value, value->data, value->size_bytes);
        writer->value += value->size_bytes;
        return;
    }
    base_assert (old->data != NULL);
    state_put_difference (&writer->mask, &writer->value, value->data, value->size_bytes, old->data,
                          old->size_bytes);
}

mst_err_t state_payload_delta (mst_sync_t *self, const sync_changes_t *changes)
{
    size_t names_bytes = 0, masks_bytes = 0, values_bytes = 0;
    payload_writer_t writer;
    base_assert (self != NULL && changes != NULL);
    BASE_LIST_EACH (changes, i) {
        const sync_slot_t *now = &self->table.slots.items[changes->items[i].slot];
        names_bytes +=
            payload_op (now, &changes->items[i]) == PAYLOAD_NAMED ? strlen (now->name) : 0;
        masks_bytes += state_masks_room (now->value.size_bytes);
        values_bytes += now->value.size_bytes;
    }
    mst_err_t err =
        payload_begin (self, changes->count, names_bytes, masks_bytes, values_bytes, &writer);
    if (err)
        return err;
    writer.note = state_put_varint (writer.note, changes->count);
    uint32_t next = 0;
    BASE_LIST_EACH (changes, i) {
        const sync_change_t *change = &changes->items[i];
        const sync_slot_t *now = &self->table.slots.items[change->slot];
        payload_op_t op = payload_op (now, change);
        base_assert (change->slot >= next);
        writer.note = state_put_varint (writer.note, change->slot - next);
        writer.note = payload_note (self, now, op, writer.note);
        payload_value (&writer, now, &change->old, op);
        next = change->slot + 1;
    }
    payload_end (self, &writer);
    return MST_OK;
}

mst_err_t state_payload_full (mst_sync_t *self)
{
    size_t names_bytes = 0;
    payload_writer_t writer;
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->table.slots, i) {
        const sync_slot_t *now = &self->table.slots.items[i];
        names_bytes += now->value.data ? strlen (now->name) : 0;
    }
    mst_err_t err =
        payload_begin (self, self->table.slots.count, names_bytes, 0, self->table.bytes, &writer);
    if (err)
        return err;
    writer.note = state_put_varint (writer.note, self->table.slots.count);
    BASE_LIST_EACH (&self->table.slots, i) {
        const sync_slot_t *now = &self->table.slots.items[i];
        payload_op_t op = now->value.data ? PAYLOAD_NAMED : PAYLOAD_REMOVED;
        writer.note = payload_note (self, now, op, writer.note);
        payload_value (&writer, now, NULL, op);
    }
    payload_end (self, &writer);
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
    wire_reader_t sizes;
    wire_reader_init (&sizes, plain->data, PAYLOAD_START);
    uint32_t notes_bytes = (uint32_t) wire_take_be (&sizes, 4);
    uint32_t masks_bytes = (uint32_t) wire_take_be (&sizes, 4);
    if (notes_bytes > plain->size_bytes - PAYLOAD_START ||
        masks_bytes > plain->size_bytes - PAYLOAD_START - notes_bytes)
        return base_error (MST_E_MALFORMED,
                           "a payload is cut: notes of %u and masks of %u bytes "
                           "in %zu",
                           notes_bytes, masks_bytes, plain->size_bytes);
    const uint8_t *notes = plain->data + PAYLOAD_START, *masks = notes + notes_bytes;
    self->notes = (state_cursor_t){ notes, masks, false };
    self->masks = (state_cursor_t){ masks, masks + masks_bytes, false };
    self->values = (state_cursor_t){ masks + masks_bytes, end, false };
    self->committed_ns = committed_ns;
    self->same_bytes_max = (uint64_t) masks_bytes * STATE_GROUP_BYTES;
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
    return !self->notes.bad && !self->masks.bad && !self->values.bad &&
           self->notes.at == self->notes.end && self->masks.at == self->masks.end &&
           self->values.at == self->values.end;
}
