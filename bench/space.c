/*  The index of moving entities: one thread, points uniform in a cube, each row beside the barest
   thing that answers the same question. For a move that is writing the point into an array; for
   queries a grid of cells of the best size, built once, which can neither change nor adapt. */
#include "bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <muster/octree.h>
#include "base/random.h"

enum { MOVES = 4000000, QUERIES = 20000, GRID_PER_CELL = 4, AXES = 3 };

static const double HALF_WIDTH = 1.0;
static const double STEP = 0.004; /* a move goes up to so far on each axis */

/*  Of the processor, not of the clock on the wall: one thread that waits for nobody. */
static double space_seconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

typedef struct space {
    mst_octree_t *tree;
    uint64_t *ids;
    double *points;
    size_t count;
    base_random_t dice;
} space_t;

static void space_point (base_random_t *dice, double point[AXES])
{
    for (int axis = 0; axis < AXES; axis++)
        point[axis] = HALF_WIDTH * (2.0 * base_random_unit (dice) - 1.0);
}

static bool space_init (space_t *self, const bench_case_t *row)
{
    const mst_octree_options_t options = { .half_width = HALF_WIDTH };

    *self = (space_t){ .count = (size_t) row->size_bytes };
    base_random_init (&self->dice, 1);
    self->ids = malloc (self->count * sizeof *self->ids);
    self->points = malloc (self->count * AXES * sizeof *self->points);
    if (!self->ids || !self->points || mst_octree_new (&options, &self->tree))
        return false;
    for (size_t i = 0; i < self->count; i++) {
        self->ids[i] = i * 3 + 1;
        space_point (&self->dice, self->points + AXES * i);
    }
    return mst_octree_load (self->tree, self->ids, self->points, NULL, self->count) == MST_OK;
}

static void space_fini (space_t *self)
{
    mst_octree_destroy (&self->tree);
    free (self->points);
    free (self->ids);
}

/*  One entity in random order goes a random step, and turns round at the border. */
static size_t space_step (space_t *self, double point[AXES])
{
    size_t index = base_random_below (&self->dice, self->count);
    uint64_t bits = base_random_next (&self->dice);
    for (int axis = 0; axis < AXES; axis++, bits >>= 21) {
        double step = STEP * ((double) (bits & 0x1fffff) * 0x1p-20 - 1.0);
        point[axis] = self->points[AXES * index + (size_t) axis] + step;
        if (!(fabs (point[axis]) < HALF_WIDTH))
            point[axis] -= 2.0 * step;
    }
    return index;
}

static double space_moves (const bench_case_t *row, bool bare)
{
    space_t self;
    double point[AXES], began, ns = NAN;

    if (space_init (&self, row)) {
        began = space_seconds ();
        for (int i = 0; i < MOVES; i++) {
            size_t index = space_step (&self, point);
            for (int axis = 0; axis < AXES; axis++)
                self.points[AXES * index + (size_t) axis] = point[axis];
            if (!bare && mst_octree_move (self.tree, self.ids[index], point))
                break;
        }
        ns = (space_seconds () - began) * 1e9 / MOVES;
    }
    space_fini (&self);
    return ns;
}

double bench_space_bare_move (const bench_case_t *row)
{
    return space_moves (row, true);
}

/*  What the loop around it costs is not the move's. */
double bench_space_move (const bench_case_t *row)
{
    return space_moves (row, false) - space_moves (row, true);
}

/*  A grid: where each cell's points begin, and the points in the order of cells. */
typedef struct grid {
    uint32_t *begins;
    double *points;
    size_t side;
} grid_t;

static size_t grid_axis (const grid_t *self, double x)
{
    double cell = (x + HALF_WIDTH) / (2.0 * HALF_WIDTH) * (double) self->side;
    return cell <= 0.0 ? 0 : cell >= (double) self->side ? self->side - 1 : (size_t) cell;
}

static size_t grid_cell (const grid_t *self, const double point[AXES])
{
    return (grid_axis (self, point[2]) * self->side + grid_axis (self, point[1])) * self->side +
           grid_axis (self, point[0]);
}

static bool grid_init (grid_t *self, const space_t *space)
{
    self->side = (size_t) cbrt ((double) space->count / GRID_PER_CELL) + 1;
    size_t cells = self->side * self->side * self->side;
    self->begins = calloc (cells + 2, sizeof *self->begins);
    self->points = malloc (space->count * AXES * sizeof *self->points);
    if (!self->begins || !self->points)
        return false;
    for (size_t i = 0; i < space->count; i++)
        self->begins[grid_cell (self, space->points + AXES * i) + 2]++;
    for (size_t cell = 0; cell < cells; cell++)
        self->begins[cell + 2] += self->begins[cell + 1];
    for (size_t i = 0; i < space->count; i++) {
        const double *point = space->points + AXES * i;
        double *to = self->points + AXES * (size_t) self->begins[grid_cell (self, point) + 1]++;
        for (int axis = 0; axis < AXES; axis++)
            to[axis] = point[axis];
    }
    return true;
}

