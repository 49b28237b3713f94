/*  One step of a program that runs: it talks, perhaps changes what it declared or promised, and
   asks for its next time; at the end it stops regulating, or leaves. */
#include "tests/sim/actor.h"
#include "timemgmt/floor.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 24 };

static void achieve_some (sim_actor_t *actor, base_random_t *dice, double chance)
{
    for (int i = actor->label_count; i-- > 0;) {
        if (!base_random_chance (dice, chance))
            continue;
        actor_achieve (actor, actor->labels[i]);
        memmove (actor->labels[i], actor->labels[i + 1],
                 sizeof actor->labels[0] * (size_t) (--actor->label_count - i));
    }
}

static void talk (sim_actor_t *actor, base_random_t *dice)
{
    const sim_scenario_t *scenario = actor->world->scenario;
    sim_world_t *world = actor->world;

    if (base_random_chance (dice, scenario->objects) || actor->step < 2)
        actor_register (actor, dice);
    if (scenario->homes)
        actor_tick_homes (actor, dice);
    actor_chat (actor, dice, actor_state (actor).floor);
    if (scenario->migrations > 0)
        actor_migrate (actor, dice);
    if (base_random_chance (dice, scenario->deletes) && actor->own_count > 0) {
        sim_own_t *own = &actor->own[base_random_below (dice, (uint64_t) actor->own_count)];
        federate_state_t state = actor_state (actor);
        int64_t time = state.floor > own->last_time ? state.floor : own->last_time;
        bool timed = scenario->settled || base_random_below (dice, 2) == 0;
        if (!own->leaving && (state.regulating || !scenario->settled))
            actor_delete (actor, own, state.regulating && timed ? time : MST_TIME_NONE);
    }
    if (base_random_chance (dice, scenario->ownership))
        actor_trade (actor, dice);
    if (base_random_chance (dice, scenario->points) && world->oracle.point_count < SIM_POINTS - 2) {
        char label[24];
        (void) snprintf (label, sizeof label, "p-%s-%u", actor->plan->name, actor->step);
        actor_must (actor, federate_core_register_point (actor->core, label, "", 0, NULL, 0),
                    "point");
    }
    actor_retract (actor, dice, actor_state (actor).floor);
    achieve_some (actor, dice, 0.3);
}

/*  Changes ------------------------------------------------------------------------------------- */

static bool churn (sim_actor_t *actor, base_random_t *dice)
{
    int which = (int) base_random_below (dice, SIM_CLASSES);
    uint64_t choice = base_random_below (dice, 3);
    const sim_plan_t *plan = actor->plan;

    actor->churned = true;
    if (choice < 2 && plan->subscribe[which] != 0)
        actor_declare_class (actor, which, false, plan->subscribe[which],
                             !actor->subscribed_now[which]);
    else if (plan->publish[which] != 0)
        actor_declare_class (actor, which, true, plan->publish[which],
                             base_random_below (dice, 2) == 0);
    return actor->request_count > 0;
}

static void tune (sim_actor_t *actor, base_random_t *dice)
{
    const sim_scenario_t *scenario = actor->world->scenario;
    federate_state_t state = actor_state (actor);

    if (state.regulating && base_random_chance (dice, scenario->lookaheads)) {
        int64_t lookahead = (int64_t) base_random_below (dice, 5);
        actor_must (actor, federate_core_modify_lookahead (actor->core, lookahead), "lookahead");
        actor->lookahead = lookahead;
        SIM_SAY (actor->world, actor->index, "changes its lookahead to %lld",
                 (long long) lookahead);
    }
}

static bool toggle (sim_actor_t *actor, base_random_t *dice)
{
    federate_state_t state = actor_state (actor);

    if (!actor->plan->regulating || !base_random_chance (dice, actor->world->scenario->toggles))
        return false;
    SIM_SAY (actor->world, actor->index, "%s regulation", state.regulating ? "ends" : "begins");
    if (state.regulating) {
        actor_must (actor, federate_core_disable_regulation (actor->core), "regulation");
        return false;
    }
    actor_begin_regulation (actor);
    return true;
}

/*  Waiting ------------------------------------------------------------------------------------- */

static bool arrive (sim_actor_t *actor, base_random_t *dice)
{
    sim_world_t *world = actor->world;
    const char *expected[SIM_ACTORS];
    int which = (int) (actor->barriers_done % SIM_BARRIERS);
    sim_barrier_t *barrier = &world->oracle.barriers[which];
    size_t count = 0;

    if ((barrier->expected >> actor->index & 1) == 0) {
        actor->barriers_done++; /* not one of ours */
        return false;
    }
    for (int i = 0; i < world->count; i++)
        if (barrier->expected >> i & 1)
            expected[count++] = sim_name (world, i);
    int64_t patience_ns = 20000000 + (int64_t) base_random_below (dice, 800000000);
    SIM_SAY (world, actor->index, "arrives at %s, waits %lld ms", barrier->name,
             (long long) patience_ns / 1000000);
    actor_must (actor,
                federate_core_barrier (actor->core, barrier->name, expected, count, patience_ns),
                "barrier");
    actor->barrier = which;
    return true;
}

