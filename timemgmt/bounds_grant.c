/*  Who may be granted what.

    Every regulating row stands in a heap by its bound, every waiting one in a heap by the smallest
    GALT that grants it. GALT is the smallest bound of the others: the root's key for all rows but
   the root itself, for which it is the second smallest. So a record costs a few heap steps, and a
   grant a few more, however many federates there are.

    The bound of a row that waits by message (NMR, NMRA, FQR) can fall when a message is sent to it,
    to no less than floor (bound of the sender). Grants need not care: the sender's own bound, which
    stands in the heap, is never above that, and for the sender itself floor (its bound) is never
    below what it may be granted. A value that is shown does care: it is closed over those rows. */
#include "timemgmt/bounds_table.h"

#include <stddef.h>

bool timemgmt_row_depends (const timemgmt_row_t *row)
{
    base_assert (row != NULL);
    return row->waiting && row->constrained && timemgmt_kind_by_message (row->kind);
}

/*  The first table of docs/time.md, "Bounds and grants", for a given M. */
int64_t timemgmt_row_bound_at (const timemgmt_row_t *row, int64_t message_min)
{
    base_assert (row->regulating || row->regulation_pending);
    if (!row->waiting)
        return row->floor.bound;
    int64_t time = row->requested;
    /*  Not below the present: what is late (there is none) cannot pull a promise back. */
    if (timemgmt_row_depends (row))
        time = timemgmt_time_max (row->now, timemgmt_time_min (time, message_min));
    base_assert (time >= row->now);
    return timemgmt_floor_at (&row->floor, row->kind, time);
}

int64_t timemgmt_row_bound (timemgmt_row_t *row)
{
    base_assert (row != NULL);
    return timemgmt_row_bound_at (row, timemgmt_row_message_min (row));
}

/*  The smallest bound of the others that regulate; KEY_NONE: there are none, so it is undefined. */
int64_t timemgmt_table_galt (const timemgmt_bounds_t *self, uint32_t slot)
{
    const timemgmt_slot_item_t *least = timemgmt_slot_heap_top_but (&self->regulators, slot);
    base_assert (!least || least->slot != slot);
    return least ? least->key : TIMEMGMT_KEY_NONE;
}

/*  What others can rely on for good. A message still to come can pull back the bound of a row
   that waits by message, but no sender is below its GALT. */
int64_t timemgmt_row_promise (const timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    int64_t message_min = timemgmt_row_message_min (row);
    int64_t galt = timemgmt_table_galt (self, slot);
    if (galt != TIMEMGMT_KEY_NONE)
        message_min = timemgmt_time_min (message_min, galt);
    base_assert (message_min != TIMEMGMT_KEY_NONE);
    return timemgmt_row_bound_at (row, message_min);
}

int64_t timemgmt_table_galt_closed (const timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    int64_t galt = timemgmt_table_galt (self, slot);
    if (galt == TIMEMGMT_KEY_NONE || !timemgmt_slot_heap_has (&self->regulators, slot))
        return galt;
    /*  What this row may still send can make another answer at floor (this bound), directly; every
        longer way is later. */
    int64_t own = timemgmt_row_bound (row);
    for (uint32_t i = 0; own < galt && i < self->dependants.count; i++) {
        uint32_t other = self->dependants.items[i].slot;
        if (other != slot)
            galt =
                timemgmt_time_min (galt, timemgmt_row_bound_at (timemgmt_row (self, other), own));
    }
    base_assert (galt != TIMEMGMT_KEY_NONE);
    return galt;
}

/*  The g of docs/time.md, "Bounds and grants": max (now, min (t, M)) by message, t by time. */
int64_t timemgmt_row_target (timemgmt_row_t *row)
{
    base_assert (row->waiting);
    int64_t time = row->requested;
    if (timemgmt_row_depends (row))
        time = timemgmt_time_min (time, timemgmt_row_message_min (row));
    base_assert (row->requested >= row->now);
    base_assert (time <= row->requested);
    return timemgmt_time_max (row->now, time);
}

