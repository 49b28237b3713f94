/*  Federations are made, joined, left and taken down; handles that have gone stale; federates of
   one process over each kind of connection. */
#include "tests/integration/federates.h"
#include "tests/support/process.h"
#include "tests/support/temp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  Federation executions -------------------------------------------------------------------------
 */

static void collect_name (void *user, const char *federation)
{
    char *names = user;
    (void) snprintf (names + strlen (names), 256 - strlen (names), "%s;", federation);
}

static void test_create_list_destroy (void)
{
    stage_t stage;
    char names[256] = "";
    mst_module_t module = { "federates.xml", federates_fom, strlen (federates_fom) };

    stage_open (&stage);
    CHECK_OK (mst_list (stage.endpoint, collect_name, names));
    CHECK_TEXT (names, "");
    CHECK_OK (mst_create (stage.endpoint, "north", &module, 1, MST_TIME_INTEGER64));
    CHECK_OK (mst_create (stage.endpoint, "south", &module, 1, MST_TIME_FLOAT64));
    CHECK_ERR (mst_create (stage.endpoint, "north", &module, 1, MST_TIME_INTEGER64),
               MST_E_FEDERATION_EXISTS);
    CHECK_OK (mst_list (stage.endpoint, collect_name, names));
    CHECK_CONTAINS (names, "north;");
    CHECK_CONTAINS (names, "south;");
    CHECK_OK (mst_destroy (stage.endpoint, "south"));
    CHECK_ERR (mst_destroy (stage.endpoint, "south"), MST_E_FEDERATION_UNKNOWN);
    names[0] = '\0';
    CHECK_OK (mst_list (stage.endpoint, collect_name, names));
    CHECK_TEXT (names, "north;");
    stage_close (&stage);
}

static void test_destroy_while_joined (void)
{
    stage_t stage;

    stage_open (&stage);
    actor_t *sun = stage_join (&stage, "sun");
    CHECK_ERR (mst_destroy (stage.endpoint, "world"), MST_E_FEDERATES_JOINED);
    CHECK_CONTAINS (mst_error_text (), "sun");
    actor_resign (sun, MST_RESIGN_NO_ACTION);
    CHECK_OK (mst_destroy (stage.endpoint, "world"));
    stage_close (&stage);
}

static void test_status (void)
{
    stage_t stage;
    char json[4096], small[8];
    size_t needed = 0;

    stage_open (&stage);
    (void) stage_join (&stage, "sun");
    CHECK_OK (mst_status (stage.endpoint, "world", json, sizeof json, &needed));
    CHECK_INT (needed, strlen (json) + 1);
    CHECK_CONTAINS (json, "\"name\":\"sun\"");
    CHECK_ERR (mst_status (stage.endpoint, NULL, small, sizeof small, &needed), MST_E_LIMIT);
    CHECK_INT (strlen (small), sizeof small - 1);
    CHECK (needed > sizeof small);
    CHECK_ERR (mst_status (stage.endpoint, "nowhere", json, sizeof json, &needed),
               MST_E_FEDERATION_UNKNOWN);
    stage_close (&stage);
}

/*  Joining
 * ----------------------------------------------------------------------------------------- */

static mst_err_t join (mst_join_options_t options, mst_federate_t *fed)
{
    mst_err_t err = mst_join (&options, fed);
    if (err)
        CHECK (fed->generation == 0);
    return err;
}

