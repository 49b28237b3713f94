/*  Formatting only; who fills the struct is tools/runner. */
#include "tools/summary.h"
#include "base/alloc.h"
#include "tools/text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double second_ns = 1e9;
static const char digest_name[] = "digest";

/*  Results ------------------------------------------------------------------------------------ */

void tools_results_fini (tools_results_t *self)
{
    BASE_LIST_EACH (self, i) {
        base_free (self->items[i].federate);
        base_free (self->items[i].name);
        base_free (self->items[i].value);
    }
    BASE_LIST_FINI (self);
}

mst_err_t tools_results_add (tools_results_t *self, const char *federate, const char *name,
                             const char *value)
{
    if (BASE_LIST_ROOM (self))
        return base_alloc_error ();
    tools_result_t fresh = { base_strdup (federate), base_strdup (name), base_strdup (value) };
    if (fresh.federate && fresh.name && fresh.value) {
        BASE_LIST_PUT (self, fresh);
        return MST_OK;
    }
    base_free (fresh.federate);
    base_free (fresh.name);
    base_free (fresh.value);
    return base_alloc_error ();
}

const char *tools_results_find (const tools_results_t *self, const char *name)
{
    for (size_t i = self->count; i > 0; i--)
        if (strcmp (self->items[i - 1].name, name) == 0)
            return self->items[i - 1].value;
    return NULL;
}

static bool value_number (const char *text, double *number)
{
    char *end;
    *number = strtod (text, &end);
    return end != text && *end == '\0' && isfinite (*number);
}

bool tools_value_within (const char *value, double smallest, double largest)
{
    double number;
    return value_number (value, &number) && number >= smallest && number <= largest;
}

bool tools_value_is (const char *value, const char *expected)
{
    double number;
    if (strcmp (value, expected) == 0)
        return true;
    return value_number (expected, &number) && tools_value_within (value, number, number);
}

/*  Text --------------------------------------------------------------------------------------- */

static double summary_rate (const tools_summary_t *self)
{
    return self->wall_ns > 0 ? (double) self->steps * second_ns / (double) self->wall_ns : 0;
}

static mst_err_t text_federates (const tools_summary_t *self, base_buffer_t *out)
{
    mst_err_t err = tools_text_append (out, "federates: %zu", self->federates.count);
    BASE_LIST_EACH (&self->federates, i)
        if (!err)
            err = tools_text_append (out, "%s%s", i == 0 ? " (" : ", ", self->federates.items[i]);
    if (!err)
        err = tools_text_append (out, self->federates.count > 0 ? ")\n" : "\n");
    return err;
}

/*  All results but the digest, which comes last. */
static mst_err_t text_results (const tools_results_t *results, base_buffer_t *out)
{
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < results->count && !err; i++) {
        const tools_result_t *result = &results->items[i];
        if (strcmp (result->name, digest_name) != 0)
            err = tools_text_append (out, "%s: %s\n", result->name, result->value);
    }
    const char *digest = tools_results_find (results, digest_name);
    if (digest && !err)
        err = tools_text_append (out, "%s: %s\n", digest_name, digest);
    return err;
}

mst_err_t tools_summary_text (const tools_summary_t *self, base_buffer_t *out)
{
    char text[TOOLS_NUMBER_SIZE];
    mst_err_t err = tools_text_append (out, "scenario: %s\n", self->name);
    if (!err)
        err = text_federates (self, out);
    if (!err)
        err = tools_text_append (out, "wall time: %s\n", tools_wall_text (text, self->wall_ns));
    if (!err && self->steps > 0 && !tools_results_find (self->results, "steps/s"))
        err = tools_text_append (out, "steps/s: %s\n", tools_rate_text (text, summary_rate (self)));
    if (!err && self->migrations > 0 && !tools_results_find (self->results, "migrations"))
        err = tools_text_append (out, "migrations: %llu\n", (unsigned long long) self->migrations);
    if (!err && self->recording)
        err = tools_text_append (out, "recording: %s, %s\n", self->recording,
                                 tools_size_text (text, self->recording_bytes));
    return err ? err : text_results (self->results, out);
}

/*  JSON --------------------------------------------------------------------------------------- */

static bool json_results (const tools_results_t *results, cJSON *root)
{
    cJSON *list = cJSON_AddArrayToObject (root, "results");
    bool good = list != NULL;
    for (size_t i = 0; i < results->count && good; i++) {
        cJSON *item = cJSON_CreateObject ();
        good = item && cJSON_AddItemToArray (list, item) &&
               cJSON_AddStringToObject (item, "federate", results->items[i].federate) &&
               cJSON_AddStringToObject (item, "name", results->items[i].name) &&
               cJSON_AddStringToObject (item, "value", results->items[i].value);
    }
    return good;
}

static bool json_fill (const tools_summary_t *self, cJSON *root)
{
    bool good = cJSON_AddStringToObject (root, "scenario", self->name) != NULL;
    cJSON *names = cJSON_AddArrayToObject (root, "federates");
    BASE_LIST_EACH (&self->federates, i)
        good = good && names &&
               cJSON_AddItemToArray (names, cJSON_CreateString (self->federates.items[i]));
    good = good && cJSON_AddNumberToObject (root, "wall_s", (double) self->wall_ns / second_ns) &&
           cJSON_AddNumberToObject (root, "steps", (double) self->steps) &&
           cJSON_AddNumberToObject (root, "steps_per_s", summary_rate (self)) &&
           cJSON_AddNumberToObject (root, "migrations", (double) self->migrations);
    if (self->recording)
        good = good && cJSON_AddStringToObject (root, "recording", self->recording) &&
               cJSON_AddNumberToObject (root, "recording_bytes", (double) self->recording_bytes);
    good = good && json_results (self->results, root);
    const char *digest = tools_results_find (self->results, digest_name);
    return good && (!digest || cJSON_AddStringToObject (root, digest_name, digest));
}

mst_err_t tools_summary_json (const tools_summary_t *self, base_buffer_t *out)
{
    cJSON *root = cJSON_CreateObject ();
    char *text = root && json_fill (self, root) ? cJSON_PrintUnformatted (root) : NULL;
    mst_err_t err = text ? tools_text_append (out, "%s\n", text) : base_alloc_error ();
    cJSON_free (text);
    cJSON_Delete (root);
    return err;
}
