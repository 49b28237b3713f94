/*  Items live in the draft's arena and are never taken out again: a draft only grows, then becomes
   a model or goes away whole. */
#include "fom/draft.h"
#include "fom/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const fom_orders[] = { "Receive", "TimeStamp", NULL };
const char *const fom_sharings[] = { "Neither", "Publish", "Subscribe", "PublishSubscribe", NULL };
static const char *const draft_updates[] = { "NA", "Static", "Periodic", "Conditional", NULL };
static const char *const draft_ownerships[] = { "NoTransfer", "Divest", "Acquire", "DivestAcquire",
                                                NULL };
static const char *const draft_endians[] = { "Big", "Little", NULL };
static const char *const draft_answers[] = { "No", "Yes", NULL };

/*  The table of kinds -------------------------------------------------------------------------- */

static const fom_slot_t object_slots[] = {
    { "name", NULL, 0 },
    { "sharing", fom_sharings, 0 },
};
static const fom_slot_t attribute_slots[] = {
    { "name", NULL, 0 },
    { "dataType", NULL, 0 },
    { "updateType", draft_updates, 0 },
    { "ownership", draft_ownerships, 0 },
    { "sharing", fom_sharings, 0 },
    { "dimension", NULL, FOM_SLOT_MANY },
    { "transportation", NULL, 0 },
    { "order", fom_orders, 0 },
};
static const fom_slot_t interaction_slots[] = {
    { "name", NULL, 0 },
    { "sharing", fom_sharings, 0 },
    { "dimension", NULL, FOM_SLOT_MANY },
    { "transportation", NULL, 0 },
    { "order", fom_orders, 0 },
};
static const fom_slot_t parameter_slots[] = {
    { "name", NULL, 0 },
    { "dataType", NULL, 0 },
};
static const fom_slot_t dimension_slots[] = {
    { "name", NULL, 0 },
    { "dataType", NULL, 0 },
    { "upperBound", NULL, 0 },
    { "normalization", NULL, FOM_SLOT_PROSE },
};
static const fom_slot_t transport_slots[] = {
    { "name", NULL, 0 },
    { "reliable", draft_answers, 0 },
};
static const fom_slot_t rate_slots[] = {
    { "name", NULL, 0 },
    { "rate", NULL, 0 },
};
static const fom_slot_t switch_slots[] = {
    { "", NULL, 0 },
    { "", NULL, 0 },
};
static const fom_slot_t time_slots[] = {
    { "", NULL, 0 },
    { "dataType", NULL, 0 },
};
static const fom_slot_t basic_slots[] = {
    { "name", NULL, 0 },
    { "size", NULL, 0 },
    { "endian", draft_endians, 0 },
    { "encoding", NULL, FOM_SLOT_PROSE },
};
static const fom_slot_t simple_slots[] = {
    { "name", NULL, 0 },
    { "representation", NULL, 0 },
    { "units", NULL, FOM_SLOT_LOOSE },
    { "resolution", NULL, FOM_SLOT_LOOSE },
    { "accuracy", NULL, FOM_SLOT_LOOSE },
};
static const fom_slot_t enumerated_slots[] = {
    { "name", NULL, 0 },
    { "representation", NULL, 0 },
};
static const fom_slot_t array_slots[] = {
    { "name", NULL, 0 },
    { "dataType", NULL, 0 },
    { "cardinality", NULL, 0 },
    { "encoding", NULL, 0 },
};
static const fom_slot_t fixed_slots[] = {
    { "name", NULL, 0 },
    { "encoding", NULL, 0 },
};
static const fom_slot_t variant_slots[] = {
    { "name", NULL, 0 },
    { "discriminant", NULL, 0 },
    { "dataType", NULL, 0 },
    { "encoding", NULL, 0 },
};
static const fom_slot_t enumerator_slots[] = {
    { "name", NULL, 0 },
    { "value", NULL, FOM_SLOT_MANY },
};
static const fom_slot_t field_slots[] = {
    { "name", NULL, 0 },
    { "dataType", NULL, 0 },
    { "", NULL, FOM_SLOT_PROSE }, /* stands in a note: reader.c */
};
static const fom_slot_t alternative_slots[] = {
    { "name", NULL, 0 },
    { "enumerator", NULL, FOM_SLOT_MANY },
    { "dataType", NULL, 0 },
};

#define DRAFT_KIND(word, slots)                                                                    \
    {                                                                                              \
        word, slots, sizeof (slots) / sizeof (slots)[0]                                            \
    }

