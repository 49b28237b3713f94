/*  The oracle: sees every accepted call and every delivery, and knows what must hold. It is slow
   and obvious: a list of all messages, looked through from the front. What travels it reads itself,
    from the bytes; of the cores it asks nothing but what a user could. */
#include "base/error.h"
#include "tests/sim/world.h"
#include "wire/bundle.h"
#include "wire/control.h"
#include "wire/services.h"

#include <stdio.h>
#include <string.h>

#define BIT(index) ((uint16_t) (1u << (index)))
enum { EVENT, LOUD, WORD, NOISE };

static sim_message_t *message_at (sim_oracle_t *self, uint32_t index)
{
    return index < self->messages.count ? &self->messages.items[index] : NULL;
}

static int actor_of (const sim_world_t *world, uint64_t handle)
{
    for (int i = 0; i < world->count; i++)
        if (world->actors[i].handle == handle && handle != 0)
            return i;
    return -1;
}

void oracle_init (sim_world_t *world)
{
    sim_oracle_t *self = &world->oracle;

    base_arena_init (&self->arena);
    for (int i = 0; i < SIM_ACTORS; i++) {
        self->clocks[i].seen_max = INT64_MIN;
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

/*  Calls ------------------------------------------------------------------------------------- */

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
static int known_class (const sim_plan_t *plan, int class_index)
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
static uint64_t shown (const sim_world_t *world, const sim_message_t *message, int to)
{
    const sim_plan_t *plan = &world->scenario->plans[to];
    if (message->kind == SIM_INTERACTION)
        return hears (plan, message->object) ? 1 : 0;
    const sim_object_t *object = &world->oracle.objects[message->object];
    int as =
        object->registrar == to ? object->class_index : known_class (plan, object->class_index);
    if (plan->late && object->seen_as[to] != 0) /* it subscribed bit by bit */
        as = object->seen_as[to] - 1;
    if (message->kind == SIM_DELETE)
        return as >= 0 && message->part == SIM_PART_TSO;
    return as >= 0 ? message->mask & plan->subscribe[as] : 0;
}

static uint16_t expected_by (const sim_world_t *world, const sim_message_t *message)
{
    uint16_t set = 0;

    if (!world->scenario->settled || world->actors[message->sender].plan->late)
        return 0;
    for (int i = 0; i < world->count; i++) {
        const sim_actor_t *actor = &world->actors[i];
        bool there = !actor->plan->late && !actor->dead && !(world->oracle.resigned & BIT (i));
        if (i != message->sender && there && shown (world, message, i) != 0)
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

/*  One home at a time: nobody else has updated this entity at this tick or a later one. */
static void check_tick (sim_actor_t *actor, const sim_message_t *message)
{
    sim_world_t *world = actor->world;
    sim_object_t *entity = &world->oracle.objects[message->object];

    if (message->kind != SIM_UPDATE || !entity->homed || (message->mask & SIM_PLACE) == 0)
        return;
    for (uint32_t i = 0; i < message->base; i++) {
        const sim_message_t *other = &world->oracle.messages.items[i];
        if (other->kind == SIM_UPDATE && other->object == message->object &&
            (other->mask & SIM_PLACE) && other->time >= message->time &&
            !world->actors[other->sender].died_silently)
            sim_fail (world, "%s updates entity %d at %lld, and %s did at %lld", actor->plan->name,
                      message->object, (long long) message->time, sim_name (world, other->sender),
                      (long long) other->time);
    }
    entity->tick[actor->index] = message->time;
    if (message->time > entity->last_tick)
        entity->last_tick = message->time;
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

static void note_effects (sim_actor_t *actor, sim_message_t *message)
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
        check_tick (actor, &self->messages.items[base]);
}

void oracle_advance (sim_actor_t *actor, uint8_t kind, int64_t to)
{
    sim_clock_t *clock = &actor->world->oracle.clocks[actor->index];
    clock->advancing = true;
    clock->requested = to;
    clock->kind = kind;
    clock->seen_max = INT64_MIN;
    clock->key_time = INT64_MIN;
}

/*  What travels ------------------------------------------------------------------------------ */

/*  The part of a call that holds this attribute. */
static sim_message_t *part_of (sim_oracle_t *self, uint32_t base, uint32_t handle)
{
    sim_message_t *message = message_at (self, base);
    if (!message || message->base != base)
        return NULL;
    if (message->kind != SIM_UPDATE)
        return message;
    for (uint32_t i = base; i < self->messages.count && i < base + 3; i++) {
        message = &self->messages.items[i];
        if (message->base == base && message->mask >> (handle - 1) & 1u)
            return message;
    }
    return NULL;
}

static void note_message (sim_world_t *world, const wire_message_t *message, uint32_t handle,
                          const wire_bundle_head_t *head, int to, bool arrived)
{
    uint32_t base;

    if (message->type == WIRE_MESSAGE_MIGRATION || message->tag_size_bytes != sizeof base)
        return;
    memcpy (&base, message->tag, sizeof base);
    sim_message_t *part = part_of (&world->oracle, base, handle);
    if (!part) {
        sim_fail (world, "a bundle for %s holds a message that nobody sent", sim_name (world, to));
        return;
    }
    if (arrived)
        part->arrived |= BIT (to);
    else if (part->addressed & BIT (to))
        sim_fail (world, "message %u goes to %s twice", base, sim_name (world, to));
    part->addressed |= BIT (to);
    part->sequence[to] = (uint32_t) head->sequence;
}

static void note_best_effort (sim_pair_t *pair, uint64_t sequence, bool arrived)
{
    if (!arrived) {
        pair->best_effort_sent = sequence;
        return;
    }
    pair->best_effort_last = sequence;
    pair->best_effort_arrived++;
}

static void note_bundle (sim_world_t *world, const wire_frame_t *frame, bool relayed, bool arrived)
{
    wire_bundle_head_t head;
    wire_reader_t reader;
    wire_message_t message;

    if (wire_bundle_read (frame, &reader, &head)) {
        sim_fail (world, "a bundle does not decode: %s", mst_error_text ());
        return;
    }
    int from = actor_of (world, head.from), to = actor_of (world, head.to);
    if (from < 0 || to < 0)
        return;
    sim_pair_t *pair = &world->oracle.pairs[from][to];
    pair->relayed = pair->relayed || relayed;
    if (frame->kind == WIRE_KIND_BUNDLE_BEST_EFFORT)
        note_best_effort (pair, head.sequence, arrived);
    else if (arrived)
        pair->arrived = head.sequence;
    SIM_SAY (world, arrived ? to : from, "%s bundle %llu %s %s: %u messages, smallest %lld",
             arrived ? "gets" : "sends", (unsigned long long) head.sequence, arrived ? "of" : "to",
             sim_name (world, arrived ? from : to), head.count,
             (long long) (head.smallest == INT64_MAX ? -1 : head.smallest));
    for (uint32_t i = 0; i < head.count; i++) {
        uint32_t handle = 1;
        if (wire_message_read (&reader, &message))
            return;
        for (uint32_t k = 0; k < message.value_count; k++) {
            wire_message_value_t value;
            wire_message_value_read (&reader, &value);
            handle = value.handle;
        }
        note_message (world, &message, handle, &head, to, arrived);
    }
}

void oracle_data (sim_world_t *world, int from, int to, const uint8_t *data, size_t size_bytes,
                  bool arrived)
{
    size_t offset = 0;
    wire_frame_t frame;

    while (wire_frame_next (data, size_bytes, &offset, &frame) == MST_OK && frame.body)
        if (frame.kind == WIRE_KIND_BUNDLE || frame.kind == WIRE_KIND_BUNDLE_BEST_EFFORT)
            note_bundle (world, &frame, from < 0 || to < 0, arrived);
}

void oracle_closed (sim_world_t *world, int from, int to)
{
    world->oracle.pairs[from][to].closed = true;
}

/*  Barriers: a model of its own -----------------------------------------------------------------
 */

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

static void barrier_arrival (sim_world_t *world, int from, const wire_barrier_arrive_t *args)
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

static void barriers_leave (sim_world_t *world, int actor)
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

/*  At the RTI -------------------------------------------------------------------------------- */

static void note_report (sim_world_t *world, int from, const wire_frame_t *frame)
{
    wire_up_t up;
    wire_time_request_t request;
    const uint8_t *args;
    size_t size;

    if (wire_up_read (frame, &world->oracle.arena, &up, &args, &size) ||
        wire_time_request_read (args, size, &world->oracle.arena, &request)) {
        sim_fail (world, "a report of %s does not decode", sim_name (world, from));
        return;
    }
    for (uint32_t i = 0; i < request.entries.count; i++) {
        int to = actor_of (world, request.entries.items[i].federate);
        if (to >= 0)
            world->oracle.pairs[from][to].reported = request.entries.items[i].sequence;
    }
    SIM_SAY (world, -1, "has %s's report (request %llu, kind %u, %lld, qmin %lld)",
             sim_name (world, from), (unsigned long long) request.number, request.kind,
             (long long) request.time, (long long) (request.qmin == INT64_MAX ? -1 : request.qmin));
}

static void note_service (sim_world_t *world, int from, const wire_frame_t *frame)
{
    wire_up_t up;
    wire_barrier_arrive_t arrival;
    const uint8_t *args;
    size_t size;

    if (frame->kind == WIRE_SERVICE_RESIGN_FEDERATION_EXECUTION)
        barriers_leave (world, from);
    if (frame->kind != WIRE_SERVICE_BARRIER_ARRIVE)
        return;
    if (!wire_up_read (frame, &world->oracle.arena, &up, &args, &size) &&
        !wire_service_decode (frame->kind, args, size, &world->oracle.arena, &arrival,
                              sizeof arrival))
        barrier_arrival (world, from, &arrival);
}

void oracle_at_rti (sim_world_t *world, int from, const uint8_t *data, size_t size_bytes)
{
    size_t offset = 0;
    wire_frame_t frame;

    base_arena_reset (&world->oracle.arena);
    while (wire_frame_next (data, size_bytes, &offset, &frame) == MST_OK && frame.body) {
        if (frame.kind == WIRE_KIND_TIME_REQUEST)
            note_report (world, from, &frame);
        else
            note_service (world, from, &frame);
    }
}

void oracle_lost (sim_world_t *world, int actor)
{
    barriers_leave (world, actor);
}

/*  The cut is the last report that the RTI was handed: what is told of it must say so. */
static void note_departure (sim_actor_t *actor, const wire_frame_t *frame)
{
    sim_world_t *world = actor->world;
    wire_down_t down;
    wire_depart_t depart;
    const uint8_t *args;
    size_t size;

    if (wire_down_read (frame, &world->oracle.arena, &down, &args, &size) ||
        wire_service_decode (frame->kind, args, size, &world->oracle.arena, &depart, sizeof depart))
        return;
    int who = actor_of (world, depart.federate);
    if (who < 0)
        return;
    sim_pair_t *pair = &world->oracle.pairs[who][actor->index];
    SIM_SAY (world, actor->index, "hears that %s %s: cut %llu, bound %lld", sim_name (world, who),
             depart.reason == 1 ? "resigned" : "is lost", (unsigned long long) depart.cut_sequence,
             (long long) depart.bound);
    world->oracle.bound[who] = depart.bound;
    pair->cut_known = depart.reason != 1;
    if (depart.reason != 1 && depart.cut_sequence != pair->reported && !actor->plan->late)
        sim_fail (world, "the cut of %s for %s is %llu, but its last report said %llu",
                  sim_name (world, who), actor->plan->name,
                  (unsigned long long) depart.cut_sequence, (unsigned long long) pair->reported);
    if (depart.reason == 1 && !(world->oracle.resigned & BIT (who)))
        sim_fail (world, "%s is said to have resigned", sim_name (world, who));
}

void oracle_from_rti (sim_actor_t *actor, const uint8_t *data, size_t size_bytes)
{
    size_t offset = 0;
    wire_frame_t frame;

    base_arena_reset (&actor->world->oracle.arena);
    oracle_data (actor->world, -1, actor->index, data, size_bytes, true);
    while (wire_frame_next (data, size_bytes, &offset, &frame) == MST_OK && frame.body)
        if (frame.kind == WIRE_SERVICE_DEPART)
            note_departure (actor, &frame);
}

/*  Deliveries -------------------------------------------------------------------------------- */

static void mix (sim_clock_t *clock, uint64_t value)
{
    clock->digest = (clock->digest ^ value) * 1099511628211u;
    clock->digest ^= clock->digest >> 29;
}

/*  Is it excused that a message of a dead sender did not come? */
static bool excused (const sim_world_t *world, const sim_message_t *message, int to)
{
    const sim_pair_t *pair = &world->oracle.pairs[message->sender][to];

    const sim_object_t *object = &world->oracle.objects[message->object];
    if (message->kind != SIM_INTERACTION && !(object->known & BIT (to)))
        return true; /* gone, or not yet found */
    if (message->kind == SIM_UPDATE && object->homed && message->part != SIM_PART_TSO)
        return true; /* of an owner's epoch that ended */
    if (!world->actors[message->sender].died_silently)
        return false;
    bool came = (message->arrived & BIT (to)) != 0;
    bool addressed = (message->addressed & BIT (to)) != 0;
    if (message->part == SIM_PART_TSO && addressed && message->sequence[to] > pair->reported)
        return true;
    bool may_come = addressed && !pair->closed && !pair->relayed;
    return !came && !may_come;
}

static void check_order (sim_actor_t *actor, const sim_message_t *message, uint32_t index)
{
    sim_world_t *world = actor->world;
    sim_clock_t *clock = &world->oracle.clocks[actor->index];
    sim_pair_t *pair = &world->oracle.pairs[message->sender][actor->index];
    const char *sender = sim_name (world, message->sender);

    bool past = clock->strict ? message->time <= clock->granted : message->time < clock->granted;
    if (past)
        sim_fail (world, "%s at %lld gets message %u of %s with time %lld: its past",
                  actor->plan->name, (long long) clock->granted, index, sender,
                  (long long) message->time);
    if (!clock->advancing || message->time > clock->requested)
        sim_fail (world, "%s gets message %u for %lld without asking so far", actor->plan->name,
                  index, (long long) message->time);
    if (clock->key_time != INT64_MIN) {
        int by_name = strcmp (sender, sim_name (world, clock->key_sender));
        bool good = message->time > clock->key_time ||
                    (message->time == clock->key_time &&
                     (by_name > 0 || (by_name == 0 && index > clock->key_message)));
        if (!good)
            sim_fail (world, "%s gets message %u (%lld, %s) after message %u (%lld, %s)",
                      actor->plan->name, index, (long long) message->time, sender,
                      clock->key_message, (long long) clock->key_time,
                      sim_name (world, clock->key_sender));
    }
    clock->key_time = message->time;
    clock->key_sender = message->sender;
    clock->key_message = index;
    clock->seen_max = message->time;
    bool strict = clock->kind == WIRE_ADVANCE_TAR || clock->kind == WIRE_ADVANCE_NMR;
    if (message->sequence[actor->index] > pair->reported && (strict || pair->cut_known))
        sim_fail (world, "%s gets message %u of %s, bundle %u, which is above its last report %llu",
                  actor->plan->name, index, sender, message->sequence[actor->index],
                  (unsigned long long) pair->reported);
    mix (clock, (uint64_t) message->time);
    mix (clock, (uint64_t) message->sender);
    mix (clock, message->number);
}

static void check_fifo (sim_actor_t *actor, const sim_message_t *message, uint32_t index)
{
    sim_world_t *world = actor->world;
    sim_pair_t *pair = &world->oracle.pairs[message->sender][actor->index];
    uint32_t *last = message->part == SIM_PART_BE ? &pair->last_best_effort : &pair->last_reliable;

    if (index + 1 <= *last)
        sim_fail (world, "%s gets message %u of %s after message %u", actor->plan->name, index,
                  sim_name (world, message->sender), *last - 1);
    *last = index + 1;
    if (message->part == SIM_PART_BE && message->sequence[actor->index] != pair->best_effort_mark) {
        pair->best_effort_mark = message->sequence[actor->index];
        pair->best_effort_delivered++;
    }
    if (message->part == SIM_PART_TSO && pair->cut_known &&
        message->sequence[actor->index] > pair->reported)
        sim_fail (world, "%s gets message %u of %s, which is above the cut", actor->plan->name,
                  index, sim_name (world, message->sender));
}

/*  Every tick of an entity comes, once, in order, but for what died with its home. */
static void check_entity (sim_actor_t *actor, const sim_message_t *message, uint32_t epoch)
{
    sim_world_t *world = actor->world;
    sim_object_t *object = &world->oracle.objects[message->object];
    int64_t *tick = &object->tick[actor->index];

    if (!object->homed || !(message->mask & SIM_PLACE))
        return;
    if (*tick != INT64_MIN && message->time <= *tick)
        sim_fail (world, "%s sees entity %d at tick %lld after tick %lld", actor->plan->name,
                  message->object, (long long) message->time, (long long) *tick);
    for (int64_t t = *tick + 1; *tick != INT64_MIN && t < message->time; t++) {
        bool good = false;
        BASE_LIST_EACH (&world->oracle.messages, i) {
            const sim_message_t *other = &world->oracle.messages.items[i];
            good = good || (other->kind == SIM_UPDATE && other->object == message->object &&
                            (other->mask & SIM_PLACE) && other->time == t &&
                            excused (world, other, actor->index));
        }
        for (int i = 0; i < world->count; i++) /* a home that left before its cut */
            good = good || ((world->actors[i].dead || (world->oracle.resigned & BIT (i))) &&
                            t <= object->handed_at[i]);
        if (!good)
            sim_fail (world, "%s sees no update of entity %d at tick %lld (then one of %s at %lld)",
                      actor->plan->name, message->object, (long long) t,
                      sim_name (world, message->sender), (long long) message->time);
    }
    if (epoch < object->epoch[actor->index])
        sim_fail (world, "%s sees epoch %u of entity %d after epoch %u", actor->plan->name, epoch,
                  message->object, object->epoch[actor->index]);
    object->epoch[actor->index] = epoch;
    *tick = message->time;
}

static void check_values (sim_actor_t *actor, const sim_message_t *message,
                          const mst_reception_t *reception)
{
    sim_world_t *world = actor->world;
    uint64_t mask = 0;

    for (size_t i = 0; i < reception->value_count; i++) {
        uint32_t base = 0;
        memcpy (&base, reception->values[i].data, sizeof base);
        mask |= UINT64_C (1) << (reception->values[i].handle - 1);
        if (base != message->base)
            sim_fail (world, "%s gets a value of another message", actor->plan->name);
    }
    bool exact = world->scenario->settled && !actor->plan->late && message->kind != SIM_DELETE;
    if (exact && mask != shown (world, message, actor->index))
        sim_fail (world, "%s is shown attributes %llx of message %u, not %llx", actor->plan->name,
                  (unsigned long long) mask, message->base,
                  (unsigned long long) shown (world, message, actor->index));
    if (reception->sender.id != world->actors[message->sender].handle ||
        reception->time != message->time)
        sim_fail (world, "%s gets message %u with another sender or time", actor->plan->name,
                  message->base);
}

static void received (sim_actor_t *actor, const mst_reception_t *reception)
{
    sim_world_t *world = actor->world;
    sim_oracle_t *self = &world->oracle;
    uint32_t base = UINT32_MAX, handle = reception->value_count ? reception->values[0].handle : 1;
    uint16_t me = BIT (actor->index);

    if (reception->tag_size_bytes == sizeof base)
        memcpy (&base, reception->tag, sizeof base);
    sim_message_t *message = part_of (self, base, handle);
    if (!message) {
        sim_fail (world, "%s gets a message that nobody sent", actor->plan->name);
        return;
    }
    uint32_t index = (uint32_t) (message - self->messages.items);
    SIM_SAY (world, actor->index, "gets message %u of %s at %lld%s", index,
             sim_name (world, message->sender),
             (long long) (message->time == MST_TIME_NONE ? -1 : message->time),
             reception->order == MST_ORDER_TIMESTAMP ? " in time" : "");
    if (message->delivered & me)
        sim_fail (world, "%s gets message %u twice", actor->plan->name, index);
    if (!(message->arrived & me))
        sim_fail (world, "%s gets message %u, which has not arrived", actor->plan->name, index);
    if (message->kind != SIM_INTERACTION && !(self->objects[message->object].known & me))
        sim_fail (world, "%s gets an update of object %d, which it does not know",
                  actor->plan->name, message->object);
    if (world->scenario->settled && !actor->plan->late &&
        !world->actors[message->sender].plan->late && !((message->expected | self->resigned) & me))
        sim_fail (world, "%s gets message %u, to which it does not subscribe", actor->plan->name,
                  index);
    message->delivered |= me;
    note_effects (actor, message);
    world->outcome->delivered++;
    check_values (actor, message, reception);
    federate_state_t state;
    federate_core_state (actor->core, &state);
    bool in_time = message->part == SIM_PART_TSO && state.constrained;
    if (in_time != (reception->order == MST_ORDER_TIMESTAMP) && !actor->plan->late)
        sim_fail (world, "%s gets message %u in the wrong order", actor->plan->name, index);
    if (reception->order == MST_ORDER_TIMESTAMP)
        check_order (actor, message, index);
    else
        check_fifo (actor, message, index);
    if (message->kind == SIM_UPDATE)
        check_entity (actor, message, reception->epoch);
}

/*  All that must have come with a grant has come. */
static void check_complete (sim_actor_t *actor, int64_t time, bool strict)
{
    sim_world_t *world = actor->world;
    uint16_t me = BIT (actor->index);

    BASE_LIST_EACH (&world->oracle.messages, i) {
        const sim_message_t *message = &world->oracle.messages.items[i];
        bool due = strict ? message->time <= time : message->time < time;
        if (message->part != SIM_PART_TSO || !due || !(message->expected & me) ||
            (message->delivered & me) || excused (world, message, actor->index))
            continue;
        sim_fail (world, "%s is granted %lld without message %u of %s (time %lld, bundle %u, %s)",
                  actor->plan->name, (long long) time, (unsigned) i,
                  sim_name (world, message->sender), (long long) message->time,
                  message->sequence[actor->index],
                  message->arrived & me ? "which is here" : "which is on its way");
    }
}

static void granted (sim_actor_t *actor, int64_t time)
{
    sim_world_t *world = actor->world;
    sim_clock_t *clock = &world->oracle.clocks[actor->index];
    bool strict = clock->kind == WIRE_ADVANCE_TAR || clock->kind == WIRE_ADVANCE_NMR;
    bool exact = clock->kind == WIRE_ADVANCE_TAR || clock->kind == WIRE_ADVANCE_TARA;

    SIM_SAY (world, actor->index, "is granted %lld", (long long) time);
    world->outcome->grants++;
    if (!clock->advancing)
        sim_fail (world, "%s is granted %lld and did not ask", actor->plan->name, (long long) time);
    if (time < clock->granted || time > clock->requested || (exact && time != clock->requested))
        sim_fail (world, "%s at %lld asked for %lld and is granted %lld", actor->plan->name,
                  (long long) clock->granted, (long long) clock->requested, (long long) time);
    if (clock->seen_max > time)
        sim_fail (world, "%s is granted %lld after a message for %lld", actor->plan->name,
                  (long long) time, (long long) clock->seen_max);
    if (actor->plan->constrained) {
        check_complete (actor, time, strict);
        bool early = time < clock->requested && clock->seen_max != time;
        if (early && strict && world->scenario->repeatable)
            sim_fail (world, "%s is granted %lld of %lld, without a message then",
                      actor->plan->name, (long long) time, (long long) clock->requested);
        clock->strict = strict;
        clock->granted = time;
    }
    clock->advancing = false;
    mix (clock, (uint64_t) time);
}

/*  Regulation can begin ahead of the present: an advance, that far, to what is available then. */
static void enabled (sim_actor_t *actor, const federate_delivery_t *what)
{
    sim_clock_t *clock = &actor->world->oracle.clocks[actor->index];

    if (what->kind == FEDERATE_REGULATION_ENABLED && clock->advancing) {
        clock->advancing = false;
        if (actor->plan->constrained)
            check_complete (actor, what->time, false);
    }
    if (!actor->plan->constrained || what->time <= clock->granted)
        return;
    if (clock->seen_max > what->time)
        sim_fail (actor->world, "%s begins to regulate at %lld after a message for %lld",
                  actor->plan->name, (long long) what->time, (long long) clock->seen_max);
    clock->granted = what->time;
    clock->strict = false;
}

/*  Objects ------------------------------------------------------------------------------------- */

static void discovered (sim_actor_t *actor, const mst_discovery_t *discovery)
{
    sim_world_t *world = actor->world;
    int index = oracle_object (&world->oracle, discovery->object.id);

    if (index < 0) {
        sim_fail (world, "%s discovers an object that nobody registered", actor->plan->name);
        return;
    }
    sim_object_t *object = &world->oracle.objects[index];
    SIM_SAY (world, actor->index, "discovers %d", index);
    if (object->known & BIT (actor->index))
        sim_fail (world, "%s discovers object %d again", actor->plan->name, index);
    object->known |= BIT (actor->index);
    object->ever_known |= BIT (actor->index);
    for (int i = 0; i < SIM_CLASSES; i++)
        if (actor->object_classes[i] == discovery->object_class.id)
            object->seen_as[actor->index] = (int8_t) (i + 1);
    int as = known_class (actor->plan, object->class_index);
    if (world->scenario->settled && !actor->plan->late &&
        (as < 0 || discovery->object_class.id != actor->object_classes[as]))
        sim_fail (world, "%s discovers object %d as class %u", actor->plan->name, index,
                  discovery->object_class.id);
}

static void removed (sim_actor_t *actor, const mst_reception_t *reception)
{
    sim_world_t *world = actor->world;
    int index = oracle_object (&world->oracle, reception->object.id);

    if (index < 0 || !(world->oracle.objects[index].known & BIT (actor->index))) {
        sim_fail (world, "%s is told that object %d is gone, which it does not know",
                  actor->plan->name, index);
        return;
    }
    sim_object_t *object = &world->oracle.objects[index];
    if (reception->time != MST_TIME_NONE)
        received (actor, reception);
    SIM_SAY (world, actor->index, "is told that %d is gone", index);
    object->known &= (uint16_t) ~BIT (actor->index);
    object->removed |= BIT (actor->index);
}

/*  Points and barriers ------------------------------------------------------------------------- */

static sim_point_t *point_of (sim_world_t *world, const char *label)
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
    sim_point_t *point = point_of (actor->world, label);
    point->achieved |= BIT (actor->index);
    point->mark[actor->index] = (uint32_t) actor->world->oracle.messages.count;
}

/*  "Federation synchronized" comes after all that was sent before each member achieved it. */
static void synchronized (sim_actor_t *actor, const char *label)
{
    sim_world_t *world = actor->world;
    sim_point_t *point = point_of (world, label);
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
            !(message->delivered & me) && !excused (world, message, actor->index))
            sim_fail (world, "\"%s\" is synchronized for %s, which was not given message %u of %s",
                      label, actor->plan->name, (unsigned) k, sim_name (world, message->sender));
    }
}

static void barrier_told (sim_actor_t *actor, const federate_delivery_t *what)
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

/*  Who knows that the old home ended before the cut is told which times have no updates, and nobody
   else is. */
static void check_gap (sim_actor_t *actor, int from, sim_object_t *entity,
                       const mst_migration_t *migration)
{
    enum { GAPS = sizeof entity->gaps / sizeof entity->gaps[0] };
    sim_world_t *world = actor->world;
    bool gap = migration->reason[0] != '\0';
    bool left = from >= 0 && (world->oracle.told_left[actor->index] & BIT (from));
    int64_t bound = from >= 0 ? world->oracle.bound[from] : INT64_MAX;

    if (gap && (from < 0 || !(world->oracle.left & BIT (from)) || bound > migration->cut))
        sim_fail (world, "%s is told of a gap that there is not: %s", actor->plan->name,
                  migration->reason);
    if (!gap && left && bound <= migration->cut)
        sim_fail (world, "%s is not told that %s ended at %lld, before the cut %lld",
                  actor->plan->name, sim_name (world, from), (long long) bound,
                  (long long) migration->cut);
    if (!gap)
        return;
    world->outcome->gaps++;
    base_assert (entity->gap_count < GAPS);
    entity->gaps[entity->gap_count].from = bound;
    entity->gaps[entity->gap_count++].to = migration->cut;
}

static void arrived_home (sim_actor_t *actor, const mst_migration_t *migration)
{
    sim_world_t *world = actor->world;
    int index = oracle_object (&world->oracle, migration->object.id);
    int64_t last;

    if (index < 0 || migration->state_size_bytes != sizeof last) {
        sim_fail (world, "%s gets the state of no entity", actor->plan->name);
        return;
    }
    world->outcome->commits++;
    sim_object_t *entity = &world->oracle.objects[index];
    entity->home = actor->index;
    entity->home_from = migration->cut;
    int from = actor_of (world, migration->old_home.id);
    if (from >= 0)
        entity->handed_at[from] = migration->cut;
    check_gap (actor, from, entity, migration);
    SIM_SAY (world, actor->index, "is home of %d from %lld on", index, (long long) migration->cut);
}

static void gone_from_home (sim_world_t *world, const mst_migration_t *migration)
{
    int index = oracle_object (&world->oracle, migration->object.id);
    int to = actor_of (world, migration->new_home.id);

    if (index < 0 || to < 0 || world->oracle.objects[index].home_from >= migration->cut)
        return;
    world->oracle.objects[index].home = to;
    world->oracle.objects[index].home_from = migration->cut;
}

void oracle_delivery (sim_actor_t *actor, const federate_delivery_t *what)
{
    sim_world_t *world = actor->world;

    switch ((int) what->kind) {
    case FEDERATE_DISCOVERED: discovered (actor, &what->discovery); break;
    case FEDERATE_REFLECTED:
    case FEDERATE_RECEIVED: received (actor, &what->reception); break;
    case FEDERATE_REMOVED: removed (actor, &what->reception); break;
    case FEDERATE_GRANTED: granted (actor, what->time); break;
    case FEDERATE_CONSTRAINED_ENABLED:
    case FEDERATE_REGULATION_ENABLED:
        SIM_SAY (world, actor->index, "is %s from %lld on",
                 what->kind == FEDERATE_REGULATION_ENABLED ? "regulating" : "constrained",
                 (long long) what->time);
        enabled (actor, what);
        break;
    case FEDERATE_POINT_ANNOUNCED:
        point_of (world, what->text)->announced |= BIT (actor->index);
        break;
    case FEDERATE_LOST:
    case FEDERATE_RESIGNED:
        if (actor_of (world, what->federate.id) >= 0)
            world->oracle.told_left[actor->index] |= BIT (actor_of (world, what->federate.id));
        break;
    case FEDERATE_SYNCHRONIZED: synchronized (actor, what->text); break;
    case FEDERATE_BARRIER_PASSED:
    case FEDERATE_BARRIER_BROKEN: barrier_told (actor, what); break;
    case FEDERATE_MIGRATED_IN: arrived_home (actor, &what->migration); break;
    case FEDERATE_MIGRATED_OUT: gone_from_home (world, &what->migration); break;
    case FEDERATE_MIGRATION_ABORTED:
        world->outcome->aborts++;
        SIM_SAY (world, actor->index, "keeps %d: %s",
                 oracle_object (&world->oracle, what->migration.object.id), what->reason);
        break;
    default: break;
    }
}

/*  Always, and at the end ------------------------------------------------------------------------
 */

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
        uint16_t whom = settled ? message->expected : message->addressed;
        bool later = message->part == SIM_PART_TSO && actor->plan->constrained &&
                     message->time >= clock->granted;
        if (!(whom & BIT (to)) || (message->delivered & BIT (to)) || later ||
            message->part == SIM_PART_BE ||
            (message->kind == SIM_DELETE && message->part != SIM_PART_TSO))
            continue;
        if (actor->plan->late && message->part == SIM_PART_TSO)
            continue; /* some of it was of a time before its own */
        if (excused (world, message, to) || actor->churned || shown (world, message, to) == 0)
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

/*  While its home lives and steps, an entity is updated to the end. */
static void check_homes (sim_world_t *world)
{
    for (int i = 0; i < world->oracle.object_count; i++) {
        const sim_object_t *object = &world->oracle.objects[i];
        const sim_actor_t *home = &world->actors[object->home];
        bool steps = !home->dead && !(world->oracle.resigned & BIT (object->home));
        if (object->homed && !object->deleted && steps &&
            object->home_from < world->scenario->end && object->last_tick < world->scenario->end)
            sim_fail (world, "%s is home of entity %d, which was updated last at tick %lld",
                      home->plan->name, i, (long long) object->last_tick);
    }
}

static bool is_updated (const sim_world_t *world, int object, int64_t tick)
{
    BASE_LIST_EACH (&world->oracle.messages, i) {
        const sim_message_t *message = &world->oracle.messages.items[i];
        if (message->kind == SIM_UPDATE && message->object == object &&
            (message->mask & SIM_PLACE) && message->time == tick)
            return true;
    }
    return false;
}

/*  From its first update to its last an entity has one at every tick, but for gaps that its new
   home was told of. */
static void check_ticks (sim_world_t *world)
{
    for (int i = 0; i < world->oracle.object_count && world->scenario->homes; i++) {
        const sim_object_t *entity = &world->oracle.objects[i];
        bool begun = false;
        for (int64_t tick = 0; tick < entity->last_tick; tick++) {
            bool excused_tick = !begun;
            for (int k = 0; k < entity->gap_count; k++)
                excused_tick =
                    excused_tick || (tick >= entity->gaps[k].from && tick <= entity->gaps[k].to);
            bool updated = is_updated (world, i, tick);
            begun = begun || updated;
            if (!updated && !excused_tick)
                sim_fail (world, "nobody updated entity %d at tick %lld", i, (long long) tick);
        }
    }
}

void oracle_end (sim_world_t *world)
{
    check_through (world);
    check_homes (world);
    check_ticks (world);
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
