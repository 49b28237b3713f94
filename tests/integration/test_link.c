/*  link/ over real sockets: messages, connecting, waiting. Nobody sleeps; every wait is for an
 * event. */
#include "link/clock.h"
#include "link/process.h"
#include "link/thread.h"
#include "tests/integration/links.h"
#include "tests/support/check.h"
#include "tests/support/process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*  Messages ---------------------------------------------------------------------------------- */

static void exchange (const char *endpoint)
{
    enum { LARGE_BYTES = 300000 };
    link_poll_t *poll;
    link_event_t event;
    base_buffer_t large;
    bool sent;

    CHECK_OK (link_poll_new (&poll));
    link_router_t *router = links_bound (poll, endpoint);
    link_dealer_t *dealer = links_connected (poll, link_router_endpoint (router, 0));
    links_say (dealer, "one");
    links_say (dealer, "two");
    CHECK_INT (links_hear (poll, router, "one"), 1);
    CHECK_INT (links_hear (poll, router, "two"), 1);

    base_buffer_init (&large);
    CHECK_OK (base_buffer_reserve (&large, LARGE_BYTES));
    memset (large.data, 'x', LARGE_BYTES);
    large.size_bytes = LARGE_BYTES;
    CHECK_OK (link_router_send_buffer (router, 1, &large, &sent));
    CHECK (sent);
    CHECK_INT (large.size_bytes, 0);
    CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_MESSAGE);
    CHECK_INT (event.message.size_bytes, LARGE_BYTES);
    CHECK (event.message.data[LARGE_BYTES - 1] == 'x');

    link_message_t moved = { 0 };
    link_message_move (&moved, &event.message);
    CHECK_INT (moved.size_bytes, LARGE_BYTES);
    CHECK (!event.message.held);
    link_message_release (&moved);

    base_buffer_fini (&large);
    link_dealer_destroy (&dealer, 0);
    CHECK_INT (links_router_next (poll, router, &event), LINK_EVENT_LOST);
    CHECK_INT (event.connection, 1);
    CHECK_INT (link_router_connection_count (router), 0);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

static void test_tcp (void)
{
    exchange ("tcp://127.0.0.1:0");
    exchange ("tcp://localhost:*");
}

static void test_ipc (void)
{
    exchange ("ipc://*");
}

static void test_inproc (void)
{
    exchange ("inproc://*");
}

/*  Sockets of the short way's name: who listens, and each connection that it accepted. */
static int named (const char *endpoint)
{
    char line[512], name[64];
    int count = 0;

    (void) snprintf (name, sizeof name, "@muster/127.0.0.1%s\n", strrchr (endpoint, ':'));
    FILE *file = fopen ("/proc/net/unix", "r");
    while (file && fgets (line, sizeof line, file))
        count += strstr (line, name) != NULL;
    if (file)
        (void) fclose (file);
    return count;
}

static void near_exchange (bool router_near, bool dealer_near, const char *bind)
{
    link_poll_t *poll;
    link_event_t event;
    link_router_t *router;
    link_dealer_t *dealer;
    link_router_options_t for_router = { .endpoints = &bind,
                                         .endpoint_count = 1,
                                         .near = router_near };

    CHECK_OK (link_poll_new (&poll));
    CHECK_OK (link_router_new (poll, &for_router, &router));
    const char *endpoint = link_router_endpoint (router, 0);
    CHECK_INT (link_router_endpoint_count (router), 1);
    CHECK_INT (named (endpoint), router_near);
    link_dealer_options_t for_dealer = { .endpoint = endpoint, .near = dealer_near };
    CHECK_OK (link_dealer_new (poll, &for_dealer, &dealer));
    CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_CONNECTED);
    CHECK_TEXT (link_dealer_endpoint (dealer), endpoint);
    links_say (dealer, "here");
    CHECK_INT (links_hear (poll, router, "here"), 1);
    CHECK_INT (named (endpoint), router_near + (router_near && dealer_near));
    link_router_close (router, 1);
    while (links_dealer_next (poll, dealer, &event) == LINK_EVENT_NONE)
        link_router_next (router, &event);
    CHECK_INT (event.kind, LINK_EVENT_LOST);
    link_dealer_destroy (&dealer, 0);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

static void test_near (void)
{
    near_exchange (true, true, "tcp://127.0.0.1:0");
    near_exchange (true, false, "tcp://127.0.0.1:0");
    near_exchange (false, true, "tcp://127.0.0.1:0");
    near_exchange (true, true, "tcp://localhost:*");
}

static void test_ipc_file_goes (void)
{
    link_poll_t *poll;
    char path[LINK_ENDPOINT_SIZE];

    CHECK_OK (link_poll_new (&poll));
    link_router_t *router = links_bound (poll, "ipc://*");
    (void) snprintf (path, sizeof path, "%s", link_router_endpoint (router, 0) + strlen ("ipc://"));
    CHECK (access (path, F_OK) == 0);

    /*  The path of a living process is not taken away from it. */
    const char *same = link_router_endpoint (router, 0);
    link_router_options_t options = { .endpoints = &same, .endpoint_count = 1 };
    link_router_t *second = NULL;
    CHECK_ERR (link_router_new (poll, &options, &second), MST_E_IO);
    CHECK_CONTAINS (mst_error_text (), "a running process listens there");

    link_router_destroy (&router, 0);
    CHECK (access (path, F_OK) != 0);
    link_poll_destroy (&poll);
}

