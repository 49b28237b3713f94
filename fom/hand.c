/*  <muster/encoding.h>, the part without a federate: numbers, strings and arrays by hand. */
#include <muster/encoding.h>
#include "base/check.h"
#include "base/error.h"

#include <string.h>

enum { HAND_UNKNOWN_CHARACTER = 0xfffd };

/*  Writing ---------------------------------------------------------------------------------------
 */

mst_writer_t mst_writer (void *data, size_t capacity_bytes)
{
    return (mst_writer_t){ data, data ? capacity_bytes : 0, 0 };
}

mst_err_t mst_writer_end (const mst_writer_t *to, size_t *size_bytes)
{
    if (size_bytes)
        *size_bytes = to->size_bytes;
    if (to->size_bytes <= to->capacity_bytes)
        return MST_OK;
    return base_error (MST_E_LIMIT, "the value takes %zu bytes, the buffer has %zu", to->size_bytes,
                       to->capacity_bytes);
}

void mst_put_bytes (mst_writer_t *to, const void *data, size_t size_bytes)
{
    bool fits =
        to->size_bytes <= to->capacity_bytes && size_bytes <= to->capacity_bytes - to->size_bytes;
    if (fits && size_bytes > 0)
        memcpy (to->data + to->size_bytes, data, size_bytes);
    to->size_bytes =
        size_bytes <= SIZE_MAX - to->size_bytes ? to->size_bytes + size_bytes : SIZE_MAX;
}

void mst_put_align (mst_writer_t *to, size_t boundary)
{
    static const uint8_t zero[1];
    size_t over = boundary > 1 ? to->size_bytes % boundary : 0;
    for (size_t i = 0; over > 0 && i < boundary - over; i++)
        mst_put_bytes (to, zero, 1);
}

static void put_number (mst_writer_t *to, uint64_t value, unsigned width, bool little)
{
    uint8_t bytes[8];
    base_assert (width <= sizeof bytes);
    for (unsigned i = 0; i < width; i++)
        bytes[little ? i : width - 1 - i] = (uint8_t) (value >> 8 * i);
    mst_put_align (to, width);
    mst_put_bytes (to, bytes, width);
}

static uint32_t bits_of_float (float value)
{
    uint32_t bits;
    memcpy (&bits, &value, sizeof bits);
    return bits;
}

static uint64_t bits_of_double (double value)
{
    uint64_t bits;
    memcpy (&bits, &value, sizeof bits);
    return bits;
}

#define HAND_PUT(name, type, bits, width, little)                                                  \
    void mst_put_##name (mst_writer_t *to, type value)                                             \
    {                                                                                              \
        put_number (to, bits (value), width, little);                                              \
    }

HAND_PUT (u8, uint8_t, (uint64_t), 1, false)
HAND_PUT (u16be, uint16_t, (uint64_t), 2, false)
HAND_PUT (u16le, uint16_t, (uint64_t), 2, true)
HAND_PUT (u32be, uint32_t, (uint64_t), 4, false)
HAND_PUT (u32le, uint32_t, (uint64_t), 4, true)
HAND_PUT (u64be, uint64_t, (uint64_t), 8, false)
HAND_PUT (u64le, uint64_t, (uint64_t), 8, true)
HAND_PUT (i16be, int16_t, (uint64_t), 2, false)
HAND_PUT (i16le, int16_t, (uint64_t), 2, true)
HAND_PUT (i32be, int32_t, (uint64_t), 4, false)
HAND_PUT (i32le, int32_t, (uint64_t), 4, true)
HAND_PUT (i64be, int64_t, (uint64_t), 8, false)
HAND_PUT (i64le, int64_t, (uint64_t), 8, true)
HAND_PUT (f32be, float, bits_of_float, 4, false)
HAND_PUT (f32le, float, bits_of_float, 4, true)
HAND_PUT (f64be, double, bits_of_double, 8, false)
HAND_PUT (f64le, double, bits_of_double, 8, true)
HAND_PUT (boolean, bool, (uint64_t), 4, false)

