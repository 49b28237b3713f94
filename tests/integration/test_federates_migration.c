/*  Migration at a cut: one owner at every moment of logical time. Callbacks and their order at both
   homes and at a third, epochs, updates after the cut, and what makes it be aborted. */
#include "tests/integration/federates.h"
#include "tests/support/process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/*  "old" owns a Body, "new" gets it, "eye" looks on; all keep time with lookahead 1. */
typedef struct move {
    stage_t stage;
    actor_t *old, *new, *eye;
    mst_object_t body;
} move_t;

static void move_open (move_t *self, bool new_publishes)
{
    stage_open (&self->stage);
    self->old = stage_join (&self->stage, "old");
    self->new = stage_join (&self->stage, "new");
    self->eye = stage_join (&self->stage, "eye");
    actor_publishes (self->old, "Body");
    actor_subscribes (self->old, "Body");
    if (new_publishes)
        actor_publishes (self->new, "Body");
    actor_subscribes (self->new, "Body");
    actor_subscribes (self->eye, "Body");
    actor_keeps_time (&self->stage, self->old, 1);
    actor_keeps_time (&self->stage, self->new, 1);
    actor_keeps_time (&self->stage, self->eye, 1);
    stage_settle (&self->stage);
    self->body = actor_registers (self->old, "Body");
    STAGE_UNTIL (&self->stage, self->new->discovered == 1 && self->eye->discovered == 1);
    actor_forget (self->old);
    actor_forget (self->new);
    actor_forget (self->eye);
}

static void request_all (move_t *self, mst_time_t to)
{
    CHECK_OK (mst_time_advance_request (self->old->fed, to));
    CHECK_OK (mst_time_advance_request (self->new->fed, to));
    CHECK_OK (mst_time_advance_request (self->eye->fed, to));
}

static void until_all (move_t *self, mst_time_t to)
{
    STAGE_UNTIL (&self->stage,
                 self->old->granted == to && self->new->granted == to && self->eye->granted == to);
}

static mst_err_t migrate (move_t *self, mst_time_t cut)
{
    return mst_migrate (self->old->fed, self->body, mst_self (self->new->fed), cut, "the state", 9);
}

static uint64_t whole (const actor_t *self)
{
    return (UINT64_C (1) << mst_attribute_count (self->fed, actor_class (self, "Body"))) - 1;
}

/*  Good ends
 * ---------------------------------------------------------------------------------------- */

static void test_a_migration (void)
{
    move_t with;

    move_open (&with, true);
    CHECK_INT (mst_owned (with.old->fed, with.body), whole (with.old));
    CHECK_OK (actor_updates (with.old, with.body, "Mass", "4", 4));
    CHECK_OK (migrate (&with, 5));
    CHECK_OK (actor_updates (with.old, with.body, "Mass", "5",
                             5)); /* the cut itself is still the old home's */
    CHECK_ERR (actor_updates (with.old, with.body, "Mass", "6", 6), MST_E_EPOCH_STALE);
    CHECK_CONTAINS (mst_error_text (), "\"old.1\" leaves old at the cut 5");
    CHECK_ERR (actor_updates (with.old, with.body, "Colour", "red", MST_TIME_NONE),
               MST_E_EPOCH_STALE);
    CHECK_ERR (mst_delete (with.old->fed, with.body, 9, NULL), MST_E_DELETE_PRIVILEGE_NOT_HELD);
    CHECK_ERR (migrate (&with, 7), MST_E_MIGRATION_REFUSED);
    request_all (&with, 6);
    until_all (&with, 6);
    CHECK_TEXT (with.old->trace, "left old.1 at 5, epoch 2\ngranted 6\n");
    CHECK_TEXT (with.new->trace, "reflected old.1 Mass=4 @4\n"
                                 "reflected old.1 Mass=5 @5\n"
                                 "came old.1 at 5, epoch 2: the state\n"
                                 "granted 6\n");
    CHECK_TEXT (with.eye->trace,
                "reflected old.1 Mass=4 @4\nreflected old.1 Mass=5 @5\ngranted 6\n");
    CHECK_INT (mst_owned (with.old->fed, with.body), 0);
    CHECK_INT (mst_owned (with.new->fed, with.body), whole (with.new));
    actor_forget (with.old);
    actor_forget (with.eye);
    CHECK_ERR (actor_updates (with.old, with.body, "Mass", "7", 7), MST_E_EPOCH_STALE);
    CHECK_OK (actor_updates (with.new, with.body, "Mass", "7", 7));
    request_all (&with, 8);
    until_all (&with, 8);
    CHECK_TEXT (with.eye->trace, "reflected old.1 Mass=7 @7\ngranted 8\n");
    CHECK_TEXT (with.old->trace, "reflected old.1 Mass=7 @7\ngranted 8\n");
    CHECK_OK (mst_delete (with.new->fed, with.body, 9, NULL)); /* the privilege came with it */
    actor_forget (with.eye);
    request_all (&with, 9);
    until_all (&with, 9);
    CHECK_TEXT (with.eye->trace, "removed old.1 @9\ngranted 9\n");
    stage_close (&with.stage);
}

