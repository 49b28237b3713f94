/*  Two runs that should be the same: what differs first, in every way in which messages can differ,
    whatever the order in which a recorder got them. */
#include "log/compare.h"
#include "log/limits.h"
#include "log/writer.h"
#include "tests/support/check.h"
#include "tests/support/log_memory.h"
#include "tests/support/sweep.h"

#include <string.h>

enum { STEPS = 40, SENDERS = 3, CHUNK_STEPS = 3 };

/*  What one run does otherwise than the plain one, at one step and sender. */
typedef struct twist {
    int64_t time; /* 0: nowhere */
    int sender;
    const char *value;
    const char *tag;
    const char *object;
    log_kind_t kind;
    bool other_class;
    bool drop;
    bool drop_value;
    bool backwards; /* senders in the other order, at all times: no difference */
    bool chatty;    /* more in receive order: no difference */
    int chunk_steps;
} twist_t;

static mst_err_t run_message (log_writer_t *writer, const uint16_t *channels, const twist_t *twist,
                              int64_t time, int sender)
{
    static const char *const names[SENDERS] = { "a", "b", "c" };
    bool here = twist->time == time && twist->sender == sender;
    if (here && twist->drop)
        return MST_OK;
    log_value_t values[] = { { 0, log_text ("0123456789") }, { 2, log_text ("x") } };
    if (here && twist->value)
        values[0].bytes = log_text (twist->value);
    log_message_t message = { .kind = here && twist->kind ? twist->kind : LOG_KIND_UPDATE,
                              .order = LOG_ORDER_TIME_STAMP,
                              .has_time = true,
                              .time = time,
                              .sequence = (uint64_t) time,
                              .sender = log_text (names[sender]),
                              .object = log_text (here && twist->object ? twist->object : "thing"),
                              .values = values,
                              .value_count = here && twist->drop_value ? 1 : 2,
                              .tag = log_text (here && twist->tag ? twist->tag : "") };
    return log_writer_message (writer, channels[here && twist->other_class], &message,
                               (uint64_t) time * SAMPLE_NS, (uint64_t) sender);
}

static void run_write (log_memory_t *memory, const twist_t *twist)
{
    log_writer_t *writer;
    log_writer_options_t options = { .chain_interval = 1 };
    uint16_t channels[SAMPLE_CLASSES];
    log_memory_init (memory);
    CHECK_OK (log_writer_new (&writer, &options, log_memory_sink (memory)));
    CHECK_OK (sample_classes (writer, channels));
    for (int64_t time = 1; time <= STEPS; time++) {
        for (int i = 0; i < SENDERS; i++) {
            int sender = twist->backwards ? SENDERS - 1 - i : i;
            CHECK_OK (run_message (writer, channels, twist, time, sender));
            if (twist->chatty)
                CHECK_OK (sample_chat (writer, channels[1], time));
        }
        CHECK_OK (log_writer_close_below (writer, time + 1));
        if (time % (twist->chunk_steps ? twist->chunk_steps : CHUNK_STEPS) == 0)
            CHECK_OK (log_writer_flush (writer));
    }
    CHECK_OK (log_writer_finish (writer));
    log_writer_destroy (&writer);
}

static mst_err_t run_compare_with (log_memory_t *one, log_memory_t *other, bool by_chain,
                                   log_difference_t *difference)
{
    log_source_t sources[] = { log_memory_source (one), log_memory_source (other) };
    log_reader_t *first = NULL, *second = NULL;
    log_compare_options_t options = { .by_chain = by_chain };
    mst_err_t err = log_reader_new (&first, &sources[0]);
    if (!err)
        err = log_reader_new (&second, &sources[1]);
    if (!err)
        err = log_compare (first, second, &options, difference);
    log_reader_destroy (&first);
    log_reader_destroy (&second);
    return err;
}

