/*  A source: one libzmq socket in a set.

    libzmq's descriptor of a socket says "commands are waiting", not "messages are waiting", and any
    call on the socket may take those commands: then messages are there and the descriptor is
    silent. So a source is *dirty* after each call that may have done so, and the next wait asks the
    socket itself; a receive that found nothing makes it clean. */
#ifndef LINK_POLL_PRIVATE_H
#define LINK_POLL_PRIVATE_H

#include "link/poll.h"

typedef struct link_source {
    link_poll_t *poll;
    void *socket;
    int64_t wake_ns; /* ready at this moment, whatever the socket says; INT64_MAX: never */
    bool ready;
    bool dirty;
    bool want_room; /* ready also when the socket takes messages */
} link_source_t;

/*  The socket stays the caller's. Errors: MST_E_IO, MST_E_NO_MEMORY. */
mst_err_t link_source_init (link_source_t *self, link_poll_t *poll, void *socket);
void link_source_fini (link_source_t *self); /* before the socket is closed; zeroed: nothing */

/*  Nothing was there: wait for more. */
static inline void link_source_emptied (link_source_t *self)
{
    self->ready = self->dirty = false;
}

#endif
