/*  The recorded world at any moment of a recording. It begins with the last state in the file
   before that moment, and takes in the messages from there on: how long that takes does not depend
   on the length of the recording. Without such a state it begins with the beginning. */
#ifndef LOG_MOMENT_H
#define LOG_MOMENT_H

#include "log/reader.h"
#include "log/state.h"

typedef struct log_moment {
    log_state_t state;
    uint64_t since_ns; /* log time of the state in the file that it began with; 0: there was none */
    uint64_t messages; /* that were taken in from there on */
} log_moment_t;

void log_moment_init (log_moment_t *self);
void log_moment_fini (log_moment_t *self);

/*  Fills `self` with the world as all messages with a log time below `before_ns` have made it. The
    place in time of the reader is changed. A chunk that cannot be read is passed over.
    Errors: MST_E_FILE_CORRUPT (a message that cannot be read), MST_E_LIMIT, MST_E_NO_MEMORY, the
    source's. */
mst_err_t log_moment_at (log_moment_t *self, log_reader_t *reader, uint64_t before_ns);

#endif
