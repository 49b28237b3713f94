/*  What `muster log` does with recordings, and the results kept in them. */
#ifndef TOOLS_RECORDING_H
#define TOOLS_RECORDING_H

#include <stdbool.h>
#include "base/buffer.h"
#include "log/reader.h"
#include "tools/choice.h"
#include "tools/file.h"
#include "tools/render.h"
#include "tools/summary.h"

/*  Each appends what there is to say to `out`, which it also does before some errors.
    Errors: MST_E_IO, MST_E_FILE_CORRUPT, MST_E_LIMIT, MST_E_NO_MEMORY. */

/*  Classes with their counts, senders, our own records, attachments, how the run was made. */
mst_err_t tools_recording_info (const char *path, bool json, base_buffer_t *out);

/*  Checks everything; MST_E_FILE_CORRUPT when something is wrong, which `out` then spells out. */
mst_err_t tools_recording_verify (const char *path, bool json, base_buffer_t *out);

/*  Writes a whole recording of a damaged one to `to`, which must be another file. */
mst_err_t tools_recording_recover (const char *path, const char *to, bool json, base_buffer_t *out);

/*  Writes the chosen messages in the order of time to `to` (NULL: standard output). What cannot be
    read is left out; then the error comes at the end. *closed: whoever read the output has enough,
    which is no failure. Errors also: MST_E_INVALID_ARGUMENT (the choice). */
mst_err_t tools_recording_print (const char *path, const tools_choice_t *choice,
                                 tools_format_t format, const char *to, bool *closed);

/*  Makes recordings of recordings. `to` must be another file; it is there whole or not at all.
    Errors also: MST_E_INVALID_ARGUMENT, MST_E_DIFFERS (see log/merge.h). */
mst_err_t tools_recording_slice (const char *path, const tools_choice_t *choice, const char *to,
                                 bool json, base_buffer_t *out);
mst_err_t tools_recording_merge (const char *const *paths, size_t count, const char *to, bool json,
                                 base_buffer_t *out);

/*  Compares what was sent in time-stamp order. MST_E_DIFFERS: `out` tells in how many messages they
    differ, and the first one. */
mst_err_t tools_recording_diff (const char *first, const char *second, bool json,
                                base_buffer_t *out);

/*  Is the recording all that its writer meant to write? MST_E_FILE_CORRUPT: it was cut, or its
    writer killed; the text says where it ends, and what helps. */
mst_err_t tools_recording_whole (log_reader_t *reader, const tools_source_t *file);

/*  The results that federates reported, in their order. Damaged places are left out. */
mst_err_t tools_recording_results (const char *path, tools_results_t *results);

/*  Appends the attachment of that name. Errors: MST_E_CONFIG (there is none) and those above. */
mst_err_t tools_recording_attachment (log_reader_t *reader, const char *name, base_buffer_t *out);

#endif
