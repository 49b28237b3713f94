/*  One OR-map per topic, at "federation/TOPIC": names to LWW registers, of counters to PN-counters.
 */
#include <muster/metadata.h>
#include "base/buffer.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { METADATA_PATH_SIZE = 40, METADATA_NAME_MAX = 255 };

const char *mst_topic_name (mst_topic_t topic)
{
    static const char *const names[MST_TOPICS] = { "entities", "federates", "assignments",
                                                   "counters", "resources" };
    return topic >= 0 && (int) topic < MST_TOPICS ? names[topic] : "?";
}

static size_t metadata_path (mst_topic_t topic, char path[METADATA_PATH_SIZE])
{
    int length = snprintf (path, METADATA_PATH_SIZE, "federation/%s", mst_topic_name (topic));
    base_assert (length > 0 && length < METADATA_PATH_SIZE);
    return (size_t) length;
}

static mst_err_t metadata_check (mst_topic_t topic, const char *name, bool counter)
{
    size_t length = strnlen (name, METADATA_NAME_MAX + 1);
    base_assert (name != NULL);
    if (topic < 0 || (int) topic >= MST_TOPICS || (topic == MST_TOPIC_COUNTERS) != counter)
        return base_error (MST_E_INVALID_ARGUMENT, "%d is no topic of texts; counters are added to",
                           (int) topic);
    if (length == 0 || length > METADATA_NAME_MAX)
        return base_error (MST_E_INVALID_ARGUMENT, "a name has 1 to %d bytes", METADATA_NAME_MAX);
    return MST_OK;
}

static mst_crdt_place_t metadata_place (mst_topic_t topic, const char *name)
{
    base_assert (name != NULL);
    return (mst_crdt_place_t){ .key = name,
                               .key_bytes = (uint32_t) strlen (name),
                               .type = topic == MST_TOPIC_COUNTERS ? MST_CRDT_PNCOUNTER
                                                                   : MST_CRDT_LWW };
}

static const mst_crdt_t *metadata_map (const mst_store_t *store, mst_topic_t topic)
{
    char path[METADATA_PATH_SIZE];
    base_assert (store != NULL);
    return mst_store_find (store, path, metadata_path (topic, path));
}

mst_err_t mst_metadata_set (mst_store_t *store, mst_topic_t topic, const char *name,
                            const char *text, uint64_t time_ns)
{
    char path[METADATA_PATH_SIZE];
    mst_crdt_t *map;
    uint64_t stamp = 0;
    base_assert (store != NULL && name != NULL);
    mst_err_t err = metadata_check (topic, name, false);
    if (err)
        return err;
    size_t length = metadata_path (topic, path);
    const mst_crdt_place_t place = metadata_place (topic, name);
    err = mst_store_open (store, path, length, MST_CRDT_ORMAP, &map);
    if (!err && text)
        err = mst_store_stamp (store, time_ns, &stamp);
    if (!err)
        err = text ? mst_crdt_set (map, &place, stamp, text, (uint32_t) strlen (text))
                   : mst_crdt_erase (map, &place);
    return err ? err : mst_store_commit (store, path, length, MST_CONSISTENCY_EVENTUAL);
}

mst_err_t mst_metadata_add (mst_store_t *store, const char *name, int64_t by)
{
    char path[METADATA_PATH_SIZE];
    mst_crdt_t *map;
    base_assert (store != NULL && name != NULL);
    mst_err_t err = metadata_check (MST_TOPIC_COUNTERS, name, true);
    if (err)
        return err;
    size_t length = metadata_path (MST_TOPIC_COUNTERS, path);
    const mst_crdt_place_t place = metadata_place (MST_TOPIC_COUNTERS, name);
    err = mst_store_open (store, path, length, MST_CRDT_ORMAP, &map);
    if (!err)
        err = by >= 0 ? mst_crdt_increment (map, &place, (uint64_t) by)
                      : mst_crdt_decrement (map, &place, 0 - (uint64_t) by);
    return err ? err : mst_store_commit (store, path, length, MST_CONSISTENCY_EVENTUAL);
}

bool mst_metadata_get (const mst_store_t *store, mst_topic_t topic, const char *name,
                       const char **text, uint32_t *size_bytes)
{
    const void *value = NULL;
    base_assert (name != NULL);
    base_assert (text != NULL && size_bytes != NULL);
    const mst_crdt_t *map = metadata_map (store, topic);
    const mst_crdt_place_t place = metadata_place (topic, name);
    bool found =
        map && topic != MST_TOPIC_COUNTERS && mst_crdt_get (map, &place, &value, size_bytes, NULL);
    *text = value;
    return found;
}

