/*  One function per section of the file: its keys, their types and ranges, what must fit together.
 */
#include "tools/scenario.h"
#include "tools/config_units.h"
#include "base/alloc.h"
#include "base/error.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#define CHECK_COUNT(words) (sizeof (words) / sizeof (words)[0])

/*  An array in the scenario's memory; never NULL unless memory is out. */
static void *check_array (scenario_t *self, size_t count, size_t item_size_bytes)
{
    base_assert (item_size_bytes > 0);
    return base_arena_alloc (&self->arena, count ? count : 1, item_size_bytes);
}

/*  Names of federations and federates go into file names, logs and tables. */
static mst_err_t check_name (const config_object_t *in, const char *key, const char **name)
{
    mst_err_t err = config_object_text (in, key, true, name);
    if (!err && (strlen (*name) > SCENARIO_NAME_BYTES_MAX || strpbrk (*name, "/\\=,\"")))
        return config_object_wrong (
            in, key, "a name of up to 64 bytes without / \\ = , and quotation marks");
    return err;
}

/*  Time ---------------------------------------------------------------------------------------- */

/*  A duration as a count of the scenario's unit. */
static mst_err_t check_counts (const scenario_time_t *time, const config_object_t *in,
                               const char *key, bool needed, int64_t smallest, int64_t *counts)
{
    char expected[CONFIG_SHOW_BYTES], unit[CONFIG_UNIT_BYTES];
    int64_t duration_ns;

    base_assert (time->unit_ns > 0);
    if (!needed && !config_object_find (in, key))
        return MST_OK;
    mst_err_t err = config_object_duration (in, key, needed, &duration_ns);
    if (err)
        return err;
    *counts = duration_ns / time->unit_ns;
    if (duration_ns % time->unit_ns == 0 && *counts >= smallest)
        return MST_OK;
    (void) snprintf (expected, sizeof expected, "a whole number of time.unit (%s)%s",
                     config_format_duration (time->unit_ns, unit),
                     smallest > 0 ? ", more than 0" : "");
    return config_object_wrong (in, key, expected);
}

static mst_err_t check_date (const config_object_t *in, const char *key, int64_t *unix_ns)
{
    const cJSON *item = config_object_find (in, key);
    base_assert (unix_ns != NULL);
    if (item && cJSON_IsString (item) &&
        config_parse_date_ns (item->valuestring, unix_ns) == MST_OK)
        return MST_OK;
    return config_object_wrong (in, key,
                                "a date like \"1994-02-17\" or \"1994-02-17T06:30:00Z\", "
                                "from 1677-09-22 to 2262-04-10");
}

/*  A date, or a duration from the start. */
static mst_err_t check_end (scenario_time_t *time, const config_object_t *in)
{
    const cJSON *item = config_object_find (in, "end");
    char unit[CONFIG_UNIT_BYTES];
    int64_t end_ns, length_ns;

    base_assert (time->unit_ns > 0);
    if (item && cJSON_IsString (item) &&
        config_parse_duration_ns (item->valuestring, &length_ns) == MST_OK)
        return check_counts (time, in, "end", true, 1, &time->end);
    mst_err_t err = check_date (in, "end", &end_ns);
    if (err)
        return err;
    if (end_ns <= time->start_ns)
        return config_object_error (in, item, "time.end (%s) must be later than time.start",
                                    item->valuestring);
    if (__builtin_sub_overflow (end_ns, time->start_ns, &length_ns))
        return config_object_error (in, item, "time.end is more than 292 years after time.start");
    if (length_ns % time->unit_ns != 0)
        return config_object_error (in, item,
                                    "time.end must be a whole number of time.unit (%s) after "
                                    "time.start",
                                    config_format_duration (time->unit_ns, unit));
    time->end = length_ns / time->unit_ns;
    return MST_OK;
}

