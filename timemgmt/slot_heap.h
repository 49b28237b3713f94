/*  A 4-ary heap of slots with keys, smallest first, equal keys by slot, in which a slot's key can
   be changed (Johnson 1975). Private to this folder. */
#ifndef TIMEMGMT_SLOT_HEAP_H
#define TIMEMGMT_SLOT_HEAP_H

#include <stdbool.h>
#include <stdint.h>
#include <muster/error.h>

typedef struct timemgmt_slot_item {
    int64_t key;
    uint32_t slot;
} timemgmt_slot_item_t;

typedef struct timemgmt_slot_heap {
    timemgmt_slot_item_t *items;
    uint32_t *places; /* slot -> index in items + 1; 0: not there */
    uint32_t count;
    uint32_t capacity; /* slots below it may be set */
} timemgmt_slot_heap_t;

void timemgmt_slot_heap_fini (timemgmt_slot_heap_t *self);

/*  Slots below `capacity` can then be set without failing. Errors: MST_E_NO_MEMORY. */
mst_err_t timemgmt_slot_heap_reserve (timemgmt_slot_heap_t *self, uint32_t capacity);

/*  Inserts the slot, or gives it another key. */
void timemgmt_slot_heap_set (timemgmt_slot_heap_t *self, uint32_t slot, int64_t key);
void timemgmt_slot_heap_remove (timemgmt_slot_heap_t *self, uint32_t slot); /* or does nothing */
bool timemgmt_slot_heap_has (const timemgmt_slot_heap_t *self, uint32_t slot);
int64_t timemgmt_slot_heap_key (const timemgmt_slot_heap_t *self, uint32_t slot);

/*  The smallest item, also when that of `slot` is left out. NULL: none. */
const timemgmt_slot_item_t *timemgmt_slot_heap_top (const timemgmt_slot_heap_t *self);
const timemgmt_slot_item_t *timemgmt_slot_heap_top_but (const timemgmt_slot_heap_t *self,
                                                        uint32_t slot);

#endif
