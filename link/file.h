/*  Files: read whole, written whole, or grown at the end (the recorder).

    Thread rule: a handle belongs to one thread at a time. */
#ifndef LINK_FILE_H
#define LINK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buffer.h"

/*  Appends the file's bytes to the buffer. Errors: MST_E_IO (which file, why), MST_E_LIMIT when it
    is larger than max_bytes, MST_E_NO_MEMORY. */
mst_err_t link_file_read (const char *path, size_t max_bytes, base_buffer_t *bytes);

/*  Writes a file beside the path and renames it: a reader sees the old bytes or the new ones, also
    after a crash. Errors: MST_E_IO; what stood is as before. */
mst_err_t link_file_write (const char *path, const void *data, size_t size_bytes);

bool link_file_exists (const char *path);

/*  An open file. */
typedef struct link_file {
    int fd; /* -1: closed */
    char *path;
    uint64_t size_bytes;
} link_file_t;

/*  LINK_FILE_CREATE empties what is there. Errors: MST_E_IO, MST_E_NO_MEMORY. */
typedef enum link_file_mode { LINK_FILE_READ, LINK_FILE_WRITE, LINK_FILE_CREATE } link_file_mode_t;

mst_err_t link_file_open (link_file_t *self, const char *path, link_file_mode_t mode);
void link_file_close (link_file_t *self); /* closed already: nothing happens */

/*  At the end, or at an offset below it. Errors: MST_E_IO (path, offset, "no space left …"). */
mst_err_t link_file_append (link_file_t *self, const void *data, size_t size_bytes);
mst_err_t link_file_write_at (link_file_t *self, uint64_t offset, const void *data,
                              size_t size_bytes);
/*  All of size_bytes; a file that ends before is MST_E_FILE_CORRUPT. */
mst_err_t link_file_read_at (link_file_t *self, uint64_t offset, void *data, size_t size_bytes);
mst_err_t link_file_truncate (link_file_t *self, uint64_t size_bytes);
mst_err_t link_file_sync (link_file_t *self); /* on the disk when it returns */

#endif
