/*  A stand-in: plays the part of one federate of a recorded run, under its name, so that the others
    can be run again without it: its objects, what it sent with the same time stamps in the same
    sequence, its advances of time, its synchronization points, the objects that it handed over with
    the states that it packed, its results.

    What it needs is in a whole recording of all classes. It sends to everyone who subscribes; that
    the federate chose receivers (mst_send_options_t.only) is not recorded.

    By <muster/muster.h> alone, beside log/ for the file. */
#ifndef TOOLS_STANDIN_H
#define TOOLS_STANDIN_H

#include <muster/muster.h>

typedef struct tools_standin {
    const char *file;
    const char *name;       /* of the federate */
    const char *rti;        /* NULL: as configured */
    const char *federation; /* NULL: likewise */
} tools_standin_t;

/*  Plays to the federate's end. Errors: those of tools_standin_check, of reading, of the services.
 */
mst_err_t tools_standin_run (const tools_standin_t *options);

/*  Can the recording play this federate? Errors: MST_E_INVALID_ARGUMENT (there was none of this
    name), MST_E_NOT_SUPPORTED (its text says what the recording lacks), those of reading. */
mst_err_t tools_standin_check (const char *file, const char *name);

#endif
