/*  A stack of frames follows the open elements; fom/grammar says what each means. Expat calls back
    for every element; after an error the rest of its calls are ignored. */
#include "fom/module.h"
#include "fom/grammar.h"
#include "fom/limits.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/list.h"

#include <expat.h>
#include <stdio.h>
#include <string.h>

enum { READER_SEPARATOR = '\n' }; /* between namespace and name; stands in no namespace */

typedef struct reader_frame {
    fom_meaning_t meaning;
    fom_node_t *node; /* the item that is open */
    uint32_t slot;
} reader_frame_t;

/*  How long an RPRlengthlessArray is stands in a note, which fields name by its label. */
typedef struct reader_note {
    const char *label;
    const char *length;
} reader_note_t;

typedef struct reader_noted {
    fom_node_t *field;
    const char *labels; /* with spaces between */
} reader_noted_t;

typedef struct reader {
    XML_Parser parser;
    fom_module_t *module;
    mst_err_t err;
    base_buffer_t text; /* of the open text element */
    BASE_LIST (reader_note_t) notes;
    BASE_LIST (reader_noted_t) noted;
    const char *label; /* of the open note */
    const char *space; /* the root element's namespace */
    size_t space_bytes;
    uint32_t depth;
    reader_frame_t frames[FOM_DEPTH_MAX];
} reader_t;

/*  Expat counts columns from 0, people and editors from 1. */
static fom_place_t reader_place (const reader_t *self)
{
    base_assert (self->parser != NULL);
    base_assert (self->module->label != NULL);
    return (fom_place_t){
        .label = self->module->label,
        .line = (uint32_t) XML_GetCurrentLineNumber (self->parser),
        .column = (uint32_t) XML_GetCurrentColumnNumber (self->parser) + 1,
    };
}

/*  The first error is the story; what expat says about the stop afterwards is not. */
static void reader_stop (reader_t *self, mst_err_t err)
{
    base_assert (self != NULL);
    if (!err)
        return;
    base_assert (!self->err);
    self->err = err;
    (void) XML_StopParser (self->parser, XML_FALSE);
}

static reader_frame_t *reader_top (reader_t *self)
{
    base_assert (self->depth > 0);
    base_assert (self->depth <= FOM_DEPTH_MAX);
    return &self->frames[self->depth - 1];
}

/*  Elements opening ---------------------------------------------------------------------------- */

static mst_err_t reader_warn_unknown (reader_t *self, const char *element, const fom_node_t *node)
{
    fom_place_t place = reader_place (self);
    base_assert (element != NULL);
    base_assert (node != NULL);
    return fom_draft_warn (&self->module->draft, &place,
                           "unknown element <%.64s> in this %s: skipped", element,
                           fom_kind (node->kind)->word);
}

/*  The root decides which namespace is "ours" for the rest of the file; none is fine, too. */
static mst_err_t reader_open_root (reader_t *self, const char *element, const char *space,
                                   size_t space_bytes)
{
    fom_place_t place = reader_place (self);
    base_assert (self->depth == 0);
    if (strcmp (element, "objectModel") != 0)
        return fom_error (MST_E_FOM_INVALID, &place,
                          "the root element is <%.64s>: an object model begins with <objectModel>",
                          element);
    self->frames[self->depth++] = (reader_frame_t){ FOM_MEANS_GROUP, self->module->draft.root, 0 };
    self->space = base_arena_copy (&self->module->draft.arena, space, space_bytes);
    self->space_bytes = space_bytes;
    if (!self->space)
        return base_alloc_error ();
    if (fom_grammar_namespace (space, space_bytes))
        return MST_OK;
    return fom_draft_warn (&self->module->draft, &place,
                           "the namespace \"%.128s\" is not one of IEEE 1516: read as if it were",
                           self->space);
}

/*  <timeStamp>, <lookahead> and the switches are named by their element. */
static mst_err_t reader_open_item (reader_t *self, fom_kind_t kind, const char *element,
                                   reader_frame_t *frame)
{
    fom_place_t place = reader_place (self);
    fom_draft_t *draft = &self->module->draft;
    base_assert (frame->node != NULL);
    mst_err_t err = fom_draft_add (draft, frame->node, kind, &place, &frame->node);
    if (err)
        return err;
    if (kind == FOM_KIND_TIME || kind == FOM_KIND_SWITCH)
        return fom_draft_set (draft, frame->node, FOM_NAME, element, strlen (element));
    return MST_OK;
}

