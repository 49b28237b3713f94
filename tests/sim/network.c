/*  The network and the clock: a heap of what is on its way. Each pipe is first in, first out, with
    delays of its own, so data overtakes control and the other way round. What a killed federate had
    sent arrives up to a random point; then its peers see the connection close, and so does the RTI.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "tests/sim/world.h"
#include "wire/frame.h"

#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 400000 };

/*  The bytes of a peer's message, until the core lets go of them. */
typedef struct network_parcel {
    sim_actor_t *owner;
    uint8_t *data;
} network_parcel_t;

int64_t network_random (sim_world_t *world, int64_t below)
{
    return below > 0 ? (int64_t) base_random_below (&world->random, (uint64_t) below) : 0;
}

/*  In some networks all data is slow and all control is fast, or the other way round. */
static sim_pipe_t pipe_make (sim_world_t *world, bool control)
{
    static const int64_t spreads_ns[] = { 20000, 200000, 2000000, 20000000, 60000000 };
    int64_t choice = network_random (world, 5);
    sim_pipe_t pipe = { .base_ns = 5000 + network_random (world, 500000) };

    if (world->slow_data != world->slow_control)
        choice = (control ? world->slow_control : world->slow_data) ? 4 : choice % 2;
    pipe.spread_ns = spreads_ns[choice];
    return pipe;
}

static int64_t pipe_arrival (sim_world_t *world, sim_pipe_t *pipe)
{
    int64_t at = world->now_ns + pipe->base_ns + network_random (world, pipe->spread_ns);
    if (at < pipe->last_ns)
        at = pipe->last_ns;
    return pipe->last_ns = at;
}

/*  The heap ---------------------------------------------------------------------------------- */

static bool before (const sim_event_t *a, const sim_event_t *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void heap_push (sim_world_t *world, sim_event_t event)
{
    if (BASE_LIST_ROOM (&world->events))
        abort ();
    size_t at = world->events.count++;
    sim_event_t *items = world->events.items;
    while (at > 0 && before (&event, &items[(at - 1) / 2])) {
        items[at] = items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    items[at] = event;
}

static sim_event_t heap_pop (sim_world_t *world)
{
    sim_event_t *items = world->events.items;
    sim_event_t first = items[0], last = items[--world->events.count];
    size_t at = 0, count = world->events.count;

    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && before (&items[child + 1], &items[child]))
            child++;
        if (before (&last, &items[child]))
            break;
        items[at] = items[child];
    }
    if (count > 0)
        items[at] = last;
    return first;
}

static void push (sim_world_t *world, sim_event_t event)
{
    event.order = world->order++;
    heap_push (world, event);
}

void network_at (sim_world_t *world, int64_t at_ns, sim_event_kind_t kind, int actor)
{
    push (world, (sim_event_t){ .at_ns = at_ns, .kind = kind, .actor = actor, .route = -1 });
}

static uint8_t *copy_of (const void *data, size_t size_bytes)
{
    uint8_t *copy = malloc (size_bytes + 1);
    memcpy (copy, data, size_bytes);
    return copy;
}

static void send (sim_world_t *world, sim_pipe_t *pipe, sim_event_kind_t kind, int actor, int route,
                  const base_buffer_t *bytes)
{
    push (world, (sim_event_t){ .at_ns = pipe_arrival (world, pipe),
                                .kind = kind,
                                .actor = actor,
                                .route = route,
                                .data = copy_of (bytes->data, bytes->size_bytes),
                                .size_bytes = bytes->size_bytes });
}

/*  Routes ------------------------------------------------------------------------------------ */

static int route_find (const sim_world_t *world, int from, int to)
{
    for (size_t i = world->routes.count; i-- > 0;) {
        const sim_route_t *route = &world->routes.items[i];
        if (route->from == from && route->to == to && route->open)
            return (int) i;
    }
    return -1;
}

static int actor_by_handle (const sim_world_t *world, uint32_t handle)
{
    for (int i = 0; i < world->count; i++)
        if (world->actors[i].handle == handle && handle != 0)
            return i;
    return -1;
}

static int actor_by_endpoint (const sim_world_t *world, const char *endpoint)
{
    const char *name = endpoint + strlen ("sim://");
    for (int i = 0; i < world->count; i++)
        if (strcmp (world->actors[i].plan->name, name) == 0)
            return i;
    return -1;
}

static void fail_at (sim_world_t *world, int route, int64_t at_ns)
{
    push (world, (sim_event_t){ .at_ns = at_ns,
                                .kind = SIM_ROUTE_FAILED,
                                .actor = world->routes.items[route].from,
                                .route = route });
}

