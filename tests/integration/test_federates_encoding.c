/*  mst_encode and mst_decode by the object model of a real federation: bytes, sizes, errors, and
   within a callback. */
#include "tests/integration/federates.h"
#include <muster/sync_types.h>

#include <stdio.h>
#include <string.h>

static const char types_fom[] =
    "<objectModel><objects><objectClass><name>HLAobjectRoot</name><objectClass><name>Tank</name>"
    "<sharing>PublishSubscribe</sharing><attribute><name>Place</name><dataType>Place</dataType>"
    "<transportation>HLAreliable</transportation><order>Receive</order></attribute>"
    "<attribute><name>Bare</name></attribute></objectClass></objectClass></objects>"
    "<dataTypes><fixedRecordDataTypes><fixedRecordData><name>Place</name>"
    "<field><name>Floor</name><dataType>HLAoctet</dataType></field>"
    "<field><name>X</name><dataType>HLAfloat64BE</dataType></field></fixedRecordData>"
    "</fixedRecordDataTypes></dataTypes></objectModel>";

typedef struct seen {
    char text[128];
    mst_err_t err;
    int count;
} seen_t;

static void reflected (void *user, mst_federate_t fed, const mst_reception_t *update)
{
    seen_t *seen = user;
    const mst_attribute_t attribute = { update->values[0].handle };
    const char *type = mst_attribute_type (fed, update->object_class, attribute);
    seen->err = mst_decode (fed, type ? type : "?", update->values[0].data,
                            update->values[0].size_bytes, seen->text, sizeof seen->text, NULL);
    seen->count++;
}

static mst_federate_t join (const stage_t *stage, const char *name, seen_t *seen)
{
    const mst_module_t module = { "types.xml", types_fom, sizeof types_fom - 1 };
    const mst_join_options_t options = { .rti = stage->endpoint,
                                         .federation = "types",
                                         .name = name,
                                         .modules = &module,
                                         .module_count = 1,
                                         .callbacks.reflected = reflected,
                                         .user = seen };
    mst_federate_t fed = { 0, 0 };
    CHECK_OK (mst_join (&options, &fed));
    return fed;
}

static void test_by_type (void)
{
    static const uint8_t expected[] = { 2, 0, 0, 0, 0, 0, 0, 0, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0 };
    uint8_t bytes[16];
    char text[64];
    size_t size_bytes = 0, needed = 0;
    stage_t stage;
    seen_t seen = { .count = 0 };

    stage_open (&stage);
    mst_federate_t fed = join (&stage, "one", &seen);
    CHECK_ERR (mst_encode (fed, "Place", "{\"X\":1.5,\"Floor\":2}", NULL, &size_bytes),
               MST_E_LIMIT);
    CHECK_INT (size_bytes, 16);
    CHECK_OK (mst_encode (fed, "Place", "{\"X\":1.5,\"Floor\":2}", bytes, &size_bytes));
    CHECK_INT (size_bytes, 16);
    CHECK_BYTES (bytes, expected, 16);
    CHECK_ERR (mst_decode (fed, "Place", bytes, 16, text, 10, &needed), MST_E_LIMIT);
    CHECK_TEXT (text, "");
    CHECK_INT (needed, 20);
    CHECK_OK (mst_decode (fed, "Place", bytes, 16, text, 20, &needed));
    CHECK_TEXT (text, "{\"Floor\":2,\"X\":1.5}");
    CHECK_ERR (mst_decode (fed, "Place", bytes, 15, text, sizeof text, NULL), MST_E_MALFORMED);
    size_bytes = sizeof bytes;
    CHECK_ERR (mst_encode (fed, "Place", "{\"X\":1.5,\"Flor\":2}", bytes, &size_bytes),
               MST_E_VALUE_MISFIT);
    CHECK_CONTAINS (mst_error_text (), "did you mean \"Floor\"?");
    CHECK_ERR (mst_encode (fed, "Plaice", "1", bytes, &size_bytes), MST_E_TYPE_UNKNOWN);
    CHECK_ERR (mst_encode (fed, NULL, "1", bytes, &size_bytes), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_decode (fed, "Place", NULL, 1, text, sizeof text, NULL), MST_E_INVALID_ARGUMENT);
    mst_federate_t gone = fed;
    CHECK_OK (mst_resign (&fed, MST_RESIGN_NO_ACTION));
    CHECK_ERR (mst_encode (gone, "Place", "1", bytes, &size_bytes), MST_E_STALE_HANDLE);
    CHECK_ERR (mst_decode (gone, "Place", bytes, 16, text, sizeof text, NULL), MST_E_STALE_HANDLE);
    stage_close (&stage);
}

