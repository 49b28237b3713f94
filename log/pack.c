/*  By the msgpack specification; big-endian throughout. */
#include "log/pack.h"
#include "base/check.h"

enum {
    PACK_NIL = 0xc0,
    PACK_BYTES_8 = 0xc4,
    PACK_BYTES_16 = 0xc5,
    PACK_BYTES_32 = 0xc6,
    PACK_UINT_8 = 0xcc,
    PACK_UINT_16 = 0xcd,
    PACK_UINT_32 = 0xce,
    PACK_UINT_64 = 0xcf,
    PACK_INT_8 = 0xd0,
    PACK_INT_16 = 0xd1,
    PACK_INT_32 = 0xd2,
    PACK_INT_64 = 0xd3,
    PACK_TEXT_8 = 0xd9,
    PACK_TEXT_16 = 0xda,
    PACK_TEXT_32 = 0xdb,
    PACK_ARRAY_16 = 0xdc,
    PACK_ARRAY_32 = 0xdd,
    PACK_MAP_16 = 0xde,
    PACK_MAP_32 = 0xdf,
    PACK_FIX_MAP = 0x80,
    PACK_FIX_ARRAY = 0x90,
    PACK_FIX_TEXT = 0xa0,
    PACK_FIX_NEGATIVE = 0xe0
};

/*  A tag and a number of `width` bytes behind it. */
static inline uint8_t *pack_head (uint8_t *at, uint8_t tag, uint64_t value, unsigned width)
{
    *at++ = tag;
    for (unsigned i = width; i-- > 0;)
        *at++ = (uint8_t) (value >> (8 * i));
    return at;
}

uint8_t *log_pack_nil (uint8_t *at)
{
    base_assert (at != NULL);
    return log_put_u8 (at, PACK_NIL);
}

uint8_t *log_pack_uint (uint8_t *at, uint64_t value)
{
    base_assert (at != NULL);
    if (value < 0x80)
        return log_put_u8 (at, (uint8_t) value);
    if (value <= UINT8_MAX)
        return pack_head (at, PACK_UINT_8, value, 1);
    if (value <= UINT16_MAX)
        return pack_head (at, PACK_UINT_16, value, 2);
    if (value <= UINT32_MAX)
        return pack_head (at, PACK_UINT_32, value, 4);
    return pack_head (at, PACK_UINT_64, value, 8);
}

uint8_t *log_pack_int (uint8_t *at, int64_t value)
{
    base_assert (at != NULL);
    uint64_t bits = (uint64_t) value;
    if (value >= 0)
        return log_pack_uint (at, bits);
    if (value >= -32)
        return log_put_u8 (at, (uint8_t) bits);
    if (value >= INT8_MIN)
        return pack_head (at, PACK_INT_8, bits, 1);
    if (value >= INT16_MIN)
        return pack_head (at, PACK_INT_16, bits, 2);
    if (value >= INT32_MIN)
        return pack_head (at, PACK_INT_32, bits, 4);
    return pack_head (at, PACK_INT_64, bits, 8);
}

uint8_t *log_pack_text (uint8_t *at, log_span_t text)
{
    base_assert (text.size_bytes <= UINT32_MAX);
    if (text.size_bytes < 32)
        at = log_put_u8 (at, (uint8_t) (PACK_FIX_TEXT | text.size_bytes));
    else if (text.size_bytes <= UINT8_MAX)
        at = pack_head (at, PACK_TEXT_8, text.size_bytes, 1);
    else if (text.size_bytes <= UINT16_MAX)
        at = pack_head (at, PACK_TEXT_16, text.size_bytes, 2);
    else
        at = pack_head (at, PACK_TEXT_32, text.size_bytes, 4);
    return log_put_bytes (at, text.data, text.size_bytes);
}

uint8_t *log_pack_bytes (uint8_t *at, log_span_t bytes)
{
    base_assert (bytes.size_bytes <= UINT32_MAX);
    if (bytes.size_bytes <= UINT8_MAX)
        at = pack_head (at, PACK_BYTES_8, bytes.size_bytes, 1);
    else if (bytes.size_bytes <= UINT16_MAX)
        at = pack_head (at, PACK_BYTES_16, bytes.size_bytes, 2);
    else
        at = pack_head (at, PACK_BYTES_32, bytes.size_bytes, 4);
    return log_put_bytes (at, bytes.data, bytes.size_bytes);
}

uint8_t *log_pack_array (uint8_t *at, uint32_t count)
{
    base_assert (at != NULL);
    if (count < 16)
        return log_put_u8 (at, (uint8_t) (PACK_FIX_ARRAY | count));
    if (count <= UINT16_MAX)
        return pack_head (at, PACK_ARRAY_16, count, 2);
    return pack_head (at, PACK_ARRAY_32, count, 4);
}

