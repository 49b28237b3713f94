/*  Messages in the order of time. A chunk is unpacked when the time of its start is reached, and
   kept until its last message is given; where chunks overlap in time, several are open and the
   earliest message of all goes first. In a recording of ours chunks hardly overlap: one or two are
   open. */
#include "log/reader_own.h"
#include "log/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct timeline_start {
    uint64_t start_ns;
    uint32_t chunk;
} timeline_start_t;

static int timeline_compare_starts (const void *one, const void *other)
{
    base_assert (one != NULL);
    base_assert (other != NULL);
    const timeline_start_t *a = one, *b = other;
    if (a->start_ns != b->start_ns)
        return a->start_ns < b->start_ns ? -1 : 1;
    return a->chunk < b->chunk ? -1 : a->chunk > b->chunk;
}

mst_err_t log_timeline_init (log_reader_t *self)
{
    base_assert (self != NULL);
    base_assert (self->by_start == NULL);
    size_t count = self->chunks.count;
    base_assert (count <= LOG_CHUNKS_MAX);
    timeline_start_t *starts = base_calloc (count, sizeof *starts);
    self->by_start = base_calloc (count, sizeof *self->by_start);
    if (!starts || !self->by_start) {
        base_free (starts);
        return base_alloc_error ();
    }
    for (size_t i = 0; i < count; i++)
        starts[i] = (timeline_start_t){ self->chunks.items[i].start_ns, (uint32_t) i };
    qsort (starts, count, sizeof *starts, timeline_compare_starts);
    for (size_t i = 0; i < count; i++)
        self->by_start[i] = starts[i].chunk;
    base_free (starts);
    log_reader_seek (self, 0, UINT64_MAX);
    return MST_OK;
}

void log_timeline_fini (log_reader_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->slots, i) {
        base_buffer_fini (&self->slots.items[i]->plain);
        BASE_LIST_FINI (&self->slots.items[i]->entries);
        base_free (self->slots.items[i]);
    }
    BASE_LIST_FINI (&self->slots);
    base_free (self->by_start);
    self->by_start = NULL;
}

static void timeline_release (log_reader_t *self, reader_slot_t *slot)
{
    base_assert (slot->busy);
    base_assert (self->open_bytes >= slot->plain.size_bytes);
    self->open_bytes -= slot->plain.size_bytes;
    slot->busy = false;
}

void log_reader_seek (log_reader_t *self, uint64_t from_ns, uint64_t until_ns)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->slots, i)
        if (self->slots.items[i]->busy)
            timeline_release (self, self->slots.items[i]);
    base_assert (self->open_bytes == 0);
    self->next_chunk = 0;
    self->from_ns = from_ns;
    self->until_ns = until_ns;
}

