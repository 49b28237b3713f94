/*  A chain's value holds everything before it. So where two chains have the same value at the same
    interval, they are the same up to there, and the last such place is found by halving: over the
    chunks of the first recording, and for each of them over those of the second. */
#include "log/compare.h"
#include "log/reader_own.h"
#include "log/record.h"
#include "base/error.h"

/*  The last link in or before a chunk. */
typedef struct chains_place {
    bool found;
    log_link_t link;
    uint64_t log_time_ns;
} chains_place_t;

/*  Looks through one chunk for the link of `interval`, or for the last one when that is NULL. */
static mst_err_t chains_search (log_reader_t *reader, size_t chunk, const int64_t *interval,
                                chains_place_t *place)
{
    const log_extent_t *extent = log_reader_chunk_at (reader, chunk);
    log_item_t item;
    log_record_t record;

    base_assert (extent != NULL);
    mst_err_t err = log_walk_read (&reader->walk, extent->offset, &item);
    log_span_t plain = log_span (reader->walk.plain.data, reader->walk.plain.size_bytes);
    for (size_t position = 0; !err && position < plain.size_bytes;) {
        err = log_parse_inner (&item, plain, position);
        if (err)
            break;
        position += LOG_HEAD_BYTES + item.content.size_bytes;
        if (item.opcode != LOG_RECORD_CHAIN)
            continue;
        err = log_record_decode (&record, item.opcode, item.content.data, item.content.size_bytes);
        if (!err && (!interval || record.link.interval == *interval))
            *place = (chains_place_t){ true, record.link, record.log_time_ns };
    }
    return err == MST_E_MALFORMED ? MST_E_FILE_CORRUPT : err;
}

/*  The last link in the chunks up to this one. */
static mst_err_t chains_last (log_reader_t *reader, size_t chunk, chains_place_t *place)
{
    base_assert (reader != NULL);
    base_assert (place != NULL);
    *place = (chains_place_t){ 0 };
    for (size_t i = chunk + 1; i-- > 0;) {
        mst_err_t err = chains_search (reader, i, NULL, place);
        if (err || place->found)
            return err;
    }
    return MST_OK;
}

/*  The link of an interval, wherever it is. */
static mst_err_t chains_find (log_reader_t *reader, int64_t interval, chains_place_t *place)
{
    base_assert (reader != NULL);
    base_assert (place != NULL);
    size_t low = 0, high = log_reader_chunk_count (reader);
    while (low < high) { /* the first chunk whose last link is at or behind the interval */
        size_t middle = low + (high - low) / 2;
        mst_err_t err = chains_last (reader, middle, place);
        if (err)
            return err;
        if (place->found && place->link.interval >= interval)
            high = middle;
        else
            low = middle + 1;
    }
    *place = (chains_place_t){ 0 };
    return low < log_reader_chunk_count (reader) ? chains_search (reader, low, &interval, place)
                                                 : MST_OK;
}

/*  Is everything the same up to the last link in or before this chunk of the first recording? */
static mst_err_t chains_same (log_reader_t *first, log_reader_t *second, size_t chunk, bool *same,
                              uint64_t *log_time_ns)
{
    base_assert (first != NULL);
    base_assert (second != NULL);
    chains_place_t mine, theirs = { 0 };
    mst_err_t err = chains_last (first, chunk, &mine);
    if (!err && mine.found)
        err = chains_find (second, mine.link.interval, &theirs);
    if (err)
        return err;
    *same = !mine.found || (theirs.found && log_hash_is (mine.link.value, theirs.link.value) &&
                            mine.link.count == theirs.link.count);
    *log_time_ns = mine.found ? mine.log_time_ns : 0;
    return MST_OK;
}

/*  Do both chains end in the same link? Recordings without a chain do not. */
static mst_err_t chains_end (log_reader_t *first, log_reader_t *second, bool *all)
{
    base_assert (first != NULL);
    base_assert (second != NULL);
    chains_place_t mine = { 0 }, theirs = { 0 };
    mst_err_t err = MST_OK;
    if (log_reader_chunk_count (first) > 0)
        err = chains_last (first, log_reader_chunk_count (first) - 1, &mine);
    if (!err && log_reader_chunk_count (second) > 0)
        err = chains_last (second, log_reader_chunk_count (second) - 1, &theirs);
    *all = !err && mine.found && theirs.found && mine.link.interval == theirs.link.interval &&
           log_hash_is (mine.link.value, theirs.link.value);
    return err;
}

mst_err_t log_compare_chains (log_reader_t *first, log_reader_t *second, uint64_t *same_until_ns,
                              bool *all)
{
    base_assert (first != NULL);
    base_assert (second != NULL);
    base_assert (same_until_ns != NULL);
    base_assert (all != NULL);
    size_t low = 0, high = log_reader_chunk_count (first);

    *same_until_ns = 0;
    mst_err_t err = chains_end (first, second, all);
    while (!err && low < high) { /* the first chunk of which not everything is the same */
        size_t middle = low + (high - low) / 2;
        bool same = false;
        uint64_t log_time_ns;
        err = chains_same (first, second, middle, &same, &log_time_ns);
        if (same)
            low = middle + 1;
        else
            high = middle;
        if (same && log_time_ns > *same_until_ns)
            *same_until_ns = log_time_ns;
    }
    return err;
}