uint8_t *log_pack_map (uint8_t *at, uint32_t count)
{
    base_assert (at != NULL);
    if (count < 16)
        return log_put_u8 (at, (uint8_t) (PACK_FIX_MAP | count));
    if (count <= UINT16_MAX)
        return pack_head (at, PACK_MAP_16, count, 2);
    return pack_head (at, PACK_MAP_32, count, 4);
}

static uint64_t unpack_wrong (log_cursor_t *from)
{
    base_assert (from != NULL);
    from->bad = true;
    from->at = from->end;
    return 0;
}

static inline uint64_t unpack_number (log_cursor_t *from, unsigned width)
{
    const uint8_t *at = log_get_bytes (from, width);
    uint64_t value = 0;
    for (unsigned i = 0; at && i < width; i++)
        value = value << 8 | at[i];
    return value;
}

/*  A negative number gives its two's complement, with *negative set. */
static uint64_t unpack_integer (log_cursor_t *from, bool *negative)
{
    base_assert (from != NULL);
    base_assert (negative != NULL);
    uint8_t tag = log_get_u8 (from);
    uint64_t value;

    *negative = false;
    if (tag < 0x80)
        return tag;
    switch (tag) {
    case PACK_UINT_8: return unpack_number (from, 1);
    case PACK_UINT_16: return unpack_number (from, 2);
    case PACK_UINT_32: return unpack_number (from, 4);
    case PACK_UINT_64: return unpack_number (from, 8);
    case PACK_INT_8: value = (uint64_t) (int8_t) unpack_number (from, 1); break;
    case PACK_INT_16: value = (uint64_t) (int16_t) unpack_number (from, 2); break;
    case PACK_INT_32: value = (uint64_t) (int32_t) unpack_number (from, 4); break;
    case PACK_INT_64: value = unpack_number (from, 8); break;
    default:
        if (tag < PACK_FIX_NEGATIVE)
            return unpack_wrong (from);
        value = (uint64_t) (int8_t) tag;
    }
    *negative = (int64_t) value < 0;
    return value;
}

uint64_t log_unpack_uint (log_cursor_t *from)
{
    base_assert (from != NULL);
    bool negative;
    uint64_t value = unpack_integer (from, &negative);
    return negative ? unpack_wrong (from) : value;
}

int64_t log_unpack_int (log_cursor_t *from)
{
    base_assert (from != NULL);
    bool negative;
    uint64_t value = unpack_integer (from, &negative);
    if (!negative && value > INT64_MAX)
        value = unpack_wrong (from);
    return (int64_t) value;
}

static log_span_t unpack_span (log_cursor_t *from, uint64_t size_bytes)
{
    base_assert (from != NULL);
    const uint8_t *at = from->bad ? NULL : log_get_bytes (from, size_bytes);
    return at ? log_span (at, (size_t) size_bytes) : log_span ("", 0);
}

log_span_t log_unpack_text (log_cursor_t *from)
{
    base_assert (from != NULL);
    uint8_t tag = log_get_u8 (from);
    if ((tag & 0xe0) == PACK_FIX_TEXT)
        return unpack_span (from, tag & 0x1fu);
    switch (tag) {
    case PACK_TEXT_8: return unpack_span (from, unpack_number (from, 1));
    case PACK_TEXT_16: return unpack_span (from, unpack_number (from, 2));
    case PACK_TEXT_32: return unpack_span (from, unpack_number (from, 4));
    default: return unpack_span (from, unpack_wrong (from));
    }
}

log_span_t log_unpack_bytes (log_cursor_t *from)
{
    base_assert (from != NULL);
    switch (log_get_u8 (from)) {
    case PACK_BYTES_8: return unpack_span (from, unpack_number (from, 1));
    case PACK_BYTES_16: return unpack_span (from, unpack_number (from, 2));
    case PACK_BYTES_32: return unpack_span (from, unpack_number (from, 4));
    default: return unpack_span (from, unpack_wrong (from));
    }
}

static uint32_t unpack_count (log_cursor_t *from, uint8_t fixed, uint8_t wide_16, uint8_t wide_32)
{
    base_assert (from != NULL);
    uint8_t tag = log_get_u8 (from);
    if (from->bad)
        return 0;
    if ((tag & 0xf0) == fixed)
        return tag & 0x0fu;
    if (tag == wide_16)
        return (uint32_t) unpack_number (from, 2);
    if (tag == wide_32)
        return (uint32_t) unpack_number (from, 4);
    return (uint32_t) unpack_wrong (from);
}

uint32_t log_unpack_array (log_cursor_t *from)
{
    base_assert (from != NULL);
    return unpack_count (from, PACK_FIX_ARRAY, PACK_ARRAY_16, PACK_ARRAY_32);
}

uint32_t log_unpack_map (log_cursor_t *from)
{
    base_assert (from != NULL);
    return unpack_count (from, PACK_FIX_MAP, PACK_MAP_16, PACK_MAP_32);
}

bool log_unpack_nil (log_cursor_t *from)
{
    base_assert (from != NULL);
    if (from->at == from->end || *from->at != PACK_NIL)
        return false;
    from->at++;
    return true;
}
