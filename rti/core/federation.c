/*  Federation executions: created with an object model, listed, destroyed when empty. */
#include "rti/core/state.h"
#include "fom/image.h"
#include "fom/limits.h"
#include "fom/reader.h"

#include <string.h>

/*  Names ------------------------------------------------------------------------------------- */

wire_text_t rti_text (const char *text)
{
    return (wire_text_t){ text, text ? strlen (text) : 0 };
}

char *rti_text_copy (wire_text_t text)
{
    base_assert (text.data != NULL || text.size_bytes == 0);
    return base_strndup (text.data, (size_t) text.size_bytes);
}

mst_err_t rti_name_check (const char *what, wire_text_t name)
{
    base_assert (what != NULL);
    if (name.size_bytes == 0)
        return base_error (MST_E_ILLEGAL_NAME, "the name of %s is empty", what);
    if (name.size_bytes > RTI_NAME_BYTES)
        return base_error (MST_E_LIMIT, "the name of %s has %llu bytes; limits.name_bytes is %d",
                           what, (unsigned long long) name.size_bytes, RTI_NAME_BYTES);
    for (uint64_t i = 0; i < name.size_bytes; i++)
        if ((unsigned char) name.data[i] < 0x20 || name.data[i] == 0x7f)
            return base_error (MST_E_ILLEGAL_NAME,
                               "the name of %s has the control character 0x%02x at byte %llu", what,
                               (unsigned) (unsigned char) name.data[i], (unsigned long long) i);
    return MST_OK;
}

rti_federation_t *rti_federation_find (const rti_core_t *core, wire_text_t name)
{
    uint64_t value;
    base_assert (core != NULL);
    if (!name.data || !base_names_get (&core->federations, name.data, name.size_bytes, &value))
        return NULL;
    return (rti_federation_t *) (uintptr_t) value;
}

/*  The object model ------------------------------------------------------------------------- */

static mst_err_t rti_module_read (base_arena_t *arena, const wire_module_item_t *item,
                                  fom_module_t **module)
{
    base_assert (arena != NULL);
    base_assert (item != NULL);
    if (item->form != WIRE_MODULE_FILE)
        return base_error (
            MST_E_FOM_INVALID,
            "object model \"%.*s\": give the XML text itself, neither an archive nor "
            "a URL",
            RTI_SHOW (item->name));
    char *label = base_arena_copy (arena, item->name.data, (size_t) item->name.size_bytes);
    if (!label)
        return base_alloc_error ();
    return fom_read (label, item->content.data, (size_t) item->content.size_bytes, module);
}

/*  An update has a 64-bit mask. */
static mst_err_t rti_model_check (const fom_model_t *model)
{
    base_assert (model != NULL);
    for (uint32_t i = 0; i < model->objects.count; i++)
        if (model->objects.classes[i].member_count > RTI_ATTRIBUTES)
            return base_error (MST_E_LIMIT,
                               "object class \"%s\" has %u attributes, inherited ones included; at "
                               "most %d are supported",
                               model->objects.classes[i].full_name,
                               model->objects.classes[i].member_count, RTI_ATTRIBUTES);
    base_assert (model->objects.count > 0 && model->interactions.count > 0);
    return MST_OK;
}

static mst_err_t rti_model_read (base_arena_t *arena, const wire_modules_t *items,
                                 fom_model_t **model)
{
    fom_module_t *modules[FOM_MODULES_MAX] = { NULL };
    mst_err_t err = MST_OK;

    base_assert (arena != NULL);
    base_assert (items != NULL);
    if (items->count == 0)
        return base_error (MST_E_FOM_INVALID, "no object model is given: at least one is needed");
    if (items->count > FOM_MODULES_MAX)
        return base_error (MST_E_LIMIT,
                           "%llu object model modules are given; FOM_MODULES_MAX is %d",
                           (unsigned long long) items->count, FOM_MODULES_MAX);
    for (uint64_t i = 0; !err && i < items->count; i++)
        err = rti_module_read (arena, &items->items[i], &modules[i]);
    if (!err)
        err = fom_merge (modules, (size_t) items->count, model);
    for (uint64_t i = 0; i < items->count; i++)
        fom_module_destroy (&modules[i]);
    if (err)
        return err;
    err = rti_model_check (*model);
    if (err)
        fom_model_destroy (model);
    return err;
}

/*  Life -------------------------------------------------------------------------------------- */

