/*  What is due to the user, one callback at a time: control and receive-order messages in the order
   in which they became deliverable, then, when a grant is in hand, the time-stamped messages up to
   its time in their one order, then the grant. docs/walk/update.md ends here. */
#include "federate/core/internal.h"

#include <string.h>

/*  A delivery looks into memory of the core; it is valid until the next call, which begins here. */
static void let_go (federate_core_t *self)
{
    if (self->taken_parcel)
        federate_parcel_drop (self, self->taken_parcel);
    self->taken_parcel = NULL;
    if (self->taken_callback.kind == FEDERATE_NOTHING)
        return; /* messages leave nothing else behind */
    federate_callback_free (&self->taken_callback);
    base_arena_reset (&self->taken_arena);
}

/*  Messages
 * ------------------------------------------------------------------------------------------ */

static inline void read_values (federate_core_t *self, wire_reader_t *reader, uint32_t value_count,
                                uint64_t wanted, mst_reception_t *reception)
{
    size_t kept = 0;

    for (uint32_t i = 0; i < value_count; i++) {
        wire_message_value_t value;
        wire_message_value_read (reader, &value);
        if (reader->bad)
            break; /* and the reader is at the end */
        if (!(wanted >> (value.handle - 1) & 1u))
            continue; /* unknown to the class under which the receiver knows it */
        self->values[kept++] = (mst_value_t){ value.handle, value.size_bytes, value.data };
    }
    reception->values = self->values;
    reception->value_count = kept;
}

/*  Has the owner's epoch ended? (docs/protocol.md, section 9) */
static bool stale (federate_core_t *self, federate_object_t *object, const wire_message_t *message,
                   bool in_time_order)
{
    uint32_t *latest = in_time_order ? &object->epoch_delivered : &object->epoch_seen;

    if (!in_time_order && message->order == WIRE_ORDER_TIMESTAMP)
        return false; /* received without the order of time: late, and of its owner's epoch all the
                         same */
    if (message->epoch == 0)
        return false; /* its owner acquired it by the standard's transfer, which has no cut */
    if (message->epoch < *latest) {
        self->counters.stale_dropped++;
        return true;
    }
    *latest = message->epoch;
    return false;
}

static uint32_t latest_epoch (const federate_object_t *object)
{
    return object->epoch_seen > object->epoch_delivered ? object->epoch_seen
                                                        : object->epoch_delivered;
}

static bool make_reflection (federate_core_t *self, const wire_message_t *message,
                             wire_reader_t *reader, bool in_time_order,
                             federate_delivery_t *delivery)
{
    federate_object_t *object = federate_object_recent (self, message->target);
    if (!object ||
        (!in_time_order && object->since > self->taking)) { /* (hidden: of no use, too) */
        self->counters.unknown_dropped++; /* not known, or not yet when the message came */
        return false;
    }
    if (stale (self, object, message, in_time_order))
        return false;
    read_values (self, reader, message->value_count, self->classes[object->class_index].subscribed,
                 &delivery->reception);
    if (delivery->reception.value_count == 0)
        return false;
    base_trace ("federate/core/deliver.c: make_reflection");
    delivery->kind = FEDERATE_REFLECTED;
    delivery->reception.object = (mst_object_t){ object->id };
    delivery->reception.object_class = (mst_class_t){ object->class_index + 1 };
    delivery->reception.epoch = message->epoch != 0 ? message->epoch : latest_epoch (object);
    self->counters.updates_received++;
    return true;
}

/*  The short way, for what most messages are: a reliable update in receive order, without time, tag
   and stamps, in the middle of a bundle. False: not that, or not for the user; nothing was taken.
 */
