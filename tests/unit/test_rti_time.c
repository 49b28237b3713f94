/*  rti/core: requests for time, grants with what they need, and the changes of who regulates. The
   rules themselves are tested with timemgmt/bounds. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"

static rti_driver_t driver;

static void regulate (const char *name, int64_t lookahead)
{
    RTI_DRIVER_ASK (&driver, name, ENABLE_TIME_REGULATION, enable_time_regulation, lookahead);
}

static void constrain (const char *name)
{
    RTI_DRIVER_ASK (&driver, name, ENABLE_TIME_CONSTRAINED, enable_time_constrained, 0);
}

/*  Two that regulate and are constrained, with a lookahead of 10. */
static void setup (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon");
    driver.quiet = true;
    regulate ("sun", 10);
    regulate ("moon", 10);
    constrain ("sun");
    constrain ("moon");
    driver.quiet = false;
}

static void test_enable (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon");
    regulate ("sun", -1);
    regulate ("sun", 10);
    regulate ("sun", 10);
    constrain ("sun");
    constrain ("sun");
    RTI_DRIVER_ASK (&driver, "moon", DISABLE_TIME_REGULATION, disable_time_regulation, 0);
    RTI_DRIVER_ASK (&driver, "moon", DISABLE_TIME_CONSTRAINED, disable_time_constrained, 0);
    RTI_DRIVER_ASK (&driver, "moon", QUERY_LOOKAHEAD, query_lookahead, 0);
    RTI_DRIVER_ASK (&driver, "moon", ENABLE_ASYNCHRONOUS_DELIVERY, enable_asynchronous_delivery, 0);
    RTI_DRIVER_ASK (&driver, "moon", DISABLE_ASYNCHRONOUS_DELIVERY, disable_asynchronous_delivery,
                    0);
    RTI_DRIVER_EXPECT (
        &driver, "sun: MST_E_INVALID_LOOKAHEAD: federate \"sun\": a lookahead must be finite "
                 "and at least 0 (its key is -1)\n"
                 "sun: grant regulation 0 (number 4, floor 10)\n"
                 "sun: ok\n"
                 "sun: MST_E_REGULATION_ON: federate \"sun\": time regulation is on already\n"
                 "sun: grant constraint 0 (number 6)\n"
                 "sun: ok\n"
                 "sun: MST_E_CONSTRAINED_ON: federate \"sun\": the federate is time constrained "
                 "already\n"
                 "moon: MST_E_REGULATION_OFF: federate \"moon\": time regulation is not on\n"
                 "moon: MST_E_CONSTRAINED_OFF: federate \"moon\": the federate is not time "
                 "constrained\n"
                 "moon: MST_E_REGULATION_OFF: federate \"moon\" does not regulate time, so it "
                 "has no lookahead\n"
                 "moon: ok\n"
                 "moon: ok\n");
    RTI_DRIVER_ASK (&driver, "sun", DISABLE_TIME_REGULATION, disable_time_regulation, 0);
    RTI_DRIVER_ASK (&driver, "sun", DISABLE_TIME_CONSTRAINED, disable_time_constrained, 0);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "sun: ok\n");
    rti_driver_fini (&driver);
}

/*  A step: each grant names what the other has sent since the last one. */
static void test_step (void)
{
    setup ();
    rti_driver_sent (&driver, "sun", "moon", 2, 10);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 10);
    RTI_DRIVER_EXPECT (&driver, "");
    rti_driver_sent (&driver, "moon", "sun", 1, 10);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_TAR, 10);
    RTI_DRIVER_EXPECT (&driver, "sun: grant TAR 10 (number 1, galt 20) needs 2:1\n"
                                "moon: grant TAR 10 (number 1, galt 20) needs 1:2\n");
    rti_driver_received (&driver, "sun", "moon", 1);
    rti_driver_sent (&driver, "sun", "moon", 3, 20);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 20);
    rti_driver_received (&driver, "moon", "sun", 2);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_NMR, 20);
    RTI_DRIVER_EXPECT (&driver, "sun: grant TAR 20 (number 2, galt 30)\n"
                                "moon: grant NMR 20 (number 2, galt 30) needs 1:3\n");
    rti_driver_fini (&driver);
}

