/*  <muster/pace.h>: what is due when, and what counts as too late. Moments are only compared with
    the clock where the outcome does not depend on how fast this machine is. */
#include "tests/support/check.h"
#include <math.h>
#include <string.h>
#include <muster/pace.h>

static const int64_t hour_ns = INT64_C (3600) * 1000000000, second_ns = 1000000000;

static void test_begin (void)
{
    mst_pace_t pace;
    CHECK_ERR (mst_pace_begin (NULL, 0, 1, 1), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_pace_begin (&pace, NAN, 1, 1), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_pace_begin (&pace, 0, 0, 1), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_pace_begin (&pace, 0, 1, 0), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_pace_begin (&pace, 0, 1, NAN), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_pace_begin (&pace, 0, 1, 1e10), MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "a pace is a number from 1e-06 to 1e+09, not 1e+10");
    CHECK_OK (mst_pace_begin (&pace, 5, second_ns, 2));
}

/*  From 5 on a count is half an hour of the wall. */
static void test_left (void)
{
    mst_pace_t pace;
    CHECK_OK (mst_pace_begin (&pace, 5, hour_ns, 2));
    int64_t left_ns = mst_pace_left_ns (&pace, 7);
    CHECK (left_ns <= hour_ns && left_ns > hour_ns - 60 * second_ns);
    CHECK (mst_pace_left_ns (&pace, 5) <= 0);
    CHECK (mst_pace_left_ns (&pace, 3) <= -hour_ns);
    CHECK_INT (mst_pace_left_ns (&pace, 1e300), INT64_MAX);
    CHECK_INT (mst_pace_left_ns (&pace, -1e300), INT64_MIN);
    CHECK_INT (mst_pace_left_ns (&pace, NAN), INT64_MAX);
}

/*  Early, and hours late: the counts and the worst. */
static void test_overruns (void)
{
    mst_pace_t pace;
    CHECK_OK (mst_pace_begin (&pace, 100, hour_ns, 1));
    CHECK (!mst_pace_reached (&pace, 101)); /* an hour early */
    CHECK (pace.late_ns < 0);
    CHECK (mst_pace_reached (&pace, 98)); /* two hours late */
    CHECK (mst_pace_reached (&pace, 99));
    CHECK_INT (pace.steps, 3);
    CHECK_INT (pace.overruns, 2);
    CHECK (pace.worst_at > 97.9 && pace.worst_at < 98.1);
    CHECK (pace.worst_ns >= 2 * hour_ns && pace.total_ns >= 3 * hour_ns);
    pace.tolerance_ns = 10 * hour_ns;
    CHECK (!mst_pace_reached (&pace, 95));
    CHECK (!mst_pace_reached (NULL, 1));
}

static CU_TestInfo pace_tests[] = {
    { "a pace begins", test_begin },
    { "what is left", test_left },
    { "overruns", test_overruns },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "pace", NULL, NULL, NULL, NULL, pace_tests })
