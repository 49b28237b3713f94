/*  <muster/store.h>: many replicated objects, by path, and what keeps the copies of several
   replicas alike: gossip spreads changes, anti-entropy finds and repairs what gossip missed.

    A store is a state machine. Messages and the time go in; messages to peers, and the paths that
    changed, come out. It opens no socket and reads no clock, so the same code runs over the links
   of a federation, over plain sockets and in a simulator. Carry each message whole or not at all;
   it may be lost, doubled, late and out of order. Whoever carries it sees to who may speak.

    One round: change objects, mst_store_commit each; give in what came (mst_store_receive); call
    mst_store_tick when mst_store_next_tick says; carry away what mst_store_take_message gives.

    Times are nanoseconds since 1970 and never go back (a time below the last one counts as the last
    one). A path is 1 … MST_STORE_PATH_MAX bytes, by habit "like/this"; a path names one object of
    one type. What a store hands out lives until the next call that is not const, objects until the
    store goes.

    Thread rule: a store and its objects belong to one thread at a time. */
#ifndef MUSTER_STORE_H
#define MUSTER_STORE_H

#include <muster/crdt.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MST_STORE_PATH_MAX = 1024,      /* bytes of a path */
    MST_STORE_PEERS_MAX = 1024,     /* peers of one store */
    MST_STORE_ORIGINS_MAX = 4096,   /* replicas whose changes were seen, not forgotten */
    MST_STORE_FORGOTTEN_MAX = 65536 /* replicas forgotten, in the life of the group */
};

/*  Consistency ----------------------------------------------------------------------------------

    eventual  a change is applied as soon as it comes
    causal    a change is applied after all that its author had seen when it was made
    strong    one order for all; needs a cluster, and is refused until there is one */

typedef enum mst_consistency {
    MST_CONSISTENCY_EVENTUAL = 0,
    MST_CONSISTENCY_CAUSAL = 1,
    MST_CONSISTENCY_STRONG = 2
} mst_consistency_t;

/*  Which kind of operation is how consistent: "score" eventual, "trade" causal. Kinds are texts of
    the user's own, 1 … 64 bytes. */
typedef struct mst_consistency_table mst_consistency_table_t;

/*  `otherwise` is for kinds without a row. Errors: MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_consistency_table_new (mst_consistency_t otherwise,
                                                mst_consistency_table_t **table);
MST_EXPORT void mst_consistency_table_destroy (mst_consistency_table_t **table);
/*  Adds or replaces a row. Errors: MST_E_INVALID_ARGUMENT, MST_E_LIMIT (1024 rows),
    MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_consistency_table_set (mst_consistency_table_t *table, const char *kind,
                                                mst_consistency_t consistency);
/*  kind NULL: the one for kinds without a row. */
MST_EXPORT mst_consistency_t mst_consistency_table_get (const mst_consistency_table_t *table,
                                                        const char *kind);
/*  "eventual", "causal", "strong", and back. Errors: MST_E_CONFIG (none of them; the text says
   which there are). */
MST_EXPORT const char *mst_consistency_name (mst_consistency_t consistency);
MST_EXPORT mst_err_t mst_consistency_parse (const char *text, mst_consistency_t *consistency);

/*  A store -------------------------------------------------------------------------------------

    0 in a field means its default. */
typedef struct mst_store_options {
    uint64_t replica;             /* who this is; never 0, never used before */
    uint64_t seed;                /* of the choice of peers to tell; replicas differ */
    uint64_t gossip_interval_ns;  /* 5 s */
    uint32_t gossip_fanout;       /* 3 peers are told in one round */
    uint32_t gossip_hops;         /* 10: a change is passed on that often, and told in as many
                                     rounds, at most; anti-entropy carries it further */
    uint64_t entropy_interval_ns; /* 30 s: how often one peer is compared with */
    uint64_t max_drift_ns;        /* MST_HLC_DRIFT_NS: stamps further ahead are refused */
    uint32_t changes_max;         /* 65,536 changes kept for peers that lack them, the oldest go */
    uint32_t early_max;           /* 4,096 changes that wait for what they build on */
    uint32_t message_bytes;       /* 1 MiB: a message ends with the change that reaches it; a change
                                     of more than 64 MiB is refused */
} mst_store_options_t;

