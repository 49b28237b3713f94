/*  The store, inside: objects by path, what was told to whom, and three ways to become alike:
   gossip of changes (gossip.c), changes that wait for others (early.c), and the comparison of sums
    (tree.c, compare.c). */
#ifndef STATE_STORE_H
#define STATE_STORE_H

#include <muster/store.h>
#include "base/list.h"
#include "base/map.h"
#include "state/object.h"

enum {
    STORE_WIRE = 1, /* version of the messages */
    STORE_HEAD_BYTES = 32,
    STORE_WINDOW = 1024, /* changes of one replica that may come before an earlier one */
    STORE_FAN = 16,      /* children of a node of the tree */
    STORE_LEVELS_MAX = 6,
    STORE_LEAF = 16, /* objects of a leaf, on average, at most */
    STORE_CHANGE_MAX = 64 * 1024 * 1024
};

typedef struct store_object {
    char *path;
    uint32_t path_bytes;
    uint64_t path_hash;
    mst_crdt_t *crdt;
    uint64_t sum;       /* what the tree has of it */
    uint64_t committed; /* how far one's own changes were told */
    uint32_t next;      /* of its leaf */
    uint64_t origin;    /* of what is to be reported */
    bool shared;        /* committed once, or come from others */
    bool dirty;         /* the tree does not know its last state */
    bool reported;      /* waits to be taken as a change */
    bool made;
} store_object_t;

/*  A replica whose changes come: 1 … prefix are here, and those whose bits are set behind it. */
typedef struct store_origin {
    uint64_t replica;
    uint64_t prefix;
    uint64_t window[STORE_WINDOW / 64]; /* bit i: prefix + 1 + i */
} store_origin_t;

typedef struct store_peer {
    uint64_t replica;
    BASE_LIST (uint64_t) known; /* by index of origin: its prefix, as it last said */
    bool answered;              /* it said so after the last change of peers */
} store_peer_t;

/*  A change, encoded; kept for those who lack it. */
typedef struct store_change {
    uint64_t origin;
    uint64_t number;
    uint64_t from; /* whom it came from; need not be told */
    uint32_t rounds;
    uint8_t hops;
    uint8_t *data;
    uint32_t size_bytes;
} store_change_t;

/*  One that waits. */
typedef struct store_early {
    store_change_t change;
    mst_dot_t missing;
} store_early_t;

typedef struct store_out {
    uint64_t peer;
    mst_bytes_t bytes;
} store_out_t;

struct mst_store {
    mst_store_options_t options;
    mst_hlc_t clock;
    uint64_t now_ns;
    uint64_t gossip_due_ns; /* 0: at the first tick */
    uint64_t entropy_due_ns;
    uint64_t draw; /* state of the choice of peers */
    BASE_LIST (store_object_t) objects;
    base_names_t paths;
    BASE_LIST (store_origin_t) origins; /* 0 is oneself */
    BASE_LIST (store_peer_t) peers;
    BASE_LIST (uint64_t) forgotten; /* by rising number */
    uint64_t forgotten_sum;
    BASE_LIST (store_change_t) changes; /* a ring once it is full */
    size_t change_head;
    BASE_LIST (store_early_t) early;
    BASE_LIST (store_out_t) out;
    size_t out_taken;
    mst_bytes_t taken; /* the message handed out last */
    BASE_LIST (uint32_t) reports;
    size_t report_taken;
    uint64_t *sums;   /* of all levels, the root first */
    uint32_t *leaves; /* first object of each leaf */
    uint32_t levels;  /* below the root */
    BASE_LIST (uint32_t) dirty;
    BASE_LIST (mst_dot_t) dots; /* scratch */
    mst_bytes_t scratch;
    mst_store_stats_t stats;
};

/*  store.c */
store_object_t *store_object (mst_store_t *self, const char *path, size_t path_bytes);
mst_err_t store_object_make (mst_store_t *self, const char *path, size_t path_bytes, unsigned type,
                             store_object_t **object);
uint64_t store_own_count (const mst_crdt_t *crdt); /* how far one's own changes go */
mst_err_t store_version (mst_store_t *self, const mst_crdt_t *crdt, size_t *count); /* in dots */
mst_err_t store_touch (mst_store_t *self, store_object_t *object); /* its state is another one */
mst_err_t store_report (mst_store_t *self, store_object_t *object, uint64_t origin, bool made);
/*  Bytes of an object come: it is made, or they are merged. */
mst_err_t store_merge (mst_store_t *self, const char *path, size_t path_bytes, unsigned type,
                       const uint8_t *data, size_t size_bytes, uint64_t origin, bool *changed);
