/*  Types become plans, each after those that it uses. A type that cannot be encoded keeps the
   reason, and so does every type that uses it. */
#include "fom/plan.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/nearest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PLAN_NEW, PLAN_UNDER_WAY, PLAN_MADE };

void *fom_plan_array (fom_codec_t *self, size_t count, size_t size_bytes)
{
    base_assert (size_bytes > 0);
    return base_arena_alloc (&self->arena, count ? count : 1, size_bytes);
}

mst_err_t fom_plan_refuse (fom_codec_t *self, fom_plan_t *plan, const char *format, ...)
{
    char text[400];
    va_list args;

    base_assert (format != NULL);
    va_start (args, format);
    (void) vsnprintf (text, sizeof text, format, args);
    va_end (args);
    if (plan->why_not) /* the first reason is the one to mend */
        return MST_OK;
    plan->why_not = base_arena_copy (&self->arena, text, strlen (text));
    return plan->why_not ? MST_OK : base_alloc_error ();
}

bool fom_plan_number (const char *text, const char **end, int64_t *value)
{
    bool negative = text[0] == '-';
    uint64_t sum = 0;
    const char *at = text + (negative || text[0] == '+');
    unsigned base = at[0] == '0' && (at[1] | 0x20) == 'x' ? 16 : 10;

    base_assert (end != NULL && value != NULL);
    const char *first = at += base == 16 ? 2 : 0;
    for (;; at++) {
        int c = *at >= 'A' && *at <= 'F' ? *at - 'A' + 'a' : *at;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned) (c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned) (c - 'a' + 10)
                                                : 99;
        if (digit >= base)
            break;
        if (sum > (UINT64_MAX - digit) / base)
            return false;
        sum = sum * base + digit;
    }
    *end = at;
    *value = negative ? (int64_t) (0 - sum) : (int64_t) sum;
    return at > first;
}

/*  What a type uses: its plan is made first. */
mst_err_t fom_plan_part (fom_codec_t *self, fom_plan_t *user, uint32_t type, const char *type_name,
                         uint32_t depth, const fom_plan_t **plan)
{
    *plan = NULL;
    base_assert (user != NULL && type_name != NULL);
    if (type == FOM_NONE)
        return fom_plan_refuse (self, user, "it uses \"%.80s\", which no module defines",
                                type_name[0] ? type_name : "(no type)");
    if (depth >= FOM_TYPE_DEPTH_MAX)
        return fom_plan_refuse (self, user, "types are nested deeper than FOM_TYPE_DEPTH_MAX (%d)",
                                FOM_TYPE_DEPTH_MAX);
    mst_err_t err = fom_plan_make (self, type, depth + 1);
    if (err)
        return err;
    *plan = fom_codec_plan (self, type);
    if (self->states[type] == PLAN_UNDER_WAY)
        return fom_plan_refuse (self, user, "\"%.80s\" holds itself", (*plan)->name);
    if ((*plan)->why_not)
        return fom_plan_refuse (self, user, "it uses \"%.80s\": %.200s", (*plan)->name,
                                (*plan)->why_not);
    return MST_OK;
}

/*  Arrays ----------------------------------------------------------------------------------------
 */

typedef struct plan_dimension {
    bool dynamic;
    uint64_t low;
    uint64_t high;
} plan_dimension_t;

enum { PLAN_DIMENSIONS_MAX = 8 };

static void plan_skip_space (const char **text)
{
    while (**text == ' ' || **text == '\t' || **text == '\n' || **text == '\r')
        (*text)++;
}

static bool plan_bound (const char **text, uint64_t *bound)
{
    int64_t value;
    plan_skip_space (text);
    if (!fom_plan_number (*text, text, &value) || value < 0 || value > INT32_MAX)
        return false;
    plan_skip_space (text);
    *bound = (uint64_t) value;
    return true;
}

/*  "Dynamic", "3", "[1..8]", one of them behind the other with commas. */
static bool plan_dimension (const char **text, plan_dimension_t *out)
{
    *out = (plan_dimension_t){ true, 0, INT32_MAX };
    plan_skip_space (text);
    if (strncmp (*text, "Dynamic", 7) == 0) {
        *text += 7;
        return true;
    }
    if (**text != '[') {
        out->dynamic = false;
        bool good = plan_bound (text, &out->low);
        out->high = out->low;
        return good;
    }
    (*text)++;
    if (!plan_bound (text, &out->low) || strncmp (*text, "..", 2) != 0)
        return false;
    *text += 2;
    if (!plan_bound (text, &out->high) || **text != ']' || out->low > out->high)
        return false;
    (*text)++;
    out->dynamic = out->low != out->high;
    return true;
}

static bool plan_cardinality (const char *text, plan_dimension_t dimensions[], uint32_t *count)
{
    *count = 0;
    base_assert (text != NULL);
    do {
        if (*count == PLAN_DIMENSIONS_MAX || !plan_dimension (&text, &dimensions[*count]))
            return false;
        (*count)++;
        plan_skip_space (&text);
    } while (*text++ == ',');
    return text[-1] == '\0';
}

