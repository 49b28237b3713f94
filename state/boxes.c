/*  The places of a map and of maps inside it. A box has a number that stays; freed numbers are used
    again. Box 0 is the object itself. */
#include "state/object.h"
#include "base/alloc.h"

enum { BOXES_FIRST = 1, BOXES_STEADY = 1024, SLOTS_FIRST = 8 };

uint32_t state_box_find (const state_causal_t *self, uint32_t parent, unsigned type,
                         const void *key, uint32_t key_bytes)
{
    base_assert (parent < self->box_count && (key || key_bytes == 0));
    return state_box_look (self, parent, type, key, key_bytes);
}

/*  Box 0 is never in the table, so that 0 can mean a free slot. */
static void slots_enter (uint32_t *slots, uint32_t mask, uint32_t hash, uint32_t box)
{
    uint32_t slot = hash & mask;
    base_assert (box != 0);
    while (slots[slot] != 0)
        slot = (slot + 1) & mask;
    slots[slot] = box;
}

static mst_err_t slots_reserve (state_causal_t *self)
{
    uint32_t count = self->box_slot_count ? self->box_slot_count : SLOTS_FIRST;
    while (((uint64_t) self->box_live + 1) * 4 > (uint64_t) count * 3)
        count *= 2;
    if (count == self->box_slot_count)
        return MST_OK;
    uint32_t *slots = base_calloc (count, sizeof *slots);
    if (!slots)
        return base_alloc_error ();
    for (uint32_t i = 1; i < self->box_count; i++)
        if (self->boxes[i].type != 0)
            slots_enter (slots, count - 1, self->boxes[i].hash, i);
    base_free (self->box_slots);
    self->box_slots = slots;
    self->box_slot_count = count;
    return MST_OK;
}

static mst_err_t boxes_room (state_causal_t *self)
{
    if (self->box_free != STATE_NONE || self->box_count < self->box_capacity)
        return MST_OK;
    if (self->box_count >= MST_CRDT_KEYS_MAX)
        return base_error (MST_E_LIMIT, "MST_CRDT_KEYS_MAX (%d) is reached: use several maps",
                           MST_CRDT_KEYS_MAX);
    uint32_t capacity = self->box_capacity < BOXES_STEADY
                            ? (self->box_capacity ? self->box_capacity * 2 : BOXES_FIRST)
                            : self->box_capacity + self->box_capacity / 8;
    state_box_t *boxes = base_realloc (self->boxes, capacity * sizeof *boxes);
    if (!boxes)
        return base_alloc_error ();
    self->boxes = boxes;
    self->box_capacity = capacity;
    return MST_OK;
}

static mst_err_t box_key (state_causal_t *self, state_box_t *box, const void *key,
                          uint32_t key_bytes)
{
    box->key_bytes = key_bytes;
    uint8_t *at = box->key.inside;
    if (key_bytes > STATE_INSIDE_BYTES) {
        at = box->key.far = base_alloc (key_bytes);
        if (!at)
            return base_alloc_error ();
        self->far_bytes += key_bytes;
    }
    state_put (at, key, key_bytes);
    return MST_OK;
}

static void box_link (state_causal_t *self, uint32_t index)
{
    state_box_t *box = &self->boxes[index], *parent = &self->boxes[box->parent];
    box->next = parent->child;
    box->previous = STATE_NONE;
    if (parent->child != STATE_NONE)
        self->boxes[parent->child].previous = index;
    parent->child = index;
}

