/*  Death and silence: a killed federate is told to all within a second, a stopped one is not dead,
   and an RTI that dies leaves nobody hanging. */
#include "tests/integration/federates.h"
#include "tests/support/process.h"
#include "link/thread.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MS = 20000, NOTICED_MS = 1000, RTI_NOTICED_MS = 2000 };

/*  Sanitizers are slow; they find other things. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { PATIENCE = 5 };
#else
enum { PATIENCE = 1 };
#endif

/*  A federate that dies
 * ----------------------------------------------------------------------------- */

/*  A process "sun" steps by 1 with lookahead 1; moon and mars keep up. */
typedef struct crash {
    stage_t stage;
    test_process_t sun;
    actor_t *moon, *mars;
} crash_t;

static void crash_open (crash_t *self, const char *mode)
{
    stage_open (&self->stage);
    self->moon = stage_join (&self->stage, "moon");
    self->mars = stage_join (&self->stage, "mars");
    actor_subscribes (self->moon, "Body");
    actor_keeps_time (&self->stage, self->moon, 1);
    actor_keeps_time (&self->stage, self->mars, 1);
    PROCESS_START (&self->sun, "prog_federates_player", self->stage.endpoint, "sun", mode, "5");
    STAGE_UNTIL (&self->stage, strstr (self->moon->news, "sun joined") != NULL);
}

static void step_to (crash_t *self, mst_time_t to)
{
    CHECK_OK (mst_time_advance_request (self->moon->fed, to));
    CHECK_OK (mst_time_advance_request (self->mars->fed, to));
    STAGE_UNTIL (&self->stage, self->moon->granted == to && self->mars->granted == to);
}

static void test_kill_a_federate (void)
{
    crash_t with;

    crash_open (&with, "step");
    CHECK (test_process_line (&with.sun, "ready", LINE_MS) != NULL);
    for (mst_time_t step = 1; step <= 20; step++)
        step_to (&with, step);
    CHECK (with.moon->discovered == 1 && with.moon->reflected >= 18);
    test_process_signal (&with.sun, SIGKILL);
    long long killed_ms = test_now_ms ();
    STAGE_UNTIL (&with.stage, strstr (with.moon->news, "lost") && strstr (with.mars->news, "lost"));
    CHECK (test_now_ms () - killed_ms < NOTICED_MS * PATIENCE);
    CHECK_CONTAINS (with.moon->news, "sun lost at 2"); /* at its last bound: 20, 21 or 22 */
    CHECK_CONTAINS (with.moon->news, ": its process has ended\n");
    CHECK (strstr (with.mars->news, "sun lost at 2") != NULL);
    step_to (&with, 1000);             /* nobody holds the others any more */
    CHECK_INT (with.moon->removed, 1); /* by the automatic resign directive */
    CHECK_CONTAINS (with.moon->trace, "removed sun.1\n");
    test_process_fini (&with.sun);
    stage_close (&with.stage);
}

/*  What it had promised and sent is delivered; the cut is the same for all. */
static void test_the_cut_is_the_last_report (void)
{
    crash_t with;

    crash_open (&with, "until");
    actor_subscribes (with.mars, "Body");
    CHECK (test_process_line (&with.sun, "ready", LINE_MS) != NULL);
    CHECK_OK (mst_time_advance_request (with.mars->fed, 100));
    while (with.moon->granted != 5) { /* sun is granted 5 then, and so are its reports */
        size_t before = with.moon->grants;
        CHECK_OR_RETURN (CHECK_OK (mst_next_message_request (with.moon->fed, 100)));
        STAGE_UNTIL (&with.stage, with.moon->grants > before);
    }
    CHECK_OK (mst_time_advance_request (with.moon->fed, 100));
    CHECK (test_process_line (&with.sun, "and there", LINE_MS) != NULL);
    test_process_signal (&with.sun, SIGKILL);
    STAGE_UNTIL (&with.stage, with.moon->granted == 100 && with.mars->granted == 100);
    CHECK_CONTAINS (with.moon->news, "sun lost at 6: ");
    CHECK_CONTAINS (with.mars->news, "sun lost at 6: ");
    CHECK_CONTAINS (with.moon->trace, "reflected sun.1 Position=5 @5\n");
    CHECK_CONTAINS (with.mars->trace, "reflected sun.1 Position=5 @5\n");
    test_process_fini (&with.sun);
    stage_close (&with.stage);
}

