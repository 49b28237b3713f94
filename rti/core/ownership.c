/*  Ownership: an attribute of an object has one owner or none. What is given up goes to who has
   waited longest for it; what nobody waits for is offered to those that publish it.

    Giving up cannot fail, as it also happens to who is lost: the list of owners always has room for
   all that wait. */
#include "rti/core/state.h"

#include <inttypes.h>
#include <string.h>

static const wire_bytes_t rti_no_tag = { (const uint8_t *) "", 0 };

/*  Shares ------------------------------------------------------------------------------------ */

uint64_t rti_owned (const rti_object_t *object, uint32_t federate)
{
    base_assert (object->handle != 0);
    base_assert (object != NULL);
    BASE_LIST_EACH (&object->shares, i)
        if (object->shares.items[i].federate == federate)
            return object->shares.items[i].mask;
    return 0;
}

uint64_t rti_owned_by_any (const rti_object_t *object)
{
    uint64_t mask = 0;
    base_assert (object->handle != 0);
    BASE_LIST_EACH (&object->shares, i) {
        base_assert ((mask & object->shares.items[i].mask) == 0);
        mask |= object->shares.items[i].mask;
    }
    return mask;
}

/*  A place for each owner and for each that waits: so rti_own needs no memory when a wish is
   met, and giving up cannot fail. */
mst_err_t rti_shares_room (rti_object_t *object, uint32_t more)
{
    size_t needed = object->shares.count + object->acquisition_count + more;

    base_assert (object->shares.count <= object->shares.capacity);
    if (needed <= object->shares.capacity)
        return MST_OK;
    size_t capacity = object->shares.capacity;
    rti_share_t *shares = base_realloc (object->shares.items, needed * sizeof *shares);
    if (!shares)
        return base_alloc_error ();
    base_assert (needed > capacity);
    object->shares.items = shares;
    object->shares.capacity = needed;
    return MST_OK;
}

static void rti_owned_count (const rti_federation_t *self, uint32_t federate, bool more)
{
    rti_federate_t *owner = rti_federate_find (self, federate);
    base_assert (owner != NULL);
    base_assert (more || owner->owned_count > 0);
    owner->owned_count += more ? 1 : UINT64_MAX; /* one more, or one less */
}

static void rti_disown (rti_federation_t *self, rti_object_t *object, uint64_t mask)
{
    size_t kept = 0;
    base_assert (self->core != NULL);
    base_assert (object->handle != 0);
    BASE_LIST_EACH (&object->shares, i) {
        rti_share_t share = object->shares.items[i];
        share.mask &= ~mask;
        if (share.mask != 0)
            object->shares.items[kept++] = share;
        else
            rti_owned_count (self, share.federate, false);
    }
    object->shares.count = kept;
}

/*  `to` 0: nobody's. Room was made by rti_shares_room when the share was foreseeable. */
void rti_own (rti_federation_t *self, rti_object_t *object, uint32_t to, uint64_t mask)
{
    rti_disown (self, object, mask);
    if (to == 0)
        return;
    base_assert (mask != 0);
    BASE_LIST_EACH (&object->shares, i)
        if (object->shares.items[i].federate == to) {
            object->shares.items[i].mask |= mask;
            return;
        }
    base_assert (object->shares.count < object->shares.capacity);
    object->shares.items[object->shares.count++] = (rti_share_t){ mask, to };
    rti_owned_count (self, to, true);
    rti_object_bear (self, object, to);
}

/*  Those who wait ---------------------------------------------------------------------------- */

static rti_acquisition_t *rti_wish_of (const rti_object_t *object, uint32_t federate)
{
    rti_acquisition_t *wish = object->acquisitions;
    base_assert (object->handle != 0);
    base_assert (federate != 0);
    while (wish && wish->federate != federate)
        wish = wish->next;
    return wish;
}

void rti_acquisition_drop (rti_federation_t *self, rti_object_t *object, uint32_t federate,
                           uint64_t mask)
{
    rti_acquisition_t **at = &object->acquisitions;

    base_assert (self->core != NULL);
    while (*at && (*at)->federate != federate)
        at = &(*at)->next;
    rti_acquisition_t *wish = *at;
    if (!wish)
        return;
    wish->mask &= ~mask;
    if (wish->mask != 0)
        return;
    *at = wish->next;
    base_free (wish);
    object->acquisition_count--;
    rti_federate_t *waiting = rti_federate_find (self, federate);
    base_assert (waiting != NULL && waiting->acquiring_count > 0);
    waiting->acquiring_count--;
}

