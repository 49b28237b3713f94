/*  The writer: its bytes against a file that was worked out from the MCAP specification by hand,
   its limits, a sink that fails, and every allocation failing. */
#include "log/limits.h"
#include "log/writer.h"
#include "tests/support/check.h"
#include "tests/support/log_memory.h"
#include "tests/support/sweep.h"

#include "base/alloc.h"

#include <stdlib.h>

/* clang-format off */
static const uint8_t golden[] = {
    /* magic */
    0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a,
    /* header: profile, library */
    0x01, 0x12, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x6d, 0x75, 0x73,
    0x74, 0x65, 0x72, 0x04, 0x00, 0x00, 0x00, 0x74, 0x65, 0x73, 0x74,
    /* schema 1 */
    0x03, 0x60, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x41,
    0x11, 0x00, 0x00, 0x00, 0x6d, 0x75, 0x73, 0x74, 0x65, 0x72, 0x2d, 0x63, 0x6c, 0x61, 0x73, 0x73,
    0x2b, 0x6a, 0x73, 0x6f, 0x6e, 0x40, 0x00, 0x00, 0x00, 0x7b, 0x22, 0x6e, 0x61, 0x6d, 0x65, 0x22,
    0x3a, 0x22, 0x41, 0x22, 0x2c, 0x22, 0x6b, 0x69, 0x6e, 0x64, 0x22, 0x3a, 0x22, 0x6f, 0x62, 0x6a,
    0x65, 0x63, 0x74, 0x22, 0x2c, 0x22, 0x6d, 0x65, 0x6d, 0x62, 0x65, 0x72, 0x73, 0x22, 0x3a, 0x5b,
    0x7b, 0x22, 0x6e, 0x61, 0x6d, 0x65, 0x22, 0x3a, 0x22, 0x78, 0x22, 0x2c, 0x22, 0x74, 0x79, 0x70,
    0x65, 0x22, 0x3a, 0x22, 0x54, 0x22, 0x7d, 0x5d, 0x7d,
    /* channel 1, schema 1 */
    0x04, 0x18, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00,
    0x00, 0x41, 0x07, 0x00, 0x00, 0x00, 0x6d, 0x73, 0x67, 0x70, 0x61, 0x63, 0x6b, 0x00, 0x00, 0x00,
    0x00,
    /* chunk: times 5 to 5, CRC, no compression; in it one message */
    0x06, 0x58, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0xb6, 0x43, 0xe6, 0xe1, 0x00, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x05, 0x27, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x09, 0x00, 0x00, 0x00,
    0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x98, 0x01, 0x01, 0xa1, 0x66, 0x09, 0x05, 0xa1, 0x6f, 0x81, 0x00, 0xc4, 0x02, 0xca, 0xfe, 0xc4,
    0x00,
    /* message index: channel 1, time 5 at 0 */
    0x07, 0x16, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x10, 0x00, 0x00, 0x00, 0x05,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    /* metadata: sender f, 1 message, 9 to 9, none missing */
    0x0c, 0x26, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0e, 0x00, 0x00, 0x00, 0x6d, 0x75, 0x73,
    0x74, 0x65, 0x72, 0x2e, 0x73, 0x65, 0x6e, 0x64, 0x65, 0x72, 0x73, 0x10, 0x00, 0x00, 0x00, 0x01,
    0x00, 0x00, 0x00, 0x66, 0x07, 0x00, 0x00, 0x00, 0x31, 0x20, 0x39, 0x20, 0x39, 0x20, 0x30,
    /* data end: CRC of all before */
    0x0f, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xce, 0x44, 0x18, 0xd2,
    /* summary: schema */
    0x03, 0x60, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x41,
    0x11, 0x00, 0x00, 0x00, 0x6d, 0x75, 0x73, 0x74, 0x65, 0x72, 0x2d, 0x63, 0x6c, 0x61, 0x73, 0x73,
    0x2b, 0x6a, 0x73, 0x6f, 0x6e, 0x40, 0x00, 0x00, 0x00, 0x7b, 0x22, 0x6e, 0x61, 0x6d, 0x65, 0x22,
    0x3a, 0x22, 0x41, 0x22, 0x2c, 0x22, 0x6b, 0x69, 0x6e, 0x64, 0x22, 0x3a, 0x22, 0x6f, 0x62, 0x6a,
    0x65, 0x63, 0x74, 0x22, 0x2c, 0x22, 0x6d, 0x65, 0x6d, 0x62, 0x65, 0x72, 0x73, 0x22, 0x3a, 0x5b,
    0x7b, 0x22, 0x6e, 0x61, 0x6d, 0x65, 0x22, 0x3a, 0x22, 0x78, 0x22, 0x2c, 0x22, 0x74, 0x79, 0x70,
    0x65, 0x22, 0x3a, 0x22, 0x54, 0x22, 0x7d, 0x5d, 0x7d,
    /* summary: channel */
    0x04, 0x18, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00,
    0x00, 0x41, 0x07, 0x00, 0x00, 0x00, 0x6d, 0x73, 0x67, 0x70, 0x61, 0x63, 0x6b, 0x00, 0x00, 0x00,
    0x00,
    /* summary: statistics */
    0x0b, 0x38, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01,
    0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00,
    /* summary: chunk index */
    0x08, 0x4a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xad, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x61, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x01, 0x00, 0x0e,
    0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00,
    /* summary: metadata index */
    0x0d, 0x22, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x2f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0e, 0x00, 0x00, 0x00, 0x6d, 0x75, 0x73,
    0x74, 0x65, 0x72, 0x2e, 0x73, 0x65, 0x6e, 0x64, 0x65, 0x72, 0x73,
    /* summary offset */
    0x0e, 0x11, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x69, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x69, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    /* summary offset */
    0x0e, 0x11, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0xd2, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x21, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    /* summary offset */
    0x0e, 0x11, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0b, 0xf3, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x41, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    /* summary offset */
    0x0e, 0x11, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x34, 0x02, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x53, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    /* summary offset */
    0x0e, 0x11, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0d, 0x87, 0x02, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    /* footer */
    0x02, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x69, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0xb2, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xa6, 0xa6, 0xf4, 0xf7,
    /* magic */
    0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a,
};
/* clang-format on */