/*  There and back, again and again: the epoch counts up and nothing is lost or doubled. */
static void test_there_and_back (void)
{
    enum { ROUNDS = 20 };
    move_t with;

    move_open (&with, true);
    actor_t *homes[] = { with.old, with.new };
    for (mst_time_t round = 0; round < ROUNDS; round++) {
        actor_t *home = homes[round % 2], *next = homes[(round + 1) % 2];
        mst_time_t now = 2 * round;
        char text[32], expected[256];
        (void) snprintf (text, sizeof text, "%d", (int) now + 1);
        CHECK_OK (actor_updates (home, with.body, "Mass", text, now + 1));
        CHECK_OK (
            mst_migrate (home->fed, with.body, mst_self (next->fed), now + 1, text, strlen (text)));
        actor_forget (with.eye);
        actor_forget (next);
        request_all (&with, now + 2);
        until_all (&with, now + 2);
        (void) snprintf (expected, sizeof expected, "reflected old.1 Mass=%s @%s\ngranted %d\n",
                         text, text, (int) now + 2);
        CHECK_TEXT (with.eye->trace, expected);
        (void) snprintf (expected, sizeof expected, "came old.1 at %s, epoch %d: %s\n", text,
                         (int) round + 2, text);
        CHECK_CONTAINS (next->trace, expected);
        CHECK_INT (mst_owned (home->fed, with.body), 0);
        CHECK_INT (mst_owned (next->fed, with.body), whole (next));
    }
    stage_close (&with.stage);
}

/*  Many objects with one cut are one batch: all go, in the order of the calls. */
static void test_a_batch (void)
{
    enum { BODIES = 50 };
    move_t with;
    mst_object_t bodies[BODIES];

    move_open (&with, true);
    for (int i = 0; i < BODIES; i++)
        bodies[i] = actor_registers (with.old, "Body");
    STAGE_UNTIL (&with.stage, with.new->discovered == BODIES + 1);
    actor_forget (with.new);
    for (int i = 0; i < BODIES; i++) {
        char state[16];
        (void) snprintf (state, sizeof state, "state %d", i);
        CHECK_OK (mst_migrate (with.old->fed, bodies[i], mst_self (with.new->fed), 3, state,
                               strlen (state)));
    }
    request_all (&with, 3);
    until_all (&with, 3);
    const char *at = with.new->trace;
    for (int i = 0; at && i < BODIES; i++) {
        char line[64];
        (void) snprintf (line, sizeof line, "came old.%d at 3, epoch 2: state %d\n", i + 2, i);
        at = strstr (at, line);
        CHECK (at != NULL);
    }
    CHECK (at && strcmp (strrchr (at, 'g') ? strstr (at, "granted") : "", "granted 3\n") == 0);
    CHECK_INT (mst_owned (with.old->fed, bodies[0]), 0);
    stage_close (&with.stage);
}

/*  After a migration plain HLA transfers work as before. */
static void test_acquire_after_it_left (void)
{
    move_t with;

    move_open (&with, true);
    CHECK_OK (migrate (&with, 1));
    request_all (&with, 2);
    until_all (&with, 2);
    uint64_t mass = UINT64_C (1) << (actor_attribute (with.new, "Body", "Mass").id - 1);
    CHECK_OK (mst_divest (with.new->fed, with.body, mass, NULL, 0));
    CHECK_OK (mst_flush (with.new->fed));
    ACTOR_HEARS_OF (&with.stage, with.old, "offered old.1 Mass\n");
    CHECK_OK (mst_acquire (with.old->fed, with.body, mass, NULL, 0));
    ACTOR_HEARS_OF (&with.stage, with.old, "acquired old.1 Mass\n");
    CHECK_OK (actor_updates (with.old, with.body, "Mass", "9", 9));
    CHECK_ERR (actor_updates (with.old, with.body, "Position", "9", 9), MST_E_NOT_OWNED);
    actor_forget (with.eye);
    request_all (&with, 10);
    until_all (&with, 10);
    CHECK_TEXT (with.eye->trace, "reflected old.1 Mass=9 @9\ngranted 10\n");
    stage_close (&with.stage);
}

