/*  The small parts of a recording, each by itself: CRC, hash, msgpack, messages, our own records,
    classes, the chain and the tally. Expected bytes were worked out by hand from the
   specifications. */
#include "base/alloc.h"
#include "base/random.h"
#include "log/chain.h"
#include "log/class.h"
#include "log/crc32.h"
#include "log/hash.h"
#include "log/limits.h"
#include "log/message.h"
#include "log/pack.h"
#include "log/record.h"
#include "log/tally.h"
#include "log/verify.h"
#include "tests/support/check.h"
#include "tests/support/log_memory.h"

#include <stdlib.h>
#include <string.h>

static void test_crc (void)
{
    static uint8_t bytes[3000];
    base_random_t random;
    base_random_init (&random, 1);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t) base_random_next (&random);
    CHECK_INT (log_crc32 (0, "", 0), 0);
    CHECK_INT (log_crc32 (0, "123456789", 9), 0xcbf43926);
    CHECK_INT (log_crc32_portable (0, "123456789", 9), 0xcbf43926);
    for (size_t size_bytes = 0; size_bytes < sizeof bytes - 16; size_bytes++) {
        const uint8_t *start = bytes + size_bytes % 16;
        uint32_t whole = log_crc32 (0, start, size_bytes);
        CHECK_INT (whole, log_crc32_portable (0, start, size_bytes));
        uint32_t half = log_crc32 (0, start, size_bytes / 2);
        CHECK_INT (whole, log_crc32 (half, start + size_bytes / 2, size_bytes - size_bytes / 2));
    }
}

/*  The published function's values, as other implementations give them. */
static void test_hash (void)
{
    const char *fox = "The quick brown fox jumps over the lazy dog";
    log_hash_t hash = log_hash ("", 0, 0);
    CHECK (hash.low == 0 && hash.high == 0);
    hash = log_hash ("hello", 5, 0);
    CHECK (hash.low == 0xcbd8a7b341bd9b02u && hash.high == 0x5b1e906a48ae1d19u);
    hash = log_hash (fox, strlen (fox), 0);
    CHECK (hash.low == 0xe34bbc7bbc071b6cu && hash.high == 0x7a433ca9c49a9347u);
    log_hash_t sum = log_hash_sum ((log_hash_t){ UINT64_MAX, 1 }, (log_hash_t){ 1, 2 });
    CHECK (sum.low == 0 && sum.high == 4);
}

/*  msgpack ----------------------------------------------------------------------------------------
 */

static void check_packed_int (int64_t value, const char *expected, size_t size_bytes)
{
    uint8_t bytes[LOG_PACK_HEAD_BYTES];
    CHECK_INT (log_pack_int (bytes, value) - bytes, size_bytes);
    CHECK_BYTES (bytes, expected, size_bytes);
    log_cursor_t from = log_cursor (bytes, size_bytes);
    CHECK_INT (log_unpack_int (&from), value);
    CHECK (!from.bad && from.at == from.end);
    for (size_t cut = 0; cut < size_bytes; cut++) {
        from = log_cursor (bytes, cut);
        (void) log_unpack_int (&from);
        CHECK (from.bad);
    }
}

