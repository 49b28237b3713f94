/*  Between bytes and slots: one walk over a plan in each direction. All offsets count from the
   first byte of the value, whose boundary is taken to be met there. */
#include "fom/plan.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

void fom_values_init (fom_values_t *self)
{
    base_assert (self != NULL);
    *self = (fom_values_t){ 0 };
}

void fom_values_fini (fom_values_t *self)
{
    base_assert (self != NULL);
    base_free (self->slots);
    *self = (fom_values_t){ 0 };
}

mst_err_t fom_values_grow (fom_values_t *self, size_t more)
{
    size_t capacity = self->capacity ? self->capacity * 2 : 64;
    base_assert (more <= SIZE_MAX / 4 / sizeof (uint64_t));
    while (capacity - self->count < more)
        capacity *= 2;
    uint64_t *slots = base_realloc (self->slots, capacity * sizeof *slots);
    if (!slots)
        return base_alloc_error ();
    self->slots = slots;
    self->capacity = capacity;
    return MST_OK;
}

/*  Counts and sizes travel with their high byte first. */
enum { VALUES_SWAP_BIG = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };
enum { VALUES_SPARE_BYTES = 8 }; /* room behind what is written: padding is one store */

static inline size_t values_align (size_t at, size_t boundary)
{
    return (at + boundary - 1) & ~(boundary - 1);
}

static inline uint64_t values_load (const uint8_t *at, unsigned width, bool swap)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (width) {
    case 1: return *at;
    case 2: memcpy (&two, at, 2); return swap ? __builtin_bswap16 (two) : two;
    case 4: memcpy (&four, at, 4); return swap ? __builtin_bswap32 (four) : four;
    default: memcpy (&eight, at, 8); return swap ? __builtin_bswap64 (eight) : eight;
    }
}

static inline void values_store (uint8_t *at, uint64_t value, unsigned width, bool swap)
{
    uint16_t two = (uint16_t) value;
    uint32_t four = (uint32_t) value;
    switch (width) {
    case 1: *at = (uint8_t) value; return;
    case 2:
        two = swap ? __builtin_bswap16 (two) : two;
        memcpy (at, &two, 2);
        return;
    case 4:
        four = swap ? __builtin_bswap32 (four) : four;
        memcpy (at, &four, 4);
        return;
    default:
        value = swap ? __builtin_bswap64 (value) : value;
        memcpy (at, &value, 8);
        return;
    }
}

/*  Behind a count the elements begin at their own boundary; basic data of an odd size has one of
   its own. */
static inline size_t values_packed_boundary (const fom_plan_t *plan)
{
    return plan->array.layout == FOM_LAYOUT_FIXED ? plan->boundary : plan->array.element->boundary;
}

/*  Taking values out of bytes --------------------------------------------------------------------
 */

typedef struct values_reader {
    const uint8_t *data;
    size_t at;
    size_t end;
    fom_values_t *values;
    uint32_t elements; /* so far: a few bytes must not make work without end */
} values_reader_t;

static mst_err_t take (values_reader_t *self, const fom_plan_t *plan, const uint64_t *length);

__attribute__ ((cold)) static mst_err_t take_short (const values_reader_t *self, const char *name,
                                                    uint64_t wanted)
{
    base_assert (name != NULL);
    size_t left = self->at < self->end ? self->end - self->at : 0;
    return base_error (MST_E_MALFORMED,
                       "\"%.80s\" wants %llu bytes at byte %zu, where %zu are left", name,
                       (unsigned long long) wanted, self->at, left);
}

