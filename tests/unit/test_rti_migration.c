/*  rti/core: a migration at a cut, and a death at every point of it. */
#include "tests/support/check.h"
#include "tests/support/rti_driver.h"
#include "rti/core/core.h"

static rti_driver_t driver;
static uint64_t a, b;

/*  sun and moon step with a lookahead of 10 and own bodies; eye looks on. sun has "a" and "b". */
static void setup (void)
{
    rti_driver_init (&driver, NULL);
    RTI_DRIVER_WORLD (&driver, "sun", "moon", "eye");
    driver.quiet = true;
    for (int i = 0; i < 2; i++) {
        const char *name = i == 0 ? "sun" : "moon";
        RTI_DRIVER_ASK (&driver, name, ENABLE_TIME_REGULATION, enable_time_regulation, 10);
        RTI_DRIVER_ASK (&driver, name, ENABLE_TIME_CONSTRAINED, enable_time_constrained, 0);
        rti_driver_publish (&driver, name, CLASS_BODY, 0x6);
        rti_driver_subscribe (&driver, name, CLASS_BODY, 0x6);
    }
    rti_driver_subscribe (&driver, "eye", CLASS_BODY, 0x6);
    rti_driver_register (&driver, "sun", 1, CLASS_BODY);
    rti_driver_register (&driver, "sun", 2, CLASS_BODY);
    a = rti_driver_object (&driver, "sun", 1);
    b = rti_driver_object (&driver, "sun", 2);
    driver.quiet = false;
}

static void migrate (uint64_t batch, uint32_t to, int64_t cut)
{
    RTI_DRIVER_SEND (&driver, "sun", MIGRATE, migrate, batch, to, cut, HANDLES (a, b), 1);
}

static void vote (const char *name, uint64_t batch, bool accept)
{
    RTI_DRIVER_SEND (&driver, name, MIGRATE_VOTE, migrate_vote, 1, batch, accept, TEXT ("full"));
}

/*  The old home reports the bundle with the state. */
static void report (void)
{
    rti_driver_sent (&driver, "sun", "moon", 1, 10);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_NONE, 0);
}

static void owner_is (uint64_t object, const char *text)
{
    rti_driver_forget (&driver);
    RTI_DRIVER_ASK (&driver, "eye", QUERY_ATTRIBUTE_OWNERSHIP, query_attribute_ownership, object,
                    HANDLES (1, 2, 3));
    RTI_DRIVER_CONTAINS (&driver, text);
    rti_driver_forget (&driver);
}

static void advance_both (void)
{
    rti_driver_sent (&driver, "sun", "moon", 1, 10);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 10);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_TAR, 10);
}

/*  Both ask for the cut, and get it only when it is decided; then what hung on it goes on. */
static void test_commit (void)
{
    setup ();
    migrate (1, 2, 10);
    advance_both ();
    RTI_DRIVER_EXPECT (&driver, "");
    vote ("moon", 1, true);
    RTI_DRIVER_EXPECT (&driver, "sun: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                                "objects={1.1,1.2}, epochs={2,2}, committed=true, text=none)\n"
                                "sun: grant TAR 10 (number 1, galt 20)\n"
                                "moon: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                                "objects={1.1,1.2}, epochs={2,2}, committed=true, text=none)\n"
                                "moon: grant TAR 10 (number 1, galt 20) needs 1:1\n");
    owner_is (a, "attributes={1,2,3}, federate=2");
    owner_is (b, "attributes={1,2,3}, federate=2");
    vote ("moon", 1, true);
    RTI_DRIVER_EXPECT (&driver, "");
    rti_driver_fini (&driver);
}

/*  Data may overtake control: the vote is there first. The decision waits for the old home's
   report, too, so that the state counts when it dies. */
static void test_vote_first (void)
{
    setup ();
    vote ("moon", 1, true);
    RTI_DRIVER_EXPECT (&driver, "");
    migrate (1, 2, 10);
    RTI_DRIVER_EXPECT (&driver, "");
    report ();
    RTI_DRIVER_EXPECT (&driver, "sun: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                                "objects={1.1,1.2}, epochs={2,2}, committed=true, text=none)\n"
                                "moon: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                                "objects={1.1,1.2}, epochs={2,2}, committed=true, text=none)\n");
    rti_driver_fini (&driver);
}

