/*  Declarations, objects and interactions: who is told what, in which order, with which values. */
#include "tests/integration/federates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*  sun publishes, moon subscribes. */
typedef struct pair {
    stage_t stage;
    actor_t *sun, *moon;
} pair_t;

static void pair_open (pair_t *self)
{
    stage_open (&self->stage);
    self->sun = stage_join (&self->stage, "sun");
    self->moon = stage_join (&self->stage, "moon");
}

static void pair_close (pair_t *self)
{
    stage_close (&self->stage);
}

/*  Both have heard all that was sent so far: a note from one to the other arrives behind it. */
static void nothing_more (pair_t *self, actor_t *from, actor_t *to)
{
    size_t before = to->received;
    CHECK_OK (mst_publish_interaction (from->fed, actor_interaction (from, "Note")));
    CHECK_OK (mst_subscribe_interaction (to->fed, actor_interaction (to, "Note")));
    stage_wait_t wait = { 0 };
    while (to->received == before && stage_turn (&self->stage, &wait))
        CHECK_OK (actor_sends (from, "Note", "Text", "end", MST_TIME_NONE));
    CHECK (to->received > before);
    CHECK_OK (mst_unsubscribe_interaction (to->fed, actor_interaction (to, "Note")));
    char *end = strstr (to->trace, "received Note Text=end\n");
    if (CHECK (end != NULL))
        *end = '\0';
}

/*  Declarations -------------------------------------------------------------------------------- */

static void test_handles_and_names (void)
{
    pair_t with;
    mst_class_t body, same;
    mst_parameter_t text;
    mst_attribute_t attribute;

    pair_open (&with);
    body = actor_class (with.sun, "Body");
    CHECK_OK (mst_class_find (with.sun->fed, "HLAobjectRoot.Body", &same));
    CHECK_INT (body.id, same.id);
    CHECK_TEXT (mst_class_name (with.sun->fed, body), "HLAobjectRoot.Body");
    CHECK_INT (mst_attribute_count (with.sun->fed, body), 5); /* the privilege to delete is one */
    CHECK_INT (mst_attribute_count (with.sun->fed, actor_class (with.sun, "Comet")), 6);
    CHECK_INT (actor_attribute (with.sun, "Comet", "Mass").id,
               actor_attribute (with.sun, "Body", "Mass").id);
    CHECK_ERR (mst_class_find (with.sun->fed, "Commet", &same), MST_E_CLASS_UNKNOWN);
    CHECK_CONTAINS (mst_error_text (), "Comet");
    CHECK_ERR (mst_attribute_find (with.sun->fed, body, "Tail", &attribute),
               MST_E_ATTRIBUTE_UNKNOWN);
    CHECK_OK (
        mst_parameter_find (with.sun->fed, actor_interaction (with.sun, "Alarm"), "Text", &text));
    CHECK_TEXT (mst_parameter_name (with.sun->fed, actor_interaction (with.sun, "Alarm"), text),
                "Text");
    CHECK_ERR (
        mst_parameter_find (with.sun->fed, actor_interaction (with.sun, "Note"), "Level", &text),
        MST_E_PARAMETER_UNKNOWN);
    pair_close (&with);
}

/*  moon subscribes to Body and hears of a Comet: as a Body, without the Tail. */
static void test_known_class (void)
{
    pair_t with;

    pair_open (&with);
    actor_publishes (with.sun, "Comet");
    actor_subscribes (with.moon, "Body");
    stage_settle (&with.stage);
    mst_object_t comet = actor_registers (with.sun, "Comet");
    mst_attribute_t mass = actor_attribute (with.sun, "Comet", "Mass");
    mst_attribute_t tail = actor_attribute (with.sun, "Comet", "Tail");
    mst_value_t values[] = { { tail.id, 4, "long" }, { mass.id, 5, "small" } };
    CHECK_OK (mst_update (with.sun->fed, comet, values, 2, MST_TIME_NONE, NULL));
    CHECK_OK (
        mst_update (with.sun->fed, comet, values, 1, MST_TIME_NONE, NULL)); /* of no interest */
    CHECK_OK (mst_update (with.sun->fed, comet, values + 1, 1, MST_TIME_NONE, NULL));
    ACTOR_HEARS (&with.stage, with.moon,
                 "discovered sun.1 as Body by sun\n"
                 "reflected sun.1 Mass=small\n"
                 "reflected sun.1 Mass=small\n");
    mst_class_t of = { 0 };
    CHECK_OK (mst_object_class (with.moon->fed, comet, &of));
    CHECK_INT (of.id, actor_class (with.moon, "Body").id);
    pair_close (&with);
}

