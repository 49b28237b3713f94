/*  Receivers that do not read: who waits for them, who does not, and what it costs. */
#include "tests/integration/federates.h"
#include "tests/support/process.h"
#include "link/clock.h"
#include "link/thread.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { NOTE_BYTES = 64 * 1024, WINDOW_BYTES = 1024 * 1024, NOTES = 200 };

/*  A federate in a thread of its own, that sends notes to one receiver or to all. */
typedef struct writer {
    link_thread_t thread;
    char endpoint[160];
    const char *name;
    const char *to;   /* NULL: to all */
    const char *note; /* interaction */
    int notes;
    bool reads; /* subscribes to what others send, and never reads */
    link_mutex_t mutex;
    link_condition_t progress;
    atomic_int sent;
    atomic_bool joined, go, done;
    uint64_t blocked_ns;
    mst_err_t err;
    char text[512];
} writer_t;

static void keep (writer_t *self, mst_err_t err)
{
    if (self->err || !err)
        return;
    self->err = err;
    (void) snprintf (self->text, sizeof self->text, "%s", mst_error_text ());
}

static void write_notes (writer_t *self, mst_federate_t fed)
{
    static const char text[NOTE_BYTES];
    mst_interaction_class_t note = { 0 };
    mst_parameter_t parameter = { 0 };
    mst_federate_id_t to = { 0 };
    mst_send_options_t options = { .only = self->to ? &to : NULL, .only_count = 1 };

    keep (self, mst_interaction_find (fed, self->note, &note));
    keep (self, mst_parameter_find (fed, note, "Text", &parameter));
    if (self->to)
        keep (self, mst_federate_find (fed, self->to, &to));
    mst_value_t value = { parameter.id, sizeof text, text };
    for (int i = 0; i < self->notes && !self->err; i++) {
        keep (self, mst_send (fed, note, &value, 1, MST_TIME_NONE, &options));
        link_mutex_lock (&self->mutex);
        atomic_fetch_add (&self->sent, 1);
        link_condition_signal (&self->progress);
        link_mutex_unlock (&self->mutex);
    }
}

static void run_writer (void *argument)
{
    writer_t *self = argument;
    mst_federate_t fed;
    mst_counters_t counters = { 0 };
    mst_interaction_class_t note;
    mst_module_t module = { "federates.xml", federates_fom, strlen (federates_fom) };
    mst_join_options_t options = { .rti = self->endpoint,
                                   .federation = "world",
                                   .name = self->name,
                                   .modules = &module,
                                   .module_count = 1,
                                   .route_window_bytes = WINDOW_BYTES };

    keep (self, mst_join (&options, &fed));
    keep (self, mst_interaction_find (fed, self->note, &note));
    keep (self, mst_publish_interaction (fed, note));
    if (self->reads)
        keep (self, mst_subscribe_interaction (fed, note));
    atomic_store (&self->joined, true);
    while (!atomic_load (&self->go) && !self->err)
        keep (self, mst_evoke (fed, 1, NULL));
    if (!self->err)
        write_notes (self, fed);
    (void) mst_counters (fed, &counters);
    self->blocked_ns = counters.blocked_ns;
    atomic_store (&self->done, true);
    keep (self, mst_resign (&fed, MST_RESIGN_NO_ACTION));
}

static void start (writer_t *self, const stage_t *stage)
{
    (void) snprintf (self->endpoint, sizeof self->endpoint, "%s", stage->endpoint);
    link_mutex_init (&self->mutex);
    link_condition_init (&self->progress);
    CHECK_OK (link_thread_start (&self->thread, self->name, run_writer, self));
}

static void finish (writer_t *self)
{
    link_thread_join (&self->thread);
    if (!CHECK_INT (self->err, MST_OK))
        printf ("%s: %s\n", self->name, self->text);
}

/*  The actors do not run: half a window leaves all the same, and never all of it. */
static bool waits_for (writer_t *self)
{
    int64_t deadline_ns = link_clock_ns () + INT64_C (1000000) * STAGE_DEADLINE_MS;
    bool in_time = true;

    link_mutex_lock (&self->mutex);
    while (in_time && atomic_load (&self->sent) < WINDOW_BYTES / NOTE_BYTES / 2)
        in_time = link_condition_wait (&self->progress, &self->mutex, deadline_ns);
    link_mutex_unlock (&self->mutex);
    return in_time && !atomic_load (&self->done);
}

static mst_join_options_t narrow (stage_t *stage)
{
    mst_join_options_t options = stage_options (stage);
    options.route_window_bytes = WINDOW_BYTES;
    return options;
}

