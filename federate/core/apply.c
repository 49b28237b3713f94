/*  What each control record of the RTI does to the federate, in the order in which they come. */
#include "federate/core/internal.h"
#include "fom/image.h"

#include <string.h>

typedef union record {
    wire_reply_t reply;
    wire_introduce_t introduce;
    wire_report_federation_executions_t listed;
    wire_depart_t depart;
    wire_interest_t interest;
    wire_registered_as_t registered_as;
    wire_migrate_decided_t decided;
    wire_discover_object_instance_t discover;
    wire_remove_object_instance_t remove;
    wire_multiple_object_instance_name_reservation_succeeded_t reserved;
    wire_multiple_object_instance_name_reservation_failed_t not_reserved;
    wire_object_instance_name_reservation_succeeded_t name;
    wire_attribute_ownership_acquisition_notification_t acquired;
    wire_attribute_ownership_unavailable_t unavailable;
    wire_records_t records;
    wire_announce_synchronization_point_t announce;
    wire_federation_synchronized_t synchronized;
    wire_barrier_passed_t passed;
    wire_barrier_broken_t broken;
    wire_provide_attribute_value_update_t provide;
    wire_request_attribute_ownership_assumption_t assume;
    wire_request_attribute_ownership_release_t release;
    wire_inform_attribute_ownership_t inform;
    wire_attribute_is_not_owned_t not_owned;
    wire_synchronization_point_registration_succeeded_t registered;
    wire_synchronization_point_registration_failed_t not_registered;
} record_t;

typedef struct apply {
    federate_core_t *self;
    const federate_control_t *control;
    const uint8_t *args;
    size_t args_size_bytes;
    record_t record;
} apply_t;

/*  Queues a callback that is decoded again when the user's turn comes. */
static mst_err_t queue_record (apply_t *at, federate_delivery_kind_t kind)
{
    federate_callback_t callback = { .kind = kind,
                                     .service = at->control->kind,
                                     .args_size_bytes = (uint32_t) at->args_size_bytes };
    callback.args = base_alloc (at->args_size_bytes);
    if (!callback.args)
        return base_alloc_error ();
    memcpy (callback.args, at->args, at->args_size_bytes);
    mst_err_t err = federate_control_queue (at->self, &callback);
    if (err)
        base_free (callback.args);
    return err;
}

static uint64_t mask_of (const wire_handles_t *handles)
{
    uint64_t mask = 0;
    for (uint64_t i = 0; i < handles->count; i++)
        if (handles->items[i] >= 1 && handles->items[i] <= FEDERATE_ATTRIBUTES_MAX)
            mask |= UINT64_C (1) << (handles->items[i] - 1);
    return mask;
}

/*  Replies
 * -------------------------------------------------------------------------------------------- */

static mst_err_t joined (federate_core_t *self, const wire_reply_t *reply)
{
    wire_join_result_t result;

    /*  A second join would replace the model under all that was built on it. */
    if (self->joined)
        return base_error (MST_E_MALFORMED, "the RTI answered two joins of %s", self->name);
    mst_err_t err =
        wire_service_decode_result (WIRE_SERVICE_JOIN, reply->result.data, reply->result.size_bytes,
                                    &self->arena, &result, sizeof result);
    if (!err)
        err = fom_image_decode (result.model.data, result.model.size_bytes, &self->model);
    if (!err)
        err = federate_declaration_init (self);
    if (err)
        return err;
    self->self = (uint32_t) result.federate;
    self->incarnation = (uint32_t) result.incarnation;
    self->token = result.token;
    self->time_type = result.time_type == MST_TIME_FLOAT64 ? TIMEMGMT_FLOAT64 : TIMEMGMT_INTEGER64;
    timemgmt_floor_init (&self->floor, self->time_type, TIMEMGMT_KEY_INITIAL, 0);
    self->joined = true;
    return federate_stamp_init (self);
}

static bool take_pending (federate_core_t *self, uint32_t request, federate_pending_t *pending)
{
    for (size_t i = 0; i < self->pending.count; i++) {
        if (self->pending.items[i].request != request)
            continue;
        *pending = self->pending.items[i];
        memmove (&self->pending.items[i], &self->pending.items[i + 1],
                 (--self->pending.count - i) * sizeof *pending);
        return true;
    }
    return false;
}

