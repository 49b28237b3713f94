/*  Taking an answer in: everything is decoded and checked beside the state, then put in place by
    steps that cannot fail. */
#include "state/sync_own.h"
#include "state/sync_payload.h"
#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/error.h"

static mst_err_t apply_malformed (mst_sync_t *self, const char *what)
{
    base_assert (what != NULL);
    return state_sync_refuse (self, SYNC_REFUSED_MALFORMED, "a message does not decode: %s", what);
}

/*  Is `sum` what the source has? */
static mst_err_t apply_sum (mst_sync_t *self, const sync_head_t *head, uint64_t sum)
{
    base_assert (head != NULL);
    if (self->options.unchecked || !(head->flags & SYNC_FLAG_CHECKED) || sum == head->sum)
        return MST_OK;
    return state_sync_refuse (self, SYNC_REFUSED_RESULT,
                              "version %llu would not be what its source has (sum %016llx, not "
                              "%016llx): ask for the whole state",
                              (unsigned long long) head->target, (unsigned long long) sum,
                              (unsigned long long) head->sum);
}

static void apply_count (mst_sync_t *self, const sync_head_t *head, int64_t now_ns)
{
    base_assert (head->target > 0);
    if (head->origin != self->origin)
        state_snapshots_age (self);
    self->origin = head->origin;
    self->version = head->target;
    self->committed_ns = head->committed_ns;
    self->statistics.syncs++;
    if (now_ns > head->committed_ns)
        self->statistics.latency_total_ns += (uint64_t) now_ns - (uint64_t) head->committed_ns;
}

/*  Whole states -------------------------------------------------------------------------------- */

mst_err_t state_payload_table (mst_sync_t *self, const sync_head_t *head, sync_table_t *table)
{
    payload_reader_t reader;
    payload_change_t change;
    uint64_t taken;
    base_assert (table->slots.count == 0);
    if (state_payload_open (&reader, &self->plain, head->committed_ns))
        return apply_malformed (self, "its notes");
    if (reader.count > self->options.paths_max)
        return state_sync_failed (
            self, base_error (MST_E_LIMIT, "paths_max (%u) is reached: a state of %llu paths came",
                              self->options.paths_max, (unsigned long long) reader.count));
    for (uint32_t slot = 0; slot < reader.count; slot++) {
        if (!state_payload_next (&reader, &change) || change.op > PAYLOAD_NAMED)
            return apply_malformed (self, "a path of a whole state");
        mst_err_t err = state_table_reach (table, slot);
        if (!err && change.op == PAYLOAD_NAMED) {
            sync_value_t value = { 0 };
            const uint8_t *bytes = state_take_bytes (&reader.values, change.size_bytes);
            if (!bytes || base_names_get (&table->names, change.name, change.name_bytes, &taken))
                return apply_malformed (self, "a value of a whole state");
            err = state_table_name (table, slot, change.name, change.name_bytes);
            if (!err)
                err = state_value_init (&value, bytes, change.size_bytes, change.stamp_ns);
            if (!err)
                state_table_swap (table, slot, &value, !self->options.unchecked);
            table->slots.items[slot].born = head->target;
        }
        if (err)
            return state_sync_failed (self, err);
    }
    if (!state_payload_done (&reader))
        return apply_malformed (self, "something is left over");
    if (table->bytes > self->options.state_bytes_max)
        return state_sync_failed (
            self, base_error (MST_E_LIMIT, "state_bytes_max (%zu) is reached: %zu bytes came",
                              self->options.state_bytes_max, table->bytes));
    return apply_sum (self, head, table->sum);
}

static bool apply_value_is (const sync_value_t *a, const sync_value_t *b)
{
    base_assert (a->data != NULL && b->data != NULL);
    return a->size_bytes == b->size_bytes &&
           (a->size_bytes == 0 || memcmp (a->data, b->data, a->size_bytes) == 0);
}

