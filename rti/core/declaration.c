/*  Publishing and subscribing. A publisher hears of each subscription at a class at or above one
   that it publishes (INTEREST), of its changes and its end, and then sends by itself.

    One thing more makes a federate hear of subscribers: it owns attributes of an object that it
   knows as a class above the registered one. Somebody may subscribe just in between, or at the
   registered class, and must get its updates too; so such an object counts as if its registered
   class were published (rti_object_bear). */
#include "rti/core/state.h"

#include <inttypes.h>

/*  Handles ----------------------------------------------------------------------------------- */

static const fom_tree_t *rti_tree (const rti_federation_t *self, int kind)
{
    base_assert (self->core != NULL);
    base_assert (kind == RTI_OBJECTS_KIND || kind == RTI_INTERACTIONS_KIND);
    return kind == RTI_OBJECTS_KIND ? &self->model->objects : &self->model->interactions;
}

mst_err_t rti_class_check (const rti_federation_t *self, int kind, wire_handle_t handle,
                           uint32_t *class_index)
{
    const fom_tree_t *tree = rti_tree (self, kind);

    base_assert (self->core != NULL);
    base_assert (class_index != NULL);
    if (handle >= 1 && handle <= tree->count) {
        *class_index = (uint32_t) (handle - 1);
        return MST_OK;
    }
    if (kind == RTI_OBJECTS_KIND)
        return base_error (MST_E_CLASS_UNKNOWN,
                           "there is no object class %" PRIu64 ": \"%s\" has 1 to %u", handle,
                           self->name, tree->count);
    return base_error (MST_E_INTERACTION_UNKNOWN,
                       "there is no interaction class %" PRIu64 ": \"%s\" has 1 to %u", handle,
                       self->name, tree->count);
}

mst_err_t rti_mask_check (const rti_federation_t *self, uint32_t class_index,
                          wire_handles_t attributes, uint64_t *mask)
{
    const fom_class_t *class = fom_class (&self->model->objects, class_index);

    base_assert (self->core != NULL);
    base_assert (class->member_count <= RTI_ATTRIBUTES);
    *mask = 0;
    for (uint64_t i = 0; i < attributes.count; i++) {
        wire_handle_t handle = attributes.items[i];
        if (handle < 1 || handle > class->member_count)
            return base_error (MST_E_ATTRIBUTE_UNKNOWN,
                               "object class \"%s\" has no attribute %" PRIu64 ": it has 1 to %u",
                               class->full_name, handle, class->member_count);
        *mask |= UINT64_C (1) << (handle - 1);
    }
    return MST_OK;
}

wire_handles_t rti_mask_handles (uint64_t mask, rti_attributes_t *memory)
{
    wire_handles_t handles = { memory->items, 0 };

    base_assert (memory != NULL);
    for (; mask != 0; mask &= mask - 1)
        memory->items[handles.count++] = (wire_handle_t) __builtin_ctzll (mask) + 1;
    base_assert (handles.count <= RTI_ATTRIBUTES);
    return handles;
}

uint32_t rti_class_seen (const rti_federate_t *self, uint32_t class_index)
{
    const fom_tree_t *tree = rti_tree (self->federation, RTI_OBJECTS_KIND);

    base_assert (self->federation != NULL);
    while (class_index != FOM_NONE && self->declared[RTI_OBJECTS_KIND][class_index].subscribed == 0)
        class_index = fom_class (tree, class_index)->parent;
    return class_index;
}

/*  Interest ---------------------------------------------------------------------------------- */

static wire_interest_t rti_interest (const rti_federate_t *subscriber, int kind,
                                     uint32_t class_index, uint64_t mask)
{
    base_assert (subscriber->federation != NULL);
    base_assert (subscriber != NULL);
    return (wire_interest_t){ .federate = subscriber->handle,
                              .kind = (wire_number_t) kind,
                              .class = class_index + 1,
                              .mask = mask };
}

/*  Sets what a federate subscribes to and tells whose publications that bears on. */
static void rti_subscribe_set (rti_federate_t *self, int kind, uint32_t class_index, uint64_t mask)
{
    rti_federation_t *federation = self->federation;
    rti_declared_t *declared = &self->declared[kind][class_index];
    bool begun = false;

    base_assert (self->federation != NULL);
    if (declared->subscribed == mask)
        return;
    declared->subscribed = mask;
    wire_interest_t interest = rti_interest (self, kind, class_index, mask);
    BASE_LIST_EACH (&federation->members, i) {
        rti_federate_t *publisher = federation->members.items[i];
        if (publisher == self || publisher->declared[kind][class_index].bearing == 0)
            continue;
        if (!begun)
            rti_cast_begin (federation->core, WIRE_SERVICE_INTEREST, &interest);
        begun = true;
        rti_cast_to (publisher, RTI_NO_NEED);
    }
}

