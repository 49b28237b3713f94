/*  fom/codec: bytes and JSON text by data types. The golden bytes are worked out by hand from the
    rules of IEEE 1516.2 and from RPR FOM 2.0; sizes of RPR's types are published. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/alloc.h"
#include "fom/codec.h"
#include "fom/limits.h"
#include "fom/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *types; /* tests/data/encoding.xml */

static char *read_file (const char *path)
{
    FILE *file = fopen (path, "rb");
    char *text = NULL;
    long size_bytes = 0;
    if (file && fseek (file, 0, SEEK_END) == 0 && (size_bytes = ftell (file)) >= 0)
        text = calloc (1, (size_t) size_bytes + 1);
    if (text) {
        rewind (file);
        if (fread (text, 1, (size_t) size_bytes, file) != (size_t) size_bytes)
            text[0] = '\0';
    }
    if (file)
        fclose (file);
    return text;
}

static int suite_open (void)
{
    types = read_file (TEST_SOURCE_DIR "/tests/data/encoding.xml");
    return types ? 0 : 1;
}

static int suite_close (void)
{
    free (types);
    return 0;
}

typedef struct world {
    fom_model_t *model;
    fom_codec_t *codec;
} world_t;

static mst_err_t world_open (world_t *self, const char *xml)
{
    fom_module_t *module;
    *self = (world_t){ NULL, NULL };
    mst_err_t err = fom_read ("types.xml", xml, strlen (xml), &module);
    if (!err)
        err = fom_merge (&module, 1, &self->model);
    if (!err)
        err = fom_codec_new (self->model, &self->codec);
    fom_module_destroy (&module);
    return err;
}

static void world_close (world_t *self)
{
    fom_codec_destroy (&self->codec);
    fom_model_destroy (&self->model);
}

static mst_err_t encode (const world_t *self, const char *type, const char *json,
                         base_buffer_t *bytes)
{
    uint32_t number;
    mst_err_t err = fom_codec_find (self->codec, type, &number);
    return err ? err : fom_codec_from_json (self->codec, number, json, strlen (json), bytes);
}

static mst_err_t decode (const world_t *self, const char *type, const void *data, size_t size_bytes,
                         base_buffer_t *json)
{
    uint32_t number;
    mst_err_t err = fom_codec_find (self->codec, type, &number);
    if (!err)
        err = fom_codec_to_json (self->codec, number, data, size_bytes, json);
    return err ? err : base_buffer_append (json, "", 1);
}

/*  The table --------------------------------------------------------------------------------------
 */

typedef struct golden {
    const char *type;
    const char *json;
    const char *hex; /* blanks are for people */
} golden_t;

