/*  muster replay: a recording sent again, or its scenario run again and compared. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "tools/replay.h"
#include "tools/text.h"

#include <stdio.h>
#include <unistd.h>

enum { REPLAY_VERIFY, REPLAY_RTI, REPLAY_FEDERATION, REPLAY_WAIT, REPLAY_QUIET, REPLAY_JSON };
enum { WAIT_MAX = 65535 };

static const cli_option_t replay_options[] = {
    [REPLAY_VERIFY] = { "--verify", NULL,
                        "runs the recording's scenario again, with the same\n"
                        "parameters and federates, and compares: ends with 0\n"
                        "when it is the same, else with 1 and the first\n"
                        "message that differs" },
    [REPLAY_RTI] = { "--rti", "ENDPOINT", "uses this RTI instead of starting one" },
    [REPLAY_FEDERATION] = { "--federation", "NAME",
                            "sends into this federation; otherwise as recorded" },
    [REPLAY_WAIT] = { "--wait", "N", "begins when N other federates have joined" },
    [REPLAY_QUIET] = { "--quiet", NULL, "no progress" },
    [REPLAY_JSON] = { "--json", NULL, "the summary as one JSON object" },
    { NULL, NULL, NULL },
};

static const cli_verb_t replay_verb = {
    "replay", "LOG",
    "Sends a recording into a federation again, as fast as possible: objects under\n"
    "their names, updates, interactions and deletes with their time stamps.",
    replay_options
};

typedef struct replay_args {
    tools_replay_options_t options;
    bool verify, quiet;
} replay_args_t;

static void replay_ready (void *user, const char *endpoint)
{
    (void) user;
    fprintf (stderr, "muster replay: the RTI is at %s\n", endpoint);
}

static bool replay_option (replay_args_t *self, const cli_args_t *args)
{
    long long number = 0;
    switch (args->option) {
    case REPLAY_VERIFY: self->verify = true; break;
    case REPLAY_RTI: self->options.rti = args->value; break;
    case REPLAY_FEDERATION: self->options.federation = args->value; break;
    case REPLAY_QUIET: self->quiet = true; break;
    case REPLAY_JSON: self->options.json = true; break;
    case REPLAY_WAIT:
        if (!cli_number (args->value, 0, WAIT_MAX, &number))
            return false;
        self->options.wait = (size_t) number;
        break;
    default: break;
    }
    return true;
}

/*  False: return *exit_code. */
static bool replay_parse (replay_args_t *self, int argc, char **argv, int *exit_code)
{
    cli_args_t args;
    cli_found_t found;
    *exit_code = CLI_USAGE;
    cli_args_init (&args, &replay_verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP) {
            *exit_code = args.exit_code;
            return false;
        }
        if (found == CLI_OPTION && !replay_option (self, &args)) {
            (void) cli_usage (&replay_verb, "--wait is a number from 0 to %d", WAIT_MAX);
            return false;
        }
        if (found == CLI_ARGUMENT && self->options.file) {
            (void) cli_usage (&replay_verb, "one recording at a time: %s or %s?",
                              self->options.file, args.value);
            return false;
        }
        if (found == CLI_ARGUMENT)
            self->options.file = args.value;
    }
    if (!self->options.file)
        (void) cli_usage (&replay_verb, "which recording?");
    return self->options.file != NULL;
}

static tools_telling_t replay_telling (const replay_args_t *self)
{
    if (self->quiet)
        return TOOLS_TELL_NOTHING;
    return isatty (STDERR_FILENO) ? TOOLS_TELL_BAR : TOOLS_TELL_LINES;
}

int cli_replay (int argc, char **argv)
{
    replay_args_t self = { .options = { .ready = replay_ready } };
    base_buffer_t out = { 0 }, complaint = { 0 };
    int exit_code;
    if (!replay_parse (&self, argc, argv, &exit_code))
        return exit_code;
    if (self.quiet)
        self.options.ready = NULL;
    mst_err_t err = self.verify ? tools_replay_verify (self.options.file, self.options.rti,
                                                       replay_telling (&self), self.options.json,
                                                       &out, &complaint)
                                : tools_replay (&self.options, &out);
    fputs (tools_text_of (&complaint), stderr);
    fputs (tools_text_of (&out), stdout);
    exit_code = err ? cli_failed ("replay", err) : CLI_GOOD;
    base_buffer_fini (&complaint);
    base_buffer_fini (&out);
    return exit_code;
}
