/*  fom/model.h: the object model of a federation, ready for use.

    Classes, members, types and dimensions have small consecutive numbers that are the same in every
    process that merged the same modules, or was sent the same image: messages carry them. A model
   never changes once it is made.

    Thread rule: any thread may look at a model; one destroys it when none does any more. */
#ifndef FOM_MODEL_H
#define FOM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "base/check.h"

#define FOM_NONE UINT32_MAX /* no such class, type … */

typedef enum fom_order { FOM_RECEIVE, FOM_TIMESTAMP } fom_order_t;

typedef enum fom_sharing {
    FOM_SHARE_NEITHER,
    FOM_SHARE_PUBLISH,
    FOM_SHARE_SUBSCRIBE,
    FOM_SHARE_BOTH
} fom_sharing_t;

/*  How what belongs to an attribute, or to an interaction, travels. */
typedef struct fom_delivery {
    const uint16_t *dimensions; /* indices into the model's */
    uint16_t dimension_count;
    uint16_t transport; /* index into the model's */
    bool reliable;      /* what that transport promises */
    fom_order_t order;
    fom_sharing_t sharing;
} fom_delivery_t;

/*  An attribute of an object class, or a parameter of an interaction class. */
typedef struct fom_member {
    const char *name;
    const char *type_name;   /* as written; "" = none */
    uint32_t type;           /* index into the model's; FOM_NONE = nobody defines it */
    uint32_t declared_by;    /* the class in which it is written */
    fom_delivery_t delivery; /* attributes only: a parameter goes as its interaction does */
} fom_member_t;

typedef struct fom_class {
    const char *name;      /* "Comet" */
    const char *full_name; /* "HLAobjectRoot.Comet" */
    const fom_member_t *const
        *members; /* inherited ones first: a member has one index in every subclass */
    uint32_t member_count;
    uint32_t inherited_count;
    uint32_t parent;         /* FOM_NONE at the root */
    uint32_t end;            /* its descendants are the classes after it and before this one */
    uint32_t depth;          /* 0 at the root */
    fom_delivery_t delivery; /* of object classes only the sharing is written */
} fom_class_t;

/*  The object classes, or the interaction classes, in the order of a preorder walk. Class 0 is the
    root: "HLAobjectRoot" or "HLAinteractionRoot". */
typedef struct fom_tree {
    const fom_class_t *classes;
    uint32_t count;
    bool interactions;
    const struct fom_model *model;
} fom_tree_t;

typedef enum fom_type_kind {
    FOM_TYPE_BASIC,
    FOM_TYPE_SIMPLE,
    FOM_TYPE_ENUMERATED,
    FOM_TYPE_ARRAY,
    FOM_TYPE_FIXED_RECORD,
    FOM_TYPE_VARIANT_RECORD
} fom_type_kind_t;

/*  A field of a record, an alternative of a variant, or an enumerator. */
typedef struct fom_field {
    const char *name;
    const char *type_name; /* "" for an enumerator, or an alternative that holds nothing */
    uint32_t type;
    const char *values; /* an enumerator's numbers; the enumerators that choose an alternative */
    const char *length; /* a record's field: how long its RPRlengthlessArray is, "Order*Order" */
} fom_field_t;

/*  A data type as it is written; "" where nothing is. */
typedef struct fom_type {
    const char *name;
    fom_type_kind_t kind;
    bool little_endian; /* basic */
    uint32_t size_bits; /* basic */
    const char *
        type_name; /* simple, enumerated: representation; array: of what; variant: discriminant's */
    uint32_t type; /* its index, or FOM_NONE */
    const char *encoding;     /* "HLAvariableArray"; for basic data it is prose */
    const char *cardinality;  /* array: "Dynamic", "3", "[0..7]", "2,2" */
    const char *discriminant; /* variant */
    const char *units;        /* simple, as are the next two */
    const char *resolution;
    const char *accuracy;
    const fom_field_t *fields;
    uint32_t field_count;
} fom_type_t;

