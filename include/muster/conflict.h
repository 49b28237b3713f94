/*  <muster/conflict.h>: who gets what when several wanted the same.

    A claim says that a node wants something: to write a value at a path, a region of space, a slot,
    a resource, an item that lies about, the ownership of an object. An arbiter holds claims and
    answers who has what. Its answers depend on the set of claims alone, not on the order in which
    they came: replicas that hold the same claims agree, without asking each other.

    A claim carries what its author had seen when it was made (a version vector over claims). Of two
    claims of which neither saw the other, the rule of their kind picks one; that is a conflict, it
    is counted and can be explained. A claim that saw the other one is no conflict: a value written
    later replaces the earlier one, and what is held already is not given away (the claim is
    denied). A claim that is withdrawn counts for nothing any more.

    Nothing here reads a clock: stamps come from an mst_hlc_t (<muster/crdt.h>). Claims travel as
    bytes, by whatever carries them: elements of a replicated set, interactions, files.

    Thread rule: an arbiter belongs to one thread at a time. What it hands out lives until the next
    call on it that is not const; asking settles what is new, so it is not const. */
#ifndef MUSTER_CONFLICT_H
#define MUSTER_CONFLICT_H

#include <muster/crdt.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MST_CLAIM_SUBJECT_MAX = 255,     /* bytes of a subject, at least 1 */
    MST_CLAIM_DATA_MAX = 64 * 1024,  /* bytes that a claim carries */
    MST_CLAIM_SEEN_MAX = 4096,       /* nodes in what a claim's author had seen */
    MST_CLAIMS_MAX = 1000000,        /* claims of one arbiter */
    MST_CLAIM_EXPLANATION_SIZE = 512 /* room for any explanation */
};

typedef enum mst_claim_kind {
    MST_CLAIM_VALUE = 1,    /* a value at a path: later writes replace */
    MST_CLAIM_REGION = 2,   /* a box in the space that the subject names: boxes must not overlap */
    MST_CLAIM_SLOT = 3,     /* one place of many: "tower/3" */
    MST_CLAIM_RESOURCE = 4, /* something that has one user: "mine/12" */
    MST_CLAIM_ITEM = 5,     /* picked up once: "sword/7" */
    MST_CLAIM_OWNER = 6     /* the ownership of an object */
} mst_claim_kind_t;
enum { MST_CLAIM_KINDS = 7 }; /* for arrays that a kind indexes; 0 is none */

/*  How a conflict is settled. Ties go to the earlier stamp, then the lower node. */
typedef enum mst_precedence {
    MST_PRECEDENCE_EARLIEST = 1,    /* the earliest stamp: first write wins */
    MST_PRECEDENCE_LATEST = 2,      /* the latest stamp: last write wins */
    MST_PRECEDENCE_LOWEST_NODE = 3, /* the lowest node */
    MST_PRECEDENCE_PRIORITY = 4,    /* the highest priority */
    MST_PRECEDENCE_MERGE = 5, /* all of them: `merge` makes one value; of regions, all stand */
    MST_PRECEDENCE_CUSTOM = 6 /* `choose` picks */
} mst_precedence_t;

typedef struct mst_claim {
    mst_claim_kind_t kind;
    const char *subject;
    uint64_t node;   /* who; not 0 */
    uint64_t number; /* its claims count 1, 2, 3 … */
    uint64_t stamp;  /* of a hybrid logical clock */
    int64_t priority;
    double low[3];    /* a region: from here … */
    double high[3];   /* … to below here, on each axis */
    const void *data; /* the value; whatever else the user wants to know of a claim */
    uint32_t size_bytes;
    const mst_dot_t *seen; /* by rising node; filled in by mst_arbiter_claim */
    uint32_t seen_count;
} mst_claim_t;

typedef enum mst_outcome {
    MST_OUTCOME_HOLDS = 0,
    MST_OUTCOME_LOST = 1,     /* a conflict, and the other one won */
    MST_OUTCOME_DENIED = 2,   /* its author had seen that another held it */
    MST_OUTCOME_REPLACED = 3, /* a value that a later write had seen */
    MST_OUTCOME_MERGED = 4,   /* a conflict, and all of them hold together */
    MST_OUTCOME_WITHDRAWN = 5
} mst_outcome_t;

/*  A rule. The callbacks must depend on their arguments alone, or replicas come to disagree. */
typedef struct mst_rule {
    mst_precedence_t precedence;
    void *user;
    /*  MERGE of anything but regions: claims in order of stamp, node, number; writes at most
        room_bytes (all values together) and returns how many; more counts as room_bytes. */
    size_t (*merge) (void *user, const mst_claim_t *claims, size_t count, void *data,
                     size_t room_bytes);
    /*  CUSTOM: the index of the winner; of regions it is given pairs that overlap. */
    size_t (*choose) (void *user, const mst_claim_t *claims, size_t count);
} mst_rule_t;

typedef struct mst_arbiter mst_arbiter_t;

