/*  The angle is brought to an eighth of a turn about zero; there the Taylor series is short. */
#include "samples/comets/trig.h"
#include "samples/comets/check.h"

#include <math.h>

/*  A quarter turn in radians in three parts (Cody and Waite 1980): the first two have so few bits
    that their products with the number of quarters are exact. */
static const double QUARTER_1 = 0x1.921fb544p+0;
static const double QUARTER_2 = 0x1.0b4611a6p-34;
static const double QUARTER_3 = 0x1.3198a2e037073p-69;

/*  Sine and cosine of |x| <= pi / 4, up to the first term below 1e-18. */
static void trig_eighth (double x, double *sine, double *cosine)
{
    comets_assert (fabs (x) < 0.8);
    double z = x * x;
    double s = 1.0 / 355687428096000.0;
    s = s * z - 1.0 / 1307674368000.0;
    s = s * z + 1.0 / 6227020800.0;
    s = s * z - 1.0 / 39916800.0;
    s = s * z + 1.0 / 362880.0;
    s = s * z - 1.0 / 5040.0;
    s = s * z + 1.0 / 120.0;
    s = s * z - 1.0 / 6.0;
    double c = 1.0 / 20922789888000.0;
    c = c * z - 1.0 / 87178291200.0;
    c = c * z + 1.0 / 479001600.0;
    c = c * z - 1.0 / 3628800.0;
    c = c * z + 1.0 / 40320.0;
    c = c * z - 1.0 / 720.0;
    c = c * z + 1.0 / 24.0;
    *sine = x + x * z * s;
    *cosine = 1.0 - (0.5 * z - z * z * c);
}

static void trig_turn (double rest_rad, double quarters, double *sine, double *cosine)
{
    double s, c;
    trig_eighth (rest_rad, &s, &c);
    int quarter = (int) (quarters - 4.0 * floor (quarters / 4.0));
    comets_assert (quarter >= 0);
    comets_assert (quarter < 4);
    *sine = quarter & 1 ? c : s;
    *cosine = quarter & 1 ? s : c;
    if (quarter & 2)
        *sine = -*sine;
    if (quarter == 1 || quarter == 2)
        *cosine = -*cosine;
}

void comets_sin_cos (double angle_rad, double *sine, double *cosine)
{
    comets_assert (sine != NULL);
    comets_assert (cosine != NULL);
    comets_assert (fabs (angle_rad) <= 1e6);
    double quarters = floor (angle_rad * (2.0 / COMETS_PI) + 0.5);
    double rest = angle_rad - quarters * QUARTER_1;
    rest = rest - quarters * QUARTER_2;
    rest = rest - quarters * QUARTER_3;
    trig_turn (rest, quarters, sine, cosine);
}

void comets_sin_cos_degrees (double angle_deg, double *sine, double *cosine)
{
    comets_assert (sine != NULL);
    comets_assert (cosine != NULL);
    comets_assert (fabs (angle_deg) <= 1e9);
    double quarters = floor (angle_deg / 90.0 + 0.5);
    double rest_deg = angle_deg - quarters * 90.0; /* exact: whole degrees are taken off */
    trig_turn (rest_deg * COMETS_DEGREE, quarters, sine, cosine);
}
