/*  What leaves: frames into the buffers of the effects, one buffer per connection and event.

    Telling returns nothing. Whoever cannot be told for want of memory is closed, because the stream
   to him would have a hole, and the state stays right for everybody else. */
#include "rti/core/state.h"

#include <stdio.h>

void rti_effects_init (rti_effects_t *self)
{
    base_assert (self != NULL);
    *self = (rti_effects_t){ .deadline_ns = INT64_MAX };
}

void rti_effects_fini (rti_effects_t *self)
{
    base_assert (self != NULL);
    rti_effects_clear (self);
    BASE_LIST_EACH (&self->sends, i)
        base_buffer_fini (&self->sends.items[i].bytes);
    BASE_LIST_FINI (&self->sends);
    BASE_LIST_FINI (&self->closes);
    BASE_LIST_FINI (&self->notes);
}

void rti_effects_clear (rti_effects_t *self)
{
    base_assert (self != NULL);
    base_assert (self->send_count <= self->sends.count);
    for (size_t i = 0; i < self->send_count; i++)
        base_buffer_clear (&self->sends.items[i].bytes);
    BASE_LIST_EACH (&self->notes, i)
        base_free (self->notes.items[i]);
    self->send_count = 0;
    self->closes.count = 0;
    self->notes.count = 0;
    self->deadline_ns = INT64_MAX;
    self->round++;
}

void rti_log (rti_core_t *core, const char *format, ...)
{
    char line[512];
    va_list args;

    base_assert (core != NULL);
    base_assert (core->effects != NULL);
    va_start (args, format);
    (void) vsnprintf (line, sizeof line, format, args);
    va_end (args);
    if (BASE_LIST_ROOM (&core->effects->notes))
        return; /* the log is told what there is memory for */
    char *copy = base_strdup (line);
    if (copy)
        BASE_LIST_PUT (&core->effects->notes, copy);
}

void rti_close (rti_core_t *core, rti_link_t *link, const char *why)
{
    base_assert (core != NULL && link != NULL);
    if (link->closing)
        return;
    link->closing = true;
    link->why = why ? base_strdup (why) : NULL;
    core->closings = true;
}

/*  The buffer for a connection in the effects at hand. NULL: no memory. */
static base_buffer_t *rti_send_buffer (rti_core_t *core, rti_link_t *link)
{
    rti_effects_t *effects = core->effects;

    base_assert (effects != NULL);
    if (link->round == effects->round && link->send < effects->send_count &&
        effects->sends.items[link->send].connection == link->connection)
        return &effects->sends.items[link->send].bytes;
    if (effects->send_count == effects->sends.count) {
        if (BASE_LIST_ROOM (&effects->sends))
            return NULL;
        rti_send_t fresh = { 0 };
        BASE_LIST_PUT (&effects->sends, fresh);
    }
    link->round = effects->round;
    link->send = effects->send_count++;
    rti_send_t *send = &effects->sends.items[link->send];
    send->connection = link->connection;
    base_assert (send->bytes.size_bytes == 0);
    return &send->bytes;
}

/*  A control frame to a connection: open, append the arguments, close. */
typedef struct rti_writing {
    rti_core_t *core;
    rti_link_t *link;
    base_buffer_t *out; /* NULL: nothing is written, the connection closes */
    size_t start;
} rti_writing_t;

static mst_err_t rti_stamp_write (const rti_core_t *core, const rti_link_t *link, wire_pairs_t need,
                                  base_buffer_t *out)
{
    base_assert (core != NULL);
    wire_down_t down = { .global = core->global,
                         .origin = core->origin,
                         .origin_sequence = core->origin_sequence,
                         .processed = link->sequence,
                         .need = need };
    base_assert (need.count == 0 || need.items != NULL);
    return wire_down_write (out, &down);
}

static rti_writing_t rti_frame_open (rti_core_t *core, rti_link_t *link, wire_pairs_t need)
{
    rti_writing_t self = { .core = core, .link = link };

    base_assert (core != NULL && link != NULL);
    if (link->closing)
        return self;
    self.out = rti_send_buffer (core, link);
    mst_err_t err = self.out ? wire_frame_begin (self.out, &self.start) : MST_E_NO_MEMORY;
    if (!err)
        err = rti_stamp_write (core, link, need, self.out);
    if (!err)
        return self;
    if (self.out && self.out->size_bytes > self.start)
        self.out->size_bytes = self.start;
    self.out = NULL;
    rti_close (core, link, "there is no memory left for what it must be told");
    return self;
}

static void rti_frame_close (rti_writing_t *self, mst_err_t err, uint16_t kind, uint32_t request)
{
    base_assert (self != NULL);
    if (!self->out)
        return;
    if (!err)
        err = wire_frame_end (self->out, self->start, kind, 0, request);
    if (!err)
        return;
    self->out->size_bytes = self->start;
    rti_close (self->core, self->link, mst_error_text ());
}

/*  The first record of an event that tells somebody of a change counts the event. Grants and
   replies do not count: a step would else make all that is sent after it wait for a PROBE. */
static void rti_count (rti_core_t *core)
{
    base_assert (core != NULL);
    if (core->counted)
        return;
    core->counted = true;
    core->global++;
    base_assert (core->global > 0);
}