/*  Adds to what a federate waits for, at its end of the queue when it is new there. */
static mst_err_t rti_wish_add (const rti_call_t *call, rti_object_t *object, uint64_t mask)
{
    rti_acquisition_t **at = &object->acquisitions;

    base_assert (call->federate != NULL);
    base_assert (mask != 0);
    while (*at && (*at)->federate != call->federate->handle)
        at = &(*at)->next;
    if (*at) {
        (*at)->mask |= mask;
        return MST_OK;
    }
    if (object->acquisition_count >= RTI_ACQUISITIONS)
        return base_error (MST_E_LIMIT, "limits.acquisitions (%d) of object \"%s\" is reached",
                           RTI_ACQUISITIONS, object->name);
    rti_acquisition_t *wish = base_calloc (1, sizeof *wish);
    /*  Room for its share is made now, while the call can still fail. */
    if (!wish || rti_shares_room (object, 1)) {
        base_free (wish);
        return base_alloc_error ();
    }
    wish->mask = mask;
    wish->federate = call->federate->handle;
    *at = wish;
    object->acquisition_count++;
    call->federate->acquiring_count++;
    return MST_OK;
}

/*  Callbacks --------------------------------------------------------------------------------- */

/*  The four that tell attributes with a tag have the same arguments. */
typedef wire_attribute_ownership_acquisition_notification_t rti_offer_t;
_Static_assert(sizeof (rti_offer_t) == sizeof (wire_request_attribute_ownership_assumption_t) &&
                   sizeof (rti_offer_t) == sizeof (wire_attribute_ownership_unavailable_t) &&
                   sizeof (rti_offer_t) == sizeof (wire_request_attribute_ownership_release_t),
               "they have the same arguments");

static void rti_ownership_tell (rti_federate_t *to, const rti_federate_t *after, uint16_t kind,
                                const rti_object_t *object, uint64_t mask, wire_bytes_t tag)
{
    rti_attributes_t memory;
    base_assert (to->federation != NULL);
    rti_offer_t offer = { .object_instance = object->handle,
                          .secured_attributes = rti_mask_handles (mask, &memory),
                          .user_supplied_tag = tag };
    base_assert (mask != 0 && tag.data != NULL);
    rti_tell_after (to, after, kind, &offer);
}

/*  Each owner is asked to release what a federate wants of it. */
static void rti_release_ask (const rti_federation_t *self, const rti_object_t *object,
                             uint32_t wanted_by, uint64_t mask, wire_bytes_t tag)
{
    base_assert (self->core != NULL);
    BASE_LIST_EACH (&object->shares, i) {
        const rti_share_t *share = &object->shares.items[i];
        rti_federate_t *owner = rti_federate_find (self, share->federate);
        base_assert (owner != NULL);
        if ((share->mask & mask) != 0 && share->federate != wanted_by)
            rti_ownership_tell (owner, NULL, WIRE_SERVICE_REQUEST_ATTRIBUTE_OWNERSHIP_RELEASE,
                                object, share->mask & mask, tag);
    }
}

void rti_wishes_ask (const rti_federation_t *self, const rti_object_t *object, uint64_t mask)
{
    base_assert (self->core != NULL);
    base_assert (object->handle != 0);
    for (const rti_acquisition_t *wish = object->acquisitions; wish; wish = wish->next)
        if ((wish->mask & mask) != 0)
            rti_release_ask (self, object, wish->federate, wish->mask & mask, rti_no_tag);
}

/*  What nobody waits for is offered to those who know the object and publish it. */
static void rti_offer (rti_federate_t *self, const rti_object_t *object, uint64_t mask,
                       wire_bytes_t tag)
{
    rti_federation_t *federation = self->federation;

    base_assert (self->federation != NULL);
    base_assert (mask != 0);
    BASE_LIST_EACH (&federation->members, i) {
        rti_federate_t *member = federation->members.items[i];
        const rti_knower_t *knower = rti_object_knower (object, member->handle);
        if (member == self || !knower)
            continue;
        uint64_t published = member->declared[RTI_OBJECTS_KIND][knower->class_index].published;
        if ((published & mask) != 0)
            rti_ownership_tell (member, self, WIRE_SERVICE_REQUEST_ATTRIBUTE_OWNERSHIP_ASSUMPTION,
                                object, published & mask, tag);
    }
}

