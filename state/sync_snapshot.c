/*  Snapshots: whole states, kept as the message that would send them. */
#include "state/sync_own.h"
#include "base/alloc.h"
#include "base/error.h"

static void snapshot_fini (sync_snapshot_t *self)
{
    base_assert (self != NULL);
    base_free (self->name);
    base_buffer_fini (&self->message);
    *self = (sync_snapshot_t){ 0 };
}

void state_snapshots_fini (mst_sync_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->snapshots, i)
        snapshot_fini (&self->snapshots.items[i]);
    BASE_LIST_FINI (&self->snapshots);
    snapshot_fini (&self->own_snapshot);
    base_assert (self->snapshots.count == 0);
}

void state_snapshots_age (mst_sync_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->snapshots, i)
        self->snapshots.items[i].version = 0;
    self->own_snapshot.version = 0;
    base_assert (self->own_snapshot.name == NULL);
}

static sync_snapshot_t *snapshot_find (const mst_sync_t *self, const char *name)
{
    base_assert (self != NULL && name != NULL);
    BASE_LIST_EACH (&self->snapshots, i)
        if (strcmp (self->snapshots.items[i].name, name) == 0)
            return &self->snapshots.items[i];
    return NULL;
}

/*  Keeps bytes under a name; both are copied. */
static mst_err_t snapshot_keep (mst_sync_t *self, const char *name, const void *data,
                                size_t size_bytes, uint64_t version)
{
    sync_snapshot_t fresh = { .version = version };
    size_t length;
    base_assert (data != NULL && size_bytes > 0);
    mst_err_t err = state_sync_name (name, &length);
    sync_snapshot_t *stands = err ? NULL : snapshot_find (self, name);
    if (!err && !stands && self->snapshots.count >= MST_SYNC_SNAPSHOTS_MAX)
        err = base_error (MST_E_LIMIT, "MST_SYNC_SNAPSHOTS_MAX (%d) is reached: drop one",
                          MST_SYNC_SNAPSHOTS_MAX);
    if (!err)
        err = base_buffer_append (&fresh.message, data, size_bytes);
    if (!err) {
        fresh.name = base_strndup (name, length);
        err = fresh.name ? MST_OK : base_alloc_error ();
    }
    if (!err && !stands)
        err = BASE_LIST_PUSH (&self->snapshots, ((sync_snapshot_t){ 0 }));
    if (err) {
        snapshot_fini (&fresh);
        return err;
    }
    if (!stands)
        stands = &self->snapshots.items[self->snapshots.count - 1];
    snapshot_fini (stands);
    *stands = fresh;
    return MST_OK;
}

/*  The message of what stands, in self->out; it counts as no answer. */
static mst_err_t snapshot_message (mst_sync_t *self)
{
    mst_sync_statistics_t counts = self->statistics;
    base_assert (self != NULL);
    if (self->pending.list.count > 0 || self->version == 0)
        return base_error (MST_E_INVALID_ARGUMENT,
                           self->version == 0 ? "there is no version yet to keep"
                                              : "changed paths are not committed: commit before a "
                                                "snapshot");
    mst_err_t err = state_answer_full (self);
    self->statistics = counts;
    return err;
}

mst_err_t mst_sync_snapshot (mst_sync_t *self, const char *name)
{
    base_assert (self != NULL);
    base_assert (name != NULL);
    mst_err_t err = snapshot_message (self);
    if (!err)
        err = snapshot_keep (self, name, self->out.data, self->out.size_bytes, self->version);
    return err;
}

mst_err_t state_snapshot_for (mst_sync_t *self, uint64_t base, const sync_snapshot_t **snapshot)
{
    const sync_snapshot_t *newest = &self->own_snapshot;
    base_assert (snapshot != NULL);
    base_assert (base < self->version);
    *snapshot = NULL;
    BASE_LIST_EACH (&self->snapshots, i)
        if (self->snapshots.items[i].version > newest->version)
            newest = &self->snapshots.items[i];
    if (newest->version == 0 || newest->version + SYNC_SNAPSHOT_EVERY <= self->version) {
        mst_err_t err = snapshot_message (self);
        if (err)
            return err;
        base_buffer_clear (&self->own_snapshot.message);
        self->own_snapshot.version = 0;
        err =
            base_buffer_append (&self->own_snapshot.message, self->out.data, self->out.size_bytes);
        if (err)
            return err;
        self->own_snapshot.version = self->version;
        newest = &self->own_snapshot;
    }
    *snapshot = base < newest->version ? newest : NULL;
    return MST_OK;
}

