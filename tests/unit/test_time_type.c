/*  Keys of logical time, and the send floor that is computed with them. */
#include "tests/support/check.h"
#include "base/random.h"
#include "timemgmt/floor.h"
#include "timemgmt/time.h"

#include <float.h>
#include <math.h>

#define KEY(time) timemgmt_key_from_double (time)

static void test_double_keys_are_in_order (void)
{
    static const double times[] = { -DBL_MAX, -1e9,    -1.0, -DBL_MIN, -4.9e-324,          0.0,
                                    4.9e-324, DBL_MIN, 0.1,  1.0,      1.0000000000000002, 1e9,
                                    DBL_MAX };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        CHECK (timemgmt_key_to_double (KEY (times[i])) == times[i]);
        CHECK (i == 0 || KEY (times[i - 1]) < KEY (times[i]));
    }
    CHECK_INT (KEY (0.0), TIMEMGMT_KEY_INITIAL);
    CHECK_INT (KEY (-0.0), TIMEMGMT_KEY_INITIAL);
    CHECK_INT (KEY (1.0) + 1, KEY (nextafter (1.0, 2.0)));
    CHECK_INT (KEY (-1.0) + 1, KEY (nextafter (-1.0, 2.0)));
}

static void test_random_double_keys (void)
{
    base_random_t random;
    base_random_init (&random, 7);
    for (int i = 0; i < 100000; i++) {
        double a = ldexp (base_random_unit (&random) - 0.5, (int) base_random_below (&random, 80));
        double b = ldexp (base_random_unit (&random) - 0.5, (int) base_random_below (&random, 80));
        CHECK_OR_RETURN ((a < b) == (KEY (a) < KEY (b)));
        CHECK_OR_RETURN (timemgmt_key_to_double (KEY (a)) == a);
    }
}

static void test_what_is_no_time (void)
{
    CHECK_INT (KEY (NAN), TIMEMGMT_KEY_NONE);
    CHECK_INT (KEY (INFINITY), TIMEMGMT_KEY_NONE);
    CHECK_INT (KEY (-INFINITY), TIMEMGMT_KEY_NONE);
    CHECK (isinf (timemgmt_key_to_double (TIMEMGMT_KEY_MAX)));
    for (timemgmt_type_t type = TIMEMGMT_INTEGER64; type <= TIMEMGMT_FLOAT64; type++) {
        CHECK_OK (timemgmt_time_check (type, TIMEMGMT_KEY_INITIAL));
        CHECK_OK (timemgmt_time_check (type, timemgmt_time_final (type)));
        CHECK_ERR (timemgmt_time_check (type, timemgmt_time_final (type) + 1), MST_E_INVALID_TIME);
        CHECK_ERR (timemgmt_time_check (type, -1), MST_E_INVALID_TIME);
        CHECK_ERR (timemgmt_time_check (type, TIMEMGMT_KEY_NONE), MST_E_INVALID_TIME);
        CHECK_ERR (timemgmt_time_check (type, TIMEMGMT_KEY_MAX), MST_E_INVALID_TIME);
        CHECK_OK (timemgmt_interval_check (type, 0));
        CHECK_ERR (timemgmt_interval_check (type, -1), MST_E_INVALID_LOOKAHEAD);
        CHECK_ERR (timemgmt_interval_check (type, TIMEMGMT_KEY_MAX), MST_E_INVALID_LOOKAHEAD);
    }
    CHECK (timemgmt_key_to_double (timemgmt_time_final (TIMEMGMT_FLOAT64)) == DBL_MAX);
}

static void test_sums_saturate (void)
{
    timemgmt_type_t integer = TIMEMGMT_INTEGER64, real = TIMEMGMT_FLOAT64;
    CHECK_INT (timemgmt_time_add (integer, 5, 7), 12);
    CHECK_INT (timemgmt_time_add (integer, TIMEMGMT_KEY_MAX - 3, 3), TIMEMGMT_KEY_MAX);
    CHECK_INT (timemgmt_time_add (integer, TIMEMGMT_KEY_MAX - 3, 4), TIMEMGMT_KEY_MAX);
    CHECK_INT (timemgmt_time_add (integer, TIMEMGMT_KEY_MAX, 0), TIMEMGMT_KEY_MAX);
    CHECK_INT (timemgmt_time_add (real, KEY (0.5), KEY (0.25)), KEY (0.75));
    CHECK_INT (timemgmt_time_add (real, KEY (DBL_MAX), KEY (DBL_MAX)), TIMEMGMT_KEY_MAX);
    CHECK_INT (timemgmt_time_add (real, KEY (1e300), KEY (1.0)), KEY (1e300));
    CHECK_INT (timemgmt_time_above (TIMEMGMT_KEY_MAX), TIMEMGMT_KEY_MAX);
    CHECK_INT (timemgmt_time_between (integer, 3, 10), 7);
    CHECK_INT (timemgmt_time_between (integer, 10, 3), 0);
    CHECK_INT (timemgmt_time_between (integer, -5, TIMEMGMT_KEY_MAX - 1), TIMEMGMT_KEY_MAX);
    CHECK_INT (timemgmt_time_between (real, KEY (0.25), KEY (1.0)), KEY (0.75));
    CHECK_INT (timemgmt_time_between (real, KEY (1.0), TIMEMGMT_KEY_MAX), TIMEMGMT_KEY_MAX);
    CHECK_INT (timemgmt_time_between (real, KEY (-DBL_MAX), KEY (DBL_MAX)), TIMEMGMT_KEY_MAX);
}

