/*  federate/core: flush queue requests and retraction, as stories of frames. What is taken back is
   in flight, queued or given when its retraction comes; a cut decides when the sender dies. */
#include "tests/support/check.h"
#include "tests/support/federation.h"
#include "tests/support/sweep.h"
#include "base/alloc.h"
#include "base/error.h"
#include "federate/core/core.h"
#include "rti/core/core.h"

#include <string.h>

static federation_t world;
static mst_object_t of_sun;

static void join (const char *name)
{
    (void) federation_join (&world, name, NULL);
    federation_pump (&world);
    federation_declare (&world, name, FED_MASK_BODY, FED_MASK_BODY);
    federation_pump (&world);
}

static void begin (void)
{
    CHECK_OK (federation_init (&world, NULL));
    join ("sun");
    join ("moon");
    of_sun = federation_register (&world, "sun", FED_BODY);
    federation_time_on (&world, "sun", 10);
    federation_time_on (&world, "moon", 10);
    federation_forget (&world);
}

static void end (void)
{
    federation_fini (&world);
}

/*  An update of sun's body, with a handle. */
static mst_retraction_t says (const char *text, mst_time_t time)
{
    mst_retraction_t handle = { 77 };
    mst_value_t value = { FED_PLACE, (uint32_t) strlen (text), text };
    mst_send_options_t options = { .retraction = &handle };
    (void) federation_say (
        &world, "sun",
        federate_core_update (federation_core (&world, "sun"), of_sun, &value, 1, time, &options));
    return handle;
}

static mst_err_t retract (mst_retraction_t handle)
{
    return federate_core_retract (federation_core (&world, "sun"), handle);
}

static void flush (const char *name, mst_time_t to)
{
    (void) federation_advance (&world, name, WIRE_ADVANCE_FQR, to);
    federation_pump (&world);
}

/*  All that is here comes, the future as well; the granted time is that of GALT, the optimistic one
   that of the first message. */
static void test_flush (void)
{
    begin ();
    (void) says ("b", 40);
    (void) says ("a", 30);
    federation_pump (&world);
    flush ("moon", 50);
    FEDERATION_EXPECT (&world, "moon: reflected sun.1 2=a @30\nmoon: reflected sun.1 2=b @40\n"
                               "moon: flushed @10 optimistic @30\n");
    CHECK_INT (federation_state (&world, "moon").now, 10);
    flush ("moon", 50);
    FEDERATION_EXPECT (&world, "moon: flushed @10 optimistic @50\n");
    CHECK_INT (federation_state (&world, "moon").floor, 20);
    CHECK_ERR (federate_core_advance (federation_core (&world, "moon"), WIRE_ADVANCE_FQR, 9),
               MST_E_TIME_PASSED);
    CHECK_OK (federate_core_advance (federation_core (&world, "moon"), WIRE_ADVANCE_FQR, 60));
    CHECK_ERR (federate_core_advance (federation_core (&world, "moon"), WIRE_ADVANCE_FQR, 60),
               MST_E_ADVANCE_PENDING);
    end ();
}

/*  In flight, in the same bundle even; and queued. It is never heard of. */
static void test_before_it_is_given (void)
{
    begin ();
    mst_retraction_t flying = says ("flying", 30);
    CHECK_OK (retract (flying));
    mst_retraction_t queued = says ("queued", 35);
    (void) says ("stays", 40);
    federation_pump (&world);
    CHECK_OK (retract (queued));
    federation_pump (&world);
    flush ("moon", 50);
    FEDERATION_EXPECT (&world,
                       "moon: reflected sun.1 2=stays @40\nmoon: flushed @10 optimistic @40\n");
    end ();
}

