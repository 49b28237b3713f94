/*  The hot path is log_writer_message: the message is packed straight into the open chunk, behind
    room for its head; a place in the index, a sender's counters and an interval of the chain are
   made sure of first, so that from then on nothing can fail and nothing has to be taken back. */
#include "log/writer_own.h"
#include "log/crc32.h"
#include "log/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdio.h>

#define WRITER_MIX 0x9e3779b97f4a7c15u /* 2^64 over the golden ratio (Knuth 1973, 6.4) */

enum {
    WRITER_LINK_BYTES = 256, /* more than a chain record takes */
    WRITER_NUMBER_BYTES = 24,
    WRITER_ENVELOPE_BYTES = LOG_HEAD_BYTES + LOG_MESSAGE_HEAD_BYTES
};

mst_err_t log_writer_emit (log_writer_t *self, const void *data, size_t size_bytes)
{
    base_assert (!self->failed);
    mst_err_t err = self->sink.write (self->sink.context, data, size_bytes);
    /*  How much of it stands in the file nobody knows, so nothing more is written behind it. */
    if (err) {
        self->failed = err;
        return err;
    }
    self->crc = log_crc32 (self->crc, data, size_bytes);
    self->offset += size_bytes;
    return MST_OK;
}

static mst_err_t writer_start (log_writer_t *self)
{
    base_assert (self != NULL);
    log_header_t header = { log_text (self->options.profile ? self->options.profile : "muster"),
                            log_text (self->options.library ? self->options.library : "muster") };
    mst_err_t err = base_buffer_append (&self->scratch, log_magic, sizeof log_magic);
    if (!err)
        err = log_build_header (&self->scratch, &header);
    if (!err)
        err = log_writer_emit (self, self->scratch.data, self->scratch.size_bytes);
    if (err || self->options.chain_interval == 0)
        return err;
    char interval[WRITER_NUMBER_BYTES];
    (void) snprintf (interval, sizeof interval, "%lld", (long long) self->options.chain_interval);
    log_pair_t pair = { log_text ("interval"), log_text (interval) };
    return log_writer_metadata (self, log_text (LOG_METADATA_CHAIN), &pair, 1);
}

mst_err_t log_writer_new (log_writer_t **self_p, const log_writer_options_t *options,
                          log_sink_t sink)
{
    base_assert (self_p != NULL);
    base_assert (sink.write != NULL);
    base_assert (options == NULL || options->chain_interval >= 0);
    *self_p = NULL;
    if (options && options->chunk_bytes > LOG_CHUNK_CHOICE_MAX_BYTES)
        return base_error (MST_E_LIMIT, "a chunk of %zu bytes; the largest to choose is %d",
                           options->chunk_bytes, LOG_CHUNK_CHOICE_MAX_BYTES);
    log_writer_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    if (options)
        self->options = *options;
    if (self->options.chunk_bytes == 0)
        self->options.chunk_bytes = LOG_CHUNK_DEFAULT_BYTES;
    self->hasty = self->options.level == 0 && self->options.compression == LOG_COMPRESSION_ZSTD;
    if (self->hasty)
        self->options.level = WRITER_LEVEL;
    log_delta_init (&self->delta);
    self->sink = sink;
    log_codec_init (&self->codec);
    log_tally_init (&self->tally);
    if (self->options.chain_interval > 0)
        log_chain_init (&self->chain, self->options.chain_interval);
    mst_err_t err = writer_start (self);
    if (err)
        log_writer_destroy (&self);
    *self_p = self;
    return err;
}

void log_writer_destroy (log_writer_t **self_p)
{
    base_assert (self_p != NULL);
    log_writer_t *self = *self_p;
    if (!self)
        return;
    BASE_LIST_EACH (&self->channels, i) {
        if (self->channels.items[i])
            base_buffer_fini (&self->channels.items[i]->entries);
        base_free (self->channels.items[i]);
    }
    BASE_LIST_FINI (&self->channels);
    BASE_LIST_FINI (&self->schemas);
    for (int i = 0; i < WRITER_GROUPS; i++)
        base_buffer_fini (&self->groups[i]);
    base_buffer_fini (&self->chunk);
    base_buffer_fini (&self->packed);
    base_buffer_fini (&self->scratch);
    BASE_LIST_FINI (&self->marks);
    log_delta_fini (&self->delta);
    log_codec_fini (&self->codec);
    log_tally_fini (&self->tally);
    log_chain_fini (&self->chain);
    base_free (self);
    *self_p = NULL;
}

