/*  The comets do not feel each other, so the order in which the loop moves them is free; it is that
    of the rows. */
#include "samples/comets/plain.h"
#include "samples/comets/check.h"

#include <stdlib.h>

/*  All comets at the date of the start, the parked ones too: they belong to the result. */
static void world_start (comets_world_t *self, const comets_table_t *table)
{
    comets_sky_at (&self->sky, COMETS_START_MJD);
    for (uint32_t i = 0; i < table->count; i++) {
        const comets_row_t *row = &table->rows[i];
        if (!row->flies)
            continue;
        comets_body_t *body = &self->bodies[self->count++];
        comets_body_start (body, row->number, &row->elements, &self->sky);
        self->parked_at_start += body->parked ? 1 : 0;
    }
    comets_assert (self->count == table->flying);
}

mst_err_t comets_world_new (comets_world_t **self_p, const comets_table_t *table)
{
    comets_assert (self_p != NULL);
    comets_assert (table != NULL);
    comets_world_t *self = calloc (1, sizeof *self);
    *self_p = self;
    if (!self)
        return MST_E_NO_MEMORY;
    self->bodies = calloc (table->flying + 1, sizeof *self->bodies);
    mst_err_t err = self->bodies ? comets_search_new (&self->search, table) : MST_E_NO_MEMORY;
    if (err) {
        comets_world_destroy (self_p);
        return err;
    }
    world_start (self, table);
    return MST_OK;
}

void comets_world_destroy (comets_world_t **self_p)
{
    comets_assert (self_p != NULL);
    if (!*self_p)
        return;
    comets_approaches_fini (&(*self_p)->approaches);
    comets_search_destroy (&(*self_p)->search);
    free ((*self_p)->bodies);
    free (*self_p);
    *self_p = NULL;
}

/*  The date is computed from the step, never summed up: whoever starts at a step later has the
    same. */
void comets_world_move (comets_world_t *self, uint32_t substeps)
{
    comets_assert (self != NULL);
    comets_assert (substeps > 0);
    double days = 1.0 / substeps;
    for (uint32_t part = 1; part <= substeps; part++) {
        comets_sky_at (&self->sky, COMETS_START_MJD + self->step + part * days);
        for (uint32_t i = 0; i < self->count; i++) {
            comets_body_t *body = &self->bodies[i];
            bool flew = !body->parked;
            comets_body_step (body, days, &self->sky);
            self->parked_later += flew && body->parked ? 1 : 0;
        }
    }
    self->step++;
}

mst_err_t comets_world_search (comets_world_t *self)
{
    comets_assert (self != NULL);
    comets_assert (self->search != NULL);
    comets_search_clear (self->search);
    for (uint32_t i = 0; i < self->count; i++)
        if (!self->bodies[i].parked)
            comets_search_place (self->search, self->bodies[i].row, self->bodies[i].state.position,
                                 true);
    return comets_search_find (self->search, self->step, &self->approaches);
}
