/*  Blocks of memory that were handed to libzmq with what they hold, and come back when it was sent,
    so that a stream of bundles neither copies nor allocates.

    Thread rule: one thread lends and takes back; libzmq's threads return. */
#ifndef LINK_BLOCKS_H
#define LINK_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buffer.h"

typedef struct link_blocks link_blocks_t;

/*  NULL: no memory. */
link_blocks_t *link_blocks_new (void);
/*  What is still lent is freed when it returns. */
void link_blocks_destroy (link_blocks_t **self);

/*  A block of so many bytes is lent: its return, by whichever thread, ends that. False: blocks of
    another size are lent here, so nothing is; free it instead. */
bool link_blocks_lend (link_blocks_t *self, size_t capacity_bytes);
void link_blocks_return (link_blocks_t *self, void *block);
void link_blocks_keep (link_blocks_t *self); /* it was lent, and did not leave the lender's hands */

/*  The block that returned last, most likely still in the processor's caches, as an empty buffer.
    False: none. */
bool link_blocks_take (link_blocks_t *self, base_buffer_t *bytes);

#endif