static inline bool next_plainly (federate_core_t *self, federate_bundle_t *bundle,
                                 federate_delivery_t *delivery)
{
    wire_reader_t reader = bundle->reader;
    mst_reception_t *reception = &delivery->reception;
    uint64_t target;
    uint32_t epoch, value_count;

    if (bundle->left < 2 || !wire_update_take (&reader, &target, &epoch, &value_count))
        return false;
    federate_object_t *object = *federate_recent (self, target);
    if (!object || object->id != target || object->since > bundle->order ||
        (epoch != 0 && epoch < object->epoch_seen))
        return false;
    read_values (self, &reader, value_count, self->classes[object->class_index].subscribed,
                 reception);
    if (reader.bad || reception->value_count == 0)
        return false;
    base_trace ("wire/bundle.c: wire_message_read");
    base_trace ("federate/core/deliver.c: make_reflection");
    if (epoch != 0)
        object->epoch_seen = epoch;
    reception->object.id = target;
    reception->object_class.id = object->class_index + 1;
    reception->interaction.id = 0;
    reception->sender.id = bundle->parcel->peer->id;
    reception->sender_name = bundle->parcel->peer->name;
    reception->tag = reader.at;
    reception->tag_size_bytes = 0;
    reception->time = MST_TIME_NONE;
    reception->order = MST_ORDER_RECEIVE;
    reception->retraction.id = 0;
    reception->sequence = bundle->head.sequence;
    reception->epoch = epoch != 0 ? epoch : latest_epoch (object);
    reception->stamps = NULL;
    reception->stamp_count = 0;
    delivery->kind = FEDERATE_REFLECTED;
    bundle->reader = reader;
    bundle->left--;
    bundle->index++;
    self->counters.updates_received++;
    return true;
}

/*  It comes as the class that the receiver subscribed to; parameters which that class does not
   have are left out. */
static bool make_interaction (federate_core_t *self, const wire_message_t *message,
                              wire_reader_t *reader, federate_delivery_t *delivery)
{
    if (message->target == 0 || message->target > self->model->interactions.count)
        return false;
    uint32_t known_as = self->interactions[message->target - 1].known_as;
    if (known_as == 0)
        return false;
    uint32_t count = self->interactions[known_as - 1].parameter_count;
    uint64_t known = count >= FEDERATE_ATTRIBUTES_MAX ? UINT64_MAX : (UINT64_C (1) << count) - 1;
    read_values (self, reader, message->value_count, known, &delivery->reception);
    delivery->kind = FEDERATE_RECEIVED;
    delivery->reception.interaction = (mst_interaction_class_t){ known_as };
    self->counters.interactions_received++;
    return true;
}

/*  A removal that may be taken back only hides the object. One that was told of is told once. */
static bool make_removal (federate_core_t *self, uint64_t id, mst_time_t time,
                          federate_delivery_t *delivery)
{
    federate_object_t *object = federate_object (self, id);
    if (!object)
        return false;
    bool told = object->hidden;
    delivery->kind = FEDERATE_REMOVED;
    delivery->reception.object = (mst_object_t){ id };
    delivery->reception.object_class = (mst_class_t){ object->class_index + 1 };
    if (self->provisional && !told)
        federate_object_hide (self, object, time);
    else
        federate_object_remove (self, object);
    return !told;
}

/*  Fills the delivery of one message; false: it is not for the user. The reader stands at its
   values; it ends behind them when an update or interaction is delivered, else somewhere in them.
 */
static bool make_message (federate_core_t *self, federate_peer_t *peer,
                          const wire_message_t *message, wire_reader_t *reader, bool in_time_order,
                          federate_delivery_t *delivery)
{
    delivery->reception = (mst_reception_t){
        .sender = { peer->id },
        .sender_name = peer->name,
        .tag = message->tag,
        .tag_size_bytes = message->tag_size_bytes,
        .time = message->has_time ? message->time : MST_TIME_NONE,
        .order = in_time_order ? MST_ORDER_TIMESTAMP : MST_ORDER_RECEIVE,
    };
    if (message->stamps)
        federate_stamps_read (self, message, &delivery->reception);
    switch (message->type) {
    case WIRE_MESSAGE_UPDATE:
        return make_reflection (self, message, reader, in_time_order, delivery);
    case WIRE_MESSAGE_INTERACTION: return make_interaction (self, message, reader, delivery);
    case WIRE_MESSAGE_DELETE: return make_removal (self, message->target, message->time, delivery);
    case WIRE_MESSAGE_MIGRATION:
        return federate_migration_deliver (self, peer, message, reader, delivery);
    default: return false; /* a retraction has had its effect when its bundle came */
    }
}

