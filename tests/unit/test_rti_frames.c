/*  rti/core: what is passed on, what is asked back, and bytes of all kinds that should not have
 * come. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"

#include <string.h>

static rti_driver_t driver;

static void setup (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon", "eye");
}

static void talk (const char *name, uint16_t kind, uint32_t from, uint32_t to)
{
    wire_route_talk_t what = { .from = from, .to = to };
    base_buffer_t frame;
    base_buffer_init (&frame);
    CHECK_OK (wire_route_talk_write (&frame, kind, &what));
    rti_driver_bytes (&driver, name, frame.data, frame.size_bytes);
    base_buffer_fini (&frame);
}

static void bundle (const char *name, uint32_t from, uint32_t to)
{
    wire_bundle_head_t head = { .from = from, .to = to, .sequence = 1, .smallest = 10 };
    base_buffer_t frame;
    base_buffer_init (&frame);
    CHECK_OK (wire_bundle_begin (&frame));
    CHECK_OK (wire_bundle_end (&frame, &head, WIRE_KIND_BUNDLE));
    rti_driver_bytes (&driver, name, frame.data, frame.size_bytes);
    base_buffer_fini (&frame);
}

static void test_relay (void)
{
    setup ();
    RTI_DRIVER_ASK (&driver, "sun", ROUTED, routed, 2, TEXT ("a firewall"));
    RTI_DRIVER_ASK (&driver, "sun", ROUTED, routed, 7, TEXT ("a firewall"));
    talk ("sun", WIRE_KIND_HELLO, 1, 2);
    talk ("moon", WIRE_KIND_WELCOME, 2, 1);
    bundle ("sun", 1, 2);
    talk ("moon", WIRE_KIND_CREDIT, 2, 1);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "sun: ok\n"
                                "moon: data 0x901 1 to 2\n"
                                "sun: data 0x902 2 to 1\n"
                                "moon: data 0x900 1 to 2\n"
                                "sun: data 0x903 2 to 1\n");
    bundle ("sun", 1, 9);
    talk ("sun", WIRE_KIND_CREDIT, 1, 9);
    bundle ("sun", 3, 2); /* in eye's name */
    bundle ("stranger", 1, 2);
    RTI_DRIVER_EXPECT (
        &driver, "sun: data 0x904 9 to 1: there is no federate 9 in \"world\" (any more)\n"
                 "sun: MST_E_NOT_INTRODUCED: data of federate 3 came from federate \"sun\", "
                 "which is 1\n"
                 "stranger: MST_E_NOT_JOINED: data came from a connection that has not joined: "
                 "send JOIN first\n");
    rti_driver_lose (&driver, "moon", "killed");
    rti_driver_forget (&driver);
    bundle ("sun", 1, 2);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: data 0x904 2 to 1: there is no federate 2 in \"world\" (any more)\n");
    rti_driver_fini (&driver);
}

static void test_probe (void)
{
    setup ();
    uint64_t sent = rti_driver_player (&driver, "sun")->sequence;
    RTI_DRIVER_ASK (&driver, "moon", PROBE, probe, 1, sent, driver.global);
    RTI_DRIVER_EXPECT (&driver, "moon: ok\n");
    RTI_DRIVER_ASK (&driver, "moon", PROBE, probe, 1, sent + 2, 0);
    RTI_DRIVER_ASK (&driver, "eye", PROBE, probe, 1, sent + 1, 0);
    RTI_DRIVER_EXPECT (&driver, "");
    rti_driver_publish (&driver, "sun", CLASS_BODY, 0x2);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "eye: ok\n");
    rti_driver_publish (&driver, "sun", 99, 0x2); /* a refused one counts as well */
    RTI_DRIVER_EXPECT (
        &driver, "sun: MST_E_CLASS_UNKNOWN: there is no object class 99: \"world\" has 1 to 4\n"
                 "moon: ok\n");
    RTI_DRIVER_ASK (&driver, "moon", PROBE, probe, 1, sent + 100, 0);
    RTI_DRIVER_ASK (&driver, "moon", PROBE, probe, 77, 1, 0);
    RTI_DRIVER_ASK (&driver, "moon", PROBE, probe, 1, 1, driver.global + 1);
    RTI_DRIVER_EXPECT (
        &driver, "moon: ok\n"
                 "moon: MST_E_INVALID_ARGUMENT: a PROBE asks for event 4, but this RTI has told "
                 "of 3\n");
    rti_driver_lose (&driver, "sun", "killed"); /* it will never come */
    RTI_DRIVER_EXPECT (&driver, "eye: depart (federate=1, reason=2, cutSequence=0, bound=never, "
                                "text=\"killed\")\n"
                                "moon: depart (federate=1, reason=2, cutSequence=0, bound=never, "
                                "text=\"killed\")\n"
                                "moon: ok\n");
    rti_driver_fini (&driver);
}

