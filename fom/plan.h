/*  fom/plan.h: a data type made ready for encoding. Only for fom/. */
#ifndef FOM_PLAN_H
#define FOM_PLAN_H

#include "base/arena.h"
#include "base/check.h"
#include "fom/codec.h"

enum {
    FOM_TYPE_DEPTH_MAX = 64,          /* types within types */
    FOM_VALUE_BYTES_MAX = 16 << 20,   /* the least size of a value; messages carry no more */
    FOM_VALUE_ELEMENTS_MAX = 1 << 24, /* array elements that are not numbers, of one value */
    FOM_ALTERNATIVES_DIRECT = 256     /* discriminants below it are looked up without a search */
};

typedef struct fom_plan fom_plan_t;

typedef enum fom_form {
    FOM_FORM_NUMBER,
    FOM_FORM_ENUMERATED,
    FOM_FORM_ARRAY,
    FOM_FORM_RECORD,
    FOM_FORM_VARIANT,
    FOM_FORM_PADDING, /* RPRpaddingTo32Array and its like: a gap, not a value */
} fom_form_t;

typedef enum fom_number {
    FOM_NUMBER_UNSIGNED,
    FOM_NUMBER_SIGNED,
    FOM_NUMBER_FLOAT,
    FOM_NUMBER_OCTET, /* arrays of it are text of hexadecimal digits */
    FOM_NUMBER_ASCII, /* characters: arrays of them are strings */
    FOM_NUMBER_UNICODE
} fom_number_t;

typedef enum fom_layout {
    FOM_LAYOUT_FIXED,
    FOM_LAYOUT_COUNTED,    /* HLAvariableArray */
    FOM_LAYOUT_LENGTHLESS, /* RPRlengthlessArray: as many as another field says, or as there are */
    FOM_LAYOUT_TERMINATED  /* RPRnullTerminatedArray */
} fom_layout_t;

typedef enum fom_envelope {
    FOM_ENVELOPE_NONE,       /* HLAvariantRecord */
    FOM_ENVELOPE_EXTENDABLE, /* HLAextendableVariantRecord: a size before the alternative */
    FOM_ENVELOPE_RPR         /* RPRextendedVariantRecord: likewise, without padding */
} fom_envelope_t;

typedef struct fom_label {
    int64_t value;
    const char *name;
    uint32_t place; /* in the declaration */
} fom_label_t;

/*  One step of a formula, last operand first: a number, a field's slot, or an operator. */
typedef struct fom_term {
    char what;      /* 'n', 's', '+', '-', '*', '/' */
    uint8_t unused; /* high bits of the slot above a signed number */
    int64_t value;  /* of a number; the slot, counted from the record's first */
} fom_term_t;

typedef struct fom_formula {
    const char *text; /* as it is written, for messages */
    const fom_term_t *terms;
    uint32_t count;
} fom_formula_t;

/*  What a record does one after another. Neighbouring numbers of one width are one step. */
typedef struct fom_step {
    const fom_plan_t *plan; /* NULL: `count` numbers */
    const fom_formula_t *length;
    uint32_t count;
    uint8_t width;
    uint8_t boundary;
    bool swap;
} fom_step_t;

typedef struct fom_part {
    const char *name;
    const fom_plan_t *plan; /* NULL: an alternative that holds nothing */
    const fom_formula_t *length;
} fom_part_t;

/*  low … high of the discriminant choose an alternative. */
typedef struct fom_choice_range {
    int64_t low;
    int64_t high;
    uint32_t alternative;
} fom_choice_range_t;

