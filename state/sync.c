/*  The state itself: paths, values, versions. */
#include "state/sync_own.h"
#include "state/sync_bytes.h"
#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/error.h"

#include <string.h>

/*  Values -------------------------------------------------------------------------------------- */

mst_err_t state_value_init (sync_value_t *self, const void *data, size_t size_bytes,
                            int64_t stamp_ns)
{
    base_assert (self != NULL);
    base_assert (data != NULL || size_bytes == 0);
    *self = (sync_value_t){ base_alloc (size_bytes), size_bytes, stamp_ns };
    if (!self->data)
        return base_alloc_error ();
    if (size_bytes > 0)
        memcpy (self->data, data, size_bytes);
    return MST_OK;
}

void state_value_fini (sync_value_t *self)
{
    base_assert (self != NULL);
    base_free (self->data);
    *self = (sync_value_t){ 0 };
}

mst_err_t state_sync_name (const char *path, size_t *length)
{
    base_assert (path != NULL);
    base_assert (length != NULL);
    *length = strnlen (path, MST_SYNC_NAME_MAX + 1);
    if (*length == 0 || *length > MST_SYNC_NAME_MAX)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a path's name has 1 to %d bytes (MST_SYNC_NAME_MAX), \"%.32s\" has %s",
                           MST_SYNC_NAME_MAX, path, *length == 0 ? "none" : "more");
    return MST_OK;
}

/*  The table ----------------------------------------------------------------------------------- */

void state_table_fini (sync_table_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->slots, i) {
        base_free (self->slots.items[i].name);
        state_value_fini (&self->slots.items[i].value);
    }
    BASE_LIST_FINI (&self->slots);
    BASE_LIST_FINI (&self->vacant);
    base_names_fini (&self->names);
    self->bytes = 0;
    self->sum = 0;
}

sync_slot_t *state_table_find (const sync_table_t *self, const char *path, size_t length)
{
    uint64_t slot;
    base_assert (self != NULL);
    if (!base_names_get (&self->names, path, length, &slot))
        return NULL;
    base_assert (slot < self->slots.count);
    return &self->slots.items[slot];
}

mst_err_t state_table_reach (sync_table_t *self, uint32_t slot)
{
    base_assert (self != NULL);
    while (self->slots.count <= slot) {
        if (BASE_LIST_PUSH (&self->slots, ((sync_slot_t){ 0 })))
            return MST_E_NO_MEMORY;
    }
    base_assert (slot < self->slots.count);
    return MST_OK;
}

mst_err_t state_table_name (sync_table_t *self, uint32_t slot, const char *path, size_t length)
{
    base_assert (slot < self->slots.count);
    base_assert (length > 0 && length <= MST_SYNC_NAME_MAX);
    sync_slot_t *named = &self->slots.items[slot];
    char *name = base_strndup (path, length);
    if (!name)
        return base_alloc_error ();
    mst_err_t err = base_names_set (&self->names, path, length, slot);
    if (err) {
        base_free (name);
        return err;
    }
    base_free (named->name);
    named->name = name;
    named->name_crc = base_crc32c (0, path, length);
    named->life++;
    return MST_OK;
}

void state_table_end (sync_table_t *self, uint32_t slot)
{
    base_assert (slot < self->slots.count);
    sync_slot_t *ended = &self->slots.items[slot];
    uint64_t holder;
    base_assert (ended->value.data == NULL && ended->name != NULL);
    if (base_names_get (&self->names, ended->name, strlen (ended->name), &holder) && holder == slot)
        (void) base_names_remove (&self->names, ended->name, strlen (ended->name));
}

/*  What one path adds to the table's sum: the names and the bytes, mixed as splitmix64 does, so
   that the sum over all paths says whether two tables are alike, whatever the order of changes. */
