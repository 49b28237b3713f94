/*  Federates that keep no logical time: positions as fast as they come, in the manner of DIS; first
   in, first out per sender; Lamport and vector stamps; causal delivery, where a reply never
   overtakes its cause. */
#include "tests/integration/federates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mst_join_options_t stamped (stage_t *stage, bool causal)
{
    mst_join_options_t options = stage_options (stage);
    options.stamps = true;
    options.causal = causal;
    return options;
}

static void talks (const actor_t *self)
{
    CHECK_OK (mst_publish_interaction (self->fed, actor_interaction (self, "Note")));
    CHECK_OK (mst_subscribe_interaction (self->fed, actor_interaction (self, "Note")));
}

static mst_federate_id_t id_of (const actor_t *self)
{
    return mst_self (self->fed);
}

static void note_to (actor_t *from, const actor_t *to, const char *text)
{
    mst_federate_id_t only = id_of (to);
    mst_send_options_t options = { .only = &only, .only_count = 1 };
    mst_value_t value = { 1, (uint32_t) strlen (text), text };
    CHECK_OK (
        mst_send (from->fed, actor_interaction (from, "Note"), &value, 1, MST_TIME_NONE, &options));
    CHECK_OK (mst_flush (from->fed));
}

/*  Traffic
 * ----------------------------------------------------------------------------------------- */

/*  What each sender sends arrives as it was sent, whatever the others do. */
enum { SENDERS = 4, UPDATES = 500 };
static int next_of[STAGE_ACTORS + 1];
static bool in_order;

static void check_order (actor_t *self, const mst_reception_t *update)
{
    (void) self;
    int number = atoi ((const char *) update->values[0].data);
    in_order = in_order && update->time == MST_TIME_NONE && update->order == MST_ORDER_RECEIVE &&
               number == next_of[update->sender.id]++;
}

static void test_positions (void)
{
    stage_t stage;
    mst_object_t ships[SENDERS];

    stage_open (&stage);
    for (int i = 0; i < SENDERS; i++) {
        char name[16];
        (void) snprintf (name, sizeof name, "ship-%d", i);
        actor_t *actor = stage_join (&stage, name);
        actor_publishes (actor, "Ship");
        actor_subscribes (actor, "Ship");
        actor->terse = true;
        actor->on_reflected = check_order;
    }
    actor_t *eye = stage_join (&stage, "eye");
    actor_subscribes (eye, "Ship");
    eye->terse = true;
    eye->on_reflected = check_order;
    stage_settle (&stage);
    for (int i = 0; i < SENDERS; i++)
        ships[i] = actor_registers (&stage.actors[i], "Ship");
    STAGE_UNTIL (&stage, eye->discovered == SENDERS);
    /* every receiver counts for itself: only eye's order is looked at */
    for (int i = 0; i < SENDERS; i++)
        stage.actors[i].on_reflected = NULL;
    memset (next_of, 0, sizeof next_of);
    in_order = true;
    for (int round = 0; round < UPDATES; round++) {
        char text[16];
        (void) snprintf (text, sizeof text, "%d", round);
        for (int i = 0; i < SENDERS; i++) {
            mst_attribute_t name = actor_attribute (&stage.actors[i], "Ship", "Name");
            mst_value_t value = { name.id, (uint32_t) strlen (text) + 1, text };
            CHECK_OK (mst_update (stage.actors[i].fed, ships[i], &value, 1, MST_TIME_NONE, NULL));
        }
        if (round % 50 == 0)
            STAGE_UNTIL (&stage, eye->reflected >= (size_t) round * SENDERS);
    }
    STAGE_UNTIL (&stage, eye->reflected == (size_t) SENDERS * UPDATES);
    CHECK (in_order);
    for (int i = 0; i < SENDERS; i++)
        STAGE_UNTIL (&stage,
                     stage.actors[i].reflected == (SENDERS - 1) * UPDATES); /* never to oneself */
    stage_close (&stage);
}

