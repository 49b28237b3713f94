/*  muster fom: object models as files. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "tools/file.h"
#include "tools/fom.h"
#include "tools/text.h"

#include <stdio.h>
#include <string.h>

enum { FOM_JSON, FOM_NAME_OPTION, FOM_OUTPUT };
enum { FOM_FILES_MAX = 64 };

static const cli_option_t fom_options[] = {
    [FOM_JSON] = { "--json", NULL, "what is found as JSON" },
    [FOM_NAME_OPTION] = { "--name", "NAME", "show: only this class or data type" },
    [FOM_OUTPUT] = { "--output", "FILE", "merge: writes there; otherwise to standard output" },
    { NULL, NULL, NULL },
};

static const cli_verb_t fom_verb = {
    "fom", "check|merge|show FILE..., diff FILE FILE",
    "Works on object models: one module or several, which are merged as a federation\n"
    "merges them.\n\n"
    "  check   tells what is odd or wrong, with file, line and column\n"
    "  merge   writes one module that means what all of them do together\n"
    "  show    the classes with their attributes, and the data types\n"
    "  diff    what differs between two models; ends with 1 when something does",
    fom_options
};

typedef struct fom_args {
    const char *what;
    const char *files[FOM_FILES_MAX];
    size_t count;
    const char *name;
    const char *output;
    bool json;
} fom_args_t;

static int fom_parse (fom_args_t *self, int argc, char **argv)
{
    cli_args_t args;
    cli_found_t found;
    cli_args_init (&args, &fom_verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP)
            return args.exit_code;
        if (found == CLI_OPTION && args.option == FOM_JSON)
            self->json = true;
        else if (found == CLI_OPTION && args.option == FOM_NAME_OPTION)
            self->name = args.value;
        else if (found == CLI_OPTION)
            self->output = args.value;
        else if (!self->what)
            self->what = args.value;
        else if (self->count == FOM_FILES_MAX)
            return cli_usage (&fom_verb, "more than %d modules", FOM_FILES_MAX);
        else
            self->files[self->count++] = args.value;
    }
    if (!self->what)
        return cli_usage (&fom_verb, "check, merge, show or diff?");
    return self->count > 0 ? -1 : cli_usage (&fom_verb, "which file?");
}

static int fom_diff (const fom_args_t *self, base_buffer_t *out)
{
    bool same = false;
    tools_fom_files_t left = { &self->files[0], 1 }, right = { &self->files[1], 1 };
    if (self->count != 2)
        return cli_usage (&fom_verb, "diff takes two files: merge several into one first");
    mst_err_t err = tools_fom_diff (&left, &right, self->json, out, &same);
    if (err)
        return cli_failed ("fom", err);
    return same ? CLI_GOOD : CLI_NO;
}

static int fom_run (const fom_args_t *self, base_buffer_t *out)
{
    tools_fom_files_t files = { self->files, self->count };
    mst_err_t err;
    if (strcmp (self->what, "check") == 0)
        err = tools_fom_check (&files, self->json, out);
    else if (strcmp (self->what, "merge") == 0)
        err = tools_fom_merge (&files, out);
    else if (strcmp (self->what, "show") == 0)
        err = tools_fom_show (&files, self->name, self->json, out);
    else if (strcmp (self->what, "diff") == 0)
        return fom_diff (self, out);
    else
        return cli_usage (&fom_verb, "check, merge, show or diff, not \"%s\"", self->what);
    if (!err && self->output) {
        err = tools_file_write (self->output, out->data, out->size_bytes);
        base_buffer_clear (out);
    }
    return err ? cli_failed ("fom", err) : CLI_GOOD;
}

int cli_fom (int argc, char **argv)
{
    fom_args_t self = { .what = NULL };
    base_buffer_t out = { 0 };
    int exit_code = fom_parse (&self, argc, argv);
    if (exit_code >= 0)
        return exit_code;
    exit_code = fom_run (&self, &out);
    fputs (tools_text_of (&out), stdout);
    base_buffer_fini (&out);
    return exit_code;
}
