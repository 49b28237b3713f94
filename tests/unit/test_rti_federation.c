/*  rti/core: federation executions and who is in them. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"

#include <stdio.h>
#include <string.h>

static rti_driver_t driver;

static void test_first_meeting (void)
{
    rti_driver_init (&driver, NULL);
    rti_driver_create (&driver, "sun", "world");
    rti_driver_join (&driver, "sun", 0);
    rti_driver_join (&driver, "moon", 0);
    rti_driver_join (&driver, "eye", 1);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "sun: joined as 1\n"
                                "sun: introduce 2 \"moon\"\n"
                                "moon: introduce 1 \"sun\"\n"
                                "moon: joined as 2\n"
                                "moon: introduce 3 \"eye\" flags 1\n"
                                "sun: introduce 3 \"eye\" flags 1\n"
                                "eye: introduce 2 \"moon\"\n"
                                "eye: introduce 1 \"sun\"\n"
                                "eye: records\n"
                                "  note (kind=1, federate=3, name=\"eye\", time=none, sequence=3, "
                                "text=\"test\")\n"
                                "eye: joined as 3\n");
    rti_driver_resign (&driver, "moon", WIRE_RESIGN_NO_ACTION);
    RTI_DRIVER_EXPECT (
        &driver, "eye: records\n"
                 "  note (kind=2, federate=2, name=\"moon\", time=none, sequence=0, text=none)\n"
                 "eye: depart (federate=2, reason=1, cutSequence=0, bound=never, "
                 "text=none)\n"
                 "sun: depart (federate=2, reason=1, cutSequence=0, bound=never, "
                 "text=none)\n"
                 "moon: ok\n");
    rti_driver_fini (&driver);
}

static void create (const char *name, const char *xml, uint64_t form, const char *time)
{
    wire_module_item_t module = { .form = form,
                                  .name = TEXT ("model.xml"),
                                  .content = { (const uint8_t *) xml, strlen (xml) } };
    wire_create_federation_execution_with_time_t with_time = { { name, strlen (name) },
                                                               { &module, 1 },
                                                               { time, strlen (time) } };
    rti_driver_ask (&driver, "sun", WIRE_SERVICE_CREATE_FEDERATION_EXECUTION_WITH_TIME, &with_time);
}

static void test_create_errors (void)
{
    rti_options_t options = { .federations_max = 2 };
    rti_driver_init (&driver, &options);
    rti_driver_create (&driver, "sun", "world");
    rti_driver_create (&driver, "sun", "world");
    rti_driver_create (&driver, "sun", "");
    rti_driver_create (&driver, "sun", "bell\a");
    create ("a", "this is no XML", WIRE_MODULE_FILE, "HLAinteger64Time");
    create ("a", rti_driver_fom, WIRE_MODULE_URL, "HLAinteger64Time");
    create ("a", rti_driver_fom, WIRE_MODULE_FILE, "sundial");
    create ("a", rti_driver_fom, WIRE_MODULE_FILE, "HLAfloat64Time");
    create ("b", rti_driver_fom, WIRE_MODULE_FILE, "HLAfloat64Time");
    RTI_DRIVER_EXPECT (
        &driver, "sun: ok\n"
                 "sun: MST_E_FEDERATION_EXISTS: federation execution \"world\" exists already: "
                 "join it, or choose another name\n"
                 "sun: MST_E_ILLEGAL_NAME: the name of a federation execution is empty\n"
                 "sun: MST_E_ILLEGAL_NAME: the name of a federation execution has the control "
                 "character 0x07 at byte 4\n"
                 "sun: MST_E_FOM_INVALID: model.xml:1:1: not well-formed XML: syntax error\n"
                 "sun: MST_E_FOM_INVALID: object model \"model.xml\": give the XML text itself, "
                 "neither an archive nor a URL\n"
                 "sun: MST_E_INVALID_ARGUMENT: logical time \"sundial\" is unknown: use "
                 "HLAinteger64Time or HLAfloat64Time\n"
                 "sun: ok\n"
                 "sun: MST_E_LIMIT: limits.federations (2) is reached\n");
    rti_driver_fini (&driver);
}

static void test_wide_class (void)
{
    static char xml[16384];
    size_t used = (size_t) snprintf (xml, sizeof xml,
                                     "<objectModel><objects><objectClass><name>HLAobjectRoot</name>"
                                     "<objectClass><name>Wide</name>");
    for (int i = 0; i < 64; i++)
        used += (size_t) snprintf (xml + used, sizeof xml - used,
                                   "<attribute><name>A%d</name></attribute>", i);
    (void) snprintf (xml + used, sizeof xml - used,
                     "</objectClass></objectClass></objects></objectModel>");
    rti_driver_init (&driver, NULL);
    create ("wide", xml, WIRE_MODULE_FILE, "HLAinteger64Time");
    RTI_DRIVER_EXPECT (&driver,
                       "sun: MST_E_LIMIT: object class \"HLAobjectRoot.Wide\" has 65 attributes, "
                       "inherited ones included; at most 64 are supported\n");
    rti_driver_fini (&driver);
}

static void test_modules (void)
{
    static const char more[] =
        "<objectModel><objects><objectClass><name>HLAobjectRoot</name><objectClass><name>Station"
        "</name></objectClass></objectClass></objects></objectModel>";
    wire_module_item_t modules[] = {
        { WIRE_MODULE_FILE,
          TEXT ("bodies.xml"),
          { (const uint8_t *) rti_driver_fom, strlen (rti_driver_fom) } },
        { WIRE_MODULE_FILE, TEXT ("more.xml"), { (const uint8_t *) more, strlen (more) } },
    };
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_ASK (&driver, "sun", CREATE_FEDERATION_EXECUTION_WITH_MODULES,
                    create_federation_execution_with_modules, TEXT ("world"), { modules, 2 });
    RTI_DRIVER_ASK (&driver, "sun", CREATE_FEDERATION_EXECUTION_WITH_MODULES_AND_TIME,
                    create_federation_execution_with_modules_and_time, TEXT ("none"),
                    { modules, 0 }, TEXT ("HLAinteger64Time"));
    rti_driver_join (&driver, "sun", 0);
    rti_driver_publish (&driver, "sun", 5, 1); /* Station is there */
    rti_driver_publish (&driver, "sun", 6, 1);
    RTI_DRIVER_EXPECT (
        &driver, "sun: ok\n"
                 "sun: MST_E_FOM_INVALID: no object model is given: at least one is needed\n"
                 "sun: joined as 1\n"
                 "sun: ok\n"
                 "sun: MST_E_CLASS_UNKNOWN: there is no object class 6: \"world\" has 1 to 5\n");
    rti_driver_fini (&driver);
}

