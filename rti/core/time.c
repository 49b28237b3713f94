/*  Time: what federates report and ask goes into timemgmt/bounds, and the grants that come out are
   told. Handles become slots on the way in and handles again on the way out. */
#include "rti/core/state.h"

_Static_assert(WIRE_ADVANCE_TAR == TIMEMGMT_TAR + 1 && WIRE_ADVANCE_FQR == TIMEMGMT_FQR + 1 &&
                   WIRE_ADVANCE_REGULATION == TIMEMGMT_REGULATION + 1 &&
                   WIRE_ADVANCE_CONSTRAINT == TIMEMGMT_CONSTRAINT + 1,
               "the kinds of the wire are those of timemgmt, plus one");
_Static_assert(WIRE_TIME_NONE == TIMEMGMT_KEY_NONE && WIRE_TIME_NEVER == TIMEMGMT_KEY_MAX,
               "both sides mean the same by no time, and by never");

timemgmt_report_t rti_report_empty (const rti_federate_t *self)
{
    timemgmt_report_t report = TIMEMGMT_REPORT_EMPTY;
    base_assert (self->federation != NULL);
    base_assert (self != NULL);
    report.queue_min = self->queue_min;
    return report;
}

/*  Grants ------------------------------------------------------------------------------------ */

static mst_err_t rti_needs_collect (rti_federation_t *self, const timemgmt_grant_t *grant,
                                    wire_pairs_t *need)
{
    rti_core_t *core = self->core;

    base_assert (self->core != NULL);
    base_assert (grant->need_first + grant->need_count <= self->grants.needs.count);
    core->pairs.count = 0;
    for (uint32_t i = 0; i < grant->need_count; i++) {
        const timemgmt_mark_t *mark = &self->grants.needs.items[grant->need_first + i];
        wire_pair_t pair = { self->slots.items[mark->slot].handle, mark->sequence };
        if (pair.federate != 0 && BASE_LIST_PUSH (&core->pairs, pair))
            return MST_E_NO_MEMORY;
    }
    *need = (wire_pairs_t){ core->pairs.items, (uint32_t) core->pairs.count };
    return MST_OK;
}

static void rti_grant_one (rti_federation_t *self, const timemgmt_grant_t *from)
{
    rti_federate_t *to = self->slots.items[from->slot].federate;
    wire_grant_t grant = { .number = from->number,
                           .kind = (uint8_t) (from->kind + 1),
                           .time = from->time,
                           .galt = from->galt == TIMEMGMT_KEY_NONE ? WIRE_TIME_NEVER : from->galt };

    base_assert (self->core != NULL);
    base_assert (to != NULL);
    if (from->kind == TIMEMGMT_REGULATION)
        grant.galt = from->floor;
    if (rti_needs_collect (self, from, &grant.need)) {
        rti_close (self->core, to->link, "there is no memory left for its grant");
        return;
    }
    rti_note_t note = { RTI_NOTE_GRANT, to->handle,   NULL,
                        grant.time,     grant.number, timemgmt_kind_name (from->kind) };
    rti_note (self, &note);
    to->time_ns = self->core->now_ns;
    rti_grant_tell (to, &grant);
}

void rti_grants_tell (rti_federation_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->grants.grants, i) {
        const timemgmt_grant_t *grant = &self->grants.grants.items[i];
        base_assert (grant->slot < self->slots.count);
        if (grant->kind != TIMEMGMT_GONE)
            rti_grant_one (self, grant);
    }
    BASE_LIST_EACH (&self->grants.grants, i) /* behind the grants, whose needs may name them */
        if (self->grants.grants.items[i].kind == TIMEMGMT_GONE)
            rti_slot_free (self, self->grants.grants.items[i].slot);
    self->grants.grants.count = 0;
}

/*  Ends a call into bounds, which knows slots and no names. */
static mst_err_t rti_grants_after (const rti_call_t *call, mst_err_t err)
{
    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    if (err)
        return base_error_prefix (err, "federate \"%s\": ", call->federate->name);
    rti_grants_tell (call->federation);
    return MST_OK;
}

/*  Reports ----------------------------------------------------------------------------------- */