/*  Which paths differ between two tables; the names belong to either. */
static size_t apply_compare (const sync_table_t *before, const sync_table_t *after,
                             const char **names)
{
    size_t count = 0;
    base_assert (names != NULL);
    BASE_LIST_EACH (&after->slots, i) {
        const sync_slot_t *slot = &after->slots.items[i], *old;
        if (!slot->value.data)
            continue;
        old = state_table_find (before, slot->name, strlen (slot->name));
        if (!old || !apply_value_is (&old->value, &slot->value))
            names[count++] = slot->name;
    }
    BASE_LIST_EACH (&before->slots, i) {
        const sync_slot_t *slot = &before->slots.items[i];
        if (slot->value.data && !state_table_find (after, slot->name, strlen (slot->name)))
            names[count++] = slot->name;
    }
    base_assert (count <= before->slots.count + after->slots.count);
    return count;
}

/*  Settles edits and tells the user. */
static mst_err_t apply_tell (mst_sync_t *self, uint64_t base, const char **names, size_t count)
{
    mst_err_t err = MST_OK;
    base_assert (names != NULL);
    for (size_t i = 0; i < count && self->edits.count > 0; i++) {
        mst_err_t met = state_edit_meets (self, names[i]);
        err = err ? err : met;
    }
    state_sync_changed (self, base, names, count);
    return err;
}

static mst_err_t apply_full (mst_sync_t *self, const sync_head_t *head, int64_t now_ns)
{
    sync_table_t fresh = { 0 };
    const char **names = NULL;
    uint64_t base = self->version;
    base_names_init (&fresh.names);
    mst_err_t err = state_payload_table (self, head, &fresh);
    if (!err) {
        names = base_calloc (fresh.slots.count + self->table.slots.count, sizeof *names);
        err = names ? MST_OK : state_sync_failed (self, base_alloc_error ());
    }
    if (!err) {
        size_t count = apply_compare (&self->table, &fresh, names);
        sync_table_t old = self->table;
        self->table = fresh;
        fresh = old;
        state_history_clear (self); /* what is known begins here */
        apply_count (self, head, now_ns);
        err = apply_tell (self, base, names, count);
    }
    base_free (names);
    state_table_fini (&fresh);
    return err;
}

/*  Deltas -------------------------------------------------------------------------------------- */

/*  A change that is decoded and not yet made. */
typedef struct apply_staged {
    uint32_t slot;
    payload_op_t op;
    sync_value_t value; /* of the same size as before: a view into the delta's bytes */
    char *name;         /* NAMED */
    bool listed;        /* the name was put into the table's names */
    bool had;           /* … which had it already, for another slot */
    uint64_t held;      /* which one */
    char *ended;        /* a name that this change ends, when another takes its slot */
} apply_staged_t;

typedef struct apply_delta {
    BASE_LIST (apply_staged_t) changes;
    base_buffer_t bytes; /* new values that will overwrite old ones; reserved beforehand */
    size_t old_bytes;    /* for the undo */
    sync_undos_t undos;
    const char **names; /* what changed, for the user */
    size_t name_count;
    uint64_t sum;      /* of the state that will be */
    size_t size_bytes; /* … its size */
} apply_delta_t;

static void apply_delta_fini (apply_delta_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->changes, i) {
        if (self->changes.items[i].op != PAYLOAD_SAME_SIZE)
            state_value_fini (&self->changes.items[i].value);
        base_free (self->changes.items[i].name);
        base_free (self->changes.items[i].ended);
    }
    BASE_LIST_FINI (&self->changes);
    base_buffer_fini (&self->bytes);
    state_undos_fini (&self->undos);
    base_free (self->names);
}

