/*  Recordings in memory, for the tests of log/: a sink and a source over one buffer, and a small
    sample with everything in it that a recording can hold. */
#ifndef TESTS_LOG_MEMORY_H
#define TESTS_LOG_MEMORY_H

#include "base/error.h"
#include "log/reader.h"
#include "log/writer.h"

#include <stdio.h>

typedef struct log_memory {
    base_buffer_t bytes;
    uint64_t size_bytes; /* that the source shows: a cut file shows fewer than there are */
    uint64_t read_bytes; /* that were read so far */
    int64_t writes_left; /* the sink fails behind so many; below 0: never */
} log_memory_t;

static inline void log_memory_init (log_memory_t *self)
{
    *self = (log_memory_t){ .writes_left = -1 };
    base_buffer_init (&self->bytes);
}

static inline void log_memory_fini (log_memory_t *self)
{
    base_buffer_fini (&self->bytes);
}

static inline mst_err_t log_memory_write (void *context, const void *data, size_t size_bytes)
{
    log_memory_t *self = context;
    if (self->writes_left == 0)
        return base_error (MST_E_IO, "the disk is full");
    if (self->writes_left > 0)
        self->writes_left--;
    mst_err_t err = base_buffer_append (&self->bytes, data, size_bytes);
    self->size_bytes = self->bytes.size_bytes;
    return err;
}

static inline mst_err_t log_memory_read (void *context, uint64_t offset, void *data,
                                         size_t size_bytes)
{
    log_memory_t *self = context;
    base_assert (offset <= self->size_bytes && size_bytes <= self->size_bytes - offset);
    log_put_bytes (data, self->bytes.data + offset, size_bytes);
    self->read_bytes += size_bytes;
    return MST_OK;
}

static inline log_sink_t log_memory_sink (log_memory_t *self)
{
    return (log_sink_t){ log_memory_write, self };
}

static inline log_source_t log_memory_source (log_memory_t *self)
{
    return (log_source_t){ log_memory_read, self, self->size_bytes };
}

enum { SAMPLE_STEPS = 4, SAMPLE_SENDERS = 2, SAMPLE_CLASSES = 2, SAMPLE_NS = 1000 };
enum { SAMPLE_MESSAGES = SAMPLE_STEPS * (SAMPLE_SENDERS + 1) };

/*  One update. The value tells time and sender. */
static inline mst_err_t sample_update (log_writer_t *writer, uint16_t channel_id, int64_t time,
                                       int sender, uint64_t sequence)
{
    static const char *const names[SAMPLE_SENDERS] = { "sun", "moon" };
    char text[32];
    (void) snprintf (text, sizeof text, "at %d of %d", (int) time, sender);
    log_value_t values[] = { { 0, log_text (text) }, { 2, log_text ("steady") } };
    log_message_t message = { .kind = LOG_KIND_UPDATE,
                              .order = LOG_ORDER_TIME_STAMP,
                              .has_time = true,
                              .time = time,
                              .sequence = sequence,
                              .sender = log_text (names[sender]),
                              .object = log_text ("body-1"),
                              .values = values,
                              .value_count = 2,
                              .tag = log_text ("") };
    return log_writer_message (writer, channel_id, &message, (uint64_t) time * SAMPLE_NS, 77);
}

/*  One interaction in receive order. */
static inline mst_err_t sample_chat (log_writer_t *writer, uint16_t channel_id, int64_t time)
{
    log_value_t value = { 0, log_text ("hello") };
    log_message_t message = { .kind = LOG_KIND_INTERACTION,
                              .order = LOG_ORDER_RECEIVE,
                              .sequence = (uint64_t) time,
                              .sender = log_text ("chat"),
                              .object = log_text (""),
                              .values = &value,
                              .value_count = 1,
                              .tag = log_text ("tag") };
    return log_writer_message (writer, channel_id, &message, (uint64_t) time * SAMPLE_NS, 78);
}

static inline mst_err_t sample_step (log_writer_t *writer, const uint16_t *channels, int64_t time)
{
    mst_err_t err = MST_OK;
    for (int sender = SAMPLE_SENDERS; sender-- > 0 && !err;)
        err = sample_update (writer, channels[0], time, sender, (uint64_t) time);
    if (!err)
        err = sample_chat (writer, channels[1], time);
    log_record_t grant = { .opcode = LOG_RECORD_GRANT,
                           .log_time_ns = (uint64_t) time * SAMPLE_NS,
                           .grant = { .federate = log_text ("sun"),
                                      .kind = log_text ("TAR"),
                                      .request = (uint64_t) time,
                                      .requested = time,
                                      .granted = time } };
    if (!err)
        err = log_writer_record (writer, &grant);
    if (!err)
        err = log_writer_close_below (writer, time + 1);
    return err ? err : log_writer_flush (writer); /* a chunk a step */
}

static inline mst_err_t sample_classes (log_writer_t *writer, uint16_t *channels)
{
    static const log_member_t members[] = { { "place", "Vec3" },
                                            { "speed", "Vec3" },
                                            { "name", "HLAunicodeString" } };
    const log_class_t classes[SAMPLE_CLASSES] = { { "HLAobjectRoot.Body", false, members, 3 },
                                                  { "HLAinteractionRoot.Chat", true, members + 2,
                                                    1 } };
    mst_err_t err = MST_OK;
    for (int i = 0; i < SAMPLE_CLASSES && !err; i++)
        err = log_writer_add_class (writer, &classes[i], &channels[i]);
    return err;
}

static inline mst_err_t sample_fill (log_writer_t *writer)
{
    uint16_t channels[SAMPLE_CLASSES];
    log_attachment_t fom = { .log_time_ns = 1,
                             .create_time_ns = 2,
                             .name = log_text ("sample.xml"),
                             .media_type = log_text ("application/xml"),
                             .data = log_text ("<objectModel/>") };
    log_pair_t pair = { log_text ("name"), log_text ("sample") };
    mst_err_t err = log_writer_attach (writer, &fom);
    if (!err)
        err = log_writer_metadata (writer, log_text ("scenario"), &pair, 1);
    if (!err)
        err = sample_classes (writer, channels);
    for (int64_t time = 1; time <= SAMPLE_STEPS && !err; time++)
        err = sample_step (writer, channels, time);
    return err;
}

/*  A whole recording of SAMPLE_STEPS chunks and SAMPLE_MESSAGES messages. */
static inline mst_err_t sample_write (log_memory_t *memory, log_compression_t compression)
{
    log_writer_options_t options = { .compression = compression, .chain_interval = 1 };
    log_writer_t *writer;
    mst_err_t err = log_writer_new (&writer, &options, log_memory_sink (memory));
    if (!err)
        err = sample_fill (writer);
    if (!err)
        err = log_writer_finish (writer);
    log_writer_destroy (&writer);
    return err;
}

/*  Reads all messages in the order of time; -1 when that gives an error. */
static inline int sample_count (log_memory_t *memory)
{
    log_source_t source = log_memory_source (memory);
    log_reader_t *reader;
    log_envelope_t message;
    bool found = true;
    int count = 0;
    mst_err_t err = log_reader_new (&reader, &source);
    while (!err && found) {
        err = log_reader_next (reader, &message, &found);
        count += found && !err;
    }
    log_reader_destroy (&reader);
    return err ? -1 : count;
}

#endif
