/*  A line of input: {"do":"update","object":"ball-1","attributes":{"Height":3.5},"time":4}. Each
   verb has a table of its keys, so that a wrong one is answered with the nearest. */
#include "tools/join_own.h"
#include "base/error.h"
#include "base/nearest.h"

#include <string.h>

enum { IN_NAME_SIZE = 512, IN_KEYS_MAX = 8 };

typedef struct in {
    join_t *join;
    fom_json_t json;
} in_t;

typedef mst_err_t in_do_t (in_t *self);

/*  Members ---------------------------------------------------------------------------------------
 */

static mst_err_t in_error (const char *key, const char *what)
{
    return base_error (MST_E_VALUE_MISFIT, "%s: %s", key, what);
}

static uint32_t member (const in_t *self, const char *key)
{
    return fom_json_member (&self->json, 0, key);
}

/*  A text that must be there, or may be: then *there says whether. */
static mst_err_t text_of (const in_t *self, const char *key, char out[IN_NAME_SIZE], bool *there)
{
    uint32_t node = member (self, key);
    out[0] = '\0';
    if (there)
        *there = node != FOM_JSON_NO_NODE;
    if (node == FOM_JSON_NO_NODE)
        return there ? MST_OK : in_error (key, "this is missing");
    if (fom_json_node (&self->json, node)->kind != FOM_JSON_STRING)
        return in_error (key, "a text in quotes is meant");
    if (fom_json_copy (&self->json, node, out, IN_NAME_SIZE) >= IN_NAME_SIZE)
        return in_error (key, "a text of less than 512 bytes is meant");
    return MST_OK;
}

static mst_err_t time_of (const in_t *self, const char *key, mst_time_t *time, bool *there)
{
    uint32_t node = member (self, key);
    bool is_float = self->join->time_type == MST_TIME_FLOAT64;
    double number;
    *time = MST_TIME_NONE;
    *there = node != FOM_JSON_NO_NODE;
    if (*there && is_float && fom_json_double (&self->json, node, &number) &&
        (*time = mst_time_from_double (number)) != MST_TIME_NONE)
        return MST_OK;
    if (*there && is_float)
        return in_error (key, "a number is meant, a time in the federation's unit");
    if (!*there || fom_json_int64 (&self->json, node, time))
        return MST_OK;
    return in_error (key, "a whole number is meant, a time in the federation's unit");
}

/*  Values ----------------------------------------------------------------------------------------
 */

/*  {"hex":"00ff"}: bytes as they are. */
static bool is_hex (const in_t *self, uint32_t node, uint32_t *text)
{
    const fom_json_node_t *object = fom_json_node (&self->json, node);
    *text = fom_json_member (&self->json, node, "hex");
    return object->kind == FOM_JSON_OBJECT && object->count == 1 && *text != FOM_JSON_NO_NODE &&
           fom_json_node (&self->json, *text)->kind == FOM_JSON_STRING;
}

static int hex_digit (char c)
{
    const char *digits = "0123456789abcdef",
               *found = strchr (digits, c >= 'A' && c <= 'F' ? c + 32 : c);
    return c && found ? (int) (found - digits) : -1;
}

static mst_err_t append_hex (in_t *self, uint32_t node)
{
    const fom_json_node_t *text = fom_json_node (&self->json, node);
    const char *at = self->json.text + text->start;
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; !err && i < text->size_bytes; i += 2) {
        int high = hex_digit (at[i]), low = i + 1 < text->size_bytes ? hex_digit (at[i + 1]) : -1;
        if (high < 0 || low < 0)
            return base_error (MST_E_VALUE_MISFIT, "pairs of hexadecimal digits are meant");
        uint8_t byte = (uint8_t) (high << 4 | low);
        err = base_buffer_append (&self->join->values, &byte, 1);
    }
    return err;
}

