#include "tests/support/rti_driver.h"
#include "tests/support/check.h"
#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char rti_driver_fom[] =
    "<objectModel><objects><objectClass><name>HLAobjectRoot</name>"
    "<objectClass><name>Body</name>"
    "<attribute><name>Position</name><dataType>HLAfloat64LE</dataType></attribute>"
    "<attribute><name>Mass</name><dataType>HLAfloat64LE</dataType></attribute>"
    "<objectClass><name>Comet</name>"
    "<attribute><name>Tail</name><dataType>HLAfloat64LE</dataType></attribute></objectClass>"
    "</objectClass>"
    "<objectClass><name>Ship</name>"
    "<attribute><name>Name</name><dataType>HLAunicodeString</dataType></attribute></objectClass>"
    "</objectClass></objects>"
    "<interactions><interactionClass><name>HLAinteractionRoot</name>"
    "<interactionClass><name>Note</name>"
    "<parameter><name>Text</name><dataType>HLAunicodeString</dataType></parameter>"
    "<interactionClass><name>Alarm</name></interactionClass>"
    "</interactionClass></interactionClass></interactions></objectModel>";

/*  The trace ---------------------------------------------------------------------------------- */

static void driver_say (rti_driver_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

static void driver_say (rti_driver_t *self, const char *format, ...)
{
    va_list args;
    if (self->quiet)
        return;
    va_start (args, format);
    int length = vsnprintf (NULL, 0, format, args);
    va_end (args);
    self->trace = realloc (self->trace, self->trace_bytes + (size_t) length + 1);
    base_assert (self->trace != NULL);
    va_start (args, format);
    (void) vsnprintf (self->trace + self->trace_bytes, (size_t) length + 1, format, args);
    va_end (args);
    self->trace_bytes += (size_t) length;
}

void rti_driver_forget (rti_driver_t *self)
{
    free (self->trace);
    self->trace = NULL;
    self->trace_bytes = 0;
}

void rti_driver_expect (rti_driver_t *self, const char *text, const char *file, int line)
{
    test_check_text (self->trace ? self->trace : "", text, "trace", file, line);
    rti_driver_forget (self);
}

/*  What is told ------------------------------------------------------------------------------- */

static const char *driver_name (const rti_driver_t *self, uint64_t connection)
{
    for (uint32_t i = self->player_count; i-- > 0;)
        if (self->players[i].connection == connection)
            return self->players[i].name;
    return "?";
}

static rti_player_t *driver_of (rti_driver_t *self, uint64_t connection)
{
    for (uint32_t i = self->player_count; i-- > 0;)
        if (self->players[i].connection == connection)
            return &self->players[i];
    base_assert (!"a connection that nobody opened");
    return NULL;
}

static void driver_say_needs (rti_driver_t *self, const char *word, wire_pairs_t need)
{
    for (uint32_t i = 0; i < need.count; i++)
        driver_say (self, "%s%u:%" PRIu64, i == 0 ? word : ",", need.items[i].federate,
                    need.items[i].sequence);
}

/*  Object handles become registrar.counter, and the largest time never. */
static void driver_say_line (rti_driver_t *self, const char *line)
{
    while (*line) {
        size_t other = strcspn (line, "0123456789");
        driver_say (self, "%.*s", (int) other, line);
        line += other;
        size_t digits = strspn (line, "0123456789");
        uint64_t number = digits > 0 ? strtoull (line, NULL, 10) : 0;
        if (number == INT64_MAX)
            driver_say (self, "never");
        else if (number >> 40 != 0 && number >> 52 == 0)
            driver_say (self, "%" PRIu64 ".%" PRIu64, number >> 40,
                        number & ((UINT64_C (1) << 40) - 1));
        else
            driver_say (self, "%.*s", (int) digits, line);
        line += digits;
    }
}

static void driver_say_service (rti_driver_t *self, uint16_t kind, const void *args, bool result)
{
    base_buffer_t line;
    base_buffer_init (&line);
    mst_err_t err = result ? wire_service_result_to_text (kind, args, &line)
                           : wire_service_to_text (kind, args, &line);
    base_assert (err == MST_OK);
    driver_say_line (self, (const char *) line.data);
    base_buffer_fini (&line);
}

/*  Its token is nobody's but the introduced one's. */
static void driver_see_introduced (rti_driver_t *self, const wire_introduce_t *args)
{
    driver_say (self, "introduce %" PRIu64 " \"%.*s\"", args->federate,
                (int) args->federate_name.size_bytes, args->federate_name.data);
    if (args->flags != 0)
        driver_say (self, " flags %" PRIu64, args->flags);
    CHECK (args->token != 0 && args->endpoints.count == 1);
    for (uint32_t i = 0; i < self->player_count; i++)
        if (self->players[i].handle == args->federate && !self->players[i].closed &&
            self->players[i].incarnation == args->incarnation)
            CHECK (self->players[i].token == args->token);
}

/*  Which service a reply answers: the player asks one thing at a time, or does not look. */
static uint16_t driver_asked;

static void driver_see_joined (rti_driver_t *self, rti_player_t *player, const wire_bytes_t *bytes)
{
    base_arena_t arena;
    wire_join_result_t result;
    base_arena_init (&arena);
    mst_err_t err = wire_service_decode_result (
        WIRE_SERVICE_JOIN, bytes->data, (size_t) bytes->size_bytes, &arena, &result, sizeof result);
    CHECK_OK (err);
    CHECK (result.model.size_bytes > 0 && result.token != 0);
    player->handle = (uint32_t) result.federate;
    player->incarnation = (uint32_t) result.incarnation;
    player->token = result.token;
    driver_say (self, "joined as %u", player->handle);
    base_arena_fini (&arena);
}

static void driver_see_result (rti_driver_t *self, const wire_bytes_t *bytes)
{
    const wire_service_row_t *row = wire_service_row (driver_asked);
    base_arena_t arena;
    base_arena_init (&arena);
    void *result = base_arena_alloc (&arena, 1, row->result.size_bytes);
    CHECK_OK (wire_service_decode_result (driver_asked, bytes->data, (size_t) bytes->size_bytes,
                                          &arena, result, row->result.size_bytes));
    driver_say (self, "ok ");
    driver_say_service (self, driver_asked, result, true);
    base_arena_fini (&arena);
}

static void driver_see_reply (rti_driver_t *self, rti_player_t *player, const wire_reply_t *reply)
{
    if (reply->error != MST_OK)
        driver_say (self, "%s: %.*s", mst_error_name ((mst_err_t) reply->error),
                    (int) reply->text.size_bytes, reply->text.data);
    else if (!reply->result.data)
        driver_say (self, "ok");
    else if (driver_asked == WIRE_SERVICE_JOIN)
        driver_see_joined (self, player, &reply->result);
    else
        driver_see_result (self, &reply->result);
}

static void driver_see_grant (rti_driver_t *self, const uint8_t *args, size_t size_bytes)
{
    static const char *const kinds[] = { "?",    "TAR", "TARA",       "NMR",
                                         "NMRA", "FQR", "regulation", "constraint" };
    base_arena_t arena;
    wire_grant_t grant;
    base_arena_init (&arena);
    CHECK_OK (wire_grant_read (args, size_bytes, &arena, &grant));
    driver_say (self, "grant %s %" PRId64 " (number %" PRIu64, kinds[grant.kind & 7], grant.time,
                grant.number);
    if (grant.galt != WIRE_TIME_NEVER)
        driver_say (self, ", %s %" PRId64, grant.kind == 6 ? "floor" : "galt", grant.galt);
    driver_say (self, ")");
    driver_say_needs (self, " needs ", grant.need);
    base_arena_fini (&arena);
}

static void driver_see_frames (rti_driver_t *self, rti_player_t *player, const uint8_t *data,
                               size_t size_bytes, bool inside);

static void driver_see_data (rti_driver_t *self, const wire_frame_t *frame)
{
    uint32_t from = 0, to = 0;
    wire_route_talk_t talk;
    CHECK_OK (wire_data_addresses (frame, &from, &to));
    driver_say (self, "data 0x%03x %u to %u", frame->kind, from, to);
    if (frame->kind == WIRE_KIND_REFUSED && wire_route_talk_read (frame, &talk) == MST_OK)
        driver_say (self, ": %.*s", (int) talk.text_size_bytes, (const char *) talk.text);
}

static void driver_see_control (rti_driver_t *self, rti_player_t *player, const wire_frame_t *frame,
                                bool inside)
{
    const wire_service_row_t *row = wire_service_row (frame->kind);
    const uint8_t *args;
    size_t size_bytes;
    base_arena_t arena;
    wire_down_t down;

    base_arena_init (&arena);
    CHECK_OK (wire_down_read (frame, &arena, &down, &args, &size_bytes));
    CHECK (down.processed <= player->sequence);
    CHECK (inside || down.global >= player->applied); /* what RECORDS hold is older */
    if (!inside)
        player->applied = down.global;
    self->global = down.global > self->global ? down.global : self->global;
    if (frame->kind == WIRE_KIND_GRANT) {
        driver_see_grant (self, args, size_bytes);
    } else {
        void *in = base_arena_alloc (&arena, 1, row->args.size_bytes);
        CHECK_OK (
            wire_service_decode (frame->kind, args, size_bytes, &arena, in, row->args.size_bytes));
        if (frame->kind == WIRE_SERVICE_REPLY) {
            driver_see_reply (self, player, in);
        } else if (frame->kind == WIRE_SERVICE_INTRODUCE) {
            driver_see_introduced (self, in);
        } else if (frame->kind == WIRE_SERVICE_RECORDS) {
            const wire_records_t *records = in;
            driver_say (self, "records");
            driver_see_frames (self, player, records->frames.data,
                               (size_t) records->frames.size_bytes, true);
        } else {
            driver_say_service (self, frame->kind, in, false);
        }
    }
    driver_say_needs (self, " needs ", down.need);
    base_arena_fini (&arena);
}

static void driver_see_frames (rti_driver_t *self, rti_player_t *player, const uint8_t *data,
                               size_t size_bytes, bool inside)
{
    wire_frame_t frame;
    size_t offset = 0;
    for (;;) {
        CHECK_OK (wire_frame_next (data, size_bytes, &offset, &frame));
        if (!frame.body)
            return;
        driver_say (self, "%s%s", inside ? "\n  " : player->name, inside ? "" : ": ");
        if (wire_kind_is_data (frame.kind))
            driver_see_data (self, &frame);
        else
            driver_see_control (self, player, &frame, inside);
        if (!inside)
            driver_say (self, "\n");
    }
}

static void driver_see (rti_driver_t *self)
{
    for (size_t i = 0; i < self->effects.send_count; i++) {
        const rti_send_t *send = &self->effects.sends.items[i];
        driver_see_frames (self, driver_of (self, send->connection), send->bytes.data,
                           send->bytes.size_bytes, false);
    }
}

/*  Events ------------------------------------------------------------------------------------- */

static void *driver_copy (const void *data, size_t size_bytes)
{
    char *copy = malloc (size_bytes + 1);
    base_assert (copy != NULL);
    if (size_bytes > 0)
        memcpy (copy, data, size_bytes);
    copy[size_bytes] = '\0';
    return copy;
}

static void driver_keep (rti_driver_t *self, rti_event_t event)
{
    self->tape = realloc (self->tape, (self->tape_count + 1) * sizeof *self->tape);
    base_assert (self->tape != NULL);
    event.data = event.data ? driver_copy (event.data, event.size_bytes) : NULL;
    event.text = event.text ? driver_copy (event.text, strlen (event.text)) : NULL;
    self->tape[self->tape_count++] = event;
}

static void driver_feed (rti_driver_t *self, rti_event_t event)
{
    event.now_ns = self->now_ns;
    if (!self->unchecked)
        driver_keep (self, event);
    CHECK_OK (rti_core_step (self->core, &event, &self->effects));
}

static void driver_step (rti_driver_t *self, rti_event_t event)
{
    BASE_LIST (uint64_t) closes = { 0 };
    event.wall_ns = self->wall_ns;
    driver_feed (self, event);
    if (self->effects.stamp)
        driver_feed (self, (rti_event_t){ .kind = RTI_EVENT_STAMP,
                                          .wall_ns = self->wall_ns + RTI_DRIVER_STAMP_NS });
    if (!self->unchecked)
        CHECK_OK (rti_core_check (self->core));
    driver_see (self);
    self->deadline_ns = self->effects.deadline_ns;
    for (size_t i = 0; i < self->effects.closes.count; i++)
        (void) BASE_LIST_PUSH (&closes, self->effects.closes.items[i]);
    rti_effects_clear (&self->effects);
    BASE_LIST_EACH (&closes, i) {
        driver_say (self, "%s: closed\n", driver_name (self, closes.items[i]));
        driver_of (self, closes.items[i])->closed = true;
        driver_step (self, (rti_event_t){ .kind = RTI_EVENT_LOST,
                                          .connection = closes.items[i],
                                          .text = "closed" });
    }
    BASE_LIST_FINI (&closes);
}

void rti_driver_bytes (rti_driver_t *self, const char *name, const void *data, size_t size_bytes)
{
    driver_step (self, (rti_event_t){ .kind = RTI_EVENT_MESSAGE,
                                      .connection = rti_driver_player (self, name)->connection,
                                      .data = data,
                                      .size_bytes = size_bytes });
}

void rti_driver_lose (rti_driver_t *self, const char *name, const char *why)
{
    rti_player_t *player = rti_driver_player (self, name);
    player->closed = true;
    driver_step (self, (rti_event_t){
                           .kind = RTI_EVENT_LOST, .connection = player->connection, .text = why });
}

void rti_driver_state (rti_driver_t *self, const char *name, const char *state)
{
    driver_step (self, (rti_event_t){ .kind = RTI_EVENT_STATE,
                                      .connection = rti_driver_player (self, name)->connection,
                                      .text = state });
}

void rti_driver_tick (rti_driver_t *self, int64_t now_ns)
{
    base_assert (now_ns >= self->now_ns);
    self->now_ns = now_ns;
    driver_step (self, (rti_event_t){ .kind = RTI_EVENT_TICK });
}

/*  Frames ------------------------------------------------------------------------------------- */

static size_t driver_begin (base_buffer_t *out, rti_player_t *player)
{
    wire_up_t up = { .incarnation = player->incarnation,
                     .sequence = ++player->sequence,
                     .applied = player->applied,
                     .marks = { player->marks, player->mark_count } };
    size_t start = 0;
    base_buffer_init (out);
    base_assert (wire_frame_begin (out, &start) == MST_OK);
    base_assert (wire_up_write (out, &up) == MST_OK);
    player->mark_count = 0;
    return start;
}

static void driver_end (rti_driver_t *self, rti_player_t *player, base_buffer_t *out, size_t start,
                        uint16_t kind, uint8_t flags)
{
    uint32_t request = flags & WIRE_FLAG_REPLY_WANTED ? ++player->request : 0;
    base_assert (wire_frame_end (out, start, kind, flags, request) == MST_OK);
    driver_asked = kind;
    rti_driver_bytes (self, player->name, out->data, out->size_bytes);
    base_buffer_fini (out);
}

void rti_driver_frame (rti_driver_t *self, const char *name, uint16_t kind, const void *args,
                       size_t args_size_bytes, uint8_t flags)
{
    rti_player_t *player = rti_driver_player (self, name);
    base_buffer_t out;
    size_t start = driver_begin (&out, player);
    base_assert (base_buffer_append (&out, args, args_size_bytes) == MST_OK);
    driver_end (self, player, &out, start, kind, flags);
}

static void driver_service (rti_driver_t *self, const char *name, uint16_t kind, const void *args,
                            uint8_t flags)
{
    rti_player_t *player = rti_driver_player (self, name);
    base_buffer_t out;
    size_t start = driver_begin (&out, player);
    CHECK_OK (wire_service_encode (kind, args, &out));
    driver_end (self, player, &out, start, kind, flags);
}

void rti_driver_ask (rti_driver_t *self, const char *name, uint16_t kind, const void *args)
{
    driver_service (self, name, kind, args, WIRE_FLAG_REPLY_WANTED);
}

void rti_driver_send (rti_driver_t *self, const char *name, uint16_t kind, const void *args)
{
    driver_service (self, name, kind, args, 0);
}

void rti_driver_mark (rti_driver_t *self, const char *name, const char *peer, uint64_t sequence)
{
    rti_player_t *player = rti_driver_player (self, name);
    base_assert (player->mark_count < RTI_DRIVER_PAIRS);
    player->marks[player->mark_count++] =
        (wire_pair_t){ rti_driver_player (self, peer)->handle, sequence };
}

void rti_driver_sent (rti_driver_t *self, const char *name, const char *peer, uint64_t sequence,
                      int64_t smallest)
{
    rti_player_t *player = rti_driver_player (self, name);
    base_assert (player->sent_count < RTI_DRIVER_PAIRS);
    player->sent[player->sent_count++] =
        (wire_entry_t){ rti_driver_player (self, peer)->handle, sequence, smallest };
}

void rti_driver_received (rti_driver_t *self, const char *name, const char *peer, uint64_t sequence)
{
    rti_player_t *player = rti_driver_player (self, name);
    base_assert (player->received_count < RTI_DRIVER_PAIRS);
    player->received[player->received_count++] =
        (wire_pair_t){ rti_driver_player (self, peer)->handle, sequence };
}

void rti_driver_advance (rti_driver_t *self, const char *name, uint8_t kind, int64_t time)
{
    rti_player_t *player = rti_driver_player (self, name);
    wire_time_request_t request = { .number = ++player->number,
                                    .kind = kind,
                                    .time = time,
                                    .qmin = player->queue_min,
                                    .entries = { player->sent, player->sent_count },
                                    .received = { player->received, player->received_count } };
    base_buffer_t out;
    size_t start = driver_begin (&out, player);
    base_assert (wire_time_request_write (&out, &request) == MST_OK);
    player->sent_count = 0;
    player->received_count = 0;
    driver_end (self, player, &out, start, WIRE_KIND_TIME_REQUEST, 0);
}

/*  Life --------------------------------------------------------------------------------------- */

void rti_driver_init (rti_driver_t *self, const rti_options_t *options)
{
    *self = (rti_driver_t){ .now_ns = 0 };
    CHECK_OK (rti_core_new (options, &self->core));
    rti_effects_init (&self->effects);
}

/*  A message of the tape as records of tests/fuzz/fuzz_rti_core.c: what stands behind the stamp. */
static void driver_write_seed (FILE *file, const rti_event_t *event)
{
    uint8_t who = (uint8_t) ((event->connection - 1) & 3);
    size_t offset = 0;
    wire_frame_t frame;
    base_arena_t arena;

    base_arena_init (&arena);
    while (event->kind == RTI_EVENT_MESSAGE &&
           wire_frame_next (event->data, event->size_bytes, &offset, &frame) == MST_OK &&
           frame.body) {
        const uint8_t *args = frame.body;
        size_t size = frame.body_size_bytes;
        bool data = wire_kind_is_data (frame.kind);
        wire_up_t up;
        if (!data && wire_up_read (&frame, &arena, &up, &args, &size) != MST_OK)
            break;
        size_t all = size + (data ? 2 : 3);
        const uint8_t head[] = { (uint8_t) (who | (data ? 2 : 1) << 2),
                                 (uint8_t) all,
                                 (uint8_t) (all >> 8),
                                 (uint8_t) frame.kind,
                                 (uint8_t) (frame.kind >> 8),
                                 frame.flags };
        (void) fwrite (head, 1, data ? 5 : 6, file);
        (void) fwrite (args, 1, size, file);
    }
    const uint8_t lost[] = { who | 3 << 2, 0, 0 };
    if (event->kind == RTI_EVENT_LOST)
        (void) fwrite (lost, 1, sizeof lost, file);
    base_arena_fini (&arena);
}

/*  With MUSTER_SEEDS=FOLDER every story becomes a seed for the fuzz target. */
static void driver_write_seeds (const rti_driver_t *self)
{
    static int number;
    char path[512];
    const char *folder = getenv ("MUSTER_SEEDS");
    if (!folder)
        return;
    (void) snprintf (path, sizeof path, "%s/%s_%02d", folder, program_invocation_short_name,
                     ++number);
    FILE *file = fopen (path, "wb");
    for (size_t i = 0; file && i < self->tape_count; i++)
        driver_write_seed (file, &self->tape[i]);
    if (file)
        (void) fclose (file);
}

void rti_driver_fini (rti_driver_t *self)
{
    driver_write_seeds (self);
    rti_core_destroy (&self->core);
    rti_effects_fini (&self->effects);
    rti_driver_forget (self);
    for (size_t i = 0; i < self->tape_count; i++) {
        free ((void *) (uintptr_t) self->tape[i].data);
        free ((void *) (uintptr_t) self->tape[i].text);
    }
    free (self->tape);
    *self = (rti_driver_t){ 0 };
}

rti_player_t *rti_driver_connect (rti_driver_t *self, const char *name)
{
    base_assert (self->player_count < RTI_DRIVER_PLAYERS);
    rti_player_t *player = &self->players[self->player_count++];
    *player = (rti_player_t){ .name = name,
                              .connection = ++self->last_connection,
                              .queue_min = WIRE_TIME_NEVER };
    return player;
}

rti_player_t *rti_driver_player (rti_driver_t *self, const char *name)
{
    for (uint32_t i = self->player_count; i-- > 0;)
        if (strcmp (self->players[i].name, name) == 0)
            return &self->players[i];
    return rti_driver_connect (self, name);
}

static wire_text_t driver_text (const char *text)
{
    return (wire_text_t){ text, strlen (text) };
}

void rti_driver_create (rti_driver_t *self, const char *name, const char *federation)
{
    wire_module_item_t module = { .form = WIRE_MODULE_FILE,
                                  .name = driver_text ("bodies.xml"),
                                  .content = { (const uint8_t *) rti_driver_fom,
                                               strlen (rti_driver_fom) } };
    wire_create_federation_execution_t create = { driver_text (federation), { &module, 1 } };
    rti_driver_ask (self, name, WIRE_SERVICE_CREATE_FEDERATION_EXECUTION, &create);
}

void rti_driver_join (rti_driver_t *self, const char *name, uint64_t flags)
{
    wire_text_t endpoint = driver_text ("tcp://127.0.0.1:1");
    wire_join_t join = { .federation = driver_text ("world"),
                         .federate_name = driver_text (name),
                         .federate_type = driver_text ("test"),
                         .host = driver_text ("here"),
                         .process = 1,
                         .endpoints = { &endpoint, 1 },
                         .flags = flags };
    rti_driver_ask (self, name, WIRE_SERVICE_JOIN, &join);
}

void rti_driver_resign (rti_driver_t *self, const char *name, wire_resign_action_t action)
{
    wire_resign_federation_execution_t resign = { action };
    rti_driver_ask (self, name, WIRE_SERVICE_RESIGN_FEDERATION_EXECUTION, &resign);
}

static wire_handles_t driver_mask (uint64_t mask, wire_handle_t handles[64])
{
    wire_handles_t list = { handles, 0 };
    for (uint64_t i = 0; i < 64; i++)
        if ((mask >> i & 1) != 0)
            handles[list.count++] = i + 1;
    return list;
}

void rti_driver_publish (rti_driver_t *self, const char *name, uint32_t class, uint64_t mask)
{
    wire_handle_t handles[64];
    wire_publish_object_class_attributes_t args = { class, driver_mask (mask, handles) };
    rti_driver_ask (self, name, WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES, &args);
}

void rti_driver_subscribe (rti_driver_t *self, const char *name, uint32_t class, uint64_t mask)
{
    wire_handle_t handles[64];
    wire_subscribe_object_class_attributes_t args = { class, driver_mask (mask, handles) };
    rti_driver_ask (self, name, WIRE_SERVICE_SUBSCRIBE_OBJECT_CLASS_ATTRIBUTES, &args);
}

uint64_t rti_driver_object (rti_driver_t *self, const char *name, uint64_t counter)
{
    return (uint64_t) rti_driver_player (self, name)->handle << 40 | counter;
}

void rti_driver_register (rti_driver_t *self, const char *name, uint64_t counter, uint32_t class)
{
    wire_register_t args = { .object = rti_driver_object (self, name, counter), .class = class };
    rti_driver_send (self, name, WIRE_SERVICE_REGISTER, &args);
}

void rti_driver_world (rti_driver_t *self, const char *const *names)
{
    self->quiet = true;
    rti_driver_create (self, names[0], "world");
    for (; *names; names++)
        rti_driver_join (self, *names, 0);
    self->quiet = false;
}