static void test_floor_by_kind (void)
{
    timemgmt_floor_t floor;
    timemgmt_floor_init (&floor, TIMEMGMT_INTEGER64, 0, 0);
    CHECK_INT (timemgmt_floor_at (&floor, TIMEMGMT_TAR, 10), 11);
    CHECK_INT (timemgmt_floor_at (&floor, TIMEMGMT_NMR, 10), 11);
    CHECK_INT (timemgmt_floor_at (&floor, TIMEMGMT_TARA, 10), 10);
    CHECK_INT (timemgmt_floor_at (&floor, TIMEMGMT_NMRA, 10), 10);
    CHECK_INT (timemgmt_floor_at (&floor, TIMEMGMT_FQR, 10), 10);
    timemgmt_floor_raise (&floor, TIMEMGMT_TAR, 10);
    CHECK_INT (timemgmt_floor_lookahead (&floor, 10), 0);
    CHECK_INT (timemgmt_floor_at (&floor, TIMEMGMT_TARA, 10), 11); /* never falls */
    timemgmt_floor_init (&floor, TIMEMGMT_INTEGER64, 0, 3);
    CHECK_INT (timemgmt_floor_at (&floor, TIMEMGMT_TAR, 10), 13);
    CHECK_INT (timemgmt_floor_at (&floor, TIMEMGMT_TARA, 10), 13);
    CHECK_INT (timemgmt_floor_at (&floor, TIMEMGMT_TAR, TIMEMGMT_KEY_MAX - 1), TIMEMGMT_KEY_MAX);
}

static void test_floor_and_lookahead (void)
{
    timemgmt_floor_t floor;
    timemgmt_floor_init (&floor, TIMEMGMT_INTEGER64, 0, 10);
    timemgmt_floor_raise (&floor, TIMEMGMT_TAR, 0);
    timemgmt_floor_modify (&floor, 0, 4);
    CHECK_INT (floor.bound, 10);
    CHECK_INT (timemgmt_floor_lookahead (&floor, 0), 10);
    timemgmt_floor_raise (&floor, TIMEMGMT_TAR, 5);
    CHECK_INT (timemgmt_floor_lookahead (&floor, 5), 5);
    timemgmt_floor_raise (&floor, TIMEMGMT_TAR, 8);
    CHECK_INT (floor.bound, 12);
    CHECK_INT (timemgmt_floor_lookahead (&floor, 8), 4);
    timemgmt_floor_modify (&floor, 8, 20);
    CHECK_INT (floor.bound, 28);
    timemgmt_floor_init (&floor, TIMEMGMT_FLOAT64, 0, KEY (1e-20));
    CHECK_INT (timemgmt_floor_at (&floor, TIMEMGMT_TAR, KEY (1.0)), KEY (1.0) + 1);
    CHECK_INT (timemgmt_floor_at (&floor, TIMEMGMT_TARA, KEY (1.0)), KEY (1.0));
}

static void test_names_of_kinds (void)
{
    CHECK_TEXT (timemgmt_kind_name (TIMEMGMT_NMRA), "NMRA");
    CHECK_TEXT (timemgmt_kind_name (TIMEMGMT_GONE), "gone");
}

static CU_TestInfo time_tests[] = {
    { "keys of doubles are in order", test_double_keys_are_in_order },
    { "… also random ones", test_random_double_keys },
    { "what is no time", test_what_is_no_time },
    { "sums saturate", test_sums_saturate },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo floor_tests[] = {
    { "the floor by kind of request", test_floor_by_kind },
    { "the floor and a changed lookahead", test_floor_and_lookahead },
    { "names of kinds", test_names_of_kinds },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "timemgmt/time", NULL, NULL, NULL, NULL, time_tests },
           { "timemgmt/floor", NULL, NULL, NULL, NULL, floor_tests })
