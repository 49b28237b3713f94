/*  Which comets come closer than 0.05 AU to each other. Fragments of one comet do not count.

    The same search serves one loop with all comets and a federate with its own and its
    neighbours' ghosts. A pair belongs to whoever has the place of its lower-numbered comet: so
    each federate says of every place whether it is its own, and each pair is reported once in
    the whole federation, provided that whoever stands within 0.05 AU of an own leaf is among the
    places.

    Thread rule: one thread at a time per search. */
#ifndef COMETS_APPROACHES_H
#define COMETS_APPROACHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "samples/comets/table.h"

#define COMETS_APPROACH_AU 0.05 /* closer than that */

typedef struct comets_approach {
    uint32_t step;
    uint32_t low; /* row numbers, low < high */
    uint32_t high;
    double distance_au;
} comets_approach_t;

/*  A growing list; all zero is empty. */
typedef struct comets_approaches {
    comets_approach_t *items;
    size_t count;
    size_t capacity;
} comets_approaches_t;

/*  Errors: MST_E_NO_MEMORY (the list is as it was). */
mst_err_t comets_approaches_put (comets_approaches_t *self, const comets_approach_t *approach);
void comets_approaches_fini (comets_approaches_t *self);

/*  By step, then low, then high: the order in which approaches are compared and digested. */
void comets_approaches_sort (comets_approaches_t *self, size_t first);

typedef struct comets_search comets_search_t;

/*  A search is kept from step to step: it remembers an order that changes little. */
mst_err_t comets_search_new (comets_search_t **self_p, const comets_table_t *table);
void comets_search_destroy (comets_search_t **self_p);

/*  Per step: clear, place every comet that is known (not parked, at most once), find. The result
    is appended to the list, sorted, and depends on the places only, not on their order. Errors:
    MST_E_NO_MEMORY (nothing is appended). */
void comets_search_clear (comets_search_t *self);
void comets_search_place (comets_search_t *self, uint32_t row, const double position[3], bool own);
mst_err_t comets_search_find (comets_search_t *self, uint32_t step, comets_approaches_t *list);

#endif
