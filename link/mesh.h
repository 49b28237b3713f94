/*  Processes that talk to each other by plain endpoints: one that listens, and connections to peers
    that are tried again for as long as they are wanted. A lane is one connection, whoever opened
   it; messages go both ways. Several lanes may lead to one process; who is at the other end is for
   the messages to say.

    A message arrives whole, in order of its lane, or not at all (when the lane closes).

    Thread rule: one thread at a time; link_mesh_wake is for any thread and for signal handlers. */
#ifndef LINK_MESH_H
#define LINK_MESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "link/message.h"

typedef struct link_mesh link_mesh_t;

enum {
    LINK_MESH_PEERS_MAX = 1024,
    LINK_MESH_REDIAL_MS = 200,                  /* between tries to reach a peer */
    LINK_MESH_MESSAGE_BYTES = 128 * 1024 * 1024 /* whoever sends a larger one loses the lane */
};

/*  `listen`: an endpoint as in link/router.h; NULL: listens nowhere. Each peer is an endpoint.
    Errors: MST_E_IO, MST_E_INVALID_ARGUMENT, MST_E_LIMIT (LINK_MESH_PEERS_MAX), MST_E_NO_MEMORY. */
mst_err_t link_mesh_new (const char *listen, const char *const *peers, size_t peer_count,
                         link_mesh_t **self);
/*  What was sent is tried for linger_ms more. */
void link_mesh_destroy (link_mesh_t **self, int linger_ms);

/*  Where it listens ("tcp://127.0.0.1:40123"); NULL: nowhere. */
const char *link_mesh_endpoint (const link_mesh_t *self);

typedef enum link_mesh_news {
    LINK_MESH_NOTHING,
    LINK_MESH_OPENED, /* a lane that was opened from here: sending works */
    LINK_MESH_MESSAGE,
    LINK_MESH_CLOSED /* the last of this lane */
} link_mesh_news_t;

typedef struct link_mesh_event {
    link_mesh_news_t news;
    uint64_t lane;          /* never used again */
    link_message_t message; /* release it */
} link_mesh_event_t;

/*  Waits at most so long for something to happen (INT64_MAX: without end); a signal or wake ends
   it. Then ask link_mesh_next until LINK_MESH_NOTHING. Errors of next: MST_E_NO_MEMORY, MST_E_IO (a
   new try to reach a peer); ask again. */
void link_mesh_wait (link_mesh_t *self, int64_t timeout_ns);
mst_err_t link_mesh_next (link_mesh_t *self, link_mesh_event_t *event);
void link_mesh_wake (link_mesh_t *self);

/*  Errors: MST_E_CONNECTION_LOST (the lane is closed), MST_E_WOULD_BLOCK (full), MST_E_NO_MEMORY.
 */
mst_err_t link_mesh_send (link_mesh_t *self, uint64_t lane, const void *data, size_t size_bytes);

#endif
