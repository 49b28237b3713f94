/*  rti/core: objects are registered, discovered, deleted, forgotten; and their names. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"

static rti_driver_t driver;

/*  sun publishes comets and bodies; moon subscribes to bodies, eye to nothing yet. */
static void setup (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon", "eye");
    driver.quiet = true;
    rti_driver_publish (&driver, "sun", CLASS_COMET, 0xe);
    rti_driver_publish (&driver, "sun", CLASS_BODY, 0x6);
    rti_driver_subscribe (&driver, "moon", CLASS_BODY, 0x2);
    driver.quiet = false;
}

/*  Everybody discovers an object as the closest class that he subscribes to. */
static void test_known_class (void)
{
    setup ();
    rti_driver_subscribe (&driver, "eye", CLASS_COMET, 0x8);
    rti_driver_forget (&driver);
    rti_driver_register (&driver, "sun", 1, CLASS_COMET);
    rti_driver_register (&driver, "sun", 2, CLASS_BODY);
    RTI_DRIVER_EXPECT (&driver, "eye: discoverObjectInstance (objectInstance=1.1, objectClass=3, "
                                "objectInstanceName=\"sun.1\", producingFederate=1)\n"
                                "moon: discoverObjectInstance (objectInstance=1.1, objectClass=2, "
                                "objectInstanceName=\"sun.1\", producingFederate=1)\n"
                                "moon: discoverObjectInstance (objectInstance=1.2, objectClass=2, "
                                "objectInstanceName=\"sun.2\", producingFederate=1)\n");
    rti_driver_fini (&driver);
}

/*  Who subscribes later discovers what is there; who subscribes closer later keeps the class that
   he knows the object as. */
static void test_late (void)
{
    setup ();
    rti_driver_register (&driver, "sun", 1, CLASS_COMET);
    rti_driver_register (&driver, "sun", 2, CLASS_BODY);
    rti_driver_forget (&driver);
    rti_driver_subscribe (&driver, "moon", CLASS_COMET, 0x8);
    RTI_DRIVER_EXPECT (&driver, "sun: interest (federate=2, kind=0, class=3, mask=8)\n"
                                "moon: ok\n");
    rti_driver_subscribe (&driver, "eye", CLASS_BODY, 0x2);
    RTI_DRIVER_EXPECT (&driver, "sun: interest (federate=3, kind=0, class=2, mask=2)\n"
                                "eye: discoverObjectInstance (objectInstance=1.2, objectClass=2, "
                                "objectInstanceName=\"sun.2\", producingFederate=1)\n"
                                "eye: discoverObjectInstance (objectInstance=1.1, objectClass=2, "
                                "objectInstanceName=\"sun.1\", producingFederate=1)\n"
                                "eye: ok\n");
    rti_driver_register (&driver, "sun", 3, CLASS_COMET);
    RTI_DRIVER_EXPECT (&driver, "eye: discoverObjectInstance (objectInstance=1.3, objectClass=2, "
                                "objectInstanceName=\"sun.3\", producingFederate=1)\n"
                                "moon: discoverObjectInstance (objectInstance=1.3, objectClass=3, "
                                "objectInstanceName=\"sun.3\", producingFederate=1)\n");
    rti_driver_join (&driver, "late", 0);
    rti_driver_forget (&driver);
    rti_driver_subscribe (&driver, "late", CLASS_ROOT, 0x1);
    RTI_DRIVER_EXPECT (&driver, "sun: interest (federate=4, kind=0, class=1, mask=1)\n"
                                "late: discoverObjectInstance (objectInstance=1.2, objectClass=1, "
                                "objectInstanceName=\"sun.2\", producingFederate=1)\n"
                                "late: discoverObjectInstance (objectInstance=1.1, objectClass=1, "
                                "objectInstanceName=\"sun.1\", producingFederate=1)\n"
                                "late: discoverObjectInstance (objectInstance=1.3, objectClass=1, "
                                "objectInstanceName=\"sun.3\", producingFederate=1)\n"
                                "late: ok\n");
    rti_driver_fini (&driver);
}

