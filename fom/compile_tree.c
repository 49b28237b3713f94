/*  The class trees: numbers by a preorder walk, full names, inherited members first. Classes that
   add no member share their parent's list, so that a deep tree costs little. */
#include "fom/compile.h"
#include "fom/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

typedef struct tree_walk {
    const fom_compiler_t *compiler;
    fom_tree_t *tree;
    fom_class_t *classes;
    uint32_t capacity;
    base_names_t *names;
    fom_kind_t kind;
} tree_walk_t;

/*  Subclasses at any depth; how deep it may go is limited where drafts are made. */
static uint32_t tree_count (const fom_node_t *node, fom_kind_t kind)
{
    uint32_t count = 0;
    base_assert (node != NULL);
    base_assert (fom_kind_is_class (kind));
    for (const fom_node_t *child = node->first; child; child = child->next)
        if (child->kind == kind)
            count += 1 + tree_count (child, kind);
    return count;
}

/*  Delivery ------------------------------------------------------------------------------------ */

/*  A dimension that nobody defines would never be used by a region: a warning is enough. */
static mst_err_t tree_dimensions (const tree_walk_t *self, const fom_node_t *node,
                                  const char *names, fom_delivery_t *delivery)
{
    char item[FOM_DESCRIBE_BYTES];
    char name[FOM_NAME_BYTES_MAX + 1];
    mst_err_t err = MST_OK;

    base_assert (names != NULL);
    base_assert (delivery->dimension_count == 0);
    if (names[0] == '\0')
        return MST_OK;
    uint16_t *out = fom_compile_array (self->compiler, FOM_DIMENSIONS_PER_ITEM_MAX, sizeof *out);
    if (!out)
        return base_alloc_error ();
    delivery->dimensions = out;
    while (!err && *names) {
        size_t size_bytes = strcspn (names, ",");
        size_t copied = size_bytes <= FOM_NAME_BYTES_MAX ? size_bytes : FOM_NAME_BYTES_MAX;
        memcpy (name, names, copied);
        name[copied] = '\0';
        uint32_t found = fom_dimension_find (self->compiler->model, name);
        if (found == FOM_NONE)
            err =
                fom_draft_warn (self->compiler->draft, &node->place,
                                "%s has the dimension \"%.80s\", which no module defines: left out",
                                fom_describe (node, item), name);
        else if (delivery->dimension_count == FOM_DIMENSIONS_PER_ITEM_MAX)
            err = fom_error (MST_E_LIMIT, &node->place,
                             "%s has more dimensions than FOM_DIMENSIONS_PER_ITEM_MAX (%d)",
                             fom_describe (node, item), FOM_DIMENSIONS_PER_ITEM_MAX);
        else
            out[delivery->dimension_count++] = (uint16_t) found;
        names += size_bytes + (names[size_bytes] == ',');
    }
    return err;
}

/*  When in doubt reliably: too slow is a lesser harm than lost. */
static mst_err_t tree_transport (const tree_walk_t *self, const fom_node_t *node, const char *name,
                                 fom_delivery_t *delivery)
{
    const fom_model_t *model = self->compiler->model;
    char item[FOM_DESCRIBE_BYTES];
    mst_err_t err = MST_OK;

    base_assert (name != NULL);
    uint32_t found = fom_transport_find (model, name[0] ? name : "HLAreliable");
    if (found == FOM_NONE) {
        err = fom_draft_warn (self->compiler->draft, &node->place,
                              "%s has the transportation \"%.80s\", which no module defines: taken "
                              "as HLAreliable",
                              fom_describe (node, item), name);
        found = fom_transport_find (model, "HLAreliable");
    }
    if (found == FOM_NONE)
        return fom_error (MST_E_FOM_INCONSISTENT, &node->place,
                          "the transportation HLAreliable is missing from the model");
    base_assert (found < model->transport_count);
    delivery->transport = (uint16_t) found;
    delivery->reliable = model->transports[found].reliable;
    return err;
}

/*  A word that is missing counts as the first of its choices. */
static int tree_choice (const char *const *choices, const char *word)
{
    base_assert (choices != NULL);
    base_assert (word != NULL);
    int choice = fom_choice (choices, word, strlen (word));
    return choice < 0 ? 0 : choice;
}

