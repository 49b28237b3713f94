/*  Objects and their names. A name has to be reserved before its object is registered; a second
    reader looks ahead in the recording, so that many are reserved at once, and not all of a long
    recording before its first message. */
#include "tools/player_own.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

enum {
    NAMES_AT_ONCE = 1000,
    SCOUT_MESSAGES = 1 << 16,
    ATTRIBUTES_MAX = 64 /* an attribute set is a mask */
};

typedef struct name_batch {
    const char *names[NAMES_AT_ONCE + 1];
    size_t count;
} name_batch_t;

/*  Names -------------------------------------------------------------------------------------- */

void player_name_answer (player_t *self, const char *name, bool succeeded)
{
    self->names_open -= self->names_open > 0;
    if (succeeded)
        return;
    (void) base_names_remove (&self->objects, name, strlen (name));
    char *copy = base_strdup (name);
    if (copy && !BASE_LIST_PUSH (&self->refused, copy))
        return;
    base_free (copy);
    self->err = base_alloc_error ();
}

static mst_err_t names_ask (player_t *self, const char *const *names, size_t count)
{
    mst_err_t err = MST_OK;
    if (count == 0)
        return MST_OK;
    self->names_open = count;
    err = mst_reserve_names (self->fed, names, count);
    while (!err && !self->err && self->names_open > 0)
        err = player_turn (self, PLAYER_TURN_MS);
    return err ? err : self->err;
}

static void refused_forget (player_t *self)
{
    BASE_LIST_EACH (&self->refused, i)
        base_free (self->refused.items[i]);
    self->refused.count = 0;
}

/*  Several names are reserved together or not at all: which one is taken shows one by one. */
static mst_err_t names_blame (player_t *self, const name_batch_t *batch)
{
    mst_err_t err = MST_OK;
    refused_forget (self);
    for (size_t i = 0; i < batch->count && !err && self->refused.count == 0; i++)
        err = names_ask (self, &batch->names[i], 1);
    if (err)
        return err;
    return base_error (MST_E_NAME_IN_USE,
                       "federation \"%s\" has an object \"%s\" already, as the recording has: "
                       "replay into another one (--federation), or choose classes without it "
                       "(--class)",
                       self->federation,
                       self->refused.count > 0 ? self->refused.items[0] : batch->names[0]);
}

static mst_err_t names_reserve (player_t *self, name_batch_t *batch)
{
    mst_err_t err = names_ask (self, batch->names, batch->count);
    if (!err && self->refused.count > 0)
        err = names_blame (self, batch);
    for (size_t i = 0; i < batch->count && !err; i++)
        err = base_names_set (&self->objects, batch->names[i], strlen (batch->names[i]), 0);
    batch->count = 0;
    return err;
}

/*  Adds a name that is not known yet, and reserves what has come together. The text is copied into
    the arena: it has to live until then. */
static mst_err_t names_add (player_t *self, name_batch_t *batch, log_span_t name)
{
    uint64_t known;
    if (name.size_bytes == 0 || base_names_get (&self->objects, name.data, name.size_bytes, &known))
        return MST_OK;
    for (size_t i = batch->count; i-- > 0 && batch->count - i < 8;) /* the same again: near by */
        if (log_span_is (log_text (batch->names[i]), name))
            return MST_OK;
    const char *copy = base_arena_copy (&self->arena, name.data, name.size_bytes);
    if (!copy)
        return base_alloc_error ();
    batch->names[batch->count++] = copy;
    return batch->count < NAMES_AT_ONCE ? MST_OK : names_reserve (self, batch);
}

static bool batch_has (const name_batch_t *batch, log_span_t name)
{
    bool has = false;
    for (size_t i = 0; i < batch->count && !has; i++)
        has = log_span_is (log_text (batch->names[i]), name);
    return has;
}

/*  Is it a registration? Only its first bytes are looked at: an array of eight, then the kind. */
static bool scout_is_registration (const log_envelope_t *envelope)
{
    return envelope->body.size_bytes > 2 && (unsigned char) envelope->body.data[0] == 0x98 &&
           envelope->body.data[1] == LOG_KIND_REGISTER;
}

/*  Registrations that come next, some of them; and the one name that is wanted now. */
static mst_err_t names_ahead (player_t *self, log_span_t wanted)
{
    name_batch_t *batch = base_calloc (1, sizeof *batch);
    log_decoded_t *decoded = base_alloc (sizeof *decoded);
    bool found = true;
    mst_err_t err = batch && decoded ? MST_OK : base_alloc_error ();
    for (int i = 0; i < SCOUT_MESSAGES && !err && found && batch->count < NAMES_AT_ONCE - 1; i++) {
        log_envelope_t envelope;
        err = log_reader_next (self->scout, &envelope, &found);
        if (err || !found || !player_channel_of (self, envelope.channel_id) ||
            !scout_is_registration (&envelope))
            continue;
        err = log_message_decode (decoded, envelope.body.data, envelope.body.size_bytes);
        if (!err)
            err = names_add (self, batch, decoded->message.object);
    }
    if (!err && !batch_has (batch, wanted))
        err = names_add (self, batch, wanted);
    if (!err)
        err = names_reserve (self, batch);
    base_free (batch);
    base_free (decoded);
    return err;
}

/*  Objects ------------------------------------------------------------------------------------ */

