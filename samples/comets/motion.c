/*  The pull at a step's end is the pull at the next one's begin, so each is computed once. It is
    kept in the comet but never sent: it is computed anew, to the same bits, from what is sent. */
#include "samples/comets/motion.h"
#include "samples/comets/check.h"

bool comets_in_box (const double position[3])
{
    comets_assert (position != NULL);
    for (int axis = 0; axis < 3; axis++)
        if (!(position[axis] >= -COMETS_BOX_AU && position[axis] < COMETS_BOX_AU))
            return false;
    return true;
}

/*  At every step, wherever the comet comes from: park it, or feel the planets. */
static void motion_settle (comets_body_t *body, const comets_sky_t *sky)
{
    comets_assert (!body->parked);
    body->parked = !comets_in_box (body->state.position);
    body->pull[0] = body->pull[1] = body->pull[2] = 0.0;
    if (!body->parked)
        comets_sky_pull (sky, body->state.position, body->pull);
}

void comets_body_start (comets_body_t *body, uint32_t row, const comets_elements_t *elements,
                        const comets_sky_t *sky)
{
    comets_state_t state;
    comets_assert (elements != NULL);
    comets_assert (sky != NULL);
    comets_kepler_state (elements, sky->mjd, &state);
    comets_body_resume (body, row, &state, sky);
}

void comets_body_resume (comets_body_t *body, uint32_t row, const comets_state_t *state,
                         const comets_sky_t *sky)
{
    comets_assert (body != NULL);
    comets_assert (state != NULL);
    comets_assert (sky != NULL);
    *body = (comets_body_t){ .state = *state, .row = row };
    motion_settle (body, sky);
}

static void motion_kick (comets_body_t *body, double days)
{
    for (int axis = 0; axis < 3; axis++)
        body->state.velocity[axis] += days * body->pull[axis];
}

void comets_body_step (comets_body_t *body, double days, const comets_sky_t *end)
{
    comets_assert (body != NULL);
    comets_assert (end != NULL);
    comets_assert (days > 0.0);
    if (body->parked)
        return;
    motion_kick (body, 0.5 * days);
    comets_kepler_drift (&body->state, days);
    motion_settle (body, end);
    motion_kick (body, 0.5 * days); /* by nothing, if it was parked just now */
}
