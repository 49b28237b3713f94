/*  The bytes of a synchroniser's payloads: numbers of 7 bits a byte, lowest first (LEB128), and the
    exclusive-or that makes two neighbouring versions of a value mostly zeros. Writing goes to room
    that the caller has made; reading trusts nothing. */
#ifndef STATE_SYNC_BYTES_H
#define STATE_SYNC_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { STATE_VARINT_MAX = 10 };

static inline uint8_t *state_put_varint (uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t) (value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t) value;
    return at;
}

static inline uint64_t state_zigzag (int64_t value)
{
    return ((uint64_t) value << 1) ^ (uint64_t) (value >> 63);
}

static inline int64_t state_unzigzag (uint64_t value)
{
    return (int64_t) (value >> 1) ^ -(int64_t) (value & 1);
}

/*  A cursor over untrusted bytes; a failed read sets `bad` and gives zero. */
typedef struct state_cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
} state_cursor_t;

static inline uint64_t state_cursor_fail (state_cursor_t *self)
{
    self->bad = true;
    self->at = self->end;
    return 0;
}

static inline uint64_t state_take_varint (state_cursor_t *self)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (self->at == self->end)
            return state_cursor_fail (self);
        uint8_t byte = *self->at++;
        if (shift == 63 && byte > 1)
            return state_cursor_fail (self);
        value |= (uint64_t) (byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    return state_cursor_fail (self);
}

/*  A view into the input; NULL when so many are not left. */
static inline const uint8_t *state_take_bytes (state_cursor_t *self, uint64_t size_bytes)
{
    if (self->bad || size_bytes > (uint64_t) (self->end - self->at)) {
        state_cursor_fail (self);
        return NULL;
    }
    const uint8_t *bytes = self->at;
    self->at += size_bytes;
    return bytes;
}

/*  out = a XOR b, eight bytes at a time. out may be a or b. */
static inline void state_xor (uint8_t *out, const uint8_t *a, const uint8_t *b, size_t size_bytes)
{
    size_t i = 0;
    for (; i + 8 <= size_bytes; i += 8) {
        uint64_t left, right;
        memcpy (&left, a + i, sizeof left);
        memcpy (&right, b + i, sizeof right);
        left ^= right;
        memcpy (out + i, &left, sizeof left);
    }
    for (; i < size_bytes; i++)
        out[i] = a[i] ^ b[i];
}

#endif
