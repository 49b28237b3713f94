/*  The synchroniser in a network that loses, doubles, delays and reorders, parts and heals, where
    followers are started anew and the source lives a second life. The oracle keeps a full copy of
   every version: a follower at version v holds exactly the v-th copy, at any moment; and when the
   network is good again everybody ends with the last one. MUSTER_SIM_SEEDS raises the number of
   seeds. */
#include "tests/support/check.h"
#include "base/random.h"
#include <muster/sync.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES = 4, /* node 0 is the source; node 3 knows only node 2 */
    PATHS = 30,
    VALUE_MAX = 200,
    VERSIONS = 60,
    FLIGHT_MAX = 4096,
    TURNS = 1500,
    SEEDS = 60
};

typedef struct copy {
    uint8_t values[PATHS][VALUE_MAX];
    int sizes[PATHS]; /* -1: there is none */
} copy_t;

typedef struct flying {
    int from, to, due;
    bool request;
    uint8_t *data;
    size_t size_bytes;
} flying_t;

typedef struct world {
    base_random_t random;
    mst_sync_t *nodes[NODES];
    mst_sync_strategy_t strategy;
    uint64_t origin;
    copy_t copies[VERSIONS + 1]; /* of the source's present life */
    flying_t flying[FLIGHT_MAX];
    int flying_count;
    int turn;
    bool good;  /* nothing is lost any more */
    int parted; /* nodes from this one on do not hear the others; NODES: no partition */
    uint64_t applied;
} world_t;

static mst_sync_t *world_node (const world_t *self, int node)
{
    const mst_sync_options_t options = { .type = 1,
                                         .origin = node == 0 ? self->origin : 0,
                                         .strategy = self->strategy,
                                         .chunk_bytes = 700,
                                         .history_versions = 10 };
    mst_sync_t *fresh = NULL;
    CHECK_OK (mst_sync_new (&options, &fresh));
    return fresh;
}

static const char *path_name (int path)
{
    static char name[16];
    (void) snprintf (name, sizeof name, "path/%d", path);
    return name;
}

static void world_change (world_t *self, copy_t *copy, int path)
{
    base_random_t *random = &self->random;
    if (base_random_chance (random, 0.2)) {
        copy->sizes[path] = -1;
        CHECK_OK (mst_sync_remove (self->nodes[0], path_name (path)));
        return;
    }
    bool resize = copy->sizes[path] < 0 || base_random_chance (random, 0.3);
    int size = resize ? (int) base_random_below (random, VALUE_MAX + 1) : copy->sizes[path];
    for (int i = 0; i < size; i++)
        if (resize || base_random_chance (random, 0.1))
            copy->values[path][i] = (uint8_t) base_random_next (random);
    copy->sizes[path] = size;
    CHECK_OK (mst_sync_set (self->nodes[0], path_name (path), copy->values[path], (size_t) size));
}

static void world_commit (world_t *self)
{
    uint64_t before = mst_sync_version (self->nodes[0]), version;
    if (before >= VERSIONS)
        return;
    copy_t *copy = &self->copies[before + 1];
    *copy = self->copies[before];
    int count = 1 + (int) base_random_below (&self->random,
                                             base_random_chance (&self->random, 0.2) ? PATHS : 4);
    for (int i = 0; i < count; i++)
        world_change (self, copy, (int) base_random_below (&self->random, PATHS));
    CHECK_OK (mst_sync_commit (self->nodes[0], self->turn, &version));
    CHECK (version == before || version == before + 1); /* before: nothing differed */
}

/*  The state is the copy of its version, path by path. */
static bool world_node_right (const world_t *self, int node)
{
    const mst_sync_t *sync = self->nodes[node];
    if (mst_sync_origin (sync) != self->origin)
        return true; /* of the life before, or of none */
    const copy_t *copy = &self->copies[mst_sync_version (sync)];
    for (int path = 0; path < PATHS; path++) {
        mst_sync_value_t value;
        bool there = mst_sync_get (sync, path_name (path), &value);
        if (there != (copy->sizes[path] >= 0))
            return false;
        if (there && (value.size_bytes != (size_t) copy->sizes[path] ||
                      memcmp (value.data, copy->values[path], value.size_bytes) != 0))
            return false;
    }
    return true;
}

/*  The network --------------------------------------------------------------------------------- */

static void world_throw (world_t *self, int from, int to, bool request, const void *data,
                         size_t size_bytes)
{
    int copies = 1;
    if (size_bytes == 0)
        return;
    if (!self->good) {
        if ((from >= self->parted) != (to >= self->parted) ||
            base_random_chance (&self->random, 0.2))
            return;
        copies += base_random_chance (&self->random, 0.1);
    }
    for (; copies > 0 && self->flying_count < FLIGHT_MAX; copies--) {
        flying_t *flying = &self->flying[self->flying_count++];
        int delay = self->good ? 1 : 1 + (int) base_random_below (&self->random, 12);
        *flying =
            (flying_t){ from, to, self->turn + delay, request, malloc (size_bytes), size_bytes };
        memcpy (flying->data, data, size_bytes);
    }
}

