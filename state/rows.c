/*  The version: how far each replica's changes were seen. Few rows, searched from the start; a
    forgotten replica's row stays, with the count that nothing exceeds, as long as items name it. */
#include "state/causal.h"
#include "base/alloc.h"

enum { ROWS_FIRST = 2 };

uint32_t state_row_find (const state_causal_t *self, uint64_t replica)
{
    base_assert (replica != 0);
    for (uint32_t i = 0; i < self->row_count; i++)
        if (self->rows[i].replica == replica && self->rows[i].used)
            return i;
    return STATE_NONE;
}

mst_err_t state_rows_reserve (state_causal_t *self, uint32_t more)
{
    base_assert (self->row_count <= self->row_capacity);
    if (self->row_capacity - self->row_count >= more)
        return MST_OK;
    if (self->row_count + more > MST_CRDT_REPLICAS_MAX)
        return base_error (MST_E_LIMIT,
                           "MST_CRDT_REPLICAS_MAX (%d) is reached: forget departed replicas",
                           MST_CRDT_REPLICAS_MAX);
    uint32_t capacity = self->row_capacity ? self->row_capacity * 2 : ROWS_FIRST;
    if (capacity < self->row_count + more)
        capacity = self->row_count + more;
    state_row_t *rows = base_realloc (self->rows, capacity * sizeof *rows);
    if (!rows)
        return base_alloc_error ();
    self->rows = rows;
    self->row_capacity = capacity;
    return MST_OK;
}

mst_err_t state_row_make (state_causal_t *self, uint64_t replica, uint32_t *row)
{
    *row = state_row_find (self, replica);
    if (*row != STATE_NONE)
        return MST_OK;
    state_row_t fresh = { .replica = replica, .used = true };
    for (uint32_t i = 1; i < self->row_count; i++)
        if (!self->rows[i].used) {
            base_assert (self->rows[i].items == 0);
            self->rows[i] = fresh;
            *row = i;
            return MST_OK;
        }
    mst_err_t err = state_rows_reserve (self, 1);
    if (err)
        return err;
    *row = self->row_count++;
    self->rows[*row] = fresh;
    return MST_OK;
}

/*  An element of a sequence whose parent was erased stands at the beginning; now it says so itself.
 */
static void parents_clear (state_causal_t *self, uint32_t row)
{
    for (uint32_t i = 0; i < self->item_count; i++) {
        state_item_t *item = &self->items[i];
        if (self->boxes[item->box].type != MST_CRDT_RGA)
            continue;
        state_dot_t parent = state_sequence_parent (item);
        if (parent != 0 && state_dot_row (parent) == row)
            memset ((uint8_t *) (uintptr_t) state_item_data (item), 0, sizeof parent);
    }
}

void state_row_release (state_causal_t *self, uint32_t row)
{
    base_assert (row > 0 && row < self->row_count);
    base_assert (self->rows[row].items == 0);
    state_log_forget (self, row);
    parents_clear (self, row);
    self->rows[row].used = false;
}