void rti_cast_begin (rti_core_t *core, uint16_t kind, const void *args)
{
    base_assert (core != NULL);
    base_assert (wire_service_row (kind) != NULL);
    base_buffer_clear (&core->cast);
    core->cast_kind = kind;
    core->cast_err = wire_service_encode (kind, args, &core->cast);
    rti_count (core);
}

void rti_cast_bytes (rti_core_t *core, uint16_t kind, const base_buffer_t *args)
{
    base_assert (core != NULL);
    base_assert (args->size_bytes > 0);
    base_buffer_clear (&core->cast);
    core->cast_kind = kind;
    core->cast_err = base_buffer_append (&core->cast, args->data, args->size_bytes);
    rti_count (core);
}

void rti_cast_to (rti_federate_t *to, wire_pairs_t need)
{
    rti_core_t *core = to->federation->core;

    base_assert (to->federation != NULL);
    base_assert (core->cast_kind != 0);
    rti_records_flush (to);
    rti_writing_t writing = rti_frame_open (core, to->link, need);
    if (!writing.out)
        return;
    mst_err_t err = core->cast_err;
    if (!err)
        err = base_buffer_append (writing.out, core->cast.data, core->cast.size_bytes);
    rti_frame_close (&writing, err, core->cast_kind, 0);
}

void rti_tell (rti_federate_t *to, uint16_t kind, const void *args)
{
    base_assert (to->federation != NULL);
    base_assert (to != NULL && args != NULL);
    rti_cast_begin (to->federation->core, kind, args);
    rti_cast_to (to, RTI_NO_NEED);
}

wire_pairs_t rti_need_of (const rti_federate_t *to, const rti_federate_t *sender, wire_pair_t *pair)
{
    base_assert (to->federation != NULL);
    base_assert (pair != NULL);
    uint64_t sequence = sender && sender != to ? rti_federate_marked (sender, to) : 0;
    if (sequence == 0)
        return RTI_NO_NEED;
    *pair = (wire_pair_t){ sender->handle, sequence };
    return (wire_pairs_t){ pair, 1 };
}

void rti_tell_after (rti_federate_t *to, const rti_federate_t *sender, uint16_t kind,
                     const void *args)
{
    wire_pair_t pair;
    base_assert (to->federation != NULL);
    base_assert (to != NULL && args != NULL);
    rti_cast_begin (to->federation->core, kind, args);
    rti_cast_to (to, rti_need_of (to, sender, &pair));
}

void rti_tell_link (rti_core_t *core, rti_link_t *to, uint16_t kind, const void *args)
{
    base_assert (core != NULL);
    base_assert (to != NULL && args != NULL);
    rti_writing_t writing = rti_frame_open (core, to, RTI_NO_NEED);
    if (writing.out)
        rti_frame_close (&writing, wire_service_encode (kind, args, writing.out), kind, 0);
}

/*  The row's result as bytes, in the cast buffer. */
static mst_err_t rti_result_encode (rti_core_t *core, uint16_t service, const void *result,
                                    wire_bytes_t *bytes)
{
    const wire_service_row_t *row = wire_service_row (service);

    base_assert (core != NULL);
    base_assert (bytes != NULL);
    *bytes = (wire_bytes_t){ 0 };
    if (!result || !row || row->result.field_count == 0)
        return MST_OK;
    base_buffer_clear (&core->cast);
    core->cast_kind = 0;
    mst_err_t err = wire_service_encode_result (service, result, &core->cast);
    *bytes = (wire_bytes_t){ core->cast.data, core->cast.size_bytes };
    return err;
}

void rti_reply (rti_core_t *core, rti_link_t *to, uint32_t request, mst_err_t err,
                const void *result, uint16_t service)
{
    wire_reply_t reply = { .error = (wire_number_t) err };

    base_assert (core != NULL && to != NULL);
    if (!err) {
        err = rti_result_encode (core, service, result, &reply.result);
        reply.error = (wire_number_t) err;
    }
    if (err) {
        reply.result = (wire_bytes_t){ 0 };
        reply.text = rti_text (mst_error_text ());
    }
    if (to->federate)
        rti_records_flush (to->federate);
    rti_writing_t writing = rti_frame_open (core, to, RTI_NO_NEED);
    if (writing.out)
        rti_frame_close (&writing, wire_service_encode (WIRE_SERVICE_REPLY, &reply, writing.out),
                         WIRE_SERVICE_REPLY, request);
}

void rti_grant_tell (rti_federate_t *to, const wire_grant_t *grant)
{
    rti_core_t *core = to->federation->core;

    base_assert (to->federation != NULL);
    base_assert (grant != NULL);
    rti_records_flush (to);
    rti_writing_t writing = rti_frame_open (core, to->link, RTI_NO_NEED);
    if (writing.out)
        rti_frame_close (&writing, wire_grant_write (writing.out, grant), WIRE_KIND_GRANT, 0);
}

void rti_relay_bytes (rti_core_t *core, rti_link_t *to, const void *data, size_t size_bytes)
{
    base_assert (core != NULL);
    base_assert (data != NULL && size_bytes >= WIRE_HEADER_BYTES);
    if (to->closing)
        return;
    base_buffer_t *out = rti_send_buffer (core, to);
    if (!out || base_buffer_append (out, data, size_bytes))
        rti_close (core, to, "there is no memory left for what it must be passed on");
}
