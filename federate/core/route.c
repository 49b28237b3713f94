/*  Routes: one way to each federate that must hear from this one. Updates are packed into the open
   bundle of a route; it is sealed when it is full and when time or the user asks. Sealed bundles
   wait until the receiver has said WELCOME. A window bounds what the receiver has not consumed. */
#include "federate/core/internal.h"

#include <string.h>

/*  Of what a route runs further ahead than it should, each credit takes back one part of so many.
 */
enum { ROUTE_PACE_DECAY = 8 };

/*  Making one ---------------------------------------------------------------------------------- */

static void route_free (federate_route_t *route)
{
    for (size_t i = route->waiting.first; i < route->waiting.list.count; i++)
        base_buffer_fini (&route->waiting.list.items[i].bytes);
    BASE_LIST_FINI (&route->waiting.list);
    base_buffer_fini (&route->open);
    base_buffer_fini (&route->open_best_effort);
    base_free (route->subscribed);
    base_free (route->effective);
    base_free (route->interactions);
    base_free (route);
}

static federate_route_t *route_new (const federate_core_t *self, federate_peer_t *peer)
{
    federate_route_t *route = base_calloc (1, sizeof *route);
    if (!route)
        return NULL;
    route->peer = peer;
    route->unreported_smallest = WIRE_TIME_NEVER;
    route->open_smallest = WIRE_TIME_NEVER;
    route->pace_bytes = self->options.pace_bytes;
    route->subscribed = base_calloc (self->model->objects.count, sizeof *route->subscribed);
    route->effective = base_calloc (self->model->objects.count, sizeof *route->effective);
    route->interactions =
        base_calloc (self->model->interactions.count, sizeof *route->interactions);
    if (!route->subscribed || !route->effective || !route->interactions) {
        route_free (route);
        return NULL;
    }
    return route;
}

/*  The first frame of a route (docs/protocol.md, section 7); the token shows that we are the one
   whom the RTI introduced. */
static mst_err_t send_hello (federate_core_t *self, federate_route_t *route)
{
    wire_route_talk_t talk = {
        .from = self->self, .to = route->peer->id, .number = self->incarnation, .token = self->token
    };
    federate_effect_t effect = { .kind = FEDERATE_SEND_ROUTE, .peer = route->peer->id };

    mst_err_t err = wire_route_talk_write (&effect.bytes, WIRE_KIND_HELLO, &talk);
    if (!err)
        err = BASE_LIST_PUSH (&self->effects, effect);
    if (err)
        base_buffer_fini (&effect.bytes);
    return err;
}

mst_err_t federate_route_open (federate_core_t *self, federate_peer_t *peer)
{
    base_assert (self != NULL && peer != NULL);
    if (peer->departed)
        return MST_OK;
    if (!peer->route) {
        peer->route = route_new (self, peer);
        if (!peer->route)
            return base_alloc_error ();
    }
    federate_route_t *route = peer->route;
    if (route->opened)
        return MST_OK;
    route->opened = true;
    route->relayed = self->options.relay || peer->relay || peer->endpoint_count == 0;
    if (route->relayed) {
        route->welcome = true;
        return MST_OK;
    }
    federate_effect_t effect = { .kind = FEDERATE_OPEN_ROUTE,
                                 .peer = peer->id,
                                 .endpoints = peer->endpoints,
                                 .endpoint_count = peer->endpoint_count,
                                 .same_host = strcmp (peer->host, self->host) == 0 };
    mst_err_t err = BASE_LIST_PUSH (&self->effects, effect);
    return err ? err : send_hello (self, route);
}

/*  Interest --------------------------------------------------------------------------------------
 */

