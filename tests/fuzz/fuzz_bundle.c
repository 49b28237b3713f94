/*  Any bytes as the body of a data-plane or control frame: the first byte chooses which. */
#include "wire/bundle.h"
#include "wire/control.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void read_bundle (const wire_frame_t *frame)
{
    wire_reader_t reader;
    wire_bundle_head_t head;
    wire_message_t message;
    wire_message_value_t value;

    if (wire_bundle_read (frame, &reader, &head))
        return;
    while (wire_message_read (&reader, &message) == MST_OK)
        for (uint32_t i = 0; i < message.value_count && !reader.bad; i++)
            wire_message_value_read (&reader, &value);
}

static void read_control (const wire_frame_t *frame, base_arena_t *arena)
{
    wire_up_t up;
    wire_down_t down;
    wire_time_request_t request;
    wire_grant_t grant;
    const uint8_t *args;
    size_t size;

    if (wire_up_read (frame, arena, &up, &args, &size) == MST_OK)
        (void) wire_time_request_read (args, size, arena, &request);
    if (wire_down_read (frame, arena, &down, &args, &size) == MST_OK)
        (void) wire_grant_read (args, size, arena, &grant);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static const uint16_t kinds[] = { WIRE_KIND_BUNDLE, WIRE_KIND_HELLO, WIRE_KIND_TIME_REQUEST };
    base_arena_t arena = { 0 };
    wire_route_talk_t talk;
    uint32_t from, to;

    if (size == 0 || size > WIRE_BODY_MAX)
        return 0;
    wire_frame_t frame = { .kind = kinds[data[0] % 3],
                           .body = data + 1,
                           .body_size_bytes = (uint32_t) size - 1 };
    if (frame.kind == WIRE_KIND_BUNDLE)
        read_bundle (&frame);
    if (frame.kind == WIRE_KIND_HELLO)
        (void) wire_route_talk_read (&frame, &talk);
    if (wire_kind_is_data (frame.kind))
        (void) wire_data_addresses (&frame, &from, &to);
    else
        read_control (&frame, &arena);
    base_arena_fini (&arena);
    return 0;
}
