/*  muster log slice, merge, diff. */
#include "tools/recording.h"
#include "base/alloc.h"
#include "base/error.h"
#include "log/compare.h"
#include "log/count.h"
#include "log/merge.h"
#include "log/slice.h"
#include "tools/facts.h"
#include "tools/file.h"
#include "tools/text.h"

#include <stdio.h>

/*  An open recording. */
typedef struct make_input {
    tools_source_t file;
    log_reader_t *reader;
} make_input_t;

static mst_err_t input_open (make_input_t *self, const char *path)
{
    *self = (make_input_t){ .file.fd = -1 };
    mst_err_t err = tools_source_open (&self->file, path);
    if (err)
        return err;
    err = log_reader_new (&self->reader, &self->file.source);
    return err ? base_error_prefix (err, "%s: ", path) : MST_OK;
}

/*  One that was cut would make a part that looks whole, or a difference where none is. */
static mst_err_t input_open_whole (make_input_t *self, const char *path)
{
    mst_err_t err = input_open (self, path);
    return err ? err : tools_recording_whole (self->reader, &self->file);
}

static void input_close (make_input_t *self)
{
    log_reader_destroy (&self->reader);
    tools_source_close (&self->file);
}

static mst_err_t make_other_file (const char *from, const char *to)
{
    return tools_file_is_same (from, to)
               ? base_error (MST_E_INVALID_ARGUMENT,
                             "%s would be overwritten by what is made of it; name another file",
                             from)
               : MST_OK;
}

/*  Slice -------------------------------------------------------------------------------------- */

enum { TOLD_MAX = 2 };

static mst_err_t told_list (char **text, const char *const *items, size_t count)
{
    base_buffer_t list = { 0 };
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = tools_text_append (&list, "%s%s", i > 0 ? ", " : "", items[i]);
    if (!err &&
        !(*text = base_strndup (count > 0 ? (const char *) list.data : "", list.size_bytes)))
        err = base_alloc_error ();
    base_buffer_fini (&list);
    return err;
}

static mst_err_t slice_write (make_input_t *input, const tools_choice_t *choice,
                              const log_select_t *select, const char *to, log_slice_t *report)
{
    tools_sink_t sink;
    char *lists[TOLD_MAX] = { NULL, NULL };
    mst_err_t err = told_list (&lists[0], choice->classes.items, choice->classes.count);
    if (!err)
        err = told_list (&lists[1], choice->senders.items, choice->senders.count);
    const log_pair_t told[] = {
        { log_text ("of"), log_text (tools_path_name (input->file.path)) },
        { log_text ("classes"), log_text (lists[0]) },
        { log_text ("senders"), log_text (lists[1]) },
        { log_text ("from"), log_text (choice->from) },
        { log_text ("to"), log_text (choice->to) },
    };
    if (!err)
        err = tools_sink_open_part (&sink, to);
    if (!err) {
        err = log_slice (input->reader, select, told, sizeof told / sizeof told[0],
                         tools_sink (&sink), report);
        if (err && err != MST_E_IO)
            (void) base_error_prefix (err, "%s: ", input->file.path);
        err = tools_sink_finish (&sink, err);
    }
    base_free (lists[0]);
    base_free (lists[1]);
    return err;
}

mst_err_t tools_recording_slice (const char *path, const tools_choice_t *choice, const char *to,
                                 bool json, base_buffer_t *out)
{
    make_input_t input;
    tools_times_t times;
    log_select_t select = { 0 };
    log_slice_t report = { 0 };
    tools_facts_t facts;
    mst_err_t err = input_open_whole (&input, path);
    if (!err)
        err = make_other_file (path, to);
    if (!err)
        err = tools_times_read (input.reader, &times);
    if (!err)
        err = tools_choice_resolve (choice, input.reader, &times, &select);
    if (!err)
        err = slice_write (&input, choice, &select, to, &report);
    input_close (&input);
    if (err)
        return err;
    tools_facts_begin (&facts, json, out);
    tools_facts_text (&facts, "file", to);
    tools_facts_number (&facts, "messages", report.messages);
    tools_facts_number (&facts, "records", report.records);
    tools_facts_number (&facts, "objects at its beginning", report.objects);
    return tools_facts_end (&facts);
}