uint64_t state_slot_share (const sync_slot_t *slot)
{
    uint64_t z = (uint64_t) slot->name_crc << 32 | slot->crc;
    z += slot->value.size_bytes * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void state_table_swap (sync_table_t *self, uint32_t slot, sync_value_t *value, bool checked)
{
    base_assert (slot < self->slots.count);
    base_assert (value != NULL);
    sync_slot_t *at = &self->slots.items[slot];
    sync_value_t before = at->value;
    if (before.data) {
        self->bytes -= before.size_bytes;
        self->sum -= state_slot_share (at);
    }
    at->value = *value;
    *value = before;
    if (at->value.data) {
        at->crc = checked ? base_crc32c (0, at->value.data, at->value.size_bytes) : 0;
        self->bytes += at->value.size_bytes;
        self->sum += state_slot_share (at);
    }
}

void state_table_overwrite (sync_table_t *self, uint32_t slot, const void *data, int64_t stamp_ns,
                            bool checked)
{
    sync_slot_t *at = &self->slots.items[slot];
    base_assert (at->value.data != NULL);
    base_assert (data != NULL || at->value.size_bytes == 0);
    self->sum -= state_slot_share (at);
    if (at->value.size_bytes > 0)
        memcpy (at->value.data, data, at->value.size_bytes);
    at->value.stamp_ns = stamp_ns;
    at->crc = checked ? base_crc32c (0, at->value.data, at->value.size_bytes) : 0;
    self->sum += state_slot_share (at);
}

/*  Writing ------------------------------------------------------------------------------------- */

static mst_err_t sync_owned (const mst_sync_t *self, const char *what)
{
    base_assert (self != NULL);
    if (self->options.origin != 0)
        return MST_OK;
    return base_error (MST_E_NOT_OWNED,
                       "a follower's state is its source's: it cannot %s (mst_sync_edit lays a "
                       "value over it)",
                       what);
}

/*  Before the first change of a slot since the commit its value goes to the undo. Room was made. */
static void sync_touch (mst_sync_t *self, uint32_t slot)
{
    sync_slot_t *at = &self->table.slots.items[slot];
    base_assert (slot < self->table.slots.count);
    at->before = at->changed;
    at->changed = self->version + 1;
    if (at->touched) {
        self->pending.list.items[at->touched - 1].again = true;
        return;
    }
    state_undos_put (&self->pending, slot, &at->value);
    at->touched = (uint32_t) self->pending.list.count;
}

static mst_err_t sync_fits (const mst_sync_t *self, size_t before, size_t after)
{
    base_assert (before <= self->table.bytes);
    if (self->table.bytes - before + after > self->options.state_bytes_max)
        return base_error (MST_E_LIMIT,
                           "state_bytes_max (%zu) is reached: the state would have %zu bytes",
                           self->options.state_bytes_max, self->table.bytes - before + after);
    return MST_OK;
}

/*  Another value for a living path. */
static mst_err_t sync_replace (mst_sync_t *self, uint32_t slot, const void *data, size_t size_bytes,
                               int64_t stamp_ns)
{
    const sync_value_t *stands = &self->table.slots.items[slot].value;
    sync_value_t fresh;
    bool same_size = stands->size_bytes == size_bytes, checked = !self->options.unchecked;
    base_assert (stands->data != NULL);
    if (same_size && (size_bytes == 0 || memcmp (stands->data, data, size_bytes) == 0))
        return MST_OK;
    mst_err_t err = sync_fits (self, stands->size_bytes, size_bytes);
    if (!err)
        err = state_undos_room (&self->pending, stands->size_bytes);
    if (!err && !same_size)
        err = state_value_init (&fresh, data, size_bytes, stamp_ns);
    if (err)
        return err;
    sync_touch (self, slot);
    if (same_size) {
        state_table_overwrite (&self->table, slot, data, stamp_ns, checked);
        return MST_OK;
    }
    state_table_swap (&self->table, slot, &fresh, checked);
    state_value_fini (&fresh);
    return MST_OK;
}

static mst_err_t sync_slot_new (mst_sync_t *self, uint32_t *slot)
{
    sync_table_t *table = &self->table;
    base_assert (slot != NULL);
    if (table->vacant.count > 0) {
        *slot = table->vacant.items[table->vacant.count - 1];
        base_assert (*slot < table->slots.count);
        return MST_OK;
    }
    if (table->slots.count >= self->options.paths_max)
        return base_error (MST_E_LIMIT, "paths_max (%u) is reached", self->options.paths_max);
    *slot = (uint32_t) table->slots.count;
    return state_table_reach (table, *slot);
}

static mst_err_t sync_create (mst_sync_t *self, const char *path, size_t length, const void *data,
                              size_t size_bytes, int64_t stamp_ns)
{
    sync_value_t fresh = { 0 };
    sync_table_t *table = &self->table;
    uint32_t slot = 0;
    base_assert (path != NULL);
    mst_err_t err = sync_fits (self, 0, size_bytes);
    if (!err)
        err = state_undos_room (&self->pending, 0);
    if (!err)
        err = state_value_init (&fresh, data, size_bytes, stamp_ns);
    if (err)
        return err;
    bool vacant = table->vacant.count > 0;
    size_t count = table->slots.count;
    err = sync_slot_new (self, &slot);
    if (!err)
        err = state_table_name (table, slot, path, length);
    if (err) {
        table->slots.count = count;
        state_value_fini (&fresh);
        return err;
    }
    if (vacant)
        table->vacant.count--;
    sync_touch (self, slot);
    state_table_swap (table, slot, &fresh, !self->options.unchecked);
    table->slots.items[slot].born = self->version + 1;
    return MST_OK;
}

static mst_err_t sync_erase (mst_sync_t *self, uint32_t slot)
{
    sync_value_t none = { 0 };
    base_assert (slot < self->table.slots.count);
    mst_err_t err =
        state_undos_room (&self->pending, self->table.slots.items[slot].value.size_bytes);
    if (!err)
        err = BASE_LIST_ROOM (&self->table.vacant);
    if (err)
        return err;
    sync_touch (self, slot);
    state_table_swap (&self->table, slot, &none, !self->options.unchecked);
    state_table_end (&self->table, slot);
    self->removed = self->version + 1;
    BASE_LIST_PUT (&self->table.vacant, slot);
    state_value_fini (&none);
    return MST_OK;
}

mst_err_t state_sync_write (mst_sync_t *self, const char *path, const void *data, size_t size_bytes,
                            int64_t stamp_ns)
{
    size_t length;
    base_assert (self != NULL);
    mst_err_t err = state_sync_name (path, &length);
    if (err)
        return err;
    sync_slot_t *at = state_table_find (&self->table, path, length);
    if (!at)
        return data ? sync_create (self, path, length, data, size_bytes, stamp_ns) : MST_OK;
    uint32_t slot = (uint32_t) (at - self->table.slots.items);
    return data ? sync_replace (self, slot, data, size_bytes, stamp_ns) : sync_erase (self, slot);
}

mst_err_t mst_sync_set (mst_sync_t *self, const char *path, const void *data, size_t size_bytes)
{
    base_assert (self != NULL && path != NULL);
    base_assert (data != NULL || size_bytes == 0);
    mst_err_t err = sync_owned (self, "set a path");
    return err ? err : state_sync_write (self, path, data ? data : "", size_bytes, INT64_MIN);
}

mst_err_t mst_sync_remove (mst_sync_t *self, const char *path)
{
    base_assert (self != NULL && path != NULL);
    mst_err_t err = sync_owned (self, "remove a path");
    return err ? err : state_sync_write (self, path, NULL, 0, INT64_MIN);
}

mst_err_t mst_sync_number (mst_sync_t *self, const char *path, uint64_t *number)
{
    base_assert (self != NULL && path != NULL);
    base_assert (number != NULL);
    const sync_slot_t *at = state_table_find (&self->table, path, strlen (path));
    if (!at)
        return base_error (MST_E_OBJECT_UNKNOWN, "there is no path \"%.64s\"", path);
    *number = (uint64_t) at->life << 32 | (uint64_t) (at - self->table.slots.items);
    return MST_OK;
}

mst_err_t mst_sync_set_number (mst_sync_t *self, uint64_t number, const void *data,
                               size_t size_bytes)
{
    base_assert (self != NULL);
    base_assert (data != NULL || size_bytes == 0);
    uint32_t slot = (uint32_t) number;
    mst_err_t err = sync_owned (self, "set a path");
    if (err)
        return err;
    if (slot >= self->table.slots.count || !self->table.slots.items[slot].value.data ||
        self->table.slots.items[slot].life != number >> 32)
        return base_error (MST_E_STALE_HANDLE, "the path of this number (%u) was removed", slot);
    return sync_replace (self, slot, data ? data : "", size_bytes, INT64_MIN);
}

mst_err_t mst_sync_set_value (mst_sync_t *self, const char *path, const mst_sync_codec_t *codec,
                              const void *value)
{
    size_t size_bytes = 0;
    base_assert (self != NULL && path != NULL);
    base_assert (codec != NULL && codec->encode != NULL);
    uint8_t *room = base_alloc (MST_SYNC_VALUE_ROOM);
    if (!room)
        return base_alloc_error ();
    mst_err_t err =
        codec->encode (codec->user, path, value, room, MST_SYNC_VALUE_ROOM, &size_bytes);
    if (!err && size_bytes > MST_SYNC_VALUE_ROOM)
        err = base_error (MST_E_LIMIT, "MST_SYNC_VALUE_ROOM (%d) is reached by a value of \"%s\"",
                          MST_SYNC_VALUE_ROOM, path);
    if (!err)
        err = mst_sync_set (self, path, room, size_bytes);
    base_free (room);
    return err;
}

mst_err_t mst_sync_get_value (const mst_sync_t *self, const char *path,
                              const mst_sync_codec_t *codec, void *value)
{
    mst_sync_value_t bytes;
    base_assert (self != NULL && path != NULL);
    base_assert (codec != NULL && codec->decode != NULL);
    if (!mst_sync_get (self, path, &bytes))
        return base_error (MST_E_OBJECT_UNKNOWN, "there is no path \"%.64s\"", path);
    return codec->decode (codec->user, path, bytes.data, bytes.size_bytes, value);
}

/*  Versions ------------------------------------------------------------------------------------ */

/*  How much of the state the version changed, smoothed over the last few. */
static void sync_measure (mst_sync_t *self)
{
    size_t changed = 0;
    base_assert (self->pending.list.count > 0);
    BASE_LIST_EACH (&self->pending.list, i) {
        const sync_undo_t *undo = &self->pending.list.items[i];
        size_t now = self->table.slots.items[undo->slot].value.size_bytes;
        changed += now > undo->size_bytes ? now : undo->size_bytes;
    }
    double share = self->table.bytes > 0 ? (double) changed / (double) self->table.bytes : 1.0;
    share = share > 1.0 ? 1.0 : share;
    double *mean = &self->statistics.change_share;
    *mean = self->version == 0 ? share : *mean + (share - *mean) / 8.0;
}

mst_err_t mst_sync_commit (mst_sync_t *self, int64_t now_ns, uint64_t *version)
{
    base_assert (self != NULL);
    mst_err_t err = sync_owned (self, "commit");
    if (!err && self->pending.list.count > 0)
        err = state_history_room (self);
    if (err)
        return err;
    if (self->pending.list.count > 0) {
        sync_measure (self);
        BASE_LIST_EACH (&self->pending.list, i) {
            sync_slot_t *slot = &self->table.slots.items[self->pending.list.items[i].slot];
            slot->touched = 0;
            if (slot->value.stamp_ns == INT64_MIN)
                slot->value.stamp_ns = now_ns;
        }
        state_history_add (self, self->version, self->version + 1, &self->pending);
        self->version++;
        self->committed_ns = now_ns;
        self->pending_since_ns = INT64_MIN;
    }
    base_assert (self->pending.list.count == 0);
    if (version)
        *version = self->version;
    return MST_OK;
}

bool mst_sync_due (mst_sync_t *self, int64_t now_ns)
{
    base_assert (self != NULL);
    if (self->pending.list.count == 0)
        return false;
    if (self->pending_since_ns == INT64_MIN)
        self->pending_since_ns = now_ns;
    return self->pending.list.count >= self->options.batch_paths ||
           now_ns - self->pending_since_ns >= self->options.batch_ns;
}

void state_sync_changed (mst_sync_t *self, uint64_t base, const char *const *paths, size_t count)
{
    base_assert (self != NULL);
    base_assert (paths != NULL || count == 0);
    if (self->options.changed)
        self->options.changed (self->options.user, base, self->version, paths, count);
}

/*  Looking ------------------------------------------------------------------------------------- */

bool mst_sync_get (const mst_sync_t *self, const char *path, mst_sync_value_t *value)
{
    base_assert (self != NULL && path != NULL);
    base_assert (value != NULL);
    const sync_edit_t *edit = state_edit_find (self, path);
    const sync_slot_t *slot = edit ? NULL : state_table_find (&self->table, path, strlen (path));
    const sync_value_t *from = edit ? &edit->value : slot ? &slot->value : NULL;
    *value = (mst_sync_value_t){ 0 };
    if (!from || !from->data)
        return false;
    *value = (mst_sync_value_t){ from->data, from->size_bytes, from->stamp_ns };
    return true;
}

uint32_t mst_sync_path_count (const mst_sync_t *self)
{
    base_assert (self != NULL);
    return (uint32_t) self->table.slots.count;
}

const char *mst_sync_path (const mst_sync_t *self, uint32_t index)
{
    base_assert (self != NULL);
    if (index >= self->table.slots.count || !self->table.slots.items[index].value.data)
        return NULL;
    return self->table.slots.items[index].name;
}

uint64_t mst_sync_version (const mst_sync_t *self)
{
    base_assert (self != NULL);
    return self->version;
}

uint64_t mst_sync_origin (const mst_sync_t *self)
{
    base_assert (self != NULL);
    return self->origin;
}

uint64_t mst_sync_digest (const mst_sync_t *self)
{
    base_assert (self != NULL);
    return self->table.sum;
}

bool mst_sync_partial (const mst_sync_t *self, size_t *have_bytes, size_t *whole_bytes)
{
    base_assert (self != NULL);
    base_assert (have_bytes != NULL && whole_bytes != NULL);
    *have_bytes = self->incoming.payload.size_bytes;
    *whole_bytes = (size_t) self->incoming.head.whole_bytes;
    return *whole_bytes > 0;
}

void mst_sync_statistics (const mst_sync_t *self, mst_sync_statistics_t *statistics)
{
    base_assert (self != NULL);
    base_assert (statistics != NULL);
    *statistics = self->statistics;
    statistics->state_bytes = self->table.bytes;
    if (statistics->syncs > 0)
        statistics->latency_mean_ns = (int64_t) (statistics->latency_total_ns / statistics->syncs);
}

/*  Life ---------------------------------------------------------------------------------------- */

static mst_err_t sync_options_check (const mst_sync_options_t *options)
{
    base_assert (options != NULL);
    if (options->strategy < MST_SYNC_DEFAULT || options->strategy > MST_SYNC_ADAPTIVE)
        return base_error (MST_E_INVALID_ARGUMENT, "%d is no strategy of a synchroniser",
                           (int) options->strategy);
    if (options->policy < MST_SYNC_LAST_WRITE || options->policy > MST_SYNC_MERGE)
        return base_error (MST_E_INVALID_ARGUMENT, "%d is no policy of a synchroniser",
                           (int) options->policy);
    if (options->policy == MST_SYNC_MERGE && !options->merge)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "the policy MST_SYNC_MERGE needs the callback merge");
    if (options->level < MST_SYNC_LEVEL_MIN || options->level > MST_SYNC_LEVEL_MAX)
        return base_error (MST_E_INVALID_ARGUMENT, "level must be from %d to %d, not %d",
                           MST_SYNC_LEVEL_MIN, MST_SYNC_LEVEL_MAX, options->level);
    return MST_OK;
}

