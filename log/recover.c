/*  First what the summary (or the scan) knows: classes, attachments, metadata; then one walk over
   the file, copying messages and our own records as they are. */
#include "log/recover.h"
#include "log/reader.h"
#include "log/walk.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/map.h"

#include <inttypes.h>
#include <stdio.h>

enum { RECOVER_DETAIL_BYTES = 160 };

typedef struct recover {
    log_recovery_t *report;
    log_reader_t *reader;
    log_walk_t walk;
    log_writer_t *writer;
    base_map_t schemas; /* ids that the writer knows */
    base_map_t channels;
    bool chunk_good;     /* the last chunk could be read, so its indexes are not needed */
    bool pending;        /* bytes were lost, and no index behind them has told of messages yet */
    uint64_t lost_bytes; /* that the walk had left before the last step */
    bool muster;
    uint64_t log_time_ns; /* of the last message */
    char profile[LOG_NAME_MAX_BYTES + 1];
    char library[LOG_NAME_MAX_BYTES + 1];
    log_decoded_t decoded;
} recover_t;

static bool recover_knows (const base_map_t *ids, uint16_t id)
{
    base_assert (ids != NULL);
    uint64_t value;
    return base_map_get (ids, id, &value);
}

static mst_err_t recover_schema (recover_t *self, const log_schema_t *schema)
{
    base_assert (self != NULL);
    base_assert (schema != NULL);
    if (schema->id == 0 || recover_knows (&self->schemas, schema->id))
        return MST_OK;
    mst_err_t err = base_map_set (&self->schemas, schema->id, 1);
    return err ? err : log_writer_add_schema (self->writer, schema);
}

/*  A channel whose schema is lost goes without. */
static mst_err_t recover_channel (recover_t *self, log_channel_t channel)
{
    base_assert (self != NULL);
    if (recover_knows (&self->channels, channel.id))
        return MST_OK;
    if (!recover_knows (&self->schemas, channel.schema_id))
        channel.schema_id = 0;
    mst_err_t err = base_map_set (&self->channels, channel.id, 1);
    return err ? err : log_writer_add_channel (self->writer, &channel);
}

/*  First, as the reader knows classes that stand in the summary alone: their own place may be
   damaged. */
static mst_err_t recover_classes (recover_t *self)
{
    base_assert (self != NULL);
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_channel_count (self->reader) && !err; i++) {
        const log_channel_t *channel = log_reader_channel_at (self->reader, i);
        const log_schema_t *schema = log_reader_schema (self->reader, channel->schema_id);
        if (schema)
            err = recover_schema (self, schema);
        if (!err)
            err = recover_channel (self, *channel);
    }
    return err;
}

static mst_err_t recover_attachments (recover_t *self)
{
    base_assert (self != NULL);
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_attachment_count (self->reader) && !err; i++) {
        log_attachment_t attachment;
        err = log_reader_attachment (self->reader, i, &attachment);
        if (err && log_walk_can_go_on (err)) {
            err = MST_OK; /* the walk counts the place */
            continue;
        }
        if (!err)
            err = log_writer_attach (self->writer, &attachment);
        self->report->attachments += !err;
    }
    return err;
}

/*  What the writer makes anew at the end is not copied. */
static bool recover_is_made_anew (log_span_t name)
{
    return log_span_is (name, log_text (LOG_METADATA_SENDERS)) ||
           log_span_is (name, log_text (LOG_METADATA_RECORDS));
}

static mst_err_t recover_metadata (recover_t *self)
{
    base_assert (self != NULL);
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_metadata_count (self->reader) && !err; i++) {
        log_metadata_t metadata;
        if (recover_is_made_anew (log_reader_metadata_at (self->reader, i)->name))
            continue;
        err = log_reader_metadata (self->reader, i, &metadata);
        if (err && log_walk_can_go_on (err)) {
            err = MST_OK;
            continue;
        }
        if (!err)
            err = log_writer_copy_metadata (self->writer, &metadata);
        self->report->metadata += !err;
    }
    return err;
}