/*  The 2010 standard writes isEnabled for all switches but one, which has a resign action. */
static mst_err_t reader_open_switch (reader_t *self, const char *element, const char **attributes,
                                     reader_frame_t *frame)
{
    base_assert (attributes != NULL);
    mst_err_t err = reader_open_item (self, FOM_KIND_SWITCH, element, frame);
    for (size_t i = 0; !err && attributes[i]; i += 2)
        if (strcmp (attributes[i], "isEnabled") == 0 || strcmp (attributes[i], "resignAction") == 0)
            err = fom_draft_set (&self->module->draft, frame->node, FOM_SWITCH_VALUE,
                                 attributes[i + 1], strlen (attributes[i + 1]));
    return err;
}

/*  Notes -----------------------------------------------------------------------------------------
 */

static const char *reader_keep (reader_t *self, const char *text, size_t size_bytes)
{
    base_assert (text != NULL);
    base_assert (self->module != NULL);
    return base_arena_copy (&self->module->draft.arena, text, size_bytes);
}

/*  A field's notes are looked up when all are read: they stand at the file's end. */
static mst_err_t reader_field_notes (reader_t *self, fom_node_t *field, const char **attributes)
{
    base_assert (field->kind == FOM_KIND_FIELD);
    base_assert (attributes != NULL);
    for (size_t i = 0; attributes[i]; i += 2) {
        if (strcmp (attributes[i], "notes") != 0)
            continue;
        reader_noted_t noted = { field, reader_keep (self, attributes[i + 1],
                                                     strlen (attributes[i + 1])) };
        if (!noted.labels)
            return base_alloc_error ();
        return BASE_LIST_PUSH (&self->noted, noted);
    }
    return MST_OK;
}

static void reader_open_note (const char *element, reader_frame_t *frame)
{
    base_assert (element != NULL);
    base_assert (frame->meaning == FOM_MEANS_NOTES);
    frame->slot = strcmp (element, "semantics") == 0;
    if (frame->slot == 1 || strcmp (element, "label") == 0)
        frame->meaning = FOM_MEANS_NOTE;
    else if (strcmp (element, "note") != 0)
        frame->meaning = FOM_MEANS_SKIPPED;
}

/*  All other notes are words for people. */
static mst_err_t reader_close_note (reader_t *self, uint32_t slot)
{
    static const char key[] = "RPRlengthlessArrayLength=";
    const size_t key_bytes = sizeof key - 1;
    const char *text = reader_keep (self, (const char *) self->text.data, self->text.size_bytes);

    base_assert (slot <= 1);
    if (!text)
        return base_alloc_error ();
    text += strspn (text, " \t\r\n");
    if (slot == 0) {
        self->label = text;
        return MST_OK;
    }
    if (!self->label || strncmp (text, key, key_bytes) != 0)
        return MST_OK;
    const reader_note_t note = { self->label, text + key_bytes };
    return BASE_LIST_PUSH (&self->notes, note);
}

/*  Is `label` one of the words of `labels`? */
static bool reader_has_label (const char *labels, const char *label)
{
    size_t size_bytes = strcspn (label, " \t\r\n");
    base_assert (labels != NULL);
    while (*labels) {
        labels += strspn (labels, " \t\r\n");
        size_t word_bytes = strcspn (labels, " \t\r\n");
        if (word_bytes > 0 && word_bytes == size_bytes && memcmp (labels, label, word_bytes) == 0)
            return true;
        labels += word_bytes;
    }
    return false;
}

static mst_err_t reader_apply_notes (reader_t *self)
{
    mst_err_t err = MST_OK;
    base_assert (!self->err);
    for (size_t i = 0; i < self->noted.count; i++)
        for (size_t k = 0; !err && k < self->notes.count; k++) {
            fom_node_t *field = self->noted.items[i].field;
            const reader_note_t *note = &self->notes.items[k];
            if (field->texts[FOM_FIELD_LENGTH][0] == '\0' &&
                reader_has_label (self->noted.items[i].labels, note->label))
                err = fom_draft_set (&self->module->draft, field, FOM_FIELD_LENGTH, note->length,
                                     strlen (note->length));
        }
    return err;
}

