/*  A federate's program: takes what its core delivers and does the next thing of its phase. What it
   does at a step is drawn from (scenario, federate, step), never from the network: so a program
   does the same whatever the delays, as far as it is granted the same. */
#include "base/error.h"
#include "tests/sim/actor.h"
#include "wire/control.h"
#include "wire/services.h"

#include <stdio.h>
#include <string.h>

base_random_t actor_dice (const sim_actor_t *actor, uint64_t what)
{
    base_random_t dice;
    base_random_init (&dice, actor->world->scenario->seed * 1000003u +
                                 (uint64_t) actor->index * 7919u + what * 104729u);
    (void) base_random_next (&dice);
    return dice;
}

void actor_must (sim_actor_t *actor, mst_err_t err, const char *what)
{
    if (err)
        sim_fail (actor->world, "%s of %s at %lld: %s", what, actor->plan->name,
                  (long long) actor->now, mst_error_text ());
}

federate_state_t actor_state (const sim_actor_t *actor)
{
    federate_state_t state;
    federate_core_state (actor->core, &state);
    return state;
}

/*  What comes ---------------------------------------------------------------------------------- */

static void announced (sim_actor_t *actor, const char *label)
{
    if (strcmp (label, "start") == 0 && !actor->plan->late) {
        actor->start_announced = true; /* achieved once it is set up */
        return;
    }
    if (strcmp (label, "start") == 0 || actor->phase == SIM_FINISHED) {
        actor_achieve (actor, label);
        return;
    }
    if (actor->label_count < SIM_POINTS)
        (void) snprintf (actor->labels[actor->label_count++], sizeof actor->labels[0], "%s", label);
}

static void refused (sim_actor_t *actor, const federate_delivery_t *what)
{
    const sim_scenario_t *scenario = actor->world->scenario;
    bool race = what->err == MST_E_OWNS_ATTRIBUTES || what->err == MST_E_OWNERSHIP_PENDING ||
                what->err == MST_E_ALREADY_OWNED || what->err == MST_E_OBJECT_UNKNOWN ||
                what->err == MST_E_NOT_OWNED || scenario->churn > 0;
    SIM_SAY (actor->world, actor->index, "is refused: %s", what->text);
    if (!race || what->err == MST_E_INTERNAL)
        sim_fail (actor->world, "%s is refused: %s", actor->plan->name, what->text);
}

static void take (sim_actor_t *actor, const federate_delivery_t *what)
{
    sim_own_t *own;

    switch ((int) what->kind) {
    case FEDERATE_FLUSHED: actor->rests = what->time == actor->now; __attribute__ ((fallthrough));
    case FEDERATE_GRANTED: actor->granted_news = true; break;
    case FEDERATE_POINT_ANNOUNCED: announced (actor, what->text); break;
    case FEDERATE_SYNCHRONIZED:
        actor->started = actor->started || strcmp (what->text, "start") == 0;
        break;
    case FEDERATE_BARRIER_PASSED:
    case FEDERATE_BARRIER_BROKEN:
        if (actor->barrier >= 0 &&
            strcmp (what->text, actor->world->oracle.barriers[actor->barrier].name) == 0)
            actor->barrier = -1;
        break;
    case FEDERATE_ASSUMPTION_REQUESTED: actor_assume (actor, &what->ownership); break;
    case FEDERATE_RELEASE_REQUESTED: actor_release (actor, &what->ownership); break;
    case FEDERATE_ACQUIRED: (void) actor_own_add (actor, what->ownership.object.id); break;
    case FEDERATE_REMOVED: actor_own_drop (actor, what->reception.object.id); break;
    case FEDERATE_MIGRATED_IN:
        own = actor_own_add (actor, what->migration.object.id);
        if (own) {
            own->home = true;
            own->leaving = false;
            own->tick = INT64_MIN;
        }
        break;
    case FEDERATE_MIGRATION_ABORTED:
        own = actor_own_find (actor, what->migration.object.id);
        if (own)
            own->leaving = false;
        break;
    case FEDERATE_REFUSED: refused (actor, what); break;
    case FEDERATE_CONNECTION_LOST:
        sim_fail (actor->world, "%s lost the RTI: %s", actor->plan->name, what->text);
        break;
    default: break;
    }
}

