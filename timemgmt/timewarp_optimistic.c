/*  Time Warp: each worker runs the smallest of its events, ahead of what is final.

    How far ahead. A worker looks at the smallest pending times of the others, which they show now
    and then, and runs no event that is more than `window` beyond the least of them; so one that the
    system has put to sleep holds the others back instead of throwing them back later. At each GVT
    it weighs what it threw away against what it waited, and makes the window smaller or larger
   until both are alike (after Ball, Hoyt 1990, "The adaptive Time-Warp concurrency control
   algorithm").

    What cannot be run. An event whose handler did wrong, or found no memory for what it sent, is
    taken back and waits in the queue. It may be an error of a state that never stands: only when
    nothing can come before it any more, when it is the GVT, is it told. For memory see pressure. */
#include "timemgmt/timewarp_own.h"
#include "base/error.h"

#include <math.h>

enum {
    OPTIMISTIC_GVT_AFTER = 512,  /* events of a worker */
    OPTIMISTIC_AHEAD_MAX = 2048, /* events, or the lookahead: further ahead only costs memory */
    OPTIMISTIC_SHOWS = 6,        /* within a window */
    OPTIMISTIC_SHOW_MIN = 8,     /* events between two, at least … */
    OPTIMISTIC_SHOW_MAX = 128,   /* … and at most */
    OPTIMISTIC_SPINS = 64,
    OPTIMISTIC_WAIT_GVT = 4, /* turns of the GVT that a turn of waiting counts for */
    OPTIMISTIC_SAMPLE = 64,
    OPTIMISTIC_TRIES = 6 /* GVTs without memory, all given up, until there is none */
};

uint32_t timewarp_top (timewarp_worker_t *self)
{
    const timewarp_entry_t *top;
    while ((top = timewarp_queue_top (&self->queue)) != NULL) {
        uint32_t event = top->event;
        if (timewarp_event (self->run, event)->state != TIMEWARP_DEAD)
            return event;
        timewarp_queue_pop (&self->queue);
        timewarp_release (self, event);
    }
    return TIMEWARP_NONE;
}

void timewarp_bury (timewarp_worker_t *self)
{
    uint32_t list = timewarp_queue_empty (&self->queue);
    while (list != TIMEWARP_NONE) {
        uint32_t event = list;
        timewarp_event_t *it = timewarp_event (self->run, event);
        list = it->next;
        if (it->state == TIMEWARP_DEAD)
            timewarp_release (self, event);
        else
            timewarp_queue_push (&self->queue, event);
    }
}

/*  Running an event -----------------------------------------------------------------------------
 */

static void optimistic_append (timewarp_worker_t *self, mst_timewarp_process_t *process,
                               uint32_t event, timewarp_event_t *it)
{
    it->state = TIMEWARP_RUN;
    it->next = TIMEWARP_NONE;
    it->prev = process->latest;
    if (process->latest == TIMEWARP_NONE)
        process->first = event;
    else
        timewarp_event (self->run, process->latest)->next = event;
    process->latest = event;
    process->last = it->time;
    process->since++;
}

/*  Makes room in the history, and saves the state when it is due. False: no memory. */
static bool optimistic_prepare (timewarp_worker_t *self, mst_timewarp_process_t *process,
                                uint32_t event, timewarp_event_t *it)
{
    it->saved = it->sent = TIMEWARP_NONE;
    it->sends = 0;
    it->random = process->random;
    if (!self->run->copies) {
        if (process->first != TIMEWARP_NONE && process->last < self->gvt.time)
            timewarp_collect (self, process); /* the trail has forgotten it */
        return true;
    }
    if (process->first != TIMEWARP_NONE && process->since < self->interval)
        return true;
    timewarp_collect (self, process);
    return timewarp_save (self, process, event);
}

static void optimistic_forward (timewarp_worker_t *self, mst_timewarp_process_t *process,
                                uint32_t event)
{
    bool sampled = self->run->copies && self->count.executed % OPTIMISTIC_SAMPLE == 0;
    uint64_t began_ns = sampled ? self->run->host.clock_ns () : 0;
    timewarp_forward (self, process, event, TIMEWARP_OPEN);
    self->count.executed++;
    if (sampled)
        self->event_ns += ((double) (self->run->host.clock_ns () - began_ns) - self->event_ns) / 8;
}

static void optimistic_stall (timewarp_worker_t *self, uint32_t event)
{
    bool again = self->stalled == event && self->stalled_changes == self->changes;
    self->stalled = event;
    self->stalled_changes = self->changes;
    self->stalled_round = self->gvt_round;
    self->stalled_times = again ? self->stalled_times + 1 : 1;
    if (!self->starved)
        return;
    self->count.shortages++;
    self->window /= 2;
    if (self->stalled_times > 1)
        atomic_store (&self->run->tight, 1);
    atomic_fetch_add (&self->run->pressure, 1);
    timewarp_gvt_begin (self);
}

