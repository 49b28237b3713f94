/*  The schedulers that never go back. */
#include "timemgmt/timewarp_own.h"
#include "base/error.h"

enum { WINDOW_SPINS = 200 }; /* before the processor is given away */

/*  Runs the smallest event for good. False: the model did wrong, or there is no memory. */
static bool sequential_run (timewarp_worker_t *self, uint32_t event, uint32_t target)
{
    timewarp_queue_pop (&self->queue);
    timewarp_forward (self, timewarp_process (self->run, target), event, TIMEWARP_OPEN);
    self->count.executed++;
    if (self->starved)
        timewarp_fail (self, TIMEWARP_WRONG_MEMORY, target, 0.0, 0);
    self->failed = self->failure.wrong != TIMEWARP_FINE;
    if (self->failed)
        return false;
    timewarp_commit (self, event);
    timewarp_release (self, event);
    return true;
}

void timewarp_run_sequential (timewarp_worker_t *self)
{
    timewarp_t *run = self->run;
    const timewarp_entry_t *top;
    while ((top = timewarp_queue_top (&self->queue)) != NULL && top->time < run->end)
        if (!sequential_run (self, top->event, top->target))
            return;
}

/*  Conservative ---------------------------------------------------------------------------------

    Windows: with the smallest pending key K of all, nothing that is run from now on can reach
    another process before time (K) + lookahead, nor before the generation after K's. So each
    worker runs its events before that bound, tells its smallest key, and the last to come to the
    barrier begins the next window. One barrier a window: what a worker sent counts with what it
    tells, and two tells are used by turns. */

static bool window_barrier (timewarp_worker_t *self)
{
    timewarp_t *run = self->run;
    uint64_t phase = atomic_load_explicit (&run->phase, memory_order_relaxed);
    if (atomic_fetch_add_explicit (&run->acks, 1, memory_order_acq_rel) + 1 ==
        run->options.workers) {
        atomic_store_explicit (&run->acks, 0, memory_order_relaxed);
        atomic_store_explicit (&run->phase, phase + 1, memory_order_release);
        return true;
    }
    for (uint32_t spins = 0; atomic_load_explicit (&run->phase, memory_order_acquire) == phase;) {
        if (atomic_load_explicit (&run->stop, memory_order_relaxed))
            return false;
        if (++spins % WINDOW_SPINS == 0)
            run->host.relax ();
        else
            __builtin_ia32_pause ();
    }
    return true;
}

/*  The smallest of what all tell; false: the run is over. */
static bool window_least (const timewarp_t *run, int turn, timewarp_key_t *least)
{
    bool failed = false;
    *least = timewarp_never;
    for (uint32_t i = 0; i < run->options.workers; i++) {
        const timewarp_tell_t *tell = &run->workers[i].tell[turn];
        failed = failed || tell->failed;
        if (timewarp_key_before (&tell->least, least))
            *least = tell->least;
    }
    return !failed && least->time < run->end;
}

static timewarp_key_t window_bound (const timewarp_t *run, const timewarp_key_t *least)
{
    timewarp_key_t bound = { least->time, ((least->tie >> 32) + 1) << 32, 0 };
    uint64_t ahead = timewarp_bits (timewarp_time (least->time) + run->model.lookahead);
    if (ahead > least->time)
        bound = (timewarp_key_t){ ahead, 0, 0 };
    if (bound.time >= run->end)
        bound = (timewarp_key_t){ run->end, 0, 0 };
    return bound;
}

/*  What this worker tells: the smallest key that it has or sent. */
static void window_tell (timewarp_worker_t *self, int turn)
{
    timewarp_tell_t *tell = &self->tell[turn];
    const timewarp_entry_t *top = timewarp_queue_top (&self->queue);
    timewarp_flush (self);
    tell->least = self->least_sent;
    tell->failed = self->failed;
    self->least_sent = timewarp_never;
    if (!top)
        return;
    timewarp_key_t key = timewarp_key (timewarp_event (self->run, top->event));
    if (timewarp_key_before (&key, &tell->least))
        tell->least = key;
}

void timewarp_run_conservative (timewarp_worker_t *self)
{
    timewarp_t *run = self->run;
    timewarp_key_t least;

    for (int turn = 0;; turn = 1 - turn) {
        window_tell (self, turn);
        if (!window_barrier (self) || !window_least (run, turn, &least))
            return;
        timewarp_key_t bound = window_bound (run, &least);
        timewarp_drain (self);
        self->count.gvts++;
        for (;;) {
            const timewarp_entry_t *top = timewarp_queue_top (&self->queue);
            if (!top || top->time > bound.time ||
                (top->time == bound.time &&
                 !timewarp_before (timewarp_event (run, top->event), &bound)) ||
                !sequential_run (self, top->event, top->target))
                break;
        }
    }
}