static void test_kinds (void)
{
    setup ();
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TARA, 10);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_NMRA, 10);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_FQR, 50);
    RTI_DRIVER_EXPECT (&driver, "sun: grant TARA 10 (number 1, galt 10)\n"
                                "moon: grant NMRA 10 (number 1, galt 20)\n"
                                "sun: grant FQR 20 (number 2, galt 20)\n");
    rti_driver_fini (&driver);
}

static void test_questions (void)
{
    setup ();
    rti_driver_player (&driver, "moon")->queue_min = 7;
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_NONE, 0);
    RTI_DRIVER_ASK (&driver, "moon", QUERY_GALT, query_galt, 0);
    RTI_DRIVER_ASK (&driver, "moon", QUERY_LITS, query_lits, 0);
    RTI_DRIVER_ASK (&driver, "moon", QUERY_LOGICAL_TIME, query_logical_time, 0);
    RTI_DRIVER_ASK (&driver, "moon", QUERY_LOOKAHEAD, query_lookahead, 0);
    RTI_DRIVER_ASK (&driver, "moon", MODIFY_LOOKAHEAD, modify_lookahead, 15);
    RTI_DRIVER_ASK (&driver, "moon", QUERY_LOOKAHEAD, query_lookahead, 0);
    RTI_DRIVER_ASK (&driver, "moon", MODIFY_LOOKAHEAD, modify_lookahead, -5);
    RTI_DRIVER_ASK (&driver, "sun", QUERY_GALT, query_galt, 0);
    RTI_DRIVER_EXPECT (
        &driver, "moon: ok queryGALT = (time=10)\n"
                 "moon: ok queryLITS = (time=7)\n"
                 "moon: ok queryLogicalTime = (time=0)\n"
                 "moon: ok queryLookahead = (lookahead=10)\n"
                 "moon: ok\n"
                 "moon: ok queryLookahead = (lookahead=15)\n"
                 "moon: MST_E_INVALID_LOOKAHEAD: federate \"moon\": a lookahead must be finite "
                 "and at least 0 (its key is -5)\n"
                 "sun: ok queryGALT = (time=15)\n");
    rti_driver_fini (&driver);
}

/*  Nobody else regulates: no bound, and by default no waiting. */
static void test_alone (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun");
    constrain ("sun");
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 1000);
    RTI_DRIVER_ASK (&driver, "sun", QUERY_GALT, query_galt, 0);
    RTI_DRIVER_ASK (&driver, "sun", QUERY_LITS, query_lits, 0);
    RTI_DRIVER_EXPECT (&driver, "sun: grant constraint 0 (number 3)\n"
                                "sun: ok\n"
                                "sun: grant TAR 1000 (number 1)\n"
                                "sun: ok queryGALT = (time=none)\n"
                                "sun: ok queryLITS = (time=none)\n");
    rti_driver_fini (&driver);
}

static void test_errors (void)
{
    setup ();
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, -3);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 30);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 40);
    RTI_DRIVER_ASK (&driver, "sun", MODIFY_LOOKAHEAD, modify_lookahead, 3);
    rti_driver_sent (&driver, "moon", "sun", 1, 5);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_NONE, 0);
    rti_driver_sent (&driver, "moon", "moon", 1, 50);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_NONE, 0);
    rti_driver_sent (&driver, "moon", "sun", 2, 50);
    rti_driver_sent (&driver, "moon", "sun", 2, 50);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_NONE, 0);
    RTI_DRIVER_EXPECT (
        &driver, "sun: MST_E_INVALID_TIME: federate \"sun\": a logical time must lie between "
                 "the initial time, 0, and the final time (its key is -3)\n"
                 "sun: MST_E_ADVANCE_PENDING: federate \"sun\": the federate at time slot 0 "
                 "waits for TAR to 30\n"
                 "sun: MST_E_ADVANCE_PENDING: federate \"sun\": the federate at time slot 0 "
                 "waits for TAR to 30\n"
                 "moon: MST_E_TIME_PASSED: federate \"moon\": the federate at time slot 1 sent "
                 "a message stamped 5, below its bound 10\n"
                 "moon: MST_E_INVALID_ARGUMENT: federate \"moon\": time slot 1 reports a "
                 "message to itself\n"
                 "moon: MST_E_INVALID_ARGUMENT: federate \"moon\": time slot 1 reports sequence "
                 "2 to slot 0, not above 2\n");
    rti_driver_fini (&driver);
}

