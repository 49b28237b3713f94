/*  Object instances: registered without a round trip, discovered by who subscribes (at once or
   later) as the closest class subscribed to, removed from all who know them. */
#include "rti/core/state.h"
#include "base/decimal.h"

#include <inttypes.h>
#include <string.h>

#define RTI_COUNTER_MASK ((UINT64_C (1) << RTI_OBJECT_COUNTER_BITS) - 1)

/*  The table --------------------------------------------------------------------------------- */

rti_object_t *rti_object_find (const rti_federation_t *self, uint64_t handle)
{
    base_assert (self->core != NULL);
    base_assert (self != NULL);
    return base_map_pointer (&self->objects, handle);
}

/*  Class by class, and within one in the order of registration: so the walk is the same in every
   run. */
rti_object_t *rti_object_first (const rti_federation_t *self)
{
    base_assert (self->core != NULL);
    for (uint32_t i = 0; self->extents && i < self->model->objects.count; i++)
        if (self->extents[i].first)
            return self->extents[i].first;
    return NULL;
}

rti_object_t *rti_object_next (const rti_federation_t *self, const rti_object_t *object)
{
    base_assert (self->core != NULL);
    base_assert (object != NULL);
    if (object->next)
        return object->next;
    for (uint32_t i = object->class_index + 1; i < self->model->objects.count; i++)
        if (self->extents[i].first)
            return self->extents[i].first;
    return NULL;
}

/*  Index of the first knower that is not below the federate. */
static size_t rti_knower_at (const rti_object_t *self, uint32_t federate)
{
    size_t low = 0, high = self->knowers.count;
    base_assert (self->handle != 0);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->knowers.items[middle].federate < federate)
            low = middle + 1;
        else
            high = middle;
    }
    base_assert (low <= self->knowers.count);
    return low;
}

const rti_knower_t *rti_object_knower (const rti_object_t *self, uint32_t federate)
{
    base_assert (self->handle != 0);
    base_assert (federate != 0);
    size_t at = rti_knower_at (self, federate);
    if (at == self->knowers.count || self->knowers.items[at].federate != federate)
        return NULL;
    return &self->knowers.items[at];
}

/*  Room first. */
static void rti_knower_add (rti_object_t *self, uint32_t federate, uint32_t class_index)
{
    base_assert (self->handle != 0);
    size_t at = rti_knower_at (self, federate);
    base_assert (self->knowers.count < self->knowers.capacity);
    memmove (&self->knowers.items[at + 1], &self->knowers.items[at],
             (self->knowers.count - at) * sizeof self->knowers.items[0]);
    self->knowers.items[at] = (rti_knower_t){ federate, class_index, false };
    self->knowers.count++;
}

/*  An object that it knew counts no longer among its reasons to hear of subscribers. */
static void rti_knower_unbear (const rti_federation_t *federation, const rti_object_t *self,
                               rti_knower_t *knower)
{
    rti_federate_t *federate = rti_federate_find (federation, knower->federate);

    base_assert (federate != NULL || !knower->bears);
    bool bears = knower->bears;
    knower->bears = false;
    if (bears && federation->core->effects) /* else all ends, and nobody is told */
        rti_bearing_add (federate, RTI_OBJECTS_KIND, self->class_index, false);
}

/*  Kept as long as it knows the object, not as long as it owns some of it: after a migration the
   old home may still update it up to the cut. */
void rti_object_bear (rti_federation_t *federation, rti_object_t *self, uint32_t federate)
{
    size_t at = rti_knower_at (self, federate);

    base_assert (at < self->knowers.count && self->knowers.items[at].federate == federate);
    rti_knower_t *knower = &self->knowers.items[at];
    if (knower->class_index == self->class_index || knower->bears)
        return;
    rti_federate_t *owner = rti_federate_find (federation, federate);
    wire_registered_as_t args = { .object = self->handle, .class = self->class_index + 1 };
    knower->bears = true;
    rti_tell (owner, WIRE_SERVICE_REGISTERED_AS, &args);
    rti_bearing_add (owner, RTI_OBJECTS_KIND, self->class_index, true);
}

