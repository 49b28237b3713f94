/*  Bundles and the records of time: what the hand-written codecs write is what msgpack-c writes
   with the same widths, and what they read may come in any width. msgpack-c is the oracle. */
#include "tests/support/check.h"
#include "base/random.h"
#include "wire/bundle.h"
#include "wire/control.h"

#include <msgpack.h>
#include <string.h>

enum { HEADER = WIRE_HEADER_BYTES };

static void pack_u32 (msgpack_packer *to, uint32_t value)
{
    msgpack_pack_fix_uint32 (to, value);
}

static void pack_bin (msgpack_packer *to, const void *data, size_t size)
{
    if (size < 256) {
        msgpack_pack_bin (to, size);
    } else { /* msgpack-c chooses bin16 here; the hot codec always writes bin32 */
        uint8_t head[5] = { 0xc6, (uint8_t) (size >> 24), (uint8_t) (size >> 16),
                            (uint8_t) (size >> 8), (uint8_t) size };
        to->callback (to->data, (const char *) head, sizeof head);
    }
    msgpack_pack_bin_body (to, data, size);
}

static void pack_array32 (msgpack_packer *to, uint32_t count)
{
    if (count < 16)
        msgpack_pack_array (to, count);
    else {
        uint8_t head[5] = { 0xdd, (uint8_t) (count >> 24), (uint8_t) (count >> 16),
                            (uint8_t) (count >> 8), (uint8_t) count };
        to->callback (to->data, (const char *) head, sizeof head);
    }
}

static void pack_head (msgpack_packer *to, const wire_bundle_head_t *head)
{
    msgpack_pack_array (to, 8);
    pack_u32 (to, head->from);
    pack_u32 (to, head->incarnation);
    pack_u32 (to, head->to);
    msgpack_pack_fix_uint64 (to, head->sequence);
    msgpack_pack_fix_int64 (to, head->smallest);
    msgpack_pack_fix_uint64 (to, head->applied);
    msgpack_pack_fix_uint64 (to, head->issued);
    pack_u32 (to, head->count);
}

static void pack_message (msgpack_packer *to, const wire_message_t *message,
                          const wire_message_value_t *values)
{
    msgpack_pack_array (to, 6);
    msgpack_pack_uint8 (
        to, (uint8_t) (message->type | message->order << 4 | (message->retractable ? 0x40 : 0)));
    if (message->has_time)
        msgpack_pack_fix_int64 (to, message->time);
    else
        msgpack_pack_nil (to);
    msgpack_pack_fix_uint64 (to, message->target);
    pack_u32 (to, message->epoch);
    pack_bin (to, message->tag, message->tag_size_bytes);
    pack_array32 (to, 2 * message->value_count);
    for (uint32_t i = 0; i < message->value_count; i++) {
        msgpack_pack_uint8 (to, (uint8_t) values[i].handle);
        pack_bin (to, values[i].data, values[i].size_bytes);
    }
}

static const uint8_t noise[70000] = { 1, 2, 3 };

static wire_message_t random_message (base_random_t *random, wire_message_value_t *values)
{
    wire_message_t message = { .type = (uint8_t) (1 + base_random_below (random, 5)),
                               .order = (uint8_t) base_random_below (random, 2),
                               .target = base_random_next (random),
                               .epoch = (uint32_t) base_random_next (random),
                               .tag = noise,
                               .tag_size_bytes = (uint32_t) base_random_below (random, 600),
                               .value_count = (uint32_t) base_random_below (random, 20) };
    if (message.type == WIRE_MESSAGE_RETRACTION) /* in the order of time alone, like its message */
        message.order = WIRE_ORDER_TIMESTAMP;
    message.retractable = message.order == WIRE_ORDER_TIMESTAMP && base_random_chance (random, 0.5);
    message.has_time = message.order == WIRE_ORDER_TIMESTAMP || base_random_chance (random, 0.5);
    message.time = message.has_time ? (int64_t) base_random_next (random) : 0;
    for (uint32_t i = 0; i < message.value_count; i++)
        values[i] = (wire_message_value_t){ 1 + (uint32_t) base_random_below (random, 64),
                                            (uint32_t) base_random_below (random, 400), noise };
    return message;
}

