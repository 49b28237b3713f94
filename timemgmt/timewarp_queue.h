/*  The pending events of a worker, smallest key first. Private to timewarp*.

    A calendar of days, each an unsorted list of a few events (Brown 1988, "Calendar queues"), and
    a 4-ary heap of the events of the present day and before, whence they are taken. Days beyond
    the calendar's end wait in one list. So an event costs a link when it comes and a turn in a
   small heap when its day has come. The length of a day follows the rate of events. While all have
   one time, or before a rate is known, there is only the heap.

    Thread rule: its worker's. */
#ifndef TIMEMGMT_TIMEWARP_QUEUE_H
#define TIMEMGMT_TIMEWARP_QUEUE_H

#include "timemgmt/timewarp_event.h"
#include "timemgmt/timewarp_pool.h"

typedef struct timewarp_entry {
    uint64_t time;
    uint32_t event;
    uint32_t target;
} timewarp_entry_t;

typedef struct timewarp_queue {
    const timewarp_pool_t *events;
    const uint8_t *processes; /* where they stand: what comes next is fetched ahead of its turn */
    size_t process_bytes;
    timewarp_entry_t *heap; /* room for every event of the pool */
    uint32_t heap_count;
    uint32_t *days; /* lists, by day modulo their number */
    uint32_t mask;
    uint32_t calendar_count, far_count;
    uint32_t far;      /* list */
    uint32_t ahead;    /* the next event of tomorrow to be fetched */
    uint64_t today;    /* the heap has all up to it */
    uint64_t end;      /* the calendar has the days before it */
    double per_day;    /* 1 / length of a day; 0: one day for all */
    uint32_t taken;    /* since the length of a day was looked at */
    uint64_t taken_at; /* the time then */
} timewarp_queue_t;

/*  Errors: MST_E_NO_MEMORY. */
mst_err_t timewarp_queue_init (timewarp_queue_t *self, const timewarp_pool_t *events);
void timewarp_queue_fini (timewarp_queue_t *self);

void timewarp_queue_push (timewarp_queue_t *self, uint32_t event);
void timewarp_queue_pop (timewarp_queue_t *self); /* the top, which was looked at */

/*  Takes all out, as a list by `next`. */
uint32_t timewarp_queue_empty (timewarp_queue_t *self);

/*  Brings the next day into the heap. False: there is none. */
bool timewarp_queue_dawn (timewarp_queue_t *self);

/*  The smallest; NULL: none. Valid until the next call that changes the queue. */
static inline const timewarp_entry_t *timewarp_queue_top (timewarp_queue_t *self)
{
    if (self->heap_count == 0 && !timewarp_queue_dawn (self))
        return NULL;
    return self->heap;
}

static inline uint32_t timewarp_queue_count (const timewarp_queue_t *self)
{
    return self->heap_count + self->calendar_count + self->far_count;
}

/*  The mean time between two events, as far as it is known; 0: it is not. */
double timewarp_queue_gap (const timewarp_queue_t *self);

#endif
