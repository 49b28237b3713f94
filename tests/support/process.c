/*  fork and exec with two pipes and a pidfd; one poll loop waits for all three. */
#include "tests/support/process.h"
#include "base/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STREAM_FIRST_BYTES = 4096, STREAM_MAX_BYTES = 64 << 20, PATH_BYTES = 1024 };

long long test_now_ms (void)
{
    struct timespec now;
    base_assert (clock_gettime (CLOCK_MONOTONIC, &now) == 0);
    return (long long) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*  Streams ----------------------------------------------------------------------------------- */

static void stream_init (test_stream_t *self, int fd)
{
    *self = (test_stream_t){ .fd = fd, .capacity_bytes = STREAM_FIRST_BYTES };
    self->text = calloc (1, STREAM_FIRST_BYTES);
    base_assert (self->text != NULL);
    base_assert (fcntl (fd, F_SETFL, O_NONBLOCK) == 0);
}

static void stream_fini (test_stream_t *self)
{
    if (self->fd >= 0)
        (void) close (self->fd);
    free (self->text);
    *self = (test_stream_t){ .fd = -1 };
}

static void stream_room (test_stream_t *self)
{
    if (self->size_bytes + 1 < self->capacity_bytes)
        return;
    self->capacity_bytes *= 2;
    base_assert (self->capacity_bytes <= STREAM_MAX_BYTES);
    self->text = realloc (self->text, self->capacity_bytes);
    base_assert (self->text != NULL);
}

/*  Takes what is there; notes the end. */
static void stream_read (test_stream_t *self)
{
    while (self->fd >= 0) {
        stream_room (self);
        ssize_t got = read (self->fd, self->text + self->size_bytes,
                            self->capacity_bytes - self->size_bytes - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            (void) close (self->fd);
            self->fd = -1;
            return;
        }
        self->size_bytes += (size_t) got;
        self->text[self->size_bytes] = '\0';
    }
}

/*  The next whole line (or, at the stream's end, the rest) with the part in it, to be freed. */
static char *stream_line (test_stream_t *self, const char *part)
{
    while (self->seen_bytes < self->size_bytes) {
        const char *start = self->text + self->seen_bytes;
        const char *end = strchr (start, '\n');
        if (!end && self->fd >= 0)
            return NULL;
        size_t length = end ? (size_t) (end - start) : strlen (start);
        self->seen_bytes += length + (end ? 1 : 0);
        char *line = strndup (start, length);
        base_assert (line != NULL);
        if (strstr (line, part))
            return line;
        free (line);
        if (length == 0 && !end)
            break; /* a zero byte in the stream: nothing after it is text */
    }
    return NULL;
}

/*  Processes --------------------------------------------------------------------------------- */

/*  Where a program of this build lies. */
static void program_path (char *path, size_t path_bytes, const char *name)
{
    if (name[0] == '/') {
        (void) snprintf (path, path_bytes, "%s", name);
        return;
    }
    (void) snprintf (path, path_bytes, "%s/%s", TEST_BUILD_DIR, name);
    if (access (path, X_OK) != 0)
        (void) snprintf (path, path_bytes, "%s/tests/%s", TEST_BUILD_DIR, name);
}

/*  In the child: only calls that are safe after fork. */
static _Noreturn void child_run (const char *path, const char *const *argv, const int *out,
                                 const int *err, pid_t parent)
{
    (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (getppid () != parent)
        _exit (127); /* the test died before prctl */
    if (dup2 (out[1], STDOUT_FILENO) < 0 || dup2 (err[1], STDERR_FILENO) < 0)
        _exit (127);
    (void) execv (path, (char *const *) (uintptr_t) argv);
    static const char words[] = "cannot be started\n";
    (void) !write (STDERR_FILENO, path, strlen (path));
    (void) !write (STDERR_FILENO, " ", 1);
    (void) !write (STDERR_FILENO, words, sizeof words - 1);
    _exit (127);
}

void test_process_start (test_process_t *self, const char *const *argv)
{
    char path[PATH_BYTES];
    int out[2], err[2];
    base_assert (argv[0] != NULL);
    program_path (path, sizeof path, argv[0]);
    base_assert (pipe2 (out, O_CLOEXEC) == 0 && pipe2 (err, O_CLOEXEC) == 0);
    (void) fflush (NULL);
    pid_t parent = getpid ();
    pid_t pid = fork ();
    base_assert (pid >= 0);
    if (pid == 0)
        child_run (path, argv, out, err, parent);
    (void) close (out[1]);
    (void) close (err[1]);
    *self = (test_process_t){ .pid = pid };
    self->pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
    base_assert (self->pidfd >= 0);
    stream_init (&self->out, out[0]);
    stream_init (&self->err, err[0]);
}

static void process_collect (test_process_t *self)
{
    int status = 0;
    if (self->ended || waitpid (self->pid, &status, WNOHANG) != self->pid)
        return;
    self->ended = true;
    self->exit_code = WIFSIGNALED (status) ? -WTERMSIG (status) : WEXITSTATUS (status);
}

/*  One turn of the loop: waits for output or the end. False after the deadline. */
static bool process_turn (test_process_t *self, long long deadline_ms)
{
    long long left_ms = deadline_ms - test_now_ms ();
    struct pollfd items[3] = {
        { .fd = self->out.fd, .events = POLLIN },
        { .fd = self->err.fd, .events = POLLIN },
        { .fd = self->ended ? -1 : self->pidfd, .events = POLLIN },
    };
    int ready = poll (items, 3, left_ms > 0 ? (int) left_ms : 0);
    if (ready < 0)
        return errno == EINTR;
    if (items[0].revents)
        stream_read (&self->out);
    if (items[1].revents)
        stream_read (&self->err);
    if (items[2].revents)
        process_collect (self);
    return ready > 0;
}

static const char *process_line (test_process_t *self, test_stream_t *stream, const char *part,
                                 int timeout_ms)
{
    long long deadline_ms = test_now_ms () + timeout_ms;
    free (self->line);
    while (!(self->line = stream_line (stream, part))) {
        if (stream->fd >= 0 && process_turn (self, deadline_ms))
            continue;
        printf ("\n    no line with \"%s\" within %d ms (%s). Standard output:\n%s\n"
                "    standard error:\n%s\n",
                part, timeout_ms, stream->fd < 0 ? "the stream ended" : "deadline", self->out.text,
                self->err.text);
        return NULL;
    }
    return self->line;
}

const char *test_process_line (test_process_t *self, const char *part, int timeout_ms)
{
    return process_line (self, &self->out, part, timeout_ms);
}

const char *test_process_error_line (test_process_t *self, const char *part, int timeout_ms)
{
    return process_line (self, &self->err, part, timeout_ms);
}

bool test_process_wait (test_process_t *self, int timeout_ms)
{
    long long deadline_ms = test_now_ms () + timeout_ms;
    while (!self->ended || self->out.fd >= 0 || self->err.fd >= 0)
        if (!process_turn (self, deadline_ms))
            return self->ended; /* a grandchild may still hold a pipe open */
    return true;
}

void test_process_signal (test_process_t *self, int signal)
{
    if (!self->ended)
        (void) kill (self->pid, signal);
}

void test_process_fini (test_process_t *self)
{
    if (!self->ended) {
        (void) kill (self->pid, SIGKILL);
        (void) waitpid (self->pid, NULL, 0);
    }
    (void) close (self->pidfd);
    stream_fini (&self->out);
    stream_fini (&self->err);
    free (self->line);
    *self = (test_process_t){ .ended = true, .pidfd = -1, .out.fd = -1, .err.fd = -1 };
}
