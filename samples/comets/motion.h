/*  One comet's way through the days: half a kick by the planets, a drift about the Sun, half a
    kick (Wisdom and Holman 1991, with the Sun at rest and its fall in the kicks).

    A comet that stands outside the box at a step is parked: it keeps the state it has then, for
    good. All that a comet carries from step to step is its position and velocity; the pull kept
    beside them is a function of the position and the date, and can be computed anew anywhere.

    Thread rule: any thread. */
#ifndef COMETS_MOTION_H
#define COMETS_MOTION_H

#include <stdbool.h>
#include <stdint.h>
#include "samples/comets/kepler.h"
#include "samples/comets/planets.h"

#define COMETS_BOX_AU    60.0    /* the box is [-60, 60) on each axis */
#define COMETS_START_MJD 49400.0 /* 1994-02-17 0h TDB */

enum { COMETS_STEPS = 3652 /* of a day */ };

typedef struct comets_body {
    comets_state_t state;
    double pull[3]; /* by the planets, where it is; AU/day^2 */
    uint32_t row;
    bool parked;
} comets_body_t;

bool comets_in_box (const double position[3]);

/*  Puts a comet where its own orbit has it at the sky's date. */
void comets_body_start (comets_body_t *body, uint32_t row, const comets_elements_t *elements,
                        const comets_sky_t *sky);

/*  Makes a comet of a sound state that came from elsewhere (comets_state_sound ()); the same
    bits as if it had always been here. A state outside the box is parked. */
void comets_body_resume (comets_body_t *body, uint32_t row, const comets_state_t *state,
                         const comets_sky_t *sky);

/*  Moves it by some days to the sky's date; nothing if it is parked. */
void comets_body_step (comets_body_t *body, double days, const comets_sky_t *end);

#endif
