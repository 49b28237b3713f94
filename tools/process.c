/*  fork and exec with a pidfd. Whether exec worked comes back by a pipe that a successful exec
 * closes. */
#include "tools/process.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { EXEC_FAILED = 127 };

/*  Environment -------------------------------------------------------------------------------- */

static mst_err_t environment_push (tools_environment_t *self, char *item)
{
    if (!item || BASE_LIST_PUSH (&self->items, item)) {
        base_free (item);
        return base_alloc_error ();
    }
    return MST_OK;
}

mst_err_t tools_environment_init (tools_environment_t *self)
{
    *self = (tools_environment_t){ 0 };
    mst_err_t err = BASE_LIST_PUSH (&self->items, NULL);
    for (char **item = environ; item && *item && !err; item++) {
        self->items.count--;
        err = environment_push (self, base_strdup (*item));
        if (!err)
            err = BASE_LIST_PUSH (&self->items, NULL);
    }
    if (err)
        tools_environment_fini (self);
    return err ? base_alloc_error () : MST_OK;
}

void tools_environment_fini (tools_environment_t *self)
{
    BASE_LIST_EACH (&self->items, i)
        base_free (self->items.items[i]);
    BASE_LIST_FINI (&self->items);
}

mst_err_t tools_environment_set (tools_environment_t *self, const char *key, const char *value)
{
    size_t length = strlen (key);
    char *item = tools_text ("%s=%s", key, value);
    if (!item)
        return base_alloc_error ();
    BASE_LIST_EACH (&self->items, i) {
        char *old = self->items.items[i];
        if (old && strncmp (old, key, length) == 0 && old[length] == '=') {
            self->items.items[i] = item;
            base_free (old);
            return MST_OK;
        }
    }
    if (BASE_LIST_ROOM (&self->items)) {
        base_free (item);
        return base_alloc_error ();
    }
    self->items.items[self->items.count - 1] = item; /* before the NULL at the end */
    BASE_LIST_PUT (&self->items, NULL);
    return MST_OK;
}

/*  Start -------------------------------------------------------------------------------------- */

typedef struct start_pipes {
    int out[2];
    int failed[2]; /* the child writes errno here when it cannot become the program */
    int null;      /* its standard input */
} start_pipes_t;

static void pipes_close (start_pipes_t *self)
{
    int all[] = { self->out[0], self->out[1], self->failed[0], self->failed[1], self->null };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] >= 0)
            (void) close (all[i]);
    *self = (start_pipes_t){ { -1, -1 }, { -1, -1 }, -1 };
}

static bool pipes_open (start_pipes_t *self, bool piped)
{
    *self = (start_pipes_t){ { -1, -1 }, { -1, -1 }, -1 };
    self->null = open ("/dev/null", O_RDONLY | O_CLOEXEC);
    return self->null >= 0 && pipe2 (self->failed, O_CLOEXEC) == 0 &&
           (!piped || pipe2 (self->out, O_CLOEXEC) == 0);
}

/*  The child's signals are as a shell would give them, whatever we block or ignore. */
static void child_signals (void)
{
    sigset_t none;
    (void) sigemptyset (&none);
    (void) signal (SIGINT, SIG_DFL);
    (void) signal (SIGTERM, SIG_DFL);
    (void) signal (SIGHUP, SIG_DFL);
    (void) signal (SIGPIPE, SIG_DFL);
    (void) sigprocmask (SIG_SETMASK, &none, NULL);
}

