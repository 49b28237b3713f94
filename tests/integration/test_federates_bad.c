/*  Bad input to a federate's own socket: refused with a text, its connection closed, nobody else
    disturbed. A raw connection plays the stranger; a federate without a library, that joins the RTI
   by hand, plays the peer that was introduced and keeps to no rules. */
#include "tests/integration/federates.h"
#include "tests/support/process.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/random.h"
#include "link/clock.h"
#include "link/dealer.h"
#include "wire/bundle.h"
#include "wire/control.h"
#include "wire/limits.h"
#include "wire/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  sun and moon talk all the while: they are "nobody else". mole learns moon's address and token as
   any federate would, and has a raw connection to it. */
typedef struct mole {
    stage_t stage;
    actor_t *sun, *moon;
    link_poll_t *poll;
    link_dealer_t *rti, *peer;
    uint64_t sequence;
    uint32_t id, incarnation;
    uint64_t token;
    uint32_t moon_id, moon_incarnation, sun_id, sun_incarnation;
    uint64_t moon_token, sun_token;
    char endpoint[160]; /* moon's */
    size_t heard;       /* notes that moon had from sun */
} mole_t;

/*  By hand
 * ------------------------------------------------------------------------------------------ */

static bool next_event (mole_t *self, link_dealer_t *dealer, link_event_t *event)
{
    stage_wait_t wait = { 0 };
    do {
        (void) link_poll_wait (self->poll, 0);
        link_dealer_next (dealer, event);
    } while (event->kind == LINK_EVENT_NONE && stage_turn (&self->stage, &wait));
    return event->kind != LINK_EVENT_NONE;
}

static link_dealer_t *mole_connect (mole_t *self, const char *endpoint)
{
    link_event_t event;
    link_dealer_t *dealer = NULL;
    link_dealer_options_t options = { .endpoint = endpoint, .connect_timeout_ms = 5000 };
    CHECK_OK (link_dealer_new (self->poll, &options, &dealer));
    CHECK (next_event (self, dealer, &event) && event.kind == LINK_EVENT_CONNECTED);
    return dealer;
}

static void mole_send (link_dealer_t *dealer, base_buffer_t *bytes)
{
    bool sent = false;
    CHECK_OK (link_dealer_send (dealer, bytes->data, bytes->size_bytes, &sent));
    CHECK (sent);
    base_buffer_fini (bytes);
}

static void ask_rti (mole_t *self, uint16_t kind, const void *args)
{
    size_t start;
    base_buffer_t bytes = { 0 };
    wire_up_t up = { .incarnation = self->incarnation, .sequence = ++self->sequence };
    CHECK_OK (wire_frame_begin (&bytes, &start));
    CHECK_OK (wire_up_write (&bytes, &up));
    CHECK_OK (wire_service_encode (kind, args, &bytes));
    CHECK_OK (
        wire_frame_end (&bytes, start, kind, WIRE_FLAG_REPLY_WANTED, (uint32_t) self->sequence));
    mole_send (self->rti, &bytes);
}

static bool is_text (wire_text_t text, const char *expected)
{
    return text.size_bytes == strlen (expected) &&
           memcmp (text.data, expected, text.size_bytes) == 0;
}

static void learn (mole_t *self, const wire_introduce_t *who)
{
    if (is_text (who->federate_name, "moon")) {
        self->moon_id = (uint32_t) who->federate;
        self->moon_incarnation = (uint32_t) who->incarnation;
        self->moon_token = who->token;
        for (uint64_t i = 0; i < who->endpoints.count; i++)
            if (who->endpoints.items[i].size_bytes > 6 &&
                memcmp (who->endpoints.items[i].data, "tcp://", 6) == 0)
                (void) snprintf (self->endpoint, sizeof self->endpoint, "%.*s",
                                 (int) who->endpoints.items[i].size_bytes,
                                 who->endpoints.items[i].data);
    } else if (is_text (who->federate_name, "sun")) {
        self->sun_id = (uint32_t) who->federate;
        self->sun_incarnation = (uint32_t) who->incarnation;
        self->sun_token = who->token;
    }
}