static void test_refused_by_new_home (void)
{
    setup ();
    migrate (1, 2, 10);
    advance_both ();
    vote ("moon", 1, false);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                       "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"the new home "
                       "refused: full\")\n"
                       "sun: grant TAR 10 (number 1, galt 20)\n"
                       "moon: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                       "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"the new home "
                       "refused: full\")\n"
                       "moon: grant TAR 10 (number 1, galt 20) needs 1:1\n");
    owner_is (a, "attributes={1,2,3}, federate=1");
    vote ("moon", 2, false);
    migrate (2, 2, 20);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: migrateDecided (oldHome=1, newHome=2, batch=2, cut=20, "
                       "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"the new home "
                       "refused\")\n"
                       "moon: migrateDecided (oldHome=1, newHome=2, batch=2, cut=20, "
                       "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"the new home "
                       "refused\")\n");
    rti_driver_fini (&driver);
}

/*  What cannot be prepared is told as a decision, as both homes wait for one. */
static void test_homes_cannot_prepare (void)
{
    setup ();
    migrate (1, 2, 9);  /* sun may send from 10 on */
    migrate (2, 9, 10); /* nobody */
    migrate (3, 1, 10); /* to itself */
    migrate (4, 3, 10); /* eye publishes nothing */
    RTI_DRIVER_EXPECT (
        &driver, "sun: migrateDecided (oldHome=1, newHome=2, batch=1, cut=9, objects={1.1,1.2}, "
                 "epochs={1,1}, committed=false, text=\"from \\\"sun\\\" to \\\"moon\\\": no "
                 "cut at 9: the old home at time slot 0 has the bound 10; ask with a later "
                 "time\")\n"
                 "moon: migrateDecided (oldHome=1, newHome=2, batch=1, cut=9, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"from \\\"sun\\\" to "
                 "\\\"moon\\\": no cut at 9: the old home at time slot 0 has the bound 10; ask "
                 "with a later time\")\n"
                 "sun: migrateDecided (oldHome=1, newHome=9, batch=2, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"the new home, "
                 "federate 9, is not joined\")\n"
                 "sun: migrateDecided (oldHome=1, newHome=0, batch=3, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"the new home is the "
                 "old home\")\n"
                 "sun: migrateDecided (oldHome=1, newHome=3, batch=4, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"federate \\\"eye\\\" "
                 "does not publish attribute 1 of object \\\"sun.1\\\"\")\n"
                 "eye: migrateDecided (oldHome=1, newHome=3, batch=4, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"federate \\\"eye\\\" "
                 "does not publish attribute 1 of object \\\"sun.1\\\"\")\n");
    owner_is (a, "federate=1");
    rti_driver_fini (&driver);
}

