/*  Two ways to learn what a file holds. The summary is read whole, checked by its CRC, and believed
    only if every offset in it lies inside the file. A file without one is walked over: heads of
    records, and message indexes instead of messages; a chunk is unpacked only when it has channels
    that are not known yet, or nothing that says what is in it. */
#include "log/reader_own.h"
#include "log/crc32.h"
#include "log/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <inttypes.h>

enum { OPEN_TAIL_BYTES = LOG_HEAD_BYTES + LOG_FOOTER_BYTES + LOG_MAGIC_BYTES };

static mst_err_t open_copy (log_reader_t *self, log_span_t *text)
{
    base_assert (self != NULL);
    base_assert (text != NULL);
    const char *copy = base_arena_copy (&self->arena, text->data, text->size_bytes);
    if (!copy)
        return base_alloc_error ();
    text->data = copy;
    return MST_OK;
}

static mst_err_t open_learn_schema (log_reader_t *self, log_schema_t schema)
{
    base_assert (self != NULL);
    uint64_t place;
    if (schema.id == 0 || base_map_get (&self->schema_places, schema.id, &place))
        return MST_OK;
    /*  Room first: what the map names must stand in the list. */
    if (BASE_LIST_ROOM (&self->schemas))
        return MST_E_NO_MEMORY;
    mst_err_t err = open_copy (self, &schema.name);
    if (!err)
        err = open_copy (self, &schema.encoding);
    if (!err)
        err = open_copy (self, &schema.data);
    if (!err)
        err = base_map_set (&self->schema_places, schema.id, self->schemas.count);
    if (!err)
        BASE_LIST_PUT (&self->schemas, schema);
    return err;
}

static mst_err_t open_learn_channel (log_reader_t *self, log_channel_t channel)
{
    base_assert (self != NULL);
    uint64_t place;
    if (base_map_get (&self->channel_places, channel.id, &place))
        return MST_OK;
    if (BASE_LIST_ROOM (&self->channels))
        return MST_E_NO_MEMORY;
    mst_err_t err = open_copy (self, &channel.topic);
    if (!err)
        err = open_copy (self, &channel.encoding);
    if (!err)
        err = open_copy (self, &channel.metadata);
    if (!err)
        err = base_map_set (&self->channel_places, channel.id, self->channels.count);
    if (!err)
        BASE_LIST_PUT (&self->channels, channel);
    return err;
}

mst_err_t log_reader_learn (log_reader_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    if (item->opcode == LOG_OP_SCHEMA)
        return open_learn_schema (self, item->schema);
    if (item->opcode == LOG_OP_CHANNEL)
        return open_learn_channel (self, item->channel);
    return MST_OK;
}

static mst_err_t open_add_chunk (log_reader_t *self, const log_extent_t *extent)
{
    base_assert (self != NULL);
    base_assert (extent != NULL);
    if (self->chunks.count >= LOG_CHUNKS_MAX)
        return base_error (MST_E_LIMIT, "a recording of more than %d chunks", LOG_CHUNKS_MAX);
    return BASE_LIST_PUSH (&self->chunks, *extent);
}

static mst_err_t open_add_attachment (log_reader_t *self, log_attachment_index_t index)
{
    base_assert (self != NULL);
    mst_err_t err = open_copy (self, &index.name);
    if (!err)
        err = open_copy (self, &index.media_type);
    if (!err)
        err = BASE_LIST_PUSH (&self->attachments, index);
    return err;
}

static mst_err_t open_add_metadata (log_reader_t *self, log_metadata_index_t index)
{
    base_assert (self != NULL);
    mst_err_t err = open_copy (self, &index.name);
    if (!err)
        err = BASE_LIST_PUSH (&self->metadata, index);
    return err;
}

static mst_err_t open_count (log_reader_t *self, uint16_t channel_id, uint64_t messages)
{
    base_assert (self != NULL);
    uint64_t before = 0;
    (void) base_map_get (&self->message_counts, channel_id, &before);
    return base_map_set (&self->message_counts, channel_id, before + messages);
}

