/*  Counts what each sender sent, and what of its stream is missing. A stream's sequence rises by
   one a message; messages are recorded in the order of time, not of sequence, so what is missing is
    (last - first + 1) - count. */
#ifndef LOG_TALLY_H
#define LOG_TALLY_H

#include "base/list.h"
#include "base/map.h"
#include "log/bytes.h"

typedef struct log_sender {
    char *name; /* zero-terminated */
    size_t name_bytes;
    uint64_t messages;
    uint64_t first; /* sequences: the smallest and the largest */
    uint64_t last;
} log_sender_t;

typedef struct log_tally {
    BASE_LIST (log_sender_t) senders; /* in the order of their first message */
    base_names_t places;
    size_t latest; /* the sender of the last message */
} log_tally_t;

void log_tally_init (log_tally_t *self);
void log_tally_fini (log_tally_t *self);

/*  The sender of that name, made when there is none; good until the next call.
    Errors: MST_E_NO_MEMORY, MST_E_LIMIT (LOG_SENDERS_MAX). */
mst_err_t log_tally_sender (log_tally_t *self, log_span_t name, log_sender_t **sender);

void log_sender_count (log_sender_t *self, uint64_t sequence);
uint64_t log_sender_missing (const log_sender_t *self);

#endif
