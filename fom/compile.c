/*  A draft becomes a model: its tables first, then the trees (compile_tree.c), then the digest. The
    model keeps the draft, whose memory it lives in. */
#include "fom/compile.h"
#include "fom/image.h"
#include "fom/limits.h"
#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

/*  An empty table still gets an address: the model's pointers are never NULL. */
void *fom_compile_array (const fom_compiler_t *self, size_t count, size_t item_size_bytes)
{
    base_assert (self->draft != NULL);
    base_assert (item_size_bytes > 0);
    return base_arena_alloc (&self->draft->arena, count ? count : 1, item_size_bytes);
}

/*  Tables are counted before they are made, so that each is one array and its items never move. */
static uint32_t compile_count (const fom_compiler_t *self, fom_kind_t from, fom_kind_t to)
{
    uint32_t count = 0;
    base_assert (from <= to);
    base_assert (to < FOM_KINDS);
    for (const fom_node_t *node = self->draft->root->first; node; node = node->next)
        count += node->kind >= from && node->kind <= to;
    return count;
}

static mst_err_t compile_limit (uint32_t count, uint32_t limit, const char *what, const char *name)
{
    base_assert (limit > 0);
    base_assert (what != NULL && name != NULL);
    if (count <= limit)
        return MST_OK;
    return base_error (MST_E_LIMIT, "the object model has %u %s, more than %s (%u)", count, what,
                       name, limit);
}

/*  A whole number in a text; 0 with a warning where it is none. */
static mst_err_t compile_number (const fom_compiler_t *self, const fom_node_t *node, uint32_t slot,
                                 uint32_t *number)
{
    const char *text = node->texts[slot];
    uint64_t value = 0;
    size_t i = 0;

    base_assert (slot < fom_kind (node->kind)->slot_count);
    for (; text[i] >= '0' && text[i] <= '9' && value <= UINT32_MAX; i++)
        value = value * 10 + (uint64_t) (text[i] - '0');
    bool good = text[i] == '\0' && value <= UINT32_MAX;
    *number = good ? (uint32_t) value : 0;
    if (good)
        return MST_OK;
    char item[FOM_DESCRIBE_BYTES];
    return fom_draft_warn (
        self->draft, &node->place, "%s of %s is \"%.40s\", not a whole number: 0",
        fom_kind (node->kind)->slots[slot].element, fom_describe (node, item), text);
}

/*  Data types ---------------------------------------------------------------------------------- */

mst_err_t fom_compile_type (const fom_compiler_t *self, const fom_node_t *user, const char *name,
                            uint32_t *type)
{
    char item[FOM_DESCRIBE_BYTES];
    base_assert (user != NULL);
    base_assert (name != NULL && type != NULL);
    *type = fom_type_find (self->model, name);
    if (*type != FOM_NONE || name[0] == '\0' || strcmp (name, "NA") == 0)
        return MST_OK;
    return fom_draft_warn (self->draft, &user->place,
                           "%s has the data type \"%.80s\", which no module defines",
                           fom_describe (user, item), name);
}

/*  Enumerators, fields and alternatives differ only in which of the texts they have. */
static void compile_field (const fom_node_t *node, fom_field_t *field)
{
    base_assert (node->kind >= FOM_KIND_ENUMERATOR);
    base_assert (field != NULL);
    field->name = node->texts[FOM_NAME];
    field->type_name = "";
    field->values = "";
    field->length = "";
    field->type = FOM_NONE;
    if (node->kind == FOM_KIND_ENUMERATOR)
        field->values = node->texts[FOM_ENUMERATOR_VALUE];
    else if (node->kind == FOM_KIND_FIELD) {
        field->type_name = node->texts[FOM_FIELD_TYPE];
        field->length = node->texts[FOM_FIELD_LENGTH];
    } else {
        field->values = node->texts[FOM_ALTERNATIVE_ENUMERATOR];
        field->type_name = node->texts[FOM_ALTERNATIVE_TYPE];
    }
}

