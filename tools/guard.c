#include "tools/guard.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUARD_GROUPS_MAX = 4096, GUARD_LINE_BYTES = 4096 };

/*  A line of the pipe: a group's number, negative when it is watched no longer; 0: all is well. */
typedef struct guarded {
    pid_t groups[GUARD_GROUPS_MAX];
    int count;
} guarded_t;

static void guarded_take (guarded_t *self, pid_t word)
{
    for (int i = 0; word < 0 && i < self->count; i++)
        if (self->groups[i] == -word) {
            self->groups[i] = self->groups[--self->count];
            return;
        }
    if (word > 0 && self->count < GUARD_GROUPS_MAX)
        self->groups[self->count++] = word;
}

/*  What ps shows: the command line that we were started by is written over, as far as it goes. */
static void guard_rename (void)
{
    static char line[GUARD_LINE_BYTES];
    const char *name = "muster-guard";
    (void) prctl (PR_SET_NAME, name);
    int fd = open ("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t size_bytes = fd >= 0 ? read (fd, line, sizeof line) : 0;
    (void) close (fd);
    char *first = program_invocation_name; /* where the first word stands, and the others behind */
    if (size_bytes <= 1 || memcmp (first, line, strnlen (line, (size_t) size_bytes) + 1) != 0)
        return;
    memset (first, 0, (size_t) size_bytes);
    memcpy (first, name,
            strlen (name) < (size_t) size_bytes ? strlen (name) : (size_t) size_bytes - 1);
}

/*  In the guard: only calls that are safe after fork. It has nothing open but the pipe. */
static _Noreturn void guard_run (int fd)
{
    static guarded_t guarded;
    pid_t word = 1;
    ssize_t got;
    (void) setsid (); /* no key of the terminal reaches it */
    guard_rename ();
    (void) signal (SIGTERM, SIG_IGN);
    (void) signal (SIGINT, SIG_IGN);
    (void) signal (SIGHUP, SIG_IGN);
    (void) dup2 (fd, STDIN_FILENO);
    (void) close_range (STDIN_FILENO + 1, ~0U, 0);
    while (word != 0) {
        got = read (STDIN_FILENO, &word, sizeof word);
        if (got < 0 && errno == EINTR)
            continue;
        if (got != (ssize_t) sizeof word)
            break;
        guarded_take (&guarded, word);
    }
    for (int i = 0; word != 0 && i < guarded.count; i++)
        (void) kill (-guarded.groups[i], SIGKILL);
    _exit (0);
}

mst_err_t tools_guard_start (tools_guard_t *self)
{
    int ends[2];
    *self = (tools_guard_t){ .fd = -1 };
    if (pipe2 (ends, O_CLOEXEC) != 0)
        return base_error (MST_E_IO, "no pipe for the guard: %s", strerror (errno));
    pid_t pid = fork ();
    if (pid == 0)
        guard_run (ends[0]);
    (void) close (ends[0]);
    if (pid < 0) {
        (void) close (ends[1]);
        return base_error (MST_E_IO, "no process for the guard: %s", strerror (errno));
    }
    *self = (tools_guard_t){ .pid = pid, .fd = ends[1] };
    return MST_OK;
}

void tools_guard_tell (tools_guard_t *self, pid_t group, bool watch)
{
    pid_t word = watch ? group : -group;
    base_assert (group > 0);
    if (self->fd >= 0)
        (void) !write (self->fd, &word, sizeof word); /* without a guard it is as it was */
}

void tools_guard_stop (tools_guard_t *self)
{
    pid_t all_well = 0;
    if (self->pid <= 0)
        return;
    (void) !write (self->fd, &all_well, sizeof all_well);
    (void) close (self->fd);
    while (waitpid (self->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *self = (tools_guard_t){ .fd = -1 };
}
