/*  The send floor of one federate: the smallest time stamp that it may still send. The library
    checks sends with it, the RTI computes bounds with it, by the same code, so that the two never
    differ by a rounding.

    The floor never falls. After TAR and NMR with a lookahead of zero it is just above the time
    granted, after TARA, NMRA and FQR it is the time itself (Fujimoto 1997, "Zero lookahead and
    repeatability in the High Level Architecture"). A lookahead that was lowered shrinks only as
    time advances, because the floor stays.

    Library: when asking for t, sends are checked against timemgmt_floor_at (floor, kind, t); at the
    grant of g (which may be below t) timemgmt_floor_raise (floor, kind, g), and sends are checked
    against floor->bound. At "time regulation enabled" timemgmt_floor_init with the grant's floor.

    Thread rule: a plain value; its owner's thread. */
#ifndef TIMEMGMT_FLOOR_H
#define TIMEMGMT_FLOOR_H

#include "timemgmt/time.h"

typedef enum timemgmt_kind {
    TIMEMGMT_TAR,        /* time advance request */
    TIMEMGMT_TARA,       /* time advance request available */
    TIMEMGMT_NMR,        /* next message request */
    TIMEMGMT_NMRA,       /* next message request available */
    TIMEMGMT_FQR,        /* flush queue request */
    TIMEMGMT_REGULATION, /* enable time regulation */
    TIMEMGMT_CONSTRAINT, /* enable time constrained */
    TIMEMGMT_GONE,       /* only in results: a leaver's messages have all arrived */
} timemgmt_kind_t;

typedef struct timemgmt_floor {
    timemgmt_type_t type;
    int64_t bound;     /* no send below this key */
    int64_t lookahead; /* as last requested */
} timemgmt_floor_t;

/*  Is every message up to and including the time granted delivered with this kind of grant? */
static inline bool timemgmt_kind_strict (timemgmt_kind_t kind)
{
    return kind == TIMEMGMT_TAR || kind == TIMEMGMT_NMR;
}

/*  Does the time granted depend on messages (NMR, NMRA, FQR)? */
static inline bool timemgmt_kind_by_message (timemgmt_kind_t kind)
{
    return kind == TIMEMGMT_NMR || kind == TIMEMGMT_NMRA || kind == TIMEMGMT_FQR;
}

/*  "TAR", "NMRA", … Static strings. */
const char *timemgmt_kind_name (timemgmt_kind_t kind);

void timemgmt_floor_init (timemgmt_floor_t *self, timemgmt_type_t type, int64_t bound,
                          int64_t lookahead);

/*  The floor while advancing to `time`, or after a grant to it. Monotone in time, >= time. */
int64_t timemgmt_floor_at (const timemgmt_floor_t *self, timemgmt_kind_t kind, int64_t time);
void timemgmt_floor_raise (timemgmt_floor_t *self, timemgmt_kind_t kind, int64_t time);

/*  Modify lookahead, at granted time `now`: a larger one counts at once, a smaller one as time
    advances. */
void timemgmt_floor_modify (timemgmt_floor_t *self, int64_t now, int64_t lookahead);

/*  The actual lookahead at granted time `now`, as an interval. */
int64_t timemgmt_floor_lookahead (const timemgmt_floor_t *self, int64_t now);

#endif
