/*  rti/core: the end of memory at every allocation of a whole story; no allocation in the steady
   state; and how much an object costs. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "tests/support/sweep.h"
#include "rti/core/core.h"
#include "base/alloc.h"

#include <malloc.h>
#include <stdio.h>

static rti_driver_t driver;

static void arrive (const char *name)
{
    RTI_DRIVER_ASK (&driver, name, BARRIER_ARRIVE, barrier_arrive, TEXT ("b"),
                    TEXTS (TEXT ("sun"), TEXT ("moon")), 500, 0);
}

static void time_on (const char *name)
{
    RTI_DRIVER_ASK (&driver, name, ENABLE_TIME_REGULATION, enable_time_regulation, 10);
    RTI_DRIVER_ASK (&driver, name, ENABLE_TIME_CONSTRAINED, enable_time_constrained, 0);
}

static void step (uint64_t sequence, int64_t time)
{
    rti_driver_sent (&driver, "sun", "moon", sequence, time);
    rti_driver_received (&driver, "sun", "moon", sequence - 1);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, time);
    rti_driver_sent (&driver, "moon", "sun", sequence, time);
    rti_driver_received (&driver, "moon", "sun", sequence - 1);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_TAR, time);
}

static void story_objects (void)
{
    uint64_t object;
    const char *names[] = { "sun", "moon" };
    for (int i = 0; i < 2; i++) {
        rti_driver_publish (&driver, names[i], CLASS_BODY, 0x6);
        rti_driver_subscribe (&driver, names[i], CLASS_BODY, 0x2);
    }
    RTI_DRIVER_ASK (&driver, "moon", SUBSCRIBE_INTERACTION_CLASS, subscribe_interaction_class,
                    INTERACTION_NOTE);
    RTI_DRIVER_ASK (&driver, "sun", PUBLISH_INTERACTION_CLASS, publish_interaction_class,
                    INTERACTION_ALARM);
    RTI_DRIVER_ASK (&driver, "sun", RESERVE_MULTIPLE_OBJECT_INSTANCE_NAMES,
                    reserve_multiple_object_instance_names, TEXTS (TEXT ("a"), TEXT ("b")));
    for (uint64_t i = 1; i <= 3; i++)
        rti_driver_register (&driver, "sun", i, CLASS_BODY);
    rti_driver_subscribe (&driver, "eye", CLASS_BODY, 0x2);
    object = rti_driver_object (&driver, "sun", 1);
    RTI_DRIVER_ASK (&driver, "moon", ATTRIBUTE_OWNERSHIP_ACQUISITION,
                    attribute_ownership_acquisition, object, HANDLES (2), TAG ("x"));
    RTI_DRIVER_ASK (&driver, "sun", UNCONDITIONAL_ATTRIBUTE_OWNERSHIP_DIVESTITURE,
                    unconditional_attribute_ownership_divestiture, object, HANDLES (2, 3),
                    TAG (""));
    RTI_DRIVER_ASK (&driver, "moon", ATTRIBUTE_OWNERSHIP_ACQUISITION_IF_AVAILABLE,
                    attribute_ownership_acquisition_if_available, object, HANDLES (3), TAG (""));
    RTI_DRIVER_ASK (&driver, "sun", DELETE, delete, .object = rti_driver_object (&driver, "sun", 3),
                    .time = WIRE_TIME_NONE);
}

static void story_together (void)
{
    RTI_DRIVER_ASK (&driver, "sun", REGISTER_FEDERATION_SYNCHRONIZATION_POINT,
                    register_federation_synchronization_point, TEXT ("ready"), TAG ("go"));
    rti_driver_join (&driver, "late", 0);
    const char *names[] = { "sun", "moon", "eye", "late" };
    for (int i = 0; i < 4; i++) {
        rti_driver_mark (&driver, names[i], i == 0 ? "moon" : "sun", 1);
        RTI_DRIVER_ASK (&driver, names[i], SYNCHRONIZATION_POINT_ACHIEVED,
                        synchronization_point_achieved, TEXT ("ready"), i != 2);
    }
    RTI_DRIVER_SEND (&driver, "sun", CLOCK_ASK, clock_ask, 1, 1, 2, -300, 10, 7, 0,
                     3); /* Berkeley */
    RTI_DRIVER_SEND (&driver, "moon", CLOCK_ASK, clock_ask, 2, 1, 4, -300, 10, 7, 0, 3); /* PTP */
    arrive ("sun");
    arrive ("moon");
    arrive ("sun");
    rti_driver_tick (&driver, 1000);
}

static void story_time (void)
{
    uint64_t object = rti_driver_object (&driver, "sun", 2);
    time_on ("sun");
    time_on ("moon");
    for (int i = 2; i <= 4; i++)
        step ((uint64_t) i, 10 * i);
    RTI_DRIVER_SEND (&driver, "sun", MIGRATE, migrate, 1, 2, 50, HANDLES (object), 5);
    RTI_DRIVER_SEND (&driver, "moon", MIGRATE_VOTE, migrate_vote, 1, 1, true, TEXT (""));
    RTI_DRIVER_SEND (&driver, "moon", MIGRATE_VOTE, migrate_vote, 1, 2, true, TEXT (""));
    step (5, 50);
    RTI_DRIVER_ASK (&driver, "eye", REPORT, report, TEXT ("n"), TEXT ("1"));
    RTI_DRIVER_ASK (&driver, "eye", EXPLAIN, explain, .federate = 1);
    RTI_DRIVER_ASK (&driver, "eye", STATUS, status, TEXT ("world"));
    RTI_DRIVER_ASK (&driver, "eye", PROBE, probe, 1,
                    rti_driver_player (&driver, "sun")->sequence + 1, 0);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_NMR, 70);
}

