/*  MurmurHash3 x64 128 (Austin Appleby, 2011, public domain): fast, in every language's libraries,
    and good enough against accident. It does not resist an adversary, and nothing here needs that:
    the log chain compares runs, it does not sign them. */
#ifndef LOG_HASH_H
#define LOG_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct log_hash {
    uint64_t low;  /* h1 of the published function */
    uint64_t high; /* h2 */
} log_hash_t;

log_hash_t log_hash (const void *data, size_t size_bytes, uint32_t seed);

/*  Sum as one 128-bit number, modulo 2^128: the same whatever the order of what is summed. */
static inline log_hash_t log_hash_sum (log_hash_t a, log_hash_t b)
{
    log_hash_t sum = { a.low + b.low, a.high + b.high };
    sum.high += sum.low < a.low;
    return sum;
}

static inline bool log_hash_is (log_hash_t a, log_hash_t b)
{
    return a.low == b.low && a.high == b.high;
}

#endif
