/*  An object's values keep their memory from one update to the next: in the steady state nothing is
    allocated, and an update costs a copy of its bytes. */
#include "log/state.h"
#include "log/format.h"
#include "log/limits.h"
#include "log/walk.h"
#include "base/alloc.h"
#include "base/error.h"

enum {
    STATE_OBJECT_BYTES = 96, /* about what an object's two records take without name and values */
    STATE_HEAD_BYTES = 8     /* before the packed records: how many bytes they are unpacked */
};

static log_state_object_t *state_object (const base_name_t *entry)
{
    base_assert (entry->value != 0);
    return (log_state_object_t *) (uintptr_t) entry->value;
}

static void state_object_free (log_state_object_t *object)
{
    base_assert (object != NULL);
    for (uint32_t i = 0; i < object->value_count; i++)
        base_free (object->values[i].data);
    base_free (object->values);
    base_free (object->name);
    base_free (object);
}

void log_state_init (log_state_t *self)
{
    base_assert (self != NULL);
    *self = (log_state_t){ 0 };
    base_names_init (&self->objects);
    base_names_init (&self->senders);
}

void log_state_clear (log_state_t *self)
{
    base_assert (self != NULL);
    for (uint32_t i = 0; i < self->objects.count; i++)
        state_object_free (state_object (&self->objects.entries[i]));
    base_names_fini (&self->objects);
    base_names_init (&self->objects);
    self->bytes = 0;
}

void log_state_fini (log_state_t *self)
{
    base_assert (self != NULL);
    log_state_clear (self);
    base_names_fini (&self->objects);
    base_names_fini (&self->senders);
}

size_t log_state_count (const log_state_t *self)
{
    base_assert (self != NULL);
    return self->objects.count;
}

const log_state_object_t *log_state_at (const log_state_t *self, size_t place)
{
    base_assert (self != NULL);
    base_assert (place < self->objects.count);
    return state_object (&self->objects.entries[place]);
}

log_state_object_t *log_state_find (const log_state_t *self, log_span_t name)
{
    base_assert (self != NULL);
    uint64_t value;
    if (!base_names_get (&self->objects, name.data, name.size_bytes, &value))
        return NULL;
    base_assert (value != 0);
    return (log_state_object_t *) (uintptr_t) value;
}

log_span_t log_state_sender (const log_state_t *self, uint32_t sender)
{
    base_assert (self != NULL);
    base_assert (sender < self->senders.count);
    const base_name_t *entry = &self->senders.entries[sender]; /* none is ever removed */
    return log_span (entry->text, entry->size_bytes);
}

/*  Messages come in runs of one sender, so `hint` is looked at first. */
static mst_err_t state_sender (log_state_t *self, log_span_t name, uint32_t hint, uint32_t *sender)
{
    base_assert (self != NULL);
    base_assert (sender != NULL);
    uint64_t place = hint;
    if (hint < self->senders.count && log_span_is (log_state_sender (self, hint), name)) {
        *sender = hint;
        return MST_OK;
    }
    if (!base_names_get (&self->senders, name.data, name.size_bytes, &place)) {
        if (self->senders.count >= LOG_SENDERS_MAX)
            return base_error (MST_E_LIMIT, "a recording counts %d senders and no more",
                               LOG_SENDERS_MAX);
        place = self->senders.count;
        mst_err_t err = base_names_set (&self->senders, name.data, name.size_bytes, place);
        if (err)
            return err;
    }
    *sender = (uint32_t) place;
    return MST_OK;
}

/*  Changes ------------------------------------------------------------------------------------ */

static mst_err_t state_make (log_state_t *self, log_span_t name, log_state_object_t **object)
{
    base_assert (self != NULL);
    base_assert (object != NULL);
    log_state_object_t *made = base_calloc (1, sizeof *made);
    if (!made)
        return base_alloc_error ();
    made->name = base_strndup (name.data, name.size_bytes);
    made->name_bytes = (uint32_t) name.size_bytes;
    mst_err_t err = made->name ? base_names_set (&self->objects, name.data, name.size_bytes,
                                                 (uint64_t) (uintptr_t) made)
                               : base_alloc_error ();
    if (err) {
        state_object_free (made);
        return err;
    }
    self->bytes += STATE_OBJECT_BYTES + 2 * name.size_bytes;
    *object = made;
    return MST_OK;
}

