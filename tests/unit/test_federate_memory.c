/*  federate/core: the end of memory at every allocation of a small federation's whole life.
   Whatever call meets it says so or goes on; nobody crashes, nothing is left, and whoever cannot
   take in what came is lost, with a text that says why. */
#include "tests/support/check.h"
#include "tests/support/federation.h"
#include "tests/support/sweep.h"
#include "base/alloc.h"
#include "base/error.h"
#include "federate/core/core.h"
#include "rti/core/core.h"

#include <stdio.h>
#include <string.h>

static federation_t world;

/*  Tries again after the first failure, as a user may. */
static mst_err_t update (const char *name, mst_object_t object, uint32_t attribute, mst_time_t time)
{
    mst_err_t err = federation_update (&world, name, object, attribute, "here", time);
    return err == MST_E_NO_MEMORY
               ? federation_update (&world, name, object, attribute, "here", time)
               : err;
}

static void advance (const char *name, mst_time_t to)
{
    if (federation_advance (&world, name, WIRE_ADVANCE_TAR, to) == MST_E_NO_MEMORY)
        (void) federation_advance (&world, name, WIRE_ADVANCE_TAR, to);
}

static void step (mst_object_t sun, mst_object_t moon, mst_time_t to)
{
    (void) update ("sun", sun, FED_PLACE, to);
    (void) update ("sun", sun, FED_MASS, MST_TIME_NONE);
    (void) update ("sun", sun, FED_GLOW, MST_TIME_NONE);
    (void) update ("moon", moon, FED_PLACE, to);
    (void) federation_send (&world, "moon", FED_ALARM, "now", to);
    (void) federation_send (&world, "moon", FED_CHAT, "hello", MST_TIME_NONE);
    advance ("sun", to);
    advance ("moon", to);
    federation_pump (&world);
}

static void talk (mst_object_t sun)
{
    static const char *const names[] = { "Argo", "Pequod" };
    federate_core_t *core = federation_core (&world, "sun"),
                    *moon = federation_core (&world, "moon");
    mst_object_t named;

    (void) federate_core_reserve (core, names, 2);
    (void) federate_core_register_point (core, "ready", "go", 2, NULL, 0);
    federation_pump (&world);
    (void) federate_core_achieve_point (core, "ready", true);
    (void) federate_core_achieve_point (moon, "ready", true);
    (void) federate_core_register (core, FED_COMET, "Argo", &named);
    (void) federate_core_release_name (core, "Pequod");
    (void) federate_core_barrier (core, "b", (const char *const[]){ "sun", "moon" }, 2, 0);
    (void) federate_core_barrier (moon, "b", (const char *const[]){ "sun", "moon" }, 2, 0);
    (void) federate_core_report (core, "n", "1");
    federation_pump (&world);
    (void) federate_core_request_update (moon, sun, 0, FED_MASK_PLACE);
    (void) federate_core_divest (core, sun, FED_MASK_MASS, "x", 1);
    (void) federate_core_acquire (moon, sun, FED_MASK_MASS, "x", 1, true);
    federation_pump (&world);
    (void) federate_core_query_owner (moon, sun, FED_MASS);
    (void) federate_core_divest (moon, sun, FED_MASK_MASS, "", 0);
    federation_pump (&world);
}

static void migrate (mst_object_t object, mst_time_t cut)
{
    mst_federate_id_t home = { federation_state (&world, "moon").self };
    for (int i = 0; i < 2; i++)
        if (federate_core_migrate (federation_core (&world, "sun"), object, home, cut, "state",
                                   5) != MST_E_NO_MEMORY)
            break;
}

/*  When memory is back: a federate is lost and says so, or its time goes on and its questions are
 * answered. */
#define CHECK_USABLE(name)                                                                         \
    do {                                                                                           \
        const char *wrong = unusable (name);                                                       \
        if (wrong)                                                                                 \
            CHECK_TEXT (wrong, name " is usable or lost");                                         \
    } while (0)

