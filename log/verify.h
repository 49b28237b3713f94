/*  Reads all of a recording and checks everything in it that can be checked: the CRCs of chunks,
    attachments, data section and summary; that indexes, statistics and chunks agree; that our own
    messages and records can be read; the log chain; and which messages of each sender are missing.
 */
#ifndef LOG_VERIFY_H
#define LOG_VERIFY_H

#include "log/hash.h"
#include "log/limits.h"
#include "log/source.h"
#include "log/tally.h"

typedef struct log_report {
    uint64_t messages;
    uint64_t records; /* of our own */
    uint64_t chunks;
    bool has_summary;
    bool complete;       /* the data section's end was found */
    bool loss_declared;  /* it holds a loss record: what is missing is known */
    uint64_t lost_bytes; /* that belong to nothing that could be read */
    uint64_t links;      /* intervals of the chain */
    uint64_t chained;    /* messages in them */
    uint64_t late;       /* messages that came after their interval was closed */
    log_hash_t chain;    /* its last value */
    uint64_t faults;     /* findings, of which the first are spelt out */
    BASE_LIST (char *) findings;
    log_tally_t tally; /* per sender */
} log_report_t;

void log_report_init (log_report_t *self);
void log_report_fini (log_report_t *self);

/*  Fills the report. MST_OK: nothing is wrong. MST_E_FILE_CORRUPT: the findings say what is (or it
   is no recording at all). A file that was cut is a finding; a message that is missing from a
   sender's stream is not: it is in the tally. Errors also: MST_E_NO_MEMORY, MST_E_LIMIT (senders,
   open intervals), the source's. */
mst_err_t log_verify (const log_source_t *source, log_report_t *report);

#endif
