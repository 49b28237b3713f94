/*  One outgoing connection: a DEALER, connected to one endpoint, which never reconnects by itself,
    so that whatever is lost is seen.

    Thread rule: that of its set (link/poll.h). */
#ifndef LINK_DEALER_H
#define LINK_DEALER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buffer.h"
#include "link/message.h"
#include "link/poll.h"

typedef struct link_dealer link_dealer_t;

/*  Zero means the default. */
typedef struct link_dealer_options {
    const char *endpoint;  /* tcp://host:port, ipc://path, inproc://name */
    const void *identity;  /* default: 16 random bytes; must be unique at the other side, which */
    size_t identity_bytes; /* ignores a second one silently */
    int send_mark;         /* messages that wait in libzmq, each way; default: no limit, because */
    int receive_mark;      /* flow control stands above */
    int64_t message_max_bytes; /* a larger one from the peer closes the connection; 0: no limit */
    int connect_timeout_ms;    /* tries again until then; 0: a single try of at most 5 s */
    bool near; /* to tcp on loopback by the short way, if the other side has it (link/router.h) */
    int heartbeat_ms; /* other hosts: ask for a sign of life this often; 0: never. A stopped */
    int heartbeat_timeout_ms; /* process gives none: then the connection is lost. Default 3 times */
} link_dealer_options_t;

/*  Starts connecting; the result is the first event: CONNECTED or FAILED.
    Errors: MST_E_INVALID_ARGUMENT (not an endpoint), MST_E_IO, MST_E_NO_MEMORY. */
mst_err_t link_dealer_new (link_poll_t *poll, const link_dealer_options_t *options,
                           link_dealer_t **self);
/*  What is not yet sent is tried for linger_ms more, in the background (-1: without end). */
void link_dealer_destroy (link_dealer_t **self, int linger_ms);

const char *link_dealer_endpoint (const link_dealer_t *self);

/*  Might link_dealer_next give anything? Set by link_poll_wait. */
bool link_dealer_ready (const link_dealer_t *self);

/*  The next event, never waits. A message is the caller's to release. */
void link_dealer_next (link_dealer_t *self, link_event_t *event);

/*  Is there a connection? From CONNECTED until LOST. */
bool link_dealer_connected (const link_dealer_t *self);

/*  Sends without waiting; `*sent` is false when the connection is full or not there yet: the bytes
    are still the caller's, who tries again after the next wait. At least one byte.
    `send` copies. `send_buffer` hands the buffer's block over where that is cheaper than a copy;
    a sent buffer is empty (and may be filled again), an unsent one is as before.
    Errors: MST_E_CONNECTION_LOST (also after FAILED), MST_E_NO_MEMORY. */
mst_err_t link_dealer_send (link_dealer_t *self, const void *data, size_t size_bytes, bool *sent);
mst_err_t link_dealer_send_buffer (link_dealer_t *self, base_buffer_t *bytes, bool *sent);

/*  A block that was handed over and has been sent, as an empty buffer of the caller's. False: none
    is back. The last to return comes first. */
bool link_dealer_take_block (link_dealer_t *self, base_buffer_t *bytes);

/*  Asks the next waits to end as soon as a connection that was full takes messages again. */
void link_dealer_want_room (link_dealer_t *self, bool on);

#endif
