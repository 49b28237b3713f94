/*  The process's libzmq context and the names bound in it. */
#include "link/context.h"
#include "link/thread.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/map.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

/*  libzmq allows 1023 sockets by itself; a federate has two for each of its routes. */
enum { CONTEXT_IO_THREADS = 1, CONTEXT_SOCKETS_MAX = 65535 };

enum { CONTEXT_KEPT_BYTES = 16 * 1024 * 1024 };

static link_mutex_t context_mutex = LINK_MUTEX_INIT;
static void *context_zmq;
static void *context_anchor;
static size_t context_users;
static base_names_t context_names; /* to the number of the binding */
static uint64_t context_bindings;

/*  glibc gives what is free at the end of a heap back to the system, and messages stand at the end:
   each would cost its page faults again (a third of a receiver's time, measured). After a large
   block was freed it keeps twice as much before it does so (mallopt(3), "dynamic mmap threshold").
   Elsewhere this does nothing. */
static void link_context_keep_memory (void)
{
    base_free (base_alloc (CONTEXT_KEPT_BYTES));
}

static mst_err_t link_context_start (void)
{
    link_context_keep_memory ();
    /*  The first context starts libpgm, where libzmq is built with it, and the last one ends it;
       doing both at the same time, in two threads, is a race in there. So one without sockets and
       threads is kept. */
    if (!context_anchor)
        context_anchor = zmq_ctx_new ();
    context_zmq = zmq_ctx_new ();
    if (!context_zmq)
        return base_error (MST_E_IO, "cannot start ZeroMQ: %s", zmq_strerror (zmq_errno ()));
    base_assert (zmq_ctx_set (context_zmq, ZMQ_IO_THREADS, CONTEXT_IO_THREADS) == 0);
    base_assert (zmq_ctx_set (context_zmq, ZMQ_MAX_SOCKETS, CONTEXT_SOCKETS_MAX) == 0);
    base_names_init (&context_names);
    return MST_OK;
}

mst_err_t link_context_acquire (void **context)
{
    mst_err_t err = MST_OK;

    link_mutex_lock (&context_mutex);
    if (context_users == 0)
        err = link_context_start ();
    if (!err) {
        context_users++;
        *context = context_zmq;
    }
    link_mutex_unlock (&context_mutex);
    return err;
}

void link_context_release (void)
{
    void *last = NULL;

    link_mutex_lock (&context_mutex);
    base_assert (context_users > 0);
    if (--context_users == 0) {
        last = context_zmq;
        context_zmq = NULL;
        base_names_fini (&context_names);
    }
    link_mutex_unlock (&context_mutex);

    /*  Outside the lock: it waits for what lingers. */
    while (last && zmq_ctx_term (last) != 0)
        base_assert (zmq_errno () == EINTR);
}

mst_err_t link_context_bind_name (const char *endpoint)
{
    uint64_t taken;
    mst_err_t err;

    link_mutex_lock (&context_mutex);
    base_assert (context_users > 0);
    if (base_names_get (&context_names, endpoint, strlen (endpoint), &taken))
        err = base_error (MST_E_IO, "cannot bind %s: the name is in use in this process", endpoint);
    else
        err = base_names_set (&context_names, endpoint, strlen (endpoint), ++context_bindings);
    link_mutex_unlock (&context_mutex);
    return err;
}

void link_context_unbind_name (const char *endpoint)
{
    link_mutex_lock (&context_mutex);
    (void) base_names_remove (&context_names, endpoint, strlen (endpoint));
    link_mutex_unlock (&context_mutex);
}

uint64_t link_context_name_bound (const char *endpoint)
{
    uint64_t number = 0;
    link_mutex_lock (&context_mutex);
    if (context_users > 0)
        (void) base_names_get (&context_names, endpoint, strlen (endpoint), &number);
    link_mutex_unlock (&context_mutex);
    return number;
}
