/*  The reader on whole, cut, damaged and hostile files. What is promised: a file opens or says why
    not; a jump reads little; nothing crashes, and nothing that was changed goes unnoticed. */
#include "base/alloc.h"
#include "log/chain.h"
#include "log/crc32.h"
#include "log/limits.h"
#include "log/reader.h"
#include "log/verify.h"
#include "log/walk.h"
#include "log/writer.h"
#include "tests/support/check.h"
#include "tests/support/log_memory.h"
#include "tests/support/sweep.h"

#include <stdlib.h>
#include <string.h>

static void check_messages_in_order (log_reader_t *reader)
{
    log_envelope_t message;
    log_decoded_t *decoded = malloc (sizeof *decoded);
    bool found = true;
    char text[32];
    for (int i = 0; i < SAMPLE_MESSAGES; i++) {
        int time = 1 + i / 3, sender = 1 - i % 3;
        CHECK_OK (log_reader_next (reader, &message, &found));
        CHECK_OR_RETURN (found);
        CHECK_INT (message.log_time_ns, time * SAMPLE_NS);
        CHECK_OK (log_message_decode (decoded, message.body.data, message.body.size_bytes));
        if (sender < 0) {
            CHECK_INT (decoded->message.kind, LOG_KIND_INTERACTION);
            CHECK (!decoded->message.has_time);
            CHECK (log_span_is (decoded->message.tag, log_text ("tag")));
            continue;
        }
        (void) snprintf (text, sizeof text, "at %d of %d", time, sender);
        CHECK_INT (decoded->message.time, time);
        CHECK (log_span_is (decoded->message.sender, log_text (sender ? "moon" : "sun")));
        CHECK (log_span_is (decoded->values[0].bytes, log_text (text)));
        CHECK_INT (decoded->values[1].index, 2);
    }
    CHECK_OK (log_reader_next (reader, &message, &found));
    CHECK (!found);
    free (decoded);
}

static void check_classes (const log_reader_t *reader)
{
    base_arena_t arena;
    log_class_t description;
    const log_channel_t *channel = log_reader_channel (reader, 1);
    CHECK_OR_RETURN (channel != NULL);
    CHECK (log_span_is (channel->topic, log_text ("HLAobjectRoot.Body")));
    const log_schema_t *schema = log_reader_schema (reader, channel->schema_id);
    CHECK_OR_RETURN (schema != NULL);
    base_arena_init (&arena);
    CHECK_OK (log_class_decode (&description, &arena, schema->data.data, schema->data.size_bytes));
    CHECK_TEXT (description.name, "HLAobjectRoot.Body");
    CHECK_INT (description.member_count, 3);
    CHECK_TEXT (description.members[2].name, "name");
    CHECK_TEXT (description.members[2].type, "HLAunicodeString");
    base_arena_fini (&arena);
    CHECK (log_reader_channel (reader, 3) == NULL);
    CHECK (log_reader_schema (reader, 0) == NULL);
    CHECK (log_reader_channel_at (reader, 2) == NULL);
}

static void check_attachment_and_metadata (log_reader_t *reader)
{
    log_attachment_t attachment;
    log_metadata_t metadata;
    log_pair_t pair;
    bool found;
    CHECK_INT (log_reader_attachment_count (reader), 1);
    CHECK_OK (log_reader_attachment (reader, 0, &attachment));
    CHECK (log_span_is (attachment.data, log_text ("<objectModel/>")));
    CHECK (log_span_is (log_reader_attachment_at (reader, 0)->name, log_text ("sample.xml")));
    CHECK_INT (log_reader_attachment_at (reader, 0)->data_bytes, 14);
    CHECK_OK (log_reader_find_metadata (reader, "scenario", &metadata, &found));
    CHECK_OR_RETURN (found);
    log_cursor_t map = log_cursor (metadata.map.data, metadata.map.size_bytes);
    CHECK (log_map_next (&map, &pair));
    CHECK (log_span_is (pair.value, log_text ("sample")));
    CHECK (!log_map_next (&map, &pair));
    CHECK_OK (log_reader_find_metadata (reader, "nothing", &metadata, &found));
    CHECK (!found);
}

