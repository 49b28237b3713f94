/*  What a replicated object is made of, inside.

    Counters and the LWW register, as objects of their own, are a few numbers (counter.c,
   register.c). Everything else, and all that stands inside a map, is one thing: *items*, each under
   the *dot* of the change that made it, and a version that says which dots were seen. An item that
   one replica has and another has not was either never seen by the other (its dot is above the
   version) or removed there (it is not): so nothing has to be kept of what was removed (Bieniusa et
   al. 2012, "An optimized conflict-free replicated set"; Almeida, Shoker, Baquero 2018, "Delta
   state replicated data types"). Every change has a dot, also one that only removes, so that a
   change which was missed is seen as a gap.

    A *box* is a place: the object itself (box 0), or a key of a map. What follows from the items'
    type is in the box.

    A *log* of the last changes' effects gives deltas. What fell out of it is known by a floor per
    row; who lacks more gets the whole state. */
#ifndef STATE_OBJECT_H
#define STATE_OBJECT_H

#include <muster/crdt.h>
#include "base/check.h"
#include "base/error.h"
#include "base/list.h"
#include "state/bytes.h"
#include "state/hash.h"

enum {
    STATE_FORMAT = 1,
    STATE_HEAD_BYTES = 16, /* of every encoding */
    STATE_INSIDE_BYTES = 16,
    STATE_COUNT_BITS = 48,
    STATE_SEQUENCE_HEAD = 16, /* of a sequence's item: the dot of its parent, its key */
    STATE_STAMP_BYTES = 8,    /* before an LWW register's value */
    STATE_LOG_MIN = 256,
    STATE_LOG_MAX = 65536,
    STATE_ITEMS_MAX = 1 << 30
};

#define STATE_COUNT_MAX (((uint64_t) 1 << STATE_COUNT_BITS) - 1) /* as a row's count: forgotten */
#define STATE_NONE      UINT32_MAX

/*  A dot here: its row in this object above its count. On the way it has the row of the message. */
typedef uint64_t state_dot_t;

static inline state_dot_t state_dot (uint32_t row, uint64_t count)
{
    return (uint64_t) row << STATE_COUNT_BITS | count;
}

static inline uint32_t state_dot_row (state_dot_t dot)
{
    return (uint32_t) (dot >> STATE_COUNT_BITS);
}

static inline uint64_t state_dot_count (state_dot_t dot)
{
    return dot & STATE_COUNT_MAX;
}

/*  A replica in the version. Row 0 is one's own. Rows are not moved while an item names them. */
typedef struct state_row {
    uint64_t replica;
    uint64_t count;
    uint64_t floor; /* the log knows what changes above it did */
    uint32_t items; /* of this row */
    bool used;
} state_row_t;

enum { STATE_FLAG_GONE = 1 }; /* 2P-set: keeps the element out; sequence: deleted */

typedef struct state_item {
    state_dot_t dot;
    uint32_t hash; /* of box and key: the element, nothing in registers, the dot in sequences */
    union {
        struct {
            uint32_t box : 24; /* MST_CRDT_KEYS_MAX */
            uint32_t size : 6; /* 0 … STATE_INSIDE_BYTES, or STATE_FAR */
            uint32_t flags : 2;
        };
        uint32_t form; /* all three */
    };
    union {
        uint8_t inside[STATE_INSIDE_BYTES];
        struct {
            uint8_t *data;
            uint32_t size_bytes;
        } far;
    } as;
} state_item_t;

enum { STATE_FAR = 63 };
_Static_assert(sizeof (state_item_t) == 32, "an element takes at most 50 bytes with its index");

typedef struct state_link { /* of a box's items; only in maps */
    uint32_t next;
    uint32_t previous;
} state_link_t;

/*  A place. Freed boxes are chained by `next`. */
typedef struct state_box {
    uint32_t hash; /* of the whole path */
    uint32_t parent;
    uint32_t first; /* item, when there are links */
    uint32_t items;
    uint32_t child; /* the first box inside; of a sequence: its view */
    uint32_t next;  /* siblings */
    uint32_t previous;
    uint32_t key_bytes;
    union {
        uint8_t inside[STATE_INSIDE_BYTES];
        uint8_t *far;
    } key;
    uint8_t type; /* 0: free */
    uint8_t depth;
    bool pinned; /* stays although it is empty: a merge is under way */
} state_box_t;

/*  REMOVE means the item and all earlier ones of its replica under the same key, which the item had
    replaced without a word. A key is told by 62 bits of hash: `hash` and `check`. */
enum { STATE_LOG_ADD, STATE_LOG_REMOVE, STATE_LOG_DELETE };

