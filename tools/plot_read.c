/*  From a recording to a scene: every message up to the moment is looked at once; what counts of an
    object is its last position, who sent it, and whether it was deleted. */
#include "tools/plot_own.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "log/class.h"
#include "log/message.h"
#include "log/reader.h"
#include "tools/config_units.h"
#include "tools/file.h"
#include "tools/recording.h"
#include "tools/scenario.h"
#include "tools/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DOUBLE_BYTES = 8, SPEC_SIZE = 256 };

/*  Where a class keeps its objects' positions: one attribute with several doubles, or one each. */
typedef struct plot_channel {
    uint16_t id;
    uint32_t index[PLOT_AXES]; /* of attributes, in the order of the schema */
    bool big[PLOT_AXES];       /* the byte order, as the data type's name says */
} plot_channel_t;

/*  "Comet.State" or "Ball.X,Y", cut up. */
typedef struct plot_spec {
    char text[SPEC_SIZE];
    const char *of;
    const char *attributes[PLOT_AXES];
    uint32_t count;
} plot_spec_t;

typedef struct plot_reading {
    plot_scene_t *scene;
    const tools_plot_options_t *options;
    log_reader_t *reader;
    scenario_t *scenario; /* NULL: the recording has none */
    plot_spec_t spec;
    BASE_LIST (plot_channel_t) channels;
    base_arena_t arena;
    uint64_t until_ns;
    log_decoded_t decoded;
} plot_reading_t;

/*  The class's name without what stands above it. */
static const char *class_short (const char *name)
{
    const char *dot = strrchr (name, '.');
    return dot ? dot + 1 : name;
}

/*  What is asked for ----------------------------------------------------------------------------
 */

static mst_err_t spec_cut (plot_spec_t *self, const char *text)
{
    size_t size = strlen (text);
    if (size < SPEC_SIZE)
        memcpy (self->text, text, size + 1);
    char *dot = size < SPEC_SIZE ? strrchr (self->text, '.') : NULL;
    if (!dot || dot == self->text || dot[1] == '\0')
        return base_error (MST_E_CONFIG, "\"%.64s\" is no position: write CLASS.ATTRIBUTE", text);
    *dot = '\0';
    self->of = self->text;
    for (char *at = dot + 1; at; self->count++) {
        char *comma = strchr (at, ',');
        if (self->count == PLOT_AXES)
            return base_error (MST_E_CONFIG, "\"%.64s\": a position has at most three attributes",
                               text);
        if (comma)
            *comma++ = '\0';
        self->attributes[self->count] = at;
        at = comma;
    }
    return MST_OK;
}

/*  "Comet.Row, Comet.State": for the message of whoever did not say which, or said it wrong. */
static void spec_known (plot_reading_t *self, base_buffer_t *list)
{
    for (size_t i = 0; i < log_reader_channel_count (self->reader); i++) {
        const log_channel_t *channel = log_reader_channel_at (self->reader, i);
        const log_schema_t *schema = log_reader_schema (self->reader, channel->schema_id);
        log_class_t description;
        if (!schema ||
            log_class_decode (&description, &self->arena, schema->data.data,
                              schema->data.size_bytes) ||
            description.interaction)
            continue;
        for (uint32_t m = 0; m < description.member_count; m++)
            (void) tools_text_append (list, "%s%s.%s", list->size_bytes ? ", " : "",
                                      class_short (description.name), description.members[m].name);
    }
}

static mst_err_t spec_error (plot_reading_t *self, const char *what)
{
    base_buffer_t list = { 0 };
    spec_known (self, &list);
    mst_err_t err = base_error (MST_E_CONFIG, "%s; the recording has %s", what,
                                list.size_bytes ? tools_text_of (&list) : "no object classes");
    base_buffer_fini (&list);
    return err;
}

static mst_err_t read_spec (plot_reading_t *self)
{
    const char *text = self->options->position;
    if (!text && self->scenario && self->scenario->space.given)
        text = self->scenario->space.position;
    if (!text || text[0] == '\0')
        return spec_error (self,
                           "nothing says where positions stand: give --position CLASS.ATTRIBUTE");
    (void) snprintf (self->scene->what, sizeof self->scene->what, "%s", text);
    return spec_cut (&self->spec, text);
}

static mst_err_t read_plane (plot_reading_t *self)
{
    static const char *const planes[] = { "xy", "xz", "yz" };
    static const int axes[][2] = { { 0, 1 }, { 0, 2 }, { 1, 2 } };
    const char *plane = self->options->plane ? self->options->plane : planes[0];
    for (size_t i = 0; i < sizeof planes / sizeof planes[0]; i++) {
        if (strcmp (plane, planes[i]) != 0)
            continue;
        memcpy (self->scene->axes, axes[i], sizeof axes[i]);
        return MST_OK;
    }
    return base_error (MST_E_CONFIG, "--plane must be xy, xz or yz, found \"%.32s\"", plane);
}

