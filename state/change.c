/*  Changes made here, on everything that consists of items: find the place, see what stands there,
    get all memory, and only then change; the new dot comes last. */
#include "state/again.h"
#include "base/alloc.h"

enum { COUNTER_BYTES = 16, STAMP_BYTES = STATE_STAMP_BYTES };

/*  Places ------------------------------------------------------------------------------------ */

static mst_err_t place_bad (const mst_crdt_t *crdt, const char *why)
{
    return base_error (MST_E_INVALID_ARGUMENT, "a place in an object of type %s: %s",
                       mst_crdt_type_name ((mst_crdt_type_t) crdt->type), why);
}

static mst_err_t place_check (const mst_crdt_t *crdt, const mst_crdt_place_t *place)
{
    uint32_t depth = 0;
    for (; place; place = place->in) {
        unsigned outer = place->in ? (unsigned) place->in->type : crdt->type;
        if (outer != MST_CRDT_ORMAP)
            return place_bad (crdt, "only maps have keys");
        if (!state_type_known ((unsigned) place->type))
            return place_bad (crdt, "what the key holds has no known type");
        if (place->key_bytes > MST_CRDT_BYTES_MAX || (!place->key && place->key_bytes > 0))
            return place_bad (crdt, "a key has 0 … MST_CRDT_BYTES_MAX bytes");
        if (++depth > MST_CRDT_DEPTH_MAX)
            return base_error (MST_E_LIMIT, "MST_CRDT_DEPTH_MAX (%d) maps inside maps are reached",
                               MST_CRDT_DEPTH_MAX);
    }
    return MST_OK;
}

/*  STATE_NONE: nothing was written there. The place was checked. */
static uint32_t place_look (const state_causal_t *self, const mst_crdt_place_t *place)
{
    if (!place)
        return 0;
    uint32_t parent = place_look (self, place->in);
    if (parent == STATE_NONE)
        return STATE_NONE;
    return state_box_find (self, parent, (unsigned) place->type, place->key, place->key_bytes);
}

static mst_err_t place_make (state_causal_t *self, const mst_crdt_place_t *place, uint32_t *box)
{
    uint32_t parent = 0;
    mst_err_t err = place->in ? place_make (self, place->in, &parent) : MST_OK;
    if (err)
        return err;
    err = state_box_make (self, parent, (unsigned) place->type, place->key, place->key_bytes, box);
    if (err)
        state_box_prune (self, parent);
    return err;
}

mst_err_t state_place_find (const mst_crdt_t *crdt, const mst_crdt_place_t *place, unsigned types,
                            uint32_t *box)
{
    base_assert (crdt != NULL && state_is_causal (crdt->type));
    mst_err_t err = place ? place_check (crdt, place) : MST_OK;
    if (err)
        return err;
    unsigned type = place ? (unsigned) place->type : crdt->type;
    if (!(types >> type & 1))
        return base_error (MST_E_INVALID_ARGUMENT, "a %s cannot do that",
                           mst_crdt_type_name ((mst_crdt_type_t) type));
    *box = place_look (&crdt->as.causal, place);
    return MST_OK;
}

/*  The place to change; made when it is not there. */
static mst_err_t place_open (mst_crdt_t *crdt, const mst_crdt_place_t *place, unsigned types,
                             uint32_t *box)
{
    if (!place && (types >> crdt->type & 1)) {
        *box = 0;
        return MST_OK;
    }
    mst_err_t err = state_place_find (crdt, place, types, box);
    if (!err && *box == STATE_NONE)
        err = place_make (&crdt->as.causal, place, box);
    return err;
}

/*  What fails leaves no empty place behind. */
static mst_err_t place_close (mst_crdt_t *crdt, uint32_t box, mst_err_t err)
{
    if (box != 0 && crdt->as.causal.boxes[box].items == 0)
        state_box_prune (&crdt->as.causal, box);
    return err;
}

/*  One change -------------------------------------------------------------------------------- */

static mst_err_t count_full (void)
{
    return base_error (MST_E_LIMIT, "a replica has made 2^48 changes: go on under a new number");
}

/*  Room for one new item and the entries of the log; *dot is the change's. */
static inline mst_err_t change_begin (state_causal_t *self, uint32_t items, uint32_t entries,
                                      state_dot_t *dot)
{
    mst_err_t err = MST_OK;
    if (self->item_count + items > self->item_capacity ||
        (uint64_t) (self->item_count + items) * 4 > (uint64_t) self->slot_count * 3)
        err = state_items_reserve (self, items);
    if (!err && self->log.capacity - self->log.count < entries)
        err = state_log_reserve (self, entries);
    if (!err && self->rows[0].count >= STATE_COUNT_MAX - 1)
        err = count_full ();
    *dot = state_dot (0, self->rows[0].count + 1);
    return err;
}

