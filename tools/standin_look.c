/*  A first look at the whole recording: what has to be known before it is played, and whether it
   can be. */
#include "tools/standin_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "log/merge.h"
#include "log/slice.h"
#include "tools/config_json.h"
#include "tools/recording.h"
#include "tools/scenario.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

mst_err_t standin_open (standin_t *self, const char *file, const char *name)
{
    self->path = file;
    self->name = log_text (name);
    self->file.fd = -1;
    base_arena_init (&self->arena);
    base_map_init (&self->places);
    base_names_init (&self->owned);
    mst_err_t err = tools_source_open (&self->file, file);
    if (err)
        return err;
    err = log_reader_new (&self->reader, &self->file.source);
    if (!err)
        err = log_walk_init (&self->walk, &self->file.source);
    return err ? base_error_prefix (err, "%s: ", file) : MST_OK;
}

void standin_close (standin_t *self)
{
    log_reader_destroy (&self->reader);
    log_walk_fini (&self->walk);
    tools_source_close (&self->file);
    BASE_LIST_FINI (&self->points);
    BASE_LIST_FINI (&self->leavings);
    BASE_LIST_FINI (&self->joined);
    BASE_LIST_FINI (&self->objects);
    BASE_LIST_FINI (&self->registrars);
    BASE_LIST_FINI (&self->channels);
    base_map_fini (&self->places);
    base_names_fini (&self->owned);
    base_buffer_fini (&self->ahead_body);
    base_arena_fini (&self->arena);
}

static const char *look_copy (standin_t *self, log_span_t text)
{
    return base_arena_copy (&self->arena, text.data, text.size_bytes);
}

/*  Records ------------------------------------------------------------------------------------ */

static mst_err_t look_federate (standin_t *self, const log_federate_t *federate)
{
    bool ours = log_span_is (federate->name, self->name);
    if (!log_span_is (federate->event, log_text ("joined")))
        return MST_OK;
    if (ours) {
        self->came = true;
        return MST_OK;
    }
    const char *name = look_copy (self, federate->name);
    if (!name || BASE_LIST_PUSH (&self->joined, name))
        return base_alloc_error ();
    return MST_OK;
}

static void look_grant (standin_t *self, const log_grant_t *grant)
{
    if (!log_span_is (grant->federate, self->name))
        return;
    self->bare_grants += grant->kind.size_bytes == 0;
    self->setup += log_span_is (grant->kind, log_text ("enable time regulation")) ||
                   log_span_is (grant->kind, log_text ("enable time constrained"));
}

static mst_err_t look_migration (standin_t *self, const log_migration_t *migration)
{
    bool committed = log_span_is (migration->decision, log_text ("commit"));
    self->arrives = self->arrives || (committed && log_span_is (migration->to, self->name));
    if (!committed || !log_span_is (migration->from, self->name))
        return MST_OK;
    if (migration->object.size_bytes == 0) { /* the batch as a whole */
        self->batches++;
        return MST_OK;
    }
    standin_leaving_t leaving = { .object = look_copy (self, migration->object),
                                  .to = look_copy (self, migration->to),
                                  .cut = migration->cut,
                                  .place = self->leavings.count,
                                  .state = log_span (look_copy (self, migration->state),
                                                     migration->state.size_bytes) };
    if (!leaving.object || !leaving.to || !leaving.state.data ||
        BASE_LIST_PUSH (&self->leavings, leaving))
        return base_alloc_error ();
    return MST_OK;
}

/*  Who registered a point, once; takes it from the list. */
static const char *look_registrar (standin_t *self, const char *label)
{
    for (size_t i = 0; i + 1 < self->registrars.count; i += 2) {
        const char *by = self->registrars.items[i + 1];
        if (!self->registrars.items[i] || strcmp (self->registrars.items[i], label) != 0)
            continue;
        self->registrars.items[i] = NULL;
        return by;
    }
    return NULL;
}

static mst_err_t look_note (standin_t *self, const log_control_t *control)
{
    tools_note_t note;
    tools_note_read (&note, control->frame.data, control->frame.size_bytes);
    self->barriers = self->barriers || note.kind == TOOLS_NOTE_BARRIER;
    if (note.kind != TOOLS_NOTE_POINT && note.kind != TOOLS_NOTE_SYNCHRONIZED)
        return MST_OK;
    const char *label = look_copy (self, note.name);
    if (!label)
        return base_alloc_error ();
    if (note.kind == TOOLS_NOTE_POINT) {
        const char *by = look_copy (self, note.text);
        bool good = by && !BASE_LIST_PUSH (&self->registrars, label) &&
                    !BASE_LIST_PUSH (&self->registrars, by);
        return good ? MST_OK : base_alloc_error ();
    }
    const char *by = look_registrar (self, label);
    standin_point_t point = { .label = label,
                              .setup = self->setup,
                              .members = self->joined.count,
                              .ours = by && log_span_is (log_text (by), self->name),
                              .partial = note.sequence < self->joined.count + 1 };
    return BASE_LIST_PUSH (&self->points, point);
}