static void check_sample (log_memory_t *memory, bool whole)
{
    log_reader_t *reader;
    log_source_t source = log_memory_source (memory);
    CHECK_OK (log_reader_new (&reader, &source));
    CHECK_OR_RETURN (reader != NULL);
    const log_info_t *info = log_reader_info (reader);
    CHECK_INT (info->has_summary, whole);
    CHECK_INT (info->complete, whole);
    CHECK_INT (info->lost_bytes, 0);
    CHECK (log_span_is (info->profile, log_text ("muster")));
    CHECK_INT (info->statistics.messages, SAMPLE_MESSAGES);
    CHECK_INT (info->statistics.chunks, SAMPLE_STEPS);
    CHECK_INT (info->statistics.channels, 2);
    CHECK_INT (info->statistics.start_ns, SAMPLE_NS);
    CHECK_INT (info->statistics.end_ns, SAMPLE_STEPS * SAMPLE_NS);
    CHECK_INT (log_reader_messages (reader, 1), SAMPLE_STEPS * 2);
    CHECK_INT (log_reader_messages (reader, 2), SAMPLE_STEPS);
    CHECK_INT (log_reader_messages (reader, 7), 0);
    check_classes (reader);
    check_attachment_and_metadata (reader);
    check_messages_in_order (reader);
    log_reader_seek (reader, 0, UINT64_MAX);
    check_messages_in_order (reader);
    log_reader_destroy (&reader);
    CHECK (reader == NULL);
}

/*  Whole, and cut behind the last chunk (where a killed writer leaves it), in each compression. */
static void test_round_trip (void)
{
    const log_compression_t compressions[] = { LOG_COMPRESSION_ZSTD, LOG_COMPRESSION_LZ4,
                                               LOG_COMPRESSION_NONE };
    for (int i = 0; i < 3; i++) {
        log_memory_t memory;
        log_writer_t *writer;
        log_memory_init (&memory);
        CHECK_OK (sample_write (&memory, compressions[i]));
        check_sample (&memory, true);
        log_memory_fini (&memory);

        log_writer_options_t options = { .compression = compressions[i], .chain_interval = 1 };
        log_memory_init (&memory);
        CHECK_OK (log_writer_new (&writer, &options, log_memory_sink (&memory)));
        CHECK_OK (sample_fill (writer));
        log_writer_destroy (&writer); /* killed */
        check_sample (&memory, false);
        log_memory_fini (&memory);
    }
}

static uint64_t first_time_after (log_reader_t *reader, uint64_t from_ns, uint64_t until_ns)
{
    log_envelope_t message;
    bool found;
    log_reader_seek (reader, from_ns, until_ns);
    CHECK_OK (log_reader_next (reader, &message, &found));
    return found ? message.log_time_ns : 0;
}

static void test_seek_reads_little (void)
{
    enum { STEPS = 2000 };
    log_memory_t memory;
    log_writer_t *writer;
    log_reader_t *reader;
    uint16_t channels[SAMPLE_CLASSES];
    log_memory_init (&memory);
    CHECK_OK (log_writer_new (&writer, NULL, log_memory_sink (&memory)));
    CHECK_OK (sample_classes (writer, channels));
    for (int64_t time = 1; time <= STEPS; time++) {
        CHECK_OK (sample_update (writer, channels[0], time, 0, (uint64_t) time));
        CHECK_OK (time % 10 ? MST_OK : log_writer_flush (writer));
    }
    CHECK_OK (log_writer_finish (writer));
    log_writer_destroy (&writer);

    log_source_t source = log_memory_source (&memory);
    CHECK_OK (log_reader_new (&reader, &source));
    memory.read_bytes = 0;
    CHECK_INT (first_time_after (reader, 1234500, UINT64_MAX), 1235000);
    CHECK_INT (first_time_after (reader, 700000, 700000), 700000);
    CHECK_INT (first_time_after (reader, 700001, 700999), 0);
    CHECK_INT (first_time_after (reader, STEPS * SAMPLE_NS + 1, UINT64_MAX), 0);
    CHECK_INT (first_time_after (reader, 0, UINT64_MAX), SAMPLE_NS);
    CHECK (memory.read_bytes < memory.size_bytes + 4 * 65536); /* each read is 64 KiB ahead */
    log_reader_destroy (&reader);
    log_memory_fini (&memory);
}

