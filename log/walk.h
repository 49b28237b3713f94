/*  Reads a recording from its start, record by record, in the order of the file: what the reader
   does when there is no summary, and what verify and recover do always.

    It trusts nothing. A damaged place gives MST_E_FILE_CORRUPT once; the next call goes on behind
   it: after the record when its length can be believed, else at the next chunk that shows itself.
   The walk always ends, and says how many bytes it had to leave. */
#ifndef LOG_WALK_H
#define LOG_WALK_H

#include "log/codec.h"
#include "log/format.h"
#include "log/source.h"

typedef struct log_item {
    uint8_t opcode;
    bool in_chunk;
    uint64_t offset;    /* in the file, of the record; of the chunk when in_chunk */
    uint64_t length;    /* in the file, with opcode and length; of the chunk when in_chunk */
    uint64_t position;  /* in the chunk's records, when in_chunk */
    log_span_t content; /* all points into the walk, good until the next call */
    union {
        log_header_t header;
        log_schema_t schema;
        log_channel_t channel;
        log_envelope_t message;
        log_chunk_t chunk;
        log_message_index_t message_index;
        log_attachment_t attachment;
        log_metadata_t metadata;
        uint32_t data_crc; /* of data end */
    };
} log_item_t;

typedef struct log_walk {
    log_source_t source;
    bool shallow;        /* chunks are not unpacked, and indexes not read: heads only */
    bool ended;          /* data end was met */
    bool cut;            /* the file ended without it */
    uint64_t offset;     /* of the next record */
    uint64_t lost_bytes; /* that belong to nothing that could be read */
    uint64_t resync;     /* where to go on searching after damage; 0: nowhere */
    log_codec_t codec;
    base_buffer_t window; /* a piece of the file */
    uint64_t window_offset;
    base_buffer_t plain;   /* the chunk that is being walked through */
    size_t plain_position; /* next record in it; at its end: none is */
    uint64_t chunk_offset;
    uint64_t chunk_length;
} log_walk_t;

/*  Errors: MST_E_FILE_CORRUPT (no recording: the magic bytes are missing), the source's. */
mst_err_t log_walk_init (log_walk_t *self, const log_source_t *source);
void log_walk_fini (log_walk_t *self);

/*  The next record; *found is false behind the data section's end. Errors: MST_E_FILE_CORRUPT (call
    again to go on), MST_E_LIMIT (a record beyond a limit; likewise), MST_E_NOT_SUPPORTED (unknown
    compression; likewise), MST_E_NO_MEMORY, the source's. */
mst_err_t log_walk_next (log_walk_t *self, log_item_t *item, bool *found);

/*  Goes on at the record at that offset of the file. */
void log_walk_seek (log_walk_t *self, uint64_t offset);

/*  True for an error after which the walk goes on. */
bool log_walk_can_go_on (mst_err_t err);

/*  Reads the record at an offset of the file, whatever it is, and parses it; a chunk is unpacked
   into walk->plain. Errors as log_walk_next. */
mst_err_t log_walk_read (log_walk_t *self, uint64_t offset, log_item_t *item);

/*  The CRC of the file's first bytes, up to `end`. Errors: MST_E_NO_MEMORY, the source's. */
mst_err_t log_walk_crc (log_walk_t *self, uint64_t end, uint32_t *crc);

/*  Parses one record of the unpacked chunk at `position`. Errors: MST_E_FILE_CORRUPT. */
mst_err_t log_parse_inner (log_item_t *item, log_span_t plain, size_t position);

#endif
