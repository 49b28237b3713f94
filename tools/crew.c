/*  One poll over pidfds, pipes and a signalfd. */
#include "tools/crew.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    PIPE_READ_BYTES = 4096,
    READY_LINE_MAX_BYTES = 4096,
    TAIL_BYTES = 8192,
    KILL_WAIT_MS = 5000 /* after SIGKILL: a process in the kernel may take its time */
};

static const int64_t millisecond_ns = 1000000;

int64_t tools_now_ns (void)
{
    struct timespec now;
    base_assert (clock_gettime (CLOCK_MONOTONIC, &now) == 0);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

/*  Life --------------------------------------------------------------------------------------- */

mst_err_t tools_crew_init (tools_crew_t *self)
{
    sigset_t ours;
    *self = (tools_crew_t){ .signals = -1 };
    (void) sigemptyset (&ours);
    (void) sigaddset (&ours, SIGINT);
    (void) sigaddset (&ours, SIGTERM);
    (void) sigaddset (&ours, SIGHUP);
    (void) sigprocmask (SIG_BLOCK, &ours, &self->before);
    self->signals = signalfd (-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
    if (self->signals < 0)
        return base_error (MST_E_IO, "signals cannot be watched: %s", strerror (errno));
    return MST_OK;
}

static void member_destroy (tools_member_t *self)
{
    tools_process_fini (&self->process);
    if (self->output_fd >= 0)
        (void) close (self->output_fd);
    base_buffer_fini (&self->line);
    base_free (self->ready);
    base_free (self->output);
    base_free (self->name);
    base_free (self);
}

void tools_crew_fini (tools_crew_t *self)
{
    for (size_t i = self->members.count; i > 0; i--) /* the RTI last: it was started first */
        member_destroy (self->members.items[i - 1]);
    BASE_LIST_FINI (&self->members);
    BASE_LIST_FINI (&self->polls);
    tools_guard_stop (&self->guard);
    if (self->signals >= 0) {
        (void) close (self->signals);
        (void) sigprocmask (SIG_SETMASK, &self->before, NULL);
    }
    self->signals = -1;
}

static mst_err_t member_new (const tools_enlist_t *enlist, tools_member_t **self_p)
{
    tools_member_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->process = (tools_process_t){ .pidfd = -1, .out = -1 };
    self->role = enlist->role;
    self->required = enlist->required;
    self->stop = enlist->stop;
    base_buffer_init (&self->line);
    self->name = base_strdup (enlist->name);
    self->output = base_strdup (enlist->output);
    self->output_fd =
        open (enlist->output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    mst_err_t err = MST_OK;
    if (self->output_fd < 0)
        err = base_error (MST_E_IO, "%s cannot be written: %s", enlist->output, strerror (errno));
    else if (!self->name || !self->output)
        err = base_alloc_error ();
    if (err)
        member_destroy (self);
    else
        *self_p = self;
    return err;
}

mst_err_t tools_crew_start (tools_crew_t *self, const tools_enlist_t *enlist,
                            tools_member_t **member)
{
    if (BASE_LIST_ROOM (&self->members))
        return base_alloc_error ();
    tools_member_t *fresh = NULL;
    mst_err_t err = MST_OK;
    if (enlist->role == TOOLS_FEDERATE && self->guard.pid == 0)
        err = tools_guard_start (&self->guard);
    if (!err)
        err = member_new (enlist, &fresh);
    if (err)
        return err;
    err = tools_process_start (
        &fresh->process,
        &(tools_start_t){ .program = enlist->program,
                          .argv = enlist->argv,
                          .environment = enlist->environment,
                          .folder = enlist->folder,
                          .output = fresh->output_fd,
                          .piped = enlist->piped,
                          /* RTI and recorder end in order when we die; a federate just ends */
                          .death_signal = enlist->role == TOOLS_FEDERATE ? SIGKILL : SIGTERM });
    if (err) {
        member_destroy (fresh);
        return err;
    }
    if (enlist->role == TOOLS_FEDERATE)
        tools_guard_tell (&self->guard, fresh->process.pid, true);
    if (!enlist->piped) { /* it writes by itself */
        (void) close (fresh->output_fd);
        fresh->output_fd = -1;
    }
    BASE_LIST_PUT (&self->members, fresh);
    *member = fresh;
    return MST_OK;
}

/*  Pipes -------------------------------------------------------------------------------------- */

/*  The first line is kept: it says that the member is ready. */
static void member_take (tools_member_t *self, const char *data, size_t size_bytes)
{
    (void) !write (self->output_fd, data, size_bytes);
    if (self->ready)
        return;
    const char *end = memchr (data, '\n', size_bytes);
    size_t more = end ? (size_t) (end - data) : size_bytes;
    if (self->line.size_bytes + more <= READY_LINE_MAX_BYTES)
        (void) base_buffer_append (&self->line, data, more);
    if (end)
        self->ready = base_strndup ((const char *) self->line.data, self->line.size_bytes);
}

static void member_drain (tools_member_t *self)
{
    char data[PIPE_READ_BYTES];
    while (self->process.out >= 0) {
        ssize_t got = read (self->process.out, data, sizeof data);
        if (got > 0) {
            member_take (self, data, (size_t) got);
            continue;
        }
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        (void) close (self->process.out);
        self->process.out = -1;
    }
}

/*  Waiting ------------------------------------------------------------------------------------ */

static void crew_signals (tools_crew_t *self)
{
    struct signalfd_siginfo info;
    while (read (self->signals, &info, sizeof info) == (ssize_t) sizeof info) {
        self->interrupt = (int) info.ssi_signo;
        self->interrupts++;
    }
}

static mst_err_t crew_polls (tools_crew_t *self)
{
    self->polls.count = 0;
    struct pollfd own = { .fd = self->signals, .events = POLLIN };
    mst_err_t err = BASE_LIST_PUSH (&self->polls, own);
    for (size_t i = 0; i < self->members.count && !err; i++) {
        const tools_process_t *process = &self->members.items[i]->process;
        struct pollfd end = { .fd = process->pidfd, .events = POLLIN };
        struct pollfd out = { .fd = process->out, .events = POLLIN };
        err = BASE_LIST_PUSH (&self->polls, end);
        if (!err)
            err = BASE_LIST_PUSH (&self->polls, out);
    }
    return err;
}

void tools_crew_wait (tools_crew_t *self, int64_t timeout_ms)
{
    if (crew_polls (self)) /* no memory to wait with: look at everything and return */
        self->polls.count = 0;
    int limit_ms = timeout_ms < 0 ? -1 : timeout_ms > 60000 ? 60000 : (int) timeout_ms;
    (void) poll (self->polls.items, self->polls.count, limit_ms);
    crew_signals (self);
    BASE_LIST_EACH (&self->members, i) {
        tools_member_t *member = self->members.items[i];
        bool before = member->process.ended;
        bool ended = tools_process_collect (&member->process);
        if (ended && !before && member->role == TOOLS_FEDERATE)
            tools_guard_tell (&self->guard, member->process.pid, false);
        member_drain (member);
        if (ended && member->process.out >= 0) { /* held open by a grandchild: we read no longer */
            (void) close (member->process.out);
            member->process.out = -1;
        }
    }
}

mst_err_t tools_crew_ready (tools_crew_t *self, tools_member_t *member, int64_t timeout_ms)
{
    int64_t deadline_ns = tools_now_ns () + timeout_ms * millisecond_ns;
    char text[TOOLS_END_TEXT_SIZE];
    while (!member->ready) {
        int64_t left_ms = (deadline_ns - tools_now_ns () + millisecond_ns - 1) / millisecond_ns;
        if (self->interrupt)
            return base_error (MST_E_CALL_NOT_ALLOWED, "interrupted by a signal");
        if (member->process.ended)
            return base_error (MST_E_IO, "%s %s before it was ready", member->name,
                               tools_process_end_text (text, member->process.code));
        if (left_ms <= 0)
            return base_error (MST_E_TIMEOUT, "%s was not ready within %lld s", member->name,
                               (long long) (timeout_ms / 1000));
        tools_crew_wait (self, left_ms);
    }
    return MST_OK;
}

size_t tools_crew_running (const tools_crew_t *self, unsigned roles)
{
    size_t running = 0;
    BASE_LIST_EACH (&self->members, i)
        running += (self->members.items[i]->role & roles) && !self->members.items[i]->process.ended;
    return running;
}

/*  Ending ------------------------------------------------------------------------------------- */

static void crew_signal (tools_crew_t *self, unsigned roles, int signal)
{
    BASE_LIST_EACH (&self->members, i) {
        tools_member_t *member = self->members.items[i];
        if (!(member->role & roles) || member->process.ended)
            continue;
        member->ending = true;
        tools_process_signal (&member->process, signal);
        if (signal != SIGKILL) /* a stopped process hears nothing else */
            tools_process_signal (&member->process, SIGCONT);
    }
}

static void crew_gone (tools_crew_t *self, unsigned roles, int64_t wait_ms, bool interruptible)
{
    int64_t deadline_ns = tools_now_ns () + wait_ms * millisecond_ns;
    uint32_t interrupts = self->interrupts;
    while (tools_crew_running (self, roles) > 0) {
        int64_t left_ms = (deadline_ns - tools_now_ns () + millisecond_ns - 1) / millisecond_ns;
        if (left_ms <= 0 || (interruptible && self->interrupts != interrupts))
            return;
        tools_crew_wait (self, left_ms);
    }
}

void tools_crew_stop (tools_crew_t *self, unsigned roles, int64_t grace_ms)
{
    crew_signal (self, roles, SIGTERM);
    crew_gone (self, roles, grace_ms, true);
    crew_signal (self, roles, SIGKILL);
    crew_gone (self, roles, KILL_WAIT_MS, false);
}

/*  Last lines --------------------------------------------------------------------------------- */

/*  Where the last `lines` lines of a text begin. */
static size_t tail_start (const char *data, size_t size_bytes, size_t lines)
{
    size_t at = size_bytes;
    if (at > 0 && data[at - 1] == '\n')
        at--;
    while (at > 0 && (data[at - 1] != '\n' || --lines > 0))
        at--;
    return at;
}

mst_err_t tools_crew_tail (const tools_member_t *member, size_t lines, base_buffer_t *out)
{
    char data[TAIL_BYTES];
    base_assert (lines > 0);
    int fd = open (member->output, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return base_error (MST_E_IO, "%s cannot be read: %s", member->output, strerror (errno));
    struct stat stat;
    ssize_t got = -1;
    if (fstat (fd, &stat) == 0)
        got = pread (fd, data, sizeof data,
                     stat.st_size > TAIL_BYTES ? stat.st_size - TAIL_BYTES : 0);
    (void) close (fd);
    if (got <= 0)
        return MST_OK;
    size_t start = tail_start (data, (size_t) got, lines);
    mst_err_t err = base_buffer_append (out, data + start, (size_t) got - start);
    if (!err && data[got - 1] != '\n')
        err = base_buffer_append (out, "\n", 1);
    return err;
}
