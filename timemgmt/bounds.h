/*  Bounds and grants: the one computation of time, at the RTI.

    A table of federates by slot (small numbers that the caller gives out), with the ledgers of what
    is on its way between them. Everything that enters is one call, a record; what comes out is a
    list of grants, in slot order, the same for the same records.

    The rules, in the words of docs/time.md:
      floor (x)  = max (what it was, x + lookahead (+ 1 after TAR and NMR with lookahead 0))
      bound      = granted: what it was; TAR, TARA to t: floor (t);
                   NMR, NMRA, FQR to t: floor (min (t, M)) when constrained, else floor (t)
      GALT of j  = smallest bound of the other regulating federates
      M of j     = smallest time stamp queued at j or on its way to j
    Sources: Fujimoto 1990, "Parallel discrete event simulation"; Mattern 1993, "Efficient
   algorithms for distributed snapshots and global virtual time approximation"; Fujimoto 1997, "Zero
   lookahead and repeatability in the High Level Architecture"; IEEE 1516.1 clause 8.

    What the caller must see to:
      - A record's report is complete: all that was sent before it, all received prefixes that
        changed, and the smallest stamp queued at that moment.
      - Slots, not handles: a record that names a former holder of a slot is not passed on. A slot
        may be given out again once TIMEMGMT_GONE was in a result.
      - After a resign, peers report soon (the leaver lingers until they have acknowledged).
      - After a death, each peer applies the cut: it drops what is above it, also what comes later,
        and waits no more for what has not come. (TARA and NMRA, like a flush, may have handed out a
        message above it, stamped with the very time granted.) Then it reports the cut's sequence
        for the dead one as received, with its smallest queued stamp. Until then what the dead one
        reported counts in that peer's M, so that an NMR is not granted past a message that did
        arrive. A peer that waits in NMR or NMRA must not skip this report.

    A failing call changes nothing (out of memory included). Times are keys of time.h.

    Thread rule: its owner's thread. No clock, no randomness. */
#ifndef TIMEMGMT_BOUNDS_H
#define TIMEMGMT_BOUNDS_H

#include "base/list.h"
#include "timemgmt/floor.h"
#include "timemgmt/limits.h"

typedef struct timemgmt_bounds timemgmt_bounds_t;

typedef struct timemgmt_bounds_options {
    timemgmt_type_t type;
    uint32_t federates_max;    /* limits.federates: slots are below it; 0: TIMEMGMT_FEDERATES_MAX */
    bool non_regulated_grants; /* with nobody else regulating, grant at once (else: wait) */
} timemgmt_bounds_options_t;

#define TIMEMGMT_BOUNDS_OPTIONS                                                                    \
    {                                                                                              \
        .type = TIMEMGMT_INTEGER64, .federates_max = 0, .non_regulated_grants = true               \
    }

/*  One entry for the ledger: what the reporter sent to `receiver`. */
typedef struct timemgmt_sent {
    uint32_t receiver;
    uint64_t sequence; /* highest in the entry; rises per receiver, starts with 1 */
    int64_t stamp;     /* smallest; TIMEMGMT_KEY_MAX: none */
} timemgmt_sent_t;

/*  A sender and a sequence: received up to it, or needed up to it. */
typedef struct timemgmt_mark {
    uint32_t slot;
    uint64_t sequence;
} timemgmt_mark_t;

/*  What travels with every record of a federate. Lists hold only what changed since its last one.
 */
typedef struct timemgmt_report {
    const timemgmt_sent_t *sent; /* per receiver in rising sequence */
    size_t sent_count;
    const timemgmt_mark_t *received;
    size_t received_count;
    int64_t queue_min; /* smallest stamp in its TSO queue; TIMEMGMT_KEY_MAX: empty */
} timemgmt_report_t;

#define TIMEMGMT_REPORT_EMPTY                                                                      \
    {                                                                                              \
        .queue_min = TIMEMGMT_KEY_MAX                                                              \
    }

