/*  tools/config: units and dates, the three sources and who wins, messages, the page in docs/. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "tests/support/temp.h"
#include "base/alloc.h"
#include "tools/config.h"
#include "tools/config_json.h"
#include "tools/config_units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*  Units --------------------------------------------------------------------------------------- */

static void test_durations (void)
{
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {
        { "1 d", 86400000000000 },
        { "250 ms", 250000000 },
        { "0", 0 },
        { "0 s", 0 },
        { "1.5h", 5400000000000 },
        { "0.1 ms", 100000 },
        { " 2  us ", -1 },
        { "7ns", 7 },
        { "90 min", 5400000000000 },
        { "106751 d", 106751 * INT64_C (86400000000000) },
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t ns = -2;
        if (good[i].ns < 0)
            CHECK_ERR (config_parse_duration_ns (good[i].text, &ns), MST_E_CONFIG);
        else {
            CHECK_OK (config_parse_duration_ns (good[i].text, &ns));
            CHECK_INT (ns, good[i].ns);
        }
    }
    static const char *const bad[] = { "",
                                       " ",
                                       "d",
                                       "1",
                                       "1 dy",
                                       "-1 s",
                                       "1.5 ns",
                                       "1e3 s",
                                       "1 s s",
                                       "106752 d",
                                       "99999999999999999999 s",
                                       "1..5 s",
                                       ".5 s",
                                       "s1",
                                       "0.00000000000000000000001 s" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ns;
        CHECK_ERR (config_parse_duration_ns (bad[i], &ns), MST_E_CONFIG);
    }
    int64_t ns;
    CHECK_ERR (config_parse_duration_ns ("1 dy", &ns), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (),
                "\"1 dy\" is not a duration: write a number and one of ns, us, ms, "
                "s, min, h, d, like \"250 ms\"");
}

static void test_sizes (void)
{
    int64_t size;
    CHECK_OK (config_parse_size ("64 KiB", &size));
    CHECK_INT (size, 65536);
    CHECK_OK (config_parse_size ("1.5 kB", &size));
    CHECK_INT (size, 1500);
    CHECK_OK (config_parse_size ("512", &size));
    CHECK_INT (size, 512);
    CHECK_OK (config_parse_size ("3 TiB", &size));
    CHECK_INT (size, INT64_C (3) << 40);
    CHECK_ERR (config_parse_size ("1 kib", &size), MST_E_CONFIG);
    CHECK_ERR (config_parse_size ("0.5 B", &size), MST_E_CONFIG);
    CHECK_ERR (config_parse_size ("many", &size), MST_E_CONFIG);
    CHECK_ERR (config_parse_size ("9999999999 TiB", &size), MST_E_CONFIG);
}

static void test_units_are_written_shortly (void)
{
    static const int64_t values[] = {
        0, 1, 7, 1000, 60000000000, 90000000000, 86400000000000, 1024
    };
    char out[CONFIG_UNIT_BYTES];
    CHECK_TEXT (config_format_duration (86400000000000, out), "1 d");
    CHECK_TEXT (config_format_duration (5400000000000, out), "90 min");
    CHECK_TEXT (config_format_duration (1001, out), "1001 ns");
    CHECK_TEXT (config_format_size (65536, out), "64 KiB");
    CHECK_TEXT (config_format_size (1000, out), "1000 B");
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        int64_t again;
        CHECK_OK (config_parse_duration_ns (config_format_duration (values[i], out), &again));
        CHECK_INT (again, values[i]);
        CHECK_OK (config_parse_size (config_format_size (values[i], out), &again));
        CHECK_INT (again, values[i]);
    }
}

