/*  sim: one seed by hand, told as it happens.

        sim --theme death --seed 17 [--network N] [--quiet] */
#include "tests/sim/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main (int argc, char **argv)
{
    sim_theme_t theme = SIM_TIME;
    uint64_t seed = 1, count = 1;
    bool verbose = true;

    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp (argv[i], "--seed") == 0 && more)
            seed = strtoull (argv[++i], NULL, 10);
        else if (strcmp (argv[i], "--seeds") == 0 && more)
            count = strtoull (argv[++i], NULL, 10);
        else if (strcmp (argv[i], "--quiet") == 0)
            verbose = false;
        else if (strcmp (argv[i], "--theme") == 0 && more && sim_theme_find (argv[i + 1], &theme))
            i++;
        else {
            fprintf (stderr, "sim --theme time|order|death|migration|causality|meeting|optimistic "
                             "--seed N [--seeds COUNT] [--quiet]\n");
            return EXIT_FAILURE;
        }
    }
    int failures = 0;
    for (uint64_t i = 0; i < count && failures < 5; i++)
        failures += !sim_try (theme, seed + i, verbose && count == 1, NULL);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
