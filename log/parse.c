/*  Every parser reads all its fields through a cursor that cannot leave the bytes, and asks once in
    the end. A record may have grown at its end: what follows the known fields is ignored. */
#include "log/format.h"
#include "base/check.h"

const uint8_t log_magic[LOG_MAGIC_BYTES] = { 0x89, 'M', 'C', 'A', 'P', '0', '\r', '\n' };

enum { PARSE_COUNT_BYTES = 10 }; /* a channel and a number in a map */

/*  A map of texts that can be stepped through without a further check. */
static log_span_t parse_map (log_cursor_t *from)
{
    base_assert (from != NULL);
    log_span_t map = log_get_text (from);
    log_cursor_t pairs = log_cursor (map.data, map.size_bytes);
    while (!pairs.bad && pairs.at != pairs.end) {
        (void) log_get_text (&pairs);
        (void) log_get_text (&pairs);
    }
    from->bad = from->bad || pairs.bad;
    return map;
}

static log_span_t parse_counts (log_cursor_t *from)
{
    base_assert (from != NULL);
    log_span_t map = log_get_text (from);
    from->bad = from->bad || map.size_bytes % PARSE_COUNT_BYTES != 0;
    return map;
}

bool log_map_next (log_cursor_t *map, log_pair_t *pair)
{
    base_assert (map != NULL);
    base_assert (pair != NULL);
    if (map->bad || map->at == map->end)
        return false;
    pair->key = log_get_text (map);
    pair->value = log_get_text (map);
    return !map->bad;
}

bool log_counts_next (log_cursor_t *map, uint16_t *channel_id, uint64_t *number)
{
    base_assert (map != NULL);
    base_assert (channel_id != NULL);
    base_assert (number != NULL);
    if (map->bad || map->at == map->end)
        return false;
    *channel_id = log_get_u16 (map);
    *number = log_get_u64 (map);
    return !map->bad;
}

bool log_parse_header (log_header_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    out->profile = log_get_text (&from);
    out->library = log_get_text (&from);
    return !from.bad;
}

bool log_parse_footer (log_footer_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    out->summary_start = log_get_u64 (&from);
    out->offsets_start = log_get_u64 (&from);
    out->summary_crc = log_get_u32 (&from);
    return !from.bad && from.at == from.end;
}

bool log_parse_schema (log_schema_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    out->id = log_get_u16 (&from);
    out->name = log_get_text (&from);
    out->encoding = log_get_text (&from);
    out->data = log_get_text (&from);
    return !from.bad;
}

bool log_parse_channel (log_channel_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    out->id = log_get_u16 (&from);
    out->schema_id = log_get_u16 (&from);
    out->topic = log_get_text (&from);
    out->encoding = log_get_text (&from);
    out->metadata = parse_map (&from);
    return !from.bad;
}

bool log_parse_envelope (log_envelope_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    out->channel_id = log_get_u16 (&from);
    out->sequence = log_get_u32 (&from);
    out->log_time_ns = log_get_u64 (&from);
    out->publish_time_ns = log_get_u64 (&from);
    out->body = log_span (from.at, log_cursor_left (&from));
    return !from.bad;
}

bool log_parse_chunk_head (log_chunk_t *out, log_cursor_t from, uint64_t content_bytes)
{
    base_assert (out != NULL);
    base_assert (log_cursor_left (&from) <= content_bytes);
    const uint8_t *start = from.at;
    out->start_ns = log_get_u64 (&from);
    out->end_ns = log_get_u64 (&from);
    out->plain_bytes = log_get_u64 (&from);
    out->plain_crc = log_get_u32 (&from);
    out->compression = log_get_text (&from);
    out->packed_bytes = log_get_u64 (&from);
    out->packed = log_span ("", 0);
    return !from.bad && out->packed_bytes <= content_bytes - (uint64_t) (from.at - start);
}

bool log_parse_chunk (log_chunk_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    if (!log_parse_chunk_head (out, from, log_cursor_left (&from)))
        return false;
    out->packed = log_span (from.at + LOG_CHUNK_FIXED_BYTES + out->compression.size_bytes,
                            (size_t) out->packed_bytes);
    return true;
}

bool log_parse_message_index_head (log_message_index_t *out, log_cursor_t from,
                                   uint64_t content_bytes)
{
    base_assert (out != NULL);
    out->channel_id = log_get_u16 (&from);
    uint32_t size_bytes = log_get_u32 (&from);
    out->count = size_bytes / LOG_ENTRY_BYTES;
    out->entries = log_span ("", 0);
    return !from.bad && size_bytes % LOG_ENTRY_BYTES == 0 &&
           content_bytes >= (uint64_t) size_bytes + 6;
}

bool log_parse_message_index (log_message_index_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    if (!log_parse_message_index_head (out, from, log_cursor_left (&from)))
        return false;
    (void) log_get_u16 (&from);
    out->entries = log_get_text (&from);
    return !from.bad;
}

bool log_parse_chunk_index (log_chunk_index_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    out->start_ns = log_get_u64 (&from);
    out->end_ns = log_get_u64 (&from);
    out->offset = log_get_u64 (&from);
    out->length = log_get_u64 (&from);
    out->index_offsets = parse_counts (&from);
    out->index_bytes = log_get_u64 (&from);
    out->compression = log_get_text (&from);
    out->packed_bytes = log_get_u64 (&from);
    out->plain_bytes = log_get_u64 (&from);
    return !from.bad;
}

bool log_parse_attachment (log_attachment_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    const uint8_t *start = from.at;
    out->log_time_ns = log_get_u64 (&from);
    out->create_time_ns = log_get_u64 (&from);
    out->name = log_get_text (&from);
    out->media_type = log_get_text (&from);
    uint64_t size_bytes = log_get_u64 (&from);
    const uint8_t *data = log_get_bytes (&from, size_bytes);
    out->data = data ? log_span (data, (size_t) size_bytes) : log_span ("", 0);
    out->crc_bytes = (size_t) (from.at - start);
    out->crc = log_get_u32 (&from);
    return !from.bad;
}

bool log_parse_attachment_index (log_attachment_index_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    out->offset = log_get_u64 (&from);
    out->length = log_get_u64 (&from);
    out->log_time_ns = log_get_u64 (&from);
    out->create_time_ns = log_get_u64 (&from);
    out->data_bytes = log_get_u64 (&from);
    out->name = log_get_text (&from);
    out->media_type = log_get_text (&from);
    return !from.bad;
}

bool log_parse_metadata (log_metadata_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    out->name = log_get_text (&from);
    out->map = parse_map (&from);
    return !from.bad;
}

bool log_parse_metadata_index (log_metadata_index_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    out->offset = log_get_u64 (&from);
    out->length = log_get_u64 (&from);
    out->name = log_get_text (&from);
    return !from.bad;
}

bool log_parse_statistics (log_statistics_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    out->messages = log_get_u64 (&from);
    out->schemas = log_get_u16 (&from);
    out->channels = log_get_u32 (&from);
    out->attachments = log_get_u32 (&from);
    out->metadata = log_get_u32 (&from);
    out->chunks = log_get_u32 (&from);
    out->start_ns = log_get_u64 (&from);
    out->end_ns = log_get_u64 (&from);
    out->channel_counts = parse_counts (&from);
    return !from.bad;
}

bool log_parse_summary_offset (log_summary_offset_t *out, log_cursor_t from)
{
    base_assert (out != NULL);
    out->opcode = log_get_u8 (&from);
    out->start = log_get_u64 (&from);
    out->length = log_get_u64 (&from);
    return !from.bad;
}
