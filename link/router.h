/*  Many incoming connections at one or more bound endpoints. Each connection has a number, given
    with its first message, which is never used again; whoever dies is reported once, by its
    number, after its last message was read.

    How a death is found (libzmq 4.3.4 has no such call): a message names the descriptor of the
    connection it came by, the socket's monitor names the descriptor that was closed. router.c tells
    how the two are kept from talking about different connections.

    Thread rule: that of its set (link/poll.h). */
#ifndef LINK_ROUTER_H
#define LINK_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buffer.h"
#include "link/message.h"
#include "link/poll.h"

typedef struct link_router link_router_t;

enum { LINK_ENDPOINT_SIZE = 160, LINK_ENDPOINTS_MAX = 8 };

/*  Where to listen:
        tcp://host:port    port 0 or *: the system's choice; host *: every address; localhost
        ipc://path         * for the path: a new file in XDG_RUNTIME_DIR, TMPDIR or /tmp.
                           The file is removed at the end
        inproc://name      * for the name: a new one

    Options that are zero mean the default. */
typedef struct link_router_options {
    const char *const *endpoints;
    size_t endpoint_count;     /* 1 to LINK_ENDPOINTS_MAX */
    int send_mark;             /* messages that wait in libzmq for one peer; default: no limit */
    int receive_mark;          /* … from one peer; default: no limit */
    int64_t message_max_bytes; /* whoever sends a larger one loses the connection; 0: no limit */
    uint32_t connections_max;  /* more are closed at their first message; default: 65536 */
    bool near;                 /* beside tcp on loopback, the short way; where its name is taken,
                                  without it */
    int heartbeat_ms;          /* as in link/dealer.h */
    int heartbeat_timeout_ms;
} link_router_options_t;

/*  Errors: MST_E_IO (which endpoint, why, what to do), MST_E_INVALID_ARGUMENT, MST_E_NO_MEMORY. */
mst_err_t link_router_new (link_poll_t *poll, const link_router_options_t *options,
                           link_router_t **self);
/*  What is not yet sent is tried for linger_ms more, in the background (-1: without end). */
void link_router_destroy (link_router_t **self, int linger_ms);

/*  The actual endpoints, in the order of the options: "tcp://127.0.0.1:40123". */
size_t link_router_endpoint_count (const link_router_t *self);
const char *link_router_endpoint (const link_router_t *self, size_t index);

/*  Might link_router_next give anything? Set by link_poll_wait. */
bool link_router_ready (const link_router_t *self);

/*  The next event (MESSAGE, LOST or NONE), never waits. A message is the caller's to release. */
void link_router_next (link_router_t *self, link_event_t *event);

/*  Sends without waiting; `*sent` is false when this peer is full. See link/dealer.h.
    Errors: MST_E_CONNECTION_LOST when it is gone or never was; MST_E_NO_MEMORY. */
mst_err_t link_router_send (link_router_t *self, uint64_t connection, const void *data,
                            size_t size_bytes, bool *sent);
mst_err_t link_router_send_buffer (link_router_t *self, uint64_t connection, base_buffer_t *bytes,
                                   bool *sent);

/*  True: all that came by the connection so far has been read. Also of an unknown number. */
bool link_router_silent (const link_router_t *self, uint64_t connection);

/*  Ends one connection: nothing more is heard of it (no LOST either). What was sent gets a moment
    to leave; then it is cut. An unknown number does nothing. */
void link_router_close (link_router_t *self, uint64_t connection);

/*  Connections that are open and have sent something. */
size_t link_router_connection_count (const link_router_t *self);

#endif