static void skip_values (wire_reader_t *reader, uint32_t count)
{
    wire_message_value_t value;
    for (uint32_t i = 0; i < count && !reader->bad; i++)
        wire_message_value_read (reader, &value);
}

/*  A time-stamped message, received in receive order, which may be taken back. */
static bool next_retractable (federate_core_t *self, federate_bundle_t *bundle,
                              const wire_message_t *message, federate_delivery_t *delivery)
{
    federate_peer_t *peer = bundle->parcel->peer;
    uint64_t key = FEDERATE_HANDED_KEY (bundle->head.sequence, bundle->index - 1);

    if (!federate_recall_take (self, peer, key))
        return false;
    self->provisional = true;
    bool found = make_message (self, peer, message, &bundle->reader, false, delivery);
    self->provisional = false;
    uint64_t removed = message->type == WIRE_MESSAGE_DELETE ? message->target : 0;
    federate_recall_taken (self, peer, key, found, removed);
    delivery->reception.retraction.id = FEDERATE_HANDED_ID (key);
    return found;
}

/*  One message of the bundle at the head of the receive-order data; the bundle goes when it is
 * empty. */
static bool next_in_bundle (federate_core_t *self, federate_delivery_t *delivery)
{
    federate_bundle_t *bundle = &FEDERATE_FIFO_HEAD (&self->data);
    bool found = false;

    self->taking = bundle->order;

    while (bundle->left > 0 && !found) {
        wire_message_t message;
        bundle->left--;
        bundle->index++;
        if (wire_message_read (&bundle->reader, &message)) {
            bundle->left = 0; /* garbage ends the bundle; its sender is ours, so count it as lost */
            self->counters.never_came++;
            break;
        }
        const uint8_t *values = bundle->reader.at;
        const federate_peer_t *peer = bundle->parcel->peer;
        bool timed = message.order == WIRE_ORDER_TIMESTAMP;
        bool cut = timed && peer->lost && bundle->head.sequence > peer->cut_sequence;
        self->counters.cut_dropped += cut && !bundle->skip_timestamped;
        if (!cut && !(timed && bundle->skip_timestamped))
            found = message.retractable ? next_retractable (self, bundle, &message, delivery)
                                        : make_message (self, bundle->parcel->peer, &message,
                                                        &bundle->reader, false, delivery);
        if (!found || message.type > WIRE_MESSAGE_INTERACTION) {
            bundle->reader.at = values;
            skip_values (&bundle->reader, message.value_count);
        }
        delivery->reception.sequence = bundle->head.sequence;
    }
    if (bundle->left == 0) {
        self->taken_parcel = bundle->parcel; /* the delivery still looks at it */
        FEDERATE_FIFO_POP (&self->data);
    }
    return found;
}

/*  Is a message that is given with this grant final? At the very time of a grant that is not strict
   it is not, nor is what a flush gives of the future. */
static inline bool is_final (const federate_core_t *self, int64_t time)
{
    return time < self->grant.time ||
           (time == self->grant.time &&
            timemgmt_kind_strict ((timemgmt_kind_t) (self->grant.kind - 1)));
}

