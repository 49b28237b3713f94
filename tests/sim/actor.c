/*  A federate's program. What it does at a step is drawn from (scenario, federate, step), never
   from the network: so a program does the same whatever the delays, as far as it is granted the
   same. */
#include "base/error.h"
#include "tests/sim/world.h"
#include "wire/control.h"
#include "wire/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 100000, ROUNDS = 24 };

static const char *const class_names[SIM_CLASSES] = { "Body", "Star" };
static const char *const interaction_names[SIM_INTERACTIONS] = { "Event", "Loud", "Word", "Noise" };

static base_random_t dice_of (const sim_actor_t *actor, uint64_t what)
{
    base_random_t dice;
    base_random_init (&dice, actor->world->scenario->seed * 1000003u +
                                 (uint64_t) actor->index * 7919u + what * 104729u);
    (void) base_random_next (&dice);
    return dice;
}

static void must (sim_actor_t *actor, mst_err_t err, const char *what)
{
    if (err)
        sim_fail (actor->world, "%s of %s at %lld: %s", what, actor->plan->name,
                  (long long) actor->now, mst_error_text ());
}

static federate_state_t state_of (const sim_actor_t *actor)
{
    federate_state_t state;
    federate_core_state (actor->core, &state);
    return state;
}

/*  Joining ----------------------------------------------------------------------------------- */

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

    must (actor, federate_core_new (&options, &actor->core), "new");
    (void) snprintf (endpoint, sizeof endpoint, "sim://%s", actor->plan->name);
    federate_join_t join = { "sim", actor->plan->name, "type", endpoints, 1 };
    must (actor, federate_core_join (actor->core, &join, &actor->requests[0]), "join");
    actor->request_count = 1;
    actor->phase = SIM_JOINING;
    actor->lookahead = actor->plan->lookahead;
    actor->barrier = -1;
    network_carry_out (actor, true);
}

/*  Collects replies; true when none is awaited any more. */
static bool replies_are_in (sim_actor_t *actor, mst_err_t *err)
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

static void find_handles (sim_actor_t *actor)
{
    const fom_model_t *model = federate_core_model (actor->core);
    uint32_t index;

    for (int i = 0; i < SIM_CLASSES; i++)
        if (!fom_class_find (&model->objects, class_names[i], &index))
            actor->object_classes[i] = index + 1;
    for (int i = 0; i < SIM_INTERACTIONS; i++)
        if (!fom_class_find (&model->interactions, interaction_names[i], &index))
            actor->interaction_classes[i] = index + 1;
}

static void declare_class (sim_actor_t *actor, int class_index, bool publish, uint64_t mask,
                           bool on)
{
    uint32_t *request = &actor->requests[actor->request_count++];
    uint32_t handle = actor->object_classes[class_index];
    must (actor,
          publish ? federate_core_publish (actor->core, handle, mask, on, request)
                  : federate_core_subscribe (actor->core, handle, mask, on, request),
          "declaration");
    if (!publish)
        actor->subscribed_now[class_index] = on;
}

static void declare_all (sim_actor_t *actor)
{
    const sim_plan_t *plan = actor->plan;
    uint32_t ignored[2 * SIM_INTERACTIONS], count = 0;

    for (int i = 0; i < SIM_CLASSES; i++) {
        if (plan->publish[i])
            declare_class (actor, i, true, plan->publish[i], true);
        if (plan->subscribe[i])
            declare_class (actor, i, false, plan->subscribe[i], true);
    }
    for (int i = 0; i < SIM_INTERACTIONS; i++) {
        uint32_t handle = actor->interaction_classes[i];
        if (plan->says[i])
            must (actor,
                  federate_core_publish_interaction (actor->core, handle, true, &ignored[count++]),
                  "publish");
        if (plan->hears[i])
            must (
                actor,
                federate_core_subscribe_interaction (actor->core, handle, true, &ignored[count++]),
                "subscribe");
    }
    if (count > 0) /* the last one answers for all: replies come in order */
        actor->requests[actor->request_count++] = ignored[count - 1];
}

static void begin_regulation (sim_actor_t *actor)
{
    must (actor, federate_core_enable_regulation (actor->core, actor->plan->lookahead),
          "regulation");
    oracle_advance (actor, WIRE_ADVANCE_TARA, INT64_MAX);
    actor->lookahead = actor->plan->lookahead;
}

static void enable (sim_actor_t *actor)
{
    const sim_plan_t *plan = actor->plan;
    federate_state_t state = state_of (actor);
    bool first = (actor->index & 1) != 0;

    if (plan->regulating && !state.regulating && (first || !plan->constrained || state.constrained))
        begin_regulation (actor);
    else if (plan->constrained && !state.constrained)
        must (actor, federate_core_enable_constrained (actor->core), "constraint");
}

