/*  Files for recordings: a sink that grows one, a source that reads one, and whole small files. */
#ifndef TOOLS_FILE_H
#define TOOLS_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buffer.h"
#include "log/source.h"
#include "log/writer.h"

/*  A file that a recording is written to. */
typedef struct tools_sink {
    int fd; /* -1: closed */
    char *path;
    char *part;          /* where it is written until it is whole; NULL: at its place */
    bool nameless;       /* it gets the name `part` only when it is whole */
    uint64_t size_bytes; /* written so far */
    uint64_t good_bytes; /* up to here it can be read: tools_sink_mark */
} tools_sink_t;

/*  Empties what is there. Errors: MST_E_IO (path, why), MST_E_NO_MEMORY. */
mst_err_t tools_sink_open (tools_sink_t *self, const char *path);
/*  The same for a file that is there whole or not at all: it is written beside its place,
    without a name where the file system can, and tools_sink_finish moves it there if `err` is good,
    else removes it; what stood there before stays until then. A place that is no ordinary file (a
   device, a pipe) is written directly. The error comes back, with its text, or what moving met. */
mst_err_t tools_sink_open_part (tools_sink_t *self, const char *path);
mst_err_t tools_sink_finish (tools_sink_t *self, mst_err_t err);
/*  Errors: MST_E_IO: bytes that were thought written are not (a full disk over a network). */
mst_err_t tools_sink_close (tools_sink_t *self);
log_sink_t tools_sink (tools_sink_t *self);
/*  What is written so far ends with a whole record. */
void tools_sink_mark (tools_sink_t *self);
/*  Cuts off what came after the last mark. */
void tools_sink_cut (tools_sink_t *self);

/*  Do two paths lead to the same file? */
bool tools_file_is_same (const char *a, const char *b);

/*  Where text goes that may be long: standard output, or a file as of tools_sink_open_part. */
typedef struct tools_output {
    tools_sink_t sink;
    base_buffer_t text; /* append here */
    bool closed;        /* whoever read it has enough: not a failure */
} tools_output_t;

/*  NULL: standard output. Errors: MST_E_IO, MST_E_NO_MEMORY. */
mst_err_t tools_output_open (tools_output_t *self, const char *path);
/*  To be called after each piece of text: writes when there is enough of it. MST_E_IO; when the
    reader is gone `closed` is set, too. */
mst_err_t tools_output_flow (tools_output_t *self);
/*  Writes the rest when `err` is good; gives everything back. */
mst_err_t tools_output_close (tools_output_t *self, mst_err_t err);

/*  A file that a recording is read from. */
typedef struct tools_source {
    int fd; /* -1: closed */
    char *path;
    log_source_t source;
} tools_source_t;

/*  Errors: MST_E_IO, MST_E_NO_MEMORY. */
mst_err_t tools_source_open (tools_source_t *self, const char *path);
void tools_source_close (tools_source_t *self);

/*  Appends a whole file. Errors: MST_E_IO, MST_E_LIMIT (larger than max_bytes), MST_E_NO_MEMORY. */
mst_err_t tools_file_read (const char *path, size_t max_bytes, base_buffer_t *out);
/*  Errors: MST_E_IO. */
mst_err_t tools_file_write (const char *path, const void *data, size_t size_bytes);
/*  0 when there is none. */
uint64_t tools_file_size (const char *path);

/*  A fresh folder "PREFIX-XXXXXX" under TMPDIR or /tmp; its path is to be freed. */
mst_err_t tools_folder_new (const char *prefix, char **path);
/*  Makes a folder, and those above it, where they are missing. Errors: MST_E_IO. */
mst_err_t tools_folder_make (const char *path);
/*  Removes it with the files in it. */
void tools_folder_remove (const char *path);

#endif
