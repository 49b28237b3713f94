/*  The value is made as JSON first; the line for people is the same without what JSON needs. */
#include "tools/state_show.h"
#include "tools/config_json.h"
#include "tools/text.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdio.h>
#include <string.h>

static cJSON *show_place (const mst_crdt_t *crdt, const mst_crdt_place_t *place,
                          mst_crdt_type_t type, mst_err_t *err);

typedef struct show {
    const mst_crdt_t *crdt;
    const mst_crdt_place_t *place;
    cJSON *into;
    mst_err_t err;
} show_t;

/*  Bytes that are no UTF-8 text go as "\\xNN", so that JSON stays JSON. */
static cJSON *show_bytes (const void *data, uint32_t size_bytes)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    char *text = base_alloc (4 * (size_t) size_bytes + 1), *at = text;
    bool plain = true;
    if (!text)
        return NULL;
    for (uint32_t i = 0; i < size_bytes; i++)
        plain = plain && bytes[i] != 0 && bytes[i] < 0x80;
    for (uint32_t i = 0; i < size_bytes; i++) {
        if (plain || (bytes[i] >= 0x20 && bytes[i] < 0x7f)) {
            *at++ = (char) bytes[i];
            continue;
        }
        *at++ = '\\';
        *at++ = 'x';
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    *at = '\0';
    cJSON *item = cJSON_CreateString (text);
    base_free (text);
    return item;
}

static bool show_element (void *context, const void *data, uint32_t size_bytes,
                          mst_crdt_type_t type)
{
    show_t *self = context;
    cJSON *item = show_bytes (data, size_bytes);
    (void) type;
    if (!item || !cJSON_AddItemToArray (self->into, item)) {
        cJSON_Delete (item);
        self->err = base_alloc_error ();
    }
    return !self->err;
}

/*  A key of a map with what it holds; one key may hold things of several types, under "key (type)"
    from the second on. */
static bool show_key (void *context, const void *data, uint32_t size_bytes, mst_crdt_type_t type)
{
    show_t *self = context;
    const mst_crdt_place_t place = { self->place, data, size_bytes, type };
    cJSON *key = show_bytes (data, size_bytes);
    cJSON *item = key ? show_place (self->crdt, &place, type, &self->err) : NULL;
    char *name = NULL;
    if (item)
        name = cJSON_GetObjectItemCaseSensitive (self->into, key->valuestring)
                   ? tools_text ("%s (%s)", key->valuestring, mst_crdt_type_name (type))
                   : base_strdup (key->valuestring);
    if (!name || !cJSON_AddItemToObject (self->into, name, item)) {
        cJSON_Delete (item);
        self->err = self->err ? self->err : base_alloc_error ();
    }
    base_free (name);
    cJSON_Delete (key);
    return !self->err;
}

static cJSON *show_many (const mst_crdt_t *crdt, const mst_crdt_place_t *place,
                         mst_crdt_type_t type, mst_err_t *err)
{
    bool map = type == MST_CRDT_ORMAP;
    show_t self = { crdt, place, map ? cJSON_CreateObject () : cJSON_CreateArray (), MST_OK };
    if (!self.into)
        self.err = base_alloc_error ();
    if (!self.err) {
        mst_err_t walked = mst_crdt_each (crdt, place, map ? show_key : show_element, &self);
        self.err = self.err ? self.err : walked;
    }
    *err = self.err;
    if (!self.err)
        return self.into;
    cJSON_Delete (self.into);
    return NULL;
}

/*  NULL: *err says why. */
static cJSON *show_place (const mst_crdt_t *crdt, const mst_crdt_place_t *place,
                          mst_crdt_type_t type, mst_err_t *err)
{
    const void *value;
    uint32_t size_bytes;
    int64_t count;
    cJSON *item = NULL;
    *err = MST_OK;
    switch (type) {
    case MST_CRDT_GCOUNTER:
    case MST_CRDT_PNCOUNTER: {
        char digits[TOOLS_NUMBER_SIZE];
        *err = mst_crdt_count (crdt, place, &count);
        (void) snprintf (digits, sizeof digits, "%lld", *err ? 0LL : (long long) count);
        item = *err ? NULL : cJSON_CreateRaw (digits);
        break;
    }
    case MST_CRDT_LWW:
    case MST_CRDT_MV:
        if (mst_crdt_size (crdt, place) > 1)
            return show_many (crdt, place, type, err);
        item = mst_crdt_get (crdt, place, &value, &size_bytes, NULL)
                   ? show_bytes (value, size_bytes)
                   : cJSON_CreateNull ();
        break;
    case MST_CRDT_GSET:
    case MST_CRDT_2PSET:
    case MST_CRDT_ORSET:
    case MST_CRDT_ORMAP:
    case MST_CRDT_RGA: return show_many (crdt, place, type, err);
    }
    if (!item && !*err)
        *err = base_alloc_error ();
    return item;
}

mst_err_t tools_state_show_json (const mst_crdt_t *crdt, base_buffer_t *out)
{
    mst_err_t err;
    base_assert (crdt != NULL && out != NULL);
    cJSON *item = show_place (crdt, NULL, mst_crdt_type (crdt), &err);
    if (!item)
        return err;
    char *text = cJSON_PrintUnformatted (item);
    err = text ? base_buffer_append (out, text, strlen (text)) : base_alloc_error ();
    cJSON_free (text);
    cJSON_Delete (item);
    return err;
}

static mst_err_t show_line (const cJSON *item, base_buffer_t *out)
{
    const cJSON *inner;
    mst_err_t err = MST_OK;
    base_assert (item != NULL && out != NULL);
    if (cJSON_IsString (item) || cJSON_IsRaw (item))
        return base_buffer_append (out, item->valuestring, strlen (item->valuestring));
    bool first = true;
    cJSON_ArrayForEach (inner, item)
    {
        if (!err && !first)
            err = base_buffer_append (out, ", ", 2);
        if (!err && cJSON_IsObject (item))
            err = tools_text_append (out, "%s: ", inner->string);
        if (!err)
            err = show_line (inner, out);
        first = false;
    }
    return err;
}

mst_err_t tools_state_show_text (const mst_crdt_t *crdt, base_buffer_t *out)
{
    mst_err_t err;
    base_assert (crdt != NULL && out != NULL);
    cJSON *item = show_place (crdt, NULL, mst_crdt_type (crdt), &err);
    if (!item)
        return err;
    err = show_line (item, out);
    cJSON_Delete (item);
    return err;
}
