/*  What stands before the first message: the object model from the attachments, the channels'
   classes and members by their names, the others waited for. */
#include "tools/player_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/recording.h"
#include "tools/text.h"

#include <string.h>

static const char fom_folder[] = "fom/";

mst_err_t player_turn (player_t *self, int64_t wait_ms)
{
    self->since = 0;
    if (self->options->stopped && self->options->stopped (self->options->user))
        return base_error (MST_E_CALL_NOT_ALLOWED, "the replay was interrupted");
    mst_err_t err = mst_evoke (self->fed, wait_ms, NULL);
    return err ? err : self->err;
}

/*  The recording ------------------------------------------------------------------------------ */

static mst_err_t player_module (player_t *self, size_t place)
{
    log_attachment_t attachment;
    mst_err_t err = log_reader_attachment (self->reader, place, &attachment);
    if (err)
        return err;
    mst_module_t module = {
        .name = base_arena_copy (&self->arena, attachment.name.data, attachment.name.size_bytes),
        .data = base_arena_copy (&self->arena, attachment.data.data, attachment.data.size_bytes),
        .size_bytes = attachment.data.size_bytes,
    };
    if (!module.name || !module.data || BASE_LIST_PUSH (&self->modules, module))
        return base_alloc_error ();
    return MST_OK;
}

static mst_err_t player_model (player_t *self)
{
    size_t prefix = strlen (fom_folder);
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_attachment_count (self->reader) && !err; i++) {
        log_span_t name = log_reader_attachment_at (self->reader, i)->name;
        if (name.size_bytes > prefix && memcmp (name.data, fom_folder, prefix) == 0)
            err = player_module (self, i);
    }
    if (!err && self->modules.count == 0)
        err = base_error (MST_E_CONFIG,
                          "%s has no object model among its attachments; muster run "
                          "--record puts it there",
                          self->options->file);
    return err;
}

mst_err_t player_open (player_t *self)
{
    base_arena_init (&self->arena);
    base_map_init (&self->places);
    base_names_init (&self->objects);
    log_state_init (&self->world);
    mst_err_t err = tools_source_open (&self->file, self->options->file);
    if (!err)
        err = log_reader_new (&self->reader, &self->file.source);
    if (err)
        return self->file.fd >= 0 ? base_error_prefix (err, "%s: ", self->options->file) : err;
    err = tools_recording_whole (self->reader, &self->file);
    if (!err)
        err = log_reader_new (&self->scout, &self->file.source);
    if (!err)
        err = tools_times_read (self->reader, &self->times);
    if (!err && self->options->choice)
        err =
            tools_choice_resolve (self->options->choice, self->reader, &self->times, &self->select);
    return err ? err : player_model (self);
}

void player_close (player_t *self)
{
    log_reader_destroy (&self->reader);
    log_reader_destroy (&self->scout);
    tools_source_close (&self->file);
    BASE_LIST_FINI (&self->modules);
    BASE_LIST_FINI (&self->channels);
    base_map_fini (&self->places);
    base_names_fini (&self->objects);
    log_state_fini (&self->world);
    BASE_LIST_EACH (&self->refused, i)
        base_free (self->refused.items[i]);
    BASE_LIST_FINI (&self->refused);
    base_arena_fini (&self->arena);
}

/*  Callbacks ---------------------------------------------------------------------------------- */

static void on_joined (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name)
{
    player_t *self = user;
    (void) name;
    self->joined += id.id != mst_self (fed).id;
}

static void on_regulating (void *user, mst_federate_t fed, mst_time_t time)
{
    player_t *self = user;
    (void) fed;
    self->regulating = true;
    self->now = time;
}

static void on_reserved (void *user, mst_federate_t fed, const char *name, bool succeeded)
{
    (void) fed;
    player_name_answer (user, name, succeeded);
}

static void on_provide (void *user, mst_federate_t fed, mst_object_t object, uint64_t attributes)
{
    (void) fed;
    player_provide (user, object, attributes);
}

/*  The player is always there already. */
static void on_announced (void *user, mst_federate_t fed, const char *label, const void *tag,
                          size_t tag_size_bytes)
{
    (void) user;
    (void) tag;
    (void) tag_size_bytes;
    (void) mst_achieve_point (fed, label, true);
}

