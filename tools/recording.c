/*  Checking and repairing are log/'s; here are the words. The same facts become lines "name: value"
   or one JSON object. */
#include "tools/recording.h"
#include "base/alloc.h"
#include "base/error.h"
#include "log/record.h"
#include "log/recover.h"
#include "log/verify.h"
#include "log/walk.h"
#include "tools/facts.h"
#include "tools/file.h"
#include "tools/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*  Verify ------------------------------------------------------------------------------------- */

static void verify_findings (tools_facts_t *facts, const log_report_t *report)
{
    tools_group_t group = { facts, "findings", NULL, false };
    char number[TOOLS_NUMBER_SIZE];
    BASE_LIST_EACH (&report->findings, i) {
        (void) snprintf (number, sizeof number, "%zu", i + 1);
        tools_group_add (&group, log_text (number), report->findings.items[i]);
    }
    if (report->faults > report->findings.count)
        tools_facts_number (facts, "further findings", report->faults - report->findings.count);
}

static void verify_missing (tools_facts_t *facts, const log_report_t *report)
{
    tools_group_t group = { facts, "missing", NULL, false };
    char number[TOOLS_NUMBER_SIZE];
    BASE_LIST_EACH (&report->tally.senders, i) {
        const log_sender_t *sender = &report->tally.senders.items[i];
        uint64_t missing = log_sender_missing (sender);
        (void) snprintf (number, sizeof number, "%" PRIu64, missing);
        if (missing > 0)
            tools_group_add (&group, log_span (sender->name, sender->name_bytes), number);
    }
}

mst_err_t tools_recording_verify (const char *path, bool json, base_buffer_t *out)
{
    tools_source_t file;
    log_report_t report;
    tools_facts_t facts;
    char chain[2 * TOOLS_NUMBER_SIZE];
    mst_err_t err = tools_source_open (&file, path);
    if (err)
        return err;
    log_report_init (&report);
    err = log_verify (&file.source, &report);
    if (err)
        (void) base_error_prefix (err, "%s: ", path);
    if (!err || err == MST_E_FILE_CORRUPT) {
        tools_facts_begin (&facts, json, out);
        tools_facts_text (&facts, "file", path);
        tools_facts_truth (&facts, "good", !err);
        tools_facts_truth (&facts, "complete", report.complete);
        tools_facts_number (&facts, "messages", report.messages);
        tools_facts_number (&facts, "records", report.records);
        tools_facts_number (&facts, "chunks", report.chunks);
        tools_facts_number (&facts, "late messages", report.late);
        if (report.lost_bytes > 0)
            tools_facts_number (&facts, "lost bytes", report.lost_bytes);
        verify_missing (&facts, &report);
        verify_findings (&facts, &report);
        (void) snprintf (chain, sizeof chain, "%016" PRIx64 "%016" PRIx64, report.chain.high,
                         report.chain.low);
        tools_facts_text (&facts, "log chain", report.links > 0 ? chain : "none");
        mst_err_t said = tools_facts_end (&facts);
        err = err ? err : said;
    }
    log_report_fini (&report);
    tools_source_close (&file);
    return err;
}

/*  Recover ------------------------------------------------------------------------------------ */

static mst_err_t recovery_say (const log_recovery_t *report, const char *to, bool json,
                               base_buffer_t *out)
{
    tools_facts_t facts;
    tools_facts_begin (&facts, json, out);
    tools_facts_text (&facts, "file", to);
    tools_facts_number (&facts, "messages", report->messages);
    tools_facts_number (&facts, "records", report->records);
    tools_facts_number (&facts, "attachments", report->attachments);
    tools_facts_truth (&facts, "cut", report->cut);
    tools_facts_number (&facts, "damaged places", report->places);
    tools_facts_number (&facts, "lost bytes", report->lost_bytes);
    if (report->uncounted)
        tools_facts_unknown (&facts, "lost messages");
    else
        tools_facts_number (&facts, "lost messages", report->lost_messages + report->orphans);
    return tools_facts_end (&facts);
}

mst_err_t tools_recording_recover (const char *path, const char *to, bool json, base_buffer_t *out)
{
    tools_source_t file;
    tools_sink_t sink;
    log_recovery_t report = { 0 };
    if (tools_file_is_same (path, to))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "%s would be overwritten by what is recovered "
                           "from it; name another file",
                           path);
    mst_err_t err = tools_source_open (&file, path);
    if (err)
        return err;
    err = tools_sink_open_part (&sink, to);
    if (!err) {
        err = log_recover (&file.source, NULL, tools_sink (&sink), &report);
        if (err)
            (void) base_error_prefix (err, "%s: ", path);
        err = tools_sink_finish (&sink, err);
    }
    tools_source_close (&file);
    return err ? err : recovery_say (&report, to, json, out);
}

/*  Whole -------------------------------------------------------------------------------------- */

mst_err_t tools_recording_whole (log_reader_t *reader, const tools_source_t *file)
{
    char text[TOOLS_TIME_SIZE] = "";
    tools_times_t times = { 0 };
    if (log_reader_info (reader)->complete)
        return MST_OK;
    /*  What tells of time may be among what is lost. */
    if (!tools_times_read (reader, &times) && times.any)
        (void) tools_time_text (text, &times, times.last_ns);
    return base_error (MST_E_FILE_CORRUPT,
                       "%s: the recording is not complete: it was cut, or its writer killed; it "
                       "ends at byte %" PRIu64 ", %s%s; muster log recover FILE TO makes a whole "
                       "one of what can be read",
                       file->path, file->source.size_bytes,
                       times.any ? "and what can be read at time " : "before a message can be read",
                       text);
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
