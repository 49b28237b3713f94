/*  The root's four children hold the second smallest: that is all that the bounds need. */
#include "timemgmt/slot_heap.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stddef.h>
#include <string.h>

enum { HEAP_CHILDREN = 4 };

void timemgmt_slot_heap_fini (timemgmt_slot_heap_t *self)
{
    base_assert (self != NULL);
    base_free (self->items);
    base_free (self->places);
    *self = (timemgmt_slot_heap_t){ 0 };
}

mst_err_t timemgmt_slot_heap_reserve (timemgmt_slot_heap_t *self, uint32_t capacity)
{
    base_assert (self != NULL);
    if (capacity <= self->capacity)
        return MST_OK;
    timemgmt_slot_item_t *items = base_realloc (self->items, capacity * sizeof *items);
    if (!items)
        return base_alloc_error ();
    self->items = items;
    uint32_t *places = base_realloc (self->places, capacity * sizeof *places);
    if (!places)
        return base_alloc_error ();
    memset (places + self->capacity, 0, (capacity - self->capacity) * sizeof *places);
    self->places = places;
    self->capacity = capacity;
    base_assert (self->count <= capacity);
    return MST_OK;
}

static bool slot_less (timemgmt_slot_item_t a, timemgmt_slot_item_t b)
{
    return a.key != b.key ? a.key < b.key : a.slot < b.slot;
}

static void slot_put (timemgmt_slot_heap_t *self, uint32_t index, timemgmt_slot_item_t item)
{
    base_assert (index < self->capacity && item.slot < self->capacity);
    self->items[index] = item;
    self->places[item.slot] = index + 1;
}

static void slot_up (timemgmt_slot_heap_t *self, uint32_t index, timemgmt_slot_item_t item)
{
    base_assert (index < self->count);
    while (index > 0) {
        uint32_t parent = (index - 1) / HEAP_CHILDREN;
        if (!slot_less (item, self->items[parent]))
            break;
        slot_put (self, index, self->items[parent]);
        index = parent;
    }
    slot_put (self, index, item);
}

static void slot_down (timemgmt_slot_heap_t *self, uint32_t index, timemgmt_slot_item_t item)
{
    base_assert (index < self->count);
    for (;;) {
        uint32_t child = index * HEAP_CHILDREN + 1;
        if (child >= self->count)
            break;
        uint32_t end = child + HEAP_CHILDREN < self->count ? child + HEAP_CHILDREN : self->count;
        uint32_t least = child;
        for (uint32_t i = child + 1; i < end; i++)
            if (slot_less (self->items[i], self->items[least]))
                least = i;
        if (!slot_less (self->items[least], item))
            break;
        slot_put (self, index, self->items[least]);
        index = least;
    }
    slot_put (self, index, item);
}

void timemgmt_slot_heap_set (timemgmt_slot_heap_t *self, uint32_t slot, int64_t key)
{
    base_assert (slot < self->capacity);
    timemgmt_slot_item_t item = { key, slot };
    if (self->places[slot] == 0) {
        base_assert (self->count < self->capacity);
        self->count++;
        slot_up (self, self->count - 1, item);
        return;
    }
    uint32_t index = self->places[slot] - 1;
    if (slot_less (item, self->items[index]))
        slot_up (self, index, item);
    else
        slot_down (self, index, item);
}

void timemgmt_slot_heap_remove (timemgmt_slot_heap_t *self, uint32_t slot)
{
    if (!timemgmt_slot_heap_has (self, slot))
        return;
    base_assert (self->count > 0);
    timemgmt_slot_item_t last = self->items[--self->count];
    uint32_t index = self->places[slot] - 1;
    self->places[slot] = 0;
    if (last.slot == slot)
        return;
    base_assert (index < self->count && last.slot < self->capacity);
    self->places[last.slot] = index + 1;
    timemgmt_slot_item_t gone = self->items[index];
    if (slot_less (last, gone))
        slot_up (self, index, last);
    else
        slot_down (self, index, last);
}

bool timemgmt_slot_heap_has (const timemgmt_slot_heap_t *self, uint32_t slot)
{
    base_assert (self != NULL);
    return slot < self->capacity && self->places[slot] != 0;
}

int64_t timemgmt_slot_heap_key (const timemgmt_slot_heap_t *self, uint32_t slot)
{
    base_assert (timemgmt_slot_heap_has (self, slot));
    base_assert (self->places[slot] <= self->count);
    return self->items[self->places[slot] - 1].key;
}

const timemgmt_slot_item_t *timemgmt_slot_heap_top (const timemgmt_slot_heap_t *self)
{
    base_assert (self != NULL);
    return self->count > 0 ? &self->items[0] : NULL;
}

const timemgmt_slot_item_t *timemgmt_slot_heap_top_but (const timemgmt_slot_heap_t *self,
                                                        uint32_t slot)
{
    base_assert (self != NULL);
    if (self->count == 0 || self->items[0].slot != slot)
        return timemgmt_slot_heap_top (self);
    const timemgmt_slot_item_t *least = NULL;
    for (uint32_t i = 1; i <= HEAP_CHILDREN && i < self->count; i++)
        if (!least || slot_less (self->items[i], *least))
            least = &self->items[i];
    base_assert (least != NULL || self->count == 1);
    return least;
}
