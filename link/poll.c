/*  epoll over the descriptors of libzmq's sockets: a federate with a hundred routes waits with one
    system call, where zmq_poll asks each of its sockets. poll_private.h tells the trap in it. */
#include "link/poll_private.h"
#include "link/clock.h"
#include "link/process.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/list.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

/*  A try of full length comes at least every so many waits, however seldom the others helped. */
enum { POLL_BATCH = 64, POLL_SPIN_RETRY = 16, POLL_SPIN_SHRINK = 16, POLL_NS_PER_MS = 1000000 };

struct link_poll {
    BASE_LIST (link_source_t *) sources;
    int epoll;
    int wakeup;             /* eventfd */
    int64_t spin_limit_ns;  /* 0: it sleeps at once */
    int64_t spin_ns;        /* as it paid lately */
    bool spin_always;       /* full length, whatever it pays */
    uint32_t spin_attempts; /* since the last one of full length */
    int64_t waited_ns;      /* with nothing there, all waits together */
};

/*  What epoll gives back: a source's address, or a plain descriptor marked by the lowest bit, which
    no address has. */
static uint64_t link_poll_tag_fd (int fd)
{
    return (uint64_t) fd << 1 | 1;
}

static mst_err_t link_poll_watch (link_poll_t *self, int fd, uint64_t tag)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = tag };
    if (epoll_ctl (self->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
        return MST_OK;
    return base_error (MST_E_IO, "cannot wait on descriptor %d: %s", fd, strerror (errno));
}

mst_err_t link_poll_new (link_poll_t **self)
{
    base_assert (self != NULL);
    *self = NULL;
    link_poll_t *fresh = base_calloc (1, sizeof *fresh);
    if (!fresh)
        return base_alloc_error ();
    mst_err_t err = MST_OK;
    fresh->epoll = epoll_create1 (EPOLL_CLOEXEC);
    fresh->wakeup = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fresh->epoll < 0 || fresh->wakeup < 0)
        err = base_error (MST_E_IO, "cannot wait on sockets: %s", strerror (errno));
    else
        err = link_poll_watch (fresh, fresh->wakeup, link_poll_tag_fd (fresh->wakeup));
    if (err) {
        link_poll_destroy (&fresh);
        return err;
    }
    link_poll_set_yield (fresh, LINK_POLL_YIELD_AUTO);
    *self = fresh;
    return MST_OK;
}

void link_poll_destroy (link_poll_t **self)
{
    base_assert (self != NULL);
    link_poll_t *old = *self;
    if (!old)
        return;
    *self = NULL;
    base_assert (old->sources.count == 0); /* sockets go before their set */
    if (old->epoll >= 0)
        (void) close (old->epoll);
    if (old->wakeup >= 0)
        (void) close (old->wakeup);
    BASE_LIST_FINI (&old->sources);
    base_free (old);
}

mst_err_t link_poll_yield_parse (const char *text, link_poll_yield_t *yield)
{
    static const char *const words[] = { "auto", "on", "off" };

    base_assert (yield != NULL);
    *yield = LINK_POLL_YIELD_AUTO;
    for (size_t i = 0; text && i < sizeof words / sizeof words[0]; i++)
        if (strcmp (text, words[i]) == 0) {
            *yield = (link_poll_yield_t) i;
            return MST_OK;
        }
    if (!text)
        return MST_OK;
    return base_error (MST_E_CONFIG, "yield \"%s\" is not known: choose auto, on or off", text);
}

void link_poll_set_yield (link_poll_t *self, link_poll_yield_t yield)
{
    base_assert (self != NULL);
    bool yields =
        yield == LINK_POLL_YIELD_ON || (yield == LINK_POLL_YIELD_AUTO && link_process_cores () > 1);
    self->spin_limit_ns = yields ? LINK_POLL_YIELD_NS : 0;
    self->spin_always = yield == LINK_POLL_YIELD_ON;
    self->spin_ns = self->spin_limit_ns;
}

void link_poll_wake (link_poll_t *self)
{
    uint64_t one = 1;
    ssize_t put = write (self->wakeup, &one, sizeof one);
    base_assert (put == sizeof one || errno == EAGAIN); /* EAGAIN: 2^64 - 1 calls not yet seen */
}

mst_err_t link_poll_add_fd (link_poll_t *self, int fd)
{
    base_assert (self != NULL && fd >= 0);
    return link_poll_watch (self, fd, link_poll_tag_fd (fd));
}

void link_poll_remove_fd (link_poll_t *self, int fd)
{
    base_assert (self != NULL);
    (void) epoll_ctl (self->epoll, EPOLL_CTL_DEL, fd, NULL);
}

/*  Sources ----------------------------------------------------------------------------------- */

static int link_source_fd (const link_source_t *self)
{
    int fd = -1;
    size_t size = sizeof fd;
    base_assert (zmq_getsockopt (self->socket, ZMQ_FD, &fd, &size) == 0);
    return fd;
}

mst_err_t link_source_init (link_source_t *self, link_poll_t *poll, void *socket)
{
    base_assert (self != NULL && poll != NULL && socket != NULL);
    *self = (link_source_t){ 0 };
    mst_err_t err = BASE_LIST_ROOM (&poll->sources);
    if (err)
        return err;
    *self = (link_source_t){ .poll = poll, .socket = socket, .wake_ns = INT64_MAX, .dirty = true };
    err = link_poll_watch (poll, link_source_fd (self), (uint64_t) (uintptr_t) self);
    if (err) {
        *self = (link_source_t){ 0 };
        return err;
    }
    BASE_LIST_PUT (&poll->sources, self);
    return MST_OK;
}

