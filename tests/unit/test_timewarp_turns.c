/*  Workers that take their turns in a seeded order on one thread: far ahead of each other, in
    bursts, so that there is much to take back; and with too little memory. The result must be that
    of the plain loop, and a failing seed repeats. MUSTER_TIMEWARP_SEEDS: how many seeds. */
#include <muster/timewarp.h>
#include "base/random.h"
#include "tests/support/check.h"
#include "timemgmt/timewarp.h"
#include "tests/unit/timewarp_world.inc"

enum { TURNS_WORKERS_MAX = 4, TURNS_SEEDS = 6, TURNS_MAX = 20000000 };

static void turns_relax (void)
{
}

static uint64_t turns_clock_ns (void)
{
    static uint64_t now_ns;
    return now_ns += 100;
}

static const timewarp_host_t turns_host = { turns_relax, turns_clock_ns };

/*  Each burst is of one worker. False: the run does not end. */
static bool turns_take (timewarp_t *run, base_random_t *dice, uint64_t burst)
{
    uint32_t workers = timewarp_workers (run), over = 0;
    bool is_over[TURNS_WORKERS_MAX] = { false };
    for (uint64_t turns = 0; over < workers && turns < TURNS_MAX;) {
        uint32_t worker = (uint32_t) base_random_below (dice, workers);
        for (uint64_t n = base_random_below (dice, burst); n > 0 && !is_over[worker]; n--, turns++)
            if (!timewarp_turn (run, worker)) {
                is_over[worker] = true;
                over++;
            }
    }
    return over == workers;
}

static mst_err_t turns_run (const mst_timewarp_model_t *model,
                            const mst_timewarp_options_t *options, uint64_t burst, uint64_t seed,
                            mst_timewarp_result_t *result)
{
    timewarp_t *run;
    base_random_t dice;
    base_random_init (&dice, seed);
    mst_err_t err = timewarp_new (model, options, &turns_host, &run);
    if (err)
        return err;
    CHECK (turns_take (run, &dice, burst));
    err = timewarp_finish (run, result);
    timewarp_destroy (&run);
    return err;
}

static uint64_t turns_seeds (void)
{
    const char *text = getenv ("MUSTER_TIMEWARP_SEEDS");
    return text ? strtoull (text, NULL, 10) : TURNS_SEEDS;
}

/*  What the runs of all seeds took together. */
static mst_timewarp_result_t total;

static void turns_compare (const world_model_t *world, uint64_t seed, size_t memory_bytes,
                           uint64_t burst)
{
    static plain_t plain;
    world_run_t run;
    mst_timewarp_result_t result;
    mst_timewarp_model_t model = world_describe (&run, world, seed % 2 == 0);
    mst_timewarp_options_t options = { .scheduler = MST_TIMEWARP_BOUNDED,
                                       .workers = (uint32_t) (1 + seed % TURNS_WORKERS_MAX),
                                       .end = world->end,
                                       .window = seed % 3 == 0 ? 2.0 : 1e9,
                                       .seed = seed,
                                       .memory_bytes = memory_bytes,
                                       .checkpoint_interval = (uint32_t) (seed % 5 / 2 * 3) };
    unsigned failures = CU_get_number_of_failures ();
    plain_run (&plain, world, seed);
    CHECK_OK (turns_run (&model, &options, burst, seed, &result));
    world_compare (&plain, &run, &result);
    total.rolled_back += result.rolled_back;
    total.cancelled += result.cancelled;
    total.coasted += result.coasted;
    total.shortages += result.shortages;
    if (CU_get_number_of_failures () != failures)
        printf ("    model \"%s\", seed %llu\n", world->name, (unsigned long long) seed);
}

static void test_bursts (void)
{
    total = (mst_timewarp_result_t){ 0 };
    for (uint64_t seed = 1; seed <= turns_seeds (); seed++)
        for (size_t i = 0; i < WORLD_MODELS; i++)
            turns_compare (&world_models[i], seed, 4 << 20, seed % 2 ? 8 : 400);
    CHECK (total.rolled_back > 10000); /* or nothing was tested */
    CHECK (total.cancelled > 10000);
    CHECK (total.coasted > 1000);
}

/*  Room for hardly more events than are pending: memory runs low, and the run goes on. */
static void test_short_of_memory (void)
{
    total = (mst_timewarp_result_t){ 0 };
    for (uint64_t seed = 1; seed <= turns_seeds () / 2; seed++)
        for (size_t i = 0; i < WORLD_MODELS; i++)
            turns_compare (&world_models[i], seed, 140 * 1024, 3000);
    CHECK (total.shortages > 10);
}

/*  An error that only a state out of order meets. Ticks of process 1 and tocks of process 60 come
    to process 0 by turns; two alike in a row, as when one worker is late, would send into the
    past. */
typedef struct clockwork {
    uint64_t last;
} clockwork_t;

static void clockwork_init (mst_timewarp_process_t *process, void *state)
{
    uint32_t self = mst_timewarp_self (process);
    (void) state;
    if (self == 1 || self == 60)
        mst_timewarp_send (process, self, self == 1 ? 0.0 : 0.5, NULL, 0);
}

static void clockwork_forward (mst_timewarp_process_t *process, void *state,
                               const mst_timewarp_event_t *event, void *undo)
{
    clockwork_t *clockwork = state;
    (void) undo;
    if (mst_timewarp_self (process) != 0) {
        mst_timewarp_send (process, 0, 0.125, NULL, 0);
        mst_timewarp_send (process, mst_timewarp_self (process), 1.0, NULL, 0);
        return;
    }
    if (clockwork->last == event->source)
        mst_timewarp_send (process, 0, -1.0, NULL, 0);
    clockwork->last = event->source;
}

static void test_passing_error (void)
{
    mst_timewarp_model_t model = { .name = "clockwork",
                                   .processes = 61,
                                   .state_bytes = sizeof (clockwork_t),
                                   .forward = clockwork_forward,
                                   .init = clockwork_init };
    mst_timewarp_options_t options = { .scheduler = MST_TIMEWARP_BOUNDED,
                                       .workers = 2,
                                       .end = 500.0,
                                       .window = 1e9,
                                       .memory_bytes = 1 << 20 };
    mst_timewarp_result_t result;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        CHECK_OK (turns_run (&model, &options, 200, seed, &result));
        CHECK_INT (result.committed, 4 * 500);
    }
}

static CU_TestInfo turns_tests[] = {
    { "workers in bursts, and all is taken back", test_bursts },
    { "with too little memory", test_short_of_memory },
    { "an error that does not stand is not told", test_passing_error },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "timewarp turns", NULL, NULL, NULL, NULL, turns_tests })
