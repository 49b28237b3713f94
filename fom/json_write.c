/*  Slots as JSON text. What a type looks like is docs/encoding.md. */
#include "fom/codec_json.h"
#include "base/alloc.h"
#include "base/error.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct json_writer {
    const uint64_t *slots;
    size_t count;
    size_t next;
    base_buffer_t *out;
} json_writer_t;

static mst_err_t write_plan (json_writer_t *self, const fom_plan_t *plan);

static uint64_t write_slot (json_writer_t *self)
{
    base_assert (self->next < self->count);
    return self->slots[self->next++];
}

static mst_err_t write_text (json_writer_t *self, const char *text)
{
    base_assert (text != NULL);
    return base_buffer_append (self->out, text, strlen (text));
}

/*  A character within quotes. */
static mst_err_t write_code (json_writer_t *self, uint32_t code)
{
    char text[16];
    base_assert (code < 0x110000);
    if (code == '"' || code == '\\')
        (void) snprintf (text, sizeof text, "\\%c", (int) code);
    else if (code < ' ' || code == 0x7f || (code >= 0xd800 && code < 0xe000))
        (void) snprintf (text, sizeof text, "\\u%04x", code);
    else if (code < 0x80)
        (void) snprintf (text, sizeof text, "%c", (int) code);
    else if (code < 0x800)
        (void) snprintf (text, sizeof text, "%c%c", (int) (0xc0 | code >> 6),
                         (int) (0x80 | (code & 0x3f)));
    else if (code < 0x10000)
        (void) snprintf (text, sizeof text, "%c%c%c", (int) (0xe0 | code >> 12),
                         (int) (0x80 | (code >> 6 & 0x3f)), (int) (0x80 | (code & 0x3f)));
    else
        (void) snprintf (text, sizeof text, "%c%c%c%c", (int) (0xf0 | code >> 18),
                         (int) (0x80 | (code >> 12 & 0x3f)), (int) (0x80 | (code >> 6 & 0x3f)),
                         (int) (0x80 | (code & 0x3f)));
    return write_text (self, text);
}

/*  Names of an object model are UTF-8 without control characters. */
static mst_err_t write_name (json_writer_t *self, const char *name)
{
    mst_err_t err = write_text (self, "\"");
    base_assert (name != NULL);
    for (const char *c = name; !err && *c; c++) {
        if (*c == '"' || *c == '\\')
            err = write_text (self, "\\");
        if (!err)
            err = base_buffer_append (self->out, c, 1);
    }
    return err ? err : write_text (self, "\"");
}

/*  Numbers ---------------------------------------------------------------------------------------
 */

/*  The fewest digits that read back as the same number, with a point whatever the locale says. */
static void write_float (char *text, size_t size_bytes, double value, bool narrow)
{
    int least = narrow ? 6 : 15, most = narrow ? 9 : 17;
    base_assert (isfinite (value));
    if (fabs (value) < (narrow ? (double) FLT_MIN : DBL_MIN)) /* subnormal: fewer digits hold it */
        least = 1;
    for (int digits = least; digits <= most; digits++) {
        (void) snprintf (text, size_bytes, "%.*g", digits, value);
        if (narrow ? strtof (text, NULL) == (float) value : strtod (text, NULL) == value)
            break;
    }
    for (char *c = text; *c; c++)
        if (*c != '-' && *c != '+' && *c != 'e' && (*c < '0' || *c > '9'))
            *c = '.';
}