/*  The known class is fixed at discovery; a closer subscription counts for objects that come later.
 */
static void test_known_class_stays (void)
{
    pair_t with;

    pair_open (&with);
    actor_publishes (with.sun, "Comet");
    actor_subscribes (with.moon, "Body");
    mst_object_t first = actor_registers (with.sun, "Comet");
    CHECK_OK (mst_flush (with.sun->fed));
    ACTOR_HEARS (&with.stage, with.moon, "discovered sun.1 as Body by sun\n");
    actor_subscribes (with.moon, "Comet");
    mst_object_t second = actor_registers (with.sun, "Comet");
    CHECK_OK (mst_flush (with.sun->fed));
    ACTOR_HEARS (&with.stage, with.moon, "discovered sun.2 as Comet by sun\n");
    CHECK_OK (actor_updates (with.sun, first, "Tail", "long", MST_TIME_NONE));
    CHECK_OK (actor_updates (with.sun, second, "Tail", "longer", MST_TIME_NONE));
    ACTOR_HEARS (&with.stage, with.moon, "reflected sun.2 Tail=longer\n");
    pair_close (&with);
}

static void test_only_subscribed_attributes (void)
{
    pair_t with;

    pair_open (&with);
    actor_publishes (with.sun, "Ship");
    mst_attribute_t name = actor_attribute (with.moon, "Ship", "Name");
    mst_attribute_t cargo = actor_attribute (with.moon, "Ship", "Cargo");
    CHECK_OK (mst_subscribe (with.moon->fed, actor_class (with.moon, "Ship"), &name, 1));
    stage_settle (&with.stage);
    mst_object_t ship = actor_registers (with.sun, "Ship");
    mst_value_t values[] = { { name.id, 4, "Argo" }, { cargo.id, 3, "oil" } };
    CHECK_OK (mst_update (with.sun->fed, ship, values, 2, MST_TIME_NONE, NULL));
    ACTOR_HEARS (&with.stage, with.moon,
                 "discovered sun.1 as Ship by sun\n"
                 "reflected sun.1 Name=Argo\n");
    CHECK_OK (mst_subscribe (with.moon->fed, actor_class (with.moon, "Ship"), &cargo, 1));
    STAGE_UNTIL (&with.stage,
                 mst_update (with.sun->fed, ship, values, 2, MST_TIME_NONE, NULL) != MST_OK ||
                     strstr (with.moon->trace, "Cargo") != NULL);
    CHECK_CONTAINS (with.moon->trace, "reflected sun.1 Name=Argo Cargo=oil\n");
    CHECK_OK (mst_unsubscribe (with.moon->fed, actor_class (with.moon, "Ship"), NULL, 0));
    actor_forget (with.moon);
    CHECK_OK (actor_updates (with.sun, ship, "Cargo", "wine", MST_TIME_NONE));
    nothing_more (&with, with.sun, with.moon);
    CHECK_TEXT (with.moon->trace, "");
    pair_close (&with);
}

static void test_unpublish (void)
{
    pair_t with;
    mst_object_t other;

    pair_open (&with);
    CHECK_ERR (mst_register (with.sun->fed, actor_class (with.sun, "Ship"), NULL, &other),
               MST_E_CLASS_NOT_PUBLISHED);
    actor_publishes (with.sun, "Ship");
    mst_object_t ship = actor_registers (with.sun, "Ship");
    CHECK_OK (mst_unpublish (with.sun->fed, actor_class (with.sun, "Ship"), NULL, 0));
    CHECK_ERR (actor_updates (with.sun, ship, "Name", "Argo", MST_TIME_NONE), MST_E_NOT_OWNED);
    CHECK_ERR (mst_register (with.sun->fed, actor_class (with.sun, "Ship"), NULL, &other),
               MST_E_CLASS_NOT_PUBLISHED);
    CHECK_ERR (actor_sends (with.sun, "Note", "Text", "hi", MST_TIME_NONE),
               MST_E_INTERACTION_NOT_PUBLISHED);
    pair_close (&with);
}

