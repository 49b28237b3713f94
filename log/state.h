/*  The recorded world at one moment: which object instances there are, and the latest value of each
    of their attributes. The recorder keeps one as it writes and puts it into the recording from
    time to time, so that a reader comes to any moment from the last of these states before it,
    instead of from the beginning.

    In a file a state is a run of MCAP message records, for each object its registration and its
    values (docs/recording.md): it is read by the code that reads messages.

    Thread rule: one thread at a time per state. */
#ifndef LOG_STATE_H
#define LOG_STATE_H

#include "base/map.h"
#include "log/codec.h"
#include "log/message.h"
#include "log/select.h"

/*  The latest value of one attribute. */
typedef struct log_state_value {
    bool present;
    uint32_t sender; /* place in senders */
    uint32_t size_bytes;
    uint32_t capacity_bytes;
    char *data;
} log_state_value_t;

typedef struct log_state_object {
    char *name; /* zero-terminated */
    uint32_t name_bytes;
    uint16_t channel_id; /* of its class */
    uint32_t producer;   /* place in senders */
    uint64_t registered; /* sequence of its registration */
    uint64_t sequence;   /* of its last update */
    bool has_time;
    int64_t time; /* of its last update that had one */
    uint32_t value_count;
    log_state_value_t *values; /* by their place in the channel's schema */
    void *holder;              /* the user's own */
} log_state_object_t;

typedef struct log_state {
    base_names_t objects; /* name → log_state_object_t * */
    base_names_t senders; /* name → its place */
    size_t bytes;         /* what it would take in a file, about */
} log_state_t;

void log_state_init (log_state_t *self);
void log_state_fini (log_state_t *self);
/*  Forgets all objects. */
void log_state_clear (log_state_t *self);

size_t log_state_count (const log_state_t *self);
const log_state_object_t *log_state_at (const log_state_t *self, size_t place);
/*  NULL: there is none. */
log_state_object_t *log_state_find (const log_state_t *self, log_span_t name);
log_span_t log_state_sender (const log_state_t *self, uint32_t sender);

/*  What the next message changes. An update of an object that is not known makes it; interactions
    change nothing. Errors: MST_E_NO_MEMORY, MST_E_LIMIT (senders). */
mst_err_t log_state_apply (log_state_t *self, uint16_t channel_id, const log_message_t *message);

/*  The same for one who holds the object: its registration, an update, its end (frees it). */
mst_err_t log_state_register (log_state_t *self, uint16_t channel_id, const log_message_t *message,
                              log_state_object_t **object);
mst_err_t log_state_update (log_state_t *self, log_state_object_t *object,
                            const log_message_t *message);
void log_state_remove (log_state_t *self, log_state_object_t *object);

/*  Calls `each` with messages that make this state: per object a registration, then one update for
    each sender of values; their order is receive. Stops at an error and returns it. Only objects
    whose channel `channels` has (NULL: all), values and registrations of chosen senders. */
typedef mst_err_t log_state_each_t (void *context, uint16_t channel_id,
                                    const log_message_t *message);
mst_err_t log_state_each (const log_state_t *self, const base_map_t *channels,
                          const log_select_t *select, log_state_each_t *each, void *context);

/*  Replaces `out` by the state as it stands in a file, and back. channels, select: as above.
    Errors: MST_E_NO_MEMORY, MST_E_LIMIT (LOG_STATE_MAX_BYTES); of reading MST_E_FILE_CORRUPT. */
mst_err_t log_state_pack (const log_state_t *self, const base_map_t *channels,
                          const log_select_t *select, uint64_t log_time_ns, log_codec_t *codec,
                          base_buffer_t *out);
mst_err_t log_state_unpack (log_state_t *self, log_codec_t *codec, log_span_t packed);

#define LOG_STATE_NAME  "muster.state" /* of the attachment */
#define LOG_STATE_MEDIA "application/x-muster-state"

#endif