static mst_err_t read_moment (plot_reading_t *self)
{
    const char *at = self->options->at;
    int64_t ns = 0, start_ns = self->scenario ? self->scenario->time.start_ns : 0;
    self->until_ns = UINT64_MAX;
    if (!at)
        return MST_OK;
    if (config_parse_duration_ns (at, &ns) == MST_OK)
        ns += start_ns;
    else if (config_parse_date_ns (at, &ns))
        return base_error (
            MST_E_CONFIG, "--at must be a date or a duration since the start, found \"%.64s\"", at);
    if (ns < 0 || (uint64_t) ns < log_reader_info (self->reader)->statistics.start_ns)
        return base_error (MST_E_CONFIG, "--at %.64s is before the recording begins", at);
    self->until_ns = (uint64_t) ns;
    return MST_OK;
}

static mst_err_t read_scenario (plot_reading_t *self)
{
    base_buffer_t text = { 0 };
    plot_scene_t *scene = self->scene;
    (void) snprintf (scene->title, sizeof scene->title, "%s",
                     tools_path_name (self->options->file));
    mst_err_t err = tools_recording_attachment (self->reader, "scenario.json", &text);
    bool none = err == MST_E_CONFIG; /* then the options must do */
    if (!err)
        err = scenario_read ("scenario.json", text.data, text.size_bytes, &self->scenario);
    base_buffer_fini (&text);
    if (err)
        return none ? MST_OK : err;
    const scenario_space_t *space = &self->scenario->space;
    (void) snprintf (scene->title, sizeof scene->title, "%s", self->scenario->name);
    scene->space = space->given;
    if (space->given) {
        memcpy (scene->centre, space->centre, sizeof scene->centre);
        scene->half_width = space->half_width;
        (void) snprintf (scene->unit, sizeof scene->unit, "%s", space->unit);
    }
    return MST_OK;
}

/*  Classes --------------------------------------------------------------------------------------
 */

/*  "Comet" and "HLAobjectRoot.Comet" are HLAobjectRoot.Comet, and what lies below it is, too. */
static bool class_is (const char *name, const char *wanted)
{
    size_t size = strlen (wanted);
    for (const char *at = strstr (name, wanted); at; at = strstr (at + 1, wanted))
        if ((at == name || at[-1] == '.') && (at[size] == '\0' || at[size] == '.'))
            return true;
    return false;
}

static mst_err_t channel_find (plot_reading_t *self, const log_class_t *description, uint16_t id)
{
    plot_channel_t channel = { .id = id };
    for (uint32_t a = 0; a < self->spec.count; a++) {
        uint32_t m = 0;
        while (m < description->member_count &&
               strcmp (description->members[m].name, self->spec.attributes[a]) != 0)
            m++;
        if (m == description->member_count) {
            char what[PLOT_TEXT_SIZE];
            (void) snprintf (what, sizeof what, "the class %.40s has no attribute %.40s",
                             class_short (description->name), self->spec.attributes[a]);
            return spec_error (self, what);
        }
        size_t size = strlen (description->members[m].type);
        channel.index[a] = m;
        channel.big[a] = size > 2 && strcmp (description->members[m].type + size - 2, "BE") == 0;
    }
    return BASE_LIST_PUSH (&self->channels, channel) ? base_alloc_error () : MST_OK;
}

static mst_err_t read_channels (plot_reading_t *self)
{
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_channel_count (self->reader) && !err; i++) {
        const log_channel_t *channel = log_reader_channel_at (self->reader, i);
        const log_schema_t *schema = log_reader_schema (self->reader, channel->schema_id);
        log_class_t description;
        if (!schema)
            continue;
        err = log_class_decode (&description, &self->arena, schema->data.data,
                                schema->data.size_bytes);
        if (!err && !description.interaction && class_is (description.name, self->spec.of))
            err = channel_find (self, &description, channel->id);
    }
    if (!err && self->channels.count == 0) {
        char what[PLOT_TEXT_SIZE];
        (void) snprintf (what, sizeof what, "there is no object class %.64s", self->spec.of);
        err = spec_error (self, what);
    }
    return err;
}

/*  Messages -------------------------------------------------------------------------------------
 */

static double double_at (const void *bytes, bool big)
{
    uint64_t bits;
    double value;
    memcpy (&bits, bytes, sizeof bits);
    if (big)
        bits = __builtin_bswap64 (bits);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bits = __builtin_bswap64 (bits);
#endif
    memcpy (&value, &bits, sizeof value);
    return value;
}

