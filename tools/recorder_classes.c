/*  Which classes are recorded, and their schemas. Each class is subscribed by itself, so that an
   object is known as what it was registered as, with all its attributes. */
#include "tools/recorder_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "fom/reader.h"

#include <string.h>

static const char privilege[] = "HLAprivilegeToDeleteObject"; /* attribute 1: never sent */

/*  One kind of class, seen alike. */
typedef struct class_kind {
    recorder_t *recorder;
    const fom_tree_t *tree; /* for the data types; NULL: unknown */
    bool interaction;
} class_kind_t;

static const char *class_name (const class_kind_t *kind, uint32_t id)
{
    return kind->interaction
               ? mst_interaction_name (kind->recorder->fed, (mst_interaction_class_t){ id })
               : mst_class_name (kind->recorder->fed, (mst_class_t){ id });
}

static const char *member_name (const class_kind_t *kind, uint32_t class_id, uint32_t id)
{
    mst_federate_t fed = kind->recorder->fed;
    return kind->interaction
               ? mst_parameter_name (fed, (mst_interaction_class_t){ class_id },
                                     (mst_parameter_t){ id })
               : mst_attribute_name (fed, (mst_class_t){ class_id }, (mst_attribute_t){ id });
}

/*  Is `name` the class `above`, or below it? Full names. */
static bool name_within (const char *name, const char *above)
{
    size_t length = strlen (above);
    return strncmp (name, above, length) == 0 && (name[length] == '\0' || name[length] == '.');
}

/*  The root and the standard's own management classes are nobody's data. */
static bool class_is_data (const char *name)
{
    return strchr (name, '.') != NULL && !name_within (name, "HLAobjectRoot.HLAmanager") &&
           !name_within (name, "HLAinteractionRoot.HLAmanager");
}

/*  The full name that a class of the options means among this kind; NULL: none. */
static const char *chosen_name (const class_kind_t *kind, const char *chosen)
{
    mst_class_t object;
    mst_interaction_class_t interaction;
    mst_federate_t fed = kind->recorder->fed;
    if (kind->interaction)
        return mst_interaction_find (fed, chosen, &interaction)
                   ? NULL
                   : mst_interaction_name (fed, interaction);
    return mst_class_find (fed, chosen, &object) ? NULL : mst_class_name (fed, object);
}

static bool class_wanted (const class_kind_t *kind, const char *name)
{
    const tools_recorder_options_t *options = kind->recorder->options;
    bool wanted = options->class_count == 0 && class_is_data (name);
    for (size_t i = 0; i < options->class_count && !wanted; i++) {
        const char *above = chosen_name (kind, options->classes[i]);
        wanted = above && name_within (name, above);
    }
    return wanted;
}

static const char *member_type (const class_kind_t *kind, const char *class_of, const char *name)
{
    uint32_t class_index, member;
    if (!kind->tree || fom_class_find (kind->tree, class_of, &class_index) ||
        fom_member_find (kind->tree, class_index, name, &member))
        return "";
    return fom_member (kind->tree, class_index, member)->type_name;
}

static mst_err_t class_subscribe (const class_kind_t *kind, uint32_t id)
{
    mst_federate_t fed = kind->recorder->fed;
    return kind->interaction ? mst_subscribe_interaction (fed, (mst_interaction_class_t){ id })
                             : mst_subscribe (fed, (mst_class_t){ id }, NULL, 0);
}

/*  Channel and subscription of one class. */
static mst_err_t class_add (const class_kind_t *kind, uint32_t id, uint32_t *channel)
{
    recorder_t *self = kind->recorder;
    const char *name = class_name (kind, id);
    uint32_t count = kind->interaction
                         ? mst_parameter_count (self->fed, (mst_interaction_class_t){ id })
                         : mst_attribute_count (self->fed, (mst_class_t){ id });
    uint32_t first = kind->interaction ? 1 : 2;
    BASE_LIST (log_member_t) members = { 0 };
    mst_err_t err = MST_OK;
    for (uint32_t i = first; i <= count && !err; i++) {
        const char *of = member_name (kind, id, i);
        log_member_t member = { of ? of : "", of ? member_type (kind, name, of) : "" };
        base_assert (!of || strcmp (of, privilege) != 0);
        err = BASE_LIST_PUSH (&members, member);
    }
    uint16_t fresh = 0;
    log_class_t description = { name, kind->interaction, members.items, (uint32_t) members.count };
    if (!err)
        err = log_writer_add_class (self->writer, &description, &fresh);
    if (!err)
        err = class_subscribe (kind, id);
    *channel = fresh;
    BASE_LIST_FINI (&members);
    return err;
}

static mst_err_t kind_declare (const class_kind_t *kind)
{
    recorder_t *self = kind->recorder;
    uint32_t count =
        kind->interaction ? mst_interaction_count (self->fed) : mst_class_count (self->fed);
    mst_err_t err = MST_OK;
    for (uint32_t id = 0; id <= count && !err; id++) { /* ids run from 1; 0 only fills its place */
        uint32_t channel = RECORDER_NO_CHANNEL;
        if (id > 0 && class_wanted (kind, class_name (kind, id)))
            err = class_add (kind, id, &channel);
        if (!err)
            err = kind->interaction ? BASE_LIST_PUSH (&self->interaction_channels, channel)
                                    : BASE_LIST_PUSH (&self->object_channels, channel);
    }
    return err;
}

/*  A class that the scenario asks for and the FOM does not have. */
static mst_err_t classes_known (recorder_t *self)
{
    const tools_recorder_options_t *options = self->options;
    class_kind_t objects = { self, NULL, false }, interactions = { self, NULL, true };
    for (size_t i = 0; i < options->class_count; i++)
        if (!chosen_name (&interactions, options->classes[i]) &&
            !chosen_name (&objects, options->classes[i]))
            return base_error_prefix (MST_E_CLASS_UNKNOWN, "record: ");
    return MST_OK;
}

static mst_err_t model_read (const tools_recorder_options_t *options, fom_model_t **model)
{
    BASE_LIST (fom_module_t *) modules = { 0 };
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < options->module_count && !err; i++) {
        fom_module_t *module = NULL;
        if (BASE_LIST_ROOM (&modules))
            err = base_alloc_error ();
        else if (!(err = fom_read (options->modules[i].name, options->modules[i].data,
                                   options->modules[i].size_bytes, &module)))
            BASE_LIST_PUT (&modules, module);
    }
    if (!err)
        err = fom_merge (modules.items, modules.count, model);
    BASE_LIST_EACH (&modules, i)
        fom_module_destroy (&modules.items[i]);
    BASE_LIST_FINI (&modules);
    return err;
}

mst_err_t recorder_declare (recorder_t *self)
{
    fom_model_t *model = NULL;
    mst_err_t err = classes_known (self);
    if (!err && self->options->module_count > 0)
        err = model_read (self->options, &model);
    if (!err)
        err = kind_declare (&(class_kind_t){ self, model ? &model->objects : NULL, false });
    if (!err)
        err = kind_declare (&(class_kind_t){ self, model ? &model->interactions : NULL, true });
    if (model)
        fom_model_destroy (&model);
    return err;
}
