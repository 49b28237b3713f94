/*  rti/core: what it tells of its clock, and when; the average of Berkeley's method. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"

#include <string.h>

enum { CRISTIAN = 1, BERKELEY = 2, NTP = 3, PTP = 4 };
enum { ASK = 1, SYNC_WANTED = 2, DELAY_REQUEST = 3 };

static rti_driver_t driver;

static void setup (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon", "eye");
    driver.wall_ns = 1000;
}

/*  What is not known has no offset. */
static void ask (const char *name, uint64_t kind, uint64_t exchange, uint64_t method,
                 int64_t offset, uint64_t bound)
{
    RTI_DRIVER_SEND (&driver, name, CLOCK_ASK, clock_ask, kind, exchange, method, offset, bound, 7,
                     -50, 3);
}

static void test_tell (void)
{
    setup ();
    ask ("sun", ASK, 1, NTP, WIRE_TIME_NONE, 0);
    RTI_DRIVER_EXPECT (&driver, "sun: clockTell (kind=4, exchange=1, received=1000, sent=1005, "
                                "average=none, averageBoundNs=0, members=0)\n");
    rti_driver_fini (&driver);
}

static void test_two_steps (void)
{
    setup ();
    ask ("sun", SYNC_WANTED, 9, PTP, WIRE_TIME_NONE, 0);
    driver.wall_ns = 2000;
    ask ("sun", DELAY_REQUEST, 9, PTP, WIRE_TIME_NONE, 0);
    RTI_DRIVER_EXPECT (
        &driver, "sun: clockTell (kind=5, exchange=9, received=0, sent=0, average=none, "
                 "averageBoundNs=0, members=0)\nsun: clockTell (kind=6, exchange=9, received=0, "
                 "sent=1005, average=none, averageBoundNs=0, members=0)\nsun: clockTell (kind=7, "
                 "exchange=9, received=2000, sent=0, average=none, averageBoundNs=0, members=0)\n");
    rti_driver_fini (&driver);
}

/*  sun is 300 ahead, moon 600 behind; eye is an hour off, and left out. */
static void test_average (void)
{
    setup ();
    ask ("sun", ASK, 1, BERKELEY, -300, 10);
    ask ("moon", ASK, 1, BERKELEY, 600, 20);
    ask ("eye", ASK, 1, BERKELEY, INT64_C (3600000000000), 20);
    rti_driver_forget (&driver);
    ask ("sun", ASK, 2, BERKELEY, -300, 10);
    RTI_DRIVER_EXPECT (&driver, "sun: clockTell (kind=4, exchange=2, received=1000, sent=1005, "
                                "average=-100, averageBoundNs=12, members=3)\n");
    rti_driver_lose (&driver, "moon", "gone");
    ask ("eye", ASK, 2, NTP, 0, 20); /* another method: no part of the average */
    rti_driver_forget (&driver);
    ask ("sun", ASK, 3, BERKELEY, -300, 10);
    RTI_DRIVER_EXPECT (&driver, "sun: clockTell (kind=4, exchange=3, received=1000, sent=1005, "
                                "average=150, averageBoundNs=7, members=2)\n");
    rti_driver_fini (&driver);
}

static void test_refused (void)
{
    setup ();
    ask ("sun", 4, 1, NTP, 0, 0);
    ask ("sun", ASK, 1, 0, 0, 0);
    ask ("sun", ASK, 1, 5, 0, 0);
    RTI_DRIVER_CONTAINS (&driver, "what federate \"sun\" asks of the clock (4) is unknown");
    RTI_DRIVER_CONTAINS (&driver, "the method of clock synchronisation of federate \"sun\" (5)");
    rti_driver_forget (&driver);
    rti_driver_connect (&driver, "stranger");
    ask ("stranger", ASK, 1, NTP, 0, 0);
    RTI_DRIVER_CONTAINS (&driver, "stranger: MST_E_NOT_JOINED");
    rti_driver_forget (&driver);
    ask ("sun", ASK, 2, NTP, INT64_MAX, UINT64_MAX); /* what it says of itself is its own affair */
    RTI_DRIVER_CONTAINS (&driver, "sun: clockTell (kind=4, exchange=2");
    rti_driver_fini (&driver);
}

static void test_status (void)
{
    base_buffer_t json;
    setup ();
    ask ("sun", ASK, 1, PTP, -12, 34);
    ask ("moon", ASK, 1, CRISTIAN, WIRE_TIME_NONE, 0);
    base_buffer_init (&json);
    CHECK_OK (rti_core_status (driver.core, "world", &json));
    CHECK_OK (base_buffer_append (&json, "", 1));
    CHECK_CONTAINS ((const char *) json.data,
                    "\"clock\":{\"method\":\"ptp\",\"age_ns\":0,\"offset_ns\":-12,\"bound_ns\":34,"
                    "\"round_trip_ns\":7,\"drift_ppb\":-50,\"drift_bound_ppb\":3}");
    CHECK_CONTAINS ((const char *) json.data, "\"clock\":{\"method\":\"cristian\",\"age_ns\":0}");
    base_buffer_fini (&json);
    rti_driver_fini (&driver);
}

static CU_TestInfo clock_tests[] = {
    { "the answer is stamped as it leaves", test_tell },
    { "SYNC, and when it left", test_two_steps },
    { "the average leaves outliers out", test_average },
    { "what is refused", test_refused },
    { "STATUS shows the clocks", test_status },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti_clock", NULL, NULL, NULL, NULL, clock_tests })
