/*  Who holds a federate back: asked of the RTI, which alone knows, and put into the public form. */
#include "federate/shell.h"
#include "base/alloc.h"
#include "base/error.h"
#include "wire/services.h"

#include <stdio.h>
#include <string.h>

static void copy_text (char *out, size_t size_bytes, wire_text_t from)
{
    (void) snprintf (out, size_bytes, "%.*s", (int) from.size_bytes, from.data ? from.data : "");
}

static void read_link (mst_wait_link_t *link, const wire_wait_link_t *from)
{
    *link = (mst_wait_link_t){ .id = { (uint32_t) from->federate },
                               .by = (mst_held_t) from->term,
                               .granted = from->granted,
                               .requested = from->requested,
                               .bound = from->bound,
                               .lookahead = from->lookahead,
                               .message = from->message,
                               .for_ns = (int64_t) from->for_ns,
                               .silent_ns = (int64_t) from->silent_ns };
    copy_text (link->federate, sizeof link->federate, from->name);
    copy_text (link->place, sizeof link->place, from->place);
    copy_text (link->process, sizeof link->process, from->process);
}

static void read_wait (mst_wait_t *wait, const wire_explain_result_t *from)
{
    wait->deadlock = from->deadlock;
    wait->time_type = from->time_type == 0 ? MST_TIME_INTEGER64 : MST_TIME_FLOAT64;
    wait->count = from->chain.count < MST_WAIT_LINKS ? (size_t) from->chain.count : MST_WAIT_LINKS;
    for (size_t i = 0; i < wait->count; i++)
        read_link (&wait->links[i], &from->chain.items[i]);
}

mst_err_t federate_explain (federate_shell_t *shell, const wire_explain_t *args, mst_wait_t *wait,
                            char *text, size_t size_bytes)
{
    wire_explain_result_t result;
    base_arena_t arena = { 0 };
    federate_reply_t reply;
    uint32_t request;

    base_assert (shell != NULL && args != NULL);
    bool own = args->federation.data == NULL;
    mst_err_t err = own ? federate_core_tell_lacks (shell->core) : MST_OK;
    if (!err)
        err = federate_core_request (shell->core, WIRE_SERVICE_EXPLAIN, args, &request);
    if (!err)
        err = federate_wait_reply (shell, request, &reply);
    if (err)
        return err;
    err = reply.err ? base_error (reply.err, "%s", reply.text)
                    : wire_service_decode_result (WIRE_SERVICE_EXPLAIN, reply.result,
                                                  reply.result_size_bytes, &arena, &result,
                                                  sizeof result);
    if (!err && text)
        copy_text (text, size_bytes, result.text);
    if (!err && wait)
        read_wait (wait, &result);
    base_arena_fini (&arena);
    base_free (reply.text);
    base_free (reply.result);
    return err;
}

mst_err_t mst_time_explain (mst_federate_t fed, mst_wait_t *wait, char *text, size_t size_bytes)
{
    static const wire_explain_t oneself;
    federate_shell_t *shell = NULL;

    if ((!wait && !text) || (text && size_bytes == 0))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "mst_time_explain needs a place for the chain, or room for a text");
    mst_err_t err = federate_enter_waiting (fed, &shell);
    if (!err)
        err = federate_explain (shell, &oneself, wait, text, size_bytes);
    return shell ? federate_leave (shell, err) : err;
}

mst_err_t mst_explain (const char *rti, const char *federation, const char *federate,
                       mst_wait_t *wait, char *text, size_t size_bytes)
{
    federate_shell_t *shell;

    if (!federation || !federate || (!wait && !text) || (text && size_bytes == 0))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "mst_explain needs the names of a federation execution and a federate, "
                           "and a place for the chain or room for a text");
    wire_explain_t args = { .federation = { federation, strlen (federation) },
                            .federate_name = { federate, strlen (federate) } };
    mst_err_t err = federate_session_open (rti, 0, &shell);
    if (err)
        return err;
    err = federate_explain (shell, &args, wait, text, size_bytes);
    federate_shell_destroy (&shell, FEDERATE_LINGER_MS);
    return err;
}