static void refused (const char *endpoint, mst_err_t err, const char *part)
{
    link_poll_t *poll;
    link_router_options_t options = { .endpoints = &endpoint, .endpoint_count = 1 };
    link_router_t *router = NULL;

    CHECK_OK (link_poll_new (&poll));
    CHECK_ERR (link_router_new (poll, &options, &router), err);
    CHECK_CONTAINS (mst_error_text (), part);
    CHECK (router == NULL);
    link_poll_destroy (&poll);
}

static void test_bad_endpoints (void)
{
    link_poll_t *poll;
    char text[256];

    refused ("15000", MST_E_INVALID_ARGUMENT, "is not an endpoint: write tcp://host:port");
    refused ("tcp://192.0.2.1:0", MST_E_IO, "this machine has no such address");
    refused ("tcp://127.0.0.1", MST_E_INVALID_ARGUMENT, "not an address of the form");
    refused ("tcp://127.0.0.1:70000", MST_E_INVALID_ARGUMENT, "not an address of the form");
    refused ("tcp://127.0.0.1:80x", MST_E_INVALID_ARGUMENT, "not an address of the form");
    refused ("ipc:///dev/null", MST_E_IO, "a file that is no socket is in the way");
    memset (text, 'x', 130);
    memcpy (text, "ipc:///", strlen ("ipc:///"));
    text[130] = '\0';
    refused (text, MST_E_INVALID_ARGUMENT, "at most 107 characters");

    CHECK_OK (link_poll_new (&poll));
    link_router_t *router = links_bound (poll, "tcp://127.0.0.1:0");
    refused (link_router_endpoint (router, 0), MST_E_IO, "the port is in use");
    link_router_destroy (&router, 0);
    router = links_bound (poll, "inproc://taken");
    refused ("inproc://taken", MST_E_IO, "the name is in use in this process");
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

/*  Connecting -------------------------------------------------------------------------------- */

static void nobody (const char *endpoint)
{
    link_poll_t *poll;
    link_dealer_options_t options = { .endpoint = endpoint };
    link_dealer_t *dealer;
    link_event_t event;
    bool sent = true;

    CHECK_OK (link_poll_new (&poll));
    CHECK_OK (link_dealer_new (poll, &options, &dealer));
    CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_FAILED);
    CHECK_CONTAINS (event.text, "nobody listens there");
    CHECK_ERR (link_dealer_send (dealer, "x", 1, &sent), MST_E_CONNECTION_LOST);
    CHECK (!sent);
    CHECK (!link_dealer_connected (dealer));
    link_dealer_next (dealer, &event);
    CHECK_INT (event.kind, LINK_EVENT_NONE);
    CHECK (!link_dealer_ready (dealer));
    link_dealer_destroy (&dealer, 0);
    link_poll_destroy (&poll);
}

/*  A port that was free a moment ago. */
static void free_endpoint (char *text, size_t size)
{
    link_poll_t *poll;
    CHECK_OK (link_poll_new (&poll));
    link_router_t *router = links_bound (poll, "tcp://127.0.0.1:0");
    (void) snprintf (text, size, "%s", link_router_endpoint (router, 0));
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

static void test_nobody (void)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    free_endpoint (endpoint, sizeof endpoint);
    nobody (endpoint);
    nobody ("ipc:///tmp/muster-test-nobody-listens");
    nobody ("inproc://nobody");
}

static void late (const char *endpoint)
{
    link_poll_t *poll;
    link_dealer_options_t options = { .endpoint = endpoint, .connect_timeout_ms = 10000 };
    link_dealer_t *dealer;
    link_event_t event;
    bool sent = true;

    CHECK_OK (link_poll_new (&poll));
    CHECK_OK (link_dealer_new (poll, &options, &dealer));
    for (int i = 0; i < 3; i++) { /* a few attempts fail */
        (void) link_poll_wait (poll, LINKS_SECOND / 30);
        link_dealer_next (dealer, &event);
        CHECK_INT (event.kind, LINK_EVENT_NONE);
    }
    CHECK_OK (link_dealer_send (dealer, "x", 1, &sent));
    CHECK (!sent);
    link_router_t *router = links_bound (poll, endpoint);
    CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_CONNECTED);
    links_say (dealer, "at last");
    CHECK_INT (links_hear (poll, router, "at last"), 1);
    link_dealer_destroy (&dealer, 0);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

static void test_late (void)
{
    char endpoint[LINK_ENDPOINT_SIZE];
    free_endpoint (endpoint, sizeof endpoint);
    late (endpoint);
    late ("inproc://late");
}

