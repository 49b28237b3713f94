/*  What travels, read from the bytes themselves: which bundle carries a message to whom, whether it
   was handed in, what a federate reported, and which cut was told of one that is gone. */
#include "base/error.h"
#include "tests/sim/oracle.h"
#include "wire/bundle.h"
#include "wire/control.h"
#include "wire/services.h"

#include <string.h>

/*  Between federates --------------------------------------------------------------------------- */

static sim_message_t *message_at (sim_oracle_t *self, uint32_t index)
{
    return index < self->messages.count ? &self->messages.items[index] : NULL;
}

/*  The part of a call that holds this attribute. */
sim_message_t *oracle_part (sim_oracle_t *self, uint32_t base, uint32_t handle)
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

/*  The message that stands at a place of a bundle. */
sim_message_t *oracle_at_place (sim_oracle_t *self, int from, int to, uint64_t sequence,
                                uint64_t place)
{
    BASE_LIST_EACH (&self->messages, i) {
        sim_message_t *message = &self->messages.items[i];
        if (message->sender == from && message->part == SIM_PART_TSO &&
            (message->addressed & BIT (to)) && message->sequence[to] == sequence &&
            message->place[to] == place)
            return message;
    }
    return NULL;
}

static void note_retraction (sim_world_t *world, int from, int to, const wire_message_t *message,
                             const wire_bundle_head_t *head, bool arrived)
{
    sim_message_t *what =
        oracle_at_place (&world->oracle, from, to, message->target, message->epoch);
    if (!what || !what->retracted || what->time != message->time) {
        sim_fail (world, "a bundle for %s retracts what nobody retracted", sim_name (world, to));
        return;
    }
    what->back_sequence[to] = (uint32_t) head->sequence;
    if (arrived)
        what->back_arrived |= BIT (to);
}

static void note_message (sim_world_t *world, const wire_message_t *message, uint32_t handle,
                          const wire_bundle_head_t *head, uint32_t place, int to, bool arrived)
{
    uint32_t base;

    if (message->type == WIRE_MESSAGE_MIGRATION || message->tag_size_bytes != sizeof base)
        return;
    memcpy (&base, message->tag, sizeof base);
    sim_message_t *part = oracle_part (&world->oracle, base, handle);
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
    part->place[to] = place;
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
    int from = oracle_actor_of (world, head.from), to = oracle_actor_of (world, head.to);
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
        if (message.type == WIRE_MESSAGE_RETRACTION)
            note_retraction (world, from, to, &message, &head, arrived);
        else
            note_message (world, &message, handle, &head, i, to, arrived);
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

/*  At the RTI, and from it --------------------------------------------------------------------- */

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
        int to = oracle_actor_of (world, request.entries.items[i].federate);
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
        oracle_barriers_leave (world, from);
    if (frame->kind != WIRE_SERVICE_BARRIER_ARRIVE)
        return;
    if (!wire_up_read (frame, &world->oracle.arena, &up, &args, &size) &&
        !wire_service_decode (frame->kind, args, size, &world->oracle.arena, &arrival,
                              sizeof arrival))
        oracle_barrier_arrival (world, from, &arrival);
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
    oracle_barriers_leave (world, actor);
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
    int who = oracle_actor_of (world, depart.federate);
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
