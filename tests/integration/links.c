#include "tests/integration/links.h"
#include "link/clock.h"
#include "tests/support/check.h"

#include <string.h>

link_event_kind_t links_router_next (link_poll_t *poll, link_router_t *router, link_event_t *event)
{
    int64_t end_ns = link_clock_ns () + 5 * LINKS_SECOND;
    do {
        link_router_next (router, event);
        if (event->kind != LINK_EVENT_NONE)
            return event->kind;
        (void) link_poll_wait (poll, LINKS_SECOND / 10);
    } while (link_clock_ns () < end_ns);
    return LINK_EVENT_NONE;
}

link_event_kind_t links_dealer_next (link_poll_t *poll, link_dealer_t *dealer, link_event_t *event)
{
    int64_t end_ns = link_clock_ns () + 5 * LINKS_SECOND;
    do {
        link_dealer_next (dealer, event);
        if (event->kind != LINK_EVENT_NONE)
            return event->kind;
        (void) link_poll_wait (poll, LINKS_SECOND / 10);
    } while (link_clock_ns () < end_ns);
    return LINK_EVENT_NONE;
}

link_router_t *links_bound (link_poll_t *poll, const char *endpoint)
{
    link_router_options_t options = { .endpoints = &endpoint, .endpoint_count = 1 };
    link_router_t *router = NULL;
    CHECK_OK (link_router_new (poll, &options, &router));
    return router;
}

link_dealer_t *links_connected (link_poll_t *poll, const char *endpoint)
{
    link_dealer_options_t options = { .endpoint = endpoint, .connect_timeout_ms = 5000 };
    link_dealer_t *dealer = NULL;
    link_event_t event;
    CHECK_OK (link_dealer_new (poll, &options, &dealer));
    if (dealer)
        CHECK_INT (links_dealer_next (poll, dealer, &event), LINK_EVENT_CONNECTED);
    return dealer;
}

void links_say (link_dealer_t *dealer, const char *text)
{
    bool sent;
    CHECK_OK (link_dealer_send (dealer, text, strlen (text), &sent));
    CHECK (sent);
}

uint64_t links_hear (link_poll_t *poll, link_router_t *router, const char *text)
{
    link_event_t event;
    CHECK_INT (links_router_next (poll, router, &event), LINK_EVENT_MESSAGE);
    CHECK_INT (event.message.size_bytes, strlen (text));
    if (event.message.size_bytes == strlen (text))
        CHECK_BYTES (event.message.data, text, strlen (text));
    link_message_release (&event.message);
    return event.connection;
}
