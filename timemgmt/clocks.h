/*  Logical clocks on receive-order traffic: Lamport's, one number that respects causality
    (Lamport 1978, "Time, clocks, and the ordering of events in a distributed system"), and vector
    clocks, that are equivalent to it (Fidge 1988; Mattern 1989, "Virtual time and global states of
    distributed systems").

    Thread rule: plain values; their owner's thread. */
#ifndef TIMEMGMT_CLOCKS_H
#define TIMEMGMT_CLOCKS_H

#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

/*  An event of one's own, or a send: the new value is the stamp. */
uint64_t timemgmt_lamport_tick (uint64_t *clock);

/*  A receive: above both. */
uint64_t timemgmt_lamport_receive (uint64_t *clock, uint64_t stamp);

/*  Counts by slot; slots beyond the end count 0. Zero-initialised by the owner. */
typedef struct timemgmt_vector {
    uint64_t *counts;
    size_t count;
    size_t capacity;
} timemgmt_vector_t;

typedef enum timemgmt_order {
    TIMEMGMT_EQUAL,
    TIMEMGMT_BEFORE,
    TIMEMGMT_AFTER,
    TIMEMGMT_CONCURRENT,
} timemgmt_order_t;

void timemgmt_vector_fini (timemgmt_vector_t *self);
uint64_t timemgmt_vector_get (const timemgmt_vector_t *self, uint32_t slot);

/*  Errors of all three: MST_E_LIMIT (slot beyond limits.federates), MST_E_NO_MEMORY; nothing
    changed then. */
mst_err_t timemgmt_vector_set (timemgmt_vector_t *self, uint32_t slot, uint64_t value);
mst_err_t timemgmt_vector_tick (timemgmt_vector_t *self, uint32_t slot);
mst_err_t timemgmt_vector_merge (timemgmt_vector_t *self, const timemgmt_vector_t *other);

/*  Did what `a` stamps happen before what `b` stamps? */
timemgmt_order_t timemgmt_vector_compare (const timemgmt_vector_t *a, const timemgmt_vector_t *b);

#endif
