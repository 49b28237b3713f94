/*  fom/reader.h: object model modules from XML (IEEE 1516-2010), and several modules into one
   model.

    Real files break the schema in small ways: what can be understood is read, with a warning that
    names the line. What is hostile is refused: entity declarations, depth and size without end.

    Thread rule: any thread, each module and model in one at a time. */
#ifndef FOM_READER_H
#define FOM_READER_H

#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "fom/model.h"

typedef struct fom_module fom_module_t;

/*  Reads one module. The label (a file name) stands before every message; the bytes may go away
    afterwards. The caller destroys the module.
    Errors: MST_E_FOM_INVALID, MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t fom_read (const char *label, const void *data, size_t size_bytes, fom_module_t **module);
void fom_module_destroy (fom_module_t **self_p);

const char *fom_module_label (const fom_module_t *self);

/*  What was wrong but could be read, "file:line:column: …" each; NULL past the last. */
const char *fom_module_warning (const fom_module_t *self, uint32_t index);

/*  Merges modules (0 to FOM_MODULES_MAX; the standard's own types and root classes are always
   there) into one model, which the caller destroys. A class may stand in several modules when it is
   the same in all, or a bare name in all but one. The modules are only looked at. Errors:
   MST_E_FOM_INCONSISTENT (the text names both modules, both lines and the item), MST_E_LIMIT,
   MST_E_NO_MEMORY. */
mst_err_t fom_merge (fom_module_t *const modules[], size_t count, fom_model_t **model);

#endif
