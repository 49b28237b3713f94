/*  "There is no class Commet: did you mean Comet?" The nearest name by Damerau's distance of single
   edits (Damerau 1964, "A technique for computer detection and correction of spelling errors"),
   without the transpositions of letters that are not neighbours. */
#include "federate/shell.h"
#include "base/error.h"

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

static void consider (const char *wanted, const char *name, const char **nearest, size_t *best)
{
    size_t edits = distance (wanted, name);
    if (edits >= *best)
        return;
    *best = edits;
    *nearest = name;
}

/*  Half of the letters may not be wrong. */
static size_t edits_allowed (const char *wanted)
{
    return smaller (NEAREST_EDITS_MAX, strlen (wanted) / 2) + 1;
}

static mst_err_t suggest (mst_err_t err, const char *nearest)
{
    char before[512];

    if (!nearest)
        return err;
    strncpy (before, mst_error_text (), sizeof before - 1);
    before[sizeof before - 1] = '\0';
    return base_error (err, "%s; did you mean \"%s\"?", before, nearest);
}

static const char *short_name (const char *full)
{
    const char *dot = strrchr (full, '.');
    return dot ? dot + 1 : full;
}

mst_err_t federate_suggest_class (mst_err_t err, const fom_tree_t *tree, const char *wanted)
{
    const char *nearest = NULL;
    size_t best = edits_allowed (wanted);

    base_assert (tree != NULL && wanted != NULL);
    for (uint32_t i = 0; i < tree->count; i++) {
        const char *full = fom_class (tree, i)->full_name;
        consider (wanted, full, &nearest, &best);
        consider (wanted, short_name (full), &nearest, &best);
    }
    return suggest (err, nearest);
}

mst_err_t federate_suggest_member (mst_err_t err, const fom_tree_t *tree, uint32_t of,
                                   const char *wanted)
{
    const char *nearest = NULL;
    size_t best = edits_allowed (wanted);

    base_assert (tree != NULL && wanted != NULL);
    for (uint32_t i = 0; i < fom_class (tree, of)->member_count; i++)
        consider (wanted, fom_member (tree, of, i)->name, &nearest, &best);
    return suggest (err, nearest);
}
