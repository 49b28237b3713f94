/*  A tree of sums over the hashes of paths: a leaf for each beginning of a hash, a node's sum is
   that of its children, the root's is over all. Where two roots are equal all is equal; where not,
   the children tell where (Merkle 1987, "A digital signature based on a conventional encryption
    function"; sums of hashes in place of hashes of hashes, so that one object costs one addition a
    level: Bellare, Micciancio 1997, "A new paradigm for collision-free hashing"). */
#include "state/store.h"
#include "base/alloc.h"

static uint32_t level_nodes (uint32_t level)
{
    return 1u << (4 * level);
}

/*  Where a level's nodes begin. */
static uint32_t level_begin (uint32_t level)
{
    uint32_t begin = 0;
    for (uint32_t i = 0; i < level; i++)
        begin += level_nodes (i);
    return begin;
}

static uint32_t node_of (uint64_t path_hash, uint32_t level)
{
    base_assert (level <= STORE_LEVELS_MAX);
    return level == 0 ? 0 : (uint32_t) (path_hash >> (64 - 4 * level));
}

uint64_t store_tree_sum (const mst_store_t *self, uint32_t level, uint32_t node)
{
    base_assert (level <= self->levels && node < level_nodes (level));
    return self->sums ? self->sums[level_begin (level) + node] : 0;
}

uint64_t store_object_key (const store_object_t *object)
{
    return object->path_hash;
}

void store_tree_fini (mst_store_t *self)
{
    base_free (self->sums);
    base_free (self->leaves);
    self->sums = NULL;
    self->leaves = NULL;
}

static void sum_add (mst_store_t *self, uint64_t path_hash, uint64_t more)
{
    base_assert (self->sums != NULL);
    for (uint32_t level = 0; level <= self->levels; level++)
        self->sums[level_begin (level) + node_of (path_hash, level)] += more;
}

static void leaf_enter (mst_store_t *self, uint32_t index)
{
    store_object_t *object = &self->objects.items[index];
    uint32_t *leaf = &self->leaves[node_of (object->path_hash, self->levels)];
    object->next = *leaf;
    *leaf = index;
}

static mst_err_t tree_build (mst_store_t *self, uint32_t levels)
{
    base_assert (levels <= STORE_LEVELS_MAX);
    uint64_t *sums = base_calloc (level_begin (levels + 1), sizeof *sums);
    uint32_t *leaves = base_alloc (level_nodes (levels) * sizeof *leaves);
    if (!sums || !leaves) {
        base_free (sums);
        base_free (leaves);
        return base_alloc_error ();
    }
    store_tree_fini (self);
    memset (leaves, 0xff, level_nodes (levels) * sizeof *leaves);
    self->sums = sums;
    self->leaves = leaves;
    self->levels = levels;
    BASE_LIST_EACH (&self->objects, i) {
        store_object_t *object = &self->objects.items[i];
        if (object->sum == 0)
            continue; /* not entered yet */
        leaf_enter (self, (uint32_t) i);
        sum_add (self, object->path_hash, object->sum);
    }
    return MST_OK;
}

static mst_err_t tree_fit (mst_store_t *self)
{
    uint32_t levels = self->levels;
    while (levels < STORE_LEVELS_MAX &&
           (uint64_t) level_nodes (levels) * STORE_LEAF < self->objects.count)
        levels++;
    return levels != self->levels || !self->sums ? tree_build (self, levels) : MST_OK;
}

mst_err_t store_tree_settle (mst_store_t *self)
{
    mst_err_t err = tree_fit (self);
    if (err)
        return err;
    while (self->dirty.count > 0) {
        uint32_t index = self->dirty.items[self->dirty.count - 1];
        store_object_t *object = &self->objects.items[index];
        uint64_t hash;
        err = mst_crdt_hash (object->crdt, &hash);
        if (err)
            return err;
        if (object->sum == 0)
            leaf_enter (self, index);
        uint64_t sum = state_hash_mix (object->path_hash, hash) | 1;
        sum_add (self, object->path_hash, sum - object->sum);
        object->sum = sum;
        object->dirty = false;
        self->dirty.count--;
    }
    return MST_OK;
}

/*  A node above the leaves is a range of them; one below is a part of one. */
static uint32_t leaf_first (const mst_store_t *self, uint32_t level, uint32_t node)
{
    return level <= self->levels ? node << (4 * (self->levels - level))
                                 : node >> (4 * (level - self->levels));
}

static uint32_t leaf_end (const mst_store_t *self, uint32_t level, uint32_t node)
{
    return level <= self->levels ? (node + 1) << (4 * (self->levels - level))
                                 : (node >> (4 * (level - self->levels))) + 1;
}

static uint32_t below (const mst_store_t *self, uint32_t level, uint32_t node, uint32_t object,
                       uint32_t *leaf)
{
    uint32_t end = leaf_end (self, level, node);
    for (;;) {
        while (object != STATE_NONE &&
               node_of (self->objects.items[object].path_hash, level) != node)
            object = self->objects.items[object].next;
        if (object != STATE_NONE || ++*leaf >= end)
            return object;
        object = self->leaves[*leaf];
    }
}

uint32_t store_tree_first (const mst_store_t *self, uint32_t level, uint32_t node, uint32_t *leaf)
{
    base_assert (self->leaves != NULL && self->dirty.count == 0);
    *leaf = leaf_first (self, level, node);
    return below (self, level, node, self->leaves[*leaf], leaf);
}

uint32_t store_tree_next (const mst_store_t *self, uint32_t level, uint32_t node, uint32_t object,
                          uint32_t *leaf)
{
    return below (self, level, node, self->objects.items[object].next, leaf);
}
