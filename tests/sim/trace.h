/*  What happened, line by line, in virtual time. Kept only when asked: a run repeats exactly, so
   what failed is run again with the trace on. */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdbool.h>
#include <stdint.h>

enum { SIM_TRACE_LINES = 120, SIM_TRACE_BYTES = 200 };

typedef struct sim_trace {
    bool on;      /* keep the last lines */
    bool verbose; /* and print all */
    uint64_t count;
    char (*lines)[SIM_TRACE_BYTES];
} sim_trace_t;

void sim_trace_init (sim_trace_t *self, bool on, bool verbose);
void sim_trace_fini (sim_trace_t *self);
void sim_trace_line (sim_trace_t *self, int64_t now_ns, const char *who, const char *format, ...)
    __attribute__ ((format (printf, 4, 5)));
void sim_trace_tail (const sim_trace_t *self);

/*  An assertion of the code under test ends the process: says first which seed it was. */
void sim_trace_abort_story (const char *story);

#endif
