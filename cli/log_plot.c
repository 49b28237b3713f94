/*  muster log plot: a moment of a recording as a picture. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "tools/plot.h"
#include "tools/text.h"

#include <stdio.h>

enum { PLOT_OUTPUT, PLOT_POSITION, PLOT_AT, PLOT_PLANE };

static const cli_option_t plot_options[] = {
    [PLOT_OUTPUT] = { "-o", "FILE.svg", "the picture" },
    [PLOT_POSITION] = { "--position", "CLASS.ATTRIBUTE",
                        "where objects tell their positions: two or three doubles;\n"
                        "CLASS.X,Y or CLASS.X,Y,Z: a double each. Otherwise as the\n"
                        "recorded scenario's space.position says" },
    [PLOT_AT] = { "--at", "MOMENT", "a date, or a duration since the start; otherwise the end" },
    [PLOT_PLANE] = { "--plane", "PLANE", "xy, xz or yz: what is seen; xy unless told" },
    { NULL, NULL, NULL },
};

static const cli_verb_t plot_verb = {
    "log plot", "-o FILE.svg LOG",
    "Draws the objects of a recording at one moment, as an SVG: where they are, in\n"
    "the colour of their home, which is the federate that updated them last, over\n"
    "the leaves of an octree of their positions.",
    plot_options
};

int cli_log_plot (int argc, char **argv)
{
    cli_args_t args;
    cli_found_t found;
    tools_plot_options_t options = { .file = NULL };
    base_buffer_t out = { 0 };
    cli_args_init (&args, &plot_verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP)
            return args.exit_code;
        if (found == CLI_ARGUMENT && options.file)
            return cli_usage (&plot_verb, "%s is one too many", args.value);
        if (found == CLI_ARGUMENT)
            options.file = args.value;
        else if (args.option == PLOT_OUTPUT)
            options.output = args.value;
        else if (args.option == PLOT_POSITION)
            options.position = args.value;
        else if (args.option == PLOT_AT)
            options.at = args.value;
        else
            options.plane = args.value;
    }
    if (!options.file || !options.output)
        return cli_usage (&plot_verb, "%s",
                          options.file ? "-o FILE.svg is missing" : "of which recording?");
    mst_err_t err = tools_plot (&options, &out);
    fputs (tools_text_of (&out), stdout);
    base_buffer_fini (&out);
    return err ? cli_failed ("log plot", err) : CLI_GOOD;
}