/*  Several at once. */
static void test_kill_many (void)
{
    enum { VICTIMS = 4 };
    stage_t stage;
    test_process_t victims[VICTIMS];

    stage_open (&stage);
    actor_t *moon = stage_join (&stage, "moon");
    for (int i = 0; i < VICTIMS; i++) {
        char name[16];
        (void) snprintf (name, sizeof name, "victim-%d", i);
        PROCESS_START (&victims[i], "prog_federates_player", stage.endpoint, name, "idle");
        CHECK (test_process_line (&victims[i], "ready", LINE_MS) != NULL);
    }
    for (int i = 0; i < VICTIMS; i++)
        test_process_signal (&victims[i], SIGKILL);
    for (int i = 0; i < VICTIMS; i++) {
        char text[32];
        (void) snprintf (text, sizeof text, "victim-%d lost", i);
        ACTOR_NEWS_OF (&stage, moon, text);
        test_process_fini (&victims[i]);
    }
    stage_close (&stage);
}

/*  A federate that is silent
 * ------------------------------------------------------------------------- */

static void test_stop_a_federate (void)
{
    crash_t with;
    long long deadline_ms = test_now_ms () + STAGE_DEADLINE_MS;
    mst_err_t err = MST_E_TIMEOUT;

    crash_open (&with, "step");
    CHECK (test_process_line (&with.sun, "ready", LINE_MS) != NULL);
    for (mst_time_t step = 1; step <= 5; step++)
        step_to (&with, step);
    test_process_signal (&with.sun, SIGSTOP);
    CHECK_OK (mst_time_advance_request (with.moon->fed, 500));
    CHECK_OK (mst_time_advance_request (with.mars->fed, 500));
    while (err == MST_E_TIMEOUT && !strstr (mst_error_text (), "Its process is stopped") &&
           test_now_ms () < deadline_ms) {
        CHECK_OK (mst_evoke (with.mars->fed, 0, NULL));
        err = mst_await_grant (with.moon->fed, 100, NULL);
    }
    CHECK_ERR (err, MST_E_TIMEOUT);
    CHECK_CONTAINS (mst_error_text (),
                    "moon: no grant to 500 after 0.1 s: held by \"sun\" (granted ");
    CHECK_CONTAINS (mst_error_text (), ", lookahead 1). Its process is stopped. See muster top.");
    CHECK (strstr (with.moon->news, "lost") == NULL); /* silence is not death */
    test_process_signal (&with.sun, SIGCONT);
    STAGE_UNTIL (&with.stage, with.moon->granted == 500 && with.mars->granted == 500);
    CHECK (strstr (with.moon->news, "lost") == NULL);
    char text[256];
    CHECK_OK (mst_time_advance_request (with.moon->fed, 501));
    CHECK_OK (mst_time_explain (with.moon->fed, NULL, text, sizeof text));
    CHECK (strstr (text, "stopped") == NULL);
    test_process_fini (&with.sun);
    stage_close (&with.stage);
}

/*  The RTI granted the moon, whose grant needs a bundle of one that was stopped with its report
   gone and its data not. Who waits for the moon is told of the stopped one, not of the moon alone.
 */
static void test_stop_with_data_missing (void)
{
    long long deadline_ms = test_now_ms () + STAGE_DEADLINE_MS;
    test_process_t ghost;
    stage_t stage;
    char peer[16], text[512] = "";
    mst_err_t err = MST_E_TIMEOUT;

    stage_open (&stage);
    actor_t *moon = stage_join (&stage, "moon"), *mars = stage_join (&stage, "mars");
    CHECK_OK (mst_enable_time (moon->fed, 1));
    CHECK_OK (mst_enable_time (mars->fed, 1));
    (void) snprintf (peer, sizeof peer, "%u", mst_self (moon->fed).id);
    PROCESS_START (&ghost, "prog_raw_member", stage.endpoint, "ghost", peer);
    CHECK (test_process_line (&ghost, "claimed", LINE_MS) != NULL);
    test_process_signal (&ghost, SIGSTOP);
    CHECK_OK (mst_time_advance_request (moon->fed, 5));
    CHECK_OK (mst_time_advance_request (mars->fed, 5));
    STAGE_UNTIL (&stage, mars->granted == 5);
    CHECK_OK (mst_time_advance_request (mars->fed, 6));

    while (err == MST_E_TIMEOUT && !strstr (mst_error_text (), "Its process is stopped") &&
           test_now_ms () < deadline_ms)
        err = mst_await_grant (moon->fed, 100, NULL);
    CHECK_ERR (err, MST_E_TIMEOUT);
    CHECK_TEXT (
        mst_error_text (),
        "moon: no grant to 5 after 0.1 s: granted 5, and waits for messages of \"ghost\" (up "
        "to bundle 1) that have not come. Its process is stopped. See muster top.");
    CHECK_OK (mst_time_explain (mars->fed, NULL, text, sizeof text));
    CHECK_CONTAINS (text, "held by \"moon\" (granted 5, lookahead 1).");
    CHECK_CONTAINS (text, "In the end all wait for messages of \"ghost\" that have not come. Its "
                          "process is stopped.");

    test_process_signal (&ghost, SIGKILL); /* then nobody waits for it */
    STAGE_UNTIL (&stage, moon->granted == 5);
    CHECK_OK (mst_time_advance_request (moon->fed, 6));
    STAGE_UNTIL (&stage, moon->granted == 6 && mars->granted == 6);
    test_process_fini (&ghost);
    stage_close (&stage);
}

