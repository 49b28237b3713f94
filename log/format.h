/*  The records of MCAP (https://mcap.dev/spec, version 0): their shapes, read from bytes and
   written to bytes. Everything that was read points into those bytes. */
#ifndef LOG_FORMAT_H
#define LOG_FORMAT_H

#include "base/buffer.h"
#include "log/bytes.h"

enum {
    LOG_MAGIC_BYTES = 8,
    LOG_HEAD_BYTES = 9,           /* opcode and length before each record's content */
    LOG_MESSAGE_HEAD_BYTES = 22,  /* a message's content before its body */
    LOG_ENTRY_BYTES = 16,         /* one message in a message index */
    LOG_FOOTER_BYTES = 20,        /* the footer's content */
    LOG_DATA_END_BYTES = 4,       /* the content of data end */
    LOG_CHUNK_FIXED_BYTES = 40,   /* a chunk's content without compression's name and records */
    LOG_CHUNK_HEAD_MAX_BYTES = 48 /* a chunk's content before its records, any known compression */
};

extern const uint8_t log_magic[LOG_MAGIC_BYTES];

typedef enum log_opcode {
    LOG_OP_HEADER = 0x01,
    LOG_OP_FOOTER = 0x02,
    LOG_OP_SCHEMA = 0x03,
    LOG_OP_CHANNEL = 0x04,
    LOG_OP_MESSAGE = 0x05,
    LOG_OP_CHUNK = 0x06,
    LOG_OP_MESSAGE_INDEX = 0x07,
    LOG_OP_CHUNK_INDEX = 0x08,
    LOG_OP_ATTACHMENT = 0x09,
    LOG_OP_ATTACHMENT_INDEX = 0x0a,
    LOG_OP_STATISTICS = 0x0b,
    LOG_OP_METADATA = 0x0c,
    LOG_OP_METADATA_INDEX = 0x0d,
    LOG_OP_SUMMARY_OFFSET = 0x0e,
    LOG_OP_DATA_END = 0x0f,
    LOG_OP_PRIVATE = 0x80 /* and above */
} log_opcode_t;

typedef struct log_header {
    log_span_t profile;
    log_span_t library;
} log_header_t;

typedef struct log_footer {
    uint64_t summary_start;
    uint64_t offsets_start;
    uint32_t summary_crc;
} log_footer_t;

typedef struct log_schema {
    uint16_t id; /* not 0 */
    log_span_t name;
    log_span_t encoding;
    log_span_t data;
} log_schema_t;

typedef struct log_channel {
    uint16_t id;
    uint16_t schema_id; /* 0: none */
    log_span_t topic;
    log_span_t encoding;
    log_span_t metadata; /* a map, see log_map_next */
} log_channel_t;

typedef struct log_envelope {
    uint16_t channel_id;
    uint32_t sequence;
    uint64_t log_time_ns;
    uint64_t publish_time_ns;
    log_span_t body;
} log_envelope_t;

typedef struct log_chunk {
    uint64_t start_ns;
    uint64_t end_ns;
    uint64_t plain_bytes;
    uint32_t plain_crc; /* 0: not available */
    log_span_t compression;
    uint64_t packed_bytes;
    log_span_t packed; /* empty when only the head was read */
} log_chunk_t;

typedef struct log_message_index {
    uint16_t channel_id;
    uint32_t count;
    log_span_t entries; /* empty when only the head was read */
} log_message_index_t;

typedef struct log_chunk_index {
    uint64_t start_ns;
    uint64_t end_ns;
    uint64_t offset;          /* of the chunk record */
    uint64_t length;          /* with opcode and length */
    log_span_t index_offsets; /* map of channel to offset */
    uint64_t index_bytes;
    log_span_t compression;
    uint64_t packed_bytes;
    uint64_t plain_bytes;
} log_chunk_index_t;

typedef struct log_attachment {
    uint64_t log_time_ns;
    uint64_t create_time_ns;
    log_span_t name;
    log_span_t media_type;
    log_span_t data;
    uint32_t crc;     /* 0: not available */
    size_t crc_bytes; /* how many bytes of the content it covers */
} log_attachment_t;

typedef struct log_attachment_index {
    uint64_t offset;
    uint64_t length;
    uint64_t log_time_ns;
    uint64_t create_time_ns;
    uint64_t data_bytes;
    log_span_t name;
    log_span_t media_type;
} log_attachment_index_t;

typedef struct log_metadata {
    log_span_t name;
    log_span_t map;
} log_metadata_t;

