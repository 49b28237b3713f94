/*  Joining, leaving, and what can be asked without joining. */
#include "federate/shell.h"
#include "base/alloc.h"
#include "base/error.h"
#include "link/address.h"
#include "link/clock.h"
#include "link/file.h"
#include "link/process.h"
#include "wire/limits.h"
#include "wire/services.h"
#include "fom/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOIN_NAME_SIZE = 256, JOIN_MODULES_MAX = 64 };

#define DEFAULT_RTI "tcp://127.0.0.1:15000"

/*  A value as given, else of the environment, else the fallback. An empty one counts as none. */
static const char *setting (const char *given, const char *variable, const char *fallback)
{
    if (given && given[0] != '\0')
        return given;
    const char *value = getenv (variable);
    return value && value[0] != '\0' ? value : fallback;
}

/*  Sizes may carry a unit: "64 KiB". */
static bool unit_factor (const char *unit, uint64_t *factor)
{
    static const struct {
        const char *name;
        uint64_t factor;
    } units[] = {
        { "", 1 },         { "B", 1 },          { "kB", 1000 },       { "KiB", 1u << 10 },
        { "MB", 1000000 }, { "MiB", 1u << 20 }, { "GB", 1000000000 }, { "GiB", 1u << 30 }
    };

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp (unit, units[i].name) != 0)
            continue;
        *factor = units[i].factor;
        return true;
    }
    return false;
}

static mst_err_t setting_number (uint64_t given, const char *variable, uint64_t *value)
{
    const char *text = getenv (variable);
    char *end;
    uint64_t factor;

    *value = given;
    if (given || !text || text[0] == '\0')
        return MST_OK;
    unsigned long long number = strtoull (text, &end, 10);
    bool digits = end != text && text[0] != '-';
    while (*end == ' ')
        end++;
    if (!digits || !unit_factor (end, &factor) || __builtin_mul_overflow (number, factor, value))
        return base_error (MST_E_CONFIG,
                           "%s is \"%s\": a size such as \"64 KiB\" or a whole number was expected",
                           variable, text);
    return MST_OK;
}

/*  Sessions
 * ------------------------------------------------------------------------------------------ */

static void release_received (federate_shell_t *shell)
{
    if (!shell->core)
        return;
    federate_core_abandon (shell->core);
    for (;;) { /* short of memory they come in parts */
        federate_effects_t *effects = federate_core_effects (shell->core);
        if (effects->count == 0)
            return;
        for (size_t i = 0; i < effects->count; i++) {
            if (effects->items[i].kind != FEDERATE_RELEASE)
                continue;
            link_message_release (effects->items[i].owner);
            base_free (effects->items[i].owner);
        }
        federate_core_effects_done (shell->core);
    }
}

void federate_shell_destroy (federate_shell_t **shell_p, int linger_ms)
{
    base_assert (shell_p != NULL);
    federate_shell_t *shell = *shell_p;
    if (!shell)
        return;
    federate_table_remove (shell);
    for (uint32_t i = shell->roads.count; i-- > 0;) {
        federate_road_t *road = (federate_road_t *) (uintptr_t) shell->roads.entries[i].value;
        if (road->dealer)
            link_dealer_destroy (&road->dealer, linger_ms);
        for (size_t k = road->first_waiting; k < road->waiting.count; k++)
            base_buffer_fini (&road->waiting.items[k]);
        BASE_LIST_FINI (&road->waiting);
        base_free (road);
    }
    base_map_fini (&shell->roads);
    base_map_fini (&shell->doomed);
    base_names_fini (&shell->points);
    if (shell->rti)
        link_dealer_destroy (&shell->rti, linger_ms);
    release_received (shell); /* before the context of the messages goes */
    fom_codec_destroy (&shell->codec);
    federate_core_destroy (&shell->core);
    if (shell->router)
        link_router_destroy (&shell->router, linger_ms);
    if (shell->poll)
        link_poll_destroy (&shell->poll);
    link_condition_fini (&shell->changed);
    base_free (shell->listed);
    base_free (shell->transport);
    base_free (shell);
    *shell_p = NULL;
}