/*  May anything be recorded? A chunk that could not leave earlier is tried again here. */
static mst_err_t writer_ready (log_writer_t *self)
{
    base_assert (self != NULL);
    base_assert (!self->finished);
    if (self->failed)
        return base_error (self->failed,
                           "nothing more can be recorded: writing the recording has failed before");
    if (self->chunk.size_bytes >= self->options.chunk_bytes)
        return log_writer_flush (self);
    return MST_OK;
}

static mst_err_t writer_close_full (log_writer_t *self)
{
    base_assert (self != NULL);
    return self->chunk.size_bytes >= self->options.chunk_bytes ? log_writer_flush (self) : MST_OK;
}

/*  Appends the record at the group's end to the file; takes it back from the group on an error. */
static mst_err_t writer_emit_group (log_writer_t *self, writer_group_t group, size_t start)
{
    base_assert (self != NULL);
    base_assert (group < WRITER_GROUPS);
    base_buffer_t *records = &self->groups[group];
    base_assert (start <= records->size_bytes);
    mst_err_t err = log_writer_emit (self, records->data + start, records->size_bytes - start);
    if (err)
        records->size_bytes = start;
    return err;
}

mst_err_t log_writer_add_schema (log_writer_t *self, const log_schema_t *schema)
{
    base_assert (schema != NULL);
    mst_err_t err = writer_ready (self);
    if (err)
        return err;
    if (schema->id == 0 || (schema->id < self->schemas.count && self->schemas.items[schema->id]))
        return base_error (MST_E_INVALID_ARGUMENT, "schema id %u is 0 or taken", schema->id);
    while (self->schemas.count <= schema->id)
        if (BASE_LIST_PUSH (&self->schemas, false))
            return MST_E_NO_MEMORY;
    size_t start = self->groups[WRITER_SCHEMAS].size_bytes;
    err = log_build_schema (&self->groups[WRITER_SCHEMAS], schema);
    if (!err)
        err = writer_emit_group (self, WRITER_SCHEMAS, start);
    if (err)
        return err;
    self->schemas.items[schema->id] = true;
    self->statistics.schemas++;
    return MST_OK;
}

static writer_channel_t *writer_channel (const log_writer_t *self, uint16_t id)
{
    base_assert (self != NULL);
    return id < self->channels.count ? self->channels.items[id] : NULL;
}

mst_err_t log_writer_add_channel (log_writer_t *self, const log_channel_t *channel)
{
    base_assert (channel != NULL);
    mst_err_t err = writer_ready (self);
    if (err)
        return err;
    if (writer_channel (self, channel->id))
        return base_error (MST_E_INVALID_ARGUMENT, "channel id %u is taken", channel->id);
    while (self->channels.count <= channel->id)
        if (BASE_LIST_PUSH (&self->channels, NULL))
            return MST_E_NO_MEMORY;
    writer_channel_t *made = base_calloc (1, sizeof *made);
    if (!made)
        return base_alloc_error ();
    made->id = channel->id;
    made->chain_seed = log_chain_seed (channel->topic);
    size_t start = self->groups[WRITER_CHANNELS].size_bytes;
    err = log_build_channel (&self->groups[WRITER_CHANNELS], channel);
    if (!err)
        err = writer_emit_group (self, WRITER_CHANNELS, start);
    if (err) {
        base_free (made);
        return err;
    }
    base_assert (self->channels.items[channel->id] == NULL);
    self->channels.items[channel->id] = made;
    self->statistics.channels++;
    return MST_OK;
}

