/*  Flush queue and retraction between processes: what one says too early another one is given by a
    flush, and takes back; a conservative one never hears of it. */
#include "tests/integration/federates.h"
#include "tests/support/process.h"

#include <string.h>

enum { LINE_MS = 20000 };

static void flush_once (stage_t *stage, actor_t *self)
{
    size_t before = self->grants;
    CHECK_OR_RETURN (CHECK_OK (mst_flush_queue_request (self->fed, 40)));
    STAGE_UNTIL (stage, self->grants > before);
}

static void test_processes (void)
{
    stage_t stage;
    test_process_t sun;

    stage_open (&stage);
    actor_t *moon = stage_join (&stage, "moon"), *mars = stage_join (&stage, "mars");
    actor_publishes (moon, "Body");
    actor_subscribes (moon, "Body");
    actor_subscribes (mars, "Body");
    actor_keeps_time (&stage, moon, 1);
    CHECK_OK (mst_enable_constrained (mars->fed));
    PROCESS_START (&sun, "prog_federates_player", stage.endpoint, "sun", "retracts");
    CHECK (test_process_line (&sun, "ready", LINE_MS) != NULL);
    STAGE_UNTIL (&stage, moon->discovered == 1 && mars->discovered == 1 && mars->constrained);
    CHECK_OK (mst_time_advance_request (mars->fed, 45));
    for (int i = 0; i < 10000 && !strstr (moon->trace, "Position=wrong @20"); i++)
        flush_once (&stage, moon);
    CHECK_CONTAINS (moon->trace, "reflected sun.1 Position=wrong @20\n");
    CHECK (moon->granted <= 20); /* not final: it may be taken back */
    mst_object_t object = actor_registers (moon, "Body");
    CHECK_OK (actor_updates (moon, object, "Position", "go on", 30));
    CHECK_OK (mst_flush (moon->fed));
    for (int i = 0; i < 10000 && !strstr (moon->trace, "right @21"); i++)
        flush_once (&stage, moon);
    CHECK_CONTAINS (moon->trace, "retracted by sun @20\n");
    CHECK_OK (mst_time_advance_request (moon->fed, 50));
    STAGE_UNTIL (&stage, mars->granted == 45 && moon->granted == 50);
    CHECK_CONTAINS (mars->trace, "reflected sun.1 Position=right @21\n");
    CHECK (strstr (mars->trace, "wrong") == NULL);
    CHECK (test_process_line (&sun, "and there", LINE_MS) != NULL);
    test_process_fini (&sun);
    stage_close (&stage);
}

static CU_TestInfo tests[] = {
    { "an optimistic process", test_processes },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "federates retract", NULL, NULL, NULL, NULL, tests })
