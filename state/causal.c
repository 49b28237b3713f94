/*  The life of an object of items, and its encoding.

    After the head: the count of the forgotten and the sum of the last trim (8 bytes each); the rows
   by rising replica; groups of items, one per place, by rising path; in a delta also what the log
   says of removals. Dots on the way name the row of the message, so that equal states are equal
   bytes whatever rows they have here. docs/state.md has the table. */
#include "state/causal.h"
#include "base/alloc.h"

mst_err_t state_causal_init (mst_crdt_t *crdt)
{
    state_causal_t *self = &crdt->as.causal;
    uint32_t root, row;
    *self = (state_causal_t){ .box_free = STATE_NONE };
    mst_err_t err = state_box_make (self, 0, crdt->type, NULL, 0, &root);
    if (!err)
        err = state_row_make (self, crdt->replica, &row);
    if (err)
        state_causal_fini (crdt);
    else
        base_assert (root == 0 && row == 0);
    return err;
}

void state_causal_fini (mst_crdt_t *crdt)
{
    state_causal_t *self = &crdt->as.causal;
    for (uint32_t i = 0; i < self->item_count; i++)
        state_item_empty (self, &self->items[i]);
    for (uint32_t i = 0; i < self->box_count; i++)
        if (self->boxes[i].type != 0 && self->boxes[i].key_bytes > STATE_INSIDE_BYTES)
            base_free (self->boxes[i].key.far);
    state_views_fini (self);
    base_free (self->rows);
    base_free (self->items);
    base_free (self->links);
    base_free (self->slots);
    base_free (self->boxes);
    base_free (self->box_slots);
    base_free (self->log.entries);
    *self = (state_causal_t){ 0 };
}

size_t state_causal_memory (const mst_crdt_t *crdt)
{
    const state_causal_t *self = &crdt->as.causal;
    size_t each = sizeof (state_item_t) + (self->links ? sizeof (state_link_t) : 0);
    size_t bytes = self->row_capacity * sizeof (state_row_t) + self->item_capacity * each +
                   (self->slot_count + self->box_slot_count) * sizeof (uint32_t) +
                   self->box_capacity * sizeof (state_box_t) +
                   self->log.capacity * sizeof (state_log_entry_t) + self->far_bytes;
    for (uint32_t i = 0; i < self->view_count; i++)
        bytes += sizeof (state_view_t) + self->views[i].capacity * sizeof (uint32_t);
    return bytes;
}

/*  Version ----------------------------------------------------------------------------------- */

static bool row_tells (const state_row_t *row)
{
    return row->used && (row->count > 0 || row->items > 0);
}

static int row_compare (const void *context, uint32_t a, uint32_t b)
{
    const state_causal_t *self = context;
    return self->rows[a].replica < self->rows[b].replica ? -1 : a != b;
}

size_t state_causal_version (const mst_crdt_t *crdt, mst_dot_t *dots, size_t max)
{
    const state_causal_t *self = &crdt->as.causal;
    size_t count = 0;
    uint64_t last = 0;
    for (;;) { /* the next larger replica; rows are few */
        const state_row_t *next = NULL;
        for (uint32_t i = 0; i < self->row_count; i++) {
            const state_row_t *row = &self->rows[i];
            if (row_tells (row) && row->count != STATE_COUNT_MAX && row->replica > last &&
                (!next || row->replica < next->replica))
                next = row;
        }
        if (!next)
            return count;
        if (count < max)
            dots[count] = (mst_dot_t){ next->replica, next->count };
        count++;
        last = next->replica;
    }
}

/*  A row's items name it; without them it goes at once. */
mst_err_t state_causal_forget (mst_crdt_t *crdt, uint64_t replica)
{
    state_causal_t *self = &crdt->as.causal;
    uint32_t row = state_row_find (self, replica);
    if (row == STATE_NONE)
        return MST_OK;
    base_assert (row != 0);
    if (self->rows[row].count == STATE_COUNT_MAX)
        return MST_OK;
    self->forgotten_count += self->rows[row].count;
    self->rows[row].count = STATE_COUNT_MAX;
    state_log_forget (self, row);
    if (self->rows[row].items == 0)
        state_row_release (self, row);
    return MST_OK;
}

