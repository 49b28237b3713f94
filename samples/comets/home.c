/*  Nearly all comets are far from every border: what was found around such a comet holds until it
    has moved a good part of that distance, so that most days cost it no search of the territory. */
#include "samples/comets/home.h"
#include "samples/comets/check.h"

#include <stdlib.h>
#include <string.h>

#define HOME_QUIET_AU 0.20 /* so far around a quiet comet all is ours */
#define HOME_STRAY_AU 0.14 /* so far it may move from there: 0.05 AU are left, and a margin */

static const double CENTRE[3] = { 0.0, 0.0, 0.0 };

/*  Making one --------------------------------------------------------------------------------- */

static bool home_flies (const comets_table_t *table, uint32_t row)
{
    comets_assert (table != NULL);
    return row >= 1 && row <= table->count && table->rows[row - 1].flies;
}

/*  All comets at the start, in row order; gives how many of them stand in the box, whose places
    come first in `points`. */
static uint32_t home_start (comets_home_t *self, comets_body_t *bodies, double *points)
{
    uint32_t inside = 0, count = 0;
    comets_sky_at (&self->sky, COMETS_START_MJD);
    for (uint32_t row = 1; row <= self->table->count; row++) {
        if (!home_flies (self->table, row))
            continue;
        comets_body_t *body = &bodies[count++];
        comets_body_start (body, row, &self->table->rows[row - 1].elements, &self->sky);
        if (!body->parked)
            memcpy (points + 3 * inside++, body->state.position, 3 * sizeof *points);
    }
    comets_assert (count == self->table->flying);
    self->parked_at_start = count - inside;
    return inside;
}

/*  Comets that are parked stand in nobody's leaf: they are dealt out in turn. */
static void home_keep (comets_home_t *self, const comets_body_t *bodies, uint32_t owners)
{
    for (uint32_t i = 0; i < self->table->flying; i++) {
        const double *position = bodies[i].state.position;
        uint32_t owner = bodies[i].parked ? bodies[i].row % owners
                                          : mst_territory_owner (self->territory, position);
        if (owner == self->rank)
            self->residents[self->count++].body = bodies[i];
    }
}

static mst_err_t home_fill (comets_home_t *self, uint32_t owners)
{
    size_t flying = self->table->flying;
    comets_body_t *bodies = calloc (flying + 1, sizeof *bodies);
    double *points = calloc (flying + 1, 3 * sizeof *points);
    mst_err_t err = bodies && points ? MST_OK : MST_E_NO_MEMORY;
    if (!err) {
        uint32_t inside = home_start (self, bodies, points);
        err = mst_territory_new (CENTRE, COMETS_BOX_AU, points, inside, owners, &self->territory);
    }
    if (!err)
        home_keep (self, bodies, owners);
    free (points);
    free (bodies);
    return err;
}

mst_err_t comets_home_new (comets_home_t **self_p, const comets_table_t *table, uint32_t rank,
                           uint32_t count)
{
    comets_assert (self_p != NULL);
    comets_assert (table != NULL);
    comets_assert (rank < count);
    comets_assert (HOME_STRAY_AU + COMETS_APPROACH_AU < HOME_QUIET_AU);
    *self_p = calloc (1, sizeof **self_p);
    if (!*self_p)
        return MST_E_NO_MEMORY;
    (*self_p)->table = table;
    (*self_p)->rank = rank;
    mst_err_t err = comets_search_new (&(*self_p)->search, table);
    if (!err)
        err = home_fill (*self_p, count);
    if (err)
        comets_home_destroy (self_p);
    return err;
}

void comets_home_destroy (comets_home_t **self_p)
{
    comets_assert (self_p != NULL);
    if (!*self_p)
        return;
    mst_territory_destroy (&(*self_p)->territory);
    comets_search_destroy (&(*self_p)->search);
    comets_approaches_fini (&(*self_p)->approaches);
    free (*self_p);
    *self_p = NULL;
}

/*  A step -------------------------------------------------------------------------------------- */

static bool home_strayed (const comets_resident_t *resident)
{
    double square = 0.0;
    for (int axis = 0; axis < 3; axis++) {
        double way = resident->body.state.position[axis] - resident->watched[axis];
        square += way * way;
    }
    return square > HOME_STRAY_AU * HOME_STRAY_AU;
}

