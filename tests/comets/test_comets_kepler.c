/*  Two bodies: against the textbook's equations (with the mathematical library as oracle), against
    what must be kept, and against itself in parts. */
#include "base/random.h"
#include "samples/comets/kepler.h"
#include "samples/comets/trig.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdio.h>

/*  In the ecliptic, perihelion towards x. */
static comets_elements_t plane_orbit (double q, double e)
{
    return (comets_elements_t){ .perihelion_au = q, .eccentricity = e, .perihelion_mjd = 50000.0 };
}

static double dot (const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double gap (const double a[3], const double b[3])
{
    double d[3] = { a[0] - b[0], a[1] - b[1], a[2] - b[2] };
    return sqrt (dot (d, d));
}

static double energy (const comets_state_t *s)
{
    return 0.5 * dot (s->velocity, s->velocity) -
           COMETS_SUN_GM / sqrt (dot (s->position, s->position));
}

static void spin (const comets_state_t *s, double out[3])
{
    const double *r = s->position;
    const double *v = s->velocity;
    out[0] = r[1] * v[2] - r[2] * v[1];
    out[1] = r[2] * v[0] - r[0] * v[2];
    out[2] = r[0] * v[1] - r[1] * v[0];
}

/*  The classical roads to the place in the orbit's plane, days after the perihelion. Newton's
    rounds are many and the starts are safe: speed does not matter here. */
static void ellipse (double q, double e, double days, double at[2])
{
    double a = q / (1.0 - e);
    double mean = remainder (COMETS_GAUSS / (a * sqrt (a)) * days, 2.0 * COMETS_PI);
    double low = -COMETS_PI, high = COMETS_PI;
    for (int i = 0; i < 200; i++) {
        double middle = 0.5 * (low + high);
        if (middle - e * sin (middle) < mean)
            low = middle;
        else
            high = middle;
    }
    at[0] = a * (cos (low) - e);
    at[1] = a * sqrt (1.0 - e * e) * sin (low);
}

static void hyperbola (double q, double e, double days, double at[2])
{
    double a = q / (e - 1.0);
    double mean = COMETS_GAUSS / (a * sqrt (a)) * days;
    double low = -50.0, high = 50.0;
    for (int i = 0; i < 200; i++) {
        double middle = 0.5 * (low + high);
        if (e * sinh (middle) - middle < mean)
            low = middle;
        else
            high = middle;
    }
    at[0] = a * (e - cosh (low));
    at[1] = a * sqrt (e * e - 1.0) * sinh (low);
}

/*  Barker's equation, by the real root of its cubic. */
static void parabola (double q, double days, double at[2])
{
    double w = 3.0 * COMETS_GAUSS / sqrt (2.0 * q * q * q) * days / 2.0;
    double y = cbrt (fabs (w) + sqrt (w * w + 1.0));
    double tangent = copysign (y - 1.0 / y, w);
    at[0] = q * (1.0 - tangent * tangent);
    at[1] = 2.0 * q * tangent;
}

static double miss (double q, double e, double days)
{
    double at[2];
    comets_state_t state;
    comets_elements_t elements = plane_orbit (q, e);
    comets_kepler_state (&elements, 50000.0 + days, &state);
    if (e < 1.0)
        ellipse (q, e, days, at);
    else if (e > 1.0)
        hyperbola (q, e, days, at);
    else
        parabola (q, days, at);
    double want[3] = { at[0], at[1], 0.0 };
    return gap (state.position, want) / (1.0 + sqrt (dot (want, want)));
}

static const double DAYS[] = { -1e6, -40000.0, -3650.5, -365.25, -30.0, -1.0,  -0.01,
                               0.0,  0.01,     0.5,     7.0,     88.0,  700.0, 12345.678 };
static const double PERIHELIA[] = { 0.0044, 0.0051, 0.02, 0.3, 1.0, 5.2, 20.0 };
enum { DAY_COUNT = sizeof DAYS / sizeof *DAYS, Q_COUNT = sizeof PERIHELIA / sizeof *PERIHELIA };

static void check_misses (double e, double tolerance)
{
    for (int q = 0; q < Q_COUNT; q++)
        for (int d = 0; d < DAY_COUNT; d++)
            if (!CHECK (miss (PERIHELIA[q], e, DAYS[d]) < tolerance))
                printf ("q %g, e %g, %g days: %g … ", PERIHELIA[q], e, DAYS[d],
                        miss (PERIHELIA[q], e, DAYS[d]));
}

static void test_textbook (void)
{
    static const double round[] = { 0.0, 0.1, 0.5, 0.8, 0.95 };
    static const double open[] = { 1.05, 1.2, 2.0, 3.3562 };
    for (size_t i = 0; i < sizeof round / sizeof *round; i++)
        check_misses (round[i], 2e-9); /* a million days are ten thousands of turns of 0.0044 AU */
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        check_misses (open[i], 5e-12); /* dates are known to 7e-12 days */
    check_misses (1.0, 1e-12);
}

/*  The textbook's own equations lose digits near e = 1; there the neighbours must be near: the
    place is a smooth function of e, and quadratic interpolation between 1 - h, 1, 1 + h fits. */
static void test_near_parabolic (void)
{
    static const double off[] = { 1e-3, 1e-4, 1e-6, 1e-9, 1e-12 };
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        for (int d = 2; d < DAY_COUNT; d++) {
            comets_state_t below, at, above;
            comets_elements_t orbit = plane_orbit (0.5, 1.0 - off[i]);
            comets_kepler_state (&orbit, 50000.0 + DAYS[d], &below);
            orbit.eccentricity = 1.0;
            comets_kepler_state (&orbit, 50000.0 + DAYS[d], &at);
            orbit.eccentricity = 1.0 + off[i];
            comets_kepler_state (&orbit, 50000.0 + DAYS[d], &above);
            double scale = sqrt (dot (at.position, at.position));
            double middle[3];
            for (int axis = 0; axis < 3; axis++)
                middle[axis] = 0.5 * (below.position[axis] + above.position[axis]);
            CHECK (gap (below.position, at.position) <
                   100.0 * scale * scale * off[i] + 1e-12 * scale);
            CHECK (gap (middle, at.position) <
                   1e4 * scale * scale * off[i] * off[i] + 1e-12 * scale);
        }
}

static comets_state_t tilted_state (double q, double e, double days)
{
    comets_elements_t elements = { q, e, 77.0, 123.0, 321.0, 50000.0 };
    comets_state_t state;
    comets_kepler_state (&elements, 50000.0 + days, &state);
    return state;
}

/*  What the elements say must be in the state: q and e by energy and spin, the node and the
    inclination by the spin's direction. */
static void test_state_has_the_elements (void)
{
    for (int d = 0; d < DAY_COUNT; d++) {
        comets_state_t s = tilted_state (0.7, 0.9, DAYS[d]);
        double h[3];
        spin (&s, h);
        double a = -COMETS_SUN_GM / (2.0 * energy (&s));
        CHECK (fabs (a - 7.0) < 1e-10);
        CHECK (fabs (dot (h, h) / COMETS_SUN_GM - 0.7 * 1.9) < 1e-11);
        CHECK (fabs (h[2] / sqrt (dot (h, h)) - cos (77.0 * COMETS_DEGREE)) < 1e-12);
        CHECK (fabs (atan2 (h[0], -h[1]) / COMETS_DEGREE - (321.0 - 360.0)) < 1e-9);
    }
}

static void test_drift_keeps_energy_and_spin (void)
{
    static const double kinds[] = { 0.2, 0.97, 0.9999, 1.0, 1.0001, 1.3, 3.3 };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int q = 0; q < Q_COUNT; q++) {
            comets_state_t state = tilted_state (PERIHELIA[q], kinds[i], -50.25);
            double spin_0[3], spin_1[3];
            double energy_0 = energy (&state);
            double scale = 0.5 * dot (state.velocity, state.velocity);
            spin (&state, spin_0);
            for (int day = 0; day < 100; day++)
                comets_kepler_drift (&state, 1.0);
            spin (&state, spin_1);
            CHECK (fabs (energy (&state) - energy_0) < 5e-12 * scale);
            CHECK (gap (spin_0, spin_1) < 1e-10 * sqrt (dot (spin_0, spin_0)));
        }
}