static inline mst_err_t take_numbers (values_reader_t *self, const char *name, size_t count,
                                      unsigned width, unsigned boundary, bool swap)
{
    fom_values_t *values = self->values;
    self->at = values_align (self->at, boundary);
    if (self->at > self->end || count > (self->end - self->at) / width)
        return take_short (self, name, (uint64_t) count * width);
    if (values->capacity - values->count < count) {
        mst_err_t err = fom_values_grow (values, count);
        if (err)
            return err;
    }
    const uint8_t *from = self->data + self->at;
    uint64_t *to = values->slots + values->count;
#pragma GCC unroll 4
    for (size_t i = 0; i < count; i++)
        to[i] = values_load (from + i * width, width, swap);
    values->count += count;
    self->at += count * width;
    return MST_OK;
}

/*  Each width has its own loop, so that the compiler lays it out without a choice inside. */
static inline mst_err_t take_run (values_reader_t *self, const fom_plan_t *record,
                                  const fom_step_t *step)
{
    if (step->swap && step->width == 4)
        return take_numbers (self, record->name, step->count, 4, step->boundary, true);
    if (step->swap && step->width == 8)
        return take_numbers (self, record->name, step->count, 8, step->boundary, true);
    if (step->width == 1)
        return take_numbers (self, record->name, step->count, 1, step->boundary, false);
    return take_numbers (self, record->name, step->count, step->width, step->boundary, step->swap);
}

static mst_err_t take_record (values_reader_t *self, const fom_plan_t *plan)
{
    size_t first = self->values->count;
    mst_err_t err = MST_OK;
    base_assert (plan->form == FOM_FORM_RECORD);
    for (uint32_t i = 0; !err && i < plan->record.step_count; i++) {
        const fom_step_t *step = &plan->record.steps[i];
        if (!step->plan) {
            err = take_run (self, plan, step);
            continue;
        }
        uint64_t length;
        self->at = values_align (self->at, step->boundary);
        if (step->length && !fom_formula_value (step->length, self->values->slots + first, &length))
            return base_error (MST_E_MALFORMED,
                               "\"%.80s\": the length %.60s is no number of elements", plan->name,
                               step->length->text);
        err = take (self, step->plan, step->length ? &length : NULL);
    }
    return err;
}

static mst_err_t take_count (values_reader_t *self, const fom_plan_t *plan, uint64_t *count)
{
    self->at = values_align (self->at, plan->boundary);
    if (self->at > self->end || self->end - self->at < 4)
        return take_short (self, plan->name, 4);
    *count = values_load (self->data + self->at, 4, VALUES_SWAP_BIG);
    self->at += 4;
    if (*count <= INT32_MAX)
        return MST_OK;
    return base_error (MST_E_MALFORMED, "\"%.80s\" at byte %zu has a negative number of elements",
                       plan->name, self->at - 4);
}

static mst_err_t take_packed (values_reader_t *self, const fom_plan_t *plan, uint64_t count)
{
    unsigned width = plan->array.element->number.width;
    if (count > 0)
        self->at = values_align (self->at, values_packed_boundary (plan));
    size_t left = self->at < self->end ? self->end - self->at : 0;
    if (plan->array.layout == FOM_LAYOUT_LENGTHLESS && count == UINT64_MAX)
        count = left / width;
    if (count > left / width)
        return take_short (self, plan->name, count * width);
    mst_err_t err = fom_values_push (self->values, count);
    if (!err)
        err = fom_values_push (self->values, (uint64_t) (uintptr_t) (self->data + self->at));
    self->at += (size_t) count * width;
    return err;
}

/*  Up to an element that is 0. */
static mst_err_t take_terminated (values_reader_t *self, const fom_plan_t *plan)
{
    unsigned width = plan->array.element->number.width;
    uint64_t count = 0;
    self->at = values_align (self->at, plan->boundary);
    size_t left = self->at < self->end ? self->end - self->at : 0;
    const uint8_t *from = self->data + self->at;
    base_assert (plan->array.packed);
    while (count < left / width && values_load (from + count * width, width, false) != 0)
        count++;
    if (count == left / width)
        return take_short (self, plan->name, (count + 1) * width);
    mst_err_t err = take_packed (self, plan, count);
    self->at += width;
    return err;
}

