/*  muster top with real processes: once, into a pipe, live on a pseudo terminal of 40 columns, and
    whatever may end meanwhile. */
#include "tests/support/check.h"
#include "tests/support/process.h"
#include "tests/support/temp.h"
#include "tests/support/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <muster/muster.h>

enum { LONG_MS = 60000, PATH_SIZE = 512 };

#define FOM TEST_SOURCE_DIR "/tests/integration/ball.xml"

/*  An RTI, and two federates of this very program: "sun" and "moon". */
typedef struct stage {
    test_process_t rti;
    char endpoint[128];
    mst_federate_t sun, moon;
} stage_t;

static mst_federate_t stage_join (const stage_t *self, const char *name)
{
    static const mst_module_t fom = { .name = FOM };
    mst_federate_t fed;
    CHECK_OK (mst_join (&(mst_join_options_t){ .rti = self->endpoint,
                                               .federation = "balls",
                                               .name = name,
                                               .modules = &fom,
                                               .module_count = 1 },
                        &fed));
    CHECK_OK (mst_enable_time (fed, 1));
    return fed;
}

static void stage_open (stage_t *self)
{
    PROCESS_START (&self->rti, "muster", "rti", "--port", "0", "--quiet");
    const char *line = test_process_line (&self->rti, "tcp://", LONG_MS);
    (void) snprintf (self->endpoint, sizeof self->endpoint, "%s",
                     line ? strstr (line, "tcp://") : "");
    self->endpoint[strcspn (self->endpoint, " \n")] = '\0';
    (void) setenv ("MUSTER_RTI", self->endpoint, 1);
    self->sun = stage_join (self, "sun");
    self->moon = stage_join (self, "moon");
    CHECK_ERR (mst_advance (self->moon, 5, 0), MST_E_TIMEOUT); /* "sun" holds it */
}

static void stage_close (stage_t *self)
{
    mst_abandon (&self->sun);
    mst_abandon (&self->moon);
    test_process_fini (&self->rti);
    (void) unsetenv ("MUSTER_RTI");
}

static int run (test_process_t *process, const char *const *argv)
{
    test_process_start (process, argv);
    return CHECK (test_process_wait (process, LONG_MS)) ? process->exit_code : -1000;
}
#define RUN(process, ...) run ((process), (const char *const[]){ "muster", __VA_ARGS__, NULL })

static void test_once (void)
{
    stage_t stage;
    test_process_t top;
    stage_open (&stage);
    CHECK_INT (RUN (&top, "top", "--once"), 0);
    CHECK_CONTAINS (top.out.text, "balls: 2 federates, 1 waiting, 0 objects\n"
                                  "name  state      now  requested  held by");
    CHECK_CONTAINS (top.out.text, "\nmoon  advancing    0          5  sun ");
    CHECK (strchr (top.out.text, '\033') == NULL);
    test_process_fini (&top);
    CHECK_INT (RUN (&top, "top", "balls", "--once", "--why"), 0);
    CHECK_CONTAINS (top.out.text, "s: held by \"sun\" (granted 0, lookahead 1).\n");
    test_process_fini (&top);
    CHECK_INT (RUN (&top, "top", "balls", "--once", "--json", "--why"), 0);
    CHECK_CONTAINS (top.out.text, "\"held_by\":\"sun\",\"by\":\"granted time\",\"deadlock\":false");
    CHECK_CONTAINS (top.out.text, "\"chain\":[{\"federate\":\"sun\"");
    /* both are ours and make no call meanwhile, so neither can answer: it does not wait for ever */
    CHECK_CONTAINS (top.out.text, "\"share\":null");
    test_process_fini (&top);
    stage_close (&stage);
}

