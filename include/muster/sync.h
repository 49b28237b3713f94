/*  <muster/sync.h>: keeps copies of a state alike: one source, any number of followers.

    A state is a set of named paths ("settlers/17/place"), each with bytes. The source sets paths
    and commits: each commit is a version. A follower asks (mst_sync_request), any replica that is
    further answers (mst_sync_answer), the follower applies (mst_sync_apply). An answer holds the
    whole state or what changed since the follower's version (old XOR new, then zstd), in one
    message or in chunks. Messages may be lost, doubled, late or out of order: what does not fit is
    refused, counted, and changes nothing; the follower asks again.

    A follower may edit a path before the source knows (mst_sync_edit). The edit lies over the
    state until the source has taken it; when the source changed the path meanwhile it is a conflict
    and the options' policy decides, alike on both sides.

    Nothing here reads a clock, a socket or a random source: time comes as an argument, messages go
    out as bytes. Times are nanoseconds of one clock that all replicas share (the wall clock).

    Thread rule: a state belongs to one thread at a time. Bytes and texts that a call gives out live
    until the next call on the same state. */
#ifndef MUSTER_SYNC_H
#define MUSTER_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MST_SYNC_NAME_MAX = 255,     /* bytes of a path or of a snapshot's name, at least 1 */
    MST_SYNC_SNAPSHOTS_MAX = 64, /* named snapshots of one state */
    MST_SYNC_TRANSFERS_MAX = 8,  /* answers in chunks that a source keeps ready */
    MST_SYNC_LEVEL_MIN = -7,     /* zstd's fastest … */
    MST_SYNC_LEVEL_MAX = 19      /* … and smallest */
};

/*  What an answer holds. */
typedef enum mst_sync_strategy {
    MST_SYNC_DEFAULT = 0,     /* as the options say; in the options: MST_SYNC_ADAPTIVE */
    MST_SYNC_FULL = 1,        /* the whole state */
    MST_SYNC_DELTA = 2,       /* what changed; the whole state for who is too far behind */
    MST_SYNC_INCREMENTAL = 3, /* as DELTA, in chunks of chunk_bytes; goes on where it stopped */
    MST_SYNC_SNAPSHOT = 4,    /* the newest snapshot to who is behind it, packed once for all; then
                                 what changed since */
    MST_SYNC_ADAPTIVE = 5     /* what changed while that is less than half of the state, else the
                                 whole; in chunks when it is larger than chunk_bytes */
} mst_sync_strategy_t;

/*  Who wins when an edit meets a change of the source. */
typedef enum mst_sync_policy {
    MST_SYNC_LAST_WRITE = 0,  /* the later one; of two at one moment the source */
    MST_SYNC_FIRST_WRITE = 1, /* the earlier one */
    MST_SYNC_SOURCE_WINS = 2,
    MST_SYNC_MERGE = 3 /* options.merge makes one value of both */
} mst_sync_policy_t;

/*  A value: `data` NULL means that the path does not exist. */
typedef struct mst_sync_value {
    const void *data;
    size_t size_bytes;
    int64_t stamp_ns; /* when it was written */
} mst_sync_value_t;

typedef struct mst_sync mst_sync_t;

/*  A conflict: what it was about and which value stands now. */
typedef struct mst_sync_conflict {
    const char *path;
    mst_sync_value_t source;
    mst_sync_value_t edit;
    bool edit_won;
    const char *explanation; /* "settlers/17: the edit of 12.0 s wins over …: last write" */
} mst_sync_conflict_t;

/*  Zero and NULL mean the default. */
typedef struct mst_sync_options {
    uint64_t type;   /* what kind of state; messages of another type are refused */
    uint64_t origin; /* of a source: another and larger one after each restart (the wall clock in
                        nanoseconds does); 0: a follower */
    mst_sync_strategy_t strategy;
    mst_sync_policy_t policy;
    int level;              /* zstd's, MST_SYNC_LEVEL_MIN … MAX; default: 1 */
    bool uncompressed;      /* no zstd */
    bool unchecked;         /* no checksums: neither of messages nor of the state */
    size_t chunk_bytes;     /* of a chunk; default: 64 KiB */
    size_t delta_bytes_max; /* a larger delta becomes the whole state; default: 16 MiB */
    size_t state_bytes_max; /* of all paths; default: 256 MiB */
    uint32_t paths_max;     /* default: 1,000,000 */
    uint32_t batch_paths;   /* mst_sync_due: commit after so many changed paths; default 65,536 */
    int64_t batch_ns;       /* … or so long after the first; default: 50 ms */
    uint32_t history_versions; /* that deltas can begin at; default: 16 */
    size_t history_bytes;      /* old values kept for that; default: 64 MiB */
    void *user;
    /*  After a message was applied: the versions and the paths whose values changed. `base` is 0
        after the first. */
    void (*changed) (void *user, uint64_t base, uint64_t target, const char *const *paths,
                     size_t count);
    void (*conflict) (void *user, const mst_sync_conflict_t *conflict);
    /*  MST_SYNC_MERGE: writes one value for both into `merged` (room_bytes: both sizes together)
       and returns its size. It must depend on nothing else. */
    size_t (*merge) (void *user, const char *path, const mst_sync_value_t *source,
                     const mst_sync_value_t *edit, void *merged, size_t room_bytes);
} mst_sync_options_t;

