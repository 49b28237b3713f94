/*  Control frames: a stamp, then the arguments (docs/protocol.md, section 3), and the two records
   of time with hand-written codecs (section 7). */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

#include <stdint.h>
#include "base/arena.h"
#include "base/buffer.h"
#include "wire/frame.h"

/*  (federate, bundle sequence): a mark, a need, what was received. */
typedef struct wire_pair {
    uint32_t federate;
    uint64_t sequence;
} wire_pair_t;

typedef struct wire_pairs {
    const wire_pair_t *items;
    uint32_t count;
} wire_pairs_t;

/*  A ledger entry: bundles to `federate` up to `sequence`, with the smallest time among those that
   were not yet reported, WIRE_TIME_NEVER when they hold no time-stamped message. */
typedef struct wire_entry {
    uint32_t federate;
    uint64_t sequence;
    int64_t smallest;
} wire_entry_t;

typedef struct wire_entries {
    const wire_entry_t *items;
    uint32_t count;
} wire_entries_t;

/*  Federate → RTI. */
typedef struct wire_up {
    uint32_t incarnation;
    uint64_t sequence;
    uint64_t applied;
    uint32_t term;
    wire_pairs_t marks;
} wire_up_t;

/*  RTI → federate. */
typedef struct wire_down {
    uint64_t global;
    uint32_t origin;
    uint64_t origin_sequence;
    uint64_t processed;
    uint32_t term;
    wire_pairs_t need;
} wire_down_t;

typedef enum wire_advance {
    WIRE_ADVANCE_NONE = 0, /* only the report */
    WIRE_ADVANCE_TAR = 1,
    WIRE_ADVANCE_TARA = 2,
    WIRE_ADVANCE_NMR = 3,
    WIRE_ADVANCE_NMRA = 4,
    WIRE_ADVANCE_FQR = 5,
    WIRE_ADVANCE_REGULATION = 6, /* grants only: time regulation enabled */
    WIRE_ADVANCE_CONSTRAINT = 7  /* grants only: time constrained enabled */
} wire_advance_t;

typedef struct wire_time_request {
    uint64_t number;
    uint8_t kind; /* wire_advance_t */
    int64_t time;
    int64_t qmin; /* smallest time in the queue, WIRE_TIME_NEVER when it is empty */
    wire_entries_t entries;
    wire_pairs_t received;
} wire_time_request_t;

typedef struct wire_grant {
    uint64_t number;
    uint8_t kind;
    int64_t time;
    int64_t galt; /* WIRE_TIME_NEVER: undefined */
    wire_pairs_t need;
} wire_grant_t;

/*  Each writes the stamp into `out` behind a frame's header: call wire_frame_begin first, append
   the arguments (for example with wire_service_encode), then wire_frame_end. Errors:
   MST_E_NO_MEMORY. */
mst_err_t wire_up_write (base_buffer_t *out, const wire_up_t *up);
mst_err_t wire_down_write (base_buffer_t *out, const wire_down_t *down);
mst_err_t wire_time_request_write (base_buffer_t *out, const wire_time_request_t *request);
mst_err_t wire_grant_write (base_buffer_t *out, const wire_grant_t *grant);

/*  Reads the stamp off a body; *args and *args_size_bytes are what follows it. Lists live in the
   arena. Errors: MST_E_MALFORMED, MST_E_NO_MEMORY. */
mst_err_t wire_up_read (const wire_frame_t *frame, base_arena_t *arena, wire_up_t *up,
                        const uint8_t **args, size_t *args_size_bytes);
mst_err_t wire_down_read (const wire_frame_t *frame, base_arena_t *arena, wire_down_t *down,
                          const uint8_t **args, size_t *args_size_bytes);
mst_err_t wire_time_request_read (const uint8_t *args, size_t size_bytes, base_arena_t *arena,
                                  wire_time_request_t *request);
mst_err_t wire_grant_read (const uint8_t *args, size_t size_bytes, base_arena_t *arena,
                           wire_grant_t *grant);

#endif