mst_err_t player_object (player_t *self, uint16_t channel_id, log_span_t name, uint64_t *id)
{
    char text[LOG_NAME_MAX_BYTES + 1];
    mst_object_t object;
    const player_channel_t *channel = player_channel_of (self, channel_id);
    bool reserved = base_names_get (&self->objects, name.data, name.size_bytes, id);
    if (reserved && *id != 0)
        return MST_OK;
    if (channel->interaction || name.size_bytes == 0 || name.size_bytes > LOG_NAME_MAX_BYTES)
        return base_error (MST_E_FILE_CORRUPT, "%s: a message is of an object that cannot be",
                           self->options->file);
    mst_err_t err = reserved ? MST_OK : names_ahead (self, name);
    memcpy (text, name.data, name.size_bytes);
    text[name.size_bytes] = '\0';
    if (!err)
        err = mst_register (self->fed, (mst_class_t){ channel->class_id }, text, &object);
    if (err)
        return err;
    self->played->objects++;
    *id = object.id;
    return base_names_set (&self->objects, name.data, name.size_bytes, object.id);
}

mst_err_t player_delete (player_t *self, log_span_t name, mst_time_t time,
                         const mst_send_options_t *options)
{
    uint64_t id;
    if (!base_names_get (&self->objects, name.data, name.size_bytes, &id) || id == 0)
        return MST_OK;
    mst_err_t err = mst_delete (self->fed, (mst_object_t){ id }, time, options);
    self->played->deletes += !err;
    if (!err) /* its name is free again, and nobody's */
        (void) base_names_remove (&self->objects, name.data, name.size_bytes);
    return err;
}

mst_err_t player_values (player_t *self, const player_channel_t *channel,
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

/*  Where the replay begins -------------------------------------------------------------------- */

typedef struct world_step {
    player_t *player;
    name_batch_t *batch;
} world_step_t;

static mst_err_t world_name (void *context, uint16_t channel_id, const log_message_t *message)
{
    world_step_t *self = context;
    return message->kind == LOG_KIND_REGISTER && player_channel_of (self->player, channel_id)
               ? names_add (self->player, self->batch, message->object)
               : MST_OK;
}

static mst_err_t world_register (void *context, uint16_t channel_id, const log_message_t *message)
{
    player_t *self = context;
    uint64_t id;
    return message->kind == LOG_KIND_REGISTER && player_channel_of (self, channel_id)
               ? player_object (self, channel_id, message->object, &id)
               : MST_OK;
}

static mst_err_t world_update (void *context, uint16_t channel_id, const log_message_t *message)
{
    player_t *self = context;
    const player_channel_t *channel = player_channel_of (self, channel_id);
    uint64_t id;
    if (!channel)
        return MST_OK;
    mst_err_t err = log_state_apply (&self->world, channel_id, message);
    if (err || message->kind != LOG_KIND_UPDATE ||
        !base_names_get (&self->objects, message->object.data, message->object.size_bytes, &id) ||
        id == 0)
        return err;
    err = player_values (self, channel, message);
    if (!err)
        err = mst_update (self->fed, (mst_object_t){ id }, self->values, message->value_count,
                          MST_TIME_NONE, NULL);
    self->played->updates += !err;
    return err;
}

/*  What a former pass has left and was not there at the beginning. */
static mst_err_t world_clear (player_t *self, const log_moment_t *moment)
{
    mst_err_t err = MST_OK;
    for (uint32_t i = self->objects.count; i-- > 0 && !err;) {
        const base_name_t *entry = &self->objects.entries[i];
        log_span_t name = log_span (entry->text, entry->size_bytes);
        if (entry->value != 0 && !log_state_find (&moment->state, name))
            err = player_delete (self, name, MST_TIME_NONE, NULL);
    }
    return err;
}

mst_err_t player_begin_objects (player_t *self, log_moment_t *moment)
{
    uint64_t before_ns = self->select.from_ns > 0 ? self->select.from_ns : self->times.first_ns;
    world_step_t step = { self, NULL };
    mst_err_t err = log_moment_at (moment, self->reader, before_ns);
    if (!err)
        err = world_clear (self, moment);
    if (!err && !(step.batch = base_calloc (1, sizeof *step.batch)))
        err = base_alloc_error ();
    if (!err)
        err = log_state_each (&moment->state, NULL, &self->select, world_name, &step);
    if (!err)
        err = names_reserve (self, step.batch);
    if (!err)
        err = log_state_each (&moment->state, NULL, &self->select, world_register, self);
    base_free (step.batch);
    return err;
}

mst_err_t player_begin_values (player_t *self, log_moment_t *moment)
{
    log_state_clear (&self->world);
    return log_state_each (&moment->state, NULL, &self->select, world_update, self);
}

void player_provide (player_t *self, mst_object_t object, uint64_t attributes)
{
    const char *name = mst_object_name (self->fed, object);
    const log_state_object_t *known = name ? log_state_find (&self->world, log_text (name)) : NULL;
    const player_channel_t *channel = known ? player_channel_of (self, known->channel_id) : NULL;
    mst_value_t values[ATTRIBUTES_MAX];
    size_t count = 0;
    for (uint32_t i = 0;
         channel && i < known->value_count && i < channel->handle_count && count < ATTRIBUTES_MAX;
         i++) {
        const log_state_value_t *value = &known->values[i];
        if (value->present && (attributes >> (channel->handles[i] - 1) & 1u) != 0)
            values[count++] = (mst_value_t){ channel->handles[i], value->size_bytes, value->data };
    }
    if (count > 0 && !self->err)
        self->err = mst_update (self->fed, object, values, count, MST_TIME_NONE, NULL);
}
