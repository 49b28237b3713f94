/*  What log/writer.c and log/finish.c share: the writer from inside. */
#ifndef LOG_WRITER_OWN_H
#define LOG_WRITER_OWN_H

#include "log/chain.h"
#include "log/delta.h"
#include "log/writer.h"

/*  The groups of the summary, each a run of ready-made records, in the order of the file. */
typedef enum writer_group {
    WRITER_SCHEMAS,
    WRITER_CHANNELS,
    WRITER_STATISTICS,
    WRITER_CHUNKS,
    WRITER_ATTACHMENTS,
    WRITER_METADATA,
    WRITER_GROUPS
} writer_group_t;

typedef struct writer_channel {
    uint16_t id;
    uint32_t chain_seed;
    uint64_t messages;
    base_buffer_t entries; /* of the open chunk's message index */
} writer_channel_t;

enum {
    WRITER_LEVEL = 1,    /* of zstd, unless chosen otherwise */
    WRITER_LATEST = 8192 /* places for the latest message of an object; a power of two */
};

struct log_writer {
    log_writer_options_t options;
    log_sink_t sink;
    log_codec_t codec;
    mst_err_t failed; /* the sink's error */
    bool finished;

    base_buffer_t chunk; /* the open chunk's records */
    uint64_t chunk_start_ns;
    uint64_t chunk_end_ns;
    uint64_t chunk_messages;
    base_buffer_t packed;
    base_buffer_t scratch;

    /*  For chunks that are packed in haste (log/flush.c). */
    bool hasty;       /* the compression is the writer's choice */
    bool searches;    /* zstd's own search was much better when both were tried */
    uint32_t hurried; /* full chunks */
    log_delta_t delta;
    BASE_LIST (log_delta_mark_t) marks; /* of the open chunk's messages */
    uint32_t latest[WRITER_LATEST];     /* 1 + where it stands; by the hash of channel and name */

    BASE_LIST (writer_channel_t *) channels; /* by id; gaps are NULL */
    BASE_LIST (bool) schemas;                /* by id: is it there? */
    base_buffer_t groups[WRITER_GROUPS];
    log_statistics_t statistics;
    uint64_t records[LOG_RECORD_LAST - LOG_RECORD_FIRST + 1];
    log_tally_t tally;
    log_chain_t chain; /* when options.chain_interval > 0 */

    uint64_t plain_bytes; /* of closed chunks */
    uint64_t stated_at;   /* plain bytes when the last state was written */
    uint64_t states;

    uint64_t offset; /* bytes that went to the sink */
    uint32_t crc;    /* of them */
};

/*  Hands bytes to the sink, counts them and adds them to the file's CRC. */
mst_err_t log_writer_emit (log_writer_t *self, const void *data, size_t size_bytes);

/*  Closes the intervals of the chain below `end` and records their links. */
mst_err_t log_writer_close_chain (log_writer_t *self, int64_t end);

#endif
