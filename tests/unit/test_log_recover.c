/*  Recovery: whatever is done to a file, what comes out is a whole recording, and holds every
   message of every chunk that was not touched. */
#include "log/limits.h"
#include "log/reader.h"
#include "log/recover.h"
#include "log/verify.h"
#include "tests/support/check.h"
#include "tests/support/log_memory.h"
#include "tests/support/sweep.h"

#include <string.h>

enum { STEP_MESSAGES = SAMPLE_MESSAGES / SAMPLE_STEPS };

/*  The new file opens by its summary and has no fault but those that a loss explains. */
static void check_recovered (log_memory_t *memory, const log_recovery_t *recovery, bool lossless)
{
    log_report_t report;
    log_source_t source = log_memory_source (memory);
    log_report_init (&report);
    mst_err_t err = log_verify (&source, &report);
    CHECK (report.has_summary && report.complete);
    CHECK_INT (report.lost_bytes, 0);
    CHECK_INT (report.messages, recovery->messages);
    if (lossless)
        CHECK_OK (err);
    else if (err) { /* the chain misses what was lost, and that loss is declared */
        CHECK (report.loss_declared);
        for (size_t i = 0; i < report.findings.count; i++)
            CHECK_CONTAINS (report.findings.items[i], "chain");
    }
    log_report_fini (&report);
}

static void recover_to (log_memory_t *damaged, log_memory_t *recovered, log_recovery_t *recovery)
{
    log_source_t source = log_memory_source (damaged);
    log_memory_init (recovered);
    CHECK_OK (log_recover (&source, NULL, log_memory_sink (recovered), recovery));
}

static void test_whole (void)
{
    log_memory_t memory, recovered;
    log_recovery_t recovery;
    log_memory_init (&memory);
    CHECK_OK (sample_write (&memory, LOG_COMPRESSION_LZ4));
    recover_to (&memory, &recovered, &recovery);
    CHECK_INT (recovery.messages, SAMPLE_MESSAGES);
    CHECK_INT (recovery.records, 2 * SAMPLE_STEPS);
    CHECK_INT (recovery.chunks, SAMPLE_STEPS);
    CHECK_INT (recovery.attachments, 1);
    CHECK_INT (recovery.metadata, 2); /* the scenario's, and the chain's */
    CHECK_INT (recovery.places, 0);
    CHECK_INT (recovery.lost_bytes, 0);
    CHECK (!recovery.cut);
    CHECK_INT (sample_count (&recovered), SAMPLE_MESSAGES);
    check_recovered (&recovered, &recovery, true);
    log_memory_fini (&recovered);
    log_memory_fini (&memory);
}

/*  Chunks that lie whole before an offset, in a file that is whole itself. */
static int chunks_before (log_memory_t *memory, uint64_t offset)
{
    log_reader_t *reader;
    log_source_t source = log_memory_source (memory);
    int count = 0;
    CHECK_OK (log_reader_new (&reader, &source));
    for (size_t i = 0; i < log_reader_chunk_count (reader); i++) {
        const log_extent_t *extent = log_reader_chunk_at (reader, i);
        count += extent->offset + extent->length <= offset;
    }
    log_reader_destroy (&reader);
    return count;
}

static void test_cut_anywhere (void)
{
    log_memory_t memory, recovered;
    log_recovery_t recovery;
    log_memory_init (&memory);
    CHECK_OK (sample_write (&memory, LOG_COMPRESSION_ZSTD));
    uint64_t whole = memory.size_bytes;
    for (uint64_t cut = LOG_MAGIC_BYTES; cut < whole; cut++) {
        memory.size_bytes = whole;
        int chunks = chunks_before (&memory, cut);
        memory.size_bytes = cut;
        recover_to (&memory, &recovered, &recovery);
        CHECK_INT (recovery.messages, chunks * STEP_MESSAGES);
        CHECK_INT (recovery.chunks, chunks);
        CHECK_INT (recovery.uncounted, recovery.cut);
        CHECK_INT (sample_count (&recovered), chunks * STEP_MESSAGES);
        check_recovered (&recovered, &recovery, true);
        log_memory_fini (&recovered);
    }
    memory.size_bytes = LOG_MAGIC_BYTES - 1;
    log_source_t source = log_memory_source (&memory);
    log_memory_init (&recovered);
    CHECK_ERR (log_recover (&source, NULL, log_memory_sink (&recovered), &recovery),
               MST_E_FILE_CORRUPT);
    CHECK_INT (recovered.bytes.size_bytes, 0);
    log_memory_fini (&recovered);
    log_memory_fini (&memory);
}

