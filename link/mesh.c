/*  A router for those that come, a dealer for each peer that is wanted. A lane's number is twice
   the router's number of the connection, or twice a count of tries plus one. */
#include "link/mesh.h"
#include "link/clock.h"
#include "link/dealer.h"
#include "link/router.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

typedef struct mesh_peer {
    char *endpoint;
    link_dealer_t *dealer; /* NULL: to be tried again at next_ns */
    uint64_t lane;
    bool open;
    int64_t next_ns;
} mesh_peer_t;

struct link_mesh {
    link_poll_t *poll;
    link_router_t *router;
    mesh_peer_t *peers;
    size_t peer_count;
    uint64_t tries;
};

static const int64_t mesh_redial_ns = LINK_MESH_REDIAL_MS * INT64_C (1000000);

static mst_err_t mesh_dial (link_mesh_t *self, mesh_peer_t *peer)
{
    const link_dealer_options_t options = { .endpoint = peer->endpoint,
                                            .message_max_bytes = LINK_MESH_MESSAGE_BYTES };
    base_assert (peer->dealer == NULL);
    peer->lane = 2 * ++self->tries + 1;
    peer->open = false;
    peer->next_ns = link_clock_ns () + mesh_redial_ns;
    return link_dealer_new (self->poll, &options, &peer->dealer);
}

static void mesh_hang_up (mesh_peer_t *peer)
{
    base_assert (peer != NULL);
    link_dealer_destroy (&peer->dealer, 0);
    peer->open = false;
    peer->next_ns = link_clock_ns () + mesh_redial_ns;
}

void link_mesh_wait (link_mesh_t *self, int64_t timeout_ns)
{
    int64_t now_ns = link_clock_ns ();
    base_assert (self != NULL);
    for (size_t i = 0; i < self->peer_count; i++) {
        int64_t wait_ns = self->peers[i].next_ns - now_ns;
        if (!self->peers[i].dealer && wait_ns < timeout_ns)
            timeout_ns = wait_ns > 0 ? wait_ns : 0;
    }
    (void) link_poll_wait (self->poll, timeout_ns);
}

void link_mesh_wake (link_mesh_t *self)
{
    base_assert (self != NULL);
    link_poll_wake (self->poll);
}

/*  Nothing of a peer's that is not for the user is told. */
static bool mesh_peer_next (mesh_peer_t *peer, link_mesh_event_t *event)
{
    link_event_t found;
    base_assert (peer->dealer != NULL);
    link_dealer_next (peer->dealer, &found);
    event->lane = peer->lane;
    switch (found.kind) {
    case LINK_EVENT_MESSAGE:
        event->news = LINK_MESH_MESSAGE;
        link_message_move (&event->message, &found.message);
        return true;
    case LINK_EVENT_CONNECTED:
        event->news = LINK_MESH_OPENED;
        peer->open = true;
        return true;
    case LINK_EVENT_FAILED: mesh_hang_up (peer); return false;
    case LINK_EVENT_LOST: {
        bool told = peer->open;
        mesh_hang_up (peer);
        event->news = told ? LINK_MESH_CLOSED : LINK_MESH_NOTHING;
        return told;
    }
    case LINK_EVENT_NONE: break;
    }
    return false;
}

static bool mesh_router_next (link_mesh_t *self, link_mesh_event_t *event)
{
    link_event_t found;
    base_assert (self->router != NULL);
    link_router_next (self->router, &found);
    event->lane = 2 * found.connection;
    if (found.kind == LINK_EVENT_MESSAGE) {
        event->news = LINK_MESH_MESSAGE;
        link_message_move (&event->message, &found.message);
    } else if (found.kind == LINK_EVENT_LOST)
        event->news = LINK_MESH_CLOSED;
    return event->news != LINK_MESH_NOTHING;
}

