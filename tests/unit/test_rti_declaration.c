/*  rti/core: who publishes and subscribes what, and what publishers hear of it. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"

static rti_driver_t driver;

static void setup (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon", "eye");
}

/*  sun publishes comets. A subscription to comets, or to bodies, which comets are, bears on that;
   one to ships does not, nor does one to comets bear on who publishes bodies only. */
static void test_interest (void)
{
    setup ();
    rti_driver_subscribe (&driver, "moon", CLASS_BODY, 0x2);
    rti_driver_publish (&driver, "sun", CLASS_COMET, 0xa);
    RTI_DRIVER_EXPECT (&driver, "moon: ok\n"
                                "sun: interest (federate=2, kind=0, class=2, mask=2)\n"
                                "sun: ok\n");
    rti_driver_subscribe (&driver, "eye", CLASS_COMET, 0x8);
    rti_driver_subscribe (&driver, "eye", CLASS_SHIP, 0x2);
    rti_driver_subscribe (&driver, "moon", CLASS_BODY, 0x4);
    rti_driver_subscribe (&driver, "moon", CLASS_BODY, 0x4);
    RTI_DRIVER_EXPECT (&driver, "sun: interest (federate=3, kind=0, class=3, mask=8)\n"
                                "eye: ok\n"
                                "eye: ok\n"
                                "sun: interest (federate=2, kind=0, class=2, mask=6)\n"
                                "moon: ok\n"
                                "moon: ok\n");
    rti_driver_publish (&driver, "eye", CLASS_BODY, 0x2);
    RTI_DRIVER_EXPECT (&driver, "eye: interest (federate=2, kind=0, class=2, mask=6)\n"
                                "eye: ok\n");
    RTI_DRIVER_ASK (&driver, "moon", UNSUBSCRIBE_OBJECT_CLASS_ATTRIBUTES,
                    unsubscribe_object_class_attributes, CLASS_BODY, HANDLES (2));
    RTI_DRIVER_ASK (&driver, "moon", UNSUBSCRIBE_OBJECT_CLASS, unsubscribe_object_class,
                    CLASS_BODY);
    RTI_DRIVER_ASK (&driver, "moon", UNSUBSCRIBE_OBJECT_CLASS, unsubscribe_object_class,
                    CLASS_BODY);
    RTI_DRIVER_EXPECT (&driver, "eye: interest (federate=2, kind=0, class=2, mask=4)\n"
                                "sun: interest (federate=2, kind=0, class=2, mask=4)\n"
                                "moon: ok\n"
                                "eye: interest (federate=2, kind=0, class=2, mask=0)\n"
                                "sun: interest (federate=2, kind=0, class=2, mask=0)\n"
                                "moon: ok\n"
                                "moon: ok\n");
    rti_driver_fini (&driver);
}

/*  The end of a publication ends what it hears; of two, only the last does. */
static void test_interest_ends (void)
{
    setup ();
    rti_driver_publish (&driver, "sun", CLASS_COMET, 0x8);
    rti_driver_publish (&driver, "sun", CLASS_BODY, 0x2);
    rti_driver_subscribe (&driver, "moon", CLASS_BODY, 0x2);
    rti_driver_subscribe (&driver, "moon", CLASS_COMET, 0x8);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "sun: ok\n"
                                "sun: interest (federate=2, kind=0, class=2, mask=2)\n"
                                "moon: ok\n"
                                "sun: interest (federate=2, kind=0, class=3, mask=8)\n"
                                "moon: ok\n");
    RTI_DRIVER_ASK (&driver, "sun", UNPUBLISH_OBJECT_CLASS_ATTRIBUTES,
                    unpublish_object_class_attributes, CLASS_COMET, HANDLES (4));
    RTI_DRIVER_ASK (&driver, "sun", UNPUBLISH_OBJECT_CLASS, unpublish_object_class, CLASS_BODY);
    RTI_DRIVER_ASK (&driver, "sun", UNPUBLISH_OBJECT_CLASS, unpublish_object_class, CLASS_BODY);
    RTI_DRIVER_EXPECT (&driver, "sun: interest (federate=2, kind=0, class=3, mask=0)\n"
                                "sun: ok\n"
                                "sun: interest (federate=2, kind=0, class=2, mask=0)\n"
                                "sun: ok\n"
                                "sun: ok\n");
    rti_driver_register (&driver, "sun", 1, CLASS_BODY);
    RTI_DRIVER_EXPECT (&driver, "sun: MST_E_CLASS_NOT_PUBLISHED: federate \"sun\" does not publish "
                                "\"HLAobjectRoot.Body\": publish it before registering\n");
    rti_driver_fini (&driver);
}

