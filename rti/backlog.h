/*  What could not be sent yet, per connection: one that does not read costs the others nothing.

    Thread rule: that of its daemon. */
#ifndef RTI_BACKLOG_H
#define RTI_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buffer.h"
#include "base/map.h"

typedef struct rti_backlog {
    base_map_t queues; /* connection to rti_queue_t; only those that have something */
    size_t limit_bytes;
} rti_backlog_t;

void rti_backlog_init (rti_backlog_t *self, size_t limit_bytes);
void rti_backlog_fini (rti_backlog_t *self);

static inline bool rti_backlog_empty (const rti_backlog_t *self)
{
    return self->queues.count == 0;
}

bool rti_backlog_has (const rti_backlog_t *self, uint64_t connection);

/*  Takes the bytes over; the buffer is empty then. Errors: MST_E_LIMIT (the text names it) and
    MST_E_NO_MEMORY; then the stream to this connection has a hole, and it must be closed. */
mst_err_t rti_backlog_put (rti_backlog_t *self, uint64_t connection, base_buffer_t *bytes);

/*  Tries to send what waits, in order, by `send` (see link_router_send_buffer;
   MST_E_CONNECTION_LOST forgets the connection's). */
typedef mst_err_t (*rti_backlog_send_t) (void *carrier, uint64_t connection, base_buffer_t *bytes,
                                         bool *sent);
void rti_backlog_flush (rti_backlog_t *self, rti_backlog_send_t send, void *carrier);

/*  Everything of a connection that is gone. */
void rti_backlog_forget (rti_backlog_t *self, uint64_t connection);

#endif
