/*  Two object models, item by item: what one has and the other lacks, and texts that differ. */
#include "tools/fom_own.h"
#include "fom/draft.h"
#include "tools/text.h"

#include <string.h>

typedef struct diff {
    base_buffer_t *out;
    bool json;
    size_t count;
} diff_t;

static mst_err_t diff_say (diff_t *self, const char *what, const fom_node_t *node,
                           const char *element, const char *left, const char *right)
{
    char item[FOM_DESCRIBE_BYTES], where[FOM_PLACE_BYTES];
    bool first = self->count++ == 0;

    (void) fom_describe (node, item);
    (void) fom_place_text (&node->place, where);
    if (!self->json && element)
        return tools_text_append (self->out, "~ %s: %s: \"%s\" → \"%s\" (%s)\n", item, element,
                                  left, right, where);
    if (!self->json)
        return tools_text_append (self->out, "%s %s (%s)\n",
                                  strcmp (what, "added") == 0 ? "+" : "-", item, where);
    mst_err_t err =
        tools_text_append (self->out, "%s\n  {\"what\":\"%s\",\"item\":", first ? "" : ",", what);
    if (!err)
        err = fom_quote (self->out, item);
    if (!err)
        err = tools_text_append (self->out, ",\"place\":");
    if (!err)
        err = fom_quote (self->out, where);
    if (!err && element)
        err = tools_text_append (self->out, ",\"text\":\"%s\",\"left\":", element);
    if (!err && element)
        err = fom_quote (self->out, left);
    if (!err && element)
        err = tools_text_append (self->out, ",\"right\":");
    if (!err && element)
        err = fom_quote (self->out, right);
    return err ? err : tools_text_append (self->out, "}");
}

static bool same_item (const fom_node_t *a, const fom_node_t *b)
{
    bool types = fom_kind_is_type (a->kind) && fom_kind_is_type (b->kind);
    return (a->kind == b->kind || types) && strcmp (a->texts[FOM_NAME], b->texts[FOM_NAME]) == 0;
}

/*  Items mostly stand in the same order: the search goes on where the last one was found. */
static const fom_node_t *find (const fom_node_t *in, const fom_node_t *wanted,
                               const fom_node_t **near)
{
    const fom_node_t *start = *near ? *near : in->first;
    for (const fom_node_t *node = start; node; node = node->next)
        if (same_item (node, wanted)) {
            *near = node->next;
            return node;
        }
    for (const fom_node_t *node = in->first; node && node != start; node = node->next)
        if (same_item (node, wanted)) {
            *near = node->next;
            return node;
        }
    return NULL;
}

static mst_err_t diff_texts (diff_t *self, const fom_node_t *left, const fom_node_t *right)
{
    const fom_kind_row_t *kind = fom_kind (left->kind);
    mst_err_t err = MST_OK;
    for (uint32_t slot = 1; !err && slot < kind->slot_count; slot++) {
        bool prose = kind->slots[slot].flags & FOM_SLOT_PROSE;
        if (!prose && strcmp (left->texts[slot], right->texts[slot]) != 0)
            err = diff_say (self, "changed", right,
                            kind->slots[slot].element[0] ? kind->slots[slot].element : "value",
                            left->texts[slot], right->texts[slot]);
    }
    return err;
}

/*  Depth is that of the drafts, which is limited. */
static mst_err_t diff_children (diff_t *self, const fom_node_t *left, const fom_node_t *right)
{
    const fom_node_t *near = NULL;
    mst_err_t err = MST_OK;
    for (const fom_node_t *child = left->first; !err && child; child = child->next) {
        const fom_node_t *other = find (right, child, &near);
        if (!other)
            err = diff_say (self, "removed", child, NULL, NULL, NULL);
        else if (other->kind != child->kind)
            err = diff_say (self, "changed", other, "kind", fom_kind (child->kind)->word,
                            fom_kind (other->kind)->word);
        else {
            err = diff_texts (self, child, other);
            if (!err)
                err = diff_children (self, child, other);
        }
    }
    near = NULL;
    for (const fom_node_t *child = right->first; !err && child; child = child->next)
        if (!find (left, child, &near))
            err = diff_say (self, "added", child, NULL, NULL, NULL);
    return err;
}

mst_err_t tools_fom_diff (const tools_fom_files_t *left, const tools_fom_files_t *right, bool json,
                          base_buffer_t *out, bool *same)
{
    diff_t self = { out, json, 0 };
    fom_files_t a, b = { .count = 0 };
    mst_err_t err = fom_files_open (&a, left);
    if (!err)
        err = fom_files_open (&b, right);
    if (!err && json)
        err = tools_text_append (out, "[");
    if (!err)
        err = diff_children (&self, a.model->draft->root, b.model->draft->root);
    if (!err && json)
        err = tools_text_append (out, self.count > 0 ? "\n]\n" : "]\n");
    *same = self.count == 0;
    fom_files_close (&a);
    fom_files_close (&b);
    return err;
}
