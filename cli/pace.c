/*  muster pace-federation: the process that `muster run --pace` starts. SIGTERM tells it to say
   what it counted, and to end. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "tools/pacer.h"
#include "tools/scenario.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { PACE_RTI, PACE_FEDERATION, PACE_FEDERATES, PACE_UNIT, PACE_STEP, PACE_END, PACE_SCALE };

static const cli_option_t pace_options[] = {
    [PACE_RTI] = { "--rti", "ENDPOINT", "the RTI" },
    [PACE_FEDERATION] = { "--federation", "NAME", "the federation" },
    [PACE_FEDERATES] = { "--federates", "N",
                         "begins when so many have come, ends when all have\nleft" },
    [PACE_UNIT] = { "--unit", "N", "nanoseconds of a count of logical time" },
    [PACE_STEP] = { "--step", "N", "counts of a step" },
    [PACE_END] = { "--end", "N", "the last time; 0, the default: none" },
    [PACE_SCALE] = { "--scale", "X", "logical seconds per second; 1 by default" },
    { NULL, NULL, NULL },
};

static const cli_verb_t pace_verb = {
    "pace-federation", "",
    "Holds a federation's time back to that of the wall's clock, as a federate of its\n"
    "own. This is a part of muster run --pace.",
    pace_options
};

static volatile sig_atomic_t pace_stop;

static void pace_signal (int signal)
{
    (void) signal;
    pace_stop = 1;
}

static void pace_ready (void *user)
{
    (void) user;
    puts ("ready: pacing");
    (void) fflush (stdout);
}

/*  False: no number, or out of its range. */
static bool pace_option (tools_pacer_options_t *self, const cli_args_t *args)
{
    long long number = 0;
    char *end;
    switch (args->option) {
    case PACE_RTI: self->rti = args->value; return true;
    case PACE_FEDERATION: self->federation = args->value; return true;
    case PACE_SCALE:
        self->scale = strtod (args->value, &end);
        return end != args->value && *end == '\0' && self->scale > 0;
    default: break;
    }
    if (!cli_number (args->value, args->option == PACE_END ? 0 : 1, INT64_MAX / 4, &number))
        return false;
    switch (args->option) {
    case PACE_FEDERATES: self->federates = (size_t) number; return number <= SCENARIO_FEDERATES_MAX;
    case PACE_UNIT: self->unit_ns = number; break;
    case PACE_STEP: self->step = number; break;
    case PACE_END: self->end = number; break;
    default: break;
    }
    return true;
}

int cli_pace (int argc, char **argv)
{
    cli_args_t args;
    cli_found_t found;
    tools_pacer_options_t self = { .stop = &pace_stop, .ready = pace_ready, .scale = 1 };
    cli_args_init (&args, &pace_verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP)
            return args.exit_code;
        if (found == CLI_ARGUMENT)
            return cli_usage (&pace_verb, "what is %s?", args.value);
        if (!pace_option (&self, &args))
            return cli_usage (&pace_verb, "%s cannot be %s", pace_options[args.option].name,
                              args.value);
    }
    if (!self.rti || !self.federation || !self.federates || !self.unit_ns || !self.step)
        return cli_usage (&pace_verb, "--rti, --federation, --federates, --unit and --step are "
                                      "needed");
    struct sigaction action = { .sa_handler = pace_signal };
    (void) sigemptyset (&action.sa_mask);
    (void) sigaction (SIGTERM, &action, NULL);
    (void) sigaction (SIGINT, &action, NULL);
    mst_err_t err = tools_pace (&self);
    return err ? cli_failed ("pace-federation", err) : CLI_GOOD;
}