static void test_not_supported (void)
{
    setup ();
    RTI_DRIVER_ASK (&driver, "sun", NEGOTIATED_ATTRIBUTE_OWNERSHIP_DIVESTITURE,
                    negotiated_attribute_ownership_divestiture, 1, HANDLES (1), TAG (""));
    RTI_DRIVER_ASK (&driver, "sun", TIME_ADVANCE_REQUEST, time_advance_request, 1);
    RTI_DRIVER_ASK (&driver, "sun", DISCOVER_OBJECT_INSTANCE, discover_object_instance, 1, 1,
                    TEXT ("x"), 1);
    RTI_DRIVER_ASK (&driver, "sun", MIGRATE_DECIDED, migrate_decided, .objects = HANDLES (1),
                    .epochs = HANDLES (1));
    rti_driver_frame (&driver, "sun", 0x3fe, "\x90", 1, WIRE_FLAG_REPLY_WANTED);
    rti_driver_frame (&driver, "sun", 0xffff, "\x90", 1, WIRE_FLAG_REPLY_WANTED);
    rti_driver_frame (&driver, "sun", WIRE_KIND_GRANT, "\x90", 1, WIRE_FLAG_REPLY_WANTED);
    RTI_DRIVER_ASK (&driver, "sun", QUERY_LOGICAL_TIME, query_logical_time, 0);
    RTI_DRIVER_EXPECT (
        &driver, "sun: MST_E_NOT_SUPPORTED: the service negotiatedAttributeOwnershipDivestiture "
                 "is not supported yet\n"
                 "sun: MST_E_NOT_SUPPORTED: the service timeAdvanceRequest is done in the "
                 "library, with records of Muster's own: the RTI does not take it as it is\n"
                 "sun: MST_E_NOT_SUPPORTED: discoverObjectInstance comes from the RTI, it does "
                 "not go there\n"
                 "sun: MST_E_NOT_SUPPORTED: migrateDecided comes from the RTI, it does not go "
                 "there\n"
                 "sun: MST_E_NOT_SUPPORTED: kind 0x3fe is unknown to this RTI (protocol version "
                 "1): run the same Muster on both sides\n"
                 "sun: MST_E_NOT_SUPPORTED: kind 0xffff is unknown to this RTI (protocol "
                 "version 1): run the same Muster on both sides\n"
                 "sun: MST_E_NOT_SUPPORTED: kind 0x911 is unknown to this RTI (protocol version "
                 "1): run the same Muster on both sides\n"
                 "sun: ok queryLogicalTime = (time=0)\n");
    rti_driver_fini (&driver);
}

/*  Each of these ends its connection, and disturbs nobody else. */
static void test_malformed (void)
{
    static const uint8_t noise[64] = { 0x11, 0x22, 0x33 };
    uint8_t frame[16] = { 0 };

    setup ();
    rti_driver_bytes (&driver, "a", noise, sizeof noise);
    rti_driver_bytes (&driver, "b", noise, 3);
    frame[8] = 9;
    rti_driver_bytes (&driver, "c", frame, sizeof frame);
    frame[8] = 1;
    frame[7] = 0x7f;
    rti_driver_bytes (&driver, "d", frame, sizeof frame);
    rti_driver_frame (&driver, "e", WIRE_SERVICE_JOIN, "\x93\x01\x02\x03", 4, 1);
    rti_driver_frame (&driver, "f", WIRE_SERVICE_STATUS, "", 0, 1);
    RTI_DRIVER_EXPECT (
        &driver, "a: MST_E_VERSION: a frame at byte 0 has protocol version 0, this side speaks "
                 "1: run the same Muster on both sides\n"
                 "a: closed\n"
                 "b: MST_E_MALFORMED: a frame at byte 0 is cut: 3 of 16 header bytes are there\n"
                 "b: closed\n"
                 "c: MST_E_VERSION: a frame at byte 0 has protocol version 9, this side speaks "
                 "1: run the same Muster on both sides\n"
                 "c: closed\n"
                 "d: MST_E_MALFORMED: a frame at byte 0 claims 2130706432 bytes; WIRE_BODY_MAX "
                 "is 67108864\n"
                 "d: closed\n"
                 "e: MST_E_MALFORMED: join: the number of arguments is 3, but 8 were expected\n"
                 "e: closed\n"
                 "f: MST_E_MALFORMED: status: the list of arguments is missing: the message "
                 "ends before it\n"
                 "f: closed\n");
    rti_driver_frame (&driver, "sun", WIRE_KIND_TIME_REQUEST, "\x91\x01", 2, 0);
    RTI_DRIVER_EXPECT (
        &driver, "sun: MST_E_MALFORMED: a time request does not decode\n"
                 "eye: depart (federate=1, reason=2, cutSequence=0, bound=never, text=\"a time "
                 "request does not decode\")\n"
                 "moon: depart (federate=1, reason=2, cutSequence=0, bound=never, text=\"a time "
                 "request does not decode\")\n"
                 "sun: closed\n");
    rti_driver_player (&driver, "moon")->sequence += 1;
    rti_driver_publish (&driver, "moon", CLASS_BODY, 0x2);
    RTI_DRIVER_EXPECT (
        &driver, "moon: MST_E_MALFORMED: control frame 3 came where 2 was next: frames are "
                 "missing\n"
                 "eye: depart (federate=2, reason=2, cutSequence=0, bound=never, text=\"control "
                 "frame 3 came where 2 was next: frames are missing\")\n"
                 "moon: closed\n");
    rti_driver_publish (&driver, "eye", CLASS_BODY, 0x2);
    RTI_DRIVER_EXPECT (&driver, "eye: ok\n");
    rti_driver_fini (&driver);
}