static mst_err_t shell_new (const char *transport, federate_shell_t **shell_p)
{
    federate_shell_t *shell = base_calloc (1, sizeof *shell);
    if (!shell)
        return base_alloc_error ();
    link_condition_init (&shell->changed);
    shell->transport = base_strdup (transport);
    mst_err_t err = shell->transport ? link_poll_new (&shell->poll) : base_alloc_error ();
    if (err)
        federate_shell_destroy (&shell, 0);
    *shell_p = shell;
    return err;
}

/*  Waits for the connection to the RTI to stand. */
static mst_err_t connect_rti (federate_shell_t *shell, const char *rti, int64_t timeout_ms)
{
    link_event_t event;
    link_dealer_options_t options = {
        .endpoint = rti,
        .connect_timeout_ms = timeout_ms > 0 ? (int) timeout_ms : FEDERATE_CONNECT_TIMEOUT_MS,
        .near = strcmp (shell->transport, "tcp") != 0,
    };

    mst_err_t err = link_dealer_new (shell->poll, &options, &shell->rti);
    while (!err) {
        (void) link_poll_wait (shell->poll, INT64_MAX);
        link_dealer_next (shell->rti, &event);
        if (event.kind == LINK_EVENT_CONNECTED)
            return MST_OK;
        if (event.kind == LINK_EVENT_MESSAGE)
            link_message_release (&event.message);
        if (event.kind == LINK_EVENT_FAILED || event.kind == LINK_EVENT_LOST)
            err = base_error (MST_E_NOT_CONNECTED, "no RTI at %s: %s. Start one with: muster rti",
                              rti, event.text);
    }
    return err;
}

mst_err_t federate_session_open (const char *rti, int64_t timeout_ms, federate_shell_t **shell_p)
{
    federate_options_t options = { .host = link_process_host (), .process = link_process_id () };

    base_assert (shell_p != NULL);
    mst_err_t err = shell_new ("auto", shell_p);
    if (err)
        return err;
    err = federate_core_new (&options, &(*shell_p)->core);
    if (!err)
        err = connect_rti (*shell_p, setting (rti, "MUSTER_RTI", DEFAULT_RTI), timeout_ms);
    if (err)
        federate_shell_destroy (shell_p, 0);
    return err;
}

/*  Modules
 * -------------------------------------------------------------------------------------------- */

typedef struct modules {
    wire_module_item_t items[JOIN_MODULES_MAX];
    base_buffer_t bytes[JOIN_MODULES_MAX];
    size_t count;
} modules_t;

static void modules_fini (modules_t *modules)
{
    for (size_t i = 0; i < modules->count; i++)
        base_buffer_fini (&modules->bytes[i]);
    base_free (modules);
}

static mst_err_t modules_read (const mst_module_t *given, size_t count, modules_t **out)
{
    if (count > JOIN_MODULES_MAX)
        return base_error (MST_E_LIMIT, "%zu FOM modules; JOIN_MODULES_MAX is %d", count,
                           JOIN_MODULES_MAX);
    modules_t *modules = base_calloc (1, sizeof *modules);
    mst_err_t err = modules ? MST_OK : base_alloc_error ();
    for (size_t i = 0; !err && i < count; i++) {
        const void *data = given[i].data;
        size_t size = given[i].size_bytes;
        const char *name = given[i].name ? given[i].name : "module";
        if (!data) {
            err = link_file_read (name, FOM_MODULE_BYTES_MAX, &modules->bytes[i]);
            data = modules->bytes[i].data;
            size = modules->bytes[i].size_bytes;
        }
        modules->items[i] = (wire_module_item_t){ WIRE_MODULE_FILE,
                                                  { name, strlen (name) },
                                                  { data ? data : (const void *) "", size } };
        modules->count = i + 1;
    }
    if (err && modules)
        modules_fini (modules);
    *out = modules;
    return err;
}

