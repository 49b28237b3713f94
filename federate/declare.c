/*  <muster/declaration.h>, and names of federates: thin calls on the core. */
#include "federate/shell.h"
#include "base/error.h"

/*  Names and handles -------------------------------------------------------------------------------- */

static mst_err_t enter_model (mst_federate_t fed, federate_shell_t **shell, const fom_model_t **model)
{
    mst_err_t err = federate_enter (fed, shell);
    if (!err)
        *model = federate_core_model ((*shell)->core);
    return err;
}

static mst_err_t find_class (mst_federate_t fed, bool interaction, const char *name, uint32_t *handle)
{
    federate_shell_t *shell;
    const fom_model_t *model;
    uint32_t index = 0;

    if (!name)
        return base_error (MST_E_INVALID_ARGUMENT, "a name is needed");
    mst_err_t err = enter_model (fed, &shell, &model);
    if (err)
        return err;
    err = fom_class_find (interaction ? &model->interactions : &model->objects, name, &index);
    *handle = err ? 0 : index + 1;
    return federate_leave (shell, err);
}

mst_err_t mst_class_find (mst_federate_t fed, const char *name, mst_class_t *found)
{
    return find_class (fed, false, name, &found->id);
}

mst_err_t mst_interaction_find (mst_federate_t fed, const char *name, mst_interaction_class_t *found)
{
    return find_class (fed, true, name, &found->id);
}

static mst_err_t find_member (mst_federate_t fed, bool interaction, uint32_t of, const char *name,
                              uint32_t *handle)
{
    federate_shell_t *shell;
    const fom_model_t *model;
    uint32_t index = 0;

    if (!name)
        return base_error (MST_E_INVALID_ARGUMENT, "a name is needed");
    mst_err_t err = enter_model (fed, &shell, &model);
    if (err)
        return err;
    const fom_tree_t *tree = interaction ? &model->interactions : &model->objects;
    if (of == 0 || !fom_class_known (tree, of - 1))
        err = base_error (interaction ? MST_E_INTERACTION_UNKNOWN : MST_E_CLASS_UNKNOWN,
                          "there is no class with handle %u", of);
    else
        err = fom_member_find (tree, of - 1, name, &index);
    *handle = err ? 0 : index + 1;
    return federate_leave (shell, err);
}

mst_err_t mst_attribute_find (mst_federate_t fed, mst_class_t of, const char *name, mst_attribute_t *found)
{
    return find_member (fed, false, of.id, name, &found->id);
}

mst_err_t mst_parameter_find (mst_federate_t fed, mst_interaction_class_t of, const char *name,
                              mst_parameter_t *found)
{
    return find_member (fed, true, of.id, name, &found->id);
}

/*  The tree of a federate's model; NULL when the handle is stale. Models do not change, so no lock. */
static const fom_tree_t *tree_of (mst_federate_t fed, bool interaction)
{
    federate_shell_t *shell;
    if (federate_table_find (fed, &shell))
        return NULL;
    const fom_model_t *model = federate_core_model (shell->core);
    return interaction ? &model->interactions : &model->objects;
}

static const char *class_name (mst_federate_t fed, bool interaction, uint32_t of)
{
    const fom_tree_t *tree = tree_of (fed, interaction);
    return tree && of > 0 && fom_class_known (tree, of - 1) ? fom_class (tree, of - 1)->full_name : NULL;
}

static const char *member_name (mst_federate_t fed, bool interaction, uint32_t of, uint32_t member)
{
    const fom_tree_t *tree = tree_of (fed, interaction);
    bool known = tree && of > 0 && member > 0 && fom_member_known (tree, of - 1, member - 1);
    return known ? fom_member (tree, of - 1, member - 1)->name : NULL;
}

static uint32_t member_count (mst_federate_t fed, bool interaction, uint32_t of)
{
    const fom_tree_t *tree = tree_of (fed, interaction);
    return tree && of > 0 && fom_class_known (tree, of - 1) ? fom_class (tree, of - 1)->member_count : 0;
}

const char *mst_class_name (mst_federate_t fed, mst_class_t of)
{
    return class_name (fed, false, of.id);
}

