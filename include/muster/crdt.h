/*  <muster/crdt.h>: replicated data types. Each replica changes its copy without asking anybody;
    copies that have seen the same changes are the same, byte for byte, in whatever order they came.

    A replica is a number that nobody else uses: not another process, and not this one's next life
    unless it took its whole state along. Changes travel as a whole state (mst_crdt_encode) or as
    a delta: what happened since a version. A delta that builds on changes which are not here yet
    is refused with MST_E_STATE_GAP and changes nothing; fetch what is missing, or the whole state.

    Nothing here reads a clock or draws a random number: stamps come from an mst_hlc_t that the
    caller feeds with its time. To keep many objects and to carry them between replicas see
    <muster/store.h>. How it works: docs/state.md.

    Byte counts: an element, key or value has 0 … MST_CRDT_BYTES_MAX bytes; data may be NULL when
    there are none. All bytes given are copied; bytes handed out belong to the object and live until
    it is changed.

    Thread rule: an object belongs to one thread at a time; several threads may read it together
    while nobody changes it (laying out a sequence, which
    mst_crdt_at_index and mst_crdt_each do, counts as a change). */
#ifndef MUSTER_CRDT_H
#define MUSTER_CRDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MST_CRDT_BYTES_MAX = 1024 * 1024, /* one element, key or value */
    MST_CRDT_REPLICAS_MAX = 4096,     /* replicas that changed one object and are not forgotten */
    MST_CRDT_KEYS_MAX = 16000000,     /* keys of one map, with those of the maps inside it */
    MST_CRDT_DEPTH_MAX = 8            /* maps inside maps */
};

typedef enum mst_crdt_type {
    MST_CRDT_GCOUNTER = 1,  /* a counter that only grows */
    MST_CRDT_PNCOUNTER = 2, /* a counter that goes up and down */
    MST_CRDT_GSET = 3,      /* a set that only grows */
    MST_CRDT_2PSET = 4,     /* what was removed once never comes back */
    MST_CRDT_ORSET = 5,     /* removes what it has seen: an add that it has not seen wins */
    MST_CRDT_LWW = 6,       /* a register: the latest stamp wins */
    MST_CRDT_MV = 7,        /* a register: writes that did not see each other stand side by side */
    MST_CRDT_ORMAP = 8, /* keys to any of these types; removing a key spares what it did not see */
    MST_CRDT_RGA = 9    /* a sequence */
} mst_crdt_type_t;

/*  Bytes that the library writes and the caller owns. Start with { 0 }. */
typedef struct mst_bytes {
    uint8_t *data;
    size_t size_bytes;
    size_t capacity_bytes;
} mst_bytes_t;

MST_EXPORT void mst_bytes_free (mst_bytes_t *bytes); /* and sets it to { 0 } */

/*  How far a replica is: its changes 1 … count. A version is a list of them, by rising replica. */
typedef struct mst_dot {
    uint64_t replica;
    uint64_t count;
} mst_dot_t;

/*  Clocks ---------------------------------------------------------------------------------------

    A hybrid logical clock (Kulkarni, Demirbas, Madappa, Avva, Leone 2014, "Logical physical
    clocks"): a stamp is the time in units of 2^-16 s above 16 bits that count events, so that it
    stays near the time and yet rises along every chain of cause and effect. */

typedef struct mst_hlc {
    uint64_t last;         /* the last stamp given or seen; 0: none yet */
    uint64_t max_drift_ns; /* a stamp that is further ahead of the time given is refused */
} mst_hlc_t;

#define MST_HLC_DRIFT_NS 500000000u /* 500 ms: the default bound */

/*  The stamp of a time, count 0; and the time of a stamp, rounded down. time_ns: nanoseconds since
    1970, up to 2106. */
MST_EXPORT uint64_t mst_hlc_from_ns (uint64_t time_ns);
MST_EXPORT uint64_t mst_hlc_to_ns (uint64_t stamp);

/*  A stamp for something that happens here at time_ns: above all stamps given and seen. */
MST_EXPORT uint64_t mst_hlc_tick (mst_hlc_t *clock, uint64_t time_ns);

/*  A stamp came from elsewhere. Errors: MST_E_CLOCK_AHEAD (further ahead of time_ns than
    max_drift_ns; the clock is unchanged). */
MST_EXPORT mst_err_t mst_hlc_see (mst_hlc_t *clock, uint64_t stamp, uint64_t time_ns);

/*  Objects ------------------------------------------------------------------------------------ */

typedef struct mst_crdt mst_crdt_t;

/*  An empty object of a type, changed here as `replica` (not 0). The object is the caller's.
    Errors: MST_E_INVALID_ARGUMENT, MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_crdt_new (mst_crdt_type_t type, uint64_t replica, mst_crdt_t **crdt);
MST_EXPORT void mst_crdt_destroy (mst_crdt_t **crdt); /* NULL already is fine */