/*  The words are known so that the message can be better than "unknown". */
static mst_err_t check_mode (const config_object_t *in)
{
    static const char *const modes[] = { "conservative", "bounded", "optimistic", "adaptive" };
    int mode = 0;
    mst_err_t err = config_object_choice (in, "mode", false, modes, CHECK_COUNT (modes), &mode);
    if (err || mode == 0)
        return err;
    base_assert (mode < (int) CHECK_COUNT (modes));
    (void) config_object_error (in, config_object_find (in, "mode"),
                                "time.mode \"%s\" is not supported yet: use \"conservative\"",
                                modes[mode]);
    return base_error (MST_E_NOT_SUPPORTED, "%s", mst_error_text ());
}

/*  First of the section: all other times are counted in it. */
static mst_err_t check_unit (scenario_time_t *time, const config_object_t *in)
{
    mst_err_t err = config_object_duration (in, "unit", true, &time->unit_ns);
    if (!err && time->unit_ns == 0)
        return config_object_wrong (in, "unit", "a duration of at least 1 ns");
    base_assert (err || time->unit_ns > 0);
    return err;
}

/*  Real-time federations have no time section; then nothing here applies. */
static mst_err_t check_time (scenario_t *self, const config_object_t *whole)
{
    static const char *const keys[] = {
        "unit", "start", "end", "step", "lookahead", "mode", "pace"
    };
    scenario_time_t *time = &self->time;
    config_object_t in;

    if (!config_object_find (whole, "time"))
        return MST_OK;
    time->given = true;
    mst_err_t err = config_object_enter (whole, "time", -1, &in);
    if (!err)
        err = config_object_keys (&in, keys, CHECK_COUNT (keys));
    if (!err)
        err = check_unit (time, &in);
    if (!err && config_object_find (&in, "start"))
        err = check_date (&in, "start", &time->start_ns);
    if (!err)
        err = check_end (time, &in);
    if (!err)
        err = check_counts (time, &in, "step", true, 1, &time->step);
    time->lookahead = time->step;
    if (!err)
        err = check_counts (time, &in, "lookahead", false, 0, &time->lookahead);
    if (!err)
        err = config_object_number (&in, "pace", false, SCENARIO_PACE_MIN, SCENARIO_PACE_MAX,
                                    &time->pace);
    return err ? err : check_mode (&in);
}

/*  Space --------------------------------------------------------------------------------------- */

static mst_err_t check_centre (scenario_space_t *space, const config_object_t *in)
{
    const cJSON *list = config_object_find (in, "centre"), *item;
    int count = 0;

    if (!list)
        return MST_OK;
    if (!cJSON_IsArray (list) || cJSON_GetArraySize (list) != 3)
        return config_object_wrong (in, "centre", "a list of three numbers");
    for (item = list->child; item; item = item->next) {
        bool number =
            cJSON_IsNumber (item) && item->valuedouble >= -DBL_MAX && item->valuedouble <= DBL_MAX;
        if (!number)
            return config_object_wrong (in, "centre", "a list of three numbers");
        space->centre[count++] = item->valuedouble;
    }
    base_assert (count == 3);
    return MST_OK;
}

static mst_err_t check_space (scenario_t *self, const config_object_t *whole)
{
    static const char *const keys[] = { "centre", "half_width", "unit",    "leaf_capacity",
                                        "halo",   "outside",    "position" };
    static const char *const outsides[] = { "park" };
    scenario_space_t *space = &self->space;
    int64_t capacity = 64;
    int outside = 0;
    config_object_t in;

    space->unit = space->position = "";
    if (!config_object_find (whole, "space"))
        return MST_OK;
    space->given = true;
    mst_err_t err = config_object_enter (whole, "space", -1, &in);
    if (!err)
        err = config_object_keys (&in, keys, CHECK_COUNT (keys));
    if (!err)
        err = check_centre (space, &in);
    if (!err)
        err = config_object_number (&in, "half_width", true, DBL_MIN, DBL_MAX, &space->half_width);
    if (!err)
        err = config_object_text (&in, "unit", false, &space->unit);
    if (!err)
        err = config_object_whole (&in, "leaf_capacity", false, 1, SCENARIO_LEAF_CAPACITY_MAX,
                                   &capacity);
    if (!err)
        err = config_object_number (&in, "halo", false, 0, DBL_MAX, &space->halo);
    if (!err)
        err = config_object_choice (&in, "outside", false, outsides, 1, &outside);
    if (!err)
        err = config_object_text (&in, "position", false, &space->position);
    space->leaf_capacity = (uint32_t) capacity;
    space->outside = (scenario_outside_t) outside;
    return err;
}