/*  The value's own text, with its zero, for mst_encode. */
static mst_err_t value_text (in_t *self, uint32_t node)
{
    const fom_json_node_t *value = fom_json_node (&self->json, node);
    uint32_t quote = value->kind == FOM_JSON_STRING;
    base_buffer_clear (&self->join->text);
    mst_err_t err = base_buffer_append (&self->join->text, self->json.text + value->start - quote,
                                        value->size_bytes + 2 * quote);
    return err ? err : base_buffer_append (&self->join->text, "", 1);
}

static mst_err_t append_value (in_t *self, uint32_t node, const char *type)
{
    base_buffer_t *out = &self->join->values;
    uint32_t hex;
    if (is_hex (self, node, &hex))
        return append_hex (self, hex);
    if (!type || type[0] == '\0')
        return base_error (MST_E_TYPE_UNKNOWN,
                           "it has no data type: give its bytes as {\"hex\":\"…\"}");
    mst_err_t err = value_text (self, node);
    for (int tries = 0; !err && tries < 2; tries++) {
        size_t room = out->capacity_bytes - out->size_bytes;
        err = mst_encode (self->join->fed, type, (const char *) self->join->text.data,
                          out->data ? out->data + out->size_bytes : NULL, &room);
        if (!err) {
            out->size_bytes += room;
            return MST_OK;
        }
        if (err != MST_E_LIMIT || tries > 0)
            return err;
        err = base_buffer_reserve (out, room);
    }
    return err;
}

/*  Finds one attribute or parameter. */
typedef struct in_class {
    bool interaction;
    mst_class_t object;
    mst_interaction_class_t sent;
} in_class_t;

static mst_err_t find_member (in_t *self, const in_class_t *of, const char *name, uint32_t *handle,
                              const char **type)
{
    mst_federate_t fed = self->join->fed;
    mst_attribute_t attribute = { 0 };
    mst_parameter_t parameter = { 0 };
    mst_err_t err = of->interaction ? mst_parameter_find (fed, of->sent, name, &parameter)
                                    : mst_attribute_find (fed, of->object, name, &attribute);
    if (err)
        return err;
    *handle = of->interaction ? parameter.id : attribute.id;
    *type = of->interaction ? mst_parameter_type (fed, of->sent, parameter)
                            : mst_attribute_type (fed, of->object, attribute);
    return MST_OK;
}

/*  The bytes stand in join->values, which may move while it grows: offsets become addresses last.
 */
static mst_err_t values_of (in_t *self, const char *key, const in_class_t *of, mst_value_t *values,
                            size_t *count)
{
    uint32_t object = member (self, key);
    mst_err_t err = MST_OK;

    *count = 0;
    base_buffer_clear (&self->join->values);
    if (object == FOM_JSON_NO_NODE)
        return of->interaction ? MST_OK : in_error (key, "this is missing");
    if (fom_json_node (&self->json, object)->kind != FOM_JSON_OBJECT)
        return in_error (key, "an object is meant: {\"Name\": value}");
    uint32_t at = fom_json_node (&self->json, object)->first;
    for (; !err && at != FOM_JSON_NO_NODE; at = fom_json_node (&self->json, at)->next) {
        char name[IN_NAME_SIZE];
        const char *type = NULL;
        size_t start = self->join->values.size_bytes;
        (void) fom_json_copy (&self->json, at, name, sizeof name);
        if (*count == JOIN_VALUES_MAX)
            return in_error (key, "more than JOIN_VALUES_MAX (256) values");
        mst_value_t *value = &values[*count];
        err = find_member (self, of, name, &value->handle, &type);
        for (size_t i = 0; !err && i < *count; i++)
            if (values[i].handle == value->handle)
                err = base_error (MST_E_VALUE_MISFIT, "this is given twice");
        if (!err)
            err = append_value (self, fom_json_node (&self->json, at)->first, type);
        if (err)
            return base_error_prefix (err, "%s.%.80s: ", key, name);
        value->size_bytes = (uint32_t) (self->join->values.size_bytes - start);
        (*count)++;
    }
    size_t offset = 0;
    for (size_t i = 0; i < *count; i++) {
        values[i].data = self->join->values.data ? self->join->values.data + offset : NULL;
        offset += values[i].size_bytes;
    }
    return err;
}

