/*  federate/core: declarations, the way from one federate to another, and what happens when that
   way is shut, slow or overtaken. A real RTI core stands behind; nothing moves but by the test's
   hand. */
#include "tests/support/check.h"
#include "tests/support/federation.h"
#include "base/alloc.h"
#include "base/error.h"
#include "federate/core/core.h"
#include "rti/core/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static federation_t world;

static void begin (const federate_options_t *options)
{
    CHECK_OK (federation_init (&world, NULL));
    CHECK_OK (federation_join (&world, "sun", options));
    CHECK_OK (federation_join (&world, "moon", options));
    federation_pump (&world);
    federation_forget (&world);
}

/*  The sun publishes, the moon subscribes, and knows one body. */
static mst_object_t begin_with_a_body (const federate_options_t *options)
{
    begin (options);
    federation_declare (&world, "sun", FED_MASK_BODY, 0);
    federation_declare (&world, "moon", 0, FED_MASK_BODY);
    federation_pump (&world);
    mst_object_t object = federation_register (&world, "sun", FED_BODY);
    federation_pump (&world);
    federation_forget (&world);
    return object;
}

static void end (void)
{
    federation_fini (&world);
}

/*  Declarations -------------------------------------------------------------------------------- */

static void test_joined (void)
{
    CHECK_OK (federation_init (&world, NULL));
    CHECK_OK (federation_join (&world, "sun", NULL));
    federation_pump (&world);
    CHECK_OK (federation_join (&world, "moon", NULL));
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "sun: joined moon\nmoon: joined sun\n");
    CHECK_INT (federation_state (&world, "moon").self, 2);
    CHECK_INT (federate_core_peer_find (federation_core (&world, "moon"), "sun"), 1);
    CHECK_INT (federate_core_members (federation_core (&world, "moon"), NULL), 2);

    uint32_t request;
    const char *endpoint = "x";
    federate_join_t again = { "world", "sun", "test", &endpoint, 1 };
    CHECK_ERR (federate_core_join (federation_core (&world, "sun"), &again, &request),
               MST_E_ALREADY_JOINED);
    end ();
}

static void test_refused_join (void)
{
    CHECK_OK (federation_init (&world, NULL));
    CHECK_OK (federation_join (&world, "sun", NULL));
    federation_pump (&world);
    federation_forget (&world);
    CHECK_OK (federation_join (&world, "sun", NULL));
    federation_pump (&world);
    CHECK_CONTAINS (world.trace ? world.trace : "", "sun! FEDERATE_NAME_IN_USE");
    federate_core_t *core = federation_core (&world, "sun"); /* the second one */
    CHECK_ERR (federate_core_publish (core, FED_BODY, FED_MASK_BODY, true, NULL), MST_E_NOT_JOINED);
    CHECK_CONTAINS (mst_error_text (), "call mst_join first");
    end ();
}

static void test_declarations (void)
{
    begin (NULL);
    mst_object_t object = federation_register (&world, "sun", FED_BODY);
    CHECK_INT (object.id, 0);
    federation_declare (&world, "sun", FED_MASK_PLACE | FED_MASK_MASS, 0);
    federation_declare (&world, "moon", 0, FED_MASK_PLACE);
    federation_pump (&world);
    object = federation_register (&world, "sun", FED_BODY);
    (void) federation_update (&world, "sun", object, FED_PLACE, "here", MST_TIME_NONE);
    (void) federation_update (&world, "sun", object, FED_MASS, "7", MST_TIME_NONE);
    (void) federation_update (&world, "sun", object, FED_GLOW, "red", MST_TIME_NONE);
    (void) federation_update (&world, "sun", object, 9, "?", MST_TIME_NONE);
    (void) federation_update (&world, "sun", (mst_object_t){ 77 }, FED_PLACE, "?", MST_TIME_NONE);
    federation_pump (&world);
    FEDERATION_EXPECT (
        &world,
        "sun! CLASS_NOT_PUBLISHED: sun does not publish the class HLAobjectRoot.Body: call "
        "mst_publish\n"
        "sun! NOT_OWNED: sun does not own the attribute Glow of \"sun.1\"\n"
        "sun! ATTRIBUTE_UNKNOWN: sun: value 0 has handle 9, which is unknown or given twice\n"
        "sun! OBJECT_UNKNOWN: sun knows no object with handle 0x4d\n"
        "moon: discovered sun.1 of 2\n"
        "moon: reflected sun.1 2=here\n");
    federate_core_t *core = federation_core (&world, "sun");
    CHECK_ERR (federate_core_publish (core, 9, 2, true, NULL), MST_E_CLASS_UNKNOWN);
    CHECK_ERR (federate_core_publish (core, FED_BODY, 0x100, true, NULL), MST_E_ATTRIBUTE_UNKNOWN);
    CHECK_ERR (federate_core_subscribe_interaction (core, 9, true, NULL),
               MST_E_INTERACTION_UNKNOWN);
    end ();
}

