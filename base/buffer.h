/*  A growable run of bytes: what is encoded goes here. Append may move the bytes; a failed append
    leaves what stood. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <muster/error.h>

typedef struct base_buffer {
    uint8_t *data;
    size_t size_bytes;
    size_t capacity_bytes;
} base_buffer_t;

void base_buffer_init (base_buffer_t *self); /* allocates nothing */
void base_buffer_fini (base_buffer_t *self); /* may be used again afterwards */

/*  Makes room for `more` further bytes. Errors: MST_E_NO_MEMORY. */
mst_err_t base_buffer_reserve (base_buffer_t *self, size_t more);
/*  The same without a reserve of its own, for a buffer whose size is known beforehand. */
mst_err_t base_buffer_reserve_exactly (base_buffer_t *self, size_t more);
mst_err_t base_buffer_append (base_buffer_t *self, const void *data, size_t size_bytes);

static inline void base_buffer_clear (base_buffer_t *self)
{
    self->size_bytes = 0;
}

#endif
