/*  What stands, as JSON text: for `muster top`, for people, and for the tests of the daemon. */
#include "rti/core/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*  Writing. The first failure is kept, and nothing is written after it. */
typedef struct rti_json {
    base_buffer_t *out;
    mst_err_t err;
    bool comma; /* something stands before at this level */
} rti_json_t;

static void rti_json_raw (rti_json_t *self, const char *text)
{
    base_assert (self != NULL);
    base_assert (self->out != NULL);
    if (!self->err)
        self->err = base_buffer_append (self->out, text, strlen (text));
}

static void rti_json_quoted (rti_json_t *self, const char *text)
{
    char escaped[8];

    base_assert (self != NULL);
    base_assert (text != NULL);
    rti_json_raw (self, "\"");
    for (; *text && !self->err; text++) {
        unsigned char byte = (unsigned char) *text;
        if (byte == '"' || byte == '\\')
            (void) snprintf (escaped, sizeof escaped, "\\%c", byte);
        else if (byte < 0x20)
            (void) snprintf (escaped, sizeof escaped, "\\u%04x", byte);
        else
            (void) snprintf (escaped, sizeof escaped, "%c", byte);
        rti_json_raw (self, escaped);
    }
    rti_json_raw (self, "\"");
}

static void rti_json_next (rti_json_t *self)
{
    base_assert (self != NULL);
    if (self->comma)
        rti_json_raw (self, ",");
    self->comma = true;
}

static void rti_json_name (rti_json_t *self, const char *name)
{
    base_assert (self != NULL);
    base_assert (name != NULL);
    rti_json_next (self);
    rti_json_quoted (self, name);
    rti_json_raw (self, ":");
}

static void rti_json_open (rti_json_t *self, const char *bracket)
{
    base_assert (self != NULL);
    base_assert (bracket != NULL);
    rti_json_raw (self, bracket);
    self->comma = false;
}

static void rti_json_close (rti_json_t *self, const char *bracket)
{
    base_assert (self != NULL);
    base_assert (bracket != NULL);
    rti_json_raw (self, bracket);
    self->comma = true;
}

static void rti_json_text (rti_json_t *self, const char *name, const char *text)
{
    base_assert (self != NULL);
    base_assert (name != NULL);
    rti_json_name (self, name);
    rti_json_quoted (self, text);
}

static void rti_json_number (rti_json_t *self, const char *name, uint64_t number)
{
    char text[32];
    base_assert (self != NULL);
    base_assert (name != NULL);
    rti_json_name (self, name);
    (void) snprintf (text, sizeof text, "%" PRIu64, number);
    rti_json_raw (self, text);
}

static void rti_json_signed (rti_json_t *self, const char *name, int64_t number)
{
    char text[32];
    base_assert (self != NULL);
    base_assert (name != NULL);
    rti_json_name (self, name);
    (void) snprintf (text, sizeof text, "%" PRId64, number);
    rti_json_raw (self, text);
}

static void rti_json_truth (rti_json_t *self, const char *name, bool truth)
{
    base_assert (self != NULL);
    base_assert (name != NULL);
    rti_json_name (self, name);
    rti_json_raw (self, truth ? "true" : "false");
}

/*  A time as a number; null where there is none. */
static void rti_json_time (rti_json_t *self, const char *name, timemgmt_type_t type, int64_t key)
{
    char text[RTI_TIME_TEXT_BYTES];
    bool none = key == TIMEMGMT_KEY_NONE || key == TIMEMGMT_KEY_MAX;
    base_assert (self != NULL);
    base_assert (name != NULL);
    rti_json_name (self, name);
    rti_json_raw (self, none ? "null" : rti_time_text (type, key, text));
}

/*  Federates --------------------------------------------------------------------------------- */

static const char *rti_state_word (const rti_federate_t *self, const timemgmt_state_t *state)
{
    base_assert (self->federation != NULL);
    base_assert (state != NULL);
    if (self->link->state)
        return self->link->state;
    if (rti_waits_at (self))
        return rti_waits_at_barrier (self) ? "at barrier" : "at point";
    return state->waiting ? "advancing" : "granted";
}

