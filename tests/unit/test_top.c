/*  muster top's page and JSON from looks written by hand: the numbers are counted on paper. */
#include "tests/support/check.h"
#include "tools/top.h"
#include "tools/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_SIZE = 8192, PART_SIZE = 2048 };

/*  A federate that waits 60 % and messages 10 % of `seconds`, with 100 updates out and 40 in a
    second, of 1 kB each. */
static const char *counters (char text[PART_SIZE], double seconds, double age)
{
    (void) snprintf (text, PART_SIZE,
                     "\"doing\":\"computing\",\"counters\":{\"age_ns\":%.0f,\"elapsed_ns\":%.0f,"
                     "\"waiting_ns\":%.0f,\"messaging_ns\":%.0f,\"updates_sent\":%.0f,"
                     "\"updates_received\":%.0f,\"interactions_sent\":0,"
                     "\"interactions_received\":0,\"bytes_sent\":%.0f,\"bytes_received\":%.0f,"
                     "\"queue_messages\":3,\"queue_bytes\":99}",
                     age * 1e9, seconds * 1e9, seconds * 6e8, seconds * 1e8, seconds * 100,
                     seconds * 40, seconds * 1e5, seconds * 4e4);
    return text;
}

/*  "moon" waits for "sun", which computes, since `waits` seconds. */
static void look (tools_top_t *top, double seconds, double age)
{
    char json[LOOK_SIZE], sun[PART_SIZE], moon[PART_SIZE];
    int length = snprintf (
        json, sizeof json,
        "{\"federations\":[{\"name\":\"sky\",\"objects\":1,\"federates\":["
        "{\"handle\":1,\"name\":\"sun\",\"state\":\"granted\",\"granted\":12,\"requested\":null,"
        "\"for_ns\":3000000000,%s},"
        "{\"handle\":2,\"name\":\"moon\",\"state\":\"advancing\",\"granted\":11,\"requested\":12.5,"
        "\"for_ns\":2000000000,\"held_by\":\"sun\",\"by\":\"granted time\",\"deadlock\":false,"
        "\"why\":\"held by \\\"sun\\\" (granted 12, lookahead 0).\",\"chain\":[{}],%s},"
        "{\"handle\":3,\"name\":\"log\",\"state\":\"granted\",\"granted\":null,"
        "\"role\":\"recorder\",\"for_ns\":0}],\"deadlocks\":[]}]}",
        counters (sun, seconds, age), counters (moon, seconds, age));
    CHECK (length > 0 && length < LOOK_SIZE);
    CHECK_OK (tools_top_take (top, json, (size_t) length));
}

static void check_page (const tools_top_t *top, const tools_top_view_t *view, const char *expected)
{
    base_buffer_t out = { 0 };
    CHECK_OK (tools_top_text (top, view, &out));
    CHECK_TEXT (tools_top_count (top) ? tools_text_of (&out) : "", expected);
    base_buffer_fini (&out);
}

/*  Between the two looks 4 s passed for each, without an age. */
static void test_rates (void)
{
    tools_top_t top = { 0 };
    look (&top, 10, 0);
    look (&top, 14, 0);
    check_page (
        &top, &(tools_top_view_t){ .why = false },
        "sky: 2 federates, 1 waiting, 1 object\n"
        "name  state      now  requested  held by  comp/wait/msg %  out/s  in/s  B out/s   B in/s"
        "  queue\n"
        "log   granted      -          -                         -      -     -        -        -"
        "      -\n"
        "moon  advancing   11       12.5  sun             30/60/10    100    40   100 kB  40.0 kB"
        "      3\n"
        "sun   granted     12          -                  30/60/10    100    40   100 kB  40.0 kB"
        "      3\n");
    tools_top_fini (&top);
}

/*  What a federate told 5 s ago is brought up to now: "moon" waited 2 of them and computed the
   rest, "sun" computed. Of 4 + 5 s: 1.2 + 5 computing; 2.4 + 2 waiting of which 0.4 messaging. */
static void test_age (void)
{
    tools_top_t top = { 0 };
    tools_top_rows_t rows = { 0 };
    tools_top_view_t view = { .sort = TOOLS_TOP_BY_WAITING };
    look (&top, 10, 0);
    look (&top, 14, 5);
    CHECK_OK (tools_top_rows (&top, tools_top_federations (&top), &view, &rows));
    CHECK_TEXT (rows.items[0].name, "moon");
    CHECK (rows.items[0].waiting > 4.399 / 9 && rows.items[0].waiting < 4.401 / 9);
    CHECK (rows.items[0].computing > 4.199 / 9 && rows.items[0].computing < 4.201 / 9);
    CHECK_TEXT (rows.items[1].name, "sun");
    CHECK (rows.items[1].computing > 6.199 / 9 && rows.items[1].computing < 6.201 / 9);
    CHECK (!rows.items[2].rated);
    BASE_LIST_FINI (&rows);
    view.since_join = true;
    CHECK_OK (tools_top_rows (&top, tools_top_federations (&top), &view, &rows));
    CHECK (rows.items[0].updates_out > 1400.0 / 19 - 0.01 &&
           rows.items[0].updates_out < 1400.0 / 19 + 0.01);
    BASE_LIST_FINI (&rows);
    tools_top_fini (&top);
}

