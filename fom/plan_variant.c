/*  Variant records: which alternative belongs to which value of the discriminant. */
#include "fom/plan.h"
#include "base/alloc.h"
#include "base/list.h"

#include <stdlib.h>
#include <string.h>

typedef BASE_LIST (fom_choice_range_t) variant_ranges_t;

typedef struct variant_maker {
    fom_codec_t *codec;
    fom_plan_t *plan;
    variant_ranges_t ranges;
} variant_maker_t;

/*  Enumerators -----------------------------------------------------------------------------------
 */

/*  A name of the discriminant's type, or a number where that type has no names. */
static mst_err_t variant_value (const variant_maker_t *self, const char *text, size_t size_bytes,
                                const fom_label_t **label, int64_t *value)
{
    const fom_plan_t *plan = self->plan->variant.discriminant;
    char name[256];
    const char *end;

    *label = NULL;
    while (size_bytes > 0 && strchr (" \t\r\n", text[size_bytes - 1]))
        size_bytes--;
    if (size_bytes < sizeof name) {
        memcpy (name, text, size_bytes);
        name[size_bytes] = '\0';
        if (plan->form == FOM_FORM_ENUMERATED)
            *label = fom_plan_by_name (plan, name);
        if (*label) {
            *value = (*label)->value;
            return MST_OK;
        }
        if (fom_plan_number (name, &end, value) && *end == '\0')
            return MST_OK;
    }
    return fom_plan_refuse (self->codec, self->plan,
                            "an alternative has the enumerator \"%.*s\", which \"%.80s\" lacks",
                            size_bytes < 80 ? (int) size_bytes : 80, text, plan->name);
}

static mst_err_t variant_add (variant_maker_t *self, int64_t low, int64_t high,
                              uint32_t alternative)
{
    const fom_choice_range_t range = { low < high ? low : high, low < high ? high : low,
                                       alternative };
    base_assert (range.low <= range.high);
    return BASE_LIST_PUSH (&self->ranges, range);
}

/*  "[A..C]": the enumerators from A to C as they are declared, or the numbers in between. */
static mst_err_t variant_range (variant_maker_t *self, const char *text, size_t size_bytes,
                                uint32_t alternative)
{
    const fom_label_t *first, *last;
    int64_t low = 0, high = 0;
    const char *dots = memmem (text, size_bytes, "..", 2);

    if (!dots || text[size_bytes - 1] != ']')
        return fom_plan_refuse (self->codec, self->plan, "\"%.*s\" is no range of enumerators",
                                size_bytes < 80 ? (int) size_bytes : 80, text);
    const char *start = text + 1 + strspn (text + 1, " \t\r\n");
    const char *second = dots + 2 + strspn (dots + 2, " \t\r\n");
    const char *end = text + size_bytes - 1;
    mst_err_t err =
        variant_value (self, start, dots > start ? (size_t) (dots - start) : 0, &first, &low);
    if (!err && !self->plan->why_not)
        err =
            variant_value (self, second, end > second ? (size_t) (end - second) : 0, &last, &high);
    if (err || self->plan->why_not)
        return err;
    if (!first || !last)
        return variant_add (self, low, high, alternative);
    const fom_plan_t *plan = self->plan->variant.discriminant;
    for (uint32_t i = 0; !err && i < plan->number.label_count; i++) {
        const fom_label_t *label = &plan->number.declared[i];
        if (label->place >= first->place && label->place <= last->place)
            err = variant_add (self, label->value, label->value, alternative);
    }
    return err;
}

