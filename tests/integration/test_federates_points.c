/*  Synchronization points, mst_synchronize, and named barriers. */
#include "tests/integration/federates.h"
#include "link/thread.h"

#include <stdio.h>
#include <string.h>

/*  Points
 * ------------------------------------------------------------------------------------------ */

typedef struct trio {
    stage_t stage;
    actor_t *sun, *moon, *mars;
} trio_t;

static void trio_open (trio_t *self)
{
    stage_open (&self->stage);
    self->sun = stage_join (&self->stage, "sun");
    self->moon = stage_join (&self->stage, "moon");
    self->mars = stage_join (&self->stage, "mars");
    stage_settle (&self->stage);
}

static void test_federation_wide (void)
{
    trio_t with;

    trio_open (&with);
    CHECK_OK (mst_register_point (with.sun->fed, "ready", "go", 2, NULL, 0));
    ACTOR_HEARS (&with.stage, with.sun, "point ready registered\nannounced ready [go]\n");
    ACTOR_HEARS (&with.stage, with.moon, "announced ready [go]\n");
    ACTOR_HEARS (&with.stage, with.mars, "announced ready [go]\n");
    CHECK_OK (mst_achieve_point (with.sun->fed, "ready", true));
    CHECK_OK (mst_achieve_point (with.moon->fed, "ready", false));
    stage_settle (&with.stage);
    ACTOR_HEARS (&with.stage, with.sun, "");
    CHECK_OK (mst_achieve_point (with.mars->fed, "ready", true));
    ACTOR_HEARS (&with.stage, with.sun, "synchronized ready, failed: moon\n");
    ACTOR_HEARS (&with.stage, with.moon, "synchronized ready, failed: moon\n");
    ACTOR_HEARS (&with.stage, with.mars, "synchronized ready, failed: moon\n");
    CHECK_OK (mst_register_point (with.moon->fed, "ready", NULL, 0, NULL,
                                  0)); /* the label is free again */
    ACTOR_HEARS (&with.stage, with.moon, "point ready registered\nannounced ready\n");
    stage_close (&with.stage);
}

static void test_label_in_use (void)
{
    trio_t with;

    trio_open (&with);
    CHECK_OK (mst_register_point (with.sun->fed, "ready", NULL, 0, NULL, 0));
    ACTOR_HEARS (&with.stage, with.sun, "point ready registered\nannounced ready\n");
    CHECK_OK (mst_register_point (with.moon->fed, "ready", NULL, 0, NULL, 0));
    ACTOR_HEARS_OF (&with.stage, with.moon, "point ready refused: the label is in use\n");
    CHECK_ERR (mst_register_point (with.moon->fed, "", NULL, 0, NULL, 0), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_register_point (with.moon->fed, NULL, NULL, 0, NULL, 0), MST_E_INVALID_ARGUMENT);
    CHECK_OK (mst_achieve_point (with.moon->fed, "elsewhere", true));
    ACTOR_HEARS_OF (&with.stage, with.moon, "refused MST_E_SYNC_LABEL_UNKNOWN: ");
    CHECK_CONTAINS (with.moon->trace, "elsewhere");
    stage_close (&with.stage);
}

/*  A point for a set: others do not hear of it, and late joiners take no part. */
static void test_set (void)
{
    trio_t with;

    trio_open (&with);
    mst_federate_id_t set[] = { mst_self (with.sun->fed), mst_self (with.moon->fed) };
    CHECK_OK (mst_register_point (with.sun->fed, "two", NULL, 0, set, 2));
    ACTOR_HEARS (&with.stage, with.sun, "point two registered\nannounced two\n");
    ACTOR_HEARS (&with.stage, with.moon, "announced two\n");
    actor_t *late = stage_join (&with.stage, "late");
    CHECK_OK (mst_achieve_point (with.sun->fed, "two", true));
    CHECK_OK (mst_achieve_point (with.moon->fed, "two", true));
    ACTOR_HEARS (&with.stage, with.sun, "synchronized two\n");
    ACTOR_HEARS (&with.stage, with.moon, "synchronized two\n");
    stage_settle (&with.stage);
    ACTOR_HEARS (&with.stage, with.mars, "");
    ACTOR_HEARS (&with.stage, late, "");
    set[1] = (mst_federate_id_t){ 99 };
    CHECK_OK (mst_register_point (with.sun->fed, "ghost", NULL, 0, set, 2));
    ACTOR_HEARS (&with.stage, with.sun, "point ghost refused: a member of the set is not joined\n");
    stage_close (&with.stage);
}

