/*  A table from kinds of operations to how consistent they are. */
#include <muster/store.h>
#include "base/alloc.h"
#include "base/error.h"
#include "base/map.h"

#include <string.h>

enum { ROWS_MAX = 1024, KIND_MAX = 64 };

struct mst_consistency_table {
    base_names_t rows;
    mst_consistency_t otherwise;
};

static const char *const names[] = { "eventual", "causal", "strong" };

static bool known (mst_consistency_t consistency)
{
    return (unsigned) consistency < sizeof names / sizeof names[0];
}

mst_err_t mst_consistency_table_new (mst_consistency_t otherwise, mst_consistency_table_t **table)
{
    *table = NULL;
    if (!known (otherwise))
        return base_error (MST_E_INVALID_ARGUMENT, "%d is no consistency", (int) otherwise);
    mst_consistency_table_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    base_names_init (&self->rows);
    self->otherwise = otherwise;
    *table = self;
    return MST_OK;
}

void mst_consistency_table_destroy (mst_consistency_table_t **table)
{
    if (!table || !*table)
        return;
    base_names_fini (&(*table)->rows);
    base_free (*table);
    *table = NULL;
}

mst_err_t mst_consistency_table_set (mst_consistency_table_t *table, const char *kind,
                                     mst_consistency_t consistency)
{
    uint64_t before;
    size_t size = kind ? strnlen (kind, KIND_MAX + 1) : 0;
    if (size == 0 || size > KIND_MAX || !known (consistency))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a kind of operation has 1 … %d bytes and is "
                           "eventual, causal or strong",
                           KIND_MAX);
    if (table->rows.count >= ROWS_MAX && !base_names_get (&table->rows, kind, size, &before))
        return base_error (MST_E_LIMIT, "a consistency table has at most %d rows", ROWS_MAX);
    return base_names_set (&table->rows, kind, size, (uint64_t) consistency);
}

mst_consistency_t mst_consistency_table_get (const mst_consistency_table_t *table, const char *kind)
{
    uint64_t found;
    base_assert (table != NULL);
    if (kind && base_names_get (&table->rows, kind, strlen (kind), &found))
        return (mst_consistency_t) found;
    return table->otherwise;
}

const char *mst_consistency_name (mst_consistency_t consistency)
{
    return known (consistency) ? names[consistency] : "?";
}

mst_err_t mst_consistency_parse (const char *text, mst_consistency_t *consistency)
{
    for (unsigned i = 0; text && i < sizeof names / sizeof names[0]; i++)
        if (strcmp (text, names[i]) == 0) {
            *consistency = (mst_consistency_t) i;
            return MST_OK;
        }
    return base_error (MST_E_CONFIG, "\"%s\" is no consistency: eventual, causal or strong",
                       text ? text : "");
}
