/*  Taking in bytes: they become an object of their own first, checked in every respect; then what
   the two are is compared, all memory is got, and only then anything changes.

    The rows of the object read are those of the message; in a delta a row's floor is where its
    interval begins. */
#include "state/causal.h"
#include "state/change.h"
#include "base/alloc.h"

typedef struct incoming {
    mst_crdt_t object; /* what was read */
    bool delta;
    state_log_entry_t *entries; /* of a delta; dots with rows of the message */
    uint32_t entry_count;
    uint32_t *rows;  /* row of the message -> row here, STATE_NONE: forgotten and gone here */
    uint32_t *back;  /* row here -> row of the message, or STATE_NONE */
    uint32_t *boxes; /* box read -> box here, where it is pinned */
    uint32_t box_count;
    bool adopt; /* into a new object */
} incoming_t;

static void incoming_fini (incoming_t *in)
{
    state_causal_fini (&in->object);
    base_free (in->entries);
    base_free (in->rows);
    base_free (in->back);
    base_free (in->boxes);
}

/*  Reading ----------------------------------------------------------------------------------- */

static mst_err_t rows_read (incoming_t *in, state_reader_t *reader, uint32_t count)
{
    state_causal_t *read = &in->object.as.causal;
    if (count > state_reader_left (reader) / (in->delta ? 24 : 16))
        return state_malformed (&in->object, "it is cut in its version");
    if (count > MST_CRDT_REPLICAS_MAX)
        return state_malformed (&in->object, "more than MST_CRDT_REPLICAS_MAX replicas");
    mst_err_t err = state_rows_reserve (read, count);
    if (err)
        return err;
    uint64_t last = 0;
    for (uint32_t i = 0; i < count; i++) {
        state_row_t row = { .replica = state_take64 (reader), .used = true };
        row.floor = in->delta ? state_take64 (reader) : 0;
        row.count = state_take64 (reader);
        if (row.replica <= last || row.count == 0 || row.count > STATE_COUNT_MAX ||
            row.floor > row.count)
            return state_malformed (&in->object, "its version is out of order");
        last = row.replica;
        read->rows[read->row_count++] = row;
        read->sum += row.count;
    }
    return MST_OK;
}

/*  A dot that the message's rows cover; in a delta, when `fresh`, within the interval. */
static bool dot_good (const incoming_t *in, state_dot_t dot, bool fresh)
{
    const state_causal_t *read = &in->object.as.causal;
    uint32_t row = state_dot_row (dot);
    uint64_t count = state_dot_count (dot);
    if (row >= read->row_count || count == 0 || count == STATE_COUNT_MAX)
        return false;
    return count <= read->rows[row].count && (!fresh || count > read->rows[row].floor);
}

static mst_err_t path_read (incoming_t *in, state_reader_t *reader, uint32_t *box)
{
    state_causal_t *read = &in->object.as.causal;
    uint32_t depth = state_take8 (reader);
    *box = 0;
    if (depth > MST_CRDT_DEPTH_MAX)
        return state_malformed (&in->object, "a path is deeper than MST_CRDT_DEPTH_MAX");
    for (uint32_t i = 0; i < depth; i++) {
        unsigned type = state_take8 (reader);
        uint32_t key_bytes = state_take32 (reader);
        if (key_bytes > MST_CRDT_BYTES_MAX || !state_type_known (type) ||
            read->boxes[*box].type != MST_CRDT_ORMAP)
            return state_malformed (&in->object, "a path leads to nothing");
        const uint8_t *key = state_take (reader, key_bytes);
        if (!key)
            return state_malformed (&in->object, "it is cut in a path");
        mst_err_t err = state_box_make (read, *box, type, key, key_bytes, box);
        if (err)
            return err;
    }
    return MST_OK;
}

/*  Sizes and flags that an item of a type may have. */
static bool form_good (unsigned type, uint32_t size_bytes, uint32_t flags)
{
    uint32_t most = MST_CRDT_BYTES_MAX;
    if (flags > STATE_FLAG_GONE || type == MST_CRDT_ORMAP)
        return false;
    if (flags != 0 && type != MST_CRDT_2PSET && type != MST_CRDT_RGA)
        return false;
    if (type == MST_CRDT_RGA)
        return size_bytes >= STATE_SEQUENCE_HEAD &&
               size_bytes <= (flags ? STATE_SEQUENCE_HEAD : most + STATE_SEQUENCE_HEAD);
    if (type == MST_CRDT_LWW)
        return size_bytes >= 8 && size_bytes <= most + 8;
    if (state_is_counter (type))
        return size_bytes == 16;
    return size_bytes <= most;
}

