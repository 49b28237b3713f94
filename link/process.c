/*  /proc, read with plain system calls. */
#include "link/process.h"
#include "base/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char process_host[LINK_HOST_TEXT_SIZE];
static pthread_once_t process_host_once = PTHREAD_ONCE_INIT;

/*  The file's first bytes up to a line's end, zero-terminated; false when there are none. */
static bool link_process_read (const char *path, char *text, size_t text_size)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read (fd, text, text_size - 1);
    (void) close (fd);
    if (got <= 0)
        return false;
    text[got] = '\0';
    text[strcspn (text, "\n")] = '\0';
    return true;
}

static void link_process_find_host (void)
{
    char boot[40]; /* a UUID has 36 characters */
    struct stat space;

    if (link_process_read ("/proc/sys/kernel/random/boot_id", boot, sizeof boot) &&
        stat ("/proc/self/ns/pid", &space) == 0)
        (void) snprintf (process_host, sizeof process_host, "%s/%lu", boot,
                         (unsigned long) space.st_ino);
    else if (gethostname (process_host, sizeof process_host) != 0)
        (void) snprintf (process_host, sizeof process_host, "?");
    process_host[sizeof process_host - 1] = '\0';
}

const char *link_process_host (void)
{
    base_assert (pthread_once (&process_host_once, link_process_find_host) == 0);
    return process_host;
}

uint32_t link_process_id (void)
{
    return (uint32_t) getpid ();
}

void link_process_name (char name[LINK_PROCESS_NAME_SIZE])
{
    if (!link_process_read ("/proc/self/comm", name, LINK_PROCESS_NAME_SIZE))
        (void) snprintf (name, LINK_PROCESS_NAME_SIZE, "?");
}

/*  A process that ends closes its files before it is gone: so whoever sees a connection close may
   look too early. The kernel says so beforehand, in the flags: " ppid pgrp session tty tpgid
   flags". */
static bool link_process_is_ending (const char *after_state)
{
    enum { FLAG_EXITING = 4 }; /* PF_EXITING of the kernel's linux/sched.h */
    unsigned flags = 0;
    return sscanf (after_state, " %*d %*d %*d %*d %*d %u", &flags) == 1 &&
           (flags & FLAG_EXITING) != 0;
}

link_process_state_t link_process_state (uint32_t process)
{
    char path[32], text[512];
    (void) snprintf (path, sizeof path, "/proc/%u/stat", process);
    if (!link_process_read (path, text, sizeof text))
        return LINK_PROCESS_GONE;

    /*  "123 (any name, even with ) in it) S …": the state follows the last parenthesis. */
    const char *state = strrchr (text, ')');
    if (!state || state[1] != ' ')
        return LINK_PROCESS_RUNNING;
    switch (state[2]) {
    case 'T':
    case 't': return LINK_PROCESS_STOPPED;
    case 'Z':
    case 'X':
    case 'x': return LINK_PROCESS_GONE;
    default: return link_process_is_ending (state + 3) ? LINK_PROCESS_GONE : LINK_PROCESS_RUNNING;
    }
}

int link_process_cores (void)
{
    cpu_set_t cores;
    if (sched_getaffinity (0, sizeof cores, &cores) != 0)
        return 1;
    int count = CPU_COUNT (&cores);
    return count > 0 ? count : 1;
}

bool link_process_may_write (int fd)
{
    struct pollfd out = { fd, POLLOUT, 0 };
    return poll (&out, 1, 0) != 0; /* also where writing fails at once */
}

void link_process_raise_files (void)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void) setrlimit (RLIMIT_NOFILE, &limit);
}
