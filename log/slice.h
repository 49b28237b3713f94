/*  A part of a recording as a whole recording of its own: messages of chosen classes and senders,
    of a stretch of time, with the object model, the scenario and, as it was at the stretch's
    beginning, the state of the recorded world. */
#ifndef LOG_SLICE_H
#define LOG_SLICE_H

#include "log/reader.h"
#include "log/select.h"
#include "log/writer.h"

#define LOG_METADATA_SLICE "muster.slice" /* what was chosen, as pairs of text */

typedef struct log_slice {
    uint64_t messages; /* kept */
    uint64_t records;  /* of our own */
    uint64_t objects;  /* that stood at the beginning */
} log_slice_t;

/*  Writes it to the sink. The log chain is made anew, over what was kept; `told` says for readers
    what was chosen (the pairs of LOG_METADATA_SLICE). Our own records of the stretch are kept
    whatever the choice of classes and senders.
    Errors: MST_E_FILE_CORRUPT and MST_E_NOT_SUPPORTED (a chunk that cannot be read), MST_E_LIMIT,
    MST_E_NO_MEMORY, the source's, the sink's. */
mst_err_t log_slice (log_reader_t *reader, const log_select_t *select, const log_pair_t *told,
                     size_t told_count, log_sink_t sink, log_slice_t *report);

#endif
