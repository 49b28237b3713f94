/*  A run: RTI, recorder and federates of a plan, each a process, from the first to the last. */
#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

#include "tools/plan.h"
#include "tools/summary.h"

/*  How much is told on standard error while it runs. */
typedef enum tools_telling {
    TOOLS_TELL_NOTHING,
    TOOLS_TELL_LINES, /* a line every few seconds */
    TOOLS_TELL_BAR    /* one line that changes: a terminal */
} tools_telling_t;

typedef struct tools_run_options {
    const char *rti;    /* an endpoint; NULL: a new RTI of our own */
    const char *record; /* the recording's file; NULL: none */
    const char *output; /* a folder for what everybody prints, made if need be; NULL: a temporary
                           one, which goes after a good run */
    const char *listen; /* where our RTI listens; NULL: at a free port of this machine */
    double pace;        /* logical seconds per second; 0: as fast as it goes */
    tools_telling_t telling;
} tools_run_options_t;

typedef struct tools_outcome {
    tools_summary_t summary; /* points into the plan, the options and `results` */
    tools_results_t results;
    base_buffer_t
        complaint; /* lines about who failed and what they printed last; empty when good */
} tools_outcome_t;

/*  Do plan and options fit together? MST_E_CONFIG. */
mst_err_t tools_run_check (const tools_plan_t *plan, const tools_run_options_t *options);

/*  Runs it to the end. The outcome is filled as far as it went, also after an error; it is given
   back with tools_outcome_fini. Errors: MST_E_IO (a federate failed, a recording could not be
   written …), MST_E_CONNECTION_LOST (the RTI is gone), MST_E_DIFFERS (a result is not as expected),
   MST_E_CALL_NOT_ALLOWED (interrupted), those of starting. */
mst_err_t tools_run (const tools_plan_t *plan, const tools_run_options_t *options,
                     tools_outcome_t *outcome);
void tools_outcome_fini (tools_outcome_t *self);

#endif
