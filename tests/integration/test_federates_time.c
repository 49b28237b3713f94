/*  Logical time over real sockets: the four requests, lookahead, GALT and LITS, receive order held
   and not held, errors, float64 time, and who holds whom. */
#include "tests/integration/federates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  sun sends bodies and ticks, moon gets them; both keep time. */
typedef struct clocked {
    stage_t stage;
    actor_t *sun, *moon;
    mst_object_t body;
} clocked_t;

static void clocked_open (clocked_t *self, mst_time_t sun_lookahead, mst_time_t moon_lookahead)
{
    stage_open (&self->stage);
    self->sun = stage_join (&self->stage, "sun");
    self->moon = stage_join (&self->stage, "moon");
    actor_publishes (self->sun, "Body");
    actor_subscribes (self->moon, "Body");
    CHECK_OK (mst_publish_interaction (self->sun->fed, actor_interaction (self->sun, "Tick")));
    CHECK_OK (mst_subscribe_interaction (self->moon->fed, actor_interaction (self->moon, "Tick")));
    CHECK_OK (mst_publish_interaction (self->sun->fed, actor_interaction (self->sun, "Note")));
    CHECK_OK (mst_subscribe_interaction (self->moon->fed, actor_interaction (self->moon, "Note")));
    actor_keeps_time (&self->stage, self->sun, sun_lookahead);
    actor_keeps_time (&self->stage, self->moon, moon_lookahead);
    stage_settle (&self->stage);
    self->body = actor_registers (self->sun, "Body");
    STAGE_UNTIL (&self->stage, self->moon->discovered == 1);
    actor_forget (self->sun);
    actor_forget (self->moon);
}

static void clocked_close (clocked_t *self)
{
    stage_close (&self->stage);
}

static void tick (clocked_t *self, const char *count, mst_time_t time)
{
    CHECK_OK (actor_sends (self->sun, "Tick", "Count", count, time));
}

static mst_time_t now_of (const actor_t *self)
{
    mst_time_t now = MST_TIME_NONE;
    CHECK_OK (mst_query_time (self->fed, &now));
    return now;
}

/*  The four requests ------------------------------------------------------------------------------
 */

/*  TAR: all up to and including the time, in the order of time, then the grant. */
static void test_tar (void)
{
    clocked_t with;

    clocked_open (&with, 1, 1);
    tick (&with, "c", 30);
    tick (&with, "a", 10);
    tick (&with, "b", 20);
    tick (&with, "a again", 10);
    CHECK_OK (mst_time_advance_request (with.sun->fed, 50));
    actor_advances (&with.stage, with.moon, 20);
    CHECK_TEXT (with.moon->trace, "received Tick Count=a @10\nreceived Tick Count=a again @10\n"
                                  "received Tick Count=b @20\ngranted 20\n");
    CHECK_INT (now_of (with.moon), 20);
    actor_forget (with.moon);
    actor_advances (&with.stage, with.moon, 40);
    CHECK_TEXT (with.moon->trace, "received Tick Count=c @30\ngranted 40\n");
    clocked_close (&with);
}

/*  Ties between senders are broken by name, whoever was first on the way. */
static void test_ties (void)
{
    clocked_t with;

    clocked_open (&with, 1, 1);
    actor_t *mars = stage_join (&with.stage, "mars");
    CHECK_OK (mst_publish_interaction (mars->fed, actor_interaction (mars, "Tick")));
    actor_keeps_time (&with.stage, mars, 1);
    stage_settle (&with.stage);
    tick (&with, "sun", 5);
    CHECK_OK (mst_flush (with.sun->fed));
    CHECK_OK (actor_sends (mars, "Tick", "Count", "mars", 5));
    CHECK_OK (mst_time_advance_request (with.sun->fed, 9));
    CHECK_OK (mst_time_advance_request (mars->fed, 9));
    actor_advances (&with.stage, with.moon, 9);
    CHECK_TEXT (with.moon->trace,
                "received Tick Count=mars @5\nreceived Tick Count=sun @5\ngranted 9\n");
    clocked_close (&with);
}

