/*  A zstd frame (RFC 8878) of blocks with literals as they are and sequences by the predefined
    tables. Literals go straight to where they stay; a block that does not become smaller is stored
    as it was. */
#include "log/delta.h"
#include "log/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#define FRAME_MAGIC 0xfd2fb528u

enum {
    FRAME_HEAD_BYTES = 9,
    FRAME_SINGLE = 0xa0, /* one segment, whose size takes four bytes */
    BLOCK_HEAD_BYTES = 3,
    LITERALS_HEAD_BYTES = 3,
    LITERALS_RAW = 0x0c, /* as they are; their number takes 20 bits */
    OFFSET_DISTANCE = 3  /* a distance is written as itself and 3 */
};

typedef enum block_kind { BLOCK_RAW = 0, BLOCK_PACKED = 2 } block_kind_t;

_Static_assert((int) LOG_CHUNK_MAX_BYTES + 3 < (int) LOG_SEQUENCE_OFFSET_MAX,
               "the distance between two records of a chunk can be written");

void log_delta_init (log_delta_t *self)
{
    base_assert (self != NULL);
    *self = (log_delta_t){ 0 };
    log_sequences_init (&self->coder);
}

void log_delta_fini (log_delta_t *self)
{
    base_assert (self != NULL);
    base_free (self->sequences);
    self->sequences = NULL;
}

/*  Blocks ---------------------------------------------------------------------------------------
 */

static void delta_open (log_delta_t *self, uint8_t *at, size_t block)
{
    base_assert (self != NULL);
    base_assert (block >= self->block);
    self->head = at;
    self->literals = at + BLOCK_HEAD_BYTES + LITERALS_HEAD_BYTES;
    self->sequence_count = 0;
    self->block = self->anchor = block;
    memcpy (self->kept, self->offsets, sizeof self->kept);
}

static void delta_put_u24 (uint8_t *at, uint32_t value)
{
    base_assert (value < UINT32_C (1) << 24);
    (void) log_put_u8 (log_put_u16 (at, (uint16_t) value), (uint8_t) (value >> 16));
}

static void delta_literals (log_delta_t *self, size_t end)
{
    base_assert (end >= self->anchor);
    self->literals = log_put_bytes (self->literals, self->plain + self->anchor, end - self->anchor);
    self->anchor = end;
}

/*  Ends the block at `end`; returns the end of its bytes. */
static uint8_t *delta_close (log_delta_t *self, size_t end, bool last)
{
    base_assert (end > self->block);
    base_assert (end - self->block <= LOG_DELTA_BLOCK_BYTES);
    uint32_t plain = (uint32_t) (end - self->block);
    uint8_t *content = self->head + BLOCK_HEAD_BYTES;

    delta_literals (self, end);
    uint32_t literals = (uint32_t) (self->literals - content) - LITERALS_HEAD_BYTES;
    delta_put_u24 (content, literals << 4 | LITERALS_RAW);
    uint8_t *at =
        log_sequences_put (&self->coder, self->literals, self->sequences, self->sequence_count);
    block_kind_t kind = (size_t) (at - content) < plain ? BLOCK_PACKED : BLOCK_RAW;
    if (kind == BLOCK_RAW) { /* the reader will not have seen its offsets */
        memcpy (self->offsets, self->kept, sizeof self->offsets);
        at = log_put_bytes (content, self->plain + self->block, plain);
    }
    delta_put_u24 (self->head,
                   (uint32_t) (at - content) << 3 | (uint32_t) kind << 1 | (last ? 1u : 0u));
    return at;
}

/*  Matches --------------------------------------------------------------------------------------
 */

/*  How the format writes a distance: short when it was one of the last two. Behind no literals the
    last one has no name, because it would be the same match. */
static uint32_t delta_offset (log_delta_t *self, uint32_t distance, bool literals)
{
    base_assert (distance > 0);
    if (literals && distance == self->offsets[0])
        return 1;
    bool second = distance == self->offsets[1];
    self->offsets[1] = self->offsets[0];
    self->offsets[0] = distance;
    if (second)
        return literals ? 2 : 1;
    return distance + OFFSET_DISTANCE;
}

static void delta_match (log_delta_t *self, size_t at, size_t end, uint32_t distance)
{
    base_assert (at >= self->anchor);
    base_assert (end >= at + LOG_DELTA_WORD_BYTES);
    uint32_t literals = (uint32_t) (at - self->anchor), match = (uint32_t) (end - at);
    if (literals == 0 && self->sequence_count > 0 && distance == self->distance)
        self->sequences[self->sequence_count - 1].match += match;
    else {
        base_assert (self->sequence_count < LOG_DELTA_SEQUENCES_MAX);
        delta_literals (self, at);
        self->sequences[self->sequence_count++] =
            (log_sequence_t){ literals, match, delta_offset (self, distance, literals > 0) };
    }
    self->distance = distance;
    self->anchor = end;
}

