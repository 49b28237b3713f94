/*  muster play-federate: a stand-in's process. `muster replay --stand-in` starts it in the place of
   a federate. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "tools/standin.h"

#include <stdlib.h>

enum { PLAY_NAME, PLAY_RTI, PLAY_FEDERATION };

static const cli_option_t play_options[] = {
    [PLAY_NAME] = { "--name", "NAME", "the federate's; otherwise MUSTER_NAME" },
    [PLAY_RTI] = { "--rti", "ENDPOINT", "the RTI; otherwise MUSTER_RTI" },
    [PLAY_FEDERATION] = { "--federation", "NAME", "otherwise MUSTER_FEDERATION" },
    { NULL, NULL, NULL },
};

static const cli_verb_t play_verb = {
    "play-federate", "LOG",
    "Plays the part of one federate of a recorded run. This is a part of muster\n"
    "replay --stand-in.",
    play_options
};

int cli_play (int argc, char **argv)
{
    cli_args_t args;
    cli_found_t found;
    tools_standin_t options = { .name = getenv ("MUSTER_NAME") };
    cli_args_init (&args, &play_verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP)
            return args.exit_code;
        if (found == CLI_ARGUMENT && options.file)
            return cli_usage (&play_verb, "one recording at a time: %s or %s?", options.file,
                              args.value);
        if (found == CLI_ARGUMENT)
            options.file = args.value;
        else if (args.option == PLAY_NAME)
            options.name = args.value;
        else if (args.option == PLAY_RTI)
            options.rti = args.value;
        else
            options.federation = args.value;
    }
    if (!options.file || !options.name)
        return cli_usage (&play_verb, options.file ? "which federate?" : "which recording?");
    mst_err_t err = tools_standin_run (&options);
    return err ? cli_failed ("play-federate", err) : CLI_GOOD;
}
