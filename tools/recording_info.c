/*  muster log info. */
#include "tools/recording.h"
#include "base/alloc.h"
#include "base/error.h"
#include "log/merge.h"
#include "log/record.h"
#include "log/slice.h"
#include "log/state.h"
#include "log/walk.h"
#include "log/writer.h"
#include "tools/choice.h"
#include "tools/facts.h"
#include "tools/file.h"
#include "tools/metadata.h"
#include "tools/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { INFO_LISTED_MAX = 64 /* losses that are spelt out */ };

static void info_channels (tools_facts_t *facts, const log_reader_t *reader)
{
    tools_group_t group = { facts, "classes", NULL, false };
    for (size_t i = 0; i < log_reader_channel_count (reader); i++) {
        const log_channel_t *channel = log_reader_channel_at (reader, i);
        tools_group_number (&group, channel->topic, log_reader_messages (reader, channel->id));
    }
}

/*  Messages a second of the wall's clock, in all and of each class. */
static void info_rates (tools_facts_t *facts, log_reader_t *reader)
{
    char text[TOOLS_NUMBER_SIZE];
    uint64_t first_ns, last_ns, messages = log_reader_info (reader)->statistics.messages;
    if (facts->err || log_reader_wall (reader, &first_ns, &last_ns) || last_ns <= first_ns)
        return; /* damaged: verify's business */
    double seconds = (double) (last_ns - first_ns) * 1e-9;
    tools_facts_text (facts, "wall time", tools_wall_text (text, (int64_t) (last_ns - first_ns)));
    tools_group_t group = { facts, "messages/s", NULL, false };
    tools_group_add (&group, log_text ("all"), tools_rate_text (text, (double) messages / seconds));
    for (size_t i = 0; i < log_reader_channel_count (reader); i++) {
        const log_channel_t *channel = log_reader_channel_at (reader, i);
        double count = (double) log_reader_messages (reader, channel->id);
        if (count > 0)
            tools_group_add (&group, channel->topic, tools_rate_text (text, count / seconds));
    }
}

/*  "messages first last missing" becomes words, or an object of numbers. */
static void info_sender (tools_group_t *group, log_pair_t pair)
{
    char text[4 * TOOLS_NUMBER_SIZE], words[8 * TOOLS_NUMBER_SIZE];
    uint64_t messages = 0, first = 0, last = 0, missing = 0;
    size_t length = pair.value.size_bytes < sizeof text ? pair.value.size_bytes : sizeof text - 1;
    memcpy (text, pair.value.data, length);
    text[length] = '\0';
    if (sscanf (text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &messages, &first, &last,
                &missing) != 4)
        return;
    static const char *const names[] = { "messages", "first", "last", "missing" };
    const uint64_t numbers[] = { messages, first, last, missing };
    if (group->facts->root) {
        tools_group_numbers (group, pair.key, names, numbers, 4);
        return;
    }
    (void) snprintf (words, sizeof words,
                     "%" PRIu64 " messages, sequence %" PRIu64 " to %" PRIu64 ", %" PRIu64
                     " missing",
                     messages, first, last, missing);
    tools_group_add (group, pair.key, words);
}

static void info_senders (tools_facts_t *facts, log_reader_t *reader)
{
    log_metadata_t metadata;
    log_pair_t pair;
    bool found = false;
    tools_group_t group = { facts, "senders", NULL, false };
    if (facts->err)
        return;
    facts->err = log_reader_find_metadata (reader, LOG_METADATA_SENDERS, &metadata, &found);
    log_cursor_t at = !facts->err && found ? log_cursor (metadata.map.data, metadata.map.size_bytes)
                                           : log_cursor ("", 0);
    while (log_map_next (&at, &pair))
        info_sender (&group, pair);
}

/*  A loss with its story; the others of our own records are only counted. */
static void info_loss (tools_group_t *group, const log_item_t *item, size_t number)
{
    char key[TOOLS_NUMBER_SIZE];
    log_record_t record;
    if (log_record_decode (&record, item->opcode, item->content.data, item->content.size_bytes))
        return;
    const log_loss_t *loss = &record.loss;
    char *text = tools_text ("%.*s%s%.*s: %" PRIu64 " messages, %" PRIu64 " bytes; %.*s",
                             (int) loss->cause.size_bytes, loss->cause.data,
                             loss->sender.size_bytes > 0 ? " " : "", (int) loss->sender.size_bytes,
                             loss->sender.data, loss->messages, loss->bytes,
                             (int) loss->detail.size_bytes, loss->detail.data);
    (void) snprintf (key, sizeof key, "%zu", number);
    tools_facts_kept (group->facts, text != NULL);
    if (text)
        tools_group_add (group, log_text (key), text);
    base_free (text);
}

/*  Has the file one kind of our own records? If it does not say: perhaps. */
static bool info_has (tools_facts_t *facts, log_reader_t *reader, uint8_t opcode)
{
    log_metadata_t metadata;
    log_pair_t pair;
    bool found = false;
    if (!facts->err)
        facts->err = log_reader_find_metadata (reader, LOG_METADATA_RECORDS, &metadata, &found);
    if (facts->err || !found)
        return true;
    log_cursor_t at = log_cursor (metadata.map.data, metadata.map.size_bytes);
    while (log_map_next (&at, &pair))
        if (log_span_is (pair.key, log_text (log_record_name (opcode))))
            return true;
    return false;
}

