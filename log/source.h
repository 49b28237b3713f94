/*  Where a recording's bytes come from: any place that can read at an offset. */
#ifndef LOG_SOURCE_H
#define LOG_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

typedef struct log_source {
    /*  Fills size_bytes from offset; never asked for more than there is. */
    mst_err_t (*read) (void *context, uint64_t offset, void *data, size_t size_bytes);
    void *context;
    uint64_t size_bytes; /* of the file; it does not change while it is read */
} log_source_t;

#endif