static bool is_enabled (const sim_actor_t *actor)
{
    federate_state_t state = state_of (actor);
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

static void achieve (sim_actor_t *actor, const char *label)
{
    oracle_achieve (actor, label);
    SIM_SAY (actor->world, actor->index, "achieves \"%s\"", label);
    must (actor, federate_core_achieve_point (actor->core, label, true), "achieve");
}

static bool meet (sim_actor_t *actor)
{
    const sim_world_t *world = actor->world;

    if (actor->started)
        return true;
    if (actor->start_announced && !actor->start_achieved) {
        actor->start_achieved = true;
        achieve (actor, "start");
        return false;
    }
    for (int i = 0; i < world->count; i++) /* who is alive with the first name asks */
        if (!world->actors[i].dead && !world->actors[i].plan->late &&
            strcmp (world->actors[i].plan->name, actor->plan->name) < 0)
            return false;
    if (actor->start_asked || actor->start_announced || !all_are_here (actor))
        return false;
    actor->start_asked = true;
    must (actor, federate_core_register_point (actor->core, "start", "t", 1, NULL, 0), "point");
    return false;
}

static void achieve_some (sim_actor_t *actor, base_random_t *dice, double chance)
{
    for (int i = actor->label_count; i-- > 0;) {
        if (!base_random_chance (dice, chance))
            continue;
        achieve (actor, actor->labels[i]);
        memmove (actor->labels[i], actor->labels[i + 1],
                 sizeof actor->labels[0] * (size_t) (--actor->label_count - i));
    }
}

/*  Objects ----------------------------------------------------------------------------------- */

static sim_own_t *own_find (sim_actor_t *actor, uint64_t id)
{
    for (int i = 0; i < actor->own_count; i++)
        if (actor->own[i].id == id)
            return &actor->own[i];
    return NULL;
}

static sim_own_t *own_add (sim_actor_t *actor, uint64_t id)
{
    enum { OWN_MAX = sizeof actor->own / sizeof actor->own[0] };
    sim_own_t *own = own_find (actor, id);

    if (own || actor->own_count == OWN_MAX)
        return own;
    own = &actor->own[actor->own_count++];
    *own = (sim_own_t){ .id = id,
                        .object = oracle_object (&actor->world->oracle, id),
                        .last_time = INT64_MIN,
                        .tick = INT64_MIN };
    return own;
}

static void own_drop (sim_actor_t *actor, uint64_t id)
{
    sim_own_t *own = own_find (actor, id);
    if (own)
        *own = actor->own[--actor->own_count];
}

static void register_one (sim_actor_t *actor, base_random_t *dice)
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
    must (actor, err, "register");
    if (err)
        return;
    (void) oracle_register (actor, object.id, class_index, world->scenario->homes);
    sim_own_t *own = own_add (actor, object.id);
    if (own)
        own->home = true;
    SIM_SAY (world, actor->index, "registers %d (%s)", oracle_object (&world->oracle, object.id),
             class_names[class_index]);
}

/*  Messages ---------------------------------------------------------------------------------- */

static uint8_t value_bytes[VALUE_MAX];

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
        return !scenario->settled || scenario->ownership > 0 || scenario->homes;
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
    mst_send_options_t options = { .tag = &base, .tag_size_bytes = sizeof base };
    mst_err_t err = federate_core_update (actor->core, (mst_object_t){ own->id }, values, count,
                                          time, &options);
    if (err)
        oracle_unsend (actor, base);
    else
        oracle_sent (actor, base);
    if (!err && time != MST_TIME_NONE && time > own->last_time)
        own->last_time = time;
    if (!err && (mask & SIM_PLACE) != 0)
        own->tick = time;
    if (err && !forgivable (actor, err))
        must (actor, err, "update");
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
    mst_send_options_t options = { .tag = &base, .tag_size_bytes = sizeof base };
    mst_interaction_class_t of = { actor->interaction_classes[which] };
    mst_err_t err = federate_core_send (actor->core, of, &value, 1, time, &options);
    if (err)
        oracle_unsend (actor, base);
    else
        oracle_sent (actor, base);
    if (err && !forgivable (actor, err))
        must (actor, err, "interaction");
    SIM_SAY (actor->world, actor->index, "sends %s at %lld: %u%s", interaction_names[which],
             (long long) (time == MST_TIME_NONE ? -1 : time), base, err ? mst_error_text () : "");
}