/*  It outlives the frame: the caller fetches it when it looks. */
static mst_err_t keep_answer (federate_core_t *self, uint32_t request, const wire_reply_t *reply,
                              mst_err_t err)
{
    federate_answer_t answer = { .request = request, .reply = { .err = err } };

    answer.reply.text = base_strndup (reply->text.data, reply->text.size_bytes);
    answer.reply.result_size_bytes = reply->result.size_bytes;
    answer.reply.result = base_alloc (reply->result.size_bytes);
    if (!answer.reply.text || !answer.reply.result || BASE_LIST_ROOM (&self->answers)) {
        base_free (answer.reply.text);
        base_free (answer.reply.result);
        return base_alloc_error ();
    }
    if (reply->result.size_bytes > 0)
        memcpy (answer.reply.result, reply->result.data, reply->result.size_bytes);
    BASE_LIST_PUT (&self->answers, answer);
    return MST_OK;
}

/*  Nobody waits for a reply to what was sent one way, so the refusal comes as a callback
   (docs/protocol.md, section 5). */
static mst_err_t refused (federate_core_t *self, mst_err_t err, const wire_reply_t *reply)
{
    federate_callback_t callback = { .kind = FEDERATE_REFUSED, .err = err };

    callback.text = base_strndup (reply->text.data, reply->text.size_bytes);
    if (!callback.text)
        return base_alloc_error ();
    err = federate_control_queue (self, &callback);
    if (err)
        base_free (callback.text);
    return err;
}

static void resigned (federate_core_t *self)
{
    self->resigned = true;
}

static mst_err_t apply_pending (federate_core_t *self, const federate_pending_t *pending,
                                const wire_reply_t *reply, mst_err_t result)
{
    if (pending->kind == WIRE_SERVICE_JOIN && result == MST_OK)
        return joined (self, reply);
    if (pending->kind == WIRE_SERVICE_RESIGN_FEDERATION_EXECUTION && result == MST_OK)
        resigned (self);
    else if (pending->kind == WIRE_SERVICE_PROBE) {
        federate_peer_t *peer = federate_peer (self, pending->index);
        if (peer) {
            peer->probing =
                result != MST_OK && result != MST_E_LIMIT; /* asking again would not help */
            /*  The RTI knows nothing of what the bundle says it follows: so it waits for what
               never comes, and its sender is not one of ours. */
            if (result == MST_E_INVALID_ARGUMENT) {
                (void) base_error (MST_E_MALFORMED,
                                   "a bundle of %s says that it follows what never was",
                                   peer->name);
                return federate_inbound_bar (self, peer);
            }
            if (result == MST_OK && pending->mask > peer->known_issued)
                peer->known_issued = pending->mask;
        }
    } else if (pending->kind == WIRE_SERVICE_QUERY_LITS && !pending->wanted)
        return federate_recall_answer (self, result == MST_OK ? reply : NULL);
    else if (result == MST_OK)
        federate_declaration_reply (self, pending);
    return MST_OK;
}

static mst_err_t apply_reply (apply_t *at)
{
    federate_core_t *self = at->self;
    const wire_reply_t *reply = &at->record.reply;
    federate_pending_t pending;

    mst_err_t result =
        base_error_known ((long) reply->error) ? (mst_err_t) reply->error : MST_E_INTERNAL;
    if (at->control->request == 0 || !take_pending (self, at->control->request, &pending))
        return result && !self->resigned ? refused (self, result, reply)
                                         : MST_OK; /* crossed its resign */
    mst_err_t err = apply_pending (self, &pending, reply, result);
    if (err || !pending.wanted)
        return err;
    return keep_answer (self, at->control->request, reply, result);
}

/*  Records
 * --------------------------------------------------------------------------------------------- */