/*  The same state, to be changed as `replica`. Errors: as above. */
MST_EXPORT mst_err_t mst_crdt_copy (const mst_crdt_t *crdt, uint64_t replica, mst_crdt_t **copy);

MST_EXPORT mst_crdt_type_t mst_crdt_type (const mst_crdt_t *crdt);
MST_EXPORT uint64_t mst_crdt_replica (const mst_crdt_t *crdt);
MST_EXPORT const char *mst_crdt_type_name (mst_crdt_type_t type); /* "or-set"; "?" for no type */

/*  A place inside a map, from the inside out: `key` holds a thing of `type`, in the map `in` (NULL:
    the object itself). Functions that take a place act on the object itself when it is NULL. One
    key may hold things of several types side by side; removing removes the one of that type. */
typedef struct mst_crdt_place {
    const struct mst_crdt_place *in;
    const void *key;
    uint32_t key_bytes;
    mst_crdt_type_t type;
} mst_crdt_place_t;

/*  Errors of every function with a place: MST_E_INVALID_ARGUMENT (what stands there is of another
    type than the function is for; the place goes through something that is no map; too many
    bytes), MST_E_LIMIT (MST_CRDT_…), MST_E_NO_MEMORY. After an error nothing changed. What was
   never written is empty: a count of 0, no elements. */

/*  Counters. amount: 0 … INT64_MAX; what one replica adds or takes in all stays within it
    (MST_E_LIMIT). Only MST_CRDT_PNCOUNTER goes down. */
MST_EXPORT mst_err_t mst_crdt_increment (mst_crdt_t *crdt, const mst_crdt_place_t *place,
                                         uint64_t amount);
MST_EXPORT mst_err_t mst_crdt_decrement (mst_crdt_t *crdt, const mst_crdt_place_t *place,
                                         uint64_t amount);
/*  The sum over all replicas. Errors: also MST_E_LIMIT (beyond 64 bits). */
MST_EXPORT mst_err_t mst_crdt_count (const mst_crdt_t *crdt, const mst_crdt_place_t *place,
                                     int64_t *value);

/*  Sets: MST_CRDT_GSET, MST_CRDT_2PSET, MST_CRDT_ORSET. Removing what is not there is fine and
    changes nothing, except that a 2P-set also keeps out what was never in. A G-set removes
    nothing (MST_E_INVALID_ARGUMENT). */
MST_EXPORT mst_err_t mst_crdt_add (mst_crdt_t *crdt, const mst_crdt_place_t *place,
                                   const void *element, uint32_t size_bytes);
MST_EXPORT mst_err_t mst_crdt_remove (mst_crdt_t *crdt, const mst_crdt_place_t *place,
                                      const void *element, uint32_t size_bytes);
MST_EXPORT bool mst_crdt_contains (const mst_crdt_t *crdt, const mst_crdt_place_t *place,
                                   const void *element, uint32_t size_bytes);

/*  Registers: MST_CRDT_LWW, MST_CRDT_MV. stamp: of an mst_hlc_t, for LWW; MV does not look at it.
    An LWW write below the stamp that stands loses and changes nothing; equal stamps are settled by
    the larger replica. A replica gives no stamp twice. */
MST_EXPORT mst_err_t mst_crdt_set (mst_crdt_t *crdt, const mst_crdt_place_t *place, uint64_t stamp,
                                   const void *value, uint32_t size_bytes);
/*  The value of an LWW register, or of an MV register that has one; false: none was written, or
    there are several (mst_crdt_each gives them). size_bytes, stamp: may be NULL; the stamp of an MV
    value is 0. */
MST_EXPORT bool mst_crdt_get (const mst_crdt_t *crdt, const mst_crdt_place_t *place,
                              const void **value, uint32_t *size_bytes, uint64_t *stamp);

/*  Maps: what is written at a place comes into being with it. Erasing empties the place for all
   that was seen here, so that its key goes; what others write there meanwhile stays. Erasing needs
   a place (MST_E_INVALID_ARGUMENT). */
MST_EXPORT mst_err_t mst_crdt_erase (mst_crdt_t *crdt, const mst_crdt_place_t *place);

/*  Sequences. index: 0 … size; what is there and behind moves up. Errors: MST_E_INVALID_ARGUMENT
   (an index beyond the end). */
MST_EXPORT mst_err_t mst_crdt_insert (mst_crdt_t *crdt, const mst_crdt_place_t *place, size_t index,
                                      const void *element, uint32_t size_bytes);
MST_EXPORT mst_err_t mst_crdt_delete (mst_crdt_t *crdt, const mst_crdt_place_t *place,
                                      size_t index);
/*  The element at an index; size_bytes may be NULL. Errors as above, and MST_E_NO_MEMORY: the order
    is laid out anew at the first look after a merge. */
MST_EXPORT mst_err_t mst_crdt_at_index (mst_crdt_t *crdt, const mst_crdt_place_t *place,
                                        size_t index, const void **element, uint32_t *size_bytes);

