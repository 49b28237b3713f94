/*  Looking things up. Full names go through a hash table; the end of a name is found by looking at
    every class, which a person does now and then and no federate in its loop. */
#include "fom/model.h"
#include "fom/compile.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

/*  The model lies in its own draft's arena: the draft is taken out before it goes. */
void fom_model_destroy (fom_model_t **self_p)
{
    base_assert (self_p != NULL);
    fom_model_t *self = *self_p;
    if (!self)
        return;
    base_assert (self->draft != NULL);
    base_names_fini (&self->index->objects);
    base_names_fini (&self->index->interactions);
    base_names_fini (&self->index->types);
    base_names_fini (&self->index->dimensions);
    fom_draft_t *draft = self->draft; /* the model itself stands in its memory */
    fom_draft_fini (draft);
    base_free (draft);
    *self_p = NULL;
}

uint64_t fom_model_digest (const fom_model_t *self)
{
    base_assert (self != NULL);
    return self->digest;
}

const char *fom_model_warning (const fom_model_t *self, uint32_t index)
{
    base_assert (self != NULL);
    base_assert (self->draft != NULL);
    const fom_warning_t *warning = self->draft->warnings;
    while (warning && index-- > 0)
        warning = warning->next;
    return warning ? warning->text : NULL;
}

/*  Classes ------------------------------------------------------------------------------------- */

static mst_err_t model_class_error (const fom_tree_t *tree)
{
    base_assert (tree != NULL);
    return tree->interactions ? MST_E_INTERACTION_UNKNOWN : MST_E_CLASS_UNKNOWN;
}

/*  Is `name` the end of the full name, beginning at a dot? */
static bool model_ends_with (const char *full_name, const char *name)
{
    size_t full_bytes = strlen (full_name);
    size_t bytes = strlen (name);
    base_assert (bytes > 0);
    if (bytes >= full_bytes || full_name[full_bytes - bytes - 1] != '.')
        return false;
    return memcmp (full_name + full_bytes - bytes, name, bytes) == 0;
}

/*  A name that fits two classes is refused rather than guessed: the second would be found one day.
 */
static mst_err_t model_find_by_end (const fom_tree_t *tree, const char *name, uint32_t *class_index)
{
    uint32_t found = FOM_NONE;
    base_assert (class_index != NULL);
    base_assert (name[0] != '\0');
    for (uint32_t i = 0; i < tree->count; i++) {
        if (!model_ends_with (tree->classes[i].full_name, name))
            continue;
        if (found != FOM_NONE)
            return base_error (model_class_error (tree),
                               "the class name \"%.128s\" is not clear: it could be \"%.300s\" or "
                               "\"%.300s\": write more of it",
                               name, tree->classes[found].full_name, tree->classes[i].full_name);
        found = i;
    }
    if (found == FOM_NONE)
        return base_error (model_class_error (tree), "the object model has no %s class \"%.300s\"",
                           tree->interactions ? "interaction" : "object", name);
    *class_index = found;
    return MST_OK;
}

mst_err_t fom_class_find (const fom_tree_t *tree, const char *name, uint32_t *class_index)
{
    uint64_t found;
    base_assert (tree != NULL && name != NULL);
    base_assert (class_index != NULL);
    const struct fom_index *index = tree->model->index;
    const base_names_t *names = tree->interactions ? &index->interactions : &index->objects;
    *class_index = FOM_NONE;
    if (name[0] == '\0')
        return base_error (model_class_error (tree), "the name of a class is empty");
    if (!base_names_get (names, name, strlen (name), &found))
        return model_find_by_end (tree, name, class_index);
    *class_index = (uint32_t) found;
    return MST_OK;
}

/*  Classes have tens of members, and this is asked once per run: a walk is enough. */
mst_err_t fom_member_find (const fom_tree_t *tree, uint32_t class_index, const char *name,
                           uint32_t *member_index)
{
    const fom_class_t *in = fom_class (tree, class_index);
    base_assert (name != NULL);
    base_assert (member_index != NULL);
    *member_index = FOM_NONE;
    for (uint32_t i = 0; i < in->member_count; i++)
        if (strcmp (in->members[i]->name, name) == 0) {
            *member_index = i;
            return MST_OK;
        }
    return base_error (tree->interactions ? MST_E_PARAMETER_UNKNOWN : MST_E_ATTRIBUTE_UNKNOWN,
                       "class \"%.300s\" has no %s \"%.300s\"", in->full_name,
                       tree->interactions ? "parameter" : "attribute", name);
}

/*  The tables ---------------------------------------------------------------------------------- */

uint32_t fom_type_find (const fom_model_t *self, const char *name)
{
    uint64_t found;
    base_assert (self != NULL);
    base_assert (name != NULL);
    if (!base_names_get (&self->index->types, name, strlen (name), &found))
        return FOM_NONE;
    return (uint32_t) found;
}

uint32_t fom_dimension_find (const fom_model_t *self, const char *name)
{
    uint64_t found;
    base_assert (self != NULL);
    base_assert (name != NULL);
    if (!base_names_get (&self->index->dimensions, name, strlen (name), &found))
        return FOM_NONE;
    return (uint32_t) found;
}

uint32_t fom_transport_find (const fom_model_t *self, const char *name)
{
    base_assert (self != NULL);
    base_assert (name != NULL);
    for (uint32_t i = 0; i < self->transport_count; i++)
        if (strcmp (self->transports[i].name, name) == 0)
            return i;
    return FOM_NONE;
}

bool fom_switch_on (const fom_model_t *self, const char *name, bool otherwise)
{
    base_assert (self != NULL);
    base_assert (name != NULL);
    for (uint32_t i = 0; i < self->switch_count; i++)
        if (strcmp (self->switches[i].name, name) == 0)
            return strcmp (self->switches[i].value, "true") == 0 ||
                   strcmp (self->switches[i].value, "1") == 0;
    return otherwise;
}
