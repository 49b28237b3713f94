/*  rti/core: the six resign actions, and what a loss leaves behind. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"

static rti_driver_t driver;
static uint64_t own, shared;

/*  sun owns "own" wholly, but of "shared", which moon registered, only the mass; it waits for
   moon's position of it. eye publishes and knows everything. */
static void setup (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon", "eye");
    driver.quiet = true;
    const char *names[] = { "sun", "moon", "eye" };
    for (int i = 0; i < 3; i++) {
        rti_driver_publish (&driver, names[i], CLASS_BODY, 0x6);
        rti_driver_subscribe (&driver, names[i], CLASS_BODY, 0x6);
    }
    rti_driver_register (&driver, "sun", 1, CLASS_BODY);
    rti_driver_register (&driver, "moon", 1, CLASS_BODY);
    own = rti_driver_object (&driver, "sun", 1);
    shared = rti_driver_object (&driver, "moon", 1);
    RTI_DRIVER_ASK (&driver, "moon", UNCONDITIONAL_ATTRIBUTE_OWNERSHIP_DIVESTITURE,
                    unconditional_attribute_ownership_divestiture, shared, HANDLES (3), TAG (""));
    RTI_DRIVER_ASK (&driver, "sun", ATTRIBUTE_OWNERSHIP_ACQUISITION,
                    attribute_ownership_acquisition, shared, HANDLES (2, 3), TAG (""));
    driver.quiet = false;
}

static void cancel (void)
{
    RTI_DRIVER_ASK (&driver, "sun", CANCEL_ATTRIBUTE_OWNERSHIP_ACQUISITION,
                    cancel_attribute_ownership_acquisition, shared, HANDLES (2));
    rti_driver_forget (&driver);
}

static void query (uint64_t object)
{
    RTI_DRIVER_ASK (&driver, "eye", QUERY_ATTRIBUTE_OWNERSHIP, query_attribute_ownership, object,
                    HANDLES (1, 2, 3));
}

static void test_no_action (void)
{
    setup ();
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_NO_ACTION);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: MST_E_OWNERSHIP_PENDING: federate \"sun\" waits for attributes of 1 "
                       "objects: cancel that, or resign with CANCEL_THEN_DELETE_THEN_DIVEST\n");
    cancel ();
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_NO_ACTION);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: MST_E_OWNS_ATTRIBUTES: federate \"sun\" owns attributes of object "
                       "\"sun.1\": resign with an action that deletes or divests them\n");
    rti_driver_fini (&driver);
}

static void test_divest (void)
{
    setup ();
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_UNCONDITIONALLY_DIVEST_ATTRIBUTES);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: MST_E_OWNERSHIP_PENDING: federate \"sun\" waits for attributes of 1 "
                       "objects: cancel that, or resign with CANCEL_THEN_DELETE_THEN_DIVEST\n");
    cancel ();
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_UNCONDITIONALLY_DIVEST_ATTRIBUTES);
    query (own);
    query (shared);
    RTI_DRIVER_EXPECT (
        &driver, "eye: depart (federate=1, reason=1, cutSequence=0, bound=never, text=none)\n"
                 "eye: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                 "offeredAttributes={1,2,3}, userSuppliedTag=<0>)\n"
                 "eye: requestAttributeOwnershipAssumption (objectInstance=2.1, "
                 "offeredAttributes={3}, userSuppliedTag=<0>)\n"
                 "moon: depart (federate=1, reason=1, cutSequence=0, bound=never, text=none)\n"
                 "moon: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                 "offeredAttributes={1,2,3}, userSuppliedTag=<0>)\n"
                 "moon: requestAttributeOwnershipAssumption (objectInstance=2.1, "
                 "offeredAttributes={3}, userSuppliedTag=<0>)\n"
                 "sun: ok\n"
                 "eye: attributeIsNotOwned (objectInstance=1.1, attributes={1,2,3})\n"
                 "eye: ok\n"
                 "eye: informAttributeOwnership (objectInstance=2.1, attributes={1,2}, "
                 "federate=2)\n"
                 "eye: attributeIsNotOwned (objectInstance=2.1, attributes={3})\n"
                 "eye: ok\n");
    rti_driver_fini (&driver);
}

