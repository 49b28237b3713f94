/*  One federate of the comets, from its join to its end. federate.c starts it, flight.c takes it
    through the days, inbox.c holds what Muster calls back, summary.c tells what came of it.

    Thread rule: one thread. */
#ifndef COMETS_FEDERATE_H
#define COMETS_FEDERATE_H

#include <stdbool.h>
#include <stdint.h>
#include <muster/muster.h>
#include "samples/comets/harvest.h"
#include "samples/comets/home.h"
#include "samples/comets/settings.h"

enum {
    COMETS_DAY_S = 86400,    /* logical time counts seconds */
    COMETS_SHOW_DAYS = 10,   /* every so often everyone may see all states */
    COMETS_FAULT_LIMIT = 600 /* bytes of a fault's text */
};

#define COMETS_POINT "ready" /* the synchronization point before the first day */

/*  The handles of comets.xml. */
typedef struct comets_names {
    mst_class_t comet, sky;
    mst_attribute_t row, state, place;
    mst_interaction_class_t approach, final, tally;
    mst_parameter_t approach_step, approach_low, approach_high, approach_distance;
    mst_parameter_t final_row, final_state;
    mst_parameter_t tally_migrations, tally_ghosts;
} comets_names_t;

typedef struct comets_federate {
    const comets_settings_t *settings;
    const comets_table_t *table;
    comets_home_t *home;
    comets_harvest_t *harvest; /* rank 0 only */
    mst_federate_t fed;
    comets_names_t names;
    mst_federate_id_t members[MST_OWNERS_MAX]; /* by rank; 0: not seen yet */
    uint32_t present;
    enum { COMETS_RANK_ASKED, COMETS_RANK_OURS, COMETS_RANK_TAKEN } rank_state;
    enum { COMETS_POINT_UNKNOWN, COMETS_POINT_ANNOUNCED, COMETS_POINT_PASSED } point;
    bool waited;         /* for a slow receiver, and that was said */
    bool ended;          /* all is sent: whoever has it all may resign */
    uint64_t migrations; /* that came here */
    uint64_t ghosts;     /* sent, per receiver */
    double federation_s; /* how long the days took */
    mst_err_t err;       /* the first failure, and its story */
    char fault[COMETS_FAULT_LIMIT];
} comets_federate_t;

/*  The time stamp of a step. */
static inline mst_time_t comets_time (uint32_t step)
{
    return (mst_time_t) step * COMETS_DAY_S;
}

/*  Notes a failure, if it is the first. `err` may be MST_OK. Gives whether all is well so far. */
bool comets_good (comets_federate_t *self, mst_err_t err, const char *what);
void comets_fail (comets_federate_t *self, mst_err_t err, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/*  Joins, declares, registers the comets that start here, and waits until everybody is there.
    Whatever it returned, leave it afterwards. False: see fault. */
bool comets_federate_start (comets_federate_t *self, const comets_settings_t *settings,
                            const comets_table_t *table);
/*  Resigns, or goes without a word after a failure, and gives all back. False: see fault. */
bool comets_federate_leave (comets_federate_t *self);

/*  All days, and what follows the last one. */
bool comets_federate_fly (comets_federate_t *self);

/*  Rank 0: puts the result together, compares it with the plain loop, reports and prints it.
    False: it could not, or the two differ. */
bool comets_federate_tell (comets_federate_t *self);

/*  Seconds of a clock that only goes forward, and of this thread's own work. */
double comets_now_s (void);
double comets_work_s (void);

extern const mst_callbacks_t comets_inbox;

#endif