static mst_err_t create (federate_shell_t *shell, const char *federation, const mst_module_t *given,
                         size_t count, mst_time_type_t time_type)
{
    const char *time = time_type == MST_TIME_FLOAT64 ? "HLAfloat64Time" : "HLAinteger64Time";
    uint32_t request;
    modules_t *modules;

    mst_err_t err = modules_read (given, count, &modules);
    if (err)
        return err;
    wire_create_federation_execution_with_modules_and_time_t args = {
        .federation_name = { federation, strlen (federation) },
        .fom_modules = { modules->items, modules->count },
        .logical_time_implementation_name = { time, strlen (time) },
    };
    err = federate_core_request (shell->core,
                                 WIRE_SERVICE_CREATE_FEDERATION_EXECUTION_WITH_MODULES_AND_TIME,
                                 &args, &request);
    modules_fini (modules);
    return err ? err : federate_call (shell, request);
}

mst_err_t mst_create (const char *rti, const char *federation, const mst_module_t *modules,
                      size_t module_count, mst_time_type_t time_type)
{
    federate_shell_t *shell;

    if (!federation || (module_count > 0 && !modules))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "mst_create needs a federation's name and its FOM modules");
    mst_err_t err = federate_session_open (rti, 0, &shell);
    if (err)
        return err;
    err = create (shell, federation, modules, module_count, time_type);
    federate_shell_destroy (&shell, FEDERATE_LINGER_MS);
    return err;
}

mst_err_t mst_destroy (const char *rti, const char *federation)
{
    federate_shell_t *shell;
    uint32_t request;

    if (!federation)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_destroy needs a federation's name");
    mst_err_t err = federate_session_open (rti, 0, &shell);
    if (err)
        return err;
    wire_destroy_federation_execution_t args = { { federation, strlen (federation) } };
    err = federate_core_request (shell->core, WIRE_SERVICE_DESTROY_FEDERATION_EXECUTION, &args,
                                 &request);
    if (!err)
        err = federate_call (shell, request);
    federate_shell_destroy (&shell, FEDERATE_LINGER_MS);
    return err;
}

static bool has_list (const federate_shell_t *shell, const void *context)
{
    (void) context;
    return shell->listed != NULL;
}

static mst_err_t call_each (const federate_shell_t *shell,
                            void (*each) (void *user, const char *federation), void *user)
{
    wire_report_federation_executions_t args;
    base_arena_t arena = { 0 };

    mst_err_t err = wire_service_decode (WIRE_SERVICE_REPORT_FEDERATION_EXECUTIONS,
                                         (const uint8_t *) shell->listed, shell->listed_size_bytes,
                                         &arena, &args, sizeof args);
    for (uint64_t i = 0; !err && i < args.report.count; i++) {
        const wire_text_t *name = &args.report.items[i].first;
        const char *copy = base_arena_copy (&arena, name->data, name->size_bytes);
        if (copy)
            each (user, copy);
    }
    base_arena_fini (&arena);
    return err;
}

mst_err_t mst_list (const char *rti, void (*each) (void *user, const char *federation), void *user)
{
    federate_shell_t *shell;
    wire_list_federation_executions_t args = { 0 };
    uint32_t request;

    if (!each)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_list needs a function to call");
    mst_err_t err = federate_session_open (rti, 0, &shell);
    if (err)
        return err;
    err = federate_core_request (shell->core, WIRE_SERVICE_LIST_FEDERATION_EXECUTIONS, &args,
                                 &request);
    if (!err)
        err = federate_call (shell, request);
    if (!err)
        err = federate_wait_until (shell, has_list, NULL,
                                   federate_deadline (FEDERATE_REPLY_TIMEOUT_MS));
    if (!err)
        err = call_each (shell, each, user);
    federate_shell_destroy (&shell, FEDERATE_LINGER_MS);
    return err;
}

