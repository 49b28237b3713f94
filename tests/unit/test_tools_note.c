/*  What the RTI tells recorders, read and turned into a recording's own records. */
#include "tests/support/check.h"
#include "log/pack.h"
#include "tools/note.h"

#include <string.h>

enum { HEAD_BYTES = 16, BYTES = 512 };

/*  A NOTE as the RTI frames it; kind 0x831 unless told otherwise. */
typedef struct note_bytes {
    uint8_t data[BYTES];
    size_t size_bytes;
} note_bytes_t;

static uint8_t *put_stamp (uint8_t *at)
{
    at = log_pack_array (at, 6);
    for (uint64_t i = 1; i <= 5; i++)
        at = log_pack_uint (at, 1000 * i);
    at = log_pack_array (at, 2);
    at = log_pack_uint (at, 7);
    return log_pack_uint (at, 70000);
}

static uint8_t *put_note (uint8_t *at, uint64_t kind, uint64_t federate, const char *name,
                          bool has_time, int64_t time, uint64_t sequence, const char *text)
{
    at = log_pack_array (at, 6);
    at = log_pack_uint (at, kind);
    at = federate ? log_pack_uint (at, federate) : log_pack_nil (at);
    at = name ? log_pack_text (at, log_text (name)) : log_pack_nil (at);
    at = has_time ? log_pack_int (at, time) : log_pack_nil (at);
    at = log_pack_uint (at, sequence);
    return text ? log_pack_text (at, log_text (text)) : log_pack_nil (at);
}

static void frame (note_bytes_t *bytes, uint16_t kind, const uint8_t *end)
{
    bytes->size_bytes = (size_t) (end - bytes->data);
    memset (bytes->data, 0, HEAD_BYTES);
    log_put_u32 (bytes->data + 4, (uint32_t) (bytes->size_bytes - HEAD_BYTES));
    bytes->data[8] = 1;
    log_put_u16 (bytes->data + 10, kind);
}

static bool span_is (log_span_t span, const char *text)
{
    return log_span_is (span, log_text (text));
}

static void test_grant (void)
{
    note_bytes_t bytes;
    tools_note_t note;
    log_record_t record;
    frame (&bytes, 0x831,
           put_note (put_stamp (bytes.data + HEAD_BYTES), 5, 3, NULL, true, 42, 9, NULL));
    tools_note_read (&note, bytes.data, bytes.size_bytes);
    CHECK_INT (note.kind, TOOLS_NOTE_GRANT);
    CHECK_INT (note.federate, 3);
    CHECK (note.has_time);
    CHECK_INT (note.time, 42);
    CHECK_INT (note.sequence, 9);
    tools_note_record (&note, log_text ("sky-1"), log_span (bytes.data, bytes.size_bytes), &record);
    CHECK_INT (record.opcode, LOG_RECORD_GRANT);
    CHECK_INT (record.grant.granted, 42);
    CHECK (span_is (record.grant.federate, "sky-1"));
}

/*  Without a frame, without a stamp: the arguments alone. */
static void test_arguments_alone (void)
{
    uint8_t data[BYTES];
    tools_note_t note;
    log_record_t record;
    uint8_t *end = put_note (data, 8, 3, "digest", false, 0, 0, "00ff");
    log_span_t span = log_span (data, (size_t) (end - data));
    tools_note_read (&note, span.data, span.size_bytes);
    CHECK_INT (note.kind, TOOLS_NOTE_REPORT);
    CHECK (!note.has_time);
    tools_note_record (&note, log_text ("sky-1"), span, &record);
    CHECK_INT (record.opcode, LOG_RECORD_RESULT);
    CHECK (span_is (record.result.name, "digest") && span_is (record.result.value, "00ff"));
}

static void test_comings_and_goings (void)
{
    static const struct {
        uint64_t kind;
        const char *event;
    } rows[] = { { 1, "joined" }, { 2, "resigned" }, { 3, "lost" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t data[BYTES];
        tools_note_t note;
        log_record_t record;
        uint8_t *end = put_note (data, rows[i].kind, 4, "eye", false, 0, 12, "viewer");
        tools_note_read (&note, data, (size_t) (end - data));
        tools_note_record (&note, log_text (""), log_span (data, 0), &record);
        CHECK_INT (record.opcode, LOG_RECORD_FEDERATE);
        CHECK (span_is (record.federate.name, "eye"));
        CHECK (span_is (record.federate.event, rows[i].event));
        CHECK_INT (record.federate.incarnation, i == 0 ? 12 : 0);
    }
}

static void test_migration (void)
{
    static const char *const reasons[] = { NULL, "the new home is lost" };
    for (size_t i = 0; i < 2; i++) {
        uint8_t data[BYTES];
        tools_note_t note;
        log_record_t record;
        uint8_t *end = put_note (data, 7, 4, "sky-2", true, 30, 1, reasons[i]);
        tools_note_read (&note, data, (size_t) (end - data));
        tools_note_record (&note, log_text ("sky-1"), log_span (data, 0), &record);
        CHECK_INT (record.opcode, LOG_RECORD_MIGRATION);
        CHECK (span_is (record.migration.from, "sky-1") && span_is (record.migration.to, "sky-2"));
        CHECK_INT (record.migration.cut, 30);
        CHECK (span_is (record.migration.decision, i == 0 ? "commit" : "abort"));
    }
}

/*  Whatever is not understood is kept as it came. */
static void test_others (void)
{
    note_bytes_t bytes;
    tools_note_t note;
    log_record_t record;
    frame (&bytes, 0x812, put_stamp (bytes.data + HEAD_BYTES));
    tools_note_read (&note, bytes.data, bytes.size_bytes);
    CHECK_INT (note.kind, TOOLS_NOTE_OTHER);
    tools_note_record (&note, log_text (""), log_span (bytes.data, bytes.size_bytes), &record);
    CHECK_INT (record.opcode, LOG_RECORD_CONTROL);
    CHECK_INT (record.control.kind, 0x812);
    CHECK_INT (record.control.frame.size_bytes, bytes.size_bytes);
    frame (&bytes, 0x831,
           put_note (put_stamp (bytes.data + HEAD_BYTES), 99, 3, "x", true, 1, 1, NULL));
    tools_note_read (&note, bytes.data, bytes.size_bytes);
    CHECK_INT (note.kind, TOOLS_NOTE_OTHER);
}

/*  Cut anywhere, it is something else, and nothing worse. */
static void test_cut (void)
{
    note_bytes_t bytes;
    tools_note_t note;
    frame (&bytes, 0x831,
           put_note (put_stamp (bytes.data + HEAD_BYTES), 5, 3, "name", true, 42, 9, "text"));
    for (size_t size = 0; size < bytes.size_bytes; size++) {
        tools_note_read (&note, bytes.data, size);
        CHECK_INT (note.kind, TOOLS_NOTE_OTHER);
    }
}

static CU_TestInfo note_tests[] = {
    { "a grant in a frame", test_grant },
    { "arguments alone", test_arguments_alone },
    { "who came and went", test_comings_and_goings },
    { "migrations", test_migration },
    { "what is not known here", test_others },
    { "a note that is cut", test_cut },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "note", NULL, NULL, NULL, NULL, note_tests })
