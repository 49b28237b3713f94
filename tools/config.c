/*  Every value comes in as a text and goes through config_set, whatever its origin. */
#include "tools/config.h"
#include "tools/config_json.h"
#include "tools/config_units.h"
#include "tools/file.h"
#include "tools/text.h"
#include "base/alloc.h"
#include "base/error.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef enum config_type {
    CONFIG_TYPE_TEXT,
    CONFIG_TYPE_NUMBER,
    CONFIG_TYPE_DURATION,
    CONFIG_TYPE_SIZE,
    CONFIG_TYPE_TRUTH,
    CONFIG_TYPE_CHOICE
} config_type_t;

typedef struct config_row {
    const char *name;
    config_type_t type;
    const char *standard; /* the default */
    int64_t smallest;
    int64_t largest;
    const char *words; /* "auto|tcp" */
    const char *help;
} config_row_t;

static const config_row_t config_rows[CONFIG_KEY_COUNT] = {
#define CONFIG_ROW(id, name, type, standard, smallest, largest, words, help)                       \
    { name, CONFIG_TYPE_##type, standard, smallest, largest, words, help },
    CONFIG_KEYS (CONFIG_ROW)
#undef CONFIG_ROW
};

static const char *const config_names[CONFIG_KEY_COUNT] = {
#define CONFIG_NAME(id, name, type, standard, smallest, largest, words, help) name,
    CONFIG_KEYS (CONFIG_NAME)
#undef CONFIG_NAME
};

static const char config_default_file[] = "muster.json";

const char *config_name (config_key_t key)
{
    base_assert (key < CONFIG_KEY_COUNT);
    return config_rows[key].name;
}

const char *config_text (const config_t *self, config_key_t key)
{
    base_assert (self != NULL);
    base_assert (key < CONFIG_KEY_COUNT);
    return self->values[key].text;
}

int64_t config_number (const config_t *self, config_key_t key)
{
    base_assert (self != NULL);
    base_assert (key < CONFIG_KEY_COUNT && config_rows[key].type != CONFIG_TYPE_TEXT);
    return self->values[key].number;
}

bool config_on (const config_t *self, config_key_t key)
{
    base_assert (self != NULL);
    base_assert (key < CONFIG_KEY_COUNT && config_rows[key].type == CONFIG_TYPE_TRUTH);
    return self->values[key].number != 0;
}

/*  Values -------------------------------------------------------------------------------------- */

/*  The place of a text among words with bars between; -1: none of them. */
static int64_t config_word (const char *words, const char *text)
{
    size_t size = strlen (text);
    base_assert (words != NULL);
    for (int64_t index = 0; *words; index++) {
        size_t word = strcspn (words, "|");
        if (word == size && memcmp (words, text, size) == 0)
            return index;
        words += word + (words[word] == '|');
    }
    return -1;
}

static bool config_parse_number (const char *text, int64_t *number)
{
    *number = 0;
    base_assert (text != NULL);
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9' || *number > INT64_MAX / 10 - 9)
            return false;
        *number = *number * 10 + (*c - '0');
    }
    return *text != '\0';
}

/*  Of keys whose name ends in _s a bare number counts seconds. */
static bool config_parse_duration (const char *text, int64_t *number)
{
    char seconds[CONFIG_SHOW_BYTES];
    base_assert (text != NULL);
    base_assert (number != NULL);
    if (config_parse_duration_ns (text, number) == MST_OK)
        return true;
    (void) snprintf (seconds, sizeof seconds, "%.64s s", text);
    return config_parse_duration_ns (seconds, number) == MST_OK;
}