/*  Schema and channel take the same id, counted from 1. */
mst_err_t log_writer_add_class (log_writer_t *self, const log_class_t *description,
                                uint16_t *channel_id)
{
    base_assert (description != NULL);
    base_assert (channel_id != NULL);
    size_t id =
        self->schemas.count > self->channels.count ? self->schemas.count : self->channels.count;
    if (id == 0)
        id = 1;
    if (id > UINT16_MAX)
        return base_error (MST_E_LIMIT, "a recording holds 65,535 classes and no more");
    base_buffer_t text;
    base_buffer_init (&text);
    mst_err_t err = log_class_encode (&text, description);
    log_schema_t schema = { (uint16_t) id, log_text (description->name),
                            log_text (LOG_CLASS_ENCODING), log_span (text.data, text.size_bytes) };
    log_channel_t channel = { (uint16_t) id, (uint16_t) id, log_text (description->name),
                              log_text (LOG_MESSAGE_ENCODING), log_text ("") };
    if (!err)
        err = log_writer_add_schema (self, &schema);
    if (!err)
        err = log_writer_add_channel (self, &channel);
    base_buffer_fini (&text);
    *channel_id = (uint16_t) id;
    return err;
}

/*  Makes room for a message of one channel in chunk and index: writer_commit then cannot fail. */
static mst_err_t writer_room (log_writer_t *self, uint16_t channel_id, writer_channel_t **channel)
{
    base_assert (self != NULL);
    base_assert (channel != NULL);
    mst_err_t err = writer_ready (self);
    if (err)
        return err;
    *channel = writer_channel (self, channel_id);
    if (!*channel)
        return base_error (MST_E_INVALID_ARGUMENT, "channel %u was not added to the recording",
                           channel_id);
    err = base_buffer_reserve (&(*channel)->entries, LOG_ENTRY_BYTES);
    if (!err)
        err = base_buffer_reserve (&self->chunk, WRITER_ENVELOPE_BYTES);
    if (!err && self->hasty && BASE_LIST_ROOM (&self->marks))
        err = MST_E_NO_MEMORY;
    return err;
}

/*  A guess is enough: a wrong place costs some compression. */
static uint32_t *writer_latest (log_writer_t *self, uint16_t channel_id, log_span_t name)
{
    base_assert (self != NULL);
    base_assert (name.size_bytes <= LOG_NAME_MAX_BYTES);
    const uint8_t *at = (const uint8_t *) name.data;
    uint64_t hash = channel_id, word = 0;
    size_t left = name.size_bytes;
    for (; left >= sizeof word; left -= sizeof word, at += sizeof word)
        hash = (hash ^ log_load_u64 (at)) * WRITER_MIX;
    log_put_bytes ((uint8_t *) &word, at, left);
    hash = (hash ^ word ^ name.size_bytes) * WRITER_MIX;
    return &self->latest[hash >> 32 & (WRITER_LATEST - 1)];
}

/*  Notes which message of the chunk the one at `start` is like: the last one of its object, or of
    its channel. */
static void writer_mark (log_writer_t *self, const writer_channel_t *channel, size_t start,
                         log_span_t object)
{
    base_assert (self != NULL);
    base_assert (start <= LOG_CHUNK_MAX_BYTES);
    const base_buffer_t *entries = &channel->entries;
    uint32_t *latest = writer_latest (self, channel->id, object);
    log_delta_mark_t mark = { (uint32_t) start, (uint32_t) start };
    if (*latest > 0)
        mark.like = *latest - 1;
    else if (entries->size_bytes > 0)
        mark.like = log_load_u32 (entries->data + entries->size_bytes - 8);
    *latest = (uint32_t) start + 1;
    BASE_LIST_PUT (&self->marks, mark);
}

/*  The body stands in the chunk already, behind room for its head at `start`. */
static void writer_commit (log_writer_t *self, writer_channel_t *channel, size_t start,
                           const log_envelope_t *envelope, log_span_t object)
{
    if (self->hasty)
        writer_mark (self, channel, start, object);
    base_assert (self->chunk.size_bytes >= start + WRITER_ENVELOPE_BYTES);
    base_buffer_t *entries = &channel->entries;
    base_assert (entries->capacity_bytes - entries->size_bytes >= LOG_ENTRY_BYTES);
    uint8_t *at = self->chunk.data + start;
    at = log_put_head (at, LOG_OP_MESSAGE, self->chunk.size_bytes - start - LOG_HEAD_BYTES);
    at = log_put_u16 (at, envelope->channel_id);
    at = log_put_u32 (at, envelope->sequence);
    at = log_put_u64 (at, envelope->log_time_ns);
    log_put_u64 (at, envelope->publish_time_ns);

    at = log_put_u64 (entries->data + entries->size_bytes, envelope->log_time_ns);
    log_put_u64 (at, start);
    entries->size_bytes += LOG_ENTRY_BYTES;
    base_assert (entries->size_bytes <= entries->capacity_bytes);

    if (self->chunk_messages == 0 || envelope->log_time_ns < self->chunk_start_ns)
        self->chunk_start_ns = envelope->log_time_ns;
    if (self->chunk_messages == 0 || envelope->log_time_ns > self->chunk_end_ns)
        self->chunk_end_ns = envelope->log_time_ns;
    self->chunk_messages++;
    self->statistics.messages++;
    channel->messages++;
}

