/*  The shape is that of rti/core/status.c; an older or newer RTI may say less or more. */
#include "tools/status.h"
#include "base/alloc.h"
#include "base/error.h"

#include <cjson/cJSON.h>
#include <string.h>

/*  The first item of a list that may be missing. */
static const cJSON *first_of (const cJSON *list)
{
    return list ? list->child : NULL;
}

static const char *status_text (const cJSON *of, const char *key)
{
    const char *text = cJSON_GetStringValue (cJSON_GetObjectItemCaseSensitive (of, key));
    return text ? text : "";
}

static bool status_number (const cJSON *of, const char *key, int64_t *number)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive (of, key);
    if (!cJSON_IsNumber (item) || !(item->valuedouble > -9.2e18 && item->valuedouble < 9.2e18))
        return false;
    *number = (int64_t) item->valuedouble;
    return true;
}

bool tools_names_has (const tools_names_t *self, const char *name)
{
    BASE_LIST_EACH (self, i)
        if (strcmp (self->items[i], name) == 0)
            return true;
    return false;
}

static mst_err_t status_name (tools_status_t *self, const cJSON *federate)
{
    char *name = base_strdup (status_text (federate, "name"));
    if (name && BASE_LIST_PUSH (&self->names, name) == MST_OK)
        return MST_OK;
    base_free (name);
    return base_alloc_error ();
}

static mst_err_t status_departed (tools_status_t *self, const cJSON *departed)
{
    for (const cJSON *each = first_of (departed); each; each = each->next) {
        tools_departed_t gone = { base_strdup (status_text (each, "federate")),
                                  status_text (each, "lost")[0] != '\0' };
        if (!gone.federate || BASE_LIST_PUSH (&self->departed, gone)) {
            base_free (gone.federate);
            return base_alloc_error ();
        }
    }
    return MST_OK;
}

/*  The federation's time is where the last of those who make it stands. */
static mst_err_t status_federates (tools_status_t *self, const cJSON *federates)
{
    bool regulated = false;
    mst_err_t err = MST_OK;
    for (const cJSON *each = first_of (federates); each && !err; each = each->next) {
        int64_t granted = 0;
        bool regulating = cJSON_IsTrue (cJSON_GetObjectItemCaseSensitive (each, "regulating"));
        if (strcmp (status_text (each, "role"), "recorder") == 0)
            continue;
        self->joined++;
        err = status_name (self, each);
        if (!status_number (each, "granted", &granted) || (regulated && !regulating))
            continue;
        if (!self->timed || (regulating && !regulated) || granted < self->now)
            self->now = granted;
        self->timed = true;
        regulated |= regulating;
    }
    return err;
}

static mst_err_t status_results (tools_status_t *self, const cJSON *reports)
{
    mst_err_t err = MST_OK;
    for (const cJSON *each = first_of (reports); each && !err; each = each->next)
        err = tools_results_add (&self->results, status_text (each, "federate"),
                                 status_text (each, "name"), status_text (each, "value"));
    return err;
}

static mst_err_t status_fill (tools_status_t *self, const cJSON *federation)
{
    int64_t migrations = 0;
    self->found = true;
    if (status_number (federation, "objects_migrated", &migrations) ||
        status_number (federation, "migrations", &migrations))
        self->migrations = migrations > 0 ? (uint64_t) migrations : 0;
    mst_err_t err =
        status_federates (self, cJSON_GetObjectItemCaseSensitive (federation, "federates"));
    if (!err)
        err = status_departed (self, cJSON_GetObjectItemCaseSensitive (federation, "departed"));
    return err ? err
               : status_results (self, cJSON_GetObjectItemCaseSensitive (federation, "reports"));
}

mst_err_t tools_status_read (tools_status_t *self, const char *json, size_t size_bytes,
                             const char *federation)
{
    mst_err_t err = MST_OK;
    *self = (tools_status_t){ 0 };
    cJSON *root = cJSON_ParseWithLength (json, size_bytes);
    if (!root)
        return base_error (MST_E_MALFORMED, "the RTI's status is no JSON");
    const cJSON *federations = cJSON_GetObjectItemCaseSensitive (root, "federations");
    for (const cJSON *each = first_of (federations); each && !err; each = each->next)
        if (!self->found && strcmp (status_text (each, "name"), federation) == 0)
            err = status_fill (self, each);
    cJSON_Delete (root);
    return err;
}

void tools_status_fini (tools_status_t *self)
{
    tools_results_fini (&self->results);
    BASE_LIST_EACH (&self->names, i)
        base_free (self->names.items[i]);
    BASE_LIST_FINI (&self->names);
    BASE_LIST_EACH (&self->departed, i)
        base_free (self->departed.items[i].federate);
    BASE_LIST_FINI (&self->departed);
}
