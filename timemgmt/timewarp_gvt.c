/*  Global virtual time: a key that no event yet to be run, or to be taken back, lies before. It is
    computed beside the work, by two cuts (Mattern 1993, "Efficient algorithms for distributed
    snapshots and global virtual time approximation"); that memory is shared makes it short, since
    what was sent before a cut is in its receiver's inbox at once (Fujimoto, Hybinette 1997,
    "Computing global virtual time in shared-memory multiprocessors").

    The phase counts up, three numbers a round:
      idle   anybody may begin a round
      first  each worker, when it comes by, begins to note the smallest key that it sends, and says
   so second when all have: each empties its inbox, and tells the smaller one of its smallest event
             and the smallest key that it sent since; the last one has the minimum
    What was sent before its sender's first cut was in the inbox before anybody's second. What was
    sent between a worker's cuts it tells. What it sends after its second cut follows from what it
    told, or from what came to it afterwards, which its sender told. */
#include "timemgmt/timewarp_own.h"
#include "base/error.h"

enum { GVT_IDLE = 0, GVT_FIRST = 1, GVT_SECOND = 2, GVT_PHASES = 3 };

void timewarp_gvt_begin (timewarp_worker_t *self)
{
    uint64_t phase = self->phase;
    if (phase % GVT_PHASES == GVT_IDLE)
        (void) atomic_compare_exchange_strong (&self->run->phase, &phase, phase + 1);
}

bool timewarp_gvt_has_told (const timewarp_worker_t *self)
{
    return self->phase % GVT_PHASES == GVT_SECOND;
}

static void gvt_second (timewarp_worker_t *self)
{
    timewarp_key_t least;
    timewarp_withdraw (self);
    timewarp_flush (self);
    uint32_t top = timewarp_top (self);
    least = top == TIMEWARP_NONE ? timewarp_never : timewarp_key (timewarp_event (self->run, top));
    if (timewarp_key_before (&self->least_sent, &least))
        least = self->least_sent;
    self->tell[0].least = least;
}

static void gvt_minimum (timewarp_t *run)
{
    timewarp_key_t least = timewarp_never;
    for (uint32_t i = 0; i < run->options.workers; i++)
        if (timewarp_key_before (&run->workers[i].tell[0].least, &least))
            least = run->workers[i].tell[0].least;
    base_assert (!timewarp_key_before (&least, &run->gvt));
    run->gvt = least;
}

static void gvt_ack (timewarp_worker_t *self, uint64_t phase)
{
    timewarp_t *run = self->run;
    if (atomic_fetch_add_explicit (&run->acks, 1, memory_order_acq_rel) + 1 != run->options.workers)
        return;
    if (phase % GVT_PHASES == GVT_SECOND)
        gvt_minimum (run);
    atomic_store_explicit (&run->acks, 0, memory_order_relaxed);
    atomic_store_explicit (&run->phase, phase + 1, memory_order_release);
}

/*  The shared minimum is not written again before this worker has taken part in the next round, so
    it may be read whenever the phase has moved. */
bool timewarp_gvt_turn (timewarp_worker_t *self)
{
    timewarp_t *run = self->run;
    uint64_t phase = atomic_load_explicit (&run->phase, memory_order_acquire);
    if (__builtin_expect (phase == self->phase, 1))
        return false;
    self->phase = phase;
    timewarp_flush (self);
    if (phase % GVT_PHASES == GVT_FIRST)
        self->least_sent = timewarp_never;
    else if (phase % GVT_PHASES == GVT_SECOND)
        gvt_second (self);
    uint64_t round = phase / GVT_PHASES;
    bool fresh = round != self->gvt_round;
    if (fresh) {
        self->gvt = run->gvt;
        self->gvt_round = round;
        self->count.gvts++;
    }
    if (phase % GVT_PHASES != GVT_IDLE)
        gvt_ack (self, phase);
    return fresh;
}