static mst_err_t write_real (json_writer_t *self, const fom_plan_t *plan, uint64_t slot)
{
    bool narrow = plan->number.width == 4;
    char text[48];
    double value;

    base_assert (plan->number.number == FOM_NUMBER_FLOAT);
    if (narrow) {
        float half;
        uint32_t bits = (uint32_t) slot;
        memcpy (&half, &bits, sizeof half);
        value = (double) half;
    } else
        memcpy (&value, &slot, sizeof value);
    if (isnan (value))
        return write_text (self, "\"NaN\"");
    if (isinf (value))
        return write_text (self, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    write_float (text, sizeof text, value, narrow);
    return write_text (self, text);
}

static mst_err_t write_number (json_writer_t *self, const fom_plan_t *plan, uint64_t slot)
{
    char text[32];
    if (plan->form == FOM_FORM_ENUMERATED) {
        const fom_label_t *label = fom_plan_by_value (plan, fom_plan_signed (plan, slot));
        if (label && plan->number.boolean)
            return write_text (self, slot ? "true" : "false");
        if (label)
            return write_name (self, label->name);
    } else if (plan->number.number == FOM_NUMBER_FLOAT)
        return write_real (self, plan, slot);
    else if (plan->number.number >= FOM_NUMBER_ASCII) {
        mst_err_t err = write_text (self, "\"");
        if (!err)
            err = write_code (self, (uint32_t) slot);
        return err ? err : write_text (self, "\"");
    }
    if (plan->number.number == FOM_NUMBER_SIGNED)
        (void) snprintf (text, sizeof text, "%" PRId64, fom_plan_signed (plan, slot));
    else
        (void) snprintf (text, sizeof text, "%" PRIu64, slot);
    return write_text (self, text);
}

/*  Arrays ----------------------------------------------------------------------------------------
 */

static uint64_t write_load (const uint8_t *at, unsigned width, bool swap)
{
    uint8_t bytes[8] = { 0 };
    uint64_t value = 0;
    base_assert (width <= 8);
    for (unsigned i = 0; i < width; i++)
        bytes[i] = at[swap ? width - 1 - i : i];
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        memcpy (&value, bytes, width);
    else
        memcpy ((uint8_t *) &value + 8 - width, bytes, width);
    return value;
}

static mst_err_t write_hex (json_writer_t *self, const uint8_t *bytes, uint64_t count)
{
    static const char digits[] = "0123456789abcdef";
    if (count > SIZE_MAX / 4)
        return base_error (MST_E_LIMIT, "a value is too long for a text");
    mst_err_t err = base_buffer_reserve (self->out, (size_t) count * 2 + 2);
    if (!err)
        err = write_text (self, "\"");
    for (uint64_t i = 0; !err && i < count; i++) {
        char text[2] = { digits[bytes[i] >> 4], digits[bytes[i] & 0xf] };
        err = base_buffer_append (self->out, text, sizeof text);
    }
    return err ? err : write_text (self, "\"");
}

/*  Pairs of surrogates become one character; what fills up a fixed length is left out. */
static mst_err_t write_string (json_writer_t *self, const fom_plan_t *plan, const uint8_t *bytes,
                               uint64_t count)
{
    const fom_plan_t *element = plan->array.element;
    unsigned width = element->number.width;
    bool swap = element->number.swap;
    mst_err_t err = write_text (self, "\"");

    base_assert (width <= 2);
    while (plan->array.layout == FOM_LAYOUT_FIXED && count > 0 &&
           write_load (bytes + (count - 1) * width, width, swap) == 0)
        count--;
    for (uint64_t i = 0; !err && i < count; i++) {
        uint32_t code = (uint32_t) write_load (bytes + i * width, width, swap);
        if (code >= 0xd800 && code < 0xdc00 && i + 1 < count) {
            uint32_t low = (uint32_t) write_load (bytes + (i + 1) * width, width, swap);
            if (low >= 0xdc00 && low < 0xe000) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                i++;
            }
        }
        err = write_code (self, code);
    }
    return err ? err : write_text (self, "\"");
}