/*  An RTI that dies
 * ------------------------------------------------------------------------------------- */

typedef enum waiting {
    WAIT_EVOKE,
    WAIT_ADVANCE,
    WAIT_ENABLE,
    WAIT_SYNCHRONIZE,
    WAIT_BARRIER,
    WAIT_SUBSCRIBE,
    WAIT_RESIGN,
    WAIT_IMMEDIATE,
    WAIT_KINDS
} waiting_t;

typedef struct widow {
    link_thread_t thread;
    link_mutex_t *mutex;
    link_condition_t *all_there;
    int *there;
    waiting_t kind;
    char endpoint[160];
    char name[16];
    bool told;
    mst_err_t err, last;
    long long returned_ms;
    char text[512];
} widow_t;

static void on_connection_lost (void *user, mst_federate_t fed, const char *reason)
{
    widow_t *self = user;
    (void) fed;
    self->told = strlen (reason) > 0;
}

static mst_err_t wait_in (mst_federate_t fed, waiting_t kind)
{
    static const char *const expected[] = { "widow-4", "nobody" };
    mst_err_t err = MST_OK;
    mst_class_t body = { 0 };

    switch ((int) kind) {
    case WAIT_EVOKE:
        while (!err)
            err = mst_evoke (fed, -1, NULL);
        return err;
    case WAIT_IMMEDIATE:
    case WAIT_ADVANCE: return mst_advance (fed, 100, -1);
    case WAIT_SYNCHRONIZE: return mst_synchronize (fed, "never", 1000, -1);
    case WAIT_BARRIER: return mst_barrier (fed, "never", expected, 2, 0);
    case WAIT_ENABLE:
    case WAIT_SUBSCRIBE:
    case WAIT_RESIGN: /* as soon as the RTI is gone: a call that asks it something */
        (void) mst_class_find (fed, "Body", &body);
        while (!err)
            err = kind == WAIT_SUBSCRIBE ? mst_subscribe (fed, body, NULL, 0)
                                         : mst_evoke (fed, 20, NULL);
        if (kind == WAIT_ENABLE)
            err = mst_enable_time (fed, 1);
        return err;
    default: return MST_E_INTERNAL;
    }
}

/*  Twice: joined, and about to wait. */
static void be_there (widow_t *self)
{
    link_mutex_lock (self->mutex);
    ++*self->there;
    link_condition_broadcast (self->all_there);
    while (*self->there <
           WAIT_KINDS) /* who regulates must be settled before anybody asks for time */
        (void) link_condition_wait (self->all_there, self->mutex, INT64_MAX);
    link_mutex_unlock (self->mutex);
}

static void run_widow (void *argument)
{
    widow_t *self = argument;
    mst_federate_t fed;
    mst_module_t module = { "federates.xml", federates_fom, strlen (federates_fom) };
    mst_join_options_t options = { .rti = self->endpoint,
                                   .federation = "world",
                                   .name = self->name,
                                   .modules = &module,
                                   .module_count = 1,
                                   .user = self,
                                   .callbacks = { .connection_lost = on_connection_lost },
                                   .model =
                                       self->kind == WAIT_IMMEDIATE ? MST_IMMEDIATE : MST_EVOKED };

    self->err = mst_join (&options, &fed);
    if (!self->err &&
        (self->kind == WAIT_EVOKE || self->kind == WAIT_ADVANCE || self->kind == WAIT_IMMEDIATE))
        self->err = mst_enable_time (fed, 1);
    be_there (self);
    be_there (self);
    if (self->err)
        return;
    self->err = wait_in (fed, self->kind);
    self->returned_ms = test_now_ms ();
    (void) snprintf (self->text, sizeof self->text, "%s", mst_error_text ());
    self->last = mst_resign (&fed, MST_RESIGN_NO_ACTION);
    if (fed.generation != 0)
        self->last = MST_E_INTERNAL; /* it must be eaten */
}

