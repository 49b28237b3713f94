/*  The one door. A message is taken apart into frames; a control frame finds its handler in one
   table and gets its reply; whoever cannot go on is closed, and lost when the event ends. */
#include "rti/core/state.h"

#include <string.h>

/*  The table: what may be asked, of whom --------------------------------------------------- */

typedef mst_err_t (*rti_handler_t) (rti_call_t *call);

typedef enum rti_who { RTI_MEMBER, RTI_ANYBODY } rti_who_t; /* only who has joined? */

typedef struct rti_row {
    rti_handler_t handler;
    rti_who_t who;
} rti_row_t;

#define ROW(ID, handler, who) [WIRE_SERVICE_##ID] = { handler, who }

static const rti_row_t rti_rows[WIRE_LAST_RECORD + 1] = {
    ROW (CREATE_FEDERATION_EXECUTION, rti_create, RTI_ANYBODY),
    ROW (CREATE_FEDERATION_EXECUTION_WITH_TIME, rti_create_with_time, RTI_ANYBODY),
    ROW (CREATE_FEDERATION_EXECUTION_WITH_MODULES, rti_create_with_modules, RTI_ANYBODY),
    ROW (CREATE_FEDERATION_EXECUTION_WITH_MODULES_AND_TIME, rti_create_with_modules_and_time,
         RTI_ANYBODY),
    ROW (DESTROY_FEDERATION_EXECUTION, rti_destroy, RTI_ANYBODY),
    ROW (LIST_FEDERATION_EXECUTIONS, rti_list_federations, RTI_ANYBODY),
    ROW (LIST_FEDERATION_EXECUTION_MEMBERS, rti_list_members, RTI_ANYBODY),
    ROW (JOIN, rti_join, RTI_ANYBODY),
    ROW (STATUS, rti_status, RTI_ANYBODY),
    ROW (EXPLAIN, rti_explain, RTI_ANYBODY),
    ROW (COUNTERS, rti_counters_take, RTI_MEMBER),
    ROW (CLOCK_ASK, rti_clock_ask, RTI_MEMBER),
    ROW (RESIGN_FEDERATION_EXECUTION, rti_resign, RTI_MEMBER),
    ROW (GET_AUTOMATIC_RESIGN_DIRECTIVE, rti_get_directive, RTI_MEMBER),
    ROW (SET_AUTOMATIC_RESIGN_DIRECTIVE, rti_set_directive, RTI_MEMBER),

    ROW (PUBLISH_OBJECT_CLASS_ATTRIBUTES, rti_publish_objects, RTI_MEMBER),
    ROW (UNPUBLISH_OBJECT_CLASS, rti_unpublish_class, RTI_MEMBER),
    ROW (UNPUBLISH_OBJECT_CLASS_ATTRIBUTES, rti_unpublish_attributes, RTI_MEMBER),
    ROW (SUBSCRIBE_OBJECT_CLASS_ATTRIBUTES, rti_subscribe_objects, RTI_MEMBER),
    ROW (SUBSCRIBE_OBJECT_CLASS_ATTRIBUTES_PASSIVELY, rti_subscribe_objects, RTI_MEMBER),
    ROW (UNSUBSCRIBE_OBJECT_CLASS, rti_unsubscribe_class, RTI_MEMBER),
    ROW (UNSUBSCRIBE_OBJECT_CLASS_ATTRIBUTES, rti_unsubscribe_attributes, RTI_MEMBER),
    ROW (PUBLISH_INTERACTION_CLASS, rti_publish_interaction, RTI_MEMBER),
    ROW (UNPUBLISH_INTERACTION_CLASS, rti_unpublish_interaction, RTI_MEMBER),
    ROW (SUBSCRIBE_INTERACTION_CLASS, rti_subscribe_interaction, RTI_MEMBER),
    ROW (SUBSCRIBE_INTERACTION_CLASS_PASSIVELY, rti_subscribe_interaction, RTI_MEMBER),
    ROW (UNSUBSCRIBE_INTERACTION_CLASS, rti_unsubscribe_interaction, RTI_MEMBER),

    ROW (RESERVE_OBJECT_INSTANCE_NAME, rti_reserve_name, RTI_MEMBER),
    ROW (RELEASE_OBJECT_INSTANCE_NAME, rti_release_name, RTI_MEMBER),
    ROW (RESERVE_MULTIPLE_OBJECT_INSTANCE_NAMES, rti_reserve_names, RTI_MEMBER),
    ROW (RELEASE_MULTIPLE_OBJECT_INSTANCE_NAMES, rti_release_names, RTI_MEMBER),
    ROW (REGISTER, rti_register, RTI_MEMBER),
    ROW (DELETE, rti_delete, RTI_MEMBER),
    ROW (LOCAL_DELETE_OBJECT_INSTANCE, rti_local_delete, RTI_MEMBER),
    ROW (REQUEST_INSTANCE_ATTRIBUTE_VALUE_UPDATE, rti_request_instance_update, RTI_MEMBER),
    ROW (REQUEST_CLASS_ATTRIBUTE_VALUE_UPDATE, rti_request_class_update, RTI_MEMBER),

    ROW (UNCONDITIONAL_ATTRIBUTE_OWNERSHIP_DIVESTITURE, rti_divest, RTI_MEMBER),
    ROW (ATTRIBUTE_OWNERSHIP_ACQUISITION, rti_acquire, RTI_MEMBER),
    ROW (ATTRIBUTE_OWNERSHIP_ACQUISITION_IF_AVAILABLE, rti_acquire_available, RTI_MEMBER),
    ROW (ATTRIBUTE_OWNERSHIP_RELEASE_DENIED, rti_release_denied, RTI_MEMBER),
    ROW (ATTRIBUTE_OWNERSHIP_DIVESTITURE_IF_WANTED, rti_divest_wanted, RTI_MEMBER),
    ROW (CANCEL_ATTRIBUTE_OWNERSHIP_ACQUISITION, rti_cancel_acquisition, RTI_MEMBER),
    ROW (QUERY_ATTRIBUTE_OWNERSHIP, rti_query_ownership, RTI_MEMBER),
    ROW (IS_ATTRIBUTE_OWNED_BY_FEDERATE, rti_is_owned, RTI_MEMBER),

    ROW (ENABLE_TIME_REGULATION, rti_enable_regulation, RTI_MEMBER),
    ROW (DISABLE_TIME_REGULATION, rti_disable_regulation, RTI_MEMBER),
    ROW (ENABLE_TIME_CONSTRAINED, rti_enable_constrained, RTI_MEMBER),
    ROW (DISABLE_TIME_CONSTRAINED, rti_disable_constrained, RTI_MEMBER),
    ROW (ENABLE_ASYNCHRONOUS_DELIVERY, rti_enable_asynchronous, RTI_MEMBER),
    ROW (DISABLE_ASYNCHRONOUS_DELIVERY, rti_disable_asynchronous, RTI_MEMBER),
    ROW (QUERY_GALT, rti_query_galt, RTI_MEMBER),
    ROW (QUERY_LOGICAL_TIME, rti_query_logical_time, RTI_MEMBER),
    ROW (QUERY_LITS, rti_query_lits, RTI_MEMBER),
    ROW (MODIFY_LOOKAHEAD, rti_modify_lookahead, RTI_MEMBER),
    ROW (QUERY_LOOKAHEAD, rti_query_lookahead, RTI_MEMBER),

    ROW (REGISTER_FEDERATION_SYNCHRONIZATION_POINT, rti_point_register, RTI_MEMBER),
    ROW (REGISTER_FEDERATION_SYNCHRONIZATION_POINT_WITH_SET, rti_point_register_with_set,
         RTI_MEMBER),
    ROW (SYNCHRONIZATION_POINT_ACHIEVED, rti_point_achieved, RTI_MEMBER),
    ROW (BARRIER_ARRIVE, rti_barrier_arrive, RTI_MEMBER),

    ROW (MIGRATE, rti_migrate, RTI_MEMBER),
    ROW (MIGRATE_VOTE, rti_migrate_vote, RTI_MEMBER),
    ROW (PROBE, rti_probe_ask, RTI_MEMBER),
    ROW (ROUTED, rti_routed, RTI_MEMBER),
    ROW (LACKS, rti_lacks, RTI_MEMBER),
    ROW (REPORT, rti_report, RTI_MEMBER),
    ROW (LOST_MESSAGES, rti_lost_messages, RTI_MEMBER),
};