static inline void change_end (state_causal_t *self)
{
    self->rows[0].count++;
    self->sum++;
}

static void item_remove (state_causal_t *self, uint32_t index, state_dot_t change)
{
    const state_item_t *item = &self->items[index];
    state_log_entry_t entry = { .change = change,
                                .dot = item->dot,
                                .hash = item->hash,
                                .form = state_item_check_of (self, item) | STATE_LOG_REMOVE };
    state_log_put (self, &entry);
    state_items_remove (self, index);
}

/*  A value takes the place of one's own earlier item `own`, or becomes a new one. */
static mst_err_t item_write (state_causal_t *self, uint32_t own, const state_item_t *form,
                             const void *head, uint32_t head_bytes, const void *data,
                             uint32_t size_bytes, state_dot_t dot)
{
    state_item_t fresh = *form;
    state_item_t *item = own == STATE_NONE ? &fresh : &self->items[own];
    base_assert (own == STATE_NONE || item->hash == form->hash);
    mst_err_t err = state_item_fill (self, item, head, head_bytes, data, size_bytes);
    if (err)
        return err;
    state_dot_t replaced = own == STATE_NONE ? 0 : item->dot;
    item->dot = dot;
    if (own == STATE_NONE)
        (void) state_items_put (self, item);
    state_log_add (self, dot, form->hash, replaced);
    return MST_OK;
}

/*  Sets -------------------------------------------------------------------------------------- */

typedef struct found {
    uint32_t hash;
    uint32_t own;    /* item, or STATE_NONE */
    uint32_t others; /* how many */
} found_t;

static inline found_t set_find (const state_causal_t *self, uint32_t box, const void *element,
                                uint32_t size_bytes, unsigned flags)
{
    found_t out = { .hash = state_item_hash (&self->boxes[box], element, size_bytes, flags),
                    .own = STATE_NONE };
    uint32_t probe = out.hash, index;
    bool alone = self->rows[0].items == self->item_count; /* then there is at most one */
    while ((index = state_items_probe (self, out.hash, &probe)) != STATE_NONE) {
        const state_item_t *item = &self->items[index];
        if (!state_set_is (item, box, element, size_bytes, flags))
            continue;
        if (state_dot_row (item->dot) == 0)
            out.own = index;
        else
            out.others++;
        if (alone)
            break;
    }
    return out;
}

/*  Removes all items of the element, or those of others only. */
static void set_clear (state_causal_t *self, uint32_t box, const void *element, uint32_t size_bytes,
                       uint32_t hash, bool own_too, state_dot_t change)
{
    uint32_t probe = hash, index;
    while ((index = state_items_probe (self, hash, &probe)) != STATE_NONE) {
        const state_item_t *item = &self->items[index];
        if (!state_set_is (item, box, element, size_bytes, 0) ||
            (!own_too && state_dot_row (item->dot) == 0))
            continue;
        item_remove (self, index, change);
        probe = hash; /* the table has moved */
    }
}

static bool set_kept_out (const state_causal_t *self, uint32_t box, const void *element,
                          uint32_t size_bytes)
{
    found_t gone = set_find (self, box, element, size_bytes, STATE_FLAG_GONE);
    return gone.own != STATE_NONE || gone.others > 0;
}

bool state_set_contains (const state_causal_t *self, uint32_t box, const void *element,
                         uint32_t size_bytes)
{
    found_t found = set_find (self, box, element, size_bytes, 0);
    if (found.own == STATE_NONE && found.others == 0)
        return false;
    return self->boxes[box].type != MST_CRDT_2PSET ||
           !set_kept_out (self, box, element, size_bytes);
}

