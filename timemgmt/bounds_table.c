/*  Rows, pairs and reports. Everything that needs memory is taken before anything changes, so that
    a record is applied whole or not at all. */
#include "timemgmt/bounds_table.h"
#include "base/alloc.h"

#include <inttypes.h>
#include <string.h>

enum { TABLE_FIRST_ROWS = 8 };

timemgmt_row_t *timemgmt_row_joined (const timemgmt_bounds_t *self, uint32_t slot)
{
    base_assert (self != NULL);
    if (slot >= self->row_count || self->rows[slot].presence != TIMEMGMT_ROW_JOINED)
        return NULL;
    return &self->rows[slot];
}

mst_err_t timemgmt_row_unknown (uint32_t slot)
{
    return base_error (MST_E_INVALID_ARGUMENT, "no federate is joined at time slot %" PRIu32, slot);
}

mst_err_t timemgmt_table_grow (timemgmt_bounds_t *self, uint32_t slot)
{
    base_assert (slot < self->options.federates_max);
    if (slot < self->row_count)
        return MST_OK;
    uint32_t count = self->row_count ? self->row_count : TABLE_FIRST_ROWS;
    while (count <= slot)
        count *= 2;
    timemgmt_slot_heap_t *heaps[] = { &self->regulators, &self->waiters, &self->dependants,
                                      &self->ready };
    for (size_t i = 0; i < sizeof heaps / sizeof *heaps; i++) {
        mst_err_t err = timemgmt_slot_heap_reserve (heaps[i], count);
        if (err)
            return err;
    }
    timemgmt_row_t *rows = base_realloc (self->rows, count * sizeof *rows);
    if (!rows)
        return base_alloc_error ();
    memset (rows + self->row_count, 0, (count - self->row_count) * sizeof *rows);
    self->rows = rows;
    self->row_count = count;
    base_assert (slot < count && self->ready.capacity >= count);
    return MST_OK;
}

/*  Pairs ------------------------------------------------------------------------------------- */

static uint64_t pair_key (uint32_t sender, uint32_t receiver)
{
    base_assert (sender != receiver);
    return (uint64_t) sender << 32 | receiver;
}

timemgmt_pair_t *timemgmt_pair_find (const timemgmt_bounds_t *self, uint32_t sender,
                                     uint32_t receiver)
{
    timemgmt_pair_t *pair = base_map_pointer (&self->pairs, pair_key (sender, receiver));
    base_assert (!pair || (pair->sender == sender && pair->receiver == receiver));
    return pair;
}

static void pair_link (timemgmt_bounds_t *self, timemgmt_pair_t *pair)
{
    timemgmt_row_t *receiver = timemgmt_row (self, pair->receiver);
    timemgmt_row_t *sender = timemgmt_row (self, pair->sender);
    base_assert (!pair->in_next && !pair->out_next);
    pair->in_next = receiver->in;
    if (receiver->in)
        receiver->in->in_prev = pair;
    receiver->in = pair;
    pair->out_next = sender->out;
    if (sender->out)
        sender->out->out_prev = pair;
    sender->out = pair;
    base_assert (!pair->in_prev && !pair->out_prev);
}

/*  Finds or makes. NULL: no memory. An empty pair that a failed record leaves behind is harmless.
 */
static timemgmt_pair_t *pair_need (timemgmt_bounds_t *self, uint32_t sender, uint32_t receiver)
{
    base_assert (sender < self->row_count && receiver < self->row_count);
    timemgmt_pair_t *pair = timemgmt_pair_find (self, sender, receiver);
    if (pair)
        return pair;
    pair = base_calloc (1, sizeof *pair);
    if (!pair)
        return NULL;
    if (base_map_set_pointer (&self->pairs, pair_key (sender, receiver), pair)) {
        base_free (pair);
        return NULL;
    }
    timemgmt_ledger_init (&pair->ledger);
    pair->sender = sender;
    pair->receiver = receiver;
    pair_link (self, pair);
    base_assert (timemgmt_pair_find (self, sender, receiver) == pair);
    return pair;
}

static void pair_undirty (timemgmt_bounds_t *self, timemgmt_pair_t *pair)
{
    if (!pair->dirty)
        return;
    timemgmt_row_t *receiver = timemgmt_row (self, pair->receiver);
    timemgmt_pair_t **link = &receiver->dirty;
    while (*link != pair)
        link = &(*link)->dirty_next;
    base_assert (*link == pair);
    *link = pair->dirty_next;
    base_assert (receiver->dirty_count > 0 && self->dirty_count > 0);
    receiver->dirty_count--;
    self->dirty_count--;
    pair->dirty = false;
}

