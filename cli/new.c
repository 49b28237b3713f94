/*  muster new: a federate to begin with. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "tools/new.h"

#include <stdio.h>

static const cli_option_t new_options[] = { { NULL, NULL, NULL } };

static const cli_verb_t new_verb = {
    "new", "NAME",
    "Writes a folder NAME with a federate in C, its build, its object model and a\n"
    "scenario that runs two of them. What exists is never written over.",
    new_options
};

int cli_new (int argc, char **argv)
{
    cli_args_t args;
    cli_found_t found;
    const char *name = NULL;
    cli_args_init (&args, &new_verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP)
            return args.exit_code;
        if (name)
            return cli_usage (&new_verb, "one federate at a time: %s or %s?", name, args.value);
        name = args.value;
    }
    if (!name)
        return cli_usage (&new_verb, "which name?");
    mst_err_t err = tools_new (name);
    if (err)
        return cli_failed ("new", err);
    printf ("%s/%s.c, %s.xml, scenario.json and CMakeLists.txt are written. To run two of them:\n\n"
            "  cd %s\n"
            "  cmake -B build && cmake --build build\n"
            "  muster run scenario.json\n",
            name, name, name, name);
    return CLI_GOOD;
}
