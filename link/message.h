/*  What comes out of a socket: a message, or news of a connection, in the order that holds for its
    receiver ("lost" comes after the last message).

    Thread rule: a message may move to another thread; it belongs to one at a time. */
#ifndef LINK_MESSAGE_H
#define LINK_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINK_TEXT_SIZE = 256 };

/*  Received bytes, held without a copy. Never copy the struct: a short message's bytes lie within
    it. Zeroed, it is empty, and releasing it does nothing. */
typedef struct link_message {
    const uint8_t *data;
    size_t size_bytes; /* never 0 in a message that was received */
    bool held;
    union {
        uint8_t bytes[64];
        void *aligned;
    } frame; /* libzmq's */
} link_message_t;

/*  Gives the bytes back. Whoever received a message releases it, once; again does nothing. */
void link_message_release (link_message_t *self);

/*  Moves the bytes to an empty message; `from` is empty then. */
void link_message_move (link_message_t *self, link_message_t *from);

typedef enum link_event_kind {
    LINK_EVENT_NONE,      /* nothing is there now */
    LINK_EVENT_MESSAGE,   /* message; release it */
    LINK_EVENT_CONNECTED, /* dealer: the other side answered; sending works from here on */
    LINK_EVENT_FAILED,    /* dealer: no connection came about; text says why. The last event. */
    LINK_EVENT_LOST       /* the connection is closed or its process died; text. Router: the number
                             is never seen again; dealer: the last event. Exactly once. */
} link_event_kind_t;

typedef struct link_event {
    link_event_kind_t kind;
    uint64_t connection; /* router: number of the connection, from 1, never reused */
    link_message_t message;
    char text[LINK_TEXT_SIZE];
} link_event_t;

#endif
