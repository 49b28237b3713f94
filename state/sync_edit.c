/*  A follower's edits: values over the state until the source has them. Both sides decide a
   conflict from the same two values by the same rule, so they agree without a further message. */
#include "state/sync_own.h"
#include "state/sync_bytes.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdio.h>

enum { EDIT_TEXT_SIZE = 512, EDIT_HAS_VALUE = 1, EDIT_EXISTED = 2 };

static void edit_fini (sync_edit_t *self)
{
    base_assert (self != NULL);
    base_free (self->name);
    state_value_fini (&self->value);
    base_assert (self->value.data == NULL);
}

void state_edits_fini (mst_sync_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->edits, i)
        edit_fini (&self->edits.items[i]);
    BASE_LIST_FINI (&self->edits);
    base_assert (self->edits.count == 0);
}

/*  There are few edits at a time: they live for one round trip. */
sync_edit_t *state_edit_find (const mst_sync_t *self, const char *path)
{
    base_assert (self != NULL);
    base_assert (path != NULL);
    BASE_LIST_EACH (&self->edits, i)
        if (strcmp (self->edits.items[i].name, path) == 0)
            return &self->edits.items[i];
    return NULL;
}

static void edit_drop (mst_sync_t *self, sync_edit_t *edit)
{
    size_t index = (size_t) (edit - self->edits.items);
    base_assert (index < self->edits.count);
    edit_fini (edit);
    self->edits.count--;
    memmove (edit, edit + 1, (self->edits.count - index) * sizeof *edit);
    base_assert (self->edits.items != NULL);
}

size_t mst_sync_edit_count (const mst_sync_t *self)
{
    base_assert (self != NULL);
    return self->edits.count;
}

mst_err_t mst_sync_edit (mst_sync_t *self, const char *path, const void *data, size_t size_bytes,
                         int64_t now_ns)
{
    sync_value_t value = { .stamp_ns = now_ns };
    size_t length;
    base_assert (self != NULL && path != NULL);
    if (self->options.origin != 0)
        return base_error (MST_E_CALL_NOT_ALLOWED,
                           "a source sets its paths (mst_sync_set); edits are for followers");
    mst_err_t err = state_sync_name (path, &length);
    if (!err && size_bytes > self->options.state_bytes_max)
        err = base_error (MST_E_LIMIT, "state_bytes_max (%zu) is reached by one edit",
                          self->options.state_bytes_max);
    if (!err && data)
        err = state_value_init (&value, data, size_bytes, now_ns);
    if (err)
        return err;
    sync_edit_t *edit = state_edit_find (self, path);
    if (!edit) {
        char *name = base_strdup (path);
        err = name ? MST_OK : base_alloc_error ();
        if (!err)
            err = BASE_LIST_PUSH (&self->edits, ((sync_edit_t){ .name = name }));
        if (err) {
            base_free (name);
            state_value_fini (&value);
            return err;
        }
        edit = &self->edits.items[self->edits.count - 1];
    }
    state_value_fini (&edit->value);
    edit->value = value;
    return MST_OK;
}

/*  Conflicts ----------------------------------------------------------------------------------- */

static bool edit_is (const sync_value_t *source, const sync_value_t *edit)
{
    base_assert (source != NULL && edit != NULL);
    if (!source->data || !edit->data)
        return !source->data && !edit->data;
    return source->size_bytes == edit->size_bytes &&
           (edit->size_bytes == 0 || memcmp (source->data, edit->data, edit->size_bytes) == 0);
}

/*  A path that the source removed stays removed. */
static bool edit_wins (const mst_sync_t *self, const sync_value_t *source, const sync_value_t *edit)
{
    base_assert (source != NULL && edit != NULL);
    if (!source->data)
        return false;
    switch (self->options.policy) {
    case MST_SYNC_LAST_WRITE: return edit->stamp_ns > source->stamp_ns;
    case MST_SYNC_FIRST_WRITE: return edit->stamp_ns < source->stamp_ns;
    case MST_SYNC_MERGE: return true;
    case MST_SYNC_SOURCE_WINS: break;
    }
    return false;
}