static void state_drop_values (log_state_t *self, log_state_object_t *object)
{
    base_assert (self != NULL);
    for (uint32_t i = 0; i < object->value_count; i++) {
        log_state_value_t *value = &object->values[i];
        base_assert (!value->present || self->bytes >= value->size_bytes);
        self->bytes -= value->present ? value->size_bytes : 0;
        value->present = false;
    }
}

mst_err_t log_state_register (log_state_t *self, uint16_t channel_id, const log_message_t *message,
                              log_state_object_t **object)
{
    base_assert (self != NULL);
    base_assert (message != NULL);
    uint32_t producer;
    mst_err_t err = state_sender (self, message->sender, 0, &producer);
    log_state_object_t *made = err ? NULL : log_state_find (self, message->object);
    if (!err && !made)
        err = state_make (self, message->object, &made);
    if (err)
        return err;
    if (message->kind == LOG_KIND_REGISTER)
        state_drop_values (self, made); /* another object of that name may have stood before */
    made->channel_id = channel_id;
    made->producer = producer;
    made->registered = message->sequence;
    if (object)
        *object = made;
    return MST_OK;
}

/*  Room for values up to `index`. */
static mst_err_t state_widen (log_state_object_t *object, uint32_t index)
{
    base_assert (object != NULL);
    base_assert (index < LOG_VALUES_MAX);
    if (index < object->value_count)
        return MST_OK;
    log_state_value_t *values = base_realloc (object->values, (index + 1) * sizeof *values);
    if (!values)
        return base_alloc_error ();
    for (uint32_t i = object->value_count; i <= index; i++)
        values[i] = (log_state_value_t){ 0 };
    object->values = values;
    object->value_count = index + 1;
    return MST_OK;
}

static mst_err_t state_set (log_state_t *self, log_state_value_t *value, log_span_t bytes,
                            uint32_t sender)
{
    base_assert (self != NULL);
    base_assert (bytes.size_bytes <= LOG_MESSAGE_MAX_BYTES);
    if (bytes.size_bytes > value->capacity_bytes) {
        char *data = base_realloc (value->data, bytes.size_bytes);
        if (!data)
            return base_alloc_error ();
        value->data = data;
        value->capacity_bytes = (uint32_t) bytes.size_bytes;
    }
    if (bytes.size_bytes > 0)
        memcpy (value->data, bytes.data, bytes.size_bytes);
    self->bytes += bytes.size_bytes;
    self->bytes -= value->present ? value->size_bytes : 0;
    value->size_bytes = (uint32_t) bytes.size_bytes;
    value->sender = sender;
    value->present = true;
    return MST_OK;
}

mst_err_t log_state_update (log_state_t *self, log_state_object_t *object,
                            const log_message_t *message)
{
    base_assert (self != NULL);
    base_assert (object != NULL);
    uint32_t sender, hint = object->value_count > 0 ? object->values[0].sender : object->producer;
    mst_err_t err = state_sender (self, message->sender, hint, &sender);
    for (uint32_t i = 0; i < message->value_count && !err; i++) {
        const log_value_t *value = &message->values[i];
        if (value->index >= LOG_VALUES_MAX || value->bytes.size_bytes > LOG_MESSAGE_MAX_BYTES)
            continue; /* no class has it: whoever checks the message says so */
        err = state_widen (object, value->index);
        if (!err)
            err = state_set (self, &object->values[value->index], value->bytes, sender);
    }
    object->sequence = message->sequence;
    if (message->has_time) {
        object->has_time = true;
        object->time = message->time;
    }
    return err;
}

void log_state_remove (log_state_t *self, log_state_object_t *object)
{
    base_assert (self != NULL);
    base_assert (object != NULL);
    state_drop_values (self, object);
    self->bytes -= STATE_OBJECT_BYTES + 2 * (size_t) object->name_bytes;
    bool known = base_names_remove (&self->objects, object->name, object->name_bytes);
    base_assert (known);
    state_object_free (object);
}