/*  Hash -------------------------------------------------------------------------------------- */

static uint64_t dot_hash (const state_causal_t *self, state_dot_t dot)
{
    if (dot == 0)
        return 1;
    return state_hash_mix (self->rows[state_dot_row (dot)].replica, state_dot_count (dot));
}

static uint64_t item_hash (const state_causal_t *self, const state_item_t *item)
{
    const state_box_t *box = &self->boxes[item->box];
    const uint8_t *data = state_item_data (item);
    uint32_t size_bytes = state_item_bytes (item);
    uint64_t seed = state_hash ((uint64_t) box->hash << 16 | box->type << 8 | item->flags,
                                state_box_key (box), box->key_bytes);
    if (box->type == MST_CRDT_RGA) {
        seed = state_hash_mix (seed, dot_hash (self, state_sequence_parent (item)));
        seed = state_hash_mix (seed, state_sequence_key (item));
        data += STATE_SEQUENCE_HEAD;
        size_bytes -= STATE_SEQUENCE_HEAD;
    }
    return state_hash_mix (state_hash (seed, data, size_bytes), dot_hash (self, item->dot));
}

/*  A sum, so that no order is needed. */
uint64_t state_causal_hash (const mst_crdt_t *crdt)
{
    const state_causal_t *self = &crdt->as.causal;
    uint64_t sum = state_hash_mix (self->trimmed, self->forgotten_count);
    for (uint32_t i = 0; i < self->row_count; i++)
        if (row_tells (&self->rows[i]))
            sum += state_hash_mix (state_hash_mix (self->rows[i].replica, self->rows[i].count),
                                   crdt->type);
    for (uint32_t i = 0; i < self->item_count; i++)
        sum += item_hash (self, &self->items[i]);
    return sum;
}

/*  Encoding ---------------------------------------------------------------------------------- */

/*  What goes into a message. */
typedef struct writer {
    const state_causal_t *object;
    mst_bytes_t *bytes;
    uint32_t *row_place; /* row here -> row of the message, STATE_NONE: not in it */
    uint32_t *rows;      /* row of the message -> row here; room for twice as many */
    uint64_t *since;     /* per row here; NULL: a whole state */
    uint32_t row_count;
    uint32_t *items; /* room for twice as many */
    uint32_t item_count;
    uint32_t *entries; /* of the log, oldest first */
    uint32_t entry_count;
} writer_t;

static void writer_fini (writer_t *writer)
{
    base_free (writer->row_place);
    base_free (writer->rows);
    base_free (writer->since);
    base_free (writer->items);
    base_free (writer->entries);
}

static mst_err_t writer_init (writer_t *writer, const mst_crdt_t *crdt, mst_bytes_t *bytes,
                              bool delta)
{
    const state_causal_t *self = &crdt->as.causal;
    size_t items = delta ? self->log.count : self->item_count;
    *writer = (writer_t){ .object = self, .bytes = bytes };
    writer->row_place = base_alloc (self->row_count * sizeof (uint32_t));
    writer->rows = base_alloc (self->row_count * 2 * sizeof (uint32_t));
    writer->items = base_alloc (items * 2 * sizeof (uint32_t));
    writer->entries = delta ? base_alloc (items * sizeof (uint32_t)) : NULL;
    writer->since = delta ? base_calloc (self->row_count, sizeof (uint64_t)) : NULL;
    if (!writer->row_place || !writer->rows || !writer->items ||
        (delta && (!writer->entries || !writer->since)))
        return base_alloc_error ();
    for (uint32_t i = 0; i < self->row_count; i++)
        writer->row_place[i] = STATE_NONE;
    return MST_OK;
}

