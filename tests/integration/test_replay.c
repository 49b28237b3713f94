/*  muster replay and muster log with real processes: what a user types, and every way in which it
    can go wrong. */
#include "tests/support/check.h"
#include "tests/support/process.h"
#include "tests/support/temp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG_MS = 60000, TEXT_SIZE = 4096, PATH_SIZE = 512, STEPS = 40 };

#define FOM     TEST_SOURCE_DIR "/tests/integration/ball.xml"
#define STEPPER TEST_BUILD_DIR "/tests/prog_stepper"
#define HELLO   TEST_SOURCE_DIR "/samples/hello/scenario.json"
#define MUSTER  TEST_BUILD_DIR "/muster"

/*  A recorded run of three balls: each registers one object and sends at each of 40 steps an update
    and an interaction. */
typedef struct stage {
    test_temp_t temp;
    test_process_t process;
    char folder[PATH_SIZE], log[PATH_SIZE];
    bool used;
} stage_t;

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
#define SHELL(stage, line)                                                                         \
    stage_run ((stage), (const char *const[]){ "/bin/bash", "-c", (line), NULL })
#define OUT(stage) ((stage)->process.out.text)
#define ERR(stage) ((stage)->process.err.text)

static const char *stage_path (stage_t *self, const char *name)
{
    return test_temp_path (&self->temp, name);
}

static void stage_init (stage_t *self, const char *arguments, const char *more)
{
    char text[TEXT_SIZE];
    *self = (stage_t){ .used = false };
    test_temp_init (&self->temp);
    (void) snprintf (self->folder, sizeof self->folder, "%s", self->temp.folder);
    (void) snprintf (self->log, sizeof self->log, "%s", stage_path (self, "run.mcap"));
    (void) setenv ("TMPDIR", self->temp.folder, 1);
    (void) setenv ("FOLDER", self->temp.folder, 1);
    int length =
        snprintf (text, sizeof text,
                  "{ \"muster\": 1, \"name\": \"balls\", \"fom\": [\"" FOM "\"],\n"
                  "  \"time\": { \"unit\": \"1 s\", \"start\": \"2024-01-01\", \"end\": \"40 s\", "
                  "\"step\": \"1 s\" },\n"
                  "  \"federates\": [ { \"name\": \"ball\", \"count\": 3, \"scalable\": true, "
                  "\"run\": [\"" STEPPER "\", \"40\"%s] } ]%s }\n",
                  arguments, more);
    const char *scenario = test_temp_write (&self->temp, "scenario.json", text, (size_t) length);
    CHECK_INT (RUN (self, "run", "--quiet", "--record", self->log, scenario), 0);
}

static void stage_fini (stage_t *self)
{
    test_process_fini (&self->process);
    test_temp_fini (&self->temp);
    (void) unsetenv ("TMPDIR");
}