/*  "A", "[A..C]" or "HLAother", one behind the other with commas. */
static mst_err_t variant_enumerators (variant_maker_t *self, const char *text, uint32_t alternative)
{
    mst_err_t err = MST_OK;
    base_assert (text != NULL);
    while (!err && !self->plan->why_not) {
        text += strspn (text, " \t\r\n,");
        size_t size_bytes = strcspn (text, ",");
        while (size_bytes > 0 && strchr (" \t\r\n", text[size_bytes - 1]))
            size_bytes--;
        if (size_bytes == 0)
            return MST_OK;
        const fom_label_t *label;
        int64_t value = 0;
        if (size_bytes == 8 && memcmp (text, "HLAother", 8) == 0)
            self->plan->variant.other = alternative;
        else if (text[0] == '[')
            err = variant_range (self, text, size_bytes, alternative);
        else {
            err = variant_value (self, text, size_bytes, &label, &value);
            if (!err && !self->plan->why_not)
                err = variant_add (self, value, value, alternative);
        }
        text += size_bytes;
    }
    return err;
}

/*  Tables ----------------------------------------------------------------------------------------
 */

static int variant_order (const void *a, const void *b)
{
    const fom_choice_range_t *left = a, *right = b;
    if (left->low != right->low)
        return left->low < right->low ? -1 : 1;
    return left->alternative < right->alternative ? -1 : left->alternative > right->alternative;
}

static mst_err_t variant_check_apart (variant_maker_t *self)
{
    for (size_t i = 1; i < self->ranges.count; i++) {
        const fom_choice_range_t *before = &self->ranges.items[i - 1], *range = before + 1;
        if (range->low > before->high)
            continue;
        return fom_plan_refuse (self->codec, self->plan,
                                "the discriminant %lld chooses two alternatives",
                                (long long) range->low);
    }
    return MST_OK;
}

static mst_err_t variant_tables (variant_maker_t *self)
{
    fom_plan_t *plan = self->plan;
    size_t count = self->ranges.count;
    if (count > 0)
        qsort (self->ranges.items, count, sizeof self->ranges.items[0], variant_order);
    mst_err_t err = variant_check_apart (self);
    fom_choice_range_t *ranges = fom_plan_array (self->codec, count, sizeof *ranges);
    uint16_t *direct = fom_plan_array (self->codec, FOM_ALTERNATIVES_DIRECT, sizeof *direct);
    if (err || !ranges || !direct)
        return err ? err : base_alloc_error ();
    if (count > 0)
        memcpy (ranges, self->ranges.items, count * sizeof *ranges);
    plan->variant.ranges = ranges;
    plan->variant.range_count = (uint32_t) count;
    for (int64_t value = 0; value < FOM_ALTERNATIVES_DIRECT; value++)
        direct[value] = (uint16_t) (fom_plan_choose (plan, value) + 1);
    plan->variant.direct = direct;
    return MST_OK;
}

uint32_t fom_plan_choose (const fom_plan_t *plan, int64_t discriminant)
{
    uint32_t low = 0, high = plan->variant.range_count;
    base_assert (plan->form == FOM_FORM_VARIANT);
    if (plan->variant.direct && discriminant >= 0 && discriminant < FOM_ALTERNATIVES_DIRECT)
        return (uint32_t) plan->variant.direct[discriminant] - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const fom_choice_range_t *range = &plan->variant.ranges[middle];
        if (discriminant < range->low)
            high = middle;
        else if (discriminant > range->high)
            low = middle + 1;
        else
            return range->alternative;
    }
    return plan->variant.other;
}

/*  The whole -------------------------------------------------------------------------------------
 */

static mst_err_t variant_alternative (variant_maker_t *self, const fom_field_t *field,
                                      fom_part_t *part, uint32_t index, uint32_t depth)
{
    fom_plan_t *plan = self->plan;
    bool empty = field->type_name[0] == '\0' || strcmp (field->type_name, "NA") == 0;
    mst_err_t err = MST_OK;

    part->name = field->name[0] && strcmp (field->name, "NA") != 0 ? field->name : "value";
    if (!empty)
        err = fom_plan_part (self->codec, plan, field->type, field->type_name, depth, &part->plan);
    if (err || plan->why_not)
        return err;
    if (part->plan && part->plan->boundary > plan->variant.body_boundary)
        plan->variant.body_boundary = part->plan->boundary;
    return variant_enumerators (self, field->values, index);
}

