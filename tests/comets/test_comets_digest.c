/*  SHA-256 against the standard's own examples, and a digest that sees every bit. */
#include "samples/comets/digest.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

static void hash_text (const void *data, size_t size_bytes, size_t part_bytes, char text[65])
{
    comets_sha256_t sha;
    uint8_t hash[COMETS_SHA256_BYTES];
    comets_sha256_init (&sha);
    for (size_t at = 0; at < size_bytes; at += part_bytes)
        comets_sha256_add (&sha, (const char *) data + at,
                           size_bytes - at < part_bytes ? size_bytes - at : part_bytes);
    comets_sha256_end (&sha, hash);
    for (int i = 0; i < COMETS_SHA256_BYTES; i++)
        snprintf (text + 2 * i, 3, "%02x", hash[i]);
}

static void test_examples_of_the_standard (void)
{
    char text[65];
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    hash_text ("", 0, 1, text);
    CHECK_TEXT (text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_text ("abc", 3, 3, text);
    CHECK_TEXT (text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_text (two, strlen (two), 10, text);
    CHECK_TEXT (text, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_parts_do_not_matter (void)
{
    static char million[1000000];
    char text[65];
    memset (million, 'a', sizeof million);
    for (size_t part = 1; part < 200; part += 31) {
        hash_text (million, sizeof million, part, text);
        CHECK_TEXT (text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
}

static void test_every_bit_counts (void)
{
    comets_body_t bodies[2] = { { .row = 1, .state = { { 1, 2, 3 }, { 4, 5, 6 } } },
                                { .row = 3, .state = { { -0.0, 0, 0 }, { 0, 0, 0 } } } };
    comets_approach_t items[1] = { { 1, 1, 3, 0.01 } };
    comets_approaches_t list = { items, 1, 1 };
    char first[COMETS_DIGEST_TEXT_BYTES], other[COMETS_DIGEST_TEXT_BYTES];
    comets_digest (bodies, 2, &list, first);
    /*  Fixed once: whoever changes the digest's layout shall notice. */
    CHECK_TEXT (first, "8e1c66a5bf59b83aeb2afb4975e2d5ea69a4c8dc2e29f994365c0093e4481f45");
    bodies[1].state.position[0] = 0.0;
    comets_digest (bodies, 2, &list, other);
    CHECK (strcmp (first, other) != 0);
    bodies[1].state.position[0] = -0.0;
    bodies[0].pull[0] = 9.0; /* not part of the result */
    comets_digest (bodies, 2, &list, other);
    CHECK_TEXT (other, first);
    bodies[1].parked = true;
    comets_digest (bodies, 2, &list, other);
    CHECK (strcmp (first, other) != 0);
    bodies[1].parked = false;
    items[0].step = 2;
    comets_digest (bodies, 2, &list, other);
    CHECK (strcmp (first, other) != 0);
}

static CU_TestInfo digest_tests[] = {
    { "examples of the standard", test_examples_of_the_standard },
    { "parts do not matter", test_parts_do_not_matter },
    { "every bit counts", test_every_bit_counts },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "comets digest", NULL, NULL, NULL, NULL, digest_tests })