static const fom_kind_row_t draft_kinds[FOM_KINDS] = {
    [FOM_KIND_MODEL] = { "object model", NULL, 0 },
    [FOM_KIND_OBJECT_CLASS] = DRAFT_KIND ("class", object_slots),
    [FOM_KIND_ATTRIBUTE] = DRAFT_KIND ("attribute", attribute_slots),
    [FOM_KIND_INTERACTION_CLASS] = DRAFT_KIND ("interaction class", interaction_slots),
    [FOM_KIND_PARAMETER] = DRAFT_KIND ("parameter", parameter_slots),
    [FOM_KIND_DIMENSION] = DRAFT_KIND ("dimension", dimension_slots),
    [FOM_KIND_TRANSPORT] = DRAFT_KIND ("transportation", transport_slots),
    [FOM_KIND_RATE] = DRAFT_KIND ("update rate", rate_slots),
    [FOM_KIND_SWITCH] = DRAFT_KIND ("switch", switch_slots),
    [FOM_KIND_TIME] = DRAFT_KIND ("time type", time_slots),
    [FOM_KIND_BASIC] = DRAFT_KIND ("basic data", basic_slots),
    [FOM_KIND_SIMPLE] = DRAFT_KIND ("simple data type", simple_slots),
    [FOM_KIND_ENUMERATED] = DRAFT_KIND ("enumerated data type", enumerated_slots),
    [FOM_KIND_ARRAY] = DRAFT_KIND ("array data type", array_slots),
    [FOM_KIND_FIXED] = DRAFT_KIND ("fixed record", fixed_slots),
    [FOM_KIND_VARIANT] = DRAFT_KIND ("variant record", variant_slots),
    [FOM_KIND_ENUMERATOR] = DRAFT_KIND ("enumerator", enumerator_slots),
    [FOM_KIND_FIELD] = DRAFT_KIND ("field", field_slots),
    [FOM_KIND_ALTERNATIVE] = DRAFT_KIND ("alternative", alternative_slots),
};

_Static_assert(sizeof attribute_slots / sizeof attribute_slots[0] == FOM_SLOTS_MAX,
               "no kind has more texts than an attribute");

/*  Every kind has its row: a new one without is found at the first use. */
const fom_kind_row_t *fom_kind (fom_kind_t kind)
{
    base_assert (kind < FOM_KINDS);
    base_assert (draft_kinds[kind].word != NULL);
    return &draft_kinds[kind];
}

bool fom_kind_is_class (fom_kind_t kind)
{
    base_assert (kind < FOM_KINDS);
    return kind == FOM_KIND_OBJECT_CLASS || kind == FOM_KIND_INTERACTION_CLASS;
}

bool fom_kind_is_type (fom_kind_t kind)
{
    base_assert (kind < FOM_KINDS);
    return kind >= FOM_KIND_BASIC && kind <= FOM_KIND_VARIANT;
}

/*  What the grammar of the XML and the image both obey: a tree that breaks it cannot be built. */
bool fom_kind_holds (fom_kind_t parent, fom_kind_t child)
{
    static const uint32_t holds[FOM_KINDS] = {
        [FOM_KIND_OBJECT_CLASS] = 1u << FOM_KIND_OBJECT_CLASS | 1u << FOM_KIND_ATTRIBUTE,
        [FOM_KIND_INTERACTION_CLASS] = 1u << FOM_KIND_INTERACTION_CLASS | 1u << FOM_KIND_PARAMETER,
        [FOM_KIND_ENUMERATED] = 1u << FOM_KIND_ENUMERATOR,
        [FOM_KIND_FIXED] = 1u << FOM_KIND_FIELD,
        [FOM_KIND_VARIANT] = 1u << FOM_KIND_ALTERNATIVE,
    };

    base_assert (parent < FOM_KINDS);
    base_assert (child < FOM_KINDS);
    if (parent == FOM_KIND_MODEL)
        return child != FOM_KIND_MODEL && child != FOM_KIND_ATTRIBUTE &&
               child != FOM_KIND_PARAMETER && child < FOM_KIND_ENUMERATOR;
    return (holds[parent] & 1u << child) != 0;
}

/*  Real files write "timestamp" and "TimeStamp": both are meant. */
int fom_choice (const char *const *choices, const char *word, size_t size_bytes)
{
    base_assert (choices != NULL);
    base_assert (word != NULL || size_bytes == 0);
    for (int i = 0; choices[i]; i++)
        if (strlen (choices[i]) == size_bytes && strncasecmp (choices[i], word, size_bytes) == 0)
            return i;
    return -1;
}

/*  Messages ------------------------------------------------------------------------------------ */

const char *fom_place_text (const fom_place_t *place, char out[FOM_PLACE_BYTES])
{
    base_assert (place != NULL);
    base_assert (place->label != NULL);
    if (place->line == 0)
        (void) snprintf (out, FOM_PLACE_BYTES, "%s", place->label);
    else
        (void) snprintf (out, FOM_PLACE_BYTES, "%s:%u:%u", place->label, place->line,
                         place->column);
    return out;
}