/*  Objects ----------------------------------------------------------------------------------------
 */

static void test_late_subscription (void)
{
    pair_t with;

    pair_open (&with);
    actor_publishes (with.sun, "Ship");
    (void) actor_registers (with.sun, "Ship");
    (void) actor_registers (with.sun, "Ship");
    CHECK_OK (mst_evoke (with.sun->fed, 0, NULL));
    actor_subscribes (with.moon, "Ship");
    ACTOR_HEARS (&with.stage, with.moon,
                 "discovered sun.1 as Ship by sun\n"
                 "discovered sun.2 as Ship by sun\n");
    actor_t *mars = stage_join (&with.stage, "mars");
    actor_subscribes (mars, "Ship");
    ACTOR_HEARS (&with.stage, mars,
                 "discovered sun.1 as Ship by sun\n"
                 "discovered sun.2 as Ship by sun\n");
    pair_close (&with);
}

static void test_reserved_names (void)
{
    static const char *const names[] = { "Argo", "Pequod" };
    static const char *const illegal = "HLAship", *const nothing = "";
    pair_t with;
    mst_object_t ship, found;

    pair_open (&with);
    actor_publishes (with.sun, "Ship");
    actor_subscribes (with.moon, "Ship");
    mst_class_t of = actor_class (with.sun, "Ship");
    CHECK_ERR (mst_register (with.sun->fed, of, "Argo", &ship), MST_E_NAME_NOT_RESERVED);
    CHECK_ERR (mst_reserve_names (with.sun->fed, &illegal, 1), MST_E_ILLEGAL_NAME);
    CHECK_ERR (mst_reserve_names (with.sun->fed, &nothing, 1), MST_E_ILLEGAL_NAME);
    CHECK_OK (mst_reserve_names (with.sun->fed, names, 2));
    ACTOR_HEARS (&with.stage, with.sun, "name Argo reserved\nname Pequod reserved\n");
    CHECK_OK (mst_reserve_names (with.moon->fed, names, 1));
    ACTOR_HEARS (&with.stage, with.moon, "name Argo in use\n");
    CHECK_OK (mst_register (with.sun->fed, of, "Argo", &ship));
    CHECK_ERR (mst_register (with.sun->fed, of, "Argo", &found), MST_E_NAME_IN_USE);
    ACTOR_HEARS (&with.stage, with.moon, "discovered Argo as Ship by sun\n");
    CHECK_OK (mst_object_find (with.moon->fed, "Argo", &found));
    CHECK (found.id == ship.id);
    CHECK_TEXT (mst_object_name (with.moon->fed, found), "Argo");
    CHECK_ERR (mst_object_find (with.moon->fed, "Pequod", &found), MST_E_OBJECT_UNKNOWN);
    CHECK_OK (mst_release_name (with.sun->fed, "Pequod"));
    CHECK_ERR (mst_release_name (with.sun->fed, "Pequod"), MST_E_NAME_NOT_RESERVED);
    CHECK_OK (mst_evoke (with.sun->fed, 0, NULL));
    CHECK_OK (mst_reserve_names (with.moon->fed, names + 1, 1));
    ACTOR_HEARS (&with.stage, with.moon, "name Pequod reserved\n");
    pair_close (&with);
}

