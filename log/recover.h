/*  Makes a whole recording of a damaged one: everything that can still be read, through the writer,
    with a summary. What is lost is counted, and declared in the new file by a loss record. */
#ifndef LOG_RECOVER_H
#define LOG_RECOVER_H

#include "log/source.h"
#include "log/writer.h"

typedef struct log_recovery {
    uint64_t messages; /* kept */
    uint64_t records;
    uint64_t chunks;
    uint32_t attachments;
    uint32_t metadata;
    bool cut;               /* the file had no end */
    uint64_t places;        /* damaged places */
    uint64_t lost_bytes;    /* of the old file */
    uint64_t lost_messages; /* as far as indexes tell */
    bool uncounted;         /* more may be lost: nothing tells what the lost bytes held */
    uint64_t orphans;       /* messages left out because nothing tells of their channel */
} log_recovery_t;

/*  Writes the new file to the sink, with the compression of `options` (NULL: the usual; the chain
   is copied, never made anew). Errors: MST_E_FILE_CORRUPT (not a recording), MST_E_NO_MEMORY, the
    source's, the sink's. */
mst_err_t log_recover (const log_source_t *source, const log_writer_options_t *options,
                       log_sink_t sink, log_recovery_t *report);

#endif
