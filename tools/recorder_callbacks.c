/*  What comes from the federation goes to the file, one function per callback. */
#include "tools/recorder_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/crew.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    FLUSH_NS = 80000000, /* a killed recorder loses less than a tenth of a second */
    CLOCK_EVERY_MESSAGES = 64,
    WALL_EVERY_MESSAGES = 16
};

void recorder_fail (recorder_t *self, mst_err_t err)
{
    if (!err || self->err)
        return;
    self->err = err;
    (void) snprintf (self->text, sizeof self->text, "%s", mst_error_text ());
}

static uint64_t wall_ns (void)
{
    struct timespec now;
    base_assert (clock_gettime (CLOCK_REALTIME, &now) == 0);
    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

/*  When a message came. Of those that are in hand at once the first, and then every sixteenth, asks
    the clock: the others came within a few microseconds. */
static uint64_t recorder_wall (recorder_t *self)
{
    if (self->wall_messages == 0)
        self->wall_ns = wall_ns ();
    self->wall_messages = (self->wall_messages + 1) % WALL_EVERY_MESSAGES;
    return self->wall_ns;
}

void recorder_flush_due (recorder_t *self)
{
    int64_t now_ns = tools_now_ns ();
    self->messages_since = 0;
    if (self->err || now_ns - self->flushed_ns < FLUSH_NS)
        return;
    self->flushed_ns = now_ns;
    recorder_fail (self, log_writer_flush (self->writer));
    if (!self->err)
        tools_sink_mark (&self->sink);
}

/*  Senders ------------------------------------------------------------------------------------ */

/*  The sender of that id, made when it is new; NULL: no memory, which is noted. */
static recorder_sender_t *recorder_sender (recorder_t *self, mst_federate_id_t id, const char *name)
{
    uint64_t place;
    if (base_map_get (&self->senders, id.id, &place))
        return &self->sender_list.items[place];
    recorder_sender_t fresh = { .name = base_strdup (name ? name : "") };
    if (!fresh.name || BASE_LIST_ROOM (&self->sender_list) ||
        base_map_set (&self->senders, id.id, self->sender_list.count)) {
        base_free (fresh.name);
        recorder_fail (self, base_alloc_error ());
        return NULL;
    }
    BASE_LIST_PUT (&self->sender_list, fresh);
    return &self->sender_list.items[self->sender_list.count - 1];
}

/*  A state holds all that stands before it in the file: it stands where the run had come to. */
void recorder_state_due (recorder_t *self)
{
    mst_time_t come_to = self->now > self->delivered ? self->now : self->delivered;
    uint64_t log_time_ns;
    if (self->err || !log_writer_state_due (self->writer, &self->state))
        return;
    mst_err_t err =
        log_time_of (come_to, self->options->start_ns, self->options->unit_ns, &log_time_ns);
    if (!err)
        err = log_writer_state (self->writer, &self->state, NULL, NULL, log_time_ns);
    if (err == MST_E_LIMIT) /* a world too large for a state is recorded all the same */
        err = MST_OK;
    recorder_fail (self, err);
    if (!self->err)
        tools_sink_mark (&self->sink);
}

/*  Where something stands in the file's time. What is not in the order of time stands where the run
   had come to, so that a replay by time keeps it behind what came before it. */
static uint64_t recorder_log_time (recorder_t *self, mst_time_t time)
{
    uint64_t log_time_ns = 0;
    mst_time_t come_to = self->now > self->delivered ? self->now : self->delivered;
    recorder_fail (self,
                   log_time_of (time == MST_TIME_NONE ? come_to : time, self->options->start_ns,
                                self->options->unit_ns, &log_time_ns));
    return log_time_ns;
}

/*  Messages ----------------------------------------------------------------------------------- */

static void recorder_write (recorder_t *self, uint32_t channel, log_message_t *message,
                            const mst_reception_t *from)
{
    recorder_sender_t *sender = recorder_sender (self, from->sender, from->sender_name);
    if (self->err || !sender || channel == RECORDER_NO_CHANNEL)
        return;
    message->has_time = from->time != MST_TIME_NONE;
    message->time = message->has_time ? from->time : 0;
    message->order = from->order == MST_ORDER_TIMESTAMP ? LOG_ORDER_TIME_STAMP : LOG_ORDER_RECEIVE;
    message->sequence =
        message->order == LOG_ORDER_TIME_STAMP ? ++sender->timed : ++sender->untimed;
    message->sender = log_text (sender->name);
    message->tag = log_span (from->tag, from->tag_size_bytes);
    if (from->order == MST_ORDER_TIMESTAMP && from->time > self->delivered)
        self->delivered = from->time;
    uint64_t log_time_ns =
        recorder_log_time (self, from->order == MST_ORDER_TIMESTAMP ? from->time : MST_TIME_NONE);
    if (!self->err)
        recorder_fail (self, log_writer_message (self->writer, (uint16_t) channel, message,
                                                 log_time_ns, recorder_wall (self)));
    if (++self->messages_since >= CLOCK_EVERY_MESSAGES)
        recorder_flush_due (self);
}

/*  Values by their place in the schema; `first` is the handle of the first member there. */
static bool recorder_values (recorder_t *self, const mst_reception_t *from, uint32_t first,
                             log_message_t *message)
{
    uint32_t count = 0;
    if (from->value_count > LOG_VALUES_MAX)
        recorder_fail (self, base_error (MST_E_LIMIT,
                                         "a message of \"%s\" has %zu values; %d can be recorded",
                                         from->sender_name, from->value_count, LOG_VALUES_MAX));
    if (self->err)
        return false;
    for (size_t i = 0; i < from->value_count; i++) {
        const mst_value_t *value = &from->values[i];
        if (value->handle >= first)
            self->values[count++] =
                (log_value_t){ value->handle - first, log_span (value->data, value->size_bytes) };
    }
    log_message_sort (self->values, count);
    message->values = self->values;
    message->value_count = count;
    return true;
}

static uint32_t object_channel (const recorder_t *self, mst_class_t of)
{
    return of.id < self->object_channels.count ? self->object_channels.items[of.id]
                                               : RECORDER_NO_CHANNEL;
}

static recorder_object_t *object_of (const recorder_t *self, mst_object_t object)
{
    return base_map_pointer (&self->objects, object.id);
}

static log_span_t object_name (const recorder_t *self, const recorder_object_t *object,
                               mst_object_t id)
{
    return object ? log_span (object->name, object->name_bytes)
                  : log_text (mst_object_name (self->fed, id));
}

static void object_free (recorder_object_t *object)
{
    if (object && object->state)
        object->state->holder = NULL;
    if (object)
        base_free (object->name);
    base_free (object);
}

/*  Makes the object known; NULL: no memory, which is noted. */
static recorder_object_t *object_add (recorder_t *self, const mst_discovery_t *discovery)
{
    recorder_object_t *object = base_calloc (1, sizeof *object);
    if (object)
        object->name = base_strdup (discovery->name);
    object_free (object_of (self, discovery->object));
    if (!object || !object->name ||
        base_map_set_pointer (&self->objects, discovery->object.id, object)) {
        object_free (object);
        (void) base_map_remove (&self->objects, discovery->object.id);
        recorder_fail (self, base_alloc_error ());
        return NULL;
    }
    object->name_bytes = strlen (object->name);
    return object;
}

/*  States go by name, as a reader does. A name can have a new object while the end of the old one
   is still on its way. */
static void state_register (recorder_t *self, recorder_object_t *object, uint16_t channel,
                            const log_message_t *message)
{
    log_state_object_t *state = NULL;
    mst_err_t err = log_state_register (&self->state, channel, message, &state);
    if (!err && state->holder)
        ((recorder_object_t *) state->holder)->state = NULL;
    if (!err)
        state->holder = object;
    object->state = state;
    recorder_fail (self, err);
}

static void state_remove (recorder_t *self, log_span_t name)
{
    log_state_object_t *state = log_state_find (&self->state, name);
    if (state && state->holder)
        ((recorder_object_t *) state->holder)->state = NULL;
    if (state)
        log_state_remove (&self->state, state);
}

static void on_discovered (void *user, mst_federate_t fed, const mst_discovery_t *discovery)
{
    recorder_t *self = user;
    (void) fed;
    recorder_object_t *object = object_add (self, discovery);
    uint32_t channel = object_channel (self, discovery->object_class);
    if (!object)
        return;
    log_message_t message = { .kind = LOG_KIND_REGISTER,
                              .object = log_span (object->name, object->name_bytes) };
    mst_reception_t from = { .sender = discovery->producer,
                             .sender_name = discovery->producer_name,
                             .time = MST_TIME_NONE,
                             .order = MST_ORDER_RECEIVE };
    recorder_write (self, channel, &message, &from);
    if (!self->err && channel != RECORDER_NO_CHANNEL)
        state_register (self, object, (uint16_t) channel, &message);
}

static void on_reflected (void *user, mst_federate_t fed, const mst_reception_t *update)
{
    recorder_t *self = user;
    recorder_object_t *object = object_of (self, update->object);
    log_message_t message = { .kind = LOG_KIND_UPDATE,
                              .object = object_name (self, object, update->object) };
    (void) fed;
    if (!recorder_values (self, update, 2, &message))
        return;
    recorder_write (self, object_channel (self, update->object_class), &message, update);
    if (!self->err && object && object->state)
        recorder_fail (self, log_state_update (&self->state, object->state, &message));
}

static void on_received (void *user, mst_federate_t fed, const mst_reception_t *interaction)
{
    recorder_t *self = user;
    log_message_t message = { .kind = LOG_KIND_INTERACTION };
    uint32_t id = interaction->interaction.id;
    (void) fed;
    if (id < self->interaction_channels.count && recorder_values (self, interaction, 1, &message))
        recorder_write (self, self->interaction_channels.items[id], &message, interaction);
}

static void on_removed (void *user, mst_federate_t fed, const mst_reception_t *removal)
{
    recorder_t *self = user;
    recorder_object_t *object = object_of (self, removal->object);
    log_message_t message = { .kind = LOG_KIND_DELETE,
                              .object = object_name (self, object, removal->object) };
    (void) fed;
    recorder_write (self, object_channel (self, removal->object_class), &message, removal);
    state_remove (self, message.object);
    object_free (object);
    (void) base_map_remove (&self->objects, removal->object.id);
}

/*  Migrations --------------------------------------------------------------------------------- */

static void batch_note (recorder_t *self, const tools_note_t *note)
{
    recorder_batch_t batch = { .from = note->federate,
                               .number = note->sequence,
                               .cut = note->time,
                               .committed = note->text.size_bytes == 0,
                               .to = base_strndup (note->name.data, note->name.size_bytes) };
    if (batch.to && !BASE_LIST_PUSH (&self->batches, batch))
        return;
    base_free (batch.to);
    recorder_fail (self, base_alloc_error ());
}

/*  All states up to the granted time have come. */
static void batches_forget (recorder_t *self, mst_time_t granted)
{
    for (size_t i = self->batches.count; i-- > 0;) {
        if (self->batches.items[i].cut > granted)
            continue;
        base_free (self->batches.items[i].to);
        self->batches.items[i] = self->batches.items[--self->batches.count];
    }
}

static void on_migrated_in (void *user, mst_federate_t fed, const mst_migration_t *migration)
{
    recorder_t *self = user;
    const recorder_batch_t *batch = NULL;
    uint64_t place;
    (void) fed;
    for (size_t i = 0; i < self->batches.count && !batch; i++)
        if (self->batches.items[i].from == migration->old_home.id &&
            self->batches.items[i].number == migration->epoch)
            batch = &self->batches.items[i];
    if (self->err || !batch || !base_map_get (&self->senders, migration->old_home.id, &place))
        return;
    log_record_t record = {
        .opcode = LOG_RECORD_MIGRATION,
        .log_time_ns = recorder_log_time (self, migration->cut),
        .publish_time_ns = wall_ns (),
        .migration = { .object = object_name (self, object_of (self, migration->object),
                                              migration->object),
                       .from = log_text (self->sender_list.items[place].name),
                       .to = log_text (batch->to),
                       .cut = migration->cut,
                       .epoch = batch->number,
                       .decision = log_text (batch->committed ? "commit" : "abort"),
                       .state = log_span (migration->state, migration->state_size_bytes) }
    };
    if (!self->err)
        recorder_fail (self, log_writer_record (self->writer, &record));
}

/*  Time --------------------------------------------------------------------------------------- */

static void on_constrained (void *user, mst_federate_t fed, mst_time_t time)
{
    recorder_t *self = user;
    (void) fed;
    self->constrained = true;
    self->now = time;
}

static void on_granted (void *user, mst_federate_t fed, mst_time_t time)
{
    recorder_t *self = user;
    (void) fed;
    self->advancing = false;
    self->now = time;
    if (!self->err && time < MST_TIME_NEVER)
        recorder_fail (self, log_writer_close_below (self->writer, time + 1));
    batches_forget (self, time);
    recorder_state_due (self);
}

/*  The others --------------------------------------------------------------------------------- */

static void on_announced (void *user, mst_federate_t fed, const char *label, const void *tag,
                          size_t tag_size_bytes)
{
    (void) user;
    (void) tag;
    (void) tag_size_bytes;
    (void) mst_achieve_point (fed, label, true); /* the recorder is always there already */
}

static void on_joined (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name)
{
    recorder_t *self = user;
    (void) fed;
    if (id.id == self->own.id || !recorder_sender (self, id, name))
        return;
    self->joined++;
    self->present++;
}

static void recorder_left (recorder_t *self, mst_federate_id_t id)
{
    if (id.id != self->own.id && self->present > 0)
        self->present--;
}

static void on_resigned (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name)
{
    (void) fed;
    (void) name;
    recorder_left (user, id);
}

static void on_lost (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name,
                     mst_time_t time, const char *reason)
{
    recorder_t *self = user;
    char text[RECORDER_TEXT_SIZE];
    (void) fed;
    (void) snprintf (text, sizeof text, "at time %lld: %s", (long long) time, reason);
    if (time == MST_TIME_NONE || time == MST_TIME_NEVER)
        (void) snprintf (text, sizeof text, "%s", reason);
    recorder_fail (self, log_build_pair (&self->casualties, log_text (name), log_text (text)));
    recorder_left (self, id);
}

static void on_connection_lost (void *user, mst_federate_t fed, const char *reason)
{
    recorder_t *self = user;
    (void) fed;
    (void) reason;
    self->lost = true;
}

static void on_noted (void *user, mst_federate_t fed, const void *data, size_t size_bytes)
{
    recorder_t *self = user;
    tools_note_t note;
    log_record_t record;
    (void) fed;
    if (self->err)
        return;
    tools_note_read (&note, data, size_bytes);
    bool other = note.federate != self->own.id;
    if (note.kind == TOOLS_NOTE_GRANT && note.has_time && other && note.time > self->reached)
        self->reached = note.time;
    if (note.kind == TOOLS_NOTE_MIGRATION)
        batch_note (self, &note);
    recorder_sender_t *sender = NULL;
    uint64_t place;
    if (base_map_get (&self->senders, note.federate, &place))
        sender = &self->sender_list.items[place];
    if (!other)
        return; /* the recorder's own comings and goings are no part of the run */
    tools_note_record (&note, log_text (sender ? sender->name : ""), log_span (data, size_bytes),
                       &record);
    bool timed = note.has_time && note.time != MST_TIME_NONE && note.time != MST_TIME_NEVER;
    record.log_time_ns = recorder_log_time (self, timed ? note.time : MST_TIME_NONE);
    record.publish_time_ns = wall_ns ();
    if (!self->err)
        recorder_fail (self, log_writer_record (self->writer, &record));
}

mst_callbacks_t recorder_callbacks (void)
{
    return (mst_callbacks_t){
        .discovered = on_discovered,
        .reflected = on_reflected,
        .received = on_received,
        .removed = on_removed,
        .migrated_in = on_migrated_in,
        .constrained_enabled = on_constrained,
        .granted = on_granted,
        .point_announced = on_announced,
        .federate_joined = on_joined,
        .federate_resigned = on_resigned,
        .federate_lost = on_lost,
        .connection_lost = on_connection_lost,
        .noted = on_noted,
    };
}

void recorder_callbacks_fini (recorder_t *self)
{
    BASE_MAP_EACH (&self->objects, entry)
        object_free ((recorder_object_t *) (uintptr_t) entry->value);
    base_map_fini (&self->objects);
    log_state_fini (&self->state);
    batches_forget (self, MST_TIME_NEVER);
    BASE_LIST_FINI (&self->batches);
    base_buffer_fini (&self->casualties);
    BASE_LIST_EACH (&self->sender_list, i)
        base_free (self->sender_list.items[i].name);
    BASE_LIST_FINI (&self->sender_list);
    base_map_fini (&self->senders);
}
