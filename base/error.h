/*  The story behind an error code: one text per thread, set where the failure is understood. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <muster/error.h>
#include "base/check.h"

/*  Sets the calling thread's error text and returns err, so that a failure is one line:
    return base_error (MST_E_LIMIT, "limits.federates (%u) is reached: …", n);
    Branches that lead here are laid out as rare ones. */
mst_err_t base_error (mst_err_t err, const char *format, ...)
    __attribute__ ((format (printf, 2, 3), cold));
mst_err_t base_error_va (mst_err_t err, const char *format, va_list args) __attribute__ ((cold));

/*  Puts words before the text that stands ("scenario.json:12: "), and returns err. */
mst_err_t base_error_prefix (mst_err_t err, const char *format, ...)
    __attribute__ ((format (printf, 2, 3), cold));

/*  True for a number in the list of errors: what a peer sends is checked with it. */
bool base_error_known (long number);

#endif
