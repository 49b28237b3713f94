/*  Publications and subscriptions of this federate, checked here, in force when the RTI has said
 * so. */
#include "federate/core/internal.h"

#include <string.h>

static uint64_t mask_of (uint32_t count)
{
    return count >= FEDERATE_ATTRIBUTES_MAX ? UINT64_MAX : (UINT64_C (1) << count) - 1;
}

static mst_err_t init_classes (federate_core_t *self)
{
    const fom_tree_t *tree = &self->model->objects;

    for (uint32_t i = 0; i < tree->count; i++) {
        const fom_class_t *in = fom_class (tree, i);
        federate_class_t *out = &self->classes[i];
        if (in->member_count > FEDERATE_ATTRIBUTES_MAX)
            return base_error (MST_E_LIMIT,
                               "the class %s has %u attributes; FEDERATE_ATTRIBUTES_MAX is %d",
                               in->full_name, in->member_count, FEDERATE_ATTRIBUTES_MAX);
        out->attribute_count = in->member_count;
        out->all = mask_of (in->member_count);
        for (uint32_t k = 0; k < in->member_count; k++) {
            const fom_delivery_t *delivery = &fom_member (tree, i, k)->delivery;
            if (delivery->order == FOM_TIMESTAMP)
                out->timestamped |= UINT64_C (1) << k;
            if (!delivery->reliable)
                out->best_effort |= UINT64_C (1) << k;
        }
    }
    return MST_OK;
}

static mst_err_t init_interactions (federate_core_t *self)
{
    const fom_tree_t *tree = &self->model->interactions;

    for (uint32_t i = 0; i < tree->count; i++) {
        const fom_class_t *in = fom_class (tree, i);
        federate_interaction_t *out = &self->interactions[i];
        if (in->member_count > FEDERATE_ATTRIBUTES_MAX)
            return base_error (
                MST_E_LIMIT, "the interaction %s has %u parameters; FEDERATE_ATTRIBUTES_MAX is %d",
                in->full_name, in->member_count, FEDERATE_ATTRIBUTES_MAX);
        out->parameter_count = in->member_count;
        out->timestamped = in->delivery.order == FOM_TIMESTAMP;
        out->best_effort = !in->delivery.reliable;
    }
    return MST_OK;
}

mst_err_t federate_declaration_init (federate_core_t *self)
{
    base_assert (self != NULL && self->model != NULL);
    base_assert (self->classes == NULL);
    self->classes = base_calloc (self->model->objects.count, sizeof *self->classes);
    self->interactions = base_calloc (self->model->interactions.count, sizeof *self->interactions);
    if (!self->classes || !self->interactions)
        return base_alloc_error ();
    mst_err_t err = init_classes (self);
    return err ? err : init_interactions (self);
}

void federate_declaration_fini (federate_core_t *self)
{
    base_assert (self != NULL);
    for (uint32_t i = 0; self->classes && i < self->model->objects.count; i++)
        BASE_LIST_FINI (&self->classes[i].routes);
    for (uint32_t i = 0; self->interactions && i < self->model->interactions.count; i++)
        BASE_LIST_FINI (&self->interactions[i].routes);
    base_free (self->classes);
    base_free (self->interactions);
    self->classes = NULL;
    self->interactions = NULL;
}

/*  Requests
 * ----------------------------------------------------------------------------------------- */

static mst_err_t check_class (const federate_core_t *self, uint32_t handle, uint64_t mask)
{
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    if (handle == 0 || handle > self->model->objects.count)
        return base_error (MST_E_CLASS_UNKNOWN, "there is no object class with handle %u", handle);
    if (mask & ~self->classes[handle - 1].all)
        return base_error (MST_E_ATTRIBUTE_UNKNOWN,
                           "the class %s has %u attributes; mask 0x%llx names others",
                           fom_class (&self->model->objects, handle - 1)->full_name,
                           self->classes[handle - 1].attribute_count, (unsigned long long) mask);
    return MST_OK;
}

static mst_err_t check_interaction (const federate_core_t *self, uint32_t handle)
{
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    if (handle == 0 || handle > self->model->interactions.count)
        return base_error (MST_E_INTERACTION_UNKNOWN,
                           "there is no interaction class with handle %u", handle);
    return MST_OK;
}

static mst_err_t send_expected (federate_core_t *self, uint16_t service, const void *args,
                                uint32_t handle, uint64_t mask, uint32_t *request)
{
    mst_err_t err = federate_control_expect (self, service, handle - 1, mask, request);
    if (err)
        return err;
    uint32_t number = self->pending.items[self->pending.count - 1].request;
    err = federate_control_send (self, service, args, false, number);
    if (err)
        self->pending.count--;
    return err;
}

/*  All four services on attributes have the same shape: (object_class, attributes). */
static mst_err_t send_class_service (federate_core_t *self, uint16_t service, uint32_t handle,
                                     uint64_t mask, uint32_t *request)
{
    uint64_t handles[FEDERATE_ATTRIBUTES_MAX];
    uint64_t count = 0;

    mst_err_t err = check_class (self, handle, mask);
    if (err)
        return err;
    for (uint64_t bit = 0; bit < FEDERATE_ATTRIBUTES_MAX; bit++)
        if (mask >> bit & 1u)
            handles[count++] = bit + 1;
    wire_publish_object_class_attributes_t args = { handle, { handles, count } };
    return send_expected (self, service, &args, handle, mask, request);
}

