/*  muster run with real processes: who starts late, who is started elsewhere, where output goes,
   time at the speed of the wall, and no process that outlives a run, however the run ends. */
#include "tests/support/check.h"
#include "tests/support/process.h"
#include "tests/support/temp.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LONG_MS = 60000, TEXT_SIZE = 4096, PATH_SIZE = 600 };

#define FOM     TEST_SOURCE_DIR "/tests/integration/ball.xml"
#define STEPPER TEST_BUILD_DIR "/tests/prog_stepper"
#define PLAIN   TEST_BUILD_DIR "/tests/prog_plain"
#define BALLS(arguments)                                                                           \
    "{ \"name\": \"ball\", \"count\": 2, \"run\": [\"" STEPPER "\", \"40\"" arguments "] }"

typedef struct stage {
    test_temp_t temp;
    test_process_t process;
    char scenario[PATH_SIZE], output[PATH_SIZE];
    bool used;
} stage_t;

static void stage_init (stage_t *self, const char *federates, const char *more)
{
    char text[TEXT_SIZE];
    *self = (stage_t){ .used = false };
    test_temp_init (&self->temp);
    int length =
        snprintf (text, sizeof text,
                  "{ \"muster\": 1, \"name\": \"balls\", \"fom\": [\"" FOM "\"],\n"
                  "  \"time\": { \"unit\": \"1 s\", \"end\": \"40 s\", \"step\": \"1 s\" },\n"
                  "  \"federates\": [ %s ]%s }\n",
                  federates, more);
    (void) snprintf (self->scenario, sizeof self->scenario, "%s",
                     test_temp_write (&self->temp, "scenario.json", text, (size_t) length));
    (void) snprintf (self->output, sizeof self->output, "%s",
                     test_temp_path (&self->temp, "what/they/said"));
    (void) setenv ("TMPDIR", self->temp.folder, 1);
}

static void stage_fini (stage_t *self)
{
    if (self->used)
        test_process_fini (&self->process);
    test_temp_fini (&self->temp);
    (void) unsetenv ("TMPDIR");
}

static void stage_start (stage_t *self, const char *const *argv)
{
    if (self->used)
        test_process_fini (&self->process);
    self->used = true;
    test_process_start (&self->process, argv);
}
#define START(stage, ...)                                                                          \
    stage_start ((stage), (const char *const[]){ "muster", __VA_ARGS__, NULL })

static int stage_end (stage_t *self)
{
    return CHECK (test_process_wait (&self->process, LONG_MS)) ? self->process.exit_code : -1000;
}
#define RUN(stage, ...) (START ((stage), __VA_ARGS__), stage_end (stage))
#define OUT(stage)      ((stage)->process.out.text)
#define ERR(stage)      ((stage)->process.err.text)

/*  The number behind a name at the beginning of a line; -1: there is none. */
static double number_of (const char *text, const char *name)
{
    const char *at = strstr (text, name);
    return at ? atof (at + strlen (name)) : -1;
}

/*  Late and elsewhere ------------------------------------------------------------------------- */

static void test_start_limit (void)
{
    stage_t stage;
    stage_init (&stage,
                BALLS ("") ", { \"name\": \"eye\", \"run\": [\"" PLAIN "\", \"wait\"] }, "
                           "{ \"name\": \"view\", \"required\": false, \"run\": [\"" PLAIN
                           "\", \"wait\"] }",
                ", \"start_limit\": \"400 ms\"");
    CHECK_INT (RUN (&stage, "run", stage.scenario), 1);
    CHECK_CONTAINS (ERR (&stage),
                    "1 of 4 federates have not joined within start_limit (0.4 s): eye\n");
    stage_fini (&stage);
    stage_init (&stage, BALLS (""), ", \"start_limit\": \"1 d\"");
    CHECK_INT (RUN (&stage, "run", stage.scenario), 0);
    CHECK_INT (RUN (&stage, "run", "--set", "start_limit=soon", stage.scenario), 2);
    stage_fini (&stage);
}

#define FAR ", { \"name\": \"far\", \"remote\": true, \"run\": [\"" STEPPER "\", \"40\"] }"

/*  What the runner says is what a hand does. */
static void start_far (stage_t *stage, test_process_t *far)
{
    char script[PATH_SIZE] = "";
    const char *line = test_process_error_line (&stage->process, "ssh HOST", LONG_MS);
    const char *path = line ? strstr (line, "< ") : NULL;
    if (CHECK (path != NULL))
        (void) snprintf (script, sizeof script, "%s", path + 2);
    PROCESS_START (far, "/bin/sh", script);
}

