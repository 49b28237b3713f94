/*  Which kinds of operations are how consistent, and what a store says to each. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"

#include <stdio.h>
#include <string.h>
#include <muster/store.h>

static mst_consistency_table_t *made (mst_consistency_t otherwise)
{
    mst_consistency_table_t *table = NULL;
    CHECK_OK (mst_consistency_table_new (otherwise, &table));
    return table;
}

static void test_rows (void)
{
    mst_consistency_table_t *table = made (MST_CONSISTENCY_CAUSAL);
    CHECK_INT (mst_consistency_table_get (table, "score"), MST_CONSISTENCY_CAUSAL);
    CHECK_OK (mst_consistency_table_set (table, "score", MST_CONSISTENCY_EVENTUAL));
    CHECK_OK (mst_consistency_table_set (table, "trade", MST_CONSISTENCY_STRONG));
    CHECK_INT (mst_consistency_table_get (table, "score"), MST_CONSISTENCY_EVENTUAL);
    CHECK_INT (mst_consistency_table_get (table, "trade"), MST_CONSISTENCY_STRONG);
    CHECK_INT (mst_consistency_table_get (table, "scor"), MST_CONSISTENCY_CAUSAL);
    CHECK_INT (mst_consistency_table_get (table, NULL), MST_CONSISTENCY_CAUSAL);
    CHECK_OK (mst_consistency_table_set (table, "trade", MST_CONSISTENCY_CAUSAL));
    CHECK_INT (mst_consistency_table_get (table, "trade"), MST_CONSISTENCY_CAUSAL);
    mst_consistency_table_destroy (&table);
    CHECK (table == NULL);
    mst_consistency_table_destroy (&table);
}

static void test_refused (void)
{
    char kind[66];
    mst_consistency_table_t *table = made (MST_CONSISTENCY_EVENTUAL), *none = NULL;
    memset (kind, 'k', 65);
    kind[65] = 0;
    CHECK_ERR (mst_consistency_table_new ((mst_consistency_t) 3, &none), MST_E_INVALID_ARGUMENT);
    CHECK (none == NULL);
    CHECK_ERR (mst_consistency_table_set (table, kind, MST_CONSISTENCY_CAUSAL),
               MST_E_INVALID_ARGUMENT);
    CHECK_OK (mst_consistency_table_set (table, kind + 1, MST_CONSISTENCY_CAUSAL));
    CHECK_INT (mst_consistency_table_get (table, kind + 1), MST_CONSISTENCY_CAUSAL);
    CHECK_ERR (mst_consistency_table_set (table, "", MST_CONSISTENCY_CAUSAL),
               MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_consistency_table_set (table, NULL, MST_CONSISTENCY_CAUSAL),
               MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_consistency_table_set (table, "k", (mst_consistency_t) -1),
               MST_E_INVALID_ARGUMENT);
    mst_consistency_table_destroy (&table);
}

static void test_full (void)
{
    char kind[16];
    mst_consistency_table_t *table = made (MST_CONSISTENCY_EVENTUAL);
    for (int i = 0; i < 1024; i++) {
        (void) sprintf (kind, "kind %d", i);
        CHECK_OK (mst_consistency_table_set (table, kind, MST_CONSISTENCY_CAUSAL));
    }
    CHECK_ERR (mst_consistency_table_set (table, "one more", MST_CONSISTENCY_CAUSAL), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "1024");
    CHECK_OK (mst_consistency_table_set (table, "kind 7", MST_CONSISTENCY_EVENTUAL));
    CHECK_INT (mst_consistency_table_get (table, "one more"), MST_CONSISTENCY_EVENTUAL);
    mst_consistency_table_destroy (&table);
}

static void test_names (void)
{
    static const char *const names[] = { "eventual", "causal", "strong" };
    mst_consistency_t found = MST_CONSISTENCY_EVENTUAL;
    for (int i = 0; i < 3; i++) {
        CHECK_TEXT (mst_consistency_name ((mst_consistency_t) i), names[i]);
        CHECK_OK (mst_consistency_parse (names[i], &found));
        CHECK_INT (found, i);
    }
    CHECK_TEXT (mst_consistency_name ((mst_consistency_t) 3), "?");
    CHECK_ERR (mst_consistency_parse ("linear", &found), MST_E_CONFIG);
    CHECK_CONTAINS (mst_error_text (), "\"linear\"");
    CHECK_CONTAINS (mst_error_text (), "eventual, causal or strong");
    CHECK_ERR (mst_consistency_parse (NULL, &found), MST_E_CONFIG);
}

/*  A strong change is refused with the reason; nothing is told, and the change goes with the next
    commit of another consistency. */
static void test_strong (void)
{
    static const mst_store_options_t options = { .replica = 1 };
    mst_store_t *store = NULL;
    mst_crdt_t *crdt = NULL;
    mst_store_stats_t stats;
    CHECK_OK (mst_store_new (&options, &store));
    CHECK_OK (mst_store_allows (store, MST_CONSISTENCY_EVENTUAL));
    CHECK_OK (mst_store_allows (store, MST_CONSISTENCY_CAUSAL));
    CHECK_ERR (mst_store_allows (store, MST_CONSISTENCY_STRONG), MST_E_NOT_SUPPORTED);
    CHECK_ERR (mst_store_allows (store, (mst_consistency_t) 9), MST_E_INVALID_ARGUMENT);
    CHECK_OK (mst_store_open (store, "gold", 4, MST_CRDT_PNCOUNTER, &crdt));
    CHECK_OK (mst_crdt_increment (crdt, NULL, 3));
    CHECK_ERR (mst_store_commit (store, "gold", 4, MST_CONSISTENCY_STRONG), MST_E_NOT_SUPPORTED);
    CHECK_CONTAINS (mst_error_text (), "cluster");
    CHECK_CONTAINS (mst_error_text (), "causal or eventual");
    mst_store_stats (store, &stats);
    CHECK_INT (stats.changes_made, 0);
    CHECK_OK (mst_store_commit (store, "gold", 4, MST_CONSISTENCY_CAUSAL));
    mst_store_stats (store, &stats);
    CHECK_INT (stats.changes_made, 1);
    mst_store_destroy (&store);
}

static void scenario (void *context)
{
    mst_consistency_table_t *table = NULL;
    (void) context;
    if (mst_consistency_table_new (MST_CONSISTENCY_EVENTUAL, &table) == MST_OK &&
        mst_consistency_table_set (table, "a", MST_CONSISTENCY_CAUSAL) == MST_OK &&
        mst_consistency_table_set (table, "b", MST_CONSISTENCY_STRONG) != MST_OK)
        CHECK_INT (mst_consistency_table_get (table, "a"), MST_CONSISTENCY_CAUSAL);
    mst_consistency_table_destroy (&table);
}

static void test_without_memory (void)
{
    CHECK (sweep_allocations (scenario, NULL) > 2);
}

static CU_TestInfo tests[] = {
    { "kinds and rows", test_rows },
    { "what is no row", test_refused },
    { "a full table", test_full },
    { "names", test_names },
    { "strong is refused", test_strong },
    { "without memory", test_without_memory },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "consistency", NULL, NULL, NULL, NULL, tests })
