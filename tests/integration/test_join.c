/*  muster join with real processes through pipes: what comes out, what goes in, and every way to
 * end. */
#include "tests/support/check.h"
#include "tests/support/process.h"

#include <muster/muster.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_MS = 60000, COMMAND_SIZE = 4096 };

#define MUSTER TEST_BUILD_DIR "/muster"
#define FOM    " --fom " TEST_SOURCE_DIR "/samples/hello/hello.xml"

static test_process_t rti;

/*  One RTI for all; each test has a federation of its own. */
static int suite_open (void)
{
    PROCESS_START (&rti, "muster", "rti", "--port", "0", "--quiet");
    const char *ready = test_process_line (&rti, "tcp://", LONG_MS);
    const char *endpoint = ready ? strstr (ready, "tcp://") : NULL;
    char text[128];
    if (!endpoint)
        return 1;
    (void) snprintf (text, sizeof text, "%.*s", (int) strcspn (endpoint, " ,\n"), endpoint);
    (void) setenv ("MUSTER_RTI", text, 1);
    return 0;
}

static int suite_close (void)
{
    test_process_fini (&rti);
    return 0;
}

/*  Starts a shell command, so that pipes are those that a user writes. */
static void start (test_process_t *self, const char *command)
{
    PROCESS_START (self, "/bin/bash", "-c", command);
}

static int run (test_process_t *self, const char *command)
{
    start (self, command);
    if (!CHECK (test_process_wait (self, LONG_MS))) {
        printf ("    %s\n", command);
        return -1000;
    }
    return self->exit_code;
}

/*  Two federates
 * ----------------------------------------------------------------------------------- */

/*  One throws, one watches; they meet at a point, and time orders what is seen. */
static void test_two_federates (void)
{
    static const char *const expected[] = {
        "{\"event\":\"synchronized\",\"point\":\"ready\",\"failed\":[]}\n",
        "{\"event\":\"discovered\",\"object\":\"b1\",\"class\":\"HLAobjectRoot.Ball\",\"sender\":"
        "\"ann\"}\n",
        "{\"event\":\"reflected\",\"object\":\"b1\",\"class\":\"HLAobjectRoot.Ball\",\"sender\":"
        "\"ann\",\"time\":1,\"order\":\"timestamp\",\"attributes\":{\"Height\":3.5}}\n",
        "{\"event\":\"granted\",\"time\":1}\n",
        "{\"event\":\"reflected\",\"object\":\"b1\",\"class\":\"HLAobjectRoot.Ball\",\"sender\":"
        "\"ann\",\"time\":2,\"order\":\"timestamp\",\"tag\":\"abcd\",\"attributes\":{\"Height\":"
        "{\"hex\":\"0000\"}}}\n",
        "{\"event\":\"removed\",\"object\":\"b1\",\"class\":\"HLAobjectRoot.Ball\",\"sender\":"
        "\"ann\",\"time\":3,\"order\":\"timestamp\"}\n",
        "{\"event\":\"granted\",\"time\":5}\n",
        "{\"event\":\"resigned\"}\n",
    };
    test_process_t eye, ann;
    start (&eye, MUSTER " join two" FOM " --subscribe Ball --constrained --name eye --until 5 "
                        "--synchronize ready=2");
    CHECK_INT (run (&ann,
                    "printf '%s\\n' '{\"do\":\"register\",\"class\":\"Ball\",\"name\":\"b1\"}' "
                    "'{\"do\":\"update\",\"object\":\"b1\",\"attributes\":{\"Height\":3.5},"
                    "\"time\":1}' '{\"do\":\"advance\",\"to\":1}' "
                    "'{\"do\":\"update\",\"object\":\"b1\",\"attributes\":{\"Height\":"
                    "{\"hex\":\"0000\"}},\"time\":2,\"tag\":\"abcd\"}' "
                    "'{\"do\":\"delete\",\"object\":\"b1\",\"time\":3}' "
                    "'{\"do\":\"advance\",\"to\":3}' '{\"do\":\"advance\",\"to\":6}' | " MUSTER
                    " join two" FOM " --publish Ball --regulating --lookahead 1 --name ann "
                    "--synchronize ready=2"),
               0);
    CHECK_CONTAINS (ann.out.text, "{\"event\":\"registered\",\"object\":\"b1\"}\n");
    CHECK_TEXT (ann.err.text, "");
    CHECK (test_process_wait (&eye, LONG_MS));
    CHECK_INT (eye.exit_code, 0);
    const char *at = eye.out.text;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const char *found = strstr (at, expected[i]);
        if (!CHECK (found != NULL))
            printf ("    missing, or out of order: %s    in %s", expected[i], eye.out.text);
        else
            at = found;
    }
    test_process_fini (&ann);
    test_process_fini (&eye);
}