/*  Entries for those who left for good are not passed on; each counts as a mark, too. */
static mst_err_t rti_sent_translate (const rti_call_t *call, wire_entries_t entries,
                                     timemgmt_report_t *report)
{
    base_assert (call->federate != NULL);
    timemgmt_sent_t *sent = base_arena_alloc (&call->core->arena, entries.count, sizeof *sent);
    if (!sent)
        return base_alloc_error ();
    for (uint32_t i = 0; i < entries.count; i++) {
        const wire_entry_t *entry = &entries.items[i];
        uint64_t slot;
        if (!base_map_get (&call->federation->slot_of, entry->federate, &slot))
            continue;
        if (rti_federate_mark (call->federate, entry->federate, entry->sequence))
            return MST_E_NO_MEMORY;
        sent[report->sent_count++] =
            (timemgmt_sent_t){ (uint32_t) slot, entry->sequence, entry->smallest };
    }
    base_assert (report->sent_count <= entries.count);
    report->sent = sent;
    return MST_OK;
}

static mst_err_t rti_received_translate (const rti_call_t *call, wire_pairs_t pairs,
                                         timemgmt_report_t *report)
{
    base_assert (call->federation != NULL);
    timemgmt_mark_t *marks = base_arena_alloc (&call->core->arena, pairs.count, sizeof *marks);
    if (!marks)
        return base_alloc_error ();
    for (uint32_t i = 0; i < pairs.count; i++) {
        uint64_t slot;
        if (base_map_get (&call->federation->slot_of, pairs.items[i].federate, &slot))
            marks[report->received_count++] =
                (timemgmt_mark_t){ (uint32_t) slot, pairs.items[i].sequence };
    }
    base_assert (report->received_count <= pairs.count);
    report->received = marks;
    return MST_OK;
}

/*  The report was accepted. */
static void rti_sent_reported (rti_federate_t *self, const timemgmt_report_t *report)
{
    base_assert (self->federation != NULL);
    for (size_t i = 0; i < report->sent_count; i++) {
        const timemgmt_sent_t *sent = &report->sent[i];
        base_assert (sent->receiver < self->sent.count);
        self->sent.items[sent->receiver].reported = sent->sequence;
    }
    self->queue_min = report->queue_min;
}

mst_err_t rti_time_request (rti_call_t *call)
{
    rti_federation_t *federation = call->federation;
    rti_federate_t *self = call->federate;
    timemgmt_report_t report = TIMEMGMT_REPORT_EMPTY;
    wire_time_request_t request;

    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    mst_err_t err =
        wire_time_request_read (call->body, call->body_size_bytes, &call->core->arena, &request);
    if (!err)
        err = rti_sent_translate (call, request.entries, &report);
    if (!err)
        err = rti_received_translate (call, request.received, &report);
    if (err)
        return err;
    report.queue_min = request.qmin;
    if (request.kind == WIRE_ADVANCE_NONE)
        err = timemgmt_bounds_report (federation->bounds, self->slot, &report, &federation->grants);
    else
        err = timemgmt_bounds_request (federation->bounds, self->slot,
                                       (timemgmt_kind_t) (request.kind - 1), request.number,
                                       request.time, &report, &federation->grants);
    if (!err)
        rti_sent_reported (self, &report);
    if (!err && request.kind != WIRE_ADVANCE_NONE)
        self->time_ns = call->core->now_ns;
    err = rti_grants_after (call, err);
    return err || self->leaving_count == 0 ? err : rti_migrations_reported (self);
}

/*  Regulating and constrained. The library sends a report first, so that these need none. ----- */

mst_err_t rti_enable_regulation (rti_call_t *call)
{
    const wire_enable_time_regulation_t *args = call->args;
    rti_federation_t *federation = call->federation;
    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    timemgmt_report_t report = rti_report_empty (call->federate);
    mst_err_t err = timemgmt_bounds_enable_regulation (federation->bounds, call->federate->slot,
                                                       call->up.sequence, args->lookahead, &report,
                                                       &federation->grants);
    return rti_grants_after (call, err);
}

