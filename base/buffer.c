/*  Growth by doubling: n appended bytes cost O(n) copies in all. */
#include "base/buffer.h"
#include "base/alloc.h"
#include "base/error.h"

enum { BUFFER_FIRST_BYTES = 256 };

void base_buffer_init (base_buffer_t *self)
{
    base_assert (self != NULL);
    *self = (base_buffer_t){ 0 };
}

void base_buffer_fini (base_buffer_t *self)
{
    base_assert (self != NULL);
    base_free (self->data);
    *self = (base_buffer_t){ 0 };
}

static mst_err_t buffer_grow (base_buffer_t *self, size_t capacity)
{
    base_assert (capacity > self->capacity_bytes);
    uint8_t *data = base_realloc (self->data, capacity);
    if (!data)
        return base_alloc_error ();
    self->data = data;
    self->capacity_bytes = capacity;
    return MST_OK;
}

mst_err_t base_buffer_reserve (base_buffer_t *self, size_t more)
{
    base_assert (self != NULL);
    base_assert (self->size_bytes <= self->capacity_bytes);
    if (self->capacity_bytes - self->size_bytes >= more)
        return MST_OK;
    if (more > SIZE_MAX / 2 - self->size_bytes)
        return base_alloc_error ();
    size_t needed = self->size_bytes + more;
    size_t capacity = self->capacity_bytes ? self->capacity_bytes : BUFFER_FIRST_BYTES;
    while (capacity < needed)
        capacity *= 2;
    return buffer_grow (self, capacity);
}

mst_err_t base_buffer_reserve_exactly (base_buffer_t *self, size_t more)
{
    base_assert (self != NULL);
    base_assert (self->size_bytes <= self->capacity_bytes);
    if (self->capacity_bytes - self->size_bytes >= more)
        return MST_OK;
    if (more > SIZE_MAX / 2 - self->size_bytes)
        return base_alloc_error ();
    return buffer_grow (self, self->size_bytes + more);
}

mst_err_t base_buffer_append (base_buffer_t *self, const void *data, size_t size_bytes)
{
    base_assert (data != NULL || size_bytes == 0);
    mst_err_t err = base_buffer_reserve (self, size_bytes);
    if (err)
        return err;
    if (size_bytes > 0)
        memcpy (self->data + self->size_bytes, data, size_bytes);
    self->size_bytes += size_bytes;
    return MST_OK;
}
