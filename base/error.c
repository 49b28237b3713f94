/*  One error text per thread. It is a fixed array, so that reporting "out of memory" needs none. */
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_TEXT_SIZE = 1024 };

static _Thread_local char error_text[ERROR_TEXT_SIZE];

typedef struct error_row {
    const char *name;
    const char *summary;
    mst_err_t err;
} error_row_t;

static const error_row_t error_rows[] = {
#define ERROR_ROW(name, number, text) { "MST_" #name, text, MST_##name },
    MST_ERRORS (ERROR_ROW)
#undef ERROR_ROW
};

static const error_row_t *error_row (long number)
{
    for (size_t i = 0; i < sizeof error_rows / sizeof error_rows[0]; i++)
        if ((long) error_rows[i].err == number)
            return &error_rows[i];
    return NULL;
}

void base_check_failed (const char *condition, const char *file, int line)
{
    fprintf (stderr, "muster: internal check failed: %s (%s:%d)\n", condition, file, line);
    abort ();
}

mst_err_t base_error_va (mst_err_t err, const char *format, va_list args)
{
    char fresh[ERROR_TEXT_SIZE]; /* an argument may be the standing text itself */

    base_assert (err != MST_OK);
    base_assert (format != NULL);
    (void) vsnprintf (fresh, sizeof fresh, format, args);
    memcpy (error_text, fresh, sizeof fresh);
    return err;
}

mst_err_t base_error (mst_err_t err, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    base_error_va (err, format, args);
    va_end (args);
    return err;
}

mst_err_t base_error_prefix (mst_err_t err, const char *format, ...)
{
    char fresh[ERROR_TEXT_SIZE]; /* an argument may be the standing text itself */
    va_list args;

    base_assert (err != MST_OK);
    va_start (args, format);
    int length = vsnprintf (fresh, sizeof fresh, format, args);
    va_end (args);
    base_assert (length >= 0);
    if ((size_t) length < sizeof fresh)
        (void) snprintf (fresh + length, sizeof fresh - (size_t) length, "%s", error_text);
    memcpy (error_text, fresh, sizeof fresh);
    return err;
}

bool base_error_known (long number)
{
    return error_row (number) != NULL;
}

const char *mst_error_text (void)
{
    return error_text;
}

const char *mst_error_name (mst_err_t err)
{
    const error_row_t *row = error_row ((long) err);
    return row ? row->name : "MST_E_?";
}

const char *mst_error_summary (mst_err_t err)
{
    const error_row_t *row = error_row ((long) err);
    return row ? row->summary : "unknown error";
}
