/*  A run from its beginning to its end: memory, inits, workers, finals. */
#include "timemgmt/timewarp_own.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stddef.h>

enum { RUN_LINE = 64, RUN_EVENTS_MIN = 1024, RUN_ALIGN = 8 };

static size_t run_round (size_t bytes, size_t to)
{
    return (bytes + to - 1) / to * to;
}

/*  Memory ---------------------------------------------------------------------------------------
 */

static mst_err_t run_pools (timewarp_t *self)
{
    const mst_timewarp_model_t *model = &self->model;
    self->undo_at = sizeof (timewarp_event_t) + run_round (model->data_bytes, RUN_ALIGN);
    size_t event = run_round (self->undo_at + model->undo_bytes, RUN_LINE / 4);
    size_t save = run_round (model->state_bytes + 2 * sizeof (uint32_t), RUN_LINE / 4);
    size_t each = event + (self->copies ? save : 0);
    size_t count = self->options.memory_bytes / each;

    if (count < RUN_EVENTS_MIN)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "memory_bytes is %zu; this model needs at least %zu",
                           self->options.memory_bytes, RUN_EVENTS_MIN * each);
    if (count >= TIMEWARP_NONE)
        count = TIMEWARP_NONE - 1;
    mst_err_t err = timewarp_pool_init (&self->events, event, offsetof (timewarp_event_t, next),
                                        (uint32_t) count, self->host.relax);
    if (!err && self->copies)
        err = timewarp_pool_init (&self->saves, save, 0, (uint32_t) count, self->host.relax);
    return err;
}

static mst_err_t run_worker (timewarp_t *self, uint32_t index)
{
    timewarp_worker_t *worker = &self->workers[index];
    mst_err_t err = timewarp_queue_init (&worker->queue, &self->events);
    worker->run = self;
    worker->index = index;
    worker->parcels = base_alloc (self->options.workers * sizeof *worker->parcels);
    if (!worker->parcels)
        return base_alloc_error ();
    if (self->options.scheduler >= MST_TIMEWARP_OPTIMISTIC && !self->copies) {
        worker->trail = base_alloc (TIMEWARP_TRAIL * sizeof *worker->trail);
        if (!worker->trail)
            return base_alloc_error ();
    }
    for (uint32_t i = 0; i < self->options.workers; i++)
        worker->parcels[i].first = TIMEWARP_NONE;
    worker->current = worker->cancels = worker->stalled = TIMEWARP_NONE;
    worker->least_sent = timewarp_never;
    worker->queue.processes = self->processes;
    worker->queue.process_bytes = self->process_bytes;
    worker->window = self->options.scheduler == MST_TIMEWARP_BOUNDED ? self->options.window
                                                                     : self->model.lookahead;
    worker->interval =
        self->options.checkpoint_interval > 0 ? self->options.checkpoint_interval : 1;
    atomic_init (&worker->inbox, TIMEWARP_NONE);
    atomic_init (&worker->withdrawn, TIMEWARP_NONE);
    atomic_init (&worker->local, 0);
    return err;
}

static mst_err_t run_workers (timewarp_t *self)
{
    mst_err_t err = MST_OK;
    uint32_t workers = self->options.workers;
    self->workers = base_calloc (workers, sizeof *self->workers);
    if (!self->workers)
        return base_alloc_error ();
    for (uint32_t i = 0; i < workers; i++) {
        mst_err_t one = run_worker (self, i);
        err = err ? err : one;
    }
    return err;
}