/*  A comet is known as the body that was subscribed; an alarm as the note. What nobody wants is not
 * sent. */
static void test_inherited (void)
{
    begin (NULL);
    CHECK_OK (federate_core_publish (federation_core (&world, "sun"), FED_COMET, 0x1e, true, NULL));
    CHECK_OK (
        federate_core_publish_interaction (federation_core (&world, "sun"), FED_ALARM, true, NULL));
    federation_pump (&world);
    mst_object_t object = federation_register (&world, "sun", FED_COMET);
    (void) federation_update (&world, "sun", object, FED_PLACE, "nobody", MST_TIME_NONE);
    federation_carry_out (&world);
    CHECK_INT (federation_data (&world, "sun", "moon")->count, 0);
    federation_declare (&world, "moon", 0, FED_MASK_PLACE);
    federation_pump (&world);
    (void) federation_update (&world, "sun", object, FED_PLACE, "here", MST_TIME_NONE);
    (void) federation_update (&world, "sun", object, FED_TAIL, "long", MST_TIME_NONE);
    (void) federation_send (&world, "sun", FED_ALARM, "fire", MST_TIME_NONE);
    (void) federation_send (&world, "sun", FED_CHAT, "hm", MST_TIME_NONE);
    federation_pump (&world);
    FEDERATION_EXPECT (&world,
                       "moon: discovered sun.1 of 2\n"
                       "sun! INTERACTION_NOT_PUBLISHED: sun does not publish the interaction "
                       "HLAinteractionRoot.Chat: call mst_publish_interaction\n"
                       "moon: reflected sun.1 2=here\n"
                       "moon: received 2 1=fire\n");
    end ();
}

/*  Routes -------------------------------------------------------------------------------------- */

/*  What is sent before WELCOME waits at the sender. */
static void test_welcome (void)
{
    mst_object_t object = begin_with_a_body (NULL);
    federation_fini (&world);
    begin (NULL);
    federation_declare (&world, "sun", FED_MASK_BODY, 0);
    federation_declare (&world, "moon", 0, FED_MASK_BODY);
    federation_pipe_t *answers = &world.back[0][1];
    answers->held = true;
    federation_pump (&world);
    object = federation_register (&world, "sun", FED_BODY);
    (void) federation_update (&world, "sun", object, FED_PLACE, "here", MST_TIME_NONE);
    federation_pump (&world);
    CHECK (!federate_core_drained (federation_core (&world, "sun")));
    FEDERATION_EXPECT (&world, "moon: discovered sun.1 of 2\n");
    answers->held = false;
    federation_pump (&world);
    CHECK (federate_core_drained (federation_core (&world, "sun")));
    FEDERATION_EXPECT (&world, "moon: reflected sun.1 2=here\n");
    end ();
}

