/*  "There is no class Commet: did you mean Comet?" */
#include "federate/shell.h"
#include "base/nearest.h"

#include <string.h>

static const char *short_name (const char *full)
{
    const char *dot = strrchr (full, '.');
    return dot ? dot + 1 : full;
}

mst_err_t federate_suggest_class (mst_err_t err, const fom_tree_t *tree, const char *wanted)
{
    base_nearest_t nearest;

    base_assert (tree != NULL && wanted != NULL);
    base_nearest_init (&nearest, wanted);
    for (uint32_t i = 0; i < tree->count; i++) {
        const char *full = fom_class (tree, i)->full_name;
        base_nearest_consider (&nearest, full);
        base_nearest_consider (&nearest, short_name (full));
    }
    return base_nearest_suggest (&nearest, err);
}

mst_err_t federate_suggest_member (mst_err_t err, const fom_tree_t *tree, uint32_t of,
                                   const char *wanted)
{
    base_nearest_t nearest;

    base_assert (tree != NULL && wanted != NULL);
    base_nearest_init (&nearest, wanted);
    for (uint32_t i = 0; i < fom_class (tree, of)->member_count; i++)
        base_nearest_consider (&nearest, fom_member (tree, of, i)->name);
    return base_nearest_suggest (&nearest, err);
}
