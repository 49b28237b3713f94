/*  What rank 0 gathers: everyone's approaches, final states and tallies. Where they come from may
    err, so nothing is believed twice and the whole is counted before it is digested.

    Thread rule: one thread at a time per harvest. */
#ifndef COMETS_HARVEST_H
#define COMETS_HARVEST_H

#include <stdbool.h>
#include <stdint.h>
#include "samples/comets/approaches.h"
#include "samples/comets/digest.h"
#include "samples/comets/motion.h"
#include "samples/comets/table.h"

typedef struct comets_harvest {
    comets_body_t
        bodies[COMETS_ROW_LIMIT]; /* by row - 1; once whole: those that fly, in row order */
    bool came[COMETS_ROW_LIMIT];  /* by row - 1 */
    comets_approaches_t approaches;
    const comets_table_t *table;
    uint32_t steps;
    uint32_t count; /* bodies that came */
    uint32_t tallies;
    uint64_t migrations;
    uint64_t ghosts;
    uint32_t parked; /* at the end */
} comets_harvest_t;

/*  The table is looked at as long as the harvest. Errors: MST_E_NO_MEMORY. */
mst_err_t comets_harvest_new (comets_harvest_t **self_p, const comets_table_t *table,
                              uint32_t steps);
void comets_harvest_destroy (comets_harvest_t **self_p);

/*  One approach, one final state, one federate's counts. Errors: MST_E_MALFORMED (it cannot be
    true), MST_E_NO_MEMORY. */
mst_err_t comets_harvest_approach (comets_harvest_t *self, const comets_approach_t *approach);
mst_err_t comets_harvest_state (comets_harvest_t *self, uint32_t row, const comets_state_t *state);
void comets_harvest_tally (comets_harvest_t *self, uint64_t migrations, uint64_t ghosts);

/*  Puts all in order and digests it. False: comets or tallies are missing, or an approach came
    twice; then nothing is digested. */
bool comets_harvest_finish (comets_harvest_t *self, uint32_t federates,
                            char digest[COMETS_DIGEST_TEXT_BYTES]);

#endif
