/*  The picture of a recording: what is in it and where, by numbers worked out by hand; that it is
    well-formed XML; and what is said of recordings and wishes that do not fit. */
#include "tests/support/check.h"
#include "tests/support/log_memory.h"
#include "tests/support/sweep.h"
#include "tests/support/temp.h"
#include "base/alloc.h"
#include "log/writer.h"
#include "tools/plot.h"
#include "tools/text.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_NS = 1000000000 };

typedef struct stage {
    test_temp_t temp;
    char log[512], svg[512];
    log_memory_t memory;
    log_writer_t *writer;
    uint16_t body, flat;
    uint64_t sequence;
    char *picture;
} stage_t;

/*  Body.Place: three doubles. Flat.X and Flat.Y: one each, of which Y is big-endian. */
static void stage_open (stage_t *self, const char *scenario)
{
    static const log_member_t places[] = { { "Name", "HLAunicodeString" }, { "Place", "Vec3" } };
    static const log_member_t flats[] = { { "X", "HLAfloat64LE" }, { "Y", "HLAfloat64BE" } };
    const log_class_t body = { "HLAobjectRoot.Body", false, places, 2 };
    const log_class_t flat = { "HLAobjectRoot.Flat", false, flats, 2 };
    log_writer_options_t options = { .chain_interval = 0 };
    memset (self, 0, sizeof *self);
    test_temp_init (&self->temp);
    (void) snprintf (self->log, sizeof self->log, "%s", test_temp_path (&self->temp, "a.mcap"));
    (void) snprintf (self->svg, sizeof self->svg, "%s", test_temp_path (&self->temp, "a.svg"));
    log_memory_init (&self->memory);
    CHECK_OK (log_writer_new (&self->writer, &options, log_memory_sink (&self->memory)));
    if (scenario) {
        log_attachment_t attachment = { .name = log_text ("scenario.json"),
                                        .media_type = log_text ("application/json"),
                                        .data = log_text (scenario) };
        CHECK_OK (log_writer_attach (self->writer, &attachment));
    }
    CHECK_OK (log_writer_add_class (self->writer, &body, &self->body));
    CHECK_OK (log_writer_add_class (self->writer, &flat, &self->flat));
}

static void stage_message (stage_t *self, uint16_t channel, log_kind_t kind, const char *sender,
                           const char *object, int64_t day, log_value_t *values, uint32_t count)
{
    log_message_t message = { .kind = kind,
                              .order = LOG_ORDER_TIME_STAMP,
                              .has_time = true,
                              .time = day,
                              .sequence = ++self->sequence,
                              .sender = log_text (sender),
                              .object = log_text (object),
                              .values = values,
                              .value_count = count };
    CHECK_OK (log_writer_message (self->writer, channel, &message, (uint64_t) day * DAY_NS, 1));
}

static void stage_place (stage_t *self, const char *sender, const char *object, int64_t day,
                         double x, double y, double z)
{
    double place[] = { x, y, z };
    log_value_t value = { 1, log_span (place, sizeof place) };
    stage_message (self, self->body, LOG_KIND_UPDATE, sender, object, day, &value, 1);
}

static void stage_close_log (stage_t *self)
{
    CHECK_OK (log_writer_finish (self->writer));
    log_writer_destroy (&self->writer);
    (void) test_temp_write (&self->temp, "a.mcap", self->memory.bytes.data,
                            self->memory.bytes.size_bytes);
}

static mst_err_t stage_plot (stage_t *self, const char *position, const char *at, const char *plane)
{
    base_buffer_t out = { 0 };
    const tools_plot_options_t options = { self->log, self->svg, position, at, plane };
    mst_err_t err = tools_plot (&options, &out);
    base_buffer_fini (&out);
    free (self->picture);
    self->picture = err ? calloc (1, 1) : test_file_read (self->svg, NULL);
    return err;
}

static void stage_fini (stage_t *self)
{
    free (self->picture);
    log_memory_fini (&self->memory);
    test_temp_fini (&self->temp);
}

/*  Every tag is closed in its order; nothing but entities follows an ampersand. */
static bool well_formed (const char *text)
{
    enum { DEPTH_MAX = 16 };
    size_t depth = 0;
    const char *open[DEPTH_MAX];
    for (const char *at = strchr (text, '<'); at; at = strchr (at + 1, '<')) {
        const char *end = strchr (at, '>');
        size_t size = strcspn (at + 1, " />\n");
        if (!end || memchr (at + 1, '<', (size_t) (end - at - 1)))
            return false;
        if (at[1] == '/') {
            size = strcspn (at + 2, ">");
            if (depth == 0 || memcmp (open[--depth], at + 2, size) != 0)
                return false;
        } else if (end[-1] != '/') {
            if (depth == DEPTH_MAX || size == 0)
                return false;
            open[depth++] = at + 1;
        }
    }
    for (const char *at = strchr (text, '&'); at; at = strchr (at + 1, '&'))
        if (!strchr (at, ';') || strcspn (at, ";") > 6)
            return false;
    return depth == 0;
}

