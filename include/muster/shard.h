/*  <muster/shard.h>: keys dealt out to shards, and shards to nodes, so that little moves when nodes
   come and go. Usable without a federation.

    A key is a number of the caller's, a hash of a name say. Which shard it is in depends on the
   kind; each shard has a list of `copies` nodes, the first of which leads, or as many as there are.
   The same calls in the same order give the same lists everywhere; by consistent hashing the set of
   nodes alone does, whatever their order.

    Ownership: what is given is copied. Errors leave everything as it was.

    Thread rule: one thread changes; several may ask while nobody does. */
#ifndef MUSTER_SHARD_H
#define MUSTER_SHARD_H

#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { MST_SHARDS_MAX = 65536, MST_SHARD_COPIES_MAX = 8, MST_SHARD_NODES_MAX = 1024 };

typedef enum mst_shard_kind {
    MST_SHARD_HASH,       /* by the key's hash; each node has as many shards as another, or one
                             more; with several copies it may be a tenth more or less */
    MST_SHARD_RANGE,      /* by bounds: keys that are near stay together; lists as above */
    MST_SHARD_CONSISTENT, /* by the key's hash; lists by consistent hashing with bounded loads, 1.25
                             times the mean (Mirrokni, Thorup, Zadimoghaddam 2018) */
    MST_SHARD_DIRECTORY   /* each key is entered by hand; lists as of hash */
} mst_shard_kind_t;

typedef struct mst_shard_options {
    mst_shard_kind_t kind;
    uint32_t shards;        /* 1 … MST_SHARDS_MAX */
    uint32_t copies;        /* 1 … MST_SHARD_COPIES_MAX; 0: 1 */
    const uint64_t *bounds; /* range: shards - 1 rising keys; the first of shard 1, 2, … */
} mst_shard_options_t;

/*  What a change of nodes moved, in entries of the lists: an entry is one copy of one shard. */
typedef struct mst_shard_movement {
    uint64_t entries; /* now */
    uint64_t moved;   /* new ones: what must be copied to a node that did not have it */
    uint64_t minimum; /* that any even dealing must move: a fair share for a node that came, what it
                         had for one that went */
} mst_shard_movement_t;

typedef struct mst_shards mst_shards_t;

/*  *shards is the caller's; NULL after an error. Errors: MST_E_INVALID_ARGUMENT (an option out of
    range, bounds that do not rise), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_shards_new (const mst_shard_options_t *options, mst_shards_t **shards);
MST_EXPORT void mst_shards_destroy (mst_shards_t **shards);

/*  A node comes or goes. movement: filled; may be NULL. Errors: MST_E_INVALID_ARGUMENT (it is there
    already), MST_E_OBJECT_UNKNOWN (it is not), MST_E_LIMIT (MST_SHARD_NODES_MAX), MST_E_NO_MEMORY.
 */
MST_EXPORT mst_err_t mst_shards_add_node (mst_shards_t *shards, uint32_t node,
                                          mst_shard_movement_t *movement);
MST_EXPORT mst_err_t mst_shards_remove_node (mst_shards_t *shards, uint32_t node,
                                             mst_shard_movement_t *movement);

/*  The shard of a key. Errors: MST_E_OBJECT_UNKNOWN (directory: never entered). */
MST_EXPORT mst_err_t mst_shards_find (const mst_shards_t *shards, uint64_t key, uint32_t *shard);

/*  The nodes of a shard, at most `capacity`; returns how many were written: 0 where there is no
   node, or no such shard. */
MST_EXPORT size_t mst_shards_nodes (const mst_shards_t *shards, uint32_t shard, uint32_t *nodes,
                                    size_t capacity);

/*  Directory only: enters a key, or moves it to another shard; takes one out. Errors:
    MST_E_INVALID_ARGUMENT (another kind, no such shard), MST_E_OBJECT_UNKNOWN (the second: not
    entered), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_shards_enter (mst_shards_t *shards, uint64_t key, uint32_t shard);
MST_EXPORT mst_err_t mst_shards_forget (mst_shards_t *shards, uint64_t key);

#ifdef __cplusplus
}
#endif
#endif