mst_err_t log_writer_message (log_writer_t *self, uint16_t channel_id, const log_message_t *message,
                              uint64_t log_time_ns, uint64_t publish_time_ns)
{
    base_assert (self != NULL);
    base_assert (message != NULL);
    bool chained = self->chain.length > 0 && message->order == LOG_ORDER_TIME_STAMP;
    writer_channel_t *channel;
    log_sender_t *sender;

    mst_err_t err = writer_room (self, channel_id, &channel);
    if (!err)
        err = log_tally_sender (&self->tally, message->sender, &sender);
    if (!err && chained)
        err = log_chain_room (&self->chain, message->time);
    if (err)
        return err;
    /*  The body first: its length, which the head names, is known when it stands. */
    size_t start = self->chunk.size_bytes, body = start + WRITER_ENVELOPE_BYTES;
    self->chunk.size_bytes = body;
    err = log_message_encode (&self->chunk, message);
    if (err) {
        self->chunk.size_bytes = start;
        return err;
    }
    log_envelope_t envelope = { .channel_id = channel_id,
                                .sequence = (uint32_t) message->sequence,
                                .log_time_ns = log_time_ns,
                                .publish_time_ns = publish_time_ns };
    writer_commit (self, channel, start, &envelope, message->object);
    log_sender_count (sender, message->sequence);
    if (chained)
        log_chain_add (&self->chain, message->time,
                       log_chain_hash (channel->chain_seed, self->chunk.data + body,
                                       self->chunk.size_bytes - body),
                       log_time_ns);
    /*  The message stands. A chunk that cannot leave now is tried again by the next call. */
    return writer_close_full (self);
}

mst_err_t log_writer_copy (log_writer_t *self, const log_envelope_t *envelope,
                           const log_message_t *decoded)
{
    base_assert (self != NULL);
    base_assert (envelope != NULL);
    writer_channel_t *channel;
    log_sender_t *sender = NULL;

    if (envelope->body.size_bytes > LOG_MESSAGE_MAX_BYTES)
        return base_error (MST_E_LIMIT, "a message of %zu bytes; the recording takes %d",
                           envelope->body.size_bytes, LOG_MESSAGE_MAX_BYTES);
    mst_err_t err = writer_room (self, envelope->channel_id, &channel);
    if (!err && decoded)
        err = log_tally_sender (&self->tally, decoded->sender, &sender);
    if (!err)
        err = base_buffer_reserve (&self->chunk, WRITER_ENVELOPE_BYTES + envelope->body.size_bytes);
    if (err)
        return err;
    size_t start = self->chunk.size_bytes;
    log_put_bytes (self->chunk.data + start + WRITER_ENVELOPE_BYTES, envelope->body.data,
                   envelope->body.size_bytes);
    self->chunk.size_bytes += WRITER_ENVELOPE_BYTES + envelope->body.size_bytes;
    writer_commit (self, channel, start, envelope, decoded ? decoded->object : log_text (""));
    if (sender)
        log_sender_count (sender, decoded->sequence);
    return writer_close_full (self);
}

/*  The record's content stands in the chunk, behind room for its head at `start`. */
static void writer_commit_record (log_writer_t *self, uint8_t opcode, size_t start)
{
    base_assert (opcode >= LOG_OP_PRIVATE);
    (void) log_put_head (self->chunk.data + start, opcode,
                         self->chunk.size_bytes - start - LOG_HEAD_BYTES);
    if (log_record_known (opcode))
        self->records[opcode - LOG_RECORD_FIRST]++;
}

