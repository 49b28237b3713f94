/*  After damage the walk looks for the bytes of a chunk's head (opcode, plausible length, a known
    compression, and two lengths that must agree) or of data end. Random bytes do not look like
    either: both hold several bytes of a 64-bit length that must be zero. */
#include "log/walk.h"
#include "log/crc32.h"
#include "log/limits.h"
#include "base/error.h"

#include <inttypes.h>

enum {
    WALK_WINDOW_BYTES = 64 << 10,
    WALK_CRC_BYTES = 1 << 20,
    WALK_SIGNATURE_BYTES = LOG_HEAD_BYTES + LOG_CHUNK_HEAD_MAX_BYTES,
    WALK_INDEX_HEAD_BYTES = 6
};

mst_err_t log_walk_init (log_walk_t *self, const log_source_t *source)
{
    base_assert (self != NULL);
    base_assert (source != NULL);
    base_assert (source->read != NULL);
    uint8_t magic[LOG_MAGIC_BYTES];

    *self = (log_walk_t){ .source = *source, .offset = LOG_MAGIC_BYTES };
    if (source->size_bytes < LOG_MAGIC_BYTES)
        return base_error (MST_E_FILE_CORRUPT, "not a recording: it has only %" PRIu64 " bytes",
                           source->size_bytes);
    mst_err_t err = source->read (source->context, 0, magic, sizeof magic);
    if (err)
        return err;
    if (memcmp (magic, log_magic, sizeof magic) != 0)
        return base_error (MST_E_FILE_CORRUPT,
                           "not a recording: it does not start as an MCAP file of version 0 does");
    return MST_OK;
}

void log_walk_fini (log_walk_t *self)
{
    base_assert (self != NULL);
    log_codec_fini (&self->codec);
    base_buffer_fini (&self->window);
    base_buffer_fini (&self->plain);
}

bool log_walk_can_go_on (mst_err_t err)
{
    return err == MST_E_FILE_CORRUPT || err == MST_E_LIMIT || err == MST_E_NOT_SUPPORTED;
}

void log_walk_seek (log_walk_t *self, uint64_t offset)
{
    base_assert (self != NULL);
    self->offset = offset;
    self->resync = 0;
    self->ended = self->cut = false;
    self->plain_position = self->plain.size_bytes;
}

/*  A view of the file; it must lie inside. Reads ahead, so that small records cost no read each. */
static mst_err_t walk_view (log_walk_t *self, uint64_t offset, size_t size_bytes,
                            const uint8_t **view)
{
    base_assert (offset <= self->source.size_bytes);
    base_assert (size_bytes <= self->source.size_bytes - offset);
    base_buffer_t *window = &self->window;
    bool inside = offset >= self->window_offset &&
                  offset - self->window_offset <= window->size_bytes &&
                  size_bytes <= window->size_bytes - (offset - self->window_offset);
    if (!inside) {
        uint64_t ahead = self->source.size_bytes - offset;
        if (ahead > WALK_WINDOW_BYTES)
            ahead = WALK_WINDOW_BYTES;
        size_t wanted = size_bytes > ahead ? size_bytes : (size_t) ahead;
        base_buffer_clear (window);
        mst_err_t err = base_buffer_reserve (window, wanted + 1);
        if (!err)
            err = self->source.read (self->source.context, offset, window->data, wanted);
        if (err)
            return err;
        window->size_bytes = wanted;
        self->window_offset = offset;
    }
    base_assert (offset - self->window_offset + size_bytes <= window->size_bytes);
    *view = window->data + (offset - self->window_offset);
    return MST_OK;
}

/*  The largest content that a record of this kind may have. */
static uint64_t walk_limit (uint8_t opcode)
{
    switch (opcode) {
    case LOG_OP_CHUNK: return (uint64_t) LOG_CHUNK_MAX_BYTES + LOG_CHUNK_HEAD_MAX_BYTES;
    case LOG_OP_MESSAGE_INDEX: return LOG_CHUNK_MAX_BYTES;
    case LOG_OP_ATTACHMENT: return (uint64_t) LOG_ATTACHMENT_MAX_BYTES + LOG_RECORD_MAX_BYTES;
    default: return LOG_RECORD_MAX_BYTES;
    }
}

