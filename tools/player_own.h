/*  What the files of the player share. */
#ifndef TOOLS_PLAYER_OWN_H
#define TOOLS_PLAYER_OWN_H

#include "base/arena.h"
#include "base/list.h"
#include "base/map.h"
#include "log/class.h"
#include "log/message.h"
#include "log/reader.h"
#include "tools/file.h"
#include "tools/player.h"

/*  A channel of the recording and what it is in this federation. */
typedef struct player_channel {
    bool known; /* one of ours, of a class that is in the object model */
    bool interaction;
    uint32_t class_id;
    const uint32_t *handles; /* of its members, by their place in the schema */
    uint32_t handle_count;
} player_channel_t;

typedef struct player {
    const tools_player_options_t *options;
    tools_played_t *played;
    tools_source_t file;
    log_reader_t *reader;
    mst_federate_t fed;
    base_arena_t arena;
    BASE_LIST (mst_module_t) modules; /* bytes in the arena */
    BASE_LIST (player_channel_t) channels;
    base_map_t places;    /* channel id → index of channels */
    base_names_t objects; /* name → object id; 0: its name is reserved */
    size_t joined;        /* others */
    size_t names_open;    /* reservations that are not answered */
    bool regulating;
    mst_time_t now;
    uint32_t since; /* messages since it was asked whether to stop */
    log_decoded_t decoded;
    mst_value_t values[LOG_VALUES_MAX];
} player_t;

/*  player_open.c: the recording becomes a federation: model, classes, names. */
mst_err_t player_open (player_t *self);
mst_err_t player_join (player_t *self);
void player_close (player_t *self);

/*  Lets callbacks run for a moment. MST_E_CALL_NOT_ALLOWED when the replay is to end. */
mst_err_t player_turn (player_t *self, int64_t wait_ms);

#endif