/*  TARA: granted at GALT itself; more may come at the same time. */
static void test_tara (void)
{
    clocked_t with;

    clocked_open (&with, 1, 1);
    CHECK_OK (mst_time_advance_request (with.sun->fed, 9)); /* may send from 10 on */
    STAGE_UNTIL (&with.stage, with.sun->grants == 0 || true);
    CHECK_OK (mst_time_advance_request_available (with.moon->fed, 10));
    STAGE_UNTIL (&with.stage, with.moon->grants == 1 && with.sun->grants == 1);
    CHECK_INT (with.moon->granted, 10);
    tick (&with, "late, and legal", 10);
    CHECK_OK (mst_time_advance_request (with.sun->fed, 30));
    actor_forget (with.moon);
    actor_advances (&with.stage, with.moon, 10);
    CHECK_TEXT (with.moon->trace, "received Tick Count=late, and legal @10\ngranted 10\n");
    clocked_close (&with);
}

/*  NMR: granted at the next message, with all messages of that time. */
static void test_nmr (void)
{
    clocked_t with;

    clocked_open (&with, 1, 1);
    tick (&with, "one", 7);
    tick (&with, "two", 7);
    tick (&with, "three", 12);
    CHECK_OK (mst_time_advance_request (with.sun->fed, 50));
    CHECK_OK (mst_next_message_request (with.moon->fed, 20));
    STAGE_UNTIL (&with.stage, with.moon->grants == 1);
    CHECK_TEXT (with.moon->trace,
                "received Tick Count=one @7\nreceived Tick Count=two @7\ngranted 7\n");
    actor_forget (with.moon);
    CHECK_OK (mst_next_message_request_available (with.moon->fed, 20));
    STAGE_UNTIL (&with.stage, with.moon->grants == 2);
    CHECK_TEXT (with.moon->trace, "received Tick Count=three @12\ngranted 12\n");
    actor_forget (with.moon);
    CHECK_OK (mst_next_message_request (with.moon->fed, 20)); /* no more messages */
    STAGE_UNTIL (&with.stage, with.moon->grants == 3);
    CHECK_TEXT (with.moon->trace, "granted 20\n");
    clocked_close (&with);
}

/*  After an early grant the floor for sends is the grant plus lookahead. */
static void test_floor_after_nmr (void)
{
    clocked_t with;

    clocked_open (&with, 1, 5);
    CHECK_OK (mst_publish_interaction (with.moon->fed, actor_interaction (with.moon, "Tick")));
    tick (&with, "one", 7);
    CHECK_OK (mst_time_advance_request (with.sun->fed, 4));
    CHECK_OK (mst_next_message_request (with.moon->fed, 100));
    CHECK_ERR (actor_sends (with.moon, "Tick", "Count", "early", 104), MST_E_INVALID_TIME);
    STAGE_UNTIL (&with.stage, with.sun->grants == 1);
    CHECK_OK (mst_time_advance_request (with.sun->fed, 10));
    STAGE_UNTIL (&with.stage, with.moon->grants == 1);
    CHECK_INT (with.moon->granted, 7);
    CHECK_ERR (actor_sends (with.moon, "Tick", "Count", "early", 11), MST_E_INVALID_TIME);
    CHECK_OK (actor_sends (with.moon, "Tick", "Count", "good", 12));
    clocked_close (&with);
}

/*  Zero lookahead: after TAR nothing more at that time, after TARA it is allowed. */
static void test_zero_lookahead (void)
{
    clocked_t with;

    clocked_open (&with, 0, 1);
    actor_advances (&with.stage, with.sun, 0);
    CHECK_ERR (actor_sends (with.sun, "Tick", "Count", "now", 0), MST_E_INVALID_TIME);
    tick (&with, "soon", 1);
    CHECK_OK (mst_time_advance_request_available (with.sun->fed, 1));
    STAGE_UNTIL (&with.stage, with.sun->grants == 2);
    tick (&with, "now", 1);
    CHECK_OK (mst_time_advance_request (with.sun->fed, 5));
    actor_advances (&with.stage, with.moon, 3);
    CHECK_TEXT (with.moon->trace,
                "received Tick Count=soon @1\nreceived Tick Count=now @1\ngranted 3\n");
    clocked_close (&with);
}

