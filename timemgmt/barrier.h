/*  Named barriers: a set of members, all of whom must arrive before any goes on. A barrier can be
    used again; each use is a generation. It never hangs in silence: it has a deadline, and it says
    who is missing.

    A deadline is a value that the caller compares by calling timemgmt_barriers_expire (now): this
    file reads no clock. Its unit is the caller's.

    Thread rule: its owner's thread. */
#ifndef TIMEMGMT_BARRIER_H
#define TIMEMGMT_BARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/list.h"
#include "timemgmt/limits.h"

#define TIMEMGMT_DEADLINE_NONE INT64_MAX

typedef enum timemgmt_barrier_policy {
    TIMEMGMT_BARRIER_BREAK,  /* a lost member breaks the generation: all get an error */
    TIMEMGMT_BARRIER_SHRINK, /* … is expected no longer */
} timemgmt_barrier_policy_t;

typedef enum timemgmt_barrier_outcome {
    TIMEMGMT_BARRIER_COMPLETE, /* all arrived */
    TIMEMGMT_BARRIER_EXPIRED,  /* the deadline passed */
    TIMEMGMT_BARRIER_LOST,     /* a member was lost */
} timemgmt_barrier_outcome_t;

/*  What became of a generation. The lists are slots in rising order. */
typedef struct timemgmt_barrier_event {
    const char *name; /* the barrier's own; valid until it is removed */
    uint64_t generation;
    timemgmt_barrier_outcome_t outcome;
    uint32_t first_arrived, arrived_count; /* into slots: whom to tell */
    uint32_t first_missing, missing_count; /* into slots: who had not come (or was lost) */
} timemgmt_barrier_event_t;

/*  Filled by each call, which empties it first. Zero-initialised by the owner. */
typedef struct timemgmt_barrier_events {
    BASE_LIST (timemgmt_barrier_event_t) events;
    BASE_LIST (uint32_t) slots;
} timemgmt_barrier_events_t;

void timemgmt_barrier_events_fini (timemgmt_barrier_events_t *self);

typedef struct timemgmt_barriers timemgmt_barriers_t;

/*  NULL: no memory. */
timemgmt_barriers_t *timemgmt_barriers_new (void);
void timemgmt_barriers_destroy (timemgmt_barriers_t **self_p);

/*  A barrier for these members; each slot once, at least one. Errors: MST_E_NAME_IN_USE,
    MST_E_ILLEGAL_NAME (empty, or longer than limits.name_bytes), MST_E_INVALID_ARGUMENT,
    MST_E_LIMIT (limits.barriers), MST_E_NO_MEMORY. */
mst_err_t timemgmt_barriers_add (timemgmt_barriers_t *self, const char *name,
                                 const uint32_t *members, size_t member_count,
                                 timemgmt_barrier_policy_t policy);

/*  Forgets a barrier; who waits there is the caller's to tell. Errors: MST_E_SYNC_LABEL_UNKNOWN. */
mst_err_t timemgmt_barriers_remove (timemgmt_barriers_t *self, const char *name);

/*  Sets the deadline of the generation under way; TIMEMGMT_DEADLINE_NONE: none. Every generation
    begins without one. Errors: MST_E_SYNC_LABEL_UNKNOWN. */
mst_err_t timemgmt_barriers_set_deadline (timemgmt_barriers_t *self, const char *name,
                                          int64_t deadline);

/*  A member arrives; the last one completes the generation (an event) and the next one begins.
    Errors: MST_E_SYNC_LABEL_UNKNOWN, MST_E_INVALID_ARGUMENT (no member, or there already),
    MST_E_NO_MEMORY (nothing changed). */
mst_err_t timemgmt_barriers_arrive (timemgmt_barriers_t *self, const char *name, uint32_t slot,
                                    timemgmt_barrier_events_t *events);

/*  Time is now: every generation whose deadline is <= now breaks. Errors: MST_E_NO_MEMORY. */
mst_err_t timemgmt_barriers_expire (timemgmt_barriers_t *self, int64_t now,
                                    timemgmt_barrier_events_t *events);

/*  A federate left or died: it is taken out of every barrier, by policy. A BREAK barrier breaks
   when somebody waits there; a barrier without members is removed without an event. Errors:
   MST_E_NO_MEMORY (nothing changed). */
mst_err_t timemgmt_barriers_lost (timemgmt_barriers_t *self, uint32_t slot,
                                  timemgmt_barrier_events_t *events);

/*  The nearest deadline of all; TIMEMGMT_DEADLINE_NONE: none. */
int64_t timemgmt_barriers_next_deadline (const timemgmt_barriers_t *self);

/*  Who is missing now, appended to into->slots; *generation is set. Errors:
    MST_E_SYNC_LABEL_UNKNOWN, MST_E_NO_MEMORY. */
mst_err_t timemgmt_barriers_missing (const timemgmt_barriers_t *self, const char *name,
                                     uint64_t *generation, timemgmt_barrier_events_t *into);
size_t timemgmt_barriers_count (const timemgmt_barriers_t *self);

#endif
