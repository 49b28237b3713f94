/*  The processes of a run, and the signals to ourselves, in one loop: whoever waits here drains
   every pipe, sees every end and every Ctrl-C.

    Thread rule: one thread, which is the program's main thread. */
#ifndef TOOLS_CREW_H
#define TOOLS_CREW_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/buffer.h"
#include "base/list.h"
#include "tools/guard.h"
#include "tools/process.h"

typedef enum tools_role {
    TOOLS_RTI = 1,
    TOOLS_RECORDER = 2,
    TOOLS_FEDERATE = 4,
    TOOLS_PACER = 8
} tools_role_t;

typedef struct tools_member {
    tools_process_t process;
    tools_role_t role;
    char *name;
    char *output; /* path of the file with what it prints */
    int output_fd;
    base_buffer_t line; /* piped: the line that is not ended yet */
    char *ready;        /* piped: its first line, once it came */
    bool required;      /* its failure is the run's */
    bool stop;          /* its failure ends the run at once */
    bool ending;        /* asked to end: the code says nothing */
    bool seen;          /* its end was dealt with */
} tools_member_t;

typedef struct tools_crew {
    BASE_LIST (tools_member_t *) members;
    BASE_LIST (struct pollfd) polls;
    sigset_t before;     /* our signal mask without the crew */
    int signals;         /* a signalfd; -1 */
    tools_guard_t guard; /* who kills the federates when we are killed; from the first one on */
    int interrupt;       /* the last SIGINT, SIGTERM or SIGHUP that came; 0: none */
    uint32_t interrupts; /* how many */
} tools_crew_t;

/*  From here on SIGINT, SIGTERM and SIGHUP are only noted. Errors: MST_E_IO. */
mst_err_t tools_crew_init (tools_crew_t *self);
/*  Kills who still runs. */
void tools_crew_fini (tools_crew_t *self);

/*  What a member is, before it is started. The texts are only looked at. */
typedef struct tools_enlist {
    tools_role_t role;
    const char *name;
    const char *output;
    const char *program;
    const char *const *argv;
    const tools_environment_t *environment;
    const char *folder;
    bool piped;
    bool required;
    bool stop;
} tools_enlist_t;

/*  Starts a member; it stays at its place until the end. Errors: MST_E_IO, MST_E_NO_MEMORY. */
mst_err_t tools_crew_start (tools_crew_t *self, const tools_enlist_t *enlist,
                            tools_member_t **member);

/*  Waits until something happened (a member ended or wrote by a pipe, a signal came), but not
   longer than timeout_ms, and takes it all in. */
void tools_crew_wait (tools_crew_t *self, int64_t timeout_ms);

/*  Waits for the first line of a piped member. Errors: MST_E_TIMEOUT, MST_E_IO (it ended before),
    MST_E_CALL_NOT_ALLOWED (interrupted). */
mst_err_t tools_crew_ready (tools_crew_t *self, tools_member_t *member, int64_t timeout_ms);

/*  Members of these roles (a mask) that still run. */
size_t tools_crew_running (const tools_crew_t *self, unsigned roles);

/*  Asks them to end, waits, and kills those that are not gone after grace_ms or at a further
 * Ctrl-C. */
void tools_crew_stop (tools_crew_t *self, unsigned roles, int64_t grace_ms);

/*  The last lines of what a member printed, at most `lines`, appended to the buffer. */
mst_err_t tools_crew_tail (const tools_member_t *member, size_t lines, base_buffer_t *out);

/*  A clock that only goes forward. */
int64_t tools_now_ns (void);

#endif
