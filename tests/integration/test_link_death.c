/*  How connections of link/ end: the end of a process seen from both sides, descriptors that are
   used again, a connection closed by us, and peers that are full. */
#include "link/clock.h"
#include "tests/integration/links.h"
#include "tests/support/check.h"
#include "tests/support/process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/*  Death ------------------------------------------------------------------------------------- */

/*  A connection that only listens must not be taken for the dead one. */
static void killed_at_router (const char *endpoint)
{
    test_process_t peer, other;
    link_poll_t *poll;
    link_event_t event;
    bool sent;

    CHECK_OK (link_poll_new (&poll));
    link_router_t *router = links_bound (poll, endpoint);
    PROCESS_START (&other, "prog_link_peer", "dealer", link_router_endpoint (router, 0));
    uint64_t alive = links_hear (poll, router, "hello");
    PROCESS_START (&peer, "prog_link_peer", "dealer", link_router_endpoint (router, 0));
    uint64_t victim = links_hear (poll, router, "hello");
    CHECK (victim != alive);
    CHECK_INT (link_router_connection_count (router), 2);

    int64_t start_ns = link_clock_ns ();
    test_process_signal (&peer, SIGKILL);
    CHECK_INT (links_router_next (poll, router, &event), LINK_EVENT_LOST);
    int64_t took_ns = link_clock_ns () - start_ns;
    CHECK_INT (event.connection, victim);
    CHECK (took_ns < LINKS_SECOND);
    printf (" [%s: lost after %.1f ms]", endpoint, (double) took_ns / 1e6);
    CHECK_ERR (link_router_send (router, victim, "x", 1, &sent), MST_E_CONNECTION_LOST);

    CHECK_OK (link_router_send (router, alive, "still there?", 12, &sent));
    CHECK_INT (links_hear (poll, router, "still there?"), alive);
    test_process_fini (&peer);
    test_process_fini (&other);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

static void test_killed_at_router (void)
{
    killed_at_router ("tcp://127.0.0.1:0");
    killed_at_router ("ipc://*");
}

static void killed_at_dealer (const char *endpoint)
{
    test_process_t peer;
    link_poll_t *poll;
    link_event_t event;
    bool sent;

    PROCESS_START (&peer, "prog_link_peer", "router", endpoint);
    const char *line = test_process_line (&peer, "bound ", LINKS_LINE_MS);
    CHECK_OR_RETURN (line != NULL);
    CHECK_OK (link_poll_new (&poll));
    link_dealer_t *dealer = links_connected (poll, line + strlen ("bound "));
    links_say (dealer, "echo");
    CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_MESSAGE);
    link_message_release (&event.message);

    int64_t start_ns = link_clock_ns ();
    test_process_signal (&peer, SIGKILL);
    CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_LOST);
    CHECK (link_clock_ns () - start_ns < LINKS_SECOND);
    CHECK_CONTAINS (event.text, "was closed");
    CHECK (!link_dealer_connected (dealer));
    CHECK_ERR (link_dealer_send (dealer, "x", 1, &sent), MST_E_CONNECTION_LOST);
    link_dealer_next (dealer, &event);
    CHECK_INT (event.kind, LINK_EVENT_NONE);
    link_dealer_destroy (&dealer, 0);
    link_poll_destroy (&poll);
    test_process_fini (&peer);
}

static void test_killed_at_dealer (void)
{
    killed_at_dealer ("tcp://127.0.0.1:0");
    killed_at_dealer ("ipc://*");
}