/*  Lookahead, GALT, LITS
 * ----------------------------------------------------------------------------- */

static void test_lookahead (void)
{
    clocked_t with;
    mst_time_t lookahead;

    clocked_open (&with, 10, 1);
    CHECK_OK (mst_query_lookahead (with.sun->fed, &lookahead));
    CHECK_INT (lookahead, 10);
    CHECK_OK (mst_modify_lookahead (with.sun->fed, 20)); /* grows at once */
    CHECK_OK (mst_query_lookahead (with.sun->fed, &lookahead));
    CHECK_INT (lookahead, 20);
    CHECK_ERR (actor_sends (with.sun, "Tick", "Count", "x", 19), MST_E_INVALID_TIME);
    CHECK_OK (mst_modify_lookahead (with.sun->fed, 5)); /* shrinks as time goes on */
    CHECK_OK (mst_query_lookahead (with.sun->fed, &lookahead));
    CHECK_INT (lookahead, 20);
    CHECK_OK (mst_time_advance_request (with.moon->fed, 1000));
    actor_advances (&with.stage, with.sun, 8);
    CHECK_OK (mst_query_lookahead (with.sun->fed, &lookahead));
    CHECK_INT (lookahead, 12);
    CHECK_ERR (actor_sends (with.sun, "Tick", "Count", "x", 19), MST_E_INVALID_TIME);
    tick (&with, "x", 20);
    actor_advances (&with.stage, with.sun, 100);
    CHECK_OK (mst_query_lookahead (with.sun->fed, &lookahead));
    CHECK_INT (lookahead, 5);
    CHECK_ERR (mst_modify_lookahead (with.sun->fed, -1), MST_E_INVALID_LOOKAHEAD);
    CHECK_ERR (mst_modify_lookahead (with.moon->fed, 3), MST_E_ADVANCE_PENDING);
    clocked_close (&with);
}

static void test_galt_and_lits (void)
{
    clocked_t with;
    mst_time_t time;

    clocked_open (&with, 10, 1);
    CHECK_OK (mst_query_galt (with.moon->fed, &time));
    CHECK_INT (time, 10);
    CHECK_OK (mst_query_galt (with.sun->fed, &time));
    CHECK_INT (time, 1);
    CHECK_OK (mst_query_lits (with.moon->fed, &time));
    CHECK_INT (time, 10);
    tick (&with, "x", 15);
    CHECK_OK (mst_time_advance_request (with.sun->fed, 30));
    stage_settle (&with.stage);
    CHECK_OK (mst_query_galt (with.moon->fed, &time));
    CHECK_INT (time, 40);
    CHECK_OK (mst_query_lits (with.moon->fed, &time));
    CHECK_INT (time, 15);
    CHECK_OK (mst_disable_regulation (with.sun->fed));
    CHECK_ERR (mst_disable_regulation (with.sun->fed), MST_E_REGULATION_OFF);
    CHECK_ERR (mst_query_lookahead (with.sun->fed, &time), MST_E_REGULATION_OFF);
    stage_settle (&with.stage);
    CHECK_OK (mst_query_galt (with.moon->fed, &time));
    CHECK (time == MST_TIME_NEVER);
    clocked_close (&with);
}

/*  Nobody else regulates: a constrained federate is not held. */
static void test_alone (void)
{
    stage_t stage;

    stage_open (&stage);
    actor_t *sun = stage_join (&stage, "sun");
    CHECK_OK (mst_enable_time (sun->fed, 1));
    CHECK_TEXT (sun->trace, "regulating @0\nconstrained @0\n");
    CHECK_OK (mst_advance (sun->fed, 100, 5000));
    CHECK_OK (mst_advance (sun->fed, 100, 5000));
    CHECK_INT (now_of (sun), 100);
    CHECK_ERR (mst_enable_time (sun->fed, 1), MST_E_REGULATION_ON);
    CHECK_OK (mst_disable_regulation (sun->fed));
    CHECK_ERR (mst_enable_time (sun->fed, 1), MST_E_CONSTRAINED_ON);
    CHECK_CONTAINS (mst_error_text (), "mst_enable_regulation enables the rest");
    CHECK_OK (mst_enable_regulation (sun->fed, 1)); /* it had not been enabled on the way */
    stage_close (&stage);
}

