/*  One run: the RTI core, the federate cores, the network between them, and the oracle that
   watches.

    network.c  what travels, when it arrives, who is paused or dead; one event at a time
    actor*.c   a federate's program: drives its core as a user would
    oracle*.c  sees every accepted call and every delivery, and says what must hold */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "base/alloc.h"
#include "base/arena.h"
#include "base/list.h"
#include "base/random.h"
#include "federate/core/core.h"
#include "rti/core/core.h"
#include "timemgmt/floor.h"
#include "tests/sim/scenario.h"
#include "tests/sim/trace.h"

typedef struct sim_world sim_world_t;

/*  Network ----------------------------------------------------------------------------------- */

typedef enum sim_event_kind {
    SIM_AT_RTI,       /* a federate's bytes */
    SIM_RTI_LOST,     /* its connection is closed */
    SIM_RTI_TICK,     /* a deadline of the RTI */
    SIM_FROM_RTI,     /* from here on: at a federate */
    SIM_FROM_PEER,    /* by a route to it */
    SIM_FROM_ROUTE,   /* back by its own route */
    SIM_CLOSED,       /* a route to it is closed, and all that came by it was handed in */
    SIM_ROUTE_FAILED, /* its own route */
    SIM_JOIN,
    SIM_EVOKE,   /* its program runs */
    SIM_EXPLAIN, /* somebody is paused: it asks whom it waits for */
} sim_event_kind_t;

typedef struct sim_event {
    int64_t at_ns;
    uint64_t order;
    sim_event_kind_t kind;
    int actor; /* where it happens; for the RTI: whose it is */
    int route; /* or -1 */
    uint8_t *data;
    size_t size_bytes;
} sim_event_t;

/*  First in, first out: nothing arrives before what was sent earlier. */
typedef struct sim_pipe {
    int64_t base_ns, spread_ns;
    int64_t last_ns;
} sim_pipe_t;

typedef struct sim_route {
    int from, to;
    uint64_t connection; /* as the receiver numbers it */
    bool open;
    bool half;    /* the greeting arrives, the answer never does, then it fails */
    bool refused; /* nothing arrives */
    sim_pipe_t there, back;
} sim_route_t;

/*  Actors ------------------------------------------------------------------------------------ */

typedef enum sim_phase {
    SIM_ABSENT,
    SIM_JOINING,
    SIM_DECLARING,
    SIM_ENABLING,
    SIM_MEETING_ALL, /* waits for everybody, then for the point "start" */
    SIM_RUNNING,
    SIM_ASKING, /* a service that waits for its reply */
    SIM_AT_BARRIER,
    SIM_ADVANCING,
    SIM_FINISHED, /* at the end of time, still there */
    SIM_DRAINING, /* about to resign: what was sent leaves first */
    SIM_RESIGNING,
    SIM_LINGERING, /* resigned */
    SIM_GONE,
} sim_phase_t;

/*  What an actor has in mind for an object of its own. */
typedef struct sim_own {
    uint64_t id;
    int object;        /* oracle's number */
    uint64_t mask;     /* attributes that it may update */
    int64_t last_time; /* largest stamp of its updates */
    int64_t tick;      /* last one at which it was updated as an entity */
    bool leaving;      /* a migration is under way */
    bool home;         /* arrived or registered here: is updated at every tick */
} sim_own_t;

/*  What it said with a handle. */
typedef struct sim_said {
    mst_retraction_t handle;
    uint32_t base; /* of the oracle's message */
    int64_t time;
    sim_own_t deleted; /* id 0: not a deletion */
} sim_said_t;

typedef struct sim_actor {
    sim_world_t *world;
    const sim_plan_t *plan;
    int index;
    federate_core_t *core;
    sim_phase_t phase;
    uint32_t handle;
    uint64_t connection; /* at the RTI */
    sim_pipe_t up, down;
    bool evoking; /* an EVOKE is on its way */
    bool rti_closed;
    bool dead, died_silently;
    int64_t paused_until_ns, linger_until_ns;
    uint32_t inputs;
    uint32_t requests[8];
    uint32_t request_count;
    uint32_t explain_request;
    uint32_t object_classes[SIM_CLASSES], interaction_classes[SIM_INTERACTIONS];
    uint32_t step;
    int64_t now;
    int64_t lookahead; /* as last asked for */
    uint8_t kind;
    bool granted_news;
    uint32_t rounds; /* of one that has no time */
    bool start_asked, start_announced, start_achieved, started;
    bool regulating;
    bool subscribed_now[SIM_CLASSES], churned;
    uint64_t handed; /* parcels of its core */
    sim_own_t own[24];
    int own_count;
    sim_said_t said[32]; /* may be retracted; the oldest give way */
    uint32_t said_count;
    bool rests; /* a flush brought it no further */
    uint64_t to_forget;
    char labels[SIM_POINTS][24]; /* announced, not yet achieved */
    int label_count;
    int barrier; /* waits at; -1 */
    uint32_t barriers_done;
    bool blocked;
} sim_actor_t;

