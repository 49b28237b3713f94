/*  Questions: GALT, LITS, the state of a row, and who holds whom, by which term. */
#include "timemgmt/bounds_table.h"

#include <stddef.h>

int64_t timemgmt_bounds_galt (const timemgmt_bounds_t *self, uint32_t slot)
{
    base_assert (self != NULL);
    if (!timemgmt_row_joined (self, slot))
        return TIMEMGMT_KEY_NONE;
    return timemgmt_table_galt_closed (self, slot);
}

int64_t timemgmt_bounds_lits (const timemgmt_bounds_t *self, uint32_t slot)
{
    base_assert (self != NULL);
    timemgmt_row_t *row = timemgmt_row_joined (self, slot);
    if (!row)
        return TIMEMGMT_KEY_NONE;
    int64_t galt = timemgmt_table_galt_closed (self, slot);
    int64_t message_min = timemgmt_row_message_min (row);
    if (galt == TIMEMGMT_KEY_NONE)
        return message_min == TIMEMGMT_KEY_MAX ? TIMEMGMT_KEY_NONE : message_min;
    base_assert (message_min != TIMEMGMT_KEY_NONE);
    return timemgmt_time_min (galt, message_min);
}

static void state_of_joined (const timemgmt_bounds_t *self, uint32_t slot, timemgmt_state_t *state)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->presence == TIMEMGMT_ROW_JOINED);
    bool bounded = row->regulating || row->regulation_pending;
    *state = (timemgmt_state_t){
        .present = true,
        .regulating = row->regulating,
        .regulation_pending = row->regulation_pending,
        .constrained = row->constrained,
        .constraint_pending = row->constraint_pending,
        .waiting = row->waiting,
        .kind = row->kind,
        .number = row->number,
        .now = row->now,
        .requested = row->waiting ? row->requested : TIMEMGMT_KEY_NONE,
        .lookahead_requested = bounded ? row->floor.lookahead : 0,
        .bound = bounded ? timemgmt_row_promise (self, slot) : TIMEMGMT_KEY_NONE,
        .standing = bounded ? timemgmt_row_bound (row) : TIMEMGMT_KEY_NONE,
        .message_min = timemgmt_row_message_min (row),
        .held_from = row->held_from,
    };
    if (bounded)
        state->lookahead = timemgmt_floor_lookahead (&row->floor, row->now);
}

void timemgmt_bounds_state (const timemgmt_bounds_t *self, uint32_t slot, timemgmt_state_t *state)
{
    base_assert (self != NULL && state != NULL);
    *state = (timemgmt_state_t){
        .now = TIMEMGMT_KEY_NONE,
        .requested = TIMEMGMT_KEY_NONE,
        .bound = TIMEMGMT_KEY_NONE,
        .standing = TIMEMGMT_KEY_NONE,
        .message_min = TIMEMGMT_KEY_MAX,
        .held_from = TIMEMGMT_KEY_MAX,
    };
    if (slot >= self->row_count)
        return;
    timemgmt_presence_t presence = timemgmt_row (self, slot)->presence;
    state->ghost = presence == TIMEMGMT_ROW_LEFT || presence == TIMEMGMT_ROW_DEAD;
    if (presence == TIMEMGMT_ROW_JOINED)
        state_of_joined (self, slot, state);
    base_assert (!(state->present && state->ghost));
}

mst_err_t timemgmt_bounds_needs (const timemgmt_bounds_t *self, uint32_t slot,
                                 timemgmt_grants_t *into)
{
    base_assert (self != NULL && into != NULL);
    timemgmt_row_t *row = timemgmt_row_joined (self, slot);
    if (!row)
        return MST_OK;
    size_t before = into->needs.count;
    for (timemgmt_pair_t *pair = row->in; pair; pair = pair->in_next) {
        if (timemgmt_row (self, pair->sender)->presence == TIMEMGMT_ROW_DEAD ||
            pair->ledger.reported == 0)
            continue;
        if (BASE_LIST_ROOM (&into->needs)) {
            into->needs.count = before;
            return MST_E_NO_MEMORY;
        }
        BASE_LIST_PUT (&into->needs, ((timemgmt_mark_t){ pair->sender, pair->ledger.reported }));
    }
    base_assert (into->needs.count >= before);
    return MST_OK;
}