/*  Attributes and interactions have the same four texts at different places. */
static mst_err_t tree_delivery (const tree_walk_t *self, const fom_node_t *node,
                                fom_delivery_t *delivery)
{
    bool attribute = node->kind == FOM_KIND_ATTRIBUTE;
    uint32_t sharing = attribute ? FOM_ATTRIBUTE_SHARING : FOM_INTERACTION_SHARING;
    uint32_t order = attribute ? FOM_ATTRIBUTE_ORDER : FOM_INTERACTION_ORDER;
    uint32_t transport = attribute ? FOM_ATTRIBUTE_TRANSPORT : FOM_INTERACTION_TRANSPORT;
    uint32_t dimensions = attribute ? FOM_ATTRIBUTE_DIMENSIONS : FOM_INTERACTION_DIMENSIONS;

    base_assert (delivery != NULL);
    base_assert (attribute || node->kind == FOM_KIND_INTERACTION_CLASS);
    delivery->sharing = (fom_sharing_t) tree_choice (fom_sharings, node->texts[sharing]);
    delivery->order = (fom_order_t) tree_choice (fom_orders, node->texts[order]);
    mst_err_t err = tree_transport (self, node, node->texts[transport], delivery);
    if (err)
        return err;
    return tree_dimensions (self, node, node->texts[dimensions], delivery);
}

/*  Members ------------------------------------------------------------------------------------- */

/*  Two members of one name could not be told apart by name. */
static mst_err_t tree_member_double (const fom_class_t *in, const fom_node_t *node)
{
    char item[FOM_DESCRIBE_BYTES];
    base_assert (in != NULL);
    base_assert (!fom_kind_is_class (node->kind));
    for (uint32_t i = 0; i < in->inherited_count; i++)
        if (strcmp (in->members[i]->name, node->texts[FOM_NAME]) == 0)
            return fom_error (MST_E_FOM_INCONSISTENT, &node->place,
                              "%s is inherited from a class above: remove this one or give it "
                              "another name",
                              fom_describe (node, item));
    return MST_OK;
}

static mst_err_t tree_member (const tree_walk_t *self, const fom_class_t *in,
                              const fom_node_t *node, fom_member_t *member)
{
    bool attribute = node->kind == FOM_KIND_ATTRIBUTE;
    base_assert (member != NULL);
    mst_err_t err = tree_member_double (in, node);
    member->name = node->texts[FOM_NAME];
    member->type_name = node->texts[attribute ? FOM_ATTRIBUTE_TYPE : FOM_PARAMETER_TYPE];
    member->declared_by = (uint32_t) (in - self->classes);
    base_assert (member->declared_by < self->capacity);
    if (!err)
        err = fom_compile_type (self->compiler, node, member->type_name, &member->type);
    if (!err && attribute)
        err = tree_delivery (self, node, &member->delivery);
    return err;
}

static uint32_t tree_own_count (const fom_node_t *node)
{
    uint32_t count = 0;
    base_assert (fom_kind_is_class (node->kind));
    for (const fom_node_t *child = node->first; child; child = child->next)
        count += !fom_kind_is_class (child->kind);
    return count;
}

/*  The parent's list is copied, then the own members follow: member k of a class is member k of
    every subclass. */
static mst_err_t tree_members (const tree_walk_t *self, const fom_node_t *node, fom_class_t *in)
{
    const fom_class_t *parent = in->parent == FOM_NONE ? NULL : &self->classes[in->parent];
    uint32_t own = tree_own_count (node);
    char item[FOM_DESCRIBE_BYTES];
    mst_err_t err = MST_OK;

    in->inherited_count = in->member_count = parent ? parent->member_count : 0;
    in->members = parent ? parent->members : NULL;
    if (own == 0)
        return MST_OK;
    if (own > FOM_ATTRIBUTES_PER_CLASS_MAX - in->inherited_count)
        return fom_error (MST_E_LIMIT, &node->place,
                          "%s has %u attributes or parameters with what it inherits, more than "
                          "FOM_ATTRIBUTES_PER_CLASS_MAX (%d)",
                          fom_describe (node, item), own + in->inherited_count,
                          FOM_ATTRIBUTES_PER_CLASS_MAX);
    const fom_member_t **list =
        fom_compile_array (self->compiler, in->inherited_count + own, sizeof (fom_member_t *));
    fom_member_t *members = fom_compile_array (self->compiler, own, sizeof *members);
    if (!list || !members)
        return base_alloc_error ();
    if (in->inherited_count > 0)
        memcpy (list, in->members, in->inherited_count * sizeof *list);
    for (const fom_node_t *child = node->first; !err && child; child = child->next)
        if (!fom_kind_is_class (child->kind)) {
            err = tree_member (self, in, child, members);
            list[in->member_count++] = members++;
        }
    in->members = list;
    base_assert (err || in->member_count == in->inherited_count + own);
    return err;
}

/*  Classes ------------------------------------------------------------------------------------- */