mst_err_t log_state_apply (log_state_t *self, uint16_t channel_id, const log_message_t *message)
{
    base_assert (self != NULL);
    base_assert (message != NULL);
    if (message->kind == LOG_KIND_REGISTER)
        return log_state_register (self, channel_id, message, NULL);
    if (message->kind != LOG_KIND_UPDATE && message->kind != LOG_KIND_DELETE)
        return MST_OK;
    log_state_object_t *object = log_state_find (self, message->object);
    if (message->kind == LOG_KIND_DELETE) {
        if (object)
            log_state_remove (self, object);
        return MST_OK;
    }
    mst_err_t err = object ? MST_OK : log_state_register (self, channel_id, message, &object);
    return err ? err : log_state_update (self, object, message);
}

/*  As messages -------------------------------------------------------------------------------- */

/*  The values of one sender, beginning with place `first`, which is one of his. */
static uint32_t state_values_of (const log_state_object_t *object, uint32_t first,
                                 log_value_t *values)
{
    base_assert (object->values[first].present);
    uint32_t count = 0, sender = object->values[first].sender;
    for (uint32_t i = first; i < object->value_count; i++) {
        const log_state_value_t *value = &object->values[i];
        if (value->present && value->sender == sender)
            values[count++] = (log_value_t){ i, log_span (value->data, value->size_bytes) };
    }
    base_assert (count > 0);
    return count;
}

static bool state_is_first_of (const log_state_object_t *object, uint32_t place)
{
    base_assert (place < object->value_count);
    if (!object->values[place].present)
        return false;
    for (uint32_t i = 0; i < place; i++)
        if (object->values[i].present && object->values[i].sender == object->values[place].sender)
            return false;
    return true;
}

static mst_err_t state_each_update (const log_state_t *self, const log_state_object_t *object,
                                    const log_select_t *select, log_state_each_t *each,
                                    void *context)
{
    base_assert (self != NULL);
    log_value_t values[LOG_VALUES_MAX];
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; i < object->value_count && !err; i++) {
        if (!state_is_first_of (object, i))
            continue;
        log_message_t update = { .kind = LOG_KIND_UPDATE,
                                 .has_time = object->has_time,
                                 .time = object->time,
                                 .sequence = object->sequence,
                                 .sender = log_state_sender (self, object->values[i].sender),
                                 .object = log_span (object->name, object->name_bytes),
                                 .values = values };
        if (!log_select_sender (select, update.sender))
            continue;
        update.value_count = state_values_of (object, i, values);
        err = each (context, object->channel_id, &update);
    }
    return err;
}

/*  Has the object anything of the chosen senders? */
static bool state_is_chosen (const log_state_t *self, const log_state_object_t *object,
                             const log_select_t *select)
{
    base_assert (self != NULL);
    bool chosen = log_select_sender (select, log_state_sender (self, object->producer));
    for (uint32_t i = 0; i < object->value_count && !chosen; i++)
        chosen = object->values[i].present &&
                 log_select_sender (select, log_state_sender (self, object->values[i].sender));
    return chosen;
}

mst_err_t log_state_each (const log_state_t *self, const base_map_t *channels,
                          const log_select_t *select, log_state_each_t *each, void *context)
{
    base_assert (self != NULL);
    base_assert (each != NULL);
    uint64_t known;
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_state_count (self) && !err; i++) {
        const log_state_object_t *object = log_state_at (self, i);
        if ((channels && !base_map_get (channels, object->channel_id, &known)) ||
            !state_is_chosen (self, object, select))
            continue;
        log_message_t registration = { .kind = LOG_KIND_REGISTER,
                                       .sequence = object->registered,
                                       .sender = log_state_sender (self, object->producer),
                                       .object = log_span (object->name, object->name_bytes) };
        err = each (context, object->channel_id, &registration);
        if (!err)
            err = state_each_update (self, object, select, each, context);
    }
    return err;
}

/*  In a file ---------------------------------------------------------------------------------- */

typedef struct state_packing {
    base_buffer_t *plain;
    uint64_t log_time_ns;
} state_packing_t;

