/*  rti/core: who owns what, who wants it, and who is offered it. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"

static rti_driver_t driver;
static uint64_t body;

/*  sun has registered a body, which moon and eye know; moon publishes all of it, eye its position.
 */
static void setup (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon", "eye");
    driver.quiet = true;
    rti_driver_publish (&driver, "sun", CLASS_BODY, 0x6);
    rti_driver_publish (&driver, "moon", CLASS_BODY, 0x6);
    rti_driver_publish (&driver, "eye", CLASS_BODY, 0x2);
    rti_driver_subscribe (&driver, "moon", CLASS_BODY, 0x6);
    rti_driver_subscribe (&driver, "eye", CLASS_BODY, 0x6);
    rti_driver_register (&driver, "sun", 1, CLASS_BODY);
    driver.quiet = false;
    body = rti_driver_object (&driver, "sun", 1);
}

#define DIVEST(name, ...)                                                                          \
    RTI_DRIVER_ASK (&driver, name, UNCONDITIONAL_ATTRIBUTE_OWNERSHIP_DIVESTITURE,                  \
                    unconditional_attribute_ownership_divestiture, body, HANDLES (__VA_ARGS__),    \
                    TAG ("d"))
#define ACQUIRE(name, ...)                                                                         \
    RTI_DRIVER_ASK (&driver, name, ATTRIBUTE_OWNERSHIP_ACQUISITION,                                \
                    attribute_ownership_acquisition, body, HANDLES (__VA_ARGS__), TAG ("a"))
#define AVAILABLE(name, ...)                                                                       \
    RTI_DRIVER_ASK (&driver, name, ATTRIBUTE_OWNERSHIP_ACQUISITION_IF_AVAILABLE,                   \
                    attribute_ownership_acquisition_if_available, body, HANDLES (__VA_ARGS__),     \
                    TAG ("i"))
#define CANCEL(name, ...)                                                                          \
    RTI_DRIVER_ASK (&driver, name, CANCEL_ATTRIBUTE_OWNERSHIP_ACQUISITION,                         \
                    cancel_attribute_ownership_acquisition, body, HANDLES (__VA_ARGS__))
#define QUERY(name, ...)                                                                           \
    RTI_DRIVER_ASK (&driver, name, QUERY_ATTRIBUTE_OWNERSHIP, query_attribute_ownership, body,     \
                    HANDLES (__VA_ARGS__))

/*  What is given up is offered to those who publish it, and taken by the first who wants it. */
static void test_divest_then_acquire (void)
{
    setup ();
    rti_driver_mark (&driver, "sun", "moon", 4);
    DIVEST ("sun", 2, 3);
    RTI_DRIVER_EXPECT (&driver, "eye: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                                "offeredAttributes={2}, userSuppliedTag=<1: 64>)\n"
                                "moon: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                                "offeredAttributes={2,3}, userSuppliedTag=<1: 64>) needs 1:4\n"
                                "sun: ok\n");
    AVAILABLE ("eye", 2);
    ACQUIRE ("moon", 2, 3);
    QUERY ("sun", 1, 2, 3);
    RTI_DRIVER_EXPECT (&driver,
                       "eye: attributeOwnershipAcquisitionNotification (objectInstance=1.1, "
                       "securedAttributes={2}, userSuppliedTag=<1: 69>)\n"
                       "eye: ok\n"
                       "moon: attributeOwnershipAcquisitionNotification (objectInstance=1.1, "
                       "securedAttributes={3}, userSuppliedTag=<1: 61>)\n"
                       "moon: ok\n"
                       "eye: requestAttributeOwnershipRelease (objectInstance=1.1, "
                       "candidateAttributes={2}, userSuppliedTag=<1: 61>)\n"
                       "sun: informAttributeOwnership (objectInstance=1.1, attributes={1}, "
                       "federate=1)\n"
                       "sun: informAttributeOwnership (objectInstance=1.1, attributes={2}, "
                       "federate=3)\n"
                       "sun: informAttributeOwnership (objectInstance=1.1, attributes={3}, "
                       "federate=2)\n"
                       "sun: ok\n");
    rti_driver_fini (&driver);
}

