/*  The objects that this federate knows: its own and the discovered ones. */
#include "federate/core/internal.h"
#include "base/decimal.h"

#include <stdio.h>
#include <string.h>

federate_object_t *federate_object (const federate_core_t *self, uint64_t id)
{
    base_assert (self != NULL);
    return base_map_pointer (&self->objects, id);
}

mst_err_t federate_object_add (federate_core_t *self, uint64_t id, uint32_t class_index,
                               const char *name, size_t name_size_bytes, uint32_t producer,
                               federate_object_t **object)
{
    base_assert (self != NULL && object != NULL);
    base_assert (class_index < self->model->objects.count);
    *object = base_calloc (1, sizeof **object + name_size_bytes + 1);
    if (!*object)
        return base_alloc_error ();
    (*object)->id = id;
    (*object)->class_index = (*object)->routed_as = class_index;
    (*object)->producer = producer;
    memcpy ((*object)->name, name, name_size_bytes);
    mst_err_t err = base_map_set_pointer (&self->objects, id, *object);
    if (!err && (err = base_names_set (&self->object_names, name, name_size_bytes, id)))
        base_map_remove (&self->objects, id);
    if (err) {
        base_free (*object);
        *object = NULL;
    }
    return err;
}

void federate_object_remove (federate_core_t *self, federate_object_t *object)
{
    uint64_t id;

    base_assert (self != NULL && object != NULL);
    if (object->hidden) {
        self->hidden--;
        federate_recall_forget (self, object->id);
    }
    if (base_names_get (&self->object_names, object->name, strlen (object->name), &id) &&
        id == object->id)
        base_names_remove (&self->object_names, object->name, strlen (object->name));
    base_map_remove (&self->objects, object->id);
    if (*federate_recent (self, object->id) == object)
        *federate_recent (self, object->id) = NULL;
    federate_object_free (object);
}

/*  What came without a time finds it unknown; what is in the order of time, see
   federate_recall_behind. */
void federate_object_hide (federate_core_t *self, federate_object_t *object, int64_t time)
{
    base_assert (self != NULL && !object->hidden);
    object->hidden = true;
    object->hidden_from = time;
    object->alive = object->since;
    object->since = UINT64_MAX;
    self->hidden++;
}

void federate_object_show (federate_core_t *self, federate_object_t *object)
{
    base_assert (self != NULL && object->hidden && self->hidden > 0);
    object->hidden = false;
    object->since = object->alive;
    self->hidden--;
}

void federate_object_free (federate_object_t *object)
{
    base_assert (object != NULL);
    if (object->removal)
        federate_callback_free (object->removal);
    base_free (object->removal);
    base_free (object);
}

void federate_object_queued (federate_core_t *self, uint64_t id)
{
    federate_object_t *object = id ? federate_object_recent (self, id) : NULL;
    if (object)
        object->queued++;
}

mst_err_t federate_object_unqueued (federate_core_t *self, uint64_t id)
{
    federate_object_t *object = id ? federate_object_recent (self, id) : NULL;
    if (!object || object->queued == 0 || --object->queued > 0 || !object->removal)
        return MST_OK;
    mst_err_t err = federate_control_queue (self, object->removal);
    if (err) {
        object->queued = 1; /* tried again with the next call */
        return err;
    }
    base_free (object->removal);
    object->removal = NULL;
    return MST_OK;
}

mst_err_t federate_object_delete (federate_core_t *self, federate_object_t *object, int64_t time,
                                  wire_bytes_t tag)
{
    wire_delete_t args = { .object = object->id, .time = time, .tag = tag };
    uint32_t class_index = object->routed_as;

    base_assert (self != NULL && object != NULL);
    /*  With marks: the removal must not overtake what was sent before it (docs/protocol.md,
       section 3). */
    mst_err_t err = federate_control_send (self, WIRE_SERVICE_DELETE, &args, true, 0);
    if (!err)
        /*  What is sent next to the class's subscribers waits until the RTI has processed this. */
        err = federate_route_issue (self, class_index);
    if (!err)
        federate_object_remove (self, object);
    return err;
}