/*  *self is the caller's. Errors: MST_E_INVALID_ARGUMENT (which option), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_sync_new (const mst_sync_options_t *options, mst_sync_t **self);
MST_EXPORT void mst_sync_destroy (mst_sync_t **self); /* NULL already is fine */

/*  The source ---------------------------------------------------------------------------------- */

/*  Sets or removes a path in the version that the next commit makes. The bytes are copied; those
    that stand already change nothing.
    Errors: MST_E_NOT_OWNED (a follower), MST_E_INVALID_ARGUMENT (the name), MST_E_LIMIT
    (paths_max, state_bytes_max), MST_E_NO_MEMORY; removing what is not there is MST_OK. */
MST_EXPORT mst_err_t mst_sync_set (mst_sync_t *self, const char *path, const void *data,
                                   size_t size_bytes);
MST_EXPORT mst_err_t mst_sync_remove (mst_sync_t *self, const char *path);

/*  The same for paths that are set often: a number is found once and stands as long as its path.
    Errors: as above; MST_E_STALE_HANDLE when the path was removed. */
MST_EXPORT mst_err_t mst_sync_number (mst_sync_t *self, const char *path, uint64_t *number);
MST_EXPORT mst_err_t mst_sync_set_number (mst_sync_t *self, uint64_t number, const void *data,
                                          size_t size_bytes);

/*  A value of the caller's own types: `encode` writes it into `data` and gives its size, or an
   error, which is returned; `decode` reads it back. So a FOM's types go in and out without this
   folder knowing them. room_bytes: MST_SYNC_VALUE_ROOM. */
enum { MST_SYNC_VALUE_ROOM = 64 * 1024 };
typedef struct mst_sync_codec {
    void *user;
    mst_err_t (*encode) (void *user, const char *path, const void *value, void *data,
                         size_t room_bytes, size_t *size_bytes);
    mst_err_t (*decode) (void *user, const char *path, const void *data, size_t size_bytes,
                         void *value);
} mst_sync_codec_t;
MST_EXPORT mst_err_t mst_sync_set_value (mst_sync_t *self, const char *path,
                                         const mst_sync_codec_t *codec, const void *value);
/*  Errors: MST_E_OBJECT_UNKNOWN (no such path), the codec's. */
MST_EXPORT mst_err_t mst_sync_get_value (const mst_sync_t *self, const char *path,
                                         const mst_sync_codec_t *codec, void *value);

/*  Makes a version of what was set since the last one; without a change *version stays. `version`
    may be NULL. Errors: MST_E_NOT_OWNED, MST_E_NO_MEMORY (nothing is lost: call it again). */
MST_EXPORT mst_err_t mst_sync_commit (mst_sync_t *self, int64_t now_ns, uint64_t *version);
/*  Is it time to commit, by batch_paths and batch_ns? The first call after a change starts the
    batch's clock. */
MST_EXPORT bool mst_sync_due (mst_sync_t *self, int64_t now_ns);

/*  Any replica --------------------------------------------------------------------------------- */

/*  False: there is no such path. On a follower its edits lie over the state. */
MST_EXPORT bool mst_sync_get (const mst_sync_t *self, const char *path, mst_sync_value_t *value);
/*  Paths from index 0 to below mst_sync_path_count, removed ones included: those give NULL. */
MST_EXPORT uint32_t mst_sync_path_count (const mst_sync_t *self);
MST_EXPORT const char *mst_sync_path (const mst_sync_t *self, uint32_t index);
MST_EXPORT uint64_t mst_sync_version (const mst_sync_t *self); /* 0: nothing yet */
MST_EXPORT uint64_t mst_sync_origin (const mst_sync_t *self);
/*  The same number for the same paths and bytes, without edits; accidents do not give it twice. */
MST_EXPORT uint64_t mst_sync_digest (const mst_sync_t *self);
/*  Is a chunked answer under way: so many of so many bytes are here. */
MST_EXPORT bool mst_sync_partial (const mst_sync_t *self, size_t *have_bytes, size_t *whole_bytes);