void rti_object_forget (rti_federation_t *federation, rti_object_t *self, uint32_t federate)
{
    base_assert (self->handle != 0);
    base_assert (federate != 0);
    size_t at = rti_knower_at (self, federate);
    if (at == self->knowers.count || self->knowers.items[at].federate != federate)
        return;
    rti_knower_unbear (federation, self, &self->knowers.items[at]);
    self->knowers.count--;
    memmove (&self->knowers.items[at], &self->knowers.items[at + 1],
             (self->knowers.count - at) * sizeof self->knowers.items[0]);
}

mst_err_t rti_object_known (const rti_call_t *call, wire_handle_t handle, rti_object_t **object,
                            uint32_t *class_index)
{
    const rti_knower_t *knower = NULL;

    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    *object = rti_object_find (call->federation, handle);
    if (*object)
        knower = rti_object_knower (*object, call->federate->handle);
    if (!knower)
        return base_error (MST_E_OBJECT_UNKNOWN,
                           "federate \"%s\" knows no object 0x%" PRIx64
                           ": it was never discovered, or is gone",
                           call->federate->name, handle);
    *class_index = knower->class_index;
    return MST_OK;
}

static void rti_extent_add (rti_extent_t *extent, rti_object_t *object)
{
    base_assert (extent != NULL);
    base_assert (object->next == NULL && object->previous == NULL);
    object->previous = extent->last;
    if (extent->last)
        extent->last->next = object;
    else
        extent->first = object;
    extent->last = object;
}

static void rti_extent_remove (rti_extent_t *extent, rti_object_t *object)
{
    base_assert (extent != NULL);
    base_assert (extent->first != NULL && extent->last != NULL);
    if (object->previous)
        object->previous->next = object->next;
    else
        extent->first = object->next;
    if (object->next)
        object->next->previous = object->previous;
    else
        extent->last = object->previous;
}

static void rti_object_drop (rti_object_t *object)
{
    base_assert (object->handle != 0);
    BASE_LIST_FINI (&object->shares);
    BASE_LIST_FINI (&object->knowers);
    base_free (object);
}

void rti_object_free (rti_federation_t *self, rti_object_t *object)
{
    base_assert (self->core != NULL);
    base_assert (object->migration == NULL);
    while (object->acquisitions)
        rti_acquisition_drop (self, object, object->acquisitions->federate, UINT64_MAX);
    BASE_LIST_EACH (&object->knowers, i)
        rti_knower_unbear (self, object, &object->knowers.items[i]);
    /*  Given up without a word: who knew the object hears of its removal instead. */
    rti_own (self, object, 0, UINT64_MAX);
    rti_extent_remove (&self->extents[object->class_index], object);
    (void) base_map_remove (&self->objects, object->handle);
    (void) base_names_remove (&self->object_names, object->name, strlen (object->name));
    rti_object_drop (object);
}

/*  Discovery --------------------------------------------------------------------------------- */

/*  One encoding serves all who discover an object as the same class. */
typedef struct rti_discovering {
    const rti_object_t *object;
    uint32_t class_index; /* of what stands encoded; FOM_NONE: nothing */
} rti_discovering_t;

static void rti_discover_tell (rti_discovering_t *self, rti_federate_t *to, uint32_t class_index)
{
    base_assert (self != NULL);
    wire_discover_object_instance_t discover = { .object_instance = self->object->handle,
                                                 .object_class = class_index + 1,
                                                 .object_instance_name =
                                                     rti_text (self->object->name),
                                                 .producing_federate = self->object->registrar };
    base_assert (class_index != FOM_NONE);
    if (self->class_index != class_index)
        rti_cast_begin (to->federation->core, WIRE_SERVICE_DISCOVER_OBJECT_INSTANCE, &discover);
    self->class_index = class_index;
    rti_cast_to (to, RTI_NO_NEED);
}

/*  Objects of the class and its subclasses that the federate does not know. */
static rti_object_t *rti_unknown_object (const rti_federate_t *self, uint32_t class_index,
                                         const rti_object_t *behind)
{
    const rti_federation_t *federation = self->federation;
    uint32_t end = fom_class (&federation->model->objects, class_index)->end;
    rti_object_t *object = behind ? behind->next : NULL;
    uint32_t i = behind ? behind->class_index + 1 : class_index;

    base_assert (self->federation != NULL);
    for (;;) {
        for (; object; object = object->next)
            if (!rti_object_knower (object, self->handle))
                return object;
        if (i >= end)
            return NULL;
        object = federation->extents[i++].first;
    }
}

