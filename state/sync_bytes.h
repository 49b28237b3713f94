/*  The bytes of a synchroniser's payloads: numbers of 7 bits a byte, lowest first (LEB128), and the
    exclusive-or that makes two neighbouring versions of a value mostly zeros. Writing goes to room
    that the caller has made; reading trusts nothing. */
#ifndef STATE_SYNC_BYTES_H
#define STATE_SYNC_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { STATE_VARINT_MAX = 10 };

static inline uint8_t *state_put_varint (uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t) (value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t) value;
    return at;
}

static inline uint64_t state_zigzag (int64_t value)
{
    return ((uint64_t) value << 1) ^ (uint64_t) (value >> 63);
}

static inline int64_t state_unzigzag (uint64_t value)
{
    return (int64_t) (value >> 1) ^ -(int64_t) (value & 1);
}

/*  A cursor over untrusted bytes; a failed read sets `bad` and gives zero. */
typedef struct state_cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
} state_cursor_t;

static inline uint64_t state_cursor_fail (state_cursor_t *self)
{
    self->bad = true;
    self->at = self->end;
    return 0;
}

static inline uint64_t state_take_varint (state_cursor_t *self)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (self->at == self->end)
            return state_cursor_fail (self);
        uint8_t byte = *self->at++;
        if (shift == 63 && byte > 1)
            return state_cursor_fail (self);
        value |= (uint64_t) (byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    return state_cursor_fail (self);
}

/*  A view into the input; NULL when so many are not left. */
static inline const uint8_t *state_take_bytes (state_cursor_t *self, uint64_t size_bytes)
{
    if (self->bad || size_bytes > (uint64_t) (self->end - self->at)) {
        state_cursor_fail (self);
        return NULL;
    }
    const uint8_t *bytes = self->at;
    self->at += size_bytes;
    return bytes;
}

/*  A difference: new XOR old (the old value is taken as followed by zeros), in words of 8 bytes. Of
    each 8 words a mask says which are not zero, of each such word another which of its bytes are
   not; those bytes follow. Masks and bytes go to streams of their own: what moved is dense there,
   which zstd needs little time for, and masks of like records are alike. */
enum { STATE_WORD_BYTES = 8, STATE_GROUP_BYTES = 64 };

/*  At most so many bytes of masks for a value. */
static inline size_t state_masks_room (size_t size_bytes)
{
    return size_bytes / STATE_WORD_BYTES + size_bytes / STATE_GROUP_BYTES + 2;
}

/*  Up to 8 bytes as a word, the rest zeros: the first byte is the lowest. */
static inline uint64_t state_word (const uint8_t *bytes, size_t size_bytes)
{
    uint64_t word = 0;
    if (size_bytes >= STATE_WORD_BYTES)
        memcpy (&word, bytes, STATE_WORD_BYTES);
    else if (size_bytes > 0)
        memcpy (&word, bytes, size_bytes);
    return word;
}

static inline uint64_t state_difference_word (const uint8_t *now, size_t size_bytes,
                                              const uint8_t *old, size_t old_bytes, size_t at)
{
    uint64_t before = at < old_bytes ? state_word (old + at, old_bytes - at) : 0;
    if (size_bytes - at < STATE_WORD_BYTES) /* what lies behind the end counts as zero */
        before &= (UINT64_C (1) << (8 * (size_bytes - at))) - 1;
    return state_word (now + at, size_bytes - at) ^ before;
}

/*  Which of a word's bytes are not zero: bit i for byte i. */
static inline uint8_t state_word_mask (uint64_t word)
{
    const uint64_t low = UINT64_C (0x7f7f7f7f7f7f7f7f);
    uint64_t set = (((word & low) + low) | word) & ~low; /* the high bit of each byte that is not */
    return (uint8_t) (((set >> 7) * UINT64_C (0x0102040810204080)) >> 56);
}

