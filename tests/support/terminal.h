/*  A program on a pseudo terminal: what it shows, and the keys that it is given. Nothing waits for
    a length of time, only for what is shown.

    Thread rule: one thread. */
#ifndef TESTS_TERMINAL_H
#define TESTS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct test_terminal {
    pid_t pid;
    int fd;
    char *text; /* all that was shown since test_terminal_forget, escapes included */
    size_t size_bytes;
    bool ended;
    int exit_code; /* minus a signal's number */
} test_terminal_t;

/*  argv[0] "muster": the command of this build. A failure ends the test program. */
void test_terminal_start (test_terminal_t *self, size_t columns, size_t lines,
                          const char *const *argv);
/*  Until the text holds this; false: it ended, or nothing came for so long. */
bool test_terminal_shows (test_terminal_t *self, const char *part, int timeout_ms);
void test_terminal_key (test_terminal_t *self, const char *keys);
void test_terminal_resize (test_terminal_t *self, size_t columns, size_t lines);
void test_terminal_forget (test_terminal_t *self);
bool test_terminal_wait (test_terminal_t *self, int timeout_ms);
void test_terminal_fini (test_terminal_t *self);

#endif
