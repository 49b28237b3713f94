/*  muster run, replay and log with real processes: whole runs, and every way in which one can fail.
 */
#include "tests/support/check.h"
#include "tests/support/process.h"
#include "tests/support/temp.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_MS = 60000, TEXT_SIZE = 4096, PATH_SIZE = 512 };

#define FOM     TEST_SOURCE_DIR "/tests/integration/ball.xml"
#define STEPPER TEST_BUILD_DIR "/tests/prog_stepper"
#define PLAIN   TEST_BUILD_DIR "/tests/prog_plain"

/*  A scenario with the given list of federates, and what stands behind it. */
static const char *scenario_write (test_temp_t *temp, const char *federates, const char *more)
{
    char text[TEXT_SIZE];
    int length =
        snprintf (text, sizeof text,
                  "{ \"muster\": 1, \"name\": \"balls\", \"fom\": [\"" FOM "\"],\n"
                  "  \"time\": { \"unit\": \"1 s\", \"end\": \"40 s\", \"step\": \"1 s\" },\n"
                  "  \"parameters\": { \"weight\": 2 },\n"
                  "  \"federates\": [ %s ]%s }\n",
                  federates, more);
    return test_temp_write (temp, "scenario.json", text, (size_t) length);
}

#define BALLS(arguments)                                                                           \
    "{ \"name\": \"ball\", \"count\": 2, \"scalable\": true, \"run\": [\"" STEPPER                 \
    "\", \"40\"" arguments "] }"

/*  What a command ended with; its output stands until the next one. */
typedef struct stage {
    test_temp_t temp;
    test_process_t process;
    char scenario[PATH_SIZE], log[PATH_SIZE];
    bool used;
} stage_t;

static void stage_init (stage_t *self, const char *federates, const char *more)
{
    *self = (stage_t){ .used = false };
    test_temp_init (&self->temp);
    (void) snprintf (self->scenario, sizeof self->scenario, "%s",
                     scenario_write (&self->temp, federates, more));
    (void) snprintf (self->log, sizeof self->log, "%s", test_temp_path (&self->temp, "run.mcap"));
    (void) setenv ("TMPDIR", self->temp.folder, 1);
}

static void stage_fini (stage_t *self)
{
    if (self->used)
        test_process_fini (&self->process);
    test_temp_fini (&self->temp);
    (void) unsetenv ("TMPDIR");
}

static int stage_run (stage_t *self, const char *const *argv)
{
    if (self->used)
        test_process_fini (&self->process);
    self->used = true;
    test_process_start (&self->process, argv);
    if (!CHECK (test_process_wait (&self->process, LONG_MS)))
        return -1000;
    return self->process.exit_code;
}
#define RUN(stage, ...) stage_run ((stage), (const char *const[]){ "muster", __VA_ARGS__, NULL })
#define OUT(stage)      ((stage)->process.out.text)
#define ERR(stage)      ((stage)->process.err.text)

/*  The line that begins so, without the name; "" when there is none. */
static const char *line_of (const char *text, const char *name)
{
    static char line[256];
    const char *at = strstr (text, name);
    line[0] = '\0';
    if (at)
        (void) snprintf (line, sizeof line, "%.*s", (int) strcspn (at + strlen (name), "\n"),
                         at + strlen (name));
    return line;
}

/*  Good runs ---------------------------------------------------------------------------------- */

static void test_good_run (void)
{
    stage_t stage;
    stage_init (&stage, BALLS (""), ", \"expect\": { \"steps\": 40 }");
    CHECK_INT (RUN (&stage, "run", "--check", stage.scenario), 0);
    CHECK_TEXT (OUT (&stage), "ok\n");
    CHECK_INT (RUN (&stage, "run", stage.scenario), 0);
    CHECK_CONTAINS (OUT (&stage), "scenario: balls\nfederates: 2 (ball-1, ball-2)\n");
    CHECK_CONTAINS (OUT (&stage), "steps: 40\n");
    const char *last = strstr (OUT (&stage), "digest: ");
    CHECK (last != NULL && strchr (last, '\n') != NULL && strchr (last, '\n')[1] == '\0');
    CHECK_INT (RUN (&stage, "run", "--json", "--quiet", "--federates", "3", stage.scenario), 0);
    CHECK_CONTAINS (OUT (&stage), "\"federates\":[\"ball-1\",\"ball-2\",\"ball-3\"]");
    CHECK_TEXT (ERR (&stage), "");
    stage_fini (&stage);
}