static size_t delta_match_end (const uint8_t *at, size_t from, size_t to, size_t distance)
{
    base_assert (from <= to);
    for (; from + LOG_DELTA_WORD_BYTES <= to; from += LOG_DELTA_WORD_BYTES) {
        uint64_t differ = log_load_u64 (at + from) ^ log_load_u64 (at + from - distance);
        if (differ)
            return from + (unsigned) __builtin_ctzll (differ) / 8;
    }
    while (from < to && at[from] == at[from - distance])
        from++;
    return from;
}

/*  The bytes from `from` to `to`, each beside the one `distance` before it. */
static void delta_compare (log_delta_t *self, size_t from, size_t to, size_t distance)
{
    base_assert (distance > 0);
    base_assert (distance <= from);
    const uint8_t *plain = self->plain;
    while (from + LOG_DELTA_WORD_BYTES <= to) {
        uint64_t differ = log_load_u64 (plain + from) ^ log_load_u64 (plain + from - distance);
        if (differ) {         /* behind the last byte that differs a match may begin */
            if (differ >> 56) /* nearly always so in noise: a step known in advance is quicker */
                from += LOG_DELTA_WORD_BYTES;
            else
                from += LOG_DELTA_WORD_BYTES - (unsigned) __builtin_clzll (differ) / 8;
            continue;
        }
        size_t end = delta_match_end (plain, from + LOG_DELTA_WORD_BYTES, to, distance);
        delta_match (self, from, end, (uint32_t) distance);
        from = end;
    }
}

/*  One record, over as many blocks as it takes. `end`: of the chunk. */
static void delta_record (log_delta_t *self, size_t from, size_t to, size_t distance, size_t end)
{
    base_assert (from >= self->block);
    base_assert (to <= end);
    while (from < to) {
        size_t full = self->block + LOG_DELTA_BLOCK_BYTES, part = to < full ? to : full;
        if (distance > 0)
            delta_compare (self, from, part, distance);
        from = part;
        if (from == full && from < end)
            delta_open (self, delta_close (self, from, false), from);
    }
}

static mst_err_t delta_room (log_delta_t *self, base_buffer_t *out, size_t plain_bytes)
{
    base_assert (self != NULL);
    /*  Eight bytes of a chunk take at most a sequence, and a byte that is none itself. */
    size_t most = plain_bytes / LOG_DELTA_WORD_BYTES * LOG_SEQUENCE_BYTES + plain_bytes % 8;
    size_t blocks = plain_bytes / LOG_DELTA_BLOCK_BYTES + 1;
    most += FRAME_HEAD_BYTES +
            blocks * (BLOCK_HEAD_BYTES + LITERALS_HEAD_BYTES + LOG_SEQUENCES_HEAD_BYTES);
    if (!self->sequences)
        self->sequences = base_alloc (LOG_DELTA_SEQUENCES_MAX * sizeof *self->sequences);
    if (!self->sequences)
        return base_alloc_error ();
    base_buffer_clear (out);
    return base_buffer_reserve (out, most);
}

mst_err_t log_delta_pack (log_delta_t *self, base_buffer_t *out, log_span_t plain,
                          const log_delta_mark_t *marks, size_t count)
{
    base_assert (plain.size_bytes > 0);
    base_assert (plain.size_bytes <= LOG_CHUNK_MAX_BYTES);
    mst_err_t err = delta_room (self, out, plain.size_bytes);
    if (err)
        return err;
    uint8_t *at = log_put_u32 (out->data, FRAME_MAGIC);
    at = log_put_u8 (at, FRAME_SINGLE);
    at = log_put_u32 (at, (uint32_t) plain.size_bytes);
    self->plain = (const uint8_t *) plain.data;
    self->offsets[0] = 1; /* what the format begins with */
    self->offsets[1] = 4;
    self->block = 0;
    delta_open (self, at, 0);
    size_t from = 0;
    for (size_t i = 0; i <= count; i++) {
        size_t to = i < count ? marks[i].start : plain.size_bytes;
        size_t distance = i > 0 ? marks[i - 1].start - marks[i - 1].like : 0;
        base_assert (to >= from);
        delta_record (self, from, to, distance, plain.size_bytes);
        from = to;
    }
    out->size_bytes = (size_t) (delta_close (self, plain.size_bytes, true) - out->data);
    base_assert (out->size_bytes <= out->capacity_bytes);
    return MST_OK;
}