static inline bool take_timed (federate_core_t *self, const timemgmt_message_t *entry,
                               const federate_timed_t *timed, federate_delivery_t *delivery)
{
    wire_reader_t reader;
    wire_message_t message;
    federate_peer_t *peer = timed->parcel->peer;

    wire_reader_init (&reader, timed->at,
                      (size_t) (timed->parcel->data + timed->parcel->size_bytes - timed->at));
    mst_err_t err = wire_message_read (&reader, &message);
    base_assert (err == MST_OK); /* it was read when it was queued */
    bool final = is_final (self, entry->time);
    if (!final)
        self->provisional = true;
    bool found = make_message (self, peer, &message, &reader, true, delivery);
    delivery->reception.sequence = entry->sequence;
    delivery->reception.retraction.id =
        FEDERATE_HANDED_ID (FEDERATE_HANDED_KEY (entry->sequence, entry->index));
    if (!final) {
        self->provisional = false;
        if (found)
            err = federate_recall_given (self, peer, entry, timed, &message);
    }
    mst_err_t failed = federate_object_unqueued (self, timed->object);
    if (err || failed)
        (void) federate_input_lost (self, err ? err : failed); /* behind this message */
    return found;
}

static bool next_timed (federate_core_t *self, federate_delivery_t *delivery)
{
    timemgmt_message_t entry;
    int64_t until = self->grant.kind == WIRE_ADVANCE_FQR ? TIMEMGMT_KEY_MAX : self->grant.time;

    while (timemgmt_tso_queue_pop_until (self->queue, until, &entry)) {
        base_trace ("federate/core/deliver.c: next_timed");
        if (self->hidden > 0 && federate_recall_behind (self, &entry))
            continue;
        federate_timed_t timed = self->timed.items[entry.payload];
        federate_timed_free (self, entry.payload);
        if (take_timed (self, &entry, &timed, delivery)) {
            self->taken_parcel = timed.parcel;
            if (entry.time < self->least_given)
                self->least_given = entry.time;
            return true;
        }
        federate_parcel_drop (self, timed.parcel);
    }
    return false;
}

/*  Callbacks of control records
 * ------------------------------------------------------------------------ */

static uint64_t mask_of (const wire_handles_t *handles)
{
    uint64_t mask = 0;
    for (uint64_t i = 0; i < handles->count; i++)
        if (handles->items[i] >= 1 && handles->items[i] <= FEDERATE_ATTRIBUTES_MAX)
            mask |= UINT64_C (1) << (handles->items[i] - 1);
    return mask;
}

/*  Texts on the wire end without a zero. */
static const char *text_of (federate_core_t *self, wire_text_t text)
{
    const char *copy = base_arena_copy (&self->taken_arena, text.data, text.size_bytes);
    self->take_failed = self->take_failed || !copy;
    return copy ? copy : "";
}

typedef union callback_args {
    wire_discover_object_instance_t discover;
    wire_remove_object_instance_t remove;
    wire_provide_attribute_value_update_t provide;
    wire_synchronization_point_registration_succeeded_t registered;
    wire_synchronization_point_registration_failed_t not_registered;
    wire_announce_synchronization_point_t announce;
    wire_federation_synchronized_t synchronized;
    wire_barrier_passed_t passed;
    wire_barrier_broken_t broken;
    wire_request_attribute_ownership_assumption_t assume;
    wire_attribute_ownership_acquisition_notification_t acquired;
    wire_request_attribute_ownership_release_t release;
    wire_attribute_ownership_unavailable_t unavailable;
    wire_inform_attribute_ownership_t inform;
    wire_attribute_is_not_owned_t not_owned;
    wire_object_instance_name_reservation_succeeded_t reserved;
    wire_report_federation_executions_t listed;
} callback_args_t;

static size_t args_size (uint16_t service)
{
    const wire_service_row_t *row = wire_service_row (service);
    base_assert (row != NULL);
    return row->args.size_bytes ? row->args.size_bytes : sizeof (uint64_t);
}

static void fill_discovery (federate_core_t *self, const wire_discover_object_instance_t *args,
                            federate_delivery_t *delivery)
{
    const char *producer = federate_core_peer_name (self, (uint32_t) args->producing_federate);
    delivery->discovery = (mst_discovery_t){
        .object = { args->object_instance },
        .object_class = { (uint32_t) args->object_class },
        .name = text_of (self, args->object_instance_name),
        .producer = { (uint32_t) args->producing_federate },
        .producer_name = producer ? producer : "",
    };
}