static bool read_frame (mole_t *self, const wire_frame_t *frame)
{
    wire_down_t down;
    wire_reply_t reply;
    wire_introduce_t introduce;
    wire_join_result_t result;
    base_arena_t arena = { 0 };
    const uint8_t *args;
    size_t size;
    bool done = false;

    CHECK_OK (wire_down_read (frame, &arena, &down, &args, &size));
    if (frame->kind == WIRE_SERVICE_INTRODUCE &&
        CHECK_OK (
            wire_service_decode (frame->kind, args, size, &arena, &introduce, sizeof introduce)))
        learn (self, &introduce);
    if (frame->kind == WIRE_SERVICE_REPLY &&
        CHECK_OK (wire_service_decode (frame->kind, args, size, &arena, &reply, sizeof reply))) {
        CHECK_INT (reply.error, MST_OK);
        CHECK_OK (wire_service_decode_result (WIRE_SERVICE_JOIN, reply.result.data,
                                              reply.result.size_bytes, &arena, &result,
                                              sizeof result));
        self->id = (uint32_t) result.federate;
        self->incarnation = (uint32_t) result.incarnation;
        self->token = result.token;
        done = true;
    }
    base_arena_fini (&arena);
    return done;
}

static void mole_join (mole_t *self)
{
    wire_join_t args = { .federation = { "world", 5 },
                         .federate_name = { "mole", 4 },
                         .federate_type = { "mole", 4 },
                         .host = { "elsewhere", 9 } };
    link_event_t event;
    bool joined = false;

    self->rti = mole_connect (self, self->stage.endpoint);
    ask_rti (self, WIRE_SERVICE_JOIN, &args);
    while (!joined && next_event (self, self->rti, &event) && event.kind == LINK_EVENT_MESSAGE) {
        wire_frame_t frame;
        size_t offset = 0;
        while (wire_frame_next (event.message.data, event.message.size_bytes, &offset, &frame) ==
                   MST_OK &&
               frame.body)
            joined = read_frame (self, &frame) || joined;
        link_message_release (&event.message);
    }
    CHECK (joined && self->moon_id != 0 && self->sun_id != 0 && self->endpoint[0] != '\0');
}

/*  The stage
 * ------------------------------------------------------------------------------------------- */

static void nobody_is_disturbed (mole_t *self)
{
    size_t before = self->moon->received;
    CHECK_OK (actor_sends (self->sun, "Note", "Text", "hello", MST_TIME_NONE));
    STAGE_UNTIL (&self->stage, self->moon->received == before + 1);
    CHECK_TEXT (self->moon->trace, "received Note Text=hello\n");
    actor_forget (self->moon);
}

static void mole_open (mole_t *self)
{
    mst_join_options_t options;

    *self = (mole_t){ 0 };
    stage_open (&self->stage);
    options = stage_options (&self->stage);
    options.transport = "tcp";
    self->sun = stage_join_with (&self->stage, "sun", options);
    self->moon = stage_join_with (&self->stage, "moon", options);
    CHECK_OK (mst_publish_interaction (self->sun->fed, actor_interaction (self->sun, "Note")));
    CHECK_OK (mst_subscribe_interaction (self->moon->fed, actor_interaction (self->moon, "Note")));
    stage_settle (&self->stage);
    CHECK_OK (link_poll_new (&self->poll));
    mole_join (self);
    self->peer = mole_connect (self, self->endpoint);
    STAGE_UNTIL (&self->stage, strstr (self->moon->news, "mole joined") != NULL);
    actor_forget (self->moon);
    nobody_is_disturbed (self);
}

static void mole_close (mole_t *self)
{
    link_dealer_destroy (&self->peer, 0);
    link_dealer_destroy (&self->rti, 0);
    nobody_is_disturbed (self);
    link_poll_destroy (&self->poll);
    stage_close (&self->stage);
}

/*  moon's answer is REFUSED with this error (0: any) and this in its text, and the end of the
 * connection. */
static void is_refused (mole_t *self, mst_err_t err, const char *part)
{
    link_event_t event;
    wire_frame_t frame = { 0 };
    wire_route_talk_t talk = { 0 };
    size_t offset = 0;
    char text[512] = "";

    if (!CHECK (next_event (self, self->peer, &event)) ||
        !CHECK_INT (event.kind, LINK_EVENT_MESSAGE))
        return;
    CHECK_OK (wire_frame_next (event.message.data, event.message.size_bytes, &offset, &frame));
    CHECK_INT (frame.kind, WIRE_KIND_REFUSED);
    CHECK_OK (wire_route_talk_read (&frame, &talk));
    if (err)
        CHECK_INT (talk.number, err);
    CHECK (talk.text_size_bytes > 0);
    (void) snprintf (text, sizeof text, "%.*s", (int) talk.text_size_bytes, talk.text);
    CHECK_CONTAINS (text, part);
    link_message_release (&event.message);
    CHECK (next_event (self, self->peer, &event) && event.kind == LINK_EVENT_LOST);
    nobody_is_disturbed (self);
}

