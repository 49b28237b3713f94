/*  The scenario is its JSON tree; the fields are read off it again after every change, so that a
   value from --set goes through the same checks as one from the file. */
#include "tools/scenario.h"
#include "tools/file.h"
#include "tools/text.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char scenario_parameters[] = "parameters.";

/*  What exists so far is in *scenario even after an error: the caller destroys it. */
static mst_err_t scenario_new (const char *label, const void *data, size_t size_bytes,
                               scenario_t **scenario)
{
    scenario_t *self = base_calloc (1, sizeof *self);
    base_assert (scenario != NULL);
    *scenario = self;
    if (!self)
        return base_alloc_error ();
    base_arena_init (&self->arena);
    mst_err_t err = config_json_parse (&self->json, label, data, size_bytes);
    if (err)
        return err;
    self->replaced = cJSON_CreateArray ();
    return self->replaced ? MST_OK : base_alloc_error ();
}

static mst_err_t scenario_make (const char *label, const char *path, const void *data,
                                size_t size_bytes, scenario_t **scenario)
{
    mst_err_t err = scenario_new (label, data, size_bytes, scenario);
    if (!err) {
        (*scenario)->folder = path ? tools_path_folder (path) : base_strdup (".");
        err = (*scenario)->folder ? scenario_check (*scenario) : base_alloc_error ();
    }
    if (err)
        scenario_destroy (scenario);
    return err;
}

mst_err_t scenario_read (const char *label, const void *data, size_t size_bytes,
                         scenario_t **scenario)
{
    base_assert (label != NULL);
    base_assert (data != NULL || size_bytes == 0);
    return scenario_make (label, NULL, data, size_bytes, scenario);
}

/*  FOM files and programs are looked for beside the scenario, so its folder is kept. */
mst_err_t scenario_load (const char *path, scenario_t **scenario)
{
    base_buffer_t bytes;
    base_assert (path != NULL && scenario != NULL);
    *scenario = NULL;
    base_buffer_init (&bytes);
    mst_err_t err = tools_file_read (path, CONFIG_FILE_BYTES_MAX, &bytes);
    if (!err)
        err = scenario_make (path, path, bytes.data, bytes.size_bytes, scenario);
    base_buffer_fini (&bytes);
    return err;
}

void scenario_destroy (scenario_t **self_p)
{
    base_assert (self_p != NULL);
    scenario_t *self = *self_p;
    if (!self)
        return;
    cJSON_Delete (self->replaced);
    config_json_fini (&self->json);
    base_arena_fini (&self->arena);
    base_free (self->folder);
    base_free (self);
    *self_p = NULL;
}

const scenario_group_t *scenario_group (const scenario_t *self, const char *name)
{
    base_assert (self != NULL);
    base_assert (name != NULL);
    for (uint32_t i = 0; i < self->group_count; i++)
        if (strcmp (self->groups[i].name, name) == 0)
            return &self->groups[i];
    return NULL;
}

const scenario_value_t *scenario_parameter (const scenario_t *self, const char *key)
{
    base_assert (self != NULL);
    base_assert (key != NULL);
    for (uint32_t i = 0; i < self->parameter_count; i++)
        if (strcmp (self->parameters[i].key, key) == 0)
            return &self->parameters[i];
    return NULL;
}

/*  Changing values ----------------------------------------------------------------------------- */

/*  A parameter that the file does not have would reach no federate: surely a slip. */
static mst_err_t scenario_unknown_parameter (const scenario_t *self, const char *key)
{
    const char *keys[64];
    size_t count = 0;
    base_assert (key != NULL);
    while (count < sizeof keys / sizeof keys[0] && count < self->parameter_count) {
        keys[count] = self->parameters[count].key;
        count++;
    }
    const char *nearest = config_nearest (key, keys, count);
    if (nearest)
        return base_error (MST_E_CONFIG,
                           "--set: the scenario has no parameter \"%.64s\": did you mean \"%s\"?",
                           key, nearest);
    return base_error (MST_E_CONFIG, "--set: the scenario has no parameter \"%.64s\"", key);
}

/*  The value after --set: JSON where it is some, otherwise a text. A text stays one, and a
   parameter keeps its type, which only its federate knows; of all else scenario_check knows. */
