/*  Joining and leaving, synchronization points, barriers, ownership and results: services that the
   RTI carries out; here they are checked and sent. */
#include "federate/core/internal.h"

#include <string.h>

static wire_text_t text (const char *string)
{
    return (wire_text_t){ string, strlen (string) };
}

static wire_bytes_t bytes (const void *data, size_t size_bytes)
{
    return (wire_bytes_t){ data ? data : (const void *) "", data ? size_bytes : 0 };
}

mst_err_t federate_core_join (federate_core_t *self, const federate_join_t *join, uint32_t *request)
{
    wire_text_t endpoints[8];

    base_assert (self != NULL && join != NULL);
    base_assert (join->endpoint_count <= sizeof endpoints / sizeof endpoints[0]);
    if (self->joined || self->join_request)
        return base_error (MST_E_ALREADY_JOINED, "%s is joined already", self->name);
    for (size_t i = 0; i < join->endpoint_count; i++)
        endpoints[i] = text (join->endpoints[i]);
    base_free (self->name);
    base_free (self->federation);
    self->name = base_strdup (join->name);
    self->federation = base_strdup (join->federation);
    if (!self->name || !self->federation)
        return base_alloc_error ();
    wire_join_t args = {
        .federation = text (join->federation),
        .federate_name = text (join->name),
        .federate_type = text (join->type ? join->type : join->name),
        .host = text (self->host),
        .process = self->options.process,
        .endpoints = { endpoints, join->endpoint_count },
        .flags = (self->options.recorder ? 1u : 0u) | (self->options.relay ? 2u : 0u),
    };
    mst_err_t err = federate_core_request (self, WIRE_SERVICE_JOIN, &args, request);
    return err;
}

mst_err_t federate_core_resign (federate_core_t *self, mst_resign_t action, uint32_t *request)
{
    wire_resign_federation_execution_t args = { .resign_action = (uint64_t) action };

    base_assert (self != NULL && request != NULL);
    mst_err_t err = federate_check_joined (self);
    if (!err) /* afterwards nothing can be retracted */
        err = federate_retractable_settle (self, WIRE_TIME_NEVER);
    if (!err)
        err = federate_route_leave (self);
    if (!err)
        err = federate_control_send_time (self, WIRE_ADVANCE_NONE, 0, self->now);
    if (!err)
        err =
            federate_control_expect (self, WIRE_SERVICE_RESIGN_FEDERATION_EXECUTION, 0, 0, request);
    if (err)
        return err;
    err = federate_control_send (self, WIRE_SERVICE_RESIGN_FEDERATION_EXECUTION, &args, true,
                                 *request);
    if (err)
        self->pending.count--;
    return err;
}