/*  Compares the plain run with a twisted one, by messages and by chain: both must say the same. */
static void check_twist (const twist_t *twist, log_difference_kind_t kind, const char *text)
{
    log_memory_t plain, twisted;
    twist_t none = { 0 };
    run_write (&plain, &none);
    run_write (&twisted, twist);
    for (int by_chain = 0; by_chain < 2; by_chain++) {
        log_difference_t difference;
        log_difference_init (&difference);
        mst_err_t err = run_compare_with (&plain, &twisted, by_chain, &difference);
        CHECK_ERR (err, kind ? MST_E_DIFFERS : MST_OK);
        CHECK_INT (difference.kind, kind);
        if (kind) {
            CHECK_INT (difference.time, twist->time);
            CHECK_INT (difference.log_time_ns, twist->time * SAMPLE_NS);
            CHECK_INT (difference.sequence, twist->time);
            CHECK_INT (difference.sender.data[0], 'a' + twist->sender);
            CHECK_TEXT (mst_error_text (), text);
        }
        if (!by_chain)
            CHECK_INT (difference.compared,
                       kind ? (twist->time - 1) * SENDERS + twist->sender : STEPS * SENDERS);
        log_difference_fini (&difference);
    }
    log_memory_fini (&plain);
    log_memory_fini (&twisted);
}

static void test_same (void)
{
    check_twist (&(twist_t){ 0 }, LOG_DIFFERENCE_NONE, NULL);
    check_twist (&(twist_t){ .backwards = true }, LOG_DIFFERENCE_NONE, NULL);
    check_twist (&(twist_t){ .chatty = true }, LOG_DIFFERENCE_NONE, NULL);
    check_twist (&(twist_t){ .chunk_steps = 7 }, LOG_DIFFERENCE_NONE, NULL);
}

#define DIFFERS_AT(time, sender)                                                                   \
    "the recordings differ first at time " time " in message " time " of \"" sender                \
    "\" (\"thing\", class \"HLAobjectRoot.Body\"): "

static void test_value (void)
{
    check_twist (&(twist_t){ .time = 17, .sender = 1, .value = "01234x6789", .chunk_steps = 5 },
                 LOG_DIFFERENCE_VALUE,
                 DIFFERS_AT ("17", "b") "its value of \"place\" from byte 5 is 3536373839 in the "
                                        "first, 7836373839 in the second");
    check_twist (&(twist_t){ .time = 1, .sender = 0, .drop_value = true }, LOG_DIFFERENCE_VALUE,
                 DIFFERS_AT ("1", "a") "its value of \"name\" from byte 0 is 78 in the first, "
                                       "nothing in the second");
    check_twist (&(twist_t){ .time = 40, .sender = 2, .tag = "t" }, LOG_DIFFERENCE_TAG,
                 DIFFERS_AT ("40", "c") "its tag from byte 0 is nothing in the first, 74 in "
                                        "the second");
}

static void test_identity (void)
{
    check_twist (&(twist_t){ .time = 9, .sender = 2, .object = "other" }, LOG_DIFFERENCE_OBJECT,
                 DIFFERS_AT ("9", "c") "its object is \"thing\" in the first, \"other\" in the "
                                       "second");
    check_twist (&(twist_t){ .time = 9, .sender = 2, .kind = LOG_KIND_DELETE }, LOG_DIFFERENCE_KIND,
                 DIFFERS_AT ("9", "c") "its kind is \"update\" in the first, \"delete\" in the "
                                       "second");
    check_twist (&(twist_t){ .time = 9, .sender = 2, .other_class = true }, LOG_DIFFERENCE_CLASS,
                 DIFFERS_AT ("9", "c") "its class is \"HLAobjectRoot.Body\" in the first, "
                                       "\"HLAinteractionRoot.Chat\" in the second");
}

static void test_missing (void)
{
    const char *middle = DIFFERS_AT ("20", "b") "it is in the first recording only";
    check_twist (&(twist_t){ .time = 20, .sender = 1, .drop = true }, LOG_DIFFERENCE_ONLY_FIRST,
                 middle);
    check_twist (&(twist_t){ .time = STEPS, .sender = 2, .drop = true }, LOG_DIFFERENCE_ONLY_FIRST,
                 DIFFERS_AT ("40", "c") "it is in the first recording only");

    log_memory_t plain, twisted;
    log_difference_t difference;
    run_write (&plain, &(twist_t){ 0 });
    run_write (&twisted, &(twist_t){ .time = 20, .sender = 1, .drop = true });
    log_difference_init (&difference);
    CHECK_ERR (run_compare_with (&twisted, &plain, true, &difference), MST_E_DIFFERS);
    CHECK_INT (difference.kind, LOG_DIFFERENCE_ONLY_SECOND);
    log_difference_fini (&difference);
    log_memory_fini (&plain);
    log_memory_fini (&twisted);
}

