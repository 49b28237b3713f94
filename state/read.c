/*  What stands in an object: values, sizes, walks in an order that is the same on every replica. */
#include "state/causal.h"
#include "state/change.h"
#include "base/alloc.h"

/*  Counters and registers -------------------------------------------------------------------- */

static mst_err_t items_count (const state_causal_t *self, uint32_t box, int64_t *value)
{
    __extension__ typedef __int128 wide_t;
    wide_t sum = 0;
    for (uint32_t i = state_items_first (self, box); i != STATE_NONE;
         i = state_items_next (self, i)) {
        const uint8_t *data = state_item_data (&self->items[i]);
        sum += (wide_t) base_little_get64 (data) - base_little_get64 (data + 8);
    }
    if (sum > INT64_MAX || sum < INT64_MIN)
        return base_error (MST_E_LIMIT, "the counter's value needs more than 64 bits");
    *value = (int64_t) sum;
    return MST_OK;
}

mst_err_t mst_crdt_count (const mst_crdt_t *crdt, const mst_crdt_place_t *place, int64_t *value)
{
    uint32_t box;
    base_assert (crdt != NULL && value != NULL);
    if (!place && state_is_counter (crdt->type))
        return state_counter_value (crdt, value);
    mst_err_t err = state_causal_only (crdt, NULL, 0);
    if (!err)
        err = state_place_find (crdt, place, STATE_COUNTERS, &box);
    if (err)
        return err;
    *value = 0;
    return box == STATE_NONE ? MST_OK : items_count (&crdt->as.causal, box, value);
}

/*  Of several writes the one with the largest (stamp, replica). */
static const state_item_t *latest_of (const state_causal_t *self, uint32_t box)
{
    const state_item_t *best = NULL;
    for (uint32_t i = state_items_first (self, box); i != STATE_NONE;
         i = state_items_next (self, i)) {
        const state_item_t *item = &self->items[i];
        if (!best || state_item_stamp (item) > state_item_stamp (best) ||
            (state_item_stamp (item) == state_item_stamp (best) &&
             self->rows[state_dot_row (item->dot)].replica >
                 self->rows[state_dot_row (best->dot)].replica))
            best = item;
    }
    return best;
}

static bool register_get (const state_register_t *self, const void **value, uint32_t *size_bytes,
                          uint64_t *stamp)
{
    if (self->stamp == 0)
        return false;
    *value = self->size_bytes > STATE_INSIDE_BYTES ? self->far : self->inside;
    *size_bytes = self->size_bytes;
    *stamp = self->stamp;
    return true;
}

static bool items_get (const state_causal_t *self, uint32_t box, const void **value,
                       uint32_t *size_bytes, uint64_t *stamp)
{
    bool stamped = self->boxes[box].type == MST_CRDT_LWW;
    if (self->boxes[box].items == 0 || (!stamped && self->boxes[box].items > 1))
        return false;
    const state_item_t *item =
        stamped ? latest_of (self, box) : &self->items[state_items_first (self, box)];
    uint32_t head = stamped ? 8 : 0;
    *value = state_item_data (item) + head;
    *size_bytes = state_item_bytes (item) - head;
    *stamp = stamped ? state_item_stamp (item) : 0;
    return true;
}

bool mst_crdt_get (const mst_crdt_t *crdt, const mst_crdt_place_t *place, const void **value,
                   uint32_t *size_bytes, uint64_t *stamp)
{
    uint32_t box, size_here;
    uint64_t stamp_here;
    size_bytes = size_bytes ? size_bytes : &size_here;
    stamp = stamp ? stamp : &stamp_here;
    if (!place && crdt->type == MST_CRDT_LWW)
        return register_get (&crdt->as.reg, value, size_bytes, stamp);
    if (!state_is_causal (crdt->type) || state_place_find (crdt, place, STATE_REGISTERS, &box) ||
        box == STATE_NONE)
        return false;
    return items_get (&crdt->as.causal, box, value, size_bytes, stamp);
}

/*  Sets, sequences, maps --------------------------------------------------------------------- */

bool mst_crdt_contains (const mst_crdt_t *crdt, const mst_crdt_place_t *place, const void *element,
                        uint32_t size_bytes)
{
    uint32_t box;
    if (state_causal_only (crdt, element, size_bytes) ||
        state_place_find (crdt, place, STATE_SETS, &box) || box == STATE_NONE)
        return false;
    return state_set_contains (&crdt->as.causal, box, element, size_bytes);
}