/*  Why there is no handler. */
static mst_err_t rti_not_supported (uint16_t kind)
{
    const wire_service_row_t *row = wire_service_row (kind);

    if (!row)
        return base_error (MST_E_NOT_SUPPORTED,
                           "kind 0x%03x is unknown to this RTI (protocol version %d): run the same "
                           "Muster on both sides",
                           kind, WIRE_VERSION);
    if (row->direction == WIRE_CALLBACK || row->direction == WIRE_RECORD)
        return base_error (MST_E_NOT_SUPPORTED, "%s comes from the RTI, it does not go there",
                           row->name);
    if (row->supported)
        return base_error (MST_E_NOT_SUPPORTED,
                           "the service %s is done in the library, with records of Muster's own: "
                           "the RTI does not take it as it is",
                           row->name);
    return base_error (MST_E_NOT_SUPPORTED, "the service %s is not supported yet", row->name);
}

/*  A control frame -------------------------------------------------------------------------- */

static mst_err_t rti_args_decode (rti_call_t *call)
{
    base_arena_t *arena = &call->core->arena;
    const wire_service_row_t *row = wire_service_row (call->frame->kind);

    base_assert (row != NULL);
    void *args = base_arena_alloc (arena, 1, row->args.size_bytes);
    call->result = base_arena_alloc (arena, 1, row->result.size_bytes);
    call->args = args;
    if (!args || !call->result)
        return base_alloc_error ();
    return wire_service_decode (call->frame->kind, call->body, call->body_size_bytes, arena, args,
                                row->args.size_bytes);
}