static void send_raw (mole_t *self, const void *data, size_t size_bytes)
{
    bool sent = false;
    CHECK_OK (link_dealer_send (self->peer, data, size_bytes, &sent));
    CHECK (sent);
}

static void again (mole_t *self)
{
    link_dealer_destroy (&self->peer, 0);
    self->peer = mole_connect (self, self->endpoint);
}

static void say_hello (mole_t *self, uint32_t from, uint64_t incarnation, uint64_t token)
{
    base_buffer_t bytes = { 0 };
    wire_route_talk_t talk = {
        .from = from, .to = self->moon_id, .number = incarnation, .token = token
    };
    CHECK_OK (wire_route_talk_write (&bytes, WIRE_KIND_HELLO, &talk));
    mole_send (self->peer, &bytes);
}

static void is_welcome (mole_t *self)
{
    link_event_t event;
    wire_frame_t frame = { 0 };
    size_t offset = 0;

    say_hello (self, self->id, self->incarnation, self->token);
    if (!CHECK (next_event (self, self->peer, &event)) ||
        !CHECK_INT (event.kind, LINK_EVENT_MESSAGE))
        return;
    CHECK_OK (wire_frame_next (event.message.data, event.message.size_bytes, &offset, &frame));
    CHECK_INT (frame.kind, WIRE_KIND_WELCOME);
    link_message_release (&event.message);
}

/*  A bundle with one note of `size_bytes`. */
static base_buffer_t note_bundle (const mole_t *self, wire_bundle_head_t head, size_t size_bytes)
{
    static uint8_t zeros[16 * 1024 * 1024];
    base_buffer_t bytes = { 0 };
    wire_message_value_t value = { 1, (uint32_t) size_bytes, zeros };
    wire_message_t message = { .type = WIRE_MESSAGE_INTERACTION,
                               .value_count = 1,
                               .target = actor_interaction (self->moon, "Note").id };

    base_buffer_init (&bytes);
    CHECK_OK (wire_bundle_begin (&bytes));
    CHECK_OK (wire_bundle_add (&bytes, &message, &value));
    CHECK_OK (wire_bundle_end (&bytes, &head, WIRE_KIND_BUNDLE));
    return bytes;
}

static wire_bundle_head_t mole_head (const mole_t *self, uint64_t sequence)
{
    return (wire_bundle_head_t){ .from = self->id,
                                 .incarnation = self->incarnation,
                                 .to = self->moon_id,
                                 .sequence = sequence,
                                 .smallest = WIRE_TIME_NEVER,
                                 .count = 1 };
}

/*  Strangers
 * -----------------------------------------------------------------------------------------------
 */

static void test_garbage (void)
{
    mole_t mole;
    base_random_t random;
    uint8_t bytes[200];

    mole_open (&mole);
    send_raw (&mole, "GET / HTTP/1.1\r\n\r\n", 18);
    is_refused (&mole, MST_OK, "");
    again (&mole);
    send_raw (&mole, "x", 1);
    is_refused (&mole, MST_OK, "");
    base_random_init (&random, 7);
    for (int i = 0; i < 12; i++) {
        size_t size = 1 + (size_t) base_random_below (&random, sizeof bytes);
        for (size_t k = 0; k < size; k++)
            bytes[k] = (uint8_t) base_random_next (&random);
        again (&mole);
        send_raw (&mole, bytes, size);
        is_refused (&mole, MST_OK, "");
    }
    mole_close (&mole);
}

static void test_wrong_version (void)
{
    mole_t mole;
    base_buffer_t bytes = { 0 };
    wire_route_talk_t talk = { .from = 1, .to = 2 };

    mole_open (&mole);
    CHECK_OK (wire_route_talk_write (&bytes, WIRE_KIND_HELLO, &talk));
    bytes.data[8] = 9; /* the version; a frame of another version need not have our checksum */
    mole_send (mole.peer, &bytes);
    is_refused (&mole, MST_E_VERSION, "version");
    mole_close (&mole);
}

static void test_wrong_token (void)
{
    mole_t mole;

    mole_open (&mole);
    say_hello (&mole, mole.id, mole.incarnation, mole.token + 1);
    is_refused (&mole, MST_E_NOT_INTRODUCED, "token");
    again (&mole);
    say_hello (&mole, mole.id, mole.incarnation + 1, mole.token);
    is_refused (&mole, MST_E_NOT_INTRODUCED, "token");
    again (&mole);
    say_hello (&mole, mole.sun_id, mole.sun_incarnation, mole.token); /* as if it were sun */
    is_refused (&mole, MST_E_NOT_INTRODUCED, "token");
    again (&mole);
    is_welcome (&mole); /* and as itself */
    nobody_is_disturbed (&mole);
    mole_close (&mole);
}

