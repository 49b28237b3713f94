/*  A queue is a list of buffers with a head that moves on. */
#include "rti/backlog.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/list.h"

typedef struct rti_queue {
    BASE_LIST (base_buffer_t) messages;
    size_t head; /* those before it are sent */
    size_t size_bytes;
} rti_queue_t;

static rti_queue_t *rti_backlog_queue (const rti_backlog_t *self, uint64_t connection)
{
    return base_map_pointer (&self->queues, connection);
}

static void rti_queue_free (rti_queue_t *self)
{
    for (size_t i = self->head; i < self->messages.count; i++)
        base_buffer_fini (&self->messages.items[i]);
    BASE_LIST_FINI (&self->messages);
    base_free (self);
}

void rti_backlog_init (rti_backlog_t *self, size_t limit_bytes)
{
    base_assert (self != NULL && limit_bytes > 0);
    *self = (rti_backlog_t){ .limit_bytes = limit_bytes };
    base_map_init (&self->queues);
}

void rti_backlog_fini (rti_backlog_t *self)
{
    base_assert (self != NULL);
    BASE_MAP_EACH (&self->queues, entry)
        rti_queue_free ((rti_queue_t *) (uintptr_t) entry->value);
    base_map_fini (&self->queues);
}

bool rti_backlog_has (const rti_backlog_t *self, uint64_t connection)
{
    base_assert (self != NULL);
    return self->queues.count > 0 && rti_backlog_queue (self, connection) != NULL;
}

static mst_err_t rti_backlog_open (rti_backlog_t *self, uint64_t connection, rti_queue_t **queue)
{
    *queue = rti_backlog_queue (self, connection);
    if (*queue)
        return MST_OK;
    rti_queue_t *fresh = base_calloc (1, sizeof *fresh);
    if (!fresh)
        return base_alloc_error ();
    mst_err_t err = base_map_set_pointer (&self->queues, connection, fresh);
    if (err) {
        base_free (fresh);
        return err;
    }
    *queue = fresh;
    return MST_OK;
}

mst_err_t rti_backlog_put (rti_backlog_t *self, uint64_t connection, base_buffer_t *bytes)
{
    rti_queue_t *queue;

    base_assert (self != NULL && bytes != NULL && bytes->size_bytes > 0);
    mst_err_t err = rti_backlog_open (self, connection, &queue);
    if (err)
        return err;
    if (bytes->size_bytes > self->limit_bytes - queue->size_bytes)
        return base_error (MST_E_LIMIT,
                           "it does not read what the RTI sends: limits.backlog_bytes (%zu) is "
                           "reached",
                           self->limit_bytes);
    err = BASE_LIST_ROOM (&queue->messages);
    if (err)
        return err;
    BASE_LIST_PUT (&queue->messages, *bytes);
    queue->size_bytes += bytes->size_bytes;
    base_buffer_init (bytes);
    return MST_OK;
}

void rti_backlog_forget (rti_backlog_t *self, uint64_t connection)
{
    base_assert (self != NULL);
    rti_queue_t *queue = rti_backlog_queue (self, connection);
    if (!queue)
        return;
    (void) base_map_remove (&self->queues, connection);
    rti_queue_free (queue);
}

/*  True: nothing is left of it. */
static bool rti_queue_flush (rti_queue_t *self, uint64_t connection, rti_backlog_send_t send,
                             void *carrier)
{
    bool sent;

    while (self->head < self->messages.count) {
        base_buffer_t *first = &self->messages.items[self->head];
        size_t size_bytes = first->size_bytes;
        mst_err_t err = send (carrier, connection, first, &sent);
        if (err == MST_E_CONNECTION_LOST)
            return true;
        if (err || !sent)
            return false; /* without memory: later */
        base_assert (size_bytes <= self->size_bytes);
        self->size_bytes -= size_bytes;
        base_buffer_fini (first);
        self->head++;
    }
    return true;
}

void rti_backlog_flush (rti_backlog_t *self, rti_backlog_send_t send, void *carrier)
{
    base_assert (self != NULL && send != NULL);
    for (uint32_t i = self->queues.count; i-- > 0;) {
        const base_map_entry_t *entry = &self->queues.entries[i];
        if (rti_queue_flush ((rti_queue_t *) (uintptr_t) entry->value, entry->key, send, carrier))
            rti_backlog_forget (self, entry->key);
    }
}
