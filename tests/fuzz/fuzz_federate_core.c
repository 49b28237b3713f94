/*  Bytes as a story for a federate/core in its federation: the federate "sun", its peer "moon",
   which is another, and a real rti/core between them, in memory (tests/support/federation.h). All
   three have joined, declared and turned their time on before the story begins. Each record of the
   input is

        what (1)    bits 0-3 what, bit 4 whose (0: sun, 1: moon); bit 5 of the first: causal
        size (1)
        bytes       of them

    what: 0 a call, 1 everything moves, 2 one message of a pipe moves, 3 a byte of one on its way is
    another, its CRC right again, 4 one on its way is dropped, or comes twice, 5 a control record
   from the RTI with a right stamp, 6 a bundle with a right head, 7 any frame with a right CRC, 8
   bytes as they are, 9 a connection or route ends, 10 a call's callbacks are taken, 11 memory ends
   for a while.

    So mutations get behind the CRC, the stamps, the sequences and the joins. Nothing may crash or
   be left behind, whatever the others say; the RTI checks itself after each record. */
#include "base/alloc.h"
#include "base/error.h"
#include "federate/core/core.h"
#include "rti/core/core.h"
#include "wire/frame.h"
#include "tests/support/federation.h"

#include <stdlib.h>
#include <string.h>

enum { SUN = 0, MOON = 1, PLAYERS = 2, PIPES = 8, OBJECTS = 8, MOVES_MAX = 2000 };

typedef struct game {
    federation_t world;
    mst_object_t objects[OBJECTS];
    size_t object_count;
    uint64_t bundles[PLAYERS]; /* crafted so far, from each */
    uint64_t global;
    base_buffer_t frame;
} game_t;

/*  The bytes of a record, taken from the front; zeros behind the end. */
typedef struct bytes {
    const uint8_t *at, *end;
} bytes_t;

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

static uint8_t take (bytes_t *from)
{
    return from->at < from->end ? *from->at++ : 0;
}

static uint64_t take_many (bytes_t *from, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value |= (uint64_t) take (from) << (8 * i);
    return value;
}

/*  Small times mostly, any sometimes. */
static mst_time_t take_time (bytes_t *from)
{
    uint8_t head = take (from);
    if (head < 0xf0)
        return head;
    return head < 0xf8 ? MST_TIME_NONE : (mst_time_t) take_many (from, 8);
}

static const char *name_of (int player)
{
    return player == SUN ? "sun" : "moon";
}

static federate_core_t *core_of (game_t *self, int player)
{
    return self->world.members[player].core;
}

/*  Everything that moves; a federation that talks to itself for ever would be found here. */
static void pump (game_t *self)
{
    federation_pump (&self->world);
}

/*  Calls -------------------------------------------------------------------------------------- */

static mst_object_t object_of (game_t *self, uint8_t which)
{
    return self->object_count ? self->objects[which % self->object_count] : (mst_object_t){ which };
}

static void call_send (game_t *self, federate_core_t *core, bytes_t *from)
{
    mst_value_t values[4];
    uint8_t kind = take (from), count = take (from) % 5;
    mst_object_t object = object_of (self, take (from));
    mst_time_t time = take_time (from);
    mst_federate_id_t only = { take (from) % 4u };
    uint8_t tag = take (from);
    size_t left = (size_t) (from->end - from->at);
    mst_send_options_t options = { .tag = from->at, .tag_size_bytes = left < tag ? left : tag };
    options.only = tag & 1 ? &only : NULL;
    options.only_count = 1;
    for (uint8_t i = 0; i < count; i++)
        values[i] = (mst_value_t){ (kind >> 4) + i, (uint32_t) left, from->at };
    switch (kind % 3) {
    case 0: (void) federate_core_update (core, object, values, count, time, &options); break;
    case 1:
        (void) federate_core_send (core, (mst_interaction_class_t){ kind >> 5 }, values, count,
                                   time, &options);
        break;
    default: (void) federate_core_delete (core, object, time, tag & 2 ? &options : NULL); break;
    }
}

