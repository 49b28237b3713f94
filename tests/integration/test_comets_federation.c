/*  The comets as a federation of processes: whatever the number of federates, and whoever looks
    on, the result has the bits of the plain loop; and who is lost is named. */
#include "tests/support/check.h"
#include "tests/support/process.h"

#include <muster/muster.h>
#include <muster/rti.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE TEST_SOURCE_DIR "/samples/comets"
#define TABLE  SAMPLE "/comets.table"
#define FOM    SAMPLE "/comets.xml"

enum {
    FEDERATES_MAX = 7,
    COMETS = 3750,
    ALL_STEPS = 3652,
    SOME_STEPS = 200,
    ENDLESS_STEPS = 36520,
    WAIT_MS = 120000,
    NOTICE_MS = 10000 /* more than any machine needs to see that a process died */
};

/*  A federation of comets and its RTI, which lives here. */
typedef struct flight {
    mst_rti_t rti;
    char endpoint[160];
    test_process_t federates[FEDERATES_MAX]; /* by rank */
    uint32_t count;
} flight_t;

static flight_t flight;

static void begin (flight_t *self)
{
    *self = (flight_t){ 0 };
    CHECK_OK (mst_rti_start (NULL, &self->rti));
    CHECK_OK (mst_rti_endpoint (self->rti, self->endpoint, sizeof self->endpoint));
}

static void start_one (flight_t *self, uint32_t rank, uint32_t count, uint32_t steps)
{
    char name[16], rank_text[16], count_text[16], steps_text[16];
    snprintf (name, sizeof name, "sky-%u", rank + 1);
    snprintf (rank_text, sizeof rank_text, "%u", rank);
    snprintf (count_text, sizeof count_text, "%u", count);
    snprintf (steps_text, sizeof steps_text, "%u", steps);
    PROCESS_START (&self->federates[self->count++], "comets", "--rti", self->endpoint,
                   "--federation", "comets", "--fom", FOM, "--table", TABLE, "--name", name,
                   "--rank", rank_text, "--count", count_text, "--steps", steps_text, "--no-plain");
}

static void start (flight_t *self, uint32_t count, uint32_t steps)
{
    for (uint32_t rank = 0; rank < count; rank++)
        start_one (self, rank, count, steps);
}

/*  All end, and with this code. */
static void expect_end (flight_t *self, int exit_code)
{
    for (uint32_t i = 0; i < self->count; i++) {
        test_process_t *federate = &self->federates[i];
        CHECK (test_process_wait (federate, WAIT_MS));
        CHECK_INT (federate->exit_code, exit_code);
        if (federate->exit_code != exit_code)
            printf ("rank %u: %s", i, federate->err.text);
    }
}

static void end (flight_t *self)
{
    for (uint32_t i = 0; i < self->count; i++)
        test_process_fini (&self->federates[i]);
    if (self->rti.generation != 0)
        CHECK_OK (mst_rti_stop (&self->rti));
}

/*  What stands behind "name: " at the start of a line; "" when there is none. */
static const char *result (const char *text, const char *name, char value[100])
{
    size_t length = strlen (name);
    value[0] = '\0';
    for (const char *line = text; line; line = strchr (line, '\n')) {
        line += *line == '\n';
        if (strncmp (line, name, length) == 0 && line[length] == ':')
            sscanf (line + length + 1, " %99[^\n]", value);
        if (*line == '\0')
            break;
    }
    return value;
}

static long number (const flight_t *self, const char *name)
{
    char value[100];
    return strtol (result (self->federates[0].out.text, name, value), NULL, 10);
}

static void plain_digest (uint32_t steps, char digest[100])
{
    test_process_t plain;
    char text[16];
    snprintf (text, sizeof text, "%u", steps);
    PROCESS_START (&plain, "comets-plain", TABLE, text);
    CHECK (test_process_wait (&plain, WAIT_MS));
    CHECK_INT (strlen (result (plain.out.text, "digest", digest)), 64);
    test_process_fini (&plain);
}

