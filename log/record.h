/*  Muster's own records in a recording, under the opcodes that MCAP leaves to applications. Each
   one is: log_time (64 bits, ns), publish_time (64 bits, ns), then a msgpack array of the fields
   below in their order. A reader ignores array elements beyond those that it knows, so that a
   record may grow at its end. They stand inside chunks, between the messages, in the order of what
   happened. */
#ifndef LOG_RECORD_H
#define LOG_RECORD_H

#include "base/buffer.h"
#include "log/bytes.h"
#include "log/hash.h"
#include <muster/error.h>

enum {
    LOG_RECORD_FIRST = 0x80,
    LOG_RECORD_FEDERATE = 0x80,  /* a federate joined, resigned or was lost */
    LOG_RECORD_GRANT = 0x81,     /* a federate was granted a time */
    LOG_RECORD_CUT = 0x82,       /* where a lost federate's stream ends: an input of a replay */
    LOG_RECORD_MIGRATION = 0x83, /* a migration's decision */
    LOG_RECORD_CHAIN = 0x84,     /* a closed interval of the log chain */
    LOG_RECORD_LEDGER = 0x85,    /* how far a federate's stream to another had been reported */
    LOG_RECORD_RESULT = 0x86,    /* a federate's result, such as its digest */
    LOG_RECORD_LOSS = 0x87,      /* messages or bytes that are known to be missing */
    LOG_RECORD_CONTROL = 0x88,   /* a record of the RTI, as its frame */
    LOG_RECORD_LAST = 0x88
};

typedef struct log_federate {
    log_span_t name;
    log_span_t type;
    log_span_t event; /* "joined", "resigned", "lost", "regulating", "constrained" */
    uint64_t incarnation;
} log_federate_t;

typedef struct log_grant {
    log_span_t federate;
    log_span_t kind; /* "TAR", "TARA", "NMR", "NMRA", "FQR" */
    uint64_t request;
    int64_t requested; /* logical times */
    int64_t granted;
} log_grant_t;

typedef struct log_cut {
    log_span_t federate;
    int64_t bound;     /* its last accepted bound */
    uint64_t sequence; /* its last accepted sequence */
    log_span_t reason;
} log_cut_t;

typedef struct log_migration {
    log_span_t object; /* or leaf */
    log_span_t from;
    log_span_t to;
    int64_t cut; /* the logical time from which the new home acts */
    uint64_t epoch;
    log_span_t decision; /* "commit", "abort" */
    log_span_t state;    /* of an object: what its old home packed */
} log_migration_t;

typedef struct log_link {
    int64_t interval; /* floor (time / interval length) */
    uint64_t count;   /* messages in it */
    uint64_t late;    /* messages that came for intervals closed before: not in the chain */
    log_hash_t sum;   /* of their hashes */
    log_hash_t value; /* the chain's value after this interval */
} log_link_t;

typedef struct log_ledger {
    log_span_t from;
    log_span_t to;
    uint64_t sequence;
    int64_t smallest; /* time stamp in the bundle */
} log_ledger_t;

typedef struct log_result {
    log_span_t federate;
    log_span_t name; /* "digest", … */
    log_span_t value;
} log_result_t;

typedef struct log_loss {
    log_span_t cause;  /* "recorder" (it could not keep up), "recovered" (damage), "peer" … */
    log_span_t sender; /* empty: unknown */
    uint64_t messages; /* 0: unknown */
    uint64_t bytes;
    log_span_t detail;
} log_loss_t;

typedef struct log_control {
    uint64_t kind; /* the frame's */
    log_span_t frame;
} log_control_t;

typedef struct log_record {
    uint8_t opcode;
    uint64_t log_time_ns;
    uint64_t publish_time_ns; /* 0: no wall clock */
    union {
        log_federate_t federate;
        log_grant_t grant;
        log_cut_t cut;
        log_migration_t migration;
        log_link_t link;
        log_ledger_t ledger;
        log_result_t result;
        log_loss_t loss;
        log_control_t control;
    };
} log_record_t;

/*  "grant"; "private record" for an opcode that has no name. Static. */
const char *log_record_name (uint8_t opcode);
bool log_record_known (uint8_t opcode);

/*  Appends the record's content (without opcode and length); `out` stays on an error. The opcode
   must be a known one. Errors: MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t log_record_encode (base_buffer_t *out, const log_record_t *record);

/*  Texts point into the bytes. Errors: MST_E_MALFORMED, MST_E_NOT_SUPPORTED (unknown opcode). */
mst_err_t log_record_decode (log_record_t *out, uint8_t opcode, const void *data,
                             size_t size_bytes);

#endif
