/*  E. M. Standish, J. G. Williams: Keplerian Elements for Approximate Positions of the Major
    Planets (JPL Solar System Dynamics), table 1, mean ecliptic and equinox of J2000, 1800 to
    2050. Masses: IAU 2009 system of astronomical constants (Luzum and others 2011), from JPL's
    ephemerides. */
#include "samples/comets/planets.h"
#include "samples/comets/check.h"
#include "samples/comets/kepler.h"
#include "samples/comets/trig.h"

#include <math.h>

enum { PLANETS_KEPLER_ROUNDS = 12 };

static const double J2000_MJD = 51544.5;
static const double CENTURY_DAYS = 36525.0;

/*  AU, none, then degrees; the rates per century. */
typedef struct planet_elements {
    double axis, eccentricity, inclination, longitude, perihelion, node;
    double axis_rate, eccentricity_rate, inclination_rate, longitude_rate, perihelion_rate,
        node_rate;
    double gm; /* AU^3/day^2: the Sun's, by how many planets make a Sun */
} planet_elements_t;

static const planet_elements_t PLANETS[COMETS_PLANETS] = {
    [COMETS_MERCURY] = { 0.38709927, 0.20563593, 7.00497902, 252.25032350, 77.45779628, 48.33076593,
                         0.00000037, 0.00001906, -0.00594749, 149472.67411175, 0.16047689,
                         -0.12534081, COMETS_SUN_GM / 6023600.0 },
    [COMETS_VENUS] = { 0.72333566, 0.00677672, 3.39467605, 181.97909950, 131.60246718, 76.67984255,
                       0.00000390, -0.00004107, -0.00078890, 58517.81538729, 0.00268329,
                       -0.27769418, COMETS_SUN_GM / 408523.719 },
    [COMETS_EARTH] = { 1.00000261, 0.01671123, -0.00001531, 100.46457166, 102.93768193, 0.0,
                       0.00000562, -0.00004392, -0.01294668, 35999.37244981, 0.32327364, 0.0,
                       COMETS_SUN_GM / 328900.5596 },
    [COMETS_MARS] = { 1.52371034, 0.09339410, 1.84969142, -4.55343205, -23.94362959, 49.55953891,
                      0.00001847, 0.00007882, -0.00813131, 19140.30268499, 0.44441088, -0.29257343,
                      COMETS_SUN_GM / 3098703.59 },
    [COMETS_JUPITER] = { 5.20288700, 0.04838624, 1.30439695, 34.39644051, 14.72847983, 100.47390909,
                         -0.00011607, -0.00013253, -0.00183714, 3034.74612775, 0.21252668,
                         0.20469106, COMETS_SUN_GM / 1047.348644 },
    [COMETS_SATURN] = { 9.53667594, 0.05386179, 2.48599187, 49.95424423, 92.59887831, 113.66242448,
                        -0.00125060, -0.00050991, 0.00193609, 1222.49362201, -0.41897216,
                        -0.28867794, COMETS_SUN_GM / 3497.9018 },
    [COMETS_URANUS] = { 19.18916464, 0.04725744, 0.77263783, 313.23810451, 170.95427630,
                        74.01692503, -0.00196176, -0.00004397, -0.00242939, 428.48202785,
                        0.40805281, 0.04240589, COMETS_SUN_GM / 22902.98 },
    [COMETS_NEPTUNE] = { 30.06992276, 0.00859048, 1.77004347, -55.12002969, 44.96476227,
                         131.78422574, 0.00026291, 0.00005105, 0.00035372, 218.45945325,
                         -0.32241464, -0.00508664, COMETS_SUN_GM / 19412.26 },
};

/*  The eccentric anomaly, by Newton from the mean one; planets' orbits are round. */
static double planets_eccentric_anomaly (double mean_rad, double eccentricity)
{
    comets_assert (eccentricity >= 0.0);
    comets_assert (eccentricity < 0.3);
    double anomaly = mean_rad;
    for (int round = 0; round < PLANETS_KEPLER_ROUNDS; round++) {
        double sine, cosine;
        comets_sin_cos (anomaly, &sine, &cosine);
        double step = (anomaly - eccentricity * sine - mean_rad) / (1.0 - eccentricity * cosine);
        anomaly -= step;
        if (fabs (step) < 1e-9) /* squared, it is below the last bit */
            break;
    }
    return anomaly;
}