static void test_dates (void)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {
        { "1970-01-01", 0 },
        { "1994-02-17", 761443200 },
        { "1994-02-17T00:00:00", 761443200 },
        { "1998-04-04T06:30Z", 891671400 },
        { "2000-02-29 23:59:59", 951868799 },
        { "1969-12-31T23:59:59Z", -1 },
        { "1677-09-22", -9223286400 },
        { "2262-04-10", 9223200000 },
    };
    int64_t ns;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_OK (config_parse_date_ns (good[i].text, &ns));
        CHECK_INT (ns, good[i].seconds * 1000000000);
    }
    CHECK_OK (config_parse_date_ns ("1970-01-01T00:00:00.25", &ns));
    CHECK_INT (ns, 250000000);
    CHECK_OK (config_parse_date_ns ("1970-01-01T00:00:00.123456789Z", &ns));
    CHECK_INT (ns, 123456789);
    static const char *const bad[] = { "",
                                       "1994",
                                       "1994-2-17",
                                       "1994-02-30",
                                       "1900-02-29",
                                       "1994-13-01",
                                       "1994-00-01",
                                       "1994-02-17T",
                                       "1994-02-17T24:00",
                                       "1994-02-17T00:60",
                                       "1994-02-17T00:00:60",
                                       "1677-09-21",
                                       "2262-04-11",
                                       "1994-02-17T00:00:00.",
                                       "1994-02-17X",
                                       "0000-01-01",
                                       "1994-02-17T00:00:00.0000000001",
                                       "-994-02-17",
                                       "1994-02-17ZZ" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_ERR (config_parse_date_ns (bad[i], &ns), MST_E_CONFIG);
}

/*  Every day of four centuries against a calendar that only counts. */
static void test_calendar (void)
{
    static const int months[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t days = -4018; /* 1959-01-01 */
    size_t wrong = 0;
    for (int year = 1959; year < 2260; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= months[month - 1] + (month == 2 && leap); day++, days++) {
                char text[32];
                int64_t ns = 0;
                (void) snprintf (text, sizeof text, "%04d-%02d-%02d", year, month, day);
                wrong += config_parse_date_ns (text, &ns) != MST_OK || ns != days * 86400000000000;
            }
    }
    CHECK_INT (wrong, 0);
}

