/*  The send floor: one rule, used at both ends. */
#include "timemgmt/floor.h"
#include "base/error.h"

#include <stddef.h>

const char *timemgmt_kind_name (timemgmt_kind_t kind)
{
    static const char *const names[] = {
        [TIMEMGMT_TAR] = "TAR",
        [TIMEMGMT_TARA] = "TARA",
        [TIMEMGMT_NMR] = "NMR",
        [TIMEMGMT_NMRA] = "NMRA",
        [TIMEMGMT_FQR] = "FQR",
        [TIMEMGMT_REGULATION] = "enable time regulation",
        [TIMEMGMT_CONSTRAINT] = "enable time constrained",
        [TIMEMGMT_GONE] = "gone",
    };
    base_assert ((unsigned) kind < sizeof names / sizeof *names);
    base_assert (names[kind] != NULL);
    return names[kind];
}

void timemgmt_floor_init (timemgmt_floor_t *self, timemgmt_type_t type, int64_t bound,
                          int64_t lookahead)
{
    base_assert (self != NULL);
    base_assert (bound != TIMEMGMT_KEY_NONE && lookahead >= 0);
    *self = (timemgmt_floor_t){ .type = type, .bound = bound, .lookahead = lookahead };
}

int64_t timemgmt_floor_at (const timemgmt_floor_t *self, timemgmt_kind_t kind, int64_t time)
{
    base_assert (self != NULL && time != TIMEMGMT_KEY_NONE);
    int64_t ahead = timemgmt_time_add (self->type, time, self->lookahead);
    /*  Also a lookahead too small for the double to show is one of zero. */
    if (ahead <= time && timemgmt_kind_strict (kind))
        ahead = timemgmt_time_above (time);
    base_assert (ahead >= time);
    return timemgmt_time_max (self->bound, ahead);
}

void timemgmt_floor_raise (timemgmt_floor_t *self, timemgmt_kind_t kind, int64_t time)
{
    int64_t bound = timemgmt_floor_at (self, kind, time);
    base_assert (bound >= self->bound);
    self->bound = bound;
}

void timemgmt_floor_modify (timemgmt_floor_t *self, int64_t now, int64_t lookahead)
{
    base_assert (self != NULL && now != TIMEMGMT_KEY_NONE);
    base_assert (lookahead >= 0);
    self->lookahead = lookahead;
    self->bound = timemgmt_time_max (self->bound, timemgmt_time_add (self->type, now, lookahead));
}

int64_t timemgmt_floor_lookahead (const timemgmt_floor_t *self, int64_t now)
{
    base_assert (self != NULL && now != TIMEMGMT_KEY_NONE);
    /*  Just above `now` is the exclusive floor of a lookahead of zero, no lookahead of one. */
    if (self->lookahead == 0 && self->bound <= timemgmt_time_above (now))
        return 0;
    /*  Below now + lookahead the floor stands only in the past of a raise still to come. */
    int64_t actual = timemgmt_time_between (self->type, now, self->bound);
    base_assert (actual >= 0);
    return timemgmt_time_max (actual, self->lookahead);
}
