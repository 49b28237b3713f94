/*  Re-execution: the plan comes from the recording's attachments, programs and data files from
   where the scenario lay. */
#include "tools/replay.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "log/compare.h"
#include "log/merge.h"
#include "log/slice.h"
#include "log/verify.h"
#include "tools/file.h"
#include "tools/program.h"
#include "tools/recording.h"
#include "tools/standin.h"
#include "tools/text.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_SIZE = 33 };

static const char digest_name[] = "digest";

/*  The plan ----------------------------------------------------------------------------------- */

static mst_err_t verify_origin (log_reader_t *reader, char **origin)
{
    log_metadata_t metadata;
    log_pair_t pair;
    bool found = false;
    mst_err_t err = log_reader_find_metadata (reader, "muster.run", &metadata, &found);
    log_cursor_t at = !err && found ? log_cursor (metadata.map.data, metadata.map.size_bytes)
                                    : log_cursor ("", 0);
    while (!err && !*origin && log_map_next (&at, &pair))
        if (log_span_is (pair.key, log_text ("scenario")) &&
            !(*origin = base_strndup (pair.value.data, pair.value.size_bytes)))
            err = base_alloc_error ();
    if (!err && !*origin)
        err = base_error (MST_E_CONFIG, "the recording does not say where its scenario lay; muster "
                                        "run --record does");
    return err;
}

/*  The object model as it was recorded, whatever the files say today. */
typedef struct verify_modules {
    BASE_LIST (mst_module_t) list; /* names and bytes are ours */
} verify_modules_t;

static mst_err_t modules_add (verify_modules_t *self, log_reader_t *reader, size_t place)
{
    log_attachment_t attachment;
    mst_err_t err = log_reader_attachment (reader, place, &attachment);
    if (err)
        return err;
    char *path = base_strndup (attachment.name.data, attachment.name.size_bytes);
    mst_module_t module = { path ? base_strdup (tools_path_name (path)) : NULL,
                            base_strndup (attachment.data.data, attachment.data.size_bytes),
                            attachment.data.size_bytes };
    base_free (path);
    if (module.name && module.data && !BASE_LIST_PUSH (&self->list, module))
        return MST_OK;
    base_free ((void *) (uintptr_t) module.name);
    base_free ((void *) (uintptr_t) module.data);
    return base_alloc_error ();
}

static mst_err_t modules_read (verify_modules_t *self, log_reader_t *reader)
{
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_attachment_count (reader) && !err; i++) {
        log_span_t name = log_reader_attachment_at (reader, i)->name;
        if (name.size_bytes > 4 && memcmp (name.data, "fom/", 4) == 0)
            err = modules_add (self, reader, i);
    }
    return err;
}

static void modules_fini (verify_modules_t *self)
{
    BASE_LIST_EACH (&self->list, i) {
        base_free ((void *) (uintptr_t) self->list.items[i].name);
        base_free ((void *) (uintptr_t) self->list.items[i].data);
    }
    BASE_LIST_FINI (&self->list);
}

static mst_err_t verify_plan (log_reader_t *reader, const char *file, tools_plan_t *plan)
{
    base_buffer_t text = { 0 };
    verify_modules_t modules = { 0 };
    scenario_t *scenario = NULL;
    char *origin = NULL, *label = tools_text ("%s: scenario.json", file);
    mst_err_t err =
        label ? tools_recording_attachment (reader, "scenario.json", &text) : base_alloc_error ();
    if (!err)
        err = verify_origin (reader, &origin);
    if (!err)
        err = modules_read (&modules, reader);
    if (!err)
        err = scenario_read (label, text.data, text.size_bytes, &scenario);
    if (!err)
        err = tools_plan_make (plan, scenario, origin, modules.list.items, modules.list.count);
    modules_fini (&modules);
    base_buffer_fini (&text);
    base_free (origin);
    base_free (label);
    return err;
}

/*  Stand-ins ---------------------------------------------------------------------------------- */

