/*  Shards. All lists stand in one table, `copies` places a shard; a change of nodes makes a new
   table beside the old one, counts what differs, and takes its place. */
#include <muster/shard.h>
#include "base/alloc.h"
#include "base/error.h"
#include "base/map.h"
#include "partition/ring.h"

#include <stdbool.h>
#include <string.h>

#define SHARD_NONE UINT32_MAX

struct mst_shards {
    mst_shard_kind_t kind;
    uint32_t shards;
    uint32_t copies;
    uint64_t *bounds;                    /* range */
    base_map_t directory;                /* key to shard */
    uint32_t nodes[MST_SHARD_NODES_MAX]; /* rising */
    uint32_t node_count;
    uint32_t *table; /* nodes' ids; NONE where there are fewer nodes than copies */
};

static size_t shard_entries (const mst_shards_t *self)
{
    base_assert (self->shards > 0);
    base_assert (self->copies > 0);
    return (size_t) self->shards * self->copies;
}

static mst_err_t shard_check (const mst_shard_options_t *options)
{
    if ((unsigned) options->kind > MST_SHARD_DIRECTORY)
        return base_error (MST_E_INVALID_ARGUMENT, "there is no kind of shards %d",
                           (int) options->kind);
    if (options->shards == 0 || options->shards > MST_SHARDS_MAX ||
        options->copies > MST_SHARD_COPIES_MAX)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "%u shards with %u copies: 1 to %d (MST_SHARDS_MAX) with at most %d "
                           "(MST_SHARD_COPIES_MAX)",
                           options->shards, options->copies, MST_SHARDS_MAX, MST_SHARD_COPIES_MAX);
    if (options->kind != MST_SHARD_RANGE)
        return MST_OK;
    if (!options->bounds && options->shards > 1)
        return base_error (MST_E_INVALID_ARGUMENT, "shards by range need bounds");
    for (uint32_t i = 1; i + 1 < options->shards; i++)
        if (options->bounds[i] <= options->bounds[i - 1])
            return base_error (MST_E_INVALID_ARGUMENT,
                               "the bounds of shards rise; number %u (%llu) does not", i,
                               (unsigned long long) options->bounds[i]);
    return MST_OK;
}

mst_err_t mst_shards_new (const mst_shard_options_t *options, mst_shards_t **shards)
{
    base_assert (options != NULL);
    base_assert (shards != NULL);
    *shards = NULL;
    mst_err_t err = shard_check (options);
    if (err)
        return err;
    mst_shards_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->kind = options->kind;
    self->shards = options->shards;
    self->copies = options->copies ? options->copies : 1;
    base_map_init (&self->directory);
    self->table = base_alloc (shard_entries (self) * sizeof *self->table);
    if (self->kind == MST_SHARD_RANGE)
        self->bounds = base_calloc (self->shards, sizeof *self->bounds);
    if (!self->table || (self->kind == MST_SHARD_RANGE && !self->bounds)) {
        mst_shards_destroy (&self);
        return base_alloc_error ();
    }
    memset (self->table, 0xff, shard_entries (self) * sizeof *self->table);
    if (self->bounds && self->shards > 1)
        memcpy (self->bounds, options->bounds, (self->shards - 1) * sizeof *self->bounds);
    *shards = self;
    return MST_OK;
}

void mst_shards_destroy (mst_shards_t **shards)
{
    base_assert (shards != NULL);
    mst_shards_t *self = *shards;
    if (!self)
        return;
    base_map_fini (&self->directory);
    base_free (self->bounds);
    base_free (self->table);
    base_free (self);
    *shards = NULL;
}

/*  Where a node stands among the others, or would stand. */
static uint32_t shard_node_at (const mst_shards_t *self, uint32_t node)
{
    uint32_t at = 0;
    base_assert (self->node_count <= MST_SHARD_NODES_MAX);
    while (at < self->node_count && self->nodes[at] < node)
        at++;
    return at;
}

static bool shard_has_node (const mst_shards_t *self, uint32_t node)
{
    uint32_t at = shard_node_at (self, node);
    base_assert (at <= self->node_count);
    return at < self->node_count && self->nodes[at] == node;
}