#define SYNC_STANDARD(field, standard)                                                             \
    do {                                                                                           \
        if (options->field == 0)                                                                   \
            options->field = (standard);                                                           \
    } while (0)

static void sync_options_complete (mst_sync_options_t *options)
{
    base_assert (options != NULL);
    SYNC_STANDARD (strategy, MST_SYNC_ADAPTIVE);
    SYNC_STANDARD (level, SYNC_LEVEL);
    SYNC_STANDARD (chunk_bytes, SYNC_CHUNK_BYTES);
    SYNC_STANDARD (delta_bytes_max, SYNC_DELTA_BYTES);
    SYNC_STANDARD (state_bytes_max, SYNC_STATE_BYTES);
    SYNC_STANDARD (paths_max, SYNC_PATHS);
    SYNC_STANDARD (batch_paths, SYNC_BATCH_PATHS);
    SYNC_STANDARD (batch_ns, SYNC_BATCH_NS);
    SYNC_STANDARD (history_versions, SYNC_HISTORY_VERSIONS);
    SYNC_STANDARD (history_bytes, SYNC_HISTORY_BYTES);
}

mst_err_t mst_sync_new (const mst_sync_options_t *options, mst_sync_t **self)
{
    base_assert (options != NULL);
    base_assert (self != NULL);
    *self = NULL;
    mst_err_t err = sync_options_check (options);
    if (err)
        return err;
    mst_sync_t *fresh = base_calloc (1, sizeof *fresh);
    if (!fresh)
        return base_alloc_error ();
    fresh->options = *options;
    sync_options_complete (&fresh->options);
    fresh->origin = options->origin;
    fresh->pending_since_ns = INT64_MIN;
    base_names_init (&fresh->table.names);
    *self = fresh;
    return MST_OK;
}

void mst_sync_destroy (mst_sync_t **self)
{
    base_assert (self != NULL);
    mst_sync_t *old = *self;
    if (!old)
        return;
    *self = NULL;
    state_edits_fini (old);
    state_snapshots_fini (old);
    state_transfers_fini (old);
    state_history_clear (old);
    BASE_LIST_FINI (&old->history);
    state_undos_fini (&old->pending);
    state_undos_fini (&old->spare);
    state_table_fini (&old->table);
    base_buffer_fini (&old->plain);
    base_buffer_fini (&old->out);
    (void) ZSTD_freeCCtx (old->packer);
    (void) ZSTD_freeDCtx (old->unpacker);
    base_free (old);
}
