/*  Processes of a run, with programs that are no federates. */
#include "tests/support/check.h"
#include "tests/support/temp.h"
#include "base/buffer.h"
#include "tools/crew.h"
#include "tools/program.h"
#include "tools/text.h"
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOON_MS = 10000, GRACE_MS = 100 };

#define PLAIN TEST_BUILD_DIR "/tests/prog_plain"

typedef struct stage {
    test_temp_t temp;
    tools_crew_t crew;
} stage_t;

static void stage_init (stage_t *self)
{
    test_temp_init (&self->temp);
    CHECK_OK (tools_crew_init (&self->crew));
}

static void stage_fini (stage_t *self)
{
    tools_crew_fini (&self->crew);
    test_temp_fini (&self->temp);
}

static tools_member_t *stage_start (stage_t *self, tools_role_t role, bool piped,
                                    const char *const *argv)
{
    tools_member_t *member = NULL;
    char name[32];
    (void) snprintf (name, sizeof name, "member-%zu", self->crew.members.count + 1);
    tools_enlist_t enlist = { .role = role,
                              .name = name,
                              .output = test_temp_path (&self->temp, name),
                              .program = PLAIN,
                              .argv = argv,
                              .piped = piped };
    CHECK_OK (tools_crew_start (&self->crew, &enlist, &member));
    return member;
}
#define START(stage, role, piped, ...)                                                             \
    stage_start ((stage), (role), (piped), (const char *const[]){ "plain", __VA_ARGS__, NULL })

static void stage_run (stage_t *self)
{
    int64_t deadline_ns = tools_now_ns () + INT64_C (1000000) * SOON_MS;
    while (tools_crew_running (&self->crew, TOOLS_FEDERATE) > 0 && tools_now_ns () < deadline_ns)
        tools_crew_wait (&self->crew, SOON_MS);
}

static void test_codes (void)
{
    stage_t stage;
    char text[TOOLS_END_TEXT_SIZE];
    stage_init (&stage);
    tools_member_t *good = START (&stage, TOOLS_FEDERATE, false, "print", "hello");
    tools_member_t *bad = START (&stage, TOOLS_FEDERATE, false, "exit", "3");
    tools_member_t *killed = START (&stage, TOOLS_FEDERATE, false, "abort");
    stage_run (&stage);
    CHECK (good->process.ended && bad->process.ended && killed->process.ended);
    CHECK_INT (good->process.code, 0);
    CHECK_INT (bad->process.code, 3);
    CHECK_TEXT (tools_process_end_text (text, bad->process.code), "ended with code 3");
    CHECK_INT (killed->process.code, -SIGKILL);
    CHECK_TEXT (tools_process_end_text (text, killed->process.code),
                "was killed by signal 9 (Killed)");
    stage_fini (&stage);
}

static void test_missing_program (void)
{
    stage_t stage;
    tools_member_t *member = NULL;
    const char *const argv[] = { "nothing", NULL };
    stage_init (&stage);
    tools_enlist_t enlist = { .role = TOOLS_FEDERATE,
                              .name = "nobody",
                              .output = test_temp_path (&stage.temp, "nobody"),
                              .program = "/nonexistent/program",
                              .argv = argv };
    CHECK_ERR (tools_crew_start (&stage.crew, &enlist, &member), MST_E_IO);
    CHECK_TEXT (mst_error_text (),
                "/nonexistent/program cannot be started: No such file or directory");
    CHECK_INT (stage.crew.members.count, 0);
    stage_fini (&stage);
}

