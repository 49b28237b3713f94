/*  muster top --json: the same as the table, with names for people's programs. */
#include "tools/top.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/text.h"

#include <string.h>

static bool put_copy (cJSON *to, const char *key, const cJSON *from, const char *of)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive (from, of);
    cJSON *copy = item ? cJSON_Duplicate (item, true) : cJSON_CreateNull ();
    return copy && cJSON_AddItemToObject (to, key, copy);
}

static bool row_rates (cJSON *to, const tools_top_row_t *row)
{
    cJSON *share = cJSON_AddObjectToObject (to, "share");
    cJSON *rates = cJSON_AddObjectToObject (to, "per_second");
    return share && rates && cJSON_AddNumberToObject (share, "computing", row->computing) &&
           cJSON_AddNumberToObject (share, "waiting", row->waiting) &&
           cJSON_AddNumberToObject (share, "messaging", row->messaging) &&
           cJSON_AddNumberToObject (rates, "updates_out", row->updates_out) &&
           cJSON_AddNumberToObject (rates, "updates_in", row->updates_in) &&
           cJSON_AddNumberToObject (rates, "bytes_out", row->bytes_out) &&
           cJSON_AddNumberToObject (rates, "bytes_in", row->bytes_in);
}

static bool row_json (cJSON *to, const tools_top_row_t *row, bool why)
{
    bool good = cJSON_AddStringToObject (to, "name", row->name) &&
                cJSON_AddStringToObject (to, "state", row->state) &&
                put_copy (to, "now", row->from, "granted") &&
                put_copy (to, "requested", row->from, "requested") &&
                put_copy (to, "lookahead", row->from, "lookahead") &&
                cJSON_AddNumberToObject (to, "for_s", row->for_s) &&
                (row->counts.known ? cJSON_AddNumberToObject (to, "queue", (double) row->queue)
                                   : cJSON_AddNullToObject (to, "queue"));
    if (row->lost)
        good = good && cJSON_AddStringToObject (to, "lost", row->lost);
    if (row->recorder)
        good = good && cJSON_AddStringToObject (to, "role", "recorder");
    if (row->rated)
        good = good && row_rates (to, row);
    else
        good =
            good && cJSON_AddNullToObject (to, "share") && cJSON_AddNullToObject (to, "per_second");
    if (cJSON_HasObjectItem (row->from, "clock"))
        good = good && put_copy (to, "clock", row->from, "clock");
    if (!row->held_by)
        return good;
    good = good && cJSON_AddStringToObject (to, "held_by", row->held_by) &&
           cJSON_AddStringToObject (to, "by", row->by) &&
           cJSON_AddBoolToObject (to, "deadlock", row->deadlock);
    if (why)
        good = good && cJSON_AddStringToObject (to, "why", row->why) &&
               put_copy (to, "chain", row->from, "chain");
    return good;
}

static mst_err_t federation_json (const tools_top_t *self, const cJSON *federation,
                                  const tools_top_view_t *view, cJSON *to)
{
    tools_top_rows_t rows = { 0 };
    mst_err_t err = tools_top_rows (self, federation, view, &rows);
    bool good = cJSON_AddStringToObject (to, "name", tools_top_word (federation, "name")) &&
                put_copy (to, "objects", federation, "objects") &&
                put_copy (to, "deadlocks", federation, "deadlocks");
    cJSON *list = cJSON_AddArrayToObject (to, "federates");
    for (size_t i = 0; i < rows.count && good && list; i++) {
        cJSON *item = cJSON_CreateObject ();
        good =
            item && cJSON_AddItemToArray (list, item) && row_json (item, &rows.items[i], view->why);
    }
    BASE_LIST_FINI (&rows);
    if (view->metadata) {
        cJSON *copy = cJSON_Duplicate (view->metadata, true);
        good = good && copy && cJSON_AddItemToObject (to, "metadata", copy);
    }
    return err || !good || !list ? base_alloc_error () : MST_OK;
}

mst_err_t tools_top_json (const tools_top_t *self, const tools_top_view_t *view, base_buffer_t *out)
{
    cJSON *root = cJSON_CreateObject ();
    cJSON *list = root ? cJSON_AddArrayToObject (root, "federations") : NULL;
    mst_err_t err = list ? MST_OK : base_alloc_error ();
    for (const cJSON *each = tools_top_federations (self); each && !err; each = each->next) {
        cJSON *item = cJSON_CreateObject ();
        err = item && cJSON_AddItemToArray (list, item) ? federation_json (self, each, view, item)
                                                        : base_alloc_error ();
    }
    char *text = err ? NULL : cJSON_PrintUnformatted (root);
    if (!err)
        err = text ? tools_text_append (out, "%s\n", text) : base_alloc_error ();
    cJSON_free (text);
    cJSON_Delete (root);
    return err;
}