static const golden_t goldens[] = {
    { "HLAinteger16BE", "-2", "fffe" },
    { "HLAinteger16LE", "-2", "feff" },
    { "HLAinteger32BE", "-2147483648", "80000000" },
    { "HLAinteger32LE", "1", "01000000" },
    { "HLAinteger64BE", "9007199254740993", "0020000000000001" },
    { "HLAinteger64LE", "-9223372036854775808", "0000000000000080" },
    { "HLAunsignedInteger16BE", "65535", "ffff" },
    { "HLAunsignedInteger16LE", "258", "0201" },
    { "HLAunsignedInteger32BE", "4294967295", "ffffffff" },
    { "HLAunsignedInteger32LE", "4294967294", "feffffff" },
    { "HLAunsignedInteger64BE", "18446744073709551615", "ffffffffffffffff" },
    { "HLAunsignedInteger64LE", "1", "0100000000000000" },
    { "HLAfloat32BE", "1.5", "3fc00000" },
    { "HLAfloat32LE", "0.1", "cdcccc3d" },
    { "HLAfloat64BE", "-2", "c000000000000000" },
    { "HLAfloat64LE", "0.1", "9a9999999999b93f" },
    { "HLAfloat64BE", "\"NaN\"", "7ff8000000000000" },
    { "HLAfloat64BE", "\"-Infinity\"", "fff0000000000000" },
    { "HLAfloat64BE", "1e-310", "000012688b70e62b" },
    { "HLAoctet", "255", "ff" },
    { "HLAoctetPairBE", "4660", "1234" },
    { "HLAoctetPairLE", "4660", "3412" },
    { "HLAASCIIchar", "\"A\"", "41" },
    { "HLAunicodeChar", "\"é\"", "00e9" },
    { "HLAbyte", "7", "07" },
    { "HLAboolean", "true", "00000001" },
    { "HLAcount", "3", "00000003" },
    { "Unsigned8", "200", "c8" },
    { "Unsigned16", "40000", "9c40" },
    { "Odd24", "\"010203\"", "010203" },
    { "Colour", "\"Green\"", "02" },
    { "Colour", "3", "03" },
    { "Flag", "true", "01" },
    { "HLAASCIIstring", "\"Hi\"", "00000002 4869" },
    { "HLAASCIIstring", "\"\"", "00000000" },
    { "HLAunicodeString", "\"a😀\"", "00000003 0061 d83d de00" },
    { "HLAunicodeString", "\"\\ud800\"", "00000001 d800" },
    { "HLAopaqueData", "\"00ff10\"", "00000003 00ff10" },
    { "HLAtoken", "\"\"", "" },
    { "Doubles", "[]", "00000000" },
    /* the count, padding to the elements' boundary of 8, the element */
    { "Doubles", "[1]", "00000001 00000000 3ff0000000000000" },
    /* elements begin at multiples of 4; nothing behind the last */
    { "Pairs", "[{\"Wide\":1,\"Small\":2},{\"Wide\":3,\"Small\":4}]",
      "00000002 00000001 02 000000 00000003 04" },
    { "Pair3", "[{\"Wide\":1,\"Small\":2},{\"Wide\":3,\"Small\":4},{\"Wide\":5,\"Small\":6}]",
      "00000001 02 000000 00000003 04 000000 00000005 06" },
    { "Matrix", "[[1,2,3],[4,5,6]]", "0001 0002 0003 0004 0005 0006" },
    { "Name8", "\"Muster\"", "4d7573746572 0000" },
    { "Id", "\"tank 1\"", "74616e6b2031 00" },
    { "Rest", "[1,2]", "00000001 00000002" },
    { "RestOfPairs", "[{\"Wide\":1,\"Small\":2},{\"Wide\":3,\"Small\":4}]",
      "00000001 02 000000 00000003 04" },
    { "Mixed", "{\"A\":1,\"B\":1,\"C\":2,\"D\":false}",
      "01 00000000000000 3ff0000000000000 0200 0000 00000000" },
    /* the inner record begins at 8, its largest field's boundary */
    { "Outer", "{\"First\":9,\"Inner\":{\"A\":1,\"B\":1,\"C\":2,\"D\":true},\"Last\":8}",
      "09 00000000000000 01 00000000000000 3ff0000000000000 0200 0000 00000001 08" },
    { "Tail", "{\"Bytes\":\"aa\",\"End\":5}", "00000001 aa 000000 05" },
    { "Tail", "{\"Bytes\":\"aabbccdd\",\"End\":5}", "00000004 aabbccdd 05" },
    { "Counted", "{\"Order\":1,\"Values\":[5,6],\"After\":7}", "0001 0000 00000005 00000006 07" },
    /* the alternative begins at the boundary of the largest one, 8, whichever is chosen */
    { "Choice", "{\"Kind\":\"Red\",\"Size\":5}", "01 00000000000000 0005" },
    { "Choice", "{\"Kind\":\"Green\",\"Place\":1}", "02 00000000000000 3ff0000000000000" },
    { "Choice", "{\"Kind\":\"Blue\",\"Place\":1}", "04 00000000000000 3ff0000000000000" },
    { "Choice", "{\"Kind\":\"Black\"}", "08" },
    { "Choice", "{\"Kind\":77}", "4d" },
    { "Other", "{\"Kind\":\"Blue\",\"Size\":5}", "04 00 0005" },
    { "Other", "{\"Kind\":\"Green\",\"Rest\":5}", "02 00 05" },
    { "Other", "{\"Kind\":200,\"Rest\":5}", "c8 00 05" },
    /* the size at a multiple of 4, the alternative at a multiple of 8 */
    { "Growing", "{\"Kind\":\"Red\",\"Size\":5}", "01 000000 00000002 0005" },
    { "Growing", "{\"Kind\":\"Blue\",\"unknown\":\"aabbcc\"}", "04 000000 00000003 aabbcc" },
    { "Growing", "{\"Kind\":\"Blue\"}", "04 000000 00000000" },
    { "RprGrowing", "{\"Kind\":7,\"Place\":1}", "00000007 00000008 3ff0000000000000" },
    { "RprGrowing", "{\"Kind\":-8,\"unknown\":\"01\"}", "fffffff8 00000001 01" },
};