static void test_late_joiner (void)
{
    trio_t with;

    trio_open (&with);
    CHECK_OK (mst_register_point (with.sun->fed, "all", NULL, 0, NULL, 0));
    CHECK_OK (mst_achieve_point (with.sun->fed, "all", true));
    stage_settle (&with.stage);
    actor_t *late = stage_join (&with.stage, "late");
    ACTOR_HEARS (&with.stage, late, "announced all\n");
    ACTOR_HEARS (&with.stage, with.moon, "announced all\n");
    ACTOR_HEARS (&with.stage, with.mars, "announced all\n");
    CHECK_OK (mst_achieve_point (with.moon->fed, "all", true));
    CHECK_OK (mst_achieve_point (with.mars->fed, "all", true));
    stage_settle (&with.stage);
    ACTOR_HEARS (&with.stage, with.moon, ""); /* not yet: late has not achieved it */
    CHECK_OK (mst_achieve_point (late->fed, "all", true));
    ACTOR_HEARS (&with.stage, with.moon, "synchronized all\n");
    ACTOR_HEARS (&with.stage, late, "synchronized all\n");
    stage_close (&with.stage);
}

/*  A resign, and a death, complete a point. */
static void test_leaving_completes (void)
{
    trio_t with;

    trio_open (&with);
    CHECK_OK (mst_register_point (with.sun->fed, "all", NULL, 0, NULL, 0));
    ACTOR_HEARS (&with.stage, with.sun, "point all registered\nannounced all\n");
    ACTOR_HEARS (&with.stage, with.moon, "announced all\n");
    CHECK_OK (mst_achieve_point (with.sun->fed, "all", true));
    actor_resign (with.moon, MST_RESIGN_NO_ACTION);
    mst_abandon (&with.mars->fed);
    with.mars->joined = false;
    ACTOR_HEARS (&with.stage, with.sun, "synchronized all\n");
    stage_close (&with.stage);
}

/*  "Synchronized" does not overtake what was sent before. */
static void test_point_after_data (void)
{
    enum { NOTES = 500 };
    trio_t with;

    trio_open (&with);
    CHECK_OK (mst_publish_interaction (with.sun->fed, actor_interaction (with.sun, "Note")));
    CHECK_OK (mst_subscribe_interaction (with.moon->fed, actor_interaction (with.moon, "Note")));
    CHECK_OK (mst_register_point (with.sun->fed, "all", NULL, 0, NULL, 0));
    stage_settle (&with.stage);
    CHECK_OK (mst_achieve_point (with.moon->fed, "all", true));
    CHECK_OK (mst_achieve_point (with.mars->fed, "all", true));
    for (int i = 0; i < NOTES; i++)
        CHECK_OK (actor_sends (with.sun, "Note", "Text", "before the point", MST_TIME_NONE));
    CHECK_OK (mst_achieve_point (with.sun->fed, "all", true));
    STAGE_UNTIL (&with.stage, strstr (with.moon->trace, "synchronized") != NULL);
    CHECK_INT (with.moon->received, NOTES);
    const char *end = strstr (with.moon->trace, "synchronized all\n");
    CHECK_TEXT (end ? end : "", "synchronized all\n");
    stage_close (&with.stage);
}

/*  mst_synchronize
 * ------------------------------------------------------------------------------------- */

typedef struct runner {
    link_thread_t thread;
    char endpoint[160];
    char name[16];
    size_t federates;
    int rounds;
    int64_t wait_ms;
    mst_err_t err;
    char text[512];
} runner_t;

static void keep (runner_t *self, mst_err_t err)
{
    if (self->err || !err)
        return;
    self->err = err;
    (void) snprintf (self->text, sizeof self->text, "%s", mst_error_text ());
}

static mst_federate_t runner_join (runner_t *self)
{
    mst_federate_t fed;
    mst_module_t module = { "federates.xml", federates_fom, strlen (federates_fom) };
    mst_join_options_t options = { .rti = self->endpoint,
                                   .federation = "world",
                                   .name = self->name,
                                   .modules = &module,
                                   .module_count = 1 };
    keep (self, mst_join (&options, &fed));
    return fed;
}