/*  Everyone who owns a leaf near the resident, oneself included. */
static uint64_t home_near (const comets_home_t *self, comets_resident_t *resident)
{
    const uint64_t ours = UINT64_C (1) << self->rank;
    const double *position = resident->body.state.position;
    if (resident->quiet && !home_strayed (resident))
        return ours;
    resident->quiet = mst_territory_near (self->territory, position, HOME_QUIET_AU) == ours;
    memcpy (resident->watched, position, sizeof resident->watched);
    return resident->quiet ? ours
                           : mst_territory_near (self->territory, position, COMETS_APPROACH_AU);
}

/*  A pair is the business of whoever owns the ground under its lower-numbered comet. */
static void home_place (comets_home_t *self, uint32_t row, const double position[3], uint32_t owner)
{
    comets_assert (self->seen[row] != self->step);
    self->seen[row] = self->step;
    comets_search_place (self->search, row, position, owner == self->rank);
}

static void home_show (comets_home_t *self, uint32_t index)
{
    const uint64_t ours = UINT64_C (1) << self->rank;
    comets_resident_t *resident = &self->residents[index];
    const double *position = resident->body.state.position;
    uint64_t near = home_near (self, resident);
    uint32_t owner = near == ours ? self->rank : mst_territory_owner (self->territory, position);
    home_place (self, resident->body.row, position, owner);
    resident->leaves = owner != self->rank;
    if (near & ~ours)
        self->sightings[self->sighting_count++] =
            (comets_sighting_t){ .resident = index, .owner = owner, .others = near & ~ours };
}

void comets_home_move (comets_home_t *self)
{
    comets_assert (self != NULL);
    self->step++;
    self->sighting_count = 0;
    if (self->ahead > 0)
        self->sky = self->next_sky;
    else
        comets_sky_at (&self->sky, COMETS_START_MJD + self->step);
    self->ahead = 0;
    comets_search_clear (self->search);
    for (uint32_t i = 0; i < self->count; i++) {
        comets_resident_t *resident = &self->residents[i];
        if (!resident->ahead)
            comets_body_step (&resident->body, 1.0, &self->sky);
        resident->ahead = false;
        if (!resident->body.parked)
            home_show (self, i);
    }
}

bool comets_home_go_ahead (comets_home_t *self, uint32_t count)
{
    comets_assert (self != NULL);
    comets_assert (count > 0);
    if (self->ahead == 0)
        comets_sky_at (&self->next_sky, COMETS_START_MJD + self->step + 1);
    for (; count > 0 && self->ahead < self->count; self->ahead++, count--) {
        comets_resident_t *resident = &self->residents[self->ahead];
        if (resident->leaves || resident->left)
            continue;
        comets_body_step (&resident->body, 1.0, &self->next_sky);
        resident->ahead = true;
    }
    return self->ahead < self->count;
}

bool comets_home_see (comets_home_t *self, uint32_t row, const double position[3])
{
    comets_assert (self != NULL);
    comets_assert (position != NULL);
    if (!home_flies (self->table, row) || !comets_in_box (position) ||
        self->seen[row] == self->step)
        return false;
    home_place (self, row, position, mst_territory_owner (self->territory, position));
    return true;
}

/*  Its place came as a ghost, from where it lived. */
bool comets_home_arrive (comets_home_t *self, uint32_t row, const comets_state_t *state,
                         mst_object_t object)
{
    comets_assert (self != NULL);
    comets_assert (state != NULL);
    if (!home_flies (self->table, row) || !comets_state_sound (state) ||
        self->count == COMETS_ROW_LIMIT)
        return false;
    comets_resident_t *resident = &self->residents[self->count++];
    *resident = (comets_resident_t){ .object = object };
    comets_body_resume (&resident->body, row, state, &self->sky);
    return true;
}

/*  Only those near a border go, so it is looked for among the sightings. */
bool comets_home_leave (comets_home_t *self, mst_object_t object)
{
    comets_assert (self != NULL);
    for (uint32_t i = 0; i < self->sighting_count; i++) {
        comets_resident_t *resident = &self->residents[self->sightings[i].resident];
        if (resident->object.id == object.id && !resident->left) {
            resident->left = true;
            return true;
        }
    }
    return false;
}

/*  The last one takes the place of one that left; from the back, so that none who left moves. */
void comets_home_settle (comets_home_t *self)
{
    comets_assert (self != NULL);
    for (uint32_t i = self->sighting_count; i-- > 0;) {
        uint32_t index = self->sightings[i].resident;
        comets_assert (index < self->count);
        if (self->residents[index].left)
            self->residents[index] = self->residents[--self->count];
    }
    self->sighting_count = 0;
}

mst_err_t comets_home_find (comets_home_t *self)
{
    comets_assert (self != NULL);
    self->approaches.count = 0;
    return comets_search_find (self->search, self->step, &self->approaches);
}
