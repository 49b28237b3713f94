/*  Finds the first message in which two recordings differ: both are merged on (time, sender's name,
    sequence), the order that every run of a set-up shares. Messages in receive order are not
    compared: nothing is promised about them. The wall clock is not compared either. */
#ifndef LOG_COMPARE_H
#define LOG_COMPARE_H

#include "base/arena.h"
#include "log/reader.h"

typedef enum log_difference_kind {
    LOG_DIFFERENCE_NONE,
    LOG_DIFFERENCE_ONLY_FIRST, /* the message is in the first recording only */
    LOG_DIFFERENCE_ONLY_SECOND,
    LOG_DIFFERENCE_CLASS,  /* of another class */
    LOG_DIFFERENCE_KIND,   /* an update in one, something else in the other */
    LOG_DIFFERENCE_OBJECT, /* of another object instance */
    LOG_DIFFERENCE_VALUE,  /* an attribute or parameter has another value, or none in one */
    LOG_DIFFERENCE_TAG
} log_difference_kind_t;

typedef struct log_difference {
    log_difference_kind_t kind;
    int64_t time;
    uint64_t log_time_ns;
    uint64_t sequence;
    log_span_t sender; /* texts and values live in the arena */
    log_span_t class_name;
    log_span_t object;
    log_span_t member; /* the attribute or parameter; its number when nothing names it */
    log_span_t first;  /* what differs, as each recording has it */
    log_span_t second;
    uint64_t compared; /* messages that were the same */
    base_arena_t arena;
} log_difference_t;

void log_difference_init (log_difference_t *self);
void log_difference_fini (log_difference_t *self);

typedef struct log_compare_options {
    uint64_t from_ns;
    uint64_t until_ns; /* 0: to the end */
    bool by_chain;     /* skip what the log chains say is the same; needs two undamaged files */
} log_compare_options_t;

/*  MST_OK: the same. MST_E_DIFFERS: the difference is filled, and the error text tells it. The
   place in time of both readers is changed. Errors also: MST_E_FILE_CORRUPT and MST_E_NOT_SUPPORTED
   (a chunk of either cannot be read; verify tells more), MST_E_LIMIT (too much at one time),
    MST_E_NO_MEMORY, the sources'. */
mst_err_t log_compare (log_reader_t *first, log_reader_t *second,
                       const log_compare_options_t *options, log_difference_t *difference);

/*  Until when two recordings are the same by their log chains: *same_until_ns is the log time of
   the last interval that both have alike (0: none), *all says that every interval is alike. Unpacks
   a few chunks of each. Errors as log_compare. */
mst_err_t log_compare_chains (log_reader_t *first, log_reader_t *second, uint64_t *same_until_ns,
                              bool *all);

#endif
