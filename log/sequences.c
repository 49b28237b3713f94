/*  A table-driven entropy coder (Duda, Asymmetric Numeral Systems, 2013) over the distributions
    that RFC 8878 predefines. It runs from the last sequence to the first, because the reader's
    states run the other way, and writes bits that the reader takes from the end. */
#include "log/sequences.h"
#include "log/bytes.h"
#include "base/check.h"

enum { LITERALS_CODES = 36, MATCH_CODES = 53, OFFSET_CODES = 29, MATCH_LEAST = 3 };

/*  How often each code is expected, of 64, 64 and 32; -1: less than once. */
static const int8_t literals_share[LITERALS_CODES] = { 4, 3, 2, 2, 2, 2, 2, 2, 2,  2,  2,  2,
                                                       2, 1, 1, 1, 2, 2, 2, 2, 2,  2,  2,  2,
                                                       2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1 };
static const int8_t match_share[MATCH_CODES] = { 1, 4, 3, 2, 2,  2,  2,  2,  2,  1,  1, 1, 1, 1,
                                                 1, 1, 1, 1, 1,  1,  1,  1,  1,  1,  1, 1, 1, 1,
                                                 1, 1, 1, 1, 1,  1,  1,  1,  1,  1,  1, 1, 1, 1,
                                                 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1 };
static const int8_t offset_share[OFFSET_CODES] = { 1, 1, 1, 1, 1, 1, 2, 2, 2, 1,  1,  1,  1,  1, 1,
                                                   1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1 };