/*  The federates whose part the recording plays get another program. */
typedef struct verify_stand_ins {
    char *program; /* of this command */
    char *file;    /* the recording's whole path */
    const char *argv[4];
    size_t count;
    base_arena_t arena; /* words of commands */
} verify_stand_ins_t;

typedef BASE_LIST (const char *) words_t;

static mst_err_t stand_in_one (verify_stand_ins_t *self, tools_plan_t *plan, const char *name)
{
    tools_plan_member_t *member = NULL;
    BASE_LIST_EACH (&plan->members, i)
        if (strcmp (plan->members.items[i].name, name) == 0)
            member = &plan->members.items[i];
    mst_err_t err = tools_standin_check (self->file, name);
    if (err)
        return err;
    if (!member)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "--stand-in: \"%s\" is not among the scenario's federates", name);
    if (member->instead)
        return base_error (MST_E_INVALID_ARGUMENT, "--stand-in: \"%s\" stands there twice", name);
    char *program = base_strdup (self->program);
    if (!program)
        return base_alloc_error ();
    base_free (member->program);
    member->program = program;
    member->instead = self->argv;
    self->count++;
    return MST_OK;
}

static mst_err_t stand_ins_make (verify_stand_ins_t *self, tools_plan_t *plan, const char *file,
                                 const char *list)
{
    char whole[PATH_MAX];
    mst_err_t err = tools_program_own (&self->program);
    if (!err && !(self->file = base_strdup (realpath (file, whole) ? whole : file)))
        err = base_alloc_error ();
    self->argv[0] = "muster";
    self->argv[1] = "play-federate";
    self->argv[2] = self->file;
    for (const char *at = list; !err && at;) {
        const char *end = strchr (at, ',');
        char *name = base_strndup (at, end ? (size_t) (end - at) : strlen (at));
        err = name ? stand_in_one (self, plan, name) : base_alloc_error ();
        base_free (name);
        at = end ? end + 1 : NULL;
    }
    if (!err && self->count == plan->members.count)
        err = base_error (MST_E_INVALID_ARGUMENT, "--stand-in: no federate is left to be run");
    return err;
}

/*  Splits a command at its blanks; the word {} becomes what the scenario says. */
static mst_err_t run_words (verify_stand_ins_t *self, const tools_plan_member_t *member,
                            const char *command, words_t *words)
{
    mst_err_t err = MST_OK;
    for (const char *at = command; !err && *at;) {
        size_t length = strcspn (at, " ");
        bool own = length == 2 && memcmp (at, "{}", 2) == 0;
        if (own && !member->program)
            return base_error (MST_E_INVALID_ARGUMENT,
                               "--run: {} stands for nothing, as \"%s\" is started elsewhere: give "
                               "its whole command",
                               member->name);
        const char *word = own ? member->program : base_arena_copy (&self->arena, at, length);
        if (length > 0 && (!word || BASE_LIST_PUSH (words, word)))
            err = base_alloc_error ();
        for (uint32_t i = 1; own && !err && i < member->group->run_count; i++)
            err = BASE_LIST_PUSH (words, member->group->run[i]);
        at += length + (at[length] == ' ');
    }
    if (!err)
        err = BASE_LIST_PUSH (words, NULL);
    return err;
}

