/*  fom/draft.h: an object model as it is written: a tree of items, each with its texts.

    A module that was read, the standard's own facts, the merger of several and a decoded image are
    all drafts; only a finished draft becomes a model. What an item may hold stands in one table
    (fom_kind): reading, comparing and encoding all go by it, so that none of them can forget a
   field. */
#ifndef FOM_DRAFT_H
#define FOM_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "base/arena.h"

/*  The order is part of the image: append only. */
typedef enum fom_kind {
    FOM_KIND_MODEL,
    FOM_KIND_OBJECT_CLASS,
    FOM_KIND_ATTRIBUTE,
    FOM_KIND_INTERACTION_CLASS,
    FOM_KIND_PARAMETER,
    FOM_KIND_DIMENSION,
    FOM_KIND_TRANSPORT,
    FOM_KIND_RATE,
    FOM_KIND_SWITCH,
    FOM_KIND_TIME,
    FOM_KIND_BASIC,
    FOM_KIND_SIMPLE,
    FOM_KIND_ENUMERATED,
    FOM_KIND_ARRAY,
    FOM_KIND_FIXED,
    FOM_KIND_VARIANT,
    FOM_KIND_ENUMERATOR,
    FOM_KIND_FIELD,
    FOM_KIND_ALTERNATIVE,
    FOM_KINDS
} fom_kind_t;

/*  Which text is which, for each kind. Slot 0 is always the name. */
enum { FOM_NAME = 0 };
enum {
    FOM_ATTRIBUTE_TYPE = 1,
    FOM_ATTRIBUTE_UPDATE,
    FOM_ATTRIBUTE_OWNERSHIP,
    FOM_ATTRIBUTE_SHARING,
    FOM_ATTRIBUTE_DIMENSIONS,
    FOM_ATTRIBUTE_TRANSPORT,
    FOM_ATTRIBUTE_ORDER,
    FOM_SLOTS_MAX
};
enum { FOM_OBJECT_SHARING = 1 };
enum {
    FOM_INTERACTION_SHARING = 1,
    FOM_INTERACTION_DIMENSIONS,
    FOM_INTERACTION_TRANSPORT,
    FOM_INTERACTION_ORDER
};
enum { FOM_PARAMETER_TYPE = 1 };
enum { FOM_DIMENSION_TYPE = 1, FOM_DIMENSION_BOUND, FOM_DIMENSION_NORMALIZATION };
enum { FOM_TRANSPORT_RELIABLE = 1 };
enum { FOM_RATE_VALUE = 1 };
enum { FOM_SWITCH_VALUE = 1 };
enum { FOM_TIME_TYPE = 1 };
enum { FOM_BASIC_SIZE = 1, FOM_BASIC_ENDIAN, FOM_BASIC_ENCODING };
enum { FOM_SIMPLE_TYPE = 1, FOM_SIMPLE_UNITS, FOM_SIMPLE_RESOLUTION, FOM_SIMPLE_ACCURACY };
enum { FOM_ENUMERATED_TYPE = 1 };
enum { FOM_ARRAY_TYPE = 1, FOM_ARRAY_CARDINALITY, FOM_ARRAY_ENCODING };
enum { FOM_FIXED_ENCODING = 1 };
enum { FOM_VARIANT_DISCRIMINANT = 1, FOM_VARIANT_TYPE, FOM_VARIANT_ENCODING };
enum { FOM_ENUMERATOR_VALUE = 1 };
enum { FOM_FIELD_TYPE = 1, FOM_FIELD_LENGTH };
enum { FOM_ALTERNATIVE_ENUMERATOR = 1, FOM_ALTERNATIVE_TYPE };

/*  How a text is treated. */
enum {
    FOM_SLOT_MANY = 1,  /* may be written several times: kept with commas between */
    FOM_SLOT_PROSE = 2, /* words for readers: two definitions may differ in it */
    FOM_SLOT_LOOSE = 4  /* may differ from the standard's own definition, not between modules */
};

typedef struct fom_slot {
    const char *element; /* its element in XML; "" where it has none */
    const char *const
        *choices; /* the only words allowed, NULL-terminated, the default first; or NULL */
    unsigned flags;
} fom_slot_t;

typedef struct fom_kind_row {
    const char *word; /* for messages: "attribute" */
    const fom_slot_t *slots;
    uint32_t slot_count;
} fom_kind_row_t;

/*  Where an item was written. */
typedef struct fom_place {
    const char *label; /* the module's file name; lives as long as the draft */
    uint32_t line;     /* 1 = first; 0 = not from a text */
    uint32_t column;
    uint32_t module; /* which one in a merger; FOM_MODULE_STANDARD = the standard's own */
} fom_place_t;

enum { FOM_MODULE_STANDARD = 0 };

typedef struct fom_node fom_node_t;

struct fom_node {
    fom_node_t *parent;
    fom_node_t *first;
    fom_node_t *last;
    fom_node_t *next;
    fom_place_t place;
    fom_kind_t kind;
    uint32_t id; /* counts the draft's nodes from 0 */
    uint32_t child_count;
    bool standard;       /* the standard has this item, too: what a module leaves out it fills in */
    const char *texts[]; /* one per slot of its kind, never NULL */
};

typedef struct fom_warning {
    struct fom_warning *next;
    const char *text;
} fom_warning_t;

typedef struct fom_draft {
    base_arena_t arena;
    fom_node_t *root;
    fom_warning_t *warnings;
    fom_warning_t *last_warning;
    uint32_t warning_count; /* those beyond FOM_WARNINGS_MAX included */
    uint32_t node_count;
    size_t text_bytes; /* all copies made, also those that a longer one replaced */
} fom_draft_t;

extern const char *const fom_orders[];   /* as fom_order_t */
extern const char *const fom_sharings[]; /* as fom_sharing_t */

const fom_kind_row_t *fom_kind (fom_kind_t kind);
bool fom_kind_holds (fom_kind_t parent, fom_kind_t child);
bool fom_kind_is_class (fom_kind_t kind);
bool fom_kind_is_type (fom_kind_t kind);

/*  The place of a word among choices, letter case aside; -1: none of them. */
int fom_choice (const char *const *choices, const char *word, size_t size_bytes);

/*  Errors of all: MST_E_NO_MEMORY, MST_E_LIMIT; texts begin with the place. */
mst_err_t fom_draft_init (fom_draft_t *self);
void fom_draft_fini (fom_draft_t *self);
mst_err_t fom_draft_add (fom_draft_t *self, fom_node_t *parent, fom_kind_t kind,
                         const fom_place_t *place, fom_node_t **node);

/*  Sets a text (a copy), or adds to one that may stand several times. Errors also:
    MST_E_FOM_INVALID (a name with control characters, a class name with a dot). */
mst_err_t fom_draft_set (fom_draft_t *self, fom_node_t *node, uint32_t slot, const char *text,
                         size_t size_bytes);

/*  Notes what was wrong but could be read. */
mst_err_t fom_draft_warn (fom_draft_t *self, const fom_place_t *place, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/*  Like base_error, with the place before the words. */
mst_err_t fom_error (mst_err_t err, const fom_place_t *place, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/*  Writes "file.xml:12:4", or only the label of what is not from a text. */
enum { FOM_PLACE_BYTES = 256 + 32 };
const char *fom_place_text (const fom_place_t *place, char out[FOM_PLACE_BYTES]);

/*  Writes 'attribute "Position" of object class "Comet"' for messages. */
enum { FOM_DESCRIBE_BYTES = 2 * 256 + 64 };
const char *fom_describe (const fom_node_t *node, char out[FOM_DESCRIBE_BYTES]);

#endif