static bool content_good (const incoming_t *in, const state_item_t *item, uint64_t *latest)
{
    const uint8_t *data = state_item_data (item);
    unsigned type = in->object.as.causal.boxes[item->box].type;
    if (state_is_counter (type))
        return base_little_get64 (data) <= INT64_MAX && base_little_get64 (data + 8) <= INT64_MAX &&
               (type == MST_CRDT_PNCOUNTER || base_little_get64 (data + 8) == 0);
    if (type == MST_CRDT_LWW && state_item_stamp (item) > *latest)
        *latest = state_item_stamp (item);
    if (type != MST_CRDT_RGA)
        return true;
    state_dot_t parent = state_sequence_parent (item);
    return parent == 0 || dot_good (in, parent, false);
}

/*  Behind the one before it, and not a second one of a replica under one key. */
static bool order_good (const state_causal_t *read, const state_item_t *before,
                        const state_item_t *item)
{
    if (before->box != item->box)
        return true;
    int order = state_item_key_compare (read, before, item);
    if (order != 0)
        return order < 0;
    bool alone = read->boxes[item->box].type != MST_CRDT_RGA &&
                 state_dot_row (before->dot) == state_dot_row (item->dot);
    return before->dot < item->dot && !alone;
}

static mst_err_t item_read (incoming_t *in, state_reader_t *reader, uint32_t box, uint64_t *latest)
{
    state_causal_t *read = &in->object.as.causal;
    state_item_t item = { .dot = state_take64 (reader), .box = box & 0xffffff };
    uint32_t form = state_take32 (reader), flags = form & 3, size_bytes = form >> 2;
    if (!dot_good (in, item.dot, in->delta) ||
        !form_good (read->boxes[box].type, size_bytes, flags))
        return state_malformed (&in->object, "an item has an impossible dot or size");
    uint8_t head[STATE_SEQUENCE_HEAD];
    uint32_t head_bytes = read->boxes[box].type == MST_CRDT_RGA ? STATE_SEQUENCE_HEAD : 0;
    if (head_bytes > 0) {
        uint64_t parent = state_take64 (reader), key = state_take64 (reader);
        memcpy (head, &parent, 8);
        memcpy (head + 8, &key, 8);
    }
    const uint8_t *data = state_take (reader, size_bytes - head_bytes);
    if (!data)
        return state_malformed (&in->object, "it is cut in an item");
    item.flags = flags & 3;
    mst_err_t err = state_items_reserve (read, 1);
    if (!err)
        err = state_item_fill (read, &item, head, head_bytes, data, size_bytes - head_bytes);
    if (err)
        return err;
    item.hash = state_item_hash_of (read, &item);
    uint32_t index = state_items_put (read, &item);
    if (!content_good (in, &item, latest) ||
        (index > 0 && !order_good (read, &read->items[index - 1], &read->items[index])))
        return state_malformed (&in->object, "an item is out of order or has impossible content");
    return MST_OK;
}

static mst_err_t groups_read (incoming_t *in, state_reader_t *reader, uint64_t *latest)
{
    uint32_t groups = state_take_count (reader, 5), last = STATE_NONE;
    for (uint32_t i = 0; i < groups; i++) {
        uint32_t box;
        mst_err_t err = path_read (in, reader, &box);
        if (err)
            return err;
        if (last != STATE_NONE && state_box_compare (&in->object.as.causal, last, box) >= 0)
            return state_malformed (&in->object, "its places are out of order");
        last = box;
        uint32_t items = state_take_count (reader, 12);
        if (items == 0)
            return state_malformed (&in->object, "a place holds nothing");
        for (uint32_t j = 0; j < items; j++) {
            err = item_read (in, reader, box, latest);
            if (err)
                return err;
        }
    }
    return MST_OK;
}

