/*  The table behind bounds.h: rows (federates), pairs (ledgers between two), and four heaps.
   Private to this folder.

    bounds_table.c   rows, pairs, reports, memory
    bounds_grant.c   who may be granted what
    bounds.c         the records: coming, going, asking
    bounds_hold.c    holds and migrations
    bounds_explain.c questions */
#ifndef TIMEMGMT_BOUNDS_TABLE_H
#define TIMEMGMT_BOUNDS_TABLE_H

#include "base/error.h"
#include "base/map.h"
#include "timemgmt/bounds.h"
#include "timemgmt/ledger.h"
#include "timemgmt/slot_heap.h"

typedef struct timemgmt_pair {
    timemgmt_ledger_t ledger;
    uint32_t sender, receiver;
    uint64_t told;   /* highest sequence named as a need in a grant */
    uint64_t staged; /* … in the record under check, if staged_record is its number */
    uint64_t staged_record;
    bool dirty;                                /* in the receiver's list of needs not told */
    struct timemgmt_pair *in_next, *in_prev;   /* the receiver's pairs */
    struct timemgmt_pair *out_next, *out_prev; /* the sender's pairs */
    struct timemgmt_pair *dirty_next;
} timemgmt_pair_t;

typedef enum timemgmt_presence {
    TIMEMGMT_ROW_FREE,
    TIMEMGMT_ROW_JOINED,
    TIMEMGMT_ROW_LEFT, /* resigned; its messages are on their way */
    TIMEMGMT_ROW_DEAD, /* cut; not yet answered by all receivers */
} timemgmt_presence_t;

typedef struct timemgmt_row {
    timemgmt_presence_t presence;
    bool regulating, regulation_pending;
    bool constrained, constraint_pending;
    bool waiting;                                                   /* for an advance */
    bool emit_advance, emit_regulation, emit_constraint, emit_gone; /* in the result under way */
    bool message_stale;   /* message_min must be computed again */
    bool changing;        /* stands in the list of pending changes */
    timemgmt_kind_t kind; /* of the last advance */
    uint64_t number, regulation_number, constraint_number;
    int64_t now; /* granted */
    int64_t requested;
    int64_t regulation_time; /* assigned */
    int64_t horizon;         /* smallest stamp that may still come to it; while constrained */
    timemgmt_floor_t floor;  /* of its sends, as of the last grant; while regulating or pending */
    int64_t queue_min;
    int64_t message_min;     /* M */
    int64_t held_from;       /* smallest of its holds; KEY_MAX: none */
    uint32_t lacks_sender;   /* granted, and waits for this one's bundles … */
    uint64_t lacks_sequence; /* … up to this; 0: for none */
    timemgmt_pair_t *in, *out, *dirty;
    uint32_t dirty_count;
    uint32_t open_count; /* pairs out that are reported and not acknowledged */
} timemgmt_row_t;

typedef struct timemgmt_hold {
    uint64_t id;
    timemgmt_hold_reason_t reason;
    uint32_t slot;
    int64_t from;
} timemgmt_hold_t;

struct timemgmt_bounds {
    timemgmt_bounds_options_t options;
    timemgmt_row_t *rows;
    uint32_t row_count;              /* rows allocated; the heaps have room for as many */
    uint32_t waiting_count;          /* rows that wait for an advance */
    uint32_t ghost_count;            /* rows that left or died and are not free yet */
    uint32_t dirty_count;            /* pairs in lists of needs not told */
    uint64_t record;                 /* number of the record under way */
    base_map_t pairs;                /* sender << 32 | receiver -> pair */
    timemgmt_slot_heap_t regulators; /* by bound */
    timemgmt_slot_heap_t waiters;    /* by the smallest GALT that grants; without those withheld */
    timemgmt_slot_heap_t dependants; /* regulating, wait by message: their bound depends on M */
    timemgmt_slot_heap_t ready;      /* rows with something to emit */
    BASE_LIST (uint32_t) changing;   /* rows with a pending change of regulation or constraint */
    BASE_LIST (timemgmt_hold_t) holds;
};