/*  What the processes of a run are given. */
static void test_environment (void)
{
    stage_t stage;
    stage_init (
        &stage,
        "{ \"name\": \"eye\", \"run\": [\"" PLAIN "\", \"env\", \"MUSTER_NAME\", \"env\", "
        "\"MUSTER_RANK\", \"env\", \"MUSTER_COUNT\", \"env\", \"MUSTER_FEDERATES\", "
        "\"env\", \"MUSTER_FEDERATION\", \"env\", \"MUSTER_PARAMETERS\", \"exit\", \"1\"] }",
        "");
    CHECK_INT (RUN (&stage, "run", "--set", "parameters.weight=7", stage.scenario), 1);
    CHECK_CONTAINS (ERR (&stage), "eye ended with code 1, its last lines:\n"
                                  "eye\n0\n1\n1\nballs\n{\"weight\":7}\n");
    stage_fini (&stage);
}

/*  One that ends with 0 and never joined may have done nothing at all, and the others wait for it:
    it is told at once, and no word of one that is not required. */
static void test_never_joined (void)
{
    stage_t stage;
    stage_init (&stage,
                BALLS ("") ", { \"name\": \"view\", \"required\": false, \"run\": [\"" PLAIN
                           "\", \"print\", \"hello\"] }, { \"name\": \"idle\", \"run\": [\"" PLAIN
                           "\", \"print\", \"hello\"] }",
                "");
    PROCESS_START (&stage.process, "muster", "run", "--quiet", stage.scenario);
    stage.used = true;
    const char *line = test_process_error_line (&stage.process, "without having joined", LONG_MS);
    CHECK_TEXT (line ? line : "",
                "muster run: warning: federate \"idle\" ended with 0 without having joined");
    test_process_signal (&stage.process, SIGINT);
    CHECK (test_process_wait (&stage.process, LONG_MS));
    CHECK (strstr (ERR (&stage), "view") == NULL);
    stage_fini (&stage);
}

/*  Failing runs ------------------------------------------------------------------------------- */

static void test_a_federate_fails (void)
{
    stage_t stage;
    stage_init (&stage, BALLS (", \"exit\", \"20\""), "");
    CHECK_INT (RUN (&stage, "run", stage.scenario), 1);
    CHECK_CONTAINS (ERR (&stage), "ended with code 3, its last lines:\n");
    CHECK_CONTAINS (ERR (&stage), "giving up at step 20\n");
    CHECK_CONTAINS (ERR (&stage), "what everybody printed is in ");
    CHECK_CONTAINS (ERR (&stage), "ended with code 3, which ended the run\n");
    stage_fini (&stage);
}

static void test_a_federate_is_killed (void)
{
    stage_t stage;
    stage_init (&stage, BALLS (", \"crash\", \"20\""), "");
    CHECK_INT (RUN (&stage, "run", stage.scenario), 1);
    CHECK_CONTAINS (ERR (&stage), "was killed by signal 9 (Killed), which ended the run\n");
    stage_fini (&stage);
}

static void test_optional_and_continue (void)
{
    stage_t stage;
    stage_init (&stage,
                BALLS ("") ", { \"name\": \"eye\", \"required\": false, \"run\": [\"" PLAIN
                           "\", \"exit\", \"4\"] }",
                "");
    CHECK_INT (RUN (&stage, "run", stage.scenario), 0);
    (void) scenario_write (&stage.temp,
                           BALLS ("") ", { \"name\": \"extra\", \"on_crash\": \"continue\", "
                                      "\"run\": [\"" STEPPER "\", \"40\", \"exit\", \"40\"] }",
                           "");
    CHECK_INT (RUN (&stage, "run", stage.scenario), 1);
    CHECK_CONTAINS (ERR (&stage), "1 of 3 federates failed\n");
    (void) scenario_write (&stage.temp,
                           BALLS ("") ", { \"name\": \"viewer\", \"required\": false, "
                                      "\"run\": [\"" PLAIN "\", \"wait\"] }",
                           "");
    CHECK_INT (RUN (&stage, "run", stage.scenario), 0); /* it is told to end */
    stage_fini (&stage);
}

static void test_expectations (void)
{
    stage_t stage;
    stage_init (&stage, BALLS (""), ", \"expect\": { \"steps\": [50, 60], \"lost\": 0 }");
    CHECK_INT (RUN (&stage, "run", stage.scenario), 1);
    CHECK_CONTAINS (ERR (&stage), "steps: 40; expected: 50 to 60\n"
                                  "lost: nobody reported it; expected: 0\n");
    CHECK_CONTAINS (ERR (&stage), "2 of 2 results are not as the scenario expects\n");
    CHECK_CONTAINS (OUT (&stage), "digest: ");
    stage_fini (&stage);
}