static mst_err_t entries_read (incoming_t *in, state_reader_t *reader)
{
    uint32_t count = state_take_count (reader, 24);
    if (count == 0)
        return MST_OK;
    in->entries = base_alloc (count * sizeof *in->entries);
    if (!in->entries)
        return base_alloc_error ();
    for (uint32_t i = 0; i < count; i++) {
        state_log_entry_t entry = { .change = state_take64 (reader), .dot = state_take64 (reader) };
        entry.hash = state_take32 (reader);
        entry.form = state_take32 (reader);
        uint32_t kind = entry.form & STATE_LOG_KIND;
        if (!dot_good (in, entry.change, true) || !dot_good (in, entry.dot, false) ||
            (kind != STATE_LOG_REMOVE && kind != STATE_LOG_DELETE))
            return state_malformed (&in->object, "a removal of something impossible");
        in->entries[in->entry_count++] = entry;
    }
    return MST_OK;
}

static mst_err_t incoming_read (incoming_t *in, const mst_crdt_t *self, state_reader_t *reader,
                                uint64_t latest_stamp)
{
    uint32_t rows = state_take32 (reader), root;
    uint64_t latest = 0;
    in->object.forgotten = state_take64 (reader);
    in->object.as.causal = (state_causal_t){ .box_free = STATE_NONE };
    in->object.as.causal.forgotten_count = state_take64 (reader);
    in->object.as.causal.trimmed = state_take64 (reader);
    base_assert (self->type == in->object.type);
    mst_err_t err = state_box_make (&in->object.as.causal, 0, self->type, NULL, 0, &root);
    if (!err)
        err = rows_read (in, reader, rows);
    if (!err)
        err = groups_read (in, reader, &latest);
    if (!err && in->delta)
        err = entries_read (in, reader);
    if (!err && (reader->bad || reader->at != reader->end))
        err = state_malformed (self, "it is cut, or goes on behind its end");
    if (!err && latest_stamp != 0 && latest > latest_stamp)
        err = state_clock_ahead (latest, latest_stamp);
    return err;
}

/*  Comparing --------------------------------------------------------------------------------- */

/*  Rows for the message's replicas are made; rows without changes are no part of the state. */
static mst_err_t rows_map (mst_crdt_t *self, incoming_t *in)
{
    state_causal_t *causal = &self->as.causal, *read = &in->object.as.causal;
    in->rows = base_alloc ((read->row_count + 1) * sizeof *in->rows);
    in->back = base_alloc ((causal->row_count + read->row_count) * sizeof *in->back);
    if (!in->rows || !in->back)
        return base_alloc_error ();
    memset (in->back, 0xff, (causal->row_count + read->row_count) * sizeof *in->back);
    for (uint32_t i = 0; i < read->row_count; i++) {
        bool forgotten = read->rows[i].count == STATE_COUNT_MAX;
        uint32_t row = state_row_find (causal, read->rows[i].replica);
        mst_err_t err = MST_OK;
        if (forgotten && row != STATE_NONE && causal->rows[row].count != STATE_COUNT_MAX &&
            (!in->adopt || row == 0))
            return state_malformed (self, "it has forgotten a replica that is remembered here");
        if (row == STATE_NONE && (!forgotten || in->adopt))
            err = state_row_make (causal, read->rows[i].replica, &row);
        if (err)
            return err;
        in->rows[i] = row;
        if (row != STATE_NONE)
            in->back[row] = i;
    }
    return MST_OK;
}

static uint64_t count_here (const mst_crdt_t *self, const incoming_t *in, uint32_t row)
{
    return in->rows[row] == STATE_NONE ? STATE_COUNT_MAX
                                       : self->as.causal.rows[in->rows[row]].count;
}

static mst_err_t gap (const mst_crdt_t *self, const incoming_t *in, uint32_t row, uint64_t needed)
{
    return base_error (MST_E_STATE_GAP,
                       "a delta of a %s builds on change %llu of replica %llu; here it is at %llu: "
                       "fetch what lies between, or the whole state",
                       mst_crdt_type_name ((mst_crdt_type_t) self->type),
                       (unsigned long long) needed,
                       (unsigned long long) in->object.as.causal.rows[row].replica,
                       (unsigned long long) count_here (self, in, row));
}

/*  Seen here, or with this delta. */
static bool dot_comes (const mst_crdt_t *self, const incoming_t *in, state_dot_t dot)
{
    const state_row_t *row = &in->object.as.causal.rows[state_dot_row (dot)];
    uint64_t number = state_dot_count (dot);
    return number <= count_here (self, in, state_dot_row (dot)) ||
           (row->floor < row->count && number <= row->count);
}

