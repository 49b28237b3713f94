/*  The texts of the errors that users meet most, whole: what failed, where, what to do. Changing
   one is meant to be noticed here. And no error is without a text. */
#include "tests/integration/federates.h"
#include "tests/support/process.h"

#include <stdio.h>
#include <string.h>

#define TEXT(call, err, text)                                                                      \
    do {                                                                                           \
        CHECK_ERR ((call), (err));                                                                 \
        CHECK_TEXT (mst_error_text (), (text));                                                    \
    } while (0)

typedef struct scene {
    stage_t stage;
    actor_t *sun, *moon;
} scene_t;

static void scene_open (scene_t *self)
{
    stage_open (&self->stage);
    self->sun = stage_join (&self->stage, "sun");
    self->moon = stage_join (&self->stage, "moon");
    stage_settle (&self->stage);
}

/*  Joining
 * ----------------------------------------------------------------------------------------- */

static void test_joining (void)
{
    scene_t with;
    mst_federate_t fed;
    mst_join_options_t options;
    mst_module_t missing = { "sky.xml", NULL, 0 }, prose = { "prose.xml", "once upon a time", 16 };

    scene_open (&with);
    options = stage_options (&with.stage);
    options.name = "sun";
    TEXT (mst_join (&options, &fed), MST_E_FEDERATE_NAME_IN_USE,
          "federate name \"sun\" is in use in \"world\" (type \"sun\"): choose another");
    options.federation = "mars";
    options.module_count = 0;
    TEXT (mst_join (&options, &fed), MST_E_FEDERATION_UNKNOWN,
          "there is no federation execution \"mars\" to join: create it first");
    options.module_count = 1;
    options.modules = &missing;
    TEXT (mst_join (&options, &fed), MST_E_IO, "cannot open sky.xml: No such file or directory");
    options.modules = &prose;
    CHECK_ERR (mst_join (&options, &fed), MST_E_FOM_INVALID);
    CHECK_CONTAINS (mst_error_text (), "prose.xml:1:");
    options.federation = NULL;
    TEXT (mst_join (&options, &fed), MST_E_INVALID_ARGUMENT,
          "no federation execution is named: set options.federation or MUSTER_FEDERATION");
    options.federation = "world";
    options.transport = "pigeon";
    TEXT (mst_join (&options, &fed), MST_E_CONFIG,
          "transport \"pigeon\" is not known: choose auto, tcp, ipc or inproc");
    options.transport = NULL;
    options.yield = "perhaps";
    TEXT (mst_join (&options, &fed), MST_E_CONFIG,
          "yield \"perhaps\" is not known: choose auto, on or off");
    options.yield = NULL;
    options.rti = "tcp://127.0.0.1:1";
    options.connect_timeout_ms = 1;
    CHECK_ERR (mst_join (&options, &fed), MST_E_NOT_CONNECTED);
    CHECK_CONTAINS (mst_error_text (), "no RTI at tcp://127.0.0.1:1: ");
    CHECK_CONTAINS (mst_error_text (), ". Start one with: muster rti");
    TEXT (mst_destroy (with.stage.endpoint, "mars"), MST_E_FEDERATION_UNKNOWN,
          "there is no federation execution \"mars\": create it first");
    TEXT (mst_destroy (with.stage.endpoint, "world"), MST_E_FEDERATES_JOINED,
          "federation execution \"world\" still has 2 federates (\"moon\" …): they resign first");
    stage_close (&with.stage);
}

/*  Names and declarations
 * ------------------------------------------------------------------------------ */