static void row_want (writer_t *writer, state_dot_t dot)
{
    if (dot != 0)
        writer->row_place[state_dot_row (dot)] = 0;
}

/*  Rows that were marked get their places, by rising replica. */
static void rows_settle (writer_t *writer)
{
    const state_causal_t *self = writer->object;
    for (uint32_t i = 0; i < self->row_count; i++)
        if (writer->row_place[i] != STATE_NONE)
            writer->rows[writer->row_count++] = i;
    state_sort (writer->rows, writer->rows + self->row_count, writer->row_count, row_compare, self);
    for (uint32_t i = 0; i < writer->row_count; i++)
        writer->row_place[writer->rows[i]] = i;
}

static state_dot_t dot_out (const writer_t *writer, state_dot_t dot)
{
    if (dot == 0)
        return 0;
    uint32_t place = writer->row_place[state_dot_row (dot)];
    base_assert (place != STATE_NONE);
    return state_dot (place, state_dot_count (dot));
}

/*  By place; sets by element and flags; then by dot. merge.c checks this very order. */
static int item_compare (const void *context, uint32_t a, uint32_t b)
{
    const writer_t *writer = context;
    const state_causal_t *self = writer->object;
    const state_item_t *left = &self->items[a], *right = &self->items[b];
    int order = left->box == right->box ? 0 : state_box_compare (self, left->box, right->box);
    if (order == 0)
        order = state_item_key_compare (self, left, right);
    if (order != 0)
        return order;
    state_dot_t left_dot = dot_out (writer, left->dot), right_dot = dot_out (writer, right->dot);
    return (left_dot > right_dot) - (left_dot < right_dot);
}

int state_item_key_compare (const state_causal_t *self, const state_item_t *a,
                            const state_item_t *b)
{
    if (!state_is_set (self->boxes[a->box].type))
        return 0;
    int order = state_bytes_compare (state_item_data (a), state_item_bytes (a), state_item_data (b),
                                     state_item_bytes (b));
    return order != 0 ? order : (int) a->flags - (int) b->flags;
}

static mst_err_t head_write (writer_t *writer, const mst_crdt_t *crdt)
{
    uint8_t *at;
    bool delta = writer->since != NULL;
    mst_err_t err = state_bytes_room (writer->bytes,
                                      STATE_HEAD_BYTES + 16 + 24 * (size_t) writer->row_count, &at);
    if (err)
        return err;
    at = state_head_put (crdt, at, delta, writer->row_count);
    at = base_little_put64 (at, writer->object->forgotten_count);
    at = base_little_put64 (at, writer->object->trimmed);
    for (uint32_t i = 0; i < writer->row_count; i++) {
        const state_row_t *row = &writer->object->rows[writer->rows[i]];
        at = base_little_put64 (at, row->replica);
        if (delta)
            at = base_little_put64 (at, writer->since[writer->rows[i]]);
        at = base_little_put64 (at, row->count);
    }
    state_bytes_end (writer->bytes, at);
    return MST_OK;
}

static mst_err_t path_write (writer_t *writer, uint32_t box)
{
    const state_causal_t *self = writer->object;
    uint32_t path[MST_CRDT_DEPTH_MAX], depth = self->boxes[box].depth;
    uint8_t *at;
    base_assert (depth <= MST_CRDT_DEPTH_MAX);
    for (uint32_t i = depth; i-- > 0; box = self->boxes[box].parent)
        path[i] = box;
    mst_err_t err = state_bytes_room (writer->bytes, 1, &at);
    if (err)
        return err;
    *at = (uint8_t) depth;
    writer->bytes->size_bytes++;
    for (uint32_t i = 0; i < depth; i++) {
        const state_box_t *step = &self->boxes[path[i]];
        err = state_bytes_room (writer->bytes, 5 + (size_t) step->key_bytes, &at);
        if (err)
            return err;
        *at = step->type;
        at = base_little_put32 (at + 1, step->key_bytes);
        state_bytes_end (writer->bytes, state_put (at, state_box_key (step), step->key_bytes));
    }
    return MST_OK;
}