/*  The sender waits while the receiver does not read, and goes on when it does. */
static void test_a_sender_waits (void)
{
    stage_t stage;
    writer_t sun = { .name = "sun", .note = "Note", .notes = NOTES };

    stage_open (&stage);
    actor_t *moon = stage_join_with (&stage, "moon", narrow (&stage));
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Note")));
    moon->terse = true;
    start (&sun, &stage);
    STAGE_UNTIL (&stage, atomic_load (&sun.joined));
    atomic_store (&sun.go, true);
    /* the route opens once; then moon reads no more until the sender waits */
    STAGE_UNTIL (&stage, moon->received > 0);
    CHECK (waits_for (&sun));
    CHECK (atomic_load (&sun.sent) < NOTES);
    STAGE_UNTIL (&stage, moon->received == NOTES);
    finish (&sun);
    CHECK (sun.blocked_ns > 0);
    CHECK_INT (moon->bytes, NOTES * (size_t) NOTE_BYTES);
    stage_close (&stage);
}

/*  A time-stamped message never waits: at the limit it is an error that names receiver and limit.
 */
static void test_time_stamped_gives_an_error (void)
{
    static const char text[NOTE_BYTES];
    stage_t stage;
    mst_err_t err = MST_OK;
    int sent = 0;

    stage_open (&stage);
    actor_t *sun = stage_join_with (&stage, "sun", narrow (&stage));
    actor_t *moon = stage_join_with (&stage, "moon", narrow (&stage));
    CHECK_OK (mst_publish_interaction (sun->fed, actor_interaction (sun, "Tick")));
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Tick")));
    actor_keeps_time (&stage, sun, 1);
    actor_keeps_time (&stage, moon, 1);
    stage_settle (&stage);
    moon->terse = true;
    mst_value_t value = { 1, sizeof text, text };
    mst_interaction_class_t tick = actor_interaction (sun, "Tick");
    while (sent < NOTES && !(err = mst_send (sun->fed, tick, &value, 1, 10, NULL)))
        sent++;
    CHECK_ERR (err, MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "moon");
    CHECK_CONTAINS (mst_error_text (), "limits.route_window_bytes");
    CHECK (sent >= WINDOW_BYTES / NOTE_BYTES / 2);
    CHECK_OK (mst_time_advance_request (sun->fed, 20));
    actor_advances (&stage, moon, 15); /* takes them */
    CHECK_INT (moon->received, sent);
    STAGE_UNTIL (&stage, mst_send (sun->fed, tick, &value, 1, 30, NULL) == MST_OK);
    stage_close (&stage);
}

/*  A full queue of time-stamped messages loses nothing: what does not fit waits until a grant needs
 * it. */
static void test_a_full_queue (void)
{
    enum { TICKS = 3000, QUEUE = 10 };
    stage_t stage;
    mst_join_options_t options;

    stage_open (&stage);
    options = stage_options (&stage);
    options.tso_queue_messages = QUEUE;
    options.bundle_bytes = 512;
    actor_t *sun = stage_join_with (&stage, "sun", options),
            *moon = stage_join_with (&stage, "moon", options);
    CHECK_OK (mst_publish_interaction (sun->fed, actor_interaction (sun, "Tick")));
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Tick")));
    actor_keeps_time (&stage, sun, 1);
    actor_keeps_time (&stage, moon, 1);
    stage_settle (&stage);
    actor_forget (moon);
    for (int i = 0; i < TICKS; i++)
        CHECK_OK (actor_sends (sun, "Tick", "Count", "x", 1 + i % 30));
    CHECK_OK (mst_time_advance_request (sun->fed, 1000));
    moon->terse = true;
    CHECK_OK (mst_next_message_request (moon->fed, 100));
    STAGE_UNTIL (&stage, moon->granted == 1);
    CHECK_INT (moon->received, TICKS / 30);
    actor_advances (&stage, moon, 15);
    CHECK_INT (moon->received, TICKS / 2);
    actor_advances (&stage, moon, 100);
    CHECK_INT (moon->received, TICKS);
    stage_close (&stage);
}

/*  Two that write to each other and read nothing. */
static void test_no_deadlock (void)
{
    stage_t stage;
    writer_t sun = { .name = "sun", .note = "Note", .notes = NOTES, .reads = true };
    writer_t moon = { .name = "moon", .note = "Note", .notes = NOTES, .reads = true };

    stage_open (&stage);
    start (&sun, &stage);
    start (&moon, &stage);
    STAGE_UNTIL (&stage, atomic_load (&sun.joined) && atomic_load (&moon.joined));
    atomic_store (&sun.go, true);
    atomic_store (&moon.go, true);
    STAGE_UNTIL (&stage, atomic_load (&sun.done) && atomic_load (&moon.done));
    finish (&sun);
    finish (&moon);
    stage_close (&stage);
}

