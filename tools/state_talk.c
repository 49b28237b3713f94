#include "tools/state_talk.h"
#include "base/error.h"
#include "log/pack.h"

enum { TALK_ITEMS = 6 };

mst_err_t tools_state_talk_write (const tools_state_talk_t *self, base_buffer_t *out)
{
    base_assert (self != NULL && out != NULL);
    base_buffer_clear (out);
    mst_err_t err =
        base_buffer_reserve (out, (TALK_ITEMS + 1) * LOG_PACK_HEAD_BYTES + self->path.size_bytes +
                                      self->value.size_bytes + self->more.size_bytes);
    if (err)
        return err;
    uint8_t *at = log_pack_array (out->data, TALK_ITEMS);
    at = log_pack_uint (at, self->kind);
    at = log_pack_uint (at, self->operation);
    at = log_pack_int (at, self->number);
    at = log_pack_bytes (at, self->path);
    at = log_pack_bytes (at, self->value);
    at = log_pack_bytes (at, self->more);
    out->size_bytes = (size_t) (at - out->data);
    return MST_OK;
}

mst_err_t tools_state_talk_read (tools_state_talk_t *self, const void *data, size_t size_bytes)
{
    const uint8_t *bytes = data;
    base_assert (self != NULL);
    log_cursor_t cursor = { bytes, bytes + size_bytes, false };
    uint32_t items = log_unpack_array (&cursor);
    uint64_t kind = log_unpack_uint (&cursor);
    *self = (tools_state_talk_t){ .operation = log_unpack_uint (&cursor) };
    self->number = log_unpack_int (&cursor);
    self->path = log_unpack_bytes (&cursor);
    self->value = log_unpack_bytes (&cursor);
    self->more = log_unpack_bytes (&cursor);
    self->kind = (tools_state_kind_t) kind;
    if (cursor.bad || cursor.at != cursor.end || items != TALK_ITEMS || kind < TOOLS_STATE_HELLO ||
        kind > TOOLS_STATE_REPLY)
        return base_error (MST_E_MALFORMED, "%zu bytes came that are no record of muster state",
                           size_bytes);
    return MST_OK;
}
