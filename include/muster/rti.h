/*  <muster/rti.h>: an RTI inside a program: tests, games, federations of one process. `muster rti`
   is the same RTI as a process of its own.

    Thread rule: any thread. The RTI runs in a thread of its own, which takes no signals. */
#ifndef MUSTER_RTI_H
#define MUSTER_RTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  A running RTI. 0, 0 is none. */
typedef struct mst_rti {
    uint32_t slot;
    uint32_t generation;
} mst_rti_t;

/*  Zero and NULL mean the default (docs/configuration.md). Only looked at during the call. */
typedef struct mst_rti_options {
    const char *endpoint;        /* where to listen: tcp://host:port (port 0: the system's choice),
                                    ipc://path, inproc://name. NULL: "tcp://127.0.0.1:0" */
    const char *second_endpoint; /* and there, too; NULL: nowhere else */
    uint32_t federates_max;      /* limits.federates, per federation execution */
    uint32_t federations_max;    /* limits.federations */
    uint64_t objects_max;        /* limits.objects, per federation execution */
    uint64_t backlog_bytes;      /* limits.backlog_bytes: what waits for a federate that does not
                                    read; beyond it the federate is lost */
    uint64_t silence_limit_ns;   /* silence_limit_s, in nanoseconds; 0: silence is never death */
    bool log;                    /* what happens, on standard error */
    const char *yield;           /* "auto", "on" or "off": yields before it sleeps */
} mst_rti_options_t;

/*  Starts an RTI; it listens when this returns. At most 64 at a time per process.
    options: NULL for all defaults. *rti is the caller's until mst_rti_stop.
    Errors: MST_E_IO (the endpoint cannot be had), MST_E_INVALID_ARGUMENT, MST_E_LIMIT,
    MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_rti_start (const mst_rti_options_t *options, mst_rti_t *rti);

/*  Writes the actual endpoint, as federates join it ("tcp://127.0.0.1:40123"), with its zero.
    size_bytes: of the buffer; 160 is always enough.
    Errors: MST_E_STALE_HANDLE, MST_E_LIMIT (the buffer is too small). */
MST_EXPORT mst_err_t mst_rti_endpoint (mst_rti_t rti, char *buffer, size_t size_bytes);

/*  Ends it and waits for its thread; its federates lose their connection. Eats *rti.
    Errors: MST_E_STALE_HANDLE. */
MST_EXPORT mst_err_t mst_rti_stop (mst_rti_t *rti);

#ifdef __cplusplus
}
#endif
#endif