/*  The public call says the same, from within and from without. */
static void test_explain (void)
{
    stage_t stage;
    mst_wait_t wait;
    char text[256];
    stage_open (&stage);
    CHECK_OK (mst_time_explain (stage.moon, &wait, text, sizeof text));
    CHECK_TEXT (text, "held by \"sun\" (granted 0, lookahead 1).");
    CHECK_INT (wait.count, 1);
    CHECK_TEXT (wait.links[0].federate, "sun");
    CHECK_INT (wait.links[0].by, MST_HELD_BY_GRANTED_TIME);
    CHECK_INT (wait.links[0].granted, 0);
    CHECK_INT (wait.links[0].requested, MST_TIME_NONE);
    CHECK_INT (wait.links[0].lookahead, 1);
    CHECK_INT (wait.links[0].bound, 1);
    CHECK (wait.links[0].for_ns > 0 && !wait.deadlock);
    CHECK_INT (wait.links[0].id.id, mst_self (stage.sun).id);
    memset (&wait, 0, sizeof wait);
    CHECK_OK (mst_explain (stage.endpoint, "balls", "moon", &wait, NULL, 0));
    CHECK_TEXT (wait.links[0].federate, "sun");
    CHECK_ERR (mst_explain (stage.endpoint, "balls", "mars", &wait, NULL, 0),
               MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_explain (stage.endpoint, "ball", "moon", &wait, NULL, 0),
               MST_E_FEDERATION_UNKNOWN);
    CHECK_ERR (mst_explain (stage.endpoint, "balls", "moon", NULL, NULL, 0),
               MST_E_INVALID_ARGUMENT);
    stage_close (&stage);
}

/*  Keys, a size that changes, and q: the terminal is as before. */
static void test_live (void)
{
    static const char *const argv[] = { "muster", "top", "--interval", "50 ms", NULL };
    stage_t stage;
    test_terminal_t terminal;
    stage_open (&stage);
    test_terminal_start (&terminal, 40, 10, argv);
    CHECK (test_terminal_shows (&terminal, "moon  advancing", LONG_MS));
    CHECK (test_terminal_shows (&terminal, "\033[?1049h", LONG_MS));
    CHECK (strstr (terminal.text, "comp/wait") == NULL); /* no room for it */
    test_terminal_key (&terminal, "w");
    CHECK (test_terminal_shows (&terminal, "moon, for", LONG_MS));
    test_terminal_key (&terminal, "s");
    test_terminal_resize (&terminal, 100, 20);
    CHECK (test_terminal_shows (&terminal, "sorted by state", LONG_MS));
    CHECK (test_terminal_shows (&terminal, "comp/wait", LONG_MS));
    CHECK (strstr (terminal.text, "\033[2J") == NULL); /* never cleared: no flicker */
    test_terminal_key (&terminal, "q");
    CHECK (test_terminal_wait (&terminal, LONG_MS));
    CHECK_INT (terminal.exit_code, 0);
    CHECK_CONTAINS (terminal.text, "\033[?25h\033[?1049l");
    test_terminal_fini (&terminal);
    stage_close (&stage);
}

static void test_the_rti_dies (void)
{
    static const char *const argv[] = { "muster", "top", "--interval", "50 ms", NULL };
    stage_t stage;
    test_terminal_t terminal;
    stage_open (&stage);
    test_terminal_start (&terminal, 80, 10, argv);
    CHECK (test_terminal_shows (&terminal, "moon  advancing", LONG_MS));
    test_process_signal (&stage.rti, SIGKILL);
    CHECK (test_terminal_wait (&terminal, LONG_MS));
    CHECK_INT (terminal.exit_code, 3);
    CHECK_CONTAINS (terminal.text, "\033[?1049l");
    CHECK_CONTAINS (strstr (terminal.text, "\033[?1049l"), "muster top: ");
    CHECK_CONTAINS (strstr (terminal.text, "\033[?1049l"), "Start one with: muster rti");
    test_terminal_fini (&terminal);
    stage_close (&stage);
}