static mst_err_t open_counts (log_reader_t *self, log_span_t map)
{
    base_assert (self != NULL);
    log_cursor_t from = log_cursor (map.data, map.size_bytes);
    uint16_t channel_id;
    uint64_t messages;
    mst_err_t err = MST_OK;
    while (!err && log_counts_next (&from, &channel_id, &messages))
        err = open_count (self, channel_id, messages);
    return err;
}

/*  Why the summary cannot be used; the file is then walked over. */
static mst_err_t open_no_summary (const char *why)
{
    base_assert (why != NULL);
    return base_error (MST_E_FILE_CORRUPT, "%s", why);
}

/*  Does a record that the summary tells of lie inside the data section? */
static bool open_inside (const log_reader_t *self, uint64_t offset, uint64_t length, uint64_t end)
{
    base_assert (end <= self->walk.source.size_bytes);
    return offset >= LOG_MAGIC_BYTES && length >= LOG_HEAD_BYTES && offset <= end &&
           length <= end - offset;
}

static mst_err_t open_summary_chunk (log_reader_t *self, log_cursor_t from, uint64_t end)
{
    base_assert (self != NULL);
    log_chunk_index_t index;
    if (!log_parse_chunk_index (&index, from) ||
        !open_inside (self, index.offset, index.length, end) || index.start_ns > index.end_ns)
        return open_no_summary ("its summary has a chunk index that cannot be right");
    log_extent_t extent = { index.start_ns, index.end_ns, index.offset, index.length,
                            index.plain_bytes };
    return open_add_chunk (self, &extent);
}

static mst_err_t open_summary_statistics (log_reader_t *self, log_cursor_t from)
{
    base_assert (self != NULL);
    if (!log_parse_statistics (&self->info.statistics, from))
        return open_no_summary ("its summary has statistics that cannot be read");
    mst_err_t err = open_counts (self, self->info.statistics.channel_counts);
    self->info.statistics.channel_counts = log_text ("");
    return err;
}

/*  One record of the summary; `end` is where the data section ends. */
static mst_err_t open_summary_record (log_reader_t *self, log_item_t *item, uint64_t end)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    log_cursor_t from = log_cursor (item->content.data, item->content.size_bytes);
    log_attachment_index_t attachment;
    log_metadata_index_t metadata;

    switch (item->opcode) {
    case LOG_OP_SCHEMA:
    case LOG_OP_CHANNEL: return log_reader_learn (self, item);
    case LOG_OP_STATISTICS: return open_summary_statistics (self, from);
    case LOG_OP_CHUNK_INDEX: return open_summary_chunk (self, from, end);
    case LOG_OP_ATTACHMENT_INDEX:
        if (!log_parse_attachment_index (&attachment, from) ||
            !open_inside (self, attachment.offset, attachment.length, end))
            return open_no_summary ("its summary has an attachment index that cannot be right");
        return open_add_attachment (self, attachment);
    case LOG_OP_METADATA_INDEX:
        if (!log_parse_metadata_index (&metadata, from) ||
            !open_inside (self, metadata.offset, metadata.length, end))
            return open_no_summary ("its summary has a metadata index that cannot be right");
        return open_add_metadata (self, metadata);
    default: return MST_OK;
    }
}

/*  Summary and footer, whose bytes are all here, from summary_start to the last magic. */
static mst_err_t open_summary_records (log_reader_t *self, log_span_t bytes, uint64_t end)
{
    base_assert (bytes.size_bytes >= OPEN_TAIL_BYTES);
    size_t position = 0, footer = bytes.size_bytes - OPEN_TAIL_BYTES;
    mst_err_t err = MST_OK;

    while (position < footer && !err) {
        log_item_t item = { 0 };
        if (log_parse_inner (&item, log_span (bytes.data, footer), position))
            return open_no_summary ("its summary is damaged");
        position += LOG_HEAD_BYTES + item.content.size_bytes;
        err = open_summary_record (self, &item, end);
    }
    return err;
}