mst_err_t link_mesh_next (link_mesh_t *self, link_mesh_event_t *event)
{
    int64_t now_ns = link_clock_ns ();
    base_assert (self != NULL && event != NULL);
    memset (event, 0, sizeof *event);
    for (size_t i = 0; i < self->peer_count; i++) {
        mesh_peer_t *peer = &self->peers[i];
        if (!peer->dealer && peer->next_ns <= now_ns) {
            mst_err_t err = mesh_dial (self, peer);
            if (err)
                return err;
        }
        if (peer->dealer && link_dealer_ready (peer->dealer) && mesh_peer_next (peer, event))
            return MST_OK;
    }
    if (self->router && link_router_ready (self->router))
        (void) mesh_router_next (self, event);
    return MST_OK;
}

mst_err_t link_mesh_send (link_mesh_t *self, uint64_t lane, const void *data, size_t size_bytes)
{
    bool sent = false;
    mst_err_t err = MST_E_CONNECTION_LOST;
    base_assert (self != NULL);
    base_assert (data != NULL && size_bytes > 0);
    if (lane % 2 == 0 && self->router)
        err = link_router_send (self->router, lane / 2, data, size_bytes, &sent);
    for (size_t i = 0; lane % 2 == 1 && i < self->peer_count; i++)
        if (self->peers[i].lane == lane && self->peers[i].open)
            err = link_dealer_send (self->peers[i].dealer, data, size_bytes, &sent);
    if (err == MST_E_CONNECTION_LOST)
        return base_error (err, "the connection is closed");
    if (!err && !sent)
        return base_error (MST_E_WOULD_BLOCK, "the other side does not read");
    return err;
}

const char *link_mesh_endpoint (const link_mesh_t *self)
{
    base_assert (self != NULL);
    return self->router ? link_router_endpoint (self->router, 0) : NULL;
}

/*  Life ---------------------------------------------------------------------------------------- */

static mst_err_t mesh_start (link_mesh_t *self, const char *listen, const char *const *peers,
                             size_t peer_count)
{
    base_assert (self != NULL);
    mst_err_t err = link_poll_new (&self->poll);
    if (!err && listen) {
        const link_router_options_t options = { .endpoints = &listen,
                                                .endpoint_count = 1,
                                                .message_max_bytes = LINK_MESH_MESSAGE_BYTES };
        err = link_router_new (self->poll, &options, &self->router);
    }
    if (err)
        return err;
    self->peers = base_calloc (peer_count + 1, sizeof *self->peers);
    if (!self->peers)
        return base_alloc_error ();
    for (size_t i = 0; !err && i < peer_count; i++) {
        self->peers[i].endpoint = base_strdup (peers[i]);
        err = self->peers[i].endpoint ? MST_OK : base_alloc_error ();
        self->peer_count = i + 1;
        if (!err)
            err = mesh_dial (self, &self->peers[i]);
    }
    return err;
}

mst_err_t link_mesh_new (const char *listen, const char *const *peers, size_t peer_count,
                         link_mesh_t **self)
{
    base_assert (self != NULL);
    base_assert (peers != NULL || peer_count == 0);
    *self = NULL;
    if (peer_count > LINK_MESH_PEERS_MAX)
        return base_error (MST_E_LIMIT, "at most %d peers (LINK_MESH_PEERS_MAX)",
                           LINK_MESH_PEERS_MAX);
    link_mesh_t *fresh = base_calloc (1, sizeof *fresh);
    if (!fresh)
        return base_alloc_error ();
    mst_err_t err = mesh_start (fresh, listen, peers, peer_count);
    if (err)
        link_mesh_destroy (&fresh, 0);
    *self = fresh;
    return err;
}

void link_mesh_destroy (link_mesh_t **self, int linger_ms)
{
    base_assert (self != NULL);
    link_mesh_t *old = *self;
    if (!old)
        return;
    *self = NULL;
    for (size_t i = 0; i < old->peer_count; i++) {
        link_dealer_destroy (&old->peers[i].dealer, linger_ms);
        base_free (old->peers[i].endpoint);
    }
    base_free (old->peers);
    link_router_destroy (&old->router, linger_ms);
    link_poll_destroy (&old->poll);
    base_free (old);
}
