/*  Bundles: many updates and interactions in one frame, and the talk of routes around them
    (docs/protocol.md, section 7). Fixed shapes, hand-written, plain msgpack.

    Writing fails only for want of memory; reading accepts any bytes and never crashes. */
#ifndef WIRE_BUNDLE_H
#define WIRE_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/types.h>
#include "base/buffer.h"
#include "wire/frame.h"
#include "wire/pack.h"
#include "wire/value.h" /* WIRE_ORDER_RECEIVE, WIRE_ORDER_TIMESTAMP */

#define WIRE_TIME_NEVER INT64_MAX /* no time-stamped message, no bound */

typedef enum wire_message_type {
    WIRE_MESSAGE_UPDATE = 1,
    WIRE_MESSAGE_INTERACTION = 2,
    WIRE_MESSAGE_DELETE = 3,
    WIRE_MESSAGE_RETRACTION = 4,
    WIRE_MESSAGE_MIGRATION = 5
} wire_message_type_t;

/*  Bits of a message's first element, beside its type and, from WIRE_MESSAGE_ORDER_SHIFT on, its
    order. */
enum { WIRE_MESSAGE_ORDER_SHIFT = 4, WIRE_MESSAGE_RETRACTABLE = 1 << 6 };

typedef struct wire_bundle_head {
    uint32_t from;
    uint32_t incarnation;
    uint32_t to;
    uint64_t sequence; /* from 1, per route; best effort has its own */
    int64_t smallest;  /* smallest time of its TSO messages, or WIRE_TIME_NEVER */
    uint64_t applied;  /* control that the sender had applied */
    uint64_t issued;   /* the sender's last control that matters to the receiver */
    uint32_t count;    /* messages */
} wire_bundle_head_t;

/*  One attribute or parameter value: a handle (from 1) and a view of its bytes. It is what users
   give and get, so that nothing is copied between the two. */
typedef mst_value_t wire_message_value_t;

typedef struct wire_message {
    uint8_t type;  /* wire_message_type_t */
    uint8_t order; /* WIRE_ORDER_… */
    bool has_time;
    bool retractable; /* its sender may take it back */
    int64_t time;     /* meaningful when has_time */
    uint64_t target;  /* object, or interaction class; of a retraction: the message's bundle */
    uint32_t epoch;   /* the owner's epoch; the batch of a migration; the message's place there */
    const uint8_t *tag;
    uint32_t tag_size_bytes;
    uint32_t value_count;
    const uint8_t *stamps; /* Lamport and vector stamps as one msgpack value, or NULL */
    uint32_t stamps_size_bytes;
    size_t room_bytes; /* for writing: it takes at most so many; 0: not yet measured */
} wire_message_t;

/*  What a message takes at most: this, its tag, its stamps, and its values with 2 *
 * WIRE_BYTES_HEAD_MAX each. */
size_t wire_message_room (const wire_message_t *message, const wire_message_value_t *values);

/*  An open bundle in `out`: begin, add messages, end. `head` is written at the end, when its counts
   and marks are known; begin keeps room for it. */
mst_err_t wire_bundle_begin (base_buffer_t *out);
mst_err_t wire_bundle_add (base_buffer_t *out, const wire_message_t *message,
                           const wire_message_value_t *values);

/*  The same bytes for an update without tag and stamps, inline: for who has seen that there is room
   (WIRE_MESSAGE_OVERHEAD_BYTES, and each value with 2 * WIRE_BYTES_HEAD_MAX) and that there are at
   most WIRE_PLAIN_VALUES. Without a time it is in receive order, else in the order of time. Gives
   the byte behind what it wrote. */
enum { WIRE_PLAIN_VALUES = 7 };