/*  Bundles without a HELLO, and from somebody whom the RTI does not know. */
static void test_never_introduced (void)
{
    mole_t mole;
    wire_bundle_head_t head;

    mole_open (&mole);
    base_buffer_t bytes = note_bundle (&mole, mole_head (&mole, 1), 10);
    mole_send (mole.peer, &bytes);
    is_refused (&mole, MST_E_NOT_INTRODUCED, "not introduced");
    again (&mole);
    head = mole_head (&mole, 1);
    head.from = 999;
    bytes = note_bundle (&mole, head, 10);
    mole_send (mole.peer, &bytes);
    is_refused (&mole, MST_E_NOT_INTRODUCED, "999");
    again (&mole);
    head = (wire_bundle_head_t){ .from = mole.sun_id,
                                 .incarnation = mole.sun_incarnation,
                                 .to = mole.moon_id,
                                 .sequence = 2,
                                 .smallest = WIRE_TIME_NEVER,
                                 .count = 1 };
    bytes = note_bundle (&mole, head, 10); /* in sun's name */
    mole_send (mole.peer, &bytes);
    is_refused (&mole, MST_E_NOT_INTRODUCED, "not introduced");
    mole_close (&mole);
}

/*  HELLOs of federates that never come: so many are kept, the others refused. */
static void test_strangers_wait (void)
{
    mole_t mole;

    mole_open (&mole);
    for (uint32_t i = 0; i < 2000; i++)
        say_hello (&mole, 1000 + i, 1, 1);
    is_refused (&mole, MST_E_LIMIT, "strangers");
    again (&mole);
    is_welcome (&mole);
    mole_close (&mole);
}

/*  Peers that keep to no rules
 * ---------------------------------------------------------------------------- */

static void breaks_rules (mole_t *mole, base_buffer_t bytes, mst_err_t err, const char *part)
{
    mole_send (mole->peer, &bytes);
    is_refused (mole, err, part);
}

static void test_bundle_for_another (void)
{
    mole_t mole;
    mole_open (&mole);
    is_welcome (&mole);
    wire_bundle_head_t head = mole_head (&mole, 1);
    head.to = mole.sun_id;
    breaks_rules (&mole, note_bundle (&mole, head, 10), MST_E_MALFORMED, "for federate");
    mole_close (&mole);
}

static void test_bundle_in_another_name (void)
{
    mole_t mole;
    mole_open (&mole);
    is_welcome (&mole);
    wire_bundle_head_t head = mole_head (&mole, 2);
    head.from = mole.sun_id;
    head.incarnation = mole.sun_incarnation;
    breaks_rules (&mole, note_bundle (&mole, head, 10), MST_E_NOT_INTRODUCED, "not introduced");
    mole_close (&mole);
}

static void test_bundle_with_a_gap (void)
{
    mole_t mole;
    mole_open (&mole);
    is_welcome (&mole);
    wire_bundle_head_t head = mole_head (&mole, 5);
    base_buffer_t bytes = note_bundle (&mole, head, 10);
    link_event_t event;
    mole_send (mole.peer, &bytes);
    CHECK (next_event (&mole, mole.peer, &event));
    link_message_release (&event.message);
    nobody_is_disturbed (&mole);
    mole_close (&mole);
}

/*  The frame is whole, and the messages in it are not. */
static void test_bundle_of_nonsense (void)
{
    mole_t mole;
    mole_open (&mole);
    is_welcome (&mole);
    wire_bundle_head_t head = mole_head (&mole, 1);
    head.count = 3; /* there is one */
    base_buffer_t bytes = note_bundle (&mole, head, 10);
    mole_send (mole.peer, &bytes);
    size_t before = mole.moon->received;
    STAGE_UNTIL (&mole.stage, mole.moon->received == before + 1); /* what is there is good */
    actor_forget (mole.moon);
    nobody_is_disturbed (&mole);
    mole_close (&mole);
}

