/*  The caller's bytes grow as base_buffer_t does; a public type of its own keeps base/ inside. */
#include "state/bytes.h"
#include "base/alloc.h"
#include "base/error.h"

enum { BYTES_FIRST = 256 };
#define BYTES_MAX ((size_t) UINT32_MAX)

void mst_bytes_free (mst_bytes_t *bytes)
{
    if (!bytes)
        return;
    base_free (bytes->data);
    *bytes = (mst_bytes_t){ 0 };
}

static mst_err_t bytes_grow (mst_bytes_t *bytes, size_t more)
{
    base_assert (bytes->size_bytes <= bytes->capacity_bytes);
    if (more > BYTES_MAX || bytes->size_bytes > BYTES_MAX - more)
        return base_error (MST_E_LIMIT,
                           "%zu bytes of state and %zu more are beyond 4 GiB: keep it "
                           "in several objects",
                           bytes->size_bytes, more);
    size_t capacity = bytes->capacity_bytes ? bytes->capacity_bytes : BYTES_FIRST;
    while (capacity < bytes->size_bytes + more)
        capacity *= 2;
    uint8_t *data = base_realloc (bytes->data, capacity);
    if (!data)
        return base_alloc_error ();
    bytes->data = data;
    bytes->capacity_bytes = capacity;
    return MST_OK;
}

mst_err_t state_bytes_room (mst_bytes_t *bytes, size_t more, uint8_t **at)
{
    base_assert (bytes != NULL && at != NULL);
    if (bytes->capacity_bytes - bytes->size_bytes < more || !bytes->data) {
        mst_err_t err = bytes_grow (bytes, more);
        if (err)
            return err;
    }
    *at = bytes->data + bytes->size_bytes;
    return MST_OK;
}

mst_err_t state_bytes_put (mst_bytes_t *bytes, const void *data, size_t size_bytes)
{
    uint8_t *at;
    base_assert (data != NULL || size_bytes == 0);
    mst_err_t err = state_bytes_room (bytes, size_bytes, &at);
    if (!err)
        state_bytes_end (bytes, state_put (at, data, size_bytes));
    return err;
}