static mst_err_t rti_may_ask (const rti_call_t *call, rti_who_t who)
{
    base_assert (call->core != NULL && call->link != NULL);
    if (who == RTI_ANYBODY)
        return MST_OK;
    if (!call->federate)
        return base_error (
            MST_E_NOT_JOINED,
            "this connection has not joined a federation execution: send JOIN first");
    /*  Written in an earlier life: its handles may mean something else by now. */
    if (call->up.incarnation != call->federate->incarnation)
        return base_error (MST_E_STALE_HANDLE,
                           "the frame was sent by incarnation %u, but federate \"%s\" is %u",
                           call->up.incarnation, call->federate->name, call->federate->incarnation);
    return MST_OK;
}

/*  Before the handler: what it tells others needs the data that was sent before the record, and
   that is what the marks say (docs/protocol.md, section 3). */
static mst_err_t rti_marks_take (rti_call_t *call)
{
    mst_err_t err = MST_OK;
    base_assert (call->core != NULL && call->link != NULL);
    if (!call->federate)
        return MST_OK;
    base_assert (call->up.marks.count == 0 || call->up.marks.items != NULL);
    for (uint32_t i = 0; !err && i < call->up.marks.count; i++)
        err = rti_federate_mark (call->federate, call->up.marks.items[i].federate,
                                 call->up.marks.items[i].sequence);
    return err;
}

static mst_err_t rti_dispatch (rti_call_t *call)
{
    uint16_t kind = call->frame->kind;

    base_assert (call->core != NULL && call->link != NULL);
    if (kind == WIRE_KIND_TIME_REQUEST) {
        mst_err_t err = rti_may_ask (call, RTI_MEMBER);
        return err ? err : rti_time_request (call);
    }
    if (kind > WIRE_LAST_RECORD || !rti_rows[kind].handler)
        return rti_not_supported (kind);
    mst_err_t err = rti_may_ask (call, rti_rows[kind].who);
    if (!err)
        err = rti_args_decode (call);
    if (!err)
        err = rti_marks_take (call);
    return err ? err : rti_rows[kind].handler (call);
}