static void close_at (sim_world_t *world, int route, int64_t at_ns)
{
    push (world, (sim_event_t){ .at_ns = at_ns,
                                .kind = SIM_CLOSED,
                                .actor = world->routes.items[route].to,
                                .route = route });
}

static void route_open (sim_actor_t *actor, const federate_effect_t *effect)
{
    sim_world_t *world = actor->world;
    sim_route_t route = { .from = actor->index,
                          .to = actor_by_endpoint (world, effect->endpoints[0]),
                          .connection = ++world->connections,
                          .open = true,
                          .there = pipe_make (world, false),
                          .back = pipe_make (world, false) };

    if (base_random_chance (&world->random, world->scenario->route_failure)) {
        route.half = network_random (world, 2) == 0;
        route.refused = !route.half;
    }
    if (route.to < 0 || world->actors[route.to].dead)
        route.refused = true;
    if (BASE_LIST_PUSH (&world->routes, route))
        abort ();
    int number = (int) world->routes.count - 1;
    SIM_SAY (world, actor->index, "opens a route to %s%s", sim_name (world, route.to),
             route.half      ? " (half)"
             : route.refused ? " (refused)"
                             : "");
    if (route.refused || route.half)
        fail_at (world, number, world->now_ns + 1000 + network_random (world, 30000000));
}

static void route_send (sim_actor_t *actor, uint32_t peer, const base_buffer_t *bytes)
{
    sim_world_t *world = actor->world;
    int to = actor_by_handle (world, peer);
    int number = route_find (world, actor->index, to);

    if (number < 0)
        return;
    sim_route_t *route = &world->routes.items[number];
    oracle_data (world, actor->index, to, bytes->data, bytes->size_bytes, false);
    if (route->refused || world->actors[to].dead)
        return;
    uint16_t kind = (uint16_t) (bytes->data[10] | bytes->data[11] << 8);
    if (kind == WIRE_KIND_BUNDLE_BEST_EFFORT &&
        base_random_chance (&world->random, world->scenario->loss))
        return;
    send (world, &route->there, SIM_FROM_PEER, to, number, bytes);
}

static void route_close (sim_actor_t *actor, int number)
{
    sim_world_t *world = actor->world;
    sim_route_t *route = &world->routes.items[number];

    route->open = false;
    if (!route->refused && !world->actors[route->to].dead)
        close_at (world, number, pipe_arrival (world, &route->there));
}

static void answer (sim_actor_t *actor, const federate_effect_t *effect)
{
    sim_world_t *world = actor->world;

    for (size_t i = 0; i < world->routes.count; i++) {
        sim_route_t *route = &world->routes.items[i];
        if (route->connection != effect->connection || route->half || !route->open ||
            world->actors[route->from].dead)
            continue;
        send (world, &route->back, SIM_FROM_ROUTE, route->from, (int) i, &effect->bytes);
    }
}

/*  Effects ----------------------------------------------------------------------------------- */

static void release (sim_actor_t *actor, void *owner)
{
    network_parcel_t *parcel = owner;
    base_assert (parcel->owner == actor);
    actor->handed--;
    free (parcel->data);
    free (parcel);
}

static void carry_out (sim_actor_t *actor, federate_effect_t *effect)
{
    sim_world_t *world = actor->world;
    int number;

    switch (effect->kind) {
    case FEDERATE_OPEN_ROUTE: route_open (actor, effect); break;
    case FEDERATE_SEND_ROUTE: route_send (actor, effect->peer, &effect->bytes); break;
    case FEDERATE_CLOSE_ROUTE:
        number = route_find (world, actor->index, actor_by_handle (world, effect->peer));
        if (number >= 0)
            route_close (actor, number);
        break;
    case FEDERATE_ANSWER: answer (actor, effect); break;
    case FEDERATE_RELEASE: release (actor, effect->owner); break;
    case FEDERATE_GIVE_UP: break; /* here connections of the dead close by themselves */
    }
}

/*  What of the data plane goes by the RTI. */
static void note_relayed (sim_actor_t *actor, const base_buffer_t *outbox)
{
    size_t offset = 0;
    wire_frame_t frame;

    while (wire_frame_next (outbox->data, outbox->size_bytes, &offset, &frame) == MST_OK &&
           frame.body)
        if (wire_kind_is_data (frame.kind))
            oracle_data (actor->world, actor->index, -1, frame.body - 16,
                         16 + (size_t) frame.body_size_bytes, false);
}

