/*  Texts over base/alloc, so that the failure sweeps reach them. */
#include "tools/text.h"
#include "base/alloc.h"
#include "base/check.h"

#include <stdio.h>
#include <string.h>

static const int64_t second_ns = 1000000000;

char *tools_text (const char *format, ...)
{
    va_list args, again;
    va_start (args, format);
    va_copy (again, args);
    int length = vsnprintf (NULL, 0, format, args);
    base_assert (length >= 0);
    char *text = base_alloc ((size_t) length + 1);
    if (text)
        (void) vsnprintf (text, (size_t) length + 1, format, again);
    va_end (again);
    va_end (args);
    return text;
}

mst_err_t tools_text_append (base_buffer_t *out, const char *format, ...)
{
    va_list args, again;
    va_start (args, format);
    va_copy (again, args);
    int length = vsnprintf (NULL, 0, format, args);
    base_assert (length >= 0);
    mst_err_t err = base_buffer_reserve (out, (size_t) length + 1);
    if (!err) {
        (void) vsnprintf ((char *) out->data + out->size_bytes, (size_t) length + 1, format, again);
        out->size_bytes += (size_t) length;
    }
    va_end (again);
    va_end (args);
    return err;
}

const char *tools_text_of (base_buffer_t *buffer)
{
    if (base_buffer_reserve (buffer, 1))
        return "";
    buffer->data[buffer->size_bytes] = '\0';
    return (const char *) buffer->data;
}

char *tools_path (const char *folder, const char *name)
{
    if (name[0] == '/' || folder[0] == '\0')
        return base_strdup (name);
    return tools_text ("%s/%s", folder, name);
}

char *tools_path_folder (const char *path)
{
    const char *slash = strrchr (path, '/');
    if (!slash)
        return base_strdup (".");
    return base_strndup (path, slash == path ? 1 : (size_t) (slash - path));
}

const char *tools_path_name (const char *path)
{
    const char *slash = strrchr (path, '/');
    return slash ? slash + 1 : path;
}

const char *tools_size_text (char text[TOOLS_NUMBER_SIZE], uint64_t size_bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
    double value = (double) size_bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1000;
        unit++;
    }
    int digits = unit == 0 || value >= 99.95 ? 0 : 1;
    (void) snprintf (text, TOOLS_NUMBER_SIZE, "%.*f %s", digits, value, units[unit]);
    return text;
}

const char *tools_rate_text (char text[TOOLS_NUMBER_SIZE], double rate)
{
    int digits = rate >= 99.95 ? 0 : rate >= 9.995 ? 1 : 2;
    (void) snprintf (text, TOOLS_NUMBER_SIZE, "%.*f", digits, rate);
    return text;
}

const char *tools_wall_text (char text[TOOLS_NUMBER_SIZE], int64_t wall_ns)
{
    int64_t seconds = wall_ns / second_ns;
    if (seconds < 1)
        (void) snprintf (text, TOOLS_NUMBER_SIZE, "%d ms", (int) (wall_ns / 1000000));
    else if (seconds < 60)
        (void) snprintf (text, TOOLS_NUMBER_SIZE, "%.1f s", (double) wall_ns / (double) second_ns);
    else if (seconds < 3600)
        (void) snprintf (text, TOOLS_NUMBER_SIZE, "%d min %02d s", (int) (seconds / 60),
                         (int) (seconds % 60));
    else
        (void) snprintf (text, TOOLS_NUMBER_SIZE, "%lld h %02d min", (long long) (seconds / 3600),
                         (int) (seconds / 60 % 60));
    return text;
}
