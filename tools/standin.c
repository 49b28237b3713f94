/*  Two readings of the recording go side by side. One, in the order of the file, tells what the
    federate did and when: registrations, advances of time, points, results. The other, in the order
    of time, tells what it sent with time stamps; a message goes out just before the advance after
    which it could not be sent any more. Its lookahead is 0: so whatever the federate's was, each
    message is allowed, and whoever waits for it waits no longer than for the federate itself. */
#include "tools/standin_own.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

enum { FULL_TURNS_MAX = 6000 /* a receiver that takes nothing for two minutes is stuck */ };

/*  Sending ------------------------------------------------------------------------------------ */

static mst_err_t part_values (standin_t *self, const standin_channel_t *channel,
                              const log_message_t *message)
{
    for (uint32_t i = 0; i < message->value_count; i++) {
        const log_value_t *value = &message->values[i];
        if (value->index >= channel->handle_count)
            return base_error (MST_E_FILE_CORRUPT,
                               "%s: a message has a value that its class has "
                               "not",
                               self->path);
        self->values[i] = (mst_value_t){ channel->handles[value->index],
                                         (uint32_t) value->bytes.size_bytes, value->bytes.data };
    }
    return MST_OK;
}

static mst_err_t part_object (standin_t *self, log_span_t name, mst_object_t *object)
{
    uint64_t id;
    if (!base_names_get (&self->owned, name.data, name.size_bytes, &id))
        return base_error (MST_E_DIFFERS,
                           "\"%.*s\" does not have the object \"%.*s\" that it had in the recorded "
                           "run: another federate did not hand it over",
                           (int) self->name.size_bytes, self->name.data, (int) name.size_bytes,
                           name.data);
    object->id = id;
    return MST_OK;
}

static mst_err_t part_register (standin_t *self, const standin_channel_t *channel, log_span_t name)
{
    mst_object_t object;
    char *text = base_strndup (name.data, name.size_bytes);
    mst_err_t err =
        text ? mst_register (self->fed, (mst_class_t){ channel->class_id }, text, &object)
             : base_alloc_error ();
    base_free (text);
    if (!err)
        err = base_names_set (&self->owned, name.data, name.size_bytes, object.id);
    self->set_up += !err;
    return err;
}

static mst_err_t part_put (standin_t *self, const standin_channel_t *channel,
                           const log_message_t *message, mst_time_t time)
{
    mst_send_options_t options = { .tag = message->tag.data,
                                   .tag_size_bytes = message->tag.size_bytes };
    mst_object_t object = { 0 };
    if (message->kind == LOG_KIND_INTERACTION)
        return mst_send (self->fed, (mst_interaction_class_t){ channel->class_id }, self->values,
                         message->value_count, time, &options);
    mst_err_t err = part_object (self, message->object, &object);
    if (err)
        return err;
    if (message->kind == LOG_KIND_UPDATE)
        return mst_update (self->fed, object, self->values, message->value_count, time, &options);
    err = mst_delete (self->fed, object, time, &options);
    self->deletes -= !err && time == MST_TIME_NONE && self->deletes > 0;
    if (!err)
        (void) base_names_remove (&self->owned, message->object.data, message->object.size_bytes);
    return err;
}

static mst_err_t part_message (standin_t *self, uint16_t channel_id, const log_message_t *message,
                               mst_time_t time)
{
    uint64_t place;
    if (!base_map_get (&self->places, channel_id, &place) || message->kind == LOG_KIND_RETRACT)
        return MST_OK;
    const standin_channel_t *channel = &self->channels.items[place];
    if (message->kind == LOG_KIND_REGISTER)
        return part_register (self, channel, message->object);
    mst_err_t err = part_values (self, channel, message);
    if (!err)
        err = part_put (self, channel, message, time);
    for (int turns = 0; err == MST_E_LIMIT && turns < FULL_TURNS_MAX; turns++) {
        err = standin_turn (self); /* the receiver goes on meanwhile */
        if (!err)
            err = part_put (self, channel, message, time);
    }
    return err;
}

