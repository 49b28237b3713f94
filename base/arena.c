/*  A list of blocks, each at least as large as the one before: few allocations, one reset. */
#include "base/arena.h"
#include "base/alloc.h"
#include "base/check.h"

#include <string.h>

enum { ARENA_FIRST_BYTES = 4096, ARENA_ALIGN = 16 };

struct base_arena_block {
    base_arena_block_t *next;
    size_t capacity_bytes;
    _Alignas(ARENA_ALIGN) uint8_t data[];
};

void base_arena_init (base_arena_t *self)
{
    base_assert (self != NULL);
    *self = (base_arena_t){ 0 };
}

void base_arena_fini (base_arena_t *self)
{
    base_assert (self != NULL);
    while (self->blocks) {
        base_arena_block_t *next = self->blocks->next;
        base_free (self->blocks);
        self->blocks = next;
    }
    self->used_bytes = 0;
}

void base_arena_reset (base_arena_t *self)
{
    base_assert (self != NULL);
    if (!self->blocks)
        return;
    base_arena_block_t *kept = self->blocks;
    self->blocks = kept->next;
    base_arena_fini (self);
    kept->next = NULL;
    self->blocks = kept;
}

static bool arena_grow (base_arena_t *self, size_t size_bytes)
{
    size_t capacity = self->blocks ? self->blocks->capacity_bytes * 2 : ARENA_FIRST_BYTES;
    while (capacity < size_bytes)
        capacity *= 2;
    base_arena_block_t *block = base_alloc (sizeof *block + capacity);
    if (!block)
        return false;
    block->capacity_bytes = capacity;
    block->next = self->blocks;
    self->blocks = block;
    self->used_bytes = 0;
    return true;
}

void *base_arena_alloc (base_arena_t *self, size_t count, size_t size_bytes)
{
    base_assert (self != NULL);
    if (size_bytes > 0 && count > (SIZE_MAX / 4) / size_bytes)
        return NULL;
    size_t needed = (count * size_bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (!self->blocks || self->blocks->capacity_bytes - self->used_bytes < needed)
        if (!arena_grow (self, needed))
            return NULL;
    void *out = self->blocks->data + self->used_bytes;
    self->used_bytes += needed;
    base_assert (self->used_bytes <= self->blocks->capacity_bytes);
    memset (out, 0, needed);
    return out;
}

char *base_arena_copy (base_arena_t *self, const void *data, size_t size_bytes)
{
    base_assert (data != NULL || size_bytes == 0);
    if (size_bytes == SIZE_MAX)
        return NULL;
    char *copy = base_arena_alloc (self, size_bytes + 1, 1);
    if (copy && size_bytes > 0)
        memcpy (copy, data, size_bytes);
    return copy;
}