static mst_sync_value_t edit_public (const sync_value_t *value)
{
    base_assert (value != NULL);
    return (mst_sync_value_t){ value->data, value->size_bytes, value->stamp_ns };
}

static void edit_tell (mst_sync_t *self, const char *path, const sync_value_t *source,
                       const sync_value_t *edit, bool won)
{
    static const char *const rules[] = { "last write", "first write", "the source wins", "merged" };
    char text[EDIT_TEXT_SIZE];
    base_assert (path != NULL);
    base_assert (self->options.policy <= MST_SYNC_MERGE);
    self->statistics.conflicts++;
    self->statistics.edits_won += won;
    if (!self->options.conflict)
        return;
    if (!source->data)
        (void) snprintf (text, sizeof text, "%s: the source removed it: the edit is dropped", path);
    else
        (void) snprintf (
            text, sizeof text, "%s: the %s of %.6f s stands over the %s of %.6f s: %s", path,
            won ? "edit" : "source's value", (double) (won ? edit : source)->stamp_ns * 1e-9,
            won ? "source's value" : "edit", (double) (won ? source : edit)->stamp_ns * 1e-9,
            rules[self->options.policy]);
    const mst_sync_conflict_t conflict = { path, edit_public (source), edit_public (edit), won,
                                           text };
    self->options.conflict (self->options.user, &conflict);
}

/*  What both make together, by the user. */
static mst_err_t edit_merge (const mst_sync_t *self, const char *path, const sync_value_t *source,
                             const sync_value_t *edit, sync_value_t *merged)
{
    size_t room = source->size_bytes + edit->size_bytes;
    const mst_sync_value_t left = edit_public (source), right = edit_public (edit);
    base_assert (self->options.merge != NULL);
    *merged = (sync_value_t){ .data = base_alloc (room) };
    if (!merged->data)
        return base_alloc_error ();
    merged->size_bytes =
        self->options.merge (self->options.user, path, &left, &right, merged->data, room);
    merged->stamp_ns = edit->stamp_ns > source->stamp_ns ? edit->stamp_ns : source->stamp_ns;
    if (merged->size_bytes <= room)
        return MST_OK;
    state_value_fini (merged);
    return base_error (MST_E_LIMIT, "the merge of %s wrote more than the %zu bytes of its room",
                       path, room);
}

mst_err_t state_edit_meets (mst_sync_t *self, const char *path)
{
    static const sync_value_t none = { 0 };
    sync_edit_t *edit = state_edit_find (self, path);
    base_assert (self->options.origin == 0);
    if (!edit)
        return MST_OK;
    const sync_slot_t *slot = state_table_find (&self->table, path, strlen (path));
    const sync_value_t *source = slot ? &slot->value : &none;
    if (edit_is (source, &edit->value)) {
        edit_drop (self, edit);
        return MST_OK;
    }
    bool won = edit_wins (self, source, &edit->value);
    if (won && self->options.policy == MST_SYNC_MERGE) {
        sync_value_t merged;
        mst_err_t err = edit_merge (self, path, source, &edit->value, &merged);
        if (err)
            return err;
        edit_tell (self, path, source, &edit->value, won);
        state_value_fini (&edit->value);
        edit->value = merged;
    } else
        edit_tell (self, path, source, &edit->value, won);
    if (!won)
        edit_drop (self, edit);
    return MST_OK;
}

/*  Sending ------------------------------------------------------------------------------------- */

static size_t edit_room (const mst_sync_t *self)
{
    size_t room = STATE_VARINT_MAX;
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->edits, i)
        room += 5u * STATE_VARINT_MAX + MST_SYNC_NAME_MAX + self->edits.items[i].value.size_bytes;
    base_assert (room >= self->edits.count);
    return room;
}

