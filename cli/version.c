/*  muster version. */
#include "cli/args.h"
#include "cli/verbs.h"

#include <stdio.h>
#include <muster/version.h>

enum { VERSION_JSON };

static const cli_option_t version_options[] = {
    [VERSION_JSON] = { "--json", NULL, "as a JSON object" },
    { NULL, NULL, NULL },
};

static const cli_verb_t version_verb = { "version", "", "Prints the version of Muster.",
                                         version_options };

int cli_version (int argc, char **argv)
{
    cli_args_t args;
    cli_found_t found;
    bool json = false;
    cli_args_init (&args, &version_verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP)
            return args.exit_code;
        if (found == CLI_ARGUMENT)
            return cli_usage (&version_verb, "it takes no arguments, found %s", args.value);
        json = true;
    }
    printf (json ? "{\"muster\":\"%s\"}\n" : "muster %s\n", mst_version ());
    return CLI_GOOD;
}
