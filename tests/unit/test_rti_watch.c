/*  rti/core: what can be seen from outside: recorders, status, explanations, reports. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"

#include <string.h>

static rti_driver_t driver;

static void setup (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon");
    driver.quiet = true;
    for (int i = 0; i < 2; i++) {
        const char *name = i == 0 ? "sun" : "moon";
        RTI_DRIVER_ASK (&driver, name, ENABLE_TIME_REGULATION, enable_time_regulation, i * 10);
        RTI_DRIVER_ASK (&driver, name, ENABLE_TIME_CONSTRAINED, enable_time_constrained, 0);
    }
    driver.quiet = false;
}

static void status (const char *federation)
{
    base_buffer_t json;
    base_buffer_init (&json);
    CHECK_OK (rti_core_status (driver.core, federation, &json));
    CHECK_OK (base_buffer_append (&json, "\n", 2)); /* with its zero */
    CHECK (json.data[0] == '{');
    rti_driver_forget (&driver);
    driver.trace = strdup ((const char *) json.data);
    base_buffer_fini (&json);
}

/*  A recorder gets the RTI's own records, in batches: before whatever else it is told, or in time.
 */
static void test_recorder (void)
{
    setup ();
    rti_driver_join (&driver, "log", 1);
    rti_driver_forget (&driver);
    RTI_DRIVER_ASK (&driver, "log", ENABLE_TIME_CONSTRAINED, enable_time_constrained, 0);
    RTI_DRIVER_EXPECT (&driver, "log: records\n"
                                "  note (kind=5, federate=3, name=none, time=0, sequence=2, "
                                "text=\"enable time constrained\")\n"
                                "log: grant constraint 0 (number 2, galt 0)\n"
                                "log: ok\n");
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 5);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_TAR, 5);
    RTI_DRIVER_EXPECT (&driver, "sun: grant TAR 5 (number 1, galt 10)\n"
                                "moon: grant TAR 5 (number 1, galt 6)\n");
    CHECK_INT (driver.deadline_ns, 50000000);
    rti_driver_tick (&driver, 50000000);
    RTI_DRIVER_EXPECT (
        &driver, "log: records\n"
                 "  note (kind=5, federate=1, name=none, time=5, sequence=1, text=\"TAR\")\n"
                 "  note (kind=5, federate=2, name=none, time=5, sequence=1, text=\"TAR\")\n");
    CHECK_INT (driver.deadline_ns, INT64_MAX);
    rti_driver_advance (&driver, "log", WIRE_ADVANCE_TAR, 4);
    RTI_DRIVER_EXPECT (&driver,
                       "log: records\n"
                       "  note (kind=5, federate=3, name=none, time=4, sequence=1, text=\"TAR\")\n"
                       "log: grant TAR 4 (number 1, galt 6)\n");
    RTI_DRIVER_ASK (&driver, "moon", REPORT, report, TEXT ("comets"), TEXT ("3750"));
    RTI_DRIVER_ASK (&driver, "moon", LOST_MESSAGES, lost_messages, 1, 4, 6);
    rti_driver_lose (&driver, "sun", "killed");
    RTI_DRIVER_EXPECT (
        &driver, "moon: ok\n"
                 "moon: ok\n"
                 "log: records\n"
                 "  note (kind=8, federate=2, name=\"comets\", time=none, sequence=0, "
                 "text=\"3750\")\n"
                 "  note (kind=9, federate=1, name=\"moon\", time=none, sequence=6, "
                 "text=\"bundles 4 to 6 of federate 1 never came\")\n"
                 "  note (kind=3, federate=1, name=\"sun\", time=6, sequence=0, "
                 "text=\"killed\")\n"
                 "log: depart (federate=1, reason=2, cutSequence=0, bound=6, text=\"killed\")\n"
                 "moon: depart (federate=1, reason=2, cutSequence=0, bound=6, text=\"killed\")\n");
    rti_driver_resign (&driver, "log", WIRE_RESIGN_NO_ACTION);
    RTI_DRIVER_EXPECT (
        &driver, "moon: depart (federate=3, reason=1, cutSequence=0, bound=never, text=none)\n"
                 "log: records\n"
                 "  note (kind=4, federate=1, name=\"log\", time=none, sequence=0, text=none)\n"
                 "  note (kind=4, federate=1, name=\"moon\", time=none, sequence=0, text=none)\n"
                 "  note (kind=2, federate=3, name=\"log\", time=none, sequence=0, text=none)\n"
                 "  note (kind=4, federate=3, name=\"moon\", time=none, sequence=0, text=none)\n"
                 "log: ok\n");
    rti_driver_fini (&driver);
}

