/*  Bodies are kept by row and moved together at the end; approaches come nearly sorted, by step. */
#include "samples/comets/harvest.h"
#include "samples/comets/check.h"

#include <stdlib.h>

mst_err_t comets_harvest_new (comets_harvest_t **self_p, const comets_table_t *table,
                              uint32_t steps)
{
    comets_assert (self_p != NULL);
    comets_assert (table != NULL);
    *self_p = calloc (1, sizeof **self_p);
    if (!*self_p)
        return MST_E_NO_MEMORY;
    (*self_p)->table = table;
    (*self_p)->steps = steps;
    return MST_OK;
}

void comets_harvest_destroy (comets_harvest_t **self_p)
{
    comets_assert (self_p != NULL);
    if (!*self_p)
        return;
    comets_approaches_fini (&(*self_p)->approaches);
    free (*self_p);
    *self_p = NULL;
}

mst_err_t comets_harvest_approach (comets_harvest_t *self, const comets_approach_t *approach)
{
    comets_assert (self != NULL);
    comets_assert (approach != NULL);
    if (approach->step < 1 || approach->step > self->steps || approach->low < 1 ||
        approach->low >= approach->high || approach->high > self->table->count ||
        !(approach->distance_au >= 0.0 && approach->distance_au < COMETS_APPROACH_AU))
        return MST_E_MALFORMED;
    return comets_approaches_put (&self->approaches, approach);
}

/*  A state outside the box is that of a parked comet. */
mst_err_t comets_harvest_state (comets_harvest_t *self, uint32_t row, const comets_state_t *state)
{
    comets_assert (self != NULL);
    comets_assert (state != NULL);
    if (row < 1 || row > self->table->count || !self->table->rows[row - 1].flies ||
        self->came[row - 1] || !comets_state_sound (state))
        return MST_E_MALFORMED;
    bool parked = !comets_in_box (state->position);
    self->bodies[row - 1] = (comets_body_t){ .state = *state, .row = row, .parked = parked };
    self->came[row - 1] = true;
    self->count++;
    self->parked += parked ? 1 : 0;
    return MST_OK;
}

void comets_harvest_tally (comets_harvest_t *self, uint64_t migrations, uint64_t ghosts)
{
    comets_assert (self != NULL);
    self->tallies++;
    self->migrations += migrations;
    self->ghosts += ghosts;
}

/*  Two owners of one place would both have reported. */
static bool harvest_twice (const comets_approaches_t *list)
{
    for (size_t i = 1; i < list->count; i++) {
        const comets_approach_t *a = &list->items[i - 1], *b = &list->items[i];
        if (a->step == b->step && a->low == b->low && a->high == b->high)
            return true;
    }
    return false;
}

bool comets_harvest_finish (comets_harvest_t *self, uint32_t federates,
                            char digest[COMETS_DIGEST_TEXT_BYTES])
{
    uint32_t count = 0;
    comets_assert (self != NULL);
    if (self->count != self->table->flying || self->tallies != federates)
        return false;
    comets_approaches_sort (&self->approaches, 0);
    if (harvest_twice (&self->approaches))
        return false;
    for (uint32_t i = 0; i < self->table->count; i++)
        if (self->came[i])
            self->bodies[count++] = self->bodies[i];
    comets_assert (count == self->count);
    comets_digest (self->bodies, count, &self->approaches, digest);
    return true;
}