/*  Who waits gets what is given up, the oldest first; the next one's wish goes to the new owner. */
static void test_queue (void)
{
    setup ();
    ACQUIRE ("moon", 2, 3);
    ACQUIRE ("eye", 2);
    ACQUIRE ("eye", 2);
    RTI_DRIVER_EXPECT (&driver, "sun: requestAttributeOwnershipRelease (objectInstance=1.1, "
                                "candidateAttributes={2,3}, userSuppliedTag=<1: 61>)\n"
                                "moon: ok\n"
                                "sun: requestAttributeOwnershipRelease (objectInstance=1.1, "
                                "candidateAttributes={2}, userSuppliedTag=<1: 61>)\n"
                                "eye: ok\n"
                                "sun: requestAttributeOwnershipRelease (objectInstance=1.1, "
                                "candidateAttributes={2}, userSuppliedTag=<1: 61>)\n"
                                "eye: ok\n");
    rti_driver_mark (&driver, "sun", "moon", 9);
    DIVEST ("sun", 2);
    RTI_DRIVER_EXPECT (&driver,
                       "moon: attributeOwnershipAcquisitionNotification (objectInstance=1.1, "
                       "securedAttributes={2}, userSuppliedTag=<1: 64>) needs 1:9\n"
                       "moon: requestAttributeOwnershipRelease (objectInstance=1.1, "
                       "candidateAttributes={2}, userSuppliedTag=<0>)\n"
                       "sun: ok\n");
    DIVEST ("moon", 2);
    RTI_DRIVER_EXPECT (&driver,
                       "eye: attributeOwnershipAcquisitionNotification (objectInstance=1.1, "
                       "securedAttributes={2}, userSuppliedTag=<1: 64>)\n"
                       "moon: ok\n");
    RTI_DRIVER_ASK (&driver, "sun", ATTRIBUTE_OWNERSHIP_DIVESTITURE_IF_WANTED,
                    attribute_ownership_divestiture_if_wanted, body, HANDLES (1, 3), TAG ("w"));
    RTI_DRIVER_ASK (&driver, "sun", ATTRIBUTE_OWNERSHIP_DIVESTITURE_IF_WANTED,
                    attribute_ownership_divestiture_if_wanted, body, HANDLES (1), TAG ("w"));
    QUERY ("sun", 1, 2, 3);
    RTI_DRIVER_EXPECT (&driver,
                       "moon: attributeOwnershipAcquisitionNotification (objectInstance=1.1, "
                       "securedAttributes={3}, userSuppliedTag=<1: 77>) needs 1:9\n"
                       "sun: ok attributeOwnershipDivestitureIfWanted = (attributes={3})\n"
                       "sun: ok attributeOwnershipDivestitureIfWanted = (attributes={})\n"
                       "sun: informAttributeOwnership (objectInstance=1.1, attributes={1}, "
                       "federate=1)\n"
                       "sun: informAttributeOwnership (objectInstance=1.1, attributes={2}, "
                       "federate=3)\n"
                       "sun: informAttributeOwnership (objectInstance=1.1, attributes={3}, "
                       "federate=2)\n"
                       "sun: ok\n");
    rti_driver_fini (&driver);
}

static void test_unavailable (void)
{
    setup ();
    DIVEST ("sun", 3);
    rti_driver_forget (&driver);
    AVAILABLE ("moon", 2, 3);
    RTI_DRIVER_ASK (&driver, "moon", IS_ATTRIBUTE_OWNED_BY_FEDERATE, is_attribute_owned_by_federate,
                    body, 3);
    RTI_DRIVER_ASK (&driver, "moon", IS_ATTRIBUTE_OWNED_BY_FEDERATE, is_attribute_owned_by_federate,
                    body, 2);
    RTI_DRIVER_EXPECT (&driver,
                       "moon: attributeOwnershipAcquisitionNotification (objectInstance=1.1, "
                       "securedAttributes={3}, userSuppliedTag=<1: 69>)\n"
                       "moon: attributeOwnershipUnavailable (objectInstance=1.1, attributes={2}, "
                       "userSuppliedTag=<1: 69>)\n"
                       "moon: ok\n"
                       "moon: ok isAttributeOwnedByFederate = (owned=true)\n"
                       "moon: ok isAttributeOwnedByFederate = (owned=false)\n");
    rti_driver_fini (&driver);
}

static void test_cancel (void)
{
    setup ();
    ACQUIRE ("moon", 2, 3);
    rti_driver_forget (&driver);
    CANCEL ("moon", 2);
    CANCEL ("moon", 2);
    AVAILABLE ("moon", 3);
    DIVEST ("sun", 2, 3);
    CANCEL ("moon", 3);
    RTI_DRIVER_ASK (&driver, "moon", ATTRIBUTE_OWNERSHIP_RELEASE_DENIED,
                    attribute_ownership_release_denied, body, HANDLES (3), TAG (""));
    RTI_DRIVER_ASK (&driver, "moon", ATTRIBUTE_OWNERSHIP_RELEASE_DENIED,
                    attribute_ownership_release_denied, body, HANDLES (2), TAG (""));
    RTI_DRIVER_EXPECT (
        &driver, "moon: confirmAttributeOwnershipAcquisitionCancellation (objectInstance=1.1, "
                 "attributes={2})\n"
                 "moon: ok\n"
                 "moon: MST_E_INVALID_ARGUMENT: federate \"moon\" does not wait for attribute 2 "
                 "of object \"sun.1\"\n"
                 "moon: MST_E_OWNERSHIP_PENDING: federate \"moon\" waits for attribute 3 of "
                 "object \"sun.1\" already\n"
                 "moon: attributeOwnershipAcquisitionNotification (objectInstance=1.1, "
                 "securedAttributes={3}, userSuppliedTag=<1: 64>)\n"
                 "moon: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                 "offeredAttributes={2}, userSuppliedTag=<1: 64>)\n"
                 "eye: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                 "offeredAttributes={2}, userSuppliedTag=<1: 64>)\n"
                 "sun: ok\n"
                 "moon: MST_E_ALREADY_OWNED: federate \"moon\" owns attribute 3 of object "
                 "\"sun.1\" by now: there is nothing to cancel\n"
                 "moon: ok\n"
                 "moon: MST_E_NOT_OWNED: federate \"moon\" does not own attribute 2 of object "
                 "\"sun.1\"\n");
    rti_driver_fini (&driver);
}