static size_t occurrences (const char *text, const char *what)
{
    size_t count = 0;
    for (const char *at = strstr (text, what); at; at = strstr (at + 1, what))
        count++;
    return count;
}

/*  The cube around (0,0), (10,0), (10,10): its middle is (5,5) and its half width 0.525 * 10, so
    that (0,0) is 0.25 / 10.5 of the panel's 480 from the corner at (84, 112 + 480). */
static void test_without_a_space (void)
{
    stage_t stage;
    stage_open (&stage, NULL);
    stage_place (&stage, "b", "one", 1, 3.0, 3.0, 0.0);
    stage_place (&stage, "a", "two", 1, 10.0, 0.0, 0.0);
    stage_place (&stage, "a", "three", 1, 10.0, 10.0, 0.0);
    stage_place (&stage, "a", "one", 2, 0.0, 0.0, 0.0);
    stage_close_log (&stage);
    CHECK_OK (stage_plot (&stage, "Body.Place", NULL, NULL));
    CHECK (well_formed (stage.picture));
    CHECK_CONTAINS (stage.picture, "M95.4 580.6h0");
    CHECK_CONTAINS (stage.picture, "M552.6 580.6h0");
    CHECK_CONTAINS (stage.picture, "M552.6 123.4h0");
    CHECK_INT (occurrences (stage.picture, "h0"), 3);
    CHECK_CONTAINS (stage.picture, "a: 3</text>");
    CHECK_CONTAINS (stage.picture, "b: 0</text>"); /* it was the home of one, and is no more */
    CHECK_CONTAINS (stage.picture, ">1970-01-01 00:00:02: 3 objects by Body.Place");
    CHECK (strstr (stage.picture, "dashed") == NULL);
    CHECK_OK (stage_plot (&stage, "HLAobjectRoot.Body.Place", "1 s", NULL));
    CHECK_CONTAINS (stage.picture, "a: 2</text>");
    CHECK_CONTAINS (stage.picture, "b: 1</text>");
    stage_fini (&stage);
}

#define SCENARIO(space)                                                                            \
    "{ \"muster\": 1, \"name\": \"sky <&> sea\", \"fom\": [\"a.xml\"],\n"                          \
    "  \"federates\": [ { \"name\": \"a\", \"run\": [\"a\"] } ],\n"                                \
    "  \"space\": { \"half_width\": 8, \"unit\": \"m\"" space " } }"

/*  Two halves, each a panel: (1,1) is at 84 + 9/16 * 480, in the second one 480 + 88 further. */
static void test_with_a_space (void)
{
    stage_t stage;
    stage_open (&stage, SCENARIO (", \"position\": \"Body.Place\""));
    stage_place (&stage, "a", "near", 1, 1.0, 1.0, 2.0);
    stage_place (&stage, "b", "far", 1, 1.0, 1.0, -2.0);
    stage_place (&stage, "b", "out", 1, 9.0, 1.0, 1.0);
    stage_place (&stage, "b", "gone", 1, 2.0, 2.0, 2.0);
    stage_message (&stage, stage.body, LOG_KIND_DELETE, "b", "gone", 1, NULL, 0);
    stage_place (&stage, "a", "near", 2, 1.0, 1.0, 2.0);
    stage_message (&stage, stage.body, LOG_KIND_DELETE, "a", "near", 3, NULL, 0);
    stage_close_log (&stage);
    CHECK_OK (stage_plot (&stage, NULL, NULL, NULL));
    CHECK (well_formed (stage.picture));
    CHECK_CONTAINS (stage.picture, "M354.0 322.0h0");
    CHECK_CONTAINS (stage.picture, "M922.0 322.0h0");
    CHECK_INT (occurrences (stage.picture, "h0\"/>"), 2 + 2); /* and again in the middle's panels */
    CHECK_CONTAINS (stage.picture, "1 more are outside the cube");
    CHECK_CONTAINS (stage.picture, "sky &#60;&#38;&#62; sea");
    CHECK_CONTAINS (stage.picture, ">x, m</text>");
    CHECK_CONTAINS (stage.picture, "z &lt; 0: 1 objects");
    CHECK_OK (stage_plot (&stage, NULL, NULL, "xz")); /* seen along y: both are on one side */
    CHECK_CONTAINS (stage.picture, "M354.0 292.0h0");
    CHECK_CONTAINS (stage.picture, "M354.0 412.0h0");
    stage_fini (&stage);
}