/*  In the child: only calls that are safe after fork. */
static _Noreturn void child_run (const tools_start_t *start, const start_pipes_t *pipes,
                                 pid_t parent)
{
    (void) setpgid (0, 0);
    (void) prctl (PR_SET_PDEATHSIG, start->death_signal);
    if (getppid () != parent)
        _exit (EXEC_FAILED); /* the parent died before prctl */
    child_signals ();
    int out = start->piped ? pipes->out[1] : start->output;
    if (dup2 (pipes->null, STDIN_FILENO) >= 0 && dup2 (out, STDOUT_FILENO) >= 0 &&
        dup2 (start->output, STDERR_FILENO) >= 0 && (!start->folder || chdir (start->folder) == 0))
        (void) execve (start->program, (char *const *) (uintptr_t) start->argv,
                       start->environment ? start->environment->items.items : environ);
    int why = errno;
    (void) !write (pipes->failed[1], &why, sizeof why);
    _exit (EXEC_FAILED);
}

/*  Waits until the child is the program; 0, or why it could not. */
static int child_failure (int fd)
{
    int why = 0;
    ssize_t got;
    do
        got = read (fd, &why, sizeof why);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t) sizeof why ? why : 0;
}

mst_err_t tools_process_start (tools_process_t *self, const tools_start_t *start)
{
    start_pipes_t pipes;
    int why = 0;
    *self = (tools_process_t){ .pidfd = -1, .out = -1 };
    if (!pipes_open (&pipes, start->piped))
        goto failed;
    (void) fflush (NULL);
    pid_t parent = getpid ();
    pid_t pid = fork ();
    if (pid < 0)
        goto failed;
    if (pid == 0)
        child_run (start, &pipes, parent);
    (void) setpgid (pid, pid); /* whoever comes first: a signal may follow at once */
    (void) close (pipes.failed[1]);
    pipes.failed[1] = -1;
    why = child_failure (pipes.failed[0]);
    if (why != 0) {
        (void) waitpid (pid, NULL, 0);
        errno = why;
        goto failed;
    }
    self->pid = pid;
    self->pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
    if (self->pidfd < 0) {
        why = errno;
        tools_process_fini (self);
        errno = why;
        goto failed;
    }
    self->out = pipes.out[0];
    pipes.out[0] = -1;
    if (self->out >= 0)
        (void) fcntl (self->out, F_SETFL, O_NONBLOCK);
    pipes_close (&pipes);
    return MST_OK;
failed:
    why = errno;
    pipes_close (&pipes);
    return base_error (MST_E_IO, "%s cannot be started: %s", start->program, strerror (why));
}

/*  End ---------------------------------------------------------------------------------------- */

static void process_ended (tools_process_t *self, int status)
{
    self->ended = true;
    self->code = WIFSIGNALED (status) ? -WTERMSIG (status) : WEXITSTATUS (status);
    if (self->pidfd >= 0)
        (void) close (self->pidfd);
    self->pidfd = -1;
}

bool tools_process_collect (tools_process_t *self)
{
    int status = 0;
    siginfo_t info = { 0 };
    if (self->pid > 0 && !self->ended &&
        waitid (P_PID, (id_t) self->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == self->pid) {
        (void) kill (-self->pid, SIGKILL); /* its number is not yet anybody else's */
        (void) waitpid (self->pid, &status, 0);
        process_ended (self, status);
    }
    return self->pid == 0 || self->ended;
}

void tools_process_signal (tools_process_t *self, int signal)
{
    if (self->pid <= 0 || self->ended)
        return;
    if (kill (-self->pid, signal) != 0)
        (void) kill (self->pid, signal);
}

void tools_process_fini (tools_process_t *self)
{
    int status = 0;
    if (self->pid > 0 && !self->ended) {
        tools_process_signal (self, SIGKILL);
        while (waitpid (self->pid, &status, 0) < 0 && errno == EINTR)
            ;
        process_ended (self, status);
    }
    if (self->out >= 0)
        (void) close (self->out);
    self->out = -1;
}

const char *tools_process_end_text (char text[TOOLS_END_TEXT_SIZE], int code)
{
    if (code < 0)
        (void) snprintf (text, TOOLS_END_TEXT_SIZE, "was killed by signal %d (%s)", -code,
                         strsignal (-code));
    else
        (void) snprintf (text, TOOLS_END_TEXT_SIZE, "ended with code %d", code);
    return text;
}