static void test_interactions (void)
{
    setup ();
    RTI_DRIVER_ASK (&driver, "sun", PUBLISH_INTERACTION_CLASS, publish_interaction_class,
                    INTERACTION_ALARM);
    RTI_DRIVER_ASK (&driver, "moon", SUBSCRIBE_INTERACTION_CLASS, subscribe_interaction_class,
                    INTERACTION_NOTE);
    RTI_DRIVER_ASK (&driver, "eye", SUBSCRIBE_INTERACTION_CLASS_PASSIVELY,
                    subscribe_interaction_class_passively, INTERACTION_ALARM);
    RTI_DRIVER_ASK (&driver, "moon", SUBSCRIBE_INTERACTION_CLASS, subscribe_interaction_class,
                    INTERACTION_NOTE);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "sun: interest (federate=2, kind=1, class=2, mask=1)\n"
                                "moon: ok\n"
                                "sun: interest (federate=3, kind=1, class=3, mask=1)\n"
                                "eye: ok\n"
                                "moon: ok\n");
    RTI_DRIVER_ASK (&driver, "moon", UNSUBSCRIBE_INTERACTION_CLASS, unsubscribe_interaction_class,
                    INTERACTION_NOTE);
    RTI_DRIVER_ASK (&driver, "sun", UNPUBLISH_INTERACTION_CLASS, unpublish_interaction_class,
                    INTERACTION_ALARM);
    RTI_DRIVER_ASK (&driver, "sun", PUBLISH_INTERACTION_CLASS, publish_interaction_class,
                    INTERACTION_ALARM);
    RTI_DRIVER_EXPECT (&driver, "sun: interest (federate=2, kind=1, class=2, mask=0)\n"
                                "moon: ok\n"
                                "sun: interest (federate=3, kind=1, class=3, mask=0)\n"
                                "sun: ok\n"
                                "sun: interest (federate=3, kind=1, class=3, mask=1)\n"
                                "sun: ok\n");
    rti_driver_fini (&driver);
}

static void test_errors (void)
{
    setup ();
    rti_driver_publish (&driver, "sun", 0, 1);
    rti_driver_publish (&driver, "sun", 99, 1);
    rti_driver_publish (&driver, "sun", CLASS_SHIP, 0x4);
    rti_driver_subscribe (&driver, "sun", CLASS_BODY, UINT64_C (1) << 63);
    RTI_DRIVER_ASK (&driver, "sun", PUBLISH_INTERACTION_CLASS, publish_interaction_class, 4);
    RTI_DRIVER_ASK (&driver, "sun", SUBSCRIBE_INTERACTION_CLASS, subscribe_interaction_class, 0);
    RTI_DRIVER_ASK (&driver, "sun", UNSUBSCRIBE_OBJECT_CLASS, unsubscribe_object_class, 77);
    RTI_DRIVER_ASK (&driver, "sun", UNPUBLISH_OBJECT_CLASS, unpublish_object_class, UINT64_MAX);
    RTI_DRIVER_EXPECT (
        &driver, "sun: MST_E_CLASS_UNKNOWN: there is no object class 0: \"world\" has 1 to 4\n"
                 "sun: MST_E_CLASS_UNKNOWN: there is no object class 99: \"world\" has 1 to 4\n"
                 "sun: MST_E_ATTRIBUTE_UNKNOWN: object class \"HLAobjectRoot.Ship\" has no "
                 "attribute 3: it has 1 to 2\n"
                 "sun: MST_E_ATTRIBUTE_UNKNOWN: object class \"HLAobjectRoot.Body\" has no "
                 "attribute 64: it has 1 to 3\n"
                 "sun: MST_E_INTERACTION_UNKNOWN: there is no interaction class 4: \"world\" "
                 "has 1 to 3\n"
                 "sun: MST_E_INTERACTION_UNKNOWN: there is no interaction class 0: \"world\" "
                 "has 1 to 3\n"
                 "sun: MST_E_CLASS_UNKNOWN: there is no object class 77: \"world\" has 1 to 4\n"
                 "sun: MST_E_CLASS_UNKNOWN: there is no object class 18446744073709551615: "
                 "\"world\" has 1 to 4\n");
    rti_driver_fini (&driver);
}

/*  Publishing nothing and subscribing to nothing change nothing; nobody hears of himself. */
static void test_nothing (void)
{
    setup ();
    rti_driver_publish (&driver, "sun", CLASS_BODY, 0);
    rti_driver_subscribe (&driver, "moon", CLASS_BODY, 0);
    rti_driver_publish (&driver, "moon", CLASS_SHIP, 0x2);
    rti_driver_subscribe (&driver, "moon", CLASS_SHIP, 0x2);
    rti_driver_register (&driver, "sun", 1, CLASS_BODY);
    RTI_DRIVER_EXPECT (&driver, "sun: ok\n"
                                "moon: ok\n"
                                "moon: ok\n"
                                "moon: ok\n"
                                "sun: MST_E_CLASS_NOT_PUBLISHED: federate \"sun\" does not publish "
                                "\"HLAobjectRoot.Body\": publish it before registering\n");
    rti_driver_fini (&driver);
}

static CU_TestInfo declaration_tests[] = {
    { "interest", test_interest },         { "interest ends", test_interest_ends },
    { "interactions", test_interactions }, { "errors", test_errors },
    { "nothing", test_nothing },           CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti: declarations", NULL, NULL, NULL, NULL, declaration_tests })
