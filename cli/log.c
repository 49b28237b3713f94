/*  muster log: what a recording holds, whether it is whole, what can be saved of it, and other
   recordings and files made of it. Each of its verbs has options of its own. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "base/alloc.h"
#include "tools/config_json.h"
#include "tools/recording.h"
#include "tools/text.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/*  Options are told apart by their names, which mean the same in all of the verbs. */
#define LOG_OPTION_CLASS                                                                           \
    {                                                                                              \
        "--class", "NAME", "only this class and those below it; may be repeated"                   \
    }
#define LOG_OPTION_SENDER                                                                          \
    {                                                                                              \
        "--sender", "NAME", "only what this federate sent; may be repeated"                        \
    }
#define LOG_OPTION_FROM                                                                            \
    {                                                                                              \
        "--from", "TIME",                                                                          \
            "from this time on: 12 in the scenario's unit, \"3 d\" from\n"                         \
            "its start, or a date like 1996-01-31T06:00"                                           \
    }
#define LOG_OPTION_TO                                                                              \
    {                                                                                              \
        "--to", "TIME", "up to this time, which is no part of it"                                  \
    }
#define LOG_OPTION_JSON                                                                            \
    {                                                                                              \
        "--json", NULL, "one JSON object instead of lines"                                         \
    }
#define LOG_OPTION_END                                                                             \
    {                                                                                              \
        NULL, NULL, NULL                                                                           \
    }

static const cli_option_t said_options[] = { LOG_OPTION_JSON, LOG_OPTION_END };
static const cli_option_t cat_options[] = { LOG_OPTION_CLASS,
                                            LOG_OPTION_SENDER,
                                            LOG_OPTION_FROM,
                                            LOG_OPTION_TO,
                                            { "--json", NULL, "a JSON object per message" },
                                            LOG_OPTION_END };
static const cli_option_t export_options[] = {
    { "--json", NULL, "a JSON object per message, one a line" },
    { "--csv", NULL, "rows of CSV; of one class a column per member, of\nseveral a row per value" },
    LOG_OPTION_CLASS,
    LOG_OPTION_SENDER,
    LOG_OPTION_FROM,
    LOG_OPTION_TO,
    LOG_OPTION_END
};
static const cli_option_t slice_options[] = { LOG_OPTION_CLASS, LOG_OPTION_SENDER, LOG_OPTION_FROM,
                                              LOG_OPTION_TO,    LOG_OPTION_JSON,   LOG_OPTION_END };

typedef struct log_args {
    const cli_verb_t *verb;
    BASE_LIST (const char *) files;
    tools_choice_t choice;
    bool json, csv;
} log_args_t;

static int log_print (mst_err_t err, base_buffer_t *out)
{
    fputs (tools_text_of (out), stdout);
    base_buffer_fini (out);
    return err ? cli_failed ("log", err) : CLI_GOOD;
}

/*  What they do ------------------------------------------------------------------------------- */

static int log_info (const log_args_t *self)
{
    base_buffer_t out = { 0 };
    return log_print (tools_recording_info (self->files.items[0], self->json, &out), &out);
}

static int log_verify (const log_args_t *self)
{
    base_buffer_t out = { 0 };
    return log_print (tools_recording_verify (self->files.items[0], self->json, &out), &out);
}

static int log_recover (const log_args_t *self)
{
    base_buffer_t out = { 0 };
    return log_print (
        tools_recording_recover (self->files.items[0], self->files.items[1], self->json, &out),
        &out);
}

/*  Whoever reads the output may stop: `| head` ends it without a word. */
static int log_messages (const log_args_t *self, tools_format_t format, const char *to)
{
    bool closed;
    mst_err_t err =
        tools_recording_print (self->files.items[0], &self->choice, format, to, &closed);
    return err && !closed ? cli_failed ("log", err) : CLI_GOOD;
}

static int log_cat (const log_args_t *self)
{
    return log_messages (self, self->json ? TOOLS_JSON : TOOLS_LINES, NULL);
}