static bool walk_parse (log_item_t *item)
{
    base_assert (item != NULL);
    log_cursor_t from = log_cursor (item->content.data, item->content.size_bytes);
    switch (item->opcode) {
    case LOG_OP_HEADER: return log_parse_header (&item->header, from);
    case LOG_OP_SCHEMA: return log_parse_schema (&item->schema, from);
    case LOG_OP_CHANNEL: return log_parse_channel (&item->channel, from);
    case LOG_OP_MESSAGE: return log_parse_envelope (&item->message, from);
    case LOG_OP_CHUNK: return log_parse_chunk (&item->chunk, from);
    case LOG_OP_MESSAGE_INDEX: return log_parse_message_index (&item->message_index, from);
    case LOG_OP_ATTACHMENT: return log_parse_attachment (&item->attachment, from);
    case LOG_OP_METADATA: return log_parse_metadata (&item->metadata, from);
    case LOG_OP_DATA_END: /* it never grows, by the specification */
        item->data_crc = log_get_u32 (&from);
        return !from.bad && from.at == from.end;
    default: return true; /* private, or of a later version: left as it is */
    }
}

static mst_err_t walk_corrupt (const log_item_t *item, const char *what)
{
    base_assert (item != NULL);
    base_assert (what != NULL);
    return base_error (MST_E_FILE_CORRUPT,
                       "the recording is damaged at byte %" PRIu64 " (record 0x%02x of %" PRIu64
                       " bytes): %s",
                       item->offset, item->opcode, item->length, what);
}

/*  Opcode and length at an offset, checked against the file's end and the limits. */
static mst_err_t walk_read_head (log_walk_t *self, uint64_t offset, log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    uint64_t left = self->source.size_bytes - offset;
    const uint8_t *view;

    *item = (log_item_t){ .offset = offset, .length = left };
    if (left < LOG_HEAD_BYTES)
        return walk_corrupt (item, "the file ends in the middle of a record");
    mst_err_t err = walk_view (self, offset, LOG_HEAD_BYTES, &view);
    if (err)
        return err;
    uint64_t content = log_load_u64 (view + 1);
    item->opcode = view[0];
    item->length = content > UINT64_MAX - LOG_HEAD_BYTES ? UINT64_MAX : content + LOG_HEAD_BYTES;
    if (item->opcode == 0)
        return walk_corrupt (item, "no record starts with 0");
    if (content > left - LOG_HEAD_BYTES)
        return walk_corrupt (item, "it reaches beyond the end of the file");
    if (content > walk_limit (item->opcode))
        return base_error (MST_E_LIMIT,
                           "record 0x%02x at byte %" PRIu64 " has %" PRIu64 " bytes; %" PRIu64
                           " are allowed",
                           item->opcode, offset, content, walk_limit (item->opcode));
    return MST_OK;
}

static mst_err_t walk_unpack (log_walk_t *self, log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    const log_chunk_t *chunk = &item->chunk;
    if (chunk->plain_bytes > LOG_CHUNK_MAX_BYTES)
        return base_error (MST_E_LIMIT,
                           "the chunk at byte %" PRIu64 " unfolds to %" PRIu64
                           " bytes; %d are allowed",
                           item->offset, chunk->plain_bytes, LOG_CHUNK_MAX_BYTES);
    mst_err_t err = log_codec_unpack (&self->codec, chunk->compression, &self->plain, chunk->packed,
                                      (size_t) chunk->plain_bytes);
    if (err)
        return base_error_prefix (err, "the recording is damaged at byte %" PRIu64 ": ",
                                  item->offset);
    uint32_t crc = log_crc32 (0, self->plain.data, self->plain.size_bytes);
    if (chunk->plain_crc != 0 && chunk->plain_crc != crc) {
        base_buffer_clear (&self->plain);
        return walk_corrupt (item, "the chunk's CRC does not match");
    }
    self->chunk_offset = item->offset;
    self->chunk_length = item->length;
    return MST_OK;
}