static mst_err_t status (federate_shell_t *shell, const char *federation, char *json,
                         size_t size_bytes, size_t *needed_bytes)
{
    wire_status_t args = { { federation, federation ? strlen (federation) : 0 } };
    wire_status_result_t result;
    base_arena_t arena = { 0 };
    federate_reply_t reply;
    uint32_t request;

    mst_err_t err = federate_core_request (shell->core, WIRE_SERVICE_STATUS, &args, &request);
    if (!err)
        err = federate_wait_reply (shell, request, &reply);
    if (err)
        return err;
    err = reply.err ? base_error (reply.err, "%s", reply.text)
                    : wire_service_decode_result (WIRE_SERVICE_STATUS, reply.result,
                                                  reply.result_size_bytes, &arena, &result,
                                                  sizeof result);
    if (!err) {
        *needed_bytes = result.json.size_bytes + 1;
        size_t copied = *needed_bytes <= size_bytes ? result.json.size_bytes
                                                    : (size_bytes ? size_bytes - 1 : 0);
        if (size_bytes > 0) {
            memcpy (json, result.json.data, copied);
            json[copied] = '\0';
        }
        if (*needed_bytes > size_bytes)
            err = base_error (MST_E_LIMIT, "the status has %zu bytes", *needed_bytes);
    }
    base_arena_fini (&arena);
    base_free (reply.text);
    base_free (reply.result);
    return err;
}

mst_err_t mst_status (const char *rti, const char *federation, char *json, size_t size_bytes,
                      size_t *needed_bytes)
{
    federate_shell_t *shell;
    size_t needed = 0;

    mst_err_t err = federate_session_open (rti, 0, &shell);
    if (err)
        return err;
    err = status (shell, federation, json, size_bytes, &needed);
    if (needed_bytes)
        *needed_bytes = needed;
    federate_shell_destroy (&shell, FEDERATE_LINGER_MS);
    return err;
}

/*  Joining
 * -----------------------------------------------------------------------------------------------
 */

/*  Loopback stays on the host. Otherwise peers need an address: as advertised, or the one by which
   this host reaches the RTI. */
static mst_err_t tcp_endpoint (const char *rti, const char *advertise, char *bind, size_t size)
{
    char address[128];

    if (advertise) {
        (void) snprintf (bind, size, "tcp://*:0");
        return MST_OK;
    }
    mst_err_t err = link_address_towards (rti, address, sizeof address);
    (void) snprintf (bind, size, "tcp://%s:0", address);
    return err;
}

static mst_err_t open_router (federate_shell_t *shell, const char *rti, const char *advertise)
{
    char tcp[160];
    const char *endpoints[FEDERATE_ENDPOINTS];
    size_t count = 0;

    bool any = strcmp (shell->transport, "auto") == 0;
    if (any || strcmp (shell->transport, "inproc") == 0)
        endpoints[count++] = "inproc://*";
    if (any || strcmp (shell->transport, "ipc") == 0)
        endpoints[count++] = "ipc://*";
    if (any || strcmp (shell->transport, "tcp") == 0) {
        mst_err_t err = tcp_endpoint (rti, advertise, tcp, sizeof tcp);
        if (err)
            return err;
        endpoints[count++] = tcp;
    }
    if (count == 0)
        return base_error (MST_E_CONFIG,
                           "transport \"%s\" is not known: choose auto, tcp, ipc or inproc",
                           shell->transport);
    link_router_options_t options = { .endpoints = endpoints,
                                      .endpoint_count = count,
                                      .message_max_bytes = WIRE_BODY_MAX + WIRE_HEADER_BYTES };
    return link_router_new (shell->poll, &options, &shell->router);
}

/*  What peers are told: with `advertise`, its host in place of the bound one. */
static const char *advertised (const char *endpoint, const char *advertise, char *room, size_t size)
{
    if (!advertise || strncmp (endpoint, "tcp://", 6) != 0)
        return endpoint;
    const char *port = strrchr (endpoint, ':');
    (void) snprintf (room, size, strchr (advertise, ':') ? "tcp://%s" : "tcp://%s%s", advertise,
                     port ? port : "");
    return room;
}

