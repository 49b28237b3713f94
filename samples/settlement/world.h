/*  The settlers' world: claims of who builds, takes, owns and writes what, in an arbiter; they
   travel as elements of a replicated set, so that every player holds all of them sooner or later.
 */
#ifndef SAMPLES_SETTLEMENT_WORLD_H
#define SAMPLES_SETTLEMENT_WORLD_H

#include <muster/muster.h>
#include <muster/carry.h>
#include <muster/conflict.h>
#include <muster/metadata.h>

typedef struct world {
    mst_federate_t fed;
    mst_store_t *store;
    mst_carry_t *carry;
    mst_arbiter_t *arbiter;
    int rank;           /* 0, 1, 2, 3 */
    bool passed;        /* the barrier that is waited at */
    bool parted;        /* the sides do not hear each other */
    size_t withdrawals; /* that are known */
} world_t;

void world_must (mst_err_t err); /* ends the program with the error's text */
int world_side (int rank);       /* 0 or 1: who hears whom while it is parted */
uint64_t world_time_ns (void);

void world_start (world_t *self, mst_federate_t fed, int rank);
void world_end (world_t *self);

/*  Makes a claim, in this world and in the set. step: its place in the script, which gives its
 * stamp. */
void world_claim (world_t *self, mst_claim_t claim, int step);
void world_withdraw (world_t *self, uint64_t node, uint64_t number);
/*  A box of `width` at x, y on the ground. */
mst_claim_t world_region (double x, double y, double width);

/*  Exchanges with the others until so many claims and withdrawals are known. */
void world_until (world_t *self, size_t claims, size_t withdrawals);

#endif
