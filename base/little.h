/*  Little-endian numbers in bytes, at any address. A put gives what comes behind. */
#ifndef BASE_LITTLE_H
#define BASE_LITTLE_H

#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BASE_LITTLE(bits, value) __builtin_bswap##bits (value)
#else
#define BASE_LITTLE(bits, value) (value)
#endif

static inline uint16_t base_little_get16 (const void *at)
{
    uint16_t value;
    memcpy (&value, at, sizeof value);
    return BASE_LITTLE (16, value);
}

static inline uint32_t base_little_get32 (const void *at)
{
    uint32_t value;
    memcpy (&value, at, sizeof value);
    return BASE_LITTLE (32, value);
}

static inline uint64_t base_little_get64 (const void *at)
{
    uint64_t value;
    memcpy (&value, at, sizeof value);
    return BASE_LITTLE (64, value);
}

static inline uint8_t *base_little_put16 (uint8_t *at, uint16_t value)
{
    value = BASE_LITTLE (16, value);
    memcpy (at, &value, sizeof value);
    return at + sizeof value;
}

static inline uint8_t *base_little_put32 (uint8_t *at, uint32_t value)
{
    value = BASE_LITTLE (32, value);
    memcpy (at, &value, sizeof value);
    return at + sizeof value;
}

static inline uint8_t *base_little_put64 (uint8_t *at, uint64_t value)
{
    value = BASE_LITTLE (64, value);
    memcpy (at, &value, sizeof value);
    return at + sizeof value;
}

#endif
