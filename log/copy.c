#include "log/copy.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool log_copy_is_made_anew (log_span_t name)
{
    base_assert (name.data != NULL);
    return log_span_is (name, log_text (LOG_METADATA_SENDERS)) ||
           log_span_is (name, log_text (LOG_METADATA_RECORDS)) ||
           log_span_is (name, log_text (LOG_METADATA_CHAIN));
}

mst_err_t log_copy_interval (log_reader_t *reader, int64_t *interval)
{
    base_assert (reader != NULL);
    base_assert (interval != NULL);
    log_metadata_t metadata;
    log_pair_t pair;
    bool found;
    *interval = 0;
    mst_err_t err = log_reader_find_metadata (reader, LOG_METADATA_CHAIN, &metadata, &found);
    if (err || !found)
        return err;
    log_cursor_t at = log_cursor (metadata.map.data, metadata.map.size_bytes);
    while (log_map_next (&at, &pair)) {
        char text[24];
        (void) snprintf (text, sizeof text, "%.*s", (int) (pair.value.size_bytes & 0xff),
                         pair.value.data);
        if (log_span_is (pair.key, log_text ("interval")))
            *interval = strtoll (text, NULL, 10);
    }
    if (*interval < 0)
        *interval = 0;
    return MST_OK;
}

/*  True: it is in the file already. */
static mst_err_t copy_known (base_names_t *already, log_span_t name, bool *known)
{
    base_assert (known != NULL);
    base_assert (name.data != NULL);
    uint64_t value;
    *known = already && base_names_get (already, name.data, name.size_bytes, &value);
    return *known || !already ? MST_OK : base_names_set (already, name.data, name.size_bytes, 1);
}

mst_err_t log_copy_attachments (log_reader_t *from, log_writer_t *to, base_names_t *already)
{
    base_assert (from != NULL);
    base_assert (to != NULL);
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_attachment_count (from) && !err; i++) {
        log_span_t name = log_reader_attachment_at (from, i)->name;
        log_attachment_t attachment;
        bool known = log_span_is (name, log_text (LOG_STATE_NAME));
        if (!known)
            err = copy_known (already, name, &known);
        if (err || known)
            continue;
        err = log_reader_attachment (from, i, &attachment);
        if (!err)
            err = log_writer_attach (to, &attachment);
    }
    return err;
}

mst_err_t log_copy_metadata (log_reader_t *from, log_writer_t *to, base_names_t *already)
{
    base_assert (from != NULL);
    base_assert (to != NULL);
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_metadata_count (from) && !err; i++) {
        log_span_t name = log_reader_metadata_at (from, i)->name;
        log_metadata_t metadata;
        bool known = log_copy_is_made_anew (name);
        if (!known)
            err = copy_known (already, name, &known);
        if (err || known)
            continue;
        err = log_reader_metadata (from, i, &metadata);
        if (!err)
            err = log_writer_copy_metadata (to, &metadata);
    }
    return err;
}

mst_err_t log_copy_channel (const log_reader_t *from, const log_channel_t *channel, uint16_t id,
                            log_writer_t *to)
{
    base_assert (channel != NULL);
    base_assert (id != 0);
    const log_schema_t *known = log_reader_schema (from, channel->schema_id);
    log_channel_t copy = *channel;
    mst_err_t err = MST_OK;
    copy.id = id;
    copy.schema_id = known ? id : 0;
    if (known) {
        log_schema_t schema = *known;
        schema.id = id;
        err = log_writer_add_schema (to, &schema);
    }
    return err ? err : log_writer_add_channel (to, &copy);
}

bool log_copy_is_ours (const log_reader_t *from, const log_channel_t *channel)
{
    base_assert (from != NULL);
    base_assert (channel != NULL);
    const log_schema_t *schema = log_reader_schema (from, channel->schema_id);
    return schema && log_span_is (schema->encoding, log_text (LOG_CLASS_ENCODING)) &&
           log_span_is (channel->encoding, log_text (LOG_MESSAGE_ENCODING));
}