static void test_delete_in_receive_order (void)
{
    pair_t with;
    static const mst_send_options_t options = { .tag = "sunk", .tag_size_bytes = 4 };

    pair_open (&with);
    actor_publishes (with.sun, "Ship");
    actor_subscribes (with.moon, "Ship");
    stage_settle (&with.stage);
    mst_object_t ship = actor_registers (with.sun, "Ship");
    CHECK_OK (actor_updates (with.sun, ship, "Name", "Argo", MST_TIME_NONE));
    STAGE_UNTIL (&with.stage, with.moon->discovered == 1);
    CHECK_ERR (mst_delete (with.moon->fed, ship, MST_TIME_NONE, NULL),
               MST_E_DELETE_PRIVILEGE_NOT_HELD);
    CHECK_OK (actor_updates (with.sun, ship, "Name", "Argo II", MST_TIME_NONE));
    CHECK_OK (mst_delete (with.sun->fed, ship, MST_TIME_NONE, &options));
    CHECK_ERR (actor_updates (with.sun, ship, "Name", "Argo", MST_TIME_NONE), MST_E_OBJECT_UNKNOWN);
    ACTOR_HEARS (&with.stage, with.moon,
                 "discovered sun.1 as Ship by sun\n"
                 "reflected sun.1 Name=Argo\n"
                 "reflected sun.1 Name=Argo II\n"
                 "removed sun.1 [sunk]\n");
    CHECK (mst_object_name (with.moon->fed, ship) == NULL);
    pair_close (&with);
}

/*  A time-stamped delete comes in its place in time. */
static void test_delete_in_time_order (void)
{
    pair_t with;

    pair_open (&with);
    actor_publishes (with.sun, "Body");
    actor_subscribes (with.moon, "Body");
    actor_keeps_time (&with.stage, with.sun, 1);
    actor_keeps_time (&with.stage, with.moon, 1);
    mst_object_t body = actor_registers (with.sun, "Body");
    CHECK_OK (actor_updates (with.sun, body, "Mass", "7", 7));
    CHECK_OK (mst_delete (with.sun->fed, body, 5, NULL));
    CHECK_OK (mst_time_advance_request (with.sun->fed, 20));
    actor_forget (with.moon);
    actor_advances (&with.stage, with.moon, 4);
    CHECK_TEXT (with.moon->trace, "discovered sun.1 as Body by sun\ngranted 4\n");
    CHECK_TEXT (mst_object_name (with.moon->fed, body), "sun.1");
    actor_forget (with.moon);
    actor_advances (&with.stage, with.moon, 10);
    CHECK_TEXT (with.moon->trace, "removed sun.1 @5\ngranted 10\n"); /* and nothing of 7 */
    pair_close (&with);
}

/*  One update is split: what has time-stamp order waits for time, the rest comes at once. */
static void test_split_by_order (void)
{
    pair_t with;

    pair_open (&with);
    actor_publishes (with.sun, "Body");
    actor_subscribes (with.moon, "Body");
    actor_keeps_time (&with.stage, with.sun, 1);
    actor_keeps_time (&with.stage, with.moon, 1);
    CHECK_OK (mst_asynchronous_delivery (with.moon->fed, true));
    mst_object_t body = actor_registers (with.sun, "Body");
    mst_value_t values[] = { { actor_attribute (with.sun, "Body", "Mass").id, 1, "7" },
                             { actor_attribute (with.sun, "Body", "Colour").id, 3, "red" } };
    actor_forget (with.moon);
    CHECK_OK (mst_update (with.sun->fed, body, values, 2, 3, NULL));
    ACTOR_HEARS (&with.stage, with.moon,
                 "discovered sun.1 as Body by sun\n"
                 "reflected sun.1 Colour=red @3 in receive order\n");
    CHECK_OK (mst_time_advance_request (with.sun->fed, 9));
    actor_advances (&with.stage, with.moon, 9);
    CHECK_TEXT (with.moon->trace, "reflected sun.1 Mass=7 @3\ngranted 9\n");
    pair_close (&with);
}

static void test_request_update (void)
{
    pair_t with;

    pair_open (&with);
    actor_publishes (with.sun, "Ship");
    actor_subscribes (with.moon, "Ship");
    stage_settle (&with.stage);
    mst_object_t ship = actor_registers (with.sun, "Ship");
    (void) actor_registers (with.sun, "Ship");
    STAGE_UNTIL (&with.stage, with.moon->discovered == 2);
    mst_attribute_t cargo = actor_attribute (with.moon, "Ship", "Cargo");
    CHECK_OK (mst_request_update (with.moon->fed, ship, &cargo, 1));
    CHECK_OK (mst_flush (with.moon->fed));
    ACTOR_HEARS (&with.stage, with.sun, "provide sun.1 Cargo\n");
    CHECK_OK (actor_updates (with.sun, ship, "Cargo", "oil", MST_TIME_NONE));
    actor_forget (with.moon);
    ACTOR_HEARS (&with.stage, with.moon, "reflected sun.1 Cargo=oil\n");
    CHECK_OK (mst_request_class_update (with.moon->fed, actor_class (with.moon, "Ship"), NULL, 0));
    ACTOR_HEARS_OF (&with.stage, with.sun, "provide sun.1");
    ACTOR_HEARS_OF (&with.stage, with.sun, "provide sun.2");
    pair_close (&with);
}