/*  The footer's fields, once they are known to lie inside the file. */
static mst_err_t open_read_footer (log_reader_t *self, log_footer_t *footer)
{
    base_assert (self != NULL);
    base_assert (footer != NULL);
    const log_source_t *source = &self->walk.source;
    uint8_t tail[OPEN_TAIL_BYTES];

    if (source->size_bytes < LOG_MAGIC_BYTES + OPEN_TAIL_BYTES)
        return open_no_summary ("it is too short to have an end");
    uint64_t offset = source->size_bytes - OPEN_TAIL_BYTES;
    mst_err_t err = source->read (source->context, offset, tail, sizeof tail);
    if (err)
        return err;
    if (memcmp (tail + sizeof tail - LOG_MAGIC_BYTES, log_magic, LOG_MAGIC_BYTES) != 0)
        return open_no_summary ("it has no end: its writer did not finish, or it was cut");
    if (tail[0] != LOG_OP_FOOTER || log_load_u64 (tail + 1) != LOG_FOOTER_BYTES ||
        !log_parse_footer (footer, log_cursor (tail + LOG_HEAD_BYTES, LOG_FOOTER_BYTES)))
        return open_no_summary ("its footer is damaged");
    if (footer->summary_start == 0)
        return open_no_summary ("it has no summary");
    uint64_t data_end = LOG_HEAD_BYTES + LOG_DATA_END_BYTES;
    if (footer->summary_start < LOG_MAGIC_BYTES + data_end || footer->summary_start > offset)
        return open_no_summary ("its footer points outside the file");
    return MST_OK;
}

/*  MST_E_FILE_CORRUPT: no summary that can be used. */
static mst_err_t open_by_summary (log_reader_t *self, base_buffer_t *bytes)
{
    base_assert (self != NULL);
    base_assert (bytes != NULL);
    const log_source_t *source = &self->walk.source;
    log_footer_t footer;

    mst_err_t err = open_read_footer (self, &footer);
    if (err)
        return err;
    uint64_t size_bytes = source->size_bytes - footer.summary_start;
    if (size_bytes > LOG_SUMMARY_MAX_BYTES)
        return open_no_summary ("its summary is longer than this reader allows");
    err = base_buffer_reserve (bytes, (size_t) size_bytes);
    if (!err)
        err =
            source->read (source->context, footer.summary_start, bytes->data, (size_t) size_bytes);
    if (err)
        return err;
    size_t covered = (size_t) size_bytes - LOG_MAGIC_BYTES - sizeof footer.summary_crc;
    if (footer.summary_crc != 0 && log_crc32 (0, bytes->data, covered) != footer.summary_crc)
        return open_no_summary ("its summary's CRC does not match");
    err = open_summary_records (self, log_span (bytes->data, (size_t) size_bytes),
                                footer.summary_start);
    /*  It would hide messages that are there. */
    if (!err && self->chunks.count < self->info.statistics.chunks)
        err = open_no_summary ("its summary tells of fewer chunks than there are");
    return err;
}

/*  Forgets what a bad summary has told. */
static void open_forget (log_reader_t *self)
{
    base_assert (self != NULL);
    self->schemas.count = self->channels.count = self->chunks.count = 0;
    self->attachments.count = self->metadata.count = 0;
    base_map_clear (&self->schema_places);
    base_map_clear (&self->channel_places);
    base_map_clear (&self->message_counts);
    self->info.statistics = (log_statistics_t){ 0 };
}

/*  What is known of the chunk that the scan has just passed. */
typedef struct open_scan {
    bool has_chunk;
    log_extent_t extent;
    bool unknown;     /* its index tells of a channel that is not known */
    uint64_t indexed; /* messages that its indexes tell of */
    mst_err_t damage; /* the last damage; its text stands in info.problem */
} open_scan_t;

/*  Walks through one chunk, learning its channels, and counting its messages when `count` is set.
 */
