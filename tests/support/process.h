/*  Other processes in a test: start one, wait for a line or for its end, stop it. Every wait has a
    deadline and none sleeps; a child is killed when its test dies.

        test_process_t rti;
        PROCESS_START (&rti, "muster", "rti", "--port", "0");
        const char *ready = test_process_line (&rti, "ready", 2000);
        …
        test_process_fini (&rti);

    Thread rule: one thread at a time per process. */
#ifndef TESTS_PROCESS_H
#define TESTS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct test_stream {
    int fd;     /* -1 after its end */
    char *text; /* all that came so far, zero-terminated */
    size_t size_bytes;
    size_t capacity_bytes;
    size_t seen_bytes; /* lines before this were given out or skipped */
} test_stream_t;

typedef struct test_process {
    pid_t pid;
    int pidfd;
    bool ended;
    int exit_code; /* when ended; minus the signal's number for one that a signal ended */
    test_stream_t out, err;
    char *line; /* the last one given out */
} test_process_t;

/*  Starts a program; a name without a slash at its start is looked for in the build folder, then in
    its folder tests/. The list ends with NULL. A failure ends the test program. */
void test_process_start (test_process_t *self, const char *const *argv);
#define PROCESS_START(self, ...)                                                                   \
    test_process_start ((self), (const char *const[]){ __VA_ARGS__, NULL })

/*  The next line on its standard output (or standard error) that contains `part`, without its line
    end; lines before it are skipped. NULL after timeout_ms or at the end of the stream; then what
    came instead is printed. Valid until the next call. */
const char *test_process_line (test_process_t *self, const char *part, int timeout_ms);
const char *test_process_error_line (test_process_t *self, const char *part, int timeout_ms);

/*  Until it has ended and all its output is read: then exit_code, out.text and err.text stand.
    False after timeout_ms; then it still runs. */
bool test_process_wait (test_process_t *self, int timeout_ms);

void test_process_signal (test_process_t *self, int signal);

/*  Kills it when it still runs, collects it, gives everything back. */
void test_process_fini (test_process_t *self);

/*  Milliseconds of a clock that only goes forward. */
long long test_now_ms (void);

#endif
