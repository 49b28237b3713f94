/*  Places in an object, and what changes and reads share about them. */
#ifndef STATE_CHANGE_H
#define STATE_CHANGE_H

#include "state/object.h"

/*  Sets of types, as bits. */
enum {
    STATE_COUNTERS = 1 << MST_CRDT_GCOUNTER | 1 << MST_CRDT_PNCOUNTER,
    STATE_SETS = 1 << MST_CRDT_GSET | 1 << MST_CRDT_2PSET | 1 << MST_CRDT_ORSET,
    STATE_REGISTERS = 1 << MST_CRDT_LWW | 1 << MST_CRDT_MV,
    STATE_ALL = 0x3fe
};

/*  The box at a place, STATE_NONE when nothing was written there; `types`: what may stand there.
   The object is one of items. Errors: MST_E_INVALID_ARGUMENT, MST_E_LIMIT. */
mst_err_t state_place_find (const mst_crdt_t *crdt, const mst_crdt_place_t *place, unsigned types,
                            uint32_t *box);

/*  Objects that are a few numbers have neither sequences nor places; bytes are within their limit.
 */
mst_err_t state_causal_only (const mst_crdt_t *crdt, const void *data, uint32_t size_bytes);

mst_err_t state_change_add (mst_crdt_t *crdt, const mst_crdt_place_t *place, const void *element,
                            uint32_t size_bytes);
mst_err_t state_change_remove (mst_crdt_t *crdt, const mst_crdt_place_t *place, const void *element,
                               uint32_t size_bytes);
mst_err_t state_change_set (mst_crdt_t *crdt, const mst_crdt_place_t *place, uint64_t stamp,
                            const void *value, uint32_t size_bytes);
mst_err_t state_change_count (mst_crdt_t *crdt, const mst_crdt_place_t *place, uint64_t up,
                              uint64_t down);

bool state_set_contains (const state_causal_t *self, uint32_t box, const void *element,
                         uint32_t size_bytes);
/*  Is it this element of this set? */
static inline bool state_set_is (const state_item_t *item, uint32_t box, const void *element,
                                 uint32_t size_bytes, unsigned flags)
{
    return item->box == box && item->flags == flags && state_item_bytes (item) == size_bytes &&
           state_same (state_item_data (item), element, size_bytes);
}
uint64_t state_item_stamp (const state_item_t *item);              /* of an LWW register's item */
void state_item_delete (state_causal_t *self, state_item_t *item); /* of a sequence */

#endif
