/*  The RTI's shell: receives, feeds the core, carries out what it wants. It decides nothing.

    Thread rule: one thread runs it; rti_daemon_stop is for any thread and for signal handlers. */
#ifndef RTI_DAEMON_H
#define RTI_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "rti/core/core.h"

typedef struct rti_daemon rti_daemon_t;

/*  Zero means the default. */
typedef struct rti_daemon_options {
    rti_options_t core;           /* a seed of 0: a random one. With a limit of silence, libzmq asks
                                     every peer for signs of life, too: a dead host is noticed */
    const char *const *endpoints; /* where to listen, see link/router.h */
    size_t endpoint_count;
    size_t backlog_bytes;     /* limits.backlog_bytes: what waits for one connection; 64 MiB */
    uint32_t connections_max; /* limits.connections; 65536 */
    bool log;                 /* the core's notes on standard error */
    bool trace;               /* and every record that comes or goes */
    const char *yield;        /* "auto", "on", "off": whether it yields before it sleeps */
} rti_daemon_options_t;

/*  Listens when it returns. Errors: MST_E_IO, MST_E_INVALID_ARGUMENT, MST_E_NO_MEMORY. */
mst_err_t rti_daemon_new (const rti_daemon_options_t *options, rti_daemon_t **self);
void rti_daemon_destroy (rti_daemon_t **self);

/*  The actual endpoints. */
size_t rti_daemon_endpoint_count (const rti_daemon_t *self);
const char *rti_daemon_endpoint (const rti_daemon_t *self, size_t index);

/*  Runs until rti_daemon_stop. */
void rti_daemon_run (rti_daemon_t *self);
void rti_daemon_stop (rti_daemon_t *self);

#endif
