/*  Rates come from the federates' own clocks: what a federate counted between two of its reports,
    over the time between them as it saw it. */
#include "tools/top.h"
#include "base/alloc.h"
#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOST_ROWS_MAX = 16 };

static const double second_ns = 1e9;

/*  Reading ------------------------------------------------------------------------------------ */

static const cJSON *item_of (const cJSON *of, const char *key)
{
    return of ? cJSON_GetObjectItemCaseSensitive (of, key) : NULL;
}

const char *tools_top_word (const cJSON *of, const char *key)
{
    const char *text = cJSON_GetStringValue (item_of (of, key));
    return text ? text : "";
}

static double number_of (const cJSON *of, const char *key)
{
    const cJSON *item = item_of (of, key);
    return cJSON_IsNumber (item) && isfinite (item->valuedouble) ? item->valuedouble : 0;
}

const cJSON *tools_top_federations (const tools_top_t *self)
{
    const cJSON *list = item_of (self->root, "federations");
    return list ? list->child : NULL;
}

mst_err_t tools_top_take (tools_top_t *self, const char *json, size_t size_bytes)
{
    base_assert (self != NULL && json != NULL);
    cJSON *root = cJSON_ParseWithLength (json, size_bytes);
    if (!root)
        return base_error (MST_E_MALFORMED, "the RTI's status is no JSON");
    cJSON_Delete (self->before);
    self->before = self->root;
    self->root = root;
    return MST_OK;
}

void tools_top_fini (tools_top_t *self)
{
    cJSON_Delete (self->root);
    cJSON_Delete (self->before);
    *self = (tools_top_t){ 0 };
}

static const cJSON *named (const cJSON *list, const char *name)
{
    for (const cJSON *each = list ? list->child : NULL; each; each = each->next)
        if (strcmp (tools_top_word (each, "name"), name) == 0)
            return each;
    return NULL;
}

size_t tools_top_count (const tools_top_t *self)
{
    size_t count = 0;
    for (const cJSON *each = tools_top_federations (self); each; each = each->next)
        count++;
    return count;
}

bool tools_top_has (const tools_top_t *self, const char *federation)
{
    return named (item_of (self->root, "federations"), federation) != NULL;
}

/*  NULL also when they are older than is asked for. */
static const cJSON *counters_of (const cJSON *federate, int64_t fresh_ns)
{
    const cJSON *counters = item_of (federate, "counters");
    bool old = fresh_ns > 0 && number_of (counters, "age_ns") > (double) fresh_ns;
    return old ? NULL : counters;
}

bool tools_top_complete (const tools_top_t *self, int64_t fresh_ns)
{
    for (const cJSON *in = tools_top_federations (self); in; in = in->next) {
        const cJSON *list = item_of (in, "federates");
        for (const cJSON *each = list ? list->child : NULL; each; each = each->next)
            if (!counters_of (each, fresh_ns) && strcmp (tools_top_word (each, "state"), "stopped"))
                return false;
    }
    return true;
}

/*  Rows --------------------------------------------------------------------------------------- */

static void time_text (char text[TOOLS_TOP_NUMBER], const cJSON *of, const char *key)
{
    const cJSON *item = item_of (of, key);
    if (cJSON_IsNumber (item))
        (void) snprintf (text, TOOLS_TOP_NUMBER, "%.15g", item->valuedouble);
    else
        (void) snprintf (text, TOOLS_TOP_NUMBER, "-");
}

/*  Since it told its counters it has done what it does now, for as long as the RTI knows of it;
    before that it computed. */
static void counts_read (tools_top_counts_t *self, const cJSON *federate, int64_t fresh_ns)
{
    const cJSON *counters = counters_of (federate, fresh_ns);
    bool waits = item_of (federate, "chain") != NULL;
    *self = (tools_top_counts_t){ .known = counters != NULL };
    if (!counters)
        return;
    double age_s = number_of (counters, "age_ns") / second_ns;
    double stood_s = number_of (federate, "for_ns") / second_ns;
    const char *doing = tools_top_word (federate, "doing");
    bool idle = strncmp (doing, "waiting", 7) == 0 && !waits; /* for callbacks, for an answer */
    self->elapsed_s = number_of (counters, "elapsed_ns") / second_ns + age_s;
    self->waiting_s = number_of (counters, "waiting_ns") / second_ns +
                      (waits  ? (stood_s < age_s ? stood_s : age_s)
                       : idle ? age_s
                              : 0);
    self->messaging_s = number_of (counters, "messaging_ns") / second_ns;
    self->updates_out =
        number_of (counters, "updates_sent") + number_of (counters, "interactions_sent");
    self->updates_in =
        number_of (counters, "updates_received") + number_of (counters, "interactions_received");
    self->bytes_out = number_of (counters, "bytes_sent");
    self->bytes_in = number_of (counters, "bytes_received");
}

static double least (double a, double b)
{
    return a < b ? a : b;
}

/*  Share of a part in a whole, from 0 to `room`. */
static double share (double part, double whole, double room)
{
    return part <= 0 || whole <= 0 ? 0 : least (part / whole, room);
}

static void row_rates (tools_top_row_t *self, const tools_top_counts_t *before)
{
    const tools_top_counts_t *now = &self->counts;
    double passed_s = now->elapsed_s - before->elapsed_s;
    self->rated = now->known && passed_s > 0;
    if (!self->rated)
        return;
    self->waiting = share (now->waiting_s - before->waiting_s, passed_s, 1);
    self->messaging = share (now->messaging_s - before->messaging_s, passed_s, 1 - self->waiting);
    self->computing = 1 - self->waiting - self->messaging;
    self->updates_out = share (now->updates_out - before->updates_out, passed_s, INFINITY);
    self->updates_in = share (now->updates_in - before->updates_in, passed_s, INFINITY);
    self->bytes_out = share (now->bytes_out - before->bytes_out, passed_s, INFINITY);
    self->bytes_in = share (now->bytes_in - before->bytes_in, passed_s, INFINITY);
}

