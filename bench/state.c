/*  Replicated state on one thread, in a hot cache: a row's reference is the bare operation that
   stands behind it, in the same run. Objects are of ordinary size: a counter of eight replicas, a
   set and a map of a thousand. */
#include "bench/state.h"
#include "base/map.h"
#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <muster/store.h>

enum { KEYS = 1000, NODES = 8, SIM_NODES = 5, SIM_ITEMS = 1000 };

static volatile uint64_t sink; /* what is computed is used */

/*  The thread's own time: others on the machine do not count. */
static double seconds (void)
{
    struct timespec now;
    (void) clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
    return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

static double ns_each (double began, uint64_t count)
{
    return (seconds () - began) * 1e9 / (double) count;
}

/*  Increment --------------------------------------------------------------------------------- */

double bench_state_increment (const bench_case_t *self)
{
    mst_crdt_t *counter;
    int64_t value = 0;
    if (mst_crdt_new (MST_CRDT_GCOUNTER, 1, &counter))
        return NAN;
    double began = seconds ();
    for (uint64_t i = 0; i < self->count; i++)
        if (mst_crdt_increment (counter, NULL, 1))
            return NAN;
    double result = ns_each (began, self->count);
    if (mst_crdt_count (counter, NULL, &value) || value != (int64_t) self->count)
        return NAN;
    mst_crdt_destroy (&counter);
    return result;
}

double bench_state_bare_increment (const bench_case_t *self)
{
    double began = seconds ();
    for (uint64_t i = 0; i < self->count; i++)
        sink++;
    return ns_each (began, self->count);
}

/*  Sets: a thousand elements of eight bytes, new ones, then all again ----------------------------
 */

static double set_run (uint64_t count, bool again)
{
    double spent = 0;
    for (uint64_t done = 0; done < count; done += KEYS) {
        mst_crdt_t *set;
        if (mst_crdt_new (MST_CRDT_ORSET, 1, &set))
            return NAN;
        for (int pass = 0; pass <= again; pass++) {
            double began = seconds ();
            for (uint64_t i = 0; i < KEYS; i++)
                if (mst_crdt_add (set, NULL, &i, sizeof i))
                    return NAN;
            if (pass == again)
                spent += seconds () - began;
        }
        mst_crdt_destroy (&set);
    }
    return spent * 1e9 / (double) count;
}

double bench_state_add_new (const bench_case_t *self)
{
    return set_run (self->count, false);
}

double bench_state_add (const bench_case_t *self)
{
    return set_run (self->count, true);
}

static double map_run (uint64_t count, bool again)
{
    double spent = 0;
    for (uint64_t done = 0; done < count; done += KEYS) {
        base_map_t map;
        base_map_init (&map);
        for (int pass = 0; pass <= again; pass++) {
            double began = seconds ();
            for (uint64_t i = 0; i < KEYS; i++)
                if (base_map_set (&map, i, i))
                    return NAN;
            if (pass == again)
                spent += seconds () - began;
        }
        base_map_fini (&map);
    }
    return spent * 1e9 / (double) count;
}

double bench_state_bare_map_new (const bench_case_t *self)
{
    return map_run (self->count, false);
}

double bench_state_bare_map (const bench_case_t *self)
{
    return map_run (self->count, true);
}

/*  Registers, alone and in a map -----------------------------------------------------------------
 */

double bench_state_lww (const bench_case_t *self)
{
    mst_crdt_t *reg;
    if (mst_crdt_new (MST_CRDT_LWW, 1, &reg))
        return NAN;
    double began = seconds ();
    for (uint64_t i = 1; i <= self->count; i++)
        if (mst_crdt_set (reg, NULL, i, &i, sizeof i))
            return NAN;
    double result = ns_each (began, self->count);
    mst_crdt_destroy (&reg);
    return result;
}

double bench_state_bare_copy (const bench_case_t *self)
{
    static uint8_t value[8];
    double began = seconds ();
    for (uint64_t i = 1; i <= self->count; i++) {
        memcpy (value, &i, sizeof i);
        sink = value[0];
    }
    return ns_each (began, self->count);
}

double bench_state_map_set (const bench_case_t *self)
{
    mst_crdt_t *map;
    uint64_t key;
    mst_crdt_place_t place = { .key = &key, .key_bytes = sizeof key, .type = MST_CRDT_LWW };
    if (mst_crdt_new (MST_CRDT_ORMAP, 1, &map))
        return NAN;
    double began = 0;
    for (uint64_t i = 0; i < self->count + KEYS; i++) {
        if (i == KEYS)
            began = seconds ();
        key = i % KEYS;
        if (mst_crdt_set (map, &place, i + 1, &i, sizeof i))
            return NAN;
    }
    double result = ns_each (began, self->count);
    mst_crdt_destroy (&map);
    return result;
}

/*  Bytes of a counter of eight replicas -------------------------------------------------------- */

static mst_crdt_t *counter_of_eight (void)
{
    mst_crdt_t *all = NULL, *one = NULL;
    bool good = mst_crdt_new (MST_CRDT_GCOUNTER, 1, &all) == MST_OK;
    for (uint64_t i = 1; good && i <= NODES; i++) {
        good = mst_crdt_new (MST_CRDT_GCOUNTER, i * 1000003, &one) == MST_OK &&
               mst_crdt_increment (one, NULL, i * 77) == MST_OK &&
               mst_crdt_merge (all, one, NULL) == MST_OK;
        mst_crdt_destroy (&one);
    }
    if (!good)
        mst_crdt_destroy (&all);
    return all;
}

double bench_state_encode (const bench_case_t *self)
{
    mst_crdt_t *counter = counter_of_eight ();
    mst_bytes_t bytes = { 0 };
    if (!counter)
        return NAN;
    double began = seconds ();
    for (uint64_t i = 0; i < self->count; i++) {
        bytes.size_bytes = 0;
        if (mst_crdt_encode (counter, &bytes))
            return NAN;
        sink = bytes.data[bytes.size_bytes - 1];
    }
    double result = ns_each (began, self->count);
    mst_bytes_free (&bytes);
    mst_crdt_destroy (&counter);
    return result;
}

/*  Validated, into an object that stands, as a message is. */
double bench_state_decode (const bench_case_t *self)
{
    mst_crdt_t *counter = counter_of_eight (), *into = NULL;
    mst_bytes_t bytes = { 0 };
    if (!counter || mst_crdt_new (MST_CRDT_GCOUNTER, 5, &into) || mst_crdt_encode (counter, &bytes))
        return NAN;
    double began = seconds ();
    for (uint64_t i = 0; i < self->count; i++)
        if (mst_crdt_merge_bytes (into, bytes.data, bytes.size_bytes, 0, NULL))
            return NAN;
    double result = ns_each (began, self->count);
    mst_bytes_free (&bytes);
    mst_crdt_destroy (&counter);
    mst_crdt_destroy (&into);
    return result;
}

double bench_state_bare_bytes (const bench_case_t *self)
{
    static uint8_t from[16 + NODES * 16], to[sizeof from];
    double began = seconds ();
    for (uint64_t i = 0; i < self->count; i++) {
        from[i % sizeof from] = (uint8_t) i;
        memcpy (to, from, sizeof to);
        sink = to[i % sizeof to];
    }
    return ns_each (began, self->count);
}

/*  Memory: a million elements of eight bytes, as far as a growing table has room for more
 * ---------- */

double bench_state_set_memory (const bench_case_t *self)
{
    mst_crdt_t *set;
    if (mst_crdt_new (MST_CRDT_ORSET, 1, &set))
        return NAN;
    for (uint64_t i = 0; i < self->count; i++)
        if (mst_crdt_add (set, NULL, &i, sizeof i))
            return NAN;
    double result = (double) mst_crdt_memory (set) / (double) self->count;
    mst_crdt_destroy (&set);
    return result;
}

double bench_state_map_memory (const bench_case_t *self)
{
    mst_crdt_t *map;
    uint64_t key;
    mst_crdt_place_t place = { .key = &key, .key_bytes = sizeof key, .type = MST_CRDT_LWW };
    if (mst_crdt_new (MST_CRDT_ORMAP, 1, &map))
        return NAN;
    for (key = 0; key < self->count; key++)
        if (mst_crdt_set (map, &place, key + 1, &key, sizeof key))
            return NAN;
    double result = (double) mst_crdt_memory (map) / (double) self->count;
    mst_crdt_destroy (&map);
    return result;
}

/*  Convergence in virtual time: 20 ms on the way -------------------------------------------------
 */

typedef struct letter {
    uint32_t to;
    uint8_t *data;
    size_t size_bytes;
} letter_t;

typedef struct world {
    mst_store_t *stores[SIM_NODES];
    base_random_t random;
    double loss;
    letter_t letters[4096];
    uint32_t count;
    uint64_t now_ns;
} world_t;

static void world_carry (world_t *world, uint32_t from)
{
    mst_store_message_t message;
    while (mst_store_take_message (world->stores[from], &message)) {
        letter_t *letter = &world->letters[world->count];
        if (base_random_chance (&world->random, world->loss) || world->count == 4096)
            continue;
        letter->to = (uint32_t) message.peer - 1;
        letter->size_bytes = message.size_bytes;
        letter->data = malloc (message.size_bytes);
        memcpy (letter->data, message.data, message.size_bytes);
        world->count++;
    }
}

static void world_step (world_t *world)
{
    static letter_t arriving[4096];
    uint32_t count = world->count;
    memcpy (arriving, world->letters, count * sizeof *arriving);
    world->count = 0;
    world->now_ns += 20000000;
    for (uint32_t i = 0; i < count; i++) {
        mst_store_t *store = world->stores[arriving[i].to];
        (void) mst_store_receive (store, arriving[i].data, arriving[i].size_bytes, world->now_ns);
        free (arriving[i].data);
        world_carry (world, arriving[i].to);
    }
    for (uint32_t i = 0; i < SIM_NODES; i++) {
        (void) mst_store_tick (world->stores[i], world->now_ns);
        world_carry (world, i);
    }
}

static bool world_fill (world_t *world)
{
    for (uint32_t i = 0; i < SIM_NODES; i++) {
        mst_store_options_t options = { .replica = i + 1,
                                        .seed = base_random_next (&world->random) };
        if (mst_store_new (&options, &world->stores[i]))
            return false;
        for (uint64_t peer = 1; peer <= SIM_NODES; peer++)
            if (peer != options.replica)
                (void) mst_store_peer_add (world->stores[i], peer);
        (void) mst_store_tick (world->stores[i], world->now_ns);
    }
    for (uint32_t i = 0; i < SIM_ITEMS; i++) {
        char path[32];
        mst_crdt_t *crdt;
        size_t size = (size_t) snprintf (path, sizeof path, "item/%u", i);
        mst_store_t *store = world->stores[i % SIM_NODES];
        if (mst_store_open (store, path, size, MST_CRDT_PNCOUNTER, &crdt) ||
            mst_crdt_increment (crdt, NULL, 1) ||
            mst_store_commit (store, path, size, MST_CONSISTENCY_EVENTUAL))
            return false;
    }
    return true;
}

static bool world_alike (world_t *world)
{
    uint64_t first = 0, hash = 0;
    for (uint32_t i = 0; i < SIM_NODES; i++) {
        if (mst_store_hash (world->stores[i], &hash) || (i > 0 && hash != first))
            return false;
        first = hash;
    }
    return true;
}

static double converge (double loss, uint64_t seed)
{
    static world_t world;
    memset (&world, 0, sizeof world);
    base_random_init (&world.random, seed);
    world.loss = loss;
    world.now_ns = 1700000000000000000u;
    uint64_t began_ns = world.now_ns;
    bool good = world_fill (&world);
    while (good && !world_alike (&world) && world.now_ns - began_ns < 300000000000u)
        world_step (&world);
    for (uint32_t i = 0; i < world.count; i++)
        free (world.letters[i].data);
    for (uint32_t i = 0; i < SIM_NODES; i++)
        mst_store_destroy (&world.stores[i]);
    return good ? (double) (world.now_ns - began_ns) * 1e-9 : NAN;
}

/*  The slowest of `count` seeds. */
static double converge_worst (double loss, uint64_t count)
{
    double worst = 0;
    for (uint64_t seed = 1; seed <= count; seed++) {
        double took = converge (loss, seed);
        if (isnan (took) || took > worst)
            worst = took;
    }
    return worst;
}

double bench_state_converge (const bench_case_t *self)
{
    return converge_worst (0, self->count);
}

double bench_state_converge_half (const bench_case_t *self)
{
    return converge_worst (0.5, self->count);
}
