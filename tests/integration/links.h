/*  Sockets of link/ in a test: what is expected comes within five seconds, or the test fails. */
#ifndef TESTS_LINKS_H
#define TESTS_LINKS_H

#include "link/dealer.h"
#include "link/router.h"

#define LINKS_SECOND INT64_C (1000000000)

enum { LINKS_LINE_MS = 5000 };

/*  The next event; LINK_EVENT_NONE after five seconds. */
link_event_kind_t links_router_next (link_poll_t *poll, link_router_t *router, link_event_t *event);
link_event_kind_t links_dealer_next (link_poll_t *poll, link_dealer_t *dealer, link_event_t *event);

link_router_t *links_bound (link_poll_t *poll, const char *endpoint);
link_dealer_t *links_connected (link_poll_t *poll, const char *endpoint);

void links_say (link_dealer_t *dealer, const char *text);
/*  Takes one message, which is this text, and returns its connection. */
uint64_t links_hear (link_poll_t *poll, link_router_t *router, const char *text);

#endif