/*  What stands at a place: elements of a set, values of a register (0 … one per replica), elements
    of a sequence, keys of a map; a counter has size 1 once it was written. */
MST_EXPORT size_t mst_crdt_size (const mst_crdt_t *crdt, const mst_crdt_place_t *place);

/*  Visits them: elements, values and keys in the order of their bytes (a shorter one before those
    that begin with it), a sequence in its own. For a key, `type` is that of what it holds;
   otherwise 0. The visitor changes nothing, and stops the walk by giving false. Errors:
   MST_E_NO_MEMORY. */
typedef bool mst_crdt_visit_t (void *context, const void *data, uint32_t size_bytes,
                               mst_crdt_type_t type);
MST_EXPORT mst_err_t mst_crdt_each (const mst_crdt_t *crdt, const mst_crdt_place_t *place,
                                    mst_crdt_visit_t *visit, void *context);

/*  Versions, bytes, merging ------------------------------------------------------------------- */

/*  How far the object is: up to `max` dots into `dots` (NULL with max 0), and how many there are.
    Of a counter or an LWW register, counts are sums and stamps. */
MST_EXPORT size_t mst_crdt_version (const mst_crdt_t *crdt, mst_dot_t *dots, size_t max);

/*  Appends the whole state. Same state, same bytes, whoever encodes it (docs/state.md has the
    format). Errors: MST_E_NO_MEMORY, MST_E_LIMIT (4 GiB); `bytes` is as before. */
MST_EXPORT mst_err_t mst_crdt_encode (const mst_crdt_t *crdt, mst_bytes_t *bytes);

/*  Appends what happened since a version (`dots`, rising by replica; of this object or an equal
    one's past). When the object does not know that any more, appends the whole state; *whole, may
    be NULL, tells. Errors: as above; MST_E_INVALID_ARGUMENT (dots that do not rise). */
MST_EXPORT mst_err_t mst_crdt_encode_since (const mst_crdt_t *crdt, const mst_dot_t *dots,
                                            size_t count, mst_bytes_t *bytes, bool *whole);

/*  A whole state as a new object. Errors: as mst_crdt_merge. */
MST_EXPORT mst_err_t mst_crdt_decode (const void *data, size_t size_bytes, uint64_t replica,
                                      mst_crdt_t **crdt);

/*  Takes in a state or a delta. Idempotent; the order does not matter, except that a delta follows
    what it builds on. *changed, may be NULL, tells whether anything was new. latest_stamp: a stamp
    above it is refused, 0 for no bound: a clock that lies would win every LWW register for ever.
    Errors, with the object as it was: MST_E_MALFORMED, MST_E_VERSION (another format),
    MST_E_STATE_DIFFERS (another type, or another set of forgotten replicas), MST_E_STATE_GAP (a
    delta that builds on what is not here), MST_E_CLOCK_AHEAD, MST_E_LIMIT, MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_crdt_merge_bytes (mst_crdt_t *crdt, const void *data, size_t size_bytes,
                                           uint64_t latest_stamp, bool *changed);

/*  Takes in another object's state. Errors: as above, without those of bytes. */
MST_EXPORT mst_err_t mst_crdt_merge (mst_crdt_t *crdt, const mst_crdt_t *other, bool *changed);

/*  The same state: the same values, and the same changes seen. */
MST_EXPORT bool mst_crdt_equal (const mst_crdt_t *a, const mst_crdt_t *b);

/*  A hash of the state (of its encoding): equal states, equal hashes. Errors: MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_crdt_hash (const mst_crdt_t *crdt, uint64_t *hash);

/*  Takes a departed replica out of the version: its counts stay in the sums, its elements stay, its
    row goes (at once, or with its last element). All replicas that are left must have seen every
    change of it (mst_store_forget checks that) and must forget it, too; until both have, two of
   them refuse each other's states with MST_E_STATE_DIFFERS, which loses nothing. Its number is
   never used again. A second time is harmless for this object and its copies; one that was read
   from bytes does not know whom its writers forgot, so its owner sees to it that each is forgotten
   once. Objects of a store: mst_store_forget. Errors: MST_E_INVALID_ARGUMENT (0, or oneself),
   MST_E_LIMIT (a counter's sum), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_crdt_forget (mst_crdt_t *crdt, uint64_t replica);

/*  Drops what was deleted from sequences and is remembered only because others may not have seen
    it. `dots`: a version that every replica has reached, and whose changes are all here; sequences
    shrink only when it covers the whole object. Errors: MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_crdt_trim (mst_crdt_t *crdt, const mst_dot_t *dots, size_t count);

/*  Bytes that the object takes in memory, its allocations' headers not counted. */
MST_EXPORT size_t mst_crdt_memory (const mst_crdt_t *crdt);

#ifdef __cplusplus
}
#endif
#endif
