/*  Data by the RTI: because it was asked for, because a peer cannot be reached, or because the
   sender leaves before a receiver has answered. */
#include "tests/integration/federates.h"
#include "tests/support/process.h"
#include "link/clock.h"
#include "link/router.h"
#include "link/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  sun and moon exchange notes, objects and time; whatever the road, the same is heard. */
static void everything_arrives (stage_t *stage, actor_t *sun, actor_t *moon)
{
    enum { UPDATES = 200 };
    actor_publishes (sun, "Body");
    actor_subscribes (moon, "Body");
    CHECK_OK (mst_publish_interaction (moon->fed, actor_interaction (moon, "Note")));
    CHECK_OK (mst_subscribe_interaction (sun->fed, actor_interaction (sun, "Note")));
    actor_keeps_time (stage, sun, 1);
    actor_keeps_time (stage, moon, 1);
    stage_settle (stage);
    actor_forget (moon);
    actor_forget (sun);
    mst_object_t body = actor_registers (sun, "Body");
    CHECK_OK (actor_updates (sun, body, "Mass", "7", 7));
    CHECK_OK (actor_updates (sun, body, "Colour", "red", MST_TIME_NONE));
    CHECK_OK (actor_sends (moon, "Note", "Text", "hello", MST_TIME_NONE));
    CHECK_OK (mst_time_advance_request (sun->fed, 10));
    CHECK_OK (mst_time_advance_request (moon->fed, 10));
    STAGE_UNTIL (stage, sun->granted == 10 && moon->granted == 10);
    CHECK_TEXT (moon->trace, "discovered sun.1 as Body by sun\n"
                             "reflected sun.1 Colour=red\n"
                             "reflected sun.1 Mass=7 @7\n"
                             "granted 10\n");
    STAGE_UNTIL (stage, mst_asynchronous_delivery (sun->fed, true) == MST_OK || sun->received == 1);
    STAGE_UNTIL (stage, sun->received == 1);
    moon->terse = true;
    for (mst_time_t step = 11; step < 11 + UPDATES; step++) {
        CHECK_OK (actor_updates (sun, body, "Mass", "8", step));
        CHECK_OK (mst_time_advance_request (sun->fed, step));
        CHECK_OK (mst_time_advance_request (moon->fed, step));
        STAGE_UNTIL (stage, sun->granted == step && moon->granted == step);
    }
    CHECK_INT (moon->reflected, UPDATES + 2);
    moon->terse = false;
}

static void with_routes (mst_route_t of_sun, mst_route_t of_moon)
{
    stage_t stage;
    mst_join_options_t options;

    stage_open (&stage);
    options = stage_options (&stage);
    options.route = of_sun;
    actor_t *sun = stage_join_with (&stage, "sun", options);
    options.route = of_moon;
    actor_t *moon = stage_join_with (&stage, "moon", options);
    everything_arrives (&stage, sun, moon);
    stage_close (&stage);
}

static void test_by_the_rti (void)
{
    with_routes (MST_ROUTE_RTI, MST_ROUTE_RTI);
}

static void test_one_side_by_the_rti (void)
{
    with_routes (MST_ROUTE_RTI, MST_ROUTE_PEER);
    with_routes (MST_ROUTE_PEER, MST_ROUTE_RTI);
}

static void test_by_the_environment (void)
{
    CHECK (setenv ("MUSTER_ROUTE", "rti", 1) == 0);
    with_routes (MST_ROUTE_DEFAULT, MST_ROUTE_DEFAULT);
    CHECK (unsetenv ("MUSTER_ROUTE") == 0);
}

/*  With route rti nobody opens a connection to a peer: an address that nobody hears of is never
 * tried. */
