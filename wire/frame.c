/*  Writing is in two steps because a body's size is known when it stands. */
#include "wire/frame.h"
#include "base/crc32c.h"
#include "base/error.h"

static void put_le32 (uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t) (value >> (8 * i));
}

static uint32_t get_le32 (const uint8_t *at)
{
    return (uint32_t) at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 |
           (uint32_t) at[3] << 24;
}

mst_err_t wire_frame_begin (base_buffer_t *out, size_t *start)
{
    base_assert (out != NULL);
    base_assert (start != NULL);
    mst_err_t err = base_buffer_reserve (out, WIRE_HEADER_BYTES);
    if (err)
        return err;
    *start = out->size_bytes;
    out->size_bytes += WIRE_HEADER_BYTES;
    return MST_OK;
}

mst_err_t wire_frame_end (base_buffer_t *out, size_t start, uint16_t kind, uint8_t flags,
                          uint32_t request)
{
    base_assert (out != NULL);
    base_assert (out->size_bytes >= start + WIRE_HEADER_BYTES);
    size_t body = out->size_bytes - start - WIRE_HEADER_BYTES;
    if (body > WIRE_BODY_MAX) {
        out->size_bytes = start;
        return base_error (MST_E_LIMIT, "a frame of kind 0x%03x has %zu bytes; WIRE_BODY_MAX is %d",
                           kind, body, WIRE_BODY_MAX);
    }
    uint8_t *header = out->data + start;
    put_le32 (header + 4, (uint32_t) body);
    header[8] = WIRE_VERSION;
    header[9] = flags;
    header[10] = (uint8_t) kind;
    header[11] = (uint8_t) (kind >> 8);
    put_le32 (header + 12, request);
    put_le32 (header, base_crc32c (0, header + 4, WIRE_HEADER_BYTES - 4 + body));
    return MST_OK;
}

static mst_err_t frame_check (const uint8_t *header, size_t left, size_t offset)
{
    if (left < WIRE_HEADER_BYTES)
        return base_error (MST_E_MALFORMED,
                           "a frame at byte %zu is cut: %zu of 16 header bytes are there", offset,
                           left);
    if (header[8] != WIRE_VERSION)
        return base_error (MST_E_VERSION,
                           "a frame at byte %zu has protocol version %u, this side speaks %d: "
                           "run the same Muster on both sides",
                           offset, header[8], WIRE_VERSION);
    uint32_t size = get_le32 (header + 4);
    if (size > WIRE_BODY_MAX)
        return base_error (MST_E_MALFORMED,
                           "a frame at byte %zu claims %u bytes; WIRE_BODY_MAX is %d", offset, size,
                           WIRE_BODY_MAX);
    if (size > left - WIRE_HEADER_BYTES)
        return base_error (MST_E_MALFORMED,
                           "a frame at byte %zu is cut: %zu of %u body bytes are there", offset,
                           left - WIRE_HEADER_BYTES, size);
    if (get_le32 (header) != base_crc32c (0, header + 4, WIRE_HEADER_BYTES - 4 + size))
        return base_error (MST_E_MALFORMED, "a frame at byte %zu has a wrong CRC-32C", offset);
    return MST_OK;
}

mst_err_t wire_frame_next (const uint8_t *message, size_t size_bytes, size_t *offset,
                           wire_frame_t *frame)
{
    base_assert (offset != NULL && frame != NULL);
    base_assert (*offset <= size_bytes);
    *frame = (wire_frame_t){ 0 };
    if (*offset == size_bytes)
        return MST_OK;
    const uint8_t *header = message + *offset;
    mst_err_t err = frame_check (header, size_bytes - *offset, *offset);
    if (err)
        return err;
    frame->kind = (uint16_t) (header[10] | header[11] << 8);
    frame->flags = header[9];
    frame->request = get_le32 (header + 12);
    frame->body = header + WIRE_HEADER_BYTES;
    frame->body_size_bytes = get_le32 (header + 4);
    *offset += WIRE_HEADER_BYTES + frame->body_size_bytes;
    return MST_OK;
}
