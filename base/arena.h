/*  Memory that is given back all at once: the lists of one decoded record live here. Reset keeps
   the largest block, so that a warm arena allocates nothing. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

typedef struct base_arena_block base_arena_block_t;

typedef struct base_arena {
    base_arena_block_t *blocks; /* newest first */
    size_t used_bytes;          /* in the newest block */
} base_arena_t;

void base_arena_init (base_arena_t *self);
void base_arena_fini (base_arena_t *self);
void base_arena_reset (base_arena_t *self);

/*  count * size_bytes zeroed bytes, aligned to 16. NULL: no memory, or the product overflows. */
void *base_arena_alloc (base_arena_t *self, size_t count, size_t size_bytes);

/*  A copy of the bytes plus a zero byte behind them. NULL: no memory. */
char *base_arena_copy (base_arena_t *self, const void *data, size_t size_bytes);

#endif