void rti_federation_free (rti_federation_t *self)
{
    if (!self)
        return;
    /*  Migrations before the objects that they hold, and objects before the members, among whom
       they look for their owners. */
    rti_migrations_free (self);
    for (rti_object_t *object; (object = rti_object_first (self)) != NULL;)
        rti_object_free (self, object);
    rti_points_free (self);
    rti_barriers_free (self);
    BASE_LIST_EACH (&self->members, i)
        rti_federate_free (self->members.items[i]);
    BASE_LIST_EACH (&self->reports, i) {
        base_free (self->reports.items[i].name);
        base_free (self->reports.items[i].value);
        base_free (self->reports.items[i].federate);
    }
    BASE_LIST_FINI (&self->reports);
    rti_departed_free (self);
    BASE_LIST_FINI (&self->members);
    BASE_LIST_FINI (&self->recorders);
    BASE_LIST_FINI (&self->slots);
    base_map_fini (&self->slot_of);
    base_names_fini (&self->federate_names);
    base_map_fini (&self->objects);
    base_names_fini (&self->object_names);
    timemgmt_grants_fini (&self->grants);
    timemgmt_bounds_destroy (&self->bounds);
    fom_model_destroy (&self->model);
    base_buffer_fini (&self->image);
    base_free (self->extents);
    base_free (self->name);
    base_free (self);
}

