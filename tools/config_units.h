/*  tools/config_units.h: numbers with units, and dates, as people write them.

    Thread rule: any thread; pure functions. */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

/*  "1 d", "250 ms", "1.5 s", "0": a number and one of ns, us, ms, s, min, h, d. At most 292 years,
   no finer than a nanosecond, not negative. Errors: MST_E_CONFIG. */
mst_err_t config_parse_duration_ns (const char *text, int64_t *duration_ns);

/*  "64 KiB", "1.5 GB", "512", "512 B": bytes. Errors: MST_E_CONFIG. */
mst_err_t config_parse_size (const char *text, int64_t *size_bytes);

/*  "1994-02-17", "1994-02-17T06:30", "1994-02-17T06:30:00.25Z": nanoseconds since 1970, in UTC,
   with the Gregorian calendar, from 1677-09-22 to 2262-04-10. A blank may stand for the T. Errors:
   MST_E_CONFIG. */
mst_err_t config_parse_date_ns (const char *text, int64_t *unix_ns);

/*  The shortest exact way to write it: "1 d", "90 min", "64 KiB". */
enum { CONFIG_UNIT_BYTES = 32 };
const char *config_format_duration (int64_t duration_ns, char out[CONFIG_UNIT_BYTES]);
const char *config_format_size (int64_t size_bytes, char out[CONFIG_UNIT_BYTES]);

#endif
