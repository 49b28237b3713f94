/*  Several modules into one draft. Each module's tree is walked over what stands already; a name
   that is new is copied, a name that stands must mean the same (IEEE 1516.2-2010, clause 7). */
#include "fom/module.h"
#include "fom/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

typedef struct merge_source {
    fom_merger_t *merger;
    const char *label; /* in the merged draft's memory */
    uint32_t module;
} merge_source_t;

static mst_err_t merge_node (const merge_source_t *self, fom_node_t *parent,
                             const fom_node_t *incoming);

/*  Names: (parent's id, name space, name) -------------------------------------------------------
 */

enum { MERGE_KEY_BYTES = 5 + FOM_NAME_BYTES_MAX };

/*  The parent's number stands for its whole path: keys stay short however deep the tree is. */
static size_t merge_key (const fom_node_t *parent, const fom_node_t *node,
                         char key[MERGE_KEY_BYTES])
{
    size_t size_bytes = strlen (node->texts[FOM_NAME]);
    base_assert (parent != NULL);
    base_assert (size_bytes <= FOM_NAME_BYTES_MAX);
    memcpy (key, &parent->id, 4);
    /* all data types share one name space */
    key[4] = (char) (fom_kind_is_type (node->kind) ? FOM_KIND_BASIC : node->kind);
    memcpy (key + 5, node->texts[FOM_NAME], size_bytes);
    return 5 + size_bytes;
}

static fom_node_t *merge_find (const merge_source_t *self, const fom_node_t *parent,
                               const fom_node_t *incoming)
{
    char key[MERGE_KEY_BYTES];
    uint64_t value;
    size_t size_bytes = merge_key (parent, incoming, key);
    base_assert (size_bytes > 4);
    if (!base_names_get (&self->merger->names, key, size_bytes, &value))
        return NULL;
    return (fom_node_t *) (uintptr_t) value;
}

static mst_err_t merge_note_name (const merge_source_t *self, fom_node_t *node)
{
    char key[MERGE_KEY_BYTES];
    base_assert (node->parent != NULL);
    size_t size_bytes = merge_key (node->parent, node, key);
    return base_names_set (&self->merger->names, key, size_bytes, (uint64_t) (uintptr_t) node);
}

/*  Copying ------------------------------------------------------------------------------------- */

/*  Items of a module know their line, not which module of the merger they are: that is added here.
 */
static fom_place_t merge_place (const merge_source_t *self, const fom_node_t *incoming)
{
    fom_place_t place = incoming->place;
    base_assert (self->label != NULL);
    place.label = self->label;
    place.module = self->module;
    return place;
}

/*  What the module leaves out stays as it stands, so the standard's words fill the gaps. */
static mst_err_t merge_copy_texts (const merge_source_t *self, fom_node_t *node,
                                   const fom_node_t *incoming, uint32_t from)
{
    uint32_t count = fom_kind (node->kind)->slot_count;
    mst_err_t err = MST_OK;
    base_assert (node->kind == incoming->kind);
    for (uint32_t slot = from; !err && slot < count; slot++) {
        const char *text = incoming->texts[slot];
        if (text[0] == '\0')
            continue;
        node->texts[slot] = "";
        err = fom_draft_set (&self->merger->draft, node, slot, text, strlen (text));
    }
    return err;
}

/*  Copies an item with all below it. What is below a class is merged, so that doubles are found;
    fields and enumerators are taken as they stand. */
static mst_err_t merge_copy (const merge_source_t *self, fom_node_t *parent,
                             const fom_node_t *incoming)
{
    fom_node_t *node;
    fom_place_t place = merge_place (self, incoming);
    mst_err_t err = fom_draft_add (&self->merger->draft, parent, incoming->kind, &place, &node);
    if (!err)
        err = merge_copy_texts (self, node, incoming, FOM_NAME);
    if (!err)
        node->standard = self->module == FOM_MODULE_STANDARD;
    bool named = incoming->kind < FOM_KIND_ENUMERATOR;
    if (!err && named)
        err = merge_note_name (self, node);
    for (const fom_node_t *child = incoming->first; !err && child; child = child->next)
        err = fom_kind_is_class (node->kind) ? merge_node (self, node, child)
                                             : merge_copy (self, node, child);
    return err;
}

/*  Comparing ----------------------------------------------------------------------------------- */

/*  Names both modules and both lines: the user has to open two files. */
static mst_err_t merge_conflict (const merge_source_t *self, const fom_node_t *standing,
                                 const fom_node_t *incoming, uint32_t slot)
{
    char item[FOM_DESCRIBE_BYTES], where[FOM_PLACE_BYTES];
    fom_place_t place = merge_place (self, incoming);
    base_assert (slot < fom_kind (incoming->kind)->slot_count);
    return fom_error (MST_E_FOM_INCONSISTENT, &place,
                      "%s of %s is \"%.80s\", but \"%.80s\" in %s: make the two the same",
                      slot == FOM_NAME ? "the name"
                                       : fom_kind (incoming->kind)->slots[slot].element,
                      fom_describe (standing, item), incoming->texts[slot], standing->texts[slot],
                      fom_place_text (&standing->place, where));
}