static void test_forget_and_rediscover (void)
{
    pair_t with;

    pair_open (&with);
    actor_publishes (with.sun, "Ship");
    actor_subscribes (with.moon, "Ship");
    stage_settle (&with.stage);
    mst_object_t ship = actor_registers (with.sun, "Ship");
    CHECK_ERR (mst_forget (with.sun->fed, ship), MST_E_OWNS_ATTRIBUTES);
    CHECK_OK (mst_flush (with.sun->fed));
    ACTOR_HEARS (&with.stage, with.moon, "discovered sun.1 as Ship by sun\n");
    CHECK_OK (mst_forget (with.moon->fed, ship));
    CHECK (mst_object_name (with.moon->fed, ship) == NULL);
    CHECK_OK (actor_updates (with.sun, ship, "Name", "Argo", MST_TIME_NONE));
    nothing_more (&with, with.sun, with.moon);
    CHECK_TEXT (with.moon->trace, "");
    actor_subscribes (with.moon, "Ship");
    ACTOR_HEARS (&with.stage, with.moon, "discovered sun.1 as Ship by sun\n");
    CHECK_OK (actor_updates (with.sun, ship, "Name", "Argo", MST_TIME_NONE));
    ACTOR_HEARS (&with.stage, with.moon, "reflected sun.1 Name=Argo\n");
    pair_close (&with);
}

/*  Interactions
 * ------------------------------------------------------------------------------------- */

/*  An Alarm is a Note: who subscribes to Note gets it as a Note, without its Level. */
static void test_interaction_of_a_subclass (void)
{
    pair_t with;

    pair_open (&with);
    actor_t *mars = stage_join (&with.stage, "mars");
    mst_interaction_class_t alarm = actor_interaction (with.sun, "Alarm");
    mst_parameter_t text, level;
    CHECK_OK (mst_parameter_find (with.sun->fed, alarm, "Text", &text));
    CHECK_OK (mst_parameter_find (with.sun->fed, alarm, "Level", &level));
    CHECK_OK (mst_publish_interaction (with.sun->fed, alarm));
    CHECK_OK (mst_subscribe_interaction (with.moon->fed, actor_interaction (with.moon, "Note")));
    CHECK_OK (mst_subscribe_interaction (mars->fed, actor_interaction (mars, "Note")));
    CHECK_OK (mst_subscribe_interaction (mars->fed, actor_interaction (mars, "Alarm")));
    CHECK_OK (mst_evoke (with.sun->fed, 0, NULL));
    mst_value_t values[] = { { level.id, 4, "high" }, { text.id, 4, "fire" } };
    STAGE_UNTIL (&with.stage,
                 mst_send (with.sun->fed, alarm, values, 2, MST_TIME_NONE, NULL) != MST_OK ||
                     (with.moon->received > 0 && mars->received > 0));
    CHECK_CONTAINS (with.moon->trace, "received Note Text=fire\n");
    CHECK (strstr (with.moon->trace, "Level") == NULL);
    CHECK_CONTAINS (mars->trace, "received Alarm Level=high Text=fire\n");
    CHECK (strstr (mars->trace, "received Note") == NULL);
    pair_close (&with);
}