/*  `before`: the same federate at the look before; NULL: since it joined. */
static void row_read (tools_top_row_t *self, const cJSON *federate, const cJSON *before,
                      int64_t fresh_ns)
{
    tools_top_counts_t then = { 0 };
    *self = (tools_top_row_t){
        .name = tools_top_word (federate, "name"),
        .state = tools_top_word (federate, "state"),
        .for_s = number_of (federate, "for_ns") / second_ns,
        .recorder = strcmp (tools_top_word (federate, "role"), "recorder") == 0,
        .deadlock = cJSON_IsTrue (item_of (federate, "deadlock")),
        .queue = (uint64_t) number_of (item_of (federate, "counters"), "queue_messages"),
        .from = federate,
    };
    if (item_of (federate, "chain")) {
        self->held_by = tools_top_word (federate, "held_by");
        self->by = tools_top_word (federate, "by");
        self->why = tools_top_word (federate, "why");
    }
    time_text (self->now, federate, "granted");
    time_text (self->requested, federate, "requested");
    time_text (self->lookahead, federate, "lookahead");
    counts_read (&self->counts, federate, fresh_ns);
    if (before && number_of (before, "handle") == number_of (federate, "handle"))
        counts_read (&then, before, 0);
    row_rates (self, &then);
}

/*  Order -------------------------------------------------------------------------------------- */

static const char *const sort_names[TOOLS_TOP_SORTS] = { "name", "state", "time", "waiting",
                                                         "rate" };

const char *tools_top_sort_name (tools_top_sort_t sort)
{
    base_assert (sort < TOOLS_TOP_SORTS);
    return sort_names[sort];
}

bool tools_top_sort_find (const char *name, tools_top_sort_t *sort)
{
    for (int i = 0; i < TOOLS_TOP_SORTS; i++)
        if (strcmp (sort_names[i], name) == 0) {
            *sort = (tools_top_sort_t) i;
            return true;
        }
    return false;
}

static int falling (double a, double b)
{
    return (a < b) - (a > b);
}

static int row_compare (const tools_top_row_t *a, const tools_top_row_t *b, tools_top_sort_t sort)
{
    int order = 0;
    switch (sort) {
    case TOOLS_TOP_BY_STATE: order = strcmp (a->state, b->state); break;
    case TOOLS_TOP_BY_TIME: order = -falling (atof (a->now), atof (b->now)); break;
    case TOOLS_TOP_BY_WAITING: order = falling (a->waiting, b->waiting); break;
    case TOOLS_TOP_BY_RATE:
        order = falling (a->updates_out + a->updates_in, b->updates_out + b->updates_in);
        break;
    case TOOLS_TOP_BY_NAME:
    case TOOLS_TOP_SORTS: break;
    }
    return order ? order : strcmp (a->name, b->name);
}

/*  By insertion: stable, and mostly in order already. */
static void rows_sort (tools_top_rows_t *rows, tools_top_sort_t sort)
{
    for (size_t i = 1; i < rows->count; i++) {
        tools_top_row_t row = rows->items[i];
        size_t at = i;
        for (; at > 0 && row_compare (&row, &rows->items[at - 1], sort) < 0; at--)
            rows->items[at] = rows->items[at - 1];
        rows->items[at] = row;
    }
}

static bool has_row (const tools_top_rows_t *rows, const char *name)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp (rows->items[i].name, name) == 0)
            return true;
    return false;
}

/*  The federates that were lost last, and have not come back: they stay to be seen. */
static mst_err_t rows_lost (tools_top_rows_t *rows, const cJSON *federation)
{
    const cJSON *list = item_of (federation, "departed");
    size_t joined = rows->count;
    mst_err_t err = MST_OK;
    for (const cJSON *each = list && list->child ? list->child->prev : NULL;
         each && rows->count < joined + LOST_ROWS_MAX && !err;
         each = each == list->child ? NULL : each->prev) {
        tools_top_row_t row = { .name = tools_top_word (each, "federate"),
                                .state = "lost",
                                .lost = cJSON_GetStringValue (item_of (each, "lost")),
                                .from = each };
        time_text (row.now, NULL, "");
        time_text (row.requested, NULL, "");
        time_text (row.lookahead, NULL, "");
        if (row.lost && !has_row (rows, row.name))
            err = BASE_LIST_PUSH (rows, row);
    }
    return err;
}

mst_err_t tools_top_rows (const tools_top_t *self, const cJSON *federation,
                          const tools_top_view_t *view, tools_top_rows_t *rows)
{
    const cJSON *list = item_of (federation, "federates");
    const cJSON *before = view->since_join ? NULL
                                           : named (item_of (self->before, "federations"),
                                                    tools_top_word (federation, "name"));
    mst_err_t err = MST_OK;
    for (const cJSON *each = list ? list->child : NULL; each && !err; each = each->next) {
        tools_top_row_t row;
        row_read (&row, each, named (item_of (before, "federates"), tools_top_word (each, "name")),
                  view->fresh_ns);
        err = BASE_LIST_PUSH (rows, row);
    }
    if (!err)
        err = rows_lost (rows, federation);
    rows_sort (rows, view->sort);
    return err;
}
