/*  Frames: sixteen bytes that everything travels in. Golden bytes are worked out from
 * docs/protocol.md. */
#include "tests/support/check.h"
#include "wire/frame.h"
#include "base/crc32c.h"

#include <string.h>

static base_buffer_t one_frame (uint16_t kind, const void *body, size_t size)
{
    base_buffer_t out = { 0 };
    size_t start;
    CHECK_OK (wire_frame_begin (&out, &start));
    CHECK_OK (base_buffer_append (&out, body, size));
    CHECK_OK (wire_frame_end (&out, start, kind, WIRE_FLAG_REPLY_WANTED, 7));
    return out;
}

static void test_golden (void)
{
    static const uint8_t after_crc[] = { 3, 0, 0, 0, 1, 1, 0x42, 0x08, 7, 0, 0, 0, 'a', 'b', 'c' };
    base_buffer_t out = one_frame (0x842, "abc", 3);
    CHECK_INT (out.size_bytes, 19);
    CHECK_BYTES (out.data + 4, after_crc, sizeof after_crc);
    uint32_t crc = base_crc32c (0, after_crc, sizeof after_crc);
    const uint8_t expected[] = { (uint8_t) crc, (uint8_t) (crc >> 8), (uint8_t) (crc >> 16),
                                 (uint8_t) (crc >> 24) };
    CHECK_BYTES (out.data, expected, 4);
    base_buffer_fini (&out);
}

static void test_several (void)
{
    base_buffer_t out = one_frame (0x801, "first", 5);
    base_buffer_t second = one_frame (0x900, "", 0);
    size_t offset = 0;
    wire_frame_t frame;
    CHECK_OK (base_buffer_append (&out, second.data, second.size_bytes));
    CHECK_OK (wire_frame_next (out.data, out.size_bytes, &offset, &frame));
    CHECK_INT (frame.kind, 0x801);
    CHECK_INT (frame.request, 7);
    CHECK_INT (frame.body_size_bytes, 5);
    CHECK_OK (wire_frame_next (out.data, out.size_bytes, &offset, &frame));
    CHECK_INT (frame.kind, 0x900);
    CHECK_INT (frame.body_size_bytes, 0);
    CHECK_OK (wire_frame_next (out.data, out.size_bytes, &offset, &frame));
    CHECK (frame.body == NULL);
    base_buffer_fini (&out);
    base_buffer_fini (&second);
}

static void test_every_cut (void)
{
    base_buffer_t out = one_frame (0x801, "some body", 9);
    for (size_t size = 1; size < out.size_bytes; size++) {
        size_t offset = 0;
        wire_frame_t frame;
        CHECK_ERR (wire_frame_next (out.data, size, &offset, &frame), MST_E_MALFORMED);
    }
    base_buffer_fini (&out);
}

static void test_every_byte_changed (void)
{
    base_buffer_t out = one_frame (0x801, "some body", 9);
    for (size_t at = 0; at < out.size_bytes; at++) {
        size_t offset = 0;
        wire_frame_t frame;
        out.data[at] ^= 0x20;
        CHECK (wire_frame_next (out.data, out.size_bytes, &offset, &frame) != MST_OK);
        out.data[at] ^= 0x20;
    }
    base_buffer_fini (&out);
}

static void test_other_version (void)
{
    base_buffer_t out = one_frame (0x801, "x", 1);
    size_t offset = 0;
    wire_frame_t frame;
    out.data[8] = 9;
    CHECK_ERR (wire_frame_next (out.data, out.size_bytes, &offset, &frame), MST_E_VERSION);
    CHECK_CONTAINS (mst_error_text (), "version 9");
    CHECK_CONTAINS (mst_error_text (), "speaks 1");
    base_buffer_fini (&out);
}

static void test_too_large (void)
{
    uint8_t header[WIRE_HEADER_BYTES] = { 0 };
    size_t offset = 0;
    wire_frame_t frame;
    memset (header + 4, 0xff, 4);
    header[8] = WIRE_VERSION;
    CHECK_ERR (wire_frame_next (header, sizeof header, &offset, &frame), MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "WIRE_BODY_MAX");
}

static CU_TestInfo frame_tests[] = {
    { "the bytes of a frame are those of the page", test_golden },
    { "frames stand back to back", test_several },
    { "a cut frame is an error at every byte", test_every_cut },
    { "a changed byte is seen wherever it is", test_every_byte_changed },
    { "another version names both", test_other_version },
    { "a size beyond the limit is refused unread", test_too_large },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "frame", NULL, NULL, NULL, NULL, frame_tests })