/*  Keeps a class's list of interested routes in the order of their ids. */
#define LIST_SET(list, route, wanted)                                                              \
    do {                                                                                           \
        size_t at = 0;                                                                             \
        while (at < (list)->count && (list)->items[at]->peer->id < (route)->peer->id)              \
            at++;                                                                                  \
        bool there = at < (list)->count && (list)->items[at] == (route);                           \
        if (there == (wanted))                                                                     \
            break;                                                                                 \
        if (there) {                                                                               \
            memmove (&(list)->items[at], &(list)->items[at + 1],                                   \
                     ((list)->count - at - 1) * sizeof *(list)->items);                            \
            (list)->count--;                                                                       \
            break;                                                                                 \
        }                                                                                          \
        if (BASE_LIST_ROOM (list))                                                                 \
            return MST_E_NO_MEMORY;                                                                \
        memmove (&(list)->items[at + 1], &(list)->items[at],                                       \
                 ((list)->count - at) * sizeof *(list)->items);                                    \
        (list)->items[at] = (route);                                                               \
        (list)->count++;                                                                           \
    } while (0)

/*  A subscriber of a class hears of those below it as well: what it wants of a class is the
   union along the way up. */
static mst_err_t interest_in_objects (federate_core_t *self, federate_route_t *route,
                                      uint32_t index, uint64_t mask)
{
    const fom_tree_t *tree = &self->model->objects;

    route->subscribed[index] = mask;
    for (uint32_t below = index; below < fom_class (tree, index)->end; below++) {
        uint64_t effective = 0;
        for (uint32_t at = below; at != FOM_NONE; at = fom_class (tree, at)->parent)
            effective |= route->subscribed[at];
        route->effective[below] = effective;
        LIST_SET (&self->classes[below].routes, route, effective != 0);
    }
    return MST_OK;
}

static mst_err_t interest_in_interactions (federate_core_t *self, federate_route_t *route,
                                           uint32_t index, bool on)
{
    const fom_tree_t *tree = &self->model->interactions;

    route->interactions[index] = (uint8_t) ((route->interactions[index] & 2u) | (on ? 1u : 0u));
    for (uint32_t below = index; below < fom_class (tree, index)->end; below++) {
        bool effective = false;
        for (uint32_t at = below; at != FOM_NONE; at = fom_class (tree, at)->parent)
            effective = effective || (route->interactions[at] & 1u) != 0;
        route->interactions[below] =
            (uint8_t) ((route->interactions[below] & 1u) | (effective ? 2u : 0u));
        LIST_SET (&self->interactions[below].routes, route, effective);
    }
    return MST_OK;
}

mst_err_t federate_route_interest (federate_core_t *self, const wire_interest_t *args)
{
    base_assert (self != NULL && args != NULL);
    federate_peer_t *peer = federate_peer (self, (uint32_t) args->federate);
    const fom_tree_t *tree = args->kind == 0 ? &self->model->objects : &self->model->interactions;
    if (!peer || peer->departed)
        return MST_OK;
    if (args->class == 0 || !fom_class_known (tree, args->class - 1))
        return base_error (MST_E_MALFORMED,
                           "INTEREST in class %llu, which the object model does not have",
                           (unsigned long long) args->class);
    mst_err_t err = federate_route_open (self, peer);
    if (err)
        return err;
    uint32_t index = (uint32_t) args->class - 1;
    peer->route->issued =
        self->sequence; /* what was registered may still be on its way to the RTI */
    if (args->kind == 0) {
        err = interest_in_objects (self, peer->route, index, args->mask);
        return err || self->doomed == 0 ? err : federate_retractable_tell (self, peer->route);
    }
    return interest_in_interactions (self, peer->route, index, args->mask != 0);
}

