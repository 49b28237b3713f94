/*  What a handler may call, and how an event gets from its sender to the worker of its target. */
#include "timemgmt/timewarp_own.h"
#include "base/error.h"

#include <math.h>

static const uint64_t HANDLER_GAMMA = 0x9e3779b97f4a7c15u;

uint32_t mst_timewarp_self (const mst_timewarp_process_t *process)
{
    base_assert (process != NULL);
    return process->id;
}

void *mst_timewarp_context (const mst_timewarp_process_t *process)
{
    base_assert (process != NULL);
    return process->worker->run->model.context;
}

double mst_timewarp_now (const mst_timewarp_process_t *process)
{
    base_assert (process != NULL);
    return process->worker->now;
}

/*  Random numbers -------------------------------------------------------------------------------
 */

static inline uint64_t handler_random (mst_timewarp_process_t *process)
{
    uint64_t z = (process->random += HANDLER_GAMMA);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t mst_timewarp_random (mst_timewarp_process_t *process)
{
    return handler_random (process);
}

double mst_timewarp_unit (mst_timewarp_process_t *process)
{
    return (double) (handler_random (process) >> 11) * 0x1.0p-53;
}

uint64_t mst_timewarp_below (mst_timewarp_process_t *process, uint64_t bound)
{
    __extension__ typedef unsigned __int128 wide_t;
    return (uint64_t) (((wide_t) handler_random (process) * bound) >> 64);
}

double mst_timewarp_exponential (mst_timewarp_process_t *process, double mean)
{
    return -mean * log (1.0 - mst_timewarp_unit (process)); /* 1 - u is exact, and never 0 */
}

/*  Sending --------------------------------------------------------------------------------------
 */

void timewarp_fail (timewarp_worker_t *self, timewarp_wrong_t wrong, uint32_t target, double delay,
                    uint32_t size_bytes)
{
    timewarp_failure_t *failure = &self->failure;
    base_assert (wrong != TIMEWARP_FINE);
    if (failure->wrong != TIMEWARP_FINE)
        return;
    *failure = (timewarp_failure_t){
        .wrong = wrong, .target = target, .delay = delay, .size_bytes = size_bytes
    };
    if (self->current == TIMEWARP_NONE) {
        failure->init = true;
        return;
    }
    const timewarp_event_t *cause = timewarp_event (self->run, self->current);
    failure->key = timewarp_key (cause);
    failure->process = cause->target;
}

/*  Why an event cannot be sent. Its time is known to be wrong, or its target or size. */
static timewarp_wrong_t handler_wrong (const timewarp_worker_t *self,
                                       const mst_timewarp_process_t *process, uint32_t target,
                                       double delay, uint32_t size_bytes)
{
    const mst_timewarp_model_t *model = &self->run->model;
    if (target >= model->processes)
        return TIMEWARP_WRONG_TARGET;
    if (size_bytes > model->data_bytes)
        return TIMEWARP_WRONG_SIZE;
    if (isnan (delay))
        return TIMEWARP_WRONG_NUMBER;
    if (delay < 0.0)
        return TIMEWARP_WRONG_PAST;
    if (target != process->id && delay < model->lookahead)
        return TIMEWARP_WRONG_NEAR;
    if (!isfinite (self->now + delay))
        return TIMEWARP_WRONG_FAR;
    return process->sequence == UINT32_MAX ? TIMEWARP_WRONG_SEQUENCE : TIMEWARP_WRONG_GENERATION;
}

/*  For another worker: the events that it is sent within a while change hands together. */
static void handler_post (timewarp_worker_t *self, uint32_t to, uint32_t event)
{
    timewarp_event_t *it = timewarp_event (self->run, event);
    timewarp_parcel_t *parcel = &self->parcels[to];
    timewarp_key_t key = timewarp_key (it);
    if (timewarp_key_before (&key, &self->least_sent))
        self->least_sent = key;
    it->next = parcel->first;
    parcel->first = event;
    if (it->next == TIMEWARP_NONE)
        parcel->last = event;
    self->parcels_any = true;
}

static void handler_hand_over (timewarp_worker_t *self, timewarp_parcel_t *parcel,
                               timewarp_worker_t *to)
{
    timewarp_event_t *last = timewarp_event (self->run, parcel->last);
    unsigned head = atomic_load_explicit (&to->inbox, memory_order_relaxed);
    do
        last->next = head;
    while (!atomic_compare_exchange_weak_explicit (&to->inbox, &head, parcel->first,
                                                   memory_order_release, memory_order_relaxed));
    parcel->first = TIMEWARP_NONE;
}

void timewarp_flush (timewarp_worker_t *self)
{
    if (!self->parcels_any)
        return;
    for (uint32_t i = 0; i < self->run->options.workers; i++)
        if (self->parcels[i].first != TIMEWARP_NONE)
            handler_hand_over (self, &self->parcels[i], &self->run->workers[i]);
    self->parcels_any = false;
}

void timewarp_drain (timewarp_worker_t *self)
{
    if (atomic_load_explicit (&self->inbox, memory_order_relaxed) == TIMEWARP_NONE)
        return;
    uint32_t list = atomic_exchange_explicit (&self->inbox, TIMEWARP_NONE, memory_order_acquire);
    while (list != TIMEWARP_NONE) {
        uint32_t next = timewarp_event (self->run, list)->next;
        timewarp_queue_push (&self->queue, list);
        list = next;
    }
}

static void handler_deliver (timewarp_worker_t *self, uint32_t event, timewarp_event_t *it)
{
    if (self->gathers) {
        timewarp_event_t *cause = timewarp_event (self->run, self->current);
        it->sibling = cause->sent;
        cause->sent = event;
        cause->sends++;
        if (self->keeps)
            return;
    }
    uint32_t owner = timewarp_owner (self->run, it->target);
    if (owner == self->index)
        timewarp_queue_push (&self->queue, event);
    else
        handler_post (self, owner, event);
}

void mst_timewarp_send (mst_timewarp_process_t *process, uint32_t target, double delay,
                        const void *data, uint32_t size_bytes)
{
    timewarp_worker_t *self = process->worker;
    timewarp_t *run = self->run;

    if (self->mode != TIMEWARP_OPEN) {
        process->sequence += self->mode == TIMEWARP_COAST;
        return;
    }
    uint64_t time = timewarp_bits (self->now + delay);
    uint32_t generation = time == self->now_bits ? self->generation + 1 : 0;
    bool good = target < run->model.processes && size_bytes <= run->model.data_bytes &&
                delay >= 0.0 && (target == process->id || delay >= run->model.lookahead) &&
                isfinite (timewarp_time (time)) && generation <= MST_TIMEWARP_GENERATIONS_MAX &&
                process->sequence < UINT32_MAX;
    if (!good) {
        timewarp_fail (self, handler_wrong (self, process, target, delay, size_bytes), target,
                       delay, size_bytes);
        return;
    }
    uint32_t event = timewarp_pool_take (&run->events, &self->events);
    if (event == TIMEWARP_NONE) {
        self->starved = true;
        return;
    }
    timewarp_event_t *it = timewarp_event (run, event);
    it->time = time;
    it->tie = (uint64_t) generation << 32 | process->id;
    it->sequence = process->sequence++;
    it->target = target;
    it->size_bytes = (uint16_t) size_bytes;
    it->state = TIMEWARP_QUEUED;
    if (size_bytes > 0)
        memcpy (timewarp_data (it), data, size_bytes);
    handler_deliver (self, event, it);
}

/*  The end of an event ---------------------------------------------------------------------------
 */

void timewarp_commit (timewarp_worker_t *self, uint32_t event)
{
    timewarp_event_t *it = timewarp_event (self->run, event);
    self->count.committed++;
    self->last = it->time > self->last ? it->time : self->last;
    if (!self->run->model.commit)
        return;
    mst_timewarp_event_t view = timewarp_view (it);
    self->now = view.time;
    self->run->model.commit (timewarp_process (self->run, it->target), &view,
                             timewarp_undo (self->run, it));
}

void timewarp_release (timewarp_worker_t *self, uint32_t event)
{
    timewarp_pool_give (&self->run->events, &self->events, event);
}
