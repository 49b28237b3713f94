/*  Message by message: the time is brought to the message's, then it is sent as it was recorded. */
#include "tools/player_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/crew.h"

#include <string.h>

enum {
    TURN_MS = 20,
    LOOK_EVERY_MESSAGES = 256,
    FULL_TURNS_MAX = 3000 /* a receiver that takes nothing for a minute is stuck */
};

/*  Time --------------------------------------------------------------------------------------- */

/*  Lookahead 0: granted t, messages of t may be sent. */
static mst_err_t player_advance (player_t *self, mst_time_t to)
{
    mst_time_t granted = to;
    mst_err_t err = mst_time_advance_request_available (self->fed, to);
    if (!err)
        err = mst_await_grant (self->fed, -1, &granted);
    if (!err)
        self->now = self->played->last = granted;
    return err;
}

/*  The time stamp that a message is sent with. What was received in receive order is sent so again.
 */
static mst_err_t player_time (player_t *self, const log_message_t *message, mst_time_t *time)
{
    *time = MST_TIME_NONE;
    if (message->order != LOG_ORDER_TIME_STAMP)
        return MST_OK;
    *time = message->time;
    if (message->time < self->now)
        return base_error (MST_E_TIME_PASSED,
                           "a message of \"%.*s\" is stamped %lld, and the federation is at %lld "
                           "already: replay into one that has not begun",
                           (int) message->sender.size_bytes, message->sender.data,
                           (long long) message->time, (long long) self->now);
    if (message->time == self->now && self->played->last != MST_TIME_NONE)
        return MST_OK;
    return player_advance (self, message->time);
}

/*  Sending ------------------------------------------------------------------------------------ */

static mst_err_t player_values (player_t *self, const player_channel_t *channel,
                                const log_message_t *message)
{
    for (uint32_t i = 0; i < message->value_count; i++) {
        const log_value_t *value = &message->values[i];
        if (value->index >= channel->handle_count)
            return base_error (MST_E_FILE_CORRUPT,
                               "%s: a message has a value %u, its class only %u",
                               self->options->file, value->index, channel->handle_count);
        self->values[i] = (mst_value_t){ channel->handles[value->index],
                                         (uint32_t) value->bytes.size_bytes, value->bytes.data };
    }
    return MST_OK;
}

static mst_err_t player_register (player_t *self, const player_channel_t *channel,
                                  const log_message_t *message)
{
    char name[LOG_NAME_MAX_BYTES + 1];
    mst_object_t object;
    uint64_t standing;
    if (!base_names_get (&self->objects, message->object.data, message->object.size_bytes,
                         &standing)) {
        self->played->skipped++;
        return MST_OK;
    }
    if (standing != 0)
        return MST_OK; /* discovered a second time */
    memcpy (name, message->object.data, message->object.size_bytes);
    name[message->object.size_bytes] = '\0';
    mst_err_t err = mst_register (self->fed, (mst_class_t){ channel->class_id }, name, &object);
    self->played->objects += !err;
    return err ? err
               : base_names_set (&self->objects, message->object.data, message->object.size_bytes,
                                 object.id);
}

static mst_err_t player_delete (player_t *self, mst_object_t object, const log_message_t *message,
                                mst_time_t time, const mst_send_options_t *options)
{
    mst_err_t err = mst_delete (self->fed, object, time, options);
    self->played->deletes += !err;
    return err ? err
               : base_names_set (&self->objects, message->object.data, message->object.size_bytes,
                                 0);
}

/*  One try. MST_E_LIMIT: a receiver's queue is full. */
static mst_err_t player_put (player_t *self, const player_channel_t *channel,
                             const log_message_t *message, mst_time_t time)
{
    mst_send_options_t options = { .tag = message->tag.data,
                                   .tag_size_bytes = message->tag.size_bytes };
    uint64_t id = 0;
    mst_err_t err;
    if (message->kind == LOG_KIND_INTERACTION) {
        err = mst_send (self->fed, (mst_interaction_class_t){ channel->class_id }, self->values,
                        message->value_count, time, &options);
        self->played->interactions += !err;
        return err;
    }
    if (!base_names_get (&self->objects, message->object.data, message->object.size_bytes, &id) ||
        id == 0) {
        self->played->skipped++;
        return MST_OK;
    }
    if (message->kind == LOG_KIND_DELETE)
        return player_delete (self, (mst_object_t){ id }, message, time, &options);
    err = mst_update (self->fed, (mst_object_t){ id }, self->values, message->value_count, time,
                      &options);
    self->played->updates += !err;
    return err;
}

static mst_err_t player_message (player_t *self, const player_channel_t *channel,
                                 const log_message_t *message)
{
    mst_time_t time;
    if (message->kind == LOG_KIND_REGISTER)
        return player_register (self, channel, message);
    if (message->kind == LOG_KIND_RETRACT) {
        self->played->skipped++;
        return MST_OK;
    }
    mst_err_t err = player_values (self, channel, message);
    if (!err)
        err = player_time (self, message, &time);
    if (err)
        return err;
    err = player_put (self, channel, message, time);
    for (int turns = 0; err == MST_E_LIMIT && turns < FULL_TURNS_MAX; turns++) {
        err = player_turn (self, TURN_MS); /* the receiver goes on meanwhile */
        if (!err)
            err = player_put (self, channel, message, time);
    }
    return err;
}

/*  The whole ---------------------------------------------------------------------------------- */

static mst_err_t player_messages (player_t *self)
{
    bool found = true;
    mst_err_t err = MST_OK;
    log_reader_seek (self->reader, 0, UINT64_MAX);
    while (!err) {
        log_envelope_t envelope;
        uint64_t place;
        err = log_reader_next (self->reader, &envelope, &found);
        if (err || !found)
            break;
        if (!base_map_get (&self->places, envelope.channel_id, &place))
            continue;
        err = log_message_decode (&self->decoded, envelope.body.data, envelope.body.size_bytes);
        if (!err)
            err = player_message (self, &self->channels.items[place], &self->decoded.message);
        if (!err && ++self->since >= LOOK_EVERY_MESSAGES)
            err = player_turn (self, 0);
    }
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
    mst_err_t err = player_open (self);
    if (!err)
        err = player_join (self);
    int64_t started_ns = tools_now_ns ();
    if (!err)
        err = player_messages (self);
    played->wall_ns = tools_now_ns () - started_ns;
    if (!err)
        err = mst_resign (&self->fed, MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST);
    else if (self->fed.generation != 0)
        mst_abandon (&self->fed);
    player_close (self);
    base_free (self);
    return err;
}