/*  An interaction with a parameter; attributes of one's own choice; the class by its full name. */
static void test_interactions (void)
{
    test_process_t eye, ann;
    start (&eye, MUSTER " join hit --fom " TEST_SOURCE_DIR "/tests/integration/ball.xml "
                        "--subscribe Bounce --subscribe HLAobjectRoot.Ball.Place --count 2 "
                        "--name eye --synchronize ready=2");
    CHECK_INT (
        run (&ann,
             "printf '%s\\n' '{\"do\":\"send\",\"interaction\":\"Bounce\",\"parameters\":"
             "{\"At\":-9007199254740993},\"tag\":\"0f\"}' "
             "'{\"do\":\"register\",\"class\":\"Ball\",\"name\":\"b\"}' "
             "'{\"do\":\"update\",\"object\":\"b\",\"attributes\":{\"Place\":7}}' "
             "'{\"do\":\"send\",\"interaction\":\"Bounce\",\"parameters\":{\"Att\":1}}' | " MUSTER
             " join hit --fom " TEST_SOURCE_DIR "/tests/integration/ball.xml "
             "--publish Ball --publish Bounce --name ann --synchronize ready=2"),
        1);
    CHECK_CONTAINS (ann.err.text, "line 4: parameters.Att: ");
    CHECK_CONTAINS (ann.err.text, "did you mean \"At\"?");
    CHECK (test_process_wait (&eye, LONG_MS));
    CHECK_INT (eye.exit_code, 0);
    CHECK_CONTAINS (
        eye.out.text,
        "{\"event\":\"received\",\"interaction\":\"HLAinteractionRoot.Bounce\",\"sender\":"
        "\"ann\",\"order\":\"receive\",\"tag\":\"0f\",\"parameters\":{\"At\":"
        "-9007199254740993}}\n");
    CHECK_CONTAINS (eye.out.text, "\"attributes\":{\"Place\":7}}\n");
    test_process_fini (&ann);
    test_process_fini (&eye);
}

/*  A federate that steps by itself keeps pace with one that is told. */
static void test_step (void)
{
    test_process_t a, b;
    start (&a, MUSTER " join step" FOM " --regulating --constrained --lookahead 1 --step 2 "
                      "--until 7 --synchronize ready=2 --name a");
    CHECK_INT (run (&b,
                    MUSTER " join step" FOM " --regulating --constrained --lookahead 1 --step 3 "
                           "--until 7 --synchronize ready=2 --name b < /dev/null"),
               0);
    CHECK (test_process_wait (&a, LONG_MS));
    CHECK_INT (a.exit_code, 0);
    CHECK_CONTAINS (a.out.text, "{\"event\":\"granted\",\"time\":2}\n");
    CHECK_CONTAINS (a.out.text, "{\"event\":\"granted\",\"time\":6}\n");
    CHECK_CONTAINS (a.out.text, "{\"event\":\"granted\",\"time\":7}\n");
    CHECK_CONTAINS (b.out.text, "{\"event\":\"granted\",\"time\":3}\n");
    CHECK_CONTAINS (b.out.text, "{\"event\":\"granted\",\"time\":7}\n");
    test_process_fini (&a);
    test_process_fini (&b);
}

