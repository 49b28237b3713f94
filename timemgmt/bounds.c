/*  The records: each is checked, then its report is staged (all that can fail), then it is applied,
    then what can be granted is granted. */
#include "timemgmt/bounds_table.h"
#include "base/alloc.h"

#include <inttypes.h>

void timemgmt_grants_fini (timemgmt_grants_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_FINI (&self->grants);
    BASE_LIST_FINI (&self->needs);
}

void timemgmt_cut_fini (timemgmt_cut_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_FINI (&self->marks);
}

timemgmt_bounds_t *timemgmt_bounds_new (const timemgmt_bounds_options_t *options)
{
    base_assert (options != NULL);
    base_assert (options->federates_max <= TIMEMGMT_FEDERATES_MAX);
    timemgmt_bounds_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->options = *options;
    if (self->options.federates_max == 0)
        self->options.federates_max = TIMEMGMT_FEDERATES_MAX;
    base_map_init (&self->pairs);
    base_assert (self->options.federates_max > 0 && self->row_count == 0);
    return self;
}

void timemgmt_bounds_destroy (timemgmt_bounds_t **self_p)
{
    base_assert (self_p != NULL);
    timemgmt_bounds_t *self = *self_p;
    if (!self)
        return;
    for (uint32_t slot = 0; slot < self->row_count; slot++)
        while (self->rows[slot].in) {
            timemgmt_pair_t *pair = self->rows[slot].in;
            self->rows[slot].in = pair->in_next;
            timemgmt_ledger_fini (&pair->ledger);
            base_free (pair);
        }
    base_map_fini (&self->pairs);
    timemgmt_slot_heap_fini (&self->regulators);
    timemgmt_slot_heap_fini (&self->waiters);
    timemgmt_slot_heap_fini (&self->dependants);
    timemgmt_slot_heap_fini (&self->ready);
    BASE_LIST_FINI (&self->changing);
    BASE_LIST_FINI (&self->holds);
    base_free (self->rows);
    base_free (self);
    *self_p = NULL;
}

/*  Coming and going -------------------------------------------------------------------------- */

mst_err_t timemgmt_bounds_add (timemgmt_bounds_t *self, uint32_t slot, int64_t now)
{
    base_assert (self != NULL);
    if (slot >= self->options.federates_max)
        return base_error (MST_E_LIMIT,
                           "limits.federates (%" PRIu32 ") is reached: no time slot %" PRIu32,
                           self->options.federates_max, slot);
    mst_err_t err = timemgmt_time_check (self->options.type, now);
    if (!err)
        err = timemgmt_table_grow (self, slot);
    if (err)
        return err;
    timemgmt_row_t *row = timemgmt_row (self, slot);
    if (row->presence != TIMEMGMT_ROW_FREE)
        return base_error (MST_E_INVALID_ARGUMENT, "time slot %" PRIu32 " is in use", slot);
    base_assert (!row->in && !row->out && row->open_count == 0);
    base_assert (!timemgmt_slot_heap_has (&self->regulators, slot));
    *row = (timemgmt_row_t){
        .presence = TIMEMGMT_ROW_JOINED,
        .now = now,
        .requested = TIMEMGMT_KEY_NONE,
        .horizon = TIMEMGMT_KEY_NONE,
        .queue_min = TIMEMGMT_KEY_MAX,
        .message_min = TIMEMGMT_KEY_MAX,
        .held_from = TIMEMGMT_KEY_MAX,
    };
    return MST_OK;
}

/*  Takes a row out of everything but what it sent. */
static void row_leave (timemgmt_bounds_t *self, uint32_t slot, timemgmt_presence_t presence)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->presence == TIMEMGMT_ROW_JOINED);
    self->waiting_count -= row->waiting;
    row->waiting = row->regulating = row->constrained = false;
    row->regulation_pending = row->constraint_pending = row->changing = false;
    size_t kept = 0;
    BASE_LIST_EACH (&self->changing, i) {
        if (self->changing.items[i] != slot)
            self->changing.items[kept++] = self->changing.items[i];
    }
    base_assert (kept <= self->changing.count);
    self->changing.count = kept;
    timemgmt_holds_drop (self, slot);
    timemgmt_row_place (self, slot);
    base_assert (!timemgmt_slot_heap_has (&self->regulators, slot));
    timemgmt_pairs_drop_in (self, slot);
    base_assert (!timemgmt_slot_heap_has (&self->waiters, slot));
    row->presence = presence;
    self->ghost_count++;
}

