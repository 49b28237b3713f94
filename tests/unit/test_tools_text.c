/*  What people read of a run: numbers, the progress line, the summary. */
#include "tests/support/check.h"
#include "base/buffer.h"
#include "tools/host.h"
#include "tools/progress.h"
#include "tools/status.h"
#include "tools/summary.h"
#include "tools/text.h"
#include "base/alloc.h"

#include <string.h>

/*  Numbers ------------------------------------------------------------------------------------ */

static void test_sizes (void)
{
    char text[TOOLS_NUMBER_SIZE];
    CHECK_TEXT (tools_size_text (text, 0), "0 B");
    CHECK_TEXT (tools_size_text (text, 999), "999 B");
    CHECK_TEXT (tools_size_text (text, 1000), "1.0 kB");
    CHECK_TEXT (tools_size_text (text, 34512345), "34.5 MB");
    CHECK_TEXT (tools_size_text (text, 999999), "1.0 MB");
    CHECK_TEXT (tools_size_text (text, 345000000000), "345 GB");
    CHECK_TEXT (tools_size_text (text, UINT64_MAX), "18.4 EB");
}

static void test_rates (void)
{
    char text[TOOLS_NUMBER_SIZE];
    CHECK_TEXT (tools_rate_text (text, 0), "0.00");
    CHECK_TEXT (tools_rate_text (text, 0.854), "0.85");
    CHECK_TEXT (tools_rate_text (text, 12.34), "12.3");
    CHECK_TEXT (tools_rate_text (text, 99.96), "100");
    CHECK_TEXT (tools_rate_text (text, 1204.4), "1204");
}

static void test_walls (void)
{
    char text[TOOLS_NUMBER_SIZE];
    CHECK_TEXT (tools_wall_text (text, 37900000), "37 ms");
    CHECK_TEXT (tools_wall_text (text, 12345000000), "12.3 s");
    CHECK_TEXT (tools_wall_text (text, INT64_C (185) * 1000000000), "3 min 05 s");
    CHECK_TEXT (tools_wall_text (text, INT64_C (7620) * 1000000000), "2 h 07 min");
}

static void test_paths (void)
{
    char *path = tools_path ("/a/b", "c.json");
    CHECK_TEXT (path, "/a/b/c.json");
    base_free (path);
    path = tools_path ("/a/b", "/c.json");
    CHECK_TEXT (path, "/c.json");
    base_free (path);
    path = tools_path_folder ("/a/b/c.json");
    CHECK_TEXT (path, "/a/b");
    base_free (path);
    path = tools_path_folder ("c.json");
    CHECK_TEXT (path, ".");
    base_free (path);
    path = tools_path_folder ("/c.json");
    CHECK_TEXT (path, "/");
    base_free (path);
    CHECK_TEXT (tools_path_name ("/a/b/c.json"), "c.json");
    CHECK_TEXT (tools_path_name ("c.json"), "c.json");
}

static void test_endpoints (void)
{
    char *endpoint = tools_host_endpoint ("ready: tcp://127.0.0.1:40123, loopback only");
    CHECK_TEXT (endpoint, "tcp://127.0.0.1:40123");
    base_free (endpoint);
    endpoint = tools_host_endpoint ("ipc:///tmp/x");
    CHECK_TEXT (endpoint, "ipc:///tmp/x");
    base_free (endpoint);
    CHECK (tools_host_endpoint ("no such thing") == NULL);
}

/*  Progress ----------------------------------------------------------------------------------- */

static const tools_progress_t half_way = { .timed = true,
                                           .now = 1826,
                                           .end = 3652,
                                           .step = 1,
                                           .when = "1999-02-17",
                                           .joined = 4,
                                           .federates = 4,
                                           .migrations = 8012,
                                           .steps_per_s = 297.4 };

static void test_progress_line (void)
{
    char text[TOOLS_PROGRESS_SIZE];
    CHECK_TEXT (tools_progress_text (text, &half_way, 0),
                " 50 %  step 1826 of 3652  1999-02-17  297 steps/s  8012 migrations");
    CHECK_TEXT (tools_progress_text (text, &half_way, 79),
                "[#####.....]  50 %  step 1826 of 3652  1999-02-17  297 steps/s  8012 "
                "migrations");
}