/*  A route that cannot be opened goes through the RTI, and nothing is lost. */
static void test_relay (void)
{
    begin (NULL);
    world.refused[0][1] = true;
    federation_declare (&world, "sun", FED_MASK_BODY, 0);
    federation_declare (&world, "moon", 0, FED_MASK_BODY);
    federation_pump (&world);
    mst_object_t object = federation_register (&world, "sun", FED_BODY);
    for (int i = 0; i < 3; i++)
        (void) federation_update (&world, "sun", object, FED_MASS, "7", MST_TIME_NONE);
    federation_pump (&world);
    CHECK_INT (world.route[0][1], 0);
    FEDERATION_EXPECT (&world, "moon: discovered sun.1 of 2\nmoon: reflected sun.1 3=7\n"
                               "moon: reflected sun.1 3=7\nmoon: reflected sun.1 3=7\n");
    end ();
}

/*  One that fails between HELLO and WELCOME, with bundles waiting. */
static void test_fails_early (void)
{
    begin (NULL);
    federation_declare (&world, "sun", FED_MASK_BODY, 0);
    federation_declare (&world, "moon", 0, FED_MASK_BODY);
    world.back[0][1].held = true;
    federation_pump (&world);
    mst_object_t object = federation_register (&world, "sun", FED_BODY);
    (void) federation_update (&world, "sun", object, FED_MASS, "7", MST_TIME_NONE);
    federation_pump (&world);
    federation_forget (&world);
    CHECK_OK (federate_core_route_failed (federation_core (&world, "sun"), 2, "cut"));
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "moon: reflected sun.1 3=7\n");
    end ();
}

/*  Whoever says HELLO with a token that the RTI did not give is refused; so is who says other
 * things. */
static void test_strangers (void)
{
    (void) begin_with_a_body (NULL);
    federate_core_t *moon = federation_core (&world, "moon");
    static const wire_route_talk_t talks[] = { { .from = 1, .to = 2, .number = 1, .token = 42 },
                                               { .from = 1, .to = 2, .number = 9, .token = 42 } };
    for (int i = 0; i < 2; i++) {
        base_buffer_t frame;
        base_buffer_init (&frame);
        CHECK_OK (wire_route_talk_write (&frame, WIRE_KIND_HELLO, &talks[i]));
        CHECK_OK (
            federate_core_from_peer (moon, 900 + (uint64_t) i, frame.data, frame.size_bytes, NULL));
        federate_effects_t *effects = federate_core_effects (moon);
        CHECK_INT (effects->count, 1);
        CHECK_INT (effects->items[0].kind, FEDERATE_ANSWER);
        CHECK (effects->items[0].close);
        CHECK_CONTAINS ((const char *) effects->items[0].bytes.data +
                            effects->items[0].bytes.size_bytes - 44,
                        "HELLO with a token that the RTI did not give");
        federate_core_effects_done (moon);
        base_buffer_fini (&frame);
    }
    CHECK_OK (federate_core_from_peer (moon, 903, (const uint8_t *) "rubbish", 7, NULL));
    CHECK_INT (federate_core_effects (moon)->count, 1);
    federate_core_effects_done (moon);
    CHECK (!federation_state (&world, "moon").lost);
    end ();
}

/*  A HELLO that overtakes the introduction waits for it. */
static void test_early_hello (void)
{
    begin (NULL);
    federation_declare (&world, "moon", 0, FED_MASK_BODY);
    federation_pump (&world);
    CHECK_OK (federation_join (&world, "mars", NULL));
    federation_down (&world, "moon")->held = true;
    federation_pump (&world);
    CHECK_OK (federate_core_publish (federation_core (&world, "mars"), FED_BODY, FED_MASK_BODY,
                                     true, NULL));
    federation_pump (&world); /* says HELLO */
    mst_object_t object = federation_register (&world, "mars", FED_BODY);
    (void) federation_update (&world, "mars", object, FED_MASS, "3", MST_TIME_NONE);
    federation_pump (&world);
    CHECK (!federate_core_drained (federation_core (&world, "mars")));
    federation_forget (&world);
    federation_down (&world, "moon")->held = false;
    federation_pump (&world);
    FEDERATION_EXPECT (
        &world, "moon: joined mars\nmoon: discovered mars.1 of 2\nmoon: reflected mars.1 3=3\n");
    end ();
}

