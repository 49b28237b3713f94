/*  An update or an interaction on its way out: checked, stamped, split by order and transport, and
   put into the bundle of each route that wants it. docs/walk/update.md begins here. */
#include "federate/core/internal.h"

#include <string.h>

/*  What one call sends: the same for every route but for the values that its receiver subscribes
 * to. */
typedef struct outgoing {
    wire_message_t message;
    uint64_t mask;             /* of the values */
    const mst_value_t *values; /* the user's */
    const mst_send_options_t *options;
    federate_route_t *const *routes; /* to all whom the class concerns */
    size_t route_count;
    uint32_t class_index; /* FOM_NONE: an interaction */
    bool retractable;
} outgoing_t;

static mst_err_t not_owned (const federate_core_t *self, const federate_object_t *object,
                            uint64_t mask)
{
    uint32_t bit = (uint32_t) __builtin_ctzll (mask);
    const char *attribute = bit < self->classes[object->class_index].attribute_count
                                ? fom_member (&self->model->objects, object->class_index, bit)->name
                                : "?";
    return base_error (MST_E_NOT_OWNED, "%s does not own the attribute %s of \"%s\"", self->name,
                       attribute, object->name);
}

static mst_err_t bad_value (const federate_core_t *self, const mst_value_t *value, size_t index,
                            mst_err_t unknown)
{
    if (value->size_bytes > WIRE_VALUE_MAX)
        return base_error (MST_E_LIMIT, "value %zu has %u bytes; WIRE_VALUE_MAX is %d", index,
                           value->size_bytes, WIRE_VALUE_MAX);
    return base_error (unknown, "%s: value %zu has handle %u, which is unknown or given twice",
                       self->name, index, value->handle);
}

static inline mst_err_t collect_values (const federate_core_t *self, const mst_value_t *values,
                                        size_t count, uint32_t known_count, mst_err_t unknown,
                                        outgoing_t *out)
{
    uint64_t mask = 0;
    size_t room =
        WIRE_MESSAGE_OVERHEAD_BYTES + out->message.tag_size_bytes + count * 2 * WIRE_BYTES_HEAD_MAX;

    if (count > FEDERATE_ATTRIBUTES_MAX)
        return base_error (MST_E_LIMIT, "%zu values in one message; WIRE_VALUES_MAX is %d", count,
                           WIRE_VALUES_MAX);
    for (size_t i = 0; i < count; i++) {
        uint32_t bit = values[i].handle - 1; /* of handle 0: none */
        if (bit >= known_count || (mask >> bit & 1u) || values[i].size_bytes > WIRE_VALUE_MAX)
            return bad_value (self, &values[i], i, unknown);
        mask |= UINT64_C (1) << bit;
        room += values[i].size_bytes;
    }
    if (room > FEDERATE_MESSAGE_BYTES_MAX)
        return base_error (
            MST_E_LIMIT,
            "one message of %zu bytes; with its bundle it would exceed WIRE_BODY_MAX (%d)", room,
            WIRE_BODY_MAX);
    out->mask = mask;
    out->values = values;
    out->message.value_count = (uint32_t) count;
    out->message.room_bytes = room;
    return MST_OK;
}

static mst_err_t collect_options (const mst_send_options_t *options, outgoing_t *out)
{
    out->options = options;
    if (options && options->retraction)
        options->retraction->id = 0;
    if (!options || !options->tag)
        return MST_OK;
    if (options->tag_size_bytes > WIRE_VALUE_MAX)
        return base_error (MST_E_LIMIT, "a tag of %zu bytes; WIRE_VALUE_MAX is %d",
                           options->tag_size_bytes, WIRE_VALUE_MAX);
    out->message.tag = options->tag;
    out->message.tag_size_bytes = (uint32_t) options->tag_size_bytes;
    return MST_OK;
}

/*  A time stamp is legal at or above what was promised; a sender that does not regulate may give
 * any. */
