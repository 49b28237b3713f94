/*  RPR FOM 2.0 and the standard's MIM, as real federations use them: they merge, every data type
   can be encoded, and the sizes that are published come out. Skipped where the shared data is not.
 */
#include "tests/support/check.h"
#include "fom/codec.h"
#include "fom/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const files[] = {
    "mim/HLAstandardMIM.xml",     "rpr2/RPR-Foundation_v2.0.xml", "rpr2/RPR-Enumerations_v2.0.xml",
    "rpr2/RPR-Base_v2.0.xml",     "rpr2/RPR-Aggregate_v2.0.xml",  "rpr2/RPR-Communication_v2.0.xml",
    "rpr2/RPR-DER_v2.0.xml",      "rpr2/RPR-Logistics_v2.0.xml",  "rpr2/RPR-Minefield_v2.0.xml",
    "rpr2/RPR-Physical_v2.0.xml", "rpr2/RPR-SE_v2.0.xml",         "rpr2/RPR-SIMAN_v2.0.xml",
    "rpr2/RPR-Switches_v2.0.xml", "rpr2/RPR-UA_v2.0.xml",         "rpr2/RPR-Warfare_v2.0.xml",
};
enum { FILES = sizeof files / sizeof files[0] };

static fom_model_t *model;
static fom_codec_t *codec;

/*  The folder of shared data: given, or beside the checkout as in development. */
static FILE *open_file (const char *name)
{
    char path[1024];
    const char *given = getenv ("MUSTER_SHARED_DATA");
    const char *const folders[] = { given ? given : "", TEST_SOURCE_DIR "/../shared/data",
                                    TEST_SOURCE_DIR "/../../shared/data" };
    for (size_t i = 0; i < 3; i++) {
        (void) snprintf (path, sizeof path, "%s/fom/%s", folders[i], name);
        FILE *file = folders[i][0] ? fopen (path, "rb") : NULL;
        if (file)
            return file;
    }
    return NULL;
}

static mst_err_t read_module (const char *name, fom_module_t **module)
{
    FILE *file = open_file (name);
    size_t size_bytes = 0;
    char *text = malloc (2 << 20);
    mst_err_t err = MST_E_IO;
    if (file && text) {
        size_bytes = fread (text, 1, 2 << 20, file);
        err = fom_read (name, text, size_bytes, module);
    }
    if (file)
        fclose (file);
    free (text);
    return err;
}

static int suite_open (void)
{
    fom_module_t *modules[FILES] = { NULL };
    mst_err_t err = MST_OK;
    FILE *file = open_file (files[0]);
    if (!file) {
        printf ("skipped: no shared data\n");
        exit (77);
    }
    fclose (file);
    for (size_t i = 0; !err && i < FILES; i++)
        err = read_module (files[i], &modules[i]);
    if (!err)
        err = fom_merge (modules, FILES, &model);
    if (!err)
        err = fom_codec_new (model, &codec);
    if (err)
        printf ("%s\n", mst_error_text ());
    for (size_t i = 0; i < FILES; i++)
        fom_module_destroy (&modules[i]);
    return err != MST_OK;
}

static int suite_close (void)
{
    fom_codec_destroy (&codec);
    fom_model_destroy (&model);
    return 0;
}

static void test_all_types_can_be_encoded (void)
{
    CHECK (model->type_count > 330);
    for (uint32_t type = 0; type < model->type_count; type++)
        if (!CHECK_OK (fom_codec_check (codec, type)))
            printf ("    %s\n", model->types[type].name);
}

#define WORLD       "\"WorldLocation\":{\"X\":1,\"Y\":2,\"Z\":3},\"IsFrozen\":true,"
#define ORIENTATION "\"Orientation\":{\"Psi\":0.5,\"Theta\":0.25,\"Phi\":-1}"
#define VELOCITY    ",\"VelocityVector\":{\"XVelocity\":1,\"YVelocity\":0,\"ZVelocity\":0}"
#define ACCELERATION                                                                               \
    ",\"AccelerationVector\":{\"XAcceleration\":1,\"YAcceleration\":0,\"ZAcceleration\":0}"