void link_source_fini (link_source_t *self)
{
    link_poll_t *poll = self->poll;
    if (!poll)
        return;
    link_poll_remove_fd (poll, link_source_fd (self));
    BASE_LIST_EACH (&poll->sources, i)
        if (poll->sources.items[i] == self) {
            poll->sources.items[i] = poll->sources.items[--poll->sources.count];
            break;
        }
    *self = (link_source_t){ 0 };
}

/*  Asks the socket; this takes its commands, so the descriptor falls silent. */
static bool link_source_look (link_source_t *self)
{
    int events = 0;
    size_t size = sizeof events;
    base_assert (zmq_getsockopt (self->socket, ZMQ_EVENTS, &events, &size) == 0);
    self->dirty = false;
    self->ready = (events & ZMQ_POLLIN) || (self->want_room && (events & ZMQ_POLLOUT));
    return self->ready;
}

/*  The wait ---------------------------------------------------------------------------------- */

static void link_poll_clear_wakeup (link_poll_t *self)
{
    uint64_t count;
    (void) !read (self->wakeup, &count, sizeof count);
}

/*  One look by epoll, waiting at most so long. True: something is there. */
static bool link_poll_look (link_poll_t *self, int timeout_ms)
{
    struct epoll_event events[POLL_BATCH];
    int count = epoll_wait (self->epoll, events, POLL_BATCH, timeout_ms);
    base_assert (count >= 0 || errno == EINTR);
    bool found = count < 0 && timeout_ms != 0; /* a signal: the caller may want to know */
    for (int i = 0; i < count; i++) {
        uint64_t tag = events[i].data.u64;
        if (tag & 1) {
            if (tag == link_poll_tag_fd (self->wakeup))
                link_poll_clear_wakeup (self);
            found = true;
        } else if (link_source_look ((link_source_t *) (uintptr_t) tag)) {
            found = true;
        }
    }
    return found;
}

/*  Sources that are ready without a system call, and the next moment at which one will be. */
static bool link_poll_known (link_poll_t *self, int64_t *wake_ns)
{
    bool found = false;

    *wake_ns = INT64_MAX;
    BASE_LIST_EACH (&self->sources, i) {
        link_source_t *source = self->sources.items[i];
        if (source->dirty ? link_source_look (source) : source->ready)
            found = true;
        if (source->wake_ns < *wake_ns)
            *wake_ns = source->wake_ns;
    }
    return found;
}

/*  Marks what is due at this moment. */
static bool link_poll_due (link_poll_t *self, int64_t now_ns)
{
    bool found = false;
    BASE_LIST_EACH (&self->sources, i) {
        link_source_t *source = self->sources.items[i];
        if (source->wake_ns <= now_ns)
            found = source->ready = true;
    }
    return found;
}

/*  Looks again and again and lets others run in between. How long depends on how it paid: twice as
    long after a success, a half after a failure, and now and then the full length. */
static bool link_poll_spin (link_poll_t *self, int64_t now_ns, int64_t deadline_ns)
{
    if (self->spin_limit_ns == 0)
        return false;
    int64_t length_ns = self->spin_ns;
    if (++self->spin_attempts >= POLL_SPIN_RETRY) {
        self->spin_attempts = 0;
        length_ns = self->spin_limit_ns;
    }
    int64_t end_ns = deadline_ns - now_ns < length_ns ? deadline_ns : now_ns + length_ns;
    do {
        (void) sched_yield ();
        if (link_poll_look (self, 0)) {
            self->spin_ns =
                length_ns * 2 < self->spin_limit_ns ? length_ns * 2 : self->spin_limit_ns;
            return true;
        }
    } while (link_clock_ns () < end_ns);
    if (!self->spin_always && self->spin_ns > self->spin_limit_ns / POLL_SPIN_SHRINK)
        self->spin_ns /= 2;
    return false;
}

/*  Whole milliseconds, rounded up, so that a deadline has passed when the sleep ends. */
static int link_poll_ms (int64_t duration_ns)
{
    int64_t ms = duration_ns / POLL_NS_PER_MS + (duration_ns % POLL_NS_PER_MS != 0);
    return ms < INT_MAX ? (int) ms : INT_MAX;
}

/*  Nothing is there yet: spins, then sleeps. True: something came. */
static bool link_poll_idle (link_poll_t *self, int64_t now_ns, int64_t end_ns)
{
    if (end_ns > now_ns && link_poll_spin (self, now_ns, end_ns))
        return true;
    for (;;) {
        now_ns = link_clock_ns ();
        if (link_poll_due (self, now_ns))
            return true;
        if (now_ns >= end_ns)
            return false;
        if (link_poll_look (self, end_ns == INT64_MAX ? -1 : link_poll_ms (end_ns - now_ns)))
            return true;
    }
}

bool link_poll_wait (link_poll_t *self, int64_t timeout_ns)
{
    base_assert (self != NULL && timeout_ns >= 0);
    int64_t wake_ns;
    bool found = link_poll_known (self, &wake_ns);
    bool sleeps = timeout_ns > 0 && wake_ns == INT64_MAX &&
                  self->spin_limit_ns == 0; /* that is a look, too */
    if (((found || !sleeps) && link_poll_look (self, 0)) ||
        found) /* the look also brings news of connections */
        return true;

    int64_t now_ns = link_clock_ns ();
    int64_t deadline_ns = timeout_ns < INT64_MAX - now_ns ? now_ns + timeout_ns : INT64_MAX;
    found = link_poll_idle (self, now_ns, wake_ns < deadline_ns ? wake_ns : deadline_ns);
    self->waited_ns += link_clock_ns () - now_ns;
    return found;
}

int64_t link_poll_waited_ns (const link_poll_t *self)
{
    base_assert (self != NULL);
    return self->waited_ns;
}