static mst_err_t check_time (const federate_core_t *self, mst_time_t time, outgoing_t *out)
{
    if (time == MST_TIME_NONE)
        return MST_OK; /* as the message was made */
    out->message.has_time = true;
    out->message.time = time;
    mst_err_t err = timemgmt_time_check (self->time_type, time);
    if (err || !self->regulating)
        return err;
    int64_t floor = federate_send_floor (self);
    if (time < floor)
        return base_error (
            MST_E_INVALID_TIME,
            "%s: the time stamp %s is below %s, the smallest that may be sent at time "
            "%s with lookahead %s",
            self->name, FEDERATE_TIME (self, time), FEDERATE_TIME (self, floor),
            FEDERATE_TIME (self, self->now), FEDERATE_TIME (self, self->floor.lookahead));
    return MST_OK;
}

static inline bool chosen (const federate_route_t *route, const mst_send_options_t *options)
{
    /*  A recorder sees all, whoever was chosen. */
    if (!options || !options->only || route->peer->recorder)
        return true;
    for (size_t i = 0; i < options->only_count; i++)
        if (options->only[i].id == route->peer->id)
            return true;
    return false;
}

/*  The caller asked for a handle to what goes in the order of time. */
static mst_err_t begin_retractable (federate_core_t *self, outgoing_t *out)
{
    out->retractable = out->options && out->options->retraction;
    return out->retractable ? federate_retractable_begin (self, out->message.time, out->route_count)
                            : MST_OK;
}

static mst_err_t add (federate_core_t *self, federate_route_t *route, const wire_message_t *message,
                      const mst_value_t *values, bool best_effort)
{
    mst_err_t err = federate_route_add (self, route, message, values, best_effort);
    if (!err && message->retractable)
        federate_retractable_sent (self, route);
    return err;
}

static void end_retractable (federate_core_t *self, const outgoing_t *out, mst_err_t err)
{
    if (out->retractable)
        federate_retractable_end (self, err, out->options->retraction);
}

/*  Does a route get any of the values in `part`? An interaction goes to all who are chosen. */
static inline bool gets (const federate_route_t *route, const outgoing_t *out, uint64_t part)
{
    return (out->class_index == FOM_NONE ||
            (route->effective[out->class_index] & part & out->mask) != 0) &&
           chosen (route, out->options);
}

/*  Stamps on a receive-order message, when the federate asked. */
static mst_err_t stamp (federate_core_t *self, outgoing_t *out, uint64_t part, bool best_effort)
{
    self->receivers.count = 0;
    for (size_t i = 0; i < out->route_count; i++)
        if (gets (out->routes[i], out, part) &&
            BASE_LIST_PUSH (&self->receivers, out->routes[i]->peer->id))
            return base_alloc_error ();
    return federate_stamp (self, &out->message, !best_effort);
}

/*  Is there room on every route that gets reliable values? Nothing is sent otherwise. */
static mst_err_t check_room (federate_core_t *self, const outgoing_t *out, bool timed)
{
    for (size_t i = 0; i < out->route_count; i++)
        if (gets (out->routes[i], out, UINT64_MAX) &&
            !federate_route_is_near (out->routes[i], out->message.room_bytes)) {
            mst_err_t err =
                federate_route_check_room (self, out->routes[i], out->message.room_bytes, timed);
            if (err)
                return err;
        }
    return MST_OK;
}

static mst_err_t add_some (federate_core_t *self, federate_route_t *route, const outgoing_t *out,
                           uint64_t mask, bool best_effort)
{
    mst_value_t values[FEDERATE_ATTRIBUTES_MAX];
    wire_message_t message = out->message;

    message.value_count = 0;
    for (uint32_t i = 0; i < out->message.value_count; i++)
        if (mask >> (out->values[i].handle - 1) & 1u)
            values[message.value_count++] = out->values[i];
    return add (self, route, &message, values, best_effort);
}

/*  One of the three kinds of an update: time-stamped, receive order reliable, receive order best
   effort. It goes by the class that the object was registered as: who subscribes below the class
   that the sender knows must get it as well. */