mst_err_t timemgmt_bounds_resign (timemgmt_bounds_t *self, uint32_t slot,
                                  const timemgmt_report_t *report, timemgmt_grants_t *grants)
{
    base_assert (self != NULL && grants != NULL);
    mst_err_t err = timemgmt_report_stage (self, slot, report, grants);
    if (err)
        return err;
    timemgmt_report_apply (self, slot, report);
    /*  Its bound holds nobody back any more; what it reported still counts in each receiver's M
       until that one has acknowledged it. */
    row_leave (self, slot, TIMEMGMT_ROW_LEFT);
    timemgmt_row_check_gone (self, slot);
    timemgmt_table_settle (self, grants);
    return MST_OK;
}

/*  The marks of a cut, by receiver; room was made. The heap `ready` is empty now, and sorts. */
static void cut_fill (timemgmt_bounds_t *self, uint32_t slot, timemgmt_cut_t *cut)
{
    base_assert (self->ready.count == 0);
    for (timemgmt_pair_t *pair = timemgmt_row (self, slot)->out; pair; pair = pair->out_next)
        timemgmt_slot_heap_set (&self->ready, pair->receiver, 0);
    const timemgmt_slot_item_t *first;
    while ((first = timemgmt_slot_heap_top (&self->ready))) {
        uint32_t receiver = first->slot;
        timemgmt_pair_t *pair = timemgmt_pair_find (self, slot, receiver);
        base_assert (pair != NULL && cut->marks.count < cut->marks.capacity);
        BASE_LIST_PUT (&cut->marks, ((timemgmt_mark_t){ receiver, pair->ledger.reported }));
        timemgmt_slot_heap_remove (&self->ready, receiver);
    }
}

static mst_err_t cut_reserve (timemgmt_row_t *row, timemgmt_cut_t *cut)
{
    base_assert (cut != NULL);
    cut->marks.count = 0;
    cut->bound = TIMEMGMT_KEY_NONE;
    for (timemgmt_pair_t *pair = row->out; pair; pair = pair->out_next) {
        if (BASE_LIST_ROOM (&cut->marks))
            return MST_E_NO_MEMORY;
        cut->marks.count++;
    }
    base_assert (cut->marks.count <= cut->marks.capacity);
    cut->marks.count = 0;
    return MST_OK;
}

mst_err_t timemgmt_bounds_kill (timemgmt_bounds_t *self, uint32_t slot, timemgmt_cut_t *cut,
                                timemgmt_grants_t *grants)
{
    base_assert (self != NULL && cut != NULL && grants != NULL);
    if (slot >= self->row_count || self->rows[slot].presence == TIMEMGMT_ROW_FREE ||
        self->rows[slot].presence == TIMEMGMT_ROW_DEAD)
        return timemgmt_row_unknown (slot);
    timemgmt_row_t *row = timemgmt_row (self, slot);
    /*  All memory is taken before anything changes: a death is told whole or not at all. */
    mst_err_t err = timemgmt_grants_reserve (self, 0, grants);
    if (!err)
        err = cut_reserve (row, cut);
    if (err)
        return err;
    /*  Read first: afterwards the row regulates no more. A ghost has no bound, and needs a cut
       all the same, since its messages may be on their way. */
    if (row->regulating || row->regulation_pending)
        cut->bound = timemgmt_row_promise (self, slot);
    cut_fill (self, slot, cut);
    if (row->presence == TIMEMGMT_ROW_JOINED)
        row_leave (self, slot, TIMEMGMT_ROW_DEAD);
    row->presence = TIMEMGMT_ROW_DEAD;
    base_assert (self->ghost_count > 0 && !row->regulating);
    timemgmt_row_check_gone (self, slot);
    timemgmt_table_settle (self, grants);
    return MST_OK;
}