static void fill_ownership (federate_delivery_t *delivery, uint64_t object,
                            const wire_handles_t *attributes, const wire_bytes_t *tag)
{
    delivery->ownership.object = (mst_object_t){ object };
    delivery->ownership.attributes = mask_of (attributes);
    delivery->ownership.tag = tag ? tag->data : NULL;
    delivery->ownership.tag_size_bytes = tag ? tag->size_bytes : 0;
}

static void fill_synchronized (federate_core_t *self, const wire_federation_synchronized_t *args,
                               federate_delivery_t *delivery)
{
    uint64_t count = args->failed_to_sync_set.count;
    mst_federate_id_t *failed = base_arena_alloc (&self->taken_arena, count, sizeof *failed);
    self->take_failed = self->take_failed || !failed;
    delivery->text = text_of (self, args->synchronization_point_label);
    for (uint64_t i = 0; failed && i < count; i++)
        failed[i] = (mst_federate_id_t){ (uint32_t) args->failed_to_sync_set.items[i] };
    delivery->federates = failed;
    delivery->federate_count = failed ? count : 0;
}

static void fill_broken (federate_core_t *self, const wire_barrier_broken_t *args,
                         federate_delivery_t *delivery)
{
    size_t size = 1;
    for (uint64_t i = 0; i < args->missing.count; i++)
        size += args->missing.items[i].size_bytes + 2;
    char *text = base_arena_alloc (&self->taken_arena, size, 1), *at = text;
    self->take_failed = self->take_failed || !text;
    for (uint64_t i = 0; text && i < args->missing.count; i++) {
        if (i > 0)
            at = (char *) memcpy (at, ", ", 2) + 2;
        memcpy (at, args->missing.items[i].data, args->missing.items[i].size_bytes);
        at += args->missing.items[i].size_bytes;
    }
    delivery->text = text_of (self, args->name);
    delivery->reason = text ? text : "";
    delivery->number = args->generation;
}

static const char *sync_failure_text (uint64_t reason)
{
    return reason == WIRE_SYNC_FAILURE_LABEL_NOT_UNIQUE ? "the label is in use"
                                                        : "a member of the set is not joined";
}

