/*  Items lie dense in an array; a table of indices finds them by hash, by linear probing with
   removal by shifting back (Knuth, The Art of Computer Programming 3, 6.4, Algorithm R). Large
   arrays grow by an eighth: memory per element is a promise. */
#include "state/object.h"
#include "base/alloc.h"

enum { ITEMS_FIRST = 4, ITEMS_STEADY = 1024, SLOTS_FIRST = 8 };

static uint32_t grown (uint32_t capacity, uint32_t needed)
{
    uint32_t larger = capacity < ITEMS_FIRST ? ITEMS_FIRST : capacity;
    while (larger < needed)
        larger += larger < ITEMS_STEADY ? larger : larger / 8;
    return larger;
}

static void slots_enter (uint32_t *slots, uint32_t mask, uint32_t hash, uint32_t index)
{
    uint32_t slot = hash & mask;
    while (slots[slot] != 0)
        slot = (slot + 1) & mask;
    slots[slot] = index + 1;
}

/*  At most three quarters full. */
static mst_err_t slots_reserve (state_causal_t *self, uint32_t items)
{
    uint32_t count = self->slot_count ? self->slot_count : SLOTS_FIRST;
    while ((uint64_t) items * 4 > (uint64_t) count * 3)
        count *= 2;
    if (count == self->slot_count)
        return MST_OK;
    uint32_t *slots = base_calloc (count, sizeof *slots);
    if (!slots)
        return base_alloc_error ();
    for (uint32_t i = 0; i < self->item_count; i++)
        slots_enter (slots, count - 1, self->items[i].hash, i);
    base_free (self->slots);
    self->slots = slots;
    self->slot_count = count;
    return MST_OK;
}

static mst_err_t items_grow (state_causal_t *self, uint32_t needed, bool linked)
{
    uint32_t capacity = grown (self->item_capacity, needed);
    state_item_t *items = base_realloc (self->items, capacity * sizeof *items);
    if (!items)
        return base_alloc_error ();
    self->items = items;
    if (linked) {
        state_link_t *links = base_realloc (self->links, capacity * sizeof *links);
        if (!links)
            return base_alloc_error ();
        self->links = links;
    }
    self->item_capacity = capacity;
    state_log_limit (self);
    return MST_OK;
}

mst_err_t state_items_reserve (state_causal_t *self, uint32_t more)
{
    base_assert (self->item_count <= self->item_capacity);
    if (more > STATE_ITEMS_MAX || self->item_count > STATE_ITEMS_MAX - more)
        return base_error (MST_E_LIMIT, "an object has at most %d items", STATE_ITEMS_MAX);
    uint32_t needed = self->item_count + more;
    if (needed > self->item_capacity) {
        mst_err_t err = items_grow (self, needed, self->boxes[0].type == MST_CRDT_ORMAP);
        if (err)
            return err;
    }
    return (uint64_t) needed * 4 > (uint64_t) self->slot_count * 3 ? slots_reserve (self, needed)
                                                                   : MST_OK;
}

uint32_t state_items_find_dot (const state_causal_t *self, uint32_t hash, state_dot_t dot)
{
    uint32_t probe = hash, index;
    while ((index = state_items_probe (self, hash, &probe)) != STATE_NONE)
        if (self->items[index].dot == dot)
            return index;
    return STATE_NONE;
}

static uint32_t slot_of (const state_causal_t *self, uint32_t index)
{
    uint32_t mask = self->slot_count - 1, slot = self->items[index].hash & mask;
    while (self->slots[slot] != index + 1) {
        base_assert (self->slots[slot] != 0);
        slot = (slot + 1) & mask;
    }
    return slot;
}

static void slot_clear (state_causal_t *self, uint32_t gap)
{
    uint32_t mask = self->slot_count - 1;
    for (uint32_t slot = (gap + 1) & mask; self->slots[slot] != 0; slot = (slot + 1) & mask) {
        uint32_t home = self->items[self->slots[slot] - 1].hash & mask;
        if (((slot - home) & mask) < ((slot - gap) & mask))
            continue; /* it may not stand before its home */
        self->slots[gap] = self->slots[slot];
        gap = slot;
    }
    self->slots[gap] = 0;
}

static void link_in (state_causal_t *self, uint32_t index)
{
    state_box_t *box = &self->boxes[self->items[index].box];
    self->links[index] = (state_link_t){ .next = box->first, .previous = STATE_NONE };
    if (box->first != STATE_NONE)
        self->links[box->first].previous = index;
    box->first = index;
}

