/*  federate/core in logical time: the one order of time-stamped messages, grants that wait for what
   they cover, objects that move at a cut, and what remains of federates that leave or die. A real
   RTI core stands behind; nothing moves but by the test's hand. */
#include "tests/support/check.h"
#include "tests/support/federation.h"
#include "base/alloc.h"
#include "base/error.h"
#include "federate/core/core.h"
#include "rti/core/core.h"

#include <string.h>

static federation_t world;
static mst_object_t of_sun, of_moon;

static void join (const char *name, const federate_options_t *options)
{
    CHECK_OK (federation_join (&world, name, options));
    federation_pump (&world);
    federation_declare (&world, name, FED_MASK_BODY, FED_MASK_BODY);
    federation_pump (&world);
}

/*  Two that regulate and are constrained, with a lookahead of 10, and a body each. */
static void begin_with (const federate_options_t *options)
{
    CHECK_OK (federation_init (&world, NULL));
    join ("sun", options);
    join ("moon", options);
    of_sun = federation_register (&world, "sun", FED_BODY);
    of_moon = federation_register (&world, "moon", FED_BODY);
    federation_time_on (&world, "sun", 10);
    federation_time_on (&world, "moon", 10);
    federation_forget (&world);
}

static void begin (void)
{
    begin_with (NULL);
}

static void end (void)
{
    federation_fini (&world);
}

static void both_advance (mst_time_t to)
{
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_TAR, to);
    (void) federation_advance (&world, "moon", WIRE_ADVANCE_TAR, to);
    federation_pump (&world);
}

static const mst_counters_t *counters (const char *name)
{
    return federate_core_counters (federation_core (&world, name));
}

/*  Time ---------------------------------------------------------------------------------------- */

static void test_enabled (void)
{
    CHECK_OK (federation_init (&world, NULL));
    join ("sun", NULL);
    federate_core_t *core = federation_core (&world, "sun");
    CHECK_ERR (federate_core_disable_regulation (core), MST_E_REGULATION_OFF);
    CHECK_ERR (federate_core_modify_lookahead (core, 1), MST_E_REGULATION_OFF);
    CHECK_ERR (federate_core_enable_regulation (core, -1), MST_E_INVALID_LOOKAHEAD);
    CHECK_OK (federate_core_enable_regulation (core, 10));
    CHECK_ERR (federate_core_enable_constrained (core), MST_E_REGULATION_PENDING);
    federation_pump (&world);
    CHECK_ERR (federate_core_enable_regulation (core, 10), MST_E_REGULATION_ON);
    CHECK_OK (federate_core_enable_constrained (core));
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "sun: regulates @0\nsun: constrained @0\n");
    CHECK_INT (federation_state (&world, "sun").floor, 10);
    CHECK_OK (federate_core_advance (core, WIRE_ADVANCE_TAR, 5));
    CHECK_ERR (federate_core_advance (core, WIRE_ADVANCE_TAR, 6), MST_E_ADVANCE_PENDING);
    federation_pump (&world);
    CHECK_ERR (federate_core_advance (core, WIRE_ADVANCE_TAR, 4), MST_E_TIME_PASSED);
    CHECK_ERR (federation_update (&world, "sun", (mst_object_t){ 1 }, FED_PLACE, "", 14),
               MST_E_OBJECT_UNKNOWN);
    mst_object_t object = federation_register (&world, "sun", FED_BODY);
    CHECK_ERR (federation_update (&world, "sun", object, FED_PLACE, "", 14), MST_E_INVALID_TIME);
    CHECK_CONTAINS (mst_error_text (), "the time stamp 14 is below 15");
    end ();
}

/*  By time, then by the sender's name, then by sequence: whatever came first. */
static void test_order (void)
{
    begin ();
    join ("eye", NULL);
    CHECK_OK (federate_core_enable_constrained (federation_core (&world, "eye")));
    federation_pump (&world);
    federation_forget (&world);
    federation_data (&world, "moon", "eye")->held = true;
    (void) federation_update (&world, "sun", of_sun, FED_PLACE, "s30", 30);
    (void) federation_update (&world, "sun", of_sun, FED_PLACE, "s20", 20);
    (void) federation_update (&world, "sun", of_sun, FED_PLACE, "s20b", 20);
    federation_pump (&world);
    (void) federation_update (&world, "moon", of_moon, FED_PLACE, "m20", 20);
    (void) federation_send (&world, "moon", FED_ALARM, "m10", 10);
    federation_pump (&world);
    (void) federation_advance (&world, "eye", WIRE_ADVANCE_TAR, 25);
    both_advance (40);
    CHECK_CONTAINS (world.trace, "granted @40");
    CHECK (strstr (world.trace, "eye: ") ==
           NULL); /* its grant covers bundles that are still on their way */
    federation_forget (&world);
    federation_data (&world, "moon", "eye")->held = false;
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "eye: received 2 1=m10 @10\n"
                               "eye: reflected moon.1 2=m20 @20\n"
                               "eye: reflected sun.1 2=s20 @20\n"
                               "eye: reflected sun.1 2=s20b @20\n"
                               "eye: granted @25\n");
    end ();
}