static void test_stopped_listener (void)
{
    test_process_t peer;
    link_poll_t *poll;
    link_event_t event;
    link_dealer_t *dealer;

    PROCESS_START (&peer, "prog_link_peer", "router", "tcp://127.0.0.1:0");
    const char *line = test_process_line (&peer, "bound ", LINKS_LINE_MS);
    CHECK_OR_RETURN (line != NULL);
    link_dealer_options_t options = { .endpoint = line + strlen ("bound "),
                                      .connect_timeout_ms = 200 };
    test_process_signal (&peer, SIGSTOP);
    CHECK_OK (link_poll_new (&poll));
    CHECK_OK (link_dealer_new (poll, &options, &dealer));
    CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_FAILED);
    CHECK_CONTAINS (event.text, "no answer came in time");
    CHECK_INT (link_process_state ((uint32_t) peer.pid), LINK_PROCESS_STOPPED);
    link_dealer_destroy (&dealer, 0);
    link_poll_destroy (&poll);
    test_process_fini (&peer);
}

/*  Waiting ------------------------------------------------------------------------------------ */

static void wake_from_thread (void *argument)
{
    link_poll_wake (argument);
}

static void test_wakeup (void)
{
    link_poll_t *poll;
    link_thread_t thread;

    CHECK_OK (link_poll_new (&poll));
    CHECK (!link_poll_wait (poll, 0));
    CHECK_OK (link_thread_start (&thread, "waker", wake_from_thread, poll));
    CHECK (link_poll_wait (poll, INT64_MAX));
    link_thread_join (&thread);
    int64_t start_ns = link_clock_ns ();
    CHECK (!link_poll_wait (poll, LINKS_SECOND / 100));
    CHECK (link_clock_ns () - start_ns >= LINKS_SECOND / 100);

    int ends[2];
    CHECK (pipe (ends) == 0);
    CHECK_OK (link_poll_add_fd (poll, ends[0]));
    CHECK (!link_poll_wait (poll, 0));
    CHECK (write (ends[1], "x", 1) == 1);
    CHECK (link_poll_wait (poll, INT64_MAX));
    link_poll_remove_fd (poll, ends[0]);
    CHECK (!link_poll_wait (poll, 0));
    (void) close (ends[0]);
    (void) close (ends[1]);
    link_poll_destroy (&poll);
}

/*  A router in a thread of its own answers a dealer in this one. */
typedef struct echo {
    char endpoint[LINK_ENDPOINT_SIZE];
    link_mutex_t mutex;
    link_condition_t bound;
    link_poll_t *poll;
} echo_t;

static void echo_thread (void *argument)
{
    echo_t *echo = argument;
    link_event_t event = { 0 };
    bool sent;

    link_router_t *router = links_bound (echo->poll, "inproc://*");
    link_mutex_lock (&echo->mutex);
    (void) snprintf (echo->endpoint, sizeof echo->endpoint, "%s", link_router_endpoint (router, 0));
    link_condition_signal (&echo->bound);
    link_mutex_unlock (&echo->mutex);
    while (event.kind != LINK_EVENT_LOST) {
        (void) link_poll_wait (echo->poll, INT64_MAX);
        while (link_router_next (router, &event), event.kind == LINK_EVENT_MESSAGE) {
            CHECK_OK (link_router_send (router, event.connection, event.message.data,
                                        event.message.size_bytes, &sent));
            link_message_release (&event.message);
        }
    }
    link_router_destroy (&router, 0);
}

static void test_two_threads (void)
{
    enum { ROUNDS = 2000 };
    echo_t echo = { .endpoint = "" };
    link_thread_t thread;
    link_poll_t *poll;
    link_event_t event;

    link_mutex_init (&echo.mutex);
    link_condition_init (&echo.bound);
    CHECK_OK (link_poll_new (&echo.poll));
    CHECK_OK (link_poll_new (&poll));
    CHECK_OK (link_thread_start (&thread, "echo", echo_thread, &echo));
    link_mutex_lock (&echo.mutex);
    while (!echo.endpoint[0])
        (void) link_condition_wait (&echo.bound, &echo.mutex, INT64_MAX);
    link_mutex_unlock (&echo.mutex);

    link_dealer_t *dealer = links_connected (poll, echo.endpoint);
    for (int i = 0; i < ROUNDS; i++) {
        links_say (dealer, "ping");
        CHECK_OR_RETURN (links_dealer_next (poll, dealer, &event) == LINK_EVENT_MESSAGE);
        link_message_release (&event.message);
    }
    link_dealer_destroy (&dealer, 0);
    link_thread_join (&thread);
    link_poll_destroy (&poll);
    link_poll_destroy (&echo.poll);
    link_condition_fini (&echo.bound);
    link_mutex_fini (&echo.mutex);
}

static CU_TestInfo link_tests[] = {
    { "messages over tcp", test_tcp },
    { "messages over ipc", test_ipc },
    { "messages over inproc", test_inproc },
    { "the short way on one host", test_near },
    { "the file of an ipc endpoint goes", test_ipc_file_goes },
    { "endpoints that cannot be", test_bad_endpoints },
    { "nobody listens", test_nobody },
    { "the listener comes later", test_late },
    { "the listener is stopped", test_stopped_listener },
    { "wakeups", test_wakeup },
    { "two threads", test_two_threads },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "link", NULL, NULL, NULL, NULL, link_tests })
