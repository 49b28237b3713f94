/*  Small texts: made by a format, joined to paths, and numbers as people read them. */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "base/buffer.h"

/*  A new text, to be given to base_free; NULL: no memory. */
char *tools_text (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

/*  Appends to a buffer, without a zero. Errors: MST_E_NO_MEMORY. */
mst_err_t tools_text_append (base_buffer_t *out, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

/*  The buffer's bytes as a text: puts a zero behind them that is not counted. "" without memory. */
const char *tools_text_of (base_buffer_t *buffer);

/*  "folder/name", or the name alone when it is absolute or the folder is "". To be freed. */
char *tools_path (const char *folder, const char *name);

/*  The part of a path before its last slash ("." without one). To be freed. */
char *tools_path_folder (const char *path);
/*  The part after it. Points into the path. */
const char *tools_path_name (const char *path);

enum { TOOLS_NUMBER_SIZE = 32 };

/*  "0 B", "812 B", "34.5 MB": powers of ten. */
const char *tools_size_text (char text[TOOLS_NUMBER_SIZE], uint64_t size_bytes);

/*  "0.85", "12.3", "1204": three digits that count, no exponent. */
const char *tools_rate_text (char text[TOOLS_NUMBER_SIZE], double rate);

/*  "37 ms", "12.3 s", "3 min 05 s", "2 h 07 min". */
const char *tools_wall_text (char text[TOOLS_NUMBER_SIZE], int64_t wall_ns);

#endif