/*  The old value, as long as the new one, becomes the new one. */
static mst_err_t apply_difference (mst_sync_t *self, payload_reader_t *reader,
                                   const payload_change_t *change, const sync_value_t *old,
                                   apply_delta_t *delta, sync_value_t *value)
{
    bool same_size = change->op == PAYLOAD_SAME_SIZE;
    size_t size_bytes = same_size ? old->size_bytes : change->size_bytes;
    size_t common = old->size_bytes < size_bytes ? old->size_bytes : size_bytes;
    base_assert (old->data != NULL);
    size_t groups = size_bytes / STATE_GROUP_BYTES + (size_bytes % STATE_GROUP_BYTES != 0);
    if (groups > (size_t) (reader->masks.end - reader->masks.at))
        return apply_malformed (self, "its masks are cut");
    *value = (sync_value_t){ NULL, size_bytes, change->stamp_ns };
    if (same_size) {
        base_assert (size_bytes <= delta->bytes.capacity_bytes - delta->bytes.size_bytes);
        value->data = delta->bytes.data + delta->bytes.size_bytes;
        delta->bytes.size_bytes += size_bytes;
    } else
        value->data = base_alloc (size_bytes);
    if (!value->data)
        return state_sync_failed (self, base_alloc_error ());
    memcpy (value->data, old->data, common);
    memset (value->data + common, 0, size_bytes - common);
    if (!state_take_difference (&reader->masks, &reader->values, value->data, size_bytes))
        return apply_malformed (self, "its values are cut");
    return MST_OK;
}

static mst_err_t apply_value (mst_sync_t *self, payload_reader_t *reader,
                              const payload_change_t *change, const sync_slot_t *slot,
                              apply_delta_t *delta, apply_staged_t *staged)
{
    base_assert (change->op != PAYLOAD_REMOVED);
    if (change->op != PAYLOAD_NAMED) {
        if (!slot || !slot->value.data)
            return apply_malformed (self, "it changes a path that is not there");
        return apply_difference (self, reader, change, &slot->value, delta, &staged->value);
    }
    const uint8_t *bytes = state_take_bytes (&reader->values, change->size_bytes);
    if (!bytes)
        return apply_malformed (self, "its values are cut");
    mst_err_t err = state_value_init (&staged->value, bytes, change->size_bytes, change->stamp_ns);
    return err ? state_sync_failed (self, err) : MST_OK;
}

/*  What the change does to the sum and the size. */
static void apply_account (const mst_sync_t *self, const sync_slot_t *slot,
                           const apply_staged_t *staged, apply_delta_t *delta)
{
    base_assert (staged != NULL && delta != NULL);
    if (slot && slot->value.data) {
        delta->sum -= state_slot_share (slot);
        delta->size_bytes -= slot->value.size_bytes;
        delta->old_bytes += slot->value.size_bytes;
    }
    if (!staged->value.data)
        return;
    const sync_value_t *value = &staged->value;
    sync_slot_t after = { .value = *value };
    after.name_crc =
        staged->name ? base_crc32c (0, staged->name, strlen (staged->name)) : slot->name_crc;
    after.crc = self->options.unchecked ? 0 : base_crc32c (0, value->data, value->size_bytes);
    delta->sum += state_slot_share (&after);
    delta->size_bytes += value->size_bytes;
}

/*  One change; `next` is the first slot that it may be about, and after it the next one. */
static mst_err_t apply_stage (mst_sync_t *self, payload_reader_t *reader, uint64_t *next,
                              uint64_t *slots, apply_delta_t *delta)
{
    payload_change_t change;
    uint64_t at = *next + state_take_varint (&reader->notes);
    if (!state_payload_next (reader, &change) || at < *next || at > *slots ||
        at >= self->options.paths_max)
        return apply_malformed (self, "a change of a path");
    *next = at + 1;
    *slots += at == *slots;
    const sync_slot_t *slot = at < self->table.slots.count ? &self->table.slots.items[at] : NULL;
    mst_err_t err = BASE_LIST_PUSH (&delta->changes,
                                    ((apply_staged_t){ .slot = (uint32_t) at, .op = change.op }));
    if (err)
        return state_sync_failed (self, err);
    apply_staged_t *staged = &delta->changes.items[delta->changes.count - 1];
    if (change.op == PAYLOAD_NAMED) {
        staged->name = base_strndup (change.name, change.name_bytes);
        if (!staged->name)
            return state_sync_failed (self, base_alloc_error ());
    }
    if (change.op != PAYLOAD_REMOVED)
        err = apply_value (self, reader, &change, slot, delta, staged);
    if (!err)
        apply_account (self, slot, staged, delta);
    return err;
}