static int log_export (const log_args_t *self)
{
    if (self->json == self->csv)
        return cli_usage (self->verb, "as what: --json or --csv?");
    return log_messages (self, self->csv ? TOOLS_CSV : TOOLS_JSON,
                         self->files.count > 1 ? self->files.items[1] : NULL);
}

static int log_slice (const log_args_t *self)
{
    base_buffer_t out = { 0 };
    return log_print (tools_recording_slice (self->files.items[0], &self->choice,
                                             self->files.items[1], self->json, &out),
                      &out);
}

static int log_merge (const log_args_t *self)
{
    base_buffer_t out = { 0 };
    size_t last = self->files.count - 1;
    return log_print (
        tools_recording_merge (self->files.items, last, self->files.items[last], self->json, &out),
        &out);
}

static int log_diff (const log_args_t *self)
{
    base_buffer_t out = { 0 };
    return log_print (
        tools_recording_diff (self->files.items[0], self->files.items[1], self->json, &out), &out);
}

/*  The verbs ---------------------------------------------------------------------------------- */

enum { FILES_MAX = 65 };

typedef struct log_verb {
    const char *name;
    size_t least, most; /* files */
    int (*run) (const log_args_t *self);
    cli_verb_t verb;
} log_verb_t;

static const log_verb_t log_verbs[] = {
    { "info",
      1,
      1,
      log_info,
      { "log info", "FILE",
        "Tells what a recording holds: times, classes, senders with their gaps, rates,\n"
        "Muster's own records, cuts and losses, attachments, how the run was made.",
        said_options } },
    { "cat",
      1,
      1,
      log_cat,
      { "log cat", "FILE",
        "Prints the messages in the order of time, a line each, with tabs between time,\n"
        "order, sender, sequence, kind, class, object and values.",
        cat_options } },
    { "export",
      1,
      2,
      log_export,
      { "log export", "FILE [TO]",
        "Writes the messages in the order of time as JSON or CSV, to a file or to\n"
        "standard output.",
        export_options } },
    { "verify",
      1,
      1,
      log_verify,
      { "log verify", "FILE",
        "Reads everything and checks it: checksums, index, statistics, every message,\n"
        "the log chain. Ends with 1 when something is wrong.",
        said_options } },
    { "recover",
      2,
      2,
      log_recover,
      { "log recover", "FILE TO",
        "Writes all that can still be read of a damaged recording as a whole one.",
        said_options } },
    { "slice",
      2,
      2,
      log_slice,
      { "log slice", "FILE TO",
        "Writes a part of a recording as a recording: some classes, some senders, a\n"
        "stretch of time, with the state of all objects at its beginning.",
        slice_options } },
    { "merge",
      2,
      FILES_MAX,
      log_merge,
      { "log merge", "FILE... TO",
        "Makes one recording of several of one run: slices, what several recorders\n"
        "wrote, or recordings of different classes. What stands in several is kept once.",
        said_options } },
    { "diff",
      2,
      2,
      log_diff,
      { "log diff", "FILE FILE",
        "Compares what was sent in time-stamp order. The same: ends with 0. Otherwise it\n"
        "counts the differences, names the first one and ends with 1.",
        said_options } },
};

enum { LOG_VERBS = sizeof log_verbs / sizeof log_verbs[0] };

static const cli_option_t whole_options[] = {
    LOG_OPTION_CLASS,
    LOG_OPTION_SENDER,
    LOG_OPTION_FROM,
    LOG_OPTION_TO,
    { "--csv", NULL, "export: rows of CSV" },
    { "--json", NULL,
      "export, cat: a JSON object per message; otherwise one\nobject instead of lines" },
    LOG_OPTION_END
};

static const cli_verb_t log_whole = {
    "log", "VERB FILE...",
    "Works on recordings:\n\n"
    "  info FILE          what it holds\n"
    "  cat FILE           its messages, a line each\n"
    "  export FILE [TO]   its messages as JSON or CSV\n"
    "  verify FILE        checks everything\n"
    "  recover FILE TO    saves what can be read of a damaged one\n"
    "  slice FILE TO      a part of it as a recording\n"
    "  merge FILE... TO   several as one\n"
    "  diff FILE FILE     in what two differ\n"
    "  plot FILE          draws its objects\n\n"
    "muster log VERB --help says more about each, and which options it takes.",
    whole_options
};