/*  Time stamps of a peer that does not regulate, below what the receiver was granted. */
static void test_below_its_bound (void)
{
    mole_t mole;
    base_buffer_t bytes;

    mole_open (&mole);
    actor_keeps_time (&mole.stage, mole.moon, 1);
    CHECK_OK (mst_asynchronous_delivery (mole.moon->fed, true));
    actor_advances (&mole.stage, mole.moon, 100);
    actor_forget (mole.moon);
    is_welcome (&mole);
    base_buffer_init (&bytes);
    wire_message_t message = { .type = WIRE_MESSAGE_INTERACTION,
                               .order = WIRE_ORDER_TIMESTAMP,
                               .has_time = true,
                               .time = 5,
                               .target = actor_interaction (mole.moon, "Note").id };
    wire_bundle_head_t head = mole_head (&mole, 1);
    head.smallest = 5;
    CHECK_OK (wire_bundle_begin (&bytes));
    CHECK_OK (wire_bundle_add (&bytes, &message, NULL));
    CHECK_OK (wire_bundle_end (&bytes, &head, WIRE_KIND_BUNDLE));
    mole_send (mole.peer, &bytes);
    ACTOR_HEARS (&mole.stage, mole.moon,
                 "refused MST_E_TIME_PASSED: a message of mole for time 5 is dropped: "
                 "moon is at time 100 already\n");
    nobody_is_disturbed (&mole);
    actor_advances (&mole.stage, mole.moon, 101); /* time goes on, and never back */
    CHECK_INT (mole.moon->granted, 101);
    actor_forget (mole.moon);
    mole_close (&mole);
}

/*  It has no window: the limit on what waits here ends it, and it is named. */
static void test_flood (void)
{
    enum { MIB = 1024 * 1024, VALUE_BYTES = 8 * MIB, BUNDLES = 40 };
    mole_t mole;
    link_event_t event = { .kind = LINK_EVENT_NONE };

    mole_open (&mole);
    CHECK_OK (
        mst_enable_constrained (mole.moon->fed)); /* granted: it keeps receive-order messages */
    STAGE_UNTIL (&mole.stage, mole.moon->constrained);
    actor_forget (mole.moon);
    is_welcome (&mole);
    for (uint64_t i = 1; i <= BUNDLES && event.kind != LINK_EVENT_LOST; i++) {
        bool sent = false;
        stage_wait_t wait = { 0 };
        base_buffer_t bytes = note_bundle (&mole, mole_head (&mole, i), VALUE_BYTES);
        while (!sent &&
               link_dealer_send (mole.peer, bytes.data, bytes.size_bytes, &sent) == MST_OK && !sent)
            CHECK_OR_RETURN (stage_turn (&mole.stage, &wait));
        base_buffer_fini (&bytes);
        (void) stage_turn (&mole.stage, &wait);
    }
    ACTOR_HEARS_OF (&mole.stage, mole.moon, "refused MST_E_LIMIT: mole floods moon: it sent ");
    CHECK_CONTAINS (mole.moon->trace, "limits.receive_queue_bytes is 268435456\n");
    do
        CHECK_OR_RETURN (next_event (&mole, mole.peer, &event));
    while (event.kind == LINK_EVENT_MESSAGE && (link_message_release (&event.message), true));
    CHECK_INT (event.kind, LINK_EVENT_LOST);
    mole.moon->terse = true;
    CHECK_OK (mst_disable_constrained (mole.moon->fed));
    STAGE_UNTIL (&mole.stage, mole.moon->received > BUNDLES / 2);
    mole.moon->terse = false;
    actor_forget (mole.moon);
    mole_close (&mole);
}

/*  A message larger than any of ours: the connection is closed before it is all there. */
static void test_huge_message (void)
{
    enum { HUGE_BYTES = WIRE_BODY_MAX + 1024 };
    mole_t mole;
    link_event_t event;
    bool sent = false;
    uint8_t *bytes = calloc (1, HUGE_BYTES);

    mole_open (&mole);
    is_welcome (&mole);
    CHECK_OK (link_dealer_send (mole.peer, bytes, HUGE_BYTES, &sent));
    CHECK (next_event (&mole, mole.peer, &event) && event.kind == LINK_EVENT_LOST);
    nobody_is_disturbed (&mole);
    mole_close (&mole);
    free (bytes);
}

static CU_TestInfo bad_tests[] = {
    { "garbage", test_garbage },
    { "another version", test_wrong_version },
    { "HELLO with a wrong token", test_wrong_token },
    { "bundles of somebody never introduced", test_never_introduced },
    { "strangers wait, but not all", test_strangers_wait },
    { "a bundle for another", test_bundle_for_another },
    { "a bundle in another's name", test_bundle_in_another_name },
    { "a bundle with a gap", test_bundle_with_a_gap },
    { "a bundle of nonsense", test_bundle_of_nonsense },
    { "time stamps below the bound", test_below_its_bound },
    { "a peer that floods", test_flood },
    { "a huge message", test_huge_message },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_bad", NULL, NULL, NULL, NULL, bad_tests })