static void test_explain (void)
{
    setup ();
    RTI_DRIVER_ASK (&driver, "moon", EXPLAIN, explain, .federate = 0);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_TAR, 5);
    RTI_DRIVER_ASK (&driver, "moon", EXPLAIN, explain, .federate = 0);
    rti_driver_state (&driver, "sun", "stopped");
    rti_driver_tick (&driver, 2000);
    RTI_DRIVER_ASK (&driver, "sun", EXPLAIN, explain, .federate = 2);
    RTI_DRIVER_EXPECT (
        &driver, "moon: ok explain = (holder=none, name=none, term=0, granted=none, bound=none, "
                 "lookahead=none, silentNs=0, text=\"it does not wait.\", "
                 "deadlock=false, timeType=0, chain={})\n"
                 "moon: ok explain = (holder=1, name=\"sun\", term=1, granted=0, bound=0, "
                 "lookahead=0, silentNs=0, text=\"held by \\\"sun\\\" (granted 0, lookahead "
                 "0).\", deadlock=false, timeType=0, "
                 "chain={(1,\"sun\",1,none,0,none,0,none,0,0,0,none)})\n"
                 "sun: ok explain = (holder=1, name=\"sun\", term=1, granted=0, bound=0, "
                 "lookahead=0, silentNs=0, text=\"held by \\\"sun\\\" (granted 0, lookahead 0). "
                 "Its process is stopped.\", deadlock=false, timeType=0, "
                 "chain={(1,\"sun\",1,none,0,none,0,none,0,2000,0,\"stopped\")})\n");
    rti_driver_state (&driver, "sun", "");
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 12);
    RTI_DRIVER_ASK (&driver, "sun", EXPLAIN, explain, .federate = 0);
    RTI_DRIVER_ASK (&driver, "sun", EXPLAIN, explain, .federate = 9);
    RTI_DRIVER_EXPECT (
        &driver, "sun: grant TAR 12 (number 1, galt 15)\n"
                 "moon: grant TAR 5 (number 1, galt 13)\n"
                 "sun: ok explain = (holder=none, name=none, term=0, granted=none, bound=none, "
                 "lookahead=none, silentNs=0, text=\"it does not wait.\", "
                 "deadlock=false, timeType=0, chain={})\n"
                 "sun: MST_E_STALE_HANDLE: there is no federate 9 in \"world\" (any more)\n");
    rti_driver_fini (&driver);
}