/*  Merge -------------------------------------------------------------------------------------- */

static mst_err_t merge_write (const log_merge_input_t *inputs, size_t count, const char *to,
                              log_merge_t *report)
{
    tools_sink_t sink;
    log_pair_t told[LOG_MERGE_MAX];
    char numbers[LOG_MERGE_MAX][4];
    for (size_t i = 0; i < count; i++) {
        (void) snprintf (numbers[i], sizeof numbers[i], "%u", (unsigned) (i + 1) % 1000);
        told[i] =
            (log_pair_t){ log_text (numbers[i]), log_text (tools_path_name (inputs[i].name)) };
    }
    mst_err_t err = tools_sink_open_part (&sink, to);
    if (err)
        return err;
    err = log_merge (inputs, count, told, count, tools_sink (&sink), report);
    return tools_sink_finish (&sink, err);
}

mst_err_t tools_recording_merge (const char *const *paths, size_t count, const char *to, bool json,
                                 base_buffer_t *out)
{
    make_input_t opened[LOG_MERGE_MAX];
    log_merge_input_t inputs[LOG_MERGE_MAX];
    log_merge_t report = { 0 };
    tools_facts_t facts;
    size_t open = 0;
    mst_err_t err = MST_OK;
    if (count > LOG_MERGE_MAX)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "%zu recordings; at most %d can be merged at once", count,
                           LOG_MERGE_MAX);
    for (size_t i = 0; i < count && !err; i++) {
        err = input_open (&opened[open++], paths[i]);
        if (!err)
            err = make_other_file (paths[i], to);
        if (!err)
            inputs[i] = (log_merge_input_t){ opened[i].reader, opened[i].file.source, paths[i] };
    }
    if (!err)
        err = merge_write (inputs, count, to, &report);
    for (size_t i = 0; i < open; i++)
        input_close (&opened[i]);
    if (err)
        return err;
    tools_facts_begin (&facts, json, out);
    tools_facts_text (&facts, "file", to);
    tools_facts_number (&facts, "messages", report.messages);
    tools_facts_number (&facts, "duplicates left out", report.duplicates);
    tools_facts_number (&facts, "records", report.records);
    return tools_facts_end (&facts);
}

/*  Diff --------------------------------------------------------------------------------------- */

static mst_err_t diff_say (const log_counts_t *counts, const char *difference, bool json,
                           base_buffer_t *out)
{
    tools_facts_t facts;
    tools_facts_begin (&facts, json, out);
    tools_facts_truth (&facts, "same", difference == NULL);
    tools_facts_number (&facts, "messages alike", counts->same);
    tools_facts_number (&facts, "only in the first", counts->only_first);
    tools_facts_number (&facts, "only in the second", counts->only_second);
    tools_facts_number (&facts, "not compared, first", counts->received[0]);
    tools_facts_number (&facts, "not compared, second", counts->received[1]);
    if (difference)
        tools_facts_text (&facts, "first difference", difference);
    return tools_facts_end (&facts);
}

static mst_err_t diff_open (log_reader_t *first, log_reader_t *second, bool json,
                            base_buffer_t *out)
{
    log_difference_t difference;
    log_counts_t counts;
    const log_compare_options_t options = { .by_chain = false };
    log_difference_init (&difference);
    mst_err_t err = log_compare (first, second, &options, &difference);
    bool differs = err == MST_E_DIFFERS;
    char *text = differs ? base_strdup (mst_error_text ()) : NULL;
    log_difference_fini (&difference);
    if (differs && !text)
        return base_alloc_error ();
    if (!err || differs)
        err = log_count_differences (first, second, 0, 0, &counts);
    if (!err)
        err = diff_say (&counts, text, json, out);
    if (!err && differs)
        err = base_error (MST_E_DIFFERS, "%s", text);
    base_free (text);
    return err;
}

mst_err_t tools_recording_diff (const char *first, const char *second, bool json,
                                base_buffer_t *out)
{
    make_input_t inputs[2];
    mst_err_t err = input_open_whole (&inputs[0], first);
    if (!err) {
        err = input_open_whole (&inputs[1], second);
        if (!err)
            err = diff_open (inputs[0].reader, inputs[1].reader, json, out);
        input_close (&inputs[1]);
    }
    input_close (&inputs[0]);
    return err;
}