/*  Windows ------------------------------------------------------------------------------------- */

static char *large (size_t size_bytes)
{
    char *text = malloc (size_bytes + 1);
    memset (text, 'x', size_bytes);
    text[size_bytes] = '\0';
    return text;
}

/*  A receiver that does not take what comes: the sender is told to wait, and nothing was sent.
   Credit lets it go on. */
static void test_window (void)
{
    federate_options_t options = { .route_window_bytes = 1 << 20 };
    mst_object_t object = begin_with_a_body (&options);
    char *text = large (100000);
    int sent = 0;

    world.quiet = true;
    world.members[1].silent = true;
    while (sent < 100 &&
           federation_update (&world, "sun", object, FED_MASS, text, MST_TIME_NONE) == MST_OK) {
        federation_pump (&world);
        sent++;
    }
    world.quiet = false;
    CHECK_INT (sent, 10);
    CHECK_ERR (federation_update (&world, "sun", object, FED_MASS, text, MST_TIME_NONE),
               MST_E_WOULD_BLOCK);
    FEDERATION_EXPECT (
        &world, "sun! WOULD_BLOCK: moon reads slowly: limits.route_window_bytes (1048576) is "
                "reached\n");
    CHECK_INT (federate_core_slow_peer (federation_core (&world, "sun")), 2);
    CHECK_INT (federate_core_counters (federation_core (&world, "sun"))->updates_sent, 10);
    world.quiet = true;
    (void) federation_tell (&world, 1);
    federation_pump (&world); /* credit */
    CHECK_OK (federation_update (&world, "sun", object, FED_MASS, text, MST_TIME_NONE));
    CHECK_INT (federate_core_counters (federation_core (&world, "moon"))->updates_received, 10);
    free (text);
    end ();
}

/*  The pace: a sender waits before its window is full, but only as long as it likes. */
static void test_pace (void)
{
    federate_options_t options = { .route_window_bytes = 4 << 20, .pace_bytes = 512 << 10 };
    mst_object_t object = begin_with_a_body (&options);
    federate_core_t *sun = federation_core (&world, "sun");
    char *text = large (100000);
    int sent = 0, waits = 0;

    world.quiet = true;
    world.members[1].silent = true;
    while (sent < 100) {
        mst_err_t err = federation_update (&world, "sun", object, FED_MASS, text, MST_TIME_NONE);
        federation_pump (&world);
        if (err && !federate_core_paced (sun))
            break;
        sent += err == MST_OK;
        waits += err != MST_OK;
        if (err)
            federate_core_run_ahead (sun);
        if (waits == 1 && err)
            CHECK_INT (sent, 5); /* 512 KiB; then 1 MiB, 2 MiB, 4 MiB */
    }
    CHECK_INT (sent, 41); /* the window holds */
    CHECK_INT (waits, 3);
    CHECK_INT (federate_core_slow_peer (sun), 2);
    world.members[1].silent = false;
    federation_pump (&world); /* all is taken, with several credits */
    while (federation_update (&world, "sun", object, FED_MASS, text, MST_TIME_NONE) == MST_OK)
        CHECK (++sent < 1000);
    CHECK (federate_core_paced (sun)); /* nobody pumped: it waits before the window again */
    federation_pump (&world);
    CHECK_INT (federate_core_counters (federation_core (&world, "moon"))->updates_received,
               (uint64_t) sent);
    free (text);
    end ();
}

/*  What waits for a grant comes back with time alone: there the pace says nothing. */
static void test_pace_timed (void)
{
    federate_options_t options = { .route_window_bytes = 4 << 20, .pace_bytes = 512 << 10 };
    mst_object_t object = begin_with_a_body (&options);
    char *text = large (100000);

    federation_time_on (&world, "sun", 10);
    federation_time_on (&world, "moon", 10);
    world.quiet = true;
    for (int i = 0; i < 15; i++) {
        CHECK_OK (federation_update (&world, "sun", object, FED_PLACE, text, 20));
        CHECK_OK (federation_update (&world, "sun", object, FED_MASS, text, MST_TIME_NONE));
        federation_pump (&world);
    }
    free (text);
    end ();
}

