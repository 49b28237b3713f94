/*  A chunk leaves: it is packed, and its index records are built, before its first byte goes to the
    sink, so that a lack of memory leaves the file whole and the chunk where it was. */
#include "log/writer_own.h"
#include "log/crc32.h"
#include "log/limits.h"
#include "base/error.h"

enum { FLUSH_TRIAL = 64 };

/*  Message index records of the chunk into `scratch`, and where each will stand into `offsets`. */
static mst_err_t writer_build_indexes (log_writer_t *self, uint64_t file_offset,
                                       base_buffer_t *offsets)
{
    base_assert (self != NULL);
    base_assert (offsets != NULL);
    base_buffer_clear (&self->scratch);
    BASE_LIST_EACH (&self->channels, i) {
        writer_channel_t *channel = self->channels.items[i];
        if (!channel || channel->entries.size_bytes == 0)
            continue;
        base_assert (channel->entries.size_bytes % LOG_ENTRY_BYTES == 0);
        log_message_index_t index = { .channel_id = channel->id,
                                      .count = (uint32_t) (channel->entries.size_bytes /
                                                           LOG_ENTRY_BYTES) };
        uint8_t place[2 + 8];
        log_put_u64 (log_put_u16 (place, channel->id), file_offset + self->scratch.size_bytes);
        mst_err_t err = base_buffer_append (offsets, place, sizeof place);
        if (!err)
            err = log_build_message_index_head (&self->scratch, &index);
        if (!err)
            err = base_buffer_append (&self->scratch, channel->entries.data,
                                      channel->entries.size_bytes);
        if (err)
            return err;
    }
    return MST_OK;
}

static void writer_empty_chunk (log_writer_t *self)
{
    base_assert (self != NULL);
    log_statistics_t *statistics = &self->statistics;
    if (self->chunk_messages > 0) {
        bool first = statistics->messages == self->chunk_messages;
        if (first || self->chunk_start_ns < statistics->start_ns)
            statistics->start_ns = self->chunk_start_ns;
        if (first || self->chunk_end_ns > statistics->end_ns)
            statistics->end_ns = self->chunk_end_ns;
    }
    BASE_LIST_EACH (&self->channels, i)
        if (self->channels.items[i])
            base_buffer_clear (&self->channels.items[i]->entries);
    self->plain_bytes += self->chunk.size_bytes;
    base_buffer_clear (&self->chunk);
    self->marks.count = 0;
    memset (self->latest, 0, sizeof self->latest);
    self->chunk_messages = 0;
    self->chunk_start_ns = self->chunk_end_ns = 0;
    statistics->chunks++;
}

/*  A chunk that became half full before it was time to close it came fast, so it is packed in
   haste: by likeness with earlier messages, without zstd's search. One in FLUSH_TRIAL such chunks
   is packed both ways, and if the search saves more than a quarter, it is gone on with up to the
   next trial. */
static mst_err_t writer_pack (log_writer_t *self, log_span_t plain)
{
    base_assert (self != NULL);
    base_assert (plain.size_bytes > 0);
    bool haste = self->hasty && plain.size_bytes >= self->options.chunk_bytes / 2;
    bool trial = haste && self->hurried++ % FLUSH_TRIAL == 0;
    mst_err_t err = MST_OK;
    if (!haste || trial || self->searches)
        err = log_codec_pack (&self->codec, self->options.compression, self->options.level,
                              &self->packed, plain);
    if (err || !haste || (self->searches && !trial))
        return err;
    base_buffer_t *out = trial ? &self->scratch : &self->packed;
    err = log_delta_pack (&self->delta, out, plain, self->marks.items, self->marks.count);
    if (err || !trial)
        return err;
    self->searches = self->packed.size_bytes < out->size_bytes / 4 * 3;
    if (!self->searches) {
        base_buffer_t swap = self->packed;
        self->packed = self->scratch;
        self->scratch = swap;
    }
    return MST_OK;
}

/*  Everything that a chunk leaves behind is built here: its head into `head`, its compressed
   records, its message indexes, its line in the summary. */
static mst_err_t writer_build_chunk (log_writer_t *self, base_buffer_t *head,
                                     base_buffer_t *offsets)
{
    base_assert (self != NULL);
    base_assert (head != NULL);
    log_span_t plain = log_span (self->chunk.data, self->chunk.size_bytes);
    mst_err_t err = writer_pack (self, plain);
    if (err)
        return err;
    log_chunk_t chunk = { .start_ns = self->chunk_start_ns,
                          .end_ns = self->chunk_end_ns,
                          .plain_bytes = plain.size_bytes,
                          .plain_crc = log_crc32 (0, plain.data, plain.size_bytes),
                          .compression = log_compression_name (self->options.compression),
                          .packed_bytes = self->packed.size_bytes,
                          .packed = log_span (self->packed.data, self->packed.size_bytes) };
    err = log_build_chunk_head (head, &chunk);
    if (err)
        return err;
    base_assert (offsets->size_bytes == 0);
    uint64_t length = head->size_bytes + chunk.packed_bytes;
    err = writer_build_indexes (self, self->offset + length, offsets);
    if (err)
        return err;
    log_chunk_index_t index = { .start_ns = chunk.start_ns,
                                .end_ns = chunk.end_ns,
                                .offset = self->offset,
                                .length = length,
                                .index_offsets = log_span (offsets->data, offsets->size_bytes),
                                .index_bytes = self->scratch.size_bytes,
                                .compression = chunk.compression,
                                .packed_bytes = chunk.packed_bytes,
                                .plain_bytes = chunk.plain_bytes };
    return log_build_chunk_index (&self->groups[WRITER_CHUNKS], &index);
}

mst_err_t log_writer_flush (log_writer_t *self)
{
    base_assert (self != NULL);
    base_assert (!self->finished);
    base_assert (self->chunk.size_bytes <= LOG_CHUNK_MAX_BYTES);
    if (self->failed)
        return base_error (self->failed,
                           "nothing more can be recorded: writing the recording has failed before");
    if (self->chunk.size_bytes == 0)
        return MST_OK;
    if (self->statistics.chunks >= LOG_CHUNKS_MAX)
        return base_error (MST_E_LIMIT, "the recording has %d chunks; start another file",
                           LOG_CHUNKS_MAX);
    base_buffer_t head, offsets;
    base_buffer_init (&head);
    base_buffer_init (&offsets);
    mst_err_t err = writer_build_chunk (self, &head, &offsets);
    if (!err)
        err = log_writer_emit (self, head.data, head.size_bytes);
    if (!err)
        err = log_writer_emit (self, self->packed.data, self->packed.size_bytes);
    if (!err && self->scratch.size_bytes > 0)
        err = log_writer_emit (self, self->scratch.data, self->scratch.size_bytes);
    if (!err)
        writer_empty_chunk (self);
    base_buffer_fini (&head);
    base_buffer_fini (&offsets);
    return err;
}