static bool shard_lists (const uint32_t *list, uint32_t copies, uint32_t node)
{
    base_assert (list != NULL);
    for (uint32_t i = 0; i < copies; i++)
        if (list[i] == node)
            return true;
    return false;
}

/*  How many entries each node has, by its place among the nodes. */
static void shard_count (const mst_shards_t *self, const uint32_t *table, uint64_t *counts)
{
    base_assert (table != NULL);
    memset (counts, 0, MST_SHARD_NODES_MAX * sizeof *counts);
    for (size_t i = 0; i < shard_entries (self); i++)
        if (table[i] != SHARD_NONE && shard_has_node (self, table[i]))
            counts[shard_node_at (self, table[i])]++;
}

/*  The places that a node which came takes from others: one of a shard, from the node of its list
   that has most. First from nodes with one above the new share or more, then from any above it. */
static void shard_take (const mst_shards_t *self, uint32_t *table, uint32_t node)
{
    uint64_t counts[MST_SHARD_NODES_MAX];
    uint64_t share = shard_entries (self) / self->node_count, taken = 0;

    base_assert (self->node_count > self->copies);
    shard_count (self, table, counts);
    for (uint64_t above = share + 1; above + 1 > share && taken < share; above--) {
        for (uint32_t shard = 0; shard < self->shards && taken < share; shard++) {
            uint32_t *list = table + (size_t) shard * self->copies, most = 0;
            if (shard_lists (list, self->copies, node))
                continue;
            for (uint32_t i = 1; i < self->copies; i++)
                if (counts[shard_node_at (self, list[i])] >
                    counts[shard_node_at (self, list[most])])
                    most = i;
            uint64_t *count = &counts[shard_node_at (self, list[most])];
            if (*count <= above)
                continue;
            --*count;
            list[most] = node;
            taken++;
        }
        if (above == 0)
            break;
    }
    base_assert (taken <= share);
}

/*  With more places than nodes everyone has everything. */
static void shard_append (const mst_shards_t *self, uint32_t *table, uint32_t node)
{
    base_assert (self->node_count <= self->copies);
    base_assert (self->node_count > 0);
    for (uint32_t shard = 0; shard < self->shards; shard++)
        table[(size_t) shard * self->copies + self->node_count - 1] = node;
}

/*  A node went, and is not among the nodes any more: each of its places goes to the node with the
   fewest that is not in the list yet. */
static void shard_replace (const mst_shards_t *self, uint32_t *table, uint32_t node)
{
    uint64_t counts[MST_SHARD_NODES_MAX];

    base_assert (!shard_has_node (self, node));
    shard_count (self, table, counts);
    for (uint32_t shard = 0; shard < self->shards; shard++) {
        uint32_t *list = table + (size_t) shard * self->copies, at = 0, best = SHARD_NONE;
        while (at < self->copies && list[at] != node)
            at++;
        if (at == self->copies)
            continue;
        for (uint32_t i = 0; i < self->node_count; i++)
            if ((best == SHARD_NONE || counts[i] < counts[best]) &&
                !shard_lists (list, self->copies, self->nodes[i]))
                best = i;
        if (best != SHARD_NONE) {
            list[at] = self->nodes[best];
            counts[best]++;
            continue;
        }
        for (; at + 1 < self->copies; at++)
            list[at] = list[at + 1];
        list[self->copies - 1] = SHARD_NONE;
    }
}

/*  Fills one list by a walk around the circle; `bound`: no node takes more entries than that. */
static uint32_t shard_walk (const mst_shards_t *self, const partition_ring_point_t *ring,
                            uint32_t shard, uint32_t *list, uint32_t filled, uint64_t *counts,
                            uint64_t bound)
{
    size_t points = (size_t) self->node_count * PARTITION_RING_POINTS;
    size_t start = partition_ring_find (ring, points, partition_mix (~(uint64_t) shard));

    base_assert (filled <= self->copies);
    for (size_t i = 0; i < points && filled < self->copies; i++) {
        uint32_t node = ring[(start + i) % points].node;
        uint64_t *count = &counts[shard_node_at (self, node)];
        if (*count >= bound || shard_lists (list, filled, node))
            continue;
        list[filled++] = node;
        ++*count;
    }
    base_assert (filled <= self->copies);
    return filled;
}