static void send_outbox (sim_actor_t *actor)
{
    base_buffer_t *outbox = federate_core_outbox (actor->core);
    if (outbox->size_bytes == 0 || actor->rti_closed)
        return;
    note_relayed (actor, outbox);
    send (actor->world, &actor->up, SIM_AT_RTI, actor->index, -1, outbox);
    base_buffer_clear (outbox);
}

static void carry_out_all (sim_actor_t *actor)
{
    federate_effects_t *effects = federate_core_effects (actor->core);
    for (size_t i = 0; i < effects->count; i++)
        carry_out (actor, &effects->items[i]);
    federate_core_effects_done (actor->core);
}

void network_carry_out (sim_actor_t *actor, bool flush)
{
    if (!actor->core)
        return;
    if (flush && federate_core_flush (actor->core))
        sim_fail (actor->world, "flush: %s", mst_error_text ());
    carry_out_all (actor);
    if (flush || federate_core_urgent (actor->core))
        send_outbox (actor);
}

/*  Ends of life ------------------------------------------------------------------------------ */

static int order_compare (const void *a, const void *b)
{
    const sim_event_t *x = *(sim_event_t *const *) a, *y = *(sim_event_t *const *) b;
    return x->order < y->order ? -1 : 1; /* within a pipe, as it was sent */
}

/*  Of what is on its way in one pipe only the first few arrive; gives when the last of them does.
 */
static int64_t cut_pipe (sim_world_t *world, sim_event_kind_t kind, int actor, int route, bool all)
{
    static sim_event_t *found[EVENTS_MAX];
    size_t count = 0;
    int64_t last = world->now_ns;

    BASE_LIST_EACH (&world->events, i) {
        sim_event_t *event = &world->events.items[i];
        if (event->kind == kind && event->actor == actor && event->route == route && event->data)
            found[count++] = event;
    }
    qsort (found, count, sizeof found[0], order_compare);
    if (network_random (world, 2) == 0)
        all = true; /* nothing was lost, only cut off */
    size_t kept = all ? count : (size_t) network_random (world, (int64_t) count + 1);
    for (size_t i = 0; i < count; i++) {
        if (i < kept) {
            last = found[i]->at_ns;
            continue;
        }
        free (found[i]->data); /* an empty event is passed over */
        found[i]->data = NULL;
        found[i]->size_bytes = 0;
    }
    return last;
}

static void core_end (sim_actor_t *actor)
{
    federate_core_abandon (actor->core);
    federate_effects_t *effects = federate_core_effects (actor->core);
    for (size_t i = 0; i < effects->count; i++)
        if (effects->items[i].kind == FEDERATE_RELEASE)
            release (actor, effects->items[i].owner);
    federate_core_effects_done (actor->core);
    federate_core_destroy (&actor->core);
    if (actor->handed != 0)
        sim_fail (actor->world, "%s kept %llu of its peers' messages", actor->plan->name,
                  (unsigned long long) actor->handed);
}

/*  The process is gone: its connections close, each when its own last bytes have come. */
static void process_end (sim_actor_t *actor, bool orderly)
{
    sim_world_t *world = actor->world;

    actor->dead = true;
    actor->phase = SIM_GONE;
    int64_t last = cut_pipe (world, SIM_AT_RTI, actor->index, -1, orderly);
    int64_t notice_ns = network_random (world, 2) == 0 ? 100000 : 50000000;
    push (world, (sim_event_t){ .at_ns = last + 1 + network_random (world, notice_ns),
                                .kind = SIM_RTI_LOST,
                                .actor = actor->index,
                                .route = -1 });
    BASE_LIST_EACH (&world->routes, i) {
        sim_route_t *route = &world->routes.items[i];
        if (!route->open)
            continue;
        if (route->from == actor->index) {
            int64_t end = cut_pipe (world, SIM_FROM_PEER, route->to, (int) i, orderly);
            route->open = false;
            if (!route->refused)
                close_at (world, (int) i, end + 1 + network_random (world, 50000000));
        } else if (route->to == actor->index)
            fail_at (world, (int) i, world->now_ns + 1 + network_random (world, 50000000));
    }
    core_end (actor);
}

void network_kill (sim_actor_t *actor, const char *how)
{
    SIM_SAY (actor->world, actor->index, "is killed (%s)", how);
    actor->world->outcome->kills++;
    actor->died_silently = true;
    process_end (actor, false);
}

void network_close (sim_actor_t *actor)
{
    SIM_SAY (actor->world, actor->index, "closes");
    process_end (actor, true);
}

