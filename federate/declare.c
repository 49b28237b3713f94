/*  <muster/declaration.h>, and names of federates: thin calls on the core. */
#include "federate/shell.h"
#include "base/error.h"

/*  Names and handles
 * -------------------------------------------------------------------------------- */

static mst_err_t enter_model (mst_federate_t fed, federate_shell_t **shell,
                              const fom_model_t **model)
{
    mst_err_t err = federate_enter (fed, shell);
    if (!err)
        *model = federate_core_model ((*shell)->core);
    return err;
}

static mst_err_t find_class (mst_federate_t fed, bool interaction, const char *name,
                             uint32_t *handle)
{
    federate_shell_t *shell;
    const fom_model_t *model;
    uint32_t index = 0;

    if (!name || !handle)
        return base_error (MST_E_INVALID_ARGUMENT, "a name is needed, and a place for the handle");
    mst_err_t err = enter_model (fed, &shell, &model);
    if (err)
        return err;
    const fom_tree_t *tree = interaction ? &model->interactions : &model->objects;
    err = fom_class_find (tree, name, &index);
    if (err)
        err = federate_suggest_class (err, tree, name);
    *handle = err ? 0 : index + 1;
    return federate_leave (shell, err);
}

mst_err_t mst_class_find (mst_federate_t fed, const char *name, mst_class_t *found)
{
    return find_class (fed, false, name, found ? &found->id : NULL);
}

mst_err_t mst_interaction_find (mst_federate_t fed, const char *name,
                                mst_interaction_class_t *found)
{
    return find_class (fed, true, name, found ? &found->id : NULL);
}

static mst_err_t find_member (mst_federate_t fed, bool interaction, uint32_t of, const char *name,
                              uint32_t *handle)
{
    federate_shell_t *shell;
    const fom_model_t *model;
    uint32_t index = 0;

    if (!name || !handle)
        return base_error (MST_E_INVALID_ARGUMENT, "a name is needed, and a place for the handle");
    mst_err_t err = enter_model (fed, &shell, &model);
    if (err)
        return err;
    const fom_tree_t *tree = interaction ? &model->interactions : &model->objects;
    if (of == 0 || !fom_class_known (tree, of - 1))
        err = base_error (interaction ? MST_E_INTERACTION_UNKNOWN : MST_E_CLASS_UNKNOWN,
                          "there is no class with handle %u", of);
    else
        err = fom_member_find (tree, of - 1, name, &index);
    if (err && of > 0 && fom_class_known (tree, of - 1))
        err = federate_suggest_member (err, tree, of - 1, name);
    *handle = err ? 0 : index + 1;
    return federate_leave (shell, err);
}

mst_err_t mst_attribute_find (mst_federate_t fed, mst_class_t of, const char *name,
                              mst_attribute_t *found)
{
    return find_member (fed, false, of.id, name, found ? &found->id : NULL);
}

mst_err_t mst_parameter_find (mst_federate_t fed, mst_interaction_class_t of, const char *name,
                              mst_parameter_t *found)
{
    return find_member (fed, true, of.id, name, found ? &found->id : NULL);
}

/*  Names live as long as the model: until the resign. */
static const char *class_name (mst_federate_t fed, bool interaction, uint32_t of)
{
    federate_shell_t *shell;
    const fom_model_t *model;

    if (enter_model (fed, &shell, &model))
        return NULL;
    const fom_tree_t *tree = interaction ? &model->interactions : &model->objects;
    const char *name =
        of > 0 && fom_class_known (tree, of - 1) ? fom_class (tree, of - 1)->full_name : NULL;
    (void) federate_leave (shell, MST_OK);
    return name;
}

static const char *member_name (mst_federate_t fed, bool interaction, uint32_t of, uint32_t member,
                                bool of_type)
{
    federate_shell_t *shell;
    const fom_model_t *model;

    if (enter_model (fed, &shell, &model))
        return NULL;
    const fom_tree_t *tree = interaction ? &model->interactions : &model->objects;
    bool known = of > 0 && member > 0 && fom_member_known (tree, of - 1, member - 1);
    const fom_member_t *found = known ? fom_member (tree, of - 1, member - 1) : NULL;
    const char *name = !found ? NULL : of_type ? found->type_name : found->name;
    (void) federate_leave (shell, MST_OK);
    return name;
}

