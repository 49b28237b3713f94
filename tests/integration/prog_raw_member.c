/*  prog_raw_member ENDPOINT NAME: joins "world", prints "joined NAME", and says nothing more. */
#include "tests/integration/raw.h"

#include <stdio.h>
#include <unistd.h>

int main (int argc, char **argv)
{
    raw_t raw;

    if (argc != 3)
        return 2;
    raw_connect (&raw, argv[1]);
    if (!raw_join (&raw, argv[2])) {
        fprintf (stderr, "prog_raw_member: %s\n", raw.text);
        return 1;
    }
    printf ("joined %s\n", argv[2]);
    (void) fflush (stdout);
    for (;;)
        (void) pause ();
}
