/*  Day numbers of the Gregorian and Julian calendars, by years that begin in March, so that the
    day that leaps is the last. */
#include "samples/comets/calendar.h"
#include "samples/comets/check.h"

#include <math.h>

enum {
    YEAR_MIN = -4700,
    YEAR_MAX = 9999,
    ERA_SHIFT_YEARS = 4800, /* a multiple of 400: makes all years positive */
    GREGORIAN_BEGIN = 15821015,
    MARCH_TO_MJD = 2432083, /* days from the shifted era's begin to MJD 0, Julian calendar */
    GREGORIAN_BEGIN_MJD = -100840
};

static int calendar_leap (bool gregorian, int year)
{
    int shifted = year + ERA_SHIFT_YEARS;
    comets_assert (shifted > 0);
    return shifted % 4 == 0 && (!gregorian || shifted % 100 != 0 || shifted % 400 == 0);
}

static int calendar_month_days (bool gregorian, int year, int month)
{
    static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    comets_assert (month >= 1);
    comets_assert (month <= 12);
    return days[month - 1] + (month == 2 ? calendar_leap (gregorian, year) : 0);
}

/*  The day number of a date's midnight. */
static int calendar_day_number (bool gregorian, int year, int month, int day)
{
    int march_year = year + ERA_SHIFT_YEARS - (month <= 2 ? 1 : 0);
    int march_month = month <= 2 ? month + 9 : month - 3;
    comets_assert (march_year > 0);
    comets_assert (march_month >= 0);
    comets_assert (march_month < 12);
    int days = march_year * 365 + march_year / 4 + (153 * march_month + 2) / 5 + day - 1;
    if (gregorian)
        days += march_year / 400 - march_year / 100 + 38;
    return days - MARCH_TO_MJD;
}

bool comets_calendar_mjd (int year, int month, double day, double *mjd)
{
    comets_assert (mjd != NULL);
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 ||
        !(day >= 1.0 && day < 32.0))
        return false;
    double whole = floor (day);
    int number = year * 10000 + month * 100 + (int) whole;
    bool gregorian = year > 0 && number >= GREGORIAN_BEGIN;
    if ((int) whole > calendar_month_days (gregorian, year, month))
        return false;
    *mjd = calendar_day_number (gregorian, year, month, (int) whole) + (day - whole);
    return true;
}

/*  Searches: this serves output only and need not be fast. */
void comets_calendar_date (double mjd, int *year, int *month, double *day)
{
    comets_assert (year != NULL);
    comets_assert (month != NULL);
    comets_assert (day != NULL);
    comets_assert (fabs (mjd) <= 3e6);
    double whole = floor (mjd);
    int number = (int) whole;
    bool gregorian = number >= GREGORIAN_BEGIN_MJD;
    *year = 1858 + (int) floor ((whole - 320.0) / 365.25);
    while (calendar_day_number (gregorian, *year + 1, 1, 1) <= number)
        ++*year;
    while (calendar_day_number (gregorian, *year, 1, 1) > number)
        --*year;
    *month = 12;
    while (calendar_day_number (gregorian, *year, *month, 1) > number)
        --*month;
    *day = number - calendar_day_number (gregorian, *year, *month, 1) + 1 + (mjd - whole);
}