/*  --count ends the reader, the pipe ends the writer: nobody hangs, nobody complains. */
static void test_count_and_pipe (void)
{
    test_process_t eye, ann;
    start (&eye, MUSTER " join count" FOM " --subscribe '*' --count 3 --name eye "
                        "--synchronize ready=2 | grep -c reflected");
    CHECK_INT (run (&ann,
                    "(echo '{\"do\":\"register\",\"class\":\"Ball\",\"name\":\"b\"}'; "
                    "for i in 1 2 3 4 5 6 7 8 9; do echo '{\"do\":\"update\",\"object\":\"b\","
                    "\"attributes\":{\"Height\":'$i'}}'; done) | " MUSTER " join count" FOM
                    " --publish Ball --name ann --synchronize ready=2"),
               0);
    CHECK (test_process_wait (&eye, LONG_MS));
    CHECK_TEXT (eye.out.text, "3\n");
    CHECK_INT (eye.exit_code, 0);
    test_process_fini (&ann);
    test_process_fini (&eye);
}

/*  Bad lines
 * --------------------------------------------------------------------------------------- */

typedef struct bad {
    const char *line;
    const char *says;
} bad_t;

static const bad_t bads[] = {
    { "{\"do\":\"update\",\"object\":\"b\",\"attributes\":{\"Heigt\":3}}",
      "attributes.Heigt: class \"HLAobjectRoot.Ball\" has no attribute \"Heigt\"; did you mean "
      "\"Height\"?" },
    { "{\"do\":\"update\",\"object\":\"b\",\"attributes\":{\"Height\":\"x\"}}",
      "attributes.Height: \"x\" is no number (HLAfloat64LE)" },
    { "{\"do\":\"update\",\"object\":\"b\",\"attribute\":{\"Height\":3}}",
      "\"update\" has no key \"attribute\"; did you mean \"attributes\"?" },
    { "{\"do\":\"update\",\"object\":\"nobody\",\"attributes\":{}}", "nobody" },
    { "{\"do\":\"update\",\"object\":\"b\"}", "attributes: this is missing" },
    { "{\"do\":\"update\",\"object\":\"b\",\"attributes\":{},\"time\":\"soon\"}",
      "time: a whole number is meant" },
    { "{\"do\":\"update\",\"object\":\"b\",\"attributes\":{\"Height\":{\"hex\":\"0\"}}}",
      "pairs of hexadecimal digits" },
    { "{\"do\":\"updat\"}", "do: there is no \"updat\"; did you mean \"update\"?" },
    { "{}", "do: this is missing" },
    { "[1]", "an object is meant" },
    { "{\"do\":\"register\",\"class\":\"Bal\"}", "did you mean \"Ball\"?" },
    { "{\"do\":\"register\",\"class\":\"Ball\",\"name\":\"b\"}", "\"b\" is in use" },
    { "{\"do\":\"register\",\"class\":\"Ball\",\"name\":\"HLAb\"}", "HLAb" },
    { "{\"do\":\"delete\",\"object\":7}", "object: a text in quotes is meant" },
    { "{\"do\":\"advance\"}", "to: this is missing" },
    { "{\"do\":\"advance\",\"to\":1,\"to\":2}", "\"to\" is given twice" },
    { "{\"do\":\"update\",\"object\":\"b\",\"attributes\":{\"Height\":1,\"Height\":2}}",
      "attributes.Height: this is given twice" },
    { "nonsense", "JSON, byte 1" },
    { "{\"do\":\"resign\"", "a comma or } is missing" },
};
enum { BADS = sizeof bads / sizeof bads[0] };

/*  The federate stays, and what comes after them still works. */
static void test_bad_lines (void)
{
    test_process_t ann;
    char command[COMMAND_SIZE * 2] =
        "cat <<'END' | " MUSTER " join bad" FOM " --publish Ball --name ann\n"
        "{\"do\":\"register\",\"class\":\"Ball\",\"name\":\"b\"}\n";
    char expected[256];
    for (size_t i = 0; i < BADS; i++) {
        strcat (command, bads[i].line);
        strcat (command, "\n");
    }
    strcat (command, "{\"do\":\"register\",\"class\":\"Ball\",\"name\":\"last\"}\nEND\n");
    CHECK_INT (run (&ann, command), 1);
    const char *at = ann.err.text;
    for (size_t i = 0; i < BADS; i++) {
        (void) snprintf (expected, sizeof expected, "muster join: line %zu: ", i + 2);
        CHECK_CONTAINS (at, expected);
        const char *line = strstr (at, expected);
        char said[512] = "";
        if (line)
            (void) snprintf (said, sizeof said, "%.*s", (int) strcspn (line, "\n"), line);
        CHECK_CONTAINS (said, bads[i].says);
    }
    CHECK_CONTAINS (ann.err.text, "muster join: 19 of 21 lines were refused\n");
    CHECK_CONTAINS (ann.out.text, "{\"event\":\"registered\",\"object\":\"last\"}\n");
    CHECK_CONTAINS (ann.out.text, "{\"event\":\"resigned\"}\n");
    test_process_fini (&ann);
}