/*  Stamp and sequence: MST_E_MALFORMED when the connection cannot go on. */
static mst_err_t rti_stamp_take (rti_call_t *call)
{
    rti_link_t *link = call->link;

    base_assert (call->core != NULL && call->link != NULL);
    mst_err_t err = wire_up_read (call->frame, &call->core->arena, &call->up, &call->body,
                                  &call->body_size_bytes);
    if (err)
        return err;
    /*  A gap ends the connection (docs/protocol.md, section 3): what was lost may have been
       anything. */
    if (call->up.sequence != link->sequence + 1)
        return base_error (
            MST_E_MALFORMED, "control frame %llu came where %llu was next: frames are missing",
            (unsigned long long) call->up.sequence, (unsigned long long) (link->sequence + 1));
    link->sequence++;
    return MST_OK;
}

static mst_err_t rti_control (rti_core_t *core, rti_link_t *link, const wire_frame_t *frame)
{
    rti_federate_t *federate = link->federate;
    rti_call_t call = { .core = core,
                        .link = link,
                        .federate = federate,
                        .federation = federate ? federate->federation : NULL,
                        .frame = frame };

    base_assert (core != NULL);
    base_assert (core->effects != NULL);
    core->origin = federate ? federate->handle : 0;
    core->origin_sequence = federate ? link->sequence + 1 : 0;
    mst_err_t err = rti_stamp_take (&call);
    if (!err)
        err = rti_dispatch (&call);
    bool wanted = (frame->flags & WIRE_FLAG_REPLY_WANTED) != 0;
    if (!call.answered && (err || wanted))
        rti_reply (core, link, frame->request, err, call.result, frame->kind);
    /*  Who asked how far the RTI has come with this federate's frames can be told. Read from the
       link, since a JOIN has just set it and a resign has taken it away. */
    if (link->federate)
        rti_probes_answer (link->federate, false);
    return err;
}

/*  One frame. An error is already answered, where that is possible. */
static void rti_frame (rti_core_t *core, rti_link_t *link, const wire_frame_t *frame)
{
    base_assert (core != NULL);
    base_assert (link != NULL);
    /*  One frame is one event: all records that it causes have one `global` (docs/protocol.md,
       section 3). */
    base_arena_reset (&core->arena);
    core->counted = false;
    core->origin = 0;
    core->origin_sequence = 0;
    mst_err_t err = wire_kind_is_data (frame->kind) ? rti_relay (core, link, frame)
                                                    : rti_control (core, link, frame);
    if (err == MST_E_MALFORMED || err == MST_E_NO_MEMORY)
        rti_close (core, link, mst_error_text ());
}

static void rti_message (rti_core_t *core, rti_link_t *link, const rti_event_t *event)
{
    size_t offset = 0;
    wire_frame_t frame;

    base_assert (core != NULL);
    base_assert (event->data != NULL || event->size_bytes == 0);
    link->heard_ns = event->now_ns;
    while (!link->closing) {
        mst_err_t err = wire_frame_next (event->data, event->size_bytes, &offset, &frame);
        /*  Behind a damaged frame nobody knows where the next one begins. */
        if (err) {
            core->origin = 0;
            core->origin_sequence = 0;
            rti_reply (core, link, 0, err, NULL, 0);
            rti_close (core, link, mst_error_text ());
        }
        if (err || !frame.body)
            return;
        rti_frame (core, link, &frame);
    }
}

/*  Connections ------------------------------------------------------------------------------ */

static rti_link_t *rti_link_new (rti_core_t *core, uint64_t connection)
{
    base_assert (core != NULL);
    rti_link_t *self = base_calloc (1, sizeof *self);
    if (!self || base_map_set_pointer (&core->links, connection, self)) {
        base_free (self);
        (void) base_alloc_error ();
        return NULL;
    }
    self->connection = connection;
    self->heard_ns = core->now_ns;
    self->round = UINT64_MAX;
    /*  The next look must not come later than this one's own limit. */
    if (core->options.silence_limit_ns > 0 &&
        core->silence_next_ns > core->now_ns + core->options.silence_limit_ns)
        core->silence_next_ns = core->now_ns + core->options.silence_limit_ns;
    return self;
}