static void test_range (void)
{
    log_memory_t plain, twisted;
    log_difference_t difference;
    log_reader_t *first, *second;
    run_write (&plain, &(twist_t){ 0 });
    run_write (&twisted, &(twist_t){ .time = 20, .sender = 1, .value = "new" });
    log_source_t sources[] = { log_memory_source (&plain), log_memory_source (&twisted) };
    CHECK_OK (log_reader_new (&first, &sources[0]));
    CHECK_OK (log_reader_new (&second, &sources[1]));
    log_compare_options_t before = { .until_ns = 19 * SAMPLE_NS };
    log_compare_options_t after = { .from_ns = 21 * SAMPLE_NS };
    log_difference_init (&difference);
    CHECK_OK (log_compare (first, second, &before, &difference));
    CHECK_INT (difference.compared, 19 * SENDERS);
    difference.compared = 0;
    CHECK_OK (log_compare (first, second, &after, &difference));
    CHECK_INT (difference.compared, (STEPS - 20) * SENDERS);

    uint64_t same_until_ns;
    bool all;
    CHECK_OK (log_compare_chains (first, second, &same_until_ns, &all));
    CHECK (!all);
    CHECK (same_until_ns < 20 * SAMPLE_NS && same_until_ns >= (19 - CHUNK_STEPS) * SAMPLE_NS);
    CHECK_OK (log_compare_chains (first, first, &same_until_ns, &all));
    CHECK (all);
    CHECK_INT (same_until_ns, STEPS * SAMPLE_NS);
    log_difference_fini (&difference);
    log_reader_destroy (&first);
    log_reader_destroy (&second);
    log_memory_fini (&plain);
    log_memory_fini (&twisted);
}

/*  A recording without a chain, and an empty one. */
static void test_no_chain (void)
{
    log_memory_t plain, empty;
    log_writer_t *writer;
    log_difference_t difference;
    run_write (&plain, &(twist_t){ 0 });
    log_memory_init (&empty);
    CHECK_OK (log_writer_new (&writer, NULL, log_memory_sink (&empty)));
    CHECK_OK (log_writer_finish (writer));
    log_writer_destroy (&writer);
    for (int by_chain = 0; by_chain < 2; by_chain++) {
        log_difference_init (&difference);
        CHECK_ERR (run_compare_with (&plain, &empty, by_chain, &difference), MST_E_DIFFERS);
        CHECK_INT (difference.kind, LOG_DIFFERENCE_ONLY_FIRST);
        CHECK_INT (difference.time, 1);
        log_difference_fini (&difference);
        log_difference_init (&difference);
        CHECK_OK (run_compare_with (&empty, &empty, by_chain, &difference));
        log_difference_fini (&difference);
    }
    log_memory_fini (&plain);
    log_memory_fini (&empty);
}

static void sweep_compare (void *context)
{
    log_memory_t *memories = context;
    log_difference_t difference;
    for (int by_chain = 0; by_chain < 2; by_chain++) {
        log_difference_init (&difference);
        (void) run_compare_with (&memories[0], &memories[1], by_chain, &difference);
        log_difference_fini (&difference);
    }
}

static void test_sweep (void)
{
    log_memory_t memories[2];
    run_write (&memories[0], &(twist_t){ 0 });
    run_write (&memories[1], &(twist_t){ .time = 20, .sender = 1, .value = "new" });
    CHECK (sweep_allocations (sweep_compare, memories) > 50);
    log_memory_fini (&memories[0]);
    log_memory_fini (&memories[1]);
}

static CU_TestInfo compare_tests[] = {
    { "the same run, recorded otherwise", test_same },
    { "another value", test_value },
    { "another object, kind or class", test_identity },
    { "a message is missing", test_missing },
    { "a range of time, and how far the chains agree", test_range },
    { "no chain, nothing at all", test_no_chain },
    { "every allocation fails", test_sweep },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "log compare", NULL, NULL, NULL, NULL, compare_tests })
