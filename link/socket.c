/*  Options that hold for every socket of Muster, the monitor, and sending by copy or by hand-over.
 */
#include "link/socket_private.h"
#include "link/context.h"
#include "base/alloc.h"
#include "base/error.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/*  libzmq hands messages from thread to thread in ways that ThreadSanitizer does not see. */
#if defined(__SANITIZE_THREAD__)
#define SOCKET_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SOCKET_SANITIZED 1
#endif
#endif
#ifdef SOCKET_SANITIZED
void __tsan_acquire (void *address);
void __tsan_release (void *address);
static char socket_crossing;
#define SOCKET_LEAVES()  __tsan_release (&socket_crossing)
#define SOCKET_ARRIVES() __tsan_acquire (&socket_crossing)
#else
#define SOCKET_LEAVES()  ((void) 0)
#define SOCKET_ARRIVES() ((void) 0)
#endif

/*  From here on, giving the block away costs less than copying it and growing a new one (measured);
    and less by far where it comes back. */
enum { SOCKET_HAND_OVER_BYTES = 128 * 1024, SOCKET_LEND_BYTES = 16 * 1024 };

/*  A connection that is accepted but never says a word of ZMTP is dropped after so long. */
enum { SOCKET_HANDSHAKE_MS = 10000, SOCKET_HEARTBEATS_MISSED = 3, SOCKET_BACKLOG = 1024 };

void link_socket_set (void *socket, int option, int value)
{
    base_assert (zmq_setsockopt (socket, option, &value, sizeof value) == 0);
}

static mst_err_t link_socket_open (void *context, int type, void **socket)
{
    *socket = zmq_socket (context, type);
    if (*socket)
        return MST_OK;
    return base_error (MST_E_IO, "cannot open a socket: %s%s", zmq_strerror (zmq_errno ()),
                       zmq_errno () == EMFILE ? ": raise the limit on open files (ulimit -n)" : "");
}

static void link_socket_configure (void *socket, const link_socket_options_t *options)
{
    int heartbeat_timeout_ms = options->heartbeat_timeout_ms;
    if (heartbeat_timeout_ms == 0)
        heartbeat_timeout_ms = options->heartbeat_ms * SOCKET_HEARTBEATS_MISSED;
    int64_t max_bytes = options->message_max_bytes > 0 ? options->message_max_bytes : -1;

    link_socket_set (socket, ZMQ_SNDHWM, options->send_mark);
    link_socket_set (socket, ZMQ_RCVHWM, options->receive_mark);
    link_socket_set (socket, ZMQ_LINGER, 0);
    link_socket_set (socket, ZMQ_BACKLOG, SOCKET_BACKLOG);
    link_socket_set (socket, ZMQ_HANDSHAKE_IVL, SOCKET_HANDSHAKE_MS);
    base_assert (zmq_setsockopt (socket, ZMQ_MAXMSGSIZE, &max_bytes, sizeof max_bytes) == 0);
    if (options->heartbeat_ms > 0) {
        link_socket_set (socket, ZMQ_HEARTBEAT_IVL, options->heartbeat_ms);
        link_socket_set (socket, ZMQ_HEARTBEAT_TIMEOUT, heartbeat_timeout_ms);
        link_socket_set (socket, ZMQ_HEARTBEAT_TTL, heartbeat_timeout_ms);
    }
}

/*  Without a limit at our end: libzmq's I/O thread waits for room in the monitor, and with it
    every connection of the process. */
static mst_err_t link_socket_attach_monitor (void *context, void *socket, void **monitor)
{
    static atomic_uint_fast64_t count;
    char name[64];

    mst_err_t err = link_socket_open (context, ZMQ_PAIR, monitor);
    if (err)
        return err;
    (void) snprintf (name, sizeof name, "inproc://muster.monitor.%llu",
                     (unsigned long long) atomic_fetch_add (&count, 1));
    link_socket_set (*monitor, ZMQ_RCVHWM, 0);
    link_socket_set (*monitor, ZMQ_LINGER, 0);
    if (zmq_socket_monitor (socket, name, ZMQ_EVENT_ALL) == 0 && zmq_connect (*monitor, name) == 0)
        return MST_OK;
    err = base_error (MST_E_IO, "cannot watch a socket: %s", zmq_strerror (zmq_errno ()));
    (void) zmq_close (*monitor);
    *monitor = NULL;
    return err;
}

mst_err_t link_socket_init (link_socket_t *self, link_poll_t *poll,
                            const link_socket_options_t *options)
{
    void *context, *data = NULL, *monitor = NULL;

    base_assert (self != NULL && poll != NULL && options != NULL);
    *self = (link_socket_t){ 0 };
    mst_err_t err = link_context_acquire (&context);
    if (err)
        return err;
    err = link_socket_open (context, options->type, &data);
    if (err)
        goto has_context;
    link_socket_configure (data, options);
    err = link_socket_attach_monitor (context, data, &monitor);
    if (err)
        goto has_data;
    err = link_source_init (&self->data, poll, data);
    if (err)
        goto has_monitor;
    err = link_source_init (&self->monitor, poll, monitor);
    if (!err)
        return MST_OK;

    link_source_fini (&self->data);
has_monitor:
    (void) zmq_close (monitor);
has_data:
    (void) zmq_close (data);
has_context:
    link_context_release ();
    return err;
}