static void grid_fini (grid_t *self)
{
    free (self->points);
    free (self->begins);
}

static uint64_t grid_box (const grid_t *self, const mst_box_t *box)
{
    uint64_t found = 0;
    size_t low = grid_axis (self, box->low[0]), high = grid_axis (self, box->high[0]);
    for (size_t z = grid_axis (self, box->low[2]); z <= grid_axis (self, box->high[2]); z++)
        for (size_t y = grid_axis (self, box->low[1]); y <= grid_axis (self, box->high[1]); y++) {
            size_t row = (z * self->side + y) * self->side;
            for (uint32_t i = self->begins[row + low]; i < self->begins[row + high + 1]; i++)
                found += mst_box_contains (box, self->points + AXES * (size_t) i);
        }
    return found;
}

static bool space_count (void *context, uint64_t id, const double point[AXES], double radius)
{
    (void) id, (void) point, (void) radius;
    ++*(uint64_t *) context;
    return true;
}

/*  Boxes with about 100 points each. Microseconds a query. */
static double space_boxes (const bench_case_t *row, bool bare)
{
    space_t self;
    grid_t grid = { 0 };
    uint64_t found = 0;
    double us = NAN;

    if (space_init (&self, row) && grid_init (&grid, &self)) {
        double half = HALF_WIDTH * cbrt (100.0 / (double) self.count), began = space_seconds ();
        for (int i = 0; i < QUERIES; i++) {
            mst_box_t box;
            double centre[AXES];
            space_point (&self.dice, centre);
            for (int axis = 0; axis < AXES; axis++) {
                box.low[axis] = centre[axis] * (1.0 - half) - half;
                box.high[axis] = centre[axis] * (1.0 - half) + half;
            }
            if (bare)
                found += grid_box (&grid, &box);
            else
                mst_octree_in_box (self.tree, &box, space_count, &found);
        }
        us = (space_seconds () - began) * 1e6 / QUERIES;
        if (found < 90 * QUERIES || found > 110 * QUERIES)
            us = NAN;
    }
    grid_fini (&grid);
    space_fini (&self);
    return us;
}

double bench_space_box (const bench_case_t *row)
{
    return space_boxes (row, false);
}

double bench_space_bare_box (const bench_case_t *row)
{
    return space_boxes (row, true);
}

static bool space_pair (void *context, uint64_t a, uint64_t b, double distance_squared)
{
    (void) a, (void) b, (void) distance_squared;
    ++*(uint64_t *) context;
    return true;
}

/*  The distance within which a point has four neighbours. */
static double space_distance (const space_t *self)
{
    double volume = 8.0 * HALF_WIDTH * HALF_WIDTH * HALF_WIDTH * 4.0 / (double) self->count;
    return cbrt (volume * 3.0 / (4.0 * 3.14159265358979));
}

/*  Nanoseconds an entity. */
double bench_space_pairs (const bench_case_t *row)
{
    space_t self;
    uint64_t found = 0;
    double ns = NAN;

    if (space_init (&self, row)) {
        double began = space_seconds ();
        if (!mst_octree_pairs (self.tree, space_distance (&self), space_pair, &found))
            ns = (space_seconds () - began) * 1e9 / (double) self.count;
        if (found < self.count * 19 / 10 || found > self.count * 21 / 10)
            ns = NAN;
    }
    space_fini (&self);
    return ns;
}

/*  Each point's neighbourhood as a box of the grid: every pair twice, as bare loops do. */
double bench_space_bare_pairs (const bench_case_t *row)
{
    space_t self;
    grid_t grid = { 0 };
    double ns = NAN;
    uint64_t found = 0;

    if (space_init (&self, row) && grid_init (&grid, &self)) {
        double distance = space_distance (&self), began = space_seconds ();
        for (size_t i = 0; i < self.count; i++) {
            const double *point = grid.points + AXES * i;
            mst_box_t box;
            for (int axis = 0; axis < AXES; axis++) {
                box.low[axis] = point[axis] - distance;
                box.high[axis] = point[axis] + distance;
            }
            found += grid_box (&grid, &box);
        }
        ns = found ? (space_seconds () - began) * 1e9 / (double) self.count : (double) NAN;
    }
    grid_fini (&grid);
    space_fini (&self);
    return ns;
}

double bench_space_bytes (const bench_case_t *row)
{
    space_t self;
    double bytes = NAN, point[AXES];

    if (space_init (&self, row)) {
        for (int i = 0; i < MOVES; i++) {
            size_t index = space_step (&self, point);
            for (int axis = 0; axis < AXES; axis++)
                self.points[AXES * index + (size_t) axis] = point[axis];
            if (mst_octree_move (self.tree, self.ids[index], point))
                break;
        }
        bytes = (double) mst_octree_bytes (self.tree) / (double) self.count;
    }
    space_fini (&self);
    return bytes;
}