mst_err_t state_box_make (state_causal_t *self, uint32_t parent, unsigned type, const void *key,
                          uint32_t key_bytes, uint32_t *box)
{
    bool root = self->box_count == 0;
    *box = root ? STATE_NONE : state_box_find (self, parent, type, key, key_bytes);
    if (*box != STATE_NONE)
        return MST_OK;
    base_assert (root || self->boxes[parent].type == MST_CRDT_ORMAP);
    mst_err_t err = boxes_room (self);
    if (!err && !root)
        err = slots_reserve (self);
    state_box_t fresh = { .parent = parent,
                          .first = STATE_NONE,
                          .child = STATE_NONE,
                          .next = STATE_NONE,
                          .previous = STATE_NONE,
                          .type = (uint8_t) type };
    if (!err)
        err = box_key (self, &fresh, key, key_bytes);
    if (err)
        return err;
    fresh.hash = state_box_hash (root ? 0 : self->boxes[parent].hash, type, key, key_bytes);
    fresh.depth = root ? 0 : (uint8_t) (self->boxes[parent].depth + 1);
    uint32_t index = self->box_free;
    if (index != STATE_NONE)
        self->box_free = self->boxes[index].next;
    else
        index = self->box_count++;
    self->boxes[index] = fresh;
    self->box_live++;
    if (!root) {
        box_link (self, index);
        slots_enter (self->box_slots, self->box_slot_count - 1, fresh.hash, index);
    }
    *box = index;
    return MST_OK;
}

static void slot_clear (state_causal_t *self, uint32_t box)
{
    uint32_t mask = self->box_slot_count - 1, gap = self->boxes[box].hash & mask;
    while (self->box_slots[gap] != box) {
        base_assert (self->box_slots[gap] != 0);
        gap = (gap + 1) & mask;
    }
    for (uint32_t slot = (gap + 1) & mask; self->box_slots[slot] != 0; slot = (slot + 1) & mask) {
        uint32_t home = self->boxes[self->box_slots[slot]].hash & mask;
        if (((slot - home) & mask) < ((slot - gap) & mask))
            continue;
        self->box_slots[gap] = self->box_slots[slot];
        gap = slot;
    }
    self->box_slots[gap] = 0;
}

static void box_free (state_causal_t *self, uint32_t index)
{
    state_box_t *box = &self->boxes[index];
    base_assert (box->items == 0 && index != 0);
    slot_clear (self, index);
    if (box->previous != STATE_NONE)
        self->boxes[box->previous].next = box->next;
    else
        self->boxes[box->parent].child = box->next;
    if (box->next != STATE_NONE)
        self->boxes[box->next].previous = box->previous;
    if (box->key_bytes > STATE_INSIDE_BYTES) {
        self->far_bytes -= box->key_bytes;
        base_free (box->key.far);
    }
    box->type = 0;
    box->next = self->box_free;
    self->box_free = index;
    self->box_live--;
}

void state_box_drop (state_causal_t *self, uint32_t box)
{
    if (box == 0 || self->boxes[box].items > 0 || self->boxes[box].pinned)
        return;
    if (self->boxes[box].type == MST_CRDT_RGA)
        state_view_drop (self, box);
    if (self->boxes[box].child == STATE_NONE)
        box_free (self, box);
}

void state_box_prune (state_causal_t *self, uint32_t box)
{
    while (box != 0) {
        uint32_t parent = self->boxes[box].parent;
        state_box_drop (self, box);
        if (self->boxes[box].type != 0)
            return;
        box = parent;
    }
}

int state_bytes_compare (const void *a, size_t a_bytes, const void *b, size_t b_bytes)
{
    size_t common = a_bytes < b_bytes ? a_bytes : b_bytes;
    int order = common > 0 ? memcmp (a, b, common) : 0;
    return order != 0 ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

static int box_compare_one (const state_box_t *a, const state_box_t *b)
{
    int order =
        state_bytes_compare (state_box_key (a), a->key_bytes, state_box_key (b), b->key_bytes);
    return order != 0 ? order : (int) a->type - (int) b->type;
}

/*  Climbs to the same depth, then together, so that the last difference seen is the outermost. */
int state_box_compare (const state_causal_t *self, uint32_t a, uint32_t b)
{
    int order = (int) self->boxes[a].depth - (int) self->boxes[b].depth;
    while (self->boxes[a].depth > self->boxes[b].depth)
        a = self->boxes[a].parent;
    while (self->boxes[b].depth > self->boxes[a].depth)
        b = self->boxes[b].parent;
    for (; a != b; a = self->boxes[a].parent, b = self->boxes[b].parent) {
        int here = box_compare_one (&self->boxes[a], &self->boxes[b]);
        if (here != 0)
            order = here;
    }
    return order;
}
