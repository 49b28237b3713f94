/*  What recorders are told besides their own part in the federation: the RTI's records, as frames
   inside RECORDS. They are batched, and leave before the next thing that the recorder is told. */
#include "rti/core/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void rti_records_flush (rti_federate_t *self)
{
    base_assert (self->federation != NULL);
    if (self->records.size_bytes == 0)
        return;
    wire_records_t records = { { self->records.data, self->records.size_bytes } };
    base_assert ((self->flags & RTI_FLAG_RECORDER) != 0);
    rti_tell_link (self->federation->core, self->link, WIRE_SERVICE_RECORDS, &records);
    base_buffer_clear (&self->records);
    self->records_due_ns = INT64_MAX;
}

/*  Appends one frame to what waits. */
static mst_err_t rti_record_append (rti_federate_t *self, uint16_t kind, const void *args)
{
    const rti_core_t *core = self->federation->core;
    wire_down_t down = { .global = core->global,
                         .origin = core->origin,
                         .origin_sequence = core->origin_sequence,
                         .processed = self->link->sequence };
    size_t before = self->records.size_bytes, start;

    base_assert (self->federation != NULL);
    base_assert (args != NULL);
    mst_err_t err = wire_frame_begin (&self->records, &start);
    if (!err)
        err = wire_down_write (&self->records, &down);
    if (!err)
        err = wire_service_encode (kind, args, &self->records);
    if (!err)
        err = wire_frame_end (&self->records, start, kind, 0, 0);
    if (err)
        self->records.size_bytes = before;
    return err;
}

void rti_record (rti_federation_t *self, uint16_t kind, const void *args)
{
    int64_t due = self->core->now_ns + RTI_RECORDS_DELAY_NS;

    base_assert (self->core != NULL);
    base_assert (args != NULL);
    BASE_LIST_EACH (&self->recorders, i) {
        rti_federate_t *recorder = self->recorders.items[i];
        if (recorder->link->closing)
            continue;
        if (rti_record_append (recorder, kind, args)) {
            rti_close (self->core, recorder->link, "there is no memory left for its records");
            continue;
        }
        if (recorder->records_due_ns > due)
            recorder->records_due_ns = due;
        if (recorder->records.size_bytes >= RTI_RECORDS_BYTES)
            rti_records_flush (recorder);
    }
}

void rti_note (rti_federation_t *self, const rti_note_t *note)
{
    base_assert (self->core != NULL);
    base_assert (note != NULL);
    if (self->recorders.count == 0)
        return;
    wire_note_t args = { .kind = note->kind,
                         .federate = note->federate,
                         .name = rti_text (note->name),
                         .time = note->time,
                         .sequence = note->sequence,
                         .text = rti_text (note->text) };
    rti_record (self, WIRE_SERVICE_NOTE, &args);
}

/*  Results and losses ------------------------------------------------------------------------ */

static rti_report_t *rti_report_find (const rti_federation_t *self, const char *federate,
                                      wire_text_t name)
{
    base_assert (self->core != NULL);
    base_assert (federate != NULL);
    BASE_LIST_EACH (&self->reports, i) {
        rti_report_t *report = &self->reports.items[i];
        if (strcmp (report->federate, federate) == 0 && strlen (report->name) == name.size_bytes &&
            memcmp (report->name, name.data, (size_t) name.size_bytes) == 0)
            return report;
    }
    return NULL;
}

static mst_err_t rti_report_add (rti_federation_t *self, const char *federate, wire_text_t name,
                                 char *value)
{
    base_assert (self->core != NULL);
    base_assert (federate != NULL);
    rti_report_t report = { .name = rti_text_copy (name),
                            .value = value,
                            .federate = base_strdup (federate) };
    if (!report.name || !report.federate || BASE_LIST_ROOM (&self->reports)) {
        base_free (report.name);
        base_free (report.federate);
        return base_alloc_error ();
    }
    BASE_LIST_PUT (&self->reports, report);
    return MST_OK;
}

static mst_err_t rti_report_check (const rti_federation_t *self, const wire_report_t *args,
                                   bool fresh)
{
    base_assert (self->core != NULL);
    base_assert (args != NULL);
    mst_err_t err = rti_name_check ("a report", args->name);
    if (err)
        return err;
    if (args->value.size_bytes > RTI_REPORT_BYTES)
        return base_error (MST_E_LIMIT,
                           "report \"%.*s\" has %" PRIu64 " bytes; limits.report_bytes is %d",
                           RTI_SHOW (args->name), args->value.size_bytes, RTI_REPORT_BYTES);
    if (fresh && self->reports.count >= RTI_REPORTS)
        return base_error (MST_E_LIMIT, "limits.reports (%d) of \"%s\" is reached", RTI_REPORTS,
                           self->name);
    return MST_OK;
}

mst_err_t rti_report (rti_call_t *call)
{
    const wire_report_t *args = call->args;
    rti_federation_t *federation = call->federation;
    const char *federate = call->federate->name;
    rti_report_t *standing = rti_report_find (federation, federate, args->name);

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_report_check (federation, args, !standing);
    if (err)
        return err;
    char *value = rti_text_copy (args->value);
    if (!value)
        return base_alloc_error ();
    if (!standing) {
        err = rti_report_add (federation, federate, args->name, value);
        if (err) {
            base_free (value);
            return err;
        }
        standing = &federation->reports.items[federation->reports.count - 1];
    } else {
        base_free (standing->value);
        standing->value = value;
    }
    rti_note_t note = { RTI_NOTE_REPORT, call->federate->handle, standing->name, WIRE_TIME_NONE, 0,
                        standing->value };
    rti_note (federation, &note);
    return MST_OK;
}

mst_err_t rti_lost_messages (rti_call_t *call)
{
    const wire_lost_messages_t *args = call->args;
    char text[128];

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    if (args->to_sequence < args->from_sequence || args->sender > UINT32_MAX)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "bundles %" PRIu64 " to %" PRIu64 " of federate %" PRIu64 " are none",
                           args->from_sequence, args->to_sequence, args->sender);
    uint64_t count = args->to_sequence - args->from_sequence + 1;
    call->federation->lost_message_count += count;
    (void) snprintf (text, sizeof text,
                     "bundles %" PRIu64 " to %" PRIu64 " of federate %" PRIu64 " never came",
                     args->from_sequence, args->to_sequence, args->sender);
    rti_log (call->core, "\"%s\": %s", call->federate->name, text);
    rti_note_t note = { .kind = RTI_NOTE_LOST_MESSAGES,
                        .federate = (uint32_t) args->sender,
                        .name = call->federate->name,
                        .time = WIRE_TIME_NONE,
                        .sequence = args->to_sequence,
                        .text = text };
    rti_note (call->federation, &note);
    return MST_OK;
}
