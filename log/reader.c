/*  Questions to an open recording. */
#include "log/reader_own.h"
#include "log/crc32.h"
#include "base/alloc.h"
#include "base/error.h"

#include <inttypes.h>

mst_err_t log_reader_new (log_reader_t **self_p, const log_source_t *source)
{
    base_assert (self_p != NULL);
    base_assert (source != NULL);
    *self_p = NULL;
    log_reader_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    base_arena_init (&self->arena);
    base_map_init (&self->schema_places);
    base_map_init (&self->channel_places);
    base_map_init (&self->message_counts);
    mst_err_t err = log_walk_init (&self->walk, source);
    if (!err)
        err = log_reader_open (self);
    if (!err)
        err = log_timeline_init (self);
    if (err)
        log_reader_destroy (&self);
    *self_p = self;
    return err;
}

void log_reader_destroy (log_reader_t **self_p)
{
    base_assert (self_p != NULL);
    log_reader_t *self = *self_p;
    if (!self)
        return;
    log_timeline_fini (self);
    log_walk_fini (&self->walk);
    BASE_LIST_FINI (&self->schemas);
    BASE_LIST_FINI (&self->channels);
    BASE_LIST_FINI (&self->chunks);
    BASE_LIST_FINI (&self->attachments);
    BASE_LIST_FINI (&self->metadata);
    base_map_fini (&self->schema_places);
    base_map_fini (&self->channel_places);
    base_map_fini (&self->message_counts);
    base_arena_fini (&self->arena);
    base_free (self);
    *self_p = NULL;
}

const log_info_t *log_reader_info (const log_reader_t *self)
{
    base_assert (self != NULL);
    return &self->info;
}

size_t log_reader_channel_count (const log_reader_t *self)
{
    base_assert (self != NULL);
    return self->channels.count;
}

const log_channel_t *log_reader_channel_at (const log_reader_t *self, size_t place)
{
    base_assert (self != NULL);
    return place < self->channels.count ? &self->channels.items[place] : NULL;
}

const log_channel_t *log_reader_channel (const log_reader_t *self, uint16_t id)
{
    base_assert (self != NULL);
    uint64_t place;
    return base_map_get (&self->channel_places, id, &place) ? &self->channels.items[place] : NULL;
}

const log_schema_t *log_reader_schema (const log_reader_t *self, uint16_t id)
{
    base_assert (self != NULL);
    uint64_t place;
    return base_map_get (&self->schema_places, id, &place) ? &self->schemas.items[place] : NULL;
}

uint64_t log_reader_messages (const log_reader_t *self, uint16_t channel_id)
{
    base_assert (self != NULL);
    uint64_t messages = 0;
    (void) base_map_get (&self->message_counts, channel_id, &messages);
    return messages;
}

size_t log_reader_chunk_count (const log_reader_t *self)
{
    base_assert (self != NULL);
    return self->chunks.count;
}

const log_extent_t *log_reader_chunk_at (const log_reader_t *self, size_t place)
{
    base_assert (self != NULL);
    return place < self->chunks.count ? &self->chunks.items[place] : NULL;
}

size_t log_reader_attachment_count (const log_reader_t *self)
{
    base_assert (self != NULL);
    return self->attachments.count;
}

const log_attachment_index_t *log_reader_attachment_at (const log_reader_t *self, size_t place)
{
    base_assert (self != NULL);
    return place < self->attachments.count ? &self->attachments.items[place] : NULL;
}

/*  Reads a record that must be of the given kind. */
static mst_err_t reader_read (log_reader_t *self, uint64_t offset, uint8_t opcode, log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    mst_err_t err = log_walk_read (&self->walk, offset, item);
    if (!err && item->opcode != opcode)
        err = base_error (MST_E_FILE_CORRUPT,
                          "the recording's index points to a record of another kind (0x%02x)",
                          item->opcode);
    return err;
}