/*  Within what is skipped all is skipped; elsewhere the grammar says what the element means. */
static mst_err_t reader_open (reader_t *self, const char *element, const char **attributes)
{
    const reader_frame_t *outer = reader_top (self);
    reader_frame_t frame = *outer;
    mst_err_t err = MST_OK;

    if (outer->meaning == FOM_MEANS_SWITCHES) {
        frame.meaning = FOM_MEANS_ITEM;
        err = reader_open_switch (self, element, attributes, &frame);
    } else if (outer->meaning == FOM_MEANS_TEXT) {
        frame.meaning = FOM_MEANS_SKIPPED;
        err = reader_warn_unknown (self, element, frame.node);
    } else if (outer->meaning == FOM_MEANS_NOTES) {
        reader_open_note (element, &frame);
        base_buffer_clear (&self->text);
    } else if (outer->meaning == FOM_MEANS_NOTE) {
        frame.meaning = FOM_MEANS_SKIPPED;
    } else if (outer->meaning != FOM_MEANS_SKIPPED) {
        fom_element_t found = fom_grammar (frame.node->kind, element);
        frame.meaning = found.meaning;
        frame.slot = found.slot;
        if (found.meaning == FOM_MEANS_ITEM)
            err = reader_open_item (self, found.kind, element, &frame);
        if (!err && found.meaning == FOM_MEANS_ITEM && found.kind == FOM_KIND_FIELD)
            err = reader_field_notes (self, frame.node, attributes);
        if (found.meaning == FOM_MEANS_TEXT)
            base_buffer_clear (&self->text);
        else if (found.meaning == FOM_MEANS_NOTHING) {
            frame.meaning = FOM_MEANS_SKIPPED;
            err = reader_warn_unknown (self, element, frame.node);
        }
    }
    base_assert (self->depth < FOM_DEPTH_MAX);
    self->frames[self->depth++] = frame;
    return err;
}

static void XMLCALL reader_on_start (void *user, const char *name, const char **attributes)
{
    reader_t *self = user;
    const char *separator = strchr (name, READER_SEPARATOR);
    const char *element = separator ? separator + 1 : name;
    size_t space_bytes = separator ? (size_t) (separator - name) : 0;

    if (self->err)
        return;
    if (self->depth == 0) {
        reader_stop (self, reader_open_root (self, element, name, space_bytes));
        return;
    }
    if (self->depth == FOM_DEPTH_MAX) {
        fom_place_t place = reader_place (self);
        reader_stop (self, fom_error (MST_E_LIMIT, &place,
                                      "elements are nested deeper than FOM_DEPTH_MAX (%d)",
                                      FOM_DEPTH_MAX));
        return;
    }
    bool foreign = space_bytes != self->space_bytes || memcmp (name, self->space, space_bytes) != 0;
    if (foreign) { /* an extension of some tool: not ours to judge */
        reader_frame_t frame = *reader_top (self);
        frame.meaning = FOM_MEANS_SKIPPED;
        self->frames[self->depth++] = frame;
        return;
    }
    reader_stop (self, reader_open (self, element, attributes));
}

/*  Text, and elements closing ------------------------------------------------------------------ */

/*  Expat gives text in pieces, cut at line ends and references: it is collected until the element
    closes. The margin of two lets long blanks around a good text pass. */
static void XMLCALL reader_on_text (void *user, const char *text, int size_bytes)
{
    reader_t *self = user;
    base_assert (size_bytes >= 0);
    if (self->err || self->depth == 0)
        return;
    bool note = reader_top (self)->meaning == FOM_MEANS_NOTE;
    if (!note && reader_top (self)->meaning != FOM_MEANS_TEXT)
        return;
    if (note && self->text.size_bytes + (size_t) size_bytes > FOM_TEXT_BYTES_MAX)
        return; /* one so long is for people */
    if (self->text.size_bytes + (size_t) size_bytes > 2 * FOM_TEXT_BYTES_MAX) {
        fom_place_t place = reader_place (self);
        reader_stop (self, fom_error (MST_E_LIMIT, &place,
                                      "a text is longer than FOM_TEXT_BYTES_MAX (%d)",
                                      FOM_TEXT_BYTES_MAX));
        return;
    }
    reader_stop (self, base_buffer_append (&self->text, text, (size_t) size_bytes));
}

