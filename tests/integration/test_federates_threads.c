/*  Immediate callbacks: from the library's thread, one at a time, with calls from several threads
   beside them; what may not wait in a callback; leaving while others call. Clean under
   ThreadSanitizer. */
#include "tests/integration/federates.h"
#include "link/clock.h"
#include "link/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { NOTES = 500 };

/*  A federate with immediate callbacks; what they count is read by the test's thread. */
typedef struct quick {
    mst_federate_t fed;
    pthread_t tester;
    link_mutex_t mutex;
    link_condition_t changed;
    atomic_int received, discovered, granted, inside, overlaps, foreign;
    atomic_bool lost;
    mst_err_t in_callback[16];
    int in_callback_count;
    mst_object_t object;
    char text[512];
} quick_t;

static void note (quick_t *self, atomic_int *what)
{
    link_mutex_lock (&self->mutex);
    atomic_fetch_add (what, 1);
    link_condition_broadcast (&self->changed);
    link_mutex_unlock (&self->mutex);
}

static void enter (quick_t *self)
{
    if (atomic_fetch_add (&self->inside, 1) != 0)
        atomic_fetch_add (&self->overlaps, 1);
    if (!pthread_equal (pthread_self (), self->tester))
        atomic_fetch_add (&self->foreign, 1);
}

static void leave (quick_t *self)
{
    atomic_fetch_sub (&self->inside, 1);
}

static void on_discovered (void *user, mst_federate_t fed, const mst_discovery_t *what)
{
    quick_t *self = user;
    (void) fed;
    enter (self);
    self->object = what->object;
    leave (self);
    note (self, &self->discovered);
}

static void on_received (void *user, mst_federate_t fed, const mst_reception_t *what)
{
    quick_t *self = user;
    (void) fed;
    (void) what;
    enter (self);
    leave (self);
    note (self, &self->received);
}

static void on_granted (void *user, mst_federate_t fed, mst_time_t time)
{
    quick_t *self = user;
    (void) fed;
    (void) time;
    enter (self);
    leave (self);
    note (self, &self->granted);
}

static void on_lost (void *user, mst_federate_t fed, const char *reason)
{
    quick_t *self = user;
    (void) fed;
    (void) reason;
    atomic_store (&self->lost, true);
    note (self, &self->foreign);
}

static void quick_join (quick_t *self, stage_t *stage, const char *name)
{
    mst_join_options_t options = stage_options (stage);

    memset (self, 0, sizeof *self);
    self->tester = pthread_self ();
    link_mutex_init (&self->mutex);
    link_condition_init (&self->changed);
    options.name = name;
    options.user = self;
    options.model = MST_IMMEDIATE;
    options.callbacks = (mst_callbacks_t){ .discovered = on_discovered,
                                           .received = on_received,
                                           .granted = on_granted,
                                           .connection_lost = on_lost };
    CHECK_OK (mst_join (&options, &self->fed));
}

static void quick_fini (quick_t *self)
{
    if (self->fed.generation != 0)
        CHECK_OK (mst_resign (&self->fed, MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST));
    CHECK_INT (atomic_load (&self->overlaps), 0);
    link_condition_fini (&self->changed);
    link_mutex_fini (&self->mutex);
}

/*  Sleeps until the count is there; the federate works by itself. */
static void until (quick_t *self, atomic_int *count, int wanted)
{
    int64_t deadline_ns = link_clock_ns () + INT64_C (1000000) * STAGE_DEADLINE_MS;
    bool in_time = true;
    link_mutex_lock (&self->mutex);
    while (atomic_load (count) < wanted && in_time)
        in_time = link_condition_wait (&self->changed, &self->mutex, deadline_ns);
    link_mutex_unlock (&self->mutex);
    CHECK (atomic_load (count) >= wanted);
}

static mst_interaction_class_t note_of (mst_federate_t fed)
{
    mst_interaction_class_t found = { 0 };
    CHECK_OK (mst_interaction_find (fed, "Note", &found));
    return found;
}

static mst_err_t send_note (mst_federate_t fed, mst_interaction_class_t of)
{
    mst_value_t value = { 1, 5, "hello" };
    return mst_send (fed, of, &value, 1, MST_TIME_NONE, NULL);
}

/*  The library's thread
 * ----------------------------------------------------------------------------- */