/*  All that a process sent before it died is read before its loss is. */
static void test_last_words (void)
{
    enum { COUNT = 5000 };
    test_process_t peer;
    link_poll_t *poll;
    link_event_t event;
    char text[32];

    CHECK_OK (link_poll_new (&poll));
    link_router_t *router = links_bound (poll, "tcp://127.0.0.1:0");
    PROCESS_START (&peer, "prog_link_peer", "burst", link_router_endpoint (router, 0), "5000");
    CHECK (test_process_line (&peer, "sent", LINKS_LINE_MS) != NULL);
    int count = 0;
    while (links_router_next (poll, router, &event) == LINK_EVENT_MESSAGE) {
        (void) snprintf (text, sizeof text, "%d", count++);
        CHECK (event.message.size_bytes == strlen (text) &&
               memcmp (event.message.data, text, strlen (text)) == 0);
        link_message_release (&event.message);
        if (count == COUNT) /* before that, libzmq's thread may still hold some of them */
            test_process_signal (&peer, SIGKILL);
    }
    CHECK_INT (event.kind, LINK_EVENT_LOST);
    CHECK_INT (count, COUNT);
    test_process_fini (&peer);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

/*  A reader who takes his time gets all that a closed connection brought, however much later, and
   then its end. The pauses last longer than the router waits for a connection to settle. */
static void test_slow_reader (void)
{
    enum { COUNT = 2000, PAUSES = 30 };
    link_poll_t *poll, *idle;
    link_event_t event;
    char text[32];
    int count = 0;

    CHECK_OK (link_poll_new (&poll));
    CHECK_OK (link_poll_new (&idle));
    link_router_t *router = links_bound (poll, "tcp://127.0.0.1:0");
    link_dealer_t *dealer = links_connected (poll, link_router_endpoint (router, 0));
    for (int i = 0; i < COUNT; i++) {
        (void) snprintf (text, sizeof text, "%d", i);
        links_say (dealer, text);
    }
    link_dealer_destroy (&dealer, -1);
    while (links_router_next (poll, router, &event) == LINK_EVENT_MESSAGE) {
        (void) snprintf (text, sizeof text, "%d", count);
        CHECK_INT (event.connection, 1);
        CHECK (event.message.size_bytes == strlen (text) &&
               memcmp (event.message.data, text, strlen (text)) == 0);
        link_message_release (&event.message);
        if (++count <= PAUSES) {
            (void) link_poll_wait (poll, 0); /* that it is closed is heard early */
            (void) link_poll_wait (idle, LINKS_SECOND / 20);
        }
    }
    CHECK_INT (event.kind, LINK_EVENT_LOST);
    CHECK_INT (event.connection, 1);
    CHECK_INT (count, COUNT);
    CHECK_INT (link_router_connection_count (router), 0);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
    link_poll_destroy (&idle);
}

/*  What was received and not yet read survives its sender, at the dealer's side, too. */
static void test_unread_answers (void)
{
    test_process_t peer;
    link_poll_t *poll;
    link_event_t event;
    int count = 0;

    PROCESS_START (&peer, "prog_link_peer", "answers", "500");
    const char *line = test_process_line (&peer, "bound ", LINKS_LINE_MS);
    CHECK_OR_RETURN (line != NULL);
    CHECK_OK (link_poll_new (&poll));
    link_dealer_t *dealer = links_connected (poll, line + strlen ("bound "));
    links_say (dealer, "go");
    CHECK (test_process_line (&peer, "sent", LINKS_LINE_MS) != NULL);
    while (links_dealer_next (poll, dealer, &event) == LINK_EVENT_MESSAGE) {
        link_message_release (&event.message);
        if (++count == 1) { /* the others stay unread until the process is gone */
            test_process_signal (&peer, SIGKILL);
            CHECK (test_process_wait (&peer, LINKS_LINE_MS));
        }
    }
    CHECK_INT (event.kind, LINK_EVENT_LOST);
    CHECK (count > 1); /* how many had left the other process is its libzmq's business */
    link_dealer_destroy (&dealer, 0);
    link_poll_destroy (&poll);
    test_process_fini (&peer);
}

/*  Connections that come and go use the same descriptors; each has its own number and one loss. */
static void test_descriptors_again (void)
{
    enum { ROUNDS = 200 };
    link_poll_t *poll;
    link_event_t event;

    CHECK_OK (link_poll_new (&poll));
    link_router_t *router = links_bound (poll, "tcp://127.0.0.1:0");
    link_dealer_t *steady = links_connected (poll, link_router_endpoint (router, 0));
    links_say (steady, "steady");
    CHECK_INT (links_hear (poll, router, "steady"), 1);
    for (uint64_t i = 2; i < 2 + ROUNDS; i++) {
        link_dealer_t *dealer = links_connected (poll, link_router_endpoint (router, 0));
        links_say (dealer, "here");
        if (i % 2) { /* known before it goes, or only afterwards */
            CHECK_INT (links_hear (poll, router, "here"), i);
            link_dealer_destroy (&dealer, -1);
        } else {
            link_dealer_destroy (&dealer, -1);
            CHECK_INT (links_hear (poll, router, "here"), i);
        }
        CHECK_INT (links_router_next (poll, router, &event), LINK_EVENT_LOST);
        CHECK_INT (event.connection, i);
    }
    CHECK_INT (link_router_connection_count (router), 1);
    links_say (steady, "steady");
    CHECK_INT (links_hear (poll, router, "steady"), 1);
    link_dealer_destroy (&steady, 0);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

/*  Several are gone, their descriptors in use again, before anything is read. */
static void test_descriptors_crossed (void)
{
    enum { COUNT = 20 };
    link_poll_t *poll;
    link_event_t event;
    char text[32];
    bool lost[2 * COUNT + 1] = { false };

    CHECK_OK (link_poll_new (&poll));
    link_router_t *router = links_bound (poll, "ipc://*");
    for (int i = 0; i < COUNT; i++) {
        link_dealer_t *dealer = links_connected (poll, link_router_endpoint (router, 0));
        (void) snprintf (text, sizeof text, "dead %d", i);
        links_say (dealer, text);
        link_dealer_destroy (&dealer, -1);
    }
    link_dealer_t *living[COUNT];
    for (int i = 0; i < COUNT; i++) {
        living[i] = links_connected (poll, link_router_endpoint (router, 0));
        links_say (living[i], "alive");
    }
    int messages = 0, losses = 0;
    while ((messages < 2 * COUNT || losses < COUNT) &&
           links_router_next (poll, router, &event) != LINK_EVENT_NONE) {
        CHECK_OR_RETURN (event.connection > 0 && event.connection <= 2 * COUNT);
        CHECK (!lost[event.connection]);
        lost[event.connection] = event.kind == LINK_EVENT_LOST;
        losses += event.kind == LINK_EVENT_LOST;
        messages += event.kind == LINK_EVENT_MESSAGE;
        link_message_release (&event.message);
    }
    CHECK_INT (messages, 2 * COUNT);
    CHECK_INT (losses, COUNT);
    CHECK_INT (link_router_connection_count (router), COUNT);
    for (int i = 0; i < COUNT; i++)
        link_dealer_destroy (&living[i], 0);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

/*  A dead one and a living one spoke by the same descriptor, and either may be read first: what is
    closed then is the living one's connection. */
static void test_descriptors_shared (void)
{
    enum { PAIRS = 40 };
    link_poll_t *poll;
    link_event_t event;
    link_dealer_t *living[PAIRS];
    int alive = 0, lost = 0;

    CHECK_OK (link_poll_new (&poll));
    link_router_t *router = links_bound (poll, "tcp://127.0.0.1:0");
    for (int i = 0; i < PAIRS; i++) {
        link_dealer_t *dying = links_connected (poll, link_router_endpoint (router, 0));
        links_say (dying, "dead");
        link_dealer_destroy (&dying, -1);
        living[i] = links_connected (poll, link_router_endpoint (router, 0));
        links_say (living[i], "alive");
        while (alive < i && links_router_next (poll, router, &event) == LINK_EVENT_MESSAGE) {
            bool closes = event.message.size_bytes == strlen ("alive");
            alive += closes;
            if (closes)
                link_router_close (router, event.connection);
            link_message_release (&event.message);
        }
    }
    int64_t end_ns = link_clock_ns () + 5 * LINKS_SECOND;
    while (lost < PAIRS && link_clock_ns () < end_ns) {
        link_router_next (router, &event);
        if (event.kind == LINK_EVENT_MESSAGE && event.message.size_bytes == strlen ("alive"))
            link_router_close (router, event.connection);
        link_message_release (&event.message);
        for (int i = 0; i < PAIRS; i++) {
            if (!living[i])
                continue;
            link_dealer_next (living[i], &event);
            lost += event.kind == LINK_EVENT_LOST;
            if (event.kind == LINK_EVENT_LOST)
                link_dealer_destroy (&living[i], 0);
        }
        (void) link_poll_wait (poll, LINKS_SECOND / 100);
    }
    CHECK_INT (lost, PAIRS);
    for (int i = 0; i < PAIRS; i++)
        link_dealer_destroy (&living[i], 0);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

/*  Closing by us ------------------------------------------------------------------------------ */

/*  Until so many connections are left; nothing is heard of those that go. The set ends the wait
   when one is due. */
static void cut_down (link_poll_t *poll, link_router_t *router, size_t left)
{
    link_event_t event;
    int64_t end_ns = link_clock_ns () + 5 * LINKS_SECOND;

    while (link_router_next (router, &event), link_router_connection_count (router) > left) {
        CHECK_INT (event.kind, LINK_EVENT_NONE);
        CHECK_OR_RETURN (link_clock_ns () < end_ns);
        (void) link_poll_wait (poll, 5 * LINKS_SECOND);
    }
}

static void test_close (void)
{
    test_process_t peer;
    link_poll_t *poll;
    link_event_t event;
    bool sent;

    CHECK_OK (link_poll_new (&poll));
    link_router_t *router = links_bound (poll, "tcp://127.0.0.1:0");
    PROCESS_START (&peer, "prog_link_peer", "dealer", link_router_endpoint (router, 0));
    uint64_t victim = links_hear (poll, router, "hello");
    link_dealer_t *dealer = links_connected (poll, link_router_endpoint (router, 0));
    links_say (dealer, "me");
    uint64_t me = links_hear (poll, router, "me");

    CHECK_OK (link_router_send (router, me, "go away", 7, &sent));
    link_router_close (router, me);
    link_router_close (router, victim);
    CHECK_ERR (link_router_send (router, me, "x", 1, &sent), MST_E_CONNECTION_LOST);
    CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_MESSAGE);
    link_message_release (&event.message);
    cut_down (poll, router, 0);
    CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_LOST);
    link_dealer_destroy (&dealer, 0);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
    test_process_fini (&peer);
}

static void test_inproc_ends (void)
{
    link_poll_t *poll;
    link_event_t event;
    bool sent;

    CHECK_OK (link_poll_new (&poll));
    link_router_t *router = links_bound (poll, "inproc://*");
    link_dealer_t *known = links_connected (poll, link_router_endpoint (router, 0));
    link_dealer_t *unknown = links_connected (poll, link_router_endpoint (router, 0));
    link_dealer_t *closed = links_connected (poll, link_router_endpoint (router, 0));
    links_say (known, "one");
    (void) links_hear (poll, router, "one");
    links_say (closed, "two");
    link_router_close (router, links_hear (poll, router, "two"));
    CHECK_INT (links_dealer_next (poll, closed, &event), LINK_EVENT_LOST);
    link_router_destroy (&router, 0);
    CHECK_INT (links_dealer_next (poll, known, &event), LINK_EVENT_LOST);
    CHECK_INT (links_dealer_next (poll, unknown, &event), LINK_EVENT_LOST);
    CHECK_ERR (link_dealer_send (unknown, "x", 1, &sent), MST_E_CONNECTION_LOST);
    link_dealer_destroy (&known, 0);
    link_dealer_destroy (&unknown, 0);
    link_dealer_destroy (&closed, 0);
    link_poll_destroy (&poll);
}

/*  Full --------------------------------------------------------------------------------------- */

static void test_full_peer (void)
{
    enum { BYTES = 100000, MARK = 4 };
    static const uint8_t data[BYTES];
    const char *endpoint = "tcp://127.0.0.1:0";
    test_process_t peer, other;
    link_poll_t *poll;
    link_router_t *router;
    bool sent = true;

    CHECK_OK (link_poll_new (&poll));
    link_router_options_t options = { .endpoints = &endpoint,
                                      .endpoint_count = 1,
                                      .send_mark = MARK };
    CHECK_OK (link_router_new (poll, &options, &router));
    PROCESS_START (&peer, "prog_link_peer", "mute", link_router_endpoint (router, 0));
    uint64_t full = links_hear (poll, router, "hello");
    PROCESS_START (&other, "prog_link_peer", "dealer", link_router_endpoint (router, 0));
    uint64_t reader = links_hear (poll, router, "hello");
    CHECK (test_process_line (&peer, "connected", LINKS_LINE_MS) != NULL);
    test_process_signal (&peer, SIGSTOP); /* its libzmq must not read either */

    int count = 0;
    while (sent && ++count < 10000)
        CHECK_OK (link_router_send (router, full, data, sizeof data, &sent));
    CHECK (!sent);
    CHECK_OK (link_router_send (router, reader, "not you", 7, &sent));
    CHECK (sent);
    CHECK_INT (links_hear (poll, router, "not you"), reader);

    /*  A full one is cut all the same. */
    link_router_close (router, full);
    cut_down (poll, router, 1);
    test_process_fini (&peer);
    test_process_fini (&other);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

/*  A dealer whose peer is full gets its bytes back, hears of room, and nothing is lost. */
static void test_full_dealer (void)
{
    enum { BYTES = 150000, COUNT = 200 };
    const char *endpoint = "inproc://*";
    link_poll_t *poll;
    link_router_t *router;
    link_event_t event;
    base_buffer_t bytes;
    bool sent = true;

    CHECK_OK (link_poll_new (&poll));
    link_router_options_t options = { .endpoints = &endpoint,
                                      .endpoint_count = 1,
                                      .receive_mark = 2 };
    CHECK_OK (link_router_new (poll, &options, &router));
    link_dealer_options_t outgoing = { .endpoint = link_router_endpoint (router, 0),
                                       .send_mark = 2 };
    link_dealer_t *dealer;
    CHECK_OK (link_dealer_new (poll, &outgoing, &dealer));
    CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_CONNECTED);
    base_buffer_init (&bytes);
    int received = 0;
    for (int i = 0; i < COUNT; i++) {
        CHECK_OK (base_buffer_reserve (&bytes, BYTES));
        memset (bytes.data, i, BYTES);
        bytes.size_bytes = BYTES;
        CHECK_OK (link_dealer_send_buffer (dealer, &bytes, &sent));
        while (!sent) {
            CHECK_INT (bytes.size_bytes, BYTES);
            CHECK (bytes.data[BYTES - 1] == (uint8_t) i);
            CHECK_OR_RETURN (links_router_next (poll, router, &event) == LINK_EVENT_MESSAGE);
            CHECK (event.message.data[BYTES - 1] == (uint8_t) received);
            received++;
            link_message_release (&event.message);
            CHECK_OK (link_dealer_send_buffer (dealer, &bytes, &sent));
        }
    }
    while (received < COUNT && links_router_next (poll, router, &event) == LINK_EVENT_MESSAGE) {
        CHECK (event.message.data[0] == (uint8_t) received);
        received++;
        link_message_release (&event.message);
    }
    CHECK_INT (received, COUNT);
    base_buffer_fini (&bytes);
    link_dealer_destroy (&dealer, 0);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

static void test_connections_limit (void)
{
    const char *endpoint = "tcp://127.0.0.1:0";
    link_poll_t *poll;
    link_router_t *router;
    link_event_t event;

    CHECK_OK (link_poll_new (&poll));
    link_router_options_t options = { .endpoints = &endpoint,
                                      .endpoint_count = 1,
                                      .connections_max = 1 };
    CHECK_OK (link_router_new (poll, &options, &router));
    link_dealer_t *first = links_connected (poll, link_router_endpoint (router, 0));
    links_say (first, "first");
    CHECK_INT (links_hear (poll, router, "first"), 1);
    link_dealer_t *second = links_connected (poll, link_router_endpoint (router, 0));
    links_say (second, "second");
    CHECK_INT (links_router_next (poll, router, &event), LINK_EVENT_LOST);
    CHECK_INT (event.connection, 2);
    CHECK_TEXT (event.text, "limits.connections is reached");
    CHECK_INT (links_dealer_next (poll, second, &event), LINK_EVENT_LOST);
    links_say (first, "again");
    CHECK_INT (links_hear (poll, router, "again"), 1);
    link_dealer_destroy (&first, 0);
    link_dealer_destroy (&second, 0);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

static void test_message_limit (void)
{
    enum { BYTES = 5000 };
    static const uint8_t data[BYTES];
    const char *endpoint = "tcp://127.0.0.1:0";
    link_poll_t *poll;
    link_router_t *router;
    link_event_t event;
    bool sent;

    CHECK_OK (link_poll_new (&poll));
    link_router_options_t options = { .endpoints = &endpoint,
                                      .endpoint_count = 1,
                                      .message_max_bytes = 1000 };
    CHECK_OK (link_router_new (poll, &options, &router));
    link_dealer_t *dealer = links_connected (poll, link_router_endpoint (router, 0));
    links_say (dealer, "small");
    CHECK_INT (links_hear (poll, router, "small"), 1);
    CHECK_OK (link_dealer_send (dealer, data, sizeof data, &sent));
    CHECK_INT (links_router_next (poll, router, &event), LINK_EVENT_LOST);
    CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_LOST);
    link_dealer_destroy (&dealer, 0);
    link_router_destroy (&router, 0);
    link_poll_destroy (&poll);
}

static CU_TestInfo link_death_tests[] = {
    { "a killed process, seen by the router", test_killed_at_router },
    { "a killed process, seen by the dealer", test_killed_at_dealer },
    { "last words are read", test_last_words },
    { "a slow reader gets everything", test_slow_reader },
    { "unread answers survive their sender", test_unread_answers },
    { "descriptors used again", test_descriptors_again },
    { "descriptors used again before reading", test_descriptors_crossed },
    { "descriptors that two spoke by", test_descriptors_shared },
    { "a connection closed by us", test_close },
    { "inproc ends on both sides", test_inproc_ends },
    { "a full peer disturbs no other", test_full_peer },
    { "a full dealer gets its bytes back", test_full_dealer },
    { "the limit of connections", test_connections_limit },
    { "the limit of a message", test_message_limit },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "link_death", NULL, NULL, NULL, NULL, link_death_tests })
