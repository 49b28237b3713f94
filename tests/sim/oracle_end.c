/*  What must hold always, and what must have come by the end. */
#include "tests/sim/oracle.h"

void oracle_step (sim_world_t *world)
{
    const sim_scenario_t *scenario = world->scenario;

    if (scenario->ownership <= 0 || world->order % 8 != 0)
        return;
    for (int i = 0; i < world->oracle.object_count; i++) {
        uint64_t seen = 0;
        for (int k = 0; k < world->count; k++) {
            if (!world->actors[k].core || world->actors[k].churned)
                continue;
            uint64_t owned = federate_core_owned (world->actors[k].core,
                                                  (mst_object_t){ world->oracle.objects[i].id });
            if (seen & owned)
                sim_fail (world, "%s and another one own attributes %llx of object %d",
                          sim_name (world, k), (unsigned long long) (seen & owned), i);
            seen |= owned;
        }
    }
}

static void check_through (sim_world_t *world)
{
    for (int i = 0; i < world->count; i++) {
        const sim_actor_t *actor = &world->actors[i];
        if (!actor_is_through (actor))
            sim_fail (world, "%s waits for ever: phase %d, at %lld, asked for %lld",
                      actor->plan->name, actor->phase, (long long) actor->now,
                      (long long) world->oracle.clocks[i].requested);
    }
}

static void check_all_came (sim_world_t *world, int to)
{
    const sim_actor_t *actor = &world->actors[to];
    const sim_clock_t *clock = &world->oracle.clocks[to];

    BASE_LIST_EACH (&world->oracle.messages, i) {
        const sim_message_t *message = &world->oracle.messages.items[i];
        bool settled = world->scenario->settled && !actor->plan->late;
        bool stands = oracle_stands (world, message, to);
        if (!stands && (message->delivered & BIT (to)) && !oracle_may_stay (world, message, to) &&
            !(world->oracle.resigned & BIT (to)))
            sim_fail (world, "%s keeps message %u of %s to the end, which was retracted",
                      actor->plan->name, (unsigned) i, sim_name (world, message->sender));
        /*  In receive order a retraction that came holds, whatever the cut says later. */
        if (!stands || (!actor->plan->constrained && message->back_arrived & BIT (to)))
            continue;
        uint16_t whom = settled ? message->expected : message->addressed;
        bool later = message->part == SIM_PART_TSO && actor->plan->constrained &&
                     message->time >= clock->granted;
        if (!(whom & BIT (to)) || (message->delivered & BIT (to)) || later ||
            message->part == SIM_PART_BE ||
            (message->kind == SIM_DELETE && message->part != SIM_PART_TSO))
            continue;
        if (actor->plan->late && message->part == SIM_PART_TSO)
            continue; /* some of it was of a time before its own */
        if (oracle_excused (world, message, to) || actor->churned ||
            oracle_shown (world, message, to) == 0)
            continue;
        sim_fail (world, "%s never got message %u of %s (time %lld, bundle %u)", actor->plan->name,
                  (unsigned) i, sim_name (world, message->sender), (long long) message->time,
                  message->sequence[to]);
    }
}

/*  What best effort lost is counted by its receiver, bundle by bundle. */
static void check_losses (sim_world_t *world, int to)
{
    const sim_actor_t *actor = &world->actors[to];
    uint64_t gaps = 0, undelivered = 0;

    for (int from = 0; from < world->count; from++) {
        const sim_pair_t *pair = &world->oracle.pairs[from][to];
        gaps += pair->best_effort_last - pair->best_effort_arrived;
        undelivered += pair->best_effort_last - pair->best_effort_delivered;
    }
    uint64_t counted = federate_core_counters (actor->core)->best_effort_lost;
    if (counted < gaps || counted > undelivered)
        sim_fail (world,
                  "%s counts %llu lost best-effort bundles; %llu never came, %llu were of "
                  "no use",
                  actor->plan->name, (unsigned long long) counted, (unsigned long long) gaps,
                  (unsigned long long) undelivered);
}

/*  Order by cause ------------------------------------------------------------------------------ */

/*  Of two messages to the same receiver, the one that may have caused the other comes first. */
static void check_causes (sim_world_t *world, const sim_message_t *effect, int to)
{
    uint32_t seen[SIM_ACTORS] = { 0 };

    BASE_LIST_EACH (&world->oracle.messages, i) {
        const sim_message_t *cause = &world->oracle.messages.items[i];
        if (cause == effect || !cause->causal)
            continue;
        bool caused = seen[cause->sender]++ < effect->past[cause->sender];
        bool cut =
            world->actors[cause->sender].died_silently && /* nobody waits for what is above */
            cause->sequence[to] > world->oracle.pairs[cause->sender][to].reported;
        if (caused && !cut && cause->turn[to] > effect->turn[to])
            sim_fail (world,
                      "%s was given message %u of %s after one of %s that it may have caused",
                      sim_name (world, to), (unsigned) i, sim_name (world, cause->sender),
                      sim_name (world, effect->sender));
    }
}

static void check_causal_order (sim_world_t *world)
{
    BASE_LIST_EACH (&world->oracle.messages, i) {
        const sim_message_t *message = &world->oracle.messages.items[i];
        for (int to = 0; message->causal && to < world->count; to++)
            if (message->turn[to] != 0)
                check_causes (world, message, to);
    }
}

/*  The end ------------------------------------------------------------------------------------- */

/*  A cut divides a sender's stream at one point, whoever receives. */
static void check_cut_agrees (sim_world_t *world)
{
    BASE_LIST_EACH (&world->oracle.messages, i) {
        const sim_message_t *message = &world->oracle.messages.items[i];
        int below = -1, above = -1;
        if (!world->actors[message->sender].died_silently || message->part != SIM_PART_TSO)
            continue;
        for (int k = 0; k < world->count; k++) {
            const sim_pair_t *pair = &world->oracle.pairs[message->sender][k];
            if (!(message->addressed & BIT (k)) || !pair->cut_known)
                continue;
            if (message->sequence[k] <= pair->reported)
                below = k;
            else
                above = k;
        }
        if (below >= 0 && above >= 0)
            sim_fail (world, "message %u of %s lies below the cut for %s and above it for %s",
                      (unsigned) i, sim_name (world, message->sender), sim_name (world, below),
                      sim_name (world, above));
    }
}

void oracle_end (sim_world_t *world)
{
    check_through (world);
    oracle_check_homes (world);
    oracle_check_ticks (world);
    for (int i = 0; i < world->count && !world->outcome->failed; i++) {
        if (world->actors[i].dead)
            continue;
        check_all_came (world, i);
        check_losses (world, i);
    }
    if (!world->outcome->failed)
        check_cut_agrees (world);
    if (world->scenario->causal)
        check_causal_order (world);
    for (int i = 0; i < world->count; i++)
        world->outcome->digests[i] = world->oracle.clocks[i].digest;
    world->outcome->messages += world->oracle.messages.count;
}
