/*  The helpers of the tests themselves: a process is started, read, waited for and killed; a
    temporary folder leaves nothing. */
#include "tests/support/check.h"
#include "tests/support/process.h"
#include "tests/support/temp.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_process_lines_and_end (void)
{
    test_process_t shell;
    PROCESS_START (&shell, "/bin/sh", "-c",
                   "echo starting; echo ready at 15000; echo sorry >&2; printf rest; exit 3");
    CHECK_TEXT (test_process_line (&shell, "ready", 5000), "ready at 15000");
    CHECK_TEXT (test_process_error_line (&shell, "", 5000), "sorry");
    CHECK_TEXT (test_process_line (&shell, "rest", 5000), "rest");
    CHECK (test_process_wait (&shell, 5000));
    CHECK_INT (shell.exit_code, 3);
    CHECK_TEXT (shell.out.text, "starting\nready at 15000\nrest");
    test_process_fini (&shell);
}

static void test_process_deadline_and_kill (void)
{
    test_process_t shell;
    PROCESS_START (&shell, "/bin/sh", "-c", "exec sleep 60");
    long long began_ms = test_now_ms ();
    CHECK (!test_process_wait (&shell, 50));
    CHECK (test_now_ms () - began_ms >= 49);
    test_process_signal (&shell, SIGKILL);
    CHECK (test_process_wait (&shell, 5000));
    CHECK_INT (shell.exit_code, -SIGKILL);
    test_process_fini (&shell);
}

static void test_process_fini_kills (void)
{
    test_process_t shell;
    PROCESS_START (&shell, "/bin/sh", "-c", "exec sleep 60");
    pid_t pid = shell.pid;
    test_process_fini (&shell);
    CHECK (kill (pid, 0) != 0);
}

static void test_process_that_is_not_there (void)
{
    test_process_t none;
    PROCESS_START (&none, "no-such-program");
    CHECK (test_process_wait (&none, 5000));
    CHECK_INT (none.exit_code, 127);
    CHECK_CONTAINS (none.err.text, "cannot be started");
    test_process_fini (&none);
}

static void test_process_much_output (void)
{
    test_process_t shell;
    PROCESS_START (&shell, "/bin/sh", "-c",
                   "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done");
    CHECK_TEXT (test_process_line (&shell, "line 19999", 20000), "line 19999");
    CHECK (test_process_wait (&shell, 5000));
    CHECK_INT (shell.exit_code, 0);
    test_process_fini (&shell);
}

static void test_temp_folder (void)
{
    test_temp_t temp;
    char folder[256];
    size_t size = 0;
    test_temp_init (&temp);
    strcpy (folder, temp.folder);
    CHECK (access (folder, F_OK) == 0);
    char *text = test_file_read (test_temp_write (&temp, "a.txt", "muster", 6), &size);
    CHECK_TEXT (text, "muster");
    CHECK_INT (size, 6);
    free (text);
    CHECK (test_file_read (test_temp_path (&temp, "none"), NULL) == NULL);
    test_temp_fini (&temp);
    CHECK (access (folder, F_OK) != 0);
}

static CU_TestInfo process_tests[] = {
    { "lines, streams and the exit code", test_process_lines_and_end },
    { "a deadline, then a kill", test_process_deadline_and_kill },
    { "nothing survives its test", test_process_fini_kills },
    { "a program that is not there", test_process_that_is_not_there },
    { "much output", test_process_much_output },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo temp_tests[] = {
    { "files, and nothing left", test_temp_folder },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "support/process", NULL, NULL, NULL, NULL, process_tests },
           { "support/temp", NULL, NULL, NULL, NULL, temp_tests })
