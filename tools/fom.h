/*  Object models as files: check, merge, show, compare. All text goes to a buffer; what it looks
   like is docs/commands/fom.md. */
#ifndef TOOLS_FOM_H
#define TOOLS_FOM_H

#include <stdbool.h>
#include <stddef.h>
#include <muster/error.h>
#include "base/buffer.h"

typedef struct tools_fom_files {
    const char *const *paths;
    size_t count;
} tools_fom_files_t;

/*  Reads, merges, and tells what is odd: warnings with file, line and column; data types that
   cannot be encoded; then one line of counts. Errors: MST_E_IO, MST_E_FOM_INVALID,
   MST_E_FOM_INCONSISTENT, MST_E_LIMIT, MST_E_NO_MEMORY; what was found until then stands in `out`.
 */
mst_err_t tools_fom_check (const tools_fom_files_t *files, bool json, base_buffer_t *out);

/*  One module that means what all of them do together, as XML. Errors: likewise. */
mst_err_t tools_fom_merge (const tools_fom_files_t *files, base_buffer_t *out);

/*  The classes with their attributes, and the data types; with `name` only that class or data type.
    Errors: likewise; MST_E_CLASS_UNKNOWN (nothing has this name, with the nearest). */
mst_err_t tools_fom_show (const tools_fom_files_t *files, const char *name, bool json,
                          base_buffer_t *out);

/*  What differs between two models, one line each; *same says whether nothing does. Errors:
 * likewise. */
mst_err_t tools_fom_diff (const tools_fom_files_t *left, const tools_fom_files_t *right, bool json,
                          base_buffer_t *out, bool *same);

#endif
