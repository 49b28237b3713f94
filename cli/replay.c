/*  muster replay: a recording sent again, or its scenario run again and compared. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "base/alloc.h"
#include "tools/replay.h"
#include "tools/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    REPLAY_VERIFY,
    REPLAY_STAND_IN,
    REPLAY_RUN,
    REPLAY_RTI,
    REPLAY_FEDERATION,
    REPLAY_NAME,
    REPLAY_WAIT,
    REPLAY_POINT,
    REPLAY_SPEED,
    REPLAY_CLOCK,
    REPLAY_STEP,
    REPLAY_COMMANDS,
    REPLAY_FROM,
    REPLAY_TO,
    REPLAY_CLASS,
    REPLAY_SENDER,
    REPLAY_LOOP,
    REPLAY_QUIET,
    REPLAY_JSON
};
enum { WAIT_MAX = 65535, LOOP_MAX = 1000000000 };

static const cli_option_t replay_options[] = {
    [REPLAY_VERIFY] = { "--verify", NULL,
                        "runs the recording's scenario again, with the same\n"
                        "parameters and federates, and compares: ends with 0\n"
                        "when it is the same, else with 1 and the first\n"
                        "message that differs" },
    [REPLAY_STAND_IN] = { "--stand-in", "A,B",
                          "the same, but the recording plays the federates A and\n"
                          "B: the others run alone with it, in a debugger" },
    [REPLAY_RUN] = { "--run", "NAME=COMMAND",
                     "with --verify or --stand-in: runs federate NAME so; {} is\n"
                     "its own command: \"sky-1=gdbserver :2345 {}\"" },
    [REPLAY_RTI] = { "--rti", "ENDPOINT", "uses this RTI instead of starting one" },
    [REPLAY_FEDERATION] = { "--federation", "NAME",
                            "sends into this federation; otherwise as recorded" },
    [REPLAY_NAME] = { "--name", "NAME", "the player's; otherwise muster-player" },
    [REPLAY_WAIT] = { "--wait", "N", "begins when N other federates have joined" },
    [REPLAY_POINT] = { "--point", "LABEL", "begins when the federation is synchronized at LABEL" },
    [REPLAY_SPEED] = { "--speed", "N",
                       "N times real time; max, the default: as fast as the\n"
                       "receivers take it" },
    [REPLAY_CLOCK] = { "--clock", "CLOCK",
                       "real time is that of the scenario (logical, the default)\n"
                       "or that of the recorded run (wall)" },
    [REPLAY_STEP] = { "--step", NULL, "stops before each instant: Enter goes on to the next" },
    [REPLAY_COMMANDS] = { "--commands", NULL,
                          "takes commands from standard input, a line each, though\n"
                          "it is no terminal" },
    [REPLAY_FROM] = { "--from", "TIME",
                      "from this time on: 12 in the scenario's unit, \"3 d\" from\n"
                      "its start, or a date like 1996-01-31T06:00" },
    [REPLAY_TO] = { "--to", "TIME", "up to this time, which is no part of it" },
    [REPLAY_CLASS] = { "--class", "NAME", "only this class and those below it; may be repeated" },
    [REPLAY_SENDER] = { "--sender", "NAME", "only what this federate sent; may be repeated" },
    [REPLAY_LOOP] = { "--loop", "N", "plays it N times; 0: until it is told to end" },
    [REPLAY_QUIET] = { "--quiet", NULL, "no progress" },
    [REPLAY_JSON] = { "--json", NULL, "the summary as one JSON object" },
    { NULL, NULL, NULL },
};

static const cli_verb_t replay_verb = {
    "replay", "LOG",
    "Sends a recording into a federation again: objects under their names, with the\n"
    "values that they had at the start, then updates, interactions and deletes with\n"
    "their time stamps. Or runs its scenario again and compares.\n\n"
    "Commands while it plays (keys of a terminal, else lines with --commands): Enter\n"
    "or n, a step; a number, so many; p or the space bar, pause and go on; g, no\n"
    "more steps; + and -, twice and half the speed; q, the end. The signal SIGUSR1\n"
    "pauses, too.",
    replay_options
};

typedef struct replay_args {
    const char *file;
    tools_replay_options_t options;
    tools_choice_t choice;
    const char *stand_in;
    BASE_LIST (const char *) runs;
    bool verify, commands, quiet, plays; /* an option that only playing knows */
} replay_args_t;

static void replay_told (void *user, const char *line)
{
    (void) user;
    fprintf (stderr, "muster replay: %s\n", line);
}

/*  The line ----------------------------------------------------------------------------------- */

static bool replay_speed (replay_args_t *self, const char *text)
{
    char *end;
    self->options.player.speed = 0;
    if (strcmp (text, "max") == 0)
        return true;
    double speed = strtod (text, &end);
    self->options.player.speed = speed;
    return end != text && *end == '\0' && isfinite (speed) && speed > 0;
}

static int replay_count (const cli_args_t *args, long long most, long long *number)
{
    if (cli_number (args->value, 0, most, number))
        return CLI_GOOD;
    return cli_usage (&replay_verb, "%s is a number from 0 to %lld, not \"%s\"",
                      replay_options[args->option].name, most, args->value);
}