static bool variant_envelope (const fom_type_t *type, fom_envelope_t *envelope)
{
    *envelope = FOM_ENVELOPE_NONE;
    if (type->encoding[0] == '\0' || strcmp (type->encoding, "HLAvariantRecord") == 0)
        return true;
    *envelope = FOM_ENVELOPE_EXTENDABLE;
    if (strcmp (type->encoding, "HLAextendableVariantRecord") == 0)
        return true;
    *envelope = FOM_ENVELOPE_RPR;
    return strcmp (type->encoding, "RPRextendedVariantRecord") == 0;
}

/*  An alternative of an extendable record always begins at a multiple of 8, so that whoever does
   not know it can skip it (IEEE 1516.2-2025, 4.14.10.3). */
static void variant_shape (fom_plan_t *plan)
{
    uint8_t disc = plan->variant.discriminant->boundary;
    base_assert (plan->variant.body_boundary > 0);
    if (plan->variant.envelope == FOM_ENVELOPE_EXTENDABLE && plan->variant.body_boundary < 8)
        plan->variant.body_boundary = 8;
    plan->boundary = plan->variant.body_boundary > disc ? plan->variant.body_boundary : disc;
    plan->least_bytes = plan->variant.discriminant->least_bytes;
    if (plan->variant.envelope != FOM_ENVELOPE_NONE) {
        plan->boundary = plan->boundary > 4 ? plan->boundary : 4;
        plan->least_bytes += 4;
    }
}

static mst_err_t variant_make (variant_maker_t *self, const fom_type_t *type, uint32_t depth)
{
    fom_plan_t *plan = self->plan;
    mst_err_t err = fom_plan_part (self->codec, plan, type->type, type->type_name, depth,
                                   &plan->variant.discriminant);
    if (err || plan->why_not)
        return err;
    const fom_plan_t *disc = plan->variant.discriminant;
    if ((disc->form != FOM_FORM_ENUMERATED && disc->form != FOM_FORM_NUMBER) ||
        disc->number.number == FOM_NUMBER_FLOAT)
        return fom_plan_refuse (self->codec, plan, "its discriminant \"%.80s\" is no whole number",
                                type->type_name);
    fom_part_t *parts = fom_plan_array (self->codec, type->field_count, sizeof *parts);
    if (!parts)
        return base_alloc_error ();
    plan->variant.alternatives = parts;
    plan->variant.alternative_count = type->field_count;
    for (uint32_t i = 0; !err && !plan->why_not && i < type->field_count; i++)
        err = variant_alternative (self, &type->fields[i], &parts[i], i, depth);
    if (err || plan->why_not)
        return err;
    variant_shape (plan);
    return variant_tables (self);
}

mst_err_t fom_plan_variant (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type,
                            uint32_t depth)
{
    variant_maker_t maker = { .codec = self, .plan = plan };
    fom_envelope_t envelope;

    base_assert (type->kind == FOM_TYPE_VARIANT_RECORD);
    if (!variant_envelope (type, &envelope))
        return fom_plan_refuse (self, plan, "its encoding is \"%.80s\", which Muster does not know",
                                type->encoding);
    if (type->field_count >= UINT16_MAX)
        return fom_plan_refuse (self, plan, "it has more than 65,534 alternatives");
    plan->form = FOM_FORM_VARIANT;
    plan->variant.envelope = envelope;
    plan->variant.other = FOM_NONE;
    plan->variant.body_boundary = 1;
    plan->variant.discriminant_name = type->discriminant[0] ? type->discriminant : "discriminant";
    mst_err_t err = variant_make (&maker, type, depth);
    BASE_LIST_FINI (&maker.ranges);
    return err;
}
