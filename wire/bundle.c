/*  The head has a fixed size, so that it can be filled in when the bundle leaves. */
#include "wire/bundle.h"
#include "base/error.h"
#include "base/trace.h"

_Static_assert(WIRE_VALUES_MAX < 0x80, "a handle is one byte");
_Static_assert(2 * WIRE_PLAIN_VALUES < 16, "an array's head is one byte");

enum {
    BUNDLE_HEAD_FIELDS = 8,
    BUNDLE_HEAD_BYTES = 1 + 5 + 5 + 5 + 9 + 9 + 9 + 9 + 5,
    MESSAGE_FIELDS = 6,
    MESSAGE_FIELDS_STAMPED = 7,
    MESSAGE_PLAIN_BYTES = 1 + 1 + 9 + 9 + 5 + 2 + 1 /* with a time, without tag and stamps */
};

mst_err_t wire_bundle_begin (base_buffer_t *out)
{
    base_assert (out != NULL);
    base_assert (out->size_bytes == 0);
    mst_err_t err = base_buffer_reserve_exactly (out, WIRE_BUNDLE_BYTES + WIRE_BUNDLE_OVER_BYTES);
    if (err)
        return err;
    out->size_bytes = WIRE_HEADER_BYTES + BUNDLE_HEAD_BYTES;
    return MST_OK;
}

size_t wire_message_room (const wire_message_t *message, const wire_message_value_t *values)
{
    base_assert (message->value_count == 0 || values != NULL);
    size_t size =
        WIRE_MESSAGE_OVERHEAD_BYTES + message->tag_size_bytes + message->stamps_size_bytes;
    for (uint32_t i = 0; i < message->value_count; i++)
        size += 2 * WIRE_BYTES_HEAD_MAX + values[i].size_bytes;
    return size;
}

/*  All that comes before the values; stamps among it, so that the reader has them when it needs
   them. */
static inline uint8_t *message_put_head (uint8_t *at, const wire_message_t *message)
{
    at = wire_put_array (at, message->stamps ? MESSAGE_FIELDS_STAMPED : MESSAGE_FIELDS);
    at = wire_put_small (at, (uint8_t) (message->type | message->order << WIRE_MESSAGE_ORDER_SHIFT |
                                        (message->retractable ? WIRE_MESSAGE_RETRACTABLE : 0)));
    at = message->has_time ? wire_put_i64 (at, message->time) : wire_put_nil (at);
    at = wire_put_u64 (at, message->target);
    at = wire_put_u32 (at, message->epoch);
    at = wire_put_bytes (at, message->tag, message->tag_size_bytes);
    if (message->stamps) {
        memcpy (at, message->stamps, message->stamps_size_bytes);
        at += message->stamps_size_bytes;
    }
    return wire_put_array (at, 2 * message->value_count);
}

mst_err_t wire_bundle_add (base_buffer_t *out, const wire_message_t *message,
                           const wire_message_value_t *values)
{
    base_assert (out->size_bytes >= WIRE_HEADER_BYTES + BUNDLE_HEAD_BYTES);
    base_assert (message->value_count <= WIRE_VALUES_MAX);
    base_trace ("wire/bundle.c: wire_bundle_add");
    size_t size = message->room_bytes ? message->room_bytes : wire_message_room (message, values);
    if (out->capacity_bytes - out->size_bytes < size && base_buffer_reserve (out, size))
        return MST_E_NO_MEMORY;
    uint8_t *begin = out->data + out->size_bytes, *at = message_put_head (begin, message);
    for (uint32_t i = 0; i < message->value_count; i++) {
        at = wire_put_small (at, (uint8_t) values[i].handle);
        at = wire_put_bytes (at, values[i].data, values[i].size_bytes);
    }
    base_assert ((size_t) (at - begin) <= size);
    out->size_bytes += (size_t) (at - begin);
    return MST_OK;
}

mst_err_t wire_bundle_end (base_buffer_t *out, const wire_bundle_head_t *head, uint16_t kind)
{
    base_assert (out->size_bytes >= WIRE_HEADER_BYTES + BUNDLE_HEAD_BYTES);
    base_assert (kind == WIRE_KIND_BUNDLE || kind == WIRE_KIND_BUNDLE_BEST_EFFORT);
    uint8_t *at = out->data + WIRE_HEADER_BYTES;
    at = wire_put_array (at, BUNDLE_HEAD_FIELDS);
    at = wire_put_u32 (at, head->from);
    at = wire_put_u32 (at, head->incarnation);
    at = wire_put_u32 (at, head->to);
    at = wire_put_u64 (at, head->sequence);
    at = wire_put_i64 (at, head->smallest);
    at = wire_put_u64 (at, head->applied);
    at = wire_put_u64 (at, head->issued);
    at = wire_put_u32 (at, head->count);
    base_assert (at == out->data + WIRE_HEADER_BYTES + BUNDLE_HEAD_BYTES);
    return wire_frame_end (out, 0, kind, 0, 0);
}