static mst_err_t tree_full_name (const tree_walk_t *self, const fom_node_t *node, fom_class_t *in)
{
    const char *above = in->parent == FOM_NONE ? "" : self->classes[in->parent].full_name;
    size_t above_bytes = strlen (above);
    size_t name_bytes = strlen (in->name);

    base_assert (name_bytes > 0);
    if (above_bytes + 1 + name_bytes > FOM_FULL_NAME_BYTES_MAX)
        return fom_error (
            MST_E_LIMIT, &node->place,
            "the full name of class \"%.80s\" is longer than FOM_FULL_NAME_BYTES_MAX (%d)",
            in->name, FOM_FULL_NAME_BYTES_MAX);
    char *full = fom_compile_array (self->compiler, above_bytes + 1 + name_bytes + 1, 1);
    if (!full)
        return base_alloc_error ();
    memcpy (full, above, above_bytes);
    if (above_bytes > 0)
        full[above_bytes++] = '.';
    memcpy (full + above_bytes, in->name, name_bytes);
    in->full_name = full;
    uint32_t number = (uint32_t) (in - self->classes);
    base_assert (number < self->capacity);
    return base_names_set (self->names, full, above_bytes + name_bytes, number);
}

/*  Numbers are given on the way down, ends on the way up: that makes fom_is_a two comparisons. */
static mst_err_t tree_class (const tree_walk_t *self, const fom_node_t *node, uint32_t parent)
{
    base_assert (self->tree->count < self->capacity);
    base_assert (node->kind == self->kind);
    uint32_t number = self->tree->count++;
    fom_class_t *in = &self->classes[number];
    in->name = node->texts[FOM_NAME];
    in->parent = parent;
    in->depth = parent == FOM_NONE ? 0 : self->classes[parent].depth + 1;
    mst_err_t err = tree_full_name (self, node, in);
    if (!err && node->kind == FOM_KIND_INTERACTION_CLASS)
        err = tree_delivery (self, node, &in->delivery);
    else
        in->delivery.sharing =
            (fom_sharing_t) tree_choice (fom_sharings, node->texts[FOM_OBJECT_SHARING]);
    if (!err)
        err = tree_members (self, node, in);
    for (const fom_node_t *child = node->first; !err && child; child = child->next)
        if (child->kind == self->kind)
            err = tree_class (self, child, number);
    in->end = self->tree->count;
    return err;
}

/*  The root must be the standard's, and the only one. */
static mst_err_t tree_root (const tree_walk_t *self, const fom_node_t **root)
{
    const char *name = self->tree->interactions ? "HLAinteractionRoot" : "HLAobjectRoot";
    char item[FOM_DESCRIBE_BYTES];

    *root = NULL;
    base_assert (self->compiler->draft->root != NULL);
    for (const fom_node_t *node = self->compiler->draft->root->first; node; node = node->next) {
        if (node->kind != self->kind)
            continue;
        if (strcmp (node->texts[FOM_NAME], name) != 0)
            return fom_error (MST_E_FOM_INCONSISTENT, &node->place,
                              "%s stands outside of %s: put it into that class",
                              fom_describe (node, item), name);
        *root = node;
    }
    if (!*root)
        return base_error (MST_E_FOM_INCONSISTENT, "the object model has no class %s", name);
    base_assert ((*root)->kind == self->kind);
    return MST_OK;
}

/*  Both trees are made alike; only the names of their roots differ. */
static mst_err_t tree_compile (const fom_compiler_t *compiler, fom_tree_t *tree, fom_kind_t kind,
                               base_names_t *names)
{
    tree_walk_t walk = { compiler, tree, NULL, 0, names, kind };
    const fom_node_t *root;

    base_assert (tree->count == 0);
    tree->interactions = kind == FOM_KIND_INTERACTION_CLASS;
    tree->model = compiler->model;
    mst_err_t err = tree_root (&walk, &root);
    if (err)
        return err;
    walk.capacity = tree_count (compiler->draft->root, kind);
    if (walk.capacity > FOM_CLASSES_MAX)
        return base_error (
            MST_E_LIMIT, "the object model has %u %s, more than FOM_CLASSES_MAX (%d)",
            walk.capacity, tree->interactions ? "interaction classes" : "object classes",
            FOM_CLASSES_MAX);
    walk.classes = fom_compile_array (compiler, walk.capacity, sizeof *walk.classes);
    if (!walk.classes)
        return base_alloc_error ();
    tree->classes = walk.classes;
    err = tree_class (&walk, root, FOM_NONE);
    base_assert (err || tree->count == walk.capacity);
    return err;
}

mst_err_t fom_compile_trees (const fom_compiler_t *self)
{
    base_assert (self->model != NULL);
    base_assert (self->index != NULL);
    mst_err_t err =
        tree_compile (self, &self->model->objects, FOM_KIND_OBJECT_CLASS, &self->index->objects);
    if (err)
        return err;
    return tree_compile (self, &self->model->interactions, FOM_KIND_INTERACTION_CLASS,
                         &self->index->interactions);
}