static void test_tags_and_only (void)
{
    pair_t with;
    char tag[] = "for you";

    pair_open (&with);
    actor_t *mars = stage_join (&with.stage, "mars");
    actor_publishes (with.sun, "Ship");
    actor_subscribes (with.moon, "Ship");
    actor_subscribes (mars, "Ship");
    stage_settle (&with.stage);
    mst_object_t ship = actor_registers (with.sun, "Ship");
    mst_federate_id_t moon = mst_self (with.moon->fed);
    mst_send_options_t options = {
        .tag = tag, .tag_size_bytes = sizeof tag - 1, .only = &moon, .only_count = 1
    };
    mst_value_t value = { actor_attribute (with.sun, "Ship", "Name").id, 4, "Argo" };
    STAGE_UNTIL (&with.stage, with.moon->discovered == 1 && mars->discovered == 1);
    actor_forget (with.moon);
    actor_forget (mars);
    CHECK_OK (mst_update (with.sun->fed, ship, &value, 1, MST_TIME_NONE, &options));
    options.only = NULL;
    options.tag = NULL;
    CHECK_OK (mst_update (with.sun->fed, ship, &value, 1, MST_TIME_NONE, &options));
    ACTOR_HEARS (&with.stage, with.moon,
                 "reflected sun.1 Name=Argo [for you]\nreflected sun.1 Name=Argo\n");
    ACTOR_HEARS (&with.stage, mars, "reflected sun.1 Name=Argo\n");
    options.only = &moon;
    options.only_count = 0;
    CHECK_OK (mst_update (with.sun->fed, ship, &value, 1, MST_TIME_NONE, &options)); /* to nobody */
    options.only = NULL;
    value.data = "Pequ";
    CHECK_OK (mst_update (with.sun->fed, ship, &value, 1, MST_TIME_NONE, &options));
    ACTOR_HEARS (&with.stage, with.moon, "reflected sun.1 Name=Pequ\n");
    pair_close (&with);
}

/*  Best effort may be lost, for example before its object is known; sent often enough it arrives.
 */
static void test_best_effort (void)
{
    pair_t with;

    pair_open (&with);
    actor_publishes (with.sun, "Body");
    actor_subscribes (with.moon, "Body");
    mst_object_t body = actor_registers (with.sun, "Body");
    STAGE_UNTIL (&with.stage, with.moon->discovered == 1);
    STAGE_UNTIL (&with.stage,
                 actor_updates (with.sun, body, "Wind", "west", MST_TIME_NONE) != MST_OK ||
                     with.moon->reflected > 0);
    CHECK_CONTAINS (with.moon->trace, "reflected sun.1 Wind=west\n");
    CHECK_OK (mst_publish_interaction (with.sun->fed, actor_interaction (with.sun, "Gust")));
    CHECK_OK (mst_subscribe_interaction (with.moon->fed, actor_interaction (with.moon, "Gust")));
    STAGE_UNTIL (&with.stage,
                 actor_sends (with.sun, "Gust", "Force", "9", MST_TIME_NONE) != MST_OK ||
                     with.moon->received > 0);
    CHECK_CONTAINS (with.moon->trace, "received Gust Force=9\n");
    pair_close (&with);
}

/*  Values
 * ---------------------------------------------------------------------------------------------- */

static bool large_is_right;

static void check_large (actor_t *self, const mst_reception_t *update)
{
    (void) self;
    const unsigned char *data = update->values[0].data;
    size_t i = 0;
    while (i < update->values[0].size_bytes && data[i] == (unsigned char) (i * 31 >> 3))
        i++;
    large_is_right = i == update->values[0].size_bytes;
}

static void sends_large (size_t size_bytes, size_t window_bytes, const char *transport)
{
    stage_t stage;
    mst_join_options_t options;
    unsigned char *data = malloc (size_bytes);

    if (!CHECK (data != NULL))
        return;
    for (size_t i = 0; i < size_bytes; i++)
        data[i] = (unsigned char) (i * 31 >> 3);
    stage_open (&stage);
    options = stage_options (&stage);
    options.route_window_bytes = window_bytes;
    options.transport = transport;
    actor_t *sun = stage_join_with (&stage, "sun", options),
            *moon = stage_join_with (&stage, "moon", options);
    actor_publishes (sun, "Ship");
    actor_subscribes (moon, "Ship");
    mst_object_t ship = actor_registers (sun, "Ship");
    mst_value_t value = { actor_attribute (sun, "Ship", "Cargo").id, (uint32_t) size_bytes, data };
    STAGE_UNTIL (&stage, moon->discovered == 1);
    moon->on_reflected = check_large;
    large_is_right = false;
    CHECK_OK (mst_update (sun->fed, ship, &value, 1, MST_TIME_NONE, NULL));
    STAGE_UNTIL (&stage, moon->reflected == 1);
    CHECK (large_is_right);
    CHECK_OK (
        mst_update (sun->fed, ship, &value, 1, MST_TIME_NONE, NULL)); /* there is room again */
    STAGE_UNTIL (&stage, moon->reflected == 2);
    CHECK_INT (moon->bytes, 2 * size_bytes);
    stage_close (&stage);
    free (data);
}