typedef struct log_metadata_index {
    uint64_t offset;
    uint64_t length;
    log_span_t name;
} log_metadata_index_t;

typedef struct log_statistics {
    uint64_t messages;
    uint16_t schemas;
    uint32_t channels;
    uint32_t attachments;
    uint32_t metadata;
    uint32_t chunks;
    uint64_t start_ns;
    uint64_t end_ns;
    log_span_t channel_counts; /* map of channel to count */
} log_statistics_t;

typedef struct log_summary_offset {
    uint8_t opcode;
    uint64_t start;
    uint64_t length;
} log_summary_offset_t;

/*  A pair of a map of texts, as it is written. */
typedef struct log_pair {
    log_span_t key;
    log_span_t value;
} log_pair_t;

/*  Reading a record's content: false when it does not fit the format. */
bool log_parse_header (log_header_t *out, log_cursor_t from);
bool log_parse_footer (log_footer_t *out, log_cursor_t from);
bool log_parse_schema (log_schema_t *out, log_cursor_t from);
bool log_parse_channel (log_channel_t *out, log_cursor_t from);
bool log_parse_envelope (log_envelope_t *out, log_cursor_t from);
bool log_parse_chunk (log_chunk_t *out, log_cursor_t from);
bool log_parse_message_index (log_message_index_t *out, log_cursor_t from);
bool log_parse_chunk_index (log_chunk_index_t *out, log_cursor_t from);
bool log_parse_attachment (log_attachment_t *out, log_cursor_t from);
bool log_parse_attachment_index (log_attachment_index_t *out, log_cursor_t from);
bool log_parse_metadata (log_metadata_t *out, log_cursor_t from);
bool log_parse_metadata_index (log_metadata_index_t *out, log_cursor_t from);
bool log_parse_statistics (log_statistics_t *out, log_cursor_t from);
bool log_parse_summary_offset (log_summary_offset_t *out, log_cursor_t from);

/*  The same from the first bytes of a record of content_bytes: its head only. */
bool log_parse_chunk_head (log_chunk_t *out, log_cursor_t from, uint64_t content_bytes);
bool log_parse_message_index_head (log_message_index_t *out, log_cursor_t from,
                                   uint64_t content_bytes);

/*  Steps through a map of texts; false at its end. The map has been checked when it was parsed. */
bool log_map_next (log_cursor_t *map, log_pair_t *pair);
/*  Steps through a map of channel to number. */
bool log_counts_next (log_cursor_t *map, uint16_t *channel_id, uint64_t *number);

/*  Appending a whole record, opcode and length included; `out` stays on an error.
    Errors: MST_E_NO_MEMORY. */
mst_err_t log_build_header (base_buffer_t *out, const log_header_t *header);
mst_err_t log_build_footer (base_buffer_t *out, const log_footer_t *footer);
mst_err_t log_build_schema (base_buffer_t *out, const log_schema_t *schema);
mst_err_t log_build_channel (base_buffer_t *out, const log_channel_t *channel);
mst_err_t log_build_chunk_index (base_buffer_t *out, const log_chunk_index_t *index);
mst_err_t log_build_attachment_index (base_buffer_t *out, const log_attachment_index_t *index);
mst_err_t log_build_metadata (base_buffer_t *out, const log_metadata_t *metadata);
mst_err_t log_build_metadata_index (base_buffer_t *out, const log_metadata_index_t *index);
mst_err_t log_build_statistics (base_buffer_t *out, const log_statistics_t *statistics);
mst_err_t log_build_summary_offset (base_buffer_t *out, const log_summary_offset_t *offset);
mst_err_t log_build_data_end (base_buffer_t *out, uint32_t crc);

/*  The same without what is large: the chunk's records, the attachment's data and CRC, the entries
   of an index follow as they are. */
mst_err_t log_build_chunk_head (base_buffer_t *out, const log_chunk_t *chunk);
mst_err_t log_build_message_index_head (base_buffer_t *out, const log_message_index_t *index);
mst_err_t log_build_attachment_head (base_buffer_t *out, const log_attachment_t *attachment);

/*  Appends one pair to the bytes of a map of texts. */
mst_err_t log_build_pair (base_buffer_t *map, log_span_t key, log_span_t value);

static inline uint8_t *log_put_head (uint8_t *at, uint8_t opcode, uint64_t content_bytes)
{
    return log_put_u64 (log_put_u8 (at, opcode), content_bytes);
}

#endif
