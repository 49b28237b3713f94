/*  What federates tell of themselves: their counters, and where their own thread waits. They tell
   it when they begin to wait at a place, and when they are asked, which is when somebody looks. */
#include "rti/core/state.h"

#include <string.h>

enum { RTI_COUNTERS_AGE_NS = 50000000 }; /* younger ones are not asked for again */

mst_err_t rti_counters_take (rti_call_t *call)
{
    const wire_counters_t *args = call->args;
    rti_counters_t *counters = &call->federate->counters;

    base_assert (call->federate != NULL && args != NULL);
    if (args->doing > WIRE_DOING_IS_BLOCKED)
        return base_error (MST_E_INVALID_ARGUMENT, "what federate \"%s\" does (%llu) is unknown",
                           call->federate->name, (unsigned long long) args->doing);
    bool named = args->place.data && rti_name_check ("a place", args->place) == MST_OK;
    char *place = named ? rti_text_copy (args->place) : NULL; /* without memory it has none */
    base_free (counters->place);
    *counters = (rti_counters_t){ .told_ns = call->core->now_ns,
                                  .asked_ns = counters->asked_ns,
                                  .latest = *args,
                                  .place = place };
    counters->latest.place = (wire_text_t){ NULL, 0 }; /* the frame's */
    return MST_OK;
}

void rti_counters_want (rti_federation_t *self)
{
    rti_core_t *core = self->core;
    static const wire_counters_wanted_t nothing;

    base_assert (core != NULL);
    BASE_LIST_EACH (&self->members, i) {
        rti_federate_t *federate = self->members.items[i];
        rti_counters_t *counters = &federate->counters;
        bool young = counters->told_ns != INT64_MIN &&
                     core->now_ns - counters->told_ns < RTI_COUNTERS_AGE_NS;
        bool asked = counters->asked_ns != INT64_MIN && counters->asked_ns > counters->told_ns;
        if (young || asked) /* who does not answer is not flooded */
            continue;
        counters->asked_ns = core->now_ns;
        rti_tell_link (core, federate->link, WIRE_SERVICE_COUNTERS_WANTED, &nothing);
    }
}

/*  Places ------------------------------------------------------------------------------------ */

bool rti_waits_at_barrier (const rti_federate_t *self)
{
    const rti_counters_t *counters = &self->counters;
    base_assert (self->federation != NULL);
    return counters->place && counters->latest.doing == WIRE_DOING_WAITS_AT_BARRIER &&
           rti_barrier_arrived (self, counters->place);
}

const char *rti_waits_at (const rti_federate_t *self)
{
    const rti_counters_t *counters = &self->counters;
    base_assert (self->federation != NULL);
    if (rti_waits_at_barrier (self))
        return counters->place;
    bool point = counters->place && counters->latest.doing == WIRE_DOING_WAITS_AT_POINT &&
                 rti_point_arrived (self, counters->place);
    return point ? counters->place : NULL;
}

void rti_waits_no_more (rti_federate_t *self)
{
    rti_counters_t *counters = &self->counters;
    base_assert (self->federation != NULL);
    if (counters->place)
        counters->latest.doing = WIRE_DOING_COMPUTES;
    base_free (counters->place);
    counters->place = NULL;
}

mst_err_t rti_missing (const rti_federate_t *self, rti_names_list_t *names)
{
    base_assert (self->counters.place != NULL);
    base_assert (names != NULL);
    return rti_waits_at_barrier (self)
               ? rti_barrier_missing (self->federation, self->counters.place, names)
               : rti_point_missing (self->federation, self->counters.place, names);
}

/*  Who was here ------------------------------------------------------------------------------ */

static void rti_departed_fini (rti_departed_t *self)
{
    base_free (self->name);
    base_free (self->why);
}

void rti_departed_add (rti_federation_t *self, const char *name, const char *why)
{
    rti_departed_t departed = { base_strdup (name), why ? base_strdup (why) : NULL };

    base_assert (self->core != NULL && name != NULL);
    if (self->departed.count == RTI_DEPARTED) {
        rti_departed_fini (&self->departed.items[0]);
        self->departed.count--;
        memmove (self->departed.items, self->departed.items + 1,
                 self->departed.count * sizeof self->departed.items[0]);
    }
    if (!departed.name || (why && !departed.why) || BASE_LIST_ROOM (&self->departed))
        rti_departed_fini (&departed);
    else
        BASE_LIST_PUT (&self->departed, departed);
}

void rti_departed_free (rti_federation_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->departed, i)
        rti_departed_fini (&self->departed.items[i]);
    BASE_LIST_FINI (&self->departed);
}