static mst_err_t scenario_parse (const cJSON *standing, const char *path, const char *value,
                                 cJSON **out)
{
    bool text = standing && cJSON_IsString (standing);
    base_assert (path != NULL && value != NULL);
    *out = NULL;
    mst_err_t err = text ? MST_OK : config_json_value (value, out);
    if (err)
        return err;
    if (!*out)
        *out = cJSON_CreateString (value);
    if (!*out)
        return base_alloc_error ();
    bool parameter = strncmp (path, scenario_parameters, sizeof scenario_parameters - 1) == 0;
    bool number = parameter && cJSON_IsNumber (standing) && !cJSON_IsNumber (*out);
    bool truth = parameter && cJSON_IsBool (standing) && !cJSON_IsBool (*out);
    if (!number && !truth)
        return MST_OK;
    cJSON_Delete (*out);
    *out = NULL;
    return base_error (MST_E_CONFIG, "--set: %.128s must be %s, found \"%.64s\"", path,
                       number ? "a number" : "true or false", value);
}

/*  The new value takes the old one's place in the tree, and its line is forgotten. What stood is
   kept to the end: were it freed, a later value could come to its address, and so to its line. */
static void scenario_swap (scenario_t *self, cJSON *standing, cJSON *value)
{
    cJSON old = *standing;
    base_assert (value->string == NULL && value->next == NULL);
    standing->type = value->type;
    standing->child = value->child;
    standing->valuestring = value->valuestring;
    standing->valueint = value->valueint;
    standing->valuedouble = value->valuedouble;
    value->type = old.type;
    value->child = old.child;
    value->valuestring = old.valuestring;
    (void) base_map_remove (&self->json.lines, (uint64_t) (uintptr_t) standing);
    cJSON_bool kept = cJSON_AddItemToArray (self->replaced, value);
    base_assert (kept);
}

/*  The next step of a path: "federates", then "0" or "sky", then "count". */
static bool scenario_step (const char **path, char step[CONFIG_PATH_BYTES_MAX + 1])
{
    size_t size = strcspn (*path, ".[]");
    base_assert (size <= CONFIG_PATH_BYTES_MAX);
    memcpy (step, *path, size);
    step[size] = '\0';
    *path += size;
    *path += strspn (*path, ".[]");
    return size > 0;
}

/*  An item of a list: by its place, or by its name. */
static cJSON *scenario_item (const cJSON *list, const char *step)
{
    char *end;
    long index = strtol (step, &end, 10);
    base_assert (cJSON_IsArray (list));
    if (*end == '\0' && index >= 0 && index < cJSON_GetArraySize (list))
        return cJSON_GetArrayItem (list, (int) index);
    for (cJSON *item = list->child; item; item = item->next) {
        const cJSON *name = cJSON_GetObjectItemCaseSensitive (item, "name");
        if (cJSON_IsString (name) && strcmp (name->valuestring, step) == 0)
            return item;
    }
    return NULL;
}

/*  One step down. An object's member that is missing is made, empty; the check afterwards tells
    whether it has a right to be there. */
static mst_err_t scenario_descend (cJSON *from, const char *step, const char *path, cJSON **to)
{
    base_assert (from != NULL && to != NULL);
    *to = NULL;
    if (cJSON_IsArray (from))
        *to = scenario_item (from, step);
    else if (cJSON_IsObject (from)) {
        *to = cJSON_GetObjectItemCaseSensitive (from, step);
        if (!*to && !(*to = cJSON_AddObjectToObject (from, step)))
            return base_alloc_error ();
    }
    if (*to)
        return MST_OK;
    return base_error (MST_E_CONFIG, "--set: there is no \"%.64s\" on the way to %.128s", step,
                       path);
}