static int lines_of (const char *text)
{
    int lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/*  log ---------------------------------------------------------------------------------------- */

static void test_log_cat (void)
{
    stage_t stage;
    stage_init (&stage, "", "");
    CHECK_INT (RUN (&stage, "log", "cat", stage.log), 0);
    CHECK_INT (lines_of (OUT (&stage)), 3 * (2 + 2 * STEPS));
    CHECK_INT (RUN (&stage, "log", "cat", "--class", "Ball", "--sender", "ball-2", "--from", "5",
                    "--to", "8 s", stage.log),
               0);
    CHECK_INT (lines_of (OUT (&stage)), 3);
    CHECK_CONTAINS (OUT (&stage), "5\ttimestamp\tball-2\t");
    CHECK_INT (RUN (&stage, "log", "cat", "--from", "2024-01-01T00:00:40", "--class",
                    "HLAobjectRoot.Ball", "--json", stage.log),
               0);
    CHECK_CONTAINS (OUT (&stage), "{\"time\":40,\"date\":\"2024-01-01T00:00:40\",\"order\":"
                                  "\"timestamp\",\"sender\":\"ball-");
    CHECK_INT (SHELL (&stage, "set -o pipefail; " MUSTER " log cat $FOLDER/run.mcap | head -1"), 0);
    CHECK_TEXT (ERR (&stage), "");
    CHECK_INT (lines_of (OUT (&stage)), 1);
    stage_fini (&stage);
}

static void test_log_export (void)
{
    stage_t stage;
    stage_init (&stage, "", "");
    CHECK_INT (RUN (&stage, "log", "export", stage.log), 2);
    CHECK_CONTAINS (ERR (&stage), "--json or --csv?");
    CHECK_INT (RUN (&stage, "log", "export", "--csv", "--class", "Ball", stage.log), 0);
    CHECK_INT (strncmp (OUT (&stage), "time,date,order,sender,sequence,kind,class,object,", 50), 0);
    CHECK_INT (lines_of (OUT (&stage)), 1 + 3 * (2 + STEPS));
    CHECK_INT (SHELL (&stage,
                      MUSTER " log export --json $FOLDER/run.mcap $FOLDER/run.json && wc -l "
                             "< $FOLDER/run.json"),
               0);
    CHECK_INT (atoi (OUT (&stage)), 3 * (2 + 2 * STEPS));
    stage_fini (&stage);
}

static void test_log_parts (void)
{
    stage_t stage;
    stage_init (&stage, "", "");
    CHECK_INT (SHELL (&stage, "cd $FOLDER; M=" MUSTER "; set -e\n"
                              "$M log slice --to 10 run.mcap a.mcap\n"
                              "$M log slice --from 8 run.mcap b.mcap\n"
                              "$M log merge b.mcap a.mcap whole.mcap\n"
                              "for f in a b whole; do $M log verify $f.mcap; done\n"
                              "$M log diff --json run.mcap whole.mcap"),
               0);
    CHECK_CONTAINS (OUT (&stage), "objects at its beginning: 3\n");
    CHECK_CONTAINS (OUT (&stage), "{\"same\":true,\"messages alike\":243,");
    CHECK_INT (SHELL (&stage, "cd $FOLDER; M=" MUSTER "\n"
                              "$M log diff run.mcap a.mcap"),
               1);
    CHECK_CONTAINS (OUT (&stage), "only in the second: 0\n");
    CHECK_CONTAINS (ERR (&stage), "differ first at time 10 in message");
    stage_fini (&stage);
}

static void test_log_bad_input (void)
{
    stage_t stage;
    stage_init (&stage, "", "");
    CHECK_INT (RUN (&stage, "log", "cat", "--class", "Bal", stage.log), 2);
    CHECK_CONTAINS (ERR (&stage), "no class \"Bal\": did you mean \"Ball\"?");
    CHECK_INT (RUN (&stage, "log", "cat", "--sender", "ball-4", stage.log), 2);
    CHECK_CONTAINS (ERR (&stage), "no sender \"ball-4\": did you mean \"ball-");
    CHECK_INT (RUN (&stage, "log", "cat", "--from", "42", stage.log), 2);
    CHECK_CONTAINS (ERR (&stage), "--from 42 is outside the recording, which reaches from 0 "
                                  "(2024-01-01T00:00:00) to 41 (2024-01-01T00:00:41)");
    CHECK_INT (RUN (&stage, "log", "cat", "--from", "9", "--to", "9", stage.log), 2);
    CHECK_INT (RUN (&stage, "log", "cat", "--to", "soon", stage.log), 2);
    CHECK_CONTAINS (ERR (&stage), "not \"soon\"");
    CHECK_INT (RUN (&stage, "log", "slcie", stage.log, "x"), 2);
    CHECK_CONTAINS (ERR (&stage), "did you mean slice?");
    CHECK_INT (RUN (&stage, "log", "foo", stage.log), 2);
    CHECK_CONTAINS (ERR (&stage), "info, cat, export");
    CHECK_INT (RUN (&stage, "log", "slice", stage.log, stage.log), 2);
    CHECK_CONTAINS (ERR (&stage), "would be overwritten");
    CHECK_INT (RUN (&stage, "log", "slice", stage.log), 2);
    CHECK_INT (SHELL (&stage, MUSTER " log cat $FOLDER/run.mcap > /dev/full"), 1);
    CHECK_CONTAINS (ERR (&stage), "standard output cannot be written: No space left on device");
    /* a full disk: nothing is left, and what stood there stays */
    CHECK_INT (SHELL (&stage, "cd $FOLDER; echo before > out.mcap; ulimit -f 1; " MUSTER
                              " log slice run.mcap out.mcap; code=$?; cat out.mcap; ls | grep -c "
                              "part; exit $code"),
               1);
    CHECK_TEXT (OUT (&stage), "before\n0\n");
    CHECK_CONTAINS (ERR (&stage), "cannot be written at byte");
    CHECK_INT (SHELL (&stage, "cd $FOLDER; head -c 3000 run.mcap > cut.mcap; " MUSTER
                              " log info cut.mcap | grep complete; " MUSTER
                              " log slice scenario.json x.mcap"),
               1);
    CHECK_CONTAINS (OUT (&stage), "complete: no\n");
    CHECK_CONTAINS (ERR (&stage), "scenario.json: not a recording");
    stage_fini (&stage);
}

/*  A part is never taken for the whole: not a cut recording, nor one that was cut in its summary.
 */
static void test_log_cut (void)
{
    stage_t stage;
    stage_init (&stage, "", "");
    CHECK_INT (SHELL (&stage, "cd $FOLDER; M=" MUSTER "; head -c 3000 run.mcap > cut.mcap\n"
                              "head -c -20 run.mcap > end.mcap\n"
                              "for f in cut end; do\n"
                              "for v in 'replay --quiet' 'replay --quiet --verify' 'log cat' "
                              "'replay --quiet --stand-in ball-1' 'log export --csv' "
                              "'log diff run.mcap'; do\n"
                              "$M $v $f.mcap > /dev/null; echo $?; done\n"
                              "$M log slice $f.mcap x.mcap; echo $?\n"
                              "$M log info $f.mcap | grep complete; done; ls x.mcap"),
               2);
    CHECK_TEXT (OUT (&stage), "1\n1\n1\n1\n1\n1\n1\ncomplete: no\n"
                              "1\n1\n1\n1\n1\n1\n1\ncomplete: no\n");
    CHECK_CONTAINS (ERR (&stage), "cut.mcap: the recording is not complete");
    CHECK_CONTAINS (ERR (&stage), "it ends at byte 3000, ");
    CHECK_CONTAINS (ERR (&stage), "and what can be read at time 41 ");
    CHECK_CONTAINS (ERR (&stage), "muster log recover");
    CHECK_INT (SHELL (&stage, MUSTER " log cat $FOLDER/end.mcap"), 1);
    CHECK_INT (lines_of (OUT (&stage)), 3 * (2 + 2 * STEPS)); /* all that can be read */
    CHECK_INT (SHELL (&stage, "cd $FOLDER; " MUSTER " log recover cut.mcap x.mcap; " MUSTER
                              " log recover --json cut.mcap x.mcap"),
               0);
    CHECK_CONTAINS (OUT (&stage), "lost messages: unknown\n");
    CHECK_CONTAINS (OUT (&stage), "\"lost messages\":null");
    stage_fini (&stage);
}

/*  replay ------------------------------------------------------------------------------------- */

static void test_replay_parts (void)
{
    stage_t stage;
    stage_init (&stage, "", "");
    CHECK_INT (RUN (&stage, "replay", "--json", "--from", "31", stage.log), 0);
    /* three objects with a value each, then ten steps */
    CHECK_CONTAINS (OUT (&stage), "{\"objects\":3,\"updates\":33,\"interactions\":30,\"deletes\":3,"
                                  "\"skipped\":0,\"passes\":1,\"time\":41,");
    CHECK_INT (RUN (&stage, "replay", "--json", "--sender", "ball-1", "--class", "Ball", "--to",
                    "11", stage.log),
               0);
    CHECK_CONTAINS (OUT (&stage),
                    "{\"objects\":1,\"updates\":10,\"interactions\":0,\"deletes\":0,");
    CHECK_INT (RUN (&stage, "replay", "--from", "42", stage.log), 2);
    CHECK_CONTAINS (ERR (&stage), "--from 42 is outside the recording, which reaches from 0 ");
    CHECK_TEXT (OUT (&stage), "");
    CHECK_INT (RUN (&stage, "replay", "--json", "--loop", "3", stage.log), 0);
    CHECK_CONTAINS (OUT (&stage), "{\"objects\":9,\"updates\":360,\"interactions\":360,"
                                  "\"deletes\":9,\"skipped\":0,\"passes\":3,\"time\":123,");
    stage_fini (&stage);
}

static void test_replay_steps (void)
{
    stage_t stage;
    stage_init (&stage, "", "");
    CHECK_INT (SHELL (&stage,
                      "printf '\\n\\n3\\nq\\n' | " MUSTER " replay --json --step $FOLDER/run.mcap"),
               0);
    /* instants 0 to 4: the objects come at 0 */
    CHECK_CONTAINS (OUT (&stage), "{\"objects\":3,\"updates\":12,\"interactions\":12,");
    CHECK_CONTAINS (OUT (&stage), "\"passes\":0,");
    CHECK_INT (SHELL (&stage, "printf 'n\\nhelp\\ng\\n' | " MUSTER
                              " replay --json --step $FOLDER/run.mcap"),
               0);
    CHECK_CONTAINS (OUT (&stage), "\"updates\":120,\"interactions\":120,");
    CHECK_CONTAINS (ERR (&stage), "commands: Enter or n");
    CHECK_INT (
        SHELL (&stage, "printf 'p\\np\\n' | " MUSTER " replay --json --commands $FOLDER/run.mcap"),
        0);
    CHECK_CONTAINS (OUT (&stage), "\"updates\":120,\"interactions\":120,");
    CHECK_CONTAINS (ERR (&stage), ": paused\n");
    CHECK_CONTAINS (ERR (&stage), ": goes on\n");
    stage_fini (&stage);
}

/*  It is never early; how late it is, is the machine's business. */
static void test_replay_in_real_time (void)
{
    stage_t stage;
    stage_init (&stage, "", "");
    long long began_ms = test_now_ms ();
    CHECK_INT (RUN (&stage, "replay", "--json", "--speed", "100", stage.log), 0);
    CHECK (test_now_ms () - began_ms >= 390); /* 40 s, the first of which is the start */
    CHECK_CONTAINS (OUT (&stage), "\"updates\":120,\"interactions\":120,");
    CHECK_INT (RUN (&stage, "replay", "--speed", "0", stage.log), 2);
    CHECK_INT (RUN (&stage, "replay", "--clock", "sun", stage.log), 2);
    stage_fini (&stage);
}

/*  A player that has its objects there, and waits for one more federate. */
static void start_player (test_process_t *player, const char *endpoint, const char *log)
{
    PROCESS_START (player, "muster", "replay", "--rti", endpoint, "--federation", "there", "--from",
                   "2", "--wait", "1", log);
    CHECK (test_process_error_line (player, "waits for the others", LONG_MS) != NULL);
}

static void start_rti (test_process_t *rti, char *endpoint, size_t size_bytes)
{
    PROCESS_START (rti, "muster", "rti", "--port", "0", "--quiet");
    const char *line = test_process_line (rti, "tcp://", LONG_MS);
    (void) snprintf (endpoint, size_bytes, "%s", line ? strstr (line, "tcp://") : "");
    endpoint[strcspn (endpoint, " \n")] = '\0';
}

static void test_replay_collides (void)
{
    stage_t stage;
    test_process_t rti, player;
    char endpoint[128], hello[PATH_SIZE];
    stage_init (&stage, "", "");
    (void) snprintf (hello, sizeof hello, "%s", stage_path (&stage, "hello.mcap"));
    CHECK_INT (RUN (&stage, "run", "--quiet", "--record", hello, HELLO), 0);
    start_rti (&rti, endpoint, sizeof endpoint);
    start_player (&player, endpoint, stage.log);
    CHECK_INT (RUN (&stage, "replay", "--rti", endpoint, "--federation", "there", hello), 1);
    CHECK_CONTAINS (ERR (&stage), "is in use");
    CHECK_INT (RUN (&stage, "replay", "--rti", endpoint, "--federation", "there", "--name",
                    "second", hello),
               1);
    CHECK_CONTAINS (ERR (&stage),
                    "was recorded with another object model than federation \"there\"");
    CHECK (test_process_wait (&player, LONG_MS)); /* it went on, undisturbed */
    CHECK_INT (player.exit_code, 0);
    test_process_fini (&player);
    start_player (&player, endpoint, stage.log);
    CHECK_INT (RUN (&stage, "replay", "--rti", endpoint, "--federation", "there", "--name",
                    "second", "--from", "2", stage.log),
               1);
    CHECK_CONTAINS (ERR (&stage), "federation \"there\" has an object \"ball-");
    CHECK (test_process_wait (&player, LONG_MS));
    CHECK_INT (player.exit_code, 0);
    test_process_fini (&player);
    test_process_fini (&rti);
    stage_fini (&stage);
}

/*  Stand-ins ---------------------------------------------------------------------------------- */

static const char *line_of (const char *text, const char *name)
{
    static char line[256];
    const char *at = strstr (text, name);
    (void) snprintf (line, sizeof line, "%.*s", at ? (int) strcspn (at, "\n") : 0, at ? at : "");
    return line;
}

static void test_stand_ins (void)
{
    stage_t stage;
    char chain[256], digest[256];
    stage_init (&stage, "", "");
    CHECK_INT (RUN (&stage, "replay", "--quiet", "--verify", stage.log), 0);
    (void) snprintf (chain, sizeof chain, "%s", line_of (OUT (&stage), "log chain: "));
    (void) snprintf (digest, sizeof digest, "%s", line_of (OUT (&stage), "digest: "));
    static const char *const lists[] = { "ball-1", "ball-3,ball-2" };
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT (RUN (&stage, "replay", "--quiet", "--stand-in", lists[i], stage.log), 0);
        CHECK_CONTAINS (OUT (&stage), "replay verified\n");
        CHECK_CONTAINS (OUT (&stage), chain);
        CHECK_CONTAINS (OUT (&stage), digest);
    }
    CHECK_INT (RUN (&stage, "replay", "--quiet", "--stand-in", "ball-1", "--run",
                    "ball-2=/usr/bin/env {}", stage.log),
               0);
    CHECK_INT (RUN (&stage, "replay", "--quiet", "--stand-in", "ball-1,ball-2,ball-3", stage.log),
               2);
    CHECK_CONTAINS (ERR (&stage), "no federate is left");
    CHECK_INT (RUN (&stage, "replay", "--quiet", "--stand-in", "ball-9", stage.log), 2);
    CHECK_CONTAINS (ERR (&stage), "no federate \"ball-9\" took part");
    CHECK_INT (SHELL (&stage, "cd $FOLDER; " MUSTER " log slice --to 9 run.mcap a.mcap && " MUSTER
                              " replay --quiet --stand-in ball-1 a.mcap"),
               2);
    CHECK_CONTAINS (ERR (&stage), "it was sliced or merged");
    CHECK_INT (SHELL (&stage, MUSTER " replay --quiet --verify $FOLDER/a.mcap"), 2);
    CHECK_CONTAINS (ERR (&stage), "it was sliced or merged");
    stage_fini (&stage);
    stage_init (&stage, "", ", \"record\": { \"file\": \"x.mcap\", \"classes\": [\"Ball\"] }");
    CHECK_INT (RUN (&stage, "replay", "--quiet", "--stand-in", "ball-1", stage.log), 2);
    CHECK_CONTAINS (ERR (&stage), "it holds only some classes");
    stage_fini (&stage);
}

/*  A federate that does not do what it did is named, though others are played. */
static void test_stand_in_differs (void)
{
    stage_t stage;
    stage_init (&stage, ", \"drift\"", "");
    CHECK_INT (RUN (&stage, "replay", "--quiet", "--stand-in", "ball-1,ball-3", stage.log), 1);
    CHECK_CONTAINS (ERR (&stage), "of \"ball-2\"");
    stage_fini (&stage);
}

static CU_TestInfo replay_tests[] = {
    { "muster log cat", test_log_cat },
    { "muster log export", test_log_export },
    { "muster log slice, merge, diff", test_log_parts },
    { "muster log with bad input", test_log_bad_input },
    { "a recording that was cut", test_log_cut },
    { "a part of a recording, in rounds", test_replay_parts },
    { "step by step", test_replay_steps },
    { "in real time", test_replay_in_real_time },
    { "another object model, names that are taken", test_replay_collides },
    { "stand-ins", test_stand_ins },
    { "a difference beside stand-ins", test_stand_in_differs },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "replay", NULL, NULL, NULL, NULL, replay_tests })
