/*  Bytes as a story for one rti/core. Four connections; each record of the input is

        who and how (1)   bits 0-1 the connection, bits 2-3 how
        size (2, little-endian)
        bytes             how 0: a message as it is
                          how 1: kind (2), flags (1), arguments of a control frame; stamp, sequence,
                                 incarnation and CRC are made right
                          how 2: kind (2), body of a frame with a right CRC
                          how 3: the connection is lost, or (when the first byte is odd) time passes

    So mutations get behind the CRC, the stamps and the joins. After each event the core checks
   itself, and all that it tells must decode. A story of tests/support/rti_driver makes a good seed.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "rti/core/core.h"
#include "wire/control.h"
#include "wire/services.h"

#include <stdint.h>
#include <stdlib.h>

enum { PLAYERS = 4, CLOSES = 16 };

typedef struct player {
    uint64_t connection;
    uint64_t sequence;
    uint32_t incarnation;
} player_t;

typedef struct game {
    rti_core_t *core;
    rti_effects_t effects;
    player_t players[PLAYERS];
    uint64_t last_connection;
    int64_t now_ns;
    base_buffer_t frame;
    base_arena_t arena;
} game_t;

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

static player_t *player_of (game_t *self, uint64_t connection)
{
    for (size_t i = 0; i < PLAYERS; i++)
        if (self->players[i].connection == connection)
            return &self->players[i];
    return NULL;
}

/*  A reply may be that of a JOIN: then the player has joined. */
static void see_reply (game_t *self, player_t *player, const wire_reply_t *reply)
{
    wire_join_result_t result;
    if (player && reply->error == MST_OK && reply->result.data &&
        wire_service_decode_result (WIRE_SERVICE_JOIN, reply->result.data,
                                    (size_t) reply->result.size_bytes, &self->arena, &result,
                                    sizeof result) == MST_OK)
        player->incarnation = (uint32_t) result.incarnation;
}

static void see_frame (game_t *self, player_t *player, const wire_frame_t *frame)
{
    const wire_service_row_t *row = wire_service_row (frame->kind);
    const uint8_t *args;
    size_t size;
    wire_down_t down;
    wire_grant_t grant;

    base_arena_reset (&self->arena);
    if (wire_kind_is_data (frame->kind))
        return;
    base_assert (wire_down_read (frame, &self->arena, &down, &args, &size) == MST_OK);
    if (frame->kind == WIRE_KIND_GRANT) {
        base_assert (wire_grant_read (args, size, &self->arena, &grant) == MST_OK);
        return;
    }
    base_assert (row != NULL);
    void *in = base_arena_alloc (&self->arena, 1, row->args.size_bytes);
    base_assert (wire_service_decode (frame->kind, args, size, &self->arena, in,
                                      row->args.size_bytes) == MST_OK);
    if (frame->kind == WIRE_SERVICE_REPLY)
        see_reply (self, player, in);
}

static void see (game_t *self)
{
    for (size_t i = 0; i < self->effects.send_count; i++) {
        const rti_send_t *send = &self->effects.sends.items[i];
        wire_frame_t frame;
        size_t offset = 0;
        for (;;) {
            base_assert (wire_frame_next (send->bytes.data, send->bytes.size_bytes, &offset,
                                          &frame) == MST_OK);
            if (!frame.body)
                break;
            see_frame (self, player_of (self, send->connection), &frame);
        }
    }
}

static void step (game_t *self, rti_event_t event)
{
    uint64_t closes[CLOSES];

    event.now_ns = self->now_ns;
    base_assert (rti_core_step (self->core, &event, &self->effects) == MST_OK);
    if (self->effects.stamp) {
        rti_event_t stamp = { .kind = RTI_EVENT_STAMP, .now_ns = self->now_ns };
        base_assert (rti_core_step (self->core, &stamp, &self->effects) == MST_OK);
        base_assert (!self->effects.stamp);
    }
    if (rti_core_check (self->core) != MST_OK)
        base_check_failed (mst_error_text (), __FILE__, __LINE__);
    see (self);
    size_t count = self->effects.closes.count;
    base_assert (count <= CLOSES);
    for (size_t i = 0; i < count; i++)
        closes[i] = self->effects.closes.items[i];
    rti_effects_clear (&self->effects);
    for (size_t i = 0; i < count; i++) {
        player_t *player = player_of (self, closes[i]);
        if (player)
            *player = (player_t){ .connection = ++self->last_connection };
        step (self, (rti_event_t){ .kind = RTI_EVENT_LOST, .connection = closes[i] });
    }
}