const char *mst_attribute_name (mst_federate_t fed, mst_class_t of, mst_attribute_t attribute)
{
    return member_name (fed, false, of.id, attribute.id);
}

const char *mst_interaction_name (mst_federate_t fed, mst_interaction_class_t of)
{
    return class_name (fed, true, of.id);
}

const char *mst_parameter_name (mst_federate_t fed, mst_interaction_class_t of, mst_parameter_t parameter)
{
    return member_name (fed, true, of.id, parameter.id);
}

uint32_t mst_class_count (mst_federate_t fed)
{
    const fom_tree_t *tree = tree_of (fed, false);
    return tree ? tree->count : 0;
}

uint32_t mst_interaction_count (mst_federate_t fed)
{
    const fom_tree_t *tree = tree_of (fed, true);
    return tree ? tree->count : 0;
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
        return (mst_federate_id_t) { 0 };
    federate_core_state (shell->core, &state);
    (void) federate_leave (shell, MST_OK);
    return (mst_federate_id_t) { state.self };
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
        return base_error (MST_E_INVALID_ARGUMENT, "mst_federate_find needs a name and a place for the id");
    mst_err_t err = federate_enter (fed, &shell);
    if (err)
        return err;
    id->id = federate_core_peer_find (shell->core, name);
    if (id->id == 0)
        err = base_error (MST_E_INVALID_ARGUMENT, "no federate named \"%s\" is joined", name);
    return federate_leave (shell, err);
}

/*  Publish and subscribe ------------------------------------------------------------------------------ */

static mst_err_t mask_of (mst_federate_t fed, mst_class_t of, const mst_attribute_t *attributes, size_t count,
                          uint64_t *mask)
{
    uint32_t all = mst_attribute_count (fed, of);

    *mask = 0;
    if (!attributes)
        *mask = all >= 64 ? UINT64_MAX : (UINT64_C (1) << all) - 1;
    for (size_t i = 0; attributes && i < count; i++) {
        if (attributes[i].id == 0 || attributes[i].id > all)
            return base_error (MST_E_ATTRIBUTE_UNKNOWN, "there is no attribute with handle %u", attributes[i].id);
        *mask |= UINT64_C (1) << (attributes[i].id - 1);
    }
    return MST_OK;
}

typedef mst_err_t class_call_t (federate_core_t *core, uint32_t class_handle, uint64_t mask, bool on,
                                uint32_t *request);

static mst_err_t declare_class (mst_federate_t fed, mst_class_t of, const mst_attribute_t *attributes,
                                size_t count, class_call_t *call, bool on)
{
    federate_shell_t *shell = NULL;
    uint32_t request;
    uint64_t mask;

    mst_err_t err = mask_of (fed, of, attributes, count, &mask);
    if (err)
        return err;
    err = federate_enter_waiting (fed, &shell);
    if (!err)
        err = call (shell->core, of.id, mask, on, &request);
    if (!err)
        err = federate_call (shell, request);
    return shell ? federate_leave (shell, err) : err;
}

mst_err_t mst_publish (mst_federate_t fed, mst_class_t of, const mst_attribute_t *attributes, size_t count)
{
    return declare_class (fed, of, attributes, count, federate_core_publish, true);
}

mst_err_t mst_unpublish (mst_federate_t fed, mst_class_t of, const mst_attribute_t *attributes, size_t count)
{
    return declare_class (fed, of, attributes, count, federate_core_publish, false);
}

mst_err_t mst_subscribe (mst_federate_t fed, mst_class_t of, const mst_attribute_t *attributes, size_t count)
{
    return declare_class (fed, of, attributes, count, federate_core_subscribe, true);
}

mst_err_t mst_unsubscribe (mst_federate_t fed, mst_class_t of, const mst_attribute_t *attributes, size_t count)
{
    return declare_class (fed, of, attributes, count, federate_core_subscribe, false);
}

typedef mst_err_t interaction_call_t (federate_core_t *core, uint32_t class_handle, bool on, uint32_t *request);

static mst_err_t declare_interaction (mst_federate_t fed, mst_interaction_class_t of, interaction_call_t *call,
                                      bool on)
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
