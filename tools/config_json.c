/*  cJSON keeps no line numbers. After parsing, the text is walked once more beside the tree: both
   have the same values in the same order, so the n-th value of one is the n-th of the other. */
#include "tools/config_json.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool json_no_memory; /* cJSON gives NULL for both, bad text and no memory */

/*  Remembers that memory was the trouble; the caller only sees NULL. */
static void *json_alloc (size_t size_bytes)
{
    void *block = base_alloc (size_bytes);
    json_no_memory = json_no_memory || !block;
    return block;
}

static void json_use_our_memory (void)
{
    cJSON_Hooks hooks = { json_alloc, base_free };
    cJSON_InitHooks (&hooks);
    json_no_memory = false;
}

/*  Lines --------------------------------------------------------------------------------------- */

typedef struct json_walk {
    config_json_t *json;
    const char *at;
    uint32_t line;
    uint32_t key_line;
} json_walk_t;

/*  Strings may hold brackets, colons and escaped quotes; none of them counts. */
static void json_skip_text (json_walk_t *self)
{
    base_assert (*self->at == '"');
    for (self->at++; *self->at != '"' && *self->at != '\0'; self->at++) {
        self->line += *self->at == '\n';
        if (*self->at == '\\' && self->at[1] != '\0')
            self->at++;
    }
    self->at += *self->at == '"';
}

/*  To the next value, past brackets that close, commas and keys. The text is known to be JSON. */
static void json_to_value (json_walk_t *self)
{
    self->key_line = 0;
    for (; *self->at != '\0'; self->at++) {
        if (*self->at == '\n')
            self->line++;
        else if (*self->at == '"') {
            json_walk_t key = *self;
            json_skip_text (&key);
            while (*key.at != '\0' && (unsigned char) *key.at <= ' ')
                key.line += *key.at++ == '\n';
            if (*key.at != ':')
                return;
            key.key_line = self->line;
            *self = key;
        } else if ((unsigned char) *self->at > ' ' && !strchr ("]},", *self->at))
            return;
    }
}

static void json_skip_scalar (json_walk_t *self)
{
    base_assert (*self->at != '\0');
    if (*self->at == '"')
        json_skip_text (self);
    else
        while ((unsigned char) *self->at > ' ' && !strchr ("]},", *self->at))
            self->at++;
}

/*  A value that has a key gets the key's line: that is where people look. */
static mst_err_t json_note_lines (json_walk_t *self, const cJSON *item)
{
    mst_err_t err = MST_OK;
    for (; !err && item; item = item->next) {
        json_to_value (self);
        uint32_t line = self->key_line ? self->key_line : self->line;
        err = base_map_set (&self->json->lines, (uint64_t) (uintptr_t) item, line);
        if (*self->at == '{' || *self->at == '[') {
            self->at++;
            if (!err)
                err = json_note_lines (self, item->child);
        } else if (*self->at != '\0')
            json_skip_scalar (self);
    }
    return err;
}

static uint32_t json_line (const config_json_t *self, const cJSON *item)
{
    uint64_t line;
    base_assert (item != NULL);
    return base_map_get (&self->lines, (uint64_t) (uintptr_t) item, &line) ? (uint32_t) line : 0;
}

/*  Parsing ------------------------------------------------------------------------------------- */

/*  cJSON points at, or just behind, what it could not read: the whole line is shown. */
static mst_err_t json_syntax_error (const config_json_t *self, const char *text, const char *at)
{
    const char *start = text;
    uint32_t line = 1;
    size_t length = 0;

    base_assert (at >= text);
    for (const char *c = text; c < at; c++)
        if (*c == '\n') {
            line++;
            start = c + 1;
        }
    while (*start == ' ' || *start == '\t')
        start++;
    while (length < CONFIG_SHOW_BYTES / 2 && (unsigned char) start[length] >= ' ')
        length++;
    if (length == 0)
        return base_error (MST_E_CONFIG, "%s:%u: the file ends where more was expected",
                           self->label, line);
    return base_error (MST_E_CONFIG, "%s:%u: this is not JSON: %.*s", self->label, line,
                       (int) length, start);
}