static void test_nearest (void)
{
    static const char *const words[] = { "transport", "route", "rti", "limits.federates" };
    CHECK_TEXT (config_nearest ("transprot", words, 4), "transport");
    CHECK_TEXT (config_nearest ("tranport", words, 4), "transport");
    CHECK_TEXT (config_nearest ("ruote", words, 4), "route");
    CHECK_TEXT (config_nearest ("limit.federates", words, 4), "limits.federates");
    CHECK (config_nearest ("colour", words, 4) == NULL);
    CHECK (config_nearest ("", words, 4) == NULL);
    CHECK (config_nearest ("x", words, 4) == NULL);
    char longest[400];
    memset (longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    CHECK (config_nearest (longest, words, 4) == NULL);
}

/*  Sources ------------------------------------------------------------------------------------- */

static mst_err_t read_json (config_t *config, const char *text)
{
    config_init (config);
    return config_read_json (config, "muster.json", text, strlen (text));
}

/*  The file must be refused, with this story. */
static void refused (const char *text, const char *story)
{
    config_t config;
    CHECK_ERR (read_json (&config, text), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (), story);
}

static void test_defaults (void)
{
    config_t config;
    config_init (&config);
    CHECK_TEXT (config_text (&config, CONFIG_RTI), "tcp://127.0.0.1:15000");
    CHECK_TEXT (config_text (&config, CONFIG_TRANSPORT), "auto");
    CHECK_INT (config_number (&config, CONFIG_TRANSPORT), 0);
    CHECK_INT (config_number (&config, CONFIG_FEDERATES), 1024);
    CHECK_INT (config_number (&config, CONFIG_BUNDLE), 64 << 10);
    CHECK_INT (config_number (&config, CONFIG_ROUTE_WINDOW), 64 << 20);
    CHECK_INT (config_number (&config, CONFIG_RECEIVE_QUEUE), 256 << 20);
    CHECK_INT (config_number (&config, CONFIG_SILENCE), 0);
    CHECK (!config_on (&config, CONFIG_TRACE));
    CHECK_TEXT (config_name (CONFIG_FEDERATES), "limits.federates");
}

static void test_file (void)
{
    config_t config;
    CHECK_OK (read_json (&config,
                         "{ \"rti\": \"tcp://h:1\", \"limits\": { \"federates\": 7,\n"
                         "\"bundle_bytes\": \"64 KiB\", \"route_window_bytes\": 100000 },\n"
                         "\"limits.objects\": 5, \"trace\": true, \"silence_limit_s\": 0.5,\n"
                         "\"transport\": \"ipc\" }"));
    CHECK_TEXT (config_text (&config, CONFIG_RTI), "tcp://h:1");
    CHECK_INT (config_number (&config, CONFIG_FEDERATES), 7);
    CHECK_INT (config_number (&config, CONFIG_BUNDLE), 65536);
    CHECK_INT (config_number (&config, CONFIG_ROUTE_WINDOW), 100000);
    CHECK_INT (config_number (&config, CONFIG_OBJECTS), 5);
    CHECK_INT (config_number (&config, CONFIG_SILENCE), 500000000);
    CHECK_INT (config_number (&config, CONFIG_TRANSPORT), 2);
    CHECK (config_on (&config, CONFIG_TRACE));
    CHECK_OK (read_json (&config, "\xef\xbb\xbf{}\n"));
}

static void test_wrong_files (void)
{
    refused ("{\n\n \"transprot\": 1 }",
             "muster.json:3: unknown key \"transprot\": did you mean \"transport\"?");
    refused ("{\n \"limits\": {\n \"federats\": 1 } }",
             "muster.json:3: unknown key \"limits.federats\": did you mean \"limits.federates\"?");
    refused ("{ \"colour\":\n 1 }", "muster.json:1: unknown key \"colour\"");
    refused ("{ \"limits\":\n 1 }", "muster.json:1: limits must be an object, found 1");
    refused (
        "{\n\"limits.federates\": \"four\" }",
        "muster.json:2: limits.federates must be a whole number from 1 to 65535, found \"four\"");
    refused ("{\n\"limits.federates\": 1.5 }",
             "muster.json:2: limits.federates must be a whole number from 1 to 65535, found 1.5");
    refused ("{\"limits.federates\": 0}",
             "muster.json:1: limits.federates must be a whole number from 1 to 65535, found 0");
    refused ("{\"limits.bundle_bytes\": \"2 GiB\"}",
             "muster.json:1: limits.bundle_bytes must be a size from 1 KiB to 16 MiB, found "
             "\"2 GiB\"");
    refused ("{\"transport\": \"pigeon\"}",
             "muster.json:1: transport must be auto, tcp, ipc or inproc, found \"pigeon\"");
    refused ("{\"trace\": 1}", "muster.json:1: trace must be true or false, found 1");
    refused ("{\"rti\": null}", "muster.json:1: rti must be a text, found null");
    refused ("{\"rti\": [\"a\"]}", "muster.json:1: rti must be a text, found a list");
    refused ("{\"rti\": \"a\",\n\"route\": \"peer\",\n\"rti\": \"b\"}",
             "muster.json:3: the key \"rti\" appears twice (first at line 1): remove one");
    refused ("[]", "muster.json:1: the file must hold an object: { \"key\": value, … }");
    refused ("{\n \"rti\": tcp }", "muster.json:2: this is not JSON: \"rti\": tcp }");
    refused ("{\n \"rti\": \"a\",\n}", "muster.json:3: this is not JSON: }");
    refused ("{\"rti\": 1", "muster.json:1: this is not JSON: {\"rti\": 1");
    refused ("{\"rti\": 1,\n", "muster.json:2: the file ends where more was expected");
    refused ("", "muster.json:1: the file ends where more was expected");
    config_t config;
    config_init (&config);
    CHECK_ERR (config_read_json (&config, "muster.json", "{}\0{", 4), MST_E_CONFIG);
    CHECK_CONTAINS (mst_error_text (), "zero byte");
}

/*  Keys and texts that hold what looks like JSON must not shift the lines. */
static void test_lines_hold_in_odd_files (void)
{
    refused (
        "{ \"rti\": \"a\\\"]}:,\\\\\",\n \"limits\" \n:\n { \"objects\" : 3\n,\n\"x:y\": [1,[2,{}"
        "],\n3] } }",
        "muster.json:6: unknown key \"limits.x:y\"");
}

static void test_environment (void)
{
    config_t config;
    char *const environment[] = { "HOME=/x",
                                  "MUSTER_RTI=tcp://e:2",
                                  "MUSTER_LIMITS_FEDERATES=9",
                                  "MUSTER_SOMETHING_ELSE=1",
                                  "MUSTER_",
                                  NULL };
    char *const slip[] = { "MUSTER_TRANSPROT=tcp", NULL };
    char *const wrong[] = { "MUSTER_TRACE=maybe", NULL };
    config_init (&config);
    CHECK_OK (config_read_environment (&config, environment));
    CHECK_TEXT (config_text (&config, CONFIG_RTI), "tcp://e:2");
    CHECK_INT (config_number (&config, CONFIG_FEDERATES), 9);
    CHECK_OK (config_read_environment (&config, NULL));
    CHECK_ERR (config_read_environment (&config, slip), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (),
                "MUSTER_TRANSPROT: unknown environment variable: did you mean MUSTER_TRANSPORT?");
    CHECK_ERR (config_read_environment (&config, wrong), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (), "MUSTER_TRACE: trace must be true or false, found \"maybe\"");
}

/*  What a command hands on to the processes that it starts; the verb's own --rti stays. */
static void test_share (void)
{
    static const char *const kept[] = { "rti", NULL };
    char *argv[] = { "muster", "run",         "--rti", "tcp://o:3", "--limits.objects",
                     "12",     "--route=rti", "s",     NULL };
    char *wrong[] = { "muster", "run", "--limits.objects", "none", NULL };
    int argc = 8;
    CHECK_INT (setenv ("MUSTER_LIMITS_FEDERATES", "9", 1), 0);
    CHECK_OK (config_share (&argc, argv, kept));
    CHECK_INT (argc, 5);
    CHECK_TEXT (argv[2], "--rti");
    CHECK_TEXT (argv[4], "s");
    CHECK_TEXT (getenv ("MUSTER_LIMITS_OBJECTS"), "12");
    CHECK_TEXT (getenv ("MUSTER_LIMITS_FEDERATES"), "9");
    CHECK_TEXT (getenv ("MUSTER_ROUTE"), "rti");
    CHECK (getenv ("MUSTER_RTI") == NULL);
    CHECK (getenv ("MUSTER_TRANSPORT") == NULL); /* the default: nobody needs to be told */
    argc = 4;
    CHECK_ERR (config_share (&argc, wrong, kept), MST_E_CONFIG);
    CHECK_CONTAINS (mst_error_text (), "--limits.objects: limits.objects must be a whole number");
    CHECK_INT (unsetenv ("MUSTER_LIMITS_OBJECTS") | unsetenv ("MUSTER_ROUTE") |
                   unsetenv ("MUSTER_LIMITS_FEDERATES"),
               0);
}

static void test_options (void)
{
    config_t config;
    char *argv[] = { "muster",  "run",   "--rti", "tcp://o:3", "s.json", "--limits.federates=3",
                     "--trace", "--set", "a=b",   "--",        "--rti",  "x",
                     NULL };
    int argc = 12;
    config_init (&config);
    CHECK_OK (config_read_options (&config, &argc, argv));
    CHECK_INT (argc, 8);
    CHECK_TEXT (argv[1], "run");
    CHECK_TEXT (argv[2], "s.json");
    CHECK_TEXT (argv[3], "--set");
    CHECK_TEXT (argv[5], "--");
    CHECK_TEXT (argv[7], "x");
    CHECK (argv[8] == NULL);
    CHECK_TEXT (config_text (&config, CONFIG_RTI), "tcp://o:3");
    CHECK_INT (config_number (&config, CONFIG_FEDERATES), 3);
    CHECK (config_on (&config, CONFIG_TRACE));

    char *missing[] = { "muster", "--rti", NULL };
    argc = 2;
    CHECK_ERR (config_read_options (&config, &argc, missing), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (), "--rti: its value is missing: write --rti=VALUE");
    char *wrong[] = { "muster", "--limits.federates", "many", NULL };
    argc = 3;
    CHECK_ERR (config_read_options (&config, &argc, wrong), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (),
                "--limits.federates: limits.federates must be a whole number from "
                "1 to 65535, found \"many\"");
}

static void test_who_wins (void)
{
    static const char file[] = "{\"rti\":\"file\",\"route\":\"rti\",\"advertise\":\"file\"}";
    test_temp_t temp;
    config_t config;
    test_temp_init (&temp);
    const char *path = test_temp_write (&temp, "my.json", file, sizeof file - 1);
    char option[600];
    (void) snprintf (option, sizeof option, "--config=%s", path);
    char *argv[] = { "muster", option, "--rti=option", NULL };
    char *const environment[] = { "MUSTER_RTI=variable", "MUSTER_ADVERTISE=variable", NULL };
    int argc = 3;
    CHECK_OK (config_load (&config, &argc, argv, environment));
    CHECK_INT (argc, 1);
    CHECK_TEXT (config_text (&config, CONFIG_RTI), "option");
    CHECK_TEXT (config_text (&config, CONFIG_ADVERTISE), "variable");
    CHECK_TEXT (config_text (&config, CONFIG_ROUTE), "rti");
    CHECK_TEXT (config_text (&config, CONFIG_TRANSPORT), "auto");

    char *absent[] = { "muster", "--config", "/no/such/file.json", NULL };
    argc = 3;
    CHECK_ERR (config_load (&config, &argc, absent, NULL), MST_E_IO);
    CHECK_CONTAINS (mst_error_text (), "/no/such/file.json");
    test_temp_fini (&temp);
}

static void test_the_current_directory (void)
{
    test_temp_t temp;
    config_t config;
    char before[1024], *argv[] = { "muster", NULL };
    int argc = 1;
    CHECK_OR_RETURN (getcwd (before, sizeof before) != NULL);
    test_temp_init (&temp);
    CHECK_INT (chdir (temp.folder), 0);
    CHECK_OK (config_load (&config, &argc, argv, NULL)); /* no file: good */
    CHECK_TEXT (config_text (&config, CONFIG_ROUTE), "peer");
    (void) test_temp_write (&temp, "muster.json", "{\"route\":\"rti\"}", 15);
    CHECK_OK (config_load (&config, &argc, argv, NULL));
    CHECK_TEXT (config_text (&config, CONFIG_ROUTE), "rti");
    CHECK_INT (chdir (before), 0);
    test_temp_fini (&temp);
}

/*  Bad bytes, memory, the page ----------------------------------------------------------------- */

static void test_cut_anywhere (void)
{
    static const char file[] = "{ \"rti\": \"t\\u0041\", \"limits\": { \"federates\": 12 },\n"
                               " \"trace\": true }";
    config_t config;
    for (size_t cut = 0; cut < sizeof file - 1; cut++) {
        char *copy = malloc (cut + 1);
        CHECK_OR_RETURN (copy != NULL);
        memcpy (copy, file, cut);
        config_init (&config);
        CHECK_ERR (config_read_json (&config, "cut.json", copy, cut), MST_E_CONFIG);
        free (copy);
    }
    static char deep[100001];
    memset (deep, '[', sizeof deep - 1);
    CHECK_ERR (config_read_json (&config, "deep.json", deep, sizeof deep - 1), MST_E_CONFIG);
    CHECK_ERR (config_read_json (&config, "big.json", deep, CONFIG_FILE_BYTES_MAX + 1),
               MST_E_LIMIT);
}

static void config_scenario (void *context)
{
    config_t config;
    (void) context;
    mst_err_t err = read_json (&config, "{ \"rti\": \"x\", \"limits\": { \"federates\": 12 } }");
    CHECK (err == MST_OK || err == MST_E_NO_MEMORY);
}

static void test_allocations_may_fail (void)
{
    CHECK (sweep_allocations (config_scenario, NULL) > 5);
}

static void test_the_page_is_true (void)
{
    base_buffer_t table;
    base_buffer_init (&table);
    CHECK_OK (config_help (&table));
    CHECK_OK (base_buffer_append (&table, "", 1));
    char *page = test_file_read (TEST_SOURCE_DIR "/docs/configuration.md", NULL);
    if (CHECK (page != NULL))
        CHECK_CONTAINS (page, (const char *) table.data);
    free (page);
    base_buffer_fini (&table);
}

static CU_TestInfo config_tests[] = {
    { "durations", test_durations },
    { "sizes", test_sizes },
    { "units are written shortly", test_units_are_written_shortly },
    { "dates", test_dates },
    { "calendar", test_calendar },
    { "nearest", test_nearest },
    { "defaults", test_defaults },
    { "file", test_file },
    { "wrong files", test_wrong_files },
    { "lines hold in odd files", test_lines_hold_in_odd_files },
    { "environment", test_environment },
    { "options", test_options },
    { "shared with what is started", test_share },
    { "who wins", test_who_wins },
    { "the current directory", test_the_current_directory },
    { "cut anywhere", test_cut_anywhere },
    { "allocations may fail", test_allocations_may_fail },
    { "docs/configuration.md is true", test_the_page_is_true },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "config", NULL, NULL, NULL, NULL, config_tests })