static mst_err_t apply_depart (apply_t *at)
{
    const wire_depart_t *args = &at->record.depart;
    char text[256];

    mst_err_t err = federate_peer_depart (at->self, args);
    federate_peer_t *peer = federate_peer (at->self, (uint32_t) args->federate);
    if (!err && peer)
        err = federate_peer_departure (at->self, peer);
    if (err || !peer)
        return err;
    size_t size = args->text.size_bytes < sizeof text - 1 ? args->text.size_bytes : sizeof text - 1;
    if (size > 0)
        memcpy (text, args->text.data, size);
    text[size] = '\0';
    return federate_peer_queue_callback (at->self, peer->lost ? FEDERATE_LOST : FEDERATE_RESIGNED,
                                         peer, args->bound, text);
}

static mst_err_t apply_discover (apply_t *at)
{
    const wire_discover_object_instance_t *args = &at->record.discover;
    federate_object_t *object;

    if (federate_object (at->self, args->object_instance))
        return MST_OK;
    if (args->object_class == 0 ||
        !fom_class_known (&at->self->model->objects, args->object_class - 1))
        return base_error (MST_E_MALFORMED,
                           "the RTI names object class %llu, which the object model does "
                           "not have",
                           (unsigned long long) args->object_class);
    mst_err_t err =
        federate_object_add (at->self, args->object_instance, (uint32_t) args->object_class - 1,
                             args->object_instance_name.data, args->object_instance_name.size_bytes,
                             (uint32_t) args->producing_federate, &object);
    if (err)
        return err;
    /*  Receive-order messages that became deliverable before this are not for the user, who did
       not know the object then. */
    object->since = at->self->order;
    return queue_record (at, FEDERATE_DISCOVERED);
}

/*  Whoever owns attributes of an object sends to the subscribers of the class that it was
   registered as, and of all above; the known class, which may be above it, is what the user sees.
 */
static mst_err_t apply_registered_as (apply_t *at)
{
    const wire_registered_as_t *args = &at->record.registered_as;
    const fom_tree_t *tree = &at->self->model->objects;
    federate_object_t *object = federate_object (at->self, args->object);

    if (!object)
        return MST_OK;
    if (args->class == 0 || !fom_class_known (tree, args->class - 1) ||
        !fom_is_a (tree, (uint32_t) args->class - 1, object->class_index))
        return base_error (
            MST_E_MALFORMED,
            "the RTI says that \"%s\" was registered as class %llu, which is not a %s",
            object->name, (unsigned long long) args->class,
            fom_class (tree, object->class_index)->full_name);
    object->routed_as = (uint32_t) args->class - 1;
    return MST_OK;
}

static mst_err_t name_answer (federate_core_t *self, const wire_text_t *name, bool good)
{
    federate_callback_t callback = { .kind = FEDERATE_NAME_RESERVED,
                                     .err = good ? MST_OK : MST_E_NAME_IN_USE };

    mst_err_t err =
        good ? base_names_set (&self->reserved, name->data, name->size_bytes, 1) : MST_OK;
    if (err)
        return err;
    callback.text = base_strndup (name->data, name->size_bytes);
    if (!callback.text)
        return base_alloc_error ();
    err = federate_control_queue (self, &callback);
    if (err)
        base_free (callback.text);
    return err;
}

static mst_err_t apply_names (apply_t *at, const wire_texts_t *names, bool good)
{
    mst_err_t err = MST_OK;
    for (uint64_t i = 0; !err && i < names->count; i++)
        err = name_answer (at->self, &names->items[i], good);
    return err;
}

static mst_err_t apply_acquired (apply_t *at)
{
    federate_object_t *object = federate_object (at->self, at->record.acquired.object_instance);
    uint64_t mask = mask_of (&at->record.acquired.secured_attributes);

    if (object) {
        bool moved = object->arrived &&
                     object->leaving == 0;  /* a migration's notification, after its record */
        if (object->owned == 0 && !moved) { /* by the standard's transfer: no epoch counts */
            object->epoch = 0;
            object->arrived = false;
            object->leaving = 0;
        }
        object->owned |= mask;
        object->acquiring &= ~mask;
    }
    return queue_record (at, FEDERATE_ACQUIRED);
}

static mst_err_t apply_unavailable (apply_t *at)
{
    federate_object_t *object = federate_object (at->self, at->record.unavailable.object_instance);
    if (object)
        object->acquiring &= ~mask_of (&at->record.unavailable.attributes);
    return queue_record (at, FEDERATE_UNAVAILABLE);
}

