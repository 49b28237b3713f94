/*  Clock synchronisation between real processes. All run on one host and read the same wall clock,
    so the truth is known: an offset of zero, which must lie within the bound that is reported. */
#include "tests/support/check.h"
#include "tests/support/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <muster/muster.h>

enum { LONG_MS = 60000 };
#define FOM TEST_SOURCE_DIR "/tests/integration/ball.xml"

static test_process_t rti;
static char endpoint[128];

static void begin (void)
{
    PROCESS_START (&rti, "muster", "rti", "--port", "0", "--quiet");
    const char *line = test_process_line (&rti, "tcp://", LONG_MS);
    (void) snprintf (endpoint, sizeof endpoint, "%s", line ? strstr (line, "tcp://") : "");
    endpoint[strcspn (endpoint, " \n")] = '\0';
}

static mst_join_options_t options (const char *name, const char *method)
{
    static const mst_module_t fom = { .name = FOM };
    return (mst_join_options_t){ .rti = endpoint,
                                 .federation = "balls",
                                 .name = name,
                                 .modules = &fom,
                                 .module_count = 1,
                                 .clock_method = method,
                                 .clock_interval_ns = 20000000 };
}

static mst_federate_t join (mst_join_options_t with)
{
    mst_federate_t fed = { 0, 0 };
    CHECK_OK (mst_join (&with, &fed));
    return fed;
}

