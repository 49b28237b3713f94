/*  Bytes to structs, for every service alike: the row says which types come, the type says what
    must stand there. What arrives was written by strangers: each count is compared with the bytes
    that are left before anything is allocated, and depth is that of the types, never of the data.
 */
#include "wire/service_private.h"
#include "wire/service_scan.h"
#include "wire/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

typedef struct wire_decoder {
    wire_scan_t scan;
    base_arena_t *arena;
} wire_decoder_t;

static mst_err_t wire_read (wire_decoder_t *self, const wire_type_t *type, uint8_t *at);

static mst_err_t wire_read_mismatch (const wire_token_t *token, const wire_type_t *type)
{
    base_assert (token != NULL);
    base_assert (type->expected != NULL);
    return base_error (MST_E_MALFORMED, " is %s, %s was expected", wire_token_name (token),
                       type->expected);
}

static mst_err_t wire_read_token (wire_decoder_t *self, const wire_type_t *type,
                                  wire_token_kind_t kind, wire_token_t *token)
{
    base_assert (self != NULL && type != NULL);
    base_assert (token != NULL);
    mst_err_t err = wire_scan_next (&self->scan, token);
    if (!err && token->kind != kind)
        err = wire_read_mismatch (token, type);
    return err;
}

static mst_err_t wire_read_unsigned (wire_decoder_t *self, const wire_type_t *type, uint8_t *at)
{
    wire_token_t token;
    base_assert (at != NULL);
    base_assert (type->size_bytes == sizeof token.number);
    mst_err_t err = wire_read_token (self, type, WIRE_TOKEN_UNSIGNED, &token);
    if (err)
        return err;
    if (type->shape == WIRE_SHAPE_ENUMERATION && token.number >= type->word_count)
        return base_error (MST_E_MALFORMED, " is %llu, but %s goes from 0 to %llu",
                           (unsigned long long) token.number, type->expected,
                           (unsigned long long) type->word_count - 1);
    memcpy (at, &token.number, sizeof token.number);
    return MST_OK;
}

static mst_err_t wire_read_boolean (wire_decoder_t *self, const wire_type_t *type, uint8_t *at)
{
    wire_token_t token;
    base_assert (type->shape == WIRE_SHAPE_BOOLEAN);
    base_assert (type->size_bytes == sizeof token.number);
    mst_err_t err = wire_read_token (self, type, WIRE_TOKEN_BOOLEAN, &token);
    if (!err)
        memcpy (at, &token.number, sizeof token.number);
    return err;
}

static mst_err_t wire_read_real (wire_decoder_t *self, const wire_type_t *type, uint8_t *at)
{
    wire_token_t token;
    base_assert (type->shape == WIRE_SHAPE_REAL);
    base_assert (type->size_bytes == sizeof token.real);
    mst_err_t err = wire_read_token (self, type, WIRE_TOKEN_REAL, &token);
    if (!err)
        memcpy (at, &token.real, sizeof token.real);
    return err;
}

static mst_err_t wire_read_time (wire_decoder_t *self, const wire_type_t *type, uint8_t *at)
{
    wire_token_t token;
    base_assert (type->shape == WIRE_SHAPE_TIME || type->shape == WIRE_SHAPE_INTERVAL);
    base_assert (type->size_bytes == sizeof token.number);
    mst_err_t err = wire_scan_next (&self->scan, &token);
    if (err)
        return err;
    if (token.kind != WIRE_TOKEN_UNSIGNED && token.kind != WIRE_TOKEN_NEGATIVE)
        return wire_read_mismatch (&token, type);
    if (token.kind == WIRE_TOKEN_UNSIGNED && token.number > INT64_MAX)
        return base_error (MST_E_MALFORMED, " is %llu, which is above the largest time, %lld",
                           (unsigned long long) token.number, (long long) INT64_MAX);
    if (token.number == (uint64_t) WIRE_TIME_NONE)
        return base_error (MST_E_MALFORMED, " is %lld, which stands for no time and is never sent",
                           (long long) WIRE_TIME_NONE);
    memcpy (at, &token.number, sizeof token.number);
    return MST_OK;
}

static mst_err_t wire_read_text (wire_decoder_t *self, const wire_type_t *type, uint8_t *at)
{
    wire_token_t token;
    base_assert (type->shape == WIRE_SHAPE_TEXT);
    base_assert (type->size_bytes == sizeof (wire_span_t));
    mst_err_t err = wire_read_token (self, type, WIRE_TOKEN_STRING, &token);
    if (err)
        return err;
    if (!wire_text_valid ((const char *) token.data, token.number))
        return base_error (MST_E_MALFORMED, " is not UTF-8 without zero bytes");
    err = wire_check_count (type, token.number, MST_E_MALFORMED);
    if (!err)
        wire_span_set (at, token.data, token.number);
    return err;
}