/*  Prose may differ; and a module need not repeat what the standard says anyway. */
static mst_err_t merge_same_texts (const merge_source_t *self, const fom_node_t *standing,
                                   const fom_node_t *incoming)
{
    const fom_kind_row_t *kind = fom_kind (incoming->kind);
    base_assert (standing->kind == incoming->kind);
    for (uint32_t slot = 0; slot < kind->slot_count; slot++) {
        bool loose = kind->slots[slot].flags & FOM_SLOT_LOOSE;
        bool silent = incoming->texts[slot][0] == '\0';
        if (kind->slots[slot].flags & FOM_SLOT_PROSE || (standing->standard && (loose || silent)))
            continue;
        if (strcmp (standing->texts[slot], incoming->texts[slot]) != 0)
            return merge_conflict (self, standing, incoming, slot);
    }
    return MST_OK;
}

/*  Two definitions of a data type, dimension … : the texts and the fields one by one. */
static mst_err_t merge_same (const merge_source_t *self, const fom_node_t *standing,
                             const fom_node_t *incoming)
{
    char item[FOM_DESCRIBE_BYTES], where[FOM_PLACE_BYTES];
    fom_place_t place = merge_place (self, incoming);
    base_assert (!fom_kind_is_class (incoming->kind));
    if (standing->kind != incoming->kind)
        return fom_error (MST_E_FOM_INCONSISTENT, &place, "%s is a %s in %s: make the two the same",
                          fom_describe (incoming, item), fom_kind (standing->kind)->word,
                          fom_place_text (&standing->place, where));
    mst_err_t err = merge_same_texts (self, standing, incoming);
    if (!err && standing->child_count != incoming->child_count)
        return fom_error (MST_E_FOM_INCONSISTENT, &place,
                          "%s has %u parts, but %u in %s: make the two the same",
                          fom_describe (incoming, item), incoming->child_count,
                          standing->child_count, fom_place_text (&standing->place, where));
    const fom_node_t *mine = standing->first;
    for (const fom_node_t *its = incoming->first; !err && its; its = its->next, mine = mine->next)
        err = merge_same_texts (self, mine, its);
    return err;
}

/*  Classes ------------------------------------------------------------------------------------- */

/*  Only a name, as a place to hang subclasses on? */
static bool merge_is_scaffold (const fom_node_t *node)
{
    base_assert (fom_kind_is_class (node->kind));
    for (uint32_t slot = 1; slot < fom_kind (node->kind)->slot_count; slot++)
        if (node->texts[slot][0] != '\0')
            return false;
    for (const fom_node_t *child = node->first; child; child = child->next)
        if (!fom_kind_is_class (child->kind))
            return false;
    return true;
}

/*  The standard's own attribute is not counted: modules repeat it or not, as they like. */
static uint32_t merge_member_count (const fom_node_t *node)
{
    uint32_t count = 0;
    base_assert (fom_kind_is_class (node->kind));
    for (const fom_node_t *child = node->first; child; child = child->next)
        count += !fom_kind_is_class (child->kind) && !child->standard;
    return count;
}

/*  `member` stands in one definition of its class; the other, at `elsewhere`, lacks it. */
static mst_err_t merge_missing (const fom_place_t *place, const fom_node_t *member,
                                const fom_place_t *elsewhere)
{
    char item[FOM_DESCRIBE_BYTES], where[FOM_PLACE_BYTES];
    base_assert (!fom_kind_is_class (member->kind));
    base_assert (elsewhere->label != NULL);
    return fom_error (MST_E_FOM_INCONSISTENT, place,
                      "%s does not stand in the class's other definition, %s: make the two the "
                      "same, or leave only the class's name in one",
                      fom_describe (member, item), fom_place_text (elsewhere, where));
}

static bool merge_has_member (const fom_node_t *node, const fom_node_t *member)
{
    base_assert (fom_kind_is_class (node->kind));
    for (const fom_node_t *child = node->first; child; child = child->next)
        if (child->kind == member->kind &&
            strcmp (child->texts[FOM_NAME], member->texts[FOM_NAME]) == 0)
            return true;
    return false;
}

/*  Both define the class: each must have the members of the other. */
static mst_err_t merge_same_members (const merge_source_t *self, const fom_node_t *standing,
                                     const fom_node_t *incoming)
{
    uint32_t shared = 0;
    fom_place_t place = merge_place (self, incoming);
    base_assert (standing->kind == incoming->kind);
    for (const fom_node_t *its = incoming->first; its; its = its->next) {
        if (fom_kind_is_class (its->kind))
            continue;
        const fom_node_t *mine = merge_find (self, standing, its);
        if (!mine) {
            place = merge_place (self, its);
            return merge_missing (&place, its, &standing->place);
        }
        shared += !mine->standard;
    }
    if (shared == merge_member_count (standing))
        return MST_OK;
    for (const fom_node_t *mine = standing->first; mine; mine = mine->next)
        if (!fom_kind_is_class (mine->kind) && !mine->standard &&
            !merge_has_member (incoming, mine))
            return merge_missing (&mine->place, mine, &place);
    return MST_OK;
}