static void test_callbacks_by_themselves (void)
{
    stage_t stage;
    quick_t sun, moon;

    stage_open (&stage);
    quick_join (&sun, &stage, "sun");
    quick_join (&moon, &stage, "moon");
    CHECK_OK (mst_publish_interaction (sun.fed, note_of (sun.fed)));
    CHECK_OK (mst_subscribe_interaction (moon.fed, note_of (moon.fed)));
    while (atomic_load (&moon.received) == 0) /* until the interest is known */
        CHECK_OK (send_note (sun.fed, note_of (sun.fed)));
    int before = atomic_load (&moon.received);
    for (int i = 0; i < NOTES; i++)
        CHECK_OK (send_note (sun.fed, note_of (sun.fed)));
    until (&moon, &moon.received, before + NOTES);
    CHECK (atomic_load (&moon.foreign) > 0); /* not this thread's */
    CHECK_ERR (mst_evoke (moon.fed, 0, NULL), MST_E_CALL_NOT_ALLOWED);
    CHECK_CONTAINS (mst_error_text (), "immediate");
    quick_fini (&sun);
    quick_fini (&moon);
    stage_close (&stage);
}

static void test_time (void)
{
    enum { STEPS = 100 };
    stage_t stage;
    quick_t sun;

    stage_open (&stage);
    quick_join (&sun, &stage, "sun");
    actor_t *moon = stage_join (&stage, "moon");
    CHECK_OK (mst_enable_time (sun.fed, 1));
    actor_keeps_time (&stage, moon, 1);
    for (mst_time_t step = 1; step <= STEPS; step++) {
        CHECK_OK (mst_time_advance_request (moon->fed, step));
        CHECK_OK (mst_flush (moon->fed));
        CHECK_OK (mst_advance (sun.fed, step, 10000));
        CHECK_INT (atomic_load (&sun.granted),
                   step); /* the callback is over when the call returns */
        STAGE_UNTIL (&stage, moon->granted == step);
    }
    CHECK_ERR (mst_advance (sun.fed, 1000, 20), MST_E_TIMEOUT);
    CHECK_CONTAINS (mst_error_text (), "held by \"moon\"");
    quick_fini (&sun);
    stage_close (&stage);
}

/*  Several threads
 * ------------------------------------------------------------------------------------- */

typedef struct caller {
    link_thread_t thread;
    mst_federate_t fed;
    mst_interaction_class_t of;
    mst_class_t body;
    int calls;
    mst_err_t err;
    char text[256];
} caller_t;

static void keep (caller_t *self, mst_err_t err)
{
    if (self->err || !err)
        return;
    self->err = err;
    (void) snprintf (self->text, sizeof self->text, "%s", mst_error_text ());
}

static void run_sender (void *argument)
{
    caller_t *self = argument;
    for (int i = 0; i < self->calls; i++)
        keep (self, send_note (self->fed, self->of));
}

static void run_asker (void *argument)
{
    caller_t *self = argument;
    for (int i = 0; i < self->calls; i++) {
        mst_time_t time;
        mst_object_t object;
        mst_counters_t counters;
        keep (self, mst_query_galt (self->fed, &time));
        keep (self, mst_register (self->fed, self->body, NULL, &object));
        keep (self, mst_delete (self->fed, object, MST_TIME_NONE, NULL));
        keep (self, mst_counters (self->fed, &counters));
        keep (self, mst_class_name (self->fed, self->body) ? MST_OK : MST_E_INTERNAL);
    }
}

static void start (caller_t *self, const quick_t *on, void (*run) (void *), int calls)
{
    *self = (caller_t){ .fed = on->fed, .of = note_of (on->fed), .calls = calls };
    CHECK_OK (mst_class_find (on->fed, "Body", &self->body));
    CHECK_OK (link_thread_start (&self->thread, "caller", run, self));
}

static void finish (caller_t *self)
{
    link_thread_join (&self->thread);
    if (!CHECK_INT (self->err, MST_OK))
        printf ("%s\n", self->text);
}

static void test_calls_from_threads (void)
{
    enum { SENDERS = 3 };
    stage_t stage;
    quick_t sun, moon;
    caller_t senders[SENDERS], asker;

    stage_open (&stage);
    quick_join (&sun, &stage, "sun");
    quick_join (&moon, &stage, "moon");
    mst_class_t body = { 0 };
    CHECK_OK (mst_class_find (sun.fed, "Body", &body));
    CHECK_OK (mst_publish (sun.fed, body, NULL, 0));
    CHECK_OK (mst_publish_interaction (sun.fed, note_of (sun.fed)));
    CHECK_OK (mst_subscribe_interaction (moon.fed, note_of (moon.fed)));
    while (atomic_load (&moon.received) == 0)
        CHECK_OK (send_note (sun.fed, note_of (sun.fed)));
    for (int i = 0; i < SENDERS; i++)
        start (&senders[i], &sun, run_sender, NOTES);
    start (&asker, &sun, run_asker, 100);
    for (int i = 0; i < SENDERS; i++)
        finish (&senders[i]);
    finish (&asker);
    until (&moon, &moon.received, SENDERS * NOTES + 1);
    quick_fini (&sun);
    quick_fini (&moon);
    stage_close (&stage);
}

