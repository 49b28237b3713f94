/*  Blocks of one size out of one reservation: the bound on a run's memory. Private to timewarp*.

    Each worker keeps a few free blocks; what is too many goes back in chunks, under a lock. Blocks
    that nobody has taken yet are not touched, so that a large reservation costs nothing. */
#ifndef TIMEMGMT_TIMEWARP_POOL_H
#define TIMEMGMT_TIMEWARP_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

enum { TIMEWARP_CHUNK = 64 }; /* blocks that move between a worker and the others at a time */

typedef struct timewarp_pool {
    void *memory;
    uint8_t *base;                   /* the first block, at the beginning of a line */
    size_t stride_bytes, link_bytes; /* of a block; to its two links */
    uint32_t capacity;
    void (*relax) (void);
    char apart[64];
    atomic_flag lock;
    uint32_t fresh;    /* blocks below it were taken once */
    uint32_t shared;   /* the first free chunk */
    atomic_uint spare; /* blocks that are in no worker's hands */
} timewarp_pool_t;

/*  A worker's free blocks. */
typedef struct timewarp_cache {
    uint32_t head, count;
} timewarp_cache_t;

/*  link_bytes: where in a free block two 32-bit numbers have room. Errors: MST_E_NO_MEMORY. */
mst_err_t timewarp_pool_init (timewarp_pool_t *self, size_t stride_bytes, size_t link_bytes,
                              uint32_t capacity, void (*relax) (void));
void timewarp_pool_fini (timewarp_pool_t *self);

bool timewarp_pool_refill (timewarp_pool_t *self, timewarp_cache_t *cache); /* false: none left */
void timewarp_pool_spill (timewarp_pool_t *self, timewarp_cache_t *cache);  /* a chunk */
void timewarp_pool_flush (timewarp_pool_t *self, timewarp_cache_t *cache);  /* all */

static inline void *timewarp_pool_at (const timewarp_pool_t *self, uint32_t block)
{
    return self->base + block * self->stride_bytes;
}

static inline uint32_t *timewarp_pool_links (const timewarp_pool_t *self, uint32_t block)
{
    return (uint32_t *) (void *) (self->base + block * self->stride_bytes + self->link_bytes);
}

/*  TIMEWARP_NONE: none left. */
static inline uint32_t timewarp_pool_take (timewarp_pool_t *self, timewarp_cache_t *cache)
{
    if (cache->count == 0 && !timewarp_pool_refill (self, cache))
        return UINT32_MAX >> 1;
    uint32_t block = cache->head;
    cache->head = timewarp_pool_links (self, block)[0];
    cache->count--;
    return block;
}

static inline void timewarp_pool_give (timewarp_pool_t *self, timewarp_cache_t *cache,
                                       uint32_t block)
{
    timewarp_pool_links (self, block)[0] = cache->head;
    cache->head = block;
    if (++cache->count >= 4 * TIMEWARP_CHUNK)
        timewarp_pool_spill (self, cache);
}

#endif