/*  count: UINT64_MAX: as many as there are. */
static mst_err_t take_elements (values_reader_t *self, const fom_plan_t *plan, uint64_t count)
{
    const fom_plan_t *element = plan->array.element;
    bool open = count == UINT64_MAX;
    size_t place = self->values->count;
    uint64_t taken = 0;

    mst_err_t err = fom_values_push (self->values, 0);
    if (!err && !open && element->least_bytes > 0 && self->at <= self->end &&
        count > (self->end - self->at) / element->least_bytes)
        return take_short (self, plan->name, count * element->least_bytes);
    while (!err && (open ? self->at < self->end : taken < count)) {
        if (self->elements++ == FOM_VALUE_ELEMENTS_MAX)
            return base_error (MST_E_LIMIT,
                               "a value has more than FOM_VALUE_ELEMENTS_MAX (%d) elements",
                               FOM_VALUE_ELEMENTS_MAX);
        size_t before = self->at;
        self->at = values_align (self->at, element->boundary);
        if (open && self->at >= self->end) { /* only padding was left */
            self->at = before;
            break;
        }
        err = take (self, element, NULL);
        if (!err && open && self->at == before)
            return base_error (MST_E_MALFORMED,
                               "\"%.80s\": empty elements without a number of them", plan->name);
        taken++;
    }
    if (!err)
        self->values->slots[place] = taken;
    return err;
}

static mst_err_t take_array (values_reader_t *self, const fom_plan_t *plan, const uint64_t *length)
{
    uint64_t count = plan->array.low;
    mst_err_t err = MST_OK;

    switch (plan->array.layout) {
    case FOM_LAYOUT_FIXED: break;
    case FOM_LAYOUT_COUNTED: err = take_count (self, plan, &count); break;
    case FOM_LAYOUT_LENGTHLESS: count = length ? *length : UINT64_MAX; break;
    case FOM_LAYOUT_TERMINATED: return take_terminated (self, plan);
    }
    if (err)
        return err;
    return plan->array.packed ? take_packed (self, plan, count) : take_elements (self, plan, count);
}

/*  An alternative behind its size: what follows it there is skipped, for a newer sender may know
    more fields than this object model. */
static mst_err_t take_envelope (values_reader_t *self, const fom_plan_t *plan,
                                const fom_part_t *part)
{
    uint64_t size_bytes;
    bool padded = plan->variant.envelope == FOM_ENVELOPE_EXTENDABLE;
    if (padded)
        self->at = values_align (self->at, 4);
    if (self->at > self->end || self->end - self->at < 4)
        return take_short (self, plan->name, 4);
    size_bytes = values_load (self->data + self->at, 4, VALUES_SWAP_BIG);
    self->at += 4;
    if (padded)
        self->at = values_align (self->at, plan->variant.body_boundary);
    if (self->at > self->end || size_bytes > self->end - self->at)
        return take_short (self, plan->name, size_bytes);
    size_t body_end = self->at + (size_t) size_bytes, outer_end = self->end;
    if (!part || !part->plan) {
        mst_err_t err = fom_values_push (self->values, size_bytes);
        if (!err)
            err = fom_values_push (self->values, (uint64_t) (uintptr_t) (self->data + self->at));
        self->at = body_end;
        return err;
    }
    self->end = body_end;
    mst_err_t err = take (self, part->plan, NULL);
    self->end = outer_end;
    self->at = body_end;
    return err;
}

static mst_err_t take_variant (values_reader_t *self, const fom_plan_t *plan)
{
    const fom_plan_t *disc = plan->variant.discriminant;
    self->at = values_align (self->at, plan->boundary);
    mst_err_t err = take_numbers (self, plan->name, 1, disc->number.width, 1, disc->number.swap);
    if (err)
        return err;
    uint64_t slot = self->values->slots[self->values->count - 1];
    uint32_t chosen = fom_plan_choose (plan, fom_plan_signed (disc, slot));
    const fom_part_t *part = chosen == FOM_NONE ? NULL : &plan->variant.alternatives[chosen];
    if (plan->variant.envelope != FOM_ENVELOPE_NONE)
        return take_envelope (self, plan, part);
    if (!part || !part->plan)
        return MST_OK;
    self->at = values_align (self->at, plan->variant.body_boundary);
    return part->plan->form == FOM_FORM_RECORD ? take_record (self, part->plan)
                                               : take (self, part->plan, NULL);
}

