/*  Deliveries: each one was sent, had arrived, is for its receiver, and comes in its order; each
   grant comes after all that is due by it. */
#include "tests/sim/oracle.h"
#include "wire/control.h"

#include <string.h>

/*  Is it excused that a message of a dead sender did not come? */
bool oracle_excused (const sim_world_t *world, const sim_message_t *message, int to)
{
    const sim_pair_t *pair = &world->oracle.pairs[message->sender][to];

    const sim_object_t *object = &world->oracle.objects[message->object];
    if (message->kind != SIM_INTERACTION && !(object->known & BIT (to)))
        return true; /* gone, or not yet found */
    bool timeless = message->part != SIM_PART_TSO || !world->actors[to].plan->constrained;
    if (message->kind == SIM_UPDATE && timeless && (object->revived & BIT (to)))
        return true; /* it was unknown when this came */
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

bool oracle_stands (const sim_world_t *world, const sim_message_t *message, int to)
{
    const sim_pair_t *pair = &world->oracle.pairs[message->sender][to];
    uint32_t back = message->back_sequence[to];

    if (!message->retracted)
        return true;
    return world->actors[message->sender].died_silently && (back == 0 || back > pair->reported);
}

bool oracle_may_stay (const sim_world_t *world, const sim_message_t *message, int to)
{
    return world->actors[message->sender].died_silently && !(message->back_arrived & BIT (to));
}

/*  Messages ------------------------------------------------------------------------------------ */

/*  What a federate is given, and when, must be the same whatever the network does. */
static void mix (sim_clock_t *clock, uint64_t value)
{
    clock->digest = (clock->digest ^ value) * 1099511628211u;
    clock->digest ^= clock->digest >> 29;
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
    bool beyond = message->time > clock->requested && clock->kind != WIRE_ADVANCE_FQR;
    if (!clock->advancing || beyond)
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
    if (message->time < clock->seen_min)
        clock->seen_min = message->time;
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
    if (exact && mask != oracle_shown (world, message, actor->index))
        sim_fail (world, "%s is shown attributes %llx of message %u, not %llx", actor->plan->name,
                  (unsigned long long) mask, message->base,
                  (unsigned long long) oracle_shown (world, message, actor->index));
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
    sim_message_t *message = oracle_part (self, base, handle);
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
    const sim_object_t *object = &self->objects[message->object];
    bool before_removal = message->kind == SIM_UPDATE && (object->removed & me) &&
                          message->time < object->delete_time;
    if (message->kind != SIM_INTERACTION && !(object->known & me) && !before_removal)
        sim_fail (world, "%s gets an update of object %d, which it does not know",
                  actor->plan->name, message->object);
    if (world->scenario->settled && !actor->plan->late &&
        !world->actors[message->sender].plan->late && !((message->expected | self->resigned) & me))
        sim_fail (world, "%s gets message %u, to which it does not subscribe", actor->plan->name,
                  index);
    sim_pair_t *pair = &self->pairs[message->sender][actor->index];
    if ((message->recalled & me) &&
        !(message->retracted && pair->cut_known && oracle_stands (world, message, actor->index)))
        sim_fail (world, "%s gets message %u again, which was retracted", actor->plan->name, index);
    message->delivered |= me;
    oracle_note_effects (actor, message);
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
        oracle_check_entity (actor, message, reception->epoch);
}

/*  Time ---------------------------------------------------------------------------------------- */

/*  All that must have come with a grant has come. */
static void check_complete (sim_actor_t *actor, int64_t time, bool strict)
{
    sim_world_t *world = actor->world;
    uint16_t me = BIT (actor->index);

    BASE_LIST_EACH (&world->oracle.messages, i) {
        const sim_message_t *message = &world->oracle.messages.items[i];
        bool due = strict ? message->time <= time : message->time < time;
        if (message->part != SIM_PART_TSO || !due || !(message->expected & me))
            continue;
        bool stands = oracle_stands (world, message, actor->index);
        if (!stands && (message->delivered & me) && !oracle_may_stay (world, message, actor->index))
            sim_fail (world, "%s is granted %lld and keeps message %u of %s, which was retracted",
                      actor->plan->name, (long long) time, (unsigned) i,
                      sim_name (world, message->sender));
        if (!stands || (message->delivered & me) || oracle_excused (world, message, actor->index))
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
    if (clock->seen_max > time && clock->kind != WIRE_ADVANCE_FQR)
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

/*  The second time of a flush: nothing that was given, or asked for, lies before it. */
static void flushed (sim_actor_t *actor, const federate_delivery_t *what)
{
    sim_clock_t *clock = &actor->world->oracle.clocks[actor->index];
    int64_t least = clock->seen_min < clock->requested ? clock->seen_min : clock->requested;

    actor->world->outcome->flushes++;
    if (clock->kind != WIRE_ADVANCE_FQR)
        sim_fail (actor->world, "%s is told of a flush and asked for none", actor->plan->name);
    if (what->optimistic != (least > what->time ? least : what->time))
        sim_fail (actor->world, "%s flushes up to %lld, is granted %lld, and told %lld, not %lld",
                  actor->plan->name, (long long) clock->requested, (long long) what->time,
                  (long long) what->optimistic, (long long) least);
    granted (actor, what->time);
}

/*  It is asked to take a message back: it was given it, that is not final, and there is a reason.
 */
static void recalled (sim_actor_t *actor, const mst_retracted_t *what)
{
    sim_world_t *world = actor->world;
    const sim_clock_t *clock = &world->oracle.clocks[actor->index];
    int from = oracle_actor_of (world, what->sender.id);
    uint64_t key = what->message.id & (UINT64_MAX >> 1);
    uint16_t me = BIT (actor->index);
    sim_message_t *message =
        from < 0 ? NULL
                 : oracle_at_place (&world->oracle, from, actor->index, key >> 16, key & 0xffff);

    world->outcome->recalls++;
    if (!message || message->time != what->time || !(message->delivered & me)) {
        sim_fail (world, "%s is asked to take back what it was not given", actor->plan->name);
        return;
    }
    SIM_SAY (world, actor->index, "is asked to take back message %u of %s (%lld)",
             (unsigned) (message - world->oracle.messages.items), sim_name (world, from),
             (long long) message->time);
    const sim_pair_t *pair = &world->oracle.pairs[from][actor->index];
    bool taken_back = message->retracted && (message->back_arrived & me);
    bool cut = pair->cut_known && message->sequence[actor->index] > pair->reported;
    if (!taken_back && !cut)
        sim_fail (world, "%s is asked for message %u, which stands", actor->plan->name,
                  message->base);
    bool final = clock->strict ? message->time <= clock->granted : message->time < clock->granted;
    if (actor->plan->constrained && final)
        sim_fail (world, "%s at %lld is asked for message %u of time %lld, which is final",
                  actor->plan->name, (long long) clock->granted, message->base,
                  (long long) message->time);
    message->delivered &= (uint16_t) ~me;
    message->recalled |= me;
    if (message->kind != SIM_DELETE)
        return;
    world->oracle.objects[message->object].known |= me;
    world->oracle.objects[message->object].revived |= me;
    world->oracle.objects[message->object].removed &= (uint16_t) ~me;
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
    int as = oracle_known_class (actor->plan, object->class_index);
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

/*  All of them --------------------------------------------------------------------------------- */

void oracle_delivery (sim_actor_t *actor, const federate_delivery_t *what)
{
    sim_world_t *world = actor->world;

    switch ((int) what->kind) {
    case FEDERATE_DISCOVERED: discovered (actor, &what->discovery); break;
    case FEDERATE_REFLECTED:
    case FEDERATE_RECEIVED: received (actor, &what->reception); break;
    case FEDERATE_REMOVED: removed (actor, &what->reception); break;
    case FEDERATE_GRANTED: granted (actor, what->time); break;
    case FEDERATE_FLUSHED: flushed (actor, what); break;
    case FEDERATE_RETRACTED: recalled (actor, &what->retracted); break;
    case FEDERATE_CONSTRAINED_ENABLED:
    case FEDERATE_REGULATION_ENABLED:
        SIM_SAY (world, actor->index, "is %s from %lld on",
                 what->kind == FEDERATE_REGULATION_ENABLED ? "regulating" : "constrained",
                 (long long) what->time);
        enabled (actor, what);
        break;
    case FEDERATE_POINT_ANNOUNCED:
        oracle_point (world, what->text)->announced |= BIT (actor->index);
        break;
    case FEDERATE_LOST:
    case FEDERATE_RESIGNED:
        if (oracle_actor_of (world, what->federate.id) >= 0)
            world->oracle.told_left[actor->index] |=
                BIT (oracle_actor_of (world, what->federate.id));
        break;
    case FEDERATE_SYNCHRONIZED: oracle_synchronized (actor, what->text); break;
    case FEDERATE_BARRIER_PASSED:
    case FEDERATE_BARRIER_BROKEN: oracle_barrier_told (actor, what); break;
    case FEDERATE_MIGRATED_IN: oracle_arrived_home (actor, &what->migration); break;
    case FEDERATE_MIGRATED_OUT: oracle_gone_from_home (world, &what->migration); break;
    case FEDERATE_MIGRATION_ABORTED:
        world->outcome->aborts++;
        SIM_SAY (world, actor->index, "keeps %d: %s",
                 oracle_object (&world->oracle, what->migration.object.id), what->reason);
        break;
    default: break;
    }
}