static mst_err_t run_one (verify_stand_ins_t *self, tools_plan_t *plan, const char *wish)
{
    tools_plan_member_t *member = NULL;
    const char *equals = strchr (wish, '=');
    words_t words = { 0 };
    char *program = NULL;
    for (size_t i = 0; equals && i < plan->members.count; i++)
        if (log_span_is (log_text (plan->members.items[i].name),
                         log_span (wish, (size_t) (equals - wish))))
            member = &plan->members.items[i];
    if (!member || member->instead || equals[1] == '\0')
        return base_error (MST_E_INVALID_ARGUMENT,
                           "--run takes NAME=COMMAND with a federate of the scenario that is run, "
                           "not \"%s\"",
                           wish);
    mst_err_t err = run_words (self, member, equals + 1, &words);
    if (!err && !words.items[0])
        err = base_error (MST_E_INVALID_ARGUMENT, "--run: %s names no program", wish);
    if (!err)
        err = tools_program_find (words.items[0], plan->folder, &program);
    const char **argv = err ? NULL : base_arena_alloc (&self->arena, words.count, sizeof *argv);
    if (!err && !argv)
        err = base_alloc_error ();
    for (size_t i = 0; !err && i < words.count; i++)
        argv[i] = words.items[i]
                      ? base_arena_copy (&self->arena, words.items[i], strlen (words.items[i]))
                      : NULL;
    BASE_LIST_FINI (&words);
    if (err) {
        base_free (program);
        return err;
    }
    base_free (member->program);
    member->program = program;
    member->instead = argv;
    return MST_OK;
}

static void stand_ins_fini (verify_stand_ins_t *self)
{
    base_arena_fini (&self->arena);
    base_free (self->program);
    base_free (self->file);
}

/*  Comparing ---------------------------------------------------------------------------------- */

typedef struct verified {
    uint64_t compared;
    uint64_t messages;
    char chains[2][CHAIN_SIZE]; /* of the recording, of the run */
    tools_results_t results[2];
} verified_t;

static mst_err_t verify_chain (const log_source_t *source, char chain[CHAIN_SIZE],
                               uint64_t *messages)
{
    log_report_t report;
    log_report_init (&report);
    mst_err_t err = log_verify (source, &report);
    (void) snprintf (chain, CHAIN_SIZE, "%016" PRIx64 "%016" PRIx64, report.chain.high,
                     report.chain.low);
    *messages = report.messages;
    log_report_fini (&report);
    return err;
}

static mst_err_t verify_messages (log_reader_t *first, const char *second_file,
                                  verified_t *verified)
{
    tools_source_t source;
    log_reader_t *second = NULL;
    log_difference_t difference;
    log_compare_options_t options = { .by_chain = false }; /* every byte, not what a sum says */
    mst_err_t err = tools_source_open (&source, second_file);
    if (err)
        return err;
    log_difference_init (&difference);
    err = log_reader_new (&second, &source.source);
    if (!err)
        err = log_compare (first, second, &options, &difference);
    verified->compared = difference.compared;
    if (!err)
        err = verify_chain (&source.source, verified->chains[1], &verified->messages);
    log_difference_fini (&difference);
    log_reader_destroy (&second);
    tools_source_close (&source);
    return err;
}

static mst_err_t verify_digests (const char *const files[2], verified_t *verified)
{
    const char *digests[2];
    mst_err_t err = MST_OK;
    for (int i = 0; i < 2 && !err; i++) {
        err = tools_recording_results (files[i], &verified->results[i]);
        digests[i] = tools_results_find (&verified->results[i], digest_name);
    }
    if (err)
        return err;
    if (!digests[0] != !digests[1] || (digests[0] && strcmp (digests[0], digests[1]) != 0))
        return base_error (MST_E_DIFFERS,
                           "the result \"digest\" differs: %s in the recording, %s "
                           "when it was run again",
                           digests[0] ? digests[0] : "none", digests[1] ? digests[1] : "none");
    if (strcmp (verified->chains[0], verified->chains[1]) != 0)
        return base_error (MST_E_DIFFERS,
                           "the log chain differs: %s in the recording, %s when it "
                           "was run again",
                           verified->chains[0], verified->chains[1]);
    return MST_OK;
}

static mst_err_t verify_say (const verified_t *verified, bool json, base_buffer_t *out)
{
    const char *digest = tools_results_find (&verified->results[0], digest_name);
    unsigned long long messages = verified->messages, compared = verified->compared;
    if (json)
        return tools_text_append (out,
                                  "{\"verified\":true,\"messages\":%llu,\"compared\":%llu,"
                                  "\"log_chain\":\"%s\",\"digest\":\"%s\"}\n",
                                  messages, compared, verified->chains[0], digest ? digest : "");
    return tools_text_append (out,
                              "messages: %llu, of which %llu in time-stamp order were compared\n"
                              "log chain: %s\ndigest: %s\nreplay verified\n",
                              messages, compared, verified->chains[0], digest ? digest : "none");
}