int64_t mst_metadata_count (const mst_store_t *store, const char *name)
{
    int64_t count = 0;
    base_assert (name != NULL);
    const mst_crdt_t *map = metadata_map (store, MST_TOPIC_COUNTERS);
    const mst_crdt_place_t place = metadata_place (MST_TOPIC_COUNTERS, name);
    if (map && mst_crdt_count (map, &place, &count))
        count = 0;
    return count;
}

size_t mst_metadata_size (const mst_store_t *store, mst_topic_t topic)
{
    base_assert (store != NULL);
    const mst_crdt_t *map = metadata_map (store, topic);
    return map ? mst_crdt_size (map, NULL) : 0;
}

/*  JSON ---------------------------------------------------------------------------------------- */

typedef struct metadata_writer {
    base_buffer_t *out;
    const mst_crdt_t *map;
    mst_topic_t topic;
    bool first;
    mst_err_t err;
} metadata_writer_t;

static void metadata_write (metadata_writer_t *self, const void *data, size_t size_bytes)
{
    base_assert (self != NULL);
    if (!self->err)
        self->err = base_buffer_append (self->out, data, size_bytes);
}

/*  A JSON text; bytes outside ASCII go as they are. */
static void metadata_write_text (metadata_writer_t *self, const char *text, size_t size_bytes)
{
    char escape[8];
    base_assert (text != NULL || size_bytes == 0);
    metadata_write (self, "\"", 1);
    for (size_t i = 0; i < size_bytes; i++) {
        unsigned char byte = (unsigned char) text[i];
        if (byte == '"' || byte == '\\') {
            escape[0] = '\\';
            escape[1] = (char) byte;
            metadata_write (self, escape, 2);
        } else if (byte < 0x20)
            metadata_write (self, escape,
                            (size_t) snprintf (escape, sizeof escape, "\\u%04x", byte));
        else
            metadata_write (self, &text[i], 1);
    }
    metadata_write (self, "\"", 1);
}

static bool metadata_write_key (void *context, const void *data, uint32_t size_bytes,
                                mst_crdt_type_t type)
{
    metadata_writer_t *self = context;
    const mst_crdt_place_t place = { NULL, data, size_bytes, type };
    const void *value = "";
    uint32_t value_bytes = 0;
    char digits[32];
    int64_t count = 0;
    base_assert (data != NULL);
    metadata_write (self, ",", self->first ? 0 : 1);
    self->first = false;
    metadata_write_text (self, data, size_bytes);
    metadata_write (self, ":", 1);
    if (self->topic == MST_TOPIC_COUNTERS) {
        if (mst_crdt_count (self->map, &place, &count))
            count = 0;
        metadata_write (self, digits, (size_t) snprintf (digits, sizeof digits, "%" PRId64, count));
    } else {
        (void) mst_crdt_get (self->map, &place, &value, &value_bytes, NULL);
        metadata_write_text (self, value, value_bytes);
    }
    return !self->err;
}

mst_err_t mst_metadata_json (const mst_store_t *store, mst_bytes_t *bytes)
{
    base_buffer_t out = { bytes->data, bytes->size_bytes, bytes->capacity_bytes };
    size_t before = bytes->size_bytes;
    metadata_writer_t self = { .out = &out };
    base_assert (store != NULL);
    for (int topic = 0; topic < MST_TOPICS && !self.err; topic++) {
        const char *name = mst_topic_name ((mst_topic_t) topic);
        self.topic = (mst_topic_t) topic;
        self.map = metadata_map (store, self.topic);
        self.first = true;
        metadata_write (&self, topic == 0 ? "{" : ",", 1);
        metadata_write_text (&self, name, strlen (name));
        metadata_write (&self, ":{", 2);
        if (self.map && !self.err) {
            mst_err_t err = mst_crdt_each (self.map, NULL, metadata_write_key, &self);
            self.err = self.err ? self.err : err;
        }
        metadata_write (&self, "}", 1);
    }
    metadata_write (&self, "}", 1);
    if (self.err)
        out.size_bytes = before;
    *bytes = (mst_bytes_t){ out.data, out.size_bytes, out.capacity_bytes };
    return self.err;
}
