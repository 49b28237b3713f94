/*  A DEALER and its monitor.

    What was tried on libzmq 4.3.4, and decides how this is made:
    - With RECONNECT_IVL -1 libzmq throws away what a lost peer had sent and we had not read. With
   an interval of days it keeps it. So the interval is days, and the socket is closed long before.
    - The monitor says "disconnected" before the last bytes are handed to the socket, and "retried"
      after it, from the same thread: the connection is empty when nothing is left after "retried".
    - A socket with IMMEDIATE drops what it has received, too. So IMMEDIATE stays off, and nothing
   is sent before the connection stands, because then messages could go to nobody.
    - inproc:// has no monitor and no death: a socket that closes sends an empty message instead,
   the farewell, which nothing else may send. */
#include "link/dealer.h"
#include "link/clock.h"
#include "link/context.h"
#include "link/endpoint_private.h"
#include "link/random.h"
#include "link/socket_private.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    DEALER_RECONNECT_MS = 500000000, /* never: 5.8 days */
    DEALER_TRY_MS = 5000,            /* a single try */
    DEALER_PAUSE_MS = 20,            /* between tries */
    DEALER_CLOSED_MS = 100,          /* "retried" does not come after an error in the protocol */
    DEALER_INPROC_MS = 100,          /* between looks whether the name is still bound */
    DEALER_IDENTITY_BYTES = 16,
    DEALER_NS_PER_MS = 1000000
};

typedef enum dealer_state {
    DEALER_PAUSED,     /* not connected; tries again at the source's wake_ns */
    DEALER_CONNECTING, /* libzmq is at it */
    DEALER_CONNECTED,
    DEALER_CLOSED,   /* closed by the other side; its last bytes may be on their way to us */
    DEALER_EMPTYING, /* they are in hand: read on, then report */
    DEALER_OVER      /* the last event was given */
} dealer_state_t;

struct link_dealer {
    link_socket_t socket;
    char *endpoint;
    char near[LINK_ENDPOINT_SIZE]; /* the short way to it, tried first; "": there is none */
    const char *target;            /* of these two: what the attempt under way goes to */
    link_endpoint_kind_t kind;
    dealer_state_t state;
    int64_t retry_until_ns; /* a refused attempt is repeated until then */
    int64_t deadline_ns;    /* an attempt under way is given up then */
    uint64_t bound;         /* inproc: which binding of the name */
    bool tried;             /* libzmq holds a connection or the attempt at one */
};

/*  Connecting -------------------------------------------------------------------------------- */

static void link_dealer_wake_at (link_dealer_t *self, int64_t wake_ns)
{
    self->socket.monitor.wake_ns = wake_ns;
}

static void link_dealer_end (link_dealer_t *self, link_event_t *event, link_event_kind_t kind)
{
    self->state = DEALER_OVER;
    link_dealer_wake_at (self, INT64_MAX);
    self->socket.data.want_room = false;
    event->kind = kind;
}

static void link_dealer_pause (link_dealer_t *self)
{
    int64_t next_ns = link_clock_ns () + DEALER_PAUSE_MS * DEALER_NS_PER_MS;
    self->state = DEALER_PAUSED;
    link_dealer_wake_at (self, next_ns < self->retry_until_ns ? next_ns : self->retry_until_ns);
}

/*  Starts an attempt. False: libzmq refuses the endpoint, errno says why. */
static bool link_dealer_try (link_dealer_t *self)
{
    if (self->tried)
        (void) zmq_disconnect (self->socket.data.socket, self->target);
    self->tried = false;
    if (self->kind == LINK_INPROC) {
        self->bound = link_context_name_bound (self->endpoint);
        if (self->bound == 0) {
            link_dealer_pause (self);
            return true;
        }
    }
    bool again = self->target == self->near; /* that was in vain */
    self->target = self->near[0] != '\0' && !again ? self->near : self->endpoint;
    if (zmq_connect (self->socket.data.socket, self->target) != 0)
        return false;
    self->tried = true;
    self->state = DEALER_CONNECTING;
    link_dealer_wake_at (self, self->kind == LINK_INPROC ? 0 : self->deadline_ns);
    return true;
}