static void test_join_errors (void)
{
    stage_t stage;
    mst_federate_t fed;
    mst_join_options_t options;
    mst_module_t missing = { "no-such-folder/sky.xml", NULL, 0 };
    mst_module_t prose = { "prose.xml", "once upon a time", 16 };
    mst_module_t cut = { "cut.xml", federates_fom, 400 };

    stage_open (&stage);
    options = stage_options (&stage);
    options.name = "sun";
    options.module_count = 0;
    CHECK_ERR (join (options, &fed), MST_E_FEDERATION_UNKNOWN);
    options.module_count = 1;
    options.modules = &missing;
    CHECK_ERR (join (options, &fed), MST_E_IO);
    CHECK_CONTAINS (mst_error_text (), "no-such-folder/sky.xml");
    options.modules = &prose;
    CHECK_ERR (join (options, &fed), MST_E_FOM_INVALID);
    CHECK_CONTAINS (mst_error_text (), "prose.xml");
    options.modules = &cut;
    CHECK_ERR (join (options, &fed), MST_E_FOM_INVALID);
    (void) stage_join (&stage, "sun");
    options = stage_options (&stage);
    options.name = "sun";
    CHECK_ERR (join (options, &fed), MST_E_FEDERATE_NAME_IN_USE);
    CHECK_CONTAINS (mst_error_text (), "\"sun\"");
    options.name = "moon";
    options.transport = "pigeon";
    CHECK_ERR (join (options, &fed), MST_E_CONFIG);
    options.transport = NULL;
    options.federation = NULL;
    CHECK_ERR (join (options, &fed), MST_E_INVALID_ARGUMENT);
    options.rti = "tcp://127.0.0.1:1";
    options.federation = "world";
    options.connect_timeout_ms = 1;
    CHECK_ERR (join (options, &fed), MST_E_NOT_CONNECTED);
    CHECK_CONTAINS (mst_error_text (), "tcp://127.0.0.1:1");
    options.rti = "carrier pigeon";
    CHECK (join (options, &fed) != MST_OK);
    CHECK_ERR (mst_join (NULL, &fed), MST_E_INVALID_ARGUMENT);
    stage_close (&stage);
}

static void test_module_from_file (void)
{
    stage_t stage;
    test_temp_t temp;

    stage_open (&stage);
    test_temp_init (&temp);
    mst_module_t module = {
        test_temp_write (&temp, "sky.xml", federates_fom, strlen (federates_fom)), NULL, 0
    };
    mst_join_options_t options = stage_options (&stage);
    options.modules = &module;
    actor_t *sun = stage_join_with (&stage, "sun", options);
    CHECK_TEXT (mst_class_name (sun->fed, actor_class (sun, "Comet")), "HLAobjectRoot.Body.Comet");
    test_temp_fini (&temp);
    stage_close (&stage);
}

static void test_settings_of_the_environment (void)
{
    stage_t stage;
    mst_federate_t fed;
    mst_module_t module = { "federates.xml", federates_fom, strlen (federates_fom) };
    mst_join_options_t options = { .modules = &module, .module_count = 1 };

    stage_open (&stage);
    CHECK (setenv ("MUSTER_RTI", stage.endpoint, 1) == 0 &&
           setenv ("MUSTER_FEDERATION", "world", 1) == 0 &&
           setenv ("MUSTER_NAME", "pluto", 1) == 0);
    CHECK_OK (mst_join (&options, &fed));
    CHECK_TEXT (mst_federate_name (fed, mst_self (fed)), "pluto");
    CHECK_OK (mst_resign (&fed, MST_RESIGN_NO_ACTION));
    CHECK (setenv ("MUSTER_LIMITS_BUNDLE_BYTES", "many", 1) == 0);
    CHECK_ERR (mst_join (&options, &fed), MST_E_CONFIG);
    CHECK_CONTAINS (mst_error_text (), "MUSTER_LIMITS_BUNDLE_BYTES");
    CHECK (unsetenv ("MUSTER_RTI") == 0 && unsetenv ("MUSTER_FEDERATION") == 0 &&
           unsetenv ("MUSTER_NAME") == 0 && unsetenv ("MUSTER_LIMITS_BUNDLE_BYTES") == 0);
    stage_close (&stage);
}

/*  Names
 * --------------------------------------------------------------------------------------------- */