static void rti_status_link (rti_json_t *json, const rti_federation_t *federation,
                             const wire_wait_link_t *link)
{
    timemgmt_type_t type = federation->time_type;
    base_assert (link->name.data != NULL);
    rti_json_next (json);
    rti_json_open (json, "{");
    rti_json_text (json, "federate", link->name.data);
    rti_json_truth (json, "joined", link->federate != WIRE_HANDLE_NONE);
    rti_json_text (json, "by", rti_why_term (link->term));
    if (link->place.data)
        rti_json_text (json, "at", link->place.data);
    if (link->federate != WIRE_HANDLE_NONE) {
        rti_json_time (json, "granted", type, link->granted);
        rti_json_time (json, "requested", type, link->requested);
        rti_json_time (json, "lookahead", type, link->lookahead);
        rti_json_time (json, "bound", type, link->bound);
        rti_json_time (json, "message", type, link->message);
        rti_json_number (json, "for_ns", link->for_ns);
        rti_json_number (json, "silent_ns", link->silent_ns);
    }
    if (link->process.data)
        rti_json_text (json, "process", link->process.data);
    base_assert (json->comma);
    rti_json_close (json, "}");
}

static void rti_status_waiting (rti_json_t *json, const rti_why_t *why, const rti_federate_t *self)
{
    wire_wait_link_t links[RTI_WHY_LINKS];
    char text[2048];
    bool deadlock;

    base_assert (json != NULL);
    base_assert (self->federation == why->federation);
    uint32_t count = rti_why_chain (why, self, links, &deadlock);
    if (count == 0)
        return;
    rti_why_text (why, self, text, sizeof text);
    rti_json_text (json, "held_by", links[0].name.data);
    rti_json_text (json, "by", rti_why_term (links[0].term));
    rti_json_truth (json, "deadlock", deadlock);
    rti_json_text (json, "why", text);
    rti_json_name (json, "chain");
    rti_json_open (json, "[");
    for (uint32_t i = 0; i < count; i++)
        rti_status_link (json, self->federation, &links[i]);
    rti_json_close (json, "]");
}

/*  What its library counted, and how long ago. */
static void rti_status_counters (rti_json_t *json, const rti_federate_t *self)
{
    static const char *const doings[] = {
        "computing",        "waiting for time", "waiting at barrier",
        "waiting at point", "waiting",          "blocked"
    };
    const rti_counters_t *counters = &self->counters;
    const wire_counters_t *latest = &counters->latest;

    base_assert (self->federation != NULL);
    if (counters->told_ns == INT64_MIN)
        return;
    base_assert (latest->doing < sizeof doings / sizeof doings[0]);
    rti_json_text (json, "doing", doings[latest->doing]);
    if (counters->place)
        rti_json_text (json, "at", counters->place);
    rti_json_name (json, "counters");
    rti_json_open (json, "{");
    rti_json_number (json, "age_ns",
                     (uint64_t) (self->federation->core->now_ns - counters->told_ns));
    rti_json_number (json, "elapsed_ns", latest->elapsed_ns);
    rti_json_number (json, "waiting_ns", latest->waiting_ns);
    rti_json_number (json, "messaging_ns", latest->messaging_ns);
    rti_json_number (json, "updates_sent", latest->updates_sent);
    rti_json_number (json, "updates_received", latest->updates_received);
    rti_json_number (json, "interactions_sent", latest->interactions_sent);
    rti_json_number (json, "interactions_received", latest->interactions_received);
    rti_json_number (json, "bytes_sent", latest->bytes_sent);
    rti_json_number (json, "bytes_received", latest->bytes_received);
    rti_json_number (json, "queue_messages", latest->queue_messages);
    rti_json_number (json, "queue_bytes", latest->queue_bytes);
    rti_json_close (json, "}");
}

/*  What its library knows of its clock: how far the RTI's is from it, and how well that is known.
 */
static void rti_status_clock (rti_json_t *json, const rti_federate_t *self)
{
    const wire_clock_ask_t *latest = &self->clock.latest;

    base_assert (self->federation != NULL);
    if (latest->method == TIMEMGMT_CLOCK_OFF)
        return;
    rti_json_name (json, "clock");
    rti_json_open (json, "{");
    rti_json_text (json, "method", timemgmt_clock_method_name (latest->method));
    rti_json_number (json, "age_ns",
                     (uint64_t) (self->federation->core->now_ns - self->clock.told_ns));
    if (latest->offset != WIRE_TIME_NONE) {
        rti_json_signed (json, "offset_ns", latest->offset);
        rti_json_number (json, "bound_ns", latest->bound_ns);
        rti_json_number (json, "round_trip_ns", latest->round_trip_ns);
        rti_json_signed (json, "drift_ppb", latest->drift_ppb);
        rti_json_number (json, "drift_bound_ppb", latest->drift_bound_ppb);
    }
    base_assert (json->comma);
    rti_json_close (json, "}");
}

