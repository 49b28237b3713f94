/*  Records the run of a scenario: reads the scenario's time, object model and classes for
    tools/recorder. */
#ifndef TOOLS_RECORD_H
#define TOOLS_RECORD_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "tools/scenario.h"

typedef struct tools_record {
    const char *rti;      /* NULL: as configured */
    const char *scenario; /* the file with the scenario as it runs, changes included */
    const char *folder;   /* where its files lie; NULL: beside it */
    const char *origin;   /* the file that it came from; NULL: itself */
    const char *output;
    size_t federates; /* as in tools/recorder.h, like the rest */
    void (*ready) (void *user);
    void *user;
    const volatile sig_atomic_t *stop;
} tools_record_t;

/*  Errors: those of the scenario, of its object model and of tools_recorder_run. */
mst_err_t tools_record (const tools_record_t *options);

#endif