void mst_put_array (mst_writer_t *to, size_t count, size_t boundary)
{
    mst_put_align (to, boundary > 4 ? boundary : 4);
    mst_put_u32be (to, (uint32_t) count);
    if (count > INT32_MAX)
        to->size_bytes = SIZE_MAX;
    else if (count > 0)
        mst_put_align (to, boundary);
}

void mst_put_opaque (mst_writer_t *to, const void *data, size_t size_bytes)
{
    mst_put_array (to, size_bytes, 1);
    mst_put_bytes (to, data, size_bytes);
}

void mst_put_ascii (mst_writer_t *to, const char *text)
{
    mst_put_opaque (to, text, strlen (text));
}

/*  The next code point of UTF-8; U+FFFD for a byte that begins none (RFC 3629, section 4). */
static uint32_t next_code (const uint8_t **text)
{
    const uint8_t *at = *text;
    uint32_t first = at[0];
    unsigned more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t code = more == 0 ? first : first & (0x3fu >> more);
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };

    (*text)++;
    if (first >= 0x80 && (first < 0xc2 || first > 0xf4))
        return HAND_UNKNOWN_CHARACTER;
    for (unsigned i = 1; i <= more; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return HAND_UNKNOWN_CHARACTER;
        code = code << 6 | (at[i] & 0x3fu);
    }
    if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return HAND_UNKNOWN_CHARACTER;
    *text += more;
    return code;
}

void mst_put_unicode (mst_writer_t *to, const char *text)
{
    const uint8_t *at = (const uint8_t *) text;
    size_t count = 0;
    while (*at)
        count += next_code (&at) >= 0x10000 ? 2 : 1;
    mst_put_array (to, count, 2);
    at = (const uint8_t *) text;
    while (*at) {
        uint32_t code = next_code (&at);
        if (code >= 0x10000) {
            mst_put_u16be (to, (uint16_t) (0xd800 + ((code - 0x10000) >> 10)));
            code = 0xdc00 + ((code - 0x10000) & 0x3ff);
        }
        mst_put_u16be (to, (uint16_t) code);
    }
}

/*  Reading ---------------------------------------------------------------------------------------
 */

mst_reader_t mst_reader (const void *data, size_t size_bytes)
{
    return (mst_reader_t){ data, data ? size_bytes : 0, 0, false };
}

mst_err_t mst_reader_end (const mst_reader_t *from)
{
    if (from->bad)
        return base_error (MST_E_MALFORMED,
                           "the value has %zu bytes, fewer than what was read of it",
                           from->size_bytes);
    if (from->at < from->size_bytes)
        return base_error (MST_E_MALFORMED, "%zu bytes follow what was read of the value",
                           from->size_bytes - from->at);
    return MST_OK;
}

const void *mst_get_bytes (mst_reader_t *from, size_t size_bytes)
{
    static const uint8_t nothing[1];
    if (from->bad || size_bytes > from->size_bytes - from->at) {
        from->bad = true;
        return NULL;
    }
    const uint8_t *found = size_bytes > 0 ? from->data + from->at : nothing;
    from->at += size_bytes;
    return found;
}

void mst_get_align (mst_reader_t *from, size_t boundary)
{
    if (boundary > 1 && from->at % boundary != 0)
        (void) mst_get_bytes (from, boundary - from->at % boundary);
}

static uint64_t get_number (mst_reader_t *from, unsigned width, bool little)
{
    uint64_t value = 0;
    mst_get_align (from, width);
    const uint8_t *bytes = mst_get_bytes (from, width);
    for (unsigned i = 0; bytes && i < width; i++)
        value |= (uint64_t) bytes[little ? i : width - 1 - i] << 8 * i;
    return value;
}

static float float_of_bits (uint64_t value)
{
    uint32_t bits = (uint32_t) value;
    float out;
    memcpy (&out, &bits, sizeof out);
    return out;
}

static double double_of_bits (uint64_t bits)
{
    double out;
    memcpy (&out, &bits, sizeof out);
    return out;
}

#define HAND_GET(name, type, made, width, little)                                                  \
    type mst_get_##name (mst_reader_t *from)                                                       \
    {                                                                                              \
        return made (get_number (from, width, little));                                            \
    }