static mst_err_t state_pack_message (void *context, uint16_t channel_id,
                                     const log_message_t *message)
{
    state_packing_t *self = context;
    base_assert (self != NULL);
    size_t start = self->plain->size_bytes, head = LOG_HEAD_BYTES + LOG_MESSAGE_HEAD_BYTES;
    if (start > LOG_STATE_MAX_BYTES)
        return base_error (MST_E_LIMIT, "the state of the recorded world has more than %d bytes",
                           LOG_STATE_MAX_BYTES);
    mst_err_t err = base_buffer_reserve (self->plain, head);
    if (err)
        return err;
    self->plain->size_bytes += head;
    err = log_message_encode (self->plain, message);
    if (err)
        return err;
    uint8_t *at = self->plain->data + start;
    at = log_put_head (at, LOG_OP_MESSAGE, self->plain->size_bytes - start - LOG_HEAD_BYTES);
    at = log_put_u16 (at, channel_id);
    at = log_put_u32 (at, (uint32_t) message->sequence);
    at = log_put_u64 (at, self->log_time_ns);
    log_put_u64 (at, 0);
    return MST_OK;
}

mst_err_t log_state_pack (const log_state_t *self, const base_map_t *channels,
                          const log_select_t *select, uint64_t log_time_ns, log_codec_t *codec,
                          base_buffer_t *out)
{
    base_assert (self != NULL);
    base_assert (out != NULL);
    uint8_t size[STATE_HEAD_BYTES];
    base_buffer_t plain = { 0 }, packed = { 0 };
    state_packing_t packing = { &plain, log_time_ns };
    mst_err_t err = log_state_each (self, channels, select, state_pack_message, &packing);
    if (!err)
        err = log_codec_pack (codec, LOG_COMPRESSION_ZSTD, 1, &packed,
                              log_span (plain.data, plain.size_bytes));
    base_buffer_clear (out);
    log_put_u64 (size, plain.size_bytes);
    if (!err)
        err = base_buffer_append (out, size, sizeof size);
    if (!err)
        err = base_buffer_append (out, packed.data, packed.size_bytes);
    base_buffer_fini (&plain);
    base_buffer_fini (&packed);
    return err;
}

static mst_err_t state_corrupt (const char *why)
{
    base_assert (why != NULL);
    return base_error (MST_E_FILE_CORRUPT, "a state in the recording cannot be read: %s", why);
}

static mst_err_t state_take (log_state_t *self, log_span_t plain)
{
    base_assert (self != NULL);
    log_decoded_t *decoded = base_alloc (sizeof *decoded);
    mst_err_t err = decoded ? MST_OK : base_alloc_error ();
    for (size_t position = 0; position < plain.size_bytes && !err;) {
        log_item_t item = { 0 };
        if (log_parse_inner (&item, plain, position) || item.opcode != LOG_OP_MESSAGE)
            err = state_corrupt ("it holds something else than messages");
        else if (log_message_decode (decoded, item.message.body.data, item.message.body.size_bytes))
            err = base_error_prefix (MST_E_FILE_CORRUPT, "a state in the recording: ");
        if (!err)
            err = log_state_apply (self, item.message.channel_id, &decoded->message);
        position += LOG_HEAD_BYTES + item.content.size_bytes;
    }
    base_free (decoded);
    return err;
}

mst_err_t log_state_unpack (log_state_t *self, log_codec_t *codec, log_span_t packed)
{
    base_assert (self != NULL);
    base_assert (codec != NULL);
    base_buffer_t plain = { 0 };
    log_state_clear (self);
    if (packed.size_bytes < STATE_HEAD_BYTES)
        return state_corrupt ("it is too short");
    uint64_t plain_bytes = log_load_u64 ((const uint8_t *) packed.data);
    if (plain_bytes > LOG_STATE_MAX_BYTES + LOG_RECORD_MAX_BYTES)
        return state_corrupt ("it claims to be larger than one may be");
    packed.data += STATE_HEAD_BYTES;
    packed.size_bytes -= STATE_HEAD_BYTES;
    mst_err_t err = log_codec_unpack (codec, log_compression_name (LOG_COMPRESSION_ZSTD), &plain,
                                      packed, (size_t) plain_bytes);
    if (!err)
        err = state_take (self, log_span (plain.data, plain.size_bytes));
    base_buffer_fini (&plain);
    return err;
}