/*  Regulating and constrained ---------------------------------------------------------------- */

/*  While a request is open its promise stands: nobody turns regulation or constraint on, or changes
   the lookahead, under it. */
static mst_err_t check_not_advancing (const timemgmt_row_t *row, uint32_t slot)
{
    base_assert (row != NULL);
    if (row->waiting)
        return base_error (MST_E_ADVANCE_PENDING,
                           "the federate at time slot %" PRIu32 " waits for %s to %" PRId64, slot,
                           timemgmt_kind_name (row->kind), row->requested);
    return MST_OK;
}

static void row_change (timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    if (row->changing)
        return;
    base_assert (self->changing.count < self->changing.capacity);
    base_assert (row->regulation_pending || row->constraint_pending);
    BASE_LIST_PUT (&self->changing, slot);
    row->changing = true;
}

/*  The smallest stamp that may still come to a constrained row without breaking what it was
   granted, or what it promised to others while it waits by message: its bound counts on GALT. */
static int64_t row_horizon (const timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->constrained);
    /*  (A promise counts only where there is a bound.) */
    return row->regulating ? timemgmt_time_max (row->horizon, timemgmt_row_reach (self, slot))
                           : row->horizon;
}

/*  The time assigned is at least every constrained federate's; the floor is also at or above every
    horizon (which lies just above a time granted by TAR or NMR). */
static void regulation_assign (timemgmt_bounds_t *self, uint32_t slot, int64_t lookahead)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (!row->regulating && !row->regulation_pending);
    int64_t time = row->now;
    int64_t floor = TIMEMGMT_KEY_INITIAL;
    for (uint32_t other = 0; other < self->row_count; other++) {
        if (other == slot || !self->rows[other].constrained)
            continue;
        time = timemgmt_time_max (time, self->rows[other].now);
        floor = timemgmt_time_max (floor, row_horizon (self, other));
    }
    row->regulation_time = time;
    timemgmt_floor_init (&row->floor, self->options.type, floor, lookahead);
    timemgmt_floor_raise (&row->floor, TIMEMGMT_REGULATION, time);
    base_assert (row->floor.bound >= time && time >= row->now);
}

/*  From the moment when it is asked for, a pending regulator counts as one: the others are held
   by its floor before its callback tells it the time ("Coming, going, changing"). */
mst_err_t timemgmt_bounds_enable_regulation (timemgmt_bounds_t *self, uint32_t slot,
                                             uint64_t number, int64_t lookahead,
                                             const timemgmt_report_t *report,
                                             timemgmt_grants_t *grants)
{
    base_assert (self != NULL && grants != NULL);
    timemgmt_row_t *row = timemgmt_row_joined (self, slot);
    if (!row)
        return timemgmt_row_unknown (slot);
    if (row->regulating)
        return base_error (MST_E_REGULATION_ON, "time regulation is on already");
    if (row->regulation_pending)
        return base_error (MST_E_REGULATION_PENDING, "time regulation is being enabled already");
    mst_err_t err = check_not_advancing (row, slot);
    if (!err)
        err = timemgmt_interval_check (self->options.type, lookahead);
    if (!err)
        err = BASE_LIST_ROOM (&self->changing);
    if (!err)
        err = timemgmt_report_stage (self, slot, report, grants);
    if (err)
        return err;
    timemgmt_report_apply (self, slot, report);
    regulation_assign (self, slot, lookahead);
    row->regulation_pending = true;
    row->regulation_number = number;
    row_change (self, slot);
    timemgmt_row_place (self, slot);
    timemgmt_table_settle (self, grants);
    base_assert (row->regulating != row->regulation_pending);
    return MST_OK;
}

