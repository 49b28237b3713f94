/*  Names of objects: reserved by a federate, used by an object, free again with it. One table holds
   both: its value is a pointer to the object, or (federate << 1) + 1 for a reservation. */
#include "rti/core/state.h"

#include <string.h>

_Static_assert(_Alignof(rti_object_t) > 1, "the lowest bit of a pointer is free");

static uint64_t rti_reservation (uint32_t federate)
{
    base_assert (federate != 0);
    return (uint64_t) federate << 1 | 1;
}

static bool rti_name_get (const rti_federation_t *self, wire_text_t name, uint64_t *value)
{
    base_assert (self->core != NULL);
    base_assert (name.data != NULL);
    return base_names_get (&self->object_names, name.data, (size_t) name.size_bytes, value);
}

rti_object_t *rti_name_object (const rti_federation_t *self, const char *name)
{
    uint64_t value;
    base_assert (self->core != NULL);
    base_assert (name != NULL);
    if (!rti_name_get (self, rti_text (name), &value) || (value & 1) != 0)
        return NULL;
    return (rti_object_t *) (uintptr_t) value;
}

mst_err_t rti_name_usable (const rti_federate_t *self, wire_text_t name, bool derived)
{
    uint64_t value;
    bool known = rti_name_get (self->federation, name, &value);

    base_assert (self->federation != NULL);
    if (known && value == rti_reservation (self->handle))
        return MST_OK;
    if (known && (value & 1) == 0)
        return base_error (MST_E_NAME_IN_USE, "object name \"%.*s\" is in use: choose another",
                           RTI_SHOW (name));
    if (known)
        return base_error (MST_E_NAME_NOT_RESERVED,
                           "object name \"%.*s\" is reserved by another federate", RTI_SHOW (name));
    if (derived)
        return MST_OK;
    return base_error (MST_E_NAME_NOT_RESERVED,
                       "object name \"%.*s\" is not reserved by federate \"%s\": reserve it before "
                       "registering",
                       RTI_SHOW (name), self->name);
}

mst_err_t rti_name_use (rti_federation_t *self, const char *name, rti_object_t *object)
{
    base_assert (self->core != NULL);
    base_assert (((uintptr_t) object & 1) == 0);
    return base_names_set (&self->object_names, name, strlen (name), (uint64_t) (uintptr_t) object);
}

void rti_names_forget (rti_federation_t *self, uint32_t federate)
{
    base_assert (self->core != NULL);
    base_assert (federate != 0);
    for (uint32_t i = self->object_names.count; i-- > 0;) {
        const base_name_t *entry = &self->object_names.entries[i];
        if (entry->value == rti_reservation (federate))
            (void) base_names_remove (&self->object_names, entry->text, entry->size_bytes);
    }
}

/*  Reserving --------------------------------------------------------------------------------- */

static mst_err_t rti_object_name_check (wire_text_t name)
{
    mst_err_t err = rti_name_check ("an object", name);
    if (err)
        return err;
    if (name.size_bytes >= 3 && memcmp (name.data, "HLA", 3) == 0)
        return base_error (MST_E_ILLEGAL_NAME,
                           "object name \"%.*s\" begins with \"HLA\", which belongs to the RTI",
                           RTI_SHOW (name));
    return MST_OK;
}