static mst_err_t gaps_find (const mst_crdt_t *self, const incoming_t *in)
{
    const state_causal_t *read = &in->object.as.causal;
    for (uint32_t i = 0; i < read->row_count; i++)
        if (read->rows[i].floor < read->rows[i].count &&
            count_here (self, in, i) < read->rows[i].floor)
            return gap (self, in, i, read->rows[i].floor);
    for (uint32_t i = 0; i < in->entry_count; i++)
        if (!dot_comes (self, in, in->entries[i].dot))
            return gap (self, in, state_dot_row (in->entries[i].dot),
                        state_dot_count (in->entries[i].dot));
    for (uint32_t i = 0; i < read->item_count; i++) {
        if (read->boxes[read->items[i].box].type != MST_CRDT_RGA)
            continue;
        state_dot_t parent = state_sequence_parent (&read->items[i]);
        if (parent != 0 && !dot_comes (self, in, parent))
            return gap (self, in, state_dot_row (parent), state_dot_count (parent));
    }
    return MST_OK;
}

/*  The places of what was read, made here; the parents come before their children. */
static mst_err_t boxes_map (mst_crdt_t *self, incoming_t *in)
{
    state_causal_t *causal = &self->as.causal, *read = &in->object.as.causal;
    in->boxes = base_alloc (read->box_count * sizeof *in->boxes);
    if (!in->boxes)
        return base_alloc_error ();
    in->boxes[0] = 0;
    in->box_count = 1;
    for (uint32_t i = 1; i < read->box_count; i++) {
        const state_box_t *box = &read->boxes[i];
        base_assert (box->parent < i);
        mst_err_t err = state_box_make (causal, in->boxes[box->parent], box->type,
                                        state_box_key (box), box->key_bytes, &in->boxes[i]);
        if (err)
            return err;
        causal->boxes[in->boxes[i]].pinned = true;
        in->box_count++;
    }
    return MST_OK;
}

/*  Places that stayed empty go, the inner ones first. */
static void boxes_release (state_causal_t *self, const incoming_t *in)
{
    for (uint32_t i = in->box_count; i-- > 1;) {
        self->boxes[in->boxes[i]].pinned = false;
        state_box_drop (self, in->boxes[i]);
    }
}

/*  Changing ---------------------------------------------------------------------------------- */

static state_dot_t dot_here (const incoming_t *in, state_dot_t dot)
{
    uint32_t row = in->rows[state_dot_row (dot)];
    return row == STATE_NONE ? 0 : state_dot (row, state_dot_count (dot));
}

/*  Items here that the other has seen and has no more. */
static bool others_removed (state_causal_t *self, const incoming_t *in)
{
    const state_causal_t *read = &in->object.as.causal;
    bool changed = false;
    for (uint32_t i = self->item_count; i-- > 0;) {
        const state_item_t *item = &self->items[i];
        uint32_t row = in->back[state_dot_row (item->dot)];
        uint64_t number = state_dot_count (item->dot);
        bool forgotten = self->rows[state_dot_row (item->dot)].count == STATE_COUNT_MAX;
        if (row == STATE_NONE ? !forgotten : number > read->rows[row].count)
            continue;
        if (row != STATE_NONE &&
            state_items_find_dot (read, item->hash, state_dot (row, number)) != STATE_NONE)
            continue;
        uint32_t box = item->box;
        state_items_remove (self, i);
        state_box_prune (self, box);
        changed = true;
    }
    return changed;
}

/*  The item and what it had replaced. */
static void entry_remove (state_causal_t *self, const state_log_entry_t *entry)
{
    uint32_t probe = entry->hash, index;
    while ((index = state_items_probe (self, entry->hash, &probe)) != STATE_NONE) {
        const state_item_t *item = &self->items[index];
        if (state_dot_row (item->dot) != state_dot_row (entry->dot) || item->dot > entry->dot)
            continue;
        if (item->dot != entry->dot &&
            (self->boxes[item->box].type == MST_CRDT_RGA ||
             state_item_check_of (self, item) != (entry->form & ~(uint32_t) STATE_LOG_KIND)))
            continue;
        uint32_t box = item->box;
        state_items_remove (self, index);
        state_box_prune (self, box);
        probe = entry->hash; /* the table has moved */
    }
}

