/*  All comets in one loop, without any federation: what the federation's result is compared with.

    Thread rule: one thread at a time per world. */
#ifndef COMETS_PLAIN_H
#define COMETS_PLAIN_H

#include <stdint.h>
#include <muster/error.h>
#include "samples/comets/approaches.h"
#include "samples/comets/motion.h"
#include "samples/comets/table.h"

typedef struct comets_world {
    comets_body_t *bodies; /* those that fly, in row order */
    comets_search_t *search;
    comets_approaches_t approaches; /* of steps 1 … step, sorted */
    comets_sky_t sky;
    uint32_t count;
    uint32_t step;
    uint32_t parked_at_start;
    uint32_t parked_later;
} comets_world_t;

/*  Every comet of the table that flies, at the start. The table is only looked at. The world is
    the caller's; *self_p is NULL after an error. Errors: MST_E_NO_MEMORY. */
mst_err_t comets_world_new (comets_world_t **self_p, const comets_table_t *table);
void comets_world_destroy (comets_world_t **self_p);

/*  One day further, in `substeps` equal parts (1 is the rule; 8 shows how good it is). */
void comets_world_move (comets_world_t *self, uint32_t substeps);

/*  The approaches of the day where the world stands, appended to its list.
    Errors: MST_E_NO_MEMORY. */
mst_err_t comets_world_search (comets_world_t *self);

#endif