mst_err_t wire_bundle_read (const wire_frame_t *frame, wire_reader_t *reader,
                            wire_bundle_head_t *head)
{
    base_assert (frame->kind == WIRE_KIND_BUNDLE || frame->kind == WIRE_KIND_BUNDLE_BEST_EFFORT);
    base_assert (reader != NULL && head != NULL);
    base_trace ("wire/bundle.c: wire_bundle_read");
    wire_reader_init (reader, frame->body, frame->body_size_bytes);
    uint32_t fields = wire_take_array (reader, BUNDLE_HEAD_FIELDS);
    head->from = wire_take_u32 (reader);
    head->incarnation = wire_take_u32 (reader);
    head->to = wire_take_u32 (reader);
    head->sequence = wire_take_u64 (reader);
    head->smallest = wire_take_i64 (reader);
    head->applied = wire_take_u64 (reader);
    head->issued = wire_take_u64 (reader);
    head->count = wire_take_u32 (reader);
    if (reader->bad || fields != BUNDLE_HEAD_FIELDS || head->count > WIRE_BUNDLE_MESSAGES_MAX)
        return base_error (MST_E_MALFORMED, "a bundle's head does not decode");
    return MST_OK;
}

static void message_skip_stamps (wire_reader_t *reader, wire_message_t *message)
{
    message->stamps = reader->at;
    uint32_t count = wire_take_array (reader, WIRE_LIST_MAX);
    for (uint32_t i = 0; i < count && !reader->bad; i++)
        (void) wire_take_u64 (reader);
    message->stamps_size_bytes = (uint32_t) (reader->at - message->stamps);
}

static bool message_is_legal (const wire_message_t *message)
{
    bool timed = message->order == WIRE_ORDER_TIMESTAMP;
    return message->type >= WIRE_MESSAGE_UPDATE && message->type <= WIRE_MESSAGE_MIGRATION &&
           message->order <= WIRE_ORDER_TIMESTAMP && (!timed || message->has_time) &&
           (timed || (!message->retractable && message->type != WIRE_MESSAGE_RETRACTION));
}

/*  The form that wire_bundle_add writes for a message without tag and stamps, with one look at the
   room. False: it is another one, or something is wrong; nothing was taken. */
static bool message_read_plain (wire_reader_t *reader, wire_message_t *message)
{
    const uint8_t *at = reader->at;
    uint64_t number;

    if (reader->end - at < MESSAGE_PLAIN_BYTES || at[0] != (0x90 | MESSAGE_FIELDS) || at[1] > 0x7f)
        return false;
    message->type = at[1] & 0x0f;
    message->order = (uint8_t) ((at[1] & ~WIRE_MESSAGE_RETRACTABLE) >> WIRE_MESSAGE_ORDER_SHIFT);
    message->retractable = (at[1] & WIRE_MESSAGE_RETRACTABLE) != 0;
    message->has_time = at[2] == 0xd3;
    message->time = 0;
    if (message->has_time) {
        memcpy (&number, at + 3, sizeof number);
        message->time = (int64_t) __builtin_bswap64 (number);
        at += 8;
    } else if (at[2] != 0xc0)
        return false;
    at += 3;
    if (at[0] != 0xcf || at[9] != 0xce || at[14] != 0xc4 || at[15] != 0 || (at[16] & 0xf1) != 0x90)
        return false;
    memcpy (&number, at + 1, sizeof number);
    message->target = __builtin_bswap64 (number);
    memcpy (&message->epoch, at + 10, sizeof message->epoch);
    message->epoch = __builtin_bswap32 (message->epoch);
    message->tag = at + 16;
    message->tag_size_bytes = 0;
    message->stamps = NULL;
    message->stamps_size_bytes = 0;
    message->value_count = (at[16] & 0x0fu) / 2;
    if (!message_is_legal (message))
        return false;
    reader->at = at + 17;
    return true;
}

