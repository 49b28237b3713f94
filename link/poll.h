/*  Waiting: for any of a set of sockets, a wakeup from another thread, or a moment.

    Each socket is created into a set and leaves it when destroyed. The sequence is

        link_poll_wait (poll, timeout_ns);
        while (link_dealer_ready (dealer))
            … link_dealer_next (dealer, &event) … until LINK_EVENT_NONE

    The wait makes one system call for the whole set, however many sockets are in it, and looks
    only at those that were signalled. News of connections are noticed by the wait (also with a
    timeout of 0), so call it now and then.

    Before it sleeps it looks again and again for up to LINK_POLL_YIELD_NS and yields the processor
    in between: waking an idle core costs more than a short exchange takes. It does so less and less
    while it does not help.

    Thread rule: a set and its sockets belong to one thread at a time; link_poll_wake is for any
    thread. */
#ifndef LINK_POLL_H
#define LINK_POLL_H

#include <stdbool.h>
#include <stdint.h>
#include <muster/error.h>

typedef struct link_poll link_poll_t;

enum { LINK_POLL_YIELD_NS = 30000 };

/*  Where it does so. */
typedef enum link_poll_yield {
    LINK_POLL_YIELD_AUTO, /* where the process may use more than one core */
    LINK_POLL_YIELD_ON,   /* also where it is pinned to one: for who knows that nobody else needs it
                           */
    LINK_POLL_YIELD_OFF   /* nowhere: it sleeps at once */
} link_poll_yield_t;

/*  "auto", "on", "off"; NULL is auto. Errors: MST_E_CONFIG. */
mst_err_t link_poll_yield_parse (const char *text, link_poll_yield_t *yield);

/*  Errors: MST_E_IO (no more file descriptors), MST_E_NO_MEMORY. */
mst_err_t link_poll_new (link_poll_t **self);
/*  All its sockets are destroyed before it. */
void link_poll_destroy (link_poll_t **self);

/*  AUTO at first. */
void link_poll_set_yield (link_poll_t *self, link_poll_yield_t yield);

/*  Waits until a socket of the set is ready, link_poll_wake was called, a descriptor of
   link_poll_add_fd is readable, or the time is over: 0 only looks, INT64_MAX has no end. A signal
   to the process ends the wait early. True: something is there. */
bool link_poll_wait (link_poll_t *self, int64_t timeout_ns);

/*  How long its waits had nothing to give, all together: spinning and asleep. */
int64_t link_poll_waited_ns (const link_poll_t *self);

/*  Ends the wait that is under way, or else the next one. */
void link_poll_wake (link_poll_t *self);

/*  Also watches a descriptor of the caller's (an eventfd, a process handle); the wait returns
    while it is readable. Errors: MST_E_IO. */
mst_err_t link_poll_add_fd (link_poll_t *self, int fd);
void link_poll_remove_fd (link_poll_t *self, int fd);

#endif