static mst_err_t send_part (federate_core_t *self, outgoing_t *out, uint64_t part, uint8_t order,
                            bool best_effort)
{
    mst_err_t err = MST_OK;

    out->message.order = order;
    out->message.retractable = order == WIRE_ORDER_TIMESTAMP && out->retractable;
    if (self->options.stamps && order == WIRE_ORDER_RECEIVE)
        err = stamp (self, out, part, best_effort);
    for (size_t i = 0; !err && i < out->route_count; i++) {
        federate_route_t *route = out->routes[i];
        if (!gets (route, out, part))
            continue;
        uint64_t wanted = route->effective[out->class_index] & part;
        err = (out->mask & ~wanted) == 0
                  ? add (self, route, &out->message, out->values, best_effort)
                  : add_some (self, route, out, wanted, best_effort);
    }
    return err;
}

static mst_err_t send_timed_part (federate_core_t *self, outgoing_t *out, uint64_t part)
{
    mst_err_t err = begin_retractable (self, out);
    if (!err)
        err = send_part (self, out, part, WIRE_ORDER_TIMESTAMP, false);
    end_retractable (self, out, err);
    return err;
}

/*  Epochs are valid in (cut, next cut] (docs/protocol.md, section 9): the old home may update up
   to the cut, the new one above it. */
static mst_err_t check_ownership (const federate_core_t *self, const federate_object_t *object,
                                  mst_time_t time, uint64_t mask)
{
    if ((mask & ~object->owned) == 0 && !object->migrating && !object->leaving && !object->arrived)
        return MST_OK;
    if ((object->migrating || object->leaving) && (time == MST_TIME_NONE || time > object->cut))
        return base_error (MST_E_EPOCH_STALE, "\"%s\" leaves %s at the cut %s: no update after it",
                           object->name, self->name, FEDERATE_TIME (self, object->cut));
    uint64_t owned = object->owned | object->leaving;
    if (mask & ~owned)
        return not_owned (self, object, mask & ~owned);
    if (object->arrived && time != MST_TIME_NONE && time <= object->came)
        return base_error (MST_E_EPOCH_STALE,
                           "\"%s\" came to %s at the cut %s: its updates are later", object->name,
                           self->name, FEDERATE_TIME (self, object->came));
    return MST_OK;
}

static mst_err_t object_unknown (const federate_core_t *self, mst_object_t object)
{
    return base_error (MST_E_OBJECT_UNKNOWN, "%s knows no object with handle 0x%llx", self->name,
                       (unsigned long long) object.id);
}

static __attribute__ ((noinline)) mst_err_t update (federate_core_t *self, mst_object_t object,
                                                    const mst_value_t *values, size_t count,
                                                    mst_time_t time,
                                                    const mst_send_options_t *options)
{
    outgoing_t out;

    if (self->lost || !self->joined || self->resigned)
        return federate_check_joined (self);
    const federate_object_t *known = federate_object_recent (self, object.id);
    if (!known || known->doomed)
        return object_unknown (self, object);
    const federate_class_t *in = &self->classes[known->routed_as]; /* inherited ones are alike */
    out.message =
        (wire_message_t){ .type = WIRE_MESSAGE_UPDATE, .target = object.id, .epoch = known->epoch };
    out.routes = in->routes.items;
    out.route_count = in->routes.count;
    out.class_index = known->routed_as;
    out.retractable = false;
    mst_err_t err = collect_options (options, &out);
    if (!err)
        err =
            collect_values (self, values, count, self->classes[known->class_index].attribute_count,
                            MST_E_ATTRIBUTE_UNKNOWN, &out);
    if (!err)
        err = check_time (self, time, &out);
    if (!err)
        err = check_ownership (self, known, time, out.mask);
    base_trace ("federate/core/update.c: federate_core_update");
    /*  Who does not regulate has made no promise, so its stamps order nothing: they are shown to
       the receiver, and travel in receive order. */
    uint64_t timed = self->regulating && out.message.has_time ? in->timestamped : 0;
    uint64_t reliable = ~timed & ~in->best_effort, best_effort = ~timed & in->best_effort;
    /*  On all routes, before the first part goes out: a full window stops a call before any of
       it is sent. */
    if (!err)
        err = check_room (self, &out, (out.mask & timed) != 0);
    if (!err && (out.mask & timed))
        err = send_timed_part (self, &out, timed);
    if (!err && (out.mask & reliable))
        err = send_part (self, &out, reliable, WIRE_ORDER_RECEIVE, false);
    if (!err && (out.mask & best_effort))
        err = send_part (self, &out, best_effort, WIRE_ORDER_RECEIVE, true);
    if (!err)
        self->counters.updates_sent++;
    return err;
}

