#include "tests/integration/federates.h"
#include "tests/support/process.h"
#include "base/check.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER(kind, name, transport, order)                                                       \
    "<" kind "><name>" name                                                                        \
    "</name><dataType>HLAunicodeString</dataType><transportation>" transport                       \
    "</transportation><order>" order "</order></" kind ">"
#define ATTRIBUTE(name, transport, order) MEMBER ("attribute", name, transport, order)
#define INTERACTION(name, transport, order)                                                        \
    "<interactionClass><name>" name "</name><transportation>" transport                            \
    "</transportation><order>" order "</order>"
#define PARAMETER(name)                                                                            \
    "<parameter><name>" name "</name><dataType>HLAunicodeString</dataType></parameter>"

const char federates_fom[] =
    "<objectModel><objects><objectClass><name>HLAobjectRoot</name>"
    "<objectClass><name>Body</name>" ATTRIBUTE ("Position", "HLAreliable", "TimeStamp") ATTRIBUTE (
        "Mass", "HLAreliable", "TimeStamp") ATTRIBUTE ("Colour", "HLAreliable", "Receive")
        ATTRIBUTE ("Wind", "HLAbestEffort", "Receive") "<objectClass><name>Comet</name>" ATTRIBUTE (
            "Tail", "HLAreliable",
            "TimeStamp") "</objectClass></objectClass>"
                         "<objectClass><name>Ship</name>" ATTRIBUTE ("Name", "HLAreliable",
                                                                     "Receive")
                             ATTRIBUTE (
                                 "Cargo", "HLAreliable",
                                 "Receive") "</objectClass></objectClass></objects>"
                                            "<interactions><interactionClass><name>"
                                            "HLAinteractionRoot</name>" INTERACTION (
                                                "Note", "HLAreliable",
                                                "Receive") PARAMETER ("Text") INTERACTION ("Alarm",
                                                                                           "HLAreli"
                                                                                           "able",
                                                                                           "Receiv"
                                                                                           "e")
                                                PARAMETER (
                                                    "Level") "</interactionClass></"
                                                             "interactionClass>" INTERACTION ("Tic"
                                                                                              "k",
                                                                                              "HLAr"
                                                                                              "elia"
                                                                                              "ble",
                                                                                              "Time"
                                                                                              "Stam"
                                                                                              "p")
                                                                 PARAMETER (
                                                                     "Count") "</"
                                                                              "interactionClass"
                                                                              ">" INTERACTION ("Gus"
                                                                                               "t",
                                                                                               "HLA"
                                                                                               "bes"
                                                                                               "tEf"
                                                                                               "for"
                                                                                               "t",
                                                                                               "Rec"
                                                                                               "eiv"
                                                                                               "e")
                                                                                  PARAMETER (
                                                                                      "Force") "</"
                                                                                               "int"
                                                                                               "era"
                                                                                               "cti"
                                                                                               "onC"
                                                                                               "las"
                                                                                               "s>"
                                                                                               "</"
                                                                                               "int"
                                                                                               "era"
                                                                                               "cti"
                                                                                               "onC"
                                                                                               "las"
                                                                                               "s><"
                                                                                               "/in"
                                                                                               "ter"
                                                                                               "act"
                                                                                               "ion"
                                                                                               "s>"
                                                                                               "<sw"
                                                                                               "itc"
                                                                                               "hes"
                                                                                               "><"
                                                                                               "aut"
                                                                                               "oma"
                                                                                               "tic"
                                                                                               "Res"
                                                                                               "ign"
                                                                                               "Act"
                                                                                               "ion"
                                                                                               " re"
                                                                                               "sig"
                                                                                               "nAc"
                                                                                               "tio"
                                                                                               "n="
                                                                                               "\"D"
                                                                                               "ele"
                                                                                               "teO"
                                                                                               "bje"
                                                                                               "cts"
                                                                                               "The"
                                                                                               "nDi"
                                                                                               "ves"
                                                                                               "t\""
                                                                                               "/><"
                                                                                               "/sw"
                                                                                               "itc"
                                                                                               "hes"
                                                                                               ">"
                                                                                               "</"
                                                                                               "obj"
                                                                                               "ect"
                                                                                               "Mod"
                                                                                               "el"
                                                                                               ">";