static mst_err_t item_write (writer_t *writer, const state_item_t *item)
{
    const uint8_t *data = state_item_data (item);
    uint32_t size_bytes = state_item_bytes (item);
    uint8_t *at;
    mst_err_t err = state_bytes_room (writer->bytes, 12 + (size_t) size_bytes, &at);
    if (err)
        return err;
    at = base_little_put64 (at, dot_out (writer, item->dot));
    at = base_little_put32 (at, size_bytes << 2 | item->flags);
    if (writer->object->boxes[item->box].type == MST_CRDT_RGA) {
        at = base_little_put64 (at, dot_out (writer, state_sequence_parent (item)));
        at = base_little_put64 (at, state_sequence_key (item));
        data += STATE_SEQUENCE_HEAD;
        size_bytes -= STATE_SEQUENCE_HEAD;
    }
    state_bytes_end (writer->bytes, state_put (at, data, size_bytes));
    return MST_OK;
}

static mst_err_t number_write (writer_t *writer, uint32_t number)
{
    uint8_t *at;
    mst_err_t err = state_bytes_room (writer->bytes, 4, &at);
    if (!err)
        state_bytes_end (writer->bytes, base_little_put32 (at, number));
    return err;
}

static mst_err_t groups_write (writer_t *writer)
{
    const state_causal_t *self = writer->object;
    uint32_t groups = 0;
    for (uint32_t i = 0; i < writer->item_count; i++)
        groups +=
            i == 0 || self->items[writer->items[i]].box != self->items[writer->items[i - 1]].box;
    mst_err_t err = number_write (writer, groups);
    for (uint32_t i = 0, end; !err && i < writer->item_count; i = end) {
        uint32_t box = self->items[writer->items[i]].box;
        end = i + 1;
        while (end < writer->item_count && self->items[writer->items[end]].box == box)
            end++;
        err = path_write (writer, box);
        if (!err)
            err = number_write (writer, end - i);
        for (uint32_t j = i; !err && j < end; j++)
            err = item_write (writer, &self->items[writer->items[j]]);
    }
    return err;
}

static mst_err_t entries_write (writer_t *writer)
{
    uint8_t *at;
    mst_err_t err = number_write (writer, writer->entry_count);
    if (!err)
        err = state_bytes_room (writer->bytes, 24 * (size_t) writer->entry_count, &at);
    if (err)
        return err;
    for (uint32_t i = 0; i < writer->entry_count; i++) {
        const state_log_entry_t *entry = &writer->object->log.entries[writer->entries[i]];
        at = base_little_put64 (at, dot_out (writer, entry->change));
        at = base_little_put64 (at, dot_out (writer, entry->dot));
        at = base_little_put32 (at, entry->hash);
        at = base_little_put32 (at, entry->form);
    }
    state_bytes_end (writer->bytes, at);
    return MST_OK;
}

/*  All that was gathered, in the canonical order. */
static mst_err_t writer_run (writer_t *writer, const mst_crdt_t *crdt)
{
    const state_causal_t *self = writer->object;
    for (uint32_t i = 0; i < writer->item_count; i++) {
        const state_item_t *item = &self->items[writer->items[i]];
        row_want (writer, item->dot);
        if (self->boxes[item->box].type == MST_CRDT_RGA)
            row_want (writer, state_sequence_parent (item));
    }
    rows_settle (writer);
    state_sort (writer->items, writer->items + writer->item_count, writer->item_count, item_compare,
                writer);
    mst_err_t err = head_write (writer, crdt);
    if (!err)
        err = groups_write (writer);
    if (!err && writer->since)
        err = entries_write (writer);
    return err;
}

