/*  The oracle: sees every accepted call and every delivery, and knows what must hold. It is slow
   and obvious: a list of all messages, looked through from the front. Of the cores it asks nothing
   but what a user could.

   Here: the calls. What a message is, who must get it, and what a call must not promise. */
#include "tests/sim/oracle.h"

#include <stdio.h>
#include <string.h>

enum { EVENT, LOUD, WORD, NOISE };

void oracle_init (sim_world_t *world)
{
    sim_oracle_t *self = &world->oracle;

    base_arena_init (&self->arena);
    for (int i = 0; i < SIM_ACTORS; i++) {
        self->clocks[i].seen_max = INT64_MIN;
        self->clocks[i].seen_min = INT64_MAX;
        self->clocks[i].digest = 14695981039346656037u;
    }
    base_random_t dice;
    base_random_init (&dice, world->scenario->seed ^ 77);
    for (int i = 0; i < SIM_BARRIERS; i++) {
        sim_barrier_t *barrier = &self->barriers[i];
        (void) snprintf (barrier->name, sizeof barrier->name, "gate-%d", i);
        for (int k = 0; k < world->count; k++)
            if (base_random_below (&dice, 5) != 0)
                barrier->expected |= BIT (k);
        barrier->deadline_ns = INT64_MAX;
    }
}

void oracle_fini (sim_world_t *world)
{
    BASE_LIST_FINI (&world->oracle.messages);
    base_arena_fini (&world->oracle.arena);
}

/*  Who and what -------------------------------------------------------------------------------- */

int oracle_actor_of (const sim_world_t *world, uint64_t handle)
{
    for (int i = 0; i < world->count; i++)
        if (world->actors[i].handle == handle && handle != 0)
            return i;
    return -1;
}

int oracle_object (const sim_oracle_t *self, uint64_t id)
{
    for (int i = self->object_count; i-- > 0;)
        if (self->objects[i].id == id)
            return i;
    return -1;
}

int oracle_register (sim_actor_t *actor, uint64_t id, int class_index, bool homed)
{
    sim_oracle_t *self = &actor->world->oracle;
    sim_object_t *object = &self->objects[self->object_count];

    *object = (sim_object_t){ .id = id,
                              .class_index = class_index,
                              .registrar = actor->index,
                              .homed = homed,
                              .home = actor->index };
    for (int i = 0; i < SIM_ACTORS; i++)
        object->tick[i] = INT64_MIN;
    object->known = object->ever_known = BIT (actor->index);
    return self->object_count++;
}

/*  As which class a federate knows objects of a class; -1: not at all. */
int oracle_known_class (const sim_plan_t *plan, int class_index)
{
    for (; class_index >= 0; class_index--)
        if (plan->subscribe[class_index] != 0)
            return class_index;
    return -1;
}

static bool hears (const sim_plan_t *plan, int interaction)
{
    return plan->hears[interaction] || (interaction == LOUD && plan->hears[EVENT]);
}

/*  What of a message its receiver is to be shown. */
uint64_t oracle_shown (const sim_world_t *world, const sim_message_t *message, int to)
{
    const sim_plan_t *plan = &world->scenario->plans[to];
    if (message->kind == SIM_INTERACTION)
        return hears (plan, message->object) ? 1 : 0;
    const sim_object_t *object = &world->oracle.objects[message->object];
    int as = object->registrar == to ? object->class_index
                                     : oracle_known_class (plan, object->class_index);
    if (plan->late && object->seen_as[to] != 0) /* it subscribed bit by bit */
        as = object->seen_as[to] - 1;
    if (message->kind == SIM_DELETE)
        return as >= 0 && message->part == SIM_PART_TSO;
    return as >= 0 ? message->mask & plan->subscribe[as] : 0;
}

/*  Calls --------------------------------------------------------------------------------------- */

static uint16_t expected_by (const sim_world_t *world, const sim_message_t *message)
{
    uint16_t set = 0;

    if (!world->scenario->settled || world->actors[message->sender].plan->late)
        return 0;
    for (int i = 0; i < world->count; i++) {
        const sim_actor_t *actor = &world->actors[i];
        bool there = !actor->plan->late && !actor->dead && !(world->oracle.resigned & BIT (i));
        if (i != message->sender && there && oracle_shown (world, message, i) != 0)
            set |= BIT (i);
    }
    return set;
}

/*  A message in somebody's past: the promise is broken before it arrives. */
static void check_not_past (sim_world_t *world, const sim_message_t *message)
{
    if (message->part != SIM_PART_TSO)
        return;
    for (int i = 0; i < world->count; i++) {
        const sim_clock_t *clock = &world->oracle.clocks[i];
        bool past =
            clock->strict ? message->time <= clock->granted : message->time < clock->granted;
        if ((message->expected & BIT (i)) && world->actors[i].plan->constrained && past)
            sim_fail (world, "%s may send at %lld, but %s is granted %lld",
                      sim_name (world, message->sender), (long long) message->time,
                      sim_name (world, i), (long long) clock->granted);
    }
}