static void test_status (void)
{
    setup ();
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_TAR, 5);
    RTI_DRIVER_ASK (&driver, "moon", REPORT, report, TEXT ("a \"quoted\" name"), TEXT ("1"));
    RTI_DRIVER_ASK (&driver, "moon", REPORT, report, TEXT ("a \"quoted\" name"), TEXT ("2\n"));
    rti_driver_join (&driver, "log", 1);
    status ("world");
    RTI_DRIVER_EXPECT (
        &driver,
        "{\"connections\":3,\"federations\":[{\"name\":\"world\",\"time\":\"HLAinteger6"
        "4Time\",\"objects\":0,\"migrations\":0,\"migrations_aborted\":0,\"migrations_with_gap\":0,"
        "\"lost_federat"
        "es\":0,\"lost_bundles\":0,\"federates\":[{\"handle\":3,\"name\":\"log\",\"type"
        "\":\"test\",\"state\":\"granted\",\"regulating\":false,\"constrained\":false,"
        "\"granted\":0,\"requested\":null,\"bound\":null,\"lookahead\":null,\"for_ns\":0,"
        "\"silent_ns\":0,\"owns\":0,\"role\":\"recorder\"},{\"handle\":2,\"name\":\"moon\",\"type"
        "\":\"test\",\"state\":\"advancing\",\"regulating\":true,\"constrained\":true,"
        "\"granted\":0,\"requested\":5,\"bound\":15,\"lookahead\":10,\"for_ns\":0,"
        "\"silent_ns\":0,"
        "\"owns\":0,\"held_by\":\"sun\",\"by\":\"granted time\","
        "\"deadlock\":false,\"why\":\"held by \\\"sun\\\" "
        "(granted 0, lookahead "
        "0).\",\"chain\":[{\"federate\":\"sun\",\"joined\":true,\"by\":\"granted time\","
        "\"granted\":0,\"requested\":null,\"lookahead\":0,\"bound\":0,\"message\":null,"
        "\"for_ns\":0,\"silent_ns\":0}]},{\"handle\":1,\"name\":\"sun\",\"type\":\"test\","
        "\"state\":\"granted\","
        "\"regulating\":true,\"constrained\":true,\"granted\":0,\"requested\":null,\"bo"
        "und\":0,\"lookahead\":0,\"for_ns\":0,\"silent_ns\":0,\"owns\":0}],"
        "\"deadlocks\":[],\"departed\":[],\"reports\":[{\"federate"
        "\":\"moon\",\"name\":\"a \\\"quoted\\\" name\",\"value\":\"2\\u000a\"}]}]}\n");
    status ("");
    RTI_DRIVER_CONTAINS (&driver, "\"name\":\"world\"");
    rti_driver_forget (&driver);
    base_buffer_t json;
    base_buffer_init (&json);
    CHECK_ERR (rti_core_status (driver.core, "nowhere", &json), MST_E_FEDERATION_UNKNOWN);
    base_buffer_fini (&json);
    RTI_DRIVER_ASK (&driver, "guest", STATUS, status, TEXT ("nowhere"));
    RTI_DRIVER_EXPECT (&driver, "guest: MST_E_FEDERATION_UNKNOWN: there is no federation execution "
                                "\"nowhere\"\n");
    RTI_DRIVER_ASK (&driver, "guest", STATUS, status, .federation = { NULL, 0 });
    RTI_DRIVER_CONTAINS (&driver, "guest: ok status = (json=<");
    rti_driver_forget (&driver);
    rti_driver_fini (&driver);
}

static void test_report_errors (void)
{
    static char large[5000];
    memset (large, 'x', sizeof large);
    setup ();
    RTI_DRIVER_ASK (&driver, "moon", REPORT, report, TEXT (""), TEXT ("1"));
    RTI_DRIVER_ASK (&driver, "moon", REPORT, report, TEXT ("x"), { large, sizeof large });
    RTI_DRIVER_ASK (&driver, "moon", LOST_MESSAGES, lost_messages, 1, 6, 4);
    RTI_DRIVER_EXPECT (
        &driver, "moon: MST_E_ILLEGAL_NAME: the name of a report is empty\n"
                 "moon: MST_E_LIMIT: report \"x\" has 5000 bytes; limits.report_bytes is 4096\n"
                 "moon: MST_E_INVALID_ARGUMENT: bundles 6 to 4 of federate 1 are none\n");
    rti_driver_fini (&driver);
}

static CU_TestInfo watch_tests[] = {
    { "a recorder", test_recorder },
    { "explanations", test_explain },
    { "status", test_status },
    { "reports that cannot be", test_report_errors },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti: watching", NULL, NULL, NULL, NULL, watch_tests })
