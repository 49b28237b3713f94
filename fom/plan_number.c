/*  Numbers: basic data, what is made of it, and enumerations. What kind of number a basic type is
    stands in the FOM as words only ("16-bit unsigned integer."), so words decide. */
#include "fom/plan.h"
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool number_says (const fom_type_t *type, const char *word)
{
    base_assert (type->kind == FOM_TYPE_BASIC);
    base_assert (word != NULL);
    return strcasestr (type->name, word) || strcasestr (type->encoding, word);
}

static fom_number_t number_kind (const fom_type_t *type)
{
    bool floats = type->size_bits == 32 || type->size_bits == 64;
    if (strcmp (type->name, "HLAoctet") == 0)
        return FOM_NUMBER_OCTET;
    if (floats && (number_says (type, "float") || number_says (type, "-precision")))
        return FOM_NUMBER_FLOAT;
    if (number_says (type, "unsigned"))
        return FOM_NUMBER_UNSIGNED;
    bool is_signed = number_says (type, "integer") || number_says (type, "signed") ||
                     number_says (type, "two's complement");
    return is_signed ? FOM_NUMBER_SIGNED : FOM_NUMBER_UNSIGNED;
}

/*  The octet boundary: the least power of two of octets that holds it (IEEE 1516.2, "Encoding of
    basic data representations"). */
static uint8_t number_boundary (uint32_t size_bytes)
{
    uint32_t boundary = 1;
    base_assert (size_bytes > 0);
    while (boundary < size_bytes && boundary < 128)
        boundary *= 2;
    return (uint8_t) boundary;
}

mst_err_t fom_plan_basic (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type)
{
    static const uint16_t one = 1;
    uint32_t size_bytes = type->size_bits / 8;
    bool little_machine = *(const uint8_t *) &one == 1;

    base_assert (type->kind == FOM_TYPE_BASIC);
    if (size_bytes == 0 || size_bytes > 128 || type->size_bits % 8 != 0)
        return fom_plan_refuse (self, plan, "basic data of %u bits is not whole octets up to 128",
                                type->size_bits);
    plan->boundary = number_boundary (size_bytes);
    plan->least_bytes = size_bytes;
    plan->fixed_slots = true;
    if (size_bytes > 8 || (size_bytes & (size_bytes - 1)) != 0) {
        plan->form = FOM_FORM_ARRAY;
        plan->slots = 2;
        plan->array.element = self->octet;
        plan->array.packed = true;
        plan->array.low = plan->array.high = size_bytes;
        return MST_OK;
    }
    plan->form = FOM_FORM_NUMBER;
    plan->slots = 1;
    plan->number.width = (uint8_t) size_bytes;
    plan->number.swap = type->little_endian != little_machine;
    plan->number.number = number_kind (type);
    return MST_OK;
}

mst_err_t fom_plan_simple (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type,
                           uint32_t depth)
{
    const fom_plan_t *of;
    const char *name = plan->name;

    base_assert (type->kind == FOM_TYPE_SIMPLE);
    mst_err_t err = fom_plan_part (self, plan, type->type, type->type_name, depth, &of);
    if (err || plan->why_not)
        return err;
    *plan = *of;
    plan->name = name;
    if (plan->form != FOM_FORM_NUMBER)
        return MST_OK;
    if (strcmp (name, "HLAASCIIchar") == 0 && plan->number.width == 1)
        plan->number.number = FOM_NUMBER_ASCII;
    else if (strcmp (name, "HLAunicodeChar") == 0 && plan->number.width == 2)
        plan->number.number = FOM_NUMBER_UNICODE;
    return MST_OK;
}

/*  Enumerators -----------------------------------------------------------------------------------
 */

static int label_by_value (const void *a, const void *b)
{
    const fom_label_t *left = a, *right = b;
    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return left->place < right->place ? -1 : left->place > right->place;
}

static int label_by_name (const void *a, const void *b)
{
    const fom_label_t *left = a, *right = b;
    int order = strcmp (left->name, right->name);
    return order ? order : left->place < right->place ? -1 : left->place > right->place;
}

