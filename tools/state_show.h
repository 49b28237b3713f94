/*  A replicated object as JSON and as a line for people. */
#ifndef TOOLS_STATE_SHOW_H
#define TOOLS_STATE_SHOW_H

#include <muster/crdt.h>
#include "base/buffer.h"

/*  Appends the value: a number, a text, a list, an object. Errors: MST_E_NO_MEMORY, MST_E_LIMIT (a
    counter beyond 64 bits). */
mst_err_t tools_state_show_json (const mst_crdt_t *crdt, base_buffer_t *out);
/*  The same without quotes: "7", "red", "red, green". */
mst_err_t tools_state_show_text (const mst_crdt_t *crdt, base_buffer_t *out);

#endif