/*  The whole ---------------------------------------------------------------------------------- */

static mst_err_t verify_run (const tools_plan_t *plan, const char *rti, const char *record,
                             tools_telling_t telling, base_buffer_t *complaint)
{
    tools_outcome_t outcome;
    tools_run_options_t options = { .rti = rti, .record = record, .telling = telling };
    mst_err_t err = tools_run (plan, &options, &outcome);
    if (err)
        (void) base_buffer_append (complaint, outcome.complaint.data, outcome.complaint.size_bytes);
    tools_outcome_fini (&outcome);
    return err;
}

/*  A part of a recording differs from any run of the whole. */
static mst_err_t verify_can (log_reader_t *reader, const tools_source_t *source)
{
    static const char *const parts[] = { LOG_METADATA_SLICE, LOG_METADATA_MERGE };
    mst_err_t err = tools_recording_whole (reader, source);
    for (size_t i = 0; !err && i < sizeof parts / sizeof parts[0]; i++) {
        log_metadata_t metadata;
        bool found;
        err = log_reader_find_metadata (reader, parts[i], &metadata, &found);
        if (!err && found)
            err = base_error (MST_E_NOT_SUPPORTED,
                              "%s cannot be compared with a run: it was sliced or merged; use the "
                              "recording as it was made",
                              source->path);
    }
    return err;
}

static mst_err_t verify_again (log_reader_t *reader, const tools_source_t *source,
                               const char *again, verified_t *verified)
{
    uint64_t messages = 0;
    const char *const files[2] = { source->path, again };
    mst_err_t err = verify_messages (reader, again, verified);
    if (!err)
        err = verify_chain (&source->source, verified->chains[0], &messages);
    if (!err)
        err = verify_digests (files, verified);
    if (!err && verified->compared == 0)
        err = base_error (MST_E_FILE_CORRUPT,
                          "nothing to compare: the recording holds no time-stamped message");
    return err;
}

mst_err_t tools_replay_verify (const tools_again_t *options, base_buffer_t *out,
                               base_buffer_t *complaint)
{
    const char *file = options->file;
    tools_source_t source;
    log_reader_t *reader = NULL;
    tools_plan_t plan = { 0 };
    verified_t verified = { 0 };
    verify_stand_ins_t stand_ins = { 0 };
    char *folder = NULL, *again = NULL;
    mst_err_t err = tools_source_open (&source, file);
    if (err)
        return err;
    err = log_reader_new (&reader, &source.source);
    if (err)
        (void) base_error_prefix (err, "%s: ", file);
    if (!err)
        err = verify_can (reader, &source);
    if (!err)
        err = verify_plan (reader, file, &plan);
    if (!err && options->stand_in)
        err = stand_ins_make (&stand_ins, &plan, file, options->stand_in);
    for (size_t i = 0; !err && i < options->run_count; i++)
        err = run_one (&stand_ins, &plan, options->runs[i]);
    if (!err)
        err = tools_folder_new ("muster-verify", &folder);
    if (!err && !(again = tools_path (folder, "again.mcap")))
        err = base_alloc_error ();
    if (!err)
        err = verify_run (&plan, options->rti, again, options->telling, complaint);
    if (!err)
        err = verify_again (reader, &source, again, &verified);
    if (!err)
        err = verify_say (&verified, options->json, out);
    if (folder)
        tools_folder_remove (folder);
    tools_results_fini (&verified.results[0]);
    tools_results_fini (&verified.results[1]);
    tools_plan_fini (&plan);
    stand_ins_fini (&stand_ins);
    log_reader_destroy (&reader);
    tools_source_close (&source);
    base_free (again);
    base_free (folder);
    return err;
}