static log_message_t golden_message (log_value_t *value)
{
    *value = (log_value_t){ 0, log_text ("\xca\xfe") };
    return (log_message_t){ .kind = LOG_KIND_UPDATE,
                            .order = LOG_ORDER_TIME_STAMP,
                            .has_time = true,
                            .time = 5,
                            .sequence = 9,
                            .sender = log_text ("f"),
                            .object = log_text ("o"),
                            .values = value,
                            .value_count = 1 };
}

static void test_golden (void)
{
    log_memory_t memory;
    log_writer_t *writer;
    log_member_t member = { "x", "T" };
    log_class_t description = { "A", false, &member, 1 };
    log_writer_options_t options = { .library = "test", .compression = LOG_COMPRESSION_NONE };
    log_value_t value;
    log_message_t message = golden_message (&value);
    uint16_t channel;

    log_memory_init (&memory);
    CHECK_OK (log_writer_new (&writer, &options, log_memory_sink (&memory)));
    CHECK_OK (log_writer_add_class (writer, &description, &channel));
    CHECK_INT (channel, 1);
    CHECK_OK (log_writer_message (writer, channel, &message, 5, 7));
    CHECK_OK (log_writer_finish (writer));
    CHECK_INT (memory.bytes.size_bytes, sizeof golden);
    CHECK_BYTES (memory.bytes.data, golden, sizeof golden);
    log_writer_destroy (&writer);
    CHECK (writer == NULL);
    log_memory_fini (&memory);
}

static void test_empty (void)
{
    log_memory_t memory;
    log_writer_t *writer;
    log_memory_init (&memory);
    CHECK_OK (log_writer_new (&writer, NULL, log_memory_sink (&memory)));
    CHECK_OK (log_writer_finish (writer));
    log_writer_destroy (&writer);
    CHECK_INT (sample_count (&memory), 0);
    log_memory_fini (&memory);
}

static void test_totals (void)
{
    log_memory_t memory;
    log_writer_t *writer;
    log_writer_options_t options = { .chain_interval = 1 };
    log_memory_init (&memory);
    CHECK_OK (log_writer_new (&writer, &options, log_memory_sink (&memory)));
    CHECK_OK (sample_fill (writer));
    log_totals_t totals = log_writer_totals (writer);
    CHECK_INT (totals.messages, SAMPLE_MESSAGES);
    CHECK_INT (totals.records, 2 * SAMPLE_STEPS); /* a grant and a link of the chain each */
    CHECK_INT (totals.chunks, SAMPLE_STEPS);
    CHECK_INT (totals.open_bytes, 0);
    CHECK_INT (totals.file_bytes, memory.bytes.size_bytes);
    log_writer_destroy (&writer);
    log_memory_fini (&memory);
}

