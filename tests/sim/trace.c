#include "tests/sim/trace.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sim_trace_init (sim_trace_t *self, bool on, bool verbose)
{
    *self = (sim_trace_t){ .on = on || verbose, .verbose = verbose };
    if (self->on)
        self->lines = calloc (SIM_TRACE_LINES, sizeof *self->lines);
}

void sim_trace_fini (sim_trace_t *self)
{
    free (self->lines);
    self->lines = NULL;
}

void sim_trace_line (sim_trace_t *self, int64_t now_ns, const char *who, const char *format, ...)
{
    char text[SIM_TRACE_BYTES - 40];
    va_list args;

    if (!self->on || !self->lines)
        return;
    va_start (args, format);
    (void) vsnprintf (text, sizeof text, format, args);
    va_end (args);
    char *line = self->lines[self->count++ % SIM_TRACE_LINES];
    (void) snprintf (line, SIM_TRACE_BYTES, "%12.6f %-4s %s", (double) now_ns / 1e9, who, text);
    if (self->verbose)
        (void) puts (line);
}

void sim_trace_tail (const sim_trace_t *self)
{
    if (!self->on || self->verbose)
        return;
    uint64_t first = self->count > SIM_TRACE_LINES ? self->count - SIM_TRACE_LINES : 0;
    for (uint64_t i = first; i < self->count; i++)
        (void) puts (self->lines[i % SIM_TRACE_LINES]);
}

static char abort_story[256];

static void tell_abort (int number)
{
    (void) !write (STDERR_FILENO, abort_story, strlen (abort_story));
    (void) signal (number, SIG_DFL);
}

void sim_trace_abort_story (const char *story)
{
    (void) snprintf (abort_story, sizeof abort_story, "%s\n", story);
    (void) signal (SIGABRT, tell_abort);
    (void) signal (SIGSEGV, tell_abort);
}