typedef struct mst_store mst_store_t;

/*  Errors: MST_E_INVALID_ARGUMENT, MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_store_new (const mst_store_options_t *options, mst_store_t **store);
MST_EXPORT void mst_store_destroy (mst_store_t **store);

/*  Peers: the replicas to speak with. A peer that went may come back; see mst_store_forget for one
    that will not. Errors: MST_E_INVALID_ARGUMENT (0, oneself, a forgotten one), MST_E_LIMIT
    (MST_STORE_PEERS_MAX), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_store_peer_add (mst_store_t *store, uint64_t peer);
MST_EXPORT void mst_store_peer_remove (mst_store_t *store, uint64_t peer);

/*  The object at a path, made empty when there is none. Change it with the functions of crdt.h,
   then commit. Errors: MST_E_INVALID_ARGUMENT (the path), MST_E_STATE_DIFFERS (it is of another
   type), MST_E_NO_MEMORY. An object exists for others when it was committed once. */
MST_EXPORT mst_err_t mst_store_open (mst_store_t *store, const char *path, size_t path_bytes,
                                     mst_crdt_type_t type, mst_crdt_t **crdt);
/*  The object at a path, to look at; NULL: none. */
MST_EXPORT const mst_crdt_t *mst_store_find (const mst_store_t *store, const char *path,
                                             size_t path_bytes);
/*  Visits the objects whose paths begin with `prefix`, in the order of the paths' bytes. The
   visitor changes nothing, and stops the walk by giving false. Errors: MST_E_NO_MEMORY. */
typedef bool mst_store_visit_t (void *context, const char *path, size_t path_bytes,
                                const mst_crdt_t *crdt);
MST_EXPORT mst_err_t mst_store_each (const mst_store_t *store, const char *prefix,
                                     size_t prefix_bytes, mst_store_visit_t *visit, void *context);
MST_EXPORT size_t mst_store_size (const mst_store_t *store);

/*  What was changed here at a path since its last commit becomes one change, which the next rounds
    tell to peers. Nothing changed is fine. Errors: MST_E_INVALID_ARGUMENT (no such path),
    MST_E_NOT_SUPPORTED (MST_CONSISTENCY_STRONG: no cluster; nothing is told and the object keeps
   its change: look before you change, with mst_store_allows), MST_E_LIMIT (64 MiB),
   MST_E_NO_MEMORY; the change stays uncommitted and goes with the next commit. */
MST_EXPORT mst_err_t mst_store_commit (mst_store_t *store, const char *path, size_t path_bytes,
                                       mst_consistency_t consistency);
/*  MST_OK, or why changes of this consistency are refused. */
MST_EXPORT mst_err_t mst_store_allows (const mst_store_t *store, mst_consistency_t consistency);

/*  A stamp for a write here (the store's clock; stamps that come by messages move it), or the error
    of a clock that was carried beyond its bound: MST_E_CLOCK_AHEAD. */
MST_EXPORT mst_err_t mst_store_stamp (mst_store_t *store, uint64_t time_ns, uint64_t *stamp);

/*  Rounds ------------------------------------------------------------------------------------- */

/*  When the next tick is due; the first is at the first tick. */
MST_EXPORT uint64_t mst_store_next_tick (const mst_store_t *store);
/*  Gossip and anti-entropy that are due put their messages out. Calling it early does nothing.
    Errors: MST_E_NO_MEMORY (what is due stays due). */