/*  Oracle ------------------------------------------------------------------------------------ */

typedef enum sim_part { SIM_PART_TSO, SIM_PART_RO, SIM_PART_BE } sim_part_t;
typedef enum sim_message_kind { SIM_UPDATE, SIM_INTERACTION, SIM_DELETE } sim_message_kind_t;

/*  One part of one call: all that shares an order and a transport. Sets of actors are bits. */
typedef struct sim_message {
    uint32_t base;   /* number of the call's first part: it travels as the tag */
    uint32_t number; /* among its sender's: the same in every run */
    uint8_t kind, part;
    int8_t sender;
    int16_t object; /* oracle's number, or interaction */
    uint64_t mask;
    int64_t time;
    uint16_t expected;  /* who must get it, by the declarations of the start */
    uint16_t addressed; /* seen in a bundle to */
    uint16_t arrived;   /* that bundle was handed in */
    uint16_t delivered;
    uint32_t sequence[SIM_ACTORS]; /* of the bundle */
    uint32_t place[SIM_ACTORS];    /* in it */
    bool retracted;
    uint32_t back_sequence[SIM_ACTORS]; /* of the retraction's bundle; 0: it did not leave */
    uint16_t back_arrived, recalled;
    bool causal;               /* in receive order, reliable, with a stamp */
    uint32_t past[SIM_ACTORS]; /* how many such ones of each it may have been caused by */
    uint32_t turn[SIM_ACTORS]; /* place among the deliveries of each; 0: none */
} sim_message_t;

typedef struct sim_object {
    uint64_t id;
    int class_index, registrar;
    bool deleted; /* somebody deleted it, or its registrar left with it */
    int64_t delete_time;
    bool homed;
    int64_t tick[SIM_ACTORS]; /* last one seen by each */
    uint32_t epoch[SIM_ACTORS];
    int8_t seen_as[SIM_ACTORS]; /* class by which each discovered it, from 1; 0: it did not */
    uint16_t known;             /* to whom */
    uint16_t ever_known;
    uint16_t removed;
    uint16_t revived; /* told of a removal, which was taken back */
    int home;         /* by the last hand-over that one of its homes saw */
    int64_t home_from, last_tick;
    int64_t handed_at[SIM_ACTORS]; /* the last cut at which each gave it away */
    struct sim_gap {
        int64_t from, to; /* times that a home left without updates by ending before its cut */
    } gaps[16];
    int gap_count;
} sim_object_t;

typedef struct sim_pair {   /* from one actor to another */
    uint32_t last_reliable; /* message delivered in receive order */
    uint32_t last_best_effort;
    uint64_t arrived;  /* reliable bundles */
    uint64_t reported; /* in reports that the RTI was handed */
    uint64_t best_effort_sent, best_effort_last, best_effort_arrived, best_effort_delivered;
    uint64_t best_effort_mark; /* bundle of the last delivery */
    bool cut_known;            /* the receiver was told of the loss */
    bool closed, relayed;      /* nothing more comes by a route; it comes by the RTI */
} sim_pair_t;

typedef struct sim_clock { /* of one actor */
    bool constrained, regulating;
    int64_t granted, requested;
    bool strict, advancing;
    uint8_t kind;
    int64_t seen_max; /* time of the last message since the last grant; INT64_MIN: none */
    int64_t seen_min; /* … the smallest; INT64_MAX: none */
    int64_t key_time;
    int key_sender;
    uint32_t key_message;
    int64_t constrained_at;
    uint64_t digest;
} sim_clock_t;

typedef struct sim_point {
    char label[24];
    uint16_t announced, achieved, synchronized;
    uint32_t mark[SIM_ACTORS]; /* messages before its achievement */
} sim_point_t;

typedef struct sim_barrier {
    char name[16];
    uint16_t expected, arrived;
    int64_t deadline_ns;
    uint64_t generation;
    struct {
        bool passed;
        uint16_t missing, told;
    } outcomes[64];
} sim_barrier_t;

