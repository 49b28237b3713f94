/*  Stores in a bad network: they become alike, and nothing that was written is lost. Seeds of each
    story: MUSTER_SIM_SEEDS (20). */
#include "tests/state/group.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 20 };

static uint64_t seeds (void)
{
    const char *text = getenv ("MUSTER_SIM_SEEDS");
    return text && *text ? strtoull (text, NULL, 10) : SEEDS;
}

/*  Until they are alike, in steps, at most so long. Gives the seconds. */
static double settle (group_t *group, uint64_t most_s)
{
    uint64_t began = group->now_ns;
    while (group->now_ns - began < most_s * GROUP_SECOND) {
        group_run (group, GROUP_SECOND / 4);
        if (group_alike (group))
            break;
    }
    return (double) (group->now_ns - began) / GROUP_SECOND;
}

static bool ended_well (group_t *group, uint64_t seed)
{
    bool good = group_alike (group);
    for (uint32_t i = 0; good && i < group->count; i++)
        good = group_complete (group, i);
    if (!good)
        printf ("\n    seed %llu: not alike, or not complete, at %.1f s", (unsigned long long) seed,
                (double) (group->now_ns - GROUP_BEGIN) / GROUP_SECOND);
    return good;
}

typedef void story_t (group_t *group, int round);

/*  Forty rounds of writes everywhere with whatever the story does; then all is well again. */
static void tell (story_t *story, uint32_t stores, double loss, double twice)
{
    static group_t group;
    bool good = true;
    for (uint64_t seed = 1; good && seed <= seeds (); seed++) {
        CHECK_OR_RETURN (group_init (&group, stores, seed, NULL));
        group.loss = loss;
        group.twice = twice;
        group.delay_ns = 3 * (uint64_t) GROUP_SECOND; /* they overtake each other */
        for (int round = 0; round < 40; round++) {
            story (&group, round);
            for (uint32_t i = 0; i < stores; i++)
                group_write (&group, (uint32_t) base_random_below (&group.random, stores));
            group_run (&group, base_random_below (&group.random, 4 * (uint64_t) GROUP_SECOND));
        }
        group.loss = group.twice = 0;
        for (uint32_t i = 0; i < stores; i++) {
            group.side[i] = 0;
            group_start (&group, i);
        }
        (void) settle (&group, 600);
        good = ended_well (&group, seed) && group.errors == 0;
        group_fini (&group);
    }
    CHECK (good);
}

static void nothing (group_t *group, int round)
{
    (void) group;
    (void) round;
}

static void divides (group_t *group, int round)
{
    if (round % 8 == 0)
        for (uint32_t i = 0; i < group->count; i++)
            group->side[i] = (uint32_t) base_random_below (&group->random, 2);
}

static void divides_three_ways (group_t *group, int round)
{
    if (round == 2)
        for (uint32_t i = 0; i < group->count; i++)
            group->side[i] = i % 3;
}

static void restarts (group_t *group, int round)
{
    uint32_t who = (uint32_t) base_random_below (&group->random, group->count);
    if (round % 3 == 0)
        group_stop (group, who);
    if (round % 3 == 1)
        for (uint32_t i = 0; i < group->count; i++)
            group_start (group, i);
}

static void everything (group_t *group, int round)
{
    divides (group, round);
    restarts (group, round);
}

static void test_quiet (void)
{
    tell (nothing, 5, 0, 0);
}

static void test_loss (void)
{
    tell (nothing, 5, 0.5, 0.2);
}

static void test_partition (void)
{
    tell (divides, 6, 0, 0);
}

static void test_three_ways (void)
{
    tell (divides_three_ways, 6, 0.1, 0);
}

static void test_restart (void)
{
    tell (restarts, 4, 0.1, 0.1);
}

static void test_everything (void)
{
    tell (everything, 6, 0.3, 0.2);
}

/*  With few changes kept, only comparisons can help. */
static void test_entropy_alone (void)
{
    static group_t group;
    mst_store_options_t options = { .changes_max = 2, .gossip_hops = 1 };
    CHECK_OR_RETURN (group_init (&group, 5, 3, &options));
    group.loss = 0.3;
    for (int i = 0; i < 300; i++)
        group_write (&group, (uint32_t) i % 5);
    (void) settle (&group, 1200);
    CHECK (ended_well (&group, 3));
    group_fini (&group);
}

/*  1,000 items on 5 nodes at the default intervals. */
static double converge (double loss)
{
    static group_t group;
    char path[32];
    CHECK (group_init (&group, 5, 7, NULL));
    group.loss = loss;
    for (int i = 0; i < 1000; i++) {
        uint32_t at = (uint32_t) i % 5;
        mst_crdt_t *crdt;
        size_t size = (size_t) sprintf (path, "item/%d", i);
        CHECK_OK (mst_store_open (group.stores[at], path, size, MST_CRDT_PNCOUNTER, &crdt));
        CHECK_OK (mst_crdt_increment (crdt, NULL, 1));
        CHECK_OK (mst_store_commit (group.stores[at], path, size, MST_CONSISTENCY_EVENTUAL));
    }
    double seconds = settle (&group, 100);
    for (uint32_t i = 0; i < 5; i++)
        CHECK_INT (mst_store_size (group.stores[i]), 1000);
    group_fini (&group);
    return seconds;
}

static void test_convergence (void)
{
    double well = converge (0), badly = converge (0.5);
    printf ("\n    1,000 items on 5 nodes: %.2f s; half the messages lost: %.2f s ", well, badly);
    CHECK (well <= 15);
    CHECK (badly <= 35);
}

static CU_TestInfo tests[] = {
    { "a good network", test_quiet },
    { "half is lost, some comes twice", test_loss },
    { "a partition comes and goes", test_partition },
    { "three parts", test_three_ways },
    { "restarts with what was saved", test_restart },
    { "all of it", test_everything },
    { "comparisons alone", test_entropy_alone },
    { "how long 1,000 items take", test_convergence },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "store sim", NULL, NULL, NULL, NULL, tests })
