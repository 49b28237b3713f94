/*  Linear probing over a table of indices, at most half full; deletion shifts back (Knuth, The Art
   of Computer Programming 3, 6.4, Algorithm R), so that there are no tombstones. */
#include "base/map.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

enum { MAP_FIRST_SLOTS = 16, MAP_MAX_ENTRIES = 1 << 30 };

static uint32_t map_hash (uint64_t key)
{
    key ^= key >> 32; /* finaliser of splitmix64 (Steele, Lea, Flood 2014) */
    key *= 0xd6e8feb86659fd93u;
    key ^= key >> 32;
    key *= 0xd6e8feb86659fd93u;
    key ^= key >> 32;
    return (uint32_t) key;
}

void base_map_init (base_map_t *self)
{
    base_assert (self != NULL);
    *self = (base_map_t){ 0 };
}

void base_map_fini (base_map_t *self)
{
    base_assert (self != NULL);
    base_free (self->entries);
    base_free (self->slots);
    *self = (base_map_t){ 0 };
}

void base_map_clear (base_map_t *self)
{
    base_assert (self != NULL);
    if (self->slots)
        memset (self->slots, 0, self->slot_count * sizeof *self->slots);
    self->count = 0;
}

static uint32_t map_find (const base_map_t *self, uint64_t key)
{
    uint32_t mask = self->slot_count - 1;
    uint32_t slot = map_hash (key) & mask;
    while (self->slots[slot] != 0 && self->entries[self->slots[slot] - 1].key != key)
        slot = (slot + 1) & mask;
    return slot;
}

static mst_err_t map_grow_slots (base_map_t *self)
{
    uint32_t count = self->slot_count ? self->slot_count * 2 : MAP_FIRST_SLOTS;
    uint32_t *slots = base_calloc (count, sizeof *slots);
    if (!slots)
        return base_alloc_error ();
    base_free (self->slots);
    self->slots = slots;
    self->slot_count = count;
    for (uint32_t i = 0; i < self->count; i++)
        self->slots[map_find (self, self->entries[i].key)] = i + 1;
    return MST_OK;
}

static mst_err_t map_grow (base_map_t *self)
{
    if (self->count >= MAP_MAX_ENTRIES)
        return base_error (MST_E_LIMIT, "a map holds at most %d entries", MAP_MAX_ENTRIES);
    if (self->count == self->entry_capacity) {
        uint32_t capacity = self->entry_capacity ? self->entry_capacity * 2 : MAP_FIRST_SLOTS / 2;
        base_map_entry_t *entries = base_realloc (self->entries, capacity * sizeof *entries);
        if (!entries)
            return base_alloc_error ();
        self->entries = entries;
        self->entry_capacity = capacity;
    }
    if ((self->count + 1) * 2 > self->slot_count)
        return map_grow_slots (self);
    return MST_OK;
}

mst_err_t base_map_set (base_map_t *self, uint64_t key, uint64_t value)
{
    base_assert (self != NULL);
    if (self->slot_count > 0) {
        uint32_t slot = map_find (self, key);
        if (self->slots[slot] != 0) {
            self->entries[self->slots[slot] - 1].value = value;
            return MST_OK;
        }
    }
    mst_err_t err = map_grow (self);
    if (err)
        return err;
    self->entries[self->count] = (base_map_entry_t){ key, value };
    self->slots[map_find (self, key)] = ++self->count;
    return MST_OK;
}

bool base_map_get (const base_map_t *self, uint64_t key, uint64_t *value)
{
    base_assert (self != NULL);
    base_assert (value != NULL);
    if (self->count == 0)
        return false;
    uint32_t slot = map_find (self, key);
    if (self->slots[slot] == 0)
        return false;
    *value = self->entries[self->slots[slot] - 1].value;
    return true;
}

static void map_close_gap (base_map_t *self, uint32_t gap)
{
    uint32_t mask = self->slot_count - 1;
    for (uint32_t slot = (gap + 1) & mask; self->slots[slot] != 0; slot = (slot + 1) & mask) {
        uint32_t ideal = map_hash (self->entries[self->slots[slot] - 1].key) & mask;
        if (((slot - ideal) & mask) >= ((slot - gap) & mask)) {
            self->slots[gap] = self->slots[slot];
            gap = slot;
        }
    }
    self->slots[gap] = 0;
}

bool base_map_remove (base_map_t *self, uint64_t key)
{
    base_assert (self != NULL);
    if (self->count == 0)
        return false;
    uint32_t slot = map_find (self, key);
    if (self->slots[slot] == 0)
        return false;
    uint32_t index = self->slots[slot] - 1;
    uint32_t last = self->count - 1;
    map_close_gap (self, slot);
    if (index != last) {
        self->slots[map_find (self, self->entries[last].key)] = index + 1;
        self->entries[index] = self->entries[last];
    }
    self->count = last;
    return true;
}

/*  Strings ----------------------------------------------------------------------------------- */

