/*  An event in the pool, and the order of events. Private to timewarp*.

    Events, processes and saved states are named by 32-bit numbers. The header of an event fills one
    line of the cache; the bytes that it carries and those for its reversal follow.

    Who may touch what: an event belongs to the worker of its target from the moment that it is put
    into that worker's inbox. The sender keeps its number, and of its fields `sibling` and `cancel`
    stay the sender's until the cancellation is handed over; target and key never change. */
#ifndef TIMEMGMT_TIMEWARP_EVENT_H
#define TIMEMGMT_TIMEWARP_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { TIMEWARP_NONE = UINT32_MAX >> 1 }; /* as a number of anything: none */

typedef enum timewarp_state {
    TIMEWARP_QUEUED = 0,
    TIMEWARP_RUN = 1,       /* in its process's history */
    TIMEWARP_COMMITTED = 2, /* likewise, kept only to get back from a saved state */
    TIMEWARP_DEAD = 3       /* cancelled, and in the queue still */
} timewarp_state_t;

typedef struct timewarp_event {
    uint64_t time;   /* the bits of a double that is not negative: they have its order */
    uint64_t tie;    /* generation, source */
    uint64_t random; /* the target's stream before the event was run */
    uint32_t sequence;
    uint32_t target;
    uint32_t next, prev; /* free list, inbox, bucket; in a history both */
    uint32_t sent;       /* the first of those that it sent … */
    uint32_t sibling;    /* … and the next one of those that its own cause sent */
    uint32_t sends;
    uint32_t cancel; /* the next one of those to be cancelled */
    uint32_t saved;  /* the state before it */
    uint16_t size_bytes;
    uint8_t state;
    uint8_t spare;
} timewarp_event_t;

_Static_assert(sizeof (timewarp_event_t) == 64, "an event's header fills a line");

typedef struct timewarp_key {
    uint64_t time, tie;
    uint32_t sequence;
} timewarp_key_t;

static const timewarp_key_t timewarp_never = { UINT64_MAX, UINT64_MAX, UINT32_MAX };

static inline uint64_t timewarp_bits (double time)
{
    uint64_t bits;
    time += 0.0; /* of the two zeros the positive one */
    memcpy (&bits, &time, sizeof bits);
    return bits;
}

static inline double timewarp_time (uint64_t bits)
{
    double time;
    memcpy (&time, &bits, sizeof time);
    return time;
}

static inline timewarp_key_t timewarp_key (const timewarp_event_t *event)
{
    return (timewarp_key_t){ event->time, event->tie, event->sequence };
}

static inline bool timewarp_key_before (const timewarp_key_t *a, const timewarp_key_t *b)
{
    if (a->time != b->time)
        return a->time < b->time;
    if (a->tie != b->tie)
        return a->tie < b->tie;
    return a->sequence < b->sequence;
}

static inline bool timewarp_before (const timewarp_event_t *event, const timewarp_key_t *key)
{
    if (event->time != key->time)
        return event->time < key->time;
    if (event->tie != key->tie)
        return event->tie < key->tie;
    return event->sequence < key->sequence;
}

#endif
