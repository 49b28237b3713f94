/*  The planets: where JPL's approximate elements have them, and how they pull.

    Heliocentric ecliptic of J2000, AU and days. Valid from 1800 to 2050.
    Thread rule: any thread. */
#ifndef COMETS_PLANETS_H
#define COMETS_PLANETS_H

typedef enum comets_planet {
    COMETS_MERCURY,
    COMETS_VENUS,
    COMETS_EARTH, /* the barycentre of Earth and Moon */
    COMETS_MARS,
    COMETS_JUPITER,
    COMETS_SATURN,
    COMETS_URANUS,
    COMETS_NEPTUNE,
    COMETS_PLANETS
} comets_planet_t;

/*  All that pulls besides the Sun, at one moment. */
typedef struct comets_sky {
    double mjd;
    double planets[COMETS_PLANETS][3];
    double indirect[3]; /* what the Sun's own fall towards the planets takes off, AU/day^2 */
} comets_sky_t;

void comets_planet_position (comets_planet_t planet, double mjd, double position[3]);
void comets_sky_at (comets_sky_t *sky, double mjd);

/*  The acceleration that a body at a heliocentric position has by the planets, AU/day^2. */
void comets_sky_pull (const comets_sky_t *sky, const double position[3], double acceleration[3]);

#endif
