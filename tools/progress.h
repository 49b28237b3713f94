/*  One line that says how far a run is. Pure: the numbers and the width come in. */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tools_progress {
    bool timed;       /* the federation has a time; else only joined counts */
    int64_t now;      /* federation time, in units */
    int64_t start;    /* where it began; the scenario's end */
    int64_t end;      /* <= start: without end */
    int64_t step;     /* > 0 */
    const char *when; /* the time as people say it, "1994-03-01" or "12 s"; NULL: the number */
    size_t joined;
    size_t federates; /* who are to join */
    uint64_t migrations;
    double steps_per_s;
} tools_progress_t;

enum { TOOLS_PROGRESS_SIZE = 256 };

/*  "[#####.....]  50 %  step 1826 of 3652  1999-02-17  297 steps/s  8012 migrations", cut to
   `width` columns (0: as long as it is, and without the bar). */
const char *tools_progress_text (char text[TOOLS_PROGRESS_SIZE], const tools_progress_t *self,
                                 size_t width);

/*  A time as people say it: the date, when the scenario has one (start_ns is not 0), to the second
   when its units are finer than days; else the duration, "12 s"; NULL when neither can be said. */
enum { TOOLS_WHEN_SIZE = 40 };
const char *tools_when_text (char text[TOOLS_WHEN_SIZE], int64_t start_ns, int64_t unit_ns,
                             int64_t step, int64_t now);

/*  Steps per second over the last seconds, from what it was told when. */
enum { TOOLS_RATE_POINTS = 16 };
typedef struct tools_rate {
    int64_t at_ns[TOOLS_RATE_POINTS];
    int64_t steps[TOOLS_RATE_POINTS];
    size_t count; /* told so far */
} tools_rate_t;

double tools_rate (tools_rate_t *self, int64_t now_ns, int64_t steps);

#endif