mst_err_t log_writer_record (log_writer_t *self, const log_record_t *record)
{
    base_assert (record != NULL);
    mst_err_t err = writer_ready (self);
    if (!err)
        err = base_buffer_reserve (&self->chunk, LOG_HEAD_BYTES);
    if (err)
        return err;
    size_t start = self->chunk.size_bytes;
    self->chunk.size_bytes += LOG_HEAD_BYTES;
    err = log_record_encode (&self->chunk, record);
    if (err) {
        self->chunk.size_bytes = start;
        return err;
    }
    writer_commit_record (self, record->opcode, start);
    return writer_close_full (self);
}

mst_err_t log_writer_copy_record (log_writer_t *self, uint8_t opcode, log_span_t content)
{
    base_assert (opcode >= LOG_OP_PRIVATE);
    if (content.size_bytes > LOG_RECORD_MAX_BYTES)
        return base_error (MST_E_LIMIT, "a record of %zu bytes; the recording takes %d",
                           content.size_bytes, LOG_RECORD_MAX_BYTES);
    mst_err_t err = writer_ready (self);
    if (!err)
        err = base_buffer_reserve (&self->chunk, LOG_HEAD_BYTES + content.size_bytes);
    if (err)
        return err;
    size_t start = self->chunk.size_bytes;
    log_put_bytes (self->chunk.data + start + LOG_HEAD_BYTES, content.data, content.size_bytes);
    self->chunk.size_bytes += LOG_HEAD_BYTES + content.size_bytes;
    writer_commit_record (self, opcode, start);
    return writer_close_full (self);
}

/*  Closes the chain below an interval. Room for a link is made before it is closed: a link that was
    taken from the chain cannot be put back. */
mst_err_t log_writer_close_chain (log_writer_t *self, int64_t end)
{
    base_assert (self != NULL);
    log_record_t record = { .opcode = LOG_RECORD_CHAIN };
    mst_err_t err = writer_ready (self);
    while (!err) {
        err = base_buffer_reserve (&self->chunk, LOG_HEAD_BYTES + WRITER_LINK_BYTES);
        if (err || !log_chain_close (&self->chain, end, &record.link, &record.log_time_ns))
            break;
        err = log_writer_record (self, &record);
    }
    return err;
}

mst_err_t log_writer_close_below (log_writer_t *self, int64_t time)
{
    base_assert (self != NULL);
    base_assert (!self->finished);
    if (self->chain.length == 0)
        return MST_OK;
    return log_writer_close_chain (self, log_chain_interval (&self->chain, time));
}

mst_err_t log_writer_attach (log_writer_t *self, const log_attachment_t *attachment)
{
    base_assert (attachment != NULL);
    uint8_t crc_bytes[sizeof attachment->crc];
    log_span_t data = attachment->data;

    if (data.size_bytes > LOG_ATTACHMENT_MAX_BYTES)
        return base_error (MST_E_LIMIT, "\"%.*s\" has %zu bytes; an attachment may have %d",
                           (int) (attachment->name.size_bytes & 0xff), attachment->name.data,
                           data.size_bytes, LOG_ATTACHMENT_MAX_BYTES);
    mst_err_t err = writer_ready (self);
    base_buffer_clear (&self->scratch);
    if (!err)
        err = log_build_attachment_head (&self->scratch, attachment);
    size_t head = self->scratch.size_bytes;
    log_attachment_index_t index = { .offset = self->offset,
                                     .length = head + data.size_bytes + sizeof crc_bytes,
                                     .log_time_ns = attachment->log_time_ns,
                                     .create_time_ns = attachment->create_time_ns,
                                     .data_bytes = data.size_bytes,
                                     .name = attachment->name,
                                     .media_type = attachment->media_type };
    if (!err)
        err = log_build_attachment_index (&self->groups[WRITER_ATTACHMENTS], &index);
    if (err)
        return err;
    uint32_t crc = log_crc32 (0, self->scratch.data + LOG_HEAD_BYTES, head - LOG_HEAD_BYTES);
    log_put_u32 (crc_bytes, log_crc32 (crc, data.data, data.size_bytes));
    err = log_writer_emit (self, self->scratch.data, head);
    if (!err && data.size_bytes > 0)
        err = log_writer_emit (self, data.data, data.size_bytes);
    if (!err)
        err = log_writer_emit (self, crc_bytes, sizeof crc_bytes);
    self->statistics.attachments++;
    return err;
}

