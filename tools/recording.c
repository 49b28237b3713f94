/*  Checking and repairing are log/'s; here are the words. The same facts become lines "name: value"
   or one JSON object. */
#include "tools/recording.h"
#include "base/alloc.h"
#include "base/error.h"
#include "log/record.h"
#include "log/recover.h"
#include "log/verify.h"
#include "log/walk.h"
#include "tools/file.h"
#include "tools/text.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/*  Facts -------------------------------------------------------------------------------------- */

/*  Where facts go. The first thing that goes wrong is kept. */
typedef struct facts {
    base_buffer_t *out;
    cJSON *root; /* NULL: text */
    mst_err_t err;
} facts_t;

static void facts_begin (facts_t *self, bool json, base_buffer_t *out)
{
    *self = (facts_t){ .out = out, .root = json ? cJSON_CreateObject () : NULL };
    if (json && !self->root)
        self->err = base_alloc_error ();
}

static mst_err_t facts_end (facts_t *self)
{
    char *text = self->root && !self->err ? cJSON_PrintUnformatted (self->root) : NULL;
    if (self->root && !self->err)
        self->err = text ? tools_text_append (self->out, "%s\n", text) : base_alloc_error ();
    cJSON_free (text);
    cJSON_Delete (self->root);
    self->root = NULL;
    return self->err;
}

static void facts_kept (facts_t *self, bool good)
{
    if (!good && !self->err)
        self->err = base_alloc_error ();
}

static void facts_number (facts_t *self, const char *name, uint64_t value)
{
    if (self->err)
        return;
    if (self->root)
        facts_kept (self, cJSON_AddNumberToObject (self->root, name, (double) value) != NULL);
    else
        self->err = tools_text_append (self->out, "%s: %" PRIu64 "\n", name, value);
}

static void facts_text (facts_t *self, const char *name, const char *value)
{
    if (self->err)
        return;
    if (self->root)
        facts_kept (self, cJSON_AddStringToObject (self->root, name, value) != NULL);
    else
        self->err = tools_text_append (self->out, "%s: %s\n", name, value);
}

static void facts_truth (facts_t *self, const char *name, bool value)
{
    if (self->err)
        return;
    if (self->root)
        facts_kept (self, cJSON_AddBoolToObject (self->root, name, value) != NULL);
    else
        self->err = tools_text_append (self->out, "%s: %s\n", name, value ? "yes" : "no");
}

/*  A group of facts: in text, lines that are set in below the name. */
typedef struct group {
    facts_t *facts;
    const char *name;
    cJSON *object;
    bool begun;
} group_t;

static void group_add (group_t *self, log_span_t key, const char *value)
{
    facts_t *facts = self->facts;
    if (facts->err)
        return;
    char *name = base_strndup (key.data, key.size_bytes);
    if (facts->root && !self->object)
        self->object = cJSON_AddObjectToObject (facts->root, self->name);
    if (!name)
        facts->err = base_alloc_error ();
    else if (facts->root)
        facts_kept (facts, self->object && cJSON_AddStringToObject (self->object, name, value));
    else if (!self->begun)
        facts->err = tools_text_append (facts->out, "%s:\n", self->name);
    self->begun = true;
    if (!facts->err && !facts->root)
        facts->err = tools_text_append (facts->out, "  %s: %s\n", name, value);
    base_free (name);
}

static void group_map (group_t *self, log_span_t map)
{
    log_cursor_t at = log_cursor (map.data, map.size_bytes);
    log_pair_t pair;
    while (log_map_next (&at, &pair)) {
        char *value = base_strndup (pair.value.data, pair.value.size_bytes);
        facts_kept (self->facts, value != NULL);
        if (value)
            group_add (self, pair.key, value);
        base_free (value);
    }
}

/*  Info --------------------------------------------------------------------------------------- */

static void info_channels (facts_t *facts, const log_reader_t *reader)
{
    group_t group = { facts, "classes", NULL, false };
    char text[TOOLS_NUMBER_SIZE];
    for (size_t i = 0; i < log_reader_channel_count (reader); i++) {
        const log_channel_t *channel = log_reader_channel_at (reader, i);
        (void) snprintf (text, sizeof text, "%" PRIu64, log_reader_messages (reader, channel->id));
        group_add (&group, channel->topic, text);
    }
}

static void info_attachments (facts_t *facts, const log_reader_t *reader)
{
    group_t group = { facts, "attachments", NULL, false };
    char text[TOOLS_NUMBER_SIZE];
    for (size_t i = 0; i < log_reader_attachment_count (reader); i++) {
        const log_attachment_index_t *index = log_reader_attachment_at (reader, i);
        group_add (&group, index->name, tools_size_text (text, index->data_bytes));
    }
}