/*  The module's words take the place of a bare name's, or of the standard's own. */
static mst_err_t merge_adopt (const merge_source_t *self, fom_node_t *standing,
                              const fom_node_t *incoming)
{
    base_assert (standing->kind == incoming->kind);
    standing->place = merge_place (self, incoming);
    return merge_copy_texts (self, standing, incoming, FOM_NAME + 1);
}

/*  Four cases: the incoming one is bare (nothing to say), the standing one is bare or the
   standard's (adopt), or both define the class (compare). Then the subclasses and members, in any
   case. */
static mst_err_t merge_class (const merge_source_t *self, fom_node_t *standing,
                              const fom_node_t *incoming)
{
    bool standard = standing->place.module == FOM_MODULE_STANDARD;
    mst_err_t err = MST_OK;

    base_assert (standing->kind == incoming->kind);
    base_assert (fom_kind_is_class (incoming->kind));
    if (!merge_is_scaffold (incoming)) {
        if (standard || merge_is_scaffold (standing))
            err = merge_adopt (self, standing, incoming);
        else {
            err = merge_same_texts (self, standing, incoming);
            if (!err)
                err = merge_same_members (self, standing, incoming);
        }
    }
    for (const fom_node_t *child = incoming->first; !err && child; child = child->next)
        err = merge_node (self, standing, child);
    return err;
}

/*  Within one module a double is a slip, even when both say the same. */
static mst_err_t merge_twice (const merge_source_t *self, const fom_node_t *standing,
                              const fom_node_t *incoming)
{
    char item[FOM_DESCRIBE_BYTES];
    fom_place_t place = merge_place (self, incoming);
    base_assert (standing->place.module == self->module);
    return fom_error (MST_E_FOM_INVALID, &place, "%s appears twice (first at line %u): remove one",
                      fom_describe (incoming, item), standing->place.line);
}

/*  The one step of the walk: copy what is new, check what stands. */
static mst_err_t merge_node (const merge_source_t *self, fom_node_t *parent,
                             const fom_node_t *incoming)
{
    fom_node_t *standing = merge_find (self, parent, incoming);
    base_assert (fom_kind_holds (parent->kind, incoming->kind));
    if (!standing)
        return merge_copy (self, parent, incoming);
    if (standing->place.module == self->module)
        return merge_twice (self, standing, incoming);
    if (fom_kind_is_class (incoming->kind))
        return merge_class (self, standing, incoming);
    bool member = fom_kind_is_class (parent->kind);
    if (member && standing->place.module == FOM_MODULE_STANDARD)
        return merge_adopt (self, standing, incoming);
    return merge_same (self, standing, incoming);
}

/*  The whole ----------------------------------------------------------------------------------- */

mst_err_t fom_merger_init (fom_merger_t *self)
{
    base_assert (self != NULL);
    base_names_init (&self->names);
    return fom_draft_init (&self->draft);
}

void fom_merger_fini (fom_merger_t *self)
{
    base_assert (self != NULL);
    base_names_fini (&self->names);
    fom_draft_fini (&self->draft);
}

mst_err_t fom_merger_absorb (fom_merger_t *self, const fom_draft_t *draft, const char *label,
                             uint32_t module)
{
    merge_source_t source = { .merger = self, .module = module };
    mst_err_t err = MST_OK;

    base_assert (draft->root != NULL);
    base_assert (self->draft.root != NULL);
    source.label = base_arena_copy (&self->draft.arena, label, strlen (label));
    if (!source.label)
        return base_alloc_error ();
    for (const fom_node_t *node = draft->root->first; !err && node; node = node->next)
        err = merge_node (&source, self->draft.root, node);
    return err;
}

/*  First of all, so that its classes and types have the same numbers in every model. */
static mst_err_t merge_standard (fom_merger_t *self)
{
    fom_draft_t standard;
    base_assert (self->draft.root != NULL);
    mst_err_t err = fom_draft_init (&standard);
    if (!err)
        err = fom_builtin (&standard);
    if (!err)
        err = fom_merger_absorb (self, &standard, "the standard", FOM_MODULE_STANDARD);
    fom_draft_fini (&standard);
    return err;
}

mst_err_t fom_merge (fom_module_t *const modules[], size_t count, fom_model_t **model)
{
    fom_merger_t merger;
    base_assert (modules != NULL || count == 0);
    base_assert (model != NULL);
    *model = NULL;
    if (count > FOM_MODULES_MAX)
        return base_error (MST_E_LIMIT, "%zu modules are more than FOM_MODULES_MAX (%d): join some",
                           count, FOM_MODULES_MAX);
    mst_err_t err = fom_merger_init (&merger);
    if (!err)
        err = merge_standard (&merger);
    for (size_t i = 0; !err && i < count; i++)
        err = fom_merger_absorb (&merger, &modules[i]->draft, modules[i]->label, (uint32_t) i + 1);
    if (!err)
        err = fom_compile (&merger.draft, model);
    fom_merger_fini (&merger);
    return err;
}
