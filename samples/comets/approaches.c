/*  Sort and sweep (Baraff 1992, Dynamic simulation of non-penetrating rigid bodies): the comets
    are kept sorted by their x, and each is compared with those that follow within 0.05 AU of x.
    From day to day the order hardly changes, so that sorting by insertion costs next to nothing.

    Nothing can be lost by rounding: squares and sums round monotonically, so a gap in x that is
    not below the limit never makes a distance below it. */
#include "samples/comets/approaches.h"
#include "samples/comets/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { APPROACHES_FIRST = 64 };

/*  What the sweep needs of a comet, side by side: it reads nothing else. */
typedef struct search_place {
    double position[3];
    uint32_t row;
    bool own;
} search_place_t;

struct comets_search {
    uint32_t families[COMETS_ROW_LIMIT + 1];     /* by row */
    search_place_t placed[COMETS_ROW_LIMIT + 1]; /* by row */
    search_place_t sorted[COMETS_ROW_LIMIT];     /* by x */
    uint32_t order[COMETS_ROW_LIMIT];            /* rows by x, as the last step left them */
    bool present[COMETS_ROW_LIMIT + 1];          /* placed in this step */
    bool ordered[COMETS_ROW_LIMIT + 1];          /* in order[] */
    uint32_t order_count;
    uint32_t rows;
};

mst_err_t comets_approaches_put (comets_approaches_t *self, const comets_approach_t *approach)
{
    comets_assert (self != NULL);
    comets_assert (approach != NULL);
    comets_assert (approach->low < approach->high);
    if (self->count == self->capacity) {
        size_t capacity = self->capacity ? self->capacity * 2 : (size_t) APPROACHES_FIRST;
        comets_approach_t *items = realloc (self->items, capacity * sizeof *items);
        if (!items)
            return MST_E_NO_MEMORY;
        self->items = items;
        self->capacity = capacity;
    }
    self->items[self->count++] = *approach;
    return MST_OK;
}

void comets_approaches_fini (comets_approaches_t *self)
{
    comets_assert (self != NULL);
    free (self->items);
    *self = (comets_approaches_t){ 0 };
}

static int approaches_compare (const void *a, const void *b)
{
    const comets_approach_t *left = a;
    const comets_approach_t *right = b;
    if (left->step != right->step)
        return left->step < right->step ? -1 : 1;
    if (left->low != right->low)
        return left->low < right->low ? -1 : 1;
    return (left->high > right->high) - (left->high < right->high);
}

void comets_approaches_sort (comets_approaches_t *self, size_t first)
{
    comets_assert (self != NULL);
    comets_assert (first <= self->count);
    if (self->count - first > 1)
        qsort (self->items + first, self->count - first, sizeof *self->items, approaches_compare);
}

mst_err_t comets_search_new (comets_search_t **self_p, const comets_table_t *table)
{
    comets_assert (self_p != NULL);
    comets_assert (table != NULL);
    comets_assert (table->count <= COMETS_ROW_LIMIT);
    *self_p = calloc (1, sizeof **self_p);
    if (!*self_p)
        return MST_E_NO_MEMORY;
    (*self_p)->rows = table->count;
    for (uint32_t i = 0; i < table->count; i++)
        (*self_p)->families[table->rows[i].number] = table->rows[i].family;
    return MST_OK;
}

void comets_search_destroy (comets_search_t **self_p)
{
    comets_assert (self_p != NULL);
    free (*self_p);
    *self_p = NULL;
}

void comets_search_clear (comets_search_t *self)
{
    comets_assert (self != NULL);
    memset (self->present, 0, sizeof self->present);
}

void comets_search_place (comets_search_t *self, uint32_t row, const double position[3], bool own)
{
    comets_assert (self != NULL);
    comets_assert (position != NULL);
    comets_assert (row >= 1);
    comets_assert (row <= self->rows);
    comets_assert (!self->present[row]);
    search_place_t *place = &self->placed[row];
    memcpy (place->position, position, sizeof place->position);
    place->row = row;
    place->own = own;
    self->present[row] = true;
    if (!self->ordered[row]) {
        self->ordered[row] = true;
        self->order[self->order_count++] = row;
    }
}

/*  Brings the order up to date: those that left go, the others are inserted by their new x. */
static uint32_t search_sort (comets_search_t *self)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < self->order_count; i++) {
        uint32_t row = self->order[i];
        self->ordered[row] = self->present[row];
        if (!self->present[row])
            continue;
        const search_place_t *place = &self->placed[row];
        uint32_t at = count++;
        for (; at > 0 && self->sorted[at - 1].position[0] > place->position[0]; at--)
            self->sorted[at] = self->sorted[at - 1];
        self->sorted[at] = *place;
    }
    for (uint32_t i = 0; i < count; i++)
        self->order[i] = self->sorted[i].row;
    comets_assert (count <= self->order_count);
    self->order_count = count;
    return count;
}

/*  Reports a pair that is near, if it is ours to report. */
static mst_err_t search_report (const comets_search_t *self, const search_place_t *a,
                                const search_place_t *b, double square, uint32_t step,
                                comets_approaches_t *list)
{
    comets_assert (a->row != b->row);
    const search_place_t *low = a->row < b->row ? a : b;
    const search_place_t *high = a->row < b->row ? b : a;
    if (!low->own || self->families[low->row] == self->families[high->row])
        return MST_OK;
    comets_approach_t approach = {
        .step = step, .low = low->row, .high = high->row, .distance_au = sqrt (square)
    };
    return comets_approaches_put (list, &approach);
}

/*  The places that follow `at` in x and are near it. */
static mst_err_t search_follow (const comets_search_t *self, uint32_t at, uint32_t count,
                                uint32_t step, comets_approaches_t *list)
{
    const search_place_t *place = &self->sorted[at];
    comets_assert (at < count);
    for (uint32_t next = at + 1; next < count; next++) {
        const search_place_t *other = &self->sorted[next];
        double dx = other->position[0] - place->position[0];
        if (dx >= COMETS_APPROACH_AU)
            break;
        double dy = other->position[1] - place->position[1];
        double dz = other->position[2] - place->position[2];
        double square = dx * dx + dy * dy + dz * dz;
        if (square < COMETS_APPROACH_AU * COMETS_APPROACH_AU) {
            mst_err_t err = search_report (self, place, other, square, step, list);
            if (err)
                return err;
        }
    }
    return MST_OK;
}

mst_err_t comets_search_find (comets_search_t *self, uint32_t step, comets_approaches_t *list)
{
    comets_assert (self != NULL);
    comets_assert (list != NULL);
    size_t first = list->count;
    uint32_t count = search_sort (self);
    for (uint32_t at = 0; at < count; at++) {
        mst_err_t err = search_follow (self, at, count, step, list);
        if (err) {
            list->count = first;
            return err;
        }
    }
    comets_approaches_sort (list, first);
    return MST_OK;
}
