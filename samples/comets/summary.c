/*  What came of the run, and what the plain loop says to it. Rank 0 knows it all. */
#include "samples/comets/federate.h"
#include "samples/comets/check.h"
#include "samples/comets/plain.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SUMMARY_VALUE_BYTES = 200 };

static void tell (comets_federate_t *self, const char *name, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/*  To the runner, and to who started it by hand. */
static void tell (comets_federate_t *self, const char *name, const char *format, ...)
{
    char value[SUMMARY_VALUE_BYTES];
    va_list args;
    va_start (args, format);
    vsnprintf (value, sizeof value, format, args);
    va_end (args);
    printf ("%s: %s\n", name, value);
    (void) comets_good (self, mst_report (self->fed, name, value), "report");
}

/*  The plain loop ------------------------------------------------------------------------------ */

static mst_err_t fly_plain (comets_federate_t *self, comets_world_t *world)
{
    mst_err_t err = MST_OK;
    while (world->step < self->settings->steps && !err) {
        comets_world_move (world, 1);
        err = comets_world_search (world);
    }
    return err;
}

/*  The same comets, days and search in one loop; how long it takes, and its digest. It waits for
    nothing, so its own work counts, whatever else runs on the machine (a recorder that still
    writes). */
static bool compare (comets_federate_t *self, double *plain_s,
                     char digest[COMETS_DIGEST_TEXT_BYTES])
{
    comets_world_t *world;
    mst_err_t err = comets_world_new (&world, self->table);
    double begin_s = comets_work_s ();
    if (!err)
        err = fly_plain (self, world);
    *plain_s = comets_work_s () - begin_s;
    if (!err)
        comets_digest (world->bodies, world->count, &world->approaches, digest);
    comets_world_destroy (&world);
    return comets_good (self, err, "the plain loop: out of memory");
}

/*  How many processors this process may use. */
static uint32_t cores (void)
{
    cpu_set_t set;
    if (sched_getaffinity (0, sizeof set, &set) != 0 || CPU_COUNT (&set) < 1)
        return 1;
    return (uint32_t) CPU_COUNT (&set);
}

/*  From which size on distribution pays. A step of the plain loop takes c for each of n comets;
    one of the federation takes c n / w, w being how many federates compute at a time, and an
    overhead o for messages and waiting that does not grow with the comets that are far from
    borders. Both are measured here: c = plain / n, o = federation - plain / w. They are equal at n
    = o / (c (1 - 1 / w)). */
static void tell_from_which_size (comets_federate_t *self, double plain_s)
{
    uint32_t federates = self->settings->count;
    uint32_t at_a_time = federates < cores () ? federates : cores ();
    double steps = self->settings->steps;
    double comets = self->table->flying - self->home->parked_at_start;
    double each_us = 1e6 * plain_s / steps / comets;
    double overhead_us = 1e6 * (self->federation_s - plain_s / at_a_time) / steps;
    if (at_a_time == 1)
        tell (self, "distribution pays",
              "never with %u federate%s on %u core%s: nothing computes at a time", federates,
              federates == 1 ? "" : "s", cores (), cores () == 1 ? "" : "s");
    else if (overhead_us <= 0.0)
        tell (self, "distribution pays", "already with these %.0f comets", comets);
    else
        tell (self, "distribution pays",
              "from about %.0f comets on (%u federates on %u cores; a step costs %.0f us of "
              "overhead and %.3f us per comet)",
              overhead_us / (each_us * (1.0 - 1.0 / at_a_time)), federates, cores (), overhead_us,
              each_us);
}

/*  The result ---------------------------------------------------------------------------------- */

static void tell_counts (comets_federate_t *self)
{
    const comets_harvest_t *harvest = self->harvest;
    uint32_t parked = self->home->parked_at_start;
    tell (self, "comets", "%u", self->table->flying);
    tell (self, "left_out", "%u", self->table->left_out);
    tell (self, "inside", "%u", self->table->flying - parked);
    tell (self, "parked", "%u", parked);
    tell (self, "parked_later", "%u", harvest->parked - parked);
    tell (self, "approaches", "%zu", harvest->approaches.count);
    tell (self, "migrations", "%llu", (unsigned long long) harvest->migrations);
    tell (self, "ghosts", "%llu", (unsigned long long) harvest->ghosts);
    tell (self, "steps", "%u", self->settings->steps);
    tell (self, "federation_s", "%.3f", self->federation_s);
    tell (self, "steps/s", "%.0f", self->settings->steps / self->federation_s);
}

bool comets_federate_tell (comets_federate_t *self)
{
    char digest[COMETS_DIGEST_TEXT_BYTES], plain[COMETS_DIGEST_TEXT_BYTES];
    double plain_s;
    comets_assert (self != NULL);
    comets_assert (self->harvest != NULL);
    if (!comets_harvest_finish (self->harvest, self->settings->count, digest)) {
        comets_fail (self, MST_E_DIFFERS,
                     "%u of %u final states and %u of %u tallies came, or an approach came twice",
                     self->harvest->count, self->table->flying, self->harvest->tallies,
                     self->settings->count);
        return false;
    }
    tell_counts (self);
    if (self->settings->compare_plain && compare (self, &plain_s, plain)) {
        tell (self, "plain_s", "%.3f", plain_s);
        tell_from_which_size (self, plain_s);
        if (strcmp (digest, plain) != 0)
            comets_fail (self, MST_E_DIFFERS,
                         "the result differs from the plain loop's: %s instead of %s", digest,
                         plain);
    }
    tell (self, "digest", "%s", digest);
    return !self->err;
}
