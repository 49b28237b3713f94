/*  The synchroniser's insides.

    A path has a slot, and the slot's number is the path's name in deltas: a follower's slots are
   its source's. A slot whose path was removed may hold another path later; `born` says in which
   version its present life began, so a delta names a path that its receiver cannot know.

    The history holds, per version, the values that it replaced (undo). A delta from version b is
    then the first undo of each slot in versions above b against what stands: work in the number of
    changes, not of paths. */
#ifndef STATE_SYNC_OWN_H
#define STATE_SYNC_OWN_H

#include <zstd.h>
#include <muster/sync.h>
#include "base/buffer.h"
#include "base/list.h"
#include "base/map.h"

enum {
    SYNC_CHUNK_BYTES = 64 * 1024,
    SYNC_DELTA_BYTES = 16 * 1024 * 1024,
    SYNC_STATE_BYTES = 256 * 1024 * 1024,
    SYNC_PATHS = 1000000,
    SYNC_BATCH_PATHS = 65536,
    SYNC_BATCH_NS = 50000000,
    SYNC_HISTORY_VERSIONS = 16,
    SYNC_HISTORY_BYTES = 64 * 1024 * 1024,
    SYNC_LEVEL = 1,
    SYNC_SNAPSHOT_EVERY = 64 /* versions between the snapshots that the strategy makes by itself */
};

/*  A value that somebody owns; data NULL: none. */
typedef struct sync_value {
    uint8_t *data;
    size_t size_bytes;
    int64_t stamp_ns;
} sync_value_t;

typedef struct sync_slot {
    char *name; /* of the present or last life; NULL: never one */
    sync_value_t value;
    uint64_t born;    /* version in which this life began */
    uint64_t changed; /* version in which the value changed last (sources only) … */
    uint64_t before;  /* … and the time before, which may be the same version */
    uint32_t name_crc;
    uint32_t crc;     /* of the value */
    uint32_t life;    /* counts up, for numbers given out */
    uint32_t touched; /* index + 1 into the pending undos; 0: not changed since the commit */
} sync_slot_t;

/*  What a slot held before; the bytes lie behind one another in the list's own buffer. */
typedef struct sync_undo {
    uint32_t slot;
    bool had;   /* a value */
    bool again; /* written more than once since: it may be what it was */
    size_t offset;
    size_t size_bytes;
    int64_t stamp_ns;
} sync_undo_t;

typedef struct sync_undos {
    BASE_LIST (sync_undo_t) list;
    base_buffer_t bytes;
} sync_undos_t;

typedef struct sync_step {
    uint64_t from, to;
    size_t bytes; /* of old values */
    sync_undos_t undos;
} sync_step_t;

/*  The paths of a state, and their sum. A whole state that comes in is built as one of these beside
    the old one, which then is thrown away. */
typedef struct sync_table {
    BASE_LIST (sync_slot_t) slots;
    base_names_t names; /* living paths: name to slot */
    BASE_LIST (uint32_t) vacant;
    size_t bytes;
    uint64_t sum;
} sync_table_t;

typedef struct sync_edit {
    char *name;
    sync_value_t value;
} sync_edit_t;

typedef enum sync_kind {
    SYNC_KIND_FULL = 1,
    SYNC_KIND_DELTA = 2,
    SYNC_KIND_REQUEST = 3,
    SYNC_KIND_EDITS = 4
} sync_kind_t;

enum { SYNC_FLAG_PACKED = 1, SYNC_FLAG_CHECKED = 2, SYNC_HEAD_BYTES = 88, SYNC_FORMAT = 1 };

/*  The head of every message; sync_message.c tells the bytes. */
typedef struct sync_head {
    sync_kind_t kind;
    uint8_t flags;
    uint64_t type, origin, base, target;
    int64_t committed_ns; /* of the target */
    uint64_t sum;         /* of the target's table */
    uint64_t plain_bytes; /* the whole payload, unpacked */
    uint64_t whole_bytes; /* … as it travels */
    uint64_t offset;      /* of this message's part of it */
} sync_head_t;

