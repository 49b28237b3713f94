#include "tools/facts.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/text.h"

#include <inttypes.h>
#include <stdio.h>

void tools_facts_begin (tools_facts_t *self, bool json, base_buffer_t *out)
{
    *self = (tools_facts_t){ .out = out, .root = json ? cJSON_CreateObject () : NULL };
    if (json && !self->root)
        self->err = base_alloc_error ();
}

mst_err_t tools_facts_end (tools_facts_t *self)
{
    char *text = self->root && !self->err ? cJSON_PrintUnformatted (self->root) : NULL;
    if (self->root && !self->err)
        self->err = text ? tools_text_append (self->out, "%s\n", text) : base_alloc_error ();
    cJSON_free (text);
    cJSON_Delete (self->root);
    self->root = NULL;
    return self->err;
}

void tools_facts_kept (tools_facts_t *self, bool good)
{
    if (!good && !self->err)
        self->err = base_alloc_error ();
}

void tools_facts_number (tools_facts_t *self, const char *name, uint64_t value)
{
    if (self->err)
        return;
    if (self->root)
        tools_facts_kept (self, cJSON_AddNumberToObject (self->root, name, (double) value) != NULL);
    else
        self->err = tools_text_append (self->out, "%s: %" PRIu64 "\n", name, value);
}

void tools_facts_real (tools_facts_t *self, const char *name, double value)
{
    if (!self->err)
        tools_facts_kept (self, cJSON_AddNumberToObject (self->root, name, value) != NULL);
}

void tools_facts_text (tools_facts_t *self, const char *name, const char *value)
{
    if (self->err)
        return;
    if (self->root)
        tools_facts_kept (self, cJSON_AddStringToObject (self->root, name, value) != NULL);
    else
        self->err = tools_text_append (self->out, "%s: %s\n", name, value);
}

void tools_facts_unknown (tools_facts_t *self, const char *name)
{
    if (self->err)
        return;
    if (self->root)
        tools_facts_kept (self, cJSON_AddNullToObject (self->root, name) != NULL);
    else
        self->err = tools_text_append (self->out, "%s: unknown\n", name);
}

void tools_facts_truth (tools_facts_t *self, const char *name, bool value)
{
    if (self->err)
        return;
    if (self->root)
        tools_facts_kept (self, cJSON_AddBoolToObject (self->root, name, value) != NULL);
    else
        self->err = tools_text_append (self->out, "%s: %s\n", name, value ? "yes" : "no");
}

void tools_group_add (tools_group_t *self, log_span_t key, const char *value)
{
    tools_facts_t *facts = self->facts;
    if (facts->err)
        return;
    char *name = base_strndup (key.data, key.size_bytes);
    if (facts->root && !self->object)
        self->object = cJSON_AddObjectToObject (facts->root, self->name);
    if (!name)
        facts->err = base_alloc_error ();
    else if (facts->root)
        tools_facts_kept (facts,
                          self->object && cJSON_AddStringToObject (self->object, name, value));
    else if (!self->begun)
        facts->err = tools_text_append (facts->out, "%s:\n", self->name);
    self->begun = true;
    if (!facts->err && !facts->root)
        facts->err = tools_text_append (facts->out, "  %s: %s\n", name, value);
    base_free (name);
}

static void group_number (tools_group_t *self, log_span_t key, const char *text, double number)
{
    tools_facts_t *facts = self->facts;
    if (!facts->root || facts->err) {
        tools_group_add (self, key, text);
        return;
    }
    char *name = base_strndup (key.data, key.size_bytes);
    if (!self->object)
        self->object = cJSON_AddObjectToObject (facts->root, self->name);
    tools_facts_kept (facts,
                      name && self->object && cJSON_AddNumberToObject (self->object, name, number));
    base_free (name);
}

void tools_group_number (tools_group_t *self, log_span_t key, uint64_t number)
{
    char text[TOOLS_NUMBER_SIZE];
    (void) snprintf (text, sizeof text, "%" PRIu64, number);
    group_number (self, key, text, (double) number);
}

void tools_group_whole (tools_group_t *self, log_span_t key, int64_t number)
{
    char text[TOOLS_NUMBER_SIZE];
    (void) snprintf (text, sizeof text, "%" PRId64, number);
    group_number (self, key, text, (double) number);
}

void tools_group_numbers (tools_group_t *self, log_span_t key, const char *const *names,
                          const uint64_t *numbers, size_t count)
{
    tools_facts_t *facts = self->facts;
    char *name = base_strndup (key.data, key.size_bytes);
    if (!self->object)
        self->object = cJSON_AddObjectToObject (facts->root, self->name);
    cJSON *object = name && self->object ? cJSON_AddObjectToObject (self->object, name) : NULL;
    tools_facts_kept (facts, object != NULL);
    for (size_t i = 0; object && i < count; i++)
        tools_facts_kept (facts, cJSON_AddNumberToObject (object, names[i], (double) numbers[i]));
    base_free (name);
}

void tools_group_map (tools_group_t *self, log_span_t map)
{
    log_cursor_t at = log_cursor (map.data, map.size_bytes);
    log_pair_t pair;
    while (log_map_next (&at, &pair)) {
        char *value = base_strndup (pair.value.data, pair.value.size_bytes);
        tools_facts_kept (self->facts, value != NULL);
        if (value)
            tools_group_add (self, pair.key, value);
        base_free (value);
    }
}