/*  In a callback
 * --------------------------------------------------------------------------------------- */

static void try_all (quick_t *self, mst_federate_t fed, mst_interaction_class_t of)
{
    mst_time_t time;
    mst_class_t body = { 2 };
    mst_federate_t copy = fed;
    static const char *const names[] = { "sun" };
    mst_err_t waiting[] = { mst_publish_interaction (fed, of),
                            mst_subscribe (fed, body, NULL, 0),
                            mst_evoke (fed, 0, NULL),
                            mst_query_galt (fed, &time),
                            mst_enable_time (fed, 1),
                            mst_advance (fed, 10, 0),
                            mst_await_grant (fed, 0, NULL),
                            mst_synchronize (fed, "x", 1, 0),
                            mst_barrier (fed, "x", names, 1, 0),
                            mst_resign (&copy, MST_RESIGN_NO_ACTION) };
    (void) snprintf (self->text, sizeof self->text, "%s", mst_error_text ());
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++)
        self->in_callback[self->in_callback_count++] = waiting[i];
    mst_abandon (&copy); /* does nothing here */
}

static void on_received_calls (void *user, mst_federate_t fed, const mst_reception_t *what)
{
    quick_t *self = user;
    enter (self);
    if (self->in_callback_count == 0)
        try_all (self, fed, what->interaction);
    if (what->values[0].size_bytes == 5) { /* calls that do not wait are good: an answer */
        mst_value_t value = { 1, 6, "answer" };
        if (mst_send (fed, what->interaction, &value, 1, MST_TIME_NONE, NULL))
            (void) snprintf (self->text, sizeof self->text, "%s", mst_error_text ());
    }
    leave (self);
    note (self, &self->received);
}

static void check_in_callback (const quick_t *self)
{
    CHECK_INT (self->in_callback_count, 10);
    for (int i = 0; i < self->in_callback_count; i++)
        CHECK_INT (self->in_callback[i], MST_E_CALL_NOT_ALLOWED);
    CHECK_TEXT (self->text,
                "within a callback no call may wait: note what to do and do it after mst_evoke");
}

static void in_callback (mst_callback_model_t model)
{
    stage_t stage;
    quick_t sun;
    mst_join_options_t options;

    stage_open (&stage);
    actor_t *moon = stage_join (&stage, "moon");
    CHECK_OK (mst_publish_interaction (moon->fed, actor_interaction (moon, "Note")));
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Note")));
    memset (&sun, 0, sizeof sun);
    sun.tester = pthread_self ();
    link_mutex_init (&sun.mutex);
    link_condition_init (&sun.changed);
    options = stage_options (&stage);
    options.name = "sun";
    options.user = &sun;
    options.model = model;
    options.callbacks = (mst_callbacks_t){ .received = on_received_calls };
    CHECK_OK (mst_join (&options, &sun.fed));
    CHECK_OK (mst_publish_interaction (sun.fed, note_of (sun.fed)));
    CHECK_OK (mst_subscribe_interaction (sun.fed, note_of (sun.fed)));
    stage_settle (&stage);
    CHECK_OK (send_note (moon->fed, note_of (moon->fed)));
    stage_wait_t wait = { 0 };
    while (moon->received == 0 && stage_turn (&stage, &wait))
        if (model == MST_EVOKED)
            CHECK_OK (mst_evoke (sun.fed, 0, NULL));
    CHECK_CONTAINS (moon->trace, "received Note Text=answer\n");
    until (&sun, &sun.received, 1);
    check_in_callback (&sun);
    quick_fini (&sun);
    stage_close (&stage);
}

static void test_in_an_immediate_callback (void)
{
    in_callback (MST_IMMEDIATE);
}

static void test_in_an_evoked_callback (void)
{
    in_callback (MST_EVOKED);
}

/*  A user's own lock, taken in a callback and around calls: no deadlock, whichever comes first. */
static link_mutex_t users_lock = LINK_MUTEX_INIT;

static void on_received_locks (void *user, mst_federate_t fed, const mst_reception_t *what)
{
    quick_t *self = user;
    (void) fed;
    (void) what;
    link_mutex_lock (&users_lock);
    link_mutex_unlock (&users_lock);
    note (self, &self->received);
}

