/*  tools/scenario: the file of a run, every mistake in it, and what the command line changes. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "tests/support/temp.h"
#include "base/alloc.h"
#include "tools/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char comets[] =
    "{ \"muster\": 1, \"name\": \"comets\", \"fom\": [\"comets.xml\"],\n"
    "  \"time\": { \"unit\": \"1 s\", \"start\": \"1994-02-17T00:00:00\", \"end\": "
    "\"1998-04-04T00:00:00\", \"step\": \"1 d\", \"lookahead\": \"1 d\", \"mode\": "
    "\"conservative\" },\n"
    "  \"space\": { \"centre\": [0, 0, 0], \"half_width\": 60, \"unit\": \"AU\", "
    "\"leaf_capacity\": 64, \"halo\": 0.10, \"outside\": \"park\" },\n"
    "  \"federates\": [\n"
    "    { \"name\": \"sky\", \"count\": 4, \"scalable\": true,\n"
    "      \"run\": [\"comets\", \"--table\", \"comets.csv\"], \"on_crash\": \"stop\" },\n"
    "    { \"name\": \"eye\", \"run\": [\"comets-text\"], \"required\": false } ],\n"
    "  \"parameters\": { \"close_approach_au\": 0.05, \"table\": \"comets.csv\", \"fast\": true "
    "},\n"
    "  \"record\": { \"file\": \"comets.mcap\", \"classes\": [\"Comet\", \"CloseApproach\"] },\n"
    "  \"expect\": { \"comets\": 3771, \"approaches\": [100000, 200000] } }\n";

static mst_err_t read_text (const char *text, scenario_t **scenario)
{
    return scenario_read ("scenario.json", text, strlen (text), scenario);
}

/*  Reading ------------------------------------------------------------------------------------- */

static void test_the_whole_file (void)
{
    scenario_t *s;
    CHECK_OK (read_text (comets, &s));
    CHECK_OR_RETURN (s != NULL);
    CHECK_TEXT (s->name, "comets");
    CHECK_TEXT (s->folder, ".");
    CHECK_INT (s->fom_count, 1);
    CHECK_TEXT (s->fom[0], "comets.xml");
    CHECK (s->time.given);
    CHECK_INT (s->time.unit_ns, 1000000000);
    CHECK_INT (s->time.start_ns, INT64_C (761443200) * 1000000000);
    CHECK_INT (s->time.end, 1507 * 86400);
    CHECK_INT (s->time.step, 86400);
    CHECK_INT (s->time.lookahead, 86400);
    CHECK (s->space.given && s->space.half_width == 60 && s->space.halo == 0.10);
    CHECK_INT (s->space.leaf_capacity, 64);
    CHECK_TEXT (s->space.unit, "AU");
    CHECK_INT (s->group_count, 2);
    CHECK_INT (s->federate_count, 5);
    CHECK_INT (s->groups[0].run_count, 3);
    CHECK_TEXT (s->groups[0].run[2], "comets.csv");
    CHECK (s->groups[0].scalable && s->groups[0].required);
    CHECK (s->groups[0].on_crash == SCENARIO_CRASH_STOP);
    CHECK (!s->groups[1].scalable && !s->groups[1].required && s->groups[1].count == 1);
    CHECK (scenario_group (s, "eye") == &s->groups[1] && scenario_group (s, "ear") == NULL);
    CHECK_TEXT (s->record.file, "comets.mcap");
    CHECK_INT (s->record.class_count, 2);
    CHECK_TEXT (s->record.classes[1], "CloseApproach");
    scenario_destroy (&s);
    CHECK (s == NULL);
}

static void test_values (void)
{
    scenario_t *s;
    CHECK_OK (read_text (comets, &s));
    CHECK_OR_RETURN (s != NULL);
    const scenario_value_t *value = scenario_parameter (s, "close_approach_au");
    CHECK (value && value->kind == SCENARIO_VALUE_NUMBER && value->smallest == 0.05);
    value = scenario_parameter (s, "table");
    CHECK (value && value->kind == SCENARIO_VALUE_TEXT);
    CHECK_TEXT (value->text, "comets.csv");
    value = scenario_parameter (s, "fast");
    CHECK (value && value->kind == SCENARIO_VALUE_TRUTH && value->truth);
    CHECK (scenario_parameter (s, "slow") == NULL);
    CHECK_TEXT (s->parameters_json,
                "{\"close_approach_au\":0.05,\"table\":\"comets.csv\",\"fast\":true}");
    CHECK_INT (s->expect_count, 2);
    CHECK (s->expect[0].smallest == 3771 && s->expect[0].largest == 3771);
    CHECK (s->expect[1].kind == SCENARIO_VALUE_RANGE);
    CHECK (s->expect[1].smallest == 100000 && s->expect[1].largest == 200000);
    CHECK_CONTAINS (s->text, "\"close_approach_au\":\t0.05");
    scenario_destroy (&s);
}