static mst_err_t open_unpack_chunk (log_reader_t *self, const log_extent_t *extent, bool count)
{
    base_assert (self != NULL);
    base_assert (extent != NULL);
    log_item_t item;
    self->walk.shallow = false;
    mst_err_t err = log_walk_read (&self->walk, extent->offset, &item);
    self->walk.shallow = true;
    if (err)
        return err;
    log_span_t plain = log_span (self->walk.plain.data, self->walk.plain.size_bytes);
    for (size_t position = 0; position < plain.size_bytes && !err;) {
        item = (log_item_t){ .offset = extent->offset, .length = extent->length };
        err = log_parse_inner (&item, plain, position);
        if (err)
            return err;
        position += LOG_HEAD_BYTES + item.content.size_bytes;
        err = log_reader_learn (self, &item);
        if (!err && count && item.opcode == LOG_OP_MESSAGE)
            err = open_count (self, item.message.channel_id, 1);
    }
    return err;
}

/*  The chunk is past, with all of its indexes: it is added, if it is readable as far as looked. */
static mst_err_t open_scan_end_chunk (log_reader_t *self, open_scan_t *scan)
{
    base_assert (self != NULL);
    base_assert (scan != NULL);
    if (!scan->has_chunk)
        return MST_OK;
    scan->has_chunk = false;
    /*  Its indexes say too little: only the chunk itself can tell what is in it. */
    if (scan->unknown || scan->indexed == 0) {
        mst_err_t err = open_unpack_chunk (self, &scan->extent, scan->indexed == 0);
        if (err && !log_walk_can_go_on (err))
            return err;
        if (err) {
            scan->damage = err;
            self->walk.lost_bytes += scan->extent.length;
            return MST_OK;
        }
    }
    base_assert (scan->extent.length >= LOG_HEAD_BYTES);
    return open_add_chunk (self, &scan->extent);
}

static mst_err_t open_scan_chunk (log_reader_t *self, open_scan_t *scan, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (scan != NULL);
    mst_err_t err = open_scan_end_chunk (self, scan);
    if (err)
        return err;
    const log_chunk_t *chunk = &item->chunk;
    scan->has_chunk = true;
    scan->unknown = false;
    scan->indexed = 0;
    scan->extent = (log_extent_t){ chunk->start_ns, chunk->end_ns, item->offset, item->length,
                                   chunk->plain_bytes };
    return MST_OK;
}

static mst_err_t open_scan_record (log_reader_t *self, open_scan_t *scan, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (scan != NULL);
    uint64_t place;
    log_attachment_index_t attachment = { item->offset,  item->length, 0, 0, 0,
                                          log_text (""), log_text ("") };
    log_metadata_index_t metadata = { item->offset, item->length, item->metadata.name };

    switch (item->opcode) {
    case LOG_OP_SCHEMA:
    case LOG_OP_CHANNEL: return log_reader_learn (self, item);
    case LOG_OP_CHUNK: return open_scan_chunk (self, scan, item);
    case LOG_OP_MESSAGE_INDEX:
        if (!scan->has_chunk)
            return MST_OK;
        if (!base_map_get (&self->channel_places, item->message_index.channel_id, &place))
            scan->unknown = true;
        scan->indexed += item->message_index.count;
        return open_count (self, item->message_index.channel_id, item->message_index.count);
    case LOG_OP_ATTACHMENT:
        attachment.log_time_ns = item->attachment.log_time_ns;
        attachment.create_time_ns = item->attachment.create_time_ns;
        attachment.data_bytes = item->attachment.data.size_bytes;
        attachment.name = item->attachment.name;
        attachment.media_type = item->attachment.media_type;
        return open_add_attachment (self, attachment);
    case LOG_OP_METADATA: return open_add_metadata (self, metadata);
    default: return MST_OK;
    }
}