static mst_err_t choose_name (federate_core_t *self, const char *name, char *made, size_t size)
{
    uint64_t ignored;

    if (!name) {
        size_t length = strlen (self->name);
        base_assert (length + 1 + BASE_DECIMAL_MAX < size);
        memcpy (made, self->name, length);
        made[length++] = '.';
        made[length + base_decimal (made + length, self->object_counter + 1)] = '\0';
        return MST_OK;
    }
    if (!base_names_get (&self->reserved, name, strlen (name), &ignored))
        return base_error (
            MST_E_NAME_NOT_RESERVED,
            "the object name \"%s\" is not reserved by %s: call mst_reserve_names and "
            "wait for name_reserved",
            name, self->name);
    if (base_names_get (&self->object_names, name, strlen (name), &ignored))
        return base_error (MST_E_NAME_IN_USE, "an object named \"%s\" exists already", name);
    (void) snprintf (made, size, "%s", name);
    return MST_OK;
}

mst_err_t federate_core_register (federate_core_t *self, uint32_t class_handle, const char *name,
                                  mst_object_t *object)
{
    char made[WIRE_NAME_MAX + 1 + BASE_DECIMAL_MAX + 1]; /* also a derived one */
    federate_object_t *fresh;

    base_assert (self != NULL && object != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    if (class_handle == 0 || class_handle > self->model->objects.count)
        return base_error (MST_E_CLASS_UNKNOWN, "there is no object class with handle %u",
                           class_handle);
    federate_class_t *in = &self->classes[class_handle - 1];
    if (in->published == 0)
        return base_error (MST_E_CLASS_NOT_PUBLISHED,
                           "%s does not publish the class %s: call mst_publish", self->name,
                           fom_class (&self->model->objects, class_handle - 1)->full_name);
    err = choose_name (self, name, made, sizeof made);
    if (err)
        return err;
    if (self->object_counter + 1 >= UINT64_C (1) << FEDERATE_OBJECT_COUNTER_BITS)
        return base_error (MST_E_LIMIT, "%s has used up its %d-bit block of object handles",
                           self->name, FEDERATE_OBJECT_COUNTER_BITS);
    uint64_t id =
        ((uint64_t) self->self << FEDERATE_OBJECT_COUNTER_BITS) | (self->object_counter + 1);
    err = federate_object_add (self, id, class_handle - 1, made, strlen (made), self->self, &fresh);
    if (err)
        return err;
    wire_register_t args = { .object = id,
                             .class = class_handle,
                             .name = { name ? made : NULL, name ? strlen (made) : 0 } };
    err = federate_control_send (self, WIRE_SERVICE_REGISTER, &args, false, 0);
    if (err) {
        federate_object_remove (self, fresh);
        return err;
    }
    self->object_counter++;
    fresh->owned = in->published | 1u; /* the privilege to delete is the registrar's */
    fresh->epoch = 1;
    *object = (mst_object_t){ id };
    return federate_route_issue (self, class_handle - 1);
}

static mst_err_t check_name (const char *name)
{
    if (name[0] == '\0' || strncmp (name, "HLA", 3) == 0)
        return base_error (MST_E_ILLEGAL_NAME,
                           "\"%s\" cannot be an object's name: it is empty or begins with HLA",
                           name);
    if (strlen (name) >= WIRE_NAME_MAX)
        return base_error (MST_E_ILLEGAL_NAME, "an object's name has at most %d bytes",
                           WIRE_NAME_MAX - 1);
    return MST_OK;
}

mst_err_t federate_core_reserve (federate_core_t *self, const char *const *names, size_t count)
{
    base_assert (self != NULL && names != NULL);
    mst_err_t err = federate_check_joined (self);
    for (size_t i = 0; !err && i < count; i++)
        err = check_name (names[i]);
    if (err)
        return err;
    wire_text_t *texts = base_calloc (count, sizeof *texts);
    if (!texts)
        return base_alloc_error ();
    for (size_t i = 0; i < count; i++)
        texts[i] = (wire_text_t){ names[i], strlen (names[i]) };
    wire_reserve_multiple_object_instance_names_t args = { .object_instance_names = { texts,
                                                                                      count } };
    err = federate_control_send (self, WIRE_SERVICE_RESERVE_MULTIPLE_OBJECT_INSTANCE_NAMES, &args,
                                 false, 0);
    base_free (texts);
    return err;
}

mst_err_t federate_core_release_name (federate_core_t *self, const char *name)
{
    base_assert (self != NULL && name != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    uint64_t ignored;
    if (!base_names_get (&self->reserved, name, strlen (name), &ignored))
        return base_error (MST_E_NAME_NOT_RESERVED, "the object name \"%s\" is not reserved by %s",
                           name, self->name);
    wire_release_object_instance_name_t args = { .object_instance_name = { name, strlen (name) } };
    err = federate_control_send (self, WIRE_SERVICE_RELEASE_OBJECT_INSTANCE_NAME, &args, false, 0);
    if (!err)
        base_names_remove (&self->reserved, name, strlen (name));
    return err;
}

static mst_err_t object_unknown (const federate_core_t *self, uint64_t id)
{
    return base_error (MST_E_OBJECT_UNKNOWN,
                       "%s knows no object with handle 0x%llx: it was never "
                       "discovered, or is deleted",
                       self->name, (unsigned long long) id);
}

mst_err_t federate_core_forget (federate_core_t *self, mst_object_t object)
{
    base_assert (self != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    federate_object_t *known = federate_object (self, object.id);
    if (!known || known->doomed)
        return object_unknown (self, object.id);
    if (known->owned || known->migrating)
        return base_error (MST_E_OWNS_ATTRIBUTES, "%s owns attributes of \"%s\": divest them first",
                           self->name, known->name);
    if (known->acquiring)
        return base_error (MST_E_OWNERSHIP_PENDING,
                           "an acquisition of attributes of \"%s\" is pending", known->name);
    wire_local_delete_object_instance_t args = { .object_instance = object.id };
    err = federate_control_send (self, WIRE_SERVICE_LOCAL_DELETE_OBJECT_INSTANCE, &args, false, 0);
    if (!err)
        federate_object_remove (self, known);
    return err;
}

static uint64_t handles_of (uint64_t mask, uint64_t handles[FEDERATE_ATTRIBUTES_MAX])
{
    uint64_t count = 0;
    for (uint64_t bit = 0; bit < FEDERATE_ATTRIBUTES_MAX; bit++)
        if (mask >> bit & 1u)
            handles[count++] = bit + 1;
    return count;
}

mst_err_t federate_core_request_update (federate_core_t *self, mst_object_t object,
                                        uint32_t class_handle, uint64_t mask)
{
    uint64_t handles[FEDERATE_ATTRIBUTES_MAX];

    base_assert (self != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    if (object.id == 0) {
        wire_request_class_attribute_value_update_t args = {
            .object_class = class_handle,
            .attributes = { handles, handles_of (mask, handles) },
            .user_supplied_tag = { (const uint8_t *) "", 0 },
        };
        return federate_control_send (self, WIRE_SERVICE_REQUEST_CLASS_ATTRIBUTE_VALUE_UPDATE,
                                      &args, false, 0);
    }
    if (!federate_object (self, object.id))
        return object_unknown (self, object.id);
    wire_request_instance_attribute_value_update_t args = {
        .object_instance = object.id,
        .attributes = { handles, handles_of (mask, handles) },
        .user_supplied_tag = { (const uint8_t *) "", 0 },
    };
    return federate_control_send (self, WIRE_SERVICE_REQUEST_INSTANCE_ATTRIBUTE_VALUE_UPDATE, &args,
                                  false, 0);
}

/*  Questions
 * --------------------------------------------------------------------------------------- */

const char *federate_core_object_name (const federate_core_t *self, mst_object_t object)
{
    const federate_object_t *known = federate_object (self, object.id);
    return known && !known->doomed && !known->hidden ? known->name : NULL;
}

bool federate_core_object_find (const federate_core_t *self, const char *name, mst_object_t *object)
{
    base_assert (self != NULL && name != NULL);
    return base_names_get (&self->object_names, name, strlen (name), &object->id);
}

uint32_t federate_core_object_class (const federate_core_t *self, mst_object_t object)
{
    const federate_object_t *known = federate_object (self, object.id);
    return known && !known->doomed && !known->hidden ? known->class_index + 1 : 0;
}

uint64_t federate_core_owned (const federate_core_t *self, mst_object_t object)
{
    const federate_object_t *known = federate_object (self, object.id);
    return known ? known->owned : 0;
}

size_t federate_core_owned_count (const federate_core_t *self)
{
    size_t count = 0;
    base_assert (self != NULL);
    for (uint32_t i = 0; i < self->objects.count; i++) {
        const federate_object_t *known = federate_object (self, self->objects.entries[i].key);
        count += known && known->owned != 0;
    }
    base_assert (count <= self->objects.count);
    return count;
}