/*  Each kind of advance is granted what it asks for, or the next message. */
static void test_kinds (void)
{
    begin ();
    (void) federation_update (&world, "sun", of_sun, FED_PLACE, "a", 15);
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_TAR, 20);
    (void) federation_advance (&world, "moon", WIRE_ADVANCE_NMR, 30);
    federation_pump (&world);
    FEDERATION_EXPECT (&world,
                       "sun: granted @20\nmoon: reflected sun.1 2=a @15\nmoon: granted @15\n");
    (void) federation_advance (&world, "moon", WIRE_ADVANCE_TARA, 30);
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_NMRA, 30);
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "sun: granted @30\nmoon: granted @30\n");
    end ();
}

/*  Receive-order messages of one that waits for time come while it waits, or at once when it asked.
 */
static void test_receive_order (void)
{
    begin ();
    (void) federation_update (&world, "sun", of_sun, FED_MASS, "7", MST_TIME_NONE);
    (void) federation_update (&world, "sun", of_sun, FED_MASS, "8", 20);
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "");
    CHECK_OK (federate_core_asynchronous (federation_core (&world, "moon"), true));
    CHECK_ERR (federate_core_asynchronous (federation_core (&world, "moon"), true),
               MST_E_INVALID_ARGUMENT);
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "moon: reflected sun.1 3=7\nmoon: reflected sun.1 3=8 @20 RO\n");
    end ();
}

/*  More than limits.tso_queue_messages: the rest waits as it came, is not credited, and is there
   for the grant that needs it. */
static void test_queue_limit (void)
{
    begin_with (&(federate_options_t){ .tso_queue_messages = 8 });
    for (int i = 0; i < 20; i++) {
        (void) federation_update (&world, "sun", of_sun, FED_PLACE, "x", 20);
        federation_pump (&world); /* each in a bundle of its own */
    }
    FEDERATION_EXPECT (&world, "");
    CHECK (!federation_state (&world, "moon").lost);
    both_advance (20);
    CHECK_CONTAINS (world.trace, "moon: granted @20");
    CHECK_INT (counters ("moon")->updates_received, 20);
    end ();
}

/*  Migration ----------------------------------------------------------------------------------- */

static mst_err_t migrate (mst_object_t object, const char *to, mst_time_t cut)
{
    mst_federate_id_t home = { federation_state (&world, to).self };
    return federate_core_migrate (federation_core (&world, "sun"), object, home, cut, "luggage", 7);
}

/*  (cut, next cut]: the old home's last update carries the cut itself, the new home's first a later
 * time. */
static void test_migration (void)
{
    begin ();
    CHECK_OK (migrate (of_sun, "moon", 20));
    CHECK_ERR (migrate (of_sun, "moon", 20), MST_E_MIGRATION_REFUSED);
    CHECK_ERR (federation_update (&world, "sun", of_sun, FED_PLACE, "late", 21), MST_E_EPOCH_STALE);
    CHECK_OK (federation_update (&world, "sun", of_sun, FED_PLACE, "last", 20));
    CHECK_ERR (federate_core_delete (federation_core (&world, "sun"), of_sun, 20, NULL),
               MST_E_DELETE_PRIVILEGE_NOT_HELD);
    federation_forget (&world);
    both_advance (20);
    FEDERATION_EXPECT (&world, "sun: migrated out sun.1 @20 epoch 2\nsun: granted @20\n"
                               "moon: reflected sun.1 2=last @20\n"
                               "moon: migrated in sun.1 @20 epoch 2 luggage\nmoon: granted @20\n");
    CHECK_INT (federate_core_owned (federation_core (&world, "moon"), of_sun), FED_MASK_BODY | 1);
    CHECK_INT (federate_core_owned (federation_core (&world, "sun"), of_sun), 0);
    CHECK_OK (federation_update (&world, "moon", of_sun, FED_PLACE, "new", 30));
    CHECK_ERR (federation_update (&world, "sun", of_sun, FED_PLACE, "old", 30), MST_E_EPOCH_STALE);
    federation_forget (&world);
    both_advance (30);
    FEDERATION_EXPECT (&world,
                       "sun: reflected sun.1 2=new @30\nsun: granted @30\nmoon: granted @30\n");
    end ();
}