mst_err_t rti_disable_regulation (rti_call_t *call)
{
    rti_federation_t *federation = call->federation;
    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    timemgmt_report_t report = rti_report_empty (call->federate);
    mst_err_t err = timemgmt_bounds_disable_regulation (federation->bounds, call->federate->slot,
                                                        &report, &federation->grants);
    return rti_grants_after (call, err);
}

mst_err_t rti_enable_constrained (rti_call_t *call)
{
    rti_federation_t *federation = call->federation;
    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    timemgmt_report_t report = rti_report_empty (call->federate);
    mst_err_t err = timemgmt_bounds_enable_constraint (
        federation->bounds, call->federate->slot, call->up.sequence, &report, &federation->grants);
    return rti_grants_after (call, err);
}

mst_err_t rti_disable_constrained (rti_call_t *call)
{
    rti_federation_t *federation = call->federation;
    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    timemgmt_report_t report = rti_report_empty (call->federate);
    mst_err_t err = timemgmt_bounds_disable_constraint (federation->bounds, call->federate->slot,
                                                        &report, &federation->grants);
    return rti_grants_after (call, err);
}

mst_err_t rti_modify_lookahead (rti_call_t *call)
{
    const wire_modify_lookahead_t *args = call->args;
    rti_federation_t *federation = call->federation;
    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    timemgmt_report_t report = rti_report_empty (call->federate);
    mst_err_t err = timemgmt_bounds_modify_lookahead (
        federation->bounds, call->federate->slot, args->lookahead, &report, &federation->grants);
    return rti_grants_after (call, err);
}

/*  The library delivers; the RTI only remembers, for STATUS. */
mst_err_t rti_enable_asynchronous (rti_call_t *call)
{
    base_assert (call->core != NULL && call->link != NULL);
    base_assert (call->federate != NULL);
    call->federate->asynchronous = true;
    return MST_OK;
}

mst_err_t rti_disable_asynchronous (rti_call_t *call)
{
    base_assert (call->core != NULL && call->link != NULL);
    base_assert (call->federate != NULL);
    call->federate->asynchronous = false;
    return MST_OK;
}

/*  What it was granted waits at its library for bundles of another one: so an explanation can name
   that one. */
mst_err_t rti_lacks (rti_call_t *call)
{
    const wire_lacks_t *args = call->args;
    uint64_t sender;
    base_assert (call->federate != NULL);
    base_assert (args != NULL);
    if (base_map_get (&call->federation->slot_of, args->sender, &sender))
        timemgmt_bounds_lacks (call->federation->bounds, call->federate->slot, (uint32_t) sender,
                               args->sequence);
    return MST_OK;
}

/*  Questions --------------------------------------------------------------------------------- */

mst_err_t rti_query_galt (rti_call_t *call)
{
    wire_query_galt_result_t *result = call->result;
    base_assert (call->federate != NULL);
    base_assert (result != NULL);
    result->time = timemgmt_bounds_galt (call->federation->bounds, call->federate->slot);
    return MST_OK;
}

mst_err_t rti_query_lits (rti_call_t *call)
{
    wire_query_lits_result_t *result = call->result;
    base_assert (call->federate != NULL);
    base_assert (result != NULL);
    result->time = timemgmt_bounds_lits (call->federation->bounds, call->federate->slot);
    return MST_OK;
}

mst_err_t rti_query_logical_time (rti_call_t *call)
{
    wire_query_logical_time_result_t *result = call->result;
    timemgmt_state_t state;
    base_assert (call->federate != NULL);
    timemgmt_bounds_state (call->federation->bounds, call->federate->slot, &state);
    base_assert (state.present);
    result->time = state.now;
    return MST_OK;
}

mst_err_t rti_query_lookahead (rti_call_t *call)
{
    wire_query_lookahead_result_t *result = call->result;
    timemgmt_state_t state;
    base_assert (call->federate != NULL);
    timemgmt_bounds_state (call->federation->bounds, call->federate->slot, &state);
    base_assert (state.present);
    if (!state.regulating)
        return base_error (MST_E_REGULATION_OFF,
                           "federate \"%s\" does not regulate time, so it has no lookahead",
                           call->federate->name);
    result->lookahead = state.lookahead;
    return MST_OK;
}
