/*  Random types with random values. Beside each value stands what its bytes must be, worked out
   field by field by the rules of IEEE 1516.2 in the plainest way: offsets from the start, padding
   to each type's boundary. MUSTER_ENCODING_SEEDS sets how many worlds are tried. */
#include "tests/support/check.h"
#include "base/random.h"
#include "fom/codec.h"
#include "fom/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPES_MAX = 12, TEXT_BYTES = 1 << 18, VALUE_BYTES = 1 << 16, PARTS_MAX = 5 };

typedef enum kind { NUMBER, RECORD, FIXED, COUNTED, VARIANT, EXTENDABLE } kind_t;

typedef struct made {
    kind_t kind;
    const char *name; /* a number's */
    unsigned width;
    bool little;
    int parts[PARTS_MAX]; /* of what */
    int count;
    unsigned boundary;
} made_t;

typedef struct world {
    base_random_t random;
    made_t types[8 + TYPES_MAX];
    int type_count;
    char xml[TEXT_BYTES];
    char json[TEXT_BYTES];
    size_t json_bytes;
    uint8_t bytes[VALUE_BYTES];
    size_t size_bytes;
} world_t;

static const made_t numbers[] = {
    { NUMBER, "HLAoctet", 1, false, { 0 }, 0, 1 },
    { NUMBER, "HLAinteger16BE", 2, false, { 0 }, 0, 2 },
    { NUMBER, "HLAinteger16LE", 2, true, { 0 }, 0, 2 },
    { NUMBER, "HLAinteger32BE", 4, false, { 0 }, 0, 4 },
    { NUMBER, "HLAunsignedInteger32LE", 4, true, { 0 }, 0, 4 },
    { NUMBER, "HLAinteger64BE", 8, false, { 0 }, 0, 8 },
    { NUMBER, "HLAunsignedInteger64LE", 8, true, { 0 }, 0, 8 },
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static int below (world_t *self, int bound)
{
    return (int) base_random_below (&self->random, (uint64_t) bound);
}

/*  Types
 * ------------------------------------------------------------------------------------------- */

static const char *name_of (const world_t *self, int type, char out[16])
{
    if (self->types[type].kind == NUMBER)
        return self->types[type].name;
    (void) snprintf (out, 16, "T%d", type);
    return out;
}

static unsigned larger (unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static void make_type (world_t *self, int at)
{
    made_t *type = &self->types[at];
    *type = (made_t){ .kind = (kind_t) (1 + below (self, 5)), .boundary = 1 };
    type->count = type->kind == FIXED ? below (self, 4) : 1 + below (self, PARTS_MAX);
    for (int i = 0; i < PARTS_MAX; i++)
        type->parts[i] = below (self, at);
    int used = type->kind == FIXED || type->kind == COUNTED ? 1 : type->count;
    for (int i = 0; i < used; i++)
        type->boundary = larger (type->boundary, self->types[type->parts[i]].boundary);
    if (type->kind == COUNTED || type->kind == EXTENDABLE)
        type->boundary = larger (type->boundary, type->kind == COUNTED ? 4 : 8);
}

static void type_xml (const world_t *self, int at, FILE *out)
{
    const made_t *type = &self->types[at];
    char of[16];
    const char *first = name_of (self, type->parts[0], of);
    if (type->kind == FIXED || type->kind == COUNTED) {
        fprintf (out, "<arrayData><name>T%d</name><dataType>%s</dataType><cardinality>", at, first);
        if (type->kind == FIXED)
            fprintf (out, "%d</cardinality><encoding>HLAfixedArray", type->count);
        else
            fprintf (out, "Dynamic</cardinality><encoding>HLAvariableArray");
        fprintf (out, "</encoding></arrayData>");
        return;
    }
    bool record = type->kind == RECORD;
    fprintf (out, "<%sRecordData><name>T%d</name>", record ? "fixed" : "variant", at);
    if (!record)
        fprintf (out, "<discriminant>D</discriminant><dataType>HLAoctet</dataType>");
    for (int i = 0; i < type->count; i++)
        fprintf (out,
                 record ? "<field><name>F%d</name><dataType>%s</dataType></field>"
                        : "<alternative><enumerator>%d</enumerator><name>F</name>"
                          "<dataType>%s</dataType></alternative>",
                 i, name_of (self, type->parts[i], of));
    fprintf (out, "<encoding>%s</encoding></%sRecordData>",
             record                     ? "HLAfixedRecord"
             : type->kind == EXTENDABLE ? "HLAextendableVariantRecord"
                                        : "HLAvariantRecord",
             record ? "fixed" : "variant");
}

static void make_types (world_t *self)
{
    FILE *out = fmemopen (self->xml, sizeof self->xml, "w");
    memcpy (self->types, numbers, sizeof numbers);
    self->type_count = NUMBERS + 1 + below (self, TYPES_MAX);
    fprintf (out, "<objectModel><dataTypes>");
    for (int at = NUMBERS; at < self->type_count; at++) {
        make_type (self, at);
        type_xml (self, at, out);
    }
    fprintf (out, "</dataTypes></objectModel>");
    fclose (out);
}

/*  Values: text and bytes side by side
 * -------------------------------------------------------------- */

static void say (world_t *self, const char *text)
{
    size_t size_bytes = strlen (text);
    if (self->json_bytes + size_bytes < sizeof self->json)
        memcpy (self->json + self->json_bytes, text, size_bytes + 1);
    self->json_bytes += size_bytes;
}

static void byte (world_t *self, unsigned value)
{
    if (self->size_bytes < sizeof self->bytes)
        self->bytes[self->size_bytes] = (uint8_t) value;
    self->size_bytes++;
}

static void align (world_t *self, unsigned boundary)
{
    while (self->size_bytes % boundary != 0)
        byte (self, 0);
}

static void number_value (world_t *self, const made_t *type)
{
    uint64_t bits = base_random_next (&self->random);
    char text[32];
    if (type->width < 8)
        bits &= (UINT64_C (1) << 8 * type->width) - 1;
    bool is_signed = strncmp (type->name, "HLAinteger", 10) == 0;
    int64_t value = (int64_t) (bits << (64 - 8 * type->width)) >> (64 - 8 * type->width);
    (void) snprintf (text, sizeof text, is_signed ? "%lld" : "%llu",
                     is_signed ? (unsigned long long) value : (unsigned long long) bits);
    say (self, text);
    align (self, type->width);
    for (unsigned i = 0; i < type->width; i++)
        byte (self, (unsigned) (bits >> 8 * (type->little ? i : type->width - 1 - i)) & 0xff);
}

static void value (world_t *self, int at);

/*  Arrays of octets are hexadecimal digits. */
static void elements (world_t *self, const made_t *type, int count)
{
    char text[4];
    if (type->parts[0] != 0) {
        say (self, "[");
        for (int i = 0; i < count; i++) {
            say (self, i > 0 ? "," : "");
            align (self, self->types[type->parts[0]].boundary);
            value (self, type->parts[0]);
        }
        say (self, "]");
        return;
    }
    say (self, "\"");
    for (int i = 0; i < count; i++) {
        unsigned one = (unsigned) below (self, 256);
        (void) snprintf (text, sizeof text, "%02x", one);
        say (self, text);
        byte (self, one);
    }
    say (self, "\"");
}

static void variant_value (world_t *self, const made_t *type)
{
    char text[32];
    int chosen = below (self, type->count + 1);
    bool known = chosen < type->count;
    (void) snprintf (text, sizeof text, "{\"D\":%d", chosen);
    say (self, text);
    byte (self, (unsigned) chosen);
    if (known)
        say (self, ",\"F\":");
    if (type->kind == VARIANT && known) {
        align (self, type->boundary);
        value (self, type->parts[chosen]);
    } else if (type->kind == EXTENDABLE) {
        align (self, 4);
        size_t place = self->size_bytes;
        for (int i = 0; i < 4; i++)
            byte (self, 0);
        align (self, type->boundary);
        size_t start = self->size_bytes;
        if (known)
            value (self, type->parts[chosen]);
        size_t body = self->size_bytes - start;
        for (unsigned i = 0; i < 4 && place + 4 < sizeof self->bytes; i++)
            self->bytes[place + i] = (uint8_t) (body >> 8 * (3 - i));
    }
    say (self, "}");
}

static void value (world_t *self, int at)
{
    const made_t *type = &self->types[at];
    char text[32];
    if (self->json_bytes > TEXT_BYTES || self->size_bytes > VALUE_BYTES)
        return;
    if (type->kind == NUMBER) {
        number_value (self, type);
        return;
    }
    align (self, type->boundary);
    if (type->kind == FIXED)
        elements (self, type, type->count);
    else if (type->kind == COUNTED) {
        int count = below (self, 4);
        for (int i = 0; i < 3; i++)
            byte (self, 0);
        byte (self, (unsigned) count);
        elements (self, type, count);
    } else if (type->kind == RECORD) {
        say (self, "{");
        for (int i = 0; i < type->count; i++) {
            (void) snprintf (text, sizeof text, "%s\"F%d\":", i > 0 ? "," : "", i);
            say (self, text);
            value (self, type->parts[i]);
        }
        say (self, "}");
    } else
        variant_value (self, type);
}

/*  The property
 * ------------------------------------------------------------------------------------- */

static bool check_value (world_t *self, const fom_codec_t *codec, int at)
{
    base_buffer_t bytes = { 0 }, json = { 0 };
    char name[16];
    uint32_t type;
    bool good;

    self->json_bytes = self->size_bytes = 0;
    value (self, at);
    if (self->json_bytes >= TEXT_BYTES || self->size_bytes >= VALUE_BYTES)
        return true; /* too large a value: another one */
    good = fom_codec_find (codec, name_of (self, at, name), &type) == MST_OK &&
           CHECK_OK (fom_codec_from_json (codec, type, self->json, self->json_bytes, &bytes)) &&
           CHECK_INT (bytes.size_bytes, self->size_bytes) &&
           CHECK_BYTES (bytes.data, self->bytes, self->size_bytes) &&
           CHECK_OK (fom_codec_to_json (codec, type, self->bytes, self->size_bytes, &json)) &&
           CHECK_INT (json.size_bytes, self->json_bytes) &&
           CHECK_BYTES (json.data, self->json, self->json_bytes);
    /* cut anywhere it is an error or another value, never a crash */
    base_buffer_clear (&json);
    for (size_t cut = 0; cut < self->size_bytes && cut < 64; cut++)
        (void) fom_codec_to_json (codec, type, self->bytes, cut, &json);
    base_buffer_fini (&bytes);
    base_buffer_fini (&json);
    return good;
}

static bool check_world (world_t *self, uint64_t seed)
{
    fom_module_t *module;
    fom_model_t *model = NULL;
    fom_codec_t *codec = NULL;
    bool good;

    base_random_init (&self->random, seed);
    make_types (self);
    good = CHECK_OK (fom_read ("random.xml", self->xml, strlen (self->xml), &module)) &&
           CHECK_OK (fom_merge (&module, 1, &model)) && CHECK_OK (fom_codec_new (model, &codec));
    for (int at = 0; good && at < self->type_count; at++)
        for (int i = 0; good && i < 4; i++)
            good = check_value (self, codec, at);
    fom_codec_destroy (&codec);
    fom_model_destroy (&model);
    fom_module_destroy (&module);
    if (!good)
        printf ("    seed %llu: %.2000s\n    %.500s\n", (unsigned long long) seed, self->xml,
                self->json);
    return good;
}

static void test_random_types (void)
{
    const char *given = getenv ("MUSTER_ENCODING_SEEDS");
    uint64_t seeds = given ? strtoull (given, NULL, 10) : 1000;
    world_t *world = calloc (1, sizeof *world);
    for (uint64_t seed = 1; world && seed <= seeds; seed++)
        if (!check_world (world, seed))
            break;
    free (world);
}

static CU_TestInfo random_tests[] = {
    { "random types and values against plain rules", test_random_types },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "encoding at random", NULL, NULL, NULL, NULL, random_tests })
