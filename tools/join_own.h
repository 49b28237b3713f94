/*  tools/join_own.h: what the parts of the join share. Only for tools/join*.c. */
#ifndef TOOLS_JOIN_OWN_H
#define TOOLS_JOIN_OWN_H

#include <pthread.h>
#include "base/buffer.h"
#include "base/map.h"
#include "fom/json.h"
#include "tools/join.h"

enum {
    JOIN_LINE_BYTES_MAX = 64 << 20, /* of one line of input */
    JOIN_VALUES_MAX = 256,          /* attributes or parameters of one line */
    JOIN_LOOK_MS = 200              /* a call that waits looks so often whether it is to end */
};

typedef struct join {
    const tools_join_options_t *options;
    mst_federate_t fed;
    pthread_mutex_t mutex; /* guards all below, and the output */
    pthread_cond_t changed;
    base_buffer_t line;   /* of output */
    base_buffer_t text;   /* of one value */
    base_buffer_t input;  /* read and not yet done */
    base_buffer_t values; /* the bytes of one line's values */
    base_map_t names; /* object → its name, a copy: when it is removed the library's is gone */
    int alarm;        /* write end of a pipe that wakes the reading thread; its read end: */
    int alarmed;
    bool closed; /* nobody reads the output any more */
    int broken;  /* why the output cannot be written, an errno; 0: it can, or nobody reads it */
    bool done;   /* until, count, or a line that says resign */
    bool lost;
    bool told;           /* that it joined: so it is told when it resigns, too */
    int64_t deadline_ms; /* of the whole; 0: none */
    int pending;         /* time services that have not taken effect */
    bool advancing;
    mst_time_type_t time_type;
    mst_time_t now;
    mst_time_t until, lookahead; /* the options', as the federation execution counts */
    const char *reserving;       /* the name that is being reserved; NULL: none */
    bool reserved;
    uint64_t line_number;
    tools_joined_t joined;
} join_t;

/*  join_out.c: what comes becomes lines. */
void join_callbacks (mst_callbacks_t *callbacks);
/*  Lines of our own doing: {"event":"joined", …}; name may be NULL. */
void join_tell (join_t *self, const char *event, const char *key, const char *name);

/*  join.c: is it to end? And asks for the next time, where that goes by itself. */
bool join_over (join_t *self);
bool join_steps_itself (const tools_join_options_t *options);
void join_next_time (join_t *self);
/*  Waits, with the mutex held, until *flag is as wanted; false: it is to end. */
bool join_wait (join_t *self, const bool *flag, bool wanted);

/*  Passes a synchronization point with so many federates. In short waits, so that a signal ends it.
    Errors: as mst_synchronize; MST_E_TIMEOUT when the time limit of the whole came first. */
mst_err_t join_synchronize (join_t *self, const char *point, size_t federates);

/*  join_in.c: one line of input. Errors: whatever it asked for. */
mst_err_t join_line (join_t *self, const char *text, size_t size_bytes);

#endif
