/*  JSON text into slots. Keys may come in any order; one that is missing, unknown or there twice is
   an error, and every error says where: "Spatial.WorldLocation.X: …". */
#include "fom/codec_json.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/nearest.h"

#include <math.h>
#include <string.h>

typedef struct json_filler {
    const fom_json_t *json;
    base_arena_t *arena;
    fom_values_t *values;
    bool placed; /* the error text has its first place */
} json_filler_t;

static mst_err_t fill (json_filler_t *self, const fom_plan_t *plan, uint32_t node);

/*  Puts a place before the error's text: names from the inside out. */
static mst_err_t fill_place (json_filler_t *self, mst_err_t err, const char *name)
{
    if (!err)
        return err;
    bool inner = self->placed && mst_error_text ()[0] != '[';
    (void) base_error_prefix (err, "%.80s%s", name, inner ? "." : self->placed ? "" : ": ");
    self->placed = true;
    return err;
}

static mst_err_t fill_place_index (json_filler_t *self, mst_err_t err, uint64_t index)
{
    char name[32];
    if (!err)
        return err;
    size_t used = sizeof name;
    name[--used] = '\0';
    name[--used] = ']';
    do
        name[--used] = (char) ('0' + index % 10);
    while (index /= 10);
    name[--used] = '[';
    return fill_place (self, err, name + used);
}

/*  What stands there, for a message. */
static const char *fill_shown (const json_filler_t *self, uint32_t node, char out[64])
{
    const fom_json_node_t *at = fom_json_node (self->json, node);
    bool quoted = at->kind == FOM_JSON_STRING;
    size_t size_bytes = at->size_bytes < 40 ? at->size_bytes : 40;
    size_t used = 0;
    if (quoted)
        out[used++] = '"';
    memcpy (out + used, self->json->text + at->start, size_bytes);
    used += size_bytes;
    while (at->size_bytes > 40 && used > 0 && (out[used - 1] & 0xc0) == 0x80)
        used--; /* not within a character */
    if (at->size_bytes > 40) {
        used -= used > 0 && (out[used - 1] & 0x80);
        memcpy (out + used, "…", 3);
        used += 3;
    }
    if (quoted)
        out[used++] = '"';
    out[used] = '\0';
    return out;
}

static mst_err_t fill_wants (const json_filler_t *self, const fom_plan_t *plan, const char *what,
                             uint32_t node)
{
    char shown[64];
    base_assert (what != NULL);
    return base_error (MST_E_VALUE_MISFIT, "%s is no %s (%.80s)", fill_shown (self, node, shown),
                       what, plan->name);
}

/*  Numbers ---------------------------------------------------------------------------------------
 */

static mst_err_t fill_real (json_filler_t *self, const fom_plan_t *plan, uint32_t node,
                            uint64_t *slot)
{
    double value;
    if (!fom_json_double (self->json, node, &value))
        return fill_wants (self, plan, "number", node);
    if (plan->number.width == 8) {
        memcpy (slot, &value, sizeof value);
        return MST_OK;
    }
    float half = (float) value;
    uint32_t bits;
    if (isinf (half) && !isinf (value))
        return fill_wants (self, plan, "number that 32 bits hold", node);
    memcpy (&bits, &half, sizeof bits);
    *slot = bits;
    return MST_OK;
}

/*  The number must come back from its width as it went in. */
static mst_err_t fill_whole (json_filler_t *self, const fom_plan_t *plan, uint32_t node,
                             uint64_t *slot)
{
    unsigned bits = 8u * plan->number.width;
    uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C (1) << bits) - 1;
    int64_t value;

    base_assert (bits >= 8 && bits <= 64);
    if (plan->number.number == FOM_NUMBER_SIGNED) {
        bool good = fom_json_int64 (self->json, node, &value);
        *slot = good ? (uint64_t) value & mask : 0;
        if (good && fom_plan_signed (plan, *slot) == value)
            return MST_OK;
    } else if (fom_json_uint64 (self->json, node, slot) && *slot <= mask)
        return MST_OK;
    bool number = fom_json_node (self->json, node)->kind == FOM_JSON_NUMBER;
    char what[48] = "whole number";
    if (number) {
        static const char *const ranges[] = { "number from 0 to 2^8 - 1",
                                              "number from 0 to 2^16 - 1",
                                              "number from 0 to 2^32 - 1",
                                              "number from 0 to 2^64 - 1" };
        static const char *const signed_ranges[] = { "number from -2^7 to 2^7 - 1",
                                                     "number from -2^15 to 2^15 - 1",
                                                     "number from -2^31 to 2^31 - 1",
                                                     "number from -2^63 to 2^63 - 1" };
        unsigned row = bits == 8 ? 0 : bits == 16 ? 1 : bits == 32 ? 2 : 3;
        bool is_signed = plan->number.number == FOM_NUMBER_SIGNED;
        strcpy (what, is_signed ? signed_ranges[row] : ranges[row]);
    }
    return fill_wants (self, plan, what, node);
}