/*  The tag's bytes go behind the values'. */
static mst_err_t tag_of (in_t *self, base_buffer_t *tag, mst_send_options_t *send)
{
    uint32_t node = member (self, "tag");
    if (node == FOM_JSON_NO_NODE)
        return MST_OK;
    if (fom_json_node (&self->json, node)->kind != FOM_JSON_STRING)
        return in_error ("tag", "hexadecimal digits in quotes are meant");
    base_buffer_t values = self->join->values;
    self->join->values = *tag;
    mst_err_t err = append_hex (self, node);
    *tag = self->join->values;
    self->join->values = values;
    send->tag = tag->data;
    send->tag_size_bytes = tag->size_bytes;
    return err ? base_error_prefix (err, "tag: ") : MST_OK;
}

/*  Objects and interactions ----------------------------------------------------------------------
 */

/*  A given name is reserved first; the answer comes by a callback. */
static mst_err_t reserve (in_t *self, const char *name)
{
    join_t *join = self->join;
    pthread_mutex_lock (&join->mutex);
    join->reserving = name;
    join->reserved = false;
    pthread_mutex_unlock (&join->mutex);
    mst_err_t err = mst_reserve_names (join->fed, &name, 1);
    pthread_mutex_lock (&join->mutex);
    while (!err && join->reserving)
        if (!join_wait (join, NULL, false))
            err = base_error (MST_E_CALL_NOT_ALLOWED, "it ended before the name was reserved");
    join->reserving = NULL;
    bool reserved = join->reserved;
    pthread_mutex_unlock (&join->mutex);
    if (!err && !reserved)
        return base_error (MST_E_NAME_IN_USE, "name: \"%.200s\" is in use", name);
    return err;
}

static mst_err_t do_register (in_t *self)
{
    char class_name[IN_NAME_SIZE], name[IN_NAME_SIZE];
    mst_class_t of;
    mst_object_t object;
    bool named;

    mst_err_t err = text_of (self, "class", class_name, NULL);
    if (!err)
        err = text_of (self, "name", name, &named);
    if (!err)
        err = mst_class_find (self->join->fed, class_name, &of);
    if (!err && named)
        err = reserve (self, name);
    if (!err)
        err = mst_register (self->join->fed, of, named ? name : NULL, &object);
    if (!err)
        join_tell (self->join, "registered", "object", mst_object_name (self->join->fed, object));
    return err;
}

static mst_err_t object_of (in_t *self, mst_object_t *object)
{
    char name[IN_NAME_SIZE];
    mst_err_t err = text_of (self, "object", name, NULL);
    if (!err)
        err = mst_object_find (self->join->fed, name, object);
    return err;
}

static mst_err_t do_update (in_t *self)
{
    mst_value_t values[JOIN_VALUES_MAX];
    mst_send_options_t send = { 0 };
    base_buffer_t tag = { 0 };
    in_class_t of = { .interaction = false };
    mst_object_t object = { 0 };
    mst_time_t time;
    size_t count = 0;
    bool timed;

    mst_err_t err = object_of (self, &object);
    if (!err)
        err = mst_object_class (self->join->fed, object, &of.object);
    if (!err)
        err = values_of (self, "attributes", &of, values, &count);
    if (!err)
        err = time_of (self, "time", &time, &timed);
    if (!err)
        err = tag_of (self, &tag, &send);
    if (!err)
        err = mst_update (self->join->fed, object, values, count, time, &send);
    base_buffer_fini (&tag);
    return err;
}

static mst_err_t do_send (in_t *self)
{
    char name[IN_NAME_SIZE];
    mst_value_t values[JOIN_VALUES_MAX];
    mst_send_options_t send = { 0 };
    base_buffer_t tag = { 0 };
    in_class_t of = { .interaction = true };
    mst_time_t time;
    size_t count = 0;
    bool timed;

    mst_err_t err = text_of (self, "interaction", name, NULL);
    if (!err)
        err = mst_interaction_find (self->join->fed, name, &of.sent);
    if (!err)
        err = values_of (self, "parameters", &of, values, &count);
    if (!err)
        err = time_of (self, "time", &time, &timed);
    if (!err)
        err = tag_of (self, &tag, &send);
    if (!err)
        err = mst_send (self->join->fed, of.sent, values, count, time, &send);
    base_buffer_fini (&tag);
    return err;
}

