/*  The arbiter's insides. Claims are a set that only grows, withdrawals another; claims about one
    subject (of regions: in one space) form a group, and a group's outcome is computed anew when its
    set has grown. No result of a computation before enters into it. */
#ifndef STATE_CONFLICT_OWN_H
#define STATE_CONFLICT_OWN_H

#include <muster/conflict.h>
#include "base/buffer.h"
#include "base/list.h"
#include "base/map.h"

enum {
    CONFLICT_RULES_MAX = 64,
    CONFLICT_ID_BYTES = 16,
    CONFLICT_FORMAT = 1,
    CONFLICT_RECORD_CLAIM = 'C',
    CONFLICT_RECORD_WITHDRAWAL = 'W'
};

#define CONFLICT_NONE UINT32_MAX

typedef struct conflict_claim {
    mst_claim_t claim; /* its pointers are into the block */
    uint8_t *block;
    uint32_t group;
    uint32_t other; /* index of the claim that the outcome is about; CONFLICT_NONE */
    mst_outcome_t outcome;
    bool withdrawn;
} conflict_claim_t;

typedef struct conflict_group {
    mst_claim_kind_t kind;
    char *subject;
    BASE_LIST (uint32_t) claims; /* in order of stamp, node, number once settled */
    uint32_t holder;             /* CONFLICT_NONE: nobody, or a group of regions */
    uint8_t *merged;             /* the holder's data, when it is a merge */
    uint32_t merged_bytes;
    bool dirty;
} conflict_group_t;

/*  All claims of a node up to `whole` are here: what this arbiter's own claims say they have seen.
 */
typedef struct conflict_node {
    uint64_t node;
    uint64_t whole;
} conflict_node_t;

typedef struct conflict_rule {
    mst_claim_kind_t kind;
    char *prefix;
    mst_rule_t rule;
} conflict_rule_t;

struct mst_arbiter {
    uint64_t node;
    BASE_LIST (conflict_claim_t) claims; /* in order of arrival */
    base_names_t ids;                    /* node and number: index of the claim */
    base_names_t withdrawals;            /* node and number */
    base_names_t group_names;            /* kind and subject: index of the group */
    BASE_LIST (conflict_group_t) groups;
    BASE_LIST (uint32_t) dirty; /* groups; there is room for all of them */
    BASE_LIST (conflict_node_t) nodes;
    BASE_LIST (conflict_rule_t) rules;
    uint64_t refused;
};

/*  conflict.c --------------------------------------------------------------------------------- */

void state_conflict_id (uint64_t node, uint64_t number, char id[CONFLICT_ID_BYTES]);
/*  The index of a claim, or CONFLICT_NONE. */
uint32_t state_conflict_find (const mst_arbiter_t *self, uint64_t node, uint64_t number);
/*  Is the claim one that may come in? Errors: MST_E_INVALID_ARGUMENT with the field. */
mst_err_t state_conflict_check (const mst_claim_t *claim);
/*  Adds a copy. Errors: MST_E_STATE_DIFFERS (another one stands there), MST_E_LIMIT,
    MST_E_NO_MEMORY. */
mst_err_t state_conflict_add (mst_arbiter_t *self, const mst_claim_t *claim);
mst_err_t state_conflict_withdraw (mst_arbiter_t *self, uint64_t node, uint64_t number);
/*  The rule that counts for a group. */
mst_rule_t state_conflict_rule (const mst_arbiter_t *self, mst_claim_kind_t kind,
                                const char *subject);

/*  conflict_settle.c -------------------------------------------------------------------------- */

/*  Order of stamp, node, number. */
int state_conflict_order (const mst_claim_t *a, const mst_claim_t *b);
/*  Had the author of b seen a? */
bool state_conflict_saw (const mst_claim_t *b, const mst_claim_t *a);
/*  Settles every group that has grown. Errors: MST_E_NO_MEMORY (those stay to be settled). */
mst_err_t state_conflict_settle (mst_arbiter_t *self);

/*  conflict_regions.c */
mst_err_t state_conflict_regions (mst_arbiter_t *self, conflict_group_t *group);
/*  Does a go before b? */
bool state_conflict_before (mst_precedence_t precedence, const mst_claim_t *a,
                            const mst_claim_t *b);

/*  conflict_codec.c ---------------------------------------------------------------------------- */

mst_err_t state_conflict_write (const mst_claim_t *claim, base_buffer_t *out);
mst_err_t state_conflict_write_withdrawal (uint64_t node, uint64_t number, base_buffer_t *out);
/*  The same into bytes of the caller's. */
mst_err_t state_conflict_hand_out (const base_buffer_t *record, mst_bytes_t *bytes);

#endif