static void test_the_shortest_file (void)
{
    scenario_t *s;
    CHECK_OK (read_text ("{\"muster\":1,\"name\":\"x\",\"fom\":[\"x.xml\"],"
                         "\"federates\":[{\"name\":\"a\",\"run\":[\"a\"]}]}",
                         &s));
    CHECK_OR_RETURN (s != NULL);
    CHECK (!s->time.given && !s->space.given);
    CHECK_TEXT (s->record.file, "");
    CHECK_TEXT (s->parameters_json, "{}");
    CHECK_INT (s->federate_count, 1);
    CHECK (s->groups[0].required);
    scenario_destroy (&s);
}

/*  A file with this time section. */
static mst_err_t read_time (const char *time, scenario_t **s)
{
    char text[1024];
    (void) snprintf (text, sizeof text,
                     "{\"muster\":1,\"name\":\"x\",\"fom\":[\"x.xml\"],\"federates\":[{\"name\":"
                     "\"a\",\"run\":[\"a\"]}],\n\"time\":{%s}}",
                     time);
    return read_text (text, s);
}

static void wrong_time (const char *time, const char *story)
{
    scenario_t *s;
    CHECK_ERR (read_time (time, &s), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (), story);
    scenario_destroy (&s);
}

static void test_time (void)
{
    scenario_t *s;
    CHECK_OK (read_time ("\"unit\":\"10 ms\",\"end\":\"60 s\",\"step\":\"0.1 s\"", &s));
    CHECK_OR_RETURN (s != NULL);
    CHECK_INT (s->time.unit_ns, 10000000);
    CHECK_INT (s->time.start_ns, 0);
    CHECK_INT (s->time.end, 6000);
    CHECK_INT (s->time.step, 10);
    CHECK_INT (s->time.lookahead, 10); /* the step, when nothing is said */
    scenario_destroy (&s);
    CHECK_OK (read_time ("\"unit\":\"1 h\",\"start\":\"1800-01-01\",\"end\":\"1800-01-02T01:00Z\","
                         "\"step\":\"1 h\",\"lookahead\":\"0\"",
                         &s));
    CHECK_OR_RETURN (s != NULL);
    CHECK_INT (s->time.end, 25);
    CHECK_INT (s->time.lookahead, 0);
    CHECK (s->time.start_ns < 0);
    scenario_destroy (&s);
}

