/*  What the processes of `muster state` say to each other: one record a message, always the same
   six items in msgpack: [kind, operation, number, path, value, more]. Pure. */
#ifndef TOOLS_STATE_TALK_H
#define TOOLS_STATE_TALK_H

#include "base/buffer.h"
#include "log/bytes.h"

enum {
    TOOLS_STATE_FORMAT = 1,
    TOOLS_STATE_TALK_BYTES_MAX = 64 * 1024 * 1024 /* one item of a record */
};

typedef enum tools_state_kind {
    TOOLS_STATE_HELLO = 1,  /* operation: format, number: replica */
    TOOLS_STATE_STORE = 2,  /* value: a message of the store; number: its size when it is packed */
    TOOLS_STATE_GET = 3,    /* path; operation 1: all that begin with it */
    TOOLS_STATE_PUT = 4,    /* operation: tools_state_put_t; path, value, number, more: kind */
    TOOLS_STATE_WATCH = 5,  /* path: what begins with it */
    TOOLS_STATE_STATUS = 6, /* the store's counters */
    TOOLS_STATE_ITEM = 7,   /* operation: type; path; value: JSON; more: for people */
    TOOLS_STATE_REPLY = 8   /* the end of an answer; number: error, value: its text, or JSON */
} tools_state_kind_t;

typedef enum tools_state_put {
    TOOLS_STATE_PUT_SET = 1, /* a register that the last write wins */
    TOOLS_STATE_PUT_ADD = 2, /* an element of a set */
    TOOLS_STATE_PUT_REMOVE = 3,
    TOOLS_STATE_PUT_COUNT = 4 /* a counter, by `number` */
} tools_state_put_t;

typedef struct tools_state_talk {
    tools_state_kind_t kind;
    uint64_t operation;
    int64_t number;
    log_span_t path;
    log_span_t value;
    log_span_t more;
} tools_state_talk_t;

/*  Writes it in place of what is in `out`. Errors: MST_E_NO_MEMORY. */
mst_err_t tools_state_talk_write (const tools_state_talk_t *self, base_buffer_t *out);
/*  Spans point into the bytes. Errors: MST_E_MALFORMED. */
mst_err_t tools_state_talk_read (tools_state_talk_t *self, const void *data, size_t size_bytes);

#endif
