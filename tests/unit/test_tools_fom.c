/*  muster fom: what is written and read again is the same; what is wrong is told with its place. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "tests/support/temp.h"
#include "base/error.h"
#include "tools/fom.h"
#include "tools/text.h"

#include <stdio.h>
#include <string.h>

#define ENCODING TEST_SOURCE_DIR "/tests/data/encoding.xml"
#define BALL     TEST_SOURCE_DIR "/tests/integration/ball.xml"

static const char odd[] =
    "<objectModel xmlns=\"http://standards.ieee.org/IEEE1516-2010\">\n"
    "<objects><objectClass><name>HLAobjectRoot</name><objectClass><name>A</name>\n"
    "<attribute><name>X &amp; \"Y\"</name><dataType>Missing</dataType>"
    "<dimensions><dimension>Sky</dimension><dimension>Sea</dimension></dimensions>"
    "<transportation>HLAbestEffort</transportation><order>TimeStamp</order></attribute>\n"
    "<strange/></objectClass></objectClass></objects>\n"
    "<dimensions><dimension><name>Sky</name><upperBound>360</upperBound></dimension>"
    "<dimension><name>Sea</name></dimension></dimensions>"
    "<updateRates><updateRate><name>Slow</name><rate>0.25</rate></updateRate></updateRates>"
    "<switches><autoProvide isEnabled=\"true\"/>"
    "<automaticResignAction resignAction=\"DeleteObjects\"/></switches>"
    "<time><timeStamp><dataType>HLAfloat64Time</dataType></timeStamp></time></objectModel>";

static mst_err_t check (const char *path, bool json, base_buffer_t *out)
{
    const tools_fom_files_t files = { &path, 1 };
    base_buffer_clear (out);
    return tools_fom_check (&files, json, out);
}

/*  Merged and written, then compared with what it was made of. */
static void round_trip (const char *const *paths, size_t count)
{
    const tools_fom_files_t files = { paths, count };
    base_buffer_t first = { 0 }, second = { 0 }, out = { 0 };
    test_temp_t temp;
    bool same = false;

    test_temp_init (&temp);
    CHECK_OK (tools_fom_merge (&files, &first));
    char path[512];
    (void) snprintf (path, sizeof path, "%s",
                     test_temp_write (&temp, "merged.xml", first.data, first.size_bytes));
    const char *merged = path;
    const tools_fom_files_t again = { &merged, 1 };
    CHECK_OK (tools_fom_merge (&again, &second));
    CHECK_OK (tools_fom_diff (&files, &again, false, &out, &same));
    CHECK_TEXT (tools_text_of (&out), "");
    CHECK (same);
    /* written again it is the same but for its name */
    const char *one = strstr (tools_text_of (&first), "</modelIdentification>");
    const char *two = strstr (tools_text_of (&second), "</modelIdentification>");
    if (CHECK (one != NULL && two != NULL))
        CHECK_TEXT (two, one);
    base_buffer_fini (&first);
    base_buffer_fini (&second);
    base_buffer_fini (&out);
    test_temp_fini (&temp);
}

static void test_round_trip (void)
{
    static const char *const paths[] = { ENCODING, BALL };
    test_temp_t temp;
    round_trip (paths, 2);
    test_temp_init (&temp);
    const char *path = test_temp_write (&temp, "odd.xml", odd, strlen (odd));
    char kept[512];
    (void) snprintf (kept, sizeof kept, "%s", path);
    path = kept;
    round_trip (&path, 1);
    test_temp_fini (&temp);
}

static void test_check (void)
{
    base_buffer_t out = { 0 };
    test_temp_t temp;
    test_temp_init (&temp);
    const char *path = test_temp_write (&temp, "odd.xml", odd, strlen (odd));
    CHECK_OK (check (path, false, &out));
    CHECK_CONTAINS (tools_text_of (&out), "warning: odd.xml:4:1: unknown element <strange>");
    CHECK_CONTAINS (tools_text_of (&out), "warning: odd.xml:3:1: attribute \"X & \"Y\"\"");
    CHECK_CONTAINS (tools_text_of (&out), "\nok: 2 object classes, 1 interaction classes, ");
    CHECK_OK (check (path, true, &out));
    CHECK_CONTAINS (tools_text_of (&out), "{\"ok\":true,\"warnings\":[\"odd.xml:");
    CHECK_OK (check (ENCODING, false, &out));
    CHECK_CONTAINS (tools_text_of (&out),
                    "warning: the data type \"Bits12\" cannot be encoded: basic data of 12 bits");
    path = test_temp_write (&temp, "bad.xml", "<objectModel>\n<objects>\n</objectModel>", 38);
    CHECK_ERR (check (path, true, &out), MST_E_FOM_INVALID);
    CHECK_CONTAINS (mst_error_text (), "bad.xml:3:");
    CHECK_CONTAINS (tools_text_of (&out), "{\"ok\":false,\"warnings\":[],\"error\":\"bad.xml:3:");
    CHECK_ERR (check (test_temp_path (&temp, "none.xml"), false, &out), MST_E_IO);
    base_buffer_fini (&out);
    test_temp_fini (&temp);
}