/*  Forty columns, eight lines, with why. */
static void test_small_terminal (void)
{
    tools_top_t top = { 0 };
    look (&top, 10, 0);
    check_page (&top,
                &(tools_top_view_t){ .width = 40, .height = 7, .why = true, .rti = "tcp://h:1" },
                "muster top  tcp://h:1  sorted by name  (\n"
                "sky: 2 federates, 1 waiting, 1 object\n"
                "name  state      now  requested  held by\n"
                "log   granted      -          -  \n"
                "moon  advancing   11       12.5  sun\n"
                "sun   granted     12          -  \n"
                "moon, for 2.0 s: held by \"sun\" (granted\n");
    base_buffer_t out = { 0 };
    for (size_t width = 1; width < 60; width++) {
        base_buffer_clear (&out);
        CHECK_OK (tools_top_text (&top, &(tools_top_view_t){ .width = width, .why = true }, &out));
        for (const char *at = tools_text_of (&out); *at;) {
            size_t length = strcspn (at, "\n");
            CHECK (length <= width + 2); /* the blanks behind a last column that is left out */
            at += length + (at[length] == '\n');
        }
    }
    base_buffer_fini (&out);
    tools_top_fini (&top);
}

static void test_colours_and_deadlock (void)
{
    static const char json[] =
        "{\"federations\":[{\"name\":\"sky\",\"objects\":0,\"federates\":["
        "{\"name\":\"a\\u001b[2J\\u0085\",\"state\":\"at barrier\",\"granted\":0,\"held_by\":\"b\","
        "\"by\":\"barrier\",\"deadlock\":true,\"why\":\"because\",\"chain\":[{}],\"for_ns\":0}],"
        "\"deadlocks\":[[\"a\",\"b\"]]}]}";
    tools_top_t top = { 0 };
    CHECK_OK (tools_top_take (&top, json, sizeof json - 1));
    check_page (&top, &(tools_top_view_t){ .width = 60, .colours = true },
                "sky: 1 federate, 1 waiting, 0 objects\n"
                "\033[31mdeadlock: a, b\033[0m\n"
                "\033[1mname    state       now  held by       comp/wait/msg %  in/s\033[0m\n"
                "\033[31ma?[2J?  at barrier    0  b (deadlock)                -     -\033[0m\n");
    CHECK_ERR (tools_top_take (&top, "{", 1), MST_E_MALFORMED);
    CHECK_INT (tools_top_count (&top), 1); /* the old look stays */
    CHECK (tools_top_has (&top, "sky") && !tools_top_has (&top, "sea"));
    CHECK (!tools_top_complete (&top, 0));
    tools_top_fini (&top);
}

static void test_json (void)
{
    tools_top_t top = { 0 };
    base_buffer_t out = { 0 };
    look (&top, 10, 0);
    CHECK_OK (tools_top_json (&top, &(tools_top_view_t){ .why = true, .since_join = true }, &out));
    cJSON *root = cJSON_Parse (tools_text_of (&out));
    const cJSON *sky = cJSON_GetArrayItem (cJSON_GetObjectItem (root, "federations"), 0);
    const cJSON *moon = cJSON_GetArrayItem (cJSON_GetObjectItem (sky, "federates"), 1);
    CHECK_TEXT (tools_top_word (moon, "name"), "moon");
    CHECK_TEXT (tools_top_word (moon, "held_by"), "sun");
    CHECK_TEXT (tools_top_word (moon, "why"), "held by \"sun\" (granted 12, lookahead 0).");
    const cJSON *share = cJSON_GetObjectItem (moon, "share");
    double waiting = cJSON_GetNumberValue (cJSON_GetObjectItem (share, "waiting"));
    CHECK (waiting > 0.599 && waiting < 0.601);
    CHECK (cJSON_GetNumberValue (cJSON_GetObjectItem (moon, "requested")) > 12.4);
    cJSON_Delete (root);
    base_buffer_fini (&out);
    tools_top_fini (&top);
}

/*  A federate that was lost stays to be seen until it comes back; one that resigned does not. */
static void test_lost (void)
{
    static const char json[] =
        "{\"federations\":[{\"name\":\"sky\",\"objects\":0,\"federates\":["
        "{\"handle\":1,\"name\":\"sun\",\"state\":\"granted\",\"granted\":12}],"
        "\"deadlocks\":[],\"departed\":[{\"federate\":\"sun\",\"lost\":\"it crashed\"},"
        "{\"federate\":\"mars\"},{\"federate\":\"moon\",\"lost\":\"its process was killed\"},"
        "{\"federate\":\"moon\",\"lost\":\"its process ended\"}]}]}";
    tools_top_t top = { 0 };
    const tools_top_view_t view = { .why = true };
    base_buffer_t out = { 0 };
    CHECK_OK (tools_top_take (&top, json, sizeof json - 1));
    CHECK_OK (tools_top_text (&top, &view, &out));
    const char *page = tools_text_of (&out);
    CHECK_CONTAINS (page, "sky: 1 federate, 0 waiting, 1 lost, 0 objects\n");
    CHECK_CONTAINS (page, "\nmoon  lost ");
    CHECK_CONTAINS (page, "\nsun   granted ");
    CHECK_CONTAINS (page, "\nmoon was lost: its process ended\n");
    CHECK (strstr (page, "mars") == NULL && strstr (page, "killed") == NULL);
    base_buffer_clear (&out);
    CHECK_OK (tools_top_json (&top, &view, &out));
    CHECK_CONTAINS (tools_text_of (&out), "\"state\":\"lost\"");
    CHECK_CONTAINS (tools_text_of (&out), "\"lost\":\"its process ended\"");
    base_buffer_fini (&out);
    tools_top_fini (&top);
}

static CU_TestInfo top_tests[] = {
    { "shares and rates between two looks", test_rates },
    { "what was told some time ago", test_age },
    { "forty columns", test_small_terminal },
    { "colours, deadlock, names that are no names", test_colours_and_deadlock },
    { "a lost federate", test_lost },
    { "JSON", test_json },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "top", NULL, NULL, NULL, NULL, top_tests })
