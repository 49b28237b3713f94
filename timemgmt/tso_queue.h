/*  The receiver's queue of time-stamped messages, in the one order of delivery: (time, sender's
    name, sequence, index in the bundle). Names, not handles, so that every run has the same order.

    A sorted run takes what arrives in order, for nothing; a 4-ary heap takes the rest (Johnson
   1975, "Priority queues with update and finding minimum spanning trees").

    Thread rule: its owner's thread. */
#ifndef TIMEMGMT_TSO_QUEUE_H
#define TIMEMGMT_TSO_QUEUE_H

#include <stddef.h>
#include "base/list.h"
#include "timemgmt/limits.h"
#include "timemgmt/time.h"

typedef struct timemgmt_message {
    int64_t time;      /* key */
    uint64_t sequence; /* of the bundle, in the sender's stream to this receiver */
    uint32_t sender;   /* the caller's small number for the sender, named beforehand */
    uint32_t index;    /* within the bundle */
    uint64_t payload;  /* the caller's: a number or a pointer */
} timemgmt_message_t;

typedef BASE_LIST (timemgmt_message_t) timemgmt_messages_t;

typedef struct timemgmt_tso_queue timemgmt_tso_queue_t;

/*  messages_max: limits.tso_queue_messages; 0: TIMEMGMT_TSO_QUEUE_MESSAGES. NULL: no memory. */
timemgmt_tso_queue_t *timemgmt_tso_queue_new (size_t messages_max);
void timemgmt_tso_queue_destroy (timemgmt_tso_queue_t **self_p); /* payloads are the caller's */

/*  Says which name a sender's number stands for; needed before its first message. A number may get
    another name when none of its messages is queued. Errors: MST_E_INVALID_ARGUMENT, MST_E_LIMIT,
    MST_E_NO_MEMORY. */
mst_err_t timemgmt_tso_queue_name (timemgmt_tso_queue_t *self, uint32_t sender, const char *name);

/*  Errors: MST_E_LIMIT (names limits.tso_queue_messages), MST_E_INVALID_ARGUMENT (sender without a
    name), MST_E_INVALID_TIME, MST_E_NO_MEMORY; the payload stays the caller's then. */
mst_err_t timemgmt_tso_queue_push (timemgmt_tso_queue_t *self, const timemgmt_message_t *message);

/*  The first message in order; NULL: empty. Valid until the next call that changes the queue. */
const timemgmt_message_t *timemgmt_tso_queue_peek (const timemgmt_tso_queue_t *self);

/*  Takes the first one; false: empty. */
bool timemgmt_tso_queue_pop (timemgmt_tso_queue_t *self, timemgmt_message_t *message);

/*  Takes the first one if its time is at most `until`. */
bool timemgmt_tso_queue_pop_until (timemgmt_tso_queue_t *self, int64_t until,
                                   timemgmt_message_t *message);

/*  Smallest time; TIMEMGMT_KEY_MAX: empty. This is a report's queue_min. */
int64_t timemgmt_tso_queue_min (const timemgmt_tso_queue_t *self);
size_t timemgmt_tso_queue_count (const timemgmt_tso_queue_t *self);
size_t timemgmt_tso_queue_count_of (const timemgmt_tso_queue_t *self, uint32_t sender);

/*  A death's cut: takes out all of one sender with a sequence above `sequence`, appended to
    `dropped` in order of delivery. Errors: MST_E_NO_MEMORY (nothing changed). */
mst_err_t timemgmt_tso_queue_cut (timemgmt_tso_queue_t *self, uint32_t sender, uint64_t sequence,
                                  timemgmt_messages_t *dropped);

/*  Retraction of one message: true when it was queued; it is out and in *message. Linear time. */
bool timemgmt_tso_queue_retract (timemgmt_tso_queue_t *self, uint32_t sender, uint64_t sequence,
                                 uint32_t index, timemgmt_message_t *message);

#endif