static void delete_one (sim_actor_t *actor, sim_own_t *own, int64_t time)
{
    sim_world_t *world = actor->world;
    uint32_t base = oracle_send (actor, SIM_DELETE, own->object, 1, time);
    mst_send_options_t options = { .tag = &base, .tag_size_bytes = sizeof base };
    mst_err_t err = federate_core_delete (actor->core, (mst_object_t){ own->id }, time, &options);

    SIM_SAY (world, actor->index, "deletes %d at %lld: %u%s", own->object,
             (long long) (time == MST_TIME_NONE ? -1 : time), base, err ? mst_error_text () : "");
    if (err) {
        oracle_unsend (actor, base);
        if (!forgivable (actor, err))
            must (actor, err, "delete");
        return;
    }
    oracle_sent (actor, base);
    world->oracle.objects[own->object].deleted = true;
    world->oracle.objects[own->object].known &= (uint16_t) ~(1u << actor->index);
    world->oracle.objects[own->object].delete_time = time;
    own_drop (actor, own->id);
}

/*  A time stamp: none, the smallest, or somewhat later. */
static int64_t stamp_for (const sim_actor_t *actor, base_random_t *dice, int64_t floor)
{
    uint64_t choice = base_random_below (dice, 8);
    if (!state_of (actor).regulating)
        return choice < 4 ? MST_TIME_NONE : actor->now + (int64_t) choice;
    if (choice == 0)
        return MST_TIME_NONE;
    return floor + (int64_t) (choice < 5 ? 0 : base_random_below (dice, 6));
}

static void chat (sim_actor_t *actor, base_random_t *dice, int64_t floor)
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

/*  Migrations -------------------------------------------------------------------------------- */

/*  Every entity is updated at every tick by its home. */
static void tick_homes (sim_actor_t *actor, base_random_t *dice)
{
    federate_state_t state = state_of (actor);

    for (int i = actor->own_count; i-- > 0;) {
        sim_own_t *own = &actor->own[i];
        if (!own->home || own->tick >= state.floor)
            continue;
        mst_err_t err = update (actor, own, SIM_PLACE, state.floor, dice);
        if ((err == MST_E_EPOCH_STALE || err == MST_E_NOT_OWNED) && own->leaving)
            own->home = false;
        else if (err)
            must (actor, err, "tick");
    }
}

static void migrate_some (sim_actor_t *actor, base_random_t *dice)
{
    sim_world_t *world = actor->world;
    federate_state_t state = state_of (actor);

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
            must (actor, err, "migrate");
    }
}

/*  Ownership --------------------------------------------------------------------------------- */

/*  As whatever it knows it: who owns attributes of a star that it knows as a body still reaches
   those who see stars alone. */
static bool knows (const sim_actor_t *actor, mst_object_t object)
{
    return federate_core_object_class (actor->core, object) != 0;
}

static void trade (sim_actor_t *actor, base_random_t *dice)
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
        must (actor, err, "ownership");
}

static void release_what_is_asked (sim_actor_t *actor, const mst_ownership_t *what)
{
    uint64_t owned = federate_core_owned (actor->core, what->object) & what->attributes & ~1u;
    const sim_own_t *own = own_find (actor, what->object.id);
    if (owned != 0 && !(own && own->leaving))
        (void) federate_core_divest (actor->core, what->object, owned, "", 0);
}

static void take_what_is_offered (sim_actor_t *actor, const mst_ownership_t *what)
{
    base_random_t dice = dice_of (actor, what->object.id + what->attributes);
    uint64_t wanted = what->attributes & ~federate_core_owned (actor->core, what->object) & ~1u;
    if (wanted != 0 && knows (actor, what->object) && base_random_below (&dice, 2) == 0)
        (void) federate_core_acquire (actor->core, what->object, wanted, "", 0, true);
}

/*  A step ------------------------------------------------------------------------------------ */

static bool churn (sim_actor_t *actor, base_random_t *dice)
{
    int which = (int) base_random_below (dice, SIM_CLASSES);
    uint64_t choice = base_random_below (dice, 3);
    const sim_plan_t *plan = actor->plan;

    actor->churned = true;
    if (choice < 2 && plan->subscribe[which] != 0)
        declare_class (actor, which, false, plan->subscribe[which], !actor->subscribed_now[which]);
    else if (plan->publish[which] != 0)
        declare_class (actor, which, true, plan->publish[which], base_random_below (dice, 2) == 0);
    return actor->request_count > 0;
}

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
    must (actor, federate_core_barrier (actor->core, barrier->name, expected, count, patience_ns),
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
    must (actor, federate_core_advance (actor->core, kind, to), "advance");
    oracle_advance (actor, kind, to);
    actor->phase = SIM_ADVANCING;
    actor->kind = kind;
}

