/*  Universal variables (Stumpff 1947; Battin 1987, An Introduction to the Mathematics and
    Methods of Astrodynamics, section 4.5; Danby 1988, Fundamentals of Celestial Mechanics,
    section 6.9).

    The velocity is counted in units in which the Sun's attraction is 1. The universal anomaly x
    with dx = dt / r then obeys

        t = r0 G1 + s0 G2 + G3   where   Gn = x^n cn (a x^2),
                                         a = 2 / r0 - v0^2,   s0 = position . velocity

    and dt / dx is the distance, which is never negative: there is one root, however the orbit
    runs. */
#include "samples/comets/kepler.h"
#include "samples/comets/check.h"
#include "samples/comets/trig.h"

#include <math.h>
#include <stdbool.h>

enum { KEPLER_ROUNDS_LIMIT = 100 };

/*  Of the argument of the Stumpff series: below SHORT four terms reach full precision, below LONG
    eight do; what is larger is quartered first. */
static const double KEPLER_SERIES_SHORT = 1e-3;
static const double KEPLER_SERIES_LONG = 0.5;

/*  A step of Newton's that is this small, relative to x, leaves an error below the last bit. */
static const double KEPLER_NEWTON_ENOUGH = 3e-9;

/*  An x that reaches this many times the time wanted is halved. */
static const double KEPLER_FAR_ABOVE = 10.0;

/*  The Sun is a point. A body that falls straight into it comes no nearer than this. */
static const double KEPLER_LEAST_AU = 1e-9;

/*  What a sound state stays below. */
static const double KEPLER_FARTHEST_AU = 1e6;
static const double KEPLER_FASTEST_AU_PER_DAY = 1e3;

/*  The four G and what the equation makes of them, at one x. */
typedef struct kepler_point {
    double g0, g1, g2, g3;
    double excess;   /* of the time reached over the time wanted */
    double distance; /* the excess's derivative */
    double radial;   /* the distance's derivative */
} kepler_point_t;

/*  What stays while the equation is solved. */
typedef struct kepler_orbit {
    double distance; /* r0 */
    double radial;   /* s0 */
    double alpha;    /* a; the inverse of the semi-major axis */
    double time;     /* to go; above 0 */
} kepler_orbit_t;

/*  c2 (z) = 1/2! - z/4! + z^2/6! - …  and  c3 (z) = 1/3! - z/5! + z^2/7! - …  */
static void kepler_series (double z, double *c2, double *c3)
{
    comets_assert (fabs (z) <= KEPLER_SERIES_LONG);
    double w = -z;
    double p2 = 1.0 / 40320.0;
    double p3 = 1.0 / 362880.0;
    if (fabs (z) > KEPLER_SERIES_SHORT) {
        double q2 = 1.0 / 20922789888000.0;
        double q3 = 1.0 / 355687428096000.0;
        q2 = ((q2 * w + 1.0 / 87178291200.0) * w + 1.0 / 479001600.0) * w + 1.0 / 3628800.0;
        q3 = ((q3 * w + 1.0 / 1307674368000.0) * w + 1.0 / 6227020800.0) * w + 1.0 / 39916800.0;
        p2 = q2 * w + p2;
        p3 = q3 * w + p3;
    }
    *c2 = ((p2 * w + 1.0 / 720.0) * w + 1.0 / 24.0) * w + 0.5;
    *c3 = ((p3 * w + 1.0 / 5040.0) * w + 1.0 / 120.0) * w + 1.0 / 6.0;
}

/*  Stumpff's functions for any z, by their relations between z and 4 z. */
static void kepler_stumpff (double z, double *c2, double *c3)
{
    int quartered = 0;
    while (fabs (z) > KEPLER_SERIES_LONG) {
        z *= 0.25;
        quartered++;
    }
    comets_assert (quartered < 64);
    kepler_series (z, c2, c3);
    for (; quartered > 0; quartered--) {
        double c0 = 1.0 - z * *c2;
        double c1 = 1.0 - z * *c3;
        *c3 = 0.25 * (*c2 + c0 * *c3);
        *c2 = 0.5 * c1 * c1;
        z *= 4.0;
    }
}

/*  The four G by their recurrence Gn = x^n / n! - a Gn+2, and what hangs on them. */
static kepler_point_t kepler_evaluate (const kepler_orbit_t *orbit, double x)
{
    kepler_point_t at;
    double c2, c3;
    double square = x * x;
    kepler_stumpff (orbit->alpha * square, &c2, &c3);
    at.g2 = square * c2;
    at.g3 = square * x * c3;
    at.g1 = x - orbit->alpha * at.g3;
    at.g0 = 1.0 - orbit->alpha * at.g2;
    at.excess = orbit->distance * at.g1 + orbit->radial * at.g2 + at.g3 - orbit->time;
    at.distance = orbit->distance * at.g0 + orbit->radial * at.g1 + at.g2;
    at.radial = orbit->radial * at.g0 + (1.0 - orbit->alpha * orbit->distance) * at.g1;
    return at;
}

