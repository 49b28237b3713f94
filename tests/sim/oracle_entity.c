/*  Entities that migrate: one home at a time, an update at every tick from the first to the last,
   and a gap only where a home ended before its cut and the next one was told so. */
#include "tests/sim/oracle.h"

/*  As they are updated ------------------------------------------------------------------------- */

/*  One home at a time: nobody else has updated this entity at this tick or a later one. */
void oracle_check_tick (sim_actor_t *actor, const sim_message_t *message)
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

/*  Every tick of an entity comes, once, in order, but for what died with its home. */
void oracle_check_entity (sim_actor_t *actor, const sim_message_t *message, uint32_t epoch)
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
                            oracle_excused (world, other, actor->index));
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

/*  As they move -------------------------------------------------------------------------------- */

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

void oracle_arrived_home (sim_actor_t *actor, const mst_migration_t *migration)
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
    int from = oracle_actor_of (world, migration->old_home.id);
    if (from >= 0)
        entity->handed_at[from] = migration->cut;
    check_gap (actor, from, entity, migration);
    SIM_SAY (world, actor->index, "is home of %d from %lld on", index, (long long) migration->cut);
}

void oracle_gone_from_home (sim_world_t *world, const mst_migration_t *migration)
{
    int index = oracle_object (&world->oracle, migration->object.id);
    int to = oracle_actor_of (world, migration->new_home.id);

    if (index < 0 || to < 0 || world->oracle.objects[index].home_from >= migration->cut)
        return;
    world->oracle.objects[index].home = to;
    world->oracle.objects[index].home_from = migration->cut;
}

/*  At the end ---------------------------------------------------------------------------------- */

/*  While its home lives and steps, an entity is updated to the end. */
void oracle_check_homes (sim_world_t *world)
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
void oracle_check_ticks (sim_world_t *world)
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