static void link_dealer_failed (link_dealer_t *self, link_event_t *event, const char *why)
{
    link_dealer_end (self, event, LINK_EVENT_FAILED);
    (void) snprintf (event->text, sizeof event->text, "cannot connect to %s: %s", self->endpoint,
                     why);
}

/*  News of an attempt by the short way: whatever is odd about it, the long one follows at once. */
static bool link_dealer_hear_near (link_dealer_t *self, int news, int value, link_event_t *event)
{
    bool odd = news == ZMQ_EVENT_CLOSED || news == ZMQ_EVENT_DISCONNECTED ||
               news == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ||
               (news == ZMQ_EVENT_CONNECTED && !link_endpoint_trusts (value));
    if (odd && !link_dealer_try (self))
        link_dealer_failed (self, event, zmq_strerror (errno));
    return odd;
}

/*  News of an attempt. */
static void link_dealer_hear_attempt (link_dealer_t *self, int news, int value, link_event_t *event)
{
    if (self->target == self->near && link_dealer_hear_near (self, news, value, event))
        return;
    switch (news) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        self->state = DEALER_CONNECTED;
        event->kind = LINK_EVENT_CONNECTED;
        link_dealer_wake_at (self, INT64_MAX);
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        link_dealer_failed (self, event, "whoever listens there does not speak ZeroMQ");
        break;
    case ZMQ_EVENT_CLOSED:       /* refused */
    case ZMQ_EVENT_DISCONNECTED: /* accepted, and closed before a word was said */
        link_dealer_pause (self);
        break;
    default: break;
    }
}

/*  Takes all that the monitor has to say. */
static void link_dealer_hear (link_dealer_t *self, link_event_t *event)
{
    int value, news;

    while (self->state != DEALER_OVER && (news = link_socket_news (&self->socket, &value))) {
        if (self->state == DEALER_CONNECTING) {
            link_dealer_hear_attempt (self, news, value, event);
        } else if (self->state == DEALER_CONNECTED && news == ZMQ_EVENT_DISCONNECTED) {
            self->state = DEALER_CLOSED;
            link_dealer_wake_at (self, link_clock_ns () + DEALER_CLOSED_MS * DEALER_NS_PER_MS);
        } else if (self->state == DEALER_CLOSED && news == ZMQ_EVENT_CONNECT_RETRIED) {
            self->state = DEALER_EMPTYING;
        }
    }
}

static void link_dealer_next_start (link_dealer_t *self, link_event_t *event)
{
    self->socket.monitor.ready = false;
    if (self->kind == LINK_INPROC && self->state == DEALER_CONNECTING) {
        self->state = DEALER_CONNECTED;
        event->kind = LINK_EVENT_CONNECTED;
        link_dealer_wake_at (self, link_clock_ns () + DEALER_INPROC_MS * DEALER_NS_PER_MS);
        return;
    }
    link_dealer_hear (self, event);
    if (event->kind != LINK_EVENT_NONE)
        return;
    int64_t now_ns = link_clock_ns ();
    if (self->state == DEALER_PAUSED && now_ns >= self->retry_until_ns)
        link_dealer_failed (self, event,
                            "nobody listens there (it is not started, or the address is wrong)");
    else if (now_ns >= self->deadline_ns)
        link_dealer_failed (self, event,
                            "no answer came in time: is it stopped, or behind a firewall?");
    else if (self->state == DEALER_PAUSED && now_ns >= self->socket.monitor.wake_ns &&
             !link_dealer_try (self))
        link_dealer_failed (self, event, zmq_strerror (errno));
}

/*  Life -------------------------------------------------------------------------------------- */

