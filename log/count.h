/*  Counts in how many messages two recordings differ. log/compare.h names the first one; here a
    message is the same when time, sender, class, kind, object, values and tag are, whatever its
    sequence: one message more does not make all later ones differ. Messages in receive order are
    only counted: nothing is promised about them. */
#ifndef LOG_COUNT_H
#define LOG_COUNT_H

#include "log/reader.h"

typedef struct log_counts {
    uint64_t same; /* in time-stamp order, all three */
    uint64_t only_first;
    uint64_t only_second;
    uint64_t received[2]; /* in receive order, in each */
} log_counts_t;

/*  From from_ns up to until_ns (0: to the end). The place in time of both readers is changed.
    Errors: those of log_compare but MST_E_DIFFERS. */
mst_err_t log_count_differences (log_reader_t *first, log_reader_t *second, uint64_t from_ns,
                                 uint64_t until_ns, log_counts_t *counts);

#endif
