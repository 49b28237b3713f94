/*  muster replay: sends a recording again, or runs its scenario again and compares. */
#ifndef TOOLS_REPLAY_H
#define TOOLS_REPLAY_H

#include "base/buffer.h"
#include "tools/player.h"
#include "tools/run.h"

typedef struct tools_replay_options {
    const char *file;
    const char *rti;        /* NULL: a new RTI of our own */
    const char *federation; /* NULL: as in the recording */
    size_t wait;            /* other federates to wait for */
    bool json;
    /*  Our own RTI is ready: where it can be joined. May be NULL. */
    void (*ready) (void *user, const char *endpoint);
    void *user;
} tools_replay_options_t;

/*  Appends what was sent to `out`. Errors: those of tools_play and of starting an RTI. */
mst_err_t tools_replay (const tools_replay_options_t *options, base_buffer_t *out);

/*  Runs the scenario of the recording again, with the same federates and parameters, and compares
   what was sent in time-stamp order, message by message, and the result named "digest". `complaint`
   gets what a failed run has to say. Errors: MST_E_DIFFERS (the first difference: time, sender,
   sequence, attribute, both values), MST_E_CONFIG (the recording does not hold its scenario), those
   of tools_run. */
mst_err_t tools_replay_verify (const char *file, const char *rti, tools_telling_t telling,
                               bool json, base_buffer_t *out, base_buffer_t *complaint);

#endif
