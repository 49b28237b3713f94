/*  Causal delivery of receive-order messages that go to some, not to all: no message is delivered
    before one to the same receiver that it may have been caused by.

    Vector stamps are enough only where everybody gets everything (Birman, Schiper, Stephenson
   1991). With overlapping groups a receiver must know which of the earlier messages were meant for
   it, so the stamp is the matrix "from, to, how many" (Raynal, Schiper, Toueg 1991, "The causal
   ordering abstraction and a simple way to implement it"), sent sparsely. Stamps that keep only the
   direct predecessors (Prakash, Raynal, Singhal 1997) are smaller, but when a message is lost with
   its sender, what came before it is lost from the stamp, too; here it is not.

    A message's stamp counts the message itself: its own number on the way from i to j is the entry
    (i, j). Traffic from i to j must be reliable and in order as long as i lives. The numbers that
    stand for federates are never given to another one (stamps that name the old one may be on their
    way).

    Thread rule: its owner's thread. */
#ifndef TIMEMGMT_CAUSAL_H
#define TIMEMGMT_CAUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/list.h"
#include "timemgmt/limits.h"

typedef struct timemgmt_causal_entry {
    uint32_t from;
    uint32_t to;
    uint64_t count;
} timemgmt_causal_entry_t;

/*  Sorted by (from, to), each pair once, no zero counts. Zero-initialised by the owner. */
typedef BASE_LIST (timemgmt_causal_entry_t) timemgmt_causal_stamp_t;

/*  What may be delivered now, in order, or what was dropped; appended. */
typedef struct timemgmt_causal_item {
    uint32_t sender;
    uint64_t payload;
} timemgmt_causal_item_t;
typedef BASE_LIST (timemgmt_causal_item_t) timemgmt_causal_items_t;

typedef struct timemgmt_causal timemgmt_causal_t;

/*  messages_max: limits.causal_messages; 0: TIMEMGMT_CAUSAL_MESSAGES. NULL: no memory. */
timemgmt_causal_t *timemgmt_causal_new (uint32_t self_slot, size_t messages_max);
void timemgmt_causal_destroy (timemgmt_causal_t **self_p); /* waiting payloads are the caller's */

/*  The stamp for one message to all of `receivers` (each once, not oneself), written over *stamp.
    Errors: MST_E_INVALID_ARGUMENT, MST_E_LIMIT (limits.causal_stamp), MST_E_NO_MEMORY; the message
    must not be sent then. */
mst_err_t timemgmt_causal_send (timemgmt_causal_t *self, const uint32_t *receivers, size_t count,
                                timemgmt_causal_stamp_t *stamp);

/*  A message came: it and all that waited for it goes to `ready`, or it is kept.
    Errors: MST_E_MALFORMED (not a stamp of a message to this receiver, or one that came already),
    MST_E_LIMIT (limits.causal_messages), MST_E_NOT_INTRODUCED (its sender is lost),
   MST_E_NO_MEMORY; the payload stays the caller's then. */
mst_err_t timemgmt_causal_receive (timemgmt_causal_t *self, uint32_t sender,
                                   const timemgmt_causal_entry_t *stamp, size_t stamp_count,
                                   uint64_t payload, timemgmt_causal_items_t *ready);

/*  A sender is lost: what it sent and never came is waited for no longer. Messages of it above
    number `cut` on its way here are dropped (UINT64_MAX: none). What waits now may go to `ready`.
    Errors: MST_E_NO_MEMORY (nothing changed). */
mst_err_t timemgmt_causal_lost (timemgmt_causal_t *self, uint32_t sender, uint64_t cut,
                                timemgmt_causal_items_t *dropped, timemgmt_causal_items_t *ready);

/*  Some time after the loss: its pairs leave the stamps that are sent from here. Not before all
    others know of the loss. Errors: MST_E_INVALID_ARGUMENT (not lost, or a message of it waits). */
mst_err_t timemgmt_causal_forget (timemgmt_causal_t *self, uint32_t slot);

size_t timemgmt_causal_waiting (const timemgmt_causal_t *self);

/*  Whom does the oldest waiting message wait for? false: nothing waits. */
bool timemgmt_causal_missing (const timemgmt_causal_t *self, uint32_t *sender, uint64_t *number);

#endif