/*  One place for all types; the range is checked for those that have one. */
static bool config_parse (const config_row_t *row, const char *text, int64_t *number)
{
    bool good = true;
    base_assert (text != NULL);
    base_assert (number != NULL);
    *number = 0;
    switch (row->type) {
    case CONFIG_TYPE_TEXT: return strlen (text) < CONFIG_VALUE_BYTES;
    case CONFIG_TYPE_CHOICE: *number = config_word (row->words, text); return *number >= 0;
    case CONFIG_TYPE_TRUTH: *number = config_word ("false|true", text); return *number >= 0;
    case CONFIG_TYPE_NUMBER: good = config_parse_number (text, number); break;
    case CONFIG_TYPE_DURATION: good = config_parse_duration (text, number); break;
    case CONFIG_TYPE_SIZE: good = config_parse_size (text, number) == MST_OK; break;
    }
    return good && *number >= row->smallest && *number <= row->largest;
}

/*  'a whole number from 1 to 65535', for messages and the help. */
enum { CONFIG_EXPECTED_BYTES = 160 };
static const char *config_expected (const config_row_t *row, char out[CONFIG_EXPECTED_BYTES])
{
    char low[CONFIG_UNIT_BYTES], high[CONFIG_UNIT_BYTES];
    size_t length = 0;
    base_assert (row != NULL);
    switch (row->type) {
    case CONFIG_TYPE_TEXT: (void) snprintf (out, CONFIG_EXPECTED_BYTES, "a text"); break;
    case CONFIG_TYPE_TRUTH: (void) snprintf (out, CONFIG_EXPECTED_BYTES, "true or false"); break;
    case CONFIG_TYPE_NUMBER:
        (void) snprintf (out, CONFIG_EXPECTED_BYTES, "a whole number from %lld to %lld",
                         (long long) row->smallest, (long long) row->largest);
        break;
    case CONFIG_TYPE_DURATION:
        (void) snprintf (out, CONFIG_EXPECTED_BYTES, "seconds, or a duration up to %s",
                         config_format_duration (row->largest, high));
        break;
    case CONFIG_TYPE_SIZE:
        (void) snprintf (out, CONFIG_EXPECTED_BYTES, "a size from %s to %s",
                         config_format_size (row->smallest, low),
                         config_format_size (row->largest, high));
        break;
    case CONFIG_TYPE_CHOICE:
        for (const char *word = row->words; *word;) {
            size_t size = strcspn (word, "|");
            bool last = word[size] == '\0';
            const char *joint = length == 0 ? "" : last ? " or " : ", ";
            length += (size_t) snprintf (out + length, CONFIG_EXPECTED_BYTES - length, "%s%.*s",
                                         joint, (int) size, word);
            word += size + !last;
        }
        break;
    }
    return out;
}

static int config_find (const char *name)
{
    base_assert (name != NULL);
    for (int key = 0; key < CONFIG_KEY_COUNT; key++)
        if (strcmp (config_rows[key].name, name) == 0)
            return key;
    return -1;
}

static mst_err_t config_unknown (const char *origin, const char *name)
{
    const char *nearest = config_nearest (name, config_names, CONFIG_KEY_COUNT);
    base_assert (origin != NULL);
    base_assert (name != NULL);
    if (nearest)
        return base_error (MST_E_CONFIG, "%s: unknown key \"%.64s\": did you mean \"%s\"?", origin,
                           name, nearest);
    return base_error (MST_E_CONFIG, "%s: unknown key \"%.64s\"", origin, name);
}

/*  Nothing is changed unless the value is good. */
mst_err_t config_set (config_t *self, const char *origin, const char *name, const char *value)
{
    char expected[CONFIG_EXPECTED_BYTES];
    int key = config_find (name);
    int64_t number;

    base_assert (self != NULL);
    base_assert (origin != NULL && value != NULL);
    if (key < 0)
        return config_unknown (origin, name);
    const config_row_t *row = &config_rows[key];
    if (strlen (value) >= CONFIG_VALUE_BYTES || !config_parse (row, value, &number))
        return base_error (MST_E_CONFIG, "%s: %s must be %s, found \"%.64s\"", origin, name,
                           config_expected (row, expected), value);
    self->values[key].number = number;
    (void) snprintf (self->values[key].text, CONFIG_VALUE_BYTES, "%s", value);
    return MST_OK;
}