/*  The short way, for what most updates are: few values, all reliable and of one order, without tag
   and stamps, of an object that stays, into open bundles that have room. */

/*  Of whom are values in `mask`, and what room do they take? False: not so plain. */
static inline bool is_plain (const federate_core_t *self, const federate_object_t *object,
                             const mst_value_t *values, size_t count, uint64_t *mask, size_t *room)
{
    uint32_t known_count = self->classes[object->class_index].attribute_count;

    if (count > WIRE_PLAIN_VALUES || self->options.stamps || object->migrating || object->leaving ||
        object->arrived)
        return false;
    *mask = 0;
    *room = WIRE_MESSAGE_OVERHEAD_BYTES + count * 2 * WIRE_BYTES_HEAD_MAX;
    for (const mst_value_t *value = values; value < values + count; value++) {
        uint32_t bit = value->handle - 1;
        if (bit >= known_count || (*mask >> bit & 1u) || value->size_bytes > WIRE_BUNDLE_BYTES)
            return false;
        *mask |= UINT64_C (1) << bit;
        *room += value->size_bytes;
    }
    return (*mask & ~object->owned) == 0;
}

/*  The common case of check_time; all others go the long way, which has the errors. */
static inline bool is_timely (const federate_core_t *self, mst_time_t time)
{
    return self->regulating && !self->advancing && time >= self->floor.bound &&
           timemgmt_time_valid (self->time_type, time);
}

mst_err_t federate_core_update (federate_core_t *self, mst_object_t object,
                                const mst_value_t *values, size_t count, mst_time_t time,
                                const mst_send_options_t *options)
{
    uint64_t mask;
    size_t room;

    base_assert (self != NULL);
    base_assert (values != NULL || count == 0);
    const federate_object_t *known = *federate_recent (self, object.id);
    bool timed = time != MST_TIME_NONE;
    if (!known || known->id != object.id || options || self->lost || self->resigned ||
        (timed && !is_timely (self, time)) || !is_plain (self, known, values, count, &mask, &room))
        return update (self, object, values, count, time, options);
    const federate_class_t *in = &self->classes[known->routed_as];
    if (mask & (in->best_effort | (timed ? ~in->timestamped : 0)))
        return update (self, object, values, count, time, options);
    federate_route_t *const *routes = in->routes.items, *const *end = routes + in->routes.count;
    for (federate_route_t *const *at = routes; at < end; at++)
        if ((mask & ~(*at)->effective[known->routed_as]) != 0 ||
            !federate_route_is_near (*at, room) || !federate_route_is_open (self, *at, room))
            return update (self, object, values, count, time, options);
    base_trace ("federate/core/update.c: federate_core_update");
    for (federate_route_t *const *at = routes; at < end; at++) {
        uint8_t *begin = (*at)->open.data + (*at)->open.size_bytes;
        uint8_t *after =
            wire_update_put (begin, object.id, known->epoch, timed, time, values, count);
        federate_route_grew (self, *at, (size_t) (after - begin));
        if (timed && time < (*at)->open_smallest)
            (*at)->open_smallest = time;
    }
    self->counters.updates_sent++;
    return MST_OK;
}