/*  While it waits it may send, above what it asked for. */
static void send_while_waiting (sim_actor_t *actor, base_random_t *dice)
{
    federate_state_t state = state_of (actor);
    if (!state.regulating || base_random_below (dice, 4) != 0 || actor->world->scenario->homes)
        return;
    timemgmt_floor_t floor;
    timemgmt_floor_init (&floor, TIMEMGMT_INTEGER64, state.floor, actor->lookahead);
    int64_t least =
        timemgmt_floor_at (&floor, (timemgmt_kind_t) (actor->kind - 1), state.requested);
    chat (actor, dice, least > state.floor ? least : state.floor);
}

/*  What was sent leaves before the resign: afterwards nothing could go by another road. */
static bool leave (sim_actor_t *actor)
{
    must (actor, federate_core_flush (actor->core), "flush");
    if (!federate_core_drained (actor->core)) {
        network_evoke (actor, 20000000);
        return false;
    }
    SIM_SAY (actor->world, actor->index, "resigns, action %u", actor->plan->resign_action);
    actor->world->oracle.resigned |= (uint16_t) (1u << actor->index);
    must (actor,
          federate_core_resign (actor->core, (mst_resign_t) actor->plan->resign_action,
                                &actor->requests[0]),
          "resign");
    actor->request_count = 1;
    actor->phase = SIM_RESIGNING;
    return true;
}

static void tune (sim_actor_t *actor, base_random_t *dice)
{
    const sim_scenario_t *scenario = actor->world->scenario;
    federate_state_t state = state_of (actor);

    if (state.regulating && base_random_chance (dice, scenario->lookaheads)) {
        int64_t lookahead = (int64_t) base_random_below (dice, 5);
        must (actor, federate_core_modify_lookahead (actor->core, lookahead), "lookahead");
        actor->lookahead = lookahead;
        SIM_SAY (actor->world, actor->index, "changes its lookahead to %lld",
                 (long long) lookahead);
    }
}

static bool toggle (sim_actor_t *actor, base_random_t *dice)
{
    federate_state_t state = state_of (actor);

    if (!actor->plan->regulating || !base_random_chance (dice, actor->world->scenario->toggles))
        return false;
    SIM_SAY (actor->world, actor->index, "%s regulation", state.regulating ? "ends" : "begins");
    if (state.regulating) {
        must (actor, federate_core_disable_regulation (actor->core), "regulation");
        return false;
    }
    begin_regulation (actor);
    return true;
}

static void talk (sim_actor_t *actor, base_random_t *dice)
{
    const sim_scenario_t *scenario = actor->world->scenario;
    sim_world_t *world = actor->world;

    if (base_random_chance (dice, scenario->objects) || actor->step < 2)
        register_one (actor, dice);
    if (scenario->homes)
        tick_homes (actor, dice);
    chat (actor, dice, state_of (actor).floor);
    if (scenario->migrations > 0)
        migrate_some (actor, dice);
    if (base_random_chance (dice, scenario->deletes) && actor->own_count > 0) {
        sim_own_t *own = &actor->own[base_random_below (dice, (uint64_t) actor->own_count)];
        federate_state_t state = state_of (actor);
        int64_t time = state.floor > own->last_time ? state.floor : own->last_time;
        bool timed = scenario->settled || base_random_below (dice, 2) == 0;
        if (!own->leaving && (state.regulating || !scenario->settled))
            delete_one (actor, own, state.regulating && timed ? time : MST_TIME_NONE);
    }
    if (base_random_chance (dice, scenario->ownership))
        trade (actor, dice);
    if (base_random_chance (dice, scenario->points) && world->oracle.point_count < SIM_POINTS - 2) {
        char label[24];
        (void) snprintf (label, sizeof label, "p-%s-%u", actor->plan->name, actor->step);
        must (actor, federate_core_register_point (actor->core, label, "", 0, NULL, 0), "point");
    }
    achieve_some (actor, dice, 0.3);
}