static void test_names (void)
{
    stage_t stage;
    mst_federate_id_t id = { 0 };

    stage_open (&stage);
    actor_t *sun = stage_join (&stage, "sun"), *moon = stage_join (&stage, "moon");
    ACTOR_NEWS_OF (&stage, sun, "moon joined\n");
    ACTOR_NEWS_OF (&stage, moon, "sun joined\n");
    CHECK_TEXT (mst_federate_name (sun->fed, mst_self (sun->fed)), "sun");
    CHECK_OK (mst_federate_find (sun->fed, "moon", &id));
    CHECK_INT (id.id, mst_self (moon->fed).id);
    CHECK_TEXT (mst_federate_name (sun->fed, id), "moon");
    CHECK (mst_federate_name (sun->fed, (mst_federate_id_t){ 77 }) == NULL);
    CHECK_ERR (mst_federate_find (sun->fed, "mars", &id), MST_E_INVALID_ARGUMENT);
    mst_federate_id_t old = mst_self (moon->fed);
    actor_resign (moon, MST_RESIGN_NO_ACTION);
    ACTOR_NEWS_OF (&stage, sun, "moon resigned\n");
    CHECK_TEXT (mst_federate_name (sun->fed, old), "moon");
    CHECK_ERR (mst_federate_find (sun->fed, "moon", &id), MST_E_INVALID_ARGUMENT);
    actor_t *again = stage_join (&stage, "moon");
    CHECK (mst_self (again->fed).id != old.id);
    STAGE_UNTIL (&stage, mst_federate_find (sun->fed, "moon", &id) == MST_OK);
    CHECK_INT (id.id, mst_self (again->fed).id);
    stage_close (&stage);
}

/*  Resigning
 * ------------------------------------------------------------------------------------------- */

/*  sun owns a Ship, moon knows it and waits for its Cargo; what does moon hear when sun resigns? */
typedef struct parting {
    stage_t stage;
    actor_t *sun, *moon;
    mst_object_t ship;
} parting_t;

static void parting_open (parting_t *self)
{
    stage_open (&self->stage);
    self->sun = stage_join (&self->stage, "sun");
    self->moon = stage_join (&self->stage, "moon");
    actor_publishes (self->sun, "Ship");
    actor_publishes (self->moon, "Ship");
    actor_subscribes (self->moon, "Ship");
    self->ship = actor_registers (self->sun, "Ship");
    ACTOR_HEARS (&self->stage, self->moon, "discovered sun.1 as Ship by sun\n");
}

static void parting_close (parting_t *self)
{
    stage_close (&self->stage);
}

static void test_resign_and_divest (void)
{
    parting_t with;

    parting_open (&with);
    actor_resign (with.sun, MST_RESIGN_DIVEST);
    ACTOR_HEARS_OF (&with.stage, with.moon, "offered sun.1");
    CHECK_INT (with.moon->removed, 0);
    uint64_t name = UINT64_C (1) << (actor_attribute (with.moon, "Ship", "Name").id - 1);
    actor_forget (with.moon);
    CHECK_OK (mst_acquire_if_available (with.moon->fed, with.ship, name));
    ACTOR_HEARS (&with.stage, with.moon, "acquired sun.1 Name\n");
    CHECK_OK (actor_updates (with.moon, with.ship, "Name", "Argo", MST_TIME_NONE));
    parting_close (&with);
}

static void test_resign_and_delete (void)
{
    parting_t with;

    parting_open (&with);
    actor_resign (with.sun, MST_RESIGN_DELETE_OBJECTS);
    ACTOR_HEARS (&with.stage, with.moon, "removed sun.1\n");
    parting_close (&with);
}

static void test_resign_delete_then_divest (void)
{
    parting_t with;

    parting_open (&with);
    actor_resign (with.sun, MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST);
    ACTOR_HEARS (&with.stage, with.moon, "removed sun.1\n");
    parting_close (&with);
}