void link_socket_fini (link_socket_t *self, int linger_ms)
{
    void *data = self->data.socket, *monitor = self->monitor.socket;

    if (!data)
        return;
    link_source_fini (&self->monitor);
    link_source_fini (&self->data);
    link_blocks_destroy (&self->blocks);
    (void) zmq_socket_monitor (data, NULL, 0);
    base_assert (zmq_close (monitor) == 0);
    link_socket_set (data, ZMQ_LINGER, linger_ms);
    base_assert (zmq_close (data) == 0);
    link_context_release ();
}

/*  Receiving --------------------------------------------------------------------------------- */

/*  An event is two parts: its number (16 bits) with a value (32 bits), and an address. */
int link_socket_news (link_socket_t *self, int *value)
{
    zmq_msg_t part;
    uint16_t event = 0;
    int32_t number = 0;
    bool first = true, more = true;

    self->monitor.dirty = true;
    while (more) {
        base_assert (zmq_msg_init (&part) == 0);
        if (zmq_msg_recv (&part, self->monitor.socket, ZMQ_DONTWAIT) < 0) {
            link_source_emptied (&self->monitor);
            base_assert (zmq_msg_close (&part) == 0);
            return 0;
        }
        const uint8_t *bytes = zmq_msg_data (&part);
        if (first && zmq_msg_size (&part) >= sizeof event + sizeof number) {
            memcpy (&event, bytes, sizeof event);
            memcpy (&number, bytes + sizeof event, sizeof number);
        }
        first = false;
        more = zmq_msg_more (&part);
        base_assert (zmq_msg_close (&part) == 0);
    }
    *value = number;
    return event;
}

bool link_socket_receive (link_socket_t *self, link_message_t *message)
{
    link_message_open (message);
    self->data.dirty = true;
    if (zmq_msg_recv (link_message_frame (message), self->data.socket, ZMQ_DONTWAIT) < 0) {
        base_assert (zmq_errno () == EAGAIN || zmq_errno () == EINTR);
        if (zmq_errno () == EAGAIN)
            link_source_emptied (&self->data);
        link_message_release (message);
        return false;
    }
    SOCKET_ARRIVES ();
    link_message_see (message);
    return true;
}

bool link_socket_more (link_message_t *message)
{
    return zmq_msg_more (link_message_frame (message));
}

/*  Sending ----------------------------------------------------------------------------------- */

/*  The block that libzmq must not free when it lets go of it: the one whose sending just failed. It
    lets go in the same thread, within zmq_msg_close. */
static _Thread_local const void *socket_kept_block;

static void link_socket_free_block (void *block, void *hint)
{
    (void) hint;
    SOCKET_ARRIVES ();
    if (block != socket_kept_block)
        base_free (block);
}

static void link_socket_return_block (void *block, void *blocks)
{
    SOCKET_ARRIVES ();
    if (block != socket_kept_block)
        link_blocks_return (blocks, block);
    else
        link_blocks_keep (blocks);
}

/*  libzmq does not look for news of room before it refuses: it is asked once more after a look. */
static bool link_socket_try (link_socket_t *self, zmq_msg_t *part, int flags)
{
    int events;
    size_t size = sizeof events;

    self->data.dirty = true;
    if (zmq_msg_send (part, self->data.socket, flags | ZMQ_DONTWAIT) >= 0)
        return true;
    if (zmq_errno () != EAGAIN)
        return false;
    base_assert (zmq_getsockopt (self->data.socket, ZMQ_EVENTS, &events, &size) == 0);
    return zmq_msg_send (part, self->data.socket, flags | ZMQ_DONTWAIT) >= 0;
}

/*  `block`: memory of the caller's in the part, which stays his if sending fails; or NULL. */
static bool link_socket_put (link_socket_t *self, zmq_msg_t *part, int flags, const void *block)
{
    SOCKET_LEAVES ();
    if (link_socket_try (self, part, flags))
        return true;
    int why = zmq_errno ();
    socket_kept_block = block;
    base_assert (zmq_msg_close (part) == 0);
    socket_kept_block = NULL;
    errno = why;
    return false;
}

mst_err_t link_socket_send (link_socket_t *self, const void *data, size_t size_bytes, bool more,
                            bool *sent)
{
    zmq_msg_t part;

    *sent = false;
    if (zmq_msg_init_size (&part, size_bytes) != 0)
        return base_alloc_error ();
    if (size_bytes > 0)
        memcpy (zmq_msg_data (&part), data, size_bytes);
    *sent = link_socket_put (self, &part, more ? ZMQ_SNDMORE : 0, NULL);
    return MST_OK;
}

mst_err_t link_socket_send_buffer (link_socket_t *self, base_buffer_t *bytes, bool *sent)
{
    zmq_msg_t part;

    *sent = false;
    bool lent = self->blocks && bytes->size_bytes >= SOCKET_LEND_BYTES;
    if (!lent && bytes->size_bytes < SOCKET_HAND_OVER_BYTES) {
        mst_err_t err = link_socket_send (self, bytes->data, bytes->size_bytes, false, sent);
        if (*sent)
            base_buffer_clear (bytes);
        return err;
    }
    lent = lent && link_blocks_lend (self->blocks, bytes->capacity_bytes);
    if (zmq_msg_init_data (&part, bytes->data, bytes->size_bytes,
                           lent ? link_socket_return_block : link_socket_free_block,
                           self->blocks) != 0) {
        if (lent)
            link_blocks_keep (self->blocks);
        return base_alloc_error ();
    }
    *sent = link_socket_put (self, &part, 0, bytes->data);
    if (*sent)
        base_buffer_init (bytes);
    return MST_OK;
}