static void test_delete (void)
{
    setup ();
    cancel ();
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_DELETE_OBJECTS);
    RTI_DRIVER_ASK (&driver, "sun", UNCONDITIONAL_ATTRIBUTE_OWNERSHIP_DIVESTITURE,
                    unconditional_attribute_ownership_divestiture, shared, HANDLES (3), TAG (""));
    RTI_DRIVER_EXPECT (&driver,
                       "sun: MST_E_OWNS_ATTRIBUTES: federate \"sun\" owns attributes of object "
                       "\"moon.1\": resign with an action that deletes or divests them\n"
                       "eye: requestAttributeOwnershipAssumption (objectInstance=2.1, "
                       "offeredAttributes={3}, userSuppliedTag=<0>)\n"
                       "moon: requestAttributeOwnershipAssumption (objectInstance=2.1, "
                       "offeredAttributes={3}, userSuppliedTag=<0>)\n"
                       "sun: ok\n");
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_DELETE_OBJECTS);
    query (own);
    RTI_DRIVER_EXPECT (
        &driver, "eye: depart (federate=1, reason=1, cutSequence=0, bound=never, text=none)\n"
                 "eye: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "moon: depart (federate=1, reason=1, cutSequence=0, bound=never, text=none)\n"
                 "moon: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "sun: ok\n"
                 "eye: MST_E_OBJECT_UNKNOWN: federate \"eye\" knows no object 0x10000000001: it "
                 "was never discovered, or is gone\n");
    rti_driver_fini (&driver);
}

static void test_cancel_pending (void)
{
    setup ();
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_CANCEL_PENDING_OWNERSHIP_ACQUISITIONS);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: MST_E_OWNS_ATTRIBUTES: federate \"sun\" owns attributes of object "
                       "\"sun.1\": resign with an action that deletes or divests them\n");
    RTI_DRIVER_ASK (&driver, "sun", UNCONDITIONAL_ATTRIBUTE_OWNERSHIP_DIVESTITURE,
                    unconditional_attribute_ownership_divestiture, shared, HANDLES (3), TAG (""));
    RTI_DRIVER_ASK (&driver, "sun", DELETE, delete, .object = own, .time = WIRE_TIME_NONE);
    rti_driver_forget (&driver);
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_CANCEL_PENDING_OWNERSHIP_ACQUISITIONS);
    RTI_DRIVER_EXPECT (
        &driver, "eye: depart (federate=1, reason=1, cutSequence=0, bound=never, text=none)\n"
                 "moon: depart (federate=1, reason=1, cutSequence=0, bound=never, text=none)\n"
                 "sun: ok\n");
    rti_driver_fini (&driver);
}

static void test_delete_then_divest (void)
{
    setup ();
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_DELETE_OBJECTS_THEN_DIVEST);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: MST_E_OWNERSHIP_PENDING: federate \"sun\" waits for attributes of 1 "
                       "objects: cancel that, or resign with CANCEL_THEN_DELETE_THEN_DIVEST\n");
    cancel ();
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_DELETE_OBJECTS_THEN_DIVEST);
    query (shared);
    RTI_DRIVER_EXPECT (
        &driver, "eye: depart (federate=1, reason=1, cutSequence=0, bound=never, text=none)\n"
                 "eye: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "eye: requestAttributeOwnershipAssumption (objectInstance=2.1, "
                 "offeredAttributes={3}, userSuppliedTag=<0>)\n"
                 "moon: depart (federate=1, reason=1, cutSequence=0, bound=never, text=none)\n"
                 "moon: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "moon: requestAttributeOwnershipAssumption (objectInstance=2.1, "
                 "offeredAttributes={3}, userSuppliedTag=<0>)\n"
                 "sun: ok\n"
                 "eye: informAttributeOwnership (objectInstance=2.1, attributes={1,2}, "
                 "federate=2)\n"
                 "eye: attributeIsNotOwned (objectInstance=2.1, attributes={3})\n"
                 "eye: ok\n");
    rti_driver_fini (&driver);
}

static void test_cancel_then_delete_then_divest (void)
{
    setup ();
    rti_driver_mark (&driver, "sun", "moon", 8);
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST);
    query (shared);
    RTI_DRIVER_EXPECT (&driver,
                       "eye: depart (federate=1, reason=1, cutSequence=0, bound=never, text=none)\n"
                       "eye: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                       "producingFederate=1)\n"
                       "eye: requestAttributeOwnershipAssumption (objectInstance=2.1, "
                       "offeredAttributes={3}, userSuppliedTag=<0>)\n"
                       "moon: depart (federate=1, reason=1, cutSequence=8, bound=never, text=none) "
                       "needs 1:8\n"
                       "moon: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                       "producingFederate=1) needs 1:8\n"
                       "moon: requestAttributeOwnershipAssumption (objectInstance=2.1, "
                       "offeredAttributes={3}, userSuppliedTag=<0>) needs 1:8\n"
                       "sun: ok\n"
                       "eye: informAttributeOwnership (objectInstance=2.1, attributes={1,2}, "
                       "federate=2)\n"
                       "eye: attributeIsNotOwned (objectInstance=2.1, attributes={3})\n"
                       "eye: ok\n");
    rti_driver_fini (&driver);
}

