/*  An object model as text for people, or as JSON. */
#include "tools/fom_own.h"
#include "base/error.h"
#include "base/nearest.h"
#include "tools/text.h"

#include <string.h>

typedef struct show {
    const fom_model_t *model;
    base_buffer_t *out;
    bool json;
    bool first; /* of a JSON list */
} show_t;

static const char *const show_kinds[] = { "basic", "simple", "enumerated",
                                          "array", "record", "variant record" };

/*  JSON ------------------------------------------------------------------------------------------
 */

static mst_err_t pair (show_t *self, const char *key, const char *text)
{
    mst_err_t err = tools_text_append (self->out, ",\"%s\":", key);
    return err ? err : fom_quote (self->out, text);
}

static mst_err_t begin (show_t *self, const char *name)
{
    mst_err_t err = tools_text_append (self->out, "%s{\"name\":", self->first ? "" : ",");
    self->first = false;
    return err ? err : fom_quote (self->out, name);
}

static mst_err_t json_member (show_t *self, const fom_class_t *in, const fom_tree_t *tree,
                              uint32_t index)
{
    const fom_member_t *member = in->members[index];
    const fom_delivery_t *delivery = tree->interactions ? &in->delivery : &member->delivery;
    self->first = index == 0;
    mst_err_t err = begin (self, member->name);
    if (!err)
        err = pair (self, "type", member->type_name);
    if (!err && !tree->interactions)
        err = pair (self, "order", delivery->order == FOM_TIMESTAMP ? "timestamp" : "receive");
    return err ? err : tools_text_append (self->out, "}");
}

static mst_err_t json_class (show_t *self, const fom_tree_t *tree, uint32_t index)
{
    const fom_class_t *in = &tree->classes[index];
    mst_err_t err = begin (self, in->full_name);
    if (!err && tree->interactions)
        err = pair (self, "order", in->delivery.order == FOM_TIMESTAMP ? "timestamp" : "receive");
    if (!err)
        err = tools_text_append (self->out,
                                 tree->interactions ? ",\"parameters\":[" : ",\"attributes\":[");
    for (uint32_t i = 0; !err && i < in->member_count; i++)
        err = json_member (self, in, tree, i);
    self->first = false;
    return err ? err : tools_text_append (self->out, "]}");
}

static mst_err_t json_type (show_t *self, uint32_t index)
{
    const fom_type_t *type = &self->model->types[index];
    mst_err_t err = begin (self, type->name);
    if (!err)
        err = pair (self, "kind", show_kinds[type->kind]);
    if (!err && type->type_name[0])
        err = pair (self, "type", type->type_name);
    if (!err && type->encoding[0])
        err = pair (self, "encoding", type->encoding);
    if (!err && type->cardinality[0])
        err = pair (self, "cardinality", type->cardinality);
    if (!err && type->field_count > 0)
        err = tools_text_append (self->out, ",\"fields\":[");
    for (uint32_t i = 0; !err && i < type->field_count; i++) {
        const fom_field_t *field = &type->fields[i];
        self->first = i == 0;
        err = begin (self, field->name);
        if (!err && field->type_name[0])
            err = pair (self, "type", field->type_name);
        if (!err && field->values[0])
            err = pair (self, "value", field->values);
        if (!err)
            err = tools_text_append (self->out, "}");
    }
    self->first = false;
    if (!err && type->field_count > 0)
        err = tools_text_append (self->out, "]");
    return err ? err : tools_text_append (self->out, "}");
}

/*  Text ------------------------------------------------------------------------------------------
 */

/*  Inherited members stand with the class that declares them. */
static mst_err_t text_class (show_t *self, const fom_tree_t *tree, uint32_t index, bool whole)
{
    const fom_class_t *in = &tree->classes[index];
    int indent = whole ? 0 : (int) in->depth * 2;
    mst_err_t err =
        tools_text_append (self->out, "%*s%s\n", indent, "", whole ? in->full_name : in->name);
    for (uint32_t i = whole ? 0 : in->inherited_count; !err && i < in->member_count; i++)
        err = tools_text_append (self->out, "%*s.%s: %s\n", indent + 2, "", in->members[i]->name,
                                 in->members[i]->type_name[0] ? in->members[i]->type_name : "-");
    return err;
}