static inline uint8_t *wire_update_put (uint8_t *at, uint64_t object, uint32_t epoch, bool has_time,
                                        int64_t time, const wire_message_value_t *values,
                                        size_t count)
{
    at[0] = 0x90 | 6;
    if (has_time) {
        at[1] = WIRE_MESSAGE_UPDATE | WIRE_ORDER_TIMESTAMP << 4;
        at = wire_put_i64 (at + 2, time);
    } else {
        at[1] = WIRE_MESSAGE_UPDATE | WIRE_ORDER_RECEIVE << 4;
        at = wire_put_nil (at + 2);
    }
    at = wire_put_u64 (at, object);
    at = wire_put_u32 (at, epoch);
    at[0] = 0xc4; /* no tag */
    at[1] = 0;
    at[2] = (uint8_t) (0x90 | 2 * count);
    at += 3;
    for (const wire_message_value_t *value = values; value < values + count; value++) {
        *at = (uint8_t) value->handle;
        at = wire_put_bytes (at + 1, value->data, value->size_bytes);
    }
    return at;
}
mst_err_t wire_bundle_end (base_buffer_t *out, const wire_bundle_head_t *head, uint16_t kind);

/*  Reading: the head, then message by message. The values of the message are left in the reader:
    take message.value_count of them, in order, before the next message. */
mst_err_t wire_bundle_read (const wire_frame_t *frame, wire_reader_t *reader,
                            wire_bundle_head_t *head);
mst_err_t wire_message_read (wire_reader_t *reader, wire_message_t *message);
void wire_message_value_read_any (wire_reader_t *reader, wire_message_value_t *value);

/*  Inline, with the form that wire_bundle_add gives short values: it is called for each value. */
static inline void wire_message_value_read (wire_reader_t *reader, wire_message_value_t *value)
{
    const uint8_t *at = reader->at;
    ptrdiff_t left = reader->end - at;

    if (left >= 3 && at[0] - 1u < WIRE_VALUES_MAX && at[1] == 0xc4 && left - 3 >= at[2]) {
        value->handle = at[0];
        value->size_bytes = at[2];
        value->data = at + 3;
        reader->at = at + 3 + at[2];
    } else
        wire_message_value_read_any (reader, value);
}

/*  Reading the very form that wire_update_put gives an update in receive order, inline up to its
    values. False: it is another one, and nothing was taken. */
enum { WIRE_PLAIN_HEAD_BYTES = 20 };

static inline bool wire_update_take (wire_reader_t *reader, uint64_t *object, uint32_t *epoch,
                                     uint32_t *value_count)
{
    static const uint8_t head[4] = { 0x90 | 6, WIRE_MESSAGE_UPDATE | WIRE_ORDER_RECEIVE << 4, 0xc0,
                                     0xcf };
    const uint8_t *at = reader->at;

    if (reader->end - at < WIRE_PLAIN_HEAD_BYTES || memcmp (at, head, sizeof head) != 0 ||
        at[12] != 0xce || at[17] != 0xc4 || at[18] != 0 || (at[19] & 0xf1) != 0x90)
        return false;
    memcpy (object, at + 4, sizeof *object);
    *object = __builtin_bswap64 (*object);
    memcpy (epoch, at + 13, sizeof *epoch);
    *epoch = __builtin_bswap32 (*epoch);
    *value_count = (at[19] & 0x0fu) / 2;
    reader->at = at + WIRE_PLAIN_HEAD_BYTES;
    return true;
}

/*  The talk of routes: appends one whole frame. */
typedef struct wire_route_talk {
    uint32_t from;
    uint32_t to;
    uint64_t number;     /* HELLO: incarnation; CREDIT: bytes consumed; REFUSED: error */
    uint64_t token;      /* HELLO */
    const uint8_t *text; /* REFUSED */
    uint32_t text_size_bytes;
} wire_route_talk_t;

mst_err_t wire_route_talk_write (base_buffer_t *out, uint16_t kind, const wire_route_talk_t *talk);
mst_err_t wire_route_talk_read (const wire_frame_t *frame, wire_route_talk_t *talk);

/*  From and to of any data-plane frame: all that a relay looks at. */
mst_err_t wire_data_addresses (const wire_frame_t *frame, uint32_t *from, uint32_t *to);

#endif