/*  A grant, or a callback that takes effect like one. */
typedef struct timemgmt_grant {
    uint32_t slot;
    timemgmt_kind_t kind; /* of the request; REGULATION, CONSTRAINT: enabled; GONE: slot is free */
    uint64_t number;      /* of the request that this answers */
    int64_t time;         /* granted; GONE: TIMEMGMT_KEY_NONE */
    int64_t galt;         /* at the grant; TIMEMGMT_KEY_NONE: undefined */
    int64_t floor;        /* smallest stamp it may send from now on; KEY_NONE: not regulating */
    uint32_t need_first;  /* into timemgmt_grants_t.needs: before any callback of this grant have */
    uint32_t need_count;  /* these in hand; only what changed since its last one. FQR has none */
} timemgmt_grant_t;

/*  Filled by each call, which empties it first. Zero-initialised by the owner; fini at the end. */
typedef struct timemgmt_grants {
    BASE_LIST (timemgmt_grant_t) grants;
    BASE_LIST (timemgmt_mark_t) needs;
} timemgmt_grants_t;

void timemgmt_grants_fini (timemgmt_grants_t *self);

/*  NULL: no memory. */
timemgmt_bounds_t *timemgmt_bounds_new (const timemgmt_bounds_options_t *options);
void timemgmt_bounds_destroy (timemgmt_bounds_t **self_p);

/*  Coming and going ------------------------------------------------------------------------- */

/*  A federate joins: neither regulating nor constrained, at time `now` (usually
    TIMEMGMT_KEY_INITIAL). Errors: MST_E_LIMIT, MST_E_INVALID_ARGUMENT (the slot is in use),
    MST_E_INVALID_TIME, MST_E_NO_MEMORY. */
mst_err_t timemgmt_bounds_add (timemgmt_bounds_t *self, uint32_t slot, int64_t now);

/*  It leaves in good order. What it reported keeps a ghost row until all receivers have
    acknowledged; then TIMEMGMT_GONE (perhaps in this very result) frees the slot. */
mst_err_t timemgmt_bounds_resign (timemgmt_bounds_t *self, uint32_t slot,
                                  const timemgmt_report_t *report, timemgmt_grants_t *grants);

/*  It died, also while a ghost. The cut is the last report accepted. */
typedef struct timemgmt_cut {
    int64_t bound;                     /* its last one; TIMEMGMT_KEY_NONE: not regulating */
    BASE_LIST (timemgmt_mark_t) marks; /* per receiver, the highest sequence reported for it */
} timemgmt_cut_t;

void timemgmt_cut_fini (timemgmt_cut_t *self);
mst_err_t timemgmt_bounds_kill (timemgmt_bounds_t *self, uint32_t slot, timemgmt_cut_t *cut,
                                timemgmt_grants_t *grants);

/*  Regulating and constrained --------------------------------------------------------------- */

/*  The grant of kind REGULATION names the time assigned and the floor for sends, which can be above
    time + lookahead: it never lies in the past of what a constrained federate was granted, nor of
    what a waiting one already promised. Counts for the others from this call on.
    Errors: MST_E_REGULATION_ON, _PENDING, MST_E_ADVANCE_PENDING, MST_E_INVALID_LOOKAHEAD. */
mst_err_t timemgmt_bounds_enable_regulation (timemgmt_bounds_t *self, uint32_t slot,
                                             uint64_t number, int64_t lookahead,
                                             const timemgmt_report_t *report,
                                             timemgmt_grants_t *grants);
mst_err_t timemgmt_bounds_disable_regulation (timemgmt_bounds_t *self, uint32_t slot,
                                              const timemgmt_report_t *report,
                                              timemgmt_grants_t *grants);

/*  The grant of kind CONSTRAINT comes once nothing can arrive before the federate's time, and has
    needs. Errors: MST_E_CONSTRAINED_ON, _PENDING, MST_E_ADVANCE_PENDING. */