/*  A chunk leaves by itself when it has reached its size. */
static void test_chunk_is_full (void)
{
    log_memory_t memory;
    log_writer_t *writer;
    log_writer_options_t options = { .chunk_bytes = 1000 };
    uint16_t channels[SAMPLE_CLASSES];
    log_memory_init (&memory);
    CHECK_OK (log_writer_new (&writer, &options, log_memory_sink (&memory)));
    CHECK_OK (sample_classes (writer, channels));
    for (int i = 1; i <= 100; i++) {
        CHECK_OK (sample_update (writer, channels[0], i, 0, (uint64_t) i));
        CHECK (log_writer_totals (writer).open_bytes < 1000);
    }
    CHECK (log_writer_totals (writer).chunks > 5);
    CHECK_OK (log_writer_finish (writer));
    log_writer_destroy (&writer);
    CHECK_INT (sample_count (&memory), 100);
    log_memory_fini (&memory);
}

static void test_wrong_use (void)
{
    log_memory_t memory;
    log_writer_t *writer;
    log_writer_options_t options = { .chunk_bytes = LOG_CHUNK_CHOICE_MAX_BYTES + 1 };
    log_schema_t schema = { .id = 0 };
    log_value_t values[2] = { { 3, log_text ("a") }, { 3, log_text ("b") } };
    log_message_t message = golden_message (values);
    uint16_t channels[SAMPLE_CLASSES];

    log_memory_init (&memory);
    CHECK_ERR (log_writer_new (&writer, &options, log_memory_sink (&memory)), MST_E_LIMIT);
    CHECK (writer == NULL);
    CHECK_OK (log_writer_new (&writer, NULL, log_memory_sink (&memory)));
    CHECK_ERR (log_writer_message (writer, 1, &message, 5, 7), MST_E_INVALID_ARGUMENT);
    CHECK_OK (sample_classes (writer, channels));
    CHECK_ERR (log_writer_add_schema (writer, &schema), MST_E_INVALID_ARGUMENT);
    schema.id = channels[0];
    CHECK_ERR (log_writer_add_schema (writer, &schema), MST_E_INVALID_ARGUMENT);
    log_channel_t channel = { .id = channels[0] };
    CHECK_ERR (log_writer_add_channel (writer, &channel), MST_E_INVALID_ARGUMENT);
    values[1] = values[0];
    message.value_count = 2; /* twice the same index */
    CHECK_ERR (log_writer_message (writer, channels[0], &message, 5, 7), MST_E_INVALID_ARGUMENT);
    message.value_count = LOG_VALUES_MAX + 1;
    CHECK_ERR (log_writer_message (writer, channels[0], &message, 5, 7), MST_E_LIMIT);
    message.value_count = 1;
    message.has_time = false;
    CHECK_ERR (log_writer_message (writer, channels[0], &message, 5, 7), MST_E_INVALID_ARGUMENT);
    CHECK_INT (log_writer_totals (writer).messages, 0);
    CHECK_INT (log_writer_totals (writer).open_bytes, 0);
    log_writer_destroy (&writer);
    log_memory_fini (&memory);
}

static void test_large_message (void)
{
    log_memory_t memory;
    log_writer_t *writer;
    log_value_t value;
    log_message_t message = golden_message (&value);
    uint16_t channels[SAMPLE_CLASSES];
    char *large = calloc (1, LOG_MESSAGE_MAX_BYTES + 1);

    log_memory_init (&memory);
    CHECK_OK (log_writer_new (&writer, NULL, log_memory_sink (&memory)));
    CHECK_OK (sample_classes (writer, channels));
    value.bytes = log_span (large, LOG_MESSAGE_MAX_BYTES - 200);
    CHECK_OK (log_writer_message (writer, channels[0], &message, 5, 7));
    CHECK_INT (log_writer_totals (writer).chunks, 1);
    value.bytes.size_bytes = LOG_MESSAGE_MAX_BYTES;
    CHECK_ERR (log_writer_message (writer, channels[0], &message, 5, 7), MST_E_LIMIT);
    value.bytes.size_bytes = LOG_MESSAGE_MAX_BYTES + 1;
    CHECK_ERR (log_writer_message (writer, channels[0], &message, 5, 7), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "longer than");
    CHECK_OK (log_writer_finish (writer));
    log_writer_destroy (&writer);
    CHECK_INT (sample_count (&memory), 1);
    free (large);
    log_memory_fini (&memory);
}

/*  A full disk: the error is given, and given again, and what stands in the file can be read. */
static void test_sink_fails (void)
{
    mst_err_t err = MST_E_IO;
    for (int64_t writes = 0; err; writes++) {
        log_memory_t memory;
        log_writer_t *writer;
        log_writer_options_t options = { .chain_interval = 1 };
        log_memory_init (&memory);
        memory.writes_left = writes;
        err = log_writer_new (&writer, &options, log_memory_sink (&memory));
        CHECK (!err || writer == NULL);
        if (!err)
            err = sample_fill (writer);
        if (!err)
            err = log_writer_finish (writer);
        else if (writer)
            CHECK_ERR (log_writer_flush (writer), MST_E_IO);
        if (err) {
            CHECK_ERR (err, MST_E_IO);
            CHECK_CONTAINS (mst_error_text (), writer ? "" : "the disk is full");
        }
        log_writer_destroy (&writer);
        CHECK (writes == 0 || sample_count (&memory) >= 0);
        log_memory_fini (&memory);
        CHECK_OR_RETURN (writes < 1000);
    }
}