/*  Its bound leaves the heap, so others may be granted in this very result. */
mst_err_t timemgmt_bounds_disable_regulation (timemgmt_bounds_t *self, uint32_t slot,
                                              const timemgmt_report_t *report,
                                              timemgmt_grants_t *grants)
{
    base_assert (self != NULL && grants != NULL);
    timemgmt_row_t *row = timemgmt_row_joined (self, slot);
    if (!row)
        return timemgmt_row_unknown (slot);
    if (!row->regulating)
        return base_error (MST_E_REGULATION_OFF, "time regulation is not on");
    mst_err_t err = timemgmt_report_stage (self, slot, report, grants);
    if (err)
        return err;
    timemgmt_report_apply (self, slot, report);
    row->regulating = false;
    timemgmt_row_place (self, slot);
    base_assert (!timemgmt_slot_heap_has (&self->regulators, slot));
    timemgmt_table_settle (self, grants);
    return MST_OK;
}

mst_err_t timemgmt_bounds_enable_constraint (timemgmt_bounds_t *self, uint32_t slot,
                                             uint64_t number, const timemgmt_report_t *report,
                                             timemgmt_grants_t *grants)
{
    base_assert (self != NULL && grants != NULL);
    timemgmt_row_t *row = timemgmt_row_joined (self, slot);
    if (!row)
        return timemgmt_row_unknown (slot);
    if (row->constrained)
        return base_error (MST_E_CONSTRAINED_ON, "the federate is time constrained already");
    if (row->constraint_pending)
        return base_error (MST_E_CONSTRAINED_PENDING, "time constraint is being enabled already");
    mst_err_t err = check_not_advancing (row, slot);
    if (!err)
        err = BASE_LIST_ROOM (&self->changing);
    if (!err)
        err = timemgmt_report_stage (self, slot, report, grants);
    if (err)
        return err;
    timemgmt_report_apply (self, slot, report);
    row->constraint_pending = true;
    row->constraint_number = number;
    row_change (self, slot);
    timemgmt_table_settle (self, grants);
    base_assert (row->constrained != row->constraint_pending);
    return MST_OK;
}

mst_err_t timemgmt_bounds_disable_constraint (timemgmt_bounds_t *self, uint32_t slot,
                                              const timemgmt_report_t *report,
                                              timemgmt_grants_t *grants)
{
    base_assert (self != NULL && grants != NULL);
    timemgmt_row_t *row = timemgmt_row_joined (self, slot);
    if (!row)
        return timemgmt_row_unknown (slot);
    if (!row->constrained)
        return base_error (MST_E_CONSTRAINED_OFF, "the federate is not time constrained");
    mst_err_t err = timemgmt_report_stage (self, slot, report, grants);
    if (err)
        return err;
    timemgmt_report_apply (self, slot, report);
    row->constrained = false;
    /*  Nothing can come late for it any more, so a regulator need not heed it. */
    row->horizon = TIMEMGMT_KEY_NONE;
    timemgmt_row_place (self, slot);
    timemgmt_table_settle (self, grants);
    base_assert (!row->waiting || row->held_from <= row->requested);
    return MST_OK;
}

mst_err_t timemgmt_bounds_modify_lookahead (timemgmt_bounds_t *self, uint32_t slot,
                                            int64_t lookahead, const timemgmt_report_t *report,
                                            timemgmt_grants_t *grants)
{
    base_assert (self != NULL && grants != NULL);
    timemgmt_row_t *row = timemgmt_row_joined (self, slot);
    if (!row)
        return timemgmt_row_unknown (slot);
    if (!row->regulating)
        return base_error (MST_E_REGULATION_OFF, "lookahead needs time regulation");
    mst_err_t err = check_not_advancing (row, slot);
    if (!err)
        err = timemgmt_interval_check (self->options.type, lookahead);
    if (!err)
        err = timemgmt_report_stage (self, slot, report, grants);
    if (err)
        return err;
    timemgmt_report_apply (self, slot, report);
    /*  It grows at once, and shrinks only as time advances: the others were promised the floor,
       which does not fall. */
    timemgmt_floor_modify (&row->floor, row->now, lookahead);
    base_assert (row->floor.bound >= row->now);
    timemgmt_row_place (self, slot);
    timemgmt_table_settle (self, grants);
    return MST_OK;
}

