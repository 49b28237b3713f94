/*  The player: a federate that sends again what a recording holds: objects under their names,
   updates, interactions and deletes with their time stamps, in the order of time. One federate
   plays all senders. It is regulating with a lookahead of 0 and not constrained.

    It begins with the world as it was at the chosen time: objects are registered with the values
   that they had. Who asks for values (mst_request_update) gets those of the moment.

    By <muster/muster.h> alone, beside log/ for the file. */
#ifndef TOOLS_PLAYER_H
#define TOOLS_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/muster.h>
#include "tools/choice.h"
#include "tools/control.h"

typedef struct tools_player_options {
    const char *file;
    const char *rti;
    const char *federation;       /* NULL: as in the recording */
    const char *name;             /* NULL: "muster-player" */
    size_t wait;                  /* begins when so many other federates have joined … */
    const char *point;            /* … and the federation is synchronized there; NULL: at once */
    const tools_choice_t *choice; /* NULL: everything */
    double speed;                 /* times real time; 0: as fast as the receivers take it */
    bool by_wall;                 /* real time is that of the recording's wall clock */
    bool step;                    /* stops before each instant, or message where there is one */
    uint32_t passes;              /* plays it so often; 0: until it is told to end */
    tools_control_t *control;     /* commands while it plays; NULL: none */
    /*  Asked again and again; true ends the replay. May be NULL. */
    bool (*stopped) (void *user);
    /*  A line about where it stands, when it stops or goes on. May be NULL. */
    void (*told) (void *user, const char *line);
    void *user;
} tools_player_options_t;

typedef struct tools_played {
    uint64_t objects, updates, interactions, deletes;
    uint64_t skipped; /* retractions */
    uint64_t passes;  /* that were played to the end */
    mst_time_t last;  /* time that was reached; MST_TIME_NONE: no message had one */
    int64_t start_ns; /* how long the world at the beginning took */
    int64_t wall_ns;  /* from then on */
    int64_t late_ns;  /* with a speed: a message went so late at most */
} tools_played_t;

/*  The first looks at file and choice alone, which asks for no RTI.
    Errors: MST_E_CONFIG (no object model in the recording), MST_E_INVALID_ARGUMENT (the choice),
    MST_E_FOM_INCONSISTENT (the federation has another object model), MST_E_NAME_IN_USE (it has
    objects of the recording's names), MST_E_CALL_NOT_ALLOWED (stopped), MST_E_TIME_PASSED (the
    federation is further than the recording's beginning), those of reading and of the services. */
mst_err_t tools_play_check (const tools_player_options_t *options);
mst_err_t tools_play (const tools_player_options_t *options, tools_played_t *played);

#endif
