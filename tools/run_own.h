/*  What the files of the runner share. */
#ifndef TOOLS_RUN_OWN_H
#define TOOLS_RUN_OWN_H

#include "tools/crew.h"
#include "tools/progress.h"
#include "tools/run.h"
#include "tools/status.h"
#include "tools/watch.h"

enum { RUN_TEXT_SIZE = 1024 };

typedef struct run {
    const tools_plan_t *plan;
    const tools_run_options_t *options;
    tools_outcome_t *outcome;
    tools_crew_t crew;
    char *folder; /* what everybody prints; kept after a failure */
    char *rti;    /* endpoint */
    bool created; /* the federation execution is ours to destroy */
    tools_watch_t *watch;
    tools_rate_t rate;
    base_buffer_t json;
    int64_t started_ns;       /* all federates were */
    int64_t told_ns;          /* progress was, last */
    int64_t told;             /* the federation time then */
    int64_t required_gone_ns; /* when the last required federate ended; 0: not yet */
    size_t failed;            /* federates, required ones */
    size_t complaints;        /* about so many it was told */
    size_t told_width;        /* of the bar on the terminal */
} run_t;

/*  run_start.c */
mst_err_t run_start (run_t *self);

/*  run_watch.c: the federation's time, for people. */
void run_progress (run_t *self);
void run_progress_end (run_t *self);
/*  The RTI's last word: results and migrations. */
mst_err_t run_results (run_t *self);
/*  Are they as the scenario expects? MST_E_DIFFERS with a line for each that is not. */
mst_err_t run_expect (run_t *self);

#endif