static void run_synchronize (void *argument)
{
    runner_t *self = argument;
    mst_federate_t fed = runner_join (self);

    for (int i = 0; i < self->rounds; i++) {
        char label[32];
        (void) snprintf (label, sizeof label, "round %d", i);
        keep (self, mst_synchronize (fed, label, self->federates, self->wait_ms));
    }
    keep (self, mst_resign (&fed, MST_RESIGN_NO_ACTION));
}

static void start (runner_t *self, const stage_t *stage, const char *name, void (*run) (void *))
{
    (void) snprintf (self->endpoint, sizeof self->endpoint, "%s", stage->endpoint);
    (void) snprintf (self->name, sizeof self->name, "%s", name);
    CHECK_OK (link_thread_start (&self->thread, name, run, self));
}

static void check_runner (runner_t *self)
{
    link_thread_join (&self->thread);
    if (!CHECK_INT (self->err, MST_OK))
        printf ("%s: %s\n", self->name, self->text);
}

static void test_synchronize (void)
{
    stage_t stage;
    runner_t runners[3] = { 0 };
    static const char *const names[] = { "sun", "moon", "mars" };

    stage_open (&stage);
    for (int i = 0; i < 3; i++) {
        runners[i] = (runner_t){ .federates = 3, .rounds = 20, .wait_ms = 20000 };
        start (&runners[i], &stage, names[i], run_synchronize);
    }
    for (int i = 0; i < 3; i++)
        check_runner (&runners[i]);
    stage_close (&stage);
}

static void test_synchronize_without_all (void)
{
    stage_t stage;
    static char label[300];

    stage_open (&stage);
    actor_t *sun = stage_join (&stage, "sun");
    CHECK_ERR (mst_synchronize (sun->fed, "start", 3, 20), MST_E_TIMEOUT);
    CHECK_TEXT (mst_error_text (),
                "synchronization point \"start\": 1 of 3 federates have joined after 0.0 s");
    CHECK_ERR (mst_synchronize (sun->fed, "", 1, 20), MST_E_INVALID_ARGUMENT);
    memset (label, 'x', sizeof label - 1);
    CHECK_ERR (mst_synchronize (sun->fed, label, 1, -1), MST_E_LIMIT); /* and no hang */
    (void) stage_join (&stage, "moon");                                /* joined, but not there */
    CHECK_ERR (mst_synchronize (sun->fed, "start", 2, 20), MST_E_TIMEOUT);
    CHECK_CONTAINS (mst_error_text (), "synchronization point \"start\"");
    stage_close (&stage);
}

/*  Barriers
 * ---------------------------------------------------------------------------------------------- */

static const char *const expected[] = { "sun", "moon", "mars" };

static void run_barrier (void *argument)
{
    runner_t *self = argument;
    mst_federate_t fed = runner_join (self);

    for (int i = 0; i < self->rounds; i++)
        keep (self, mst_barrier (fed, "lunch", expected, 3, self->wait_ms));
    keep (self, mst_resign (&fed, MST_RESIGN_NO_ACTION));
}

static void test_barrier_passes (void)
{
    stage_t stage;
    runner_t runners[3] = { 0 };

    stage_open (&stage);
    for (int i = 0; i < 3; i++) {
        runners[i] = (runner_t){ .rounds = 50, .wait_ms = 20000 };
        start (&runners[i], &stage, expected[i], run_barrier);
    }
    for (int i = 0; i < 3; i++)
        check_runner (&runners[i]);
    stage_close (&stage);
}

static void test_barrier_by_callbacks (void)
{
    trio_t with;

    trio_open (&with);
    for (int generation = 0; generation < 3; generation++) {
        CHECK_OK (mst_barrier_arrive (with.sun->fed, "lunch", expected, 3, 0));
        CHECK_OK (mst_barrier_arrive (with.moon->fed, "lunch", expected, 3, 0));
        stage_settle (&with.stage);
        CHECK (strstr (with.sun->trace, "lunch") == NULL || generation > 0);
        CHECK_OK (mst_barrier_arrive (with.mars->fed, "lunch", expected, 3, 0));
        STAGE_UNTIL (&with.stage, strlen (with.mars->trace) > 24 * (size_t) generation &&
                                      strlen (with.sun->trace) == strlen (with.mars->trace) &&
                                      strlen (with.moon->trace) == strlen (with.mars->trace));
    }
    CHECK_TEXT (with.sun->trace, with.mars->trace);
    CHECK_CONTAINS (with.sun->trace, "barrier lunch passed");
    stage_close (&with.stage);
}

