/*  Little-endian numbers, and a cursor that walks over bytes it does not trust: reading past the
   end gives zeros and marks the cursor bad, so that a parser reads all its fields and asks once. */
#ifndef LOG_BYTES_H
#define LOG_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/little.h"

/*  Bytes or text that live elsewhere; not zero-terminated. */
typedef struct log_span {
    const char *data;
    size_t size_bytes;
} log_span_t;

static inline log_span_t log_span (const void *data, size_t size_bytes)
{
    return (log_span_t){ data, size_bytes };
}

/*  NULL is the empty text. */
static inline log_span_t log_text (const char *text)
{
    return (log_span_t){ text ? text : "", text ? strlen (text) : 0 };
}

static inline bool log_span_is (log_span_t span, log_span_t other)
{
    return span.size_bytes == other.size_bytes &&
           (span.size_bytes == 0 || memcmp (span.data, other.data, span.size_bytes) == 0);
}

/*  Order of the bytes, the shorter first when one begins the other. */
static inline int log_span_compare (log_span_t a, log_span_t b)
{
    size_t common = a.size_bytes < b.size_bytes ? a.size_bytes : b.size_bytes;
    int order = common ? memcmp (a.data, b.data, common) : 0;
    if (order != 0)
        return order;
    return a.size_bytes < b.size_bytes ? -1 : a.size_bytes > b.size_bytes;
}

static inline uint8_t *log_put_u8 (uint8_t *at, uint8_t value)
{
    *at = value;
    return at + 1;
}

static inline uint8_t *log_put_u16 (uint8_t *at, uint16_t value)
{
    return base_little_put16 (at, value);
}

static inline uint8_t *log_put_u32 (uint8_t *at, uint32_t value)
{
    return base_little_put32 (at, value);
}

static inline uint8_t *log_put_u64 (uint8_t *at, uint64_t value)
{
    return base_little_put64 (at, value);
}

static inline uint16_t log_load_u16 (const uint8_t *at)
{
    return base_little_get16 (at);
}

static inline uint32_t log_load_u32 (const uint8_t *at)
{
    return base_little_get32 (at);
}

static inline uint64_t log_load_u64 (const uint8_t *at)
{
    return base_little_get64 (at);
}

static inline uint8_t *log_put_bytes (uint8_t *at, const void *data, size_t size_bytes)
{
    if (size_bytes > 0)
        memcpy (at, data, size_bytes);
    return at + size_bytes;
}

/*  A string of the format: 32-bit length, then the bytes. */
static inline uint8_t *log_put_text (uint8_t *at, log_span_t text)
{
    at = log_put_u32 (at, (uint32_t) text.size_bytes);
    return log_put_bytes (at, text.data, text.size_bytes);
}

typedef struct log_cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool bad; /* something was asked for that is not there */
} log_cursor_t;

static inline log_cursor_t log_cursor (const void *data, size_t size_bytes)
{
    const uint8_t *at = data;
    return (log_cursor_t){ at, at ? at + size_bytes : at, false };
}

static inline size_t log_cursor_left (const log_cursor_t *self)
{
    return (size_t) (self->end - self->at);
}

/*  The next bytes, or NULL with the cursor bad and at its end. */
static inline const uint8_t *log_get_bytes (log_cursor_t *self, uint64_t size_bytes)
{
    if (size_bytes > log_cursor_left (self)) {
        self->bad = true;
        self->at = self->end;
        return NULL;
    }
    const uint8_t *at = self->at;
    self->at += size_bytes;
    return at;
}

static inline uint8_t log_get_u8 (log_cursor_t *self)
{
    const uint8_t *at = log_get_bytes (self, 1);
    return at ? *at : 0;
}

static inline uint16_t log_get_u16 (log_cursor_t *self)
{
    const uint8_t *at = log_get_bytes (self, 2);
    return at ? log_load_u16 (at) : 0;
}

static inline uint32_t log_get_u32 (log_cursor_t *self)
{
    const uint8_t *at = log_get_bytes (self, 4);
    return at ? log_load_u32 (at) : 0;
}

static inline uint64_t log_get_u64 (log_cursor_t *self)
{
    const uint8_t *at = log_get_bytes (self, 8);
    return at ? log_load_u64 (at) : 0;
}

static inline log_span_t log_get_text (log_cursor_t *self)
{
    uint32_t size_bytes = log_get_u32 (self);
    const uint8_t *at = log_get_bytes (self, size_bytes);
    return at ? log_span (at, size_bytes) : log_span ("", 0);
}

#endif