/*  One changed byte costs at most the chunk that it is in. */
static void test_every_byte_changed (void)
{
    const log_compression_t compressions[] = { LOG_COMPRESSION_ZSTD, LOG_COMPRESSION_NONE };
    static const uint8_t changes[] = { 0xff, 0x01, 0x80 };
    for (int i = 0; i < 2; i++) {
        log_memory_t memory, recovered;
        log_recovery_t recovery;
        log_memory_init (&memory);
        CHECK_OK (sample_write (&memory, compressions[i]));
        for (size_t at = LOG_MAGIC_BYTES; at < memory.bytes.size_bytes; at++)
            for (size_t k = 0; k < sizeof changes; k++) {
                memory.bytes.data[at] ^= changes[k];
                recover_to (&memory, &recovered, &recovery);
                CHECK (recovery.messages >= SAMPLE_MESSAGES - STEP_MESSAGES);
                CHECK (recovery.messages == SAMPLE_MESSAGES || recovery.places > 0);
                check_recovered (&recovered, &recovery, false);
                log_memory_fini (&recovered);
                memory.bytes.data[at] ^= changes[k];
            }
        log_memory_fini (&memory);
    }
}

/*  A chunk's CRC is wrong: its messages are counted by its indexes, and the loss is declared. */
static void test_chunk_lost (void)
{
    log_memory_t memory, recovered;
    log_recovery_t recovery;
    log_reader_t *reader;
    log_memory_init (&memory);
    CHECK_OK (sample_write (&memory, LOG_COMPRESSION_ZSTD));
    log_source_t source = log_memory_source (&memory);
    CHECK_OK (log_reader_new (&reader, &source));
    const log_extent_t *second = log_reader_chunk_at (reader, 1);
    memory.bytes.data[second->offset + second->length - 4] ^= 1;
    uint64_t length = second->length;
    log_reader_destroy (&reader);

    recover_to (&memory, &recovered, &recovery);
    CHECK_INT (recovery.messages, SAMPLE_MESSAGES - STEP_MESSAGES);
    CHECK_INT (recovery.lost_messages, STEP_MESSAGES);
    CHECK (!recovery.uncounted);
    CHECK_INT (recovery.lost_bytes, length);
    CHECK_INT (recovery.places, 1);
    CHECK (!recovery.cut);

    log_report_t report;
    source = log_memory_source (&recovered);
    log_report_init (&report);
    CHECK_ERR (log_verify (&source, &report), MST_E_FILE_CORRUPT); /* the chain has a gap */
    CHECK (report.loss_declared);
    CHECK_INT (report.tally.senders.count, 3);
    for (size_t i = 0; i < report.tally.senders.count; i++)
        CHECK_INT (log_sender_missing (&report.tally.senders.items[i]), 1);
    log_report_fini (&report);
    log_memory_fini (&recovered);
    log_memory_fini (&memory);
}

static void sweep_recover (void *context)
{
    log_memory_t recovered;
    log_recovery_t recovery;
    log_source_t source = log_memory_source (context);
    log_memory_init (&recovered);
    (void) log_recover (&source, NULL, log_memory_sink (&recovered), &recovery);
    log_memory_fini (&recovered);
}

static void test_sweep (void)
{
    log_memory_t memory;
    log_memory_init (&memory);
    CHECK_OK (sample_write (&memory, LOG_COMPRESSION_ZSTD));
    memory.size_bytes -= 100;
    memory.bytes.data[memory.size_bytes / 2] ^= 1;
    CHECK (sweep_allocations (sweep_recover, &memory) > 50);
    log_memory_fini (&memory);
}

static CU_TestInfo recover_tests[] = {
    { "a whole file comes out as it was", test_whole },
    { "cut at every byte", test_cut_anywhere },
    { "every byte changed", test_every_byte_changed },
    { "a lost chunk is counted and declared", test_chunk_lost },
    { "every allocation fails", test_sweep },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "log recover", NULL, NULL, NULL, NULL, recover_tests })
