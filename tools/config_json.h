/*  tools/config_json.h: JSON files that people write, read with messages that say what, where and
   what to do instead: 'scenario.json:7: federates[0].count must be a whole number from 1 to 1024,
   found "four"'.

    The hooks that give cJSON its memory are global: the first file that is read sets them, for the
    whole process, to base/alloc.

    Thread rule: one thread at a time for all of them. */
#ifndef CONFIG_JSON_H
#define CONFIG_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cjson/cJSON.h>
#include <muster/error.h>
#include "base/arena.h"
#include "base/map.h"
#include "tools/config_units.h"

enum {
    CONFIG_FILE_BYTES_MAX = 1 << 20, /* one JSON file */
    CONFIG_OBJECT_KEYS_MAX = 1024,   /* in one object */
    CONFIG_TEXT_BYTES_MAX = 4095,    /* one text in it */
    CONFIG_PATH_BYTES_MAX = 255,     /* "federates[0].count" */
    CONFIG_LABEL_BYTES_MAX = 255     /* the file's name, for messages */
};

typedef struct config_json {
    cJSON *root;
    base_map_t lines; /* cJSON * to its line; what --set put in has none */
    char label[CONFIG_LABEL_BYTES_MAX + 1];
} config_json_t;

/*  Reads and checks a text: well-formed, an object, no key twice. After an error there is nothing
   to give back. Errors: MST_E_CONFIG, MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t config_json_parse (config_json_t *self, const char *label, const void *data,
                             size_t size_bytes);
void config_json_fini (config_json_t *self);

/*  One value from a text without any file: what follows --set. *value is NULL when it is not JSON.
    Errors: MST_E_NO_MEMORY. */
mst_err_t config_json_value (const char *text, cJSON **value);

/*  Writes '"four"', '12', 'true', 'a list', 'an object' for messages. */
enum { CONFIG_SHOW_BYTES = 80 };
const char *config_json_show (const cJSON *item, char out[CONFIG_SHOW_BYTES]);

/*  An object in such a file, and its name for messages: "", "time", "federates[0]". */
typedef struct config_object {
    const config_json_t *json;
    const cJSON *item;
    char path[CONFIG_PATH_BYTES_MAX + 1];
} config_object_t;

/*  Writes "scenario.json:7", or "--set" for what is not from the file. `item` NULL: the object. */
enum { CONFIG_WHERE_BYTES = CONFIG_LABEL_BYTES_MAX + 16 };
const char *config_object_where (const config_object_t *self, const cJSON *item,
                                 char out[CONFIG_WHERE_BYTES]);

/*  Errors: MST_E_CONFIG with "label:line: " and the words; `item` gives the line (NULL: the
    object's). */
mst_err_t config_object_error (const config_object_t *self, const cJSON *item, const char *format,
                               ...) __attribute__ ((format (printf, 3, 4)));

/*  "path.key must be EXPECTED, found …", or "path.key is missing: it must be EXPECTED". */
mst_err_t config_object_wrong (const config_object_t *self, const char *key, const char *expected);

/*  Every key must be one of the words; otherwise the nearest is named. */
mst_err_t config_object_keys (const config_object_t *self, const char *const *words, size_t count);

/*  The value of a key; NULL: there is none. */
const cJSON *config_object_find (const config_object_t *self, const char *key);

/*  The fields below leave *out alone when the key is missing: it holds the default. With `needed` a
    missing key is an error. All give MST_E_CONFIG for a value of the wrong type or out of range. */
mst_err_t config_object_text (const config_object_t *self, const char *key, bool needed,
                              const char **out); /* not empty, no control characters */
mst_err_t config_object_whole (const config_object_t *self, const char *key, bool needed,
                               int64_t smallest, int64_t largest, int64_t *out);
mst_err_t config_object_number (const config_object_t *self, const char *key, bool needed,
                                double smallest, double largest, double *out);
mst_err_t config_object_truth (const config_object_t *self, const char *key, bool needed,
                               bool *out);
mst_err_t config_object_choice (const config_object_t *self, const char *key, bool needed,
                                const char *const *words, size_t count, int *out);
mst_err_t config_object_duration (const config_object_t *self, const char *key, bool needed,
                                  int64_t *duration_ns);

/*  A list of one or more texts, in the arena, as are the texts of `out` itself. */
mst_err_t config_object_texts (const config_object_t *self, const char *key, bool needed,
                               base_arena_t *arena, const char *const **out, uint32_t *count);

/*  The object under a key, or in the list under a key at `index` (index < 0: not in a list). */
mst_err_t config_object_enter (const config_object_t *self, const char *key, int index,
                               config_object_t *inner);

/*  The word most like `word`, counting letters that are missing, extra, wrong or swapped; NULL when
    none comes near. */
const char *config_nearest (const char *word, const char *const *words, size_t count);

#endif