static void test_errors (void)
{
    setup ();
    rti_driver_join (&driver, "late", 0);
    rti_driver_subscribe (&driver, "late", CLASS_BODY, 0x2);
    rti_driver_forget (&driver);
    DIVEST ("moon", 2);
    DIVEST ("sun", 4);
    ACQUIRE ("sun", 2);
    ACQUIRE ("eye", 3);
    ACQUIRE ("late", 2);
    QUERY ("late", 0);
    body++;
    DIVEST ("sun", 2);
    ACQUIRE ("moon", 2);
    QUERY ("moon", 2);
    RTI_DRIVER_EXPECT (
        &driver, "moon: MST_E_NOT_OWNED: federate \"moon\" does not own attribute 2 of object "
                 "\"sun.1\"\n"
                 "sun: MST_E_ATTRIBUTE_UNKNOWN: object class \"HLAobjectRoot.Body\" has no "
                 "attribute 4: it has 1 to 3\n"
                 "sun: MST_E_OWNS_ATTRIBUTES: federate \"sun\" owns attribute 2 of object "
                 "\"sun.1\" already\n"
                 "eye: MST_E_ATTRIBUTE_NOT_PUBLISHED: federate \"eye\" does not publish "
                 "attribute 3 of \"HLAobjectRoot.Body\"\n"
                 "late: MST_E_CLASS_NOT_PUBLISHED: federate \"late\" does not publish "
                 "\"HLAobjectRoot.Body\": publish it before acquiring\n"
                 "late: MST_E_ATTRIBUTE_UNKNOWN: object class \"HLAobjectRoot.Body\" has no "
                 "attribute 0: it has 1 to 3\n"
                 "sun: MST_E_OBJECT_UNKNOWN: federate \"sun\" knows no object 0x10000000002: it "
                 "was never discovered, or is gone\n"
                 "moon: MST_E_OBJECT_UNKNOWN: federate \"moon\" knows no object 0x10000000002: "
                 "it was never discovered, or is gone\n"
                 "moon: MST_E_OBJECT_UNKNOWN: federate \"moon\" knows no object 0x10000000002: "
                 "it was never discovered, or is gone\n");
    rti_driver_fini (&driver);
}

/*  Who publishes an attribute no longer loses it, and cannot while he waits for it. */
static void test_unpublish (void)
{
    setup ();
    ACQUIRE ("moon", 3);
    rti_driver_forget (&driver);
    RTI_DRIVER_ASK (&driver, "moon", UNPUBLISH_OBJECT_CLASS, unpublish_object_class, CLASS_BODY);
    RTI_DRIVER_ASK (&driver, "sun", UNPUBLISH_OBJECT_CLASS_ATTRIBUTES,
                    unpublish_object_class_attributes, CLASS_BODY, HANDLES (3));
    RTI_DRIVER_EXPECT (&driver,
                       "moon: MST_E_OWNERSHIP_PENDING: federate \"moon\" waits for attributes of "
                       "object \"sun.1\": cancel that before unpublishing them\n"
                       "moon: attributeOwnershipAcquisitionNotification (objectInstance=1.1, "
                       "securedAttributes={3}, userSuppliedTag=<0>)\n"
                       "sun: ok\n");
    RTI_DRIVER_ASK (&driver, "sun", UNPUBLISH_OBJECT_CLASS_ATTRIBUTES,
                    unpublish_object_class_attributes, CLASS_BODY, HANDLES (2));
    QUERY ("sun", 1, 2, 3);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: interest (federate=3, kind=0, class=2, mask=0)\n"
                       "sun: interest (federate=2, kind=0, class=2, mask=0)\n"
                       "sun: ok\n"
                       "eye: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                       "offeredAttributes={1,2}, userSuppliedTag=<0>)\n"
                       "moon: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                       "offeredAttributes={1,2}, userSuppliedTag=<0>)\n"
                       "sun: informAttributeOwnership (objectInstance=1.1, attributes={3}, "
                       "federate=2)\n"
                       "sun: attributeIsNotOwned (objectInstance=1.1, attributes={1,2})\n"
                       "sun: ok\n");
    rti_driver_fini (&driver);
}

static CU_TestInfo ownership_tests[] = {
    { "given up, then wanted", test_divest_then_acquire },
    { "wanted by two, then given up", test_queue },
    { "wanted if available", test_unavailable },
    { "wanted no longer", test_cancel },
    { "errors", test_errors },
    { "unpublished", test_unpublish },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti: ownership", NULL, NULL, NULL, NULL, ownership_tests })