static void test_progress_narrow (void)
{
    char text[TOOLS_PROGRESS_SIZE];
    CHECK_TEXT (tools_progress_text (text, &half_way, 42),
                " 50 %  step 1826 of 3652  1999-02-17  297 ");
    CHECK_TEXT (tools_progress_text (text, &half_way, 1), " ");
    tools_progress_text (text, &half_way, 400);
    CHECK (strlen (text) < 120); /* the bar does not grow without end */
}

static void test_progress_odd (void)
{
    char text[TOOLS_PROGRESS_SIZE];
    tools_progress_t none = { .step = 1, .joined = 1, .federates = 3 };
    CHECK_TEXT (tools_progress_text (text, &none, 80), "1 of 3 federates joined");
    tools_progress_t endless = { .timed = true, .now = 7, .step = 2, .steps_per_s = 1 };
    CHECK_TEXT (tools_progress_text (text, &endless, 80), "step 3  time 7  1.00 steps/s");
    tools_progress_t beyond = { .timed = true, .now = 12, .end = 10, .step = 1 };
    CHECK_TEXT (tools_progress_text (text, &beyond, 0), "100 %  step 10 of 10  time 12");
}

static void test_when (void)
{
    char text[TOOLS_WHEN_SIZE];
    const int64_t second_ns = 1000000000, day_ns = 86400 * second_ns;
    CHECK_TEXT (tools_when_text (text, 761443200 * second_ns, day_ns, 1, 10), "1994-02-27");
    CHECK_TEXT (tools_when_text (text, 761443200 * second_ns, second_ns, 1, 3661),
                "1994-02-17 01:01:01");
    CHECK_TEXT (tools_when_text (text, 0, second_ns / 1000, 1, 12500), "12500 ms");
    CHECK (tools_when_text (text, 0, day_ns, 1, INT64_MAX) == NULL);
}

static void test_progress_rate (void)
{
    tools_rate_t rate = { 0 };
    const int64_t second_ns = 1000000000;
    CHECK (tools_rate (&rate, 0, 0) <= 0);
    CHECK_INT (tools_rate (&rate, second_ns, 10), 10);
    CHECK_INT (tools_rate (&rate, 2 * second_ns, 40), 20);
    for (int i = 3; i <= 60; i++) /* what is long ago counts no more */
        (void) tools_rate (&rate, i * second_ns, 40);
    CHECK_INT (tools_rate (&rate, 61 * second_ns, 40), 0);
}

/*  Summary ------------------------------------------------------------------------------------ */

static void fill (tools_summary_t *summary, tools_results_t *results)
{
    *summary = (tools_summary_t){ .name = "comets",
                                  .wall_ns = 2000000000,
                                  .steps = 500,
                                  .migrations = 12,
                                  .recording = "comets.mcap",
                                  .recording_bytes = 34512345,
                                  .results = results };
    CHECK_OK (BASE_LIST_PUSH (&summary->federates, "sky-1"));
    CHECK_OK (BASE_LIST_PUSH (&summary->federates, "eye"));
    CHECK_OK (tools_results_add (results, "sky-1", "digest", "00ff"));
    CHECK_OK (tools_results_add (results, "sky-1", "comets", "3771"));
    CHECK_OK (tools_results_add (results, "sky-2", "approaches", "150123"));
}

static void test_summary_text (void)
{
    tools_summary_t summary;
    tools_results_t results = { 0 };
    base_buffer_t out = { 0 };
    fill (&summary, &results);
    CHECK_OK (tools_summary_text (&summary, &out));
    CHECK_TEXT (tools_text_of (&out), "scenario: comets\n"
                                      "federates: 2 (sky-1, eye)\n"
                                      "wall time: 2.0 s\n"
                                      "steps/s: 250\n"
                                      "migrations: 12\n"
                                      "recording: comets.mcap, 34.5 MB\n"
                                      "comets: 3771\n"
                                      "approaches: 150123\n"
                                      "digest: 00ff\n");
    base_buffer_fini (&out);
    BASE_LIST_FINI (&summary.federates);
    tools_results_fini (&results);
}