#define ANGULAR                                                                                    \
    ",\"AngularVelocity\":{\"XAngularVelocity\":1,\"YAngularVelocity\":0,\"ZAngularVelocity\":0}"
#define SPATIAL(kind, member, inner)                                                               \
    "{\"DeadReckoningAlgorithm\":\"" kind "\",\"" member "\":{" inner "}}"
#define LOCATION "{\"X\":1,\"Y\":2,\"Z\":3}"

typedef struct sized {
    const char *type;
    size_t size_bytes;
    const char *json;
} sized_t;

static const sized_t sizes[] = {
    { "SpatialVariantStruct", 48, SPATIAL ("Static", "SpatialStatic", WORLD ORIENTATION) },
    { "SpatialVariantStruct", 60, SPATIAL ("DRM_FPW", "SpatialFPW", WORLD ORIENTATION VELOCITY) },
    { "SpatialVariantStruct", 72,
      SPATIAL ("DRM_RPW", "SpatialRPW", WORLD ORIENTATION VELOCITY ANGULAR) },
    { "SpatialVariantStruct", 72,
      SPATIAL ("DRM_FVW", "SpatialFVW", WORLD ORIENTATION VELOCITY ACCELERATION) },
    { "SpatialVariantStruct", 84,
      SPATIAL ("DRM_RVW", "SpatialRVW", WORLD ORIENTATION VELOCITY ACCELERATION ANGULAR) },
    { "EntityTypeStruct", 8,
      "{\"EntityKind\":1,\"Domain\":2,\"CountryCode\":225,\"Category\":1,\"Subcategory\":3,"
      "\"Specific\":0,\"Extra\":0}" },
    { "EntityIdentifierStruct", 6,
      "{\"FederateIdentifier\":{\"SiteID\":1,\"ApplicationID\":2},\"EntityNumber\":3}" },
    { "MarkingStruct", 12,
      "{\"MarkingEncodingType\":\"ASCII\",\"MarkingData\":\"4d75737465720000000000\"}" },
    { "ParameterValueVariantStruct", 16,
      "{\"ArticulatedParameterType\":\"ArticulatedPart\",\"ArticulatedParts\":{\"Class\":"
      "\"Rudder\","
      "\"TypeMetric\":\"Position\",\"Value\":1.5}}" },
    { "ParameterValueVariantStruct", 16,
      "{\"ArticulatedParameterType\":\"AttachedPart\",\"AttachedParts\":{\"Station\":"
      "\"Nothing_Empty\",\"StoreType\":{\"EntityKind\":1,\"Domain\":2,\"CountryCode\":225,"
      "\"Category\":1,\"Subcategory\":3,\"Specific\":0,\"Extra\":0}}}" },
    /* an octet, padding to 2, a number, padding to 4, the variant of 16 */
    { "ArticulatedParameterStruct", 20,
      "{\"ArticulatedParameterChange\":0,\"PartAttachedTo\":0,\"ParameterValue\":"
      "{\"ArticulatedParameterType\":\"ArticulatedPart\",\"ArticulatedParts\":{\"Class\":"
      "\"Rudder\","
      "\"TypeMetric\":\"Position\",\"Value\":1.5}}}" },
    { "RTIobjectId", 4, "\"abc\"" },
    { "RTIobjectIdArray", 8, "[\"a\",\"b\"]" },
    /* 2 + 2 + 8 + two appearances of 4, as NumberOfAppearanceRecords says */
    { "SilentEntityStructLengthlessArray", 40,
      "[{\"NumberOfEntitiesOfThisType\":1,\"NumberOfAppearanceRecords\":2,\"EntityType\":"
      "{\"EntityKind\":1,\"Domain\":2,\"CountryCode\":225,\"Category\":1,\"Subcategory\":3,"
      "\"Specific\":0,\"Extra\":0},\"EntityAppearance\":[1,2]},"
      "{\"NumberOfEntitiesOfThisType\":1,\"NumberOfAppearanceRecords\":2,\"EntityType\":"
      "{\"EntityKind\":1,\"Domain\":2,\"CountryCode\":225,\"Category\":1,\"Subcategory\":3,"
      "\"Specific\":0,\"Extra\":0},\"EntityAppearance\":[1,2]}]" },
    /* order 1: 1 + 2 + 1 coefficients */
    { "AntennaPatternVariantStruct", 28,
      "{\"AntennaPatternType\":\"SphericalHarmonic\",\"SphericalHarmonicAntenna\":{\"Order\":1,"
      "\"Coefficients\":[1,2,3,4],\"ReferenceSystem\":\"WorldCoordinates\","
      "\"Padding\":\"000000\"}}" },
    /* a count, the index, padding to 8, type and length, three doubles */
    { "EnvironmentRecStructArray", 48,
      "[{\"Index\":1,\"DataVariant\":{\"Type\":\"PointRecord1Type\","
      "\"Point1GeometryData\":" LOCATION "}}]" },
    { "VariableDatumStruct", 24, "{\"DatumID\":1,\"DatumLength\":64,\"DatumValue\":[1]}" },
    { "HLAinteractionSubList", 16, "[{\"HLAinteractionClass\":\"0102\",\"HLAactive\":true}]" },
};