static const log_value_t *value_of (const log_message_t *message, uint32_t index)
{
    for (uint32_t i = 0; i < message->value_count; i++)
        if (message->values[i].index == index)
            return &message->values[i];
    return NULL;
}

/*  Takes what the message says of the position; true when it says something. */
static mst_err_t take_point (const plot_reading_t *self, const plot_channel_t *channel,
                             const log_message_t *message, double point[PLOT_AXES], bool *taken)
{
    bool whole = self->spec.count == 1;
    *taken = false;
    for (uint32_t a = 0; a < self->spec.count; a++) {
        const log_value_t *value = value_of (message, channel->index[a]);
        size_t doubles = value ? value->bytes.size_bytes / DOUBLE_BYTES : 0;
        if (!value)
            continue;
        if (doubles < (whole ? 2u : 1u))
            return base_error (MST_E_CONFIG, "%s.%s has %zu bytes, which hold no position: %s",
                               self->spec.of, self->spec.attributes[a], value->bytes.size_bytes,
                               whole ? "two or three doubles do; a double per attribute is "
                                       "--position CLASS.X,Y"
                                     : "a double of 8 bytes was expected");
        for (size_t i = 0; i < (whole ? PLOT_AXES : 1); i++)
            point[whole ? i : a] =
                i < doubles ? double_at (value->bytes.data + i * DOUBLE_BYTES, channel->big[a])
                            : 0.0;
        *taken = true;
    }
    return MST_OK;
}

/*  The place of a name, made when it is new. */
static mst_err_t object_place (plot_scene_t *self, log_span_t name, size_t *place)
{
    uint64_t found = self->objects.count;
    if (!base_names_get (&self->object_names, name.data, name.size_bytes, &found)) {
        if (found == TOOLS_PLOT_OBJECTS_MAX)
            return base_error (MST_E_LIMIT,
                               "more objects than one picture takes: "
                               "TOOLS_PLOT_OBJECTS_MAX is %d",
                               TOOLS_PLOT_OBJECTS_MAX);
        plot_object_t object = { .deleted_ns = UINT64_MAX };
        if (BASE_LIST_PUSH (&self->objects, object) ||
            base_names_set (&self->object_names, name.data, name.size_bytes, found))
            return base_alloc_error ();
    }
    *place = (size_t) found;
    return MST_OK;
}

static mst_err_t home_place (plot_scene_t *self, log_span_t name, uint32_t *place)
{
    uint64_t found = self->homes.count;
    if (!base_names_get (&self->home_names, name.data, name.size_bytes, &found)) {
        if (found == TOOLS_PLOT_HOMES_MAX)
            return base_error (MST_E_LIMIT,
                               "more senders than one picture takes: "
                               "TOOLS_PLOT_HOMES_MAX is %d",
                               TOOLS_PLOT_HOMES_MAX);
        plot_home_t home = { .objects = 0 };
        if (BASE_LIST_PUSH (&self->homes, home) ||
            base_names_set (&self->home_names, name.data, name.size_bytes, found))
            return base_alloc_error ();
    }
    *place = (uint32_t) found;
    return MST_OK;
}

static mst_err_t take_message (plot_reading_t *self, const plot_channel_t *channel,
                               uint64_t time_ns)
{
    const log_message_t *message = &self->decoded.message;
    double point[PLOT_AXES] = { 0.0 };
    bool taken = false;
    size_t place = 0;
    mst_err_t err = object_place (self->scene, message->object, &place);
    if (err)
        return err;
    plot_object_t *object = &self->scene->objects.items[place];
    if (message->kind == LOG_KIND_DELETE)
        object->deleted_ns = time_ns;
    if (message->kind != LOG_KIND_UPDATE)
        return MST_OK;
    memcpy (point, object->point, sizeof point);
    err = take_point (self, channel, message, point, &taken);
    if (err || !taken || !isfinite (point[0] + point[1] + point[2]))
        return err;
    memcpy (object->point, point, sizeof point);
    object->placed = true;
    object->deleted_ns = UINT64_MAX;
    self->scene->time_ns = time_ns;
    return home_place (self->scene, message->sender, &object->home);
}

static mst_err_t read_messages (plot_reading_t *self)
{
    log_envelope_t envelope;
    bool found = true;
    mst_err_t err = MST_OK;
    log_reader_seek (self->reader, 0, self->until_ns);
    while (!err) {
        size_t i = 0;
        err = log_reader_next (self->reader, &envelope, &found);
        if (err || !found)
            break;
        while (i < self->channels.count && self->channels.items[i].id != envelope.channel_id)
            i++;
        if (i == self->channels.count)
            continue;
        err = log_message_decode (&self->decoded, envelope.body.data, envelope.body.size_bytes);
        if (!err)
            err = take_message (self, &self->channels.items[i], envelope.log_time_ns);
    }
    return err;
}