/*  A sungrazer passes its perihelion within one step, or within many: it comes out at the same. */
static void test_parts_make_the_whole (void)
{
    static const double kinds[] = { 0.9, 0.99993, 1.0, 1.0002, 1.5 };
    static const int parts[] = { 2, 3, 8, 64 };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int q = 0; q < Q_COUNT; q++)
            for (int p = 0; p < 4; p++) {
                comets_state_t whole = tilted_state (PERIHELIA[q], kinds[i], -0.4);
                comets_state_t pieces = whole;
                comets_kepler_drift (&whole, 1.0);
                for (int part = 0; part < parts[p]; part++)
                    comets_kepler_drift (&pieces, 1.0 / parts[p]);
                CHECK (gap (whole.position, pieces.position) < 1e-12);
                CHECK (gap (whole.velocity, pieces.velocity) < 1e-11);
            }
}

static void test_there_and_back (void)
{
    for (int q = 0; q < Q_COUNT; q++)
        for (int d = 2; d < DAY_COUNT; d++) {
            comets_state_t start = tilted_state (PERIHELIA[q], 1.001, 3.0);
            comets_state_t state = start;
            comets_kepler_drift (&state, DAYS[d]);
            comets_kepler_drift (&state, -DAYS[d]);
            CHECK (gap (start.position, state.position) < 2e-10);
        }
}

