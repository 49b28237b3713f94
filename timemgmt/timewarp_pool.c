/*  Chunks of free blocks under one short lock. The first link of a block leads to the next block of
    its chunk, the second link of a chunk's first block to the next chunk. */
#include "timemgmt/timewarp_pool.h"
#include "base/alloc.h"
#include "base/error.h"
#include "timemgmt/timewarp_event.h"

enum { POOL_LINE = 64 };

mst_err_t timewarp_pool_init (timewarp_pool_t *self, size_t stride_bytes, size_t link_bytes,
                              uint32_t capacity, void (*relax) (void))
{
    base_assert (link_bytes + 2 * sizeof (uint32_t) <= stride_bytes);
    base_assert (capacity < TIMEWARP_NONE && relax != NULL);
    self->stride_bytes = stride_bytes;
    self->link_bytes = link_bytes;
    self->capacity = capacity;
    self->relax = relax;
    self->fresh = 0;
    self->shared = TIMEWARP_NONE;
    atomic_init (&self->spare, capacity);
    atomic_flag_clear (&self->lock);
    self->memory = base_alloc (capacity * stride_bytes + POOL_LINE);
    if (!self->memory)
        return base_alloc_error ();
    uintptr_t start = (uintptr_t) self->memory;
    self->base = (uint8_t *) self->memory + (POOL_LINE - start % POOL_LINE) % POOL_LINE;
    return MST_OK;
}

void timewarp_pool_fini (timewarp_pool_t *self)
{
    base_free (self->memory);
    self->memory = NULL;
}

static void pool_lock (timewarp_pool_t *self)
{
    while (atomic_flag_test_and_set_explicit (&self->lock, memory_order_acquire))
        self->relax ();
}

static void pool_unlock (timewarp_pool_t *self)
{
    atomic_flag_clear_explicit (&self->lock, memory_order_release);
}

static void pool_count (timewarp_pool_t *self, int64_t blocks)
{
    unsigned spare = atomic_load_explicit (&self->spare, memory_order_relaxed);
    base_assert ((int64_t) spare + blocks >= 0 && (int64_t) spare + blocks <= self->capacity);
    atomic_store_explicit (&self->spare, (unsigned) (spare + blocks), memory_order_relaxed);
}

static void pool_put (timewarp_pool_t *self, timewarp_cache_t *cache, uint32_t count)
{
    uint32_t first = cache->head, last = first;
    base_assert (count > 0 && count <= cache->count);
    for (uint32_t i = 1; i < count; i++)
        last = timewarp_pool_links (self, last)[0];
    cache->head = timewarp_pool_links (self, last)[0];
    cache->count -= count;
    timewarp_pool_links (self, last)[0] = TIMEWARP_NONE;
    pool_lock (self);
    timewarp_pool_links (self, first)[1] = self->shared;
    self->shared = first;
    pool_count (self, count);
    pool_unlock (self);
}

void timewarp_pool_spill (timewarp_pool_t *self, timewarp_cache_t *cache)
{
    pool_put (self, cache, TIMEWARP_CHUNK);
}

void timewarp_pool_flush (timewarp_pool_t *self, timewarp_cache_t *cache)
{
    while (cache->count > 0)
        pool_put (self, cache, cache->count < TIMEWARP_CHUNK ? cache->count : TIMEWARP_CHUNK);
}

/*  Blocks that were in use before are taken first: they may still be in the caches. */
bool timewarp_pool_refill (timewarp_pool_t *self, timewarp_cache_t *cache)
{
    uint32_t count = 0;
    base_assert (cache->count == 0);
    pool_lock (self);
    if (self->shared != TIMEWARP_NONE) {
        cache->head = self->shared;
        self->shared = timewarp_pool_links (self, cache->head)[1];
        for (uint32_t at = cache->head; at != TIMEWARP_NONE; count++)
            at = timewarp_pool_links (self, at)[0];
    } else {
        uint32_t left = self->capacity - self->fresh;
        count = left < TIMEWARP_CHUNK ? left : TIMEWARP_CHUNK;
        cache->head = self->fresh;
        for (uint32_t i = 0; i < count; i++)
            timewarp_pool_links (self, self->fresh + i)[0] =
                i + 1 < count ? self->fresh + i + 1 : TIMEWARP_NONE;
        self->fresh += count;
    }
    pool_count (self, -(int64_t) count);
    pool_unlock (self);
    cache->count = count;
    return count > 0;
}
