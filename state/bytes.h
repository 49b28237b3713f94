/*  Little-endian numbers in bytes, and a cursor over bytes that nobody vouches for. A writer has
    reserved its room; the reader checks everything: a failed read sets `bad` and gives zero. */
#ifndef STATE_BYTES_H
#define STATE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <muster/crdt.h>
#include "base/little.h"

static inline uint8_t *state_put (uint8_t *at, const void *data, size_t size_bytes)
{
    if (size_bytes > 0)
        memcpy (at, data, size_bytes);
    return at + size_bytes;
}

/*  Up to 16 bytes, most of the time 8: without a call. The regions of both do not overlap. */
static inline bool state_same (const void *a, const void *b, size_t size_bytes)
{
    if (size_bytes == 8)
        return memcmp (a, b, 8) == 0;
    return size_bytes == 0 || memcmp (a, b, size_bytes) == 0;
}

static inline void state_copy (void *to, const void *from, size_t size_bytes)
{
    if (size_bytes == 8)
        memcpy (to, from, 8);
    else if (size_bytes > 0)
        memcpy (to, from, size_bytes);
}

/*  Room for `more` bytes behind what stands, doubling; *at is where they go, and they count once
    written. Errors: MST_E_NO_MEMORY, MST_E_LIMIT (4 GiB). */
mst_err_t state_bytes_room (mst_bytes_t *bytes, size_t more, uint8_t **at);
mst_err_t state_bytes_put (mst_bytes_t *bytes, const void *data, size_t size_bytes);

static inline void state_bytes_end (mst_bytes_t *bytes, const uint8_t *at)
{
    bytes->size_bytes = (size_t) (at - bytes->data);
}

typedef struct state_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
} state_reader_t;

static inline state_reader_t state_reader (const void *data, size_t size_bytes)
{
    const uint8_t *at = data;
    return (state_reader_t){ .at = at, .end = at + size_bytes, .bad = false };
}

static inline size_t state_reader_left (const state_reader_t *self)
{
    return (size_t) (self->end - self->at);
}

/*  The next bytes, or NULL. */
static inline const uint8_t *state_take (state_reader_t *self, size_t size_bytes)
{
    if (size_bytes > state_reader_left (self)) {
        self->bad = true;
        self->at = self->end;
        return NULL;
    }
    const uint8_t *at = self->at;
    self->at += size_bytes;
    return at;
}

static inline uint8_t state_take8 (state_reader_t *self)
{
    const uint8_t *at = state_take (self, 1);
    return at ? *at : 0;
}

static inline uint32_t state_take32 (state_reader_t *self)
{
    const uint8_t *at = state_take (self, 4);
    return at ? base_little_get32 (at) : 0;
}

static inline uint64_t state_take64 (state_reader_t *self)
{
    const uint8_t *at = state_take (self, 8);
    return at ? base_little_get64 (at) : 0;
}

/*  A count of things that take at least `each` bytes: more than fit into what is left is bad. */
static inline uint32_t state_take_count (state_reader_t *self, size_t each)
{
    uint32_t count = state_take32 (self);
    if (count > state_reader_left (self) / each) {
        self->bad = true;
        self->at = self->end;
        return 0;
    }
    return count;
}

#endif