void rti_give_up (rti_federate_t *self, rti_object_t *object, uint64_t mask, wire_bytes_t tag)
{
    rti_federation_t *federation = self->federation;
    uint64_t free = mask;

    base_assert ((rti_owned (object, self->handle) & mask) == mask && mask != 0);
    rti_own (federation, object, 0, mask);
    for (rti_acquisition_t *wish = object->acquisitions, *next; wish; wish = next) {
        next = wish->next;
        uint64_t taken = wish->mask & free;
        if (taken == 0)
            continue;
        rti_federate_t *to = rti_federate_find (federation, wish->federate);
        base_assert (to != NULL && to != self);
        rti_own (federation, object, to->handle, taken);
        rti_acquisition_drop (federation, object, to->handle, taken);
        rti_ownership_tell (to, self, WIRE_SERVICE_ATTRIBUTE_OWNERSHIP_ACQUISITION_NOTIFICATION,
                            object, taken, tag);
        free &= ~taken;
    }
    if (free != mask)
        rti_wishes_ask (federation, object, mask & ~free); /* younger wishes, of the new owners */
    if (free != 0)
        rti_offer (self, object, free, tag);
}

/*  Services ---------------------------------------------------------------------------------- */

static mst_err_t rti_attributes_of (const rti_call_t *call, wire_handle_t handle,
                                    wire_handles_t attributes, rti_object_t **object,
                                    uint32_t *class_index, uint64_t *mask)
{
    base_assert (call->federation != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    mst_err_t err = rti_object_known (call, handle, object, class_index);
    return err ? err : rti_mask_check (call->federation, *class_index, attributes, mask);
}

static mst_err_t rti_owner_check (const rti_call_t *call, const rti_object_t *object, uint64_t mask)
{
    base_assert (call->federate != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    uint64_t missing = mask & ~rti_owned (object, call->federate->handle);
    if (missing == 0)
        return MST_OK;
    return base_error (MST_E_NOT_OWNED,
                       "federate \"%s\" does not own attribute %d of object \"%s\"",
                       call->federate->name, __builtin_ctzll (missing) + 1, object->name);
}

/*  Section 9 of docs/protocol.md: what is handed over moves whole, so nothing of it may go
   elsewhere before the decision. */
static mst_err_t rti_moving_check (const rti_object_t *object)
{
    base_assert (object->handle != 0);
    if (!object->migration)
        return MST_OK;
    return base_error (
        MST_E_OWNERSHIP_PENDING,
        "object \"%s\" is migrating: its attributes cannot be given up before that is "
        "decided",
        object->name);
}

mst_err_t rti_divest (rti_call_t *call)
{
    const wire_unconditional_attribute_ownership_divestiture_t *args = call->args;
    rti_object_t *object = NULL;
    uint32_t class_index = 0;
    uint64_t mask = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_attributes_of (call, args->object_instance, args->attributes, &object,
                                       &class_index, &mask);
    if (!err)
        err = rti_owner_check (call, object, mask);
    if (!err)
        err = rti_moving_check (object);
    if (err || mask == 0)
        return err;
    rti_give_up (call->federate, object, mask, args->user_supplied_tag);
    return MST_OK;
}

mst_err_t rti_divest_wanted (rti_call_t *call)
{
    const wire_attribute_ownership_divestiture_if_wanted_t *args = call->args;
    wire_attribute_ownership_divestiture_if_wanted_result_t *result = call->result;
    /*  The result is encoded after this call has returned, so its handles live in the arena. */
    rti_attributes_t *memory = base_arena_alloc (&call->core->arena, 1, sizeof *memory);
    rti_object_t *object = NULL;
    uint32_t class_index = 0;
    uint64_t mask = 0, wanted = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    if (!memory)
        return base_alloc_error ();
    mst_err_t err = rti_attributes_of (call, args->object_instance, args->attributes, &object,
                                       &class_index, &mask);
    if (!err)
        err = rti_owner_check (call, object, mask);
    if (!err)
        err = rti_moving_check (object);
    if (err)
        return err;
    for (const rti_acquisition_t *wish = object->acquisitions; wish; wish = wish->next)
        wanted |= wish->mask & mask;
    if (wanted != 0)
        rti_give_up (call->federate, object, wanted, args->user_supplied_tag);
    result->attributes = rti_mask_handles (wanted, memory);
    return MST_OK;
}

/*  Who asked waits on: a later divestiture serves it. */
mst_err_t rti_release_denied (rti_call_t *call)
{
    const wire_attribute_ownership_release_denied_t *args = call->args;
    rti_object_t *object = NULL;
    uint32_t class_index = 0;
    uint64_t mask = 0;

    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    mst_err_t err = rti_attributes_of (call, args->object_instance, args->attributes, &object,
                                       &class_index, &mask);
    return err ? err : rti_owner_check (call, object, mask);
}

/*  May the federate own these: does it publish them, and does it not own them yet? */
static mst_err_t rti_acquire_check (const rti_call_t *call, const rti_object_t *object,
                                    uint32_t class_index, uint64_t mask)
{
    const rti_federate_t *self = call->federate;
    const char *class = fom_class (&call->federation->model->objects, class_index)->full_name;
    uint64_t published = self->declared[RTI_OBJECTS_KIND][class_index].published;

    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    if (published == 0)
        return base_error (MST_E_CLASS_NOT_PUBLISHED,
                           "federate \"%s\" does not publish \"%s\": publish it before acquiring",
                           self->name, class);
    if ((mask & ~published) != 0)
        return base_error (MST_E_ATTRIBUTE_NOT_PUBLISHED,
                           "federate \"%s\" does not publish attribute %d of \"%s\"", self->name,
                           __builtin_ctzll (mask & ~published) + 1, class);
    uint64_t owned = mask & rti_owned (object, self->handle);
    if (owned != 0)
        return base_error (MST_E_OWNS_ATTRIBUTES,
                           "federate \"%s\" owns attribute %d of object \"%s\" already", self->name,
                           __builtin_ctzll (owned) + 1, object->name);
    return MST_OK;
}

static void rti_acquire_free (rti_call_t *call, rti_object_t *object, uint64_t mask,
                              wire_bytes_t tag)
{
    base_assert (call->federate != NULL);
    base_assert ((rti_owned_by_any (object) & mask) == 0);
    rti_own (call->federation, object, call->federate->handle, mask);
    rti_acquisition_drop (call->federation, object, call->federate->handle, mask);
    rti_ownership_tell (call->federate, NULL,
                        WIRE_SERVICE_ATTRIBUTE_OWNERSHIP_ACQUISITION_NOTIFICATION, object, mask,
                        tag);
}

mst_err_t rti_acquire (rti_call_t *call)
{
    const wire_attribute_ownership_acquisition_t *args = call->args;
    rti_object_t *object = NULL;
    uint32_t class_index = 0;
    uint64_t mask = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_attributes_of (call, args->object_instance, args->desired_attributes,
                                       &object, &class_index, &mask);
    if (!err)
        err = rti_acquire_check (call, object, class_index, mask);
    if (!err)
        /*  One share for what is free now, one for what it will wait for. */
        err = rti_shares_room (object, 2);
    if (err || mask == 0)
        return err;
    uint64_t taken = mask & rti_owned_by_any (object);
    /*  The wish first: it is the last step that can fail. */
    if (taken != 0)
        err = rti_wish_add (call, object, taken);
    if (err)
        return err;
    if (taken != mask)
        rti_acquire_free (call, object, mask & ~taken, args->user_supplied_tag);
    rti_release_ask (call->federation, object, call->federate->handle, taken,
                     args->user_supplied_tag);
    return MST_OK;
}

mst_err_t rti_acquire_available (rti_call_t *call)
{
    const wire_attribute_ownership_acquisition_if_available_t *args = call->args;
    rti_object_t *object = NULL;
    uint32_t class_index = 0;
    uint64_t mask = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_attributes_of (call, args->object_instance, args->desired_attributes,
                                       &object, &class_index, &mask);
    if (!err)
        err = rti_acquire_check (call, object, class_index, mask);
    if (!err)
        err = rti_shares_room (object, 1);
    if (err || mask == 0)
        return err;
    const rti_acquisition_t *wish = rti_wish_of (object, call->federate->handle);
    if (wish && (wish->mask & mask) != 0)
        return base_error (MST_E_OWNERSHIP_PENDING,
                           "federate \"%s\" waits for attribute %d of object \"%s\" already",
                           call->federate->name, __builtin_ctzll (wish->mask & mask) + 1,
                           object->name);
    uint64_t taken = mask & rti_owned_by_any (object);
    if (taken != mask)
        rti_acquire_free (call, object, mask & ~taken, args->user_supplied_tag);
    if (taken != 0)
        rti_ownership_tell (call->federate, NULL, WIRE_SERVICE_ATTRIBUTE_OWNERSHIP_UNAVAILABLE,
                            object, taken, args->user_supplied_tag);
    return MST_OK;
}

mst_err_t rti_cancel_acquisition (rti_call_t *call)
{
    const wire_cancel_attribute_ownership_acquisition_t *args = call->args;
    wire_confirm_attribute_ownership_acquisition_cancellation_t confirm;
    const rti_federate_t *self = call->federate;
    rti_attributes_t memory;
    rti_object_t *object = NULL;
    uint32_t class_index = 0;
    uint64_t mask = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_attributes_of (call, args->object_instance, args->attributes, &object,
                                       &class_index, &mask);
    if (err || mask == 0)
        return err;
    const rti_acquisition_t *wish = rti_wish_of (object, self->handle);
    uint64_t missing = mask & ~(wish ? wish->mask : 0);
    if ((missing & rti_owned (object, self->handle)) != 0)
        return base_error (MST_E_ALREADY_OWNED,
                           "federate \"%s\" owns attribute %d of object \"%s\" by now: there is "
                           "nothing to cancel",
                           self->name,
                           __builtin_ctzll (missing & rti_owned (object, self->handle)) + 1,
                           object->name);
    if (missing != 0)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "federate \"%s\" does not wait for attribute %d of object \"%s\"",
                           self->name, __builtin_ctzll (missing) + 1, object->name);
    rti_acquisition_drop (call->federation, object, self->handle, mask);
    confirm.object_instance = object->handle;
    confirm.attributes = rti_mask_handles (mask, &memory);
    rti_tell (call->federate, WIRE_SERVICE_CONFIRM_ATTRIBUTE_OWNERSHIP_ACQUISITION_CANCELLATION,
              &confirm);
    return MST_OK;
}

mst_err_t rti_query_ownership (rti_call_t *call)
{
    const wire_query_attribute_ownership_t *args = call->args;
    rti_attributes_t memory;
    rti_object_t *object = NULL;
    uint32_t class_index = 0;
    uint64_t mask = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_attributes_of (call, args->object_instance, args->attributes, &object,
                                       &class_index, &mask);
    if (err)
        return err;
    BASE_LIST_EACH (&object->shares, i) {
        const rti_share_t *share = &object->shares.items[i];
        if ((share->mask & mask) == 0)
            continue;
        wire_inform_attribute_ownership_t inform = { .object_instance = object->handle,
                                                     .attributes = rti_mask_handles (
                                                         share->mask & mask, &memory),
                                                     .federate = share->federate };
        rti_tell (call->federate, WIRE_SERVICE_INFORM_ATTRIBUTE_OWNERSHIP, &inform);
        /*  What is left in the end has no owner. */
        mask &= ~share->mask;
    }
    if (mask == 0)
        return MST_OK;
    wire_attribute_is_not_owned_t none = { object->handle, rti_mask_handles (mask, &memory) };
    rti_tell (call->federate, WIRE_SERVICE_ATTRIBUTE_IS_NOT_OWNED, &none);
    return MST_OK;
}

mst_err_t rti_is_owned (rti_call_t *call)
{
    const wire_is_attribute_owned_by_federate_t *args = call->args;
    wire_is_attribute_owned_by_federate_result_t *result = call->result;
    rti_object_t *object = NULL;
    uint32_t class_index = 0;
    uint64_t mask = 0;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err =
        rti_attributes_of (call, args->object_instance, (wire_handles_t){ &args->attribute, 1 },
                           &object, &class_index, &mask);
    if (err)
        return err;
    result->owned = (rti_owned (object, call->federate->handle) & mask) != 0;
    return MST_OK;
}
