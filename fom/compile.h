/*  fom/compile.h: the steps from a finished draft to a model. Only for fom/. */
#ifndef FOM_COMPILE_H
#define FOM_COMPILE_H

#include "base/map.h"
#include "fom/module.h"

struct fom_index {
    base_names_t objects; /* full names to numbers */
    base_names_t interactions;
    base_names_t types;
    base_names_t dimensions;
};

typedef struct fom_compiler {
    fom_model_t *model;
    fom_draft_t *draft; /* the model's own; its arena holds all */
    struct fom_index *index;
} fom_compiler_t;

/*  Types, dimensions, transportations, rates, switches, time. */
mst_err_t fom_compile_tables (const fom_compiler_t *self);

/*  Then the two trees. */
mst_err_t fom_compile_trees (const fom_compiler_t *self);

/*  count zeroed items; never NULL unless memory is out. */
void *fom_compile_array (const fom_compiler_t *self, size_t count, size_t item_size_bytes);

/*  The number of a data type; FOM_NONE with a warning where nobody defines it. */
mst_err_t fom_compile_type (const fom_compiler_t *self, const fom_node_t *user, const char *name,
                            uint32_t *type);

#endif