static void call_declare (federate_core_t *core, bytes_t *from)
{
    uint8_t how = take (from);
    uint32_t class_handle = take (from) % 6u;
    uint64_t mask = take (from) & 0x3fu;
    switch (how % 4) {
    case 0: (void) federate_core_publish (core, class_handle, mask, how & 16, NULL); break;
    case 1: (void) federate_core_subscribe (core, class_handle, mask, how & 16, NULL); break;
    case 2: (void) federate_core_publish_interaction (core, class_handle, how & 16, NULL); break;
    default: (void) federate_core_subscribe_interaction (core, class_handle, how & 16, NULL); break;
    }
}

static void call_time (federate_core_t *core, bytes_t *from)
{
    uint8_t how = take (from);
    mst_time_t time = take_time (from);
    switch (how % 8) {
    case 0: (void) federate_core_enable_regulation (core, time); break;
    case 1: (void) federate_core_disable_regulation (core); break;
    case 2: (void) federate_core_enable_constrained (core); break;
    case 3: (void) federate_core_disable_constrained (core); break;
    case 4: (void) federate_core_modify_lookahead (core, time); break;
    case 5: (void) federate_core_asynchronous (core, how & 16); break;
    default: (void) federate_core_advance (core, (uint8_t) (1 + (how >> 4) % 4), time); break;
    }
}

static void call_object (game_t *self, federate_core_t *core, bytes_t *from)
{
    static const char *const names[] = { "Argo", "Pequod", "HLAx" };
    uint8_t how = take (from);
    mst_object_t object = object_of (self, take (from)), made;
    uint64_t mask = take (from) & 0x3fu;
    switch (how % 9) {
    case 0:
        if (!federate_core_register (core, how >> 4, mask & 1 ? names[mask % 3] : NULL, &made))
            self->objects[self->object_count++ % OBJECTS] = made;
        self->object_count = self->object_count < OBJECTS ? self->object_count : OBJECTS;
        break;
    case 1: (void) federate_core_reserve (core, names, 1 + mask % 3); break;
    case 2: (void) federate_core_release_name (core, names[mask % 3]); break;
    case 3: (void) federate_core_forget (core, object); break;
    case 4: (void) federate_core_request_update (core, object, how >> 4, mask); break;
    case 5: (void) federate_core_divest (core, object, mask, "x", 1); break;
    case 6: (void) federate_core_acquire (core, object, mask, "y", 1, how & 16); break;
    case 7: (void) federate_core_query_owner (core, object, (uint32_t) mask); break;
    default:
        (void) federate_core_migrate (core, object, (mst_federate_id_t){ how >> 4 },
                                      take_time (from), from->at, (size_t) (from->end - from->at));
        break;
    }
}

static void call_rest (game_t *self, int player, bytes_t *from)
{
    static const char *const both[] = { "sun", "moon" };
    federate_core_t *core = core_of (self, player);
    uint8_t how = take (from);
    uint32_t request;
    federate_reply_t reply;
    wire_status_t status = { .federation = { "", 0 } };

    switch (how % 8) {
    case 0:
        (void) federate_core_register_point (core, how & 16 ? "a" : "b", "t", 1, NULL, 0);
        break;
    case 1: (void) federate_core_achieve_point (core, how & 16 ? "a" : "b", how & 32); break;
    case 2: (void) federate_core_barrier (core, "c", both, 2, how); break;
    case 3: (void) federate_core_report (core, "r", "1"); break;
    case 4:
        (void) federate_core_resign (core, (mst_resign_t) (1 + (how >> 4) % 6), &request);
        break;
    case 5: federate_core_blocked (core, how & 16); break;
    case 6:
        (void) federate_core_request (core, WIRE_SERVICE_STATUS, &status,
                                      how & 16 ? &request : NULL);
        break;
    default:
        if (federate_core_reply (core, how >> 3, &reply)) {
            base_free (reply.text);
            base_free (reply.result);
        }
        (void) federate_core_drained (core);
        (void) federate_core_members (core, NULL);
        break;
    }
}

