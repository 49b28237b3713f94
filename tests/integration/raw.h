/*  Frames by hand, over a real connection to an RTI: what a federate's library does not do. Every
   wait has a deadline. */
#ifndef TESTS_RAW_H
#define TESTS_RAW_H

#include "link/dealer.h"
#include "wire/services.h"

enum { RAW_TEXT_SIZE = 4096 };

typedef struct raw {
    link_poll_t *poll;
    link_dealer_t *dealer;
    uint64_t sequence;
    uint32_t incarnation;
    mst_err_t error;          /* of the last reply */
    char text[RAW_TEXT_SIZE]; /* its text; when the connection ended: why */
    base_buffer_t result;     /* its result */
} raw_t;

/*  A failure to connect ends the test program. */
void raw_connect (raw_t *self, const char *endpoint);
void raw_close (raw_t *self);

/*  Writes one control frame into `out`. */
void raw_frame (raw_t *self, uint16_t kind, const void *args, bool reply_wanted,
                base_buffer_t *out);
void raw_send (raw_t *self, const void *data, size_t size_bytes);

/*  Waits for the next reply, whatever else comes. False: the connection ended, or nothing came
   within five seconds. */
bool raw_reply (raw_t *self);
/*  Sends, and waits for the reply. */
bool raw_ask (raw_t *self, uint16_t kind, const void *args);

/*  Waits until the RTI closes the connection. */
bool raw_lost (raw_t *self);

/*  Asks for the status of all federation executions: its text, in self->result. */
const char *raw_status (raw_t *self);

/*  Creates "world" if it does not exist, and joins it as this process. */
bool raw_join (raw_t *self, const char *name);

#endif
