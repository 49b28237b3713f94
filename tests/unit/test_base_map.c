/*  base/map against a model that is too simple to be wrong: an array that is searched from its
   start. It also keeps the order that the header promises. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/map.h"
#include "base/random.h"

#include <stdio.h>
#include <string.h>

enum { MODEL_MAX = 600, OPERATIONS = 60000, NAME_BYTES = 24 };

typedef struct model_row {
    uint64_t key;
    uint64_t value;
} model_row_t;

typedef struct model {
    model_row_t rows[MODEL_MAX];
    size_t count;
} model_t;

static model_row_t *model_find (model_t *self, uint64_t key)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->rows[i].key == key)
            return &self->rows[i];
    return NULL;
}

static void model_set (model_t *self, uint64_t key, uint64_t value)
{
    model_row_t *row = model_find (self, key);
    if (row)
        row->value = value;
    else
        self->rows[self->count++] = (model_row_t){ key, value };
}

static CU_BOOL model_remove (model_t *self, uint64_t key)
{
    model_row_t *row = model_find (self, key);
    if (!row)
        return CU_FALSE;
    *row = self->rows[--self->count];
    return CU_TRUE;
}

/*  map --------------------------------------------------------------------------------------- */

/*  Keys that lie together, far apart, and on the edges of the type. */
static uint64_t key_make (base_random_t *random)
{
    uint64_t n = base_random_below (random, 200);
    switch (base_random_below (random, 3)) {
    case 0: return n;
    case 1: return n << 32;
    default: return UINT64_MAX - n;
    }
}

static void map_compare (base_map_t *map, model_t *model)
{
    CHECK_INT (map->count, model->count);
    size_t i = 0, wrong = 0;
    BASE_MAP_EACH (map, entry) {
        wrong += entry->key != model->rows[i].key || entry->value != model->rows[i].value;
        i++;
    }
    CHECK_INT (wrong, 0);
}

/*  One random operation on both; true when they agree. */
static CU_BOOL map_step (base_map_t *map, model_t *model, base_random_t *random)
{
    uint64_t key = key_make (random), value = base_random_next (random), found = 0;
    switch (base_random_below (random, 5)) {
    case 0:
    case 1: model_set (model, key, value); return base_map_set (map, key, value) == MST_OK;
    case 2:
    case 3: return base_map_remove (map, key) == model_remove (model, key);
    default: {
        const model_row_t *row = model_find (model, key);
        CU_BOOL got = base_map_get (map, key, &found);
        return got == (row != NULL) && (!row || row->value == found);
    }
    }
}

static void test_map_agrees_with_the_model (void)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        static model_t model;
        base_random_t random;
        base_map_t map;
        base_random_init (&random, seed);
        base_map_init (&map);
        model.count = 0;
        for (int i = 0; i < OPERATIONS; i++) {
            if (!map_step (&map, &model, &random)) {
                printf ("\n    seed %llu, operation %d", (unsigned long long) seed, i);
                CU_FAIL ("the map agrees with the model");
                break;
            }
            if (i % 5000 == 0)
                map_compare (&map, &model);
            if (base_random_below (&random, 20000) == 0) {
                base_map_clear (&map);
                model.count = 0;
            }
        }
        map_compare (&map, &model);
        base_map_fini (&map);
    }
}

static void test_map_empty (void)
{
    base_map_t map;
    uint64_t value = 7;
    base_map_init (&map);
    CHECK (!base_map_get (&map, 0, &value) && value == 7);
    CHECK (!base_map_remove (&map, 0));
    CHECK (base_map_pointer (&map, 0) == NULL);
    base_map_clear (&map);
    BASE_MAP_EACH (&map, entry)
        CHECK (entry == NULL);
    base_map_fini (&map);
}

static void test_map_large (void)
{
    enum { COUNT = 200000 };
    base_map_t map;
    size_t wrong = 0;
    base_map_init (&map);
    for (uint64_t i = 0; i < COUNT; i++)
        wrong += base_map_set (&map, i * i, i) != MST_OK;
    for (uint64_t i = 0; i < COUNT; i++) {
        uint64_t value = 0;
        wrong += !base_map_get (&map, i * i, &value) || value != i;
    }
    CHECK_INT (map.count, COUNT);
    CHECK (map.slot_count >= 2 * map.count);
    for (uint64_t i = COUNT; i-- > 0;)
        wrong += !base_map_remove (&map, i * i);
    CHECK_INT (map.count, 0);
    CHECK_INT (wrong, 0);
    base_map_fini (&map);
}

static void test_map_backward_removal (void)
{
    base_map_t map;
    base_map_init (&map);
    for (uint64_t i = 0; i < 100; i++)
        CHECK_OK (base_map_set (&map, i, i));
    for (uint32_t i = map.count; i-- > 0;)
        if (map.entries[i].value % 3 != 0)
            CHECK (base_map_remove (&map, map.entries[i].key));
    CHECK_INT (map.count, 34);
    BASE_MAP_EACH (&map, entry)
        CHECK_INT (entry->value % 3, 0);
    base_map_fini (&map);
}