static void test_register_errors (void)
{
    rti_options_t options = { .objects_max = 2 };
    rti_driver_init (&driver, &options);
    RTI_DRIVER_WORLD (&driver, "sun", "moon");
    rti_driver_publish (&driver, "sun", CLASS_BODY, 0x2);
    rti_driver_forget (&driver);
    RTI_DRIVER_ASK (&driver, "sun", REGISTER, register, .object = 1, .class = CLASS_BODY);
    RTI_DRIVER_ASK (&driver, "sun", REGISTER, register,
                    .object = rti_driver_object (&driver, "moon", 1), .class = CLASS_BODY);
    RTI_DRIVER_ASK (&driver, "sun", REGISTER, register,
                    .object = rti_driver_object (&driver, "sun", 0), .class = CLASS_BODY);
    rti_driver_register (&driver, "sun", 1, CLASS_COMET);
    rti_driver_register (&driver, "sun", 1, 9);
    rti_driver_register (&driver, "sun", 5, CLASS_BODY);
    rti_driver_register (&driver, "sun", 5, CLASS_BODY);
    rti_driver_register (&driver, "sun", 4, CLASS_BODY);
    rti_driver_register (&driver, "sun", 6, CLASS_BODY);
    rti_driver_register (&driver, "sun", 7, CLASS_BODY);
    RTI_DRIVER_EXPECT (
        &driver, "sun: MST_E_INVALID_ARGUMENT: 0x1 is no new object handle of federate \"sun\" "
                 "(1): its counter stands at 0\n"
                 "sun: MST_E_INVALID_ARGUMENT: 0x20000000001 is no new object handle of "
                 "federate \"sun\" (1): its counter stands at 0\n"
                 "sun: MST_E_INVALID_ARGUMENT: 0x10000000000 is no new object handle of "
                 "federate \"sun\" (1): its counter stands at 0\n"
                 "sun: MST_E_CLASS_NOT_PUBLISHED: federate \"sun\" does not publish "
                 "\"HLAobjectRoot.Body.Comet\": publish it before registering\n"
                 "sun: MST_E_CLASS_UNKNOWN: there is no object class 9: \"world\" has 1 to 4\n"
                 "sun: MST_E_INVALID_ARGUMENT: 0x10000000005 is no new object handle of "
                 "federate \"sun\" (1): its counter stands at 5\n"
                 "sun: MST_E_INVALID_ARGUMENT: 0x10000000004 is no new object handle of "
                 "federate \"sun\" (1): its counter stands at 5\n"
                 "sun: MST_E_LIMIT: limits.objects (2) of \"world\" is reached\n");
    rti_driver_fini (&driver);
}

static void test_delete (void)
{
    setup ();
    rti_driver_register (&driver, "sun", 1, CLASS_COMET);
    rti_driver_register (&driver, "sun", 2, CLASS_BODY);
    rti_driver_forget (&driver);
    uint64_t comet = rti_driver_object (&driver, "sun", 1);
    RTI_DRIVER_ASK (&driver, "moon", DELETE, delete, .object = comet, .time = WIRE_TIME_NONE);
    RTI_DRIVER_ASK (&driver, "eye", DELETE, delete, .object = comet, .time = WIRE_TIME_NONE);
    rti_driver_mark (&driver, "sun", "moon", 7);
    RTI_DRIVER_ASK (&driver, "sun", DELETE, delete, comet, WIRE_TIME_NONE, TAG ("over"));
    RTI_DRIVER_ASK (&driver, "sun", DELETE, delete, .object = comet, .time = WIRE_TIME_NONE);
    rti_driver_subscribe (&driver, "eye", CLASS_ROOT, 0x1);
    RTI_DRIVER_EXPECT (
        &driver, "moon: MST_E_DELETE_PRIVILEGE_NOT_HELD: federate \"moon\" does not own "
                 "HLAprivilegeToDeleteObject of object \"sun.1\"\n"
                 "eye: MST_E_OBJECT_UNKNOWN: federate \"eye\" knows no object 0x10000000001: it "
                 "was never discovered, or is gone\n"
                 "moon: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<4: "
                 "6f766572>, producingFederate=1) needs 1:7\n"
                 "sun: ok\n"
                 "sun: MST_E_OBJECT_UNKNOWN: federate \"sun\" knows no object 0x10000000001: it "
                 "was never discovered, or is gone\n"
                 "sun: interest (federate=3, kind=0, class=1, mask=1)\n"
                 "eye: discoverObjectInstance (objectInstance=1.2, objectClass=1, "
                 "objectInstanceName=\"sun.2\", producingFederate=1)\n"
                 "eye: ok\n");
    rti_driver_fini (&driver);
}