/*  Receive-order updates of an owner whose epoch has ended are dropped and counted. */
static void test_stale (void)
{
    begin ();
    join ("eye", NULL);
    (void) federation_update (&world, "sun", of_sun, FED_MASS, "0", MST_TIME_NONE);
    federation_pump (&world);
    federation_data (&world, "sun", "eye")->held = true;
    (void) federation_update (&world, "sun", of_sun, FED_MASS, "old", MST_TIME_NONE);
    CHECK_OK (migrate (of_sun, "moon", 20));
    both_advance (20);
    federation_forget (&world);
    (void) federation_update (&world, "moon", of_sun, FED_MASS, "new", MST_TIME_NONE);
    federation_pump (&world);
    federation_data (&world, "sun", "eye")->held = false;
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "eye: reflected sun.1 3=new\n");
    CHECK_INT (counters ("eye")->stale_dropped, 1);
    end ();
}

/*  The new home does not publish what it would own: it says so, and everything stays where it was.
 */
static void test_migration_refused (void)
{
    begin ();
    CHECK_OK (
        federate_core_divest (federation_core (&world, "moon"), of_moon, FED_MASK_GLOW, "", 0));
    CHECK_OK (federate_core_publish (federation_core (&world, "moon"), FED_BODY, FED_MASK_GLOW,
                                     false, NULL));
    federation_pump (&world);
    federation_forget (&world);
    CHECK_OK (migrate (of_sun, "moon", 20));
    both_advance (20);
    CHECK_CONTAINS (world.trace, "sun: migration aborted sun.1 @20 epoch 1: federate \"moon\" ");
    CHECK_CONTAINS (world.trace, "moon: granted @20");
    CHECK (strstr (world.trace, "migrated in") == NULL);
    CHECK_OK (federation_update (&world, "sun", of_sun, FED_PLACE, "stays", 30));
    end ();
}

/*  Its new home dies before it has voted. */
static void test_new_home_dies (void)
{
    begin ();
    CHECK_OK (migrate (of_sun, "moon", 20));
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_TAR, 20);
    federation_carry_out (&world);
    federation_kill (&world, "moon");
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "sun: migration aborted sun.1 @20 epoch 1: federate \"moon\" ");
    CHECK_CONTAINS (world.trace, "sun: lost moon");
    CHECK_CONTAINS (world.trace, "sun: granted @20");
    CHECK_OK (federation_update (&world, "sun", of_sun, FED_PLACE, "stays", 30));
    end ();
}

/*  Another federate holds the privilege to delete, and uses it while the object is about to leave.
 */
static void test_deleted_while_leaving (void)
{
    begin ();
    CHECK_OK (federate_core_asynchronous (federation_core (&world, "sun"), true));
    CHECK_OK (federate_core_divest (federation_core (&world, "sun"), of_sun, 1, "", 0));
    federation_pump (&world);
    CHECK_OK (federate_core_acquire (federation_core (&world, "moon"), of_sun, 1, "", 0, true));
    federation_pump (&world);
    CHECK_OK (migrate (of_sun, "moon", 20));
    CHECK_OK (federate_core_delete (federation_core (&world, "moon"), of_sun, MST_TIME_NONE, NULL));
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "sun: removed sun.1");
    federation_forget (&world);
    both_advance (20);
    CHECK_CONTAINS (world.trace, "sun: granted @20");
    CHECK_CONTAINS (world.trace, "moon: granted @20");
    end ();
}

/*  Leaving ------------------------------------------------------------------------------------- */

/*  One that resigned with data on the way: all of it comes, then its departure. */
static void test_resigned (void)
{
    begin ();
    federation_data (&world, "sun", "moon")->held = true;
    (void) federation_update (&world, "sun", of_sun, FED_PLACE, "last", 20);
    (void) federation_update (&world, "sun", of_sun, FED_MASS, "7", MST_TIME_NONE);
    CHECK_OK (federation_resign (&world, "sun", MST_RESIGN_DIVEST));
    (void) federation_advance (&world, "moon", WIRE_ADVANCE_TAR, 20);
    federation_pump (&world);
    CHECK (!federation_state (&world, "sun").joined);
    FEDERATION_EXPECT (&world, "");
    federation_data (&world, "sun", "moon")->held = false;
    federation_pump (&world);
    FEDERATION_EXPECT (&world,
                       "moon: reflected sun.1 3=7\nmoon: resigned sun\nmoon: assume sun.1 0xf\n"
                       "moon: reflected sun.1 2=last @20\nmoon: granted @20\n");
    CHECK_INT (counters ("moon")->never_came, 0);
    end ();
}

/*  One that died: what it had reported is delivered, what it had not is above the cut and dropped.
 */