/*  No key twice, no object with keys without end. */
static mst_err_t json_check_keys (const config_json_t *self, const cJSON *item)
{
    mst_err_t err = MST_OK;
    int count = 0;
    for (const cJSON *child = item->child; !err && child; child = child->next) {
        if (cJSON_IsObject (item) && ++count > CONFIG_OBJECT_KEYS_MAX)
            return base_error (MST_E_LIMIT,
                               "%s:%u: an object has more than CONFIG_OBJECT_KEYS_MAX (%d) keys",
                               self->label, json_line (self, child), CONFIG_OBJECT_KEYS_MAX);
        for (const cJSON *other = item->child; cJSON_IsObject (item) && other != child;
             other = other->next)
            if (strcmp (other->string, child->string) == 0)
                return base_error (
                    MST_E_CONFIG,
                    "%s:%u: the key \"%.64s\" appears twice (first at line %u): remove "
                    "one",
                    self->label, json_line (self, child), child->string, json_line (self, other));
        err = json_check_keys (self, child);
    }
    return err;
}

/*  cJSON would stop at a zero byte and call the rest fine, so that is looked for first. */
static mst_err_t json_parse_text (config_json_t *self, const char *text, size_t size_bytes)
{
    const char *end = text;
    if (memchr (text, '\0', size_bytes))
        return base_error (MST_E_CONFIG, "%s: a zero byte: this is no text file", self->label);
    json_use_our_memory ();
    self->root = cJSON_ParseWithLengthOpts (text, size_bytes + 1, &end, 1);
    if (!self->root)
        return json_no_memory ? base_alloc_error () : json_syntax_error (self, text, end);
    if (!cJSON_IsObject (self->root))
        return base_error (
            MST_E_CONFIG, "%s:1: the file must hold an object: { \"key\": value, … }", self->label);
    bool marked = strncmp (text, "\xef\xbb\xbf", 3) == 0; /* some editors begin UTF-8 with it */
    json_walk_t walk = { self, marked ? text + 3 : text, 1, 0 };
    mst_err_t err = json_note_lines (&walk, self->root);
    return err ? err : json_check_keys (self, self->root);
}

mst_err_t config_json_parse (config_json_t *self, const char *label, const void *data,
                             size_t size_bytes)
{
    base_assert (self != NULL && label != NULL);
    base_assert (data != NULL || size_bytes == 0);
    *self = (config_json_t){ 0 };
    (void) snprintf (self->label, sizeof self->label, "%s", label);
    if (size_bytes > CONFIG_FILE_BYTES_MAX)
        return base_error (MST_E_LIMIT, "%s: %zu bytes are more than CONFIG_FILE_BYTES_MAX (%d)",
                           self->label, size_bytes, CONFIG_FILE_BYTES_MAX);
    char *text = base_strndup (data, size_bytes);
    if (!text)
        return base_alloc_error ();
    mst_err_t err = json_parse_text (self, text, size_bytes);
    base_free (text);
    if (err)
        config_json_fini (self);
    return err;
}

void config_json_fini (config_json_t *self)
{
    base_assert (self != NULL);
    cJSON_Delete (self->root);
    base_map_fini (&self->lines);
    self->root = NULL;
}

mst_err_t config_json_value (const char *text, cJSON **value)
{
    base_assert (text != NULL);
    base_assert (value != NULL);
    json_use_our_memory ();
    *value = cJSON_ParseWithOpts (text, NULL, 1);
    return *value || !json_no_memory ? MST_OK : base_alloc_error ();
}

/*  Messages ------------------------------------------------------------------------------------ */

/*  Long texts are cut: a message is one line. */
const char *config_json_show (const cJSON *item, char out[CONFIG_SHOW_BYTES])
{
    base_assert (item != NULL);
    if (cJSON_IsString (item))
        (void) snprintf (out, CONFIG_SHOW_BYTES, "\"%.64s\"", item->valuestring);
    else if (cJSON_IsNumber (item))
        (void) snprintf (out, CONFIG_SHOW_BYTES, "%.15g", item->valuedouble);
    else if (cJSON_IsBool (item))
        (void) snprintf (out, CONFIG_SHOW_BYTES, "%s", cJSON_IsTrue (item) ? "true" : "false");
    else
        (void) snprintf (out, CONFIG_SHOW_BYTES, "%s",
                         cJSON_IsArray (item)    ? "a list"
                         : cJSON_IsObject (item) ? "an object"
                                                 : "null");
    return out;
}

const char *config_object_where (const config_object_t *self, const cJSON *item,
                                 char out[CONFIG_WHERE_BYTES])
{
    base_assert (self != NULL);
    uint32_t line = json_line (self->json, item ? item : self->item);
    if (line == 0)
        (void) snprintf (out, CONFIG_WHERE_BYTES, "--set");
    else
        (void) snprintf (out, CONFIG_WHERE_BYTES, "%s:%u", self->json->label, line);
    return out;
}

