/*  The only caller of malloc. Tests make the N-th allocation fail and count what is left behind.

    Thread rule: any thread. The failure switch is for single-threaded tests. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

/*  Like malloc, calloc, realloc and free; a size of 0 gives a unique block. NULL when there is no
    memory: the caller then returns base_alloc_error (), which sets the text. */
void *base_alloc (size_t size_bytes);
void *base_calloc (size_t count, size_t size_bytes);
void *base_realloc (void *block, size_t size_bytes);
void base_free (void *block);

/*  A copy of a zero-terminated string, or of size_bytes bytes plus a zero. NULL: no memory. */
char *base_strdup (const char *text);
char *base_strndup (const char *text, size_t size_bytes);

/*  Sets the text "out of memory …" and returns MST_E_NO_MEMORY. */
mst_err_t base_alloc_error (void) __attribute__ ((cold));

/*  Tests: from now on let `after` allocations succeed, then fail one (or, when `forever`, all).
    A negative number switches failing off. */
void base_alloc_fail (int64_t after, bool forever);
bool base_alloc_failed (void); /* did the switch strike since it was set? */

/*  Blocks allocated and not freed. Counted only while base_alloc_count (true). */
void base_alloc_count (bool on);
int64_t base_alloc_live (void);

#endif