mst_err_t fom_error (mst_err_t err, const fom_place_t *place, const char *format, ...)
{
    char where[FOM_PLACE_BYTES];
    va_list args;

    base_assert (place != NULL);
    va_start (args, format);
    base_error_va (err, format, args);
    va_end (args);
    return base_error_prefix (err, "%s: ", fom_place_text (place, where));
}

/*  A file with a thousand slips is told about a hundred of them: the rest is only counted. */
mst_err_t fom_draft_warn (fom_draft_t *self, const fom_place_t *place, const char *format, ...)
{
    char text[FOM_FULL_NAME_BYTES_MAX], where[FOM_PLACE_BYTES];
    va_list args;

    base_assert (self != NULL);
    base_assert (format != NULL);
    if (self->warning_count++ >= FOM_WARNINGS_MAX)
        return MST_OK;
    (void) snprintf (text, sizeof text, "%s: ", fom_place_text (place, where));
    size_t length = strlen (text);
    va_start (args, format);
    (void) vsnprintf (text + length, sizeof text - length, format, args);
    va_end (args);
    fom_warning_t *warning = base_arena_alloc (&self->arena, 1, sizeof *warning);
    if (!warning)
        return base_alloc_error ();
    warning->text = base_arena_copy (&self->arena, text, strlen (text));
    if (!warning->text)
        return base_alloc_error ();
    if (self->last_warning)
        self->last_warning->next = warning;
    else
        self->warnings = warning;
    self->last_warning = warning;
    return MST_OK;
}

const char *fom_describe (const fom_node_t *node, char out[FOM_DESCRIBE_BYTES])
{
    base_assert (node != NULL);
    base_assert (node->kind != FOM_KIND_MODEL);
    int length = snprintf (out, FOM_DESCRIBE_BYTES, "%s \"%s\"", fom_kind (node->kind)->word,
                           node->texts[FOM_NAME]);
    const fom_node_t *owner = node->parent;
    bool inner = owner && owner->kind != FOM_KIND_MODEL && !fom_kind_is_class (node->kind);
    if (inner && length > 0 && length < FOM_DESCRIBE_BYTES)
        (void) snprintf (out + length, (size_t) (FOM_DESCRIBE_BYTES - length), " of %s \"%s\"",
                         fom_kind (owner->kind)->word, owner->texts[FOM_NAME]);
    return out;
}

/*  Items --------------------------------------------------------------------------------------- */

/*  Texts begin as "", never as NULL: comparing and encoding need no special case. */
static fom_node_t *draft_node_new (fom_draft_t *self, fom_kind_t kind, const fom_place_t *place)
{
    uint32_t slots = fom_kind (kind)->slot_count;
    base_assert (slots <= FOM_SLOTS_MAX);
    fom_node_t *node =
        base_arena_alloc (&self->arena, 1, sizeof *node + slots * sizeof node->texts[0]);
    if (!node)
        return NULL;
    node->kind = kind;
    node->place = *place;
    node->id = self->node_count++;
    for (uint32_t slot = 0; slot < slots; slot++)
        node->texts[slot] = "";
    return node;
}

mst_err_t fom_draft_init (fom_draft_t *self)
{
    base_assert (self != NULL);
    *self = (fom_draft_t){ 0 };
    base_arena_init (&self->arena);
    self->root = draft_node_new (self, FOM_KIND_MODEL, &(fom_place_t){ .label = "" });
    return self->root ? MST_OK : base_alloc_error ();
}

/*  Nothing but the arena holds memory; that is why all texts are copied into it. */
void fom_draft_fini (fom_draft_t *self)
{
    base_assert (self != NULL);
    base_arena_fini (&self->arena);
    *self = (fom_draft_t){ 0 };
}

mst_err_t fom_draft_add (fom_draft_t *self, fom_node_t *parent, fom_kind_t kind,
                         const fom_place_t *place, fom_node_t **node)
{
    base_assert (parent != NULL && node != NULL);
    base_assert (fom_kind_holds (parent->kind, kind));
    *node = NULL;
    if (self->node_count >= FOM_NODES_MAX)
        return fom_error (
            MST_E_LIMIT, place,
            "more than FOM_NODES_MAX (%d) items in an object model: split it or leave "
            "out what is not used",
            FOM_NODES_MAX);
    if (fom_kind_is_class (parent->kind) &&
        parent->child_count >= FOM_CLASSES_MAX + FOM_ATTRIBUTES_PER_CLASS_MAX)
        return fom_error (
            MST_E_LIMIT, place,
            "a class has more subclasses than FOM_CLASSES_MAX (%d) or more attributes "
            "than FOM_ATTRIBUTES_PER_CLASS_MAX (%d)",
            FOM_CLASSES_MAX, FOM_ATTRIBUTES_PER_CLASS_MAX);
    *node = draft_node_new (self, kind, place);
    if (!*node)
        return base_alloc_error ();
    (*node)->parent = parent;
    if (parent->last)
        parent->last->next = *node;
    else
        parent->first = *node;
    parent->last = *node;
    parent->child_count++;
    return MST_OK;
}