static void play_call (game_t *self, int player, bytes_t *from)
{
    federate_core_t *core = core_of (self, player);
    switch (take (from) % 6) {
    case 0:
    case 1: call_send (self, core, from); break;
    case 2: call_time (core, from); break;
    case 3: call_declare (core, from); break;
    case 4: call_object (self, core, from); break;
    default: call_rest (self, player, from); break;
    }
}

/*  On the way --------------------------------------------------------------------------------- */

static federation_pipe_t *pipe_of (game_t *self, uint8_t which)
{
    federation_t *world = &self->world;
    federation_pipe_t *pipes[PIPES] = {
        &world->there[FEDERATION_RTI][SUN],
        &world->there[MOON][SUN],
        &world->back[SUN][MOON],
        &world->there[SUN][FEDERATION_RTI],
        &world->there[FEDERATION_RTI][MOON],
        &world->there[SUN][MOON],
        &world->back[MOON][SUN],
        &world->there[MOON][FEDERATION_RTI],
    };
    return pipes[which % PIPES];
}

static void seal (uint8_t *frame, size_t size_bytes)
{
    base_buffer_t copy;
    size_t start;
    base_buffer_init (&copy);
    base_assert (wire_frame_begin (&copy, &start) == MST_OK);
    base_assert (base_buffer_append (&copy, frame + WIRE_HEADER_BYTES,
                                     size_bytes - WIRE_HEADER_BYTES) == MST_OK);
    base_assert (wire_frame_end (&copy, start, (uint16_t) (frame[10] | frame[11] << 8), frame[9],
                                 (uint32_t) frame[12] | (uint32_t) frame[13] << 8) == MST_OK);
    memcpy (frame, copy.data, copy.size_bytes);
    base_buffer_fini (&copy);
}

/*  One byte of the first message of a pipe, in one of its frames, is another. */
static void play_change (game_t *self, bytes_t *from)
{
    federation_pipe_t *pipe = pipe_of (self, take (from));
    uint8_t which = take (from);
    size_t at = (size_t) take_many (from, 2), offset = 0, start = 0;
    uint8_t value = take (from);
    wire_frame_t frame;

    if (pipe->count == 0 || !pipe->items[0].data)
        return;
    uint8_t *data = pipe->items[0].data;
    for (uint8_t i = 0; i <= which; i++) {
        start = offset;
        if (wire_frame_next (data, pipe->items[0].size_bytes, &offset, &frame) || !frame.body)
            return;
    }
    at = 9 + at % (offset - start - 9);
    if (at >= 14 && at < WIRE_HEADER_BYTES)
        return;
    data[start + at] = value;
    seal (data + start, offset - start);
}

static void play_twice_or_never (game_t *self, bytes_t *from)
{
    federation_pipe_t *pipe = pipe_of (self, take (from));
    bool twice = take (from) & 1;

    if (pipe->count == 0 || !pipe->items[0].data)
        return;
    federation_bytes_t first = pipe->items[0];
    uint8_t *copy = malloc (first.size_bytes + 1);
    memcpy (copy, first.data, first.size_bytes);
    (void) federation_move (&self->world, pipe);
    if (twice && pipe->capacity > pipe->count) { /* its room is still there */
        memmove (pipe->items + 1, pipe->items, pipe->count * sizeof *pipe->items);
        first.data = copy;
        pipe->items[0] = first;
        pipe->count++;
        return;
    }
    free (copy);
}

/*  Crafted ------------------------------------------------------------------------------------ */

static void from_rti (game_t *self, int player)
{
    (void) federate_core_from_rti (core_of (self, player), self->frame.data,
                                   self->frame.size_bytes);
}