static void info_metadata (facts_t *facts, log_reader_t *reader, const char *name,
                           const char *title)
{
    log_metadata_t metadata;
    bool found = false;
    group_t group = { facts, title, NULL, false };
    if (facts->err)
        return;
    facts->err = log_reader_find_metadata (reader, name, &metadata, &found);
    if (!facts->err && found)
        group_map (&group, metadata.map);
}

static void info_head (facts_t *facts, const log_info_t *info, const char *path,
                       uint64_t size_bytes)
{
    char text[TOOLS_NUMBER_SIZE];
    const log_statistics_t *counts = &info->statistics;
    char *library = base_strndup (info->library.data, info->library.size_bytes);
    facts_kept (facts, library != NULL);
    facts_text (facts, "file", path);
    facts_text (facts, "size", tools_size_text (text, size_bytes));
    facts_text (facts, "written by", library ? library : "");
    facts_truth (facts, "complete", info->complete);
    if (info->problem[0])
        facts_text (facts, "problem", info->problem);
    if (info->lost_bytes > 0)
        facts_number (facts, "lost bytes", info->lost_bytes);
    facts_number (facts, "messages", counts->messages);
    facts_number (facts, "chunks", counts->chunks);
    (void) snprintf (text, sizeof text, "%" PRIu64, counts->start_ns);
    facts_text (facts, "first log time, ns", text);
    (void) snprintf (text, sizeof text, "%" PRIu64, counts->end_ns);
    facts_text (facts, "last log time, ns", text);
    base_free (library);
}

mst_err_t tools_recording_info (const char *path, bool json, base_buffer_t *out)
{
    tools_source_t file;
    log_reader_t *reader = NULL;
    facts_t facts;
    mst_err_t err = tools_source_open (&file, path);
    if (err)
        return err;
    err = log_reader_new (&reader, &file.source);
    if (err) {
        tools_source_close (&file);
        return base_error_prefix (err, "%s: ", path);
    }
    facts_begin (&facts, json, out);
    info_head (&facts, log_reader_info (reader), path, file.source.size_bytes);
    info_channels (&facts, reader);
    info_metadata (&facts, reader, LOG_METADATA_SENDERS, "senders");
    info_metadata (&facts, reader, LOG_METADATA_RECORDS, "records");
    info_metadata (&facts, reader, "muster.run", "run");
    info_attachments (&facts, reader);
    err = facts_end (&facts);
    log_reader_destroy (&reader);
    tools_source_close (&file);
    return err;
}

/*  Verify ------------------------------------------------------------------------------------- */

static void verify_findings (facts_t *facts, const log_report_t *report)
{
    group_t group = { facts, "findings", NULL, false };
    char number[TOOLS_NUMBER_SIZE];
    BASE_LIST_EACH (&report->findings, i) {
        (void) snprintf (number, sizeof number, "%zu", i + 1);
        group_add (&group, log_text (number), report->findings.items[i]);
    }
    if (report->faults > report->findings.count)
        facts_number (facts, "further findings", report->faults - report->findings.count);
}

static void verify_missing (facts_t *facts, const log_report_t *report)
{
    group_t group = { facts, "missing", NULL, false };
    char number[TOOLS_NUMBER_SIZE];
    BASE_LIST_EACH (&report->tally.senders, i) {
        const log_sender_t *sender = &report->tally.senders.items[i];
        uint64_t missing = log_sender_missing (sender);
        (void) snprintf (number, sizeof number, "%" PRIu64, missing);
        if (missing > 0)
            group_add (&group, log_span (sender->name, sender->name_bytes), number);
    }
}

mst_err_t tools_recording_verify (const char *path, bool json, base_buffer_t *out)
{
    tools_source_t file;
    log_report_t report;
    facts_t facts;
    char chain[2 * TOOLS_NUMBER_SIZE];
    mst_err_t err = tools_source_open (&file, path);
    if (err)
        return err;
    log_report_init (&report);
    err = log_verify (&file.source, &report);
    if (err)
        (void) base_error_prefix (err, "%s: ", path);
    if (!err || err == MST_E_FILE_CORRUPT) {
        facts_begin (&facts, json, out);
        facts_text (&facts, "file", path);
        facts_truth (&facts, "good", !err);
        facts_truth (&facts, "complete", report.complete);
        facts_number (&facts, "messages", report.messages);
        facts_number (&facts, "records", report.records);
        facts_number (&facts, "chunks", report.chunks);
        facts_number (&facts, "late messages", report.late);
        if (report.lost_bytes > 0)
            facts_number (&facts, "lost bytes", report.lost_bytes);
        verify_missing (&facts, &report);
        verify_findings (&facts, &report);
        (void) snprintf (chain, sizeof chain, "%016" PRIx64 "%016" PRIx64, report.chain.high,
                         report.chain.low);
        facts_text (&facts, "log chain", report.links > 0 ? chain : "none");
        mst_err_t said = facts_end (&facts);
        err = err ? err : said;
    }
    log_report_fini (&report);
    tools_source_close (&file);
    return err;
}

