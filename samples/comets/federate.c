/*  The start, in an order that leaves nothing to chance: everybody declares before it shows itself
    (as an object named by its rank, so that no rank is taken twice), so whoever sees all ranks
    knows what all of them want; then comes time, then one synchronization point before the first
    day. */
#include "samples/comets/federate.h"
#include "samples/comets/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { START_LIMIT_S = 120, START_SLICE_MS = 1000, START_NAME_BYTES = 24 };

static double seconds (clockid_t clock)
{
    struct timespec now;
    comets_assert (clock_gettime (clock, &now) == 0);
    return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

double comets_now_s (void)
{
    return seconds (CLOCK_MONOTONIC);
}

double comets_work_s (void)
{
    return seconds (CLOCK_THREAD_CPUTIME_ID);
}

/*  Failures ------------------------------------------------------------------------------------ */

void comets_fail (comets_federate_t *self, mst_err_t err, const char *format, ...)
{
    va_list args;
    comets_assert (self != NULL);
    comets_assert (err != MST_OK);
    if (self->err)
        return;
    self->err = err;
    va_start (args, format);
    vsnprintf (self->fault, sizeof self->fault, format, args);
    va_end (args);
}

bool comets_good (comets_federate_t *self, mst_err_t err, const char *what)
{
    comets_assert (self != NULL);
    comets_assert (what != NULL);
    if (err)
        comets_fail (self, err, "%s: %s", what, mst_error_text ());
    return !self->err;
}

/*  Declarations -------------------------------------------------------------------------------- */

static bool find_classes (comets_federate_t *self)
{
    comets_names_t *names = &self->names;
    mst_federate_t fed = self->fed;
    return comets_good (self, mst_class_find (fed, "Comet", &names->comet), "class") &&
           comets_good (self, mst_class_find (fed, "Sky", &names->sky), "class") &&
           comets_good (self, mst_attribute_find (fed, names->comet, "Row", &names->row),
                        "Comet") &&
           comets_good (self, mst_attribute_find (fed, names->comet, "State", &names->state),
                        "Comet") &&
           comets_good (self, mst_attribute_find (fed, names->comet, "Place", &names->place),
                        "Comet");
}

static bool find_interactions (comets_federate_t *self)
{
    comets_names_t *names = &self->names;
    const struct {
        const char *class, *name;
        mst_interaction_class_t *of;
        mst_parameter_t *parameter;
    } rows[] = {
        { "CloseApproach", "Step", &names->approach, &names->approach_step },
        { "CloseApproach", "Low", &names->approach, &names->approach_low },
        { "CloseApproach", "High", &names->approach, &names->approach_high },
        { "CloseApproach", "Distance", &names->approach, &names->approach_distance },
        { "FinalState", "Row", &names->final, &names->final_row },
        { "FinalState", "State", &names->final, &names->final_state },
        { "Tally", "Migrations", &names->tally, &names->tally_migrations },
        { "Tally", "Ghosts", &names->tally, &names->tally_ghosts },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        mst_err_t err = mst_interaction_find (self->fed, rows[i].class, rows[i].of);
        if (!err)
            err = mst_parameter_find (self->fed, *rows[i].of, rows[i].name, rows[i].parameter);
        if (!comets_good (self, err, rows[i].class))
            return false;
    }
    return true;
}

/*  A neighbour wants places only; states are for those who look on. */
static bool declare (comets_federate_t *self)
{
    const comets_names_t *names = &self->names;
    mst_federate_t fed = self->fed;
    const mst_interaction_class_t all[] = { names->approach, names->final, names->tally };
    mst_err_t err = mst_publish (fed, names->comet, NULL, 0);
    if (!err)
        err = mst_publish (fed, names->sky, NULL, 0);
    if (!err)
        err = mst_subscribe (fed, names->comet, &names->place, 1);
    if (!err)
        err = mst_subscribe (fed, names->sky, NULL, 0);
    for (size_t i = 0; i < sizeof all / sizeof all[0] && !err; i++) {
        err = mst_publish_interaction (fed, all[i]);
        if (!err && self->harvest)
            err = mst_subscribe_interaction (fed, all[i]);
    }
    return comets_good (self, err, "publish and subscribe");
}

/*  Everybody there ----------------------------------------------------------------------------- */

/*  Callbacks until the condition holds or the start takes too long. */
#define WAIT_UNTIL(self, condition, words)                                                         \
    do {                                                                                           \
        double limit_s = comets_now_s () + START_LIMIT_S;                                          \
        while (!(self)->err && !(condition)) {                                                     \
            (void) comets_good ((self), mst_evoke ((self)->fed, START_SLICE_MS, NULL), "evoke");   \
            if (comets_now_s () > limit_s)                                                         \
                comets_fail ((self), MST_E_TIMEOUT, "%s within %d s", (words), START_LIMIT_S);     \
        }                                                                                          \
    } while (0)

static bool show_oneself (comets_federate_t *self)
{
    char name[START_NAME_BYTES];
    const char *names[1] = { name };
    mst_object_t object;
    snprintf (name, sizeof name, "Sky %u", self->settings->rank);
    if (!comets_good (self, mst_reserve_names (self->fed, names, 1), "reserve a name"))
        return false;
    WAIT_UNTIL (self, self->rank_state != COMETS_RANK_ASKED, "the rank's name was not reserved");
    if (self->rank_state == COMETS_RANK_TAKEN)
        comets_fail (self, MST_E_NAME_IN_USE,
                     "another federate has rank %u: give each its own --rank",
                     self->settings->rank);
    if (self->err || !comets_good (self, mst_register (self->fed, self->names.sky, name, &object),
                                   "register the rank"))
        return false;
    self->members[self->settings->rank] = mst_self (self->fed);
    self->present++;
    return true;
}

static bool register_comets (comets_federate_t *self)
{
    comets_home_t *home = self->home;
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; i < home->count && !err; i++)
        err = mst_register (self->fed, self->names.comet, NULL, &home->residents[i].object);
    return comets_good (self, err, "register a comet");
}