static void test_summary_json (void)
{
    tools_summary_t summary;
    tools_results_t results = { 0 };
    base_buffer_t out = { 0 };
    fill (&summary, &results);
    CHECK_OK (tools_summary_json (&summary, &out));
    CHECK_TEXT (tools_text_of (&out),
                "{\"scenario\":\"comets\",\"federates\":[\"sky-1\",\"eye\"],\"wall_s\":2,"
                "\"steps\":500,\"steps_per_s\":250,\"migrations\":12,"
                "\"recording\":\"comets.mcap\",\"recording_bytes\":34512345,\"results\":["
                "{\"federate\":\"sky-1\",\"name\":\"digest\",\"value\":\"00ff\"},"
                "{\"federate\":\"sky-1\",\"name\":\"comets\",\"value\":\"3771\"},"
                "{\"federate\":\"sky-2\",\"name\":\"approaches\",\"value\":\"150123\"}],"
                "\"digest\":\"00ff\"}\n");
    base_buffer_fini (&out);
    BASE_LIST_FINI (&summary.federates);
    tools_results_fini (&results);
}

static void test_values (void)
{
    CHECK (tools_value_is ("3771", "3771"));
    CHECK (tools_value_is ("3771.0", "3771"));
    CHECK (tools_value_is ("good", "good"));
    CHECK (!tools_value_is ("3772", "3771"));
    CHECK (!tools_value_is ("3771 comets", "3771"));
    CHECK (!tools_value_is ("nan", "0"));
    CHECK (!tools_value_is ("", "0"));
    CHECK (tools_value_within ("150123", 100000, 200000));
    CHECK (!tools_value_within ("250123", 100000, 200000));
    CHECK (!tools_value_within ("many", 100000, 200000));
}

/*  Status ------------------------------------------------------------------------------------- */

static const char status_json[] =
    "{\"connections\":3,\"federations\":[{\"name\":\"other\"},{\"name\":\"comets\","
    "\"migrations\":7,\"federates\":["
    "{\"name\":\"sky-1\",\"regulating\":true,\"granted\":12},"
    "{\"name\":\"sky-2\",\"regulating\":true,\"granted\":11},"
    "{\"name\":\"eye\",\"regulating\":false,\"granted\":3},"
    "{\"name\":\"muster-recorder\",\"regulating\":false,\"granted\":1,\"role\":\"recorder\"}],"
    "\"reports\":[{\"federate\":\"sky-1\",\"name\":\"digest\",\"value\":\"00ff\"}]}]}";

static void test_status (void)
{
    tools_status_t status;
    CHECK_OK (tools_status_read (&status, status_json, strlen (status_json), "comets"));
    CHECK (status.found && status.timed);
    CHECK_INT (status.now, 11);
    CHECK_INT (status.joined, 3);
    CHECK_INT (status.migrations, 7);
    CHECK_INT (status.results.count, 1);
    CHECK_TEXT (tools_results_find (&status.results, "digest"), "00ff");
    tools_status_fini (&status);
}

static void test_status_odd (void)
{
    tools_status_t status;
    CHECK_OK (tools_status_read (&status, status_json, strlen (status_json), "nobody"));
    CHECK (!status.found && !status.timed);
    tools_status_fini (&status);
    static const char *const odd[] = { "{}", "[]", "{\"federations\":7}",
                                       "{\"federations\":[{\"name\":\"comets\",\"federates\":[1,"
                                       "null,{}],\"reports\":{\"a\":1}}]}" };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        CHECK_OK (tools_status_read (&status, odd[i], strlen (odd[i]), "comets"));
        CHECK (!status.timed);
        tools_status_fini (&status);
    }
    CHECK_ERR (tools_status_read (&status, "{", 1, "comets"), MST_E_MALFORMED);
    tools_status_fini (&status);
}

static CU_TestInfo text_tests[] = {
    { "sizes", test_sizes },
    { "rates", test_rates },
    { "wall times", test_walls },
    { "paths", test_paths },
    { "an endpoint in a ready line", test_endpoints },
    CU_TEST_INFO_NULL,
};

static CU_TestInfo progress_tests[] = {
    { "the line, without and with a bar", test_progress_line },
    { "a narrow terminal", test_progress_narrow },
    { "no time, no end, beyond the end", test_progress_odd },
    { "dates and durations", test_when },
    { "steps per second of the last while", test_progress_rate },
    CU_TEST_INFO_NULL,
};

static CU_TestInfo summary_tests[] = {
    { "as text, the digest last", test_summary_text },
    { "as JSON", test_summary_json },
    { "values and what was expected", test_values },
    { "the RTI's status", test_status },
    { "a status that says less or nonsense", test_status_odd },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "text", NULL, NULL, NULL, NULL, text_tests },
           { "progress", NULL, NULL, NULL, NULL, progress_tests },
           { "summary", NULL, NULL, NULL, NULL, summary_tests })
