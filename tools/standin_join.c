/*  The stand-in joins, and keeps the synchronization points. */
#include "tools/standin_own.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

enum { NAMES_AT_ONCE = 1000 };

/*  Synchronization points --------------------------------------------------------------------- */

static bool point_all_there (const standin_t *self, const standin_point_t *point)
{
    for (size_t i = 0; i < point->members; i++) {
        mst_federate_id_t id;
        if (mst_federate_find (self->fed, self->joined.items[i], &id))
            return false;
    }
    return true;
}

/*  A point is achieved once all that the federate had done before it is done, and everybody is
   there who was there then: so nobody passes it too early. */
void standin_points (standin_t *self)
{
    BASE_LIST_EACH (&self->points, i) {
        standin_point_t *point = &self->points.items[i];
        if (point->synchronized)
            continue;
        if (self->set_up < point->setup || !point_all_there (self, point))
            return;
        if (point->ours && !point->registered && !point->announced)
            point->registered = !mst_register_point (self->fed, point->label, NULL, 0, NULL, 0);
        if (point->announced && !point->achieved)
            point->achieved = !mst_achieve_point (self->fed, point->label, true);
        if (!point->achieved)
            return;
    }
}

static standin_point_t *point_find (standin_t *self, const char *label, bool announced)
{
    BASE_LIST_EACH (&self->points, i) {
        standin_point_t *point = &self->points.items[i];
        if (!point->synchronized && point->announced == announced &&
            strcmp (point->label, label) == 0)
            return point;
    }
    return NULL;
}

/*  Callbacks ---------------------------------------------------------------------------------- */

static void on_announced (void *user, mst_federate_t fed, const char *label, const void *tag,
                          size_t tag_size_bytes)
{
    standin_t *self = user;
    standin_point_t *point = point_find (self, label, false);
    (void) tag;
    (void) tag_size_bytes;
    if (point)
        point->announced = true;
    else /* none of the recorded run: nobody shall wait for us */
        (void) mst_achieve_point (fed, label, true);
    standin_points (self);
}

static void on_synchronized (void *user, mst_federate_t fed, const char *label,
                             const mst_federate_id_t *failed, size_t failed_count)
{
    standin_t *self = user;
    standin_point_t *point = point_find (self, label, true);
    (void) fed;
    (void) failed;
    (void) failed_count;
    if (point)
        point->synchronized = true;
    standin_points (self);
}

static void on_joined (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name)
{
    (void) fed;
    (void) id;
    (void) name;
    standin_points (user);
}

static void on_regulating (void *user, mst_federate_t fed, mst_time_t time)
{
    standin_t *self = user;
    (void) fed;
    self->regulating = true;
    self->now = time;
}

static void on_constrained (void *user, mst_federate_t fed, mst_time_t time)
{
    standin_t *self = user;
    (void) fed;
    (void) time;
    self->constrained = true;
}

static void on_reserved (void *user, mst_federate_t fed, const char *name, bool succeeded)
{
    standin_t *self = user;
    (void) fed;
    (void) name;
    self->names_open -= self->names_open > 0;
    self->refused = self->refused || !succeeded;
}

/*  It came as it did in the recorded run. */
static void on_migrated_in (void *user, mst_federate_t fed, const mst_migration_t *migration)
{
    standin_t *self = user;
    const char *name = mst_object_name (fed, migration->object);
    if (name)
        (void) base_names_set (&self->owned, name, strlen (name), migration->object.id);
}

mst_err_t standin_turn (standin_t *self)
{
    mst_err_t err = mst_evoke (self->fed, STANDIN_TURN_MS, NULL);
    standin_points (self);
    return err;
}

/*  Declaring ---------------------------------------------------------------------------------- */