mst_err_t state_causal_encode (const mst_crdt_t *crdt, mst_bytes_t *bytes)
{
    const state_causal_t *self = &crdt->as.causal;
    writer_t writer;
    size_t began = bytes->size_bytes;
    mst_err_t err = writer_init (&writer, crdt, bytes, false);
    if (!err) {
        for (uint32_t i = 0; i < self->row_count; i++)
            if (row_tells (&self->rows[i]))
                writer.row_place[i] = 0;
        for (uint32_t i = 0; i < self->item_count; i++)
            writer.items[writer.item_count++] = i;
        err = writer_run (&writer, crdt);
    }
    writer_fini (&writer);
    if (err)
        bytes->size_bytes = began;
    return err;
}

/*  Deltas ------------------------------------------------------------------------------------ */

/*  false: the log does not reach back so far. A row that is forgotten has no interval. */
static bool since_known (writer_t *writer, const mst_dot_t *dots, size_t count)
{
    const state_causal_t *self = writer->object;
    uint64_t sum = self->forgotten_count;
    for (uint32_t i = 0; i < self->row_count; i++)
        if (self->rows[i].count == STATE_COUNT_MAX)
            writer->since[i] = STATE_COUNT_MAX;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = dots[i].replica ? state_row_find (self, dots[i].replica) : STATE_NONE;
        sum += dots[i].count;
        if (row != STATE_NONE && self->rows[row].count != STATE_COUNT_MAX)
            writer->since[row] =
                dots[i].count < self->rows[row].count ? dots[i].count : self->rows[row].count;
    }
    for (uint32_t i = 0; i < self->row_count; i++)
        if (writer->since[i] < self->rows[i].count && writer->since[i] < self->rows[i].floor)
            return false;
    return sum >= self->trimmed;
}

/*  From the newest entry back; then turned around. One's own entries stand by rising change, so
   that looking for them ends at the first that is known; those of others came in any order. */
static void since_gather (writer_t *writer)
{
    const state_causal_t *self = writer->object;
    const state_log_t *log = &self->log;
    uint32_t open = 0;
    bool own_known = false;
    for (uint32_t i = 0; i < self->row_count; i++)
        if (writer->since[i] < self->rows[i].count) {
            writer->row_place[i] = 0;
            open++;
        }
    for (uint32_t i = 0; i < log->count && open > 0; i++) {
        uint32_t place = (log->head - 1 - i) & (log->capacity - 1);
        const state_log_entry_t *entry = &log->entries[place];
        uint32_t row = state_dot_row (entry->change);
        uint64_t number = state_dot_count (entry->change);
        if (number <= writer->since[row]) {
            if (row == 0 && !own_known) {
                own_known = true;
                open -= writer->row_place[0] != STATE_NONE;
            }
            continue;
        }
        uint32_t item = entry->form == STATE_LOG_ADD
                            ? state_items_find_dot (self, entry->hash, entry->dot)
                            : STATE_NONE;
        if (item != STATE_NONE)
            writer->items[writer->item_count++] = item;
        if (entry->form != STATE_LOG_ADD)
            writer->entries[writer->entry_count++] = place;
    }
    for (uint32_t i = 0; i < writer->entry_count; i++)
        row_want (writer, log->entries[writer->entries[i]].dot);
    for (uint32_t i = 0, j = writer->entry_count; i + 1 < j; i++) {
        uint32_t other = writer->entries[--j];
        writer->entries[j] = writer->entries[i];
        writer->entries[i] = other;
    }
}

mst_err_t state_causal_encode_since (const mst_crdt_t *crdt, const mst_dot_t *dots, size_t count,
                                     mst_bytes_t *bytes, bool *whole)
{
    writer_t writer;
    size_t began = bytes->size_bytes;
    mst_err_t err = writer_init (&writer, crdt, bytes, true);
    *whole = !err && !since_known (&writer, dots, count);
    if (!err && !*whole) {
        since_gather (&writer);
        err = writer_run (&writer, crdt);
    }
    writer_fini (&writer);
    if (err)
        bytes->size_bytes = began;
    return !err && *whole ? state_causal_encode (crdt, bytes) : err;
}
