/*  fom/module.h: what the reader, the merger and the image share. Only for fom/. */
#ifndef FOM_MODULE_H
#define FOM_MODULE_H

#include "base/map.h"
#include "fom/draft.h"
#include "fom/model.h"
#include "fom/reader.h"

struct fom_module {
    fom_draft_t draft;
    char *label;
};

/*  A draft into which others are absorbed, and the names that it has so far. */
typedef struct fom_merger {
    fom_draft_t draft;
    base_names_t names; /* (id of the parent, space of the kind, name) to fom_node_t * */
} fom_merger_t;

mst_err_t fom_merger_init (fom_merger_t *self);
void fom_merger_fini (fom_merger_t *self);

/*  Takes in a copy of a draft, as module number `module` under `label`. Errors as fom_merge. */
mst_err_t fom_merger_absorb (fom_merger_t *self, const fom_draft_t *draft, const char *label,
                             uint32_t module);

/*  The standard's own types, transportations and root classes. Errors: MST_E_NO_MEMORY. */
mst_err_t fom_builtin (fom_draft_t *draft);

/*  Makes a model of a finished draft and takes the draft over, also when it fails.
    Errors: MST_E_FOM_INCONSISTENT, MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t fom_compile (fom_draft_t *draft, fom_model_t **model);

#endif