/*  Times of HLAfloat64Time are numbers, in and out. */
static void test_float_time (void)
{
    test_process_t ann;
    const mst_module_t fom = { .name = TEST_SOURCE_DIR "/samples/hello/hello.xml" };
    CHECK_OK (mst_create (getenv ("MUSTER_RTI"), "floats", &fom, 1, MST_TIME_FLOAT64));
    CHECK_INT (run (&ann, "printf '%s\\n' '{\"do\":\"advance\",\"to\":2.5}' "
                          "'{\"do\":\"advance\",\"to\":2.6000000000000001}' "
                          "'{\"do\":\"advance\",\"to\":\"x\"}' | " MUSTER " join floats" FOM
                          " --publish Ball --regulating --constrained"),
               1);
    CHECK_CONTAINS (ann.out.text, "{\"event\":\"granted\",\"time\":2.5}\n"
                                  "{\"event\":\"granted\",\"time\":2.6}\n");
    CHECK_CONTAINS (ann.err.text, "line 3: to: a number is meant");
    test_process_fini (&ann);
    CHECK_INT (
        run (&ann, MUSTER " join floats" FOM " --subscribe Ball --constrained --step 2 --until 5"),
        0);
    CHECK_CONTAINS (ann.out.text, "{\"event\":\"granted\",\"time\":2}\n"
                                  "{\"event\":\"granted\",\"time\":4}\n"
                                  "{\"event\":\"granted\",\"time\":5}\n");
    test_process_fini (&ann);
}

static void test_strict (void)
{
    test_process_t ann;
    CHECK_INT (run (&ann, "printf '%s\\n' '' '{\"do\":\"updat\"}' "
                          "'{\"do\":\"register\",\"class\":\"Ball\"}' | " MUSTER " join strict" FOM
                          " --publish Ball --strict"),
               1);
    CHECK_CONTAINS (ann.err.text, "muster join: line 2: do: there is no \"updat\"");
    CHECK (strstr (ann.out.text, "registered") == NULL);
    CHECK_CONTAINS (ann.out.text, "{\"event\":\"resigned\"}\n");
    test_process_fini (&ann);
    CHECK_INT (run (&ann, "echo nonsense | " MUSTER " join strict" FOM " --publish Ball --strict"),
               1);
    CHECK_CONTAINS (ann.err.text, "line 1: JSON, byte 1");
    CHECK_CONTAINS (ann.out.text, "{\"event\":\"resigned\"}\n");
    test_process_fini (&ann);
}

/*  Ways to end
 * ------------------------------------------------------------------------------------- */

static void test_ends (void)
{
    test_process_t one;
    CHECK_INT (run (&one, MUSTER " join ends" FOM " --subscribe Ball --timeout '50 ms'"), 0);
    CHECK_CONTAINS (one.out.text, "{\"event\":\"resigned\"}\n");
    test_process_fini (&one);
    CHECK_INT (run (&one, MUSTER " join ends" FOM " --subscribe Ball --count 1 --timeout '50 ms'"),
               1);
    CHECK_CONTAINS (one.err.text, "the time ran out after 0 of 1 messages");
    test_process_fini (&one);
    CHECK_INT (run (&one, MUSTER " join ends" FOM " --synchronize p=3 --timeout '50 ms'"), 1);
    CHECK_CONTAINS (one.err.text, "synchronization point \"p\": 3 federates have not passed it");
    CHECK_CONTAINS (one.out.text, "{\"event\":\"resigned\"}\n");
    test_process_fini (&one);
    /* descriptors that are closed are not taken by what is opened */
    CHECK_INT (run (&one, MUSTER " join ends" FOM " --publish Ball <&-"), 0);
    test_process_fini (&one);
    CHECK_INT (run (&one, MUSTER " join ends" FOM " --publish Ball < /dev/null >&-"), 0);
    test_process_fini (&one);
    CHECK_INT (run (&one, MUSTER " join ends" FOM " --publish Ball < /dev/null > /dev/full"), 1);
    CHECK_CONTAINS (one.err.text, "standard output cannot be written: No space left");
    test_process_fini (&one);
    CHECK_INT (run (&one, MUSTER " version > /dev/full"), 1);
    CHECK_CONTAINS (one.err.text, "standard output cannot be written: No space left");
    test_process_fini (&one);
    CHECK_INT (run (&one, "echo '{\"do\":\"resign\"}' | " MUSTER " join ends" FOM " --input"), 0);
    CHECK_CONTAINS (one.out.text, "{\"event\":\"resigned\"}\n");
    test_process_fini (&one);
    /* a reader that goes away ends it at its next line, without a word */
    CHECK_INT (run (&one, "(while :; do echo '{\"do\":\"register\",\"class\":\"Ball\"}' || exit; "
                          "done) 2> /dev/null | " MUSTER " join ends" FOM
                          " --publish Ball | head -n 2 > /dev/null; "
                          "exit ${PIPESTATUS[1]}"),
               0);
    CHECK_TEXT (one.err.text, "");
    test_process_fini (&one);
}