static void advance (sim_actor_t *actor, base_random_t *dice)
{
    const sim_plan_t *plan = actor->plan;
    uint8_t kind = plan->kinds[base_random_below (dice, sizeof plan->kinds)];
    int64_t to = actor->now + 1 + (int64_t) base_random_below (dice, (uint64_t) plan->step_max);

    if (to > actor->world->scenario->end)
        to = actor->world->scenario->end;
    SIM_SAY (actor->world, actor->index, "asks %s to %lld",
             timemgmt_kind_name ((timemgmt_kind_t) (kind - 1)), (long long) to);
    actor_must (actor, federate_core_advance (actor->core, kind, to), "advance");
    oracle_advance (actor, kind, to);
    actor->phase = SIM_ADVANCING;
    actor->kind = kind;
}

/*  While it waits it may send, above what it asked for. */
static void send_while_waiting (sim_actor_t *actor, base_random_t *dice)
{
    federate_state_t state = actor_state (actor);
    if (!state.regulating || base_random_below (dice, 4) != 0 || actor->world->scenario->homes)
        return;
    timemgmt_floor_t floor;
    timemgmt_floor_init (&floor, TIMEMGMT_INTEGER64, state.floor, actor->lookahead);
    int64_t least =
        timemgmt_floor_at (&floor, (timemgmt_kind_t) (actor->kind - 1), state.requested);
    actor_chat (actor, dice, least > state.floor ? least : state.floor);
    actor_retract (actor, dice, least > state.floor ? least : state.floor);
}

/*  A step -------------------------------------------------------------------------------------- */

/*  True: something was done; false: it waits. */
bool actor_step (sim_actor_t *actor)
{
    const sim_scenario_t *scenario = actor->world->scenario;
    bool timeless = !actor->plan->regulating && !actor->plan->constrained;

    if (actor->rests) {
        actor->rests = false;
        network_evoke (actor, 1 + network_random (actor->world, 30000000));
        return false;
    }
    base_random_t dice = actor_dice (actor, 1000 + actor->step++);

    if (actor->plan->resigns_at > 0 && actor->now >= actor->plan->resigns_at) {
        actor->phase = SIM_DRAINING;
        return true;
    }
    talk (actor, &dice);
    if (timeless && (actor->step >= ROUNDS || actor->now >= scenario->end)) {
        actor->phase = SIM_FINISHED;
        return true;
    }
    if (actor->now >= scenario->end) {
        actor->phase = SIM_FINISHED;
        return true;
    }
    tune (actor, &dice);
    if (base_random_chance (&dice, scenario->churn) && churn (actor, &dice)) {
        actor->phase = SIM_ASKING;
        return true;
    }
    if (base_random_chance (&dice, scenario->barriers) && arrive (actor, &dice)) {
        actor->phase = SIM_AT_BARRIER;
        return true;
    }
    if (toggle (actor, &dice)) {
        actor->phase = SIM_ENABLING;
        return true;
    }
    if (timeless && base_random_below (&dice, 3) != 0) {
        network_evoke (actor, 1 + network_random (actor->world, 10000000));
        return false;
    }
    advance (actor, &dice);
    send_while_waiting (actor, &dice);
    return true;
}

/*  True: something was done, and more may have become due. */
bool actor_finish (sim_actor_t *actor)
{
    federate_state_t state = actor_state (actor);
    base_random_t dice = actor_dice (actor, 5);
    bool asynchronous = state.constrained && !state.asynchronous;

    achieve_some (actor, &dice, 2);
    if (asynchronous)
        actor_must (actor, federate_core_asynchronous (actor->core, true), "asynchronous");
    if (state.regulating)
        actor_must (actor, federate_core_disable_regulation (actor->core), "regulation");
    return asynchronous || state.regulating;
}

/*  What was sent leaves before the resign: afterwards nothing could go by another road. */
bool actor_leave (sim_actor_t *actor)
{
    actor_must (actor, federate_core_flush (actor->core), "flush");
    if (!federate_core_drained (actor->core)) {
        network_evoke (actor, 20000000);
        return false;
    }
    SIM_SAY (actor->world, actor->index, "resigns, action %u", actor->plan->resign_action);
    actor->world->oracle.resigned |= (uint16_t) (1u << actor->index);
    actor_must (actor,
                federate_core_resign (actor->core, (mst_resign_t) actor->plan->resign_action,
                                      &actor->requests[0]),
                "resign");
    actor->request_count = 1;
    actor->phase = SIM_RESIGNING;
    return true;
}
