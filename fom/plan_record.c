/*  Fixed records. A record within a record is laid out in place, and neighbouring numbers of one
    width become one step: a Spatial record is three or four steps, whatever its depth. */
#include "fom/plan.h"
#include "base/alloc.h"
#include "base/list.h"

#include <string.h>

enum { RECORD_TERMS_MAX = 64, RECORD_FORMULA_BYTES_MAX = 200 };

/*  Formulas --------------------------------------------------------------------------------------
 */

/*  RPR FOM writes how long a lengthless array is as a note: "Order*Order+2*Order+1" of the fields
    before it. Recursive descent into postfix. */
typedef struct formula_parser {
    const char *at;
    const fom_part_t *fields; /* those before the array */
    uint32_t field_count;
    fom_term_t terms[RECORD_TERMS_MAX];
    uint32_t count;
    uint32_t depth;
    bool bad;
} formula_parser_t;

static void formula_sum (formula_parser_t *self);

static void formula_put (formula_parser_t *self, char what, int64_t value)
{
    base_assert (what != '\0');
    if (self->count == RECORD_TERMS_MAX)
        self->bad = true;
    else
        self->terms[self->count++] = (fom_term_t){ what, 0, value };
}

static char formula_peek (formula_parser_t *self)
{
    self->at += strspn (self->at, " \t\r\n");
    return *self->at;
}

/*  A field's slot is known when all before it have a fixed number of slots. */
static void formula_field (formula_parser_t *self)
{
    size_t size_bytes = strcspn (self->at, " \t\r\n+-*/()");
    const fom_plan_t *plan = NULL;
    uint32_t slot = 0;
    bool found = false;

    for (uint32_t i = 0; !found && i < self->field_count; i++) {
        const fom_part_t *field = &self->fields[i];
        bool number =
            field->plan->form == FOM_FORM_NUMBER || field->plan->form == FOM_FORM_ENUMERATED;
        found = number && strlen (field->name) == size_bytes &&
                memcmp (field->name, self->at, size_bytes) == 0;
        plan = field->plan;
        if (!found && !field->plan->fixed_slots)
            break;
        if (!found)
            slot += field->plan->slots;
    }
    bool good = found && size_bytes > 0 && plan->number.number != FOM_NUMBER_FLOAT;
    self->bad = self->bad || !good;
    self->at += size_bytes;
    formula_put (self, 's', slot);
    if (!self->bad && plan->number.number == FOM_NUMBER_SIGNED)
        self->terms[self->count - 1].unused = (uint8_t) (64 - 8 * plan->number.width);
}

static void formula_atom (formula_parser_t *self)
{
    int64_t value;
    char c = formula_peek (self);
    if (c == '(' && self->depth < 16) {
        self->at++;
        self->depth++;
        formula_sum (self);
        self->depth--;
        self->bad = self->bad || formula_peek (self) != ')';
        self->at += !self->bad;
    } else if (c >= '0' && c <= '9') {
        self->bad = !fom_plan_number (self->at, &self->at, &value) || self->bad;
        if (!self->bad)
            formula_put (self, 'n', value);
    } else
        formula_field (self);
}

static void formula_product (formula_parser_t *self)
{
    formula_atom (self);
    while (!self->bad && (formula_peek (self) == '*' || formula_peek (self) == '/')) {
        char what = *self->at++;
        formula_atom (self);
        formula_put (self, what, 0);
    }
}

static void formula_sum (formula_parser_t *self)
{
    formula_product (self);
    while (!self->bad && (formula_peek (self) == '+' || formula_peek (self) == '-')) {
        char what = *self->at++;
        formula_product (self);
        formula_put (self, what, 0);
    }
}

mst_err_t fom_plan_formula (fom_codec_t *self, fom_plan_t *plan, const char *text,
                            const fom_part_t *fields, uint32_t count, const fom_formula_t **formula)
{
    formula_parser_t parser = { .at = text, .fields = fields, .field_count = count };

    *formula = NULL;
    base_assert (text != NULL && (fields != NULL || count == 0));
    parser.bad = strlen (text) > RECORD_FORMULA_BYTES_MAX;
    if (!parser.bad)
        formula_sum (&parser);
    if (parser.bad || formula_peek (&parser) != '\0')
        return fom_plan_refuse (
            self, plan, "the length \"%.80s\" is no formula of the numbers before it", text);
    fom_formula_t *made = fom_plan_array (self, 1, sizeof *made);
    fom_term_t *terms = fom_plan_array (self, parser.count, sizeof *terms);
    if (!made || !terms)
        return base_alloc_error ();
    memcpy (terms, parser.terms, parser.count * sizeof *terms);
    *made = (fom_formula_t){ text, terms, parser.count };
    *formula = made;
    return MST_OK;
}

static bool formula_apply (char what, int64_t left, int64_t right, int64_t *out)
{
    switch (what) {
    case '+': return !__builtin_add_overflow (left, right, out);
    case '-': return !__builtin_sub_overflow (left, right, out);
    case '*': return !__builtin_mul_overflow (left, right, out);
    default: *out = right > 0 ? left / right : 0; return right > 0;
    }
}