/*  Federates ----------------------------------------------------------------------------------- */

/*  "run" is missing, or null. */
static bool check_no_run (const config_object_t *in)
{
    const cJSON *run = config_object_find (in, "run");
    base_assert (in != NULL);
    return !run || cJSON_IsNull (run);
}

/*  Defaults: one process, required, and its crash stops the run. */
static mst_err_t check_group (scenario_t *self, const config_object_t *in, scenario_group_t *group)
{
    static const char *const keys[] = { "name",     "count",    "scalable", "run",
                                        "on_crash", "required", "remote" };
    static const char *const crashes[] = { "stop", "continue" };
    int64_t count = 1;
    int on_crash = SCENARIO_CRASH_STOP;

    group->required = true;
    mst_err_t err = config_object_keys (in, keys, CHECK_COUNT (keys));
    if (!err)
        err = check_name (in, "name", &group->name);
    if (!err)
        err = config_object_whole (in, "count", false, 1, SCENARIO_FEDERATES_MAX, &count);
    if (!err)
        err = config_object_truth (in, "scalable", false, &group->scalable);
    if (!err)
        err = config_object_truth (in, "required", false, &group->required);
    if (!err)
        err = config_object_truth (in, "remote", false, &group->remote);
    if (!err && !(group->remote && check_no_run (in)))
        err = config_object_texts (in, "run", true, &self->arena, &group->run, &group->run_count);
    if (!err)
        err =
            config_object_choice (in, "on_crash", false, crashes, CHECK_COUNT (crashes), &on_crash);
    group->count = (uint32_t) count;
    group->on_crash = (scenario_crash_t) on_crash;
    return err;
}

/*  What no group can see by itself. */
static mst_err_t check_groups_fit (const scenario_t *self, const config_object_t *in,
                                   const scenario_group_t *group)
{
    base_assert (group >= self->groups);
    if (self->federate_count > SCENARIO_FEDERATES_MAX)
        return config_object_error (in, NULL,
                                    "the federates are %u so far, more than "
                                    "SCENARIO_FEDERATES_MAX (%d)",
                                    self->federate_count, SCENARIO_FEDERATES_MAX);
    for (const scenario_group_t *other = self->groups; other < group; other++) {
        if (strcmp (other->name, group->name) == 0)
            return config_object_error (
                in, config_object_find (in, "name"),
                "%s.name is \"%s\", as another group is called: give each its "
                "own name",
                in->path, group->name);
        if (other->scalable && group->scalable)
            return config_object_error (in, config_object_find (in, "scalable"),
                                        "%s is marked scalable, and so is \"%s\": mark one",
                                        in->path, other->name);
    }
    return MST_OK;
}

/*  Groups are counted as they pass, so that a message names the one that is too many. */
static mst_err_t check_federates (scenario_t *self, const config_object_t *whole)
{
    const cJSON *list = config_object_find (whole, "federates");
    int size = cJSON_IsArray (list) ? cJSON_GetArraySize (list) : 0;
    mst_err_t err = MST_OK;

    if (size < 1 || size > SCENARIO_GROUPS_MAX)
        return config_object_wrong (whole, "federates", "a list of 1 to 256 groups of federates");
    scenario_group_t *groups = check_array (self, (size_t) size, sizeof *groups);
    if (!groups)
        return base_alloc_error ();
    self->groups = groups;
    for (int i = 0; !err && i < size; i++) {
        config_object_t in;
        err = config_object_enter (whole, "federates", i, &in);
        if (!err)
            err = check_group (self, &in, &groups[i]);
        if (err)
            return err;
        self->group_count++;
        self->federate_count += groups[i].count;
        err = check_groups_fit (self, &in, &groups[i]);
    }
    return err;
}

