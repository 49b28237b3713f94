/*  Any bytes as a recording: they are read in the order of time and of the file, verified,
   recovered and compared with themselves. What recovery makes must open by its summary with nothing
   lost. */
#include "log/compare.h"
#include "log/reader.h"
#include "log/recover.h"
#include "log/verify.h"
#include "log/walk.h"
#include "log/class.h"
#include "base/check.h"
#include "tests/support/log_memory.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

static void fuzz_messages (log_reader_t *reader)
{
    log_envelope_t message;
    bool found = true;
    mst_err_t err = MST_OK;
    while (!err && found)
        err = log_reader_next (reader, &message, &found);
    log_reader_seek (reader, log_reader_info (reader)->statistics.end_ns / 2, UINT64_MAX);
    (void) log_reader_next (reader, &message, &found);
}

static void fuzz_classes (const log_reader_t *reader)
{
    base_arena_t arena;
    log_class_t description;
    base_arena_init (&arena);
    for (size_t i = 0; i < log_reader_channel_count (reader); i++) {
        const log_channel_t *channel = log_reader_channel_at (reader, i);
        const log_schema_t *schema = log_reader_schema (reader, channel->schema_id);
        if (schema)
            (void) log_class_decode (&description, &arena, schema->data.data,
                                     schema->data.size_bytes);
    }
    base_arena_fini (&arena);
}

static void fuzz_compare (log_reader_t *reader, const log_source_t *source)
{
    log_reader_t *other;
    log_difference_t difference;
    if (log_reader_new (&other, source))
        return;
    for (int by_chain = 0; by_chain < 2; by_chain++) {
        log_compare_options_t options = { .by_chain = by_chain };
        log_difference_init (&difference);
        base_assert (log_compare (reader, other, &options, &difference) != MST_E_DIFFERS);
        log_difference_fini (&difference);
    }
    log_reader_destroy (&other);
}

static void fuzz_reader (const log_source_t *source)
{
    log_reader_t *reader;
    log_attachment_t attachment;
    log_metadata_t metadata;
    bool found;
    if (log_reader_new (&reader, source))
        return;
    fuzz_messages (reader);
    fuzz_classes (reader);
    for (size_t i = 0; i < log_reader_attachment_count (reader); i++)
        (void) log_reader_attachment (reader, i, &attachment);
    (void) log_reader_find_metadata (reader, LOG_METADATA_SENDERS, &metadata, &found);
    fuzz_compare (reader, source);
    log_reader_destroy (&reader);
}

static void fuzz_walk (const log_source_t *source)
{
    log_walk_t walk;
    log_item_t item;
    bool found = true;
    mst_err_t err = log_walk_init (&walk, source);
    while (found && (!err || log_walk_can_go_on (err)) && walk.offset > 0)
        err = log_walk_next (&walk, &item, &found);
    base_assert (err || walk.ended != walk.cut);
    log_walk_fini (&walk);
}

static void fuzz_verify (const log_source_t *source)
{
    log_report_t report;
    log_report_init (&report);
    (void) log_verify (source, &report);
    log_report_fini (&report);
}

static void fuzz_recover (const log_source_t *source)
{
    log_memory_t recovered;
    log_recovery_t recovery;
    log_reader_t *reader;
    log_writer_options_t options = { .compression = LOG_COMPRESSION_NONE };
    log_memory_init (&recovered);
    if (!log_recover (source, &options, log_memory_sink (&recovered), &recovery)) {
        log_source_t again = log_memory_source (&recovered);
        base_assert (log_reader_new (&reader, &again) == MST_OK);
        base_assert (log_reader_info (reader)->has_summary);
        base_assert (log_reader_info (reader)->statistics.messages == recovery.messages);
        log_reader_destroy (&reader);
    }
    log_memory_fini (&recovered);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes)
{
    log_memory_t memory;
    log_memory_init (&memory);
    memory.bytes.data = (uint8_t *) (uintptr_t) data; /* only read; never given back */
    memory.size_bytes = memory.bytes.size_bytes = size_bytes;
    log_source_t source = log_memory_source (&memory);
    fuzz_reader (&source);
    fuzz_walk (&source);
    fuzz_verify (&source);
    fuzz_recover (&source);
    return 0;
}