bool log_writer_state_due (const log_writer_t *self, const log_state_t *state)
{
    base_assert (self != NULL);
    base_assert (state != NULL);
    uint64_t since = self->plain_bytes + self->chunk.size_bytes - self->stated_at;
    return since >= LOG_STATE_EVERY_BYTES && since / LOG_STATE_SHARE >= state->bytes &&
           state->bytes < LOG_STATE_MAX_BYTES;
}

mst_err_t log_writer_state (log_writer_t *self, const log_state_t *state,
                            const base_map_t *channels, const log_select_t *select,
                            uint64_t log_time_ns)
{
    base_assert (self != NULL);
    base_assert (state != NULL);
    base_buffer_t packed = { 0 };
    mst_err_t err = log_writer_flush (self);
    if (!err)
        err = log_state_pack (state, channels, select, log_time_ns, &self->codec, &packed);
    log_attachment_t attachment = { .log_time_ns = log_time_ns,
                                    .name = log_text (LOG_STATE_NAME),
                                    .media_type = log_text (LOG_STATE_MEDIA),
                                    .data = log_span (packed.data, packed.size_bytes) };
    if (!err)
        err = log_writer_attach (self, &attachment);
    base_buffer_fini (&packed);
    self->stated_at = self->plain_bytes;
    self->states += !err;
    return err;
}

mst_err_t log_writer_copy_metadata (log_writer_t *self, const log_metadata_t *metadata)
{
    base_assert (metadata != NULL);
    if (metadata->map.size_bytes + metadata->name.size_bytes > LOG_RECORD_MAX_BYTES)
        return base_error (MST_E_LIMIT, "metadata of %zu bytes; the recording takes %d",
                           metadata->map.size_bytes, LOG_RECORD_MAX_BYTES);
    mst_err_t err = writer_ready (self);
    base_buffer_clear (&self->scratch);
    if (!err)
        err = log_build_metadata (&self->scratch, metadata);
    log_metadata_index_t index = { self->offset, self->scratch.size_bytes, metadata->name };
    if (!err)
        err = log_build_metadata_index (&self->groups[WRITER_METADATA], &index);
    if (!err)
        err = log_writer_emit (self, self->scratch.data, self->scratch.size_bytes);
    if (!err)
        self->statistics.metadata++;
    return err;
}

mst_err_t log_writer_metadata (log_writer_t *self, log_span_t name, const log_pair_t *pairs,
                               size_t pair_count)
{
    base_assert (pairs != NULL || pair_count == 0);
    base_buffer_t map;
    mst_err_t err = MST_OK;

    base_buffer_init (&map);
    for (size_t i = 0; i < pair_count && !err; i++)
        err = log_build_pair (&map, pairs[i].key, pairs[i].value);
    log_metadata_t metadata = { name, log_span (map.data, map.size_bytes) };
    if (!err)
        err = log_writer_copy_metadata (self, &metadata);
    base_buffer_fini (&map);
    return err;
}

log_totals_t log_writer_totals (const log_writer_t *self)
{
    base_assert (self != NULL);
    log_totals_t totals = { .messages = self->statistics.messages,
                            .chunks = self->statistics.chunks,
                            .states = self->states,
                            .file_bytes = self->offset,
                            .open_bytes = self->chunk.size_bytes };
    for (size_t i = 0; i < sizeof self->records / sizeof self->records[0]; i++)
        totals.records += self->records[i];
    return totals;
}

mst_err_t log_time_of (int64_t time, int64_t start_ns, uint64_t unit_ns, uint64_t *log_time_ns)
{
    base_assert (log_time_ns != NULL);
    __extension__ typedef __int128 wide_t;
    wide_t value = (wide_t) start_ns + (wide_t) time * (wide_t) unit_ns;
    if (value < 0 || value > (wide_t) UINT64_MAX)
        return base_error (MST_E_INVALID_TIME,
                           "logical time %lld is %s of a recording: choose another start or unit",
                           (long long) time,
                           value < 0 ? "before 1970, the earliest time" : "beyond the latest time");
    *log_time_ns = (uint64_t) value;
    return MST_OK;
}
