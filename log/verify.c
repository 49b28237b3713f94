/*  One walk over the file, with the summary beside it. Messages and what the indexes tell of them
   are compared as sums of hashes: equal sums, equal sets. */
#include "log/verify.h"
#include "log/chain.h"
#include "log/message.h"
#include "log/reader.h"
#include "log/walk.h"
#include "log/writer.h"
#include "base/alloc.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { VERIFY_FINDING_BYTES = 512 };

/*  What stands in a chunk, or what its indexes say about it. */
typedef struct verify_sum {
    uint64_t messages;
    log_hash_t sum; /* of (channel, time, position) of each */
} verify_sum_t;

typedef struct verify {
    log_report_t *report;
    log_reader_t *reader;
    log_walk_t walk;
    bool muster; /* the profile is ours: messages can be read */
    bool in_chunk;
    log_item_t chunk; /* without its bytes */
    verify_sum_t held, told;
    uint64_t chunk_start_ns, chunk_end_ns;
    uint64_t data_end; /* offset; 0: not seen */
    uint32_t data_crc;
    log_chain_t chain; /* length 0: there is none */
    uint64_t unlinked; /* messages of intervals that got no link */
    log_decoded_t decoded;
} verify_t;

void log_report_init (log_report_t *self)
{
    base_assert (self != NULL);
    *self = (log_report_t){ 0 };
    log_tally_init (&self->tally);
}

void log_report_fini (log_report_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->findings, i)
        base_free (self->findings.items[i]);
    BASE_LIST_FINI (&self->findings);
    log_tally_fini (&self->tally);
}

/*  Counts a finding, and keeps its text if there are few. */
static mst_err_t __attribute__ ((format (printf, 2, 3)))
verify_find (verify_t *self, const char *format, ...)
{
    char text[VERIFY_FINDING_BYTES];
    va_list args;

    base_assert (format != NULL);
    if (self->report->faults++ >= LOG_FINDINGS_MAX)
        return MST_OK;
    va_start (args, format);
    (void) vsnprintf (text, sizeof text, format, args);
    va_end (args);
    if (BASE_LIST_ROOM (&self->report->findings))
        return MST_E_NO_MEMORY;
    char *copy = base_strdup (text);
    if (!copy)
        return base_alloc_error ();
    BASE_LIST_PUT (&self->report->findings, copy);
    return MST_OK;
}

static void verify_add (verify_sum_t *self, uint16_t channel_id, uint64_t time, uint64_t position)
{
    base_assert (self != NULL);
    uint8_t bytes[2 + 8 + 8];
    log_put_u64 (log_put_u64 (log_put_u16 (bytes, channel_id), time), position);
    self->sum = log_hash_sum (self->sum, log_hash (bytes, sizeof bytes, 0));
    self->messages++;
}

/*  What the summary says of the chunk that has been walked through. */
static mst_err_t verify_extent (verify_t *self)
{
    base_assert (self != NULL);
    const log_chunk_t *chunk = &self->chunk.chunk;
    base_assert (self->report->chunks > 0);
    size_t place = (size_t) self->report->chunks - 1;
    const log_extent_t *extent = log_reader_chunk_at (self->reader, place);

    for (size_t i = 0; !extent || extent->offset != self->chunk.offset; i++) {
        extent = log_reader_chunk_at (self->reader, i); /* damage has shifted the places */
        if (!extent)
            return verify_find (self, "the chunk at byte %" PRIu64 " is not in the summary",
                                self->chunk.offset);
    }
    if (extent->length != self->chunk.length || extent->start_ns != chunk->start_ns ||
        extent->end_ns != chunk->end_ns || extent->plain_bytes != chunk->plain_bytes)
        return verify_find (self, "the summary is wrong about the chunk at byte %" PRIu64,
                            self->chunk.offset);
    return MST_OK;
}