static mst_err_t apply_decode (mst_sync_t *self, const sync_head_t *head, apply_delta_t *delta)
{
    payload_reader_t reader;
    uint64_t next = 0, slots = self->table.slots.count;
    mst_err_t err = MST_OK;
    base_assert (delta->changes.count == 0);
    delta->sum = self->table.sum;
    delta->size_bytes = self->table.bytes;
    if (state_payload_open (&reader, &self->plain, head->committed_ns))
        return apply_malformed (self, "its notes");
    err = base_buffer_reserve (&delta->bytes, self->table.bytes < reader.same_bytes_max
                                                  ? self->table.bytes
                                                  : reader.same_bytes_max);
    for (uint64_t i = 0; !err && i < reader.count; i++)
        err = apply_stage (self, &reader, &next, &slots, delta);
    if (err)
        return err;
    if (!state_payload_done (&reader))
        return apply_malformed (self, "something is left over");
    if (delta->size_bytes > self->options.state_bytes_max)
        return state_sync_failed (self,
                                  base_error (MST_E_LIMIT,
                                              "state_bytes_max (%zu) is reached: the state "
                                              "would have %zu bytes",
                                              self->options.state_bytes_max, delta->size_bytes));
    return apply_sum (self, head, delta->sum);
}

/*  Names ahead of the rest, because listing them can fail. */
static void apply_unlist (mst_sync_t *self, apply_delta_t *delta)
{
    base_assert (delta != NULL);
    for (size_t i = delta->changes.count; i-- > 0;) {
        apply_staged_t *staged = &delta->changes.items[i];
        if (!staged->listed)
            continue;
        if (staged->had) /* the key is there: this allocates nothing */
            (void) base_names_set (&self->table.names, staged->name, strlen (staged->name),
                                   staged->held);
        else
            (void) base_names_remove (&self->table.names, staged->name, strlen (staged->name));
        staged->listed = false;
    }
}

/*  Does the delta also end the life that slot has now? */
static bool apply_ends (const apply_delta_t *delta, uint64_t slot)
{
    size_t low = 0, high = delta->changes.count;
    base_assert (delta != NULL);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (delta->changes.items[middle].slot < slot)
            low = middle + 1;
        else
            high = middle;
    }
    return low < delta->changes.count && delta->changes.items[low].slot == slot &&
           delta->changes.items[low].op <= PAYLOAD_NAMED;
}

static mst_err_t apply_list (mst_sync_t *self, apply_delta_t *delta)
{
    base_names_t *names = &self->table.names;
    mst_err_t err = MST_OK;
    base_assert (names != NULL);
    for (size_t i = 0; !err && i < delta->changes.count; i++) {
        apply_staged_t *staged = &delta->changes.items[i];
        if (!staged->name)
            continue;
        size_t length = strlen (staged->name);
        staged->had = base_names_get (names, staged->name, length, &staged->held);
        if (staged->had && staged->held != staged->slot && !apply_ends (delta, staged->held))
            return apply_malformed (self, "two paths of one name");
        err = base_names_set (names, staged->name, length, staged->slot);
        staged->listed = !err;
    }
    for (size_t i = 0; !err && i < delta->changes.count; i++) {
        const apply_staged_t *staged = &delta->changes.items[i];
        uint64_t slot;
        if (staged->name && (!base_names_get (names, staged->name, strlen (staged->name), &slot) ||
                             slot != staged->slot))
            return apply_malformed (self, "two new paths of one name");
    }
    return err ? state_sync_failed (self, err) : MST_OK;
}