/*  A shallow read stops at the head of what is large. */
static mst_err_t walk_read_shallow (log_walk_t *self, log_item_t *item)
{
    base_assert (item->opcode == LOG_OP_CHUNK || item->opcode == LOG_OP_MESSAGE_INDEX);
    uint64_t content = item->length - LOG_HEAD_BYTES;
    bool chunk = item->opcode == LOG_OP_CHUNK;
    size_t head = chunk ? LOG_CHUNK_HEAD_MAX_BYTES : WALK_INDEX_HEAD_BYTES;
    const uint8_t *view;

    if (head > content)
        head = (size_t) content;
    mst_err_t err = walk_view (self, item->offset + LOG_HEAD_BYTES, head, &view);
    if (err)
        return err;
    item->content = log_span (view, head);
    bool good = chunk ? log_parse_chunk_head (&item->chunk, log_cursor (view, head), content)
                      : log_parse_message_index_head (&item->message_index, log_cursor (view, head),
                                                      content);
    return good ? MST_OK : walk_corrupt (item, "its lengths do not fit");
}

static mst_err_t walk_check_attachment (const log_item_t *item)
{
    base_assert (item != NULL);
    const log_attachment_t *attachment = &item->attachment;
    if (attachment->crc == 0 ||
        attachment->crc == log_crc32 (0, item->content.data, attachment->crc_bytes))
        return MST_OK;
    return walk_corrupt (item, "the attachment's CRC does not match");
}

/*  The rest of the record whose head was read. */
static mst_err_t walk_read_content (log_walk_t *self, log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    size_t size_bytes = (size_t) (item->length - LOG_HEAD_BYTES);
    const uint8_t *view;

    if (self->shallow && (item->opcode == LOG_OP_CHUNK || item->opcode == LOG_OP_MESSAGE_INDEX))
        return walk_read_shallow (self, item);
    mst_err_t err = walk_view (self, item->offset + LOG_HEAD_BYTES, size_bytes, &view);
    if (err)
        return err;
    item->content = log_span (view, size_bytes);
    if (!walk_parse (item))
        return walk_corrupt (item, "its fields do not fit into it");
    return MST_OK;
}

mst_err_t log_walk_read (log_walk_t *self, uint64_t offset, log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    *item = (log_item_t){ .offset = offset };
    base_buffer_clear (&self->plain);
    self->plain_position = 0;
    if (offset < LOG_MAGIC_BYTES || offset >= self->source.size_bytes)
        return walk_corrupt (item, "it lies outside the file");
    mst_err_t err = walk_read_head (self, offset, item);
    if (!err)
        err = walk_read_content (self, item);
    if (!err && item->opcode == LOG_OP_CHUNK && !self->shallow)
        err = walk_unpack (self, item);
    if (!err && item->opcode == LOG_OP_ATTACHMENT)
        err = walk_check_attachment (item);
    return err;
}

mst_err_t log_parse_inner (log_item_t *item, log_span_t plain, size_t position)
{
    base_assert (item != NULL);
    base_assert (position <= plain.size_bytes);
    log_cursor_t from = log_cursor (plain.data + position, plain.size_bytes - position);

    item->opcode = log_get_u8 (&from);
    item->position = position;
    uint64_t size_bytes = log_get_u64 (&from);
    const uint8_t *content = log_get_bytes (&from, size_bytes);
    if (from.bad)
        return walk_corrupt (item, "a record reaches beyond the end of its chunk");
    item->content = log_span (content, (size_t) size_bytes);
    if (item->opcode == LOG_OP_CHUNK || item->opcode == 0 || !walk_parse (item))
        return walk_corrupt (item, "a record in the chunk does not fit the format");
    return MST_OK;
}

static mst_err_t walk_next_inner (log_walk_t *self, log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    *item = (log_item_t){ .in_chunk = true,
                          .offset = self->chunk_offset,
                          .length = self->chunk_length };
    log_span_t plain = log_span (self->plain.data, self->plain.size_bytes);
    mst_err_t err = log_parse_inner (item, plain, self->plain_position);
    if (err)
        self->plain_position = self->plain.size_bytes; /* leave this chunk */
    else
        self->plain_position += LOG_HEAD_BYTES + item->content.size_bytes;
    return err;
}