/*  Errors at once
 * ----------------------------------------------------------------------------------------- */

static void test_errors (void)
{
    move_t with;

    move_open (&with, true);
    CHECK_ERR (migrate (&with, 0), MST_E_INVALID_TIME); /* below the bound */
    CHECK_ERR (mst_migrate (with.new->fed, with.body, mst_self (with.old->fed), 5, "", 0),
               MST_E_NOT_OWNED);
    CHECK_ERR (mst_migrate (with.old->fed, with.body, (mst_federate_id_t){ 99 }, 5, "", 0),
               MST_E_MIGRATION_REFUSED);
    CHECK_ERR (mst_migrate (with.old->fed, with.body, mst_self (with.new->fed), 5, NULL, 7),
               MST_E_INVALID_ARGUMENT);
    CHECK_OK (mst_time_advance_request (with.old->fed, 3));
    CHECK_ERR (migrate (&with, 5), MST_E_MIGRATION_REFUSED); /* while it advances */
    CHECK_OK (mst_time_advance_request (with.new->fed, 3));
    CHECK_OK (mst_time_advance_request (with.eye->fed, 3));
    until_all (&with, 3);
    CHECK_OK (mst_disable_regulation (with.old->fed));
    CHECK_ERR (migrate (&with, 5), MST_E_MIGRATION_REFUSED);
    stage_close (&with.stage);
}

static void test_to_oneself (void)
{
    move_t with;

    move_open (&with, true);
    CHECK_ERR (mst_migrate (with.old->fed, with.body, mst_self (with.old->fed), 5, "x", 1),
               MST_E_MIGRATION_REFUSED);
    stage_close (&with.stage);
}

/*  Aborts
 * ---------------------------------------------------------------------------------------------------
 */

/*  The object stays, both go on in time, and the old home may update it again. */
static void stayed (move_t *with, const char *part)
{
    CHECK_CONTAINS (with->old->trace, "stayed old.1 at 5, epoch 1: ");
    CHECK_CONTAINS (with->old->trace, part);
    CHECK_CONTAINS (with->old->trace, "granted 8\n");
    CHECK (strstr (with->old->trace, "stayed") < strstr (with->old->trace, "granted 8"));
    CHECK_INT (mst_owned (with->old->fed, with->body), whole (with->old));
    CHECK_OK (actor_updates (with->old, with->body, "Mass", "9", 9));
}

static void test_new_home_does_not_publish (void)
{
    move_t with;

    move_open (&with, false);
    CHECK_OK (migrate (&with, 5));
    request_all (&with, 8);
    until_all (&with, 8);
    stayed (&with, "publish");
    CHECK_TEXT (with.new->trace, "granted 8\n");
    actor_forget (with.eye);
    request_all (&with, 10);
    until_all (&with, 10);
    CHECK_TEXT (with.eye->trace, "reflected old.1 Mass=9 @9\ngranted 10\n");
    stage_close (&with.stage);
}

static void test_new_home_resigns (void)
{
    move_t with;

    move_open (&with, true);
    CHECK_OK (migrate (&with, 5));
    CHECK_OK (mst_time_advance_request (with.old->fed, 8));
    CHECK_OK (mst_time_advance_request (with.eye->fed, 8));
    CHECK_OK (mst_flush (with.old->fed));
    actor_resign (with.new, MST_RESIGN_NO_ACTION);
    STAGE_UNTIL (&with.stage, with.old->granted == 8 && with.eye->granted == 8);
    stayed (&with, "");
    stage_close (&with.stage);
}

