/*  Dates of both calendars, of years before the first, and back again. */
#include "samples/comets/calendar.h"
#include "tests/support/check.h"

#include <math.h>

static double mjd_of (int year, int month, double day)
{
    double mjd = NAN;
    CHECK (comets_calendar_mjd (year, month, day, &mjd));
    return mjd;
}

/*  Meeus, Astronomical Algorithms (1998), chapter 7: his examples, as modified Julian dates. */
static void test_known_dates (void)
{
    CHECK (mjd_of (1858, 11, 17.0) == 0.0);
    CHECK (mjd_of (1994, 2, 17.0) == 49400.0);
    CHECK (mjd_of (2000, 1, 1.5) == 51544.5);
    CHECK (fabs (mjd_of (1957, 10, 4.81) - (2436116.31 - 2400000.5)) < 1e-8);
    CHECK (mjd_of (1987, 6, 19.5) == 2446966.0 - 2400000.5);
    CHECK (mjd_of (1600, 12, 31.0) == 2305812.5 - 2400000.5);
    CHECK (fabs (mjd_of (837, 4, 10.3) - (2026871.8 - 2400000.5)) < 1e-8);
    CHECK (mjd_of (-123, 12, 31.0) == 1676496.5 - 2400000.5);
    CHECK (mjd_of (-1000, 7, 12.5) == 1356001.0 - 2400000.5);
    CHECK (fabs (mjd_of (-1001, 8, 17.9) - (1355671.4 - 2400000.5)) < 1e-8);
    CHECK (mjd_of (-4700, 1, 1.0) == 4382.5 - 2400000.5);
}

static void test_the_change_of_calendar (void)
{
    double mjd = 0.0;
    CHECK (mjd_of (1582, 10, 15.0) - mjd_of (1582, 10, 4.0) == 1.0);
    CHECK (mjd_of (1582, 10, 5.0) == mjd_of (1582, 10, 15.0)); /* counted on as Julian */
    CHECK (mjd_of (1500, 2, 29.0) + 1.0 == mjd_of (1500, 3, 1.0));
    CHECK (!comets_calendar_mjd (1700, 2, 29.0, &mjd));
    CHECK (mjd_of (-44, 2, 29.0) + 1.0 == mjd_of (-44, 3, 1.0));
}

static void test_what_is_no_date (void)
{
    double mjd = 7.0;
    CHECK (!comets_calendar_mjd (1994, 0, 1.0, &mjd));
    CHECK (!comets_calendar_mjd (1994, 13, 1.0, &mjd));
    CHECK (!comets_calendar_mjd (1994, 2, 29.0, &mjd));
    CHECK (!comets_calendar_mjd (1994, 1, 32.0, &mjd));
    CHECK (!comets_calendar_mjd (1994, 1, 0.99, &mjd));
    CHECK (!comets_calendar_mjd (1994, 1, NAN, &mjd));
    CHECK (!comets_calendar_mjd (-4701, 1, 1.0, &mjd));
    CHECK (!comets_calendar_mjd (10000, 1, 1.0, &mjd));
    CHECK (mjd == 7.0);
}

static void test_there_and_back (void)
{
    double before = mjd_of (-4700, 1, 1.0) - 1.0;
    for (double day = before + 1.0; day < 2900000.0; day += 137.25) {
        int year, month;
        double of_month;
        comets_calendar_date (day, &year, &month, &of_month);
        if (year > 9999)
            break;
        CHECK_OR_RETURN (mjd_of (year, month, of_month) == day);
    }
}

static CU_TestInfo calendar_tests[] = {
    { "known dates", test_known_dates },
    { "the change of calendar", test_the_change_of_calendar },
    { "what is no date", test_what_is_no_date },
    { "there and back", test_there_and_back },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets calendar", NULL, NULL, NULL, NULL, calendar_tests })
