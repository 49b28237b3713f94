#include "tools/choice.h"
#include "base/alloc.h"
#include "base/error.h"
#include "log/copy.h"
#include "log/tally.h"
#include "tools/config_json.h"
#include "tools/config_units.h"
#include "tools/recording.h"
#include "tools/scenario.h"
#include "tools/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t second_ns = 1000000000;

/*  Times -------------------------------------------------------------------------------------- */

static bool pair_number (log_span_t map, const char *key, int64_t *number)
{
    log_cursor_t at = log_cursor (map.data, map.size_bytes);
    log_pair_t pair;
    char text[TOOLS_NUMBER_SIZE];
    while (log_map_next (&at, &pair)) {
        if (!log_span_is (pair.key, log_text (key)) || pair.value.size_bytes >= sizeof text)
            continue;
        memcpy (text, pair.value.data, pair.value.size_bytes);
        text[pair.value.size_bytes] = '\0';
        *number = strtoll (text, NULL, 10);
        return true;
    }
    return false;
}

/*  Recordings of former versions have the scenario only. */
static mst_err_t times_scenario (log_reader_t *reader, tools_times_t *times)
{
    base_buffer_t text = { 0 };
    scenario_t *scenario = NULL;
    mst_err_t err = tools_recording_attachment (reader, "scenario.json", &text);
    if (!err)
        err = scenario_read ("scenario.json", text.data, text.size_bytes, &scenario);
    if (!err) {
        times->known = true;
        times->start_ns = scenario->time.given ? scenario->time.start_ns : 0;
        times->unit_ns = scenario->time.given ? scenario->time.unit_ns : second_ns;
        times->step = scenario->time.given ? scenario->time.step : 1;
    }
    scenario_destroy (&scenario);
    base_buffer_fini (&text);
    return err == MST_E_NO_MEMORY || err == MST_E_IO ? err : MST_OK;
}

mst_err_t tools_times_read (log_reader_t *reader, tools_times_t *times)
{
    const log_statistics_t *counts = &log_reader_info (reader)->statistics;
    log_metadata_t metadata;
    bool found;
    *times = (tools_times_t){ .step = 1,
                              .any = counts->messages > 0,
                              .first_ns = counts->start_ns,
                              .last_ns = counts->end_ns };
    mst_err_t err = log_reader_find_metadata (reader, LOG_METADATA_TIME, &metadata, &found);
    if (err)
        return err;
    if (found)
        times->known = pair_number (metadata.map, "start_ns", &times->start_ns) &&
                       pair_number (metadata.map, "unit_ns", &times->unit_ns) && times->unit_ns > 0;
    if (found && times->known &&
        (!pair_number (metadata.map, "step", &times->step) || times->step <= 0))
        times->step = 1;
    return times->known ? MST_OK : times_scenario (reader, times);
}

const char *tools_date_text (char text[TOOLS_TIME_SIZE], uint64_t unix_ns)
{
    struct tm date;
    time_t seconds = (time_t) (unix_ns / (uint64_t) second_ns);
    unsigned long rest = (unsigned long) (unix_ns % (uint64_t) second_ns);
    if (!gmtime_r (&seconds, &date) ||
        strftime (text, TOOLS_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &date) == 0)
        (void) snprintf (text, TOOLS_TIME_SIZE, "%" PRIu64 " ns", unix_ns);
    else if (rest != 0) {
        size_t at = strlen (text);
        (void) snprintf (text + at, TOOLS_TIME_SIZE - at, ".%09lu", rest);
        for (at = strlen (text); text[at - 1] == '0'; at--)
            text[at - 1] = '\0';
    }
    return text;
}

const char *tools_time_text (char text[TOOLS_TIME_SIZE], const tools_times_t *times,
                             uint64_t log_time_ns)
{
    char date[TOOLS_TIME_SIZE];
    if (!times->known)
        return tools_date_text (text, log_time_ns);
    int64_t since_ns = (int64_t) (log_time_ns - (uint64_t) times->start_ns);
    if (times->start_ns == 0)
        (void) snprintf (text, TOOLS_TIME_SIZE, "%" PRId64, since_ns / times->unit_ns);
    else
        (void) snprintf (text, TOOLS_TIME_SIZE, "%" PRId64 " (%.*s)", since_ns / times->unit_ns,
                         TOOLS_TIME_SIZE - TOOLS_NUMBER_SIZE, tools_date_text (date, log_time_ns));
    return text;
}

static bool parse_count (const char *text, int64_t *count)
{
    char *end;
    errno = 0;
    long long value = strtoll (text, &end, 10);
    *count = value;
    return errno == 0 && end != text && *end == '\0';
}

mst_err_t tools_time_parse (const tools_times_t *times, const char *option, const char *text,
                            uint64_t *log_time_ns)
{
    int64_t value;
    if (!config_parse_date_ns (text, &value) && value >= 0) {
        *log_time_ns = (uint64_t) value;
        return MST_OK;
    }
    bool count = parse_count (text, &value);
    if (!count && config_parse_duration_ns (text, &value))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "%s takes a time in the scenario's unit (12), a duration from its start "
                           "(\"3 d\") or a date (1996-01-31T06:00), not \"%s\"",
                           option, text);
    if (!times->known)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "%s: the recording does not say how its time counts; give a date",
                           option);
    mst_err_t err =
        log_time_of (value, times->start_ns, count ? (uint64_t) times->unit_ns : 1, log_time_ns);
    return err ? base_error (MST_E_INVALID_ARGUMENT, "%s: %s is no time of a recording", option,
                             text)
               : MST_OK;
}