/*  A time-stamped delete goes by bundle to who subscribes; who does not any more is told by the
 * RTI. */
static void test_delete_timed (void)
{
    setup ();
    rti_driver_register (&driver, "sun", 1, CLASS_BODY);
    rti_driver_subscribe (&driver, "eye", CLASS_BODY, 0x2);
    RTI_DRIVER_ASK (&driver, "moon", UNSUBSCRIBE_OBJECT_CLASS, unsubscribe_object_class,
                    CLASS_BODY);
    rti_driver_forget (&driver);
    uint64_t body = rti_driver_object (&driver, "sun", 1);
    RTI_DRIVER_ASK (&driver, "sun", DELETE, delete, .object = body, .time = -1);
    RTI_DRIVER_ASK (&driver, "sun", DELETE, delete, .object = body, .time = 10);
    RTI_DRIVER_ASK (&driver, "eye", QUERY_ATTRIBUTE_OWNERSHIP, query_attribute_ownership, body,
                    HANDLES (1));
    RTI_DRIVER_EXPECT (
        &driver, "sun: MST_E_INVALID_TIME: a logical time must lie between the initial time, 0, "
                 "and the final time (its key is -1)\n"
                 "moon: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "sun: ok\n"
                 "eye: MST_E_OBJECT_UNKNOWN: federate \"eye\" knows no object 0x10000000001: it "
                 "was never discovered, or is gone\n");
    rti_driver_fini (&driver);
}

static void test_local_delete (void)
{
    setup ();
    rti_driver_register (&driver, "sun", 1, CLASS_BODY);
    rti_driver_publish (&driver, "moon", CLASS_BODY, 0x2);
    rti_driver_forget (&driver);
    uint64_t body = rti_driver_object (&driver, "sun", 1);
    RTI_DRIVER_ASK (&driver, "sun", LOCAL_DELETE_OBJECT_INSTANCE, local_delete_object_instance,
                    body);
    RTI_DRIVER_ASK (&driver, "moon", ATTRIBUTE_OWNERSHIP_ACQUISITION,
                    attribute_ownership_acquisition, body, HANDLES (2), TAG (""));
    RTI_DRIVER_ASK (&driver, "moon", LOCAL_DELETE_OBJECT_INSTANCE, local_delete_object_instance,
                    body);
    RTI_DRIVER_ASK (&driver, "moon", CANCEL_ATTRIBUTE_OWNERSHIP_ACQUISITION,
                    cancel_attribute_ownership_acquisition, body, HANDLES (2));
    RTI_DRIVER_ASK (&driver, "moon", LOCAL_DELETE_OBJECT_INSTANCE, local_delete_object_instance,
                    body);
    RTI_DRIVER_ASK (&driver, "moon", LOCAL_DELETE_OBJECT_INSTANCE, local_delete_object_instance,
                    body);
    RTI_DRIVER_EXPECT (
        &driver, "sun: MST_E_OWNS_ATTRIBUTES: federate \"sun\" owns attributes of object "
                 "\"sun.1\": it cannot forget it\n"
                 "sun: requestAttributeOwnershipRelease (objectInstance=1.1, "
                 "candidateAttributes={2}, userSuppliedTag=<0>)\n"
                 "moon: ok\n"
                 "moon: MST_E_OWNERSHIP_PENDING: federate \"moon\" waits for attributes of "
                 "object \"sun.1\": cancel that before forgetting it\n"
                 "moon: confirmAttributeOwnershipAcquisitionCancellation (objectInstance=1.1, "
                 "attributes={2})\n"
                 "moon: ok\n"
                 "moon: ok\n"
                 "moon: MST_E_OBJECT_UNKNOWN: federate \"moon\" knows no object 0x10000000001: "
                 "it was never discovered, or is gone\n");
    rti_driver_subscribe (&driver, "moon", CLASS_BODY, 0x2);
    RTI_DRIVER_EXPECT (&driver, "moon: discoverObjectInstance (objectInstance=1.1, objectClass=2, "
                                "objectInstanceName=\"sun.1\", producingFederate=1)\n"
                                "moon: ok\n");
    rti_driver_fini (&driver);
}