/*  The chunk is past, with its indexes. */
static mst_err_t verify_end_chunk (verify_t *self)
{
    base_assert (self != NULL);
    if (!self->in_chunk)
        return MST_OK;
    self->in_chunk = false;
    const log_chunk_t *chunk = &self->chunk.chunk;
    mst_err_t err = MST_OK;
    if (self->held.messages != self->told.messages || !log_hash_is (self->held.sum, self->told.sum))
        err = verify_find (self,
                           "the indexes of the chunk at byte %" PRIu64 " do not tell what it holds",
                           self->chunk.offset);
    if (!err && (chunk->start_ns != self->chunk_start_ns || chunk->end_ns != self->chunk_end_ns))
        err = verify_find (self, "the chunk at byte %" PRIu64 " has other times than its messages",
                           self->chunk.offset);
    return err ? err : verify_extent (self);
}

static mst_err_t verify_begin_chunk (verify_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    self->in_chunk = true;
    self->chunk = *item;
    self->held = self->told = (verify_sum_t){ 0 };
    self->chunk_start_ns = self->chunk_end_ns = 0;
    self->report->chunks++;
    return MST_OK;
}

static mst_err_t verify_chain_message (verify_t *self, const log_item_t *item,
                                       const log_channel_t *channel)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    const log_message_t *message = &self->decoded.message;
    if (self->chain.length == 0 || message->order != LOG_ORDER_TIME_STAMP)
        return MST_OK;
    mst_err_t err = log_chain_room (&self->chain, message->time);
    if (!err)
        log_chain_add (&self->chain, message->time,
                       log_chain_hash (log_chain_seed (channel->topic), item->message.body.data,
                                       item->message.body.size_bytes),
                       item->message.log_time_ns);
    return err;
}

static mst_err_t verify_body (verify_t *self, const log_item_t *item, const log_channel_t *channel)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    log_sender_t *sender;
    mst_err_t err =
        log_message_decode (&self->decoded, item->message.body.data, item->message.body.size_bytes);
    if (err)
        return verify_find (self, "a message in the chunk at byte %" PRIu64 ": %s", item->offset,
                            mst_error_text ());
    err = log_tally_sender (&self->report->tally, self->decoded.message.sender, &sender);
    if (err)
        return err;
    log_sender_count (sender, self->decoded.message.sequence);
    return verify_chain_message (self, item, channel);
}

static mst_err_t verify_message (verify_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    const log_envelope_t *message = &item->message;
    const log_channel_t *channel = log_reader_channel (self->reader, message->channel_id);

    self->report->messages++;
    if (item->in_chunk) {
        uint64_t time = message->log_time_ns;
        if (self->held.messages == 0 || time < self->chunk_start_ns)
            self->chunk_start_ns = time;
        if (self->held.messages == 0 || time > self->chunk_end_ns)
            self->chunk_end_ns = time;
        verify_add (&self->held, message->channel_id, time, item->position);
    }
    if (!channel)
        return verify_find (self,
                            "a message at byte %" PRIu64 " is of channel %u, which is not there",
                            item->offset, message->channel_id);
    return self->muster ? verify_body (self, item, channel) : MST_OK;
}

static mst_err_t verify_index (verify_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    log_cursor_t from =
        log_cursor (item->message_index.entries.data, item->message_index.entries.size_bytes);
    if (!self->in_chunk)
        return verify_find (self, "a message index at byte %" PRIu64 " follows no chunk",
                            item->offset);
    while (from.at != from.end) {
        uint64_t time = log_get_u64 (&from), position = log_get_u64 (&from);
        verify_add (&self->told, item->message_index.channel_id, time, position);
    }
    return MST_OK;
}

/*  Intervals before the link's own are closed: the messages in them were late when the recorder had
    gone past them without a link, and the link says how many those were. */