/*  Options with a value that may be wrong. CLI_GOOD, or the exit code. */
static int replay_value (replay_args_t *self, const cli_args_t *args)
{
    tools_player_options_t *player = &self->options.player;
    long long number = 0;
    int code = CLI_GOOD;
    switch (args->option) {
    case REPLAY_WAIT:
        code = replay_count (args, WAIT_MAX, &number);
        player->wait = (size_t) number;
        break;
    case REPLAY_LOOP:
        code = replay_count (args, LOOP_MAX, &number);
        player->passes = (uint32_t) number;
        break;
    case REPLAY_SPEED:
        if (!replay_speed (self, args->value))
            code = cli_usage (&replay_verb, "--speed is max or a number above 0, not \"%s\"",
                              args->value);
        break;
    case REPLAY_CLOCK:
        player->by_wall = strcmp (args->value, "wall") == 0;
        if (!player->by_wall && strcmp (args->value, "logical") != 0)
            code = cli_usage (&replay_verb, "--clock is logical or wall, not \"%s\"", args->value);
        break;
    case REPLAY_RUN:
        if (BASE_LIST_PUSH (&self->runs, args->value))
            code = cli_failed ("replay", base_alloc_error ());
        break;
    case REPLAY_CLASS:
        if (BASE_LIST_PUSH (&self->choice.classes, args->value))
            code = cli_failed ("replay", base_alloc_error ());
        break;
    default:
        if (BASE_LIST_PUSH (&self->choice.senders, args->value))
            code = cli_failed ("replay", base_alloc_error ());
    }
    return code;
}

static int replay_option (replay_args_t *self, const cli_args_t *args)
{
    tools_player_options_t *player = &self->options.player;
    self->plays = self->plays || (args->option >= REPLAY_FEDERATION && args->option < REPLAY_QUIET);
    switch (args->option) {
    case REPLAY_VERIFY: self->verify = true; break;
    case REPLAY_STAND_IN: self->stand_in = args->value; break;
    case REPLAY_RTI: player->rti = args->value; break;
    case REPLAY_FEDERATION: player->federation = args->value; break;
    case REPLAY_NAME: player->name = args->value; break;
    case REPLAY_POINT: player->point = args->value; break;
    case REPLAY_STEP: player->step = true; break;
    case REPLAY_COMMANDS: self->commands = true; break;
    case REPLAY_FROM: self->choice.from = args->value; break;
    case REPLAY_TO: self->choice.to = args->value; break;
    case REPLAY_QUIET: self->quiet = true; break;
    case REPLAY_JSON: self->options.json = true; break;
    default: return replay_value (self, args);
    }
    return CLI_GOOD;
}

static int replay_parse (replay_args_t *self, int argc, char **argv)
{
    cli_args_t args;
    cli_found_t found;
    int code = CLI_GOOD;
    cli_args_init (&args, &replay_verb, argc, argv);
    while (code == CLI_GOOD && (found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP)
            return args.exit_code == CLI_GOOD ? -1 : args.exit_code;
        if (found == CLI_OPTION)
            code = replay_option (self, &args);
        else if (self->file)
            code = cli_usage (&replay_verb, "one recording at a time: %s or %s?", self->file,
                              args.value);
        else
            self->file = args.value;
    }
    if (code == CLI_GOOD && !self->file)
        code = cli_usage (&replay_verb, "which recording?");
    if (code == CLI_GOOD && (self->verify || self->stand_in) && self->plays)
        code = cli_usage (&replay_verb,
                          "--verify and --stand-in run the whole scenario again, and know of the "
                          "other options only --run, --rti, --quiet and --json");
    if (code == CLI_GOOD && self->runs.count > 0 && !self->verify && !self->stand_in)
        code = cli_usage (&replay_verb, "--run is for --verify and --stand-in");
    return code;
}

/*  Doing it ----------------------------------------------------------------------------------- */

static tools_telling_t replay_telling (const replay_args_t *self)
{
    if (self->quiet)
        return TOOLS_TELL_NOTHING;
    return isatty (STDERR_FILENO) ? TOOLS_TELL_BAR : TOOLS_TELL_LINES;
}

static mst_err_t replay_play (replay_args_t *self, base_buffer_t *out)
{
    tools_control_t control;
    tools_player_options_t *player = &self->options.player;
    tools_control_init (&control, player->step || self->commands);
    player->file = self->file;
    player->choice = &self->choice;
    player->control = &control;
    self->options.told = replay_told;
    self->options.quiet = self->quiet;
    mst_err_t err = tools_replay (&self->options, out);
    tools_control_fini (&control);
    return err;
}

int cli_replay (int argc, char **argv)
{
    replay_args_t self = { .options = { .player = { .passes = 1 } } };
    base_buffer_t out = { 0 }, complaint = { 0 };
    int code = replay_parse (&self, argc, argv);
    if (code == CLI_GOOD) {
        tools_again_t again = { .file = self.file,
                                .rti = self.options.player.rti,
                                .stand_in = self.stand_in,
                                .runs = self.runs.items,
                                .run_count = self.runs.count,
                                .telling = replay_telling (&self),
                                .json = self.options.json };
        mst_err_t err = self.verify || self.stand_in
                            ? tools_replay_verify (&again, &out, &complaint)
                            : replay_play (&self, &out);
        fputs (tools_text_of (&complaint), stderr);
        fputs (tools_text_of (&out), stdout);
        code = err ? cli_failed ("replay", err) : CLI_GOOD;
    }
    tools_choice_fini (&self.choice);
    BASE_LIST_FINI (&self.runs);
    base_buffer_fini (&complaint);
    base_buffer_fini (&out);
    return code < 0 ? CLI_GOOD : code;
}
