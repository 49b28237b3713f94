/*  Randomness of the machine: identities, tokens, seeds. Any thread. */
#ifndef LINK_RANDOM_H
#define LINK_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/*  Fills the bytes. Cannot fail on a running system; if it does, the process ends. */
void link_random_bytes (void *data, size_t size_bytes);
uint64_t link_random_u64 (void);

#endif
