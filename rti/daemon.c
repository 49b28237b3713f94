/*  One turn: wait; feed what has come, up to a limit; look at the clock; carry out. Several
   messages are fed before anything is sent, so that what they cause for one connection leaves as
   one message; the wait comes only when nothing is left to feed, so that this delays nobody. */
#include "rti/daemon.h"
#include "rti/backlog.h"
#include "rti/trace.h"
#include "rti/watch.h"
#include "link/clock.h"
#include "link/process.h"
#include "link/random.h"
#include "link/router.h"
#include "base/alloc.h"
#include "base/error.h"
#include "wire/limits.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    DAEMON_BATCH_MESSAGES = 64,
    DAEMON_BATCH_BYTES = 1024 * 1024,
    DAEMON_BACKLOG_BYTES = 64 * 1024 * 1024,
    DAEMON_BATCH_SENDS_BYTES = 256 * 1024, /* libzmq's mark counts messages: they stay small */
    DAEMON_SEND_MARK = 128, /* messages in libzmq for one connection; then the backlog */
    DAEMON_RECEIVE_MARK = 1000,
    DAEMON_LINGER_MS = 500, /* last words, when it ends */
    DAEMON_HEARTBEAT_MS = 1000,
    DAEMON_HEARTBEAT_TIMEOUT_MAX_MS = 6000000, /* libzmq keeps it in 16 bits of tenths */
    DAEMON_HEARTBEATS = 4,                     /* within a limit of silence that is shorter */
    DAEMON_NS_PER_MS = 1000000
};

/*  Several frames, each as large as the wire allows, may come in one message. */
static const int64_t daemon_message_max_bytes = 4 * (int64_t) WIRE_BODY_MAX;

/*  A connection that is full tells nobody when it has room: it is asked again after so long. */
static const int64_t daemon_retry_ns = 5000000;

struct rti_daemon {
    rti_core_t *core;
    link_poll_t *poll;
    link_router_t *router;
    rti_effects_t effects;
    rti_backlog_t backlog;
    rti_watch_t watch;
    BASE_LIST (uint64_t) closed; /* by us: the core is told at the end of the turn */
    int64_t now_ns;
    int64_t deadline_ns; /* the core's */
    uint64_t unsaid;     /* lines of the log that nobody could read since the last one */
    atomic_bool stop;
    bool log;
    bool trace;
};

/*  The core ---------------------------------------------------------------------------------- */

/*  Nobody's step waits for whoever reads the log: what does not go out at once is left out, and
    counted. */
static void rti_daemon_say (void *daemon, const char *line)
{
    rti_daemon_t *self = daemon;
    struct timespec wall;
    struct tm day;

    if (!link_process_may_write (STDERR_FILENO)) {
        self->unsaid++;
        return;
    }
    if (self->unsaid > 0)
        fprintf (stderr, "%llu lines are left out here: nobody read the log\n",
                 (unsigned long long) self->unsaid);
    self->unsaid = 0;
    (void) clock_gettime (CLOCK_REALTIME, &wall);
    (void) gmtime_r (&wall.tv_sec, &day);
    fprintf (stderr, "%02d:%02d:%02d.%03ld %s\n", day.tm_hour, day.tm_min, day.tm_sec,
             wall.tv_nsec / 1000000, line);
}

static void rti_daemon_note (rti_daemon_t *self, const char *note)
{
    if (self->log)
        rti_daemon_say (self, note);
}

static void rti_daemon_trace (rti_daemon_t *self, rti_trace_way_t way, uint64_t connection,
                              const void *data, size_t size_bytes)
{
    if (self->trace)
        rti_trace (way, connection, data, size_bytes, rti_daemon_say, self);
}

static void rti_daemon_step (rti_daemon_t *self, const rti_event_t *event)
{
    if (rti_core_step (self->core, event, &self->effects))
        rti_daemon_note (self, mst_error_text ());
    self->deadline_ns = self->effects.deadline_ns;
}

static void rti_daemon_lost (rti_daemon_t *self, uint64_t connection, const char *why)
{
    rti_backlog_forget (&self->backlog, connection);
    bool ended = rti_watch_lost (&self->watch, connection);
    rti_daemon_step (self, &(rti_event_t){ .kind = RTI_EVENT_LOST,
                                           .connection = connection,
                                           .text = ended ? "its process has ended" : why,
                                           .now_ns = self->now_ns });
}

/*  In ------------------------------------------------------------------------------------------ */

/*  So that every connection can be closed in one turn. */
static mst_err_t rti_daemon_room (rti_daemon_t *self)
{
    size_t count = link_router_connection_count (self->router);
    mst_err_t err = MST_OK;
    while (!err && self->closed.capacity <= count)
        err = base_list_grow ((void **) &self->closed.items, self->closed.capacity,
                              &self->closed.capacity, sizeof *self->closed.items);
    return err;
}