static void check_read (const base_buffer_t *bytes, const wire_bundle_head_t *head,
                        const wire_message_t *message, const wire_message_value_t *values)
{
    size_t offset = 0;
    wire_frame_t frame;
    wire_reader_t reader;
    wire_bundle_head_t read_head;
    wire_message_t read;
    CHECK_OK (wire_frame_next (bytes->data, bytes->size_bytes, &offset, &frame));
    CHECK_OK (wire_bundle_read (&frame, &reader, &read_head));
    CHECK_INT (read_head.sequence, head->sequence);
    CHECK_INT (read_head.smallest, head->smallest);
    CHECK_INT (read_head.issued, head->issued);
    CHECK_OK (wire_message_read (&reader, &read));
    CHECK_INT (read.type, message->type);
    CHECK_INT (read.order, message->order);
    CHECK_INT (read.retractable, message->retractable);
    CHECK_INT (read.time, message->time);
    CHECK_INT (read.target, message->target);
    CHECK_INT (read.epoch, message->epoch);
    CHECK_INT (read.value_count, message->value_count);
    for (uint32_t i = 0; i < read.value_count; i++) {
        wire_message_value_t value;
        wire_message_value_read (&reader, &value);
        CHECK_INT (value.handle, values[i].handle);
        CHECK_INT (value.size_bytes, values[i].size_bytes);
    }
    CHECK (wire_reader_done (&reader));
}

static void test_against_msgpack (void)
{
    base_random_t random;
    base_random_init (&random, 42);
    for (int round = 0; round < 500; round++) {
        wire_message_value_t values[64];
        base_buffer_t out = { 0 };
        msgpack_sbuffer oracle;
        msgpack_packer packer;
        wire_message_t message = random_message (&random, values);
        wire_bundle_head_t head = { 1,
                                    2,
                                    3,
                                    base_random_next (&random),
                                    (int64_t) base_random_next (&random),
                                    base_random_next (&random),
                                    base_random_next (&random),
                                    1 };
        CHECK_OK (wire_bundle_begin (&out));
        CHECK_OK (wire_bundle_add (&out, &message, values));
        CHECK_OK (wire_bundle_end (&out, &head, WIRE_KIND_BUNDLE));
        msgpack_sbuffer_init (&oracle);
        msgpack_packer_init (&packer, &oracle, msgpack_sbuffer_write);
        pack_head (&packer, &head);
        pack_message (&packer, &message, values);
        CHECK_INT (out.size_bytes - HEADER, oracle.size);
        if (out.size_bytes - HEADER == oracle.size)
            CHECK_BYTES (out.data + HEADER, oracle.data, oracle.size);
        check_read (&out, &head, &message, values);
        msgpack_sbuffer_destroy (&oracle);
        base_buffer_fini (&out);
    }
}

/*  What a peer of another make may send: the shortest widths. */
static void test_any_width (void)
{
    msgpack_sbuffer short_form;
    msgpack_packer packer;
    wire_reader_t reader;
    wire_message_t message;
    wire_message_value_t value;
    msgpack_sbuffer_init (&short_form);
    msgpack_packer_init (&packer, &short_form, msgpack_sbuffer_write);
    msgpack_pack_array (&packer, 6);
    msgpack_pack_uint8 (&packer, 0x11);
    msgpack_pack_int64 (&packer, -5);
    msgpack_pack_uint64 (&packer, 300);
    msgpack_pack_uint32 (&packer, 1);
    msgpack_pack_str_with_body (&packer, "tag", 3);
    msgpack_pack_array (&packer, 2);
    msgpack_pack_int (&packer, 4);
    msgpack_pack_bin_with_body (&packer, "abcd", 4);
    wire_reader_init (&reader, short_form.data, short_form.size);
    CHECK_OK (wire_message_read (&reader, &message));
    CHECK_INT (message.time, -5);
    CHECK_INT (message.target, 300);
    CHECK_INT (message.tag_size_bytes, 3);
    wire_message_value_read (&reader, &value);
    CHECK_INT (value.handle, 4);
    CHECK (wire_reader_done (&reader));
    msgpack_sbuffer_destroy (&short_form);
}

static void test_cut_messages (void)
{
    wire_message_value_t values[2] = { { 1, 10, noise }, { 2, 300, noise } };
    wire_message_t message = { .type = WIRE_MESSAGE_UPDATE, .target = 9, .value_count = 2 };
    wire_bundle_head_t head = { 1, 1, 2, 1, WIRE_TIME_NEVER, 0, 0, 1 };
    base_buffer_t out = { 0 };
    CHECK_OK (wire_bundle_begin (&out));
    CHECK_OK (wire_bundle_add (&out, &message, values));
    CHECK_OK (wire_bundle_end (&out, &head, WIRE_KIND_BUNDLE));
    for (uint32_t size = 0; size + HEADER < out.size_bytes; size++) {
        wire_frame_t frame = { .kind = WIRE_KIND_BUNDLE,
                               .body = out.data + HEADER,
                               .body_size_bytes = size };
        wire_reader_t reader;
        bool bad =
            wire_bundle_read (&frame, &reader, &head) || wire_message_read (&reader, &message);
        for (uint32_t i = 0; !bad && i < message.value_count; i++)
            wire_message_value_read (&reader, &values[0]);
        CHECK (bad || reader.bad);
    }
    base_buffer_fini (&out);
}