/*  The root of the time's power series to its third order, where that converges well: nearly all
    steps of a day. Elsewhere 0. */
static double kepler_guess (const kepler_orbit_t *orbit)
{
    comets_assert (orbit->distance > 0.0);
    double inverse = 1.0 / orbit->distance;
    double u = orbit->time * inverse;
    double p = 0.5 * orbit->radial * inverse * u;
    double w = (1.0 / 6.0) * (inverse - orbit->alpha) * u * u;
    if (fabs (p) + fabs (w) > 0.1)
        return 0.0;
    return u * (1.0 - p + 2.0 * p * p - w);
}

/*  Roughly, for there is no cube root that is the same everywhere. */
static double kepler_cube_root (double value)
{
    double root = sqrt (sqrt (value));
    comets_assert (value >= 0.0);
    for (int round = 0; round < 6; round++)
        root = sqrt (sqrt (value * root));
    return root;
}

/*  An x that is not below the root. An ellipse is round after a turn. On the others, counted from
    the perihelion, x is at most |s0| before it (s = e G1) and cbrt (6 t) after it (t > e G3), with
    e >= 1 and Gn >= x^n / n!. */
static double kepler_bound (const kepler_orbit_t *orbit)
{
    const double slack = 1.01;
    if (orbit->alpha > 0.0)
        return slack * 2.0 * COMETS_PI / sqrt (orbit->alpha);
    double before = orbit->radial < 0.0 ? -orbit->radial : 0.0;
    return slack * (before + kepler_cube_root (6.0 * orbit->time));
}

/*  Laguerre's step of degree 5 (Conway 1986, An improved algorithm due to Laguerre for the
    solution of Kepler's equation): converges from nearly anywhere, and cubically at the end. */
static double kepler_laguerre (const kepler_point_t *at)
{
    double root = sqrt (fabs (16.0 * at->distance * at->distance - 20.0 * at->excess * at->radial));
    comets_assert (at->distance + root > 0.0);
    return -5.0 * at->excess / (at->distance + root);
}

/*  The last correction moves the G with x by their derivatives instead of computing them anew. */
static void kepler_nudge (const kepler_orbit_t *orbit, kepler_point_t *at, double delta)
{
    at->distance += delta * at->radial;
    at->g3 += delta * at->g2;
    at->g2 += delta * at->g1;
    at->g1 += delta * at->g0;
    at->g0 = 1.0 - orbit->alpha * at->g2;
}

/*  The excess grows with x, so each x tried bounds the root from one side; a step that leaves
    the bounds is replaced by halving. So is one from far above, where a hyperbola's G grow
    exponentially (or beyond all numbers) and Laguerre's steps are short. When rounding keeps the
    steps from becoming small, the bounds meet and end it. */
static kepler_point_t kepler_search (const kepler_orbit_t *orbit)
{
    double low = 0.0;
    double high = kepler_bound (orbit);
    double x = fmin (orbit->time / orbit->distance, 0.5 * high);
    kepler_point_t at = kepler_evaluate (orbit, x);
    for (int round = 0; round < KEPLER_ROUNDS_LIMIT; round++) {
        bool sound = isfinite (at.excess) && isfinite (at.distance) && at.distance > 0.0;
        double newton = -at.excess / at.distance;
        if (sound && fabs (newton) <= KEPLER_NEWTON_ENOUGH * x) {
            kepler_nudge (orbit, &at, newton);
            break;
        }
        if (at.excess <= 0.0)
            low = x;
        else
            high = x;
        double next = 0.5 * (low + high);
        if (sound && at.excess < KEPLER_FAR_ABOVE * orbit->time) {
            double laguerre = x + kepler_laguerre (&at);
            if (laguerre > low && laguerre < high)
                next = laguerre;
        }
        if (next == x)
            break;
        x = next;
        at = kepler_evaluate (orbit, x);
    }
    return at;
}

/*  Mostly the guess is so good that one step of Newton's ends it. */
static kepler_point_t kepler_solve (const kepler_orbit_t *orbit)
{
    comets_assert (orbit->time > 0.0);
    double x = kepler_guess (orbit);
    if (x > 0.0) {
        kepler_point_t at = kepler_evaluate (orbit, x);
        double newton = -at.excess / at.distance;
        if (fabs (newton) <= KEPLER_NEWTON_ENOUGH * x) {
            kepler_nudge (orbit, &at, newton);
            return at;
        }
    }
    return kepler_search (orbit);
}