static void test_pack_numbers (void)
{
    check_packed_int (0, "\x00", 1);
    check_packed_int (127, "\x7f", 1);
    check_packed_int (128, "\xcc\x80", 2);
    check_packed_int (256, "\xcd\x01\x00", 3);
    check_packed_int (65536, "\xce\x00\x01\x00\x00", 5);
    check_packed_int (INT64_MAX, "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 9);
    check_packed_int (-1, "\xff", 1);
    check_packed_int (-32, "\xe0", 1);
    check_packed_int (-33, "\xd0\xdf", 2);
    check_packed_int (-129, "\xd1\xff\x7f", 3);
    check_packed_int (-32769, "\xd2\xff\xff\x7f\xff", 5);
    check_packed_int (INT64_MIN, "\xd3\x80\x00\x00\x00\x00\x00\x00\x00", 9);
    uint8_t bytes[LOG_PACK_HEAD_BYTES];
    CHECK_INT (log_pack_uint (bytes, UINT64_MAX) - bytes, 9);
    log_cursor_t from = log_cursor (bytes, 9);
    CHECK (log_unpack_uint (&from) == UINT64_MAX && !from.bad);
    from = log_cursor (bytes, 9);
    (void) log_unpack_int (&from); /* does not fit */
    CHECK (from.bad);
    from = log_cursor ("\xff", 1);
    (void) log_unpack_uint (&from); /* negative */
    CHECK (from.bad);
}

static void test_pack_spans (void)
{
    static const size_t sizes[] = { 0, 1, 31, 32, 255, 256, 65535, 65536, 70000 };
    static char text[70000];
    static uint8_t bytes[2 * sizeof text + 5 * LOG_PACK_HEAD_BYTES];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *at = log_pack_text (bytes, log_span (text, sizes[i]));
        at = log_pack_bytes (at, log_span (text, sizes[i]));
        at = log_pack_nil (
            log_pack_map (log_pack_array (at, (uint32_t) sizes[i]), (uint32_t) sizes[i]));
        log_cursor_t from = log_cursor (bytes, (size_t) (at - bytes));
        CHECK_INT (log_unpack_text (&from).size_bytes, sizes[i]);
        CHECK (!log_unpack_nil (&from));
        CHECK_INT (log_unpack_bytes (&from).size_bytes, sizes[i]);
        CHECK_INT (log_unpack_array (&from), sizes[i]);
        CHECK_INT (log_unpack_map (&from), sizes[i]);
        CHECK (log_unpack_nil (&from));
        CHECK (!from.bad && from.at == from.end);
    }
    log_cursor_t from = log_cursor ("\xdb\xff\xff\xff\xff", 5); /* a text of 4 GiB */
    CHECK_INT (log_unpack_text (&from).size_bytes, 0);
    CHECK (from.bad);
}

/*  Messages ---------------------------------------------------------------------------------------
 */

static void test_message_golden (void)
{
    static const uint8_t expected[] = {
        0x98,                                           /* eight fields */
        0x02,                                           /* interaction */
        0x01,                                           /* time-stamp order */
        0xa3, 's',  'u',  'n',                          /* sender */
        0xcd, 0x01, 0x2c,                               /* sequence 300 */
        0xfb,                                           /* time -5 */
        0xa0,                                           /* no object */
        0x82, 0x00, 0xc4, 0x01, 0x61, 0x07, 0xc4, 0x00, /* { 0: "a", 7: "" } */
        0xc4, 0x02, 0x01, 0x02,                         /* tag */
    };
    log_value_t values[] = { { 7, log_text ("") }, { 0, log_text ("a") } };
    log_message_t message = { .kind = LOG_KIND_INTERACTION,
                              .order = LOG_ORDER_TIME_STAMP,
                              .has_time = true,
                              .time = -5,
                              .sequence = 300,
                              .sender = log_text ("sun"),
                              .values = values,
                              .value_count = 2,
                              .tag = log_text ("\x01\x02") };
    base_buffer_t out;
    base_buffer_init (&out);
    CHECK_ERR (log_message_encode (&out, &message), MST_E_INVALID_ARGUMENT);
    CHECK_INT (out.size_bytes, 0);
    log_message_sort (values, 2);
    CHECK_OK (log_message_encode (&out, &message));
    CHECK_INT (out.size_bytes, sizeof expected);
    CHECK_BYTES (out.data, expected, sizeof expected);

    log_decoded_t *decoded = malloc (sizeof *decoded);
    CHECK_OK (log_message_decode (decoded, out.data, out.size_bytes));
    CHECK_INT (decoded->message.kind, LOG_KIND_INTERACTION);
    CHECK_INT (decoded->message.time, -5);
    CHECK_INT (decoded->message.sequence, 300);
    CHECK_INT (decoded->message.value_count, 2);
    CHECK_INT (decoded->values[1].index, 7);
    for (size_t cut = 0; cut < out.size_bytes; cut++)
        CHECK_ERR (log_message_decode (decoded, out.data, cut), MST_E_MALFORMED);
    CHECK_OK (base_buffer_append (&out, "", 1));
    CHECK_ERR (log_message_decode (decoded, out.data, out.size_bytes), MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "bytes follow");
    free (decoded);
    base_buffer_fini (&out);
}

