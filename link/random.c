/*  getrandom: never blocks once the system has booted. */
#include "link/random.h"
#include "base/check.h"

#include <errno.h>
#include <sys/random.h>

void link_random_bytes (void *data, size_t size_bytes)
{
    uint8_t *next = data;

    base_assert (data != NULL || size_bytes == 0);
    while (size_bytes > 0) {
        ssize_t got = getrandom (next, size_bytes, 0);
        base_assert (got > 0 || errno == EINTR);
        if (got > 0) {
            next += got;
            size_bytes -= (size_t) got;
        }
    }
}

uint64_t link_random_u64 (void)
{
    uint64_t value;
    link_random_bytes (&value, sizeof value);
    return value;
}
