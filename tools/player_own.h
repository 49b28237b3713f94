/*  What the files of the player share. */
#ifndef TOOLS_PLAYER_OWN_H
#define TOOLS_PLAYER_OWN_H

#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"
#include "log/class.h"
#include "log/message.h"
#include "log/moment.h"
#include "log/reader.h"
#include "tools/file.h"
#include "tools/player.h"

enum { PLAYER_TURN_MS = 20, PLAYER_TEXT_SIZE = 256 };

/*  A channel of the recording and what it is in this federation. */
typedef struct player_channel {
    bool interaction;
    uint32_t class_id;
    const uint32_t *handles; /* of its members, by their place in the schema */
    uint32_t handle_count;
} player_channel_t;

/*  How time goes: real time, steps, pauses. */
typedef struct player_pace {
    double speed;         /* 0: none */
    bool by_wall;         /* of the recording */
    bool by_message;      /* a step is a message: there is no logical time to step by */
    int64_t origin_ns;    /* the clock here when the recording stood at … */
    uint64_t recorded_ns; /* … this time */
    bool begun;
    bool stepping, paused;
    uint32_t steps;      /* that may still be made */
    uint64_t instant_ns; /* of the last message */
    bool over;           /* told to end */
} player_pace_t;

typedef struct player {
    const tools_player_options_t *options;
    tools_played_t *played;
    tools_source_t file;
    log_reader_t *reader;
    log_reader_t *scout; /* looks ahead for names to reserve */
    uint64_t scouted;    /* messages */
    tools_times_t times;
    log_select_t select;
    mst_federate_t fed;
    const char *federation;
    base_arena_t arena;
    BASE_LIST (mst_module_t) modules; /* bytes in the arena */
    BASE_LIST (player_channel_t) channels;
    base_map_t places;    /* channel id → index of channels */
    base_names_t objects; /* name → object id; 0: its name is reserved */
    log_state_t world;    /* as it was played */
    size_t joined;        /* others */
    size_t names_open;    /* reservations that are not answered */
    BASE_LIST (char *) refused;
    bool regulating, synchronized;
    mst_time_t now;
    mst_time_t first, last; /* time stamps of the first pass */
    int64_t shift;          /* of the time stamps of this pass */
    player_pace_t pace;
    uint32_t since; /* messages since it was asked whether to stop */
    mst_err_t err;  /* of a callback */
    char text[PLAYER_TEXT_SIZE];
    log_decoded_t decoded;
    mst_value_t values[LOG_VALUES_MAX];
} player_t;

/*  player_open.c: the recording becomes a federation: model, classes. */
mst_err_t player_open (player_t *self);
mst_err_t player_join (player_t *self);
mst_err_t player_regulate (player_t *self);
mst_err_t player_meet (player_t *self);
void player_close (player_t *self);
const player_channel_t *player_channel_of (const player_t *self, uint16_t channel_id);

/*  Lets callbacks run for a moment. MST_E_CALL_NOT_ALLOWED when the replay is to end. */
mst_err_t player_turn (player_t *self, int64_t wait_ms);

/*  player_world.c: objects and their names. */
void player_name_answer (player_t *self, const char *name, bool succeeded);
/*  Registers the object, if it is not, with its name reserved before. */
mst_err_t player_object (player_t *self, uint16_t channel_id, log_span_t name, uint64_t *id);
mst_err_t player_delete (player_t *self, log_span_t name, mst_time_t time,
                         const mst_send_options_t *options);
/*  The world as it was where the replay begins: its objects, then their values. Objects that are
    there and were not are deleted. */
mst_err_t player_begin_objects (player_t *self, log_moment_t *moment);
mst_err_t player_begin_values (player_t *self, log_moment_t *moment);
/*  Somebody asks for values. */
void player_provide (player_t *self, mst_object_t object, uint64_t attributes);
/*  Values by their handles here, in self->values. Errors: MST_E_FILE_CORRUPT. */
mst_err_t player_values (player_t *self, const player_channel_t *channel,
                         const log_message_t *message);

/*  player_pace.c */
void player_pace_init (player_t *self);
/*  Waits until the message is due, or told to go. *go is false when the replay is to end. */
mst_err_t player_pace (player_t *self, const log_envelope_t *envelope, mst_time_t time, bool *go);
mst_err_t player_advance (player_t *self, mst_time_t to);

#endif