/*  A removal without a time stamp, which must not overtake the object's time-stamped messages: it
   waits for the last one. Further removals of the same object say nothing new. */
static mst_err_t apply_remove (apply_t *at)
{
    federate_object_t *object = federate_object (at->self, at->record.remove.object_instance);
    federate_callback_t callback = { .kind = FEDERATE_REMOVED,
                                     .service = at->control->kind,
                                     .args_size_bytes = (uint32_t) at->args_size_bytes };

    if (!object || object->queued == 0)
        return queue_record (at, FEDERATE_REMOVED);
    if (object->removal)
        return MST_OK;
    callback.args = base_alloc (at->args_size_bytes);
    object->removal = base_alloc (sizeof callback);
    if (!callback.args || !object->removal) {
        base_free (callback.args);
        base_free (object->removal);
        object->removal = NULL;
        return base_alloc_error ();
    }
    memcpy (callback.args, at->args, at->args_size_bytes);
    *object->removal = callback;
    return MST_OK;
}

/*  Each frame of the RTI's notes becomes one callback; the bytes are the NOTE's arguments. */
static mst_err_t apply_records (apply_t *at)
{
    const wire_bytes_t *frames = &at->record.records.frames;
    size_t offset = 0;

    for (;;) {
        wire_frame_t frame;
        federate_callback_t callback = { .kind = FEDERATE_NOTED };
        mst_err_t err = wire_frame_next (frames->data, frames->size_bytes, &offset, &frame);
        if (err || !frame.body)
            return err;
        callback.args = base_alloc (frame.body_size_bytes);
        callback.args_size_bytes = frame.body_size_bytes;
        if (!callback.args)
            return base_alloc_error ();
        memcpy (callback.args, frame.body, frame.body_size_bytes);
        err = federate_control_queue (at->self, &callback);
        if (err) {
            base_free (callback.args);
            return err;
        }
    }
}

/*  The table: which record does what. */
static mst_err_t apply_known (apply_t *at, bool *known)
{
    *known = true;
    switch (at->control->kind) {
    case WIRE_SERVICE_REPLY: return apply_reply (at);
    case WIRE_SERVICE_INTRODUCE: return federate_peer_introduce (at->self, &at->record.introduce);
    case WIRE_SERVICE_DEPART: return apply_depart (at);
    case WIRE_SERVICE_INTEREST: return federate_route_interest (at->self, &at->record.interest);
    case WIRE_SERVICE_REGISTERED_AS: return apply_registered_as (at);
    case WIRE_SERVICE_MIGRATE_DECIDED:
        return federate_migration_decided (at->self, &at->record.decided);
    case WIRE_SERVICE_RECORDS: return apply_records (at);
    case WIRE_SERVICE_DISCOVER_OBJECT_INSTANCE: return apply_discover (at);
    case WIRE_SERVICE_REMOVE_OBJECT_INSTANCE: return apply_remove (at);
    case WIRE_SERVICE_MULTIPLE_OBJECT_INSTANCE_NAME_RESERVATION_SUCCEEDED:
        return apply_names (at, &at->record.reserved.object_instance_names, true);
    case WIRE_SERVICE_MULTIPLE_OBJECT_INSTANCE_NAME_RESERVATION_FAILED:
        return apply_names (at, &at->record.not_reserved.object_instance_names, false);
    case WIRE_SERVICE_OBJECT_INSTANCE_NAME_RESERVATION_SUCCEEDED:
        return name_answer (at->self, &at->record.name.object_instance_name, true);
    case WIRE_SERVICE_OBJECT_INSTANCE_NAME_RESERVATION_FAILED:
        return name_answer (at->self, &at->record.name.object_instance_name, false);
    case WIRE_SERVICE_ATTRIBUTE_OWNERSHIP_ACQUISITION_NOTIFICATION: return apply_acquired (at);
    case WIRE_SERVICE_ATTRIBUTE_OWNERSHIP_UNAVAILABLE: return apply_unavailable (at);
    default: *known = false; return MST_OK;
    }
}

