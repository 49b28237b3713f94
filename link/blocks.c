/*  A stack of returned blocks, linked through their first bytes. Many threads push, one takes all
   of it at a time, so that no address can come back between a look and an exchange. Each lent block
    holds a reference: the last to let go frees the rest. */
#include "link/blocks.h"
#include "base/alloc.h"
#include "base/check.h"

#include <stdatomic.h>

typedef struct block {
    struct block *next;
} block_t;

struct link_blocks {
    _Atomic (block_t *) returned;
    block_t *mine; /* taken back already; the lender's alone */
    atomic_size_t references;
    size_t block_bytes; /* of those that are lent; 0: none yet */
};

link_blocks_t *link_blocks_new (void)
{
    link_blocks_t *self = base_calloc (1, sizeof *self);
    if (self)
        atomic_init (&self->references, 1);
    return self;
}

static void link_blocks_free (block_t *block)
{
    while (block) {
        block_t *next = block->next;
        base_free (block);
        block = next;
    }
}

static void link_blocks_let_go (link_blocks_t *self)
{
    if (atomic_fetch_sub (&self->references, 1) > 1)
        return;
    link_blocks_free (atomic_load (&self->returned));
    base_free (self);
}

void link_blocks_destroy (link_blocks_t **self)
{
    base_assert (self != NULL);
    link_blocks_t *old = *self;
    if (!old)
        return;
    *self = NULL;
    link_blocks_free (old->mine);
    link_blocks_let_go (old);
}

bool link_blocks_lend (link_blocks_t *self, size_t capacity_bytes)
{
    base_assert (self != NULL && capacity_bytes >= sizeof (block_t));
    if (self->block_bytes == 0)
        self->block_bytes = capacity_bytes;
    if (self->block_bytes != capacity_bytes)
        return false;
    atomic_fetch_add (&self->references, 1);
    return true;
}

void link_blocks_return (link_blocks_t *self, void *memory)
{
    base_assert (self != NULL && memory != NULL);
    block_t *block = memory;
    block->next = atomic_load (&self->returned);
    while (!atomic_compare_exchange_weak (&self->returned, &block->next, block))
        continue;
    link_blocks_let_go (self);
}

void link_blocks_keep (link_blocks_t *self)
{
    base_assert (self != NULL);
    link_blocks_let_go (self);
}

bool link_blocks_take (link_blocks_t *self, base_buffer_t *bytes)
{
    base_assert (self != NULL && bytes != NULL);
    if (!self->mine)
        self->mine = atomic_exchange (&self->returned, NULL);
    block_t *block = self->mine;
    if (!block)
        return false;
    self->mine = block->next;
    *bytes = (base_buffer_t){ .data = (uint8_t *) block, .capacity_bytes = self->block_bytes };
    return true;
}
