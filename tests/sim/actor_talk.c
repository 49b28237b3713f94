/*  What a program says of its objects: registers, updates, deletes, hands them over to another
   home, trades their attributes; and the interactions that it sends. */
#include "base/error.h"
#include "tests/sim/actor.h"

#include <string.h>

enum { VALUE_MAX = 100000 };

/*  Objects ------------------------------------------------------------------------------------- */

sim_own_t *actor_own_find (sim_actor_t *actor, uint64_t id)
{
    for (int i = 0; i < actor->own_count; i++)
        if (actor->own[i].id == id)
            return &actor->own[i];
    return NULL;
}

sim_own_t *actor_own_add (sim_actor_t *actor, uint64_t id)
{
    enum { OWN_MAX = sizeof actor->own / sizeof actor->own[0] };
    sim_own_t *own = actor_own_find (actor, id);

    if (own || actor->own_count == OWN_MAX)
        return own;
    own = &actor->own[actor->own_count++];
    *own = (sim_own_t){ .id = id,
                        .object = oracle_object (&actor->world->oracle, id),
                        .last_time = INT64_MIN,
                        .tick = INT64_MIN };
    return own;
}

void actor_own_drop (sim_actor_t *actor, uint64_t id)
{
    sim_own_t *own = actor_own_find (actor, id);
    if (own)
        *own = actor->own[--actor->own_count];
}

void actor_register (sim_actor_t *actor, base_random_t *dice)
{
    sim_world_t *world = actor->world;
    int class_index = (int) base_random_below (dice, SIM_CLASSES);
    mst_object_t object;

    if (actor->plan->publish[class_index] == 0)
        class_index = 1 - class_index;
    if (actor->plan->publish[class_index] == 0 || world->oracle.object_count >= SIM_OBJECTS - 1 ||
        actor->own_count >= 6)
        return;
    mst_err_t err =
        federate_core_register (actor->core, actor->object_classes[class_index], NULL, &object);
    if (err == MST_E_CLASS_NOT_PUBLISHED && actor->churned)
        return;
    actor_must (actor, err, "register");
    if (err)
        return;
    (void) oracle_register (actor, object.id, class_index, world->scenario->homes);
    sim_own_t *own = actor_own_add (actor, object.id);
    if (own)
        own->home = true;
    SIM_SAY (world, actor->index, "registers %d (%s)", oracle_object (&world->oracle, object.id),
             actor_class_names[class_index]);
}

/*  Messages ------------------------------------------------------------------------------------ */

static uint8_t value_bytes[VALUE_MAX];

/*  Not each message is one that its sender means to take back. */
static mst_retraction_t *handle_for (const sim_actor_t *actor, uint32_t base,
                                     mst_retraction_t *handle)
{
    const sim_oracle_t *oracle = &actor->world->oracle;
    bool asks = actor->world->scenario->retractions > 0 && base < oracle->messages.count &&
                oracle->messages.items[base].number % 4 != 0;
    return asks ? handle : NULL;
}

static void said (sim_actor_t *actor, mst_retraction_t handle, uint32_t base, int64_t time,
                  const sim_own_t *deleted)
{
    enum { SAID_MAX = sizeof actor->said / sizeof actor->said[0] };

    if (handle.id == 0)
        return;
    sim_said_t *place = &actor->said[actor->said_count++ % SAID_MAX];
    *place = (sim_said_t){ .handle = handle, .base = base, .time = time };
    if (deleted)
        place->deleted = *deleted;
}

static void retract_one (sim_actor_t *actor, sim_said_t *what, int64_t floor)
{
    sim_world_t *world = actor->world;
    mst_err_t expected = what->time > floor ? MST_OK : MST_E_RETRACTION_LATE;

    mst_err_t err = federate_core_retract (actor->core, what->handle);
    SIM_SAY (world, actor->index, "retracts %u (%lld)%s", what->base, (long long) what->time,
             err ? mst_error_text () : "");
    if (err != expected)
        sim_fail (world, "%s retracts message %u for %lld, may send from %lld on: %s",
                  actor->plan->name, what->base, (long long) what->time, (long long) floor,
                  mst_error_name (err));
    what->handle.id = 0;
    if (err)
        return;
    oracle_retract (actor, what->base);
    if (what->deleted.id == 0)
        return;
    sim_object_t *object = &world->oracle.objects[what->deleted.object];
    object->deleted = false;
    object->known |= (uint16_t) (1u << actor->index);
    sim_own_t *own = actor_own_add (actor, what->deleted.id);
    if (own)
        *own = what->deleted;
}

