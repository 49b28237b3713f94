/*  Chunks packed in haste: whatever they hold and whatever they are said to be like, zstd's own
    library gives back what went in; and of two ways to pack the writer takes the better one. */
#include "base/alloc.h"
#include "base/random.h"
#include "log/codec.h"
#include "log/delta.h"
#include "tests/support/check.h"
#include "tests/support/log_memory.h"
#include "tests/support/sweep.h"

#include <stdlib.h>

enum { PLAIN_MAX = 3 * LOG_DELTA_BLOCK_BYTES, MARKS_MAX = 4096 };

static log_delta_mark_t marks[MARKS_MAX];

/*  Packs and unpacks; gives the packed size. */
static size_t there_and_back (const uint8_t *plain, size_t size_bytes, size_t mark_count)
{
    log_delta_t delta;
    log_codec_t codec;
    base_buffer_t packed = { 0 }, back = { 0 };
    log_delta_init (&delta);
    log_codec_init (&codec);
    CHECK_OK (log_delta_pack (&delta, &packed, log_span (plain, size_bytes), marks, mark_count));
    CHECK_OK (log_codec_unpack (&codec, log_text ("zstd"), &back,
                                log_span (packed.data, packed.size_bytes), size_bytes));
    CHECK_INT (back.size_bytes, size_bytes);
    CHECK_BYTES (back.data, plain, size_bytes);
    size_t packed_bytes = packed.size_bytes;
    base_buffer_fini (&packed);
    base_buffer_fini (&back);
    log_codec_fini (&codec);
    log_delta_fini (&delta);
    return packed_bytes;
}

static void test_sizes (void)
{
    static uint8_t plain[PLAIN_MAX];
    static const size_t sizes[] = { 1,
                                    2,
                                    7,
                                    8,
                                    9,
                                    127,
                                    4096,
                                    LOG_DELTA_BLOCK_BYTES - 1,
                                    LOG_DELTA_BLOCK_BYTES,
                                    LOG_DELTA_BLOCK_BYTES + 1,
                                    2 * LOG_DELTA_BLOCK_BYTES,
                                    PLAIN_MAX };
    base_random_t random;
    base_random_init (&random, 3);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset (plain, 0, sizes[i]);
        (void) there_and_back (plain, sizes[i], 0);
        marks[0] = (log_delta_mark_t){ 1, 0 };
        size_t packed = there_and_back (plain, sizes[i], sizes[i] > 1);
        CHECK (sizes[i] < 100 || packed < 100); /* one match goes on from block to block */
        for (size_t k = 0; k < sizes[i]; k++)
            plain[k] = (uint8_t) base_random_next (&random);
        packed = there_and_back (plain, sizes[i], sizes[i] > 1);
        CHECK (packed <= sizes[i] + 9 + 3 * (sizes[i] / LOG_DELTA_BLOCK_BYTES + 1));
    }
}

/*  Every length of literals and of a match, at all distances that a chunk has: each code of the
    format is written at least once. */
static void test_every_length (void)
{
    static uint8_t plain[PLAIN_MAX];
    base_random_t random;
    base_random_init (&random, 5);
    for (uint32_t length = 8; length < LOG_DELTA_BLOCK_BYTES / 3; length += 1 + length / 9) {
        size_t start = 2 * length + base_random_next (&random) % length;
        for (size_t k = 0; k < start + length; k++)
            plain[k] = (uint8_t) base_random_next (&random);
        marks[0] = (log_delta_mark_t){ (uint32_t) start, (uint32_t) length / 2 };
        memcpy (plain + start, plain + length / 2, length);
        (void) there_and_back (plain, start + length, 1); /* long literals, one match */
        for (size_t k = 0; k < length; k += 8 + length / 7)
            plain[start + k] ^= 0x40;
        size_t packed = there_and_back (plain, start + length, 1);
        CHECK (packed < start + length / 3 + 40);
    }
}

/*  Anything may be said to be like anything before it. */
static void test_any_marks (void)
{
    static uint8_t plain[PLAIN_MAX];
    for (uint64_t seed = 0; seed < 200; seed++) {
        base_random_t random;
        base_random_init (&random, seed);
        size_t size_bytes = 1 + base_random_next (&random) % (seed % 20 ? 9000 : PLAIN_MAX - 1);
        size_t letters = 1 + base_random_next (&random) % 4, count = 0;
        for (size_t k = 0; k < size_bytes; k++) {
            bool again = k > 40 && base_random_next (&random) % 8 != 0;
            if (again)
                plain[k] = plain[k - 40];
            else
                plain[k] = (uint8_t) (base_random_next (&random) % letters);
        }
        for (size_t at = base_random_next (&random) % 50; at < size_bytes && count < MARKS_MAX;
             at += 1 + base_random_next (&random) % 100) {
            uint32_t back = base_random_next (&random) % 3 ? 40 : (uint32_t) (at / 2);
            marks[count++] =
                (log_delta_mark_t){ (uint32_t) at, (uint32_t) at - (at >= back ? back : 0) };
        }
        (void) there_and_back (plain, size_bytes, count);
    }
}

/*  The writer -------------------------------------------------------------------------------------
 */

enum { BODIES = 100, UPDATES = 40000, VALUE_BYTES = 144 };

typedef enum stream { MOVING, NOISE, WORDS } stream_t;