/*  Names end up in messages, logs and tables, and dotted in full names: what would break those is
    refused here, for files and images alike. */
static mst_err_t draft_check_name (const fom_node_t *node, const char *text, size_t size_bytes)
{
    const char *word = fom_kind (node->kind)->word;
    base_assert (text != NULL);
    base_assert (node->kind != FOM_KIND_MODEL);
    if (size_bytes > FOM_NAME_BYTES_MAX)
        return fom_error (MST_E_LIMIT, &node->place,
                          "the name of the %s \"%.40s…\" is longer than FOM_NAME_BYTES_MAX (%d)",
                          word, text, FOM_NAME_BYTES_MAX);
    for (size_t i = 0; i < size_bytes; i++)
        if ((unsigned char) text[i] < ' ' || text[i] == 0x7f)
            return fom_error (MST_E_FOM_INVALID, &node->place,
                              "the name of a %s has a control character in it: take it out", word);
    if (fom_kind_is_class (node->kind) && memchr (text, '.', size_bytes))
        return fom_error (MST_E_FOM_INVALID, &node->place,
                          "the name of the %s \"%.*s\" has a dot in it: dots stand between classes",
                          word, (int) size_bytes, text);
    return MST_OK;
}

/*  Counts what a hostile module could make of few bytes: a text that is added to again and again.
 */
static mst_err_t draft_count_text (fom_draft_t *self, const fom_node_t *node, size_t size_bytes)
{
    base_assert (self->text_bytes <= FOM_ALL_TEXTS_BYTES_MAX);
    base_assert (size_bytes <= FOM_TEXT_BYTES_MAX);
    if (size_bytes > FOM_ALL_TEXTS_BYTES_MAX - self->text_bytes)
        return fom_error (
            MST_E_LIMIT, &node->place,
            "the texts of the object model exceed FOM_ALL_TEXTS_BYTES_MAX (%d): split "
            "it",
            FOM_ALL_TEXTS_BYTES_MAX);
    self->text_bytes += size_bytes;
    return MST_OK;
}

/*  Adds to a text that stands several times: "a,b". */
static mst_err_t draft_append (fom_draft_t *self, fom_node_t *node, uint32_t slot, const char *text,
                               size_t size_bytes)
{
    size_t old = strlen (node->texts[slot]);
    base_assert (old > 0);
    base_assert (fom_kind (node->kind)->slots[slot].flags & FOM_SLOT_MANY);
    if (old + 1 + size_bytes > FOM_TEXT_BYTES_MAX)
        return fom_error (MST_E_LIMIT, &node->place, "a %s is longer than FOM_TEXT_BYTES_MAX (%d)",
                          fom_kind (node->kind)->slots[slot].element, FOM_TEXT_BYTES_MAX);
    mst_err_t err = draft_count_text (self, node, old + 1 + size_bytes);
    if (err)
        return err;
    char *joined = base_arena_alloc (&self->arena, old + 1 + size_bytes + 1, 1);
    if (!joined)
        return base_alloc_error ();
    memcpy (joined, node->texts[slot], old);
    joined[old] = ',';
    memcpy (joined + old + 1, text, size_bytes);
    node->texts[slot] = joined;
    return MST_OK;
}

mst_err_t fom_draft_set (fom_draft_t *self, fom_node_t *node, uint32_t slot, const char *text,
                         size_t size_bytes)
{
    base_assert (self != NULL && node != NULL);
    base_assert (slot < fom_kind (node->kind)->slot_count);
    if (size_bytes == 0)
        return MST_OK;
    if (size_bytes > FOM_TEXT_BYTES_MAX)
        return fom_error (MST_E_LIMIT, &node->place,
                          "a text is longer than FOM_TEXT_BYTES_MAX (%d)", FOM_TEXT_BYTES_MAX);
    mst_err_t err = slot == FOM_NAME ? draft_check_name (node, text, size_bytes) : MST_OK;
    if (err)
        return err;
    if (node->texts[slot][0] != '\0')
        return draft_append (self, node, slot, text, size_bytes);
    err = draft_count_text (self, node, size_bytes);
    if (err)
        return err;
    const char *copy = base_arena_copy (&self->arena, text, size_bytes);
    if (!copy)
        return base_alloc_error ();
    node->texts[slot] = copy;
    return MST_OK;
}