static mst_err_t send_join (federate_shell_t *shell, const mst_join_options_t *options,
                            const char *name, const char *federation, const char *advertise)
{
    const char *endpoints[FEDERATE_ENDPOINTS];
    char room[FEDERATE_ENDPOINTS][LINK_ENDPOINT_SIZE];
    uint32_t request;
    size_t count = link_router_endpoint_count (shell->router);

    base_assert (count <= FEDERATE_ENDPOINTS);
    for (size_t i = 0; i < count; i++)
        endpoints[i] = advertised (link_router_endpoint (shell->router, i), advertise, room[i],
                                   sizeof room[i]);
    federate_join_t join = { federation, name, options->type, endpoints, count };
    mst_err_t err = federate_core_join (shell->core, &join, &request);
    return err ? err : federate_call (shell, request);
}

static void make_name (char *name, size_t size)
{
    char program[LINK_PROCESS_NAME_SIZE];
    link_process_name (program);
    (void) snprintf (name, size, "%s-%u", program, link_process_id ());
}

static mst_err_t core_options (const mst_join_options_t *options, federate_options_t *out)
{
    uint64_t bundle, window, queue, messages;
    const char *route = getenv ("MUSTER_ROUTE");

    mst_err_t err = setting_number (options->bundle_bytes, "MUSTER_LIMITS_BUNDLE_BYTES", &bundle);
    if (!err)
        err = setting_number (options->route_window_bytes, "MUSTER_LIMITS_ROUTE_WINDOW_BYTES",
                              &window);
    if (!err)
        err = setting_number (options->receive_queue_bytes, "MUSTER_LIMITS_RECEIVE_QUEUE_BYTES",
                              &queue);
    if (!err)
        err = setting_number (options->tso_queue_messages, "MUSTER_LIMITS_TSO_QUEUE_MESSAGES",
                              &messages);
    if (err)
        return err;
    *out = (federate_options_t){
        .host = link_process_host (),
        .process = link_process_id (),
        .bundle_bytes = bundle,
        .route_window_bytes = window,
        .pace_bytes = FEDERATE_PACE_BYTES,
        .receive_queue_bytes = queue,
        .tso_queue_messages = messages,
        .recorder = options->recorder,
        .relay = options->route == MST_ROUTE_RTI ||
                 (options->route == MST_ROUTE_DEFAULT && route && strcmp (route, "rti") == 0),
        .stamps = options->stamps || options->causal,
        .causal = options->causal,
    };
    return MST_OK;
}

static mst_err_t join_with (federate_shell_t *shell, const mst_join_options_t *options,
                            const char *rti)
{
    char made[JOIN_NAME_SIZE];
    federate_options_t for_core;
    timemgmt_clock_options_t clock;
    link_poll_yield_t yield;
    const char *federation = setting (options->federation, "MUSTER_FEDERATION", NULL);
    const char *name = setting (options->name, "MUSTER_NAME", NULL);
    const char *advertise = setting (options->advertise, "MUSTER_ADVERTISE", NULL);

    if (!federation)
        return base_error (
            MST_E_INVALID_ARGUMENT,
            "no federation execution is named: set options.federation or MUSTER_FEDERATION");
    make_name (made, sizeof made);
    mst_err_t err = link_poll_yield_parse (setting (options->yield, "MUSTER_YIELD", NULL), &yield);
    if (!err)
        link_poll_set_yield (shell->poll, yield);
    if (!err)
        err = core_options (options, &for_core);
    if (!err)
        err = federate_clock_options (options, &clock);
    if (!err)
        err = federate_core_new (&for_core, &shell->core);
    if (!err)
        err = connect_rti (shell, rti, options->connect_timeout_ms);
    if (!err)
        err = open_router (shell, rti, advertise);
    if (!err && options->module_count > 0)
        err =
            create (shell, federation, options->modules, options->module_count, options->time_type);
    if (err == MST_E_FEDERATION_EXISTS)
        err = MST_OK;
    if (!err)
        err = send_join (shell, options, name ? name : made, federation, advertise);
    if (!err)
        err = federate_table_add (shell);
    if (!err)
        federate_meter_join (shell);
    if (!err)
        federate_clock_join (shell, &clock);
    return err;
}