static void test_elsewhere (void)
{
    stage_t stage;
    test_process_t far;
    stage_init (&stage, BALLS ("") FAR, ", \"parameters\": { \"word\": \"it's\" }");
    CHECK_INT (RUN (&stage, "run", "--check", stage.scenario), 2);
    CHECK_CONTAINS (ERR (&stage), "federate \"far\" is started elsewhere: say by \"listen\"");
    START (&stage, "run", "--listen", "tcp://127.0.0.1:0", stage.scenario);
    start_far (&stage, &far);
    CHECK (test_process_wait (&far, LONG_MS));
    CHECK_INT (far.exit_code, 0);
    CHECK_INT (stage_end (&stage), 0);
    CHECK_CONTAINS (ERR (&stage), "start \"far\" elsewhere:\n  MUSTER_RTI=tcp://127.0.0.1:");
    CHECK_CONTAINS (ERR (&stage), "MUSTER_PARAMETERS='{\"word\":\"it'\\''s\"}'");
    CHECK_CONTAINS (OUT (&stage), "federates: 3 (ball-1, ball-2, far)\n");
    CHECK_CONTAINS (OUT (&stage), "steps: 40\n");
    test_process_fini (&far);
    CHECK_INT (RUN (&stage, "run", "--listen", "tcp://*:0", stage.scenario), 2);
    CHECK_CONTAINS (ERR (&stage), "listen must be the address and port by which other machines");
    stage_fini (&stage);
}

static void test_elsewhere_lost (void)
{
    stage_t stage;
    test_process_t far;
    stage_init (&stage,
                BALLS ("") ", { \"name\": \"far\", \"remote\": true, \"run\": [\"" STEPPER
                           "\", \"40\", \"crash\", \"20\"] }",
                "");
    START (&stage, "run", "--listen", "tcp://127.0.0.1:0", stage.scenario);
    start_far (&stage, &far);
    CHECK_INT (stage_end (&stage), 1);
    CHECK_CONTAINS (ERR (&stage), "federate \"far\", started elsewhere, was lost, which ended the "
                                  "run\n");
    test_process_fini (&far);
    stage_fini (&stage);
}

/*  Output ------------------------------------------------------------------------------------- */

static void test_output (void)
{
    stage_t stage;
    char path[PATH_SIZE + 32];
    struct stat before, after;
    stage_init (&stage, BALLS (""), "");
    CHECK_INT (RUN (&stage, "run", "--output", stage.output, stage.scenario), 0);
    (void) snprintf (path, sizeof path, "%s/ball-2.txt", stage.output);
    CHECK_INT (stat (path, &before), 0);
    CHECK_INT (RUN (&stage, "run", "--output", stage.output, stage.scenario), 0);
    CHECK_INT (stat (path, &after), 0);
    CHECK_INT (after.st_size, before.st_size); /* written anew */
    CHECK_INT (RUN (&stage, "run", "--output", stage.scenario, stage.scenario), 1);
    CHECK_CONTAINS (ERR (&stage), "scenario.json is no folder");
    CHECK_INT (RUN (&stage, "run", "--output", "/dev/full", stage.scenario), 1);
    CHECK_CONTAINS (ERR (&stage), "/dev/full is no folder");
    stage_fini (&stage);
}

/*  Nobody is left ----------------------------------------------------------------------------- */

/*  A federate that a script starts in the background tells its number; it ends when this is true.
 */
static bool ends (pid_t pid)
{
    int fd = (int) syscall (SYS_pidfd_open, pid, 0);
    if (fd < 0)
        return true;
    struct pollfd end = { .fd = fd, .events = POLLIN };
    bool ended = poll (&end, 1, LONG_MS) == 1;
    (void) close (fd);
    return ended;
}

/*  The grandchild's number, from the output file that the script writes. */
static pid_t grandchild (const stage_t *stage)
{
    char path[PATH_SIZE + 32];
    (void) snprintf (path, sizeof path, "%s/nest.txt", stage->output);
    for (long long until_ms = test_now_ms () + LONG_MS; test_now_ms () < until_ms;) {
        char *text = test_file_read (path, NULL);
        const char *at = text ? strstr (text, "child ") : NULL;
        pid_t pid = at && strchr (at, '\n') ? (pid_t) strtol (at + 6, NULL, 10) : 0;
        free (text);
        if (pid > 0)
            return pid;
    }
    return 0;
}

#define NEST                                                                                       \
    "{ \"name\": \"nest\", \"run\": [\"/bin/sh\", \"-c\", \"" PLAIN                                \
    " wait & echo child $!; wait\"] }"

