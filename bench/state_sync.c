/*  The synchroniser: 10,000 entities of 144 bytes, of which 30 % move in each version. The
   reference is the bare algorithm over one block: XOR with the version before, a copy, zstd of the
   same level. */
#include "bench/bench.h"
#include "base/random.h"
#include <muster/sync.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { SYNC_ENTITIES = 10000, SYNC_DOUBLES = 18, SYNC_MOVED = 3000, SYNC_VERSIONS_MAX = 1000 };

typedef struct sync_entity {
    double state[SYNC_DOUBLES]; /* places, speeds, and what rarely changes */
} sync_entity_t;

typedef struct sync_world {
    sync_entity_t *entities;
    uint64_t numbers[SYNC_ENTITIES];
    mst_sync_t *source;
    mst_sync_t *follower;
    base_random_t random;
    uint32_t first; /* of those that move in this version */
} sync_world_t;

static void sync_fill (sync_world_t *self)
{
    self->entities = calloc (SYNC_ENTITIES, sizeof *self->entities);
    base_random_init (&self->random, 1);
    for (int i = 0; self->entities && i < SYNC_ENTITIES; i++)
        for (int k = 0; k < SYNC_DOUBLES; k++)
            self->entities[i].state[k] = (double) base_random_below (&self->random, 1000000) * 1e-3;
}

/*  A third or so of them, evenly spread; others in the next version. */
static uint32_t sync_mover (const sync_world_t *self, uint32_t k)
{
    return (uint32_t) (((uint64_t) k * SYNC_ENTITIES / SYNC_MOVED + self->first) % SYNC_ENTITIES);
}

static void sync_move (sync_world_t *self)
{
    self->first = (uint32_t) base_random_below (&self->random, SYNC_ENTITIES);
    for (uint32_t k = 0; k < SYNC_MOVED; k++) {
        sync_entity_t *entity = &self->entities[sync_mover (self, k)];
        for (int i = 0; i < 3; i++)
            entity->state[i] += entity->state[3 + i] * 1e-2;
    }
}

static bool sync_good (mst_err_t err)
{
    if (err)
        fprintf (stderr, "muster-bench: %s\n", mst_error_text ());
    return !err;
}

static bool sync_commit (sync_world_t *self)
{
    mst_err_t err = MST_OK;
    for (uint32_t k = 0; !err && k < SYNC_MOVED; k++) {
        uint32_t i = sync_mover (self, k);
        err = mst_sync_set_number (self->source, self->numbers[i], &self->entities[i],
                                   sizeof self->entities[i]);
    }
    return sync_good (err ? err : mst_sync_commit (self->source, 0, NULL));
}

static bool sync_make (sync_world_t *self, mst_sync_strategy_t strategy, const void **data,
                       size_t *size_bytes)
{
    uint64_t base = mst_sync_version (self->follower);
    return sync_good (mst_sync_make (self->source, base, strategy, data, size_bytes));
}

static bool sync_start (sync_world_t *self)
{
    const mst_sync_options_t source = { .type = 1, .origin = 1, .strategy = MST_SYNC_DELTA };
    const mst_sync_options_t follower = { .type = 1 };
    const void *data;
    size_t size_bytes;
    sync_fill (self);
    mst_err_t err = mst_sync_new (&source, &self->source);
    if (!err)
        err = mst_sync_new (&follower, &self->follower);
    for (int i = 0; !err && i < SYNC_ENTITIES; i++) {
        char name[32];
        (void) snprintf (name, sizeof name, "entities/%d", i);
        err = mst_sync_set (self->source, name, &self->entities[i], sizeof self->entities[i]);
        if (!err)
            err = mst_sync_number (self->source, name, &self->numbers[i]);
    }
    if (!err)
        err = mst_sync_commit (self->source, 0, NULL);
    return sync_good (err) && sync_make (self, MST_SYNC_FULL, &data, &size_bytes) &&
           sync_good (mst_sync_apply (self->follower, data, size_bytes, 0));
}

static void sync_end (sync_world_t *self)
{
    mst_sync_destroy (&self->source);
    mst_sync_destroy (&self->follower);
    free (self->entities);
}

static int sync_by_value (const void *a, const void *b)
{
    double left = *(const double *) a, right = *(const double *) b;
    return left < right ? -1 : left > right;
}

/*  The median version's rate, in GB of state per second. */
static double sync_median (double *seconds, size_t count)
{
    qsort (seconds, count, sizeof *seconds, sync_by_value);
    return SYNC_ENTITIES * sizeof (sync_entity_t) / seconds[count / 2] * 1e-9;
}

/*  All versions are made first and then applied, so that each side has its caches for itself. */
typedef struct sync_message {
    void *data;
    size_t size_bytes;
} sync_message_t;