static void test_used_wrongly (void)
{
    stage_t stage;
    stage_init (&stage, "{ \"name\": \"eye\", \"run\": [\"no-such-program\"] }", "");
    CHECK_INT (RUN (&stage, "run"), 2);
    CHECK_INT (RUN (&stage, "run", "/nonexistent.json"), 2);
    CHECK_CONTAINS (ERR (&stage), "/nonexistent.json cannot be read: No such file or directory");
    CHECK_INT (RUN (&stage, "run", "--check", stage.scenario), 2);
    CHECK_CONTAINS (ERR (&stage), "federate \"eye\": no-such-program: no such program");
    CHECK_INT (RUN (&stage, "run", "--recrd", "x", stage.scenario), 2);
    CHECK_CONTAINS (ERR (&stage), "there is no option --recrd; did you mean --record?");
    CHECK_INT (RUN (&stage, "run", "--set", "wieght=1", stage.scenario), 2);
    CHECK_INT (RUN (&stage, "replay", stage.scenario), 1);
    CHECK_CONTAINS (ERR (&stage), "not a recording");
    CHECK_INT (RUN (&stage, "conformance"), 2);
    CHECK_CONTAINS (ERR (&stage), "muster conformance is not supported yet");
    CHECK_INT (RUN (&stage, "rnu"), 2);
    CHECK_CONTAINS (ERR (&stage), "did you mean run?");
    stage_fini (&stage);
}

static void test_ctrl_c (void)
{
    stage_t stage;
    char end[64];
    stage_init (&stage, BALLS (", \"wait\", \"20\""), "");
    PROCESS_START (&stage.process, "muster", "run", "--record", stage.log, stage.scenario);
    stage.used = true;
    CHECK (test_process_error_line (&stage.process, "step 19 of 40", LONG_MS) != NULL);
    test_process_signal (&stage.process, SIGINT);
    CHECK (test_process_wait (&stage.process, LONG_MS));
    CHECK_INT (stage.process.exit_code, 1);
    (void) snprintf (end, sizeof end, "ended by signal %d", SIGINT);
    CHECK_CONTAINS (ERR (&stage), end);
    CHECK_INT (RUN (&stage, "log", "verify", stage.log), 0); /* the recording is finished */
    stage_fini (&stage);
}

/*  A process of ours that listens. */
static void start_rti (test_process_t *rti, char *endpoint, size_t size_bytes)
{
    PROCESS_START (rti, "muster", "rti", "--port", "0", "--quiet");
    const char *line = test_process_line (rti, "tcp://", LONG_MS);
    (void) snprintf (endpoint, size_bytes, "%s", line ? strstr (line, "tcp://") : "");
    endpoint[strcspn (endpoint, " \n")] = '\0';
}

/*  An RTI of the run's own, and one that was there before. */
static void test_lost_rti (void)
{
    stage_t stage;
    test_process_t rti;
    char endpoint[128], path[PATH_SIZE];
    stage_init (&stage, BALLS (", \"wait\", \"20\""), "");
    PROCESS_START (&stage.process, "muster", "run", stage.scenario);
    stage.used = true;
    CHECK (test_process_error_line (&stage.process, "step 19 of 40", LONG_MS) != NULL);
    (void) snprintf (path, sizeof path, "/proc/%d/task/%d/children", (int) stage.process.pid,
                     (int) stage.process.pid);
    char *children = test_file_read (path, NULL);
    if (CHECK (children != NULL))
        CHECK_INT (kill ((pid_t) strtol (children, NULL, 10), SIGKILL), 0); /* the oldest */
    free (children);
    CHECK (test_process_wait (&stage.process, LONG_MS));
    CHECK_INT (stage.process.exit_code, 3);
    CHECK_CONTAINS (ERR (&stage), "the RTI was killed by signal 9 (Killed) in mid-run\n");
    test_process_fini (&stage.process);

    (void) scenario_write (&stage.temp, BALLS (", \"stop\", \"20\""), "");
    start_rti (&rti, endpoint, sizeof endpoint);
    PROCESS_START (&stage.process, "muster", "run", "--rti", endpoint, stage.scenario);
    CHECK (test_process_error_line (&stage.process, "step 19 of 40", LONG_MS) != NULL);
    test_process_signal (&rti, SIGKILL);
    CHECK (test_process_wait (&stage.process, LONG_MS));
    CHECK_INT (stage.process.exit_code, 3);
    CHECK_CONTAINS (ERR (&stage), "is gone: federate");
    test_process_fini (&rti);
    stage_fini (&stage);
}

/*  Recording ---------------------------------------------------------------------------------- */

