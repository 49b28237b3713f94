/*  The one growing step behind all lists. */
#include "base/list.h"
#include "base/alloc.h"
#include "base/error.h"

enum { LIST_FIRST = 8 };

mst_err_t base_list_grow (void **items, size_t count, size_t *capacity, size_t item_size_bytes)
{
    base_assert (items != NULL && capacity != NULL);
    base_assert (count <= *capacity && item_size_bytes > 0);
    if (count < *capacity)
        return MST_OK;
    size_t larger = *capacity ? *capacity * 2 : LIST_FIRST;
    void *grown = base_realloc (*items, larger * item_size_bytes);
    if (!grown)
        return base_alloc_error ();
    *items = grown;
    *capacity = larger;
    return MST_OK;
}

void base_list_free (void *items)
{
    base_free (items);
}
