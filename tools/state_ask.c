#include "tools/state_ask.h"
#include "base/error.h"
#include "link/clock.h"
#include "link/mesh.h"

enum { ASK_LINGER_MS = 500, ASK_LOOK_NS = 100000000 };

typedef struct ask {
    const tools_state_ask_t *question;
    link_mesh_t *mesh;
    uint64_t lane;  /* 0: not open yet */
    uint64_t items; /* that came */
    bool answered;
    bool done;
} ask_t;

static mst_err_t ask_send (ask_t *self)
{
    base_buffer_t out = { 0 };
    mst_err_t err = tools_state_talk_write (&self->question->talk, &out);
    if (!err)
        err = link_mesh_send (self->mesh, self->lane, out.data, out.size_bytes);
    base_buffer_fini (&out);
    return err;
}

/*  What the other side says is wrong, as if it were said here. */
static mst_err_t ask_refused (const tools_state_talk_t *talk)
{
    mst_err_t err =
        base_error_known ((long) talk->number) ? (mst_err_t) talk->number : MST_E_INTERNAL;
    return base_error (err, "%.*s", (int) talk->value.size_bytes, talk->value.data);
}

static mst_err_t ask_record (ask_t *self, const void *data, size_t size_bytes)
{
    const tools_state_ask_t *question = self->question;
    tools_state_talk_t talk;
    mst_err_t err = tools_state_talk_read (&talk, data, size_bytes);
    if (err)
        return err;
    if (talk.kind == TOOLS_STATE_ITEM) {
        self->items++;
        bool more = !question->item || question->item (question->user, &talk);
        bool enough = question->items_max > 0 && self->items >= question->items_max;
        self->done = !more || (question->watch && enough);
    } else if (talk.kind == TOOLS_STATE_REPLY) {
        if (talk.number != 0)
            return ask_refused (&talk);
        if (question->reply)
            question->reply (question->user, talk.value);
        self->done = !question->watch;
        self->answered = true;
    }
    return MST_OK;
}

static mst_err_t ask_event (ask_t *self, link_mesh_event_t *event)
{
    mst_err_t err = MST_OK;
    switch (event->news) {
    case LINK_MESH_OPENED: self->lane = event->lane; return ask_send (self);
    case LINK_MESH_MESSAGE:
        err = ask_record (self, event->message.data, event->message.size_bytes);
        link_message_release (&event->message);
        return err;
    case LINK_MESH_CLOSED:
        return base_error (MST_E_CONNECTION_LOST, "%s closed the connection",
                           self->question->endpoint);
    case LINK_MESH_NOTHING: break;
    }
    return MST_OK;
}

static mst_err_t ask_turn (ask_t *self, int64_t deadline_ns)
{
    link_mesh_event_t event;
    mst_err_t err = MST_OK;
    link_mesh_wait (self->mesh, ASK_LOOK_NS);
    do {
        err = link_mesh_next (self->mesh, &event);
        if (!err)
            err = ask_event (self, &event);
    } while (!err && !self->done && event.news != LINK_MESH_NOTHING);
    if (!err && self->lane == 0 && link_clock_ns () > deadline_ns)
        err = base_error (MST_E_NOT_CONNECTED,
                          "nobody answers at %s: is muster state serve running there?",
                          self->question->endpoint);
    return err;
}

mst_err_t tools_state_ask (const tools_state_ask_t *question)
{
    ask_t self = { .question = question };
    base_assert (question != NULL && question->endpoint != NULL);
    int64_t deadline_ns = link_clock_ns () + question->connect_timeout_ns;
    mst_err_t err = link_mesh_new (NULL, &question->endpoint, 1, &self.mesh);
    while (!err && !self.done && !(question->stop && *question->stop))
        err = ask_turn (&self, deadline_ns);
    link_mesh_destroy (&self.mesh, ASK_LINGER_MS);
    return err;
}
