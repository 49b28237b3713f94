/*  A scenario: what a seed makes of a theme. Who takes part, how each federate is set up, what it
   may do, and what happens to it. The network has a seed of its own: one scenario can be run with
   other delays, and what must not depend on them is compared. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SIM_ACTORS = 9,
    SIM_OBJECTS = 160,
    SIM_CLASSES = 2,      /* Body, Star below it */
    SIM_INTERACTIONS = 4, /* Event, Loud below it, Word, Noise */
    SIM_POINTS = 24,
    SIM_BARRIERS = 4,
};

typedef enum sim_theme {
    SIM_TIME,       /* grants of all kinds, lookaheads, regulation that comes and goes */
    SIM_ORDER,      /* what repeats: every scenario is run with two networks */
    SIM_DEATH,      /* killed, paused, resigning, late */
    SIM_MIGRATION,  /* homes, cuts, crashes of either home */
    SIM_CAUSALITY,  /* declarations that change, objects that come and go, points, ownership */
    SIM_MEETING,    /* barriers with deadlines and missing members */
    SIM_OPTIMISTIC, /* flush queue requests and retractions beside all other kinds of grants */
    SIM_THEMES
} sim_theme_t;

/*  Attributes as bits of a mask: the privilege to delete is bit 0. */
enum {
    SIM_PLACE = 1 << 1,   /* Body: time-stamped */
    SIM_MOOD = 1 << 2,    /* Body: receive order, reliable */
    SIM_FLICKER = 1 << 3, /* Body: receive order, best effort */
    SIM_LIGHT = 1 << 4,   /* Star: time-stamped */
    SIM_TIMED = SIM_PLACE | SIM_LIGHT,
};

/*  One federate. */
typedef struct sim_plan {
    char name[8];
    bool late; /* joins after the start: nothing is promised about what it gets */
    int64_t join_ns;
    bool regulating, constrained, relay;
    int64_t lookahead;
    uint8_t kinds[4]; /* requests to choose from: wire_advance_t */
    int64_t step_max;
    uint64_t publish[SIM_CLASSES], subscribe[SIM_CLASSES];
    bool says[SIM_INTERACTIONS], hears[SIM_INTERACTIONS];
    uint32_t chatter;     /* messages per step, at most */
    uint32_t value_bytes; /* at most */
    uint32_t bundle_bytes;
    /* what happens to it; counted in inputs, so that it happens whatever the delays. 0: never */
    uint32_t dies_after, pauses_after;
    bool dies_dirty;     /* in mid-call: data has left, what goes to the RTI has not */
    bool dies_asking;    /* just after it has reported, with its data on the way */
    bool dies_lingering; /* after it resigned, before it has closed */
    int64_t resigns_at;  /* logical time */
    uint32_t resign_action;
} sim_plan_t;

typedef struct sim_scenario {
    uint64_t seed;
    sim_theme_t theme;
    int count;
    int64_t end;     /* logical time at which all stop */
    bool causal;     /* stamps and causal delivery, for all */
    bool settled;    /* declarations hold from the start to the end: sets are exact */
    bool repeatable; /* nothing depends on delays but receive order */
    bool delete_on_loss;
    double route_failure, loss; /* chances: of a route, of a best-effort bundle */
    /* chances per step */
    double objects, deletes, lookaheads, toggles, churn, points, ownership, migrations, barriers;
    double retractions;
    bool homes; /* every own object is updated at every tick by its home */
    sim_plan_t plans[SIM_ACTORS];
} sim_scenario_t;

void sim_scenario_make (sim_scenario_t *self, sim_theme_t theme, uint64_t seed);
const char *sim_theme_name (sim_theme_t theme);
bool sim_theme_find (const char *name, sim_theme_t *theme);
void sim_scenario_print (const sim_scenario_t *self);

/*  What a run leaves behind. */
typedef struct sim_outcome {
    bool failed;
    char failure[1024];
    uint64_t digests[SIM_ACTORS]; /* of each federate's grants and time-stamped messages */
    uint64_t events, messages, delivered, grants, kills, commits, aborts;
    uint64_t gaps; /* hand-overs whose old home ended before the cut */
    uint64_t flushes, retractions, recalls;
} sim_outcome_t;

/*  Runs it once. verbose: the trace goes to standard output as it happens. */
void sim_run (const sim_scenario_t *scenario, uint64_t network_seed, bool verbose,
              sim_outcome_t *outcome);

/*  Runs a seed, twice where that says something, and checks that nothing is left in memory. On a
    failure it prints the seed, the scenario and the end of the trace. True: all held. */
bool sim_try (sim_theme_t theme, uint64_t seed, bool verbose, sim_outcome_t *sum);

/*  As many seeds as MUSTER_SIM_SEEDS says (else 1,000), or the one of MUSTER_SIM_SEED. Gives the
    number of seeds that failed; stops after a few. */
int sim_try_all (sim_theme_t theme);

#endif