/*  How many bits follow a code; each begins where the one before ends. */
static const uint8_t literals_extra[LITERALS_CODES] = { 0, 0, 0, 0, 0, 0,  0,  0,  0,  0,  0,  0,
                                                        0, 0, 0, 0, 1, 1,  1,  1,  2,  2,  3,  3,
                                                        4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static const uint8_t match_extra[MATCH_CODES] = { 0, 0, 0, 0, 0,  0,  0,  0,  0,  0,  0, 0, 0, 0,
                                                  0, 0, 0, 0, 0,  0,  0,  0,  0,  0,  0, 0, 0, 0,
                                                  0, 0, 0, 0, 1,  1,  1,  1,  2,  2,  3, 3, 4, 4,
                                                  5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static unsigned highest_bit (uint32_t value)
{
    base_assert (value != 0);
    return 31u - (unsigned) __builtin_clz (value);
}

/*  Which symbol each state stands for, spread as the format wants it: rare ones at the end. */
static void entropy_spread (const int8_t *share, unsigned symbols, unsigned states, uint8_t *symbol)
{
    base_assert (share != NULL);
    base_assert (states <= LOG_SEQUENCE_STATES_MAX);
    unsigned last = states - 1, place = 0, step = (states >> 1) + (states >> 3) + 3;
    for (unsigned s = 0; s < symbols; s++)
        if (share[s] < 0)
            symbol[last--] = (uint8_t) s;
    for (unsigned s = 0; s < symbols; s++)
        for (int i = 0; i < share[s]; i++) {
            symbol[place] = (uint8_t) s;
            do
                place = (place + step) & (states - 1);
            while (place > last);
        }
    base_assert (place == 0); /* once around */
}

static void entropy_init (log_entropy_t *self, const int8_t *share, unsigned symbols, unsigned log)
{
    base_assert (self != NULL);
    base_assert (symbols <= LOG_SEQUENCE_SYMBOLS_MAX);
    uint8_t symbol[LOG_SEQUENCE_STATES_MAX];
    uint16_t next[LOG_SEQUENCE_SYMBOLS_MAX], before = 0;
    unsigned states = 1u << log;
    self->log = log;
    entropy_spread (share, symbols, states, symbol);
    for (unsigned s = 0; s < symbols; s++) {
        unsigned count = share[s] < 0 ? 1 : (unsigned) share[s];
        unsigned most = count > 1 ? log - highest_bit (count - 1) : log;
        self->bits[s] = (most << 16) - (count << most);
        self->place[s] = (int32_t) before - (int32_t) count;
        next[s] = before;
        before = (uint16_t) (before + count);
    }
    base_assert (before == states);
    for (unsigned i = 0; i < states; i++)
        self->states[next[symbol[i]]++] = (uint16_t) (states + i);
}

/*  The codes of the lengths below `count`. */
static void codes_fill (uint8_t *code_of, unsigned count, const uint8_t *extra)
{
    base_assert (code_of != NULL);
    uint8_t code = 0;
    for (unsigned length = 0, end = 1u << extra[0]; length < count; length++) {
        if (length == end)
            end += 1u << extra[++code];
        code_of[length] = code;
    }
    base_assert (code < MATCH_CODES);
}

void log_sequences_init (log_sequences_t *self)
{
    base_assert (self != NULL);
    *self = (log_sequences_t){ 0 };
    entropy_init (&self->literals, literals_share, LITERALS_CODES, 6);
    entropy_init (&self->match, match_share, MATCH_CODES, 6);
    entropy_init (&self->offset, offset_share, OFFSET_CODES, 5);
    codes_fill (self->literals_code, sizeof self->literals_code, literals_extra);
    codes_fill (self->match_code, sizeof self->match_code, match_extra);
}

/*  Bits ---------------------------------------------------------------------------------------- */

typedef struct bits {
    uint64_t word;
    unsigned count; /* below 8 after bits_flush */
    uint8_t *at;
} bits_t;

static inline void bits_add (bits_t *self, uint32_t value, unsigned count)
{
    self->word |= (value & ((UINT64_C (1) << count) - 1)) << self->count;
    self->count += count;
}

static inline void bits_flush (bits_t *self)
{
    (void) log_put_u64 (self->at, self->word);
    self->at += self->count / 8;
    self->word >>= self->count / 8 * 8;
    self->count %= 8;
}

static inline uint32_t entropy_start (const log_entropy_t *self, unsigned symbol)
{
    uint32_t count = (self->bits[symbol] + (1u << 15)) >> 16;
    uint32_t value = (count << 16) - self->bits[symbol];
    return self->states[(int32_t) (value >> count) + self->place[symbol]];
}

static inline uint32_t entropy_next (const log_entropy_t *self, bits_t *bits, uint32_t state,
                                     unsigned symbol)
{
    uint32_t count = (state + self->bits[symbol]) >> 16;
    bits_add (bits, state, count);
    return self->states[(int32_t) (state >> count) + self->place[symbol]];
}

static inline unsigned literals_code (const log_sequences_t *self, uint32_t length)
{
    return length < sizeof self->literals_code ? self->literals_code[length]
                                               : highest_bit (length) + 19;
}

static inline unsigned match_code (const log_sequences_t *self, uint32_t length)
{
    return length < sizeof self->match_code ? self->match_code[length] : highest_bit (length) + 36;
}

/*  The codes of one sequence. Each code begins at a multiple of what it spans, so the bits that
    follow it are the low ones of the number itself. */
typedef struct sequence_codes {
    unsigned literals, match, offset;
} sequence_codes_t;

static inline sequence_codes_t sequence_codes (const log_sequences_t *self,
                                               const log_sequence_t *sequence)
{
    return (sequence_codes_t){ literals_code (self, sequence->literals),
                               match_code (self, sequence->match - MATCH_LEAST),
                               highest_bit (sequence->offset) };
}

static inline void sequence_put (bits_t *bits, const log_sequence_t *sequence,
                                 sequence_codes_t codes)
{
    bits_add (bits, sequence->literals, literals_extra[codes.literals]);
    bits_add (bits, sequence->match - MATCH_LEAST, match_extra[codes.match]);
    bits_flush (bits);
    bits_add (bits, sequence->offset, codes.offset);
    bits_flush (bits);
}

static uint8_t *sequences_put_count (uint8_t *at, size_t count)
{
    base_assert (count <= LOG_SEQUENCES_MAX);
    if (count < 128)
        return log_put_u8 (at, (uint8_t) count);
    at = log_put_u8 (at, (uint8_t) (128 + (count >> 8)));
    return log_put_u8 (at, (uint8_t) count);
}

uint8_t *log_sequences_put (const log_sequences_t *self, uint8_t *at,
                            const log_sequence_t *sequences, size_t count)
{
    base_assert (self != NULL);
    base_assert (at != NULL);
    at = sequences_put_count (at, count);
    if (count == 0)
        return at;
    bits_t bits = { .at = log_put_u8 (at, 0) }; /* 0: all three by the predefined tables */
    sequence_codes_t codes = sequence_codes (self, &sequences[count - 1]);
    uint32_t literals = entropy_start (&self->literals, codes.literals);
    uint32_t match = entropy_start (&self->match, codes.match);
    uint32_t offset = entropy_start (&self->offset, codes.offset);
    sequence_put (&bits, &sequences[count - 1], codes);
    for (size_t i = count - 1; i-- > 0;) {
        codes = sequence_codes (self, &sequences[i]);
        offset = entropy_next (&self->offset, &bits, offset, codes.offset);
        match = entropy_next (&self->match, &bits, match, codes.match);
        literals = entropy_next (&self->literals, &bits, literals, codes.literals);
        sequence_put (&bits, &sequences[i], codes);
    }
    bits_add (&bits, match, self->match.log);
    bits_add (&bits, offset, self->offset.log);
    bits_add (&bits, literals, self->literals.log);
    bits_add (&bits, 1, 1); /* where the reader begins */
    bits_flush (&bits);
    *bits.at = (uint8_t) bits.word;
    return bits.at + (bits.count > 0);
}