static int64_t wall_clock_ns (void)
{
    struct timespec now;
    (void) clock_gettime (CLOCK_REALTIME, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

/*  The offset is zero, the wall clock is this one, and neither claims more than it knows. */
static void check_truth (mst_federate_t fed, const char *what)
{
    mst_clock_t clock;
    int64_t wall_ns = 0, bound_ns = 0;

    CHECK_OK (mst_clock (fed, &clock));
    CHECK (clock.known);
    if (!CHECK (llabs (clock.offset_ns) <= clock.bound_ns))
        printf ("%s: offset %lld ns, bound %lld ns\n", what, (long long) clock.offset_ns,
                (long long) clock.bound_ns);
    CHECK (clock.round_trip_ns > 0 && clock.age_ns >= 0);
    /*  Both clocks are one: it gains nothing on itself but what an NTP daemon makes it. */
    CHECK (llabs (clock.drift_ppb) <= clock.drift_bound_ppb + 1000);
    CHECK_INT (clock.refused + clock.restarts, 0);
    int64_t before_ns = wall_clock_ns ();
    CHECK_OK (mst_clock_wall (fed, &wall_ns, &bound_ns));
    int64_t after_ns = wall_clock_ns ();
    CHECK (wall_ns + bound_ns >= before_ns && wall_ns - bound_ns <= after_ns);
    if (getenv ("MUSTER_CLOCK_TABLE"))
        printf ("| %s | %.1f | %.1f | %.1f | %lld | %lld |\n", what, (double) clock.offset_ns / 1e3,
                (double) clock.bound_ns / 1e3, (double) clock.round_trip_ns / 1e3,
                (long long) clock.drift_ppb, (long long) clock.drift_bound_ppb);
}

/*  Runs callbacks of all until each has made so many exchanges. */
static void run_until (const mst_federate_t *feds, size_t count, uint64_t exchanges)
{
    mst_clock_t clock = { 0 };
    long long end_ms = test_now_ms () + LONG_MS;
    for (size_t i = 0; i < count && test_now_ms () < end_ms;) {
        CHECK_OK (mst_evoke (feds[i % count], 5, NULL));
        for (i = 0; i < count; i++) {
            CHECK_OK (mst_clock (feds[i], &clock));
            if (clock.exchanges < exchanges || !clock.known)
                break;
        }
        if (i < count)
            for (size_t j = 0; j < count; j++)
                CHECK_OK (mst_evoke (feds[j], 0, NULL));
    }
    CHECK (clock.exchanges >= exchanges);
}

static void test_each_method (void)
{
    static const char *const methods[] = { "cristian", "berkeley", "ntp", "ptp" };
    begin ();
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        mst_federate_t fed = join (options (methods[i], methods[i]));
        run_until (&fed, 1, 20);
        check_truth (fed, methods[i]);
        CHECK_OK (mst_resign (&fed, MST_RESIGN_NO_ACTION));
    }
    test_process_fini (&rti);
}

static void test_average_of_three (void)
{
    mst_federate_t feds[2];
    mst_clock_t clock = { 0 };
    begin ();
    feds[0] = join (options ("sun", "berkeley"));
    feds[1] = join (options ("moon", "berkeley"));
    run_until (feds, 2, 12);
    check_truth (feds[0], "sun");
    check_truth (feds[1], "moon");
    CHECK_OK (mst_clock (feds[0], &clock));
    CHECK_INT (clock.members, 3); /* sun, moon and the RTI */
    CHECK_OK (mst_resign (&feds[0], MST_RESIGN_NO_ACTION));
    CHECK_OK (mst_resign (&feds[1], MST_RESIGN_NO_ACTION));
    test_process_fini (&rti);
}

/*  A federate with immediate callbacks does it in its own thread, while nobody calls. */
static void test_immediate (void)
{
    mst_clock_t clock = { 0 };
    begin ();
    mst_join_options_t with = options ("sun", "ntp");
    with.model = MST_IMMEDIATE;
    mst_federate_t fed = join (with);
    long long end_ms = test_now_ms () + LONG_MS;
    while (!clock.known && test_now_ms () < end_ms)
        CHECK_OK (mst_clock (fed, &clock));
    check_truth (fed, "immediate");
    CHECK_OK (mst_resign (&fed, MST_RESIGN_NO_ACTION));
    test_process_fini (&rti);
}

/*  While it waits for a grant that does not come; from the environment; and seen from outside. */
static void test_while_waiting (void)
{
    test_process_t top;
    mst_clock_t clock;
    long long end_ms = test_now_ms () + LONG_MS;
    begin ();
    (void) setenv ("MUSTER_CLOCK_METHOD", "ptp", 1);
    (void) setenv ("MUSTER_CLOCK_INTERVAL", "10 ms", 1);
    mst_join_options_t with = options ("sun", NULL), other = options ("moon", "off");
    with.clock_interval_ns = 0;
    mst_federate_t sun = join (with), moon = join (other);
    CHECK_OK (mst_enable_time (moon, 1));
    CHECK_OK (mst_enable_time (sun, 1));
    CHECK_ERR (mst_advance (sun, 10, 20), MST_E_TIMEOUT); /* moon holds it */
    do {
        CHECK_ERR (mst_await_grant (sun, 20, NULL), MST_E_TIMEOUT);
        CHECK_OK (mst_clock (sun, &clock));
    } while (clock.exchanges < 10 && test_now_ms () < end_ms);
    check_truth (sun, "waiting");
    CHECK_OK (mst_clock (moon, &clock));
    CHECK (clock.method == MST_CLOCK_OFF && !clock.known && clock.exchanges == 0);
    CHECK_ERR (mst_clock_wall (moon, &(int64_t){ 0 }, NULL), MST_E_NOT_SUPPORTED);
    CHECK_CONTAINS (mst_error_text (), "clock.method is off");
    (void) setenv ("MUSTER_RTI", endpoint, 1);
    PROCESS_START (&top, "muster", "top", "--once", "--json");
    CHECK (test_process_wait (&top, LONG_MS));
    CHECK_CONTAINS (top.out.text, "\"clock\":{\"method\":\"ptp\"");
    CHECK_CONTAINS (top.out.text, "\"drift_bound_ppb\"");
    test_process_fini (&top);
    (void) unsetenv ("MUSTER_RTI");
    (void) unsetenv ("MUSTER_CLOCK_METHOD");
    (void) unsetenv ("MUSTER_CLOCK_INTERVAL");
    mst_abandon (&sun);
    mst_abandon (&moon);
    test_process_fini (&rti);
}

static void test_mistakes (void)
{
    mst_federate_t fed;
    mst_join_options_t with;
    begin ();
    with = options ("sun", "sundial");
    CHECK_ERR (mst_join (&with, &fed), MST_E_CONFIG);
    CHECK_CONTAINS (mst_error_text (),
                    "clock.method \"sundial\" is not known: choose off, cristian");
    with = options ("sun", "ntp");
    with.clock_interval_ns = 5;
    CHECK_ERR (mst_join (&with, &fed), MST_E_CONFIG);
    (void) setenv ("MUSTER_CLOCK_INTERVAL", "2 fortnights", 1);
    with.clock_interval_ns = 0;
    CHECK_ERR (mst_join (&with, &fed), MST_E_CONFIG);
    CHECK_CONTAINS (mst_error_text (), "MUSTER_CLOCK_INTERVAL is \"2 fortnights\": a duration");
    (void) unsetenv ("MUSTER_CLOCK_INTERVAL");
    fed = join (options ("sun", "ntp"));
    CHECK_ERR (mst_clock (fed, NULL), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_clock_wall (fed, NULL, NULL), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_clock_wall (fed, &(int64_t){ 0 }, NULL), MST_E_TIMEOUT); /* nothing came yet */
    mst_federate_t stale = fed;
    CHECK_OK (mst_resign (&fed, MST_RESIGN_NO_ACTION));
    CHECK_ERR (mst_clock (stale, &(mst_clock_t){ 0 }), MST_E_STALE_HANDLE);
    test_process_fini (&rti);
}

static CU_TestInfo clock_live_tests[] = {
    { "each method: zero lies within its bound", test_each_method },
    { "the average of three", test_average_of_three },
    { "immediate callbacks: in its own thread", test_immediate },
    { "while a call waits; muster top shows it", test_while_waiting },
    { "mistakes", test_mistakes },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "clock_live", NULL, NULL, NULL, NULL, clock_live_tests })
