/*  <muster/federate.h>: joining a federation execution, leaving it, and letting callbacks run.

    Thread rule: a federate belongs to one thread at a time (evoked callbacks), or may be used from
    several (immediate callbacks). Different federates of one program are independent. */
#ifndef MUSTER_FEDERATE_H
#define MUSTER_FEDERATE_H

#include <muster/callbacks.h>
#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mst_callback_model { MST_EVOKED = 0, MST_IMMEDIATE = 1 } mst_callback_model_t;
typedef enum mst_route { MST_ROUTE_DEFAULT = 0, MST_ROUTE_PEER = 1, MST_ROUTE_RTI = 2 } mst_route_t;

/*  A FOM module: a file to read, or its bytes. */
typedef struct mst_module {
    const char *name; /* file name; with data: what messages call it */
    const void *data; /* NULL: read the file */
    size_t size_bytes;
} mst_module_t;

/*  Zero and NULL mean: as the environment says (MUSTER_RTI, MUSTER_FEDERATION, MUSTER_NAME, …),
   else the default (see docs/configuration.md). Only looked at during the call. */
typedef struct mst_join_options {
    const char *rti;             /* endpoint, "tcp://127.0.0.1:15000" */
    const char *federation;      /* name of the federation execution */
    const char *name;            /* of this federate, unique; NULL: MUSTER_NAME, or made up */
    const char *type;            /* of this federate; NULL: the name */
    const mst_module_t *modules; /* FOM; creates the federation execution when it does not exist */
    size_t module_count;         /* 0: join what exists */
    mst_time_type_t time_type;   /* used when it is created here */
    mst_callbacks_t callbacks;
    void *user;
    mst_callback_model_t model;
    mst_route_t route;
    const char *advertise;       /* the address that peers reach this federate at */
    const char *transport;       /* "auto", "tcp", "ipc" or "inproc" */
    const char *yield;           /* "auto", "on" or "off": yields before it sleeps */
    int64_t connect_timeout_ms;  /* how long to wait for the RTI; 0: 5,000 */
    size_t bundle_bytes;         /* limits.bundle_bytes */
    size_t route_window_bytes;   /* limits.route_window_bytes */
    size_t receive_queue_bytes;  /* limits.receive_queue_bytes */
    uint64_t tso_queue_messages; /* limits.tso_queue_messages */
    const char *clock_method;    /* clock.method: "off", "cristian", "berkeley", "ntp" or "ptp" */
    int64_t clock_interval_ns;   /* clock.interval */
    int64_t clock_min_delay_ns;  /* clock.min_delay */
    bool recorder; /* gets every message of what it subscribes to, and the RTI's notes */
    bool stamps;   /* Lamport and vector stamps on receive-order messages */
    bool causal;   /* and causal delivery of those; implies stamps */
} mst_join_options_t;

/*  Connects, creates the federation execution if modules are given and it does not exist, joins.
    *fed is the caller's until mst_resign or mst_abandon.
    Errors: MST_E_NOT_CONNECTED, MST_E_FEDERATION_UNKNOWN, MST_E_FEDERATE_NAME_IN_USE,
    MST_E_FOM_INVALID, MST_E_FOM_INCONSISTENT, MST_E_VERSION, MST_E_LIMIT, MST_E_CONFIG. */
MST_EXPORT mst_err_t mst_join (const mst_join_options_t *options, mst_federate_t *fed);

/*  Leaves; what was sent reaches its receivers. *fed is eaten even when the RTI is lost.
    Errors: MST_E_OWNS_ATTRIBUTES (MST_RESIGN_NO_ACTION while owning: still joined),
    MST_E_CONNECTION_LOST, MST_E_TIMEOUT (resigned, but what was sent to a peer that took no
    connection for 5 s is lost). */
MST_EXPORT mst_err_t mst_resign (mst_federate_t *fed, mst_resign_t action);

/*  Closes without a word, as a crash would: the others see a lost federate. Eats *fed. */
MST_EXPORT void mst_abandon (mst_federate_t *fed);

/*  Federation executions without joining. `rti` NULL: as configured.
    Errors: MST_E_NOT_CONNECTED, and the service's own. */
MST_EXPORT mst_err_t mst_create (const char *rti, const char *federation,
                                 const mst_module_t *modules, size_t module_count,
                                 mst_time_type_t time_type);
MST_EXPORT mst_err_t mst_destroy (const char *rti, const char *federation);
/*  Calls `each` for every federation execution. */
MST_EXPORT mst_err_t mst_list (const char *rti, void (*each) (void *user, const char *federation),
                               void *user);
/*  The state of all federation executions (or of one) as JSON, cut to size_bytes with its zero;
 *needed_bytes is the whole size. MST_E_LIMIT when it was cut. */
MST_EXPORT mst_err_t mst_status (const char *rti, const char *federation, char *json,
                                 size_t size_bytes, size_t *needed_bytes);

/*  Lets callbacks run: waits up to wait_ms (-1: without end, 0: not at all) for at least one, then
    runs all that are ready (of a flood, some 8 MiB of it). *any (may be NULL) says whether one ran.
    Errors: MST_E_CONNECTION_LOST (after the callback said so), MST_E_CALL_NOT_ALLOWED. */
MST_EXPORT mst_err_t mst_evoke (mst_federate_t fed, int64_t wait_ms, bool *any);

/*  Sends out what is still being bundled. mst_evoke, time requests and waiting do so by themselves.
 */
MST_EXPORT mst_err_t mst_flush (mst_federate_t fed);

/*  A result of the run ("approaches", "150123"): shown by `muster run` at its end in the order in
   which results came, kept in the recording. Name up to 64 bytes, value up to 4,096.  */
MST_EXPORT mst_err_t mst_report (mst_federate_t fed, const char *name, const char *value);

/*  Who this is, and who others are. Names belong to the library, until the next call on this
 * federate. */
MST_EXPORT mst_federate_id_t mst_self (mst_federate_t fed);
MST_EXPORT const char *mst_federate_name (mst_federate_t fed, mst_federate_id_t id); /* or NULL */
MST_EXPORT mst_err_t mst_federate_find (mst_federate_t fed, const char *name,
                                        mst_federate_id_t *id);

/*  Counters since the join. */
typedef struct mst_counters {
    uint64_t updates_sent, updates_received;
    uint64_t interactions_sent, interactions_received;
    uint64_t bundles_sent, bundles_received, bytes_sent, bytes_received;
    uint64_t best_effort_lost; /* here as sender, or seen by gaps as receiver */
    uint64_t stale_dropped;    /* of an owner's epoch that had ended */
    uint64_t unknown_dropped;  /* of an object that was removed or forgotten before */
    uint64_t cut_dropped;      /* above the cut of a lost federate */
    uint64_t never_came;       /* reported by a lost federate and never received: bundles */
    uint64_t blocked_ns;       /* by a slow receiver */
    /*  Where the time since the join went: waiting for grants, callbacks and answers; inside the
        library (a sample: after some thousand calls good to a few percent); in the federate. */
    uint64_t waited_ns, messaging_ns, computing_ns;
    uint64_t grants;
    uint64_t retractions_sent, retractions_received; /* the latter: of what was queued or given */
} mst_counters_t;
MST_EXPORT mst_err_t mst_counters (mst_federate_t fed, mst_counters_t *counters);

#ifdef __cplusplus
}
#endif
#endif
