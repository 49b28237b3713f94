/*  The days. At the granted time k a federate knows the places of step k of its own comets and of
    those near its leaves. It reports the approaches of step k, computes step k + 1, shows who
    stands near a border, hands over who crossed one, and asks for k + 1: all of it stamped k + 1,
    the lookahead. */
#include "samples/comets/federate.h"
#include "samples/comets/check.h"
#include "samples/comets/message.h"

#include <stdio.h>

enum {
    FLIGHT_PORTIONS = 4, /* of a day's work, while a grant is awaited */
    FLIGHT_PATIENCE_S = 120,
    FLIGHT_SLICE_MS = 10
};

/*  Sending with patience ----------------------------------------------------------------------- */

/*  A time-stamped message is refused while a receiver has too much before it, such as a recorder
    on a busy machine. Then callbacks are run until there is room; this is said once. */
static bool room_comes (comets_federate_t *self, mst_err_t *err, double *since_s)
{
    comets_assert (*err != MST_OK);
    if (*err != MST_E_LIMIT)
        return false;
    if (*since_s == 0.0)
        *since_s = comets_now_s ();
    if (!self->waited)
        fprintf (stderr, "comets: step %u: waits for room: %s\n", self->home->step,
                 mst_error_text ());
    self->waited = true;
    if (comets_now_s () - *since_s > FLIGHT_PATIENCE_S)
        return false;
    mst_err_t failed = mst_evoke (self->fed, FLIGHT_SLICE_MS, NULL);
    if (failed)
        *err = failed;
    return !failed && !self->err;
}

static mst_err_t send_update (comets_federate_t *self, mst_object_t object,
                              const mst_value_t *values, size_t count,
                              const mst_send_options_t *options)
{
    mst_time_t time = comets_time (self->home->step);
    mst_err_t err;
    double since_s = 0.0;
    do
        err = mst_update (self->fed, object, values, count, time, options);
    while (err && room_comes (self, &err, &since_s));
    return err;
}

static mst_err_t send_interaction (comets_federate_t *self, mst_interaction_class_t of,
                                   const mst_value_t *values, size_t count)
{
    mst_time_t time = comets_time (self->home->step + 1);
    mst_err_t err;
    double since_s = 0.0;
    do
        err = mst_send (self->fed, of, values, count, time, NULL);
    while (err && room_comes (self, &err, &since_s));
    return err;
}

/*  A day --------------------------------------------------------------------------------------- */

static bool send_approach (comets_federate_t *self, const comets_approach_t *approach)
{
    const comets_names_t *names = &self->names;
    uint8_t step[COMETS_STEP_BYTES], low[COMETS_ROW_BYTES], high[COMETS_ROW_BYTES];
    uint8_t distance[COMETS_LENGTH_BYTES];
    const mst_value_t values[] = {
        { names->approach_step.id, sizeof step, step },
        { names->approach_low.id, sizeof low, low },
        { names->approach_high.id, sizeof high, high },
        { names->approach_distance.id, sizeof distance, distance },
    };
    comets_put_u32 (step, approach->step);
    comets_put_u32 (low, approach->low);
    comets_put_u32 (high, approach->high);
    comets_put_double (distance, approach->distance_au);
    return comets_good (self, send_interaction (self, names->approach, values, 4),
                        "send an approach");
}

/*  Nobody gets what it sends itself: rank 0 takes its own directly. */
static bool report_approaches (comets_federate_t *self)
{
    const comets_approaches_t *list = &self->home->approaches;
    if (!comets_good (self, comets_home_find (self->home), "out of memory"))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        mst_err_t err =
            self->harvest ? comets_harvest_approach (self->harvest, &list->items[i]) : MST_OK;
        if (!comets_good (self, err, "an approach cannot be kept") ||
            !send_approach (self, &list->items[i]))
            return false;
    }
    return true;
}

/*  A comet near a border goes, as a ghost, to whoever owns ground near it; a recorder hears all. */
static bool show (comets_federate_t *self, const comets_sighting_t *sighting)
{
    const comets_resident_t *resident = &self->home->residents[sighting->resident];
    mst_federate_id_t only[MST_OWNERS_MAX];
    mst_send_options_t options = { .only = only };
    uint8_t place[COMETS_PLACE_BYTES];
    const mst_value_t value = { self->names.place.id, sizeof place, place };
    for (uint64_t others = sighting->others; others; others &= others - 1)
        only[options.only_count++] = self->members[__builtin_ctzll (others)];
    comets_put_place (place, resident->body.row, resident->body.state.position);
    self->ghosts += options.only_count;
    return comets_good (self, send_update (self, resident->object, &value, 1, &options),
                        "show a comet");
}

