/*  Holds: grants withheld from a logical time on, for a migration's cut, a save or a barrier. They
    are few and short, so a list is enough. */
#include "timemgmt/bounds_table.h"

#include <inttypes.h>
#include <stddef.h>

static void row_find_hold (timemgmt_bounds_t *self, uint32_t slot)
{
    timemgmt_row_t *row = timemgmt_row (self, slot);
    base_assert (row->presence == TIMEMGMT_ROW_JOINED);
    row->held_from = TIMEMGMT_KEY_MAX;
    BASE_LIST_EACH (&self->holds, i) {
        if (self->holds.items[i].slot == slot)
            row->held_from = timemgmt_time_min (row->held_from, self->holds.items[i].from);
    }
    timemgmt_row_place (self, slot);
}

void timemgmt_holds_drop (timemgmt_bounds_t *self, uint32_t slot)
{
    size_t kept = 0;
    BASE_LIST_EACH (&self->holds, i) {
        if (self->holds.items[i].slot != slot)
            self->holds.items[kept++] = self->holds.items[i];
    }
    base_assert (kept <= self->holds.count);
    self->holds.count = kept;
    timemgmt_row (self, slot)->held_from = TIMEMGMT_KEY_MAX;
}

static mst_err_t holds_room (timemgmt_bounds_t *self)
{
    base_assert (self->holds.count <= TIMEMGMT_HOLDS_MAX);
    if (self->holds.count == TIMEMGMT_HOLDS_MAX)
        return base_error (MST_E_LIMIT, "limits.holds (%d) is reached: too many migrations at once",
                           TIMEMGMT_HOLDS_MAX);
    return BASE_LIST_ROOM (&self->holds);
}

mst_err_t timemgmt_bounds_hold (timemgmt_bounds_t *self, uint64_t id, timemgmt_hold_reason_t reason,
                                uint32_t slot, int64_t from)
{
    base_assert (self != NULL);
    if (!timemgmt_row_joined (self, slot))
        return timemgmt_row_unknown (slot);
    mst_err_t err = holds_room (self);
    if (err)
        return err;
    base_assert (self->holds.count < self->holds.capacity);
    BASE_LIST_PUT (&self->holds, ((timemgmt_hold_t){ id, reason, slot, from }));
    row_find_hold (self, slot);
    base_assert (timemgmt_row (self, slot)->held_from <= from);
    return MST_OK;
}

/*  Takes the last hold of that id out. False: none is left. */
static bool hold_take (timemgmt_bounds_t *self, uint64_t id)
{
    for (size_t i = self->holds.count; i-- > 0;) {
        if (self->holds.items[i].id != id)
            continue;
        uint32_t slot = self->holds.items[i].slot;
        for (size_t j = i + 1; j < self->holds.count; j++)
            self->holds.items[j - 1] = self->holds.items[j];
        self->holds.count--;
        base_assert (timemgmt_row_joined (self, slot) != NULL);
        row_find_hold (self, slot);
        return true;
    }
    return false;
}

mst_err_t timemgmt_bounds_release (timemgmt_bounds_t *self, uint64_t id, timemgmt_grants_t *grants)
{
    base_assert (self != NULL && grants != NULL);
    mst_err_t err = timemgmt_grants_reserve (self, 0, grants);
    if (err)
        return err;
    while (hold_take (self, id))
        continue;
    base_assert (self->holds.count <= TIMEMGMT_HOLDS_MAX);
    timemgmt_table_settle (self, grants);
    return MST_OK;
}

/*  Migration at a cut ------------------------------------------------------------------------ */

/*  What the old home may not send below: its floor, and while it advances that of its request (an
    early grant by message would lower it again; the cut must hold either way). */
static int64_t row_send_floor (const timemgmt_row_t *row)
{
    base_assert (row->presence == TIMEMGMT_ROW_JOINED);
    if (!row->regulating)
        return TIMEMGMT_KEY_NONE;
    base_assert (row->floor.bound != TIMEMGMT_KEY_NONE);
    if (!row->waiting)
        return row->floor.bound;
    return timemgmt_floor_at (&row->floor, row->kind, row->requested);
}

static mst_err_t refuse (const char *home, uint32_t slot, int64_t time, const char *what,
                         int64_t value)
{
    base_assert (home != NULL && what != NULL);
    return base_error (MST_E_MIGRATION_REFUSED,
                       "no cut at %" PRId64 ": the %s home at time slot %" PRIu32 " %s %" PRId64
                       "; ask with a later time",
                       time, home, slot, what, value);
}

mst_err_t timemgmt_bounds_may_cut (const timemgmt_bounds_t *self, uint32_t old_home,
                                   uint32_t new_home, int64_t time)
{
    base_assert (self != NULL);
    const timemgmt_row_t *from = timemgmt_row_joined (self, old_home);
    const timemgmt_row_t *to = timemgmt_row_joined (self, new_home);
    if (!from || !to)
        return timemgmt_row_unknown (from ? new_home : old_home);
    if (old_home == new_home)
        return base_error (MST_E_INVALID_ARGUMENT, "a migration needs two homes");
    mst_err_t err = timemgmt_time_check (self->options.type, time);
    if (err)
        return err;
    if (from->now >= time)
        return refuse ("old", old_home, time, "was granted", from->now);
    if (to->now >= time)
        return refuse ("new", new_home, time, "was granted", to->now);
    int64_t floor = row_send_floor (from);
    if (floor > time)
        return refuse ("old", old_home, time, "has the bound", floor);
    base_assert (from != to);
    return MST_OK;
}

mst_err_t timemgmt_bounds_prepare_cut (timemgmt_bounds_t *self, uint64_t id, uint32_t old_home,
                                       uint32_t new_home, int64_t time)
{
    mst_err_t err = timemgmt_bounds_may_cut (self, old_home, new_home, time);
    if (!err)
        err = timemgmt_bounds_hold (self, id, TIMEMGMT_HOLD_MIGRATION, old_home, time);
    if (err)
        return err;
    err = timemgmt_bounds_hold (self, id, TIMEMGMT_HOLD_MIGRATION, new_home, time);
    if (err) {
        /*  The old home's hold was the last to come: out with it, nothing else happened. */
        base_assert (self->holds.count > 0);
        self->holds.count--;
        row_find_hold (self, old_home);
    }
    base_assert (err || self->holds.count >= 2);
    return err;
}