/*  The defaults go through the same parser: a wrong row of the table stops the first test. */
void config_init (config_t *self)
{
    base_assert (self != NULL);
    *self = (config_t){ 0 };
    for (int key = 0; key < CONFIG_KEY_COUNT; key++) {
        mst_err_t err =
            config_set (self, "default", config_rows[key].name, config_rows[key].standard);
        base_assert (err == MST_OK);
    }
}

/*  The file ------------------------------------------------------------------------------------ */

/*  JSON has types of its own: "4" for a number is a slip, and 4 for a text as well. */
static mst_err_t config_take_value (config_t *self, const config_object_t *in, const cJSON *item,
                                    const char *name)
{
    char text[CONFIG_VALUE_BYTES + 1], shown[CONFIG_SHOW_BYTES], expected[CONFIG_EXPECTED_BYTES];
    char where[CONFIG_WHERE_BYTES];
    int key = config_find (name);

    if (key < 0)
        return config_unknown (config_object_where (in, item, where), name);
    const config_row_t *row = &config_rows[key];
    bool texts = row->type != CONFIG_TYPE_NUMBER && row->type != CONFIG_TYPE_TRUTH;
    bool numbers = row->type == CONFIG_TYPE_NUMBER || row->type == CONFIG_TYPE_DURATION ||
                   row->type == CONFIG_TYPE_SIZE;
    bool good = (cJSON_IsString (item) && texts) || (cJSON_IsNumber (item) && numbers) ||
                (cJSON_IsBool (item) && row->type == CONFIG_TYPE_TRUTH);
    if (cJSON_IsString (item))
        (void) snprintf (text, sizeof text, "%s", item->valuestring);
    else
        (void) snprintf (text, sizeof text, "%s", config_json_show (item, shown));
    if (good && config_set (self, in->json->label, name, text) == MST_OK)
        return MST_OK;
    return config_object_error (in, item, "%s must be %s, found %s", name,
                                config_expected (row, expected), config_json_show (item, shown));
}

/*  { "limits": { "federates": 4 } } is the same as { "limits.federates": 4 }. */
static mst_err_t config_take_object (config_t *self, const config_object_t *in)
{
    mst_err_t err = MST_OK;
    base_assert (in->item != NULL);
    for (const cJSON *child = in->item->child; !err && child; child = child->next) {
        char name[CONFIG_PATH_BYTES_MAX + 1];
        (void) snprintf (name, sizeof name, "%.128s%s%.64s", in->path, in->path[0] ? "." : "",
                         child->string);
        size_t size = strlen (name);
        bool group = false; /* does a key begin with it and a dot? */
        for (int key = 0; key < CONFIG_KEY_COUNT; key++)
            group = group || (strncmp (config_rows[key].name, name, size) == 0 &&
                              config_rows[key].name[size] == '.');
        config_object_t inner;
        if (!group)
            err = config_take_value (self, in, child, name);
        else if (!(err = config_object_enter (in, child->string, -1, &inner)))
            err = config_take_object (self, &inner);
    }
    return err;
}

mst_err_t config_read_json (config_t *self, const char *label, const void *data, size_t size_bytes)
{
    config_json_t json;
    base_assert (self != NULL && label != NULL);
    mst_err_t err = config_json_parse (&json, label, data, size_bytes);
    if (err)
        return err;
    config_object_t whole = { .json = &json, .item = json.root };
    err = config_take_object (self, &whole);
    config_json_fini (&json);
    return err;
}

/*  The label is the path as the user gave it. */
static mst_err_t config_read_file (config_t *self, const char *path)
{
    base_buffer_t bytes;
    base_assert (path != NULL);
    base_buffer_init (&bytes);
    mst_err_t err = tools_file_read (path, CONFIG_FILE_BYTES_MAX, &bytes);
    if (!err)
        err = config_read_json (self, path, bytes.data, bytes.size_bytes);
    base_buffer_fini (&bytes);
    return err;
}

/*  Environment and options --------------------------------------------------------------------- */