/*  A payload that is ready to go, or that is coming in. */
typedef struct sync_transfer {
    sync_head_t head; /* whole_bytes 0: none */
    base_buffer_t payload;
    uint64_t used; /* when, for forgetting the oldest */
} sync_transfer_t;

typedef struct sync_snapshot {
    char *name;
    base_buffer_t message; /* a whole FULL message */
    uint64_t version;
} sync_snapshot_t;

struct mst_sync {
    mst_sync_options_t options;
    uint64_t origin;
    uint64_t version;
    uint64_t removed; /* version in which a path was removed last (sources only) */
    int64_t committed_ns;
    sync_table_t table;
    sync_undos_t pending;
    sync_undos_t spare;       /* of a step that was dropped: its memory, to be used again */
    int64_t pending_since_ns; /* INT64_MIN: not asked yet */
    BASE_LIST (sync_step_t) history;
    size_t history_bytes;
    BASE_LIST (sync_edit_t) edits;
    BASE_LIST (sync_snapshot_t) snapshots;
    sync_snapshot_t own_snapshot; /* that the strategy makes; no name */
    sync_transfer_t transfers[MST_SYNC_TRANSFERS_MAX];
    uint64_t transfer_clock;
    sync_transfer_t incoming;
    base_buffer_t plain; /* a payload, unpacked */
    base_buffer_t out;   /* what was given out last */
    ZSTD_CCtx *packer;
    ZSTD_DCtx *unpacker;
    mst_sync_statistics_t statistics;
};

/*  sync.c ------------------------------------------------------------------------------------- */

mst_err_t state_sync_name (const char *path, size_t *length); /* is it one? */
void state_value_fini (sync_value_t *self);
mst_err_t state_value_init (sync_value_t *self, const void *data, size_t size_bytes,
                            int64_t stamp_ns);

void state_table_fini (sync_table_t *self);
/*  The slot of a living path, or NULL. */
sync_slot_t *state_table_find (const sync_table_t *self, const char *path, size_t length);
/*  Gives a slot a path that has no value yet. Errors: MST_E_NO_MEMORY. */
mst_err_t state_table_name (sync_table_t *self, uint32_t slot, const char *path, size_t length);
/*  Makes room up to this slot. Errors: MST_E_NO_MEMORY. */
mst_err_t state_table_reach (sync_table_t *self, uint32_t slot);
/*  Puts the value in, takes the old one out; both may be none. Keeps bytes and sum. */
void state_table_swap (sync_table_t *self, uint32_t slot, sync_value_t *value, bool checked);
/*  Other bytes of the same size. */
void state_table_overwrite (sync_table_t *self, uint32_t slot, const void *data, int64_t stamp_ns,
                            bool checked);
/*  What a path with a value adds to the sum. */
uint64_t state_slot_share (const sync_slot_t *slot);
/*  The life of a path ends: its name is free (unless another slot has it by now). Its value was
 * taken out before. */
void state_table_end (sync_table_t *self, uint32_t slot);
/*  Sets or (data NULL) removes a path as part of the next version. */
mst_err_t state_sync_write (mst_sync_t *self, const char *path, const void *data, size_t size_bytes,
                            int64_t stamp_ns);
void state_sync_changed (mst_sync_t *self, uint64_t base, const char *const *paths, size_t count);

/*  sync_history.c ----------------------------------------------------------------------------- */

/*  One slot that differs between two versions. old.data NULL: it had no value, or another life's.
 */
typedef struct sync_change {
    uint32_t slot;
    bool named;
    bool differs;     /* for sure */
    sync_value_t old; /* a view */
} sync_change_t;

typedef BASE_LIST (sync_change_t) sync_changes_t;