static void test_kill_the_rti (void)
{
    test_process_t rti;
    link_mutex_t mutex;
    link_condition_t all_there;
    widow_t widows[WAIT_KINDS] = { 0 };
    int there = 0;
    bool in_time = true;

    PROCESS_START (&rti, "prog_federates_rti");
    const char *line = test_process_line (&rti, "ready ", LINE_MS);
    CHECK_OR_RETURN (line != NULL);
    link_mutex_init (&mutex);
    link_condition_init (&all_there);
    for (int i = 0; i < WAIT_KINDS; i++) {
        widows[i] = (widow_t){
            .kind = (waiting_t) i, .mutex = &mutex, .all_there = &all_there, .there = &there
        };
        (void) snprintf (widows[i].endpoint, sizeof widows[i].endpoint, "%s",
                         line + strlen ("ready "));
        (void) snprintf (widows[i].name, sizeof widows[i].name, "widow-%d", i);
        CHECK_OK (link_thread_start (&widows[i].thread, "widow", run_widow, &widows[i]));
    }
    link_mutex_lock (&mutex);
    while (there < 2 * WAIT_KINDS && in_time)
        in_time = link_condition_wait (&all_there, &mutex, INT64_MAX);
    link_mutex_unlock (&mutex);
    long long killed_ms = test_now_ms ();
    test_process_signal (&rti, SIGKILL);
    for (int i = 0; i < WAIT_KINDS; i++) {
        link_thread_join (&widows[i].thread);
        if (!CHECK_INT (widows[i].err, MST_E_CONNECTION_LOST))
            printf ("waiting %d: %s\n", i, widows[i].text);
        CHECK_CONTAINS (widows[i].text, "the RTI is lost");
        CHECK (widows[i].returned_ms - killed_ms < RTI_NOTICED_MS * PATIENCE);
        CHECK_INT (widows[i].last, MST_E_CONNECTION_LOST);
        /* who evokes is told by the callback too; a call that finds the RTI gone says so itself */
        CHECK (widows[i].told || (i != WAIT_EVOKE && i != WAIT_IMMEDIATE));
    }
    link_condition_fini (&all_there);
    link_mutex_fini (&mutex);
    test_process_fini (&rti);
}

/*  After the loss: every call says so, and nothing hangs. */
static void test_calls_after_the_loss (void)
{
    stage_t stage;
    mst_time_t time;
    char text[64];
    static const char *const names[] = { "moon" };

    stage_open (&stage);
    actor_t *moon = stage_join (&stage, "moon");
    actor_publishes (moon, "Body");
    mst_object_t body = actor_registers (moon, "Body");
    mst_class_t of = actor_class (moon, "Body");
    CHECK_OK (mst_rti_stop (&stage.rti));
    STAGE_UNTIL (&stage, moon->lost);
    CHECK_CONTAINS (moon->news, "the RTI is lost: ");
    CHECK_ERR (mst_evoke (moon->fed, -1, NULL), MST_E_CONNECTION_LOST);
    CHECK_ERR (actor_updates (moon, body, "Mass", "1", MST_TIME_NONE), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_delete (moon->fed, body, MST_TIME_NONE, NULL), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_register (moon->fed, of, NULL, &body), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_reserve_names (moon->fed, names, 1), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_publish (moon->fed, of, NULL, 0), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_subscribe (moon->fed, of, NULL, 0), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_enable_regulation (moon->fed, 1), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_enable_time (moon->fed, 1), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_time_advance_request (moon->fed, 1), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_advance (moon->fed, 1, -1), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_query_galt (moon->fed, &time), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_time_explain (moon->fed, NULL, text, sizeof text), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_synchronize (moon->fed, "x", 1, -1), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_barrier (moon->fed, "x", names, 1, 0), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_report (moon->fed, "x", "1"), MST_E_CONNECTION_LOST);
    CHECK_ERR (mst_request_class_update (moon->fed, of, NULL, 0), MST_E_CONNECTION_LOST);
    CHECK_TEXT (mst_federate_name (moon->fed, mst_self (moon->fed)),
                "moon"); /* what is known stays */
    CHECK_OK (mst_query_time (moon->fed, &time));
    CHECK_ERR (mst_resign (&moon->fed, MST_RESIGN_NO_ACTION), MST_E_CONNECTION_LOST);
    CHECK (moon->fed.generation == 0);
    moon->joined = false;
    mst_join_options_t options = stage_options (&stage);
    options.name = "moon";
    options.connect_timeout_ms = 50;
    CHECK_ERR (mst_join (&options, &moon->fed), MST_E_NOT_CONNECTED);
    stage_close (&stage);
}

static CU_TestInfo death_tests[] = {
    { "a federate is killed", test_kill_a_federate },
    { "the cut is the last report", test_the_cut_is_the_last_report },
    { "many are killed", test_kill_many },
    { "a federate is stopped, and goes on", test_stop_a_federate },
    { "stopped, with data missing", test_stop_with_data_missing },
    { "the RTI is killed", test_kill_the_rti },
    { "calls after the loss", test_calls_after_the_loss },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_death", NULL, NULL, NULL, NULL, death_tests })