static void test_wrong_times (void)
{
    wrong_time ("\"unit\":\"1 s\",\"step\":\"1 s\"",
                "scenario.json:2: time.end is missing: it must be a date like \"1994-02-17\" or "
                "\"1994-02-17T06:30:00Z\", from 1677-09-22 to 2262-04-10");
    wrong_time ("\"unit\":\"1 s\",\"start\":\"1994-02-17\",\n\"end\":\"1994-02-17\",\"step\":\"1 "
                "s\"",
                "scenario.json:3: time.end (1994-02-17) must be later than time.start");
    wrong_time ("\"unit\":\"1 s\",\"start\":\"1700-01-01\",\n\"end\":\"2200-01-01\",\"step\":\"1 "
                "s\"",
                "scenario.json:3: time.end is more than 292 years after time.start");
    wrong_time ("\"unit\":\"1 d\",\"start\":\"1994-02-17\",\"end\":\"1994-02-18T12:00\",\"step\":"
                "\"1 d\"",
                "scenario.json:2: time.end must be a whole number of time.unit (1 d) after "
                "time.start");
    wrong_time (
        "\"unit\":\"1 d\",\"end\":\"2 d\",\"step\":\"1 h\"",
        "scenario.json:2: time.step must be a whole number of time.unit (1 d), more than 0, "
        "found \"1 h\"");
    wrong_time (
        "\"unit\":\"1 s\",\"end\":\"2 d\",\"step\":\"0\"",
        "scenario.json:2: time.step must be a whole number of time.unit (1 s), more than 0, "
        "found \"0\"");
    wrong_time (
        "\"unit\":\"1 s\",\"end\":\"2 d\",\"step\":1",
        "scenario.json:2: time.step must be a duration like \"250 ms\" or \"1 d\", found 1");
    wrong_time ("\"unit\":\"1 parsec\",\"end\":\"2 d\",\"step\":\"1 s\"",
                "scenario.json:2: time.unit must be a duration like \"250 ms\" or \"1 d\", found "
                "\"1 parsec\"");
    wrong_time ("\"unit\":\"0\",\"end\":\"2 d\",\"step\":\"1 s\"",
                "scenario.json:2: time.unit must be a duration of at least 1 ns, found \"0\"");
    wrong_time (
        "\"unit\":\"1 s\",\"end\":\"2 d\",\"step\":\"1 s\",\"mode\":\"fast\"",
        "scenario.json:2: time.mode must be \"conservative\", \"bounded\", \"optimistic\" or "
        "\"adaptive\", found \"fast\"");
    wrong_time ("\"unit\":\"1 s\",\"start\":\"17.2.1994\",\"end\":\"2 d\",\"step\":\"1 s\"",
                "scenario.json:2: time.start must be a date like \"1994-02-17\" or "
                "\"1994-02-17T06:30:00Z\", from 1677-09-22 to 2262-04-10, found \"17.2.1994\"");
    scenario_t *s;
    CHECK_ERR (read_time ("\"unit\":\"1 s\",\"end\":\"2 d\",\"step\":\"1 s\",\"mode\":"
                          "\"optimistic\"",
                          &s),
               MST_E_NOT_SUPPORTED);
    CHECK_TEXT (mst_error_text (),
                "scenario.json:2: time.mode \"optimistic\" is not supported yet: "
                "use \"conservative\"");
}

/*  Mistakes ------------------------------------------------------------------------------------ */

/*  The comets' file with one piece replaced must be refused, with this story. */
static void refused (const char *piece, const char *by, const char *story)
{
    char text[4096];
    const char *at = strstr (comets, piece);
    scenario_t *s;
    CHECK_OR_RETURN (at != NULL);
    (void) snprintf (text, sizeof text, "%.*s%s%s", (int) (at - comets), comets, by,
                     at + strlen (piece));
    CHECK_ERR (read_text (text, &s), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (), story);
    scenario_destroy (&s);
}

static void test_wrong_federates (void)
{
    refused ("\"count\": 4", "\"count\": \"four\"",
             "scenario.json:5: federates[0].count must be a whole number from 1 to 1024, found "
             "\"four\"");
    refused ("\"count\": 4", "\"count\": -4",
             "scenario.json:5: federates[0].count must be a whole number from 1 to 1024, found -4");
    refused ("\"count\": 4", "\"cuont\": 4",
             "scenario.json:5: unknown key \"federates[0].cuont\": did you mean "
             "\"federates[0].count\"?");
    refused ("\"count\": 4", "\"count\": 1024",
             "scenario.json:7: the federates are 1025 so far, more than SCENARIO_FEDERATES_MAX "
             "(1024)");
    refused (
        "\"name\": \"eye\", ", "",
        "scenario.json:7: federates[1].name is missing: it must be a text of 1 to 4095 bytes on "
        "one line");
    refused ("\"name\": \"eye\"", "\"name\": \"sky\"",
             "scenario.json:7: federates[1].name is \"sky\", as another group is called: give each "
             "its own name");
    refused ("\"required\": false", "\"scalable\": true",
             "scenario.json:7: federates[1] is marked scalable, and so is \"sky\": mark one");
    refused ("[\"comets-text\"]", "\"comets-text\"",
             "scenario.json:7: federates[1].run must be a list of texts, not empty, found "
             "\"comets-text\"");
    refused ("[\"comets-text\"]", "[]",
             "scenario.json:7: federates[1].run must be a list of texts, not empty, found a list");
    refused ("\"on_crash\": \"stop\"", "\"on_crash\": \"pray\"",
             "scenario.json:6: federates[0].on_crash must be \"stop\" or \"continue\", found "
             "\"pray\"");
    refused ("\"required\": false", "\"required\": \"no\"",
             "scenario.json:7: federates[1].required must be true or false, found \"no\"");
    refused ("\"name\": \"eye\"", "\"name\": \"a/b\"",
             "scenario.json:7: federates[1].name must be a name of up to 64 bytes without / \\ = , "
             "and quotation marks, found \"a/b\"");
}

