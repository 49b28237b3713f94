/*  Each record's length is known before its first byte is written, so that room is made once. */
#include "log/format.h"
#include "base/check.h"

/*  Room for a whole record, of which `later_bytes` of content will follow elsewhere; its head is
    written. NULL: no memory. The caller sets out->size_bytes by build_end. */
static uint8_t *build_begin (base_buffer_t *out, uint8_t opcode, size_t here_bytes,
                             uint64_t later_bytes)
{
    base_assert (out != NULL);
    if (base_buffer_reserve (out, LOG_HEAD_BYTES + here_bytes))
        return NULL;
    return log_put_head (out->data + out->size_bytes, opcode, here_bytes + later_bytes);
}

static mst_err_t build_end (base_buffer_t *out, const uint8_t *at, size_t here_bytes)
{
    base_assert (at == out->data + out->size_bytes + LOG_HEAD_BYTES + here_bytes);
    out->size_bytes += LOG_HEAD_BYTES + here_bytes;
    return MST_OK;
}

static size_t build_size (log_span_t text)
{
    return 4 + text.size_bytes;
}

mst_err_t log_build_header (base_buffer_t *out, const log_header_t *header)
{
    base_assert (header != NULL);
    size_t size_bytes = build_size (header->profile) + build_size (header->library);
    uint8_t *at = build_begin (out, LOG_OP_HEADER, size_bytes, 0);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_text (at, header->profile);
    at = log_put_text (at, header->library);
    return build_end (out, at, size_bytes);
}

mst_err_t log_build_footer (base_buffer_t *out, const log_footer_t *footer)
{
    base_assert (footer != NULL);
    uint8_t *at = build_begin (out, LOG_OP_FOOTER, LOG_FOOTER_BYTES, 0);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_u64 (at, footer->summary_start);
    at = log_put_u64 (at, footer->offsets_start);
    at = log_put_u32 (at, footer->summary_crc);
    return build_end (out, at, LOG_FOOTER_BYTES);
}

mst_err_t log_build_schema (base_buffer_t *out, const log_schema_t *schema)
{
    base_assert (schema != NULL);
    base_assert (schema->id != 0);
    size_t size_bytes =
        2 + build_size (schema->name) + build_size (schema->encoding) + build_size (schema->data);
    uint8_t *at = build_begin (out, LOG_OP_SCHEMA, size_bytes, 0);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_u16 (at, schema->id);
    at = log_put_text (at, schema->name);
    at = log_put_text (at, schema->encoding);
    at = log_put_text (at, schema->data);
    return build_end (out, at, size_bytes);
}

mst_err_t log_build_channel (base_buffer_t *out, const log_channel_t *channel)
{
    base_assert (channel != NULL);
    size_t size_bytes = 4 + build_size (channel->topic) + build_size (channel->encoding) +
                        build_size (channel->metadata);
    uint8_t *at = build_begin (out, LOG_OP_CHANNEL, size_bytes, 0);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_u16 (at, channel->id);
    at = log_put_u16 (at, channel->schema_id);
    at = log_put_text (at, channel->topic);
    at = log_put_text (at, channel->encoding);
    at = log_put_text (at, channel->metadata);
    return build_end (out, at, size_bytes);
}

mst_err_t log_build_chunk_head (base_buffer_t *out, const log_chunk_t *chunk)
{
    base_assert (chunk != NULL);
    base_assert (chunk->packed_bytes == chunk->packed.size_bytes);
    size_t size_bytes = 8 + 8 + 8 + 4 + build_size (chunk->compression) + 8;
    uint8_t *at = build_begin (out, LOG_OP_CHUNK, size_bytes, chunk->packed_bytes);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_u64 (at, chunk->start_ns);
    at = log_put_u64 (at, chunk->end_ns);
    at = log_put_u64 (at, chunk->plain_bytes);
    at = log_put_u32 (at, chunk->plain_crc);
    at = log_put_text (at, chunk->compression);
    at = log_put_u64 (at, chunk->packed_bytes);
    return build_end (out, at, size_bytes);
}

mst_err_t log_build_message_index_head (base_buffer_t *out, const log_message_index_t *index)
{
    base_assert (index != NULL);
    size_t entries_bytes = (size_t) index->count * LOG_ENTRY_BYTES;
    uint8_t *at = build_begin (out, LOG_OP_MESSAGE_INDEX, 2 + 4, entries_bytes);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_u16 (at, index->channel_id);
    at = log_put_u32 (at, (uint32_t) entries_bytes);
    return build_end (out, at, 2 + 4);
}

mst_err_t log_build_chunk_index (base_buffer_t *out, const log_chunk_index_t *index)
{
    base_assert (index != NULL);
    size_t size_bytes =
        4 * 8 + build_size (index->index_offsets) + 8 + build_size (index->compression) + 2 * 8;
    uint8_t *at = build_begin (out, LOG_OP_CHUNK_INDEX, size_bytes, 0);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_u64 (at, index->start_ns);
    at = log_put_u64 (at, index->end_ns);
    at = log_put_u64 (at, index->offset);
    at = log_put_u64 (at, index->length);
    at = log_put_text (at, index->index_offsets);
    at = log_put_u64 (at, index->index_bytes);
    at = log_put_text (at, index->compression);
    at = log_put_u64 (at, index->packed_bytes);
    at = log_put_u64 (at, index->plain_bytes);
    return build_end (out, at, size_bytes);
}