static void test_environment (void)
{
    stage_t stage;
    tools_environment_t environment;
    base_buffer_t out = { 0 };
    tools_member_t *member = NULL;
    const char *const argv[] = { "plain", "env", "MUSTER_NAME", "env", "PATH", "folder", NULL };
    stage_init (&stage);
    CHECK_OK (tools_environment_init (&environment));
    CHECK_OK (tools_environment_set (&environment, "MUSTER_NAME", "first"));
    CHECK_OK (tools_environment_set (&environment, "MUSTER_NAME", "sky-1"));
    CHECK_OK (tools_environment_set (&environment, "PATH", "/nowhere"));
    tools_enlist_t enlist = { .role = TOOLS_FEDERATE,
                              .name = "one",
                              .output = test_temp_path (&stage.temp, "one"),
                              .program = PLAIN,
                              .argv = argv,
                              .environment = &environment,
                              .folder = "/" };
    CHECK_OK (tools_crew_start (&stage.crew, &enlist, &member));
    stage_run (&stage);
    CHECK_OK (tools_crew_tail (member, 10, &out));
    CHECK_TEXT (tools_text_of (&out), "sky-1\n/nowhere\n/\n");
    base_buffer_fini (&out);
    tools_environment_fini (&environment);
    stage_fini (&stage);
}

static void test_ready (void)
{
    stage_t stage;
    stage_init (&stage);
    tools_member_t *rti = START (&stage, TOOLS_RTI, true, "ready", "ready: tcp://x:1", "wait");
    CHECK_OK (tools_crew_ready (&stage.crew, rti, SOON_MS));
    CHECK_TEXT (rti->ready, "ready: tcp://x:1");
    tools_member_t *dead = START (&stage, TOOLS_RTI, true, "exit", "2");
    CHECK_ERR (tools_crew_ready (&stage.crew, dead, SOON_MS), MST_E_IO);
    CHECK_TEXT (mst_error_text (), "member-2 ended with code 2 before it was ready");
    tools_member_t *mute = START (&stage, TOOLS_RTI, true, "wait");
    CHECK_ERR (tools_crew_ready (&stage.crew, mute, 50), MST_E_TIMEOUT);
    CHECK_INT (tools_crew_running (&stage.crew, TOOLS_RTI), 2);
    tools_crew_stop (&stage.crew, TOOLS_RTI, SOON_MS);
    CHECK_INT (tools_crew_running (&stage.crew, TOOLS_RTI), 0);
    CHECK_INT (rti->process.code, -SIGTERM);
    stage_fini (&stage);
}

/*  More than a pipe holds: who does not drain it would wait for ever. */
static void test_flood (void)
{
    stage_t stage;
    base_buffer_t out = { 0 };
    stage_init (&stage);
    tools_member_t *loud = START (&stage, TOOLS_FEDERATE, true, "lines", "100000");
    stage_run (&stage);
    CHECK (loud->process.ended);
    CHECK_OK (tools_crew_tail (loud, 2, &out));
    CHECK_TEXT (tools_text_of (&out), "line 99999\nline 100000\n");
    CHECK_TEXT (loud->ready, "line 1");
    base_buffer_fini (&out);
    stage_fini (&stage);
}

static void test_stop (void)
{
    stage_t stage;
    stage_init (&stage);
    tools_member_t *rti = START (&stage, TOOLS_RTI, true, "ready", "r", "wait");
    tools_member_t *polite = START (&stage, TOOLS_FEDERATE, true, "ready", "r", "wait");
    tools_member_t *deaf = START (&stage, TOOLS_FEDERATE, true, "deaf", "ready", "r", "wait");
    tools_member_t *stopped = START (&stage, TOOLS_FEDERATE, true, "ready", "r", "stop", "wait");
    CHECK_OK (tools_crew_ready (&stage.crew, rti, SOON_MS));
    CHECK_OK (tools_crew_ready (&stage.crew, polite, SOON_MS));
    CHECK_OK (tools_crew_ready (&stage.crew, deaf, SOON_MS));
    CHECK_OK (tools_crew_ready (&stage.crew, stopped, SOON_MS));
    tools_crew_stop (&stage.crew, TOOLS_FEDERATE, GRACE_MS);
    CHECK_INT (tools_crew_running (&stage.crew, TOOLS_FEDERATE), 0);
    CHECK_INT (polite->process.code, -SIGTERM);
    CHECK_INT (deaf->process.code, -SIGKILL);
    CHECK_INT (stopped->process.code, -SIGTERM);
    CHECK (!rti->process.ended && !rti->ending && polite->ending);
    stage_fini (&stage);
}