/*  The trace ---------------------------------------------------------------------------------- */

static void add_text (char **text, const char *more)
{
    size_t size = strlen (*text) + strlen (more) + 1;
    *text = realloc (*text, size);
    base_assert (*text != NULL);
    strcat (*text, more);
}

static void say (actor_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

static void say (actor_t *self, const char *format, ...)
{
    char line[2048];
    va_list args;

    if (self->terse)
        return;
    va_start (args, format);
    (void) vsnprintf (line, sizeof line, format, args);
    va_end (args);
    add_text (&self->trace, line);
}

static void tell_news (actor_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

static void tell_news (actor_t *self, const char *format, ...)
{
    char line[2048];
    va_list args;
    va_start (args, format);
    (void) vsnprintf (line, sizeof line, format, args);
    va_end (args);
    add_text (&self->news, line);
}

static void say_bytes (actor_t *self, const void *data, size_t size_bytes)
{
    const char *text = data;
    bool plain = size_bytes <= 64;
    for (size_t i = 0; plain && i < size_bytes; i++)
        plain = isprint ((unsigned char) text[i]) != 0;
    if (plain)
        say (self, "%.*s", (int) size_bytes, size_bytes > 0 ? text : "");
    else
        say (self, "<%zu bytes>", size_bytes);
}

void actor_forget (actor_t *self)
{
    self->trace[0] = '\0';
    self->news[0] = '\0';
}

/*  "HLAobjectRoot.Body.Comet" is Comet. */
static const char *last_part (const char *full)
{
    const char *dot = full ? strrchr (full, '.') : NULL;
    return dot ? dot + 1 : full ? full : "?";
}

static void learn_name (actor_t *self, mst_object_t object, const char *name)
{
    for (size_t i = 0; i < self->object_count; i++)
        if (self->objects[i].id == object.id)
            return;
    if (self->object_count == ACTOR_OBJECTS)
        return;
    self->objects[self->object_count].id = object.id;
    (void) snprintf (self->objects[self->object_count++].name, sizeof self->objects[0].name, "%s",
                     name);
}

const char *actor_object_name (const actor_t *self, mst_object_t object)
{
    for (size_t i = 0; i < self->object_count; i++)
        if (self->objects[i].id == object.id)
            return self->objects[i].name;
    const char *name = mst_object_name (self->fed, object);
    return name ? name : "?";
}

/*  Callbacks ---------------------------------------------------------------------------------- */

static void on_discovered (void *user, mst_federate_t fed, const mst_discovery_t *what)
{
    actor_t *self = user;
    self->object = what->object;
    self->discovered++;
    learn_name (self, what->object, what->name);
    say (self, "discovered %s as %s by %s\n", what->name,
         last_part (mst_class_name (fed, what->object_class)), what->producer_name);
}

static void say_reception (actor_t *self, const mst_reception_t *what)
{
    for (size_t i = 0; i < what->value_count; i++)
        self->bytes += what->values[i].size_bytes;
    if (what->tag_size_bytes > 0) {
        say (self, " [");
        say_bytes (self, what->tag, what->tag_size_bytes);
        say (self, "]");
    }
    if (what->time != MST_TIME_NONE)
        say (self, " @%" PRId64 "%s", what->time,
             what->order == MST_ORDER_TIMESTAMP ? "" : " in receive order");
    say (self, "\n");
    if (what->stamp_count > 0) {
        self->stamps_fell = self->stamps_fell || what->stamps[0] <= self->last_stamp;
        self->last_stamp = what->stamps[0];
    }
}

static void on_reflected (void *user, mst_federate_t fed, const mst_reception_t *what)
{
    actor_t *self = user;
    self->reflected++;
    say (self, "reflected %s", actor_object_name (self, what->object));
    for (size_t i = 0; i < what->value_count; i++) {
        mst_attribute_t attribute = { what->values[i].handle };
        const char *name = mst_attribute_name (fed, what->object_class, attribute);
        say (self, " %s=", name ? name : "?");
        say_bytes (self, what->values[i].data, what->values[i].size_bytes);
    }
    say_reception (self, what);
    if (self->on_reflected)
        self->on_reflected (self, what);
}

static void on_received (void *user, mst_federate_t fed, const mst_reception_t *what)
{
    actor_t *self = user;
    self->received++;
    say (self, "received %s", last_part (mst_interaction_name (fed, what->interaction)));
    for (size_t i = 0; i < what->value_count; i++) {
        mst_parameter_t parameter = { what->values[i].handle };
        const char *name = mst_parameter_name (fed, what->interaction, parameter);
        say (self, " %s=", name ? name : "?");
        say_bytes (self, what->values[i].data, what->values[i].size_bytes);
    }
    say_reception (self, what);
    if (self->on_received)
        self->on_received (self, what);
}

static void on_removed (void *user, mst_federate_t fed, const mst_reception_t *what)
{
    actor_t *self = user;
    (void) fed;
    self->removed++;
    say (self, "removed %s", actor_object_name (self, what->object));
    say_reception (self, what);
}

static void say_attributes (actor_t *self, mst_object_t object, uint64_t attributes)
{
    mst_class_t of = { 0 };
    if (mst_object_class (self->fed, object, &of))
        say (self, " ?");
    for (uint32_t bit = 0; bit < 64; bit++) {
        mst_attribute_t attribute = { bit + 1 };
        const char *name = mst_attribute_name (self->fed, of, attribute);
        if (attributes >> bit & 1u)
            say (self, " %s", bit == 0 ? "privilege" : name ? name : "?");
    }
}

static void on_provide (void *user, mst_federate_t fed, mst_object_t object, uint64_t attributes)
{
    actor_t *self = user;
    (void) fed;
    say (self, "provide %s", actor_object_name (self, object));
    say_attributes (self, object, attributes);
    say (self, "\n");
}

static void on_regulation (void *user, mst_federate_t fed, mst_time_t time)
{
    actor_t *self = user;
    (void) fed;
    self->regulating = true;
    say (self, "regulating @%" PRId64 "\n", time);
}

static void on_constrained (void *user, mst_federate_t fed, mst_time_t time)
{
    actor_t *self = user;
    (void) fed;
    self->constrained = true;
    say (self, "constrained @%" PRId64 "\n", time);
}

/*  No line: whoever flushes does it often. */
static void on_flushed (void *user, mst_federate_t fed, mst_time_t time, mst_time_t optimistic)
{
    actor_t *self = user;
    (void) fed;
    CHECK (optimistic >= time);
    self->granted = time;
    self->grants++;
}

static void on_retracted (void *user, mst_federate_t fed, const mst_retracted_t *what)
{
    actor_t *self = user;
    (void) fed;
    say (self, "retracted by %s @%" PRId64 "\n", what->sender_name, what->time);
}

static void on_granted (void *user, mst_federate_t fed, mst_time_t time)
{
    actor_t *self = user;
    (void) fed;
    self->granted = time;
    self->grants++;
    say (self, "granted %" PRId64 "\n", time);
}

static void on_point_registered (void *user, mst_federate_t fed, const char *label, bool succeeded,
                                 const char *reason)
{
    (void) fed;
    if (succeeded)
        say (user, "point %s registered\n", label);
    else
        say (user, "point %s refused: %s\n", label, reason);
}

static void on_announced (void *user, mst_federate_t fed, const char *label, const void *tag,
                          size_t tag_size_bytes)
{
    (void) fed;
    say (user, "announced %s", label);
    if (tag_size_bytes > 0) {
        say (user, " [");
        say_bytes (user, tag, tag_size_bytes);
        say (user, "]");
    }
    say (user, "\n");
}

static void on_synchronized (void *user, mst_federate_t fed, const char *label,
                             const mst_federate_id_t *failed, size_t failed_count)
{
    say (user, "synchronized %s", label);
    for (size_t i = 0; i < failed_count; i++)
        say (user, "%s %s", i == 0 ? ", failed:" : "", mst_federate_name (fed, failed[i]));
    say (user, "\n");
}

static void on_barrier_passed (void *user, mst_federate_t fed, const char *name,
                               uint64_t generation)
{
    (void) fed;
    say (user, "barrier %s passed (%" PRIu64 ")\n", name, generation);
}

static void on_barrier_broken (void *user, mst_federate_t fed, const char *name,
                               const char *missing)
{
    (void) fed;
    say (user, "barrier %s broken: %s\n", name, missing);
}

static void on_name (void *user, mst_federate_t fed, const char *name, bool succeeded)
{
    (void) fed;
    say (user, "name %s %s\n", name, succeeded ? "reserved" : "in use");
}

static void say_ownership (actor_t *self, const char *word, const mst_ownership_t *what)
{
    say (self, "%s %s", word, actor_object_name (self, what->object));
    say_attributes (self, what->object, what->attributes);
    say (self, "\n");
}

static void on_assumption (void *user, mst_federate_t fed, const mst_ownership_t *what)
{
    (void) fed;
    say_ownership (user, "offered", what);
}

static void on_acquired (void *user, mst_federate_t fed, const mst_ownership_t *what)
{
    (void) fed;
    say_ownership (user, "acquired", what);
}

static void on_release (void *user, mst_federate_t fed, const mst_ownership_t *what)
{
    (void) fed;
    say_ownership (user, "asked for", what);
}

static void on_unavailable (void *user, mst_federate_t fed, const mst_ownership_t *what)
{
    (void) fed;
    say_ownership (user, "unavailable", what);
}

static void on_owner (void *user, mst_federate_t fed, const mst_ownership_t *what)
{
    const char *owner = mst_federate_name (fed, what->other);
    say_ownership (user, owner ? owner : "nobody", what);
}

static void say_migration (actor_t *self, const char *word, const mst_migration_t *what)
{
    say (self, "%s %s at %" PRId64 ", epoch %u", word, actor_object_name (self, what->object),
         what->cut, what->epoch);
    if (what->state_size_bytes > 0) {
        say (self, ": ");
        say_bytes (self, what->state, what->state_size_bytes);
    }
    if (what->reason && what->reason[0] != '\0')
        say (self, ": %s", what->reason);
    say (self, "\n");
}

static void on_migrated_in (void *user, mst_federate_t fed, const mst_migration_t *what)
{
    actor_t *self = user;
    (void) fed;
    self->object = what->object;
    say_migration (self, "came", what);
}

static void on_migrated_out (void *user, mst_federate_t fed, const mst_migration_t *what)
{
    (void) fed;
    say_migration (user, "left", what);
}

static void on_migration_aborted (void *user, mst_federate_t fed, const mst_migration_t *what)
{
    (void) fed;
    say_migration (user, "stayed", what);
}

static void on_federate_joined (void *user, mst_federate_t fed, mst_federate_id_t id,
                                const char *name)
{
    (void) fed;
    (void) id;
    tell_news (user, "%s joined\n", name);
}

static void on_federate_resigned (void *user, mst_federate_t fed, mst_federate_id_t id,
                                  const char *name)
{
    (void) fed;
    (void) id;
    tell_news (user, "%s resigned\n", name);
}

static void on_federate_lost (void *user, mst_federate_t fed, mst_federate_id_t id,
                              const char *name, mst_time_t time, const char *reason)
{
    (void) fed;
    (void) id;
    if (time == MST_TIME_NEVER)
        tell_news (user, "%s lost: %s\n", name, reason);
    else
        tell_news (user, "%s lost at %" PRId64 ": %s\n", name, time, reason);
}

static void on_refused (void *user, mst_federate_t fed, mst_err_t err, const char *text)
{
    (void) fed;
    say (user, "refused %s: %s\n", mst_error_name (err), text);
}

static void on_connection_lost (void *user, mst_federate_t fed, const char *reason)
{
    actor_t *self = user;
    (void) fed;
    self->lost = true;
    tell_news (self, "the RTI is lost: %s\n", reason);
}

mst_callbacks_t actor_callbacks (void)
{
    return (mst_callbacks_t){ .discovered = on_discovered,
                              .reflected = on_reflected,
                              .received = on_received,
                              .removed = on_removed,
                              .provide_update = on_provide,
                              .regulation_enabled = on_regulation,
                              .constrained_enabled = on_constrained,
                              .granted = on_granted,
                              .flush_queue_granted = on_flushed,
                              .retraction_requested = on_retracted,
                              .point_registered = on_point_registered,
                              .point_announced = on_announced,
                              .synchronized = on_synchronized,
                              .barrier_passed = on_barrier_passed,
                              .barrier_broken = on_barrier_broken,
                              .name_reserved = on_name,
                              .assumption_requested = on_assumption,
                              .acquired = on_acquired,
                              .release_requested = on_release,
                              .unavailable = on_unavailable,
                              .owner_informed = on_owner,
                              .migrated_in = on_migrated_in,
                              .migrated_out = on_migrated_out,
                              .migration_aborted = on_migration_aborted,
                              .federate_joined = on_federate_joined,
                              .federate_resigned = on_federate_resigned,
                              .federate_lost = on_federate_lost,
                              .refused = on_refused,
                              .connection_lost = on_connection_lost };
}

/*  The stage ---------------------------------------------------------------------------------- */

void stage_open_at (stage_t *self, const char *endpoint)
{
    *self = (stage_t){ 0 };
    (void) snprintf (self->endpoint, sizeof self->endpoint, "%s", endpoint);
}

void stage_open (stage_t *self)
{
    stage_open_at (self, "");
    if (mst_rti_start (NULL, &self->rti) ||
        mst_rti_endpoint (self->rti, self->endpoint, sizeof self->endpoint)) {
        fprintf (stderr, "no RTI: %s\n", mst_error_text ());
        exit (1);
    }
}

mst_join_options_t stage_options (stage_t *self)
{
    static const mst_module_t module = { "federates.xml", federates_fom, sizeof federates_fom - 1 };
    return (mst_join_options_t){ .rti = self->endpoint,
                                 .federation = "world",
                                 .modules = &module,
                                 .module_count = 1,
                                 .callbacks = actor_callbacks () };
}

actor_t *stage_join_with (stage_t *self, const char *name, mst_join_options_t options)
{
    base_assert (self->count < STAGE_ACTORS);
    actor_t *actor = &self->actors[self->count++];
    *actor = (actor_t){ .stage = self, .granted = MST_TIME_NONE };
    (void) snprintf (actor->name, sizeof actor->name, "%s", name);
    actor->trace = calloc (1, 1);
    actor->news = calloc (1, 1);
    base_assert (actor->trace != NULL && actor->news != NULL);
    options.name = name;
    options.user = actor;
    actor->joined = CHECK_OK (mst_join (&options, &actor->fed));
    return actor;
}

actor_t *stage_join (stage_t *self, const char *name)
{
    return stage_join_with (self, name, stage_options (self));
}

void actor_resign (actor_t *self, mst_resign_t action)
{
    mst_err_t err = mst_resign (&self->fed, action);
    CHECK (err == MST_OK || err == MST_E_CONNECTION_LOST);
    self->joined = false;
}

void stage_close (stage_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        actor_t *actor = &self->actors[i];
        if (actor->joined)
            actor_resign (actor, MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST);
        free (actor->trace);
        free (actor->news);
    }
    if (self->rti.generation != 0)
        CHECK_OK (mst_rti_stop (&self->rti));
    *self = (stage_t){ 0 };
}

static bool run_once (stage_t *self, int64_t wait_ms)
{
    bool ran = false;
    for (size_t i = 0; i < self->count; i++) {
        bool any = false;
        if (!self->actors[i].joined)
            continue;
        mst_err_t err = mst_evoke (self->actors[i].fed, wait_ms, &any);
        if (err && err != MST_E_CONNECTION_LOST)
            CHECK_OK (err);
        ran = ran || any;
    }
    return ran;
}

bool stage_turn (stage_t *self, stage_wait_t *wait)
{
    if (wait->deadline_ms == 0)
        wait->deadline_ms = test_now_ms () + STAGE_DEADLINE_MS;
    if (!run_once (self, 0))
        (void) run_once (self, 1);
    return test_now_ms () < wait->deadline_ms;
}

/*  An answer of the RTI comes behind all that it had to tell before. */
void stage_settle (stage_t *self)
{
    for (size_t i = 0; i < 2 * self->count; i++) {
        mst_time_t ignored;
        if (self->actors[i % self->count].joined)
            CHECK_OK (mst_query_galt (self->actors[i % self->count].fed, &ignored));
    }
}

void actor_hears (stage_t *stage, actor_t *self, const char *text, const char *file, int line)
{
    stage_wait_t wait = { 0 };
    while (strlen (self->trace) < strlen (text) && stage_turn (stage, &wait))
        ;
    (void) test_check_text (self->trace, text, self->name, file, line);
    self->trace[0] = '\0';
}

/*  What actors do ----------------------------------------------------------------------------- */

mst_class_t actor_class (const actor_t *self, const char *name)
{
    mst_class_t found = { 0 };
    CHECK_OK (mst_class_find (self->fed, name, &found));
    return found;
}

mst_interaction_class_t actor_interaction (const actor_t *self, const char *name)
{
    mst_interaction_class_t found = { 0 };
    CHECK_OK (mst_interaction_find (self->fed, name, &found));
    return found;
}

mst_attribute_t actor_attribute (const actor_t *self, const char *of, const char *name)
{
    mst_attribute_t found = { 0 };
    CHECK_OK (mst_attribute_find (self->fed, actor_class (self, of), name, &found));
    return found;
}

void actor_publishes (const actor_t *self, const char *class_name)
{
    CHECK_OK (mst_publish (self->fed, actor_class (self, class_name), NULL, 0));
}

void actor_subscribes (const actor_t *self, const char *class_name)
{
    CHECK_OK (mst_subscribe (self->fed, actor_class (self, class_name), NULL, 0));
}

mst_object_t actor_registers (actor_t *self, const char *class_name)
{
    mst_object_t object = { 0 };
    CHECK_OK (mst_register (self->fed, actor_class (self, class_name), NULL, &object));
    learn_name (self, object, mst_object_name (self->fed, object));
    return object;
}

mst_err_t actor_updates (actor_t *self, mst_object_t object, const char *attribute,
                         const char *value, mst_time_t time)
{
    mst_class_t of;
    mst_attribute_t found;
    mst_err_t err = mst_object_class (self->fed, object, &of);
    if (!err)
        err = mst_attribute_find (self->fed, of, attribute, &found);
    if (err)
        return err;
    mst_value_t what = { found.id, (uint32_t) strlen (value), value };
    return mst_update (self->fed, object, &what, 1, time, NULL);
}

mst_err_t actor_sends (actor_t *self, const char *interaction, const char *parameter,
                       const char *value, mst_time_t time)
{
    mst_parameter_t found;
    mst_interaction_class_t of;
    mst_err_t err = mst_interaction_find (self->fed, interaction, &of);
    if (!err)
        err = mst_parameter_find (self->fed, of, parameter, &found);
    if (err)
        return err;
    mst_value_t what = { found.id, (uint32_t) strlen (value), value };
    return mst_send (self->fed, of, &what, 1, time, NULL);
}

void actor_keeps_time (stage_t *stage, actor_t *self, mst_time_t lookahead)
{
    CHECK_OK (mst_enable_regulation (self->fed, lookahead));
    STAGE_UNTIL (stage, self->regulating);
    CHECK_OK (mst_enable_constrained (self->fed));
    STAGE_UNTIL (stage, self->constrained);
}

void actor_advances (stage_t *stage, actor_t *self, mst_time_t to)
{
    size_t before = self->grants;
    CHECK_OK (mst_time_advance_request (self->fed, to));
    STAGE_UNTIL (stage, self->grants > before);
}