mst_err_t log_reader_attachment (log_reader_t *self, size_t place, log_attachment_t *out)
{
    base_assert (self != NULL);
    base_assert (out != NULL);
    base_assert (place < self->attachments.count);
    log_item_t item;
    mst_err_t err =
        reader_read (self, self->attachments.items[place].offset, LOG_OP_ATTACHMENT, &item);
    if (!err && item.attachment.crc != 0 &&
        log_crc32 (0, item.content.data, item.attachment.crc_bytes) != item.attachment.crc)
        err = base_error (MST_E_FILE_CORRUPT,
                          "the recording is damaged at byte %" PRIu64
                          ": an attachment's CRC does not match",
                          self->attachments.items[place].offset);
    if (!err)
        *out = item.attachment;
    return err;
}

size_t log_reader_metadata_count (const log_reader_t *self)
{
    base_assert (self != NULL);
    return self->metadata.count;
}

const log_metadata_index_t *log_reader_metadata_at (const log_reader_t *self, size_t place)
{
    base_assert (self != NULL);
    return place < self->metadata.count ? &self->metadata.items[place] : NULL;
}

mst_err_t log_reader_metadata (log_reader_t *self, size_t place, log_metadata_t *out)
{
    base_assert (self != NULL);
    base_assert (out != NULL);
    base_assert (place < self->metadata.count);
    log_item_t item;
    mst_err_t err = reader_read (self, self->metadata.items[place].offset, LOG_OP_METADATA, &item);
    if (!err)
        *out = item.metadata;
    return err;
}

mst_err_t log_reader_find_metadata (log_reader_t *self, const char *name, log_metadata_t *out,
                                    bool *found)
{
    base_assert (self != NULL);
    base_assert (name != NULL);
    base_assert (out != NULL);
    base_assert (found != NULL);
    *found = false;
    for (size_t i = self->metadata.count; i-- > 0;)
        if (log_span_is (self->metadata.items[i].name, log_text (name))) {
            *found = true;
            return log_reader_metadata (self, i, out);
        }
    return MST_OK;
}

/*  The smallest and the largest wall clock of a chunk's messages; 0: it has none. */
static mst_err_t reader_wall_of (log_reader_t *self, const log_extent_t *extent, uint64_t *smallest,
                                 uint64_t *largest)
{
    base_assert (self != NULL);
    base_assert (extent != NULL);
    log_item_t item;
    *smallest = *largest = 0;
    mst_err_t err = log_walk_read (&self->walk, extent->offset, &item);
    log_span_t plain = log_span (self->walk.plain.data, self->walk.plain.size_bytes);
    for (size_t position = 0; !err && position < plain.size_bytes;) {
        item = (log_item_t){ .offset = extent->offset, .length = extent->length };
        err = log_parse_inner (&item, plain, position);
        position += LOG_HEAD_BYTES + item.content.size_bytes;
        if (err || item.opcode != LOG_OP_MESSAGE || item.message.publish_time_ns == 0)
            continue;
        if (*smallest == 0 || item.message.publish_time_ns < *smallest)
            *smallest = item.message.publish_time_ns;
        if (item.message.publish_time_ns > *largest)
            *largest = item.message.publish_time_ns;
    }
    return err;
}

mst_err_t log_reader_wall (log_reader_t *self, uint64_t *first_ns, uint64_t *last_ns)
{
    base_assert (self != NULL);
    base_assert (first_ns != NULL);
    base_assert (last_ns != NULL);
    size_t count = self->chunks.count;
    uint64_t other;
    mst_err_t err = MST_OK;
    *first_ns = *last_ns = 0;
    for (size_t i = 0; i < count && !err && *first_ns == 0; i++)
        err = reader_wall_of (self, &self->chunks.items[i], first_ns, &other);
    for (size_t i = count; i-- > 0 && !err && *last_ns == 0;)
        err = reader_wall_of (self, &self->chunks.items[i], &other, last_ns);
    return err;
}
