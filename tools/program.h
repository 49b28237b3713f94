/*  Where programs lie. A name with a slash is a path from the scenario's folder. One without is
   looked for beside the scenario, then beside the muster command (where a build and an installation
   both put the samples), then on PATH. */
#ifndef TOOLS_PROGRAM_H
#define TOOLS_PROGRAM_H

#include <muster/error.h>

/*  The path of a program, to be freed. Errors: MST_E_IO (all places where it was looked for). */
mst_err_t tools_program_find (const char *name, const char *scenario_folder, char **path);

/*  The muster command that runs now, to be freed. Errors: MST_E_IO. */
mst_err_t tools_program_own (char **path);

#endif