static void ended_by (int signal, int exit_code, const char *text)
{
    stage_t stage;
    stage_init (&stage, BALLS (", \"wait\", \"20\"") ", " NEST, "");
    START (&stage, "run", "--output", stage.output, stage.scenario);
    pid_t pid = grandchild (&stage);
    CHECK (pid > 0);
    test_process_signal (&stage.process, signal);
    CHECK_INT (stage_end (&stage), exit_code);
    CHECK_CONTAINS (ERR (&stage), text);
    CHECK (pid > 0 && ends (pid));
    stage_fini (&stage);
}

static void test_no_orphans (void)
{
    ended_by (SIGTERM, 1, "ended by signal 15 (Terminated)");
    ended_by (SIGINT, 1, "ended by signal 2 (Interrupt)");
    ended_by (SIGHUP, 1, "ended by signal 1 (Hangup)");
    ended_by (SIGKILL, -SIGKILL, "");
}

/*  What a federate left behind when it ended. */
static void test_left_behind (void)
{
    stage_t stage;
    stage_init (&stage,
                "{ \"name\": \"nest\", \"run\": [\"/bin/sh\", \"-c\", \"" PLAIN
                " wait & echo child $!\"] }",
                "");
    CHECK_INT (RUN (&stage, "run", "--output", stage.output, stage.scenario), 0);
    pid_t pid = grandchild (&stage);
    CHECK (pid > 0 && ends (pid));
    stage_fini (&stage);
}

/*  SIGTERM: the recording is finished. */
static void test_recording_is_whole (void)
{
    stage_t stage;
    char log[PATH_SIZE];
    stage_init (&stage, BALLS (", \"wait\", \"20\""), "");
    (void) snprintf (log, sizeof log, "%s", test_temp_path (&stage.temp, "run.mcap"));
    START (&stage, "run", "--record", log, stage.scenario);
    CHECK (test_process_error_line (&stage.process, "step 19 of 40", LONG_MS) != NULL);
    test_process_signal (&stage.process, SIGTERM);
    CHECK_INT (stage_end (&stage), 1);
    CHECK_INT (RUN (&stage, "log", "verify", log), 0);
    stage_fini (&stage);
}

/*  Pace --------------------------------------------------------------------------------------- */

/*  40 s at 40 times the speed of the wall: the first step begins it, 39 follow. */
static void test_pace (void)
{
    stage_t stage;
    stage_init (&stage, BALLS (""), "");
    long long began_ms = test_now_ms ();
    CHECK_INT (RUN (&stage, "run", "--pace", "40", stage.scenario), 0);
    CHECK (test_now_ms () - began_ms >= 39 * 1000 / 40);
    CHECK_CONTAINS (OUT (&stage), "pace: 40\n");
    CHECK (number_of (OUT (&stage), "overruns: ") >= 0);
    CHECK_CONTAINS (OUT (&stage), "steps: 40\n");
    CHECK_INT (RUN (&stage, "run", "--pace", "0", stage.scenario), 2);
    CHECK_INT (RUN (&stage, "run", "--pace", "fast", stage.scenario), 2);
    CHECK_CONTAINS (ERR (&stage), "time.pace must be a number");
    stage_fini (&stage);
}

/*  One that computes for 300 ms where a step takes 20 is named, and by how much it was late. */
static void test_overrun (void)
{
    stage_t stage;
    stage_init (&stage,
                BALLS ("") ", { \"name\": \"snail\", \"run\": [\"" STEPPER
                           "\", \"40\", \"slow\", \"20\"] }",
                "");
    CHECK_INT (RUN (&stage, "run", "--pace", "50", stage.scenario), 0);
    CHECK (number_of (OUT (&stage), "overruns: ") >= 1);
    CHECK (number_of (OUT (&stage), "worst_overrun_ms: ") >= 250);
    CHECK_CONTAINS (OUT (&stage), "overran: snail: ");
    CHECK_CONTAINS (OUT (&stage), "digest: ");
    stage_fini (&stage);
}

static CU_TestInfo start_tests[] = {
    { "a limit to starting", test_start_limit },
    { "a federate that is started elsewhere", test_elsewhere },
    { "… and lost", test_elsewhere_lost },
    { "output", test_output },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo end_tests[] = {
    { "nobody outlives a run", test_no_orphans },
    { "what a federate left behind", test_left_behind },
    { "a recording is finished", test_recording_is_whole },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo pace_tests[] = {
    { "the speed of the wall", test_pace },
    { "overruns", test_overrun },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "start", NULL, NULL, NULL, NULL, start_tests },
           { "end", NULL, NULL, NULL, NULL, end_tests },
           { "pace", NULL, NULL, NULL, NULL, pace_tests })