mst_err_t store_forget_now (mst_store_t *self, uint64_t replica);
bool store_is_forgotten (const mst_store_t *self, uint64_t replica);

/*  origins.c: who has what. */
uint32_t store_origin_find (const mst_store_t *self, uint64_t replica);
mst_err_t store_origin_make (mst_store_t *self, uint64_t replica, uint32_t *origin);
bool store_origin_has (const mst_store_t *self, uint64_t replica, uint64_t number);
void store_origin_mark (store_origin_t *origin, uint64_t number);
void store_origin_raise (store_origin_t *origin, uint64_t prefix);
store_peer_t *store_peer (mst_store_t *self, uint64_t replica);
uint64_t store_peer_known (const store_peer_t *peer, uint32_t origin);
mst_err_t store_peer_learn (mst_store_t *self, store_peer_t *peer, state_reader_t *reader);
mst_err_t store_have_put (const mst_store_t *self, mst_bytes_t *bytes); /* prefixes */

/*  message.c */
typedef enum store_kind {
    STORE_CHANGES = 1, /* gossip */
    STORE_HAVE = 2,    /* … its answer: how far one is */
    STORE_DIGEST = 3,  /* anti-entropy: how far, the root's sum, who was forgotten */
    STORE_TREE = 4,    /* … sums below nodes that differ */
    STORE_KEYS = 5,    /* … objects of leaves that differ */
    STORE_WANT = 6,    /* … versions of objects to send what lies above */
    STORE_STATES = 7,  /* … which */
    STORE_ACK = 8      /* … how far, and the root's sum afterwards */
} store_kind_t;
/*  A message to a peer begins; what follows is appended to *bytes, which lives until it is ended.
 */
mst_err_t store_out_begin (mst_store_t *self, uint64_t peer, store_kind_t kind,
                           mst_bytes_t **bytes);
void store_out_end (mst_store_t *self);
void store_out_drop (mst_store_t *self); /* the one that was begun */

/*  gossip.c */
mst_err_t store_gossip_tick (mst_store_t *self);
mst_err_t store_changes_take (mst_store_t *self, uint64_t from, state_reader_t *reader);
mst_err_t store_changes_send (mst_store_t *self, store_peer_t *peer, bool all, uint32_t *sent);
bool store_changes_cover (const mst_store_t *self, const store_peer_t *peer);
mst_err_t store_change_keep (mst_store_t *self, store_change_t *change); /* eaten */
void store_change_free (store_change_t *change);
size_t store_changes_count (const mst_store_t *self);

/*  early.c */
mst_err_t store_early_put (mst_store_t *self, store_change_t *change, mst_dot_t missing);
bool store_early_has (const mst_store_t *self, uint64_t origin, uint64_t number);
mst_err_t store_early_retry (mst_store_t *self);

/*  What a change says. */
typedef struct store_record {
    uint64_t origin;
    uint64_t number;
    unsigned consistency;
    unsigned hops;
    unsigned type;
    const char *path;
    uint32_t path_bytes;
    const uint8_t *needs; /* dots, of causal ones */
    uint32_t need_count;
    const uint8_t *data;
    uint32_t size_bytes;
} store_record_t;
bool store_record_read (const uint8_t *data, size_t size_bytes, store_record_t *record);
/*  MST_OK: applied. MST_E_STATE_GAP: *missing. */
mst_err_t store_record_apply (mst_store_t *self, const store_record_t *record, mst_dot_t *missing);

/*  tree.c */
mst_err_t store_tree_settle (mst_store_t *self); /* all sums are up to date */
uint64_t store_tree_sum (const mst_store_t *self, uint32_t level, uint32_t node);
uint64_t store_object_key (const store_object_t *object);
/*  Objects below a node: for (i = first; i != STATE_NONE; i = next). */
uint32_t store_tree_first (const mst_store_t *self, uint32_t level, uint32_t node, uint32_t *leaf);
uint32_t store_tree_next (const mst_store_t *self, uint32_t level, uint32_t node, uint32_t object,
                          uint32_t *leaf);
void store_tree_fini (mst_store_t *self);

/*  compare.c */
mst_err_t store_compare_begin (mst_store_t *self, uint64_t peer);
mst_err_t store_compare_take (mst_store_t *self, store_peer_t *peer, store_kind_t kind,
                              state_reader_t *reader);

#endif
