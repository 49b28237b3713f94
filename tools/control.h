/*  Commands to what plays: keys of a terminal, lines of any other standard input, and the signal
    SIGUSR1, which pauses and goes on.

    Thread rule: one at a time in a process, in its main thread. */
#ifndef TOOLS_CONTROL_H
#define TOOLS_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

typedef enum tools_command {
    TOOLS_COMMAND_NONE,
    TOOLS_COMMAND_STEP,  /* "", "n", "12": so many steps */
    TOOLS_COMMAND_PAUSE, /* "p", the space bar: pauses, or goes on */
    TOOLS_COMMAND_GO,    /* "g": leaves the steps, goes on */
    TOOLS_COMMAND_FASTER,
    TOOLS_COMMAND_SLOWER,
    TOOLS_COMMAND_END, /* "q", or the end of the input */
    TOOLS_COMMAND_UNKNOWN
} tools_command_t;

typedef struct tools_control {
    bool on;       /* standard input is listened to */
    bool terminal; /* by keys */
    bool changed;  /* the terminal is, and is to be put back */
    bool ended;
    struct termios before;
    char line[64];
    uint32_t length;
} tools_control_t;

/*  Listens to standard input if it is a terminal that this process may read, or if `lines` says so,
    and to SIGUSR1 always. */
void tools_control_init (tools_control_t *self, bool lines);
/*  Puts the terminal back. */
void tools_control_fini (tools_control_t *self);

/*  The next command, if there is one by now; never waits. *count is the number of steps. */
tools_command_t tools_control_take (tools_control_t *self, uint32_t *count);

/*  What a line says. Pure. */
tools_command_t tools_control_parse (const char *line, uint32_t *count);

#endif