/*  Beside federates that keep time they are neither held nor do they hold. */
static void test_beside_time (void)
{
    stage_t stage;

    stage_open (&stage);
    actor_t *quick = stage_join (&stage, "quick"), *slow = stage_join (&stage, "slow");
    actor_publishes (slow, "Body");
    actor_subscribes (quick, "Body");
    talks (quick);
    talks (slow);
    actor_keeps_time (&stage, slow, 1);
    stage_settle (&stage);
    mst_object_t body = actor_registers (slow, "Body");
    actor_forget (quick);
    CHECK_OK (actor_updates (slow, body, "Mass", "50", 50));
    ACTOR_HEARS (&stage, quick,
                 "discovered slow.1 as Body by slow\n"
                 "reflected slow.1 Mass=50 @50 in receive order\n"); /* at once */
    actor_advances (&stage, slow, 1000);                             /* quick does not regulate */
    mst_time_t galt;
    CHECK_OK (mst_query_galt (slow->fed, &galt));
    CHECK (galt == MST_TIME_NEVER);
    CHECK_OK (mst_time_advance_request (quick->fed, 77)); /* and may count its own time */
    ACTOR_HEARS (&stage, quick, "granted 77\n");
    stage_close (&stage);
}

/*  Stamps
 * ---------------------------------------------------------------------------------------------- */

static void test_no_stamps_unasked (void)
{
    stage_t stage;

    stage_open (&stage);
    actor_t *sun = stage_join (&stage, "sun"),
            *moon = stage_join_with (&stage, "moon", stamped (&stage, false));
    talks (sun);
    talks (moon);
    stage_settle (&stage);
    CHECK_OK (actor_sends (sun, "Note", "Text", "plain", MST_TIME_NONE));
    STAGE_UNTIL (&stage, moon->received == 1);
    CHECK_INT (moon->last_stamp, 0);
    CHECK_OK (actor_sends (moon, "Note", "Text", "stamped", MST_TIME_NONE));
    STAGE_UNTIL (&stage, sun->received == 1);
    CHECK_INT (sun->last_stamp, 1);
    stage_close (&stage);
}

/*  A stamp is larger than all that its sender had seen. */
static void test_lamport (void)
{
    stage_t stage;

    stage_open (&stage);
    actor_t *sun = stage_join_with (&stage, "sun", stamped (&stage, false));
    actor_t *moon = stage_join_with (&stage, "moon", stamped (&stage, false));
    talks (sun);
    talks (moon);
    stage_settle (&stage);
    uint64_t last = 0;
    for (size_t i = 0; i < 50; i++) {
        actor_t *from = i % 2 == 0 ? sun : moon, *to = i % 2 == 0 ? moon : sun;
        CHECK_OK (actor_sends (from, "Note", "Text", "ping", MST_TIME_NONE));
        STAGE_UNTIL (&stage, to->received == i / 2 + 1);
        CHECK (to->last_stamp > last);
        last = to->last_stamp;
    }
    CHECK (!sun->stamps_fell && !moon->stamps_fell);
    CHECK_INT (last, 99); /* each receive is an event, too: 1, 3, 5 … */
    stage_close (&stage);
}

static uint64_t vector[8];
static size_t vector_count;

static void keep_vector (actor_t *self, const mst_reception_t *interaction)
{
    (void) self;
    vector_count = interaction->stamp_count;
    for (size_t i = 0; i < vector_count && i < 8; i++)
        vector[i] = interaction->stamps[i];
}

/*  Behind Lamport's stamp: how many messages of each federate stood before this one. */
static void test_vector (void)
{
    stage_t stage;

    stage_open (&stage);
    actor_t *sun = stage_join_with (&stage, "sun", stamped (&stage, false));
    actor_t *moon = stage_join_with (&stage, "moon", stamped (&stage, false));
    actor_t *mars = stage_join_with (&stage, "mars", stamped (&stage, false));
    talks (sun);
    talks (moon);
    talks (mars);
    stage_settle (&stage);
    note_to (sun, moon, "one");
    note_to (sun, moon, "two");
    STAGE_UNTIL (&stage, moon->received == 2);
    mars->on_received = keep_vector;
    note_to (moon, mars, "three");
    STAGE_UNTIL (&stage, mars->received == 1);
    CHECK_INT (vector_count, 1 + 2);
    CHECK_INT (vector[id_of (sun).id], 2);
    CHECK_INT (vector[id_of (moon).id], 1);
    note_to (sun, mars, "knows nothing of three");
    STAGE_UNTIL (&stage, mars->received == 2);
    CHECK_INT (vector_count, 1 + 1);
    CHECK_INT (vector[id_of (sun).id], 3);
    stage_close (&stage);
}