/*  Acting -------------------------------------------------------------------------------------- */

static bool joined (sim_actor_t *actor)
{
    mst_err_t err;

    if (!actor_replied (actor, &err))
        return false;
    actor_must (actor, err, "join");
    actor->handle = actor_state (actor).self;
    actor->world->oracle.joined |= (uint16_t) (1u << actor->index);
    actor_find_handles (actor);
    actor_declare_all (actor);
    actor->phase = SIM_DECLARING;
    return true;
}

static bool declared (sim_actor_t *actor)
{
    mst_err_t err;

    if (!actor_replied (actor, &err))
        return false;
    actor_must (actor, err, "declaration");
    actor->phase = SIM_ENABLING;
    if (!actor_is_enabled (actor))
        actor_enable (actor);
    return true;
}

static bool enabled (sim_actor_t *actor)
{
    federate_state_t state = actor_state (actor);

    if (state.regulation_pending || state.constrained_pending)
        return false;
    actor->now = state.now;
    if (!actor->started && !actor_is_enabled (actor))
        actor_enable (actor);
    else
        actor->phase = actor->started || actor->plan->late ? SIM_RUNNING : SIM_MEETING_ALL;
    if (actor->plan->late)
        actor->started = actor->phase == SIM_RUNNING;
    return true;
}

static bool resigned (sim_actor_t *actor)
{
    mst_err_t err;

    if (!actor_replied (actor, &err))
        return false;
    if (err == MST_E_OWNERSHIP_PENDING || err == MST_E_OWNS_ATTRIBUTES) {
        actor_must (actor,
                    federate_core_resign (actor->core, MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST,
                                          &actor->requests[0]),
                    "resign");
        actor->request_count = 1;
        return true;
    }
    actor_must (actor, err, "resign");
    actor->phase = SIM_LINGERING;
    actor->linger_until_ns = actor->world->now_ns + 2000000000;
    return true;
}

/*  True: something was done; false: it waits. */
static bool act (sim_actor_t *actor)
{
    mst_err_t err = MST_OK;

    switch (actor->phase) {
    case SIM_JOINING: return joined (actor);
    case SIM_DECLARING: return declared (actor);
    case SIM_ENABLING: return enabled (actor);
    case SIM_MEETING_ALL:
        if (!actor_meet (actor)) {
            if (!actor->start_announced)
                network_evoke (actor, 10000000);
            return false;
        }
        actor->phase = SIM_RUNNING;
        return true;
    case SIM_ASKING:
        if (!actor_replied (actor, &err))
            return false;
        actor->phase = SIM_RUNNING;
        return true;
    case SIM_AT_BARRIER:
        if (actor->barrier >= 0)
            return false;
        actor->barriers_done++;
        actor->phase = SIM_RUNNING;
        return true;
    case SIM_RUNNING: return actor_step (actor);
    case SIM_ADVANCING:
        if (!actor->granted_news)
            return false;
        actor->granted_news = false;
        actor->now = actor_state (actor).now;
        actor->phase = SIM_RUNNING;
        return true;
    case SIM_FINISHED: return actor_finish (actor);
    case SIM_DRAINING: return actor_leave (actor);
    case SIM_RESIGNING: return resigned (actor);
    case SIM_ABSENT:
    case SIM_LINGERING:
    case SIM_GONE: return false;
    }
    return false;
}

static bool deliver (sim_actor_t *actor)
{
    federate_delivery_t what;
    bool any = false;

    for (;;) {
        mst_err_t err = federate_core_next (actor->core, &what);
        actor_must (actor, err, "next");
        if (err || what.kind == FEDERATE_NOTHING || actor->world->outcome->failed)
            return any;
        any = true;
        oracle_delivery (actor, &what);
        take (actor, &what);
        if (what.kind == FEDERATE_GRANTED || what.kind == FEDERATE_FLUSHED)
            return true; /* the program goes on before anything else */
    }
}