/*  `node`: who claims here; 0: an arbiter that only listens. The default rules: VALUE latest; OWNER
    priority; the others earliest. Errors: MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_arbiter_new (uint64_t node, mst_arbiter_t **self);
MST_EXPORT void mst_arbiter_destroy (mst_arbiter_t **self); /* NULL already is fine */

/*  The rule of a kind for subjects that begin with `prefix` ("" for all); the longest prefix
   counts, and of two rules for one prefix the later one. All replicas must have the same rules.
   Errors: MST_E_INVALID_ARGUMENT (a callback is missing, no such kind), MST_E_LIMIT (64 rules),
   MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_arbiter_rule (mst_arbiter_t *self, mst_claim_kind_t kind,
                                       const char *prefix, const mst_rule_t *rule);

/*  A claim of this node; number and seen are filled in. `bytes` (may be NULL) gets the claim
   appended as it travels. Errors: MST_E_INVALID_ARGUMENT (which field), MST_E_LIMIT,
   MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_arbiter_claim (mst_arbiter_t *self, mst_claim_t *claim,
                                        mst_bytes_t *bytes);
/*  Takes a claim back, whoever made it and whether it is here yet. Errors: MST_E_INVALID_ARGUMENT,
    MST_E_LIMIT, MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_arbiter_withdraw (mst_arbiter_t *self, uint64_t node, uint64_t number,
                                           mst_bytes_t *bytes);

/*  Takes one claim or withdrawal in. What is known already is fine. latest_stamp: a stamp above it
    is refused; 0: no bound. Errors, with the arbiter as it was: MST_E_MALFORMED (cut, checksum,
   does not decode), MST_E_VERSION, MST_E_STATE_DIFFERS (another claim of that node and number),
    MST_E_CLOCK_AHEAD, MST_E_LIMIT, MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_arbiter_take (mst_arbiter_t *self, const void *data, size_t size_bytes,
                                       uint64_t latest_stamp);

/*  All claims and withdrawals; same set, same bytes. And back, into what is there: the union.
    Errors: as above; of a merge nothing is taken when one record does not decode. */
MST_EXPORT mst_err_t mst_arbiter_encode (const mst_arbiter_t *self, mst_bytes_t *bytes);
MST_EXPORT mst_err_t mst_arbiter_merge (mst_arbiter_t *self, const void *data, size_t size_bytes,
                                        uint64_t latest_stamp);

/*  Answers ------------------------------------------------------------------------------------- */

/*  Who has a subject (not for regions). Of a merge: the first of them, with the merged value.
    Errors: MST_E_OBJECT_UNKNOWN (nobody), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_arbiter_holder (mst_arbiter_t *self, mst_claim_kind_t kind,
                                         const char *subject, mst_claim_t *holder);

/*  What became of one claim; `other` (may be NULL) is whom it lost to or merged with, kind 0 when
    there is none. Errors: MST_E_OBJECT_UNKNOWN, MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_arbiter_outcome (mst_arbiter_t *self, uint64_t node, uint64_t number,
                                          mst_outcome_t *outcome, mst_claim_t *other);

/*  The same as a sentence: 'slot "tower/3": node 2 lost to node 1: the earlier stamp (12.000000 s
    before 12.250000 s); neither had seen the other'. `name` (may be NULL) gives names of nodes.
    Errors: as above. */
MST_EXPORT mst_err_t mst_arbiter_explain (mst_arbiter_t *self, uint64_t node, uint64_t number,
                                          const char *(*name) (void *user, uint64_t node),
                                          void *user, char *text, size_t size_bytes);

/*  Visits the claims of a kind (0: all) in order of stamp, node, number, until the visitor gives
    false. Errors: MST_E_NO_MEMORY. */
typedef bool mst_claim_visit_t (void *context, const mst_claim_t *claim, mst_outcome_t outcome);
MST_EXPORT mst_err_t mst_arbiter_each (mst_arbiter_t *self, mst_claim_kind_t kind,
                                       mst_claim_visit_t *visit, void *context);

/*  Of a kind: how many claims there are, how many hold, how many conflicts are settled (claims that
    lost or were merged into another), how many were denied. The same on replicas that are alike.
    Errors: MST_E_NO_MEMORY. */
typedef struct mst_claim_counts {
    uint64_t claims, holding, conflicts, denied;
} mst_claim_counts_t;
MST_EXPORT mst_err_t mst_arbiter_counts (mst_arbiter_t *self, mst_claim_kind_t kind,
                                         mst_claim_counts_t *counts);

/*  A hash over all claims and what became of them. Errors: MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_arbiter_digest (mst_arbiter_t *self, uint64_t *digest);

/*  Messages that mst_arbiter_take and _merge refused. */
MST_EXPORT uint64_t mst_arbiter_refused (const mst_arbiter_t *self);

/*  "region", "slot", …; "earliest stamp", …; static. */
MST_EXPORT const char *mst_claim_kind_name (mst_claim_kind_t kind);
MST_EXPORT const char *mst_precedence_name (mst_precedence_t precedence);

#ifdef __cplusplus
}
#endif
#endif