static void world_land (world_t *self, const flying_t *flying)
{
    mst_sync_t *node = self->nodes[flying->to];
    const void *data;
    size_t size_bytes;
    if (flying->request) {
        CHECK_OK (mst_sync_answer (node, flying->data, flying->size_bytes, &data, &size_bytes));
        world_throw (self, flying->to, flying->from, false, data, size_bytes);
        return;
    }
    uint64_t digest = mst_sync_digest (node), version = mst_sync_version (node);
    mst_err_t err = mst_sync_apply (node, flying->data, flying->size_bytes, self->turn);
    if (err) {
        CHECK (err == MST_E_STATE_GAP);
        CHECK (mst_sync_digest (node) == digest && mst_sync_version (node) == version);
    } else
        self->applied += mst_sync_version (node) != version;
    CHECK (world_node_right (self, flying->to));
}

static void world_ask (world_t *self, int node)
{
    const void *data;
    size_t size_bytes;
    int peer = node == 3 ? 2 : (int) base_random_below (&self->random, 3);
    if (node == 0 || peer == node)
        return;
    CHECK_OK (mst_sync_request (self->nodes[node], &data, &size_bytes));
    world_throw (self, node, peer, true, data, size_bytes);
}

/*  Versions are told apart by their life: who is behind in the old one must not be looked at. */
static void world_second_life (world_t *self)
{
    copy_t last = self->copies[mst_sync_version (self->nodes[0])];
    self->origin++;
    mst_sync_destroy (&self->nodes[0]);
    self->nodes[0] = world_node (self, 0);
    self->copies[1] = last;
    for (int path = 0; path < PATHS; path++)
        if (last.sizes[path] >= 0)
            CHECK_OK (mst_sync_set (self->nodes[0], path_name (path), last.values[path],
                                    (size_t) last.sizes[path]));
    CHECK_OK (mst_sync_commit (self->nodes[0], self->turn, NULL));
}

static void world_turn (world_t *self)
{
    base_random_t *random = &self->random;
    self->turn++;
    if (!self->good) {
        if (base_random_chance (random, 0.05))
            world_commit (self);
        if (base_random_chance (random, 0.01))
            self->parted = 1 + (int) base_random_below (random, NODES);
        if (base_random_chance (random, 0.003)) {
            int node = 1 + (int) base_random_below (random, NODES - 1);
            mst_sync_destroy (&self->nodes[node]);
            self->nodes[node] = world_node (self, node);
        }
        if (self->turn == TURNS / 2)
            world_second_life (self);
    }
    for (int node = 0; node < NODES; node++)
        if (base_random_chance (random, 0.3))
            world_ask (self, node);
    for (int i = self->flying_count; i-- > 0;) {
        if (self->flying[i].due > self->turn)
            continue;
        flying_t flying = self->flying[i];
        self->flying[i] = self->flying[--self->flying_count];
        world_land (self, &flying);
        free (flying.data);
    }
}

static bool world_agrees (const world_t *self)
{
    for (int node = 1; node < NODES; node++)
        if (mst_sync_version (self->nodes[node]) != mst_sync_version (self->nodes[0]) ||
            mst_sync_digest (self->nodes[node]) != mst_sync_digest (self->nodes[0]) ||
            !world_node_right (self, node))
            return false;
    return true;
}

static bool world_run (uint64_t seed, mst_sync_strategy_t strategy)
{
    static world_t world;
    unsigned before = CU_get_number_of_failures ();
    world = (world_t){ .strategy = strategy, .origin = 1, .parted = NODES };
    base_random_init (&world.random, seed);
    for (int path = 0; path < PATHS; path++)
        world.copies[0].sizes[path] = -1;
    for (int node = 0; node < NODES; node++)
        world.nodes[node] = world_node (&world, node);
    while (world.turn < TURNS && CU_get_number_of_failures () == before)
        world_turn (&world);
    world.good = true;
    int patience = 0;
    while (!world_agrees (&world) && patience++ < 500 && CU_get_number_of_failures () == before)
        world_turn (&world);
    CHECK (world_agrees (&world));
    CHECK (world.applied >= NODES - 1);
    for (int node = 0; node < NODES; node++)
        mst_sync_destroy (&world.nodes[node]);
    while (world.flying_count > 0)
        free (world.flying[--world.flying_count].data);
    if (CU_get_number_of_failures () == before)
        return true;
    printf ("seed %llu, strategy %d\n", (unsigned long long) seed, (int) strategy);
    return false;
}

static void the_network_misbehaves (void)
{
    const char *wanted = getenv ("MUSTER_SIM_SEEDS");
    long seeds = wanted ? strtol (wanted, NULL, 10) : SEEDS;
    for (long seed = 1; seed <= seeds; seed++)
        if (!world_run ((uint64_t) seed, (mst_sync_strategy_t) (MST_SYNC_FULL + seed % 5)))
            return;
}

static CU_TestInfo network_tests[] = {
    { "the network misbehaves", the_network_misbehaves },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "sync_network", NULL, NULL, NULL, NULL, network_tests })