static void test_join_errors (void)
{
    rti_options_t options = { .federates_max = 2 };
    wire_text_t many[17];
    for (int i = 0; i < 17; i++)
        many[i] = (wire_text_t) TEXT ("tcp://127.0.0.1:1");

    rti_driver_init (&driver, &options);
    rti_driver_join (&driver, "sun", 0);
    rti_driver_create (&driver, "sun", "world");
    rti_driver_join (&driver, "sun", 0);
    rti_driver_join (&driver, "sun", 0);
    RTI_DRIVER_ASK (&driver, "two", JOIN, join, TEXT ("world"), TEXT ("sun"), TEXT ("test"),
                    .host = TEXT ("here"), .endpoints = { many, 1 });
    RTI_DRIVER_ASK (&driver, "two", JOIN, join, TEXT ("world"), TEXT ("tab\t"), TEXT ("test"),
                    .host = TEXT ("here"), .endpoints = { many, 1 });
    RTI_DRIVER_ASK (&driver, "two", JOIN, join, TEXT ("world"), TEXT ("two"), TEXT ("test"),
                    .host = TEXT ("here"), .endpoints = { many, 17 });
    RTI_DRIVER_ASK (&driver, "two", JOIN, join, TEXT ("world"), TEXT (""), TEXT ("walker"),
                    .host = TEXT ("here"), .endpoints = { many, 1 });
    rti_driver_join (&driver, "three", 0);
    RTI_DRIVER_ASK (&driver, "three", QUERY_GALT, query_galt, 0);
    RTI_DRIVER_EXPECT (
        &driver, "sun: MST_E_FEDERATION_UNKNOWN: there is no federation execution \"world\" to "
                 "join: create it first\n"
                 "sun: ok\n"
                 "sun: joined as 1\n"
                 "sun: MST_E_ALREADY_JOINED: this connection is federate \"sun\" of \"world\": "
                 "resign first, or use another connection\n"
                 "two: MST_E_FEDERATE_NAME_IN_USE: federate name \"sun\" is in use in \"world\" "
                 "(type \"test\"): choose another\n"
                 "two: MST_E_ILLEGAL_NAME: the name of a federate has the control character "
                 "0x09 at byte 3\n"
                 "two: MST_E_LIMIT: 17 endpoints are given; limits.endpoints is 16\n"
                 "sun: introduce 2 \"walker-2\"\n"
                 "two: introduce 1 \"sun\"\n"
                 "two: joined as 2\n"
                 "three: MST_E_LIMIT: limits.federates (2) of \"world\" is reached\n"
                 "three: MST_E_NOT_JOINED: this connection has not joined a federation "
                 "execution: send JOIN first\n");
    rti_driver_fini (&driver);
}

/*  A name is free again when its federate left; a handle never comes back. */
static void test_join_again (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon");
    uint64_t token = rti_driver_player (&driver, "moon")->token;
    rti_driver_resign (&driver, "moon", WIRE_RESIGN_NO_ACTION);
    rti_driver_join (&driver, "moon", 0);
    RTI_DRIVER_EXPECT (&driver, "sun: depart (federate=2, reason=1, cutSequence=0, bound=never, "
                                "text=none)\n"
                                "moon: ok\n"
                                "sun: introduce 3 \"moon\"\n"
                                "moon: introduce 1 \"sun\"\n"
                                "moon: joined as 3\n");
    CHECK (rti_driver_player (&driver, "moon")->token != token);
    rti_driver_fini (&driver);
}

