/*  A ROUTER that numbers its connections and knows which of them died.

    A message names the descriptor of the connection it came by; the monitor names descriptors that
    were accepted and closed. Descriptors are used again, and the two roads are not in step, so:

    - The monitor speaks of a closing before the descriptor is closed. When a connection speaks for
   the first time, its socket's inode is taken, then the monitor is read: if the descriptor is not
      reported closed, the inode was this connection's, and a later cut (shutdown) can make sure
      that it strikes the right one.
    - If the descriptor was accepted again meanwhile, the first message may be from its last user,
      dead by now. Such a newcomer is *doubtful*: it is probed now and a moment later; if the
   monitor reports the descriptor closed, it is dead.
    - If two speak by the same descriptor, one of them is dead, and either may have been heard
   first: libzmq reads from its connections in turn. The later one only *claims* the descriptor
   until a probe to one of the two is refused.
    - The monitor reports a closing before the last bytes are in the socket. A dead one is *dying*
      until a probe to it is refused, which it is as soon as libzmq has closed the way back, after
      the last bytes; when the socket has then nothing to read, all of its messages were read.

    A probe is an empty message; dealers ignore it. On inproc:// there is no descriptor and no
   death: there an empty message is the farewell of a socket that closes, in both directions. */
#include "link/router.h"
#include "link/clock.h"
#include "link/endpoint_private.h"
#include "link/socket_private.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/trace.h"
#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ROUTER_CONNECTIONS_DEFAULT = 65536,
    ROUTER_IDENTITY_MAX = 255, /* libzmq's */
    ROUTER_LOOK_AFTER = 64,    /* messages, when there are always more */
    ROUTER_NS_PER_MS = 1000000,
    ROUTER_PROBE_MS = 1,
    ROUTER_DOUBT_MS = 50,
    ROUTER_CLOSE_MS = 200,  /* what was sent may leave */
    ROUTER_SETTLE_MS = 1000 /* a dying one that still answers came back under the same identity */
};

typedef enum router_state {
    PEER_OPEN,
    PEER_DOUBTFUL, /* open; probed again at due_ns */
    PEER_CLOSING,  /* by us: cut at due_ns */
    PEER_CUT,      /* by us: forgotten once it is empty */
    PEER_DYING     /* by the other side, or by its fault: reported once it is empty */
} router_state_t;

typedef struct router_peer {
    uint64_t number;
    uint64_t spoke; /* the router's count of messages at its last one */
    uint64_t inode; /* of its socket; 0: unknown */
    int64_t due_ns; /* not open: when to look at it */
    int64_t
        settled_ns; /* dying, cut, or in whose place it claims: it answers no probes after that */
    const char *why;
    int fd;    /* -1: none, or no longer its own */
    int claim; /* the descriptor that it shares with another one of whom one is dead; -1: none */
    router_state_t state;
    bool inproc;
    bool deaf;   /* what it says is dropped */
    bool closed; /* a probe was refused, or waited for in vain: no more bytes can come */
    uint8_t identity_bytes;
    char identity[ROUTER_IDENTITY_MAX];
} router_peer_t;

struct link_router {
    link_socket_t socket;
    link_endpoint_t endpoints[LINK_ENDPOINTS_MAX];
    size_t endpoint_count;
    base_names_t identities; /* to router_peer_t */
    base_map_t numbers;      /* to router_peer_t */
    base_map_t users;        /* descriptor to the peer that is taken for its user */
    base_map_t accepted;     /* descriptor to 2 * (how often accepted), + 1 while open */
    router_peer_t *last;     /* who spoke last: most often he speaks again */
    uint64_t next_number;
    uint64_t received;  /* messages */
    uint64_t looked;    /* … when the unsettled were last looked at */
    uint32_t unsettled; /* peers that are not open */
    uint32_t connections_max;
};

static const char router_closed[] = "the connection was closed";

/*  Peers ------------------------------------------------------------------------------------- */

static void link_router_wake_at (link_router_t *self, int64_t wake_ns)
{
    if (wake_ns < self->socket.monitor.wake_ns)
        self->socket.monitor.wake_ns = wake_ns;
}

static void link_router_set (link_router_t *self, router_peer_t *peer, router_state_t state,
                             int64_t due_ns)
{
    base_assert (self->unsettled > 0 || peer->state == PEER_OPEN);
    self->unsettled -= peer->state != PEER_OPEN;
    self->unsettled += state != PEER_OPEN;
    peer->state = state;
    peer->due_ns = due_ns;
    if (state != PEER_OPEN)
        link_router_wake_at (self, due_ns);
}