static bool hand_over (comets_federate_t *self, const comets_sighting_t *sighting)
{
    const comets_resident_t *resident = &self->home->residents[sighting->resident];
    uint8_t baggage[COMETS_BAGGAGE_BYTES];
    comets_put_u32 (baggage, resident->body.row);
    comets_put_state (baggage + COMETS_ROW_BYTES, &resident->body.state);
    return comets_good (self,
                        mst_migrate (self->fed, resident->object, self->members[sighting->owner],
                                     comets_time (self->home->step), baggage, sizeof baggage),
                        "hand a comet over");
}

static bool show_states (comets_federate_t *self)
{
    const comets_home_t *home = self->home;
    uint8_t row[COMETS_ROW_BYTES], state[COMETS_STATE_BYTES];
    const mst_value_t values[] = {
        { self->names.row.id, sizeof row, row },
        { self->names.state.id, sizeof state, state },
    };
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; i < home->count && !err; i++) {
        comets_put_u32 (row, home->residents[i].body.row);
        comets_put_state (state, &home->residents[i].body.state);
        err = send_update (self, home->residents[i].object, values, 2, NULL);
    }
    return comets_good (self, err, "show all states");
}

/*  While the grant is on its way the day after is computed, in portions: in between come the
    others' ghosts, and votes are given for which they may be waiting. */
static bool advance (comets_federate_t *self, uint32_t step)
{
    mst_err_t err = mst_time_advance_request (self->fed, comets_time (step));
    uint32_t portion = self->home->count / FLIGHT_PORTIONS + 1;
    bool more = step < self->settings->steps;
    while (more && !err) {
        more = comets_home_go_ahead (self->home, portion);
        if (more)
            err = mst_evoke (self->fed, 0, NULL);
    }
    if (!err)
        err = mst_await_grant (self->fed, -1, NULL);
    return comets_good (self, err, "advance");
}

/*  From the granted step to the next. */
static bool day (comets_federate_t *self)
{
    comets_home_t *home = self->home;
    comets_home_move (home);
    for (uint32_t i = 0; i < home->sighting_count; i++) {
        const comets_sighting_t *sighting = &home->sightings[i];
        comets_assert (sighting->owner < self->settings->count);
        if (!show (self, sighting) ||
            (sighting->owner != home->rank && !hand_over (self, sighting)))
            return false;
    }
    if (home->step % COMETS_SHOW_DAYS == 0 && !show_states (self))
        return false;
    if (!advance (self, home->step))
        return false;
    comets_home_settle (home);
    return report_approaches (self);
}

/*  After the last day -------------------------------------------------------------------------- */

static bool send_final (comets_federate_t *self, const comets_body_t *body)
{
    uint8_t row[COMETS_ROW_BYTES], state[COMETS_STATE_BYTES];
    const mst_value_t values[] = {
        { self->names.final_row.id, sizeof row, row },
        { self->names.final_state.id, sizeof state, state },
    };
    if (self->harvest)
        return comets_good (self, comets_harvest_state (self->harvest, body->row, &body->state),
                            "a final state cannot be kept");
    comets_put_u32 (row, body->row);
    comets_put_state (state, &body->state);
    return comets_good (self, send_interaction (self, self->names.final, values, 2),
                        "send a final state");
}

static bool send_tally (comets_federate_t *self)
{
    uint8_t migrations[COMETS_COUNT_BYTES], ghosts[COMETS_COUNT_BYTES];
    const mst_value_t values[] = {
        { self->names.tally_migrations.id, sizeof migrations, migrations },
        { self->names.tally_ghosts.id, sizeof ghosts, ghosts },
    };
    comets_put_u64 (migrations, self->migrations);
    comets_put_u64 (ghosts, self->ghosts);
    if (self->harvest)
        comets_harvest_tally (self->harvest, self->migrations, self->ghosts);
    else
        (void) comets_good (self, send_interaction (self, self->names.tally, values, 2),
                            "send a tally");
    return !self->err;
}

bool comets_federate_fly (comets_federate_t *self)
{
    comets_assert (self != NULL);
    comets_assert (self->present == self->settings->count);
    uint32_t steps = self->settings->steps;
    double begin_s = comets_now_s ();
    while (self->home->step < steps)
        if (!day (self))
            return false;
    for (uint32_t i = 0; i < self->home->count; i++)
        if (!send_final (self, &self->home->residents[i].body))
            return false;
    if (!send_tally (self))
        return false;
    self->ended = true;
    if (!advance (self, steps + 1))
        return false;
    self->federation_s = comets_now_s () - begin_s;
    return true;
}