/*  All room before the first discovery: a subscription takes effect as a whole or not at all. */
mst_err_t rti_discover_room (rti_federate_t *self, uint32_t class_index)
{
    base_assert (self->federation != NULL);
    for (rti_object_t *object = rti_unknown_object (self, class_index, NULL); object;
         object = rti_unknown_object (self, class_index, object))
        if (BASE_LIST_ROOM (&object->knowers))
            return MST_E_NO_MEMORY;
    return MST_OK;
}

void rti_discover (rti_federate_t *self, uint32_t class_index)
{
    base_assert (self->federation != NULL);
    for (rti_object_t *object = rti_unknown_object (self, class_index, NULL); object;
         object = rti_unknown_object (self, class_index, object)) {
        rti_discovering_t discovering = { object, FOM_NONE };
        uint32_t seen = rti_class_seen (self, object->class_index);
        base_assert (seen != FOM_NONE);
        rti_knower_add (object, self->handle, seen);
        rti_discover_tell (&discovering, self, seen);
    }
}

/*  Registering ------------------------------------------------------------------------------- */

static mst_err_t rti_register_check (const rti_call_t *call, const wire_register_t *args,
                                     uint32_t *class_index)
{
    const rti_federate_t *self = call->federate;

    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    /*  The registrar gives handles without a round trip (docs/protocol.md, section 4); they are
       good as long as its counter only rises. */
    if (args->object >> RTI_OBJECT_COUNTER_BITS != self->handle ||
        (args->object & RTI_COUNTER_MASK) <= self->counter)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "0x%" PRIx64 " is no new object handle of federate \"%s\" (%u): its "
                           "counter stands at %" PRIu64,
                           args->object, self->name, self->handle, self->counter);
    mst_err_t err = rti_class_check (call->federation, RTI_OBJECTS_KIND, args->class, class_index);
    if (err)
        return err;
    if (self->declared[RTI_OBJECTS_KIND][*class_index].published == 0)
        return base_error (MST_E_CLASS_NOT_PUBLISHED,
                           "federate \"%s\" does not publish \"%s\": publish it before registering",
                           self->name,
                           fom_class (&call->federation->model->objects, *class_index)->full_name);
    if (call->federation->objects.count >= call->core->options.objects_max)
        return base_error (MST_E_LIMIT, "limits.objects (%" PRIu64 ") of \"%s\" is reached",
                           call->core->options.objects_max, call->federation->name);
    return MST_OK;
}

/*  Without a name it is called by its registrar and its counter; the library makes the same name.
 */
