/*  A program's beginning: joins, declares, enables its time, and meets the others at the point
   "start". */
#include "tests/sim/actor.h"
#include "wire/control.h"

#include <stdio.h>
#include <string.h>

const char *const actor_class_names[SIM_CLASSES] = { "Body", "Star" };
const char *const actor_interaction_names[SIM_INTERACTIONS] = { "Event", "Loud", "Word", "Noise" };

/*  Joining ------------------------------------------------------------------------------------- */

/*  Late is after the start. */
static bool too_early (const sim_actor_t *actor)
{
    bool waiting = false;

    for (int i = 0; i < actor->world->count; i++) {
        const sim_actor_t *other = &actor->world->actors[i];
        if (other->started)
            return false;
        waiting = waiting || (!other->plan->late && !other->dead);
    }
    return actor->plan->late && waiting;
}

void actor_join (sim_actor_t *actor)
{
    if (too_early (actor)) {
        network_at (actor->world, actor->world->now_ns + 50000000, SIM_JOIN, actor->index);
        return;
    }
    char endpoint[32];
    const char *endpoints[] = { endpoint };
    federate_options_t options = { .host = "here",
                                   .process = (uint64_t) actor->index + 1,
                                   .bundle_bytes = actor->plan->bundle_bytes,
                                   .route_window_bytes = 1024 * 1024,
                                   .relay = actor->plan->relay,
                                   .stamps = actor->world->scenario->causal,
                                   .causal = actor->world->scenario->causal };

    actor_must (actor, federate_core_new (&options, &actor->core), "new");
    (void) snprintf (endpoint, sizeof endpoint, "sim://%s", actor->plan->name);
    federate_join_t join = { "sim", actor->plan->name, "type", endpoints, 1 };
    actor_must (actor, federate_core_join (actor->core, &join, &actor->requests[0]), "join");
    actor->request_count = 1;
    actor->phase = SIM_JOINING;
    actor->lookahead = actor->plan->lookahead;
    actor->barrier = -1;
    network_carry_out (actor, true);
}

/*  Collects replies; true when none is awaited any more. */
bool actor_replied (sim_actor_t *actor, mst_err_t *err)
{
    federate_reply_t reply;

    *err = MST_OK;
    for (uint32_t i = actor->request_count; i-- > 0;) {
        if (!federate_core_reply (actor->core, actor->requests[i], &reply))
            continue;
        if (reply.err) {
            *err = reply.err;
            SIM_SAY (actor->world, actor->index, "is refused: %s", reply.text);
        }
        base_free (reply.text);
        base_free (reply.result);
        actor->requests[i] = actor->requests[--actor->request_count];
    }
    return actor->request_count == 0;
}

void actor_find_handles (sim_actor_t *actor)
{
    const fom_model_t *model = federate_core_model (actor->core);
    uint32_t index;

    for (int i = 0; i < SIM_CLASSES; i++)
        if (!fom_class_find (&model->objects, actor_class_names[i], &index))
            actor->object_classes[i] = index + 1;
    for (int i = 0; i < SIM_INTERACTIONS; i++)
        if (!fom_class_find (&model->interactions, actor_interaction_names[i], &index))
            actor->interaction_classes[i] = index + 1;
}

void actor_declare_class (sim_actor_t *actor, int class_index, bool publish, uint64_t mask, bool on)
{
    uint32_t *request = &actor->requests[actor->request_count++];
    uint32_t handle = actor->object_classes[class_index];
    actor_must (actor,
                publish ? federate_core_publish (actor->core, handle, mask, on, request)
                        : federate_core_subscribe (actor->core, handle, mask, on, request),
                "declaration");
    if (!publish)
        actor->subscribed_now[class_index] = on;
}

void actor_declare_all (sim_actor_t *actor)
{
    const sim_plan_t *plan = actor->plan;
    uint32_t ignored[2 * SIM_INTERACTIONS], count = 0;

    for (int i = 0; i < SIM_CLASSES; i++) {
        if (plan->publish[i])
            actor_declare_class (actor, i, true, plan->publish[i], true);
        if (plan->subscribe[i])
            actor_declare_class (actor, i, false, plan->subscribe[i], true);
    }
    for (int i = 0; i < SIM_INTERACTIONS; i++) {
        uint32_t handle = actor->interaction_classes[i];
        if (plan->says[i])
            actor_must (
                actor,
                federate_core_publish_interaction (actor->core, handle, true, &ignored[count++]),
                "publish");
        if (plan->hears[i])
            actor_must (
                actor,
                federate_core_subscribe_interaction (actor->core, handle, true, &ignored[count++]),
                "subscribe");
    }
    if (count > 0) /* the last one answers for all: replies come in order */
        actor->requests[actor->request_count++] = ignored[count - 1];
}

/*  Time ---------------------------------------------------------------------------------------- */

void actor_begin_regulation (sim_actor_t *actor)
{
    actor_must (actor, federate_core_enable_regulation (actor->core, actor->plan->lookahead),
                "regulation");
    oracle_advance (actor, WIRE_ADVANCE_TARA, INT64_MAX);
    actor->lookahead = actor->plan->lookahead;
}

void actor_enable (sim_actor_t *actor)
{
    const sim_plan_t *plan = actor->plan;
    federate_state_t state = actor_state (actor);
    bool first = (actor->index & 1) != 0;

    if (plan->regulating && !state.regulating && (first || !plan->constrained || state.constrained))
        actor_begin_regulation (actor);
    else if (plan->constrained && !state.constrained)
        actor_must (actor, federate_core_enable_constrained (actor->core), "constraint");
}

bool actor_is_enabled (const sim_actor_t *actor)
{
    federate_state_t state = actor_state (actor);
    return state.regulating == actor->plan->regulating &&
           state.constrained == actor->plan->constrained;
}

/*  The meeting at the start -------------------------------------------------------------------- */

static bool all_are_here (const sim_actor_t *actor)
{
    const sim_world_t *world = actor->world;

    for (int i = 0; i < world->count; i++) {
        const sim_actor_t *other = &world->actors[i];
        if (other->plan->late || i == actor->index)
            continue;
        bool here = other->handle != 0 && federate_core_peer_name (actor->core, other->handle);
        if (!here && !other->dead)
            return false;
    }
    return true;
}

void actor_achieve (sim_actor_t *actor, const char *label)
{
    oracle_achieve (actor, label);
    SIM_SAY (actor->world, actor->index, "achieves \"%s\"", label);
    actor_must (actor, federate_core_achieve_point (actor->core, label, true), "achieve");
}

bool actor_meet (sim_actor_t *actor)
{
    const sim_world_t *world = actor->world;

    if (actor->started)
        return true;
    if (actor->start_announced && !actor->start_achieved) {
        actor->start_achieved = true;
        actor_achieve (actor, "start");
        return false;
    }
    for (int i = 0; i < world->count; i++) /* who is alive with the first name asks */
        if (!world->actors[i].dead && !world->actors[i].plan->late &&
            strcmp (world->actors[i].plan->name, actor->plan->name) < 0)
            return false;
    if (actor->start_asked || actor->start_announced || !all_are_here (actor))
        return false;
    actor->start_asked = true;
    actor_must (actor, federate_core_register_point (actor->core, "start", "t", 1, NULL, 0),
                "point");
    return false;
}
