/*  `muster state serve`: a store of replicated objects as a process. It gossips with the peers that
    it is told of, and answers those who get, put and watch.

    Thread rule: one thread; tools_state_serve_stop is for a signal handler. */
#ifndef TOOLS_STATE_SERVE_H
#define TOOLS_STATE_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <muster/error.h>
#include "tools/config.h"

typedef struct tools_state_serve tools_state_serve_t;

/*  `file` (NULL: none) is read at the start, when it exists, and written at a clean end. In between
   it does not exist: whoever is killed comes back empty, under a new number, and fetches from
   peers. Errors: MST_E_IO, MST_E_INVALID_ARGUMENT, MST_E_CONFIG (the consistency table),
    MST_E_FILE_CORRUPT, MST_E_NO_MEMORY. */
mst_err_t tools_state_serve_new (const config_t *config, const char *listen,
                                 const char *const *peers, size_t peer_count, const char *file,
                                 bool log, tools_state_serve_t **self);
const char *tools_state_serve_endpoint (const tools_state_serve_t *self);
/*  Until stopped. Errors: MST_E_IO (the file at the end). */
mst_err_t tools_state_serve_run (tools_state_serve_t *self);
void tools_state_serve_stop (tools_state_serve_t *self);
void tools_state_serve_destroy (tools_state_serve_t **self);

#endif