static void explained (sim_actor_t *actor)
{
    sim_world_t *world = actor->world;
    base_arena_t arena;
    federate_reply_t reply;
    wire_explain_result_t result;

    if (actor->explain_request == 0 ||
        !federate_core_reply (actor->core, actor->explain_request, &reply))
        return;
    actor->explain_request = 0;
    base_arena_init (&arena);
    actor_must (actor, reply.err, "explain");
    bool good = !reply.err && wire_service_decode_result (WIRE_SERVICE_EXPLAIN, reply.result,
                                                          reply.result_size_bytes, &arena, &result,
                                                          sizeof result) == MST_OK;
    if (good && result.deadlock) /* all the worlds here come to their end */
        sim_fail (world, "%s is told of a deadlock: %.*s", actor->plan->name,
                  (int) result.text.size_bytes, result.text.data);
    if (good && world->paused >= 0 && world->pause_until_ns > world->now_ns &&
        actor->phase == SIM_ADVANCING) {
        char text[1024];
        (void) snprintf (text, sizeof text, "%.*s", (int) result.text.size_bytes,
                         result.text.data ? result.text.data : "");
        SIM_SAY (world, actor->index, "is told: %s", text);
        const char *name = sim_name (world, world->paused);
        bool waits = strstr (text, "does not wait") == NULL;
        bool other = strstr (text, "withheld") || strstr (text, "left");
        for (int i = 0; i < world->count; i++) /* one that has not asked, for reasons of its own */
            other =
                other || (world->actors[i].handle == result.holder &&
                          (world->actors[i].phase != SIM_ADVANCING || !strstr (text, "asks for")));
        if (waits && !other && !strstr (text, name) && world->actors[world->paused].started)
            sim_fail (world, "%s waits for %s, which is stopped, but is told: %s",
                      actor->plan->name, name, text);
    }
    base_free (reply.text);
    base_free (reply.result);
    base_arena_fini (&arena);
}

void actor_explain (sim_actor_t *actor)
{
    wire_explain_t args = { 0 };
    actor_must (actor, federate_core_tell_lacks (actor->core), "lacks");
    if (actor->phase != SIM_ADVANCING || actor->explain_request != 0)
        return;
    actor_must (
        actor,
        federate_core_request (actor->core, WIRE_SERVICE_EXPLAIN, &args, &actor->explain_request),
        "explain");
    network_carry_out (actor, true);
}

static void linger (sim_actor_t *actor)
{
    if (actor->plan->dies_lingering)
        network_kill (actor, "lingering");
    else if (federate_core_drained (actor->core) || actor->world->now_ns >= actor->linger_until_ns)
        network_close (actor);
    else
        network_evoke (actor, 50000000);
}

void actor_evoke (sim_actor_t *actor)
{
    const sim_plan_t *plan = actor->plan;

    if (actor->blocked) {
        actor->blocked = false;
        federate_core_blocked (actor->core, false);
    }
    bool more = true;
    while (more && !actor->world->outcome->failed) {
        bool delivered = deliver (actor);
        more = act (actor) || delivered;
    }
    explained (actor);
    if (plan->dies_dirty && plan->dies_after != 0 && actor->inputs >= plan->dies_after) {
        (void) federate_core_flush (actor->core);
        network_carry_out (actor, false);
        network_kill (actor, "in mid-call");
        return;
    }
    network_carry_out (actor, true);
    if (actor->phase == SIM_LINGERING)
        linger (actor);
    else if (plan->dies_asking && actor->inputs >= plan->dies_after &&
             actor->phase == SIM_ADVANCING)
        network_kill (actor, "after asking");
}

bool actor_is_through (const sim_actor_t *actor)
{
    return actor->dead || actor->phase == SIM_FINISHED;
}