/*  A damaged place that the walk did not see as one. */
static mst_err_t recover_leave (recover_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    self->report->places++;
    self->report->lost_bytes += item->in_chunk ? item->content.size_bytes : item->length;
    return MST_OK;
}

/*  What stands outside a chunk has no CRC of its own: a message there must at least be readable. */
static mst_err_t recover_message (recover_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    const log_envelope_t *message = &item->message;
    const log_message_t *decoded = NULL;
    if (!recover_knows (&self->channels, message->channel_id)) {
        self->report->orphans++;
        return MST_OK;
    }
    if (self->muster &&
        !log_message_decode (&self->decoded, message->body.data, message->body.size_bytes))
        decoded = &self->decoded.message;
    if (self->muster && !decoded && !item->in_chunk)
        return recover_leave (self, item);
    mst_err_t err = log_writer_copy (self->writer, message, decoded);
    if (err == MST_E_LIMIT) { /* another program's message, larger than ours may be */
        self->report->lost_messages++;
        return recover_leave (self, item);
    }
    if (err)
        return err;
    self->log_time_ns = message->log_time_ns;
    self->report->messages++;
    return MST_OK;
}

static mst_err_t recover_record (recover_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    log_record_t record;
    if (!item->in_chunk && self->muster &&
        log_record_decode (&record, item->opcode, item->content.data, item->content.size_bytes))
        return recover_leave (self, item);
    self->report->records++;
    return log_writer_copy_record (self->writer, item->opcode, item->content);
}

/*  Damage where nothing else would show it: in metadata, in a class's name, in an index. */
static mst_err_t recover_check_crc (recover_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    uint32_t crc = 0, expected = item->data_crc;
    mst_err_t err = expected ? log_walk_crc (&self->walk, item->offset, &crc) : MST_OK;
    if (!err && crc != expected && self->report->places == 0)
        self->report->places = 1;
    return err;
}

static mst_err_t recover_item (recover_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    base_assert (item != NULL);
    switch (item->opcode) {
    case LOG_OP_SCHEMA: return recover_schema (self, &item->schema);
    case LOG_OP_CHANNEL: return recover_channel (self, item->channel);
    case LOG_OP_MESSAGE: return recover_message (self, item);
    /*  An index counts the messages of the chunk before it: if that one was lost, it says how
       many. */
    case LOG_OP_MESSAGE_INDEX:
        if (!self->chunk_good) {
            self->report->lost_messages += item->message_index.count;
            self->pending = false;
        }
        return MST_OK;
    case LOG_OP_CHUNK:
        self->chunk_good = true;
        self->report->chunks++;
        return MST_OK;
    case LOG_OP_DATA_END: return recover_check_crc (self, item);
    case LOG_OP_HEADER:
    case LOG_OP_ATTACHMENT:
    case LOG_OP_METADATA: return MST_OK;
    default: break;
    }
    return item->opcode >= LOG_OP_PRIVATE ? recover_record (self, item)
                                          : recover_leave (self, item);
}

/*  Indexes stand right behind their chunk: when anything else comes, what the bytes lost before it
    held stays unknown. */
static void recover_weigh (recover_t *self, bool goes_on)
{
    base_assert (self != NULL);
    base_assert (self->walk.lost_bytes >= self->lost_bytes);
    if (!goes_on && self->pending) {
        self->report->uncounted = true;
        self->pending = false;
    }
    if (self->walk.lost_bytes > self->lost_bytes && self->pending)
        self->report->uncounted = true;
    if (self->walk.lost_bytes > self->lost_bytes)
        self->pending = true;
    self->lost_bytes = self->walk.lost_bytes;
}

static mst_err_t recover_walk (recover_t *self)
{
    base_assert (self != NULL);
    log_item_t item;
    bool found = true;

    while (found) {
        mst_err_t err = log_walk_next (&self->walk, &item, &found);
        recover_weigh (self, found && (err || item.opcode == LOG_OP_MESSAGE_INDEX));
        if (!err && found)
            err = recover_item (self, &item);
        else if (err && log_walk_can_go_on (err)) {
            err = MST_OK;
            self->chunk_good = false;
            self->report->places++;
        }
        if (err)
            return err;
    }
    /*  How much a writer had still to write, nobody knows. */
    self->report->cut = self->walk.cut;
    self->report->uncounted = self->report->uncounted || self->pending || self->walk.cut;
    self->report->lost_bytes += self->walk.lost_bytes;
    return MST_OK;
}

