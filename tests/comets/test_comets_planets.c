/*  The planets where almanacs have them, and how they pull. */
#include "samples/comets/calendar.h"
#include "samples/comets/kepler.h"
#include "samples/comets/planets.h"
#include "samples/comets/trig.h"
#include "tests/support/check.h"

#include <math.h>

static double length (const double v[3])
{
    return sqrt (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

/*  The Sun's longitude as seen from the Earth, of J2000, in degrees. */
static double sun_longitude_deg (double mjd)
{
    double earth[3];
    comets_planet_position (COMETS_EARTH, mjd, earth);
    return atan2 (-earth[1], -earth[0]) / COMETS_DEGREE;
}

/*  The March equinox of 2000 was on the 20th at 07:35 UT; the equinox of date had then moved
    0.003 degrees from that of J2000. Perihelion: 2000 January 3, 0.9833 AU (the Earth, not the
    barycentre). */
static void test_the_earths_year (void)
{
    double mjd;
    CHECK (comets_calendar_mjd (2000, 3, 20.0 + 7.5833 / 24.0, &mjd));
    CHECK (fabs (sun_longitude_deg (mjd)) < 0.02);
    double earth[3];
    CHECK (comets_calendar_mjd (2000, 1, 4.0, &mjd));
    comets_planet_position (COMETS_EARTH, mjd, earth);
    CHECK (fabs (length (earth) - 0.98333) < 5e-5);
    CHECK (fabs (earth[2]) < 1e-5);
}

/*  Jupiter met Saturn in heliocentric longitude on 2020 November 2 (a week to either side). */
static void test_great_conjunction (void)
{
    double mjd, jupiter[3], saturn[3];
    CHECK (comets_calendar_mjd (2020, 11, 2.0, &mjd));
    comets_planet_position (COMETS_JUPITER, mjd, jupiter);
    comets_planet_position (COMETS_SATURN, mjd, saturn);
    double apart = atan2 (jupiter[1], jupiter[0]) - atan2 (saturn[1], saturn[0]);
    CHECK (fabs (apart) / COMETS_DEGREE < 0.35);
}

static void test_distances_stay_in_their_orbits (void)
{
    static const double between[COMETS_PLANETS][2] = {
        { 0.307, 0.467 }, { 0.718, 0.729 }, { 0.983, 1.017 }, { 1.381, 1.667 },
        { 4.94, 5.46 },   { 9.0, 10.1 },    { 18.2, 20.2 },   { 29.7, 30.4 },
    };
    for (int planet = 0; planet < COMETS_PLANETS; planet++)
        for (double mjd = 0.0; mjd < 69000.0; mjd += 97.0) {
            double at[3];
            comets_planet_position ((comets_planet_t) planet, mjd, at);
            CHECK (length (at) > between[planet][0] && length (at) < between[planet][1]);
        }
}

/*  Close to Jupiter its own attraction is what counts, GM / r^2 towards it. */
static void test_pull_of_jupiter (void)
{
    comets_sky_t sky;
    double pull[3];
    comets_sky_at (&sky, 49400.0);
    const double *jupiter = sky.planets[COMETS_JUPITER];
    double near[3] = { jupiter[0] + 0.01, jupiter[1], jupiter[2] };
    comets_sky_pull (&sky, near, pull);
    double want = COMETS_SUN_GM / 1047.348644 / (0.01 * 0.01);
    CHECK (fabs (pull[0] + want) < 1e-3 * want);
    CHECK (fabs (pull[1]) < 1e-3 * want && fabs (pull[2]) < 1e-3 * want);
}

/*  The frame stands on the Sun: at the Sun, direct and indirect pull cancel, and near it the
    tide is as small as the distance. */
static void test_no_pull_at_the_sun (void)
{
    comets_sky_t sky;
    double pull[3];
    double sun[3] = { 0.0, 0.0, 0.0 };
    comets_sky_at (&sky, 51234.0);
    comets_sky_pull (&sky, sun, pull);
    CHECK (length (pull) < 1e-15 * length (sky.indirect) + 1e-22);
    CHECK (length (sky.indirect) > 1e-9);
    sun[0] = 0.01;
    comets_sky_pull (&sky, sun, pull);
    CHECK (length (pull) < 0.1 * length (sky.indirect));
}

static CU_TestInfo planets_tests[] = {
    { "the Earth's year", test_the_earths_year },
    { "the great conjunction", test_great_conjunction },
    { "distances stay in their orbits", test_distances_stay_in_their_orbits },
    { "the pull of Jupiter", test_pull_of_jupiter },
    { "no pull at the Sun", test_no_pull_at_the_sun },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets planets", NULL, NULL, NULL, NULL, planets_tests })