/*  bounds_table.c --------------------------------------------------------------------------- */

static inline timemgmt_row_t *timemgmt_row (const timemgmt_bounds_t *self, uint32_t slot)
{
    base_assert (slot < self->row_count);
    return &self->rows[slot];
}

/*  The row of a slot when a federate is joined there; else NULL. */
timemgmt_row_t *timemgmt_row_joined (const timemgmt_bounds_t *self, uint32_t slot);
mst_err_t timemgmt_row_unknown (uint32_t slot); /* the error for it */

mst_err_t timemgmt_table_grow (timemgmt_bounds_t *self, uint32_t slot);
timemgmt_pair_t *timemgmt_pair_find (const timemgmt_bounds_t *self, uint32_t sender,
                                     uint32_t receiver);
void timemgmt_pairs_drop_in (timemgmt_bounds_t *self, uint32_t slot);
void timemgmt_pairs_drop_out (timemgmt_bounds_t *self, uint32_t slot);

/*  Empties the result and makes room in it for all that this record may grant. */
mst_err_t timemgmt_grants_reserve (const timemgmt_bounds_t *self, size_t more_needs,
                                   timemgmt_grants_t *grants);

/*  The two halves of a record with a report: all that can fail, then all that cannot. */
mst_err_t timemgmt_report_stage (timemgmt_bounds_t *self, uint32_t slot,
                                 const timemgmt_report_t *report, timemgmt_grants_t *grants);
void timemgmt_report_apply (timemgmt_bounds_t *self, uint32_t slot,
                            const timemgmt_report_t *report);

/*  M of a row. */
int64_t timemgmt_row_message_min (timemgmt_row_t *row);

/*  bounds_grant.c --------------------------------------------------------------------------- */

/*  The bound while message stamps could be anything from `message_min` on. */
int64_t timemgmt_row_bound_at (const timemgmt_row_t *row, int64_t message_min);
int64_t timemgmt_row_bound (timemgmt_row_t *row);

/*  Does the row's bound depend on messages now? */
bool timemgmt_row_depends (const timemgmt_row_t *row);

/*  Smallest bound of the others, as it stands / closed over those that depend on messages.
    KEY_NONE: nobody else regulates. */
int64_t timemgmt_table_galt (const timemgmt_bounds_t *self, uint32_t slot);
int64_t timemgmt_table_galt_closed (const timemgmt_bounds_t *self, uint32_t slot);

/*  The bound that a waiting row has really promised: with GALT in it. */
int64_t timemgmt_row_promise (const timemgmt_bounds_t *self, uint32_t slot);

/*  The smallest time that a row which waits by message may still be granted, by what it promised up
    to now; KEY_NONE: it does not wait so. */
int64_t timemgmt_row_reach (const timemgmt_bounds_t *self, uint32_t slot);

/*  What a waiting row would be granted. */
int64_t timemgmt_row_target (timemgmt_row_t *row);

/*  Is its advance to `time` (asked for, or as part of regulation) withheld? */
bool timemgmt_row_held (const timemgmt_row_t *row, int64_t time);

/*  Puts a row where it belongs in the heaps; after each change of it. */
void timemgmt_row_place (timemgmt_bounds_t *self, uint32_t slot);

/*  Grants at once (FQR). */
void timemgmt_row_grant (timemgmt_bounds_t *self, uint32_t slot, int64_t time);

/*  Marks a ghost whose messages have all arrived. */
void timemgmt_row_check_gone (timemgmt_bounds_t *self, uint32_t slot);

/*  Grants what can be granted and writes the result; the end of each record. */
void timemgmt_table_settle (timemgmt_bounds_t *self, timemgmt_grants_t *grants);

/*  bounds_hold.c ---------------------------------------------------------------------------- */

void timemgmt_holds_drop (timemgmt_bounds_t *self, uint32_t slot);

#endif