/*  All memory that the change needs. */
static mst_err_t apply_room (mst_sync_t *self, apply_delta_t *delta)
{
    size_t count = delta->changes.count;
    mst_err_t err = MST_OK;
    base_assert (delta->names == NULL);
    if (count > 0)
        err = state_table_reach (&self->table, delta->changes.items[count - 1].slot);
    for (size_t i = 0; !err && delta->undos.list.capacity < count; i++)
        err = base_list_grow ((void **) &delta->undos.list.items, delta->undos.list.capacity,
                              &delta->undos.list.capacity, sizeof *delta->undos.list.items);
    if (!err)
        err = base_buffer_reserve (&delta->undos.bytes, delta->old_bytes);
    if (!err)
        err = state_history_room (self);
    if (!err) {
        delta->names = base_calloc (2 * count + 1, sizeof *delta->names);
        err = delta->names ? MST_OK : base_alloc_error ();
    }
    return err ? state_sync_failed (self, err) : MST_OK;
}

/*  One change in its place; cannot fail. */
static void apply_install (mst_sync_t *self, const sync_head_t *head, apply_delta_t *delta,
                           size_t index)
{
    apply_staged_t *staged = &delta->changes.items[index];
    sync_slot_t *slot = &self->table.slots.items[staged->slot];
    sync_value_t none = { 0 };
    bool lived = slot->value.data != NULL, checked = !self->options.unchecked;
    base_assert (staged->op <= PAYLOAD_RESIZED);
    state_undos_put (&delta->undos, staged->slot, &slot->value);
    if (staged->op == PAYLOAD_SAME_SIZE) {
        state_table_overwrite (&self->table, staged->slot, staged->value.data,
                               staged->value.stamp_ns, checked);
        delta->names[delta->name_count++] = slot->name;
        return;
    }
    if (staged->op <= PAYLOAD_NAMED && lived) {
        bool ends = staged->op == PAYLOAD_REMOVED || strcmp (slot->name, staged->name) != 0;
        state_table_swap (&self->table, staged->slot, &none, checked);
        state_value_fini (&none);
        if (ends) {
            state_table_end (&self->table, staged->slot);
            delta->names[delta->name_count++] = slot->name;
        }
    }
    if (staged->op == PAYLOAD_NAMED) {
        staged->ended = slot->name;
        slot->name = staged->name;
        slot->name_crc = base_crc32c (0, slot->name, strlen (slot->name));
        slot->born = head->target;
        slot->life++;
        staged->name = NULL;
    }
    if (staged->op != PAYLOAD_REMOVED) { /* what stood goes with the delta */
        state_table_swap (&self->table, staged->slot, &staged->value, checked);
        delta->names[delta->name_count++] = slot->name;
    }
}

static mst_err_t apply_delta (mst_sync_t *self, const sync_head_t *head, int64_t now_ns)
{
    apply_delta_t delta = { 0 };
    size_t slots = self->table.slots.count;
    base_assert (head->base == self->version);
    mst_err_t err = apply_decode (self, head, &delta);
    if (!err)
        err = apply_room (self, &delta);
    if (!err)
        err = apply_list (self, &delta);
    if (err) {
        apply_unlist (self, &delta);
        self->table.slots.count = slots;
        apply_delta_fini (&delta);
        return err;
    }
    BASE_LIST_EACH (&delta.changes, i)
        apply_install (self, head, &delta, i);
    state_history_add (self, head->base, head->target, &delta.undos);
    apply_count (self, head, now_ns);
    err = apply_tell (self, head->base, delta.names, delta.name_count);
    apply_delta_fini (&delta);
    return err;
}

/*  Messages ------------------------------------------------------------------------------------ */