static void test_map_pointers (void)
{
    base_map_t map;
    int there = 0;
    base_map_init (&map);
    CHECK_OK (base_map_set_pointer (&map, 9, &there));
    CHECK (base_map_pointer (&map, 9) == &there);
    base_map_fini (&map);
}

static void scenario_map (void *context)
{
    (void) context;
    base_map_t map;
    uint64_t value = 0;
    base_map_init (&map);
    for (uint64_t key = 0; key < 40; key++) {
        mst_err_t err = base_map_set (&map, key, key + 1);
        CU_BOOL there = base_map_get (&map, key, &value);
        CHECK (there == (err == MST_OK)); /* as before, or with it */
    }
    base_map_fini (&map);
}

static void test_map_without_memory (void)
{
    CHECK (sweep_allocations (scenario_map, NULL) > 4);
}

/*  names ------------------------------------------------------------------------------------- */

static size_t name_make (char *name, uint64_t number)
{
    static const char *const forms[] = { "%llu", "Comet-%llu", "a%llu\tb" };
    int length = snprintf (name, NAME_BYTES, forms[number % 3], (unsigned long long) number);
    return (size_t) length;
}

static CU_BOOL names_step (base_names_t *names, model_t *model, base_random_t *random)
{
    char name[NAME_BYTES];
    uint64_t key = base_random_below (random, 500), value = base_random_next (random), found = 0;
    size_t size = name_make (name, key);
    switch (base_random_below (random, 5)) {
    case 0:
    case 1:
        model_set (model, key, value);
        return base_names_set (names, name, size, value) == MST_OK;
    case 2:
    case 3: return base_names_remove (names, name, size) == model_remove (model, key);
    default: {
        const model_row_t *row = model_find (model, key);
        CU_BOOL got = base_names_get (names, name, size, &found);
        return got == (row != NULL) && (!row || row->value == found);
    }
    }
}

static void test_names_agree_with_the_model (void)
{
    static model_t model;
    base_random_t random;
    base_names_t names;
    base_random_init (&random, 11);
    base_names_init (&names);
    for (int i = 0; i < OPERATIONS; i++)
        if (!names_step (&names, &model, &random)) {
            printf ("\n    operation %d", i);
            CU_FAIL ("the names agree with the model");
            break;
        }
    CHECK_INT (names.count, model.count);
    for (uint32_t i = 0; i < names.count; i++) {
        char name[NAME_BYTES];
        (void) name_make (name, model.rows[i].key);
        CHECK_TEXT (names.entries[i].text, name);
    }
    base_names_fini (&names);
}

/*  A name is its bytes: a zero byte inside counts, and so does the empty name. */
static void test_names_are_bytes (void)
{
    base_names_t names;
    uint64_t value = 0;
    base_names_init (&names);
    CHECK (!base_names_get (&names, "", 0, &value));
    CHECK (!base_names_remove (&names, "", 0));
    CHECK_OK (base_names_set (&names, "", 0, 1));
    CHECK_OK (base_names_set (&names, "a\0b", 3, 2));
    CHECK_OK (base_names_set (&names, "a\0c", 3, 3));
    CHECK_OK (base_names_set (&names, "a", 1, 4));
    CHECK (base_names_get (&names, "", 0, &value) && value == 1);
    CHECK (base_names_get (&names, "a\0b", 3, &value) && value == 2);
    CHECK (base_names_get (&names, "a\0c", 3, &value) && value == 3);
    CHECK (base_names_get (&names, "abc", 1, &value) && value == 4);
    CHECK (!base_names_get (&names, "a\0", 2, &value));
    base_names_fini (&names);
}

static void scenario_names (void *context)
{
    (void) context;
    base_names_t names;
    uint64_t value = 0;
    base_names_init (&names);
    for (uint64_t key = 0; key < 20; key++) {
        char name[NAME_BYTES];
        size_t size = name_make (name, key);
        mst_err_t err = base_names_set (&names, name, size, key);
        CU_BOOL there = base_names_get (&names, name, size, &value);
        CHECK (there == (err == MST_OK));
    }
    base_names_fini (&names);
}

static void test_names_without_memory (void)
{
    CHECK (sweep_allocations (scenario_names, NULL) > 20);
}

static CU_TestInfo map_tests[] = {
    { "agrees with a simple model", test_map_agrees_with_the_model },
    { "empty", test_map_empty },
    { "200,000 entries come and go", test_map_large },
    { "removing while going backward", test_map_backward_removal },
    { "pointers as values", test_map_pointers },
    { "without memory it is as before", test_map_without_memory },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo names_tests[] = {
    { "agree with a simple model", test_names_agree_with_the_model },
    { "a name is its bytes", test_names_are_bytes },
    { "without memory they are as before", test_names_without_memory },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "base/map", NULL, NULL, NULL, NULL, map_tests },
           { "base/names", NULL, NULL, NULL, NULL, names_tests })
