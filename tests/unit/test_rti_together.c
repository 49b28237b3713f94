/*  rti/core: synchronization points and barriers: who is waited for, who is missing. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"

static rti_driver_t driver;

static void setup (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon", "eye");
}

#define POINT(name, label)                                                                         \
    RTI_DRIVER_ASK (&driver, name, REGISTER_FEDERATION_SYNCHRONIZATION_POINT,                      \
                    register_federation_synchronization_point, TEXT (label), TAG ("go"))
#define POINT_FOR(name, label, ...)                                                                \
    RTI_DRIVER_ASK (&driver, name, REGISTER_FEDERATION_SYNCHRONIZATION_POINT_WITH_SET,             \
                    register_federation_synchronization_point_with_set, TEXT (label), TAG ("go"),  \
                    HANDLES (__VA_ARGS__))
#define ACHIEVED(name, label, good)                                                                \
    RTI_DRIVER_ASK (&driver, name, SYNCHRONIZATION_POINT_ACHIEVED, synchronization_point_achieved, \
                    TEXT (label), good)

/*  The last one to come waits, as all do, for what the others sent before they came. */
static void test_point (void)
{
    setup ();
    rti_driver_mark (&driver, "sun", "eye", 2);
    POINT ("sun", "ready");
    RTI_DRIVER_EXPECT (&driver,
                       "sun: synchronizationPointRegistrationSucceeded "
                       "(synchronizationPointLabel=\"ready\")\n"
                       "sun: announceSynchronizationPoint (synchronizationPointLabel=\"ready\", "
                       "userSuppliedTag=<2: 676f>)\n"
                       "sun: ok\n"
                       "eye: announceSynchronizationPoint (synchronizationPointLabel=\"ready\", "
                       "userSuppliedTag=<2: 676f>) needs 1:2\n"
                       "moon: announceSynchronizationPoint (synchronizationPointLabel=\"ready\", "
                       "userSuppliedTag=<2: 676f>)\n");
    ACHIEVED ("sun", "ready", true);
    rti_driver_mark (&driver, "moon", "sun", 5);
    rti_driver_mark (&driver, "moon", "eye", 6);
    ACHIEVED ("moon", "ready", false);
    ACHIEVED ("moon", "ready", true);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "moon: ok\n"
                                "moon: MST_E_SYNC_LABEL_UNKNOWN: federate \"moon\" has achieved "
                                "synchronization point \"ready\" before\n");
    ACHIEVED ("eye", "ready", true);
    RTI_DRIVER_EXPECT (&driver,
                       "eye: federationSynchronized (synchronizationPointLabel=\"ready\", "
                       "failedToSyncSet={2}) needs 2:6,1:2\n"
                       "eye: ok\n"
                       "moon: federationSynchronized (synchronizationPointLabel=\"ready\", "
                       "failedToSyncSet={2})\n"
                       "sun: federationSynchronized (synchronizationPointLabel=\"ready\", "
                       "failedToSyncSet={2}) needs 2:5\n");
    POINT ("sun", "ready"); /* the label is free again */
    rti_driver_forget (&driver);
    rti_driver_fini (&driver);
}

static void test_point_set (void)
{
    setup ();
    POINT_FOR ("sun", "two", 2, 3, 3);
    ACHIEVED ("sun", "two", true);
    ACHIEVED ("moon", "two", true);
    ACHIEVED ("eye", "two", true);
    RTI_DRIVER_EXPECT (
        &driver, "sun: synchronizationPointRegistrationSucceeded "
                 "(synchronizationPointLabel=\"two\")\n"
                 "sun: ok\n"
                 "moon: announceSynchronizationPoint (synchronizationPointLabel=\"two\", "
                 "userSuppliedTag=<2: 676f>)\n"
                 "eye: announceSynchronizationPoint (synchronizationPointLabel=\"two\", "
                 "userSuppliedTag=<2: 676f>)\n"
                 "sun: MST_E_SYNC_LABEL_UNKNOWN: synchronization point \"two\" is not announced "
                 "to federate \"sun\"\n"
                 "moon: ok\n"
                 "moon: federationSynchronized (synchronizationPointLabel=\"two\", "
                 "failedToSyncSet={})\n"
                 "eye: federationSynchronized (synchronizationPointLabel=\"two\", "
                 "failedToSyncSet={})\n"
                 "eye: ok\n");
    rti_driver_fini (&driver);
}