/*  Chunks whose times overlap, and messages out of order inside a chunk. */
static void test_order_of_time (void)
{
    static const int times[] = { 5, 3, 9, 4, 4, 1, 12, 2, 8, 8 };
    enum { COUNT = sizeof times / sizeof times[0] };
    log_memory_t memory;
    log_writer_t *writer;
    log_reader_t *reader;
    uint16_t channels[SAMPLE_CLASSES];
    log_envelope_t message;
    bool found;
    uint64_t last = 0, last_sequence = 0;

    log_memory_init (&memory);
    CHECK_OK (log_writer_new (&writer, NULL, log_memory_sink (&memory)));
    CHECK_OK (sample_classes (writer, channels));
    for (int i = 0; i < COUNT; i++) {
        CHECK_OK (sample_update (writer, channels[0], times[i], 0, (uint64_t) i));
        CHECK_OK (i % 3 == 2 ? log_writer_flush (writer) : MST_OK);
    }
    CHECK_OK (log_writer_finish (writer));
    log_writer_destroy (&writer);

    log_source_t source = log_memory_source (&memory);
    CHECK_OK (log_reader_new (&reader, &source));
    for (int i = 0; i < COUNT; i++) {
        CHECK_OK (log_reader_next (reader, &message, &found));
        CHECK_OR_RETURN (found);
        CHECK (message.log_time_ns > last ||
               (message.log_time_ns == last && message.sequence > last_sequence));
        last = message.log_time_ns;
        last_sequence = message.sequence;
    }
    CHECK_OK (log_reader_next (reader, &message, &found));
    CHECK (!found);
    log_reader_destroy (&reader);
    log_memory_fini (&memory);
}

static void test_file_order (void)
{
    log_memory_t memory;
    log_walk_t walk;
    log_item_t item;
    bool found = true;
    int messages = 0, links = 0, chunks = 0;
    log_memory_init (&memory);
    CHECK_OK (sample_write (&memory, LOG_COMPRESSION_ZSTD));
    log_source_t source = log_memory_source (&memory);
    CHECK_OK (log_walk_init (&walk, &source));
    while (found) {
        CHECK_OK (log_walk_next (&walk, &item, &found));
        messages += found && item.opcode == LOG_OP_MESSAGE;
        links += found && item.opcode == LOG_RECORD_CHAIN;
        chunks += found && item.opcode == LOG_OP_CHUNK;
    }
    CHECK_INT (messages, SAMPLE_MESSAGES);
    CHECK_INT (links, SAMPLE_STEPS);
    CHECK_INT (chunks, SAMPLE_STEPS);
    CHECK (walk.ended && !walk.cut);
    CHECK_INT (walk.lost_bytes, 0);
    log_walk_fini (&walk);
    log_memory_fini (&memory);
}

/*  Where each chunk with its indexes ends: what lies before a cut must be there. */
static int chunks_before (log_memory_t *memory, uint64_t cut)
{
    log_reader_t *reader;
    log_source_t source = log_memory_source (memory);
    int count = 0;
    CHECK_OK (log_reader_new (&reader, &source));
    for (size_t i = 0; i < log_reader_chunk_count (reader); i++) {
        const log_extent_t *extent = log_reader_chunk_at (reader, i);
        count += extent->offset + extent->length <= cut;
    }
    log_reader_destroy (&reader);
    return count;
}

static bool sample_complete (log_memory_t *memory)
{
    log_reader_t *reader;
    log_source_t source = log_memory_source (memory);
    CHECK_OK (log_reader_new (&reader, &source));
    bool complete = reader && log_reader_info (reader)->complete;
    log_reader_destroy (&reader);
    return complete;
}

static void test_cut_anywhere (void)
{
    log_memory_t memory;
    log_memory_init (&memory);
    CHECK_OK (sample_write (&memory, LOG_COMPRESSION_ZSTD));
    uint64_t whole = memory.size_bytes;
    for (uint64_t cut = 0; cut < whole; cut++) {
        memory.size_bytes = whole;
        int chunks = chunks_before (&memory, cut);
        memory.size_bytes = cut;
        if (cut < LOG_MAGIC_BYTES) {
            log_reader_t *reader;
            log_source_t source = log_memory_source (&memory);
            CHECK_ERR (log_reader_new (&reader, &source), MST_E_FILE_CORRUPT);
            CHECK_CONTAINS (mst_error_text (), "not a recording");
            CHECK (reader == NULL);
        } else {
            CHECK (!sample_complete (&memory));
            CHECK_INT (sample_count (&memory), chunks * SAMPLE_MESSAGES / SAMPLE_STEPS);
        }
    }
    log_memory_fini (&memory);
}