/*  Do these bytes look like the start of a chunk or of data end? */
static bool walk_is_signature (const uint8_t *view, size_t size_bytes, uint64_t left)
{
    base_assert (view != NULL);
    log_chunk_t chunk;
    log_cursor_t from = log_cursor (view, size_bytes);
    uint8_t opcode = log_get_u8 (&from);
    uint64_t content = log_get_u64 (&from);

    if (from.bad || content > left - LOG_HEAD_BYTES)
        return false;
    if (opcode == LOG_OP_DATA_END)
        return content == LOG_DATA_END_BYTES;
    if (opcode != LOG_OP_CHUNK || content > walk_limit (opcode))
        return false;
    if (log_cursor_left (&from) > content)
        from.end = from.at + content;
    if (!log_parse_chunk_head (&chunk, from, content))
        return false;
    return chunk.packed_bytes + LOG_CHUNK_FIXED_BYTES + chunk.compression.size_bytes == content &&
           (chunk.compression.size_bytes == 0 ||
            log_span_is (chunk.compression, log_text ("zstd")) ||
            log_span_is (chunk.compression, log_text ("lz4")));
}

/*  Moves self->offset to the next signature at or behind self->resync, or to the file's end. */
static mst_err_t walk_resync (log_walk_t *self)
{
    uint64_t from = self->offset, at = self->resync, size = self->source.size_bytes;
    base_assert (at > from || at >= size);
    self->resync = 0;
    for (; at < size; at++) {
        const uint8_t *view;
        uint64_t left = size - at;
        size_t wanted = left < WALK_SIGNATURE_BYTES ? (size_t) left : WALK_SIGNATURE_BYTES;
        mst_err_t err = walk_view (self, at, wanted, &view);
        if (err)
            return err;
        if ((*view == LOG_OP_CHUNK || *view == LOG_OP_DATA_END) && left > LOG_HEAD_BYTES &&
            walk_is_signature (view, wanted, left))
            break;
    }
    self->offset = at < size ? at : size;
    base_assert (self->offset > from || from == size);
    self->lost_bytes += self->offset - from;
    return MST_OK;
}

/*  Can the length of this damaged record be believed? Yes where a second length agrees with it. */
static bool walk_lengths_agree (const log_item_t *item)
{
    base_assert (item != NULL);
    size_t size_bytes = item->content.size_bytes;
    if (size_bytes == 0 || item->length != size_bytes + LOG_HEAD_BYTES)
        return false;
    if (item->opcode == LOG_OP_CHUNK)
        return item->chunk.packed_bytes ==
               size_bytes - LOG_CHUNK_FIXED_BYTES - item->chunk.compression.size_bytes;
    return item->opcode == LOG_OP_ATTACHMENT &&
           item->attachment.crc_bytes + sizeof item->attachment.crc == size_bytes;
}

static void walk_step_over (log_walk_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    self->plain_position = self->plain.size_bytes;
    if (walk_lengths_agree (item)) {
        self->offset += item->length;
        self->lost_bytes += item->length;
    } else
        self->resync = self->offset + 1;
}

mst_err_t log_walk_next (log_walk_t *self, log_item_t *item, bool *found)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    base_assert (found != NULL);
    *found = true;
    if (self->plain_position < self->plain.size_bytes)
        return walk_next_inner (self, item);
    if (self->resync > 0) {
        mst_err_t err = walk_resync (self);
        if (err)
            return err;
    }
    if (self->ended || self->offset >= self->source.size_bytes) {
        self->cut = !self->ended;
        *found = false;
        return MST_OK;
    }
    mst_err_t err = log_walk_read (self, self->offset, item);
    if (err) {
        if (log_walk_can_go_on (err))
            walk_step_over (self, item);
        return err;
    }
    base_assert (item->length <= self->source.size_bytes - self->offset);
    self->offset += item->length;
    self->plain_position =
        item->opcode == LOG_OP_CHUNK && !self->shallow ? 0 : self->plain.size_bytes;
    self->ended = item->opcode == LOG_OP_DATA_END;
    return MST_OK;
}

mst_err_t log_walk_crc (log_walk_t *self, uint64_t end, uint32_t *crc)
{
    base_assert (self != NULL);
    base_assert (crc != NULL);
    base_assert (end <= self->source.size_bytes);
    uint64_t step;

    *crc = 0;
    for (uint64_t offset = 0; offset < end; offset += step) {
        const uint8_t *view;
        step = end - offset < WALK_CRC_BYTES ? end - offset : WALK_CRC_BYTES;
        mst_err_t err = walk_view (self, offset, (size_t) step, &view);
        if (err)
            return err;
        *crc = log_crc32 (*crc, view, (size_t) step);
    }
    return MST_OK;
}
