/*  <muster/encoding.h>, by hand: the standard's bytes, bounds, and what comes back. */
#include <muster/encoding.h>
#include "tests/support/check.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/*  An octet, a double, a little-endian short, a boolean, a string, an array of records. */
static void test_a_record (void)
{
    static const uint8_t expected[] = { 1, 0, 0, 0, 0, 0, 0, 0, 0x3f, 0xf0, 0, 0,   0,   0, 0, 0, 2,
                                        0, 0, 0, 0, 0, 0, 1, 0, 0,    0,    2, 'H', 'i', 0, 0, 0, 0,
                                        0, 2, 0, 0, 0, 7, 8, 0, 0,    0,    0, 0,   0,   9, 10 };
    uint8_t bytes[64];
    char text[8];
    size_t size_bytes;
    mst_writer_t to = mst_writer (bytes, sizeof bytes);
    mst_put_u8 (&to, 1);
    mst_put_f64be (&to, 1.0);
    mst_put_i16le (&to, 2);
    mst_put_boolean (&to, true);
    mst_put_ascii (&to, "Hi");
    mst_put_array (&to, 2, 4);
    for (int i = 0; i < 2; i++) {
        mst_put_align (&to, 4);
        mst_put_i32be (&to, 7 + 2 * i);
        mst_put_u8 (&to, (uint8_t) (8 + 2 * i));
    }
    CHECK_OK (mst_writer_end (&to, &size_bytes));
    CHECK_INT (size_bytes, sizeof expected);
    CHECK_BYTES (bytes, expected, sizeof expected);

    mst_reader_t from = mst_reader (expected, sizeof expected);
    CHECK_INT (mst_get_u8 (&from), 1);
    CHECK (mst_get_f64be (&from) == 1.0);
    CHECK_INT (mst_get_i16le (&from), 2);
    CHECK (mst_get_boolean (&from));
    CHECK_INT (mst_get_ascii (&from, text, sizeof text), 2);
    CHECK_TEXT (text, "Hi");
    CHECK_INT (mst_get_array (&from, 4, 5), 2);
    for (int i = 0; i < 2; i++) {
        mst_get_align (&from, 4);
        CHECK_INT (mst_get_i32be (&from), 7 + 2 * i);
        CHECK_INT (mst_get_u8 (&from), 8 + 2 * i);
    }
    CHECK_OK (mst_reader_end (&from));
}

