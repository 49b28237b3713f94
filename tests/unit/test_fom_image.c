/*  fom/image: one model, one image; bad bytes. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/alloc.h"
#include "fom/image.h"
#include "fom/limits.h"
#include "fom/reader.h"

#include <stdlib.h>
#include <string.h>

static const char text[] =
    "<objectModel><objects><objectClass><name>HLAobjectRoot</name><objectClass><name>Comet</name>"
    "<attribute><name>Position</name><dataType>Vector</dataType><dimensions><dimension>Sky"
    "</dimension></dimensions><order>TimeStamp</order></attribute>"
    "</objectClass></objectClass></objects>"
    "<dimensions><dimension><name>Sky</name><upperBound>360</upperBound></dimension></dimensions>"
    "<dataTypes><fixedRecordData><name>Vector</name><field><name>X</name>"
    "<dataType>HLAfloat64LE</dataType></field></fixedRecordData></dataTypes></objectModel>";

static mst_err_t model_of (const char *xml, fom_model_t **model)
{
    fom_module_t *module;
    *model = NULL;
    mst_err_t err = fom_read ("comets.xml", xml, strlen (xml), &module);
    if (!err)
        err = fom_merge (&module, 1, model);
    fom_module_destroy (&module);
    return err;
}

/*  The image of the model above. */
static void image_make (base_buffer_t *image)
{
    fom_model_t *model;
    base_buffer_init (image);
    CHECK_OK (model_of (text, &model));
    if (!model)
        return;
    CHECK_OK (fom_image_encode (model, image));
    CHECK (fom_model_digest (model) == fom_image_digest (image->data, image->size_bytes));
    fom_model_destroy (&model);
}

static mst_err_t decode (const void *data, size_t size_bytes)
{
    fom_model_t *model;
    mst_err_t err = fom_image_decode (data, size_bytes, &model);
    CHECK ((model != NULL) == (err == MST_OK));
    fom_model_destroy (&model);
    return err;
}

static void test_round_trip (void)
{
    base_buffer_t image, again;
    fom_model_t *model;
    image_make (&image);
    base_buffer_init (&again);
    CHECK_OK (fom_image_decode (image.data, image.size_bytes, &model));
    CHECK_OR_RETURN (model != NULL);
    CHECK_OK (fom_image_encode (model, &again));
    CHECK_INT (again.size_bytes, image.size_bytes);
    CHECK_BYTES (again.data, image.data, image.size_bytes);
    CHECK (fom_model_digest (model) == fom_image_digest (image.data, image.size_bytes));
    uint32_t comet, position;
    CHECK_OK (fom_class_find (&model->objects, "Comet", &comet));
    CHECK_OK (fom_member_find (&model->objects, comet, "Position", &position));
    const fom_member_t *member = fom_member (&model->objects, comet, position);
    CHECK (member->delivery.order == FOM_TIMESTAMP && member->delivery.dimension_count == 1);
    CHECK_TEXT (model->types[member->type].name, "Vector");
    fom_model_destroy (&model);
    base_buffer_fini (&image);
    base_buffer_fini (&again);
}

static void test_encode_appends (void)
{
    base_buffer_t image, out;
    fom_model_t *model;
    image_make (&image);
    base_buffer_init (&out);
    CHECK_OK (model_of (text, &model));
    CHECK_OK (base_buffer_append (&out, "before", 6));
    CHECK_OK (fom_image_encode (model, &out));
    CHECK_BYTES (out.data, "before", 6);
    CHECK_BYTES (out.data + 6, image.data, image.size_bytes);
    fom_model_destroy (&model);
    base_buffer_fini (&out);
    base_buffer_fini (&image);
}

static uint64_t digest_of (const char *xml)
{
    fom_model_t *model;
    CHECK_OK (model_of (xml, &model));
    uint64_t digest = model ? fom_model_digest (model) : 0;
    fom_model_destroy (&model);
    return digest;
}

static void test_digest_sees_what_matters (void)
{
    const char *one = "<objectModel><objectClass><name>HLAobjectRoot</name><objectClass><name>A"
                      "</name></objectClass></objectClass></objectModel>";
    const char *spaced = "<objectModel>\n<objects><objectClass><name> HLAobjectRoot </name>"
                         "<objectClass><name>A</name><semantics>words</semantics></objectClass>"
                         "</objectClass></objects></objectModel>";
    const char *other = "<objectModel><objectClass><name>HLAobjectRoot</name><objectClass><name>B"
                        "</name></objectClass></objectClass></objectModel>";
    CHECK (digest_of (one) == digest_of (spaced));
    CHECK (digest_of (one) != digest_of (other));
    CHECK (digest_of (one) != digest_of (text));
}

