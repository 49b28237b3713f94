/*  <muster/rti.h>: RTIs of this process in a small table. A slot's generation is odd while it is in
    use, and counts up with each start and stop: an old handle never fits again. */
#include <muster/rti.h>
#include "rti/daemon.h"
#include "link/thread.h"
#include "base/error.h"

#include <string.h>

enum { START_RTIS_MAX = 64, START_ENDPOINTS = 2 };

typedef struct rti_slot {
    rti_daemon_t *daemon; /* NULL: starting, stopping or free */
    link_thread_t thread;
    uint32_t generation;
} rti_slot_t;

static link_mutex_t start_mutex = LINK_MUTEX_INIT;
static rti_slot_t start_slots[START_RTIS_MAX];

static void rti_start_thread (void *daemon)
{
    rti_daemon_run (daemon);
}

/*  Takes a free slot for the caller. */
static mst_err_t rti_slot_take (mst_rti_t *rti)
{
    mst_err_t err = MST_E_LIMIT;

    link_mutex_lock (&start_mutex);
    for (uint32_t i = 0; err && i < START_RTIS_MAX; i++) {
        if (start_slots[i].generation % 2 == 1)
            continue;
        *rti = (mst_rti_t){ i, ++start_slots[i].generation };
        err = MST_OK;
    }
    link_mutex_unlock (&start_mutex);
    return err ? base_error (err, "%d RTIs run in this process already: stop one first",
                             START_RTIS_MAX)
               : MST_OK;
}

static void rti_slot_give (const mst_rti_t *rti)
{
    link_mutex_lock (&start_mutex);
    base_assert (start_slots[rti->slot].generation == rti->generation);
    start_slots[rti->slot].generation++;
    link_mutex_unlock (&start_mutex);
}

/*  The caller holds the mutex. NULL: no such RTI runs. */
static rti_slot_t *rti_slot_find (mst_rti_t rti)
{
    if (rti.slot >= START_RTIS_MAX || rti.generation % 2 == 0)
        return NULL;
    rti_slot_t *slot = &start_slots[rti.slot];
    return slot->generation == rti.generation && slot->daemon ? slot : NULL;
}

static mst_err_t rti_slot_stale (void)
{
    return base_error (MST_E_STALE_HANDLE, "this RTI does not run: it was never started, or was "
                                           "stopped before");
}

static mst_err_t rti_start_daemon (const mst_rti_options_t *options, rti_daemon_t **daemon)
{
    const char *endpoints[START_ENDPOINTS] = { options->endpoint, options->second_endpoint };
    rti_daemon_options_t wanted = { .core = { .federates_max = options->federates_max,
                                              .federations_max = options->federations_max,
                                              .objects_max = options->objects_max },
                                    .endpoints = endpoints,
                                    .endpoint_count = options->second_endpoint ? 2 : 1,
                                    .backlog_bytes = (size_t) options->backlog_bytes,
                                    .log = options->log,
                                    .yield = options->yield };

    if (options->silence_limit_ns > INT64_MAX / 2)
        return base_error (MST_E_INVALID_ARGUMENT, "silence_limit_ns (%llu) is more than a century",
                           (unsigned long long) options->silence_limit_ns);
    wanted.core.silence_limit_ns = (int64_t) options->silence_limit_ns;
    if (!endpoints[0])
        endpoints[0] = "tcp://127.0.0.1:0";
    return rti_daemon_new (&wanted, daemon);
}

mst_err_t mst_rti_start (const mst_rti_options_t *options, mst_rti_t *rti)
{
    static const mst_rti_options_t defaults;
    rti_daemon_t *daemon = NULL;
    mst_rti_t taken;

    if (!rti)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_rti_start: rti must not be NULL");
    *rti = (mst_rti_t){ 0, 0 };
    mst_err_t err = rti_slot_take (&taken);
    if (err)
        return err;
    err = rti_start_daemon (options ? options : &defaults, &daemon);
    link_mutex_lock (&start_mutex);
    rti_slot_t *slot = &start_slots[taken.slot];
    if (!err)
        err = link_thread_start (&slot->thread, "muster-rti", rti_start_thread, daemon);
    if (!err)
        slot->daemon = daemon;
    link_mutex_unlock (&start_mutex);
    if (err) {
        rti_daemon_destroy (&daemon);
        rti_slot_give (&taken);
        return err;
    }
    *rti = taken;
    return MST_OK;
}

mst_err_t mst_rti_endpoint (mst_rti_t rti, char *buffer, size_t size_bytes)
{
    mst_err_t err = MST_OK;

    if (!buffer || size_bytes == 0)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_rti_endpoint: no buffer was given");
    link_mutex_lock (&start_mutex);
    const rti_slot_t *slot = rti_slot_find (rti);
    if (!slot) {
        err = rti_slot_stale ();
    } else {
        const char *endpoint = rti_daemon_endpoint (slot->daemon, 0);
        if (strlen (endpoint) < size_bytes)
            memcpy (buffer, endpoint, strlen (endpoint) + 1);
        else
            err = base_error (MST_E_LIMIT, "the endpoint %s needs a buffer of %zu bytes, not %zu",
                              endpoint, strlen (endpoint) + 1, size_bytes);
    }
    link_mutex_unlock (&start_mutex);
    return err;
}

mst_err_t mst_rti_stop (mst_rti_t *rti)
{
    rti_daemon_t *daemon = NULL;
    link_thread_t thread;

    if (!rti)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_rti_stop: rti must not be NULL");
    link_mutex_lock (&start_mutex);
    rti_slot_t *slot = rti_slot_find (*rti);
    if (slot) {
        daemon = slot->daemon; /* from here on nobody else finds it */
        thread = slot->thread;
        slot->daemon = NULL;
    }
    link_mutex_unlock (&start_mutex);
    if (!daemon)
        return rti_slot_stale ();
    rti_daemon_stop (daemon);
    link_thread_join (&thread);
    rti_daemon_destroy (&daemon);
    rti_slot_give (rti);
    *rti = (mst_rti_t){ 0, 0 };
    return MST_OK;
}