static uint32_t class_count (mst_federate_t fed, bool interaction)
{
    federate_shell_t *shell;
    const fom_model_t *model;

    if (enter_model (fed, &shell, &model))
        return 0;
    uint32_t count = interaction ? model->interactions.count : model->objects.count;
    (void) federate_leave (shell, MST_OK);
    return count;
}

static uint32_t member_count (mst_federate_t fed, bool interaction, uint32_t of)
{
    federate_shell_t *shell;
    const fom_model_t *model;

    if (enter_model (fed, &shell, &model))
        return 0;
    const fom_tree_t *tree = interaction ? &model->interactions : &model->objects;
    uint32_t count =
        of > 0 && fom_class_known (tree, of - 1) ? fom_class (tree, of - 1)->member_count : 0;
    (void) federate_leave (shell, MST_OK);
    return count;
}

const char *mst_class_name (mst_federate_t fed, mst_class_t of)
{
    return class_name (fed, false, of.id);
}

const char *mst_attribute_name (mst_federate_t fed, mst_class_t of, mst_attribute_t attribute)
{
    return member_name (fed, false, of.id, attribute.id, false);
}

const char *mst_interaction_name (mst_federate_t fed, mst_interaction_class_t of)
{
    return class_name (fed, true, of.id);
}

const char *mst_parameter_name (mst_federate_t fed, mst_interaction_class_t of,
                                mst_parameter_t parameter)
{
    return member_name (fed, true, of.id, parameter.id, false);
}

const char *mst_attribute_type (mst_federate_t fed, mst_class_t of, mst_attribute_t attribute)
{
    return member_name (fed, false, of.id, attribute.id, true);
}

const char *mst_parameter_type (mst_federate_t fed, mst_interaction_class_t of,
                                mst_parameter_t parameter)
{
    return member_name (fed, true, of.id, parameter.id, true);
}

uint32_t mst_class_count (mst_federate_t fed)
{
    return class_count (fed, false);
}

uint32_t mst_interaction_count (mst_federate_t fed)
{
    return class_count (fed, true);
}

uint32_t mst_attribute_count (mst_federate_t fed, mst_class_t of)
{
    return member_count (fed, false, of.id);
}

uint32_t mst_parameter_count (mst_federate_t fed, mst_interaction_class_t of)
{
    return member_count (fed, true, of.id);
}

mst_federate_id_t mst_self (mst_federate_t fed)
{
    federate_shell_t *shell;
    federate_state_t state;

    if (federate_enter (fed, &shell))
        return (mst_federate_id_t){ 0 };
    federate_core_state (shell->core, &state);
    (void) federate_leave (shell, MST_OK);
    return (mst_federate_id_t){ state.self };
}

const char *mst_federate_name (mst_federate_t fed, mst_federate_id_t id)
{
    federate_shell_t *shell;
    if (federate_enter (fed, &shell))
        return NULL;
    const char *name = federate_core_peer_name (shell->core, id.id);
    (void) federate_leave (shell, MST_OK);
    return name;
}

mst_err_t mst_federate_find (mst_federate_t fed, const char *name, mst_federate_id_t *id)
{
    federate_shell_t *shell;

    if (!name || !id)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "mst_federate_find needs a name and a place for the id");
    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    id->id = federate_core_peer_find (shell->core, name);
    if (id->id == 0)
        err = base_error (MST_E_INVALID_ARGUMENT, "no federate named \"%s\" is joined", name);
    return federate_leave (shell, err);
}

/*  Publish and subscribe
 * ------------------------------------------------------------------------------ */