static double sync_rate (const bench_case_t *self, bool follower)
{
    static sync_world_t world;
    static sync_message_t messages[SYNC_VERSIONS_MAX];
    static double seconds[SYNC_VERSIONS_MAX];
    size_t count = self->count < SYNC_VERSIONS_MAX ? self->count : SYNC_VERSIONS_MAX;
    world = (sync_world_t){ 0 };
    bool good = sync_start (&world);
    for (size_t i = 0; good && i < count; i++) {
        const void *data = NULL;
        size_t size_bytes = 0;
        sync_move (&world);
        double began = bench_seconds ();
        good = sync_commit (&world) &&
               sync_good (mst_sync_make (world.source, i + 1, MST_SYNC_DELTA, &data, &size_bytes));
        seconds[i] = bench_seconds () - began;
        messages[i] = (sync_message_t){ malloc (size_bytes), size_bytes };
        if (size_bytes > 0)
            memcpy (messages[i].data, data, size_bytes);
    }
    for (size_t i = 0; i < count; i++) {
        double began = bench_seconds ();
        good = good && sync_good (mst_sync_apply (world.follower, messages[i].data,
                                                  messages[i].size_bytes, 0));
        if (follower)
            seconds[i] = bench_seconds () - began;
        free (messages[i].data);
    }
    good = good && mst_sync_digest (world.source) == mst_sync_digest (world.follower);
    sync_end (&world);
    return good ? sync_median (seconds, count) : NAN;
}

double bench_sync_source (const bench_case_t *self)
{
    return sync_rate (self, false);
}

double bench_sync_follower (const bench_case_t *self)
{
    return sync_rate (self, true);
}

/*  The whole state's bytes, packed the same way, over those of a delta. */
double bench_sync_ratio (const bench_case_t *self)
{
    static sync_world_t world;
    const void *data;
    size_t full_bytes = 0, delta_bytes = 1;
    (void) self;
    world = (sync_world_t){ 0 };
    bool good = sync_start (&world);
    sync_move (&world);
    good = good && sync_commit (&world) && sync_make (&world, MST_SYNC_FULL, &data, &full_bytes) &&
           sync_make (&world, MST_SYNC_DELTA, &data, &delta_bytes);
    sync_end (&world);
    return good ? (double) full_bytes / (double) delta_bytes : NAN;
}

/*  The bare algorithm ------------------------------------------------------------------------- */

static size_t bare_delta (const sync_world_t *self, sync_entity_t *before, uint64_t *out)
{
    size_t words = sizeof (sync_entity_t) / sizeof *out, at = 0;
    for (uint32_t k = 0; k < SYNC_MOVED; k++) {
        uint32_t i = sync_mover (self, k);
        uint64_t now[SYNC_DOUBLES], old[SYNC_DOUBLES];
        memcpy (now, &self->entities[i], sizeof now);
        memcpy (old, &before[i], sizeof old);
        for (size_t w = 0; w < words; w++)
            out[at++] = now[w] ^ old[w];
        before[i] = self->entities[i];
    }
    return at * sizeof *out;
}

static double bare_rate (const bench_case_t *self, bool ratio)
{
    static sync_world_t world;
    size_t state_bytes = SYNC_ENTITIES * sizeof (sync_entity_t), packed = 0;
    size_t room = ZSTD_compressBound (state_bytes);
    static double seconds[SYNC_VERSIONS_MAX];
    size_t count = self->count < SYNC_VERSIONS_MAX ? self->count : SYNC_VERSIONS_MAX;
    world = (sync_world_t){ 0 };
    sync_fill (&world);
    sync_entity_t *before = malloc (state_bytes);
    uint64_t *delta = malloc (state_bytes);
    void *out = malloc (room);
    ZSTD_CCtx *packer = ZSTD_createCCtx ();
    memcpy (before, world.entities, state_bytes);
    for (size_t i = 0; i < count; i++) {
        sync_move (&world);
        double began = bench_seconds ();
        size_t size_bytes = bare_delta (&world, before, delta);
        packed = ZSTD_compressCCtx (packer, out, room, delta, size_bytes, 1);
        seconds[i] = bench_seconds () - began;
    }
    size_t full = ZSTD_compressCCtx (packer, out, room, world.entities, state_bytes, 1);
    (void) ZSTD_freeCCtx (packer);
    free (before);
    free (delta);
    free (out);
    free (world.entities);
    return ratio ? (double) full / (double) packed : sync_median (seconds, count);
}

double bench_sync_bare (const bench_case_t *self)
{
    return bare_rate (self, false);
}

double bench_sync_bare_ratio (const bench_case_t *self)
{
    return bare_rate (self, true);
}