/*  "parameters.a.b" is the parameter "a.b"; everywhere else dots go down a level. */
static mst_err_t scenario_find (scenario_t *self, const char *path, cJSON **standing)
{
    char step[CONFIG_PATH_BYTES_MAX + 1];
    const char *rest = path;
    mst_err_t err = MST_OK;

    *standing = self->json.root;
    if (strlen (path) > CONFIG_PATH_BYTES_MAX)
        return base_error (MST_E_CONFIG, "--set: the key \"%.64s…\" is too long", path);
    if (strncmp (path, scenario_parameters, sizeof scenario_parameters - 1) ==
        0) { /* its keys may have dots */
        const char *key = path + sizeof scenario_parameters - 1;
        if (!scenario_parameter (self, key))
            return scenario_unknown_parameter (self, key);
        *standing = cJSON_GetObjectItemCaseSensitive (*standing, "parameters");
        *standing = cJSON_GetObjectItemCaseSensitive (*standing, key);
        base_assert (*standing != NULL);
        return MST_OK;
    }
    while (!err && *rest)
        err = scenario_step (&rest, step)
                  ? scenario_descend (*standing, step, path, standing)
                  : base_error (MST_E_CONFIG, "--set: \"%.64s\" is no key", path);
    if (!err && *standing == self->json.root)
        return base_error (MST_E_CONFIG, "--set: a key is missing: write --set key=value");
    return err;
}

/*  The whole file is checked again: a new step may not fit the old lookahead. */
mst_err_t scenario_set (scenario_t *self, const char *path, const char *value)
{
    cJSON *standing, *fresh;
    base_assert (self != NULL);
    base_assert (path != NULL && value != NULL);
    mst_err_t err = scenario_find (self, path, &standing);
    if (!err)
        err = scenario_parse (standing, path, value, &fresh);
    if (err)
        return err;
    scenario_swap (self, standing, fresh);
    return scenario_check (self);
}

mst_err_t scenario_assign (scenario_t *self, const char *assignment)
{
    const char *equals = strchr (assignment, '=');
    char path[CONFIG_PATH_BYTES_MAX + 1];
    base_assert (self != NULL);
    if (!equals || equals == assignment || equals - assignment > CONFIG_PATH_BYTES_MAX)
        return base_error (MST_E_CONFIG, "--set %.64s: write --set key=value", assignment);
    (void) snprintf (path, sizeof path, "%.*s", (int) (equals - assignment), assignment);
    return scenario_set (self, path, equals + 1);
}

/*  The group that "N" means: the one that is marked. */
static mst_err_t scenario_scalable (const scenario_t *self, uint32_t *index)
{
    base_assert (index != NULL);
    base_assert (self->group_count > 0);
    for (*index = 0; *index < self->group_count; (*index)++)
        if (self->groups[*index].scalable)
            return MST_OK;
    return base_error (
        MST_E_CONFIG,
        "--federates: no group of this scenario is marked \"scalable\": name one, like "
        "--federates %s=4",
        self->groups[0].name);
}

static mst_err_t scenario_named (const scenario_t *self, const char *name, size_t size_bytes,
                                 uint32_t *index)
{
    const char *names[SCENARIO_GROUPS_MAX];
    char wanted[SCENARIO_NAME_BYTES_MAX + 1];
    base_assert (self->group_count <= SCENARIO_GROUPS_MAX);
    (void) snprintf (wanted, sizeof wanted, "%.*s", (int) size_bytes, name);
    for (*index = 0; *index < self->group_count; (*index)++) {
        names[*index] = self->groups[*index].name;
        if (strcmp (names[*index], wanted) == 0)
            return MST_OK;
    }
    const char *nearest = config_nearest (wanted, names, self->group_count);
    return base_error (MST_E_CONFIG, "--federates: no group is called \"%s\"%s%s%s", wanted,
                       nearest ? ": did you mean \"" : "", nearest ? nearest : "",
                       nearest ? "\"?" : "");
}

/*  The same as --set federates[i].count=N, for the hand that types it every day. */
mst_err_t scenario_federates (scenario_t *self, const char *wish)
{
    const char *equals = strchr (wish, '=');
    const char *number = equals ? equals + 1 : wish;
    char path[CONFIG_PATH_BYTES_MAX + 1];
    char *end;
    uint32_t index;

    base_assert (self != NULL);
    long count = strtol (number, &end, 10);
    if (*number < '0' || *number > '9' || *end || count < 1 || count > SCENARIO_FEDERATES_MAX)
        return base_error (
            MST_E_CONFIG,
            "--federates must be a whole number from 1 to %d, or NAME=N, found \"%.64s\"",
            SCENARIO_FEDERATES_MAX, wish);
    mst_err_t err = equals ? scenario_named (self, wish, (size_t) (equals - wish), &index)
                           : scenario_scalable (self, &index);
    if (err)
        return err;
    (void) snprintf (path, sizeof path, "federates[%u].count", index);
    return scenario_set (self, path, number);
}