static void link_router_forget_fd (link_router_t *self, router_peer_t *peer)
{
    if (peer->fd >= 0 && base_map_pointer (&self->users, (uint64_t) peer->fd) == peer)
        (void) base_map_remove (&self->users, (uint64_t) peer->fd);
    peer->fd = -1;
}

static void link_router_drop (link_router_t *self, router_peer_t *peer)
{
    link_router_set (self, peer, PEER_OPEN, INT64_MAX);
    link_router_forget_fd (self, peer);
    (void) base_names_remove (&self->identities, peer->identity, peer->identity_bytes);
    (void) base_map_remove (&self->numbers, peer->number);
    if (self->last == peer)
        self->last = NULL;
    base_free (peer);
}

/*  No more comes from the other side than what is on its way already. */
static void link_router_died (link_router_t *self, router_peer_t *peer, const char *why)
{
    link_router_forget_fd (self, peer);
    peer->claim = -1;
    if (peer->state == PEER_DYING)
        return;
    bool ours = peer->state == PEER_CLOSING || peer->state == PEER_CUT;
    peer->why = why;
    peer->settled_ns = link_clock_ns () + ROUTER_SETTLE_MS * ROUTER_NS_PER_MS;
    link_router_set (self, peer, ours ? PEER_CUT : PEER_DYING, 0);
}

/*  Descriptors ------------------------------------------------------------------------------- */

static uint64_t router_inode (int fd)
{
    struct stat status;
    if (fstat (fd, &status) != 0 || !S_ISSOCK (status.st_mode))
        return 0;
    return (uint64_t) status.st_ino;
}

/*  Shuts the connection down if the descriptor is still the one that was taken down. The duplicate
    keeps it from being closed and used again between the look and the deed. */
