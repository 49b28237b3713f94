/*  Two lanes of 64 bits, mixed block by block; the tail is padded with zeros. */
#include "log/hash.h"
#include "log/bytes.h"
#include "base/check.h"

#define HASH_C1 0x87c37b91114253d5u
#define HASH_C2 0x4cf5ad432745937fu

enum { HASH_BLOCK_BYTES = 16 };

static uint64_t hash_rotate (uint64_t x, unsigned by)
{
    return (x << by) | (x >> (64 - by));
}

static uint64_t hash_mix_low (uint64_t k)
{
    return hash_rotate (k * HASH_C1, 31) * HASH_C2;
}

static uint64_t hash_mix_high (uint64_t k)
{
    return hash_rotate (k * HASH_C2, 33) * HASH_C1;
}

static uint64_t hash_final (uint64_t k)
{
    k = (k ^ (k >> 33)) * 0xff51afd7ed558ccdu;
    k = (k ^ (k >> 33)) * 0xc4ceb9fe1a85ec53u;
    return k ^ (k >> 33);
}

log_hash_t log_hash (const void *data, size_t size_bytes, uint32_t seed)
{
    base_assert (data != NULL || size_bytes == 0);
    const uint8_t *at = data;
    uint64_t low = seed, high = seed;
    size_t left = size_bytes;

    for (; left >= HASH_BLOCK_BYTES; left -= HASH_BLOCK_BYTES, at += HASH_BLOCK_BYTES) {
        low = hash_rotate (low ^ hash_mix_low (log_load_u64 (at)), 27) + high;
        low = low * 5 + 0x52dce729;
        high = hash_rotate (high ^ hash_mix_high (log_load_u64 (at + 8)), 31) + low;
        high = high * 5 + 0x38495ab5;
    }
    base_assert (left < HASH_BLOCK_BYTES);
    uint8_t tail[HASH_BLOCK_BYTES] = { 0 };
    log_put_bytes (tail, at, left);
    high ^= hash_mix_high (log_load_u64 (tail + 8)); /* zeros mix to zero */
    low ^= hash_mix_low (log_load_u64 (tail));
    low ^= size_bytes;
    high ^= size_bytes;
    low += high;
    high += low;
    low = hash_final (low);
    high = hash_final (high);
    low += high;
    high += low;
    return (log_hash_t){ low, high };
}