static void test_objects_cannot_go (void)
{
    setup ();
    RTI_DRIVER_SEND (&driver, "sun", MIGRATE, migrate, 5, 2, 10, HANDLES (a, a), 1);
    RTI_DRIVER_SEND (&driver, "sun", MIGRATE, migrate, 6, 2, 10, HANDLES (a + 7), 1);
    RTI_DRIVER_SEND (&driver, "moon", MIGRATE, migrate, 1, 1, 10, HANDLES (a), 1);
    RTI_DRIVER_SEND (&driver, "sun", MIGRATE, migrate, 6, 2, 10, HANDLES (a), 1);
    RTI_DRIVER_SEND (&driver, "sun", MIGRATE, migrate, 7, 2, 10, { &a, 0 }, 1);
    migrate (8, 2, 10);
    migrate (9, 2, 10); /* they are on their way already */
    report ();
    vote ("moon", 8, true);
    RTI_DRIVER_EXPECT (
        &driver, "sun: migrateDecided (oldHome=1, newHome=2, batch=5, cut=10, "
                 "objects={1.1,1.1}, epochs={1,1}, committed=false, text=\"object \\\"sun.1\\\" "
                 "is named twice\")\n"
                 "moon: migrateDecided (oldHome=1, newHome=2, batch=5, cut=10, "
                 "objects={1.1,1.1}, epochs={1,1}, committed=false, text=\"object \\\"sun.1\\\" "
                 "is named twice\")\n"
                 "sun: migrateDecided (oldHome=1, newHome=2, batch=6, cut=10, objects={1.8}, "
                 "epochs={1}, committed=false, text=\"object 0x10000000008 is not at the old "
                 "home: it does not own the privilege to delete it\")\n"
                 "moon: migrateDecided (oldHome=1, newHome=2, batch=6, cut=10, objects={1.8}, "
                 "epochs={1}, committed=false, text=\"object 0x10000000008 is not at the old "
                 "home: it does not own the privilege to delete it\")\n"
                 "moon: migrateDecided (oldHome=2, newHome=1, batch=1, cut=10, objects={1.1}, "
                 "epochs={1}, committed=false, text=\"object 0x10000000001 is not at the old "
                 "home: it does not own the privilege to delete it\")\n"
                 "sun: migrateDecided (oldHome=2, newHome=1, batch=1, cut=10, objects={1.1}, "
                 "epochs={1}, committed=false, text=\"object 0x10000000001 is not at the old "
                 "home: it does not own the privilege to delete it\")\n"
                 "sun: MST_E_INVALID_ARGUMENT: batch 6 of federate \"sun\" came after batch 6: "
                 "batches are numbered upwards\n"
                 "sun: MST_E_INVALID_ARGUMENT: batch 7 has no objects\n"
                 "sun: migrateDecided (oldHome=1, newHome=2, batch=9, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"object \\\"sun.1\\\" "
                 "is migrating in batch 8\")\n"
                 "moon: migrateDecided (oldHome=1, newHome=2, batch=9, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"object \\\"sun.1\\\" "
                 "is migrating in batch 8\")\n"
                 "sun: migrateDecided (oldHome=1, newHome=2, batch=8, cut=10, "
                 "objects={1.1,1.2}, epochs={2,2}, committed=true, text=none)\n"
                 "moon: migrateDecided (oldHome=1, newHome=2, batch=8, cut=10, "
                 "objects={1.1,1.2}, epochs={2,2}, committed=true, text=none)\n");
    owner_is (a, "federate=2");
    rti_driver_fini (&driver);
}

/*  The new home must not have been granted the cut. */
static void test_too_late (void)
{
    setup ();
    rti_driver_resign (&driver, "eye", WIRE_RESIGN_NO_ACTION);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_TARA, 10);
    rti_driver_forget (&driver);
    migrate (1, 2, 10);
    RTI_DRIVER_EXPECT (
        &driver, "sun: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"from \\\"sun\\\" to "
                 "\\\"moon\\\": no cut at 10: the new home at time slot 1 was granted 10; ask "
                 "with a later time\")\n"
                 "moon: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"from \\\"sun\\\" to "
                 "\\\"moon\\\": no cut at 10: the new home at time slot 1 was granted 10; ask "
                 "with a later time\")\n");
    rti_driver_fini (&driver);
}

