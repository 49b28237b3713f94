/*  Benchmarks: each row measures Muster and, in the same run and by turns, the raw library below
   it. A measurement is a crew of processes, process i pinned to core i modulo cores, for the
   reference and for the work alike; medians of several pairs are given.

    Thread rule: one thread; processes are forked before any socket exists. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_CREW_MAX = 16, BENCH_PAIRS_MAX = 25, BENCH_ENDPOINT_SIZE = 128 };

/*  What the processes of one measurement share: memory mapped before the fork. */
typedef struct bench_shared {
    char endpoint[BENCH_ENDPOINT_SIZE]; /* the RTI's, or the raw socket's */
    uint32_t ready;                     /* processes that got there; a futex word */
    double began; /* when the sender did, for a receiver that measures from then */
    double result;
    char failure[256]; /* the first error of the crew; "" = none */
} bench_shared_t;

typedef struct bench_case {
    const char *name;
    const char *unit;
    bool higher_is_better;
    const char *reference; /* what the ratio is against */
    double bar;            /* that is to be reached: the ratio where there is one, else the value */
    bool bar_of_value;     /* the bar is for the value although there is a ratio */
    size_t size_bytes;     /* of one message */
    uint64_t count;        /* messages, round trips, steps … */
    const char *transport; /* "tcp", "ipc" */
    int federates;
    int messages_per_step;
    bool random; /* bytes that do not compress; PHOLD: nearly all events go elsewhere, soon */
    bool yields; /* waits yield before they sleep, also where a process has one core */
    /* a measurement: a result in `unit`, or NAN */
    double (*work) (const struct bench_case *self);
    double (*raw) (const struct bench_case *self);
} bench_case_t;

/*  crew.c: runs `count` members, each in its own pinned process, and returns shared->result. A
   member that fails says why through bench_fail. */
typedef void bench_member_t (const bench_case_t *self, bench_shared_t *shared, int index);
double bench_crew (const bench_case_t *self, bench_member_t *const *members, int count);
extern bool bench_show_cpu; /* each member's use of the processor goes to standard error */
_Noreturn void bench_fail (bench_shared_t *shared, const char *what);
void bench_wait_ready (bench_shared_t *shared, uint32_t count); /* until that many said so */
void bench_say_ready (bench_shared_t *shared);
double bench_seconds (void);

/*  raw.c: bare zmq_send and zmq_recv with the default high-water mark. */
double bench_raw_stream (const bench_case_t *self); /* PUSH/PULL, messages per second */
double bench_raw_round (const bench_case_t *self);  /* REQ/REP, microseconds a round trip */
double bench_bare_round (const bench_case_t *self); /* the same; yields where the row says so */
double bench_star (const bench_case_t *self); /* DEALERs round a ROUTER, microseconds a step */

/*  work.c: the same over Muster. */
double bench_updates (const bench_case_t *self);
double bench_megabytes (const bench_case_t *self);
double bench_raw_megabytes (const bench_case_t *self);
double bench_pingpong (const bench_case_t *self);
double bench_step (const bench_case_t *self);
double bench_step_messages (const bench_case_t *self);
double bench_step_bare (const bench_case_t *self); /* without messages */
double bench_join (const bench_case_t *self);
double bench_objects (const bench_case_t *self);
double bench_rti_memory (const bench_case_t *self);
double bench_rti_object (const bench_case_t *self);

/*  encoding.c: a Spatial record of RPR FOM 2.0, nanoseconds; and the same fields by hand. */
double bench_decode_spatial (const bench_case_t *self);
double bench_encode_spatial (const bench_case_t *self);
double bench_raw_spatial (const bench_case_t *self);

/*  record.c: a sender, a receiver and the recorder. */
double bench_record (const bench_case_t *self);

/*  space.c: the octree; row->size_bytes is how many entities. */
double bench_space_move (const bench_case_t *self);
double bench_space_bare_move (const bench_case_t *self);
double bench_space_box (const bench_case_t *self);
double bench_space_bare_box (const bench_case_t *self);
double bench_space_pairs (const bench_case_t *self);
double bench_space_bare_pairs (const bench_case_t *self);
double bench_space_bytes (const bench_case_t *self);

/*  state_sync.c: the synchroniser, against XOR and zstd alone. */
double bench_sync_source (const bench_case_t *self);
double bench_sync_follower (const bench_case_t *self);
double bench_sync_ratio (const bench_case_t *self);
double bench_sync_bare (const bench_case_t *self);
double bench_sync_bare_ratio (const bench_case_t *self);

#endif
