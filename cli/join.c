/*  muster join: a federate without programming. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "tools/join.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    JOIN_SUBSCRIBE,
    JOIN_PUBLISH,
    JOIN_FOM,
    JOIN_RTI,
    JOIN_NAME,
    JOIN_CONSTRAINED,
    JOIN_REGULATING,
    JOIN_LOOKAHEAD,
    JOIN_STEP,
    JOIN_UNTIL,
    JOIN_SYNCHRONIZE,
    JOIN_COUNT,
    JOIN_TIMEOUT,
    JOIN_INPUT,
    JOIN_STRICT
};

static const cli_option_t join_options[] = {
    [JOIN_SUBSCRIBE] = { "--subscribe", "CLASS[.ATTRIBUTE,...]",
                         "hears objects of this class, or interactions; may be\n"
                         "repeated; \"*\": all but the standard's own" },
    [JOIN_PUBLISH] = { "--publish", "CLASS",
                       "may register objects of it, or send interactions; reads\n"
                       "what to do from standard input; may be repeated" },
    [JOIN_FOM] = { "--fom", "FILE",
                   "a module of the object model: the federation execution\n"
                   "is made when it does not exist; may be repeated" },
    [JOIN_RTI] = { "--rti", "ENDPOINT", "the RTI; otherwise MUSTER_RTI, or port 15000 here" },
    [JOIN_NAME] = { "--name", "NAME", "of this federate; otherwise made up" },
    [JOIN_CONSTRAINED] = { "--constrained", NULL,
                           "gets time-stamped messages in the order of time; goes\n"
                           "from message to message by itself" },
    [JOIN_REGULATING] = { "--regulating", NULL,
                          "may send with time stamps; time goes on at each line\n"
                          "{\"do\":\"advance\",\"to\":T}" },
    [JOIN_LOOKAHEAD] = { "--lookahead", "N", "of a regulating federate; 0 by default" },
    [JOIN_STEP] = { "--step", "N", "time goes on by itself, N further each time" },
    [JOIN_UNTIL] = { "--until", "T", "ends when time is there" },
    [JOIN_SYNCHRONIZE] = { "--synchronize", "POINT=N",
                           "waits there for N federates before time goes on and\n"
                           "lines are read" },
    [JOIN_COUNT] = { "--count", "N", "ends after N reflections and interactions" },
    [JOIN_TIMEOUT] = { "--timeout", "DURATION",
                       "ends then (\"5 s\", or 5); with 1 when --count or the\n"
                       "point of --synchronize is not reached" },
    [JOIN_INPUT] = { "--input", NULL, "reads lines also when nothing is published" },
    [JOIN_STRICT] = { "--strict", NULL, "the first line that is refused ends it" },
    { NULL, NULL, NULL },
};

static const cli_verb_t join_verb = {
    "join", "FEDERATION",
    "Joins a federation without programming. What comes goes to standard output, one\n"
    "JSON object a line; what to do comes from standard input likewise:\n\n"
    "  {\"do\":\"register\",\"class\":\"Ball\",\"name\":\"b1\"}\n"
    "  {\"do\":\"update\",\"object\":\"b1\",\"attributes\":{\"Height\":3.5},\"time\":4}\n"
    "  {\"do\":\"send\",\"interaction\":\"Bounce\",\"parameters\":{\"Speed\":2}}",
    join_options
};

static volatile sig_atomic_t join_stop;
static int join_wake;

static void join_signal (int signal)
{
    (void) signal;
    join_stop = 1;
    ssize_t written = write (join_wake, "", 1);
    (void) written;
}

/*  A reader that went away is no error of ours: write says so. */
static int join_signals (void)
{
    int ends[2];
    struct sigaction action = { .sa_handler = join_signal };
    if (pipe2 (ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    join_wake = ends[1];
    (void) sigemptyset (&action.sa_mask);
    (void) sigaction (SIGTERM, &action, NULL);
    (void) sigaction (SIGINT, &action, NULL);
    (void) sigaction (SIGHUP, &action, NULL);
    return ends[0];
}

static void join_complain (void *user, const char *text)
{
    (void) user;
    fprintf (stderr, "muster join: %s\n", text);
}

static bool join_add (tools_join_names_t *names, const char *value)
{
    if (names->count == TOOLS_JOIN_NAMES_MAX)
        return false;
    names->items[names->count++] = value;
    return true;
}

static bool join_number (const char *text, long long smallest, mst_time_t *out)
{
    long long number;
    bool good = cli_number (text, smallest, LLONG_MAX - 1, &number);
    *out = good ? number : 0;
    return good;
}

/*  "ready=2". */
static bool join_point (tools_join_options_t *self, const char *value)
{
    static char point[256];
    const char *equals = strrchr (value, '=');
    mst_time_t number;
    if (!equals || equals == value || (size_t) (equals - value) >= sizeof point ||
        !join_number (equals + 1, 1, &number))
        return false;
    memcpy (point, value, (size_t) (equals - value));
    point[equals - value] = '\0';
    self->point = point;
    self->federates = (size_t) number;
    return true;
}

/*  NULL: good; otherwise what is meant. */
static const char *join_option (tools_join_options_t *self, const cli_args_t *args)
{
    mst_time_t count = 0;
    bool good = true;
    switch (args->option) {
    case JOIN_SUBSCRIBE: good = join_add (&self->subscribe, args->value); break;
    case JOIN_PUBLISH: good = join_add (&self->publish, args->value); break;
    case JOIN_FOM: good = join_add (&self->modules, args->value); break;
    case JOIN_RTI: self->rti = args->value; break;
    case JOIN_NAME: self->name = args->value; break;
    case JOIN_CONSTRAINED: self->constrained = true; break;
    case JOIN_REGULATING: self->regulating = true; break;
    case JOIN_INPUT: self->input = true; break;
    case JOIN_STRICT: self->strict = true; break;
    case JOIN_LOOKAHEAD: good = join_number (args->value, 0, &self->lookahead); break;
    case JOIN_STEP: good = join_number (args->value, 1, &self->step); break;
    case JOIN_UNTIL: good = join_number (args->value, 0, &self->until); break;
    case JOIN_SYNCHRONIZE:
        return join_point (self, args->value) ? NULL : "is a point and a number, like ready=2";
    case JOIN_COUNT:
        good = join_number (args->value, 1, &count);
        self->count = (uint64_t) count;
        break;
    case JOIN_TIMEOUT:
        good = cli_duration (args->value, &count) && count > 0;
        self->timeout_ms = good ? (count + 999999) / 1000000 : 0;
        return good ? NULL : "is a duration like \"5 s\" or \"250 ms\", or seconds";
    default: break;
    }
    return good ? NULL : "is a whole number, or stands too often";
}

static int join_parse (tools_join_options_t *self, int argc, char **argv)
{
    cli_args_t args;
    cli_found_t found;
    bool lookahead = false;
    cli_args_init (&args, &join_verb, argc, argv);
    while ((found = cli_args_next (&args)) != CLI_END) {
        if (found == CLI_STOP)
            return args.exit_code;
        const char *meant = found == CLI_OPTION ? join_option (self, &args) : NULL;
        if (meant)
            return cli_usage (&join_verb, "%s %s", join_options[args.option].name, meant);
        lookahead |= found == CLI_OPTION && args.option == JOIN_LOOKAHEAD;
        if (found == CLI_ARGUMENT && self->federation)
            return cli_usage (&join_verb, "one federation at a time: %s or %s?", self->federation,
                              args.value);
        if (found == CLI_ARGUMENT)
            self->federation = args.value;
    }
    if (!self->federation)
        return cli_usage (&join_verb, "which federation?");
    if (lookahead && !self->regulating)
        return cli_usage (&join_verb, "--lookahead needs --regulating");
    if ((self->step > 0 || self->until != MST_TIME_NONE) && !self->constrained && !self->regulating)
        return cli_usage (&join_verb, "--step and --until need --constrained or --regulating");
    return -1;
}

int cli_join (int argc, char **argv)
{
    tools_join_options_t self = { .until = MST_TIME_NONE,
                                  .in = STDIN_FILENO,
                                  .out = STDOUT_FILENO,
                                  .stop = &join_stop,
                                  .complain = join_complain };
    tools_joined_t joined = { 0 };
    int exit_code = join_parse (&self, argc, argv);
    if (exit_code >= 0)
        return exit_code;
    self.wake = join_signals ();
    mst_err_t err = tools_join (&self, &joined);
    if (err)
        return cli_failed ("join", err);
    if (joined.refused > 0)
        fprintf (stderr, "muster join: %llu of %llu lines were refused\n",
                 (unsigned long long) joined.refused, (unsigned long long) joined.lines);
    if (joined.short_of)
        fprintf (stderr, "muster join: the time ran out after %llu of %llu messages\n",
                 (unsigned long long) joined.messages, (unsigned long long) self.count);
    return joined.refused > 0 || joined.short_of ? CLI_NO : CLI_GOOD;
}