static void play_control (game_t *self, int player, bytes_t *from)
{
    uint8_t how = take (from);
    uint16_t kind = (uint16_t) take_many (from, 2);
    wire_pair_t need = { how >> 4 & 3, how >> 6 };
    size_t start;

    self->global += how & 1;
    wire_down_t down = {
        self->global + 50,      how & 2 ? 3u - (uint32_t) player : 0, how & 3, 1, 0,
        { &need, how >> 3 & 1 }
    };
    base_buffer_clear (&self->frame);
    base_assert (wire_frame_begin (&self->frame, &start) == MST_OK);
    base_assert (wire_down_write (&self->frame, &down) == MST_OK);
    uint8_t request = how & 4 ? take (from) : 0;
    base_assert (base_buffer_append (&self->frame, from->at, (size_t) (from->end - from->at)) ==
                 MST_OK);
    base_assert (wire_frame_end (&self->frame, start, kind, 0, request) == MST_OK);
    from_rti (self, player);
}

static uint64_t inbound (const game_t *self, int to)
{
    return self->world.route[1 - to][to];
}

static void from_peer (game_t *self, int to)
{
    federation_pipe_t *pipe = &self->world.there[1 - to][to];
    federation_bytes_t bytes = { .connection = inbound (self, to), .from = 1 - to, .to = to };

    if (bytes.connection == 0)
        return;
    if (pipe->count == pipe->capacity) {
        pipe->capacity = 2 * pipe->capacity + 8;
        pipe->items = realloc (pipe->items, pipe->capacity * sizeof *pipe->items);
    }
    bytes.size_bytes = self->frame.size_bytes;
    bytes.data = malloc (bytes.size_bytes + 1);
    if (bytes.size_bytes > 0)
        memcpy (bytes.data, self->frame.data, bytes.size_bytes);
    memmove (pipe->items + 1, pipe->items, pipe->count * sizeof *pipe->items);
    pipe->items[0] = bytes;
    pipe->count++;
    (void) federation_move (&self->world, pipe);
}

static void play_bundle (game_t *self, int to, bytes_t *from)
{
    uint8_t how = take (from);
    federate_state_t sender;

    federate_core_state (core_of (self, 1 - to), &sender);
    wire_bundle_head_t head = { .from = 2u - (uint32_t) to,
                                .incarnation = 2u - (uint32_t) to,
                                .to = 1u + (uint32_t) to,
                                .sequence = ++self->bundles[1 - to],
                                .smallest = INT64_MAX,
                                .count = take (from) };
    if (how & 1)
        head.smallest = take_time (from);
    if (how & 2)
        head.applied = take (from);
    if (how & 4)
        head.issued = take (from);
    if (how & 8)
        head.sequence = take (from);
    base_buffer_clear (&self->frame);
    base_assert (wire_bundle_begin (&self->frame) == MST_OK);
    base_assert (base_buffer_append (&self->frame, from->at, (size_t) (from->end - from->at)) ==
                 MST_OK);
    base_assert (wire_bundle_end (&self->frame, &head,
                                  how & 16 ? WIRE_KIND_BUNDLE_BEST_EFFORT : WIRE_KIND_BUNDLE) ==
                 MST_OK);
    if (how & 32)
        from_rti (self, to);
    else
        from_peer (self, to);
}

static void play_frame (game_t *self, int player, bytes_t *from, bool right)
{
    uint8_t road = take (from);
    size_t start;

    base_buffer_clear (&self->frame);
    if (right) {
        uint16_t kind = (uint16_t) (0x900 | take (from));
        base_assert (wire_frame_begin (&self->frame, &start) == MST_OK);
        base_assert (base_buffer_append (&self->frame, from->at, (size_t) (from->end - from->at)) ==
                     MST_OK);
        base_assert (wire_frame_end (&self->frame, start, kind, 0, 0) == MST_OK);
    } else
        base_assert (base_buffer_append (&self->frame, from->at, (size_t) (from->end - from->at)) ==
                     MST_OK);
    if (road % 3 == 0)
        from_rti (self, player);
    else if (road % 3 == 1)
        from_peer (self, player);
    else
        (void) federate_core_from_route (core_of (self, player), 2u - (uint32_t) player,
                                         self->frame.data, self->frame.size_bytes);
}

