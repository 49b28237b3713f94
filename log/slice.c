/*  One pass over the chunks that may hold something of the stretch, in the order of the file. */
#include "log/slice.h"
#include "log/copy.h"
#include "log/moment.h"
#include "log/reader_own.h"
#include "base/alloc.h"
#include "base/error.h"

typedef struct slice {
    log_reader_t *reader;
    const log_select_t *select;
    log_slice_t *report;
    log_writer_t *writer;
    base_map_t channels; /* that are kept */
    int64_t closed;      /* the chain was closed below this time */
    log_moment_t moment; /* the world at the beginning, then as it goes on */
    log_decoded_t decoded;
} slice_t;

static mst_err_t slice_channels (slice_t *self)
{
    base_assert (self != NULL);
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_channel_count (self->reader) && !err; i++) {
        const log_channel_t *channel = log_reader_channel_at (self->reader, i);
        if (!log_copy_is_ours (self->reader, channel) ||
            !log_select_class (self->select, channel->topic))
            continue;
        err = base_map_set (&self->channels, channel->id, 1);
        if (!err)
            err = log_copy_channel (self->reader, channel, channel->id, self->writer);
    }
    return err;
}

/*  The world at the beginning, as a state that stands just before it. */
static mst_err_t slice_state (slice_t *self)
{
    base_assert (self != NULL);
    uint64_t from_ns = self->select->from_ns;
    mst_err_t err = log_moment_at (&self->moment, self->reader, from_ns);
    self->report->objects = log_state_count (&self->moment.state);
    if (err || self->report->objects == 0)
        return err;
    base_assert (from_ns > 0); /* before 0 there is no message */
    return log_writer_state (self->writer, &self->moment.state, &self->channels, self->select,
                             from_ns - 1);
}

/*  Messages come in the order of time, near enough: what lies below them is closed. */
static mst_err_t slice_close (slice_t *self, const log_message_t *message)
{
    base_assert (message != NULL);
    if (message->order != LOG_ORDER_TIME_STAMP || message->time <= self->closed)
        return MST_OK;
    self->closed = message->time;
    return log_writer_close_below (self->writer, message->time);
}

static mst_err_t slice_message (slice_t *self, const log_envelope_t *envelope)
{
    base_assert (self != NULL);
    base_assert (envelope != NULL);
    uint64_t known;
    if (!base_map_get (&self->channels, envelope->channel_id, &known) ||
        !log_select_time (self->select, envelope->log_time_ns))
        return MST_OK;
    mst_err_t err =
        log_message_decode (&self->decoded, envelope->body.data, envelope->body.size_bytes);
    const log_message_t *message = &self->decoded.message;
    if (err)
        return base_error_prefix (MST_E_FILE_CORRUPT, "the recording: ");
    if (!log_select_sender (self->select, message->sender))
        return MST_OK;
    err = slice_close (self, message);
    if (!err)
        err = log_writer_message (self->writer, envelope->channel_id, message,
                                  envelope->log_time_ns, envelope->publish_time_ns);
    self->report->messages += !err;
    if (!err)
        err = log_state_apply (&self->moment.state, envelope->channel_id, message);
    if (!err && log_writer_state_due (self->writer, &self->moment.state))
        err = log_writer_state (self->writer, &self->moment.state, &self->channels, self->select,
                                envelope->log_time_ns);
    return err;
}

static mst_err_t slice_record (slice_t *self, const log_item_t *item)
{
    base_assert (self != NULL);
    log_cursor_t from = log_cursor (item->content.data, item->content.size_bytes);
    uint64_t log_time_ns = log_get_u64 (&from);
    if (from.bad || item->opcode == LOG_RECORD_CHAIN || /* the chain is made anew */
        !log_select_time (self->select, log_time_ns))
        return MST_OK;
    self->report->records++;
    return log_writer_copy_record (self->writer, item->opcode, item->content);
}

static mst_err_t slice_chunk (slice_t *self, const log_extent_t *extent)
{
    base_assert (self != NULL);
    base_assert (extent != NULL);
    log_item_t item;
    base_buffer_t plain = { 0 };
    mst_err_t err = log_walk_read (&self->reader->walk, extent->offset, &item);
    if (!err) { /* swap: the walk's own buffer may be used by others meanwhile */
        plain = self->reader->walk.plain;
        self->reader->walk.plain = (base_buffer_t){ 0 };
    }
    for (size_t position = 0; !err && position < plain.size_bytes;) {
        item = (log_item_t){ .offset = extent->offset, .length = extent->length };
        err = log_parse_inner (&item, log_span (plain.data, plain.size_bytes), position);
        if (err)
            break;
        position += LOG_HEAD_BYTES + item.content.size_bytes;
        if (item.opcode == LOG_OP_MESSAGE)
            err = slice_message (self, &item.message);
        else if (item.opcode >= LOG_OP_PRIVATE)
            err = slice_record (self, &item);
    }
    base_buffer_fini (&plain);
    return err;
}

/*  A chunk without messages has no times, but may have records. */
static bool slice_wants (const slice_t *self, const log_extent_t *extent)
{
    base_assert (extent->start_ns <= extent->end_ns);
    const log_select_t *select = self->select;
    return extent->end_ns == 0 || (extent->end_ns >= select->from_ns &&
                                   (select->until_ns == 0 || extent->start_ns < select->until_ns));
}

static mst_err_t slice_all (slice_t *self, const log_pair_t *told, size_t told_count,
                            log_sink_t sink)
{
    base_assert (self != NULL);
    log_writer_options_t options = { 0 };
    mst_err_t err = log_copy_interval (self->reader, &options.chain_interval);
    if (!err)
        err = log_writer_new (&self->writer, &options, sink);
    if (!err)
        err = slice_channels (self);
    if (!err)
        err = log_copy_attachments (self->reader, self->writer, NULL);
    if (!err)
        err = log_copy_metadata (self->reader, self->writer, NULL);
    if (!err)
        err = log_writer_metadata (self->writer, log_text (LOG_METADATA_SLICE), told, told_count);
    if (!err)
        err = slice_state (self);
    for (size_t i = 0; !err && i < log_reader_chunk_count (self->reader); i++)
        if (slice_wants (self, log_reader_chunk_at (self->reader, i)))
            err = slice_chunk (self, log_reader_chunk_at (self->reader, i));
    return err ? err : log_writer_finish (self->writer);
}

mst_err_t log_slice (log_reader_t *reader, const log_select_t *select, const log_pair_t *told,
                     size_t told_count, log_sink_t sink, log_slice_t *report)
{
    base_assert (reader != NULL);
    base_assert (select != NULL);
    base_assert (report != NULL);
    *report = (log_slice_t){ 0 };
    slice_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->reader = reader;
    self->select = select;
    self->report = report;
    self->closed = INT64_MIN;
    base_map_init (&self->channels);
    log_moment_init (&self->moment);
    mst_err_t err = slice_all (self, told, told_count, sink);
    log_writer_destroy (&self->writer);
    log_moment_fini (&self->moment);
    base_map_fini (&self->channels);
    base_free (self);
    return err;
}