mst_err_t timemgmt_bounds_enable_constraint (timemgmt_bounds_t *self, uint32_t slot,
                                             uint64_t number, const timemgmt_report_t *report,
                                             timemgmt_grants_t *grants);
mst_err_t timemgmt_bounds_disable_constraint (timemgmt_bounds_t *self, uint32_t slot,
                                              const timemgmt_report_t *report,
                                              timemgmt_grants_t *grants);

/*  Errors: MST_E_REGULATION_OFF, MST_E_ADVANCE_PENDING, MST_E_INVALID_LOOKAHEAD. */
mst_err_t timemgmt_bounds_modify_lookahead (timemgmt_bounds_t *self, uint32_t slot,
                                            int64_t lookahead, const timemgmt_report_t *report,
                                            timemgmt_grants_t *grants);

/*  Advancing -------------------------------------------------------------------------------- */

/*  kind: TAR … FQR. Errors, besides those of a report: MST_E_ADVANCE_PENDING,
    MST_E_REGULATION_PENDING, MST_E_CONSTRAINED_PENDING, MST_E_INVALID_TIME, MST_E_TIME_PASSED. */
mst_err_t timemgmt_bounds_request (timemgmt_bounds_t *self, uint32_t slot, timemgmt_kind_t kind,
                                   uint64_t number, int64_t time, const timemgmt_report_t *report,
                                   timemgmt_grants_t *grants);

/*  A report by itself (a full bundle's entries, acknowledgements, the answer to a cut).
    Errors, here and wherever a report is given: MST_E_INVALID_ARGUMENT (unknown reporter, a
    sequence that does not rise, to itself), MST_E_REGULATION_OFF (a stamp from one that does not
    regulate), MST_E_TIME_PASSED (a stamp below the reporter's bound), MST_E_NO_MEMORY. Entries for
    or from slots that are free or leaving are ignored: they cross on the way. */
mst_err_t timemgmt_bounds_report (timemgmt_bounds_t *self, uint32_t slot,
                                  const timemgmt_report_t *report, timemgmt_grants_t *grants);

/*  Holds ------------------------------------------------------------------------------------ */

typedef enum timemgmt_hold_reason {
    TIMEMGMT_HOLD_MIGRATION,
    TIMEMGMT_HOLD_SAVE,
    TIMEMGMT_HOLD_BARRIER,
} timemgmt_hold_reason_t;

/*  Withholds grants at or beyond `from` (TIMEMGMT_KEY_NONE: every grant) for one slot until
    released. Several may share an id and a slot. FQR, which is granted at once, is granted at most
    just below. Enabling regulation is withheld when it would advance the time. A slot that leaves
    takes its holds along. Errors: MST_E_INVALID_ARGUMENT, MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t timemgmt_bounds_hold (timemgmt_bounds_t *self, uint64_t id, timemgmt_hold_reason_t reason,
                                uint32_t slot, int64_t from);

/*  Releases all holds of that id; unknown ids are none. Errors: MST_E_NO_MEMORY. */
mst_err_t timemgmt_bounds_release (timemgmt_bounds_t *self, uint64_t id, timemgmt_grants_t *grants);

/*  A migration at a cut: may it be prepared, and (prepare) hold both homes. Refused when one was
    granted `time` or beyond, or `time` is below what the old home may still send (the state goes as
    a message stamped `time`). Errors: MST_E_MIGRATION_REFUSED with the values in its text,
    MST_E_INVALID_ARGUMENT, MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t timemgmt_bounds_may_cut (const timemgmt_bounds_t *self, uint32_t old_home,
                                   uint32_t new_home, int64_t time);
mst_err_t timemgmt_bounds_prepare_cut (timemgmt_bounds_t *self, uint64_t id, uint32_t old_home,
                                       uint32_t new_home, int64_t time);

/*  Questions -------------------------------------------------------------------------------- */

/*  TIMEMGMT_KEY_NONE: undefined. The values count what the last report said; a federate that asks
    sends a report along first. */