/*  Given: it is asked back, before any grant that would make it final. */
static void test_after_it_was_given (void)
{
    begin ();
    mst_retraction_t handle = says ("early", 30);
    federation_pump (&world);
    flush ("moon", 50);
    federation_forget (&world);
    federation_data (&world, "sun", "moon")->held = true;
    CHECK_OK (retract (handle));
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_TAR, 100);
    federation_pump (&world);
    federation_forget (&world);
    flush ("moon", 50); /* the retraction is reported and not here: it stands before the grant */
    FEDERATION_EXPECT (&world, "moon: flushed @30 optimistic @50\n");
    federation_data (&world, "sun", "moon")->held = false;
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "moon: retracted sun @30\n");
    flush ("moon", 50);
    FEDERATION_EXPECT (&world, "moon: flushed @50 optimistic @50\n");
    end ();
}

/*  Who waits by message is not told of a grant to the time of one that is gone. */
static void test_next_message (void)
{
    begin ();
    mst_retraction_t handle = says ("gone", 30);
    (void) says ("next", 40);
    federation_pump (&world);
    (void) federation_advance (&world, "moon", WIRE_ADVANCE_NMR, 100);
    federation_pump (&world);
    CHECK_OK (retract (handle));
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_TAR, 100);
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "moon: reflected sun.1 2=next @40\nmoon: granted @40\n");
    CHECK (strstr (world.trace, "granted @30") == NULL);
    CHECK (strstr (world.trace, "retracted") == NULL);
    end ();
}

/*  What cannot be retracted, and why. */
static void test_errors (void)
{
    begin ();
    mst_retraction_t at_floor = says ("at the floor", 10), above = says ("above", 30);
    CHECK_ERR (retract (at_floor), MST_E_RETRACTION_LATE);
    CHECK_CONTAINS (mst_error_text (),
                    "for time 10 can no longer be retracted: only those above 10");
    CHECK_ERR (retract ((mst_retraction_t){ 0 }), MST_E_RETRACTION_INVALID);
    CHECK_ERR (retract ((mst_retraction_t){ 99 }), MST_E_RETRACTION_INVALID);
    CHECK_ERR (retract ((mst_retraction_t){ UINT64_C (1) << 63 | 1 << 16 }),
               MST_E_RETRACTION_INVALID);
    CHECK_CONTAINS (mst_error_text (), "another federate");
    CHECK_INT (says ("untimed", MST_TIME_NONE).id, 0);
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_TAR, 20);
    CHECK_ERR (retract (above), MST_E_RETRACTION_LATE); /* the promise is that of the request */
    mst_retraction_t later = says ("later", 50);
    CHECK_OK (retract (later));
    CHECK_ERR (retract (later), MST_E_RETRACTION_INVALID);
    CHECK_CONTAINS (mst_error_text (), "already");
    federation_pump (&world);
    CHECK_OK (federate_core_disable_regulation (federation_core (&world, "sun")));
    CHECK_ERR (retract (above), MST_E_REGULATION_OFF);
    end ();
}

/*  The object stays until its deletion is final; a removal that is taken back leaves it known. */
static void test_deletion (void)
{
    mst_retraction_t handle = { 0 };
    mst_send_options_t options = { .retraction = &handle };

    begin ();
    federate_core_t *sun = federation_core (&world, "sun"),
                    *moon = federation_core (&world, "moon");
    CHECK_OK (federate_core_delete (sun, of_sun, 30, &options));
    CHECK_ERR (federation_update (&world, "sun", of_sun, FED_PLACE, "x", 40), MST_E_OBJECT_UNKNOWN);
    federation_pump (&world);
    flush ("moon", 50);
    CHECK_CONTAINS (world.trace, "moon: removed sun.1 @30\nmoon: flushed @10 optimistic @30\n");
    CHECK (federate_core_object_name (moon, of_sun) == NULL);
    join ("late"); /* it discovers what may still live, and hears that it may not */
    CHECK_CONTAINS (world.trace, "late: discovered sun.1");
    CHECK_OK (retract (handle));
    (void) says ("alive", 40);
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "moon: retracted sun @30\n");
    CHECK (federate_core_object_name (moon, of_sun) != NULL);
    federation_forget (&world);
    flush ("moon", 50);
    CHECK_CONTAINS (world.trace, "moon: reflected sun.1 2=alive @40\n");
    CHECK_OK (federate_core_delete (sun, of_sun, 60, &options));
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_TAR, 100);
    (void) federation_advance (&world, "moon", WIRE_ADVANCE_TAR, 100);
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "moon: removed sun.1 @60\nmoon: granted @100\n");
    CHECK_ERR (retract (handle), MST_E_RETRACTION_LATE);
    end ();
}