/*  Who begins to regulate late starts where nobody can be hurt. */
static void test_late_regulation (void)
{
    clocked_t with;

    clocked_open (&with, 1, 1);
    CHECK_OK (mst_time_advance_request (with.sun->fed, 50));
    actor_advances (&with.stage, with.moon, 50);
    STAGE_UNTIL (&with.stage, with.sun->grants == 1);
    actor_t *mars = stage_join (&with.stage, "mars");
    CHECK_OK (mst_enable_regulation (mars->fed, 5));
    STAGE_UNTIL (&with.stage, mars->regulating);
    CHECK (now_of (mars) >= 45);
    clocked_close (&with);
}

/*  Receive order
 * ------------------------------------------------------------------------------------- */

/*  A constrained federate gets receive-order messages only while it advances, unless it asked. */
static void test_receive_order_is_held (void)
{
    clocked_t with;

    clocked_open (&with, 1, 1);
    CHECK_OK (actor_sends (with.sun, "Note", "Text", "hello", MST_TIME_NONE));
    CHECK_OK (actor_updates (with.sun, with.body, "Colour", "red", MST_TIME_NONE));
    stage_settle (&with.stage);
    for (int i = 0; i < 3; i++) {
        stage_wait_t wait = { 0 };
        (void) stage_turn (&with.stage, &wait);
    }
    CHECK_TEXT (with.moon->trace, "");
    CHECK_OK (mst_time_advance_request (with.moon->fed, 5));
    ACTOR_HEARS (&with.stage, with.moon, "received Note Text=hello\nreflected sun.1 Colour=red\n");
    CHECK_OK (mst_time_advance_request (with.sun->fed, 5));
    ACTOR_HEARS (&with.stage, with.moon, "granted 5\n");
    CHECK_OK (actor_sends (with.sun, "Note", "Text", "again", MST_TIME_NONE));
    CHECK_OK (mst_asynchronous_delivery (with.moon->fed, true));
    ACTOR_HEARS (&with.stage, with.moon, "received Note Text=again\n");
    CHECK_ERR (mst_asynchronous_delivery (with.moon->fed, true), MST_E_INVALID_ARGUMENT);
    CHECK_OK (mst_asynchronous_delivery (with.moon->fed, false));
    CHECK_OK (mst_disable_constrained (with.moon->fed));
    CHECK_ERR (mst_disable_constrained (with.moon->fed), MST_E_CONSTRAINED_OFF);
    CHECK_OK (actor_sends (with.sun, "Note", "Text", "free", MST_TIME_NONE));
    ACTOR_HEARS (&with.stage, with.moon, "received Note Text=free\n");
    clocked_close (&with);
}

/*  A time stamp of a sender that does not regulate is kept, in receive order; a receiver that is
   not constrained gets time-stamped messages in receive order. */
static void test_time_stamps_without_time (void)
{
    stage_t stage;

    stage_open (&stage);
    actor_t *sun = stage_join (&stage, "sun"), *moon = stage_join (&stage, "moon");
    CHECK_OK (mst_publish_interaction (sun->fed, actor_interaction (sun, "Tick")));
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Tick")));
    stage_settle (&stage);
    CHECK_OK (actor_sends (sun, "Tick", "Count", "1", 77));
    ACTOR_HEARS (&stage, moon, "received Tick Count=1 @77 in receive order\n");
    CHECK_OK (mst_enable_regulation (sun->fed, 1));
    STAGE_UNTIL (&stage, sun->regulating);
    CHECK_OK (actor_sends (sun, "Tick", "Count", "2", 88));
    ACTOR_HEARS (&stage, moon, "received Tick Count=2 @88 in receive order\n");
    stage_close (&stage);
}

/*  Errors
 * --------------------------------------------------------------------------------------------- */