static const char *unusable (const char *name)
{
    federate_core_t *core = federation_core (&world, name);
    wire_status_t status = { .federation = { "world", 5 } };
    federate_reply_t reply;
    uint32_t request;

    void *memory = base_alloc (1);
    base_free (memory);
    if (!memory || !federation_state (&world, name).joined)
        return NULL;
    for (int i = 0; i < 2; i++)
        if (federate_core_request (core, WIRE_SERVICE_STATUS, &status, &request) != MST_E_NO_MEMORY)
            break;
    federation_pump (&world);
    federate_state_t state = federation_state (&world, name);
    if (state.lost)
        return federate_core_report (core, "n", "1") == MST_E_CONNECTION_LOST
                   ? NULL
                   : "lost, and calls do not say so";
    if (state.advancing)
        return "it waits for its grant for ever";
    if (!federate_core_reply (core, request, &reply))
        return "nobody answers";
    base_free (reply.text);
    base_free (reply.result);
    return NULL;
}

static void life (bool relay, bool causal)
{
    federate_options_t options = { .stamps = true, .causal = causal, .relay = relay };

    if (federation_init (&world, NULL))
        return;
    world.quiet = true;
    if (federation_join (&world, "sun", &options) || federation_join (&world, "moon", &options) ||
        federation_join (&world, "log", &(federate_options_t){ .recorder = true }))
        return;
    federation_pump (&world);
    federation_declare (&world, "sun", FED_MASK_BODY, FED_MASK_BODY);
    federation_declare (&world, "moon", FED_MASK_BODY, FED_MASK_BODY);
    federation_declare (&world, "log", 0, FED_MASK_BODY);
    federation_pump (&world);
    mst_object_t sun = federation_register (&world, "sun", FED_BODY);
    mst_object_t moon = federation_register (&world, "moon", FED_BODY);
    federation_time_on (&world, "sun", 10);
    federation_time_on (&world, "moon", 10);
    federation_pump (&world);
    step (sun, moon, 10);
    talk (sun);
    step (sun, moon, 20);
    migrate (sun, 40);
    step (sun, moon, 30);
    step (sun, moon, 40);
    (void) update ("moon", sun, FED_PLACE, 55);
    step (sun, moon, 50);
    (void) federate_core_delete (federation_core (&world, "moon"), moon, 60, NULL);
    (void) federate_core_delete (federation_core (&world, "moon"), sun, MST_TIME_NONE, NULL);
    step (sun, moon, 60);
    CHECK_USABLE ("sun");
    CHECK_USABLE ("moon");
    CHECK_USABLE ("log");
    if (federation_resign (&world, "sun", MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST) ==
        MST_E_NO_MEMORY)
        (void) federation_resign (&world, "sun", MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST);
    federation_pump (&world);
    federation_kill (&world, "moon");
    federation_pump (&world);
}

typedef struct kind {
    bool relay, causal;
} kind_t;

static void scenario (void *context)
{
    const kind_t *kind = context;
    life (kind->relay, kind->causal);
    federation_fini (&world);
}

static void sweep (kind_t kind)
{
    long count = sweep_allocations (scenario, &kind);
    CHECK (count > 300);
    printf (" (%ld allocations) ", count);
}

static void test_life (void)
{
    federate_state_t state;

    life (false, false);
    federate_core_state (federation_core (&world, "log"), &state);
    CHECK (state.joined && !state.lost);
    CHECK_INT (federate_core_counters (federation_core (&world, "log"))->never_came, 0);
    federation_fini (&world);
}

static void test_sweep (void)
{
    sweep ((kind_t){ .relay = false });
}

static void test_sweep_relayed (void)
{
    sweep ((kind_t){ .relay = true });
}

static void test_sweep_causal (void)
{
    sweep ((kind_t){ .causal = true });
}

static CU_TestInfo memory_tests[] = {
    { "a whole life, with memory", test_life },
    { "the end of memory, everywhere", test_sweep },
    { "the end of memory, with all data by the RTI", test_sweep_relayed },
    { "the end of memory, with causal delivery", test_sweep_causal },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "federate: memory", NULL, NULL, NULL, NULL, memory_tests })