static void test_names (void)
{
    setup ();
    RTI_DRIVER_ASK (&driver, "sun", RESERVE_OBJECT_INSTANCE_NAME, reserve_object_instance_name,
                    TEXT ("Halley"));
    RTI_DRIVER_ASK (&driver, "eye", RESERVE_OBJECT_INSTANCE_NAME, reserve_object_instance_name,
                    TEXT ("Halley"));
    RTI_DRIVER_ASK (&driver, "sun", RESERVE_OBJECT_INSTANCE_NAME, reserve_object_instance_name,
                    TEXT ("HLAcomet"));
    RTI_DRIVER_ASK (&driver, "sun", RESERVE_OBJECT_INSTANCE_NAME, reserve_object_instance_name,
                    TEXT (""));
    RTI_DRIVER_EXPECT (
        &driver, "sun: objectInstanceNameReservationSucceeded (objectInstanceName=\"Halley\")\n"
                 "sun: ok\n"
                 "eye: objectInstanceNameReservationFailed (objectInstanceName=\"Halley\")\n"
                 "eye: ok\n"
                 "sun: MST_E_ILLEGAL_NAME: object name \"HLAcomet\" begins with \"HLA\", which "
                 "belongs to the RTI\n"
                 "sun: MST_E_ILLEGAL_NAME: the name of an object is empty\n");
    RTI_DRIVER_ASK (&driver, "sun", REGISTER, register, rti_driver_object (&driver, "sun", 1),
                    CLASS_COMET, TEXT ("Encke"));
    RTI_DRIVER_ASK (&driver, "sun", REGISTER, register, rti_driver_object (&driver, "sun", 1),
                    CLASS_COMET, TEXT ("Halley"));
    RTI_DRIVER_ASK (&driver, "sun", REGISTER, register, rti_driver_object (&driver, "sun", 2),
                    CLASS_COMET, TEXT ("Halley"));
    RTI_DRIVER_ASK (&driver, "sun", RELEASE_OBJECT_INSTANCE_NAME, release_object_instance_name,
                    TEXT ("Halley"));
    RTI_DRIVER_EXPECT (&driver,
                       "sun: MST_E_NAME_NOT_RESERVED: object name \"Encke\" is not reserved by "
                       "federate \"sun\": reserve it before registering\n"
                       "moon: discoverObjectInstance (objectInstance=1.1, objectClass=2, "
                       "objectInstanceName=\"Halley\", producingFederate=1)\n"
                       "sun: ok\n"
                       "sun: MST_E_NAME_IN_USE: object name \"Halley\" is in use: choose another\n"
                       "sun: MST_E_NAME_NOT_RESERVED: object name \"Halley\" is not reserved by "
                       "federate \"sun\", or is in use\n");
    RTI_DRIVER_ASK (&driver, "sun", DELETE, delete, .object = rti_driver_object (&driver, "sun", 1),
                    .time = WIRE_TIME_NONE);
    RTI_DRIVER_ASK (&driver, "eye", RESERVE_OBJECT_INSTANCE_NAME, reserve_object_instance_name,
                    TEXT ("Halley"));
    RTI_DRIVER_ASK (&driver, "eye", RELEASE_OBJECT_INSTANCE_NAME, release_object_instance_name,
                    TEXT ("Halley"));
    RTI_DRIVER_ASK (&driver, "eye", RELEASE_OBJECT_INSTANCE_NAME, release_object_instance_name,
                    TEXT ("Halley"));
    RTI_DRIVER_EXPECT (
        &driver, "moon: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "sun: ok\n"
                 "eye: objectInstanceNameReservationSucceeded (objectInstanceName=\"Halley\")\n"
                 "eye: ok\n"
                 "eye: ok\n"
                 "eye: MST_E_NAME_NOT_RESERVED: object name \"Halley\" is not reserved by "
                 "federate \"eye\", or is in use\n");
    rti_driver_fini (&driver);
}