static void test_record_and_verify (void)
{
    stage_t stage;
    char chain[64];
    stage_init (&stage, BALLS (""), "");
    CHECK_INT (RUN (&stage, "run", "--record", stage.log, "--federates", "3", stage.scenario), 0);
    CHECK_CONTAINS (OUT (&stage), "recording: ");
    CHECK_INT (RUN (&stage, "log", "info", stage.log), 0);
    /* each of 3: register, 40 updates, delete; 40 interactions */
    CHECK_CONTAINS (OUT (&stage), "messages: 246\n");
    CHECK_CONTAINS (OUT (&stage), "  HLAobjectRoot.Ball: 126\n");
    CHECK_CONTAINS (OUT (&stage), "  HLAinteractionRoot.Bounce: 120\n");
    CHECK_CONTAINS (OUT (&stage), "complete: yes\n");
    CHECK_INT (RUN (&stage, "log", "verify", "--json", stage.log), 0);
    CHECK_CONTAINS (OUT (&stage), "\"good\":true");
    CHECK_INT (RUN (&stage, "log", "verify", stage.log), 0);
    (void) snprintf (chain, sizeof chain, "log chain: %s", line_of (OUT (&stage), "log chain: "));
    CHECK_INT (RUN (&stage, "replay", "--verify", stage.log), 0);
    CHECK_CONTAINS (OUT (&stage), chain);
    CHECK_CONTAINS (OUT (&stage),
                    "messages: 246, of which 243 in time-stamp order were compared\n");
    CHECK_CONTAINS (OUT (&stage), "replay verified\n");
    stage_fini (&stage);
}

static void test_verify_differs (void)
{
    stage_t stage;
    stage_init (&stage, BALLS (", \"drift\""), "");
    CHECK_INT (RUN (&stage, "run", "--record", stage.log, stage.scenario), 0);
    CHECK_INT (RUN (&stage, "replay", "--verify", stage.log), 1);
    CHECK_CONTAINS (ERR (&stage), "first at time 2 in message 3 of \"ball-1\"");
    CHECK_CONTAINS (ERR (&stage), "\"Place\"");
    stage_fini (&stage);
}

/*  A recording of a recording's replay holds the same messages. */
static void test_replay (void)
{
    stage_t stage;
    stage_init (&stage, BALLS (""), "");
    CHECK_INT (RUN (&stage, "run", "--record", stage.log, stage.scenario), 0);
    CHECK_INT (RUN (&stage, "replay", "--json", stage.log), 0);
    CHECK_CONTAINS (OUT (&stage), "{\"objects\":2,\"updates\":80,\"interactions\":80,\"deletes\":2,"
                                  "\"skipped\":0,");
    stage_fini (&stage);
}

static void test_replay_into_a_recorder (void)
{
    stage_t stage;
    test_process_t rti, recorder;
    char endpoint[128], second[PATH_SIZE];
    stage_init (&stage, BALLS (""), "");
    CHECK_INT (RUN (&stage, "run", "--record", stage.log, stage.scenario), 0);
    start_rti (&rti, endpoint, sizeof endpoint);
    (void) snprintf (second, sizeof second, "%s", test_temp_path (&stage.temp, "second.mcap"));
    PROCESS_START (&recorder, "muster", "record-federation", "--rti", endpoint, "--scenario",
                   stage.scenario, "--output", second, "--federates", "1");
    CHECK (test_process_line (&recorder, "ready", LONG_MS) != NULL);
    CHECK_INT (RUN (&stage, "replay", "--rti", endpoint, stage.log), 0);
    CHECK (test_process_wait (&recorder, LONG_MS)); /* the player came and left */
    CHECK_INT (recorder.exit_code, 0);
    CHECK_INT (RUN (&stage, "log", "info", second), 0);
    CHECK_CONTAINS (OUT (&stage), "messages: 164\n");
    CHECK_CONTAINS (OUT (&stage), "  muster-player: 164 ");
    test_process_fini (&recorder);
    test_process_fini (&rti);
    stage_fini (&stage);
}

