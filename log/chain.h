/*  The log chain: one value per interval of logical time over what was sent in time-stamp order, so
    that two runs of the same set-up can be compared, and their first difference found, without
    comparing every message.

    Each message is hashed by itself: its body (which holds time, sender and sequence), seeded with
    the CRC-32 of its class's name. An interval's sum is the sum of those hashes modulo 2^128, which
    is the same whatever the order of arrival. A value is the hash of (value before, interval,
   count, sum). No wall clock enters, nor does anything that was sent in receive order. */
#ifndef LOG_CHAIN_H
#define LOG_CHAIN_H

#include "base/list.h"
#include "log/record.h"

/*  An interval that may still get messages. */
typedef struct log_interval {
    int64_t interval;
    uint64_t count;
    log_hash_t sum;
    uint64_t log_time_ns; /* the largest of its messages' */
} log_interval_t;

typedef struct log_chain {
    int64_t length; /* of an interval, in logical time */
    int64_t floor;  /* intervals below it are closed */
    uint64_t late;  /* messages since the last link that came for those */
    log_hash_t value;
    BASE_LIST (log_interval_t) open; /* rising */
} log_chain_t;

void log_chain_init (log_chain_t *self, int64_t length); /* length > 0 */
void log_chain_fini (log_chain_t *self);

/*  floor (time / length). */
int64_t log_chain_interval (const log_chain_t *self, int64_t time);

/*  Makes sure that a message of this time can be added: then log_chain_add cannot fail.
    Errors: MST_E_NO_MEMORY, MST_E_LIMIT (too many open intervals). */
mst_err_t log_chain_room (log_chain_t *self, int64_t time);
void log_chain_add (log_chain_t *self, int64_t time, log_hash_t hash, uint64_t log_time_ns);

/*  What a message adds; class_seed is log_chain_seed of its class's name. */
log_hash_t log_chain_hash (uint32_t class_seed, const void *body, size_t size_bytes);
uint32_t log_chain_seed (log_span_t class_name);

/*  Closes the first open interval that lies below interval `end` whole, and fills its link.
    False: there is none. */
bool log_chain_close (log_chain_t *self, int64_t end, log_link_t *link, uint64_t *log_time_ns);

/*  The value that follows `before`. */
log_hash_t log_chain_next (log_hash_t before, const log_link_t *link);

#endif
