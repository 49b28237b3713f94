/*  comets-plain [table [steps]]: the comets in one plain loop, to compare a federation with. */
#include "samples/comets/digest.h"
#include "samples/comets/plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static comets_table_t table; /* too large for the stack */

static double now_s (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static void print_world (const comets_world_t *world, size_t least, size_t most, double seconds)
{
    char digest[COMETS_DIGEST_TEXT_BYTES];
    comets_digest (world->bodies, world->count, &world->approaches, digest);
    printf ("comets:     %u rows, %u left out (D/1993 F2 orbits Jupiter), %u fly\n", table.count,
            table.left_out, table.flying);
    printf ("inside:     %u at the start, %u parked outside; %u left later\n",
            world->count - world->parked_at_start, world->parked_at_start, world->parked_later);
    printf ("approaches: %zu in %u steps, %zu to %zu per step\n", world->approaches.count,
            world->step, least, most);
    printf ("seconds:    %.2f (%.0f steps/s)\n", seconds, world->step / seconds);
    printf ("digest: %s\n", digest);
}

static mst_err_t fly (comets_world_t *world, uint32_t steps)
{
    size_t least = SIZE_MAX;
    size_t most = 0;
    double begin = now_s ();
    while (world->step < steps) {
        size_t before = world->approaches.count;
        comets_world_move (world, 1);
        mst_err_t err = comets_world_search (world);
        if (err)
            return err;
        size_t found = world->approaches.count - before;
        least = found < least ? found : least;
        most = found > most ? found : most;
    }
    print_world (world, least, most, now_s () - begin);
    return MST_OK;
}

int main (int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : COMETS_DATA_DIR "/comets.table";
    unsigned long steps = argc > 2 ? strtoul (argv[2], NULL, 10) : COMETS_STEPS;
    if (argc > 3 || steps < 1 || steps > 10 * COMETS_STEPS) {
        fprintf (stderr, "usage: comets-plain [table [steps]]; 1 to %d steps of a day\n",
                 10 * COMETS_STEPS);
        return 2;
    }
    mst_err_t err = comets_table_read (&table, path);
    if (err) {
        fprintf (stderr, "comets-plain: %s: %s\n", path, table.fault);
        return 1;
    }
    comets_world_t *world;
    err = comets_world_new (&world, &table);
    if (!err)
        err = fly (world, (uint32_t) steps);
    comets_world_destroy (&world);
    if (err)
        fprintf (stderr, "comets-plain: out of memory\n");
    return err ? 1 : 0;
}