static uint32_t names_hash (const char *text, size_t size_bytes)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a (Fowler, Noll, Vo) */
    for (size_t i = 0; i < size_bytes; i++)
        hash = (hash ^ (uint8_t) text[i]) * 0x100000001b3u;
    return map_hash (hash);
}

void base_names_init (base_names_t *self)
{
    base_assert (self != NULL);
    *self = (base_names_t){ 0 };
}

void base_names_fini (base_names_t *self)
{
    base_assert (self != NULL);
    for (uint32_t i = 0; i < self->count; i++)
        base_free (self->entries[i].text);
    base_free (self->entries);
    base_free (self->slots);
    *self = (base_names_t){ 0 };
}

static uint32_t names_find (const base_names_t *self, const char *text, size_t size_bytes,
                            uint32_t hash)
{
    uint32_t mask = self->slot_count - 1;
    uint32_t slot = hash & mask;
    for (; self->slots[slot] != 0; slot = (slot + 1) & mask) {
        const base_name_t *entry = &self->entries[self->slots[slot] - 1];
        if (entry->hash == hash && entry->size_bytes == size_bytes &&
            memcmp (entry->text, text, size_bytes) == 0)
            break;
    }
    return slot;
}

static mst_err_t names_grow_slots (base_names_t *self)
{
    uint32_t count = self->slot_count ? self->slot_count * 2 : MAP_FIRST_SLOTS;
    uint32_t *slots = base_calloc (count, sizeof *slots);
    if (!slots)
        return base_alloc_error ();
    base_free (self->slots);
    self->slots = slots;
    self->slot_count = count;
    for (uint32_t i = 0; i < self->count; i++) {
        const base_name_t *entry = &self->entries[i];
        self->slots[names_find (self, entry->text, entry->size_bytes, entry->hash)] = i + 1;
    }
    return MST_OK;
}

static mst_err_t names_grow (base_names_t *self)
{
    if (self->count == self->entry_capacity) {
        uint32_t capacity = self->entry_capacity ? self->entry_capacity * 2 : MAP_FIRST_SLOTS / 2;
        base_name_t *entries = base_realloc (self->entries, capacity * sizeof *entries);
        if (!entries)
            return base_alloc_error ();
        self->entries = entries;
        self->entry_capacity = capacity;
    }
    if ((self->count + 1) * 2 > self->slot_count)
        return names_grow_slots (self);
    return MST_OK;
}

mst_err_t base_names_set (base_names_t *self, const char *text, size_t size_bytes, uint64_t value)
{
    base_assert (self != NULL);
    base_assert (text != NULL && size_bytes < UINT32_MAX);
    uint32_t hash = names_hash (text, size_bytes);
    if (self->slot_count > 0) {
        uint32_t slot = names_find (self, text, size_bytes, hash);
        if (self->slots[slot] != 0) {
            self->entries[self->slots[slot] - 1].value = value;
            return MST_OK;
        }
    }
    mst_err_t err = names_grow (self);
    if (err)
        return err;
    char *copy = base_strndup (text, size_bytes);
    if (!copy)
        return base_alloc_error ();
    self->entries[self->count] = (base_name_t){ copy, (uint32_t) size_bytes, hash, value };
    self->slots[names_find (self, text, size_bytes, hash)] = ++self->count;
    return MST_OK;
}

bool base_names_get (const base_names_t *self, const char *text, size_t size_bytes, uint64_t *value)
{
    base_assert (self != NULL);
    base_assert (value != NULL);
    if (self->count == 0)
        return false;
    uint32_t slot = names_find (self, text, size_bytes, names_hash (text, size_bytes));
    if (self->slots[slot] == 0)
        return false;
    *value = self->entries[self->slots[slot] - 1].value;
    return true;
}

static void names_close_gap (base_names_t *self, uint32_t gap)
{
    uint32_t mask = self->slot_count - 1;
    for (uint32_t slot = (gap + 1) & mask; self->slots[slot] != 0; slot = (slot + 1) & mask) {
        uint32_t ideal = self->entries[self->slots[slot] - 1].hash & mask;
        if (((slot - ideal) & mask) >= ((slot - gap) & mask)) {
            self->slots[gap] = self->slots[slot];
            gap = slot;
        }
    }
    self->slots[gap] = 0;
}

bool base_names_remove (base_names_t *self, const char *text, size_t size_bytes)
{
    base_assert (self != NULL);
    if (self->count == 0)
        return false;
    uint32_t slot = names_find (self, text, size_bytes, names_hash (text, size_bytes));
    if (self->slots[slot] == 0)
        return false;
    uint32_t index = self->slots[slot] - 1;
    uint32_t last = self->count - 1;
    names_close_gap (self, slot);
    base_free (self->entries[index].text);
    if (index != last) {
        const base_name_t *moved = &self->entries[last];
        self->slots[names_find (self, moved->text, moved->size_bytes, moved->hash)] = index + 1;
        self->entries[index] = *moved;
    }
    self->count = last;
    return true;
}
