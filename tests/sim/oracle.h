/*  What the oracle's files share. The rest of the simulator sees world.h alone. Sets of actors are
   bits.

    oracle.c           calls: what is sent, for whom, caused by what
    oracle_travel.c    bundles, reports and departures, read from the bytes
    oracle_delivery.c  what federates are given, and their grants
    oracle_meeting.c   points and barriers
    oracle_entity.c    entities that migrate
    oracle_end.c       what must hold always, and at the end */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "tests/sim/world.h"
#include "wire/services.h"

#define BIT(index) ((uint16_t) (1u << (index)))

/*  oracle.c */
/*  By its handle; -1: nobody's. */
int oracle_actor_of (const sim_world_t *world, uint64_t handle);
/*  As which class a federate knows objects of a class; -1: not at all. */
int oracle_known_class (const sim_plan_t *plan, int class_index);
/*  What of a message its receiver is to be shown. */
uint64_t oracle_shown (const sim_world_t *world, const sim_message_t *message, int to);
/*  A message was delivered: what its receiver sends from here on it may have caused. */
void oracle_note_effects (sim_actor_t *actor, sim_message_t *message);

/*  oracle_travel.c */
/*  The part of a call that holds this attribute; NULL: nobody sent it. */
sim_message_t *oracle_part (sim_oracle_t *self, uint32_t base, uint32_t handle);

/*  The message that stands at a place of a bundle; NULL: none in the order of time. */
sim_message_t *oracle_at_place (sim_oracle_t *self, int from, int to, uint64_t sequence,
                                uint64_t place);

/*  oracle_delivery.c */
/*  Does it count for its receiver? Not when it was retracted; but it does when its sender died
   before it had reported that. */
bool oracle_stands (const sim_world_t *world, const sim_message_t *message, int to);
/*  Retracted, and yet it may be with its receiver: the retraction never came. */
bool oracle_may_stay (const sim_world_t *world, const sim_message_t *message, int to);
/*  Is it excused that a message of a dead sender did not come? */
bool oracle_excused (const sim_world_t *world, const sim_message_t *message, int to);

/*  oracle_meeting.c */
void oracle_barrier_arrival (sim_world_t *world, int from, const wire_barrier_arrive_t *args);
void oracle_barriers_leave (sim_world_t *world, int actor);
void oracle_barrier_told (sim_actor_t *actor, const federate_delivery_t *what);
sim_point_t *oracle_point (sim_world_t *world, const char *label);
void oracle_synchronized (sim_actor_t *actor, const char *label);

/*  oracle_entity.c */
void oracle_check_tick (sim_actor_t *actor, const sim_message_t *message);
void oracle_check_entity (sim_actor_t *actor, const sim_message_t *message, uint32_t epoch);
void oracle_arrived_home (sim_actor_t *actor, const mst_migration_t *migration);
void oracle_gone_from_home (sim_world_t *world, const mst_migration_t *migration);
void oracle_check_homes (sim_world_t *world);
void oracle_check_ticks (sim_world_t *world);

#endif