/*  What an array's bytes are like follows from its layout and its element. */
static void plan_array_shape (fom_plan_t *plan, const fom_plan_t *element, fom_layout_t layout,
                              const plan_dimension_t *dimension)
{
    base_assert (plan != NULL && element != NULL);
    bool packed = element->form == FOM_FORM_NUMBER || element->form == FOM_FORM_ENUMERATED;
    plan->form = FOM_FORM_ARRAY;
    plan->array.element = element;
    plan->array.layout = layout;
    plan->array.packed = packed;
    plan->array.low = dimension->low;
    plan->array.high = dimension->high;
    plan->boundary = element->boundary;
    plan->fixed_slots = packed;
    plan->slots = 2;
    if (layout == FOM_LAYOUT_COUNTED) {
        plan->boundary = element->boundary > 4 ? element->boundary : 4;
        plan->least_bytes = 4;
    } else if (layout == FOM_LAYOUT_TERMINATED)
        plan->least_bytes = element->least_bytes;
    else if (layout == FOM_LAYOUT_FIXED) {
        size_t least = element->least_bytes * dimension->low;
        plan->least_bytes = least > FOM_VALUE_BYTES_MAX ? FOM_VALUE_BYTES_MAX + 1 : least;
    }
}

static bool plan_layout (const fom_type_t *type, const plan_dimension_t *first,
                         fom_layout_t *layout)
{
    static const struct {
        const char *word;
        fom_layout_t layout;
    } rows[] = { { "HLAfixedArray", FOM_LAYOUT_FIXED },
                 { "HLAvariableArray", FOM_LAYOUT_COUNTED },
                 { "RPRlengthlessArray", FOM_LAYOUT_LENGTHLESS },
                 { "RPRnullTerminatedArray", FOM_LAYOUT_TERMINATED } };
    base_assert (layout != NULL);
    *layout = first->dynamic ? FOM_LAYOUT_COUNTED : FOM_LAYOUT_FIXED;
    if (type->encoding[0] == '\0')
        return true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp (type->encoding, rows[i].word) == 0) {
            *layout = rows[i].layout;
            return true;
        }
    return false;
}

/*  The innermost dimension is the last: row by row. Those inside are arrays of their own, without a
    name of their own. */
static mst_err_t plan_dimensions (fom_codec_t *self, fom_plan_t *plan, const fom_plan_t *element,
                                  fom_layout_t layout, const plan_dimension_t *dimensions,
                                  uint32_t count)
{
    base_assert (count > 0);
    for (uint32_t i = count; i-- > 0;) {
        fom_layout_t own = i > 0 && !dimensions[i].dynamic ? FOM_LAYOUT_FIXED : layout;
        if (own == FOM_LAYOUT_FIXED && dimensions[i].dynamic)
            return fom_plan_refuse (self, plan,
                                    "an HLAfixedArray must say how many elements it has");
        if (own == FOM_LAYOUT_TERMINATED && element->form != FOM_FORM_NUMBER)
            return fom_plan_refuse (self, plan, "an RPRnullTerminatedArray must hold numbers");
        fom_plan_t *made = i == 0 ? plan : fom_plan_array (self, 1, sizeof *made);
        if (!made)
            return base_alloc_error ();
        if (i > 0)
            made->name = plan->name;
        plan_array_shape (made, element, own, &dimensions[i]);
        element = made;
    }
    return MST_OK;
}

static mst_err_t plan_array (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type,
                             uint32_t depth)
{
    plan_dimension_t dimensions[PLAN_DIMENSIONS_MAX];
    const fom_plan_t *element;
    fom_layout_t layout;
    uint32_t count;

    base_assert (type->kind == FOM_TYPE_ARRAY);
    bool to32 = strcmp (type->encoding, "RPRpaddingTo32Array") == 0;
    if (to32 || strcmp (type->encoding, "RPRpaddingTo64Array") == 0) {
        plan->form = FOM_FORM_PADDING;
        plan->padding_to = to32 ? 4 : 8;
        plan->fixed_slots = true;
        return MST_OK;
    }
    mst_err_t err = fom_plan_part (self, plan, type->type, type->type_name, depth, &element);
    if (err || plan->why_not)
        return err;
    if (!plan_cardinality (type->cardinality, dimensions, &count))
        return fom_plan_refuse (
            self, plan, "its cardinality is \"%.60s\": Dynamic, a number or [1..8] is meant",
            type->cardinality);
    if (!plan_layout (type, &dimensions[0], &layout))
        return fom_plan_refuse (self, plan, "its encoding is \"%.80s\", which Muster does not know",
                                type->encoding);
    return plan_dimensions (self, plan, element, layout, dimensions, count);
}

/*  The whole -------------------------------------------------------------------------------------
 */

