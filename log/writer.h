/*  Writes a recording: an MCAP file whose bytes go to a sink, in order, never back.

    What is recorded gathers in a chunk; a chunk is compressed and leaves when it is full or when
    log_writer_flush is called. A file that ends after a flush, because its writer was killed, can
   be read up to there. Classes must be added before their messages. No call allocates per message.

    Thread rule: one thread at a time per writer. */
#ifndef LOG_WRITER_H
#define LOG_WRITER_H

#include "log/class.h"
#include "log/codec.h"
#include "log/format.h"
#include "log/message.h"
#include "log/record.h"
#include "log/state.h"
#include "log/tally.h"

/*  Takes bytes. An error is final for the writer, which returns it from then on. */
typedef struct log_sink {
    mst_err_t (*write) (void *context, const void *data, size_t size_bytes);
    void *context;
} log_sink_t;

typedef struct log_writer_options {
    const char *profile; /* NULL: "muster" */
    const char *library; /* NULL: "muster" */
    log_compression_t compression;
    int level;              /* of the compression; 0: 1 for zstd, the fast one for lz4 */
    size_t chunk_bytes;     /* uncompressed; 0: LOG_CHUNK_DEFAULT_BYTES */
    int64_t chain_interval; /* of the log chain, in logical time; 0: no chain */
} log_writer_options_t;

typedef struct log_totals {
    uint64_t messages;
    uint64_t records;    /* of our own */
    uint64_t chunks;     /* closed */
    uint64_t states;     /* of the recorded world */
    uint64_t file_bytes; /* that went to the sink */
    uint64_t open_bytes; /* that stand in the open chunk: lost if the process dies now */
} log_totals_t;

typedef struct log_writer log_writer_t;

/*  Metadata that the writer makes by itself. */
#define LOG_METADATA_CHAIN   "muster.chain"   /* interval: the log chain's, in logical time */
#define LOG_METADATA_TIME    "muster.time"    /* start and unit of logical time, by the recorder */
#define LOG_METADATA_LOST    "muster.lost"    /* federates that died: when, and why */
#define LOG_METADATA_SENDERS "muster.senders" /* sender: "messages first last missing" */
#define LOG_METADATA_RECORDS "muster.records" /* name of our own record: how many */

/*  Writes the file's start. Errors: MST_E_NO_MEMORY, MST_E_LIMIT (chunk_bytes), the sink's. */
mst_err_t log_writer_new (log_writer_t **self_p, const log_writer_options_t *options,
                          log_sink_t sink);
/*  Without log_writer_finish before it, what stands in the open chunk is lost. */
void log_writer_destroy (log_writer_t **self_p);

/*  Schema and channel of a class: its channel's id is for log_writer_message.
    Errors: MST_E_NO_MEMORY, MST_E_LIMIT (65,535 classes), the sink's. */
mst_err_t log_writer_add_class (log_writer_t *self, const log_class_t *description,
                                uint16_t *channel_id);

/*  The same for any schema and channel with an id of the caller's choice, not used before.
    Errors: MST_E_INVALID_ARGUMENT, MST_E_NO_MEMORY, the sink's. */
mst_err_t log_writer_add_schema (log_writer_t *self, const log_schema_t *schema);
mst_err_t log_writer_add_channel (log_writer_t *self, const log_channel_t *channel);

/*  Records a message, counts it for its sender and, if it is time-stamp ordered, adds it to the
   chain. log_time_ns is where it stands in the file's time: log_time_of its logical time, or of the
    recorder's when it has none. publish_time_ns is the wall clock, from 1970.
    Errors: those of log_message_encode, MST_E_INVALID_ARGUMENT (unknown channel), MST_E_LIMIT,
    MST_E_NO_MEMORY (the message is not recorded), the sink's. */
mst_err_t log_writer_message (log_writer_t *self, uint16_t channel_id, const log_message_t *message,
                              uint64_t log_time_ns, uint64_t publish_time_ns);

/*  Records a message as it is; `decoded`, if not NULL, says what it is, for the counting. It does
   not enter the chain. Errors as above. */
mst_err_t log_writer_copy (log_writer_t *self, const log_envelope_t *envelope,
                           const log_message_t *decoded);

/*  Says that every message with a time below `time` has been recorded: closes the chain's intervals
    that lie below it and records their links. */
mst_err_t log_writer_close_below (log_writer_t *self, int64_t time);

/*  Records one of our own records, or any private one as it is. Errors: MST_E_LIMIT,
    MST_E_NO_MEMORY, the sink's. */
mst_err_t log_writer_record (log_writer_t *self, const log_record_t *record);
mst_err_t log_writer_copy_record (log_writer_t *self, uint8_t opcode, log_span_t content);

/*  Whole files beside the messages: FOM modules, the scenario. attachment->crc is worked out here.
    Errors: MST_E_LIMIT, MST_E_NO_MEMORY, the sink's. */
mst_err_t log_writer_attach (log_writer_t *self, const log_attachment_t *attachment);

/*  A state of the recorded world, as what was recorded so far has made it; closes the chunk before
    it. channels, select: what of it (see log_state_each). Errors: MST_E_LIMIT, MST_E_NO_MEMORY, the
    sink's. */
mst_err_t log_writer_state (log_writer_t *self, const log_state_t *state,
                            const base_map_t *channels, const log_select_t *select,
                            uint64_t log_time_ns);
/*  Is it time for one? That is when LOG_STATE_EVERY_BYTES were recorded since the last one, and
    several times what it takes itself: states take a small part of the file whatever their size. */
bool log_writer_state_due (const log_writer_t *self, const log_state_t *state);

/*  Named pairs of text. Errors: MST_E_LIMIT, MST_E_NO_MEMORY, the sink's. */
mst_err_t log_writer_metadata (log_writer_t *self, log_span_t name, const log_pair_t *pairs,
                               size_t pair_count);
mst_err_t log_writer_copy_metadata (log_writer_t *self, const log_metadata_t *metadata);

/*  Closes the chunk now; does nothing when it is empty. The recorder calls it at least every tenth
   of a second. Errors: MST_E_NO_MEMORY (the chunk is kept, and tried again later), the sink's. */
mst_err_t log_writer_flush (log_writer_t *self);

/*  Closes every interval of the chain, the chunk and the file: summary, index, footer. Nothing may
   be recorded afterwards. Errors: MST_E_NO_MEMORY, the sink's. */
mst_err_t log_writer_finish (log_writer_t *self);

log_totals_t log_writer_totals (const log_writer_t *self);

/*  start + time * unit in nanoseconds. Errors: MST_E_INVALID_TIME (below 0 or beyond 64 bits). */
mst_err_t log_time_of (int64_t time, int64_t start_ns, uint64_t unit_ns, uint64_t *log_time_ns);

#endif
