#include "tests/integration/raw.h"
#include "link/clock.h"
#include "link/process.h"
#include "wire/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAW_DEADLINE_NS INT64_C (5000000000)

static const char raw_fom[] =
    "<objectModel><objects><objectClass><name>HLAobjectRoot</name></objectClass></objects>"
    "<interactions><interactionClass><name>HLAinteractionRoot</name></interactionClass>"
    "</interactions></objectModel>";

static void raw_must (mst_err_t err)
{
    if (!err)
        return;
    fprintf (stderr, "raw: %s\n", mst_error_text ());
    abort ();
}

/*  The next event but NONE; NONE after the deadline. */
static link_event_kind_t raw_event (raw_t *self, link_event_t *event)
{
    int64_t end_ns = link_clock_ns () + RAW_DEADLINE_NS;
    do {
        link_dealer_next (self->dealer, event);
        if (event->kind != LINK_EVENT_NONE)
            return event->kind;
        (void) link_poll_wait (self->poll, RAW_DEADLINE_NS / 50);
    } while (link_clock_ns () < end_ns);
    return LINK_EVENT_NONE;
}

void raw_connect (raw_t *self, const char *endpoint)
{
    link_dealer_options_t options = { .endpoint = endpoint, .connect_timeout_ms = 5000 };
    link_event_t event;

    *self = (raw_t){ 0 };
    base_buffer_init (&self->result);
    raw_must (link_poll_new (&self->poll));
    raw_must (link_dealer_new (self->poll, &options, &self->dealer));
    if (raw_event (self, &event) == LINK_EVENT_CONNECTED)
        return;
    fprintf (stderr, "raw: %s\n", event.text);
    abort ();
}

void raw_close (raw_t *self)
{
    link_dealer_destroy (&self->dealer, 0);
    link_poll_destroy (&self->poll);
    base_buffer_fini (&self->result);
}

void raw_frame (raw_t *self, uint16_t kind, const void *args, bool reply_wanted, base_buffer_t *out)
{
    wire_up_t up = { .incarnation = self->incarnation, .sequence = ++self->sequence };
    size_t start;

    raw_must (wire_frame_begin (out, &start));
    raw_must (wire_up_write (out, &up));
    raw_must (wire_service_encode (kind, args, out));
    raw_must (wire_frame_end (out, start, kind, reply_wanted ? WIRE_FLAG_REPLY_WANTED : 0,
                              (uint32_t) self->sequence));
}

void raw_send (raw_t *self, const void *data, size_t size_bytes)
{
    bool sent = false;
    while (!sent) {
        raw_must (link_dealer_send (self->dealer, data, size_bytes, &sent));
        if (!sent)
            (void) link_poll_wait (self->poll, RAW_DEADLINE_NS / 5000);
    }
}

/*  True when the frame is a reply, which is kept. */
static bool raw_take (raw_t *self, const wire_frame_t *frame)
{
    wire_down_t down;
    wire_reply_t reply;
    const uint8_t *args;
    size_t size_bytes;
    base_arena_t arena;

    if (frame->kind != WIRE_SERVICE_REPLY)
        return false;
    base_arena_init (&arena);
    raw_must (wire_down_read (frame, &arena, &down, &args, &size_bytes));
    raw_must (
        wire_service_decode (WIRE_SERVICE_REPLY, args, size_bytes, &arena, &reply, sizeof reply));
    self->error = (mst_err_t) reply.error;
    (void) snprintf (self->text, sizeof self->text, "%.*s", (int) reply.text.size_bytes,
                     reply.text.data ? reply.text.data : "");
    base_buffer_clear (&self->result);
    raw_must (
        base_buffer_append (&self->result, reply.result.data, (size_t) reply.result.size_bytes));
    base_arena_fini (&arena);
    return true;
}

bool raw_reply (raw_t *self)
{
    link_event_t event;
    wire_frame_t frame;
    bool found = false;

    while (!found && raw_event (self, &event) == LINK_EVENT_MESSAGE) {
        size_t offset = 0;
        do {
            raw_must (
                wire_frame_next (event.message.data, event.message.size_bytes, &offset, &frame));
            found = frame.body && raw_take (self, &frame);
        } while (frame.body && !found);
        link_message_release (&event.message);
    }
    if (!found)
        (void) snprintf (self->text, sizeof self->text, "%s", event.text);
    return found;
}

bool raw_ask (raw_t *self, uint16_t kind, const void *args)
{
    base_buffer_t out;
    base_buffer_init (&out);
    raw_frame (self, kind, args, true, &out);
    raw_send (self, out.data, out.size_bytes);
    base_buffer_fini (&out);
    return raw_reply (self);
}

bool raw_lost (raw_t *self)
{
    link_event_t event;
    while (raw_event (self, &event) == LINK_EVENT_MESSAGE)
        link_message_release (&event.message);
    return event.kind == LINK_EVENT_LOST;
}

const char *raw_status (raw_t *self)
{
    static char json[65536];
    wire_status_t args = { .federation = { "", 0 } };
    wire_status_result_t result;
    base_arena_t arena;

    if (!raw_ask (self, WIRE_SERVICE_STATUS, &args) || self->error)
        return self->text;
    base_arena_init (&arena);
    raw_must (wire_service_decode_result (WIRE_SERVICE_STATUS, self->result.data,
                                          self->result.size_bytes, &arena, &result, sizeof result));
    (void) snprintf (json, sizeof json, "%.*s", (int) result.json.size_bytes, result.json.data);
    base_arena_fini (&arena);
    return json;
}

static bool raw_joined (raw_t *self)
{
    wire_join_result_t result;
    base_arena_t arena;

    base_arena_init (&arena);
    raw_must (wire_service_decode_result (WIRE_SERVICE_JOIN, self->result.data,
                                          self->result.size_bytes, &arena, &result, sizeof result));
    self->incarnation = (uint32_t) result.incarnation;
    base_arena_fini (&arena);
    return true;
}

bool raw_join (raw_t *self, const char *name)
{
    static const char federation[] = "world";
    wire_module_item_t module = { .form = WIRE_MODULE_FILE,
                                  .name = { "roots.xml", strlen ("roots.xml") },
                                  .content = { (const uint8_t *) raw_fom, strlen (raw_fom) } };
    wire_create_federation_execution_t create = { { federation, strlen (federation) },
                                                  { &module, 1 } };
    wire_join_t join = { .federation = { federation, strlen (federation) },
                         .federate_name = { name, strlen (name) },
                         .federate_type = { "raw", 3 },
                         .host = { link_process_host (), strlen (link_process_host ()) },
                         .process = link_process_id () };

    if (!raw_ask (self, WIRE_SERVICE_CREATE_FEDERATION_EXECUTION, &create) ||
        (self->error && self->error != MST_E_FEDERATION_EXISTS))
        return false;
    return raw_ask (self, WIRE_SERVICE_JOIN, &join) && !self->error && raw_joined (self);
}