static mst_err_t message_read_any (wire_reader_t *reader, wire_message_t *message)
{
    uint32_t fields = wire_take_array (reader, MESSAGE_FIELDS_STAMPED);
    uint8_t head = (uint8_t) wire_take_u32 (reader);
    message->type = head & 0x0f;
    message->order = (uint8_t) ((head & ~WIRE_MESSAGE_RETRACTABLE) >> WIRE_MESSAGE_ORDER_SHIFT);
    message->retractable = (head & WIRE_MESSAGE_RETRACTABLE) != 0;
    message->has_time = !wire_take_nil (reader);
    message->time = message->has_time ? wire_take_i64 (reader) : 0;
    message->target = wire_take_u64 (reader);
    message->epoch = wire_take_u32 (reader);
    message->tag = wire_take_bytes (reader, WIRE_VALUE_MAX, &message->tag_size_bytes);
    message->stamps = NULL;
    message->stamps_size_bytes = 0;
    if (fields == MESSAGE_FIELDS_STAMPED)
        message_skip_stamps (reader, message);
    uint32_t elements = wire_take_array (reader, 2 * WIRE_VALUES_MAX);
    message->value_count = elements / 2;
    if (reader->bad || fields < MESSAGE_FIELDS || elements % 2 != 0 ||
        !message_is_legal (message)) {
        wire_reader_fail (reader);
        return base_error (MST_E_MALFORMED, "a message in a bundle does not decode");
    }
    return MST_OK;
}

mst_err_t wire_message_read (wire_reader_t *reader, wire_message_t *message)
{
    base_assert (reader != NULL && message != NULL);
    base_trace ("wire/bundle.c: wire_message_read");
    return message_read_plain (reader, message) ? MST_OK : message_read_any (reader, message);
}

void wire_message_value_read_any (wire_reader_t *reader, wire_message_value_t *value)
{
    base_assert (reader != NULL && value != NULL);
    value->handle = wire_take_u32 (reader);
    value->data = wire_take_bytes (reader, WIRE_VALUE_MAX, &value->size_bytes);
    if (value->handle == 0 || value->handle > WIRE_VALUES_MAX)
        wire_reader_fail (reader);
}

mst_err_t wire_route_talk_write (base_buffer_t *out, uint16_t kind, const wire_route_talk_t *talk)
{
    enum { TALK_FIELDS = 5, TALK_BYTES = 1 + 5 + 5 + 9 + 9 + WIRE_BYTES_HEAD_MAX };
    size_t start;

    base_assert (wire_kind_is_data (kind) && kind != WIRE_KIND_BUNDLE);
    mst_err_t err =
        base_buffer_reserve (out, WIRE_HEADER_BYTES + TALK_BYTES + talk->text_size_bytes);
    if (err)
        return err;
    err = wire_frame_begin (out, &start);
    base_assert (err == MST_OK); /* the room is reserved */
    uint8_t *at = out->data + out->size_bytes;
    at = wire_put_array (at, TALK_FIELDS);
    at = wire_put_u32 (at, talk->from);
    at = wire_put_u32 (at, talk->to);
    at = wire_put_u64 (at, talk->number);
    at = wire_put_u64 (at, talk->token);
    at = wire_put_bytes (at, talk->text, talk->text_size_bytes);
    out->size_bytes = (size_t) (at - out->data);
    return wire_frame_end (out, start, kind, 0, 0);
}

mst_err_t wire_route_talk_read (const wire_frame_t *frame, wire_route_talk_t *talk)
{
    wire_reader_t reader;

    base_assert (wire_kind_is_data (frame->kind));
    base_assert (talk != NULL);
    wire_reader_init (&reader, frame->body, frame->body_size_bytes);
    uint32_t fields = wire_take_array (&reader, 5);
    talk->from = wire_take_u32 (&reader);
    talk->to = wire_take_u32 (&reader);
    talk->number = wire_take_u64 (&reader);
    talk->token = wire_take_u64 (&reader);
    talk->text = wire_take_bytes (&reader, WIRE_TEXT_MAX, &talk->text_size_bytes);
    if (fields != 5 || !wire_reader_done (&reader))
        return base_error (MST_E_MALFORMED, "a frame of a route (kind 0x%03x) does not decode",
                           frame->kind);
    return MST_OK;
}

mst_err_t wire_data_addresses (const wire_frame_t *frame, uint32_t *from, uint32_t *to)
{
    wire_reader_t reader;

    base_assert (wire_kind_is_data (frame->kind));
    base_assert (from != NULL && to != NULL);
    wire_reader_init (&reader, frame->body, frame->body_size_bytes);
    (void) wire_take_array (&reader, BUNDLE_HEAD_FIELDS);
    *from = wire_take_u32 (&reader);
    if (frame->kind == WIRE_KIND_BUNDLE || frame->kind == WIRE_KIND_BUNDLE_BEST_EFFORT)
        (void) wire_take_u32 (&reader);
    *to = wire_take_u32 (&reader);
    if (reader.bad)
        return base_error (MST_E_MALFORMED, "a data frame (kind 0x%03x) has no addresses",
                           frame->kind);
    return MST_OK;
}