static mst_err_t wire_read_bytes (wire_decoder_t *self, const wire_type_t *type, uint8_t *at)
{
    wire_token_t token;
    base_assert (type->shape == WIRE_SHAPE_BYTES);
    base_assert (type->size_bytes == sizeof (wire_span_t));
    mst_err_t err = wire_read_token (self, type, WIRE_TOKEN_BINARY, &token);
    if (!err)
        err = wire_check_count (type, token.number, MST_E_MALFORMED);
    if (!err)
        wire_span_set (at, token.data, token.number);
    return err;
}

/*  True, and the nil is read, if a nil comes next. */
static bool wire_read_nil (wire_decoder_t *self)
{
    wire_scan_t ahead = self->scan;
    wire_token_t token;
    if (wire_scan_left (&ahead) == 0 || wire_scan_next (&ahead, &token))
        return false;
    if (token.kind != WIRE_TOKEN_NIL)
        return false;
    self->scan = ahead;
    return true;
}

static mst_err_t wire_read_argument (wire_decoder_t *self, const wire_field_t *field, uint8_t *at)
{
    base_assert (field != NULL);
    base_assert (at != NULL);
    if (field->optional && wire_read_nil (self)) {
        wire_value_set_absent (field->type, at);
        return MST_OK;
    }
    mst_err_t err = wire_read (self, field->type, at);
    if (!err && field->optional && wire_value_absent (field->type, at))
        err = base_error (MST_E_MALFORMED, " has the value that stands for none; nil says that");
    return err;
}

static mst_err_t wire_read_fields (wire_decoder_t *self, const wire_type_t *record, uint8_t *at)
{
    base_assert (at != NULL);
    base_assert (record->shape == WIRE_SHAPE_RECORD);
    for (size_t i = 0; i < record->field_count; i++) {
        mst_err_t err = wire_read_argument (self, &record->fields[i], at);
        if (err)
            return wire_blame_field (err, &record->fields[i]);
        at += record->fields[i].type->size_bytes;
    }
    return MST_OK;
}

static mst_err_t wire_read_record (wire_decoder_t *self, const wire_type_t *type, uint8_t *at)
{
    wire_token_t token;
    base_assert (type->field_count > 0);
    mst_err_t err = wire_read_token (self, type, WIRE_TOKEN_ARRAY, &token);
    if (err)
        return err;
    if (token.number != type->field_count)
        return base_error (MST_E_MALFORMED, " has %llu parts, %s has %zu",
                           (unsigned long long) token.number, type->expected, type->field_count);
    return wire_read_fields (self, type, at);
}

/*  The fewest bytes that one item can take: a count of more items than there are bytes for is a
    lie, found before memory is taken for them. */
static size_t wire_item_bytes_min (const wire_type_t *list)
{
    base_assert (list->item != NULL);
    const wire_type_t *item = list->item;
    if (item->shape != WIRE_SHAPE_RECORD)
        return 1;
    return item->field_count + (list->shape == WIRE_SHAPE_LIST ? 1 : 0);
}

static mst_err_t wire_check_announced (const wire_decoder_t *self, const wire_type_t *type,
                                       uint64_t count)
{
    size_t left = wire_scan_left (&self->scan);
    base_assert (type->item != NULL);
    if (count > left / wire_item_bytes_min (type))
        return base_error (MST_E_MALFORMED,
                           " is cut off: it announces %llu items, but only %zu bytes are left",
                           (unsigned long long) count, left);
    return wire_check_count (type, count, MST_E_MALFORMED);
}

static mst_err_t wire_read_items (wire_decoder_t *self, const wire_type_t *type, uint8_t *items,
                                  uint64_t count)
{
    base_assert (type->item != NULL);
    base_assert (items != NULL);
    for (uint64_t i = 0; i < count; i++) {
        uint8_t *at = items + i * type->item->size_bytes;
        mst_err_t err = type->shape == WIRE_SHAPE_MAP ? wire_read_fields (self, type->item, at)
                                                      : wire_read (self, type->item, at);
        if (err)
            return wire_blame_item (err, i);
    }
    return MST_OK;
}

static mst_err_t wire_read_list (wire_decoder_t *self, const wire_type_t *type, uint8_t *at)
{
    wire_token_t token;
    wire_token_kind_t kind = type->shape == WIRE_SHAPE_MAP ? WIRE_TOKEN_MAP : WIRE_TOKEN_ARRAY;
    base_assert (type->size_bytes == sizeof (wire_span_t));
    mst_err_t err = wire_read_token (self, type, kind, &token);
    if (!err)
        err = wire_check_announced (self, type, token.number);
    if (err)
        return err;
    /* an empty list has an address, too, which tells it from an absent one */
    uint8_t *items = base_arena_alloc (self->arena, (size_t) token.number, type->item->size_bytes);
    if (!items)
        return base_alloc_error ();
    err = wire_read_items (self, type, items, token.number);
    if (!err)
        wire_span_set (at, items, token.number);
    return err;
}

