/*  What the files of a federate's program share. The rest of the simulator sees world.h alone.

    actor.c       what comes, and the phases
    actor_join.c  joining, declaring, enabling, meeting
    actor_talk.c  objects and messages, migrations, ownership
    actor_step.c  a step, and the end */
#ifndef SIM_ACTOR_H
#define SIM_ACTOR_H

#include "tests/sim/world.h"

/*  actor.c */
/*  The dice for one purpose: the same in every run of the scenario. */
base_random_t actor_dice (const sim_actor_t *actor, uint64_t what);
/*  Fails the run when a call gave an error. */
void actor_must (sim_actor_t *actor, mst_err_t err, const char *what);
federate_state_t actor_state (const sim_actor_t *actor);

/*  actor_join.c */
extern const char *const actor_class_names[SIM_CLASSES];
extern const char *const actor_interaction_names[SIM_INTERACTIONS];
/*  Collects replies; true when none is awaited any more. */
bool actor_replied (sim_actor_t *actor, mst_err_t *err);
void actor_find_handles (sim_actor_t *actor);
void actor_declare_class (sim_actor_t *actor, int class_index, bool publish, uint64_t mask,
                          bool on);
void actor_declare_all (sim_actor_t *actor);
void actor_begin_regulation (sim_actor_t *actor);
void actor_enable (sim_actor_t *actor);
bool actor_is_enabled (const sim_actor_t *actor);
void actor_achieve (sim_actor_t *actor, const char *label);
/*  True once everybody has met. */
bool actor_meet (sim_actor_t *actor);

/*  actor_talk.c */
sim_own_t *actor_own_find (sim_actor_t *actor, uint64_t id);
/*  NULL: it has as many as it may. */
sim_own_t *actor_own_add (sim_actor_t *actor, uint64_t id);
void actor_own_drop (sim_actor_t *actor, uint64_t id);
void actor_register (sim_actor_t *actor, base_random_t *dice);
/*  Takes back some of what was said; the floor says what it may. */
void actor_retract (sim_actor_t *actor, base_random_t *dice, int64_t floor);
void actor_delete (sim_actor_t *actor, sim_own_t *own, int64_t time);
/*  Some updates and interactions; none is stamped below the floor. */
void actor_chat (sim_actor_t *actor, base_random_t *dice, int64_t floor);
void actor_tick_homes (sim_actor_t *actor, base_random_t *dice);
void actor_migrate (sim_actor_t *actor, base_random_t *dice);
void actor_trade (sim_actor_t *actor, base_random_t *dice);
void actor_release (sim_actor_t *actor, const mst_ownership_t *what);
void actor_assume (sim_actor_t *actor, const mst_ownership_t *what);

/*  actor_step.c: true: something was done; false: it waits. */
bool actor_step (sim_actor_t *actor);
bool actor_finish (sim_actor_t *actor);
bool actor_leave (sim_actor_t *actor);

#endif