static mst_err_t set_add (state_causal_t *self, uint32_t box, const void *element,
                          uint32_t size_bytes)
{
    state_dot_t dot;
    found_t found = set_find (self, box, element, size_bytes, 0);
    if (self->boxes[box].type != MST_CRDT_ORSET) {
        if (found.own != STATE_NONE || found.others > 0)
            return MST_OK;
        if (self->boxes[box].type == MST_CRDT_2PSET &&
            set_kept_out (self, box, element, size_bytes))
            return MST_OK;
    }
    mst_err_t err = change_begin (self, found.own == STATE_NONE, 1 + found.others, &dot);
    if (err)
        return err;
    if (found.own != STATE_NONE) { /* the same bytes under a new dot */
        state_log_add (self, dot, found.hash, self->items[found.own].dot);
        self->items[found.own].dot = dot;
    } else {
        state_item_t form = { .hash = found.hash, .box = box & 0xffffff };
        err = item_write (self, STATE_NONE, &form, NULL, 0, element, size_bytes, dot);
        if (err)
            return err;
    }
    if (found.others > 0)
        set_clear (self, box, element, size_bytes, found.hash, false, dot);
    change_end (self);
    return MST_OK;
}

static mst_err_t set_remove (state_causal_t *self, uint32_t box, const void *element,
                             uint32_t size_bytes)
{
    state_dot_t dot;
    found_t found = set_find (self, box, element, size_bytes, 0);
    uint32_t there = found.others + (found.own != STATE_NONE);
    bool keeps_out = self->boxes[box].type == MST_CRDT_2PSET;
    if (keeps_out ? set_kept_out (self, box, element, size_bytes) : there == 0)
        return MST_OK;
    mst_err_t err = change_begin (self, 1, there + 1, &dot);
    if (!err && keeps_out) {
        state_item_t form = { .flags = STATE_FLAG_GONE, .box = box & 0xffffff };
        form.hash = state_item_hash (&self->boxes[box], element, size_bytes, STATE_FLAG_GONE);
        err = item_write (self, STATE_NONE, &form, NULL, 0, element, size_bytes, dot);
    }
    if (err)
        return err;
    set_clear (self, box, element, size_bytes, found.hash, true, dot);
    change_end (self);
    return MST_OK;
}

mst_err_t state_change_add (mst_crdt_t *crdt, const mst_crdt_place_t *place, const void *element,
                            uint32_t size_bytes)
{
    uint32_t box;
    if (!place && crdt->type == MST_CRDT_ORSET &&
        state_again_add (&crdt->as.causal, element, size_bytes))
        return MST_OK;
    if (!place && state_is_set (crdt->type))
        return set_add (&crdt->as.causal, 0, element, size_bytes);
    mst_err_t err = place_open (crdt, place, STATE_SETS, &box);
    if (err)
        return err;
    return place_close (crdt, box, set_add (&crdt->as.causal, box, element, size_bytes));
}

mst_err_t state_change_remove (mst_crdt_t *crdt, const mst_crdt_place_t *place, const void *element,
                               uint32_t size_bytes)
{
    uint32_t box;
    mst_err_t err = place_open (crdt, place, 1u << MST_CRDT_2PSET | 1u << MST_CRDT_ORSET, &box);
    if (err)
        return err;
    return place_close (crdt, box, set_remove (&crdt->as.causal, box, element, size_bytes));
}

/*  Registers --------------------------------------------------------------------------------- */

uint64_t state_item_stamp (const state_item_t *item)
{
    base_assert (state_item_bytes (item) >= STAMP_BYTES);
    return base_little_get64 (state_item_data (item));
}

static bool loses (const state_causal_t *self, const state_item_t *item, uint64_t stamp)
{
    uint64_t other = state_item_stamp (item);
    if (other != stamp)
        return other > stamp;
    return self->rows[state_dot_row (item->dot)].replica >= self->rows[0].replica;
}

static void others_clear (state_causal_t *self, uint32_t box, state_dot_t change)
{
    uint32_t next = state_items_first (self, box);
    while (next != STATE_NONE) {
        uint32_t index = next;
        next = state_items_next (self, index);
        if (state_dot_row (self->items[index].dot) == 0)
            continue;
        item_remove (self, index, change);
        next = state_items_first (self, box); /* the last one has moved */
    }
}

static mst_err_t register_set (state_causal_t *self, uint32_t box, uint64_t stamp,
                               const void *value, uint32_t size_bytes)
{
    bool stamped = self->boxes[box].type == MST_CRDT_LWW;
    uint32_t own = STATE_NONE, others = 0;
    uint8_t head[STAMP_BYTES];
    state_dot_t dot;
    for (uint32_t i = state_items_first (self, box); i != STATE_NONE;
         i = state_items_next (self, i)) {
        if (stamped && loses (self, &self->items[i], stamp))
            return MST_OK;
        if (state_dot_row (self->items[i].dot) == 0)
            own = i;
        else
            others++;
    }
    mst_err_t err = change_begin (self, own == STATE_NONE, 1 + others, &dot);
    if (err)
        return err;
    (void) base_little_put64 (head, stamp);
    state_item_t form = { .hash = state_item_hash_none (&self->boxes[box]), .box = box & 0xffffff };
    err = item_write (self, own, &form, head, stamped ? STAMP_BYTES : 0, value, size_bytes, dot);
    if (err)
        return err;
    if (others > 0)
        others_clear (self, box, dot);
    change_end (self);
    return MST_OK;
}