/*  Takes back the event that was just run and cannot stand, or could not be begun. */
static void optimistic_refuse (timewarp_worker_t *self, mst_timewarp_process_t *process,
                               uint32_t event, bool begun)
{
    if (begun) {
        timewarp_key_t key = timewarp_key (timewarp_event (self->run, event));
        uint64_t changes = self->changes;
        timewarp_rollback (self, process, &key);
        timewarp_cancel_all (self);
        self->changes = changes; /* it is as before */
    } else {
        timewarp_queue_push (&self->queue, event);
    }
    optimistic_stall (self, event);
}

static void optimistic_run (timewarp_worker_t *self, uint32_t event)
{
    timewarp_event_t *it = timewarp_event (self->run, event);
    mst_timewarp_process_t *process = timewarp_process (self->run, it->target);

    timewarp_queue_pop (&self->queue);
    if (it->time <= process->last && process->latest != TIMEWARP_NONE) {
        timewarp_key_t key = timewarp_key (it);
        timewarp_rollback (self, process, &key);
        timewarp_cancel_all (self);
    }
    self->failure.wrong = TIMEWARP_FINE;
    self->starved = !optimistic_prepare (self, process, event, it);
    if (self->starved) {
        optimistic_refuse (self, process, event, false);
        return;
    }
    optimistic_forward (self, process, event);
    optimistic_append (self, process, event, it);
    if (self->starved || self->failure.wrong != TIMEWARP_FINE) {
        optimistic_refuse (self, process, event, true);
        return;
    }
    self->changes++;
    self->stalled_times = 0;
    if (self->trail)
        timewarp_trail (self, process);
}

/*  What stands still ----------------------------------------------------------------------------
 */

/*  The event is the smallest of all workers' and nothing was on its way. */
static bool optimistic_is_gvt (const timewarp_worker_t *self, uint32_t event)
{
    return !timewarp_before (timewarp_event (self->run, event), &self->gvt) &&
           timewarp_event (self->run, event)->time == self->gvt.time &&
           timewarp_event (self->run, event)->tie == self->gvt.tie &&
           timewarp_event (self->run, event)->sequence == self->gvt.sequence;
}

/*  Whether the event can be tried; what is wrong for good ends the run. */
static bool optimistic_may_try (timewarp_worker_t *self, uint32_t event)
{
    if (event != self->stalled || self->changes != self->stalled_changes)
        return true;
    bool final = optimistic_is_gvt (self, event);
    if (self->starved) {
        if (self->gvt_round == self->stalled_round)
            return false;
        if (!final || self->stalled_times < OPTIMISTIC_TRIES)
            return true;
        self->current = event;
        timewarp_fail (self, TIMEWARP_WRONG_MEMORY, 0, 0.0, 0);
    }
    if (final) {
        self->failed = true;
        timewarp_stop (self->run);
    }
    return false;
}

/*  Memory is short somewhere: this worker collects what is final, hands its free blocks back and,
   the second time in a row, gives up all that is not final (after Lin, Preiss 1991, "Optimal memory
    management for Time Warp parallel simulation"). Until there is room again only the event that is
    the GVT is run, so that the run needs no more memory than a sequential one. */
static void optimistic_relieve (timewarp_worker_t *self)
{
    timewarp_t *run = self->run;
    uint32_t pressure = atomic_load_explicit (&run->pressure, memory_order_acquire);
    if (pressure == self->pressure || timewarp_gvt_has_told (self))
        return;
    timewarp_collect_all (self);
    if (atomic_load (&run->tight) != 0) {
        timewarp_give_up (self);
        timewarp_bury (self);
    }
    self->pressure = pressure;
    timewarp_pool_flush (&run->events, &self->events);
    if (run->copies)
        timewarp_pool_flush (&run->saves, &self->saves);
}

static bool optimistic_is_roomy (const timewarp_pool_t *pool)
{
    return atomic_load_explicit (&pool->spare, memory_order_relaxed) > pool->capacity / 8;
}

/*  In a shortage: may this event be run? */
static bool optimistic_is_safe (timewarp_worker_t *self, uint32_t event)
{
    timewarp_t *run = self->run;
    if (optimistic_is_roomy (&run->events) && (!run->copies || optimistic_is_roomy (&run->saves)))
        atomic_store (&run->tight, 0);
    return atomic_load (&run->tight) == 0 || optimistic_is_gvt (self, event);
}

/*  How far ahead ---------------------------------------------------------------------------------
 */

/*  Hands over what it sent, then shows its smallest time: who sees the one has the other. So as
   long as the window is within the lookahead no event comes late at all. */
static void optimistic_show (timewarp_worker_t *self, uint64_t time)
{
    self->unseen = 0;
    timewarp_flush (self);
    if (time == self->shown)
        return; /* the others need not fetch the line again */
    self->shown = time;
    atomic_store_explicit (&self->local, time, memory_order_release);
}

/*  Looks how far the others are. When they have nothing to do it may run what is next, and look
    again. */