static mst_err_t member_find (const standin_t *self, const standin_channel_t *channel,
                              const char *name, uint32_t *handle)
{
    mst_attribute_t attribute = { 0 };
    mst_parameter_t parameter = { 0 };
    mst_err_t err =
        channel->interaction
            ? mst_parameter_find (self->fed, (mst_interaction_class_t){ channel->class_id }, name,
                                  &parameter)
            : mst_attribute_find (self->fed, (mst_class_t){ channel->class_id }, name, &attribute);
    *handle = channel->interaction ? parameter.id : attribute.id;
    return err;
}

/*  Objects that migrate to it must be known to it. */
static mst_err_t channel_declare (standin_t *self, const log_class_t *from,
                                  standin_channel_t *channel)
{
    mst_class_t object = { 0 };
    mst_interaction_class_t interaction = { 0 };
    channel->interaction = from->interaction;
    mst_err_t err = from->interaction ? mst_interaction_find (self->fed, from->name, &interaction)
                                      : mst_class_find (self->fed, from->name, &object);
    channel->class_id = from->interaction ? interaction.id : object.id;
    if (!err)
        err = from->interaction ? mst_publish_interaction (self->fed, interaction)
                                : mst_publish (self->fed, object, NULL, 0);
    if (!err && !from->interaction && self->arrives)
        err = mst_subscribe (self->fed, object, NULL, 0);
    return err;
}

static mst_err_t standin_channel (standin_t *self, const log_channel_t *from)
{
    standin_channel_t channel = { 0 };
    log_class_t description;
    const log_schema_t *schema = log_reader_schema (self->reader, from->schema_id);
    if (!schema || !log_span_is (schema->encoding, log_text (LOG_CLASS_ENCODING)))
        return MST_OK;
    mst_err_t err =
        log_class_decode (&description, &self->arena, schema->data.data, schema->data.size_bytes);
    if (!err)
        err = channel_declare (self, &description, &channel);
    uint32_t *handles =
        err ? NULL : base_arena_alloc (&self->arena, description.member_count + 1, sizeof *handles);
    if (!err && !handles)
        err = base_alloc_error ();
    for (uint32_t i = 0; !err && i < description.member_count; i++)
        err = member_find (self, &channel, description.members[i].name, &handles[i]);
    channel.handles = handles;
    channel.handle_count = description.member_count;
    if (!err)
        err = base_map_set (&self->places, from->id, self->channels.count);
    if (!err)
        err = BASE_LIST_PUSH (&self->channels, channel);
    return err;
}

static mst_err_t standin_names (standin_t *self)
{
    mst_err_t err = MST_OK;
    for (size_t first = 0; first < self->objects.count && !err; first += NAMES_AT_ONCE) {
        size_t count = self->objects.count - first;
        if (count > NAMES_AT_ONCE)
            count = NAMES_AT_ONCE;
        self->names_open = count;
        err = mst_reserve_names (self->fed, self->objects.items + first, count);
        while (!err && self->names_open > 0)
            err = standin_turn (self);
        if (!err && self->refused)
            err = base_error (MST_E_NAME_IN_USE,
                              "names of the objects of \"%.*s\" are taken: what runs is not what "
                              "was recorded",
                              (int) self->name.size_bytes, self->name.data);
    }
    return err;
}

mst_err_t standin_join (standin_t *self, const tools_standin_t *options)
{
    const mst_join_options_t join = {
        .rti = options->rti,
        .federation = options->federation,
        .name = options->name,
        .callbacks = { .federate_joined = on_joined,
                       .point_announced = on_announced,
                       .synchronized = on_synchronized,
                       .regulation_enabled = on_regulating,
                       .constrained_enabled = on_constrained,
                       .name_reserved = on_reserved,
                       .migrated_in = on_migrated_in },
        .user = self,
    };
    mst_err_t err = mst_join (&join, &self->fed);
    for (size_t i = 0; i < log_reader_channel_count (self->reader) && !err; i++)
        err = standin_channel (self, log_reader_channel_at (self->reader, i));
    return err ? err : standin_names (self);
}