/*  From the plane of the orbit, with its first axis towards the perihelion, to the ecliptic. */
static void planets_turn (const double plane[2], const double angles_deg[3], double position[3])
{
    double sin_w, cos_w, sin_i, cos_i, sin_n, cos_n;
    comets_assert (plane != NULL);
    comets_assert (position != NULL);
    comets_sin_cos_degrees (angles_deg[0], &sin_w, &cos_w);
    comets_sin_cos_degrees (angles_deg[1], &sin_i, &cos_i);
    comets_sin_cos_degrees (angles_deg[2], &sin_n, &cos_n);
    double from_node = cos_w * plane[0] - sin_w * plane[1];
    double off_node = sin_w * plane[0] + cos_w * plane[1];
    position[0] = cos_n * from_node - sin_n * off_node * cos_i;
    position[1] = sin_n * from_node + cos_n * off_node * cos_i;
    position[2] = off_node * sin_i;
}

void comets_planet_position (comets_planet_t planet, double mjd, double position[3])
{
    comets_assert (planet < COMETS_PLANETS);
    const planet_elements_t *e = &PLANETS[planet];
    double t = (mjd - J2000_MJD) / CENTURY_DAYS;
    comets_assert (fabs (t) <= 2.0);
    double axis = e->axis + t * e->axis_rate;
    double eccentricity = e->eccentricity + t * e->eccentricity_rate;
    double perihelion = e->perihelion + t * e->perihelion_rate;
    double node = e->node + t * e->node_rate;
    double mean_deg = e->longitude + t * e->longitude_rate - perihelion;
    mean_deg -= 360.0 * floor (mean_deg / 360.0 + 0.5);
    double anomaly = planets_eccentric_anomaly (mean_deg * COMETS_DEGREE, eccentricity);
    double sine, cosine;
    comets_sin_cos (anomaly, &sine, &cosine);
    double plane[2] = { axis * (cosine - eccentricity),
                        axis * sqrt (1.0 - eccentricity * eccentricity) * sine };
    double angles_deg[3] = { perihelion - node, e->inclination + t * e->inclination_rate, node };
    planets_turn (plane, angles_deg, position);
}

/*  Of a vector's length; what makes a vector into an attraction. */
static double planets_inverse_cube (const double v[3])
{
    double square = v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
    return 1.0 / (square * sqrt (square));
}

void comets_sky_at (comets_sky_t *sky, double mjd)
{
    comets_assert (sky != NULL);
    sky->mjd = mjd;
    for (int axis = 0; axis < 3; axis++)
        sky->indirect[axis] = 0.0;
    for (int planet = 0; planet < COMETS_PLANETS; planet++) {
        double *at = sky->planets[planet];
        comets_planet_position ((comets_planet_t) planet, mjd, at);
        double strength = PLANETS[planet].gm * planets_inverse_cube (at);
        for (int axis = 0; axis < 3; axis++)
            sky->indirect[axis] -= strength * at[axis];
    }
}

void comets_sky_pull (const comets_sky_t *sky, const double position[3], double acceleration[3])
{
    comets_assert (sky != NULL);
    comets_assert (position != NULL);
    double x = sky->indirect[0];
    double y = sky->indirect[1];
    double z = sky->indirect[2];
    for (int planet = 0; planet < COMETS_PLANETS; planet++) {
        const double *at = sky->planets[planet];
        double to[3] = { at[0] - position[0], at[1] - position[1], at[2] - position[2] };
        double strength = PLANETS[planet].gm * planets_inverse_cube (to);
        x += strength * to[0];
        y += strength * to[1];
        z += strength * to[2];
    }
    acceleration[0] = x;
    acceleration[1] = y;
    acceleration[2] = z;
}