static mst_err_t fill_character (json_filler_t *self, const fom_plan_t *plan, uint32_t node,
                                 uint64_t *slot)
{
    uint32_t code, more, most = plan->number.width == 1 ? 0x7f : 0xffff;
    bool string = fom_json_node (self->json, node)->kind == FOM_JSON_STRING;
    if (!string)
        return fill_whole (self, plan, node, slot);
    fom_json_text_t text = fom_json_text (self->json, node);
    bool one = fom_json_next (&text, &code) && !fom_json_next (&text, &more);
    if (!one || code > most)
        return fill_wants (self, plan, most == 0x7f ? "single ASCII character" : "single character",
                           node);
    *slot = code;
    return MST_OK;
}

static mst_err_t fill_no_label (json_filler_t *self, const fom_plan_t *plan, uint32_t node,
                                const char *name)
{
    base_nearest_t nearest;
    mst_err_t err = fill_wants (self, plan, "enumerator", node);
    base_nearest_init (&nearest, name);
    for (uint32_t i = 0; i < plan->number.label_count; i++)
        base_nearest_consider (&nearest, plan->number.by_name[i].name);
    return base_nearest_suggest (&nearest, err);
}

/*  By name, by number, and as true or false where that is meant. */
static mst_err_t fill_enumerated (json_filler_t *self, const fom_plan_t *plan, uint32_t node,
                                  uint64_t *slot)
{
    unsigned unused = 64 - 8u * plan->number.width;
    fom_json_kind_t kind = fom_json_node (self->json, node)->kind;
    char name[256];

    if (plan->number.boolean && (kind == FOM_JSON_FALSE || kind == FOM_JSON_TRUE)) {
        *slot = kind == FOM_JSON_TRUE;
        return MST_OK;
    }
    if (kind != FOM_JSON_STRING)
        return fill_whole (self, plan, node, slot);
    (void) fom_json_copy (self->json, node, name, sizeof name);
    const fom_label_t *label = fom_plan_by_name (plan, name);
    if (!label)
        return fill_no_label (self, plan, node, name);
    *slot = (uint64_t) label->value << unused >> unused;
    return MST_OK;
}

static mst_err_t fill_number (json_filler_t *self, const fom_plan_t *plan, uint32_t node,
                              uint64_t *slot)
{
    base_assert (slot != NULL);
    if (plan->form == FOM_FORM_ENUMERATED)
        return fill_enumerated (self, plan, node, slot);
    if (plan->number.number == FOM_NUMBER_FLOAT)
        return fill_real (self, plan, node, slot);
    if (plan->number.number >= FOM_NUMBER_ASCII)
        return fill_character (self, plan, node, slot);
    return fill_whole (self, plan, node, slot);
}

/*  Arrays ----------------------------------------------------------------------------------------
 */

static void fill_store (uint8_t *at, uint64_t value, const fom_plan_t *element)
{
    unsigned width = element->number.width;
    bool little = (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) != element->number.swap;
    base_assert (width <= 8);
    for (unsigned i = 0; i < width; i++)
        at[little ? i : width - 1 - i] = (uint8_t) (value >> 8 * i);
}

static mst_err_t fill_packed_slots (json_filler_t *self, uint64_t count, const uint8_t *bytes)
{
    mst_err_t err = fom_values_push (self->values, count);
    return err ? err : fom_values_push (self->values, (uint64_t) (uintptr_t) bytes);
}

static int fill_hex_digit (uint32_t code)
{
    if (code >= '0' && code <= '9')
        return (int) (code - '0');
    code |= 0x20;
    return code >= 'a' && code <= 'f' ? (int) (code - 'a' + 10) : -1;
}

