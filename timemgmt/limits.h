/*  Every limit of this folder. A limit that an option may lower is a default with its hard maximum.
 */
#ifndef TIMEMGMT_LIMITS_H
#define TIMEMGMT_LIMITS_H

enum {
    TIMEMGMT_FEDERATES_MAX = 65536,        /* limits.federates: slots are below this */
    TIMEMGMT_LEDGER_ENTRIES = 1024,        /* per pair; above it entries coalesce, never an error */
    TIMEMGMT_LEDGER_ENTRIES_FREE = 64,     /* the same for a receiver that is not constrained */
    TIMEMGMT_HOLDS_MAX = 65536,            /* limits.holds: grants withheld at the same time */
    TIMEMGMT_TSO_QUEUE_MESSAGES = 1 << 20, /* limits.tso_queue_messages: default */
    TIMEMGMT_TSO_QUEUE_MAX = 1 << 28,      /* … and its hard maximum */
    TIMEMGMT_BARRIERS_MAX = 4096,          /* limits.barriers */
    TIMEMGMT_BARRIER_NAME_BYTES = 256,     /* limits.name_bytes */
    TIMEMGMT_CAUSAL_MESSAGES = 65536,      /* limits.causal_messages: waiting for an earlier one */
    TIMEMGMT_CAUSAL_STAMP_ENTRIES = 16384, /* limits.causal_stamp: pairs in one stamp */
};

_Static_assert(TIMEMGMT_LEDGER_ENTRIES_FREE >= 2, "coalescing needs a first and a last entry");
_Static_assert(TIMEMGMT_LEDGER_ENTRIES >= TIMEMGMT_LEDGER_ENTRIES_FREE, "constrained holds more");
_Static_assert(TIMEMGMT_TSO_QUEUE_MESSAGES <= TIMEMGMT_TSO_QUEUE_MAX, "default within maximum");

#endif
