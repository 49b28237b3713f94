/*  Stamps and the two time records, by hand: they travel with every step. */
#include "wire/control.h"
#include "wire/pack.h"
#include "base/error.h"

enum {
    UP_FIELDS = 5,
    DOWN_FIELDS = 6,
    TIME_REQUEST_FIELDS = 6,
    GRANT_FIELDS = 5,
    PAIR_BYTES = 5 + 9,
    ENTRY_BYTES = 5 + 9 + 9,
    FIXED_BYTES_MAX = 64
};

static uint8_t *put_pairs (uint8_t *at, wire_pairs_t pairs)
{
    at = wire_put_array (at, 2 * pairs.count);
    for (uint32_t i = 0; i < pairs.count; i++) {
        at = wire_put_u32 (at, pairs.items[i].federate);
        at = wire_put_u64 (at, pairs.items[i].sequence);
    }
    return at;
}

static uint8_t *put_entries (uint8_t *at, wire_entries_t entries)
{
    at = wire_put_array (at, 3 * entries.count);
    for (uint32_t i = 0; i < entries.count; i++) {
        at = wire_put_u32 (at, entries.items[i].federate);
        at = wire_put_u64 (at, entries.items[i].sequence);
        at = wire_put_i64 (at, entries.items[i].smallest);
    }
    return at;
}

static mst_err_t take_pairs (wire_reader_t *reader, base_arena_t *arena, wire_pairs_t *pairs)
{
    uint32_t elements = wire_take_array (reader, WIRE_LIST_MAX);
    *pairs = (wire_pairs_t){ NULL, elements / 2 };
    if (elements % 2 != 0)
        wire_reader_fail (reader);
    if (reader->bad || elements == 0)
        return MST_OK;
    wire_pair_t *items = base_arena_alloc (arena, pairs->count, sizeof *items);
    if (!items)
        return base_error (MST_E_NO_MEMORY, "out of memory while reading a control frame");
    for (uint32_t i = 0; i < pairs->count; i++) {
        items[i].federate = wire_take_u32 (reader);
        items[i].sequence = wire_take_u64 (reader);
    }
    pairs->items = items;
    return MST_OK;
}

static mst_err_t take_entries (wire_reader_t *reader, base_arena_t *arena, wire_entries_t *entries)
{
    uint32_t elements = wire_take_array (reader, WIRE_LIST_MAX);
    *entries = (wire_entries_t){ NULL, elements / 3 };
    if (elements % 3 != 0)
        wire_reader_fail (reader);
    if (reader->bad || elements == 0)
        return MST_OK;
    wire_entry_t *items = base_arena_alloc (arena, entries->count, sizeof *items);
    if (!items)
        return base_error (MST_E_NO_MEMORY, "out of memory while reading a control frame");
    for (uint32_t i = 0; i < entries->count; i++) {
        items[i].federate = wire_take_u32 (reader);
        items[i].sequence = wire_take_u64 (reader);
        items[i].smallest = wire_take_i64 (reader);
    }
    entries->items = items;
    return MST_OK;
}

static uint8_t *begin_write (base_buffer_t *out, size_t size_bytes)
{
    return base_buffer_reserve (out, size_bytes) ? NULL : out->data + out->size_bytes;
}

static mst_err_t end_write (base_buffer_t *out, const uint8_t *at)
{
    base_assert (at <= out->data + out->capacity_bytes);
    out->size_bytes = (size_t) (at - out->data);
    return MST_OK;
}

mst_err_t wire_up_write (base_buffer_t *out, const wire_up_t *up)
{
    base_assert (out != NULL && up != NULL);
    uint8_t *at = begin_write (out, FIXED_BYTES_MAX + (size_t) up->marks.count * PAIR_BYTES);
    if (!at)
        return MST_E_NO_MEMORY;
    at = wire_put_array (at, UP_FIELDS);
    at = wire_put_u32 (at, up->incarnation);
    at = wire_put_u64 (at, up->sequence);
    at = wire_put_u64 (at, up->applied);
    at = wire_put_u32 (at, up->term);
    return end_write (out, put_pairs (at, up->marks));
}

mst_err_t wire_down_write (base_buffer_t *out, const wire_down_t *down)
{
    base_assert (out != NULL && down != NULL);
    uint8_t *at = begin_write (out, FIXED_BYTES_MAX + (size_t) down->need.count * PAIR_BYTES);
    if (!at)
        return MST_E_NO_MEMORY;
    at = wire_put_array (at, DOWN_FIELDS);
    at = wire_put_u64 (at, down->global);
    at = wire_put_u32 (at, down->origin);
    at = wire_put_u64 (at, down->origin_sequence);
    at = wire_put_u64 (at, down->processed);
    at = wire_put_u32 (at, down->term);
    return end_write (out, put_pairs (at, down->need));
}

mst_err_t wire_time_request_write (base_buffer_t *out, const wire_time_request_t *request)
{
    base_assert (out != NULL && request != NULL);
    base_assert (request->kind <= WIRE_ADVANCE_FQR);
    uint8_t *at =
        begin_write (out, FIXED_BYTES_MAX + (size_t) request->entries.count * ENTRY_BYTES +
                              (size_t) request->received.count * PAIR_BYTES);
    if (!at)
        return MST_E_NO_MEMORY;
    at = wire_put_array (at, TIME_REQUEST_FIELDS);
    at = wire_put_u64 (at, request->number);
    at = wire_put_small (at, request->kind);
    at = wire_put_i64 (at, request->time);
    at = wire_put_i64 (at, request->qmin);
    at = put_entries (at, request->entries);
    return end_write (out, put_pairs (at, request->received));
}