static void test_lists_and_destroy (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon");
    RTI_DRIVER_ASK (&driver, "guest", LIST_FEDERATION_EXECUTIONS, list_federation_executions, 0);
    RTI_DRIVER_ASK (&driver, "guest", LIST_FEDERATION_EXECUTION_MEMBERS,
                    list_federation_execution_members, TEXT ("world"));
    RTI_DRIVER_ASK (&driver, "guest", LIST_FEDERATION_EXECUTION_MEMBERS,
                    list_federation_execution_members, TEXT ("elsewhere"));
    RTI_DRIVER_EXPECT (
        &driver, "guest: reportFederationExecutions "
                 "(report={(\"world\",\"HLAinteger64Time\")})\n"
                 "guest: ok\n"
                 "guest: reportFederationExecutionMembers (federationName=\"world\", "
                 "report={(\"moon\",\"test\"),(\"sun\",\"test\")})\n"
                 "guest: ok\n"
                 "guest: reportFederationExecutionDoesNotExist (federationName=\"elsewhere\")\n"
                 "guest: ok\n");
    RTI_DRIVER_ASK (&driver, "guest", DESTROY_FEDERATION_EXECUTION, destroy_federation_execution,
                    TEXT ("elsewhere"));
    RTI_DRIVER_ASK (&driver, "guest", DESTROY_FEDERATION_EXECUTION, destroy_federation_execution,
                    TEXT ("world"));
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_NO_ACTION);
    rti_driver_resign (&driver, "moon", WIRE_RESIGN_NO_ACTION);
    RTI_DRIVER_ASK (&driver, "guest", DESTROY_FEDERATION_EXECUTION, destroy_federation_execution,
                    TEXT ("world"));
    RTI_DRIVER_ASK (&driver, "guest", LIST_FEDERATION_EXECUTIONS, list_federation_executions, 0);
    RTI_DRIVER_EXPECT (&driver,
                       "guest: MST_E_FEDERATION_UNKNOWN: there is no federation execution "
                       "\"elsewhere\": create it first\n"
                       "guest: MST_E_FEDERATES_JOINED: federation execution \"world\" still has 2 "
                       "federates (\"moon\" …): they resign first\n"
                       "moon: depart (federate=1, reason=1, cutSequence=0, bound=never, "
                       "text=none)\n"
                       "sun: ok\n"
                       "moon: ok\n"
                       "guest: ok\n"
                       "guest: reportFederationExecutions (report={})\n"
                       "guest: ok\n");
    rti_driver_fini (&driver);
}

/*  Two federation executions know nothing of each other. */
static void test_two_worlds (void)
{
    wire_text_t endpoint = TEXT ("tcp://127.0.0.1:1");
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon");
    rti_driver_create (&driver, "far", "other");
    RTI_DRIVER_ASK (&driver, "far", JOIN, join, TEXT ("other"), TEXT ("sun"), TEXT ("test"),
                    .host = TEXT ("here"), .endpoints = { &endpoint, 1 });
    rti_driver_subscribe (&driver, "far", CLASS_BODY, 0x2);
    rti_driver_publish (&driver, "sun", CLASS_BODY, 0x2);
    rti_driver_register (&driver, "sun", 1, CLASS_BODY);
    rti_driver_lose (&driver, "moon", "killed");
    RTI_DRIVER_EXPECT (&driver, "far: ok\n"
                                "far: joined as 1\n"
                                "far: ok\n"
                                "sun: ok\n"
                                "sun: depart (federate=2, reason=2, cutSequence=0, bound=never, "
                                "text=\"killed\")\n");
    rti_driver_fini (&driver);
}

static void test_silence (void)
{
    rti_options_t options = { .silence_limit_ns = 1000 };
    rti_driver_init (&driver, &options);
    RTI_DRIVER_WORLD (&driver, "sun", "moon");
    CHECK_INT (driver.deadline_ns, 1000);
    rti_driver_tick (&driver, 900);
    RTI_DRIVER_ASK (&driver, "sun", QUERY_LOGICAL_TIME, query_logical_time, 0);
    rti_driver_tick (&driver, 1000);
    RTI_DRIVER_EXPECT (&driver, "sun: ok queryLogicalTime = (time=0)\n"
                                "sun: depart (federate=2, reason=2, cutSequence=0, bound=never, "
                                "text=\"it was silent for longer than silence_limit_s\")\n"
                                "moon: closed\n");
    CHECK_INT (driver.deadline_ns, 1900);
    rti_driver_fini (&driver);
}

static CU_TestInfo federation_tests[] = {
    { "the first meeting", test_first_meeting },
    { "what is wrong with a creation", test_create_errors },
    { "a class with too many attributes", test_wide_class },
    { "several modules", test_modules },
    { "what is wrong with a join", test_join_errors },
    { "joining again", test_join_again },
    { "lists, and destroying", test_lists_and_destroy },
    { "two worlds", test_two_worlds },
    { "silence beyond its limit is death", test_silence },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti: federations", NULL, NULL, NULL, NULL, federation_tests })