static void on_synchronized (void *user, mst_federate_t fed, const char *label,
                             const mst_federate_id_t *failed, size_t failed_count)
{
    player_t *self = user;
    (void) fed;
    (void) failed;
    (void) failed_count;
    if (self->options->point && strcmp (label, self->options->point) == 0)
        self->synchronized = true;
}

/*  Classes ------------------------------------------------------------------------------------ */

static mst_err_t member_find (player_t *self, const player_channel_t *channel, const char *name,
                              uint32_t *handle)
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

static mst_err_t channel_class (player_t *self, const log_class_t *from, player_channel_t *channel)
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
    return err;
}

static mst_err_t player_channel (player_t *self, const log_channel_t *from)
{
    player_channel_t channel = { 0 };
    log_class_t description;
    const log_schema_t *schema = log_reader_schema (self->reader, from->schema_id);
    if (!schema || !log_span_is (schema->encoding, log_text (LOG_CLASS_ENCODING)) ||
        !log_select_class (&self->select, from->topic))
        return MST_OK; /* somebody else's channel, or not chosen */
    mst_err_t err =
        log_class_decode (&description, &self->arena, schema->data.data, schema->data.size_bytes);
    if (!err)
        err = channel_class (self, &description, &channel);
    uint32_t *handles =
        base_arena_alloc (&self->arena, description.member_count + 1, sizeof *handles);
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

static mst_err_t player_channels (player_t *self)
{
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_channel_count (self->reader) && !err; i++)
        err = player_channel (self, log_reader_channel_at (self->reader, i));
    return err == MST_E_CLASS_UNKNOWN || err == MST_E_ATTRIBUTE_UNKNOWN ||
                   err == MST_E_INTERACTION_UNKNOWN || err == MST_E_PARAMETER_UNKNOWN
               ? base_error_prefix (MST_E_FOM_INCONSISTENT,
                                    "%s was recorded with another object model than federation "
                                    "\"%s\" has: ",
                                    self->options->file, self->federation)
               : err;
}

const player_channel_t *player_channel_of (const player_t *self, uint16_t channel_id)
{
    uint64_t place;
    return base_map_get (&self->places, channel_id, &place) ? &self->channels.items[place] : NULL;
}

/*  Joining ------------------------------------------------------------------------------------ */

static mst_err_t player_federation (player_t *self, char **name)
{
    log_metadata_t metadata;
    bool found = false;
    mst_err_t err = log_reader_find_metadata (self->reader, "muster.run", &metadata, &found);
    if (err)
        return err;
    log_pair_t pair;
    log_cursor_t at =
        found ? log_cursor (metadata.map.data, metadata.map.size_bytes) : log_cursor ("", 0);
    *name = NULL;
    while (log_map_next (&at, &pair))
        if (log_span_is (pair.key, log_text ("federation")))
            *name = base_arena_copy (&self->arena, pair.value.data, pair.value.size_bytes);
    return *name ? MST_OK
                 : base_error (MST_E_CONFIG, "%s does not name its federation: use --federation",
                               self->options->file);
}

mst_err_t player_regulate (player_t *self)
{
    mst_err_t err = mst_enable_regulation (self->fed, 0);
    while (!err && !self->regulating)
        err = player_turn (self, PLAYER_TURN_MS);
    return err;
}

mst_err_t player_meet (player_t *self)
{
    mst_err_t err = MST_OK;
    while (!err && self->joined < self->options->wait)
        err = player_turn (self, PLAYER_TURN_MS);
    while (!err && self->options->point && !self->synchronized)
        err = player_turn (self, PLAYER_TURN_MS);
    return err;
}

mst_err_t player_join (player_t *self)
{
    char *federation = (char *) (uintptr_t) self->options->federation;
    mst_err_t err = federation ? MST_OK : player_federation (self, &federation);
    if (err)
        return err;
    self->federation = federation;
    mst_join_options_t join = {
        .rti = self->options->rti,
        .federation = federation,
        .name = self->options->name ? self->options->name : "muster-player",
        .type = "muster-player",
        .modules = self->modules.items,
        .module_count = self->modules.count,
        .callbacks = { .federate_joined = on_joined,
                       .regulation_enabled = on_regulating,
                       .name_reserved = on_reserved,
                       .provide_update = on_provide,
                       .point_announced = on_announced,
                       .synchronized = on_synchronized },
        .user = self,
    };
    err = mst_join (&join, &self->fed);
    return err ? err : player_channels (self);
}