static mst_err_t verify_link_sum (verify_t *self, const log_link_t *link)
{
    base_assert (self != NULL);
    base_assert (link != NULL);
    log_link_t mine = { .interval = INT64_MIN };
    uint64_t time, skipped = self->chain.late;
    bool closed;

    self->chain.late = 0;
    int64_t end = link->interval == INT64_MAX ? INT64_MAX : link->interval + 1;
    while ((closed = log_chain_close (&self->chain, end, &mine, &time)) &&
           mine.interval != link->interval)
        skipped += mine.count;
    if (skipped != link->late)
        return verify_find (self,
                            "log chain: %" PRIu64 " messages before interval %" PRId64
                            " are in no interval; the link says %" PRIu64,
                            skipped, link->interval, link->late);
    if (!closed || mine.count != link->count || !log_hash_is (mine.sum, link->sum))
        return verify_find (self,
                            "log chain: the messages of interval %" PRId64
                            " are not those that were recorded (%" PRIu64 " of %" PRIu64 ")",
                            link->interval, closed ? mine.count : 0, link->count);
    return MST_OK;
}

static mst_err_t verify_link (verify_t *self, const log_link_t *link)
{
    base_assert (self != NULL);
    base_assert (link != NULL);
    log_report_t *report = self->report;
    mst_err_t err = MST_OK;

    if (self->chain.length == 0)
        return verify_find (self, "a link of the log chain, and no metadata \"%s\"",
                            LOG_METADATA_CHAIN);
    if (!log_hash_is (log_chain_next (report->chain, link), link->value))
        err =
            verify_find (self, "log chain: interval %" PRId64 " does not follow what is before it",
                         link->interval);
    base_assert (report->faults >= report->findings.count);
    report->chain = link->value;
    report->links++;
    report->chained += link->count;
    report->late += link->late;
    return err ? err : verify_link_sum (self, link);
}

static mst_err_t verify_record (verify_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    log_record_t record;
    self->report->records++;
    if (!self->muster || !log_record_known (item->opcode))
        return MST_OK;
    mst_err_t err =
        log_record_decode (&record, item->opcode, item->content.data, item->content.size_bytes);
    if (err)
        return verify_find (self, "at byte %" PRIu64 ": %s", item->offset, mst_error_text ());
    if (record.opcode == LOG_RECORD_LOSS)
        self->report->loss_declared = true;
    return record.opcode == LOG_RECORD_CHAIN ? verify_link (self, &record.link) : MST_OK;
}

static mst_err_t verify_item (verify_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    mst_err_t err = MST_OK;
    if (!item->in_chunk && item->opcode != LOG_OP_MESSAGE_INDEX)
        err = verify_end_chunk (self);
    if (err)
        return err;
    switch (item->opcode) {
    case LOG_OP_HEADER:
    case LOG_OP_SCHEMA:
    case LOG_OP_CHANNEL:
    case LOG_OP_ATTACHMENT:
    case LOG_OP_METADATA: return MST_OK;
    case LOG_OP_CHUNK: return verify_begin_chunk (self, item);
    case LOG_OP_MESSAGE: return verify_message (self, item);
    case LOG_OP_MESSAGE_INDEX: return verify_index (self, item);
    case LOG_OP_DATA_END:
        self->data_end = item->offset;
        self->data_crc = item->data_crc;
        return MST_OK;
    default: break;
    }
    if (item->opcode >= LOG_OP_PRIVATE)
        return verify_record (self, item);
    return verify_find (self, "a record of unknown kind 0x%02x at byte %" PRIu64, item->opcode,
                        item->offset);
}

static mst_err_t verify_walk (verify_t *self)
{
    base_assert (self != NULL);
    log_item_t item;
    bool found = true;

    while (found) {
        mst_err_t err = log_walk_next (&self->walk, &item, &found);
        if (!err && found)
            err = verify_item (self, &item);
        else if (err && log_walk_can_go_on (err)) {
            self->in_chunk = false; /* what follows tells of a chunk that cannot be checked */
            err = verify_find (self, "%s", mst_error_text ());
        }
        if (err)
            return err;
    }
    self->report->complete = !self->walk.cut;
    self->report->lost_bytes = self->walk.lost_bytes;
    if (self->walk.cut)
        return verify_find (self, "the recording was cut: its data section has no end");
    return verify_end_chunk (self);
}