/*  At the RTI -------------------------------------------------------------------------------- */

static int actor_by_connection (const sim_world_t *world, uint64_t connection)
{
    for (int i = 0; i < world->count; i++)
        if (world->actors[i].connection == connection)
            return i;
    return -1;
}

static void rti_answers (sim_world_t *world)
{
    for (size_t i = 0; i < world->effects.send_count; i++) {
        const rti_send_t *sent = &world->effects.sends.items[i];
        int to = actor_by_connection (world, sent->connection);
        if (to < 0 || world->actors[to].dead || sent->bytes.size_bytes == 0)
            continue;
        send (world, &world->actors[to].down, SIM_FROM_RTI, to, -1, &sent->bytes);
    }
    BASE_LIST_EACH (&world->effects.notes, i)
        SIM_SAY (world, -1, "%s", world->effects.notes.items[i]);
    BASE_LIST_EACH (&world->effects.closes, i) {
        int of = actor_by_connection (world, world->effects.closes.items[i]);
        if (of >= 0 && !world->actors[of].dead)
            sim_fail (world, "the RTI closes the connection of %s", sim_name (world, of));
    }
    int64_t deadline = world->effects.deadline_ns;
    if (deadline != INT64_MAX && (world->tick_ns <= world->now_ns || deadline < world->tick_ns)) {
        world->tick_ns = deadline > world->now_ns ? deadline : world->now_ns + 1;
        network_at (world, world->tick_ns, SIM_RTI_TICK, -1);
    }
    rti_effects_clear (&world->effects);
}

static void rti_step (sim_world_t *world, rti_event_t event)
{
    event.now_ns = world->now_ns;
    if (rti_core_step (world->rti, &event, &world->effects))
        sim_fail (world, "the RTI: %s", mst_error_text ());
    if (rti_core_check (world->rti))
        sim_fail (world, "the RTI's tables: %s", mst_error_text ());
    rti_answers (world);
}

/*  At a federate ------------------------------------------------------------------------------- */

void network_evoke (sim_actor_t *actor, int64_t delay_ns)
{
    if (actor->evoking || actor->dead)
        return;
    actor->evoking = true;
    network_at (actor->world, actor->world->now_ns + delay_ns, SIM_EVOKE, actor->index);
}

static void hand_peer (sim_actor_t *actor, sim_event_t *event, mst_err_t *err)
{
    sim_world_t *world = actor->world;
    const sim_route_t *route = &world->routes.items[event->route];
    network_parcel_t *parcel = malloc (sizeof *parcel);

    *parcel = (network_parcel_t){ actor, event->data };
    event->data = NULL;
    actor->handed++;
    oracle_data (world, route->from, actor->index, parcel->data, event->size_bytes, true);
    *err = federate_core_from_peer (actor->core, route->connection, parcel->data, event->size_bytes,
                                    parcel);
}

static mst_err_t hand_in (sim_actor_t *actor, sim_event_t *event)
{
    sim_world_t *world = actor->world;
    sim_route_t *route = event->route >= 0 ? &world->routes.items[event->route] : NULL;
    mst_err_t err = MST_OK;
    uint32_t peer;

    switch ((int) event->kind) {
    case SIM_FROM_RTI:
        oracle_from_rti (actor, event->data, event->size_bytes);
        return federate_core_from_rti (actor->core, event->data, event->size_bytes);
    case SIM_FROM_PEER: hand_peer (actor, event, &err); return err;
    case SIM_FROM_ROUTE:
        peer = world->actors[route->to].handle;
        return federate_core_from_route (actor->core, peer, event->data, event->size_bytes);
    case SIM_CLOSED:
        oracle_closed (world, route->from, route->to);
        return federate_core_connection_closed (actor->core, route->connection);
    case SIM_ROUTE_FAILED:
        if (!route->open)
            return MST_OK;
        route->open = false;
        SIM_SAY (world, actor->index, "its route to %s failed", sim_name (world, route->to));
        if (!route->refused && !world->actors[route->to].dead)
            close_at (world, event->route, pipe_arrival (world, &route->there));
        return federate_core_route_failed (actor->core, world->actors[route->to].handle,
                                           "the simulator cut it");
    default: return MST_OK;
    }
}