static void test_point_fails (void)
{
    setup ();
    POINT ("sun", "ready");
    rti_driver_forget (&driver);
    POINT ("moon", "ready");
    POINT_FOR ("moon", "more", 2, 9);
    POINT ("moon", "");
    ACHIEVED ("moon", "unknown", true);
    RTI_DRIVER_EXPECT (&driver,
                       "moon: synchronizationPointRegistrationFailed "
                       "(synchronizationPointLabel=\"ready\", "
                       "reason=SYNCHRONIZATION_POINT_LABEL_NOT_UNIQUE)\n"
                       "moon: ok\n"
                       "moon: synchronizationPointRegistrationFailed "
                       "(synchronizationPointLabel=\"more\", "
                       "reason=SYNCHRONIZATION_SET_MEMBER_NOT_JOINED)\n"
                       "moon: ok\n"
                       "moon: MST_E_ILLEGAL_NAME: the name of a synchronization point is empty\n"
                       "moon: MST_E_SYNC_LABEL_UNKNOWN: synchronization point \"unknown\" is not "
                       "announced to federate \"moon\"\n");
    rti_driver_fini (&driver);
}

/*  Who joins late takes part in what is for all, not in what is for a set; recorders only watch. */
static void test_point_late (void)
{
    setup ();
    POINT ("sun", "all");
    POINT_FOR ("sun", "some", 1);
    rti_driver_forget (&driver);
    rti_driver_join (&driver, "late", 0);
    rti_driver_join (&driver, "recorder", 1);
    RTI_DRIVER_EXPECT (&driver,
                       "eye: introduce 4 \"late\"\n"
                       "moon: introduce 4 \"late\"\n"
                       "sun: introduce 4 \"late\"\n"
                       "late: introduce 3 \"eye\"\n"
                       "late: introduce 2 \"moon\"\n"
                       "late: introduce 1 \"sun\"\n"
                       "late: joined as 4\n"
                       "late: announceSynchronizationPoint (synchronizationPointLabel=\"all\", "
                       "userSuppliedTag=<2: 676f>)\n"
                       "eye: introduce 5 \"recorder\" flags 1\n"
                       "late: introduce 5 \"recorder\" flags 1\n"
                       "moon: introduce 5 \"recorder\" flags 1\n"
                       "sun: introduce 5 \"recorder\" flags 1\n"
                       "recorder: introduce 3 \"eye\"\n"
                       "recorder: introduce 4 \"late\"\n"
                       "recorder: introduce 2 \"moon\"\n"
                       "recorder: introduce 1 \"sun\"\n"
                       "recorder: records\n"
                       "  note (kind=1, federate=5, name=\"recorder\", time=none, sequence=5, "
                       "text=\"test\")\n"
                       "recorder: joined as 5\n");
    ACHIEVED ("sun", "some", true);
    ACHIEVED ("sun", "all", true);
    ACHIEVED ("moon", "all", true);
    ACHIEVED ("eye", "all", true);
    rti_driver_forget (&driver);
    ACHIEVED ("late", "all", true);
    RTI_DRIVER_EXPECT (&driver, "eye: federationSynchronized (synchronizationPointLabel=\"all\", "
                                "failedToSyncSet={})\n"
                                "moon: federationSynchronized (synchronizationPointLabel=\"all\", "
                                "failedToSyncSet={})\n"
                                "sun: federationSynchronized (synchronizationPointLabel=\"all\", "
                                "failedToSyncSet={})\n"
                                "late: federationSynchronized (synchronizationPointLabel=\"all\", "
                                "failedToSyncSet={})\n"
                                "late: ok\n");
    rti_driver_fini (&driver);
}