/*  All of a set, or none. */
static void test_many_names (void)
{
    setup ();
    RTI_DRIVER_ASK (&driver, "sun", RESERVE_MULTIPLE_OBJECT_INSTANCE_NAMES,
                    reserve_multiple_object_instance_names, TEXTS (TEXT ("a"), TEXT ("b")));
    RTI_DRIVER_ASK (&driver, "eye", RESERVE_MULTIPLE_OBJECT_INSTANCE_NAMES,
                    reserve_multiple_object_instance_names, TEXTS (TEXT ("c"), TEXT ("b")));
    RTI_DRIVER_ASK (&driver, "eye", RESERVE_MULTIPLE_OBJECT_INSTANCE_NAMES,
                    reserve_multiple_object_instance_names, TEXTS (TEXT ("d"), TEXT ("d")));
    RTI_DRIVER_ASK (&driver, "eye", RESERVE_MULTIPLE_OBJECT_INSTANCE_NAMES,
                    reserve_multiple_object_instance_names, TEXTS (TEXT ("c"), TEXT ("HLAd")));
    RTI_DRIVER_ASK (&driver, "eye", RESERVE_MULTIPLE_OBJECT_INSTANCE_NAMES,
                    reserve_multiple_object_instance_names,
                    { (const wire_text_t[]){ TEXT ("") }, 0 });
    RTI_DRIVER_ASK (&driver, "eye", RESERVE_MULTIPLE_OBJECT_INSTANCE_NAMES,
                    reserve_multiple_object_instance_names, TEXTS (TEXT ("c"), TEXT ("d")));
    RTI_DRIVER_EXPECT (&driver,
                       "sun: multipleObjectInstanceNameReservationSucceeded "
                       "(objectInstanceNames={\"a\",\"b\"})\n"
                       "sun: ok\n"
                       "eye: multipleObjectInstanceNameReservationFailed "
                       "(objectInstanceNames={\"c\",\"b\"})\n"
                       "eye: ok\n"
                       "eye: multipleObjectInstanceNameReservationFailed "
                       "(objectInstanceNames={\"d\",\"d\"})\n"
                       "eye: ok\n"
                       "eye: MST_E_ILLEGAL_NAME: object name \"HLAd\" begins with \"HLA\", which "
                       "belongs to the RTI\n"
                       "eye: MST_E_INVALID_ARGUMENT: no object names are given to be reserved\n"
                       "eye: multipleObjectInstanceNameReservationSucceeded "
                       "(objectInstanceNames={\"c\",\"d\"})\n"
                       "eye: ok\n");
    RTI_DRIVER_ASK (&driver, "eye", RELEASE_MULTIPLE_OBJECT_INSTANCE_NAMES,
                    release_multiple_object_instance_names, TEXTS (TEXT ("c"), TEXT ("a")));
    RTI_DRIVER_ASK (&driver, "eye", RELEASE_MULTIPLE_OBJECT_INSTANCE_NAMES,
                    release_multiple_object_instance_names, TEXTS (TEXT ("c"), TEXT ("d")));
    RTI_DRIVER_EXPECT (
        &driver, "eye: MST_E_NAME_NOT_RESERVED: object name \"a\" is not reserved by federate "
                 "\"eye\", or is in use\n"
                 "eye: ok\n");
    rti_driver_fini (&driver);
}

/*  A name that is made may have been reserved by somebody; reservations end with who made them. */
static void test_names_made (void)
{
    setup ();
    RTI_DRIVER_ASK (&driver, "eye", RESERVE_OBJECT_INSTANCE_NAME, reserve_object_instance_name,
                    TEXT ("sun.1"));
    rti_driver_register (&driver, "sun", 1, CLASS_BODY);
    rti_driver_resign (&driver, "eye", WIRE_RESIGN_NO_ACTION);
    rti_driver_register (&driver, "sun", 1, CLASS_BODY);
    RTI_DRIVER_EXPECT (
        &driver, "eye: objectInstanceNameReservationSucceeded (objectInstanceName=\"sun.1\")\n"
                 "eye: ok\n"
                 "sun: MST_E_NAME_NOT_RESERVED: object name \"sun.1\" is reserved by another "
                 "federate\n"
                 "moon: depart (federate=3, reason=1, cutSequence=0, bound=never, text=none)\n"
                 "sun: depart (federate=3, reason=1, cutSequence=0, bound=never, text=none)\n"
                 "eye: ok\n"
                 "moon: discoverObjectInstance (objectInstance=1.1, objectClass=2, "
                 "objectInstanceName=\"sun.1\", producingFederate=1)\n");
    rti_driver_fini (&driver);
}