static void test_large_values (void)
{
    sends_large (1024 * 1024, 0, "auto");
    sends_large (1024 * 1024, 0, "tcp");
    sends_large (1024 * 1024, 1, "ipc"); /* larger than the smallest window */
    sends_large (16 * 1024 * 1024, 0, "tcp");
}

static void test_too_large (void)
{
    enum { MIB = 1024 * 1024, HUGE_VALUE = 16 * MIB };
    pair_t with;
    char *data = calloc (1, HUGE_VALUE);

    pair_open (&with);
    actor_publishes (with.sun, "Body");
    actor_subscribes (with.moon, "Body");
    mst_object_t body = actor_registers (with.sun, "Body");
    STAGE_UNTIL (&with.stage, with.moon->discovered == 1);
    mst_value_t values[] = { { 2, HUGE_VALUE, data },
                             { 3, HUGE_VALUE, data },
                             { 4, HUGE_VALUE, data },
                             { 5, HUGE_VALUE, data },
                             { 1, HUGE_VALUE, data } };
    values[0].size_bytes++;
    CHECK_ERR (mst_update (with.sun->fed, body, values, 1, MST_TIME_NONE, NULL), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "WIRE_VALUE_MAX");
    values[0].size_bytes--;
    CHECK_ERR (mst_update (with.sun->fed, body, values, 5, MST_TIME_NONE, NULL), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "WIRE_BODY_MAX");
    CHECK_ERR (mst_update (with.sun->fed, body, values, 65, MST_TIME_NONE, NULL), MST_E_LIMIT);
    CHECK_ERR (
        mst_update (with.sun->fed, body, &(mst_value_t){ 2, 8, NULL }, 1, MST_TIME_NONE, NULL),
        MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "value 1 has 8 bytes and no data");
    mst_send_options_t options = { .tag = data, .tag_size_bytes = HUGE_VALUE + 1 };
    CHECK_ERR (mst_update (with.sun->fed, body, values, 1, MST_TIME_NONE, &options), MST_E_LIMIT);
    CHECK_OK (
        actor_updates (with.sun, body, "Colour", "red", MST_TIME_NONE)); /* nothing is broken */
    ACTOR_HEARS_OF (&with.stage, with.moon, "reflected sun.1 Colour=red\n");
    CHECK_INT (with.moon->reflected, 1);
    pair_close (&with);
    free (data);
}

static void test_empty_values (void)
{
    pair_t with;

    pair_open (&with);
    actor_publishes (with.sun, "Ship");
    actor_subscribes (with.moon, "Ship");
    stage_settle (&with.stage);
    mst_object_t ship = actor_registers (with.sun, "Ship");
    mst_value_t values[] = { { actor_attribute (with.sun, "Ship", "Name").id, 0, NULL },
                             { actor_attribute (with.sun, "Ship", "Cargo").id, 3, "oil" } };
    CHECK_OK (mst_update (with.sun->fed, ship, values, 1, MST_TIME_NONE, NULL));
    CHECK_OK (mst_update (with.sun->fed, ship, values, 2, MST_TIME_NONE, NULL));
    CHECK_OK (mst_update (with.sun->fed, ship, NULL, 0, MST_TIME_NONE, NULL)); /* says nothing */
    ACTOR_HEARS (&with.stage, with.moon,
                 "discovered sun.1 as Ship by sun\n"
                 "reflected sun.1 Name=\n"
                 "reflected sun.1 Name= Cargo=oil\n");
    CHECK_OK (mst_publish_interaction (with.sun->fed, actor_interaction (with.sun, "Note")));
    CHECK_OK (mst_subscribe_interaction (with.moon->fed, actor_interaction (with.moon, "Note")));
    STAGE_UNTIL (&with.stage, mst_send (with.sun->fed, actor_interaction (with.sun, "Note"), NULL,
                                        0, MST_TIME_NONE, NULL) != MST_OK ||
                                  with.moon->received > 0);
    CHECK_CONTAINS (with.moon->trace, "received Note\n");
    pair_close (&with);
}