static mst_err_t take (values_reader_t *self, const fom_plan_t *plan, const uint64_t *length)
{
    switch (plan->form) {
    case FOM_FORM_NUMBER:
    case FOM_FORM_ENUMERATED:
        return take_numbers (self, plan->name, 1, plan->number.width, plan->boundary,
                             plan->number.swap);
    case FOM_FORM_ARRAY: return take_array (self, plan, length);
    case FOM_FORM_RECORD:
        self->at = values_align (self->at, plan->boundary);
        return take_record (self, plan);
    case FOM_FORM_VARIANT: return take_variant (self, plan);
    case FOM_FORM_PADDING:
        self->at = values_align (self->at, plan->padding_to);
        return self->at <= self->end ? MST_OK : take_short (self, plan->name, 1);
    }
    return base_error (MST_E_INTERNAL, "a plan of no form");
}

/*  Some encoders fill up to the boundary at the very end: fewer than 8 zeros are nothing. */
static mst_err_t take_rest (const values_reader_t *self, const fom_plan_t *plan)
{
    bool padding = self->end - self->at < 8;
    for (size_t i = self->at; padding && i < self->end; i++)
        padding = self->data[i] == 0;
    if (padding)
        return MST_OK;
    return base_error (MST_E_MALFORMED,
                       "%zu bytes follow the value of type \"%.80s\", which has %zu",
                       self->end - self->at, plan->name, self->at);
}

mst_err_t fom_values_decode (const fom_codec_t *self, uint32_t type, const void *data,
                             size_t size_bytes, fom_values_t *values)
{
    static const uint8_t nothing[1];
    values_reader_t reader = { .data = data ? data : nothing, .end = size_bytes, .values = values };

    base_assert (self != NULL && values != NULL);
    base_assert (data != NULL || size_bytes == 0);
    values->count = 0;
    if (type >= self->model->type_count || self->plans[type].why_not)
        return fom_codec_check (self, type);
    const fom_plan_t *plan = &self->plans[type];
    mst_err_t err = take (&reader, plan, NULL);
    if (!err && reader.at < reader.end)
        err = take_rest (&reader, plan);
    return err;
}

/*  Putting slots into bytes ----------------------------------------------------------------------
 */

typedef struct values_writer {
    const uint64_t *slots;
    size_t count;
    size_t next;
    base_buffer_t *out;
    size_t start; /* of the value in `out` */
} values_writer_t;

static mst_err_t put (values_writer_t *self, const fom_plan_t *plan, const uint64_t *length);

/*  Room for padding up to the boundary and `size_bytes` more; the padding is written. */
static inline mst_err_t put_room (values_writer_t *self, size_t boundary, size_t size_bytes,
                                  uint8_t **at)
{
    base_buffer_t *out = self->out;
    size_t used = out->size_bytes - self->start;
    size_t padding = values_align (used, boundary) - used;
    if (out->capacity_bytes - out->size_bytes < padding + size_bytes + VALUES_SPARE_BYTES) {
        mst_err_t err = base_buffer_reserve (out, padding + size_bytes + VALUES_SPARE_BYTES);
        if (err)
            return err;
    }
    uint8_t *to = out->data + out->size_bytes;
    memset (to, 0, VALUES_SPARE_BYTES); /* one store: cheaper than to count */
    if (padding > VALUES_SPARE_BYTES)
        memset (to, 0, padding);
    out->size_bytes += padding + size_bytes;
    *at = to + padding;
    return MST_OK;
}