/*  Records that are callbacks and change nothing here. */
static federate_delivery_kind_t plain_kind (uint16_t kind)
{
    switch (kind) {
    case WIRE_SERVICE_PROVIDE_ATTRIBUTE_VALUE_UPDATE: return FEDERATE_PROVIDE_UPDATE;
    case WIRE_SERVICE_SYNCHRONIZATION_POINT_REGISTRATION_SUCCEEDED:
    case WIRE_SERVICE_SYNCHRONIZATION_POINT_REGISTRATION_FAILED: return FEDERATE_POINT_REGISTERED;
    case WIRE_SERVICE_ANNOUNCE_SYNCHRONIZATION_POINT: return FEDERATE_POINT_ANNOUNCED;
    case WIRE_SERVICE_FEDERATION_SYNCHRONIZED: return FEDERATE_SYNCHRONIZED;
    case WIRE_SERVICE_BARRIER_PASSED: return FEDERATE_BARRIER_PASSED;
    case WIRE_SERVICE_BARRIER_BROKEN: return FEDERATE_BARRIER_BROKEN;
    case WIRE_SERVICE_REQUEST_ATTRIBUTE_OWNERSHIP_ASSUMPTION: return FEDERATE_ASSUMPTION_REQUESTED;
    case WIRE_SERVICE_REQUEST_ATTRIBUTE_OWNERSHIP_RELEASE: return FEDERATE_RELEASE_REQUESTED;
    case WIRE_SERVICE_INFORM_ATTRIBUTE_OWNERSHIP:
    case WIRE_SERVICE_ATTRIBUTE_IS_NOT_OWNED: return FEDERATE_OWNER_INFORMED;
    case WIRE_SERVICE_REPORT_FEDERATION_EXECUTIONS: return FEDERATE_LISTED;
    default: return FEDERATE_NOTHING;
    }
}

/*  Does the record bear on data, so that bundles sent after it must not overtake it? A migration's
   decision does not: only its two homes are told, and updates carry their owner's epoch. */
static bool bears_on_data (uint16_t kind)
{
    return kind != WIRE_SERVICE_REPLY && kind != WIRE_SERVICE_RECORDS &&
           kind != WIRE_SERVICE_MIGRATE_DECIDED;
}

/*  The RTI introduces all who are there before it answers the join (docs/protocol.md, section
   8). */
static bool precedes_join (uint16_t kind)
{
    return kind == WIRE_SERVICE_REPLY || kind == WIRE_SERVICE_INTRODUCE ||
           kind == WIRE_SERVICE_DEPART || kind == WIRE_SERVICE_RECORDS ||
           kind == WIRE_SERVICE_REPORT_FEDERATION_EXECUTIONS;
}

mst_err_t federate_apply (federate_core_t *self, const federate_control_t *control,
                          const wire_down_t *down, const uint8_t *args, size_t args_size_bytes)
{
    apply_t at = {
        .self = self, .control = control, .args = args, .args_size_bytes = args_size_bytes
    };
    bool known;

    base_assert (self != NULL && control != NULL);
    const wire_service_row_t *row = wire_service_row (control->kind);
    if (!row || row->args.size_bytes > sizeof at.record)
        return base_error (MST_E_NOT_SUPPORTED,
                           "the RTI sent a record of kind 0x%03x, which this federate "
                           "does not know: run the same Muster on both sides",
                           control->kind);
    if (!self->joined && !precedes_join (control->kind))
        return base_error (MST_E_MALFORMED, "the RTI sent %s to a federate that has not joined",
                           row->name);
    size_t size = row->args.size_bytes ? row->args.size_bytes : sizeof (uint64_t);
    mst_err_t err =
        wire_service_decode (control->kind, args, args_size_bytes, &self->arena, &at.record, size);
    if (err)
        return base_error_prefix (err, "from the RTI: ");
    /*  Bundles name this as their `applied`: the less they name, the less their receivers wait. */
    if (bears_on_data (control->kind) && down->global > self->relevant)
        self->relevant = down->global;
    err = apply_known (&at, &known);
    if (err || known)
        return err;
    federate_delivery_kind_t kind = plain_kind (control->kind);
    if (kind == FEDERATE_NOTHING)
        return base_error (MST_E_NOT_SUPPORTED,
                           "the RTI sent %s, which this federate does not support", row->name);
    return queue_record (&at, kind);
}