static mst_err_t write_array (json_writer_t *self, const fom_plan_t *plan)
{
    const fom_plan_t *element = plan->array.element;
    uint64_t count = write_slot (self);
    const uint8_t *bytes =
        plan->array.packed ? (const uint8_t *) (uintptr_t) write_slot (self) : NULL;

    bool number = plan->array.packed && element->form == FOM_FORM_NUMBER;
    if (number && element->number.number == FOM_NUMBER_OCTET)
        return write_hex (self, bytes, count);
    if (number && element->number.number >= FOM_NUMBER_ASCII)
        return write_string (self, plan, bytes, count);
    mst_err_t err = write_text (self, "[");
    for (uint64_t i = 0; !err && i < count; i++) {
        unsigned width = element->number.width;
        if (i > 0)
            err = write_text (self, ",");
        if (!err && bytes)
            err = write_number (self, element,
                                write_load (bytes + i * width, width, element->number.swap));
        else if (!err)
            err = write_plan (self, element);
    }
    return err ? err : write_text (self, "]");
}

/*  Records ---------------------------------------------------------------------------------------
 */

static mst_err_t write_key (json_writer_t *self, const char *name, bool first)
{
    mst_err_t err = write_text (self, first ? "{" : ",");
    if (!err)
        err = write_name (self, name);
    return err ? err : write_text (self, ":");
}

static mst_err_t write_record (json_writer_t *self, const fom_plan_t *plan)
{
    bool first = true;
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; !err && i < plan->record.field_count; i++) {
        const fom_part_t *field = &plan->record.fields[i];
        if (field->plan->form == FOM_FORM_PADDING)
            continue;
        err = write_key (self, field->name, first);
        if (!err)
            err = write_plan (self, field->plan);
        first = false;
    }
    if (!err && first)
        err = write_text (self, "{");
    return err ? err : write_text (self, "}");
}

static mst_err_t write_variant (json_writer_t *self, const fom_plan_t *plan)
{
    const fom_plan_t *disc = plan->variant.discriminant;
    uint64_t slot = write_slot (self);
    uint32_t chosen = fom_plan_choose (plan, fom_plan_signed (disc, slot));
    const fom_part_t *part = chosen == FOM_NONE ? NULL : &plan->variant.alternatives[chosen];

    mst_err_t err = write_key (self, plan->variant.discriminant_name, true);
    if (!err)
        err = write_number (self, disc, slot);
    if (!err && part && part->plan) {
        err = write_key (self, part->name, false);
        if (!err)
            err = write_plan (self, part->plan);
    } else if (!err && plan->variant.envelope != FOM_ENVELOPE_NONE) {
        uint64_t size_bytes = write_slot (self);
        const uint8_t *bytes = (const uint8_t *) (uintptr_t) write_slot (self);
        if (size_bytes > 0)
            err = write_key (self, "unknown", false);
        if (!err && size_bytes > 0)
            err = write_hex (self, bytes, size_bytes);
    }
    return err ? err : write_text (self, "}");
}

static mst_err_t write_plan (json_writer_t *self, const fom_plan_t *plan)
{
    switch (plan->form) {
    case FOM_FORM_NUMBER:
    case FOM_FORM_ENUMERATED: return write_number (self, plan, write_slot (self));
    case FOM_FORM_ARRAY: return write_array (self, plan);
    case FOM_FORM_RECORD: return write_record (self, plan);
    case FOM_FORM_VARIANT: return write_variant (self, plan);
    case FOM_FORM_PADDING: return write_text (self, "null");
    }
    return base_error (MST_E_INTERNAL, "a plan of no form");
}

mst_err_t fom_json_write (const fom_plan_t *plan, const fom_values_t *values, base_buffer_t *out)
{
    json_writer_t writer = { values->slots, values->count, 0, out };
    size_t start = out->size_bytes;
    base_assert (plan->why_not == NULL);
    mst_err_t err = write_plan (&writer, plan);
    base_assert (err || writer.next == writer.count);
    if (err)
        out->size_bytes = start;
    return err;
}

mst_err_t fom_codec_to_json (const fom_codec_t *self, uint32_t type, const void *data,
                             size_t size_bytes, base_buffer_t *json)
{
    fom_values_t values;
    base_assert (json != NULL);
    fom_values_init (&values);
    mst_err_t err = fom_values_decode (self, type, data, size_bytes, &values);
    if (!err)
        err = fom_json_write (fom_codec_plan (self, type), &values, json);
    fom_values_fini (&values);
    return err;
}
