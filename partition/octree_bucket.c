/*  A leaf's store. Entries keep their places, so what leads to them stays true while others come
   and go; one byte an entry says in which order their ids stand. */
#include "base/alloc.h"
#include "base/error.h"
#include "partition/octree.h"

enum {
    OCTREE_ALIGNMENT = 32,   /* an entry never lies across two lines of memory */
    OCTREE_BUCKET_HEADER = 2 /* bytes before the entries: capacity, lead */
};
_Static_assert(sizeof (octree_entry_t) == OCTREE_ALIGNMENT, "entries fill their half line");

mst_err_t partition_octree_alloc (mst_octree_t *self, size_t size_bytes, void **block)
{
    base_assert (size_bytes > 0);
    base_assert (block != NULL);
    if (self->limit_bytes && size_bytes > self->limit_bytes - self->bytes)
        return base_error (MST_E_LIMIT,
                           "an octree of %zu bytes needs %zu more: limit_bytes (%zu) is reached",
                           self->bytes, size_bytes, self->limit_bytes);
    *block = base_alloc (size_bytes);
    if (!*block)
        return base_alloc_error ();
    self->bytes += size_bytes;
    return MST_OK;
}

void partition_octree_free (mst_octree_t *self, void *block, size_t size_bytes)
{
    if (!block)
        return;
    base_assert (self->bytes >= size_bytes);
    self->bytes -= size_bytes;
    base_free (block);
}

static size_t octree_bucket_bytes (const mst_octree_t *self, uint32_t capacity)
{
    size_t each = sizeof (octree_entry_t) + (self->extents ? sizeof (double) : 0);
    return capacity * each + OCTREE_ALIGNMENT;
}

/*  An empty bucket for at least `room` entries. */
mst_err_t partition_octree_bucket_new (mst_octree_t *self, uint32_t room, octree_bucket_t *bucket)
{
    uint32_t capacity =
        (room + OCTREE_BUCKET_STEP - 1) / OCTREE_BUCKET_STEP * (uint32_t) OCTREE_BUCKET_STEP;
    void *block = NULL;

    base_assert (room > 0 && capacity <= MST_OCTREE_LEAF_CAPACITY);
    mst_err_t err = partition_octree_alloc (self, octree_bucket_bytes (self, capacity), &block);
    if (err)
        return err;
    uintptr_t lead = OCTREE_ALIGNMENT - ((uintptr_t) block & (OCTREE_ALIGNMENT - 1));
    uint8_t *entries = (uint8_t *) block + lead;
    base_assert (lead >= OCTREE_BUCKET_HEADER);
    entries[-1] = (uint8_t) capacity;
    entries[-2] = (uint8_t) lead;
    *bucket = (octree_bucket_t){ .entries = (octree_entry_t *) (void *) entries };
    return MST_OK;
}

void partition_octree_bucket_free (mst_octree_t *self, octree_bucket_t *bucket)
{
    if (bucket->entries)
        partition_octree_free (self,
                               (uint8_t *) bucket->entries - ((uint8_t *) bucket->entries)[-2],
                               octree_bucket_bytes (self, octree_capacity (bucket)));
    *bucket = (octree_bucket_t){ 0 };
}

/*  Room for one more in a leaf's bucket; places stay as they are. */
mst_err_t partition_octree_bucket_grow (mst_octree_t *self, uint32_t leaf)
{
    octree_bucket_t *old = &self->cells[leaf].bucket, grown;
    uint32_t count = self->nodes[leaf].count;

    base_assert (octree_is_leaf (&self->nodes[leaf]));
    base_assert (count < MST_OCTREE_LEAF_CAPACITY);
    if (count < octree_capacity (old))
        return MST_OK;
    mst_err_t err = partition_octree_bucket_new (self, count + 1, &grown);
    if (err)
        return err;
    if (old->entries) {
        memcpy (grown.entries, old->entries, octree_capacity (old) * sizeof *old->entries);
        if (self->extents)
            memcpy (octree_radii (&grown), octree_radii (old),
                    octree_capacity (old) * sizeof (double));
        grown.used = old->used;
        partition_octree_bucket_free (self, old);
    }
    *old = grown;
    return MST_OK;
}

/*  Gives back a bucket that is mostly empty for a smaller one, if one is to be had. */
void partition_octree_bucket_trim (mst_octree_t *self, uint32_t leaf)
{
    octree_bucket_t *old = &self->cells[leaf].bucket, fitting;
    uint32_t *slots[MST_OCTREE_LEAF_CAPACITY], count = self->nodes[leaf].count, to = 0;

    base_assert (count <= octree_capacity (old));
    if (octree_capacity (old) - count < 3u * OCTREE_BUCKET_STEP)
        return;
    if (count == 0) {
        partition_octree_bucket_free (self, old);
        return;
    }
    if (partition_octree_bucket_new (self, count + OCTREE_BUCKET_STEP, &fitting))
        return;
    /*  All slots are found before one is changed: until then each leads to the id that it stands
     * for. */
    for (uint64_t left = old->used; left; left &= left - 1) {
        uint32_t place = (uint32_t) __builtin_ctzll (left);
        slots[to] = octree_find_slot (self, old->entries[place].id);
        fitting.entries[to] = old->entries[place];
        if (self->extents)
            octree_radii (&fitting)[to] = octree_radii (old)[place];
        to++;
    }
    for (uint32_t i = 0; i < count; i++)
        *slots[i] = octree_location (self, fitting.entries[i].id, leaf, i);
    fitting.used = UINT64_MAX >> (64 - count);
    partition_octree_bucket_free (self, old);
    *old = fitting;
}

/*  Insertion sort: what a query finds in one leaf is a few. */
uint32_t partition_octree_in_order (const octree_bucket_t *bucket, uint64_t mask,
                                    uint8_t places[MST_OCTREE_LEAF_CAPACITY])
{
    uint32_t count = 0;

    base_assert ((mask & ~bucket->used) == 0);
    for (; mask; mask &= mask - 1) {
        uint8_t place = (uint8_t) __builtin_ctzll (mask);
        uint64_t id = bucket->entries[place].id;
        uint32_t at = count++;
        for (; at > 0 && bucket->entries[places[at - 1]].id > id; at--)
            places[at] = places[at - 1];
        places[at] = place;
    }
    return count;
}