static void test_old_home_dies (void)
{
    setup ();
    vote ("moon", 1, true); /* before anything */
    rti_driver_lose (&driver, "sun", "killed");
    RTI_DRIVER_EXPECT (
        &driver, "eye: depart (federate=1, reason=2, cutSequence=0, bound=10, text=\"killed\")\n"
                 "eye: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "eye: removeObjectInstance (objectInstance=1.2, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "moon: depart (federate=1, reason=2, cutSequence=0, bound=10, "
                 "text=\"killed\")\n"
                 "moon: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "moon: removeObjectInstance (objectInstance=1.2, userSuppliedTag=<0>, "
                 "producingFederate=1)\n");
    rti_driver_fini (&driver);
}

static void test_old_home_dies_before_the_vote (void)
{
    setup ();
    RTI_DRIVER_ASK (&driver, "sun", SET_AUTOMATIC_RESIGN_DIRECTIVE, set_automatic_resign_directive,
                    WIRE_RESIGN_UNCONDITIONALLY_DIVEST_ATTRIBUTES);
    migrate (1, 2, 10);
    advance_both ();
    rti_driver_forget (&driver);
    rti_driver_lose (&driver, "sun", "killed");
    RTI_DRIVER_EXPECT (
        &driver, "moon: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"federate \\\"sun\\\" "
                 "was lost\")\n"
                 "moon: grant TAR 10 (number 1, galt 20) needs 1:1\n"
                 "moon: depart (federate=1, reason=2, cutSequence=1, bound=20, text=\"killed\") "
                 "needs 1:1\n"
                 "moon: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                 "offeredAttributes={1,2,3}, userSuppliedTag=<0>) needs 1:1\n"
                 "moon: requestAttributeOwnershipAssumption (objectInstance=1.2, "
                 "offeredAttributes={1,2,3}, userSuppliedTag=<0>) needs 1:1\n"
                 "eye: depart (federate=1, reason=2, cutSequence=0, bound=20, text=\"killed\")\n");
    owner_is (a, "attributeIsNotOwned");
    RTI_DRIVER_SEND (&driver, "moon", MIGRATE_VOTE, migrate_vote, 1, 1, true, TEXT (""));
    RTI_DRIVER_EXPECT (&driver, "");
    rti_driver_fini (&driver);
}

static void test_old_home_dies_before_its_report (void)
{
    setup ();
    migrate (1, 2, 10);
    vote ("moon", 1, true);
    rti_driver_lose (&driver, "sun", "killed"); /* the state is cut off */
    RTI_DRIVER_EXPECT (
        &driver, "moon: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"federate \\\"sun\\\" "
                 "was lost\")\n"
                 "moon: depart (federate=1, reason=2, cutSequence=0, bound=10, "
                 "text=\"killed\")\n"
                 "moon: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "moon: removeObjectInstance (objectInstance=1.2, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "eye: depart (federate=1, reason=2, cutSequence=0, bound=10, text=\"killed\")\n"
                 "eye: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=1)\n"
                 "eye: removeObjectInstance (objectInstance=1.2, userSuppliedTag=<0>, "
                 "producingFederate=1)\n");
    rti_driver_fini (&driver);
}

static void test_old_home_dies_after_the_decision (void)
{
    base_buffer_t json = { 0 };

    setup ();
    migrate (1, 2, 10);
    report ();
    vote ("moon", 1, true);
    rti_driver_forget (&driver);
    rti_driver_lose (&driver, "sun", "killed");
    RTI_DRIVER_EXPECT (
        &driver, "eye: depart (federate=1, reason=2, cutSequence=0, bound=10, text=\"killed\")\n"
                 "moon: depart (federate=1, reason=2, cutSequence=1, bound=10, text=\"killed\") "
                 "needs 1:1\n");
    owner_is (a, "attributes={1,2,3}, federate=2");
    CHECK_OK (rti_core_status (driver.core, "", &json)); /* nobody updates them at 10 */
    CHECK_OK (base_buffer_append (&json, "", 1));
    CHECK_CONTAINS ((const char *) json.data, "\"migrations\":2,\"migrations_aborted\":0,"
                                              "\"migrations_with_gap\":2,");
    base_buffer_fini (&json);
    rti_driver_fini (&driver);
}

static void test_new_home_dies (void)
{
    setup ();
    vote ("moon", 1, true);
    rti_driver_lose (&driver, "moon", "killed"); /* before the MIGRATE */
    migrate (1, 2, 10);
    RTI_DRIVER_EXPECT (
        &driver, "eye: depart (federate=2, reason=2, cutSequence=0, bound=10, text=\"killed\")\n"
                 "sun: depart (federate=2, reason=2, cutSequence=0, bound=10, text=\"killed\")\n"
                 "sun: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"the new home, "
                 "federate 2, is not joined\")\n");
    owner_is (a, "attributes={1,2,3}, federate=1");
    rti_driver_fini (&driver);

    setup ();
    migrate (1, 2, 10);
    rti_driver_advance (&driver, "sun", WIRE_ADVANCE_TAR, 10);
    rti_driver_lose (&driver, "moon", "killed"); /* before its vote */
    RTI_DRIVER_EXPECT (
        &driver, "sun: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"federate "
                 "\\\"moon\\\" was lost\")\n"
                 "sun: depart (federate=2, reason=2, cutSequence=0, bound=10, text=\"killed\")\n"
                 "sun: grant TAR 10 (number 1)\n"
                 "eye: depart (federate=2, reason=2, cutSequence=0, bound=10, text=\"killed\")\n");
    owner_is (a, "attributes={1,2,3}, federate=1");
    rti_driver_fini (&driver);

    setup ();
    migrate (1, 2, 10);
    report ();
    vote ("moon", 1, true);
    rti_driver_forget (&driver);
    rti_driver_lose (&driver, "moon", "killed"); /* after the decision: the objects die with it */
    RTI_DRIVER_EXPECT (
        &driver, "eye: depart (federate=2, reason=2, cutSequence=0, bound=10, text=\"killed\")\n"
                 "eye: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=2)\n"
                 "eye: removeObjectInstance (objectInstance=1.2, userSuppliedTag=<0>, "
                 "producingFederate=2)\n"
                 "sun: depart (federate=2, reason=2, cutSequence=0, bound=10, text=\"killed\")\n"
                 "sun: removeObjectInstance (objectInstance=1.1, userSuppliedTag=<0>, "
                 "producingFederate=2)\n"
                 "sun: removeObjectInstance (objectInstance=1.2, userSuppliedTag=<0>, "
                 "producingFederate=2)\n");
    rti_driver_fini (&driver);
}

static void test_homes_resign (void)
{
    setup ();
    migrate (1, 2, 10);
    rti_driver_resign (&driver, "moon", WIRE_RESIGN_NO_ACTION);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                       "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"federate "
                       "\\\"moon\\\" resigned\")\n"
                       "sun: depart (federate=2, reason=1, cutSequence=0, bound=10, text=none)\n"
                       "moon: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                       "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"federate "
                       "\\\"moon\\\" resigned\")\n"
                       "moon: ok\n"
                       "eye: depart (federate=2, reason=1, cutSequence=0, bound=10, text=none)\n");
    rti_driver_fini (&driver);

    setup ();
    migrate (1, 2, 10);
    rti_driver_resign (&driver, "sun", WIRE_RESIGN_UNCONDITIONALLY_DIVEST_ATTRIBUTES);
    RTI_DRIVER_EXPECT (
        &driver, "sun: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"federate \\\"sun\\\" "
                 "resigned\")\n"
                 "sun: ok\n"
                 "moon: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                 "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"federate \\\"sun\\\" "
                 "resigned\")\n"
                 "moon: depart (federate=1, reason=1, cutSequence=0, bound=10, text=none)\n"
                 "moon: requestAttributeOwnershipAssumption (objectInstance=1.1, "
                 "offeredAttributes={1,2,3}, userSuppliedTag=<0>)\n"
                 "moon: requestAttributeOwnershipAssumption (objectInstance=1.2, "
                 "offeredAttributes={1,2,3}, userSuppliedTag=<0>)\n"
                 "eye: depart (federate=1, reason=1, cutSequence=0, bound=10, text=none)\n");
    rti_driver_fini (&driver);
}

/*  While it is undecided nothing else may happen to the object; what is wanted goes to the new
 * owner. */
static void test_meanwhile (void)
{
    setup ();
    rti_driver_publish (&driver, "eye", CLASS_BODY, 0x2);
    migrate (1, 2, 10);
    report ();
    rti_driver_forget (&driver);
    RTI_DRIVER_ASK (&driver, "sun", DELETE, delete, .object = a, .time = WIRE_TIME_NONE);
    RTI_DRIVER_ASK (&driver, "sun", UNCONDITIONAL_ATTRIBUTE_OWNERSHIP_DIVESTITURE,
                    unconditional_attribute_ownership_divestiture, a, HANDLES (2), TAG (""));
    RTI_DRIVER_ASK (&driver, "sun", ATTRIBUTE_OWNERSHIP_DIVESTITURE_IF_WANTED,
                    attribute_ownership_divestiture_if_wanted, a, HANDLES (2), TAG (""));
    RTI_DRIVER_ASK (&driver, "sun", UNPUBLISH_OBJECT_CLASS, unpublish_object_class, CLASS_BODY);
    RTI_DRIVER_ASK (&driver, "eye", ATTRIBUTE_OWNERSHIP_ACQUISITION,
                    attribute_ownership_acquisition, a, HANDLES (2), TAG (""));
    RTI_DRIVER_ASK (&driver, "moon", ATTRIBUTE_OWNERSHIP_ACQUISITION,
                    attribute_ownership_acquisition, a, HANDLES (3), TAG (""));
    RTI_DRIVER_EXPECT (
        &driver, "sun: MST_E_OWNERSHIP_PENDING: object \"sun.1\" is migrating: delete it after "
                 "that is decided\n"
                 "sun: MST_E_OWNERSHIP_PENDING: object \"sun.1\" is migrating: its attributes "
                 "cannot be given up before that is decided\n"
                 "sun: MST_E_OWNERSHIP_PENDING: object \"sun.1\" is migrating: its attributes "
                 "cannot be given up before that is decided\n"
                 "sun: MST_E_OWNERSHIP_PENDING: object \"sun.1\" is migrating: unpublish after "
                 "that is decided\n"
                 "sun: requestAttributeOwnershipRelease (objectInstance=1.1, "
                 "candidateAttributes={2}, userSuppliedTag=<0>)\n"
                 "eye: ok\n"
                 "sun: requestAttributeOwnershipRelease (objectInstance=1.1, "
                 "candidateAttributes={3}, userSuppliedTag=<0>)\n"
                 "moon: ok\n");
    vote ("moon", 1, true);
    RTI_DRIVER_EXPECT (&driver, "sun: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                                "objects={1.1,1.2}, epochs={2,2}, committed=true, text=none)\n"
                                "moon: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                                "objects={1.1,1.2}, epochs={2,2}, committed=true, text=none)\n"
                                "moon: requestAttributeOwnershipRelease (objectInstance=1.1, "
                                "candidateAttributes={2}, userSuppliedTag=<0>)\n");
    rti_driver_fini (&driver);
}

