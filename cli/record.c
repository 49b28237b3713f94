/*  muster record-federation: the recorder's process. `muster run` starts it and waits for its ready
    line; SIGTERM tells it to finish. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/file.h"
#include "tools/record.h"

#include <signal.h>
#include <stdio.h>

enum { RECORD_RTI, RECORD_SCENARIO, RECORD_FOLDER, RECORD_ORIGIN, RECORD_FEDERATES, RECORD_OUTPUT };

static const cli_option_t record_options[] = {
    [RECORD_RTI] = { "--rti", "ENDPOINT", "the RTI" },
    [RECORD_SCENARIO] = { "--scenario", "FILE", "the scenario that runs" },
    [RECORD_FOLDER] = { "--folder", "FOLDER", "where the files that it names lie" },
    [RECORD_ORIGIN] = { "--origin", "FILE", "where the scenario came from" },
    [RECORD_FEDERATES] = { "--federates", "N",
                           "ends when so many federates came and all have left;\n"
                           "0, the default: ends at SIGTERM" },
    [RECORD_OUTPUT] = { "--output", "FILE", "the recording" },
    { NULL, NULL, NULL },
};

static const cli_verb_t record_verb = {
    "record-federation", "",
    "Records a federation into a file, as a federate of its own. This is a part of\n"
    "muster run --record.",
    record_options
};

static volatile sig_atomic_t record_stop;

static void record_signal (int signal)
{
    (void) signal;
    record_stop = 1;
}

/*  The calls that wait end early at a signal: no SA_RESTART. */
static void record_signals (void)
{
    struct sigaction action = { .sa_handler = record_signal };
    (void) sigemptyset (&action.sa_mask);
    (void) sigaction (SIGTERM, &action, NULL);
    (void) sigaction (SIGINT, &action, NULL);
    (void) signal (SIGXFSZ, SIG_IGN); /* a file too large is an error like a full disk */
}

static void record_ready (void *user)
{
    printf ("ready: recording into %s\n", (const char *) user);
    (void) fflush (stdout);
}

static bool record_option (tools_record_t *self, const cli_args_t *args)
{
    long long number = 0;
    switch (args->option) {
    case RECORD_RTI: self->rti = args->value; break;
    case RECORD_SCENARIO: self->scenario = args->value; break;
    case RECORD_FOLDER: self->folder = args->value; break;
    case RECORD_ORIGIN: self->origin = args->value; break;
    case RECORD_OUTPUT: self->output = args->value; break;
    case RECORD_FEDERATES:
        if (!cli_number (args->value, 0, SCENARIO_FEDERATES_MAX, &number))
            return false;
        self->federates = (size_t) number;
        break;
    default: break;
    }
    return true;
}

int cli_record (int argc, char **argv)
{
    cli_args_t args;
    cli_found_t found;
    tools_record_t self = { .stop = &record_stop, .ready = record_ready };
    cli_args_init (&args, &record_verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP)
            return args.exit_code;
        if (found == CLI_ARGUMENT)
            return cli_usage (&record_verb, "what is %s?", args.value);
        if (!record_option (&self, &args))
            return cli_usage (&record_verb, "--federates is a number from 0 to %d",
                              SCENARIO_FEDERATES_MAX);
    }
    if (!self.scenario || !self.output)
        return cli_usage (&record_verb, "--scenario and --output are needed");
    self.user = (void *) (uintptr_t) self.output;
    record_signals ();
    mst_err_t err = tools_record (&self);
    return err ? cli_failed ("record-federation", err) : CLI_GOOD;
}