mst_err_t federate_core_report (federate_core_t *self, const char *name, const char *value)
{
    base_assert (self != NULL);
    base_assert (name != NULL && value != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    if (strlen (name) == 0 || strlen (name) > 64 || strlen (value) > 4096)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a result has a name of 1 to 64 bytes and a value of up to 4,096");
    wire_report_t args = { text (name), text (value) };
    return federate_control_send (self, WIRE_SERVICE_REPORT, &args, false, 0);
}

bool federate_core_counters_wanted (const federate_core_t *self)
{
    base_assert (self != NULL);
    return self->counters_wanted;
}

mst_err_t federate_core_tell_counters (federate_core_t *self, const federate_times_t *times)
{
    const mst_counters_t *counters = &self->counters;

    base_assert (times != NULL);
    base_assert (times->waiting_ns + times->messaging_ns <= times->elapsed_ns);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    wire_counters_t args = {
        .doing = times->doing,
        .place = times->place ? text (times->place) : (wire_text_t){ NULL, 0 },
        .elapsed_ns = times->elapsed_ns,
        .waiting_ns = times->waiting_ns,
        .messaging_ns = times->messaging_ns,
        .updates_sent = counters->updates_sent,
        .updates_received = counters->updates_received,
        .interactions_sent = counters->interactions_sent,
        .interactions_received = counters->interactions_received,
        .bytes_sent = counters->bytes_sent,
        .bytes_received = counters->bytes_received,
        .queue_messages = timemgmt_tso_queue_count (self->queue),
        .queue_bytes = self->queued_bytes,
    };
    err = federate_control_send (self, WIRE_SERVICE_COUNTERS, &args, false, 0);
    self->counters_wanted = false;
    self->urgent = true;
    return err;
}

mst_err_t federate_core_clock_ask (federate_core_t *self, const wire_clock_ask_t *ask)
{
    base_assert (self != NULL && ask != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    self->urgent = true;
    return federate_control_send (self, WIRE_SERVICE_CLOCK_ASK, ask, false, 0);
}

/*  Synchronization
 * ---------------------------------------------------------------------------------- */

mst_err_t federate_core_register_point (federate_core_t *self, const char *label, const void *tag,
                                        size_t tag_size_bytes, const mst_federate_id_t *members,
                                        size_t member_count)
{
    base_assert (self != NULL && label != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    self->urgent = true;
    if (!members) {
        wire_register_federation_synchronization_point_t args = { text (label),
                                                                  bytes (tag, tag_size_bytes) };
        return federate_control_send (self, WIRE_SERVICE_REGISTER_FEDERATION_SYNCHRONIZATION_POINT,
                                      &args, true, 0);
    }
    uint64_t *set = base_calloc (member_count, sizeof *set);
    if (!set)
        return base_alloc_error ();
    for (size_t i = 0; i < member_count; i++)
        set[i] = members[i].id;
    wire_register_federation_synchronization_point_with_set_t args = { text (label),
                                                                       bytes (tag, tag_size_bytes),
                                                                       { set, member_count } };
    err = federate_control_send (
        self, WIRE_SERVICE_REGISTER_FEDERATION_SYNCHRONIZATION_POINT_WITH_SET, &args, true, 0);
    base_free (set);
    return err;
}

mst_err_t federate_core_register_point_asked (federate_core_t *self, const char *label,
                                              uint32_t *request)
{
    wire_register_federation_synchronization_point_t args = { text (label), bytes (NULL, 0) };

    base_assert (self != NULL && request != NULL);
    mst_err_t err = federate_check_joined (self);
    if (!err)
        err = federate_control_expect (self, WIRE_SERVICE_REGISTER_FEDERATION_SYNCHRONIZATION_POINT,
                                       0, 0, request);
    if (err)
        return err;
    err = federate_control_send (self, WIRE_SERVICE_REGISTER_FEDERATION_SYNCHRONIZATION_POINT,
                                 &args, true, *request);
    if (err)
        self->pending.count--;
    return err;
}

mst_err_t federate_core_achieve_point (federate_core_t *self, const char *label, bool succeeded)
{
    base_assert (self != NULL && label != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    wire_synchronization_point_achieved_t args = { text (label), succeeded };
    self->urgent = true;
    return federate_control_send (self, WIRE_SERVICE_SYNCHRONIZATION_POINT_ACHIEVED, &args, true,
                                  0);
}

static mst_err_t send_arrival (federate_core_t *self, const char *name, const char *const *expected,
                               size_t count, int64_t deadline_ns, uint32_t request)
{
    wire_text_t *names = base_calloc (count, sizeof *names);
    if (!names)
        return base_alloc_error ();
    for (size_t i = 0; i < count; i++)
        names[i] = text (expected[i]);
    wire_barrier_arrive_t args = { text (name), { names, count }, (uint64_t) deadline_ns, 0 };
    mst_err_t err = federate_control_send (self, WIRE_SERVICE_BARRIER_ARRIVE, &args, true, request);
    base_free (names);
    self->urgent = true;
    return err;
}

mst_err_t federate_core_barrier (federate_core_t *self, const char *name,
                                 const char *const *expected, size_t count, int64_t deadline_ns)
{
    base_assert (self != NULL && name != NULL);
    base_assert (expected != NULL && deadline_ns >= 0);
    mst_err_t err = federate_check_joined (self);
    return err ? err : send_arrival (self, name, expected, count, deadline_ns, 0);
}

mst_err_t federate_core_barrier_asked (federate_core_t *self, const char *name,
                                       const char *const *expected, size_t count,
                                       int64_t deadline_ns, uint32_t *request)
{
    base_assert (self != NULL && name != NULL && request != NULL);
    base_assert (expected != NULL && deadline_ns >= 0);
    mst_err_t err = federate_check_joined (self);
    if (!err)
        err = federate_control_expect (self, WIRE_SERVICE_BARRIER_ARRIVE, 0, 0, request);
    if (err)
        return err;
    err = send_arrival (self, name, expected, count, deadline_ns, *request);
    if (err)
        self->pending.count--;
    return err;
}

/*  Ownership
 * ---------------------------------------------------------------------------------------------- */

static mst_err_t find_object (const federate_core_t *self, uint64_t id, uint64_t mask,
                              federate_object_t **object)
{
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    *object = federate_object (self, id);
    if (!*object)
        return base_error (MST_E_OBJECT_UNKNOWN, "%s knows no object with handle 0x%llx",
                           self->name, (unsigned long long) id);
    if (mask & ~self->classes[(*object)->class_index].all)
        return base_error (MST_E_ATTRIBUTE_UNKNOWN,
                           "the class of \"%s\" does not have all attributes of mask 0x%llx",
                           (*object)->name, (unsigned long long) mask);
    return MST_OK;
}

static wire_handles_t handles_of (uint64_t mask, uint64_t room[FEDERATE_ATTRIBUTES_MAX])
{
    wire_handles_t handles = { room, 0 };
    for (uint64_t bit = 0; bit < FEDERATE_ATTRIBUTES_MAX; bit++)
        if (mask >> bit & 1u)
            room[handles.count++] = bit + 1;
    return handles;
}

mst_err_t federate_core_divest (federate_core_t *self, mst_object_t object, uint64_t mask,
                                const void *tag, size_t tag_size_bytes)
{
    uint64_t room[FEDERATE_ATTRIBUTES_MAX];
    federate_object_t *known;

    base_assert (self != NULL);
    mst_err_t err = find_object (self, object.id, mask, &known);
    if (err)
        return err;
    if (known->migrating || (mask & ~known->owned))
        return base_error (MST_E_NOT_OWNED,
                           "%s does not own all of 0x%llx of \"%s\", or it is migrating",
                           self->name, (unsigned long long) mask, known->name);
    wire_unconditional_attribute_ownership_divestiture_t args = { object.id,
                                                                  handles_of (mask, room),
                                                                  bytes (tag, tag_size_bytes) };
    err = federate_control_send (self, WIRE_SERVICE_UNCONDITIONAL_ATTRIBUTE_OWNERSHIP_DIVESTITURE,
                                 &args, true, 0);
    if (!err)
        known->owned &= ~mask;
    self->urgent = true;
    return err;
}

mst_err_t federate_core_acquire (federate_core_t *self, mst_object_t object, uint64_t mask,
                                 const void *tag, size_t tag_size_bytes, bool only_available)
{
    uint64_t room[FEDERATE_ATTRIBUTES_MAX];
    federate_object_t *known;

    base_assert (self != NULL);
    mst_err_t err = find_object (self, object.id, mask, &known);
    if (err)
        return err;
    if (mask & known->owned)
        return base_error (MST_E_ALREADY_OWNED, "%s owns 0x%llx of \"%s\" already", self->name,
                           (unsigned long long) (mask & known->owned), known->name);
    if (mask & ~1u & ~self->classes[known->class_index].published)
        return base_error (MST_E_ATTRIBUTE_NOT_PUBLISHED,
                           "%s does not publish all of 0x%llx of the class of \"%s\"", self->name,
                           (unsigned long long) mask, known->name);
    wire_attribute_ownership_acquisition_t args = { object.id, handles_of (mask, room),
                                                    bytes (tag, tag_size_bytes) };
    wire_attribute_ownership_acquisition_if_available_t if_available = { object.id,
                                                                         args.desired_attributes,
                                                                         args.user_supplied_tag };
    err = only_available
              ? federate_control_send (self,
                                       WIRE_SERVICE_ATTRIBUTE_OWNERSHIP_ACQUISITION_IF_AVAILABLE,
                                       &if_available, true, 0)
              : federate_control_send (self, WIRE_SERVICE_ATTRIBUTE_OWNERSHIP_ACQUISITION, &args,
                                       true, 0);
    if (!err)
        known->acquiring |= mask;
    self->urgent = true;
    return err;
}

mst_err_t federate_core_query_owner (federate_core_t *self, mst_object_t object, uint32_t attribute)
{
    uint64_t handle = attribute;
    federate_object_t *known;

    base_assert (self != NULL);
    if (attribute == 0 || attribute > FEDERATE_ATTRIBUTES_MAX)
        return base_error (MST_E_ATTRIBUTE_UNKNOWN, "there is no attribute with handle %u",
                           attribute);
    mst_err_t err = find_object (self, object.id, UINT64_C (1) << (attribute - 1), &known);
    if (err)
        return err;
    wire_query_attribute_ownership_t args = { object.id, { &handle, 1 } };
    self->urgent = true;
    return federate_control_send (self, WIRE_SERVICE_QUERY_ATTRIBUTE_OWNERSHIP, &args, false, 0);
}
