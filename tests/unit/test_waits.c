/*  timemgmt/waits against a slow oracle: the closure of who waits for whom, by Warshall. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "timemgmt/waits.h"

#include <stdlib.h>
#include <string.h>

enum { NODES = 9, GRAPHS = 20000 };

typedef struct graph {
    bool waits[NODES][NODES];
    bool reaches[NODES][NODES];
} graph_t;

static uint64_t state = 88172645463325252u;

static uint32_t chance (uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t) (state >> 20) % below;
}

static void graph_make (graph_t *self, uint32_t waits)
{
    memset (self, 0, sizeof *self);
    for (uint32_t i = 0; i < waits; i++) {
        uint32_t a = chance (NODES), b = chance (NODES);
        if (a != b)
            self->waits[a][b] = true;
    }
    memcpy (self->reaches, self->waits, sizeof self->reaches);
    for (int k = 0; k < NODES; k++)
        for (int i = 0; i < NODES; i++)
            for (int j = 0; j < NODES; j++)
                self->reaches[i][j] |= self->reaches[i][k] && self->reaches[k][j];
}

/*  Stuck is who reaches somebody that reaches himself. */
static bool graph_stuck (const graph_t *self, int node)
{
    bool stuck = self->reaches[node][node];
    for (int i = 0; i < NODES; i++)
        stuck = stuck || (self->reaches[node][i] && self->reaches[i][i]);
    return stuck;
}

static void graph_compare (const graph_t *self)
{
    timemgmt_waits_t waits = { 0 };
    CHECK_OK (timemgmt_waits_init (&waits, NODES));
    for (uint32_t i = 0; i < NODES; i++)
        for (uint32_t j = 0; j < NODES; j++)
            if (self->waits[i][j])
                CHECK_OK (timemgmt_waits_add (&waits, i, j));
    CHECK_OK (timemgmt_waits_solve (&waits));
    bool any_stuck = false, any_circle = false;
    for (uint32_t i = 0; i < NODES; i++) {
        uint32_t next = timemgmt_waits_next (&waits, i);
        bool stuck = graph_stuck (self, (int) i);
        CHECK_INT (next != TIMEMGMT_WAITS_NONE, stuck);
        any_stuck |= stuck;
        if (!stuck)
            continue;
        CHECK (self->waits[i][next] && graph_stuck (self, (int) next));
        if (!timemgmt_waits_on_circle (&waits, i))
            continue;
        any_circle = true;
        uint32_t at = next, steps = 1;
        for (; at != i && steps <= NODES; steps++)
            at = timemgmt_waits_next (&waits, at);
        CHECK (at == i); /* it comes back */
    }
    CHECK_INT (any_stuck, any_circle);
    timemgmt_waits_fini (&waits);
}

static void test_against_closure (void)
{
    graph_t graph;
    for (uint32_t i = 0; i < GRAPHS; i++) {
        graph_make (&graph, chance (2 * NODES));
        graph_compare (&graph);
    }
}

static void test_small (void)
{
    timemgmt_waits_t waits = { 0 };
    CHECK_OK (timemgmt_waits_init (&waits, 4));
    CHECK_OK (timemgmt_waits_add (&waits, 0, 1)); /* 0 and 3 wait for 1, which runs */
    CHECK_OK (timemgmt_waits_add (&waits, 3, 1));
    CHECK_OK (timemgmt_waits_add (&waits, 3, 1)); /* twice is once */
    CHECK_OK (timemgmt_waits_solve (&waits));
    for (uint32_t i = 0; i < 4; i++)
        CHECK (timemgmt_waits_next (&waits, i) == TIMEMGMT_WAITS_NONE);
    timemgmt_waits_fini (&waits);

    CHECK_OK (timemgmt_waits_init (&waits, 4));
    CHECK_OK (timemgmt_waits_add (&waits, 0, 1)); /* 1 runs on, but 2 and 3 never will */
    CHECK_OK (timemgmt_waits_add (&waits, 0, 2));
    CHECK_OK (timemgmt_waits_add (&waits, 2, 3));
    CHECK_OK (timemgmt_waits_add (&waits, 3, 2));
    CHECK_OK (timemgmt_waits_solve (&waits));
    CHECK_INT (timemgmt_waits_next (&waits, 0), 2);
    CHECK (!timemgmt_waits_on_circle (&waits, 0));
    CHECK (timemgmt_waits_on_circle (&waits, 2) && timemgmt_waits_on_circle (&waits, 3));
    timemgmt_waits_fini (&waits);
}

static void scenario (void *context)
{
    timemgmt_waits_t waits = { 0 };
    (void) context;
    if (timemgmt_waits_init (&waits, 3))
        return;
    if (!timemgmt_waits_add (&waits, 0, 1) && !timemgmt_waits_add (&waits, 1, 0))
        (void) timemgmt_waits_solve (&waits);
    timemgmt_waits_fini (&waits);
}

static void test_memory (void)
{
    CHECK (sweep_allocations (scenario, NULL) > 0);
}

static CU_TestInfo waits_tests[] = {
    { "who is stuck is who reaches a circle", test_against_closure },
    { "small graphs", test_small },
    { "failing allocations", test_memory },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "waits", NULL, NULL, NULL, NULL, waits_tests })