static size_t from_hex (const char *hex, uint8_t *out)
{
    size_t count = 0;
    for (; *hex; hex++) {
        unsigned value;
        if (*hex == ' ')
            continue;
        if (sscanf (hex, "%2x", &value) != 1)
            return 0;
        out[count++] = (uint8_t) value;
        hex++;
    }
    return count;
}

static void check_golden (const world_t *world, const golden_t *row)
{
    base_buffer_t bytes, json;
    uint8_t expected[256];
    size_t size_bytes = from_hex (row->hex, expected);

    base_buffer_init (&bytes);
    base_buffer_init (&json);
    CHECK_OK (encode (world, row->type, row->json, &bytes));
    if (!CHECK_INT (bytes.size_bytes, size_bytes) ||
        !CHECK_BYTES (bytes.data, expected, size_bytes))
        printf ("    %s %s\n", row->type, row->json);
    CHECK_OK (decode (world, row->type, expected, size_bytes, &json));
    if (json.data)
        CHECK_TEXT ((const char *) json.data, row->json);
    base_buffer_fini (&bytes);
    base_buffer_fini (&json);
}

static void test_golden_bytes (void)
{
    world_t world;
    CHECK_OK (world_open (&world, types));
    CHECK_OR_RETURN (world.codec != NULL);
    for (size_t i = 0; i < sizeof goldens / sizeof goldens[0]; i++)
        check_golden (&world, &goldens[i]);
    world_close (&world);
}

/*  Other ways to write the same value -------------------------------------------------------------
 */

static const golden_t inputs[] = {
    { "Mixed", " { \"D\" : 0 , \"C\":2, \"B\":1.0e0, \"A\":1 }\n",
      "01 00000000000000 3ff0000000000000 0200 0000 00000000" },
    { "HLAboolean", "\"HLAtrue\"", "00000001" },
    { "HLAboolean", "1", "00000001" },
    { "Flag", "\"False\"", "00" },
    { "Colour", "\"Gr\\u0065en\"", "02" },
    { "HLAopaqueData", "[0,255,16]", "00000003 00ff10" },
    { "HLAopaqueData", "\"00FF10\"", "00000003 00ff10" },
    { "HLAASCIIstring", "[72,105]", "00000002 4869" },
    { "HLAASCIIstring", "[255]", "00000001 ff" },
    { "HLAunicodeString", "\"\\ud83d\\ude00\"", "00000002 d83d de00" },
    { "HLAASCIIchar", "65", "41" },
    { "Tail", "{\"Bytes\":\"aa\",\"Gap\":null,\"End\":5}", "00000001 aa 000000 05" },
};

static void test_other_writings (void)
{
    world_t world;
    base_buffer_t bytes;
    CHECK_OK (world_open (&world, types));
    CHECK_OR_RETURN (world.codec != NULL);
    base_buffer_init (&bytes);
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        uint8_t expected[64];
        size_t size_bytes = from_hex (inputs[i].hex, expected);
        base_buffer_clear (&bytes);
        CHECK_OK (encode (&world, inputs[i].type, inputs[i].json, &bytes));
        if (!CHECK_INT (bytes.size_bytes, size_bytes) ||
            !CHECK_BYTES (bytes.data, expected, size_bytes))
            printf ("    %s %s\n", inputs[i].type, inputs[i].json);
    }
    base_buffer_fini (&bytes);
    world_close (&world);
}

