/*  One recorded message: what a federate sent, as the body of an MCAP message. docs/recording.md
   has the layout. The class is the channel's; attributes and parameters are numbered as in its
   schema. */
#ifndef LOG_MESSAGE_H
#define LOG_MESSAGE_H

#include "base/buffer.h"
#include "log/bytes.h"
#include "log/limits.h"
#include <muster/error.h>

typedef enum log_kind {
    LOG_KIND_UPDATE = 1,      /* attribute values of an object instance */
    LOG_KIND_INTERACTION = 2, /* parameter values of an interaction */
    LOG_KIND_REGISTER = 3,    /* an object instance came to be */
    LOG_KIND_DELETE = 4,      /* and went */
    LOG_KIND_RETRACT = 5,     /* the message of this sender and sequence is taken back */
    LOG_KIND_MAX = LOG_KIND_RETRACT
} log_kind_t;

typedef enum log_order { LOG_ORDER_RECEIVE = 0, LOG_ORDER_TIME_STAMP = 1 } log_order_t;

typedef struct log_value {
    uint32_t index; /* of the attribute or parameter, in the order of the channel's schema */
    log_span_t bytes;
} log_value_t;

typedef struct log_message {
    log_kind_t kind;
    log_order_t order;
    bool has_time;             /* always with LOG_ORDER_TIME_STAMP */
    int64_t time;              /* logical time, or its key */
    uint64_t sequence;         /* in the sender's stream */
    log_span_t sender;         /* the federate's name */
    log_span_t object;         /* the object instance's name; empty for an interaction */
    const log_value_t *values; /* by rising index */
    uint32_t value_count;
    log_span_t tag;
} log_message_t;

/*  Sorts by index, so that equal messages have equal bytes. */
void log_message_sort (log_value_t *values, uint32_t count);

/*  Appends the body to `out`, which on an error stays as it was. Allocates only when `out` has to
    grow. Errors: MST_E_INVALID_ARGUMENT (values not by rising index, time-stamp order without a
    time), MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t log_message_encode (base_buffer_t *out, const log_message_t *message);

/*  A decoded message; everything in it points into the bytes it came from. */
typedef struct log_decoded {
    log_message_t message;
    log_value_t values[LOG_VALUES_MAX];
} log_decoded_t;

/*  Errors: MST_E_MALFORMED, MST_E_LIMIT. */
mst_err_t log_message_decode (log_decoded_t *out, const void *data, size_t size_bytes);

/*  The order that every run shares: time, then the sender's name, then its sequence. Without a time
    is before every time. */
int log_message_compare (const log_message_t *a, const log_message_t *b);

#endif
