/*  <muster/timewarp.h>: lends the kernel (timemgmt/timewarp.h) threads and a clock. */
#include "timemgmt/timewarp.h"
#include "base/alloc.h"
#include "base/error.h"
#include "link/clock.h"
#include "link/thread.h"

#include <stdio.h>

static uint64_t timewarp_clock_ns (void)
{
    return (uint64_t) link_clock_ns ();
}

static const timewarp_host_t timewarp_host = { link_thread_yield, timewarp_clock_ns };

typedef struct timewarp_crew {
    timewarp_t *run;
    uint32_t index;
    link_thread_t thread;
} timewarp_crew_t;

static void timewarp_member (void *argument)
{
    timewarp_crew_t *member = argument;
    timewarp_work (member->run, member->index);
}

/*  The caller is worker 0. Without a thread the others stop. */
static mst_err_t timewarp_crew (timewarp_t *run, timewarp_crew_t *crew)
{
    uint32_t count = timewarp_workers (run), started = 1;
    mst_err_t err = MST_OK;
    while (!err && started < count) {
        char name[16];
        crew[started] = (timewarp_crew_t){ .run = run, .index = started };
        (void) snprintf (name, sizeof name, "warp %u", started);
        err = link_thread_start (&crew[started].thread, name, timewarp_member, &crew[started]);
        started += !err;
    }
    if (err)
        timewarp_stop (run);
    else
        timewarp_work (run, 0);
    for (uint32_t i = 1; i < started; i++)
        link_thread_join (&crew[i].thread);
    return err;
}

static mst_err_t timewarp_all (timewarp_t *run)
{
    timewarp_crew_t *crew = base_calloc (timewarp_workers (run), sizeof *crew);
    mst_err_t err = crew ? timewarp_crew (run, crew) : base_alloc_error ();
    base_free (crew);
    return err;
}

/*  The first error's text is the one to be told. */
static mst_err_t timewarp_end (timewarp_t **run, mst_err_t err, mst_timewarp_result_t *result)
{
    mst_timewarp_result_t own;
    if (!err)
        err = timewarp_finish (*run, result ? result : &own);
    timewarp_destroy (run);
    return err;
}

mst_err_t mst_timewarp_run (const mst_timewarp_model_t *model,
                            const mst_timewarp_options_t *options, mst_timewarp_result_t *result)
{
    timewarp_t *run;
    if (!model || !options)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_timewarp_run needs a model and options");
    if (result)
        *result = (mst_timewarp_result_t){ 0 };
    mst_err_t err = timewarp_new (model, options, &timewarp_host, &run);
    return err ? err : timewarp_end (&run, timewarp_all (run), result);
}

mst_err_t mst_timewarp_check (const mst_timewarp_model_t *model,
                              const mst_timewarp_options_t *options, mst_timewarp_result_t *result)
{
    timewarp_t *run;
    if (!model || !options)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_timewarp_check needs a model and options");
    if (result)
        *result = (mst_timewarp_result_t){ 0 };
    mst_timewarp_options_t plain = *options;
    plain.scheduler = MST_TIMEWARP_SEQUENTIAL;
    plain.workers = 1;
    mst_err_t err = timewarp_new (model, &plain, &timewarp_host, &run);
    return err ? err : timewarp_end (&run, timewarp_verify (run), result);
}