static void test_wrong_values (void)
{
    pair_t with;

    pair_open (&with);
    actor_publishes (with.sun, "Ship");
    mst_object_t ship = actor_registers (with.sun, "Ship");
    mst_value_t values[] = { { 2, 1, "a" }, { 2, 1, "b" }, { 9, 1, "c" }, { 0, 1, "d" } };
    CHECK_ERR (mst_update (with.sun->fed, ship, values, 2, MST_TIME_NONE, NULL),
               MST_E_ATTRIBUTE_UNKNOWN);
    CHECK_ERR (mst_update (with.sun->fed, ship, values + 2, 1, MST_TIME_NONE, NULL),
               MST_E_ATTRIBUTE_UNKNOWN);
    CHECK_ERR (mst_update (with.sun->fed, ship, values + 3, 1, MST_TIME_NONE, NULL),
               MST_E_ATTRIBUTE_UNKNOWN);
    CHECK_ERR (mst_update (with.sun->fed, ship, NULL, 1, MST_TIME_NONE, NULL),
               MST_E_INVALID_ARGUMENT);
    pair_close (&with);
}

/*  Order: what is registered is discovered before it is updated, and all comes as it was sent. */
static void test_first_in_first_out (void)
{
    enum { ROUNDS = 3000 };
    pair_t with;
    char expected[64];
    const char *at;

    pair_open (&with);
    actor_publishes (with.sun, "Ship");
    actor_subscribes (with.moon, "Ship");
    stage_settle (&with.stage);
    for (int i = 0; i < ROUNDS; i++) {
        char name[32];
        mst_object_t ship = actor_registers (with.sun, "Ship");
        (void) snprintf (name, sizeof name, "number %d", i);
        CHECK_OK (actor_updates (with.sun, ship, "Name", name, MST_TIME_NONE));
        if (i % 2 == 0)
            CHECK_OK (mst_delete (with.sun->fed, ship, MST_TIME_NONE, NULL));
    }
    STAGE_UNTIL (&with.stage, with.moon->removed == ROUNDS / 2 && with.moon->reflected == ROUNDS);
    CHECK_INT (with.moon->discovered, ROUNDS);
    at = with.moon->trace;
    for (int i = 0; at && i < ROUNDS; i++) {
        (void) snprintf (expected, sizeof expected, "Name=number %d\n", i);
        at = strstr (at, expected);
        if (!CHECK (at != NULL))
            printf ("missing, or out of order: %s", expected);
    }
    pair_close (&with);
}

static CU_TestInfo objects_tests[] = {
    { "handles and names", test_handles_and_names },
    { "an object is known as what is subscribed", test_known_class },
    { "the known class stays", test_known_class_stays },
    { "only subscribed attributes", test_only_subscribed_attributes },
    { "unpublishing", test_unpublish },
    { "a late subscription discovers", test_late_subscription },
    { "reserved names", test_reserved_names },
    { "delete in receive order", test_delete_in_receive_order },
    { "delete in time order", test_delete_in_time_order },
    { "an update is split by order", test_split_by_order },
    { "request update", test_request_update },
    { "forget and rediscover", test_forget_and_rediscover },
    { "an interaction of a subclass", test_interaction_of_a_subclass },
    { "tags, and some receivers only", test_tags_and_only },
    { "best effort", test_best_effort },
    { "large values", test_large_values },
    { "too large values", test_too_large },
    { "empty values", test_empty_values },
    { "wrong values", test_wrong_values },
    { "first in, first out", test_first_in_first_out },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "federates_objects", NULL, NULL, NULL, NULL, objects_tests })
