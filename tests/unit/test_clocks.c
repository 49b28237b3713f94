/*  Lamport and vector clocks: a random run of events, whose true order is known by search. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/random.h"
#include "timemgmt/clocks.h"
#include "timemgmt/limits.h"

#include <stdbool.h>
#include <string.h>

enum { PROCESSES = 5, EVENTS = 200 };

static void test_lamport (void)
{
    uint64_t clock = 0;
    CHECK_INT (timemgmt_lamport_tick (&clock), 1);
    CHECK_INT (timemgmt_lamport_receive (&clock, 7), 8);
    CHECK_INT (timemgmt_lamport_receive (&clock, 3), 9);
    CHECK_INT (timemgmt_lamport_receive (&clock, UINT64_MAX), 10); /* nobody winds it around */
    CHECK_INT (clock, 10);
}

static void test_vector_order (void)
{
    timemgmt_vector_t a = { 0 }, b = { 0 };
    CHECK_INT (timemgmt_vector_compare (&a, &b), TIMEMGMT_EQUAL);
    CHECK_OK (timemgmt_vector_tick (&a, 9));
    CHECK_INT (timemgmt_vector_get (&a, 9), 1);
    CHECK_INT (timemgmt_vector_get (&a, 1000), 0);
    CHECK_INT (timemgmt_vector_compare (&a, &b), TIMEMGMT_AFTER);
    CHECK_INT (timemgmt_vector_compare (&b, &a), TIMEMGMT_BEFORE);
    CHECK_OK (timemgmt_vector_tick (&b, 2));
    CHECK_INT (timemgmt_vector_compare (&a, &b), TIMEMGMT_CONCURRENT);
    CHECK_OK (timemgmt_vector_merge (&b, &a));
    CHECK_INT (timemgmt_vector_compare (&a, &b), TIMEMGMT_BEFORE);
    CHECK_OK (timemgmt_vector_set (&b, 2, 0));
    CHECK_INT (timemgmt_vector_compare (&a, &b), TIMEMGMT_EQUAL);
    CHECK_ERR (timemgmt_vector_tick (&b, TIMEMGMT_FEDERATES_MAX), MST_E_LIMIT);
    timemgmt_vector_fini (&a);
    timemgmt_vector_fini (&b);
}

typedef struct happening {
    uint64_t lamport;
    timemgmt_vector_t vector;
    bool after[EVENTS]; /* which earlier ones it follows */
} happening_t;

static void happen (happening_t *events, int i, const int last[PROCESSES], uint32_t at, int from,
                    uint64_t lamport[PROCESSES], timemgmt_vector_t vectors[PROCESSES])
{
    const int causes[] = { last[at], from };
    for (int k = 0; k < 2; k++)
        for (int j = 0; causes[k] >= 0 && j <= causes[k]; j++)
            if (j == causes[k] || events[causes[k]].after[j])
                events[i].after[j] = true;
    if (from >= 0) {
        (void) timemgmt_lamport_receive (&lamport[at], events[from].lamport);
        CHECK_OK (timemgmt_vector_merge (&vectors[at], &events[from].vector));
    } else
        (void) timemgmt_lamport_tick (&lamport[at]);
    CHECK_OK (timemgmt_vector_tick (&vectors[at], at));
    events[i].lamport = lamport[at];
    CHECK_OK (timemgmt_vector_merge (&events[i].vector, &vectors[at]));
}

static void test_clocks_tell_the_true_order (void)
{
    static happening_t events[EVENTS];
    uint64_t lamport[PROCESSES] = { 0 };
    timemgmt_vector_t vectors[PROCESSES] = { 0 };
    int last[PROCESSES];
    base_random_t random;
    base_random_init (&random, 5);
    memset (last, -1, sizeof last);
    for (int i = 0; i < EVENTS; i++) {
        uint32_t at = (uint32_t) base_random_below (&random, PROCESSES);
        int from = i > 0 && base_random_chance (&random, 0.3)
                       ? (int) base_random_below (&random, (uint64_t) i)
                       : -1;
        happen (events, i, last, at, from, lamport, vectors);
        last[at] = i;
    }
    for (int i = 0; i < EVENTS; i++)
        for (int j = 0; j < i; j++) {
            timemgmt_order_t order = timemgmt_vector_compare (&events[j].vector, &events[i].vector);
            CHECK_OR_RETURN (order == (events[i].after[j] ? TIMEMGMT_BEFORE : TIMEMGMT_CONCURRENT));
            CHECK_OR_RETURN (!events[i].after[j] || events[j].lamport < events[i].lamport);
        }
    for (int i = 0; i < EVENTS; i++)
        timemgmt_vector_fini (&events[i].vector);
    for (int i = 0; i < PROCESSES; i++)
        timemgmt_vector_fini (&vectors[i]);
}

static void scenario_vectors (void *context)
{
    (void) context;
    timemgmt_vector_t a = { 0 }, b = { 0 };
    (void) timemgmt_vector_tick (&a, 3);
    (void) timemgmt_vector_tick (&a, 30);
    if (timemgmt_vector_merge (&b, &a))
        CHECK_INT (b.count, 0);
    timemgmt_vector_fini (&a);
    timemgmt_vector_fini (&b);
}

static void test_without_memory (void)
{
    CHECK_INT (sweep_allocations (scenario_vectors, NULL), 3);
}

static CU_TestInfo clock_tests[] = {
    { "Lamport", test_lamport },
    { "vectors", test_vector_order },
    { "they tell the true order", test_clocks_tell_the_true_order },
    { "without memory", test_without_memory },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "timemgmt/clocks", NULL, NULL, NULL, NULL, clock_tests })