/*  Back ------------------------------------------------------------------------------------------
 */

/*  Reads a snapshot's message into an empty table. */
static mst_err_t snapshot_table (mst_sync_t *self, const void *data, size_t size_bytes,
                                 sync_table_t *table)
{
    sync_head_t head;
    const uint8_t *part;
    size_t part_bytes;
    base_assert (table->slots.count == 0);
    mst_err_t err = state_message_read (self, data, size_bytes, &head, &part, &part_bytes);
    if (!err && (head.kind != SYNC_KIND_FULL || part_bytes != head.whole_bytes))
        err = state_sync_refuse (self, SYNC_REFUSED_MALFORMED,
                                 "a snapshot is cut or is none: %zu of %llu bytes", part_bytes,
                                 (unsigned long long) head.whole_bytes);
    if (!err)
        err = state_message_unpack (self, &head, part);
    if (!err)
        err = state_payload_table (self, &head, table);
    return err;
}

/*  Makes the state that of the table: what is not in it goes, the rest is set. */
static mst_err_t snapshot_set (mst_sync_t *self, const sync_table_t *table)
{
    mst_err_t err = MST_OK;
    base_assert (self != NULL && table != NULL);
    for (size_t i = 0; !err && i < self->table.slots.count; i++) {
        const sync_slot_t *slot = &self->table.slots.items[i];
        if (slot->value.data && !state_table_find (table, slot->name, strlen (slot->name)))
            err = state_sync_write (self, slot->name, NULL, 0, INT64_MIN);
    }
    for (size_t i = 0; !err && i < table->slots.count; i++) {
        const sync_slot_t *slot = &table->slots.items[i];
        if (slot->value.data)
            err = state_sync_write (self, slot->name, slot->value.data, slot->value.size_bytes,
                                    INT64_MIN);
    }
    return err;
}

mst_err_t mst_sync_restore (mst_sync_t *self, const char *name, int64_t now_ns)
{
    sync_table_t table = { 0 };
    base_assert (self != NULL && name != NULL);
    if (self->options.origin == 0)
        return base_error (MST_E_NOT_OWNED,
                           "a follower's state is its source's: restore the snapshot there");
    const sync_snapshot_t *snapshot = snapshot_find (self, name);
    if (!snapshot)
        return base_error (MST_E_OBJECT_UNKNOWN, "there is no snapshot \"%.64s\"", name);
    base_names_init (&table.names);
    mst_err_t err =
        snapshot_table (self, snapshot->message.data, snapshot->message.size_bytes, &table);
    if (!err)
        err = snapshot_set (self, &table);
    if (!err)
        err = mst_sync_commit (self, now_ns, NULL);
    state_table_fini (&table);
    return err;
}

mst_err_t mst_sync_snapshot_save (mst_sync_t *self, const char *name, const void **data,
                                  size_t *size_bytes)
{
    base_assert (self != NULL && name != NULL);
    base_assert (data != NULL && size_bytes != NULL);
    const sync_snapshot_t *snapshot = snapshot_find (self, name);
    if (!snapshot)
        return base_error (MST_E_OBJECT_UNKNOWN, "there is no snapshot \"%.64s\"", name);
    *data = snapshot->message.data;
    *size_bytes = snapshot->message.size_bytes;
    return MST_OK;
}

mst_err_t mst_sync_snapshot_load (mst_sync_t *self, const char *name, const void *data,
                                  size_t size_bytes)
{
    sync_table_t table = { 0 };
    base_assert (self != NULL && name != NULL);
    base_assert (data != NULL || size_bytes == 0);
    base_names_init (&table.names);
    mst_err_t err = snapshot_table (self, data, size_bytes, &table);
    state_table_fini (&table);
    if (err)
        return err;
    return snapshot_keep (self, name, data, size_bytes,
                          0); /* of another life: never sent as it is */
}

void mst_sync_snapshot_drop (mst_sync_t *self, const char *name)
{
    base_assert (self != NULL && name != NULL);
    sync_snapshot_t *snapshot = snapshot_find (self, name);
    if (!snapshot)
        return;
    size_t index = (size_t) (snapshot - self->snapshots.items);
    snapshot_fini (snapshot);
    self->snapshots.count--;
    memmove (snapshot, snapshot + 1, (self->snapshots.count - index) * sizeof *snapshot);
    base_assert (index <= self->snapshots.count);
}
