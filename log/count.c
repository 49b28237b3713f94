/*  Instant by instant: what the first has counts up, what the second has counts down, by the hash
   of what a message says. */
#include "log/count.h"
#include "log/chain.h"
#include "log/copy.h"
#include "log/message.h"
#include "base/alloc.h"
#include "base/error.h"

typedef struct count_side {
    log_reader_t *reader;
    const char *name;
    log_envelope_t ahead;
    bool waiting, ended;
    uint64_t *received;
} count_side_t;

typedef struct count {
    count_side_t sides[2];
    log_counts_t *out;
    base_map_t balance; /* content → how many more the first has, as a signed number */
    uint64_t messages;  /* of this instant, both */
    base_buffer_t scratch;
    log_decoded_t decoded;
} count_t;

static mst_err_t count_look_ahead (count_side_t *side)
{
    base_assert (side != NULL);
    if (side->waiting || side->ended)
        return MST_OK;
    mst_err_t err = log_reader_next (side->reader, &side->ahead, &side->waiting);
    side->ended = !err && !side->waiting;
    return err ? base_error_prefix (err, "%s recording: ", side->name) : MST_OK;
}

/*  What the message says, without its number. */
static mst_err_t count_content (count_t *self, const log_channel_t *channel, uint64_t *content)
{
    base_assert (self != NULL);
    base_assert (channel != NULL);
    log_message_t message = self->decoded.message;
    message.sequence = 0;
    base_buffer_clear (&self->scratch);
    mst_err_t err = log_message_encode (&self->scratch, &message);
    if (!err)
        *content =
            log_hash (self->scratch.data, self->scratch.size_bytes, log_chain_seed (channel->topic))
                .low;
    return err;
}

static mst_err_t count_message (count_t *self, count_side_t *side, int step)
{
    base_assert (side != NULL);
    base_assert (step == 1 || step == -1);
    const log_envelope_t *envelope = &side->ahead;
    const log_channel_t *channel = log_reader_channel (side->reader, envelope->channel_id);
    uint64_t content = 0, balance = 0;
    if (!channel || !log_copy_is_ours (side->reader, channel))
        return MST_OK;
    mst_err_t err =
        log_message_decode (&self->decoded, envelope->body.data, envelope->body.size_bytes);
    if (err)
        return base_error_prefix (MST_E_FILE_CORRUPT, "%s recording: ", side->name);
    if (self->decoded.message.order != LOG_ORDER_TIME_STAMP) {
        (*side->received)++;
        return MST_OK;
    }
    err = count_content (self, channel, &content);
    if (err)
        return err;
    self->messages++;
    (void) base_map_get (&self->balance, content, &balance);
    return base_map_set (&self->balance, content, (uint64_t) ((int64_t) balance + step));
}

static mst_err_t count_instant (count_t *self, uint64_t instant_ns)
{
    base_assert (self != NULL);
    mst_err_t err = MST_OK;
    uint64_t only[2] = { 0, 0 };
    base_map_clear (&self->balance);
    self->messages = 0;
    for (int i = 0; i < 2 && !err; i++) {
        count_side_t *side = &self->sides[i];
        while (!err && side->waiting && side->ahead.log_time_ns == instant_ns) {
            err = count_message (self, side, i == 0 ? 1 : -1);
            side->waiting = false;
            if (!err)
                err = count_look_ahead (side);
        }
    }
    BASE_MAP_EACH (&self->balance, entry) {
        int64_t balance = (int64_t) entry->value;
        only[balance < 0] += (uint64_t) (balance < 0 ? -balance : balance);
    }
    base_assert (self->messages >= only[0] + only[1]);
    self->out->only_first += only[0];
    self->out->only_second += only[1];
    self->out->same += (self->messages - only[0] - only[1]) / 2;
    return err;
}

static mst_err_t count_all (count_t *self)
{
    base_assert (self != NULL);
    for (;;) {
        mst_err_t err = count_look_ahead (&self->sides[0]);
        if (!err)
            err = count_look_ahead (&self->sides[1]);
        if (err || (self->sides[0].ended && self->sides[1].ended))
            return err;
        uint64_t instant_ns = UINT64_MAX;
        for (int i = 0; i < 2; i++)
            if (self->sides[i].waiting && self->sides[i].ahead.log_time_ns < instant_ns)
                instant_ns = self->sides[i].ahead.log_time_ns;
        err = count_instant (self, instant_ns);
        if (err)
            return err;
    }
}

mst_err_t log_count_differences (log_reader_t *first, log_reader_t *second, uint64_t from_ns,
                                 uint64_t until_ns, log_counts_t *counts)
{
    base_assert (first != NULL);
    base_assert (second != NULL);
    base_assert (counts != NULL);
    *counts = (log_counts_t){ 0 };
    count_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->out = counts;
    self->sides[0] = (count_side_t){ first, "first", .received = &counts->received[0] };
    self->sides[1] = (count_side_t){ second, "second", .received = &counts->received[1] };
    base_map_init (&self->balance);
    log_reader_seek (first, from_ns, until_ns > 0 ? until_ns : UINT64_MAX);
    log_reader_seek (second, from_ns, until_ns > 0 ? until_ns : UINT64_MAX);
    mst_err_t err = count_all (self);
    base_map_fini (&self->balance);
    base_buffer_fini (&self->scratch);
    base_free (self);
    return err;
}
