/*  An RTI of our own: `muster rti` as a member of the crew. */
#ifndef TOOLS_HOST_H
#define TOOLS_HOST_H

#include "tools/crew.h"

/*  Starts it and waits until it is ready; its output goes to FOLDER/rti.txt. `listen`: an endpoint;
    NULL: a free port of this machine. The endpoint is to be freed. Errors: MST_E_IO, MST_E_TIMEOUT,
   MST_E_CALL_NOT_ALLOWED (interrupted), MST_E_NO_MEMORY.
 */
mst_err_t tools_host_start (tools_crew_t *crew, const char *folder, const char *listen,
                            char **endpoint);

/*  The first word of a line that looks like an endpoint ("tcp://127.0.0.1:40123"), to be freed;
   NULL: none, or no memory. */
char *tools_host_endpoint (const char *line);

#endif