/*  Why it waits ------------------------------------------------------------------------------ */

/*  What a row waits for: kind and time. False: nothing. */
static bool reason_wants (const timemgmt_bounds_t *self, uint32_t slot, timemgmt_reason_t *reason)
{
    timemgmt_row_t *row = timemgmt_row_joined (self, slot);
    base_assert (reason != NULL);
    if (!row)
        return false;
    if (row->waiting) {
        reason->kind = row->kind;
        reason->wants = timemgmt_row_target (row);
    } else if (row->constraint_pending) {
        reason->kind = TIMEMGMT_CONSTRAINT;
        reason->wants = row->now;
    } else if (row->regulation_pending) {
        reason->kind = TIMEMGMT_REGULATION;
        reason->wants = row->regulation_time;
    }
    base_assert (!row->waiting || reason->wants >= row->now);
    return row->waiting || row->constraint_pending || row->regulation_pending;
}

static void reason_hold (const timemgmt_bounds_t *self, uint32_t slot, timemgmt_reason_t *reason)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (reason->wants >= row->held_from);
    reason->term = TIMEMGMT_BY_HOLD;
    reason->holder = slot;
    BASE_LIST_EACH (&self->holds, i) {
        const timemgmt_hold_t *hold = &self->holds.items[i];
        if (hold->slot != slot || hold->from != row->held_from)
            continue;
        reason->hold_id = hold->id;
        reason->hold_reason = hold->reason;
        reason->hold_from = hold->from;
        break;
    }
    base_assert (reason->hold_from == row->held_from);
}

void timemgmt_bounds_lacks (timemgmt_bounds_t *self, uint32_t slot, uint32_t sender,
                            uint64_t sequence)
{
    base_assert (self != NULL);
    timemgmt_row_t *row = timemgmt_row_joined (self, slot);
    if (!row || sender >= self->row_count || sender == slot)
        return;
    row->lacks_sender = sender;
    row->lacks_sequence = sequence;
}

/*  Has what it said to lack come since? A request says that its last grant is delivered, and with
   it all that this needed. */
static bool row_lacks (const timemgmt_bounds_t *self, uint32_t slot)
{
    const timemgmt_row_t *row = timemgmt_row_joined (self, slot);
    if (!row || row->lacks_sequence == 0 || row->waiting)
        return false;
    base_assert (row->lacks_sender < self->row_count);
    const timemgmt_pair_t *pair = timemgmt_pair_find (self, row->lacks_sender, slot);
    bool there = timemgmt_row (self, row->lacks_sender)->presence != TIMEMGMT_ROW_DEAD;
    return pair && there && pair->ledger.acknowledged < row->lacks_sequence;
}

/*  The chain ends with the sender: whatever it waits for itself, what it has sent is on its way,
   and only its process or the road can hold that up. */
static void reason_delivery (const timemgmt_bounds_t *self, uint32_t slot,
                             timemgmt_reason_t *reason)
{
    const timemgmt_row_t *row = timemgmt_row (self, slot);
    const timemgmt_row_t *sender = timemgmt_row (self, row->lacks_sender);

    base_assert (row_lacks (self, slot));
    reason->term = TIMEMGMT_BY_DELIVERY;
    reason->kind = row->kind;
    reason->wants = row->now;
    reason->holder = reason->message_sender = row->lacks_sender;
    reason->message_sequence = row->lacks_sequence;
    reason->holder_now = sender->now;
    reason->holder_requested = sender->waiting ? sender->requested : TIMEMGMT_KEY_NONE;
}

/*  Which message sets the holder's bound: on its way, or in its queue? */
static void reason_message (timemgmt_row_t *holder, timemgmt_reason_t *reason)
{
    base_assert (timemgmt_row_depends (holder));
    reason->term = TIMEMGMT_BY_MESSAGE;
    reason->message_stamp = timemgmt_row_message_min (holder);
    for (timemgmt_pair_t *pair = holder->in; pair; pair = pair->in_next) {
        if (timemgmt_ledger_min (&pair->ledger) != reason->message_stamp ||
            pair->sender > reason->message_sender)
            continue;
        reason->message_sender = pair->sender;
        reason->message_sequence = timemgmt_ledger_min_sequence (&pair->ledger);
    }
    base_assert (reason->message_sender != TIMEMGMT_SLOT_NONE ||
                 reason->message_stamp == holder->queue_min);
}