static void rti_daemon_message (rti_daemon_t *self, const link_event_t *event)
{
    const link_message_t *message = &event->message;

    if (rti_daemon_room (self)) { /* a newcomer, then: the core does not know it yet */
        rti_daemon_note (self, mst_error_text ());
        link_router_close (self->router, event->connection);
        return;
    }
    rti_daemon_trace (self, RTI_TRACE_FROM, event->connection, message->data, message->size_bytes);
    rti_watch_heard (&self->watch, event->connection, message->data, message->size_bytes,
                     self->now_ns);
    rti_daemon_step (self, &(rti_event_t){ .kind = RTI_EVENT_MESSAGE,
                                           .connection = event->connection,
                                           .data = message->data,
                                           .size_bytes = message->size_bytes,
                                           .now_ns = self->now_ns,
                                           .wall_ns = link_clock_wall_ns () });
}

/*  Has enough come together to be sent? */
static bool rti_daemon_full (const rti_daemon_t *self)
{
    size_t bytes = 0;
    for (size_t i = 0; i < self->effects.send_count; i++)
        bytes += self->effects.sends.items[i].bytes.size_bytes;
    return bytes >= DAEMON_BATCH_SENDS_BYTES;
}

static void rti_daemon_receive (rti_daemon_t *self)
{
    link_event_t event;
    size_t messages = 0, bytes = 0;

    while (messages++ < DAEMON_BATCH_MESSAGES && bytes < DAEMON_BATCH_BYTES &&
           !rti_daemon_full (self)) {
        link_router_next (self->router, &event);
        switch (event.kind) {
        case LINK_EVENT_MESSAGE:
            bytes += event.message.size_bytes;
            rti_daemon_message (self, &event);
            link_message_release (&event.message);
            break;
        case LINK_EVENT_LOST: rti_daemon_lost (self, event.connection, event.text); break;
        case LINK_EVENT_NONE:
        case LINK_EVENT_CONNECTED:
        case LINK_EVENT_FAILED: return;
        }
    }
}

static void rti_daemon_look (rti_daemon_t *self)
{
    rti_watch_news_t news;

    while (rti_watch_look (&self->watch, self->now_ns, &news))
        rti_daemon_step (self, &(rti_event_t){ .kind = RTI_EVENT_STATE,
                                               .connection = news.connection,
                                               .text = news.stopped ? "stopped" : "",
                                               .now_ns = self->now_ns });
    if (self->now_ns >= self->deadline_ns)
        rti_daemon_step (self, &(rti_event_t){ .kind = RTI_EVENT_TICK, .now_ns = self->now_ns });
}

/*  Out ----------------------------------------------------------------------------------------- */

static mst_err_t rti_daemon_carry (void *carrier, uint64_t connection, base_buffer_t *bytes,
                                   bool *sent)
{
    const rti_daemon_t *self = carrier;
    return link_router_send_buffer (self->router, connection, bytes, sent);
}

/*  Closes now, and tells the core when the turn ends: it must not change the effects at hand. There
   is room for every connection (rti_daemon_room). */
static void rti_daemon_close (rti_daemon_t *self, uint64_t connection)
{
    link_router_close (self->router, connection);
    rti_backlog_forget (&self->backlog, connection);
    BASE_LIST_EACH (&self->closed, i)
        if (self->closed.items[i] == connection)
            return;
    base_assert (self->closed.count < self->closed.capacity);
    BASE_LIST_PUT (&self->closed, connection);
}

static void rti_daemon_send (rti_daemon_t *self, uint64_t connection, base_buffer_t *bytes)
{
    char note[256];
    bool sent = false;
    mst_err_t err = MST_OK;

    if (bytes->size_bytes == 0)
        return;
    rti_daemon_trace (self, RTI_TRACE_TO, connection, bytes->data, bytes->size_bytes);
    if (!rti_backlog_has (&self->backlog, connection))
        err = rti_daemon_carry (self, connection, bytes, &sent);
    if (!err && !sent)
        err = rti_backlog_put (&self->backlog, connection, bytes);
    if (!err || err == MST_E_CONNECTION_LOST) /* the loss itself will be heard */
        return;
    (void) snprintf (note, sizeof note, "connection %llu is closed: %s",
                     (unsigned long long) connection, mst_error_text ());
    rti_daemon_note (self, note);
    rti_daemon_close (self, connection);
}

/*  One round of what the core wants. */
static void rti_daemon_carry_out (rti_daemon_t *self)
{
    if (self->effects.stamp)
        rti_daemon_step (self, &(rti_event_t){ .kind = RTI_EVENT_STAMP,
                                               .now_ns = self->now_ns,
                                               .wall_ns = link_clock_wall_ns () });
    for (size_t i = 0; i < self->effects.send_count; i++)
        rti_daemon_send (self, self->effects.sends.items[i].connection,
                         &self->effects.sends.items[i].bytes);
    BASE_LIST_EACH (&self->effects.closes, i)
        rti_daemon_close (self, self->effects.closes.items[i]);
    BASE_LIST_EACH (&self->effects.notes, i)
        rti_daemon_note (self, self->effects.notes.items[i]);
    rti_effects_clear (&self->effects);
}

/*  Closing makes the core want more: until it is content. */
static void rti_daemon_flush (rti_daemon_t *self)
{
    rti_daemon_carry_out (self);
    while (self->closed.count > 0) {
        uint64_t connection = self->closed.items[--self->closed.count];
        rti_daemon_lost (self, connection, "it was closed by the RTI");
        rti_daemon_carry_out (self);
    }
}