/*  Who leaves or dies is missed no longer. */
static void test_point_leave (void)
{
    setup ();
    POINT ("sun", "ready");
    ACHIEVED ("sun", "ready", true);
    ACHIEVED ("moon", "ready", true);
    rti_driver_forget (&driver);
    rti_driver_resign (&driver, "moon", WIRE_RESIGN_NO_ACTION);
    RTI_DRIVER_EXPECT (&driver,
                       "eye: depart (federate=2, reason=1, cutSequence=0, bound=never, text=none)\n"
                       "sun: depart (federate=2, reason=1, cutSequence=0, bound=never, text=none)\n"
                       "moon: ok\n");
    rti_driver_lose (&driver, "eye", "killed");
    RTI_DRIVER_EXPECT (&driver, "sun: depart (federate=3, reason=2, cutSequence=0, bound=never, "
                                "text=\"killed\")\n"
                                "sun: federationSynchronized (synchronizationPointLabel=\"ready\", "
                                "failedToSyncSet={})\n");
    POINT_FOR ("sun", "own", 1);
    rti_driver_forget (&driver);
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_NO_ACTION);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n");
    rti_driver_fini (&driver);
}

#define ARRIVE(name, barrier, deadline, flags, ...)                                                \
    RTI_DRIVER_ASK (&driver, name, BARRIER_ARRIVE, barrier_arrive, TEXT (barrier),                 \
                    TEXTS (__VA_ARGS__), deadline, flags)

static void test_barrier (void)
{
    setup ();
    ARRIVE ("sun", "start", 0, 0, TEXT ("sun"), TEXT ("late"));
    ARRIVE ("sun", "start", 0, 0, TEXT ("late"), TEXT ("sun"));
    ARRIVE ("moon", "start", 0, 0, TEXT ("sun"), TEXT ("late"));
    ARRIVE ("moon", "start", 0, 0, TEXT ("sun"), TEXT ("moon"));
    RTI_DRIVER_EXPECT (
        &driver, "sun: ok\n"
                 "sun: MST_E_INVALID_ARGUMENT: federate \"sun\" waits at barrier \"start\" "
                 "already\n"
                 "moon: MST_E_INVALID_ARGUMENT: federate \"moon\" is not among those whom "
                 "barrier \"start\" expects\n"
                 "moon: MST_E_INVALID_ARGUMENT: barrier \"start\" expects other federates than "
                 "\"moon\" says: all must name the same\n");
    rti_driver_join (&driver, "late", 0);
    rti_driver_forget (&driver);
    ARRIVE ("late", "start", 0, 0, TEXT ("sun"), TEXT ("late"));
    RTI_DRIVER_EXPECT (&driver, "sun: barrierPassed (name=\"start\", generation=1)\n"
                                "late: barrierPassed (name=\"start\", generation=1)\n"
                                "late: ok\n");
    ARRIVE ("late", "start", 0, 0, TEXT ("sun"), TEXT ("late"));
    ARRIVE ("sun", "start", 0, 0, TEXT ("sun"), TEXT ("late"));
    RTI_DRIVER_EXPECT (&driver, "late: ok\n"
                                "sun: barrierPassed (name=\"start\", generation=2)\n"
                                "sun: ok\n"
                                "late: barrierPassed (name=\"start\", generation=2)\n");
    ARRIVE ("moon", "start", 0, 0, TEXT ("moon"));
    RTI_DRIVER_EXPECT (&driver, "moon: barrierPassed (name=\"start\", generation=1)\n"
                                "moon: ok\n");
    rti_driver_fini (&driver);
}

