/*  Several stores, a network that loses, doubles, delays and divides, and a clock, all by a seed.
   What is written is also written down, so that nothing can be lost unseen. */
#ifndef TESTS_STATE_GROUP_H
#define TESTS_STATE_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <muster/store.h>
#include "base/random.h"

enum { GROUP_MAX = 8, GROUP_PATHS = 5, GROUP_FLIGHTS = 4096, GROUP_WORDS = 4096 };

#define GROUP_SECOND 1000000000u
#define GROUP_BEGIN  ((uint64_t) 1700000000 * GROUP_SECOND)

typedef struct group_flight {
    uint64_t due_ns;
    uint32_t from;
    uint32_t to;
    uint8_t *data;
    size_t size_bytes;
} group_flight_t;

typedef struct group {
    uint32_t count;
    mst_store_options_t options;
    mst_store_t *stores[GROUP_MAX]; /* NULL: down */
    mst_bytes_t saved[GROUP_MAX];   /* of those that are down */
    uint64_t replicas[GROUP_MAX];
    base_random_t random;
    uint64_t now_ns;
    double loss;
    double twice;
    uint64_t delay_ns;        /* at most */
    uint32_t side[GROUP_MAX]; /* only equal sides hear each other */
    group_flight_t flights[GROUP_FLIGHTS];
    uint32_t flying;
    uint64_t errors; /* of receiving */
    uint64_t carried_bytes;
    /* what was written */
    int64_t sums[GROUP_PATHS];
    uint32_t words; /* elements 0 … words - 1, all different */
    uint64_t best_stamp;
    uint64_t best_replica;
    uint32_t best_value;
} group_t;

bool group_init (group_t *self, uint32_t count, uint64_t seed, const mst_store_options_t *options);
void group_fini (group_t *self);

/*  One random write at a store that is up. */
void group_write (group_t *self, uint32_t store);

/*  Time passes: ticks and arrivals happen when they are due. */
void group_run (group_t *self, uint64_t for_ns);

void group_stop (group_t *self, uint32_t store);  /* its state is saved */
void group_start (group_t *self, uint32_t store); /* with the state that it saved */

bool group_alike (group_t *self);
/*  Nothing that was written is lacking at a store; prints what is. */
bool group_complete (const group_t *self, uint32_t store);

#endif