/*  A double per attribute, in the order of bytes that its type says. */
static void test_flat (void)
{
    stage_t stage;
    double x = 4.0, y = -4.0;
    uint64_t bits;
    stage_open (&stage, SCENARIO (""));
    memcpy (&bits, &y, sizeof bits);
    bits = __builtin_bswap64 (bits);
    log_value_t values[] = { { 0, log_span (&x, sizeof x) }, { 1, log_span (&bits, sizeof bits) } };
    stage_message (&stage, stage.flat, LOG_KIND_UPDATE, "a", "one", 1, values, 2);
    stage_close_log (&stage);
    CHECK_OK (stage_plot (&stage, "Flat.X,Y", NULL, NULL));
    CHECK_CONTAINS (stage.picture, "M444.0 472.0h0");
    CHECK_ERR (stage_plot (&stage, "Flat.X", NULL, NULL), MST_E_CONFIG);
    CHECK_CONTAINS (mst_error_text (), "Flat.X has 8 bytes, which hold no position");
    stage_fini (&stage);
}

static void test_mistakes (void)
{
    stage_t stage;
    stage_open (&stage, SCENARIO (""));
    stage_place (&stage, "a", "one", 5, 1.0, 1.0, 1.0);
    stage_close_log (&stage);
#define SAYS(position, at, plane, text)                                                            \
    do {                                                                                           \
        CHECK_ERR (stage_plot (&stage, position, at, plane), MST_E_CONFIG);                        \
        CHECK_CONTAINS (mst_error_text (), text);                                                  \
    } while (0)
    SAYS (NULL, NULL, NULL,
          "nothing says where positions stand: give --position CLASS.ATTRIBUTE; the recording has "
          "Body.Name, Body.Place, Flat.X, Flat.Y");
    SAYS ("Place", NULL, NULL, "\"Place\" is no position: write CLASS.ATTRIBUTE");
    SAYS ("Bodi.Place", NULL, NULL, "there is no object class Bodi; the recording has Body.Name");
    SAYS ("Flat.Z", NULL, NULL, "the class Flat has no attribute Z; the recording has Body.Name");
    SAYS ("Flat.X,Y,Z,T", NULL, NULL, "at most three attributes");
    SAYS ("Flat.X,Y", NULL, NULL, "no object has a position Flat.X,Y then");
    SAYS ("Flat.X,Y", "yesterday", NULL, "--at must be a date or a duration since the start");
    SAYS ("Flat.X,Y", "1 s", NULL, "--at 1 s is before the recording begins");
    SAYS ("Flat.X,Y", NULL, "ab", "--plane must be xy, xz or yz, found \"ab\"");
    stage_fini (&stage);
}

/*  A recording that was cut is drawn as far as it goes, and said to be cut. A picture that cannot
   be written leaves the one that stood there. */
static void test_cut (void)
{
    stage_t stage;
    stage_open (&stage, SCENARIO (""));
    stage_place (&stage, "a", "one", 1, 1.0, 1.0, 1.0);
    CHECK_OK (log_writer_flush (stage.writer));
    size_t whole_chunks = stage.memory.bytes.size_bytes;
    stage_place (&stage, "a", "two", 2, 2.0, 1.0, 1.0);
    stage_close_log (&stage);
    (void) test_temp_write (&stage.temp, "a.mcap", stage.memory.bytes.data, whole_chunks + 20);
    CHECK_ERR (stage_plot (&stage, "Body.Place", NULL, NULL), MST_E_FILE_CORRUPT);
    CHECK_CONTAINS (mst_error_text (), "a.mcap: the recording is not complete: it was cut");
    CHECK_CONTAINS (mst_error_text (), "muster log recover");
    char *picture = test_file_read (stage.svg, NULL);
    CHECK (picture != NULL && strstr (picture, "</svg>") != NULL);
    free (picture);
    (void) test_temp_write (&stage.temp, "a.mcap", stage.memory.bytes.data, 3);
    CHECK (stage_plot (&stage, "Body.Place", NULL, NULL) != MST_OK);
    picture = test_file_read (stage.svg, NULL);
    CHECK (picture != NULL && strstr (picture, "</svg>") != NULL);
    free (picture);
    stage_fini (&stage);
}

static void sweep_run (void *context)
{
    (void) stage_plot (context, "Body.Place", NULL, NULL);
}

/*  Without memory at any one place: that error, and nothing left behind. */
static void test_memory (void)
{
    stage_t stage;
    stage_open (&stage, SCENARIO (""));
    stage_place (&stage, "a", "one", 1, 1.0, 1.0, 1.0);
    stage_place (&stage, "b", "two", 1, 2.0, 1.0, -1.0);
    stage_close_log (&stage);
    CHECK (sweep_allocations (sweep_run, &stage) > 20);
    stage_fini (&stage);
}

static CU_TestInfo tests[] = {
    { "the cube around what there is", test_without_a_space },
    { "the scenario's cube, two halves", test_with_a_space },
    { "a double per attribute", test_flat },
    { "mistakes say what and what to do", test_mistakes },
    { "a recording that was cut", test_cut },
    { "no memory", test_memory },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "plot", NULL, NULL, NULL, NULL, tests })