static mst_err_t fill_hex (json_filler_t *self, const fom_plan_t *plan, uint32_t node)
{
    uint32_t digits = fom_json_node (self->json, node)->size_bytes, high, low;
    fom_json_text_t text = fom_json_text (self->json, node);
    uint8_t *bytes = base_arena_alloc (self->arena, digits / 2 + 1, 1);
    uint64_t count = 0;

    if (!bytes)
        return base_alloc_error ();
    while (fom_json_next (&text, &high)) {
        bool pair = fom_json_next (&text, &low);
        if (!pair || fill_hex_digit (high) < 0 || fill_hex_digit (low) < 0)
            return fill_wants (self, plan, "text of pairs of hexadecimal digits", node);
        bytes[count++] = (uint8_t) (fill_hex_digit (high) << 4 | fill_hex_digit (low));
    }
    return fill_packed_slots (self, count, bytes);
}

/*  A fixed length is filled up with zeros. */
static mst_err_t fill_string (json_filler_t *self, const fom_plan_t *plan, uint32_t node)
{
    const fom_plan_t *element = plan->array.element;
    unsigned width = element->number.width;
    uint64_t room = fom_json_node (self->json, node)->size_bytes, count = 0;
    uint32_t code;

    bool fixed = plan->array.layout == FOM_LAYOUT_FIXED;
    room = fixed && room < plan->array.low ? plan->array.low : room;
    uint8_t *bytes = base_arena_alloc (self->arena, (size_t) room + 1, width);
    if (!bytes)
        return base_alloc_error ();
    fom_json_text_t text = fom_json_text (self->json, node);
    while (fom_json_next (&text, &code)) {
        if (width == 1 && code > 0x7f)
            return fill_wants (self, plan, "text of ASCII characters", node);
        if (code == 0 && plan->array.layout == FOM_LAYOUT_TERMINATED)
            return fill_wants (self, plan, "text without zero characters", node);
        if (code >= 0x10000) {
            fill_store (bytes + count++ * width, 0xd800 + ((code - 0x10000) >> 10), element);
            code = 0xdc00 + ((code - 0x10000) & 0x3ff);
        }
        fill_store (bytes + count++ * width, code, element);
    }
    if (fixed && count < plan->array.low)
        count = plan->array.low;
    return fill_packed_slots (self, count, bytes);
}

static mst_err_t fill_numbers (json_filler_t *self, const fom_plan_t *plan, uint32_t node)
{
    const fom_plan_t *element = plan->array.element;
    const fom_json_node_t *list = fom_json_node (self->json, node);
    unsigned width = element->number.width;
    uint8_t *bytes = base_arena_alloc (self->arena, (size_t) list->count + 1, width);
    uint64_t count = 0, slot = 0;
    mst_err_t err = MST_OK;

    if (!bytes)
        return base_alloc_error ();
    for (uint32_t i = list->first; !err && i != FOM_JSON_NO_NODE; count++) {
        err = fill_number (self, element, i, &slot);
        if (!err && slot == 0 && plan->array.layout == FOM_LAYOUT_TERMINATED)
            err = fill_wants (self, plan, "number but 0, which ends the array", i);
        if (err)
            return fill_place_index (self, err, count);
        fill_store (bytes + count * width, slot, element);
        i = fom_json_node (self->json, i)->next;
    }
    return fill_packed_slots (self, count, bytes);
}

static mst_err_t fill_array (json_filler_t *self, const fom_plan_t *plan, uint32_t node)
{
    const fom_plan_t *element = plan->array.element;
    const fom_json_node_t *list = fom_json_node (self->json, node);
    bool number = plan->array.packed && element->form == FOM_FORM_NUMBER;
    mst_err_t err = MST_OK;

    if (list->kind == FOM_JSON_STRING && number && element->number.number == FOM_NUMBER_OCTET)
        return fill_hex (self, plan, node);
    if (list->kind == FOM_JSON_STRING && number && element->number.number >= FOM_NUMBER_ASCII)
        return fill_string (self, plan, node);
    if (list->kind != FOM_JSON_ARRAY)
        return fill_wants (self, plan, "array", node);
    if (plan->array.packed)
        return fill_numbers (self, plan, node);
    err = fom_values_push (self->values, list->count);
    uint32_t next = list->first;
    for (uint64_t i = 0; !err && next != FOM_JSON_NO_NODE; i++) {
        err = fill_place_index (self, fill (self, element, next), i);
        next = fom_json_node (self->json, next)->next;
    }
    return err;
}