/*  One word's non-zero bytes; its mask. Eight bytes of room. */
static inline uint8_t state_put_word (uint8_t **bytes, uint64_t word)
{
    uint8_t mask = state_word_mask (word), *at = *bytes;
    if ((mask & (mask + 1)) == 0) { /* the lowest ones, as of two numbers that are close */
        memcpy (at, &word, sizeof word);
        *bytes = at + __builtin_ctz (~(unsigned) mask);
        return mask;
    }
    for (unsigned i = 0; i < STATE_WORD_BYTES; i++, word >>= 8) {
        *at = (uint8_t) word;
        at += mask >> i & 1;
    }
    *bytes = at;
    return mask;
}

/*  A word that lies whole within both values, at `at`. */
static inline uint64_t state_whole_word (const uint8_t *now, const uint8_t *old, size_t at)
{
    uint64_t left, right;
    memcpy (&left, now + at, sizeof left);
    memcpy (&right, old + at, sizeof right);
    return left ^ right;
}

static inline void state_put_difference (uint8_t **masks, uint8_t **bytes, const uint8_t *now,
                                         size_t size_bytes, const uint8_t *old, size_t old_bytes)
{
    size_t common = size_bytes < old_bytes ? size_bytes : old_bytes;
    for (size_t group = 0; group < size_bytes; group += STATE_GROUP_BYTES) {
        uint8_t *words = (*masks)++;
        *words = 0;
        for (unsigned w = 0; w < 8 && group + w * STATE_WORD_BYTES < size_bytes; w++) {
            size_t at = group + w * STATE_WORD_BYTES;
            uint64_t word = at + STATE_WORD_BYTES <= common
                                ? state_whole_word (now, old, at)
                                : state_difference_word (now, size_bytes, old, old_bytes, at);
            if (word == 0)
                continue;
            *words |= (uint8_t) (1u << w);
            *(*masks)++ = state_put_word (bytes, word);
        }
    }
}

static inline unsigned state_bits (uint8_t mask)
{
    unsigned count = 0;
    for (; mask; mask &= (uint8_t) (mask - 1))
        count++;
    return count;
}

/*  A word whose non-zero bytes are its lowest; eight bytes can be read and written. */
static inline void state_take_low (state_cursor_t *bytes, uint8_t mask, uint8_t *value)
{
    uint64_t difference, word;
    unsigned count = (unsigned) __builtin_ctz (~(unsigned) mask);
    memcpy (&difference, bytes->at, sizeof difference);
    memcpy (&word, value, sizeof word);
    if (count < STATE_WORD_BYTES)
        difference &= (UINT64_C (1) << (8 * count)) - 1;
    word ^= difference;
    memcpy (value, &word, sizeof word);
    bytes->at += count;
}

/*  Turns `value`, which holds the old value's bytes followed by zeros, into the new one. */
static inline bool state_take_difference (state_cursor_t *masks, state_cursor_t *bytes,
                                          uint8_t *value, size_t size_bytes)
{
    for (size_t group = 0; group < size_bytes; group += STATE_GROUP_BYTES) {
        const uint8_t *words = state_take_bytes (masks, 1);
        for (unsigned w = 0; words && w < 8; w++) {
            size_t at = group + w * STATE_WORD_BYTES;
            if (!(*words >> w & 1))
                continue;
            const uint8_t *mask = state_take_bytes (masks, 1);
            if (mask && (*mask & (*mask + 1)) == 0 && at + STATE_WORD_BYTES <= size_bytes &&
                bytes->end - bytes->at >= STATE_WORD_BYTES) { /* the lowest ones, at once */
                state_take_low (bytes, *mask, value + at);
                continue;
            }
            const uint8_t *set = mask ? state_take_bytes (bytes, state_bits (*mask)) : NULL;
            for (unsigned i = 0; set && i < STATE_WORD_BYTES; i++) {
                if (!(*mask >> i & 1))
                    continue;
                if (at + i >= size_bytes)
                    return false;
                value[at + i] ^= *set++;
            }
        }
    }
    return !masks->bad && !bytes->bad;
}

#endif