void actor_retract (sim_actor_t *actor, base_random_t *dice, int64_t floor)
{
    const sim_scenario_t *scenario = actor->world->scenario;

    if (scenario->retractions <= 0 || !actor_state (actor).regulating)
        return;
    for (uint32_t i = 0; i < sizeof actor->said / sizeof actor->said[0]; i++)
        if (actor->said[i].handle.id != 0 && base_random_chance (dice, scenario->retractions * 0.3))
            retract_one (actor, &actor->said[i], floor);
}

static uint32_t value_size (const sim_actor_t *actor, base_random_t *dice)
{
    return 4 + (uint32_t) base_random_below (dice, actor->plan->value_bytes + 1);
}

/*  Errors that a program may meet without having done wrong. */
static bool forgivable (const sim_actor_t *actor, mst_err_t err)
{
    const sim_scenario_t *scenario = actor->world->scenario;

    if (err == MST_E_WOULD_BLOCK || err == MST_E_LIMIT)
        return actor->plan->value_bytes > 4000;
    if (err == MST_E_EPOCH_STALE)
        return scenario->homes;
    if (err == MST_E_NOT_OWNED || err == MST_E_OBJECT_UNKNOWN ||
        err == MST_E_DELETE_PRIVILEGE_NOT_HELD || err == MST_E_INTERACTION_NOT_PUBLISHED)
        return !scenario->settled || scenario->ownership > 0 || scenario->homes ||
               scenario->retractions > 0; /* of one that died, some attributes were taken over */
    return false;
}

static mst_err_t update (sim_actor_t *actor, sim_own_t *own, uint64_t mask, int64_t time,
                         base_random_t *dice)
{
    mst_value_t values[8];
    size_t count = 0;
    uint32_t size = value_size (actor, dice);

    uint32_t base = oracle_send (actor, SIM_UPDATE, own->object, mask, time);
    memcpy (value_bytes, &base, sizeof base);
    for (uint32_t bit = 1; bit < 5; bit++)
        if (mask >> bit & 1u)
            values[count++] = (mst_value_t){ bit + 1, size, value_bytes };
    mst_retraction_t handle = { 0 };
    mst_send_options_t options = { .tag = &base,
                                   .tag_size_bytes = sizeof base,
                                   .retraction = handle_for (actor, base, &handle) };
    mst_err_t err = federate_core_update (actor->core, (mst_object_t){ own->id }, values, count,
                                          time, &options);
    if (err)
        oracle_unsend (actor, base);
    else
        oracle_sent (actor, base);
    if (!err)
        said (actor, handle, base, time, NULL);
    if (!err && time != MST_TIME_NONE && time > own->last_time)
        own->last_time = time;
    if (!err && (mask & SIM_PLACE) != 0)
        own->tick = time;
    if (err && !forgivable (actor, err))
        actor_must (actor, err, "update");
    if (err == MST_E_WOULD_BLOCK) {
        actor->blocked = true;
        federate_core_blocked (actor->core, true);
    }
    SIM_SAY (actor->world, actor->index, "updates %d mask %llx at %lld: %u%s", own->object,
             (unsigned long long) mask, (long long) (time == MST_TIME_NONE ? -1 : time), base,
             err ? mst_error_text () : "");
    return err;
}