static void rti_status_time (rti_json_t *json, const rti_federate_t *self,
                             const timemgmt_state_t *state)
{
    timemgmt_type_t type = self->federation->time_type;

    base_assert (json != NULL);
    base_assert (state->present);
    rti_json_truth (json, "regulating", state->regulating);
    rti_json_truth (json, "constrained", state->constrained);
    rti_json_time (json, "granted", type, state->now);
    rti_json_time (json, "requested", type, state->requested);
    rti_json_time (json, "bound", type, state->bound);
    rti_json_time (json, "lookahead", type,
                   state->regulating ? state->lookahead : TIMEMGMT_KEY_NONE);
}

static void rti_status_federate (rti_json_t *json, const rti_why_t *why, const rti_federate_t *self)
{
    const rti_core_t *core = self->federation->core;
    const timemgmt_state_t *state = &why->states[self->slot];
    const char *place = rti_waits_at (self);

    base_assert (json != NULL);
    base_assert (state->present);
    rti_json_next (json);
    rti_json_open (json, "{");
    rti_json_number (json, "handle", self->handle);
    rti_json_text (json, "name", self->name);
    rti_json_text (json, "type", self->type);
    rti_json_text (json, "state", rti_state_word (self, state));
    rti_status_time (json, self, state);
    rti_json_number (json, "for_ns", (uint64_t) (core->now_ns - self->time_ns));
    rti_json_number (json, "silent_ns", (uint64_t) (core->now_ns - self->link->heard_ns));
    rti_json_number (json, "owns", self->owned_count);
    if ((self->flags & RTI_FLAG_RECORDER) != 0)
        rti_json_text (json, "role", "recorder");
    if (place)
        rti_json_text (json, rti_waits_at_barrier (self) ? "barrier" : "point", place);
    if (rti_why_waits (why, self))
        rti_status_waiting (json, why, self);
    rti_status_counters (json, self);
    rti_status_clock (json, self);
    rti_json_close (json, "}");
}

/*  Federations ------------------------------------------------------------------------------- */

static void rti_status_reports (rti_json_t *json, const rti_federation_t *self)
{
    base_assert (json != NULL);
    base_assert (self->core != NULL);
    rti_json_name (json, "reports");
    rti_json_open (json, "[");
    BASE_LIST_EACH (&self->reports, i) {
        rti_json_next (json);
        rti_json_open (json, "{");
        rti_json_text (json, "federate", self->reports.items[i].federate);
        rti_json_text (json, "name", self->reports.items[i].name);
        rti_json_text (json, "value", self->reports.items[i].value);
        rti_json_close (json, "}");
    }
    rti_json_close (json, "]");
}

/*  Each circle of those who wait for each other, once. */
static void rti_status_deadlocks (rti_json_t *json, const rti_why_t *why)
{
    const rti_federation_t *federation = why->federation;
    const timemgmt_waits_t *waits = &why->waits;

    base_assert (federation != NULL);
    rti_json_name (json, "deadlocks");
    rti_json_open (json, "[");
    for (uint32_t slot = 0; slot < waits->count; slot++) {
        uint32_t at = slot;
        if (!timemgmt_waits_on_circle (waits, slot))
            continue;
        do /* it is told from its smallest slot */
            at = timemgmt_waits_next (waits, at);
        while (at > slot);
        if (at < slot)
            continue;
        rti_json_next (json);
        rti_json_open (json, "[");
        do {
            base_assert (federation->slots.items[at].federate != NULL);
            rti_json_next (json);
            rti_json_quoted (json, federation->slots.items[at].federate->name);
            at = timemgmt_waits_next (waits, at);
        } while (at != slot);
        rti_json_close (json, "]");
    }
    rti_json_close (json, "]");
}