/*  A publisher begins to hear of a class, or stops. */
static void rti_bearing_tell (rti_federate_t *self, int kind, uint32_t class_index, bool on)
{
    const rti_federation_t *federation = self->federation;

    base_assert (self->federation != NULL);
    BASE_LIST_EACH (&federation->members, i) {
        const rti_federate_t *subscriber = federation->members.items[i];
        uint64_t mask = subscriber->declared[kind][class_index].subscribed;
        if (subscriber == self || mask == 0)
            continue;
        wire_interest_t interest = rti_interest (subscriber, kind, class_index, on ? mask : 0);
        rti_tell (self, WIRE_SERVICE_INTEREST, &interest);
    }
}

void rti_bearing_add (rti_federate_t *self, int kind, uint32_t class_index, bool more)
{
    const fom_tree_t *tree = rti_tree (self->federation, kind);
    rti_declared_t *declared = self->declared[kind];

    base_assert (class_index < tree->count);
    for (uint32_t i = class_index; i != FOM_NONE; i = fom_class (tree, i)->parent) {
        base_assert (more || declared[i].bearing > 0);
        declared[i].bearing += more ? 1 : UINT32_MAX; /* one more, or one less */
        if (declared[i].bearing == (more ? 1 : 0))
            rti_bearing_tell (self, kind, i, more);
    }
}

static void rti_publish_set (rti_federate_t *self, int kind, uint32_t class_index, uint64_t mask)
{
    rti_declared_t *declared = &self->declared[kind][class_index];
    bool before = declared->published != 0;

    base_assert (self->federation != NULL);
    declared->published = mask;
    if (before != (mask != 0))
        rti_bearing_add (self, kind, class_index, mask != 0);
}

/*  Objects ----------------------------------------------------------------------------------- */