void state_undos_fini (sync_undos_t *self);
/*  Room for one more with so many bytes; then put cannot fail. */
mst_err_t state_undos_room (sync_undos_t *self, size_t size_bytes);
void state_undos_put (sync_undos_t *self, uint32_t slot, const sync_value_t *old);
/*  The step is the history's then; the oldest ones go when there is too much. Room was made. */
mst_err_t state_history_room (mst_sync_t *self);
void state_history_add (mst_sync_t *self, uint64_t from, uint64_t to, sync_undos_t *undos);
void state_history_clear (mst_sync_t *self);
/*  Does it reach back to `base`? */
bool state_history_has (const mst_sync_t *self, uint64_t base);
/*  What differs from `base` to now, by rising slots. Errors: MST_E_NO_MEMORY. */
mst_err_t state_history_changes (const mst_sync_t *self, uint64_t base, sync_changes_t *changes);

/*  sync_message.c ------------------------------------------------------------------------------ */

typedef enum sync_refusal {
    SYNC_REFUSED_MALFORMED,
    SYNC_REFUSED_CHECKSUM,
    SYNC_REFUSED_VERSION,
    SYNC_REFUSED_TYPE,
    SYNC_REFUSED_BASE,
    SYNC_REFUSED_RESULT
} sync_refusal_t;

/*  Counts it, sets the text and returns the error that goes with it. */
mst_err_t state_sync_refuse (mst_sync_t *self, sync_refusal_t why, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
/*  A failure of ours: counted as one, err and text as they stand. */
mst_err_t state_sync_failed (mst_sync_t *self, mst_err_t err);

/*  Writes head and part to self->out, which is then the message. Errors: MST_E_NO_MEMORY. */
mst_err_t state_message_write (mst_sync_t *self, const sync_head_t *head, const uint8_t *part,
                               size_t part_bytes);
/*  Checks all that can be checked without the state. Errors: as mst_sync_apply. */
mst_err_t state_message_read (mst_sync_t *self, const void *data, size_t size_bytes,
                              sync_head_t *head, const uint8_t **part, size_t *part_bytes);

/*  Payload in self->plain to `packed`, and back; sets or obeys head's flags and sizes. */
mst_err_t state_message_pack (mst_sync_t *self, sync_head_t *head, base_buffer_t *packed);
mst_err_t state_message_unpack (mst_sync_t *self, const sync_head_t *head, const uint8_t *packed);

/*  sync_payload.c, sync_apply.c -----------------------------------------------------------------
 */

/*  Write to self->plain. Errors: MST_E_NO_MEMORY. */
mst_err_t state_payload_full (mst_sync_t *self);
mst_err_t state_payload_delta (mst_sync_t *self, const sync_changes_t *changes);
/*  Reads a whole state from self->plain into an empty table. */
mst_err_t state_payload_table (mst_sync_t *self, const sync_head_t *head, sync_table_t *table);

/*  sync_edit.c ----------------------------------------------------------------------------------
 */

void state_edits_fini (mst_sync_t *self);
sync_edit_t *state_edit_find (const mst_sync_t *self, const char *path);
/*  A path changed under a follower's edits: settles the edit on it, if there is one. */
mst_err_t state_edit_meets (mst_sync_t *self, const char *path);

/*  sync_answer.c, sync_snapshot.c -------------------------------------------------------------- */

void state_transfers_fini (mst_sync_t *self);
void state_snapshots_fini (mst_sync_t *self);
/*  The source lives anew: versions of the life before are sent no more. */
void state_snapshots_age (mst_sync_t *self);
/*  The snapshot that a receiver at `base` should get, made when it is time; NULL: a delta will do.
 */
mst_err_t state_snapshot_for (mst_sync_t *self, uint64_t base, const sync_snapshot_t **snapshot);
/*  A FULL message of what stands, in self->out. */
mst_err_t state_answer_full (mst_sync_t *self);

#endif