/*  Can this answer be for us? Sets *stale for what came already. */
static mst_err_t apply_fits (mst_sync_t *self, const sync_head_t *head, bool *stale)
{
    base_assert (stale != NULL);
    *stale = head->origin == self->origin && head->target <= self->version;
    if (head->kind != SYNC_KIND_FULL && head->kind != SYNC_KIND_DELTA)
        return apply_malformed (self, "this is no answer");
    if (head->target == 0 || head->origin == 0 || head->target <= head->base)
        return apply_malformed (self, "its versions");
    if (head->origin < self->origin)
        return state_sync_refuse (self, SYNC_REFUSED_BASE,
                                  "a message is of an earlier life of the source (origin %llu, "
                                  "this state follows %llu)",
                                  (unsigned long long) head->origin,
                                  (unsigned long long) self->origin);
    if (head->kind == SYNC_KIND_DELTA && !*stale &&
        (head->base != self->version || head->origin != self->origin))
        return state_sync_refuse (
            self, SYNC_REFUSED_BASE,
            "a delta begins at version %llu of origin %llu, this state is at "
            "version %llu of origin %llu: ask again",
            (unsigned long long) head->base, (unsigned long long) head->origin,
            (unsigned long long) self->version, (unsigned long long) self->origin);
    return MST_OK;
}

static bool apply_same (const sync_head_t *a, const sync_head_t *b)
{
    base_assert (a != NULL && b != NULL);
    return a->kind == b->kind && a->flags == b->flags && a->origin == b->origin &&
           a->base == b->base && a->target == b->target && a->sum == b->sum &&
           a->plain_bytes == b->plain_bytes && a->whole_bytes == b->whole_bytes;
}

/*  Adds a part; *whole when all of it is here. */
static mst_err_t apply_part (mst_sync_t *self, const sync_head_t *head, const uint8_t *part,
                             size_t part_bytes, bool *whole)
{
    sync_transfer_t *incoming = &self->incoming;
    base_assert (whole != NULL);
    bool same = incoming->head.whole_bytes > 0 && apply_same (&incoming->head, head);
    size_t have = same ? incoming->payload.size_bytes : 0;
    *whole = false;
    if (same && head->offset + part_bytes <= have) {
        self->statistics.duplicates++;
        return MST_OK;
    }
    if (head->offset != have)
        return state_sync_refuse (self, SYNC_REFUSED_BASE,
                                  "a part at byte %llu came, byte %zu is next: ask again",
                                  (unsigned long long) head->offset, have);
    if (!same)
        base_buffer_clear (&incoming->payload);
    mst_err_t err = base_buffer_append (&incoming->payload, part, part_bytes);
    if (err)
        return state_sync_failed (self, err);
    incoming->head = *head;
    *whole = incoming->payload.size_bytes == head->whole_bytes;
    return MST_OK;
}

static mst_err_t apply_whole (mst_sync_t *self, const sync_head_t *head, const uint8_t *packed,
                              int64_t now_ns)
{
    mst_err_t err = state_message_unpack (self, head, packed);
    base_assert (head->target > self->version || head->origin != self->origin);
    if (err)
        return err;
    return head->kind == SYNC_KIND_FULL ? apply_full (self, head, now_ns)
                                        : apply_delta (self, head, now_ns);
}

mst_err_t mst_sync_apply (mst_sync_t *self, const void *data, size_t size_bytes, int64_t now_ns)
{
    sync_head_t head;
    const uint8_t *part;
    size_t part_bytes;
    bool stale = false, whole = false;

    base_assert (self != NULL);
    base_assert (data != NULL || size_bytes == 0);
    if (self->options.origin != 0)
        return base_error (MST_E_CALL_NOT_ALLOWED,
                           "a source takes no answers: its state is its own (mst_sync_take takes "
                           "edits)");
    mst_err_t err = state_message_read (self, data, size_bytes, &head, &part, &part_bytes);
    if (!err)
        err = apply_fits (self, &head, &stale);
    if (err || stale) {
        self->statistics.duplicates += !err;
        return err;
    }
    if (part_bytes == head.whole_bytes)
        return apply_whole (self, &head, part, now_ns);
    err = apply_part (self, &head, part, part_bytes, &whole);
    if (err || !whole)
        return err;
    err = apply_whole (self, &head, self->incoming.payload.data, now_ns);
    self->incoming.head = (sync_head_t){ 0 };
    base_buffer_clear (&self->incoming.payload);
    return err;
}