static mst_err_t do_delete (in_t *self)
{
    mst_send_options_t send = { 0 };
    base_buffer_t tag = { 0 };
    mst_object_t object = { 0 };
    mst_time_t time;
    bool timed;

    mst_err_t err = object_of (self, &object);
    if (!err)
        err = time_of (self, "time", &time, &timed);
    if (!err)
        err = tag_of (self, &tag, &send);
    if (!err)
        err = mst_delete (self->join->fed, object, time, &send);
    base_buffer_fini (&tag);
    return err;
}

static mst_err_t do_request (in_t *self)
{
    char name[IN_NAME_SIZE];
    mst_class_t of;
    mst_object_t object = { 0 };
    bool whole_class;

    mst_err_t err = text_of (self, "class", name, &whole_class);
    if (!err && !whole_class) {
        err = object_of (self, &object);
        return err ? err : mst_request_update (self->join->fed, object, NULL, 0);
    }
    if (!err)
        err = mst_class_find (self->join->fed, name, &of);
    return err ? err : mst_request_class_update (self->join->fed, of, NULL, 0);
}

/*  Time and points -------------------------------------------------------------------------------
 */

/*  The next line waits for the grant: what it sends belongs to the time that was asked for. */
static mst_err_t do_advance (in_t *self)
{
    join_t *join = self->join;
    mst_time_t to;
    bool given;

    mst_err_t err = time_of (self, "to", &to, &given);
    if (!err && !given)
        err = in_error ("to", "this is missing");
    if (!err && join_steps_itself (join->options))
        err = base_error (MST_E_CALL_NOT_ALLOWED,
                          "time goes on by itself (--step, or constrained and not regulating)");
    if (err)
        return err;
    pthread_mutex_lock (&join->mutex);
    join->advancing = true;
    pthread_mutex_unlock (&join->mutex);
    err = mst_time_advance_request (join->fed, to);
    pthread_mutex_lock (&join->mutex);
    if (err)
        join->advancing = false;
    while (join->advancing && join_wait (join, &join->advancing, false))
        continue;
    pthread_mutex_unlock (&join->mutex);
    return err;
}

static mst_err_t do_point (in_t *self)
{
    char label[IN_NAME_SIZE];
    mst_err_t err = text_of (self, "point", label, NULL);
    return err ? err : mst_register_point (self->join->fed, label, NULL, 0, NULL, 0);
}

static mst_err_t do_achieve (in_t *self)
{
    char label[IN_NAME_SIZE];
    uint32_t node = member (self, "succeeded");
    mst_err_t err = text_of (self, "point", label, NULL);
    bool succeeded =
        node == FOM_JSON_NO_NODE || fom_json_node (&self->json, node)->kind != FOM_JSON_FALSE;
    return err ? err : mst_achieve_point (self->join->fed, label, succeeded);
}

static mst_err_t do_synchronize (in_t *self)
{
    char label[IN_NAME_SIZE];
    uint32_t node = member (self, "federates");
    int64_t federates = 1;

    mst_err_t err = text_of (self, "point", label, NULL);
    if (!err && node != FOM_JSON_NO_NODE &&
        (!fom_json_int64 (&self->json, node, &federates) || federates < 1))
        err = in_error ("federates", "a whole number from 1 is meant");
    return err ? err : join_synchronize (self->join, label, (size_t) federates);
}

static mst_err_t do_report (in_t *self)
{
    char name[IN_NAME_SIZE], value[IN_NAME_SIZE];
    mst_err_t err = text_of (self, "name", name, NULL);
    if (!err)
        err = text_of (self, "value", value, NULL);
    return err ? err : mst_report (self->join->fed, name, value);
}

