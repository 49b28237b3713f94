/*  The nearest name by Damerau's distance of single edits (Damerau 1964, "A technique for computer
   detection and correction of spelling errors"), without the transpositions of letters that are not
   neighbours. */
#include "base/nearest.h"
#include "base/error.h"

#include <stdint.h>
#include <string.h>

enum { NEAREST_NAME_BYTES = 64, NEAREST_EDITS_MAX = 3 };

static size_t smaller (size_t a, size_t b)
{
    return a < b ? a : b;
}

/*  Edits that make one text of the other; names that are too long are far away. */
static size_t distance (const char *a, const char *b)
{
    size_t rows[3][NEAREST_NAME_BYTES + 1];
    size_t length_a = strlen (a), length_b = strlen (b);

    if (length_a > NEAREST_NAME_BYTES || length_b > NEAREST_NAME_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= length_b; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        size_t *row = rows[i % 3];
        const size_t *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            size_t change = before[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smaller (change, smaller (before[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller (row[j], earlier[j - 2] + 1);
        }
    }
    return rows[length_a % 3][length_b];
}

/*  Half of the letters may not be wrong. */
void base_nearest_init (base_nearest_t *self, const char *wanted)
{
    base_assert (self != NULL && wanted != NULL);
    size_t allowed = smaller (NEAREST_EDITS_MAX, strlen (wanted) / 2);
    *self = (base_nearest_t){ wanted, NULL, allowed + 1 };
}

void base_nearest_consider (base_nearest_t *self, const char *name)
{
    base_assert (self != NULL && name != NULL);
    size_t edits = distance (self->wanted, name);
    if (edits >= self->edits_below)
        return;
    self->edits_below = edits;
    self->name = name;
}

mst_err_t base_nearest_suggest (const base_nearest_t *self, mst_err_t err)
{
    char before[512];

    base_assert (self != NULL && err != MST_OK);
    if (!self->name)
        return err;
    strncpy (before, mst_error_text (), sizeof before - 1);
    before[sizeof before - 1] = '\0';
    return base_error (err, "%s; did you mean \"%s\"?", before, self->name);
}
