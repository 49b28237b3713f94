/*  The tables of kinds and texts say what an item holds; only the brackets around items, and the
   three kinds that are written in a way of their own, stand here. */
#include "fom/write.h"
#include "fom/draft.h"
#include "base/error.h"

#include <stdio.h>
#include <string.h>

typedef struct writer {
    base_buffer_t *out;
    uint32_t depth;
    uint32_t notes; /* formulas so far */
} writer_t;

/*  How an item is called in XML; NULL: by its own name. */
static const char *const write_elements[FOM_KINDS] = {
    [FOM_KIND_OBJECT_CLASS] = "objectClass",
    [FOM_KIND_ATTRIBUTE] = "attribute",
    [FOM_KIND_INTERACTION_CLASS] = "interactionClass",
    [FOM_KIND_PARAMETER] = "parameter",
    [FOM_KIND_DIMENSION] = "dimension",
    [FOM_KIND_TRANSPORT] = "transportation",
    [FOM_KIND_RATE] = "updateRate",
    [FOM_KIND_BASIC] = "basicData",
    [FOM_KIND_SIMPLE] = "simpleData",
    [FOM_KIND_ENUMERATED] = "enumeratedData",
    [FOM_KIND_ARRAY] = "arrayData",
    [FOM_KIND_FIXED] = "fixedRecordData",
    [FOM_KIND_VARIANT] = "variantRecordData",
    [FOM_KIND_ENUMERATOR] = "enumerator",
    [FOM_KIND_FIELD] = "field",
    [FOM_KIND_ALTERNATIVE] = "alternative",
};

static const struct write_group {
    const char *element;
    fom_kind_t kind;
} write_groups[] = {
    { "objects", FOM_KIND_OBJECT_CLASS },      { "interactions", FOM_KIND_INTERACTION_CLASS },
    { "dimensions", FOM_KIND_DIMENSION },      { "time", FOM_KIND_TIME },
    { "transportations", FOM_KIND_TRANSPORT }, { "switches", FOM_KIND_SWITCH },
    { "updateRates", FOM_KIND_RATE },
};

static const struct write_group write_types[] = {
    { "basicDataRepresentations", FOM_KIND_BASIC }, { "simpleDataTypes", FOM_KIND_SIMPLE },
    { "enumeratedDataTypes", FOM_KIND_ENUMERATED }, { "arrayDataTypes", FOM_KIND_ARRAY },
    { "fixedRecordDataTypes", FOM_KIND_FIXED },     { "variantRecordDataTypes", FOM_KIND_VARIANT },
};

static mst_err_t write_node (writer_t *self, const fom_node_t *node);

static mst_err_t put (writer_t *self, const char *text)
{
    base_assert (text != NULL);
    return base_buffer_append (self->out, text, strlen (text));
}

static mst_err_t put_escaped (writer_t *self, const char *text, size_t size_bytes)
{
    mst_err_t err = MST_OK;
    base_assert (text != NULL);
    for (size_t i = 0; !err && i < size_bytes; i++)
        switch (text[i]) {
        case '<': err = put (self, "&lt;"); break;
        case '>': err = put (self, "&gt;"); break;
        case '&': err = put (self, "&amp;"); break;
        case '"': err = put (self, "&quot;"); break;
        default: err = base_buffer_append (self->out, text + i, 1);
        }
    return err;
}

static mst_err_t put_indent (writer_t *self)
{
    mst_err_t err = put (self, "\n");
    base_assert (self->depth < 256);
    for (uint32_t i = 0; !err && i < self->depth; i++)
        err = put (self, "  ");
    return err;
}

static mst_err_t put_open (writer_t *self, const char *element, const char *more)
{
    mst_err_t err = put_indent (self);
    if (!err)
        err = put (self, "<");
    if (!err)
        err = put (self, element);
    if (!err)
        err = put (self, more);
    self->depth++;
    return err ? err : put (self, ">");
}

static mst_err_t put_close (writer_t *self, const char *element)
{
    base_assert (self->depth > 0);
    self->depth--;
    mst_err_t err = put_indent (self);
    if (!err)
        err = put (self, "</");
    if (!err)
        err = put (self, element);
    return err ? err : put (self, ">");
}

static mst_err_t put_text (writer_t *self, const char *element, const char *text, size_t size_bytes)
{
    mst_err_t err = put_open (self, element, "");
    self->depth--;
    if (!err)
        err = put_escaped (self, text, size_bytes);
    if (!err)
        err = put (self, "</");
    if (!err)
        err = put (self, element);
    return err ? err : put (self, ">");
}

/*  A text that stands several times, "a,b": each part by itself. */
static mst_err_t put_many (writer_t *self, const char *element, const char *text)
{
    bool bracket = strcmp (element, "dimension") == 0;
    mst_err_t err = bracket ? put_open (self, "dimensions", "") : MST_OK;
    while (!err && *text) {
        size_t size_bytes = strcspn (text, ",");
        err = put_text (self, element, text, size_bytes);
        text += size_bytes + (text[size_bytes] == ',');
    }
    return err || !bracket ? err : put_close (self, "dimensions");
}