static void forget_route (federate_core_t *self, const federate_route_t *route)
{
    for (uint32_t i = 0; self->classes && i < self->model->objects.count; i++)
        for (size_t k = self->classes[i].routes.count; k-- > 0;)
            if (self->classes[i].routes.items[k] == route) {
                memmove (&self->classes[i].routes.items[k], &self->classes[i].routes.items[k + 1],
                         (--self->classes[i].routes.count - k) * sizeof (federate_route_t *));
            }
    for (uint32_t i = 0; self->interactions && i < self->model->interactions.count; i++)
        for (size_t k = self->interactions[i].routes.count; k-- > 0;)
            if (self->interactions[i].routes.items[k] == route) {
                memmove (&self->interactions[i].routes.items[k],
                         &self->interactions[i].routes.items[k + 1],
                         (--self->interactions[i].routes.count - k) * sizeof (federate_route_t *));
            }
}

void federate_route_fini (federate_core_t *self, federate_peer_t *peer)
{
    base_assert (self != NULL && peer != NULL);
    federate_route_t *route = peer->route;
    if (!route)
        return;
    federate_effect_t effect = { .kind = FEDERATE_CLOSE_ROUTE, .peer = peer->id };
    if (route->opened && !route->relayed)
        (void) BASE_LIST_PUSH (&self->effects, effect); /* else the shell closes it with the rest */
    forget_route (self, route);
    route_free (route);
    peer->route = NULL;
}

/*  A control record of ours that this class's subscribers must see before our next data. */
mst_err_t federate_route_issue (federate_core_t *self, uint32_t class_index)
{
    base_assert (self != NULL);
    base_assert (class_index < self->model->objects.count);
    for (size_t i = 0; i < self->classes[class_index].routes.count; i++)
        self->classes[class_index].routes.items[i]->issued = self->sequence;
    return MST_OK;
}

/*  Room --------------------------------------------------------------------------------------- */

/*  Two limits: the window, which holds; and the pace, which only keeps what is on its way small
   enough to stay in the processor's caches, so whoever waited for a while may go on. Where
   time-stamped messages wait for a grant the pace says nothing: their bytes come back with time. */
mst_err_t federate_route_check_room (federate_core_t *self, const federate_route_t *route,
                                     size_t size, bool timed)
{
    base_assert (self != NULL && route != NULL);
    uint64_t unconsumed = federate_route_unconsumed (route);
    bool room = federate_route_has_room (self, route, size);
    bool waits = timed || route->consumed_bytes < route->timed_sent_bytes ||
                 (route->open.size_bytes > 0 && route->open_smallest != WIRE_TIME_NEVER);
    self->paced = room && !waits && unconsumed >= FEDERATE_CREDIT_STEP_BYTES;
    if (room && !self->paced)
        return MST_OK;
    self->slow_peer = route->peer->id;
    if (self->paced)
        return base_error (MST_E_WOULD_BLOCK, "%s has not yet taken what is on its way to it",
                           route->peer->name);
    if (!timed)
        return base_error (MST_E_WOULD_BLOCK,
                           "%s reads slowly: limits.route_window_bytes (%zu) is reached",
                           route->peer->name, self->options.route_window_bytes);
    return base_error (
        MST_E_LIMIT,
        "%s has not taken %llu bytes from %s: limits.route_window_bytes (%zu) is reached; "
        "advance in smaller steps or raise the limit",
        route->peer->name, (unsigned long long) (route->sent_bytes - route->consumed_bytes),
        self->name, self->options.route_window_bytes);
}

bool federate_core_paced (const federate_core_t *self)
{
    base_assert (self != NULL);
    return self->paced;
}

void federate_core_run_ahead (federate_core_t *self)
{
    base_assert (self != NULL);
    const federate_peer_t *peer = federate_peer (self, self->slow_peer);
    if (!self->paced || !peer || !peer->route)
        return;
    federate_route_t *route = peer->route;
    uint64_t window = self->options.route_window_bytes;
    route->pace_bytes = route->pace_bytes < window / 2 ? route->pace_bytes * 2 : window;
}