static void test_errors (void)
{
    clocked_t with;

    clocked_open (&with, 2, 1);
    CHECK_ERR (mst_enable_regulation (with.sun->fed, 1), MST_E_REGULATION_ON);
    CHECK_ERR (mst_enable_constrained (with.sun->fed), MST_E_CONSTRAINED_ON);
    CHECK_OK (mst_time_advance_request (with.moon->fed, 100));
    actor_advances (&with.stage, with.sun, 10);
    CHECK_ERR (mst_time_advance_request (with.sun->fed, 9), MST_E_TIME_PASSED);
    CHECK_ERR (mst_time_advance_request (with.sun->fed, -1), MST_E_INVALID_TIME);
    CHECK_ERR (mst_time_advance_request (with.sun->fed, MST_TIME_NEVER), MST_E_INVALID_TIME);
    CHECK_ERR (actor_sends (with.sun, "Tick", "Count", "x", 11), MST_E_INVALID_TIME);
    CHECK_ERR (actor_updates (with.sun, with.body, "Mass", "x", 11), MST_E_INVALID_TIME);
    CHECK_ERR (mst_delete (with.sun->fed, with.body, 11, NULL), MST_E_INVALID_TIME);
    CHECK_OK (mst_time_advance_request (with.sun->fed, 500));
    CHECK_ERR (mst_time_advance_request (with.sun->fed, 500), MST_E_ADVANCE_PENDING);
    CHECK_ERR (mst_next_message_request_available (with.sun->fed, 500), MST_E_ADVANCE_PENDING);
    CHECK_ERR (mst_enable_regulation (with.sun->fed, 1), MST_E_ADVANCE_PENDING);
    CHECK_ERR (actor_sends (with.sun, "Tick", "Count", "x", 501),
               MST_E_INVALID_TIME); /* promised 502 */
    tick (&with, "x", 502);
    actor_t *mars = stage_join (&with.stage, "mars");
    CHECK_ERR (mst_enable_regulation (mars->fed, -5), MST_E_INVALID_LOOKAHEAD);
    CHECK_OK (mst_enable_regulation (mars->fed, 5));
    CHECK_ERR (mst_enable_regulation (mars->fed, 5), MST_E_REGULATION_PENDING);
    CHECK_ERR (mst_time_advance_request (mars->fed, 5000), MST_E_REGULATION_PENDING);
    STAGE_UNTIL (&with.stage, mars->regulating);
    CHECK_OK (mst_enable_constrained (mars->fed));
    CHECK_ERR (mst_time_advance_request (mars->fed, 5000), MST_E_CONSTRAINED_PENDING);
    clocked_close (&with);
}

/*  Waiting
 * -------------------------------------------------------------------------------------------- */

/*  The time-out says who holds; the request stays pending and goes on. */
static void test_time_out_names_the_holder (void)
{
    clocked_t with;
    char text[256];
    mst_time_t granted;

    clocked_open (&with, 0, 1);
    CHECK_OK (mst_advance (with.sun->fed, 0, 10000));
    CHECK_OK (mst_time_explain (with.moon->fed, NULL, text, sizeof text));
    CHECK_TEXT (text, "it does not wait.");
    CHECK_ERR (mst_advance (with.moon->fed, 1201, 100), MST_E_TIMEOUT);
    CHECK_TEXT (mst_error_text (),
                "moon: no grant to 1201 after 0.1 s: held by \"sun\" (granted 0, "
                "lookahead 0). See muster top.");
    CHECK_OK (mst_time_explain (with.moon->fed, NULL, text, sizeof text));
    CHECK_TEXT (text, "held by \"sun\" (granted 0, lookahead 0).");
    CHECK_ERR (mst_advance (with.moon->fed, 1201, 100), MST_E_ADVANCE_PENDING);
    CHECK_ERR (mst_await_grant (with.moon->fed, 0, &granted), MST_E_TIMEOUT);
    CHECK_OK (mst_time_advance_request (with.sun->fed, 1300));
    CHECK_OK (mst_flush (with.sun->fed));
    CHECK_OK (mst_await_grant (with.moon->fed, 10000, &granted));
    CHECK_INT (granted, 1201);
    CHECK_ERR (mst_advance (with.moon->fed, 5000, 50), MST_E_TIMEOUT);
    CHECK_TEXT (mst_error_text (),
                "moon: no grant to 5000 after 0.1 s: held by \"sun\" (granted 1300, "
                "lookahead 0). See muster top.");
    clocked_close (&with);
}