static mst_err_t rti_attributes_check (const rti_call_t *call, wire_handle_t class_handle,
                                       wire_handles_t attributes, uint32_t *class_index,
                                       uint64_t *mask)
{
    base_assert (call->federation != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    mst_err_t err = rti_class_check (call->federation, RTI_OBJECTS_KIND, class_handle, class_index);
    return err ? err : rti_mask_check (call->federation, *class_index, attributes, mask);
}

/*  Who publishes any attribute publishes the privilege to delete with it. */
mst_err_t rti_publish_objects (rti_call_t *call)
{
    const wire_publish_object_class_attributes_t *args = call->args;
    rti_federate_t *self = call->federate;
    uint32_t class_index = 0;
    uint64_t mask = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err =
        rti_attributes_check (call, args->object_class, args->attributes, &class_index, &mask);
    if (err || mask == 0)
        return err;
    mask |= self->declared[RTI_OBJECTS_KIND][class_index].published | 1;
    rti_publish_set (self, RTI_OBJECTS_KIND, class_index, mask);
    return MST_OK;
}

/*  The next object of a class or its subclasses that the federate knows as this class. */
static rti_object_t *rti_known_as (const rti_federate_t *self, uint32_t class_index,
                                   const rti_object_t *behind)
{
    const rti_federation_t *federation = self->federation;
    uint32_t end = fom_class (&federation->model->objects, class_index)->end;
    rti_object_t *object = behind ? behind->next : NULL;
    uint32_t i = behind ? behind->class_index + 1 : class_index;

    base_assert (self->federation != NULL);
    for (;;) {
        for (; object; object = object->next) {
            const rti_knower_t *knower = rti_object_knower (object, self->handle);
            if (knower && knower->class_index == class_index)
                return object;
        }
        if (i >= end)
            return NULL;
        object = federation->extents[i++].first;
    }
}

static mst_err_t rti_unpublish_check (const rti_federate_t *self, uint32_t class_index,
                                      uint64_t mask)
{
    base_assert (self->federation != NULL);
    if (self->acquiring_count == 0 && self->federation->migration_count == 0)
        return MST_OK;
    for (const rti_object_t *object = rti_known_as (self, class_index, NULL); object;
         object = rti_known_as (self, class_index, object)) {
        for (const rti_acquisition_t *wish = object->acquisitions; wish; wish = wish->next)
            if (wish->federate == self->handle && (wish->mask & mask) != 0)
                return base_error (MST_E_OWNERSHIP_PENDING,
                                   "federate \"%s\" waits for attributes of object \"%s\": cancel "
                                   "that before unpublishing them",
                                   self->name, object->name);
        if (object->migration && (rti_owned (object, self->handle) & mask) != 0)
            return base_error (MST_E_OWNERSHIP_PENDING,
                               "object \"%s\" is migrating: unpublish after that is decided",
                               object->name);
    }
    return MST_OK;
}

/*  What ends to be published: the privilege to delete goes with the last attribute, not before, so
   that no object is left which its registrar cannot delete. */
static uint64_t rti_unpublished (uint64_t published, uint64_t mask)
{
    mask &= published;
    if (mask == 0)
        return 0;
    return (published & ~mask & ~UINT64_C (1)) == 0 ? mask | 1 : mask & ~UINT64_C (1);
}

static mst_err_t rti_unpublish (rti_federate_t *self, uint32_t class_index, uint64_t mask)
{
    static const wire_bytes_t no_tag = { (const uint8_t *) "", 0 };
    uint64_t published = self->declared[RTI_OBJECTS_KIND][class_index].published;

    base_assert (self->federation != NULL);
    mask = rti_unpublished (published, mask);
    if (mask == 0)
        return MST_OK;
    mst_err_t err = rti_unpublish_check (self, class_index, mask);
    if (err)
        return err;
    rti_publish_set (self, RTI_OBJECTS_KIND, class_index, published & ~mask);
    if (self->owned_count == 0)
        return MST_OK;
    for (rti_object_t *object = rti_known_as (self, class_index, NULL); object;
         object = rti_known_as (self, class_index, object)) {
        uint64_t lost = rti_owned (object, self->handle) & mask;
        if (lost != 0)
            rti_give_up (self, object, lost, no_tag);
    }
    return MST_OK;
}

mst_err_t rti_unpublish_class (rti_call_t *call)
{
    const wire_unpublish_object_class_t *args = call->args;
    uint32_t class_index = 0;
    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err =
        rti_class_check (call->federation, RTI_OBJECTS_KIND, args->object_class, &class_index);
    return err ? err : rti_unpublish (call->federate, class_index, UINT64_MAX);
}

mst_err_t rti_unpublish_attributes (rti_call_t *call)
{
    const wire_unpublish_object_class_attributes_t *args = call->args;
    uint32_t class_index = 0;
    uint64_t mask = 0;
    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err =
        rti_attributes_check (call, args->object_class, args->attributes, &class_index, &mask);
    return err ? err : rti_unpublish (call->federate, class_index, mask);
}

/*  The passive service has the same arguments: relevance advisories alone would tell them apart. */
mst_err_t rti_subscribe_objects (rti_call_t *call)
{
    const wire_subscribe_object_class_attributes_t *args = call->args;
    rti_federate_t *self = call->federate;
    uint32_t class_index = 0;
    uint64_t mask = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    _Static_assert(sizeof (wire_subscribe_object_class_attributes_passively_t) == sizeof *args,
                   "both have the same arguments");
    mst_err_t err =
        rti_attributes_check (call, args->object_class, args->attributes, &class_index, &mask);
    if (!err && mask != 0)
        err = rti_discover_room (self, class_index);
    if (err || mask == 0)
        return err;
    mask |= self->declared[RTI_OBJECTS_KIND][class_index].subscribed;
    rti_subscribe_set (self, RTI_OBJECTS_KIND, class_index, mask);
    rti_discover (self, class_index);
    return MST_OK;
}

mst_err_t rti_unsubscribe_class (rti_call_t *call)
{
    const wire_unsubscribe_object_class_t *args = call->args;
    uint32_t class_index = 0;
    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err =
        rti_class_check (call->federation, RTI_OBJECTS_KIND, args->object_class, &class_index);
    if (!err)
        rti_subscribe_set (call->federate, RTI_OBJECTS_KIND, class_index, 0);
    return err;
}

mst_err_t rti_unsubscribe_attributes (rti_call_t *call)
{
    const wire_unsubscribe_object_class_attributes_t *args = call->args;
    rti_federate_t *self = call->federate;
    uint32_t class_index = 0;
    uint64_t mask = 0;
    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err =
        rti_attributes_check (call, args->object_class, args->attributes, &class_index, &mask);
    if (err)
        return err;
    mask = self->declared[RTI_OBJECTS_KIND][class_index].subscribed & ~mask;
    rti_subscribe_set (self, RTI_OBJECTS_KIND, class_index, mask);
    return MST_OK;
}

/*  Interactions ------------------------------------------------------------------------------ */

static mst_err_t rti_interaction_declare (rti_call_t *call, wire_handle_t handle, bool publish,
                                          uint64_t mask)
{
    uint32_t class_index = 0;

    base_assert (call->federate != NULL);
    base_assert (mask <= 1);
    mst_err_t err = rti_class_check (call->federation, RTI_INTERACTIONS_KIND, handle, &class_index);
    if (err)
        return err;
    if (publish)
        rti_publish_set (call->federate, RTI_INTERACTIONS_KIND, class_index, mask);
    else
        rti_subscribe_set (call->federate, RTI_INTERACTIONS_KIND, class_index, mask);
    return MST_OK;
}

mst_err_t rti_publish_interaction (rti_call_t *call)
{
    const wire_publish_interaction_class_t *args = call->args;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    return rti_interaction_declare (call, args->interaction_class, true, 1);
}

mst_err_t rti_unpublish_interaction (rti_call_t *call)
{
    const wire_unpublish_interaction_class_t *args = call->args;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    return rti_interaction_declare (call, args->interaction_class, true, 0);
}

mst_err_t rti_subscribe_interaction (rti_call_t *call)
{
    const wire_subscribe_interaction_class_t *args = call->args;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    _Static_assert(sizeof (wire_subscribe_interaction_class_passively_t) == sizeof *args,
                   "both have the same arguments");
    return rti_interaction_declare (call, args->interaction_class, false, 1);
}

mst_err_t rti_unsubscribe_interaction (rti_call_t *call)
{
    const wire_unsubscribe_interaction_class_t *args = call->args;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    return rti_interaction_declare (call, args->interaction_class, false, 0);
}
