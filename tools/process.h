/*  Starting other programs and seeing them end. A child is the leader of its own process group, so
    that a signal reaches what it started in turn, and gets a signal when we die.

    Thread rule: the thread that starts a child outlives it (its death would end the child). */
#ifndef TOOLS_PROCESS_H
#define TOOLS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <muster/error.h>
#include "base/list.h"

/*  What a program is given beside its arguments: this process's environment, with changes. */
typedef struct tools_environment {
    BASE_LIST (char *) items; /* "KEY=value", NULL at the end once complete */
} tools_environment_t;

mst_err_t tools_environment_init (tools_environment_t *self); /* a copy of ours */
void tools_environment_fini (tools_environment_t *self);
mst_err_t tools_environment_set (tools_environment_t *self, const char *key, const char *value);

typedef struct tools_start {
    const char *program;     /* a path */
    const char *const *argv; /* NULL at the end; [0] is what the program calls itself */
    const tools_environment_t *environment;
    const char *folder; /* it runs there; NULL: here */
    int output;         /* takes its standard error, and its standard output unless piped */
    bool piped;         /* its standard output comes by a pipe */
    int death_signal;   /* what it gets when we die */
} tools_start_t;

typedef struct tools_process {
    pid_t pid; /* 0: never started */
    int pidfd; /* readable when it has ended; -1: collected */
    int out;   /* non-blocking end of the pipe; -1: none */
    bool ended;
    int code; /* when ended; minus the number of the signal that ended it */
} tools_process_t;

/*  Errors: MST_E_IO (which program, why). */
mst_err_t tools_process_start (tools_process_t *self, const tools_start_t *start);

/*  True when it has ended; then `code` stands, and what it started and left behind in its group is
   killed. Does not wait. */
bool tools_process_collect (tools_process_t *self);

/*  To the child and what it started. One that has ended gets nothing. */
void tools_process_signal (tools_process_t *self, int signal);

/*  Kills it when it still runs, collects it, closes what is open. */
void tools_process_fini (tools_process_t *self);

enum { TOOLS_END_TEXT_SIZE = 64 };

/*  "ended with code 3", "was killed by signal 9 (Killed)". */
const char *tools_process_end_text (char text[TOOLS_END_TEXT_SIZE], int code);

#endif