static void test_a_users_lock (void)
{
    stage_t stage;
    quick_t sun;
    mst_join_options_t options;

    stage_open (&stage);
    memset (&sun, 0, sizeof sun);
    link_mutex_init (&sun.mutex);
    link_condition_init (&sun.changed);
    options = stage_options (&stage);
    options.name = "sun";
    options.user = &sun;
    options.model = MST_IMMEDIATE;
    options.callbacks = (mst_callbacks_t){ .received = on_received_locks };
    CHECK_OK (mst_join (&options, &sun.fed));
    actor_t *moon = stage_join (&stage, "moon");
    CHECK_OK (mst_publish_interaction (sun.fed, note_of (sun.fed)));
    CHECK_OK (mst_publish_interaction (moon->fed, note_of (moon->fed)));
    CHECK_OK (mst_subscribe_interaction (sun.fed, note_of (sun.fed)));
    stage_settle (&stage);
    for (int i = 0; i < 200; i++) {
        CHECK_OK (send_note (moon->fed, note_of (moon->fed)));
        CHECK_OK (mst_flush (moon->fed));
        link_mutex_lock (&users_lock);
        CHECK_OK (send_note (sun.fed, note_of (sun.fed)));
        link_mutex_unlock (&users_lock);
    }
    STAGE_UNTIL (&stage, atomic_load (&sun.received) == 200);
    quick_fini (&sun);
    stage_close (&stage);
}

/*  Leaving
 * ------------------------------------------------------------------------------------------------
 */

typedef struct leaver {
    link_thread_t thread;
    mst_federate_t fed;
    bool abandons;
    mst_err_t err;
} leaver_t;

static void run_leaver (void *argument)
{
    leaver_t *self = argument;
    if (self->abandons)
        mst_abandon (&self->fed);
    else
        self->err = mst_resign (&self->fed, MST_RESIGN_NO_ACTION);
}

/*  One thread waits for a grant that never comes, one sends without end; a third lets the federate
   leave: both calls end with an error, and nothing is touched that is gone. */
static void run_waiter (void *argument)
{
    caller_t *self = argument;
    self->err = mst_advance (self->fed, 1000, -1);
}

static void run_until_gone (void *argument)
{
    caller_t *self = argument;
    while (!self->err)
        keep (self, send_note (self->fed, self->of));
}

static void leaves_while_others_call (bool abandons)
{
    stage_t stage;
    quick_t sun;
    caller_t waiter, sender;
    leaver_t leaver;

    stage_open (&stage);
    actor_t *moon = stage_join (&stage, "moon");
    actor_keeps_time (&stage, moon, 1);
    quick_join (&sun, &stage, "sun");
    CHECK_OK (mst_enable_time (sun.fed, 1));
    CHECK_OK (mst_publish_interaction (sun.fed, note_of (sun.fed)));
    start (&waiter, &sun, run_waiter, 0);
    start (&sender, &sun, run_until_gone, 0);
    for (mst_time_t requested = 0; requested != MST_TIME_NONE;) { /* until the advance is pending */
        mst_err_t err = mst_modify_lookahead (sun.fed, 1); /* allowed only while none is pending */
        if (err == MST_E_ADVANCE_PENDING)
            requested = MST_TIME_NONE;
        else if (!CHECK_OK (err))
            break;
    }
    leaver = (leaver_t){ .fed = sun.fed, .abandons = abandons };
    CHECK_OK (link_thread_start (&leaver.thread, "leaver", run_leaver, &leaver));
    link_thread_join (&leaver.thread);
    CHECK_INT (leaver.err, MST_OK);
    link_thread_join (&waiter.thread);
    link_thread_join (&sender.thread);
    CHECK (waiter.err == MST_E_NOT_JOINED || waiter.err == MST_E_STALE_HANDLE);
    CHECK (sender.err == MST_E_NOT_JOINED || sender.err == MST_E_STALE_HANDLE);
    CHECK_ERR (mst_flush (sun.fed), MST_E_STALE_HANDLE);
    sun.fed = (mst_federate_t){ 0, 0 };
    quick_fini (&sun);
    ACTOR_NEWS_OF (&stage, moon, abandons ? "sun lost" : "sun resigned");
    stage_close (&stage);
}

static void test_resign_from_another_thread (void)
{
    leaves_while_others_call (false);
}

static void test_abandon_from_another_thread (void)
{
    leaves_while_others_call (true);
}

