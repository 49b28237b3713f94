/*  Numbers are read digit by digit into a fraction of integers, so that "0.1 ms" is exactly 100,000
   ns and what does not come out even is an error. */
#include "tools/config_units.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct units_row {
    const char *name;
    int64_t factor;
} units_row_t;

#define UNITS_SECOND INT64_C (1000000000)

/*  Largest first: formatting takes the first that divides. */
static const units_row_t units_of_time[] = {
    { "d", 86400 * UNITS_SECOND },
    { "h", 3600 * UNITS_SECOND },
    { "min", 60 * UNITS_SECOND },
    { "s", UNITS_SECOND },
    { "ms", 1000000 },
    { "us", 1000 },
    { "\u00b5s", 1000 },
    { "ns", 1 },
    { NULL, 0 },
};
static const units_row_t units_of_size[] = {
    { "TiB", INT64_C (1) << 40 },
    { "GiB", INT64_C (1) << 30 },
    { "MiB", INT64_C (1) << 20 },
    { "KiB", INT64_C (1) << 10 },
    { "B", 1 },
    { "TB", INT64_C (1000000000000) },
    { "GB", INT64_C (1000000000) },
    { "MB", INT64_C (1000000) },
    { "kB", INT64_C (1000) },
    { NULL, 0 },
};

/*  digits / scale, as it was written. */
typedef struct units_number {
    int64_t digits;
    int64_t scale;
} units_number_t;

/*  Refuses what would not fit, rather than wrap around. */
static bool units_take_number (const char **text, units_number_t *number)
{
    bool any = false, point = false;
    base_assert (text != NULL && *text != NULL);
    base_assert (number != NULL);
    *number = (units_number_t){ 0, 1 };
    for (;; (*text)++) {
        char c = **text;
        if (c == '.' && !point && any) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            return any;
        if (number->digits > (INT64_MAX - 9) / 10 || (point && number->scale > INT64_MAX / 10))
            return false;
        number->digits = number->digits * 10 + (c - '0');
        number->scale *= point ? 10 : 1;
        any = true;
    }
}

/*  NULL: none. */
static const units_row_t *units_find (const units_row_t *rows, const char *name)
{
    base_assert (rows != NULL);
    base_assert (name != NULL);
    for (; rows->name; rows++)
        if (strcmp (rows->name, name) == 0)
            return rows;
    return NULL;
}

static void units_skip_blanks (const char **text)
{
    base_assert (*text != NULL);
    while (**text == ' ')
        (*text)++;
}

/*  Reads "number unit"; a number alone is taken when it is 0, or when `bare` says so. */
static bool units_parse (const units_row_t *rows, const char *text, bool bare, int64_t *value)
{
    units_number_t number;
    base_assert (text != NULL);
    base_assert (value != NULL);
    units_skip_blanks (&text);
    if (!units_take_number (&text, &number))
        return false;
    units_skip_blanks (&text);
    const units_row_t *unit = units_find (rows, text);
    int64_t factor = unit ? unit->factor : 1;
    if (!unit && (*text != '\0' || (!bare && number.digits != 0)))
        return false;
    __extension__ typedef __int128 wide_t;
    wide_t product = (wide_t) number.digits * factor;
    if (product % number.scale != 0 || product / number.scale > INT64_MAX)
        return false;
    *value = (int64_t) (product / number.scale);
    return true;
}

mst_err_t config_parse_duration_ns (const char *text, int64_t *duration_ns)
{
    base_assert (text != NULL);
    base_assert (duration_ns != NULL);
    if (units_parse (units_of_time, text, false, duration_ns))
        return MST_OK;
    return base_error (
        MST_E_CONFIG,
        "\"%.64s\" is not a duration: write a number and one of ns, us, ms, s, min, h, "
        "d, like \"250 ms\"",
        text);
}

mst_err_t config_parse_size (const char *text, int64_t *size_bytes)
{
    base_assert (text != NULL);
    base_assert (size_bytes != NULL);
    if (units_parse (units_of_size, text, true, size_bytes))
        return MST_OK;
    return base_error (
        MST_E_CONFIG,
        "\"%.64s\" is not a size: write a number and one of B, KiB, MiB, GiB, TiB, kB, "
        "MB, GB, TB, like \"64 KiB\"",
        text);
}