static void test_nobody_is_called (void)
{
    stage_t stage;
    mst_join_options_t options;
    const char *address = "tcp://127.0.0.1:*";
    link_router_options_t trap = { .endpoints = &address, .endpoint_count = 1 };
    link_poll_t *poll;
    link_router_t *router;

    CHECK_OR_RETURN (CHECK_OK (link_poll_new (&poll)));
    CHECK_OR_RETURN (CHECK_OK (link_router_new (poll, &trap, &router)));
    stage_open (&stage);
    options = stage_options (&stage);
    options.transport = "tcp";
    options.route = MST_ROUTE_RTI;
    options.advertise = link_router_endpoint (router, 0) + strlen ("tcp://");
    actor_t *sun = stage_join_with (&stage, "sun", options),
            *moon = stage_join_with (&stage, "moon", options);
    everything_arrives (&stage, sun, moon);
    (void) link_poll_wait (poll, 0);
    CHECK_INT (link_router_connection_count (router), 0);
    stage_close (&stage);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

/*  Falling back
 * -------------------------------------------------------------------------------------- */

/*  An advertised address at which nobody listens. What the RTI logs is read by a process test. */
static void test_unreachable_peer (void)
{
    stage_t stage;
    mst_join_options_t options;

    stage_open (&stage);
    options = stage_options (&stage);
    options.transport = "tcp";
    options.advertise = "127.0.0.1:1";
    actor_t *sun = stage_join_with (&stage, "sun", options),
            *moon = stage_join_with (&stage, "moon", options);
    everything_arrives (&stage, sun, moon);
    stage_close (&stage);
}

/*  One way only: sun cannot be reached, moon can. */
static void test_unreachable_one_way (void)
{
    stage_t stage;
    mst_join_options_t options;

    stage_open (&stage);
    options = stage_options (&stage);
    options.transport = "tcp";
    actor_t *moon = stage_join_with (&stage, "moon", options);
    options.advertise = "127.0.0.1:1";
    actor_t *sun = stage_join_with (&stage, "sun", options);
    everything_arrives (&stage, sun, moon);
    stage_close (&stage);
}

static void test_fallback_is_said (void)
{
    stage_t stage;
    test_process_t rti;
    mst_join_options_t options;

    PROCESS_START (&rti, "prog_federates_rti", "log");
    const char *line = test_process_line (&rti, "ready ", 20000);
    CHECK_OR_RETURN (line != NULL);
    stage_open_at (&stage, line + strlen ("ready "));
    options = stage_options (&stage);
    options.transport = "tcp";
    options.advertise = "127.0.0.1:1";
    actor_t *sun = stage_join_with (&stage, "sun", options),
            *moon = stage_join_with (&stage, "moon", options);
    everything_arrives (&stage, sun, moon);
    line =
        test_process_error_line (&rti, "data of \"sun\" to \"moon\" goes through the RTI: ", 20000);
    CHECK_CONTAINS (line ? line : "", "tcp://127.0.0.1:1");
    stage_close (&stage);
    test_process_fini (&rti);
}

/*  Transports that do not fit each other have no common address. */
static void test_no_common_transport (void)
{
    stage_t stage;
    mst_join_options_t options;

    stage_open (&stage);
    options = stage_options (&stage);
    options.transport = "tcp";
    actor_t *sun = stage_join_with (&stage, "sun", options);
    options.transport = "ipc";
    actor_t *moon = stage_join_with (&stage, "moon", options);
    everything_arrives (&stage, sun, moon);
    long long before_ms = test_now_ms ();
    stage_close (&stage);
    CHECK (test_now_ms () - before_ms < 2000); /* nothing waits for a road that is not there */
}

/*  The sender resigns while its receiver, in the same thread, has not said a word. */
static void test_resign_before_the_answer (void)
{
    stage_t stage;

    stage_open (&stage);
    actor_t *sun = stage_join (&stage, "sun"), *moon = stage_join (&stage, "moon");
    CHECK_OK (mst_publish_interaction (sun->fed, actor_interaction (sun, "Note")));
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Note")));
    mst_time_t ignored;
    CHECK_OK (
        mst_query_galt (sun->fed, &ignored)); /* sun knows of the interest; moon says nothing */
    CHECK_OK (actor_sends (sun, "Note", "Text", "last words", MST_TIME_NONE));
    long long before_ms = test_now_ms ();
    actor_resign (sun, MST_RESIGN_NO_ACTION);
    CHECK (test_now_ms () - before_ms <
           2000); /* it does not linger for an answer that cannot come */
    ACTOR_HEARS (&stage, moon, "received Note Text=last words\n");
    ACTOR_NEWS_OF (&stage, moon, "sun resigned\n");
    stage_close (&stage);
}

/*  Data before the departure
 * ----------------------------------------------------------------------- */

enum { WORDS = 3000, WORD_BYTES = 1000, PAUSE_EVERY = 128, PAUSE_MS = 75 };

/*  A receiver that computes now and then: in all for longer than a connection takes to settle once
   its sender has closed it. */
typedef struct listener {
    mst_federate_t fed;
    link_mutex_t mutex;
    link_condition_t changed, never;
    int heard, heard_before_departure; /* -1: nobody has left */
} listener_t;

static void on_word (void *user, mst_federate_t fed, const mst_reception_t *update)
{
    listener_t *self = user;
    (void) fed;
    link_mutex_lock (&self->mutex);
    self->heard += update->value_count == 1 && update->values[0].size_bytes == WORD_BYTES;
    int64_t end_ns = link_clock_ns () + PAUSE_MS * INT64_C (1000000);
    if (self->heard % PAUSE_EVERY == 0)
        (void) link_condition_wait (&self->never, &self->mutex, end_ns);
    link_condition_signal (&self->changed);
    link_mutex_unlock (&self->mutex);
}

static void on_departure (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name)
{
    listener_t *self = user;
    (void) fed;
    (void) id;
    (void) name;
    link_mutex_lock (&self->mutex);
    self->heard_before_departure = self->heard;
    link_condition_signal (&self->changed);
    link_mutex_unlock (&self->mutex);
}

/*  Until so many words came, or somebody left; the speaker runs meanwhile, if he is there. */
static void listen (listener_t *self, actor_t *speaker, int words, bool evoked)
{
    int64_t deadline_ns = link_clock_ns () + STAGE_DEADLINE_MS * INT64_C (1000000);
    bool in_time = true;

    while (in_time) {
        if (evoked && !CHECK_OK (mst_evoke (self->fed, 1, NULL)))
            return;
        if (speaker->joined && !CHECK_OK (mst_evoke (speaker->fed, 1, NULL)))
            return;
        link_mutex_lock (&self->mutex);
        bool there = self->heard >= words || self->heard_before_departure >= 0;
        if (!there && !evoked && !speaker->joined)
            in_time = link_condition_wait (&self->changed, &self->mutex, deadline_ns);
        link_mutex_unlock (&self->mutex);
        if (there)
            return;
        in_time = in_time && link_clock_ns () < deadline_ns;
    }
    CHECK (in_time);
}

static void says_and_leaves (mst_route_t route, mst_callback_model_t model)
{
    static const char word[WORD_BYTES];
    stage_t stage;
    listener_t moon = { .heard_before_departure = -1 };
    mst_class_t body;
    mst_attribute_t colour;

    stage_open (&stage);
    link_mutex_init (&moon.mutex);
    link_condition_init (&moon.changed);
    link_condition_init (&moon.never);
    mst_join_options_t options = stage_options (&stage);
    options.transport = "ipc"; /* as between processes */
    options.route = route;
    options.bundle_bytes = 2 * WORD_BYTES; /* many */
    actor_t *sun = stage_join_with (&stage, "sun", options);
    options.name = "moon";
    options.model = model;
    options.user = &moon;
    options.callbacks =
        (mst_callbacks_t){ .reflected = on_word, .federate_resigned = on_departure };
    CHECK_OK (mst_join (&options, &moon.fed));
    CHECK_OK (mst_class_find (moon.fed, "Body", &body));
    CHECK_OK (mst_attribute_find (moon.fed, body, "Colour", &colour));
    CHECK_OK (mst_subscribe (moon.fed, body, &colour, 1));
    actor_publishes (sun, "Body");
    stage_settle (&stage);
    mst_object_t object = actor_registers (sun, "Body");
    mst_value_t value = { colour.id, WORD_BYTES, word };
    for (int i = 0; i < WORDS; i++) {
        CHECK_OK (mst_update (sun->fed, object, &value, 1, MST_TIME_NONE, NULL));
        if (i == 0) /* so that the route stands */
            listen (&moon, sun, 1, model == MST_EVOKED);
    }
    actor_resign (sun, MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST);
    listen (&moon, sun, WORDS + 1, model == MST_EVOKED);
    CHECK_INT (moon.heard_before_departure, WORDS);
    CHECK_INT (moon.heard, WORDS);
    CHECK_OK (mst_resign (&moon.fed, MST_RESIGN_NO_ACTION));
    stage_close (&stage);
    link_condition_fini (&moon.changed);
    link_condition_fini (&moon.never);
    link_mutex_fini (&moon.mutex);
}

/*  Whatever the road and whoever runs the callbacks: who leaves is heard to the end, then left. */
static void test_heard_to_the_end (void)
{
    says_and_leaves (MST_ROUTE_PEER, MST_EVOKED);
    says_and_leaves (MST_ROUTE_PEER, MST_IMMEDIATE);
    says_and_leaves (MST_ROUTE_RTI, MST_EVOKED);
    says_and_leaves (MST_ROUTE_RTI, MST_IMMEDIATE);
}

/*  Death of a federate whose data goes by the RTI. */
static void test_death_by_the_rti (void)
{
    stage_t stage;
    mst_join_options_t options;

    stage_open (&stage);
    options = stage_options (&stage);
    options.route = MST_ROUTE_RTI;
    actor_t *sun = stage_join_with (&stage, "sun", options),
            *moon = stage_join_with (&stage, "moon", options);
    everything_arrives (&stage, sun, moon);
    CHECK_OK (mst_time_advance_request (moon->fed, 5000));
    mst_abandon (&sun->fed);
    sun->joined = false;
    STAGE_UNTIL (&stage, moon->granted == 5000);
    CHECK_CONTAINS (moon->news, "sun lost at ");
    CHECK_CONTAINS (moon->trace, "removed sun.1");
    stage_close (&stage);
}

static CU_TestInfo route_tests[] = {
    { "by the RTI", test_by_the_rti },
    { "one side by the RTI", test_one_side_by_the_rti },
    { "by the environment", test_by_the_environment },
    { "with route rti no peer is called", test_nobody_is_called },
    { "an unreachable peer", test_unreachable_peer },
    { "unreachable one way", test_unreachable_one_way },
    { "falling back is said", test_fallback_is_said },
    { "no common transport", test_no_common_transport },
    { "a resign before the answer", test_resign_before_the_answer },
    { "who leaves is heard to the end", test_heard_to_the_end },
    { "a death by the RTI", test_death_by_the_rti },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_route", NULL, NULL, NULL, NULL, route_tests })