/*  Bad bytes ----------------------------------------------------------------------------------- */

static void test_cut_anywhere (void)
{
    base_buffer_t image;
    image_make (&image);
    for (size_t cut = 0; cut < image.size_bytes; cut++) {
        uint8_t *copy = malloc (cut + 1);
        CHECK_OR_RETURN (copy != NULL);
        memcpy (copy, image.data, cut);
        CHECK_ERR (decode (copy, cut), MST_E_MALFORMED);
        free (copy);
    }
    base_buffer_fini (&image);
}

static void test_any_bit_changed (void)
{
    base_buffer_t image;
    image_make (&image);
    for (size_t bit = 0; bit < image.size_bytes * 8; bit++) {
        image.data[bit / 8] ^= (uint8_t) (1 << bit % 8);
        fom_model_t *model;
        mst_err_t err = fom_image_decode (image.data, image.size_bytes, &model);
        if (!err) { /* another name: another digest, and again the only image of its model */
            base_buffer_t again;
            base_buffer_init (&again);
            CHECK_OK (fom_image_encode (model, &again));
            CHECK_INT (again.size_bytes, image.size_bytes);
            CHECK_BYTES (again.data, image.data, image.size_bytes);
            base_buffer_fini (&again);
        }
        fom_model_destroy (&model);
        image.data[bit / 8] ^= (uint8_t) (1 << bit % 8);
    }
    base_buffer_fini (&image);
}

static void test_refused_images (void)
{
    base_buffer_t image;
    image_make (&image);
    CHECK_ERR (decode (NULL, 0), MST_E_MALFORMED);
    CHECK_ERR (decode ("\x93\xa5hello\x01\x90", 9), MST_E_MALFORMED);
    CHECK_TEXT (mst_error_text (), "object model image, byte 7: this is no object model image");
    CHECK_ERR (decode ("\x93\xaamuster-fom\x07\x90", 14), MST_E_VERSION);
    CHECK_CONTAINS (mst_error_text (), "has version 7, this Muster reads version 2");
    CHECK_ERR (decode ("\x93\xd9\x0amuster-fom\x02\x90", 15), MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "shortest writing");
    CHECK_ERR (decode ("\x93\xaamuster-fom\x02\x90", 14), MST_E_FOM_INCONSISTENT);
    CHECK_CONTAINS (mst_error_text (), "HLAobjectRoot");
    CHECK_ERR (decode ("\x93\xaamuster-fom\x02\xdd\xff\xff\xff\xff", 18), MST_E_MALFORMED);
    CHECK_OK (base_buffer_append (&image, "", 1));
    CHECK_ERR (decode (image.data, image.size_bytes), MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "bytes follow its end");
    base_buffer_fini (&image);
}

static void test_depth_is_limited (void)
{
    static const char class_item[] = "\x94\x01\xa1x\xa0\x91"; /* a class that holds one item */
    base_buffer_t image;
    base_buffer_init (&image);
    CHECK_OK (base_buffer_append (&image, "\x93\xaamuster-fom\x02\x91", 14));
    for (int i = 0; i < 10000; i++)
        CHECK_OK (base_buffer_append (&image, class_item, sizeof class_item - 1));
    CHECK_ERR (decode (image.data, image.size_bytes), MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "FOM_DEPTH_MAX");
    base_buffer_fini (&image);
}

static void image_scenario (void *context)
{
    const base_buffer_t *image = context;
    mst_err_t err = decode (image->data, image->size_bytes);
    CHECK (err == MST_OK || err == MST_E_NO_MEMORY);
}

static void test_allocations_may_fail (void)
{
    base_buffer_t image;
    image_make (&image);
    CHECK (sweep_allocations (image_scenario, &image) > 20);
    base_buffer_fini (&image);
}

static CU_TestInfo image_tests[] = {
    { "there and back", test_round_trip },
    { "encoding appends", test_encode_appends },
    { "the digest sees what matters", test_digest_sees_what_matters },
    { "cut anywhere", test_cut_anywhere },
    { "any bit changed", test_any_bit_changed },
    { "refused images", test_refused_images },
    { "depth is limited", test_depth_is_limited },
    { "allocations may fail", test_allocations_may_fail },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "fom image", NULL, NULL, NULL, NULL, image_tests })