mst_err_t log_build_attachment_head (base_buffer_t *out, const log_attachment_t *attachment)
{
    base_assert (attachment != NULL);
    size_t size_bytes =
        2 * 8 + build_size (attachment->name) + build_size (attachment->media_type) + 8;
    uint8_t *at = build_begin (out, LOG_OP_ATTACHMENT, size_bytes,
                               attachment->data.size_bytes + sizeof attachment->crc);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_u64 (at, attachment->log_time_ns);
    at = log_put_u64 (at, attachment->create_time_ns);
    at = log_put_text (at, attachment->name);
    at = log_put_text (at, attachment->media_type);
    at = log_put_u64 (at, attachment->data.size_bytes);
    return build_end (out, at, size_bytes);
}

mst_err_t log_build_attachment_index (base_buffer_t *out, const log_attachment_index_t *index)
{
    base_assert (index != NULL);
    size_t size_bytes = 5 * 8 + build_size (index->name) + build_size (index->media_type);
    uint8_t *at = build_begin (out, LOG_OP_ATTACHMENT_INDEX, size_bytes, 0);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_u64 (at, index->offset);
    at = log_put_u64 (at, index->length);
    at = log_put_u64 (at, index->log_time_ns);
    at = log_put_u64 (at, index->create_time_ns);
    at = log_put_u64 (at, index->data_bytes);
    at = log_put_text (at, index->name);
    at = log_put_text (at, index->media_type);
    return build_end (out, at, size_bytes);
}

mst_err_t log_build_metadata (base_buffer_t *out, const log_metadata_t *metadata)
{
    base_assert (metadata != NULL);
    size_t size_bytes = build_size (metadata->name) + build_size (metadata->map);
    uint8_t *at = build_begin (out, LOG_OP_METADATA, size_bytes, 0);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_text (at, metadata->name);
    at = log_put_text (at, metadata->map);
    return build_end (out, at, size_bytes);
}

mst_err_t log_build_metadata_index (base_buffer_t *out, const log_metadata_index_t *index)
{
    base_assert (index != NULL);
    size_t size_bytes = 2 * 8 + build_size (index->name);
    uint8_t *at = build_begin (out, LOG_OP_METADATA_INDEX, size_bytes, 0);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_u64 (at, index->offset);
    at = log_put_u64 (at, index->length);
    at = log_put_text (at, index->name);
    return build_end (out, at, size_bytes);
}

mst_err_t log_build_statistics (base_buffer_t *out, const log_statistics_t *statistics)
{
    base_assert (statistics != NULL);
    size_t size_bytes = 8 + 2 + 4 * 4 + 2 * 8 + build_size (statistics->channel_counts);
    uint8_t *at = build_begin (out, LOG_OP_STATISTICS, size_bytes, 0);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_u64 (at, statistics->messages);
    at = log_put_u16 (at, statistics->schemas);
    at = log_put_u32 (at, statistics->channels);
    at = log_put_u32 (at, statistics->attachments);
    at = log_put_u32 (at, statistics->metadata);
    at = log_put_u32 (at, statistics->chunks);
    at = log_put_u64 (at, statistics->start_ns);
    at = log_put_u64 (at, statistics->end_ns);
    at = log_put_text (at, statistics->channel_counts);
    return build_end (out, at, size_bytes);
}

mst_err_t log_build_summary_offset (base_buffer_t *out, const log_summary_offset_t *offset)
{
    base_assert (offset != NULL);
    size_t size_bytes = 1 + 2 * 8;
    uint8_t *at = build_begin (out, LOG_OP_SUMMARY_OFFSET, size_bytes, 0);
    if (!at)
        return MST_E_NO_MEMORY;
    at = log_put_u8 (at, offset->opcode);
    at = log_put_u64 (at, offset->start);
    at = log_put_u64 (at, offset->length);
    return build_end (out, at, size_bytes);
}

mst_err_t log_build_data_end (base_buffer_t *out, uint32_t crc)
{
    base_assert (out != NULL);
    uint8_t *at = build_begin (out, LOG_OP_DATA_END, LOG_DATA_END_BYTES, 0);
    if (!at)
        return MST_E_NO_MEMORY;
    return build_end (out, log_put_u32 (at, crc), LOG_DATA_END_BYTES);
}

mst_err_t log_build_pair (base_buffer_t *map, log_span_t key, log_span_t value)
{
    base_assert (map != NULL);
    mst_err_t err = base_buffer_reserve (map, build_size (key) + build_size (value));
    if (err)
        return err;
    uint8_t *at = map->data + map->size_bytes;
    at = log_put_text (at, key);
    at = log_put_text (at, value);
    map->size_bytes = (size_t) (at - map->data);
    return MST_OK;
}