static void sweep_write (void *context)
{
    log_memory_t memory;
    log_memory_init (&memory);
    (void) sample_write (&memory, *(const log_compression_t *) context);
    log_memory_fini (&memory);
}

static void test_sweep (void)
{
    log_compression_t compression = LOG_COMPRESSION_ZSTD;
    CHECK (sweep_allocations (sweep_write, &compression) > 50);
    compression = LOG_COMPRESSION_LZ4;
    CHECK (sweep_allocations (sweep_write, &compression) > 50);
}

/*  A lack of memory that passes: each call is tried again, and in the end nothing is missing. */
static void test_memory_comes_back (void)
{
    for (int64_t after = 0; after < 200; after++) {
        log_memory_t memory;
        log_writer_t *writer;
        uint16_t channels[SAMPLE_CLASSES];
        log_memory_init (&memory);
        base_buffer_reserve (&memory.bytes, 1 << 16);
        CHECK_OK (log_writer_new (&writer, NULL, log_memory_sink (&memory)));
        CHECK_OK (sample_classes (writer, channels));
        base_alloc_fail (after, false);
        for (int i = 1; i <= 50; i++) {
            uint64_t before = log_writer_totals (writer).messages;
            mst_err_t err = sample_update (writer, channels[0], i, 0, (uint64_t) i);
            if (err) {
                CHECK_ERR (err, MST_E_NO_MEMORY);
                CHECK_INT (log_writer_totals (writer).messages, before);
                CHECK_OK (sample_update (writer, channels[0], i, 0, (uint64_t) i));
            }
            if (log_writer_flush (writer))
                CHECK_OK (log_writer_flush (writer));
        }
        base_alloc_fail (-1, false);
        CHECK_OK (log_writer_finish (writer));
        log_writer_destroy (&writer);
        CHECK_INT (sample_count (&memory), 50);
        log_memory_fini (&memory);
    }
}

/*  Once warm, messages cost no allocation until a chunk leaves. */
static void test_no_allocation_per_message (void)
{
    log_memory_t memory;
    log_writer_t *writer;
    log_writer_options_t options = { .chain_interval = 1 };
    uint16_t channels[SAMPLE_CLASSES];
    log_memory_init (&memory);
    CHECK_OK (log_writer_new (&writer, &options, log_memory_sink (&memory)));
    CHECK_OK (sample_classes (writer, channels));
    for (int i = 1; i <= 1000; i++)
        CHECK_OK (sample_update (writer, channels[0], 1, i % 2, (uint64_t) i));
    CHECK_OK (log_writer_flush (writer));
    base_alloc_fail (0, true);
    for (int i = 1; i <= 1000; i++)
        CHECK_OK (sample_update (writer, channels[0], 1, i % 2, (uint64_t) (1000 + i)));
    base_alloc_fail (-1, false);
    log_writer_destroy (&writer);
    log_memory_fini (&memory);
}

static void test_time (void)
{
    uint64_t ns;
    CHECK_OK (log_time_of (3, 10, 1000, &ns));
    CHECK_INT (ns, 3010);
    CHECK_OK (log_time_of (-1, 1000, 1000, &ns));
    CHECK_INT (ns, 0);
    CHECK_ERR (log_time_of (-2, 1000, 1000, &ns), MST_E_INVALID_TIME);
    CHECK_CONTAINS (mst_error_text (), "before 1970");
    CHECK_ERR (log_time_of (INT64_MAX, 0, 1000000000, &ns), MST_E_INVALID_TIME);
    CHECK_CONTAINS (mst_error_text (), "beyond");
    CHECK_OK (log_time_of (INT64_MAX, INT64_MAX, 1, &ns));
}

static CU_TestInfo writer_tests[] = {
    { "the bytes are those of the specification", test_golden },
    { "a recording of nothing", test_empty },
    { "totals", test_totals },
    { "a full chunk leaves by itself", test_chunk_is_full },
    { "wrong use is refused", test_wrong_use },
    { "a large message, and one too large", test_large_message },
    { "the disk is full, at every write", test_sink_fails },
    { "every allocation fails", test_sweep },
    { "memory comes back", test_memory_comes_back },
    { "no allocation per message", test_no_allocation_per_message },
    { "logical time in nanoseconds", test_time },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "log writer", NULL, NULL, NULL, NULL, writer_tests })