static void test_talk (void)
{
    wire_route_talk_t talk = { 5, 6, UINT64_C (1) << 40, 77, (const uint8_t *) "why", 3 }, read;
    base_buffer_t out = { 0 };
    size_t offset = 0;
    wire_frame_t frame;
    uint32_t from, to;
    CHECK_OK (wire_route_talk_write (&out, WIRE_KIND_REFUSED, &talk));
    CHECK_OK (wire_frame_next (out.data, out.size_bytes, &offset, &frame));
    CHECK_OK (wire_route_talk_read (&frame, &read));
    CHECK_INT (read.number, talk.number);
    CHECK_INT (read.token, talk.token);
    CHECK_INT (read.text_size_bytes, 3);
    CHECK_OK (wire_data_addresses (&frame, &from, &to));
    CHECK_INT (from, 5);
    CHECK_INT (to, 6);
    base_buffer_fini (&out);
}

/*  Control
 * ------------------------------------------------------------------------------------------ */

static void test_time_request (void)
{
    wire_entry_t entries[2] = { { 2, 10, 100 }, { 3, 4, WIRE_TIME_NEVER } };
    wire_pair_t received[1] = { { 2, 9 } };
    wire_time_request_t
        request = { 7, WIRE_ADVANCE_NMR, 500, 123, { entries, 2 }, { received, 1 } },
        read;
    base_buffer_t out = { 0 };
    base_arena_t arena = { 0 };
    CHECK_OK (wire_time_request_write (&out, &request));
    CHECK_OK (wire_time_request_read (out.data, out.size_bytes, &arena, &read));
    CHECK_INT (read.number, 7);
    CHECK_INT (read.kind, WIRE_ADVANCE_NMR);
    CHECK_INT (read.entries.count, 2);
    CHECK_INT (read.entries.items[1].smallest, WIRE_TIME_NEVER);
    CHECK_INT (read.received.items[0].sequence, 9);
    for (size_t size = 0; size < out.size_bytes; size++)
        CHECK_ERR (wire_time_request_read (out.data, size, &arena, &read), MST_E_MALFORMED);
    base_buffer_fini (&out);
    base_arena_fini (&arena);
}

static void test_grant_and_stamps (void)
{
    wire_pair_t pairs[1] = { { 4, 44 } };
    wire_grant_t grant = { 3, WIRE_ADVANCE_TAR, 10, WIRE_TIME_NEVER, { pairs, 1 } }, read;
    wire_down_t down = { 100, 4, 5, 6, 0, { pairs, 1 } }, down_read;
    base_buffer_t out = { 0 };
    base_arena_t arena = { 0 };
    const uint8_t *args;
    size_t size;
    CHECK_OK (wire_down_write (&out, &down));
    CHECK_OK (wire_grant_write (&out, &grant));
    wire_frame_t frame = { .kind = WIRE_KIND_GRANT,
                           .body = out.data,
                           .body_size_bytes = (uint32_t) out.size_bytes };
    CHECK_OK (wire_down_read (&frame, &arena, &down_read, &args, &size));
    CHECK_INT (down_read.global, 100);
    CHECK_INT (down_read.need.items[0].sequence, 44);
    CHECK_OK (wire_grant_read (args, size, &arena, &read));
    CHECK_INT (read.time, 10);
    CHECK_INT (read.galt, WIRE_TIME_NEVER);
    CHECK_INT (read.need.count, 1);
    base_buffer_fini (&out);
    base_arena_fini (&arena);
}

static CU_TestInfo bundle_tests[] = {
    { "what is written is what msgpack-c writes", test_against_msgpack },
    { "every width is read", test_any_width },
    { "a cut message is an error at every byte", test_cut_messages },
    { "the talk of routes survives the trip", test_talk },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo control_tests[] = {
    { "a time request survives the trip, and no cut of it", test_time_request },
    { "a grant and its stamp survive the trip", test_grant_and_stamps },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "bundle", NULL, NULL, NULL, NULL, bundle_tests },
           { "control", NULL, NULL, NULL, NULL, control_tests })