mst_err_t config_object_error (const config_object_t *self, const cJSON *item, const char *format,
                               ...)
{
    char where[CONFIG_WHERE_BYTES];
    va_list args;
    base_assert (self != NULL && format != NULL);
    va_start (args, format);
    base_error_va (MST_E_CONFIG, format, args);
    va_end (args);
    return base_error_prefix (MST_E_CONFIG, "%s: ", config_object_where (self, item, where));
}

/*  "path.key" */
static const char *object_path (const config_object_t *self, const char *key,
                                char out[CONFIG_PATH_BYTES_MAX + 1])
{
    base_assert (key != NULL);
    (void) snprintf (out, CONFIG_PATH_BYTES_MAX + 1, "%.180s%s%.64s", self->path,
                     self->path[0] ? "." : "", key);
    return out;
}

mst_err_t config_object_wrong (const config_object_t *self, const char *key, const char *expected)
{
    char path[CONFIG_PATH_BYTES_MAX + 1], shown[CONFIG_SHOW_BYTES];
    const cJSON *item = config_object_find (self, key);
    base_assert (expected != NULL);
    if (!item)
        return config_object_error (self, NULL, "%s is missing: it must be %s",
                                    object_path (self, key, path), expected);
    return config_object_error (self, item, "%s must be %s, found %s",
                                object_path (self, key, path), expected,
                                config_json_show (item, shown));
}

/*  The cure for a silent typo: what is not known is not ignored. */
mst_err_t config_object_keys (const config_object_t *self, const char *const *words, size_t count)
{
    char path[CONFIG_PATH_BYTES_MAX + 1], near[CONFIG_PATH_BYTES_MAX + 1];
    base_assert (words != NULL);
    for (const cJSON *child = self->item->child; child; child = child->next) {
        size_t i = 0;
        while (i < count && strcmp (words[i], child->string) != 0)
            i++;
        if (i < count)
            continue;
        const char *nearest = config_nearest (child->string, words, count);
        if (!nearest)
            return config_object_error (self, child, "unknown key \"%s\"",
                                        object_path (self, child->string, path));
        return config_object_error (self, child, "unknown key \"%s\": did you mean \"%s\"?",
                                    object_path (self, child->string, path),
                                    object_path (self, nearest, near));
    }
    return MST_OK;
}

/*  Fields -------------------------------------------------------------------------------------- */

const cJSON *config_object_find (const config_object_t *self, const char *key)
{
    base_assert (self != NULL && self->item != NULL);
    base_assert (key != NULL);
    return cJSON_GetObjectItemCaseSensitive (self->item, key);
}

/*  What to return for a key that is missing, or has the wrong type. */
static mst_err_t object_absent (const config_object_t *self, const char *key, bool needed,
                                const char *expected)
{
    if (!needed && !config_object_find (self, key))
        return MST_OK;
    return config_object_wrong (self, key, expected);
}

/*  Texts become file names, arguments and names in tables: line breaks in them are slips. */
static bool json_is_good_text (const cJSON *item)
{
    if (!cJSON_IsString (item) || item->valuestring[0] == '\0' ||
        strlen (item->valuestring) > CONFIG_TEXT_BYTES_MAX)
        return false;
    for (const char *c = item->valuestring; *c; c++)
        if ((unsigned char) *c < ' ' || *c == 0x7f)
            return false;
    return true;
}

mst_err_t config_object_text (const config_object_t *self, const char *key, bool needed,
                              const char **out)
{
    const cJSON *item = config_object_find (self, key);
    base_assert (out != NULL);
    if (!item || !json_is_good_text (item))
        return object_absent (self, key, needed, "a text of 1 to 4095 bytes on one line");
    *out = item->valuestring;
    return MST_OK;
}

/*  4.0 is whole, 4.5 is not, and beyond 2^53 a double cannot tell. */
mst_err_t config_object_whole (const config_object_t *self, const char *key, bool needed,
                               int64_t smallest, int64_t largest, int64_t *out)
{
    const double exact = 9007199254740992.0; /* 2^53: beyond it doubles skip whole numbers */
    const cJSON *item = config_object_find (self, key);
    char expected[CONFIG_SHOW_BYTES];

    base_assert (smallest <= largest);
    double value = item && cJSON_IsNumber (item) ? item->valuedouble : 0.5;
    bool whole = value >= -exact && value <= exact && value == (double) (int64_t) value;
    if (whole && (int64_t) value >= smallest && (int64_t) value <= largest) {
        *out = (int64_t) value;
        return MST_OK;
    }
    (void) snprintf (expected, sizeof expected, "a whole number from %lld to %lld",
                     (long long) smallest, (long long) largest);
    return object_absent (self, key, needed, expected);
}