/*  The new home publishes no longer when it comes to the decision. */
static void test_unpublished (void)
{
    setup ();
    migrate (1, 2, 10);
    report ();
    RTI_DRIVER_ASK (&driver, "moon", UNPUBLISH_OBJECT_CLASS, unpublish_object_class, CLASS_BODY);
    rti_driver_forget (&driver);
    vote ("moon", 1, true);
    RTI_DRIVER_EXPECT (&driver,
                       "sun: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                       "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"federate "
                       "\\\"moon\\\" does not publish attribute 1 of object \\\"sun.1\\\"\")\n"
                       "moon: migrateDecided (oldHome=1, newHome=2, batch=1, cut=10, "
                       "objects={1.1,1.2}, epochs={1,1}, committed=false, text=\"federate "
                       "\\\"moon\\\" does not publish attribute 1 of object \\\"sun.1\\\"\")\n");
    rti_driver_fini (&driver);
}

/*  Forth and back: epochs count owners. */
static void test_epochs (void)
{
    setup ();
    migrate (1, 2, 10);
    vote ("moon", 1, true);
    advance_both ();
    rti_driver_forget (&driver);
    RTI_DRIVER_SEND (&driver, "moon", MIGRATE, migrate, 1, 1, 20, HANDLES (b), 1);
    RTI_DRIVER_SEND (&driver, "sun", MIGRATE_VOTE, migrate_vote, 2, 1, true, TEXT (""));
    rti_driver_sent (&driver, "moon", "sun", 1, 20);
    rti_driver_advance (&driver, "moon", WIRE_ADVANCE_NONE, 0);
    RTI_DRIVER_EXPECT (
        &driver, "moon: migrateDecided (oldHome=2, newHome=1, batch=1, cut=20, objects={1.2}, "
                 "epochs={3}, committed=true, text=none)\n"
                 "sun: migrateDecided (oldHome=2, newHome=1, batch=1, cut=20, objects={1.2}, "
                 "epochs={3}, committed=true, text=none)\n");
    rti_driver_fini (&driver);
}

static CU_TestInfo migration_tests[] = {
    { "commit", test_commit },
    { "the vote comes first", test_vote_first },
    { "the new home refuses", test_refused_by_new_home },
    { "these homes and times do not fit", test_homes_cannot_prepare },
    { "these objects cannot go", test_objects_cannot_go },
    { "the new home is past the cut", test_too_late },
    { "the old home dies before it asked", test_old_home_dies },
    { "the old home dies before the vote", test_old_home_dies_before_the_vote },
    { "the old home dies before its report", test_old_home_dies_before_its_report },
    { "the old home dies after the decision", test_old_home_dies_after_the_decision },
    { "the new home dies", test_new_home_dies },
    { "a home resigns", test_homes_resign },
    { "meanwhile", test_meanwhile },
    { "unpublished meanwhile", test_unpublished },
    { "epochs", test_epochs },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "rti: migration", NULL, NULL, NULL, NULL, migration_tests })
