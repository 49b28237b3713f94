#include "tests/support/terminal.h"
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void die (const char *what)
{
    fprintf (stderr, "a pseudo terminal: %s: %s\n", what, strerror (errno));
    exit (1);
}

static _Noreturn void child (const char *slave, const char *const *argv)
{
    char path[4096];
    (void) setsid ();
    int fd = open (slave, O_RDWR); /* becomes the controlling terminal */
    (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (fd < 0 || dup2 (fd, 0) < 0 || dup2 (fd, 1) < 0 || dup2 (fd, 2) < 0)
        _exit (127);
    (void) snprintf (path, sizeof path, "%s/%s", TEST_BUILD_DIR, argv[0]);
    (void) execv (path, (char *const *) (size_t) argv);
    _exit (127);
}

void test_terminal_resize (test_terminal_t *self, size_t columns, size_t lines)
{
    struct winsize size = { .ws_col = (unsigned short) columns, .ws_row = (unsigned short) lines };
    if (ioctl (self->fd, TIOCSWINSZ, &size) != 0)
        die ("its size");
}

void test_terminal_start (test_terminal_t *self, size_t columns, size_t lines,
                          const char *const *argv)
{
    char slave[128];
    *self = (test_terminal_t){ .fd = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC) };
    if (self->fd < 0 || grantpt (self->fd) != 0 || unlockpt (self->fd) != 0 ||
        ptsname_r (self->fd, slave, sizeof slave) != 0)
        die ("none can be had");
    test_terminal_resize (self, columns, lines);
    test_terminal_forget (self);
    self->pid = fork ();
    if (self->pid < 0)
        die ("fork");
    if (self->pid == 0)
        child (slave, argv);
}

void test_terminal_forget (test_terminal_t *self)
{
    free (self->text);
    self->text = calloc (1, 1);
    self->size_bytes = 0;
}

/*  One read, when something comes in time. */
static bool take (test_terminal_t *self, long long deadline_ms)
{
    char data[4096];
    struct pollfd wait = { .fd = self->fd, .events = POLLIN };
    long long left_ms = deadline_ms - test_now_ms ();
    if (left_ms <= 0 || poll (&wait, 1, (int) left_ms) <= 0)
        return false;
    ssize_t got = read (self->fd, data, sizeof data);
    if (got <= 0)
        return false;
    char *more = realloc (self->text, self->size_bytes + (size_t) got + 1);
    if (!more)
        die ("no memory");
    memcpy (more + self->size_bytes, data, (size_t) got);
    self->text = more;
    self->size_bytes += (size_t) got;
    self->text[self->size_bytes] = '\0';
    return true;
}

bool test_terminal_shows (test_terminal_t *self, const char *part, int timeout_ms)
{
    long long deadline_ms = test_now_ms () + timeout_ms;
    while (!strstr (self->text, part))
        if (!take (self, deadline_ms)) {
            printf ("\n    the terminal does not show \"%s\", but:\n%s\n", part, self->text);
            return false;
        }
    return true;
}

void test_terminal_key (test_terminal_t *self, const char *keys)
{
    if (write (self->fd, keys, strlen (keys)) != (ssize_t) strlen (keys))
        die ("a key");
}

bool test_terminal_wait (test_terminal_t *self, int timeout_ms)
{
    long long deadline_ms = test_now_ms () + timeout_ms;
    int status = 0;
    while (take (self, deadline_ms)) /* until the other side is closed */
        ;
    if (test_now_ms () >= deadline_ms || waitpid (self->pid, &status, 0) != self->pid)
        return false;
    self->ended = true;
    self->exit_code = WIFSIGNALED (status) ? -WTERMSIG (status) : WEXITSTATUS (status);
    return true;
}

void test_terminal_fini (test_terminal_t *self)
{
    if (!self->ended) {
        (void) kill (self->pid, SIGKILL);
        (void) waitpid (self->pid, NULL, 0);
    }
    (void) close (self->fd);
    free (self->text);
}