static void play_end (game_t *self, int player, bytes_t *from)
{
    federate_core_t *core = core_of (self, player);
    uint8_t how = take (from);

    switch (how % 4) {
    case 0:
        (void) federate_core_connection_closed (core, how & 16 ? inbound (self, player) : how);
        break;
    case 1: (void) federate_core_route_failed (core, 2u - (uint32_t) player, "away"); break;
    case 2: federate_core_rti_lost (core, "away"); break;
    default: federation_tick (&self->world, INT64_C (1) << (how >> 3)); break;
    }
}

/*  One call, or a few moves, with the N-th allocation failing. */
static void play_short (game_t *self, int player, bytes_t *from)
{
    uint8_t after = take (from), how = take (from);

    base_alloc_fail (after, how & 1);
    if (how & 2)
        pump (self);
    else
        play_call (self, player, from);
    if (how & 4)
        federation_carry_out (&self->world);
    base_alloc_fail (-1, false);
}

/*  The game ----------------------------------------------------------------------------------- */

static void play_one (game_t *self, uint8_t what, bytes_t *from)
{
    int player = what >> 4 & 1;

    switch (what & 15) {
    case 0: play_call (self, player, from); break;
    case 1: pump (self); break;
    case 2: (void) federation_move (&self->world, pipe_of (self, take (from))); break;
    case 3: play_change (self, from); break;
    case 4: play_twice_or_never (self, from); break;
    case 5: play_control (self, player, from); break;
    case 6: play_bundle (self, player, from); break;
    case 7: play_frame (self, player, from, true); break;
    case 8: play_frame (self, player, from, false); break;
    case 9: play_end (self, player, from); break;
    case 10: (void) federation_tell (&self->world, player); break;
    case 11: play_short (self, player, from); break;
    default: federation_carry_out (&self->world); break;
    }
    if (rti_core_check (self->world.rti) != MST_OK)
        base_check_failed (mst_error_text (), __FILE__, __LINE__);
}

static void prologue (game_t *self, bool causal)
{
    federation_t *world = &self->world;
    federate_options_t options = { .causal = causal, .stamps = causal };

    base_assert (federation_init (
                     world, &(rti_options_t){ .silence_limit_ns = INT64_C (1) << 40 }) == MST_OK);
    world->quiet = true;
    for (int i = 0; i < PLAYERS; i++)
        base_assert (federation_join (world, name_of (i), &options) == MST_OK);
    pump (self);
    for (int i = 0; i < PLAYERS; i++)
        federation_declare (world, name_of (i), FED_MASK_BODY, FED_MASK_BODY);
    pump (self);
    for (int i = 0; i < PLAYERS; i++) {
        self->objects[self->object_count++] = federation_register (world, name_of (i), FED_BODY);
        federation_time_on (world, name_of (i), 10);
    }
    pump (self);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes)
{
    game_t *game = calloc (1, sizeof *game);

    base_buffer_init (&game->frame);
    prologue (game, size_bytes > 0 && (data[0] & 32) != 0);
    for (size_t offset = 0; offset + 2 <= size_bytes;) {
        size_t size = data[offset + 1], left = size_bytes - offset - 2;
        bytes_t bytes = { data + offset + 2, data + offset + 2 + (size < left ? size : left) };
        play_one (game, data[offset], &bytes);
        offset += 2 + (size < left ? size : left);
    }
    pump (game);
    federation_fini (&game->world);
    base_buffer_fini (&game->frame);
    free (game);
    return 0;
}
