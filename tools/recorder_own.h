/*  What the files of the recorder share. */
#ifndef TOOLS_RECORDER_OWN_H
#define TOOLS_RECORDER_OWN_H

#include "base/list.h"
#include "base/map.h"
#include "fom/model.h"
#include "log/state.h"
#include "tools/file.h"
#include "tools/note.h"
#include "tools/recorder.h"

enum { RECORDER_NO_CHANNEL = UINT32_MAX, RECORDER_TEXT_SIZE = 1024 };

/*  A federate, from the first word of it on: notes come later than its departure. */
typedef struct recorder_sender {
    char *name;
    uint64_t timed;   /* messages in time-stamp order so far: the same number in every run … */
    uint64_t untimed; /* … which that of the others is not */
} recorder_sender_t;

/*  An object that is known here. */
typedef struct recorder_object {
    char *name;
    size_t name_bytes;
    log_state_object_t *state; /* NULL: its class is not recorded */
} recorder_object_t;

/*  What the RTI decided about a batch of migrating objects. Their states come later, with the time
    of the cut. */
typedef struct recorder_batch {
    uint32_t from;
    uint64_t number;
    int64_t cut;
    bool committed;
    char *to;
} recorder_batch_t;

typedef struct recorder {
    const tools_recorder_options_t *options;
    mst_federate_t fed;
    mst_federate_id_t own;
    log_writer_t *writer;
    tools_sink_t sink;
    BASE_LIST (uint32_t) object_channels; /* by class id; RECORDER_NO_CHANNEL: not recorded */
    BASE_LIST (uint32_t) interaction_channels;
    base_map_t objects; /* id → recorder_object_t * */
    BASE_LIST (recorder_batch_t) batches;
    log_state_t state;  /* the recorded world as it is */
    base_map_t senders; /* federate id → index */
    BASE_LIST (recorder_sender_t) sender_list;
    mst_time_t now;           /* granted */
    mst_time_t delivered;     /* by the time-stamped messages delivered, up to the next grant */
    mst_time_t reached;       /* the highest grant of another federate */
    base_buffer_t casualties; /* federates that died: the pairs of LOG_METADATA_LOST */
    bool constrained, advancing, lost;
    size_t joined, present; /* other federates: since the beginning, and now */
    int64_t flushed_ns;
    uint32_t messages_since; /* the clock was looked at */
    uint64_t wall_ns;
    uint32_t wall_messages; /* 0: the next message asks the wall clock */
    mst_err_t err;          /* the first one: nothing is recorded from then on */
    char text[RECORDER_TEXT_SIZE];
    log_value_t values[LOG_VALUES_MAX];
} recorder_t;

/*  Keeps the first error and its text, which the library would overwrite. */
void recorder_fail (recorder_t *self, mst_err_t err);

/*  recorder_classes.c: the FOM's classes become channels and subscriptions. */
mst_err_t recorder_declare (recorder_t *self);

/*  recorder_callbacks.c */
mst_callbacks_t recorder_callbacks (void);
void recorder_callbacks_fini (recorder_t *self);
/*  Puts the state of the recorded world into the file when enough has come since the last one. */
void recorder_state_due (recorder_t *self);
/*  Closes the chunk when it has stood open long enough. */
void recorder_flush_due (recorder_t *self);

#endif