static void fill (federate_core_t *self, const federate_callback_t *callback,
                  const callback_args_t *args, federate_delivery_t *delivery)
{
    switch (callback->service) {
    case WIRE_SERVICE_DISCOVER_OBJECT_INSTANCE:
        fill_discovery (self, &args->discover, delivery);
        break;
    case WIRE_SERVICE_PROVIDE_ATTRIBUTE_VALUE_UPDATE:
        delivery->object = (mst_object_t){ args->provide.object_instance };
        delivery->attributes = mask_of (&args->provide.attributes);
        break;
    case WIRE_SERVICE_SYNCHRONIZATION_POINT_REGISTRATION_SUCCEEDED:
        delivery->text = text_of (self, args->registered.synchronization_point_label);
        delivery->succeeded = true;
        delivery->reason = "";
        break;
    case WIRE_SERVICE_SYNCHRONIZATION_POINT_REGISTRATION_FAILED:
        delivery->text = text_of (self, args->not_registered.synchronization_point_label);
        delivery->succeeded = false;
        delivery->reason = sync_failure_text (args->not_registered.reason);
        break;
    case WIRE_SERVICE_ANNOUNCE_SYNCHRONIZATION_POINT:
        delivery->text = text_of (self, args->announce.synchronization_point_label);
        delivery->tag = args->announce.user_supplied_tag.data;
        delivery->tag_size_bytes = args->announce.user_supplied_tag.size_bytes;
        break;
    case WIRE_SERVICE_REPORT_FEDERATION_EXECUTIONS:
        delivery->tag = callback->args;
        delivery->tag_size_bytes = callback->args_size_bytes;
        break;
    case WIRE_SERVICE_FEDERATION_SYNCHRONIZED:
        fill_synchronized (self, &args->synchronized, delivery);
        break;
    case WIRE_SERVICE_BARRIER_PASSED:
        delivery->text = text_of (self, args->passed.name);
        delivery->number = args->passed.generation;
        break;
    case WIRE_SERVICE_BARRIER_BROKEN: fill_broken (self, &args->broken, delivery); break;
    case WIRE_SERVICE_REQUEST_ATTRIBUTE_OWNERSHIP_ASSUMPTION:
        fill_ownership (delivery, args->assume.object_instance, &args->assume.offered_attributes,
                        &args->assume.user_supplied_tag);
        break;
    case WIRE_SERVICE_ATTRIBUTE_OWNERSHIP_ACQUISITION_NOTIFICATION:
        fill_ownership (delivery, args->acquired.object_instance,
                        &args->acquired.secured_attributes, &args->acquired.user_supplied_tag);
        break;
    case WIRE_SERVICE_REQUEST_ATTRIBUTE_OWNERSHIP_RELEASE:
        fill_ownership (delivery, args->release.object_instance,
                        &args->release.candidate_attributes, &args->release.user_supplied_tag);
        break;
    case WIRE_SERVICE_ATTRIBUTE_OWNERSHIP_UNAVAILABLE:
        fill_ownership (delivery, args->unavailable.object_instance, &args->unavailable.attributes,
                        &args->unavailable.user_supplied_tag);
        break;
    case WIRE_SERVICE_INFORM_ATTRIBUTE_OWNERSHIP:
        fill_ownership (delivery, args->inform.object_instance, &args->inform.attributes, NULL);
        delivery->ownership.other = (mst_federate_id_t){ (uint32_t) args->inform.federate };
        break;
    case WIRE_SERVICE_ATTRIBUTE_IS_NOT_OWNED:
        fill_ownership (delivery, args->not_owned.object_instance, &args->not_owned.attributes,
                        NULL);
        break;
    default: break;
    }
}

/*  A removal without time: the RTI's record. */
static bool fill_removal (federate_core_t *self, const wire_remove_object_instance_t *args,
                          federate_delivery_t *delivery)
{
    const char *name = federate_core_peer_name (self, (uint32_t) args->producing_federate);
    if (!make_removal (self, args->object_instance, MST_TIME_NONE, delivery))
        return false;
    delivery->reception.tag = args->user_supplied_tag.data;
    delivery->reception.tag_size_bytes = args->user_supplied_tag.size_bytes;
    delivery->reception.sender = (mst_federate_id_t){ (uint32_t) args->producing_federate };
    delivery->reception.sender_name = name ? name : "";
    delivery->reception.time = MST_TIME_NONE;
    return true;
}

static void fill_retracted (federate_core_t *self, const federate_callback_t *callback,
                            federate_delivery_t *delivery)
{
    federate_object_t *object = callback->shows ? federate_object (self, callback->shows) : NULL;

    if (object && object->hidden)
        federate_object_show (self, object);
    delivery->retracted = (mst_retracted_t){ .message = { callback->number },
                                             .sender = delivery->federate,
                                             .sender_name = delivery->text,
                                             .time = callback->time };
}