static void pair_drop (timemgmt_bounds_t *self, timemgmt_pair_t *pair)
{
    timemgmt_row_t *receiver = timemgmt_row (self, pair->receiver);
    timemgmt_row_t *sender = timemgmt_row (self, pair->sender);
    pair_undirty (self, pair);
    base_assert (!pair->dirty && receiver != sender);
    if (pair->in_prev)
        pair->in_prev->in_next = pair->in_next;
    else
        receiver->in = pair->in_next;
    if (pair->in_next)
        pair->in_next->in_prev = pair->in_prev;
    if (pair->out_prev)
        pair->out_prev->out_next = pair->out_next;
    else
        sender->out = pair->out_next;
    if (pair->out_next)
        pair->out_next->out_prev = pair->out_prev;
    if (timemgmt_ledger_open (&pair->ledger)) {
        base_assert (sender->open_count > 0);
        sender->open_count--;
    }
    receiver->message_stale = true;
    bool removed = base_map_remove (&self->pairs, pair_key (pair->sender, pair->receiver));
    base_assert (removed);
    timemgmt_ledger_fini (&pair->ledger);
    base_free (pair);
}

void timemgmt_pairs_drop_in (timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    while (row->in) {
        uint32_t sender = row->in->sender;
        pair_drop (self, row->in);
        timemgmt_row_check_gone (self, sender);
    }
    base_assert (row->dirty == NULL && row->dirty_count == 0);
}

void timemgmt_pairs_drop_out (timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    while (row->out)
        pair_drop (self, row->out);
    base_assert (row->open_count == 0);
}

int64_t timemgmt_row_message_min (timemgmt_row_t *row)
{
    base_assert (row != NULL);
    if (row->message_stale) {
        row->message_min = row->queue_min;
        for (timemgmt_pair_t *pair = row->in; pair; pair = pair->in_next)
            row->message_min =
                timemgmt_time_min (row->message_min, timemgmt_ledger_min (&pair->ledger));
        row->message_stale = false;
    }
    base_assert (row->message_min != TIMEMGMT_KEY_NONE);
    return row->message_min;
}

/*  Reports ----------------------------------------------------------------------------------- */

static mst_err_t list_reserve (void **items, size_t *capacity, size_t wanted, size_t item_bytes)
{
    base_assert (item_bytes > 0);
    if (wanted <= *capacity)
        return MST_OK;
    size_t larger = *capacity * 2 > wanted ? *capacity * 2 : wanted;
    void *grown = base_realloc (*items, larger * item_bytes);
    if (!grown)
        return base_alloc_error ();
    base_assert (larger >= wanted);
    *items = grown;
    *capacity = larger;
    return MST_OK;
}

mst_err_t timemgmt_grants_reserve (const timemgmt_bounds_t *self, size_t more_needs,
                                   timemgmt_grants_t *grants)
{
    base_assert (self != NULL && grants != NULL);
    grants->grants.count = 0;
    grants->needs.count = 0;
    /*  Each row: an advance or two changes; and this record's own, and ghosts that it lets go. */
    size_t wanted = (size_t) self->waiting_count + 2 * self->changing.count + self->ghost_count + 3;
    mst_err_t err = list_reserve ((void **) &grants->grants.items, &grants->grants.capacity, wanted,
                                  sizeof *grants->grants.items);
    if (err)
        return err;
    return list_reserve ((void **) &grants->needs.items, &grants->needs.capacity,
                         self->dirty_count + more_needs, sizeof *grants->needs.items);
}

static mst_err_t report_check_stamp (timemgmt_bounds_t *self, uint32_t slot,
                                     const timemgmt_sent_t *sent)
{
    if (sent->stamp == TIMEMGMT_KEY_MAX)
        return MST_OK;
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->presence == TIMEMGMT_ROW_JOINED);
    mst_err_t err = timemgmt_time_check (self->options.type, sent->stamp);
    if (err)
        return err;
    if (!row->regulating)
        return base_error (MST_E_REGULATION_OFF,
                           "the federate at time slot %" PRIu32 " sent a time-stamped message and "
                           "is not time regulating",
                           slot);
    int64_t promise = timemgmt_row_promise (self, slot);
    base_assert (promise >= row->now);
    if (sent->stamp < promise)
        return base_error (MST_E_TIME_PASSED,
                           "the federate at time slot %" PRIu32 " sent a message stamped %" PRId64
                           ", below its bound %" PRId64,
                           slot, sent->stamp, promise);
    return MST_OK;
}

static mst_err_t report_stage_sent (timemgmt_bounds_t *self, uint32_t slot,
                                    const timemgmt_sent_t *sent)
{
    if (sent->receiver == slot)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "time slot %" PRIu32 " reports a message to itself", slot);
    mst_err_t err = report_check_stamp (self, slot, sent);
    if (err || !timemgmt_row_joined (self, sent->receiver))
        return err;
    timemgmt_pair_t *pair = pair_need (self, slot, sent->receiver);
    if (!pair)
        return base_alloc_error ();
    uint64_t before = pair->staged_record == self->record ? pair->staged : pair->ledger.reported;
    if (sent->sequence <= before)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "time slot %" PRIu32 " reports sequence %" PRIu64 " to slot %" PRIu32
                           ", not above %" PRIu64,
                           slot, sent->sequence, sent->receiver, before);
    base_assert (pair->receiver == sent->receiver);
    pair->staged = sent->sequence;
    pair->staged_record = self->record;
    return MST_OK;
}