/*  The same with messages that came before both began to wait: constrained federates that are
   granted keep what came, and owe the credit. */
static void test_no_deadlock_with_a_backlog (void)
{
    stage_t stage;
    writer_t moon = { .name = "moon", .note = "Note", .notes = NOTES, .reads = true };
    static const char text[NOTE_BYTES];

    stage_open (&stage);
    actor_t *sun = stage_join_with (&stage, "sun", narrow (&stage));
    CHECK_OK (mst_publish_interaction (sun->fed, actor_interaction (sun, "Note")));
    CHECK_OK (mst_subscribe_interaction (sun->fed, actor_interaction (sun, "Note")));
    CHECK_OK (mst_enable_constrained (sun->fed));
    STAGE_UNTIL (&stage, sun->constrained);
    start (&moon, &stage);
    STAGE_UNTIL (&stage, atomic_load (&moon.joined));
    mst_parameter_t parameter;
    mst_interaction_class_t note = actor_interaction (sun, "Note");
    CHECK_OK (mst_parameter_find (sun->fed, note, "Text", &parameter));
    mst_value_t value = { parameter.id, sizeof text, text };
    CHECK_OK (mst_send (sun->fed, note, &value, 1, MST_TIME_NONE, NULL)); /* opens the route */
    atomic_store (&moon.go, true);
    STAGE_UNTIL (&stage, atomic_load (&moon.sent) >= WINDOW_BYTES / NOTE_BYTES - 1);
    CHECK_INT (sun->received, 0); /* granted, so held: moon is out of credit */
    for (int i = 0; i < NOTES; i++)
        CHECK_OK (mst_send (sun->fed, note, &value, 1, MST_TIME_NONE, NULL));
    sun->terse = true;
    CHECK_OK (mst_asynchronous_delivery (sun->fed, true)); /* what is left of moon's is read now */
    STAGE_UNTIL (&stage, atomic_load (&moon.done));
    finish (&moon);
    stage_close (&stage);
}

/*  A slow reader stops neither the others' traffic among themselves nor time. */
static void test_a_third_is_not_stopped (void)
{
    stage_t stage;
    writer_t sun = { .name = "sun", .note = "Note", .to = "slow", .notes = NOTES };

    stage_open (&stage);
    actor_t *slow = stage_join_with (&stage, "slow", narrow (&stage));
    CHECK_OK (mst_subscribe_interaction (slow->fed, actor_interaction (slow, "Note")));
    start (&sun, &stage);
    STAGE_UNTIL (&stage, atomic_load (&sun.joined));
    atomic_store (&sun.go, true);
    STAGE_UNTIL (&stage, slow->received > 0);
    slow->joined = false; /* for the stage: it runs no more */
    slow->terse = true;
    actor_t *mars = stage_join (&stage, "mars"), *moon = stage_join (&stage, "moon");
    CHECK (waits_for (&sun));
    CHECK_OK (mst_publish_interaction (mars->fed, actor_interaction (mars, "Note")));
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Note")));
    actor_keeps_time (&stage, mars, 1);
    actor_keeps_time (&stage, moon, 1);
    stage_settle (&stage);
    moon->terse = true;
    mst_federate_id_t to = mst_self (moon->fed);
    mst_send_options_t options = { .only = &to, .only_count = 1 };
    mst_value_t value = { 1, 5, "hello" };
    for (mst_time_t step = 1; step <= 100; step++) {
        CHECK_OK (mst_send (mars->fed, actor_interaction (mars, "Note"), &value, 1, MST_TIME_NONE,
                            &options));
        CHECK_OK (mst_time_advance_request (mars->fed, step));
        CHECK_OK (mst_time_advance_request (moon->fed, step));
        STAGE_UNTIL (&stage, mars->granted == step && moon->granted == step);
    }
    CHECK_INT (moon->received, 100);
    CHECK (!atomic_load (&sun.done)); /* still waiting for slow */
    slow->joined = true;
    STAGE_UNTIL (&stage, slow->received == NOTES);
    finish (&sun);
    stage_close (&stage);
}