/*  Time-stamped messages cannot wait for a receiver that waits for time: an error that says what to
 * do. */
static void test_window_timed (void)
{
    federate_options_t options = { .route_window_bytes = 1 << 20 };
    mst_object_t object = begin_with_a_body (&options);
    char *text = large (100000);
    mst_err_t err = MST_OK;

    federation_time_on (&world, "sun", 10);
    federation_time_on (&world, "moon", 10);
    for (int i = 0; i < 100 && !err; i++) {
        federation_forget (&world);
        err = federation_update (&world, "sun", object, FED_PLACE, text, 20);
        federation_pump (&world);
    }
    CHECK_ERR (err, MST_E_LIMIT);
    CHECK_CONTAINS (world.trace, "sun! LIMIT: moon has not taken 1001070 bytes from sun: ");
    CHECK_CONTAINS (
        world.trace,
        "limits.route_window_bytes (1048576) is reached; advance in smaller steps or raise");
    free (text);
    end ();
}

/*  While a federate is itself blocked it credits what comes, so that two that write to each other
 * go on. */
static void test_blocked_both (void)
{
    federate_options_t options = { .route_window_bytes = 1 << 20 };
    begin (&options);
    federation_declare (&world, "sun", FED_MASK_BODY, FED_MASK_BODY);
    federation_declare (&world, "moon", FED_MASK_BODY, FED_MASK_BODY);
    federation_pump (&world);
    mst_object_t of_sun = federation_register (&world, "sun", FED_BODY);
    mst_object_t of_moon = federation_register (&world, "moon", FED_BODY);
    federation_pump (&world);
    char *text = large (100000);
    world.members[0].silent = world.members[1].silent = world.quiet = true;
    for (int i = 0; i < 12; i++) {
        (void) federation_update (&world, "sun", of_sun, FED_MASS, text, MST_TIME_NONE);
        (void) federation_update (&world, "moon", of_moon, FED_MASS, text, MST_TIME_NONE);
        federation_pump (&world);
    }
    CHECK_ERR (federation_update (&world, "sun", of_sun, FED_MASS, text, MST_TIME_NONE),
               MST_E_WOULD_BLOCK);
    CHECK_ERR (federation_update (&world, "moon", of_moon, FED_MASS, text, MST_TIME_NONE),
               MST_E_WOULD_BLOCK);
    federate_core_blocked (federation_core (&world, "sun"), true);
    federate_core_blocked (federation_core (&world, "moon"), true);
    federation_pump (&world);
    CHECK_OK (federation_update (&world, "sun", of_sun, FED_MASS, text, MST_TIME_NONE));
    CHECK_OK (federation_update (&world, "moon", of_moon, FED_MASS, text, MST_TIME_NONE));
    free (text);
    end ();
}

static void test_too_large (void)
{
    mst_object_t object = begin_with_a_body (NULL);
    mst_value_t value = { FED_MASS, WIRE_VALUE_MAX + 1, "" };
    federate_core_t *core = federation_core (&world, "sun");
    CHECK_ERR (federate_core_update (core, object, &value, 1, MST_TIME_NONE, NULL), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "value 0 has 16777217 bytes; WIRE_VALUE_MAX is 16777216");
    mst_value_t twice[] = { { FED_MASS, 1, "a" }, { FED_MASS, 1, "b" } };
    CHECK_ERR (federate_core_update (core, object, twice, 2, MST_TIME_NONE, NULL),
               MST_E_ATTRIBUTE_UNKNOWN);
    end ();
}

/*  Marks and probes ---------------------------------------------------------------------------- */