mst_err_t config_object_number (const config_object_t *self, const char *key, bool needed,
                                double smallest, double largest, double *out)
{
    const cJSON *item = config_object_find (self, key);
    char expected[CONFIG_SHOW_BYTES];

    base_assert (smallest <= largest);
    if (item && cJSON_IsNumber (item) && item->valuedouble >= smallest &&
        item->valuedouble <= largest) {
        *out = item->valuedouble;
        return MST_OK;
    }
    (void) snprintf (expected, sizeof expected, "a number from %.15g to %.15g", smallest, largest);
    return object_absent (self, key, needed, expected);
}

mst_err_t config_object_truth (const config_object_t *self, const char *key, bool needed, bool *out)
{
    const cJSON *item = config_object_find (self, key);
    base_assert (out != NULL);
    if (!item || !cJSON_IsBool (item))
        return object_absent (self, key, needed, "true or false");
    *out = cJSON_IsTrue (item);
    return MST_OK;
}

mst_err_t config_object_choice (const config_object_t *self, const char *key, bool needed,
                                const char *const *words, size_t count, int *out)
{
    const cJSON *item = config_object_find (self, key);
    char expected[CONFIG_PATH_BYTES_MAX + 1];
    size_t length = 0;

    base_assert (words != NULL && count > 0);
    for (size_t i = 0; i < count; i++) {
        if (item && cJSON_IsString (item) && strcmp (item->valuestring, words[i]) == 0) {
            *out = (int) i;
            return MST_OK;
        }
        const char *joint = i == 0 ? "" : i + 1 < count ? ", " : " or ";
        length += (size_t) snprintf (expected + length, sizeof expected - length, "%s\"%s\"", joint,
                                     words[i]);
        base_assert (length < sizeof expected);
    }
    return object_absent (self, key, needed, expected);
}

mst_err_t config_object_duration (const config_object_t *self, const char *key, bool needed,
                                  int64_t *duration_ns)
{
    const cJSON *item = config_object_find (self, key);
    base_assert (duration_ns != NULL);
    if (item && cJSON_IsString (item) &&
        config_parse_duration_ns (item->valuestring, duration_ns) == MST_OK)
        return MST_OK;
    return object_absent (self, key, needed, "a duration like \"250 ms\" or \"1 d\"");
}

mst_err_t config_object_texts (const config_object_t *self, const char *key, bool needed,
                               base_arena_t *arena, const char *const **out, uint32_t *count)
{
    const cJSON *item = config_object_find (self, key);
    base_assert (out != NULL && count != NULL);
    bool good = item && cJSON_IsArray (item) && item->child;
    for (const cJSON *child = good ? item->child : NULL; good && child; child = child->next)
        good = json_is_good_text (child);
    if (!good)
        return object_absent (self, key, needed, "a list of texts, not empty");
    uint32_t size = (uint32_t) cJSON_GetArraySize (item);
    const char **texts = base_arena_alloc (arena, size, sizeof *texts);
    if (!texts)
        return base_alloc_error ();
    *count = 0;
    for (const cJSON *child = item->child; child; child = child->next)
        texts[(*count)++] = child->valuestring;
    *out = texts;
    return MST_OK;
}

/*  The path grows as one goes down; messages show all of it. */
mst_err_t config_object_enter (const config_object_t *self, const char *key, int index,
                               config_object_t *inner)
{
    char path[CONFIG_PATH_BYTES_MAX + 1], shown[CONFIG_SHOW_BYTES];
    const cJSON *item = config_object_find (self, key);

    base_assert (inner != self);
    if (item && index >= 0)
        item = cJSON_GetArrayItem (item, index);
    base_assert (item != NULL);
    inner->json = self->json;
    inner->item = item;
    if (index >= 0)
        (void) snprintf (inner->path, sizeof inner->path, "%.128s[%d]",
                         object_path (self, key, path), index);
    else
        (void) snprintf (inner->path, sizeof inner->path, "%.128s", object_path (self, key, path));
    if (cJSON_IsObject (item))
        return MST_OK;
    return config_object_error (self, item, "%s must be an object, found %s", inner->path,
                                config_json_show (item, shown));
}