static mst_err_t look_record (standin_t *self, const log_item_t *item)
{
    log_record_t record;
    if (!log_record_known (item->opcode))
        return MST_OK;
    mst_err_t err =
        log_record_decode (&record, item->opcode, item->content.data, item->content.size_bytes);
    if (err)
        return base_error_prefix (MST_E_FILE_CORRUPT, "%s: ", self->path);
    switch (item->opcode) {
    case LOG_RECORD_FEDERATE: return look_federate (self, &record.federate);
    case LOG_RECORD_GRANT: look_grant (self, &record.grant); return MST_OK;
    case LOG_RECORD_MIGRATION: return look_migration (self, &record.migration);
    case LOG_RECORD_CONTROL: return look_note (self, &record.control);
    default: return MST_OK;
    }
}

static mst_err_t look_message (standin_t *self, const log_envelope_t *envelope)
{
    if (envelope->body.size_bytes < 2 ||
        (envelope->body.data[1] != LOG_KIND_REGISTER && envelope->body.data[1] != LOG_KIND_DELETE))
        return MST_OK;
    mst_err_t err =
        log_message_decode (&self->decoded, envelope->body.data, envelope->body.size_bytes);
    if (err)
        return base_error_prefix (MST_E_FILE_CORRUPT, "%s: ", self->path);
    if (!log_span_is (self->decoded.message.sender, self->name))
        return MST_OK;
    if (self->decoded.message.kind == LOG_KIND_DELETE) {
        self->deletes += self->decoded.message.order == LOG_ORDER_RECEIVE;
        return MST_OK;
    }
    self->setup++;
    const char *name = look_copy (self, self->decoded.message.object);
    if (!name || BASE_LIST_PUSH (&self->objects, name))
        return base_alloc_error ();
    return MST_OK;
}

/*  Can it be? --------------------------------------------------------------------------------- */

static mst_err_t look_refuse (const standin_t *self, const char *why)
{
    return base_error (MST_E_NOT_SUPPORTED, "%s cannot stand in for \"%.*s\": %s", self->path,
                       (int) self->name.size_bytes, self->name.data, why);
}

/*  A part of a recording is a part of a part. */
static mst_err_t look_whole (standin_t *self)
{
    static const char *const parts[] = { LOG_METADATA_SLICE, LOG_METADATA_MERGE };
    if (!log_reader_info (self->reader)->complete)
        return look_refuse (self, "the recording has no end; record the run once more");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        log_metadata_t metadata;
        bool found;
        mst_err_t err = log_reader_find_metadata (self->reader, parts[i], &metadata, &found);
        if (err)
            return err;
        if (found)
            return look_refuse (self, "it was sliced or merged; use the recording as it was made");
    }
    return MST_OK;
}

static mst_err_t look_classes (standin_t *self)
{
    base_buffer_t text = { 0 };
    scenario_t *scenario = NULL;
    mst_err_t err = tools_recording_attachment (self->reader, "scenario.json", &text);
    if (!err)
        err = scenario_read ("scenario.json", text.data, text.size_bytes, &scenario);
    if (!err && scenario->record.class_count > 0)
        err = look_refuse (self, "it holds only some classes, and a stand-in plays all that its "
                                 "federate sent; record the run without record.classes");
    scenario_destroy (&scenario);
    base_buffer_fini (&text);
    return err;
}

static mst_err_t look_judge (standin_t *self)
{
    if (!self->came) {
        const char *nearest =
            config_nearest (self->name.data, self->joined.items, self->joined.count);
        return base_error (
            MST_E_INVALID_ARGUMENT, "%s: no federate \"%.*s\" took part in the run%s%s%s",
            self->path, (int) self->name.size_bytes, self->name.data,
            nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
    }
    if (self->barriers)
        return look_refuse (self, "the run used barriers, and whom a barrier waits for is not "
                                  "recorded");
    if (self->bare_grants > 0)
        return look_refuse (self, "it was made by an older version, without the kinds of advances; "
                                  "record the run once more");
    if (self->batches > 0 && self->leavings.count == 0)
        return look_refuse (self, "it handed objects over, and their states were not recorded; "
                                  "record the run once more");
    BASE_LIST_EACH (&self->points, i)
        if (self->points.items[i].ours && self->points.items[i].partial)
            return look_refuse (self, "it registered a synchronization point for some federates, "
                                      "and for which is not recorded");
    return MST_OK;
}

static int compare_cuts (const void *one, const void *other)
{
    const standin_leaving_t *a = one, *b = other;
    if (a->cut != b->cut)
        return a->cut < b->cut ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

mst_err_t standin_look (standin_t *self)
{
    bool found = true;
    mst_err_t err = look_whole (self);
    if (!err)
        err = look_classes (self);
    while (!err && found) {
        log_item_t item;
        err = log_walk_next (&self->walk, &item, &found);
        if (!err && found && item.opcode == LOG_OP_MESSAGE)
            err = look_message (self, &item.message);
        else if (!err && found && item.opcode >= LOG_OP_PRIVATE)
            err = look_record (self, &item);
    }
    if (!err)
        err = look_judge (self);
    if (!err && self->leavings.count > 1)
        qsort (self->leavings.items, self->leavings.count, sizeof *self->leavings.items,
               compare_cuts);
    return err;
}

mst_err_t tools_standin_check (const char *file, const char *name)
{
    standin_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    mst_err_t err = standin_open (self, file, name);
    if (!err)
        err = standin_look (self);
    standin_close (self);
    base_free (self);
    return err;
}