static void test_resign_cancel (void)
{
    parting_t with;

    parting_open (&with);
    uint64_t cargo = UINT64_C (1) << (actor_attribute (with.moon, "Ship", "Cargo").id - 1);
    CHECK_OK (mst_acquire (with.moon->fed, with.ship, cargo, NULL, 0));
    ACTOR_HEARS (&with.stage, with.sun, "asked for sun.1 Cargo\n");
    CHECK_ERR (mst_resign (&with.moon->fed, MST_RESIGN_NO_ACTION), MST_E_OWNERSHIP_PENDING);
    CHECK_ERR (mst_resign (&with.moon->fed, MST_RESIGN_DELETE_OBJECTS), MST_E_OWNERSHIP_PENDING);
    actor_resign (with.moon, MST_RESIGN_CANCEL_ACQUISITIONS);
    ACTOR_NEWS_OF (&with.stage, with.sun, "moon resigned\n");
    parting_close (&with);
}

static void test_resign_all_of_it (void)
{
    parting_t with;

    parting_open (&with);
    uint64_t cargo = UINT64_C (1) << (actor_attribute (with.moon, "Ship", "Cargo").id - 1);
    CHECK_OK (mst_divest (with.sun->fed, with.ship, cargo, NULL, 0));
    CHECK_OK (mst_flush (with.sun->fed));
    ACTOR_HEARS (&with.stage, with.moon, "offered sun.1 Cargo\n");
    CHECK_OK (mst_acquire (with.moon->fed, with.ship, cargo, NULL, 0));
    ACTOR_HEARS (&with.stage, with.moon, "acquired sun.1 Cargo\n");
    actor_resign (with.sun, MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST);
    ACTOR_HEARS (&with.stage, with.moon, "removed sun.1\n");
    parting_close (&with);
}

static void test_resign_no_action (void)
{
    parting_t with;

    parting_open (&with);
    CHECK_ERR (mst_resign (&with.sun->fed, MST_RESIGN_NO_ACTION), MST_E_OWNS_ATTRIBUTES);
    CHECK_CONTAINS (mst_error_text (), "sun.1");
    CHECK_OK (actor_updates (with.sun, with.ship, "Name", "Argo", MST_TIME_NONE));
    ACTOR_HEARS (&with.stage, with.moon, "reflected sun.1 Name=Argo\n");
    actor_resign (with.moon, MST_RESIGN_NO_ACTION);
    parting_close (&with);
}

/*  What was sent before a resign reaches its receivers, also when it is much. */
static void test_resign_leaves_nothing_behind (void)
{
    enum { UPDATES = 2000 };
    parting_t with;

    parting_open (&with);
    with.moon->terse = true;
    for (int i = 0; i < UPDATES; i++)
        CHECK_OK (actor_updates (with.sun, with.ship, "Cargo", "a hundred amphoras of oil",
                                 MST_TIME_NONE));
    actor_resign (with.sun, MST_RESIGN_DELETE_OBJECTS);
    STAGE_UNTIL (&with.stage, with.moon->removed == 1);
    CHECK_INT (with.moon->reflected, UPDATES);
    parting_close (&with);
}

/*  Stale handles
 * ------------------------------------------------------------------------------------------ */

static void check_stale_names (mst_federate_t fed)
{
    mst_class_t of = { 2 };
    mst_attribute_t attribute = { 2 };
    mst_interaction_class_t interaction = { 2 };
    mst_parameter_t parameter = { 1 };
    mst_federate_id_t id = { 1 };
    mst_counters_t counters;
    const char *name = "name";

    CHECK_ERR (mst_evoke (fed, 0, NULL), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_flush (fed), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_report (fed, name, "1"), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_counters (fed, &counters), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_federate_find (fed, name, &id), MST_E_STALE_HANDLE);
    CHECK (mst_self (fed).id == 0 && mst_federate_name (fed, id) == NULL);
    CHECK_ERR (mst_class_find (fed, name, &of), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_attribute_find (fed, of, name, &attribute), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_interaction_find (fed, name, &interaction), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_parameter_find (fed, interaction, name, &parameter), MST_E_STALE_HANDLE);
    CHECK (mst_class_name (fed, of) == NULL && mst_attribute_name (fed, of, attribute) == NULL);
    CHECK (mst_interaction_name (fed, interaction) == NULL &&
           mst_parameter_name (fed, interaction, parameter) == NULL);
}