static inline uint64_t put_next (values_writer_t *self)
{
    base_assert (self->next < self->count);
    return self->slots[self->next++];
}

static inline mst_err_t put_numbers (values_writer_t *self, size_t count, unsigned width,
                                     unsigned boundary, bool swap)
{
    uint8_t *at;
    mst_err_t err = put_room (self, boundary, count * width, &at);
    if (err)
        return err;
    base_assert (count <= self->count - self->next);
    const uint64_t *from = self->slots + self->next;
#pragma GCC unroll 4
    for (size_t i = 0; i < count; i++)
        values_store (at + i * width, from[i], width, swap);
    self->next += count;
    return MST_OK;
}

static inline mst_err_t put_run (values_writer_t *self, const fom_step_t *step)
{
    if (step->swap && step->width == 4)
        return put_numbers (self, step->count, 4, step->boundary, true);
    if (step->swap && step->width == 8)
        return put_numbers (self, step->count, 8, step->boundary, true);
    if (step->width == 1)
        return put_numbers (self, step->count, 1, step->boundary, false);
    return put_numbers (self, step->count, step->width, step->boundary, step->swap);
}

static mst_err_t put_record (values_writer_t *self, const fom_plan_t *plan)
{
    const uint64_t *first = self->slots + self->next;
    mst_err_t err = MST_OK;
    base_assert (plan->form == FOM_FORM_RECORD);
    for (uint32_t i = 0; !err && i < plan->record.step_count; i++) {
        const fom_step_t *step = &plan->record.steps[i];
        uint64_t length;
        if (!step->plan) {
            err = put_run (self, step);
            continue;
        }
        if (step->length && !fom_formula_value (step->length, first, &length))
            return base_error (MST_E_VALUE_MISFIT, "the length %.60s is no number of elements",
                               step->length->text);
        uint8_t *at;
        err = put_room (self, step->boundary, 0, &at);
        if (!err)
            err = put (self, step->plan, step->length ? &length : NULL);
        if (err && step->length)
            base_error_prefix (err, "%.60s: ", step->length->text);
    }
    return err;
}

static mst_err_t put_bytes (values_writer_t *self, size_t boundary, uint64_t address,
                            size_t size_bytes)
{
    uint8_t *at;
    mst_err_t err = put_room (self, boundary, size_bytes, &at);
    if (!err && size_bytes > 0)
        memcpy (at, (const void *) (uintptr_t) address, size_bytes);
    return err;
}

static mst_err_t put_size (values_writer_t *self, size_t boundary, uint64_t value)
{
    uint8_t *at;
    mst_err_t err = put_room (self, boundary, 4, &at);
    if (!err)
        values_store (at, value, 4, VALUES_SWAP_BIG);
    return err;
}

static mst_err_t put_array (values_writer_t *self, const fom_plan_t *plan, const uint64_t *length)
{
    const fom_plan_t *element = plan->array.element;
    uint64_t count = put_next (self);
    mst_err_t err = MST_OK;

    if (count < plan->array.low || count > plan->array.high)
        return base_error (MST_E_VALUE_MISFIT, "%llu elements, where %llu to %llu are meant",
                           (unsigned long long) count, (unsigned long long) plan->array.low,
                           (unsigned long long) plan->array.high);
    if (length && *length != count)
        return base_error (MST_E_VALUE_MISFIT, "%llu elements, where the fields before it say %llu",
                           (unsigned long long) count, (unsigned long long) *length);
    if (plan->array.layout == FOM_LAYOUT_COUNTED)
        err = put_size (self, plan->boundary, count);
    if (!err && plan->array.packed) {
        uint64_t address = put_next (self);
        unsigned width = element->number.width;
        if (count > 0)
            err = put_bytes (self, values_packed_boundary (plan), address, (size_t) count * width);
        if (!err && plan->array.layout == FOM_LAYOUT_TERMINATED)
            err = put_bytes (self, 1, (uint64_t) (uintptr_t) "\0\0\0\0\0\0\0", width);
        return err;
    }
    for (uint64_t i = 0; !err && i < count; i++) {
        uint8_t *at;
        err = put_room (self, element->boundary, 0, &at);
        if (!err)
            err = put (self, element, NULL);
    }
    return err;
}