static mst_err_t wire_read (wire_decoder_t *self, const wire_type_t *type, uint8_t *at)
{
    base_assert (self != NULL && at != NULL);
    base_assert ((uintptr_t) at % sizeof (uint64_t) == 0);
    switch (type->shape) {
    case WIRE_SHAPE_HANDLE:
    case WIRE_SHAPE_NUMBER:
    case WIRE_SHAPE_ENUMERATION: return wire_read_unsigned (self, type, at);
    case WIRE_SHAPE_BOOLEAN: return wire_read_boolean (self, type, at);
    case WIRE_SHAPE_REAL: return wire_read_real (self, type, at);
    case WIRE_SHAPE_TIME:
    case WIRE_SHAPE_INTERVAL: return wire_read_time (self, type, at);
    case WIRE_SHAPE_TEXT: return wire_read_text (self, type, at);
    case WIRE_SHAPE_BYTES: return wire_read_bytes (self, type, at);
    case WIRE_SHAPE_LIST:
    case WIRE_SHAPE_MAP: return wire_read_list (self, type, at);
    case WIRE_SHAPE_RECORD: return wire_read_record (self, type, at);
    }
    base_assert (type->shape <= WIRE_SHAPE_RECORD); /* every shape has its case above */
    return MST_E_INTERNAL;
}

static mst_err_t wire_read_arguments (wire_decoder_t *self, const wire_service_row_t *row,
                                      const wire_type_t *record, uint8_t *at)
{
    base_assert (record == &row->args || record == &row->result);
    for (size_t i = 0; i < record->field_count; i++) {
        mst_err_t err = wire_read_argument (self, &record->fields[i], at);
        if (err)
            return wire_blame_argument (err, row, record, i);
        at += record->fields[i].type->size_bytes;
    }
    return MST_OK;
}

static mst_err_t wire_read_body (wire_decoder_t *self, const wire_service_row_t *row,
                                 const wire_type_t *record, uint8_t *at)
{
    wire_token_t token;
    base_assert (row != NULL && record->shape == WIRE_SHAPE_RECORD);
    base_assert (self->scan.offset == 0);
    mst_err_t err = wire_scan_next (&self->scan, &token);
    if (err)
        return base_error_prefix (err, "%s: the list of %ss", row->name, record->name);
    if (token.kind != WIRE_TOKEN_ARRAY)
        return base_error (MST_E_MALFORMED, "%s: the body is %s, a list of %zu %ss was expected",
                           row->name, wire_token_name (&token), record->field_count, record->name);
    if (token.number != record->field_count)
        return base_error (MST_E_MALFORMED, "%s: the number of %ss is %llu, but %zu were expected",
                           row->name, record->name, (unsigned long long) token.number,
                           record->field_count);
    err = wire_read_arguments (self, row, record, at);
    if (err)
        return err;
    if (wire_scan_left (&self->scan) > 0)
        return base_error (MST_E_MALFORMED,
                           "%s: the body goes on behind the last %s (bytes left over: %zu)",
                           row->name, record->name, wire_scan_left (&self->scan));
    return MST_OK;
}

static mst_err_t wire_decode (const wire_service_row_t *row, const wire_type_t *record,
                              wire_decoder_t *decoder, void *out, size_t out_size_bytes)
{
    base_assert (decoder->scan.data != NULL || decoder->scan.size_bytes == 0);
    base_assert (decoder->arena != NULL);
    base_assert (out != NULL && out_size_bytes == record->size_bytes);
    memset (out, 0, out_size_bytes);
    mst_err_t err = wire_read_body (decoder, row, record, out);
    if (err)
        memset (out, 0, out_size_bytes);
    return err;
}

static mst_err_t wire_decode_unknown (uint16_t service, void *out, size_t out_size_bytes)
{
    base_assert (out != NULL);
    memset (out, 0, out_size_bytes);
    return base_error (MST_E_NOT_SUPPORTED,
                       "kind 0x%03x is no service of protocol version %d; its sender is of a newer "
                       "one, or is not a federate or RTI",
                       service, WIRE_VERSION);
}

mst_err_t wire_service_decode (uint16_t service, const uint8_t *data, size_t size_bytes,
                               base_arena_t *arena, void *args, size_t args_size_bytes)
{
    const wire_service_row_t *row = wire_service_row (service);
    wire_decoder_t decoder = { { data, size_bytes, 0 }, arena };
    if (!row)
        return wire_decode_unknown (service, args, args_size_bytes);
    return wire_decode (row, &row->args, &decoder, args, args_size_bytes);
}

mst_err_t wire_service_decode_result (uint16_t service, const uint8_t *data, size_t size_bytes,
                                      base_arena_t *arena, void *result, size_t result_size_bytes)
{
    const wire_service_row_t *row = wire_service_row (service);
    wire_decoder_t decoder = { { data, size_bytes, 0 }, arena };
    if (!row)
        return wire_decode_unknown (service, result, result_size_bytes);
    return wire_decode (row, &row->result, &decoder, result, result_size_bytes);
}