static mst_err_t rti_time_type_find (wire_text_t name, timemgmt_type_t *type)
{
    static const char *const names[] = { "HLAinteger64Time", "HLAfloat64Time" };

    base_assert (type != NULL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (name.size_bytes == strlen (names[i]) &&
            memcmp (name.data, names[i], (size_t) name.size_bytes) == 0) {
            *type = i == 0 ? TIMEMGMT_INTEGER64 : TIMEMGMT_FLOAT64;
            return MST_OK;
        }
    return base_error (MST_E_INVALID_ARGUMENT,
                       "logical time \"%.*s\" is unknown: use HLAinteger64Time or HLAfloat64Time",
                       RTI_SHOW (name));
}

/*  The resign action for who is lost. */
static wire_resign_action_t rti_model_directive (const fom_model_t *model)
{
    base_assert (model != NULL);
    static const char *const words[] = {
        "UnconditionallyDivestAttributes",    "DeleteObjects",
        "CancelPendingOwnershipAcquisitions", "DeleteObjectsThenDivest",
        "CancelThenDeleteThenDivest",         "NoAction"
    }; /* in the order of wire_resign_action_t */
    for (uint32_t i = 0; i < model->switch_count; i++)
        if (strcmp (model->switches[i].name, "automaticResignAction") == 0)
            for (size_t j = 0; j < sizeof words / sizeof words[0]; j++)
                if (strcmp (model->switches[i].value, words[j]) == 0)
                    return (wire_resign_action_t) j;
    return WIRE_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST;
}

static mst_err_t rti_federation_fill (rti_federation_t *self)
{
    timemgmt_bounds_options_t options = TIMEMGMT_BOUNDS_OPTIONS;

    base_assert (self->core != NULL);
    options.type = self->time_type;
    options.non_regulated_grants = fom_switch_on (self->model, "nonRegulatedGrant", true);
    self->directive = rti_model_directive (self->model);
    self->bounds = timemgmt_bounds_new (&options);
    self->barriers = timemgmt_barriers_new ();
    self->extents = base_calloc (self->model->objects.count, sizeof *self->extents);
    if (!self->bounds || !self->barriers || !self->extents)
        return base_alloc_error ();
    return fom_image_encode (self->model, &self->image);
}

/*  Takes the model over, also when it fails. */
static mst_err_t rti_federation_new (rti_core_t *core, wire_text_t name, timemgmt_type_t time_type,
                                     fom_model_t *model, rti_federation_t **self_p)
{
    base_assert (core != NULL);
    base_assert (model != NULL);
    rti_federation_t *self = base_calloc (1, sizeof *self);
    if (!self) {
        fom_model_destroy (&model);
        return base_alloc_error ();
    }
    self->core = core;
    self->model = model;
    self->time_type = time_type;
    self->name = rti_text_copy (name);
    mst_err_t err = self->name ? rti_federation_fill (self) : base_alloc_error ();
    /*  The name last: nobody finds a federation that is half made. */
    if (!err)
        err = base_names_set (&core->federations, self->name, strlen (self->name),
                              (uint64_t) (uintptr_t) self);
    if (err) {
        rti_federation_free (self);
        return err;
    }
    self->number = ++core->federation_number;
    *self_p = self;
    return MST_OK;
}

static mst_err_t rti_create_check (const rti_core_t *core, wire_text_t name)
{
    base_assert (core != NULL);
    mst_err_t err = rti_name_check ("a federation execution", name);
    if (err)
        return err;
    if (rti_federation_find (core, name))
        return base_error (
            MST_E_FEDERATION_EXISTS,
            "federation execution \"%.*s\" exists already: join it, or choose another "
            "name",
            RTI_SHOW (name));
    if (core->federations.count >= core->options.federations_max)
        return base_error (MST_E_LIMIT, "limits.federations (%u) is reached",
                           core->options.federations_max);
    return MST_OK;
}

static mst_err_t rti_create_any (rti_call_t *call, wire_text_t name, const wire_modules_t *modules,
                                 timemgmt_type_t time_type)
{
    rti_federation_t *federation = NULL;
    fom_model_t *model = NULL;

    base_assert (call->core != NULL && call->link != NULL);
    base_assert (modules != NULL);
    mst_err_t err = rti_create_check (call->core, name);
    if (!err)
        err = rti_model_read (&call->core->arena, modules, &model);
    if (!err)
        err = rti_federation_new (call->core, name, time_type, model, &federation);
    if (err)
        return err;
    rti_log (call->core,
             "federation execution \"%s\" is created: %u object classes, %u interaction "
             "classes",
             federation->name, federation->model->objects.count,
             federation->model->interactions.count);
    return MST_OK;
}

mst_err_t rti_create (rti_call_t *call)
{
    const wire_create_federation_execution_t *args = call->args;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    return rti_create_any (call, args->federation_name, &args->fom_module, TIMEMGMT_INTEGER64);
}

mst_err_t rti_create_with_modules (rti_call_t *call)
{
    const wire_create_federation_execution_with_modules_t *args = call->args;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    return rti_create_any (call, args->federation_name, &args->fom_modules, TIMEMGMT_INTEGER64);
}

mst_err_t rti_create_with_time (rti_call_t *call)
{
    const wire_create_federation_execution_with_time_t *args = call->args;
    timemgmt_type_t type;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    mst_err_t err = rti_time_type_find (args->logical_time_implementation_name, &type);
    return err ? err : rti_create_any (call, args->federation_name, &args->fom_module, type);
}

mst_err_t rti_create_with_modules_and_time (rti_call_t *call)
{
    const wire_create_federation_execution_with_modules_and_time_t *args = call->args;
    timemgmt_type_t type;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    mst_err_t err = rti_time_type_find (args->logical_time_implementation_name, &type);
    return err ? err : rti_create_any (call, args->federation_name, &args->fom_modules, type);
}

static mst_err_t rti_unknown (wire_text_t name)
{
    return base_error (MST_E_FEDERATION_UNKNOWN,
                       "there is no federation execution \"%.*s\": create it first",
                       RTI_SHOW (name));
}

mst_err_t rti_destroy (rti_call_t *call)
{
    const wire_destroy_federation_execution_t *args = call->args;
    rti_federation_t *federation = rti_federation_find (call->core, args->federation_name);

    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    if (!federation)
        return rti_unknown (args->federation_name);
    if (federation->members.count > 0)
        return base_error (MST_E_FEDERATES_JOINED,
                           "federation execution \"%s\" still has %zu federates (\"%s\" …): they "
                           "resign first",
                           federation->name, federation->members.count,
                           federation->members.items[0]->name);
    rti_log (call->core, "federation execution \"%s\" is destroyed", federation->name);
    (void) base_names_remove (&call->core->federations, federation->name,
                              strlen (federation->name));
    rti_federation_free (federation);
    return MST_OK;
}

/*  Lists ------------------------------------------------------------------------------------- */

mst_err_t rti_list_federations (rti_call_t *call)
{
    rti_core_t *core = call->core;
    uint32_t count = core->federations.count;

    base_assert (call->core != NULL && call->link != NULL);
    wire_text_pair_t *pairs = base_arena_alloc (&core->arena, count, sizeof *pairs);
    if (!pairs)
        return base_alloc_error ();
    for (uint32_t i = 0; i < count; i++) {
        const rti_federation_t *federation =
            (const rti_federation_t *) (uintptr_t) core->federations.entries[i].value;
        bool whole = federation->time_type == TIMEMGMT_INTEGER64;
        pairs[i].first = rti_text (federation->name);
        pairs[i].second = rti_text (whole ? "HLAinteger64Time" : "HLAfloat64Time");
    }
    wire_report_federation_executions_t report = { .report = { pairs, count } };
    rti_tell_link (core, call->link, WIRE_SERVICE_REPORT_FEDERATION_EXECUTIONS, &report);
    return MST_OK;
}

mst_err_t rti_list_members (rti_call_t *call)
{
    const wire_list_federation_execution_members_t *args = call->args;
    rti_core_t *core = call->core;
    const rti_federation_t *federation = rti_federation_find (core, args->federation_name);

    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    if (!federation) {
        wire_report_federation_execution_does_not_exist_t none = { args->federation_name };
        rti_tell_link (core, call->link, WIRE_SERVICE_REPORT_FEDERATION_EXECUTION_DOES_NOT_EXIST,
                       &none);
        return MST_OK;
    }
    size_t count = federation->members.count;
    wire_text_pair_t *pairs = base_arena_alloc (&core->arena, count, sizeof *pairs);
    if (!pairs)
        return base_alloc_error ();
    for (size_t i = 0; i < count; i++) {
        pairs[i].first = rti_text (federation->members.items[i]->name);
        pairs[i].second = rti_text (federation->members.items[i]->type);
    }
    wire_report_federation_execution_members_t report = { args->federation_name, { pairs, count } };
    rti_tell_link (core, call->link, WIRE_SERVICE_REPORT_FEDERATION_EXECUTION_MEMBERS, &report);
    return MST_OK;
}
