/*  The player: a federate that sends again what a recording holds: objects under their names,
   updates, interactions and deletes with their time stamps, in the order of time. One federate
   plays all senders. It is regulating with a lookahead of 0 and not constrained: it goes as fast as
   its receivers take the messages.

    By <muster/muster.h> alone, beside log/ for the file. */
#ifndef TOOLS_PLAYER_H
#define TOOLS_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/muster.h>

typedef struct tools_player_options {
    const char *file;
    const char *rti;
    const char *federation; /* NULL: as in the recording */
    const char *name;       /* NULL: "muster-player" */
    size_t wait;            /* begins when so many other federates have joined */
    /*  Asked again and again; true ends the replay. May be NULL. */
    bool (*stopped) (void *user);
    void *user;
} tools_player_options_t;

typedef struct tools_played {
    uint64_t objects, updates, interactions, deletes;
    uint64_t skipped; /* of objects that it could not register, retractions … */
    mst_time_t last;  /* time that was reached; MST_TIME_NONE: no message had one */
    int64_t wall_ns;
} tools_played_t;

/*  Errors: MST_E_CONFIG (no object model in the recording), MST_E_CALL_NOT_ALLOWED (stopped),
    MST_E_TIME_PASSED (the federation is further than the recording's beginning), those of reading
   and of the services. */
mst_err_t tools_play (const tools_player_options_t *options, tools_played_t *played);

#endif
