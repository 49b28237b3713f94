/*  The motion of one body about the Sun alone: elliptic, parabolic and hyperbolic by the same
    equations (universal variables), so that nothing changes where an orbit is nearly parabolic.

    Lengths in AU, times in days, the frame is the heliocentric ecliptic of J2000.
    Thread rule: any thread. */
#ifndef COMETS_KEPLER_H
#define COMETS_KEPLER_H

#include <stdbool.h>

/*  Gauss's constant: its square is the Sun's attraction in AU^3/day^2. */
#define COMETS_GAUSS  0.01720209895
#define COMETS_SUN_GM (COMETS_GAUSS * COMETS_GAUSS)

typedef struct comets_elements {
    double perihelion_au;
    double eccentricity;
    double inclination_deg;
    double argument_deg; /* of the perihelion, from the ascending node */
    double node_deg;
    double perihelion_mjd; /* the time of its passage */
} comets_elements_t;

typedef struct comets_state {
    double position[3]; /* AU */
    double velocity[3]; /* AU/day */
} comets_state_t;

/*  Where the elements' orbit has its body at a date. */
void comets_kepler_state (const comets_elements_t *elements, double mjd, comets_state_t *state);

/*  Whether a state that came from elsewhere can be moved: all of it finite, nearer than 1e6 AU,
    slower than 1e3 AU/day. */
bool comets_state_sound (const comets_state_t *state);

/*  Moves a sound state along its own orbit by some days, of either sign. The result is a
    function of the state and the days alone. */
void comets_kepler_drift (comets_state_t *state, double days);

#endif