/*  Which of a type node's texts goes where, for each kind. */
static mst_err_t compile_type_texts (const fom_compiler_t *self, const fom_node_t *node,
                                     fom_type_t *type)
{
    const char *const *texts = node->texts;
    base_assert (fom_kind_is_type (node->kind));
    base_assert (type != NULL);
    type->name = texts[FOM_NAME];
    type->kind = (fom_type_kind_t) (node->kind - FOM_KIND_BASIC);
    type->type_name = type->encoding = type->cardinality = type->discriminant = "";
    type->units = type->resolution = type->accuracy = "";
    if (node->kind == FOM_KIND_BASIC) {
        type->little_endian = strcmp (texts[FOM_BASIC_ENDIAN], "Little") == 0;
        type->encoding = texts[FOM_BASIC_ENCODING];
        return compile_number (self, node, FOM_BASIC_SIZE, &type->size_bits);
    }
    if (node->kind == FOM_KIND_SIMPLE) {
        type->type_name = texts[FOM_SIMPLE_TYPE];
        type->units = texts[FOM_SIMPLE_UNITS];
        type->resolution = texts[FOM_SIMPLE_RESOLUTION];
        type->accuracy = texts[FOM_SIMPLE_ACCURACY];
    } else if (node->kind == FOM_KIND_ENUMERATED)
        type->type_name = texts[FOM_ENUMERATED_TYPE];
    else if (node->kind == FOM_KIND_ARRAY) {
        type->type_name = texts[FOM_ARRAY_TYPE];
        type->cardinality = texts[FOM_ARRAY_CARDINALITY];
        type->encoding = texts[FOM_ARRAY_ENCODING];
    } else if (node->kind == FOM_KIND_FIXED)
        type->encoding = texts[FOM_FIXED_ENCODING];
    else {
        type->discriminant = texts[FOM_VARIANT_DISCRIMINANT];
        type->type_name = texts[FOM_VARIANT_TYPE];
        type->encoding = texts[FOM_VARIANT_ENCODING];
    }
    return MST_OK;
}

static mst_err_t compile_type (const fom_compiler_t *self, const fom_node_t *node, fom_type_t *type,
                               uint32_t number)
{
    mst_err_t err = compile_type_texts (self, node, type);
    fom_field_t *fields = fom_compile_array (self, node->child_count, sizeof *fields);
    if (err || !fields)
        return err ? err : base_alloc_error ();
    base_assert (type->name[0] != '\0');
    for (const fom_node_t *child = node->first; child; child = child->next)
        compile_field (child, &fields[type->field_count++]);
    base_assert (type->field_count == node->child_count);
    type->fields = fields;
    return base_names_set (&self->index->types, type->name, strlen (type->name), number);
}

/*  Types keep the order in which the modules name them: it is their number in messages. */
static mst_err_t compile_types (const fom_compiler_t *self)
{
    uint32_t count = compile_count (self, FOM_KIND_BASIC, FOM_KIND_VARIANT);
    mst_err_t err = compile_limit (count, FOM_TYPES_MAX, "data types", "FOM_TYPES_MAX");
    fom_type_t *types = fom_compile_array (self, count, sizeof *types);
    if (err || !types)
        return err ? err : base_alloc_error ();
    base_assert (self->model->type_count == 0);
    self->model->types = types;
    for (const fom_node_t *node = self->draft->root->first; !err && node; node = node->next)
        if (fom_kind_is_type (node->kind)) {
            uint32_t number = self->model->type_count++;
            err = compile_type (self, node, &types[number], number);
        }
    base_assert (err || self->model->type_count == count);
    return err;
}