mst_err_t mst_crdt_at_index (mst_crdt_t *crdt, const mst_crdt_place_t *place, size_t index,
                             const void **element, uint32_t *size_bytes)
{
    uint32_t box;
    state_view_t *view = NULL;
    mst_err_t err = state_causal_only (crdt, NULL, 0);
    if (!err)
        err = state_place_find (crdt, place, 1u << MST_CRDT_RGA, &box);
    if (!err && box != STATE_NONE)
        err = state_view_fresh (crdt, box, &view);
    if (err)
        return err;
    if (!view || index >= view->count)
        return base_error (MST_E_INVALID_ARGUMENT, "index %zu of a sequence of %u", index,
                           view ? view->count : 0);
    const state_item_t *item = &crdt->as.causal.items[view->order[index]];
    *element = state_item_data (item) + STATE_SEQUENCE_HEAD;
    if (size_bytes)
        *size_bytes = state_item_bytes (item) - STATE_SEQUENCE_HEAD;
    return MST_OK;
}

/*  2P-set: an add that another replica made may stand beside what keeps it out. */
static bool element_shows (const state_causal_t *self, uint32_t box, const state_item_t *item)
{
    if (item->flags & STATE_FLAG_GONE)
        return false;
    return self->boxes[box].type != MST_CRDT_2PSET ||
           state_set_contains (self, box, state_item_data (item), state_item_bytes (item));
}

/*  A place with nothing to see in it (a set whose elements are kept out, a sequence whose elements
    are deleted) is no key. */
static bool box_shows (const state_causal_t *self, uint32_t box)
{
    if (self->boxes[box].type == MST_CRDT_ORMAP) {
        uint32_t child = self->boxes[box].child;
        while (child != STATE_NONE && !box_shows (self, child))
            child = self->boxes[child].next;
        return child != STATE_NONE;
    }
    uint32_t item = state_items_first (self, box);
    while (item != STATE_NONE && !element_shows (self, box, &self->items[item]))
        item = state_items_next (self, item);
    return item != STATE_NONE;
}

/*  What a walk visits: items of a box, or the boxes inside it. */
typedef struct walk {
    const state_causal_t *object;
    bool keys;
    uint32_t *entries; /* room for twice as many */
    uint32_t count;
} walk_t;

static const uint8_t *entry_data (const walk_t *walk, uint32_t entry, uint32_t *size_bytes)
{
    const state_causal_t *self = walk->object;
    if (walk->keys) {
        *size_bytes = self->boxes[entry].key_bytes;
        return state_box_key (&self->boxes[entry]);
    }
    const state_item_t *item = &self->items[entry];
    uint32_t head = self->boxes[item->box].type == MST_CRDT_LWW ? 8 : 0;
    *size_bytes = state_item_bytes (item) - head;
    return state_item_data (item) + head;
}

static int walk_compare (const void *context, uint32_t a, uint32_t b)
{
    const walk_t *walk = context;
    uint32_t a_bytes, b_bytes;
    const uint8_t *left = entry_data (walk, a, &a_bytes), *right = entry_data (walk, b, &b_bytes);
    int order = state_bytes_compare (left, a_bytes, right, b_bytes);
    if (order != 0 || !walk->keys)
        return order;
    return (int) walk->object->boxes[a].type - (int) walk->object->boxes[b].type;
}

static mst_err_t walk_room (walk_t *walk, size_t most)
{
    walk->entries = base_alloc ((most + 1) * 2 * sizeof *walk->entries);
    return walk->entries ? MST_OK : base_alloc_error ();
}

static mst_err_t walk_keys (walk_t *walk, uint32_t box)
{
    const state_causal_t *self = walk->object;
    size_t most = 0;
    for (uint32_t i = self->boxes[box].child; i != STATE_NONE; i = self->boxes[i].next)
        most++;
    mst_err_t err = walk_room (walk, most);
    for (uint32_t i = self->boxes[box].child; !err && i != STATE_NONE; i = self->boxes[i].next)
        if (box_shows (self, i))
            walk->entries[walk->count++] = i;
    return err;
}

/*  Elements come once, however many replicas added them; an LWW register has one value. */
static mst_err_t walk_items (walk_t *walk, uint32_t box)
{
    const state_causal_t *self = walk->object;
    mst_err_t err = walk_room (walk, self->boxes[box].items);
    if (err)
        return err;
    if (self->boxes[box].type == MST_CRDT_LWW) {
        walk->entries[walk->count++] = (uint32_t) (latest_of (self, box) - self->items);
        return MST_OK;
    }
    for (uint32_t i = state_items_first (self, box); i != STATE_NONE;
         i = state_items_next (self, i))
        if (element_shows (self, box, &self->items[i]))
            walk->entries[walk->count++] = i;
    return MST_OK;
}

static void walk_sort (walk_t *walk, bool once)
{
    uint32_t kept = 0;
    state_sort (walk->entries, walk->entries + walk->count, walk->count, walk_compare, walk);
    for (uint32_t i = 0; i < walk->count; i++)
        if (!once || i == 0 || walk_compare (walk, walk->entries[kept - 1], walk->entries[i]) != 0)
            walk->entries[kept++] = walk->entries[i];
    walk->count = kept;
}

