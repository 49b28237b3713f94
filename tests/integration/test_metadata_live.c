/*  Federation metadata as a monitoring user sees it: muster log info after the settlers of
    samples/settlement have run. */
#include "tests/support/check.h"
#include "tests/support/process.h"
#include "tests/support/temp.h"

#include <stdio.h>

enum { LONG_MS = 60000 };

#define SCENARIO TEST_SOURCE_DIR "/samples/settlement/scenario.json"

/*  Runs muster to its end; the caller ends the process. */
static int run (test_process_t *process, const char *const *argv)
{
    test_process_start (process, argv);
    return CHECK (test_process_wait (process, LONG_MS)) ? process->exit_code : -1000;
}
#define RUN(process, ...) run ((process), (const char *const[]){ "muster", __VA_ARGS__, NULL })

static void test_top_asks_whose (void)
{
    test_process_t top;
    CHECK_INT (RUN (&top, "top", "--metadata", "--once"), 2);
    CHECK_CONTAINS (top.err.text, "--metadata needs FEDERATION");
    test_process_fini (&top);
}

/*  Each claim is counted once, whoever heard of it how often: 36, as the scenario expects. */
static void test_log_info (void)
{
    test_temp_t temp;
    test_process_t process;
    test_temp_init (&temp);
    const char *file = test_temp_path (&temp, "settlement.mcap");
    char path[512];
    (void) snprintf (path, sizeof path, "%s", file);
    CHECK_INT (RUN (&process, "run", "--quiet", "--record", path, SCENARIO), 0);
    test_process_fini (&process);
    CHECK_INT (RUN (&process, "log", "info", path), 0);
    CHECK_CONTAINS (process.out.text, "\nmetadata:\n");
    CHECK_CONTAINS (process.out.text, "\n  entities/land of player-4: ");
    CHECK_CONTAINS (process.out.text, "\n  counters/claims: 36\n");
    test_process_fini (&process);
    CHECK_INT (RUN (&process, "log", "--json", "info", path), 0);
    CHECK_CONTAINS (process.out.text, "\"counters/claims\":36");
    test_process_fini (&process);
    test_temp_fini (&temp);
}

static CU_TestInfo metadata_tests[] = {
    { "muster top asks whose", test_top_asks_whose },
    { "muster log info", test_log_info },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "metadata", NULL, NULL, NULL, NULL, metadata_tests })