/*  Types name each other in any order: their numbers are looked up when all are known. */
static mst_err_t compile_type_references (const fom_compiler_t *self)
{
    fom_type_t *type = (fom_type_t *) self->model->types;
    mst_err_t err = MST_OK;

    base_assert (type != NULL);
    for (const fom_node_t *node = self->draft->root->first; !err && node; node = node->next) {
        if (!fom_kind_is_type (node->kind))
            continue;
        base_assert (type->name == node->texts[FOM_NAME]);
        err = fom_compile_type (self, node, type->type_name, &type->type);
        fom_field_t *field = (fom_field_t *) type->fields;
        for (const fom_node_t *child = node->first; !err && child; child = child->next, field++)
            err = fom_compile_type (self, child, field->type_name, &field->type);
        type++;
    }
    return err;
}

/*  The small tables ---------------------------------------------------------------------------- */

static mst_err_t compile_dimensions (const fom_compiler_t *self)
{
    uint32_t count = compile_count (self, FOM_KIND_DIMENSION, FOM_KIND_DIMENSION);
    mst_err_t err = compile_limit (count, FOM_DIMENSIONS_MAX, "dimensions", "FOM_DIMENSIONS_MAX");
    fom_dimension_t *dimensions = fom_compile_array (self, count, sizeof *dimensions);
    if (err || !dimensions)
        return err ? err : base_alloc_error ();
    base_assert (self->model->dimension_count == 0);
    self->model->dimensions = dimensions;
    for (const fom_node_t *node = self->draft->root->first; !err && node; node = node->next) {
        if (node->kind != FOM_KIND_DIMENSION)
            continue;
        uint32_t number = self->model->dimension_count++;
        fom_dimension_t *out = &dimensions[number];
        out->name = node->texts[FOM_NAME];
        out->type_name = node->texts[FOM_DIMENSION_TYPE];
        out->normalization = node->texts[FOM_DIMENSION_NORMALIZATION];
        err = compile_number (self, node, FOM_DIMENSION_BOUND, &out->upper_bound);
        if (!err)
            err = base_names_set (&self->index->dimensions, out->name, strlen (out->name), number);
    }
    base_assert (err || self->model->dimension_count == count);
    return err;
}

static mst_err_t compile_transports (const fom_compiler_t *self)
{
    uint32_t count = compile_count (self, FOM_KIND_TRANSPORT, FOM_KIND_TRANSPORT);
    mst_err_t err = compile_limit (count, FOM_TRANSPORTS_MAX, "transports", "FOM_TRANSPORTS_MAX");
    fom_transport_t *transports = fom_compile_array (self, count, sizeof *transports);
    if (err || !transports)
        return err ? err : base_alloc_error ();
    self->model->transports = transports;
    for (const fom_node_t *node = self->draft->root->first; node; node = node->next)
        if (node->kind == FOM_KIND_TRANSPORT) {
            fom_transport_t *out = &transports[self->model->transport_count++];
            out->name = node->texts[FOM_NAME];
            out->reliable = strcmp (node->texts[FOM_TRANSPORT_RELIABLE], "Yes") == 0;
        }
    base_assert (self->model->transport_count == count);
    return MST_OK;
}

/*  "12.5", without strtod, which reads it as the locale of the program has it. */
static double compile_decimal (const char *text)
{
    double value = 0, place = 1;
    base_assert (text != NULL);
    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (*text - '0');
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9'; text++)
            value += (*text - '0') * (place /= 10);
    base_assert (value >= 0);
    return value;
}

static mst_err_t compile_rates (const fom_compiler_t *self)
{
    uint32_t count = compile_count (self, FOM_KIND_RATE, FOM_KIND_RATE);
    fom_rate_t *rates = fom_compile_array (self, count, sizeof *rates);
    if (!rates)
        return base_alloc_error ();
    self->model->rates = rates;
    for (const fom_node_t *node = self->draft->root->first; node; node = node->next)
        if (node->kind == FOM_KIND_RATE) {
            fom_rate_t *out = &rates[self->model->rate_count++];
            out->name = node->texts[FOM_NAME];
            out->rate_hz = compile_decimal (node->texts[FOM_RATE_VALUE]);
        }
    base_assert (self->model->rate_count == count);
    return MST_OK;
}