static bool fate (sim_actor_t *actor)
{
    sim_world_t *world = actor->world;
    const sim_plan_t *plan = actor->plan;

    actor->inputs++;
    if (plan->dies_after != 0 && actor->inputs == plan->dies_after && !plan->dies_dirty &&
        !plan->dies_asking) {
        network_kill (actor, "between two calls");
        return true;
    }
    if (plan->pauses_after != 0 && actor->inputs == plan->pauses_after &&
        world->now_ns >= world->pause_until_ns) {
        actor->paused_until_ns = world->now_ns + 3000000000 + network_random (world, 2000000000);
        world->pause_until_ns = actor->paused_until_ns;
        world->paused = actor->index;
        SIM_SAY (world, actor->index, "is stopped for %.1f s",
                 (double) (actor->paused_until_ns - world->now_ns) / 1e9);
        for (int i = 0; i < world->count; i++)
            if (i != actor->index)
                network_at (world, actor->paused_until_ns - 500000000, SIM_EXPLAIN, i);
    }
    return false;
}

static void at_federate (sim_world_t *world, sim_event_t *event)
{
    sim_actor_t *actor = &world->actors[event->actor];

    if (actor->dead)
        return;
    if (actor->paused_until_ns > world->now_ns) { /* in the order in which it came */
        event->at_ns = actor->paused_until_ns;
        heap_push (world, *event);
        event->data = NULL;
        return;
    }
    if (event->kind == SIM_JOIN) {
        actor_join (actor);
        return;
    }
    if (!actor->core)
        return;
    if (event->kind == SIM_EXPLAIN) {
        actor_explain (actor);
        return;
    }
    if (event->kind == SIM_EVOKE) {
        actor->evoking = false;
        actor_evoke (actor);
        return;
    }
    if ((event->kind == SIM_FROM_RTI || event->kind == SIM_FROM_PEER ||
         event->kind == SIM_FROM_ROUTE) &&
        !event->data)
        return;
    if (hand_in (actor, event))
        sim_fail (world, "%s cannot take what came: %s", actor->plan->name, mst_error_text ());
    network_carry_out (actor, false);
    if (!fate (actor))
        network_evoke (actor,
                       network_random (world, network_random (world, 8) == 0 ? 5000000 : 50000));
}

/*  The loop ---------------------------------------------------------------------------------- */

static void one_event (sim_world_t *world, sim_event_t *event)
{
    switch ((int) event->kind) {
    case SIM_AT_RTI:
        if (!event->data)
            return;
        oracle_at_rti (world, event->actor, event->data, event->size_bytes);
        rti_step (world, (rti_event_t){ .kind = RTI_EVENT_MESSAGE,
                                        .connection = world->actors[event->actor].connection,
                                        .data = event->data,
                                        .size_bytes = event->size_bytes });
        return;
    case SIM_RTI_LOST:
        oracle_lost (world, event->actor);
        rti_step (world, (rti_event_t){ .kind = RTI_EVENT_LOST,
                                        .connection = world->actors[event->actor].connection,
                                        .text = "the process is gone" });
        return;
    case SIM_RTI_TICK:
        oracle_tick (world);
        rti_step (world, (rti_event_t){ .kind = RTI_EVENT_TICK });
        return;
    default: at_federate (world, event); return;
    }
}

/*  What is on its way when somebody is paused comes behind it. */
void network_run (sim_world_t *world)
{
    uint64_t events = 0;

    while (world->events.count > 0 && !world->outcome->failed) {
        sim_event_t event = heap_pop (world);
        world->now_ns = event.at_ns > world->now_ns ? event.at_ns : world->now_ns;
        one_event (world, &event);
        free (event.data);
        oracle_step (world);
        if (++events > EVENTS_MAX)
            sim_fail (world, "it does not come to an end: %d events", EVENTS_MAX);
    }
    world->outcome->events += events;
}

void network_init (sim_world_t *world)
{
    world->paused = -1;
    world->slow_data = network_random (world, 3) == 0;
    world->slow_control = network_random (world, 3) == 0;
    rti_effects_init (&world->effects);
    for (int i = 0; i < world->count; i++) {
        sim_actor_t *actor = &world->actors[i];
        actor->connection = ++world->connections;
        actor->up = pipe_make (world, true);
        actor->down = pipe_make (world, true);
        network_at (world, actor->plan->join_ns, SIM_JOIN, i);
    }
}

void network_fini (sim_world_t *world)
{
    for (int i = 0; i < world->count; i++)
        if (world->actors[i].core)
            core_end (&world->actors[i]);
    BASE_LIST_EACH (&world->events, i)
        free (world->events.items[i].data);
    BASE_LIST_FINI (&world->events);
    BASE_LIST_FINI (&world->routes);
    rti_effects_fini (&world->effects);
}