static mst_err_t shard_ring (const mst_shards_t *self, uint32_t *table)
{
    uint64_t counts[MST_SHARD_NODES_MAX] = { 0 };
    size_t points = (size_t) self->node_count * PARTITION_RING_POINTS;

    memset (table, 0xff, shard_entries (self) * sizeof *table);
    if (self->node_count == 0)
        return MST_OK;
    partition_ring_point_t *ring = base_alloc (points * sizeof *ring);
    if (!ring)
        return base_alloc_error ();
    for (uint32_t i = 0; i < self->node_count; i++)
        partition_ring_points (self->nodes[i], self->nodes[i],
                               ring + (size_t) i * PARTITION_RING_POINTS);
    partition_ring_sort (ring, points);
    uint32_t width = self->copies < self->node_count ? self->copies : self->node_count;
    uint64_t entries = (uint64_t) self->shards * width;
    uint64_t bound = (entries * 5 + 4 * (uint64_t) self->node_count - 1) / (4 * self->node_count);
    base_assert (bound * self->node_count >= entries);
    for (uint32_t shard = 0; shard < self->shards; shard++) {
        uint32_t *list = table + (size_t) shard * self->copies;
        uint32_t filled = shard_walk (self, ring, shard, list, 0, counts, bound);
        /*  The last few may find only nodes that are in their list already: then above the bound.
         */
        (void) shard_walk (self, ring, shard, list, filled, counts, UINT64_MAX);
    }
    base_free (ring);
    return MST_OK;
}

/*  Takes the new table, and tells what moved. minimum is the caller's. */
static void shard_settle (mst_shards_t *self, uint32_t *fresh, mst_shard_movement_t *movement)
{
    base_assert (fresh != NULL);
    base_assert (fresh != self->table);
    for (uint32_t shard = 0; movement && shard < self->shards; shard++) {
        size_t at = (size_t) shard * self->copies;
        for (uint32_t i = 0; i < self->copies; i++)
            if (fresh[at + i] != SHARD_NONE) {
                movement->entries++;
                movement->moved += !shard_lists (self->table + at, self->copies, fresh[at + i]);
            }
    }
    base_free (self->table);
    self->table = fresh;
}

static void shard_insert_node (mst_shards_t *self, uint32_t node)
{
    uint32_t at = shard_node_at (self, node);
    base_assert (self->node_count < MST_SHARD_NODES_MAX);
    memmove (self->nodes + at + 1, self->nodes + at, (self->node_count - at) * sizeof *self->nodes);
    self->nodes[at] = node;
    self->node_count++;
}

static void shard_erase_node (mst_shards_t *self, uint32_t node)
{
    uint32_t at = shard_node_at (self, node);
    base_assert (shard_has_node (self, node));
    self->node_count--;
    memmove (self->nodes + at, self->nodes + at + 1, (self->node_count - at) * sizeof *self->nodes);
}

static uint32_t *shard_copy_table (const mst_shards_t *self)
{
    size_t size_bytes = shard_entries (self) * sizeof *self->table;
    uint32_t *fresh = base_alloc (size_bytes);
    base_assert (self->table != NULL);
    if (fresh)
        memcpy (fresh, self->table, size_bytes);
    return fresh;
}

mst_err_t mst_shards_add_node (mst_shards_t *shards, uint32_t node, mst_shard_movement_t *movement)
{
    mst_err_t err = MST_OK;

    base_assert (shards != NULL);
    if (node == SHARD_NONE || shard_has_node (shards, node))
        return base_error (MST_E_INVALID_ARGUMENT, "node %u has shards already, or is no number",
                           node);
    if (shards->node_count == MST_SHARD_NODES_MAX)
        return base_error (MST_E_LIMIT, "shards have at most %d nodes (MST_SHARD_NODES_MAX)",
                           MST_SHARD_NODES_MAX);
    uint32_t *fresh = shard_copy_table (shards);
    if (!fresh)
        return base_alloc_error ();
    shard_insert_node (shards, node);
    bool everywhere = shards->node_count <= shards->copies;
    if (shards->kind == MST_SHARD_CONSISTENT)
        err = shard_ring (shards, fresh);
    else if (everywhere)
        shard_append (shards, fresh, node);
    else
        shard_take (shards, fresh, node);
    if (err) {
        shard_erase_node (shards, node);
        base_free (fresh);
        return err;
    }
    if (movement)
        *movement = (mst_shard_movement_t){
            .minimum = everywhere ? shards->shards : shard_entries (shards) / shards->node_count
        };
    shard_settle (shards, fresh, movement);
    return MST_OK;
}

