/*  The sequences of a zstd block: so many literals, then a match, again and again, written with the
    format's predefined tables (RFC 8878, 3.1.1.3.2).

    Thread rule: a coder is read only once it is made; any thread. */
#ifndef LOG_SEQUENCES_H
#define LOG_SEQUENCES_H

#include <stddef.h>
#include <stdint.h>

typedef struct log_sequence {
    uint32_t literals;
    uint32_t match;  /* at least 3 */
    uint32_t offset; /* as the format counts: 1 to 3 for the last three, else the distance + 3 */
} log_sequence_t;

enum {
    LOG_SEQUENCE_BYTES = 10,           /* what one takes at most */
    LOG_SEQUENCES_HEAD_BYTES = 24,     /* what the section takes beside them, and room behind it */
    LOG_SEQUENCE_PART_MAX = 120 << 10, /* literals, or bytes of the match */
    LOG_SEQUENCE_OFFSET_MAX = 1 << 27,
    LOG_SEQUENCES_MAX = 0x7eff, /* of one block */
    LOG_SEQUENCE_STATES_MAX = 64,
    LOG_SEQUENCE_SYMBOLS_MAX = 53
};

/*  How one of the three fields is written. */
typedef struct log_entropy {
    unsigned log; /* there are 1 << log states */
    uint16_t states[LOG_SEQUENCE_STATES_MAX];
    uint32_t
        bits[LOG_SEQUENCE_SYMBOLS_MAX]; /* of a state that are written, << 16, less the limit */
    int32_t place[LOG_SEQUENCE_SYMBOLS_MAX]; /* of the symbol's states, less how many there are */
} log_entropy_t;

typedef struct log_sequences {
    log_entropy_t literals, match, offset;
    uint8_t literals_code[64]; /* of the short lengths */
    uint8_t match_code[128];
} log_sequences_t;

void log_sequences_init (log_sequences_t *self);

/*  Writes the section at `at`, where there is room for LOG_SEQUENCES_HEAD_BYTES and count times
    LOG_SEQUENCE_BYTES; returns its end. */
uint8_t *log_sequences_put (const log_sequences_t *self, uint8_t *at,
                            const log_sequence_t *sequences, size_t count);

#endif