static void check_size (const sized_t *row)
{
    base_buffer_t bytes, json;
    uint32_t type;
    base_buffer_init (&bytes);
    base_buffer_init (&json);
    CHECK_OK (fom_codec_find (codec, row->type, &type));
    CHECK_OK (fom_codec_from_json (codec, type, row->json, strlen (row->json), &bytes));
    if (!CHECK_INT (bytes.size_bytes, row->size_bytes))
        printf ("    %s\n", row->type);
    CHECK_OK (fom_codec_to_json (codec, type, bytes.data, bytes.size_bytes, &json));
    CHECK_OK (base_buffer_append (&json, "", 1));
    if (json.data)
        CHECK_TEXT ((const char *) json.data, row->json);
    base_buffer_fini (&bytes);
    base_buffer_fini (&json);
}

static void test_published_sizes (void)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        check_size (&sizes[i]);
}

/*  Where the fields of a Spatial record stand. */
static void test_spatial_bytes (void)
{
    static const uint8_t expected[48] = {
        [7] = 0,  [8] = 0x3f,  0xf0,        [16] = 0x40, [24] = 0x40, 0x08,
        [32] = 1, [36] = 0x3f, [40] = 0x3e, 0x80,        [44] = 0xbf, 0x80
    };
    base_buffer_t bytes;
    uint32_t type;
    base_buffer_init (&bytes);
    CHECK_OK (fom_codec_find (codec, "SpatialVariantStruct", &type));
    CHECK_OK (fom_codec_from_json (codec, type, sizes[0].json, strlen (sizes[0].json), &bytes));
    uint8_t static_kind = bytes.data ? bytes.data[0] : 0;
    CHECK_INT (static_kind, 1);
    if (bytes.size_bytes == sizeof expected)
        CHECK_BYTES (bytes.data + 1, expected + 1, sizeof expected - 1);
    CHECK_INT (fom_codec_boundary (codec, type), 8);
    base_buffer_fini (&bytes);
}

static CU_TestInfo rpr_tests[] = {
    { "every data type can be encoded", test_all_types_can_be_encoded },
    { "the published sizes", test_published_sizes },
    { "a Spatial record's bytes", test_spatial_bytes },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "encoding of RPR FOM 2.0", suite_open, suite_close, NULL, NULL, rpr_tests })
