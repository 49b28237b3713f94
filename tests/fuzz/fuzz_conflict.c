/*  Any bytes as a claim, and as a set of claims. The first byte with its high bit set mends the
   checksum, so that what lies behind it is reached. What is taken encodes to a set that another
   arbiter takes, with the same outcomes. */
#include "state/conflict_own.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "wire/pack.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

enum { FUZZ_SIZE_MAX = 4096 };

static void fuzz_there_and_back (mst_arbiter_t *self)
{
    mst_bytes_t bytes = { 0 };
    mst_arbiter_t *other;
    uint64_t digest, again;
    base_assert (mst_arbiter_new (0, &other) == MST_OK);
    base_assert (mst_arbiter_encode (self, &bytes) == MST_OK);
    base_assert (mst_arbiter_merge (other, bytes.data, bytes.size_bytes, 0) == MST_OK);
    base_assert (mst_arbiter_digest (self, &digest) == MST_OK);
    base_assert (mst_arbiter_digest (other, &again) == MST_OK);
    base_assert (digest == again);
    mst_bytes_free (&bytes);
    mst_arbiter_destroy (&other);
}

/*  Claims to meet: a slot and a region of node 1. */
static void fuzz_start (mst_arbiter_t *self)
{
    mst_claim_t slot = { .kind = MST_CLAIM_SLOT, .subject = "s", .stamp = 65536 };
    mst_claim_t region = { .kind = MST_CLAIM_REGION, .subject = "m", .high = { 1, 1, 1 } };
    base_assert (mst_arbiter_claim (self, &slot, NULL) == MST_OK);
    base_assert (mst_arbiter_claim (self, &region, NULL) == MST_OK);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes)
{
    uint8_t record[FUZZ_SIZE_MAX];
    char text[MST_CLAIM_EXPLANATION_SIZE];
    mst_arbiter_t *self;
    if (size_bytes < 1 || size_bytes > sizeof record)
        return 0;
    uint8_t how = data[0];
    size_bytes--;
    memcpy (record, data + 1, size_bytes);
    if ((how & 0x80) && size_bytes >= 6)
        (void) wire_put_be32 (record + size_bytes - 4, base_crc32c (0, record, size_bytes - 4));
    base_assert (mst_arbiter_new (1, &self) == MST_OK);
    fuzz_start (self);
    (void) mst_arbiter_take (self, record, size_bytes, how & 1 ? UINT64_C (1) << 40 : 0);
    (void) mst_arbiter_merge (self, record, size_bytes, 0);
    BASE_LIST_EACH (&self->claims, i) {
        const mst_claim_t claim = self->claims.items[i].claim;
        base_assert (mst_arbiter_explain (self, claim.node, claim.number, NULL, NULL, text,
                                          sizeof text) == MST_OK);
    }
    fuzz_there_and_back (self);
    mst_arbiter_destroy (&self);
    return 0;
}