static void link_out (state_causal_t *self, uint32_t index)
{
    state_link_t link = self->links[index];
    if (link.previous != STATE_NONE)
        self->links[link.previous].next = link.next;
    else
        self->boxes[self->items[index].box].first = link.next;
    if (link.next != STATE_NONE)
        self->links[link.next].previous = link.previous;
}

uint32_t state_items_put (state_causal_t *self, const state_item_t *item)
{
    base_assert (self->item_count < self->item_capacity);
    base_assert ((uint64_t) (self->item_count + 1) * 4 <= (uint64_t) self->slot_count * 3);
    uint32_t index = self->item_count++;
    self->items[index] = *item;
    slots_enter (self->slots, self->slot_count - 1, item->hash, index);
    self->boxes[item->box].items++;
    self->rows[state_dot_row (item->dot)].items++;
    if (self->links)
        link_in (self, index);
    return index;
}

/*  The last item moves to `index`, which is free. */
static void items_move_last (state_causal_t *self, uint32_t index)
{
    uint32_t last = self->item_count - 1;
    if (index == last)
        return;
    self->slots[slot_of (self, last)] = index + 1;
    if (self->links) {
        link_out (self, last);
        self->items[index] = self->items[last];
        link_in (self, index);
    } else
        self->items[index] = self->items[last];
    state_view_stale (self, self->items[index].box);
}

void state_items_remove (state_causal_t *self, uint32_t index)
{
    base_assert (index < self->item_count);
    state_item_t *item = &self->items[index];
    uint32_t row = state_dot_row (item->dot);
    state_view_stale (self, item->box);
    self->boxes[item->box].items--;
    slot_clear (self, slot_of (self, index));
    if (self->links)
        link_out (self, index);
    state_item_empty (self, item);
    items_move_last (self, index);
    self->item_count--;
    if (--self->rows[row].items == 0 && self->rows[row].count == STATE_COUNT_MAX)
        state_row_release (self, row);
}

void state_item_empty (state_causal_t *self, state_item_t *item)
{
    if (item->size == STATE_FAR) {
        base_assert (self->far_bytes >= item->as.far.size_bytes);
        self->far_bytes -= item->as.far.size_bytes;
        base_free (item->as.far.data);
    }
    item->size = 0;
}

/*  What stood in the item goes, once nothing can fail any more. */
static mst_err_t item_fill_far (state_causal_t *self, state_item_t *item, const void *head,
                                uint32_t head_bytes, const void *data, uint32_t size_bytes)
{
    uint32_t total = head_bytes + size_bytes;
    uint8_t *far = base_alloc (total);
    if (!far)
        return base_alloc_error ();
    (void) state_put (state_put (far, head, head_bytes), data, size_bytes);
    state_item_empty (self, item);
    item->size = STATE_FAR;
    item->as.far.data = far;
    item->as.far.size_bytes = total;
    self->far_bytes += total;
    return MST_OK;
}

mst_err_t state_item_fill (state_causal_t *self, state_item_t *item, const void *head,
                           uint32_t head_bytes, const void *data, uint32_t size_bytes)
{
    uint32_t total = head_bytes + size_bytes;
    base_assert (size_bytes <= MST_CRDT_BYTES_MAX && head_bytes <= STATE_INSIDE_BYTES);
    if (total > STATE_INSIDE_BYTES)
        return item_fill_far (self, item, head, head_bytes, data, size_bytes);
    if (item->size == STATE_FAR)
        state_item_empty (self, item);
    state_copy (item->as.inside, head, head_bytes);
    state_copy (item->as.inside + head_bytes, data, size_bytes);
    item->size = (uint8_t) (total & 0x1f);
    return MST_OK;
}

uint32_t state_item_hash_of (const state_causal_t *self, const state_item_t *item)
{
    const state_box_t *box = &self->boxes[item->box];
    if (state_is_set (box->type))
        return state_item_hash (box, state_item_data (item), state_item_bytes (item), item->flags);
    if (box->type != MST_CRDT_RGA)
        return state_item_hash_none (box);
    const state_row_t *row = &self->rows[state_dot_row (item->dot)];
    return state_item_hash_dot (box, row->replica, state_dot_count (item->dot));
}

uint32_t state_item_check_of (const state_causal_t *self, const state_item_t *item)
{
    const state_box_t *box = &self->boxes[item->box];
    uint64_t check =
        state_hash (state_hash_mix (box->type, item->flags), state_box_key (box), box->key_bytes);
    if (state_is_set (box->type))
        check = state_hash (check, state_item_data (item), state_item_bytes (item));
    return (uint32_t) check & ~(uint32_t) STATE_LOG_KIND;
}