/*  What is missing stands in the new file itself, so that who compares or replays it later
   knows. */
static mst_err_t recover_declare (recover_t *self)
{
    base_assert (self != NULL);
    const log_recovery_t *report = self->report;
    char detail[RECOVER_DETAIL_BYTES];

    /*  A file without damage is copied without a word. */
    if (report->places == 0 && report->orphans == 0 && !report->cut)
        return MST_OK;
    (void) snprintf (detail, sizeof detail,
                     "%" PRIu64 " damaged places, %" PRIu64 " messages of unknown channels%s%s",
                     report->places, report->orphans, report->cut ? ", no end" : "",
                     report->uncounted ? "; more messages may be lost, uncounted" : "");
    log_record_t record = { .opcode = LOG_RECORD_LOSS,
                            .log_time_ns = self->log_time_ns,
                            .loss = { .cause = log_text ("recovered"),
                                      .sender = log_text (""),
                                      .messages = report->lost_messages + report->orphans,
                                      .bytes = report->lost_bytes,
                                      .detail = log_text (detail) } };
    return log_writer_record (self->writer, &record);
}

static void recover_name (char *out, log_span_t name)
{
    base_assert (out != NULL);
    if (name.size_bytes > LOG_NAME_MAX_BYTES)
        name.size_bytes = LOG_NAME_MAX_BYTES;
    *log_put_bytes ((uint8_t *) out, name.data, name.size_bytes) = '\0';
}

static mst_err_t recover_start (recover_t *self, const log_source_t *source,
                                const log_writer_options_t *options, log_sink_t sink)
{
    base_assert (self != NULL);
    base_assert (source != NULL);
    mst_err_t err = log_reader_new (&self->reader, source);
    if (!err)
        err = log_walk_init (&self->walk, source);
    if (err)
        return err;
    const log_info_t *info = log_reader_info (self->reader);
    bool has_header = info->library.size_bytes > 0 || info->profile.size_bytes > 0;
    recover_name (self->profile, has_header ? info->profile : log_text ("muster"));
    recover_name (self->library, has_header ? info->library : log_text ("muster"));
    self->muster = strcmp (self->profile, "muster") == 0;
    log_writer_options_t copied = { 0 };
    if (options)
        copied = *options;
    copied.profile = self->profile;
    copied.library = self->library;
    copied.chain_interval = 0;
    return log_writer_new (&self->writer, &copied, sink);
}

static mst_err_t recover_all (recover_t *self, const log_source_t *source,
                              const log_writer_options_t *options, log_sink_t sink)
{
    base_assert (self != NULL);
    base_assert (source != NULL);
    mst_err_t err = recover_start (self, source, options, sink);
    if (!err)
        err = recover_classes (self);
    if (!err)
        err = recover_attachments (self);
    if (!err)
        err = recover_metadata (self);
    if (!err)
        err = recover_walk (self);
    if (!err)
        err = recover_declare (self);
    return err ? err : log_writer_finish (self->writer);
}

mst_err_t log_recover (const log_source_t *source, const log_writer_options_t *options,
                       log_sink_t sink, log_recovery_t *report)
{
    base_assert (source != NULL);
    base_assert (report != NULL);
    base_assert (sink.write != NULL);
    *report = (log_recovery_t){ 0 };
    recover_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->report = report;
    base_map_init (&self->schemas);
    base_map_init (&self->channels);
    mst_err_t err = recover_all (self, source, options, sink);
    log_reader_destroy (&self->reader);
    log_walk_fini (&self->walk);
    log_writer_destroy (&self->writer);
    base_map_fini (&self->schemas);
    base_map_fini (&self->channels);
    base_free (self);
    return err;
}