static void check_stale_declarations (mst_federate_t fed)
{
    mst_class_t of = { 2 };
    mst_attribute_t attribute = { 2 };
    mst_interaction_class_t interaction = { 2 };

    CHECK_ERR (mst_publish (fed, of, NULL, 0), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_publish (fed, of, &attribute, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_unpublish (fed, of, NULL, 0), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_subscribe (fed, of, &attribute, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_unsubscribe (fed, of, NULL, 0), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_publish_interaction (fed, interaction), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_unpublish_interaction (fed, interaction), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_subscribe_interaction (fed, interaction), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_unsubscribe_interaction (fed, interaction), MST_E_STALE_HANDLE);
}

static void check_stale_objects (mst_federate_t fed)
{
    mst_class_t of = { 2 };
    mst_attribute_t attribute = { 2 };
    mst_object_t object = { 77 };
    mst_interaction_class_t interaction = { 2 };
    mst_federate_id_t id = { 1 };
    mst_value_t value = { 2, 1, "x" };
    const char *name = "name";

    CHECK_ERR (mst_register (fed, of, NULL, &object), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_reserve_names (fed, &name, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_release_name (fed, name), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_update (fed, object, &value, 1, MST_TIME_NONE, NULL), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_send (fed, interaction, &value, 1, MST_TIME_NONE, NULL), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_delete (fed, object, MST_TIME_NONE, NULL), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_forget (fed, object), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_request_update (fed, object, NULL, 0), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_request_class_update (fed, of, &attribute, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_object_find (fed, name, &object), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_object_class (fed, object, &of), MST_E_STALE_HANDLE);
    CHECK (mst_object_name (fed, object) == NULL && mst_owned (fed, object) == 0);
    CHECK_ERR (mst_divest (fed, object, 1, NULL, 0), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_acquire (fed, object, 1, NULL, 0), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_acquire_if_available (fed, object, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_query_owner (fed, object, attribute), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_migrate (fed, object, id, 1, NULL, 0), MST_E_STALE_HANDLE);
}

static void check_stale_time (mst_federate_t fed)
{
    mst_time_t time;
    char text[64];

    CHECK_ERR (mst_enable_regulation (fed, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_disable_regulation (fed), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_enable_constrained (fed), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_disable_constrained (fed), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_enable_time (fed, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_time_advance_request (fed, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_time_advance_request_available (fed, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_next_message_request (fed, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_next_message_request_available (fed, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_advance (fed, 1, 0), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_await_grant (fed, 0, NULL), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_modify_lookahead (fed, 1), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_query_lookahead (fed, &time), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_query_time (fed, &time), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_query_galt (fed, &time), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_query_lits (fed, &time), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_asynchronous_delivery (fed, true), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_time_explain (fed, NULL, text, sizeof text), MST_E_STALE_HANDLE);
}

/*  Every call answers the same of a handle that is no federate's any more. */
static void check_stale (mst_federate_t fed)
{
    const char *name = "name";

    check_stale_names (fed);
    check_stale_declarations (fed);
    check_stale_objects (fed);
    check_stale_time (fed);
    CHECK_ERR (mst_register_point (fed, name, NULL, 0, NULL, 0), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_achieve_point (fed, name, true), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_synchronize (fed, name, 1, 0), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_barrier_arrive (fed, name, &name, 1, 0), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_barrier (fed, name, &name, 1, 0), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_resign (&fed, MST_RESIGN_NO_ACTION), MST_E_STALE_HANDLE);
    mst_abandon (&fed);
}

static void test_stale_handles (void)
{
    stage_t stage;

    stage_open (&stage);
    actor_t *sun = stage_join (&stage, "sun");
    mst_federate_t old = sun->fed;
    actor_resign (sun, MST_RESIGN_NO_ACTION);
    CHECK (sun->fed.generation == 0);
    check_stale (old);
    check_stale ((mst_federate_t){ 0, 0 });
    check_stale ((mst_federate_t){ 5000, 1 });
    actor_t *moon = stage_join (&stage, "moon"); /* in the slot that sun had */
    CHECK_INT (moon->fed.slot, old.slot);
    check_stale (old);
    CHECK_TEXT (mst_federate_name (moon->fed, mst_self (moon->fed)), "moon");
    stage_close (&stage);
}

static void test_handles_of_nothing (void)
{
    stage_t stage;
    mst_value_t value = { 2, 1, "x" };
    mst_attribute_t attribute = { 99 };
    mst_object_t object = { 77 };
    mst_class_t of;

    stage_open (&stage);
    actor_t *sun = stage_join (&stage, "sun");
    CHECK_ERR (mst_update (sun->fed, object, &value, 1, MST_TIME_NONE, NULL), MST_E_OBJECT_UNKNOWN);
    CHECK_ERR (mst_delete (sun->fed, object, MST_TIME_NONE, NULL), MST_E_OBJECT_UNKNOWN);
    CHECK_ERR (mst_forget (sun->fed, object), MST_E_OBJECT_UNKNOWN);
    CHECK_ERR (mst_object_class (sun->fed, object, &of), MST_E_OBJECT_UNKNOWN);
    CHECK_ERR (mst_request_update (sun->fed, object, NULL, 0), MST_E_OBJECT_UNKNOWN);
    CHECK_ERR (mst_migrate (sun->fed, object, mst_self (sun->fed), 1, NULL, 0),
               MST_E_OBJECT_UNKNOWN);
    CHECK_ERR (mst_publish (sun->fed, (mst_class_t){ 99 }, NULL, 0), MST_E_CLASS_UNKNOWN);
    CHECK_ERR (mst_publish (sun->fed, (mst_class_t){ 99 }, &attribute, 1), MST_E_CLASS_UNKNOWN);
    CHECK_ERR (mst_publish (sun->fed, (mst_class_t){ 0 }, NULL, 0), MST_E_CLASS_UNKNOWN);
    CHECK_ERR (mst_publish (sun->fed, (mst_class_t){ 2 }, &attribute, 1), MST_E_ATTRIBUTE_UNKNOWN);
    CHECK_ERR (mst_request_class_update (sun->fed, (mst_class_t){ 99 }, NULL, 0),
               MST_E_CLASS_UNKNOWN);
    CHECK_ERR (mst_publish_interaction (sun->fed, (mst_interaction_class_t){ 99 }),
               MST_E_INTERACTION_UNKNOWN);
    CHECK_ERR (mst_send (sun->fed, (mst_interaction_class_t){ 99 }, NULL, 0, MST_TIME_NONE, NULL),
               MST_E_INTERACTION_UNKNOWN);
    CHECK_ERR (mst_register (sun->fed, (mst_class_t){ 99 }, NULL, &object), MST_E_CLASS_UNKNOWN);
    CHECK (mst_class_name (sun->fed, (mst_class_t){ 99 }) == NULL);
    CHECK (mst_attribute_name (sun->fed, (mst_class_t){ 2 }, attribute) == NULL);
    stage_close (&stage);
}

/*  Crashes, connections, threads
 * --------------------------------------------------------------------------- */

static void test_abandon (void)
{
    stage_t stage;

    stage_open (&stage);
    actor_t *sun = stage_join (&stage, "sun"), *moon = stage_join (&stage, "moon");
    actor_publishes (sun, "Ship");
    actor_subscribes (moon, "Ship");
    (void) actor_registers (sun, "Ship");
    CHECK_OK (mst_evoke (sun->fed, 0, NULL));
    ACTOR_HEARS (&stage, moon, "discovered sun.1 as Ship by sun\n");
    mst_abandon (&sun->fed);
    sun->joined = false;
    CHECK (sun->fed.generation == 0);
    ACTOR_NEWS_OF (&stage, moon, "sun lost");
    ACTOR_HEARS (&stage, moon, "removed sun.1\n");
    actor_t *again = stage_join (&stage, "sun"); /* the name is free */
    CHECK (again->joined);
    stage_close (&stage);
}

/*  Five federates in one thread; everybody hears everybody. */
static void everybody_talks (const char *transport)
{
    enum { FEDERATES = 5 };
    stage_t stage;
    mst_join_options_t options;

    stage_open (&stage);
    options = stage_options (&stage);
    options.transport = transport;
    for (int i = 0; i < FEDERATES; i++) {
        char name[16];
        (void) snprintf (name, sizeof name, "fed-%d", i);
        actor_t *actor = stage_join_with (&stage, name, options);
        CHECK_OK (mst_publish_interaction (actor->fed, actor_interaction (actor, "Note")));
        CHECK_OK (mst_subscribe_interaction (actor->fed, actor_interaction (actor, "Note")));
    }
    for (int i = 0; i < FEDERATES; i++)
        STAGE_UNTIL (&stage, stage.actors[i].news[0] != '\0');
    for (int i = 0; i < FEDERATES; i++) {
        CHECK_OK (mst_evoke (stage.actors[i].fed, 0, NULL));
        CHECK_OK (actor_sends (&stage.actors[i], "Note", "Text", "hello", MST_TIME_NONE));
    }
    for (int i = 0; i < FEDERATES; i++) {
        STAGE_UNTIL (&stage, stage.actors[i].received == FEDERATES - 1);
        CHECK_CONTAINS (stage.actors[i].trace, "received Note Text=hello\n");
    }
    stage_close (&stage);
}

static void test_transports (void)
{
    everybody_talks ("auto");
    everybody_talks ("inproc");
    everybody_talks ("ipc");
    everybody_talks ("tcp");
}

static void test_two_rtis (void)
{
    stage_t here, there;

    stage_open (&here);
    stage_open (&there);
    actor_t *sun = stage_join (&here, "sun"), *moon = stage_join (&there, "sun");
    CHECK (sun->joined && moon->joined);
    ACTOR_HEARS (&here, sun, "");
    stage_close (&here);
    ACTOR_HEARS (&there, moon, "");
    CHECK_TEXT (moon->news, "");
    stage_close (&there);
}

static void test_no_thread_of_ours (void)
{
    stage_t stage;
    test_process_t process;

    stage_open (&stage);
    PROCESS_START (&process, "prog_federates_player", stage.endpoint, "sun", "threads");
    const char *line = test_process_line (&process, "threads", 10000);
    CHECK_TEXT (line ? line : "no line", "threads 0");
    test_process_fini (&process);
    stage_close (&stage);
}

static CU_TestInfo life_tests[] = {
    { "create, list, destroy", test_create_list_destroy },
    { "destroy while federates are joined", test_destroy_while_joined },
    { "status", test_status },
    { "errors of join", test_join_errors },
    { "a FOM module from a file", test_module_from_file },
    { "settings of the environment", test_settings_of_the_environment },
    { "names of federates", test_names },
    { "resign: divest", test_resign_and_divest },
    { "resign: delete objects", test_resign_and_delete },
    { "resign: delete, then divest", test_resign_delete_then_divest },
    { "resign: cancel acquisitions", test_resign_cancel },
    { "resign: cancel, delete, divest", test_resign_all_of_it },
    { "resign: no action", test_resign_no_action },
    { "a resign leaves nothing behind", test_resign_leaves_nothing_behind },
    { "stale handles", test_stale_handles },
    { "handles of nothing", test_handles_of_nothing },
    { "abandon looks like a crash", test_abandon },
    { "transports in one thread", test_transports },
    { "two RTIs in one process", test_two_rtis },
    { "no thread of ours", test_no_thread_of_ours },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_life", NULL, NULL, NULL, NULL, life_tests })