/*  Reading the line --------------------------------------------------------------------------- */

static bool option_is (const cli_args_t *args, const char *name)
{
    return strcmp (args->verb->options[args->option].name, name) == 0;
}

static mst_err_t log_option (log_args_t *self, const cli_args_t *args)
{
    if (option_is (args, "--class"))
        return BASE_LIST_PUSH (&self->choice.classes, args->value);
    if (option_is (args, "--sender"))
        return BASE_LIST_PUSH (&self->choice.senders, args->value);
    if (option_is (args, "--from"))
        self->choice.from = args->value;
    else if (option_is (args, "--to"))
        self->choice.to = args->value;
    else if (option_is (args, "--csv"))
        self->csv = true;
    else
        self->json = true;
    return MST_OK;
}

/*  False: return *exit_code. */
static bool log_parse (log_args_t *self, int argc, char **argv, int *exit_code)
{
    cli_args_t args;
    cli_found_t found;
    cli_args_init (&args, self->verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        mst_err_t err = MST_OK;
        if (found == CLI_STOP) {
            *exit_code = args.exit_code;
            return false;
        }
        if (found == CLI_OPTION)
            err = log_option (self, &args);
        else
            err = BASE_LIST_PUSH (&self->files, args.value);
        if (err) {
            *exit_code = cli_failed ("log", base_alloc_error ());
            return false;
        }
    }
    return true;
}

static int log_run (const log_verb_t *verb, int argc, char **argv)
{
    log_args_t self = { .verb = &verb->verb };
    int exit_code = CLI_USAGE;
    if (log_parse (&self, argc, argv, &exit_code)) {
        if (self.files.count < verb->least)
            exit_code = cli_usage (&verb->verb, self.files.count == 0 ? "which recording?"
                                                                      : "a file is missing");
        else if (self.files.count > verb->most)
            exit_code = cli_usage (&verb->verb, "%s is one too many", self.files.items[verb->most]);
        else
            exit_code = verb->run (&self);
    }
    tools_choice_fini (&self.choice);
    BASE_LIST_FINI (&self.files);
    return exit_code;
}

static int log_unknown (const char *name)
{
    const char *names[LOG_VERBS + 1];
    for (size_t i = 0; i < LOG_VERBS; i++)
        names[i] = log_verbs[i].name;
    names[LOG_VERBS] = "plot";
    const char *nearest = config_nearest (name, names, LOG_VERBS + 1);
    if (nearest)
        return cli_usage (&log_whole, "there is no verb \"%s\"; did you mean %s?", name, nearest);
    return cli_usage (&log_whole,
                      "there is no verb \"%s\"; there are info, cat, export, verify, recover, "
                      "slice, merge, diff and plot",
                      name);
}

/*  The verb is the first word that is no option: muster log --json info FILE works, too. */
int cli_log (int argc, char **argv)
{
    int at = 1;
    while (at < argc && argv[at][0] == '-' && strcmp (argv[at], "--help") != 0 &&
           strcmp (argv[at], "-h") != 0)
        at++;
    if (at == argc)
        return cli_usage (&log_whole, "what with which file?");
    if (argv[at][0] == '-')
        return cli_help (&log_whole);
    if (strcmp (argv[at], "plot") == 0 && at == 1)
        return cli_log_plot (argc - 1, argv + 1);
    (void) signal (SIGXFSZ, SIG_IGN); /* a file too large is an error like a full disk */
    const char *name = argv[at];
    for (; at > 1; at--) /* options before it come after it */
        argv[at] = argv[at - 1];
    for (size_t i = 0; i < LOG_VERBS; i++)
        if (strcmp (log_verbs[i].name, name) == 0)
            return log_run (&log_verbs[i], argc - 1, argv + 1);
    return log_unknown (name);
}