/*  Records ---------------------------------------------------------------------------------------
 */

static mst_err_t fill_unknown_key (json_filler_t *self, const fom_plan_t *plan, uint32_t key,
                                   const fom_part_t *parts, uint32_t count)
{
    base_nearest_t nearest;
    char name[256];
    (void) fom_json_copy (self->json, key, name, sizeof name);
    mst_err_t err = base_error (MST_E_VALUE_MISFIT, "\"%.80s\" has no \"%.80s\"", plan->name, name);
    base_nearest_init (&nearest, name);
    for (uint32_t i = 0; i < count; i++)
        base_nearest_consider (&nearest, parts[i].name);
    return base_nearest_suggest (&nearest, err);
}

/*  Which value belongs to which field. Keys mostly come in the fields' order: the next one is tried
    first. */
static mst_err_t fill_match (json_filler_t *self, const fom_plan_t *plan, uint32_t node,
                             uint32_t *given)
{
    const fom_part_t *fields = plan->record.fields;
    uint32_t count = plan->record.field_count, next = 0;
    const fom_json_node_t *object = fom_json_node (self->json, node);

    for (uint32_t key = object->first; key != FOM_JSON_NO_NODE;) {
        uint32_t tried = 0;
        while (tried < count && !fom_json_is (self->json, key, fields[next % count].name)) {
            tried++;
            next++;
        }
        if (tried == count)
            return fill_unknown_key (self, plan, key, fields, count);
        uint32_t *place = &given[next++ % count];
        if (*place != FOM_JSON_NO_NODE)
            return base_error (MST_E_VALUE_MISFIT, "\"%.80s\" is given twice",
                               fields[(next - 1) % count].name);
        *place = fom_json_node (self->json, key)->first;
        key = fom_json_node (self->json, key)->next;
    }
    return MST_OK;
}

static mst_err_t fill_record (json_filler_t *self, const fom_plan_t *plan, uint32_t node)
{
    uint32_t count = plan->record.field_count;
    mst_err_t err = MST_OK;

    if (fom_json_node (self->json, node)->kind != FOM_JSON_OBJECT)
        return fill_wants (self, plan, "object", node);
    uint32_t *given = base_arena_alloc (self->arena, (size_t) count + 1, sizeof *given);
    if (!given)
        return base_alloc_error ();
    for (uint32_t i = 0; i < count; i++)
        given[i] = FOM_JSON_NO_NODE;
    err = fill_match (self, plan, node, given);
    for (uint32_t i = 0; !err && i < count; i++) {
        const fom_part_t *field = &plan->record.fields[i];
        if (field->plan->form == FOM_FORM_PADDING)
            continue;
        if (given[i] == FOM_JSON_NO_NODE)
            return base_error (MST_E_VALUE_MISFIT, "\"%.80s\" lacks its field \"%.80s\"",
                               plan->name, field->name);
        err = fill_place (self, fill (self, field->plan, given[i]), field->name);
    }
    return err;
}

/*  The bytes of an alternative that the object model does not know, as text. */
static mst_err_t fill_envelope (json_filler_t *self, const fom_plan_t *plan, uint32_t node)
{
    uint32_t bytes = fom_json_member (self->json, node, "unknown");
    if (bytes == FOM_JSON_NO_NODE)
        return fill_packed_slots (self, 0, NULL);
    if (fom_json_node (self->json, bytes)->kind != FOM_JSON_STRING)
        return fill_place (self, fill_wants (self, plan, "text of hexadecimal digits", bytes),
                           "unknown");
    return fill_place (self, fill_hex (self, plan, bytes), "unknown");
}

