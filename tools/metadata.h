/*  Federation metadata (<muster/metadata.h>) for those who only look: from a federation whose
    federates carry a store, or from what a recording holds of such a store's messages. By the
    public headers alone, beside log/ for the file. */
#ifndef TOOLS_METADATA_H
#define TOOLS_METADATA_H

#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>
#include <muster/error.h>
#include "log/reader.h"

/*  The metadata that the recorded messages of MusterState come to, in the order of the file; NULL
    when the class was not recorded. What a store would refuse is left out, as it was by those who
    received it. *json is the caller's. Errors: MST_E_LIMIT, MST_E_NO_MEMORY, the source's. */
mst_err_t tools_metadata_replay (log_reader_t *reader, cJSON **json);

/*  An observer: a federate that carries the store and writes nothing into it. */
typedef struct tools_observer tools_observer_t;

/*  Joins the federation execution as it is. Errors: those of mst_join;
    MST_E_INTERACTION_UNKNOWN (its object model has no class for a store), MST_E_NO_MEMORY. */
mst_err_t tools_observer_new (const char *rti, const char *federation, tools_observer_t **self);
void tools_observer_destroy (tools_observer_t **self); /* resigns; NULL already is fine */

/*  Takes in what comes within wait_ms, and answers. Errors: MST_E_CONNECTION_LOST, MST_E_NO_MEMORY.
 */
mst_err_t tools_observer_turn (tools_observer_t *self, int64_t wait_ms);

/*  Turns until all that the others have is here, or limit_ms have passed; a federation that writes
    all the time is as far as it was then. Errors: MST_E_TIMEOUT (nobody carries a store), those of
    a turn. */
mst_err_t tools_observer_fill (tools_observer_t *self, int64_t limit_ms);

/*  Had it company, and has none any more: it is time to leave. */
bool tools_observer_alone (const tools_observer_t *self);

/*  What the store holds now; the caller's. Errors: MST_E_MALFORMED (a name that is no text),
    MST_E_NO_MEMORY. */
mst_err_t tools_observer_json (const tools_observer_t *self, cJSON **json);

#endif
