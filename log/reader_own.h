/*  What log/reader.c, log/open.c and log/timeline.c share: the reader from inside. */
#ifndef LOG_READER_OWN_H
#define LOG_READER_OWN_H

#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"
#include "log/reader.h"
#include "log/walk.h"

/*  A message of an unpacked chunk. */
typedef struct reader_entry {
    uint64_t log_time_ns;
    uint64_t position;
} reader_entry_t;

/*  An unpacked chunk that still has messages to give. */
typedef struct reader_slot {
    base_buffer_t plain;
    BASE_LIST (reader_entry_t) entries; /* in the order of time, then of the file */
    size_t next;
    uint64_t offset; /* of the chunk */
    bool busy;
} reader_slot_t;

struct log_reader {
    log_walk_t walk; /* reads single records; walks over a file without a summary */
    base_arena_t arena;
    log_info_t info;
    BASE_LIST (log_schema_t) schemas;
    BASE_LIST (log_channel_t) channels;
    base_map_t schema_places; /* id to place */
    base_map_t channel_places;
    base_map_t message_counts; /* channel id to messages */
    BASE_LIST (log_extent_t) chunks;
    BASE_LIST (log_attachment_index_t) attachments;
    BASE_LIST (log_metadata_index_t) metadata;

    /* The place in time. */
    uint32_t *by_start; /* chunks in the order of their start */
    size_t next_chunk;  /* in by_start */
    uint64_t from_ns;
    uint64_t until_ns;
    BASE_LIST (reader_slot_t *) slots;
    size_t open_bytes; /* of the busy slots */
};

/*  Fills everything above but the place in time. */
mst_err_t log_reader_open (log_reader_t *self);

/*  Adds a schema or channel that is not known yet; copies it. */
mst_err_t log_reader_learn (log_reader_t *self, const log_item_t *item);

/*  Chunks by start, and the place in time at the beginning. */
mst_err_t log_timeline_init (log_reader_t *self);
void log_timeline_fini (log_reader_t *self);

#endif