/*  How far a row that waits by message has promised to be: its target, as far as GALT lets it.
   KEY_NONE for who does not wait so. */
int64_t timemgmt_row_reach (const timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    if (!timemgmt_row_depends (row))
        return TIMEMGMT_KEY_NONE;
    int64_t galt = timemgmt_table_galt (self, slot);
    int64_t time = timemgmt_row_target (row);
    base_assert (time != TIMEMGMT_KEY_NONE);
    return galt == TIMEMGMT_KEY_NONE ? time : timemgmt_time_min (time, galt);
}

/*  Regulation that begins ahead of the present is an advance as well, and a hold stops it like
   one. */
bool timemgmt_row_held (const timemgmt_row_t *row, int64_t time)
{
    base_assert (row != NULL && time != TIMEMGMT_KEY_NONE);
    return time >= row->held_from && (row->waiting || (row->regulation_pending && time > row->now));
}

/*  The smallest GALT that grants; KEY_NONE: any, also none. */
static int64_t row_threshold (timemgmt_row_t *row)
{
    base_assert (row->waiting);
    if (!row->constrained)
        return TIMEMGMT_KEY_NONE;
    int64_t time = timemgmt_row_target (row);
    return timemgmt_kind_strict (row->kind) ? timemgmt_time_above (time) : time;
}

/*  To be called after each change of a row: its keys in the heaps follow from it. Who is held
   stands in no heap of waiters, so nobody looks at it until the release. */
void timemgmt_row_place (timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->presence == TIMEMGMT_ROW_JOINED);
    bool regulates = row->regulating || row->regulation_pending;
    if (regulates)
        timemgmt_slot_heap_set (&self->regulators, slot, timemgmt_row_bound (row));
    else
        timemgmt_slot_heap_remove (&self->regulators, slot);
    if (regulates && timemgmt_row_depends (row))
        timemgmt_slot_heap_set (&self->dependants, slot, 0);
    else
        timemgmt_slot_heap_remove (&self->dependants, slot);
    if (row->waiting && !timemgmt_row_held (row, timemgmt_row_target (row)))
        timemgmt_slot_heap_set (&self->waiters, slot, row_threshold (row));
    else
        timemgmt_slot_heap_remove (&self->waiters, slot);
}

static void row_emit (timemgmt_bounds_t *self, uint32_t slot)
{
    base_assert (slot < self->ready.capacity);
    timemgmt_slot_heap_set (&self->ready, slot, 0);
}

void timemgmt_row_grant (timemgmt_bounds_t *self, uint32_t slot, int64_t time)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->waiting && time >= row->now && time <= row->requested);
    base_assert (self->waiting_count > 0 && row->presence == TIMEMGMT_ROW_JOINED);
    row->waiting = false;
    self->waiting_count--;
    /*  TAR and NMR give all messages of the time granted, so the first that may still come is
       just above it; after TARA and NMRA more can come at that very time. */
    row->now = time;
    if (row->constrained)
        row->horizon = timemgmt_time_max (
            row->horizon, timemgmt_kind_strict (row->kind) ? timemgmt_time_above (time) : time);
    if (row->regulating)
        timemgmt_floor_raise (&row->floor, row->kind, time);
    timemgmt_row_place (self, slot);
    base_assert (!timemgmt_slot_heap_has (&self->waiters, slot));
    base_assert (!row->emit_advance);
    row->emit_advance = true;
    row_emit (self, slot);
}

/*  Advances ---------------------------------------------------------------------------------- */

static bool galt_reaches (const timemgmt_bounds_t *self, int64_t galt, int64_t threshold)
{
    if (threshold == TIMEMGMT_KEY_NONE)
        return true;
    if (galt == TIMEMGMT_KEY_NONE)
        return self->options.non_regulated_grants;
    base_assert (galt >= 0);
    return threshold <= galt;
}

/*  The smallest bound of all serves instead of each row's GALT: a row's own bound is never below
   its threshold, so it never stands in its own way. Only a sole regulator, whose GALT is undefined,
   must not be granted by its own bound when the switch says wait. No grant raises a bound (a
   waiting row's is already that of its grant), so one pass does. */