/*  Who leaves with messages on their way holds the others until they have come; then his place is
 * free. */
static void test_leaver_lingers (void)
{
    setup ();
    rti_driver_sent (&driver, "sun", "moon", 1, 15);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_NONE, 0);
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_NO_ACTION);
    RTI_DRIVER_EXPECT (
        &driver, "moon: depart (federate=1, reason=1, cutSequence=1, bound=10, text=none) needs "
                 "1:1\n"
                 "sun: ok\n");
    rti_driver_join (&driver, "mars", 0);
    rti_driver_forget (&driver);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_NMR, 30);
    RTI_DRIVER_EXPECT (&driver, "moon: grant NMR 15 (number 1) needs 1:1\n");
    rti_driver_player (&driver, "moon")->queue_min = 15;
    driver.players[1].received[0] = (wire_pair_t){ 1, 1 };
    driver.players[1].received_count = 1;
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_NMR, 30);
    RTI_DRIVER_EXPECT (&driver, "moon: grant NMR 15 (number 2)\n");
    rti_driver_fini (&driver);
}

/*  Who dies stops holding; the cut is what he reported, not what he marked on another record. */
static void test_death_frees (void)
{
    setup ();
    rti_driver_sent (&driver, "sun", "moon", 3, 15);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 5);
    rti_driver_forget (&driver);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_TAR, 100);
    rti_driver_mark (&driver, "sun", "moon", 4);
    RTI_DRIVER_ASK (&driver, "sun", RESERVE_OBJECT_INSTANCE_NAME, reserve_object_instance_name,
                    TEXT ("x"));
    rti_driver_forget (&driver);
    rti_driver_lose (&driver, "sun", "its process died");
    RTI_DRIVER_EXPECT (&driver,
                       "moon: depart (federate=1, reason=2, cutSequence=3, bound=15, text=\"its "
                       "process died\") needs 1:3\n"
                       "moon: grant TAR 100 (number 1)\n");
    rti_driver_fini (&driver);
}

static void test_float_time (void)
{
    wire_module_item_t module = { WIRE_MODULE_FILE,
                                  TEXT ("bodies.xml"),
                                  { (const uint8_t *) rti_driver_fom, 0 } };
    while (rti_driver_fom[module.content.size_bytes])
        module.content.size_bytes++;
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_ASK (&driver, "sun", CREATE_FEDERATION_EXECUTION_WITH_TIME,
                    create_federation_execution_with_time, TEXT ("world"), { &module, 1 },
                    TEXT ("HLAfloat64Time"));
    rti_driver_join (&driver, "sun", 0);
    rti_driver_join (&driver, "moon", 0);
    rti_driver_forget (&driver);
    regulate ("sun", 0x3fe0000000000000); /* 0.5 */
    constrain ("moon");
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_TARA, 0x3fe0000000000000);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_TAR, 0x3ff0000000000000);
    RTI_DRIVER_ASK (&driver, "moon", EXPLAIN, explain, .federate = 0);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: grant regulation 0 (number 3, floor 4602678819172646912)\n"
                       "sun: ok\n"
                       "moon: grant constraint 0 (number 2, galt 4602678819172646912)\n"
                       "moon: ok\n"
                       "moon: grant TARA 4602678819172646912 (number 1, galt 4602678819172646912)\n"
                       "moon: ok explain = (holder=1, name=\"sun\", term=1, granted=0, "
                       "bound=4602678819172646912, lookahead=4602678819172646912, silentNs=0, "
                       "text=\"held by \\\"sun\\\" (granted 0, lookahead 0.5).\", deadlock=false, "
                       "timeType=1, chain={(1,\"sun\",1,none,0,none,4602678819172646912,none,"
                       "4602678819172646912,0,0,none)})\n");
    rti_driver_fini (&driver);
}

static CU_TestInfo time_tests[] = {
    { "regulating and constrained", test_enable },
    { "a step", test_step },
    { "kinds of requests", test_kinds },
    { "questions", test_questions },
    { "alone", test_alone },
    { "errors", test_errors },
    { "a leaver lingers", test_leaver_lingers },
    { "a death frees the others", test_death_frees },
    { "floating-point time", test_float_time },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti: time", NULL, NULL, NULL, NULL, time_tests })
