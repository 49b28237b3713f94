/*  A program that is no federate, for the tests of process supervision:

        prog_plain [print TEXT | error TEXT | env NAME | folder | lines N | ready TEXT | deaf |
                    stop | wait | abort | exit N]...

    does what its arguments say, one after the other. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

static void say (FILE *to, const char *text)
{
    fprintf (to, "%s\n", text ? text : "(none)");
    (void) fflush (to);
}

/*  Returns how many arguments it took. */
static int act (char **argv)
{
    char path[PATH_BYTES];
    const char *what = argv[0], *value = argv[1] ? argv[1] : "";
    if (strcmp (what, "print") == 0 || strcmp (what, "ready") == 0)
        say (stdout, value);
    else if (strcmp (what, "error") == 0)
        say (stderr, value);
    else if (strcmp (what, "env") == 0)
        say (stdout, getenv (value));
    else if (strcmp (what, "lines") == 0)
        for (int i = 1; i <= atoi (value); i++)
            printf ("line %d\n", i);
    else if (strcmp (what, "exit") == 0)
        exit (atoi (value));
    else {
        if (strcmp (what, "folder") == 0)
            say (stdout, getcwd (path, sizeof path));
        else if (strcmp (what, "deaf") == 0)
            (void) signal (SIGTERM, SIG_IGN);
        else if (strcmp (what, "stop") == 0)
            (void) raise (SIGSTOP);
        else if (strcmp (what, "wait") == 0)
            (void) pause ();
        else if (strcmp (what, "abort") == 0)
            (void) raise (SIGKILL);
        return 1;
    }
    return argv[1] ? 2 : 1;
}

int main (int argc, char **argv)
{
    for (int i = 1; i < argc;)
        i += act (argv + i);
    return EXIT_SUCCESS;
}