static void test_declarations (void)
{
    scene_t with;
    mst_class_t of;
    mst_attribute_t attribute;
    mst_interaction_class_t interaction;
    mst_object_t object;
    static const char *const names[] = { "HLAship" };

    scene_open (&with);
    TEXT (mst_class_find (with.sun->fed, "Commet", &of), MST_E_CLASS_UNKNOWN,
          "the object model has no object class \"Commet\"; did you mean \"Comet\"?");
    TEXT (mst_attribute_find (with.sun->fed, actor_class (with.sun, "Comet"), "Mas", &attribute),
          MST_E_ATTRIBUTE_UNKNOWN,
          "class \"HLAobjectRoot.Body.Comet\" has no attribute \"Mas\"; did you mean \"Mass\"?");
    TEXT (mst_interaction_find (with.sun->fed, "Tock", &interaction), MST_E_INTERACTION_UNKNOWN,
          "the object model has no interaction class \"Tock\"; did you mean \"Tick\"?");
    TEXT (mst_register (with.sun->fed, actor_class (with.sun, "Ship"), NULL, &object),
          MST_E_CLASS_NOT_PUBLISHED,
          "sun does not publish the class HLAobjectRoot.Ship: call mst_publish");
    TEXT (actor_sends (with.sun, "Note", "Text", "x", MST_TIME_NONE),
          MST_E_INTERACTION_NOT_PUBLISHED,
          "sun does not publish the interaction HLAinteractionRoot.Note: call "
          "mst_publish_interaction");
    actor_publishes (with.sun, "Ship");
    TEXT (mst_register (with.sun->fed, actor_class (with.sun, "Ship"), "Argo", &object),
          MST_E_NAME_NOT_RESERVED,
          "the object name \"Argo\" is not reserved by sun: call mst_reserve_names and wait for "
          "name_reserved");
    TEXT (mst_reserve_names (with.sun->fed, names, 1), MST_E_ILLEGAL_NAME,
          "\"HLAship\" cannot be an object's name: it is empty or begins with HLA");
    TEXT (mst_federate_find (with.sun->fed, "mars", &(mst_federate_id_t){ 0 }),
          MST_E_INVALID_ARGUMENT, "no federate named \"mars\" is joined");
    stage_close (&with.stage);
}

/*  Objects
 * ------------------------------------------------------------------------------------------------
 */

static void test_objects (void)
{
    scene_t with;

    scene_open (&with);
    actor_publishes (with.sun, "Ship");
    actor_subscribes (with.moon, "Ship");
    stage_settle (&with.stage);
    mst_object_t ship = actor_registers (with.sun, "Ship");
    STAGE_UNTIL (&with.stage, with.moon->discovered == 1);
    mst_value_t twice[] = { { 2, 1, "a" }, { 2, 1, "b" } };
    TEXT (actor_updates (with.moon, ship, "Name", "Argo", MST_TIME_NONE), MST_E_NOT_OWNED,
          "moon does not own the attribute Name of \"sun.1\"");
    TEXT (mst_delete (with.moon->fed, ship, MST_TIME_NONE, NULL), MST_E_DELETE_PRIVILEGE_NOT_HELD,
          "moon does not hold the privilege to delete \"sun.1\"");
    TEXT (mst_update (with.sun->fed, (mst_object_t){ 77 }, twice, 1, MST_TIME_NONE, NULL),
          MST_E_OBJECT_UNKNOWN, "sun knows no object with handle 0x4d");
    TEXT (mst_update (with.sun->fed, ship, twice, 2, MST_TIME_NONE, NULL), MST_E_ATTRIBUTE_UNKNOWN,
          "sun: value 1 has handle 2, which is unknown or given twice");
    TEXT (mst_forget (with.sun->fed, ship), MST_E_OWNS_ATTRIBUTES,
          "sun owns attributes of \"sun.1\": divest them first");
    TEXT (mst_resign (&with.sun->fed, MST_RESIGN_NO_ACTION), MST_E_OWNS_ATTRIBUTES,
          "federate \"sun\" owns attributes of object \"sun.1\": resign with an action that "
          "deletes or "
          "divests them");
    stage_close (&with.stage);
}

/*  Time
 * -----------------------------------------------------------------------------------------------------
 */