/*  Choosing ----------------------------------------------------------------------------------- */

void tools_choice_fini (tools_choice_t *self)
{
    BASE_LIST_FINI (&self->classes);
    BASE_LIST_FINI (&self->senders);
}

static mst_err_t choice_class (log_reader_t *reader, const char *chosen)
{
    BASE_LIST (const char *) names = { 0 };
    base_arena_t arena;
    bool found = false;
    mst_err_t err = MST_OK;
    base_arena_init (&arena);
    for (size_t i = 0; i < log_reader_channel_count (reader) && !found && !err; i++) {
        log_span_t topic = log_reader_channel_at (reader, i)->topic;
        const char *name = base_arena_copy (&arena, topic.data, topic.size_bytes);
        found = log_class_within (topic, chosen);
        err = name ? MST_OK : base_alloc_error ();
        if (!err)
            err = BASE_LIST_PUSH (&names, name);
        name = name ? strrchr (name, '.') : NULL;
        if (!err && name)
            err = BASE_LIST_PUSH (&names, name + 1);
    }
    const char *nearest = err ? NULL : config_nearest (chosen, names.items, names.count);
    if (!err && !found)
        err = base_error (MST_E_INVALID_ARGUMENT,
                          "the recording has no class \"%s\"%s%s%s; muster log info lists them",
                          chosen, nearest ? ": did you mean \"" : "", nearest ? nearest : "",
                          nearest ? "\"?" : "");
    BASE_LIST_FINI (&names);
    base_arena_fini (&arena);
    return err;
}

/*  A recording that was finished lists its senders. */
static mst_err_t choice_sender (log_reader_t *reader, const char *chosen)
{
    BASE_LIST (const char *) names = { 0 };
    base_arena_t arena;
    log_metadata_t metadata;
    log_pair_t pair;
    bool listed, found = false;
    mst_err_t err = log_reader_find_metadata (reader, LOG_METADATA_SENDERS, &metadata, &listed);
    log_cursor_t at = !err && listed ? log_cursor (metadata.map.data, metadata.map.size_bytes)
                                     : log_cursor ("", 0);
    base_arena_init (&arena);
    while (!err && !found && log_map_next (&at, &pair)) {
        const char *name = base_arena_copy (&arena, pair.key.data, pair.key.size_bytes);
        found = log_span_is (pair.key, log_text (chosen));
        err = name ? MST_OK : base_alloc_error ();
        if (!err)
            err = BASE_LIST_PUSH (&names, name);
    }
    const char *nearest = err ? NULL : config_nearest (chosen, names.items, names.count);
    if (!err && listed && !found)
        err = base_error (MST_E_INVALID_ARGUMENT,
                          "the recording has no sender \"%s\"%s%s%s; muster log info lists them",
                          chosen, nearest ? ": did you mean \"" : "", nearest ? nearest : "",
                          nearest ? "\"?" : "");
    BASE_LIST_FINI (&names);
    base_arena_fini (&arena);
    return err;
}

static mst_err_t choice_outside (const tools_times_t *times, const char *what)
{
    char first[TOOLS_TIME_SIZE], last[TOOLS_TIME_SIZE];
    if (!times->any)
        return base_error (MST_E_INVALID_ARGUMENT, "%s: the recording has no messages", what);
    return base_error (MST_E_INVALID_ARGUMENT,
                       "%s is outside the recording, which reaches from %s to %s", what,
                       tools_time_text (first, times, times->first_ns),
                       tools_time_text (last, times, times->last_ns));
}

static mst_err_t choice_times (const tools_choice_t *self, const tools_times_t *times,
                               log_select_t *select)
{
    char what[TOOLS_TIME_SIZE];
    mst_err_t err = MST_OK;
    if (self->from)
        err = tools_time_parse (times, "--from", self->from, &select->from_ns);
    if (!err && self->to)
        err = tools_time_parse (times, "--to", self->to, &select->until_ns);
    if (err)
        return err;
    if (self->from && self->to && select->from_ns >= select->until_ns)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "--from %s is not before --to %s: nothing lies between them", self->from,
                           self->to);
    if (self->from && (!times->any || select->from_ns > times->last_ns)) {
        (void) snprintf (what, sizeof what, "--from %.40s", self->from);
        return choice_outside (times, what);
    }
    if (self->to && (!times->any || select->until_ns <= times->first_ns)) {
        (void) snprintf (what, sizeof what, "--to %.40s", self->to);
        return choice_outside (times, what);
    }
    return MST_OK;
}

mst_err_t tools_choice_resolve (const tools_choice_t *self, log_reader_t *reader,
                                const tools_times_t *times, log_select_t *select)
{
    *select = (log_select_t){ .classes = self->classes.items,
                              .class_count = self->classes.count,
                              .senders = self->senders.items,
                              .sender_count = self->senders.count };
    mst_err_t err = choice_times (self, times, select);
    for (size_t i = 0; i < self->classes.count && !err; i++)
        err = choice_class (reader, self->classes.items[i]);
    for (size_t i = 0; i < self->senders.count && !err; i++)
        err = choice_sender (reader, self->senders.items[i]);
    return err;
}
