/*  malloc with a switch for tests. Counting costs an atomic per call, so it is off by default. */
#include "base/alloc.h"
#include "base/error.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_bool counting;
static atomic_int_fast64_t live_blocks;
static atomic_bool fail_armed;
static int64_t fail_after;
static bool fail_forever;
static bool fail_struck;

static bool alloc_must_fail (void)
{
    if (!atomic_load_explicit (&fail_armed, memory_order_relaxed))
        return false;
    if (fail_after-- > 0)
        return false;
    fail_struck = true;
    if (!fail_forever)
        atomic_store (&fail_armed, false);
    return true;
}

static void *alloc_note (void *block)
{
    if (block && atomic_load_explicit (&counting, memory_order_relaxed))
        atomic_fetch_add (&live_blocks, 1);
    return block;
}

void *base_alloc (size_t size_bytes)
{
    if (alloc_must_fail ())
        return NULL;
    return alloc_note (malloc (size_bytes ? size_bytes : 1));
}

void *base_calloc (size_t count, size_t size_bytes)
{
    if (alloc_must_fail ())
        return NULL;
    return alloc_note (calloc (count ? count : 1, size_bytes ? size_bytes : 1));
}

void *base_realloc (void *block, size_t size_bytes)
{
    if (alloc_must_fail ())
        return NULL;
    void *grown = realloc (block, size_bytes ? size_bytes : 1);
    return block ? grown : alloc_note (grown);
}

void base_free (void *block)
{
    if (block && atomic_load_explicit (&counting, memory_order_relaxed))
        atomic_fetch_sub (&live_blocks, 1);
    free (block);
}

char *base_strndup (const char *text, size_t size_bytes)
{
    base_assert (text != NULL || size_bytes == 0);
    char *copy = size_bytes < SIZE_MAX ? base_alloc (size_bytes + 1) : NULL;
    if (!copy)
        return NULL;
    if (size_bytes > 0)
        memcpy (copy, text, size_bytes);
    copy[size_bytes] = '\0';
    return copy;
}

char *base_strdup (const char *text)
{
    base_assert (text != NULL);
    return base_strndup (text, strlen (text));
}

mst_err_t base_alloc_error (void)
{
    return base_error (MST_E_NO_MEMORY, "out of memory: give the process more, or lower limits.*");
}

void base_alloc_fail (int64_t after, bool forever)
{
    fail_after = after;
    fail_forever = forever;
    fail_struck = false;
    atomic_store (&fail_armed, after >= 0);
}

bool base_alloc_failed (void)
{
    return fail_struck;
}

void base_alloc_count (bool on)
{
    atomic_store (&live_blocks, 0);
    atomic_store (&counting, on);
}

int64_t base_alloc_live (void)
{
    return atomic_load (&live_blocks);
}
