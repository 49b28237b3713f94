/*  The Earth is the barycentre of Earth and Moon here: from 20 AU its distance to the Earth's
    centre is seen under 0.3 seconds of arc. The Sun's own motion during the light's travel is
    smaller. */
#include "samples/comets/observe.h"
#include "samples/comets/check.h"
#include "samples/comets/planets.h"
#include "samples/comets/trig.h"

#include <math.h>

enum { OBSERVE_LIGHT_ROUNDS = 3 };

static const double LIGHT_DAYS_PER_AU = 499.004783836 / 86400.0;
static const double OBLIQUITY_J2000_DEG = 84381.448 / 3600.0;

/*  From Earth to comet as it was when the light left; gives the distance. */
static double observe_line (const comets_state_t *state, double mjd, double line[3])
{
    double earth[3];
    double distance = 0.0;
    comets_planet_position (COMETS_EARTH, mjd, earth);
    for (int round = 0; round < OBSERVE_LIGHT_ROUNDS; round++) {
        comets_state_t then = *state;
        comets_kepler_drift (&then, -distance * LIGHT_DAYS_PER_AU);
        for (int axis = 0; axis < 3; axis++)
            line[axis] = then.position[axis] - earth[axis];
        distance = sqrt (line[0] * line[0] + line[1] * line[1] + line[2] * line[2]);
    }
    comets_assert (distance > 0.0);
    return distance;
}

comets_sight_t comets_observe (const comets_state_t *state, double mjd)
{
    double line[3], sine, cosine;
    comets_assert (state != NULL);
    double distance = observe_line (state, mjd, line);
    comets_sin_cos_degrees (OBLIQUITY_J2000_DEG, &sine, &cosine);
    double y = cosine * line[1] - sine * line[2];
    double z = sine * line[1] + cosine * line[2];
    double right_ascension_deg = atan2 (y, line[0]) / COMETS_DEGREE;
    if (right_ascension_deg < 0.0)
        right_ascension_deg += 360.0;
    comets_assert (right_ascension_deg >= 0.0);
    comets_assert (right_ascension_deg <= 360.0);
    return (comets_sight_t){
        .right_ascension_deg = right_ascension_deg,
        .declination_deg = asin (z / distance) / COMETS_DEGREE,
        .distance_au = distance,
    };
}