static mst_err_t text_type (show_t *self, uint32_t index, bool whole)
{
    const fom_type_t *type = &self->model->types[index];
    mst_err_t err = tools_text_append (self->out, "%s: %s", type->name, show_kinds[type->kind]);
    if (!err && type->type_name[0])
        err = tools_text_append (self->out, " of %s", type->type_name);
    if (!err && type->cardinality[0])
        err = tools_text_append (self->out, " [%s]", type->cardinality);
    if (!err && type->kind == FOM_TYPE_BASIC)
        err = tools_text_append (self->out, ", %u bits, %s endian", type->size_bits,
                                 type->little_endian ? "little" : "big");
    else if (!err && type->encoding[0])
        err = tools_text_append (self->out, ", %s", type->encoding);
    if (!err)
        err = tools_text_append (self->out, "\n");
    for (uint32_t i = 0; !err && whole && i < type->field_count; i++) {
        const fom_field_t *field = &type->fields[i];
        err = tools_text_append (self->out, "  %s%s%s%s%s\n", field->name,
                                 field->type_name[0] ? ": " : "", field->type_name,
                                 field->values[0] ? " = " : "", field->values);
    }
    return err;
}

/*  The whole -------------------------------------------------------------------------------------
 */

static mst_err_t show_tree (show_t *self, const fom_tree_t *tree)
{
    mst_err_t err = MST_OK;
    self->first = true;
    for (uint32_t i = 0; !err && i < tree->count; i++)
        err = self->json ? json_class (self, tree, i) : text_class (self, tree, i, false);
    return err;
}

static mst_err_t show_all (show_t *self)
{
    const char *const json_heads[] = { "{\"objects\":[", "],\"interactions\":[", "],\"types\":[" };
    const char *const text_heads[] = { "", "\n", "\n" };
    const char *const *heads = self->json ? json_heads : text_heads;
    mst_err_t err = tools_text_append (self->out, "%s", heads[0]);
    if (!err)
        err = show_tree (self, &self->model->objects);
    if (!err)
        err = tools_text_append (self->out, "%s", heads[1]);
    if (!err)
        err = show_tree (self, &self->model->interactions);
    if (!err)
        err = tools_text_append (self->out, "%s", heads[2]);
    self->first = true;
    for (uint32_t i = 0; !err && i < self->model->type_count; i++)
        err = self->json ? json_type (self, i) : text_type (self, i, false);
    return err ? err : tools_text_append (self->out, self->json ? "]}\n" : "");
}

static mst_err_t unknown (const show_t *self, const char *name)
{
    base_nearest_t nearest;
    base_nearest_init (&nearest, name);
    for (uint32_t i = 0; i < self->model->objects.count; i++)
        base_nearest_consider (&nearest, self->model->objects.classes[i].name);
    for (uint32_t i = 0; i < self->model->interactions.count; i++)
        base_nearest_consider (&nearest, self->model->interactions.classes[i].name);
    for (uint32_t i = 0; i < self->model->type_count; i++)
        base_nearest_consider (&nearest, self->model->types[i].name);
    return base_nearest_suggest (
        &nearest,
        base_error (MST_E_CLASS_UNKNOWN, "no class and no data type is called \"%s\"", name));
}

/*  Whatever has the name: a class of objects, one of interactions, a data type. */
static mst_err_t show_one (show_t *self, const char *name)
{
    const fom_tree_t *trees[] = { &self->model->objects, &self->model->interactions };
    uint32_t found, shown = 0;
    mst_err_t err = MST_OK;
    for (int i = 0; !err && i < 2; i++) {
        if (fom_class_find (trees[i], name, &found))
            continue;
        self->first = true;
        err = self->json ? json_class (self, trees[i], found)
                         : text_class (self, trees[i], found, true);
        if (!err && self->json)
            err = tools_text_append (self->out, "\n");
        shown++;
    }
    found = fom_type_find (self->model, name);
    if (!err && found != FOM_NONE) {
        self->first = true;
        err = self->json ? json_type (self, found) : text_type (self, found, true);
        if (!err && self->json)
            err = tools_text_append (self->out, "\n");
        shown++;
    }
    return err || shown > 0 ? err : unknown (self, name);
}

mst_err_t tools_fom_show (const tools_fom_files_t *files, const char *name, bool json,
                          base_buffer_t *out)
{
    fom_files_t opened;
    mst_err_t err = fom_files_open (&opened, files);
    show_t show = { opened.model, out, json, true };
    if (!err)
        err = name ? show_one (&show, name) : show_all (&show);
    fom_files_close (&opened);
    return err;
}
