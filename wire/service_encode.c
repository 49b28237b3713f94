/*  Structs to bytes, for every service alike, by msgpack-c's packer. What is wrong in a struct may
    have come from a user, so it is an error that names the argument. */
#include "wire/service_private.h"
#include "base/error.h"

#include <msgpack.h>
#include <string.h>

static mst_err_t wire_pack (msgpack_packer *packer, const wire_type_t *type, const uint8_t *at);

static int wire_pack_write (void *buffer, const char *data, size_t size_bytes)
{
    base_assert (buffer != NULL);
    return base_buffer_append (buffer, data, size_bytes) ? -1 : 0;
}

/*  The packer fails only where its buffer does, and that has told why. */
static mst_err_t wire_packed (int rc)
{
    return rc == 0 ? MST_OK : MST_E_NO_MEMORY;
}

static mst_err_t wire_pack_unsigned (msgpack_packer *packer, const wire_type_t *type,
                                     const uint8_t *at)
{
    uint64_t number;
    base_assert (type->size_bytes == sizeof number);
    memcpy (&number, at, sizeof number);
    if (type->shape == WIRE_SHAPE_ENUMERATION && number >= type->word_count)
        return base_error (MST_E_INVALID_ARGUMENT, " is %llu, but %s goes from 0 to %llu",
                           (unsigned long long) number, type->expected,
                           (unsigned long long) type->word_count - 1);
    return wire_packed (msgpack_pack_uint64 (packer, number));
}

static mst_err_t wire_pack_boolean (msgpack_packer *packer, const uint8_t *at)
{
    uint64_t number;
    memcpy (&number, at, sizeof number);
    if (number > 1)
        return base_error (MST_E_INVALID_ARGUMENT, " is %llu, but a boolean is 0 or 1",
                           (unsigned long long) number);
    return wire_packed (number ? msgpack_pack_true (packer) : msgpack_pack_false (packer));
}

static mst_err_t wire_pack_real (msgpack_packer *packer, const uint8_t *at)
{
    double real;
    memcpy (&real, at, sizeof real);
    return wire_packed (msgpack_pack_double (packer, real));
}

static mst_err_t wire_pack_time (msgpack_packer *packer, const wire_type_t *type, const uint8_t *at)
{
    int64_t time;
    base_assert (type->size_bytes == sizeof time);
    memcpy (&time, at, sizeof time);
    if (time == WIRE_TIME_NONE)
        return base_error (MST_E_INVALID_ARGUMENT, " is absent, %s is needed", type->expected);
    return wire_packed (msgpack_pack_int64 (packer, time));
}

/*  What points to nothing has nothing; and the limits of the type. */
static mst_err_t wire_pack_check (const wire_type_t *type, wire_span_t span)
{
    base_assert (type->size_bytes == sizeof span);
    if (span.data == NULL && span.count > 0)
        return base_error (MST_E_INVALID_ARGUMENT, " is NULL, but counts %llu",
                           (unsigned long long) span.count);
    return wire_check_count (type, span.count, MST_E_INVALID_ARGUMENT);
}

static mst_err_t wire_pack_text (msgpack_packer *packer, const wire_type_t *type, const uint8_t *at)
{
    wire_span_t span = wire_span_get (at);
    base_assert (type->shape == WIRE_SHAPE_TEXT);
    mst_err_t err = wire_pack_check (type, span);
    if (!err && !wire_text_valid (span.data, span.count))
        err = base_error (MST_E_INVALID_ARGUMENT, " is not UTF-8 without zero bytes");
    if (!err)
        err = wire_packed (msgpack_pack_str (packer, (size_t) span.count));
    if (!err)
        err = wire_packed (msgpack_pack_str_body (packer, span.data, (size_t) span.count));
    return err;
}

static mst_err_t wire_pack_bytes (msgpack_packer *packer, const wire_type_t *type,
                                  const uint8_t *at)
{
    wire_span_t span = wire_span_get (at);
    base_assert (type->shape == WIRE_SHAPE_BYTES);
    mst_err_t err = wire_pack_check (type, span);
    if (!err)
        err = wire_packed (msgpack_pack_bin (packer, (size_t) span.count));
    if (!err)
        err = wire_packed (msgpack_pack_bin_body (packer, span.data, (size_t) span.count));
    return err;
}

static mst_err_t wire_pack_argument (msgpack_packer *packer, const wire_field_t *field,
                                     const uint8_t *at)
{
    base_assert (field != NULL);
    base_assert (at != NULL);
    if (field->optional && wire_value_absent (field->type, at))
        return wire_packed (msgpack_pack_nil (packer));
    return wire_pack (packer, field->type, at);
}