static mst_err_t verify_data_crc (verify_t *self)
{
    base_assert (self != NULL);
    uint32_t crc;
    if (self->data_end == 0)
        return MST_OK;
    if (self->data_crc == 0)
        return self->muster ? verify_find (self, "the data section has no CRC") : MST_OK;
    mst_err_t err = log_walk_crc (&self->walk, self->data_end, &crc);
    if (!err && crc != self->data_crc)
        err = verify_find (self, "the data section's CRC does not match: a byte of it was changed");
    return err;
}

static mst_err_t verify_statistics (verify_t *self)
{
    base_assert (self != NULL);
    const log_info_t *info = log_reader_info (self->reader);
    const log_report_t *report = self->report;

    if (!info->has_summary)
        return verify_find (self, "there is no summary to use: %s", info->problem);
    if (info->statistics.messages != report->messages ||
        info->statistics.chunks != report->chunks ||
        log_reader_chunk_count (self->reader) != report->chunks)
        return verify_find (self,
                            "the summary tells of %" PRIu64
                            " messages in %u chunks; there are %" PRIu64 " in %" PRIu64,
                            info->statistics.messages, info->statistics.chunks, report->messages,
                            report->chunks);
    return MST_OK;
}

/*  The chain's interval, from the metadata. */
static mst_err_t verify_chain_length (verify_t *self)
{
    base_assert (self != NULL);
    log_metadata_t metadata;
    log_pair_t pair;
    bool found;

    mst_err_t err = log_reader_find_metadata (self->reader, LOG_METADATA_CHAIN, &metadata, &found);
    if (err && log_walk_can_go_on (err))
        return MST_OK; /* the walk will find the damage */
    if (err || !found)
        return err;
    log_cursor_t map = log_cursor (metadata.map.data, metadata.map.size_bytes);
    if (!log_map_next (&map, &pair) || !log_span_is (pair.key, log_text ("interval")))
        return verify_find (self, "metadata \"%s\" has no interval", LOG_METADATA_CHAIN);
    char number[24] = "";
    if (pair.value.size_bytes < sizeof number)
        log_put_bytes ((uint8_t *) number, pair.value.data, pair.value.size_bytes);
    long long length = strtoll (number, NULL, 10);
    if (length <= 0)
        return verify_find (self, "metadata \"%s\" has no interval above 0", LOG_METADATA_CHAIN);
    log_chain_init (&self->chain, length);
    return MST_OK;
}

static mst_err_t verify_all (verify_t *self, const log_source_t *source)
{
    base_assert (self != NULL);
    base_assert (source != NULL);
    mst_err_t err = log_reader_new (&self->reader, source);
    if (!err)
        err = log_walk_init (&self->walk, source);
    if (err)
        return err;
    self->muster = log_span_is (log_reader_info (self->reader)->profile, log_text ("muster"));
    self->report->has_summary = log_reader_info (self->reader)->has_summary;
    if (self->muster)
        err = verify_chain_length (self);
    if (!err)
        err = verify_walk (self);
    if (!err)
        err = verify_data_crc (self);
    if (!err)
        err = verify_statistics (self);
    return err;
}

mst_err_t log_verify (const log_source_t *source, log_report_t *report)
{
    base_assert (source != NULL);
    base_assert (report != NULL);
    base_assert (report->faults == 0);
    verify_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->report = report;
    mst_err_t err = verify_all (self, source);
    log_reader_destroy (&self->reader);
    log_walk_fini (&self->walk);
    log_chain_fini (&self->chain);
    base_free (self);
    if (!err && report->faults > 0)
        err = base_error (MST_E_FILE_CORRUPT, "%" PRIu64 " faults in the recording; the first: %s",
                          report->faults, report->findings.items[0]);
    return err;
}