static int timeline_compare_entries (const void *one, const void *other)
{
    base_assert (one != NULL);
    base_assert (other != NULL);
    const reader_entry_t *a = one, *b = other;
    if (a->log_time_ns != b->log_time_ns)
        return a->log_time_ns < b->log_time_ns ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

/*  A slot that is not busy, made if there is none. */
static mst_err_t timeline_slot (log_reader_t *self, reader_slot_t **slot)
{
    base_assert (self != NULL);
    base_assert (slot != NULL);
    BASE_LIST_EACH (&self->slots, i)
        if (!self->slots.items[i]->busy) {
            *slot = self->slots.items[i];
            return MST_OK;
        }
    if (BASE_LIST_ROOM (&self->slots))
        return MST_E_NO_MEMORY;
    *slot = base_calloc (1, sizeof **slot);
    if (!*slot)
        return base_alloc_error ();
    BASE_LIST_PUT (&self->slots, *slot);
    return MST_OK;
}

/*  Lists the messages of the slot's chunk that may still be given, in the order of time. */
static mst_err_t timeline_list (const log_reader_t *self, reader_slot_t *slot,
                                const log_extent_t *extent)
{
    base_assert (self != NULL);
    base_assert (slot != NULL);
    log_span_t plain = log_span (slot->plain.data, slot->plain.size_bytes);
    bool sorted = true;
    uint64_t last = 0;

    slot->entries.count = slot->next = 0;
    for (size_t position = 0; position < plain.size_bytes;) {
        log_item_t item = { .offset = extent->offset, .length = extent->length };
        mst_err_t err = log_parse_inner (&item, plain, position);
        if (err)
            return err;
        reader_entry_t entry = { item.message.log_time_ns, position };
        position += LOG_HEAD_BYTES + item.content.size_bytes;
        if (item.opcode != LOG_OP_MESSAGE)
            continue;
        if (entry.log_time_ns < extent->start_ns || entry.log_time_ns > extent->end_ns)
            return base_error (MST_E_FILE_CORRUPT,
                               "the recording is damaged at byte %" PRIu64
                               ": a chunk has a message outside its times",
                               extent->offset);
        if (entry.log_time_ns < self->from_ns || entry.log_time_ns > self->until_ns)
            continue;
        sorted = sorted && entry.log_time_ns >= last;
        last = entry.log_time_ns;
        if (BASE_LIST_PUSH (&slot->entries, entry))
            return MST_E_NO_MEMORY;
    }
    if (!sorted)
        qsort (slot->entries.items, slot->entries.count, sizeof *slot->entries.items,
               timeline_compare_entries);
    return MST_OK;
}

static mst_err_t timeline_load (log_reader_t *self, const log_extent_t *extent)
{
    base_assert (self != NULL);
    base_assert (extent != NULL);
    reader_slot_t *slot;
    log_item_t item;

    mst_err_t err = timeline_slot (self, &slot);
    if (!err)
        err = log_walk_read (&self->walk, extent->offset, &item);
    if (err)
        return err;
    if (item.opcode != LOG_OP_CHUNK)
        return base_error (MST_E_FILE_CORRUPT,
                           "the recording's index tells of a chunk at byte %" PRIu64
                           " where there is none",
                           extent->offset);
    if (self->walk.plain.size_bytes > LOG_OPEN_CHUNKS_MAX_BYTES - self->open_bytes)
        return base_error (MST_E_LIMIT,
                           "the recording's chunks overlap in time by more than %d bytes",
                           LOG_OPEN_CHUNKS_MAX_BYTES);
    base_buffer_t taken = slot->plain; /* swap, so that neither is copied nor allocated anew */
    slot->plain = self->walk.plain;
    self->walk.plain = taken;
    base_buffer_clear (&self->walk.plain);
    slot->offset = extent->offset;
    err = timeline_list (self, slot, extent);
    if (err || slot->entries.count == 0)
        return err;
    slot->busy = true;
    self->open_bytes += slot->plain.size_bytes;
    base_assert (self->open_bytes <= LOG_OPEN_CHUNKS_MAX_BYTES);
    return MST_OK;
}

/*  The open chunk with the earliest message; NULL when none is open. */
static reader_slot_t *timeline_earliest (const log_reader_t *self)
{
    base_assert (self != NULL);
    reader_slot_t *earliest = NULL;
    uint64_t time = 0;
    BASE_LIST_EACH (&self->slots, i) {
        reader_slot_t *slot = self->slots.items[i];
        if (!slot->busy)
            continue;
        base_assert (slot->next < slot->entries.count); /* else it would have been released */
        uint64_t next = slot->entries.items[slot->next].log_time_ns;
        if (!earliest || next < time || (next == time && slot->offset < earliest->offset)) {
            earliest = slot;
            time = next;
        }
    }
    return earliest;
}

/*  Opens every chunk that may hold a message before, or at, the earliest one that is open. */
static mst_err_t timeline_advance (log_reader_t *self, reader_slot_t **earliest)
{
    base_assert (self != NULL);
    base_assert (earliest != NULL);
    *earliest = timeline_earliest (self);
    while (self->next_chunk < self->chunks.count) {
        const log_extent_t *extent = &self->chunks.items[self->by_start[self->next_chunk]];
        if (extent->start_ns > self->until_ns)
            break;
        if (*earliest &&
            extent->start_ns > (*earliest)->entries.items[(*earliest)->next].log_time_ns)
            break;
        self->next_chunk++;
        if (extent->end_ns < self->from_ns)
            continue;
        mst_err_t err = timeline_load (self, extent);
        if (err == MST_E_NO_MEMORY || err == MST_E_IO)
            self->next_chunk--; /* the chunk is not to blame: it can be tried again */
        if (err)
            return err;
        *earliest = timeline_earliest (self);
    }
    return MST_OK;
}

mst_err_t log_reader_next (log_reader_t *self, log_envelope_t *message, bool *found)
{
    base_assert (self != NULL);
    base_assert (message != NULL);
    base_assert (found != NULL);
    reader_slot_t *slot;
    log_item_t item = { 0 };

    *found = false;
    mst_err_t err = timeline_advance (self, &slot);
    if (err || !slot)
        return err;
    base_assert (slot->busy);
    size_t position = (size_t) slot->entries.items[slot->next++].position;
    err = log_parse_inner (&item, log_span (slot->plain.data, slot->plain.size_bytes), position);
    base_assert (!err);
    base_assert (item.opcode == LOG_OP_MESSAGE); /* it was listed */
    *message = item.message;
    *found = true;
    if (slot->next == slot->entries.count)
        timeline_release (self, slot); /* its bytes stay until the slot is used again */
    return MST_OK;
}