static mst_err_t wire_pack_fields (msgpack_packer *packer, const wire_type_t *record,
                                   const uint8_t *at)
{
    base_assert (at != NULL);
    base_assert (record->shape == WIRE_SHAPE_RECORD);
    for (size_t i = 0; i < record->field_count; i++) {
        mst_err_t err = wire_pack_argument (packer, &record->fields[i], at);
        if (err)
            return wire_blame_field (err, &record->fields[i]);
        at += record->fields[i].type->size_bytes;
    }
    return MST_OK;
}

static mst_err_t wire_pack_record (msgpack_packer *packer, const wire_type_t *type,
                                   const uint8_t *at)
{
    base_assert (type->shape == WIRE_SHAPE_RECORD);
    base_assert (type->field_count > 0);
    mst_err_t err = wire_packed (msgpack_pack_array (packer, type->field_count));
    return err ? err : wire_pack_fields (packer, type, at);
}

static mst_err_t wire_pack_list (msgpack_packer *packer, const wire_type_t *type, const uint8_t *at)
{
    wire_span_t span = wire_span_get (at);
    const uint8_t *item = span.data;
    bool map = type->shape == WIRE_SHAPE_MAP;
    base_assert (type->item != NULL);
    base_assert (map || type->shape == WIRE_SHAPE_LIST);
    mst_err_t err = wire_pack_check (type, span);

    if (!err)
        err = wire_packed (map ? msgpack_pack_map (packer, (size_t) span.count)
                               : msgpack_pack_array (packer, (size_t) span.count));
    if (err)
        return err;
    for (uint64_t i = 0; i < span.count; i++, item += type->item->size_bytes) {
        err = map ? wire_pack_fields (packer, type->item, item)
                  : wire_pack (packer, type->item, item);
        if (err)
            return wire_blame_item (err, i);
    }
    return MST_OK;
}

static mst_err_t wire_pack (msgpack_packer *packer, const wire_type_t *type, const uint8_t *at)
{
    base_assert ((uintptr_t) at % sizeof (uint64_t) == 0);
    base_assert (at != NULL);
    switch (type->shape) {
    case WIRE_SHAPE_HANDLE:
    case WIRE_SHAPE_NUMBER:
    case WIRE_SHAPE_ENUMERATION: return wire_pack_unsigned (packer, type, at);
    case WIRE_SHAPE_BOOLEAN: return wire_pack_boolean (packer, at);
    case WIRE_SHAPE_REAL: return wire_pack_real (packer, at);
    case WIRE_SHAPE_TIME:
    case WIRE_SHAPE_INTERVAL: return wire_pack_time (packer, type, at);
    case WIRE_SHAPE_TEXT: return wire_pack_text (packer, type, at);
    case WIRE_SHAPE_BYTES: return wire_pack_bytes (packer, type, at);
    case WIRE_SHAPE_LIST:
    case WIRE_SHAPE_MAP: return wire_pack_list (packer, type, at);
    case WIRE_SHAPE_RECORD: return wire_pack_record (packer, type, at);
    }
    base_assert (type->shape <= WIRE_SHAPE_RECORD); /* every shape has its case above */
    return MST_E_INTERNAL;
}

static mst_err_t wire_pack_arguments (msgpack_packer *packer, const wire_service_row_t *row,
                                      const wire_type_t *record, const uint8_t *at)
{
    base_assert (record->shape == WIRE_SHAPE_RECORD);
    base_assert (record == &row->args || record == &row->result);
    mst_err_t err = wire_packed (msgpack_pack_array (packer, record->field_count));
    for (size_t i = 0; i < record->field_count && !err; i++) {
        err = wire_pack_argument (packer, &record->fields[i], at);
        if (err)
            err = wire_blame_argument (err, row, record, i);
        at += record->fields[i].type->size_bytes;
    }
    return err;
}

static mst_err_t wire_encode (const wire_service_row_t *row, const wire_type_t *record,
                              const void *in, base_buffer_t *out)
{
    msgpack_packer packer;

    base_assert (in != NULL && out != NULL);
    size_t before = out->size_bytes;
    msgpack_packer_init (&packer, out, wire_pack_write);
    mst_err_t err = wire_pack_arguments (&packer, row, record, in);
    if (err)
        out->size_bytes = before;
    return err;
}

mst_err_t wire_service_encode (uint16_t service, const void *args, base_buffer_t *out)
{
    const wire_service_row_t *row = wire_service_row (service);
    base_assert (row != NULL);
    return wire_encode (row, &row->args, args, out);
}

mst_err_t wire_service_encode_result (uint16_t service, const void *result, base_buffer_t *out)
{
    const wire_service_row_t *row = wire_service_row (service);
    base_assert (row != NULL);
    return wire_encode (row, &row->result, result, out);
}