_Static_assert(sizeof (wire_publish_object_class_attributes_t) ==
                   sizeof (wire_unsubscribe_object_class_attributes_t),
               "the services on a class's attributes share one shape");

mst_err_t federate_core_publish (federate_core_t *self, uint32_t class_handle, uint64_t mask,
                                 bool on, uint32_t *request)
{
    base_assert (self != NULL);
    uint16_t service = on ? WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES
                          : WIRE_SERVICE_UNPUBLISH_OBJECT_CLASS_ATTRIBUTES;
    return send_class_service (self, service, class_handle, mask, request);
}

mst_err_t federate_core_subscribe (federate_core_t *self, uint32_t class_handle, uint64_t mask,
                                   bool on, uint32_t *request)
{
    base_assert (self != NULL);
    uint16_t service = on ? WIRE_SERVICE_SUBSCRIBE_OBJECT_CLASS_ATTRIBUTES
                          : WIRE_SERVICE_UNSUBSCRIBE_OBJECT_CLASS_ATTRIBUTES;
    return send_class_service (self, service, class_handle, mask, request);
}

mst_err_t federate_core_publish_interaction (federate_core_t *self, uint32_t class_handle, bool on,
                                             uint32_t *request)
{
    wire_publish_interaction_class_t args = { .interaction_class = class_handle };

    base_assert (self != NULL);
    mst_err_t err = check_interaction (self, class_handle);
    if (err)
        return err;
    uint16_t service =
        on ? WIRE_SERVICE_PUBLISH_INTERACTION_CLASS : WIRE_SERVICE_UNPUBLISH_INTERACTION_CLASS;
    return send_expected (self, service, &args, class_handle, 0, request);
}

mst_err_t federate_core_subscribe_interaction (federate_core_t *self, uint32_t class_handle,
                                               bool on, uint32_t *request)
{
    wire_subscribe_interaction_class_t args = { .interaction_class = class_handle };

    base_assert (self != NULL);
    mst_err_t err = check_interaction (self, class_handle);
    if (err)
        return err;
    uint16_t service =
        on ? WIRE_SERVICE_SUBSCRIBE_INTERACTION_CLASS : WIRE_SERVICE_UNSUBSCRIBE_INTERACTION_CLASS;
    return send_expected (self, service, &args, class_handle, 0, request);
}

/*  Replies
 * ------------------------------------------------------------------------------------------ */

/*  The nearest subscribed class at or above each class: as that an interaction is received here. */
static void update_known_as (federate_core_t *self)
{
    const fom_tree_t *tree = &self->model->interactions;

    for (uint32_t i = 0; i < tree->count; i++) {
        uint32_t at = i;
        while (at != FOM_NONE && !self->interactions[at].subscribed)
            at = fom_class (tree, at)->parent;
        self->interactions[i].known_as = at == FOM_NONE ? 0 : at + 1;
    }
}

static void lose_ownership (federate_core_t *self, uint32_t class_index, uint64_t mask)
{
    BASE_MAP_EACH (&self->objects, entry) {
        federate_object_t *object = (federate_object_t *) (uintptr_t) entry->value;
        if (object->class_index == class_index)
            object->owned &= ~mask;
        if (object->class_index == class_index && object->doomed)
            object->alive &= ~mask;
    }
}

/*  As at the RTI: who publishes any attribute publishes the privilege to delete, which goes with
   the last one, not before. */
static void unpublish (federate_core_t *self, uint32_t class_index, uint64_t mask)
{
    federate_class_t *class = &self->classes[class_index];

    mask &= class->published;
    if (mask == 0)
        return;
    bool last = (class->published & ~mask & ~UINT64_C (1)) == 0;
    mask = last ? mask | 1 : mask & ~UINT64_C (1);
    class->published &= ~mask;
    lose_ownership (self, class_index, mask);
}

void federate_declaration_reply (federate_core_t *self, const federate_pending_t *pending)
{
    base_assert (self != NULL && pending != NULL);
    if (!self->joined)
        return; /* the answer to a service that needs no join */
    federate_class_t *class =
        pending->index < self->model->objects.count ? &self->classes[pending->index] : NULL;
    federate_interaction_t *interaction = pending->index < self->model->interactions.count
                                              ? &self->interactions[pending->index]
                                              : NULL;
    switch (pending->kind) {
    case WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES:
        class->published |= pending->mask ? pending->mask | 1 : 0;
        break;
    case WIRE_SERVICE_UNPUBLISH_OBJECT_CLASS_ATTRIBUTES:
        unpublish (self, pending->index, pending->mask);
        break;
    case WIRE_SERVICE_SUBSCRIBE_OBJECT_CLASS_ATTRIBUTES: class->subscribed |= pending->mask; break;
    case WIRE_SERVICE_UNSUBSCRIBE_OBJECT_CLASS_ATTRIBUTES:
        class->subscribed &= ~pending->mask;
        break;
    case WIRE_SERVICE_PUBLISH_INTERACTION_CLASS: interaction->published = true; break;
    case WIRE_SERVICE_UNPUBLISH_INTERACTION_CLASS: interaction->published = false; break;
    case WIRE_SERVICE_SUBSCRIBE_INTERACTION_CLASS:
    case WIRE_SERVICE_UNSUBSCRIBE_INTERACTION_CLASS:
        interaction->subscribed = pending->kind == WIRE_SERVICE_SUBSCRIBE_INTERACTION_CLASS;
        update_known_as (self);
        break;
    default: break;
    }
}