static void story (void)
{
    rti_driver_init (&driver, NULL);
    driver.quiet = true;
    rti_driver_create (&driver, "sun", "world");
    rti_driver_join (&driver, "sun", 0);
    rti_driver_join (&driver, "moon", 0);
    rti_driver_join (&driver, "eye", 1);
    story_objects ();
    story_together ();
    story_time ();
    rti_driver_lose (&driver, "moon", "killed");
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST);
    rti_driver_resign (&driver, "late", WIRE_RESIGN_NO_ACTION);
    rti_driver_resign (&driver, "eye", WIRE_RESIGN_NO_ACTION);
    RTI_DRIVER_ASK (&driver, "sun", DESTROY_FEDERATION_EXECUTION, destroy_federation_execution,
                    TEXT ("world"));
}

/*  One event, and what a daemon does about it; short of memory it lets time pass and goes on. */
static void play (rti_core_t *core, const rti_event_t *event, rti_effects_t *effects)
{
    rti_event_t next = *event;
    uint64_t closes[16];
    for (int tries = 0; tries < 3; tries++) {
        mst_err_t err = rti_core_step (core, &next, effects);
        CU_ASSERT (err == MST_OK || err == MST_E_NO_MEMORY);
        if (rti_core_check (core))
            CHECK_OK (rti_core_check (core));
        size_t count = effects->closes.count < 16 ? effects->closes.count : 16;
        for (size_t i = 0; i < count; i++)
            closes[i] = effects->closes.items[i];
        rti_effects_clear (effects);
        for (size_t i = 0; i < count; i++) {
            rti_event_t lost = { .kind = RTI_EVENT_LOST,
                                 .connection = closes[i],
                                 .text = "closed",
                                 .now_ns = event->now_ns };
            (void) rti_core_step (core, &lost, effects);
        }
        if (!err)
            return;
        next = (rti_event_t){ .kind = RTI_EVENT_TICK, .now_ns = event->now_ns };
    }
}

static void replay (void *context)
{
    rti_core_t *core;
    rti_effects_t effects;
    (void) context;
    if (rti_core_new (NULL, &core))
        return;
    rti_effects_init (&effects);
    for (size_t i = 0; i < driver.tape_count; i++)
        play (core, &driver.tape[i], &effects);
    rti_effects_fini (&effects);
    rti_core_destroy (&core);
}

static void test_sweep (void)
{
    story ();
    long count = sweep_allocations (replay, NULL);
    CHECK (count > 300);
    printf (" (%ld allocations) ", count);
    rti_driver_fini (&driver);
}

/*  Two that step, and a recorder that is told of it. */
static void test_steady_state (void)
{
    rti_driver_init (&driver, NULL);
    driver.quiet = true;
    rti_driver_create (&driver, "sun", "world");
    rti_driver_join (&driver, "sun", 0);
    rti_driver_join (&driver, "moon", 0);
    rti_driver_join (&driver, "log", 1);
    time_on ("sun");
    time_on ("moon");
    for (int i = 2; i < 2000; i++)
        step ((uint64_t) i, 10 * i);
    size_t warm = driver.tape_count;
    for (int i = 2000; i < 3000; i++)
        step ((uint64_t) i, 10 * i);

    rti_core_t *core;
    rti_effects_t effects;
    CHECK_OK (rti_core_new (NULL, &core));
    rti_effects_init (&effects);
    for (size_t i = 0; i < driver.tape_count; i++) {
        if (i == warm)
            base_alloc_fail (0, true);
        CHECK_OK (rti_core_step (core, &driver.tape[i], &effects));
        rti_effects_clear (&effects);
    }
    CHECK (!base_alloc_failed ());
    base_alloc_fail (-1, false);
    rti_effects_fini (&effects);
    rti_core_destroy (&core);
    rti_driver_fini (&driver);
}

static void test_object_size (void)
{
    enum { OBJECTS = 20000 };
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon", "eye", "mars");
    driver.quiet = true;
    rti_driver_publish (&driver, "sun", CLASS_BODY, 0x6);
    rti_driver_subscribe (&driver, "moon", CLASS_BODY, 0x6);
    rti_driver_subscribe (&driver, "eye", CLASS_BODY, 0x6);
    rti_driver_subscribe (&driver, "mars", CLASS_BODY, 0x6);
    driver.unchecked = true;
    size_t before = mallinfo2 ().uordblks + mallinfo2 ().hblkhd;
    for (uint64_t i = 1; i <= OBJECTS; i++)
        rti_driver_register (&driver, "sun", i, CLASS_BODY);
    size_t used = mallinfo2 ().uordblks + mallinfo2 ().hblkhd - before;
    printf (" (%zu bytes each) ", used / OBJECTS);
    CHECK (used / OBJECTS <= 512);
    CHECK_OK (rti_core_check (driver.core));
    rti_driver_fini (&driver);
}

static CU_TestInfo memory_tests[] = {
    { "the end of memory, everywhere", test_sweep },
    { "a step allocates nothing", test_steady_state },
    { "an object costs at most half a kilobyte", test_object_size },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti: memory", NULL, NULL, NULL, NULL, memory_tests })