/*  Causal delivery
 * -------------------------------------------------------------------------------------- */

/*  sun writes to moon and to mars; moon answers to mars. mars must not hear the answer first. sun's
   note to mars is kept on its way: sun cannot reach mars before mars runs, moon can. */
typedef struct triangle {
    stage_t stage;
    actor_t *sun, *moon, *mars;
} triangle_t;

/*  moon's route to mars stands; sun's does not: its bundles wait for mars' WELCOME. */
static void triangle_open (triangle_t *self, bool causal)
{
    stage_open (&self->stage);
    self->mars = stage_join_with (&self->stage, "mars", stamped (&self->stage, causal));
    self->moon = stage_join_with (&self->stage, "moon", stamped (&self->stage, causal));
    talks (self->mars);
    talks (self->moon);
    stage_settle (&self->stage);
    note_to (self->moon, self->mars, "opens the route");
    STAGE_UNTIL (&self->stage, self->mars->received == 1);
    note_to (self->mars, self->moon, "and back");
    STAGE_UNTIL (&self->stage, self->moon->received == 1);
    self->sun = stage_join_with (&self->stage, "sun", stamped (&self->stage, causal));
    talks (self->sun);
    self->mars->joined = false; /* for the stage: from here on mars does not run */
    stage_settle (&self->stage);
    actor_forget (self->mars);
    actor_forget (self->moon);
}

/*  sun asks both, moon answers mars; only then mars runs. */
static void question_and_answer (triangle_t *self)
{
    CHECK_OK (actor_sends (self->sun, "Note", "Text", "question", MST_TIME_NONE));
    CHECK_OK (mst_flush (self->sun->fed));
    STAGE_UNTIL (&self->stage, self->moon->received == 2);
    note_to (self->moon, self->mars, "answer");
    self->sun->joined = false; /* it cannot send what waits for mars' WELCOME */
    self->mars->joined = true;
}

static void test_a_reply_waits_for_its_cause (void)
{
    triangle_t with;

    triangle_open (&with, true);
    question_and_answer (&with);
    mst_time_t ignored;
    for (int i = 0; i < 20; i++) { /* mars has the answer in hand, and keeps it */
        CHECK_OK (mst_query_galt (with.mars->fed, &ignored));
        CHECK_OK (mst_evoke (with.mars->fed, 1, NULL));
    }
    CHECK_TEXT (with.mars->trace, "");
    with.sun->joined = true;
    ACTOR_HEARS (&with.stage, with.mars,
                 "received Note Text=question\nreceived Note Text=answer\n");
    stage_close (&with.stage);
}

/*  The same without causal delivery: the answer does come first. So the test above tests something.
 */
static void test_without_it_the_reply_overtakes (void)
{
    triangle_t with;

    triangle_open (&with, false);
    question_and_answer (&with);
    ACTOR_HEARS (&with.stage, with.mars, "received Note Text=answer\n");
    with.sun->joined = true;
    ACTOR_HEARS (&with.stage, with.mars, "received Note Text=question\n");
    stage_close (&with.stage);
}

/*  The cause is lost with its sender: the answer is not held for ever. */
static void test_the_cause_is_lost (void)
{
    triangle_t with;

    triangle_open (&with, true);
    question_and_answer (&with);
    mst_abandon (&with.sun->fed);
    ACTOR_NEWS_OF (&with.stage, with.mars, "sun lost");
    ACTOR_HEARS (&with.stage, with.mars, "received Note Text=answer\n");
    note_to (with.moon, with.mars, "life goes on");
    ACTOR_HEARS (&with.stage, with.mars, "received Note Text=life goes on\n");
    stage_close (&with.stage);
}

/*  A resign loses nothing: the question comes, then the answer. */
static void test_the_asker_resigns (void)
{
    triangle_t with;

    triangle_open (&with, true);
    question_and_answer (&with);
    actor_resign (with.sun, MST_RESIGN_NO_ACTION);
    ACTOR_HEARS (&with.stage, with.mars,
                 "received Note Text=question\nreceived Note Text=answer\n");
    stage_close (&with.stage);
}

/*  Causal and other federates in one federation: those without are neither held nor do they hold.
 */