/*  The receiver takes what comes: little by little it sets the pace again. */
static void credited (const federate_core_t *self, federate_route_t *route, uint64_t consumed_bytes)
{
    if (consumed_bytes <= route->consumed_bytes || consumed_bytes > route->sent_bytes)
        return;
    route->consumed_bytes = consumed_bytes;
    route->pace_bytes -= (route->pace_bytes - self->options.pace_bytes) / ROUTE_PACE_DECAY;
}

/*  Bundles
 * ----------------------------------------------------------------------------------------- */

bool federate_core_wants_blocks (const federate_core_t *self)
{
    base_assert (self != NULL);
    return self->block_count < FEDERATE_BLOCKS_MAX;
}

void federate_core_give_block (federate_core_t *self, base_buffer_t *bytes)
{
    base_assert (self != NULL && bytes != NULL);
    base_assert (bytes->size_bytes == 0 && self->block_count < FEDERATE_BLOCKS_MAX);
    self->blocks[self->block_count++] = *bytes;
    *bytes = (base_buffer_t){ 0 };
}

static mst_err_t begin_bundle (federate_core_t *self, federate_route_t *route)
{
    if (route->open.capacity_bytes == 0 && self->block_count > 0)
        route->open = self->blocks[--self->block_count];
    mst_err_t err = wire_bundle_begin (&route->open);
    if (err)
        return err;
    route->open_count = 0;
    route->open_smallest = WIRE_TIME_NEVER;
    route->open_applied = self->relevant;
    route->open_issued = route->issued;
    return MST_OK;
}

/*  Best effort never blocks: what finds no room is lost, and counted. */
static mst_err_t add_best_effort (federate_core_t *self, federate_route_t *route,
                                  const wire_message_t *message, const wire_message_value_t *values)
{
    mst_err_t err = MST_OK;
    if (!federate_route_has_room (self, route, route->open_best_effort.size_bytes)) {
        self->counters.best_effort_lost++;
        return MST_OK;
    }
    if (route->open_best_effort.size_bytes == 0) {
        err = wire_bundle_begin (&route->open_best_effort);
        route->open_best_effort_count = 0;
    }
    if (!err)
        err = wire_bundle_add (&route->open_best_effort, message, values);
    if (!err)
        route->open_best_effort_count++;
    if (!err && route->open_best_effort.size_bytes >= self->options.bundle_bytes)
        err = federate_route_seal (self, route);
    return err;
}

/*  Marks change between messages: a bundle has the marks of its last message, which is safe,
   because the receiver then waits for more than the first ones needed. */
mst_err_t federate_route_add (federate_core_t *self, federate_route_t *route,
                              const wire_message_t *message, const wire_message_value_t *values,
                              bool best_effort)
{
    base_assert (self != NULL && route != NULL);
    base_assert (!best_effort || message->order == WIRE_ORDER_RECEIVE);
    if (best_effort)
        return add_best_effort (self, route, message, values);
    base_trace ("federate/core/route.c: federate_route_add");
    mst_err_t err = MST_OK;
    size_t full = self->options.bundle_bytes;
    if (message->room_bytes >= full && route->open.size_bytes >= full / 2)
        err = federate_route_seal (self,
                                   route); /* so that no bundle is much larger than it must be */
    if (!err && route->open.size_bytes == 0)
        err = begin_bundle (self, route);
    if (!err)
        err = wire_bundle_add (&route->open, message, values);
    if (err)
        return err;
    route->last_sequence = route->sequence + 1;
    route->last_index = route->open_count++;
    route->open_applied = self->relevant;
    route->open_issued = route->issued;
    if (message->order == WIRE_ORDER_TIMESTAMP && message->time < route->open_smallest)
        route->open_smallest = message->time;
    if (route->open.size_bytes >= full || route->open_count == WIRE_BUNDLE_MESSAGES_MAX)
        return federate_route_seal (self, route);
    return MST_OK;
}