/*  The size is known when the alternative stands. */
static mst_err_t put_envelope (values_writer_t *self, const fom_plan_t *plan,
                               const fom_part_t *part)
{
    bool padded = plan->variant.envelope == FOM_ENVELOPE_EXTENDABLE;
    bool unknown = !part || !part->plan;
    uint64_t size_bytes = unknown ? put_next (self) : 0;
    uint8_t *at;

    mst_err_t err = put_size (self, padded ? 4 : 1, size_bytes);
    size_t place = self->out->size_bytes - 4;
    if (!err && padded)
        err = put_room (self, plan->variant.body_boundary, 0, &at);
    if (!err && unknown)
        return put_bytes (self, 1, put_next (self), (size_t) size_bytes);
    size_t body = self->out->size_bytes;
    if (!err)
        err = put (self, part->plan, NULL);
    if (!err)
        values_store (self->out->data + place, self->out->size_bytes - body, 4, VALUES_SWAP_BIG);
    return err;
}

static mst_err_t put_variant (values_writer_t *self, const fom_plan_t *plan)
{
    const fom_plan_t *disc = plan->variant.discriminant;
    uint8_t *at;
    base_assert (self->next < self->count);
    uint64_t slot = self->slots[self->next];
    mst_err_t err = put_numbers (self, 1, disc->number.width, plan->boundary, disc->number.swap);
    if (err)
        return err;
    uint32_t chosen = fom_plan_choose (plan, fom_plan_signed (disc, slot));
    const fom_part_t *part = chosen == FOM_NONE ? NULL : &plan->variant.alternatives[chosen];
    if (plan->variant.envelope != FOM_ENVELOPE_NONE)
        return put_envelope (self, plan, part);
    if (!part || !part->plan)
        return MST_OK;
    err = put_room (self, plan->variant.body_boundary, 0, &at);
    if (err)
        return err;
    return part->plan->form == FOM_FORM_RECORD ? put_record (self, part->plan)
                                               : put (self, part->plan, NULL);
}

static mst_err_t put (values_writer_t *self, const fom_plan_t *plan, const uint64_t *length)
{
    uint8_t *at;
    switch (plan->form) {
    case FOM_FORM_NUMBER:
    case FOM_FORM_ENUMERATED:
        return put_numbers (self, 1, plan->number.width, plan->boundary, plan->number.swap);
    case FOM_FORM_ARRAY: return put_array (self, plan, length);
    case FOM_FORM_RECORD: {
        mst_err_t err = put_room (self, plan->boundary, 0, &at);
        return err ? err : put_record (self, plan);
    }
    case FOM_FORM_VARIANT: return put_variant (self, plan);
    case FOM_FORM_PADDING: return put_room (self, plan->padding_to, 0, &at);
    }
    return base_error (MST_E_INTERNAL, "a plan of no form");
}

mst_err_t fom_values_encode (const fom_codec_t *self, uint32_t type, const fom_values_t *values,
                             base_buffer_t *bytes)
{
    values_writer_t writer = { values->slots, values->count, 0, bytes, bytes->size_bytes };

    base_assert (self != NULL);
    if (type >= self->model->type_count || self->plans[type].why_not)
        return fom_codec_check (self, type);
    mst_err_t err = bytes->data ? MST_OK : base_buffer_reserve (bytes, 64);
    if (!err)
        err = put (&writer, &self->plans[type], NULL);
    base_assert (err || writer.next == writer.count);
    if (err)
        bytes->size_bytes = writer.start;
    return err;
}