static void rti_link_free (rti_link_t *self)
{
    base_assert (self != NULL);
    base_assert (self->federate == NULL);
    base_free (self->state);
    base_free (self->why);
    base_free (self);
}

static const char *rti_link_why (const rti_link_t *link)
{
    base_assert (link != NULL);
    return link->why ? link->why : "its connection is closed";
}

/*  One closing connection: its federate is lost, and the daemon is asked to close it. False: there
   is no memory to go on. */
static bool rti_link_bury (rti_core_t *core, rti_link_t *link)
{
    base_assert (link->closing);
    core->counted = false;
    core->origin = 0;
    core->origin_sequence = 0;
    if (link->federate && rti_lose (link->federate, rti_link_why (link)))
        return false;
    base_assert (link->federate == NULL);
    if (link->close_asked || link->gone)
        return true;
    if (BASE_LIST_PUSH (&core->effects->closes, link->connection))
        return false;
    link->close_asked = true;
    rti_log (core, "connection %llu is closed: %s", (unsigned long long) link->connection,
             rti_link_why (link));
    return true;
}

/*  Losing one may make others close: until none is left. */
static mst_err_t rti_bury (rti_core_t *core)
{
    base_assert (core != NULL);
    base_assert (core->effects != NULL);
    while (core->closings) {
        core->closings = false;
        for (uint32_t i = core->links.count; i-- > 0;) {
            rti_link_t *link = (rti_link_t *) (uintptr_t) core->links.entries[i].value;
            if (!link->closing)
                continue;
            if (!rti_link_bury (core, link)) {
                core->closings = true;
                return MST_E_NO_MEMORY;
            }
            if (!link->gone)
                continue;
            (void) base_map_remove (&core->links, link->connection);
            rti_link_free (link);
        }
    }
    return MST_OK;
}

/*  Time passes ------------------------------------------------------------------------------ */

static mst_err_t rti_expire_all (rti_core_t *core)
{
    base_assert (core != NULL);
    for (uint32_t i = 0; i < core->federations.count; i++) {
        rti_federation_t *federation =
            (rti_federation_t *) (uintptr_t) core->federations.entries[i].value;
        mst_err_t err = rti_barriers_expire (federation);
        if (err)
            return err;
        BASE_LIST_EACH (&federation->recorders, j)
            if (federation->recorders.items[j]->records_due_ns <= core->now_ns)
                rti_records_flush (federation->recorders.items[j]);
    }
    return MST_OK;
}

/*  Closes who was silent for too long, and finds when to look again. */
static void rti_silence_check (rti_core_t *core)
{
    int64_t limit = core->options.silence_limit_ns;

    base_assert (core != NULL);
    if (limit <= 0 || core->now_ns < core->silence_next_ns)
        return;
    core->silence_next_ns = INT64_MAX;
    BASE_MAP_EACH (&core->links, entry) {
        rti_link_t *link = (rti_link_t *) (uintptr_t) entry->value;
        if (link->closing)
            continue;
        if (core->now_ns - link->heard_ns >= limit)
            rti_close (core, link, "it was silent for longer than silence_limit_s");
        else if (link->heard_ns + limit < core->silence_next_ns)
            core->silence_next_ns = link->heard_ns + limit;
    }
}

static int64_t rti_deadline (const rti_core_t *core)
{
    int64_t deadline = core->closings ? core->now_ns : core->silence_next_ns;

    base_assert (core != NULL);
    for (uint32_t i = 0; i < core->federations.count; i++) {
        const rti_federation_t *federation =
            (const rti_federation_t *) (uintptr_t) core->federations.entries[i].value;
        int64_t next = timemgmt_barriers_next_deadline (federation->barriers);
        deadline = next < deadline ? next : deadline;
        BASE_LIST_EACH (&federation->recorders, j)
            if (federation->recorders.items[j]->records_due_ns < deadline)
                deadline = federation->recorders.items[j]->records_due_ns;
    }
    return deadline;
}

