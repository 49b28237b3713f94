/*  What `muster log` says about a recording, as text or JSON, and the results kept in it. */
#ifndef TOOLS_RECORDING_H
#define TOOLS_RECORDING_H

#include <stdbool.h>
#include "base/buffer.h"
#include "log/reader.h"
#include "tools/summary.h"

/*  Each appends what there is to say to `out`, which it also does before some errors.
    Errors: MST_E_IO, MST_E_FILE_CORRUPT, MST_E_LIMIT, MST_E_NO_MEMORY. */

/*  Classes with their counts, senders, our own records, attachments, how the run was made. */
mst_err_t tools_recording_info (const char *path, bool json, base_buffer_t *out);

/*  Checks everything; MST_E_FILE_CORRUPT when something is wrong, which `out` then spells out. */
mst_err_t tools_recording_verify (const char *path, bool json, base_buffer_t *out);

/*  Writes a whole recording of a damaged one to `to`, which must be another file. */
mst_err_t tools_recording_recover (const char *path, const char *to, bool json, base_buffer_t *out);

/*  The results that federates reported, in their order. Damaged places are left out. */
mst_err_t tools_recording_results (const char *path, tools_results_t *results);

/*  Appends the attachment of that name. Errors: MST_E_CONFIG (there is none) and those above. */
mst_err_t tools_recording_attachment (log_reader_t *reader, const char *name, base_buffer_t *out);

#endif