typedef struct state_log_entry {
    state_dot_t change;
    state_dot_t dot; /* of the item */
    uint32_t hash;
    uint32_t form; /* the kind; of REMOVE also `check`, above it */
} state_log_entry_t;

enum { STATE_LOG_KIND = 3 };

typedef struct state_log {
    state_log_entry_t *entries; /* a ring */
    uint32_t capacity;          /* power of two */
    uint32_t count;
    uint32_t head;  /* where the next goes */
    uint32_t limit; /* of its capacity, in step with the object; then the oldest go */
} state_log_t;

/*  The order of a sequence, as far as it can be seen. */
typedef struct state_view {
    uint32_t *order; /* items */
    uint32_t count;
    uint32_t capacity;
    bool stale; /* a merge came between */
    uint32_t box;
} state_view_t;

typedef struct state_causal {
    state_row_t *rows;
    uint32_t row_count;
    uint32_t row_capacity;
    state_item_t *items; /* dense */
    state_link_t *links; /* beside them, or NULL: all items are box 0's */
    uint32_t item_count;
    uint32_t item_capacity;
    uint32_t *slots; /* of items by hash: index + 1 */
    uint32_t slot_count;
    state_box_t *boxes;
    uint32_t box_count; /* with freed ones */
    uint32_t box_capacity;
    uint32_t box_free; /* chain */
    uint32_t box_live;
    uint32_t *box_slots;
    uint32_t box_slot_count;
    state_view_t *views;
    uint32_t view_count;
    state_log_t log;
    size_t far_bytes;
    uint64_t sum; /* of all counts, and of those of the forgotten: rises with each change */
    uint64_t forgotten_count; /* … theirs */
    uint64_t trimmed;         /* the sum at which sequences were last trimmed */
} state_causal_t;

typedef struct state_tally {
    uint64_t replica; /* 0: the forgotten */
    uint64_t up;
    uint64_t down;
} state_tally_t;

typedef struct state_counter {
    state_tally_t *rows; /* by rising replica */
    uint32_t count;
    uint32_t capacity;
    uint32_t own; /* index, or STATE_NONE */
} state_counter_t;

typedef struct state_register {
    uint64_t stamp; /* 0: never written */
    uint64_t replica;
    uint32_t size_bytes;
    uint8_t inside[STATE_INSIDE_BYTES];
    uint8_t *far; /* when it is larger */
    uint32_t far_capacity;
} state_register_t;

struct mst_crdt {
    uint8_t type;
    uint64_t replica;
    uint64_t forgotten;        /* a sum of hashes: which replicas were forgotten */
    BASE_LIST (uint64_t) gone; /* those that mst_crdt_forget took out of it; a store has its own */
    union {
        state_counter_t counter;
        state_register_t reg;
        state_causal_t causal;
    } as;
};

static inline bool state_is_counter (unsigned type)
{
    return type == MST_CRDT_GCOUNTER || type == MST_CRDT_PNCOUNTER;
}

static inline bool state_is_set (unsigned type)
{
    return type >= MST_CRDT_GSET && type <= MST_CRDT_ORSET;
}

static inline bool state_is_register (unsigned type)
{
    return type == MST_CRDT_LWW || type == MST_CRDT_MV;
}

/*  Objects that are items, not a few numbers. */
static inline bool state_is_causal (unsigned type)
{
    return type >= MST_CRDT_GSET && type <= MST_CRDT_RGA && type != MST_CRDT_LWW;
}

static inline bool state_type_known (unsigned type)
{
    return type >= MST_CRDT_GCOUNTER && type <= MST_CRDT_RGA;
}

static inline const uint8_t *state_item_data (const state_item_t *item)
{
    return item->size == STATE_FAR ? item->as.far.data : item->as.inside;
}

static inline uint32_t state_item_bytes (const state_item_t *item)
{
    return item->size == STATE_FAR ? item->as.far.size_bytes : item->size;
}

static inline const uint8_t *state_box_key (const state_box_t *box)
{
    return box->key_bytes > STATE_INSIDE_BYTES ? box->key.far : box->key.inside;
}

/*  rows.c: the version. */
uint32_t state_row_find (const state_causal_t *self, uint64_t replica); /* or STATE_NONE */
mst_err_t state_row_make (state_causal_t *self, uint64_t replica, uint32_t *row);
mst_err_t state_rows_reserve (state_causal_t *self, uint32_t more);
void state_row_release (state_causal_t *self, uint32_t row); /* forgotten and without items */
static inline bool state_seen (const state_causal_t *self, state_dot_t dot)
{
    return state_dot_count (dot) <= self->rows[state_dot_row (dot)].count;
}