/*  Each replaces one byte of a good message. */
static void test_message_malformed (void)
{
    static const struct {
        size_t at;
        uint8_t byte;
        mst_err_t expected;
    } rows[] = {
        { 0, 0x97, MST_E_MALFORMED },  /* seven fields */
        { 1, 0x00, MST_E_MALFORMED },  /* no kind */
        { 1, 0x06, MST_E_MALFORMED },  /* unknown kind */
        { 2, 0x02, MST_E_MALFORMED },  /* unknown order */
        { 5, 0xc0, MST_E_MALFORMED },  /* time-stamp order without a time */
        { 6, 0xc0, MST_E_MALFORMED },  /* an object that is no text */
        { 7, 0x83, MST_E_MALFORMED },  /* a value that is not there */
        { 8, 0xff, MST_E_MALFORMED },  /* a negative index */
        { 11, 0x00, MST_E_MALFORMED }, /* the same index twice */
    };
    uint8_t bytes[] = { 0x98, 1, 1, 0xa0, 5, 5, 0xa0, 0x82, 0, 0xc4, 0, 1, 0xc4, 0, 0xc4, 0 };
    log_decoded_t *decoded = malloc (sizeof *decoded);
    CHECK_OK (log_message_decode (decoded, bytes, sizeof bytes));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t before = bytes[rows[i].at];
        bytes[rows[i].at] = rows[i].byte;
        if (!CHECK_ERR (log_message_decode (decoded, bytes, sizeof bytes), rows[i].expected))
            fprintf (stderr, "row %zu\n", i);
        bytes[rows[i].at] = before;
    }
    static const uint8_t many[] = { 0x98, 1, 1, 0xa0, 5, 5, 0xa0, 0xde, 0xff, 0xff };
    CHECK_ERR (log_message_decode (decoded, many, sizeof many), MST_E_LIMIT);
    free (decoded);
}

