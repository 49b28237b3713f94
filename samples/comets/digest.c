/*  Numbers are written byte by byte, so that the digest is that of their values on any machine. */
#include "samples/comets/digest.h"
#include "samples/comets/check.h"

#include <stdio.h>
#include <string.h>

enum { SHA256_BLOCK_BYTES = 64, SHA256_LENGTH_BYTES = 8, SHA256_ROUNDS = 64 };

/*  The fractions of the cube roots of the first 64 primes. */
static const uint32_t SHA256_K[SHA256_ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static uint32_t sha256_rotate (uint32_t word, int bits)
{
    return word >> bits | word << (32 - bits);
}

/*  The message schedule: 16 words of the block, and 48 made of them. */
static void sha256_expand (const uint8_t block[SHA256_BLOCK_BYTES], uint32_t w[SHA256_ROUNDS])
{
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t) block[4 * i] << 24 | (uint32_t) block[4 * i + 1] << 16 |
               (uint32_t) block[4 * i + 2] << 8 | (uint32_t) block[4 * i + 3];
    for (int i = 16; i < SHA256_ROUNDS; i++) {
        uint32_t a = w[i - 15];
        uint32_t b = w[i - 2];
        w[i] = w[i - 16] + (sha256_rotate (a, 7) ^ sha256_rotate (a, 18) ^ a >> 3) + w[i - 7] +
               (sha256_rotate (b, 17) ^ sha256_rotate (b, 19) ^ b >> 10);
    }
}

/*  s[0 … 7] are the standard's a … h; each round moves them down by one. */
static void sha256_compress (uint32_t state[8], const uint8_t block[SHA256_BLOCK_BYTES])
{
    uint32_t w[SHA256_ROUNDS];
    uint32_t s[8];
    sha256_expand (block, w);
    memcpy (s, state, sizeof s);
    for (int i = 0; i < SHA256_ROUNDS; i++) {
        uint32_t sum1 =
            sha256_rotate (s[4], 6) ^ sha256_rotate (s[4], 11) ^ sha256_rotate (s[4], 25);
        uint32_t sum0 =
            sha256_rotate (s[0], 2) ^ sha256_rotate (s[0], 13) ^ sha256_rotate (s[0], 22);
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        uint32_t t1 = s[7] + sum1 + choice + SHA256_K[i] + w[i];
        memmove (s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + sum0 + majority;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

void comets_sha256_init (comets_sha256_t *self)
{
    /*  The fractions of the square roots of the first eight primes. */
    static const uint32_t roots[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    comets_assert (self != NULL);
    *self = (comets_sha256_t){ 0 };
    memcpy (self->state, roots, sizeof self->state);
}

void comets_sha256_add (comets_sha256_t *self, const void *data, size_t size_bytes)
{
    const uint8_t *bytes = data;
    comets_assert (self != NULL && (data != NULL || size_bytes == 0));
    while (size_bytes > 0) {
        size_t used = self->size_bytes % SHA256_BLOCK_BYTES;
        size_t part =
            SHA256_BLOCK_BYTES - used < size_bytes ? SHA256_BLOCK_BYTES - used : size_bytes;
        memcpy (self->block + used, bytes, part);
        self->size_bytes += part;
        bytes += part;
        size_bytes -= part;
        if (self->size_bytes % SHA256_BLOCK_BYTES == 0)
            sha256_compress (self->state, self->block);
    }
}

void comets_sha256_end (comets_sha256_t *self, uint8_t hash[COMETS_SHA256_BYTES])
{
    static const uint8_t stop = 0x80;
    static const uint8_t zero = 0;
    uint8_t length[SHA256_LENGTH_BYTES];
    comets_assert (self != NULL);
    comets_assert (hash != NULL);
    for (int i = 0; i < SHA256_LENGTH_BYTES; i++)
        length[i] = (uint8_t) (self->size_bytes * 8 >> (56 - 8 * i));
    comets_sha256_add (self, &stop, 1);
    /*  The length below was taken before this padding is counted into it. */
    while (self->size_bytes % SHA256_BLOCK_BYTES != SHA256_BLOCK_BYTES - SHA256_LENGTH_BYTES)
        comets_sha256_add (self, &zero, 1);
    comets_sha256_add (self, length, sizeof length);
    for (int i = 0; i < COMETS_SHA256_BYTES; i++)
        hash[i] = (uint8_t) (self->state[i / 4] >> (24 - 8 * (i % 4)));
}

/*  The low size_bytes of a number, the least first. */
static void digest_u64 (comets_sha256_t *sha, uint64_t value, size_t size_bytes)
{
    uint8_t bytes[8];
    comets_assert (size_bytes <= sizeof bytes);
    for (size_t i = 0; i < size_bytes; i++)
        bytes[i] = (uint8_t) (value >> (8 * i));
    comets_sha256_add (sha, bytes, size_bytes);
}

static void digest_doubles (comets_sha256_t *sha, const double values[3])
{
    for (int i = 0; i < 3; i++) {
        uint64_t bits;
        _Static_assert(sizeof bits == sizeof *values, "a double has 64 bits");
        memcpy (&bits, &values[i], sizeof bits);
        digest_u64 (sha, bits, sizeof bits);
    }
}

static void digest_bodies (comets_sha256_t *sha, const comets_body_t *bodies, size_t count)
{
    digest_u64 (sha, count, 8);
    for (size_t i = 0; i < count; i++) {
        comets_assert (i == 0 || bodies[i - 1].row < bodies[i].row);
        digest_u64 (sha, bodies[i].row, 4);
        digest_u64 (sha, bodies[i].parked ? 1 : 0, 4);
        digest_doubles (sha, bodies[i].state.position);
        digest_doubles (sha, bodies[i].state.velocity);
    }
}

static void digest_approaches (comets_sha256_t *sha, const comets_approaches_t *list)
{
    digest_u64 (sha, list->count, 8);
    for (size_t i = 0; i < list->count; i++) {
        const comets_approach_t *item = &list->items[i];
        const comets_approach_t *before = i > 0 ? item - 1 : NULL;
        comets_assert (
            !before || before->step < item->step ||
            (before->step == item->step &&
             (before->low < item->low || (before->low == item->low && before->high < item->high))));
        digest_u64 (sha, item->step, 4);
        digest_u64 (sha, item->low, 4);
        digest_u64 (sha, item->high, 4);
    }
}

void comets_digest (const comets_body_t *bodies, size_t body_count,
                    const comets_approaches_t *approaches, char text[COMETS_DIGEST_TEXT_BYTES])
{
    comets_sha256_t sha;
    uint8_t hash[COMETS_SHA256_BYTES];
    comets_assert (bodies != NULL);
    comets_assert (approaches != NULL);
    comets_assert (text != NULL);
    comets_sha256_init (&sha);
    digest_bodies (&sha, bodies, body_count);
    digest_approaches (&sha, approaches);
    comets_sha256_end (&sha, hash);
    for (int i = 0; i < COMETS_SHA256_BYTES; i++)
        snprintf (text + 2 * i, 3, "%02x", hash[i]);
}
