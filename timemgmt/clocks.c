/*  Logical clocks. */
#include "timemgmt/clocks.h"
#include "timemgmt/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

enum { VECTOR_FIRST = 8 };

uint64_t timemgmt_lamport_tick (uint64_t *clock)
{
    base_assert (clock != NULL);
    base_assert (*clock < UINT64_MAX);
    return ++*clock;
}

uint64_t timemgmt_lamport_receive (uint64_t *clock, uint64_t stamp)
{
    base_assert (clock != NULL);
    /*  A stamp comes from outside: the largest there is must not wrap the clock around. */
    if (stamp >= UINT64_MAX / 2)
        return timemgmt_lamport_tick (clock);
    if (stamp > *clock)
        *clock = stamp;
    return timemgmt_lamport_tick (clock);
}

void timemgmt_vector_fini (timemgmt_vector_t *self)
{
    base_assert (self != NULL);
    base_free (self->counts);
    *self = (timemgmt_vector_t){ 0 };
}

uint64_t timemgmt_vector_get (const timemgmt_vector_t *self, uint32_t slot)
{
    base_assert (self != NULL && self->count <= self->capacity);
    return slot < self->count ? self->counts[slot] : 0;
}

/*  From now on `count` slots are there. */
static mst_err_t vector_grow (timemgmt_vector_t *self, size_t count)
{
    if (count <= self->count)
        return MST_OK;
    if (count > TIMEMGMT_FEDERATES_MAX)
        return base_error (MST_E_LIMIT, "limits.federates (%d) is reached: no slot %zu in a clock",
                           TIMEMGMT_FEDERATES_MAX, count - 1);
    if (count > self->capacity) {
        size_t capacity = self->capacity ? self->capacity : VECTOR_FIRST;
        while (capacity < count)
            capacity *= 2;
        uint64_t *counts = base_realloc (self->counts, capacity * sizeof *counts);
        if (!counts)
            return base_alloc_error ();
        self->counts = counts;
        self->capacity = capacity;
    }
    memset (self->counts + self->count, 0, (count - self->count) * sizeof *self->counts);
    self->count = count;
    base_assert (self->count <= self->capacity);
    return MST_OK;
}

mst_err_t timemgmt_vector_set (timemgmt_vector_t *self, uint32_t slot, uint64_t value)
{
    base_assert (self != NULL);
    mst_err_t err = vector_grow (self, (size_t) slot + 1);
    if (err)
        return err;
    self->counts[slot] = value;
    base_assert (timemgmt_vector_get (self, slot) == value);
    return MST_OK;
}

mst_err_t timemgmt_vector_tick (timemgmt_vector_t *self, uint32_t slot)
{
    uint64_t value = timemgmt_vector_get (self, slot);
    base_assert (value < UINT64_MAX);
    return timemgmt_vector_set (self, slot, value + 1);
}

mst_err_t timemgmt_vector_merge (timemgmt_vector_t *self, const timemgmt_vector_t *other)
{
    base_assert (self != NULL && other != NULL);
    mst_err_t err = vector_grow (self, other->count);
    if (err)
        return err;
    base_assert (self->count >= other->count);
    for (size_t i = 0; i < other->count; i++)
        if (other->counts[i] > self->counts[i])
            self->counts[i] = other->counts[i];
    return MST_OK;
}

timemgmt_order_t timemgmt_vector_compare (const timemgmt_vector_t *a, const timemgmt_vector_t *b)
{
    base_assert (a != NULL && b != NULL);
    bool less = false, more = false;
    size_t count = a->count > b->count ? a->count : b->count;
    base_assert (count <= TIMEMGMT_FEDERATES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t left = timemgmt_vector_get (a, i), right = timemgmt_vector_get (b, i);
        less = less || left < right;
        more = more || left > right;
    }
    base_assert (a != b || (!less && !more));
    if (less && more)
        return TIMEMGMT_CONCURRENT;
    if (less)
        return TIMEMGMT_BEFORE;
    return more ? TIMEMGMT_AFTER : TIMEMGMT_EQUAL;
}