static void open_scan_statistics (log_reader_t *self)
{
    base_assert (self != NULL);
    log_statistics_t *statistics = &self->info.statistics;
    BASE_MAP_EACH (&self->message_counts, entry)
        statistics->messages += entry->value;
    statistics->schemas = (uint16_t) self->schemas.count;
    statistics->channels = (uint32_t) self->channels.count;
    statistics->attachments = (uint32_t) self->attachments.count;
    statistics->metadata = (uint32_t) self->metadata.count;
    statistics->chunks = (uint32_t) self->chunks.count;
    bool first = true;
    BASE_LIST_EACH (&self->chunks, i) {
        const log_extent_t *chunk = &self->chunks.items[i];
        if (chunk->start_ns == 0 && chunk->end_ns == 0) /* no messages, or all at 0 */
            continue;
        if (first || chunk->start_ns < statistics->start_ns)
            statistics->start_ns = chunk->start_ns;
        if (first || chunk->end_ns > statistics->end_ns)
            statistics->end_ns = chunk->end_ns;
        first = false;
    }
}

static mst_err_t open_by_scan (log_reader_t *self)
{
    base_assert (self != NULL);
    open_scan_t scan = { 0 };
    log_item_t item;
    bool found = true;

    self->walk.shallow = true;
    log_walk_seek (&self->walk, LOG_MAGIC_BYTES);
    while (found) {
        mst_err_t err = log_walk_next (&self->walk, &item, &found);
        if (!err && found)
            err = open_scan_record (self, &scan, &item);
        else if (err && log_walk_can_go_on (err)) {
            /*  The walk goes on behind the damage; indexes that follow it are no longer of the
               chunk before it. */
            scan.damage = err;
            err = open_scan_end_chunk (self, &scan);
        }
        if (err)
            return err;
    }
    base_assert (self->walk.ended != self->walk.cut);
    self->info.complete = !self->walk.cut;
    mst_err_t err = open_scan_end_chunk (self, &scan);
    self->info.lost_bytes = self->walk.lost_bytes;
    self->walk.shallow = false;
    open_scan_statistics (self);
    return err;
}

/*  Do the last bytes say that the writer finished? The end of the data alone does not: a file may
    be cut in its summary. */
static mst_err_t open_ends (const log_reader_t *self, bool *ends)
{
    base_assert (self != NULL);
    base_assert (ends != NULL);
    const log_source_t *source = &self->walk.source;
    uint8_t tail[LOG_MAGIC_BYTES];
    *ends = false;
    if (source->size_bytes < LOG_MAGIC_BYTES + OPEN_TAIL_BYTES)
        return MST_OK;
    mst_err_t err =
        source->read (source->context, source->size_bytes - sizeof tail, tail, sizeof tail);
    *ends = !err && memcmp (tail, log_magic, sizeof tail) == 0;
    return err;
}

static mst_err_t open_header (log_reader_t *self)
{
    base_assert (self != NULL);
    log_item_t item;
    self->info.profile = self->info.library = log_text ("");
    mst_err_t err = log_walk_read (&self->walk, LOG_MAGIC_BYTES, &item);
    if (err || item.opcode != LOG_OP_HEADER)
        return log_walk_can_go_on (err) ? MST_OK : err; /* lost, and counted by the scan */
    self->info.profile = item.header.profile;
    self->info.library = item.header.library;
    err = open_copy (self, &self->info.profile);
    return err ? err : open_copy (self, &self->info.library);
}

mst_err_t log_reader_open (log_reader_t *self)
{
    base_assert (self != NULL);
    base_buffer_t bytes;

    mst_err_t err = open_header (self);
    if (err)
        return err;
    base_buffer_init (&bytes);
    err = open_by_summary (self, &bytes);
    base_buffer_fini (&bytes);
    self->info.problem = "";
    if (!err) {
        self->info.has_summary = self->info.complete = true;
        return MST_OK;
    }
    /*  A read that fails, or want of memory, says nothing about the file. */
    if (err != MST_E_FILE_CORRUPT)
        return err;
    open_forget (self);
    const char *why = mst_error_text ();
    self->info.problem = base_arena_copy (&self->arena, why, strlen (why));
    if (!self->info.problem)
        return base_alloc_error ();
    bool ends;
    err = open_ends (self, &ends);
    if (!err)
        err = open_by_scan (self);
    self->info.complete = self->info.complete && ends;
    return err;
}