mst_err_t state_change_set (mst_crdt_t *crdt, const mst_crdt_place_t *place, uint64_t stamp,
                            const void *value, uint32_t size_bytes)
{
    uint32_t box;
    bool outer = place && !place->in && crdt->type == MST_CRDT_ORMAP;
    if (outer && place->type == MST_CRDT_LWW && (place->key || place->key_bytes == 0) &&
        state_again_set (&crdt->as.causal, place->key, place->key_bytes, stamp, value, size_bytes))
        return MST_OK;
    mst_err_t err = place_open (crdt, place, STATE_REGISTERS, &box);
    if (err)
        return err;
    return place_close (crdt, box, register_set (&crdt->as.causal, box, stamp, value, size_bytes));
}

/*  Counters ---------------------------------------------------------------------------------- */

static mst_err_t counter_add (state_causal_t *self, uint32_t box, uint64_t up, uint64_t down)
{
    uint32_t own = STATE_NONE;
    uint8_t sums[COUNTER_BYTES] = { 0 };
    state_dot_t dot;
    for (uint32_t i = state_items_first (self, box); i != STATE_NONE && own == STATE_NONE;
         i = state_items_next (self, i))
        if (state_dot_row (self->items[i].dot) == 0)
            own = i;
    if (own != STATE_NONE)
        memcpy (sums, state_item_data (&self->items[own]), sizeof sums);
    uint64_t had_up = base_little_get64 (sums), had_down = base_little_get64 (sums + 8);
    if (up > INT64_MAX - had_up || down > INT64_MAX - had_down)
        return base_error (MST_E_LIMIT, "one replica adds at most 2^63 - 1 to a counter");
    if (up == 0 && down == 0)
        return MST_OK;
    mst_err_t err = change_begin (self, own == STATE_NONE, 1, &dot);
    if (err)
        return err;
    (void) base_little_put64 (base_little_put64 (sums, had_up + up), had_down + down);
    state_item_t form = { .hash = state_item_hash_none (&self->boxes[box]), .box = box & 0xffffff };
    err = item_write (self, own, &form, sums, sizeof sums, NULL, 0, dot);
    if (!err)
        change_end (self);
    return err;
}

mst_err_t state_change_count (mst_crdt_t *crdt, const mst_crdt_place_t *place, uint64_t up,
                              uint64_t down)
{
    uint32_t box;
    unsigned types = down > 0 ? 1u << MST_CRDT_PNCOUNTER : STATE_COUNTERS;
    mst_err_t err = place_open (crdt, place, types, &box);
    if (err)
        return err;
    return place_close (crdt, box, counter_add (&crdt->as.causal, box, up, down));
}

/*  Sequences --------------------------------------------------------------------------------- */

static mst_err_t view_room (state_view_t *view)
{
    if (view->count < view->capacity)
        return MST_OK;
    uint32_t capacity = view->capacity ? view->capacity * 2 : 8;
    uint32_t *order = base_realloc (view->order, capacity * sizeof *order);
    if (!order)
        return base_alloc_error ();
    view->order = order;
    view->capacity = capacity;
    return MST_OK;
}

static mst_err_t index_bad (size_t index, size_t size)
{
    return base_error (MST_E_INVALID_ARGUMENT, "index %zu of a sequence of %zu", index, size);
}

static mst_err_t sequence_insert (mst_crdt_t *crdt, uint32_t box, size_t index, const void *element,
                                  uint32_t size_bytes)
{
    state_causal_t *self = &crdt->as.causal;
    state_view_t *view;
    state_dot_t dot;
    mst_err_t err = state_view_fresh (crdt, box, &view);
    if (!err && index > view->count)
        err = index_bad (index, view->count);
    if (!err)
        err = view_room (view);
    if (!err)
        err = change_begin (self, 1, 1, &dot);
    if (err)
        return err;
    uint64_t head[2] = { index > 0 ? self->items[view->order[index - 1]].dot : 0, self->sum + 1 };
    state_item_t item = { .dot = dot, .box = box & 0xffffff };
    item.hash = state_item_hash_dot (&self->boxes[box], crdt->replica, state_dot_count (dot));
    err = state_item_fill (self, &item, head, sizeof head, element, size_bytes);
    if (err)
        return err;
    uint32_t *at = view->order + index;
    memmove (at + 1, at, (view->count - index) * sizeof *at);
    *at = state_items_put (self, &item);
    view->count++;
    state_log_add (self, dot, item.hash, 0);
    change_end (self);
    return MST_OK;
}