/*  Two threads resign the same federate: one does, the other is told. */
static void test_two_resign (void)
{
    stage_t stage;
    quick_t sun;
    leaver_t leavers[2];

    stage_open (&stage);
    for (int round = 0; round < 20; round++) {
        quick_join (&sun, &stage, "sun");
        for (int i = 0; i < 2; i++) {
            leavers[i] = (leaver_t){ .fed = sun.fed };
            CHECK_OK (link_thread_start (&leavers[i].thread, "leaver", run_leaver, &leavers[i]));
        }
        for (int i = 0; i < 2; i++)
            link_thread_join (&leavers[i].thread);
        CHECK ((leavers[0].err == MST_OK) != (leavers[1].err == MST_OK));
        mst_err_t other = leavers[0].err ? leavers[0].err : leavers[1].err;
        CHECK (other == MST_E_STALE_HANDLE || other == MST_E_NOT_JOINED);
        sun.fed = (mst_federate_t){ 0, 0 };
        quick_fini (&sun);
    }
    stage_close (&stage);
}

/*  The RTI goes away: the callback comes by itself, calls that wait end. */
static void test_the_rti_goes (void)
{
    stage_t stage;
    quick_t sun;
    caller_t waiter;

    stage_open (&stage);
    actor_t *moon = stage_join (&stage, "moon");
    actor_keeps_time (&stage, moon, 1);
    quick_join (&sun, &stage, "sun");
    CHECK_OK (mst_enable_time (sun.fed, 1));
    start (&waiter, &sun, run_waiter, 0);
    CHECK_OK (mst_rti_stop (&stage.rti));
    link_thread_join (&waiter.thread);
    CHECK_INT (waiter.err, MST_E_CONNECTION_LOST);
    until (&sun, &sun.foreign, 1);
    CHECK (atomic_load (&sun.lost));
    CHECK_ERR (mst_resign (&sun.fed, MST_RESIGN_NO_ACTION), MST_E_CONNECTION_LOST);
    quick_fini (&sun);
    STAGE_UNTIL (&stage, moon->lost);
    stage_close (&stage);
}

/*  Federates of both kinds in one process, joining and leaving in several threads. */
static void run_comings_and_goings (void *argument)
{
    caller_t *self = argument;
    stage_t stage = { 0 };
    (void) snprintf (stage.endpoint, sizeof stage.endpoint, "%.159s", self->text);
    self->text[0] = '\0';
    for (int i = 0; i < self->calls && !self->err; i++) {
        char name[32];
        mst_federate_t fed;
        mst_interaction_class_t of;
        mst_join_options_t options = stage_options (&stage);
        (void) snprintf (name, sizeof name, "guest-%p-%d", (void *) self, i);
        options.name = name;
        options.callbacks = (mst_callbacks_t){ NULL };
        options.model = i % 2 == 0 ? MST_IMMEDIATE : MST_EVOKED;
        keep (self, mst_join (&options, &fed));
        keep (self, mst_interaction_find (fed, "Note", &of));
        keep (self, mst_publish_interaction (fed, of));
        keep (self, mst_subscribe_interaction (fed, of));
        keep (self, send_note (fed, of));
        keep (self, mst_resign (&fed, MST_RESIGN_NO_ACTION));
    }
}

static void test_comings_and_goings (void)
{
    enum { THREADS = 3 };
    stage_t stage;
    caller_t guests[THREADS];

    stage_open (&stage);
    for (int i = 0; i < THREADS; i++) {
        guests[i] = (caller_t){ .calls = 10 };
        (void) snprintf (guests[i].text, sizeof guests[i].text, "%s", stage.endpoint);
        CHECK_OK (
            link_thread_start (&guests[i].thread, "guest", run_comings_and_goings, &guests[i]));
    }
    for (int i = 0; i < THREADS; i++)
        finish (&guests[i]);
    stage_close (&stage);
}

static CU_TestInfo threads_tests[] = {
    { "callbacks come by themselves", test_callbacks_by_themselves },
    { "time", test_time },
    { "calls from several threads", test_calls_from_threads },
    { "in an immediate callback", test_in_an_immediate_callback },
    { "in an evoked callback", test_in_an_evoked_callback },
    { "a user's own lock", test_a_users_lock },
    { "resign from another thread", test_resign_from_another_thread },
    { "abandon from another thread", test_abandon_from_another_thread },
    { "two threads resign", test_two_resign },
    { "the RTI goes", test_the_rti_goes },
    { "comings and goings", test_comings_and_goings },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_threads", NULL, NULL, NULL, NULL, threads_tests })