/*  "limits.federates" to "MUSTER_LIMITS_FEDERATES". */
static const char *config_variable (const char *name, char out[CONFIG_SHOW_BYTES])
{
    size_t length = (size_t) snprintf (out, CONFIG_SHOW_BYTES, "MUSTER_%s", name);
    base_assert (length < CONFIG_SHOW_BYTES);
    for (; *out; out++)
        *out = *out == '.' ? '_' : (char) toupper ((unsigned char) *out);
    return out - length;
}

/*  A variable that is nearly one of ours is a slip; others belong to other programs. */
static mst_err_t config_check_variable (const char *variable)
{
    char names[CONFIG_KEY_COUNT][CONFIG_SHOW_BYTES];
    const char *words[CONFIG_KEY_COUNT];
    base_assert (variable != NULL);
    for (int key = 0; key < CONFIG_KEY_COUNT; key++)
        words[key] = config_variable (config_rows[key].name, names[key]) + strlen ("MUSTER_");
    const char *nearest = config_nearest (variable + strlen ("MUSTER_"), words, CONFIG_KEY_COUNT);
    if (!nearest)
        return MST_OK;
    return base_error (MST_E_CONFIG, "%.64s: unknown environment variable: did you mean MUSTER_%s?",
                       variable, nearest);
}

/*  Every variable is looked at, not every key asked for: that is how slips are found. */
mst_err_t config_read_environment (config_t *self, char *const *environment)
{
    mst_err_t err = MST_OK;
    base_assert (self != NULL);
    for (; environment && !err && *environment; environment++) {
        char variable[CONFIG_SHOW_BYTES], ours[CONFIG_SHOW_BYTES];
        const char *equals = strchr (*environment, '=');
        if (strncmp (*environment, "MUSTER_", strlen ("MUSTER_")) != 0 || !equals)
            continue;
        (void) snprintf (variable, sizeof variable, "%.*s", (int) (equals - *environment),
                         *environment);
        int key = 0;
        while (key < CONFIG_KEY_COUNT &&
               strcmp (config_variable (config_rows[key].name, ours), variable) != 0)
            key++;
        err = key < CONFIG_KEY_COUNT
                  ? config_set (self, variable, config_rows[key].name, equals + 1)
                  : config_check_variable (variable);
    }
    return err;
}

/*  The option among `names` that argv[*at] is: "--name VALUE", "--name=VALUE", or "--trace" alone
   for a truth. NULL: none of them. *value is NULL when it is missing; *at moves to the option's
   last word. */
static const char *config_option (const char *const *names, size_t count, char **argv, int *at,
                                  const char **value)
{
    const char *word = argv[*at];
    base_assert (names != NULL && value != NULL);
    base_assert (word != NULL);
    if (strncmp (word, "--", 2) != 0)
        return NULL;
    size_t size = strcspn (word + 2, "="), i = 0;
    while (i < count && (strlen (names[i]) != size || memcmp (names[i], word + 2, size) != 0))
        i++;
    if (i == count)
        return NULL;
    int key = config_find (names[i]);
    if (word[2 + size] == '=')
        *value = word + 2 + size + 1;
    else if (key >= 0 && config_rows[key].type == CONFIG_TYPE_TRUTH)
        *value = "true";
    else {
        *value = argv[*at + 1];
        *at += *value != NULL;
    }
    return names[i];
}

/*  Takes the options with these names out of argv. Their values are set, or the last one is given
   to `found` when that is wanted instead. */