static uint8_t *edit_write (const mst_sync_t *self, const sync_edit_t *edit, uint8_t *at)
{
    size_t length = strlen (edit->name);
    bool existed = state_table_find (&self->table, edit->name, length) != NULL;
    base_assert (length > 0 && length <= MST_SYNC_NAME_MAX);
    at = state_put_varint (at, length);
    memcpy (at, edit->name, length);
    at += length;
    *at++ = (uint8_t) ((edit->value.data ? EDIT_HAS_VALUE : 0) | (existed ? EDIT_EXISTED : 0));
    at = state_put_varint (at, self->version); /* all conflicts up to here were settled */
    at = state_put_varint (at, state_zigzag (edit->value.stamp_ns));
    at = state_put_varint (at, edit->value.size_bytes);
    if (edit->value.size_bytes > 0)
        memcpy (at, edit->value.data, edit->value.size_bytes);
    return at + edit->value.size_bytes;
}

mst_err_t mst_sync_edits (mst_sync_t *self, const void **data, size_t *size_bytes)
{
    base_buffer_t packed = { 0 };
    base_assert (self != NULL);
    base_assert (data != NULL && size_bytes != NULL);
    *data = NULL;
    *size_bytes = 0;
    if (self->edits.count == 0)
        return MST_OK;
    base_buffer_clear (&self->plain);
    mst_err_t err = base_buffer_reserve (&self->plain, edit_room (self));
    if (err)
        return err;
    uint8_t *at = state_put_varint (self->plain.data, self->edits.count);
    BASE_LIST_EACH (&self->edits, i)
        at = edit_write (self, &self->edits.items[i], at);
    self->plain.size_bytes = (size_t) (at - self->plain.data);
    sync_head_t head = { .kind = SYNC_KIND_EDITS,
                         .type = self->options.type,
                         .origin = self->origin,
                         .base = self->version,
                         .target = self->version };
    err = state_message_pack (self, &head, &packed);
    if (!err)
        err = state_message_write (self, &head, packed.data, packed.size_bytes);
    base_buffer_fini (&packed);
    if (err)
        return err;
    *data = self->out.data;
    *size_bytes = self->out.size_bytes;
    return MST_OK;
}

/*  Taking -------------------------------------------------------------------------------------- */

typedef struct edit_read {
    char name[MST_SYNC_NAME_MAX + 1];
    uint8_t flags;
    uint64_t base;
    sync_value_t value; /* a view */
} edit_read_t;

static bool edit_next (state_cursor_t *cursor, edit_read_t *edit)
{
    size_t length = (size_t) state_take_varint (cursor);
    base_assert (edit != NULL);
    const uint8_t *name = state_take_bytes (cursor, length);
    if (!name || length == 0 || length > MST_SYNC_NAME_MAX || memchr (name, 0, length))
        return false;
    memcpy (edit->name, name, length);
    edit->name[length] = '\0';
    const uint8_t *flags = state_take_bytes (cursor, 1);
    if (!flags || *flags > (EDIT_HAS_VALUE | EDIT_EXISTED))
        return false;
    edit->flags = *flags;
    edit->base = state_take_varint (cursor);
    int64_t stamp_ns = state_unzigzag (state_take_varint (cursor));
    size_t size_bytes = (size_t) state_take_varint (cursor);
    const uint8_t *data = state_take_bytes (cursor, size_bytes);
    bool has = edit->flags & EDIT_HAS_VALUE;
    edit->value =
        (sync_value_t){ has && data ? (uint8_t *) (uintptr_t) data : NULL, size_bytes, stamp_ns };
    return !cursor->bad && (has || size_bytes == 0);
}

/*  The path has changed more than once since the edit was made, or may have come and gone: the edit
    may be a late copy of one that was decided, and what came after it was made by who had seen it.
    By the first write it would win again, merged it would be in it twice, and by the last write it
    would win over what has no stamp before the commit. So it is left alone: a follower that still
    has the edit meets the changes, settles it, and sends it with what it has seen by then. */