static void interact (sim_actor_t *actor, int which, int64_t time, base_random_t *dice)
{
    uint32_t size = value_size (actor, dice);
    uint32_t base = oracle_send (actor, SIM_INTERACTION, which, 1, time);

    memcpy (value_bytes, &base, sizeof base);
    mst_value_t value = { 1, size, value_bytes };
    mst_retraction_t handle = { 0 };
    mst_send_options_t options = { .tag = &base,
                                   .tag_size_bytes = sizeof base,
                                   .retraction = handle_for (actor, base, &handle) };
    mst_interaction_class_t of = { actor->interaction_classes[which] };
    mst_err_t err = federate_core_send (actor->core, of, &value, 1, time, &options);
    if (err)
        oracle_unsend (actor, base);
    else
        oracle_sent (actor, base);
    if (!err)
        said (actor, handle, base, time, NULL);
    if (err && !forgivable (actor, err))
        actor_must (actor, err, "interaction");
    SIM_SAY (actor->world, actor->index, "sends %s at %lld: %u%s", actor_interaction_names[which],
             (long long) (time == MST_TIME_NONE ? -1 : time), base, err ? mst_error_text () : "");
}

void actor_delete (sim_actor_t *actor, sim_own_t *own, int64_t time)
{
    sim_world_t *world = actor->world;
    uint32_t base = oracle_send (actor, SIM_DELETE, own->object, 1, time);
    mst_retraction_t handle = { 0 };
    mst_send_options_t options = { .tag = &base,
                                   .tag_size_bytes = sizeof base,
                                   .retraction = handle_for (actor, base, &handle) };
    mst_err_t err = federate_core_delete (actor->core, (mst_object_t){ own->id }, time, &options);

    SIM_SAY (world, actor->index, "deletes %d at %lld: %u%s", own->object,
             (long long) (time == MST_TIME_NONE ? -1 : time), base, err ? mst_error_text () : "");
    if (err) {
        oracle_unsend (actor, base);
        if (!forgivable (actor, err))
            actor_must (actor, err, "delete");
        return;
    }
    oracle_sent (actor, base);
    said (actor, handle, base, time, own);
    world->oracle.objects[own->object].deleted = true;
    world->oracle.objects[own->object].known &= (uint16_t) ~(1u << actor->index);
    world->oracle.objects[own->object].delete_time = time;
    actor_own_drop (actor, own->id);
}

/*  A time stamp: none, the smallest, or somewhat later. */
static int64_t stamp_for (const sim_actor_t *actor, base_random_t *dice, int64_t floor)
{
    uint64_t choice = base_random_below (dice, 8);
    if (!actor_state (actor).regulating)
        return choice < 4 ? MST_TIME_NONE : actor->now + (int64_t) choice;
    if (choice == 0)
        return MST_TIME_NONE;
    return floor + (int64_t) (choice < 5 ? 0 : base_random_below (dice, 6));
}

void actor_chat (sim_actor_t *actor, base_random_t *dice, int64_t floor)
{
    uint64_t count = base_random_below (dice, actor->plan->chatter + 1);

    for (uint64_t i = 0; i < count; i++) {
        int64_t time = stamp_for (actor, dice, floor);
        int which = (int) base_random_below (dice, SIM_INTERACTIONS);
        uint64_t pick = base_random_next (dice), bits = base_random_next (dice);
        if ((pick & 1) != 0 && actor->plan->says[which]) {
            interact (actor, which, time, dice);
            continue;
        }
        if (actor->own_count == 0)
            continue;
        sim_own_t *own = &actor->own[(pick >> 8) % (uint64_t) actor->own_count];
        uint64_t owned = federate_core_owned (actor->core, (mst_object_t){ own->id }) & ~1u;
        if (actor->world->scenario->homes)
            owned &= ~(uint64_t) SIM_TIMED;
        if ((owned & bits) != 0 && !own->leaving)
            (void) update (actor, own, owned & bits, time, dice);
    }
}

/*  Migrations ---------------------------------------------------------------------------------- */

/*  Every entity is updated at every tick by its home. */
void actor_tick_homes (sim_actor_t *actor, base_random_t *dice)
{
    federate_state_t state = actor_state (actor);

    for (int i = actor->own_count; i-- > 0;) {
        sim_own_t *own = &actor->own[i];
        if (!own->home || own->tick >= state.floor)
            continue;
        mst_err_t err = update (actor, own, SIM_PLACE, state.floor, dice);
        if ((err == MST_E_EPOCH_STALE || err == MST_E_NOT_OWNED) && own->leaving)
            own->home = false;
        else if (err)
            actor_must (actor, err, "tick");
    }
}