static void test_time (void)
{
    scene_t with;
    mst_time_t time;

    scene_open (&with);
    CHECK_OK (mst_publish_interaction (with.sun->fed, actor_interaction (with.sun, "Tick")));
    TEXT (mst_query_lookahead (with.sun->fed, &time), MST_E_REGULATION_OFF,
          "the federate is not time regulating: it has no lookahead");
    TEXT (mst_disable_constrained (with.sun->fed), MST_E_CONSTRAINED_OFF,
          "sun is not time constrained");
    actor_keeps_time (&with.stage, with.sun, 2);
    actor_keeps_time (&with.stage, with.moon, 0);
    TEXT (mst_enable_regulation (with.sun->fed, 1), MST_E_REGULATION_ON,
          "sun is time regulating already");
    TEXT (actor_sends (with.sun, "Tick", "Count", "x", 1), MST_E_INVALID_TIME,
          "sun: the time stamp 1 is below 2, the smallest that may be sent at time 0 with "
          "lookahead 2");
    TEXT (mst_advance (with.sun->fed, 1201, 100), MST_E_TIMEOUT,
          "sun: no grant to 1201 after 0.1 s: held by \"moon\" (granted 0, lookahead 0). See "
          "muster top.");
    TEXT (mst_time_advance_request (with.sun->fed, 1300), MST_E_ADVANCE_PENDING,
          "sun: an advance to 1201 is pending: wait for its grant");
    CHECK_OK (mst_time_advance_request (with.moon->fed, 1201));
    STAGE_UNTIL (&with.stage, with.sun->granted == 1201);
    TEXT (mst_time_advance_request (with.sun->fed, 7), MST_E_TIME_PASSED,
          "sun is at time 1201 and cannot go back to 7");
    stage_close (&with.stage);
}

/*  Waiting for others
 * ------------------------------------------------------------------------------------------ */

static void test_waiting (void)
{
    scene_t with;
    static const char *const expected[] = { "sun", "moon", "mars" };

    scene_open (&with);
    TEXT (mst_synchronize (with.sun->fed, "start", 3, 100), MST_E_TIMEOUT,
          "synchronization point \"start\": 2 of 3 federates have joined after 0.1 s");
    TEXT (mst_barrier (with.sun->fed, "lunch", expected, 3, 20), MST_E_BARRIER_BROKEN,
          "the barrier \"lunch\" is broken: missing moon, mars");
    mst_federate_t old = with.moon->fed;
    actor_resign (with.moon, MST_RESIGN_NO_ACTION);
    TEXT (mst_evoke (old, 0, NULL), MST_E_STALE_HANDLE,
          "the federate handle is not of a joined federate: it was never joined, or has resigned");
    CHECK_OK (mst_rti_stop (&with.stage.rti));
    STAGE_UNTIL (&with.stage, with.sun->lost);
    CHECK_ERR (mst_advance (with.sun->fed, 10, -1), MST_E_CONNECTION_LOST);
    CHECK_CONTAINS (mst_error_text (), "sun: the RTI is lost: ");
    stage_close (&with.stage);
}

/*  Everything has a text
 * ------------------------------------------------------------------------------------------ */