static bool edit_late (const mst_sync_t *self, const sync_slot_t *slot, const edit_read_t *edit,
                       uint64_t removed)
{
    base_assert (edit != NULL);
    base_assert (removed <= self->version + 1);
    if (!slot)
        return (edit->flags & EDIT_EXISTED) == 0 && removed > edit->base;
    return slot->before > edit->base;
}

/*  Puts one edit in, when nothing has changed meanwhile or it wins over what did. removed: when a
    path was removed last, before this message. */
static mst_err_t edit_take (mst_sync_t *self, const edit_read_t *edit, uint64_t removed,
                            size_t *taken)
{
    static const sync_value_t none = { 0 };
    sync_slot_t *slot = state_table_find (&self->table, edit->name, strlen (edit->name));
    const sync_value_t *source = slot ? &slot->value : &none;
    sync_value_t merged = { 0 };
    base_assert (taken != NULL);
    if (edit_is (source, &edit->value)) {
        ++*taken;
        return MST_OK;
    }
    if (edit_late (self, slot, edit, removed))
        return MST_OK;
    bool met = slot ? slot->changed > edit->base : (edit->flags & EDIT_EXISTED) != 0;
    bool won = !met || edit_wins (self, source, &edit->value);
    const sync_value_t *value = &edit->value;
    if (met && won && self->options.policy == MST_SYNC_MERGE) {
        mst_err_t err = edit_merge (self, edit->name, source, &edit->value, &merged);
        if (err)
            return err;
        value = &merged;
    }
    if (met)
        edit_tell (self, edit->name, source, &edit->value, won);
    mst_err_t err =
        won ? state_sync_write (self, edit->name, value->data, value->size_bytes, value->stamp_ns)
            : MST_OK;
    state_value_fini (&merged);
    *taken += won && !err;
    return err;
}

/*  Walks through all edits: only looking, or taking them. */
static mst_err_t edit_walk (mst_sync_t *self, bool take, size_t *taken)
{
    state_cursor_t cursor = { self->plain.data, self->plain.data + self->plain.size_bytes, false };
    uint64_t count = state_take_varint (&cursor), removed = self->removed;
    mst_err_t err = MST_OK;
    base_assert (taken != NULL);
    for (uint64_t i = 0; !err && i < count; i++) {
        edit_read_t edit;
        if (!edit_next (&cursor, &edit))
            return state_sync_refuse (self, SYNC_REFUSED_MALFORMED,
                                      "edits do not decode: number %llu of %llu",
                                      (unsigned long long) i, (unsigned long long) count);
        err = take ? edit_take (self, &edit, removed, taken) : MST_OK;
    }
    if (!err && (cursor.bad || cursor.at != cursor.end))
        return state_sync_refuse (self, SYNC_REFUSED_MALFORMED, "something is left over of edits");
    return err;
}

mst_err_t mst_sync_take (mst_sync_t *self, const void *data, size_t size_bytes, size_t *taken)
{
    sync_head_t head;
    const uint8_t *part;
    size_t part_bytes, count = 0;
    base_assert (self != NULL);
    base_assert (data != NULL || size_bytes == 0);
    if (self->options.origin == 0)
        return base_error (MST_E_NOT_OWNED, "a follower takes no edits: send them to the source");
    mst_err_t err = state_message_read (self, data, size_bytes, &head, &part, &part_bytes);
    if (!err && (head.kind != SYNC_KIND_EDITS || part_bytes != head.whole_bytes))
        err = state_sync_refuse (self, SYNC_REFUSED_MALFORMED, "these are no edits");
    if (!err && head.origin != self->origin)
        err =
            state_sync_refuse (self, SYNC_REFUSED_BASE,
                               "edits of a state of origin %llu came, this one is of origin %llu",
                               (unsigned long long) head.origin, (unsigned long long) self->origin);
    if (!err)
        err = state_message_unpack (self, &head, part);
    if (!err)
        err = edit_walk (self, false, &count);
    if (!err)
        err = edit_walk (self, true, &count);
    if (taken)
        *taken = count;
    return err;
}