static void test_new_home_dies (void)
{
    move_t with;

    move_open (&with, true);
    CHECK_OK (migrate (&with, 5));
    CHECK_OK (mst_time_advance_request (with.old->fed, 8));
    CHECK_OK (mst_time_advance_request (with.eye->fed, 8));
    CHECK_OK (mst_flush (with.old->fed));
    mst_abandon (&with.new->fed); /* it has not voted: it never ran */
    with.new->joined = false;
    STAGE_UNTIL (&with.stage, with.old->granted == 8 && with.eye->granted == 8);
    stayed (&with, "");
    stage_close (&with.stage);
}

/*  The old home dies after its MIGRATE and before the decision: the object is its own still, and
   goes by its directive; the new home gets nothing. */
static void test_old_home_dies (void)
{
    move_t with;

    move_open (&with, true);
    CHECK_OK (migrate (&with, 5));
    CHECK_OK (mst_time_advance_request (with.old->fed, 8));
    CHECK_OK (mst_flush (with.old->fed));
    mst_abandon (&with.old->fed);
    with.old->joined = false;
    with.new->joined = false; /* for the stage: it does not run, so it cannot vote */
    ACTOR_NEWS_OF (&with.stage, with.eye, "old lost");
    with.new->joined = true;
    CHECK_OK (mst_time_advance_request (with.new->fed, 8));
    CHECK_OK (mst_time_advance_request (with.eye->fed, 8));
    STAGE_UNTIL (&with.stage, with.new->granted == 8 && with.eye->granted == 8);
    CHECK_OK (mst_time_advance_request (with.new->fed, 9));
    CHECK_OK (mst_time_advance_request (with.eye->fed, 9)); /* a removal is receive-order */
    STAGE_UNTIL (&with.stage, with.new->granted == 9 && with.eye->granted == 9);
    CHECK (strstr (with.new->trace, "came") == NULL);
    CHECK_CONTAINS (with.new->trace, "removed old.1");
    CHECK_CONTAINS (with.eye->trace, "removed old.1");
    stage_close (&with.stage);
}

/*  Death after the commit: the new home has it. */
static void test_old_home_dies_after_the_commit (void)
{
    move_t with;

    move_open (&with, true);
    CHECK_OK (migrate (&with, 5));
    request_all (&with, 6);
    until_all (&with, 6);
    mst_abandon (&with.old->fed);
    with.old->joined = false;
    ACTOR_NEWS_OF (&with.stage, with.eye, "old lost");
    CHECK_OK (actor_updates (with.new, with.body, "Mass", "8", 8));
    actor_forget (with.eye);
    CHECK_OK (mst_time_advance_request (with.new->fed, 9));
    CHECK_OK (mst_time_advance_request (with.eye->fed, 9));
    STAGE_UNTIL (&with.stage, with.new->granted == 9 && with.eye->granted == 9);
    CHECK_TEXT (with.eye->trace, "reflected old.1 Mass=8 @8\ngranted 9\n");
    stage_close (&with.stage);
}

/*  A home that is silent holds time at the cut, and the text says why. */
static void test_the_decision_holds_time (void)
{
    move_t with;
    char text[256];

    move_open (&with, true);
    CHECK_OK (migrate (&with, 5));
    CHECK_OK (mst_time_advance_request (with.old->fed, 8));
    CHECK_OK (mst_time_advance_request (with.eye->fed, 8));
    CHECK_OK (mst_flush (with.old->fed));
    CHECK_OK (mst_flush (with.eye->fed));
    CHECK_OK (mst_time_explain (with.old->fed, NULL, text, sizeof text));
    CHECK_CONTAINS (text, "a migration");
    CHECK_OK (mst_time_advance_request (with.new->fed, 8));
    until_all (&with, 8);
    CHECK_CONTAINS (with.new->trace, "came old.1 at 5, epoch 2: the state\n");
    stage_close (&with.stage);
}

static CU_TestInfo migration_tests[] = {
    { "a migration", test_a_migration },
    { "there and back", test_there_and_back },
    { "a batch", test_a_batch },
    { "an acquisition after it left", test_acquire_after_it_left },
    { "errors", test_errors },
    { "to oneself", test_to_oneself },
    { "the new home does not publish", test_new_home_does_not_publish },
    { "the new home resigns", test_new_home_resigns },
    { "the new home dies", test_new_home_dies },
    { "the old home dies before the decision", test_old_home_dies },
    { "the old home dies after it", test_old_home_dies_after_the_commit },
    { "the decision holds time", test_the_decision_holds_time },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_migration", NULL, NULL, NULL, NULL, migration_tests })