/*  Advancing --------------------------------------------------------------------------------- */

static mst_err_t check_request (const timemgmt_bounds_t *self, const timemgmt_row_t *row,
                                uint32_t slot, int64_t time)
{
    base_assert (row != NULL);
    mst_err_t err = check_not_advancing (row, slot);
    if (err)
        return err;
    if (row->regulation_pending)
        return base_error (MST_E_REGULATION_PENDING, "time regulation is being enabled");
    if (row->constraint_pending)
        return base_error (MST_E_CONSTRAINED_PENDING, "time constraint is being enabled");
    err = timemgmt_time_check (self->options.type, time);
    if (err)
        return err;
    if (time < row->now)
        return base_error (MST_E_TIME_PASSED,
                           "the federate at time slot %" PRIu32 " asks for %" PRId64
                           " and stands at %" PRId64,
                           slot, time, row->now);
    return MST_OK;
}

/*  A flush queue request is granted at once, to what is safe now; just below a hold. */
static int64_t flush_target (const timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->waiting && row->kind == TIMEMGMT_FQR);
    int64_t time = row->requested;
    if (row->constrained) {
        int64_t galt = timemgmt_table_galt (self, slot);
        if (galt == TIMEMGMT_KEY_NONE)
            galt = self->options.non_regulated_grants ? TIMEMGMT_KEY_MAX : row->now;
        time = timemgmt_time_min (timemgmt_row_target (row), galt);
    }
    if (row->held_from <= time)
        time = row->held_from == TIMEMGMT_KEY_NONE ? row->now : row->held_from - 1;
    base_assert (time <= row->requested);
    return timemgmt_time_max (row->now, time);
}

/*  The report first: it brings the smallest stamp queued here, which is part of M and so of what
   this request may be granted. */
mst_err_t timemgmt_bounds_request (timemgmt_bounds_t *self, uint32_t slot, timemgmt_kind_t kind,
                                   uint64_t number, int64_t time, const timemgmt_report_t *report,
                                   timemgmt_grants_t *grants)
{
    base_assert (self != NULL && grants != NULL);
    timemgmt_row_t *row = timemgmt_row_joined (self, slot);
    if (!row)
        return timemgmt_row_unknown (slot);
    if ((unsigned) kind > TIMEMGMT_FQR)
        return base_error (MST_E_INVALID_ARGUMENT, "%d is no kind of time advance", (int) kind);
    mst_err_t err = check_request (self, row, slot, time);
    if (!err)
        err = timemgmt_report_stage (self, slot, report, grants);
    if (err)
        return err;
    timemgmt_report_apply (self, slot, report);
    base_assert (!row->waiting && time >= row->now);
    row->waiting = true;
    self->waiting_count++;
    row->kind = kind;
    row->number = number;
    row->requested = time;
    /*  A flush never waits: it is granted here, and its messages come without a promise that
       they are all. */
    if (kind == TIMEMGMT_FQR)
        timemgmt_row_grant (self, slot, flush_target (self, slot));
    else
        timemgmt_row_place (self, slot);
    timemgmt_table_settle (self, grants);
    base_assert (kind != TIMEMGMT_FQR || !row->waiting);
    return MST_OK;
}

/*  Nothing is asked; but what it acknowledges, or tells of, can grant another one's request. */
mst_err_t timemgmt_bounds_report (timemgmt_bounds_t *self, uint32_t slot,
                                  const timemgmt_report_t *report, timemgmt_grants_t *grants)
{
    base_assert (self != NULL && grants != NULL);
    mst_err_t err = timemgmt_report_stage (self, slot, report, grants);
    if (err)
        return err;
    timemgmt_report_apply (self, slot, report);
    timemgmt_table_settle (self, grants);
    return MST_OK;
}