mst_err_t wire_grant_write (base_buffer_t *out, const wire_grant_t *grant)
{
    base_assert (out != NULL && grant != NULL);
    base_assert (grant->kind >= WIRE_ADVANCE_TAR && grant->kind <= WIRE_ADVANCE_CONSTRAINT);
    uint8_t *at = begin_write (out, FIXED_BYTES_MAX + (size_t) grant->need.count * PAIR_BYTES);
    if (!at)
        return MST_E_NO_MEMORY;
    at = wire_put_array (at, GRANT_FIELDS);
    at = wire_put_u64 (at, grant->number);
    at = wire_put_small (at, grant->kind);
    at = wire_put_i64 (at, grant->time);
    at = wire_put_i64 (at, grant->galt);
    return end_write (out, put_pairs (at, grant->need));
}

static mst_err_t read_end (mst_err_t err, const wire_reader_t *reader, const char *what)
{
    if (err)
        return err;
    if (reader->bad)
        return base_error (MST_E_MALFORMED, "%s does not decode", what);
    return MST_OK;
}

mst_err_t wire_up_read (const wire_frame_t *frame, base_arena_t *arena, wire_up_t *up,
                        const uint8_t **args, size_t *args_size_bytes)
{
    wire_reader_t reader;

    base_assert (frame != NULL && up != NULL);
    base_assert (args != NULL && args_size_bytes != NULL);
    wire_reader_init (&reader, frame->body, frame->body_size_bytes);
    if (wire_take_array (&reader, UP_FIELDS) != UP_FIELDS)
        wire_reader_fail (&reader);
    up->incarnation = wire_take_u32 (&reader);
    up->sequence = wire_take_u64 (&reader);
    up->applied = wire_take_u64 (&reader);
    up->term = wire_take_u32 (&reader);
    mst_err_t err = take_pairs (&reader, arena, &up->marks);
    *args = reader.at;
    *args_size_bytes = (size_t) (reader.end - reader.at);
    return read_end (err, &reader, "the stamp of a control frame");
}

mst_err_t wire_down_read (const wire_frame_t *frame, base_arena_t *arena, wire_down_t *down,
                          const uint8_t **args, size_t *args_size_bytes)
{
    wire_reader_t reader;

    base_assert (frame != NULL && down != NULL);
    base_assert (args != NULL && args_size_bytes != NULL);
    wire_reader_init (&reader, frame->body, frame->body_size_bytes);
    if (wire_take_array (&reader, DOWN_FIELDS) != DOWN_FIELDS)
        wire_reader_fail (&reader);
    down->global = wire_take_u64 (&reader);
    down->origin = wire_take_u32 (&reader);
    down->origin_sequence = wire_take_u64 (&reader);
    down->processed = wire_take_u64 (&reader);
    down->term = wire_take_u32 (&reader);
    mst_err_t err = take_pairs (&reader, arena, &down->need);
    *args = reader.at;
    *args_size_bytes = (size_t) (reader.end - reader.at);
    return read_end (err, &reader, "the stamp of a control frame");
}

static bool request_is_legal (uint8_t kind)
{
    return kind <= WIRE_ADVANCE_FQR;
}

static bool grant_is_legal (uint8_t kind)
{
    return kind >= WIRE_ADVANCE_TAR && kind <= WIRE_ADVANCE_CONSTRAINT;
}

mst_err_t wire_time_request_read (const uint8_t *args, size_t size_bytes, base_arena_t *arena,
                                  wire_time_request_t *request)
{
    wire_reader_t reader;

    base_assert (args != NULL || size_bytes == 0);
    base_assert (request != NULL);
    wire_reader_init (&reader, args, size_bytes);
    if (wire_take_array (&reader, TIME_REQUEST_FIELDS) != TIME_REQUEST_FIELDS)
        wire_reader_fail (&reader);
    request->number = wire_take_u64 (&reader);
    request->kind = (uint8_t) wire_take_u32 (&reader);
    request->time = wire_take_i64 (&reader);
    request->qmin = wire_take_i64 (&reader);
    mst_err_t err = take_entries (&reader, arena, &request->entries);
    if (!err)
        err = take_pairs (&reader, arena, &request->received);
    if (!err && (!wire_reader_done (&reader) || !request_is_legal (request->kind)))
        wire_reader_fail (&reader);
    return read_end (err, &reader, "a time request");
}

mst_err_t wire_grant_read (const uint8_t *args, size_t size_bytes, base_arena_t *arena,
                           wire_grant_t *grant)
{
    wire_reader_t reader;

    base_assert (args != NULL || size_bytes == 0);
    base_assert (grant != NULL);
    wire_reader_init (&reader, args, size_bytes);
    if (wire_take_array (&reader, GRANT_FIELDS) != GRANT_FIELDS)
        wire_reader_fail (&reader);
    grant->number = wire_take_u64 (&reader);
    grant->kind = (uint8_t) wire_take_u32 (&reader);
    grant->time = wire_take_i64 (&reader);
    grant->galt = wire_take_i64 (&reader);
    mst_err_t err = take_pairs (&reader, arena, &grant->need);
    if (!err && (!wire_reader_done (&reader) || !grant_is_legal (grant->kind)))
        wire_reader_fail (&reader);
    return read_end (err, &reader, "a grant");
}
