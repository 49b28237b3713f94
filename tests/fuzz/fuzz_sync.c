/*  Any bytes as a message: for a follower that has a state, for its source, and as a snapshot. What
   is refused leaves the state as it was; what is taken leaves one whose sum is that of its paths.
   The first byte says to whom it goes; with its high bit set the checksum is mended, so that what
   lies behind it is reached. */
#include "state/sync_own.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "wire/pack.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

enum { FUZZ_SIZE_MAX = 65536 };

static mst_sync_t *fuzz_new (uint64_t origin)
{
    const mst_sync_options_t options = {
        .type = 1, .origin = origin, .paths_max = 1000, .state_bytes_max = 65536, .chunk_bytes = 64
    };
    mst_sync_t *self;
    base_assert (mst_sync_new (&options, &self) == MST_OK);
    return self;
}

static void fuzz_start (mst_sync_t *source, mst_sync_t *follower)
{
    const void *data;
    size_t size_bytes;
    base_assert (mst_sync_set (source, "a", "one", 3) == MST_OK);
    base_assert (mst_sync_set (source, "b", "", 0) == MST_OK);
    base_assert (mst_sync_commit (source, 0, NULL) == MST_OK);
    base_assert (mst_sync_make (source, 0, MST_SYNC_FULL, &data, &size_bytes) == MST_OK);
    base_assert (mst_sync_apply (follower, data, size_bytes, 0) == MST_OK);
    base_assert (mst_sync_edit (follower, "a", "edit", 4, 1) == MST_OK);
}

static void fuzz_sum (const mst_sync_t *self)
{
    uint64_t sum = 0;
    size_t bytes = 0;
    for (size_t i = 0; i < self->table.slots.count; i++) {
        const sync_slot_t *slot = &self->table.slots.items[i];
        if (!slot->value.data)
            continue;
        base_assert (state_table_find (&self->table, slot->name, strlen (slot->name)) == slot);
        sum += state_slot_share (slot);
        bytes += slot->value.size_bytes;
    }
    base_assert (sum == self->table.sum && bytes == self->table.bytes);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes)
{
    uint8_t message[FUZZ_SIZE_MAX];
    const void *answer;
    size_t answer_bytes;
    if (size_bytes < 1 || size_bytes > sizeof message)
        return 0;
    uint8_t to = data[0];
    size_bytes--;
    memcpy (message, data + 1, size_bytes);
    if ((to & 0x80) && size_bytes >= SYNC_HEAD_BYTES) {
        (void) wire_put_be32 (message + 80, (uint32_t) (size_bytes - SYNC_HEAD_BYTES));
        uint32_t crc = base_crc32c (0, message, 84);
        crc = base_crc32c (crc, message + SYNC_HEAD_BYTES, size_bytes - SYNC_HEAD_BYTES);
        (void) wire_put_be32 (message + 84, crc);
    }
    mst_sync_t *source = fuzz_new (5), *follower = fuzz_new (0);
    fuzz_start (source, follower);
    mst_sync_t *asked = to & 1 ? source : follower;
    uint64_t digest = mst_sync_digest (asked);
    mst_err_t err = MST_OK;
    switch (to & 3) {
    case 0:
    case 2: err = mst_sync_apply (follower, message, size_bytes, 0); break;
    case 1: err = mst_sync_take (source, message, size_bytes, NULL); break;
    default: err = mst_sync_answer (source, message, size_bytes, &answer, &answer_bytes); break;
    }
    if (err && err != MST_E_LIMIT)
        base_assert (mst_sync_digest (asked) == digest);
    fuzz_sum (asked);
    if (mst_sync_snapshot_load (source, "s", message, size_bytes) == MST_OK)
        (void) mst_sync_restore (source, "s", 1);
    fuzz_sum (source);
    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
    return 0;
}