typedef struct fom_dimension {
    const char *name;
    const char *type_name;
    const char *normalization;
    uint32_t upper_bound; /* 0 = not written: the RTI chooses */
} fom_dimension_t;

typedef struct fom_transport {
    const char *name;
    bool reliable;
} fom_transport_t;

typedef struct fom_rate {
    const char *name;
    double rate_hz;
} fom_rate_t;

typedef struct fom_switch {
    const char *name;  /* "autoProvide" */
    const char *value; /* "true", "false"; a resign action */
} fom_switch_t;

typedef struct fom_model {
    fom_tree_t objects;
    fom_tree_t interactions;
    const fom_type_t *types;
    const fom_dimension_t *dimensions;
    const fom_transport_t *transports;
    const fom_rate_t *rates;
    const fom_switch_t *switches;
    uint32_t type_count;
    uint32_t dimension_count;
    uint32_t transport_count;
    uint32_t rate_count;
    uint32_t switch_count;
    const char *time_type;      /* data type of time stamps; "" = not written */
    const char *lookahead_type; /* and of lookahead */
    uint64_t digest;
    struct fom_draft *draft; /* what it was made of, and the memory of it all */
    struct fom_index *index;
} fom_model_t;

void fom_model_destroy (fom_model_t **self_p);

/*  The same for two models exactly when all that matters is the same, the numbers included. */
uint64_t fom_model_digest (const fom_model_t *self);

/*  What was odd in the merged whole (a data type that nobody defines …); NULL past the last. */
const char *fom_model_warning (const fom_model_t *self, uint32_t index);

/*  A class by its full name ("HLAobjectRoot.Body.Comet"), or by as much of the name's end as makes
   it the only one ("Comet", "Body.Comet"). Errors: MST_E_CLASS_UNKNOWN, MST_E_INTERACTION_UNKNOWN
   (none, or several: the text names two). */
mst_err_t fom_class_find (const fom_tree_t *tree, const char *name, uint32_t *class_index);

/*  A member of a class, inherited ones included.
    Errors: MST_E_ATTRIBUTE_UNKNOWN, MST_E_PARAMETER_UNKNOWN. */
mst_err_t fom_member_find (const fom_tree_t *tree, uint32_t class_index, const char *name,
                           uint32_t *member_index);

/*  FOM_NONE: no such type, dimension, transport. */
uint32_t fom_type_find (const fom_model_t *self, const char *name);
uint32_t fom_dimension_find (const fom_model_t *self, const char *name);
uint32_t fom_transport_find (const fom_model_t *self, const char *name);

/*  A switch of the model, or `otherwise` where it does not say. */
bool fom_switch_on (const fom_model_t *self, const char *name, bool otherwise);

/*  Check numbers that came from outside with these two before use. */
static inline bool fom_class_known (const fom_tree_t *tree, uint64_t class_index)
{
    return class_index < tree->count;
}

static inline bool fom_member_known (const fom_tree_t *tree, uint32_t class_index,
                                     uint64_t member_index)
{
    return class_index < tree->count && member_index < tree->classes[class_index].member_count;
}

static inline const fom_class_t *fom_class (const fom_tree_t *tree, uint32_t class_index)
{
    base_assert (class_index < tree->count);
    return &tree->classes[class_index];
}

static inline const fom_member_t *fom_member (const fom_tree_t *tree, uint32_t class_index,
                                              uint32_t member_index)
{
    const fom_class_t *in = fom_class (tree, class_index);
    base_assert (member_index < in->member_count);
    return in->members[member_index];
}

/*  Is a class the ancestor, or one of its descendants? Two comparisons, thanks to preorder. */
static inline bool fom_is_a (const fom_tree_t *tree, uint32_t class_index, uint32_t ancestor)
{
    return class_index >= ancestor && class_index < fom_class (tree, ancestor)->end;
}

#endif
