/*  Which messages of a recording are meant: by class, by sender, by time. */
#ifndef LOG_SELECT_H
#define LOG_SELECT_H

#include "log/bytes.h"

typedef struct log_select {
    const char *const *classes; /* "HLAobjectRoot.Ball" or "Ball", each with all classes below it */
    size_t class_count;         /* 0: all */
    const char *const *senders; /* federates' names */
    size_t sender_count;        /* 0: all */
    uint64_t from_ns;           /* log times from from_ns … */
    uint64_t until_ns;          /* … below until_ns; 0: to the end */
} log_select_t;

/*  Does a class, by its full name, belong to what is meant? NULL is everything. */
bool log_select_class (const log_select_t *self, log_span_t name);
bool log_select_sender (const log_select_t *self, log_span_t name);
bool log_select_time (const log_select_t *self, uint64_t log_time_ns);

/*  Is `name` the class that `chosen` means (its full name, or its last parts), or below it? */
bool log_class_within (log_span_t name, const char *chosen);

#endif
