/*  The other end of a connection, as a process of its own that a test can stop and kill:

        prog_link_peer dealer ENDPOINT    sends "hello", prints "connected", sends back what comes
        prog_link_peer burst ENDPOINT N   sends N numbered messages, prints "sent"
        prog_link_peer mute ENDPOINT      sends "hello", prints "connected", never reads
        prog_link_peer router ENDPOINT    prints "bound ENDPOINT", sends back what comes
        prog_link_peer answers N          binds a port, prints "bound ENDPOINT", answers the first
                                          message with N numbered ones, prints "sent" */
#include "link/dealer.h"
#include "link/router.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static link_poll_t *poll_set;

static void must (mst_err_t err)
{
    if (!err)
        return;
    fprintf (stderr, "prog_link_peer: %s\n", mst_error_text ());
    exit (1);
}

static void say (const char *line, const char *endpoint)
{
    printf ("%s %s\n", line, endpoint);
    (void) fflush (stdout);
}

static link_dealer_t *connected (const char *endpoint)
{
    link_dealer_options_t options = { .endpoint = endpoint, .connect_timeout_ms = 5000 };
    link_dealer_t *dealer;
    link_event_t event = { 0 };

    must (link_dealer_new (poll_set, &options, &dealer));
    while (event.kind == LINK_EVENT_NONE) {
        (void) link_poll_wait (poll_set, INT64_MAX);
        link_dealer_next (dealer, &event);
    }
    if (event.kind == LINK_EVENT_CONNECTED)
        return dealer;
    fprintf (stderr, "prog_link_peer: %s\n", event.text);
    exit (1);
}

static void send_all (link_dealer_t *dealer, const void *data, size_t size_bytes)
{
    bool sent = false;
    while (!sent) {
        must (link_dealer_send (dealer, data, size_bytes, &sent));
        if (!sent)
            (void) link_poll_wait (poll_set, 1000000);
    }
}

static void run_dealer (const char *endpoint, bool reads)
{
    link_dealer_t *dealer = connected (endpoint);
    link_event_t event;

    send_all (dealer, "hello", 5);
    say ("connected", endpoint);
    while (reads && link_poll_wait (poll_set, INT64_MAX)) {
        link_dealer_next (dealer, &event);
        if (event.kind == LINK_EVENT_MESSAGE)
            send_all (dealer, event.message.data, event.message.size_bytes);
        link_message_release (&event.message);
        reads = event.kind != LINK_EVENT_LOST;
    }
}

static void run_burst (const char *endpoint, int count)
{
    char text[32];
    link_dealer_t *dealer = connected (endpoint);
    for (int i = 0; i < count; i++) {
        int length = snprintf (text, sizeof text, "%d", i);
        send_all (dealer, text, (size_t) length);
    }
    say ("sent", endpoint);
}

static void run_router (const char *endpoint, int answers)
{
    link_router_options_t options = { .endpoints = &endpoint, .endpoint_count = 1 };
    link_router_t *router;
    link_event_t event;
    char text[32];
    bool sent;

    must (link_router_new (poll_set, &options, &router));
    say ("bound", link_router_endpoint (router, 0));
    while (link_poll_wait (poll_set, INT64_MAX)) {
        link_router_next (router, &event);
        if (event.kind != LINK_EVENT_MESSAGE)
            continue;
        if (answers == 0)
            must (link_router_send (router, event.connection, event.message.data,
                                    event.message.size_bytes, &sent));
        for (int i = 0; i < answers; i++) {
            int length = snprintf (text, sizeof text, "%d", i);
            must (link_router_send (router, event.connection, text, (size_t) length, &sent));
        }
        if (answers > 0)
            say ("sent", "");
        link_message_release (&event.message);
    }
}

int main (int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[1] : "";

    must (link_poll_new (&poll_set));
    if (strcmp (mode, "dealer") == 0)
        run_dealer (argv[2], true);
    else if (strcmp (mode, "mute") == 0)
        run_dealer (argv[2], false);
    else if (strcmp (mode, "burst") == 0 && argc > 3)
        run_burst (argv[2], atoi (argv[3]));
    else if (strcmp (mode, "router") == 0)
        run_router (argv[2], 0);
    else if (strcmp (mode, "answers") == 0)
        run_router ("tcp://127.0.0.1:0", atoi (argv[2]));
    else
        return 2;
    for (;;)
        (void) pause ();
}