static void optimistic_look (timewarp_worker_t *self, double next)
{
    const timewarp_t *run = self->run;
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 0; i < run->options.workers; i++) {
        uint64_t local = atomic_load_explicit (&run->workers[i].local, memory_order_acquire);
        least = i != self->index && local < least ? local : least;
    }
    self->until = least == UINT64_MAX ? next : timewarp_time (least) + self->window;
}

static uint64_t optimistic_time (const timewarp_worker_t *self, uint32_t event)
{
    return event == TIMEWARP_NONE ? UINT64_MAX : timewarp_event (self->run, event)->time;
}

/*  The smallest event, after a look at the others when it lies behind the window. */
static uint32_t optimistic_next (timewarp_worker_t *self)
{
    timewarp_withdraw (self);
    uint32_t event = timewarp_top (self);
    if (event == TIMEWARP_NONE)
        return event;
    double time = timewarp_time (timewarp_event (self->run, event)->time);
    if (time <= self->until)
        return event;
    optimistic_look (self, time);
    timewarp_withdraw (self);
    return timewarp_top (self);
}

/*  Once a GVT. A turn of waiting is about as long as half an event. */
static void optimistic_adapt (timewarp_worker_t *self)
{
    double executed = (double) (self->count.executed - self->executed_seen);
    double waste = 2.0 * (double) (self->count.rolled_back - self->rolled_back_seen);
    double waited = 0.5 * (double) (self->waits - self->waits_seen);
    if (executed + waited < OPTIMISTIC_GVT_AFTER / 2)
        return;
    self->executed_seen = self->count.executed;
    self->rolled_back_seen = self->count.rolled_back;
    self->waits_seen = self->waits;
    if (self->run->options.scheduler == MST_TIMEWARP_BOUNDED)
        return;
    if (waste > waited && waste > 0.02 * executed)
        self->window *= 0.8;
    else if (waited > waste && waited > 0.02 * executed)
        self->window *= 1.25;
    double gap = timewarp_queue_gap (&self->queue), lookahead = self->run->model.lookahead;
    double most = gap * OPTIMISTIC_AHEAD_MAX > lookahead ? gap * OPTIMISTIC_AHEAD_MAX : lookahead;
    self->window = fmax (self->window, gap * OPTIMISTIC_SHOW_MIN);
    if (gap > 0.0)
        self->window = fmin (self->window, most);
}

/*  The worker ------------------------------------------------------------------------------------
 */

/*  Nothing to run: others may need the processor, and a GVT brings the end nearer. */
static void optimistic_wait (timewarp_worker_t *self)
{
    self->waits += self->spins < OPTIMISTIC_SPINS; /* longer: the system has stopped another */
    self->since_gvt += OPTIMISTIC_WAIT_GVT;
    if (++self->spins % OPTIMISTIC_SPINS == 0)
        self->run->host.relax ();
    else
        __builtin_ia32_pause ();
}

/*  One turn; true: an event was run. */
static bool optimistic_turn (timewarp_worker_t *self)
{
    timewarp_t *run = self->run;
    uint32_t event = optimistic_next (self);
    uint64_t time = optimistic_time (self, event);
    bool early = time < run->end;
    bool runs = early && timewarp_time (time) <= self->until &&
                (atomic_load_explicit (&run->tight, memory_order_relaxed) == 0 ||
                 optimistic_is_safe (self, event)) &&
                optimistic_may_try (self, event);
    if (!runs || ++self->unseen >= self->show_after)
        optimistic_show (self, early ? time : UINT64_MAX);
    if (runs)
        optimistic_run (self, event);
    return runs;
}

/*  Others are to hear of this worker some times within a window. */
static void optimistic_new_gvt (timewarp_worker_t *self)
{
    optimistic_adapt (self);
    if (self->trail)
        timewarp_collect_trail (self);
    double gap = timewarp_queue_gap (&self->queue);
    double after = gap > 0.0 ? self->window / gap / OPTIMISTIC_SHOWS : 0.0;
    self->show_after = after < OPTIMISTIC_SHOW_MIN   ? OPTIMISTIC_SHOW_MIN
                       : after > OPTIMISTIC_SHOW_MAX ? OPTIMISTIC_SHOW_MAX
                                                     : (uint32_t) after;
    if (self->run->copies)
        timewarp_choose_interval (self);
}

bool timewarp_turn_optimistic (timewarp_worker_t *self)
{
    timewarp_t *run = self->run;
    if (timewarp_gvt_turn (self)) {
        self->since_gvt = 0;
        optimistic_new_gvt (self);
    }
    optimistic_relieve (self);
    if (optimistic_turn (self)) {
        self->spins = 0;
        self->since_gvt++;
    } else {
        optimistic_wait (self);
    }
    if (self->since_gvt >= OPTIMISTIC_GVT_AFTER) {
        self->since_gvt = 0;
        timewarp_gvt_begin (self);
    }
    return self->gvt.time < run->end && !atomic_load_explicit (&run->stop, memory_order_relaxed);
}
