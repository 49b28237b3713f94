/*  `muster state get`, `put`, `watch` and `status`: one question to a serving process.

    Thread rule: one thread. */
#ifndef TOOLS_STATE_ASK_H
#define TOOLS_STATE_ASK_H

#include <stdbool.h>
#include <stdint.h>
#include <muster/error.h>
#include "tools/state_talk.h"

typedef struct tools_state_ask {
    const char *endpoint;
    tools_state_talk_t talk;
    int64_t connect_timeout_ns;
    uint64_t items_max; /* a watch ends after so many; 0: when it is stopped */
    bool watch;         /* goes on after the answer */
    /*  Each item; false ends it. */
    bool (*item) (void *user, const tools_state_talk_t *item);
    /*  The reply's text, when it is no error; may be NULL. */
    void (*reply) (void *user, log_span_t text);
    void *user;
    const volatile bool *stop; /* set by a signal handler; may be NULL */
} tools_state_ask_t;

/*  Errors: MST_E_NOT_CONNECTED (nobody answers there), MST_E_CONNECTION_LOST, and whatever the
   other side refuses it with. */
mst_err_t tools_state_ask (const tools_state_ask_t *self);

#endif