static void test_values_wanted (void)
{
    setup ();
    rti_driver_register (&driver, "sun", 1, CLASS_COMET);
    rti_driver_register (&driver, "sun", 2, CLASS_BODY);
    rti_driver_forget (&driver);
    uint64_t comet = rti_driver_object (&driver, "sun", 1);
    RTI_DRIVER_ASK (&driver, "moon", REQUEST_INSTANCE_ATTRIBUTE_VALUE_UPDATE,
                    request_instance_attribute_value_update, comet, HANDLES (2, 3), TAG ("now"));
    RTI_DRIVER_ASK (&driver, "moon", REQUEST_INSTANCE_ATTRIBUTE_VALUE_UPDATE,
                    request_instance_attribute_value_update, comet, HANDLES (4), TAG (""));
    RTI_DRIVER_ASK (&driver, "eye", REQUEST_INSTANCE_ATTRIBUTE_VALUE_UPDATE,
                    request_instance_attribute_value_update, comet, HANDLES (2), TAG (""));
    RTI_DRIVER_ASK (&driver, "sun", REQUEST_INSTANCE_ATTRIBUTE_VALUE_UPDATE,
                    request_instance_attribute_value_update, comet, HANDLES (2), TAG (""));
    RTI_DRIVER_ASK (&driver, "eye", REQUEST_CLASS_ATTRIBUTE_VALUE_UPDATE,
                    request_class_attribute_value_update, CLASS_BODY, HANDLES (2), TAG (""));
    RTI_DRIVER_ASK (&driver, "eye", REQUEST_CLASS_ATTRIBUTE_VALUE_UPDATE,
                    request_class_attribute_value_update, CLASS_SHIP, HANDLES (2), TAG (""));
    RTI_DRIVER_ASK (&driver, "eye", REQUEST_CLASS_ATTRIBUTE_VALUE_UPDATE,
                    request_class_attribute_value_update, 8, HANDLES (2), TAG (""));
    RTI_DRIVER_EXPECT (
        &driver, "sun: provideAttributeValueUpdate (objectInstance=1.1, attributes={2,3}, "
                 "userSuppliedTag=<3: 6e6f77>)\n"
                 "moon: ok\n"
                 "moon: MST_E_ATTRIBUTE_UNKNOWN: object class \"HLAobjectRoot.Body\" has no "
                 "attribute 4: it has 1 to 3\n"
                 "eye: MST_E_OBJECT_UNKNOWN: federate \"eye\" knows no object 0x10000000001: it "
                 "was never discovered, or is gone\n"
                 "sun: ok\n"
                 "sun: provideAttributeValueUpdate (objectInstance=1.2, attributes={2}, "
                 "userSuppliedTag=<0>)\n"
                 "sun: provideAttributeValueUpdate (objectInstance=1.1, attributes={2}, "
                 "userSuppliedTag=<0>)\n"
                 "eye: ok\n"
                 "eye: ok\n"
                 "eye: MST_E_CLASS_UNKNOWN: there is no object class 8: \"world\" has 1 to 4\n");
    rti_driver_fini (&driver);
}

static CU_TestInfo object_tests[] = {
    { "the known class", test_known_class },
    { "who comes late", test_late },
    { "what is wrong with a registration", test_register_errors },
    { "deleting", test_delete },
    { "deleting at a time", test_delete_timed },
    { "local deletion", test_local_delete },
    { "names", test_names },
    { "many names", test_many_names },
    { "names that are made", test_names_made },
    { "asking for values", test_values_wanted },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti: objects", NULL, NULL, NULL, NULL, object_tests })
