/*  Reading a payload change by change; nothing in it is trusted. */
#ifndef STATE_SYNC_PAYLOAD_H
#define STATE_SYNC_PAYLOAD_H

#include "state/sync_bytes.h"
#include "base/buffer.h"

typedef enum payload_op {
    PAYLOAD_REMOVED = 0,
    PAYLOAD_NAMED = 1,     /* name, size: a life begins */
    PAYLOAD_SAME_SIZE = 2, /* a difference */
    PAYLOAD_RESIZED = 3    /* size; a difference */
} payload_op_t;

typedef struct payload_change {
    payload_op_t op;
    const char *name; /* NAMED; not terminated */
    size_t name_bytes;
    size_t size_bytes; /* NAMED, RESIZED */
    int64_t stamp_ns;
} payload_change_t;

typedef struct payload_reader {
    state_cursor_t notes;
    state_cursor_t masks;
    state_cursor_t values;
    int64_t committed_ns;
    uint64_t count;
    uint64_t same_bytes_max; /* values that its differences can be about */
} payload_reader_t;

/*  Errors: MST_E_MALFORMED. */
mst_err_t state_payload_open (payload_reader_t *self, const base_buffer_t *plain,
                              int64_t committed_ns);
/*  False: it does not decode. A delta's slot distance is read by the caller before it. */
bool state_payload_next (payload_reader_t *self, payload_change_t *change);
/*  Was all of it read, and nothing more? */
bool state_payload_done (const payload_reader_t *self);

#endif
