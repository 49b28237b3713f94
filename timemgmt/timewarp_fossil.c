/*  What is before the GVT is final: it is committed and its memory collected. Where the model goes
    back by itself that is done soon, for the processes along the worker's trail, while their
    histories are still in the cache, so that the memory in use stays small; where states are saved,
    when the process saves its next one. When memory runs low, and at the end, all is collected.

    Saved states. A state is saved before one event in `interval`, and coasting repeats on average
    half an interval for each rollback. With s the cost of a save, c that of an event and r the
    rollbacks per event, s / interval + r c interval / 2 is smallest at sqrt (2 s / (r c)) (Lin,
    Preiss, Loucks, Lazowska 1993, "Selecting the checkpoint interval in Time Warp simulation"). */
#include "timemgmt/timewarp_own.h"
#include "base/error.h"

#include <math.h>

enum { FOSSIL_INTERVAL_MAX = 64, FOSSIL_SAMPLE = 64 };

static void fossil_drop (timewarp_worker_t *self, uint32_t event)
{
    timewarp_t *run = self->run;
    timewarp_event_t *it = timewarp_event (run, event);
    if (it->saved != TIMEWARP_NONE)
        timewarp_pool_give (&run->saves, &self->saves, it->saved);
    timewarp_release (self, event);
}

/*  Drops the history before `end`. */
static void fossil_drop_until (timewarp_worker_t *self, mst_timewarp_process_t *process,
                               uint32_t end)
{
    while (process->first != end) {
        uint32_t event = process->first;
        process->first = timewarp_event (self->run, event)->next;
        fossil_drop (self, event);
    }
    if (end == TIMEWARP_NONE)
        process->latest = TIMEWARP_NONE;
    else
        timewarp_event (self->run, end)->prev = TIMEWARP_NONE;
}

/*  Commits what is final; gives the first event that is not. *keep: where the history must begin so
    that each state after the GVT can be had again. */
static uint32_t fossil_commit (timewarp_worker_t *self, mst_timewarp_process_t *process,
                               uint32_t *keep)
{
    uint32_t event = process->first;
    *keep = event;
    while (event != TIMEWARP_NONE) {
        timewarp_event_t *it = timewarp_event (self->run, event);
        if (it->saved != TIMEWARP_NONE)
            *keep = event;
        if (!timewarp_before (it, &self->gvt))
            break;
        if (it->state != TIMEWARP_COMMITTED)
            timewarp_commit (self, event);
        it->state = TIMEWARP_COMMITTED;
        event = it->next;
    }
    return event;
}

/*  Where no states are saved: commits and drops in one go. */
static void fossil_pass (timewarp_worker_t *self, mst_timewarp_process_t *process)
{
    uint32_t event = process->first;
    while (event != TIMEWARP_NONE &&
           timewarp_before (timewarp_event (self->run, event), &self->gvt)) {
        uint32_t next = timewarp_event (self->run, event)->next;
        timewarp_commit (self, event);
        timewarp_release (self, event);
        event = next;
    }
    process->first = event;
    if (event == TIMEWARP_NONE)
        process->latest = TIMEWARP_NONE;
    else
        timewarp_event (self->run, event)->prev = TIMEWARP_NONE;
}

void timewarp_collect (timewarp_worker_t *self, mst_timewarp_process_t *process)
{
    uint32_t keep;
    if (process->first == TIMEWARP_NONE)
        return;
    if (!self->run->copies) {
        fossil_pass (self, process);
        return;
    }
    (void) fossil_commit (self, process, &keep);
    fossil_drop_until (self, process, keep);
}

/*  Notes that a process was run. A full trail forgets its oldest step: that process is collected
   with its next one. */
void timewarp_trail (timewarp_worker_t *self, mst_timewarp_process_t *process)
{
    timewarp_step_t *step = &self->trail[self->trail_end++ % TIMEWARP_TRAIL];
    *step = (timewarp_step_t){ process->last, process->id, 0 };
    if (self->trail_end - self->trail_begin > TIMEWARP_TRAIL)
        self->trail_begin++;
}

/*  The trail is nearly in the order of time. A step that was taken back is harmless. */
void timewarp_collect_trail (timewarp_worker_t *self)
{
    while (self->trail_begin != self->trail_end) {
        const timewarp_step_t *step = &self->trail[self->trail_begin % TIMEWARP_TRAIL];
        if (step->time >= self->gvt.time)
            return;
        timewarp_collect (self, timewarp_process (self->run, step->process));
        self->trail_begin++;
    }
}

/*  A process all of whose events are final needs no history: its next event saves its state. */
void timewarp_collect_all (timewarp_worker_t *self)
{
    uint32_t keep;
    for (uint32_t id = self->begin; id < self->end; id++) {
        mst_timewarp_process_t *process = timewarp_process (self->run, id);
        if (process->first == TIMEWARP_NONE)
            continue;
        if (!self->run->copies)
            fossil_pass (self, process);
        else if (fossil_commit (self, process, &keep) == TIMEWARP_NONE)
            fossil_drop_until (self, process, TIMEWARP_NONE);
        else
            fossil_drop_until (self, process, keep);
    }
}

/*  Saved states -----------------------------------------------------------------------------------
 */

bool timewarp_save (timewarp_worker_t *self, mst_timewarp_process_t *process, uint32_t event)
{
    timewarp_t *run = self->run;
    bool sampled = self->count.saved % FOSSIL_SAMPLE == 0;
    uint64_t began_ns = sampled ? run->host.clock_ns () : 0;

    uint32_t saved = timewarp_pool_take (&run->saves, &self->saves);
    if (saved == TIMEWARP_NONE)
        return false;
    memcpy (timewarp_pool_at (&run->saves, saved), timewarp_process_state (process),
            run->model.state_bytes);
    timewarp_event (run, event)->saved = saved;
    process->since = 0;
    self->count.saved++;
    if (sampled)
        self->save_ns += ((double) (run->host.clock_ns () - began_ns) - self->save_ns) / 8;
    return true;
}

void timewarp_choose_interval (timewarp_worker_t *self)
{
    const mst_timewarp_result_t *count = &self->count;
    if (self->run->options.checkpoint_interval > 0 || count->executed == 0)
        return;
    double rate = ((double) count->rollbacks + 1.0) / (double) count->executed;
    double best = sqrt (2.0 * self->save_ns / (rate * (self->event_ns + 1.0)));
    self->interval = best < 1.0                   ? 1
                     : best > FOSSIL_INTERVAL_MAX ? FOSSIL_INTERVAL_MAX
                                                  : (uint32_t) best;
}