/*  What does not fit ------------------------------------------------------------------------------
 */

typedef struct refusal {
    const char *type;
    const char *json;
    mst_err_t err;
    const char *says;
} refusal_t;

static const refusal_t refusals[] = {
    { "HLAoctet", "256", MST_E_VALUE_MISFIT, "256 is no number from 0 to 2^8 - 1 (HLAoctet)" },
    { "HLAoctet", "-1", MST_E_VALUE_MISFIT, "from 0 to 2^8 - 1" },
    { "HLAinteger16BE", "32768", MST_E_VALUE_MISFIT, "from -2^15 to 2^15 - 1" },
    { "HLAinteger32BE", "1.5", MST_E_VALUE_MISFIT, "1.5 is no number from -2^31" },
    { "HLAinteger64BE", "9223372036854775808", MST_E_VALUE_MISFIT, "from -2^63" },
    { "HLAfloat64BE", "\"1.5\"", MST_E_VALUE_MISFIT, "\"1.5\" is no number (HLAfloat64BE)" },
    { "HLAfloat64BE", "1e999", MST_E_VALUE_MISFIT, "is no number" },
    { "HLAfloat32BE", "1e39", MST_E_VALUE_MISFIT, "32 bits" },
    { "Colour", "\"Gren\"", MST_E_VALUE_MISFIT, "did you mean \"Green\"?" },
    { "HLAopaqueData", "\"abc\"", MST_E_VALUE_MISFIT, "pairs of hexadecimal digits" },
    { "HLAASCIIstring", "\"€\"", MST_E_VALUE_MISFIT, "text of ASCII characters" },
    { "HLAASCIIstring", "\"\\u0080\"", MST_E_VALUE_MISFIT, "text of ASCII characters" },
    { "HLAASCIIchar", "\"é\"", MST_E_VALUE_MISFIT, "single ASCII character" },
    { "Name8", "\"far too long\"", MST_E_VALUE_MISFIT, "12 elements, where 8 to 8" },
    { "Pairs", "[]", MST_E_VALUE_MISFIT, "0 elements, where 1 to 3" },
    { "Id", "\"a\\u0000b\"", MST_E_VALUE_MISFIT, "without zero characters" },
    { "Mixed", "{\"A\":1,\"B\":1,\"C\":2}", MST_E_VALUE_MISFIT, "lacks its field \"D\"" },
    { "Mixed", "{\"A\":1,\"A\":1,\"B\":1,\"C\":2,\"D\":0}", MST_E_VALUE_MISFIT, "given twice" },
    { "Outer", "{\"First\":9,\"Iner\":{},\"Last\":8}", MST_E_VALUE_MISFIT,
      "\"Outer\" has no \"Iner\"; did you mean \"Inner\"?" },
    { "Outer", "{\"First\":9,\"Inner\":{\"A\":1,\"B\":\"x\",\"C\":2,\"D\":0},\"Last\":8}",
      MST_E_VALUE_MISFIT, "Inner.B: \"x\" is no number (Metres)" },
    { "Pairs", "[{\"Wide\":1,\"Small\":2},{\"Wide\":1,\"Small\":-2}]", MST_E_VALUE_MISFIT,
      "[1].Small: -2" },
    { "Counted", "{\"Order\":1,\"Values\":[5],\"After\":7}", MST_E_VALUE_MISFIT,
      "Order*Order+1: 1 elements, where the fields before it say 2" },
    { "Choice", "{\"Kind\":\"Red\",\"Place\":5}", MST_E_VALUE_MISFIT, "has no \"Place\"" },
    { "Choice", "{\"Kind\":\"Red\"}", MST_E_VALUE_MISFIT, "lacks its alternative \"Size\"" },
    { "Choice", "{\"Size\":1}", MST_E_VALUE_MISFIT, "lacks its discriminant \"Kind\"" },
    { "Choice", "7", MST_E_VALUE_MISFIT, "7 is no object" },
    { "Bits12", "1", MST_E_NOT_SUPPORTED, "12 bits is not whole octets" },
    { "Loose", "\"00\"", MST_E_NOT_SUPPORTED, "must say how many elements" },
    { "UsesStrange", "{}", MST_E_NOT_SUPPORTED,
      "it uses \"Strange\": its encoding is \"AcmeArray\"" },
    { "Loop", "{}", MST_E_NOT_SUPPORTED, "holds itself" },
    { "Lost", "{}", MST_E_NOT_SUPPORTED, "\"Nowhere\", which no module defines" },
    { "HLAfloat46BE", "1", MST_E_TYPE_UNKNOWN, "did you mean \"HLAfloat64BE\"?" },
    { "HLAoctet", "", MST_E_INVALID_ARGUMENT, "a value is missing" },
    { "HLAoctet", "1 2", MST_E_INVALID_ARGUMENT, "something follows" },
    { "HLAoctet", "{\"a\":}", MST_E_INVALID_ARGUMENT, "byte 6" },
    { "HLAoctet", "01", MST_E_INVALID_ARGUMENT, "no number as JSON writes it" },
    { "HLAoctet", "\"\x80\"", MST_E_INVALID_ARGUMENT, "not UTF-8" },
};