mst_err_t mst_join (const mst_join_options_t *options, mst_federate_t *fed)
{
    federate_shell_t *shell;

    if (!options || !fed || (options->module_count > 0 && !options->modules))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "mst_join needs options, and a place for the handle");
    *fed = (mst_federate_t){ 0, 0 };
    mst_err_t err = shell_new (setting (options->transport, "MUSTER_TRANSPORT", "auto"), &shell);
    if (err)
        return err;
    shell->callbacks = options->callbacks;
    shell->user = options->user;
    err = join_with (shell, options, setting (options->rti, "MUSTER_RTI", DEFAULT_RTI));
    if (!err && options->model == MST_IMMEDIATE) {
        shell->immediate = true;
        federate_table_lock (shell);
        err = link_thread_start (&shell->thread, "muster", federate_thread, shell);
        if (err) /* there is no thread that might look */
            shell->immediate = false;
    }
    if (err) {
        federate_shell_destroy (&shell, 0);
        return err;
    }
    *fed = shell->handle;
    return MST_OK;
}

/*  Leaving
 * --------------------------------------------------------------------------------------------------
 */

static void stop_thread (federate_shell_t *shell)
{
    if (!shell->immediate)
        return;
    link_mutex_lock (shell->mutex);
    shell->stopping = true;
    link_poll_wake (shell->poll);
    link_mutex_unlock (shell->mutex);
    link_thread_join (&shell->thread);
    shell->immediate = false;
}

static bool drained (const federate_shell_t *shell)
{
    for (uint32_t i = 0; i < shell->roads.count; i++)
        if (((const federate_road_t *) (uintptr_t) shell->roads.entries[i].value)->waiting.count >
            0)
            return false;
    return federate_core_drained (shell->core);
}

/*  Routes that were not answered go by the RTI since before the resign (federate_route_leave); what
   waits for a connection that is being made still leaves, for FEDERATE_LINGER_MS at most. */
static void wait_drained (federate_shell_t *shell)
{
    int64_t deadline_ns = federate_deadline (FEDERATE_LINGER_MS);

    while (!drained (shell) && link_clock_ns () < deadline_ns) {
        federate_state_t state;
        federate_core_state (shell->core, &state);
        if (state.lost || federate_pump (shell, deadline_ns - link_clock_ns ()))
            break;
    }
}

mst_err_t mst_resign (mst_federate_t *fed, mst_resign_t action)
{
    federate_shell_t *shell;
    uint32_t request;

    if (!fed)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_resign needs a federate");
    mst_err_t err = federate_enter_waiting (*fed, &shell);
    if (err)
        return err;
    err = federate_core_resign (shell->core, action, &request);
    if (!err)
        err = federate_call (shell, request);
    if (err && err != MST_E_CONNECTION_LOST && err != MST_E_TIMEOUT)
        return federate_leave (shell, err); /* still joined */
    federate_close_door (shell);
    (void) federate_leave (shell, err);
    stop_thread (shell);
    if (!err)
        wait_drained (shell);
    if (!err && !drained (shell))
        err = base_error (MST_E_TIMEOUT,
                          "resigned, but a peer took no connection within FEDERATE_LINGER_MS (%d): "
                          "what was sent to it last is lost",
                          FEDERATE_LINGER_MS);
    federate_shell_destroy (&shell, err ? 0 : FEDERATE_LINGER_MS);
    *fed = (mst_federate_t){ 0, 0 };
    return err;
}

void mst_abandon (mst_federate_t *fed)
{
    federate_shell_t *shell;

    if (!fed || federate_enter_waiting (*fed, &shell))
        return;
    federate_close_door (shell);
    (void) federate_leave (shell, MST_E_NOT_JOINED); /* nothing more is carried out */
    stop_thread (shell);
    federate_shell_destroy (&shell, 0);
    *fed = (mst_federate_t){ 0, 0 };
}
