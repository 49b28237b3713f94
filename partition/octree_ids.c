/*  The table from ids to nodes and places: open addressing, linear probing, at most three quarters
   full. Removing shifts back what follows (Knuth, volume 3, algorithm 6.4 R), so there are no
   tombstones and the table is as quick after a million removals as before. */
#include "base/error.h"
#include "partition/octree.h"

enum { OCTREE_FIRST_SLOT_BITS = 6, OCTREE_SLOT_BITS_MAX = 27 };
_Static_assert((1 << OCTREE_SLOT_BITS_MAX) / 4 * 3 >= MST_OCTREE_ENTITIES_MAX, "all find a slot");

static size_t octree_table_bytes (uint32_t bits)
{
    return bits ? sizeof (uint32_t) << bits : 0;
}

/*  Where an id, known not to be in, would stand. */
uint32_t *partition_octree_free_slot (mst_octree_t *self, uint64_t id)
{
    uint32_t mask = (1u << self->slot_bits) - 1;
    uint32_t at = octree_slot_index (self, id);
    base_assert (self->slots != NULL);
    while (self->slots[at] != OCTREE_NONE)
        at = (at + 1) & mask;
    return &self->slots[at];
}

/*  Enters every entity of the tree into a table that was just made. */
static void octree_fill_slots (mst_octree_t *self)
{
    for (uint32_t node = 0; node < self->node_count; node++) {
        const octree_bucket_t *bucket = &self->cells[node].bucket;
        for (uint64_t left = bucket->used; left; left &= left - 1) {
            uint32_t place = (uint32_t) __builtin_ctzll (left);
            uint64_t id = bucket->entries[place].id;
            *partition_octree_free_slot (self, id) = octree_location (self, id, node, place);
        }
    }
}

mst_err_t partition_octree_reserve_ids (mst_octree_t *self, size_t count)
{
    uint32_t bits = self->slot_bits ? self->slot_bits : (uint32_t) OCTREE_FIRST_SLOT_BITS;
    void *slots = NULL;

    if (count > MST_OCTREE_ENTITIES_MAX)
        return base_error (MST_E_LIMIT,
                           "an octree holds at most %d entities (MST_OCTREE_ENTITIES_MAX)",
                           MST_OCTREE_ENTITIES_MAX);
    while (((size_t) 1 << bits) / 4 * 3 < count)
        bits++;
    base_assert (bits <= OCTREE_SLOT_BITS_MAX);
    if (bits == self->slot_bits)
        return MST_OK;
    mst_err_t err = partition_octree_alloc (self, octree_table_bytes (bits), &slots);
    if (err)
        return err;
    partition_octree_free (self, self->slots, octree_table_bytes (self->slot_bits));
    memset (slots, 0xff, octree_table_bytes (bits));
    self->slots = slots;
    self->slot_bits = bits;
    octree_fill_slots (self);
    return MST_OK;
}

/*  An entity went from one node and place to another: its slot is found by what it says, without a
    look at the entry. */
void partition_octree_move_slot (mst_octree_t *self, uint64_t id, uint32_t from, uint32_t to)
{
    uint32_t mask = (1u << self->slot_bits) - 1;
    uint32_t at = octree_slot_index (self, id);
    while (self->slots[at] != from) {
        base_assert (self->slots[at] != OCTREE_NONE);
        at = (at + 1) & mask;
    }
    self->slots[at] = to;
}

void partition_octree_remove_slot (mst_octree_t *self, uint32_t *slot)
{
    uint32_t mask = (1u << self->slot_bits) - 1;
    uint32_t hole = (uint32_t) (slot - self->slots), at = hole;
    base_assert (hole <= mask);
    self->slots[hole] = OCTREE_NONE;
    for (;;) {
        at = (at + 1) & mask;
        uint32_t next = self->slots[at];
        if (next == OCTREE_NONE)
            return;
        const octree_bucket_t *bucket = &self->cells[octree_slot_node (next)].bucket;
        uint32_t home = octree_slot_index (self, bucket->entries[octree_slot_place (next)].id);
        /*  It may fill the hole unless its home lies between the two. */
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        self->slots[hole] = next;
        self->slots[at] = OCTREE_NONE;
        hole = at;
    }
}