/*  Reads everything there is, whatever errors that gives; it must end. */
static void read_all (log_memory_t *memory)
{
    log_reader_t *reader;
    log_source_t source = log_memory_source (memory);
    log_envelope_t message;
    bool found = true;
    int calls = 0;
    if (log_reader_new (&reader, &source))
        return;
    do {
        mst_err_t err = log_reader_next (reader, &message, &found);
        found = found || log_walk_can_go_on (err);
    } while (found && calls++ < 10000);
    CHECK (calls < 10000);
    for (size_t i = 0; i < log_reader_attachment_count (reader); i++) {
        log_attachment_t attachment;
        (void) log_reader_attachment (reader, i, &attachment);
    }
    log_reader_destroy (&reader);
}

static mst_err_t verify_quietly (log_memory_t *memory)
{
    log_report_t report;
    log_source_t source = log_memory_source (memory);
    log_report_init (&report);
    mst_err_t err = log_verify (&source, &report);
    log_report_fini (&report);
    return err;
}

static void test_every_byte_changed (void)
{
    const log_compression_t compressions[] = { LOG_COMPRESSION_ZSTD, LOG_COMPRESSION_NONE };
    static const uint8_t changes[] = { 0xff, 0x01, 0x80 };
    for (int i = 0; i < 2; i++) {
        log_memory_t memory;
        log_memory_init (&memory);
        CHECK_OK (sample_write (&memory, compressions[i]));
        CHECK_OK (verify_quietly (&memory));
        for (size_t at = 0; at < memory.bytes.size_bytes; at++) {
            uint8_t *byte = &memory.bytes.data[at];
            for (size_t k = 0; k < sizeof changes; k++) {
                *byte ^= changes[k];
                read_all (&memory);
                if (!CHECK_ERR (verify_quietly (&memory), MST_E_FILE_CORRUPT))
                    fprintf (stderr, "byte %zu, change %02x\n", at, changes[k]);
                *byte ^= changes[k];
            }
        }
        log_memory_fini (&memory);
    }
}

/*  Hostile files ---------------------------------------------------------------------------------
 */

/*  A file of one chunk record with these claims and nothing else. */
static void hostile_chunk (log_memory_t *memory, uint64_t plain_bytes, const char *compression,
                           log_span_t packed)
{
    log_chunk_t chunk = { .end_ns = 9,
                          .plain_bytes = plain_bytes,
                          .compression = log_text (compression),
                          .packed_bytes = packed.size_bytes,
                          .packed = packed };
    log_memory_init (memory);
    CHECK_OK (base_buffer_append (&memory->bytes, log_magic, LOG_MAGIC_BYTES));
    CHECK_OK (log_build_chunk_head (&memory->bytes, &chunk));
    CHECK_OK (base_buffer_append (&memory->bytes, packed.data, packed.size_bytes));
    CHECK_OK (log_build_data_end (&memory->bytes, 0));
    memory->size_bytes = memory->bytes.size_bytes;
}

static void check_chunk_error (log_memory_t *memory, mst_err_t expected, const char *text)
{
    log_walk_t walk;
    log_item_t item;
    bool found;
    log_source_t source = log_memory_source (memory);
    CHECK_OK (log_walk_init (&walk, &source));
    CHECK_ERR (log_walk_next (&walk, &item, &found), expected);
    CHECK_CONTAINS (mst_error_text (), text);
    CHECK_OK (log_walk_next (&walk, &item, &found));
    CHECK (found && item.opcode == LOG_OP_DATA_END);
    CHECK_INT (sample_count (memory), 0);
    log_walk_fini (&walk);
    log_memory_fini (memory);
}

