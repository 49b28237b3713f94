/*  The one hash of replicated state: the same on every machine, because deltas name items by it and
    Merkle trees are sums of it. Folding a 64 x 64 multiplication is Wang Yi's idea (wyhash, 2019);
    constants and reading are our own. Not for secrets. */
#ifndef STATE_HASH_H
#define STATE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include "state/bytes.h"

#define STATE_HASH_A 0xa0b428db5f1c3d47u
#define STATE_HASH_B 0xc2d64de1f9a36b95u

static inline uint64_t state_hash_mix (uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide_t;
    wide_t product = (wide_t) (a ^ STATE_HASH_A) * (b ^ STATE_HASH_B);
    return (uint64_t) product ^ (uint64_t) (product >> 64);
}

/*  The last 1 … 16 bytes as two words. */
static inline uint64_t state_hash_tail (uint64_t seed, const uint8_t *at, size_t size_bytes)
{
    uint64_t a = 0, b = 0;
    if (size_bytes >= 8) {
        a = base_little_get64 (at);
        b = base_little_get64 (at + size_bytes - 8);
    } else if (size_bytes >= 4) {
        a = base_little_get32 (at);
        b = base_little_get32 (at + size_bytes - 4);
    } else if (size_bytes > 0) {
        a = (uint64_t) at[0] << 16 | (uint64_t) at[size_bytes / 2] << 8 | at[size_bytes - 1];
    }
    return state_hash_mix (seed ^ a, b ^ ((uint64_t) size_bytes << 56));
}

static inline uint64_t state_hash (uint64_t seed, const void *data, size_t size_bytes)
{
    const uint8_t *at = data;
    size_t left = size_bytes;
    if (size_bytes == 8) { /* most of the time: as below, in one go */
        uint64_t word = base_little_get64 (at);
        return state_hash_mix (seed ^ word, word ^ (uint64_t) 8 << 56);
    }
    for (; left > 16; left -= 16, at += 16)
        seed =
            state_hash_mix (seed ^ base_little_get64 (at), base_little_get64 (at + 8) ^ size_bytes);
    return state_hash_tail (seed, at, left);
}

#endif