/*  Hands a frame to the road: the peer's connection, or the RTI's when it is relayed. */
static mst_err_t dispatch (federate_core_t *self, federate_route_t *route, base_buffer_t *bytes)
{
    federate_effect_t effect = { .kind = FEDERATE_SEND_ROUTE, .peer = route->peer->id };

    if (route->relayed) {
        mst_err_t err = base_buffer_append (&self->outbox, bytes->data, bytes->size_bytes);
        if (!err)
            base_buffer_fini (bytes);
        return err;
    }
    mst_err_t err = BASE_LIST_ROOM (&self->effects);
    if (err)
        return err;
    effect.bytes = *bytes;
    *bytes = (base_buffer_t){ 0 };
    BASE_LIST_PUT (&self->effects, effect);
    return MST_OK;
}

static mst_err_t send_waiting (federate_core_t *self, federate_route_t *route)
{
    while (FEDERATE_FIFO_COUNT (&route->waiting) > 0) {
        mst_err_t err = dispatch (self, route, &FEDERATE_FIFO_HEAD (&route->waiting).bytes);
        if (err)
            return err;
        FEDERATE_FIFO_POP (&route->waiting);
    }
    return MST_OK;
}

static mst_err_t send_or_wait (federate_core_t *self, federate_route_t *route, base_buffer_t *bytes)
{
    federate_sealed_t sealed;

    size_t size = bytes->size_bytes;
    mst_err_t err = MST_OK;
    /*  Nothing overtakes what already waits: a route is one sequence. */
    if (route->welcome && !route->broken && FEDERATE_FIFO_COUNT (&route->waiting) == 0)
        err = dispatch (self, route, bytes);
    else if (!(err = FEDERATE_FIFO_ROOM (&route->waiting))) {
        sealed.bytes = *bytes;
        *bytes = (base_buffer_t){ 0 };
        BASE_LIST_PUT (&route->waiting.list, sealed);
    }
    if (err)
        return err;
    route->sent_bytes += size;
    self->counters.bundles_sent++;
    self->counters.bytes_sent += size;
    return MST_OK;
}

static mst_err_t seal_best_effort (federate_core_t *self, federate_route_t *route)
{
    wire_bundle_head_t head = { self->self,      self->incarnation,
                                route->peer->id, route->best_effort_sequence + 1,
                                WIRE_TIME_NEVER, self->relevant,
                                route->issued,   route->open_best_effort_count };
    mst_err_t err = wire_bundle_end (&route->open_best_effort, &head, WIRE_KIND_BUNDLE_BEST_EFFORT);
    if (!err)
        err = send_or_wait (self, route, &route->open_best_effort);
    if (!err)
        route->best_effort_sequence++;
    return err;
}

mst_err_t federate_route_seal (federate_core_t *self, federate_route_t *route)
{
    base_assert (self != NULL && route != NULL);
    mst_err_t err = MST_OK;
    if (route->welcome && !route->broken && FEDERATE_FIFO_COUNT (&route->waiting) > 0)
        err = send_waiting (self, route); /* an earlier try was short of memory */
    if (!err && route->open_best_effort.size_bytes > 0)
        err = seal_best_effort (self, route);
    if (err || route->open.size_bytes == 0)
        return err;
    base_trace ("federate/core/route.c: federate_route_seal");
    wire_bundle_head_t head = { self->self,          self->incarnation,    route->peer->id,
                                route->sequence + 1, route->open_smallest, route->open_applied,
                                route->open_issued,  route->open_count };
    err = wire_bundle_end (&route->open, &head, WIRE_KIND_BUNDLE);
    if (!err)
        err = send_or_wait (self, route, &route->open);
    if (err)
        return err;
    route->sequence++;
    if (head.smallest != WIRE_TIME_NEVER)
        route->timed_sent_bytes = route->sent_bytes;
    /*  The next record with marks, and the next report, say how far this route has come. */
    route->marked = true;
    route->unreported = true;
    if (head.smallest < route->unreported_smallest)
        route->unreported_smallest = head.smallest;
    return MST_OK;
}