static void test_bombs (void)
{
    log_memory_t memory;
    log_codec_t codec;
    base_buffer_t packed;
    char *zeros = calloc (1, 1 << 20);

    hostile_chunk (&memory, UINT64_MAX, "zstd", log_text ("x"));
    check_chunk_error (&memory, MST_E_LIMIT, "unfolds");
    hostile_chunk (&memory, LOG_CHUNK_MAX_BYTES + 1ull, "lz4", log_text ("x"));
    check_chunk_error (&memory, MST_E_LIMIT, "unfolds");
    hostile_chunk (&memory, 5, "", log_text ("x"));
    check_chunk_error (&memory, MST_E_FILE_CORRUPT, "not what it claims");
    hostile_chunk (&memory, 5, "rar", log_text ("x"));
    check_chunk_error (&memory, MST_E_NOT_SUPPORTED, "rar");

    /* A megabyte behind a claim of ten bytes, and behind one of more than there is. */
    const log_compression_t compressions[] = { LOG_COMPRESSION_ZSTD, LOG_COMPRESSION_LZ4 };
    base_buffer_init (&packed);
    log_codec_init (&codec);
    for (int i = 0; i < 2; i++) {
        const char *name = log_compression_name (compressions[i]).data;
        CHECK_OK (log_codec_pack (&codec, compressions[i], 1, &packed, log_span (zeros, 1 << 20)));
        log_span_t span = log_span (packed.data, packed.size_bytes);
        hostile_chunk (&memory, 10, name, span);
        check_chunk_error (&memory, MST_E_FILE_CORRUPT, "cannot be unpacked");
        hostile_chunk (&memory, (1 << 20) + 1, name, span);
        check_chunk_error (&memory, MST_E_FILE_CORRUPT, "cannot be unpacked");
    }
    log_codec_fini (&codec);
    base_buffer_fini (&packed);
    free (zeros);
}

/*  Another program's file: classes inside the chunk, a message outside, a record from the future, a
    private one that is not ours, no indexes. */
static void test_foreign (void)
{
    log_memory_t memory;
    base_buffer_t plain;
    log_reader_t *reader;
    log_walk_t walk;
    log_item_t item;
    log_header_t header = { log_text (""), log_text ("other") };
    log_schema_t schema = { 7, log_text ("s"), log_text (""), log_text ("") };
    log_channel_t channel = { 0, 7, log_text ("/a"), log_text ("json"), log_text ("") };
    uint8_t message[LOG_HEAD_BYTES + LOG_MESSAGE_HEAD_BYTES + 2] = { 0 };
    log_put_head (message, LOG_OP_MESSAGE, LOG_MESSAGE_HEAD_BYTES + 2);
    uint8_t future[LOG_HEAD_BYTES + 1] = { 0 }, private_one[LOG_HEAD_BYTES + 1] = { 0 };
    log_put_head (future, 0x70, 1);
    log_put_head (private_one, 0xfe, 1);

    base_buffer_init (&plain);
    CHECK_OK (log_build_schema (&plain, &schema));
    CHECK_OK (log_build_channel (&plain, &channel));
    CHECK_OK (base_buffer_append (&plain, message, sizeof message));
    CHECK_OK (base_buffer_append (&plain, future, sizeof future));
    log_chunk_t chunk = { .plain_bytes = plain.size_bytes,
                          .compression = log_text (""),
                          .packed_bytes = plain.size_bytes,
                          .packed = log_span (plain.data, plain.size_bytes) };
    log_memory_init (&memory);
    CHECK_OK (base_buffer_append (&memory.bytes, log_magic, LOG_MAGIC_BYTES));
    CHECK_OK (log_build_header (&memory.bytes, &header));
    CHECK_OK (log_build_chunk_head (&memory.bytes, &chunk));
    CHECK_OK (base_buffer_append (&memory.bytes, plain.data, plain.size_bytes));
    CHECK_OK (base_buffer_append (&memory.bytes, message, sizeof message));
    CHECK_OK (base_buffer_append (&memory.bytes, future, sizeof future));
    CHECK_OK (base_buffer_append (&memory.bytes, private_one, sizeof private_one));
    CHECK_OK (log_build_data_end (&memory.bytes, 0));
    memory.size_bytes = memory.bytes.size_bytes;

    log_source_t source = log_memory_source (&memory);
    CHECK_OK (log_reader_new (&reader, &source));
    CHECK (!log_reader_info (reader)->has_summary);
    CHECK (!log_reader_info (reader)->complete); /* no footer behind the data's end */
    CHECK (log_reader_channel (reader, 0) != NULL);
    CHECK_INT (log_reader_messages (reader, 0), 1);
    log_reader_destroy (&reader);
    CHECK_INT (sample_count (&memory), 1);
    int messages = 0, others = 0;
    bool found = true;
    CHECK_OK (log_walk_init (&walk, &source));
    while (found) {
        CHECK_OK (log_walk_next (&walk, &item, &found));
        messages += found && item.opcode == LOG_OP_MESSAGE;
        others += found && (item.opcode == 0x70 || item.opcode == 0xfe);
    }
    CHECK_INT (messages, 2);
    CHECK_INT (others, 3);
    log_walk_fini (&walk);
    base_buffer_fini (&plain);
    log_memory_fini (&memory);
}