static mst_err_t compile_switches (const fom_compiler_t *self)
{
    uint32_t count = compile_count (self, FOM_KIND_SWITCH, FOM_KIND_SWITCH);
    fom_switch_t *switches = fom_compile_array (self, count, sizeof *switches);
    if (!switches)
        return base_alloc_error ();
    self->model->switches = switches;
    for (const fom_node_t *node = self->draft->root->first; node; node = node->next)
        if (node->kind == FOM_KIND_SWITCH) {
            fom_switch_t *out = &switches[self->model->switch_count++];
            out->name = node->texts[FOM_NAME];
            out->value = node->texts[FOM_SWITCH_VALUE];
        }
    base_assert (self->model->switch_count == count);
    return MST_OK;
}

/*  Only the data types matter: what time is in this federation is fixed when it is created. */
static void compile_time (const fom_compiler_t *self)
{
    base_assert (self->model != NULL);
    self->model->time_type = "";
    self->model->lookahead_type = "";
    for (const fom_node_t *node = self->draft->root->first; node; node = node->next) {
        if (node->kind != FOM_KIND_TIME)
            continue;
        if (strcmp (node->texts[FOM_NAME], "timeStamp") == 0)
            self->model->time_type = node->texts[FOM_TIME_TYPE];
        else
            self->model->lookahead_type = node->texts[FOM_TIME_TYPE];
    }
}

/*  Types before dimensions before trees: each step looks up what the one before it made. */
mst_err_t fom_compile_tables (const fom_compiler_t *self)
{
    base_assert (self->model != NULL);
    base_assert (self->index != NULL);
    mst_err_t err = compile_types (self);
    if (!err)
        err = compile_type_references (self);
    if (!err)
        err = compile_dimensions (self);
    if (!err)
        err = compile_transports (self);
    if (!err)
        err = compile_rates (self);
    if (!err)
        err = compile_switches (self);
    compile_time (self);
    return err;
}

/*  The whole ----------------------------------------------------------------------------------- */

/*  The model stands in the memory of the draft that it takes over. */
static mst_err_t compile_new (fom_draft_t *draft, fom_compiler_t *self)
{
    base_assert (draft->root != NULL);
    fom_draft_t *kept = base_alloc (sizeof *kept);
    if (!kept)
        return base_alloc_error ();
    *kept = *draft;
    *draft = (fom_draft_t){ 0 };
    self->draft = kept;
    self->model = fom_compile_array (self, 1, sizeof *self->model);
    self->index = fom_compile_array (self, 1, sizeof *self->index);
    if (!self->model || !self->index) {
        fom_draft_fini (kept);
        base_free (kept);
        return base_alloc_error ();
    }
    self->model->draft = kept;
    self->model->index = self->index;
    base_assert (self->model->type_count == 0);
    return MST_OK;
}

/*  The digest is that of the image, so a federate can check the model that it was sent. */
static mst_err_t compile_digest (fom_model_t *model)
{
    base_buffer_t image;
    base_assert (model != NULL);
    base_buffer_init (&image);
    mst_err_t err = fom_image_encode (model, &image);
    if (!err)
        model->digest = fom_image_digest (image.data, image.size_bytes);
    base_buffer_fini (&image);
    return err;
}

mst_err_t fom_compile (fom_draft_t *draft, fom_model_t **model)
{
    fom_compiler_t self = { 0 };
    base_assert (draft != NULL);
    base_assert (model != NULL);
    *model = NULL;
    mst_err_t err = compile_new (draft, &self);
    if (err)
        return err;
    *model = self.model;
    err = fom_compile_tables (&self);
    if (!err)
        err = fom_compile_trees (&self);
    if (!err)
        err = compile_digest (self.model);
    if (err)
        fom_model_destroy (model);
    return err;
}
