/*  What the files of the stand-in share. */
#ifndef TOOLS_STANDIN_OWN_H
#define TOOLS_STANDIN_OWN_H

#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"
#include "log/class.h"
#include "log/reader.h"
#include "log/record.h"
#include "log/walk.h"
#include "tools/file.h"
#include "tools/note.h"
#include "tools/standin.h"

enum { STANDIN_TURN_MS = 20 };

/*  A synchronization point that the federation reached. */
typedef struct standin_point {
    const char *label;
    size_t setup;   /* registrations and switches of time that the federate made before it */
    size_t members; /* federates that had joined by then: the first so many of `joined` */
    bool ours;      /* this federate registered it */
    bool partial;   /* … for some of them only */
    bool registered, announced, achieved, synchronized;
} standin_point_t;

/*  An object that the federate handed over. */
typedef struct standin_leaving {
    const char *object;
    const char *to;
    int64_t cut;
    size_t place; /* in the order in which they went */
    log_span_t state;
} standin_leaving_t;

typedef struct standin_channel {
    bool interaction;
    uint32_t class_id;
    const uint32_t *handles;
    uint32_t handle_count;
} standin_channel_t;

typedef struct standin {
    const char *path;
    log_span_t name;
    tools_source_t file;
    log_reader_t *reader; /* its messages in time-stamp order */
    log_walk_t walk;      /* what it did, in the order of the file */
    base_arena_t arena;

    /* What a first look at the recording finds. */
    BASE_LIST (standin_point_t) points;
    BASE_LIST (standin_leaving_t) leavings; /* by rising cut */
    BASE_LIST (const char *) joined;        /* other federates, in their order */
    BASE_LIST (const char *) objects;       /* that it registered */
    size_t setup;
    size_t deletes;        /* of its, in receive order: without a time */
    bool came;             /* somebody of this name joined */
    bool arrives;          /* objects migrate to it */
    bool barriers;         /* … were used */
    uint64_t bare_grants;  /* without their kind: of an older version */
    uint64_t bare_batches; /* migrations from it whose states are missing */
    uint64_t batches;
    BASE_LIST (const char *) registrars; /* label, name, label, name … of points not yet reached */

    /* The part as it is played. */
    mst_federate_t fed;
    BASE_LIST (standin_channel_t) channels;
    base_map_t places;  /* channel id → index of channels */
    base_names_t owned; /* object's name → its id */
    size_t set_up;      /* of `setup` */
    size_t next_leaving;
    size_t next_point; /* not synchronized yet, as the file goes */
    size_t names_open;
    bool refused; /* a name was */
    bool regulating, constrained, ended;
    mst_time_t now;
    bool has_ahead; /* the next message in time-stamp order */
    bool timed_ended;
    uint16_t ahead_channel;
    log_decoded_t ahead;
    base_buffer_t ahead_body;
    log_decoded_t decoded;
    mst_value_t values[LOG_VALUES_MAX];
} standin_t;

/*  standin_look.c */
mst_err_t standin_open (standin_t *self, const char *file, const char *name);
void standin_close (standin_t *self);
mst_err_t standin_look (standin_t *self);

/*  standin_join.c: joins, declares, reserves names. */
mst_err_t standin_join (standin_t *self, const tools_standin_t *options);
mst_err_t standin_turn (standin_t *self);
/*  Registers, and achieves, the points whose turn it is. */
void standin_points (standin_t *self);

#endif