mst_err_t mst_shards_remove_node (mst_shards_t *shards, uint32_t node,
                                  mst_shard_movement_t *movement)
{
    uint64_t counts[MST_SHARD_NODES_MAX];
    mst_err_t err = MST_OK;

    base_assert (shards != NULL);
    if (!shard_has_node (shards, node))
        return base_error (MST_E_OBJECT_UNKNOWN, "node %u has no shards", node);
    uint32_t *fresh = shard_copy_table (shards);
    if (!fresh)
        return base_alloc_error ();
    shard_count (shards, shards->table, counts);
    uint64_t had = counts[shard_node_at (shards, node)];
    shard_erase_node (shards, node);
    if (shards->kind == MST_SHARD_CONSISTENT)
        err = shard_ring (shards, fresh);
    else
        shard_replace (shards, fresh, node);
    if (err) {
        shard_insert_node (shards, node);
        base_free (fresh);
        return err;
    }
    if (movement)
        *movement =
            (mst_shard_movement_t){ .minimum = shards->node_count < shards->copies ? 0 : had };
    shard_settle (shards, fresh, movement);
    return MST_OK;
}

static uint32_t shard_by_hash (const mst_shards_t *self, uint64_t key)
{
    base_assert (self->shards <= MST_SHARDS_MAX);
    return (uint32_t) ((partition_mix (key) >> 32) * self->shards >> 32);
}

static uint32_t shard_by_range (const mst_shards_t *self, uint64_t key)
{
    uint32_t low = 0, high = self->shards - 1;

    base_assert (self->bounds != NULL);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (self->bounds[middle] <= key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static mst_err_t shard_not_entered (uint64_t key)
{
    return base_error (MST_E_OBJECT_UNKNOWN, "key %llu was never entered into the directory",
                       (unsigned long long) key);
}

mst_err_t mst_shards_find (const mst_shards_t *shards, uint64_t key, uint32_t *shard)
{
    uint64_t entered = 0;

    base_assert (shards != NULL);
    base_assert (shard != NULL);
    if (shards->kind == MST_SHARD_DIRECTORY && !base_map_get (&shards->directory, key, &entered))
        return shard_not_entered (key);
    *shard = shards->kind == MST_SHARD_DIRECTORY ? (uint32_t) entered
             : shards->kind == MST_SHARD_RANGE   ? shard_by_range (shards, key)
                                                 : shard_by_hash (shards, key);
    base_assert (*shard < shards->shards);
    return MST_OK;
}

size_t mst_shards_nodes (const mst_shards_t *shards, uint32_t shard, uint32_t *nodes,
                         size_t capacity)
{
    size_t count = 0;

    base_assert (shards != NULL);
    base_assert (nodes != NULL || capacity == 0);
    if (shard >= shards->shards)
        return 0;
    const uint32_t *list = shards->table + (size_t) shard * shards->copies;
    while (count < capacity && count < shards->copies && list[count] != SHARD_NONE) {
        nodes[count] = list[count];
        count++;
    }
    return count;
}

mst_err_t mst_shards_enter (mst_shards_t *shards, uint64_t key, uint32_t shard)
{
    base_assert (shards != NULL);
    if (shards->kind != MST_SHARD_DIRECTORY || shard >= shards->shards)
        return base_error (MST_E_INVALID_ARGUMENT, "key %llu cannot be entered for shard %u: %s",
                           (unsigned long long) key, shard,
                           shards->kind == MST_SHARD_DIRECTORY ? "there is none of that number"
                                                               : "these shards are no directory");
    return base_map_set (&shards->directory, key, shard);
}

mst_err_t mst_shards_forget (mst_shards_t *shards, uint64_t key)
{
    base_assert (shards != NULL);
    return base_map_remove (&shards->directory, key) ? MST_OK : shard_not_entered (key);
}