#define CHECK_NUMBER(name, value, ...)                                                             \
    do {                                                                                           \
        static const uint8_t wanted[] = { __VA_ARGS__ };                                           \
        uint8_t bytes[8];                                                                          \
        size_t size_bytes;                                                                         \
        mst_writer_t to = mst_writer (bytes, sizeof bytes);                                        \
        mst_put_##name (&to, value);                                                               \
        CHECK_OK (mst_writer_end (&to, &size_bytes));                                              \
        CHECK_INT (size_bytes, sizeof wanted);                                                     \
        CHECK_BYTES (bytes, wanted, sizeof wanted);                                                \
        mst_reader_t from = mst_reader (wanted, sizeof wanted);                                    \
        CHECK (mst_get_##name (&from) == (value));                                                 \
        CHECK_OK (mst_reader_end (&from));                                                         \
    } while (0)

static void test_numbers (void)
{
    CHECK_NUMBER (u8, 255, 0xff);
    CHECK_NUMBER (u16be, 0x1234, 0x12, 0x34);
    CHECK_NUMBER (u16le, 0x1234, 0x34, 0x12);
    CHECK_NUMBER (u32be, 0x12345678u, 0x12, 0x34, 0x56, 0x78);
    CHECK_NUMBER (u32le, 0x12345678u, 0x78, 0x56, 0x34, 0x12);
    CHECK_NUMBER (u64be, 0x123456789abcdef0u, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0);
    CHECK_NUMBER (u64le, 0x123456789abcdef0u, 0xf0, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12);
    CHECK_NUMBER (i16be, INT16_MIN, 0x80, 0);
    CHECK_NUMBER (i16le, -2, 0xfe, 0xff);
    CHECK_NUMBER (i32be, -2, 0xff, 0xff, 0xff, 0xfe);
    CHECK_NUMBER (i32le, INT32_MIN, 0, 0, 0, 0x80);
    CHECK_NUMBER (i64be, -2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe);
    CHECK_NUMBER (i64le, INT64_MAX, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);
    CHECK_NUMBER (f32be, 1.5f, 0x3f, 0xc0, 0, 0);
    CHECK_NUMBER (f32le, -0.15625f, 0, 0, 0x20, 0xbe);
    CHECK_NUMBER (f64be, -2.0, 0xc0, 0, 0, 0, 0, 0, 0, 0);
    CHECK_NUMBER (f64le, 0.1, 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f);
}

static void test_strings (void)
{
    static const uint8_t unicode[] = { 0, 0, 0, 4, 0, 'a', 0xd8, 0x3d, 0xde, 0, 0, 0xe9 };
    static const uint8_t lone[] = { 0, 0, 0, 2, 0xd8, 0, 0, 'x' };
    uint8_t bytes[32];
    char text[16];
    size_t size_bytes;
    mst_writer_t to = mst_writer (bytes, sizeof bytes);
    mst_put_unicode (&to, "a😀é");
    CHECK_OK (mst_writer_end (&to, &size_bytes));
    CHECK_INT (size_bytes, sizeof unicode);
    CHECK_BYTES (bytes, unicode, sizeof unicode);
    mst_reader_t from = mst_reader (unicode, sizeof unicode);
    CHECK_INT (mst_get_unicode (&from, text, sizeof text), 7);
    CHECK_TEXT (text, "a😀é");
    from = mst_reader (unicode, sizeof unicode); /* cut at a whole character */
    CHECK_INT (mst_get_unicode (&from, text, 4), 7);
    CHECK_TEXT (text, "a");
    CHECK_OK (mst_reader_end (&from));
    from = mst_reader (lone, sizeof lone);
    (void) mst_get_unicode (&from, text, sizeof text);
    CHECK_TEXT (text, "\xef\xbf\xbdx");
    to = mst_writer (bytes, sizeof bytes);
    mst_put_unicode (&to, "\xff");
    CHECK_BYTES (bytes, ((const uint8_t[]){ 0, 0, 0, 1, 0xff, 0xfd }), 6);
    to = mst_writer (bytes, sizeof bytes);
    mst_put_opaque (&to, "\1\2\3", 3);
    CHECK_BYTES (bytes, ((const uint8_t[]){ 0, 0, 0, 3, 1, 2, 3 }), 7);
    from = mst_reader (bytes, 7);
    const uint8_t *data = mst_get_opaque (&from, &size_bytes);
    CHECK (data == bytes + 4 && size_bytes == 3);
}

/*  Every size of the buffer below the whole: nothing beyond it is touched, and the size is told. */
static void test_a_small_buffer (void)
{
    uint8_t bytes[32];
    size_t size_bytes;
    for (size_t room = 0; room < 24; room++) {
        memset (bytes, 0xee, sizeof bytes);
        mst_writer_t to = mst_writer (bytes, room);
        mst_put_u8 (&to, 1);
        mst_put_f64be (&to, 2.0);
        mst_put_ascii (&to, "four");
        CHECK_ERR (mst_writer_end (&to, &size_bytes), MST_E_LIMIT);
        CHECK_INT (size_bytes, 24);
        for (size_t i = room; i < sizeof bytes; i++)
            CHECK (bytes[i] == 0xee);
    }
    mst_writer_t to = mst_writer (bytes, sizeof bytes);
    mst_put_array (&to, (size_t) INT32_MAX + 1, 1);
    CHECK_ERR (mst_writer_end (&to, NULL), MST_E_LIMIT);
    mst_put_u64be (&to, 1);
    CHECK_ERR (mst_writer_end (&to, NULL), MST_E_LIMIT);
}

static void test_a_short_value (void)
{
    static const uint8_t value[] = { 0, 0, 0, 5, 'a', 'b' };
    char text[8] = "old";
    mst_reader_t from = mst_reader (value, sizeof value);
    CHECK_INT (mst_get_ascii (&from, text, sizeof text), 0);
    CHECK_TEXT (text, "");
    CHECK (from.bad);
    CHECK_ERR (mst_reader_end (&from), MST_E_MALFORMED);
    CHECK_INT (mst_get_u8 (&from), 0); /* bad for good */
    from = mst_reader (value, sizeof value);
    CHECK_INT (mst_get_array (&from, 4, 1000000), 0);
    CHECK (from.bad);
    from = mst_reader (value, sizeof value);
    (void) mst_get_u32be (&from);
    CHECK_ERR (mst_reader_end (&from), MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "2 bytes follow");
    from = mst_reader (NULL, 0);
    CHECK_OK (mst_reader_end (&from));
    CHECK (mst_get_bytes (&from, 0) != NULL && mst_get_bytes (&from, 1) == NULL);
}

static CU_TestInfo hand_tests[] = {
    { "a record, there and back", test_a_record },
    { "every kind of number", test_numbers },
    { "strings", test_strings },
    { "a buffer that is too small", test_a_small_buffer },
    { "a value that is too short", test_a_short_value },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "encoding by hand", NULL, NULL, NULL, NULL, hand_tests })