static void check_same_bits (uint32_t count, uint32_t steps)
{
    char digest[100], plain[100];
    begin (&flight);
    start (&flight, count, steps);
    expect_end (&flight, 0);
    plain_digest (steps, plain);
    CHECK_TEXT (result (flight.federates[0].out.text, "digest", digest), plain);
    CHECK_INT (number (&flight, "comets"), COMETS);
    CHECK_INT (number (&flight, "steps"), steps);
    printf ("%u: %ld migrations, %ld steps/s … ", count, number (&flight, "migrations"),
            number (&flight, "steps/s"));
}

/*  The same bits ------------------------------------------------------------------------------- */

static void test_one_federate (void)
{
    check_same_bits (1, SOME_STEPS);
    CHECK_INT (number (&flight, "migrations"), 0);
    CHECK_INT (number (&flight, "ghosts"), 0);
    end (&flight);
}

static void test_two_and_seven_federates (void)
{
    check_same_bits (2, SOME_STEPS);
    CHECK (number (&flight, "migrations") > 100);
    end (&flight);
    check_same_bits (FEDERATES_MAX, SOME_STEPS);
    CHECK (number (&flight, "migrations") > 300);
    end (&flight);
}

static void test_ten_years_with_four_federates (void)
{
    check_same_bits (4, ALL_STEPS);
    CHECK_INT (number (&flight, "left_out"), 21);
    CHECK (number (&flight, "inside") >= 3300 && number (&flight, "inside") <= 3320);
    CHECK (number (&flight, "parked_later") >= 20 && number (&flight, "parked_later") <= 50);
    CHECK (number (&flight, "approaches") >= 140000 && number (&flight, "approaches") <= 160000);
    CHECK (number (&flight, "migrations") >= 6000 && number (&flight, "migrations") <= 10000);
    CHECK (number (&flight, "ghosts") >= 250000 && number (&flight, "ghosts") <= 450000);
    end (&flight);
}

/*  Who looks on -------------------------------------------------------------------------------- */

typedef struct viewer {
    mst_federate_t fed;
    mst_class_t comet;
    mst_interaction_class_t approach;
    uint32_t states, approaches, gone;
    bool named;
} viewer_t;

static void on_reflected (void *user, mst_federate_t fed, const mst_reception_t *update)
{
    viewer_t *self = user;
    (void) fed;
    CHECK_INT (update->value_count, 2);
    self->states++;
}

static void on_received (void *user, mst_federate_t fed, const mst_reception_t *interaction)
{
    viewer_t *self = user;
    (void) fed;
    (void) interaction;
    self->approaches++;
}

static void on_gone (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name)
{
    viewer_t *self = user;
    (void) fed;
    (void) id;
    (void) name;
    self->gone++;
}

static void on_named (void *user, mst_federate_t fed, const char *name, bool succeeded)
{
    viewer_t *self = user;
    (void) fed;
    (void) name;
    self->named = succeeded;
}

/*  It comes first and has the smallest name: nothing of the comets' start may hang on it. */
static void join_viewer (viewer_t *self, const flight_t *in)
{
    const mst_module_t module = { .name = FOM };
    const mst_join_options_t options = {
        .rti = in->endpoint,
        .federation = "comets",
        .name = "eye",
        .modules = &module,
        .module_count = 1,
        .callbacks = { .reflected = on_reflected,
                       .received = on_received,
                       .name_reserved = on_named,
                       .federate_resigned = on_gone },
        .user = self,
    };
    mst_attribute_t attributes[2];
    *self = (viewer_t){ 0 };
    CHECK_OK (mst_join (&options, &self->fed));
    CHECK_OK (mst_class_find (self->fed, "Comet", &self->comet));
    CHECK_OK (mst_attribute_find (self->fed, self->comet, "Row", &attributes[0]));
    CHECK_OK (mst_attribute_find (self->fed, self->comet, "State", &attributes[1]));
    CHECK_OK (mst_interaction_find (self->fed, "CloseApproach", &self->approach));
    CHECK_OK (mst_subscribe (self->fed, self->comet, attributes, 2));
    CHECK_OK (mst_subscribe_interaction (self->fed, self->approach));
}