/*  Recover ------------------------------------------------------------------------------------ */

static bool file_is_same (const char *a, const char *b)
{
    struct stat first, second;
    return stat (a, &first) == 0 && stat (b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static mst_err_t recovery_say (const log_recovery_t *report, const char *to, bool json,
                               base_buffer_t *out)
{
    facts_t facts;
    facts_begin (&facts, json, out);
    facts_text (&facts, "file", to);
    facts_number (&facts, "messages", report->messages);
    facts_number (&facts, "records", report->records);
    facts_number (&facts, "attachments", report->attachments);
    facts_truth (&facts, "cut", report->cut);
    facts_number (&facts, "damaged places", report->places);
    facts_number (&facts, "lost bytes", report->lost_bytes);
    facts_number (&facts, "lost messages", report->lost_messages + report->orphans);
    return facts_end (&facts);
}

mst_err_t tools_recording_recover (const char *path, const char *to, bool json, base_buffer_t *out)
{
    tools_source_t file;
    tools_sink_t sink;
    log_recovery_t report = { 0 };
    if (file_is_same (path, to))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "%s would be overwritten by what is recovered "
                           "from it; name another file",
                           path);
    mst_err_t err = tools_source_open (&file, path);
    if (err)
        return err;
    err = tools_sink_open (&sink, to);
    if (!err) {
        err = log_recover (&file.source, NULL, tools_sink (&sink), &report);
        if (err)
            (void) base_error_prefix (err, "%s: ", path);
        char *text = err ? base_strdup (mst_error_text ()) : NULL;
        mst_err_t closed = tools_sink_close (&sink);
        if (err) { /* half a file helps nobody */
            (void) remove (to);
            err = base_error (err, "%s", text ? text : "it cannot be recovered");
        } else {
            err = closed;
        }
        base_free (text);
    }
    tools_source_close (&file);
    return err ? err : recovery_say (&report, to, json, out);
}

/*  Contents ----------------------------------------------------------------------------------- */

static mst_err_t results_take (const log_item_t *item, tools_results_t *results)
{
    log_record_t record;
    if (log_record_decode (&record, item->opcode, item->content.data, item->content.size_bytes))
        return MST_OK; /* verify's business */
    char *texts[3] = {
        base_strndup (record.result.federate.data, record.result.federate.size_bytes),
        base_strndup (record.result.name.data, record.result.name.size_bytes),
        base_strndup (record.result.value.data, record.result.value.size_bytes),
    };
    mst_err_t err = texts[0] && texts[1] && texts[2]
                        ? tools_results_add (results, texts[0], texts[1], texts[2])
                        : base_alloc_error ();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        base_free (texts[i]);
    return err;
}

mst_err_t tools_recording_results (const char *path, tools_results_t *results)
{
    tools_source_t file;
    log_walk_t walk;
    mst_err_t err = tools_source_open (&file, path);
    if (err)
        return err;
    err = log_walk_init (&walk, &file.source);
    bool found = !err;
    while (found) {
        log_item_t item;
        mst_err_t step = log_walk_next (&walk, &item, &found);
        if (step && log_walk_can_go_on (step)) {
            found = true;
            continue;
        }
        err = step;
        if (!err && found && item.opcode == LOG_RECORD_RESULT)
            err = results_take (&item, results);
        found = found && !err;
    }
    log_walk_fini (&walk);
    tools_source_close (&file);
    return err;
}

mst_err_t tools_recording_attachment (log_reader_t *reader, const char *name, base_buffer_t *out)
{
    for (size_t i = 0; i < log_reader_attachment_count (reader); i++) {
        log_attachment_t attachment;
        if (!log_span_is (log_reader_attachment_at (reader, i)->name, log_text (name)))
            continue;
        mst_err_t err = log_reader_attachment (reader, i, &attachment);
        return err ? err
                   : base_buffer_append (out, attachment.data.data, attachment.data.size_bytes);
    }
    return base_error (MST_E_CONFIG,
                       "the recording has no attachment \"%s\"; muster run --record "
                       "puts it there",
                       name);
}
