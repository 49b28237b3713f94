/*  The frame: sixteen bytes, little-endian, before every msgpack body, on every road
   (docs/protocol.md, section 1). One transport message holds one or more frames back to back. */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buffer.h"
#include "wire/limits.h"

enum { WIRE_FLAG_REPLY_WANTED = 1 };

/*  Kinds from here on have hand-written codecs. */
typedef enum wire_kind {
    WIRE_KIND_RECORDS = 0x800,
    WIRE_KIND_BUNDLE = 0x900,
    WIRE_KIND_HELLO = 0x901,
    WIRE_KIND_WELCOME = 0x902,
    WIRE_KIND_CREDIT = 0x903,
    WIRE_KIND_REFUSED = 0x904,
    WIRE_KIND_BUNDLE_BEST_EFFORT = 0x905,
    WIRE_KIND_TIME_REQUEST = 0x910,
    WIRE_KIND_GRANT = 0x911
} wire_kind_t;

typedef struct wire_frame {
    uint16_t kind;
    uint8_t flags;
    uint32_t request;
    const uint8_t *body; /* a view into the message */
    uint32_t body_size_bytes;
} wire_frame_t;

/*  Data-plane frames (bundles and the talk of routes) carry no stamp. */
static inline bool wire_kind_is_data (uint16_t kind)
{
    return (kind & 0xff0u) == WIRE_KIND_BUNDLE;
}

/*  Begins a frame in `out`: reserves the header and returns its offset in *start. Then append the
   body and call wire_frame_end, which fills in size and CRC. Errors: MST_E_NO_MEMORY; at the end
   MST_E_LIMIT. On an error the buffer is cut back to `start`. */
mst_err_t wire_frame_begin (base_buffer_t *out, size_t *start);
mst_err_t wire_frame_end (base_buffer_t *out, size_t start, uint16_t kind, uint8_t flags,
                          uint32_t request);

/*  Takes the next frame off a message. *offset moves behind it; MST_OK with frame->body == NULL at
   the end. The bytes may be anything: MST_E_MALFORMED or MST_E_VERSION say what was wrong and
   where. */
mst_err_t wire_frame_next (const uint8_t *message, size_t size_bytes, size_t *offset,
                           wire_frame_t *frame);

#endif
