/*  Hash maps with open addressing: 64-bit keys to 64-bit values (pointers fit), and byte strings to
    64-bit values. Iteration follows insertion order as long as nothing is removed, never addresses,
    so that what is derived from it repeats. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

typedef struct base_map_entry {
    uint64_t key;
    uint64_t value;
} base_map_entry_t;

typedef struct base_map {
    base_map_entry_t *entries; /* dense; removing moves the last one into the gap */
    uint32_t *slots;           /* index + 1 into entries, 0 = free; power of two */
    uint32_t count;
    uint32_t entry_capacity;
    uint32_t slot_count;
} base_map_t;

void base_map_init (base_map_t *self);
void base_map_fini (base_map_t *self); /* what the values point to is the caller's */

/*  Sets or replaces. Errors: MST_E_NO_MEMORY (the map is as before). */
mst_err_t base_map_set (base_map_t *self, uint64_t key, uint64_t value);
bool base_map_get (const base_map_t *self, uint64_t key, uint64_t *value);
bool base_map_remove (base_map_t *self, uint64_t key);
void base_map_clear (base_map_t *self);

static inline void *base_map_pointer (const base_map_t *self, uint64_t key)
{
    uint64_t value;
    return base_map_get (self, key, &value) ? (void *) (uintptr_t) value : NULL;
}

static inline mst_err_t base_map_set_pointer (base_map_t *self, uint64_t key, void *pointer)
{
    return base_map_set (self, key, (uint64_t) (uintptr_t) pointer);
}

/*  for (i = 0 … count): entry i. Do not remove while iterating forward; backward is fine. */
#define BASE_MAP_EACH(map, entry)                                                                  \
    for (base_map_entry_t *entry = (map)->entries;                                                 \
         entry != NULL && entry < (map)->entries + (map)->count; entry++)

/*  Strings: the key's bytes are copied. */
typedef struct base_names {
    struct base_name *entries;
    uint32_t *slots;
    uint32_t count;
    uint32_t entry_capacity;
    uint32_t slot_count;
} base_names_t;

typedef struct base_name {
    char *text; /* zero-terminated */
    uint32_t size_bytes;
    uint32_t hash;
    uint64_t value;
} base_name_t;

void base_names_init (base_names_t *self);
void base_names_fini (base_names_t *self);
mst_err_t base_names_set (base_names_t *self, const char *text, size_t size_bytes, uint64_t value);
bool base_names_get (const base_names_t *self, const char *text, size_t size_bytes,
                     uint64_t *value);
bool base_names_remove (base_names_t *self, const char *text, size_t size_bytes);

#endif