static void grant_waiters (timemgmt_bounds_t *self)
{
    const timemgmt_slot_item_t *least = timemgmt_slot_heap_top (&self->regulators);
    int64_t smallest = least ? least->key : TIMEMGMT_KEY_NONE;
    bool alone = self->regulators.count == 1 && !self->options.non_regulated_grants &&
                 timemgmt_row (self, least->slot)->constrained;
    uint32_t sole = alone ? least->slot : TIMEMGMT_SLOT_NONE;
    if (alone)
        timemgmt_slot_heap_remove (&self->waiters, sole);
    const timemgmt_slot_item_t *first;
    while ((first = timemgmt_slot_heap_top (&self->waiters)) &&
           galt_reaches (self, smallest, first->key)) {
        uint32_t slot = first->slot;
        timemgmt_row_grant (self, slot, timemgmt_row_target (timemgmt_row (self, slot)));
    }
    base_assert (smallest == TIMEMGMT_KEY_NONE ||
                 timemgmt_slot_heap_top (&self->regulators)->key == smallest);
    if (alone)
        timemgmt_row_place (self, sole);
}

/*  Changes of regulation and constraint ------------------------------------------------------ */

/*  With nobody else regulating these are never withheld: nobody could send into their past. */
static bool change_reached (const timemgmt_bounds_t *self, uint32_t slot, int64_t time)
{
    int64_t galt = timemgmt_table_galt (self, slot);
    base_assert (time != TIMEMGMT_KEY_NONE);
    return galt == TIMEMGMT_KEY_NONE || time <= galt;
}

/*  What was sent before is in hand then: the grant of a constraint has needs like any other. */
static void grant_constraint (timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->constraint_pending && !row->constrained);
    row->constraint_pending = false;
    row->constrained = true;
    row->horizon = row->now;
    base_assert (!row->waiting && !row->emit_constraint);
    row->emit_constraint = true;
    row_emit (self, slot);
}

/*  Its floor has stood since it was asked for, and has held the others since: nothing that they
   were granted lies beyond it. */
static void grant_regulation (timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->regulation_pending && !row->regulating);
    row->regulation_pending = false;
    row->regulating = true;
    row->now = timemgmt_time_max (row->now, row->regulation_time);
    if (row->constrained)
        row->horizon = timemgmt_time_max (row->horizon, row->now);
    base_assert (row->floor.bound >= row->now && !row->emit_regulation);
    row->emit_regulation = true;
    row_emit (self, slot);
}

/*  It is an advance to the time assigned, when that is ahead, and holds apply as to any other. */
static bool regulation_reached (const timemgmt_bounds_t *self, uint32_t slot)
{
    const timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->regulation_pending);
    if (timemgmt_row_held (row, row->regulation_time))
        return false;
    bool free = !row->constrained && !row->constraint_pending;
    return free || change_reached (self, slot, row->regulation_time);
}

static void grant_changes (timemgmt_bounds_t *self)
{
    size_t kept = 0;
    BASE_LIST_EACH (&self->changing, i) {
        uint32_t slot = self->changing.items[i];
        timemgmt_row_t *row = timemgmt_row (self, slot);
        base_assert (row->changing);
        if (row->constraint_pending && change_reached (self, slot, row->now))
            grant_constraint (self, slot);
        if (row->regulation_pending && regulation_reached (self, slot))
            grant_regulation (self, slot);
        row->changing = row->constraint_pending || row->regulation_pending;
        if (row->changing)
            self->changing.items[kept++] = slot;
    }
    base_assert (kept <= self->changing.count && self->changing.count <= self->row_count);
    self->changing.count = kept;
}

/*  The result -------------------------------------------------------------------------------- */

void timemgmt_row_check_gone (timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    bool ghost = row->presence == TIMEMGMT_ROW_LEFT || row->presence == TIMEMGMT_ROW_DEAD;
    if (!ghost || row->open_count > 0)
        return;
    base_assert (!row->waiting && !row->regulating);
    row->emit_gone = true;
    row_emit (self, slot);
}

