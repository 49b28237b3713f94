/*  A process that outlives its maker for a moment: when the maker dies, however it dies, it kills
   the process groups that it was told of, so that a federate started by a shell script ends, too.

    Thread rule: one thread. */
#ifndef TOOLS_GUARD_H
#define TOOLS_GUARD_H

#include <stdbool.h>
#include <sys/types.h>
#include <muster/error.h>

typedef struct tools_guard {
    pid_t pid; /* 0: none */
    int fd;    /* it sees the end of this pipe when we are gone */
} tools_guard_t;

/*  Errors: MST_E_IO. */
mst_err_t tools_guard_start (tools_guard_t *self);

/*  A process group to watch, or to watch no longer. */
void tools_guard_tell (tools_guard_t *self, pid_t group, bool watch);

/*  The maker ends in good order: nobody is killed. */
void tools_guard_stop (tools_guard_t *self);

#endif
