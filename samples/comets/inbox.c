/*  What Muster calls back. What comes from others is checked, and what cannot be is a failure: a
    result with a doubt in it is worth nothing. */
#include "samples/comets/federate.h"
#include "samples/comets/check.h"
#include "samples/comets/message.h"

#include <stdio.h>
#include <string.h>

/*  Who is there -------------------------------------------------------------------------------- */

static int rank_of (const comets_federate_t *self, mst_federate_id_t id)
{
    comets_assert (id.id != 0);
    for (uint32_t rank = 0; rank < self->settings->count; rank++)
        if (self->members[rank].id == id.id)
            return (int) rank;
    return -1;
}

static void on_name_reserved (void *user, mst_federate_t fed, const char *name, bool succeeded)
{
    comets_federate_t *self = user;
    (void) fed;
    (void) name;
    self->rank_state = succeeded ? COMETS_RANK_OURS : COMETS_RANK_TAKEN;
}

static void on_discovered (void *user, mst_federate_t fed, const mst_discovery_t *discovery)
{
    comets_federate_t *self = user;
    unsigned rank;
    (void) fed;
    if (discovery->object_class.id != self->names.sky.id)
        return;
    if (sscanf (discovery->name, "Sky %u", &rank) != 1 || rank >= self->settings->count) {
        comets_fail (self, MST_E_INVALID_ARGUMENT,
                     "%s shows itself as \"%s\", but this run has %u federates",
                     discovery->producer_name, discovery->name, self->settings->count);
        return;
    }
    self->present += self->members[rank].id == 0 ? 1 : 0;
    self->members[rank] = discovery->producer;
}

static void on_point_announced (void *user, mst_federate_t fed, const char *label, const void *tag,
                                size_t tag_size_bytes)
{
    comets_federate_t *self = user;
    (void) fed;
    (void) tag;
    (void) tag_size_bytes;
    if (strcmp (label, COMETS_POINT) == 0)
        self->point = COMETS_POINT_ANNOUNCED;
}

static void on_synchronized (void *user, mst_federate_t fed, const char *label,
                             const mst_federate_id_t *failed, size_t failed_count)
{
    comets_federate_t *self = user;
    (void) fed;
    (void) failed;
    (void) failed_count;
    if (strcmp (label, COMETS_POINT) == 0)
        self->point = COMETS_POINT_PASSED;
}

static void on_resigned (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name)
{
    comets_federate_t *self = user;
    (void) fed;
    if (rank_of (self, id) >= 0 && !self->ended)
        comets_fail (self, MST_E_NOT_JOINED, "%s resigned at step %u of %u", name, self->home->step,
                     self->settings->steps);
}

static void on_lost (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name,
                     mst_time_t time, const char *reason)
{
    comets_federate_t *self = user;
    (void) fed;
    (void) time;
    if (rank_of (self, id) >= 0)
        comets_fail (self, MST_E_NOT_JOINED, "%s was lost at step %u of %u: %s", name,
                     self->home->step, self->settings->steps, reason);
}

static void on_refused (void *user, mst_federate_t fed, mst_err_t err, const char *text)
{
    (void) fed;
    comets_fail (user, err, "refused: %s", text);
}

static void on_connection_lost (void *user, mst_federate_t fed, const char *reason)
{
    (void) fed;
    comets_fail (user, MST_E_CONNECTION_LOST, "the RTI is lost: %s", reason);
}

/*  What comes ---------------------------------------------------------------------------------- */

static void on_reflected (void *user, mst_federate_t fed, const mst_reception_t *update)
{
    comets_federate_t *self = user;
    double position[3];
    uint32_t row;
    (void) fed;
    const uint8_t *place = comets_value (update->values, update->value_count, self->names.place.id,
                                         COMETS_PLACE_BYTES);
    if (!place || update->time != comets_time (self->home->step)) {
        comets_fail (self, MST_E_MALFORMED, "step %u: a ghost from %s is none, or of time %lld",
                     self->home->step, update->sender_name, (long long) update->time);
        return;
    }
    comets_get_place (place, &row, position);
    if (!comets_home_see (self->home, row, position))
        comets_fail (self, MST_E_MALFORMED,
                     "step %u: the ghost of row %u from %s cannot be, or came twice",
                     self->home->step, row, update->sender_name);
}

