/*  The kernel of <muster/timewarp.h>, without threads and clocks: whoever runs it gives each worker
    a thread and lends the two things that a pure folder cannot have.

        timewarp_new      checks model and options, runs the inits
        timewarp_work     one call per worker, each on a thread of its own; returns at the end
        timewarp_finish   when all have returned: finals, digest, the error if there was one

    Thread rule: timewarp_work by the workers at once, timewarp_stop by anybody, the rest by one
    thread while none works. */
#ifndef TIMEMGMT_TIMEWARP_H
#define TIMEMGMT_TIMEWARP_H

#include <stdbool.h>
#include <muster/timewarp.h>

typedef struct timewarp timewarp_t;

typedef struct timewarp_host {
    void (*relax) (void);        /* lets another thread have the processor */
    uint64_t (*clock_ns) (void); /* for costs that are measured; changes no result */
} timewarp_host_t;

/*  Errors: those of mst_timewarp_run; *self is NULL then. */
mst_err_t timewarp_new (const mst_timewarp_model_t *model, const mst_timewarp_options_t *options,
                        const timewarp_host_t *host, timewarp_t **self);
void timewarp_destroy (timewarp_t **self);

uint32_t timewarp_workers (const timewarp_t *self);
void timewarp_work (timewarp_t *self, uint32_t worker);
/*  One turn of timewarp_work of an optimistic scheduler, so that one thread can take the workers'
    turns in any order. False: the run is over for this worker. */
bool timewarp_turn (timewarp_t *self, uint32_t worker);
void timewarp_stop (timewarp_t *self); /* all workers return soon */

/*  Errors: what stopped the run. */
mst_err_t timewarp_finish (timewarp_t *self, mst_timewarp_result_t *result);

/*  Instead of timewarp_work, of a run with one worker: mst_timewarp_check. */
mst_err_t timewarp_verify (timewarp_t *self);

#endif