/*  log.c */
mst_err_t state_log_reserve (state_causal_t *self, uint32_t more);
void state_log_limit (state_causal_t *self); /* the object has grown */
void state_log_put (state_causal_t *self, const state_log_entry_t *entry);
void state_log_forget (state_causal_t *self, uint32_t row); /* its entries go */
/*  The item that the last entry speaks of has another dot now. */
static inline bool state_log_renew (state_log_t *log, state_dot_t old, state_dot_t dot)
{
    state_log_entry_t *last = &log->entries[(log->head - 1) & (log->capacity - 1)];
    if (log->count == 0 || last->change != old || last->dot != old)
        return false;
    last->change = last->dot = dot;
    return true;
}
/*  An item is new; `replaced` is the dot of its replica's earlier one under this key, or 0. */
void state_log_add (state_causal_t *self, state_dot_t dot, uint32_t hash, state_dot_t replaced);

/*  items.c: the table. */
mst_err_t state_items_reserve (state_causal_t *self, uint32_t more);
/*  The first item of a hash from *probe on (start with the hash), or STATE_NONE. */
static inline uint32_t state_items_probe (const state_causal_t *self, uint32_t hash,
                                          uint32_t *probe)
{
    uint32_t mask = self->slot_count - 1;
    if (self->slot_count == 0)
        return STATE_NONE;
    for (uint32_t slot = *probe & mask; self->slots[slot] != 0; slot = (slot + 1) & mask) {
        uint32_t index = self->slots[slot] - 1;
        if (self->items[index].hash == hash) {
            *probe = slot + 1;
            return index;
        }
    }
    return STATE_NONE;
}
uint32_t state_items_find_dot (const state_causal_t *self, uint32_t hash, state_dot_t dot);
/*  Room is reserved. The item's far bytes change hands. Gives its index. */
uint32_t state_items_put (state_causal_t *self, const state_item_t *item);
void state_items_remove (state_causal_t *self, uint32_t index); /* the last one moves there */
mst_err_t state_item_fill (state_causal_t *self, state_item_t *item, const void *head,
                           uint32_t head_bytes, const void *data, uint32_t size_bytes);
void state_item_empty (state_causal_t *self, state_item_t *item); /* frees far bytes */
/*  Items of a box: for (i = first (…); i != STATE_NONE; i = next (…)). */
static inline uint32_t state_items_first (const state_causal_t *self, uint32_t box)
{
    if (self->links)
        return self->boxes[box].first;
    return self->item_count > 0 ? 0 : STATE_NONE;
}
static inline uint32_t state_items_next (const state_causal_t *self, uint32_t index)
{
    if (self->links)
        return self->links[index].next;
    return index + 1 < self->item_count ? index + 1 : STATE_NONE;
}

/*  boxes.c: the places. */
static inline uint32_t state_box_hash (uint32_t parent_hash, unsigned type, const void *key,
                                       uint32_t key_bytes)
{
    return (uint32_t) (state_hash ((uint64_t) parent_hash << 8 | type, key, key_bytes) >> 32);
}
static inline bool state_box_is (const state_box_t *box, uint32_t hash, uint32_t parent,
                                 unsigned type, const void *key, uint32_t key_bytes)
{
    return box->hash == hash && box->type == type && box->parent == parent &&
           box->key_bytes == key_bytes && state_same (state_box_key (box), key, key_bytes);
}
static inline uint32_t state_box_look (const state_causal_t *self, uint32_t parent, unsigned type,
                                       const void *key, uint32_t key_bytes)
{
    uint32_t mask = self->box_slot_count - 1;
    if (self->box_slot_count == 0)
        return STATE_NONE;
    uint32_t hash = state_box_hash (self->boxes[parent].hash, type, key, key_bytes), at;
    for (uint32_t slot = hash & mask; (at = self->box_slots[slot]) != 0; slot = (slot + 1) & mask)
        if (state_box_is (&self->boxes[at], hash, parent, type, key, key_bytes))
            return at;
    return STATE_NONE;
}
uint32_t state_box_find (const state_causal_t *self, uint32_t parent, unsigned type,
                         const void *key, uint32_t key_bytes);
mst_err_t state_box_make (state_causal_t *self, uint32_t parent, unsigned type, const void *key,
                          uint32_t key_bytes, uint32_t *box);
void state_box_drop (state_causal_t *self, uint32_t box);  /* when it is empty */
void state_box_prune (state_causal_t *self, uint32_t box); /* and then its parents */
/*  Compares two places' paths: keys by bytes, then types, from the outside in. */
int state_box_compare (const state_causal_t *self, uint32_t a, uint32_t b);
int state_bytes_compare (const void *a, size_t a_bytes, const void *b, size_t b_bytes);

