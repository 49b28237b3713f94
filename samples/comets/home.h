/*  The comets that live with one federate, and all that this federate knows of a step. No service
    of Muster is called here but the territory's: what must be told to others is left in lists.

    A step goes: move (everyone one day on), see (a ghost that came), arrive and leave (who changes
    home), settle, find (the approaches); and go ahead wherever there is time to wait. Whoever
    finds a pair asks only where comets stand, never where they live: so a migration that comes
    late or not at all changes no result.

    Thread rule: one thread at a time per home. */
#ifndef COMETS_HOME_H
#define COMETS_HOME_H

#include <stdbool.h>
#include <stdint.h>
#include <muster/partition.h>
#include <muster/types.h>
#include "samples/comets/approaches.h"
#include "samples/comets/motion.h"
#include "samples/comets/table.h"

typedef struct comets_resident {
    comets_body_t body;
    mst_object_t object; /* as which the others know it */
    double watched[3];   /* where it stood when its surroundings were last looked at */
    bool quiet;          /* then all around it was ours */
    bool leaves;         /* it stands in another owner's leaf */
    bool ahead;          /* its body is at the next step already */
    bool left;           /* its new home has it: it goes when the step settles */
} comets_resident_t;

/*  A resident near a border: whom it is to be shown, and where it belongs. */
typedef struct comets_sighting {
    uint32_t resident; /* index, until the step settles */
    uint32_t owner;    /* of the leaf in which it stands */
    uint64_t others;   /* everyone else who owns a leaf within 0.05 AU */
} comets_sighting_t;

typedef struct comets_home {
    comets_resident_t residents[COMETS_ROW_LIMIT];
    uint32_t count;
    comets_sighting_t sightings[COMETS_ROW_LIMIT]; /* of the last move */
    uint32_t sighting_count;
    uint32_t seen[COMETS_ROW_LIMIT + 1]; /* by row: the step at which its place came last */
    const comets_table_t *table;
    mst_territory_t *territory;
    comets_search_t *search;
    comets_approaches_t approaches; /* of the last find */
    comets_sky_t sky;               /* of the step */
    comets_sky_t next_sky;          /* once somebody is ahead */
    uint32_t step;
    uint32_t ahead; /* residents so far looked at by comets_home_go_ahead () */
    uint32_t rank;
    uint32_t parked_at_start; /* of all comets, not only those that live here */
} comets_home_t;

/*  Starts all comets of the table, deals space out to `count` owners, and keeps those that stand
    in the share of `rank`. The table is looked at until the home is destroyed. *self_p is NULL
    after an error. Errors: MST_E_NO_MEMORY, those of mst_territory_new (). */
mst_err_t comets_home_new (comets_home_t **self_p, const comets_table_t *table, uint32_t rank,
                           uint32_t count);
void comets_home_destroy (comets_home_t **self_p);

/*  One day further; fills the sightings. */
void comets_home_move (comets_home_t *self);

/*  Computes the day after for up to `count` comets that stay, which the next move then need not
    do. Their places at the step are known to the search; the states of those that are ahead are
    gone. False when all are done. */
bool comets_home_go_ahead (comets_home_t *self, uint32_t count);

/*  The place of a comet of others at the step that was moved to last. False: no such comet, no
    such place, or it came already. */
bool comets_home_see (comets_home_t *self, uint32_t row, const double position[3]);

/*  A comet comes to live here, with its state at the step. False: as above. */
bool comets_home_arrive (comets_home_t *self, uint32_t row, const comets_state_t *state,
                         mst_object_t object);

/*  One goes. False: it does not live here. */
bool comets_home_leave (comets_home_t *self, mst_object_t object);

/*  Forgets those that left. Call it once all of the step came. */
void comets_home_settle (comets_home_t *self);

/*  The approaches of the step that are this owner's to report, into self->approaches.
    Errors: MST_E_NO_MEMORY. */
mst_err_t comets_home_find (comets_home_t *self);

#endif
