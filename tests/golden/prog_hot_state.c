/*  The common changes of replicated state, each many times over a thousand elements, keys or one
    register that are there: hot_paths.sh counts the instructions of the hot_… functions.

        prog_hot_state COUNT */
#include <muster/crdt.h>

#include <stdio.h>
#include <stdlib.h>

enum { KEYS = 1000 };

void hot_set_add (mst_crdt_t *set, uint64_t count);
void hot_register_set (mst_crdt_t *reg, uint64_t count);
void hot_map_set (mst_crdt_t *map, uint64_t from, uint64_t count);

static void must (mst_err_t err)
{
    if (!err)
        return;
    fprintf (stderr, "%s\n", mst_error_text ());
    exit (1);
}

__attribute__ ((noinline)) void hot_set_add (mst_crdt_t *set, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t element = i % KEYS;
        must (mst_crdt_add (set, NULL, &element, sizeof element));
    }
}

__attribute__ ((noinline)) void hot_register_set (mst_crdt_t *reg, uint64_t count)
{
    for (uint64_t i = 1; i <= count; i++)
        must (mst_crdt_set (reg, NULL, i, &i, sizeof i));
}

__attribute__ ((noinline)) void hot_map_set (mst_crdt_t *map, uint64_t from, uint64_t count)
{
    uint64_t key;
    const mst_crdt_place_t place = { .key = &key, .key_bytes = sizeof key, .type = MST_CRDT_LWW };
    for (uint64_t i = 0; i < count; i++) {
        key = i % KEYS;
        must (mst_crdt_set (map, &place, from + i, &i, sizeof i));
    }
}

int main (int argc, char **argv)
{
    mst_crdt_t *set, *reg, *map;
    if (argc != 2)
        return 2;
    uint64_t count = strtoull (argv[1], NULL, 10);
    must (mst_crdt_new (MST_CRDT_ORSET, 1, &set));
    must (mst_crdt_new (MST_CRDT_LWW, 1, &reg));
    must (mst_crdt_new (MST_CRDT_ORMAP, 1, &map));
    for (uint64_t element = 0; element < KEYS; element++) {
        const mst_crdt_place_t place = { .key = &element,
                                         .key_bytes = sizeof element,
                                         .type = MST_CRDT_LWW };
        must (mst_crdt_add (set, NULL, &element, sizeof element));
        must (mst_crdt_set (map, &place, element + 1, &element, sizeof element));
    }
    hot_set_add (set, count);
    hot_register_set (reg, count);
    hot_map_set (map, KEYS + 1, count);
    mst_crdt_destroy (&set);
    mst_crdt_destroy (&reg);
    mst_crdt_destroy (&map);
    return 0;
}