static void test_interrupt (void)
{
    stage_t stage;
    stage_init (&stage);
    tools_member_t *rti = START (&stage, TOOLS_RTI, true, "wait");
    CHECK_INT (raise (SIGINT), 0);
    CHECK_ERR (tools_crew_ready (&stage.crew, rti, SOON_MS), MST_E_CALL_NOT_ALLOWED);
    CHECK_INT (stage.crew.interrupt, SIGINT);
    CHECK_INT (stage.crew.interrupts, 1);
    stage_fini (&stage); /* kills what still runs */
}

static void test_tail (void)
{
    stage_t stage;
    base_buffer_t out = { 0 };
    stage_init (&stage);
    tools_member_t *member = START (&stage, TOOLS_FEDERATE, false, "lines", "5", "error", "last");
    tools_member_t *mute = START (&stage, TOOLS_FEDERATE, false, "exit", "1");
    stage_run (&stage);
    CHECK_OK (tools_crew_tail (member, 3, &out));
    CHECK_CONTAINS (tools_text_of (&out), "line 5\n");
    base_buffer_clear (&out);
    CHECK_OK (tools_crew_tail (member, 100, &out));
    CHECK_INT (out.size_bytes, strlen ("line 1\n") * 5 + strlen ("last\n"));
    base_buffer_clear (&out);
    CHECK_OK (tools_crew_tail (mute, 3, &out));
    CHECK_INT (out.size_bytes, 0);
    base_buffer_fini (&out);
    stage_fini (&stage);
}

/*  Finding programs --------------------------------------------------------------------------- */

static void test_find (void)
{
    char *path = NULL;
    CHECK_OK (tools_program_find ("prog_plain", TEST_BUILD_DIR "/tests", &path));
    CHECK_CONTAINS (path, "/tests/prog_plain");
    base_free (path);
    CHECK_OK (tools_program_find ("tests/prog_plain", TEST_BUILD_DIR, &path));
    CHECK_CONTAINS (path, "/tests/prog_plain");
    base_free (path);
    CHECK_OK (tools_program_find ("prog_plain", "/", &path)); /* beside this program */
    CHECK_CONTAINS (path, "/tests/prog_plain");
    base_free (path);
    CHECK_OK (tools_program_find ("sh", "/", &path)); /* on PATH */
    CHECK (path[0] == '/');
    base_free (path);
    CHECK_ERR (tools_program_find ("no-such-program", "/", &path), MST_E_IO);
    CHECK_TEXT (mst_error_text (),
                "no-such-program: no such program beside the scenario (/), beside "
                "the muster command or on PATH");
    CHECK_ERR (tools_program_find ("./sh", "/nowhere", &path), MST_E_IO);
}

/*  In ps the guard is no second runner. */
static void test_guard_name (void)
{
    stage_t stage;
    char path[64];
    stage_init (&stage);
    (void) START (&stage, TOOLS_FEDERATE, false, "wait");
    (void) snprintf (path, sizeof path, "/proc/%d/cmdline", (int) stage.crew.guard.pid);
    char *line = NULL;
    for (int64_t until_ns = tools_now_ns () + INT64_C (1000000) * SOON_MS;
         tools_now_ns () < until_ns && (!line || strcmp (line, "muster-guard") != 0);) {
        free (line);
        line = test_file_read (path, NULL);
    }
    CHECK_TEXT (line ? line : "", "muster-guard");
    free (line);
    tools_crew_stop (&stage.crew, TOOLS_FEDERATE, GRACE_MS);
    stage_fini (&stage);
}

static CU_TestInfo crew_tests[] = {
    { "how processes ended", test_codes },
    { "a program that is not there", test_missing_program },
    { "environment and folder", test_environment },
    { "ready lines", test_ready },
    { "a flood of output", test_flood },
    { "stopping the polite, the deaf and the stopped", test_stop },
    { "Ctrl-C", test_interrupt },
    { "the guard's name", test_guard_name },
    { "last lines", test_tail },
    { "finding programs", test_find },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "crew", NULL, NULL, NULL, NULL, crew_tests })