static const char *units_format (const units_row_t *rows, int64_t value,
                                 char out[CONFIG_UNIT_BYTES])
{
    base_assert (value >= 0);
    if (value == 0) {
        (void) snprintf (out, CONFIG_UNIT_BYTES, "0");
        return out;
    }
    while (rows->factor != 1 && value % rows->factor != 0)
        rows++;
    base_assert (rows->name != NULL);
    (void) snprintf (out, CONFIG_UNIT_BYTES, "%lld %s", (long long) (value / rows->factor),
                     rows->name);
    return out;
}

const char *config_format_duration (int64_t duration_ns, char out[CONFIG_UNIT_BYTES])
{
    base_assert (duration_ns >= 0);
    return units_format (units_of_time, duration_ns, out);
}

const char *config_format_size (int64_t size_bytes, char out[CONFIG_UNIT_BYTES])
{
    base_assert (size_bytes >= 0);
    return units_format (units_of_size, size_bytes, out);
}

/*  Dates --------------------------------------------------------------------------------------- */

/*  Days from 1970-01-01 in the Gregorian calendar: years that begin in March make the leap day the
    last one, and 400 of them have 146,097 days (Howard Hinnant, chrono-compatible low-level date
    algorithms, 2013). */
static int64_t units_days (int64_t year, int64_t month, int64_t day)
{
    base_assert (month >= 1 && month <= 12);
    base_assert (year >= 1 && day >= 1);
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t units_month_days (int64_t year, int64_t month)
{
    static const int64_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    base_assert (month >= 1 && month <= 12);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/*  Exactly `width` digits. */
static bool units_take_digits (const char **text, int width, int64_t *value)
{
    base_assert (width > 0);
    base_assert (value != NULL);
    *value = 0;
    for (int i = 0; i < width; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        *value = *value * 10 + (**text - '0');
    }
    return true;
}

static bool units_take_char (const char **text, char wanted)
{
    base_assert (*text != NULL);
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

/*  hh:mm[:ss[.fraction]] to nanoseconds of the day. */
static bool units_take_clock (const char **text, int64_t *clock_ns)
{
    int64_t hour, minute, second = 0, fraction_ns = 0;
    base_assert (clock_ns != NULL);
    if (!units_take_digits (text, 2, &hour) || !units_take_char (text, ':') ||
        !units_take_digits (text, 2, &minute))
        return false;
    if (units_take_char (text, ':')) {
        if (!units_take_digits (text, 2, &second))
            return false;
        if (units_take_char (text, '.')) {
            int64_t place = UNITS_SECOND, digit;
            if (!units_take_digits (text, 1, &digit))
                return false;
            do {
                if (place == 1)
                    return false;
                place /= 10;
                fraction_ns += digit * place;
            } while (units_take_digits (&(const char *){ *text }, 1, &digit) && (*text)++);
        }
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *clock_ns = ((hour * 60 + minute) * 60 + second) * UNITS_SECOND + fraction_ns;
    return true;
}

/*  Leap seconds (:60) are refused: the federation's clock does not have them. */
static bool units_parse_date (const char *text, int64_t *unix_ns)
{
    /* what fits into 64 bits of nanoseconds, to whole days */
    enum { DAY_FIRST = -106751, DAY_LAST = 106750 };
    int64_t year, month, day, clock_ns = 0;

    base_assert (text != NULL);
    base_assert (unix_ns != NULL);
    if (!units_take_digits (&text, 4, &year) || !units_take_char (&text, '-') ||
        !units_take_digits (&text, 2, &month) || !units_take_char (&text, '-') ||
        !units_take_digits (&text, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > units_month_days (year, month))
        return false;
    if (units_take_char (&text, 'T') || units_take_char (&text, ' ')) {
        if (!units_take_clock (&text, &clock_ns))
            return false;
        (void) units_take_char (&text, 'Z');
    }
    int64_t days = units_days (year, month, day);
    if (*text != '\0' || days < DAY_FIRST || days > DAY_LAST)
        return false;
    *unix_ns = days * 86400 * UNITS_SECOND + clock_ns;
    return true;
}

mst_err_t config_parse_date_ns (const char *text, int64_t *unix_ns)
{
    base_assert (text != NULL);
    base_assert (unix_ns != NULL);
    if (units_parse_date (text, unix_ns))
        return MST_OK;
    return base_error (MST_E_CONFIG,
                       "\"%.64s\" is not a date from 1677-09-22 to 2262-04-10: write it like "
                       "\"1994-02-17\" or \"1994-02-17T06:30:00Z\"",
                       text);
}
