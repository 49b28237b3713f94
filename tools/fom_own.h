/*  tools/fom_own.h: what the parts of the object model tools share. Only for tools/fom*.c. */
#ifndef TOOLS_FOM_OWN_H
#define TOOLS_FOM_OWN_H

#include "fom/limits.h"
#include "fom/reader.h"
#include "tools/fom.h"

typedef struct fom_files {
    fom_module_t *modules[FOM_MODULES_MAX];
    size_t count;
    fom_model_t *model;
} fom_files_t;

/*  Reads and merges; call fom_files_close whatever came back. */
mst_err_t fom_files_open (fom_files_t *self, const tools_fom_files_t *files);
void fom_files_close (fom_files_t *self);

/*  A text in quotes, as JSON writes it. */
mst_err_t fom_quote (base_buffer_t *out, const char *text);

#endif