static mst_err_t sequence_delete (mst_crdt_t *crdt, uint32_t box, size_t index)
{
    state_causal_t *self = &crdt->as.causal;
    state_view_t *view;
    state_dot_t dot;
    mst_err_t err = state_view_fresh (crdt, box, &view);
    if (!err && index >= view->count)
        err = index_bad (index, view->count);
    if (!err)
        err = change_begin (self, 0, 1, &dot);
    if (err)
        return err;
    state_item_t *item = &self->items[view->order[index]];
    state_item_delete (self, item);
    state_log_entry_t entry = {
        .change = dot, .dot = item->dot, .hash = item->hash, .form = STATE_LOG_DELETE
    };
    state_log_put (self, &entry);
    uint32_t *at = view->order + index;
    view->count--;
    memmove (at, at + 1, (view->count - index) * sizeof *at);
    change_end (self);
    return MST_OK;
}

/*  Its place stays, its value goes; what is left fits inside. */
void state_item_delete (state_causal_t *self, state_item_t *item)
{
    uint8_t head[STATE_SEQUENCE_HEAD];
    base_assert (state_item_bytes (item) >= sizeof head);
    memcpy (head, state_item_data (item), sizeof head);
    state_item_empty (self, item);
    memcpy (item->as.inside, head, sizeof head);
    item->size = sizeof head;
    item->flags |= STATE_FLAG_GONE;
}

mst_err_t mst_crdt_insert (mst_crdt_t *crdt, const mst_crdt_place_t *place, size_t index,
                           const void *element, uint32_t size_bytes)
{
    uint32_t box;
    mst_err_t err = state_causal_only (crdt, element, size_bytes);
    if (!err)
        err = place_open (crdt, place, 1u << MST_CRDT_RGA, &box);
    if (err)
        return err;
    return place_close (crdt, box, sequence_insert (crdt, box, index, element, size_bytes));
}

mst_err_t mst_crdt_delete (mst_crdt_t *crdt, const mst_crdt_place_t *place, size_t index)
{
    uint32_t box;
    mst_err_t err = state_causal_only (crdt, NULL, 0);
    if (!err)
        err = place_open (crdt, place, 1u << MST_CRDT_RGA, &box);
    if (err)
        return err;
    return place_close (crdt, box, sequence_delete (crdt, box, index));
}

/*  Maps -------------------------------------------------------------------------------------- */

static uint32_t box_content (const state_causal_t *self, uint32_t box)
{
    uint32_t count = self->boxes[box].items;
    if (self->boxes[box].type != MST_CRDT_ORMAP)
        return count;
    for (uint32_t child = self->boxes[box].child; child != STATE_NONE;
         child = self->boxes[child].next)
        count += box_content (self, child);
    return count;
}

static void box_erase (state_causal_t *self, uint32_t box, state_dot_t change)
{
    uint32_t item;
    while ((item = state_items_first (self, box)) != STATE_NONE)
        item_remove (self, item, change);
    bool map = self->boxes[box].type == MST_CRDT_ORMAP;
    uint32_t child = map ? self->boxes[box].child : STATE_NONE;
    while (child != STATE_NONE) {
        uint32_t next = self->boxes[child].next;
        box_erase (self, child, change);
        state_box_drop (self, child);
        child = next;
    }
}

mst_err_t mst_crdt_erase (mst_crdt_t *crdt, const mst_crdt_place_t *place)
{
    uint32_t box;
    state_dot_t dot;
    mst_err_t err = state_causal_only (crdt, NULL, 0);
    if (!err && !place)
        err =
            base_error (MST_E_INVALID_ARGUMENT, "what is erased is a key of a map: give its place");
    if (!err)
        err = state_place_find (crdt, place, STATE_ALL, &box);
    if (err || box == STATE_NONE)
        return err;
    uint32_t content = box_content (&crdt->as.causal, box);
    err = change_begin (&crdt->as.causal, 0, content, &dot);
    if (err)
        return err;
    box_erase (&crdt->as.causal, box, dot);
    state_box_prune (&crdt->as.causal, box);
    change_end (&crdt->as.causal);
    return MST_OK;
}