static void test_other_mistakes (void)
{
    refused ("\"muster\": 1,", "",
             "scenario.json:1: muster is missing: it must be a whole number "
             "from 1 to 2147483647");
    refused ("\"muster\": 1", "\"muster\": 2",
             "scenario.json:1: the scenario is written for version 2, this Muster reads version 1");
    refused ("\"space\"", "\"spcae\"",
             "scenario.json:3: unknown key \"spcae\": did you mean \"space\"?");
    refused ("\"fom\": [\"comets.xml\"]", "\"fom\": [1]",
             "scenario.json:1: fom must be a list of texts, not empty, found a list");
    refused ("[0, 0, 0]", "[0, 0]",
             "scenario.json:3: space.centre must be a list of three numbers, found a list");
    refused ("\"half_width\": 60, ", "",
             "scenario.json:3: space.half_width is missing: it must be a number from "
             "2.2250738585072e-308 to 1.79769313486232e+308");
    refused ("\"park\"", "\"hide\"",
             "scenario.json:3: space.outside must be \"park\", found "
             "\"hide\"");
    refused (
        "0.05", "[0.05]",
        "scenario.json:8: parameters.close_approach_au must be a number, a text, true or false, "
        "found a list");
    refused (
        "[100000, 200000]", "[200000, 100000]",
        "scenario.json:10: expect.approaches must be a number, a text, true, false, or a range "
        "[smallest, largest], found a list");
    refused ("\"file\": \"comets.mcap\", ", "",
             "scenario.json:9: record.file is missing: it must be a text of 1 to 4095 bytes on one "
             "line");
    refused (
        "1994-02-17T00:00:00", "1964-02-17T00:00:00",
        "scenario.json:9: a recording cannot begin before 1970-01-01: set time.start later, or "
        "leave \"record\" out");
    refused ("\"record\": {", "\"record\": 5, \"x\": {", "scenario.json:9: unknown key \"x\"");
}

/*  The command line ---------------------------------------------------------------------------- */

static void test_set (void)
{
    scenario_t *s;
    CHECK_OK (read_text (comets, &s));
    CHECK_OR_RETURN (s != NULL);
    CHECK_OK (scenario_set (s, "parameters.close_approach_au", "0.1"));
    CHECK (scenario_parameter (s, "close_approach_au")->smallest == 0.1);
    CHECK_CONTAINS (s->parameters_json, "\"close_approach_au\":0.1,");
    CHECK_OK (scenario_set (s, "parameters.table", "17")); /* a text stays one */
    CHECK (scenario_parameter (s, "table")->kind == SCENARIO_VALUE_TEXT);
    CHECK_OK (scenario_assign (s, "time.end=1994-03-17"));
    CHECK_INT (s->time.end, 28 * 86400);
    CHECK_OK (scenario_set (s, "federates[0].count", "7"));
    CHECK_OK (scenario_set (s, "federates.eye.on_crash", "continue"));
    CHECK_INT (s->groups[0].count, 7);
    CHECK (s->groups[1].on_crash == SCENARIO_CRASH_CONTINUE);
    CHECK_OK (scenario_set (s, "expect.comets", "[1, 2]"));
    CHECK (s->expect[0].kind == SCENARIO_VALUE_RANGE);
    CHECK_CONTAINS (s->text, "continue");
    scenario_destroy (&s);

    CHECK_OK (read_text ("{\"muster\":1,\"name\":\"x\",\"fom\":[\"x.xml\"],"
                         "\"federates\":[{\"name\":\"a\",\"run\":[\"a\"]}]}",
                         &s));
    CHECK_OK (scenario_set (s, "record.file", "x.mcap")); /* what is missing is made */
    CHECK_TEXT (s->record.file, "x.mcap");
    scenario_destroy (&s);
}

static void wrong_set (const char *assignment, const char *story)
{
    scenario_t *s;
    CHECK_OK (read_text (comets, &s));
    CHECK_OR_RETURN (s != NULL);
    CHECK_ERR (scenario_assign (s, assignment), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (), story);
    scenario_destroy (&s);
}