static void info_losses (tools_facts_t *facts, log_reader_t *reader, const log_source_t *source)
{
    log_walk_t walk;
    log_item_t item;
    size_t listed = 0;
    bool found = info_has (facts, reader, LOG_RECORD_LOSS);
    tools_group_t group = { facts, "losses", NULL, false };
    if (facts->err || !found)
        return;
    mst_err_t err = log_walk_init (&walk, source);
    while (!err && found && listed < INFO_LISTED_MAX) {
        err = log_walk_next (&walk, &item, &found);
        if (err && log_walk_can_go_on (err))
            err = MST_OK;
        else if (!err && found && item.opcode == LOG_RECORD_LOSS)
            info_loss (&group, &item, ++listed);
    }
    log_walk_fini (&walk);
    facts->err = facts->err ? facts->err : err;
}

static void info_attachments (tools_facts_t *facts, const log_reader_t *reader)
{
    tools_group_t group = { facts, "attachments", NULL, false };
    char text[TOOLS_NUMBER_SIZE];
    for (size_t i = 0; i < log_reader_attachment_count (reader); i++) {
        const log_attachment_index_t *index = log_reader_attachment_at (reader, i);
        if (log_span_is (index->name, log_text (LOG_STATE_NAME)))
            continue;
        tools_group_add (&group, index->name, tools_size_text (text, index->data_bytes));
    }
}

static void info_metadata (tools_facts_t *facts, log_reader_t *reader, const char *name,
                           const char *title)
{
    log_metadata_t metadata;
    bool found = false;
    tools_group_t group = { facts, title, NULL, false };
    if (facts->err)
        return;
    facts->err = log_reader_find_metadata (reader, name, &metadata, &found);
    if (!facts->err && found)
        tools_group_map (&group, metadata.map);
}

/*  What the recorded messages of a carried store came to. */
static void info_shared (tools_facts_t *facts, log_reader_t *reader)
{
    tools_group_t group = { facts, "metadata", NULL, false };
    cJSON *shared = NULL;
    if (facts->err)
        return;
    facts->err = tools_metadata_replay (reader, &shared);
    for (const cJSON *topic = shared ? shared->child : NULL; topic; topic = topic->next)
        for (const cJSON *each = topic->child; each; each = each->next) {
            char *key = tools_text ("%s/%s", topic->string, each->string);
            tools_facts_kept (facts, key != NULL);
            if (key && cJSON_IsNumber (each))
                tools_group_whole (&group, log_text (key), (int64_t) each->valuedouble);
            else if (key)
                tools_group_add (&group, log_text (key), cJSON_GetStringValue (each));
            base_free (key);
        }
    cJSON_Delete (shared);
}

static void info_head (tools_facts_t *facts, const log_info_t *info, const char *path,
                       uint64_t size_bytes)
{
    char text[TOOLS_NUMBER_SIZE];
    const log_statistics_t *counts = &info->statistics;
    char *library = base_strndup (info->library.data, info->library.size_bytes);
    tools_facts_kept (facts, library != NULL);
    tools_facts_text (facts, "file", path);
    tools_facts_text (facts, "size", tools_size_text (text, size_bytes));
    tools_facts_text (facts, "written by", library ? library : "");
    tools_facts_truth (facts, "complete", info->complete);
    if (info->problem[0])
        tools_facts_text (facts, "problem", info->problem);
    if (info->lost_bytes > 0)
        tools_facts_number (facts, "lost bytes", info->lost_bytes);
    tools_facts_number (facts, "messages", counts->messages);
    tools_facts_number (facts, "chunks", counts->chunks);
    base_free (library);
}

static void info_times (tools_facts_t *facts, log_reader_t *reader)
{
    char text[TOOLS_TIME_SIZE];
    tools_times_t times;
    size_t states = 0;
    if (!facts->err)
        facts->err = tools_times_read (reader, &times);
    if (facts->err)
        return;
    if (times.known) {
        (void) snprintf (text, sizeof text, "%" PRId64, times.unit_ns);
        tools_facts_text (facts, "unit of time, ns", text);
    }
    if (times.any) {
        tools_facts_text (facts, "first time", tools_time_text (text, &times, times.first_ns));
        tools_facts_text (facts, "last time", tools_time_text (text, &times, times.last_ns));
    }
    for (size_t i = 0; i < log_reader_attachment_count (reader); i++)
        states +=
            log_span_is (log_reader_attachment_at (reader, i)->name, log_text (LOG_STATE_NAME));
    tools_facts_number (facts, "states to begin from", states);
}

mst_err_t tools_recording_info (const char *path, bool json, base_buffer_t *out)
{
    tools_source_t file;
    log_reader_t *reader = NULL;
    tools_facts_t facts;
    mst_err_t err = tools_source_open (&file, path);
    if (err)
        return err;
    err = log_reader_new (&reader, &file.source);
    if (err) {
        tools_source_close (&file);
        return base_error_prefix (err, "%s: ", path);
    }
    tools_facts_begin (&facts, json, out);
    info_head (&facts, log_reader_info (reader), path, file.source.size_bytes);
    info_times (&facts, reader);
    info_channels (&facts, reader);
    info_rates (&facts, reader);
    info_senders (&facts, reader);
    info_metadata (&facts, reader, LOG_METADATA_RECORDS, "records");
    info_metadata (&facts, reader, LOG_METADATA_LOST, "lost federates");
    info_losses (&facts, reader, &file.source);
    info_shared (&facts, reader);
    info_metadata (&facts, reader, "muster.run", "run");
    info_metadata (&facts, reader, LOG_METADATA_SLICE, "slice");
    info_metadata (&facts, reader, LOG_METADATA_MERGE, "merge");
    info_attachments (&facts, reader);
    err = tools_facts_end (&facts);
    log_reader_destroy (&reader);
    tools_source_close (&file);
    return err;
}