static void test_barrier_deadline (void)
{
    setup ();
    rti_driver_tick (&driver, 1000);
    ARRIVE ("sun", "start", 500, 0, TEXT ("sun"), TEXT ("moon"), TEXT ("eye"), TEXT ("never"));
    ARRIVE ("moon", "start", 900, 0, TEXT ("sun"), TEXT ("moon"), TEXT ("eye"), TEXT ("never"));
    CHECK_INT (driver.deadline_ns, 1500);
    rti_driver_tick (&driver, 1499);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "moon: ok\n");
    rti_driver_tick (&driver, 1500);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: barrierBroken (name=\"start\", generation=1, "
                       "missing={\"eye\",\"never\"}, text=\"barrier \\\"start\\\" passed its "
                       "deadline; missing: \\\"eye\\\", \\\"never\\\"\")\n"
                       "moon: barrierBroken (name=\"start\", generation=1, "
                       "missing={\"eye\",\"never\"}, text=\"barrier \\\"start\\\" passed its "
                       "deadline; missing: \\\"eye\\\", \\\"never\\\"\")\n");
    CHECK_INT (driver.deadline_ns, INT64_MAX);
    ARRIVE ("sun", "start", UINT64_MAX, 0, TEXT ("sun"));
    RTI_DRIVER_EXPECT (&driver, "sun: barrierPassed (name=\"start\", generation=1)\n"
                                "sun: ok\n");
    rti_driver_fini (&driver);
}

/*  A member that dies breaks the barrier, or is expected no longer. Nobody named: all who are
 * there. */
static void test_barrier_lost (void)
{
    static const wire_text_t nobody[] = { TEXT ("") };
    setup ();
    RTI_DRIVER_ASK (&driver, "sun", BARRIER_ARRIVE, barrier_arrive, TEXT ("breaks"), { nobody, 0 },
                    0, 0);
    RTI_DRIVER_ASK (&driver, "sun", BARRIER_ARRIVE, barrier_arrive, TEXT ("shrinks"), { nobody, 0 },
                    0, 1);
    RTI_DRIVER_ASK (&driver, "moon", BARRIER_ARRIVE, barrier_arrive, TEXT ("shrinks"),
                    { nobody, 0 }, 0, 1);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "sun: ok\n"
                                "moon: ok\n");
    rti_driver_lose (&driver, "eye", "killed");
    RTI_DRIVER_EXPECT (&driver,
                       "sun: barrierBroken (name=\"breaks\", generation=1, "
                       "missing={\"eye\",\"moon\"}, text=\"barrier \\\"breaks\\\" lost a member; "
                       "missing: \\\"eye\\\", \\\"moon\\\"\")\n"
                       "sun: barrierPassed (name=\"shrinks\", generation=1)\n"
                       "sun: depart (federate=3, reason=2, cutSequence=0, bound=never, "
                       "text=\"killed\")\n"
                       "moon: barrierPassed (name=\"shrinks\", generation=1)\n"
                       "moon: depart (federate=3, reason=2, cutSequence=0, bound=never, "
                       "text=\"killed\")\n");
    RTI_DRIVER_ASK (&driver, "sun", BARRIER_ARRIVE, barrier_arrive, TEXT ("breaks"), { nobody, 0 },
                    0, 0);
    RTI_DRIVER_ASK (&driver, "moon", BARRIER_ARRIVE, barrier_arrive, TEXT (""), { nobody, 0 }, 0,
                    0);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "moon: MST_E_ILLEGAL_NAME: the name of a barrier is empty\n");
    rti_driver_fini (&driver);
}

static CU_TestInfo together_tests[] = {
    { "a point for all", test_point },
    { "a point for a set", test_point_set },
    { "points that cannot be", test_point_fails },
    { "points and who joins late", test_point_late },
    { "points and who leaves", test_point_leave },
    { "a barrier", test_barrier },
    { "a barrier with a deadline", test_barrier_deadline },
    { "a barrier that loses a member", test_barrier_lost },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti: together", NULL, NULL, NULL, NULL, together_tests })
