/*  A growable array of any element type:  BASE_LIST (int) numbers = { 0 };
    BASE_LIST_PUSH (&numbers, 7) gives an mst_err_t. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

#define BASE_LIST(type)                                                                            \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count;                                                                              \
        size_t capacity;                                                                           \
    }

/*  Makes room for one more; used by the macros. */
mst_err_t base_list_grow (void **items, size_t count, size_t *capacity, size_t item_size_bytes);

/*  Room for one further item: MST_OK or MST_E_NO_MEMORY. Then BASE_LIST_PUT cannot fail. */
#define BASE_LIST_ROOM(list)                                                                       \
    ((list)->count < (list)->capacity ? MST_OK                                                     \
                                      : base_list_grow ((void **) &(list)->items, (list)->count,   \
                                                        &(list)->capacity, sizeof *(list)->items))
#define BASE_LIST_PUT(list, item) ((void) ((list)->items[(list)->count++] = (item)))

/*  Appends; evaluates to MST_OK or MST_E_NO_MEMORY. */
#define BASE_LIST_PUSH(list, item)                                                                 \
    (BASE_LIST_ROOM (list) ? MST_E_NO_MEMORY : (BASE_LIST_PUT (list, item), MST_OK))

#define BASE_LIST_FINI(list)                                                                       \
    (base_list_free ((list)->items), (list)->items = NULL, (list)->count = (list)->capacity = 0)
void base_list_free (void *items);

#define BASE_LIST_EACH(list, index) for (size_t index = 0; index < (list)->count; index++)

#endif
