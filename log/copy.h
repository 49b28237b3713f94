/*  What slice and merge share: a recording that is made from others. */
#ifndef LOG_COPY_H
#define LOG_COPY_H

#include "base/map.h"
#include "log/reader.h"
#include "log/writer.h"

/*  Is this metadata made anew in every file? */
bool log_copy_is_made_anew (log_span_t name);

/*  The chain interval of a recording: 0 when it has no chain. Errors: the reader's. */
mst_err_t log_copy_interval (log_reader_t *reader, int64_t *interval);

/*  Attachments but states, and metadata but what is made anew. `already` (may be NULL) knows the
    names that are in the file: they are left out, others added. Errors: the reader's, writer's. */
mst_err_t log_copy_attachments (log_reader_t *from, log_writer_t *to, base_names_t *already);
mst_err_t log_copy_metadata (log_reader_t *from, log_writer_t *to, base_names_t *already);

/*  A channel with its schema, if the writer does not have that schema yet (`schemas` knows). Both
    get the id `id`. */
mst_err_t log_copy_channel (const log_reader_t *from, const log_channel_t *channel, uint16_t id,
                            log_writer_t *to);

/*  Is the channel one of ours, whose messages can be read? */
bool log_copy_is_ours (const log_reader_t *from, const log_channel_t *channel);

#endif