/*  What this follower has and wants next, as a message for any replica that may be further.
    Errors: MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_sync_request (mst_sync_t *self, const void **data, size_t *size_bytes);

/*  The answer to a request; *size_bytes is 0 when the asker has all there is.
    Errors: those of mst_sync_apply for the request, MST_E_LIMIT, MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_sync_answer (mst_sync_t *self, const void *request, size_t request_bytes,
                                      const void **data, size_t *size_bytes);

/*  An answer without a request, for a peer that is known to have `base` (0: nothing). Never in
    chunks. Errors: as above. */
MST_EXPORT mst_err_t mst_sync_make (mst_sync_t *self, uint64_t base, mst_sync_strategy_t strategy,
                                    const void **data, size_t *size_bytes);

/*  Takes one answer in. What came already is MST_OK and changes nothing.
    Errors, each with the reason, counted, the state as before: MST_E_VERSION (of the format),
    MST_E_MALFORMED (cut, checksum, does not decode), MST_E_STATE_DIFFERS (another type; the result
    is not what the source has), MST_E_STATE_GAP (another base or life: ask again), MST_E_LIMIT,
    MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_sync_apply (mst_sync_t *self, const void *data, size_t size_bytes,
                                     int64_t now_ns);

/*  Edits --------------------------------------------------------------------------------------- */

/*  On a follower: a value over the state until the source has it; `data` NULL removes the path.
    Errors: MST_E_CALL_NOT_ALLOWED (a source), MST_E_INVALID_ARGUMENT, MST_E_LIMIT,
    MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_sync_edit (mst_sync_t *self, const char *path, const void *data,
                                    size_t size_bytes, int64_t now_ns);
MST_EXPORT size_t mst_sync_edit_count (const mst_sync_t *self);

/*  All edits as one message to the source; size 0 when there are none. Sending it twice is
   harmless, also when the second comes late: what the source changed since stays. Send again until
   mst_sync_edit_count is 0: an edit of a path that has changed several times meanwhile is only
   taken once it was made, or has been settled, on a newer version. Errors: MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_sync_edits (mst_sync_t *self, const void **data, size_t *size_bytes);

/*  At the source: takes edits in; commit makes a version of them. *taken counts those that stand.
    Errors: as mst_sync_apply (all or nothing), MST_E_NOT_OWNED. */
MST_EXPORT mst_err_t mst_sync_take (mst_sync_t *self, const void *data, size_t size_bytes,
                                    size_t *taken);

/*  Snapshots ----------------------------------------------------------------------------------- */

/*  Keeps the newest version under a name, in place of one of that name.
    Errors: MST_E_INVALID_ARGUMENT (the name; changes that are not committed), MST_E_LIMIT
    (MST_SYNC_SNAPSHOTS_MAX), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_sync_snapshot (mst_sync_t *self, const char *name);
/*  Makes the state what it was, as a new version. Errors: MST_E_NOT_OWNED, MST_E_OBJECT_UNKNOWN (no
    snapshot of that name), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_sync_restore (mst_sync_t *self, const char *name, int64_t now_ns);
/*  Its bytes, for a file; and back: checked whole before it is kept. Errors of the first:
    MST_E_OBJECT_UNKNOWN; of the second: those of mst_sync_apply. */
MST_EXPORT mst_err_t mst_sync_snapshot_save (mst_sync_t *self, const char *name, const void **data,
                                             size_t *size_bytes);
MST_EXPORT mst_err_t mst_sync_snapshot_load (mst_sync_t *self, const char *name, const void *data,
                                             size_t size_bytes);
MST_EXPORT void mst_sync_snapshot_drop (mst_sync_t *self, const char *name);

/*  Counters since mst_sync_new. */
typedef struct mst_sync_statistics {
    uint64_t syncs;   /* answers that took this replica to a version */
    uint64_t answers; /* made here, by what they hold: */
    uint64_t fulls, deltas, chunks, snapshots;
    uint64_t failures; /* refused messages, all of: */
    uint64_t refused_malformed, refused_checksum, refused_version, refused_type, refused_base,
        refused_result;
    uint64_t duplicates; /* messages that brought nothing new */
    uint64_t conflicts;  /* edits that met a change, and how many of them the edit won */
    uint64_t edits_won;
    uint64_t bytes_out, bytes_in; /* of messages */
    uint64_t state_bytes_out;     /* the state's size, each time it was answered */
    uint64_t latency_total_ns;    /* from commit at the source to here, over all syncs */
    int64_t latency_mean_ns;
    double change_share;  /* of the state's bytes that a version changes, running mean, 0 … 1 */
    uint64_t state_bytes; /* now */
} mst_sync_statistics_t;
MST_EXPORT void mst_sync_statistics (const mst_sync_t *self, mst_sync_statistics_t *statistics);

#ifdef __cplusplus
}
#endif
#endif