/*  Events ----------------------------------------------------------------------------------- */

static void rti_link_lost (rti_core_t *core, rti_link_t *link, const char *why)
{
    base_assert (core != NULL);
    base_assert (!link->gone);
    rti_close (core, link, why);
    link->gone = true;
    core->closings = true;
}

static void rti_link_state (rti_link_t *link, const char *state)
{
    base_assert (link != NULL);
    base_free (link->state);
    link->state = state && state[0] ? base_strdup (state) : NULL; /* without memory: unknown */
}

static mst_err_t rti_take (rti_core_t *core, const rti_event_t *event)
{
    rti_link_t *link = base_map_pointer (&core->links, event->connection);

    base_assert (core != NULL);
    switch (event->kind) {
    case RTI_EVENT_MESSAGE:
        if (!link)
            link = rti_link_new (core, event->connection);
        if (!link) {
            (void) BASE_LIST_PUSH (&core->effects->closes, event->connection);
            return MST_E_NO_MEMORY;
        }
        rti_message (core, link, event);
        return MST_OK;
    case RTI_EVENT_LOST:
        if (link && !link->gone)
            rti_link_lost (core, link, event->text);
        return MST_OK;
    case RTI_EVENT_STATE:
        if (link)
            rti_link_state (link, event->text);
        return MST_OK;
    case RTI_EVENT_STAMP: rti_clock_stamp (core); return MST_OK;
    case RTI_EVENT_TICK: break;
    }
    base_assert (event->kind == RTI_EVENT_TICK);
    rti_silence_check (core);
    return rti_expire_all (core);
}

mst_err_t rti_core_step (rti_core_t *self, const rti_event_t *event, rti_effects_t *effects)
{
    base_assert (self != NULL && event != NULL && effects != NULL);
    base_assert (event->now_ns >= self->now_ns);
    self->now_ns = event->now_ns;
    self->wall_ns = event->wall_ns;
    self->effects = effects;
    base_arena_reset (&self->arena);
    self->counted = false;
    self->origin = 0;
    self->origin_sequence = 0;
    mst_err_t err = rti_take (self, event);
    /*  Only now: while a message is taken apart no handler finds a federate gone that it was
       just given. */
    mst_err_t late = rti_bury (self);
    effects->deadline_ns = rti_deadline (self);
    effects->stamp = self->clock_waiting.count > 0;
    self->effects = NULL;
    return err ? err : late;
}

mst_err_t rti_core_new (const rti_options_t *options, rti_core_t **self_p)
{
    base_assert (self_p != NULL);
    rti_core_t *self = base_calloc (1, sizeof *self);
    *self_p = self;
    if (!self)
        return base_alloc_error ();
    if (options)
        self->options = *options;
    if (self->options.federates_max == 0)
        self->options.federates_max = RTI_FEDERATES;
    if (self->options.federations_max == 0)
        self->options.federations_max = RTI_FEDERATIONS;
    if (self->options.objects_max == 0)
        self->options.objects_max = RTI_OBJECTS;
    self->silence_next_ns = INT64_MAX;
    self->now_ns = INT64_MIN;
    return MST_OK;
}

void rti_core_destroy (rti_core_t **self_p)
{
    base_assert (self_p != NULL);
    rti_core_t *self = *self_p;
    *self_p = NULL;
    if (!self)
        return;
    for (uint32_t i = 0; i < self->federations.count; i++)
        rti_federation_free ((rti_federation_t *) (uintptr_t) self->federations.entries[i].value);
    base_names_fini (&self->federations);
    BASE_MAP_EACH (&self->links, entry)
        rti_link_free ((rti_link_t *) (uintptr_t) entry->value);
    base_map_fini (&self->links);
    base_arena_fini (&self->arena);
    base_buffer_fini (&self->cast);
    BASE_LIST_FINI (&self->pairs);
    BASE_LIST_FINI (&self->clock_waiting);
    base_free (self);
}
