/*  The digest of a result: SHA-256 (FIPS 180-4) over the final state of every comet in row order
    and over all approaches by (step, low, high). Two runs agree to the last bit if their digests
    do.

    Per comet: row (4 bytes), parked (4 bytes, 0 or 1), position and velocity (6 x 8 bytes, IEEE
    754). Per approach: step, low, high (4 bytes each). All little-endian. Before the comets and
    before the approaches stands their number (8 bytes).

    Thread rule: one thread at a time per digest. */
#ifndef COMETS_DIGEST_H
#define COMETS_DIGEST_H

#include <stddef.h>
#include <stdint.h>
#include "samples/comets/approaches.h"
#include "samples/comets/motion.h"

enum { COMETS_SHA256_BYTES = 32, COMETS_DIGEST_TEXT_BYTES = 2 * COMETS_SHA256_BYTES + 1 };

typedef struct comets_sha256 {
    uint32_t state[8];
    uint8_t block[64];
    uint64_t size_bytes; /* so far */
} comets_sha256_t;

void comets_sha256_init (comets_sha256_t *self);
void comets_sha256_add (comets_sha256_t *self, const void *data, size_t size_bytes);
void comets_sha256_end (comets_sha256_t *self, uint8_t hash[COMETS_SHA256_BYTES]);

/*  The digest as hexadecimal text. The bodies must stand in row order and the approaches sorted:
    that they do is asserted. */
void comets_digest (const comets_body_t *bodies, size_t body_count,
                    const comets_approaches_t *approaches, char text[COMETS_DIGEST_TEXT_BYTES]);

#endif
