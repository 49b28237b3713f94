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
    TIMEMGMT_EVENTS_BACKLOG = 65536,       /* limits.events_backlog: default */
    TIMEMGMT_EVENTS_BACKLOG_MAX = 1 << 24, /* … and its hard maximum */
    TIMEMGMT_EVENTS_MEMBERS_MAX = 4096,    /* limits.events_members: a vector stamp has one each */
    TIMEMGMT_EVENT_BYTES = 1 << 24,        /* limits.event_bytes: of one event */
    TIMEMGMT_CLOCK_DRIFT_PPM = 100,        /* two clocks run apart by no more: quartz has 1 to 50 */
    TIMEMGMT_CLOCK_SAMPLES = 8,            /* RFC 5905: NSTAGE */
    TIMEMGMT_CLOCK_POINTS = 16,            /* that the drift is drawn through */
    TIMEMGMT_CLOCK_DOUBTS = 4,             /* that must agree before a jump is believed */
    TIMEMGMT_CLOCK_PATIENCE = 4,           /* intervals, and at least … */
    TIMEMGMT_CLOCK_PATIENCE_NS = 1000000000,
    TIMEMGMT_CLOCK_BURST_NS = 20000000,     /* between the first exchanges */
    TIMEMGMT_CLOCK_SPREAD_NS = 500000000,   /* clocks farther apart are not averaged */
    TIMEMGMT_CLOCK_DISTANCE_NS = 1000000000 /* RFC 5905: MAXDIST */
};

_Static_assert(TIMEMGMT_LEDGER_ENTRIES_FREE >= 2, "coalescing needs a first and a last entry");
_Static_assert(TIMEMGMT_LEDGER_ENTRIES >= TIMEMGMT_LEDGER_ENTRIES_FREE, "constrained holds more");
_Static_assert(TIMEMGMT_TSO_QUEUE_MESSAGES <= TIMEMGMT_TSO_QUEUE_MAX, "default within maximum");
_Static_assert(TIMEMGMT_EVENTS_BACKLOG <= TIMEMGMT_EVENTS_BACKLOG_MAX, "default within maximum");

#endif