static uint64_t run_mix (uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static mst_err_t run_processes (timewarp_t *self)
{
    uint32_t count = self->model.processes;
    self->process_bytes =
        run_round (sizeof (mst_timewarp_process_t) + self->model.state_bytes, RUN_LINE);
    self->process_memory = base_calloc (1, count * self->process_bytes + RUN_LINE);
    if (!self->process_memory)
        return base_alloc_error ();
    uintptr_t start = (uintptr_t) self->process_memory;
    self->processes = (uint8_t *) self->process_memory + (RUN_LINE - start % RUN_LINE) % RUN_LINE;
    return MST_OK;
}

static void run_assign (timewarp_t *self)
{
    for (uint32_t id = 0; id < self->model.processes; id++) {
        mst_timewarp_process_t *process = timewarp_process (self, id);
        timewarp_worker_t *worker = &self->workers[timewarp_owner (self, id)];
        process->random = run_mix (run_mix (self->options.seed) + id + 1);
        process->worker = worker;
        process->first = process->latest = TIMEWARP_NONE;
        process->id = id;
        worker->begin = worker->end == 0 ? id : worker->begin;
        worker->end = id + 1;
    }
}

/*  Beginning ------------------------------------------------------------------------------------
 */

static mst_err_t run_inits (timewarp_t *self)
{
    for (uint32_t id = 0; self->model.init && id < self->model.processes; id++) {
        mst_timewarp_process_t *process = timewarp_process (self, id);
        timewarp_worker_t *worker = process->worker;
        worker->mode = TIMEWARP_OPEN;
        worker->generation = UINT32_MAX; /* what an init sends at 0 has generation 0 */
        self->model.init (process, timewarp_process_state (process));
        worker->mode = TIMEWARP_CLOSED;
        if (worker->starved)
            timewarp_fail (worker, TIMEWARP_WRONG_MEMORY, id, 0.0, 0);
        if (worker->failure.wrong != TIMEWARP_FINE)
            return timewarp_tell_failure (self, &worker->failure);
    }
    for (uint32_t i = 0; i < self->options.workers; i++)
        timewarp_flush (&self->workers[i]);
    for (uint32_t i = 0; i < self->options.workers; i++)
        timewarp_drain (&self->workers[i]);
    for (uint32_t i = 0; i < self->options.workers; i++)
        self->workers[i].gathers = self->options.scheduler >= MST_TIMEWARP_OPTIMISTIC;
    return MST_OK;
}

static void run_adopt (timewarp_t *self, const mst_timewarp_model_t *model,
                       const mst_timewarp_options_t *options, const timewarp_host_t *host)
{
    self->model = *model;
    self->options = *options;
    self->host = *host;
    self->end = timewarp_bits (options->end);
    if (self->options.workers == 0 || options->scheduler == MST_TIMEWARP_SEQUENTIAL)
        self->options.workers = 1;
    if (self->options.workers > model->processes)
        self->options.workers = model->processes;
    if (self->options.memory_bytes == 0)
        self->options.memory_bytes = MST_TIMEWARP_MEMORY_BYTES;
    self->copies = !model->reverse && (options->scheduler == MST_TIMEWARP_OPTIMISTIC ||
                                       options->scheduler == MST_TIMEWARP_BOUNDED);
    self->per_worker = ((uint64_t) self->options.workers << 32) / model->processes;
    if (self->options.workers == 1)
        self->per_worker = 0;
}

mst_err_t timewarp_new (const mst_timewarp_model_t *model, const mst_timewarp_options_t *options,
                        const timewarp_host_t *host, timewarp_t **self_p)
{
    base_assert (model != NULL && options != NULL && host != NULL && self_p != NULL);
    *self_p = NULL;
    mst_err_t err = timewarp_check_model (model);
    if (!err)
        err = timewarp_check_options (options);
    if (err)
        return err;
    timewarp_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    run_adopt (self, model, options, host);
    err = run_pools (self);
    if (!err)
        err = run_processes (self);
    if (!err)
        err = run_workers (self);
    if (!err) {
        run_assign (self);
        err = run_inits (self);
    }
    if (err)
        timewarp_destroy (&self);
    *self_p = self;
    return err;
}

void timewarp_destroy (timewarp_t **self_p)
{
    base_assert (self_p != NULL);
    timewarp_t *self = *self_p;
    if (!self)
        return;
    for (uint32_t i = 0; self->workers && i < self->options.workers; i++) {
        timewarp_queue_fini (&self->workers[i].queue);
        base_free (self->workers[i].parcels);
        base_free (self->workers[i].trail);
    }
    timewarp_pool_fini (&self->events);
    timewarp_pool_fini (&self->saves);
    base_free (self->process_memory);
    base_free (self->workers);
    base_free (self);
    *self_p = NULL;
}

/*  Working --------------------------------------------------------------------------------------
 */

uint32_t timewarp_workers (const timewarp_t *self)
{
    base_assert (self != NULL);
    return self->options.workers;
}

void timewarp_stop (timewarp_t *self)
{
    base_assert (self != NULL);
    atomic_store (&self->stop, true);
}

void timewarp_work (timewarp_t *self, uint32_t index)
{
    base_assert (self != NULL && index < self->options.workers);
    timewarp_worker_t *worker = &self->workers[index];
    switch (self->options.scheduler) {
    case MST_TIMEWARP_SEQUENTIAL: timewarp_run_sequential (worker); break;
    case MST_TIMEWARP_CONSERVATIVE: timewarp_run_conservative (worker); break;
    case MST_TIMEWARP_OPTIMISTIC:
    case MST_TIMEWARP_BOUNDED:
        while (timewarp_turn (self, index))
            ;
        break;
    }
}

bool timewarp_turn (timewarp_t *self, uint32_t index)
{
    base_assert (self != NULL && index < self->options.workers);
    base_assert (self->options.scheduler >= MST_TIMEWARP_OPTIMISTIC);
    return timewarp_turn_optimistic (&self->workers[index]);
}

/*  End ------------------------------------------------------------------------------------------
 */

static uint64_t run_word (const uint8_t *data, size_t size_bytes)
{
    uint64_t word = 0;
    memcpy (&word, data, size_bytes < sizeof word ? size_bytes : sizeof word);
    return word;
}

static uint64_t run_digest (timewarp_t *self)
{
    uint64_t digest = 0;
    for (uint32_t id = 0; id < self->model.processes; id++) {
        mst_timewarp_process_t *process = timewarp_process (self, id);
        const uint8_t *state = timewarp_process_state (process);
        uint64_t hash = run_mix (process->random ^ run_mix (process->sequence + (uint64_t) 1));
        for (size_t at = 0; at < self->model.state_bytes; at += sizeof hash)
            hash = run_mix (hash + 1) ^ run_word (state + at, self->model.state_bytes - at);
        digest = run_mix (digest ^ hash);
    }
    return digest;
}

static void run_count (timewarp_t *self, mst_timewarp_result_t *result)
{
    uint64_t last = 0;
    *result = (mst_timewarp_result_t){ 0 };
    for (uint32_t i = 0; i < self->options.workers; i++) {
        const timewarp_worker_t *worker = &self->workers[i];
        const mst_timewarp_result_t *count = &worker->count;
        result->committed += count->committed;
        result->executed += count->executed;
        result->rolled_back += count->rolled_back;
        result->rollbacks += count->rollbacks;
        result->cancelled += count->cancelled;
        result->coasted += count->coasted;
        result->saved += count->saved;
        result->shortages += count->shortages;
        result->gvts = count->gvts > result->gvts ? count->gvts : result->gvts;
        last = worker->last > last ? worker->last : last;
    }
    result->last = timewarp_time (last);
    result->digest = run_digest (self);
    result->memory_bytes = self->events.fresh * self->events.stride_bytes +
                           self->saves.fresh * self->saves.stride_bytes +
                           self->model.processes * self->process_bytes;
}

/*  Of what the workers found wrong, the first in the order of events. */
static const timewarp_failure_t *run_failure (const timewarp_t *self)
{
    const timewarp_failure_t *first = NULL;
    for (uint32_t i = 0; i < self->options.workers; i++) {
        const timewarp_worker_t *worker = &self->workers[i];
        if (worker->failed && (!first || timewarp_key_before (&worker->failure.key, &first->key)))
            first = &worker->failure;
    }
    return first;
}

mst_err_t timewarp_finish (timewarp_t *self, mst_timewarp_result_t *result)
{
    base_assert (self != NULL && result != NULL);
    for (uint32_t i = 0; i < self->options.workers; i++) {
        self->workers[i].gvt = self->gvt;
        timewarp_collect_all (&self->workers[i]);
    }
    const timewarp_failure_t *failure = run_failure (self);
    for (uint32_t id = 0; !failure && self->model.final && id < self->model.processes; id++) {
        mst_timewarp_process_t *process = timewarp_process (self, id);
        process->worker->now = self->options.end;
        self->model.final (process, timewarp_process_state (process));
    }
    run_count (self, result);
    return failure ? timewarp_tell_failure (self, failure) : MST_OK;
}