static void entry_delete (state_causal_t *self, const state_log_entry_t *entry)
{
    uint32_t index = state_items_find_dot (self, entry->hash, entry->dot);
    if (index == STATE_NONE || self->boxes[self->items[index].box].type != MST_CRDT_RGA)
        return;
    state_view_stale (self, self->items[index].box);
    state_item_delete (self, &self->items[index]);
}

static void entries_apply (state_causal_t *self, const incoming_t *in)
{
    for (uint32_t i = 0; i < in->entry_count; i++) {
        state_log_entry_t entry = in->entries[i];
        entry.dot = dot_here (in, entry.dot);
        entry.change = dot_here (in, entry.change);
        if (entry.dot == 0 || entry.change == 0)
            continue; /* of the forgotten: gone here */
        if (state_seen (self, entry.change))
            continue; /* known, with all that it did */
        state_log_put (self, &entry);
        if ((entry.form & STATE_LOG_KIND) == STATE_LOG_REMOVE)
            entry_remove (self, &entry);
        else
            entry_delete (self, &entry);
    }
}

/*  The earlier item of the same replica under the same key, which a newer one replaces. */
static uint32_t earlier (const state_causal_t *self, const state_item_t *item)
{
    unsigned type = self->boxes[item->box].type;
    uint32_t row = state_dot_row (item->dot), index, probe = item->hash;
    if (type == MST_CRDT_RGA)
        return STATE_NONE;
    while ((index = state_items_probe (self, item->hash, &probe)) != STATE_NONE) {
        const state_item_t *other = &self->items[index];
        if (state_dot_row (other->dot) != row || other->box != item->box)
            continue;
        if (!state_is_set (type) || state_set_is (other, item->box, state_item_data (item),
                                                  state_item_bytes (item), item->flags))
            return index;
    }
    return STATE_NONE;
}

/*  The bytes of an item change hands. */
static state_item_t item_move (state_causal_t *to, state_causal_t *from, state_item_t *item)
{
    state_item_t out = *item;
    if (item->size == STATE_FAR) {
        from->far_bytes -= item->as.far.size_bytes;
        to->far_bytes += item->as.far.size_bytes;
    }
    item->size = 0;
    return out;
}

static void item_enter (state_causal_t *self, incoming_t *in, state_item_t *read, state_dot_t dot)
{
    state_causal_t *from = &in->object.as.causal;
    uint32_t box = in->boxes[read->box];
    if (self->boxes[box].type == MST_CRDT_RGA) {
        state_dot_t parent = state_sequence_parent (read);
        parent = parent ? dot_here (in, parent) : 0;
        memcpy ((uint8_t *) (uintptr_t) state_item_data (read), &parent, sizeof parent);
    }
    state_item_t item = item_move (self, from, read);
    item.dot = dot;
    item.box = box & 0xffffff;
    uint32_t old = earlier (self, &item);
    state_dot_t replaced = old == STATE_NONE ? 0 : self->items[old].dot;
    if (old == STATE_NONE)
        (void) state_items_put (self, &item);
    else {
        state_item_empty (self, &self->items[old]);
        self->items[old] = item;
    }
    state_view_stale (self, box);
    if (in->delta)
        state_log_add (self, dot, item.hash, replaced);
}

/*  Both have it: a deletion counts, and of two trims the later one. */
static bool item_join (state_causal_t *self, const incoming_t *in, uint32_t index,
                       const state_item_t *read)
{
    const state_causal_t *from = &in->object.as.causal;
    state_item_t *item = &self->items[index];
    bool changed = false;
    if (self->boxes[item->box].type != MST_CRDT_RGA)
        return false;
    if ((read->flags & STATE_FLAG_GONE) && !(item->flags & STATE_FLAG_GONE)) {
        state_item_delete (self, item);
        changed = true;
    }
    if (!in->delta && from->trimmed > self->trimmed && state_sequence_key (read) == 0) {
        uint8_t *data = (uint8_t *) (uintptr_t) state_item_data (item);
        state_dot_t parent = state_sequence_parent (read);
        parent = parent ? dot_here (in, parent) : 0;
        memset (data, 0, STATE_SEQUENCE_HEAD);
        memcpy (data, &parent, sizeof parent);
        changed = true;
    }
    if (changed)
        state_view_stale (self, item->box);
    return changed;
}