static void test_refusals (void)
{
    world_t world;
    base_buffer_t bytes;
    CHECK_OK (world_open (&world, types));
    CHECK_OR_RETURN (world.codec != NULL);
    base_buffer_init (&bytes);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const refusal_t *row = &refusals[i];
        if (!CHECK_ERR (encode (&world, row->type, row->json, &bytes), row->err) ||
            !CHECK_CONTAINS (mst_error_text (), row->says))
            printf ("    %s %s\n", row->type, row->json);
        CHECK_INT (bytes.size_bytes, 0);
    }
    base_buffer_fini (&bytes);
    world_close (&world);
}

/*  Bytes that are none ----------------------------------------------------------------------------
 */

static const refusal_t malformed[] = {
    { "HLAinteger32BE", "000000", MST_E_MALFORMED, "wants 4 bytes at byte 0, where 3 are left" },
    { "HLAASCIIstring", "00000005 4869", MST_E_MALFORMED, "wants 5 bytes" },
    { "HLAASCIIstring", "ffffffff", MST_E_MALFORMED, "negative number of elements" },
    { "Doubles", "7fffffff 00000000", MST_E_MALFORMED, "wants" },
    { "Pairs", "7fffffff 00000001 02", MST_E_MALFORMED, "wants" },
    { "Id", "414243", MST_E_MALFORMED, "wants 4 bytes" },
    { "HLAoctet", "0102", MST_E_MALFORMED, "1 bytes follow" },
    { "Growing", "01 000000 00000009 0005", MST_E_MALFORMED, "wants 9 bytes" },
    { "Growing", "01 000000 00000001 05", MST_E_MALFORMED, "wants 2 bytes" },
    { "Counted", "ffff 0000 00000001", MST_E_MALFORMED, "wants 8 bytes" },
};

static void test_malformed (void)
{
    world_t world;
    base_buffer_t json;
    CHECK_OK (world_open (&world, types));
    CHECK_OR_RETURN (world.codec != NULL);
    base_buffer_init (&json);
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        uint8_t bytes[64];
        size_t size_bytes = from_hex (malformed[i].json, bytes);
        if (!CHECK_ERR (decode (&world, malformed[i].type, bytes, size_bytes, &json),
                        malformed[i].err) ||
            !CHECK_CONTAINS (mst_error_text (), malformed[i].says))
            printf ("    %s %s\n", malformed[i].type, malformed[i].json);
        CHECK_INT (json.size_bytes, 0);
    }
    base_buffer_fini (&json);
    world_close (&world);
}

