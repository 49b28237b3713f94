#include "log/moment.h"
#include "log/class.h"
#include "log/reader_own.h"
#include "base/alloc.h"
#include "base/error.h"

void log_moment_init (log_moment_t *self)
{
    base_assert (self != NULL);
    *self = (log_moment_t){ 0 };
    log_state_init (&self->state);
}

void log_moment_fini (log_moment_t *self)
{
    base_assert (self != NULL);
    log_state_fini (&self->state);
}

static bool moment_is_state (const log_attachment_index_t *index, uint64_t before_ns)
{
    base_assert (index != NULL);
    return index->log_time_ns < before_ns && log_span_is (index->name, log_text (LOG_STATE_NAME));
}

/*  The last state before the moment, or the one before it when that one is damaged. */
static mst_err_t moment_begin (log_moment_t *self, log_reader_t *reader, uint64_t before_ns)
{
    base_assert (self != NULL);
    base_assert (reader != NULL);
    for (size_t i = log_reader_attachment_count (reader); i-- > 0;) {
        const log_attachment_index_t *index = log_reader_attachment_at (reader, i);
        log_attachment_t attachment;
        if (!moment_is_state (index, before_ns))
            continue;
        mst_err_t err = log_reader_attachment (reader, i, &attachment);
        if (!err)
            err = log_state_unpack (&self->state, &reader->walk.codec, attachment.data);
        if (!err)
            self->since_ns = index->log_time_ns;
        if (!err || !log_walk_can_go_on (err))
            return err;
    }
    log_state_clear (&self->state);
    return MST_OK;
}

static bool moment_is_ours (const log_reader_t *reader, uint16_t channel_id)
{
    base_assert (reader != NULL);
    const log_channel_t *channel = log_reader_channel (reader, channel_id);
    return channel && log_span_is (channel->encoding, log_text (LOG_MESSAGE_ENCODING));
}

static mst_err_t moment_take (log_moment_t *self, log_reader_t *reader, log_decoded_t *decoded)
{
    base_assert (self != NULL);
    base_assert (decoded != NULL);
    for (;;) {
        log_envelope_t message;
        bool found;
        mst_err_t err = log_reader_next (reader, &message, &found);
        if (err && log_walk_can_go_on (err))
            continue;
        if (err || !found)
            return err;
        if (!moment_is_ours (reader, message.channel_id))
            continue;
        err = log_message_decode (decoded, message.body.data, message.body.size_bytes);
        if (!err)
            err = log_state_apply (&self->state, message.channel_id, &decoded->message);
        if (err)
            return err == MST_E_MALFORMED ? MST_E_FILE_CORRUPT : err;
        self->messages++;
    }
}

mst_err_t log_moment_at (log_moment_t *self, log_reader_t *reader, uint64_t before_ns)
{
    base_assert (self != NULL);
    base_assert (reader != NULL);
    self->since_ns = self->messages = 0;
    log_state_clear (&self->state);
    if (before_ns == 0)
        return MST_OK;
    log_decoded_t *decoded = base_alloc (sizeof *decoded);
    if (!decoded)
        return base_alloc_error ();
    mst_err_t err = moment_begin (self, reader, before_ns);
    log_reader_seek (reader, self->since_ns, before_ns - 1);
    if (!err)
        err = moment_take (self, reader, decoded);
    base_free (decoded);
    return err;
}