/*  Parameters, expectations, recording --------------------------------------------------------- */

/*  Both ends are allowed values. */
static bool check_range (const cJSON *item, scenario_value_t *value)
{
    const cJSON *low = item->child, *high = low ? low->next : NULL;
    base_assert (cJSON_IsArray (item));
    if (!cJSON_IsNumber (low) || !cJSON_IsNumber (high) || high->next ||
        low->valuedouble > high->valuedouble)
        return false;
    value->kind = SCENARIO_VALUE_RANGE;
    value->smallest = low->valuedouble;
    value->largest = high->valuedouble;
    return true;
}

/*  Is the item one of what a value may be? Then value says which. */
static bool check_value (const cJSON *item, bool ranges, scenario_value_t *value)
{
    base_assert (item->string != NULL);
    value->key = item->string;
    value->text = "";
    if (cJSON_IsString (item)) {
        value->kind = SCENARIO_VALUE_TEXT;
        value->text = item->valuestring;
    } else if (cJSON_IsNumber (item)) {
        value->kind = SCENARIO_VALUE_NUMBER;
        value->smallest = value->largest = item->valuedouble;
    } else if (cJSON_IsBool (item)) {
        value->kind = SCENARIO_VALUE_TRUTH;
        value->truth = cJSON_IsTrue (item);
    } else
        return ranges && cJSON_IsArray (item) && check_range (item, value);
    return true;
}

/*  Keys are the federates' business: any will do, as long as the value is plain. */
static mst_err_t check_values (scenario_t *self, const config_object_t *whole, const char *key,
                               bool ranges, const scenario_value_t **values, uint32_t *count)
{
    config_object_t in;
    base_assert (*count == 0);
    if (!config_object_find (whole, key))
        return MST_OK;
    mst_err_t err = config_object_enter (whole, key, -1, &in);
    if (err)
        return err;
    scenario_value_t *out = check_array (self, (size_t) cJSON_GetArraySize (in.item), sizeof *out);
    if (!out)
        return base_alloc_error ();
    *values = out;
    for (const cJSON *item = in.item->child; item; item = item->next, (*count)++) {
        if (item->string[0] == '\0')
            return config_object_error (&in, item, "%s has a key without a name", key);
        if (!check_value (item, ranges, &out[*count]))
            return config_object_wrong (
                &in, item->string,
                ranges ? "a number, a text, true, false, or a range [smallest, largest]"
                       : "a number, a text, true or false");
    }
    return MST_OK;
}

/*  The recording's clock counts nanoseconds since 1970 without a sign. */
static mst_err_t check_record (scenario_t *self, const config_object_t *whole)
{
    static const char *const keys[] = { "file", "classes" };
    config_object_t in;

    self->record.file = "";
    if (!config_object_find (whole, "record"))
        return MST_OK;
    mst_err_t err = config_object_enter (whole, "record", -1, &in);
    if (!err)
        err = config_object_keys (&in, keys, CHECK_COUNT (keys));
    if (!err)
        err = config_object_text (&in, "file", true, &self->record.file);
    if (!err)
        err = config_object_texts (&in, "classes", false, &self->arena, &self->record.classes,
                                   &self->record.class_count);
    if (!err && self->time.given && self->time.start_ns < 0)
        return config_object_error (&in, NULL,
                                    "a recording cannot begin before 1970-01-01: set time.start "
                                    "later, or leave \"record\" out");
    return err;
}

/*  The whole ----------------------------------------------------------------------------------- */