static void test_signal (void)
{
    test_process_t one;
    PROCESS_START (&one, "muster", "join", "signal", "--fom",
                   TEST_SOURCE_DIR "/samples/hello/hello.xml", "--subscribe", "Ball");
    CHECK (test_process_line (&one, "\"joined\"", LONG_MS) != NULL);
    test_process_signal (&one, SIGTERM);
    CHECK (test_process_wait (&one, LONG_MS));
    CHECK_INT (one.exit_code, 0);
    CHECK_CONTAINS (one.out.text, "{\"event\":\"resigned\"}\n");
    test_process_fini (&one);
}

static void test_used_wrongly (void)
{
    static const struct {
        const char *arguments;
        int exit_code;
        const char *says;
    } rows[] = {
        { "", 2, "which federation?" },
        { "wrong --subscrbe Ball", 2, "did you mean --subscribe?" },
        { "wrong --timeout soon", 2, "--timeout is a duration" },
        { "wrong --step 1", 2, "--step and --until need --constrained or --regulating" },
        { "wrong --lookahead 3", 2, "--lookahead needs --regulating" },
        { "wrong --rti --subscribe Ball", 2, "--rti needs a value" },
        { "bounced --fom " TEST_SOURCE_DIR "/tests/integration/ball.xml --subscribe Bounc", 1,
          "did you mean \"Bounce\"?" },
        { "bounced --fom " TEST_SOURCE_DIR "/tests/integration/ball.xml --subscribe Bounce.At", 1,
          "\"Bounce\" is an interaction class" },
        { "wrong --synchronize ready", 2, "is a point and a number, like ready=2" },
        { "wrong" FOM " --subscribe Bal", 1, "did you mean \"Ball\"?" },
        { "wrong" FOM " --subscribe Ball.Heigt", 1, "has no attribute \"Heigt\"; did you mean" },
        { "nowhere --subscribe Ball", 3, "no federation execution \"nowhere\"" },
        { "wrong --rti tcp://127.0.0.1:9 --subscribe Ball", 3, "no RTI at tcp://127.0.0.1:9" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char command[COMMAND_SIZE];
        test_process_t one;
        (void) snprintf (command, sizeof command, MUSTER " join %s < /dev/null", rows[i].arguments);
        if (!CHECK_INT (run (&one, command), rows[i].exit_code))
            printf ("    %s\n", command);
        CHECK_CONTAINS (one.err.text, rows[i].says);
        CHECK_TEXT (one.out.text, "");
        test_process_fini (&one);
    }
}

static CU_TestInfo join_tests[] = {
    { "one throws, one watches", test_two_federates },
    { "interactions", test_interactions },
    { "stepping by itself", test_step },
    { "a count, and a pipe", test_count_and_pipe },
    { "bad lines", test_bad_lines },
    { "times that are no whole numbers", test_float_time },
    { "strictly", test_strict },
    { "ways to end", test_ends },
    { "a signal", test_signal },
    { "used wrongly", test_used_wrongly },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "muster join", suite_open, suite_close, NULL, NULL, join_tests })
