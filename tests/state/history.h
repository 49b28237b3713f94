/*  The oracle of replicated types: the whole history. Every change is kept, with the set of changes
    that its author had seen; what an object's value is at a replica that has seen some of them is
    computed from the definition of its type, slowly. A group of replicas changes and merges at
    random, by whole states and by deltas, and must agree with it always. */
#ifndef TESTS_STATE_HISTORY_H
#define TESTS_STATE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <muster/crdt.h>
#include "base/random.h"

enum {
    HISTORY_REPLICAS = 4,
    HISTORY_CHANGES = 256, /* in one life of a group */
    HISTORY_WORDS = HISTORY_CHANGES / 64,
    HISTORY_ELEMENTS = 6,
    HISTORY_KEYS = 3,
    HISTORY_TEXT = 4096
};

typedef enum history_verb {
    HISTORY_ADD,    /* count up, add, set, insert */
    HISTORY_REMOVE, /* count down, remove, delete */
    HISTORY_ERASE
} history_verb_t;

typedef struct history_change {
    history_verb_t verb;
    uint32_t replica;
    mst_crdt_type_t type; /* of the place */
    uint32_t key;         /* of a map; 0 else */
    uint32_t element;     /* element, value or amount */
    uint64_t stamp;
    int parent;    /* sequence: the insertion after which; -1: the beginning */
    int target;    /* … which insertion is deleted */
    uint32_t late; /* … how many changes its author had seen, with itself */
    uint64_t seen[HISTORY_WORDS];
} history_change_t;

typedef struct history {
    mst_crdt_type_t type;
    base_random_t random;
    mst_crdt_t *objects[HISTORY_REPLICAS];
    uint64_t seen[HISTORY_REPLICAS][HISTORY_WORDS];
    history_change_t changes[HISTORY_CHANGES];
    uint32_t count;
    uint64_t clock;
    bool failed;
} history_t;

bool history_init (history_t *self, mst_crdt_type_t type, uint64_t seed);
void history_fini (history_t *self);

/*  One random change at a replica. */
void history_change (history_t *self, uint32_t replica);

/*  What `from` has comes to `to`: whole, or since to's version. */
void history_merge (history_t *self, uint32_t from, uint32_t to, bool delta);

/*  The value by definition, and the object's, as texts of HISTORY_TEXT bytes. */
void history_expected (const history_t *self, uint32_t replica, char *text);
void history_value (mst_crdt_t *crdt, char *text);

#endif