static mst_err_t do_resign (in_t *self)
{
    pthread_mutex_lock (&self->join->mutex);
    self->join->done = true;
    pthread_mutex_unlock (&self->join->mutex);
    return MST_OK;
}

/*  The table -------------------------------------------------------------------------------------
 */

static const struct in_verb {
    const char *name;
    in_do_t *run;
    const char *keys[IN_KEYS_MAX]; /* beside "do" */
} in_verbs[] = {
    { "register", do_register, { "class", "name" } },
    { "update", do_update, { "object", "attributes", "time", "tag" } },
    { "send", do_send, { "interaction", "parameters", "time", "tag" } },
    { "delete", do_delete, { "object", "time", "tag" } },
    { "request update", do_request, { "object", "class" } },
    { "advance", do_advance, { "to" } },
    { "register point", do_point, { "point" } },
    { "achieve", do_achieve, { "point", "succeeded" } },
    { "synchronize", do_synchronize, { "point", "federates" } },
    { "report", do_report, { "name", "value" } },
    { "resign", do_resign, { NULL } },
};
enum { IN_VERBS = sizeof in_verbs / sizeof in_verbs[0] };

/*  A key that stands twice may mean either value: so it means none. */
static mst_err_t check_once (const in_t *self, const fom_json_node_t *object, uint32_t key)
{
    char name[IN_NAME_SIZE];
    (void) fom_json_copy (&self->json, key, name, sizeof name);
    for (uint32_t at = object->first; at != key; at = fom_json_node (&self->json, at)->next)
        if (fom_json_is (&self->json, at, name))
            return base_error (MST_E_VALUE_MISFIT, "\"%.80s\" is given twice", name);
    return MST_OK;
}

static mst_err_t check_keys (in_t *self, const struct in_verb *verb)
{
    const fom_json_node_t *whole = fom_json_node (&self->json, 0);
    for (uint32_t at = whole->first; at != FOM_JSON_NO_NODE;
         at = fom_json_node (&self->json, at)->next) {
        mst_err_t err = check_once (self, whole, at);
        if (err)
            return err;
        bool known = fom_json_is (&self->json, at, "do");
        for (size_t i = 0; !known && i < IN_KEYS_MAX && verb->keys[i]; i++)
            known = fom_json_is (&self->json, at, verb->keys[i]);
        if (known)
            continue;
        char name[IN_NAME_SIZE];
        base_nearest_t nearest;
        (void) fom_json_copy (&self->json, at, name, sizeof name);
        base_nearest_init (&nearest, name);
        for (size_t i = 0; i < IN_KEYS_MAX && verb->keys[i]; i++)
            base_nearest_consider (&nearest, verb->keys[i]);
        return base_nearest_suggest (
            &nearest,
            base_error (MST_E_VALUE_MISFIT, "\"%s\" has no key \"%.80s\"", verb->name, name));
    }
    return MST_OK;
}

static mst_err_t run_verb (in_t *self)
{
    char name[IN_NAME_SIZE];
    base_nearest_t nearest;

    if (fom_json_node (&self->json, 0)->kind != FOM_JSON_OBJECT)
        return base_error (MST_E_VALUE_MISFIT, "an object is meant: {\"do\": …}");
    mst_err_t err = text_of (self, "do", name, NULL);
    if (err)
        return err;
    base_nearest_init (&nearest, name);
    for (size_t i = 0; i < IN_VERBS; i++) {
        base_nearest_consider (&nearest, in_verbs[i].name);
        if (strcmp (in_verbs[i].name, name) != 0)
            continue;
        err = check_keys (self, &in_verbs[i]);
        return err ? err : in_verbs[i].run (self);
    }
    return base_nearest_suggest (
        &nearest, base_error (MST_E_VALUE_MISFIT, "do: there is no \"%.80s\"", name));
}

mst_err_t join_line (join_t *self, const char *text, size_t size_bytes)
{
    in_t in = { .join = self };
    mst_err_t err = fom_json_read (&in.json, text, size_bytes);
    if (!err)
        err = run_verb (&in);
    fom_json_fini (&in.json);
    return err;
}
