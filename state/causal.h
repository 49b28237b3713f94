/*  What encoding and merging share. */
#ifndef STATE_CAUSAL_H
#define STATE_CAUSAL_H

#include "state/object.h"

/*  The order of items of one place by what they are found under; 0 for registers, counters and
    sequences, whose items differ by dot alone. */
int state_item_key_compare (const state_causal_t *self, const state_item_t *a,
                            const state_item_t *b);

/*  Of a sequence's item: after which dot it stands (0: at the beginning), and how late it is. */
static inline state_dot_t state_sequence_parent (const state_item_t *item)
{
    state_dot_t dot;
    memcpy (&dot, state_item_data (item), sizeof dot);
    return dot;
}

static inline uint64_t state_sequence_key (const state_item_t *item)
{
    uint64_t key;
    memcpy (&key, state_item_data (item) + sizeof (state_dot_t), sizeof key);
    return key;
}

#endif