/*  "3", or "3,4" where a name stands for several. */
static bool label_values (const fom_field_t *field, uint32_t place, fom_label_t *labels,
                          uint32_t *count)
{
    const char *at = field->values;
    for (;;) {
        int64_t value;
        at += strspn (at, " \t\r\n");
        if (!fom_plan_number (at, &at, &value))
            return false;
        labels[(*count)++] = (fom_label_t){ value, field->name, place };
        at += strspn (at, " \t\r\n");
        if (*at != ',')
            return *at == '\0';
        at++;
    }
}

static uint32_t label_count (const fom_type_t *type)
{
    uint32_t count = 0;
    base_assert (type->kind == FOM_TYPE_ENUMERATED);
    for (uint32_t i = 0; i < type->field_count; i++) {
        count++;
        for (const char *c = type->fields[i].values; *c; c++)
            count += *c == ',';
    }
    return count;
}

static bool ends_with (const char *name, const char *end)
{
    size_t size_bytes = strlen (name), end_bytes = strlen (end);
    return size_bytes >= end_bytes && strcasecmp (name + size_bytes - end_bytes, end) == 0;
}

/*  HLAboolean, and every other enumeration of false (0) and true (1). */
static bool label_is_boolean (const fom_label_t *by_value, uint32_t count)
{
    return count == 2 && by_value[0].value == 0 && by_value[1].value == 1 &&
           ends_with (by_value[0].name, "false") && ends_with (by_value[1].name, "true");
}

static mst_err_t label_tables (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type)
{
    uint32_t most = label_count (type), count = 0;
    fom_label_t *tables = fom_plan_array (self, (size_t) most * 3, sizeof *tables);

    if (!tables)
        return base_alloc_error ();
    for (uint32_t i = 0; i < type->field_count; i++)
        if (!label_values (&type->fields[i], i, tables, &count))
            return fom_plan_refuse (self, plan, "its enumerator \"%.80s\" has the value \"%.40s\"",
                                    type->fields[i].name, type->fields[i].values);
    base_assert (count <= most);
    for (uint32_t i = 1; i < 3; i++)
        memcpy (tables + (size_t) i * most, tables, count * sizeof *tables);
    qsort (tables + most, count, sizeof *tables, label_by_value);
    qsort (tables + 2 * (size_t) most, count, sizeof *tables, label_by_name);
    plan->number.declared = tables;
    plan->number.by_value = tables + most;
    plan->number.by_name = tables + 2 * (size_t) most;
    plan->number.label_count = count;
    plan->number.boolean = label_is_boolean (plan->number.by_value, count);
    return MST_OK;
}

mst_err_t fom_plan_enumerated (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type,
                               uint32_t depth)
{
    const fom_plan_t *of;
    const char *name = plan->name;

    base_assert (type->kind == FOM_TYPE_ENUMERATED);
    mst_err_t err = fom_plan_part (self, plan, type->type, type->type_name, depth, &of);
    if (err || plan->why_not)
        return err;
    if (of->form != FOM_FORM_NUMBER || of->number.number == FOM_NUMBER_FLOAT)
        return fom_plan_refuse (self, plan, "its representation \"%.80s\" is no whole number",
                                type->type_name);
    *plan = *of;
    plan->name = name;
    plan->form = FOM_FORM_ENUMERATED;
    return label_tables (self, plan, type);
}

const fom_label_t *fom_plan_by_value (const fom_plan_t *plan, int64_t value)
{
    uint32_t low = 0, high = plan->number.label_count;
    base_assert (plan->form == FOM_FORM_ENUMERATED);
    while (low < high) { /* the first of equals: the one that was declared first */
        uint32_t middle = low + (high - low) / 2;
        if (plan->number.by_value[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < plan->number.label_count && plan->number.by_value[low].value == value;
    return found ? &plan->number.by_value[low] : NULL;
}

const fom_label_t *fom_plan_by_name (const fom_plan_t *plan, const char *name)
{
    uint32_t low = 0, high = plan->number.label_count;
    base_assert (plan->form == FOM_FORM_ENUMERATED);
    base_assert (name != NULL);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp (plan->number.by_name[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found =
        low < plan->number.label_count && strcmp (plan->number.by_name[low].name, name) == 0;
    return found ? &plan->number.by_name[low] : NULL;
}