/*  Above the cut nothing was sent: what was given is asked back, and a retraction was never made.
 */
static void test_death (void)
{
    begin ();
    mst_retraction_t reported = says ("reported", 30);
    (void) federation_advance (&world, "sun", WIRE_ADVANCE_FQR, 0);
    federation_pump (&world);
    (void) says ("not reported", 35);
    federation_carry_out (&world);
    CHECK_OK (retract (reported));
    federation_pump (&world);
    federation_forget (&world);
    flush ("moon", 50);
    FEDERATION_EXPECT (&world, "moon: reflected sun.1 2=not reported @35\n"
                               "moon: flushed @10 optimistic @35\n");
    federation_kill (&world, "sun");
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "moon: retracted sun @35\n");
    federation_forget (&world);
    flush ("moon", 50);
    CHECK_CONTAINS (world.trace, "moon: reflected sun.1 2=reported @30\n");
    end ();
}

/*  Who is not constrained gets it in receive order, and is asked for it as well. Tables do not grow
   without end: what is final is asked of the RTI. */
static void test_receive_order (void)
{
    begin ();
    join ("eye");
    mst_retraction_t handle = says ("seen", 30);
    federation_pump (&world);
    CHECK_CONTAINS (world.trace, "eye: reflected sun.1 2=seen @30 RO\n");
    federation_forget (&world);
    CHECK_OK (retract (handle));
    federation_pump (&world);
    FEDERATION_EXPECT (&world, "eye: retracted sun @30\n");
    for (int i = 0; i < 3000; i++)
        handle = says ("many", 40 + i % 5);
    CHECK_OK (retract (handle));
    federation_pump (&world);
    CHECK (strstr (world.trace, "retracted") == NULL); /* it stood in the line with its message */
    end ();
}

/*  The end of memory, anywhere in it. */
static void life (void)
{
    mst_retraction_t handle = { 0 };
    mst_send_options_t options = { .retraction = &handle };

    world.quiet = true;
    if (federation_join (&world, "sun", NULL) || federation_join (&world, "moon", NULL))
        return;
    federation_pump (&world);
    federation_declare (&world, "sun", FED_MASK_BODY, FED_MASK_BODY);
    federation_declare (&world, "moon", FED_MASK_BODY, FED_MASK_BODY);
    federation_pump (&world);
    of_sun = federation_register (&world, "sun", FED_BODY);
    federation_time_on (&world, "sun", 10);
    federation_time_on (&world, "moon", 10);
    mst_retraction_t given = says ("given", 30), queued;
    federation_pump (&world);
    flush ("moon", 50);
    queued = says ("queued", 40);
    federation_pump (&world);
    (void) retract (given);
    (void) retract (queued);
    (void) federate_core_delete (federation_core (&world, "sun"), of_sun, 60, &options);
    federation_pump (&world);
    flush ("moon", 70);
    (void) retract (handle);
    federation_pump (&world);
    federation_kill (&world, "sun");
    federation_pump (&world);
}

static void scenario (void *context)
{
    (void) context;
    if (federation_init (&world, NULL) == MST_OK)
        life ();
    federation_fini (&world);
}

static void test_sweep (void)
{
    CHECK (sweep_allocations (scenario, NULL) > 100);
}

static CU_TestInfo tests[] = {
    { "a flush", test_flush },
    { "retracted before it is given", test_before_it_is_given },
    { "retracted after it was given", test_after_it_was_given },
    { "next message", test_next_message },
    { "errors", test_errors },
    { "deletions", test_deletion },
    { "the cut decides", test_death },
    { "in receive order", test_receive_order },
    { "the end of memory", test_sweep },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "federate retract", NULL, NULL, NULL, NULL, tests })