static mst_err_t rti_names_limit (const rti_call_t *call, uint64_t more)
{
    uint64_t most = 2 * call->core->options.objects_max;
    base_assert (call->federation != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    if (call->federation->object_names.count + more > most)
        return base_error (
            MST_E_LIMIT, "object names of \"%s\": twice limits.objects (%llu) is reached",
            call->federation->name, (unsigned long long) call->core->options.objects_max);
    return MST_OK;
}

mst_err_t rti_reserve_name (rti_call_t *call)
{
    const wire_reserve_object_instance_name_t *args = call->args;
    wire_text_t name = args->object_instance_name;
    uint64_t value;
    bool free;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_object_name_check (name);
    if (!err)
        err = rti_names_limit (call, 1);
    if (err)
        return err;
    free = !rti_name_get (call->federation, name, &value);
    if (free)
        err = base_names_set (&call->federation->object_names, name.data, (size_t) name.size_bytes,
                              rti_reservation (call->federate->handle));
    if (err)
        return err;
    wire_object_instance_name_reservation_succeeded_t answer = { name };
    _Static_assert(sizeof answer == sizeof (wire_object_instance_name_reservation_failed_t),
                   "both have the same arguments");
    rti_tell (call->federate,
              free ? WIRE_SERVICE_OBJECT_INSTANCE_NAME_RESERVATION_SUCCEEDED
                   : WIRE_SERVICE_OBJECT_INSTANCE_NAME_RESERVATION_FAILED,
              &answer);
    return MST_OK;
}

static void rti_names_release (rti_federation_t *self, wire_texts_t names, uint64_t count)
{
    base_assert (self->core != NULL);
    for (uint64_t i = 0; i < count; i++)
        (void) base_names_remove (&self->object_names, names.items[i].data,
                                  (size_t) names.items[i].size_bytes);
}

/*  All, or none: *free tells which. A name that stands twice among them is taken by the first. */
static mst_err_t rti_names_reserve (rti_call_t *call, wire_texts_t names, bool *free)
{
    uint64_t value, done = 0;
    mst_err_t err = MST_OK;

    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    *free = true;
    while (!err && *free && done < names.count) {
        *free = !rti_name_get (call->federation, names.items[done], &value);
        if (*free)
            err = base_names_set (&call->federation->object_names, names.items[done].data,
                                  (size_t) names.items[done].size_bytes,
                                  rti_reservation (call->federate->handle));
        done += *free && !err;
    }
    if (err || !*free)
        rti_names_release (call->federation, names, done);
    return err;
}

mst_err_t rti_reserve_names (rti_call_t *call)
{
    const wire_reserve_multiple_object_instance_names_t *args = call->args;
    wire_texts_t names = args->object_instance_names;
    bool free;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    if (names.count == 0)
        return base_error (MST_E_INVALID_ARGUMENT, "no object names are given to be reserved");
    mst_err_t err = rti_names_limit (call, names.count);
    for (uint64_t i = 0; !err && i < names.count; i++)
        err = rti_object_name_check (names.items[i]);
    if (!err)
        err = rti_names_reserve (call, names, &free);
    if (err)
        return err;
    wire_multiple_object_instance_name_reservation_succeeded_t answer = { names };
    _Static_assert(sizeof answer ==
                       sizeof (wire_multiple_object_instance_name_reservation_failed_t),
                   "both have the same arguments");
    rti_tell (call->federate,
              free ? WIRE_SERVICE_MULTIPLE_OBJECT_INSTANCE_NAME_RESERVATION_SUCCEEDED
                   : WIRE_SERVICE_MULTIPLE_OBJECT_INSTANCE_NAME_RESERVATION_FAILED,
              &answer);
    return MST_OK;
}

static mst_err_t rti_release_check (const rti_call_t *call, wire_text_t name)
{
    uint64_t value;
    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    if (rti_name_get (call->federation, name, &value) &&
        value == rti_reservation (call->federate->handle))
        return MST_OK;
    return base_error (MST_E_NAME_NOT_RESERVED,
                       "object name \"%.*s\" is not reserved by federate \"%s\", or is in use",
                       RTI_SHOW (name), call->federate->name);
}

mst_err_t rti_release_name (rti_call_t *call)
{
    const wire_release_object_instance_name_t *args = call->args;
    wire_texts_t names = { &args->object_instance_name, 1 };
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    mst_err_t err = rti_release_check (call, args->object_instance_name);
    if (!err)
        rti_names_release (call->federation, names, 1);
    return err;
}

mst_err_t rti_release_names (rti_call_t *call)
{
    const wire_release_multiple_object_instance_names_t *args = call->args;
    wire_texts_t names = args->object_instance_names;
    mst_err_t err = MST_OK;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    for (uint64_t i = 0; !err && i < names.count; i++)
        err = rti_release_check (call, names.items[i]);
    if (!err)
        rti_names_release (call->federation, names, names.count);
    return err;
}