static double kepler_dot (const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/*  From the Sun, kept off zero. */
static double kepler_distance (const comets_state_t *state)
{
    double distance = sqrt (kepler_dot (state->position, state->position));
    comets_assert (isfinite (distance));
    return distance > KEPLER_LEAST_AU ? distance : KEPLER_LEAST_AU;
}

/*  Forward only: days above 0. alpha is handed in, since elements know it better than a state. */
static void kepler_advance (comets_state_t *state, double days, double alpha)
{
    kepler_orbit_t orbit;
    orbit.distance = kepler_distance (state);
    orbit.radial = kepler_dot (state->position, state->velocity) * (1.0 / COMETS_GAUSS);
    orbit.alpha = alpha;
    orbit.time = COMETS_GAUSS * days;
    kepler_point_t at = kepler_solve (&orbit);
    comets_assert (isfinite (at.distance));
    double inverse_0 = 1.0 / orbit.distance;
    double inverse_1 = 1.0 / (at.distance > KEPLER_LEAST_AU ? at.distance : KEPLER_LEAST_AU);
    double f_less_1 = -at.g2 * inverse_0;
    double g = days - at.g3 * (1.0 / COMETS_GAUSS);
    double f_dot = -COMETS_GAUSS * at.g1 * inverse_0 * inverse_1;
    double g_dot_less_1 = -at.g2 * inverse_1;
    for (int axis = 0; axis < 3; axis++) {
        double position = state->position[axis];
        double velocity = state->velocity[axis];
        state->position[axis] = position + (f_less_1 * position + g * velocity);
        state->velocity[axis] = velocity + (f_dot * position + g_dot_less_1 * velocity);
    }
}

static void kepler_turn_back (comets_state_t *state)
{
    for (int axis = 0; axis < 3; axis++)
        state->velocity[axis] = -state->velocity[axis];
}

/*  What is left of some days when whole turns of an ellipse are taken off: at most half a turn. */
static double kepler_less_turns (double days, double alpha)
{
    double turn_days = 2.0 * COMETS_PI / (COMETS_GAUSS * alpha * sqrt (alpha));
    comets_assert (alpha > 0.0);
    return days - turn_days * floor (days / turn_days + 0.5);
}

/*  Of either sign: backward is forward with the velocity reversed. */
static void kepler_advance_signed (comets_state_t *state, double days, double alpha)
{
    comets_assert (isfinite (days));
    comets_assert (isfinite (alpha));
    double turns = days * days * alpha * alpha * alpha; /* squared, in some unit */
    if (alpha > 0.0 && turns * COMETS_SUN_GM > COMETS_PI * COMETS_PI)
        days = kepler_less_turns (days, alpha);
    if (days > 0.0) {
        kepler_advance (state, days, alpha);
    } else if (days < 0.0) {
        kepler_turn_back (state);
        kepler_advance (state, -days, alpha);
        kepler_turn_back (state);
    }
}

bool comets_state_sound (const comets_state_t *state)
{
    comets_assert (state != NULL);
    for (int axis = 0; axis < 3; axis++)
        if (!(fabs (state->position[axis]) < KEPLER_FARTHEST_AU) ||
            !(fabs (state->velocity[axis]) < KEPLER_FASTEST_AU_PER_DAY))
            return false;
    return true;
}

void comets_kepler_drift (comets_state_t *state, double days)
{
    comets_assert (state != NULL);
    double speed_squared = kepler_dot (state->velocity, state->velocity);
    double alpha = 2.0 / kepler_distance (state) - speed_squared * (1.0 / COMETS_SUN_GM);
    kepler_advance_signed (state, days, alpha);
}

/*  The plane of the orbit: towards the perihelion, and along the motion there. */
static void kepler_axes (const comets_elements_t *elements, double along[3], double across[3])
{
    double sin_i, cos_i, sin_w, cos_w, sin_n, cos_n;
    comets_sin_cos_degrees (elements->inclination_deg, &sin_i, &cos_i);
    comets_sin_cos_degrees (elements->argument_deg, &sin_w, &cos_w);
    comets_sin_cos_degrees (elements->node_deg, &sin_n, &cos_n);
    along[0] = cos_n * cos_w - sin_n * sin_w * cos_i;
    along[1] = sin_n * cos_w + cos_n * sin_w * cos_i;
    along[2] = sin_w * sin_i;
    across[0] = -cos_n * sin_w - sin_n * cos_w * cos_i;
    across[1] = -sin_n * sin_w + cos_n * cos_w * cos_i;
    across[2] = cos_w * sin_i;
    comets_assert (fabs (kepler_dot (along, across)) < 1e-12);
}

/*  From the perihelion the way to any date is a drift. */
void comets_kepler_state (const comets_elements_t *elements, double mjd, comets_state_t *state)
{
    comets_assert (elements != NULL);
    comets_assert (state != NULL);
    comets_assert (elements->perihelion_au > 0.0);
    comets_assert (elements->eccentricity >= 0.0);
    double along[3], across[3];
    kepler_axes (elements, along, across);
    double alpha = (1.0 - elements->eccentricity) / elements->perihelion_au;
    double days = mjd - elements->perihelion_mjd;
    double speed = COMETS_GAUSS * sqrt ((1.0 + elements->eccentricity) / elements->perihelion_au);
    for (int axis = 0; axis < 3; axis++) {
        state->position[axis] = elements->perihelion_au * along[axis];
        state->velocity[axis] = speed * across[axis];
    }
    kepler_advance_signed (state, days, alpha);
}