static void test_barrier_deadline (void)
{
    trio_t with;

    trio_open (&with);
    CHECK_OK (mst_barrier_arrive (with.moon->fed, "lunch", expected, 3, 0));
    stage_settle (&with.stage);
    CHECK_ERR (mst_barrier (with.sun->fed, "lunch", expected, 3, 30), MST_E_BARRIER_BROKEN);
    CHECK_TEXT (mst_error_text (), "the barrier \"lunch\" is broken: missing mars");
    ACTOR_HEARS (&with.stage, with.moon, "barrier lunch broken: mars\n");
    stage_close (&with.stage);
}

/*  Somebody who has not even joined is missing by name. */
static void test_barrier_with_a_stranger (void)
{
    trio_t with;
    static const char *const names[] = { "sun", "pluto", "ceres" };

    trio_open (&with);
    CHECK_ERR (mst_barrier (with.sun->fed, "tea", names, 3, 30), MST_E_BARRIER_BROKEN);
    CHECK_CONTAINS (mst_error_text (), "pluto");
    CHECK_CONTAINS (mst_error_text (), "ceres");
    stage_close (&with.stage);
}

static void test_barrier_loses_a_member (void)
{
    trio_t with;

    trio_open (&with);
    CHECK_OK (mst_barrier_arrive (with.sun->fed, "lunch", expected, 3, 0));
    CHECK_OK (mst_barrier_arrive (with.moon->fed, "lunch", expected, 3, 0));
    stage_settle (&with.stage);
    mst_abandon (&with.mars->fed);
    with.mars->joined = false;
    ACTOR_HEARS (&with.stage, with.sun, "barrier lunch broken: mars\n");
    ACTOR_HEARS (&with.stage, with.moon, "barrier lunch broken: mars\n");
    stage_close (&with.stage);
}

/*  A barrier that the RTI refuses is an error at once, and no wait without end. */
static void test_barrier_refused (void)
{
    trio_t with;
    static const char *const others[] = { "moon", "mars" };
    static char name[300];

    trio_open (&with);
    CHECK (mst_barrier (with.sun->fed, "theirs", others, 2, 0) != MST_OK); /* sun is not expected */
    CHECK (strlen (mst_error_text ()) > 0);
    CHECK_OK (mst_barrier_arrive (with.moon->fed, "lunch", expected, 3, 0));
    stage_settle (&with.stage);
    CHECK_ERR (mst_barrier (with.sun->fed, "lunch", expected, 2, 0), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "expects other federates");
    memset (name, 'x', sizeof name - 1);
    CHECK_ERR (mst_barrier (with.sun->fed, name, expected, 3, 0), MST_E_LIMIT);
    CHECK_ERR (mst_barrier (with.sun->fed, "none", expected, 0, 0), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_barrier (with.sun->fed, "past", expected, 3, -1), MST_E_INVALID_ARGUMENT);
    stage_close (&with.stage);
}

static CU_TestInfo points_tests[] = {
    { "a federation-wide point", test_federation_wide },
    { "a label in use", test_label_in_use },
    { "a point for a set", test_set },
    { "a late joiner takes part", test_late_joiner },
    { "leaving completes a point", test_leaving_completes },
    { "a point comes after the data", test_point_after_data },
    { "synchronize among three", test_synchronize },
    { "synchronize without all", test_synchronize_without_all },
    { "a barrier passes", test_barrier_passes },
    { "a barrier by callbacks", test_barrier_by_callbacks },
    { "a barrier's deadline", test_barrier_deadline },
    { "a barrier with a stranger", test_barrier_with_a_stranger },
    { "a barrier loses a member", test_barrier_loses_a_member },
    { "a barrier that is refused", test_barrier_refused },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_points", NULL, NULL, NULL, NULL, points_tests })
