/*  PHOLD on the schedulers of <muster/timewarp.h>: each process starts one event, and each event
    sends one: with probability `remote` to any process, else to the same, after lookahead + an
    exponential time, 1 on average (Fujimoto 1990, "Performance of Time Warp under synthetic
    workloads"). The reference is the barest loop that does the same: one array heap of 16-byte
    entries, nothing that could be taken back, one thread.

    A row's size_bytes is how many processes, its federates how many workers, its count how many
    events. */
#include "bench/phold.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <muster/timewarp.h>
#include "base/random.h"

static const double MEAN = 1.0;

typedef struct phold {
    double lookahead, remote;
    uint32_t processes;
} phold_t;

typedef struct phold_state {
    uint64_t events;
} phold_state_t;

static void phold_send (mst_timewarp_process_t *process)
{
    const phold_t *phold = mst_timewarp_context (process);
    uint32_t target = mst_timewarp_self (process);
    if (mst_timewarp_unit (process) < phold->remote)
        target = (uint32_t) mst_timewarp_below (process, phold->processes);
    double delay = phold->lookahead + mst_timewarp_exponential (process, MEAN - phold->lookahead);
    mst_timewarp_send (process, target, delay, NULL, 0);
}

static void phold_init (mst_timewarp_process_t *process, void *state)
{
    (void) state;
    phold_send (process);
}

static void phold_forward (mst_timewarp_process_t *process, void *state,
                           const mst_timewarp_event_t *event, void *undo)
{
    (void) event;
    (void) undo;
    ((phold_state_t *) state)->events++;
    phold_send (process);
}

static void phold_reverse (mst_timewarp_process_t *process, void *state,
                           const mst_timewarp_event_t *event, const void *undo)
{
    (void) process;
    (void) event;
    (void) undo;
    ((phold_state_t *) state)->events--;
}

static phold_t phold_of (const bench_case_t *row)
{
    bool storm = row->random;
    return (phold_t){ .lookahead = storm ? 0.01 : 0.1,
                      .remote = storm ? 0.9 : 0.25,
                      .processes = (uint32_t) row->size_bytes };
}

/*  Million committed events a second. */
static double phold_run (const bench_case_t *row, mst_timewarp_scheduler_t scheduler)
{
    phold_t phold = phold_of (row);
    mst_timewarp_result_t result;
    mst_timewarp_model_t model = { .name = row->name,
                                   .processes = phold.processes,
                                   .state_bytes = sizeof (phold_state_t),
                                   .lookahead = phold.lookahead,
                                   .context = &phold,
                                   .init = phold_init,
                                   .forward = phold_forward,
                                   .reverse = phold_reverse };
    mst_timewarp_options_t options = { .scheduler = scheduler,
                                       .workers = (uint32_t) row->federates,
                                       .end = (double) row->count / phold.processes * MEAN,
                                       .seed = 1 };
    double began = bench_seconds ();
    mst_err_t err = mst_timewarp_run (&model, &options, &result);
    double took = bench_seconds () - began;
    if (err)
        fprintf (stderr, "muster-bench: %s: %s\n", row->name, mst_error_text ());
    if (!err && bench_show_cpu)
        fprintf (
            stderr,
            "%s: committed %llu, rolled back %llu, GVTs %llu, memory %.1f MB, digest %016llx\n",
            row->name, (unsigned long long) result.committed,
            (unsigned long long) result.rolled_back, (unsigned long long) result.gvts,
            (double) result.memory_bytes / 1e6, (unsigned long long) result.digest);
    return err ? NAN : (double) result.committed / took / 1e6;
}

double bench_phold_seq (const bench_case_t *row)
{
    return phold_run (row, MST_TIMEWARP_SEQUENTIAL);
}

double bench_phold_cons (const bench_case_t *row)
{
    return phold_run (row, MST_TIMEWARP_CONSERVATIVE);
}

double bench_phold_opt (const bench_case_t *row)
{
    return phold_run (row, MST_TIMEWARP_OPTIMISTIC);
}

/*  Megabytes that a process of its own grows to, with all that belongs to it. */
double bench_phold_memory (const bench_case_t *row)
{
    int status;
    struct rusage usage;
    pid_t child = fork ();
    if (child == 0)
        _exit (isnan (phold_run (row, MST_TIMEWARP_OPTIMISTIC)) ? 1 : 0);
    if (child < 0 || wait4 (child, &status, 0, &usage) != child || status != 0)
        return NAN;
    return (double) usage.ru_maxrss * 1024 / 1e6;
}

/*  The barest loop ------------------------------------------------------------------------------
 */

typedef struct bare_entry {
    double time;
    uint32_t target, spare;
} bare_entry_t;

typedef struct bare_process {
    base_random_t random;
    uint64_t events;
} bare_process_t;

static bare_entry_t bare_next (const phold_t *phold, bare_process_t *processes, uint32_t self,
                               double now)
{
    base_random_t *random = &processes[self].random;
    uint32_t target = self;
    if (base_random_unit (random) < phold->remote)
        target = (uint32_t) base_random_below (random, phold->processes);
    double delay =
        phold->lookahead - (MEAN - phold->lookahead) * log (1.0 - base_random_unit (random));
    return (bare_entry_t){ now + delay, target, 0 };
}

/*  Puts an entry in the place of the smallest one. */
static void bare_replace (bare_entry_t *heap, size_t count, bare_entry_t entry)
{
    size_t at = 0;
    for (;;) {
        size_t first = 4 * at + 1, end = first + 4 < count ? first + 4 : count, best = first;
        for (size_t i = first + 1; i < end; i++)
            best = heap[i].time < heap[best].time ? i : best;
        if (first >= count || heap[best].time >= entry.time)
            break;
        heap[at] = heap[best];
        at = best;
    }
    heap[at] = entry;
}

static int bare_by_time (const void *a, const void *b)
{
    double left = ((const bare_entry_t *) a)->time, right = ((const bare_entry_t *) b)->time;
    return left < right ? -1 : left > right;
}

double bench_phold_bare (const bench_case_t *row)
{
    phold_t phold = phold_of (row);
    size_t count = phold.processes;
    double end = (double) row->count / phold.processes * MEAN;
    uint64_t events = 0;
    bare_process_t *processes = calloc (count, sizeof *processes);
    bare_entry_t *heap = calloc (count, sizeof *heap);
    if (!processes || !heap)
        return NAN;
    double began = bench_seconds ();
    for (uint32_t i = 0; i < count; i++) {
        base_random_init (&processes[i].random, (i + 1) * 0xd1342543de82ef95u);
        heap[i] = bare_next (&phold, processes, i, 0.0);
    }
    qsort (heap, count, sizeof *heap, bare_by_time);
    for (; heap[0].time < end; events++) {
        bare_entry_t now = heap[0];
        processes[now.target].events++;
        bare_replace (heap, count, bare_next (&phold, processes, now.target, now.time));
    }
    double took = bench_seconds () - began;
    free (processes);
    free (heap);
    return (double) events / took / 1e6;
}