/*  Short of memory nothing is taken. */
static mst_err_t take_callback (federate_core_t *self, federate_callback_t callback,
                                federate_delivery_t *delivery, bool *found)
{
    callback_args_t args;

    *delivery = (federate_delivery_t){ 0 };
    *found = true;
    delivery->kind = callback.kind;
    delivery->time = callback.time;
    delivery->number = callback.number;
    delivery->err = callback.err;
    delivery->text = callback.text ? callback.text : "";
    delivery->reason = delivery->text;
    delivery->federate = (mst_federate_id_t){ callback.federate };
    delivery->succeeded = callback.err == MST_OK;
    if (callback.federate != 0) {
        const char *name = federate_core_peer_name (self, callback.federate);
        delivery->text = name ? name : "";
    }
    if (callback.kind == FEDERATE_NOTED) {
        delivery->tag = callback.args;
        delivery->tag_size_bytes = callback.args_size_bytes;
    }
    if (callback.kind == FEDERATE_MIGRATED_OUT || callback.kind == FEDERATE_MIGRATION_ABORTED) {
        memcpy (&delivery->migration, callback.args, sizeof delivery->migration);
        delivery->migration.reason = delivery->reason;
    }
    if (callback.kind == FEDERATE_RETRACTED)
        fill_retracted (self, &callback, delivery);
    if (callback.service == 0)
        return MST_OK;
    mst_err_t err = wire_service_decode (callback.service, callback.args, callback.args_size_bytes,
                                         &self->taken_arena, &args, args_size (callback.service));
    base_assert (err == MST_OK || err == MST_E_NO_MEMORY); /* it was decoded when it came */
    if (err)
        return err;
    if (callback.kind == FEDERATE_REMOVED) {
        *found = fill_removal (self, &args.remove, delivery);
        return MST_OK;
    }
    self->take_failed = false;
    fill (self, &callback, &args, delivery);
    return self->take_failed ? base_alloc_error () : MST_OK;
}

/*  The order
 * -----------------------------------------------------------------------------------------------
 */

static bool receive_order_due (const federate_core_t *self)
{
    return !self->constrained || self->advancing || self->asynchronous;
}

/*  Regulation can begin ahead of the federate's time, so for a constrained one it is an advance. */
static bool regulation_begins (federate_core_t *self, federate_delivery_t *delivery)
{
    self->granting = false;
    self->regulation_pending = false;
    self->regulating = true;
    if (self->grant.time > self->now)
        self->now = self->grant.time;
    /*  With kind 6 `galt` is the smallest stamp that may be sent from now on (docs/protocol.md,
       section 7): it can be above time + lookahead. */
    timemgmt_floor_init (&self->floor, self->time_type, self->grant.galt, self->floor.lookahead);
    delivery->kind = FEDERATE_REGULATION_ENABLED;
    delivery->time = self->grant.time;
    return true;
}

/*  The request was answered by the time of a message that has been retracted since: so that the
   answer does not depend on who was faster, it is asked again, and the user hears nothing of it. */
static bool asks_again (federate_core_t *self)
{
    bool by_message = self->grant.kind == WIRE_ADVANCE_NMR || self->grant.kind == WIRE_ADVANCE_NMRA;

    if (!by_message || !self->thinned || self->least_given != TIMEMGMT_KEY_MAX ||
        !self->constrained || self->grant.time >= self->requested)
        return false;
    self->granting = false;
    self->thinned = false;
    mst_err_t err = federate_control_send_time (self, self->advance_kind, self->request_number + 1,
                                                self->requested);
    self->request_number++;
    if (err)
        (void) federate_input_lost (self, err);
    return true;
}

/*  What is final now: handles are of no use any more, deleted objects are gone. */
static void settle_grant (federate_core_t *self)
{
    bool strict = timemgmt_kind_strict ((timemgmt_kind_t) (self->grant.kind - 1));
    mst_err_t err = MST_OK;

    if (self->constrained)
        federate_recall_settle (self, strict ? timemgmt_time_above (self->now) : self->now);
    if (self->doomed > 0 && self->regulating)
        err = federate_retractable_settle (self, self->floor.bound);
    if (err)
        (void) federate_input_lost (self, err);
}

static bool finish_grant (federate_core_t *self, federate_delivery_t *delivery)
{
    *delivery = (federate_delivery_t){ 0 };
    if (self->grant.kind == WIRE_ADVANCE_REGULATION)
        return regulation_begins (self, delivery);
    if (asks_again (self))
        return false;
    bool flush = self->grant.kind == WIRE_ADVANCE_FQR;
    self->granting = false;
    self->advancing = false;
    self->now = self->grant.time;
    if (self->regulating)
        timemgmt_floor_raise (&self->floor, (timemgmt_kind_t) (self->grant.kind - 1),
                              self->grant.time);
    settle_grant (self);
    self->counters.grants++;
    delivery->kind = flush ? FEDERATE_FLUSHED : FEDERATE_GRANTED;
    delivery->time = self->grant.time;
    delivery->optimistic =
        timemgmt_time_max (self->now, timemgmt_time_min (self->requested, self->least_given));
    return true;
}