static bool items_enter (state_causal_t *self, incoming_t *in)
{
    state_causal_t *read = &in->object.as.causal;
    bool changed = false;
    for (uint32_t i = 0; i < read->item_count; i++) {
        state_item_t *item = &read->items[i];
        state_dot_t dot = dot_here (in, item->dot);
        if (dot == 0 ||
            (in->adopt && read->rows[state_dot_row (item->dot)].count == STATE_COUNT_MAX))
            continue; /* of a forgotten replica: removed here, or adopted */
        bool forgotten = self->rows[state_dot_row (dot)].count == STATE_COUNT_MAX;
        uint32_t there = state_items_find_dot (self, item->hash, dot);
        if (there != STATE_NONE)
            changed |= item_join (self, in, there, item);
        else if (!state_seen (self, dot) && !forgotten) {
            item_enter (self, in, item, dot);
            changed = true;
        }
    }
    return changed;
}

static bool rows_raise (state_causal_t *self, const incoming_t *in)
{
    const state_causal_t *read = &in->object.as.causal;
    bool changed = false;
    for (uint32_t i = 0; i < read->row_count; i++) {
        const state_row_t *from = &read->rows[i];
        if (in->rows[i] == STATE_NONE || (in->delta && from->floor == from->count))
            continue;
        state_row_t *row = &self->rows[in->rows[i]];
        if (row->count >= from->count)
            continue;
        self->sum += from->count - row->count;
        row->count = from->count;
        if (!in->delta || in->rows[i] == 0)
            row->floor =
                from->count; /* what these changes did is not in the log, or out of order */
        changed = true;
    }
    return changed;
}

/*  A new object takes over what was forgotten: rows with the count that nothing exceeds, whose
   items are all welcome. */
static void adopt_forgotten (mst_crdt_t *self, incoming_t *in)
{
    state_causal_t *causal = &self->as.causal, *read = &in->object.as.causal;
    self->forgotten = in->object.forgotten;
    causal->forgotten_count = read->forgotten_count;
    causal->sum += read->forgotten_count;
    for (uint32_t i = 0; i < read->item_count; i++) {
        state_dot_t dot = dot_here (in, read->items[i].dot);
        if (read->rows[state_dot_row (read->items[i].dot)].count == STATE_COUNT_MAX)
            item_enter (causal, in, &read->items[i], dot);
    }
    for (uint32_t i = 0; i < read->row_count; i++)
        if (read->rows[i].count == STATE_COUNT_MAX)
            causal->rows[in->rows[i]].count = STATE_COUNT_MAX;
}

static bool apply (mst_crdt_t *self, incoming_t *in)
{
    state_causal_t *causal = &self->as.causal;
    bool changed = false;
    if (in->adopt)
        adopt_forgotten (self, in);
    if (in->delta)
        entries_apply (causal, in);
    else if (!in->adopt)
        changed = others_removed (causal, in);
    changed |= items_enter (causal, in);
    changed |= rows_raise (causal, in);
    if (!in->delta && causal->trimmed < in->object.as.causal.trimmed) {
        causal->trimmed = in->object.as.causal.trimmed;
        changed = true;
    }
    return changed;
}

static mst_err_t prepare (mst_crdt_t *self, incoming_t *in)
{
    const state_causal_t *read = &in->object.as.causal;
    mst_err_t err = MST_OK;
    if (!in->adopt && read->forgotten_count != self->as.causal.forgotten_count)
        err = state_malformed (self, "it counts the forgotten replicas' changes otherwise");
    if (!err)
        err = rows_map (self, in);
    if (!err && in->delta)
        err = gaps_find (self, in);
    if (!err)
        err = boxes_map (self, in);
    if (!err)
        err = state_items_reserve (&self->as.causal, read->item_count);
    if (!err && in->delta)
        err = state_log_reserve (&self->as.causal, read->item_count + in->entry_count + 1);
    return err;
}

mst_err_t state_causal_merge (mst_crdt_t *self, state_reader_t *reader, bool delta, bool adopt,
                              uint64_t latest_stamp, bool *changed)
{
    incoming_t in = { .object = { .type = self->type, .replica = self->replica },
                      .delta = delta,
                      .adopt = adopt };
    mst_err_t err = incoming_read (&in, self, reader, latest_stamp);
    if (!err)
        err = prepare (self, &in);
    if (!err)
        *changed = apply (self, &in);
    boxes_release (&self->as.causal, &in);
    incoming_fini (&in);
    return err;
}