/*  How a run starts and how fast it goes. */
static void test_start (void)
{
    scenario_t *s;
    CHECK_OK (read_text (comets, &s));
    CHECK_OR_RETURN (s != NULL);
    CHECK_TEXT (s->listen, "");
    CHECK (s->start_limit_ns == 0 && s->time.pace == 0 && !s->groups[1].remote);
    CHECK_OK (scenario_set (s, "listen", "tcp://10.0.0.5:15000"));
    CHECK_OK (scenario_set (s, "start_limit", "1.5 s"));
    CHECK_OK (scenario_set (s, "time.pace", "0.5"));
    CHECK_OK (scenario_set (s, "federates.eye.remote", "true"));
    CHECK_OK (scenario_set (s, "federates.eye.run", "null"));
    CHECK_TEXT (s->listen, "tcp://10.0.0.5:15000");
    CHECK_INT (s->start_limit_ns, 1500000000);
    CHECK (s->time.pace == 0.5);
    CHECK (s->groups[1].remote && s->groups[1].run_count == 0);
    CHECK (!s->groups[0].remote);
    scenario_destroy (&s);
    refused ("\"run\": [\"comets-text\"]", "\"run\": null",
             "scenario.json:7: federates[1].run must be a list of texts, not empty, found "
             "null");
    wrong_set ("time.pace=0",
               "--set: time.pace must be a number from 1e-06 to 1000000000, found 0");
    wrong_set ("start_limit=60",
               "--set: start_limit must be a duration like \"250 ms\" or \"1 d\", "
               "found 60");
    static const char *const bad[] = { "tcp://*:15000", "tcp://0.0.0.0:1", "ipc:///x", "10.0.0.5:1",
                                       "tcp://host" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_OK (read_text (comets, &s));
        CHECK_ERR (scenario_set (s, "listen", bad[i]), MST_E_CONFIG);
        CHECK_CONTAINS (mst_error_text (),
                        "listen must be the address and port by which other machines reach this "
                        "one, like \"tcp://10.0.0.5:15000\", found ");
        scenario_destroy (&s);
    }
}

static void test_wrong_sets (void)
{
    wrong_set ("parameters.close_aproach_au=1", "--set: the scenario has no parameter "
                                                "\"close_aproach_au\": did you mean "
                                                "\"close_approach_au\"?");
    wrong_set ("parameters.close_approach_au=near",
               "--set: parameters.close_approach_au must be a number, found \"near\"");
    wrong_set ("parameters.fast=1", "--set: parameters.fast must be true or false, found \"1\"");
    wrong_set ("time.step=5",
               "--set: time.step must be a duration like \"250 ms\" or \"1 d\", found "
               "\"5\"");
    wrong_set ("tiem.step=5 s", "--set: unknown key \"tiem\": did you mean \"time\"?");
    wrong_set ("federates.ear.count=1",
               "--set: there is no \"ear\" on the way to federates.ear.count");
    wrong_set ("federates[9].count=1", "--set: there is no \"9\" on the way to federates[9].count");
    wrong_set ("name.x=1", "--set: there is no \"x\" on the way to name.x");
    wrong_set ("federates=1",
               "--set: federates must be a list of 1 to 256 groups of federates, found "
               "1");
    wrong_set ("nothing", "--set nothing: write --set key=value");
    wrong_set ("=1", "--set =1: write --set key=value");
    wrong_set ("[]=1", "--set: \"[]\" is no key");
    wrong_set ("parameters.=1", "--set: the scenario has no parameter \"\"");
}

/*  After a change the lines of what stands unchanged still hold. */
static void test_lines_after_a_change (void)
{
    scenario_t *s;
    CHECK_OK (read_text (comets, &s));
    CHECK_OR_RETURN (s != NULL);
    for (int i = 0; i < 20; i++)
        CHECK_OK (scenario_set (s, "parameters.close_approach_au", i % 2 ? "1" : "2"));
    CHECK_ERR (scenario_set (s, "time.start", "1960-01-01"), MST_E_CONFIG);
    CHECK_CONTAINS (mst_error_text (), "scenario.json:9: a recording cannot begin before");
    scenario_destroy (&s);
}