static void test_mixed (void)
{
    stage_t stage;

    stage_open (&stage);
    actor_t *sun = stage_join_with (&stage, "sun", stamped (&stage, true));
    actor_t *moon = stage_join (&stage, "moon");
    actor_t *mars = stage_join_with (&stage, "mars", stamped (&stage, true));
    talks (sun);
    talks (moon);
    talks (mars);
    stage_settle (&stage);
    for (int i = 0; i < 20; i++) {
        CHECK_OK (actor_sends (sun, "Note", "Text", "from sun", MST_TIME_NONE));
        CHECK_OK (actor_sends (moon, "Note", "Text", "from moon", MST_TIME_NONE));
        CHECK_OK (actor_sends (mars, "Note", "Text", "from mars", MST_TIME_NONE));
    }
    STAGE_UNTIL (&stage, sun->received == 40 && moon->received == 40 && mars->received == 40);
    stage_close (&stage);
}

/*  Everybody talks to everybody and answers: causes come first at all of them, in a mix of updates
   and interactions, with objects that come and go. */
static size_t seen[STAGE_ACTORS + 1][STAGE_ACTORS + 1];
static size_t broken;

/*  A text is a list of how many texts of each federate its sender had seen. */
static void check_causes (actor_t *self, const mst_reception_t *interaction)
{
    size_t mine = id_of (self).id, before[STAGE_ACTORS + 1];

    memcpy (before, interaction->values[0].data, sizeof before);
    for (size_t i = 1; i <= STAGE_ACTORS; i++)
        if (i != mine && i != interaction->sender.id && before[i] > seen[mine][i])
            broken++;
    seen[mine][interaction->sender.id]++;
}

static void test_many (void)
{
    enum { FEDERATES = 5, ROUNDS = 200 };
    stage_t stage;
    mst_object_t ships[FEDERATES];

    stage_open (&stage);
    memset (seen, 0, sizeof seen);
    broken = 0;
    for (int i = 0; i < FEDERATES; i++) {
        char name[16];
        (void) snprintf (name, sizeof name, "fed-%d", i);
        actor_t *actor = stage_join_with (&stage, name, stamped (&stage, true));
        talks (actor);
        actor_publishes (actor, "Ship");
        actor_subscribes (actor, "Ship");
        actor->terse = true;
        actor->on_received = check_causes;
    }
    stage_settle (&stage);
    for (int i = 0; i < FEDERATES; i++)
        ships[i] = actor_registers (&stage.actors[i], "Ship");
    for (int round = 0; round < ROUNDS; round++) {
        actor_t *actor = &stage.actors[(round * 7 + round / 3) % FEDERATES];
        size_t mine = id_of (actor).id;
        mst_value_t value = { 1, sizeof seen[mine], seen[mine] };
        CHECK_OK (mst_send (actor->fed, actor_interaction (actor, "Note"), &value, 1, MST_TIME_NONE,
                            NULL));
        CHECK_OK (actor_updates (actor, ships[actor - stage.actors], "Name", "x", MST_TIME_NONE));
        CHECK_OK (mst_evoke (stage.actors[(round * 3 + 1) % FEDERATES].fed, 0, NULL));
        CHECK_OK (mst_evoke (actor->fed, 0, NULL));
    }
    for (int i = 0; i < FEDERATES; i++) {
        size_t own = 0;
        for (int round = 0; round < ROUNDS; round++)
            own += (round * 7 + round / 3) % FEDERATES == i;
        STAGE_UNTIL (&stage, stage.actors[i].received == ROUNDS - own);
    }
    CHECK_INT (broken, 0);
    stage_close (&stage);
}

static CU_TestInfo realtime_tests[] = {
    { "positions, as fast as they come", test_positions },
    { "beside federates that keep time", test_beside_time },
    { "no stamps unasked", test_no_stamps_unasked },
    { "Lamport's stamps rise", test_lamport },
    { "the vector", test_vector },
    { "a reply waits for its cause", test_a_reply_waits_for_its_cause },
    { "without it the reply overtakes", test_without_it_the_reply_overtakes },
    { "the cause is lost with its sender", test_the_cause_is_lost },
    { "the asker resigns", test_the_asker_resigns },
    { "causal beside others", test_mixed },
    { "many, in causal order", test_many },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_realtime", NULL, NULL, NULL, NULL, realtime_tests })
