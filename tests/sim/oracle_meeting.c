/*  Synchronization points and barriers: a model of its own of how each of them must end, and what a
   federate may therefore be told. */
#include "tests/sim/oracle.h"

#include <stdio.h>
#include <string.h>

/*  Barriers ------------------------------------------------------------------------------------ */

static void barrier_ends (sim_world_t *world, sim_barrier_t *barrier, bool passed)
{
    enum { OUTCOMES = sizeof barrier->outcomes / sizeof barrier->outcomes[0] };
    uint64_t at = barrier->generation++ % OUTCOMES;
    barrier->outcomes[at].passed = passed;
    barrier->outcomes[at].missing = barrier->expected & (uint16_t) ~barrier->arrived;
    barrier->outcomes[at].told = barrier->arrived;
    SIM_SAY (world, -1, "should say that %s %s: expected %x, arrived %x", barrier->name,
             passed ? "passes" : "breaks", barrier->expected, barrier->arrived);
    barrier->arrived = 0;
    barrier->deadline_ns = INT64_MAX;
}

void oracle_barrier_arrival (sim_world_t *world, int from, const wire_barrier_arrive_t *args)
{
    for (int i = 0; i < SIM_BARRIERS; i++) {
        sim_barrier_t *barrier = &world->oracle.barriers[i];
        if (strlen (barrier->name) != args->name.size_bytes ||
            memcmp (barrier->name, args->name.data, args->name.size_bytes) != 0)
            continue;
        if (barrier->arrived == 0) { /* nobody waits: it begins anew, with those that are named */
            barrier->expected = 0;
            for (uint64_t k = 0; k < args->expected.count; k++)
                for (int a = 0; a < world->count; a++)
                    if (strlen (sim_name (world, a)) == args->expected.items[k].size_bytes &&
                        memcmp (sim_name (world, a), args->expected.items[k].data,
                                args->expected.items[k].size_bytes) == 0)
                        barrier->expected |= BIT (a);
        }
        barrier->arrived |= BIT (from);
        int64_t deadline = world->now_ns + (int64_t) args->deadline_ns;
        if (deadline < barrier->deadline_ns)
            barrier->deadline_ns = deadline;
        if (barrier->arrived == barrier->expected)
            barrier_ends (world, barrier, true);
    }
}

void oracle_barriers_leave (sim_world_t *world, int actor)
{
    if (world->oracle.left & BIT (actor))
        return;
    world->oracle.left |= BIT (actor);
    for (int i = 0; i < SIM_BARRIERS; i++) {
        sim_barrier_t *barrier = &world->oracle.barriers[i];
        if (barrier->arrived == 0 || !(barrier->expected & BIT (actor)))
            continue;
        barrier->arrived &= (uint16_t) ~BIT (actor);
        barrier_ends (world, barrier, false);
    }
}

void oracle_tick (sim_world_t *world)
{
    for (int i = 0; i < SIM_BARRIERS; i++)
        if (world->oracle.barriers[i].deadline_ns <= world->now_ns)
            barrier_ends (world, &world->oracle.barriers[i], false);
}

void oracle_barrier_told (sim_actor_t *actor, const federate_delivery_t *what)
{
    enum { OUTCOMES = 64 };
    sim_world_t *world = actor->world;
    bool passed = what->kind == FEDERATE_BARRIER_PASSED;

    SIM_SAY (world, actor->index, "is told that %s %s%s", what->text,
             passed ? "passed" : "broke without ", passed ? "" : what->reason);
    for (int i = 0; i < SIM_BARRIERS; i++) {
        const sim_barrier_t *barrier = &world->oracle.barriers[i];
        if (strcmp (barrier->name, what->text) != 0)
            continue;
        bool found = false;
        for (uint64_t g = 0; g < barrier->generation && g < OUTCOMES; g++) {
            uint16_t missing = 0;
            for (int k = 0; k < world->count && !passed; k++)
                if (strstr (what->reason, sim_name (world, k)))
                    missing |= BIT (k);
            found = found || (barrier->outcomes[g].passed == passed &&
                              (passed || barrier->outcomes[g].missing == missing) &&
                              (barrier->outcomes[g].told & BIT (actor->index)));
            if (found && !(passed && barrier->outcomes[g].missing)) {
                ((sim_barrier_t *) barrier)->outcomes[g].told &= (uint16_t) ~BIT (actor->index);
                break;
            }
        }
        if (!found)
            sim_fail (world, "%s is told that %s %s%s, which it did not", actor->plan->name,
                      what->text, passed ? "passed" : "broke without ", passed ? "" : what->reason);
    }
}

/*  Points -------------------------------------------------------------------------------------- */

sim_point_t *oracle_point (sim_world_t *world, const char *label)
{
    sim_oracle_t *self = &world->oracle;

    for (int i = 0; i < self->point_count; i++)
        if (strcmp (self->points[i].label, label) == 0)
            return &self->points[i];
    base_assert (self->point_count < SIM_POINTS);
    sim_point_t *point = &self->points[self->point_count++];
    (void) snprintf (point->label, sizeof point->label, "%s", label);
    return point;
}

void oracle_achieve (sim_actor_t *actor, const char *label)
{
    sim_point_t *point = oracle_point (actor->world, label);
    point->achieved |= BIT (actor->index);
    point->mark[actor->index] = (uint32_t) actor->world->oracle.messages.count;
}

/*  "Federation synchronized" comes after all that was sent before each member achieved it. */
void oracle_synchronized (sim_actor_t *actor, const char *label)
{
    sim_world_t *world = actor->world;
    sim_point_t *point = oracle_point (world, label);
    uint16_t me = BIT (actor->index);

    SIM_SAY (world, actor->index, "is told that \"%s\" is synchronized", label);
    point->synchronized |= me;
    for (int i = 0; i < world->count; i++)
        if ((point->announced & BIT (i)) && !(point->achieved & BIT (i)) &&
            !world->actors[i].dead && !(world->oracle.resigned & BIT (i)))
            sim_fail (world, "\"%s\" is synchronized for %s, but %s has not achieved it", label,
                      actor->plan->name, sim_name (world, i));
    BASE_LIST_EACH (&world->oracle.messages, k) {
        const sim_message_t *message = &world->oracle.messages.items[k];
        bool before = (point->achieved & BIT (message->sender)) && k < point->mark[message->sender];
        if (!before || !(message->addressed & me) || message->part == SIM_PART_BE ||
            world->actors[message->sender].died_silently)
            continue;
        if (!(message->arrived & me))
            sim_fail (world, "\"%s\" is synchronized for %s before message %u of %s", label,
                      actor->plan->name, (unsigned) k, sim_name (world, message->sender));
        if (!actor->plan->constrained && world->scenario->settled && (message->expected & me) &&
            !(message->delivered & me) && !oracle_excused (world, message, actor->index))
            sim_fail (world, "\"%s\" is synchronized for %s, which was not given message %u of %s",
                      label, actor->plan->name, (unsigned) k, sim_name (world, message->sender));
    }
}