/*  An index that lies: it points at a record that is no chunk, with a CRC that fits the lie. */
static void test_lying_summary (void)
{
    log_memory_t memory;
    log_reader_t *reader;
    log_envelope_t message;
    bool found;
    log_memory_init (&memory);
    CHECK_OK (sample_write (&memory, LOG_COMPRESSION_ZSTD));
    uint8_t *end = memory.bytes.data + memory.bytes.size_bytes;
    uint8_t *footer = end - LOG_MAGIC_BYTES - LOG_FOOTER_BYTES;
    uint8_t *summary = memory.bytes.data + log_load_u64 (footer);
    uint8_t *at = summary;
    while (*at != LOG_OP_CHUNK_INDEX)
        at += LOG_HEAD_BYTES + log_load_u64 (at + 1);
    log_put_u64 (at + LOG_HEAD_BYTES + 16, LOG_MAGIC_BYTES); /* the first chunk is the header */
    log_put_u32 (footer + 16, log_crc32 (0, summary, (size_t) (footer + 16 - summary)));

    log_source_t source = log_memory_source (&memory);
    CHECK_OK (log_reader_new (&reader, &source));
    CHECK (log_reader_info (reader)->has_summary);
    CHECK_ERR (log_reader_next (reader, &message, &found), MST_E_FILE_CORRUPT);
    CHECK_CONTAINS (mst_error_text (), "where there is none");
    CHECK_OK (log_reader_next (reader, &message, &found)); /* goes on with the second */
    CHECK_INT (message.log_time_ns, 2 * SAMPLE_NS);
    log_reader_destroy (&reader);
    CHECK_ERR (verify_quietly (&memory), MST_E_FILE_CORRUPT);

    log_put_u64 (at + LOG_HEAD_BYTES + 16, memory.size_bytes); /* outside: walked over instead */
    log_put_u32 (footer + 16, log_crc32 (0, summary, (size_t) (footer + 16 - summary)));
    CHECK_OK (log_reader_new (&reader, &source));
    CHECK (!log_reader_info (reader)->has_summary);
    CHECK_CONTAINS (log_reader_info (reader)->problem, "chunk index");
    log_reader_destroy (&reader);
    CHECK_INT (sample_count (&memory), SAMPLE_MESSAGES);
    log_memory_fini (&memory);
}

/*  Allocations ------------------------------------------------------------------------------------
 */

static void sweep_read (void *context)
{
    log_memory_t *memory = context;
    read_all (memory);
    (void) verify_quietly (memory);
}

static void test_sweep (void)
{
    log_memory_t memory;
    log_memory_init (&memory);
    CHECK_OK (sample_write (&memory, LOG_COMPRESSION_ZSTD));
    CHECK (sweep_allocations (sweep_read, &memory) > 50);
    memory.size_bytes -= 200; /* without a summary */
    CHECK (sweep_allocations (sweep_read, &memory) > 50);
    log_memory_fini (&memory);
}

static CU_TestInfo reader_tests[] = {
    { "what was written is read, whole and killed", test_round_trip },
    { "a jump reads little", test_seek_reads_little },
    { "the order of time", test_order_of_time },
    { "the order of the file", test_file_order },
    { "cut at every byte", test_cut_anywhere },
    { "every byte changed", test_every_byte_changed },
    { "bombs and false claims", test_bombs },
    { "another program's file", test_foreign },
    { "a summary that lies", test_lying_summary },
    { "every allocation fails", test_sweep },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "log reader", NULL, NULL, NULL, NULL, reader_tests })