typedef struct sim_oracle {
    BASE_LIST (sim_message_t) messages;
    sim_object_t objects[SIM_OBJECTS];
    int object_count;
    sim_pair_t pairs[SIM_ACTORS][SIM_ACTORS];
    sim_clock_t clocks[SIM_ACTORS];
    sim_point_t points[SIM_POINTS];
    int point_count;
    sim_barrier_t barriers[SIM_BARRIERS];
    uint16_t joined;                /* ever */
    uint16_t resigned;              /* asked to */
    uint16_t left;                  /* as the RTI sees it */
    uint16_t told_left[SIM_ACTORS]; /* of whose departure each was told */
    int64_t bound[SIM_ACTORS];      /* told with its departure */
    uint32_t numbers[SIM_ACTORS];   /* messages sent by each */

    uint32_t past[SIM_ACTORS]
                 [SIM_ACTORS];  /* [of whom][from whom] causal messages that it knows of */
    uint32_t turns[SIM_ACTORS]; /* deliveries to each */
    base_arena_t arena;
} sim_oracle_t;

struct sim_world {
    const sim_scenario_t *scenario;
    base_random_t random; /* of the network */
    int64_t now_ns;
    uint64_t order;
    BASE_LIST (sim_event_t) events; /* a heap */
    rti_core_t *rti;
    rti_effects_t effects;
    int64_t tick_ns;
    int count;
    sim_actor_t actors[SIM_ACTORS];
    BASE_LIST (sim_route_t) routes;
    uint64_t connections;
    int64_t pause_until_ns;
    int paused;
    bool slow_data, slow_control;
    sim_oracle_t oracle;
    sim_trace_t trace;
    sim_outcome_t *outcome;
};

/*  The first failure counts. */
void sim_fail (sim_world_t *world, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
const char *sim_name (const sim_world_t *world, int actor);
#define SIM_SAY(world, actor, ...)                                                                 \
    ((world)->trace.on ? sim_trace_line (&(world)->trace, (world)->now_ns,                         \
                                         sim_name ((world), (actor)), __VA_ARGS__)                 \
                       : (void) 0)

/*  network.c */
void network_init (sim_world_t *world);
void network_fini (sim_world_t *world);
void network_run (sim_world_t *world);
int64_t network_random (sim_world_t *world, int64_t below);
void network_at (sim_world_t *world, int64_t at_ns, sim_event_kind_t kind, int actor);
void network_evoke (sim_actor_t *actor, int64_t delay_ns);
void network_carry_out (sim_actor_t *actor, bool flush);
void network_kill (sim_actor_t *actor, const char *how);
void network_close (sim_actor_t *actor); /* in good order */

/*  actor.c, actor_join.c */
void actor_join (sim_actor_t *actor);
void actor_evoke (sim_actor_t *actor);
void actor_explain (sim_actor_t *actor);
bool actor_is_through (const sim_actor_t *actor);

/*  oracle*.c */
void oracle_init (sim_world_t *world);
void oracle_fini (sim_world_t *world);
/*  A call is about to be made: gives the number that goes as its tag. oracle_unsend takes it back.
 */
uint32_t oracle_send (sim_actor_t *actor, sim_message_kind_t kind, int object, uint64_t mask,
                      int64_t time);
void oracle_unsend (sim_actor_t *actor, uint32_t base);
void oracle_sent (sim_actor_t *actor, uint32_t base);
/*  It was taken back. */
void oracle_retract (sim_actor_t *actor, uint32_t base);
int oracle_register (sim_actor_t *actor, uint64_t id, int class_index, bool homed);
int oracle_object (const sim_oracle_t *self, uint64_t id);
void oracle_advance (sim_actor_t *actor, uint8_t kind, int64_t to);
void oracle_achieve (sim_actor_t *actor, const char *label);
void oracle_delivery (sim_actor_t *actor, const federate_delivery_t *what);
/*  Bytes of the data plane. */
void oracle_data (sim_world_t *world, int from, int to, const uint8_t *data, size_t size_bytes,
                  bool arrived);
/*  A route is closed, and all that came by it was handed in. */
void oracle_closed (sim_world_t *world, int from, int to);
void oracle_at_rti (sim_world_t *world, int from, const uint8_t *data, size_t size_bytes);
void oracle_from_rti (sim_actor_t *actor, const uint8_t *data, size_t size_bytes);
void oracle_lost (sim_world_t *world, int actor);
void oracle_tick (sim_world_t *world);
void oracle_step (sim_world_t *world);
void oracle_end (sim_world_t *world);

#endif
