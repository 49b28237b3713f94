/*  Message by message: it is waited for its moment, the time is brought to the message's, then it
   is sent as it was recorded. */
#include "tools/player_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/crew.h"

#include <string.h>

enum {
    LOOK_EVERY_MESSAGES = 256,
    FULL_TURNS_MAX = 3000 /* a receiver that takes nothing for a minute is stuck */
};

/*  Time --------------------------------------------------------------------------------------- */

/*  The time stamp that a message is sent with. What was received in receive order is sent so again.
 */
static mst_time_t player_stamp (const player_t *self, const log_message_t *message)
{
    bool timed = message->order == LOG_ORDER_TIME_STAMP && message->kind != LOG_KIND_REGISTER;
    return timed ? message->time + self->shift : MST_TIME_NONE;
}

/*  Lookahead 0: granted t, messages of t may be sent. */
static mst_err_t player_reach (player_t *self, const log_message_t *message, mst_time_t time)
{
    if (time == MST_TIME_NONE)
        return MST_OK;
    if (time < self->now)
        return base_error (MST_E_TIME_PASSED,
                           "a message of \"%.*s\" is stamped %lld, and the federation is at %lld "
                           "already: replay into one that has not begun",
                           (int) message->sender.size_bytes, message->sender.data, (long long) time,
                           (long long) self->now);
    if (self->first == MST_TIME_NONE)
        self->first = message->time;
    if (message->time > self->last)
        self->last = message->time;
    return time == self->now && self->played->last != MST_TIME_NONE ? MST_OK
                                                                    : player_advance (self, time);
}

/*  Sending ------------------------------------------------------------------------------------ */

/*  One try. MST_E_LIMIT: a receiver's queue is full. */
static mst_err_t player_put (player_t *self, const player_channel_t *channel, uint64_t id,
                             const log_message_t *message, mst_time_t time)
{
    mst_send_options_t options = { .tag = message->tag.data,
                                   .tag_size_bytes = message->tag.size_bytes };
    mst_err_t err;
    switch (message->kind) {
    case LOG_KIND_INTERACTION:
        err = mst_send (self->fed, (mst_interaction_class_t){ channel->class_id }, self->values,
                        message->value_count, time, &options);
        self->played->interactions += !err;
        return err;
    case LOG_KIND_UPDATE:
        err = mst_update (self->fed, (mst_object_t){ id }, self->values, message->value_count, time,
                          &options);
        self->played->updates += !err;
        return err;
    case LOG_KIND_DELETE: return player_delete (self, message->object, time, &options);
    case LOG_KIND_REGISTER: return MST_OK;
    case LOG_KIND_RETRACT: self->played->skipped++; return MST_OK;
    }
    return MST_OK;
}

static mst_err_t player_send (player_t *self, uint16_t channel_id, const log_message_t *message,
                              mst_time_t time)
{
    const player_channel_t *channel = player_channel_of (self, channel_id);
    uint64_t id = 0;
    mst_err_t err = player_values (self, channel, message);
    if (!err && (message->kind == LOG_KIND_REGISTER || message->kind == LOG_KIND_UPDATE))
        err = player_object (self, channel_id, message->object, &id);
    if (!err)
        err = player_reach (self, message, time);
    if (!err)
        err = player_put (self, channel, id, message, time);
    for (int turns = 0; err == MST_E_LIMIT && turns < FULL_TURNS_MAX; turns++) {
        err = player_turn (self, PLAYER_TURN_MS); /* the receiver goes on meanwhile */
        if (!err)
            err = player_put (self, channel, id, message, time);
    }
    return err ? err : log_state_apply (&self->world, channel_id, message);
}

/*  What concerns an object's being there is everybody's: who chose one sender sees the objects of
    which he sent values. */
static bool player_chooses (const player_t *self, const log_message_t *message)
{
    return message->kind == LOG_KIND_DELETE || log_select_sender (&self->select, message->sender);
}

