/*  Who waits for whom, and who waits for ever.

    A graph of nodes (small numbers that the caller gives out): a node that waits for several goes
   on when all of them have. So it is stuck when one of them is, and the seed of all that is stuck
   is a circle. Source: Knapp 1987, "Deadlock detection in distributed databases" (the AND model);
    Kahn 1962, "Topological sorting of large networks".

    The caller enters only waits that nothing but their end can end, and none for a node that goes
   on by itself.

    Thread rule: its owner's thread. */
#ifndef TIMEMGMT_WAITS_H
#define TIMEMGMT_WAITS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/list.h"

#define TIMEMGMT_WAITS_NONE UINT32_MAX

typedef struct timemgmt_wait {
    uint32_t waiter, blocker;
} timemgmt_wait_t;

typedef struct timemgmt_waits {
    uint32_t count; /* of nodes */
    BASE_LIST (timemgmt_wait_t) waits;
    uint32_t *next;  /* of a stuck node: one that is stuck, too, and that it waits for */
    bool *on_circle; /* following `next` from it leads back to it */
} timemgmt_waits_t;

/*  Zero-initialised, or after fini. Errors: MST_E_NO_MEMORY. */
mst_err_t timemgmt_waits_init (timemgmt_waits_t *self, uint32_t count);
void timemgmt_waits_fini (timemgmt_waits_t *self);

/*  Nodes are below count. A wait may be entered twice. Errors: MST_E_NO_MEMORY. */
mst_err_t timemgmt_waits_add (timemgmt_waits_t *self, uint32_t waiter, uint32_t blocker);

/*  Finds who is stuck; after the last wait. Errors: MST_E_NO_MEMORY. */
mst_err_t timemgmt_waits_solve (timemgmt_waits_t *self);

/*  For whom a stuck node waits; TIMEMGMT_WAITS_NONE: it is not stuck. */
uint32_t timemgmt_waits_next (const timemgmt_waits_t *self, uint32_t node);
bool timemgmt_waits_on_circle (const timemgmt_waits_t *self, uint32_t node);

#endif