static void test_cut (void)
{
    begin ();
    (void) federation_update (&world, "sun", of_sun, FED_PLACE, "reported", 20);
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_TAR, 10);
    federation_pump (&world);
    federation_forget (&world);
    (void) federation_update (&world, "sun", of_sun, FED_PLACE, "above", 25);
    federation_pump (&world); /* in the moon's hands, and in no report */
    federation_kill (&world, "sun");
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "moon: lost sun @20: ");
    federation_forget (&world);
    (void) federation_advance (&world, "moon", WIRE_ADVANCE_TAR, 30);
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "moon: reflected sun.1 2=reported @20\n");
    CHECK_CONTAINS (world.trace, "moon: granted @30\n");
    CHECK (strstr (world.trace, "above") == NULL);
    CHECK_INT (counters ("moon")->cut_dropped, 1);
    CHECK_INT (counters ("moon")->never_came, 0);
    end ();
}

/*  What was reported and never came is counted; nobody waits for it. */
static void test_never_came (void)
{
    begin ();
    federation_pipe_t *data = federation_data (&world, "sun", "moon");
    data->held = true;
    (void) federation_update (&world, "sun", of_sun, FED_PLACE, "lost", 20);
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_TAR, 10);
    (void) federation_advance (&world, "moon", WIRE_ADVANCE_TAR, 20);
    federation_pump (&world);
    federation_drop (data);
    federation_kill (&world, "sun");
    federation_pump (&world);
    CHECK (strstr (world.trace, "moon: granted") == NULL); /* its connection may still bring it */
    data->held = false;
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "moon: lost sun");
    CHECK_CONTAINS (world.trace, "moon: granted @20");
    CHECK_INT (counters ("moon")->never_came, 1);
    end ();
}

/*  A federate whose bundles do not decode is refused; the others and time go on. */
static void test_garbage (void)
{
    begin ();
    federate_core_t *moon = federation_core (&world, "moon");
    wire_bundle_head_t head = { 1, 1, 2, 1, 20, 0, 0, 3 };
    base_buffer_t frame;

    base_buffer_init (&frame);
    CHECK_OK (wire_bundle_begin (&frame));
    CHECK_OK (base_buffer_append (&frame, "\xc1\xc1\xc1", 3));
    CHECK_OK (wire_bundle_end (&frame, &head, WIRE_KIND_BUNDLE));
    CHECK_OK (
        federate_core_from_peer (moon, world.route[0][1], frame.data, frame.size_bytes, NULL));
    base_buffer_fini (&frame);
    CHECK_INT (counters ("moon")->never_came, 1);
    (void) federation_advance (&world, "moon", WIRE_ADVANCE_TAR, 10);
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_TAR, 10);
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "sun: granted @10\nmoon: granted @10\n");
    end ();
}

static void test_rti_gone (void)
{
    begin ();
    federate_core_rti_lost (federation_core (&world, "moon"), "it is gone");
    (void) federation_tell (&world, 1);
    FEDERATION_EXPECT (&world, "moon: connection lost: it is gone\n");
    CHECK_ERR (federation_advance (&world, "moon", WIRE_ADVANCE_TAR, 10), MST_E_CONNECTION_LOST);
    CHECK_CONTAINS (mst_error_text (), "it is gone");
    end ();
}

/*  What the RTI never says makes the federate lost, with the reason. */
static void test_wrong_rti (void)
{
    begin ();
    federate_core_t *moon = federation_core (&world, "moon");
    CHECK_ERR (federate_core_from_rti (moon, (const uint8_t *) "rubbish", 7),
               MST_E_CONNECTION_LOST);
    CHECK_CONTAINS (mst_error_text (),
                    "what came cannot be taken in: from the RTI: a frame at byte 0 is cut");
    CHECK_OK (federate_core_from_rti (moon, (const uint8_t *) "rubbish", 7));
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "sun: lost moon");
    end ();
}

static CU_TestInfo time_tests[] = {
    { "time begins", test_enabled },
    { "the one order, and a grant that waits", test_order },
    { "kinds of advance", test_kinds },
    { "receive order beside it", test_receive_order },
    { "limits.tso_queue_messages", test_queue_limit },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo migration_tests[] = {
    { "an object moves", test_migration },
    { "updates of an epoch that has ended", test_stale },
    { "the new home refuses", test_migration_refused },
    { "the new home dies", test_new_home_dies },
    { "deleted by another while it leaves", test_deleted_while_leaving },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo leaving_tests[] = {
    { "resigned with data on the way", test_resigned },
    { "the cut", test_cut },
    { "what never came", test_never_came },
    { "bundles that do not decode", test_garbage },
    { "the RTI is gone", test_rti_gone },
    { "an RTI that talks nonsense", test_wrong_rti },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "federate: time", NULL, NULL, NULL, NULL, time_tests },
           { "federate: migration", NULL, NULL, NULL, NULL, migration_tests },
           { "federate: leaving", NULL, NULL, NULL, NULL, leaving_tests })