mst_err_t federate_route_seal_all (federate_core_t *self)
{
    base_assert (self != NULL);
    BASE_MAP_EACH (&self->peers, entry) {
        federate_peer_t *peer = (federate_peer_t *) (uintptr_t) entry->value;
        if (!peer->route || peer->departed)
            continue;
        mst_err_t err = federate_route_seal (self, peer->route);
        if (err)
            return err;
    }
    return MST_OK;
}

mst_err_t federate_core_flush (federate_core_t *self)
{
    base_assert (self != NULL);
    self->urgent = self->urgent || self->outbox.size_bytes > 0;
    return self->joined ? federate_route_seal_all (self) : MST_OK;
}

/*  What comes back -------------------------------------------------------------------------------
 */

mst_err_t federate_route_talk (federate_core_t *self, federate_peer_t *peer,
                               const wire_frame_t *frame)
{
    wire_route_talk_t talk;

    base_assert (self != NULL && peer != NULL);
    mst_err_t err = wire_route_talk_read (frame, &talk);
    if (err || !peer->route)
        return err;
    federate_route_t *route = peer->route;
    if (frame->kind == WIRE_KIND_WELCOME) {
        route->welcome = true;
        return send_waiting (self, route);
    }
    if (frame->kind == WIRE_KIND_CREDIT) {
        credited (self, route, talk.number);
        return MST_OK;
    }
    return federate_core_route_failed (self, peer->id, "the receiver refused the connection");
}

mst_err_t federate_core_from_route (federate_core_t *self, uint32_t peer_id, const uint8_t *data,
                                    size_t size_bytes)
{
    size_t offset = 0;

    base_assert (self != NULL);
    federate_peer_t *peer = federate_peer (self, peer_id);
    while (peer) {
        wire_frame_t frame;
        mst_err_t err = wire_frame_next (data, size_bytes, &offset, &frame);
        if (!err && !frame.body)
            break;
        if (!err && wire_kind_is_data (frame.kind))
            err = federate_route_talk (self, peer, &frame);
        if (err == MST_E_MALFORMED || err == MST_E_VERSION)
            return federate_core_route_failed (self, peer_id, mst_error_text ());
        if (err)
            return federate_input_lost (self, err);
    }
    return MST_OK;
}

/*  Before WELCOME nothing has left, so the road may change. After it the receiver is gone, or the
   network is: the RTI will say; until then the window fills. */
mst_err_t federate_core_route_failed (federate_core_t *self, uint32_t peer_id, const char *why)
{
    base_assert (self != NULL && why != NULL);
    federate_peer_t *peer = federate_peer (self, peer_id);
    if (!peer || !peer->route || peer->route->relayed)
        return MST_OK;
    if (peer->route->welcome || self->resigned) { /* who has left cannot send by the RTI */
        peer->route->broken = true;
        return MST_OK;
    }
    wire_routed_t args = { .federate = peer_id, .text = { why, strlen (why) } };
    mst_err_t err = federate_control_send (self, WIRE_SERVICE_ROUTED, &args, false, 0);
    if (err)
        return err;
    peer->route->relayed = true;
    peer->route->welcome = true;
    return send_waiting (self, peer->route);
}

/*  Before a resign: who has not said WELCOME by now says it to nobody, so what waits for it goes
   through the RTI. */
mst_err_t federate_route_leave (federate_core_t *self)
{
    base_assert (self != NULL);
    mst_err_t err = federate_route_seal_all (self);
    BASE_MAP_EACH (&self->peers, entry) {
        federate_peer_t *peer = (federate_peer_t *) (uintptr_t) entry->value;
        if (err || !peer->route || peer->departed ||
            FEDERATE_FIFO_COUNT (&peer->route->waiting) == 0)
            continue;
        err = federate_core_route_failed (self, peer->id,
                                          "the sender leaves before the receiver has answered");
    }
    return err;
}