static void rti_status_departed (rti_json_t *json, const rti_federation_t *self)
{
    base_assert (json != NULL);
    base_assert (self->core != NULL);
    rti_json_name (json, "departed");
    rti_json_open (json, "[");
    BASE_LIST_EACH (&self->departed, i) {
        rti_json_next (json);
        rti_json_open (json, "{");
        rti_json_text (json, "federate", self->departed.items[i].name);
        if (self->departed.items[i].why)
            rti_json_text (json, "lost", self->departed.items[i].why);
        rti_json_close (json, "}");
    }
    rti_json_close (json, "]");
}

static void rti_status_lists (rti_json_t *json, const rti_federation_t *self, const rti_why_t *why)
{
    base_assert (json != NULL);
    base_assert (why->federation == self);
    rti_json_name (json, "federates");
    rti_json_open (json, "[");
    BASE_LIST_EACH (&self->members, i)
        rti_status_federate (json, why, self->members.items[i]);
    rti_json_close (json, "]");
    rti_status_deadlocks (json, why);
    rti_status_departed (json, self);
    rti_status_reports (json, self);
}

static void rti_status_federation (rti_json_t *json, const rti_federation_t *self)
{
    bool whole = self->time_type == TIMEMGMT_INTEGER64;
    rti_why_t why;

    base_assert (json != NULL);
    base_assert (self != NULL);
    rti_json_next (json);
    rti_json_open (json, "{");
    rti_json_text (json, "name", self->name);
    rti_json_text (json, "time", whole ? "HLAinteger64Time" : "HLAfloat64Time");
    rti_json_number (json, "objects", self->objects.count);
    rti_json_number (json, "migrations", self->committed_count);
    rti_json_number (json, "migrations_aborted", self->aborted_count);
    rti_json_number (json, "migrations_with_gap", self->gap_count);
    rti_json_number (json, "lost_federates", self->lost_count);
    rti_json_number (json, "lost_bundles", self->lost_message_count);
    mst_err_t err = rti_why_init (&why, self);
    if (err)
        json->err = err;
    else
        rti_status_lists (json, self, &why);
    rti_why_fini (&why);
    rti_json_close (json, "}");
}

mst_err_t rti_core_status (const rti_core_t *self, const char *federation, base_buffer_t *json)
{
    rti_json_t writing = { .out = json };
    size_t before = json->size_bytes;

    base_assert (json != NULL);
    base_assert (self != NULL && federation != NULL);
    const rti_federation_t *only = rti_federation_find (self, rti_text (federation));
    if (federation[0] && !only)
        return base_error (MST_E_FEDERATION_UNKNOWN, "there is no federation execution \"%s\"",
                           federation);
    rti_json_open (&writing, "{");
    rti_json_number (&writing, "connections", self->links.count);
    rti_json_name (&writing, "federations");
    rti_json_open (&writing, "[");
    for (uint32_t i = 0; i < self->federations.count; i++) {
        const rti_federation_t *each =
            (const rti_federation_t *) (uintptr_t) self->federations.entries[i].value;
        if (!only || each == only)
            rti_status_federation (&writing, each);
    }
    rti_json_close (&writing, "]");
    rti_json_close (&writing, "}");
    if (writing.err)
        json->size_bytes = before;
    return writing.err;
}

mst_err_t rti_status (rti_call_t *call)
{
    const wire_status_t *args = call->args;
    wire_status_result_t *result = call->result;
    base_buffer_t json;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    char *federation = base_arena_copy (&call->core->arena, args->federation.data,
                                        (size_t) args->federation.size_bytes);
    if (!federation)
        return base_alloc_error ();
    base_buffer_init (&json);
    mst_err_t err = rti_core_status (call->core, federation, &json);
    for (uint32_t i = 0; !err && i < call->core->federations.count; i++) {
        rti_federation_t *each =
            (rti_federation_t *) (uintptr_t) call->core->federations.entries[i].value;
        if (!federation[0] || strcmp (each->name, federation) == 0)
            rti_counters_want (each); /* for who looks again */
    }
    char *text = err ? NULL : base_arena_copy (&call->core->arena, json.data, json.size_bytes);
    if (!err && !text)
        err = base_alloc_error ();
    if (!err)
        result->json = (wire_bytes_t){ (const uint8_t *) text, json.size_bytes };
    base_buffer_fini (&json);
    return err;
}