static void value_make (stream_t stream, int update, base_random_t *random, char *value)
{
    static const char *const words[] = { "north ", "contact lost ", "heading ", "fuel low " };
    double *numbers = (double *) (void *) value;
    if (stream == MOVING)
        for (int i = 0; i < 18; i++)
            numbers[i] = i < 3 ? update / BODIES * 1e-3 + i : (update % BODIES) * 0.37 + i;
    for (int i = 0; stream == NOISE && i < VALUE_BYTES; i++)
        value[i] = (char) base_random_next (random);
    for (int at = 0; stream == WORDS && at < VALUE_BYTES;) {
        const char *word = words[base_random_next (random) % 4];
        for (; *word && at < VALUE_BYTES; word++)
            value[at++] = *word;
    }
}

/*  What came out is what went in, message by message. */
static void stream_check (log_memory_t *memory, stream_t stream)
{
    log_source_t source = log_memory_source (memory);
    log_decoded_t *decoded = malloc (sizeof *decoded);
    log_reader_t *reader;
    base_random_t random;
    log_envelope_t message;
    bool found = true;
    _Alignas(double) char value[VALUE_BYTES];
    base_random_init (&random, 9);
    CHECK_OK (log_reader_new (&reader, &source));
    int wrong = 0;
    for (int i = 0; i < UPDATES; i++) {
        CHECK_OK (log_reader_next (reader, &message, &found));
        mst_err_t err =
            found ? log_message_decode (decoded, message.body.data, message.body.size_bytes)
                  : MST_E_FILE_CORRUPT;
        value_make (stream, i, &random, value);
        wrong += err || decoded->message.sequence != (uint64_t) i + 1 ||
                 memcmp (decoded->values[0].bytes.data, value, VALUE_BYTES) != 0;
    }
    CHECK_INT (wrong, 0);
    log_reader_destroy (&reader);
    free (decoded);
}

static size_t stream_write (stream_t stream, int level)
{
    static const log_member_t member = { "state", "HLAopaqueData" };
    const log_class_t body = { "Body", false, &member, 1 };
    log_writer_options_t options = { .level = level };
    log_memory_t memory;
    log_writer_t *writer;
    base_random_t random;
    uint16_t channel;
    _Alignas(double) char value[VALUE_BYTES];
    char name[16];
    log_memory_init (&memory);
    base_random_init (&random, 9);
    CHECK_OK (log_writer_new (&writer, &options, log_memory_sink (&memory)));
    CHECK_OK (log_writer_add_class (writer, &body, &channel));
    for (int i = 0; i < UPDATES; i++) {
        (void) snprintf (name, sizeof name, "body-%d", i % BODIES);
        value_make (stream, i, &random, value);
        log_value_t state = { 0, log_span (value, VALUE_BYTES) };
        log_message_t message = { .kind = LOG_KIND_UPDATE,
                                  .sequence = (uint64_t) i + 1,
                                  .sender = log_text ("sun"),
                                  .object = log_text (name),
                                  .values = &state,
                                  .value_count = 1 };
        CHECK_OK (log_writer_message (writer, channel, &message, (uint64_t) i,
                                      1700000000000000000u + (uint64_t) i * 997));
    }
    CHECK_OK (log_writer_finish (writer));
    size_t size_bytes = memory.bytes.size_bytes;
    log_writer_destroy (&writer);
    stream_check (&memory, stream);
    log_memory_fini (&memory);
    return size_bytes;
}

/*  Against zstd's own level 1: at most a third larger, where haste pays and where it does not. */
static void test_streams (void)
{
    for (stream_t stream = MOVING; stream <= WORDS; stream++) {
        size_t chosen = stream_write (stream, 0), searched = stream_write (stream, 1);
        if (!CHECK (chosen < searched / 3 * 4))
            fprintf (stderr, "stream %d: %zu bytes, level 1: %zu\n", (int) stream, chosen,
                     searched);
    }
}

/*  Full chunks, so that the packer and its lists are made on the way. */
static void fill_chunks (void *context)
{
    int *count = context;
    log_writer_options_t options = { .chunk_bytes = 400 };
    log_memory_t memory;
    log_writer_t *writer = NULL;
    uint16_t channels[SAMPLE_CLASSES];
    log_memory_init (&memory);
    mst_err_t err = log_writer_new (&writer, &options, log_memory_sink (&memory));
    if (!err)
        err = sample_classes (writer, channels);
    for (int i = 1; i <= 30 && !err; i++)
        err = sample_update (writer, channels[0], i, 0, (uint64_t) i);
    if (!err)
        err = log_writer_finish (writer);
    if (!err && count)
        *count = sample_count (&memory);
    log_writer_destroy (&writer);
    log_memory_fini (&memory);
}

static void test_sweep (void)
{
    int count = 0;
    fill_chunks (&count);
    CHECK_INT (count, 30);
    CHECK (sweep_allocations (fill_chunks, NULL) > 5);
}

static CU_TestInfo delta_tests[] = {
    { "sizes around a block's", test_sizes },
    { "every length of literals and matches", test_every_length },
    { "any bytes, any marks", test_any_marks },
    { "streams that haste suits, and others", test_streams },
    { "every allocation fails", test_sweep },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "log delta", NULL, NULL, NULL, NULL, delta_tests })