static mst_err_t config_take_options (config_t *self, const char *const *names, size_t count,
                                      const char **found, int *argc, char **argv)
{
    int kept = 0, at = 0;
    mst_err_t err = MST_OK;

    base_assert (argv != NULL && *argc >= 0);
    base_assert (argv[*argc] == NULL);
    for (; !err && at < *argc && strcmp (argv[at], "--") != 0; at++) {
        const char *value = NULL;
        char *word = argv[at], origin[CONFIG_SHOW_BYTES];
        const char *name = config_option (names, count, argv, &at, &value);
        (void) snprintf (origin, sizeof origin, "--%s", name ? name : "");
        if (!name)
            argv[kept++] = word;
        else if (!value)
            err = base_error (MST_E_CONFIG, "%s: its value is missing: write %s=VALUE", origin,
                              origin);
        else if (found)
            *found = value;
        else
            err = config_set (self, origin, name, value);
    }
    while (at < *argc)
        argv[kept++] = argv[at++];
    *argc = kept;
    argv[kept] = NULL;
    return err;
}

mst_err_t config_read_options (config_t *self, int *argc, char **argv)
{
    base_assert (self != NULL);
    base_assert (argc != NULL && argv != NULL);
    return config_take_options (self, config_names, CONFIG_KEY_COUNT, NULL, argc, argv);
}

/*  Weakest first, so that each next source writes over the one before it. */
mst_err_t config_load (config_t *self, int *argc, char **argv, char *const *environment)
{
    static const char *const file_option[] = { "config" };
    const char *path = NULL;
    base_assert (self != NULL);
    base_assert (argc != NULL && argv != NULL);
    config_init (self);
    mst_err_t err = config_take_options (self, file_option, 1, &path, argc, argv);
    if (!err && (path || access (config_default_file, F_OK) == 0))
        err = config_read_file (self, path ? path : config_default_file);
    if (!err)
        err = config_read_environment (self, environment);
    if (!err)
        err = config_read_options (self, argc, argv);
    return err;
}

/*  Without the names in `kept`; a list of the table's own names has room for all. */
static size_t config_names_but (const char *const *kept, const char *names[CONFIG_KEY_COUNT])
{
    size_t count = 0;
    base_assert (names != NULL);
    for (int key = 0; key < CONFIG_KEY_COUNT; key++) {
        const char *const *at = kept;
        while (at && *at && strcmp (*at, config_names[key]) != 0)
            at++;
        if (!at || !*at)
            names[count++] = config_names[key];
    }
    return count;
}

mst_err_t config_share (int *argc, char **argv, const char *const *kept)
{
    static const char *const file_option[] = { "config" };
    const char *names[CONFIG_KEY_COUNT], *path = NULL;
    char variable[CONFIG_SHOW_BYTES];
    config_t config;
    base_assert (argc != NULL && argv != NULL);
    config_init (&config);
    mst_err_t err = config_take_options (&config, file_option, 1, &path, argc, argv);
    if (!err && (path || access (config_default_file, F_OK) == 0))
        err = config_read_file (&config, path ? path : config_default_file);
    if (!err)
        err = config_read_environment (&config, environ);
    if (!err)
        err =
            config_take_options (&config, names, config_names_but (kept, names), NULL, argc, argv);
    for (int key = 0; !err && key < CONFIG_KEY_COUNT; key++)
        if (strcmp (config.values[key].text, config_rows[key].standard) != 0 &&
            setenv (config_variable (config_rows[key].name, variable), config.values[key].text, 1))
            err = base_alloc_error ();
    return err;
}

/*  Help ---------------------------------------------------------------------------------------- */

/*  The same words as in the messages, so that the page cannot differ from the program. */
mst_err_t config_help (base_buffer_t *out)
{
    char variable[CONFIG_SHOW_BYTES], expected[CONFIG_EXPECTED_BYTES];
    base_assert (out != NULL);
    mst_err_t err =
        tools_text_append (out, "| key, option | variable | default | value | meaning |\n"
                                "|---|---|---|---|---|\n");
    for (int key = 0; !err && key < CONFIG_KEY_COUNT; key++) {
        const config_row_t *row = &config_rows[key];
        const char *tick = row->standard[0] ? "`" : "";
        err = tools_text_append (out, "| `%s`, `--%s` | `%s` | %s%s%s | %s | %s |\n", row->name,
                                 row->name, config_variable (row->name, variable), tick,
                                 row->standard, tick, config_expected (row, expected), row->help);
    }
    return err;
}