static mst_err_t check_version (const config_object_t *whole)
{
    int64_t version = 0;
    mst_err_t err = config_object_whole (whole, "muster", true, 1, INT32_MAX, &version);
    if (!err && version != SCENARIO_VERSION)
        return config_object_error (whole, config_object_find (whole, "muster"),
                                    "the scenario is written for version %lld, this Muster reads "
                                    "version %d",
                                    (long long) version, SCENARIO_VERSION);
    return err;
}

/*  A JSON item as text, in the scenario's memory. */
static mst_err_t check_print (scenario_t *self, const cJSON *item, bool pretty, const char **out)
{
    base_assert (out != NULL);
    char *printed = pretty ? cJSON_Print (item) : cJSON_PrintUnformatted (item);
    if (!printed)
        return base_alloc_error ();
    *out = base_arena_copy (&self->arena, printed, strlen (printed));
    cJSON_free (printed);
    return *out ? MST_OK : base_alloc_error ();
}

/*  An endpoint that others can be told: not "every address". */
static mst_err_t check_start (scenario_t *self, const config_object_t *whole)
{
    static const char tcp[] = "tcp://";
    self->listen = "";
    mst_err_t err = config_object_text (whole, "listen", false, &self->listen);
    const char *host = self->listen + (strncmp (self->listen, tcp, 6) == 0 ? 6 : 0);
    if (!err && self->listen[0] &&
        (host == self->listen || host[0] == '*' || strncmp (host, "0.0.0.0:", 8) == 0 ||
         !strrchr (host, ':')))
        return config_object_wrong (whole, "listen",
                                    "the address and port by which other machines reach this one, "
                                    "like \"tcp://10.0.0.5:15000\"");
    return err ? err : config_object_duration (whole, "start_limit", false, &self->start_limit_ns);
}

static mst_err_t check_sections (scenario_t *self, const config_object_t *whole)
{
    mst_err_t err = check_time (self, whole);
    if (!err)
        err = check_space (self, whole);
    if (!err)
        err = check_federates (self, whole);
    if (!err)
        err = check_values (self, whole, "parameters", false, &self->parameters,
                            &self->parameter_count);
    if (!err)
        err = check_start (self, whole);
    if (!err)
        err = check_values (self, whole, "expect", true, &self->expect, &self->expect_count);
    return err ? err : check_record (self, whole);
}

/*  Forgets the fields of before a change. */
static void check_clear (scenario_t *self)
{
    base_assert (self->json.root != NULL);
    base_arena_reset (&self->arena);
    self->time = (scenario_time_t){ 0 };
    self->space = (scenario_space_t){ 0 };
    self->record = (scenario_record_t){ 0 };
    self->fom_count = self->group_count = self->federate_count = 0;
    self->start_limit_ns = 0;
    self->parameter_count = self->expect_count = 0;
    self->parameters = self->expect = NULL;
    self->parameters_json = "{}";
}

/*  Every section once, in the order of the file; the first mistake ends it. */
mst_err_t scenario_check (scenario_t *self)
{
    static const char *const keys[] = { "muster", "name",      "fom",        "time",
                                        "space",  "federates", "parameters", "record",
                                        "expect", "listen",    "start_limit" };
    config_object_t whole = { .json = &self->json, .item = self->json.root };

    check_clear (self);
    mst_err_t err = config_object_keys (&whole, keys, CHECK_COUNT (keys));
    if (!err)
        err = check_version (&whole);
    if (!err)
        err = check_name (&whole, "name", &self->name);
    if (!err)
        err = config_object_texts (&whole, "fom", true, &self->arena, &self->fom, &self->fom_count);
    if (!err)
        err = check_sections (self, &whole);
    const cJSON *parameters = config_object_find (&whole, "parameters");
    if (!err && parameters)
        err = check_print (self, parameters, false, &self->parameters_json);
    if (!err)
        err = check_print (self, self->json.root, true, &self->text);
    return err;
}