/*  Beside the discriminant only the alternative that it chooses may stand. */
static mst_err_t fill_variant_keys (json_filler_t *self, const fom_plan_t *plan, uint32_t node,
                                    const fom_part_t *part)
{
    const fom_json_node_t *object = fom_json_node (self->json, node);
    bool bare = !part || !part->plan;
    bool envelope = bare && plan->variant.envelope != FOM_ENVELOPE_NONE;
    const fom_part_t known[] = { { plan->variant.discriminant_name, NULL, NULL },
                                 { bare ? "unknown" : part->name, NULL, NULL } };
    for (uint32_t key = object->first; key != FOM_JSON_NO_NODE;) {
        bool good = fom_json_is (self->json, key, known[0].name) ||
                    ((!bare || envelope) && fom_json_is (self->json, key, known[1].name));
        if (!good)
            return fill_unknown_key (self, plan, key, known, bare && !envelope ? 1 : 2);
        key = fom_json_node (self->json, key)->next;
    }
    if (object->count > 2)
        return base_error (MST_E_VALUE_MISFIT, "\"%.80s\" has a key twice", plan->name);
    return MST_OK;
}

static mst_err_t fill_variant (json_filler_t *self, const fom_plan_t *plan, uint32_t node)
{
    const fom_plan_t *disc = plan->variant.discriminant;
    const char *disc_name = plan->variant.discriminant_name;
    uint64_t slot = 0;

    if (fom_json_node (self->json, node)->kind != FOM_JSON_OBJECT)
        return fill_wants (self, plan, "object", node);
    uint32_t value = fom_json_member (self->json, node, disc_name);
    if (value == FOM_JSON_NO_NODE)
        return base_error (MST_E_VALUE_MISFIT, "\"%.80s\" lacks its discriminant \"%.80s\"",
                           plan->name, disc_name);
    mst_err_t err = fill_place (self, fill_number (self, disc, value, &slot), disc_name);
    if (!err)
        err = fom_values_push (self->values, slot);
    if (err)
        return err;
    uint32_t chosen = fom_plan_choose (plan, fom_plan_signed (disc, slot));
    const fom_part_t *part = chosen == FOM_NONE ? NULL : &plan->variant.alternatives[chosen];
    err = fill_variant_keys (self, plan, node, part);
    if (err)
        return err;
    if (!part || !part->plan)
        return plan->variant.envelope == FOM_ENVELOPE_NONE ? MST_OK
                                                           : fill_envelope (self, plan, node);
    uint32_t body = fom_json_member (self->json, node, part->name);
    if (body == FOM_JSON_NO_NODE)
        return base_error (MST_E_VALUE_MISFIT, "\"%.80s\" lacks its alternative \"%.80s\"",
                           plan->name, part->name);
    return fill_place (self, fill (self, part->plan, body), part->name);
}

static mst_err_t fill (json_filler_t *self, const fom_plan_t *plan, uint32_t node)
{
    uint64_t slot = 0;
    mst_err_t err;
    switch (plan->form) {
    case FOM_FORM_NUMBER:
    case FOM_FORM_ENUMERATED:
        err = fill_number (self, plan, node, &slot);
        return err ? err : fom_values_push (self->values, slot);
    case FOM_FORM_ARRAY: return fill_array (self, plan, node);
    case FOM_FORM_RECORD: return fill_record (self, plan, node);
    case FOM_FORM_VARIANT: return fill_variant (self, plan, node);
    case FOM_FORM_PADDING: return MST_OK;
    }
    return base_error (MST_E_INTERNAL, "a plan of no form");
}

mst_err_t fom_json_fill (const fom_plan_t *plan, const fom_json_t *json, base_arena_t *arena,
                         fom_values_t *values)
{
    json_filler_t filler = { .json = json, .arena = arena, .values = values };
    base_assert (plan->why_not == NULL);
    return fill (&filler, plan, 0);
}

mst_err_t fom_codec_from_json (const fom_codec_t *self, uint32_t type, const char *json,
                               size_t size_bytes, base_buffer_t *bytes)
{
    fom_json_t read = { 0 };
    fom_values_t values;
    base_arena_t arena;

    base_assert (bytes != NULL);
    mst_err_t err = fom_codec_check (self, type);
    if (err)
        return err;
    fom_values_init (&values);
    base_arena_init (&arena);
    err = fom_json_read (&read, json, size_bytes);
    if (!err)
        err = fom_json_fill (fom_codec_plan (self, type), &read, &arena, &values);
    if (!err)
        err = fom_values_encode (self, type, &values, bytes);
    fom_values_fini (&values);
    base_arena_fini (&arena);
    fom_json_fini (&read);
    return err;
}
