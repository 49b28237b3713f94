/*  docs/walk/update.md tells how one update goes from its caller to the other side's callback. Here
   one goes, the stops that it passes are collected (base/trace.h), and they must be those of the
   page. */
#include "tests/integration/federates.h"
#include "tests/support/temp.h"
#include "base/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WALK_BYTES = 8192 };

/*  The first cells of the page's tables that name a stop: "| 4 | `wire/bundle.c`: `wire_bundle_add`
 * | …". */
static void read_page (char *out)
{
    char *page = test_file_read (TEST_SOURCE_DIR "/docs/walk/update.md", NULL);
    size_t used = 0;

    out[0] = '\0';
    if (!CHECK (page != NULL))
        return;
    for (char *line = strtok (page, "\n"); line; line = strtok (NULL, "\n")) {
        int number;
        char file[128], function[128];
        if (sscanf (line, "| %d | `%127[^`]`: `%127[^`]` |", &number, file, function) == 3)
            used += (size_t) snprintf (out + used, WALK_BYTES - used, "%s: %s\n", file, function);
    }
    free (page);
}

static void collect (void *context, const char *line)
{
    char *out = context;
    size_t used = strlen (out);
    (void) snprintf (out + used, WALK_BYTES - used, "%s\n", line);
}

static void test_the_page_is_true (void)
{
    static char page[WALK_BYTES], walk[WALK_BYTES];
    stage_t stage;

    read_page (page);
    CHECK (strlen (page) > 200);
    stage_open (&stage);
    actor_t *sun = stage_join (&stage, "sun"), *moon = stage_join (&stage, "moon");
    actor_publishes (sun, "Body");
    actor_subscribes (moon, "Body");
    actor_keeps_time (&stage, sun, 1);
    actor_keeps_time (&stage, moon, 1);
    stage_settle (&stage);
    mst_object_t body = actor_registers (sun, "Body");
    STAGE_UNTIL (&stage, moon->discovered == 1);
    CHECK_OK (actor_updates (sun, body, "Mass", "1", 1)); /* opens the route */
    CHECK_OK (mst_time_advance_request (sun->fed, 1));
    CHECK_OK (mst_time_advance_request (moon->fed, 1));
    STAGE_UNTIL (&stage, moon->granted == 1 && sun->granted == 1);
    CHECK_OK (mst_time_advance_request (moon->fed, 5));
    CHECK_OK (mst_flush (moon->fed));
    base_trace_listen (collect, walk);
    CHECK_OK (actor_updates (sun, body, "Mass", "5", 5));
    CHECK_OK (mst_time_advance_request (sun->fed, 10));
    STAGE_UNTIL (&stage, moon->reflected == 2);
    base_trace_listen (NULL, NULL);
    CHECK_TEXT (walk, page);
    STAGE_UNTIL (&stage, moon->granted == 5);
    CHECK_CONTAINS (moon->trace, "reflected sun.1 Mass=5 @5\ngranted 5\n");
    stage_close (&stage);
}

static void test_nobody_listens (void)
{
    static char walk[WALK_BYTES];

    base_trace ("before");
    base_trace_listen (collect, walk);
    base_trace ("between");
    base_trace_listen (NULL, NULL);
    base_trace ("after");
    CHECK_TEXT (walk, "between\n");
}

static CU_TestInfo walk_tests[] = {
    { "the page is true", test_the_page_is_true },
    { "nobody listens", test_nobody_listens },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "walk", NULL, NULL, NULL, NULL, walk_tests })
