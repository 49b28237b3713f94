/*  muster replay: sends a recording again, or runs its scenario again and compares. */
#ifndef TOOLS_REPLAY_H
#define TOOLS_REPLAY_H

#include "base/buffer.h"
#include "tools/player.h"
#include "tools/run.h"

typedef struct tools_replay_options {
    tools_player_options_t player; /* without stopped, told and user */
    bool json;
    bool quiet; /* only lines without which nobody could join are told */
    /*  Lines for people: where our own RTI can be joined, where the replay stands. May be NULL. */
    void (*told) (void *user, const char *line);
    void *user;
} tools_replay_options_t;

/*  Appends what was sent to `out`. Errors: those of tools_play and of starting an RTI. */
mst_err_t tools_replay (const tools_replay_options_t *options, base_buffer_t *out);

typedef struct tools_again {
    const char *file;
    const char *rti;         /* NULL: a new RTI of our own */
    const char *stand_in;    /* "A,B": federates whose part the recording plays; NULL: nobody's */
    const char *const *runs; /* "NAME=COMMAND": runs federate NAME so; {} is its own command */
    size_t run_count;
    tools_telling_t telling;
    bool json;
} tools_again_t;

/*  Runs the scenario of the recording again, with the same federates and parameters, and compares
   what was sent in time-stamp order, message by message, and the result named "digest". `complaint`
   gets what a failed run has to say. Errors: MST_E_DIFFERS (the first difference: time, sender,
   sequence, attribute, both values), MST_E_CONFIG (the recording does not hold its scenario),
   MST_E_INVALID_ARGUMENT and MST_E_NOT_SUPPORTED (stand-ins that cannot be), those of tools_run. */
mst_err_t tools_replay_verify (const tools_again_t *again, base_buffer_t *out,
                               base_buffer_t *complaint);

#endif