static void link_router_cut (const router_peer_t *peer)
{
    int own = peer->fd >= 0 && peer->inode ? fcntl (peer->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (own < 0)
        return;
    if (router_inode (own) == peer->inode)
        (void) shutdown (own, SHUT_RDWR);
    (void) close (own);
}

/*  The connection breaks a rule: it is cut, and reported with the reason. */
static void link_router_expel (link_router_t *self, router_peer_t *peer, const char *why)
{
    link_router_cut (peer);
    peer->deaf = true;
    link_router_died (self, peer, why);
}

/*  Without memory for the entry the descriptor counts as closed: its user is reported lost. */
static void link_router_hear_accepted (link_router_t *self, uint64_t fd)
{
    uint64_t count = 0;
    (void) base_map_get (&self->accepted, fd, &count);
    (void) base_map_set (&self->accepted, fd, (count | 1) + 2);
}

static void link_router_hear_closed (link_router_t *self, uint64_t fd)
{
    uint64_t count = 0;
    if (base_map_get (&self->accepted, fd, &count))
        (void) base_map_set (&self->accepted, fd, count & ~(uint64_t) 1);
    router_peer_t *peer = base_map_pointer (&self->users, fd);
    if (peer)
        link_router_died (self, peer, router_closed);
}

/*  Takes all that the monitor has to say. */
static void link_router_hear (link_router_t *self)
{
    int fd, news;

    while ((news = link_socket_news (&self->socket, &fd))) {
        if (news == ZMQ_EVENT_ACCEPTED)
            link_router_hear_accepted (self, (uint64_t) fd);
        else if (news == ZMQ_EVENT_DISCONNECTED)
            link_router_hear_closed (self, (uint64_t) fd);
    }
}

/*  Newcomers --------------------------------------------------------------------------------- */

/*  Is the way to this peer closed? libzmq's commands are taken first, so that the answer is of this
    moment. To an open one it sends an empty message. */
static bool link_router_probe (link_router_t *self, const router_peer_t *peer)
{
    int events;
    size_t size = sizeof events;
    bool sent = false;

    base_assert (zmq_getsockopt (self->socket.data.socket, ZMQ_EVENTS, &events, &size) == 0);
    if (link_socket_send (&self->socket, peer->identity, peer->identity_bytes, true, &sent))
        return false;
    if (!sent)
        return errno == EHOSTUNREACH;
    (void) link_socket_send (&self->socket, NULL, 0, false, &sent);
    return false;
}

/*  Takes the descriptor for the peer's own, if it is open. */
static void link_router_own (link_router_t *self, router_peer_t *peer, int fd)
{
    uint64_t count = 0;

    peer->inode = router_inode (fd);
    link_router_hear (self);
    (void) base_map_get (&self->accepted, (uint64_t) fd, &count);
    if (!(count & 1)) {
        link_router_died (self, peer, router_closed);
        return;
    }
    peer->fd = fd;
    if (base_map_set_pointer (&self->users, (uint64_t) fd, peer) != MST_OK)
        link_router_expel (self, peer, "out of memory");
    else if (count > 3 && peer->state == PEER_OPEN) /* accepted more than once */
        link_router_set (self, peer, PEER_DOUBTFUL, 0);
}

/*  Which of the two who spoke by one descriptor is dead? True: it is known, or neither would say.
 */
static bool link_router_decide (link_router_t *self, router_peer_t *peer, int64_t now_ns)
{
    int fd = peer->claim;

    base_assert (fd >= 0 && peer->fd < 0);
    router_peer_t *before = base_map_pointer (&self->users, (uint64_t) fd);
    base_assert (before != peer);
    if (before && !link_router_probe (self, before) && now_ns < peer->settled_ns)
        return false;
    if (before)
        link_router_died (self, before, router_closed);
    peer->claim = -1;
    link_router_own (self, peer, fd);
    return true;
}

/*  Finds out whether the descriptor is the newcomer's own; see the top of this file. */
static void link_router_place (link_router_t *self, router_peer_t *peer, int fd)
{
    peer->inproc = fd < 0;
    if (peer->inproc)
        return;
    link_router_hear (self);
    if (!base_map_pointer (&self->users, (uint64_t) fd)) {
        link_router_own (self, peer, fd);
        return;
    }
    peer->claim = fd;
    peer->settled_ns = link_clock_ns () + ROUTER_SETTLE_MS * ROUTER_NS_PER_MS;
    link_router_set (self, peer, PEER_DOUBTFUL, 0);
}

/*  NULL: no memory. */
static router_peer_t *link_router_add (link_router_t *self, const link_message_t *identity)
{
    router_peer_t *peer = base_calloc (1, sizeof *peer);
    if (!peer)
        return NULL;
    peer->number = self->next_number;
    peer->fd = peer->claim = -1;
    peer->identity_bytes = (uint8_t) identity->size_bytes;
    memcpy (peer->identity, identity->data, identity->size_bytes);
    if (base_map_set_pointer (&self->numbers, peer->number, peer) != MST_OK)
        goto has_peer;
    if (base_names_set (&self->identities, peer->identity, peer->identity_bytes,
                        (uint64_t) (uintptr_t) peer) != MST_OK)
        goto has_number;
    self->next_number++;
    return peer;

has_number:
    (void) base_map_remove (&self->numbers, peer->number);
has_peer:
    base_free (peer);
    return NULL;
}

/*  Who sent this: looked up by the first part; the second knows the descriptor. NULL: no memory. */
static router_peer_t *link_router_sender (link_router_t *self, const link_message_t *identity,
                                          link_message_t *message)
{
    router_peer_t *peer = self->last;
    uint64_t found;

    if (peer && peer->identity_bytes == identity->size_bytes &&
        memcmp (peer->identity, identity->data, identity->size_bytes) == 0)
        return peer;
    if (base_names_get (&self->identities, (const char *) identity->data, identity->size_bytes,
                        &found))
        return (router_peer_t *) (uintptr_t) found;

    bool full = self->numbers.count >= self->connections_max;
    peer = link_router_add (self, identity);
    if (!peer)
        return NULL;
    link_router_place (self, peer, zmq_msg_get (link_message_frame (message), ZMQ_SRCFD));
    if (full && peer->state != PEER_DYING)
        link_router_expel (self, peer, "limits.connections is reached");
    return peer;
}

/*  Receiving --------------------------------------------------------------------------------- */

static void link_router_report (link_router_t *self, router_peer_t *peer, link_event_t *event)
{
    event->kind = LINK_EVENT_LOST;
    event->connection = peer->number;
    (void) snprintf (event->text, sizeof event->text, "%s", peer->why);
    link_router_drop (self, peer);
}

/*  Drops what follows; true when something did. */
static bool link_router_skip (link_router_t *self, link_message_t *message)
{
    bool more = link_socket_more (message), skipped = more;
    while (more) {
        link_message_release (message);
        if (!link_socket_receive (&self->socket, message))
            break; /* libzmq gives messages whole */
        more = link_socket_more (message);
    }
    return skipped;
}

/*  Receives one message of a sender and one part. False: nothing is there. `*peer` is NULL for a
    message that cannot be given to anyone. */
static bool link_router_take (link_router_t *self, link_message_t *message, router_peer_t **peer)
{
    link_message_t identity = { 0 };

    *peer = NULL;
    if (!link_socket_receive (&self->socket, &identity))
        return false;
    bool whole = link_socket_more (&identity) && link_socket_receive (&self->socket, message);
    base_assert (whole); /* a ROUTER gives the sender's identity first, and messages whole */
    *peer = link_router_sender (self, &identity, message);
    link_message_release (&identity);
    self->last = *peer;
    self->received++;
    if (*peer)
        (*peer)->spoke = self->received;
    if (link_router_skip (self, message) && *peer && !(*peer)->deaf)
        link_router_expel (self, *peer,
                           "it sends messages of several parts, which Muster does not");
    return true;
}

/*  True: an event. */
static bool link_router_read (link_router_t *self, link_event_t *event)
{
    router_peer_t *peer;

    while (link_router_take (self, &event->message, &peer)) {
        bool empty = event->message.size_bytes == 0;
        if (peer && !peer->deaf && !empty) {
            event->kind = LINK_EVENT_MESSAGE;
            event->connection = peer->number;
            return true;
        }
        link_message_release (&event->message);
        if (peer && peer->inproc && empty) { /* the farewell */
            peer->why = "the other side was closed";
            if (!peer->deaf) {
                link_router_report (self, peer, event);
                return true;
            }
            link_router_drop (self, peer);
        }
        if (self->received - self->looked >= ROUTER_LOOK_AFTER)
            return false; /* one that floods unheard must not keep us here */
    }
    return false;
}

/*  Settling ---------------------------------------------------------------------------------- */

/*  libzmq reads from its connections in turn: one that was passed over for longer than a round has
    nothing more. */
static bool link_router_passed_over (const link_router_t *self, const router_peer_t *peer)
{
    return self->received - peer->spoke > 2 * (uint64_t) self->numbers.count + ROUTER_LOOK_AFTER;
}

bool link_router_silent (const link_router_t *self, uint64_t connection)
{
    base_assert (self != NULL);
    const router_peer_t *peer = base_map_pointer (&self->numbers, connection);
    bool empty = !self->socket.data.ready && !self->socket.data.dirty;
    return !peer || empty || link_router_passed_over (self, peer);
}

/*  A dying or cut one: true when nothing of it is left. The clock ends only the wait for its way to
    close: what has come is read, however long its reader takes. */
static bool link_router_emptied (link_router_t *self, router_peer_t *peer, bool empty,
                                 int64_t now_ns)
{
    if (!peer->closed && (link_router_probe (self, peer) || now_ns >= peer->settled_ns)) {
        peer->closed = true;
        peer->spoke = self->received;
        return false; /* the probe took commands: read once more */
    }
    return peer->closed && (empty || link_router_passed_over (self, peer));
}

/*  Looks at one that is not open. True: an event. */
static bool link_router_look_at (link_router_t *self, router_peer_t *peer, bool empty,
                                 int64_t now_ns, link_event_t *event)
{
    switch (peer->state) {
    case PEER_OPEN: break;
    case PEER_DOUBTFUL:
        if (link_router_probe (self, peer))
            link_router_died (self, peer, router_closed);
        else if (peer->claim >= 0 && !link_router_decide (self, peer, now_ns))
            link_router_set (self, peer, PEER_DOUBTFUL,
                             now_ns + ROUTER_PROBE_MS * ROUTER_NS_PER_MS);
        else if (peer->state != PEER_DOUBTFUL)
            break; /* it was decided against it */
        else if (peer->due_ns == 0)
            link_router_set (self, peer, PEER_DOUBTFUL,
                             now_ns + ROUTER_DOUBT_MS * ROUTER_NS_PER_MS);
        else
            link_router_set (self, peer, PEER_OPEN, INT64_MAX);
        break;
    case PEER_CLOSING:
        if (peer->claim >= 0 && !link_router_probe (self, peer) &&
            !link_router_decide (self, peer, now_ns)) {
            link_router_set (self, peer, PEER_CLOSING, now_ns + ROUTER_PROBE_MS * ROUTER_NS_PER_MS);
            break;
        }
        link_router_cut (peer);
        peer->settled_ns = now_ns + ROUTER_SETTLE_MS * ROUTER_NS_PER_MS;
        link_router_set (self, peer, PEER_CUT, 0);
        break;
    case PEER_CUT:
    case PEER_DYING:
        if (!link_router_emptied (self, peer, empty, now_ns)) {
            link_router_set (self, peer, peer->state,
                             peer->closed ? 0 : now_ns + ROUTER_PROBE_MS * ROUTER_NS_PER_MS);
        } else if (peer->state == PEER_DYING) {
            link_router_report (self, peer, event);
            return true;
        } else {
            link_router_drop (self, peer);
        }
        break;
    }
    return false;
}

/*  Looks at all that are due; `empty`: there was nothing to read just now. True: an event. */
static bool link_router_settle (link_router_t *self, bool empty, link_event_t *event)
{
    int64_t now_ns = link_clock_ns ();

    self->looked = self->received;
    self->socket.monitor.wake_ns = INT64_MAX;
    for (uint32_t i = self->numbers.count; i-- > 0;) {
        router_peer_t *peer = (router_peer_t *) (uintptr_t) self->numbers.entries[i].value;
        if (peer->state == PEER_OPEN)
            continue;
        if (peer->due_ns > now_ns)
            link_router_wake_at (self, peer->due_ns);
        else if (link_router_look_at (self, peer, empty, now_ns, event)) {
            link_router_wake_at (self, 0); /* the rest, next time */
            return true;
        }
    }
    return false;
}

void link_router_next (link_router_t *self, link_event_t *event)
{
    base_assert (self != NULL && event != NULL);
    event->kind = LINK_EVENT_NONE;
    event->connection = 0;
    event->message = (link_message_t){ 0 };
    event->text[0] = '\0';

    if (self->socket.monitor.ready)
        link_router_hear (self);
    bool busy = self->received - self->looked >= ROUTER_LOOK_AFTER;
    if (self->unsettled > 0 && busy && link_router_settle (self, false, event))
        return;
    if (self->unsettled == 0) {
        self->looked = self->received;
        self->socket.monitor.wake_ns = INT64_MAX;
    }
    if (link_router_read (self, event)) {
        base_trace ("link/router.c: link_router_next");
        return;
    }
    if (self->unsettled > 0)
        (void) link_router_settle (self, !self->socket.data.dirty, event);
}

bool link_router_ready (const link_router_t *self)
{
    base_assert (self != NULL);
    return self->socket.data.ready || self->socket.monitor.ready;
}

/*  Sending ----------------------------------------------------------------------------------- */

/*  Sends the part that names the receiver. `*sent` false: it is full. */
static mst_err_t link_router_address (link_router_t *self, uint64_t connection, bool *sent)
{
    *sent = false;
    router_peer_t *peer = base_map_pointer (&self->numbers, connection);
    if (!peer || peer->state == PEER_CLOSING || peer->state == PEER_CUT)
        return base_error (MST_E_CONNECTION_LOST, "connection %llu is closed",
                           (unsigned long long) connection);
    mst_err_t err =
        link_socket_send (&self->socket, peer->identity, peer->identity_bytes, true, sent);
    if (err || *sent || errno == EAGAIN)
        return err;
    return base_error (MST_E_CONNECTION_LOST, "connection %llu is lost",
                       (unsigned long long) connection);
}

mst_err_t link_router_send (link_router_t *self, uint64_t connection, const void *data,
                            size_t size_bytes, bool *sent)
{
    base_assert (self != NULL && data != NULL && size_bytes > 0 && sent != NULL);
    mst_err_t err = link_router_address (self, connection, sent);
    if (err || !*sent)
        return err;
    return link_socket_send (&self->socket, data, size_bytes, false, sent);
}

mst_err_t link_router_send_buffer (link_router_t *self, uint64_t connection, base_buffer_t *bytes,
                                   bool *sent)
{
    base_assert (self != NULL && bytes != NULL && bytes->size_bytes > 0 && sent != NULL);
    mst_err_t err = link_router_address (self, connection, sent);
    if (err || !*sent)
        return err;
    return link_socket_send_buffer (&self->socket, bytes, sent);
}

static void link_router_farewell (link_router_t *self, const router_peer_t *peer)
{
    bool sent;
    (void) link_socket_send (&self->socket, peer->identity, peer->identity_bytes, true, &sent);
    if (sent)
        (void) link_socket_send (&self->socket, NULL, 0, false, &sent);
}

void link_router_close (link_router_t *self, uint64_t connection)
{
    base_assert (self != NULL);
    router_peer_t *peer = base_map_pointer (&self->numbers, connection);
    if (!peer)
        return;
    peer->deaf = true;
    if (peer->state == PEER_DYING) {
        link_router_set (self, peer, PEER_CUT, 0);
    } else if (peer->inproc) {
        link_router_farewell (self, peer);
        peer->settled_ns = INT64_MAX;
        link_router_set (self, peer, PEER_CUT, INT64_MAX); /* until its farewell */
    } else if (peer->state != PEER_CUT && peer->state != PEER_CLOSING) {
        link_router_set (self, peer, PEER_CLOSING,
                         link_clock_ns () + ROUTER_CLOSE_MS * ROUTER_NS_PER_MS);
    }
}

/*  Life -------------------------------------------------------------------------------------- */

/*  Whoever took the name keeps it: then everybody comes by tcp. */
static void link_router_bind_near (link_router_t *self)
{
    char near[LINK_ENDPOINT_SIZE];

    for (size_t i = 0; i < self->endpoint_count; i++)
        if (link_endpoint_near (self->endpoints[i].text, near, sizeof near))
            (void) zmq_bind (self->socket.data.socket, near);
}

static mst_err_t link_router_bind (link_router_t *self, const link_router_options_t *options)
{
    void *socket = self->socket.data.socket;

    if (options->endpoint_count == 0 || options->endpoint_count > LINK_ENDPOINTS_MAX)
        return base_error (MST_E_INVALID_ARGUMENT, "1 to %d endpoints can be bound, not %zu",
                           LINK_ENDPOINTS_MAX, options->endpoint_count);
    link_socket_set (socket, ZMQ_ROUTER_MANDATORY, 1);
    for (size_t i = 0; i < options->endpoint_count; i++) {
        const char *wanted = options->endpoints[i];
        link_socket_set (socket, ZMQ_IPV6, strchr (wanted, '[') != NULL);
        mst_err_t err = link_endpoint_bind (&self->endpoints[i], &self->socket, wanted);
        if (err)
            return err;
        self->endpoint_count++;
    }
    if (options->near)
        link_router_bind_near (self);
    return MST_OK;
}

mst_err_t link_router_new (link_poll_t *poll, const link_router_options_t *options,
                           link_router_t **self)
{
    base_assert (poll != NULL && options != NULL && self != NULL);
    *self = NULL;
    link_router_t *fresh = base_calloc (1, sizeof *fresh);
    if (!fresh)
        return base_alloc_error ();
    fresh->next_number = 1;
    fresh->connections_max = options->connections_max;
    if (fresh->connections_max == 0)
        fresh->connections_max = ROUTER_CONNECTIONS_DEFAULT;
    base_names_init (&fresh->identities);
    base_map_init (&fresh->numbers);
    base_map_init (&fresh->users);
    base_map_init (&fresh->accepted);
    link_socket_options_t common = { .type = ZMQ_ROUTER,
                                     .send_mark = options->send_mark,
                                     .receive_mark = options->receive_mark,
                                     .message_max_bytes = options->message_max_bytes,
                                     .heartbeat_ms = options->heartbeat_ms,
                                     .heartbeat_timeout_ms = options->heartbeat_timeout_ms };
    mst_err_t err = link_socket_init (&fresh->socket, poll, &common);
    if (!err)
        err = link_router_bind (fresh, options);
    if (err) {
        link_router_destroy (&fresh, 0);
        return err;
    }
    *self = fresh;
    return MST_OK;
}

void link_router_destroy (link_router_t **self, int linger_ms)
{
    base_assert (self != NULL);
    link_router_t *old = *self;
    if (!old)
        return;
    *self = NULL;
    for (size_t i = 0; i < old->endpoint_count; i++)
        link_endpoint_unbind (&old->endpoints[i]);
    BASE_MAP_EACH (&old->numbers, entry) {
        router_peer_t *peer = (router_peer_t *) (uintptr_t) entry->value;
        if (peer->inproc && peer->state == PEER_OPEN)
            link_router_farewell (old, peer);
        base_free (peer);
    }
    link_socket_fini (&old->socket, linger_ms);
    base_names_fini (&old->identities);
    base_map_fini (&old->numbers);
    base_map_fini (&old->users);
    base_map_fini (&old->accepted);
    base_free (old);
}

size_t link_router_endpoint_count (const link_router_t *self)
{
    base_assert (self != NULL);
    return self->endpoint_count;
}

const char *link_router_endpoint (const link_router_t *self, size_t index)
{
    base_assert (self != NULL && index < self->endpoint_count);
    return self->endpoints[index].text;
}

size_t link_router_connection_count (const link_router_t *self)
{
    base_assert (self != NULL);
    return self->numbers.count;
}