static void test_in_a_callback (void)
{
    stage_t stage;
    seen_t seen = { .count = 0 }, nobody = { .count = 0 };
    mst_class_t tank;
    mst_attribute_t place, bare;
    mst_object_t object;
    uint8_t bytes[16];
    size_t size_bytes = sizeof bytes;

    stage_open (&stage);
    mst_federate_t sender = join (&stage, "sender", &nobody), eye = join (&stage, "eye", &seen);
    CHECK_OK (mst_class_find (sender, "Tank", &tank));
    CHECK_OK (mst_attribute_find (sender, tank, "Place", &place));
    CHECK_OK (mst_attribute_find (sender, tank, "Bare", &bare));
    CHECK_TEXT (mst_attribute_type (sender, tank, place), "Place");
    CHECK_TEXT (mst_attribute_type (sender, tank, bare), "");
    CHECK (mst_attribute_type (sender, tank, (mst_attribute_t){ 99 }) == NULL);
    CHECK (mst_parameter_type (sender, (mst_interaction_class_t){ 1 }, (mst_parameter_t){ 9 }) ==
           NULL);
    CHECK_OK (mst_publish (sender, tank, NULL, 0));
    CHECK_OK (mst_subscribe (eye, tank, NULL, 0));
    CHECK_OK (mst_register (sender, tank, NULL, &object));
    CHECK_OK (mst_encode (sender, "Place", "{\"Floor\":1,\"X\":-2}", bytes, &size_bytes));
    const mst_value_t value = { place.id, (uint32_t) size_bytes, bytes };
    for (int turns = 0; seen.count == 0 && turns < STAGE_DEADLINE_MS / 10; turns++) {
        CHECK_OK (mst_update (sender, object, &value, 1, MST_TIME_NONE, NULL));
        CHECK_OK (mst_evoke (sender, 0, NULL));
        CHECK_OK (mst_evoke (eye, 10, NULL));
    }
    CHECK_OK (seen.err);
    CHECK_TEXT (seen.text, "{\"Floor\":1,\"X\":-2}");
    CHECK_OK (mst_resign (&eye, MST_RESIGN_NO_ACTION));
    CHECK_OK (mst_resign (&sender, MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST));
    stage_close (&stage);
}

/*  A path of a synchroniser whose values have a data type: the bytes that the standard gives it, at
   the source and at a follower; what does not fit changes nothing. */
static void test_in_a_synchroniser (void)
{
    static const uint8_t expected[] = { 2, 0, 0, 0, 0, 0, 0, 0, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0 };
    static const mst_sync_type_t rows[] = { { "tanks/+/place", "Place" },
                                            { "tanks/count", "HLAinteger32BE" } };
    const mst_sync_options_t options = { .type = 1, .origin = 1 }, follows = { .type = 1 };
    char json[64];
    mst_sync_text_t text = { json, sizeof json, 0 };
    mst_sync_t *source = NULL, *follower = NULL;
    mst_sync_value_t value;
    const void *data;
    size_t size_bytes;
    stage_t stage;
    seen_t seen = { .count = 0 };

    stage_open (&stage);
    const mst_sync_types_t types = { join (&stage, "one", &seen), rows, 2 };
    const mst_sync_codec_t codec = mst_sync_types (&types);
    CHECK_OK (mst_sync_new (&options, &source));
    CHECK_OK (mst_sync_new (&follows, &follower));
    CHECK_OK (mst_sync_set_value (source, "tanks/7/place", &codec, "{\"X\":1.5,\"Floor\":2}"));
    CHECK_OK (mst_sync_set_value (source, "tanks/count", &codec, "1"));
    CHECK_OK (mst_sync_commit (source, 1, NULL));
    CHECK_OK (mst_sync_make (source, 0, MST_SYNC_FULL, &data, &size_bytes));
    CHECK_OK (mst_sync_apply (follower, data, size_bytes, 1));
    CHECK (mst_sync_get (follower, "tanks/7/place", &value));
    CHECK_INT (value.size_bytes, sizeof expected);
    CHECK_BYTES (value.data, expected, sizeof expected);
    CHECK_OK (mst_sync_get_value (follower, "tanks/7/place", &codec, &text));
    CHECK_TEXT (json, "{\"Floor\":2,\"X\":1.5}");
    CHECK_OK (mst_sync_get_value (follower, "tanks/count", &codec, &text));
    CHECK_TEXT (json, "1");
    CHECK_INT (text.needed_bytes, 2);

    CHECK_ERR (mst_sync_set_value (source, "tanks/7/place", &codec, "{\"X\":1.5,\"Flor\":2}"),
               MST_E_VALUE_MISFIT);
    CHECK_CONTAINS (mst_error_text (), "\"tanks/7/place\": ");
    CHECK_CONTAINS (mst_error_text (), "did you mean \"Floor\"?");
    CHECK_ERR (mst_sync_set_value (source, "tanks/7/speed", &codec, "1"), MST_E_TYPE_UNKNOWN);
    CHECK (mst_sync_type_of (&types, "tanks/7/place/X") == NULL);
    CHECK (mst_sync_type_of (&types, "tanks/7") == NULL);
    CHECK (mst_sync_type_of (&types, "tanks") == NULL);
    CHECK_TEXT (mst_sync_type_of (&types, "tanks/count"), "HLAinteger32BE");
    CHECK_OK (mst_sync_set (source, "tanks/8/place", expected, 3));
    CHECK_ERR (mst_sync_get_value (source, "tanks/8/place", &codec, &text), MST_E_MALFORMED);
    text.size_bytes = 4;
    CHECK_ERR (mst_sync_get_value (source, "tanks/7/place", &codec, &text), MST_E_LIMIT);
    CHECK_INT (text.needed_bytes, 20);

    mst_sync_destroy (&source);
    mst_sync_destroy (&follower);
    mst_federate_t fed = types.fed;
    CHECK_OK (mst_resign (&fed, MST_RESIGN_NO_ACTION));
    stage_close (&stage);
}

static CU_TestInfo encoding_tests[] = {
    { "by the federation's types", test_by_type },
    { "within a callback", test_in_a_callback },
    { "in a synchroniser", test_in_a_synchroniser },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "encoding in a federation", NULL, NULL, NULL, NULL, encoding_tests })
