/*  [kind, order, sender, sequence, time or nil, object, { index: bytes … }, tag] */
#include "log/message.h"
#include "log/pack.h"
#include "base/error.h"

enum { MESSAGE_FIELDS = 8 };

void log_message_sort (log_value_t *values, uint32_t count)
{
    base_assert (values != NULL || count == 0);
    for (uint32_t i = 1; i < count; i++) { /* few, and nearly always in order already */
        log_value_t value = values[i];
        uint32_t gap = i;
        for (; gap > 0 && values[gap - 1].index > value.index; gap--)
            values[gap] = values[gap - 1];
        values[gap] = value;
    }
}

static mst_err_t message_check (const log_message_t *message)
{
    base_assert (message != NULL);
    if (message->order == LOG_ORDER_TIME_STAMP && !message->has_time)
        return base_error (MST_E_INVALID_ARGUMENT, "a time-stamp-ordered message has no time");
    if (message->value_count > LOG_VALUES_MAX)
        return base_error (MST_E_LIMIT, "a message has %u values; a recording takes %d",
                           message->value_count, LOG_VALUES_MAX);
    if (message->sender.size_bytes > LOG_NAME_MAX_BYTES ||
        message->object.size_bytes > LOG_NAME_MAX_BYTES)
        return base_error (MST_E_LIMIT, "a name in a message is longer than %d bytes",
                           LOG_NAME_MAX_BYTES);
    for (uint32_t i = 1; i < message->value_count; i++)
        if (message->values[i].index <= message->values[i - 1].index)
            return base_error (MST_E_INVALID_ARGUMENT,
                               "values of a message are not by rising index at %u",
                               message->values[i].index);
    return MST_OK;
}

/*  An upper bound of the encoded size; above LOG_MESSAGE_MAX_BYTES when that is passed. */
static size_t message_bound (const log_message_t *message)
{
    base_assert (message != NULL);
    size_t bound = (size_t) LOG_PACK_HEAD_BYTES * (MESSAGE_FIELDS + 1) +
                   message->sender.size_bytes + message->object.size_bytes;
    for (uint32_t i = 0; i < message->value_count && bound <= LOG_MESSAGE_MAX_BYTES; i++) {
        if (message->values[i].bytes.size_bytes > LOG_MESSAGE_MAX_BYTES)
            return SIZE_MAX;
        bound += message->values[i].bytes.size_bytes + 2 * LOG_PACK_HEAD_BYTES;
    }
    if (message->tag.size_bytes > LOG_MESSAGE_MAX_BYTES)
        return SIZE_MAX;
    return bound + message->tag.size_bytes;
}

static uint8_t *message_pack (uint8_t *at, const log_message_t *message)
{
    base_assert (at != NULL);
    base_assert (message != NULL);
    at = log_pack_array (at, MESSAGE_FIELDS);
    at = log_pack_uint (at, (uint64_t) message->kind);
    at = log_pack_uint (at, (uint64_t) message->order);
    at = log_pack_text (at, message->sender);
    at = log_pack_uint (at, message->sequence);
    at = message->has_time ? log_pack_int (at, message->time) : log_pack_nil (at);
    at = log_pack_text (at, message->object);
    at = log_pack_map (at, message->value_count);
    for (uint32_t i = 0; i < message->value_count; i++) {
        at = log_pack_uint (at, message->values[i].index);
        at = log_pack_bytes (at, message->values[i].bytes);
    }
    return log_pack_bytes (at, message->tag);
}

mst_err_t log_message_encode (base_buffer_t *out, const log_message_t *message)
{
    base_assert (out != NULL);
    base_assert (message != NULL);
    base_assert (message->kind >= LOG_KIND_UPDATE);
    base_assert (message->kind <= LOG_KIND_MAX);

    mst_err_t err = message_check (message);
    if (err)
        return err;
    size_t bound = message_bound (message);
    if (bound > LOG_MESSAGE_MAX_BYTES)
        return base_error (MST_E_LIMIT, "a message is longer than the %d bytes a recording takes",
                           LOG_MESSAGE_MAX_BYTES);
    err = base_buffer_reserve (out, bound);
    if (err)
        return err;
    uint8_t *start = out->data + out->size_bytes;
    uint8_t *end = message_pack (start, message);
    base_assert ((size_t) (end - start) <= bound);
    out->size_bytes += (size_t) (end - start);
    return MST_OK;
}

static mst_err_t message_malformed (const char *what)
{
    base_assert (what != NULL);
    return base_error (MST_E_MALFORMED, "a recorded message cannot be read: %s", what);
}

static mst_err_t message_unpack_values (log_decoded_t *out, log_cursor_t *from)
{
    base_assert (out != NULL);
    base_assert (from != NULL);
    uint32_t count = log_unpack_map (from);
    if (count > LOG_VALUES_MAX)
        return base_error (MST_E_LIMIT, "a recorded message claims %u values; %d are allowed",
                           count, LOG_VALUES_MAX);
    for (uint32_t i = 0; i < count && !from->bad; i++) {
        uint64_t index = log_unpack_uint (from);
        if (index > UINT32_MAX || (i > 0 && index <= out->values[i - 1].index))
            return message_malformed ("its values are not by rising index");
        out->values[i].index = (uint32_t) index;
        out->values[i].bytes = log_unpack_bytes (from);
    }
    out->message.values = out->values;
    out->message.value_count = count;
    return MST_OK;
}

mst_err_t log_message_decode (log_decoded_t *out, const void *data, size_t size_bytes)
{
    base_assert (out != NULL);
    base_assert (data != NULL || size_bytes == 0);
    log_cursor_t from = log_cursor (data, size_bytes);
    log_message_t *message = &out->message;

    if (log_unpack_array (&from) != MESSAGE_FIELDS)
        return message_malformed ("not an array of eight");
    uint64_t kind = log_unpack_uint (&from), order = log_unpack_uint (&from);
    message->sender = log_unpack_text (&from);
    message->sequence = log_unpack_uint (&from);
    message->has_time = !log_unpack_nil (&from);
    message->time = message->has_time ? log_unpack_int (&from) : 0;
    message->object = log_unpack_text (&from);
    mst_err_t err = message_unpack_values (out, &from);
    if (err)
        return err;
    message->tag = log_unpack_bytes (&from);
    if (from.bad || from.at != from.end)
        return message_malformed (from.bad ? "a field is missing or of the wrong type"
                                           : "bytes follow it");
    if (kind < LOG_KIND_UPDATE || kind > LOG_KIND_MAX || order > LOG_ORDER_TIME_STAMP)
        return message_malformed ("unknown kind or order");
    if (order == LOG_ORDER_TIME_STAMP && !message->has_time)
        return message_malformed ("time-stamp order without a time");
    if (message->sender.size_bytes > LOG_NAME_MAX_BYTES ||
        message->object.size_bytes > LOG_NAME_MAX_BYTES)
        return message_malformed ("a name is too long");
    message->kind = (log_kind_t) kind;
    message->order = (log_order_t) order;
    return MST_OK;
}

int log_message_compare (const log_message_t *a, const log_message_t *b)
{
    base_assert (a != NULL);
    base_assert (b != NULL);
    if (a->has_time != b->has_time)
        return a->has_time ? 1 : -1;
    if (a->has_time && a->time != b->time)
        return a->time < b->time ? -1 : 1;
    int names = log_span_compare (a->sender, b->sender);
    if (names != 0)
        return names;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}
