/*  Members of the benchmark's federation. */
#ifndef BENCH_FEDERATE_H
#define BENCH_FEDERATE_H

#include <muster/muster.h>
#include <muster/rti.h>
#include "bench/bench.h"

#define BENCH_FEDERATION "bench"

extern const mst_module_t
    bench_module; /* the FOM: class Body with State, interaction Ball with Data */

/*  What callbacks note. */
typedef struct bench_seen {
    uint64_t received; /* reflections and interactions */
    double first;      /* when the first one came */
    uint64_t objects;  /* discovered */
} bench_seen_t;

#define BENCH_TRY(call)                                                                            \
    do {                                                                                           \
        if (call)                                                                                  \
            bench_fail (shared, mst_error_text ());                                                \
    } while (0)

/*  The RTI is a member of its own; it ends when all others said that they are done. */
void bench_rti_member (const bench_case_t *self, bench_shared_t *shared, int index);

/*  Waits for the RTI and joins; leaves, and says so. */
mst_federate_t bench_enter (const bench_case_t *self, bench_shared_t *shared, int index,
                            bench_seen_t *seen);
void bench_leave (bench_shared_t *shared, mst_federate_t *fed);

mst_class_t bench_body_class (bench_shared_t *shared, mst_federate_t fed, mst_attribute_t *state);

#endif