mst_err_t federate_core_send (federate_core_t *self, mst_interaction_class_t of,
                              const mst_value_t *values, size_t count, mst_time_t time,
                              const mst_send_options_t *options)
{
    outgoing_t out;

    base_assert (self != NULL);
    base_assert (values != NULL || count == 0);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    if (of.id == 0 || of.id > self->model->interactions.count)
        return base_error (MST_E_INTERACTION_UNKNOWN,
                           "there is no interaction class with handle %u", of.id);
    const federate_interaction_t *in = &self->interactions[of.id - 1];
    if (!in->published)
        return base_error (MST_E_INTERACTION_NOT_PUBLISHED,
                           "%s does not publish the interaction %s: call mst_publish_interaction",
                           self->name,
                           fom_class (&self->model->interactions, of.id - 1)->full_name);
    out.message = (wire_message_t){ .type = WIRE_MESSAGE_INTERACTION, .target = of.id };
    out.routes = in->routes.items;
    out.route_count = in->routes.count;
    out.class_index = FOM_NONE;
    out.retractable = false;
    err = collect_options (options, &out);
    if (!err)
        err = collect_values (self, values, count, in->parameter_count, MST_E_PARAMETER_UNKNOWN,
                              &out);
    if (!err)
        err = check_time (self, time, &out);
    bool timed = self->regulating && out.message.has_time && in->timestamped;
    bool best_effort = !timed && in->best_effort;
    if (!err && !best_effort)
        err = check_room (self, &out, timed);
    if (err)
        return err;
    out.message.order = timed ? WIRE_ORDER_TIMESTAMP : WIRE_ORDER_RECEIVE;
    if (self->options.stamps && !timed)
        err = stamp (self, &out, UINT64_MAX, best_effort);
    if (!err && timed)
        err = begin_retractable (self, &out);
    out.message.retractable = out.retractable;
    for (size_t i = 0; !err && i < in->routes.count; i++)
        if (chosen (in->routes.items[i], options))
            err = add (self, in->routes.items[i], &out.message, out.values, best_effort);
    end_retractable (self, &out, err);
    if (!err)
        self->counters.interactions_sent++;
    return err;
}

/*  To all who know the class. One that may be retracted leaves the object until it is final. */
static mst_err_t delete_timed (federate_core_t *self, federate_object_t *object, outgoing_t *out)
{
    mst_err_t err = begin_retractable (self, out);

    out->message.retractable = out->retractable;
    if (!err && out->retractable)
        err = federate_retractable_dooms (self, object, &out->message);
    for (size_t i = 0; !err && i < out->route_count; i++)
        err = add (self, out->routes[i], &out->message, NULL, false);
    if (err && object->doomed)
        federate_retractable_spare (self, object);
    end_retractable (self, out, err);
    return err;
}

/*  A delete with a time stamp is a time-stamped message; one without goes by the RTI, which waits
   for what was sent before it. The RTI is told of both. */
mst_err_t federate_core_delete (federate_core_t *self, mst_object_t object, mst_time_t time,
                                const mst_send_options_t *options)
{
    outgoing_t out;

    base_assert (self != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    federate_object_t *known = federate_object (self, object.id);
    if (!known || known->doomed)
        return object_unknown (self, object);
    if (!(known->owned & 1u) || known->migrating)
        return base_error (MST_E_DELETE_PRIVILEGE_NOT_HELD,
                           "%s does not hold the privilege to delete \"%s\"", self->name,
                           known->name);
    out.message =
        (wire_message_t){ .type = WIRE_MESSAGE_DELETE, .target = object.id, .epoch = known->epoch };
    out.retractable = false;
    err = collect_options (options, &out);
    if (!err)
        err = check_time (self, time, &out);
    out.message.room_bytes = wire_message_room (&out.message, NULL);
    const federate_class_t *in = &self->classes[known->routed_as];
    out.routes = in->routes.items;
    out.route_count = in->routes.count;
    bool timed = self->regulating && out.message.has_time && (in->timestamped & 1u);
    out.message.order = timed ? WIRE_ORDER_TIMESTAMP : WIRE_ORDER_RECEIVE;
    if (!err && timed)
        err = delete_timed (self, known, &out);
    if (err || out.retractable)
        return err;
    wire_bytes_t tag = { out.message.tag, out.message.tag_size_bytes };
    return federate_object_delete (self, known, timed ? time : WIRE_TIME_NONE, tag);
}
