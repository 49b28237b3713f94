/*  A service call as one line for people. It is written even where the struct would not encode: a
    log that refuses to show what is wrong is of no use. */
#include "wire/service_private.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WIRE_TEXT_BYTES_SHOWN = 16 };

/*  Where the line goes, and the first failure, after which nothing more is written. */
typedef struct wire_line {
    base_buffer_t *out;
    mst_err_t err;
} wire_line_t;

static void wire_say_value (wire_line_t *self, const wire_type_t *type, const uint8_t *at);

static void wire_say_bytes (wire_line_t *self, const char *text, size_t size_bytes)
{
    base_assert (self != NULL && self->out != NULL);
    if (!self->err)
        self->err = base_buffer_append (self->out, text, size_bytes);
}

static void wire_say (wire_line_t *self, const char *text)
{
    base_assert (text != NULL);
    wire_say_bytes (self, text, strlen (text));
}

/*  For numbers only: what is longer than the buffer would be cut. */
static void wire_say_number (wire_line_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

static void wire_say_number (wire_line_t *self, const char *format, ...)
{
    char text[64];
    va_list args;
    va_start (args, format);
    int length = vsnprintf (text, sizeof text, format, args);
    va_end (args);
    base_assert (length >= 0 && (size_t) length < sizeof text);
    wire_say_bytes (self, text, (size_t) length);
}

static void wire_say_unsigned (wire_line_t *self, const wire_type_t *type, const uint8_t *at)
{
    uint64_t number;
    base_assert (type->size_bytes == sizeof number);
    memcpy (&number, at, sizeof number);
    if (type->shape == WIRE_SHAPE_ENUMERATION && number < type->word_count)
        wire_say (self, type->words[number]);
    else if (type->shape == WIRE_SHAPE_BOOLEAN && number <= 1)
        wire_say (self, number ? "true" : "false");
    else
        wire_say_number (self, "%" PRIu64, number);
}

static void wire_say_real (wire_line_t *self, const uint8_t *at)
{
    double real;
    memcpy (&real, at, sizeof real);
    wire_say_number (self, "%.17g", real);
}

static void wire_say_time (wire_line_t *self, const uint8_t *at)
{
    int64_t time;
    memcpy (&time, at, sizeof time);
    wire_say_number (self, "%" PRId64, time);
}

/*  A wrong span, of something at NULL, is shown as an empty one. */
static wire_span_t wire_span_shown (const void *at)
{
    base_assert (at != NULL);
    wire_span_t span = wire_span_get (at);
    return span.data ? span : (wire_span_t){ NULL, 0 };
}

/*  In quotes and on one line, whatever it holds. */
static void wire_say_text (wire_line_t *self, wire_span_t span)
{
    const char *text = span.data;
    base_assert (text != NULL || span.count == 0);
    wire_say (self, "\"");
    for (uint64_t i = 0; i < span.count && !self->err; i++)
        if ((unsigned char) text[i] < 0x20 || text[i] == 0x7f)
            wire_say_number (self, "\\x%02x", (unsigned) (unsigned char) text[i]);
        else {
            if (text[i] == '"' || text[i] == '\\')
                wire_say (self, "\\");
            wire_say_bytes (self, text + i, 1);
        }
    wire_say (self, "\"");
}

static void wire_say_hexadecimal (wire_line_t *self, wire_span_t span)
{
    const uint8_t *bytes = span.data;
    base_assert (bytes != NULL || span.count == 0);
    wire_say_number (self, "<%" PRIu64, span.count);
    for (uint64_t i = 0; i < span.count && i < WIRE_TEXT_BYTES_SHOWN; i++)
        wire_say_number (self, "%s%02x", i == 0 ? ": " : "", (unsigned) bytes[i]);
    wire_say (self, span.count > WIRE_TEXT_BYTES_SHOWN ? "...>" : ">");
}

static void wire_say_record (wire_line_t *self, const wire_type_t *type, const uint8_t *at,
                             const char *between)
{
    base_assert (at != NULL && between != NULL);
    base_assert (type->shape == WIRE_SHAPE_RECORD);
    for (size_t i = 0; i < type->field_count; i++) {
        const wire_field_t *field = &type->fields[i];
        wire_say (self, i == 0 ? "" : between);
        if (field->optional && wire_value_absent (field->type, at))
            wire_say (self, "none");
        else
            wire_say_value (self, field->type, at);
        at += type->fields[i].type->size_bytes;
    }
}

static void wire_say_list (wire_line_t *self, const wire_type_t *type, wire_span_t span)
{
    const uint8_t *item = span.data;
    base_assert (span.data != NULL || span.count == 0);
    base_assert (type->item != NULL);
    wire_say (self, "{");
    for (uint64_t i = 0; i < span.count && !self->err; i++, item += type->item->size_bytes) {
        wire_say (self, i == 0 ? "" : ",");
        if (type->shape == WIRE_SHAPE_MAP)
            wire_say_record (self, type->item, item, "=");
        else
            wire_say_value (self, type->item, item);
    }
    wire_say (self, "}");
}

static void wire_say_value (wire_line_t *self, const wire_type_t *type, const uint8_t *at)
{
    base_assert (self != NULL);
    base_assert (at != NULL);
    switch (type->shape) {
    case WIRE_SHAPE_HANDLE:
    case WIRE_SHAPE_NUMBER:
    case WIRE_SHAPE_BOOLEAN:
    case WIRE_SHAPE_ENUMERATION: wire_say_unsigned (self, type, at); break;
    case WIRE_SHAPE_REAL: wire_say_real (self, at); break;
    case WIRE_SHAPE_TIME:
    case WIRE_SHAPE_INTERVAL: wire_say_time (self, at); break;
    case WIRE_SHAPE_TEXT: wire_say_text (self, wire_span_shown (at)); break;
    case WIRE_SHAPE_BYTES: wire_say_hexadecimal (self, wire_span_shown (at)); break;
    case WIRE_SHAPE_LIST:
    case WIRE_SHAPE_MAP: wire_say_list (self, type, wire_span_shown (at)); break;
    case WIRE_SHAPE_RECORD:
        wire_say (self, "(");
        wire_say_record (self, type, at, ",");
        wire_say (self, ")");
        break;
    }
}

static void wire_say_arguments (wire_line_t *self, const wire_type_t *record, const uint8_t *at)
{
    char name[WIRE_FIELD_NAME_SIZE];
    base_assert (record->shape == WIRE_SHAPE_RECORD);
    base_assert (at != NULL || record->field_count == 0);
    for (size_t i = 0; i < record->field_count; i++) {
        const wire_field_t *field = &record->fields[i];
        wire_field_name (field, name, sizeof name);
        wire_say (self, i == 0 ? "" : ", ");
        wire_say (self, name);
        wire_say (self, "=");
        if (field->optional && wire_value_absent (field->type, at))
            wire_say (self, "none");
        else
            wire_say_value (self, field->type, at);
        at += field->type->size_bytes;
    }
}

static mst_err_t wire_say_call (const wire_service_row_t *row, const wire_type_t *record,
                                const char *between, const void *in, base_buffer_t *out)
{
    wire_line_t line = { out, MST_OK };
    base_assert (record == &row->args || record == &row->result);

    base_assert (in != NULL && out != NULL);
    size_t before = out->size_bytes;
    wire_say (&line, row->name);
    wire_say (&line, between);
    wire_say_arguments (&line, record, in);
    wire_say_bytes (&line, ")", sizeof ")");
    if (line.err)
        out->size_bytes = before;
    else
        out->size_bytes--; /* the zero byte stands, but is not counted */
    return line.err;
}

mst_err_t wire_service_to_text (uint16_t service, const void *args, base_buffer_t *out)
{
    const wire_service_row_t *row = wire_service_row (service);
    base_assert (row != NULL);
    return wire_say_call (row, &row->args, " (", args, out);
}

mst_err_t wire_service_result_to_text (uint16_t service, const void *result, base_buffer_t *out)
{
    const wire_service_row_t *row = wire_service_row (service);
    base_assert (row != NULL);
    return wire_say_call (row, &row->result, " = (", result, out);
}
