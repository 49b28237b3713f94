/*  Damerau-Levenshtein distance in its restricted form: letters missing, extra, wrong, or two
   swapped (Damerau, A technique for computer detection and correction of spelling errors, 1964). */
#include "tools/config_json.h"
#include "base/check.h"

#include <string.h>

enum { NEAREST_LETTERS_MAX = 63 };

static size_t nearest_min (size_t a, size_t b)
{
    return a < b ? a : b;
}

/*  Three rows of the table are enough: this one, the one above, and the one above that. */
static size_t nearest_distance (const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][NEAREST_LETTERS_MAX + 1];
    base_assert (a_size <= NEAREST_LETTERS_MAX);
    base_assert (b_size <= NEAREST_LETTERS_MAX);
    for (size_t k = 0; k <= b_size; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *higher = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t k = 1; k <= b_size; k++) {
            size_t wrong = above[k - 1] + (a[i - 1] != b[k - 1]);
            row[k] = nearest_min (wrong, nearest_min (above[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = nearest_min (row[k], higher[k - 2] + 1);
        }
    }
    return rows[a_size % 3][b_size];
}

const char *config_nearest (const char *word, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t size = strlen (word);
    size_t best =
        size < 6 ? 2 : size / 3 + 1; /* too far: more than a slip for every three letters */
    base_assert (words != NULL || count == 0);
    for (size_t i = 0; size <= NEAREST_LETTERS_MAX && i < count; i++) {
        size_t other = strlen (words[i]);
        if (other > NEAREST_LETTERS_MAX)
            continue;
        size_t distance = nearest_distance (word, size, words[i], other);
        if (distance < best && distance < nearest_min (size, other)) {
            best = distance;
            nearest = words[i];
        }
    }
    return nearest;
}