static void reason_holder (const timemgmt_bounds_t *self, uint32_t slot, timemgmt_reason_t *reason)
{
    const timemgmt_slot_item_t *least = timemgmt_slot_heap_top_but (&self->regulators, slot);
    if (!least) {
        reason->term = TIMEMGMT_BY_NO_REGULATION;
        return;
    }
    timemgmt_row_t *holder = timemgmt_row (self, least->slot);
    base_assert (holder->regulating || holder->regulation_pending);
    reason->holder = least->slot;
    reason->holder_now = holder->now;
    reason->holder_requested = holder->waiting ? holder->requested : TIMEMGMT_KEY_NONE;
    reason->holder_lookahead = timemgmt_floor_lookahead (&holder->floor, holder->now);
    reason->holder_bound = least->key;
    if (holder->regulation_pending)
        reason->term = TIMEMGMT_BY_REGULATION;
    else if (!holder->waiting)
        reason->term = TIMEMGMT_BY_GRANTED_TIME;
    else if (timemgmt_row_depends (holder) && timemgmt_row_message_min (holder) < holder->requested)
        reason_message (holder, reason);
    else
        reason->term = TIMEMGMT_BY_LOOKAHEAD;
}

/*  The first link of the chain. */
static void reason_direct (const timemgmt_bounds_t *self, uint32_t slot, timemgmt_reason_t *reason)
{
    base_assert (reason != NULL);
    *reason = (timemgmt_reason_t){
        .wants = TIMEMGMT_KEY_NONE,
        .galt = timemgmt_bounds_galt (self, slot),
        .holder = TIMEMGMT_SLOT_NONE,
        .holder_now = TIMEMGMT_KEY_NONE,
        .holder_requested = TIMEMGMT_KEY_NONE,
        .holder_bound = TIMEMGMT_KEY_NONE,
        .message_sender = TIMEMGMT_SLOT_NONE,
        .message_stamp = TIMEMGMT_KEY_MAX,
        .hold_from = TIMEMGMT_KEY_MAX,
        .root = slot,
    };
    if (!reason_wants (self, slot, reason)) {
        if (row_lacks (self, slot))
            reason_delivery (self, slot, reason);
        return;
    }
    timemgmt_row_t *row = timemgmt_row (self, slot);
    if (reason->kind != TIMEMGMT_CONSTRAINT && timemgmt_row_held (row, reason->wants))
        reason_hold (self, slot, reason);
    else
        reason_holder (self, slot, reason);
    base_assert (reason->term != TIMEMGMT_BY_NOTHING);
}

void timemgmt_bounds_explain (const timemgmt_bounds_t *self, uint32_t slot,
                              timemgmt_reason_t *reason)
{
    base_assert (self != NULL && reason != NULL);
    reason_direct (self, slot, reason);
    base_assert (reason->root == slot);
    reason->root_term = reason->term;
    uint32_t next = reason->holder;
    if (reason->term == TIMEMGMT_BY_DELIVERY) {
        reason->root = next;
        return;
    }
    /*  Every wait between requests leads to a smaller bound, so the chain is short of a circle; one
        that is longer than there are federates would be the proof of a deadlock. */
    for (uint32_t steps = 0; next != TIMEMGMT_SLOT_NONE && next != reason->root; steps++) {
        timemgmt_reason_t link;
        reason_direct (self, next, &link);
        reason->root = next;
        if (link.term == TIMEMGMT_BY_NOTHING)
            return;
        reason->root_term = link.term;
        next = link.holder;
        if (link.term == TIMEMGMT_BY_DELIVERY) {
            reason->root = next;
            return;
        }
        if (steps > self->row_count) {
            reason->deadlock = true;
            return;
        }
    }
}