static mst_err_t link_dealer_configure (link_dealer_t *self, const link_dealer_options_t *options)
{
    uint8_t random[DEALER_IDENTITY_BYTES];
    const void *identity = options->identity;
    size_t identity_bytes = options->identity_bytes;
    void *socket = self->socket.data.socket;

    int allowed_ms = options->connect_timeout_ms > 0 ? options->connect_timeout_ms : DEALER_TRY_MS;
    link_socket_set (socket, ZMQ_RECONNECT_IVL, DEALER_RECONNECT_MS);
    link_socket_set (socket, ZMQ_CONNECT_TIMEOUT, allowed_ms);
    link_socket_set (socket, ZMQ_IPV6, strchr (self->endpoint, '[') != NULL);
    if (!identity) {
        link_random_bytes (random, sizeof random);
        random[0] |= 0x80; /* a leading zero is libzmq's own */
        identity = random;
        identity_bytes = sizeof random;
    }
    if (zmq_setsockopt (socket, ZMQ_ROUTING_ID, identity, identity_bytes) != 0)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "an identity has 1 to 255 bytes and does not begin with 0");
    int64_t now_ns = link_clock_ns ();
    self->deadline_ns = now_ns + (int64_t) allowed_ms * DEALER_NS_PER_MS;
    self->retry_until_ns = options->connect_timeout_ms > 0 ? self->deadline_ns : now_ns;
    return MST_OK;
}

static mst_err_t link_dealer_start (link_dealer_t *self, link_poll_t *poll,
                                    const link_dealer_options_t *options)
{
    link_socket_options_t common = { .type = ZMQ_DEALER,
                                     .send_mark = options->send_mark,
                                     .receive_mark = options->receive_mark,
                                     .message_max_bytes = options->message_max_bytes,
                                     .heartbeat_ms = options->heartbeat_ms,
                                     .heartbeat_timeout_ms = options->heartbeat_timeout_ms };

    mst_err_t err = link_endpoint_parse (options->endpoint, &self->kind);
    if (err)
        return err;
    self->endpoint = base_strdup (options->endpoint);
    if (!self->endpoint)
        return base_alloc_error ();
    if (options->near)
        (void) link_endpoint_near (self->endpoint, self->near, sizeof self->near);
    err = link_socket_init (&self->socket, poll, &common);
    if (err)
        return err;
    self->socket.blocks = link_blocks_new ();
    if (!self->socket.blocks)
        return base_alloc_error ();
    err = link_dealer_configure (self, options);
    if (!err && !link_dealer_try (self))
        err = base_error (MST_E_INVALID_ARGUMENT, "cannot connect to %s: %s", self->endpoint,
                          zmq_strerror (errno));
    return err;
}

mst_err_t link_dealer_new (link_poll_t *poll, const link_dealer_options_t *options,
                           link_dealer_t **self)
{
    base_assert (poll != NULL && options != NULL && self != NULL);
    *self = NULL;
    link_dealer_t *fresh = base_calloc (1, sizeof *fresh);
    if (!fresh)
        return base_alloc_error ();
    mst_err_t err = link_dealer_start (fresh, poll, options);
    if (err) {
        link_dealer_destroy (&fresh, 0);
        return err;
    }
    *self = fresh;
    return MST_OK;
}

void link_dealer_destroy (link_dealer_t **self, int linger_ms)
{
    bool sent;

    base_assert (self != NULL);
    link_dealer_t *old = *self;
    if (!old)
        return;
    *self = NULL;
    if (old->kind == LINK_INPROC && old->state == DEALER_CONNECTED)
        (void) link_socket_send (&old->socket, NULL, 0, false, &sent); /* the farewell */
    link_socket_fini (&old->socket, linger_ms);
    base_free (old->endpoint);
    base_free (old);
}

const char *link_dealer_endpoint (const link_dealer_t *self)
{
    base_assert (self != NULL);
    return self->endpoint;
}

/*  Events ------------------------------------------------------------------------------------ */

bool link_dealer_ready (const link_dealer_t *self)
{
    base_assert (self != NULL);
    return self->state != DEALER_OVER && (self->socket.data.ready || self->socket.monitor.ready);
}

bool link_dealer_connected (const link_dealer_t *self)
{
    base_assert (self != NULL);
    return self->state >= DEALER_CONNECTED && self->state < DEALER_OVER;
}

