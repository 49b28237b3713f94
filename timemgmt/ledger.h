/*  The ledger of one ordered pair of federates i -> j: what the RTI knows to be on its way.

    i reports entries (sequence, smallest time stamp in the bundle); j acknowledges a prefix. Asked
    is always the smallest stamp above the prefix, so an entry is forgotten as soon as a later one
    has no larger stamp: what stays is a queue with rising sequences and rising stamps, whose front
    is the answer (the monotone queue of sliding-window minima; constant amortised time).

    A receiver that is slow to acknowledge does not make it grow without end: from a limit on, the
    newest two entries coalesce to (newer sequence, smaller stamp). That can only make the answer
    smaller than the truth, which is the safe side.

    Thread rule: its owner's thread. */
#ifndef TIMEMGMT_LEDGER_H
#define TIMEMGMT_LEDGER_H

#include <stddef.h>
#include "timemgmt/limits.h"
#include "timemgmt/time.h"

typedef struct timemgmt_ledger_entry {
    uint64_t sequence;
    int64_t stamp;
} timemgmt_ledger_entry_t;

typedef struct timemgmt_ledger {
    timemgmt_ledger_entry_t *entries; /* NULL while `first` is enough */
    timemgmt_ledger_entry_t first;    /* the only entry, of most pairs at most times */
    uint32_t head;                    /* ring: index of the front */
    uint32_t count;
    uint32_t capacity;     /* of entries; a power of two */
    uint64_t reported;     /* highest sequence that the sender stated */
    uint64_t acknowledged; /* highest sequence that the receiver stated; may be ahead */
} timemgmt_ledger_t;

void timemgmt_ledger_init (timemgmt_ledger_t *self);
void timemgmt_ledger_fini (timemgmt_ledger_t *self);

/*  Sequences start with 1 and rise; several bundles may share one entry. stamp: TIMEMGMT_KEY_MAX
    when the bundle holds nothing with a time stamp. At most `limit` (>= 1) entries are kept. Cannot
    fail: without memory it coalesces. */
void timemgmt_ledger_add (timemgmt_ledger_t *self, uint64_t sequence, int64_t stamp,
                          uint32_t limit);

/*  The receiver has all up to this sequence. A smaller one than before changes nothing. */
void timemgmt_ledger_acknowledge (timemgmt_ledger_t *self, uint64_t sequence);

/*  Smallest stamp above what is acknowledged; TIMEMGMT_KEY_MAX: none. */
static inline int64_t timemgmt_ledger_min (const timemgmt_ledger_t *self)
{
    if (self->count == 0)
        return TIMEMGMT_KEY_MAX;
    return self->entries ? self->entries[self->head].stamp : self->first.stamp;
}

/*  The entry behind timemgmt_ledger_min: its sequence, 0 when there is none. */
uint64_t timemgmt_ledger_min_sequence (const timemgmt_ledger_t *self);

/*  Is something reported that the receiver has not acknowledged? */
static inline bool timemgmt_ledger_open (const timemgmt_ledger_t *self)
{
    return self->reported > self->acknowledged;
}

#endif