/*  Float64 time
 * --------------------------------------------------------------------------------------- */

static void test_float_time (void)
{
    stage_t stage;
    mst_join_options_t options;

    stage_open (&stage);
    options = stage_options (&stage);
    options.time_type = MST_TIME_FLOAT64;
    actor_t *sun = stage_join_with (&stage, "sun", options),
            *moon = stage_join_with (&stage, "moon", options);
    CHECK_OK (mst_publish_interaction (sun->fed, actor_interaction (sun, "Tick")));
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Tick")));
    actor_keeps_time (&stage, sun, mst_time_from_double (0.25));
    actor_keeps_time (&stage, moon, mst_time_from_double (0.5));
    stage_settle (&stage);
    CHECK_ERR (actor_sends (sun, "Tick", "Count", "early", mst_time_from_double (0.2)),
               MST_E_INVALID_TIME);
    CHECK_CONTAINS (mst_error_text (), "the time stamp 0.2 is below 0.25");
    CHECK_OK (actor_sends (sun, "Tick", "Count", "x", mst_time_from_double (0.75)));
    CHECK_ERR (mst_advance (moon->fed, mst_time_from_double (0.5), 1), MST_E_TIMEOUT);
    CHECK_CONTAINS (mst_error_text (), "moon: no grant to 0.5 after");
    CHECK_CONTAINS (mst_error_text (), "held by \"sun\" (granted 0, lookahead 0.25)");
    CHECK_OK (mst_time_advance_request (sun->fed, mst_time_from_double (0.375)));
    STAGE_UNTIL (&stage, moon->grants == 1 && sun->grants == 1);
    CHECK (mst_time_to_double (moon->granted) == 0.5);
    CHECK_ERR (mst_time_advance_request (moon->fed, mst_time_from_double (0.4)), MST_E_TIME_PASSED);
    CHECK_CONTAINS (mst_error_text (), "moon is at time 0.5 and cannot go back to 0.4");
    CHECK (mst_time_from_double (NAN) == MST_TIME_NONE);
    CHECK (mst_time_from_double (INFINITY) == MST_TIME_NONE);
    CHECK (mst_time_to_double (mst_time_from_double (-1.5e300)) == -1.5e300);
    CHECK (mst_time_from_double (-1.0) < mst_time_from_double (0.0));
    stage_close (&stage);
}

/*  Many steps
 * ------------------------------------------------------------------------------------------ */

static void test_a_thousand_steps (void)
{
    enum { STEPS = 1000 };
    clocked_t with;

    clocked_open (&with, 1, 1);
    with.moon->terse = with.sun->terse = true;
    for (mst_time_t step = 1; step <= STEPS; step++) {
        tick (&with, "x", step);
        CHECK_OK (mst_time_advance_request (with.sun->fed, step));
        CHECK_OK (mst_time_advance_request (with.moon->fed, step));
        STAGE_UNTIL (&with.stage, with.sun->granted == step && with.moon->granted == step);
        CHECK_INT (with.moon->received, step);
    }
    clocked_close (&with);
}

static CU_TestInfo time_tests[] = {
    { "time advance request", test_tar },
    { "ties are broken by name", test_ties },
    { "time advance request available", test_tara },
    { "next message request", test_nmr },
    { "the floor after an early grant", test_floor_after_nmr },
    { "zero lookahead", test_zero_lookahead },
    { "lookahead and its change", test_lookahead },
    { "GALT and LITS", test_galt_and_lits },
    { "alone in time", test_alone },
    { "late regulation", test_late_regulation },
    { "receive order is held", test_receive_order_is_held },
    { "time stamps without time", test_time_stamps_without_time },
    { "errors", test_errors },
    { "a time-out names the holder", test_time_out_names_the_holder },
    { "float64 time", test_float_time },
    { "a thousand steps", test_a_thousand_steps },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_time", NULL, NULL, NULL, NULL, time_tests })
