/*  Asks the RTI for its status again and again, in a thread of its own, so that an RTI that does
   not answer (stopped in a debugger) never holds up who watches the processes.

    Thread rule: made, asked and destroyed by one thread. */
#ifndef TOOLS_WATCH_H
#define TOOLS_WATCH_H

#include <stdbool.h>
#include <muster/federate.h>
#include "base/buffer.h"

typedef struct tools_watch tools_watch_t;

/*  Errors: MST_E_NO_MEMORY, MST_E_IO (no more threads). */
mst_err_t tools_watch_new (const char *rti, const char *federation, int64_t period_ms,
                           tools_watch_t **self_p);
/*  Waits for the answer that is under way. */
void tools_watch_destroy (tools_watch_t **self_p);

/*  The latest status as JSON, replacing what is in the buffer; false when there is no newer one. */
bool tools_watch_take (tools_watch_t *self, base_buffer_t *json);

/*  The error of the last answer, with its text set; MST_OK: it was a status. */
mst_err_t tools_watch_error (tools_watch_t *self);

/*  A descriptor that is readable once something came since tools_watch_quiet. */
int tools_watch_fd (const tools_watch_t *self);
void tools_watch_quiet (tools_watch_t *self);

/*  Asks at once, and so often from now on. */
void tools_watch_period (tools_watch_t *self, int64_t period_ms);

/*  Asks once, here and now. Errors: those of mst_status. */
mst_err_t tools_watch_ask (const char *rti, const char *federation, base_buffer_t *json);

#endif