/*  hashes of items */
static inline uint32_t state_item_hash (const state_box_t *box, const void *key, uint32_t key_bytes,
                                        unsigned flags)
{
    return (uint32_t) (state_hash ((uint64_t) box->hash << 8 | flags, key, key_bytes) >> 32);
}
static inline uint32_t state_item_hash_none (const state_box_t *box)
{
    return box->hash * 0x9e3779b1u + 1;
}
static inline uint32_t state_item_hash_dot (const state_box_t *box, uint64_t replica,
                                            uint64_t count)
{
    return (uint32_t) (state_hash_mix (replica ^ ((uint64_t) box->hash << 32), count) >> 32);
}
/*  By the box's type; the item is one of this object's. The second: further bits, of sets,
   registers and counters. */
uint32_t state_item_hash_of (const state_causal_t *self, const state_item_t *item);
uint32_t state_item_check_of (const state_causal_t *self, const state_item_t *item);

/*  sort.c: by a comparison that needs its context; stable; scratch is `count` further numbers. */
typedef int state_compare_t (const void *context, uint32_t a, uint32_t b);
void state_sort (uint32_t *numbers, uint32_t *scratch, size_t count, state_compare_t *compare,
                 const void *context);

/*  sequence.c */
mst_err_t state_view_fresh (const mst_crdt_t *crdt, uint32_t box, state_view_t **view);
void state_views_fini (state_causal_t *self);
void state_view_drop (state_causal_t *self, uint32_t box);
static inline void state_view_stale (state_causal_t *self, uint32_t box)
{
    if (self->boxes[box].type == MST_CRDT_RGA && self->boxes[box].child != STATE_NONE)
        self->views[self->boxes[box].child].stale = true;
}
mst_err_t state_sequence_trim (mst_crdt_t *crdt);

/*  causal.c, merge.c, counter.c, register.c: one kind of object each; crdt.c chooses. Merging reads
    what stands behind the type and the kind; `adopt`: into a new object, with what was forgotten.
 */
mst_err_t state_causal_init (mst_crdt_t *crdt);
void state_causal_fini (mst_crdt_t *crdt);
mst_err_t state_causal_encode (const mst_crdt_t *crdt, mst_bytes_t *bytes);
mst_err_t state_causal_encode_since (const mst_crdt_t *crdt, const mst_dot_t *dots, size_t count,
                                     mst_bytes_t *bytes, bool *whole);
mst_err_t state_causal_merge (mst_crdt_t *self, state_reader_t *reader, bool delta, bool adopt,
                              uint64_t latest_stamp, bool *changed);
uint64_t state_causal_hash (const mst_crdt_t *crdt);
size_t state_causal_version (const mst_crdt_t *crdt, mst_dot_t *dots, size_t max);
mst_err_t state_causal_forget (mst_crdt_t *crdt, uint64_t replica);
size_t state_causal_memory (const mst_crdt_t *crdt);

mst_err_t state_counter_add (mst_crdt_t *crdt, uint64_t up, uint64_t down);
mst_err_t state_counter_value (const mst_crdt_t *crdt, int64_t *value);
mst_err_t state_counter_encode (const mst_crdt_t *crdt, const mst_dot_t *dots, size_t count,
                                bool delta, mst_bytes_t *bytes);
mst_err_t state_counter_merge (mst_crdt_t *crdt, state_reader_t *reader, bool *changed);
uint64_t state_counter_hash (const mst_crdt_t *crdt);
size_t state_counter_version (const mst_crdt_t *crdt, mst_dot_t *dots, size_t max);
mst_err_t state_counter_forget (mst_crdt_t *crdt, uint64_t replica);

mst_err_t state_register_set (mst_crdt_t *crdt, uint64_t stamp, uint64_t replica, const void *value,
                              uint32_t size_bytes, bool *changed);
mst_err_t state_register_encode (const mst_crdt_t *crdt, bool delta, mst_bytes_t *bytes);
mst_err_t state_register_merge (mst_crdt_t *crdt, state_reader_t *reader, uint64_t latest_stamp,
                                bool *changed);

/*  crdt.c */
uint8_t *state_head_put (const mst_crdt_t *crdt, uint8_t *at, bool delta, uint32_t rows);
mst_err_t state_merge (mst_crdt_t *crdt, const void *data, size_t size_bytes, bool adopt,
                       uint64_t latest_stamp, bool *changed);
mst_err_t state_forget (mst_crdt_t *crdt,
                        uint64_t replica); /* not yet forgotten: who calls knows */
mst_err_t state_malformed (const mst_crdt_t *crdt, const char *what) __attribute__ ((cold));
mst_err_t state_clock_ahead (uint64_t stamp, uint64_t latest) __attribute__ ((cold));

#endif