struct fom_plan {
    const char *name;
    const char *why_not; /* NULL: it can be encoded */
    fom_form_t form;
    uint8_t boundary;
    bool fixed_slots; /* every value has `slots` slots */
    bool has_lengths; /* a record with a formula: it counts its slots from its own first */
    uint32_t slots;   /* where they are fixed */
    size_t least_bytes;
    union {
        struct {
            uint8_t width;
            bool swap; /* its bytes stand the other way round than in this machine */
            bool boolean;
            fom_number_t number;
            const fom_label_t *by_value; /* enumerated; ascending */
            const fom_label_t *by_name;
            const fom_label_t *declared;
            uint32_t label_count;
        } number;
        struct {
            const fom_plan_t *element;
            fom_layout_t layout;
            bool packed; /* of numbers: kept as the bytes they travel as */
            uint64_t low;
            uint64_t high;
        } array;
        struct {
            const fom_part_t *fields;
            const fom_step_t *steps;
            uint32_t field_count;
            uint32_t step_count;
        } record;
        struct {
            const char *discriminant_name;
            const fom_plan_t *discriminant;
            const fom_part_t *alternatives;
            const fom_choice_range_t *ranges; /* ascending, apart */
            const uint16_t *direct;           /* alternative + 1 */
            uint32_t alternative_count;
            uint32_t range_count;
            uint32_t other; /* HLAother; FOM_NONE: there is none */
            fom_envelope_t envelope;
            uint8_t body_boundary; /* of the largest alternative */
        } variant;
        uint32_t padding_to; /* bytes */
    };
};

struct fom_codec {
    const fom_model_t *model;
    base_arena_t arena;
    fom_plan_t *plans; /* one per type of the model */
    uint8_t *states;
    fom_plan_t *octet; /* for basic data of odd sizes, which are so many octets */
};

static inline const fom_plan_t *fom_codec_plan (const fom_codec_t *self, uint32_t type)
{
    base_assert (type < self->model->type_count);
    return &self->plans[type];
}

/*  plan.c: makes one type ready, and those that it uses. MST_E_NO_MEMORY; what else is wrong stands
    in why_not. */
mst_err_t fom_plan_make (fom_codec_t *self, uint32_t type, uint32_t depth);
mst_err_t fom_plan_refuse (fom_codec_t *self, fom_plan_t *plan, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
void *fom_plan_array (fom_codec_t *self, size_t count, size_t size_bytes);

/*  plan_number.c, plan_record.c, plan_variant.c: the kinds of types. */
mst_err_t fom_plan_basic (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type);
mst_err_t fom_plan_simple (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type,
                           uint32_t depth);
mst_err_t fom_plan_enumerated (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type,
                               uint32_t depth);
mst_err_t fom_plan_record (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type,
                           uint32_t depth);
mst_err_t fom_plan_variant (fom_codec_t *self, fom_plan_t *plan, const fom_type_t *type,
                            uint32_t depth);
mst_err_t fom_plan_part (fom_codec_t *self, fom_plan_t *user, uint32_t type, const char *type_name,
                         uint32_t depth, const fom_plan_t **plan);
mst_err_t fom_plan_formula (fom_codec_t *self, fom_plan_t *plan, const char *text,
                            const fom_part_t *fields, uint32_t count,
                            const fom_formula_t **formula);

/*  A whole number as FOMs write it: decimal or 0x…, with a sign; behind it *end. */
bool fom_plan_number (const char *text, const char **end, int64_t *value);

/*  The value that a formula gives; a negative one, a division by 0 and what is beyond 2^31 - 1 give
    false. slots: the record's first. */
bool fom_formula_value (const fom_formula_t *self, const uint64_t *slots, uint64_t *value);

/*  A number's slot as a signed number. */
static inline int64_t fom_plan_signed (const fom_plan_t *plan, uint64_t slot)
{
    unsigned unused = 64 - 8u * plan->number.width;
    if (plan->number.number != FOM_NUMBER_SIGNED)
        return (int64_t) slot;
    return (int64_t) (slot << unused) >> unused;
}

/*  plan_variant.c: which alternative a discriminant chooses; FOM_NONE: none. */
uint32_t fom_plan_choose (const fom_plan_t *plan, int64_t discriminant);

/*  plan_number.c: an enumerator by its number or name; NULL: there is none. */
const fom_label_t *fom_plan_by_value (const fom_plan_t *plan, int64_t value);
const fom_label_t *fom_plan_by_name (const fom_plan_t *plan, const char *name);

/*  values.c */
mst_err_t fom_values_grow (fom_values_t *self, size_t more);

static inline mst_err_t fom_values_push (fom_values_t *self, uint64_t slot)
{
    if (self->count == self->capacity) {
        mst_err_t err = fom_values_grow (self, 1);
        if (err)
            return err;
    }
    self->slots[self->count++] = slot;
    return MST_OK;
}

#endif
