/*  The schedulers against a plain loop over a sorted list: whatever the scheduler, the number of
    workers and the way of going back, the same events are committed in the same order at every
    process, with the same states at the end. */
#include <muster/timewarp.h>
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "tests/unit/timewarp_world.inc"

typedef struct setting {
    mst_timewarp_scheduler_t scheduler;
    uint32_t workers, interval;
    double window;
    bool reverse;
} setting_t;

static const setting_t settings[] = {
    { MST_TIMEWARP_SEQUENTIAL, 1, 0, 0, true },    { MST_TIMEWARP_CONSERVATIVE, 1, 0, 0, true },
    { MST_TIMEWARP_CONSERVATIVE, 2, 0, 0, false }, { MST_TIMEWARP_CONSERVATIVE, 4, 0, 0, true },
    { MST_TIMEWARP_OPTIMISTIC, 1, 0, 0, true },    { MST_TIMEWARP_OPTIMISTIC, 2, 0, 0, true },
    { MST_TIMEWARP_OPTIMISTIC, 4, 0, 0, true },    { MST_TIMEWARP_OPTIMISTIC, 2, 0, 0, false },
    { MST_TIMEWARP_OPTIMISTIC, 4, 5, 0, false },   { MST_TIMEWARP_BOUNDED, 2, 0, 0.5, true },
    { MST_TIMEWARP_BOUNDED, 2, 0, 1e9, true },     { MST_TIMEWARP_BOUNDED, 4, 0, 1e9, false },
};

static void compare_setting (const plain_t *plain, const world_model_t *world,
                             const setting_t *setting, uint64_t seed, uint64_t *digest)
{
    world_run_t run;
    mst_timewarp_result_t result;
    mst_timewarp_model_t model = world_describe (&run, world, setting->reverse);
    mst_timewarp_options_t options = { .scheduler = setting->scheduler,
                                       .workers = setting->workers,
                                       .end = world->end,
                                       .window = setting->window,
                                       .seed = seed,
                                       .memory_bytes = 4 << 20,
                                       .checkpoint_interval = setting->interval };
    CHECK_OK (mst_timewarp_run (&model, &options, &result));
    world_compare (plain, &run, &result);
    if (setting == settings)
        *digest = result.digest;
    CHECK_INT (result.digest, *digest);
    CHECK_INT (result.executed - result.rolled_back, result.committed);
}

static void compare_model (const world_model_t *world)
{
    static plain_t plain;
    for (uint64_t seed = 1; seed <= 1 + (getenv ("MUSTER_SIM_SEEDS") != NULL); seed++) {
        uint64_t digest = 0;
        plain_run (&plain, world, seed);
        CHECK (plain.events > 1000);
        for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
            compare_setting (&plain, world, &settings[i], seed, &digest);
    }
}

static void test_phold (void)
{
    compare_model (&world_models[0]);
}

static void test_ties (void)
{
    compare_model (&world_models[1]);
}

static void test_zero (void)
{
    compare_model (&world_models[2]);
}

static void test_self (void)
{
    compare_model (&world_models[3]);
}

/*  Two seeds, two results: the digest does see the states. */
static void test_digest (void)
{
    world_run_t run;
    mst_timewarp_result_t one, two;
    mst_timewarp_options_t options = { .end = 20.0, .seed = 1, .memory_bytes = 1 << 20 };
    mst_timewarp_model_t model = world_describe (&run, &world_models[0], true);
    CHECK_OK (mst_timewarp_run (&model, &options, &one));
    options.seed = 2;
    model = world_describe (&run, &world_models[0], true);
    CHECK_OK (mst_timewarp_run (&model, &options, &two));
    CHECK (one.digest != two.digest);
}

/*  Without an end a model runs until it has no events left. */
static void fades_act (const world_env_t *env, world_data_t data)
{
    if (data.countdown < 20)
        env->send (env->self, world_anyone (env), 0.5, (world_data_t){ data.countdown + 1, 0 });
}

static void test_no_end (void)
{
    static const world_model_t fades = { "fades", 0.5, INFINITY, fades_act };
    static plain_t plain;
    plain_run (&plain, &fades, 7);
    CHECK_INT (plain.events, WORLD_PROCESSES * 3 * 21);
    uint64_t digest = 0;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        compare_setting (&plain, &fades, &settings[i], 7, &digest);
}

static void scenario (void *context)
{
    const setting_t *setting = context;
    world_run_t run;
    mst_timewarp_result_t result;
    mst_timewarp_options_t options = { .scheduler = setting->scheduler,
                                       .workers = setting->workers,
                                       .end = 3.0,
                                       .window = setting->window,
                                       .memory_bytes = 1 << 19 };
    mst_timewarp_model_t model = world_describe (&run, &world_models[0], setting->reverse);
    (void) mst_timewarp_run (&model, &options, &result);
    model = world_describe (&run, &world_models[0], setting->reverse);
    (void) mst_timewarp_check (&model, &options, &result);
}

static void test_memory (void)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        setting_t setting = settings[i];
        CHECK (sweep_allocations (scenario, &setting) > 5);
    }
}

static CU_TestInfo timewarp_tests[] = {
    { "PHOLD is the same on every scheduler", test_phold },
    { "simultaneous events have one order", test_ties },
    { "a model without lookahead", test_zero },
    { "events for oneself at the same time", test_self },
    { "a run without an end ends with its last event", test_no_end },
    { "the digest tells states apart", test_digest },
    { "any allocation may fail", test_memory },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "timewarp", NULL, NULL, NULL, NULL, timewarp_tests })