/*  A newer sender: unknown bytes behind a known alternative are skipped, zeros at the end pass. */
static void test_tolerance (void)
{
    static const golden_t rows[] = {
        { "Growing", "{\"Kind\":\"Red\",\"Size\":5}", "01 000000 00000004 0005 ffff" },
        { "HLAASCIIstring", "\"Hi\"", "00000002 4869 0000" },
        { "Doubles", "[]", "00000000 00000000" },
        { "Pairs", "[]", "00000000" },
    };
    world_t world;
    base_buffer_t json;
    CHECK_OK (world_open (&world, types));
    CHECK_OR_RETURN (world.codec != NULL);
    base_buffer_init (&json);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[64];
        size_t size_bytes = from_hex (rows[i].hex, bytes);
        base_buffer_clear (&json);
        CHECK_OK (decode (&world, rows[i].type, bytes, size_bytes, &json));
        if (json.data)
            CHECK_TEXT ((const char *) json.data, rows[i].json);
    }
    base_buffer_fini (&json);
    world_close (&world);
}

/*  A hostile model: few bytes must not make work or memory without end. */
static void test_limits (void)
{
    static const char xml[] =
        "<objectModel><dataTypes><arrayDataTypes>"
        "<arrayData><name>A</name><dataType>HLAtoken</dataType><cardinality>2147483647"
        "</cardinality><encoding>HLAfixedArray</encoding></arrayData>"
        "<arrayData><name>B</name><dataType>A</dataType><cardinality>2147483647</cardinality>"
        "<encoding>HLAfixedArray</encoding></arrayData>"
        "<arrayData><name>C</name><dataType>E</dataType><cardinality>2147483647</cardinality>"
        "<encoding>HLAfixedArray</encoding></arrayData>"
        "<arrayData><name>D</name><dataType>HLAoctet</dataType>"
        "<cardinality>2147483647,2147483647,2147483647</cardinality>"
        "<encoding>HLAfixedArray</encoding></arrayData></arrayDataTypes>"
        "<fixedRecordDataTypes><fixedRecordData><name>E</name></fixedRecordData>"
        "</fixedRecordDataTypes></dataTypes></objectModel>";
    world_t world;
    base_buffer_t json;
    CHECK_OK (world_open (&world, xml));
    CHECK_OR_RETURN (world.codec != NULL);
    base_buffer_init (&json);
    CHECK_ERR (decode (&world, "C", "", 0, &json), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "FOM_VALUE_ELEMENTS_MAX");
    CHECK_ERR (decode (&world, "D", "", 0, &json), MST_E_NOT_SUPPORTED);
    CHECK_CONTAINS (mst_error_text (), "FOM_VALUE_BYTES_MAX");
    base_buffer_fini (&json);
    world_close (&world);
}

/*  Memory -----------------------------------------------------------------------------------------
 */

static void scenario (void *context)
{
    world_t world;
    base_buffer_t bytes, json;
    (void) context;
    base_buffer_init (&bytes);
    base_buffer_init (&json);
    if (!world_open (&world, types)) {
        if (!encode (&world, "Pairs", goldens[42].json, &bytes))
            (void) decode (&world, "Pairs", bytes.data, bytes.size_bytes, &json);
        base_buffer_clear (&bytes);
        (void) encode (&world, "Growing", "{\"Kind\":\"Blue\",\"unknown\":\"aabbcc\"}", &bytes);
        (void) encode (&world, "HLAunicodeString", "\"text\"", &bytes);
    }
    world_close (&world);
    base_buffer_fini (&bytes);
    base_buffer_fini (&json);
}

static void test_memory (void)
{
    CHECK (sweep_allocations (scenario, NULL) > 20);
}

static CU_TestInfo encoding_tests[] = {
    { "golden bytes, both ways", test_golden_bytes },
    { "other writings of the same", test_other_writings },
    { "what does not fit says where", test_refusals },
    { "bytes that are no value", test_malformed },
    { "a newer or wordier sender", test_tolerance },
    { "hostile models", test_limits },
    { "failing allocations", test_memory },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "encoding", suite_open, suite_close, NULL, NULL, encoding_tests })