static mst_err_t player_message (player_t *self, const log_envelope_t *envelope, bool *go)
{
    const log_message_t *message = &self->decoded.message;
    mst_err_t err =
        log_message_decode (&self->decoded, envelope->body.data, envelope->body.size_bytes);
    if (err)
        return base_error_prefix (MST_E_FILE_CORRUPT, "%s: ", self->options->file);
    if (!player_chooses (self, message))
        return MST_OK;
    mst_time_t time = player_stamp (self, message);
    err = player_pace (self, envelope, time, go);
    return err || !*go ? err : player_send (self, envelope->channel_id, message, time);
}

/*  The whole ---------------------------------------------------------------------------------- */

static void player_rewind (player_t *self)
{
    uint64_t until_ns = self->select.until_ns > 0 ? self->select.until_ns - 1 : UINT64_MAX;
    log_reader_seek (self->reader, self->select.from_ns, until_ns);
    log_reader_seek (self->scout, self->select.from_ns, until_ns);
}

static mst_err_t player_pass (player_t *self)
{
    bool found = true, go = true;
    mst_err_t err = MST_OK;
    while (!err && go) {
        log_envelope_t envelope;
        err = log_reader_next (self->reader, &envelope, &found);
        if (err || !found)
            break;
        if (player_channel_of (self, envelope.channel_id))
            err = player_message (self, &envelope, &go);
        if (!err && ++self->since >= LOOK_EVERY_MESSAGES)
            err = player_turn (self, 0);
    }
    self->played->passes += !err && !found;
    return err;
}

/*  Time goes on from one pass to the next: the time stamps of a further one are shifted. */
static mst_err_t player_again (player_t *self)
{
    log_moment_t moment;
    if (self->first != MST_TIME_NONE)
        self->shift += self->last - self->first + self->times.step;
    self->pace.begun = false;
    self->pace.instant_ns = 0;
    log_moment_init (&moment);
    mst_err_t err = player_begin_objects (self, &moment);
    if (!err)
        err = player_begin_values (self, &moment);
    log_moment_fini (&moment);
    return err;
}

static mst_err_t player_passes (player_t *self)
{
    uint32_t passes = self->options->passes;
    mst_err_t err = MST_OK;
    for (uint32_t pass = 0; !err && !self->pace.over && (passes == 0 || pass < passes); pass++) {
        if (pass > 0)
            err = player_again (self);
        player_rewind (self);
        if (!err)
            err = player_pass (self);
        if (!err) /* a recording of no messages, for ever, must end, too */
            err = player_turn (self, 0);
    }
    return err;
}

/*  The world is there before the others are waited for; its values when they listen. */
static mst_err_t player_begin (player_t *self)
{
    log_moment_t moment;
    int64_t started_ns = tools_now_ns ();
    log_moment_init (&moment);
    mst_err_t err = player_begin_objects (self, &moment);
    self->played->start_ns = tools_now_ns () - started_ns;
    if (!err)
        err = player_regulate (self);
    if (!err && self->options->told && (self->options->wait > 0 || self->options->point))
        self->options->told (self->options->user, "waits for the others");
    if (!err)
        err = player_meet (self);
    if (!err)
        err = player_begin_values (self, &moment);
    log_moment_fini (&moment);
    return err;
}

static mst_err_t player_all (player_t *self)
{
    mst_err_t err = player_open (self);
    if (!err)
        err = player_join (self);
    player_pace_init (self);
    if (!err) {
        player_rewind (self);
        err = player_begin (self);
    }
    int64_t started_ns = tools_now_ns ();
    if (!err)
        err = player_passes (self);
    self->played->wall_ns = tools_now_ns () - started_ns;
    return err ? err : self->err;
}

mst_err_t tools_play_check (const tools_player_options_t *options)
{
    player_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->options = options;
    mst_err_t err = player_open (self);
    player_close (self);
    base_free (self);
    return err;
}

mst_err_t tools_play (const tools_player_options_t *options, tools_played_t *played)
{
    static const tools_played_t nothing = { .last = MST_TIME_NONE };
    player_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    *played = nothing;
    self->options = options;
    self->played = played;
    self->first = MST_TIME_NONE;
    self->last = INT64_MIN;
    mst_err_t err = player_all (self);
    if (!err)
        err = mst_resign (&self->fed, MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST);
    else if (self->fed.generation != 0)
        mst_abandon (&self->fed);
    player_close (self);
    base_free (self);
    return err;
}