static void test_every_error_has_a_name (void)
{
#define NAMED(name, number, text)                                                                  \
    CHECK_TEXT (mst_error_name ((mst_err_t) number), "MST_" #name);                                \
    CHECK_TEXT (mst_error_summary ((mst_err_t) number), text);                                     \
    CHECK (strlen (text) > 0);
    MST_ERRORS (NAMED)
#undef NAMED
    CHECK_TEXT (mst_error_name ((mst_err_t) 9999), "MST_E_?");
    CHECK_TEXT (mst_error_summary ((mst_err_t) 9999), "unknown error");
}

/*  Calls with nothing in them: an error and a text, never a crash. */
static void has_text (mst_err_t err)
{
    CHECK (err != MST_OK);
    CHECK (strlen (mst_error_text ()) > 0);
    CHECK (strstr (mst_error_text (), "(null)") == NULL);
}

static void test_calls_with_nothing (void)
{
    scene_t with;

    scene_open (&with);
    mst_federate_t fed = with.sun->fed;
    mst_class_t body = actor_class (with.sun, "Body");
    mst_interaction_class_t note = actor_interaction (with.sun, "Note");
    has_text (mst_join (NULL, NULL));
    has_text (mst_resign (NULL, MST_RESIGN_DIVEST));
    has_text (mst_create (with.stage.endpoint, NULL, NULL, 0, MST_TIME_INTEGER64));
    has_text (mst_create (with.stage.endpoint, "x", NULL, 0, MST_TIME_INTEGER64));
    has_text (mst_create (with.stage.endpoint, "x", NULL, 3, MST_TIME_INTEGER64));
    has_text (mst_destroy (with.stage.endpoint, NULL));
    has_text (mst_list (with.stage.endpoint, NULL, NULL));
    has_text (mst_status (with.stage.endpoint, NULL, NULL, 0, NULL));
    has_text (mst_report (fed, NULL, "x"));
    has_text (mst_report (fed, "", "x"));
    has_text (mst_counters (fed, NULL));
    has_text (mst_federate_find (fed, NULL, NULL));
    has_text (mst_class_find (fed, NULL, NULL));
    has_text (mst_class_find (fed, "Body", NULL));
    has_text (mst_class_find (fed, "", &(mst_class_t){ 0 }));
    has_text (mst_attribute_find (fed, body, NULL, NULL));
    has_text (mst_attribute_find (fed, (mst_class_t){ 0 }, "Mass", &(mst_attribute_t){ 0 }));
    has_text (mst_interaction_find (fed, NULL, NULL));
    has_text (mst_parameter_find (fed, note, NULL, NULL));
    has_text (
        mst_parameter_find (fed, (mst_interaction_class_t){ 0 }, "Text", &(mst_parameter_t){ 0 }));
    has_text (mst_publish (fed, (mst_class_t){ 0 }, NULL, 0));
    has_text (mst_subscribe_interaction (fed, (mst_interaction_class_t){ 0 }));
    has_text (mst_register (fed, body, NULL, NULL));
    has_text (mst_reserve_names (fed, NULL, 0));
    has_text (mst_release_name (fed, NULL));
    has_text (mst_release_name (fed, "never"));
    has_text (mst_update (fed, (mst_object_t){ 0 }, NULL, 0, MST_TIME_NONE, NULL));
    has_text (mst_send (fed, note, NULL, 4, MST_TIME_NONE, NULL));
    has_text (mst_object_find (fed, NULL, NULL));
    has_text (mst_object_class (fed, (mst_object_t){ 0 }, NULL));
    has_text (mst_divest (fed, (mst_object_t){ 0 }, 1, NULL, 0));
    has_text (mst_acquire (fed, (mst_object_t){ 0 }, 1, NULL, 0));
    has_text (mst_query_owner (fed, (mst_object_t){ 0 }, (mst_attribute_t){ 0 }));
    has_text (mst_migrate (fed, (mst_object_t){ 0 }, (mst_federate_id_t){ 0 }, 1, NULL, 1));
    has_text (mst_query_time (fed, NULL));
    has_text (mst_query_lookahead (fed, NULL));
    has_text (mst_query_galt (fed, NULL));
    has_text (mst_query_lits (fed, NULL));
    has_text (mst_time_explain (fed, NULL, NULL, 0));
    has_text (mst_register_point (fed, NULL, NULL, 0, NULL, 0));
    has_text (mst_achieve_point (fed, NULL, true));
    has_text (mst_synchronize (fed, NULL, 1, 0));
    has_text (mst_barrier_arrive (fed, NULL, NULL, 0, 0));
    has_text (mst_barrier (fed, NULL, NULL, 0, 0));
    has_text (mst_modify_lookahead (fed, 1));
    has_text (mst_disable_regulation (fed));
    mst_abandon (NULL);
    stage_close (&with.stage);
}

static CU_TestInfo texts_tests[] = {
    { "joining", test_joining },
    { "names and declarations", test_declarations },
    { "objects", test_objects },
    { "time", test_time },
    { "waiting for others", test_waiting },
    { "every error has a name", test_every_error_has_a_name },
    { "calls with nothing", test_calls_with_nothing },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_texts", NULL, NULL, NULL, NULL, texts_tests })