static bool sender_known (const timemgmt_bounds_t *self, uint32_t sender)
{
    base_assert (self != NULL);
    return sender < self->row_count && self->rows[sender].presence != TIMEMGMT_ROW_FREE;
}

mst_err_t timemgmt_report_stage (timemgmt_bounds_t *self, uint32_t slot,
                                 const timemgmt_report_t *report, timemgmt_grants_t *grants)
{
    base_assert (self != NULL && report != NULL);
    if (!timemgmt_row_joined (self, slot))
        return timemgmt_row_unknown (slot);
    self->record++;
    if (report->queue_min != TIMEMGMT_KEY_MAX) {
        mst_err_t err = timemgmt_time_check (self->options.type, report->queue_min);
        if (err)
            return err;
    }
    for (size_t i = 0; i < report->sent_count; i++) {
        mst_err_t err = report_stage_sent (self, slot, &report->sent[i]);
        if (err)
            return err;
    }
    for (size_t i = 0; i < report->received_count; i++) {
        uint32_t sender = report->received[i].slot;
        if (sender == slot)
            return base_error (MST_E_INVALID_ARGUMENT,
                               "time slot %" PRIu32 " acknowledges to itself", slot);
        if (sender_known (self, sender) && !pair_need (self, sender, slot))
            return base_alloc_error ();
    }
    return timemgmt_grants_reserve (self, report->sent_count, grants);
}

static void report_apply_sent (timemgmt_bounds_t *self, uint32_t slot, const timemgmt_sent_t *sent)
{
    timemgmt_row_t *receiver = timemgmt_row_joined (self, sent->receiver);
    if (!receiver)
        return;
    timemgmt_pair_t *pair = timemgmt_pair_find (self, slot, sent->receiver);
    base_assert (pair != NULL);
    bool was_open = timemgmt_ledger_open (&pair->ledger);
    bool exact = receiver->constrained || receiver->constraint_pending;
    timemgmt_ledger_add (&pair->ledger, sent->sequence, sent->stamp,
                         exact ? TIMEMGMT_LEDGER_ENTRIES : TIMEMGMT_LEDGER_ENTRIES_FREE);
    if (!timemgmt_ledger_open (&pair->ledger))
        return;
    if (!was_open)
        timemgmt_row (self, slot)->open_count++;
    if (!pair->dirty) {
        pair->dirty = true;
        pair->dirty_next = receiver->dirty;
        receiver->dirty = pair;
        receiver->dirty_count++;
        self->dirty_count++;
    }
    receiver->message_min = timemgmt_time_min (receiver->message_min, sent->stamp);
    if (receiver->waiting && timemgmt_kind_by_message (receiver->kind))
        timemgmt_row_place (self, sent->receiver);
}

static void report_apply_received (timemgmt_bounds_t *self, uint32_t slot,
                                   const timemgmt_mark_t *mark)
{
    if (!sender_known (self, mark->slot))
        return;
    timemgmt_pair_t *pair = timemgmt_pair_find (self, mark->slot, slot);
    base_assert (pair != NULL);
    bool was_open = timemgmt_ledger_open (&pair->ledger);
    timemgmt_ledger_acknowledge (&pair->ledger, mark->sequence);
    if (!was_open || timemgmt_ledger_open (&pair->ledger))
        return;
    timemgmt_row_t *sender = timemgmt_row (self, mark->slot);
    base_assert (sender->open_count > 0 && pair->sender == mark->slot);
    sender->open_count--;
    timemgmt_row_check_gone (self, mark->slot);
}

void timemgmt_report_apply (timemgmt_bounds_t *self, uint32_t slot, const timemgmt_report_t *report)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->presence == TIMEMGMT_ROW_JOINED);
    int64_t reach = timemgmt_row_reach (self, slot);
    for (size_t i = 0; i < report->sent_count; i++)
        report_apply_sent (self, slot, &report->sent[i]);
    for (size_t i = 0; i < report->received_count; i++)
        report_apply_received (self, slot, &report->received[i]);
    /*  What is queued from the living was either counted before or lies above their bounds. Only a
        message above the cut of a dead one, at a federate that has not heard of the cut, can lie
        below what others were promised; it will be dropped, and must not pull the promise back. */
    row->queue_min = timemgmt_time_max (report->queue_min, reach);
    row->message_stale = true;
    timemgmt_row_place (self, slot);
    base_assert (reach == TIMEMGMT_KEY_NONE || timemgmt_row_message_min (row) >= reach);
}