static void watch_to_the_end (viewer_t *self, uint32_t federates)
{
    long long limit_ms = test_now_ms () + WAIT_MS;
    while (self->gone < federates && test_now_ms () < limit_ms)
        CHECK_OK (mst_evoke (self->fed, 1000, NULL));
    CHECK_INT (self->gone, federates);
}

/*  It is not time constrained, so it hears everybody in turn, and a few states of comets that moved
    house may reach it late: what an old home said of a comet of which it heard the new one already
    is dropped and counted, and of a comet that was deleted meanwhile it hears no more. */
static void check_states (const viewer_t *self, uint32_t times)
{
    mst_counters_t counters;
    uint64_t all = (uint64_t) times * COMETS;
    CHECK_OK (mst_counters (self->fed, &counters));
    CHECK (self->states + counters.stale_dropped <= all);
    CHECK (self->states >= all - all / 100);
}

static void test_a_viewer_sees_every_tenth_day (void)
{
    char digest[100], plain[100];
    viewer_t viewer;
    begin (&flight);
    join_viewer (&viewer, &flight);
    start (&flight, 3, 40);
    watch_to_the_end (&viewer, 3);
    expect_end (&flight, 0);
    check_states (&viewer, 4);
    CHECK_INT (viewer.approaches, number (&flight, "approaches"));
    plain_digest (40, plain);
    CHECK_TEXT (result (flight.federates[0].out.text, "digest", digest), plain);
    CHECK_OK (mst_resign (&viewer.fed, MST_RESIGN_NO_ACTION));
    end (&flight);
}

/*  It takes nothing until the comets say that they wait, and more is sent to it than may be on its
    way. */
static void test_a_slow_viewer_is_waited_for (void)
{
    char digest[100], plain[100];
    viewer_t viewer;
    CHECK_INT (setenv ("MUSTER_LIMITS_ROUTE_WINDOW_BYTES", "1048576", 1), 0);
    begin (&flight);
    join_viewer (&viewer, &flight);
    start (&flight, 2, SOME_STEPS);
    CHECK (test_process_error_line (&flight.federates[0], "waits for room: eye", WAIT_MS) != NULL);
    watch_to_the_end (&viewer, 2);
    expect_end (&flight, 0);
    check_states (&viewer, SOME_STEPS / 10);
    CHECK_INT (viewer.approaches, number (&flight, "approaches"));
    plain_digest (SOME_STEPS, plain);
    CHECK_TEXT (result (flight.federates[0].out.text, "digest", digest), plain);
    CHECK_OK (mst_resign (&viewer.fed, MST_RESIGN_NO_ACTION));
    end (&flight);
    CHECK_INT (unsetenv ("MUSTER_LIMITS_ROUTE_WINDOW_BYTES"), 0);
}

/*  What goes wrong ----------------------------------------------------------------------------- */

/*  Until the first approach is reported, and so the days pass. */
static void start_and_watch (flight_t *self, uint32_t count)
{
    viewer_t viewer;
    join_viewer (&viewer, self);
    start (self, count, ENDLESS_STEPS);
    long long limit_ms = test_now_ms () + WAIT_MS;
    while (viewer.approaches == 0 && test_now_ms () < limit_ms)
        CHECK_OK (mst_evoke (viewer.fed, 1000, NULL));
    CHECK (viewer.approaches > 0);
    CHECK_OK (mst_resign (&viewer.fed, MST_RESIGN_NO_ACTION));
}

