/*  Makes one recording of several: of the parts of one run (slices, or what two recorders of the
    same classes wrote, one of which may have been killed), or of recordings of one run that hold
    different classes.

    Recordings of the same classes: a message in time-stamp order that stands in several of them
    with the same time, sender and sequence is kept once, and must be the same in all; one in
    receive order is kept as often as it stands in the recording that has it most often (of the
    time over which both reach).
    Recordings of different classes must have none in common: a sequence counts what was recorded,
    so there sequences are given anew. Those of receive order always are. */
#ifndef LOG_MERGE_H
#define LOG_MERGE_H

#include "log/reader.h"
#include "log/writer.h"

#define LOG_METADATA_MERGE "muster.merge" /* what was merged, as pairs of text */

enum { LOG_MERGE_MAX = 64 }; /* recordings */

typedef struct log_merge_input {
    log_reader_t *reader;
    log_source_t source; /* the reader's, for a second look at it */
    const char *name;    /* for messages */
} log_merge_input_t;

typedef struct log_merge {
    uint64_t messages;   /* kept */
    uint64_t duplicates; /* that stood in several */
    uint64_t records;    /* of our own */
} log_merge_t;

/*  Errors: MST_E_INVALID_ARGUMENT (they cannot belong together: other members of a class, other
    units of time, some classes in common), MST_E_DIFFERS (two messages that should be the same are
    not: recordings of different runs), MST_E_LIMIT (LOG_MERGE_MAX, LOG_MERGE_RECEIVED_MAX), a
    chunk that cannot be read (recover it first), MST_E_NO_MEMORY, the sources', the sink's. */
mst_err_t log_merge (const log_merge_input_t *inputs, size_t count, const log_pair_t *told,
                     size_t told_count, log_sink_t sink, log_merge_t *report);

#endif
