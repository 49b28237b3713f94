/*  <muster/events.h>: events in order, without a federation: what members submit, each takes out in
    causal order, in total order, or both.

        err = mst_events_new (&options, &events);
        err = mst_events_submit (events, "hello", 5, &event);   send `event` to all others, by any
   road … err = mst_events_receive (events, &from_elsewhere, &fresh); err = mst_events_next (events,
   MST_EVENTS_TOTAL, &event, &any);

    Each event carries a Lamport stamp (Lamport 1978) and a vector stamp (Fidge 1988; Mattern 1989).
    Causal order: nothing before what it may have been caused by (Birman, Schiper, Stephenson 1991,
    "Lightweight causal and atomic group multicast"). Total order: by Lamport stamp, then by sender;
    the same for all, and it respects the causal one. An event comes out in total order once no
    member can submit an earlier one: when each has been heard of with a stamp that large. Members
    that submit nothing say so with notes.

    The road may double events and lose their order; what it loses must be sent again
    (mst_events_missing says what). Nothing here reads a clock or a socket.

    Thread rule: events belong to one thread at a time. What a call gives out lives until the next
    call on the same events. */
#ifndef MUSTER_EVENTS_H
#define MUSTER_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mst_events mst_events_t;

typedef enum mst_events_order { MST_EVENTS_CAUSAL = 1, MST_EVENTS_TOTAL = 2 } mst_events_order_t;

typedef struct mst_events_options {
    uint32_t self;         /* who this is: below member_count */
    uint32_t member_count; /* 1 to 4,096 (limits.events_members), the same for all members */
    uint32_t orders; /* MST_EVENTS_… that will be taken out, or'ed; 0: both. An event is kept
                        until it was taken out in each of them. */
    size_t backlog;  /* limits.events_backlog, up to 16,777,216; 0: 65,536 */
} mst_events_options_t;

/*  An event as it travels. The bytes and the vector are the caller's when it goes in. */
typedef struct mst_event {
    uint32_t sender;
    uint64_t number;        /* of its sender's, from 1; equals vector[sender] */
    uint64_t lamport;       /* from 1 */
    const uint64_t *vector; /* member_count counts: what its sender had seen of each, itself too */
    const void *data;       /* may be NULL when size_bytes is 0 */
    size_t size_bytes;      /* up to 16 MiB (limits.event_bytes) */
} mst_event_t;

/*  "I submitted `number` events; each later one has a larger Lamport stamp than this." */
typedef struct mst_events_note {
    uint32_t sender;
    uint64_t number;
    uint64_t lamport;
} mst_events_note_t;

/*  *events is the caller's until mst_events_destroy.
    Errors: MST_E_INVALID_ARGUMENT, MST_E_LIMIT (limits.events_members, the backlog's maximum),
    MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_events_new (const mst_events_options_t *options, mst_events_t **events);
MST_EXPORT void mst_events_destroy (mst_events_t **events); /* eats it; NULL is good */

/*  An event of one's own: stamps it and puts it into one's own orders; *event is what all others
    must get. Errors: MST_E_INVALID_ARGUMENT, MST_E_LIMIT (limits.events_backlog: take events out
    first; limits.event_bytes), MST_E_NO_MEMORY; nothing is submitted then. */
MST_EXPORT mst_err_t mst_events_submit (mst_events_t *events, const void *data, size_t size_bytes,
                                        mst_event_t *event);

/*  An event of another member; it is copied. *fresh (may be NULL) is false for one that came before
    or came back: it is dropped, and that is no error. At most `backlog` events wait for their
    causes, and as many to be taken out.
    Errors: MST_E_MALFORMED (impossible stamps), MST_E_NOT_INTRODUCED (its sender has left, and this
    is beyond its last one), MST_E_LIMIT (limits.events_backlog: it says of which kind),
   MST_E_NO_MEMORY; nothing is changed then, and the event may come again. */
MST_EXPORT mst_err_t mst_events_receive (mst_events_t *events, const mst_event_t *event,
                                         bool *fresh);

/*  The next event in one of the orders; *any is false when there is none yet.
    Errors: MST_E_INVALID_ARGUMENT (an order that the options did not name). */
MST_EXPORT mst_err_t mst_events_next (mst_events_t *events, mst_events_order_t order,
                                      mst_event_t *event, bool *any);

/*  What to tell all others now and then, so that their total order goes on; and what another one
    told. Notes need no room, may be lost and may be doubled.
    Errors: MST_E_MALFORMED (impossible stamps; nothing changed). */
MST_EXPORT void mst_events_note (const mst_events_t *events, mst_events_note_t *note);
MST_EXPORT mst_err_t mst_events_hear (mst_events_t *events, const mst_events_note_t *note);

/*  An event that is known to exist and is not here: ask its sender, or anybody, for it again. */
MST_EXPORT bool mst_events_missing (const mst_events_t *events, uint32_t *sender, uint64_t *number);

/*  A member has left, and `last` is its last event: those up to it are still waited for, those
    beyond are dropped. All members must be told the same `last`.
    Errors: MST_E_INVALID_ARGUMENT (unknown, oneself, or more than `last` came out already). */
MST_EXPORT mst_err_t mst_events_leave (mst_events_t *events, uint32_t member, uint64_t last);

typedef struct mst_events_counts {
    uint64_t submitted, received; /* received: the fresh ones */
    uint64_t duplicates, refused; /* dropped, and answered with an error */
    size_t waiting;               /* for their causes, now */
    size_t ready;                 /* to be taken out, now */
} mst_events_counts_t;
MST_EXPORT void mst_events_counts (const mst_events_t *events, mst_events_counts_t *counts);

#ifdef __cplusplus
}
#endif
#endif