/*  The point is for the members only: who else is in the federation need not care. */
static bool synchronize (comets_federate_t *self)
{
    uint32_t count = self->settings->count;
    if (self->settings->rank == 0 &&
        !comets_good (self,
                      mst_register_point (self->fed, COMETS_POINT, NULL, 0, self->members, count),
                      "register the synchronization point"))
        return false;
    WAIT_UNTIL (self, self->point != COMETS_POINT_UNKNOWN, "rank 0 did not begin");
    if (self->err ||
        !comets_good (self, mst_achieve_point (self->fed, COMETS_POINT, true), "synchronize"))
        return false;
    WAIT_UNTIL (self, self->point == COMETS_POINT_PASSED, "not all federates got ready");
    return !self->err;
}

static bool meet (comets_federate_t *self)
{
    WAIT_UNTIL (self, self->present == self->settings->count, "not all federates came");
    return !self->err &&
           comets_good (self, mst_enable_time (self->fed, COMETS_DAY_S), "enable time") &&
           synchronize (self);
}

static bool join (comets_federate_t *self)
{
    const comets_settings_t *settings = self->settings;
    const mst_module_t module = { .name = settings->fom };
    const mst_join_options_t options = {
        .rti = settings->rti,
        .federation = settings->federation,
        .name = settings->name,
        .type = "sky",
        .modules = settings->fom ? &module : NULL,
        .module_count = settings->fom ? 1 : 0,
        .callbacks = comets_inbox,
        .user = self,
    };
    return comets_good (self, mst_join (&options, &self->fed), "join");
}

bool comets_federate_start (comets_federate_t *self, const comets_settings_t *settings,
                            const comets_table_t *table)
{
    comets_assert (self != NULL);
    comets_assert (settings != NULL);
    *self = (comets_federate_t){ .settings = settings, .table = table };
    mst_err_t err = comets_home_new (&self->home, table, settings->rank, settings->count);
    if (!err && settings->rank == 0)
        err = comets_harvest_new (&self->harvest, table, settings->steps);
    return comets_good (self, err, "the comets cannot be started") && join (self) &&
           find_classes (self) && find_interactions (self) && declare (self) &&
           show_oneself (self) && register_comets (self) && meet (self);
}

/*  After a failure it goes as a crash would, so that the others are told at once; a result that
    differs concerns nobody but its readers. */
bool comets_federate_leave (comets_federate_t *self)
{
    comets_assert (self != NULL);
    if (self->fed.generation != 0 && self->err && self->err != MST_E_DIFFERS)
        mst_abandon (&self->fed);
    else if (self->fed.generation != 0)
        (void) comets_good (
            self, mst_resign (&self->fed, MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST), "resign");
    comets_home_destroy (&self->home);
    comets_harvest_destroy (&self->harvest);
    return !self->err;
}