/*  With time stamps --------------------------------------------------------------------------- */

/*  Makes sure that the next one is there, unless there is none. */
static mst_err_t timed_ahead (standin_t *self)
{
    while (!self->has_ahead && !self->timed_ended) {
        log_envelope_t envelope;
        bool found;
        mst_err_t err = log_reader_next (self->reader, &envelope, &found);
        if (err)
            return err;
        self->timed_ended = !found;
        if (!found)
            break;
        base_buffer_clear (&self->ahead_body);
        err = base_buffer_append (&self->ahead_body, envelope.body.data, envelope.body.size_bytes);
        if (!err)
            err = log_message_decode (&self->ahead, self->ahead_body.data,
                                      self->ahead_body.size_bytes);
        if (err)
            return err;
        self->ahead_channel = envelope.channel_id;
        self->has_ahead = self->ahead.message.order == LOG_ORDER_TIME_STAMP &&
                          log_span_is (self->ahead.message.sender, self->name);
    }
    return MST_OK;
}

/*  Hands over what goes at a cut below `floor`. */
static mst_err_t timed_leavings (standin_t *self, int64_t floor)
{
    mst_err_t err = MST_OK;
    while (!err && self->next_leaving < self->leavings.count &&
           self->leavings.items[self->next_leaving].cut < floor) {
        const standin_leaving_t *leaving = &self->leavings.items[self->next_leaving++];
        mst_object_t object;
        mst_federate_id_t home;
        err = part_object (self, log_text (leaving->object), &object);
        if (!err)
            err = mst_federate_find (self->fed, leaving->to, &home);
        if (!err)
            err = mst_migrate (self->fed, object, home, leaving->cut, leaving->state.data,
                               leaving->state.size_bytes);
        if (!err)
            (void) base_names_remove (&self->owned, leaving->object, strlen (leaving->object));
    }
    return err;
}

/*  All that could not be sent any more at or above `floor`. Updates first: those at the cut itself
    are still the old home's. */
static mst_err_t timed_send (standin_t *self, int64_t floor)
{
    mst_err_t err = timed_ahead (self);
    while (!err && self->has_ahead && self->ahead.message.time < floor) {
        err = part_message (self, self->ahead_channel, &self->ahead.message,
                            self->ahead.message.time);
        self->has_ahead = false;
        if (!err)
            err = timed_ahead (self);
    }
    return err ? err : timed_leavings (self, floor);
}

/*  What it did -------------------------------------------------------------------------------- */

static mst_err_t part_switch (standin_t *self, bool regulation)
{
    mst_err_t err =
        regulation ? mst_enable_regulation (self->fed, 0) : mst_enable_constrained (self->fed);
    while (!err && !(regulation ? self->regulating : self->constrained))
        err = standin_turn (self);
    self->set_up += !err;
    standin_points (self);
    return err;
}

/*  The same kind of advance: what was granted by messages is asked for as a time. */
static mst_err_t part_grant (standin_t *self, const log_grant_t *grant)
{
    if (log_span_is (grant->kind, log_text ("enable time regulation")))
        return part_switch (self, true);
    if (log_span_is (grant->kind, log_text ("enable time constrained")))
        return part_switch (self, false);
    bool strict =
        log_span_is (grant->kind, log_text ("TAR")) || log_span_is (grant->kind, log_text ("NMR"));
    mst_time_t to = grant->granted;
    mst_err_t err = timed_send (self, strict ? to + 1 : to);
    if (!err)
        err = strict ? mst_time_advance_request (self->fed, to)
                     : mst_time_advance_request_available (self->fed, to);
    if (!err)
        err = mst_await_grant (self->fed, -1, &self->now);
    return err;
}

/*  Where the file says that it was reached, it is waited for. */
static mst_err_t part_point (standin_t *self)
{
    mst_err_t err = MST_OK;
    if (self->next_point >= self->points.count)
        return MST_OK;
    const standin_point_t *point = &self->points.items[self->next_point++];
    standin_points (self);
    while (!err && !point->synchronized)
        err = standin_turn (self);
    return err;
}

