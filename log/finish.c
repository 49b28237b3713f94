/*  The end of a file: counts as metadata, the end of the data section, the summary with its groups,
    where they are, the footer. */
#include "log/writer_own.h"
#include "log/crc32.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>

enum { FINISH_TEXT_BYTES = 96, FINISH_CRC_BYTES = 4 };

static const uint8_t finish_opcodes[WRITER_GROUPS] = {
    [WRITER_SCHEMAS] = LOG_OP_SCHEMA,
    [WRITER_CHANNELS] = LOG_OP_CHANNEL,
    [WRITER_STATISTICS] = LOG_OP_STATISTICS,
    [WRITER_CHUNKS] = LOG_OP_CHUNK_INDEX,
    [WRITER_ATTACHMENTS] = LOG_OP_ATTACHMENT_INDEX,
    [WRITER_METADATA] = LOG_OP_METADATA_INDEX,
};

static mst_err_t finish_map (log_writer_t *self, const char *name, const base_buffer_t *map)
{
    log_metadata_t metadata = { log_text (name), log_span (map->data, map->size_bytes) };
    base_assert (name != NULL);
    return map->size_bytes > 0 ? log_writer_copy_metadata (self, &metadata) : MST_OK;
}

static mst_err_t finish_senders (log_writer_t *self, base_buffer_t *map)
{
    base_assert (self != NULL);
    base_assert (map != NULL);
    char text[FINISH_TEXT_BYTES];
    mst_err_t err = MST_OK;

    base_buffer_clear (map);
    for (size_t i = 0; i < self->tally.senders.count && !err; i++) {
        const log_sender_t *sender = &self->tally.senders.items[i];
        if (sender->messages == 0)
            continue;
        (void) snprintf (text, sizeof text, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
                         sender->messages, sender->first, sender->last,
                         log_sender_missing (sender));
        err = log_build_pair (map, log_span (sender->name, sender->name_bytes), log_text (text));
    }
    return err ? err : finish_map (self, LOG_METADATA_SENDERS, map);
}

static mst_err_t finish_records (log_writer_t *self, base_buffer_t *map)
{
    base_assert (self != NULL);
    base_assert (map != NULL);
    char text[FINISH_TEXT_BYTES];
    mst_err_t err = MST_OK;

    base_buffer_clear (map);
    for (unsigned opcode = LOG_RECORD_FIRST; opcode <= LOG_RECORD_LAST && !err; opcode++) {
        uint64_t count = self->records[opcode - LOG_RECORD_FIRST];
        if (count == 0)
            continue;
        (void) snprintf (text, sizeof text, "%" PRIu64, count);
        err = log_build_pair (map, log_text (log_record_name ((uint8_t) opcode)), log_text (text));
    }
    return err ? err : finish_map (self, LOG_METADATA_RECORDS, map);
}

static mst_err_t finish_statistics (log_writer_t *self, base_buffer_t *counts)
{
    base_assert (self != NULL);
    base_assert (counts != NULL);
    base_buffer_clear (counts);
    BASE_LIST_EACH (&self->channels, i) {
        const writer_channel_t *channel = self->channels.items[i];
        if (!channel || channel->messages == 0)
            continue;
        uint8_t pair[2 + 8];
        log_put_u64 (log_put_u16 (pair, channel->id), channel->messages);
        mst_err_t err = base_buffer_append (counts, pair, sizeof pair);
        if (err)
            return err;
    }
    self->statistics.channel_counts = log_span (counts->data, counts->size_bytes);
    return log_build_statistics (&self->groups[WRITER_STATISTICS], &self->statistics);
}

/*  Everything behind the data section, into one buffer that starts at `start` in the file. */
static mst_err_t finish_summary (log_writer_t *self, base_buffer_t *out, uint64_t start)
{
    base_assert (out->size_bytes == 0);
    log_summary_offset_t offsets[WRITER_GROUPS];
    mst_err_t err = MST_OK;

    for (int i = 0; i < WRITER_GROUPS && !err; i++) {
        const base_buffer_t *group = &self->groups[i];
        offsets[i] =
            (log_summary_offset_t){ finish_opcodes[i], start + out->size_bytes, group->size_bytes };
        err = base_buffer_append (out, group->data, group->size_bytes);
    }
    log_footer_t footer = { .summary_start = start, .offsets_start = start + out->size_bytes };
    for (int i = 0; i < WRITER_GROUPS && !err; i++)
        if (offsets[i].length > 0)
            err = log_build_summary_offset (out, &offsets[i]);
    if (!err)
        err = log_build_footer (out, &footer);
    if (err)
        return err;
    base_assert (out->size_bytes > LOG_FOOTER_BYTES);
    uint8_t *crc = out->data + out->size_bytes - FINISH_CRC_BYTES;
    log_put_u32 (crc, log_crc32 (0, out->data, out->size_bytes - FINISH_CRC_BYTES));
    return base_buffer_append (out, log_magic, sizeof log_magic);
}

static mst_err_t finish_file (log_writer_t *self, base_buffer_t *buffer)
{
    base_assert (self != NULL);
    base_assert (buffer != NULL);
    mst_err_t err = finish_senders (self, buffer);
    if (!err)
        err = finish_records (self, buffer);
    if (!err)
        err = finish_statistics (self, buffer);
    base_buffer_clear (&self->scratch);
    if (!err)
        err = log_build_data_end (&self->scratch, self->crc);
    base_buffer_clear (buffer);
    if (!err)
        err = finish_summary (self, buffer, self->offset + self->scratch.size_bytes);
    if (!err)
        err = log_writer_emit (self, self->scratch.data, self->scratch.size_bytes);
    if (!err)
        err = log_writer_emit (self, buffer->data, buffer->size_bytes);
    return err;
}

mst_err_t log_writer_finish (log_writer_t *self)
{
    base_assert (self != NULL);
    base_assert (!self->finished);
    mst_err_t err = MST_OK;
    base_buffer_t buffer;

    if (self->chain.length > 0)
        err = log_writer_close_chain (self, INT64_MAX);
    if (!err)
        err = log_writer_flush (self);
    if (err)
        return err;
    base_buffer_init (&buffer);
    err = finish_file (self, &buffer);
    base_buffer_fini (&buffer);
    self->finished = true;
    return err;
}
