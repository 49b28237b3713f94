/*  muster: finds the verb and hands over. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "tools/config.h"
#include "tools/config_json.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct main_verb {
    const char *name;
    int (*run) (int argc, char **argv); /* NULL: not supported yet */
    const char *about;                  /* NULL: not for people */
} main_verb_t;

static const main_verb_t main_verbs[] = {
    { "run", cli_run, "runs a scenario: RTI, federates, summary" },
    { "join", cli_join, "joins a federation without programming" },
    { "replay", cli_replay, "sends a recording again, or verifies it" },
    { "log", cli_log, "works on recordings" },
    { "fom", cli_fom, "works on object models" },
    { "new", cli_new, "writes a federate to begin with" },
    { "rti", cli_rti, "runs an RTI" },
    { "state", cli_state, "shares small state between processes" },
    { "bench", cli_bench, "measures it, with raw ZeroMQ in the same run" },
    { "version", cli_version, "prints the version" },
    { "top", cli_top, "shows a federation live, and who holds whom back" },
    { "conformance", NULL, "says which services are there (not supported yet)" },
    { "record-federation", cli_record, NULL },
    { "pace-federation", cli_pace, NULL },
    { "play-federate", cli_play, NULL },
};

enum { MAIN_VERBS = sizeof main_verbs / sizeof main_verbs[0] };

static int main_help (void)
{
    puts ("Usage: muster VERB [OPTION]... [ARGUMENT]...\n\n"
          "A runtime for federations of simulations.\n");
    for (size_t i = 0; i < MAIN_VERBS; i++)
        if (main_verbs[i].about)
            printf ("  %-14s%s\n", main_verbs[i].name, main_verbs[i].about);
    puts ("\nmuster VERB --help says more. Exit codes: 0 good; 1 it ran and the answer is\n"
          "no; 2 used wrongly; 3 the federation or the RTI was lost.");
    return CLI_GOOD;
}

static int main_unknown (const char *name)
{
    const char *names[MAIN_VERBS];
    for (size_t i = 0; i < MAIN_VERBS; i++)
        names[i] = main_verbs[i].name;
    const char *nearest = config_nearest (name, names, MAIN_VERBS);
    fprintf (stderr, "muster: there is no verb \"%s\"%s%s%s\nmuster --help lists them.\n", name,
             nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
    return CLI_USAGE;
}

/*  muster.json and the keys among the options, for all that is started from here. --rti is left to
   the verbs: it says which RTI to use instead of starting one. `muster rti` reads them itself. */
static int main_configure (int *argc, char **argv)
{
    static const char *const kept[] = { "rti", NULL };
    if (strcmp (argv[1], "rti") == 0 || config_share (argc, argv, kept) == MST_OK)
        return CLI_GOOD;
    fprintf (stderr, "muster %s: %s\n", argv[1], mst_error_text ());
    return CLI_USAGE;
}

/*  Of descriptors 0 to 2 those that are closed: a socket must not get their number. */
static void main_open_standard (void)
{
    int fd;
    do
        fd = open ("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        (void) close (fd);
}

/*  A pipe whose reader went away wants no more: that is no failure. */
static bool main_reader_gone (void)
{
    struct pollfd out = { STDOUT_FILENO, POLLOUT, 0 };
    return poll (&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

/*  What could not be printed was not said: then nothing is good. */
static int main_end (int exit_code)
{
    bool before = ferror (stdout) != 0;
    errno = 0;
    bool good = fflush (stdout) == 0 && !before;
    int reason = errno;
    if (good || main_reader_gone ())
        return exit_code;
    fprintf (stderr, "muster: standard output cannot be written%s%s\n", reason ? ": " : "",
             reason ? strerror (reason) : "");
    return exit_code == CLI_GOOD ? CLI_NO : exit_code;
}

static int main_run (int argc, char **argv)
{
    int exit_code;
    if (argc < 2) {
        fputs ("muster: which verb?\nmuster --help lists them.\n", stderr);
        return CLI_USAGE;
    }
    if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0)
        return main_help ();
    if (strcmp (argv[1], "--version") == 0)
        return cli_version (1, argv);
    for (size_t i = 0; i < MAIN_VERBS; i++) {
        if (strcmp (main_verbs[i].name, argv[1]) != 0)
            continue;
        if (main_verbs[i].run && (exit_code = main_configure (&argc, argv)) != CLI_GOOD)
            return exit_code;
        if (main_verbs[i].run)
            return main_verbs[i].run (argc - 1, argv + 1);
        fprintf (stderr, "muster %s is not supported yet\n", argv[1]);
        return CLI_USAGE;
    }
    return main_unknown (argv[1]);
}

int main (int argc, char **argv)
{
    main_open_standard ();
    /*  A closed pipe is an error of the write that meets it: who waits for others ends them first.
     */
    (void) signal (SIGPIPE, SIG_IGN);
    return main_end (main_run (argc, argv));
}