static void walk_visit (const walk_t *walk, mst_crdt_visit_t *visit, void *context)
{
    for (uint32_t i = 0; i < walk->count; i++) {
        uint32_t size_bytes;
        const uint8_t *data = entry_data (walk, walk->entries[i], &size_bytes);
        unsigned type = walk->keys ? walk->object->boxes[walk->entries[i]].type : 0;
        if (!visit (context, data, size_bytes, (mst_crdt_type_t) type))
            return;
    }
}

static mst_err_t sequence_each (const mst_crdt_t *crdt, uint32_t box, mst_crdt_visit_t *visit,
                                void *context)
{
    const state_causal_t *self = &crdt->as.causal;
    state_view_t *view;
    mst_err_t err = state_view_fresh (crdt, box, &view);
    for (uint32_t i = 0; !err && i < view->count; i++) {
        const state_item_t *item = &self->items[view->order[i]];
        if (!visit (context, state_item_data (item) + STATE_SEQUENCE_HEAD,
                    state_item_bytes (item) - STATE_SEQUENCE_HEAD, (mst_crdt_type_t) 0))
            break;
    }
    return err;
}

static mst_err_t box_walk (walk_t *walk, uint32_t box)
{
    unsigned type = walk->object->boxes[box].type;
    walk->keys = type == MST_CRDT_ORMAP;
    mst_err_t err = walk->keys ? walk_keys (walk, box) : walk_items (walk, box);
    if (!err)
        walk_sort (walk, state_is_set (type));
    return err;
}

mst_err_t mst_crdt_each (const mst_crdt_t *crdt, const mst_crdt_place_t *place,
                         mst_crdt_visit_t *visit, void *context)
{
    uint32_t box;
    base_assert (crdt != NULL && visit != NULL);
    const state_register_t *reg = &crdt->as.reg;
    if (!place && crdt->type == MST_CRDT_LWW) {
        if (reg->stamp != 0)
            (void) visit (context, reg->size_bytes > STATE_INSIDE_BYTES ? reg->far : reg->inside,
                          reg->size_bytes, (mst_crdt_type_t) 0);
        return MST_OK;
    }
    mst_err_t err = state_causal_only (crdt, NULL, 0);
    if (!err)
        err = state_place_find (crdt, place, STATE_ALL & ~(unsigned) STATE_COUNTERS, &box);
    if (err || box == STATE_NONE)
        return err;
    walk_t walk = { .object = &crdt->as.causal };
    if (walk.object->boxes[box].items == 0 && walk.object->boxes[box].type != MST_CRDT_ORMAP)
        return MST_OK;
    if (walk.object->boxes[box].type == MST_CRDT_RGA)
        return sequence_each (crdt, box, visit, context);
    err = box_walk (&walk, box);
    if (!err)
        walk_visit (&walk, visit, context);
    base_free (walk.entries);
    return err;
}

/*  Size -------------------------------------------------------------------------------------- */

/*  An element that several replicas added counts once: for its item that the table gives first. */
static bool first_of_element (const state_causal_t *self, uint32_t box, uint32_t index)
{
    const state_item_t *item = &self->items[index];
    uint32_t probe = item->hash, other;
    while ((other = state_items_probe (self, item->hash, &probe)) != STATE_NONE)
        if (state_set_is (&self->items[other], box, state_item_data (item), state_item_bytes (item),
                          item->flags))
            return other == index;
    return true;
}

static size_t items_size (const state_causal_t *self, uint32_t box)
{
    size_t size = 0;
    bool set = state_is_set (self->boxes[box].type);
    for (uint32_t i = state_items_first (self, box); i != STATE_NONE;
         i = state_items_next (self, i))
        size +=
            element_shows (self, box, &self->items[i]) && (!set || first_of_element (self, box, i));
    return size;
}

static size_t box_size (const state_causal_t *self, uint32_t box)
{
    const state_box_t *at = &self->boxes[box];
    size_t size = 0;
    if (at->type == MST_CRDT_ORMAP) {
        for (uint32_t i = at->child; i != STATE_NONE; i = self->boxes[i].next)
            size += box_shows (self, i);
        return size;
    }
    if (state_is_counter (at->type) || at->type == MST_CRDT_LWW)
        return at->items > 0;
    if (at->type == MST_CRDT_RGA && at->child != STATE_NONE && !self->views[at->child].stale)
        return self->views[at->child].count;
    return items_size (self, box);
}

size_t mst_crdt_size (const mst_crdt_t *crdt, const mst_crdt_place_t *place)
{
    uint32_t box;
    if (!place && crdt->type == MST_CRDT_LWW)
        return crdt->as.reg.stamp != 0;
    if (!place && state_is_counter (crdt->type))
        return state_counter_version (crdt, NULL, 0) > 0 ||
               (crdt->as.counter.count > 0 && crdt->as.counter.rows[0].replica == 0);
    if (state_causal_only (crdt, NULL, 0) || state_place_find (crdt, place, STATE_ALL, &box) ||
        box == STATE_NONE)
        return 0;
    return box_size (&crdt->as.causal, box);
}
