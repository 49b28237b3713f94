/*  The recorder: a federate that writes what it is sent into a file. It is constrained, so that it
   sees time-stamped messages in their order, and never regulating, so that nobody waits for it; and
   it stays behind the other federates' granted times, so that who starts to regulate later is not
   pushed forward by it. What cannot be written ends it with an error: nothing is left out silently.

    By <muster/muster.h> alone, beside log/ for the file. */
#ifndef TOOLS_RECORDER_H
#define TOOLS_RECORDER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <muster/muster.h>
#include "log/writer.h"

typedef struct tools_recorder_options {
    const char *rti;
    const char *federation;
    const char *name;            /* NULL: "muster-recorder" */
    const char *file;            /* where to; emptied first */
    const mst_module_t *modules; /* the FOM, with its bytes; also attached to the file */
    size_t module_count;
    const char *const *classes; /* object and interaction classes, with all below; */
    size_t class_count;         /* 0: all of the FOM */
    int64_t start_ns;           /* of logical time 0 in the file's time */
    uint64_t unit_ns;
    int64_t step;     /* > 0 */
    size_t federates; /* how many are expected; it ends when that many came and all left.
                         0: it ends when told, or when the RTI is gone */
    const log_attachment_t *attachments; /* further ones */
    size_t attachment_count;
    const log_pair_t *run; /* how the run was made: the metadata "muster.run" */
    size_t run_count;
    /*  Called once, subscribed and constrained: now federates may start. */
    void (*ready) (void *user);
    void *user;
    const volatile sig_atomic_t *stop; /* when it is no longer 0, finish */
} tools_recorder_options_t;

/*  Records until the end; the totals (may be NULL) are those of the file.
    Errors: those of mst_join and subscribing; MST_E_IO and log/'s (the file holds what could be
    written up to then); MST_E_CONNECTION_LOST (the file is whole up to then). */
mst_err_t tools_recorder_run (const tools_recorder_options_t *options, log_totals_t *totals);

#endif