/*  The one who is waited for dies: the sender goes on. */
static void test_the_slow_one_dies (void)
{
    stage_t stage;
    writer_t sun = { .name = "sun", .note = "Note", .notes = NOTES };

    stage_open (&stage);
    actor_t *moon = stage_join_with (&stage, "moon", narrow (&stage));
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Note")));
    moon->terse = true;
    start (&sun, &stage);
    STAGE_UNTIL (&stage, atomic_load (&sun.joined));
    atomic_store (&sun.go, true);
    STAGE_UNTIL (&stage, moon->received > 0);
    CHECK (waits_for (&sun));
    mst_abandon (&moon->fed);
    moon->joined = false;
    finish (&sun);
    CHECK_INT (atomic_load (&sun.sent), NOTES);
    stage_close (&stage);
}

/*  … or the RTI does. */
static void test_the_rti_dies_meanwhile (void)
{
    stage_t stage;
    writer_t sun = { .name = "sun", .note = "Note", .notes = NOTES };

    stage_open (&stage);
    actor_t *moon = stage_join_with (&stage, "moon", narrow (&stage));
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Note")));
    moon->terse = true;
    start (&sun, &stage);
    STAGE_UNTIL (&stage, atomic_load (&sun.joined));
    atomic_store (&sun.go, true);
    STAGE_UNTIL (&stage, moon->received > 0);
    CHECK (waits_for (&sun));
    CHECK_OK (mst_rti_stop (&stage.rti));
    link_thread_join (&sun.thread);
    CHECK_INT (sun.err, MST_E_CONNECTION_LOST);
    stage_close (&stage);
}

/*  Messages of one sender stay in order, however often it had to wait. */
static unsigned char next_byte;
static bool in_order;

static void check_order (actor_t *self, const mst_reception_t *interaction)
{
    (void) self;
    const unsigned char *data = interaction->values[0].data;
    in_order = in_order && data[0] == next_byte++;
}

static void test_many_processes_flood (void)
{
    enum { FLOODERS = 3, ENOUGH = 2000 };
    stage_t stage;
    test_process_t processes[FLOODERS];

    stage_open (&stage);
    actor_t *moon = stage_join (&stage, "moon");
    moon->terse = true;
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Note")));
    for (int i = 0; i < FLOODERS; i++) {
        char name[16];
        (void) snprintf (name, sizeof name, "flood-%d", i);
        PROCESS_START (&processes[i], "prog_federates_player", stage.endpoint, name, "flood");
        CHECK (test_process_line (&processes[i], "ready", 10000) != NULL);
    }
    STAGE_UNTIL (&stage, moon->received >= ENOUGH);
    for (int i = 0; i < FLOODERS; i++)
        test_process_fini (&processes[i]);
    STAGE_UNTIL (&stage, strstr (moon->news, "flood-0 lost") &&
                             strstr (moon->news, "flood-1 lost") &&
                             strstr (moon->news, "flood-2 lost"));
    stage_close (&stage);
}

static void test_order_under_pressure (void)
{
    enum { ROUNDS = 400 };
    static char text[8 * 1024];
    stage_t stage;

    stage_open (&stage);
    actor_t *sun = stage_join_with (&stage, "sun", narrow (&stage)),
            *moon = stage_join (&stage, "moon");
    CHECK_OK (mst_publish_interaction (sun->fed, actor_interaction (sun, "Note")));
    CHECK_OK (mst_subscribe_interaction (moon->fed, actor_interaction (moon, "Note")));
    stage_settle (&stage);
    moon->terse = true;
    moon->on_received = check_order;
    next_byte = 0;
    in_order = true;
    mst_value_t value = { 1, sizeof text, text };
    for (size_t i = 0; i < ROUNDS; i++) {
        text[0] = (char) i;
        CHECK_OK (
            mst_send (sun->fed, actor_interaction (sun, "Note"), &value, 1, MST_TIME_NONE, NULL));
        if (i % 50 == 49)
            STAGE_UNTIL (&stage, moon->received == i + 1);
    }
    CHECK (in_order);
    stage_close (&stage);
}

static CU_TestInfo pressure_tests[] = {
    { "a sender waits for a receiver that does not read", test_a_sender_waits },
    { "a time-stamped message gives an error", test_time_stamped_gives_an_error },
    { "a full queue of time-stamped messages", test_a_full_queue },
    { "two that write and do not read", test_no_deadlock },
    { "the same with a backlog", test_no_deadlock_with_a_backlog },
    { "a third is not stopped", test_a_third_is_not_stopped },
    { "the slow one dies", test_the_slow_one_dies },
    { "the RTI dies meanwhile", test_the_rti_dies_meanwhile },
    { "processes that flood, and die", test_many_processes_flood },
    { "order under pressure", test_order_under_pressure },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_pressure", NULL, NULL, NULL, NULL, pressure_tests })
