/*  Where a comet is seen in the sky: astrometric right ascension and declination, equator and
    equinox of J2000, from the centre of the Earth. For output only: nothing here affects a
    result.

    Thread rule: any thread. */
#ifndef COMETS_OBSERVE_H
#define COMETS_OBSERVE_H

#include "samples/comets/kepler.h"

typedef struct comets_sight {
    double right_ascension_deg; /* [0, 360) */
    double declination_deg;
    double distance_au;
} comets_sight_t;

/*  How a comet with a heliocentric ecliptic state at a date is seen at that date. Light that
    arrives then left the comet earlier; until then the comet is traced back along its own orbit. */
comets_sight_t comets_observe (const comets_state_t *state, double mjd);

#endif