/*  What comes behind a bad frame in the same message, or after it, is not looked at. */
static void test_after_the_end (void)
{
    uint8_t message[64] = { 0 };
    wire_query_logical_time_t ask = { 0 };

    setup ();
    rti_driver_player (&driver, "sun")->sequence += 5;
    rti_driver_ask (&driver, "sun", WIRE_SERVICE_QUERY_LOGICAL_TIME, &ask);
    rti_driver_forget (&driver);
    rti_driver_bytes (&driver, "sun", message, sizeof message);
    rti_driver_lose (&driver, "sun", "again");
    RTI_DRIVER_EXPECT (&driver,
                       "sun: MST_E_VERSION: a frame at byte 0 has protocol version 0, this side "
                       "speaks 1: run the same Muster on both sides\n"
                       "sun: closed\n");
    rti_driver_fini (&driver);
}

static void test_wrong_incarnation (void)
{
    setup ();
    rti_driver_player (&driver, "moon")->incarnation = 1;
    RTI_DRIVER_ASK (&driver, "moon", QUERY_LOGICAL_TIME, query_logical_time, 0);
    RTI_DRIVER_EXPECT (
        &driver, "moon: MST_E_STALE_HANDLE: the frame was sent by incarnation 1, but federate "
                 "\"moon\" is 2\n");
    rti_driver_fini (&driver);
}

/*  An empty message, and a message of nothing but good frames cut at every byte. */
static void test_cut_anywhere (void)
{
    wire_status_t status = { TEXT ("world") };
    wire_up_t up = { .sequence = 1 };
    base_buffer_t frame;
    size_t start;

    setup ();
    rti_driver_bytes (&driver, "empty", "", 0);
    base_buffer_init (&frame);
    CHECK_OK (wire_frame_begin (&frame, &start));
    CHECK_OK (wire_up_write (&frame, &up));
    CHECK_OK (wire_service_encode (WIRE_SERVICE_STATUS, &status, &frame));
    CHECK_OK (wire_frame_end (&frame, start, WIRE_SERVICE_STATUS, 1, 7));
    driver.quiet = true;
    for (size_t size = 1; size < frame.size_bytes; size++) {
        driver.player_count = 3;
        rti_driver_bytes (&driver, "cut", frame.data, size);
        CHECK (rti_driver_player (&driver, "cut")->closed);
    }
    driver.quiet = false;
    rti_driver_publish (&driver, "eye", CLASS_BODY, 0x2);
    RTI_DRIVER_EXPECT (&driver, "eye: ok\n");
    base_buffer_fini (&frame);
    rti_driver_fini (&driver);
}

static CU_TestInfo frames_tests[] = {
    { "data through the RTI", test_relay },  { "probes", test_probe },
    { "not supported", test_not_supported }, { "malformed", test_malformed },
    { "after the end", test_after_the_end }, { "a former incarnation", test_wrong_incarnation },
    { "cut anywhere", test_cut_anywhere },   CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti: frames", NULL, NULL, NULL, NULL, frames_tests })