static mst_err_t rti_register_new (const rti_call_t *call, const wire_register_t *args,
                                   rti_object_t **object)
{
    char derived[RTI_NAME_BYTES + 1 + BASE_DECIMAL_MAX];
    bool derive = args->name.size_bytes == 0;
    wire_text_t text = args->name;

    base_assert (call->federate != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    if (derive) {
        size_t length = strlen (call->federate->name);
        base_assert (length < RTI_NAME_BYTES);
        memcpy (derived, call->federate->name, length);
        derived[length++] = '.';
        length += base_decimal (derived + length, args->object & RTI_COUNTER_MASK);
        text = (wire_text_t){ derived, length };
    }
    mst_err_t err = rti_name_usable (call->federate, text, derive);
    if (err)
        return err;
    *object = base_calloc (1, sizeof **object + (size_t) text.size_bytes + 1);
    if (!*object)
        return base_alloc_error ();
    memcpy ((*object)->name, text.data, (size_t) text.size_bytes);
    return MST_OK;
}

static mst_err_t rti_register_rooms (const rti_federation_t *federation, rti_object_t *object)
{
    base_assert (federation->core != NULL);
    for (size_t i = 0; i < federation->members.count; i++) {
        const rti_federate_t *member = federation->members.items[i];
        /*  Only those who will know it: its registrar, and who sees the class. */
        if (member->handle != object->registrar &&
            rti_class_seen (member, object->class_index) == FOM_NONE)
            continue;
        rti_knower_t none = { 0 };
        if (BASE_LIST_PUSH (&object->knowers, none))
            return MST_E_NO_MEMORY;
    }
    base_assert (object->knowers.count > 0);
    object->knowers.count = 0;
    /*  One share: the registrar's. */
    return rti_shares_room (object, 1);
}

static mst_err_t rti_register_enter (rti_federation_t *federation, rti_object_t *object)
{
    base_assert (federation->core != NULL);
    base_assert (object->handle != 0);
    mst_err_t err = rti_register_rooms (federation, object);
    if (!err)
        err = base_map_set_pointer (&federation->objects, object->handle, object);
    if (err)
        return err;
    err = rti_name_use (federation, object->name, object);
    if (err)
        (void) base_map_remove (&federation->objects, object->handle);
    return err;
}

static void rti_register_tell (rti_federation_t *federation, rti_object_t *object)
{
    rti_discovering_t discovering = { object, FOM_NONE };

    base_assert (federation->core != NULL);
    base_assert (object->handle != 0);
    BASE_LIST_EACH (&federation->members, i) {
        rti_federate_t *member = federation->members.items[i];
        if (member->handle == object->registrar)
            continue;
        uint32_t seen = rti_class_seen (member, object->class_index);
        if (seen == FOM_NONE)
            continue;
        rti_knower_add (object, member->handle, seen);
        rti_discover_tell (&discovering, member, seen);
    }
}

mst_err_t rti_register (rti_call_t *call)
{
    const wire_register_t *args = call->args;
    rti_federate_t *self = call->federate;
    uint32_t class_index = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_register_check (call, args, &class_index);
    if (err)
        return err;
    rti_object_t *object;
    err = rti_register_new (call, args, &object);
    if (err)
        return err;
    object->handle = args->object;
    object->class_index = class_index;
    object->registrar = self->handle;
    object->epoch = 1;
    err = rti_register_enter (call->federation, object);
    if (err) {
        rti_object_drop (object);
        return err;
    }
    self->counter = args->object & RTI_COUNTER_MASK;
    rti_extent_add (&call->federation->extents[class_index], object);
    rti_knower_add (object, self->handle, class_index);
    rti_own (call->federation, object, self->handle,
             self->declared[RTI_OBJECTS_KIND][class_index].published);
    rti_register_tell (call->federation, object);
    return MST_OK;
}

/*  Deleting ---------------------------------------------------------------------------------- */

/*  With `all` false only those whom no time-stamped delete reaches: they subscribe no longer. */
static void rti_remove_tell (rti_object_t *object, rti_federate_t *by, wire_bytes_t tag, bool all)
{
    rti_federation_t *federation = by->federation;
    wire_remove_object_instance_t remove = { .object_instance = object->handle,
                                             .user_supplied_tag = tag,
                                             .producing_federate = by->handle };
    bool begun = false;

    base_assert (object->handle != 0);
    BASE_LIST_EACH (&object->knowers, i) {
        rti_federate_t *knower = rti_federate_find (federation, object->knowers.items[i].federate);
        wire_pair_t pair;
        base_assert (knower != NULL);
        if (knower == by || (!all && rti_class_seen (knower, object->class_index) != FOM_NONE))
            continue;
        if (!begun)
            rti_cast_begin (federation->core, WIRE_SERVICE_REMOVE_OBJECT_INSTANCE, &remove);
        begun = true;
        rti_cast_to (knower, rti_need_of (knower, by, &pair));
    }
}

void rti_object_remove (rti_object_t *object, rti_federate_t *by, wire_bytes_t tag)
{
    base_assert (object->handle != 0);
    base_assert (tag.data != NULL);
    rti_remove_tell (object, by, tag, true);
    rti_object_free (by->federation, object);
}

static mst_err_t rti_delete_check (const rti_call_t *call, const rti_object_t *object)
{
    base_assert (call->federate != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    if ((rti_owned (object, call->federate->handle) & 1) == 0)
        return base_error (
            MST_E_DELETE_PRIVILEGE_NOT_HELD,
            "federate \"%s\" does not own HLAprivilegeToDeleteObject of object \"%s\"",
            call->federate->name, object->name);
    if (object->migration)
        return base_error (MST_E_OWNERSHIP_PENDING,
                           "object \"%s\" is migrating: delete it after that is decided",
                           object->name);
    return MST_OK;
}

mst_err_t rti_delete (rti_call_t *call)
{
    const wire_delete_t *args = call->args;
    wire_bytes_t tag = args->tag.data ? args->tag : (wire_bytes_t){ (const uint8_t *) "", 0 };
    rti_object_t *object = NULL;
    uint32_t class_index = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_object_known (call, args->object, &object, &class_index);
    if (!err)
        err = rti_delete_check (call, object);
    if (!err && args->time != WIRE_TIME_NONE)
        err = timemgmt_time_check (call->federation->time_type, args->time);
    if (err)
        return err;
    if (args->time == WIRE_TIME_NONE) {
        rti_object_remove (object, call->federate, tag);
        return MST_OK;
    }
    rti_remove_tell (object, call->federate, tag, false);
    rti_object_free (call->federation, object);
    return MST_OK;
}

mst_err_t rti_local_delete (rti_call_t *call)
{
    const wire_local_delete_object_instance_t *args = call->args;
    const rti_federate_t *self = call->federate;
    rti_object_t *object = NULL;
    uint32_t class_index = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_object_known (call, args->object_instance, &object, &class_index);
    if (err)
        return err;
    if (rti_owned (object, self->handle) != 0)
        return base_error (MST_E_OWNS_ATTRIBUTES,
                           "federate \"%s\" owns attributes of object \"%s\": it cannot forget it",
                           self->name, object->name);
    for (const rti_acquisition_t *wish = object->acquisitions; wish; wish = wish->next)
        if (wish->federate == self->handle)
            return base_error (MST_E_OWNERSHIP_PENDING,
                               "federate \"%s\" waits for attributes of object \"%s\": cancel that "
                               "before forgetting it",
                               self->name, object->name);
    rti_object_forget (call->federation, object, self->handle);
    return MST_OK;
}

/*  Asking for values ------------------------------------------------------------------------- */

/*  The owners of the attributes are asked, but not who asks. */
static void rti_provide_tell (const rti_call_t *call, const rti_object_t *object, uint64_t mask,
                              wire_bytes_t tag)
{
    rti_attributes_t memory;

    base_assert (call->federate != NULL);
    BASE_LIST_EACH (&object->shares, i) {
        const rti_share_t *share = &object->shares.items[i];
        rti_federate_t *owner = rti_federate_find (call->federation, share->federate);
        base_assert (owner != NULL);
        if (owner == call->federate || (share->mask & mask) == 0)
            continue;
        wire_provide_attribute_value_update_t provide = { .object_instance = object->handle,
                                                          .attributes = rti_mask_handles (
                                                              share->mask & mask, &memory),
                                                          .user_supplied_tag = tag };
        rti_tell (owner, WIRE_SERVICE_PROVIDE_ATTRIBUTE_VALUE_UPDATE, &provide);
    }
}

mst_err_t rti_request_instance_update (rti_call_t *call)
{
    const wire_request_instance_attribute_value_update_t *args = call->args;
    rti_object_t *object = NULL;
    uint32_t class_index = 0;
    uint64_t mask = 0;

    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    mst_err_t err = rti_object_known (call, args->object_instance, &object, &class_index);
    if (!err)
        err = rti_mask_check (call->federation, class_index, args->attributes, &mask);
    if (err)
        return err;
    rti_provide_tell (call, object, mask, args->user_supplied_tag);
    return MST_OK;
}

mst_err_t rti_request_class_update (rti_call_t *call)
{
    const wire_request_class_attribute_value_update_t *args = call->args;
    const rti_federation_t *federation = call->federation;
    uint32_t class_index = 0;
    uint64_t mask = 0;

    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    mst_err_t err =
        rti_class_check (federation, RTI_OBJECTS_KIND, args->object_class, &class_index);
    if (!err)
        err = rti_mask_check (federation, class_index, args->attributes, &mask);
    if (err)
        return err;
    uint32_t end = fom_class (&federation->model->objects, class_index)->end;
    for (uint32_t i = class_index; i < end; i++)
        for (const rti_object_t *object = federation->extents[i].first; object;
             object = object->next)
            rti_provide_tell (call, object, mask, args->user_supplied_tag);
    return MST_OK;
}