HAND_GET (u8, uint8_t, (uint8_t), 1, false)
HAND_GET (u16be, uint16_t, (uint16_t), 2, false)
HAND_GET (u16le, uint16_t, (uint16_t), 2, true)
HAND_GET (u32be, uint32_t, (uint32_t), 4, false)
HAND_GET (u32le, uint32_t, (uint32_t), 4, true)
HAND_GET (u64be, uint64_t, (uint64_t), 8, false)
HAND_GET (u64le, uint64_t, (uint64_t), 8, true)
HAND_GET (i16be, int16_t, (int16_t), 2, false)
HAND_GET (i16le, int16_t, (int16_t), 2, true)
HAND_GET (i32be, int32_t, (int32_t), 4, false)
HAND_GET (i32le, int32_t, (int32_t), 4, true)
HAND_GET (i64be, int64_t, (int64_t), 8, false)
HAND_GET (i64le, int64_t, (int64_t), 8, true)
HAND_GET (f32be, float, float_of_bits, 4, false)
HAND_GET (f32le, float, float_of_bits, 4, true)
HAND_GET (f64be, double, double_of_bits, 8, false)
HAND_GET (f64le, double, double_of_bits, 8, true)
HAND_GET (boolean, bool, 0 !=, 4, false)

size_t mst_get_array (mst_reader_t *from, size_t boundary, size_t element_bytes)
{
    mst_get_align (from, boundary > 4 ? boundary : 4);
    size_t count = mst_get_u32be (from);
    if (count > 0)
        mst_get_align (from, boundary);
    size_t left = from->size_bytes - from->at;
    if (!from->bad && count <= left / (element_bytes ? element_bytes : 1))
        return count;
    from->bad = true;
    return 0;
}

const void *mst_get_opaque (mst_reader_t *from, size_t *size_bytes)
{
    size_t count = mst_get_array (from, 1, 1);
    if (size_bytes)
        *size_bytes = count;
    return mst_get_bytes (from, count);
}

/*  Adds a character as UTF-8; cut for good once one does not fit. */
typedef struct text_sink {
    char *text;
    size_t room;
    size_t kept;
    size_t whole;
    bool full;
} text_sink_t;

static void sink_put (text_sink_t *self, uint32_t code)
{
    char bytes[4];
    size_t size_bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    uint32_t rest = code;
    base_assert (code <= 0x10ffff);
    for (size_t i = size_bytes; i-- > 1; rest >>= 6)
        bytes[i] = (char) (0x80 | (rest & 0x3f));
    bytes[0] = (char) (size_bytes == 1 ? rest : rest | (0xff00u >> size_bytes & 0xffu));
    self->full = self->full || self->kept + size_bytes >= self->room;
    if (!self->full) {
        memcpy (self->text + self->kept, bytes, size_bytes);
        self->kept += size_bytes;
    }
    self->whole += size_bytes;
}

static size_t sink_end (text_sink_t *self)
{
    if (self->room > 0)
        self->text[self->kept] = '\0';
    return self->whole;
}

size_t mst_get_ascii (mst_reader_t *from, char *text, size_t size_bytes)
{
    text_sink_t sink = { text, text ? size_bytes : 0, 0, 0, false };
    size_t count = mst_get_array (from, 1, 1);
    const uint8_t *bytes = mst_get_bytes (from, count);
    for (size_t i = 0; bytes && i < count; i++)
        sink_put (&sink, bytes[i]);
    return sink_end (&sink);
}

size_t mst_get_unicode (mst_reader_t *from, char *text, size_t size_bytes)
{
    text_sink_t sink = { text, text ? size_bytes : 0, 0, 0, false };
    size_t count = mst_get_array (from, 2, 2);
    for (size_t i = 0; i < count; i++) {
        uint32_t code = mst_get_u16be (from);
        if (code >= 0xd800 && code < 0xdc00 && i + 1 < count) {
            mst_reader_t ahead = *from;
            uint32_t low = mst_get_u16be (&ahead);
            if (low >= 0xdc00 && low < 0xe000) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                *from = ahead;
                i++;
            }
        }
        sink_put (&sink, code >= 0xd800 && code < 0xe000 ? HAND_UNKNOWN_CHARACTER : code);
    }
    return sink_end (&sink);
}