static void test_the_federation_ends (void)
{
    stage_t stage;
    test_process_t top;
    stage_open (&stage);
    CHECK_INT (RUN (&top, "top", "boules"), 3);
    CHECK_CONTAINS (top.err.text, "there is no federation execution \"boules\"");
    test_process_fini (&top);
    PROCESS_START (&top, "muster", "top", "balls", "--interval", "50 ms");
    CHECK (test_process_line (&top, "moon  advancing", LONG_MS) != NULL);
    CHECK_OK (mst_resign (&stage.sun, MST_RESIGN_NO_ACTION));
    CHECK_OK (mst_resign (&stage.moon, MST_RESIGN_NO_ACTION));
    CHECK (test_process_line (&top, "balls: 0 federates", LONG_MS) != NULL);
    CHECK_OK (mst_destroy (stage.endpoint, "balls"));
    CHECK (test_process_wait (&top, LONG_MS));
    CHECK_INT (top.exit_code, 0);
    CHECK_CONTAINS (top.err.text, "the federation \"balls\" has ended\n");
    test_process_fini (&top);
    CHECK_INT (RUN (&top, "top", "--once"), 0);
    CHECK_TEXT (top.out.text, "no federation executions\n");
    test_process_fini (&top);
    stage_close (&stage);
}

/*  A reader that has enough is no failure; a full disk is one. */
static void test_pipes_and_mistakes (void)
{
    stage_t stage;
    test_process_t top;
    char command[PATH_SIZE];
    stage_open (&stage);
    (void) snprintf (command, sizeof command,
                     "set -o pipefail; %s/muster top --interval '50 ms' | head -n 2",
                     TEST_BUILD_DIR);
    PROCESS_START (&top, "/bin/bash", "-c", command);
    CHECK (test_process_wait (&top, LONG_MS));
    CHECK_INT (top.exit_code, 0);
    CHECK_TEXT (top.err.text, "");
    test_process_fini (&top);
    (void) snprintf (command, sizeof command, "%s/muster top --once > /dev/full", TEST_BUILD_DIR);
    PROCESS_START (&top, "/bin/bash", "-c", command);
    CHECK (test_process_wait (&top, LONG_MS));
    CHECK_INT (top.exit_code, 1);
    CHECK_CONTAINS (top.err.text, "standard output cannot be written: No space left on device");
    test_process_fini (&top);
    stage_close (&stage);
    CHECK_INT (RUN (&top, "top", "--interval", "1"), 2);
    CHECK_CONTAINS (top.err.text, "--interval must be a duration from 50 ms to 1 h, found \"1\"");
    test_process_fini (&top);
    CHECK_INT (RUN (&top, "top", "--sort", "size"), 2);
    CHECK_CONTAINS (top.err.text, "--sort must be name, state, time, waiting or rate");
    test_process_fini (&top);
    CHECK_INT (RUN (&top, "top", "a", "b"), 2);
    CHECK_CONTAINS (top.err.text, "one federation at a time: a or b?");
    test_process_fini (&top);
    CHECK_INT (RUN (&top, "top", "--rti", "nowhere", "--once"), 2);
    test_process_fini (&top);
}

/*  What a federate counts of its own time adds up. */
static void test_counters (void)
{
    stage_t stage;
    mst_counters_t counters;
    stage_open (&stage);
    CHECK_ERR (mst_await_grant (stage.moon, 100, NULL), MST_E_TIMEOUT);
    CHECK_OK (mst_counters (stage.moon, &counters));
    CHECK (counters.waited_ns >= 100000000);
    CHECK_OK (mst_counters (stage.sun, &counters));
    uint64_t computed_ns = counters.computing_ns;
    long long until_ms = test_now_ms () + 50;
    while (test_now_ms () < until_ms)
        ;
    CHECK_OK (mst_counters (stage.sun, &counters));
    CHECK (counters.computing_ns - computed_ns >= 40000000);
    stage_close (&stage);
}

static CU_TestInfo top_tests[] = {
    { "once", test_once },
    { "explained as data", test_explain },
    { "live, on forty columns", test_live },
    { "the RTI dies", test_the_rti_dies },
    { "the federation ends", test_the_federation_ends },
    { "pipes and mistakes", test_pipes_and_mistakes },
    { "a federate's own time", test_counters },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "top", NULL, NULL, NULL, NULL, top_tests })