/*  The queue whose head came first: 0 none, 1 callbacks, 2 removals, 3 data. */
static int earliest (const federate_core_t *self)
{
    uint64_t best = UINT64_MAX;
    int which = 0;

    if (FEDERATE_FIFO_COUNT (&self->callbacks) > 0) {
        best = FEDERATE_FIFO_HEAD (&self->callbacks).order;
        which = 1;
    }
    /*  A constrained federate that is not advancing gets control callbacks alone (docs/time.md,
       "Delivery"). */
    if (!receive_order_due (self))
        return which;
    if (FEDERATE_FIFO_COUNT (&self->removals) > 0 &&
        FEDERATE_FIFO_HEAD (&self->removals).order < best) {
        best = FEDERATE_FIFO_HEAD (&self->removals).order;
        which = 2;
    }
    if (FEDERATE_FIFO_COUNT (&self->data) > 0 && FEDERATE_FIFO_HEAD (&self->data).order < best)
        which = 3;
    return which;
}

static __attribute__ ((noinline)) mst_err_t next_in_turn (federate_core_t *self,
                                                          federate_delivery_t *delivery)
{
    for (;;) {
        bool found = false;
        mst_err_t err = MST_OK;
        let_go (self);
        delivery->kind = FEDERATE_NOTHING;
        switch (earliest (self)) {
        case 1:
            err = take_callback (self, FEDERATE_FIFO_HEAD (&self->callbacks), delivery, &found);
            if (err)
                break;
            self->taken_callback =
                FEDERATE_FIFO_HEAD (&self->callbacks); /* freed at the next call */
            FEDERATE_FIFO_POP (&self->callbacks);
            break;
        case 2:
            err = take_callback (self, FEDERATE_FIFO_HEAD (&self->removals), delivery, &found);
            if (err)
                break;
            self->taken_callback = FEDERATE_FIFO_HEAD (&self->removals);
            FEDERATE_FIFO_POP (&self->removals);
            break;
        case 3: found = next_in_bundle (self, delivery); break;
        default:
            /*  The line is empty: now the time-stamped messages up to the grant, and last the
               grant. */
            if (!self->granting)
                return MST_OK;
            found = next_timed (self, delivery) || finish_grant (self, delivery);
            if (!found && !self->granting)
                return MST_OK;     /* it was asked again */
            if (!self->granting) { /* what is held waits for no grant any more: it asks */
                mst_err_t failed = federate_inbound_release_all (self);
                if (failed)
                    (void) federate_input_lost (self, failed); /* behind the grant */
            }
            break;
        }
        if (found && !err)
            return MST_OK;
        delivery->kind = FEDERATE_NOTHING;
        if (err) {
            base_arena_reset (&self->taken_arena);
            return err;
        }
    }
}

mst_err_t federate_core_next (federate_core_t *self, federate_delivery_t *delivery)
{
    base_assert (self != NULL);
    base_assert (delivery != NULL);
    /*  The short way only where nothing could come before the data, and nothing is to be let go. */
    if (FEDERATE_FIFO_COUNT (&self->data) > 0 && FEDERATE_FIFO_COUNT (&self->callbacks) == 0 &&
        FEDERATE_FIFO_COUNT (&self->removals) == 0 && receive_order_due (self) &&
        !self->taken_parcel && self->taken_callback.kind == FEDERATE_NOTHING &&
        next_plainly (self, &FEDERATE_FIFO_HEAD (&self->data), delivery))
        return MST_OK;
    return next_in_turn (self, delivery);
}