/*  Only what rose since this row's last grant is named. What is acknowledged is in hand; what a
   dead one reported may never come, and the library goes by the cut. */
static void emit_needs (timemgmt_bounds_t *self, timemgmt_row_t *row, timemgmt_grants_t *grants)
{
    while (row->dirty) {
        timemgmt_pair_t *pair = row->dirty;
        row->dirty = pair->dirty_next;
        pair->dirty = false;
        base_assert (row->dirty_count > 0 && self->dirty_count > 0);
        row->dirty_count--;
        self->dirty_count--;
        pair->told = pair->ledger.reported;
        bool dead = timemgmt_row (self, pair->sender)->presence == TIMEMGMT_ROW_DEAD;
        if (dead || !timemgmt_ledger_open (&pair->ledger))
            continue;
        base_assert (grants->needs.count < grants->needs.capacity);
        BASE_LIST_PUT (&grants->needs, ((timemgmt_mark_t){ pair->sender, pair->told }));
    }
}

static void emit (timemgmt_bounds_t *self, uint32_t slot, timemgmt_kind_t kind, uint64_t number,
                  timemgmt_grants_t *grants)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (grants->grants.count < grants->grants.capacity);
    bool gone = kind == TIMEMGMT_GONE;
    timemgmt_grant_t grant = {
        .slot = slot,
        .kind = kind,
        .number = number,
        .time = gone ? TIMEMGMT_KEY_NONE : row->now,
        .galt = gone ? TIMEMGMT_KEY_NONE : timemgmt_table_galt_closed (self, slot),
        .floor = row->regulating ? row->floor.bound : TIMEMGMT_KEY_NONE,
        .need_first = (uint32_t) grants->needs.count,
    };
    /*  A flush waits for nothing, so its needs are left for the next grant that does. */
    if (kind != TIMEMGMT_FQR)
        emit_needs (self, row, grants);
    grant.need_count = (uint32_t) grants->needs.count - grant.need_first;
    base_assert (!gone || grant.need_count == 0);
    BASE_LIST_PUT (&grants->grants, grant);
}

static void emit_gone (timemgmt_bounds_t *self, uint32_t slot, timemgmt_grants_t *grants)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (self->ghost_count > 0 && row->in == NULL);
    base_assert (row->open_count == 0 && row->presence >= TIMEMGMT_ROW_LEFT);
    /*  Nobody waits for its messages any more. After this result the slot may be given out
       again. */
    timemgmt_pairs_drop_out (self, slot);
    emit (self, slot, TIMEMGMT_GONE, 0, grants);
    self->ghost_count--;
    *row = (timemgmt_row_t){ .presence = TIMEMGMT_ROW_FREE };
}

/*  The end of every record. The heap `ready` sorts by slot, so the same records give the same
   result, whatever order the heaps found it in. */
void timemgmt_table_settle (timemgmt_bounds_t *self, timemgmt_grants_t *grants)
{
    base_assert (self != NULL && grants != NULL);
    grant_changes (self);
    grant_waiters (self);
    const timemgmt_slot_item_t *first;
    while ((first = timemgmt_slot_heap_top (&self->ready))) {
        uint32_t slot = first->slot;
        timemgmt_slot_heap_remove (&self->ready, slot);
        timemgmt_row_t *row = timemgmt_row (self, slot);
        if (row->emit_constraint)
            emit (self, slot, TIMEMGMT_CONSTRAINT, row->constraint_number, grants);
        if (row->emit_regulation)
            emit (self, slot, TIMEMGMT_REGULATION, row->regulation_number, grants);
        if (row->emit_advance)
            emit (self, slot, row->kind, row->number, grants);
        row->emit_constraint = row->emit_regulation = row->emit_advance = false;
        if (row->emit_gone)
            emit_gone (self, slot, grants);
    }
    base_assert (self->ready.count == 0);
    base_assert (grants->grants.count <= grants->grants.capacity);
}