static void step_message (game_t *self, const player_t *player, const uint8_t *data, size_t size)
{
    step (self, (rti_event_t){ .kind = RTI_EVENT_MESSAGE,
                               .connection = player->connection,
                               .data = data,
                               .size_bytes = size });
}

static void step_control (game_t *self, player_t *player, const uint8_t *data, size_t size)
{
    wire_up_t up = { .incarnation = player->incarnation, .sequence = player->sequence + 1 };
    size_t start;

    if (size < 3)
        return;
    base_buffer_clear (&self->frame);
    base_assert (wire_frame_begin (&self->frame, &start) == MST_OK);
    base_assert (wire_up_write (&self->frame, &up) == MST_OK);
    base_assert (base_buffer_append (&self->frame, data + 3, size - 3) == MST_OK);
    base_assert (wire_frame_end (&self->frame, start, (uint16_t) (data[0] | data[1] << 8), data[2],
                                 (uint32_t) up.sequence) == MST_OK);
    player->sequence++;
    step_message (self, player, self->frame.data, self->frame.size_bytes);
}

static void step_frame (game_t *self, player_t *player, const uint8_t *data, size_t size)
{
    size_t start;

    if (size < 2)
        return;
    base_buffer_clear (&self->frame);
    base_assert (wire_frame_begin (&self->frame, &start) == MST_OK);
    base_assert (base_buffer_append (&self->frame, data + 2, size - 2) == MST_OK);
    base_assert (wire_frame_end (&self->frame, start, (uint16_t) (data[0] | data[1] << 8), 0, 0) ==
                 MST_OK);
    step_message (self, player, self->frame.data, self->frame.size_bytes);
}

static void step_end (game_t *self, player_t *player, const uint8_t *data, size_t size)
{
    if (size > 0 && (data[0] & 1) != 0) {
        self->now_ns += INT64_C (1) << (data[0] >> 3);
        step (self, (rti_event_t){ .kind = RTI_EVENT_TICK });
        return;
    }
    uint64_t connection = player->connection;
    *player = (player_t){ .connection = ++self->last_connection };
    step (self, (rti_event_t){ .kind = RTI_EVENT_LOST, .connection = connection, .text = "lost" });
}

static void play (game_t *self, const uint8_t *data, size_t size_bytes)
{
    while (size_bytes >= 3) {
        player_t *player = &self->players[data[0] & 3];
        unsigned how = data[0] >> 2 & 3;
        size_t size = (size_t) data[1] | (size_t) data[2] << 8;
        data += 3;
        size_bytes -= 3;
        size = size < size_bytes ? size : size_bytes;
        if (how == 0)
            step_message (self, player, data, size);
        else if (how == 1)
            step_control (self, player, data, size);
        else if (how == 2)
            step_frame (self, player, data, size);
        else
            step_end (self, player, data, size);
        data += size;
        size_bytes -= size;
    }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes)
{
    rti_options_t options = {
        .federates_max = 3, .federations_max = 2, .objects_max = 64, .silence_limit_ns = 1 << 28
    };
    game_t game = { .now_ns = 0 };

    base_assert (rti_core_new (&options, &game.core) == MST_OK);
    rti_effects_init (&game.effects);
    base_buffer_init (&game.frame);
    base_arena_init (&game.arena);
    for (size_t i = 0; i < PLAYERS; i++)
        game.players[i].connection = ++game.last_connection;
    play (&game, data, size_bytes);
    base_arena_fini (&game.arena);
    base_buffer_fini (&game.frame);
    rti_effects_fini (&game.effects);
    rti_core_destroy (&game.core);
    return 0;
}