static void test_killed_recorder (void)
{
    stage_t stage;
    test_process_t rti, recorder, ball;
    char endpoint[128], saved[PATH_SIZE];
    long messages = 0;
    stage_init (&stage, BALLS (""), "");
    start_rti (&rti, endpoint, sizeof endpoint);
    (void) snprintf (saved, sizeof saved, "%s", test_temp_path (&stage.temp, "saved.mcap"));
    PROCESS_START (&recorder, "muster", "record-federation", "--rti", endpoint, "--scenario",
                   stage.scenario, "--output", stage.log);
    CHECK (test_process_line (&recorder, "ready", LONG_MS) != NULL);
    (void) setenv ("MUSTER_RTI", endpoint, 1);
    (void) setenv ("MUSTER_FEDERATION", "balls", 1);
    (void) setenv ("MUSTER_NAME", "ball", 1);
    (void) setenv ("MUSTER_FEDERATES", "1", 1);
    PROCESS_START (&ball, "prog_stepper", "100", "wait", "61");
    long long deadline_ms = test_now_ms () + LONG_MS;
    while (messages < 121 &&
           test_now_ms () < deadline_ms) { /* flushed within a tenth of a second */
        CHECK_INT (RUN (&stage, "log", "info", stage.log), 0);
        messages = strtol (line_of (OUT (&stage), "messages: "), NULL, 10);
    }
    CHECK_INT (messages, 121);
    test_process_signal (&recorder, SIGKILL);
    CHECK (test_process_wait (&recorder, LONG_MS));
    CHECK_INT (RUN (&stage, "log", "info", stage.log), 0);
    CHECK_CONTAINS (OUT (&stage), "complete: no\n");
    CHECK_INT (RUN (&stage, "log", "verify", stage.log), 1);
    CHECK_INT (RUN (&stage, "log", "recover", stage.log, stage.log), 2);
    CHECK_INT (RUN (&stage, "log", "recover", stage.log, saved), 0);
    CHECK_CONTAINS (OUT (&stage), "messages: 121\n");
    CHECK_INT (RUN (&stage, "log", "verify", saved), 0);
    (void) unsetenv ("MUSTER_RTI");
    test_process_fini (&ball);
    test_process_fini (&recorder);
    test_process_fini (&rti);
    stage_fini (&stage);
}

static void test_full_disk (void)
{
    stage_t stage;
    char command[TEXT_SIZE];
    stage_init (&stage, BALLS (", \"wait\", \"39\""), "");
    (void) snprintf (command, sizeof command, "ulimit -f 6; exec %s/muster run --record %s %s",
                     TEST_BUILD_DIR, stage.log, stage.scenario);
    test_process_start (&stage.process, (const char *const[]){ "/bin/sh", "-c", command, NULL });
    stage.used = true;
    CHECK (test_process_wait (&stage.process, LONG_MS));
    CHECK_INT (stage.process.exit_code, 1);
    CHECK_CONTAINS (ERR (&stage), "cannot be written at byte");
    CHECK_CONTAINS (ERR (&stage), "the recorder ended with code 1: the recording is not whole\n");
    CHECK_INT (RUN (&stage, "log", "info", stage.log), 0); /* as far as it goes */
    CHECK (strstr (OUT (&stage), "lost bytes") == NULL);
    stage_fini (&stage);
}

/*  Whoever reads what the run says goes away: the run goes on to its end. */
static void test_closed_pipe (void)
{
    stage_t stage;
    char command[TEXT_SIZE];
    stage_init (&stage, BALLS (""), "");
    (void) snprintf (command, sizeof command,
                     "%s/muster run --record %s %s 2>&1 | true; exit ${PIPESTATUS[0]}",
                     TEST_BUILD_DIR, stage.log, stage.scenario);
    test_process_start (&stage.process, (const char *const[]){ "/bin/bash", "-c", command, NULL });
    stage.used = true;
    CHECK (test_process_wait (&stage.process, LONG_MS));
    CHECK_INT (stage.process.exit_code, 0);
    CHECK_INT (RUN (&stage, "log", "verify", stage.log), 0);
    stage_fini (&stage);
}

static CU_TestInfo run_tests[] = {
    { "a good run", test_good_run },
    { "what federates are given", test_environment },
    { "a federate that never joined", test_never_joined },
    { "a federate fails", test_a_federate_fails },
    { "a federate is killed", test_a_federate_is_killed },
    { "optional federates, and on_crash continue", test_optional_and_continue },
    { "expectations", test_expectations },
    { "used wrongly", test_used_wrongly },
    { "Ctrl-C", test_ctrl_c },
    { "the RTI is lost", test_lost_rti },
    CU_TEST_INFO_NULL,
};

static CU_TestInfo record_tests[] = {
    { "recorded, run again, the same", test_record_and_verify },
    { "the first message that differs", test_verify_differs },
    { "a replay", test_replay },
    { "a replay into a recorder", test_replay_into_a_recorder },
    { "a killed recorder", test_killed_recorder },
    { "a full disk", test_full_disk },
    { "a closed pipe", test_closed_pipe },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "run", NULL, NULL, NULL, NULL, run_tests },
           { "record", NULL, NULL, NULL, NULL, record_tests })
