/*  comets: one federate of the comets. Exit codes: 0 good; 1 it ran and failed, or the result
   differs; 2 used wrongly; 3 the federation or the RTI was lost. */
#include "samples/comets/federate.h"

#include <stdio.h>

static comets_table_t table; /* too large for the stack, as is the next */
static comets_federate_t federate;

static int exit_code (mst_err_t err)
{
    bool lost = err == MST_E_CONNECTION_LOST || err == MST_E_NOT_CONNECTED ||
                err == MST_E_FEDERATION_UNKNOWN;
    return err == MST_OK ? 0 : lost ? 3 : 1;
}

static int fly (const comets_settings_t *settings)
{
    bool good = comets_federate_start (&federate, settings, &table) &&
                comets_federate_fly (&federate) &&
                (settings->rank != 0 || comets_federate_tell (&federate));
    good = comets_federate_leave (&federate) && good;
    if (!good)
        fprintf (stderr, "comets (rank %u): %s\n", settings->rank, federate.fault);
    return exit_code (federate.err);
}

int main (int argc, char **argv)
{
    comets_settings_t settings;
    if (!comets_settings_read (&settings, argc, argv)) {
        fprintf (stderr, "comets: %s\n", settings.fault);
        return 2;
    }
    if (settings.help) {
        fputs (comets_usage, stdout);
        return 0;
    }
    const char *path = settings.table ? settings.table : COMETS_DATA_DIR "/comets.table";
    if (comets_table_read (&table, path)) {
        fprintf (stderr, "comets: %s: %s\n", path, table.fault);
        return 1;
    }
    return fly (&settings);
}