int64_t timemgmt_bounds_galt (const timemgmt_bounds_t *self, uint32_t slot);
int64_t timemgmt_bounds_lits (const timemgmt_bounds_t *self, uint32_t slot);

typedef struct timemgmt_state {
    bool present; /* joined; a ghost is not */
    bool ghost;   /* left, messages on their way; or dead, cut not yet answered by all */
    bool regulating, regulation_pending;
    bool constrained, constraint_pending;
    bool waiting;         /* for an advance */
    timemgmt_kind_t kind; /* of the last advance requested */
    uint64_t number;
    int64_t now;       /* granted */
    int64_t requested; /* while waiting; else KEY_NONE */
    int64_t lookahead, lookahead_requested;
    int64_t bound; /* KEY_NONE: not regulating */
    int64_t
        standing; /* what its own request and its messages allow, whatever others do; likewise */
    int64_t message_min; /* M; KEY_MAX: none */
    int64_t held_from;   /* smallest hold; KEY_MAX: none */
} timemgmt_state_t;

void timemgmt_bounds_state (const timemgmt_bounds_t *self, uint32_t slot, timemgmt_state_t *state);

/*  All needs of a slot (not only what changed), appended. Errors: MST_E_NO_MEMORY. */
mst_err_t timemgmt_bounds_needs (const timemgmt_bounds_t *self, uint32_t slot,
                                 timemgmt_grants_t *into);

/*  Why a federate waits, and for whom. */
typedef enum timemgmt_term {
    TIMEMGMT_BY_NOTHING,       /* it does not wait */
    TIMEMGMT_BY_GRANTED_TIME,  /* the holder has not asked to advance: granted time + lookahead */
    TIMEMGMT_BY_LOOKAHEAD,     /* the holder waits, too: its requested time + lookahead */
    TIMEMGMT_BY_MESSAGE,       /* … and a message queued or on its way to it sets its bound */
    TIMEMGMT_BY_HOLD,          /* withheld: hold_id, hold_reason */
    TIMEMGMT_BY_REGULATION,    /* the holder's regulation is being enabled */
    TIMEMGMT_BY_NO_REGULATION, /* nobody else regulates, and the switch says wait */
    TIMEMGMT_BY_DELIVERY,      /* granted, but what the grant needs of the holder has not come */
} timemgmt_term_t;

typedef struct timemgmt_reason {
    timemgmt_term_t term;
    timemgmt_kind_t kind; /* what it waits for */
    int64_t wants;        /* … to be granted this */
    int64_t galt;
    uint32_t holder;          /* the slot that stands at the smallest bound; itself for a hold */
    int64_t holder_now;       /* granted to it */
    int64_t holder_requested; /* KEY_NONE: it has not asked */
    int64_t holder_lookahead; /* actual */
    int64_t holder_bound;
    uint32_t message_sender; /* BY_MESSAGE: who sent it; TIMEMGMT_SLOT_NONE: in its queue;
                                BY_DELIVERY: the holder */
    uint64_t message_sequence;
    int64_t message_stamp;
    uint64_t hold_id;
    timemgmt_hold_reason_t hold_reason;
    int64_t hold_from;
    uint32_t root;             /* the holder's holder's … : who does not wait for another */
    timemgmt_term_t root_term; /* why that one stands */
    bool deadlock;             /* the holders form a circle; root is on it */
} timemgmt_reason_t;

#define TIMEMGMT_SLOT_NONE UINT32_MAX

/*  A federate says that it cannot go on: what it was granted needs this sequence of the sender,
   which is not in hand. For explanations only; it ends with an acknowledgement or its next request.
    Unknown slots are ignored: they cross on the way. */
void timemgmt_bounds_lacks (timemgmt_bounds_t *self, uint32_t slot, uint32_t sender,
                            uint64_t sequence);

void timemgmt_bounds_explain (const timemgmt_bounds_t *self, uint32_t slot,
                              timemgmt_reason_t *reason);

#endif
