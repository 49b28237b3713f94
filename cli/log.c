/*  muster log: what a recording holds, whether it is whole, and what can be saved of it. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "tools/recording.h"
#include "tools/text.h"

#include <stdio.h>
#include <string.h>

enum { LOG_JSON };
enum { LOG_ARGUMENTS_MAX = 2 };

static const cli_option_t log_options[] = {
    [LOG_JSON] = { "--json", NULL, "one JSON object instead of lines" },
    { NULL, NULL, NULL },
};

static const cli_verb_t log_verb = {
    "log", "info FILE | verify FILE | recover FILE TO | plot …",
    "Works on recordings.\n\n"
    "  info FILE         classes, senders, counts, attachments\n"
    "  verify FILE       checks everything: checksums, index, log chain; ends with\n"
    "                    1 when something is wrong\n"
    "  recover FILE TO   writes all that can still be read of a damaged recording\n"
    "                    as a whole one into TO\n"
    "  plot FILE         draws its objects; muster log plot --help says more",
    log_options
};

typedef struct log_args {
    const char *arguments[LOG_ARGUMENTS_MAX + 1]; /* what to do, and the files */
    size_t count;
    bool json;
} log_args_t;

static int log_print (mst_err_t err, base_buffer_t *out)
{
    fputs (tools_text_of (out), stdout);
    base_buffer_fini (out);
    return err ? cli_failed ("log", err) : CLI_GOOD;
}

static int log_do (const log_args_t *self)
{
    base_buffer_t out = { 0 };
    const char *what = self->arguments[0], *file = self->arguments[1];
    if (self->count == 2 && strcmp (what, "info") == 0)
        return log_print (tools_recording_info (file, self->json, &out), &out);
    if (self->count == 2 && strcmp (what, "verify") == 0)
        return log_print (tools_recording_verify (file, self->json, &out), &out);
    if (self->count == 3 && strcmp (what, "recover") == 0)
        return log_print (tools_recording_recover (file, self->arguments[2], self->json, &out),
                          &out);
    if (self->count == 0)
        return cli_usage (&log_verb, "what with which file?");
    static const char *const later[] = { "cat", "export", "slice", "merge", "diff" };
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
        if (strcmp (what, later[i]) == 0)
            return cli_usage (&log_verb, "%s is not supported yet", what);
    return cli_usage (&log_verb, "%s with %zu files is not among what it does", what,
                      self->count - 1);
}

int cli_log (int argc, char **argv)
{
    cli_args_t args;
    cli_found_t found;
    log_args_t self = { 0 };
    if (argc > 1 && strcmp (argv[1], "plot") == 0)
        return cli_log_plot (argc - 1, argv + 1);
    cli_args_init (&args, &log_verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP)
            return args.exit_code;
        if (found == CLI_OPTION)
            self.json = true;
        else if (self.count > LOG_ARGUMENTS_MAX)
            return cli_usage (&log_verb, "%s is one too many", args.value);
        else
            self.arguments[self.count++] = args.value;
    }
    return log_do (&self);
}
