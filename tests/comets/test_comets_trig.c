/*  Our sine and cosine beside the mathematical library's. */
#include "samples/comets/trig.h"
#include "tests/support/check.h"

#include <float.h>
#include <math.h>

enum { ANGLES = 200000 };

static double worse (double a, double b)
{
    return a > b ? a : b;
}

static double miss_rad (double angle)
{
    double sine, cosine;
    comets_sin_cos (angle, &sine, &cosine);
    return worse (fabs (sine - sin (angle)), fabs (cosine - cos (angle)));
}

static void test_radians (void)
{
    double worst = 0.0;
    for (int i = -ANGLES; i <= ANGLES; i++)
        worst = worse (worst, miss_rad (i * 1.2345e-3));
    CHECK (worst <= DBL_EPSILON);
    worst = 0.0;
    for (int i = -ANGLES; i <= ANGLES; i++)
        worst = worse (worst, miss_rad (i * 4.987654321));
    CHECK (worst <= DBL_EPSILON);
}

/*  Near the zeros the error must be small beside the value, not only beside 1. */
static void test_near_zero (void)
{
    double sine, cosine;
    for (int i = 1; i < 1000; i++) {
        double angle = ldexp (1.0 + i / 1000.0, -i % 50);
        comets_sin_cos (angle, &sine, &cosine);
        CHECK (fabs (sine - sin (angle)) <= 2.0 * DBL_EPSILON * fabs (sin (angle)));
        comets_sin_cos (angle + COMETS_PI, &sine, &cosine);
        CHECK (fabs (sine - sin (angle + COMETS_PI)) <=
               2.0 * DBL_EPSILON * fabs (sin (angle + COMETS_PI)));
    }
}

static void test_degrees (void)
{
    double sine, cosine;
    double worst = 0.0;
    for (int i = -ANGLES; i <= ANGLES; i++) {
        double angle = i * 0.01;
        comets_sin_cos_degrees (angle, &sine, &cosine);
        double rest_rad = remainder (angle, 360.0) * COMETS_DEGREE;
        worst = worse (worst, fabs (sine - sin (rest_rad)));
        worst = worse (worst, fabs (cosine - cos (rest_rad)));
    }
    CHECK (worst <= 3.0 * DBL_EPSILON);
}

static void test_quarters_are_exact (void)
{
    static const double want[4][2] = { { 0, 1 }, { 1, 0 }, { 0, -1 }, { -1, 0 } };
    for (int quarter = -400; quarter <= 400; quarter++) {
        double sine, cosine;
        comets_sin_cos_degrees (90.0 * quarter, &sine, &cosine);
        CHECK (sine == want[quarter & 3][0] && cosine == want[quarter & 3][1]);
    }
}

static CU_TestInfo trig_tests[] = {
    { "radians", test_radians }, { "near zero", test_near_zero },
    { "degrees", test_degrees }, { "quarters of a turn are exact", test_quarters_are_exact },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets trig", NULL, NULL, NULL, NULL, trig_tests })