/*  Who is lost leaves by its directive; what was wanted of it is given. */
static void test_lost (void)
{
    setup ();
    RTI_DRIVER_ASK (&driver, "sun", GET_AUTOMATIC_RESIGN_DIRECTIVE, get_automatic_resign_directive,
                    0);
    RTI_DRIVER_ASK (&driver, "sun", SET_AUTOMATIC_RESIGN_DIRECTIVE, set_automatic_resign_directive,
                    WIRE_RESIGN_NO_ACTION);
    RTI_DRIVER_ASK (&driver, "sun", GET_AUTOMATIC_RESIGN_DIRECTIVE, get_automatic_resign_directive,
                    0);
    RTI_DRIVER_ASK (&driver, "eye", ATTRIBUTE_OWNERSHIP_ACQUISITION,
                    attribute_ownership_acquisition, own, HANDLES (1, 2), TAG (""));
    rti_driver_forget (&driver);
    rti_driver_lose (&driver, "sun", "its process ended with signal 9");
    query (own);
    query (shared);
    RTI_DRIVER_EXPECT (&driver,
                       "eye: depart (federate=1, reason=2, cutSequence=0, bound=never, text=\"its "
                       "process ended with signal 9\")\n"
                       "eye: attributeOwnershipAcquisitionNotification (objectInstance=1.1, "
                       "securedAttributes={1,2}, userSuppliedTag=<0>)\n"
                       "eye: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                       "offeredAttributes={3}, userSuppliedTag=<0>)\n"
                       "eye: requestAttributeOwnershipAssumption (objectInstance=2.1, "
                       "offeredAttributes={3}, userSuppliedTag=<0>)\n"
                       "moon: depart (federate=1, reason=2, cutSequence=0, bound=never, text=\"its "
                       "process ended with signal 9\")\n"
                       "moon: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                       "offeredAttributes={3}, userSuppliedTag=<0>)\n"
                       "moon: requestAttributeOwnershipAssumption (objectInstance=2.1, "
                       "offeredAttributes={3}, userSuppliedTag=<0>)\n"
                       "eye: informAttributeOwnership (objectInstance=1.1, attributes={1,2}, "
                       "federate=3)\n"
                       "eye: attributeIsNotOwned (objectInstance=1.1, attributes={3})\n"
                       "eye: ok\n"
                       "eye: informAttributeOwnership (objectInstance=2.1, attributes={1,2}, "
                       "federate=2)\n"
                       "eye: attributeIsNotOwned (objectInstance=2.1, attributes={3})\n"
                       "eye: ok\n");
    rti_driver_lose (&driver, "moon", "its process ended with signal 9");
    RTI_DRIVER_EXPECT (&driver,
                       "eye: depart (federate=2, reason=2, cutSequence=0, bound=never, text=\"its "
                       "process ended with signal 9\")\n"
                       "eye: removeObjectInstance (objectInstance=2.1, userSuppliedTag=<0>, "
                       "producingFederate=2)\n");
    rti_driver_lose (&driver, "eye", "its process ended with signal 9");
    RTI_DRIVER_EXPECT (&driver, "");
    rti_driver_fini (&driver);
}

/*  The object model may name the directive. */
static void test_model_directive (void)
{
    static const char xml[] =
        "<objectModel><objects><objectClass><name>HLAobjectRoot</name></objectClass></objects>"
        "<switches><automaticResignAction resignAction=\"NoAction\"/></switches></objectModel>";
    wire_module_item_t module = { WIRE_MODULE_FILE, TEXT ("switches.xml"), TAG (xml) };
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_ASK (&driver, "sun", CREATE_FEDERATION_EXECUTION, create_federation_execution,
                    TEXT ("world"), { &module, 1 });
    rti_driver_join (&driver, "sun", 0);
    RTI_DRIVER_ASK (&driver, "sun", GET_AUTOMATIC_RESIGN_DIRECTIVE, get_automatic_resign_directive,
                    0);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "sun: joined as 1\n"
                                "sun: ok getAutomaticResignDirective = (value=NO_ACTION)\n");
    rti_driver_fini (&driver);
}

static CU_TestInfo leave_tests[] = {
    { "NO_ACTION", test_no_action },
    { "UNCONDITIONALLY_DIVEST_ATTRIBUTES", test_divest },
    { "DELETE_OBJECTS", test_delete },
    { "CANCEL_PENDING_OWNERSHIP_ACQUISITIONS", test_cancel_pending },
    { "DELETE_OBJECTS_THEN_DIVEST", test_delete_then_divest },
    { "CANCEL_THEN_DELETE_THEN_DIVEST", test_cancel_then_delete_then_divest },
    { "lost", test_lost },
    { "the directive of the object model", test_model_directive },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti: leaving", NULL, NULL, NULL, NULL, leave_tests })