static void test_message_order (void)
{
    log_message_t rows[] = {
        { .has_time = false, .sender = log_text ("z"), .sequence = 9 },
        { .has_time = true, .time = -1, .sender = log_text ("b"), .sequence = 1 },
        { .has_time = true, .time = 2, .sender = log_text ("a"), .sequence = 7 },
        { .has_time = true, .time = 2, .sender = log_text ("a"), .sequence = 8 },
        { .has_time = true, .time = 2, .sender = log_text ("ab"), .sequence = 1 },
        { .has_time = true, .time = 2, .sender = log_text ("b"), .sequence = 1 },
    };
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) {
            int order = log_message_compare (&rows[i], &rows[j]);
            CHECK_INT ((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

/*  Our own records -------------------------------------------------------------------------------
 */

static void test_record_golden (void)
{
    static const uint8_t expected[] = {
        5,    0,    0,   0,   0,    0,   0,   0,   /* log_time */
        7,    0,    0,   0,   0,    0,   0,   0,   /* publish_time */
        0x95,                                      /* five fields */
        0xa3, 's',  'u', 'n', 0xa3, 'T', 'A', 'R', /* federate, kind */
        0x02, 0x0a, 0x09                           /* request 2, asked 10, granted 9 */
    };
    log_record_t record = { .opcode = LOG_RECORD_GRANT,
                            .log_time_ns = 5,
                            .publish_time_ns = 7,
                            .grant = { log_text ("sun"), log_text ("TAR"), 2, 10, 9 } };
    log_record_t back;
    base_buffer_t out;
    base_buffer_init (&out);
    CHECK_OK (log_record_encode (&out, &record));
    CHECK_INT (out.size_bytes, sizeof expected);
    CHECK_BYTES (out.data, expected, sizeof expected);
    CHECK_OK (log_record_decode (&back, LOG_RECORD_GRANT, out.data, out.size_bytes));
    CHECK_INT (back.grant.requested, 10);
    CHECK_INT (back.publish_time_ns, 7);
    for (size_t cut = 0; cut < out.size_bytes; cut++)
        CHECK_ERR (log_record_decode (&back, LOG_RECORD_GRANT, out.data, cut), MST_E_MALFORMED);
    out.data[16] = 0x96; /* a later version has one field more */
    CHECK_OK (base_buffer_append (&out, "\xc0", 1));
    CHECK_OK (log_record_decode (&back, LOG_RECORD_GRANT, out.data, out.size_bytes));
    CHECK_ERR (log_record_decode (&back, 0xff, out.data, out.size_bytes), MST_E_NOT_SUPPORTED);
    base_buffer_fini (&out);
}

/*  Every kind, every field: what goes in comes out. */
static void test_record_round_trip (void)
{
    log_span_t a = log_text ("a"), b = log_text ("bb"), c = log_text ("ccc");
    log_record_t rows[] = {
        { .opcode = LOG_RECORD_FEDERATE, .federate = { a, b, c, 4 } },
        { .opcode = LOG_RECORD_GRANT, .grant = { a, b, 3, -4, 5 } },
        { .opcode = LOG_RECORD_CUT, .cut = { a, -2, 3, b } },
        { .opcode = LOG_RECORD_MIGRATION, .migration = { a, b, c, 4, 5, a } },
        { .opcode = LOG_RECORD_CHAIN, .link = { -1, 2, 3, { 4, 5 }, { 6, UINT64_MAX } } },
        { .opcode = LOG_RECORD_LEDGER, .ledger = { a, b, 3, INT64_MIN } },
        { .opcode = LOG_RECORD_RESULT, .result = { a, b, c } },
        { .opcode = LOG_RECORD_LOSS, .loss = { a, b, 3, 4, c } },
        { .opcode = LOG_RECORD_CONTROL, .control = { 77, c } },
    };
    base_buffer_t first, second;
    log_record_t back;
    CHECK_INT (sizeof rows / sizeof rows[0], LOG_RECORD_LAST - LOG_RECORD_FIRST + 1);
    base_buffer_init (&first);
    base_buffer_init (&second);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        base_buffer_clear (&first);
        base_buffer_clear (&second);
        CHECK_OK (log_record_encode (&first, &rows[i]));
        CHECK_OK (log_record_decode (&back, rows[i].opcode, first.data, first.size_bytes));
        CHECK_OK (log_record_encode (&second, &back));
        CHECK_INT (first.size_bytes, second.size_bytes);
        CHECK_BYTES (first.data, second.data, first.size_bytes);
    }
    CHECK_INT (back.control.kind, 77);
    CHECK_TEXT (log_record_name (LOG_RECORD_CUT), "cut");
    CHECK_TEXT (log_record_name (0xff), "private record");
    base_buffer_fini (&first);
    base_buffer_fini (&second);
}

/*  Classes ----------------------------------------------------------------------------------------
 */

static void test_class (void)
{
    static const log_member_t members[] = { { "pl\"ace", "Ve\\c3" }, { "tab\tbed", "" } };
    const log_class_t description = { "A.B", true, members, 2 };
    static const char expected[] = "{\"name\":\"A.B\",\"kind\":\"interaction\",\"members\":["
                                   "{\"name\":\"pl\\\"ace\",\"type\":\"Ve\\\\c3\"},{\"name\":"
                                   "\"tab\\u0009bed\",\"type\":\"\"}]}";
    log_class_t back;
    base_buffer_t out;
    base_arena_t arena;
    base_buffer_init (&out);
    base_arena_init (&arena);
    CHECK_OK (log_class_encode (&out, &description));
    CHECK_INT (out.size_bytes, sizeof expected - 1);
    CHECK_BYTES (out.data, expected, sizeof expected - 1);
    CHECK_OK (log_class_decode (&back, &arena, out.data, out.size_bytes));
    CHECK_TEXT (back.name, "A.B");
    CHECK (back.interaction);
    CHECK_INT (back.member_count, 2);
    CHECK_TEXT (back.members[0].name, "pl\"ace");
    CHECK_TEXT (back.members[0].type, "Ve\\c3");
    CHECK_TEXT (back.members[1].name, "tab\tbed");
    for (size_t cut = 0; cut < out.size_bytes; cut++)
        CHECK_ERR (log_class_decode (&back, &arena, out.data, cut), MST_E_MALFORMED);
    for (size_t at = 0; at < out.size_bytes; at++) { /* anything may come out, but no harm */
        out.data[at] ^= 0x55;
        (void) log_class_decode (&back, &arena, out.data, out.size_bytes);
        out.data[at] ^= 0x55;
    }
    base_arena_fini (&arena);
    base_buffer_fini (&out);
}

static void test_class_limit (void)
{
    log_member_t *members = calloc (LOG_VALUES_MAX + 1, sizeof *members);
    for (int i = 0; i <= LOG_VALUES_MAX; i++)
        members[i] = (log_member_t){ "m", "t" };
    log_class_t description = { "A", false, members, LOG_VALUES_MAX + 1 }, back;
    base_buffer_t out;
    base_arena_t arena;
    base_buffer_init (&out);
    base_arena_init (&arena);
    CHECK_ERR (log_class_encode (&out, &description), MST_E_LIMIT);
    description.member_count--;
    CHECK_OK (log_class_encode (&out, &description));
    CHECK_OK (log_class_decode (&back, &arena, out.data, out.size_bytes));
    CHECK_INT (back.member_count, LOG_VALUES_MAX);
    out.size_bytes -= 2;
    CHECK_OK (base_buffer_append (&out, ",{\"name\":\"m\",\"type\":\"t\"}]}", 26));
    CHECK_ERR (log_class_decode (&back, &arena, out.data, out.size_bytes), MST_E_LIMIT);
    base_arena_fini (&arena);
    base_buffer_fini (&out);
    free (members);
}

/*  The chain and the tally -----------------------------------------------------------------------
 */

static void chain_take (log_chain_t *chain, int64_t time, uint64_t hash)
{
    CHECK_OK (log_chain_room (chain, time));
    log_chain_add (chain, time, (log_hash_t){ hash, 0 }, (uint64_t) (time + 100));
}

static void test_chain (void)
{
    log_chain_t one, other;
    log_link_t link, again;
    uint64_t time;
    log_chain_init (&one, 10);
    log_chain_init (&other, 10);
    CHECK_INT (log_chain_interval (&one, 9), 0);
    CHECK_INT (log_chain_interval (&one, 10), 1);
    CHECK_INT (log_chain_interval (&one, -1), -1);
    CHECK_INT (log_chain_interval (&one, -10), -1);
    CHECK_INT (log_chain_interval (&one, -11), -2);
    chain_take (&one, 25, 3);
    chain_take (&one, 3, 1);
    chain_take (&one, 7, 2);
    chain_take (&other, 7, 2); /* in another order */
    chain_take (&other, 3, 1);
    chain_take (&other, 25, 3);
    CHECK (!log_chain_close (&one, 0, &link, &time));
    CHECK (log_chain_close (&one, 2, &link, &time));
    CHECK_INT (link.interval, 0);
    CHECK_INT (link.count, 2);
    CHECK_INT (link.sum.low, 3);
    CHECK_INT (time, 107);
    CHECK (log_chain_close (&other, 2, &again, &time));
    CHECK (log_hash_is (link.value, again.value));
    CHECK (log_hash_is (link.value, log_chain_next ((log_hash_t){ 0, 0 }, &link)));
    CHECK (!log_chain_close (&one, 2, &link, &time)); /* 1 is closed, without a link */
    chain_take (&one, 15, 9);                         /* late */
    CHECK (log_chain_close (&one, 3, &link, &time));
    CHECK_INT (link.interval, 2);
    CHECK_INT (link.late, 1);
    CHECK (log_chain_close (&other, INT64_MAX, &again, &time));
    CHECK (log_hash_is (link.value, again.value)); /* being late does not enter the value */
    log_chain_fini (&one);
    log_chain_fini (&other);
}

static void test_chain_limit (void)
{
    log_chain_t chain;
    log_chain_init (&chain, 1);
    for (int64_t time = 0; time < LOG_OPEN_INTERVALS_MAX; time++)
        chain_take (&chain, time, 1);
    CHECK_ERR (log_chain_room (&chain, LOG_OPEN_INTERVALS_MAX), MST_E_LIMIT);
    CHECK_OK (log_chain_room (&chain, 5));
    log_chain_fini (&chain);
}

/*  A message that comes after its interval was closed: recorded, told, and no fault. */
static void test_late (void)
{
    log_memory_t memory;
    log_writer_t *writer;
    log_report_t report;
    log_writer_options_t options = { .chain_interval = 10 };
    uint16_t channels[SAMPLE_CLASSES];
    log_memory_init (&memory);
    CHECK_OK (log_writer_new (&writer, &options, log_memory_sink (&memory)));
    CHECK_OK (sample_classes (writer, channels));
    CHECK_OK (sample_update (writer, channels[0], 1, 0, 1));
    CHECK_OK (log_writer_close_below (writer, 40));
    CHECK_OK (sample_update (writer, channels[0], 2, 0, 2));
    CHECK_OK (sample_update (writer, channels[0], 35, 0, 3));
    CHECK_OK (sample_update (writer, channels[0], 41, 0, 6)); /* 4 and 5 are missing */
    CHECK_OK (log_writer_finish (writer));
    log_writer_destroy (&writer);

    log_report_init (&report);
    log_source_t source = log_memory_source (&memory);
    CHECK_OK (log_verify (&source, &report));
    CHECK_INT (report.links, 2);
    CHECK_INT (report.late, 2);
    CHECK_INT (report.chained, 2);
    CHECK_INT (report.messages, 4);
    CHECK_INT (report.tally.senders.count, 1);
    CHECK_INT (log_sender_missing (&report.tally.senders.items[0]), 2);
    log_report_fini (&report);
    log_memory_fini (&memory);
}

static void test_tally (void)
{
    log_tally_t tally;
    log_sender_t *sender;
    log_tally_init (&tally);
    static const uint64_t sequences[] = { 5, 3, 9, 4 };
    for (int i = 0; i < 4; i++) {
        CHECK_OK (log_tally_sender (&tally, log_text ("sun"), &sender));
        log_sender_count (sender, sequences[i]);
        CHECK_OK (log_tally_sender (&tally, log_text (""), &sender));
    }
    CHECK_INT (tally.senders.count, 2);
    sender = &tally.senders.items[0];
    CHECK_TEXT (sender->name, "sun");
    CHECK_INT (sender->first, 3);
    CHECK_INT (sender->last, 9);
    CHECK_INT (log_sender_missing (sender), 3);
    CHECK_INT (log_sender_missing (&tally.senders.items[1]), 0);
    log_tally_fini (&tally);
}

static CU_TestInfo codecs_tests[] = {
    { "CRC-32", test_crc },
    { "the hash", test_hash },
    { "msgpack numbers", test_pack_numbers },
    { "msgpack texts, bytes, lists", test_pack_spans },
    { "a message's bytes", test_message_golden },
    { "messages that are none", test_message_malformed },
    { "the order of messages", test_message_order },
    { "a record's bytes", test_record_golden },
    { "every record survives the trip", test_record_round_trip },
    { "a class's JSON", test_class },
    { "a class with too many members", test_class_limit },
    { "the log chain", test_chain },
    { "too many open intervals", test_chain_limit },
    { "late messages", test_late },
    { "the tally", test_tally },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "log codecs", NULL, NULL, NULL, NULL, codecs_tests })