static void link_dealer_lost (link_dealer_t *self, link_event_t *event)
{
    link_dealer_end (self, event, LINK_EVENT_LOST);
    (void) snprintf (event->text, sizeof event->text, "the connection to %s was closed",
                     self->endpoint);
}

/*  What is looked at by the clock: a closed connection whose "retried" does not come, and a router
    on inproc that was closed before it ever heard of us, so that it said no farewell. */
static void link_dealer_look (link_dealer_t *self)
{
    int64_t now_ns = link_clock_ns ();

    if (now_ns < self->socket.monitor.wake_ns)
        return;
    self->socket.monitor.ready = false;
    if (self->state == DEALER_CLOSED || link_context_name_bound (self->endpoint) != self->bound) {
        self->state = DEALER_EMPTYING;
        link_dealer_wake_at (self, INT64_MAX);
    } else {
        link_dealer_wake_at (self, now_ns + DEALER_INPROC_MS * DEALER_NS_PER_MS);
    }
}

/*  True: a message, or the end. An empty message is a router's probe, or inproc's farewell. */
static bool link_dealer_read (link_dealer_t *self, link_event_t *event)
{
    while (link_socket_receive (&self->socket, &event->message)) {
        if (event->message.size_bytes > 0) {
            event->kind = LINK_EVENT_MESSAGE;
            return true;
        }
        link_message_release (&event->message);
        if (self->kind == LINK_INPROC) {
            link_dealer_lost (self, event);
            return true;
        }
    }
    return false;
}

void link_dealer_next (link_dealer_t *self, link_event_t *event)
{
    base_assert (self != NULL && event != NULL);
    event->kind = LINK_EVENT_NONE;
    event->connection = 0;
    event->message = (link_message_t){ 0 };
    event->text[0] = '\0';
    if (self->state == DEALER_OVER)
        return;
    if (self->state < DEALER_CONNECTED) {
        link_dealer_next_start (self, event);
        return;
    }
    if (link_dealer_read (self, event))
        return;
    if (self->socket.monitor.ready)
        link_dealer_hear (self, event);
    if (self->socket.monitor.wake_ns != INT64_MAX)
        link_dealer_look (self);
    if (self->state == DEALER_EMPTYING && !link_dealer_read (self, event))
        link_dealer_lost (self, event);
}

/*  Sending ----------------------------------------------------------------------------------- */

/*  May it send now? `*sent` stays false while the connection does not stand yet. */
static mst_err_t link_dealer_may_send (const link_dealer_t *self)
{
    if (self->state > DEALER_CONNECTED)
        return base_error (MST_E_CONNECTION_LOST, "there is no connection to %s", self->endpoint);
    return MST_OK;
}

mst_err_t link_dealer_send (link_dealer_t *self, const void *data, size_t size_bytes, bool *sent)
{
    base_assert (self != NULL && data != NULL && size_bytes > 0 && sent != NULL);
    *sent = false;
    mst_err_t err = link_dealer_may_send (self);
    if (err || self->state < DEALER_CONNECTED)
        return err;
    return link_socket_send (&self->socket, data, size_bytes, false, sent);
}

mst_err_t link_dealer_send_buffer (link_dealer_t *self, base_buffer_t *bytes, bool *sent)
{
    base_assert (self != NULL && bytes != NULL && bytes->size_bytes > 0 && sent != NULL);
    *sent = false;
    mst_err_t err = link_dealer_may_send (self);
    if (err || self->state < DEALER_CONNECTED)
        return err;
    base_trace ("link/dealer.c: link_dealer_send_buffer");
    return link_socket_send_buffer (&self->socket, bytes, sent);
}

bool link_dealer_take_block (link_dealer_t *self, base_buffer_t *bytes)
{
    base_assert (self != NULL && bytes != NULL);
    return link_blocks_take (self->socket.blocks, bytes);
}

void link_dealer_want_room (link_dealer_t *self, bool on)
{
    base_assert (self != NULL);
    self->socket.data.want_room = on;
    self->socket.data.dirty = self->socket.data.dirty || on;
}