static void add_part (sim_actor_t *actor, sim_message_t message, sim_part_t part, uint64_t mask)
{
    sim_oracle_t *self = &actor->world->oracle;

    if (mask == 0)
        return;
    message.part = (uint8_t) part;
    message.mask = mask;
    message.number = self->numbers[actor->index]++;
    message.expected = expected_by (actor->world, &message);
    if (BASE_LIST_PUSH (&self->messages, message))
        base_assert (!"memory");
}

uint32_t oracle_send (sim_actor_t *actor, sim_message_kind_t kind, int object, uint64_t mask,
                      int64_t time)
{
    sim_oracle_t *self = &actor->world->oracle;
    federate_state_t state;
    sim_message_t message = { .base = (uint32_t) self->messages.count,
                              .kind = (uint8_t) kind,
                              .sender = (int8_t) actor->index,
                              .object = (int16_t) object,
                              .time = time };

    federate_core_state (actor->core, &state);
    bool timed = state.regulating && time != MST_TIME_NONE;
    if (kind == SIM_INTERACTION) {
        add_part (actor, message,
                  object == NOISE           ? SIM_PART_BE
                  : object != WORD && timed ? SIM_PART_TSO
                                            : SIM_PART_RO,
                  1);
    } else if (kind == SIM_DELETE) {
        add_part (actor, message, timed ? SIM_PART_TSO : SIM_PART_RO, 1);
    } else {
        uint64_t stamped = timed ? mask & SIM_TIMED : 0;
        add_part (actor, message, SIM_PART_TSO, stamped);
        add_part (actor, message, SIM_PART_RO, mask & ~stamped & ~(uint64_t) SIM_FLICKER);
        add_part (actor, message, SIM_PART_BE, mask & SIM_FLICKER);
    }
    return message.base;
}

void oracle_unsend (sim_actor_t *actor, uint32_t base)
{
    sim_oracle_t *self = &actor->world->oracle;
    self->numbers[actor->index] -= (uint32_t) self->messages.count - base;
    self->messages.count = base;
}

/*  What a message may have been caused by: all that its sender sent, or was given, before, and what
   those may have been caused by; a vector clock (Fidge; Mattern 1988) that counts reliable
   receive-order messages. */
static void note_causes (sim_actor_t *actor, sim_message_t *message)
{
    uint32_t *past = actor->world->oracle.past[actor->index];

    message->causal = actor->world->scenario->causal && message->part == SIM_PART_RO &&
                      message->kind != SIM_DELETE; /* that goes by the RTI */
    if (!message->causal)
        return;
    memcpy (message->past, past, sizeof message->past);
    past[actor->index]++;
}

void oracle_note_effects (sim_actor_t *actor, sim_message_t *message)
{
    sim_oracle_t *self = &actor->world->oracle;
    uint32_t *past = self->past[actor->index];

    message->turn[actor->index] = ++self->turns[actor->index];
    if (!message->causal)
        return;
    for (int i = 0; i < SIM_ACTORS; i++) {
        uint32_t counted = message->past[i] + (i == message->sender);
        if (counted > past[i])
            past[i] = counted;
    }
}

void oracle_sent (sim_actor_t *actor, uint32_t base)
{
    sim_oracle_t *self = &actor->world->oracle;
    for (uint32_t i = base; i < self->messages.count; i++)
        note_causes (actor, &self->messages.items[i]);
    for (uint32_t i = base; i < self->messages.count; i++)
        check_not_past (actor->world, &self->messages.items[i]);
    if (base < self->messages.count)
        oracle_check_tick (actor, &self->messages.items[base]);
}

void oracle_retract (sim_actor_t *actor, uint32_t base)
{
    sim_oracle_t *self = &actor->world->oracle;

    actor->world->outcome->retractions++;
    for (uint32_t i = base; i < self->messages.count && self->messages.items[i].base == base; i++)
        if (self->messages.items[i].part == SIM_PART_TSO)
            self->messages.items[i].retracted = true;
}

void oracle_advance (sim_actor_t *actor, uint8_t kind, int64_t to)
{
    sim_clock_t *clock = &actor->world->oracle.clocks[actor->index];
    clock->advancing = true;
    clock->requested = to;
    clock->kind = kind;
    clock->seen_max = INT64_MIN;
    clock->seen_min = INT64_MAX;
    clock->key_time = INT64_MIN;
}
