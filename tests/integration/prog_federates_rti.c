/*  An RTI as a process that a test may kill: "ready ENDPOINT", then it runs until a signal. With an
    argument it logs on standard error. */
#include <muster/rti.h>

#include <stdio.h>
#include <unistd.h>

int main (int argc, char **argv)
{
    mst_rti_options_t options = { .log = argc > 1 && argv[1] != NULL };
    char endpoint[160];
    mst_rti_t rti;

    if (mst_rti_start (&options, &rti) || mst_rti_endpoint (rti, endpoint, sizeof endpoint)) {
        fprintf (stderr, "%s\n", mst_error_text ());
        return 1;
    }
    printf ("ready %s\n", endpoint);
    fflush (stdout);
    for (;;)
        (void) pause ();
}
