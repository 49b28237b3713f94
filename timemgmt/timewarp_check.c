/*  The check of a model: each event forward, reverse, forward. Without a reverse handler the saved
    state takes its place, so that what is left to find is a forward that does not repeat. */
#include "timemgmt/timewarp_own.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdio.h>

enum { CHECK_TEXT_SIZE = 192 };

typedef struct check {
    timewarp_t *run;
    timewarp_worker_t *worker;
    uint8_t *before, *after; /* states */
    uint32_t event;
} check_t;

static mst_err_t check_differs (const check_t *self, const char *what)
{
    const timewarp_event_t *it = timewarp_event (self->run, self->event);
    const char *name = self->run->model.name;
    return base_error (MST_E_DIFFERS, "%s: process %u, event %u of process %u, time %.17g: %s",
                       name ? name : "model", it->target, it->sequence, (uint32_t) it->tie,
                       timewarp_time (it->time), what);
}

/*  The first byte of the state that is not as it was. */
static mst_err_t check_state (const check_t *self, mst_timewarp_process_t *process,
                              const uint8_t *expected, const char *what)
{
    const uint8_t *state = timewarp_process_state (process);
    uint32_t size_bytes = self->run->model.state_bytes;
    for (uint32_t i = 0; i < size_bytes; i++)
        if (state[i] != expected[i]) {
            char text[CHECK_TEXT_SIZE];
            (void) snprintf (text, sizeof text, "%s: byte %u of %u is 0x%02x and was 0x%02x", what,
                             i, size_bytes, state[i], expected[i]);
            return check_differs (self, text);
        }
    return MST_OK;
}

static bool check_same (const check_t *self, uint32_t a, uint32_t b)
{
    timewarp_event_t *left = timewarp_event (self->run, a);
    timewarp_event_t *right = timewarp_event (self->run, b);
    return left->target == right->target && left->time == right->time &&
           left->size_bytes == right->size_bytes &&
           memcmp (timewarp_data (left), timewarp_data (right), left->size_bytes) == 0;
}

/*  Two lists of sent events; gives the first one's memory back. */
static mst_err_t check_sent (const check_t *self, uint32_t first, uint32_t second)
{
    bool same = true;
    while (first != TIMEWARP_NONE) {
        uint32_t next = timewarp_event (self->run, first)->sibling;
        same = same && second != TIMEWARP_NONE && check_same (self, first, second);
        if (second != TIMEWARP_NONE)
            second = timewarp_event (self->run, second)->sibling;
        timewarp_release (self->worker, first);
        first = next;
    }
    if (same && second == TIMEWARP_NONE)
        return MST_OK;
    return check_differs (self, "forward sends other events when it is called a second time");
}

static mst_err_t check_forward (const check_t *self, mst_timewarp_process_t *process)
{
    timewarp_worker_t *worker = self->worker;
    timewarp_event_t *it = timewarp_event (self->run, self->event);
    it->sent = TIMEWARP_NONE;
    it->sends = 0;
    timewarp_forward (worker, process, self->event, TIMEWARP_OPEN);
    worker->count.executed++;
    if (worker->starved)
        timewarp_fail (worker, TIMEWARP_WRONG_MEMORY, it->target, 0.0, 0);
    worker->failed = worker->failure.wrong != TIMEWARP_FINE;
    return worker->failed ? timewarp_tell_failure (self->run, &worker->failure) : MST_OK;
}

static mst_err_t check_back (const check_t *self, mst_timewarp_process_t *process)
{
    const timewarp_t *run = self->run;
    timewarp_event_t *it = timewarp_event (run, self->event);
    void *state = timewarp_process_state (process);
    mst_timewarp_event_t view = timewarp_view (it);
    memcpy (self->after, state, run->model.state_bytes);
    if (!run->model.reverse) {
        memcpy (state, self->before, run->model.state_bytes);
        return MST_OK;
    }
    run->model.reverse (process, state, &view, timewarp_undo (run, it));
    return check_state (self, process, self->before, "reverse does not restore the state");
}

static mst_err_t check_event (const check_t *self, mst_timewarp_process_t *process)
{
    timewarp_event_t *it = timewarp_event (self->run, self->event);
    uint64_t random = process->random;
    uint32_t sequence = process->sequence;

    memcpy (self->before, timewarp_process_state (process), self->run->model.state_bytes);
    mst_err_t err = check_forward (self, process);
    uint32_t first = it->sent;
    if (!err)
        err = check_back (self, process);
    process->random = random;
    process->sequence = sequence;
    if (!err)
        err = check_forward (self, process);
    if (!err)
        err = check_state (self, process, self->after,
                           "forward changes the state otherwise when it is called a second time");
    return err ? err : check_sent (self, first, it->sent);
}

/*  The event stands: what it sent goes into the queue. */
static void check_commit (const check_t *self)
{
    uint32_t event = timewarp_event (self->run, self->event)->sent;
    while (event != TIMEWARP_NONE) {
        uint32_t next = timewarp_event (self->run, event)->sibling;
        timewarp_queue_push (&self->worker->queue, event);
        event = next;
    }
    timewarp_commit (self->worker, self->event);
    timewarp_release (self->worker, self->event);
}

static mst_err_t check_all (check_t *self)
{
    const timewarp_entry_t *top;
    mst_err_t err = MST_OK;
    self->worker->gathers = self->worker->keeps = true;
    while (!err && (top = timewarp_queue_top (&self->worker->queue)) != NULL &&
           top->time < self->run->end) {
        self->event = top->event;
        mst_timewarp_process_t *process = timewarp_process (self->run, top->target);
        timewarp_queue_pop (&self->worker->queue);
        err = check_event (self, process);
        if (!err)
            check_commit (self);
    }
    return err;
}

mst_err_t timewarp_verify (timewarp_t *run)
{
    base_assert (run != NULL && run->options.workers == 1);
    check_t self = { .run = run, .worker = &run->workers[0] };
    self.before = base_alloc (run->model.state_bytes);
    self.after = base_alloc (run->model.state_bytes);
    mst_err_t err = self.before && self.after ? check_all (&self) : base_alloc_error ();
    base_free (self.before);
    base_free (self.after);
    return err;
}