static void test_after_a_turn_it_is_back (void)
{
    comets_state_t start = tilted_state (0.3, 0.85, 10.0);
    comets_state_t state = start;
    double turn_days = 2.0 * COMETS_PI / COMETS_GAUSS * 2.0 * sqrt (2.0);
    comets_kepler_drift (&state, 7.0 * turn_days);
    CHECK (gap (start.position, state.position) < 1e-9);
    for (int part = 0; part < 10; part++)
        comets_kepler_drift (&state, 0.1 * turn_days);
    CHECK (gap (start.position, state.position) < 1e-9);
}

/*  Straight towards the Sun and nearly so: hardly an orbit, but an answer. */
static void test_hardly_an_orbit (void)
{
    static const double sideways[] = { 1e-3, 1e-5, 1e-7 };
    for (size_t i = 0; i < sizeof sideways / sizeof *sideways; i++) {
        comets_state_t state = { { 1.0, 0.0, 0.0 }, { -0.01, sideways[i], 0.0 } };
        double before = energy (&state);
        for (int day = 0; day < 200; day++) {
            comets_kepler_drift (&state, 1.0);
            CHECK (isfinite (state.position[0]) && isfinite (state.velocity[1]));
        }
        CHECK (fabs (energy (&state) - before) < 1e-9);
    }
}

/*  Exactly straight: through the Sun, which is a point. */
static void test_straight_into_the_sun (void)
{
    comets_state_t state = { { 0.5, 0.0, 0.0 }, { 0.0, 0.0, 0.0 } };
    for (int part = 0; part < 4000; part++)
        comets_kepler_drift (&state, 0.05);
    CHECK (comets_state_sound (&state));
    state = (comets_state_t){ { 0.0, 0.0, 0.0 }, { 0.0, 0.0, 0.0 } };
    comets_kepler_drift (&state, 1.0);
    CHECK (isfinite (state.position[0]));
}

static void test_any_state_has_an_answer (void)
{
    base_random_t dice;
    base_random_init (&dice, 1986);
    for (int i = 0; i < 300000; i++) {
        double distance = pow (10.0, 6.0 * base_random_unit (&dice) - 4.0);
        double escapes = i % 3 == 0   ? 1.0 + 0.5 * pow (10.0, -14.0 * base_random_unit (&dice))
                         : i % 3 == 1 ? base_random_unit (&dice)
                                      : 3.0 * base_random_unit (&dice);
        double speed = escapes * COMETS_GAUSS * sqrt (2.0 / distance);
        double angle = 2.0 * COMETS_PI * base_random_unit (&dice);
        if (i % 5 == 0) /* hardly sideways */
            angle = COMETS_PI + pow (10.0, -9.0 * base_random_unit (&dice));
        comets_state_t state = { { distance, 0.0, 0.0 },
                                 { speed * cos (angle), speed * sin (angle), 0.0 } };
        double before = energy (&state);
        comets_kepler_drift (&state, pow (10.0, 12.0 * base_random_unit (&dice) - 6.0));
        double nearest = fmin (distance, sqrt (dot (state.position, state.position)));
        double scale = COMETS_SUN_GM / nearest + 0.5 * speed * speed;
        CHECK_OR_RETURN (fabs (energy (&state) - before) < 1e-10 * scale);
    }
}

static void test_sound_states (void)
{
    comets_state_t state = { { 1.0, 0.0, 0.0 }, { 0.0, 0.01, 0.0 } };
    CHECK (comets_state_sound (&state));
    state.velocity[2] = NAN;
    CHECK (!comets_state_sound (&state));
    state.velocity[2] = -1e3;
    CHECK (!comets_state_sound (&state));
    state.velocity[2] = 0.0;
    state.position[1] = INFINITY;
    CHECK (!comets_state_sound (&state));
}

static CU_TestInfo kepler_tests[] = {
    { "the textbook's places", test_textbook },
    { "near-parabolic orbits join up", test_near_parabolic },
    { "a state has its elements", test_state_has_the_elements },
    { "a drift keeps energy and spin", test_drift_keeps_energy_and_spin },
    { "parts make the whole", test_parts_make_the_whole },
    { "there and back", test_there_and_back },
    { "after a turn it is back", test_after_a_turn_it_is_back },
    { "hardly an orbit", test_hardly_an_orbit },
    { "straight into the Sun", test_straight_into_the_sun },
    { "any state has an answer", test_any_state_has_an_answer },
    { "sound states", test_sound_states },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets kepler", NULL, NULL, NULL, NULL, kepler_tests })
