/*  Going back (Jefferson 1985). A process goes back from its last event on, one after the other,
    until its next one would be in order; each goes into the queue again, and what it sent is
    cancelled: at once at a process of the same worker, by a message (the anti-message) elsewhere.
   As memory is shared the message is the event itself, so nothing has to be matched. */
#include "timemgmt/timewarp_own.h"
#include "base/error.h"

/*  Hands an event that was sent to its receiver's worker a second time, to be cancelled there; the
    first time must come before. */
static void rollback_withdraw (timewarp_worker_t *self, timewarp_worker_t *to, uint32_t event)
{
    timewarp_event_t *it = timewarp_event (self->run, event);
    timewarp_key_t key = timewarp_key (it);
    unsigned head = atomic_load_explicit (&to->withdrawn, memory_order_relaxed);
    timewarp_flush (self);
    if (timewarp_key_before (&key, &self->least_sent))
        self->least_sent = key;
    do
        it->cancel = head;
    while (!atomic_compare_exchange_weak_explicit (&to->withdrawn, &head, event,
                                                   memory_order_release, memory_order_relaxed));
}

/*  Cancels what an event sent; what is this worker's own waits in a list, so that however far one
    cancellation leads the stack does not grow. */
static void rollback_sent (timewarp_worker_t *self, timewarp_event_t *cause)
{
    timewarp_t *run = self->run;
    uint32_t event = cause->sent;
    while (event != TIMEWARP_NONE) {
        timewarp_event_t *it = timewarp_event (run, event);
        uint32_t next = it->sibling; /* read first: handed over it is not ours any more */
        uint32_t owner = timewarp_owner (run, it->target);
        if (owner == self->index) {
            it->cancel = self->cancels;
            self->cancels = event;
        } else {
            rollback_withdraw (self, &run->workers[owner], event);
        }
        self->count.cancelled++;
        event = next;
    }
    cause->sent = TIMEWARP_NONE;
    cause->sends = 0;
}

/*  Takes back the last event of a process, but for the state when copies are saved. */
static void rollback_one (timewarp_worker_t *self, mst_timewarp_process_t *process)
{
    timewarp_t *run = self->run;
    uint32_t event = process->latest;
    timewarp_event_t *it = timewarp_event (run, event);

    base_assert (it->state == TIMEWARP_RUN);
    if (!run->copies) {
        mst_timewarp_event_t view = timewarp_view (it);
        self->now = view.time;
        run->model.reverse (process, timewarp_process_state (process), &view,
                            timewarp_undo (run, it));
    }
    process->random = it->random;
    process->sequence -= it->sends;
    rollback_sent (self, it);
    process->latest = it->prev;
    if (it->prev == TIMEWARP_NONE)
        process->first = TIMEWARP_NONE;
    else
        timewarp_event (run, it->prev)->next = TIMEWARP_NONE;
    it->state = TIMEWARP_QUEUED;
    self->count.rolled_back++;
}

static void rollback_restore (timewarp_worker_t *self, mst_timewarp_process_t *process,
                              uint32_t saved)
{
    memcpy (timewarp_process_state (process), timewarp_pool_at (&self->run->saves, saved),
            self->run->model.state_bytes);
}

/*  Runs the events from the last saved state on once more, without sending. */
static void rollback_coast (timewarp_worker_t *self, mst_timewarp_process_t *process)
{
    timewarp_t *run = self->run;
    uint64_t random = process->random;
    uint32_t sequence = process->sequence, event = process->latest;

    while (timewarp_event (run, event)->saved == TIMEWARP_NONE) {
        event = timewarp_event (run, event)->prev;
        base_assert (event != TIMEWARP_NONE); /* the first of a history has its state saved */
    }
    rollback_restore (self, process, timewarp_event (run, event)->saved);
    process->since = 0;
    for (; event != TIMEWARP_NONE; event = timewarp_event (run, event)->next) {
        process->random = timewarp_event (run, event)->random;
        timewarp_forward (self, process, event, TIMEWARP_COAST);
        self->count.coasted++;
        process->since++;
    }
    base_assert (process->random == random || process->latest != TIMEWARP_NONE);
    process->random = random;
    process->sequence = sequence;
}

/*  The state that was saved before the event, which is no longer in the history, if there is one.
 */
static uint32_t rollback_saved (timewarp_event_t *event)
{
    uint32_t saved = event->saved;
    event->saved = TIMEWARP_NONE;
    return saved;
}

void timewarp_rollback (timewarp_worker_t *self, mst_timewarp_process_t *process,
                        const timewarp_key_t *from)
{
    timewarp_t *run = self->run;
    uint32_t event, saved = TIMEWARP_NONE;
    bool any = false;

    while ((event = process->latest) != TIMEWARP_NONE &&
           !timewarp_before (timewarp_event (run, event), from)) {
        rollback_one (self, process);
        if (saved != TIMEWARP_NONE)
            timewarp_pool_give (&run->saves, &self->saves, saved);
        saved = rollback_saved (timewarp_event (run, event));
        timewarp_queue_push (&self->queue, event);
        any = true;
    }
    if (!any)
        return;
    self->count.rollbacks++;
    self->changes++;
    if (saved != TIMEWARP_NONE) {
        rollback_restore (self, process, saved);
        timewarp_pool_give (&run->saves, &self->saves, saved);
        process->since = self->interval;
    } else if (run->copies) {
        rollback_coast (self, process);
    }
    event = process->latest;
    process->last = event == TIMEWARP_NONE ? 0 : timewarp_event (run, event)->time;
}

void timewarp_cancel_all (timewarp_worker_t *self)
{
    timewarp_t *run = self->run;
    while (self->cancels != TIMEWARP_NONE) {
        uint32_t event = self->cancels;
        timewarp_event_t *it = timewarp_event (run, event);
        self->cancels = it->cancel;
        if (it->state == TIMEWARP_RUN) {
            timewarp_key_t key = timewarp_key (it);
            timewarp_rollback (self, timewarp_process (run, it->target), &key);
        }
        base_assert (it->state == TIMEWARP_QUEUED);
        it->state = TIMEWARP_DEAD;
        self->changes++;
    }
}

/*  An event was put into the inbox before it was withdrawn: taken in this order, both are there. */
void timewarp_withdraw (timewarp_worker_t *self)
{
    unsigned list = TIMEWARP_NONE;
    if (atomic_load_explicit (&self->withdrawn, memory_order_relaxed) != TIMEWARP_NONE)
        list = atomic_exchange_explicit (&self->withdrawn, TIMEWARP_NONE, memory_order_acquire);
    timewarp_drain (self);
    if (list == TIMEWARP_NONE)
        return;
    base_assert (self->cancels == TIMEWARP_NONE);
    self->cancels = list;
    timewarp_cancel_all (self);
}

void timewarp_give_up (timewarp_worker_t *self)
{
    for (uint32_t id = self->begin; id < self->end; id++)
        timewarp_rollback (self, timewarp_process (self->run, id), &self->gvt);
    timewarp_cancel_all (self);
}