/*  The loop ------------------------------------------------------------------------------------ */

static int64_t rti_daemon_timeout (const rti_daemon_t *self, int64_t now_ns)
{
    int64_t next_ns =
        self->deadline_ns < self->watch.next_ns ? self->deadline_ns : self->watch.next_ns;

    if (!rti_backlog_empty (&self->backlog) && now_ns + daemon_retry_ns < next_ns)
        next_ns = now_ns + daemon_retry_ns;
    if (next_ns == INT64_MAX)
        return INT64_MAX;
    return next_ns > now_ns ? next_ns - now_ns : 0;
}

void rti_daemon_run (rti_daemon_t *self)
{
    base_assert (self != NULL);
    while (!atomic_load (&self->stop)) {
        (void) link_poll_wait (self->poll, rti_daemon_timeout (self, link_clock_ns ()));
        self->now_ns = link_clock_ns ();
        rti_daemon_receive (self);
        rti_daemon_look (self);
        rti_daemon_flush (self);
        if (!rti_backlog_empty (&self->backlog))
            rti_backlog_flush (&self->backlog, rti_daemon_carry, self);
    }
}

void rti_daemon_stop (rti_daemon_t *self)
{
    atomic_store (&self->stop, true);
    link_poll_wake (self->poll);
}

/*  Life ---------------------------------------------------------------------------------------- */

/*  Signs of life are asked for where silence has a limit. libzmq's timeout has a limit, too. */
static void rti_daemon_heartbeat (link_router_options_t *router, int64_t silence_limit_ns)
{
    int64_t limit_ms = silence_limit_ns / DAEMON_NS_PER_MS;
    if (limit_ms <= DAEMON_HEARTBEATS || limit_ms > DAEMON_HEARTBEAT_TIMEOUT_MAX_MS)
        return;
    int64_t often_ms = limit_ms / DAEMON_HEARTBEATS;
    router->heartbeat_ms = (int) (often_ms < DAEMON_HEARTBEAT_MS ? often_ms : DAEMON_HEARTBEAT_MS);
    router->heartbeat_timeout_ms = (int) limit_ms;
}

static mst_err_t rti_daemon_start (rti_daemon_t *self, const rti_daemon_options_t *options)
{
    rti_options_t core = options->core;
    link_poll_yield_t yield;
    link_router_options_t router = { .endpoints = options->endpoints,
                                     .endpoint_count = options->endpoint_count,
                                     .send_mark = DAEMON_SEND_MARK,
                                     .receive_mark = DAEMON_RECEIVE_MARK,
                                     .message_max_bytes = daemon_message_max_bytes,
                                     .connections_max = options->connections_max,
                                     .near = true };

    rti_daemon_heartbeat (&router, core.silence_limit_ns);
    while (core.seed == 0)
        core.seed = link_random_u64 ();
    mst_err_t err = link_poll_yield_parse (options->yield, &yield);
    if (!err)
        err = rti_core_new (&core, &self->core);
    if (!err)
        err = link_poll_new (&self->poll);
    if (!err)
        link_poll_set_yield (self->poll, yield);
    if (!err)
        err = link_router_new (self->poll, &router, &self->router);
    return err;
}

mst_err_t rti_daemon_new (const rti_daemon_options_t *options, rti_daemon_t **self)
{
    base_assert (options != NULL && self != NULL);
    *self = NULL;
    rti_daemon_t *fresh = base_calloc (1, sizeof *fresh);
    if (!fresh)
        return base_alloc_error ();
    rti_effects_init (&fresh->effects);
    rti_backlog_init (&fresh->backlog,
                      options->backlog_bytes ? options->backlog_bytes : DAEMON_BACKLOG_BYTES);
    rti_watch_init (&fresh->watch);
    atomic_init (&fresh->stop, false);
    fresh->deadline_ns = INT64_MAX;
    fresh->log = options->log;
    fresh->trace = options->trace;
    mst_err_t err = rti_daemon_start (fresh, options);
    if (err) {
        rti_daemon_destroy (&fresh);
        return err;
    }
    *self = fresh;
    return MST_OK;
}

void rti_daemon_destroy (rti_daemon_t **self)
{
    base_assert (self != NULL);
    rti_daemon_t *old = *self;
    if (!old)
        return;
    *self = NULL;
    link_router_destroy (&old->router, DAEMON_LINGER_MS);
    link_poll_destroy (&old->poll);
    rti_core_destroy (&old->core);
    rti_watch_fini (&old->watch);
    rti_backlog_fini (&old->backlog);
    rti_effects_fini (&old->effects);
    BASE_LIST_FINI (&old->closed);
    base_free (old);
}

size_t rti_daemon_endpoint_count (const rti_daemon_t *self)
{
    base_assert (self != NULL);
    return link_router_endpoint_count (self->router);
}

const char *rti_daemon_endpoint (const rti_daemon_t *self, size_t index)
{
    base_assert (self != NULL);
    return link_router_endpoint (self->router, index);
}
