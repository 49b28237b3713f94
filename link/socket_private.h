/*  What dealer and router share: a libzmq socket with its monitor, both sources of a set. */
#ifndef LINK_SOCKET_PRIVATE_H
#define LINK_SOCKET_PRIVATE_H

#include <stddef.h>
#include <stdint.h>
#include "base/buffer.h"
#include "link/blocks.h"
#include "link/message_private.h"
#include "link/poll_private.h"

typedef struct link_socket {
    link_source_t data;
    link_source_t monitor;
    link_blocks_t *blocks; /* NULL: those that are handed over do not come back */
} link_socket_t;

/*  Zero means the default, as in the options of dealer and router. */
typedef struct link_socket_options {
    int type; /* ZMQ_DEALER or ZMQ_ROUTER */
    int send_mark;
    int receive_mark;
    int64_t message_max_bytes;
    int heartbeat_ms;
    int heartbeat_timeout_ms;
} link_socket_options_t;

/*  Errors: MST_E_IO, MST_E_NO_MEMORY; then it is zeroed. */
mst_err_t link_socket_init (link_socket_t *self, link_poll_t *poll,
                            const link_socket_options_t *options);
void link_socket_fini (link_socket_t *self, int linger_ms); /* zeroed: nothing happens */

void link_socket_set (void *socket, int option, int value);

/*  The monitor's next event, or 0. */
int link_socket_news (link_socket_t *self, int *value);

/*  Receives one part into an empty message; false: nothing is there. */
bool link_socket_receive (link_socket_t *self, link_message_t *message);
bool link_socket_more (link_message_t *message); /* further parts follow it */

/*  Sends one part; the last one when not `more`. `*sent` is false when it would block or the
    receiver is unknown; errno then tells. Errors: MST_E_NO_MEMORY. */
mst_err_t link_socket_send (link_socket_t *self, const void *data, size_t size_bytes, bool more,
                            bool *sent);
/*  The last part, from a buffer: its block changes hands when it is large. Sent: it is empty. */
mst_err_t link_socket_send_buffer (link_socket_t *self, base_buffer_t *bytes, bool *sent);

#endif