void actor_migrate (sim_actor_t *actor, base_random_t *dice)
{
    sim_world_t *world = actor->world;
    federate_state_t state = actor_state (actor);

    for (int i = 0; i < actor->own_count; i++) {
        sim_own_t *own = &actor->own[i];
        int to = (int) base_random_below (dice, (uint64_t) world->count);
        int64_t cut = state.floor + (int64_t) base_random_below (dice, 3);
        if (!own->home || own->leaving || !base_random_chance (dice, world->scenario->migrations))
            continue;
        uint32_t handle = world->actors[to].handle;
        if (to == actor->index || handle == 0 || !federate_core_peer_name (actor->core, handle))
            continue;
        mst_err_t err = federate_core_migrate (actor->core, (mst_object_t){ own->id },
                                               (mst_federate_id_t){ handle }, cut, &own->last_time,
                                               sizeof own->last_time);
        SIM_SAY (world, actor->index, "hands %d over to %s at %lld%s", own->object,
                 sim_name (world, to), (long long) cut, err ? mst_error_text () : "");
        if (!err)
            own->leaving = true;
        else if (err != MST_E_MIGRATION_REFUSED)
            actor_must (actor, err, "migrate");
    }
}

/*  Ownership ----------------------------------------------------------------------------------- */

/*  As whatever it knows it: who owns attributes of a star that it knows as a body still reaches
   those who see stars alone. */
static bool knows (const sim_actor_t *actor, mst_object_t object)
{
    return federate_core_object_class (actor->core, object) != 0;
}

void actor_trade (sim_actor_t *actor, base_random_t *dice)
{
    sim_world_t *world = actor->world;
    uint64_t bits = base_random_next (dice) & (SIM_PLACE | SIM_MOOD | SIM_FLICKER);
    bool available = base_random_below (dice, 2) == 0;
    mst_err_t err = MST_OK;

    if (actor->own_count > 0 && base_random_below (dice, 2) == 0) {
        const sim_own_t *own = &actor->own[base_random_below (dice, (uint64_t) actor->own_count)];
        uint64_t owned = federate_core_owned (actor->core, (mst_object_t){ own->id });
        if ((owned & bits) != 0 && !own->leaving) {
            SIM_SAY (world, actor->index, "divests %llx of %d", (unsigned long long) (owned & bits),
                     own->object);
            err =
                federate_core_divest (actor->core, (mst_object_t){ own->id }, owned & bits, "", 0);
        }
    } else if (world->oracle.object_count > 0) {
        int object = (int) base_random_below (dice, (uint64_t) world->oracle.object_count);
        mst_object_t id = { world->oracle.objects[object].id };
        if (!knows (actor, id))
            return;
        bits &= ~federate_core_owned (actor->core, id);
        if (bits != 0) {
            SIM_SAY (world, actor->index, "wants %llx of %d%s", (unsigned long long) bits, object,
                     available ? " if available" : "");
            err = federate_core_acquire (actor->core, id, bits, "", 0, available);
        }
    }
    if (err && err != MST_E_NOT_OWNED && err != MST_E_ATTRIBUTE_NOT_PUBLISHED &&
        err != MST_E_ALREADY_OWNED)
        actor_must (actor, err, "ownership");
}

void actor_release (sim_actor_t *actor, const mst_ownership_t *what)
{
    uint64_t owned = federate_core_owned (actor->core, what->object) & what->attributes & ~1u;
    const sim_own_t *own = actor_own_find (actor, what->object.id);
    if (owned != 0 && !(own && own->leaving))
        (void) federate_core_divest (actor->core, what->object, owned, "", 0);
}

void actor_assume (sim_actor_t *actor, const mst_ownership_t *what)
{
    base_random_t dice = actor_dice (actor, what->object.id + what->attributes);
    uint64_t wanted = what->attributes & ~federate_core_owned (actor->core, what->object) & ~1u;
    if (wanted != 0 && knows (actor, what->object) && base_random_below (&dice, 2) == 0)
        (void) federate_core_acquire (actor->core, what->object, wanted, "", 0, true);
}