MST_EXPORT mst_err_t mst_store_tick (mst_store_t *store, uint64_t time_ns);
/*  Compares with a peer now, whatever the interval: after a partition heals, or for a new peer.
    Errors: MST_E_INVALID_ARGUMENT (no such peer), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_store_sync (mst_store_t *store, uint64_t peer, uint64_t time_ns);

/*  A message came. What of it is bad is refused and counted, the rest of it is used. Errors, for
   the log: MST_E_MALFORMED (cut, or its checksum fails), MST_E_VERSION, MST_E_STATE_DIFFERS (an
   object of another type at its path), MST_E_CLOCK_AHEAD, MST_E_INVALID_ARGUMENT (its sender is
   oneself, or forgotten), MST_E_LIMIT, MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_store_receive (mst_store_t *store, const void *data, size_t size_bytes,
                                        uint64_t time_ns);

typedef struct mst_store_message {
    uint64_t peer; /* to whom */
    const void *data;
    size_t size_bytes;
} mst_store_message_t;
/*  The oldest message to carry; false: none. It lives until the next call. */
MST_EXPORT bool mst_store_take_message (mst_store_t *store, mst_store_message_t *message);

typedef struct mst_store_change {
    const char *path;
    size_t path_bytes;
    const mst_crdt_t *crdt;
    uint64_t origin; /* who made it; 0: several, found by anti-entropy */
    bool made;       /* the object is new here */
} mst_store_change_t;
/*  What came from others since the last call, oldest first; false: nothing. A path is given once,
    whatever number of changes it had. */
MST_EXPORT bool mst_store_take_change (mst_store_t *store, mst_store_change_t *change);

/*  Departed replicas, restarts --------------------------------------------------------------- */

/*  A replica is gone for good: its rows leave all objects here, and peers do the same when they
   hear of it. Every peer of this store must have answered since, and be where this one is. Errors:
    MST_E_WOULD_BLOCK (not yet; the text names a peer and what it lacks), MST_E_INVALID_ARGUMENT (0,
    oneself, a present peer), MST_E_LIMIT (MST_STORE_FORGOTTEN_MAX), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_store_forget (mst_store_t *store, uint64_t replica);

/*  The whole store as bytes, and back: a replica that stops and starts again may go on under its
    number only with the last bytes that it saved, and saved after its last commit. Otherwise it
   takes a new number and fetches from its peers. Peers are not part of it. Errors of load: as of
    mst_store_receive, and MST_E_INVALID_ARGUMENT (the store is not new, or is another replica). */
MST_EXPORT mst_err_t mst_store_save (const mst_store_t *store, mst_bytes_t *bytes);
MST_EXPORT mst_err_t mst_store_load (mst_store_t *store, const void *data, size_t size_bytes);

/*  True: every peer has said, since peers last changed, that it has just what is here. So a copy
   that is filled anew is full; where all change all the time it may never be so. False without
   peers. */
MST_EXPORT bool mst_store_alike (const mst_store_t *store);

/*  A hash over all paths and states: the same on replicas that are alike. Errors:
    MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_store_hash (mst_store_t *store, uint64_t *hash);

typedef struct mst_store_stats {
    uint64_t changes_made;    /* committed here */
    uint64_t changes_applied; /* of others */
    uint64_t changes_known;   /* came again */
    uint64_t early_now;       /* wait for what they build on … */
    uint64_t early_peak;      /* … at most so many so far */
    uint64_t early_dropped;   /* no room: anti-entropy fetches them */
    uint64_t rounds_gossip;   /* with something to tell */
    uint64_t rounds_entropy;  /* comparisons begun here */
    uint64_t states_sent;     /* by anti-entropy: objects, whole or since a version */
    uint64_t states_merged;   /* … that came and held something new */
    uint64_t messages_out;
    uint64_t messages_in;
    uint64_t bytes_out;
    uint64_t bytes_in;
    uint64_t refused_malformed; /* cut, or a checksum that fails */
    uint64_t refused_version;
    uint64_t refused_type;   /* another type, or other replicas forgotten */
    uint64_t refused_clock;  /* stamps too far ahead */
    uint64_t refused_sender; /* forgotten, or oneself */
} mst_store_stats_t;
MST_EXPORT void mst_store_stats (const mst_store_t *store, mst_store_stats_t *stats);

/*  Whom does the oldest waiting change wait for: the author and the number of the change that is
    missing here. false: nothing waits. */
MST_EXPORT bool mst_store_missing (const mst_store_t *store, mst_dot_t *missing);

#ifdef __cplusplus
}
#endif
#endif