static void test_a_lost_federate_is_named (void)
{
    begin (&flight);
    start_and_watch (&flight, 3);
    test_process_signal (&flight.federates[1], SIGKILL);
    for (uint32_t rank = 0; rank < 3; rank += 2) {
        test_process_t *other = &flight.federates[rank];
        CHECK (test_process_wait (other, NOTICE_MS));
        CHECK_INT (other->exit_code, 1);
        CHECK_CONTAINS (other->err.text, "was lost at step");
    }
    end (&flight);
}

static void test_a_lost_rti_ends_all (void)
{
    begin (&flight);
    start_and_watch (&flight, 2);
    CHECK_OK (mst_rti_stop (&flight.rti));
    for (uint32_t rank = 0; rank < 2; rank++) {
        CHECK (test_process_wait (&flight.federates[rank], NOTICE_MS));
        CHECK_INT (flight.federates[rank].exit_code, 3);
        CHECK_CONTAINS (flight.federates[rank].err.text, "RTI");
    }
    end (&flight);
}

/*  The viewer takes the name under which rank 0 shows itself. */
static void test_a_rank_is_taken_once (void)
{
    static const char *const names[] = { "Sky 0" };
    viewer_t viewer;
    begin (&flight);
    join_viewer (&viewer, &flight);
    CHECK_OK (mst_reserve_names (viewer.fed, names, 1));
    long long limit_ms = test_now_ms () + WAIT_MS;
    while (!viewer.named && test_now_ms () < limit_ms)
        CHECK_OK (mst_evoke (viewer.fed, 1000, NULL));
    start (&flight, 1, SOME_STEPS);
    expect_end (&flight, 1);
    CHECK_CONTAINS (flight.federates[0].err.text, "another federate has rank 0");
    CHECK_OK (mst_resign (&viewer.fed, MST_RESIGN_NO_ACTION));
    end (&flight);
}

static void used_wrongly (const char *option, const char *value, const char *words)
{
    test_process_t comets;
    PROCESS_START (&comets, "comets", option, value);
    CHECK (test_process_wait (&comets, WAIT_MS));
    CHECK_INT (comets.exit_code, 2);
    CHECK_CONTAINS (comets.err.text, words);
    test_process_fini (&comets);
}

static void test_used_wrongly (void)
{
    used_wrongly ("--rank", "1", "the rank is 1, but there are 1 federates");
    used_wrongly ("--count", "65", "--count must be a whole number from 1 to 64, found \"65\"");
    used_wrongly ("--steps", "ten", "--steps must be a whole number from 1 to 36520");
    used_wrongly ("--speed", "1", "there is no option --speed");
    CHECK_INT (setenv ("MUSTER_PARAMETERS", "{\"stepps\": 1}", 1), 0);
    used_wrongly ("--rank", "0", "there is no parameter \"stepps\"");
    CHECK_INT (setenv ("MUSTER_PARAMETERS", "{\"steps\": 1.5}", 1), 0);
    used_wrongly ("--rank", "0", "the parameter steps must be a whole number");
    CHECK_INT (setenv ("MUSTER_PARAMETERS", "steps", 1), 0);
    used_wrongly ("--rank", "0", "MUSTER_PARAMETERS is not a JSON object");
    CHECK_INT (unsetenv ("MUSTER_PARAMETERS"), 0);
}

static CU_TestInfo comets_tests[] = {
    { "one federate", test_one_federate },
    { "two and seven federates", test_two_and_seven_federates },
    { "ten years with four federates", test_ten_years_with_four_federates },
    { "a viewer sees every tenth day", test_a_viewer_sees_every_tenth_day },
    { "a slow viewer is waited for", test_a_slow_viewer_is_waited_for },
    { "a lost federate is named", test_a_lost_federate_is_named },
    { "a lost RTI ends all", test_a_lost_rti_ends_all },
    { "a rank is taken once", test_a_rank_is_taken_once },
    { "used wrongly", test_used_wrongly },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets federation", NULL, NULL, NULL, NULL, comets_tests })