static void take_approach (comets_federate_t *self, const mst_reception_t *from)
{
    const comets_names_t *names = &self->names;
    const mst_value_t *values = from->values;
    size_t count = from->value_count;
    const uint8_t *step = comets_value (values, count, names->approach_step.id, COMETS_STEP_BYTES);
    const uint8_t *low = comets_value (values, count, names->approach_low.id, COMETS_ROW_BYTES);
    const uint8_t *high = comets_value (values, count, names->approach_high.id, COMETS_ROW_BYTES);
    const uint8_t *distance =
        comets_value (values, count, names->approach_distance.id, COMETS_LENGTH_BYTES);
    mst_err_t err = MST_E_MALFORMED;
    if (step && low && high && distance)
        err = comets_harvest_approach (
            self->harvest, &(comets_approach_t){ .step = comets_get_u32 (step),
                                                 .low = comets_get_u32 (low),
                                                 .high = comets_get_u32 (high),
                                                 .distance_au = comets_get_double (distance) });
    if (err)
        comets_fail (self, err, "an approach from %s cannot be taken: %s", from->sender_name,
                     mst_error_summary (err));
}

static void take_final (comets_federate_t *self, const mst_reception_t *from)
{
    const uint8_t *row =
        comets_value (from->values, from->value_count, self->names.final_row.id, COMETS_ROW_BYTES);
    const uint8_t *bytes = comets_value (from->values, from->value_count,
                                         self->names.final_state.id, COMETS_STATE_BYTES);
    comets_state_t state;
    mst_err_t err = MST_E_MALFORMED;
    if (row && bytes) {
        comets_get_state (bytes, &state);
        err = comets_harvest_state (self->harvest, comets_get_u32 (row), &state);
    }
    if (err)
        comets_fail (self, err, "a final state from %s cannot be taken: %s", from->sender_name,
                     mst_error_summary (err));
}

static void take_tally (comets_federate_t *self, const mst_reception_t *from)
{
    const comets_names_t *names = &self->names;
    const uint8_t *migrations = comets_value (from->values, from->value_count,
                                              names->tally_migrations.id, COMETS_COUNT_BYTES);
    const uint8_t *ghosts =
        comets_value (from->values, from->value_count, names->tally_ghosts.id, COMETS_COUNT_BYTES);
    if (migrations && ghosts)
        comets_harvest_tally (self->harvest, comets_get_u64 (migrations), comets_get_u64 (ghosts));
    else
        comets_fail (self, MST_E_MALFORMED, "a tally from %s is none", from->sender_name);
}

static void on_received (void *user, mst_federate_t fed, const mst_reception_t *interaction)
{
    comets_federate_t *self = user;
    uint32_t class = interaction->interaction.id;
    (void) fed;
    comets_assert (self->harvest != NULL); /* nobody else subscribes */
    if (class == self->names.approach.id)
        take_approach (self, interaction);
    else if (class == self->names.final.id)
        take_final (self, interaction);
    else
        take_tally (self, interaction);
}

/*  Who moves house ----------------------------------------------------------------------------- */

static void on_migrated_in (void *user, mst_federate_t fed, const mst_migration_t *migration)
{
    comets_federate_t *self = user;
    const uint8_t *baggage = migration->state;
    comets_state_t state;
    (void) fed;
    self->migrations++;
    if (migration->state_size_bytes == COMETS_BAGGAGE_BYTES &&
        migration->cut == comets_time (self->home->step)) {
        comets_get_state (baggage + COMETS_ROW_BYTES, &state);
        if (comets_home_arrive (self->home, comets_get_u32 (baggage), &state, migration->object))
            return;
    }
    comets_fail (self, MST_E_MALFORMED, "step %u: a comet came in a state that cannot be",
                 self->home->step);
}

static void on_migrated_out (void *user, mst_federate_t fed, const mst_migration_t *migration)
{
    comets_federate_t *self = user;
    (void) fed;
    if (!comets_home_leave (self->home, migration->object))
        comets_fail (self, MST_E_INTERNAL, "step %u: a comet left that does not live here",
                     self->home->step);
}

/*  It stays, and tries again at the next step. */
static void on_migration_aborted (void *user, mst_federate_t fed, const mst_migration_t *migration)
{
    comets_federate_t *self = user;
    (void) fed;
    fprintf (stderr, "comets: step %u: a comet stays: %s\n", self->home->step, migration->reason);
}

const mst_callbacks_t comets_inbox = {
    .discovered = on_discovered,
    .reflected = on_reflected,
    .received = on_received,
    .point_announced = on_point_announced,
    .synchronized = on_synchronized,
    .name_reserved = on_name_reserved,
    .migrated_in = on_migrated_in,
    .migrated_out = on_migrated_out,
    .migration_aborted = on_migration_aborted,
    .federate_resigned = on_resigned,
    .federate_lost = on_lost,
    .refused = on_refused,
    .connection_lost = on_connection_lost,
};