static mst_err_t put_texts (writer_t *self, const fom_node_t *node)
{
    const fom_kind_row_t *kind = fom_kind (node->kind);
    mst_err_t err = MST_OK;
    for (uint32_t slot = 0; !err && slot < kind->slot_count; slot++) {
        const fom_slot_t *row = &kind->slots[slot];
        const char *text = node->texts[slot];
        if (text[0] == '\0' || row->element[0] == '\0')
            continue;
        err = row->flags & FOM_SLOT_MANY ? put_many (self, row->element, text)
                                         : put_text (self, row->element, text, strlen (text));
    }
    return err;
}

/*  <autoProvide isEnabled="true"/>, <timeStamp><dataType>…: called by their own names. */
static mst_err_t put_named (writer_t *self, const fom_node_t *node)
{
    const char *name = node->texts[FOM_NAME];
    if (node->kind == FOM_KIND_TIME) {
        mst_err_t err = put_open (self, name, "");
        if (!err)
            err = put_texts (self, node);
        return err ? err : put_close (self, name);
    }
    base_assert (node->kind == FOM_KIND_SWITCH);
    bool action = strcmp (name, "automaticResignAction") == 0;
    mst_err_t err = put_indent (self);
    if (!err)
        err = put (self, "<");
    if (!err)
        err = put (self, name);
    if (!err)
        err = put (self, action ? " resignAction=\"" : " isEnabled=\"");
    if (!err)
        err = put_escaped (self, node->texts[FOM_SWITCH_VALUE],
                           strlen (node->texts[FOM_SWITCH_VALUE]));
    return err ? err : put (self, "\"/>");
}

static mst_err_t write_node (writer_t *self, const fom_node_t *node)
{
    const char *element = write_elements[node->kind];
    char more[48] = "";
    if (!element)
        return put_named (self, node);
    if (node->kind == FOM_KIND_FIELD && node->texts[FOM_FIELD_LENGTH][0])
        (void) snprintf (more, sizeof more, " notes=\"length%u\"", ++self->notes);
    mst_err_t err = put_open (self, element, more);
    if (!err)
        err = put_texts (self, node);
    for (const fom_node_t *child = node->first; !err && child; child = child->next)
        err = write_node (self, child);
    return err ? err : put_close (self, element);
}

static mst_err_t write_group (writer_t *self, const fom_node_t *root,
                              const struct write_group *group)
{
    bool any = false;
    mst_err_t err = MST_OK;
    for (const fom_node_t *node = root->first; !err && node; node = node->next) {
        if (node->kind != group->kind)
            continue;
        if (!any)
            err = put_open (self, group->element, "");
        any = true;
        if (!err)
            err = write_node (self, node);
    }
    return err || !any ? err : put_close (self, group->element);
}

/*  The formulas again, in the order in which they were named. */
static mst_err_t write_lengths (writer_t *self, const fom_node_t *root)
{
    uint32_t number = 0;
    mst_err_t err = put_open (self, "notes", "");
    for (const fom_node_t *node = root->first; node; node = node->next)
        for (const fom_node_t *field = node->kind == FOM_KIND_FIXED ? node->first : NULL;
             !err && field; field = field->next) {
            const char *length = field->texts[FOM_FIELD_LENGTH];
            char text[4200];
            if (length[0] == '\0')
                continue;
            err = put_open (self, "note", "");
            int size = snprintf (text, sizeof text, "length%u", ++number);
            if (!err)
                err = put_text (self, "label", text, (size_t) size);
            size = snprintf (text, sizeof text, "RPRlengthlessArrayLength=%s", length);
            if (!err)
                err = put_text (self, "semantics", text, (size_t) size);
            if (!err)
                err = put_close (self, "note");
        }
    base_assert (err || number == self->notes);
    return err ? err : put_close (self, "notes");
}

static mst_err_t write_all (writer_t *self, const fom_node_t *root, const char *name)
{
    mst_err_t err = put (self, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    if (!err)
        err = put_open (self, "objectModel", " xmlns=\"http://standards.ieee.org/IEEE1516-2010\"");
    if (!err)
        err = put_open (self, "modelIdentification", "");
    if (!err)
        err = put_text (self, "name", name, strlen (name));
    if (!err)
        err = put_text (self, "type", "FOM", 3);
    if (!err)
        err = put_close (self, "modelIdentification");
    for (size_t i = 0; !err && i < sizeof write_groups / sizeof write_groups[0]; i++)
        err = write_group (self, root, &write_groups[i]);
    if (!err)
        err = put_open (self, "dataTypes", "");
    for (size_t i = 0; !err && i < sizeof write_types / sizeof write_types[0]; i++)
        err = write_group (self, root, &write_types[i]);
    if (!err)
        err = put_close (self, "dataTypes");
    if (!err && self->notes > 0)
        err = write_lengths (self, root);
    if (!err)
        err = put_close (self, "objectModel");
    return err ? err : put (self, "\n");
}

mst_err_t fom_write (const fom_model_t *model, const char *name, base_buffer_t *out)
{
    writer_t writer = { .out = out };
    base_assert (model != NULL && name != NULL);
    base_assert (model->draft != NULL);
    return write_all (&writer, model->draft->root, name);
}