mst_err_t federate_mask_of (const federate_shell_t *shell, mst_class_t of,
                            const mst_attribute_t *attributes, size_t count, uint64_t *mask)
{
    const fom_tree_t *tree = &federate_core_model (shell->core)->objects;

    base_assert (mask != NULL);
    if (of.id == 0 || !fom_class_known (tree, of.id - 1))
        return base_error (MST_E_CLASS_UNKNOWN, "there is no object class with handle %u", of.id);
    uint32_t all = fom_class (tree, of.id - 1)->member_count;
    *mask = 0;
    if (!attributes)
        *mask = all >= 64 ? UINT64_MAX : (UINT64_C (1) << all) - 1;
    for (size_t i = 0; attributes && i < count; i++) {
        if (attributes[i].id == 0 || attributes[i].id > all)
            return base_error (MST_E_ATTRIBUTE_UNKNOWN,
                               "the class %s has no attribute with handle %u",
                               fom_class (tree, of.id - 1)->full_name, attributes[i].id);
        *mask |= UINT64_C (1) << (attributes[i].id - 1);
    }
    return MST_OK;
}

typedef mst_err_t class_call_t (federate_core_t *core, uint32_t class_handle, uint64_t mask,
                                bool on, uint32_t *request);

static mst_err_t declare_class (mst_federate_t fed, mst_class_t of,
                                const mst_attribute_t *attributes, size_t count, class_call_t *call,
                                bool on)
{
    federate_shell_t *shell = NULL;
    uint32_t request;
    uint64_t mask;

    mst_err_t err = federate_enter_waiting (fed, &shell);
    if (!err)
        err = federate_mask_of (shell, of, attributes, count, &mask);
    if (!err)
        err = call (shell->core, of.id, mask, on, &request);
    if (!err)
        err = federate_call (shell, request);
    return shell ? federate_leave (shell, err) : err;
}

mst_err_t mst_publish (mst_federate_t fed, mst_class_t of, const mst_attribute_t *attributes,
                       size_t count)
{
    return declare_class (fed, of, attributes, count, federate_core_publish, true);
}

mst_err_t mst_unpublish (mst_federate_t fed, mst_class_t of, const mst_attribute_t *attributes,
                         size_t count)
{
    return declare_class (fed, of, attributes, count, federate_core_publish, false);
}

mst_err_t mst_subscribe (mst_federate_t fed, mst_class_t of, const mst_attribute_t *attributes,
                         size_t count)
{
    return declare_class (fed, of, attributes, count, federate_core_subscribe, true);
}

mst_err_t mst_unsubscribe (mst_federate_t fed, mst_class_t of, const mst_attribute_t *attributes,
                           size_t count)
{
    return declare_class (fed, of, attributes, count, federate_core_subscribe, false);
}

typedef mst_err_t interaction_call_t (federate_core_t *core, uint32_t class_handle, bool on,
                                      uint32_t *request);

static mst_err_t declare_interaction (mst_federate_t fed, mst_interaction_class_t of,
                                      interaction_call_t *call, bool on)
{
    federate_shell_t *shell = NULL;
    uint32_t request;

    mst_err_t err = federate_enter_waiting (fed, &shell);
    if (!err)
        err = call (shell->core, of.id, on, &request);
    if (!err)
        err = federate_call (shell, request);
    return shell ? federate_leave (shell, err) : err;
}

mst_err_t mst_publish_interaction (mst_federate_t fed, mst_interaction_class_t of)
{
    return declare_interaction (fed, of, federate_core_publish_interaction, true);
}

mst_err_t mst_unpublish_interaction (mst_federate_t fed, mst_interaction_class_t of)
{
    return declare_interaction (fed, of, federate_core_publish_interaction, false);
}

mst_err_t mst_subscribe_interaction (mst_federate_t fed, mst_interaction_class_t of)
{
    return declare_interaction (fed, of, federate_core_subscribe_interaction, true);
}

mst_err_t mst_unsubscribe_interaction (mst_federate_t fed, mst_interaction_class_t of)
{
    return declare_interaction (fed, of, federate_core_subscribe_interaction, false);
}
