/*  What the files of the runner share. */
#ifndef TOOLS_RUN_OWN_H
#define TOOLS_RUN_OWN_H

#include "tools/crew.h"
#include "tools/progress.h"
#include "tools/run.h"
#include "tools/status.h"
#include "tools/watch.h"

enum { RUN_TEXT_SIZE = 1024 };

/*  What the RTI says of a member of the plan. */
typedef struct run_presence {
    bool joined; /* now or before */
    bool left;
    bool lost;
    bool seen; /* its loss was dealt with */
    int looks; /* of the RTI that came since its process ended */
    bool warned;
} run_presence_t;

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
    run_presence_t *presence; /* of each member of the plan */
} run_t;

/*  run_start.c */
mst_err_t run_start (run_t *self);

/*  run_remote.c: federates that are started elsewhere, and who has not come in time. */
mst_err_t run_remote_start (run_t *self, size_t index, const tools_environment_t *environment);
void run_presence_take (run_t *self, const tools_status_t *status);
/*  Warns of required federates that ended well and have not joined. last: no further look comes. */
void run_absent_warn (run_t *self, bool last);
/*  What is returned ends the run. */
mst_err_t run_presence_look (run_t *self);
/*  Required remote ones that have not left yet. */
size_t run_remote_expected (const run_t *self);
/*  Warns of required ones whose programs ended well without having joined. */
/*  Names of who has not joined, with commas between. */
mst_err_t run_missing_names (const run_t *self, base_buffer_t *out, size_t *count);

/*  run_watch.c: the federation's time, for people. */
void run_progress (run_t *self);
void run_progress_end (run_t *self);
/*  The RTI's last word: results and migrations. */
mst_err_t run_results (run_t *self);
/*  Are they as the scenario expects? MST_E_DIFFERS with a line for each that is not. */
mst_err_t run_expect (run_t *self);

#endif
