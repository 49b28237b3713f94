/*  The few msgpack forms that the hot codecs write, at full width so that sizes are known
   beforehand, and a reader that accepts every width of each (specification: msgpack/spec.md, 2013).
   The writer does not check room: whoever calls it has reserved the bytes. The reader checks
   everything. */
#ifndef WIRE_PACK_H
#define WIRE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*  Writing: each returns the byte behind what it wrote. */

static inline uint8_t *wire_put_be16 (uint8_t *at, uint16_t value)
{
    value = __builtin_bswap16 (value);
    memcpy (at, &value, sizeof value);
    return at + sizeof value;
}

static inline uint8_t *wire_put_be32 (uint8_t *at, uint32_t value)
{
    value = __builtin_bswap32 (value);
    memcpy (at, &value, sizeof value);
    return at + sizeof value;
}

static inline uint8_t *wire_put_be64 (uint8_t *at, uint64_t value)
{
    value = __builtin_bswap64 (value);
    memcpy (at, &value, sizeof value);
    return at + sizeof value;
}

static inline uint8_t *wire_put_nil (uint8_t *at)
{
    *at = 0xc0;
    return at + 1;
}

static inline uint8_t *wire_put_small (uint8_t *at, uint8_t value) /* 0 … 127 */
{
    *at = value & 0x7f;
    return at + 1;
}

static inline uint8_t *wire_put_u32 (uint8_t *at, uint32_t value) /* 5 bytes */
{
    *at = 0xce;
    return wire_put_be32 (at + 1, value);
}

static inline uint8_t *wire_put_u64 (uint8_t *at, uint64_t value) /* 9 bytes */
{
    *at = 0xcf;
    return wire_put_be64 (at + 1, value);
}

static inline uint8_t *wire_put_i64 (uint8_t *at, int64_t value) /* 9 bytes */
{
    *at = 0xd3;
    return wire_put_be64 (at + 1, (uint64_t) value);
}

static inline uint8_t *wire_put_array (uint8_t *at, uint32_t count) /* 1 or 5 bytes */
{
    if (count < 16) {
        *at = (uint8_t) (0x90u | count);
        return at + 1;
    }
    *at = 0xdd;
    return wire_put_be32 (at + 1, count);
}

static inline uint8_t *wire_put_array32 (uint8_t *at, uint32_t count) /* always 5 bytes */
{
    *at = 0xdd;
    return wire_put_be32 (at + 1, count);
}

static inline uint8_t *wire_put_bytes (uint8_t *at, const void *data, uint32_t size_bytes)
{
    if (size_bytes < 256) {
        at[0] = 0xc4;
        at[1] = (uint8_t) size_bytes;
        at += 2;
    } else {
        at[0] = 0xc6;
        at = wire_put_be32 (at + 1, size_bytes);
    }
    if (size_bytes > 0)
        memcpy (at, data, size_bytes);
    return at + size_bytes;
}

enum { WIRE_BYTES_HEAD_MAX = 5 };

/*  Reading: a cursor over untrusted bytes. A failed read sets `bad` and gives zero; look at `bad`
    once at the end. */

typedef struct wire_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
} wire_reader_t;

static inline void wire_reader_init (wire_reader_t *self, const void *data, size_t size_bytes)
{
    self->at = data;
    self->end = self->at + size_bytes;
    self->bad = false;
}

static inline bool wire_reader_done (const wire_reader_t *self)
{
    return !self->bad && self->at == self->end;
}

static inline uint64_t wire_reader_fail (wire_reader_t *self)
{
    self->bad = true;
    self->at = self->end;
    return 0;
}

static inline uint64_t wire_take_be (wire_reader_t *self, size_t width)
{
    if ((size_t) (self->end - self->at) < width)
        return wire_reader_fail (self);
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = (value << 8) | self->at[i];
    self->at += width;
    return value;
}

/*  The slow paths stand in pack.c: any legal width. */
uint64_t wire_take_unsigned_any (wire_reader_t *self);
int64_t wire_take_signed_any (wire_reader_t *self);

static inline uint64_t wire_take_u64 (wire_reader_t *self)
{
    if (self->end - self->at >= 9 && *self->at == 0xcf) {
        uint64_t value;
        memcpy (&value, self->at + 1, sizeof value);
        self->at += 9;
        return __builtin_bswap64 (value);
    }
    return wire_take_unsigned_any (self);
}

static inline int64_t wire_take_i64 (wire_reader_t *self)
{
    if (self->end - self->at >= 9 && *self->at == 0xd3) {
        uint64_t value;
        memcpy (&value, self->at + 1, sizeof value);
        self->at += 9;
        return (int64_t) __builtin_bswap64 (value);
    }
    return wire_take_signed_any (self);
}

static inline uint32_t wire_take_u32 (wire_reader_t *self)
{
    uint64_t value = wire_take_u64 (self);
    return value > UINT32_MAX ? (uint32_t) wire_reader_fail (self) : (uint32_t) value;
}

static inline bool wire_take_nil (wire_reader_t *self) /* true and consumed, or false and not */
{
    if (self->at < self->end && *self->at == 0xc0) {
        self->at++;
        return true;
    }
    return false;
}

/*  The element count of an array, at most `max` and never more than the bytes that are left. */
uint32_t wire_take_array (wire_reader_t *self, uint32_t max);

/*  Bytes (bin) or text (str), at most `max`: a view into the input. */
const uint8_t *wire_take_bytes (wire_reader_t *self, uint32_t max, uint32_t *size_bytes);

#endif