/*  Two modules that do not fit: both places. */
static void test_conflict (void)
{
    static const char one[] = "<objectModel><objects><objectClass><name>HLAobjectRoot</name>\n"
                              "<objectClass><name>A</name><attribute><name>X</name>"
                              "<dataType>HLAoctet</dataType></attribute></objectClass>"
                              "</objectClass></objects></objectModel>";
    static const char two[] = "<objectModel><objects><objectClass><name>HLAobjectRoot</name>\n\n"
                              "<objectClass><name>A</name><attribute><name>X</name>"
                              "<dataType>HLAbyte</dataType></attribute></objectClass>"
                              "</objectClass></objects></objectModel>";
    base_buffer_t out = { 0 };
    test_temp_t temp;
    char first[512], second[512];
    test_temp_init (&temp);
    (void) snprintf (first, sizeof first, "%s",
                     test_temp_write (&temp, "one.xml", one, strlen (one)));
    (void) snprintf (second, sizeof second, "%s",
                     test_temp_write (&temp, "two.xml", two, strlen (two)));
    const char *const paths[] = { first, second };
    const tools_fom_files_t both = { paths, 2 };
    CHECK_ERR (tools_fom_check (&both, false, &out), MST_E_FOM_INCONSISTENT);
    CHECK_CONTAINS (mst_error_text (), "two.xml:3:");
    CHECK_CONTAINS (mst_error_text (), "one.xml:2:");
    const tools_fom_files_t left = { paths, 1 }, right = { paths + 1, 1 };
    bool same = true;
    base_buffer_clear (&out);
    CHECK_OK (tools_fom_diff (&left, &right, true, &out, &same));
    CHECK (!same);
    CHECK_CONTAINS (tools_text_of (&out),
                    "[\n  {\"what\":\"changed\",\"item\":\"attribute \\\"X\\\" of "
                    "class \\\"A\\\"\",\"place\":\"two.xml:3:");
    CHECK_CONTAINS (tools_text_of (&out),
                    "\"text\":\"dataType\",\"left\":\"HLAoctet\",\"right\":\"HLAbyte\"}\n]\n");
    base_buffer_fini (&out);
    test_temp_fini (&temp);
}

static void test_show (void)
{
    static const char *const path = ENCODING;
    const tools_fom_files_t files = { &path, 1 };
    base_buffer_t out = { 0 };
    CHECK_OK (tools_fom_show (&files, "Choice", false, &out));
    CHECK_TEXT (tools_text_of (&out), "Choice: variant record of Colour, HLAvariantRecord\n"
                                      "  Size: HLAinteger16BE = Red\n"
                                      "  Place: Metres = [Green..Blue]\n"
                                      "  NA: NA = Black\n");
    base_buffer_clear (&out);
    CHECK_OK (tools_fom_show (&files, "Flag", true, &out));
    CHECK_TEXT (tools_text_of (&out),
                "{\"name\":\"Flag\",\"kind\":\"enumerated\",\"type\":\"HLAoctet\",\"fields\":["
                "{\"name\":\"False\",\"value\":\"0\"},{\"name\":\"True\",\"value\":\"1\"}]}\n");
    CHECK_ERR (tools_fom_show (&files, "Choise", false, &out), MST_E_CLASS_UNKNOWN);
    CHECK_CONTAINS (mst_error_text (), "did you mean \"Choice\"?");
    base_buffer_fini (&out);
}

static void scenario (void *context)
{
    static const char *const path = ENCODING;
    const tools_fom_files_t files = { &path, 1 };
    base_buffer_t out = { 0 };
    bool same;
    (void) context;
    (void) tools_fom_merge (&files, &out);
    (void) tools_fom_diff (&files, &files, true, &out, &same);
    base_buffer_fini (&out);
}

static void test_memory (void)
{
    CHECK (sweep_allocations (scenario, NULL) > 20);
}

static CU_TestInfo fom_tests[] = {
    { "written and read again", test_round_trip }, { "what is odd or wrong", test_check },
    { "modules that do not fit", test_conflict },  { "one item", test_show },
    { "failing allocations", test_memory },        CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "muster fom", NULL, NULL, NULL, NULL, fom_tests })