static mst_err_t plan_kind (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type,
                            uint32_t depth)
{
    base_assert (plan->boundary == 1);
    base_assert (plan->name != NULL);
    switch (type->kind) {
    case FOM_TYPE_BASIC: return fom_plan_basic (self, plan, type);
    case FOM_TYPE_SIMPLE: return fom_plan_simple (self, plan, type, depth);
    case FOM_TYPE_ENUMERATED: return fom_plan_enumerated (self, plan, type, depth);
    case FOM_TYPE_ARRAY: return plan_array (self, plan, type, depth);
    case FOM_TYPE_FIXED_RECORD: return fom_plan_record (self, plan, type, depth);
    case FOM_TYPE_VARIANT_RECORD: return fom_plan_variant (self, plan, type, depth);
    }
    return base_error (MST_E_INTERNAL, "a data type of no kind");
}

mst_err_t fom_plan_make (fom_codec_t *self, uint32_t type, uint32_t depth)
{
    fom_plan_t *plan = &self->plans[type];
    base_assert (type < self->model->type_count);
    if (self->states[type] != PLAN_NEW)
        return MST_OK;
    self->states[type] = PLAN_UNDER_WAY;
    plan->name = self->model->types[type].name;
    plan->boundary = 1;
    mst_err_t err = plan_kind (self, plan, &self->model->types[type], depth);
    if (!err && plan->least_bytes > FOM_VALUE_BYTES_MAX)
        err = fom_plan_refuse (self, plan,
                               "a value takes %zu bytes, more than FOM_VALUE_BYTES_MAX (%d)",
                               plan->least_bytes, FOM_VALUE_BYTES_MAX);
    self->states[type] = PLAN_MADE;
    return err;
}

/*  Basic data of 24 or 128 bits is that many octets: this is one. */
static mst_err_t plan_octet (fom_codec_t *self)
{
    self->octet = fom_plan_array (self, 1, sizeof *self->octet);
    if (!self->octet)
        return base_alloc_error ();
    self->octet->name = "octet";
    self->octet->form = FOM_FORM_NUMBER;
    self->octet->boundary = 1;
    self->octet->fixed_slots = true;
    self->octet->slots = 1;
    self->octet->least_bytes = 1;
    self->octet->number.width = 1;
    self->octet->number.number = FOM_NUMBER_OCTET;
    base_assert (self->octet->why_not == NULL);
    return MST_OK;
}

mst_err_t fom_codec_new (const fom_model_t *model, fom_codec_t **codec)
{
    base_assert (model != NULL);
    base_assert (codec != NULL);
    *codec = NULL;
    fom_codec_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->model = model;
    base_arena_init (&self->arena);
    self->plans = fom_plan_array (self, model->type_count, sizeof *self->plans);
    self->states = fom_plan_array (self, model->type_count, 1);
    mst_err_t err = self->plans && self->states ? plan_octet (self) : base_alloc_error ();
    for (uint32_t type = 0; !err && type < model->type_count; type++)
        err = fom_plan_make (self, type, 0);
    *codec = self;
    if (err)
        fom_codec_destroy (codec);
    return err;
}

void fom_codec_destroy (fom_codec_t **self_p)
{
    base_assert (self_p != NULL);
    if (!*self_p)
        return;
    base_arena_fini (&(*self_p)->arena);
    base_free (*self_p);
    *self_p = NULL;
}

mst_err_t fom_codec_find (const fom_codec_t *self, const char *name, uint32_t *type)
{
    base_nearest_t nearest;
    base_assert (self != NULL);
    base_assert (name != NULL && type != NULL);
    *type = fom_type_find (self->model, name);
    if (*type != FOM_NONE)
        return MST_OK;
    base_nearest_init (&nearest, name);
    for (uint32_t i = 0; i < self->model->type_count; i++)
        base_nearest_consider (&nearest, self->model->types[i].name);
    return base_nearest_suggest (
        &nearest,
        base_error (MST_E_TYPE_UNKNOWN, "the object model has no data type \"%.80s\"", name));
}

mst_err_t fom_codec_check (const fom_codec_t *self, uint32_t type)
{
    base_assert (self != NULL);
    if (type >= self->model->type_count)
        return base_error (MST_E_TYPE_UNKNOWN, "its data type is not defined in the object model");
    const fom_plan_t *plan = fom_codec_plan (self, type);
    base_assert (plan->name != NULL);
    if (!plan->why_not)
        return MST_OK;
    return base_error (MST_E_NOT_SUPPORTED, "the data type \"%.80s\" cannot be encoded: %s",
                       plan->name, plan->why_not);
}

uint32_t fom_codec_boundary (const fom_codec_t *self, uint32_t type)
{
    const fom_plan_t *plan = fom_codec_plan (self, type);
    base_assert (plan->why_not == NULL);
    return plan->boundary;
}

size_t fom_codec_least_bytes (const fom_codec_t *self, uint32_t type)
{
    const fom_plan_t *plan = fom_codec_plan (self, type);
    base_assert (plan->why_not == NULL);
    return plan->least_bytes;
}