static bool reader_is_space (uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/*  One of a few words: written as the standard writes it, or replaced by the default. */
static mst_err_t reader_choose (reader_t *self, const reader_frame_t *frame, const char **text,
                                size_t *size_bytes)
{
    const fom_slot_t *slot = &fom_kind (frame->node->kind)->slots[frame->slot];
    base_assert (slot->choices != NULL);
    base_assert (*size_bytes > 0);
    int choice = fom_choice (slot->choices, *text, *size_bytes);
    mst_err_t err = MST_OK;
    if (choice < 0) {
        fom_place_t place = reader_place (self);
        int shown = *size_bytes < 64 ? (int) *size_bytes : 64;
        err = fom_draft_warn (&self->module->draft, &place,
                              "%s is \"%.*s\", which is none of its words: read as \"%s\"",
                              slot->element, shown, *text, slot->choices[0]);
        choice = 0;
    }
    *text = slot->choices[choice];
    *size_bytes = strlen (*text);
    return err;
}

/*  Files indent their texts; only what stands between the blanks counts. */
static mst_err_t reader_close_text (reader_t *self, const reader_frame_t *frame)
{
    const fom_slot_t *slot = &fom_kind (frame->node->kind)->slots[frame->slot];
    const char *text = (const char *) self->text.data;
    size_t size_bytes = self->text.size_bytes;

    while (size_bytes > 0 && reader_is_space ((uint8_t) text[0])) {
        text++;
        size_bytes--;
    }
    while (size_bytes > 0 && reader_is_space ((uint8_t) text[size_bytes - 1]))
        size_bytes--;
    if (size_bytes == 0)
        return MST_OK;
    if (frame->node->texts[frame->slot][0] && !(slot->flags & FOM_SLOT_MANY)) {
        fom_place_t place = reader_place (self);
        return fom_draft_warn (&self->module->draft, &place,
                               "a second <%s> for one %s: the first is used", slot->element,
                               fom_kind (frame->node->kind)->word);
    }
    mst_err_t err = slot->choices ? reader_choose (self, frame, &text, &size_bytes) : MST_OK;
    if (err)
        return err;
    return fom_draft_set (&self->module->draft, frame->node, frame->slot, text, size_bytes);
}

/*  The name of an item is its identity, except for fields: there its place in the list is. */
static mst_err_t reader_close_item (reader_t *self, const fom_node_t *node)
{
    base_assert (node != NULL);
    base_assert (node->kind != FOM_KIND_MODEL);
    if (node->texts[FOM_NAME][0] != '\0')
        return MST_OK;
    const char *word = fom_kind (node->kind)->word;
    if (node->kind == FOM_KIND_ALTERNATIVE) /* one that holds nothing has no name in many files */
        return MST_OK;
    if (!fom_kind_is_class (node->kind) && node->parent->kind != FOM_KIND_MODEL &&
        !fom_kind_is_class (node->parent->kind))
        return fom_draft_warn (&self->module->draft, &node->place, "this %s has no name", word);
    return fom_error (MST_E_FOM_INVALID, &node->place, "this %s has no name: give it a <name>",
                      word);
}

static void XMLCALL reader_on_end (void *user, const char *name)
{
    reader_t *self = user;
    (void) name;
    if (self->err)
        return;
    const reader_frame_t *frame = reader_top (self);
    if (frame->meaning == FOM_MEANS_TEXT)
        reader_stop (self, reader_close_text (self, frame));
    else if (frame->meaning == FOM_MEANS_ITEM)
        reader_stop (self, reader_close_item (self, frame->node));
    else if (frame->meaning == FOM_MEANS_NOTE)
        reader_stop (self, reader_close_note (self, frame->slot));
    self->depth--;
}

/*  An entity could stand for gigabytes, or for a file of this machine: none is accepted. */
static void XMLCALL reader_on_entity (void *user, const char *name, int is_parameter,
                                      const char *value, int value_bytes, const char *base,
                                      const char *system, const char *public, const char *notation)
{
    reader_t *self = user;
    (void) is_parameter, (void) value, (void) value_bytes, (void) base, (void) system;
    (void) public, (void) notation;
    if (self->err)
        return;
    fom_place_t place = reader_place (self);
    reader_stop (self,
                 fom_error (MST_E_FOM_INVALID, &place,
                            "the entity \"%.64s\" is declared: object models with entities are "
                            "refused, write the text itself",
                            name));
}

static void XMLCALL reader_on_skipped_entity (void *user, const char *name, int is_parameter)
{
    reader_t *self = user;
    (void) is_parameter;
    if (self->err)
        return;
    fom_place_t place = reader_place (self);
    reader_stop (self,
                 fom_error (MST_E_FOM_INVALID, &place,
                            "the entity \"%.64s\" is not known: write the text itself", name));
}

/*  The whole ----------------------------------------------------------------------------------- */

/*  Where expat stands when it gives up is where the reader of the message must look. */
static mst_err_t reader_expat_error (const reader_t *self)
{
    enum XML_Error code = XML_GetErrorCode (self->parser);
    fom_place_t place = reader_place (self);
    base_assert (code != XML_ERROR_NONE);
    if (code == XML_ERROR_NO_MEMORY)
        return base_alloc_error ();
    return fom_error (MST_E_FOM_INVALID, &place, "not well-formed XML: %s", XML_ErrorString (code));
}

/*  All of expat's memory comes from base/alloc, so that the sweep of failing allocations reaches
 * it. */
static mst_err_t reader_parse (reader_t *self, const void *data, size_t size_bytes)
{
    static const XML_Memory_Handling_Suite memory = { base_alloc, base_realloc, base_free };
    static const char separator[] = { READER_SEPARATOR, '\0' };

    base_assert (size_bytes <= FOM_MODULE_BYTES_MAX);
    self->parser = XML_ParserCreate_MM (NULL, &memory, separator);
    if (!self->parser)
        return base_alloc_error ();
    XML_SetUserData (self->parser, self);
    XML_SetElementHandler (self->parser, reader_on_start, reader_on_end);
    XML_SetCharacterDataHandler (self->parser, reader_on_text);
    XML_SetEntityDeclHandler (self->parser, reader_on_entity);
    XML_SetSkippedEntityHandler (self->parser, reader_on_skipped_entity);
    enum XML_Status status = XML_Parse (self->parser, data, (int) size_bytes, 1);
    mst_err_t err = self->err;
    if (!err && status != XML_STATUS_OK)
        err = reader_expat_error (self);
    XML_ParserFree (self->parser);
    self->parser = NULL;
    return err;
}

/*  What one module says twice is found by merging it with nothing. */
static mst_err_t reader_check (const fom_module_t *module)
{
    fom_merger_t merger;
    base_assert (module != NULL);
    mst_err_t err = fom_merger_init (&merger);
    if (!err)
        err = fom_merger_absorb (&merger, &module->draft, module->label, 1);
    fom_merger_fini (&merger);
    return err;
}

static mst_err_t reader_module_new (const char *label, fom_module_t **module)
{
    base_assert (label != NULL);
    fom_module_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    *module = self;
    self->label = base_strndup (label, strnlen (label, FOM_NAME_BYTES_MAX));
    if (!self->label)
        return base_alloc_error ();
    return fom_draft_init (&self->draft);
}

mst_err_t fom_read (const char *label, const void *data, size_t size_bytes, fom_module_t **module)
{
    base_assert (data != NULL || size_bytes == 0);
    base_assert (module != NULL);
    *module = NULL;
    if (size_bytes > FOM_MODULE_BYTES_MAX)
        return base_error (
            MST_E_LIMIT, "%s: %zu bytes are more than FOM_MODULE_BYTES_MAX (%d): split the module",
            label, size_bytes, FOM_MODULE_BYTES_MAX);
    mst_err_t err = reader_module_new (label, module);
    if (!err) {
        reader_t reader = { .module = *module };
        base_buffer_init (&reader.text);
        err = reader_parse (&reader, data, size_bytes);
        if (!err)
            err = reader_apply_notes (&reader);
        base_buffer_fini (&reader.text);
        BASE_LIST_FINI (&reader.notes);
        BASE_LIST_FINI (&reader.noted);
    }
    if (!err)
        err = reader_check (*module);
    if (err)
        fom_module_destroy (module);
    return err;
}

void fom_module_destroy (fom_module_t **self_p)
{
    base_assert (self_p != NULL);
    fom_module_t *self = *self_p;
    if (!self)
        return;
    fom_draft_fini (&self->draft);
    base_free (self->label);
    base_free (self);
    *self_p = NULL;
}

const char *fom_module_label (const fom_module_t *self)
{
    base_assert (self != NULL);
    return self->label;
}

const char *fom_module_warning (const fom_module_t *self, uint32_t index)
{
    base_assert (self != NULL);
    const fom_warning_t *warning = self->draft.warnings;
    while (warning && index-- > 0)
        warning = warning->next;
    return warning ? warning->text : NULL;
}