static void test_federates (void)
{
    scenario_t *s;
    CHECK_OK (read_text (comets, &s));
    CHECK_OR_RETURN (s != NULL);
    CHECK_OK (scenario_federates (s, "7"));
    CHECK_INT (s->groups[0].count, 7);
    CHECK_OK (scenario_federates (s, "eye=2"));
    CHECK_INT (s->groups[1].count, 2);
    CHECK_INT (s->federate_count, 9);
    CHECK_ERR (scenario_federates (s, "ey=2"), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (), "--federates: no group is called \"ey\": did you mean \"eye\"?");
    static const char *const bad[] = { "0", "-1", "many", "", "4x", "sky=", "1025", "sky=0" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_ERR (scenario_federates (s, bad[i]), MST_E_CONFIG);
        CHECK_CONTAINS (mst_error_text (),
                        "--federates must be a whole number from 1 to 1024, or NAME=N, found");
    }
    CHECK_OK (scenario_set (s, "federates.sky.scalable", "false"));
    CHECK_ERR (scenario_federates (s, "3"), MST_E_CONFIG);
    CHECK_TEXT (mst_error_text (), "--federates: no group of this scenario is marked \"scalable\": "
                                   "name one, like --federates sky=4");
    scenario_destroy (&s);
}

/*  Files, bad bytes, memory -------------------------------------------------------------------- */

static void test_load (void)
{
    test_temp_t temp;
    scenario_t *s;
    test_temp_init (&temp);
    const char *path = test_temp_write (&temp, "scenario.json", comets, sizeof comets - 1);
    CHECK_OK (scenario_load (path, &s));
    if (s)
        CHECK_TEXT (s->folder, temp.folder);
    scenario_destroy (&s);
    CHECK_ERR (scenario_load ("/no/such/scenario.json", &s), MST_E_IO);
    CHECK_CONTAINS (mst_error_text (), "/no/such/scenario.json");
    CHECK (s == NULL);
    test_temp_fini (&temp);
}

static void test_cut_anywhere (void)
{
    for (size_t cut = 0; cut < sizeof comets - 3; cut++) {
        char *copy = malloc (cut + 1);
        scenario_t *s;
        CHECK_OR_RETURN (copy != NULL);
        memcpy (copy, comets, cut);
        CHECK_ERR (scenario_read ("cut.json", copy, cut, &s), MST_E_CONFIG);
        CHECK_CONTAINS (mst_error_text (), "cut.json:");
        free (copy);
    }
}

/*  Every value in turn becomes something else: an error or not, never a crash. */
static void test_every_value_of_every_type (void)
{
    static const char *const others[] = { "null", "-1",   "1e308", "\"\"",       "\"x\\ny\"",
                                          "[]",   "[{}]", "{}",    "{\"a\":[1]}" };
    char text[8192];
    for (const char *at = comets; *at; at++) {
        if (*at != ':' && *at != '[' && *at != ',')
            continue;
        size_t size = strcspn (at + 1, ",]}");
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
            scenario_t *s;
            (void) snprintf (text, sizeof text, "%.*s%s%s", (int) (at + 1 - comets), comets,
                             others[i], at + 1 + size);
            mst_err_t err = read_text (text, &s);
            CHECK (err == MST_OK || err == MST_E_CONFIG);
            scenario_destroy (&s);
        }
    }
}

static void scenario_story (void *context)
{
    scenario_t *s;
    (void) context;
    mst_err_t err = read_text (comets, &s);
    if (!err)
        err = scenario_set (s, "parameters.close_approach_au", "0.1");
    if (!err)
        err = scenario_set (s, "federates[1].on_crash", "continue");
    if (!err)
        err = scenario_federates (s, "3");
    CHECK (err == MST_OK || err == MST_E_NO_MEMORY);
    scenario_destroy (&s);
}

static void test_allocations_may_fail (void)
{
    CHECK (sweep_allocations (scenario_story, NULL) > 100);
}

static CU_TestInfo scenario_tests[] = {
    { "the whole file", test_the_whole_file },
    { "values", test_values },
    { "the shortest file", test_the_shortest_file },
    { "time", test_time },
    { "wrong times", test_wrong_times },
    { "wrong federates", test_wrong_federates },
    { "other mistakes", test_other_mistakes },
    { "set", test_set },
    { "wrong sets", test_wrong_sets },
    { "start and pace", test_start },
    { "lines after a change", test_lines_after_a_change },
    { "federates", test_federates },
    { "load", test_load },
    { "cut anywhere", test_cut_anywhere },
    { "every value of every type", test_every_value_of_every_type },
    { "allocations may fail", test_allocations_may_fail },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "scenario", NULL, NULL, NULL, NULL, scenario_tests })
