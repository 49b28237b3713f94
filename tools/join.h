/*  A federate without programming: what it hears goes out as JSON lines, what it is to do comes in
   as JSON lines. The lines are described in docs/commands/join.md.

    By <muster/muster.h> alone, with immediate callbacks: the library's thread writes what comes,
   the caller's thread reads what is to be done. */
#ifndef TOOLS_JOIN_H
#define TOOLS_JOIN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/muster.h>

enum { TOOLS_JOIN_NAMES_MAX = 64 }; /* classes to subscribe, to publish, and modules, each */

typedef struct tools_join_names {
    const char *items[TOOLS_JOIN_NAMES_MAX];
    size_t count;
} tools_join_names_t;

typedef struct tools_join_options {
    const char *rti;
    const char *federation;
    const char *name; /* of this federate; NULL: made up */
    tools_join_names_t modules;
    tools_join_names_t
        subscribe; /* "Class", "Class.attribute,…"; "*": all but the standard's own */
    tools_join_names_t publish;
    bool constrained;
    bool regulating;
    bool input;  /* reads lines even when nothing is published */
    bool strict; /* the first line that is refused ends it */
    mst_time_t lookahead;
    mst_time_t step;    /* asks for its time by itself, so far each time; 0: does not */
    mst_time_t until;   /* ends when time gets there; MST_TIME_NONE: does not */
    const char *point;  /* synchronizes there before time goes on and lines are read */
    size_t federates;   /* when so many are joined */
    uint64_t count;     /* ends after so many reflections and interactions; 0: does not */
    int64_t timeout_ms; /* ends then; 0: does not */
    int in;             /* file descriptors */
    int out;
    volatile sig_atomic_t *stop; /* set, with a byte to wake, by a signal handler */
    int wake;                    /* read end of a pipe; a byte there ends the waiting */
    void (*complain) (void *user, const char *text); /* a line that was refused, and why */
    void *user;
} tools_join_options_t;

typedef struct tools_joined {
    uint64_t messages; /* reflections and interactions */
    uint64_t lines;    /* read */
    uint64_t refused;  /* of them */
    bool short_of;     /* the time ran out before `count` messages */
} tools_joined_t;

/*  Joins, and stays until something ends it: the end of the lines (where it reads them), `until`,
    `count`, `timeout_ms`, a signal, a reader of `out` that went away. Then it resigns and its
   objects go with it. Errors: those of joining and declaring; MST_E_CONNECTION_LOST; with `strict`
   that of the first line that was refused. */
mst_err_t tools_join (const tools_join_options_t *options, tools_joined_t *joined);

#endif
