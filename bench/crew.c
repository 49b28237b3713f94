/*  Processes for a measurement, pinned, with a page of shared memory between them. */
#include "bench/bench.h"

#include <linux/futex.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double bench_seconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

static void pin (int index)
{
    cpu_set_t set;
    long cores = sysconf (_SC_NPROCESSORS_ONLN);
    CPU_ZERO (&set);
    CPU_SET ((size_t) (index % (int) cores), &set);
    (void) sched_setaffinity (0, sizeof set, &set);
}

_Noreturn void bench_fail (bench_shared_t *shared, const char *what)
{
    if (shared->failure[0] == '\0')
        (void) snprintf (shared->failure, sizeof shared->failure, "%s", what);
    _exit (1);
}

void bench_say_ready (bench_shared_t *shared)
{
    __atomic_fetch_add (&shared->ready, 1, __ATOMIC_SEQ_CST);
    (void) syscall (SYS_futex, &shared->ready, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

void bench_wait_ready (bench_shared_t *shared, uint32_t count)
{
    for (;;) {
        uint32_t now = __atomic_load_n (&shared->ready, __ATOMIC_SEQ_CST);
        if (now >= count)
            return;
        (void) syscall (SYS_futex, &shared->ready, FUTEX_WAIT, now, NULL, NULL, 0);
    }
}

static pid_t start (const bench_case_t *self, bench_shared_t *shared, bench_member_t *member,
                    int index)
{
    pid_t parent = getpid ();
    pid_t child = fork ();
    if (child != 0)
        return child;
    (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (getppid () != parent)
        _exit (1);
    pin (index);
    member (self, shared, index);
    _exit (0);
}

bool bench_show_cpu;

static double seconds_of (struct timeval time)
{
    return (double) time.tv_sec + (double) time.tv_usec * 1e-6;
}

/*  The processor's time is steadier than the clock's on a machine that does other things, too. */
static void show_cpu (const bench_case_t *self, int member, const struct rusage *usage)
{
    if (bench_show_cpu && member >= 0)
        fprintf (stderr, "%s: member %d: user %.3f s, system %.3f s, %ld switches, %ld faults\n",
                 self->name, member, seconds_of (usage->ru_utime), seconds_of (usage->ru_stime),
                 usage->ru_nvcsw + usage->ru_nivcsw, usage->ru_minflt);
}

/*  Waits for all; one that fails ends the others. */
static bool finish (const bench_case_t *self, pid_t *crew, int count)
{
    bool good = true;
    for (int left = count; left > 0; left--) {
        int status, member = -1;
        struct rusage usage;
        pid_t ended = wait4 (-1, &status, 0, &usage);
        bool failed = ended < 0 || !WIFEXITED (status) || WEXITSTATUS (status) != 0;
        for (int i = 0; i < count; i++)
            if (crew[i] == ended) {
                crew[i] = 0;
                member = i;
            }
        show_cpu (self, member, &usage);
        if (!failed)
            continue;
        good = false;
        for (int i = 0; i < count; i++)
            if (crew[i] > 0)
                (void) kill (crew[i], SIGKILL);
    }
    return good;
}

double bench_crew (const bench_case_t *self, bench_member_t *const *members, int count)
{
    pid_t crew[BENCH_CREW_MAX];

    bench_shared_t *shared =
        mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return NAN;
    fflush (NULL);
    for (int i = 0; i < count; i++)
        crew[i] = start (self, shared, members[i], i);
    bool good = finish (self, crew, count);
    double result = good ? shared->result : NAN;
    if (!good)
        fprintf (stderr, "muster-bench: %s: %s\n", self->name,
                 shared->failure[0] ? shared->failure : "a process of it ended badly");
    (void) munmap (shared, sizeof *shared);
    return result;
}
