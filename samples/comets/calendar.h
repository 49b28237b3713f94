/*  Calendar dates as days. Dates before 1582-10-15 are Julian, as in JPL's tables; years count as
    astronomers count them: 0 is 1 BC, -43 is 44 BC.

    Thread rule: any thread. */
#ifndef COMETS_CALENDAR_H
#define COMETS_CALENDAR_H

#include <stdbool.h>

/*  The modified Julian date (days since 1858-11-17 0h) of a date; the day may have a fraction.
    False, and *mjd untouched, when there is no such date: years -4700 … 9999. */
bool comets_calendar_mjd (int year, int month, double day, double *mjd);

/*  The date on which a modified Julian date falls; the day has the fraction. |mjd| <= 3e6. */
void comets_calendar_date (double mjd, int *year, int *month, double *day);

#endif
