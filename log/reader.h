/*  Opens a recording and reads it in the order of time.

    It opens by the summary when the file has one, which costs a few reads whatever the file's size;
    else, when the writer was killed or the end is damaged, by walking over the heads of the
   records. Then log_reader_info says what is missing. Messages come in the order of log_time, and
   of the file where that is equal; a jump in time unpacks only the chunks that hold it.

    For everything in the order of the file, damaged or not, there is log/walk.h.

    Thread rule: one thread at a time per reader. */
#ifndef LOG_READER_H
#define LOG_READER_H

#include "log/format.h"
#include "log/source.h"

typedef struct log_reader log_reader_t;

/*  Errors: MST_E_FILE_CORRUPT (not a recording), MST_E_LIMIT, MST_E_NO_MEMORY, the source's. */
mst_err_t log_reader_new (log_reader_t **self_p, const log_source_t *source);
void log_reader_destroy (log_reader_t **self_p);

typedef struct log_info {
    log_span_t profile; /* live as long as the reader */
    log_span_t library;
    bool has_summary;    /* opened by its summary; else by walking over it */
    bool complete;       /* the end of the data was found, and that of the file */
    uint64_t lost_bytes; /* that belong to no readable record; known only when walked over */
    const char *problem; /* why the summary was not used; "" when it was. With a cut file, where */
    log_statistics_t statistics; /* without channel_counts, for which see log_reader_messages */
} log_info_t;

const log_info_t *log_reader_info (const log_reader_t *self);

/*  NULL: there is none. They live as long as the reader. The place runs from 0 to the count. */
size_t log_reader_channel_count (const log_reader_t *self);
const log_channel_t *log_reader_channel_at (const log_reader_t *self, size_t place);
const log_channel_t *log_reader_channel (const log_reader_t *self, uint16_t id);
const log_schema_t *log_reader_schema (const log_reader_t *self, uint16_t id);
uint64_t log_reader_messages (const log_reader_t *self, uint16_t channel_id);

typedef struct log_extent {
    uint64_t start_ns;
    uint64_t end_ns;
    uint64_t offset;
    uint64_t length;
    uint64_t plain_bytes;
} log_extent_t;

/*  The chunks, in the order of the file. */
size_t log_reader_chunk_count (const log_reader_t *self);
const log_extent_t *log_reader_chunk_at (const log_reader_t *self, size_t place);

/*  Attachments and metadata: what they are, and their bytes on demand. The spans of the out
    parameter live until the next call on the reader. Errors: MST_E_FILE_CORRUPT, MST_E_LIMIT,
    MST_E_NO_MEMORY, the source's. */
size_t log_reader_attachment_count (const log_reader_t *self);
const log_attachment_index_t *log_reader_attachment_at (const log_reader_t *self, size_t place);
mst_err_t log_reader_attachment (log_reader_t *self, size_t place, log_attachment_t *out);
size_t log_reader_metadata_count (const log_reader_t *self);
const log_metadata_index_t *log_reader_metadata_at (const log_reader_t *self, size_t place);
mst_err_t log_reader_metadata (log_reader_t *self, size_t place, log_metadata_t *out);

/*  The last metadata of that name; *found says whether there is one. */
mst_err_t log_reader_find_metadata (log_reader_t *self, const char *name, log_metadata_t *out,
                                    bool *found);

/*  When it was recorded: the smallest wall clock in the first chunk with messages, the largest in
    the last, in nanoseconds from 1970; 0: none has one. Errors: those of log_reader_next. */
mst_err_t log_reader_wall (log_reader_t *self, uint64_t *first_ns, uint64_t *last_ns);

/*  The next message is the first at or after from_ns; the last one is at most until_ns. */
void log_reader_seek (log_reader_t *self, uint64_t from_ns, uint64_t until_ns);

/*  The next message in the order of time; *found is false behind the last. Its bytes live until the
    next call. Errors: MST_E_FILE_CORRUPT, MST_E_NOT_SUPPORTED (a chunk that cannot be used: call
   again to go on without it), MST_E_LIMIT (likewise; or too many chunks overlap in time),
   MST_E_NO_MEMORY, the source's. */
mst_err_t log_reader_next (log_reader_t *self, log_envelope_t *message, bool *found);

#endif