/*  The scene ------------------------------------------------------------------------------------
 */

/*  At the end of a run federates take their objects away: those of the last moment are drawn. */
static void drop_deleted (plot_scene_t *self)
{
    BASE_LIST_EACH (&self->objects, i) {
        plot_object_t *object = &self->objects.items[i];
        object->placed = object->placed && object->deleted_ns >= self->time_ns;
    }
}

/*  Names in order, and objects that know the new places. */
static mst_err_t sort_homes (plot_scene_t *self)
{
    uint32_t *places = base_calloc (self->homes.count + 1, sizeof *places);
    if (!places)
        return base_alloc_error ();
    for (uint32_t i = 0; i < self->home_names.count; i++)
        for (uint32_t j = 0; j < self->home_names.count; j++)
            places[self->home_names.entries[i].value] +=
                strverscmp (self->home_names.entries[j].text, self->home_names.entries[i].text) < 0;
    for (uint32_t i = 0; i < self->home_names.count; i++)
        self->homes.items[places[self->home_names.entries[i].value]].name =
            self->home_names.entries[i].text;
    BASE_LIST_EACH (&self->objects, i)
        if (self->objects.items[i].placed)
            self->objects.items[i].home = places[self->objects.items[i].home];
    base_free (places);
    return MST_OK;
}

/*  Without a space in the scenario: the cube around what there is. */
static void measure (plot_scene_t *self)
{
    double low[PLOT_AXES] = { HUGE_VAL, HUGE_VAL, HUGE_VAL };
    double high[PLOT_AXES] = { -HUGE_VAL, -HUGE_VAL, -HUGE_VAL };
    BASE_LIST_EACH (&self->objects, i)
        for (int axis = 0; axis < PLOT_AXES && self->objects.items[i].placed; axis++) {
            low[axis] = fmin (low[axis], self->objects.items[i].point[axis]);
            high[axis] = fmax (high[axis], self->objects.items[i].point[axis]);
        }
    self->half_width = 0.0;
    for (int axis = 0; axis < PLOT_AXES; axis++) {
        self->centre[axis] = 0.5 * low[axis] + 0.5 * high[axis];
        self->half_width = fmax (self->half_width, 0.525 * (high[axis] - low[axis]));
    }
    if (!(self->half_width > 0.0))
        self->half_width = 1.0;
}

static mst_err_t scene_make (plot_reading_t *self)
{
    mst_err_t err = read_scenario (self);
    if (!err)
        err = read_plane (self);
    if (!err)
        err = read_spec (self);
    if (!err)
        err = read_moment (self);
    if (!err)
        err = read_channels (self);
    if (!err)
        err = read_messages (self);
    if (err)
        return err;
    drop_deleted (self->scene);
    bool any = false;
    BASE_LIST_EACH (&self->scene->objects, i)
        any = any || self->scene->objects.items[i].placed;
    if (!any)
        return base_error (MST_E_CONFIG, "no object has a position %s then", self->scene->what);
    if (!self->scene->space)
        measure (self->scene);
    return sort_homes (self->scene);
}

mst_err_t plot_read (plot_scene_t *self, const tools_plot_options_t *options)
{
    tools_source_t file;
    plot_reading_t *reading = base_calloc (1, sizeof *reading);
    mst_err_t err = reading ? tools_source_open (&file, options->file) : base_alloc_error ();
    if (err) {
        base_free (reading);
        return err;
    }
    reading->scene = self;
    reading->options = options;
    base_arena_init (&reading->arena);
    err = log_reader_new (&reading->reader, &file.source);
    if (!err)
        err = scene_make (reading);
    if (err)
        err = base_error_prefix (err, "%s: ", options->file);
    else if (tools_recording_whole (reading->reader, &file))
        (void) snprintf (self->cut, sizeof self->cut, "%s", mst_error_text ());
    scenario_destroy (&reading->scenario);
    log_reader_destroy (&reading->reader);
    tools_source_close (&file);
    BASE_LIST_FINI (&reading->channels);
    base_arena_fini (&reading->arena);
    base_free (reading);
    return err;
}

void plot_scene_fini (plot_scene_t *self)
{
    BASE_LIST_FINI (&self->objects);
    BASE_LIST_FINI (&self->homes);
    base_names_fini (&self->object_names);
    base_names_fini (&self->home_names);
}