/*  True: something was done; false: it waits. */
static bool run_step (sim_actor_t *actor)
{
    const sim_scenario_t *scenario = actor->world->scenario;
    base_random_t dice = dice_of (actor, 1000 + actor->step++);
    bool timeless = !actor->plan->regulating && !actor->plan->constrained;

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
static bool finish (sim_actor_t *actor)
{
    federate_state_t state = state_of (actor);
    base_random_t dice = dice_of (actor, 5);
    bool asynchronous = state.constrained && !state.asynchronous;

    achieve_some (actor, &dice, 2);
    if (asynchronous)
        must (actor, federate_core_asynchronous (actor->core, true), "asynchronous");
    if (state.regulating)
        must (actor, federate_core_disable_regulation (actor->core), "regulation");
    return asynchronous || state.regulating;
}

/*  What comes -------------------------------------------------------------------------------- */

static void announced (sim_actor_t *actor, const char *label)
{
    if (strcmp (label, "start") == 0 && !actor->plan->late) {
        actor->start_announced = true; /* achieved once it is set up */
        return;
    }
    if (strcmp (label, "start") == 0 || actor->phase == SIM_FINISHED) {
        achieve (actor, label);
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
    case FEDERATE_ASSUMPTION_REQUESTED: take_what_is_offered (actor, &what->ownership); break;
    case FEDERATE_RELEASE_REQUESTED: release_what_is_asked (actor, &what->ownership); break;
    case FEDERATE_ACQUIRED: (void) own_add (actor, what->ownership.object.id); break;
    case FEDERATE_REMOVED: own_drop (actor, what->reception.object.id); break;
    case FEDERATE_MIGRATED_IN:
        own = own_add (actor, what->migration.object.id);
        if (own) {
            own->home = true;
            own->leaving = false;
            own->tick = INT64_MIN;
        }
        break;
    case FEDERATE_MIGRATION_ABORTED:
        own = own_find (actor, what->migration.object.id);
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

/*  Acting ------------------------------------------------------------------------------------ */

static bool resigned (sim_actor_t *actor)
{
    mst_err_t err;

    if (!replies_are_in (actor, &err))
        return false;
    if (err == MST_E_OWNERSHIP_PENDING || err == MST_E_OWNS_ATTRIBUTES) {
        must (actor,
              federate_core_resign (actor->core, MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST,
                                    &actor->requests[0]),
              "resign");
        actor->request_count = 1;
        return true;
    }
    must (actor, err, "resign");
    actor->phase = SIM_LINGERING;
    actor->linger_until_ns = actor->world->now_ns + 2000000000;
    return true;
}

static bool act (sim_actor_t *actor)
{
    mst_err_t err = MST_OK;

    switch (actor->phase) {
    case SIM_JOINING:
        if (!replies_are_in (actor, &err))
            return false;
        must (actor, err, "join");
        actor->handle = state_of (actor).self;
        actor->world->oracle.joined |= (uint16_t) (1u << actor->index);
        find_handles (actor);
        declare_all (actor);
        actor->phase = SIM_DECLARING;
        return true;
    case SIM_DECLARING:
        if (!replies_are_in (actor, &err))
            return false;
        must (actor, err, "declaration");
        actor->phase = SIM_ENABLING;
        if (!is_enabled (actor))
            enable (actor);
        return true;
    case SIM_ENABLING: {
        federate_state_t state = state_of (actor);
        if (state.regulation_pending || state.constrained_pending)
            return false;
        actor->now = state.now;
        if (!actor->started && !is_enabled (actor))
            enable (actor);
        else
            actor->phase = actor->started || actor->plan->late ? SIM_RUNNING : SIM_MEETING_ALL;
        if (actor->plan->late)
            actor->started = actor->phase == SIM_RUNNING;
        return true;
    }
    case SIM_MEETING_ALL:
        if (!meet (actor)) {
            if (!actor->start_announced)
                network_evoke (actor, 10000000);
            return false;
        }
        actor->phase = SIM_RUNNING;
        return true;
    case SIM_ASKING:
        if (!replies_are_in (actor, &err))
            return false;
        actor->phase = SIM_RUNNING;
        return true;
    case SIM_AT_BARRIER:
        if (actor->barrier >= 0)
            return false;
        actor->barriers_done++;
        actor->phase = SIM_RUNNING;
        return true;
    case SIM_RUNNING: return run_step (actor);
    case SIM_ADVANCING:
        if (!actor->granted_news)
            return false;
        actor->granted_news = false;
        actor->now = state_of (actor).now;
        actor->phase = SIM_RUNNING;
        return true;
    case SIM_FINISHED: return finish (actor);
    case SIM_DRAINING: return leave (actor);
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
        must (actor, err, "next");
        if (err || what.kind == FEDERATE_NOTHING || actor->world->outcome->failed)
            return any;
        any = true;
        oracle_delivery (actor, &what);
        take (actor, &what);
        if (what.kind == FEDERATE_GRANTED)
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
    must (actor, reply.err, "explain");
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
    must (actor, federate_core_tell_lacks (actor->core), "lacks");
    if (actor->phase != SIM_ADVANCING || actor->explain_request != 0)
        return;
    must (actor,
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