bool fom_formula_value (const fom_formula_t *self, const uint64_t *slots, uint64_t *value)
{
    int64_t stack[RECORD_TERMS_MAX];
    uint32_t depth = 0;

    base_assert (self->count > 0 && self->count <= RECORD_TERMS_MAX);
    for (uint32_t i = 0; i < self->count; i++) {
        const fom_term_t *term = &self->terms[i];
        if (term->what == 'n')
            stack[depth++] = term->value;
        else if (term->what == 's')
            stack[depth++] = (int64_t) (slots[term->value] << term->unused) >> term->unused;
        else {
            base_assert (depth >= 2);
            depth--;
            if (!formula_apply (term->what, stack[depth - 1], stack[depth], &stack[depth - 1]))
                return false;
        }
    }
    base_assert (depth == 1);
    *value = (uint64_t) stack[0];
    return stack[0] >= 0 && stack[0] <= INT32_MAX;
}

/*  Steps -----------------------------------------------------------------------------------------
 */

typedef BASE_LIST (fom_step_t) record_steps_t;

static bool record_is_number (const fom_plan_t *plan)
{
    return plan->form == FOM_FORM_NUMBER || plan->form == FOM_FORM_ENUMERATED;
}

/*  Joins the step before when nothing can lie between the two: the boundary is no larger than the
    width, so the second begins where the first ends. */
static mst_err_t record_add (record_steps_t *steps, const fom_step_t *step)
{
    fom_step_t *last = steps->count > 0 ? &steps->items[steps->count - 1] : NULL;
    base_assert (step->boundary > 0);
    if (last && !last->plan && !step->plan && last->width == step->width &&
        (last->swap == step->swap || step->width == 1) && step->boundary <= step->width) {
        last->count += step->count;
        return MST_OK;
    }
    return BASE_LIST_PUSH (steps, *step);
}

/*  The first step of a record begins at the record's boundary, which is that of its largest field.
 */
static mst_err_t record_inline (record_steps_t *steps, const fom_plan_t *record)
{
    mst_err_t err = MST_OK;
    base_assert (record->form == FOM_FORM_RECORD);
    for (uint32_t i = 0; !err && i < record->record.step_count; i++) {
        fom_step_t step = record->record.steps[i];
        if (i == 0 && step.boundary < record->boundary)
            step.boundary = record->boundary;
        err = record_add (steps, &step);
    }
    return err;
}

static mst_err_t record_step (record_steps_t *steps, const fom_part_t *field)
{
    const fom_plan_t *plan = field->plan;
    fom_step_t step = { .plan = plan, .length = field->length, .boundary = plan->boundary };
    if (record_is_number (plan)) {
        step.plan = NULL;
        step.count = 1;
        step.width = plan->number.width;
        step.swap = plan->number.swap;
    } else if (plan->form == FOM_FORM_RECORD && !plan->has_lengths && plan->record.step_count > 0)
        return record_inline (steps, plan);
    return record_add (steps, &step);
}

static mst_err_t record_steps (fom_codec_t *self, fom_plan_t *plan, const fom_part_t *fields,
                               uint32_t count)
{
    record_steps_t steps = { 0 };
    mst_err_t err = MST_OK;

    for (uint32_t i = 0; !err && i < count; i++)
        err = record_step (&steps, &fields[i]);
    fom_step_t *kept = err ? NULL : fom_plan_array (self, steps.count, sizeof *kept);
    if (kept && steps.count > 0)
        memcpy (kept, steps.items, steps.count * sizeof *kept);
    plan->record.steps = kept;
    plan->record.step_count = (uint32_t) steps.count;
    BASE_LIST_FINI (&steps);
    return kept ? MST_OK : base_alloc_error ();
}

/*  Fields ----------------------------------------------------------------------------------------
 */

static mst_err_t record_field (fom_codec_t *self, fom_plan_t *plan, const fom_field_t *field,
                               fom_part_t *fields, uint32_t index, uint32_t depth)
{
    fom_part_t *part = &fields[index];
    mst_err_t err = fom_plan_part (self, plan, field->type, field->type_name, depth, &part->plan);
    if (err || plan->why_not)
        return err;
    const fom_plan_t *of = part->plan;
    part->name = field->name;
    plan->boundary = of->boundary > plan->boundary ? of->boundary : plan->boundary;
    plan->least_bytes += of->least_bytes;
    plan->fixed_slots = plan->fixed_slots && of->fixed_slots;
    plan->slots += of->slots;
    bool lengthless = of->form == FOM_FORM_ARRAY && of->array.layout == FOM_LAYOUT_LENGTHLESS;
    if (!lengthless || field->length[0] == '\0')
        return MST_OK;
    plan->has_lengths = true;
    return fom_plan_formula (self, plan, field->length, fields, index, &part->length);
}

mst_err_t fom_plan_record (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type,
                           uint32_t depth)
{
    base_assert (type->kind == FOM_TYPE_FIXED_RECORD);
    if (type->encoding[0] && strcmp (type->encoding, "HLAfixedRecord") != 0)
        return fom_plan_refuse (self, plan, "its encoding is \"%.80s\", which Muster does not know",
                                type->encoding);
    fom_part_t *fields = fom_plan_array (self, type->field_count, sizeof *fields);
    if (!fields)
        return base_alloc_error ();
    plan->form = FOM_FORM_RECORD;
    plan->fixed_slots = true;
    plan->record.fields = fields;
    plan->record.field_count = type->field_count;
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; !err && !plan->why_not && i < type->field_count; i++)
        err = record_field (self, plan, &type->fields[i], fields, i, depth);
    if (err || plan->why_not)
        return err;
    return record_steps (self, plan, fields, type->field_count);
}
