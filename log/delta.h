/*  Packs the records of a chunk by what is known of them: a message is much like the one before it
    of the same object, byte by byte at the same place. Only that one is looked at, which costs a
    small part of a search; what comes out is an ordinary zstd frame.

    Good for streams of updates, and for little else: the writer compares it with zstd itself.

    Thread rule: one thread at a time per packer. */
#ifndef LOG_DELTA_H
#define LOG_DELTA_H

#include "base/buffer.h"
#include "base/list.h"
#include "log/bytes.h"
#include "log/sequences.h"

/*  A record, and the one before it that is like it. Marks stand in the order of the records. */
typedef struct log_delta_mark {
    uint32_t start;
    uint32_t like; /* its start; its own: none */
} log_delta_mark_t;

enum {
    LOG_DELTA_BLOCK_BYTES = LOG_SEQUENCE_PART_MAX, /* unpacked; the format's limit is 128 KiB */
    LOG_DELTA_WORD_BYTES = 8,                      /* what is looked at, and the least match */
    LOG_DELTA_SEQUENCES_MAX = LOG_DELTA_BLOCK_BYTES / LOG_DELTA_WORD_BYTES
};

_Static_assert((int) LOG_DELTA_SEQUENCES_MAX <= (int) LOG_SEQUENCES_MAX,
               "the sequences of a block fit");

typedef struct log_delta {
    log_sequences_t coder;
    log_sequence_t *sequences; /* of the open block; made when first needed */
    size_t sequence_count;
    uint32_t offsets[2]; /* the last two, which the format has short names for */
    uint32_t kept[2];    /* … as they were at the block's beginning */
    uint32_t distance;   /* of the last match */
    const uint8_t *plain;
    size_t block;  /* where the open block begins */
    size_t anchor; /* literals from here on are not yet in the block */
    uint8_t *head; /* of the open block, in what comes out */
    uint8_t *literals;
} log_delta_t;

void log_delta_init (log_delta_t *self);
void log_delta_fini (log_delta_t *self);

/*  Replaces what `out` holds. plain: 1 to LOG_CHUNK_MAX_BYTES bytes. Errors: MST_E_NO_MEMORY. */
mst_err_t log_delta_pack (log_delta_t *self, base_buffer_t *out, log_span_t plain,
                          const log_delta_mark_t *marks, size_t count);

#endif