/*  Data that overtakes the registration is held until the object is known. */
static void test_overtakes (void)
{
    (void) begin_with_a_body (NULL);
    mst_object_t object = federation_register (&world, "sun", FED_BODY);
    federation_down (&world, "moon")->held = true;
    (void) federation_update (&world, "sun", object, FED_MASS, "9", MST_TIME_NONE);
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "");
    CHECK_INT (federation_down (&world, "moon")->count,
               2); /* the discovery, and the answer to a PROBE */
    federation_down (&world, "moon")->held = false;
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "moon: discovered sun.2 of 2\nmoon: reflected sun.2 3=9\n");
    end ();
}

/*  The same behind one that is not interested: the answer to the PROBE releases it. */
static void test_probe (void)
{
    mst_object_t object = begin_with_a_body (NULL);
    (void) federation_register (&world, "sun", FED_BODY);
    federation_up (&world, "sun")->held = true;
    (void) federation_update (&world, "sun", object, FED_MASS, "9", MST_TIME_NONE);
    federation_pump (&world);
    FEDERATION_EXPECT (&world,
                       ""); /* the RTI has not seen the registration, so it does not answer */
    federation_up (&world, "sun")->held = false;
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "moon: discovered sun.2 of 2\nmoon: reflected sun.1 3=9\n");
    end ();
}

/*  Control does not overtake data either: a removal waits for the updates before it. */
static void test_need (void)
{
    mst_object_t object = begin_with_a_body (NULL);
    federation_data (&world, "sun", "moon")->held = true;
    (void) federation_update (&world, "sun", object, FED_MASS, "9", MST_TIME_NONE);
    CHECK_OK (federate_core_delete (federation_core (&world, "sun"), object, MST_TIME_NONE, NULL));
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "");
    federation_data (&world, "sun", "moon")->held = false;
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "moon: reflected sun.1 3=9\nmoon: removed sun.1\n");
    end ();
}

/*  A bundle that says that it follows what never was: its sender is not believed any more. */
static void test_liar (void)
{
    (void) begin_with_a_body (NULL);
    wire_bundle_head_t head = { 1, 1, 2, 1, WIRE_TIME_NEVER, 99999, 0, 0 };
    base_buffer_t frame;

    base_buffer_init (&frame);
    CHECK_OK (wire_bundle_begin (&frame));
    CHECK_OK (wire_bundle_end (&frame, &head, WIRE_KIND_BUNDLE));
    federate_core_t *moon = federation_core (&world, "moon");
    CHECK_OK (
        federate_core_from_peer (moon, world.route[0][1], frame.data, frame.size_bytes, NULL));
    federation_pump (&world);
    CHECK_INT (federate_core_counters (moon)->never_came, 1);
    CHECK (!federation_state (&world, "moon").lost);
    FEDERATION_EXPECT (&world, "");
    base_buffer_fini (&frame);
    end ();
}

static CU_TestInfo declaration_tests[] = {
    { "who is there", test_joined },
    { "a join that is refused", test_refused_join },
    { "publish, subscribe and the errors", test_declarations },
    { "classes below", test_inherited },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo route_tests[] = {
    { "nothing leaves before WELCOME", test_welcome },
    { "by the RTI when the route cannot be opened", test_relay },
    { "by the RTI when it fails early", test_fails_early },
    { "strangers", test_strangers },
    { "a HELLO before the introduction", test_early_hello },
    { "a slow receiver", test_window },
    { "a receiver that waits for time", test_window_timed },
    { "a pace", test_pace },
    { "no pace where time is awaited", test_pace_timed },
    { "two that write to each other", test_blocked_both },
    { "too large", test_too_large },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo order_tests[] = {
    { "data overtakes control", test_overtakes },
    { "data overtakes what the RTI has not seen", test_probe },
    { "control overtakes data", test_need },
    { "marks of what never was", test_liar },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "federate: declarations", NULL, NULL, NULL, NULL, declaration_tests },
           { "federate: routes", NULL, NULL, NULL, NULL, route_tests },
           { "federate: marks", NULL, NULL, NULL, NULL, order_tests })