/*  Objects that were deleted without a time and not by now went with their federate. */
static mst_err_t part_resign (standin_t *self)
{
    mst_err_t err = timed_send (self, MST_TIME_NEVER);
    mst_resign_t action =
        self->deletes > 0 ? MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST : MST_RESIGN_DIVEST;
    return err ? err : mst_resign (&self->fed, action);
}

static mst_err_t part_federate (standin_t *self, const log_federate_t *federate)
{
    if (!log_span_is (federate->name, self->name))
        return MST_OK;
    bool lost = log_span_is (federate->event, log_text ("lost"));
    if (!lost && !log_span_is (federate->event, log_text ("resigned")))
        return MST_OK;
    self->ended = true;
    if (lost) {
        mst_abandon (&self->fed);
        return MST_OK;
    }
    return part_resign (self);
}

static mst_err_t part_result (standin_t *self, const log_result_t *result)
{
    if (!log_span_is (result->federate, self->name))
        return MST_OK;
    char *name = base_strndup (result->name.data, result->name.size_bytes);
    char *value = base_strndup (result->value.data, result->value.size_bytes);
    mst_err_t err = name && value ? mst_report (self->fed, name, value) : base_alloc_error ();
    base_free (name);
    base_free (value);
    return err;
}

static mst_err_t part_record (standin_t *self, const log_item_t *item)
{
    log_record_t record;
    tools_note_t note;
    if (!log_record_known (item->opcode) ||
        log_record_decode (&record, item->opcode, item->content.data, item->content.size_bytes))
        return MST_OK; /* the first look has read them all */
    switch (item->opcode) {
    case LOG_RECORD_FEDERATE: return part_federate (self, &record.federate);
    case LOG_RECORD_GRANT:
        return log_span_is (record.grant.federate, self->name) ? part_grant (self, &record.grant)
                                                               : MST_OK;
    case LOG_RECORD_RESULT: return part_result (self, &record.result);
    case LOG_RECORD_CONTROL:
        tools_note_read (&note, record.control.frame.data, record.control.frame.size_bytes);
        return note.kind == TOOLS_NOTE_SYNCHRONIZED ? part_point (self) : MST_OK;
    default: return MST_OK;
    }
}

/*  In receive order, or a registration: now, and without a time stamp. */
static mst_err_t part_received (standin_t *self, const log_envelope_t *envelope)
{
    mst_err_t err =
        log_message_decode (&self->decoded, envelope->body.data, envelope->body.size_bytes);
    const log_message_t *message = &self->decoded.message;
    if (err || message->order != LOG_ORDER_RECEIVE || !log_span_is (message->sender, self->name))
        return err;
    err = part_message (self, envelope->channel_id, message, MST_TIME_NONE);
    standin_points (self);
    return err;
}

static mst_err_t part_play (standin_t *self)
{
    bool found = true;
    mst_err_t err = MST_OK;
    log_walk_seek (&self->walk, LOG_MAGIC_BYTES);
    log_reader_seek (self->reader, 0, UINT64_MAX);
    while (!err && found && !self->ended) {
        log_item_t item;
        err = log_walk_next (&self->walk, &item, &found);
        if (!err && found && item.opcode == LOG_OP_MESSAGE)
            err = part_received (self, &item.message);
        else if (!err && found && item.opcode >= LOG_OP_PRIVATE)
            err = part_record (self, &item);
    }
    if (!err && !self->ended) /* it was there to the end */
        err = part_resign (self);
    return err;
}

mst_err_t tools_standin_run (const tools_standin_t *options)
{
    standin_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    mst_err_t err = standin_open (self, options->file, options->name);
    if (!err)
        err = standin_look (self);
    if (!err)
        err = standin_join (self, options);
    if (!err)
        err = part_play (self);
    if (self->fed.generation != 0)
        mst_abandon (&self->fed);
    standin_close (self);
    base_free (self);
    return err;
}
